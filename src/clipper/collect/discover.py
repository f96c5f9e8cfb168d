"""The feed, sitemap or listing of a site that somebody names by any of its pages.

What a page declares comes first, then the places where publishing systems put their feeds, then sitemaps, then the
page itself as a list of headlines. The search goes on only until something is found, and asks as politely as a fetch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urlsplit

from clipper.collect.document import site_name
from clipper.collect.entries import Entry, Found, absolute
from clipper.collect.listings import page_soup
from clipper.collect.robots import Rules
from clipper.collect.web import Answer, Web
from clipper.collect.where import without_login
from clipper.collect.workers import Workers
from clipper.config import Source
from clipper.errors import FetchFailed, Refused
from clipper.identity import url_key
from clipper.text import clean_line, fold

MAX_TRIED = 10  # declared feeds of one page

_FEED_TYPES = frozenset(
    ["application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "text/rss+xml"]
)
_LIKE_FEED = re.compile(r"(?:^|[/._?&=-])(?:rss2?|atom|feeds?|rdf)(?:$|[/._?&=])", re.IGNORECASE)
_FEED_HOST = re.compile(r"feeds?\d?\.|.*feedburner\.com$", re.IGNORECASE)
_FEED_WORDS = re.compile(r"\b(?:rss|atom|feed|subscribe to (?:our|this) feed)\b", re.IGNORECASE)
_COMMENTS = re.compile(r"\bcomments?\b|/comments/", re.IGNORECASE)
_OF_COMMENTS = re.compile(r"comments? (?:on|for)\b", re.IGNORECASE)
_FEED_PATHS = (
    "/feed/", "/feed", "/rss.xml", "/rss", "/atom.xml", "/feed.xml", "/index.xml", "/feed.json",
    "/feeds/posts/default", "/?feed=rss2",
)  # fmt: skip
_SITEMAP_PATHS = ("/news-sitemap.xml", "/sitemap_index.xml", "/sitemap.xml")
# A name that a path ends in and that is a file's, not a section's.
_FILE = re.compile(r"/[^/]*\.[a-z0-9]{2,5}$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A URL at which a feed may be. ``comments`` marks a feed of readers' comments."""

    url: str
    title: str | None = None
    comments: bool = False


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What could be a source: what it is, what it lists now, and how much that is.

    ``sitemaps`` counts the further sitemaps that an index lists; the entries are then those of the first.
    """

    kind: str
    url: str
    title: str | None = None
    site: str | None = None
    entries: list[Entry] = field(default_factory=list)
    newest: str | None = None
    per_week: float | None = None
    sitemaps: int = 0
    comments: bool = False


# -- where to look: pure ----------------------------------------------------------------------------------


def declared(body: bytes, url: str, content_type: str = "") -> list[Place]:
    """Return the feeds that a page names: its alternates, then links that look like feeds; comment feeds last."""
    soup = page_soup(body, content_type)
    base = soup.find("base", href=True)
    start = (absolute(str(base["href"]), url) or url) if base is not None else url
    places: dict[str, Place] = {}

    def take(link: str | None, title: str | None) -> None:
        if link and link != url:
            comments = bool(_COMMENTS.search(f"{title or ''} {urlsplit(link).path}"))
            places.setdefault(link, Place(url=link, title=title or None, comments=comments))

    for element in soup.find_all("link", href=True):
        relations = [word.lower() for word in element.get_attribute_list("rel") if word]
        kind = str(element.get("type") or "").partition(";")[0].strip().lower()
        if "feed" in relations or ("alternate" in relations and kind in _FEED_TYPES):
            take(absolute(str(element["href"]), start), clean_line(str(element.get("title") or "")))
    for anchor in soup.find_all("a", href=True):
        link = absolute(str(anchor["href"]).partition("#")[0], start)
        text = clean_line(anchor.get_text(" "))
        if link and (_looks_like_feed(link) or (len(text.split()) <= 4 and _FEED_WORDS.search(text))):
            take(link, text)
    return sorted(places.values(), key=lambda place: place.comments)


def well_known(url: str) -> list[str]:
    """Return where publishing systems put a site's feeds: of the section first that the URL names."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}"
    path = _FILE.sub("", parts.path).rstrip("/")
    section = [f"{root}{path}/feed/", f"{root}{path}/rss.xml", f"{root}{path}/rss"] if path else []
    return section + [root + known for known in _FEED_PATHS]


