"""Charts of what ``clipper stats`` finds, made for print: 180 mm wide, letters of 8 points, no colour needed.

What is told apart differs in form (filled and open, solid and dashed, dark and light) and not in colour alone; the one
colour is of M. Okabe and K. Ito, "Color Universal Design" (2008). Coverage is part of the chart: how many sources there
were, and which months are not complete. Many themes are many small charts, each with one line that matters.

The same report gives the same bytes, with the same version of matplotlib. That is optional (the extra ``plot``):
whoever imports this file without it gets the ImportError.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from pathlib import PurePath
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from clipper.coding.pictures import Kind, drawn
from clipper.errors import UsageError
from clipper.publish.charts_common import (
    ACROSS,
    BLACK,
    BLUE,
    GREY,
    HATCH,
    LIGHT,
    MOST_ROWS,
    SMALL,
    in_numbers,
    in_years,
    names_as_they_are,
    plain,
    points,
    short,
)
from clipper.publish.charts_tables import draw_table, draw_terms, draw_together, square_height, table_height
from clipper.publish.stats.intervals import FEW, Share, share
from clipper.publish.stats.report import Report
from clipper.publish.stats.trends import Span, Trend
from clipper.text import shorten

_KINDS: dict[str, Kind] = {".svg": "svg", ".png": "png", ".pdf": "pdf", ".html": "svg"}
_WIDTH = 7.1  # inches: 180 mm
_MOST_POINTS, _LEAST_POINTS = 60, 6  # of a line: with more months, several are one point
_LETTERS = 118  # in a line below the chart


def kind_of(path: PurePath) -> Kind:
    """Return what a file's ending asks to be drawn: of a page, its chart. Raises UsageError for other endings."""
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise UsageError(f"cannot draw {path.name!r}: name a file that ends in .svg, .png, .pdf or .html")
    return kind


def chart(report: Report, kind: Kind, *, title: str = "", about: str = "", bare: bool = False) -> bytes:
    """Return the chart of a report as the bytes of a file.

    It shows the one thing that the report holds: terms, themes together, coverage, a table, or an overview. ``about``
    stands below it, with the report's notes; a ``bare`` one goes where these stand already. Neither it nor ``title``
    is read as mathematics.
    """
    below = [] if bare else [about, *(note for note in report.notes if note[:1] != "*")]  # no chart has the star
    return drawn(lambda: _figure(report, "" if bare else title, below), kind)


def _figure(report: Report, title: str, notes: Sequence[str]) -> Figure:
    if report.rising is not None:
        make: Callable[[Figure, Report], None] = draw_terms
        height = 1.0 + 0.2 * max(len(report.rising.terms), 4)
    elif report.together is not None:
        make, height = draw_together, square_height(len(report.together.themes), report.together.themes)
    elif report.tables and not report.covered:
        make, height = draw_table, table_height(report.tables[0])
    elif report.covered and not report.tables:
        make, height = _coverage, 1.2 + 0.16 * min(len(report.covered), MOST_ROWS)
    else:
        make, height = _overview, _above(report) + _themes_below(report)
    below = [line for note in notes if note for line in textwrap.wrap(plain(note), _LETTERS)]
    foot = 0.14 * len(below) + 0.1
    tall = height + foot + 0.3
    figure = Figure(
        figsize=(_WIDTH, tall), layout=ConstrainedLayoutEngine(rect=(0, foot / tall, 1, 1 - foot / tall), h_pad=0.04)
    )
    if title:
        figure.suptitle(shorten(plain(title), 100), fontsize=10, parse_math=False)
    figure.text(0.01, 0.04 / figure.get_figheight(), "\n".join(below), fontsize=SMALL, color=GREY, va="bottom",
                parse_math=False, linespacing=1.15)  # fmt: skip
    make(figure, report)
    return figure


# -- over time ------------------------------------------------------------------------------------------------


def _above(report: Report) -> float:
    return 3.2 if report.trend else 2.4


def _themes_below(report: Report) -> float:
    return 1.25 * ceil(len(report.themes) / ACROSS) + 0.7 if report.themes else 0.0


def _overview(figure: Figure, report: Report) -> None:
    parts = figure.subfigures(2, 1, squeeze=False, height_ratios=(_above(report), max(_themes_below(report), 0.1)))[
        :, 0
    ]
    extra = 1 if report.trend else 0
    above = parts[0].subplots(2 + extra, 1, sharex=True, squeeze=False)[:, 0]
    months = report.when.months
    _bars(above[0], months, report.matches.months, report.when, "articles")
    _periods(above[0], report)
    _steps(above[1], months, report.units, report.when)
    if report.trend:
        _line(above[2], report.trend, report.when)
        above[2].set_ylabel("share of all")
    in_years(above[-1], months)
    if report.themes:
        _small_charts(parts[1], report)


