"""Whether the machine's clock can be right: after a flat battery it says 1970, and every line would be dated so.

What is archived is dated by the clock, and nothing here changes that: it is told, in one line, so that somebody sets
it. Only what was written last is compared, so that one run with a clock that was ahead is not held against the others
for long.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clipper.archive import files

FIRST = datetime(2020, 1, 1, tzinfo=UTC)  # before clipper was written
BEHIND = timedelta(days=1)  # by which a clock may be behind the newest line: time zones set wrongly, two machines
DIFFER = timedelta(hours=1)  # by which another clock may be ahead of ours
_RECENT = 20  # runs that are looked at
_BYTES = 64 << 10


def ahead(now: datetime | None = None) -> str:
    """Return the moment (UTC, ISO 8601) after which nothing can have happened yet.

    What is dated later was written by a clock that was ahead, and must not count as the newest until then.
    """
    return ((now or datetime.now(UTC)).astimezone(UTC) + DIFFER).strftime("%Y-%m-%dT%H:%M:%SZ")


def doubt(archive: Path, now: datetime) -> str | None:
    """Return a line that says what is wrong with the clock, None when nothing is to be seen."""
    newest = _newest(archive)
    day = now.astimezone(UTC).strftime("%Y-%m-%d")
    if newest and now < newest - BEHIND:
        return (
            f"the clock says {day}, the archive's newest line is of {newest.strftime('%Y-%m-%d')}: "
            "set the clock; dates of fetching will be wrong"
        )
    return f"the clock says {day}: set the clock; dates of fetching will be wrong" if now < FIRST else None


def _newest(archive: Path) -> datetime | None:
    """Return the latest moment that the last runs noted; without runs, when the latest month of articles began."""
    moments = [moment for line in _last_lines(archive / "runs.jsonl") if (moment := _ended(line))]
    if moments:
        return max(moments)
    try:
        months = files.months(os.listdir(archive / "articles"))  # noqa: PTH208
        return datetime.fromisoformat(f"{months[-1][:7]}-01T00:00:00+00:00") if months else None
    except (OSError, ValueError):
        return None


def _last_lines(path: Path) -> list[bytes]:
    """Return the last whole lines of a file, as far as they lie in its last bytes."""
    try:
        if not path.is_file():
            return []
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = file.seek(max(size - _BYTES, 0))
            lines = file.read(_BYTES).split(b"\n")[:-1]
    except OSError:
        return []
    return lines[1 if start else 0 :][-_RECENT:]


def _ended(line: bytes) -> datetime | None:
    try:
        run: Any = json.loads(line)
        moment = datetime.fromisoformat(run["ended"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return moment if moment.tzinfo else None