def sitemap_places(url: str, named: Sequence[str] = ()) -> list[str]:
    """Return where a site's sitemaps may be: those that its robots.txt named, news first, else the usual paths."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}"
    links = [link for name in named if (link := absolute(name, f"{root}/"))]
    links.sort(key=lambda link: "news" not in urlsplit(link).path.lower())
    return list(dict.fromkeys(links))[:MAX_TRIED] or [root + known for known in _SITEMAP_PATHS]


def _looks_like_feed(link: str) -> bool:
    parts = urlsplit(link)
    return bool(_LIKE_FEED.search(f"{parts.path}?{parts.query}".rstrip("?")) or _FEED_HOST.match(parts.hostname or ""))


def weekly(entries: Sequence[Entry]) -> float | None:
    """Return how many articles a week the dates of a source's entries make, None where fewer than two have a day."""
    days = sorted(date.fromisoformat(day) for entry in entries if (day := entry.facts.published) and len(day) == 10)
    if len(days) < 2:
        return None
    span = (days[-1] - days[0]).days
    return (len(days) - 1) * 7 / span if span else len(days) * 7.0


def ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return candidates best first: those with entries, feeds before sitemaps before listings, comments last."""
    kinds = ("feed", "sitemap", "listing")
    return sorted(candidates, key=lambda c: (c.comments, not (c.entries or c.sitemaps), kinds.index(c.kind)))


def name_for(one: Candidate, taken: Iterable[str]) -> str:
    """Return a short name for a source, made from its title or else its host, that no other source has."""
    return unique_name(one.title or "", one.url, taken)


def unique_name(title: str, url: str, taken: Iterable[str]) -> str:
    """Return a name made from a title, or else from a URL's host: lower case, words with hyphens, not in ``taken``."""
    # "The Fenwick Echo | Health | All the news": the first part names it, a second may tell two of its feeds apart.
    parts = [_slug(part) for part in re.split(r"\s+[|–—·•»:>-]+\s+|[|»]", title)]
    used = {name.casefold() for name in taken} | {"added", ""}
    host = (urlsplit(url).hostname or "").removeprefix("www.").rpartition(".")[0]
    choices = [parts[0], "-".join(filter(None, parts[:2]))[:40].strip("-"), _slug(host.replace(".", " "))]
    for choice in choices:
        if choice not in used:
            return choice
    base = next(filter(None, choices), "source")
    number = 2
    while f"{base}-{number}" in used:
        number += 1
    return f"{base}-{number}" if base in used else base


def _slug(text: str) -> str:
    words = re.findall(r"[a-z0-9]+", re.sub(r"['’]", "", fold(text)))
    while words and words[0] in ("the", "rss", "feed"):
        words.pop(0)
    return "-".join(words[:5])[:40].strip("-")


# -- looking ----------------------------------------------------------------------------------------------


async def discover(web: Web, url: str, say: Callable[[str], None] = lambda _: None) -> list[Candidate]:
    """Return what a site offers as sources, best first; an empty list when nothing is found.

    ``say`` hears what is asked. Raises FetchFailed or Refused when the URL itself cannot be read.
    """
    say(f"asking {without_login(url)}")
    answer: Answer = await web.get(url)
    async with Workers(1) as workers:
        return await _discover(web, workers, answer, say)


