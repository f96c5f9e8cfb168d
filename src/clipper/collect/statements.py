"""One line of a text to what it states of its article: a byline, a date, a field, or all of them at once.

*By Ian Quinn* · *Filed Under (…) by Paul on 07-03-2014* · *Posted on March 5, 2015 by Helen Grant* ·
*Published: 30/03/2010* · *Source: Pulse* · *The Northern Post, 14 March 2014* · *Title (Outlet: 15 June 2015)*
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from clipper.collect import names
from clipper.collect.dates import parse_date
from clipper.collect.facts import SILENT, Facts
from clipper.text import clean_line

HEADING = 220  # characters that a heading may have


@dataclass(frozen=True)
class Statement:
    """What a line states. A ``byline`` names people; a ``filing`` line stands right under its title."""

    facts: Facts = field(default=SILENT)
    byline: bool = False
    filing: bool = False


_ITEM = re.compile(r"^(?P<title>.+?)\s*\((?P<outlet>[^():]{2,60}):\s*(?P<date>[^()]{4,30})\)\.?$")
_BYLINE = re.compile(r"^(?:(?:posted|written|words|report)\s+)?by[:\s]\s*(?P<name>\S.{1,100})$", re.IGNORECASE)
_FILED = re.compile(
    r"^(?:filed|posted)\s+(?:under|in)\s*:?\s*\(?(?P<categories>[^()]*?)\)?\s+by\s+(?P<name>.+?)\s+on\s+(?P<date>.{6,30})$",
    re.IGNORECASE,
)
_POSTED = re.compile(
    r"^(?:posted|published|filed)\s+(?:(?:on|at)\s+)?(?P<date>.{6,40}?)\s+by\s+(?P<name>\S.{1,80})$", re.IGNORECASE
)
_BY_ON = re.compile(
    r"^(?:(?:posted|written|published)\s+)?by\s+(?P<name>.+?)\s*(?:\bon\b|[,|•–-])\s*(?P<date>[^,|•]{6,40}?)$",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"^(?P<name>[^\W\d_][\w.'’-]+(?:\s+[^\W\d_][\w.'’-]+){1,3}),\s+(?:\w+\s+){0,4}"
    r"(?:editor|correspondent|reporter|columnist|journalist|writer)$",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"^(?:date\s+)?(?:published|posted|date|issued|released|published on|posted on|first published)"
    r"\s*(?:on|at)?\s*:?\s+(?P<date>.{4,80})$",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"^(?P<key>title|headline|author|authors|source|outlet|publication|newspaper|url|link|categories|tags)"
    r"(?:\s*:\s+|\s+[–-]\s+)(?P<value>.+)$",
    re.IGNORECASE,
)
_URL = re.compile(r"^https?://\S+$")
_NOTICE = re.compile(r"^(?:(?:for immediate|press|news|media) release|press notice|embargoed?\b.*)$", re.IGNORECASE)
_PARTS = re.compile(r"\s*(?:\||/|·|•|,|\s[–-]\s)\s*")
_OFFICE = re.compile(r"\b(?:MP|MSP|MLA|Lord|Baroness|Dr|Prof|Sir|Dame)\b")
_PERSON = re.compile(r"[^\W\d_][\w.'’-]*(?:\s+[^\W\d_][\w.'’-]*){1,3}")
_PARTICLES = ("de", "van", "von", "der", "la", "le", "bin", "al")


def read_line(line: str, *, first: bool) -> Statement | None:
    """Return what a line states, None for a line of the text. The ``first`` line of a text is no bare date."""
    for reader in _READERS if first else (*_READERS, *_NOT_FIRST):
        if statement := reader(line):
            return statement
    return None


def is_notice(line: str) -> bool:
    """Whether a line only says that this is a press release."""
    return _NOTICE.match(line) is not None


def is_unread_date(line: str) -> bool:
    """Whether a line means to state a date that cannot be read (month first, say): no statement, but no title."""
    found = _DATED.match(line)
    return found is not None and re.fullmatch(r"[\d\s/.:-]+", found["date"]) is not None


def item_heading(line: str) -> Facts | None:
    """Return what a heading of the form *Title (Outlet: 15 June 2015)* states, None for another line."""
    found = _ITEM.match(clean_line(line))
    day = parse_date(found["date"]) if found else None
    return Facts(title=found["title"].strip(), outlet=found["outlet"].strip(), published=day) if found and day else None


def named_and_dated(line: str) -> Facts | None:
    """Return the outlet and the date of a line that is just these two, None for another line."""
    if line.endswith((".", "!", "?", "…")):
        return None
    name, *rest = _PARTS.split(line)
    day = parse_date(", ".join(rest))
    if not day or len(day) < 10 or len(name) > 60 or len(name.split()) > 7 or not name[:1].isupper():
        return None
    return None if parse_date(name) or _DATED.match(line) else Facts(outlet=name, published=day)


def _filed(line: str) -> Statement | None:
    found = _FILED.match(line)
    if found is None or (day := parse_date(found["date"])) is None:
        return None
    tags = tuple(clean_line(c) for c in found["categories"].split(",") if c.strip())
    facts = Facts(authors=names.authors([found["name"]]), published=day, categories=tags)
    return Statement(facts, byline=True, filing=True)


def _by_and_on(line: str) -> Statement | None:
    for pattern in (_POSTED, _BY_ON):
        if (found := pattern.match(line)) and (day := parse_date(found["date"])):
            return Statement(Facts(authors=names.authors([found["name"]]), published=day), byline=True)
    return None


def _byline(line: str) -> Statement | None:
    found = _BYLINE.match(line)
    if found is None or not _reads_like_names(found["name"]):
        return None
    return Statement(Facts(authors=names.authors([found["name"]])), byline=True)


def _reads_like_names(text: str) -> bool:
    """Whether what follows *by* is people, not the beginning of a sentence (*By the end of the year…*)."""
    if len(text.split()) > 14 or text.rstrip().endswith((".", "!", "?", ":")):
        return False
    people = names.authors([text])
    return bool(people) and all(word[:1].isupper() or word in _PARTICLES for word in people[0].split())


def _dated(line: str) -> Statement | None:
    found = _DATED.match(line)
    day = parse_date(found["date"]) if found else None
    return Statement(Facts(published=day)) if day else None


def _field(line: str) -> Statement | None:
    found = _FIELD.match(line)
    if found is None:
        return None
    key, value = found["key"].lower(), found["value"].strip()
    if key in ("title", "headline"):
        return Statement(Facts(title=value))
    if key in ("author", "authors"):
        return Statement(Facts(authors=names.authors([value])))
    if key in ("url", "link"):
        return Statement(Facts(url=value)) if _URL.match(value) else None
    if key in ("categories", "tags"):
        return Statement(Facts(categories=tuple(c.strip() for c in value.split(",") if c.strip())))
    return Statement(Facts(outlet=value)) if len(value) <= 80 else None


def _link(line: str) -> Statement | None:
    return Statement(Facts(url=line)) if _URL.match(line) else None


def _notice(line: str) -> Statement | None:
    return Statement() if is_notice(line) else None


def _date(line: str) -> Statement | None:
    day = parse_date(line)
    return Statement(Facts(published=day)) if day and len(day) == 10 else None


def _role(line: str) -> Statement | None:
    found = _ROLE.match(line)
    return Statement(Facts(authors=names.authors([found["name"]])), byline=True) if found else None


def _name_and_date(line: str) -> Statement | None:
    found = named_and_dated(line)
    if found is None:
        return None
    if found.outlet and _OFFICE.search(found.outlet):  # a speech: who gave it, and when
        return Statement(Facts(authors=names.authors([found.outlet]), published=found.published), byline=True)
    return Statement(found)


def _author_outlet_date(line: str) -> Statement | None:
    parts = _PARTS.split(line)
    day = parse_date(parts[2]) if len(parts) == 3 else None
    if not day or not _PERSON.fullmatch(parts[0]) or len(parts[1]) > 60:
        return None
    return Statement(Facts(authors=names.authors([parts[0]]), outlet=parts[1], published=day), byline=True)


_READERS: tuple[Callable[[str], Statement | None], ...] = (
    _filed, _by_and_on, _byline, _field, _link, _dated, _notice,
)  # fmt: skip
_NOT_FIRST: tuple[Callable[[str], Statement | None], ...] = (_date, _role, _name_and_date, _author_outlet_date)
