"""A feed keeps the rules of RFC 4287, and feed readers give back what went into it."""

from __future__ import annotations

import io
import re
import uuid
from dataclasses import replace
from typing import Any

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from clipper.collect.feeds import read_feed
from clipper.models import Article
from clipper.publish.about import About
from clipper.publish.formats import atom
from clipper.publish.formats.citation import reference
from publish.cited import ABOUT, article, batch, item, odd_articles, oddly_signed, texts

_NS = "{http://www.w3.org/2005/Atom}"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_FEED = {"author", "category", "contributor", "generator", "icon", "id", "link", "logo", "rights", "subtitle",
         "title", "updated", "entry"}  # fmt: skip
_ENTRY = {"author", "category", "content", "contributor", "id", "link", "published", "rights", "source", "summary",
          "title", "updated"}  # fmt: skip
_MANY = {"author", "category", "contributor", "link", "entry"}


def faults(feed: bytes) -> list[str]:
    """Return what a feed breaks of the rules of RFC 4287 that bind those who write one, section by section."""
    root = etree.fromstring(feed, etree.XMLParser(resolve_entities=False, no_network=True))
    if root.tag != f"{_NS}feed":
        return ["2: the root is no feed"]
    found = _faults_of(root, _FEED - {"entry"} | {"entry"}, "feed")
    ids = [entry.findtext(f"{_NS}id") for entry in root.findall(f"{_NS}entry")]
    if len(ids) != len(set(ids)):
        found.append("4.1.1: two entries with one id")
    if root.find(f"{_NS}author") is None:
        found += ["4.1.1: no author of an entry, nor of the feed" for e in root.iter(f"{_NS}entry")
                  if e.find(f"{_NS}author") is None]  # fmt: skip
    for entry in root.findall(f"{_NS}entry"):
        found += _faults_of(entry, _ENTRY, "entry")
        alternate = [one for one in entry.findall(f"{_NS}link") if one.get("rel", "alternate") == "alternate"]
        if not alternate and entry.find(f"{_NS}content") is None:
            found.append("4.1.2: neither content nor an alternate link")
        for source in entry.findall(f"{_NS}source"):
            found += _faults_of(source, _FEED - {"entry"}, "source")
    return found


def _faults_of(element: Any, known: set[str], what: str) -> list[str]:
    found = []
    names = [etree.QName(child).localname for child in element]
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        found.append(f"{what}: text between its elements")
    found += [f"{what}: {name} does not belong there" for name in set(names) - known]
    found += [f"{what}: more than one {name}" for name in known - _MANY if names.count(name) > 1]
    found += [f"{what}: no {name}" for name in ("id", "title", "updated") if name not in names]
    links = [(one.get("type"), one.get("hreflang")) for one in element.findall(f"{_NS}link")
             if one.get("rel", "alternate") == "alternate"]  # fmt: skip
    if len(links) != len(set(links)):
        found.append(f"{what}: two alternate links of one kind")
    for child in element:
        name, text = etree.QName(child).localname, child.text or ""
        if name == "id" and not re.fullmatch(r"[a-z][a-z0-9+.-]*:[!-~]+", text):
            found.append(f"4.2.6: {text!r} is no address")
        if name in ("updated", "published") and not _MOMENT.fullmatch(text):
            found.append(f"3.3: {text!r} is no moment")
        if name == "link" and not re.fullmatch(r"https?://[^\s\"<>\\^`{|}]+", child.get("href", "")):
            found.append(f"4.2.7: {child.get('href')!r} is no address")
        if name == "category" and not child.get("term"):
            found.append("4.2.2: a category without its term")
        if name == "author" and [etree.QName(one).localname for one in child].count("name") != 1:
            found.append("3.2: an author without a name, or with two")
        if name in ("title", "subtitle", "summary", "content") and (len(child) or child.get("type", "text") != "text"):
            found.append("3.1: markup in a text")
    return found


def _feed(*articles: Article, about: About = ABOUT, **more: str) -> bytes:
    return "".join(atom.lines([item(one, "pay", "privatisation") for one in articles], about, **more)).encode()


def _parsed(feed: bytes) -> Any:
    parsed = feedparser.parse(io.BytesIO(feed), sanitize_html=False)
    assert not parsed.bozo, parsed.bozo_exception
    assert parsed.version == "atom10"
    return parsed


def test_a_feed_reader_finds_everything() -> None:
    feed = _feed(article(), self_url="https://me.example/pay.atom", link="https://me.example/themes/pay/")
    assert faults(feed) == []
    parsed = _parsed(feed)
    assert parsed.feed.title == "Clippings: Privatisation"
    assert {(link.rel, link.href) for link in parsed.feed.links} == {
        ("self", "https://me.example/pay.atom"),
        ("alternate", "https://me.example/themes/pay/"),
    }
    (entry,) = parsed.entries
    assert entry.title == article().title
    assert entry.link == article().url
    assert [one.name for one in entry.authors] == article().authors
    assert entry.summary == "There were seven surgeons & 50% of them left. There are now two."
    assert entry.source.title == "The Wexbury & Marlstock Lantern"
    assert [(tag.term, tag.label) for tag in entry.tags] == [
        ("pay", "Pay, pensions & conditions"),
        ("privatisation", "Privatisation"),
    ]
    assert entry.updated == "2024-03-05T23:07:08Z"
    assert entry.published.startswith("2014-11-07T")
    assert entry.language == "en" if "language" in entry else entry.title_detail.language == "en"


