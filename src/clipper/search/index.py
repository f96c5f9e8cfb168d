"""The index of one archive, as it is asked: whether it is in step, which articles match, how many of each kind.

The index is a cache. It follows the catalogue by the number of the last change that it has seen, which stands in a
file beside it that is written after each commit: after a crash some articles are indexed again, none is missed. An
index that is missing, damaged or of another version is built anew; ``clipper.search.indexing`` does that.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from clipper.archive.reader import Reader
from clipper.models import Article
from clipper.search import engine
from clipper.search.document import Pairs, number, plain_id
from clipper.search.engine import Engine, Found, Place, Query, Trouble
from clipper.search.lookup import Lookup
from clipper.search.terms import words
from clipper.search.tree import Node, positive

VERSION = 7
SORTS = ("relevance", "date", "oldest")
FACETS = ("theme", "outlet", "year", "month", "source", "kind", "coder")
_FACET_FIELDS = {
    "theme": engine.THEME,
    "outlet": engine.OUTLET_NAME,
    "source": engine.SOURCE,
    "kind": engine.KIND,
    "coder": engine.CODER,
    "year": engine.MONTH,
    "month": engine.MONTH,
}


class Match(NamedTuple):
    """One matching article, its BM25 score (0 where the order is by date), and which article it is a copy of."""

    id: str
    score: float
    group: int


class State(NamedTuple):
    """What the index has seen: the catalogue's ``generation`` and the number of the last change of it.

    ``forms`` are the frequent words whose rows are looked up as one, with their stems, ``strays`` the other forms of
    these stems (``clipper.search.document.Pairs``); ``odd`` tells whether any id is no number;
    ``files`` holds size and checksum of each file of the index, ``meta`` the checksum of what stays the same in the
    engine's list of its parts; ``whole`` is false while it is being built.
    """

    version: int = 0
    generation: str = ""
    seq: int = 0
    whole: bool = False
    odd: bool = False
    forms: Mapping[str, str] = {}
    strays: Mapping[str, list[str]] = {}
    files: Mapping[str, list[int]] = {}
    meta: int = 0


_CHECKSUM = ', "checksum": '


def as_note(state: State) -> str:
    """Return what is written of a state: JSON, with its checksum at the end."""
    text = json.dumps(state._asdict())
    return f"{text[:-1]}{_CHECKSUM}{zlib.crc32(text.encode())}}}"


def _agrees(note: str) -> bool:
    """Whether a note is what was written; one of before there was a checksum has none."""
    text, _, said = note.rpartition(_CHECKSUM)
    return not text or said == f"{zlib.crc32((text + '}').encode())}}}"


def read_state(path: Path) -> State:
    """Return what is noted of an index; an empty state for a note that is missing or damaged."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return State()
        text = path.read_text(encoding="utf-8")
        noted = {"meta": 0, **json.loads(text)}
        state = State(**{key: type(value)(noted[key]) for key, value in State()._asdict().items()})
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return State()
    sound = (
        _agrees(text)
        and 0 <= state.seq < 2**53
        and _are_texts(state.forms.values())
        and all(isinstance(forms, list) and _are_texts(forms) for forms in state.strays.values())
        and all(_is_pair(noted) for noted in state.files.values())
    )
    return state if sound else State()


def _are_texts(noted: Iterable[Any]) -> bool:
    return all(isinstance(text, str) and text for text in noted)


def _is_pair(noted: Any) -> bool:
    return isinstance(noted, list) and len(noted) == 2 and all(isinstance(number, int) for number in noted)


