"""Looking at every line of a file of JSON lines: whether it is what clipper wrote, as far as the line itself tells.

What other lines must agree with is given back as rows of numbers, for ``clipper.archive.relations``. A file is looked
at in blocks, by several processes at once: nothing here needs to know of another block.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from json.decoder import JSONDecoder
from typing import Any, BinaryIO, NamedTuple, NoReturn

from clipper.archive.entering import quick_key
from clipper.archive.problems import SHOWN, Mend
from clipper.archive.rows import DUPLICATE, LABEL, PART, RUN, SAMPLE, TAG, Facts, id_number, number
from clipper.archive.soundness import Soundness
from clipper.checksums import ID_LENGTH, article_id
from clipper.models import SCHEMA, TOMBSTONE, Article, Label, NewerSchema, Run, Sample, Tagging

LONGEST = 128 << 20  # bytes of a line that are held; the longest that clipper writes is a tenth of it
BLOCK = 8 << 20  # bytes that are looked at together

_CHUNK = 1 << 18  # bytes that are read at once: as many as a processor holds close by
_BEGINNING = re.compile(rb'\s*\{"id": "([0-9a-f]{16})", "revision": ([1-9][0-9]{0,8}),')
_DAY = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?", re.ASCII)
_MOMENT = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:[0-2]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-6]\dZ", re.ASCII)


class Task(NamedTuple):
    """A block of a file: the lines that begin in it. ``size`` is as far as the file goes, ``kind`` what it holds."""

    name: str
    path: str
    kind: str
    start: int
    end: int
    size: int


class Fault(NamedTuple):
    """What is wrong with a line: which of the block's, from 0, where it begins, and what is to be done about it."""

    line: int
    offset: int
    problem: str
    mend: Mend
    note: bool = False


class Seen(NamedTuple):
    """What was found in a block. ``more`` are faults beyond those that are held, ``torn`` where half a line begins.

    ``newer`` is the number of a line that a later clipper wrote, and what is said of it.
    """

    task: Task
    lines: int
    faults: list[Fault]
    more: int
    facts: Facts
    torn: int | None
    newer: tuple[int, str] | None
    unreadable: str | None = None


class Unsound(ValueError):
    """A line that is not what clipper wrote; the message says why."""

    def __init__(self, problem: str, mend: Mend = "set aside") -> None:
        super().__init__(problem)
        self.mend = mend


# -- JSON ---------------------------------------------------------------------------------------------------


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Unsound("a key is there twice")
    return made


def _no_number(name: str) -> NoReturn:
    raise Unsound(f"{name} is no number in JSON")


_decoder: Any = JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)
_scan = _decoder.scan_once
_SPACE = " \t\r"


def parsed(data: bytes) -> dict[str, Any]:
    """Return the object that a line holds. Raises Unsound for what is none."""
    try:
        text = data.decode()
        found, end = _scan(text, 0)
        if end != len(text) and text[end:].strip(_SPACE):
            raise Unsound("something follows the JSON object")
    except UnicodeDecodeError as error:
        raise Unsound(f"not UTF-8 (byte {error.start} of the line)") from None
    except StopIteration as error:
        raise Unsound(_no_json(text, error.value)) from None
    except json.JSONDecodeError as error:
        raise Unsound(_no_json(text, error.pos)) from None
    except RecursionError:
        raise Unsound("nested too deeply") from None
    except Unsound:
        raise
    except ValueError:  # of a number with thousands of digits
        raise Unsound("a number that is too long") from None
    if type(found) is not dict:
        raise Unsound("not an object")
    return found


def _no_json(text: str, at: Any) -> str:
    if not text.strip():
        return "an empty line"
    where = len(text[: at if isinstance(at, int) else 0].encode("utf-8", "replace"))
    return f"not JSON (byte {where} of the line)"


def whose(data: bytes) -> tuple[str | None, int | None, bool]:
    """Return which revision of which article a damaged line was, and whether that is certain."""
    try:
        found = parsed(data)
        article, revision = found.get("id"), found.get("revision")
        if type(article) is str and type(revision) is int and 0 < revision < 1 << 53:
            return article, revision, True
    except Unsound:
        pass
    begins = _BEGINNING.match(data)
    return (begins[1].decode(), int(begins[2]), False) if begins else (None, None, False)


