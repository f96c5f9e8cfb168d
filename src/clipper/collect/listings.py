"""Listing pages: a page of headlines to the entries that it links to, and to its next page. No network here."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator

import soupsieve
from bs4 import BeautifulSoup, Tag

from clipper.collect.bounds import refuse_flooded_listing
from clipper.collect.document import decode
from clipper.collect.entries import Entry, Found, More, absolute
from clipper.config import Source
from clipper.errors import FetchFailed
from clipper.identity import same_site, url_key
from clipper.text import clean_line, shorten

LEAST_HEADLINE = 4  # words in a link's text that make it look like a headline
DEEPEST = 2000  # elements within elements; a selector's cost grows with it

# What soupsieve raises over a selector that is none; the second for one that it knows of and does not have.
_NO_SELECTOR = (soupsieve.SelectorSyntaxError, NotImplementedError, ValueError, TypeError, RecursionError)


def read_listing(source: Source, body: bytes, url: str, content_type: str = "", depth: int = 0) -> Found:
    """Return the links of a listing page, and its next page if the source wants so many (``pages``).

    Without ``links`` and ``pattern`` these are the links to pages of its own site that read like headlines. A page
    after the first may be without any. Raises FetchFailed when the first has none, with the cause.
    """
    soup = page_soup(body, content_type)
    base = soup.find("base", href=True)
    start = (absolute(str(base["href"]), url) or url) if base is not None else url
    if source.links or source.next:
        _refuse_depth(soup)
    chosen = bool(source.links or source.pattern)
    pattern = re.compile(source.pattern) if source.pattern else None
    found: dict[str, Entry] = {}
    fitting = False
    for anchor in _anchors(source, soup):
        link = absolute(str(anchor["href"]).partition("#")[0], start)
        if not link or url_key(link) in (url_key(url), url_key(start)):
            continue
        if not chosen and not same_site(link, start):
            continue
        if pattern and not pattern.search(link):
            continue
        fitting = True
        said = clean_line(anchor.get_text(" "))
        if not chosen and len(said.split()) < LEAST_HEADLINE:
            continue
        # The picture beside a headline often has the same link, and no text.
        before = found.get(url_key(link))
        if before is None or len(said) > len(before.said):
            found[url_key(link)] = Entry(url=before.url if before else link, said=said)
    if not found and depth == 0:
        raise FetchFailed(_why_none(source, soup, fitting))
    title = soup.find("title")
    return Found(
        entries=list(found.values()),
        more=_next(source, soup, url, start, depth + 1),
        title=(clean_line(title.get_text(" ")) or None) if title is not None else None,
    )


def selector_fault(selector: str) -> str | None:
    """Return what is wrong with a CSS selector, None for a sound one."""
    try:
        soupsieve.compile(selector)
    except _NO_SELECTOR as error:
        return clean_line(str(error).partition("\n")[0]) or type(error).__name__
    return None


def page_soup(body: bytes, content_type: str = "") -> BeautifulSoup:
    """Return the tree of a page. Raises FetchFailed for one of too many tags."""
    refuse_flooded_listing(body)
    markup = decode(body, content_type)
    with warnings.catch_warnings():
        # It warns of what looks like a file's name or like XML; here it is what a stranger sent, whatever it is.
        warnings.simplefilter("ignore")
        return BeautifulSoup(markup, "lxml")


def _refuse_depth(soup: BeautifulSoup) -> None:
    depths = {id(soup): 0}
    for node in soup.descendants:
        if isinstance(node, Tag):
            depths[id(node)] = depths.get(id(node.parent), 0) + 1
            if depths[id(node)] > DEEPEST:
                raise FetchFailed(f"the page nests more than {DEEPEST} elements; no selector is tried on it")


def _select(soup: BeautifulSoup, selector: str) -> list[Tag]:
    try:
        return list(soup.select(selector))
    except _NO_SELECTOR:
        raise FetchFailed(f"{shorten(selector, 60)!r} is no CSS selector: {selector_fault(selector)}") from None


def _anchors(source: Source, soup: BeautifulSoup) -> Iterator[Tag]:
    if not source.links:
        yield from soup.find_all("a", href=True)
        return
    for element in _select(soup, source.links):
        if element.has_attr("href"):
            yield element
        else:
            yield from element.find_all("a", href=True)


def _why_none(source: Source, soup: BeautifulSoup, fitting: bool) -> str:
    if source.links:
        said = f"the selector {shorten(source.links, 60)!r} in 'links'"
        matched = _select(soup, source.links)
        if not matched:
            return f"{said} matches nothing on the page"
        if next(_anchors(source, soup), None) is None:
            return f"{said} matches, but no link to a page is in it"
    if source.pattern and not fitting:
        return f"no link on the page fits {shorten(source.pattern, 60)!r} in 'pattern'"
    if source.links:
        return f"{said} matches, but no link to another page is in it"
    return "no links that read like headlines on the listing page"


def _next(source: Source, soup: BeautifulSoup, url: str, start: str, depth: int) -> list[More]:
    if depth >= source.pages:
        return []
    if source.next:
        found = _select(soup, source.next)
        links = [e if e.has_attr("href") else e.find("a", href=True) for e in found]
    else:
        links = list(soup.find_all(["a", "link"], rel="next", href=True))
    for element in links:
        link = absolute(str(element["href"]).partition("#")[0], start) if isinstance(element, Tag) else None
        # ?page=2 tells a next page from this one, which the key of an article's URL would keep too.
        if link and link != url and (source.next or same_site(link, url)):
            return [More(url=link, depth=depth)]
    return []
