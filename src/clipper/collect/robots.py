"""robots.txt, as RFC 9309 has it, read by protego: 4xx means that all is allowed, 5xx that nothing is for now.

429 is not among the 4xx here: a host that asks for fewer requests is not invited to more.
"""

from __future__ import annotations

from protego import Protego

from clipper.errors import Refused

PRODUCT = "clipper"
MAX_BYTES = 512 * 1024
MAX_DELAY = 600.0  # seconds; a longer Crawl-delay would keep a run, and its lock, for days


class Rules:
    """What one host's robots.txt says to us."""

    def __init__(self, status: int, body: bytes = b"") -> None:
        """Take the answer to the request for robots.txt."""
        self._rules = Protego.parse("")
        self._unreachable = ""
        if status >= 500 or status == 429:
            self._unreachable = f"robots.txt answered {status}"
        elif 200 <= status < 300:
            self._rules = Protego.parse(body[:MAX_BYTES].decode("utf-8-sig", "replace"))

    def check(self, url: str) -> None:
        """Raise Refused when a URL may not be asked for, or not now."""
        if self._unreachable:
            raise Refused(f"{self._unreachable}, so nothing is fetched there now", lasting=False)
        # Half a character, which a feed can hold and no address: protego has no answer for it.
        if not self._rules.can_fetch(url.encode("utf-8", "replace").decode(), PRODUCT):
            raise Refused("robots.txt forbids it", lasting=False, expected=True)

    @property
    def delay(self) -> float:
        """The Crawl-delay in seconds, at most ``MAX_DELAY``; 0 where none is given."""
        return min(float(self._rules.crawl_delay(PRODUCT) or 0), MAX_DELAY)

    @property
    def sitemaps(self) -> list[str]:
        """The URLs of the sitemaps that it names."""
        return list(self._rules.sitemaps)
