"""Months as numbers in a row, the periods that are compared, and which months are not complete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from clipper.search.tree import All, Dates, Node

_USUAL = (12, 6, 3, 1)  # months of a period: a year where there is enough, since news have their seasons


class Periods(NamedTuple):
    """Two periods of the same length, one directly after the other. Each holds its months in order."""

    before: range
    last: range


class InTime(NamedTuple):
    """Counts by month, and apart from them what belongs to no month: dated with a year alone, or not at all."""

    months: Mapping[int, int]
    years: Mapping[int, int]
    undated: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.months.values()) + sum(self.years.values()) + self.undated


def from_key(key: int) -> int:
    """Return the number of a month from how the index writes it, such as 201411."""
    return key // 100 * 12 + key % 100 - 1


def to_key(month: int) -> int:
    """Return a month as the index writes it."""
    return month // 12 * 100 + month % 12 + 1


def from_text(text: str) -> int:
    """Return the number of the month of a date that begins ``YYYY-MM``."""
    return int(text[:4]) * 12 + int(text[5:7]) - 1


def label(month: int) -> str:
    """Return a month as ``YYYY-MM``."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


def labels(months: range) -> str:
    """Return from when to when a period goes."""
    first, last = label(months[0]), label(months[-1])
    return first if first == last else f"{first} to {last}"


def in_time(counts: Mapping[int, int]) -> InTime:
    """Return the index's counts by month, those without a month apart."""
    months: dict[int, int] = {}
    years: dict[int, int] = {}
    undated = 0
    for key, n in sorted((int(key), n) for key, n in counts.items()):
        if 1 <= key % 100 <= 12:
            months[from_key(key)] = n
        elif key >= 100:
            years[key // 100] = years.get(key // 100, 0) + n
        else:
            undated += n
    return InTime(months, years, undated)


def incomplete(node: Node | None, newest: str) -> set[int]:
    """Return the months that are known to be incomplete.

    ``newest`` is the day up to which the archive can know anything: of its last run, or today. The month of that day
    is not over; and a query may begin or end within a month.
    """
    found = {from_text(newest)}
    parts = node.parts if isinstance(node, All) else (node,)
    for part in parts:
        if isinstance(part, Dates):
            if part.since and len(part.since) == 10 and not part.since.endswith("-01"):
                found.add(from_text(part.since))
            if part.until and len(part.until) == 10 and not _ends_month(part.until):
                found.add(from_text(part.until))
    return found


def _ends_month(day: str) -> bool:
    year, month, number = int(day[:4]), int(day[5:7]), int(day[8:10])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return number == (29 if leap else 28, 31, 30)[0 if month == 2 else 2 if month in (4, 6, 9, 11) else 1]


def periods(there: Iterable[int], unfinished: set[int], newest: int, asked: int | None) -> Periods | None:
    """Return the two periods that are compared: the last complete months, and as many before them.

    ``there`` are the months in which there is anything, ``newest`` the month that is running: what is dated in or
    after it is left out. ``asked`` is how many months a period is to have; without it the longest of a year, six
    months, three and one of which there are two. None where there are not enough months.
    """
    known = sorted(month for month in there if month < newest)
    if not known:
        return None
    first, last = known[0], known[-1]
    while first <= last and first in unfinished:
        first += 1
    while last >= first and last in unfinished:
        last -= 1
    length = next((n for n in ((asked,) if asked else _USUAL) if 2 * n <= last - first + 1), None)
    if length is None:
        return None
    return Periods(range(last - 2 * length + 1, last - length + 1), range(last - length + 1, last + 1))