class Index:
    """The index of an archive. ``renamed`` leads from what themes were called to what they are called now."""

    def __init__(
        self, archive: Reader, tell: Callable[[str], None] = lambda _: None, renamed: Mapping[str, str] | None = None
    ) -> None:
        self.archive = archive
        self.tell = tell
        self.renamed = dict(renamed or {})
        self.folder = archive.cache / "index"
        self.note = archive.cache / "index.json"
        self._state: State | None = None
        self._engine: Engine | None = None

    # -- whether it is in step ----------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """What it has seen."""
        if self._state is None:
            self._state = read_state(self.note)
        return self._state

    @property
    def generation(self) -> str:
        """What changes when the index must begin again: the catalogue's sequence, or what themes are called."""
        return self.archive.catalogue.generation + json.dumps(self.renamed, sort_keys=True) * bool(self.renamed)

    @property
    def usable(self) -> bool:
        """Whether there is an index of this version whose files are as long as they were."""
        # Without its meta.json the engine takes the folder for a new index and finds nothing in it.
        if self.state.version != VERSION or not (self.folder / "meta.json").is_file():
            return False
        return not any(self._is_cut(name, size) for name, (size, _) in self.state.files.items())

    def _is_cut(self, name: str, size: int) -> bool:
        try:
            return (self.folder / name).stat().st_size != size
        except OSError:
            return False  # another process has put parts together since the note was written

    def in_step(self) -> bool:
        """Whether everything is in it that the archive holds. The catalogue takes in what is new for that."""
        self.archive.catalogue.glance()
        return (
            self.usable
            and self.state.generation == self.generation
            and self.state.seq >= self.archive.catalogue.newest_seq()
        )

    def forget(self) -> None:
        """Look at the files again: they were written."""
        self._state = self._engine = None

    @property
    def engine(self) -> Engine:
        """The open index. Raises one of ``engine.Trouble`` when it cannot be opened."""
        if self._engine is None:
            self._engine = Engine(self.folder)
        return self._engine

    # -- asking -------------------------------------------------------------------------------------------

    def query(self, node: Node | None) -> Query:
        """Return what the engine is asked for a tree."""
        return Lookup(Pairs(self.state.forms, self.state.strays), self._named).whole(node)

    def _named(self, prefix: str) -> list[str]:
        return [entry.id for entry in self.archive.catalogue.named(prefix.lower(), 1000)]

    def search(self, query: Query, limit: int, sort: str, offset: int = 0) -> tuple[int, list[Match]]:
        """Return how many articles match, and ``limit`` of them in the order of ``sort``, from one on."""
        if limit < 1:  # the engine ends the program where it is asked for none
            return self.how_many(query), []
        if sort == "relevance":
            found = self.engine.best(query, limit, offset)
        else:
            field = engine.OLDEST if sort == "oldest" else engine.NEWEST
            found = self.engine.in_order(query, limit, field, ascending=sort == "oldest", offset=offset)
        return found.total, self._matches(found)

    def _matches(self, found: Found) -> list[Match]:
        groups = self.engine.values(engine.GROUP, [place for _, _, place in found.hits])
        return [
            Match(self._id(number, place), score, group)
            for (number, score, place), group in zip(found.hits, groups, strict=True)
        ]

    def _id(self, number: int, place: Place) -> str:
        if self.state.odd and (odd := self.engine.kept_id(place)):
            return odd
        return plain_id(number)

    def copies(self, groups: Sequence[int]) -> list[Match]:
        """Return the articles of some groups of copies: copies, and what they are copies of."""
        return self._matches(self.engine.in_order(engine.numbers(engine.GROUP, groups), 1000, engine.NEWEST))

    def groups_of_copies(self, query: Query) -> set[int]:
        """Return the groups of those matches that are copies of other articles."""
        copies = copies_among(query)
        return set(self.engine.numbers_of(copies, engine.GROUP, self.how_many(copies)))

    def how_many_copies(self, query: Query) -> int:
        """Return how many of the articles that match are copies of others."""
        return self.how_many(copies_among(query))

    def all_numbers(self, query: Query) -> list[int]:
        """Return the numbers of the articles that match, in no order that says anything."""
        return self.engine.numbers_of(query, engine.NUMBER, self.how_many(query))

    def how_many(self, query: Query) -> int:
        """Return how many articles match."""
        return self.engine.how_many(query)

    def similar(self, article: Article) -> Query:
        """Return the query for articles that are like one; it and its copies are left out."""
        parts = [" ".join(part) for part in (words(article.title or ""), words(article.text)) if part]
        root = self.archive.catalogue.root(article.id)
        but = [engine.numbers(engine.GROUP, [number(root)]), engine.term(engine.KIND, "page")]
        if not parts:
            return engine.nothing()
        return engine.all_of([engine.like(parts, max(self.engine.count // 10, 50))], but=but)

    def facet(self, query: Query, name: str) -> dict[str, int]:
        """Return how many matching articles there are of each theme, outlet, year, …: the most first, years in order.

        An article counts once for each theme that it carries; ``no date`` and ``none`` stand for those without.
        """
        counts = self.engine.counts(query, _FACET_FIELDS[name])
        if name in ("year", "month"):
            return _in_time(counts, name)
        shown = {str(key) or "none": count for key, count in counts.items()}
        if name == "theme" and (none := self.how_many(engine.all_of([query, engine.term(engine.FLAG, "themeless")]))):
            shown["none"] = none
        return dict(sorted(shown.items(), key=lambda item: (-item[1], item[0])))


def _in_time(counts: Mapping[Any, int], name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, count in sorted((int(key), count) for key, count in counts.items()):
        year, month = divmod(key, 100)
        label = f"{year:04d}-{month:02d}" if name == "month" and month else f"{year:04d}" if year else "no date"
        found[label] = found.get(label, 0) + count
    if none := found.pop("no date", 0):
        found["no date"] = none
    return found


def is_trouble(error: BaseException) -> bool:
    """Whether an error says that the index is not as the engine wrote it. Some damage makes the engine panic."""
    return isinstance(error, Trouble) or type(error).__name__ == "PanicException"  # which has no name to import


def copies_among(query: Query) -> Query:
    """Return the query for those matches that are copies of other articles."""
    return engine.all_of([query, engine.term(engine.FLAG, "copy")])


def has_words(node: Node | None) -> bool:
    """Whether a query asks for words, by which matches can be put in order; filters alone say nothing of that."""
    return node is not None and any(True for _ in positive(node))


__all__ = ["FACETS", "SORTS", "VERSION", "Index", "Match", "State", "Trouble", "as_note", "copies_among", "has_words",
    "is_trouble", "read_state",
]  # fmt: skip
