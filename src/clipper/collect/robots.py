"""robots.txt, as RFC 9309 has it, read by protego: 4xx means that all is allowed, 5xx and silence that nothing is."""

from __future__ import annotations

from protego import Protego

PRODUCT = "clipper"
MAX_BYTES = 512 * 1024


class Rules:
    """What one host's robots.txt says to us."""

    def __init__(self, status: int | None, body: bytes = b"") -> None:
        """Take the answer to the request for robots.txt; ``status`` is None where there was none."""
        self._rules = Protego.parse("")
        self._unreachable = ""
        if status is None:
            self._unreachable = "robots.txt could not be read"
        elif status >= 500 or status == 429:
            self._unreachable = f"robots.txt answered {status}"
        elif 200 <= status < 300:
            self._rules = Protego.parse(body[:MAX_BYTES].decode("utf-8-sig", "replace"))

    def refusal(self, url: str) -> str | None:
        """Return why a URL may not be asked for now, or None where it may."""
        if self._unreachable:
            return f"{self._unreachable}, so nothing is fetched there now"
        return None if self._rules.can_fetch(url, PRODUCT) else "robots.txt forbids it"

    @property
    def delay(self) -> float:
        """The Crawl-delay in seconds, 0 where none is given."""
        return float(self._rules.crawl_delay(PRODUCT) or 0)
