"""What a page states about itself in its markup: JSON-LD, OpenGraph and other meta elements, microdata.

Sources of the vocabularies: schema.org (Article and its kinds), the Open Graph protocol, Dublin Core, and the
names that Parse.ly, Sailthru and newspapers' own systems use.
"""

from __future__ import annotations

import html
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from lxml.etree import XPath
from lxml.etree import _Element as Element

from clipper.collect import headline, names
from clipper.collect.dates import nearest_day, parse_date
from clipper.collect.facts import Facts, hear
from clipper.text import clean_line, clean_text

_ARTICLE_TYPES = re.compile(
    r"(?:^|/)(?:\w*NewsArticle|Article|BlogPosting|LiveBlogPosting|Report|ScholarlyArticle|MedicalScholarlyArticle|"
    r"SocialMediaPosting|TechArticle|AnalysisNewsArticle|OpinionNewsArticle)$"
)
_ITEMS = XPath(
    "//*[@itemprop][contains(@itemprop, 'headline') or contains(@itemprop, 'author') or "
    "contains(@itemprop, 'publisher') or contains(@itemprop, 'datePublished')]"
)
_REL_AUTHORS = XPath("//a[@rel='author']")
_MAX_NODES = 2000
_MAX_LINE = 500
_MOST_SAID = 50  # times one thing
MAX_BODY = 200_000

_TITLE = (
    "og:title",
    "twitter:title",
    "dc.title",
    "dcterms.title",
    "parsely-title",
    "sailthru.title",
    "citation_title",
)
_RECORDED = ("parsely-title", "sailthru.title", "cxenseparse:title", "citation_title")
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


@dataclass(frozen=True)
class Access:
    """What JSON-LD says of an article's text; empty, 0 and True where it is silent."""

    text: str
    words: int
    free: bool


def read_markup(tree: Element, url: str | None, nodes: Sequence[dict[str, Any]] | None = None) -> Facts:
    """Return what the page's markup says, the vocabularies heard in order: JSON-LD, meta, microdata.

    The title alone is not the first that is stated (see ``headline``), and an outlet that signs for its own
    article makes way for a person who is named elsewhere. ``nodes`` are JSON-LD's articles, where they are known.
    """
    meta, items, link = _meta(tree), _microdata(tree), _canonical(tree, url)
    data = _json_ld(_told_of_page(article_nodes(tree) if nodes is None else nodes, (link, url), meta.title))
    facts = hear(data, meta, items, Facts(url=link, language=_language(tree)))
    heads = headline.headings(tree, facts.outlet)
    recorded = [e.get("content", "") for e in tree.iter("meta") if (e.get("name") or "").lower() in _RECORDED]
    titled = headline.title_element(tree)
    title = headline.believed(data.title, meta.title or items.title, heads, titled, facts.outlet, recorded)
    people = next(
        (w.authors for w in (data, meta, items) if w.authors and not names.is_outlet(w.authors, facts.outlet)), ()
    )
    return hear(Facts(title=title, authors=people, published=nearest_day(facts.published, url)), facts)


def canonical_link(tree: Element, url: str | None) -> str | None:
    """Return the page's canonical link, resolved against the URL that it was fetched from."""
    return _canonical(tree, url)


# -- JSON-LD ----------------------------------------------------------------------------------------------


def _json_ld(nodes: Sequence[dict[str, Any]]) -> Facts:
    best: Facts | None = None
    for node in nodes:
        facts = _ld_facts(node)
        if facts.title and (best is None or (facts.published and not best.published)):
            best = facts
    return best or Facts()


def article_nodes(tree: Element) -> list[dict[str, Any]]:
    """Return JSON-LD's objects that are articles, from every script of the page.

    Authors and publishers that they name by ``@id`` alone are put in.
    """
    named: dict[str, dict[str, Any]] = {}
    nodes = list(_ld_nodes(tree, named))
    for node in nodes:
        for key in ("author", "creator", "publisher"):
            said = node.get(key)
            if isinstance(said, list):
                node[key] = [_meant(one, named) for one in said[:_MOST_SAID]]
            elif isinstance(said, dict):
                node[key] = _meant(said, named)
    return nodes


def _meant(said: Any, named: dict[str, dict[str, Any]]) -> Any:
    if isinstance(said, dict) and "name" not in said and isinstance(said.get("@id"), str):
        return named.get(said["@id"], said)
    return said


def _told_of_page(
    nodes: Sequence[dict[str, Any]], links: tuple[str | None, ...], title: str | None
) -> Sequence[dict[str, Any]]:
    """Return those of several articles that are the page's own: told by their address, else by their headline."""
    if len(nodes) < 2:
        return nodes
    addresses = {_bare_url(link) for link in links if link}
    own = [node for node in nodes if addresses & {_bare_url(link) for link in _ld_links(node)}]
    return own or [node for node in nodes if title and _line(node.get("headline")) == title] or nodes


def _ld_links(node: dict[str, Any]) -> Iterator[str]:
    for said in (node.get("url"), node.get("mainEntityOfPage"), node.get("@id")):
        link = said.get("@id") or said.get("url") if isinstance(said, dict) else said
        if isinstance(link, str):
            yield link


