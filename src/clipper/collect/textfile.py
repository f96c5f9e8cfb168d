"""A plain text of an article to its facts: what its own lines state, and nothing that they do not.

Read are the lines at the top: a byline (*By Ian Quinn*), a filing line (*Filed Under (…) by Paul on 07-03-2014*),
a date (*Published: 30/03/2010*, or a line that is a date), fields (*Source: Pulse*), and a heading that carries
its outlet and date (*Title (Outlet: 15 June 2015)*). The title is the first line that reads like a heading, or
the one over the byline. A text with several headings of the last kind is a page of clippings: its first item's
title, outlet and date are not the page's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from clipper.collect import names
from clipper.collect.dates import parse_date
from clipper.collect.facts import Facts
from clipper.errors import Refused
from clipper.text import clean_line, clean_text, paragraphs

EXTRACTOR = "clipper text 1"

_TOP = 12  # paragraphs in which the lines about the article are looked for
_HEADING = 220  # characters that a heading may have
_CLIPPINGS = 2  # headings with outlet and date that make a page of clippings

_ITEM = re.compile(r"^(?P<title>.+?)\s*\((?P<outlet>[^():]{2,60}):\s*(?P<date>[^()]{4,30})\)\.?$")
_BYLINE = re.compile(r"^(?:(?:posted|written|words|report)\s+)?by[:\s]\s*(?P<name>\S.{1,100})$", re.IGNORECASE)
_FILED = re.compile(
    r"^(?:filed|posted)\s+(?:under|in)\s*:?\s*\(?(?P<categories>[^()]*?)\)?\s+by\s+(?P<name>.+?)\s+on\s+(?P<date>.{6,30})$",
    re.IGNORECASE,
)
_BY_ON = re.compile(
    r"^(?:(?:posted|written|published)\s+)?by\s+(?P<name>.+?)\s*(?:\bon\b|[,|•–-])\s*(?P<date>[^,|•]{6,40}?)$",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"^(?:date\s+)?(?:published|posted|date|issued|released|"
    r"published on|posted on|first published)\s*(?:on|at)?\s*:?\s+(?P<date>.{4,40})$",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"^(?P<key>title|headline|author|authors|source|outlet|publication|newspaper|url|link|categories|tags)\s*:\s+"
    r"(?P<value>.+)$",
    re.IGNORECASE,
)
_NOTICE = re.compile(r"^(?:(?:for immediate|press|news|media) release|press notice|embargoed?\b.*)$", re.IGNORECASE)
_FURNITURE = re.compile(
    r"^(?:this site is (?:intended )?for\b.*|skip to (?:main )?(?:content|navigation)|(?:sign|log) ?in.*|subscribe\b.*|"
    r"register\b.*|menu|home|advertisement|share(?: this.*)?|print|email|we use cookies.*|.*\bcookies\b.*|"
    r"read (?:my|the|our) .{0,40}»|back to .*)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class TextArticle:
    """What a text holds. ``left_out`` are the paragraphs over the title that are not part of the article."""

    text: str
    facts: Facts
    left_out: tuple[str, ...] = ()


def decode_text(raw: bytes) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with its mark. Raises Refused with the place of the fault."""
    try:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            return raw.decode("utf-16")
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Refused(
            f"not UTF-8 (byte 0x{raw[error.start]:02X} in line {line}); "
            "convert it first, for example: iconv -f WINDOWS-1252 -t UTF-8"
        ) from None
    if "\x00" in text:
        raise Refused("not a text file (it holds NUL bytes)")
    return text


def read_text(raw: bytes) -> TextArticle:
    """Return the article that a text file holds. Raises Refused for one without text."""
    text = clean_text(decode_text(raw))
    parts = paragraphs(text)
    if not parts:
        raise Refused("an empty file")
    if sum(1 for p in parts if _item(p)) >= _CLIPPINGS:
        return TextArticle(text, Facts())
    parts = [line for p in parts[:_TOP] for line in _header_lines(p)] + parts[_TOP:]
    top = [clean_line(p) for p in parts[:_TOP]]
    facts, said, anchor, filed = _stated(top)
    if facts.title:
        before, start = 0, 0
    else:
        title_at = _title_line(top, said, anchor, filed)
        if title_at is None:
            before, start = 0, 0
        else:
            before, start = title_at, title_at + 1
            facts = replace(facts, title=top[title_at])
            if item := _item(top[title_at]):
                facts = replace(facts, title=item.title, outlet=facts.outlet or item.outlet,
                                published=facts.published or item.published)  # fmt: skip
    body = [p for i, p in enumerate(parts[start:], start) if i not in said]
    notices = [i for i, line in enumerate(top) if i in said and _NOTICE.match(line)]
    if notices and start and notices[0] == start + 1 and not facts.excerpt:
        facts = replace(facts, excerpt=top[start])  # the standfirst, over the notice that it is a release
    if not body:  # nothing but a heading: the heading is the text
        body = parts[before:]
    left_out = tuple(p for i, p in enumerate(parts[:before]) if i not in said)
    return TextArticle("\n\n".join(body), facts, left_out)


