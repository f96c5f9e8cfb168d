"""What ``clipper stats`` finds, gathered: for a screen, for a table that other programs read, for a chart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from clipper.publish.stats import coverage, tables, terms, together, trends
from clipper.publish.stats import months as calendar
from clipper.publish.stats.counting import Counting
from clipper.publish.stats.coverage import Asked, Covered
from clipper.publish.stats.intervals import FEW, Share
from clipper.publish.stats.months import InTime
from clipper.publish.stats.tables import Table
from clipper.publish.stats.terms import Rising
from clipper.publish.stats.together import Together
from clipper.publish.stats.trends import Compared, Span, Trend
from clipper.search.index import Index, copies_among
from clipper.search.tree import All, Dates, Node
from clipper.wording import counted


class Wanted(NamedTuple):
    """What is asked for. Nothing of ``by``, ``coverage``, ``terms`` and ``together`` means an overview.

    ``newest`` is the day up to which the archive can know anything, ``length`` how many months a period has, ``limit``
    how many terms are told, ``themes`` the keys of the codebook in their order.
    """

    newest: str
    by: tuple[tuple[str, ...], ...] = ()
    coverage: bool = False
    terms: bool = False
    together: bool = False
    copies: bool = False
    length: int | None = None
    limit: int = 25
    themes: tuple[str, ...] = ()
    fetches: Mapping[str, Mapping[int, Asked]] = {}

    @property
    def overview(self) -> bool:
        """Whether nothing is asked for but an overview."""
        return not (self.by or self.coverage or self.terms or self.together)


class Report(NamedTuple):
    """What was found. ``records`` match; ``stories`` of them are counted. What was not asked for is None or empty.

    ``narrowed`` says that a query asked for less than all. ``matches`` are the counted ones in time; ``sources`` is how
    many sources there were, ``units`` how many in each month, ``units_by_year`` in each year. ``notes`` say how far the
    figures reach, in words for the reader.
    """

    narrowed: bool
    records: int
    stories: int
    matches: InTime
    when: Span
    compared: Compared | None
    sources: int
    covered: list[Covered]
    units: Mapping[int, int]
    units_by_year: Mapping[int, int]
    trend: Trend | None
    themes: list[Trend]
    tables: list[Table]
    rising: Rising | None
    together: Together | None
    notes: list[str]


def report(index: Index, node: Node | None, wanted: Wanted, tell: Callable[[str], None] = lambda _: None) -> Report:
    """Return what is asked for of the matches of a query."""
    counting = Counting(index, node, copies=wanted.copies)
    records = counting.how_many(counting.matches)
    stories = counting.stories(counting.matches)
    matches = counting.in_time(stories)
    when = trends.span(counting, wanted.newest)
    possible = trends.compared(counting, when, wanted.length)
    against = possible if possible and possible.panel else None  # on no source there is nothing to compare
    end = max((month for month in when.months if month not in when.incomplete), default=when.newest)
    themes = trends.of_themes(counting, when, against, wanted.themes) if wanted.overview else []
    rising = None
    if wanted.terms:
        none = Rising([], 0, 0, 0, 0, 0)
        rising = terms.rising(counting, against, limit=wanted.limit, tell=tell) if against else none
    by = wanted.by or ((("outlet",), ("source",)) if wanted.overview else ())
    found = Report(
        narrowed=node is not None,
        records=records,
        stories=matches.total,
        matches=matches,
        when=when,
        compared=against,
        sources=len(counting.units),
        covered=coverage.cover(counting.units, end, wanted.fetches) if wanted.coverage or wanted.overview else [],
        units=coverage.in_each_month(counting.units),
        units_by_year=coverage.in_each_year(counting.units),
        trend=trends.of_matches(counting, when, against) if wanted.overview else None,
        themes=themes,
        tables=[tables.table(counting, kinds, wanted.themes) for kinds in by],
        rising=rising,
        together=together.together(counting, wanted.themes) if wanted.together else None,
        notes=[],
    )
    found.notes.extend(_notes(counting, wanted, found, possible))
    return found


# -- how far the figures reach ------------------------------------------------------------------------------


def _notes(counting: Counting, wanted: Wanted, found: Report, possible: Compared | None) -> list[str]:
    notes = [*_of_index(counting), *_of_copies(counting, wanted, found), *_of_added(counting)]
    notes += _of_time(counting, found)
    if wanted.overview or wanted.terms:
        notes += _of_comparison(wanted, found, possible)
    if wanted.overview or wanted.together or any("theme" in kinds for kinds in wanted.by):
        notes += _of_tags(counting)
    if any(share.few for share in _shares(found)):
        notes.append(f"* a share of fewer than {FEW} articles, which says little.")
    return notes


def _shares(found: Report) -> Iterator[Share]:
    """Yield every share that is shown."""
    for trend in [*found.themes, *([found.trend] if found.trend else [])]:
        yield trend.whole
        if trend.change is not None and trend.change.value is not None:
            yield from (trend.change.before, trend.change.last)
    for table in found.tables:
        if len(table.by) == 1 and (table.of_each or table.by[0] not in ("month", "year")):
            yield from (row.share for row in table.rows)


def _of_index(counting: Counting) -> list[str]:
    known, there = counting.index.engine.count, counting.index.archive.catalogue.count()
    if known >= there:
        return []
    return [f"Counted in {known:,} of {there:,} articles: the index is not up to date yet; count again later."]


def _of_copies(counting: Counting, wanted: Wanted, found: Report) -> list[str]:
    copies = counting.how_many(copies_among(counting.matches))
    if not copies:
        return []
    if wanted.copies:
        return [f"{copies:,} of the {found.records:,} are copies of others, and are counted."]
    return [
        f"{found.records:,} records tell {found.stories:,} stories. A story counts once, but in coverage and by outlet "
        "or source each record does (--copies counts all everywhere)."
    ]


def _of_added(counting: Counting) -> list[str]:
    outlets = sum(unit.kind == "outlet" for unit in counting.units)
    if not outlets:
        return []
    sources = counted(len(counting.units), "source")
    them = "is an outlet" if outlets == 1 else "are outlets"
    return [f"Of {sources} {outlets:,} {them} of what was added by hand."]


def _of_time(counting: Counting, found: Report) -> list[str]:
    notes = []
    years, undated = sum(found.matches.years.values()), found.matches.undated
    apart = [f"{undated:,} without a date" if undated else "", f"{years:,} dated with a year alone" if years else ""]
    if any(apart):
        notes.append(f"In no month: {' and '.join(filter(None, apart))}.")
    if left_out := _undated_left_out(counting):
        notes.append(f"{left_out:,} more would match, but no date is stated for {'it' if left_out == 1 else 'them'}.")
    if found.when.incomplete:
        named = ", ".join(calendar.label(month) for month in sorted(found.when.incomplete))
        several = len(found.when.incomplete) > 1
        notes.append(f"Not complete: {named}; {'they are' if several else 'it is'} in no comparison.")
    if found.when.later:
        them = f"{found.when.later:,} {'is' if found.when.later == 1 else 'are'}"
        notes.append(f"{them} dated after {calendar.label(found.when.newest)}, and in no comparison.")
    return notes


def _undated_left_out(counting: Counting) -> int:
    node = counting.node
    parts = node.parts if isinstance(node, All) else (node,)
    if not any(isinstance(part, Dates) and not part.undated for part in parts):
        return 0
    rest = tuple(part for part in parts if part is not None and not isinstance(part, Dates))
    return counting.how_many(counting.index.query(All((*rest, Dates(None, None, True)))))


def _of_comparison(wanted: Wanted, found: Report, possible: Compared | None) -> list[str]:
    if found.compared is None and possible is not None:
        before, last = (calendar.labels(period) for period in possible.periods)
        return [
            f"Nothing is compared: of {counted(possible.units, 'source')} none had something in half of the months of "
            f"{last} and of {before}."
        ]
    if found.compared is None:
        asked = f"of {counted(wanted.length, 'month')} " if wanted.length else ""
        return [f"Nothing is compared: there are not two periods {asked}of complete months, one after the other."]
    before, last = (calendar.labels(period) for period in found.compared.periods)
    there, units = len(found.compared.panel), found.compared.units
    came, went = len(found.compared.came), len(found.compared.went)
    moved = [f"{came:,} came" if came else "", f"{went:,} went" if went else ""]
    more = f"; {' and '.join(filter(None, moved))}" if any(moved) else ""
    notes = [
        f"Changes compare {last} with {before}, on the {there:,} of {counted(units, 'source')} that had something "
        f"in half of the months of both, at least{more}."
    ]
    # What has changed on all sources, and not on those that were there all the time, is a change of the archive.
    moved_themes = [
        f"{one.key} ({100 * one.all_change.value:+.1f} points)"
        for one in found.themes
        if one.all_change and one.all_change.clear and one.all_change.value and not (one.change and one.change.clear)
    ]
    if moved_themes:
        notes.append(f"Changed by what came and went, and not beyond chance without that: {', '.join(moved_themes)}.")
    return notes


def _of_tags(counting: Counting) -> list[str]:
    notes = []
    left_out = counting.how_many(counting.matches) - counting.how_many(counting.judged(counting.matches))
    if left_out:
        notes.append(f"Not counted among themes: {counted(left_out, 'record')} not tagged yet (clipper tag).")
    notes.append("Themes that no person gave are a model's, with its errors: clipper evaluate tells how many.")
    return notes
