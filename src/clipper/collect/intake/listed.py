"""What one entry of a list states, as people and programs write it, to a link: address, names, date, language.

Lists of references and lists of addresses share these rules: the first usable address of an entry is its link, an
address that was listed before is told and left out, and so is an entry with neither an address nor a title.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from itertools import islice
from urllib.parse import quote, urlsplit

from clipper.collect import names
from clipper.collect.dates import day_within, parse_date
from clipper.collect.facts import Facts
from clipper.collect.pieces import Batch, Link
from clipper.errors import Refused
from clipper.identity import url_key
from clipper.text import clean_line, clean_text, fold, printable, shorten

MOST_ENTRIES = 100_000
EXCERPT = 500  # characters of an abstract that are kept as an excerpt

_LONGEST_URL = 8000
_LONGEST_TITLE = 2000
_MOST_WORDS = 500  # names and keywords of an entry
_TOLD = 5  # notes of a kind that are told one by one
_WEB = re.compile(r"https?://(?=[^\s/?#])", re.IGNORECASE)
_BARE = re.compile(r"www\d?\.[^\s/:?#.]+\.[^\s/:?#]{2,}(?=[/?#:]|$)", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/\S{1,300}")
_NO_DATE = re.compile(r"(?:n\.?\s?d\.?|no date|undated|unknown|none|null|n/a|[?–—./-]+)", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:jr|sr|[ivx]{1,4})\.?", re.IGNORECASE)
_RIS_DATE = re.compile(r"(?P<year>\d{4})\s*/\s*(?P<month>\d{0,2})\s*(?:/\s*(?P<day>\d{0,2})\s*(?:/.*)?)?")
_COMPACT = re.compile(r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)")
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[\s,-]+(?P<month>[^\W\d_]{3,12})\.?(?:[\s-]+(?P<day>\d{1,2}))?")
_SHORT_YEAR = re.compile(r"(?P<day>\d{1,2})[\s-](?P<month>[^\W\d_]{3,12})[\s-](?P<year>\d{2})")
_SEASON = r"(?:spring|summer|autumn|fall|winter)"
_OF_SEASON = re.compile(rf"{_SEASON}[\s,]{{1,3}}(?:of\s)?(\d{{4}})|(\d{{4}})[\s,]{{1,3}}{_SEASON}", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)
_MARKUP = re.compile(
    r"</?(?:jats:)?(?:i|b|u|em|strong|sub|sup|sc|span|italic|bold|title|sec)(?:\s[^<>]{0,200})?>", re.I
)
_BREAK = re.compile(r"</?(?:jats:)?(?:p|div|br)(?:\s[^<>]{0,200})?/?>", re.IGNORECASE)
_LANGUAGES = {"english": "en", "eng": "en", "welsh": "cy", "cymraeg": "cy", "irish": "ga", "french": "fr",
              "german": "de", "deutsch": "de", "spanish": "es", "italian": "it", "dutch": "nl", "polish": "pl",
              "portuguese": "pt", "swedish": "sv", "norwegian": "no", "danish": "da"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One entry as its list states it, nothing judged yet.

    ``place`` says where it stands (*line 12*, *entry 3*, *row 5*). ``addresses`` and ``dates`` are in the order in
    which they are believed; ``abstract`` stands in for ``text`` where that is empty.
    """

    place: str
    addresses: tuple[str, ...] = ()
    doi: str = ""
    title: str = ""
    outlet: str = ""
    authors: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    language: str = ""
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    text: str = ""


@dataclass
class Notes:
    """Lines for the user, of each kind the first five and how many more there were."""

    _lines: list[str] = field(default_factory=list)
    _kinds: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _more: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def say(self, line: str) -> None:
        """Add a line that stands for itself."""
        self._lines.append(line)

    def add(self, kind: str, line: str) -> None:
        """Add a line of a kind; ``kind`` is a plural that reads well after *and 7 more*."""
        if len(self._kinds[kind]) < _TOLD:
            self._kinds[kind].append(line)
        else:
            self._more[kind] += 1

    def lines(self) -> tuple[str, ...]:
        """Return all lines, kind by kind."""
        found = list(self._lines)
        for kind, told in self._kinds.items():
            found += told
            if count := self._more[kind]:
                found.append(f"and {count} more {kind}")
        return tuple(found)


