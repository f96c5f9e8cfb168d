"""From an article of the archive to what the site shows of it: its page, its line in lists, its entry in the search."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from clipper.checksums import checksum
from clipper.coding.spans import Asked, Spans
from clipper.coding.verdicts import Verdict
from clipper.models import Article
from clipper.publish import rights
from clipper.publish.links import link_of
from clipper.publish.rights import Rights
from clipper.publish.selection import Item
from clipper.publish.site import addresses
from clipper.publish.site.lookup import Entry
from clipper.publish.site.views import ArticlePage, Copy, Decided, Fact, Link, Row
from clipper.text import paragraphs, shorten
from clipper.wording import counted, human_date, shown_title

SENTENCES = 2  # that decided, on a page whose text may not be given out
_LONGEST = 400  # characters of such a sentence
_TITLE = 300  # characters
_PLAIN = "en"  # the language of the site's own words


class Terms(NamedTuple):
    """What is the same for all articles of a site.

    ``themes`` leads from the key of each theme to its name; others are not shown. ``excerpt`` is ``none`` or
    ``short``. ``slug`` returns the slug of an outlet, ``article`` an article by its id, ``holds`` whether one has a
    page in the site.
    """

    themes: Mapping[str, str]
    rights: Rights
    excerpt: str
    slug: Callable[[str], str]
    article: Callable[[str], Article | None]
    holds: Callable[[str], bool]


def carried(item: Item, terms: Terms) -> list[str]:
    """Return the keys of the themes that an article carries, as far as the codebook has them."""
    return [key for key in item.carried if key in terms.themes]


def lists(item: Item, terms: Terms) -> list[str]:
    """Return the lists in which an article stands."""
    outlet = _outlet_name(item.article)
    return addresses.lists(item.article.published, terms.slug(outlet) if outlet else None, carried(item, terms))


def asked(item: Item, terms: Terms) -> Asked | None:
    """Return what a model is to be asked for the sentences by which it decided; None where they are not shown."""
    themes = [verdict.theme for verdict in item.themes if _by_model(verdict) and verdict.theme in terms.themes]
    if not themes or terms.excerpt == "none" or not item.article.text:
        return None
    return Asked(item.article.title, item.article.text, themes)


def mark(item: Item, asked_for: Asked) -> str:
    """Return what changes when other sentences may have decided: the text, the model that gave the tags, the themes."""
    model = item.tagging.model if item.tagging else ""
    return checksum(json.dumps([item.article.sha256, item.article.title, model, sorted(asked_for.themes)]))[:32]


def row(item: Item, copies: int, terms: Terms) -> Row:
    """Return an article as it stands in a list; ``copies`` is how many more pages have the same story."""
    article = item.article
    return Row(
        href=addresses.article(article.id),
        title=_title(article, terms),
        outlet=_outlet(article, terms),
        date=human_date(article.published),
        day=addresses.day(article.published),
        themes=[_theme(key, terms) for key in carried(item, terms)],
        copies=copies,
        partial=article.partial,
    )


def as_text(shown: Row) -> str:
    """Return a row as text, to be kept for a while."""
    return json.dumps(shown)


def from_text(kept: str) -> Row:
    """Return a row that was kept."""
    href, title, outlet, date, day, themes, copies, partial = json.loads(kept)
    return Row(href, title, Link(*outlet) if outlet else None, date, day, [Link(*t) for t in themes], copies, partial)


def entry(item: Item, number: int, story: int, spans: Spans, terms: Terms) -> Entry:
    """Return an article as the search in the browser knows it: by what its page shows, and by nothing else."""
    article = item.article
    shown = _shown(article, terms)
    whole = terms.rights.whole(article)
    words = [*article.authors, *(text for _, text in _sentences(item, spans, terms))]
    return Entry(
        number=number,
        href=addresses.article(article.id),
        title=_title(article, terms),
        outlet=_outlet_name(article),
        published=addresses.day(article.published) or None,
        themes=carried(item, terms),
        excerpt=rights.short_line(article) if terms.excerpt != "none" else "",
        words=" ".join([*words, *(shown if whole else [])]),
        story=story,
    )


def page(item: Item, spans: Spans, terms: Terms) -> ArticlePage:
    """Return an article's page."""
    article = item.article
    link = link_of(article)
    stated = addresses.day(article.published)
    month = stated[:7] or addresses.UNDATED
    return ArticlePage(
        title=_title(article, terms),
        outlet=_outlet(article, terms),
        authors=article.authors,
        date=human_date(article.published),
        day=stated,
        month=Link(human_date(stated[:7] or None), addresses.part(f"months/{month}", 1)),
        link=link,
        host=_host(link),
        paragraphs=_shown(article, terms),
        whole=terms.rights.whole(article) and terms.excerpt != "none",
        partial=article.partial,
        language=article.language if article.language and article.language != _PLAIN else "",
        themes=_decided(item, spans, terms),
        copies=[made for other in item.copies if (made := _copy(other, terms))],
        facts=_facts(item),
        citation=citation(article, link, terms),
        coins=coins(item, link, terms),
    )


