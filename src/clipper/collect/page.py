"""A page's bytes to its text and facts."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from charset_normalizer import from_bytes
from lxml.etree import HTMLParser, LxmlError, XPath, fromstring

from clipper import __version__
from clipper.collect import body, extract, headline, layout, markup, walls
from clipper.collect.facts import Facts, hear
from clipper.errors import Refused
from clipper.text import fold, paragraphs

OWN_EXTRACTOR = f"clipper {__version__}"
LEAST_TEXT = 50  # characters: a sentence, in scripts with spaces between words and in those without
MAX_BYTES = 20 << 20

LEAST_STATED, LEAST_SHOWN = 600, 0.4  # characters; part of the stated text
_WHOLE = 600  # words: no paper gives away so much for a taste
_TASTE = 300
_TOO_LONG = 5  # times what the paragraphs gave: the quick way took in more than the article
MOST_ELEMENTS = 30_000  # on more than this the slower extractor takes minutes; a long article has a tenth
_ELEMENTS = XPath("count(//*)")
_LOOKED_AT = 100_000
_TAG = re.compile(
    r"<(?:!doctype html|html|head|body|title|meta|p|div|article|main|section|span|h1|table|br)\b", re.IGNORECASE
)

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE)
_SAVED_FROM = re.compile(
    r"<!--\s*saved from url=\(\d+\)(\S+)\s*-->|^\s*url:\s*(https?://\S+)\s*$", re.IGNORECASE | re.MULTILINE
)
# What browsers read when a page says one of these (WHATWG Encoding Standard).
_READ_AS = {"iso-8859-1": "windows-1252", "latin-1": "windows-1252", "latin1": "windows-1252",
            "us-ascii": "windows-1252", "ascii": "windows-1252", "iso8859-1": "windows-1252"}  # fmt: skip


@dataclass(frozen=True)
class Page:
    """A page that holds an article: its text, what its markup states, what its layout suggests.

    ``partial`` marks a text that is only the article's beginning: the rest is for subscribers.
    """

    text: str
    stated: Facts
    guessed: Facts
    extractor: str
    partial: bool = False


def read_page(body: bytes, url: str | None, content_type: str = "") -> Page:
    """Return what a page holds. Raises Refused for one without an article's text, FetchFailed when extraction fails."""
    html = decode(unpacked(body), content_type)
    if not html.strip():
        raise Refused("an empty page", lasting=False)
    tree = parse_html(html)
    if tree is None:
        raise Refused("not an HTML page")
    nodes = markup.article_nodes(tree)
    stated = markup.read_markup(tree, url, nodes)
    if url is None:
        stated = hear(stated, Facts(url=saved_from(html)))
    guessed = layout.guess(tree, url or stated.url, stated)
    if guessed.authors and stated.authors:  # the outlet signs, and the layout knows who wrote
        stated = replace(stated, authors=guessed.authors)
    if not (stated.published or guessed.published):
        guessed = replace(guessed, published=extract.day(html, url or stated.url))
    title = stated.title or guessed.title
    access = markup.access_of(nodes)
    text, extractor = _text(tree, html, stated, access.text, url or stated.url)
    text = without_heading(text, title)
    _refuse_what_is_no_article(tree, stated, text, has_article=bool(nodes), plain=extractor == OWN_EXTRACTOR)
    text, partial = _beginning(tree, text, stated, access)
    if len(text) < (1 if partial and title and stated.excerpt else LEAST_TEXT):
        raise Refused("no article text on the page")
    return Page(text, stated, guessed, extractor, partial)


def parse_html(html: str) -> Any:
    """Return the tree of a page, or None for what is no HTML.

    The elements are lxml's plain ones: those of lxml.html cost a look-up each time one is touched.
    """
    if not _TAG.search(html[:_LOOKED_AT]):
        return None
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = fromstring(html.replace("\0", "").encode("utf-8", "replace"), parser)
    except (LxmlError, ValueError):  # nothing but a comment, for one
        return None
    return tree if tree is not None and len(tree) else None