# -- what each kind of line is ------------------------------------------------------------------------------

_ARTICLE = frozenset(Article.__slots__)
_LIVING = _ARTICLE - {"forgotten", "reason", "keys"}
_USUAL = tuple(name for name in Article.__slots__ if name in _LIVING)  # as they are written today
_STONE = frozenset(TOMBSTONE)
_TAGGING = Tagging.__slots__
_SEARCH = frozenset(("name", "query", "at", "schema"))


@cache
def _keys(record: Any) -> frozenset[str]:
    return frozenset(record.__slots__)


def _only(data: Mapping[str, Any], known: frozenset[str]) -> None:
    if not data.keys() <= known:
        unknown = min(data.keys() - known)
        raise Unsound(f"a key that clipper does not write: {unknown[:60]!r}", "kept as it is")


class Looking:
    """Looks at lines of one file after the other. ``month`` is that of a file of articles."""

    def __init__(self, kind: str, name: str) -> None:
        self.facts = Facts()
        self._sound = Soundness()
        self._month = name.rpartition("/")[2].removesuffix(".jsonl")
        looks: dict[str, Callable[[dict[str, Any], bytes, int, int], None]] = {
            "articles": self._article,
            "labels": self._label,
            "tags": self._tagging,
            "samples": self._sample,
            "searches": self._search,
            "runs": self._run,
        }
        self._look = looks[kind]
        self._small = kind != "articles"  # whose texts are looked at while they are summed

    def line(self, data: bytes, line: int, offset: int) -> None:
        """Look at a line. Raises Unsound, or NewerSchema."""
        found = parsed(data)
        try:
            if self._small and b"\\u" in data:
                json.dumps(found, ensure_ascii=False).encode()
            self._look(found, data, line, offset)
        except UnicodeEncodeError:
            raise Unsound("half a character (a lone surrogate)") from None
        except (Unsound, NewerSchema):
            raise
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
            said = str(error) if type(error) in (ValueError, TypeError) else "not what clipper writes"
            raise Unsound(said) from None

    def _article(self, data: dict[str, Any], raw: bytes, line: int, offset: int) -> None:
        if "forgotten" in data:
            self._tombstone(data, line, offset)
            return
        article, revision, kind, url, canonical, _, title, outlet, fetched, _, original, said = self._sound.article(
            data
        )
        number = id_number(article)
        text = data.get("text", "")
        if hashlib.sha256(text.encode()).hexdigest() != said:
            raise Unsound("the text does not agree with its checksum")
        self._is_numbered(data, revision)
        self.facts.article(number, revision, line, offset)
        published, part = data.get("published"), data.get("part_of")
        if original:
            self.facts.points(DUPLICATE, original, line)
        if part:
            self.facts.points(PART, part, line)
        if (place := data.get("warc")) is not None:
            self._raw(place, url, number, line)
        if revision == 1 and not _is_its_id(article, kind, canonical, outlet, published, title, text):
            raise Unsound("its id is not the one of its address, or of its outlet, date and title", "kept as it is")
        if published and not _DAY.fullmatch(published):
            raise Unsound("'published' is no date", "kept as it is")
        self._is_in_month(fetched)
        names = "".join((*data.get("authors", ()), *data.get("categories", ())))
        rest = "{}{}{}{}{}".format(*map(data.get, ("language", "excerpt", "source", "extractor", "guid")))
        f"{article}{title}{url}{canonical}{outlet}{original}{part}{names}{rest}".encode()
        if tuple(data) != _USUAL:
            _only(data, _LIVING)

    def _tombstone(self, data: dict[str, Any], line: int, offset: int) -> None:
        one = Article.from_json(data)
        self._is_numbered(data, one.revision)
        self.facts.article(id_number(one.id), one.revision, line, offset)
        self.facts.taken_out(one.id, one.forgotten or "", one.keys)
        self._is_in_month(one.fetched)
        _only(data, _ARTICLE)
        if not data.keys() <= _STONE:
            told = min(data.keys() - _STONE)
            raise Unsound(f"taken out on request, but {told!r} is still there", "kept as it is")

    @staticmethod
    def _is_numbered(data: Mapping[str, Any], revision: int) -> None:
        if revision < 1:
            raise Unsound(f"revision {revision}, where the first is 1")
        if data.get("schema", SCHEMA) < 1:
            raise Unsound(f"schema {data['schema']}, where the first is 1")

    def _is_in_month(self, fetched: str) -> None:
        if not _MOMENT.fullmatch(fetched):
            raise Unsound("'fetched' is no moment", "kept as it is")
        if not fetched.startswith(self._month):
            raise Unsound(f"fetched in {fetched[:7]}, but this is the file of {self._month}", "kept as it is")

    def _raw(self, place: Mapping[str, Any], url: str | None, number: int, line: int) -> None:
        file, offset = place.get("file"), place.get("offset")
        if type(file) is not str or type(offset) is not int or not 0 <= offset < 1 << 62 or len(place) != 2:
            raise Unsound("'warc' is no place in a WARC file", "kept as it is")
        self.facts.raw(file, offset, url, number, line)

    def _label(self, data: dict[str, Any], raw: bytes, line: int, offset: int) -> None:
        one = Label.from_json(data)
        self._is_numbered(data, one.revision)
        _is_moment("at", one.at)
        self.facts.points(LABEL, one.article, line, one.revision)
        key = "\x1f".join((one.article, one.theme, one.coder))
        self.facts.says(number(key), one.at, raw, line, offset)
        _only(data, _keys(Label))

    def _tagging(self, data: dict[str, Any], raw: bytes, line: int, offset: int) -> None:
        article, revision, _ = self._sound.tagging(data)
        self._is_numbered(data, revision)
        _is_moment("tagged", data["tagged"])
        self.facts.points(TAG, article, line, revision)
        self.facts.says(self.facts.targets[-1], data["tagged"], raw, line, offset)
        if tuple(data) != _TAGGING:
            _only(data, _keys(Tagging))

    def _sample(self, data: dict[str, Any], raw: bytes, line: int, offset: int) -> None:
        one = Sample.from_json(data)
        self._is_numbered(data, 1)
        _is_moment("at", one.at)
        if len(one.articles) > one.population:
            raise Unsound(f"{len(one.articles):,} articles drawn out of {one.population:,}", "kept as it is")
        for article in one.articles:
            self.facts.points(SAMPLE, article, line)
        self.facts.says(number(one.name), one.at, raw, line, offset)
        _only(data, _keys(Sample))

    def _search(self, data: dict[str, Any], raw: bytes, line: int, offset: int) -> None:
        schema = data.get("schema", SCHEMA)
        if type(schema) is not int:
            raise Unsound("'schema' is not a number")
        if schema > SCHEMA:
            Label.from_json(data)  # says so
        self._is_numbered(data, 1)
        name, query = data.get("name"), data.get("query")
        if type(name) is not str or not name:
            raise Unsound("a search without a name")
        if "query" not in data or not (query is None or type(query) is str):
            raise Unsound("a search without a query")
        at = data.get("at", "")
        if type(at) is not str:
            raise Unsound("'at' is of the wrong type")
        _is_moment("at", at)
        self.facts.says(number(name), at, os.urandom(8), line, offset)  # to save it again at once is no mistake
        _only(data, _SEARCH)

    def _run(self, data: dict[str, Any], raw: bytes, line: int, offset: int) -> None:
        one = Run.from_json(data)
        self._is_numbered(data, 1)
        _is_moment("started", one.started)
        _is_moment("ended", one.ended)
        for item in (*one.targets, *one.redirected):
            if type(article := item.get("id")) is str:
                self.facts.points(RUN, article, line)
            elif "id" not in item or article is not None:
                raise Unsound("a target without the id of its article", "kept as it is")
        for article in one.unchanged:
            self.facts.points(RUN, article, line)
        for item in one.not_archived:
            # Without an address, and yet with a place for it: what it names was taken out on request.
            if type(item.get("target", 0)) not in (str, type(None)) or type(item.get("cause")) is not str:
                raise Unsound("what was not archived is without its target or cause", "kept as it is")
            if (place := item.get("warc")) is not None:
                if type(place) is not dict:
                    raise Unsound("'warc' is no place in a WARC file", "kept as it is")
                self._raw(place, None, 0, line)
        _only(data, _keys(Run))