def test_clippers_own_reader_takes_it_for_a_source() -> None:
    (entry,) = read_feed(_feed(article()), "https://me.example/pay.atom").entries
    assert (entry.url, entry.facts.title, entry.facts.published) == (article().url, article().title, "2014-11-07")
    assert entry.facts.authors == tuple(article().authors)
    assert entry.facts.categories == ("pay", "privatisation")


@pytest.mark.parametrize("published", ["2014-11", "2014", None])
def test_a_day_that_nobody_stated_is_none(published: str | None) -> None:
    feed = _feed(article(published=published))
    assert b"<published>" not in feed
    assert faults(feed) == []


def test_what_has_no_author_and_no_link_keeps_the_rules_too() -> None:
    bare = Article(id="00ff", title="Bare", fetched="2024-03-05T00:00:00Z")
    signed = Article(id="00fe", title="By its outlet", outlet="Echo", fetched="2024-03-05T00:00:00Z", text="So.")
    feed = _feed(bare, signed, Article(id="00fd", fetched="2024-03-05 at noon"))
    assert faults(feed) == []
    assert [entry.author for entry in _parsed(feed).entries] == ["unknown", "Echo", "unknown"]
    assert [entry.content[0].value for entry in _parsed(feed).entries] == ["Bare", "So.", "[no title]"]


def test_no_script_becomes_a_link() -> None:
    feed = _feed(article(url="javascript:a(1)"), article(id="00", url="https://ok.example/", canonical="file:///a"))
    links = [[link.href for link in entry.get("links", ())] for entry in _parsed(feed).entries]
    assert links == [[], ["https://ok.example/"]]
    assert b"javascript" not in feed


def test_the_same_archive_gives_the_same_bytes_whenever_it_is_asked() -> None:
    later = ABOUT._replace(moment="2031-01-01T00:00:00Z")
    assert _feed(article(), about=later) == _feed(article())
    assert _feed(about=later) == _feed()
    assert faults(_feed()) == []


def test_the_feed_is_as_new_as_its_newest_entry() -> None:
    older = article(id="00ff", fetched="2020-01-01T00:00:00Z")
    for order in ((article(), older), (older, article())):
        assert _parsed(_feed(*order)).feed.updated == "2024-03-05T23:07:08Z"


def test_ids_stay_through_revisions_and_from_feed_to_feed() -> None:
    revised = article(title="Another", revision=2, fetched="2025-01-01T00:00:00Z", url="https://b.example/")
    other = _feed(revised, about=About("Another feed", "2031-01-01T00:00:00Z"))
    (before,), (after,) = _parsed(_feed(article())).entries, _parsed(other).entries
    assert before.id == after.id == atom.entry_id(article().id)
    assert before.updated < after.updated
    assert uuid.UUID(before.id.removeprefix("urn:uuid:")).version == 5
    # This very id is in readers' programs: it may never change.
    assert before.id == "urn:uuid:66ea4fa6-0373-5164-911c-e5038c62ba98"
    assert _parsed(_feed(article())).feed.id != _parsed(other).feed.id


@given(st.lists(odd_articles | oddly_signed, min_size=1, max_size=3), texts, texts)
def test_any_article_and_any_title_make_a_feed(articles: list[Article], title: str, query: str) -> None:
    about = ABOUT._replace(title=title, query=query, themes={"pay": title})
    items = batch(articles)
    feed = "".join(atom.lines(items, about)).encode()
    assert faults(feed) == []
    entries = etree.fromstring(feed).findall(f"{_NS}entry")
    for entry, cited in zip(entries, (reference(one, about) for one in items), strict=True):
        assert (entry.findtext(f"{_NS}title") or "") == cited.title
        assert (entry.findtext(f"{_NS}summary") or entry.findtext(f"{_NS}content") or "") in (
            cited.abstract,
            cited.title,
        )
        assert [link.get("href") for link in entry.findall(f"{_NS}link")] == [cited.url] * bool(cited.url)
    parsed = _parsed(feed)
    assert len(parsed.entries) == len(items)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda feed: feed.replace(b"<updated>", b"<updated>on "), "3.3"),
        (lambda feed: re.sub(rb"<author>.*?</author>", b"", feed, flags=re.DOTALL), "4.1.1: no author"),
        (lambda feed: re.sub(rb"<link [^>]*>", b"", feed), "4.1.2"),
        (lambda feed: feed.replace(b"</title>", b"</title><title/>", 1), "more than one title"),
        (lambda feed: re.sub(rb"(<entry.*</entry>)", rb"\1\1", feed, flags=re.DOTALL), "two entries with one id"),
        (lambda feed: feed.replace(b"https://lantern", b"javascript:lantern"), "4.2.7"),
    ],
)
def test_the_rules_are_looked_at(spoil: Any, fault: str) -> None:
    assert any(fault in one for one in faults(spoil(_feed(replace(article(), authors=["Jo Bell"])))))
