"""Coverage: which sources were there in which month, before anything is said of what they wrote.

A source that began, ended or fell silent changes every count. So a change is counted on the *panel* as well: the
sources that were there both before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any, NamedTuple

from clipper.archive import jsonl
from clipper.archive.runlines import items, run_in
from clipper.publish.stats.counting import Unit
from clipper.publish.stats.months import InTime, Periods, from_text

_ENOUGH = 0.5  # of the months of a period, with anything in them: then a source was there
_NO_CHANCE = -log(0.001)  # articles that usually come: that none does is a matter of once in a thousand times
_QUIET = 3  # times the usual pause between its articles: then a source fell silent, and was not merely slow
_TAIL = 1 << 20  # bytes at the end of the list of runs in which the last one is looked for


class Asked(NamedTuple):
    """How often a source was asked in a month, and how often it could not be read."""

    times: int = 0
    failed: int = 0


class Covered(NamedTuple):
    """What came from one source.

    ``silent`` are the stretches of months without anything that are neither chance nor its habit; of a source
    that has ended the last stretch goes up to the end of what is looked at. ``failed`` are
    those months without anything in which every fetch of it failed.
    """

    unit: Unit
    counts: InTime
    first: int | None
    last: int | None
    silent: tuple[range, ...]
    failed: frozenset[int]


def cover(
    units: Mapping[Unit, InTime], end: int, asked: Mapping[str, Mapping[int, Asked]] | None = None
) -> list[Covered]:
    """Return the coverage of each source, in the order given. ``end`` is the last complete month."""
    found = []
    for unit, counts in units.items():
        months = sorted(counts.months)
        runs = (asked or {}).get(unit.name, {}) if unit.kind == "source" else {}
        failed = frozenset(
            month
            for month, one in runs.items()
            if one.times and one.failed == one.times and not counts.months.get(month)
        )
        first, last = (months[0], months[-1]) if months else (None, None)
        # What somebody brought ends where it ends; only what is asked again and again falls silent after its last.
        until = end if unit.kind == "source" or last is None else last
        found.append(Covered(unit, counts, first, last, tuple(_silences(counts.months, until)), failed))
    return found


def _silences(counts: Mapping[int, int], end: int) -> Iterable[range]:
    """Yield the stretches without anything that are no chance and no habit.

    They are three times as long as the usual way from one month with anything to the next, or so much would usually
    have come in them that nothing at all comes by chance once in a thousand times (Poisson).
    """
    months = sorted(counts)
    if len(months) < 2:
        return
    steps = sorted(after - before for before, after in pairwise(months))
    usual = steps[len(steps) // 2]
    rate = sum(counts.values()) / (months[-1] - months[0] + 1)
    for before, after in zip(months, [*months[1:], end + 1], strict=True):
        missing = after - before - 1
        if missing > 0 and (missing + 1 >= usual * _QUIET or rate * missing >= _NO_CHANCE):
            yield range(before + 1, after)


def panel(units: Mapping[Unit, InTime], periods: Periods) -> list[Unit]:
    """Return the sources that were there in both periods: with anything in half of the months of each, at least."""
    return [unit for unit, counts in units.items() if all(_is_there(counts, period) for period in periods)]


def came_and_went(units: Mapping[Unit, InTime], periods: Periods) -> tuple[list[Unit], list[Unit]]:
    """Return the sources that were there in the last period alone, and those that were there only before."""
    there = {unit: [_is_there(counts, period) for period in periods] for unit, counts in units.items()}
    return (
        [unit for unit, (before, last) in there.items() if last and not before],
        [unit for unit, (before, last) in there.items() if before and not last],
    )


def _is_there(counts: InTime, period: range) -> bool:
    return sum(1 for month in period if counts.months.get(month)) >= max(1.0, _ENOUGH * len(period))


def in_each_month(units: Mapping[Unit, InTime]) -> dict[int, int]:
    """Return how many sources there were in each month."""
    found: dict[int, int] = {}
    for counts in units.values():
        for month in counts.months:
            found[month] = found.get(month, 0) + 1
    return found


def in_each_year(units: Mapping[Unit, InTime]) -> dict[int, int]:
    """Return how many sources there were in each year."""
    found: dict[int, int] = {}
    for counts in units.values():
        for year in {*counts.years, *(month // 12 for month in counts.months)}:
            found[year] = found.get(year, 0) + 1
    return found


# -- what the runs tell -------------------------------------------------------------------------------------


def fetches(archive: Path) -> dict[str, dict[int, Asked]]:
    """Return for each source how often it was asked in each month, and how often that failed. All runs are read."""
    found: dict[str, dict[int, Asked]] = {}
    path = archive / "runs.jsonl"
    if not path.is_file():
        return found
    for line in jsonl.read(path):
        run = run_in(line.data)
        month = _month_of(run)
        if run is None or month is None:
            continue
        for item in items(run, "sources"):
            name = item.get("source")
            if isinstance(name, str):
                of = found.setdefault(name, {})
                before = of.get(month, Asked())
                of[month] = Asked(before.times + 1, before.failed + bool(item.get("error")))
    return found


def _month_of(run: Mapping[str, Any] | None) -> int | None:
    started = (run or {}).get("started")
    try:
        return from_text(started) if isinstance(started, str) and started[4:5] == "-" else None
    except ValueError:
        return None


def last_run(archive: Path) -> str | None:
    """Return the day on which anything was last put into the archive by a run; None where no run tells."""
    path = archive / "runs.jsonl"
    if not path.is_file():
        return None
    tail = [line.data for line in jsonl.read(path, max(0, path.stat().st_size - _TAIL))]
    for raw in reversed(tail):
        run = run_in(raw)
        if run is not None and _month_of(run) is not None:
            return str(run["started"])[:10]
    return None
