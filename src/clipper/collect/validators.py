"""What each source's server said of its last answer, so that it need not send again what has not changed.

Kept in the archive's cache as JSON; losing it costs one full answer a source. A source is asked with conditions
(RFC 9110, section 13) only when everything that its last full answer listed was dealt with: what failed would else
wait until the source changes. Now and then it is asked without, and a server that gives another body under the same
ETag is believed no more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from clipper.config import Source
from clipper.models import to_line

FULL_EVERY = 24  # conditional requests in a row before one without conditions


@dataclass(frozen=True)
class Validators:
    """What is known of one source.

    ``basis`` is the checksum of its configuration, ``body`` that of its last full answer, ``asked`` how often in a row
    it was asked with conditions.
    """

    basis: str
    url: str
    etag: str
    modified: str
    body: str
    asked: int = 0
    trusted: bool = True

    def conditions(self) -> dict[str, str]:
        """Return the headers of a conditional request, none when it is time for a full answer."""
        if not self.trusted or self.asked >= FULL_EVERY:
            return {}
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in headers.items() if value}


class Memory:
    """The validators of all sources of an archive."""

    def __init__(self, cache: Path) -> None:
        self._path = cache / "validators.json"
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            self._known = {str(name): Validators(**fields) for name, fields in stored.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            self._known = {}

    def get(self, source: Source) -> Validators | None:
        """Return what is known of a source, unless its configuration has changed since."""
        known = self._known.get(source.name)
        return known if known and known.basis == _basis(source) and _sound(known) else None

    def unchanged(self, source: Source) -> None:
        """Note that a source answered that it has not changed."""
        known = self._known[source.name]
        self._known[source.name] = Validators(**{**asdict(known), "asked": known.asked + 1})

    def answered(self, source: Source, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Note a full answer whose every entry was dealt with."""
        etag, modified = headers.get("etag", "")[:500], headers.get("last-modified", "")[:100]
        checksum = hashlib.sha256(body).hexdigest()
        before = self.get(source)
        trusted = before is None or before.trusted
        if (
            before
            and (etag or modified)
            and (etag, modified) == (before.etag, before.modified)
            and checksum != before.body
        ):
            trusted = False
        self._known[source.name] = Validators(_basis(source), url, etag, modified, checksum, 0, trusted)

    def begin(self, source: Source) -> None:
        """Ask a source without conditions next time, unless what it lists now is dealt with before the run ends."""
        known = self._known.get(source.name)
        if known:
            self._known[source.name] = Validators(**{**asdict(known), "asked": FULL_EVERY})

    def save(self) -> None:
        """Write what is known; a cache that cannot be written costs full answers, no more."""
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(
                json.dumps({name: asdict(v) for name, v in self._known.items()}, indent=1), encoding="utf-8"
            )
            fresh.replace(self._path)
        except OSError:
            return


def _basis(source: Source) -> str:
    return hashlib.sha256(to_line(asdict(source)).encode()).hexdigest()[:16]


def _sound(known: Validators) -> bool:
    """Whether stored values may go into a request's headers."""
    texts = (known.url, known.etag, known.modified, known.body)
    return (
        all(isinstance(t, str) and t.isascii() and t.isprintable() for t in texts)
        and isinstance(known.asked, int)
        and isinstance(known.trusted, bool)
    )
