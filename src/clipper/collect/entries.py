"""What a source lists: entries, further pages of the source, and how soon it wants to be asked again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit, urlunsplit

from clipper.collect.dates import FIRST_YEAR, LAST_YEAR, LONDON, london_day
from clipper.collect.facts import Facts
from clipper.text import fold, without_login

_NO_BREAKS = dict.fromkeys(map(ord, "\t\r\n"))  # left out wherever they stand, as browsers do (WHATWG URL)
_BARE_HOST = re.compile(r"www\d?\.[^\s/:?#.]+\.[^\s/:?#]{2,}(?=[/?#:]|$)", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ODD_FRACTION = re.compile(r"(:\d{2})[.,]\d+")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of a source: where the article is, and what the source says of it.

    ``content`` is the article's text where a feed carries it whole. ``updated`` is when the source says that the
    page last changed, in UTC to the second with ``Z``: no date of publication, but it tells what is older than
    ``since`` and what to look at again. ``said`` is the text of a listing's link: words to look for, no fact.
    """

    url: str | None
    guid: str | None = None
    facts: Facts = field(default_factory=Facts)
    content: str = ""
    updated: str | None = None
    said: str = ""

    @property
    def day(self) -> str | None:
        """The day, month or year that the source states: of publication, or else of the last change."""
        return self.facts.published or (london_day(datetime.fromisoformat(self.updated)) if self.updated else None)


@dataclass(frozen=True)
class More:
    """A further page of a source: a sitemap that an index lists, or a listing's next page.

    ``lastmod`` is like ``Entry.updated``; ``depth`` counts the steps from the source's own URL, which has 0.
    """

    url: str
    lastmod: str | None = None
    depth: int = 1


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one page of a source holds.

    ``title`` is what the page calls itself, ``ttl`` the time in seconds for which a feed asks to be left alone;
    ``left_out`` counts the entries, and ``more_left_out`` the further pages, that were too many to be taken.
    """

    entries: list[Entry] = field(default_factory=list)
    more: list[More] = field(default_factory=list)
    title: str | None = None
    ttl: float | None = None
    left_out: int = 0
    more_left_out: int = 0


def wanted(entry: Entry, match: Iterable[str], drop: Iterable[str], since: str | None) -> bool:
    """Whether a source's words and start date let an entry in.

    ``match`` and ``drop`` are looked for in title, summary, categories, link and link text, case and accents ignored:
    one of ``match`` must be there, if there are any, none of ``drop`` may. An entry without a date is let in.
    """
    facts = entry.facts
    said = fold(" ".join([facts.title or "", facts.excerpt or "", *facts.categories, entry.url or "", entry.said]))
    match = [fold(word) for word in match]
    if match and not any(word in said for word in match):
        return False
    if any(fold(word) in said for word in drop):
        return False
    day = entry.day
    return not (since and day and day < since[: len(day)])


def moment(text: str | None) -> str | None:
    """Return a date with or without a time (ISO 8601, RFC 2822) in UTC to the second, or None.

    A day is its first moment; a time without a zone is London's. A month or a year is no moment.
    """
    tidy = " ".join((text or "").split())[:60]
    try:
        if _DAY.fullmatch(tidy):
            found = datetime.combine(date.fromisoformat(tidy), datetime.min.time(), UTC)
        elif tidy[:4].isdigit():
            if len(tidy) < 14:
                return None
            found = datetime.fromisoformat(_ODD_FRACTION.sub(r"\1", re.sub(r" (?=[+-]\d\d:?\d\d$|Z$)", "", tidy)))
        else:
            found = parsedate_to_datetime(tidy)
        if found.tzinfo is None:
            found = found.replace(tzinfo=LONDON)
        found = found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.strftime("%Y-%m-%dT%H:%M:%SZ") if FIRST_YEAR <= found.year <= LAST_YEAR else None


def absolute(link: str | None, base: str) -> str | None:
    """Return a link as an http or https URL with a host, or None. ``www.example.org/a`` is taken for a host.

    A name and password in it are left out.
    """
    link = (link or "").translate(_NO_BREAKS).strip()
    if not link:
        return None
    try:
        if _BARE_HOST.match(link):
            link = f"//{link}"
        elif re.match(r"https?:(?!//[^/?#])", link, re.IGNORECASE):
            return None  # a scheme and no host
        whole = urljoin(base, link)
        whole.encode()  # half a character, which JSON can hold, stands in no address
        parts = urlsplit(whole)
        if "@" in parts.netloc:  # a name and password that a stranger wrote: never sent, told or kept
            whole = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        elif (plain := without_login(whole)) != whole:  # with a password that no address may hold as it is
            whole, parts = plain, urlsplit(plain)
        return whole if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None
