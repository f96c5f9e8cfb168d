"""The numbers of a report as a table that other programs read: one number a line, which says what it counts."""

from __future__ import annotations

import csv
import io
from typing import Any, NamedTuple

from clipper.publish.stats import months as calendar
from clipper.publish.stats import tables
from clipper.publish.stats.intervals import Share, share
from clipper.publish.stats.months import InTime
from clipper.publish.stats.report import Report
from clipper.publish.stats.tables import Table
from clipper.publish.stats.trends import Span
from clipper.text import printable, safe_cell
from clipper.wording import counted


class Figure(NamedTuple):
    """One number, as other programs read it; each line of the table says by itself what it counts.

    ``n`` of ``of`` are a ``share``, which lies between ``low`` and ``high`` (95%). ``value`` is a number of another
    kind, such as a difference. ``note`` says what keeps the number from being taken at its word.
    """

    table: str
    item: str
    other: str = ""
    n: int | None = None
    of: int | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    value: float | None = None
    note: str = ""


def figures(found: Report) -> list[Figure]:
    """Return all numbers of a report."""
    return [
        *_of_time(found),
        *_of_coverage(found),
        *_of_trends(found),
        *(figure for one in found.tables for figure in _of_table(one)),
        *_of_terms(found),
        *_of_pairs(found),
    ]


def _share(table: str, item: str, other: str, of: Share, note: str = "") -> Figure:
    notes = [note, "few" if of.few else ""]
    value, low, high = map(_rounded, of[2:])
    return Figure(table, item, other, of.n, of.of, value, low, high, note=" ".join(filter(None, notes)))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _note(month: int, when: Span) -> str:
    return "incomplete" if month in when.incomplete else ""


def _of_time(found: Report) -> list[Figure]:
    """Return how much there is in each month, and from how many sources: whatever else is told, this comes first."""
    lines, matches = [], found.matches
    for month in found.when.months:
        note, named = _note(month, found.when), calendar.label(month)
        lines.append(Figure("articles by month", named, n=matches.months.get(month, 0), note=note))
        lines.append(Figure("sources by month", named, n=found.units.get(month, 0), note=note))
    return lines + [Figure("articles by month", when, n=n, note=note) for when, n, note in _apart(matches, found.when)]


def _apart(counts: InTime, when: Span) -> list[tuple[str, int, str]]:
    """Return what stands beside the months that are looked at: when, how many, and a note."""
    found = [(f"{year:04}", n, "year alone") for year, n in counts.years.items()]
    found += [
        (calendar.label(month), n, "to come") for month, n in sorted(counts.months.items()) if month > when.newest
    ]
    return found + ([(tables.NO_DATE, counts.undated, "")] if counts.undated else [])


def _of_coverage(found: Report) -> list[Figure]:
    lines = []
    for one in found.covered:
        silent = {month for stretch in one.silent for month in stretch}
        kind = f"coverage by {one.unit.kind}"
        for month in found.when.months:
            marks = ["silent" * (month in silent), "failed" * (month in one.failed), _note(month, found.when)]
            n = one.counts.months.get(month, 0)
            lines.append(Figure(kind, str(one.unit), calendar.label(month), n, note=" ".join(filter(None, marks))))
        lines += [Figure(kind, str(one.unit), when, n, note=note) for when, n, note in _apart(one.counts, found.when)]
    return lines


def _of_trends(found: Report) -> list[Figure]:
    lines = []
    every = ([("matches", found.trend)] if found.trend else []) + [("theme", one) for one in found.themes]
    for name, one in every:
        lines.append(_share(name, one.key, "", one.whole))
        for month in found.when.months:
            lines.append(
                _share(f"{name} by month", one.key, calendar.label(month), one.months[month], _note(month, found.when))
            )
            lines.append(
                _share(
                    f"{name} by month, panel",
                    one.key,
                    calendar.label(month),
                    one.panel[month],
                    _note(month, found.when),
                )
            )
        for where, change in (("panel", one.change), ("all sources", one.all_change)):
            if change is not None and found.compared is not None:
                for period, of in zip(found.compared.periods, (change.before, change.last), strict=True):
                    lines.append(_share(f"{name} by period, {where}", one.key, calendar.labels(period), of))
                lines.append(
                    Figure(
                        f"{name} change, {where}",
                        one.key,
                        low=_rounded(change.low),
                        high=_rounded(change.high),
                        value=_rounded(change.value),
                        note="clear" if change.clear else "within chance",
                    )
                )
    return lines


def _of_table(one: Table) -> list[Figure]:
    name = f"by {' and '.join(one.by)}{', each record' * one.each_copy}"
    return [_share(name, row.keys[0], row.keys[1] if len(row.keys) > 1 else "", row.share) for row in one.rows]


def _of_terms(found: Report) -> list[Figure]:
    if found.rising is None or found.compared is None:
        return []
    before, last = (calendar.labels(period) for period in found.compared.periods)
    lines = []
    for term in found.rising.terms:
        where = f"rose in {term.rose} of {counted(term.sources, 'source')}"
        lines.append(_share("terms", term.text, before, share(term.before, found.rising.before)))
        lines.append(_share("terms", term.text, last, share(term.last, found.rising.last)))
        lines.append(
            Figure(
                "terms, odds ratio", term.text, value=_rounded(term.odds), note=where if term.odds else f"new; {where}"
            )
        )
        lines.append(Figure("terms, z", term.text, value=_rounded(term.z)))
    return lines


def _of_pairs(found: Report) -> list[Figure]:
    lines = []
    for pair in found.together.pairs.values() if found.together else ():
        lines.append(_share("themes together", pair.theme, pair.other, share(pair.n, pair.first)))
        for name, value in (("lift", pair.lift), ("phi", pair.phi)):
            lines.append(
                Figure(f"themes together, {name}", pair.theme, pair.other, value=_rounded(value), note="few" * pair.few)
            )
    return lines


def as_csv(found: Report) -> str:
    """Return all numbers of a report as CSV, to be written in UTF-8, with a head; no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(Figure._fields)
    for figure in figures(found):
        writer.writerow([_cell(value) for value in figure])
    return out.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return safe_cell(printable(" ".join(value.split())))
    return "" if value is None else str(value)
