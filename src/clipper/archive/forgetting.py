"""Taking articles out of an archive on request: a tombstone stays, their texts and raw pages go.

This is the one place where what was appended is changed. Each line of such an article gives way to one of the same
length that tells when and why, so that every other line stays where it is, and each of its raw pages to a record that
tells the same (``clipper.archive.redacting``). Files are replaced whole, in one step each.

First it is noted what is to be taken out, and the note goes when everything is done: whoever is killed in between
leaves an archive in which each article is there or is not, and the next run finishes the work. The caches above the
archive's own (the search index, models) are the caller's business.
"""

from __future__ import annotations

import json
import mmap
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from clipper.archive import files, jsonl, leftovers, redacting
from clipper.archive.entering import guid_key_number, url_number
from clipper.archive.leftovers import SET_ASIDE
from clipper.archive.likeness import Likeness
from clipper.archive.rewriting import Edit, Prepared, discard, prepare, rewrite, swap
from clipper.archive.runlines import scrubbed
from clipper.archive.store import UNFINISHED, Archive, Writer
from clipper.archive.tables import as_key, from_key
from clipper.archive.warc import FOLDER
from clipper.errors import CannotWork
from clipper.models import Article, to_line

NOTE = UNFINISHED
_KEPT_WHOLE = (*files.NAMED, NOTE)  # beside the articles: these hold nothing of an article, or are treated apart
_SHORTEST = 8  # bytes of a title by which it can be looked for in other files

Told = Callable[[str, int, int], None]


class Request(NamedTuple):
    """Which articles are to be taken out, by their whole ids; when that was asked (UTC), and why."""

    articles: tuple[str, ...]
    when: str
    reason: str | None = None


@dataclass
class Report:
    """What was taken out: lines of articles, records of raw pages, and lines that had been set aside as damaged.

    ``doubts`` tell, a line each, what may be left of raw pages in damaged files.
    """

    lines: int = 0
    records: int = 0
    set_aside: int = 0
    doubts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _Found(NamedTuple):
    """A line of an article: where it lies, its bytes, and what it says, None for one that is damaged.

    Of that one ``learnt`` is what can still be told.
    """

    path: Path
    offset: int
    length: int
    id: str
    article: Article | None
    learnt: Article | None = None


@dataclass
class _Traces:
    """By what the articles are known elsewhere: numbers of URLs, texts, and the places of their raw pages."""

    urls: set[int] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    keys: dict[str, set[str]] = field(default_factory=dict)  # of each article, what its tombstone holds
    places: dict[str, frozenset[int]] = field(default_factory=dict)  # bytes in each WARC file

    def add(self, article: Article) -> None:
        """Note by what one revision is known."""
        keys = self.keys.setdefault(article.id, set())
        if article.forgotten is not None:  # done by a run that did not come to its end
            keys.update(article.keys)
            self.urls.update(map(from_key, article.keys))
            return
        # A clipping's link leads to another record.
        if article.kind != "clipping" and (url := article.url or article.canonical):
            self.urls.add(url_number(url))
            keys.add(as_key(url_number(url)))
        if article.guid:
            keys.add(as_key(guid_key_number(article.source, article.guid, article.title)))
        self.texts.update(text for text in (article.url, article.canonical, article.guid, article.title) if text)

    def add_url(self, article: str, url: str) -> None:
        """Note one more URL that led to an article."""
        self.urls.add(url_number(url))
        self.keys.setdefault(article, set()).add(as_key(url_number(url)))

    def add_place(self, place: object) -> None:
        """Note where a raw page lies, by which it is found when it is damaged."""
        if isinstance(place, dict):
            name, offset = place.get("file"), place.get("offset")
            if isinstance(name, str) and isinstance(offset, int):
                self.places[name] = self.places.get(name, frozenset()) | {offset}

    def needles(self) -> list[bytes]:
        """Return what to look for in files of other kinds: the texts as they are, and as JSON may write them."""
        texts = [text for text in self.texts if len(text.encode("utf-8", "replace")) >= _SHORTEST]
        plain = {text.encode("utf-8", "replace") for text in texts}
        return sorted(plain | {json.dumps(text)[1:-1].encode() for text in texts})


