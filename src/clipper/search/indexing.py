"""Keeping the index in step with the archive: what is new is taken in, one that cannot be trusted is built anew."""

from __future__ import annotations

import json
import os
import shutil
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from clipper.archive import locks
from clipper.archive.catalogue import Change, Place
from clipper.archive.lines import Lines
from clipper.coding.verdicts import carried, verdicts
from clipper.errors import CannotWork, Locked
from clipper.models import Article, Tagging
from clipper.search.document import Pairs, fields, frequent_forms, number, plain_id
from clipper.search.engine import WORD, Fields, Writer
from clipper.search.index import VERSION, Index, State, as_note, is_trouble
from clipper.search.terms import stems

_CHUNK = 2000  # changes that are asked for at once
_SAMPLE = 1000  # texts from which it is learned which words are frequent
_COMMIT = 100_000  # articles between two commits of a build: what an interruption costs at most
_SMALL, _LARGE = 32 << 20, 256 << 20  # bytes of memory for the writer
_MANY = 1000  # changes from which on it is worth telling, and using both processors
_MOST_PARTS = 40  # of the index: each catching-up adds one; a search slows down with them
_CHANGING = ("segments", "opstamp")  # in the engine's list of its parts, at every commit
_GLANCE, _PATIENCE = 2.0, 300.0  # seconds to wait for another process that is indexing
_TELL = 5.0  # seconds between two messages of progress


def follow(index: Index, *, anew: bool = False) -> None:
    """Take in what has changed in the archive; ``anew`` builds the whole index, since it turned out to be damaged.

    One process at a time does so. A search waits a moment for it, and for the end of it only where there is nothing
    yet to search. Raises CannotWork when the disk does not take the index and there is no older one to search,
    Locked when another process is building the first one for too long.
    """
    usable = index.usable and not anew
    try:
        with locks.indexing(index.archive.cache, _GLANCE if usable else _PATIENCE):
            index.forget()  # another process may have done the work meanwhile
            if anew or not index.in_step():
                Follower(index).run(anew)
    except Locked:
        if not _something(index):
            raise
        index.tell(f"another clipper is bringing the index up to date; {_so_far(index)}")
    except CannotWork as error:
        if not usable or not _something(index):
            raise
        index.tell(f"{error}; searching what was indexed before")
    index.forget()


def catch_up(index: Index) -> None:
    """Take in what has changed in the archive, for a command that asks nothing of the index.

    Raises Locked at once when another process is indexing, and CannotWork when the disk does not take the index.
    """
    with locks.indexing(index.archive.cache, 0):
        index.forget()
        if not index.in_step():
            Follower(index).run(False)
    index.forget()


def _something(index: Index) -> bool:
    index.forget()
    return index.usable


def _so_far(index: Index) -> str:
    done, whole = index.engine.count, index.archive.catalogue.count()
    if index.state.whole or not whole:
        return "searching what is there"
    return f"searching the {done:,} of {whole:,} articles that are in it so far"


