"""How much a page or a list may hold before anything is built of it: a tree costs fifty times the bytes of its tags.

Counted in the bytes as they came: what is too much is found in milliseconds, and named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from clipper.errors import FetchFailed, Refused

MAX_PAGE_TAGS = 100_000  # a long article with all its comments has a tenth
MAX_TEXT = 2_000_000  # characters of an article; a thick novel has half as many
MAX_ATTRIBUTES = 10_000  # of one tag; parsers compare each with all the others
MAX_LISTING_TAGS = 50_000  # its tree is ten times as dear, for the selectors
MAX_FEED_ENTRIES = 20_000  # a feed of a whole archive has a tenth
MAX_FEED_TAGS = 500_000
MAX_FEED_TAG = 1_000_000  # bytes; the parser's patterns take two hundred times as much memory
MAX_SITEMAP_URLS = 50_000  # sitemaps.org allows no more

_ENTRY = re.compile(rb"<(?:\w{1,20}:)?(?:item|entry)[\s/>]")
_CLOSING = b"</"
_ENDLESS = re.compile(rb"<[^<>]{%d}" % MAX_FEED_TAG)
_TAG, _TEXT_TAG = re.compile(rb"<[^<>]*"), re.compile("<[^<>]*")


def refuse_flooded_page(html: str) -> None:
    """Raise Refused for a page of more tags than an article's can have."""
    if html.count("<") - html.count("</") > MAX_PAGE_TAGS:
        raise Refused(f"more than {MAX_PAGE_TAGS:,} tags")
    if html.count("=") > MAX_ATTRIBUTES and any(tag[0].count("=") > MAX_ATTRIBUTES for tag in _TEXT_TAG.finditer(html)):
        raise Refused(f"a tag of more than {MAX_ATTRIBUTES:,} attributes")


def refuse_endless_text(text: str) -> None:
    """Raise Refused for a text that is longer than an article's can be."""
    if len(text) > MAX_TEXT:
        raise Refused(f"a text of more than {MAX_TEXT:,} characters")


def refuse_flooded_listing(body: bytes) -> None:
    """Raise FetchFailed for a page of more tags than a list of headlines can have."""
    # In the two-byte charsets too, every tag has this byte.
    if body.count(b"<") - body.count(_CLOSING) > MAX_LISTING_TAGS:
        raise FetchFailed(f"more than {MAX_LISTING_TAGS:,} tags")
    _refuse_flooded_tags(body)


def refuse_flooded_feed(body: bytes) -> None:
    """Raise FetchFailed for a feed of more entries, or more of anything, than a feed can have."""
    if _more(_ENTRY.finditer(body), MAX_FEED_ENTRIES):
        raise FetchFailed(f"more than {MAX_FEED_ENTRIES:,} entries")
    if body.count(b"<") - body.count(_CLOSING) > MAX_FEED_TAGS:
        raise FetchFailed(f"more than {MAX_FEED_TAGS:,} tags")
    if _ENDLESS.search(body):
        raise FetchFailed(f"a tag of more than {MAX_FEED_TAG:,} bytes")
    _refuse_flooded_tags(body)


def refuse_flooded_json(body: bytes) -> None:
    """Raise FetchFailed for a JSON feed of more objects and lists than a feed can have."""
    most = 10 * MAX_FEED_ENTRIES  # an entry has authors, attachments and lists of tags
    if body.count(b"{") + body.count(b"[") > most:
        raise FetchFailed(f"more than {MAX_FEED_ENTRIES:,} entries")


def _refuse_flooded_tags(body: bytes) -> None:
    if body.count(b"=") > MAX_ATTRIBUTES and any(tag[0].count(b"=") > MAX_ATTRIBUTES for tag in _TAG.finditer(body)):
        raise FetchFailed(f"a tag of more than {MAX_ATTRIBUTES:,} attributes")


def _more(found: Iterable[object], most: int) -> bool:
    """Whether there are more than so many."""
    return any(number >= most for number, _ in enumerate(found))
