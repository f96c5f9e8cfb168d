"""The one door to trafilatura: a page's main text, and what its layout lets one guess."""

from __future__ import annotations

import logging
import re

import trafilatura
from lxml.html import HtmlElement

from clipper.collect import names
from clipper.collect.dates import parse_date
from clipper.collect.facts import SILENT, Facts
from clipper.errors import FetchFailed
from clipper.text import clean_line, clean_text

EXTRACTOR = f"trafilatura {trafilatura.__version__}"

# It logs what it could not do; the causes that matter are told by clipper itself.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


def parse_html(html: str) -> HtmlElement | None:
    """Return the tree of a page, or None for what is no HTML."""
    return trafilatura.load_html(html)


def main_text(tree: HtmlElement, url: str | None) -> str:
    """Return the article's text, paragraphs split by a blank line; empty where there is none.

    The tree is used up by this. Raises FetchFailed when trafilatura fails on the page.
    """
    try:
        document = trafilatura.bare_extraction(tree, url=url, include_comments=False, with_metadata=False)
    except Exception as error:  # a page can bring down any of half a dozen parsers below; the run goes on
        raise FetchFailed(f"the text could not be extracted ({type(error).__name__})") from None
    text = getattr(document, "text", None) or ""
    return clean_text(re.sub(r"\n+", "\n\n", text))


def guess(tree: HtmlElement, url: str | None) -> Facts:
    """Return what the page's layout suggests: the weakest witness."""
    try:
        found = trafilatura.extract_metadata(tree, default_url=url)
    except Exception:  # as above; a guess that fails is no guess
        return SILENT
    return Facts(
        title=clean_line(found.title or "") or None,
        outlet=clean_line(found.sitename or "") or None,
        authors=names.authors((found.author or "").split(";")),
        published=parse_date(found.date),
        excerpt=clean_text(found.description or "") or None,
        categories=tuple(clean_line(c) for c in (found.categories or []) if clean_line(c))[:30],
    )
