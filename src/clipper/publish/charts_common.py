"""What the charts share: their colours and sizes, and how time, names and numbers are written on them."""

from __future__ import annotations

from math import ceil

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from clipper.publish.stats.months import label
from clipper.text import printable, shorten

BLACK, BLUE = "#000000", "#0072B2"
GREY, LIGHT = "#666666", "#BBBBBB"
SMALL = 8  # points: no letter is smaller
ACROSS = 3  # small charts beside each other
MOST_ROWS = 40  # of bars, and of sources
HATCH = "//////"  # marks what is not complete

_LONGEST = 32  # letters of a name


def plain(text: str) -> str:
    """Return a text as one line without controls."""
    return printable(" ".join(text.split()))


def short(name: str) -> str:
    """Return a name in the room that it has beside a chart."""
    return shorten(plain(name), _LONGEST)


def points(value: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    said = f"{100 * value:+.1f}"
    return "0.0" if float(said) == 0 else said.replace("-", "−")


def names_as_they_are(axes: Axes) -> None:
    """Show the names along a chart as they are written: a dollar in one begins no formula."""
    for text in [*axes.get_yticklabels(), *axes.get_xticklabels()]:
        text.set_parse_math(False)


def in_numbers(axes: Axes, most: int = 3) -> None:
    """Mark a few whole numbers along the height of a chart."""
    axes.yaxis.set_major_locator(MaxNLocator(most, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def in_years(axes: Axes, months: range, most: int = 9) -> None:
    """Mark at most so many years along a chart of months, or months where they are few."""
    if not months:
        return
    axes.set_xlim(months[0] - 0.7, months[-1] + 0.7)
    if len(months) > 30:
        step = ceil(len(months) / 12 / most)
        ticks = [month for month in months if month % 12 == 0 and (month // 12) % step == 0] or [months[0]]
        axes.set_xticks(ticks, [f"{month // 12}" for month in ticks])
    else:
        step = ceil(len(months) / most)
        ticks = list(months)[::step]
        axes.set_xticks(ticks, [label(month) for month in ticks])
