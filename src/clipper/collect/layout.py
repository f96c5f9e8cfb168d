"""What a page's layout suggests where its markup is silent: headline, byline, day, the site's name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.etree import XPath
from lxml.etree import _Element as Element

from clipper.collect import headline, names
from clipper.collect.dates import day_in_url, day_within, parse_date
from clipper.collect.facts import Facts
from clipper.text import clean_line

# What carries bylines and days. One pass over these in Python is three times as fast as an XPath on all classes.
_CARRIERS = ("a", "address", "b", "cite", "dd", "div", "em", "h2", "h3", "h4", "header", "li", "p", "section", "small",
             "span", "strong", "td", "time")  # fmt: skip
_SIGNING = re.compile(r"[Aa]uthor|[Bb]yline|^fn$|^username$")
_DATING = re.compile(r"[Dd]ate|publish|posted|time|byline|meta|info|tarih|datum|fecha")
_TELLING = re.compile(r"meta|info|header")
# How surely an element's names say that it holds a name, the surest first.
_NAMED = [
    re.compile(r"author[_-]*name|(?:^| )fn(?: |$)|username", re.IGNORECASE),
    re.compile(r"(?:^| )author(?: |$)|byline|(?:post|article|entry)[_-]*author", re.IGNORECASE),
]
# A byline within a line of other things: "Posted on 4 May by Ann Marsh in News".
_BY = re.compile(
    r"(?:^|[\s|·•])(?:by|von|par|por|author:|autor:)\s+"
    r"([^\W\d_][\w.'’-]*(?:\s+(?!(?:on|in|under|at|am|um|le|el|posted|published|\d)\b)[^\W\d_][\w.'’-]*){0,3})",
    re.IGNORECASE,
)
_FOLLOWING = XPath("following::*[position() <= 60]")
_IN_SCRIPT = re.compile(
    r"\\?\"(?:published_?at|datePublished|date_?published|publish(?:ed)?_?(?:date|time)|first_?published)\\?\"\s*:\s*"
    r"\\?\"((?:19|20)\d\d-\d\d-\d\d)",
    re.IGNORECASE,
)
_CHANGED = (
    "article:modified_time",
    "og:updated_time",
    "dateupdate",
    "datemodified",
    "last-modified",
    "dcterms.modified",
)
_ELSEWHERE = re.compile(
    r"comment|related|sidebar|widget[_-]|textwidget|(?<!post-)(?<!entry-)footer|recommend|teaser|archive|"
    r"calendar|menu",
    re.IGNORECASE,
)
_MOST_LOOKED_AT = 60
_BYLINE_LENGTH = 100
_FIRST_PAGES = "1994"  # an earlier day is one that the page tells of
_NEAR = 3  # elements up: the outermost wrappers' names tell nothing


def guess(tree: Element, url: str | None, stated: Facts) -> Facts:
    """Return what the layout suggests for those fields in which the markup is silent: the weakest witness."""
    titled = headline.title_element(tree)
    signed = stated.authors and not names.is_outlet(stated.authors, stated.outlet)
    return Facts(
        title=None if stated.title else headline.guessed(headline.headings(tree, stated.outlet), titled, stated.outlet),
        authors=() if signed else byline(tree),
        published=None
        if stated.published
        else day_in_url(url) or written_day(tree) or day_in_scripts(tree) or day_of_change(tree),
    )


def byline(tree: Element) -> tuple[str, ...]:
    """Return the people named where pages name their authors."""
    ranked: list[list[Element]] = [[], []]
    for element in _carriers(tree, _SIGNING):
        rank = next((i for i, named in enumerate(_NAMED) if named.search(element.get("class", ""))), None)
        if rank is not None:
            ranked[rank].append(element)
    for element in (element for group in ranked for element in group[:5]):
        text = clean_line(" ".join(element.itertext()))
        if not 2 < len(text) < _BYLINE_LENGTH or _is_elsewhere(element):
            continue
        if found := names.authors([_before_day(text)]):
            return found
    for element in _carriers(tree, _TELLING, "address"):
        text = clean_line(" ".join(element.itertext())[:1000])
        said = _BY.search(text) if len(text) < 3 * _BYLINE_LENGTH else None
        if said and not _is_elsewhere(element) and (found := names.authors([said[1]])):
            return found
    return ()


def written_day(tree: Element) -> str | None:
    """Return the first day that stands where pages put the day of publication."""
    if day := parse_date(re.split(r"\s[|–—-]\s", headline.title_element(tree))[-1]):
        return day if len(day) == 10 else None
    for element in _carriers(tree, _DATING, "time"):
        if _is_elsewhere(element):
            continue
        for text in _said(element):
            if len(text) < 3 * _BYLINE_LENGTH and (day := day_within(text)) and day >= _FIRST_PAGES:
                return day
    return _day_after_heading(tree)


def day_in_scripts(tree: Element) -> str | None:
    """Return the day of publication that the page's own data names, in a script that is not JSON-LD."""
    for script in tree.iter("script"):
        if script.text and (found := _IN_SCRIPT.search(script.text)):
            return parse_date(found[1])
    return None


def day_of_change(tree: Element) -> str | None:
    """Return the day of the last change, where the page names no other."""
    for element in tree.iter("meta"):
        called = (element.get("property") or element.get("name") or element.get("itemprop") or "").lower()
        if called in _CHANGED and (day := parse_date(element.get("content"))):
            return day
    return None


def _day_after_heading(tree: Element) -> str | None:
    heading = next(tree.iter("h1"), None)
    if heading is None:
        return None
    for count, element in enumerate(_FOLLOWING(heading)):
        if count == _MOST_LOOKED_AT:
            break
        for text in (element.text, element.tail):
            if text and 7 < len(text) < _BYLINE_LENGTH and (day := day_within(clean_line(text))):
                return day
    return None


def _carriers(tree: Element, named: re.Pattern[str], tag: str = "") -> list[Element]:
    """Return the first elements whose class is named so, or that are of a kind."""
    found = []
    for element in tree.iter(*_CARRIERS):
        called = element.get("class")
        if (called and named.search(called)) or element.tag == tag:
            found.append(element)
            if len(found) == _MOST_LOOKED_AT:
                break
    return found


def _said(element: Element) -> Iterator[str]:
    for name in ("datetime", "content", "title"):
        if value := element.get(name):
            yield value
    yield clean_line(" ".join(element.itertext()))


def _is_elsewhere(element: Element) -> bool:
    for level, node in enumerate((element, *element.iterancestors())):
        if node.tag in ("aside", "footer", "nav"):
            return True
        if node.tag in ("body", "html", "main") or level > _NEAR:
            return False
        if _ELSEWHERE.search(f"{node.get('class', '')} {node.get('id', '')}"):
            return True
    return False


def _before_day(text: str) -> str:
    return re.split(r"\s+(?:[|•·–—-]\s+|on\s+(?=\w+\s+\d)|am\s+(?=\d)|at\s+(?=\d))|\s+(?=\d{1,2}[./:]\d)", text)[0]