def _header_lines(paragraph: str) -> list[str]:
    """Return the lines of a paragraph that is a list of statements (*Author: …* under *Title: …*), or it whole."""
    lines = paragraph.split("\n")
    stated = sum(1 for line in lines if _FIELD.match(line) or _DATED.match(line) or _BYLINE.match(line))
    return lines if len(lines) > 1 and stated >= len(lines) - 1 and max(map(len, lines)) <= _HEADING else [paragraph]


def _stated(top: list[str]) -> tuple[Facts, set[int], int | None, bool]:
    """Return what the lines at the top state, which lines those are, and the line of the byline.

    The last value tells whether the byline is a filing line, which stands right under its title.
    """
    facts = Facts()
    said: set[int] = set()
    anchor: int | None = None
    filed = False
    for i, line in enumerate(top):
        if anchor is None and (found := _FILED.match(line)) and (day := parse_date(found["date"])):
            tags = tuple(clean_line(c) for c in found["categories"].split(",") if c.strip())
            facts = replace(
                facts,
                authors=names.authors([found["name"]]),
                published=facts.published or day,
                categories=tags,
            )
            said.add(i)
            anchor, filed = i, True
        elif anchor is None and (found := _BY_ON.match(line)) and (day := parse_date(found["date"])):
            facts = replace(facts, authors=names.authors([found["name"]]), published=facts.published or day)
            said.add(i)
            anchor = i
        elif anchor is None and (found := _BYLINE.match(line)) and _reads_like_names(found["name"]):
            facts = replace(facts, authors=facts.authors or names.authors([found["name"]]))
            said.add(i)
            anchor = i
        elif ((found := _DATED.match(line)) and (day := parse_date(found["date"]))) or (
            i and (day := parse_date(line)) and len(day) == 10
        ):
            facts = replace(facts, published=facts.published or day)
            said.add(i)
        elif found := _FIELD.match(line):
            if (taken := _field(facts, found["key"].lower(), found["value"].strip())) is not facts:
                facts = taken
                said.add(i)
        elif _NOTICE.match(line):
            said.add(i)
    return facts, said, anchor, filed


def _field(facts: Facts, key: str, value: str) -> Facts:
    if key in ("title", "headline"):
        return replace(facts, title=facts.title or value)
    if key in ("author", "authors"):
        return replace(facts, authors=facts.authors or names.authors([value]))
    if key in ("url", "link"):
        return replace(facts, url=facts.url or value) if value.startswith(("http://", "https://")) else facts
    if key in ("categories", "tags"):
        return replace(facts, categories=tuple(c.strip() for c in value.split(",") if c.strip()))
    return replace(facts, outlet=facts.outlet or value) if len(value) <= 80 else facts


def _reads_like_names(text: str) -> bool:
    """Whether what follows *by* is people, not the beginning of a sentence (*By the end of the year…*)."""
    if len(text.split()) > 14 or text.rstrip().endswith((".", "!", "?", ":")):
        return False
    people = names.authors([text])
    return bool(people) and all(word[:1].isupper() or word in ("de", "van", "von", "der", "la", "le", "bin", "al")
                                for word in people[0].split())  # fmt: skip


def _title_line(top: list[str], said: set[int], anchor: int | None, filed: bool) -> int | None:
    """Return which line is the title: right over a filing line, the first heading over a byline, or the first line."""
    end = anchor if anchor is not None else len(top)
    headings = [i for i, line in enumerate(top[:end]) if i not in said and _reads_like_heading(line)]
    if anchor is not None and headings:
        return headings[-1] if filed else headings[0]
    first = next((i for i, line in enumerate(top) if i not in said and not _FURNITURE.match(line)), None)
    return first if first is not None and _reads_like_heading(top[first]) else None


def _reads_like_heading(line: str) -> bool:
    return len(line) <= _HEADING and not _FURNITURE.match(line) and not re.search(r"[.;,:]$|\.[\"”’)]$", line)


@dataclass(frozen=True)
class _Item:
    title: str
    outlet: str
    published: str


def _item(line: str) -> _Item | None:
    found = _ITEM.match(clean_line(line))
    day = parse_date(found["date"]) if found else None
    return _Item(found["title"].strip(), found["outlet"].strip(), day) if found and day else None