class Collector:
    """Entries to links, each address once. ``notes`` may be added to until ``batch`` is asked for."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.notes = Notes()
        self._links: list[Link] = []
        self._places: dict[str, str] = {}
        self._count = 0

    def take(self, entry: Listed) -> None:
        """Add the link of an entry, or a note why there is none. Raises Refused for more than 100,000 entries."""
        self._count += 1
        if self._count > MOST_ENTRIES:
            raise Refused(f"more than {MOST_ENTRIES:,} entries; split the list into several files")
        url = self._address(entry)
        title = shorten(_line(entry.title), _LONGEST_TITLE)
        if not url and not title:
            self.notes.add(
                "entries with neither an address nor a title", f"{entry.place}: neither an address nor a title"
            )
            return
        if url:
            key = url_key(url)
            if first := self._places.get(key):
                self.notes.add("addresses that were listed before", f"{entry.place}: the address of {first} again")
                return
            self._places[key] = entry.place
        published, unread = best_date(entry.dates)
        if unread:
            told = shorten(clean_line(unread), 40)
            self.notes.add("dates that cannot be read", f"{entry.place}: the date cannot be read ({told})")
        facts = Facts(
            url=url,
            title=title or None,
            outlet=shorten(_line(entry.outlet), 200) or None,
            authors=_each_once(entry.authors),
            published=published,
            language=language_code(entry.language),
            excerpt=shorten(_line(entry.abstract), EXCERPT) or None,
            categories=_each_once(entry.keywords),
        )
        text = clean_text(entry.text or entry.abstract) or clean_text(entry.abstract)
        self._links.append(Link(url=url, facts=facts, text=text, place=entry.place))

    def batch(self) -> Batch:
        """Return what was collected. Raises Refused where that is nothing at all."""
        lines = self.notes.lines()
        if not self._links:
            why = f" ({lines[0]})" if lines else ""
            raise Refused(f"no entry in it has an address or a title{why}")
        return Batch(links=tuple(self._links), notes=lines)

    def _address(self, entry: Listed) -> str | None:
        stated = [address for address in entry.addresses if address.strip()]
        if url := next((found for address in stated if (found := web_address(address))), None):
            return url
        if url := doi_address(entry.doi):
            return url
        if stated:
            told = shorten(printable(clean_line(stated[0])), 60)
            self.notes.add("addresses that are not on the web", f"{entry.place}: no http or https address ({told})")
        return None


def web_address(text: str) -> str | None:
    """Return the http or https URL that a text begins with, None where it does not begin with one.

    ``www.example.org/a`` counts: it is asked for by http, from where servers lead on to https.
    """
    words = text[: _LONGEST_URL * 2].strip().lstrip("<").split(None, 1)
    if not words:
        return None
    url = words[0].rstrip(">")
    if _BARE.match(url):
        url = f"http://{url}"
    found = _WEB.match(url)
    if not found or len(url) > _LONGEST_URL or printable(url) != url or '"' in url or "<" in url:
        return None
    url = found[0].lower() + url[found.end() :]
    try:
        parts = urlsplit(url)
        return url if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def doi_address(text: str) -> str | None:
    """Return the address under which a DOI leads to its article, None for a text without a DOI."""
    found = _DOI.search(text[:2000])
    return f"https://doi.org/{quote(found[0].rstrip('.,;'), safe='/:;()._-', errors='ignore')}" if found else None


def best_date(written: Iterable[str]) -> tuple[str | None, str | None]:
    """Return the most exact of several dates of one entry, and the first that cannot be read where none can be."""
    said = [date for date in written if date.strip() and not _NO_DATE.fullmatch(date.strip())]
    read = [day for date in said if (day := written_date(date))]
    if read:
        return max(read, key=len), None
    return None, said[0] if said else None


@lru_cache(maxsize=4096)
def written_date(text: str) -> str | None:
    """Return a date as reference managers and spreadsheets write it, in ISO form, or None.

    Over what ``parse_date`` reads: ``2014/11/07/``, ``2014/11//``, ``20141107``, ``2014 Nov 7``, ``07-Nov-14``, a day
    with a weekday or a time around it, and the year of ``Autumn 2014``.
    """
    line = _line(text[:200])
    if found := _OF_SEASON.fullmatch(line):
        return parse_date(found[1] or found[2])
    if found := _RIS_DATE.fullmatch(line) or _COMPACT.fullmatch(line):
        return parse_date("-".join(f"{int(part):02}" for part in found.groups() if part))
    if found := _YEAR_FIRST.fullmatch(line):
        return parse_date(f"{found['day'] or ''} {found['month']} {found['year']}")
    if found := _SHORT_YEAR.fullmatch(line):
        century = "20" if found["year"] < "70" else "19"
        return parse_date(f"{found['day']} {found['month']} {century}{found['year']}")
    return parse_date(line) or day_within(line)


@lru_cache(maxsize=4096)
def person(name: str) -> str | None:
    """Return one name in the order in which it is spoken, from *Family, Given* too; None for what is no name.

    An organisation stays whole, whatever conjunctions are in its name.
    """
    line = _line(name[:400]).strip(" ,;")
    parts = [part.strip() for part in line.split(",")]
    if len(parts) == 3 and _SUFFIX.fullmatch(parts[1]):
        parts = [parts[0], parts[2], parts[1]]
    if len(parts) == 2 or (len(parts) == 3 and _SUFFIX.fullmatch(parts[2])):
        line = " ".join(part for part in (parts[1], parts[0], *parts[2:]) if part)
    found = names.authors([line])
    if len(found) == 1:
        return found[0]
    return line if found or (len(line.split()) > 7 and "@" not in line and "://" not in line) else None


def people(listed: Iterable[str]) -> tuple[str, ...]:
    """Return the names among texts that each hold one; of an entry with hundreds, the first 500."""
    return tuple(name for text in islice(filter(str.strip, listed), _MOST_WORDS) if (name := person(text[:400])))


@lru_cache(maxsize=256)
def language_code(text: str) -> str | None:
    """Return the code of a language (``en``) from a code with a country or from its English name, or None."""
    line = clean_line(text[:100]).lower()
    if known := _LANGUAGES.get(line) or _LANGUAGES.get(line.partition(" ")[0]):
        return known
    found = re.match(r"([a-z]{2,3})(?:[-_][a-z0-9_-]{2,})?$", line)
    return found[1] if found else None


def plain(text: str) -> str:
    """Return the text of a field without the HTML that reference managers and databases leave in it."""
    if "<" in text:
        text = _MARKUP.sub("", _BREAK.sub("\n\n", text))
    return _ENTITY.sub(lambda found: unescape(found[0]), text) if "&" in text else text


def _line(text: str) -> str:
    """Return what ``clean_line`` returns, sooner for what most fields of most lists are."""
    return " ".join(text.split()) if text.isascii() and text.isprintable() else clean_line(text)


def one_line_end(text: str) -> str:
    """Return a text with the line ends of one system, whichever wrote it."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _each_once(words: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for word in islice(filter(str.strip, words), _MOST_WORDS):
        if line := shorten(_line(word), 200):
            found.setdefault(fold(line), line)
    return tuple(found.values())
