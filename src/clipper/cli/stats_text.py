"""How counts, shares and stretches of time are written in the columns of a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, TypeVar

from clipper.cli.columns import cells
from clipper.text import printable, shorten
from clipper.wording import counted

if TYPE_CHECKING:
    from clipper.publish.stats.coverage import Covered
    from clipper.publish.stats.intervals import Change, Share
    from clipper.publish.stats.report import Report
    from clipper.publish.stats.together import Pair, Together

_T = TypeVar("_T")


def encodes(letters: Sequence[str], encoding: str | None) -> bool:
    """Whether an encoding has all of some letters."""
    try:
        "".join(letters).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def in_steps(values: Sequence[_T], step: int) -> list[Sequence[_T]]:
    """Return values in groups of so many, the last of which may be shorter."""
    return [values[at : at + step] for at in range(0, len(values), step)]


def ends(first: str, last: str, steps: int, room: int) -> str:
    """Return what stands under a strip: where it begins and ends."""
    drawn = ceil(steps / ceil(steps / room))
    between = drawn - len(first) - len(last)
    return f"{first}{' ' * between}{last}" if between > 0 else first if first == last else f"{first}–{last}"


def sign(steps: int, room: int, unit: str) -> str:
    """Return what one sign of a strip stands for, where it is more than one month or year."""
    step = ceil(steps / room) if steps else 1
    return "" if step == 1 else f"a sign: {step} {unit}s"


def months_or_years(times: Sequence[str], kind: str) -> list[str]:
    """Return all months, or years, from the first to the last of some."""
    if not times:
        return []
    first, last = min(times), max(times)
    if kind == "year":
        return [f"{year:04}" for year in range(int(first[:4]), int(last[:4]) + 1)]
    from clipper.publish.stats.months import from_text, label

    return [label(month) for month in range(from_text(first), from_text(last) + 1)]


def is_incomplete(key: str, report: Report) -> bool:
    """Whether a month is not whole, or a year that has such a month."""
    from clipper.publish.stats.months import label

    named = {label(month) for month in report.when.incomplete}
    return key in named or (len(key) == 4 and any(one.startswith(f"{key}-") for one in named))


def sources_there(key: str, report: Report) -> str:
    """Return how many sources there were in a month or a year."""
    from clipper.publish.stats.months import from_text

    if not key.replace("-", "").isdigit():
        return "–"
    return f"{report.units.get(from_text(key), 0) if len(key) == 7 else report.units_by_year.get(int(key), 0):,}"


def many(number: int, noun: str) -> str:
    """Return a number with its noun, thousands apart."""
    return f"{number:,} {counted(number, noun).split(' ', 1)[1]}"


def pad(text: str, size: int, *, squeeze: bool = True) -> str:
    """Return a text in so many columns, cut where it is longer."""
    line = printable(" ".join(text.split()) if squeeze else text)
    if cells(line) > size:
        kept = line[:size]
        while cells(kept) > size - 1:
            kept = kept[:-1]
        line = kept + "…"
    return line + " " * (size - cells(line))


def percent(n: int, of: int) -> str:
    """Return a share in percent; a dash of none."""
    return f"{100 * n / of:.1f}%" if of else "–"


def short_share(share: Share) -> str:
    """Return a share, with a star where it is of few."""
    return "–" if share.value is None else f"{100 * share.value:.1f}%{'*' * share.few}"


def share_with_interval(share: Share) -> str:
    """Return a share and its interval, with a star where it is of few."""
    if share.value is None or share.low is None or share.high is None:
        return "–"
    return f"{100 * share.value:.1f}% [{100 * share.low:.1f}–{100 * share.high:.1f}]{'*' * share.few}"


def points(value: float) -> str:
    """Return a difference of shares in percentage points."""
    said = f"{100 * value:+.1f}"
    return "0.0" if float(said) == 0 else said


def few(change: Change) -> bool:
    """Whether a change is between shares of which one is of few."""
    return change.before.few or change.last.few


def first_and_last(one: Covered) -> tuple[str, str]:
    """Return the first and the last month of a source."""
    from clipper.publish.stats.months import label

    if one.first is None or one.last is None:
        return "–      ", "–      "
    return label(one.first), label(one.last)


def silences(one: Covered) -> str:
    """Return when a source was silent, and when it could not be read; an empty text for a steady one."""
    from clipper.publish.stats.months import label, labels

    said = [labels(stretch) for stretch in one.silent]
    parts = [f"silent {', '.join(said)}"] if said else []
    if one.failed:
        parts.append(f"every fetch failed in {', '.join(label(month) for month in sorted(one.failed))}")
    return shorten("; ".join(parts), 1000) if parts else ""


def alone(found: Together, theme: str) -> int:
    """Return how many articles have a theme."""
    return max((pair.first for (one, _), pair in found.pairs.items() if one == theme), default=0)


def percent_of_both(pair: Pair | None) -> str:
    """Return the cell of two themes."""
    return "" if pair is None or pair.share is None else f"{100 * pair.share:.0f}"
