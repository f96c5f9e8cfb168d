"""Sitemaps, news sitemaps and indexes of sitemaps: bytes to entries and further sitemaps. No network here.

sitemaps.org 0.9 with Google's news extension; and the plain form, one URL a line.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from clipper.collect.bounds import MAX_SITEMAP_URLS
from clipper.collect.dates import london_day, parse_date
from clipper.collect.entries import Entry, Found, More, absolute, moment
from clipper.collect.facts import Facts
from clipper.errors import FetchFailed
from clipper.text import clean_line

MAX_DEPTH = 2  # an index, an index in it, and the sitemaps of that
MAX_MORE = 1000  # sitemaps of one index

_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?=[-_]|$)")


def read_sitemap(body: bytes, url: str, content_type: str = "", since: str | None = None, depth: int = 0) -> Found:
    """Return the entries of a sitemap, or the sitemaps of an index: news and newest first, none older than ``since``.

    Raises FetchFailed for what is neither.
    """
    if b"<" not in body[:2000] and body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"http://", b"https://")):
        lines = body.decode("utf-8-sig", "replace").split()
        links = (link for line in lines[:MAX_SITEMAP_URLS] if (link := absolute(line, url)))
        return Found(entries=[Entry(url=link) for link in links], left_out=max(len(lines) - MAX_SITEMAP_URLS, 0))
    parts = _parts(body)
    root, _ = next(parts, ("", None))
    if root == "urlset":
        entries = [_entry(node, url) for name, node in islice(parts, MAX_SITEMAP_URLS) if name == "url"]
        return Found(entries=entries, left_out=sum(name == "url" for name, _ in parts))
    if root == "sitemapindex":
        # What is beyond so many is not even looked at: sorting it would take as long as reading it.
        listed = [_more(node, url, depth + 1) for name, node in islice(parts, MAX_SITEMAP_URLS) if name == "sitemap"]
        more = {m.url: m for m in listed if m and not _older(m, since)} if depth < MAX_DEPTH else {}
        best = sorted(more.values(), key=lambda m: (_is_news(m), m.lastmod or ""), reverse=True)
        return Found(more=best[:MAX_MORE], more_left_out=max(len(best) - MAX_MORE, 0))
    raise FetchFailed(f"not a sitemap: {_what(root, content_type)}")


def _parts(body: bytes) -> Iterator[tuple[str, Any]]:
    """Yield the root's name, then each element in it with its name. Each is gone when the next is asked for."""
    try:
        events = etree.iterparse(
            io.BytesIO(body), events=("start", "end"), recover=True, resolve_entities=False, no_network=True,
            huge_tree=False,
        )  # fmt: skip
        depth = 0
        for event, node in events:
            if not isinstance(node.tag, str):
                continue
            depth += 1 if event == "start" else -1
            name = etree.QName(node).localname
            if event == "start" and depth == 1:
                yield name, None
            elif event == "end" and depth == 1:
                yield name, node
                node.clear(keep_tail=False)
                while node.getprevious() is not None:
                    del node.getparent()[0]
    except (etree.XMLSyntaxError, ValueError):
        return


def _entry(node: Any, url: str) -> Entry:
    # Pictures and videos have a loc and a title of their own: only the page's and its news element's count.
    own = _leaves(node.iterchildren("{*}loc", "{*}lastmod"))
    news = _leaves(e for part in node.iterchildren("{*}news") for e in part.iter("{*}*"))
    language = _LANGUAGE.match(news.get("language", ""))
    words = (clean_line(word) for word in news.get("keywords", "").split(","))
    return Entry(
        url=absolute(own.get("loc"), url),
        updated=moment(own.get("lastmod")),
        facts=Facts(
            title=news.get("title"),
            outlet=news.get("name"),
            published=parse_date(news.get("publication_date")),
            language=language[0].lower() if language else None,
            categories=tuple(dict.fromkeys(word for word in words if word))[:30],
        ),
    )


def _more(node: Any, url: str, depth: int) -> More | None:
    own = _leaves(node.iterchildren("{*}loc", "{*}lastmod"))
    where = absolute(own.get("loc"), url)
    return More(url=where, lastmod=moment(own.get("lastmod")), depth=depth) if where else None


def _older(more: More, since: str | None) -> bool:
    day = london_day(datetime.fromisoformat(more.lastmod)) if more.lastmod else None
    return bool(since and day and day < since)


def _is_news(more: More) -> bool:
    return "news" in urlsplit(more.url).path.lower()


def _leaves(elements: Iterable[Any]) -> dict[str, str]:
    return {etree.QName(e).localname: line for e in elements if (line := clean_line(_text(e)))}


def _text(element: Any) -> str:
    try:
        return element.text or ""
    except UnicodeDecodeError:  # what recovery let through is not UTF-8
        return ""


def _what(root: str, content_type: str) -> str:
    if root in ("rss", "feed", "RDF"):
        return 'a feed; set kind = "feed"'
    return clean_line(content_type)[:60] or "no <urlset> in it"
