"""Counts by month, year, outlet, theme or source, and by one of these against another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from clipper.publish.stats.counting import Counting
from clipper.publish.stats.intervals import Share, share
from clipper.search import engine
from clipper.search.engine import Query

KINDS = ("month", "year", "outlet", "theme", "source")
NO_DATE, NO_OUTLET, NO_THEME = "no date", "no outlet", "no theme"
NO_MONTH = ", no month"  # stands after a year
_FIELDS = {
    "month": engine.MONTH,
    "year": engine.MONTH,
    "outlet": engine.OUTLET_NAME,
    "theme": engine.THEME,
    "source": engine.SOURCE,
}


class Row(NamedTuple):
    """One row of a table, or one cell of a table of two kinds: what it counts, and its share.

    The share is of all that the table counts; of all that was there in this row where the query looks for something
    (``Table.of_each``); in a table of two kinds of all that are in the row of the first.
    """

    keys: tuple[str, ...]
    share: Share


class Table(NamedTuple):
    """Counts by one kind, or by two. ``each_copy`` tells that every record counts, and not every story once."""

    by: tuple[str, ...]
    rows: tuple[Row, ...]
    of: int
    each_copy: bool
    of_each: bool = False

    def values(self, place: int) -> list[str]:
        """Return the values of one of the kinds, in their order."""
        return list(
            dict.fromkeys(row.keys[place] for row in sorted(self.rows, key=lambda r: _order(self.by, r, place)))
        )


def _order(by: tuple[str, ...], row: Row, place: int) -> tuple[int, str]:
    # What is in time is in the order of time; of anything else the rows stand in their order already.
    return in_order(row.keys[place]) if by[place] in ("month", "year") else (0, "")


def in_order(time: str) -> tuple[int, str]:
    """Return by what months and years are put in order: what has no month or no date comes last."""
    return (2 if time == NO_DATE else 1 if time.endswith(NO_MONTH) else 0), time


def table(counting: Counting, by: Sequence[str], themes: Sequence[str] = ()) -> Table:
    """Return the counts of the matches by one or two of ``KINDS``.

    Where outlets or sources are counted, every record counts: each is something that the outlet printed. In tables of
    themes only those articles are counted of whose themes something is known.
    """
    each_copy = counting.copies or bool({"outlet", "source"} & set(by))
    query = counting.judged(counting.matches) if "theme" in by else counting.matches
    query = query if each_copy else counting.stories(query)
    of = counting.how_many(query)
    cells = _single(counting, query, by[0]) if len(by) == 1 else _double(counting, query, by[0], by[1])
    of_each = len(by) == 1 and by[0] != "theme" and counting.content is not None
    if of_each:
        there = _single(counting, counting.scope if each_copy else counting.stories(counting.scope), by[0])
        rows = [Row(keys, share(cells.get(keys, 0), n)) for keys, n in there.items()]
    elif len(by) == 1:
        rows = [Row(keys, share(n, of)) for keys, n in cells.items()]
    else:
        firsts = _single(counting, query, by[0])
        rows = [Row(keys, share(n, firsts.get(keys[:1], n))) for keys, n in cells.items()]
    return Table(tuple(by), tuple(_sorted(rows, by, themes)), of, each_copy, of_each)


def _single(counting: Counting, query: Query, kind: str) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    for key, n in counting.counts(query, _FIELDS[kind]).items():
        shown = (_shown(kind, key),)
        found[shown] = found.get(shown, 0) + n
    if kind == "theme" and (none := counting.how_many(_themeless(query))):
        found[NO_THEME,] = none
    return found


def _double(counting: Counting, query: Query, one: str, other: str) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}

    def add(first: str, second: str, n: int) -> None:
        found[first, second] = found.get((first, second), 0) + n

    for (first, second), n in counting.pairs(query, _FIELDS[one], _FIELDS[other]).items():
        add(_shown(one, first), _shown(other, second), n)
    if one == "theme":
        for second, n in counting.counts(_themeless(query), _FIELDS[other]).items():
            add(NO_THEME, _shown(other, second), n)
    if other == "theme":
        for first, n in counting.counts(_themeless(query), _FIELDS[one]).items():
            add(_shown(one, first), NO_THEME, n)
    return found


def _themeless(query: Query) -> Query:
    return engine.all_of([query, engine.term(engine.FLAG, "themeless")])


def _shown(kind: str, key: Any) -> str:
    if kind in ("month", "year"):
        year, month = divmod(int(key), 100)
        if not year:
            return NO_DATE
        if kind == "month" and not month:
            return f"{year:04}{NO_MONTH}"
        return f"{year:04}-{month:02}" if kind == "month" else f"{year:04}"
    return str(key) or (NO_OUTLET if kind == "outlet" else "none")


def _sorted(rows: list[Row], by: Sequence[str], themes: Sequence[str]) -> list[Row]:
    """Return rows in the order of time, else the most first; within a row of two kinds likewise."""
    totals: dict[str, int] = {}
    for row in rows:
        totals[row.keys[0]] = totals.get(row.keys[0], 0) + row.share.n
    place = {key: number for number, key in enumerate(themes)}

    def rank(kind: str, key: str, n: int) -> tuple[int, int, str]:
        if kind in ("month", "year"):
            after, time = in_order(key)
            return after, 0, time
        return key == NO_THEME, -n, f"{place.get(key, len(place)):06}{key}"

    return sorted(
        rows,
        key=lambda row: (
            rank(by[0], row.keys[0], totals[row.keys[0]]),
            rank(by[-1], row.keys[-1], row.share.n),
        ),
    )
