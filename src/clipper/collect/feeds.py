"""Feeds, sitemaps and listing pages: bytes to entries. No network here.

RSS 0.9 to 2.0 and Atom are read by feedparser, JSON Feed (jsonfeed.org, 1.0 and 1.1) by ``json``.
"""

from __future__ import annotations

import calendar
import html as entities
import io
import json
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser
from bs4 import BeautifulSoup
from lxml import etree

from clipper.collect import names
from clipper.collect.dates import london_day, parse_date
from clipper.collect.facts import Facts
from clipper.collect.page import unpacked
from clipper.errors import FetchFailed, Refused
from clipper.identity import same_site, url_key
from clipper.text import clean_line, clean_text, fold

MAX_ENTRIES = 5000
_BARE_AMPERSAND = re.compile(rb"&(?!(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});)")
_MAILED = re.compile(r"^\S+@\S+\s*\((?P<name>[^()]+)\)$")
LEAST_HEADLINE = 4  # words in a link's text that make it look like a headline


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of a source: where the article is, and what the source says of it.

    ``content`` is the article's text where the feed carries it whole; ``changed`` the day on which a sitemap
    says that the page last changed, which is no date of publication but tells what is older than ``since``.
    """

    url: str | None
    guid: str | None = None
    facts: Facts = field(default_factory=Facts)
    content: str = ""
    changed: str | None = None


def read_source(kind: str, body: bytes, url: str, content_type: str = "") -> list[Entry]:
    """Return the entries of a source of any kind, each URL once.

    Raises FetchFailed with the cause when the bytes are not what the kind says.
    """
    read = {"feed": read_feed, "sitemap": read_sitemap, "listing": read_listing}[kind]
    try:
        body = unpacked(body)
    except Refused as error:
        raise FetchFailed(str(error)) from None
    entries: dict[str, Entry] = {}
    for number, entry in enumerate(read(body, url, content_type)):
        if number >= MAX_ENTRIES:
            break
        key = url_key(entry.url) if entry.url else f"guid {entry.guid or number}"
        entries.setdefault(key, entry)
    return list(entries.values())


def wanted(entry: Entry, match: Iterable[str], drop: Iterable[str], since: str | None) -> bool:
    """Whether a source's words and start date let an entry in.

    ``match`` and ``drop`` are looked for in title, summary, categories and URL, case and accents ignored: one of
    ``match`` must be there, if there are any, none of ``drop`` may. An entry without a date is let in.
    """
    facts = entry.facts
    said = fold(" ".join([facts.title or "", facts.excerpt or "", *facts.categories, entry.url or ""]))
    match = [fold(word) for word in match]
    if match and not any(word in said for word in match):
        return False
    if any(fold(word) in said for word in drop):
        return False
    day = facts.published or entry.changed
    return not (since and day and day < since[: len(day)])


# -- feeds ------------------------------------------------------------------------------------------------


def read_feed(body: bytes, url: str, content_type: str = "") -> list[Entry]:
    """Return the entries of an RSS, Atom or JSON feed. Raises FetchFailed for what is none."""
    if not body.strip():
        raise FetchFailed("not a feed: empty")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _json_feed(body, url)
    parsed = _parsed(body, url, content_type)
    if parsed.bozo and (mended := _BARE_AMPERSAND.sub(b"&amp;", body)) != body:
        again = _parsed(mended, url, content_type)
        if len(again.entries) >= len(parsed.entries):
            parsed = again
    if not parsed.version and not parsed.entries:
        raise FetchFailed(f"not a feed: {_what(body, content_type)}")
    outlet = clean_line(_plain(parsed.feed.get("title", ""))) or None
    language = re.match(r"[a-zA-Z]{2,3}(?=[-_]|$)", str(parsed.feed.get("language", "")))
    return [_entry(raw, outlet, language[0].lower() if language else None, url) for raw in parsed.entries]


def _parsed(body: bytes, url: str, content_type: str) -> Any:
    # A stream, never the bytes themselves: feedparser takes a short text for a file's name or a URL, and opens it.
    return feedparser.parse(
        io.BytesIO(body),
        response_headers={"content-location": url, "content-type": content_type or "application/xml"},
        sanitize_html=False,
    )


def _what(body: bytes, content_type: str) -> str:
    start = body[:2000].lstrip().lower()
    if b"<html" in start or start.startswith(b"<!doctype html"):
        return 'a web page; kind = "listing" or "page" may be meant'
    if b"<urlset" in start or b"<sitemapindex" in start:
        return 'a sitemap; set kind = "sitemap"'
    return f"no RSS, Atom or JSON Feed in it ({clean_line(content_type)[:60] or 'no content type'})"


def _entry(raw: Any, outlet: str | None, language: str | None, url: str) -> Entry:
    link = raw.get("link") or next((a.get("href") for a in raw.get("links", []) if a.get("href")), None)
    guid = clean_line(str(raw.get("id") or "")) or None
    if not link and guid and guid.startswith(("http://", "https://")):
        link = guid
    content = max((c.get("value") or "" for c in raw.get("content", [])), key=len, default="")
    people = [a.get("name", "") for a in raw.get("authors", [])] or [raw.get("author", "")]
    if mailed := _MAILED.match(str(raw.get("author", "")).strip()):
        people = [mailed["name"]]
    return Entry(
        url=_absolute(link, url),
        guid=guid,
        content=_paragraphs(content),
        facts=Facts(
            title=_entry_title(raw),
            outlet=outlet,
            authors=names.authors(people),
            published=_entry_date(raw),
            language=language,
            excerpt=clean_text(_plain(raw.get("summary", "")))[:2000] or None,
            categories=tuple(dict.fromkeys(c for t in raw.get("tags") or [] if (c := clean_line(t.get("term") or ""))))[
                :30
            ],
        ),
    )


def _entry_title(raw: Any) -> str | None:
    title = raw.get("title", "")
    if raw.get("title_detail", {}).get("type") == "text/plain":
        return clean_line(entities.unescape(title)) or None
    return clean_line(_plain(title)) or None


def _entry_date(raw: Any) -> str | None:
    for key in ("published", "created", "updated"):
        if day := parse_date(raw.get(key)):
            return day
        # feedparser knows more notations than newspapers should use; what it gives is UTC.
        # One that begins with a year is ISO 8601 or nothing: there it makes up days for dates that are none.
        if (moment := raw.get(f"{key}_parsed")) and not re.match(r"\s*\d{4}", str(raw.get(key) or "")):
            try:
                return london_day(datetime.fromtimestamp(calendar.timegm(moment), UTC))
            except (ValueError, OverflowError, OSError):
                continue
    return None


def _json_feed(body: bytes, url: str) -> list[Entry]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise FetchFailed("not a feed: begins like JSON but does not parse") from None
    if not str(data.get("version", "")).startswith("https://jsonfeed.org/version/") or not isinstance(
        data.get("items"), list
    ):
        raise FetchFailed("not a feed: JSON, but no JSON Feed")
    outlet = clean_line(_text(data.get("title"))) or None
    entries = []
    for item in data["items"]:
        if not isinstance(item, dict):
            continue
        people = item.get("authors") or data.get("authors") or [item.get("author")]
        people = [p.get("name") for p in people if isinstance(p, dict)] if isinstance(people, list) else []
        raw_tags = item.get("tags")
        tags = raw_tags if isinstance(raw_tags, list) else []
        html = _text(item.get("content_html"))
        link = _text(item.get("url")) or _text(item.get("external_url"))
        entries.append(
            Entry(
                url=_absolute(link, url),
                guid=clean_line(str(item.get("id") or "")) or None,
                content=_paragraphs(html) if html else clean_text(_text(item.get("content_text"))),
                facts=Facts(
                    title=clean_line(_text(item.get("title"))) or None,
                    outlet=outlet,
                    authors=names.authors(_text(p) for p in people),
                    published=parse_date(_text(item.get("date_published")))
                    or parse_date(_text(item.get("date_modified"))),
                    language=_text(item.get("language") or data.get("language")).partition("-")[0][:3].lower() or None,
                    excerpt=clean_text(_text(item.get("summary")))[:2000] or None,
                    categories=tuple(dict.fromkeys(c for t in tags if (c := clean_line(_text(t)))))[:30],
                ),
            )
        )
    return entries


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _absolute(link: str | None, base: str) -> str | None:
    try:
        whole = urljoin(base, (link or "").strip())
        return whole if link and urlsplit(whole).scheme in ("http", "https") and urlsplit(whole).hostname else None
    except ValueError:
        return None


def _plain(html: str) -> str:
    """Return what a reader sees of a bit of HTML, or of a text with entities in it."""
    return _paragraphs(html) if "<" in html else entities.unescape(html)


def _soup(markup: str | bytes) -> BeautifulSoup:
    with warnings.catch_warnings():
        # It warns of what looks like a file's name or like XML; here it is what a stranger sent, whatever it is.
        warnings.simplefilter("ignore")
        return BeautifulSoup(markup, "lxml")


def _paragraphs(html: str) -> str:
    """Return the text of a feed's content, a paragraph for each block of it."""
    if "<" not in html:
        return clean_text(html)
    soup = _soup(html)
    for unwanted in soup(["script", "style", "iframe", "figure", "form"]):
        unwanted.decompose()
    for block in soup(["p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "tr", "br"]):
        block.insert_before("\n\n")
        block.insert_after("\n\n")
    return clean_text(soup.get_text())


# -- sitemaps and listing pages ---------------------------------------------------------------------------


def read_sitemap(body: bytes, url: str, content_type: str = "") -> list[Entry]:
    """Return the entries of a sitemap or a news sitemap (sitemaps.org 0.9, Google's news extension)."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    name = etree.QName(root).localname if root is not None else ""
    if name == "sitemapindex":
        raise FetchFailed("an index of sitemaps; name one of the sitemaps that it lists")
    if root is None or name != "urlset":
        raise FetchFailed(f"not a sitemap: {clean_line(content_type)[:60] or 'no <urlset> in it'}")
    entries = []
    for node in root.iterchildren("{*}url"):
        # Pictures and videos have a loc and a title of their own: only the page's and its news element's count.
        own = _leaves(node.iterchildren("{*}loc", "{*}lastmod"))
        news = _leaves(e for part in node.iterchildren("{*}news") for e in part.iter("{*}*"))
        entries.append(
            Entry(
                url=_absolute(own.get("loc"), url),
                changed=parse_date(own.get("lastmod")),
                facts=Facts(
                    title=news.get("title"),
                    outlet=news.get("name"),
                    published=parse_date(news.get("publication_date")),
                ),
            )
        )
    return entries


def _leaves(elements: Iterable[Any]) -> dict[str, str]:
    return {etree.QName(e).localname: line for e in elements if (line := clean_line(e.text or ""))}


def read_listing(body: bytes, url: str, content_type: str = "") -> list[Entry]:
    """Return the links of a listing page that lead to pages of its site and read like headlines."""
    soup = _soup(body)
    base = soup.find("base", href=True)
    if base is not None:
        url = _absolute(str(base["href"]), url) or url
    entries = []
    for anchor in soup.find_all("a", href=True):
        link = _absolute(str(anchor["href"]).partition("#")[0], url)
        title = clean_line(anchor.get_text(" "))
        if not link or not same_site(link, url) or url_key(link) == url_key(url):
            continue
        if len(title.split()) >= LEAST_HEADLINE:
            entries.append(Entry(url=link))
    if not entries:
        raise FetchFailed("no links that read like headlines on the listing page")
    return entries