class Follower:
    """Brings one index up to date. Whoever uses it holds the index's lock."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._catalogue = index.archive.catalogue
        self._lines = Lines(index.archive.path)
        self._pairs = Pairs({})
        self._odd = False

    def run(self, anew: bool) -> None:
        index = self._index
        generation = index.generation
        state = index.state
        if anew or not index.usable or state.generation != generation:
            state = self._begin(generation, anew)
        self._pairs, self._odd = Pairs(state.forms), state.odd
        last = self._catalogue.newest_seq()  # of all lines: not every one of them changes an article
        if waiting := self._catalogue.count_since(state.seq):
            state = self._take_in(state, waiting)
        self._write(state._replace(seq=max(state.seq, last), whole=True))

    def again(self, articles: Sequence[int]) -> None:
        """Index articles again that are in the index, by their numbers; what was taken out of the archive is left out.

        Of what comes before and after them in the sequence nothing is taken in: ``run`` does that first.
        """
        index, state = self._index, self._index.state
        self._pairs, self._odd = Pairs(state.forms), state.odd
        index.tell(f"indexing {len(articles):,} articles again, to be rid of what was taken out")
        try:
            writer = index.engine.writer(_LARGE, 0)
            writer.delete(articles)
            wanted, seq = set(articles), 0
            while changes := self._catalogue.changed_since(seq, _CHUNK):
                for change in changes:
                    if number(change.entry.id) in wanted and (found := self._fields(change)) is not None:
                        writer.add(found)
                seq = changes[-1].seq
            writer.commit()
            self._settle(writer, True)
        except BaseException as error:  # a panic of the engine is no Exception
            if not is_trouble(error):
                raise
            raise CannotWork(f"{index.folder}: the index cannot be written ({_cause(error)})") from None
        last = self._catalogue.newest_seq()
        self._write(state._replace(seq=max(state.seq, last), strays=self._all_strays(state), odd=self._odd))

    def _begin(self, generation: str, anew: bool) -> State:
        """Put an empty index in place of whatever is there; say why, where there was one."""
        index = self._index
        if anew:
            index.tell(f"{index.folder}: the index is damaged; building it anew")
        elif index.state.version not in (0, VERSION):
            index.tell(f"{index.folder}: the index is of another version of clipper; building it anew")
        elif index.state.version and not index.usable:
            index.tell(f"{index.folder}: the index is damaged or incomplete; building it anew")
        try:
            for path in (index.note, index.folder):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
            index.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotWork(f"{index.folder}: the index cannot be made ({error.strerror})") from None
        index.forget()
        sample = [article.text for article in self._sample()]
        return State(VERSION, generation, forms=frequent_forms(sample))

    def _sample(self) -> Iterator[Article]:
        for change in self._catalogue.changed_since(0, _SAMPLE):
            with suppress(ValueError, TypeError):
                yield Article.from_json(json.loads(self._lines.read(change.entry.place)))

    def _take_in(self, state: State, waiting: int) -> State:
        index = self._index
        many = waiting >= _MANY
        fresh = state.seq == 0
        if many:
            index.tell(f"indexing {waiting:,} articles")
        said = begun = time.monotonic()
        try:
            threads = 0 if many else 2 if waiting > 30 else 1
            writer = index.engine.writer(_LARGE if many else _SMALL, threads)
            done = uncommitted = 0
            added: list[Fields] = []
            seq = state.seq
            while changes := self._catalogue.changed_since(seq, _CHUNK):
                if not fresh:
                    writer.delete([number(change.entry.id) for change in changes])
                for change in changes:
                    if (found := self._fields(change)) is not None:
                        writer.add(found)
                        if not many:
                            added.append(found)
                seq = changes[-1].seq
                done += len(changes)
                uncommitted += len(changes)
                if uncommitted >= (_COMMIT if state.seq else _CHUNK):  # soon, so that others have something to search
                    writer.commit()
                    state = self._write(state._replace(seq=seq, odd=self._odd, whole=False))
                    uncommitted = 0
                if time.monotonic() - said > _TELL:
                    said = time.monotonic()
                    left = (waiting - done) * (said - begun) / done
                    index.tell(f"indexed {done:,} of {waiting:,} articles, about {_minutes(left)} left")
            writer.commit()
            self._settle(writer, many)
        except BaseException as error:  # a panic of the engine is no Exception
            if not is_trouble(error):
                raise
            raise CannotWork(f"{index.folder}: the index cannot be written ({_cause(error)})") from None
        strays = self._all_strays(state) if many or not state.whole else self._new_strays(state, added)
        return state._replace(seq=seq, odd=self._odd, strays=strays)

    def _settle(self, writer: Writer, many: bool) -> None:
        self._index.engine.reload()
        if many or self._index.engine.parts > _MOST_PARTS:
            writer.settle()
            self._index.engine.reload()

    def _fields(self, change: Change) -> Fields | None:
        """Return what the index holds of an article; None for one that was taken out, or is no article any more."""
        if change.entry.forgotten:
            return None
        try:
            article = Article.from_json(json.loads(self._lines.read(change.entry.place)))
        except (ValueError, TypeError) as error:
            place = change.entry.place
            self._index.tell(f"{place.file}: no article at byte {place.offset} ({type(error).__name__}); left out")
            return None
        tagging = self._tagging(change.tagging) if change.tagging else None
        labels = self._catalogue.judgements.of(article.id) if change.labelled else []
        themes = carried(verdicts(article, tagging, labels, lambda key: self._index.renamed.get(key, key)))
        root = self._catalogue.root(article.id) if article.duplicate_of else article.id
        self._odd = self._odd or plain_id(number(article.id)) != article.id
        return fields(article, root=root, themes=themes, coders=[one.coder for one in labels], pairs=self._pairs)

    def _tagging(self, place: Place) -> Tagging | None:
        try:
            return Tagging.from_json(json.loads(self._lines.read(place)))
        except (ValueError, TypeError) as error:
            self._index.tell(f"{place.file}: no tags at byte {place.offset} ({type(error).__name__}); left out")
            return None

    def _write(self, state: State) -> State:
        """Note what the index has seen, and what its files are."""
        state = state._replace(files=self._files(state), meta=_lasting_part(self._index.folder / "meta.json"))
        fresh = self._index.note.with_suffix(f".{os.getpid()}.new")
        try:
            fresh.write_text(as_note(state), encoding="utf-8")
            fresh.replace(self._index.note)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise CannotWork(f"{self._index.note}: cannot be written ({error.strerror})") from None
        return state

    def _all_strays(self, state: State) -> dict[str, list[str]]:
        """Return the forms of frequent words that are in the index and whose rows are not noted."""
        frequent = set(state.forms.values())
        starts = {start for stem in frequent if len(stem) > 1 for start in _starts(stem)}
        starts = {start for start in starts if not any(start != o and start.startswith(o) for o in starts)}
        words = (word for start in sorted(starts) for word in self._index.engine.words_from(WORD, start))
        return _strays(state, words)

    def _new_strays(self, state: State, added: list[Fields]) -> dict[str, list[str]]:
        """Return such forms when a few articles were added: to look through the whole index would take too long."""
        starts = {start[:2] for stem in state.forms.values() for start in _starts(stem)}
        texts = (text for fields in added for name, text in fields.texts if name == WORD)
        words = {word for text in texts for word in text.split(" ") if word[:2] in starts}
        before = {word for forms in state.strays.values() for word in forms}
        return _strays(state, sorted(words | before))

    def _files(self, state: State) -> dict[str, list[int]]:
        """Return size and checksum of each file that the engine never writes again; those known already are kept."""
        found = {}
        for path in lasting(self._index.folder):
            with suppress(OSError):
                size = path.stat().st_size
                known = state.files.get(path.name)
                found[path.name] = known if known and known[0] == size else [size, checksum(path)]
        return found


def _starts(stem: str) -> list[str]:
    """Return how the words of a stem begin; of a stem of a single letter there is one form."""
    # Only the last letter of a stem may be another one than the word's. And die is the stem of dying.
    start = stem[:-1] if len(stem) > 2 else stem
    return [start, f"{stem[0]}y"] if len(stem) == 3 and stem.endswith("ie") else [start]


def _strays(state: State, words: Iterable[str]) -> dict[str, list[str]]:
    frequent = set(state.forms.values())
    others = [word for word in words if word not in state.forms]
    found: dict[str, list[str]] = {}
    for word, stem in zip(others, stems(others), strict=True):
        if stem in frequent:
            found.setdefault(stem, []).append(word)
    return found


def lasting(folder: Path) -> list[Path]:
    """Return the files of an index that are written once and that its last commit names.

    Others may lie beside them, of parts that are being put together at this moment.
    """
    try:
        parts = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["segments"]
        names = {str(part["segment_id"]).replace("-", "") for part in parts}
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return sorted(path for path in folder.iterdir() if path.name.partition(".")[0] in names)


def checksum(path: Path) -> int:
    """Return the CRC-32 of a file."""
    value = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            value = zlib.crc32(block, value)
    return value


def _lasting_part(meta: Path) -> int:
    """Return the checksum of what stays the same in the engine's list of its parts, 0 where it cannot be read."""
    try:
        said = json.loads(meta.read_bytes())
        return zlib.crc32(json.dumps({k: v for k, v in said.items() if k not in _CHANGING}, sort_keys=True).encode())
    except (OSError, ValueError, AttributeError, RecursionError):
        return 0


