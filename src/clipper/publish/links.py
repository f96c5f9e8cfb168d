"""The link of an article, as it may be given out."""

from __future__ import annotations

from urllib.parse import urlsplit

from clipper.models import Article
from clipper.text import printable, without_login

_LONGEST = 2000  # characters; browsers and servers take few more


def link_of(article: Article) -> str | None:
    """Return where an article can be read: its address, as it calls itself or as it was fetched; None without one."""
    return safe_link(article.canonical) or safe_link(article.url)


def safe_link(url: str | None) -> str | None:
    """Return a web address that may stand in a link, without a login in it; None for anything else.

    What a page calls an address may be a script or a file of the reader's own machine.
    """
    if not url or len(url) > _LONGEST or any(c.isspace() for c in url) or printable(url) != url:
        return None
    plain = without_login(url)
    try:
        parts = urlsplit(plain)
    except ValueError:
        return None
    return plain if parts.scheme in ("http", "https") and parts.hostname else None
