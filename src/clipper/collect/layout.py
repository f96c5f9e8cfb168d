"""What a page's layout suggests where its markup is silent: headline, byline, day, the site's name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice, permutations

from lxml.etree import XPath
from lxml.etree import _Element as Element

from clipper.collect import headline, names
from clipper.collect.dates import day_in_url, day_within, parse_date
from clipper.collect.facts import Facts
from clipper.text import clean_line, fold

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
    r"([^\W\d_][\w.'’-]*(?:\s+(?!(?:on|in|under|at|am|um|le|el|posted|published|\d|(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)\w*\W+\d)\b)[^\W\d_][\w.'’-]*){0,3})",
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
_TITLE_PARTS = re.compile(r"\s+[|–—·•»«:-]+\s+|\s*[|»]\s*")
_HOME = re.compile(r"/|\./|(?:https?://[^/?#]+)?/?(?:index|home|default)?\.?(?:html?|php|aspx?)?", re.IGNORECASE)
_PERSON = re.compile(r"[^\W\d_a-z][\w.'’-]+(?:\s+(?:[^\W\d_a-z][\w.'’-]*|de|van|von|der|la|al|bin|ter)){1,3}")
_SIGNED = re.compile(
    rf"(?:[Bb]y|BY|[Ww]ritten by|[Vv]on|[Pp]ar|[Pp]or)[:\s]\s*({_PERSON.pattern}(?:\s+and\s+{_PERSON.pattern})?)"
)
_SIDES = re.compile(r"\s+[-–—|•·]+\s+|,\s+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_BEGINS_BYLINE = re.compile(
    r"\W*(?:words|text|by|written|reporting|reported|published|posted|story|date|first published|updated|von|par|por|"
    r"veröffentlicht|publié|publicado)\b",
    re.IGNORECASE,
)
# What a line about an article is made of, when names and days are taken out.
_IN_BYLINE = re.compile(
    r"\b(?:words|text|by|written|published|posted|story|date|first|last|updated|on|at|and|min(?:ute)?s?|read|ago|"
    r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?\s*(?:am|pm)?|gmt|bst|\d{1,2}(?:st|nd|rd|th)|(?:19|20)\d\d|\d+|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|"
    r"aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b|[\W_]+",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\W*(?:(?:re)?printed from\b.*|downloaded from\b.*|"
    r"\d+ (?:views?|comments?|likes?|shares?|reads)|"
    r"(?:back to|return to|view|see) (?:all |the )?(?:news|top|blog|home)\b.{0,20})",
    re.IGNORECASE,
)
_HEAD_LINES, _TAIL_LINES = 6, 4
_LINES_OF_BYLINE = 12
_DAY_LENGTH = 30
_KICKER = 15
_MOST_LOOKED_AT = 60
_BYLINE_LENGTH = 100
_FIRST_PAGES = "1994"  # an earlier day is one that the page tells of
_NEAR = 3  # elements up: the outermost wrappers' names tell nothing


def guess(tree: Element, url: str | None, stated: Facts) -> Facts:
    """Return what the layout suggests for those fields in which the markup is silent: the weakest witness."""
    titled = headline.title_element(tree)
    outlet = stated.outlet or named_outlet(tree, titled)
    title = stated.title or headline.guessed(headline.headings(tree, outlet), titled, outlet)
    signed = stated.authors and not names.is_outlet(stated.authors, outlet)
    dated = stated.published or day_in_url(url)
    people = () if signed else byline(tree)
    lines = [] if (signed or people) and dated else list(lines_after(_heading(tree, title)))
    return Facts(
        title=None if stated.title else title,
        outlet=None if stated.outlet else outlet,
        authors=() if signed else people or signature(lines),
        published=None
        if stated.published
        else dated or written_day(tree, lines) or day_in_scripts(tree) or day_alone(tree) or day_of_change(tree),
    )


def named_outlet(tree: Element, titled: str) -> str | None:
    """Return the site's name: the end or beginning of the title element that a link home or a picture repeats."""
    parts = [part.strip() for part in _TITLE_PARTS.split(titled)]
    ends = [part for part in (parts[-1], parts[0]) if part and len(part) < _BYLINE_LENGTH]
    if len(parts) < 2 or not ends:
        return None
    called = {fold(image.get("alt") or "").strip() for image in tree.iter("img")}
    for link in tree.iter("a"):
        if link.get("rel") == "home" or _HOME.fullmatch(link.get("href") or ""):
            called.add(fold(clean_line("".join(link.itertext()))))
    return next((part for part in ends if fold(part) in called), None)


def lines_after(heading: Element | None) -> Iterator[str]:
    """Yield the short lines behind the heading, from its next sixty elements."""
    if heading is None:
        return
    for element in islice(_FOLLOWING(heading), _MOST_LOOKED_AT):
        for text in (element.text, element.tail):
            line = " ".join(text.split()) if text and len(text) < 2 * _BYLINE_LENGTH else ""
            if line:
                yield line


