"""Whether what the lines of an archive say of each other is so: revisions, copies, labels, tags, samples, raw pages.

A million articles are held as rows of numbers, some fifty bytes each; what is wrong is looked up in the files again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from clipper.archive.problems import Mend, Problem
from clipper.archive.rows import DUPLICATE, LABEL, PART, RUN, SAMPLE, TAG, Facts, id_number
from clipper.archive.warccheck import Pages

_WHAT = {
    DUPLICATE: ("articles", "a copy of {}"),
    PART: ("articles", "cut from {}"),
    LABEL: ("labels", "a label of {}"),
    TAG: ("tags", "tags of {}"),
    SAMPLE: ("samples", "it draws {}"),
    RUN: ("runs", "it names {}"),
}
_MOST_READ = 10_000  # lines that are compared byte by byte

Column = Any  # an array of numpy's


class Gone(NamedTuple):
    """What was set aside before: articles and revisions, by number, and how many lines of which these are not known."""

    articles: frozenset[int] = frozenset()
    revisions: frozenset[tuple[int, int]] = frozenset()
    unknown: int = 0


class Block(NamedTuple):
    """What the lines of a block say, with the file's number, and the number of its first line, from 1."""

    file: int
    first: int
    facts: Facts


class Aside(NamedTuple):
    """A line that is to be set aside for what others say: where it begins."""

    file: str
    offset: int
    problem: str