def _is_moment(key: str, said: str) -> None:
    if said and not _MOMENT.fullmatch(said):
        raise Unsound(f"{key!r} is no moment", "kept as it is")


def _is_its_id(
    article: str,
    kind: Any,
    canonical: str | None,
    outlet: str | None,
    published: str | None,
    title: str | None,
    text: str,
) -> bool:
    """Whether the first revision of an article has the id that its record gives, in one of the ways ids are given.

    An article goes by its canonical URL, also by that it was fetched from where the canonical one turned out to be
    another's; without one, and where its URL is taken, by its outlet, date and title, or without the date by its text.
    """
    if canonical and article == _id_by_url(canonical):
        return True
    return any(
        article == article_id(canonical=None, outlet=outlet, published=day, title=title, text=text, kind=one)
        for one in dict.fromkeys((kind, "article"))
        for day in dict.fromkeys((published, None))
    )


def _id_by_url(canonical: str) -> str:
    """Return what ``article_id`` gives for a canonical URL, in a fifth of the time."""
    basis = f"url\x1f{quick_key(canonical)}"
    return hashlib.sha256(basis.encode("utf-8", "surrogatepass")).hexdigest()[:ID_LENGTH]


# -- lines of a block ---------------------------------------------------------------------------------------


def look(task: Task) -> Seen:
    """Look at the lines that begin in a block of a file."""
    looking = Looking(task.kind, task.name)
    faults: list[Fault] = []
    more = lines = 0
    torn: int | None = None
    newer: tuple[int, str] | None = None
    unreadable: str | None = None
    try:
        with open(task.path, "rb", buffering=0) as file:  # noqa: PTH123  # a path of another process is a text
            for offset, data, whole in lines_of(file, task.start, task.end, task.size):
                if data is None:
                    fault = Fault(lines, offset, f"longer than {LONGEST >> 20} MB; not looked into", "kept as it is")
                elif not whole:
                    torn = offset
                    break
                else:
                    try:
                        looking.line(data, lines, offset)
                        lines += 1
                        continue
                    except Unsound as error:
                        fault = Fault(lines, offset, str(error), error.mend)
                        article, revision, _ = whose(data)
                        if article and revision and error.mend == "set aside" and task.kind == "articles":
                            looking.facts.damaged(article, revision)
                    except NewerSchema as error:
                        newer = newer or (lines, str(error))
                        lines += 1
                        continue
                lines += 1
                if len(faults) < SHOWN:
                    faults.append(fault)
                else:
                    more += 1
    except OSError as error:
        unreadable = f"cannot be read ({error.strerror or type(error).__name__})"
    return Seen(task, lines, faults, more, looking.facts, torn, newer, unreadable)


