"""A source's bytes to its entries. No network here.

RSS 0.9 to 2.0 and Atom are read by feedparser, JSON Feed (jsonfeed.org, 1.0 and 1.1) by ``json``; sitemaps and
listing pages have files of their own.
"""

from __future__ import annotations

import calendar
import html as entities
import io
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import feedparser
import feedparser.encodings
from feedparser.mixin import _FeedParserMixin
from lxml import etree

from clipper.collect import names
from clipper.collect.bounds import refuse_flooded_feed, refuse_flooded_json
from clipper.collect.dates import london_day, parse_date
from clipper.collect.entries import Entry, Found, absolute, moment, wanted
from clipper.collect.facts import Facts
from clipper.collect.listings import read_listing
from clipper.collect.sitemaps import read_sitemap
from clipper.config import Source
from clipper.errors import FetchFailed
from clipper.identity import url_key
from clipper.text import clean_line, clean_text

MAX_ENTRIES = 5000
MAX_BYTES = 50 << 20  # unpacked: as large as a sitemap may be
LONGEST_TTL = 24 * 3600.0
_LONGEST_NAME = 300  # characters of an author's name that are looked at

_BARE_AMPERSAND = re.compile(rb"&(?!(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});)")
_FEED_ROOT = re.compile(rb"<(?:rss|feed|rdf:rdf|channel)[\s>]", re.IGNORECASE)
_MAILED = re.compile(r"[^\s@()]+@[^\s@()]+\s*\((?P<name>[^()]+)\)")
_PERIODS = {"hourly": 3600.0, "daily": 86400.0, "weekly": 7 * 86400.0, "monthly": 30 * 86400.0, "yearly": 365 * 86400.0}
_BLOCKS = frozenset(["p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "tr", "br", "section",
                     "article", "pre", "dt", "dd", "hr"])  # fmt: skip
_UNREAD = frozenset(["script", "style", "iframe", "figure", "form"])


def read_source(source: Source, body: bytes, url: str, content_type: str = "", depth: int = 0) -> Found:
    """Return what a page of a source lists, each URL once: entries, and the further pages to read.

    ``url`` is where the body came from, ``depth`` the page's own (``More.depth``; 0 for the source's URL). Further
    pages that would be too deep are not in the answer. Of more than ``MAX_ENTRIES`` entries those that the source's
    words and start date let in are taken, the newest first, and what is over is counted.

    Raises FetchFailed with the cause when the bytes are not what the source's kind says.
    """
    if source.kind == "page":
        return Found(entries=[Entry(url=source.url)])
    body = _unpacked(body)
    if source.kind == "sitemap":
        found = read_sitemap(body, url, content_type, source.since, depth)
    elif source.kind == "listing":
        found = read_listing(source, body, url, content_type, depth)
    else:
        found = read_feed(body, url, content_type)
    once: dict[str, Entry] = {}
    for number, entry in enumerate(found.entries):
        once.setdefault(url_key(entry.url) if entry.url else f"guid {entry.guid or number}", entry)
    entries, left_out = list(once.values()), found.left_out
    if len(entries) > MAX_ENTRIES:
        entries = [e for e in entries if wanted(e, source.match, source.drop, source.since)]
        entries.sort(key=lambda e: e.day or "", reverse=True)
        left_out += max(len(entries) - MAX_ENTRIES, 0)
    return replace(found, entries=entries[:MAX_ENTRIES], left_out=left_out)


def _unpacked(body: bytes) -> bytes:
    """Return a body that was packed by gzip, as ``sitemap.xml.gz`` is. Raises FetchFailed for a broken one."""
    for _ in range(3):
        if not body.startswith(b"\x1f\x8b"):
            break
        unpacker = zlib.decompressobj(wbits=31)
        try:
            body = unpacker.decompress(body, MAX_BYTES + 1)
        except zlib.error:
            raise FetchFailed("packed by gzip, and cannot be unpacked") from None
        if len(body) > MAX_BYTES:
            raise FetchFailed(f"larger than {MAX_BYTES >> 20} MB when unpacked")
        if not unpacker.eof:
            raise FetchFailed("packed by gzip, and cut short")
    return body


# -- feeds ------------------------------------------------------------------------------------------------


