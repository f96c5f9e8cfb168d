"""What a page states about itself in its markup: JSON-LD, OpenGraph and other meta elements, microdata.

Sources of the vocabularies: schema.org (Article and its kinds), the Open Graph protocol, Dublin Core, and the
names that Parse.ly, Sailthru and newspapers' own systems use.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from lxml.html import HtmlElement

from clipper.collect import names
from clipper.collect.dates import parse_date
from clipper.collect.facts import Facts, hear
from clipper.text import clean_line, clean_text

_ARTICLE_TYPES = re.compile(
    r"(?:^|/)(?:\w*NewsArticle|Article|BlogPosting|LiveBlogPosting|Report|ScholarlyArticle|MedicalScholarlyArticle|"
    r"SocialMediaPosting|TechArticle|AnalysisNewsArticle|OpinionNewsArticle)$"
)
_MAX_NODES = 2000
_MAX_LINE = 500

_TITLE = (
    "og:title",
    "twitter:title",
    "dc.title",
    "dcterms.title",
    "parsely-title",
    "sailthru.title",
    "citation_title",
)
_DATE = (
    "article:published_time", "og:article:published_time", "article:published", "datepublished", "dc.date.issued",
    "dcterms.issued", "dcterms.created", "dc.date", "dcterms.date", "dc.date.created", "parsely-pub-date",
    "sailthru.date", "pubdate", "publishdate", "publish-date", "publish_date", "publication_date",
    "citation_publication_date", "citation_online_date", "article.published", "published-date",
    "cxenseparse:recs:publishtime", "originalpublicationdate", "date",
)  # fmt: skip
_AUTHOR = ("author", "article:author", "og:article:author", "dc.creator", "dcterms.creator", "parsely-author",
           "sailthru.author", "byl", "citation_author", "article:author_name", "cxenseparse:author")  # fmt: skip
_OUTLET = ("og:site_name", "application-name", "dc.publisher", "dcterms.publisher", "citation_journal_title")
_EXCERPT = ("og:description", "description", "twitter:description", "dc.description", "dcterms.description")
_CATEGORY = (
    "article:section",
    "article:tag",
    "og:article:tag",
    "parsely-section",
    "news_keywords",
    "dc.subject",
)


def read_markup(tree: HtmlElement, url: str | None) -> Facts:
    """Return what the page's markup says, the vocabularies heard in order: JSON-LD, meta, microdata."""
    facts = hear(
        _json_ld(tree),
        _meta(tree),
        _microdata(tree),
        Facts(url=_canonical(tree, url), language=_language(tree)),
    )
    if facts.title:
        facts = hear(Facts(title=names.without_site(facts.title, facts.outlet)), facts)
    return facts


def canonical_link(tree: HtmlElement, url: str | None) -> str | None:
    """Return the page's canonical link, resolved against the URL that it was fetched from."""
    return _canonical(tree, url)


# -- JSON-LD ----------------------------------------------------------------------------------------------


def _json_ld(tree: HtmlElement) -> Facts:
    best: Facts | None = None
    for node in _ld_nodes(tree):
        facts = _ld_facts(node)
        if facts.title and (best is None or (facts.published and not best.published)):
            best = facts
    return best or Facts()


