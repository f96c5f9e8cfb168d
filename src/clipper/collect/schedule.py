"""When a source is asked again, and what is remembered of each for that. The clock is passed in.

A feed's ``ttl`` and its server's Cache-Control are kept to, a source that fails is asked less and less often but never
given up, and one that rarely brings anything is asked rarely. What is remembered lies in the archive's cache as
JSON; losing it costs a few requests. What the runs recorded tells the most of it anew.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clipper.archive import jsonl
from clipper.archive.notes import read_note, write_note
from clipper.errors import CannotWork
from clipper.models import Run
from clipper.text import clean_line, shorten

LEAST = 5 * 60.0  # seconds between two checks, whatever a feed says
LONGEST = 24 * 3600.0
TOLERANCE = 0.1  # a check may be so much early: a feed with a ttl of an hour and an hourly cron are to meet
QUIET = 5  # checks in a row without anything new after which a source counts as quiet
LONGEST_QUIET = 12 * 3600.0
FIRST_FAILURE = 15 * 60.0
WEEK = 7 * 24 * 3600.0
WEEKS = 8  # that count for how much a source brings
RECENT = 16 << 20  # bytes of the record of runs: more than eight weeks of an hourly run over a hundred sources

_LARGEST = 10**9


@dataclass(frozen=True, kw_only=True)
class State:
    """What is remembered of one source: moments in UTC with ``Z`` or None, times in seconds.

    ``unchanged_in_row`` counts the checks that brought nothing new.
    """

    last_tried: str | None = None
    last_success: str | None = None
    last_error: str | None = None
    cause: str | None = None
    failures_in_row: int = 0
    ttl: float | None = None
    max_age: float | None = None
    unchanged_in_row: int = 0


def next_check(state: State, per_week: float | None, now: datetime) -> datetime:
    """Return when a source is to be asked again; ``now`` when it never was.

    ``per_week`` is how many articles a week it brings, None where that is not known.
    """
    tried = _moment(state.last_tried)
    # What lies ahead was written by a clock that was: when the source was asked is not known.
    if tried is None or tried > now + timedelta(seconds=LEAST):
        return now
    if state.failures_in_row:
        doubled = 3600.0 * 2.0 ** min(state.failures_in_row - 2, 10)
        wait = FIRST_FAILURE if state.failures_in_row == 1 else min(doubled, LONGEST)
    else:
        wait = min(max(state.ttl or 0.0, state.max_age or 0.0), LONGEST)
        if state.unchanged_in_row >= QUIET and per_week is not None:
            gap = WEEK / per_week if per_week > 0 else math.inf
            wait = max(wait, min(gap / 10, LONGEST_QUIET))
    return min(tried, now) + timedelta(seconds=max(wait * (1 - TOLERANCE), LEAST))


def is_due(state: State, per_week: float | None, now: datetime) -> bool:
    """Whether it is time to ask a source again."""
    return now >= next_check(state, per_week, now)


def max_age(headers: Mapping[str, str]) -> float | None:
    """Return the seconds for which an answer is fresh by its Cache-Control and Age (names in lower case), or None."""
    said = headers.get("cache-control", "").lower()
    found = re.search(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", said)
    if not found or re.search(r"no-(?:cache|store)(?!\w)", said):
        return None
    age = headers.get("age", "").strip()
    left = float(found[1]) - (float(age[:9]) if age.isascii() and age.isdigit() else 0.0)
    return left if left > 0 else None


# -- what the runs recorded -------------------------------------------------------------------------------


def read_runs(archive: Path, most: int | None = None) -> Iterator[Run]:
    """Yield the recorded runs of an archive in order, only those in the last ``most`` bytes where that is given.

    A line that is no run, or half of one, is passed over.
    """
    path = archive / "runs.jsonl"
    start = max(path.stat().st_size - most, 0) if most is not None and path.is_file() else 0
    for line in jsonl.read(path, start):
        try:
            yield Run.from_json(json.loads(line.data))
        except (ValueError, TypeError, RecursionError, CannotWork):
            continue


def per_week(runs: Iterable[Run], name: str, now: datetime) -> float | None:
    """Return how many articles a week a source has brought in the last eight weeks, or since it was first read.

    What the first run brought is a source's backlog and counts for nothing. None while it is known for less than a
    day.
    """
    first: datetime | None = None
    added = 0
    start = now - timedelta(weeks=WEEKS)
    for ended, report, _ in _reports(runs, name):
        if report.get("error"):
            continue
        if first is None:
            first = ended
        elif ended >= start:
            added += _count(report.get("added"))
    if first is None or (known := (now - max(first, start)).total_seconds()) < 24 * 3600:
        return None
    return added / (known / WEEK)


def recorded(runs: Iterable[Run], name: str) -> State:
    """Return what the runs tell of a source: as ``States`` would, but for what its server said of time."""
    state = State()
    for ended, report, interrupted in _reports(runs, name):
        if report.get("error"):
            # The target stands before the cause.
            state = _failed(state, ended, str(report["error"]).partition(": ")[2] or str(report["error"]))
        elif not interrupted:
            new = _count(report.get("added")) + _count(report.get("revised"))
            state = _succeeded(state, ended, unchanged=not new)
    return state


def _reports(runs: Iterable[Run], name: str) -> Iterator[tuple[datetime, Mapping[str, Any], bool]]:
    for run in runs:
        if run.command == "fetch" and (ended := _moment(run.ended)):
            for report in run.sources:
                if report.get("source") == name:
                    yield ended, report, run.interrupted


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LARGEST else 0


def _succeeded(state: State, now: datetime, *, unchanged: bool) -> State:
    stamp = _stamp(now)
    quiet = state.unchanged_in_row + 1 if unchanged else 0
    return replace(state, last_tried=stamp, last_success=stamp, failures_in_row=0, unchanged_in_row=quiet)


def _failed(state: State, now: datetime, cause: str) -> State:
    stamp = _stamp(now)
    told = shorten(clean_line(cause), 300)
    return replace(
        state, last_tried=stamp, last_error=stamp, cause=told, failures_in_row=min(state.failures_in_row + 1, _LARGEST)
    )


# -- what is remembered -----------------------------------------------------------------------------------


class States:
    """The states of all sources of an archive, in its cache."""

    def __init__(self, cache: Path) -> None:
        """Read ``sources.json`` in the cache's folder; one that is missing or broken is empty."""
        self._path = cache / "sources.json"
        self._known: dict[str, State] = {}
        stored = read_note(self._path)
        if isinstance(stored, dict):
            self._known = {name: state for name, one in stored.items() if (state := _sound(one))}

    def get(self, name: str) -> State:
        """Return what is known of a source: a new ``State`` for one that was never asked."""
        return self._known.get(name, State())

    def succeeded(
        self, name: str, now: datetime, ttl: float | None = None, max_age: float | None = None, unchanged: bool = False
    ) -> None:
        """Note that a source was read. ``unchanged`` means that it brought nothing new."""
        state = _succeeded(self.get(name), now, unchanged=unchanged)
        self._known[name] = replace(state, ttl=_seconds(ttl), max_age=_seconds(max_age))

    def failed(self, name: str, now: datetime, cause: str) -> None:
        """Note that a source could not be read, and why."""
        self._known[name] = _failed(self.get(name), now, cause)

    def save(self) -> None:
        """Write what is known; a cache that cannot be written costs requests, no more."""
        write_note(self._path, {name: asdict(state) for name, state in self._known.items()})


