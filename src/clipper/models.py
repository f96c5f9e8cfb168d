"""The frozen records that the archive holds, one JSON object a line, keys in a fixed order.

Every record has a ``schema`` number. A reader takes records of its own schema or an older one; a record of a
newer schema is refused, since dropping what one does not know would lose it at the next writing.
"""

# Annotations are not put off in this file: those of a record are what its lines are checked by.
import json
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Self, get_args, get_origin

from clipper.errors import CannotWork
from clipper.records import Record, record, steps

SCHEMA = 2  # since 2 an article may be a tombstone

Kind = Literal["article", "clipping", "page"]
Status = Literal["added", "revised", "seen", "refused", "failed"]
_MISSING = object()
_LARGEST = 1 << 53  # as far as every reader of JSON counts exactly


class NewerSchema(CannotWork):
    """A record written by a newer clipper."""


def refuse_newer(schema: object, where: object = None) -> None:
    """Raise NewerSchema for the schema of a later clipper; ``where`` names the file."""
    if isinstance(schema, int) and schema > SCHEMA:
        raise NewerSchema(
            f"{where}: "
            * bool(where)
            + f"the archive was written by a newer clipper (schema {schema}, this one knows {SCHEMA}); "
            "update clipper to read it"
        )


class _Record(Record):
    """A record that goes to JSON and back."""

    __slots__: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the record as a dict, keys in the record's order; lists in it are the record's own."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the record. Missing keys take their defaults.

        Raises NewerSchema for a record of a later schema, TypeError or ValueError for one that is no record.
        """
        if not isinstance(data, Mapping):
            raise ValueError("not an object")
        schema = data.get("schema", SCHEMA)
        if not isinstance(schema, int):
            raise ValueError("'schema' is not a number")
        if schema > SCHEMA:
            refuse_newer(schema)
        # As the constructor does it, but with a look at each value: a million articles are read so.
        made = object.__new__(cls)
        for name, put, default, plain, fits in _checked(cls):  # type: ignore[arg-type]  # mypy takes it for unhashable
            value = data.get(name, _MISSING)
            if value is _MISSING:
                value = default()
            elif type(value) not in plain and not fits(value):
                raise ValueError(f"{name!r} is of the wrong type")
            put(made, value)
        made.__post_init__()
        return made


class _Checked(NamedTuple):
    """What is to be done for one field when a record is read: a ``Step``, and how its value is checked."""

    name: str
    put: Callable[[Any, Any], None]
    default: Callable[[], Any]
    plain: frozenset[type]  # a value of one of these types is right whatever it is
    fits: Callable[[Any], bool]  # whether any other value out of JSON is


@cache
def _checked(record: Any) -> tuple[_Checked, ...]:
    """Return what is to be done for each field of a record that is read, in order."""
    hints = record.__annotations__
    return tuple(_Checked(*step, _plain(hints[step.name]), _check(hints[step.name])) for step in steps(record))


def _plain(hint: Any) -> frozenset[type]:
    inner = get_args(hint) if get_origin(hint) is UnionType else (hint,)
    return frozenset(one for one in inner if one in (str, bool, float, NoneType))


def _check(hint: Any) -> Callable[[Any], bool]:
    """Return whether a value out of JSON is of a type. Made once a field: an archive has millions of values."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value: True
    if origin is Literal:
        return lambda value: isinstance(value, str) and value in inner
    if origin is UnionType:
        ways = [_check(one) for one in inner]
        return lambda value: any(fits(value) for fits in ways)
    if origin is list:
        item = _check(inner[0])
        return lambda value: isinstance(value, list) and all(map(item, value))
    if origin is dict:
        item = _check(inner[1])
        return lambda value: isinstance(value, dict) and all(map(item, value.values()))
    if hint is int:
        return lambda value: isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST
    if hint is float:
        return lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)
    return lambda value: isinstance(value, hint)


@record
class Article(_Record):
    """One revision of one article.

    ``published`` is ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``, or None; ``fetched`` is UTC, ISO 8601 with ``Z``;
    ``text`` holds paragraphs split by a blank line; ``sha256`` is the checksum of ``text``.

    One that was taken out on request is a tombstone: ``forgotten`` says when (UTC), ``reason`` why, ``keys`` holds the
    numbers of its URLs and its guid in hexadecimal, by which it is known when it comes again. What a tombstone does
    not tell is not in its line, and the three are in no other's.
    """

    id: str
    revision: int = 1
    kind: Kind = "article"
    url: str | None = None
    canonical: str | None = None
    guid: str | None = None
    title: str | None = None
    outlet: str | None = None
    authors: list[str] = field(default_factory=list)
    published: str | None = None
    fetched: str = ""
    language: str | None = None
    text: str = ""
    excerpt: str | None = None
    categories: list[str] = field(default_factory=list)
    source: str = "added"
    part_of: str | None = None
    duplicate_of: str | None = None
    partial: bool = False
    sha256: str = ""
    warc: dict[str, Any] | None = None
    extractor: str | None = None
    forgotten: str | None = None
    reason: str | None = None
    keys: list[str] = field(default_factory=list)
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("an article without an id")

    def to_json(self) -> dict[str, Any]:
        """Return the record as a dict, keys in the record's order; lists in it are the record's own."""
        return {name: getattr(self, name) for name in (_LIVING if self.forgotten is None else TOMBSTONE)}