def read_feed(body: bytes, url: str, content_type: str = "") -> Found:
    """Return the entries of an RSS, Atom or JSON feed. Raises FetchFailed for what is none."""
    if not body.strip():
        raise FetchFailed("not a feed: empty")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        refuse_flooded_json(body)
        return _json_feed(body, url)
    if _is_page(body) and not _FEED_ROOT.search(body[:100_000]):
        raise FetchFailed(f"not a feed: {_what(body, content_type)}")  # feedparser would look for one, at length
    refuse_flooded_feed(body)
    parsed = _parsed(body, content_type)
    if parsed.bozo and (mended := _BARE_AMPERSAND.sub(b"&amp;", body)) != body:
        again = _parsed(mended, content_type)
        if len(again.entries) >= len(parsed.entries):
            parsed = again
    if not parsed.version and not parsed.entries:
        raise FetchFailed(f"not a feed: {_what(body, content_type)}")
    outlet = clean_line(plain(parsed.feed.get("title") or "")) or None
    language = re.match(r"[a-zA-Z]{2,3}(?=[-_]|$)", str(parsed.feed.get("language") or ""))
    return Found(
        entries=[_entry(raw, outlet, language[0].lower() if language else None, url) for raw in parsed.entries],
        title=outlet,
        ttl=_ttl(parsed.feed),
    )


