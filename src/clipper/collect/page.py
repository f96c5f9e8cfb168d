"""A page's bytes to its text and facts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from lxml.etree import HTMLParser, LxmlError, XPath, fromstring

from clipper import __version__
from clipper.collect import extract, headline, layout, markup, walls
from clipper.collect.body import Body, with_standfirst
from clipper.collect.body import read as read_body
from clipper.collect.bounds import refuse_endless_text, refuse_flooded_page
from clipper.collect.document import Page, decode, unpacked
from clipper.collect.facts import Facts, hear
from clipper.collect.savedpage import address, saved_from
from clipper.errors import Refused
from clipper.text import paragraphs

OWN_EXTRACTOR = f"clipper {__version__}"
LEAST_TEXT = 50  # characters: a sentence, in scripts with spaces between words and in those without

LEAST_STATED, LEAST_SHOWN = 600, 0.4  # characters; part of the stated text
_WHOLE = 600  # words: no paper gives away so much for a taste
_TASTE = 300
_CLOSING = 6  # paragraphs in which a barrier closes a text
_TOO_LONG = 5  # times what the paragraphs gave: the quick way took in more than the article
MOST_ELEMENTS = 30_000  # on more than this the slower extractor takes minutes; a long article has a tenth
_ELEMENTS = XPath("count(//*)")
_LOOKED_AT = 100_000
_TAG = re.compile(
    r"<(?:!doctype html|html|head|body|title|meta|p|div|article|main|section|span|h1|table|br)\b", re.IGNORECASE
)


def read_page(body: bytes, url: str | None, content_type: str = "") -> Page:
    """Return what a page holds. Raises Refused for one without an article's text, FetchFailed when extraction fails."""
    html = decode(unpacked(body), content_type)
    if not html.strip():
        raise Refused("an empty page", lasting=False)
    refuse_flooded_page(html)
    return read_tree(parse_html(html), html, url)


def read_tree(tree: Any, html: str, url: str | None) -> Page:
    """Return what a page holds that was parsed already (``parse_html``). Raises as ``read_page`` does."""
    if tree is None:
        raise Refused("not an HTML page")
    nodes = markup.article_nodes(tree)
    saved = saved_from(html) if url is None else None
    stated = markup.read_markup(tree, url or saved, nodes)
    if url is None:
        stated = replace(stated, url=address(saved, stated.url))
    guessed = layout.guess(tree, url or stated.url, stated)
    if guessed.authors and stated.authors:  # the outlet signs, and the layout knows who wrote
        stated = replace(stated, authors=guessed.authors)
    if not (stated.published or guessed.published):
        guessed = replace(guessed, published=extract.day(html, url or stated.url))
    title = stated.title or guessed.title
    access = markup.access_of(nodes)
    found = read_body(tree, stated.excerpt)
    # A barrier says that little text is all there is: what else the page holds is not the article's.
    barred = len(found.text.split()) < _TASTE and walls.has_barrier(tree)
    text, extractor = _text(tree, html, found, access.text, url or stated.url, barred=barred or not access.free)
    text = layout.without_furniture(text, title, hear(stated, guessed).authors)
    _refuse_what_is_no_article(tree, stated, text, has_article=bool(nodes), plain=extractor == OWN_EXTRACTOR)
    text, partial = _beginning(text, access, stated, barred=barred)
    if len(text) < (1 if partial and title and stated.excerpt else LEAST_TEXT):
        raise Refused("no article text on the page")
    refuse_endless_text(text)
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


def _text(tree: Any, html: str, found: Body, told: str, url: str | None, *, barred: bool) -> tuple[str, str]:
    """Return a page's text and who found it: clipper on plain pages, trafilatura on the others.

    ``found`` is what the paragraphs gave, ``told`` the text as JSON-LD has it; ``barred`` tells whether the page keeps
    the rest of the text to itself.
    """
    if found.plain or (barred and len(found.text) >= LEAST_TEXT) or _ELEMENTS(tree) > MOST_ELEMENTS:
        return with_standfirst(found.text, found.standfirst), OWN_EXTRACTOR
    if len(told) > LEAST_STATED and len(found.text) < LEAST_SHOWN * len(told):
        return told, OWN_EXTRACTOR  # the page shows by a script what its data hold
    again = extract.parse_html(html)
    text = extract.main_text(again, url, fast=True)
    if len(text) < LEAST_TEXT or (found.text and len(text) > _TOO_LONG * len(found.text)):
        text = extract.main_text(again, url)
    return with_standfirst(text, found.standfirst if text else None), extract.EXTRACTOR


def _refuse_what_is_no_article(tree: Any, stated: Facts, text: str, *, has_article: bool, plain: bool) -> None:
    titles = [headline.title_element(tree), *headline.headings(tree, stated.outlet)]
    is_article = has_article or bool(stated.published)
    walls.refuse_walls(tree, titles, text, is_article=is_article)
    if is_article or stated.authors:
        return
    if (not plain and walls.is_list(tree)) or (len(text) < walls.SHORT and walls.is_front(tree, titles)):
        raise Refused("a list of articles, not one")


def _beginning(text: str, access: markup.Access, stated: Facts, *, barred: bool) -> tuple[str, bool]:
    """Return the text, and whether it is only the article's beginning; then without the barrier that closes it."""
    parts = paragraphs(text)
    words = len(text.split())
    if words > _WHOLE and not access.words:
        return text, False
    barred = words < _TASTE and (barred or any(walls.is_barrier(part) for part in parts[-_CLOSING:]))
    if not walls.is_partial(text, access, barred=barred):
        return text, False
    end = next((i for i, part in enumerate(parts) if walls.is_barrier(part)), len(parts))
    kept = [part for part in (parts[:end] or parts) if not walls.is_barrier(part)]  # offers stand behind the barrier
    return with_standfirst("\n\n".join(kept), stated.excerpt), True