def _bars(axes: Axes, months: range, counts: Mapping[int, int], when: Span, what: str) -> None:
    there = [month for month in months if counts.get(month)]  # a bar of nothing is none
    whole = [month for month in there if month not in when.incomplete]
    part = [month for month in there if month in when.incomplete]
    axes.bar(whole, [counts[m] for m in whole], width=0.9, color=LIGHT, linewidth=0)
    axes.bar(part, [counts[m] for m in part], width=0.9, color="white", edgecolor=GREY, hatch=HATCH, linewidth=0.4)
    axes.set_ylabel(f"{what}\na month")
    in_numbers(axes)


def _periods(axes: Axes, report: Report) -> None:
    """Mark above a chart which periods are compared."""
    if report.compared is None:
        return
    for period, colour in zip(report.compared.periods, (GREY, BLACK), strict=True):
        axes.plot([period[0] - 0.4, period[-1] + 0.4], [1.06, 1.06], transform=axes.get_xaxis_transform(), color=colour,
                  linewidth=2.5, clip_on=False, solid_capstyle="butt",
                  linestyle="-" if colour == BLACK else (0, (1, 0.6)))  # fmt: skip
    said = "compared: dotted before, solid last"
    axes.text(1, 1.12, said, transform=axes.transAxes, fontsize=SMALL, color=GREY, va="bottom", ha="right")


def _steps(axes: Axes, months: range, counts: Mapping[int, int], when: Span) -> None:
    values = [counts.get(month, 0) for month in months]
    if months:
        axes.stairs(values, np.arange(months[0], months[-1] + 2) - 0.5, color=BLACK, linewidth=1.2, baseline=None)
    axes.set_ylim(0, max([1, *values]) * 1.15)
    axes.set_ylabel("sources\nthere")
    in_numbers(axes)
    _unfinished(axes, when)


def _unfinished(axes: Axes, when: Span) -> None:
    for month in sorted(when.incomplete):
        axes.axvspan(month - 0.5, month + 0.5, facecolor="white", edgecolor=LIGHT, hatch=HATCH, linewidth=0, zorder=0)


