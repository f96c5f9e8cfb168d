"""Bringing in what is only in a conflicting copy of one of the archive's files (``clipper.archive.conflicts``).

Files only grow here: what is missing is appended to ours, and the copy is then moved to ``damaged/``, as it is but for
what was taken out on request. A merging that was interrupted is done again; what was appended before is found there.

Not every line is missing that is not there byte for byte. An article that both machines fetched is taken once; with
another text it becomes the next revision. Of tags, samples and saved searches the last line holds, so that an older
one of the copy is not put after a newer one of ours; an older label is, and the one that holds once more after it.
What was taken out on request on either side stays out: its lines in the copy are overwritten before it is moved, and so
are its raw pages.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from clipper.archive import files, jsonl, redacting
from clipper.archive.conflicts import conflicting, original
from clipper.archive.rewriting import Edit, rewrite
from clipper.archive.runnames import without_taken_out
from clipper.archive.store import Archive, now, utc
from clipper.archive.warc import FOLDER
from clipper.errors import CannotWork, ClipperError
from clipper.identity import url_key
from clipper.models import Article, Label, NewerSchema, Run, Sample, Tagging, to_line

DAMAGED = "damaged"
_PRECIOUS, _RUNS = "labels.jsonl", "runs.jsonl"
_ID = re.compile(rb'"id":[ \t]*("[^"]*")')
_BLOCK = 1 << 20


class Merged(NamedTuple):
    """What became of a copy: how many lines of it were appended ``into`` our file, and where it lies now.

    ``left_out`` counts the lines that only the copy has and that were not brought in: older than what holds here, or
    no records. ``forgotten`` names the articles of which one side has a tombstone and the other a text. Of these the
    texts are gone from the copy; ``here`` names those whose text is still in ours, since only the copy says that they
    were taken out.
    """

    copy: Path
    into: Path
    added: int
    left_out: int
    forgotten: tuple[str, ...]
    kept: Path
    here: tuple[str, ...] = ()


def merge_all(archive: Archive) -> Iterator[Merged]:
    """Bring in what is only in conflicting copies, one after the other; raw pages first, which articles refer to.

    Raises what ``merge`` raises.
    """
    for copy in conflicting(archive.path):
        yield merge(archive, copy)


def merge(archive: Archive, copy: Path) -> Merged:
    """Bring in what is only in one conflicting copy.

    Raises CannotWork when its name does not tell of which file it is a copy, when it holds records of a newer clipper
    and when the disk does not take it, Locked when somebody else is writing.
    """
    into = original(copy)
    if into is None:
        raise CannotWork(
            f"{copy}: of which file it is a copy cannot be told from its name; give it a name that begins with "
            "that file's, or move it away"
        )
    with archive.writing():
        if into.parent.name == FOLDER:
            return _take_in_pages(archive, copy, into)
        found = _Found(archive, copy, into)
        lines = list(found.missing())
        edits = list(_taken_out(archive, copy, into, archive.catalogue.all_forgotten() | found.stones))
        jsonl.append(into, lines)
        if edits:
            rewrite(copy, edits)
        kept = _moved(copy, archive.path / DAMAGED)
    here = tuple(sorted(one for one in found.forgotten if not archive.catalogue.forgotten(one)))
    return Merged(copy, into, len(lines), found.left_out, tuple(sorted(found.forgotten)), kept, here)


def _taken_out(archive: Archive, copy: Path, into: Path, gone: Collection[str]) -> Iterator[Edit]:
    """Yield what is to be overwritten in a copy: lines of articles that were taken out, and addresses of these."""
    runs = into.name == _RUNS
    offset = 0
    try:
        with copy.open("rb") as file:
            for line in file:
                data = line.removesuffix(b"\n")
                if runs:
                    said = without_taken_out(data, archive.catalogue, noting=False)
                    if said is not None:
                        yield Edit(offset, len(data), said.encode("utf-8").ljust(len(data)))
                elif files.MONTH.fullmatch(into.name) and _holds(data, gone):
                    yield Edit(offset, len(data), b" " * len(data))
                offset += len(line)
    except OSError as error:
        raise CannotWork(f"{copy}: cannot be read ({error.strerror}); it is left as it is") from None


def _holds(line: bytes, gone: Collection[str]) -> bool:
    """Whether a line holds the text of one of these articles; of one that cannot be read, whether it names one."""
    if not any(one in gone for one in _named(line)):
        return False
    with suppress(ValueError, TypeError, AttributeError, KeyError, RecursionError):
        article = Article.from_json(json.loads(line))
        return article.id in gone and article.forgotten is None
    return True


def _named(line: bytes) -> Iterator[str]:
    for found in _ID.finditer(line):
        with suppress(ValueError):
            yield str(json.loads(found[1]))


class _Found:
    """The lines of one copy that are missing in ours."""

    def __init__(self, archive: Archive, copy: Path, into: Path) -> None:
        self._archive, self._copy, self._into = archive, copy, into
        self.left_out = 0
        self.forgotten: set[str] = set()
        self.stones: set[str] = set()  # articles of which the copy brings a tombstone
        self._articles: dict[str, tuple[int, set[str]]] = {}
        self._newest: dict[Any, str] = {}
        self._holding: dict[Any, bytes] = {}
        self._again: dict[Any, bytes] = {}

    def missing(self) -> Iterator[str]:
        """Yield the lines to append, without their ends."""
        there: set[bytes] = set()
        for line in jsonl.read(self._into):
            there.add(_mark(self._clean(line.data)))
            if key := self._key(line.data):
                self._newest[key[0]] = max(self._newest.get(key[0], ""), key[1])
                if self._into.name == _PRECIOUS:
                    self._holding[key[0]] = line.data
        for line in jsonl.read(self._copy):
            data = self._clean(line.data)
            if not data or (mark := _mark(data)) in there:
                continue
            there.add(mark)
            try:
                wanted = self._line(data)
            except NewerSchema as error:
                raise NewerSchema(f"{self._copy}: {error}") from None
            except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
                wanted = None
            if wanted is None:
                self.left_out += 1
            elif wanted:
                yield wanted
        yield from (line.decode("utf-8") for line in self._again.values())

    def _clean(self, data: bytes) -> bytes:
        """Return a line without the spaces behind it, a run also without what names an article that was taken out."""
        data = data.rstrip(b" ")
        if self._into.name == _RUNS:
            # The same each time, whatever is known of the articles by then: else a run would be brought in twice.
            said = without_taken_out(data, self._archive.catalogue, noting=False)
            return data if said is None else said.encode("utf-8")
        return data

    def _line(self, data: bytes) -> str | None:
        """Return a line as it is to be appended: empty for what ours says already, None for what is left out."""
        record = json.loads(data)
        if files.MONTH.fullmatch(self._into.name):
            return self._article(Article.from_json(record), data)
        _RECORDS[self._into.name](record)
        if key := self._key(data):
            if key[0] not in self._newest or key[1] > self._newest[key[0]]:
                self._newest[key[0]] = key[1]
                self._again.pop(key[0], None)
            elif held := self._holding.get(key[0]):
                self._again[key[0]] = held  # what was said earlier is brought in too; what holds has to come after it
            else:
                return None
        return data.decode("utf-8")

    def _key(self, data: bytes) -> tuple[Any, str] | None:
        """Return what a line speaks of, of which the last one holds, and when it was written."""
        names = _LAST_HOLDS.get(self._into.name)
        if names is None:
            return None
        with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
            record = json.loads(data)
            *about, moment = (record[name] for name in names)
            if all(isinstance(value, str) for value in (*about, moment)):
                return tuple(about), moment
        return None

    def _article(self, article: Article, data: bytes) -> str | None:
        newest, texts = self._known(article.id)
        if article.id in self.forgotten or (article.forgotten and newest):
            self.forgotten.add(article.id)
            return None
        if article.id in self.stones and not article.forgotten:
            return None
        if article.forgotten:
            self.stones.add(article.id)
        if article.sha256 in texts:
            return ""  # both machines fetched it
        placed = self._placed(article)
        fresh = replace(placed, revision=max(newest + 1, 1)) if article.revision <= newest else placed
        self._articles[article.id] = max(newest, fresh.revision), texts | {article.sha256}
        return data.decode("utf-8") if fresh == article else to_line(fresh.to_json())

    def _known(self, article: str) -> tuple[int, set[str]]:
        """Return the newest revision that ours has of an article, 0 for none, and the checksums of all its texts."""
        if article not in self._articles:
            newest, texts = 0, set()
            for revision, place in self._archive.catalogue.revisions(article).items():
                stored = self._archive.read(place)
                newest = max(newest, revision)
                texts.add(stored.sha256)
                if stored.forgotten:
                    self.forgotten.add(article)
            self._articles[article] = newest, texts
        return self._articles[article]

    def _placed(self, article: Article) -> Article:
        """Return an article with its raw page: the file of that name may be another one here, or a copy of its own."""
        if not article.warc or not article.url or article.kind == "clipping":
            return article
        name = str(article.warc.get("file"))
        month = Path(name).name[:7]
        others = sorted(f"{FOLDER}/{path.name}" for path in (self._archive.path / FOLDER).glob(f"{month}-*.warc.gz"))
        for file in (name, *others):
            place = {**article.warc, "file": file}
            with suppress(ClipperError):
                if url_key(self._archive.read_raw(place).url) == url_key(article.url):
                    return replace(article, warc=place)
        return article  # it may still be on its way


def _saved_search(record: Any) -> None:
    if not isinstance(record["name"], str) or not isinstance(record["query"], (str, type(None))):
        raise TypeError


_RECORDS: dict[str, Callable[[Any], Any]] = {
    _PRECIOUS: Label.from_json,
    "tags.jsonl": Tagging.from_json,
    "samples.jsonl": Sample.from_json,
    _RUNS: Run.from_json,
    files.SEARCHES: _saved_search,
}
_LAST_HOLDS = {
    _PRECIOUS: ("article", "theme", "coder", "at"),
    "tags.jsonl": ("article", "tagged"),
    "samples.jsonl": ("name", "at"),
    files.SEARCHES: ("name", "at"),
}


def _mark(line: bytes) -> bytes:
    return blake2b(line, digest_size=16).digest()


# -- raw pages --------------------------------------------------------------------------------------------


def _take_in_pages(archive: Archive, copy: Path, into: Path) -> Merged:
    """Give a copy of raw pages the next free name, so that articles can refer to it; one of which ours has all goes."""
    # What was taken out stays out; it is overwritten before anybody refers to the copy.
    edits = _removed(archive, copy)
    held = _begins_with(into, copy, edits)
    if edits:
        rewrite(copy, edits)
    if held:
        return Merged(copy, into, 0, 0, (), _moved(copy, archive.path / DAMAGED))
    numbers = [
        int(path.name[8:].partition(".")[0]) for path in into.parent.iterdir() if files.WARC.fullmatch(path.name)
    ]
    fresh = into.with_name(f"{into.name[:7]}-{max(numbers, default=0) + 1:04}.warc.gz")
    _rename(copy, fresh)
    return Merged(copy, fresh, 0, 0, (), fresh)


def _removed(archive: Archive, copy: Path) -> list[Edit]:
    """Return what takes the place of the raw pages in a copy that were taken out on request."""
    numbers, when = archive.catalogue.all_withheld(), utc(now())
    if not numbers:
        return []
    found = redacting.found(copy, numbers)
    return [Edit(one.offset, one.length, redacting.stone(one, copy.name, when)) for one in found]


def _begins_with(whole: Path, part: Path, removed: Sequence[Edit]) -> bool:
    """Whether a file is the beginning of another, but for the places where something is to be removed from it."""
    try:
        with whole.open("rb") as one, part.open("rb") as other:
            size = os.fstat(other.fileno()).st_size
            if os.fstat(one.fileno()).st_size < size:
                return False
            at = 0
            for edit in (*sorted(removed), Edit(size, 0, b"")):
                while at < edit.offset:
                    wanted = min(_BLOCK, edit.offset - at)
                    block = other.read(wanted)
                    if not block or one.read(wanted) != block:
                        return False
                    at += len(block)
                at = edit.offset + edit.length
                one.seek(at)
                other.seek(at)
    except OSError:
        return False
    return True


def _moved(path: Path, folder: Path) -> Path:
    """Move a file into a folder, under a name that is free there."""
    try:
        new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWork(f"{folder}: cannot be made ({error.strerror})") from None
    if new:
        jsonl.sync_folder(folder.parent)
    stamp = now().strftime("%Y%m%dT%H%M%SZ")
    kept, number = folder / f"{path.name}.{stamp}", 1
    while kept.exists():
        number += 1
        kept = folder / f"{path.name}.{stamp}.{number}"
    _rename(path, kept)
    return kept


def _rename(path: Path, to: Path) -> None:
    try:
        path.rename(to)
    except OSError as error:
        raise CannotWork(f"{path}: cannot be moved to {to} ({error.strerror})") from None
    jsonl.sync_folder(to.parent)
    jsonl.sync_folder(path.parent)