def newer(one: State, other: State) -> State:
    """Return the state of the later check; ``one`` where both tell the same."""
    return other if (other.last_tried or "") > (one.last_tried or "") else one


def _sound(stored: Any) -> State | None:
    """Return a state out of the cache, None for what is none: whoever can write there may not make clipper wait."""
    if not isinstance(stored, dict) or set(stored) != {field.name for field in fields(State)}:
        return None
    cause = stored["cause"]
    moments = [stored[key] for key in ("last_tried", "last_success", "last_error")]
    counts = [stored[key] for key in ("failures_in_row", "unchanged_in_row")]
    times = [stored[key] for key in ("ttl", "max_age")]
    sound = (
        all(m is None or _moment(m) for m in moments)
        and all(isinstance(c, int) and not isinstance(c, bool) and 0 <= c <= _LARGEST for c in counts)
        and all(t is None or (isinstance(t, (int, float)) and _seconds(t) == t) for t in times)
        and (cause is None or isinstance(cause, str))
    )
    return State(**{**stored, "cause": clean_line(cause) if cause else None}) if sound else None


def _seconds(value: float | None) -> float | None:
    if value is None or isinstance(value, bool) or not math.isfinite(value) or value <= 0:
        return None
    return min(float(value), LONGEST)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(stamp: Any) -> datetime | None:
    if not isinstance(stamp, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, re.ASCII):
        return None
    try:
        return datetime.fromisoformat(stamp)
    except ValueError:
        return None
