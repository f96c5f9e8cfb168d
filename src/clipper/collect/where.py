"""A URL as a request takes it apart: host, target; and where a redirect leads. Pure functions."""

from __future__ import annotations

from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

from clipper.config import is_web_address
from clipper.errors import FetchFailed
from clipper.text import clean_line, shorten

MAX_URL = 8000

# What stands in a request's path and query as it is (WHATWG URL Standard, percent-encode sets).
_PATH, _QUERY = "!$%&'()*+,/:;=@[]^|~\\", "!$%&'()*+,/:;=?@[]^`{|}~\\"


def host_header(name: str, port: int | None) -> str:
    """Return a host as a request names it. Raises UnicodeError for what is no host name."""
    shown = f"[{name}]" if ":" in name else name if name.isascii() else name.encode("idna").decode("ascii")
    return shown if port is None else f"{shown}:{port}"


def target_of(parts: SplitResult) -> str:
    """Return what a request asks a host for: path and query, in ASCII."""
    query = f"?{quote(parts.query, safe=_QUERY)}" if parts.query else ""
    return quote(parts.path or "/", safe=_PATH) + query


def without_login(url: str) -> str:
    """Return a URL without the name and password in it: clipper sends none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else url


def redirected(url: str, location: str) -> str:
    """Return where a redirect leads, without a user's name and password. Raises FetchFailed for no web address."""
    try:
        whole = without_login(urljoin(url, location))
    except ValueError:
        raise FetchFailed("a redirect to what is no URL") from None
    if not is_web_address(whole) or len(whole) > MAX_URL:
        raise FetchFailed(f"a redirect to what is no web address ({shorten(clean_line(whole), 80)})")
    return whole
