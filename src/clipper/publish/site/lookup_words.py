"""The words of the browser's index: which articles hold a word, in files by the words' beginnings.

A file that would be too large is divided by the next letter, as often as it takes, and no more often: which files
there are depends on the words alone. Its name in the list of files is the beginning that its words share; with ``=``
at its end it holds that one word, beside the files of those that go on. What is known of a very frequent word lies in
files of its own, by the articles' numbers.
"""

from __future__ import annotations

import heapq
import tempfile
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import groupby
from operator import itemgetter
from typing import IO, Any

from clipper.publish.site.lookup_packing import Posting, file_name, postings, read_postings, read_script, script
from clipper.publish.site.lookup_rows import Folder

LARGEST = 40_000  # bytes in a file of words, about
FREQUENT = 16_000  # bytes of what is known of one word, from which on it has files of its own
BLOCK = 14  # two to the power of this many numbers in one of these
_RUN = 1_500_000  # postings in memory

Term = tuple[str, list[Posting]]
Known = str | list[int]
"""What a file of words tells of one: its postings; of a frequent word in how many articles it is, and its blocks."""


class Collected:
    """The words of new articles, with their postings, kept on disk where they are many. Numbers come in order."""

    def __init__(self, most: int = _RUN) -> None:
        self._most = most
        self._count = 0
        self._found: dict[str, array[int]] = defaultdict(lambda: array("Q"))
        self._stack = ExitStack()
        self._runs: list[IO[str]] = []

    def __enter__(self) -> Collected:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def add(self, number: int, weights: Mapping[str, int]) -> None:
        """Take the words of an article, and how well each matches."""
        for term, weight in weights.items():
            self._found[term].append(number << 2 | weight)
        self._count += len(weights)
        if self._count >= self._most:
            self._spill()

    def _spill(self) -> None:
        run = self._stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))  # noqa: SIM115 - so it is closed
        for term in sorted(self._found):
            run.write(f"{term}\t{postings(self._found[term])}\n")
        self._runs.append(run)
        self._found.clear()
        self._count = 0

    def terms(self) -> Iterator[Term]:
        """Yield every word with its postings, in order."""
        if not self._runs:
            for term in sorted(self._found):
                yield term, list(self._found[term])
            return
        self._spill()
        for run in self._runs:
            run.seek(0)
        yield from together(_read(run) for run in self._runs)


def _read(run: IO[str]) -> Iterator[Term]:
    for line in run:
        term, _, text = line.rstrip("\n").partition("\t")
        yield term, read_postings(text)


def together(streams: Iterable[Iterator[Term]]) -> Iterator[Term]:
    """Yield the words of several streams, each in order, once each, with all their postings in order."""
    for term, same in groupby(heapq.merge(*streams, key=itemgetter(0)), key=itemgetter(0)):
        parts = [found for _, found in same]
        yield term, parts[0] if len(parts) == 1 else sorted(posting for part in parts for posting in part)