# What the line of an article holds that was taken out on request, and what any other's holds.
TOMBSTONE = ("id", "revision", "kind", "fetched", "source", "forgotten", "reason", "keys", "schema")
_LIVING = tuple(name for name in Article.__slots__ if name not in ("forgotten", "reason", "keys"))


def _is_chance(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


@record
class Tagging(_Record):
    """What one model said of one revision. ``tags`` are the themes over their threshold, best first."""

    article: str
    revision: int
    tags: list[dict[str, Any]]
    scores: dict[str, float]
    model: str
    codebook: str
    tagged: str
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        if not all(map(_is_chance, self.scores.values())):
            raise ValueError("a score that is no probability")
        for tag in self.tags:
            if not (isinstance(tag.get("theme"), str) and _is_chance(tag.get("probability"))):
                raise ValueError("a tag without its theme or probability")
            if not (tag.get("threshold") is None or _is_chance(tag["threshold"])):
                raise ValueError("a threshold that is no probability")


@record
class Label(_Record):
    """One coder's judgement: whether an article carries a theme. The last per article, theme and coder wins.

    A no is as much a label as a yes. ``round`` names the reliability round in which it was given, ``revision`` the
    revision that was read; ``at`` is UTC.
    """

    article: str
    revision: int
    theme: str
    value: bool
    coder: str
    round: str | None = None
    at: str = ""
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        if not (self.article and self.theme and self.coder):
            raise ValueError("a label without its article, theme or coder")


@record
class Sample(_Record):
    """Articles drawn at random, for a round of coding: which, by which seed, out of how many.

    ``query`` tells what they were drawn from, in words; an empty one means the whole archive. ``round`` is None
    until a round takes the sample; the last line with the same ``name`` wins.
    """

    name: str
    articles: list[str]
    population: int
    seed: int
    round: str | None = None
    query: str = ""
    at: str = ""
    schema: int = SCHEMA


@record
class Outcome(_Record):
    """What became of one URL or file: the line that ``add`` and ``fetch`` print with ``--json``."""

    target: str
    id: str | None
    status: Status
    cause: str | None = None


@record
class SourceReport(_Record):
    """What one source brought in one run.

    ``error`` is set when the source itself could not be read, ``unchanged`` when its server said that nothing has
    changed since the last time. ``put_off`` counts the pages that failed before and are asked for again later,
    ``left_out`` the entries beyond what is read of one source.
    """

    source: str
    added: int = 0
    revised: int = 0
    seen: int = 0
    refused: int = 0
    failed: int = 0
    error: str | None = None
    unchanged: bool = False
    put_off: int = 0
    left_out: int = 0


@record
class Run(_Record):
    """One run of ``fetch`` or ``add``: when, by which version, what came, what did not and why.

    ``not_archived`` holds one object per URL or file: ``target``, ``status``, ``cause``, ``lasting``, and ``warc``
    where its raw answer is kept all the same.
    ``targets`` says which file or URL became which article (``add``), ``redirected`` which link led to an
    article of another URL: so that neither is asked for again. ``unchanged`` names the articles whose pages were
    asked for again and were as they had been.
    """

    command: str
    started: str
    ended: str
    version: str
    sources: list[dict[str, Any]]
    not_archived: list[dict[str, Any]] = field(default_factory=list)
    targets: list[dict[str, Any]] = field(default_factory=list)
    redirected: list[dict[str, Any]] = field(default_factory=list)
    interrupted: bool = False
    unchanged: list[str] = field(default_factory=list)
    schema: int = SCHEMA


# Legal in JSON, but taken for line ends by some readers of JSON lines.
_LINE_ENDS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def to_line(data: Mapping[str, Any]) -> str:
    """Return one JSON object as one line, without the line's end."""
    line = json.dumps(data, ensure_ascii=False, separators=(", ", ": "), allow_nan=False)
    return line.translate(_LINE_ENDS).encode("utf-8", "replace").decode("utf-8")