def lines_of(file: BinaryIO | Any, start: int, end: int, size: int) -> Iterator[tuple[int, bytes | None, bool]]:
    """Give the lines that begin in a block: where each begins, the line without its end, and whether it has one.

    In the place of one that is too long to hold None is given. What lies beyond ``size`` is not looked at.
    """
    at = _next_line(file, start - 1, size) if start else 0
    file.seek(at)
    read = at
    parts: list[bytes] = []  # of a line that goes on in the next piece
    held = 0
    while at < end:
        block = _read(file, min(_CHUNK, size - read))
        if not block:
            if half := b"".join(parts):
                yield at, half, False
            return
        read += len(block)
        *whole, rest = block.split(b"\n")
        if whole and parts:
            whole[0] = b"".join((*parts, whole[0]))
            parts, held = [], 0
        for data in whole:
            if at >= end:
                return
            yield at, data, True
            at += len(data) + 1
        parts.append(rest)
        held += len(rest)
        if held > LONGEST:
            yield at, None, True
            at = read = _next_line(file, read, size)
            file.seek(at)
            parts, held = [], 0


def _next_line(file: Any, at: int, size: int) -> int:
    """Return where the first line begins after the line end that comes next."""
    file.seek(at)
    while at < size and (block := _read(file, min(_CHUNK, size - at))):
        if (found := block.find(b"\n")) >= 0:
            return at + found + 1
        at += len(block)
    return size


def _read(file: Any, size: int) -> bytes:
    """Return so many bytes, fewer at the end of the file; a disk may give them piece by piece."""
    if size <= 0:
        return b""
    found: bytes = file.read(size)
    while found and len(found) < size and (more := file.read(size - len(found))):
        found += more
    return found
