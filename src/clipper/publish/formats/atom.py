"""Atom (RFC 4287): what feed readers take, one entry an article.

Nothing in a feed says when it was made: an unchanged archive gives the same bytes. Since entries are written one
after the other, the moment of the newest of them stands behind them; the RFC leaves the order open.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from clipper.models import Article
from clipper.publish.about import About
from clipper.publish.formats.citation import address_of, day_parts, language_of, one_line, title_of
from clipper.publish.selection import Item

# Ids are made from this one and from the article's id: the same article is the same entry in every feed.
_NAMESPACE = uuid.UUID("3f0c6c0e-7f0b-5f3b-9d52-6f7a1c2e8b44")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", re.ASCII)
_NEVER = "1970-01-01T00:00:00Z"


def lines(
    items: Iterable[Item], about: About, *, self_url: str | None = None, link: str | None = None
) -> Iterator[str]:
    """Yield the articles as a feed, an entry at a time.

    ``self_url`` is where the feed itself is to be had, ``link`` the page that shows the same articles.
    """
    yield '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
    yield f"  <id>{_urn('feed', self_url or about.url, about.title, about.query)}</id>\n"
    yield _element("title", about.title or "Clippings", 1)
    if about.query:
        yield _element("subtitle", about.query, 1)
    if link:
        yield f'  <link rel="alternate" href={_quoted(link)}/>\n'
    if self_url:
        yield f'  <link rel="self" type="application/atom+xml" href={_quoted(self_url)}/>\n'
    yield "  <generator>clipper</generator>\n"
    newest = _NEVER
    for item in items:
        newest = max(newest, _updated(item.article))
        yield _entry(item, about)
    yield f"  <updated>{newest}</updated>\n</feed>\n"


def entry_id(article_id: str) -> str:
    """Return the id of an article's entry: the same for ever, wherever the article is given out."""
    return _urn("article", article_id)


def _urn(*parts: str) -> str:
    return uuid.uuid5(_NAMESPACE, "\x1f".join(parts).encode("utf-8", "replace").decode()).urn


def _entry(item: Item, about: About) -> str:
    article = item.article
    updated, address, outlet = _updated(article), address_of(article), one_line(article.outlet or "")
    language = language_of(article)
    made = ["  <entry", f" xml:lang={_quoted(language)}" if language else "", ">\n"]
    made += [_element("id", entry_id(article.id)), _element("title", title_of(article, about))]
    made.append(_element("updated", updated))
    issued = day_parts(article.published)
    if len(issued) == 3:
        # Noon, since readers show it in the time of their own place: at midnight it would be the day before in others.
        made.append(_element("published", "{:04}-{:02}-{:02}T12:00:00Z".format(*issued)))
    names = [name for name in map(one_line, article.authors) if name] or [outlet or "unknown"]
    made += [f"    <author>\n  {_element('name', name)}    </author>\n" for name in names]
    if address:
        made.append(f'    <link rel="alternate" href={_quoted(address)}/>\n')
    for theme in item.carried:
        made.append(f"    <category term={_quoted(theme)} label={_quoted(about.name_of(theme))}/>\n")
    if outlet:
        inner = _element("id", _urn("outlet", outlet)) + _element("title", outlet) + _element("updated", updated)
        made.append(f"    <source>\n{inner}    </source>\n")
    text = one_line(about.excerpt_of(article) or "")
    # An entry without a link has to have content.
    if text or not address:
        made.append(_element("summary" if address else "content", text or title_of(article, about)))
    return "".join([*made, "  </entry>\n"])


def _updated(article: Article) -> str:
    return article.fetched if _MOMENT.fullmatch(article.fetched) and day_parts(article.fetched[:10]) else _NEVER


def _element(name: str, text: str, depth: int = 2) -> str:
    return f"{'  ' * depth}<{name}>{escape(one_line(text))}</{name}>\n"


def _quoted(text: str) -> str:
    return quoteattr(one_line(text))