def _with_short_names(look: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    """Return feedparser's look for an address in an author's name, kept from names that are none.

    What it costs grows with the square of a name's length: one of a hundred kilobytes takes minutes.
    """

    def look_in_short(parser: Any, key: str = "author") -> None:
        context = parser._get_context()
        if len(said := str(context.get(key) or "")) > _LONGEST_NAME:
            context[key] = said[:_LONGEST_NAME]
        look(parser, key)

    return look_in_short


_FeedParserMixin._sync_author_detail = _with_short_names(_FeedParserMixin._sync_author_detail)
# Its own pattern tries every end of a declaration with every encoding in it: forty kilobytes of them take minutes.
feedparser.encodings.RE_XML_PI_ENCODING = re.compile(rb"<\?[^>]{0,500}?encoding=['\"]([^'\">]{0,100})['\"]")


def _parsed(body: bytes, content_type: str) -> Any:
    # A stream, never the bytes themselves: feedparser takes a short text for a file's name or a URL, and opens it.
    # It is not told the feed's URL: links are made whole here, where a forgotten scheme is known for what it is.
    try:
        return feedparser.parse(
            io.BytesIO(body),
            response_headers={"content-type": content_type or "application/xml"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # whatever a stranger's bytes do to the parser, they are no feed
        raise FetchFailed(f"not a feed: it cannot be read ({type(error).__name__})") from None


def _is_page(body: bytes) -> bool:
    start = body[:2000].lower()
    return b"<html" in start or b"<!doctype html" in start


def _what(body: bytes, content_type: str) -> str:
    start = body[:2000].lower()
    if _is_page(body):
        return 'a web page (clipper sources discover finds its feed); kind = "listing" or "page" may be meant'
    if b"<urlset" in start or b"<sitemapindex" in start:
        return 'a sitemap; set kind = "sitemap"'
    return f"no RSS, Atom or JSON Feed in it ({clean_line(content_type)[:60] or 'no content type'})"


def _ttl(feed: Any) -> float | None:
    """Return the seconds for which an RSS feed asks to be left alone: ``ttl``, or its update period."""
    asked = [0.0]
    minutes = str(feed.get("ttl", "")).strip()
    if minutes.isascii() and minutes.isdigit():
        asked.append(float(minutes[:9]) * 60)
    if period := _PERIODS.get(str(feed.get("sy_updateperiod", "")).strip().lower()):
        often = str(feed.get("sy_updatefrequency", "")).strip()
        asked.append(period / max(int(often[:9]) if often.isascii() and often.isdigit() else 1, 1))
    return min(max(asked), LONGEST_TTL) or None


def _entry(raw: Any, outlet: str | None, language: str | None, url: str) -> Entry:
    link = raw.get("link") or next((a.get("href") for a in raw.get("links") or [] if a.get("href")), None)
    guid = clean_line(str(raw.get("id") or "")) or None
    if not link and guid and guid.startswith(("http://", "https://")):
        link = guid
    content = max((c.get("value") or "" for c in raw.get("content") or []), key=len, default="")
    people = [a.get("name") or "" for a in raw.get("authors") or []] or [raw.get("author") or ""]
    if mailed := _MAILED.fullmatch(str(raw.get("author") or "").strip()):
        people = [mailed["name"]]
    return Entry(
        url=_feed_link(link, url),
        guid=guid,
        content=paragraphs_of(content),
        updated=_entry_updated(raw),
        facts=Facts(
            title=_entry_title(raw),
            outlet=outlet,
            authors=names.authors(people),
            published=_entry_date(raw),
            language=language,
            excerpt=clean_text(plain(raw.get("summary") or ""))[:2000] or None,
            categories=tuple(dict.fromkeys(c for t in raw.get("tags") or [] if (c := clean_line(t.get("term") or ""))))[
                :30
            ],
        ),
    )


def _feed_link(link: str | None, url: str) -> str | None:
    """Return an entry's link; one that begins with the feed's own host, its scheme forgotten, is made whole."""
    host = urlsplit(url).netloc
    if link and host and link.strip().lower().startswith(f"{host.lower()}/"):
        link = f"//{link.strip()}"
    return absolute(link, url)


def _entry_title(raw: Any) -> str | None:
    title = raw.get("title") or ""
    if (raw.get("title_detail") or {}).get("type") == "text/plain":
        return clean_line(entities.unescape(title)) or None
    return clean_line(plain(title)) or None


def _entry_date(raw: Any) -> str | None:
    for key in ("published", "created", "updated"):
        if day := parse_date(raw.get(key)):
            return day
        if (found := _parsed_moment(raw, key)) and (day := london_day(found)):
            return day
    return None


def _entry_updated(raw: Any) -> str | None:
    """Return the later of the moments of change and of publication: RSS has but the one, and papers move it."""
    # Asked for "updated", feedparser gives "published" where there is none; asked whether it is there, it does not.
    moments = (_entry_moment(raw, key) for key in ("updated", "published") if key in raw)
    return max((m for m in moments if m), default=None)


def _entry_moment(raw: Any, key: str) -> str | None:
    found = _parsed_moment(raw, key)
    return moment(str(raw[key])) or (found.strftime("%Y-%m-%dT%H:%M:%SZ") if found else None)


def _parsed_moment(raw: Any, key: str) -> datetime | None:
    """Return what feedparser made of a date: it knows more notations than newspapers should use, and gives UTC."""
    # One that begins with a year is ISO 8601 or nothing: there it makes up days for dates that are none.
    if not (parsed := raw.get(f"{key}_parsed")) or re.match(r"\s*\d{4}", str(raw.get(key) or "")):
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _json_feed(body: bytes, url: str) -> Found:
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
                url=_feed_link(link, url),
                guid=clean_line(str(item.get("id") or "")) or None,
                content=paragraphs_of(html) if html else clean_text(_text(item.get("content_text"))),
                updated=moment(_text(item.get("date_modified"))),
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
    return Found(entries=entries, title=outlet)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


# -- HTML inside feeds ------------------------------------------------------------------------------------


def plain(html: str) -> str:
    """Return what a reader sees of a bit of HTML, or of a text with entities in it."""
    return paragraphs_of(html) if "<" in html else entities.unescape(html)


def paragraphs_of(html: str) -> str:
    """Return the text of a feed's content, a paragraph for each block of it."""
    if "<" not in html:
        return clean_text(html)
    # No tree is built: its cost would grow with the depth to which a stranger nests.
    parser = etree.HTMLParser(target=_Blocks(), encoding="utf-8", no_network=True)
    try:
        text = etree.fromstring(html.replace("\x00", "").encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return ""
    return clean_text(str(text))


class _Blocks:
    """Hears a page's elements one after the other and writes down their text, a blank line around each block."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._unread = 0

    def start(self, tag: str, attributes: Any) -> None:
        self._unread += tag in _UNREAD
        self._part(tag)

    def end(self, tag: str) -> None:
        self._unread -= tag in _UNREAD
        self._part(tag)

    def _part(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._pieces.append("\n\n")

    def data(self, text: str) -> None:
        if not self._unread:
            self._pieces.append(text)

    def close(self) -> str:
        return "".join(self._pieces)
