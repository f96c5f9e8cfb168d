"""From what was heard to a record, and what becomes of it: new, revised or seen. No network, no disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from clipper.archive.warc import Exchange
from clipper.checksums import article_id, checksum
from clipper.collect.document import Page, site_name
from clipper.collect.facts import SILENT, Facts, hear
from clipper.identity import canonical_url, same_site, url_key
from clipper.models import Article, Kind
from clipper.text import fold

REFERENCE = "clipper reference 1"  # the extractor of what a list says of an article whose page is not to be had

Verdict = Literal["revised", "seen"]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An article that is not in the archive yet.

    ``asked`` is the link that led to ``article.url``, ``chain`` what went over the wire on the way, ``revise`` whether
    another text under a known id becomes its next revision, ``again`` the article whose page was asked for again,
    ``differs`` that it was compared with what is stored, and is another revision. ``brought`` marks what somebody
    had and brings: a text that was stored before, as whatever revision, is no news.
    """

    article: Article
    asked: str | None = None
    chain: tuple[Exchange, ...] = ()
    revise: bool = False
    again: str | None = None
    differs: bool = False
    brought: bool = False


def from_page(
    page: Page,
    *,
    url: str | None,
    fetched: str,
    source: str,
    configured: Facts = SILENT,
    feed: Facts = SILENT,
    guid: str | None = None,
) -> Article:
    """Return the record of a page. ``url`` is where it was fetched, None for a saved page."""
    facts = hear(configured, page.stated, feed, page.guessed)
    address = url or facts.url
    return make_article(
        facts,
        text=page.text,
        url=address,
        canonical=canonical_of(url, page.stated.url) or address,
        fetched=fetched,
        source=source,
        extractor=page.extractor,
        guid=guid,
        partial=page.partial,
    )


def canonical_of(url: str | None, stated: str | None) -> str | None:
    """Return the URL that gives an article its identity.

    A page's canonical link is believed on its own site, and not when it names the front page, as careless
    templates do: else a stranger's page could pass for another's article.
    """
    if not url:
        return stated
    if stated and same_site(url, stated) and "/" in url_key(stated).partition("?")[0]:
        return stated
    return url


def make_article(
    facts: Facts,
    *,
    text: str,
    url: str | None,
    canonical: str | None,
    fetched: str,
    source: str,
    extractor: str,
    guid: str | None = None,
    partial: bool = False,
    kind: Kind = "article",
    part_of: str | None = None,
) -> Article:
    """Return a record of revision 1 with its id and checksum.

    A ``clipping`` goes by its outlet, date and title, whatever its link: the page that the link leads to is another
    record. ``part_of`` is the id of the page that it was cut from.
    """
    outlet = facts.outlet or (site_name(url) if url else None)
    identity = canonical_url(canonical) if canonical and kind != "clipping" else None
    return Article(
        id=article_id(
            canonical=identity, outlet=outlet, published=facts.published, title=facts.title, text=text, kind=kind
        ),
        kind=kind,
        url=url,
        canonical=identity,
        guid=guid,
        title=facts.title,
        outlet=outlet,
        authors=list(facts.authors),
        published=facts.published,
        fetched=fetched,
        language=facts.language,
        text=text,
        excerpt=facts.excerpt,
        categories=list(facts.categories),
        source=source,
        part_of=part_of,
        partial=partial,
        sha256=checksum(text),
        extractor=extractor,
    )


def compare(stored: Article, found: Article) -> Verdict:
    """Return what a newly found text under a known id is. A shortened form of what is stored is *seen*."""
    if stored.sha256 == found.sha256:
        return "seen"
    old, new = " ".join(stored.text.split()), " ".join(found.text.split()).rstrip(" …").removesuffix("...").rstrip()
    return "seen" if new in old else "revised"


def own_identity(article: Article) -> Article:
    """Return the record under the URL that it was fetched from, its canonical link disbelieved."""
    if not article.url:
        return article
    identity = canonical_url(article.url)
    new = article_id(canonical=identity, outlet=None, published=None, title=None, text="")
    if new == article.id:  # another page has taken this one's identity: it goes by its text
        new = article_id(canonical=None, outlet=article.outlet, published=None, title=article.title, text=article.text)
    return replace(article, id=new, canonical=identity)


def by_text(article: Article) -> Article:
    """Return a record that goes by its text: another has its outlet, date and title already."""
    new = article_id(
        canonical=None, outlet=article.outlet, published=None, title=article.title, text=article.text, kind=article.kind
    )
    return replace(article, id=new)


def is_another(stored: Article, found: Article) -> bool:
    """Whether a page that claims a stored article's identity by its canonical link is another story after all.

    It is when it was fetched from another URL and neither its title nor its text is the stored one's: a template
    that gives every page of a site the same canonical link must not cost the second story.
    """
    if not found.url or not stored.url or url_key(found.url) == url_key(stored.url):
        return False
    same_title = bool(stored.title and found.title) and fold(stored.title or "") == fold(found.title or "")
    return not same_title and compare(stored, found) == "revised"
