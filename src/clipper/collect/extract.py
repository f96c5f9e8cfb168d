"""The one door to trafilatura: the text of pages that are not plainly built, and the day of those that state none."""

from __future__ import annotations

import logging
import re

import trafilatura
from htmldate import find_date
from lxml.etree import XPath
from lxml.html import HtmlElement

from clipper.collect.dates import parse_date
from clipper.errors import FetchFailed
from clipper.text import clean_text

EXTRACTOR = f"trafilatura {trafilatura.__version__}"

_UNREAD = XPath("//script[not(contains(@type, 'ld+json'))] | //style | //svg | //template")
_WIDE = XPath("//*[@colspan > 10 or @rowspan > 10]")

# It logs what it could not do; the causes that matter are told by clipper itself.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


def parse_html(html: str) -> HtmlElement | None:
    """Return the tree that trafilatura works on, or None for what it takes for no HTML.

    Scripts and styles go at once, for it copies the tree several times; JSON-LD stays, where it may find a text.
    """
    tree: HtmlElement | None = trafilatura.load_html(html)
    for element in [] if tree is None else _UNREAD(tree):
        element.drop_tree()
    # A cell is filled up with as many as it says to span, and each is counted again for every other.
    for cell in [] if tree is None else _WIDE(tree):
        for span in ("colspan", "rowspan"):
            cell.attrib.pop(span, None)
    return tree


def main_text(tree: HtmlElement | None, url: str | None, *, fast: bool = False) -> str:
    """Return the article's text, paragraphs split by a blank line; empty where there is none.

    ``fast`` leaves out the comparison with other extractors. The tree stays as it is. Raises FetchFailed when
    trafilatura fails on the page.
    """
    if tree is None:
        return ""
    try:
        document = trafilatura.bare_extraction(tree, url=url, include_comments=False, with_metadata=False, fast=fast)
    except Exception as error:  # a page can bring down any of half a dozen parsers below; the run goes on
        raise FetchFailed(f"the text could not be extracted ({type(error).__name__})") from None
    text = getattr(document, "text", None) or ""
    return clean_text(re.sub(r"\n+", "\n\n", text))


def day(html: str, url: str | None) -> str | None:
    """Return the day (or month, or year) that stands somewhere on the page, by htmldate's cheap searches alone.

    Its extensive one asks dateparser about every short text: more than a second on some pages.
    """
    try:
        found = parse_date(find_date(html, url=url, extensive_search=False, original_date=True))
    except Exception:  # as above; a guess that fails is no guess
        return None
    # Where it found only a month or a year, htmldate answers with the first day of it.
    return found.removesuffix("-01").removesuffix("-01") if found else None
