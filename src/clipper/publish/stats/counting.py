"""What is counted, and what of: the matches of a query, and all articles among which they were looked for.

A query's filters on outlet, source, kind and date say where was looked (the *scope*), the rest of it what for. A
share is of the scope: of all articles of these outlets in this month, so many match.

The index counts. A story that several outlets print is several records, tied as copies; *folded*, a story counts once,
with the date and the themes of the record that the others are copies of, or of the first copy that matches where that
one does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from clipper.models import Article
from clipper.publish.stats.months import InTime, in_time, to_key
from clipper.search import engine
from clipper.search.document import number
from clipper.search.engine import Query
from clipper.search.index import Index, copies_among
from clipper.search.tree import All, Dates, In, Key, Node, Not
from clipper.search.tree import Any as AnyOf

ADDED = "added"  # the source of what was not fetched from any


class Unit(NamedTuple):
    """Where articles come from: a configured source, or an outlet of what was added by hand."""

    kind: str
    name: str

    def __str__(self) -> str:
        return self.name or "no outlet"


def unit_of(article: Article) -> Unit:
    """Return where an article comes from."""
    return Unit("outlet", article.outlet or "") if article.source == ADDED else Unit("source", article.source)


def split(node: Node | None) -> tuple[Node | None, Node | None]:
    """Return the part of a query that says where to look, and the part that says what for."""
    parts = node.parts if isinstance(node, All) else () if node is None else (node,)
    where = tuple(part for part in parts if _is_scope(part))
    what = tuple(part for part in parts if not _is_scope(part))
    return _joined(where), _joined(what)


def _joined(parts: tuple[Node, ...]) -> Node | None:
    return All(parts) if len(parts) > 1 else parts[0] if parts else None


def _is_scope(node: Node) -> bool:
    match node:
        case Dates():
            return True
        case Key():
            return node.field in ("source", "kind")
        case In():
            return node.field == "outlet"
        case Not():
            return _is_scope(node.part)
        case All() | AnyOf():
            return all(map(_is_scope, node.parts))
    return False


class Counting:
    """Counts of one query on one archive; ``copies`` counts each record, and not each story once."""

    def __init__(self, index: Index, node: Node | None, *, copies: bool = False) -> None:
        self.index = index
        self.copies = copies
        self.node = node
        self.scope_node, self.content = split(node)
        self.matches = index.query(node)
        self.scope = index.query(self.scope_node)
        self._folded: dict[int, tuple[Query, Query]] = {}

    # -- which articles are counted -----------------------------------------------------------------------

    def stories(self, query: Query) -> Query:
        """Return the query for those matches that are counted: one of each story, unless copies count."""
        if self.copies:
            return query
        if id(query) not in self._folded:
            self._folded[id(query)] = (query, self._fold(query))  # the first is kept so that its id stays its own
        return self._folded[id(query)][1]

    def _fold(self, query: Query) -> Query:
        copies = copies_among(query)
        how_many = self.index.how_many(copies)
        if not how_many:
            return query
        asked = self.index.engine
        groups = set(asked.numbers_of(copies, engine.GROUP, how_many))
        roots = engine.all_of([query, engine.numbers(engine.NUMBER, sorted(groups))])
        orphans = groups.difference(asked.numbers_of(roots, engine.NUMBER, len(groups)))
        without = engine.all_of([query], but=[engine.term(engine.FLAG, "copy")])
        if not orphans:
            return without
        left = engine.all_of([copies, engine.numbers(engine.GROUP, sorted(orphans))])
        found = asked.in_order(left, how_many, engine.OLDEST, ascending=True)
        firsts: dict[int, int] = {}
        for group, (one, _, _) in zip(
            asked.values(engine.GROUP, [at for _, _, at in found.hits]), found.hits, strict=True
        ):
            firsts.setdefault(group, one)
        return engine.any_of([without, engine.numbers(engine.NUMBER, sorted(firsts.values()))])

    @cached_property
    def unjudged(self) -> list[int]:
        """The numbers of the articles of which nobody has said what their themes are: they were not tagged yet."""
        return sorted(map(number, self.index.archive.catalogue.unjudged()))

    def judged(self, query: Query) -> Query:
        """Return the query for those matches of whose themes something is known."""
        if not self.unjudged:
            return query
        return engine.all_of([query], but=[engine.numbers(engine.NUMBER, self.unjudged)])

    def within(self, query: Query, months: range) -> Query:
        """Return the query for those matches that are dated in some months."""
        # Year by year: between the months of two years lie articles dated with the second year alone.
        spans = []
        for year in range(months[0] // 12, months[-1] // 12 + 1):
            first, last = max(months[0], year * 12), min(months[-1], year * 12 + 11)
            spans.append(engine.between(engine.MONTH, to_key(first), to_key(last)))
        return engine.all_of([query, engine.any_of(spans)])

    def of_units(self, query: Query, units: Sequence[Unit]) -> Query:
        """Return the query for those matches that come from some sources, and outlets of what was added."""
        parts = []
        if sources := sorted(unit.name for unit in units if unit.kind == "source"):
            parts.append(engine.words_of(engine.SOURCE, sources))
        if outlets := sorted(unit.name for unit in units if unit.kind == "outlet"):
            of_outlets = engine.words_of(engine.OUTLET_NAME, outlets)
            parts.append(engine.all_of([engine.term(engine.SOURCE, ADDED), of_outlets]))
        return engine.all_of([query, engine.any_of(parts)]) if parts else engine.nothing()

    # -- counts ---------------------------------------------------------------------------------------------

    def how_many(self, query: Query) -> int:
        """Return how many articles match."""
        return self.index.how_many(query)

    def in_time(self, query: Query) -> InTime:
        """Return how many matches there are in each month."""
        return in_time(self.index.engine.counts(query, engine.MONTH))

    def counts(self, query: Query, field: str) -> dict[Any, int]:
        """Return how many matches have each value of a field of the index."""
        return self.index.engine.counts(query, field)

    def each_in_time(self, query: Query, field: str) -> dict[str, InTime]:
        """Return for each value of a field how many matches there are in each month."""
        found: dict[str, dict[int, int]] = {}
        for (value, month), n in self.index.engine.cross(query, field, engine.MONTH).items():
            found.setdefault(str(value), {})[int(month)] = n
        return {value: in_time(counts) for value, counts in found.items()}

    def pairs(self, query: Query, field: str, other: str) -> Mapping[tuple[Any, Any], int]:
        """Return how many matches have each pair of values of two fields."""
        return self.index.engine.cross(query, field, other)

    @cached_property
    def units(self) -> dict[Unit, InTime]:
        """How much came from where and when, within the scope: each record counts, whatever the query looks for."""
        found = {Unit("source", name): of for name, of in self.each_in_time(self.scope, engine.SOURCE).items()}
        if found.pop(Unit("source", ADDED), None):
            added = engine.all_of([self.scope, engine.term(engine.SOURCE, ADDED)])
            by_outlet = self.each_in_time(added, engine.OUTLET_NAME)
            found |= {Unit("outlet", name): of for name, of in by_outlet.items()}
        return dict(sorted(found.items(), key=lambda item: (-item[1].total, item[0])))