def problems(index: Index) -> list[str]:
    """Return what is amiss with the files of an index: each that is missing, or not as it was written.

    Files that the engine no longer uses, since it has put parts together, may be missing.
    """
    meta = index.folder / "meta.json"
    try:
        parts = {part["segment_id"].replace("-", ""): part for part in json.loads(meta.read_bytes())["segments"]}
    except OSError as error:
        return [f"{meta}: cannot be read ({error.strerror})"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return [f"{meta}: not what was written"]
    if index.state.meta and _lasting_part(meta) != index.state.meta:
        return [f"{meta}: not what was written"]
    found = []
    for name, (size, value) in sorted(index.state.files.items()):
        if not _is_used(name, parts):
            continue
        path = index.folder / name
        try:
            if path.stat().st_size != size:
                found.append(f"{path}: {path.stat().st_size:,} bytes, where {size:,} were written")
            elif checksum(path) != value:
                found.append(f"{path}: not what was written (its checksum differs)")
        except OSError as error:
            found.append(f"{path}: cannot be read ({error.strerror})")
    return found


def _is_used(name: str, parts: Mapping[str, Any]) -> bool:
    """Whether a file belongs to a part of the index, by its name; that of a list of deletions tells which it is."""
    part, _, kind = name.partition(".")
    if not kind.endswith(".del"):
        return part in parts
    deletes = (parts.get(part) or {}).get("deletes") or {}
    return kind == f"{deletes.get('opstamp')}.del"


def _cause(error: BaseException) -> str:
    """Return what the system says of a failure, in place of the engine's account of its own parts."""
    said = str(error)
    for known in ("No space left on device", "Read-only file system", "Permission denied", "Input/output error"):
        if known in said:
            return known
    return "the disk may be full, or the files damaged" if said else type(error).__name__


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
