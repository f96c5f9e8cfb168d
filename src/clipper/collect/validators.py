"""What each source's server said of its last answers, so that it need not send again what has not changed.

Kept in the archive's cache as JSON; losing it costs one full answer a page. A page is asked for with conditions
(RFC 9110, section 13) only when everything that its last full answer listed was dealt with: what failed would else
wait until the page changes. Now and then it is asked for without, and a server that gives another body under the
same ETag is believed no more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from clipper.archive import clock
from clipper.archive.notes import read_note, write_note
from clipper.archive.store import utc
from clipper.collect.patience import LONGEST_PUT_OFF
from clipper.config import Source
from clipper.models import to_line

FULL_EVERY = 24  # conditional requests in a row before one without conditions


@dataclass(frozen=True)
class Validators:
    """What is known of one page of a source.

    ``basis`` is the checksum of the source's configuration, ``body`` that of the last full answer, ``asked`` how
    often in a row the page was asked for with conditions, ``at`` when it was last asked for, ``until`` when
    something that it lists is to be tried again (both UTC, ISO 8601; ``until`` empty for nothing).
    """

    basis: str
    url: str
    etag: str
    modified: str
    body: str
    asked: int = 0
    trusted: bool = True
    at: str = ""
    until: str = ""

    def conditions(self) -> dict[str, str]:
        """Return the headers of a conditional request, none when it is time for a full answer."""
        if not self.trusted or self.asked >= FULL_EVERY:
            return {}
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in headers.items() if value}


class Memory:
    """The validators of all pages of an archive's sources: of their own URLs, and of the sitemaps that they list."""

    def __init__(self, cache: Path, now: datetime) -> None:
        self._path = cache / "validators.json"
        self._now = utc(now)
        self._furthest = utc(now + timedelta(seconds=LONGEST_PUT_OFF) + clock.DIFFER)
        try:
            self._known = {str(key): Validators(**fields) for key, fields in read_note(self._path).items()}
        except (TypeError, AttributeError):
            self._known = {}

    def get(self, source: Source, url: str) -> Validators | None:
        """Return what is known of a page, unless its source's configuration has changed or something is to be tried."""
        known = self._known.get(_key(source, url))
        if known is None or known.basis != _basis(source) or not _sound(known):
            return None
        # A moment that lies further ahead than any page is put off was written by a clock that was ahead.
        waits = self._now < known.until <= self._furthest
        return replace(known, asked=FULL_EVERY) if known.until and not waits else known

    def unchanged(self, source: Source, url: str) -> None:
        """Note that a page answered that it has not changed."""
        known = self._known[_key(source, url)]
        self._known[_key(source, url)] = replace(known, asked=known.asked + 1, at=self._now)

    def answered(
        self, source: Source, asked: str, url: str, headers: Mapping[str, str], body: bytes, until: datetime | None
    ) -> None:
        """Note a full answer that came from ``url``, whose every entry was dealt with or waits ``until`` a moment."""
        etag, modified = headers.get("etag", "")[:500], headers.get("last-modified", "")[:100]
        checksum = hashlib.sha256(body).hexdigest()
        before = self.get(source, asked)
        trusted = before is None or before.trusted
        if (
            before
            and (etag or modified)
            and (etag, modified) == (before.etag, before.modified)
            and checksum != before.body
        ):
            trusted = False
        self._known[_key(source, asked)] = Validators(
            _basis(source), url, etag, modified, checksum, 0, trusted, self._now, utc(until) if until else ""
        )

    def begin(self, source: Source, url: str) -> None:
        """Ask without conditions next time, unless what the page lists now is dealt with before the run ends."""
        if known := self._known.get(_key(source, url)):
            self._known[_key(source, url)] = replace(known, asked=FULL_EVERY)

    def save(self) -> None:
        """Write what is known; a cache that cannot be written costs full answers, no more."""
        write_note(self._path, {key: asdict(v) for key, v in self._known.items()})


def _key(source: Source, url: str) -> str:
    return source.name if url == source.url else f"{source.name} {url}"


def _basis(source: Source) -> str:
    return hashlib.sha256(to_line(asdict(source)).encode()).hexdigest()[:16]


def _sound(known: Validators) -> bool:
    """Whether stored values may go into a request's headers."""
    texts = (known.url, known.etag, known.modified, known.body, known.at, known.until)
    return (
        all(isinstance(t, str) and t.isascii() and t.isprintable() for t in texts)
        and isinstance(known.asked, int)
        and isinstance(known.trusted, bool)
    )