async def _discover(web: Web, workers: Workers, answer: Answer, say: Callable[[str], None]) -> list[Candidate]:
    for kind in ("feed", "sitemap"):
        if one := await _try(web, workers, kind, answer):
            return [one]
    search = _Search(web, workers, say)
    for place in declared(answer.body, answer.url, answer.content_type)[:MAX_TRIED]:
        await search.look("feed", place.url, place.title, place.comments)
    if not search.enough():
        for known in well_known(answer.url):
            if await search.look("feed", known):
                break
    if not search.enough():
        for known in sitemap_places(answer.url, await _named_sitemaps(web, answer.url, say)):
            if await search.look("sitemap", known):
                break
    if not search.enough() and (one := await _try(web, workers, "listing", answer)):
        search.found.append(one)
    return ranked(search.found)


class _Search:
    """Asks for what may be a source, each URL once, and keeps what is one."""

    def __init__(self, web: Web, workers: Workers, say: Callable[[str], None]) -> None:
        self.found: list[Candidate] = []
        self._web = web
        self._workers = workers
        self._say = say
        self._asked: set[str] = set()

    def enough(self) -> bool:
        return any((one.entries or one.sitemaps) and not one.comments for one in self.found)

    async def look(self, kind: str, url: str, title: str | None = None, comments: bool = False) -> bool:
        """Ask for a URL; say whether a source with something in it is there, and not readers' comments."""
        if url in self._asked:
            return False
        self._asked.add(url)
        self._say(f"looking for a {kind} at {url}")
        try:
            answer: Answer = await self._web.get(url)
        except (FetchFailed, Refused):
            return False
        if answer.url != url and answer.url in self._asked:
            return False
        self._asked.add(answer.url)
        one = await _try(self._web, self._workers, kind, answer, title, comments)
        if one is None or any(url_key(one.url) == url_key(other.url) for other in self.found):
            return False
        self.found.append(one)
        return bool(one.entries or one.sitemaps) and not one.comments


async def as_candidate(web: Web, source: Source) -> Candidate:
    """Return what a source offers now. Raises FetchFailed or Refused when it cannot be read."""
    async with Workers(1) as workers:
        return await _candidate(web, workers, source, await web.get(source.url))


async def _try(
    web: Web, workers: Workers, kind: str, answer: Answer, title: str | None = None, comments: bool = False
) -> Candidate | None:
    """Return an answer as a candidate of a kind, None when it is none."""
    try:
        one = await _candidate(web, workers, Source(name="?", url=answer.url, kind=kind), answer)
    except (FetchFailed, Refused):
        return None
    return replace(one, title=one.title or title, comments=one.comments or comments)


async def _candidate(web: Web, workers: Workers, source: Source, answer: Answer) -> Candidate:
    """Return what an answer offers. Of an index of sitemaps the first is asked for, for its entries."""
    found = await _read(workers, source, answer, 0)
    one = Candidate(
        kind=source.kind,
        url=answer.url,
        title=found.title,
        site=site_name(answer.url),
        sitemaps=len(found.more) if source.kind == "sitemap" else 0,
        comments=bool(_OF_COMMENTS.match(found.title or "")),
    )
    while found.more and not found.entries:
        first = found.more[0]
        child = await web.get(first.url)
        found = await _read(workers, source, child, first.depth)
    days = [entry.day for entry in found.entries if entry.day]
    return replace(one, entries=found.entries, newest=max(days, default=None), per_week=weekly(found.entries))


async def _read(workers: Workers, source: Source, answer: Answer, depth: int) -> Found:
    """Return what an answer lists. It is read in another process: what a stranger sent may hold a parser for hours."""
    return await workers.read_source(source, answer.payload, answer.url, answer.content_type, answer.coding, depth)


async def _named_sitemaps(web: Web, url: str, say: Callable[[str], None]) -> list[str]:
    parts = urlsplit(url)
    where = f"{parts.scheme}://{parts.netloc}/robots.txt"
    say(f"asking {where} for sitemaps")
    try:
        answer: Answer = await web.get(where)
    except (FetchFailed, Refused):
        return []
    return Rules(200, answer.body).sitemaps