def under_way(archive: Path) -> Request | None:
    """Return what a run was taking out that did not come to its end, None without one."""
    try:
        noted = json.loads((archive / NOTE).read_bytes())
        return Request(tuple(map(str, noted["articles"])), str(noted["when"]), noted.get("reason"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def finished(archive: Path) -> None:
    """Note that everything is taken out, of the caller's caches too."""
    with suppress(OSError):
        (archive / NOTE).unlink(missing_ok=True)
        jsonl.sync_folder(archive)


def forget(archive: Archive, request: Request, told: Told = lambda *_: None) -> Report:
    """Take articles out; return what was done. Whoever calls takes them out of their own caches and says ``finished``.

    What is taken out already stays so: to do it again finishes what was broken off. ``told`` hears how far reading the
    raw pages is. Raises CannotWork when a file cannot be read or written, and Locked.
    """
    report = Report()
    with archive.writing(finishing=True) as writer:
        for folder in (archive.path, archive.path / "articles", archive.path / FOLDER):
            discard(folder)
        _note(archive.path, request)
        found = list(_lines(archive, request.articles))
        traces = _traces(archive, request.articles, found)
        _put_stones(archive, writer, request, found, traces)
        for redaction in redacting.redact(archive.path, frozenset(traces.urls), request.when, told, traces.places):
            report.records += redaction.records
            report.doubts += redaction.doubts
        report.set_aside = _set_aside(archive.path, request, traces, report.doubts)
        _leave_out_prints(archive, found)
        stones = _stones(request, found, traces)
        report.lines = sum(1 for one in found if not _is_done(one))
        prepared = _prepared(archive.path, request.articles, found, stones, traces)
        newest = {stone.id: stone for stone in sorted(stones.values(), key=lambda stone: stone.revision)}
        archive.catalogue.take_out(list(newest.values()), lambda: swap(prepared))
    unread = any(archive.catalogue.forgotten(one) is None for one in request.articles)  # its line was damaged
    _clean_cache(archive, traces.needles(), anew=unread or (bool(found) and all(map(_is_done, found))))
    return report


def left_of(archive: Archive, ids: Sequence[str]) -> bool:
    """Whether anything is there again, or still, of articles that were taken out: they may be taken out once more.

    Raises CannotWork when a file cannot be read.
    """
    found = list(_lines(archive, ids))
    if not all(map(_is_done, found)):
        return True
    traces = _traces(archive, ids, found)
    request = Request(tuple(ids), "")
    if any(True for _ in _runs(archive.path, ids, traces)) or any(
        True for _ in _to_blank(archive.path, request, traces, [])
    ):
        return True
    warcs = (path for path in sorted((archive.path / FOLDER).rglob("*")) if path.is_file() and ".warc" in path.name)
    return bool(traces.urls) and any(redacting.found(path, frozenset(traces.urls)) for path in warcs)


def _note(archive: Path, request: Request) -> None:
    path = archive / NOTE
    fresh = path.with_name(f"{NOTE}.new")
    try:
        with fresh.open("wb") as file:
            file.write(json.dumps(request._asdict()).encode())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise CannotWork(f"{path}: cannot be written ({error.strerror}); nothing was taken out") from None
    jsonl.sync_folder(archive)


# -- what is there ------------------------------------------------------------------------------------------


def _lines(archive: Archive, ids: Sequence[str]) -> Iterator[_Found]:
    """Yield every line of the articles, in whatever file of the archive it lies, conflicting copies of one too."""
    paths = [path for path in _files_in(archive.path / "articles") if not path.name.endswith(".new")]
    paths += [path for path in _files_in(archive.path) if path.suffix == ".jsonl" and path.name not in _KEPT_WHOLE]
    for path in paths:
        yield from _lines_of(path, ids)


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_file()) if folder.is_dir() else []


def _lines_of(path: Path, ids: Sequence[str]) -> Iterator[_Found]:
    named = b"|".join(re.escape(json.dumps(one, ensure_ascii=False).encode()) for one in ids)
    wanted = re.compile(rb'"id":[ \t]*(' + named + rb")")
    try:
        with path.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:
                return
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
                at = 0
                while match := wanted.search(held, at):
                    start = held.rfind(b"\n", 0, match.start()) + 1
                    end = held.find(b"\n", match.end())
                    end = len(held) if end < 0 else end
                    if (one := _line(path, start, held[start:end], json.loads(match[1]), ids)) is not None:
                        yield one
                    at = end
    except OSError as error:
        raise CannotWork(f"{path}: cannot be read ({error.strerror}); nothing was taken out of it") from None


def _line(path: Path, offset: int, data: bytes, ident: str, ids: Sequence[str]) -> _Found | None:
    """Return a line that is of one of the articles; one that can no longer be read is of the id that it names."""
    try:
        said = json.loads(data)
        article = Article.from_json(said)
    except (ValueError, TypeError, RecursionError):
        return _Found(path, offset, len(data), ident, None, leftovers.learnt(data, ident))
    return _Found(path, offset, len(data), article.id, article) if article.id in ids else None


def _aside(archive: Path, ids: Sequence[str]) -> Iterator[_Found]:
    """Yield the lines of the articles that were set aside as damaged."""
    for path in leftovers.aside(archive):
        yield from _lines_of(path, ids)


def _is_done(found: _Found) -> bool:
    return found.article is not None and found.article.forgotten is not None


def _traces(archive: Archive, ids: Sequence[str], found: Sequence[_Found]) -> _Traces:
    traces = _Traces()
    for one in (*found, *_aside(archive.path, ids)):
        if (said := one.article or one.learnt) is None:
            continue
        traces.add(said)
        if said.warc:
            traces.add_place(said.warc)
            with suppress(CannotWork):
                traces.add_url(one.id, archive.read_raw(said.warc).url)
    paths: dict[str, set[str | None]] = {}  # files that were added, with the articles that were in each
    unread: list[tuple[str, object]] = []  # pages that could not be read, with the places of their raw answers
    for line in jsonl.read(archive.path / "runs.jsonl"):
        with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
            run = json.loads(line.data)
            for item in (*run.get("redirected", ()), *run.get("targets", ())):
                if not isinstance(target := item.get("target"), str):
                    continue
                if "://" not in target:
                    paths.setdefault(target, set()).add(item.get("id"))
                elif item.get("id") in ids:
                    traces.add_url(item["id"], target)
                    traces.texts.add(target)
            unread += [(one["target"], one["warc"]) for one in run.get("not_archived", ()) if one.get("warc")]
    for target, place in unread:
        if isinstance(target, str) and url_number(target) in traces.urls:
            traces.add_place(place)
    for path, held in paths.items():
        # The name of a file stays with the other articles in it.
        if len(path) >= _SHORTEST and not held.isdisjoint(ids) and held <= {*ids, None}:
            traces.texts.add(path)
    return traces


# -- what takes its place -------------------------------------------------------------------------------------


def _put_stones(archive: Archive, writer: Writer, request: Request, found: Sequence[_Found], traces: _Traces) -> None:
    """Append tombstones of articles that have no line among those of their month any more.

    This comes before anything is taken out: what is learnt from the remains is in them, should this be broken off.
    """
    there = {one.id for one in found if one.path.parent.name == "articles" and files.MONTH.fullmatch(one.path.name)}
    known = {one.id: one.article or one.learnt for one in (*found, *_aside(archive.path, request.articles))}
    stones = []
    for ident in request.articles:
        if ident not in there:
            was = known.get(ident) or Article(id=ident)
            stones.append(
                Article(
                    id=ident,
                    revision=was.revision,
                    kind=was.kind,
                    fetched=was.fetched or request.when,
                    source=was.source,
                    forgotten=request.when,
                    reason=request.reason,
                    keys=sorted(traces.keys.get(ident, ())),
                )
            )
    if stones:
        writer.articles(stones)
        archive.catalogue.catch_up()


def _stones(request: Request, found: Sequence[_Found], traces: _Traces) -> dict[int, Article]:
    """Return the tombstone of each line, by its number among those found."""
    newest: dict[str, Article] = {}
    for one in found:
        if one.article and (one.id not in newest or newest[one.id].revision < one.article.revision):
            newest[one.id] = one.article
    stones = {}
    for number, one in enumerate(found):
        known = one.article or newest.get(one.id) or one.learnt or Article(id=one.id)
        if known.forgotten is not None:
            stones[number] = known
            continue
        stones[number] = Article(
            id=one.id, revision=known.revision, kind=known.kind, fetched=known.fetched, source=known.source,
            forgotten=request.when, reason=request.reason, keys=sorted(traces.keys.get(one.id, ())),
        )  # fmt: skip
    return stones


def _prepared(
    archive: Path, articles: Sequence[str], found: Sequence[_Found], stones: dict[int, Article], traces: _Traces
) -> list[Prepared]:
    """Return the new files of lines: those of articles, and those of runs that name one of their URLs."""
    edits: dict[Path, list[Edit]] = {}
    for number, one in enumerate(found):
        if not _is_done(one):
            line = padded(to_line(stones[number].to_json()), one.length)
            edits.setdefault(one.path, []).append(Edit(one.offset, one.length, line))
    for path, edit in _runs(archive, articles, traces):
        edits.setdefault(path, []).append(edit)
    prepared: list[Prepared] = []
    try:
        prepared.extend(prepare(path, edits[path]) for path in edits)
    except CannotWork:
        for waiting in prepared:
            waiting.fresh.unlink(missing_ok=True)
        raise
    return prepared


def _runs(archive: Path, articles: Sequence[str], traces: _Traces) -> Iterator[tuple[Path, Edit]]:
    """Yield the lines of runs without what names an article, and the files in which they lie."""
    for path in _files_in(archive):
        if path.name.startswith("runs") and path.suffix == ".jsonl":
            for run in jsonl.read(path):
                if (said := scrubbed(run.data, traces.urls, traces.texts, articles)) is not None:
                    yield path, Edit(run.offset, len(run.data), padded(said, len(run.data)))


def padded(line: str, length: int) -> bytes:
    """Return a line of JSON with as many spaces after it as make it as long as another: they mean nothing there."""
    return line.encode("utf-8").ljust(length)


def _set_aside(archive: Path, request: Request, traces: _Traces, doubts: list[str]) -> int:
    """Take what damages left of the articles out of ``damaged/``; return how many lines and records that were."""
    count = 0
    for path, edits in _to_blank(archive, request, traces, doubts):
        rewrite(path, edits)
        count += len(edits)
    return count


def _to_blank(archive: Path, request: Request, traces: _Traces, doubts: list[str]) -> Iterator[tuple[Path, list[Edit]]]:
    """Yield the files in ``damaged/`` that hold something of the articles, with what takes its place.

    What may be something of them is added to ``doubts``.
    """
    names = [f'"{one}"'.encode() for one in request.articles]
    needles = [*names, *traces.needles()]
    urls = frozenset(traces.urls)
    for path in sorted((archive / SET_ASIDE).rglob("*")):
        if not path.is_file() or path.name.endswith(".new"):
            continue
        if ".warc" in path.name:
            there = redacting.looked_through(path, urls)
            edits = [
                Edit(one.offset, one.length, redacting.stone(one, path.name, request.when)) for one in there.members
            ]
            doubts += there.doubts
        else:
            edits = list(_blanked(path, needles, urls))
        if edits:
            yield path, edits


def _blanked(path: Path, needles: Sequence[bytes], urls: frozenset[int] = frozenset()) -> Iterator[Edit]:
    """Yield spaces for each line that holds one of these, or one of the addresses where it says nothing of an id."""
    offset = 0
    try:
        for data in path.read_bytes().split(b"\n"):
            if any(needle in data for needle in needles) or leftovers.is_of(data, urls):
                yield Edit(offset, len(data), b" " * len(data))
            offset += len(data) + 1
    except OSError as error:
        raise CannotWork(f"{path}: cannot be read ({error.strerror}); nothing was taken out of it") from None


# -- what is derived ------------------------------------------------------------------------------------------


def _leave_out_prints(archive: Archive, found: Sequence[_Found]) -> None:
    """Take the prints of the texts out of the index of copies, where there is one."""
    if not (archive.cache / "likeness.sqlite").is_file():
        return
    with closing(Likeness(archive.cache, archive.warn)) as likeness:
        for one in found:
            if one.article and one.article.forgotten is None:
                likeness.leave_out(one.article)


def _clean_cache(archive: Archive, needles: Sequence[bytes], *, anew: bool) -> None:
    """Take what is left of the articles out of the archive's caches.

    The catalogue is built ``anew`` where nobody knows any more what to look for. A note that holds something of
    them is deleted: it is made again.
    """
    if anew:
        archive.catalogue.build_anew()
    archive.catalogue.clean(needles)
    for path in sorted(archive.cache.glob("*.json")):
        with suppress(OSError):
            held = path.read_bytes() if path.is_file() else b""  # a pipe would be waited for
            if any(needle in held for needle in needles):
                path.unlink()


def as_told(request: Request) -> dict[str, Any]:
    """Return a request as it may be printed."""
    return {"articles": list(request.articles), "forgotten": request.when, "reason": request.reason}
