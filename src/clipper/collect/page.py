"""A page's bytes to its text and facts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from lxml.etree import HTMLParser, LxmlError, XPath, fromstring

from clipper import __version__
from clipper.collect import body, extract, headline, layout, markup, walls
from clipper.collect.document import Page, decode, unpacked
from clipper.collect.facts import Facts, hear
from clipper.errors import Refused
from clipper.text import fold, paragraphs

OWN_EXTRACTOR = f"clipper {__version__}"
LEAST_TEXT = 50  # characters: a sentence, in scripts with spaces between words and in those without

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

_SAVED_FROM = re.compile(
    r"<!--\s*saved from url=\(\d+\)(\S+)\s*-->|^\s*url:\s*(https?://\S+)\s*$", re.IGNORECASE | re.MULTILINE
)


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
    text = layout.without_furniture(text, title, hear(stated, guessed).authors)
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


def without_heading(text: str, title: str | None) -> str:
    """Return a text without the title at its head, and without the section's name over it."""
    parts = paragraphs(text)
    wanted = " ".join(fold(title or "").split())
    for i, part in enumerate(parts[:2]):
        if wanted and " ".join(fold(part).split()) == wanted:
            return "\n\n".join(parts[i + 1 :])
    return text


def saved_from(html: str) -> str | None:
    """Return the URL that a browser or SingleFile noted when it saved the page."""
    found = _SAVED_FROM.search(html[:20_000])
    url = (found[1] or found[2]) if found else None
    return url if url and url.startswith(("http://", "https://")) else None