def _text(tree: Any, html: str, stated: Facts, told: str, url: str | None) -> tuple[str, str]:
    """Return a page's text and who found it: clipper on plain pages, trafilatura on the others.

    ``told`` is the text as JSON-LD has it.
    """
    found = body.read(tree, stated.excerpt)
    if found.plain or _ELEMENTS(tree) > MOST_ELEMENTS:
        return body.with_standfirst(found.text, found.standfirst), OWN_EXTRACTOR
    if len(told) > LEAST_STATED and len(found.text) < LEAST_SHOWN * len(told):
        return told, OWN_EXTRACTOR  # the page shows by a script what its data hold
    again = extract.parse_html(html)
    text = extract.main_text(again, url, fast=True)
    if len(text) < body.LEAST_PLAIN or (found.text and len(text) > _TOO_LONG * len(found.text)):
        text = extract.main_text(again, url)
    return body.with_standfirst(text, found.standfirst if text else None), extract.EXTRACTOR


def _refuse_what_is_no_article(tree: Any, stated: Facts, text: str, *, has_article: bool, plain: bool) -> None:
    titles = [headline.title_element(tree), *headline.headings(tree, stated.outlet)]
    is_article = has_article or bool(stated.published)
    walls.refuse_walls(tree, titles, text, is_article=is_article)
    if not is_article and not plain and walls.is_list(tree):
        raise Refused("a list of articles, not one")


def _beginning(tree: Any, text: str, stated: Facts, access: markup.Access) -> tuple[str, bool]:
    """Return the text, and whether it is only the article's beginning; then without the barrier that closes it."""
    parts = paragraphs(text)
    words = len(text.split())
    if words > _WHOLE and not access.words:
        return text, False
    barred = words < _TASTE and (any(walls.is_barrier(part) for part in parts[-3:]) or walls.has_barrier(tree))
    if not walls.is_partial(text, access, barred=barred):
        return text, False
    kept = [part for part in parts if not walls.is_barrier(part)]
    return body.with_standfirst("\n\n".join(kept), stated.excerpt), True


def refuse_other_media(content_type: str) -> None:
    """Raise Refused for an answer that says it is no page."""
    kind = content_type.partition(";")[0].strip().lower()
    if (
        kind
        and not kind.startswith("text/")
        and "html" not in kind
        and "xml" not in kind
        and kind != "application/octet-stream"
    ):
        raise Refused(f"not a web page ({kind[:60]})")


def without_heading(text: str, title: str | None) -> str:
    """Return a text without the title at its head, and without the section's name over it."""
    parts = paragraphs(text)
    wanted = " ".join(fold(title or "").split())
    for i, part in enumerate(parts[:2]):
        if wanted and " ".join(fold(part).split()) == wanted:
            return "\n\n".join(parts[i + 1 :])
    return text


def unpacked(body: bytes, most: int = MAX_BYTES) -> bytes:
    """Return a body that was packed by gzip without a word about it, as some servers send and some tools save.

    Raises Refused for one that cannot be unpacked, or that is larger than ``most`` bytes.
    """
    for _ in range(3):
        if not body.startswith(b"\x1f\x8b"):
            break
        try:
            unpacker = zlib.decompressobj(wbits=31)
            body = unpacker.decompress(body, most + 1)
        except zlib.error:
            raise Refused("packed by gzip, and cannot be unpacked") from None
        if len(body) > most:
            raise Refused(f"larger than {most >> 20} MB when unpacked")
    return body


def decode(body: bytes, content_type: str = "") -> str:
    """Return the text of a page in the charset of its byte order mark, its header, its meta element, or UTF-8.

    Where none of these fits, the charset is detected; the last resort is windows-1252.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    said = [_CHARSET.search(content_type), _CHARSET.search(body[:4096].decode("ascii", "replace"))]
    for encoding in [*(found[1].lower() for found in said if found), "utf-8"]:
        try:
            return body.decode(_READ_AS.get(encoding, encoding))
        except (UnicodeError, LookupError, ValueError):  # a charset is a stranger's word
            continue
    best = from_bytes(body[:200_000]).best()
    return body.decode(best.encoding if best else "windows-1252", "replace")


def saved_from(html: str) -> str | None:
    """Return the URL that a browser or SingleFile noted when it saved the page."""
    found = _SAVED_FROM.search(html[:20_000])
    url = (found[1] or found[2]) if found else None
    return url if url and url.startswith(("http://", "https://")) else None


def site_name(url: str) -> str | None:
    """Return the host of a URL without ``www.``: the outlet's name where nobody states it."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None