def citation(article: Article, link: str | None, terms: Terms) -> str:
    """Return how an article is cited, in words."""
    by = ", ".join(article.authors)
    parts = [f"{by}." if by else "", f"“{_title(article, terms)}”."]
    parts += [f"{_outlet_name(article)},"] if article.outlet else []
    parts.append(human_date(article.published) + ".")
    if link:
        parts.append(f"{link} (fetched on {human_date(article.fetched[:10] or None)}).")
    return " ".join(part for part in parts if part)


def coins(item: Item, link: str | None, terms: Terms) -> str:
    """Return an article as an OpenURL context object (ANSI/NISO Z39.88): it names the article, not the site's page."""
    article = item.article
    said = [
        ("url_ver", "Z39.88-2004"),
        ("ctx_ver", "Z39.88-2004"),
        ("rft_val_fmt", "info:ofi/fmt:kev:mtx:dc"),
        ("rft.type", "newspaperArticle"),
        ("rft.title", _title(article, terms)),
        *(("rft.source", name) for name in [_outlet_name(article)] if name),
        *(("rft.date", day) for day in [addresses.day(article.published)] if day),
        *(("rft.identifier", address) for address in [link] if address),
        *(("rft.au", author) for author in article.authors),
        *(("rft.language", language) for language in [article.language] if language),
        *(("rft.subject", terms.themes[key]) for key in carried(item, terms)),
    ]
    return urlencode([(key, value.encode("utf-8", "replace")) for key, value in said])


def _title(article: Article, terms: Terms) -> str:
    text = article.text if terms.excerpt != "none" else ""  # the first words of a text stand in for a title
    return shorten(shown_title(article.title, text), _TITLE) or "[no title]"


def _outlet_name(article: Article) -> str:
    return shorten(article.outlet or "", _TITLE)


def _outlet(article: Article, terms: Terms) -> Link | None:
    name = _outlet_name(article)
    return Link(name, addresses.overview(f"outlets/{terms.slug(name)}")) if name else None


def _theme(key: str, terms: Terms) -> Link:
    return Link(terms.themes[key], addresses.overview(f"themes/{key}"))


def _host(link: str | None) -> str:
    return (urlsplit(link).hostname or "").removeprefix("www.") if link else ""


def _shown(article: Article, terms: Terms) -> list[str]:
    """Return the paragraphs of a text that the page may show."""
    if terms.excerpt == "none":
        return []
    if terms.rights.whole(article) and article.text:
        return paragraphs(article.text)
    return rights.short(article)


def _by_model(verdict: Verdict) -> bool:
    return verdict.carried and not verdict.by_people and verdict.tag is not None


def _sentences(item: Item, spans: Spans, terms: Terms) -> list[tuple[str, str]]:
    """Return the sentences by which the model decided, each with its theme, as many as may be shown, each once."""
    most = len(spans) if terms.rights.whole(item.article) else SENTENCES
    found: dict[str, str] = {}
    for key in carried(item, terms):
        if key in spans and len(found) < most:
            start, end = spans[key]
            found.setdefault(shorten(item.article.text[start:end], _LONGEST), key)
    return [(key, text) for text, key in found.items() if text]


def _decided(item: Item, spans: Spans, terms: Terms) -> list[Decided]:
    sentences = _sentences(item, spans, terms)
    return [
        Decided(_theme(one.theme, terms), _how(one, item), [text for key, text in sentences if key == one.theme])
        for one in item.themes
        if one.carried and one.theme in terms.themes
    ]


def _how(verdict: Verdict, item: Item) -> str:
    """Return how a theme got there, in words. Who coded it is not told."""
    if verdict.by_people:
        yes = sum(verdict.coders.values())
        return f"coded by {counted(yes, 'person').replace('persons', 'people')}" if yes else "coded by a person"
    said = "given by the model"
    if verdict.probability is not None:
        said += f" with a probability of {verdict.probability:.2f}"
    threshold = (verdict.tag or {}).get("threshold")
    if isinstance(threshold, (int, float)):
        said += f" (at least {threshold:.2f} is needed)"
    return said + ("; people who coded it differ" if verdict.disputed else "")


def _copy(article_id: str, terms: Terms) -> Copy | None:
    article = terms.article(article_id)
    if article is None:
        return None
    return Copy(
        title=_title(article, terms),
        outlet=_outlet_name(article) or "no outlet",
        date=human_date(article.published),
        href=addresses.article(article_id) if terms.holds(article_id) else "",
        link=link_of(article),
    )


def _facts(item: Item) -> list[Fact]:
    article, tagging = item.article, item.tagging
    kind = {"clipping": "a clipping, cut from a page of clippings"}.get(article.kind, "")
    said = [
        ("Kind", kind),
        ("Fetched", human_date(article.fetched[:10] or None)),
        ("Language", article.language or ""),
        ("Revision", str(article.revision) if article.revision > 1 else ""),
        ("Model", tagging.model if tagging and any(_by_model(one) for one in item.themes) else ""),
        ("Codebook", tagging.codebook if tagging and any(_by_model(one) for one in item.themes) else ""),
        ("Id in the archive", article.id),
        ("Checksum of the text", article.sha256),
    ]
    return [Fact(name, value) for name, value in said if value]