def _bare_url(link: str) -> str:
    return re.sub(r"^https?://(?:www\.)?|[?#].*$|/$", "", link.strip()).rstrip("/").lower()


def access_of(nodes: Sequence[dict[str, Any]]) -> Access:
    """Return what JSON-LD says of an article's text: the text itself, its length in words, whether all may read it."""
    text, words, free = "", 0, True
    for node in nodes:
        said = node.get("articleBody")
        if isinstance(said, str) and len(said) > len(text):
            text = said
        count = node.get("wordCount")
        if isinstance(count, (int, str)) and re.fullmatch(r"[0-9]{1,6}", str(count)):
            words = max(words, int(count))
        if str(node.get("isAccessibleForFree", "")).strip().lower() in ("false", "http://schema.org/false"):
            free = False
    # Where it marks no paragraphs by an empty line, each line is one.
    text = text if re.search(r"\n\s*\n", text) else text.replace("\n", "\n\n")
    return Access(_block(text, MAX_BODY) or "", words, free)


def _ld_nodes(tree: Element, named: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        try:
            data = json.loads((script.text or "").strip().rstrip(";"), strict=False)
        except (ValueError, RecursionError):
            continue
        waiting, count = deque([data]), 0
        while waiting and count < _MAX_NODES:
            node = waiting.popleft()
            count += 1
            if isinstance(node, list):
                waiting.extend(node[:_MAX_NODES])
            elif isinstance(node, dict):
                if isinstance(node.get("@id"), str) and "name" in node:
                    named[node["@id"]] = node
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


def _meta(tree: Element) -> Facts:
    said: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = element.get("content")
        if not content or not content.strip():
            continue
        for attribute in ("property", "name", "itemprop"):
            if key := element.get(attribute):
                values = said.setdefault(key.strip().lower(), [])
                if len(values) < _MOST_SAID:
                    values.append(content)
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


def _microdata(tree: Element) -> Facts:
    items: dict[str, list[Element]] = {}
    for element in _ITEMS(tree):
        for prop in element.get("itemprop").split():
            items.setdefault(prop, []).append(element)
    return Facts(
        title=next(_item_values(items.get("headline", ())), None),
        authors=names.authors(_item_values(items.get("author", ()))) or names.authors(_rel_authors(tree)),
        published=next((day for text in _item_dates(tree, items) if (day := parse_date(text))), None),
        outlet=next((name for name in _item_values(items.get("publisher", ())) if len(name) < 60), None),
    )


def _item_values(elements: Iterable[Element]) -> Iterator[str]:
    for element in elements:
        inner = element.find(".//*[@itemprop='name']")
        holder = element if inner is None else inner
        if value := _line(holder.get("content") or "".join(holder.itertext())):
            yield value


def _rel_authors(tree: Element) -> Iterator[str]:
    for element in _REL_AUTHORS(tree):
        yield "".join(element.itertext())


def _item_dates(tree: Element, items: dict[str, list[Element]]) -> Iterator[str]:
    for element in items.get("datePublished", ()):
        yield element.get("content") or element.get("datetime") or "".join(element.itertext())
    times = list(tree.iter("time"))
    for element in times:
        if "pubdate" in element.attrib:
            yield element.get("datetime") or "".join(element.itertext())
    # One article, one date: the first time element within the article, when it stands near its heading.
    for holder in ("article", "main", "header") if times else ():
        body = next(tree.iter(holder), None)
        if body is not None and next(body.iter("h1"), None) is not None:
            element = next((t for t in body.iter("time") if t.get("datetime") and not _is_within_other(t, body)), None)
            if element is not None:
                yield element.get("datetime") or ""


def _is_within_other(element: Element, body: Element) -> bool:
    """Return whether an element stands in an article of its own below the page's main one."""
    other = next(element.iterancestors("article", body.tag), body)
    return other is not body and next(other.iter("h1"), None) is None


def _canonical(tree: Element, url: str | None) -> str | None:
    for element in tree.iter("link"):
        if "canonical" in (element.get("rel") or "").lower().split() and element.get("href"):
            return _resolved(element.get("href"), url)
    for element in tree.iter("meta"):
        if element.get("property") == "og:url" and element.get("content"):
            return _resolved(element.get("content"), url)
    return None


def _resolved(link: str, url: str | None) -> str | None:
    try:
        whole = urljoin(url or "", link.strip())
    except ValueError:
        return None
    return whole if whole.startswith(("http://", "https://")) and len(whole) < 4000 else None


def _language(tree: Element) -> str | None:
    root = tree.getroottree().getroot()
    said = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    code = re.match(r"[A-Za-z]{2,3}(?=[-_]|$)", said.strip())
    return code[0].lower() if code else None


# -- values -----------------------------------------------------------------------------------------------


def _line(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return clean_line(html.unescape(value))[:_MAX_LINE].strip() or None


def _block(value: Any, most: int = 2000) -> str | None:
    if not isinstance(value, str):
        return None
    return clean_text(re.sub(r"<[^<>]{0,200}>", " ", html.unescape(value[: 10 * most])))[:most].strip() or None


def _categories(values: list[str]) -> tuple[str, ...]:
    parts = (_line(part) for value in values for part in value.split(","))
    return tuple(dict.fromkeys(p for p in parts if p and len(p) <= 80))[:30]
