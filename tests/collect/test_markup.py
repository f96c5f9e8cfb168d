"""What a page states of itself: JSON-LD, meta elements, microdata, and which of them is heard first."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.extract import parse_html
from clipper.collect.facts import Facts, hear
from clipper.collect.markup import read_markup

URL = "https://echo.example/news/ward"


def stated(head: str = "", body: str = "<p>Text</p>", url: str | None = URL, attributes: str = "") -> Facts:
    tree = parse_html(f"<!doctype html><html{attributes}><head>{head}</head><body>{body}</body></html>")
    assert tree is not None
    return read_markup(tree, url)


def ld(data: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


ARTICLE = {
    "@type": "NewsArticle",
    "headline": "Ward to close &amp; nurses to move",
    "datePublished": "2015-06-30T23:30:00Z",
    "author": [{"@type": "Person", "name": "Ann Holloway"}, {"name": "Tom Pryce"}],
    "publisher": {"@type": "Organization", "name": "The Fenwick Echo"},
    "description": "The trust <b>decided</b> it.",
    "keywords": "NHS, beds, NHS",
}


def test_an_article_in_json_ld_is_read_whole() -> None:
    assert stated(ld(ARTICLE), attributes=' lang="en-GB"') == Facts(
        title="Ward to close & nurses to move",
        outlet="The Fenwick Echo",
        authors=("Ann Holloway", "Tom Pryce"),
        published="2015-07-01",
        language="en",
        excerpt="The trust decided it.",
        categories=("NHS", "beds"),
    )


@pytest.mark.parametrize(
    "data",
    [
        {"@graph": [{"@type": "WebSite", "name": "Elsewhere"}, ARTICLE]},
        [{"@type": "BreadcrumbList"}, ARTICLE],
        {"@type": "WebPage", "name": "Elsewhere", "mainEntity": ARTICLE},
        {**ARTICLE, "@type": ["Thing", "https://schema.org/NewsArticle"]},
        {**ARTICLE, "author": "By Ann Holloway and Tom Pryce", "publisher": [{"name": "The Fenwick Echo"}]},
    ],
)
def test_the_article_is_found_wherever_json_ld_puts_it(data: object) -> None:
    facts = stated(ld(data))
    assert (facts.title, facts.outlet) == ("Ward to close & nurses to move", "The Fenwick Echo")
    assert facts.authors == ("Ann Holloway", "Tom Pryce")


def test_what_is_no_article_in_json_ld_says_nothing() -> None:
    assert stated(ld({"@type": "Organization", "name": "The Fenwick Echo", "datePublished": "2015-01-01"})) == Facts()


def test_broken_json_ld_leaves_the_word_to_the_meta_elements() -> None:
    head = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": </script>'
        '<meta property="og:title" content="Ward to close | Fenwick Echo">'
        '<meta property="og:site_name" content="Fenwick Echo">'
        '<meta property="article:published_time" content="2015-06-30T09:00:00+01:00">'
        '<meta property="article:author" content="https://echo.example/people/ann">'
        '<meta name="parsely-author" content="Ann Holloway">'
        '<meta name="description" content="The trust decided it.">'
    )
    assert stated(head) == Facts(
        title="Ward to close",
        outlet="Fenwick Echo",
        authors=("Ann Holloway",),
        published="2015-06-30",
        excerpt="The trust decided it.",
    )


def test_microdata_is_heard_where_nothing_else_speaks() -> None:
    body = (
        '<div itemscope><h1 itemprop="headline">Ward to close</h1>'
        '<span itemprop="author"><b itemprop="name">Ann Holloway</b></span>'
        '<time itemprop="datePublished" datetime="2015-06-30">last week</time></div>'
    )
    assert stated(body=body) == Facts(title="Ward to close", authors=("Ann Holloway",), published="2015-06-30")
    said = stated(ld({"@type": "Article", "headline": "From JSON-LD"}), body)
    assert (said.title, said.authors) == ("From JSON-LD", ("Ann Holloway",))


@pytest.mark.parametrize(
    ("head", "canonical"),
    [
        ('<link rel="canonical" href="/news/ward-closes">', "https://echo.example/news/ward-closes"),
        ('<meta property="og:url" content="https://echo.example/w">', "https://echo.example/w"),
        ('<link rel="canonical" href="javascript:alert(1)">', None),
        ('<link rel="canonical" href="http://[broken">', None),
        ("", None),
    ],
)
def test_the_canonical_link_is_resolved_or_none(head: str, canonical: str | None) -> None:
    assert stated(head).url == canonical


def test_control_characters_in_markup_never_pass() -> None:
    facts = stated('<meta property="og:title" content="Ward\x1b[2J to\u202e close">')
    assert facts.title == "Ward[2J to close"


def test_each_field_is_taken_from_the_first_witness_that_speaks() -> None:
    assert hear(
        Facts(outlet="Configured"),
        Facts(outlet="Page", title="Page", authors=()),
        Facts(title="Feed", authors=("Feed",), published="2015"),
        Facts(published="2016", excerpt="Guess"),
    ) == Facts(outlet="Configured", title="Page", authors=("Feed",), published="2015", excerpt="Guess")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*ARTICLE, "@graph", "mainEntity", "name", "creator", "isPartOf"]), inner, max_size=5
        )
    ),
    max_leaves=15,
)


@settings(max_examples=48, deadline=None)
@given(VALUES)
def test_json_ld_of_any_shape_gives_facts(value: object) -> None:
    data = {**value, "@type": "Article"} if isinstance(value, dict) else value
    facts = stated(ld(data))
    assert facts.title is None or (facts.title and "\n" not in facts.title)
    assert all(isinstance(name, str) and name for name in (*facts.authors, *facts.categories))