class Words:
    """The files of words of a site. ``leaves`` are the names in the list of files, in order."""

    def __init__(self, folder: Folder, leaves: Iterable[str]) -> None:
        self._folder = folder
        self.leaves = set(leaves)
        self._divided: set[str] = set()

    # -- reading -------------------------------------------------------------------------------------------------------

    def _file(self, leaf: str) -> dict[str, Known]:
        content = self._folder.read(_path(leaf))
        known: dict[str, Known] = read_script(content) if content else {}
        return known

    def _postings(self, term: str, known: Known) -> list[Posting]:
        if isinstance(known, str):
            return read_postings(known)
        return [posting for block in known[1:] for posting in self._block(term, block)]

    def _block(self, term: str, block: int) -> list[Posting]:
        content = self._folder.read(_block_path(term, block))
        return read_postings(read_script(content)) if content else []

    def _terms(self, without: set[int]) -> Iterator[Term]:
        """Yield what is there, in order, without some articles."""
        for leaf in sorted(self.leaves, key=lambda name: name.removesuffix("=")):
            for term, known in self._file(leaf).items():
                found = self._postings(term, known)
                left = [posting for posting in found if posting >> 2 not in without] if without else found
                if left:
                    yield term, left

    # -- writing -------------------------------------------------------------------------------------------------------

    def add(self, new: Iterator[Term]) -> None:
        """Write words of articles that were not there before: only the files that they touch."""
        inner = {leaf[:end] for leaf in self.leaves for end in range(len(leaf.removesuffix("=")))}
        inner |= {leaf[:-1] for leaf in self.leaves if leaf.endswith("=")}
        for leaf, terms in groupby(new, key=lambda term: self._leaf(term[0], inner)):
            file = self._file(leaf) if leaf in self.leaves else {}
            for term, found in terms:
                file[term] = self._grown(term, file.get(term), found)
            self._put(leaf, dict(sorted(file.items())))

    def _leaf(self, term: str, inner: set[str]) -> str:
        """Return the name of the file of a word, which may not be there yet."""
        for end in range(len(term) + 1):
            if term[:end] in self.leaves or term[:end] not in inner:
                return term[:end]
        return term + "="

    def _grown(self, term: str, known: Known | None, found: Sequence[Posting]) -> Known:
        if known is None or isinstance(known, str):
            before = read_postings(known) if known else []
            return self._known(term, sorted([*before, *found]) if before else found)
        blocks = set(known[1:])
        for block, added in groupby(found, key=_block_of):
            self._write_block(term, block, sorted([*self._block(term, block), *added]))
            blocks.add(block)
        return [known[0] + len(found), *sorted(blocks)]

    def _known(self, term: str, found: Sequence[Posting]) -> Known:
        """Return what a file of words is to tell of a word; its own files are written where it is frequent."""
        text = postings(found)
        if len(text) < FREQUENT:
            return text
        blocks = []
        for block, part in groupby(found, key=_block_of):
            self._write_block(term, block, list(part))
            blocks.append(block)
        return [len(found), *blocks]

    def _write_block(self, term: str, block: int, found: list[Posting]) -> None:
        self._write(_block_name(term, block), postings(found))

    def _write(self, name: str, data: Any) -> None:
        self._folder.write(f"search/{name}.js", script(name, data))

    def _put(self, leaf: str, file: dict[str, Known]) -> None:
        """Write a file of words, divided where it has grown too large."""
        self.leaves.discard(leaf)
        if leaf.endswith("=") or sum(map(_size, file.items())) <= LARGEST or len(file) < 2:
            self.leaves.add(leaf)
            self._write(_name(leaf), file)
            return
        self._divided.add(leaf)
        end = len(leaf) + 1
        for name, part in groupby(file.items(), key=lambda item: item[0][:end] if len(item[0]) >= end else leaf + "="):
            self._put(name, dict(part))

    def replace(self, new: Iterator[Term], without: set[int]) -> None:
        """Write all files anew: what is there without some articles, and new words."""
        before = Words(self._folder, self.leaves)
        self.leaves = set()
        self._all(together([before._terms(without), new]))

    def _all(self, terms: Iterator[Term]) -> None:
        """Write all words, of which no more than those with one first letter are in memory."""
        waiting: list[tuple[str, dict[str, Known]]] = []
        size = 0
        for first, group in groupby(terms, key=lambda term: term[0][:1]):
            file = {term: self._known(term, found) for term, found in group}
            waiting.append((first, file))
            size += sum(map(_size, file.items()))
            if size > LARGEST:
                for letter, part in waiting:
                    self._put(letter, part)
                waiting = []
        if waiting and size <= LARGEST:
            self._put("", {term: known for _, part in waiting for term, known in part.items()})
        else:
            for letter, part in waiting:
                self._put(letter, part)

    def tidy(self) -> None:
        """Remove the files that were divided. The list of files is written first, for whoever reads meanwhile."""
        for leaf in self._divided - self.leaves:
            self._folder.remove(_path(leaf))


def _size(item: tuple[str, Any]) -> int:
    """Return about how many bytes a word takes. A word that has become frequent counts as what it was before."""
    term, known = item
    return len(term) + 6 + (len(known) if isinstance(known, str) else FREQUENT)


def _block_of(posting: Posting) -> int:
    return posting >> 2 + BLOCK


def _name(leaf: str) -> str:
    return f"w/{file_name(leaf)}"


def _path(leaf: str) -> str:
    return f"search/{_name(leaf)}.js"


def _block_name(term: str, block: int) -> str:
    return f"p/{file_name(term)}/{block}"


def _block_path(term: str, block: int) -> str:
    return f"search/{_block_name(term, block)}.js"