def signature(lines: Sequence[str]) -> tuple[str, ...]:
    """Return who signs under the heading: "By Ann Marsh", or a name beside nothing but a day."""
    for line in lines[:_LINES_OF_BYLINE]:
        if len(line) >= _BYLINE_LENGTH:
            break
        if said := _SIGNED.match(line):
            return names.authors([said[1]])
        for part, other in permutations(_SIDES.split(line), 2) if day_within(line) else ():
            if _PERSON.fullmatch(part) and parse_date(other):
                return names.authors([part])
    return ()


def without_furniture(text: str, title: str | None, authors: Sequence[str]) -> str:
    """Return an article's text without the lines about it at its head and its end.

    Those are the title, names, days and times before the first paragraphs, and whence the page was printed.
    """
    parts = text.split("\n\n")
    wanted, people = _letters(title or ""), [fold(name) for name in authors]
    head: list[str] = []
    most = len(title or "") + _BYLINE_LENGTH
    if len(parts) > 1 and wanted and len(parts[1]) < most and _letters(parts[1]) == wanted:
        parts.pop(0)  # the section's name, over the title
    for part in parts[:_HEAD_LINES]:
        if sum(len(line) > _BYLINE_LENGTH for line in head) > 1:
            head.append(part)
            continue
        lines = [line for line in part.split("\n") if not _is_furniture(line, wanted if len(head) < 2 else "", people)]
        if lines:
            head.append("\n".join(lines))
    parts = head + parts[_HEAD_LINES:]
    for _ in range(_TAIL_LINES):
        if len(parts) > 1 and _CLOSING.fullmatch(parts[-1]):
            parts.pop()
    return "\n\n".join(parts)


def _is_furniture(line: str, wanted: str, people: Sequence[str]) -> bool:
    if len(line) > len(wanted) + _BYLINE_LENGTH + 20:
        return False
    said = _letters(line)
    if wanted and (said == wanted or (said and len(said) < _KICKER and wanted.startswith(said))):
        return True
    if len(line) > _BYLINE_LENGTH + 20:
        return False
    rest = fold(line)
    for name in people:
        rest = rest.replace(name, " ")
    named = len(rest) != len(fold(line))
    if not _IN_BYLINE.sub("", rest):
        return named or any(sign.isdecimal() for sign in rest)
    return bool(_BEGINS_BYLINE.match(line)) and (named or day_within(line) is not None)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", fold(text))


def day_alone(tree: Element) -> str | None:
    """Return the first day that is all that an element says."""
    for element in tree.iter("div", "span", "p", "td", "font", "i", "em", "small", "b", "strong"):
        text = element.text
        if text and 7 < len(text) < _DAY_LENGTH and not len(element) and _YEAR.search(text):
            day = parse_date(text)
            if day and len(day) == len("2000-01-01") and day >= _FIRST_PAGES and not _is_elsewhere(element):
                return day
    return None


def _heading(tree: Element, title: str | None) -> Element | None:
    """Return the main heading: an h1, or where there is none whatever says the title and nothing else."""
    wanted = fold(title or "")
    headings = list(islice(tree.iter("h1"), _MOST_LOOKED_AT))
    for element in headings or tree.iter("h2", "b", "strong", "font", "span", "td", "div"):
        text = "".join(element.itertext()) if headings else element.text or ""
        if wanted and len(text) < 3 * len(wanted) + _BYLINE_LENGTH and fold(clean_line(text)) == wanted:
            return element
    return headings[0] if headings else None


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


def written_day(tree: Element, lines: Sequence[str]) -> str | None:
    """Return the first day that stands where pages put the day of publication; ``lines`` follow the heading."""
    if day := parse_date(re.split(r"\s[|–—-]\s", headline.title_element(tree))[-1]):
        return day if len(day) == 10 else None
    for element in _carriers(tree, _DATING, "time"):
        if _is_elsewhere(element):
            continue
        for text in _said(element):
            if len(text) < 3 * _BYLINE_LENGTH and (day := day_within(text)) and day >= _FIRST_PAGES:
                return day
    return next((day for line in lines if len(line) < _BYLINE_LENGTH and (day := day_within(line))), None)


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


def _carriers(tree: Element, named: re.Pattern[str], tag: str = "") -> list[Element]:
    """Return the first elements whose class is named so, or that are of a kind."""
    found = []
    for element in tree.iter(*_CARRIERS):
        called = element.get("class")
        if (called and _is_named(named, called)) or element.tag == tag:
            found.append(element)
            if len(found) == _MOST_LOOKED_AT:
                break
    return found


@lru_cache(maxsize=8192)
def _is_named(named: re.Pattern[str], called: str) -> bool:
    return named.search(called) is not None


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