def _ld_nodes(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """Yield the objects that are articles, from every script of the page."""
    for script in tree.iterfind(".//script[@type]"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        try:
            data = json.loads((script.text or "").strip().rstrip(";"), strict=False)
        except (ValueError, RecursionError):
            continue
        waiting, count = [data], 0
        while waiting and count < _MAX_NODES:
            node = waiting.pop(0)
            count += 1
            if isinstance(node, list):
                waiting.extend(node)
            elif isinstance(node, dict):
                types = node.get("@type")
                kinds = types if isinstance(types, list) else [types]
                if any(isinstance(k, str) and _ARTICLE_TYPES.search(k) for k in kinds):
                    yield node
                for key in ("@graph", "mainEntity", "mainEntityOfPage", "hasPart"):
                    if isinstance(node.get(key), (dict, list)):
                        waiting.append(node[key])


def _ld_facts(node: dict[str, Any]) -> Facts:
    publisher = _ld_names(node.get("publisher")) or _ld_names(node.get("isPartOf"))
    return Facts(
        title=_line(node.get("headline")) or _line(node.get("name")),
        outlet=publisher[0] if publisher else None,
        authors=names.authors(_ld_names(node.get("author")) or _ld_names(node.get("creator"))),
        published=parse_date(_line(node.get("datePublished"))) or parse_date(_line(node.get("dateCreated"))),
        excerpt=_block(node.get("description")),
        categories=_categories([*_ld_names(node.get("articleSection")), *_ld_names(node.get("keywords"))]),
    )


def _ld_names(value: Any) -> list[str]:
    """Return the names in what may be a name, an object with one, or a list of either."""
    if isinstance(value, str):
        return [line] if (line := _line(value)) else []
    if isinstance(value, dict):
        return _ld_names(value.get("name"))
    if isinstance(value, list):
        return [name for item in value[:50] if not isinstance(item, list) for name in _ld_names(item)]
    return []


# -- meta elements and microdata --------------------------------------------------------------------------


def _meta(tree: HtmlElement) -> Facts:
    said: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = element.get("content")
        if not content or not content.strip():
            continue
        for attribute in ("property", "name", "itemprop"):
            if key := element.get(attribute):
                said.setdefault(key.strip().lower(), []).append(content)
    first = {key: values[0] for key, values in said.items()}
    byline = next((said[key] for key in _AUTHOR if names.authors(said.get(key, []))), [])
    return Facts(
        title=next((line for key in _TITLE if (line := _line(first.get(key)))), None),
        outlet=next((line for key in _OUTLET if (line := _line(first.get(key)))), None),
        authors=names.authors(byline),
        published=next((day for key in _DATE if (day := parse_date(first.get(key)))), None),
        excerpt=next((text for key in _EXCERPT if (text := _block(first.get(key)))), None),
        categories=_categories([value for key in _CATEGORY for value in said.get(key, [])]),
    )


def _microdata(tree: HtmlElement) -> Facts:
    return Facts(
        title=next(_item_values(tree, "headline"), None),
        authors=names.authors(_item_values(tree, "author")) or names.authors(_rel_authors(tree)),
        published=next((day for text in _item_dates(tree) if (day := parse_date(text))), None),
        outlet=next((name for name in _item_values(tree, "publisher") if len(name) < 60), None),
    )


def _item_values(tree: HtmlElement, prop: str) -> Iterator[str]:
    for element in tree.iterfind(f".//*[@itemprop='{prop}']"):
        inner = element.find(".//*[@itemprop='name']")
        holder = element if inner is None else inner
        if value := _line(holder.get("content") or holder.text_content()):
            yield value


def _rel_authors(tree: HtmlElement) -> Iterator[str]:
    for element in tree.iterfind(".//a[@rel='author']"):
        yield element.text_content()


def _item_dates(tree: HtmlElement) -> Iterator[str]:
    for element in tree.iterfind(".//*[@itemprop='datePublished']"):
        yield element.get("content") or element.get("datetime") or element.text_content()
    for element in tree.iterfind(".//time[@pubdate]"):
        yield element.get("datetime") or element.text_content()
    # One article, one date: the first time element within the article, when it stands near its heading.
    for holder in ("article", "main", "header"):
        body = tree.find(f".//{holder}")
        if body is not None and body.find(".//h1") is not None:
            element = body.find(".//time[@datetime]")
            if element is not None:
                yield element.get("datetime") or ""


def _canonical(tree: HtmlElement, url: str | None) -> str | None:
    for element in tree.iter("link"):
        if "canonical" in (element.get("rel") or "").lower().split() and element.get("href"):
            return _resolved(element.get("href"), url)
    for element in tree.iterfind(".//meta[@property='og:url']"):
        if element.get("content"):
            return _resolved(element.get("content"), url)
    return None


def _resolved(link: str, url: str | None) -> str | None:
    try:
        whole = urljoin(url or "", link.strip())
    except ValueError:
        return None
    return whole if whole.startswith(("http://", "https://")) and len(whole) < 4000 else None


def _language(tree: HtmlElement) -> str | None:
    root = tree.getroottree().getroot()
    said = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    code = re.match(r"[A-Za-z]{2,3}(?=[-_]|$)", said.strip())
    return code[0].lower() if code else None


# -- values -----------------------------------------------------------------------------------------------


def _line(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return clean_line(html.unescape(value))[:_MAX_LINE].strip() or None


def _block(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return clean_text(re.sub(r"<[^<>]{0,200}>", " ", html.unescape(value[:20_000])))[:2000].strip() or None


def _categories(values: list[str]) -> tuple[str, ...]:
    parts = (_line(part) for value in values for part in value.split(","))
    return tuple(dict.fromkeys(p for p in parts if p and len(p) <= 80))[:30]
