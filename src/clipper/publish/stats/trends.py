"""Themes over time: what share of the articles of each month, and how that changed on the sources that were there.

Each share has Wilson's interval, each change Newcombe's (``clipper.publish.stats.intervals``). They say what chance
does to counts, as if articles were drawn one by one: articles on one event come together, so that the true
uncertainty is greater; and they know nothing of the errors of the tags (``clipper evaluate`` tells of these).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from clipper.publish.stats import months as calendar
from clipper.publish.stats.counting import Counting, Unit
from clipper.publish.stats.coverage import came_and_went, panel
from clipper.publish.stats.intervals import Change, Share, change, share
from clipper.publish.stats.months import InTime, Periods
from clipper.search import engine
from clipper.search.engine import Query


class Compared(NamedTuple):
    """The periods that are compared, and on which sources: those of ``panel`` were there in both."""

    periods: Periods
    panel: tuple[Unit, ...]
    came: tuple[Unit, ...]
    went: tuple[Unit, ...]
    units: int


class Trend(NamedTuple):
    """One theme, or what the query looks for: how many of how many, by month, and how that changed.

    ``panel`` holds the months on the sources that are compared; ``change`` is on them as well, ``all_change`` on all.
    """

    key: str
    whole: Share
    months: Mapping[int, Share]
    panel: Mapping[int, Share]
    change: Change | None
    all_change: Change | None


class Span(NamedTuple):
    """What is known of the time that is looked at.

    ``months`` are all months from the first to the last with anything, but none after ``newest``, the one that is
    running; ``incomplete`` are those of them that are not whole.
    """

    months: range
    incomplete: frozenset[int]
    newest: int
    later: int


def span(counting: Counting, newest_day: str) -> Span:
    """Return the months that are looked at; ``later`` is how much is dated after the newest day's month."""
    newest = calendar.from_text(newest_day)
    there = sorted({month for of in counting.units.values() for month in of.months})
    known = [month for month in there if month <= newest]
    later = sum(n for of in counting.units.values() for month, n in of.months.items() if month > newest)
    months = range(known[0], known[-1] + 1) if known else range(0)
    unfinished = calendar.incomplete(counting.scope_node, newest_day)
    return Span(months, frozenset(unfinished.intersection(months)), newest, later)


def compared(counting: Counting, when: Span, length: int | None) -> Compared | None:
    """Return what is compared with what; None where there are not two periods of complete months."""
    there = {month for of in counting.units.values() for month in of.months}
    found = calendar.periods(there, set(when.incomplete), when.newest, length)
    if found is None:
        return None
    came, went = came_and_went(counting.units, found)
    return Compared(found, tuple(panel(counting.units, found)), tuple(came), tuple(went), len(counting.units))


def of_matches(counting: Counting, when: Span, against: Compared | None) -> Trend | None:
    """Return how the matches of a query developed among all that was looked at; None where it asks for all of it."""
    if counting.content is None:
        return None
    return _trends(counting, {"": (counting.matches, counting.scope)}, when, against, 1)[0]


def of_themes(counting: Counting, when: Span, against: Compared | None, order: Sequence[str]) -> list[Trend]:
    """Return how each theme developed among the matches, in an order; themes that it lacks come after it.

    Only articles of whose themes something is known are counted.
    """
    base = counting.judged(counting.matches)
    query = counting.stories(base)
    themes = counting.each_in_time(query, engine.THEME)
    known = [key for key in order if key in themes]
    keys = [*known, *sorted(themes.keys() - set(known), key=lambda key: (-themes[key].total, key))]
    all_in_time = counting.in_time(query)
    on_panel: dict[str, InTime] = {}
    all_on_panel = InTime({}, {}, 0)
    if against is not None:
        limited = counting.stories(counting.of_units(base, against.panel))
        on_panel = counting.each_in_time(limited, engine.THEME)
        all_on_panel = counting.in_time(limited)
    none = InTime({}, {}, 0)
    return [
        _trend(
            key, themes[key], all_in_time, on_panel.get(key, none), all_on_panel, when, against, comparisons=len(keys)
        )
        for key in keys
    ]


def _trends(
    counting: Counting,
    asked: Mapping[str, tuple[Query, Query]],
    when: Span,
    against: Compared | None,
    comparisons: int,
) -> list[Trend]:
    found = []
    for key, (query, of) in asked.items():
        n, total = counting.in_time(counting.stories(query)), counting.in_time(counting.stories(of))
        n_panel = total_panel = InTime({}, {}, 0)
        if against is not None:
            n_panel = counting.in_time(counting.stories(counting.of_units(query, against.panel)))
            total_panel = counting.in_time(counting.stories(counting.of_units(of, against.panel)))
        found.append(_trend(key, n, total, n_panel, total_panel, when, against, comparisons=comparisons))
    return found


def _trend(
    key: str,
    n: InTime,
    of: InTime,
    n_panel: InTime,
    of_panel: InTime,
    when: Span,
    against: Compared | None,
    *,
    comparisons: int,
) -> Trend:
    return Trend(
        key,
        share(n.total, of.total),
        {month: share(n.months.get(month, 0), of.months.get(month, 0)) for month in when.months},
        {month: share(n_panel.months.get(month, 0), of_panel.months.get(month, 0)) for month in when.months},
        _change(n_panel, of_panel, against, comparisons),
        _change(n, of, against, comparisons),
    )


def _change(n: InTime, of: InTime, against: Compared | None, comparisons: int) -> Change | None:
    if against is None:
        return None
    before, last = (
        (sum(n.months.get(m, 0) for m in period), sum(of.months.get(m, 0) for m in period))
        for period in against.periods
    )
    return change(before, last, comparisons)