def _small_charts(part: Any, report: Report) -> None:
    rows = ceil(len(report.themes) / ACROSS)
    every = part.subplots(rows, ACROSS, sharex=True, squeeze=False)
    tops = [_top(one, report.when) for one in report.themes]
    same = max(tops) <= 4 * (sorted(tops)[len(tops) // 2] or 1)
    for place, axes in enumerate(every.flat):
        if place >= len(report.themes):
            axes.set_axis_off()
            continue
        one = report.themes[place]
        _line(axes, one, report.when)
        axes.set_ylim(0, min(105.0, 100 * 1.2 * (max(tops) if same else tops[place])))
        axes.set_title(short(one.key), fontsize=SMALL, fontweight="bold", loc="left", parse_math=False, pad=12.5)
        axes.text(0, 1.02, _changed(one), transform=axes.transAxes, fontsize=SMALL, va="bottom", color=GREY)
        if place + ACROSS >= len(report.themes):
            axes.tick_params(labelbottom=True)
            in_years(axes, report.when.months, 3)
    scale = "all on one scale" if same else "each on a scale of its own"
    below = "below its name the change and its 95% interval" if report.compared else "nothing is compared"
    step = _step(report.themes[0].panel, report.when)
    below += f"; a point is {step} months" if step > 1 else ""
    first = every.flat[0]
    handles, names = first.get_legend_handles_labels()
    part.legend(handles, names, loc="outside lower center", ncols=3, fontsize=SMALL, frameon=False,
                title=f"share of articles with the theme, {scale}; {below}", title_fontsize=SMALL)  # fmt: skip


def _changed(one: Trend) -> str:
    change = one.change
    if change is None or change.value is None or change.low is None or change.high is None:
        return ""
    value, low, high = (points(one) for one in (change.value, change.low, change.high))
    return f"{value} [{low}, {high}] points{' (clear)' if change.clear else ''}"


def _step(shares: Mapping[int, Share], when: Span) -> int:
    """Return how many months are one point: as many as the room asks for, and more where a month has few articles."""
    step = max(1, ceil(len(when.months) / _MOST_POINTS))
    counts = sorted(shares[month].of for month in when.months if month in shares)
    usual = counts[len(counts) // 2] if counts else 0
    if usual * step < FEW:
        step = max(step, min(ceil(FEW / max(usual, 1)), len(when.months) // _LEAST_POINTS))
    return step


def _grouped(shares: Mapping[int, Share], when: Span, step: int) -> list[tuple[float, Share]]:
    """Return the shares of complete months, several as one where there are many or few, each at its middle."""
    found = []
    for at in range(0, len(when.months), step):
        some = [month for month in when.months[at : at + step] if month not in when.incomplete and month in shares]
        of = sum(shares[month].of for month in some)
        if of:
            found.append((sum(some) / len(some), share(sum(shares[month].n for month in some), of)))
    return found


def _broken(found: list[tuple[float, Share]], step: int) -> tuple[list[float], list[float], list[float], list[float]]:
    """Return places, shares and both ends of their intervals in percent; no line leads over a time without articles."""
    rows: list[tuple[float, float, float, float]] = []
    for place, one in found:
        if rows and place - rows[-1][0] > 1.6 * step:
            rows.append((rows[-1][0] + step, np.nan, np.nan, np.nan))
        rows.append((place, 100 * (one.value or 0), 100 * (one.low or 0), 100 * (one.high or 0)))
    x, value, low, high = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    return x, value, low, high


def _alone(values: list[float]) -> list[int]:
    """Return the places of those values that have a gap, or nothing, on both sides."""
    gaps = [True, *np.isnan(values), True]
    return [at for at in range(len(values)) if gaps[at] and gaps[at + 2] and not gaps[at + 1]]


def _top(one: Trend, when: Span) -> float:
    step = _step(one.panel, when)
    known = [found for shares in (one.months, one.panel) for _, found in _grouped(shares, when, step)]
    # As high as the intervals reach: one that is cut off would be read as ending there.
    said = [one for one in known if not one.few] or known
    return max([0.01, *((found.high or 0.0) / 1.15 for found in said), *(found.value or 0.0 for found in said)])


def _line(axes: Axes, one: Trend, when: Span) -> None:
    """Draw a share over time: on all sources, and with its interval on those that are compared."""
    step = _step(one.panel if any(found.of for found in one.panel.values()) else one.months, when)
    every = _grouped(one.months, when, step)
    panel = _grouped(one.panel, when, step)
    points = panel or every
    if panel and one.change is not None and every != points:
        drawn = _broken(every, step)
        axes.plot(
            drawn[0], drawn[1], color=BLUE, linewidth=0.9, linestyle=(0, (3, 2)), label="all sources", zorder=2,
        )  # fmt: skip
    x, value, low, high = _broken(points, step)
    axes.fill_between(x, low, high, color=LIGHT, alpha=0.6, linewidth=0, zorder=1, label="95% interval")
    named = "sources that are compared" if panel and one.change is not None else "share"
    axes.plot(x, value, color=BLACK, linewidth=1.3, label=named, zorder=3)
    for at in _alone(value):  # a line of one point would not be seen
        axes.plot([x[at]], [value[at]], color=BLACK, marker="o", markersize=3, zorder=3)
        axes.vlines(x[at], low[at], high[at], color=LIGHT, linewidth=3, alpha=0.6, zorder=1)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}%"))
    _unfinished(axes, when)


# -- coverage ---------------------------------------------------------------------------------------------------


def _coverage(figure: Figure, report: Report) -> None:
    shown = report.covered[:MOST_ROWS]
    months = report.when.months
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=(0.6, max(0.16 * len(shown), 0.5)))
    _steps(top, months, report.units, report.when)
    grid = np.zeros((max(len(shown), 1), max(len(months), 1)))
    for row, one in enumerate(shown):
        most = max(one.counts.months.values(), default=0)
        for column, month in enumerate(months):
            if n := one.counts.months.get(month, 0):
                grid[row, column] = 0.25 + 0.75 * n / most
    if months:
        below.imshow(grid, cmap="Greys", vmin=0, vmax=1.15, aspect="auto", interpolation="nearest",
                     extent=(months[0] - 0.5, months[-1] + 0.5, len(shown) - 0.5, -0.5))  # fmt: skip
    failed = [(month, row) for row, one in enumerate(shown) for month in sorted(one.failed) if month in months]
    if failed:
        below.plot(
            [x for x, _ in failed], [y for _, y in failed], "x",
            color=BLACK, markersize=3.5, markeredgewidth=0.8, label="every fetch failed",
        )  # fmt: skip
        below.legend(loc="upper left", bbox_to_anchor=(0, -0.02 - 0.6 / max(len(shown), 4)), fontsize=SMALL)
    below.set_yticks(range(len(shown)), [short(str(one.unit)) for one in shown])
    names_as_they_are(below)
    below.hlines(np.arange(len(shown) + 1) - 0.5, *below.get_xlim(), color="white", linewidth=1.2)
    below.tick_params(axis="y", length=0)
    below.set_title("articles a month, each source to its own most: the darker, the more", fontsize=SMALL, loc="left")
    in_years(below, months)


__all__ = ["chart", "kind_of"]