class Relations:
    """What the blocks of all files say, together."""

    def __init__(self, names: Sequence[str], paths: Sequence[str], blocks: Sequence[Block], gone: Gone) -> None:
        self._names = names
        self._paths = paths
        self._gone = gone
        self._blocks = blocks
        self.aside: list[Aside] = []
        self._ids, self._revisions = self._column("ids", "u8"), self._column("revisions", "i8")
        order = np.argsort(self._ids, kind="stable")
        known, first = np.unique(self._ids[order], return_index=True)
        self._known: Column = known
        newest = np.maximum.reduceat(self._revisions[order], first) if len(known) else self._revisions
        self._newest: Column = newest
        hurt, revisions = self._column("hurt", "u8").tolist(), self._column("hurt_revisions", "i8").tolist()
        self._hurt, self._hurt_revisions = frozenset(hurt), frozenset(zip(hurt, revisions, strict=True))

    def problems(self, pages: Mapping[str, Pages]) -> Iterator[Problem]:
        """Give what does not agree. ``pages`` are what was found in the WARC files, by name."""
        yield from self._of_revisions()
        yield from self._of_targets()
        yield from self._of_repeats()
        yield from self._of_pages(pages)

    def _column(self, name: str, type_: str) -> Column:
        parts = [np.frombuffer(getattr(block.facts, name), dtype=f"={type_}") for block in self._blocks]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=type_)

    def _lines(self, name: str) -> tuple[Column, Column]:
        """Return the file and the line of each row, ``name`` being the column of lines within blocks."""
        rows = [np.frombuffer(getattr(block.facts, name), dtype="=u4").astype("i8") for block in self._blocks]
        lines = [row + block.first for row, block in zip(rows, self._blocks, strict=True)]
        files = [np.full(len(row), block.file, "i4") for row, block in zip(rows, self._blocks, strict=True)]
        if not rows:
            return np.zeros(0, "i4"), np.zeros(0, "i8")
        return np.concatenate(files), np.concatenate(lines)

    def _problem(
        self, part: str, file: int, line: int, problem: str, repair: Mend = "kept as it is", *, note: bool = False
    ) -> Problem:
        return Problem(part, self._paths[file], problem, int(line), None, repair, note)

    def _why(self, number: int, *revisions: int) -> str:
        """Return why an article, or one of these revisions, is not there, where that is known: then it is no news."""
        if any((number, one) in self._hurt_revisions for one in revisions) if revisions else number in self._hurt:
            return " (its line is damaged)"
        if (
            any((number, one) in self._gone.revisions for one in revisions)
            if revisions
            else number in self._gone.articles
        ):
            return " (set aside before)"
        return " (among the lines set aside before, perhaps)" if revisions and self._gone.unknown else ""

    # -- revisions ------------------------------------------------------------------------------------------

    def _of_revisions(self) -> Iterator[Problem]:
        files, lines = self._lines("lines")
        offsets = self._column("offsets", "u8")
        place = np.arange(len(self._ids))
        order = np.lexsort((place, self._revisions, self._ids))
        ids, revisions = self._ids[order], self._revisions[order]
        same = np.zeros(len(ids), dtype=bool)
        same[1:] = ids[1:] == ids[:-1]
        before = np.zeros(len(ids), dtype="i8")
        before[1:] = np.where(same[1:], revisions[:-1], 0)
        for compared, n in enumerate(np.flatnonzero(same & (revisions == before))):
            one, other = int(order[n - 1]), int(order[n])  # the later line holds
            equal = compared < _MOST_READ and self._are_equal(
                int(files[one]), int(offsets[one]), int(files[other]), int(offsets[other])
            )
            if equal:
                one, other = other, one
            there = f"{self._paths[files[other]]}:{lines[other]}"
            said = (
                "the same line as"
                if equal
                else f"revision {revisions[n]} of its article is there twice, and readers take"
            )
            problem = f"{said} {there}"
            self.aside.append(Aside(self._names[files[one]], int(offsets[one]), problem))
            yield self._problem("articles", files[one], lines[one], problem, "set aside")
        # Of what was taken out on request, a line that had been set aside is nobody's business any more.
        lacking = (revisions > before + 1) & ~np.isin(ids, self._column("stones", "u8"))
        for n in np.flatnonzero(lacking):
            number, missing = int(ids[n]), range(int(before[n]) + 1, int(revisions[n]))
            told = self._why(number, *missing[:1000])
            which = f"revision {missing[0]}" if len(missing) == 1 else f"revisions {missing[0]} to {missing[-1]}"
            problem = f"revision {revisions[n]} of {_named(number)}, of which {which} is missing"
            at = order[n]
            yield self._problem("articles", files[at], lines[at], problem + told, note=bool(told))
        # Within one file a later revision comes later; where it does not, readers take the right one all the same.
        held = np.argsort(self._ids, kind="stable")
        back = (
            (self._ids[held][1:] == self._ids[held][:-1])
            & (files[held][1:] == files[held][:-1])
            & (self._revisions[held][1:] < self._revisions[held][:-1])
        )
        for n in np.flatnonzero(back) + 1:
            at, earlier = held[n], held[n - 1]
            this, other = self._revisions[at], self._revisions[earlier]
            problem = f"revision {this} comes after revision {other} (line {lines[earlier]})"
            yield self._problem("articles", files[at], lines[at], problem, note=True)

    def _are_equal(self, file: int, offset: int, other: int, at: int) -> bool:
        try:
            with open(self._paths[file], "rb") as one, open(self._paths[other], "rb") as two:  # noqa: PTH123
                one.seek(offset)
                two.seek(at)
                return one.readline() == two.readline()
        except OSError:
            return False

    # -- what points to articles ----------------------------------------------------------------------------

    def _of_targets(self) -> Iterator[Problem]:
        files, lines = self._lines("at")
        targets, seen, kinds = self._column("targets", "u8"), self._column("seen", "i8"), self._column("kinds", "u1")
        if not len(targets):
            return
        where = np.minimum(np.searchsorted(self._known, targets), max(len(self._known) - 1, 0))
        there = self._known[where] == targets if len(self._known) else np.zeros(len(targets), dtype=bool)
        for n in np.flatnonzero(~there):
            part, what = _WHAT[int(kinds[n])]
            number = int(targets[n])
            told = self._why(number)
            problem = what.format(f"{_named(number)}, which is not there{told}")
            yield self._problem(part, files[n], lines[n], problem, note=bool(told))
        if not len(self._known):
            return
        for n in np.flatnonzero(there & (seen > self._newest[where])):
            part, what = _WHAT[int(kinds[n])]
            number, revision = int(targets[n]), int(seen[n])
            told = self._why(number, revision)
            problem = what.format(f"revision {revision} of {_named(number)}, which is not there{told}")
            yield self._problem(part, files[n], lines[n], problem, note=bool(told))

    # -- what is said again ---------------------------------------------------------------------------------

    def _of_repeats(self) -> Iterator[Problem]:
        files, lines = self._lines("said_at")
        keys, moments = self._column("keys", "u8"), self._column("moments", "i8")
        sums, offsets = self._column("sums", "u4"), self._column("said_offsets", "u8")
        order = np.lexsort((np.arange(len(keys)), keys, files))
        key, file, moment, total = keys[order], files[order], moments[order], sums[order]
        again = (key[1:] == key[:-1]) & (file[1:] == file[:-1])
        for compared, n in enumerate(np.flatnonzero(again & (total[1:] == total[:-1])) + 1):
            one, other = int(order[n]), int(order[n - 1])
            number = int(files[one])
            if compared >= _MOST_READ or not self._are_equal(number, int(offsets[one]), number, int(offsets[other])):
                continue
            problem = f"the same line as line {lines[other]}"
            self.aside.append(Aside(self._names[number], int(offsets[one]), problem))
            yield self._problem(_part(self._names[number]), number, lines[one], problem, "set aside")
        for n in np.flatnonzero(again & (moment[1:] < moment[:-1]) & (moment[1:] > 0)) + 1:
            at, earlier = order[n], order[n - 1]
            problem = (
                f"older than line {lines[earlier]}, which it takes the place of (a clock set back, or lines brought in)"
            )
            yield self._problem(_part(self._names[files[at]]), files[at], lines[at], problem, note=True)

    # -- raw pages ------------------------------------------------------------------------------------------

    def _of_pages(self, pages: Mapping[str, Pages]) -> Iterator[Problem]:
        files, lines = self._lines("placed_at")
        offsets, urls, owners = self._column("place", "u8"), self._column("url", "u8"), self._column("owner", "u8")
        numbers: dict[str, int] = {}
        wanted = []
        for block in self._blocks:
            of_block = np.array([numbers.setdefault(name, len(numbers)) for name in block.facts.files], dtype="i4")
            wanted.append(
                of_block[np.frombuffer(block.facts.file, dtype="=u2")] if len(of_block) else np.zeros(0, "i4")
            )
        names = np.concatenate(wanted) if wanted else np.zeros(0, "i4")
        whose: dict[int, set[int]] | None = None
        for name, number in numbers.items():
            rows = np.flatnonzero(names == number)
            found = pages.get(name)
            if found is None or found.unreadable:
                what = "cannot be read" if found else "not there"
                first = f"{self._paths[files[rows[0]]]}:{lines[rows[0]]}"
                lie = "page lies" if len(rows) == 1 else "pages lie"
                said = f"{what}; {len(rows):,} raw {lie} in it (first named in {first})"
                folder = self._paths[files[rows[0]]].removesuffix(self._names[files[rows[0]]])
                yield Problem("warc", f"{folder}{name}", said, None, None, "kept as it is")
                continue
            starts, of = np.frombuffer(found.places, dtype="=u8"), np.frombuffer(found.urls, dtype="=u8")
            at = np.minimum(np.searchsorted(starts, offsets[rows]), max(len(starts) - 1, 0))
            there = starts[at] == offsets[rows] if len(starts) else np.zeros(len(rows), dtype=bool)
            gone, requests = np.frombuffer(found.removed, dtype="=u8"), np.frombuffer(found.requests, dtype="=i8")
            back = np.isin(offsets[rows], gone[~np.isin(requests, self._column("requests", "i8"))])
            for n in rows[back & ~np.isin(urls[rows], self._column("withheld", "u8"))]:
                day = f"{requests[gone == offsets[n]][0]:014d}"
                problem = (
                    f"its raw page was taken out on request on {day[:4]}-{day[4:6]}-{day[6:8]}, and the line came back "
                    f"(a restored backup?); take it out again: clipper forget {int(owners[n]):016x}"
                )
                yield self._problem(_part(self._names[files[n]]), files[n], lines[n], problem)
            # Where that request left its tombstone, it was for another article, with which this one shares the page.
            for n in rows[~(there | np.isin(offsets[rows], gone))]:
                flawed = int(offsets[n]) in found.flawed
                problem = f"its raw page at byte {offsets[n]} of {name} {'is damaged' if flawed else 'is not there'}"
                yield self._problem(_part(self._names[files[n]]), files[n], lines[n], problem)
            if not len(starts):
                continue
            other = there & (urls[rows] != of[at]) & (urls[rows] != 0)
            for n, page in zip(rows[other], of[at][other], strict=True):
                if whose is None:
                    whose = defaultdict(set)
                    for owner, url in zip(owners, urls, strict=True):
                        whose[int(owner)].add(int(url))
                if int(page) not in whose[int(owners[n])]:  # a later revision may lie where the first one does
                    problem = f"its raw page at byte {offsets[n]} of {name} is of another address"
                    yield self._problem(_part(self._names[files[n]]), files[n], lines[n], problem)

    def named_from(self, name: str, offset: int) -> bool:
        """Whether anything names a raw page that begins at a byte of a WARC file, or after it."""
        for block in self._blocks:
            number = block.facts.files.get(name)
            if number is not None:
                of_file = np.frombuffer(block.facts.file, dtype="=u2") == number
                if np.any(np.frombuffer(block.facts.place, dtype="=u8")[of_file] >= offset):
                    return True
        return False

    def newest(self, article: str) -> int:
        """Return the newest sound revision of an article, 0 without one."""
        number = id_number(article)
        at = int(np.searchsorted(self._known, number))
        return int(self._newest[at]) if at < len(self._known) and int(self._known[at]) == number else 0

    def counts(self) -> Counter[str]:
        """Return how many articles and revisions there are."""
        return Counter({"articles": len(self._known), "revisions": len(self._ids)})


def _part(name: str) -> str:
    return "articles" if "/" in name else name.partition(".")[0]


def _named(number: int) -> str:
    return f"article {number:016x}"
