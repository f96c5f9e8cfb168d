"""What hosts asked for, between two runs: their robots.txt, and to be left alone.

A robots.txt is read once a day at most, as RFC 9309, section 2.4, allows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from clipper.archive.notes import read_note, write_note
from clipper.collect.robots import MAX_BYTES, Rules

LONGEST = 24 * 3600  # seconds that an answer is good for
LONGEST_ALONE = 7 * 24 * 3600
SHORTEST = 300  # and for how long at least, whatever Cache-Control says
_MAX_AGE = re.compile(r"\bmax-age\s*=\s*(\d{1,9})", re.IGNORECASE)


class RobotsMemory:
    """What hosts answered when they were asked for robots.txt. A cache: losing it costs one request a host.

    ``folder`` is where it lies, None for a memory that forgets.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder / "robots" if folder else None

    def get(self, origin: str, now: datetime) -> Rules | None:
        """Return the rules of a host (``https://example.org:8443``), None when it must be asked."""
        if self._folder is None:
            return None
        try:
            stored = read_note(self._path(origin))
            until = datetime.fromisoformat(stored["until"])
            if stored["origin"] != origin or not now < until <= now + timedelta(seconds=LONGEST):
                return None
            return Rules(int(stored["status"]), str(stored["body"]).encode("utf-8"))
        except (ValueError, KeyError, TypeError, OverflowError):
            return None

    def put(self, origin: str, status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Keep an answer that says something for longer than now: not that of a host in trouble."""
        if self._folder is None or status >= 500 or status == 429:
            return
        said = _MAX_AGE.search(headers.get("cache-control", ""))
        seconds = min(max(int(said[1]), SHORTEST), LONGEST) if said else LONGEST
        text = body[:MAX_BYTES].decode("utf-8-sig", "replace") if 200 <= status < 300 else ""
        until = (now + timedelta(seconds=seconds)).isoformat()
        write_note(self._path(origin), {"origin": origin, "status": status, "until": until, "body": text})

    def _path(self, origin: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{hashlib.sha256(origin.encode('utf-8', 'replace')).hexdigest()[:32]}.json"


class LeftAlone:
    """Until when each host asked to be left alone (Retry-After). A cache; ``folder`` as above.

    A host is scheme, name and port. What lies more than ``LONGEST_ALONE`` seconds ahead is a mistake, not a wish.
    """

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / "left_alone.json" if folder else None
        stored = read_note(self._path) if self._path else None
        self._until: dict[str, str] = (
            {str(host): str(until) for host, until in stored.items()} if isinstance(stored, dict) else {}
        )

    def until(self, host: tuple[str, str, int], now: datetime) -> datetime | None:
        """Return until when a host is to be left alone, None when it may be asked."""
        try:
            until = datetime.fromisoformat(self._until[_origin(host)])
            return until if now < until <= now + timedelta(seconds=LONGEST_ALONE) else None
        except (KeyError, ValueError, TypeError):
            return None

    def note(self, host: tuple[str, str, int], seconds: float, now: datetime) -> None:
        """Note that a host wants to be left alone for so many seconds."""
        if self._path is None:
            return
        self._until = {name: text for name, text in self._until.items() if text > now.isoformat()}
        self._until[_origin(host)] = (now + timedelta(seconds=min(seconds, LONGEST_ALONE))).isoformat()
        write_note(self._path, self._until)


def _origin(host: tuple[str, str, int]) -> str:
    scheme, name, port = host
    return f"{scheme}://{name}:{port}"
