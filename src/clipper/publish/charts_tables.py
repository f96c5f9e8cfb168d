"""Charts of tables, of terms and of themes together (``clipper.publish.charts`` has the frame around them)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from clipper.publish.charts_common import (
    ACROSS,
    BLACK,
    GREY,
    HATCH,
    LIGHT,
    MOST_ROWS,
    SMALL,
    in_numbers,
    in_years,
    names_as_they_are,
    short,
)
from clipper.publish.stats.months import from_text, label, labels
from clipper.publish.stats.report import Report
from clipper.publish.stats.tables import Table

MOST_SQUARE = 20  # rows and columns of a table of two kinds
_MOST_SMALL = 18  # small charts of a table of two kinds
_TIME = ("month", "year")


def table_height(table: Table) -> float:
    """Return how high the chart of a table is, in inches."""
    if len(table.by) == 2:
        named = [place for place in (0, 1) if table.by[place] not in _TIME]
        rows = len(table.values(named[0]))
        if len(named) == 2:
            return square_height(rows, table.values(1))
        return 0.4 + 1.1 * ceil(min(rows, _MOST_SMALL) / ACROSS)
    if table.by[0] in _TIME:
        return 4.6 if table.of_each else 3.4
    return 0.8 + 0.2 * min(max(len(table.rows), 3), MOST_ROWS)


def square_height(rows: int, columns: Sequence[str]) -> float:
    """Return how high a table of two kinds is drawn, in inches: the names of its columns stand upright above it."""
    return 0.7 + 0.08 * max((len(short(name)) for name in columns), default=0) + 0.3 * min(max(rows, 2), MOST_SQUARE)


def draw_table(figure: Figure, report: Report) -> None:
    """Draw the first table of a report."""
    table = report.tables[0]
    if len(table.by) == 2:
        cells = {(row.keys[0], row.keys[1]): row.share.n for row in table.rows}
        if table.by[0] in _TIME:
            _small_bars(figure, {(name, time): n for (time, name), n in cells.items()}, report)
        elif table.by[1] in _TIME:
            _small_bars(figure, cells, report)
        else:
            rows = list(dict.fromkeys(row.keys[0] for row in table.rows))[:MOST_SQUARE]
            columns = sorted(table.values(1), key=lambda one: -sum(n for (_, c), n in cells.items() if c == one))
            room = int(5.2 / (0.075 * len(f"{max(cells.values(), default=0):,}") + 0.1))
            numbers = {key: float(n) for key, n in cells.items()}
            _square(figure.subplots(), rows, columns[: min(room, MOST_SQUARE)], numbers, lambda n: f"{n:,.0f}")
        return
    if table.by[0] in _TIME:
        _table_in_time(figure, table, report)
        return
    axes = figure.subplots()
    known = [row for row in table.rows if row.share.n]
    shown = known[:MOST_ROWS]
    places = range(len(shown))
    if table.of_each:
        values = [100 * (row.share.value or 0) for row in shown]
        around = [
            [value - 100 * (row.share.low or 0) for value, row in zip(values, shown, strict=True)],
            [100 * (row.share.high or 0) - value for value, row in zip(values, shown, strict=True)],
        ]
        axes.errorbar(values, places, xerr=around, fmt="o", color=BLACK, markersize=3.5, linewidth=0.9)
        axes.set_xlabel("share of its own articles that match, %, with 95% interval")
        axes.set_xlim(left=0)
    else:
        axes.barh(places, [row.share.n for row in shown], color=LIGHT, edgecolor=GREY, linewidth=0.5, height=0.7)
        axes.set_xlabel("articles")
    for place, row in zip(places, shown, strict=True):
        axes.text(1.01, place, f"{row.share.n:,}", transform=axes.get_yaxis_transform(), va="center", fontsize=SMALL)
    axes.text(1.01, -0.9, "n", transform=axes.get_yaxis_transform(), va="center", fontsize=SMALL, color=GREY)
    axes.set_yticks(places, [short(row.keys[0]) for row in shown])
    names_as_they_are(axes)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _small_bars(figure: Figure, cells: Mapping[tuple[str, str], int], report: Report) -> None:
    """Draw counts over time, a small chart for each of those that have the most."""
    totals: dict[str, int] = {}
    for (name, _), n in cells.items():
        totals[name] = totals.get(name, 0) + n
    shown = sorted(totals, key=lambda one: -totals[one])[:_MOST_SMALL]
    known = sorted({time for _, time in cells if time.replace("-", "").isdigit()})
    if not known:
        return
    by_year = len(known[0]) == 4
    times = (
        range(int(known[0]), int(known[-1]) + 1) if by_year else range(from_text(known[0]), from_text(known[-1]) + 1)
    )
    named: Callable[[int], str] = (lambda year: f"{year:04}") if by_year else label
    unfinished = {month // 12 if by_year else month for month in report.when.incomplete}
    every = figure.subplots(ceil(len(shown) / ACROSS), ACROSS, sharex=True, sharey=True, squeeze=False)
    for place, axes in enumerate(every.flat):
        if place >= len(shown):
            axes.set_axis_off()
            continue
        # A bar of nothing is none: with one date of long ago there would be thousands of them in each chart.
        counts = {time: n for time in times if (n := cells.get((shown[place], named(time)), 0))}
        colours = ["white" if time in unfinished else GREY for time in counts]
        axes.bar(list(counts), list(counts.values()), width=0.9, color=colours, edgecolor=GREY, linewidth=0.3)
        axes.set_xlim(times[0] - 0.7, times[-1] + 0.7)
        axes.set_title(f"{short(shown[place])}", fontsize=SMALL, fontweight="bold", loc="left", parse_math=False)
        in_numbers(axes)
        if place + ACROSS >= len(shown):
            axes.tick_params(labelbottom=True)
        if by_year:
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        else:
            in_years(axes, times, 3)
    figure.supylabel(f"articles a {'year' if by_year else 'month'} (an empty bar: not complete)", fontsize=SMALL)


def _table_in_time(figure: Figure, table: Table, report: Report) -> None:
    rows = [row for row in table.rows if row.keys[0].replace("-", "").isdigit()]
    unfinished = {label(month) for month in report.when.incomplete}
    unfinished |= {month[:4] for month in unfinished}
    ratios = [1.0, 0.4, *([0.8] if table.of_each else [])]
    above, there, *below = figure.subplots(len(ratios), 1, sharex=True, height_ratios=ratios)
    named = {label(month): n for month, n in report.units.items()}
    named |= {f"{year:04}": n for year, n in report.units_by_year.items()}
    sources = [named.get(row.keys[0], 0) for row in rows]
    there.stairs(sources, np.arange(len(rows) + 1) - 0.5, color=BLACK, linewidth=1.2, baseline=None)
    there.set_ylim(0, max([1, *sources]) * 1.15)
    there.set_ylabel("sources\nthere")
    in_numbers(there)
    for place, row in enumerate(rows):
        part = row.keys[0] in unfinished
        above.bar(place, row.share.n, width=0.85, color="white" if part else LIGHT, edgecolor=GREY,
                  linewidth=0.4 if part or len(rows) < 40 else 0, hatch=HATCH if part else None)  # fmt: skip
    if len(rows) > 24 and table.by[0] == "month":
        step = ceil(len(rows) / 12 / 9)
        ticks = [n for n, row in enumerate(rows) if row.keys[0].endswith("-01") and int(row.keys[0][:4]) % step == 0]
        above.set_xticks(ticks, [rows[n].keys[0][:4] for n in ticks])
    else:
        ticks = list(range(0, len(rows), ceil(len(rows) / 9) or 1))
        above.set_xticks(ticks, [rows[n].keys[0] for n in ticks])
    above.set_xlim(-0.7, len(rows) - 0.3)
    above.set_ylabel(f"articles a {table.by[0]}")
    in_numbers(above, 4)
    for axes in below:
        known = [(place, row.share) for place, row in enumerate(rows) if row.share.value is not None]
        places = [place for place, _ in known]
        low, high = [100 * (one.low or 0) for _, one in known], [100 * (one.high or 0) for _, one in known]
        axes.vlines(places, low, high, color=LIGHT, linewidth=min(3, 200 / max(len(rows), 1)))
        axes.plot(places, [100 * (one.value or 0) for _, one in known], color=BLACK, linewidth=1, marker="o",
                  markersize=min(3.5, 120 / max(len(rows), 1)))  # fmt: skip
        axes.set_ylim(bottom=0)
        axes.set_ylabel("share of all there,\n%, 95% interval")


def _square(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Mapping[tuple[str, str], float],
    said: Callable[[float], str],
) -> None:
    """Draw a table of two kinds, the darker the more, with its numbers in it."""
    values = np.array([[cells.get((row, column), 0.0) for column in columns] for row in rows])
    most = float(values.max()) or 1.0
    axes.imshow(values, cmap="Greys", vmin=0, vmax=1.6 * most, aspect="auto", interpolation="nearest")
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            if (row, column) in cells:
                colour = "white" if values[y, x] > 0.95 * most else BLACK
                axes.text(x, y, said(values[y, x]), ha="center", va="center", fontsize=SMALL, color=colour)
    axes.set_yticks(range(len(rows)), [short(row) for row in rows])
    axes.set_xticks(range(len(columns)), [short(column) for column in columns], rotation=90)
    axes.xaxis.tick_top()
    names_as_they_are(axes)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


# -- terms and themes -------------------------------------------------------------------------------------------


def draw_terms(figure: Figure, report: Report) -> None:
    """Draw the terms that rise: before and after, each on a line of its own."""
    axes = figure.subplots()
    found = report.rising
    if found is None or report.compared is None or not found.terms:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no term rose beyond chance", ha="center")
        return
    before, last = (labels(period) for period in report.compared.periods)
    places = list(range(len(found.terms)))
    old = [100 * one.before / found.before for one in found.terms]
    new = [100 * one.last / found.last for one in found.terms]
    axes.hlines(places, old, new, color=LIGHT, linewidth=2.2, zorder=1)
    mark: dict[str, Any] = {
        "color": BLACK,
        "markersize": 4.5,
        "linestyle": "none",
        "clip_on": False,
    }  # one at 0 is drawn whole
    axes.plot(old, places, "o", markerfacecolor="white", label=before, zorder=3, **mark)
    axes.plot(new, places, "o", label=last, zorder=4, **mark)
    for place, one in zip(places, found.terms, strict=True):
        times = "new" if one.odds is None else f"×{one.odds:.1f}"
        axes.text(1.01, place, times, transform=axes.get_yaxis_transform(), va="center", fontsize=SMALL, color=GREY)
    axes.text(1.01, -0.9, "odds", transform=axes.get_yaxis_transform(), va="center", fontsize=SMALL, color=GREY)
    axes.set_yticks(places, [short(one.text) for one in found.terms])
    names_as_they_are(axes)
    axes.set_ylim(len(places) - 0.4, -0.7)
    axes.set_xlim(left=0)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("share of articles with the term, %")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=SMALL, borderaxespad=0.2)


def draw_together(figure: Figure, report: Report) -> None:
    """Draw how often themes are together."""
    found = report.together
    axes = figure.subplots()
    if found is None or len(found.themes) < 2:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "fewer than two themes", ha="center")
        return
    themes = found.themes[:MOST_SQUARE]
    shares = {key: 100 * (pair.share or 0) for key, pair in found.pairs.items() if set(key) <= set(themes)}
    _square(axes, themes, themes, shares, lambda value: f"{value:.0f}")
    axes.set_xlabel("of the articles with the theme of a row, those with the column's as well, in %")
