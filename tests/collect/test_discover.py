"""Where a site's feeds are looked for, and what is found on a real one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from clipper.collect.discover import (
    Candidate,
    Place,
    declared,
    discover,
    name_for,
    ranked,
    sitemap_places,
    unique_name,
    weekly,
    well_known,
)
from clipper.collect.entries import Entry
from clipper.collect.facts import Facts
from clipper.collect.robots import Rules
from clipper.collect.web import Web
from clipper.config import FetchSettings
from clipper.errors import FetchFailed, Refused
from conftest import Site

BASE = "https://echo.example/health/"


def places(html: str) -> list[Place]:
    return declared(html.encode(), BASE, "text/html; charset=utf-8")


def test_the_feeds_that_a_page_declares_are_found_comments_last() -> None:
    found = places(
        """<html><head>
        <link rel="alternate" type="application/rss+xml" title="Echo &raquo; Comments Feed" href="/comments/feed/">
        <link rel="alternate" type="application/rss+xml" title="Echo" href="/feed/">
        <link REL="Alternate home" TYPE="application/atom+xml; charset=utf-8" href="atom">
        <link rel="alternate" type="application/feed+json" href="//cdn.example/feed.json">
        <link rel="alternate" type="text/html" hreflang="cy" href="/cy/">
        <link rel="alternate" type="application/json+oembed" href="/oembed">
        <link rel="stylesheet" href="/rss.css"><link rel="alternate" type="application/rss+xml">
        </head><body></body></html>"""
    )
    assert found == [
        Place(url="https://echo.example/feed/", title="Echo"),
        Place(url="https://echo.example/health/atom"),
        Place(url="https://cdn.example/feed.json"),
        Place(url="https://echo.example/comments/feed/", title="Echo » Comments Feed", comments=True),
    ]


@pytest.mark.parametrize(
    ("anchor", "url"),
    [
        ('<a href="/news/rss">All</a>', "https://echo.example/news/rss"),
        ('<a href="/news.rss"><img></a>', "https://echo.example/news.rss"),
        ('<a href="/index.php?format=feed&type=rss">x</a>', "https://echo.example/index.php?format=feed&type=rss"),
        ('<a href="/subscribe.php">RSS</a>', "https://echo.example/subscribe.php"),
        ('<a href="https://feeds.echo.example/all">x</a>', "https://feeds.echo.example/all"),
        ('<a href="/feedback">Your opinion</a>', None),
        ('<a href="/2014/how-to-feed-a-ward-on-four-pounds-a-day-and-live">Feed a ward: a very long story</a>', None),
        ('<a href="javascript:rss()">RSS</a>', None),
        ('<a href="/atomic-energy">x</a>', None),
    ],
)
def test_links_that_look_like_feeds_are_found_and_others_are_not(anchor: str, url: str | None) -> None:
    assert [place.url for place in places(anchor)] == ([url] if url else [])


def test_a_base_element_moves_what_a_page_declares() -> None:
    found = places('<base href="https://other.example/x/"><link rel=alternate type=application/rss+xml href=feed>')
    assert [place.url for place in found] == ["https://other.example/x/feed"]


def test_well_known_places_are_those_of_the_section_first() -> None:
    assert well_known("https://echo.example/health/")[:2] == [
        "https://echo.example/health/feed/", "https://echo.example/health/rss.xml",
    ]  # fmt: skip
    for url in ("https://echo.example", "https://echo.example/?a=1", "https://echo.example/index.html"):
        assert well_known(url)[:2] == ["https://echo.example/feed/", "https://echo.example/feed"]
    assert "https://echo.example/?feed=rss2" in well_known("https://echo.example/")
    assert "https://echo.example/feeds/posts/default" in well_known("https://echo.example/")


def test_sitemaps_are_those_that_robots_names_news_first_or_else_the_usual_ones() -> None:
    rules = Rules(200, b"User-agent: *\nDisallow: /x\nSitemap: https://echo.example/all.xml\nSitemap: /news-map.xml\n")
    assert sitemap_places("https://echo.example/health", rules.sitemaps) == [
        "https://echo.example/news-map.xml", "https://echo.example/all.xml",
    ]  # fmt: skip
    assert Rules(404).sitemaps == []
    assert "https://echo.example/sitemap_index.xml" in sitemap_places("https://echo.example/health")


def dated(*days: str | None) -> list[Entry]:
    return [Entry(url=f"https://e.example/{n}", facts=Facts(published=day)) for n, day in enumerate(days)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((), None),
        (("2014-11-01",), None),
        (("2014-11-01", None, "2014-11"), None),
        (("2014-11-01", "2014-11-08"), 1.0),
        (("2014-11-08", "2014-11-01", "2014-11-01", "2014-11-15"), 1.5),
        (("2014-11-01", "2014-11-01", "2014-11-01"), 21.0),
    ],
)
def test_how_much_comes_in_a_week_is_told_by_the_dates(days: tuple[str | None, ...], expected: float | None) -> None:
    assert weekly(dated(*days)) == expected


def test_comments_come_last_and_what_is_empty_late() -> None:
    feed, empty, map_ = (Candidate(kind=k, url=u) for k, u in (("feed", "a"), ("feed", "b"), ("sitemap", "c")))
    full = Candidate(kind="feed", url=feed.url, entries=dated("2014-11-01"))
    index = Candidate(kind="sitemap", url=map_.url, sitemaps=3)
    talk = Candidate(kind="feed", url="d", entries=dated("2014-11-01"), comments=True)
    assert ranked([talk, empty, index, full]) == [full, index, empty, talk]


@pytest.mark.parametrize(
    ("title", "url", "taken", "name"),
    [
        ("The Fenwick Echo", "https://echo.example/feed", [], "fenwick-echo"),
        ("The Fenwick Echo", "https://echo.example/feed", ["Fenwick-Echo"], "echo"),
        ("The Fenwick Echo", "https://echo.example/feed", ["fenwick-echo", "echo"], "fenwick-echo-2"),
        ("The Fenwick Echo | Health", "https://e.example/", ["fenwick-echo"], "fenwick-echo-health"),
        ("Nurses’ Café » News", "https://e.example/", [], "nurses-cafe"),
        ("Новости", "https://www.novosti.example/rss", [], "novosti"),
        ("", "https://news.fenwick.example/rss", [], "news-fenwick"),
        ("Added", "https://added.example/rss", [], "added-2"),
        ("", "https://localhost:8080/", [], "source"),
        ("a " * 500, "https://e.example/", [], "a-a-a-a-a"),
        ("\x1b[2J\n", "https://e.example/", [], "2j"),
    ],
)
def test_a_source_is_named_after_its_site(title: str, url: str, taken: list[str], name: str) -> None:
    assert unique_name(title, url, taken) == name
    assert name_for(Candidate(kind="feed", url=url, title=title), taken) == name


# -- on a site --------------------------------------------------------------------------------------------


def feed(*titles: str, title: str = "The Fenwick Echo") -> str:
    items = "".join(
        f"<item><title>{t}</title><link>{{base}}/{n}</link><pubDate>{datetime(2014, 11, 1 + n, tzinfo=UTC):%d %b %Y}"
        f"</pubDate></item>"
        for n, t in enumerate(titles)
    )
    return f'<rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'


def look(site: Site, path: str = "/", **settings: object) -> tuple[list[Candidate], list[str]]:
    said: list[str] = []

    async def run() -> list[Candidate]:
        web = Web(FetchSettings(delay=0.0, timeout=5.0, allow_hosts=(site.host,), **settings))  # type: ignore[arg-type]  # named by the test
        async with web:
            return await discover(web, site.url(path), said.append)

    return asyncio.run(run()), said


def test_a_feed_itself_is_taken_as_it_is(site: Site) -> None:
    site.page("/feed.xml", feed("Ward closes", "Beds go"))
    ((one,), said) = look(site, "/feed.xml")
    assert (one.kind, one.url, one.title) == ("feed", site.url("/feed.xml"), "The Fenwick Echo")
    assert ([e.facts.title for e in one.entries], one.newest, one.per_week) == (
        ["Ward closes", "Beds go"], "2014-11-02", 7.0,
    )  # fmt: skip
    assert site.asked == ["/robots.txt", "/feed.xml"]
    assert said == [f"asking {site.url('/feed.xml')}"]


def test_declared_feeds_are_asked_and_nothing_is_guessed_then(site: Site) -> None:
    site.page(
        "/",
        '<link rel=alternate type=application/rss+xml href="/c" title="Echo Comments">'
        '<link rel=alternate type=application/rss+xml href="/a" title="Named by the page">'
        '<link rel=alternate type=application/rss+xml href="/gone"><a href="/page">RSS</a>',
    )
    site.page("/a", feed("Ward closes", title=""))
    site.page("/c", feed("Re: Ward closes", title="Comments for Echo"))
    site.page("/page", "<p>What is RSS?")
    found, _ = look(site)
    assert [(one.url, one.title, one.comments) for one in found] == [
        (site.url("/a"), "Named by the page", False), (site.url("/c"), "Comments for Echo", True),
    ]  # fmt: skip
    assert site.asked == ["/robots.txt", "/", "/a", "/gone", "/page", "/c"]


def test_well_known_places_are_asked_until_one_has_a_feed_and_not_of_comments(site: Site) -> None:
    site.page("/2014/ward", "<p>A story</p>")
    site.page("/2014/ward/feed/", feed("Well said", title="Comments on: Ward closes"))
    site.page("/rss.xml", feed("Ward closes"))
    found, said = look(site, "/2014/ward")
    assert [(one.url, one.comments) for one in found] == [
        (site.url("/rss.xml"), False), (site.url("/2014/ward/feed/"), True),
    ]  # fmt: skip
    assert "/rss" not in site.asked
    assert f"looking for a feed at {site.url('/rss.xml')}" in said


def test_without_a_feed_the_sitemap_that_robots_names_is_taken_and_its_first_child_shown(site: Site) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /x\nSitemap: {base}/maps.xml\n", content_type="text/plain")
    site.page("/", '<a href="/n">A headline of five words</a>')
    site.page(
        "/maps.xml",
        "<sitemapindex><sitemap><loc>{base}/old.xml</loc><lastmod>2013-01-01</lastmod></sitemap>"
        "<sitemap><loc>{base}/new.xml</loc><lastmod>2014-11-07</lastmod></sitemap></sitemapindex>",
    )
    site.page("/new.xml", "<urlset><url><loc>{base}/n</loc><lastmod>2014-11-07</lastmod></url></urlset>")
    ((one,), _) = look(site)
    assert (one.kind, one.url, one.sitemaps, len(one.entries), one.newest) == (
        "sitemap", site.url("/maps.xml"), 2, 1, "2014-11-07",
    )  # fmt: skip
    assert "/old.xml" not in site.asked


def test_the_usual_sitemap_is_found_where_robots_is_silent(site: Site) -> None:
    site.page("/", "<p>Hello")
    site.page("/sitemap.xml", "<urlset><url><loc>{base}/n</loc></url></urlset>")
    ((one,), _) = look(site)
    assert (one.kind, one.url) == ("sitemap", site.url("/sitemap.xml"))


def test_headlines_are_the_last_thing_tried(site: Site) -> None:
    site.page("/news", '<title>Echo news</title><a href="/n">A headline of five words</a>')
    ((one,), _) = look(site, "/news")
    assert (one.kind, one.url, one.title, [e.said for e in one.entries]) == (
        "listing", site.url("/news"), "Echo news", ["A headline of five words"],
    )  # fmt: skip


def test_a_site_that_offers_nothing_offers_nothing(site: Site) -> None:
    site.page("/", "<p>Hello")
    assert look(site)[0] == []
    asked = [path for path in site.asked if path != "/robots.txt"]
    assert len(asked) == len(set(asked))


def test_a_site_that_answers_everything_with_its_front_page_has_no_feed(site: Site) -> None:
    front = '<!doctype html><html><body><a href="/n">A headline of five words</a></body></html>'
    for url in [*well_known(site.url("/")), *sitemap_places(site.url("/")), site.url("/"), site.url("/robots.txt")]:
        site.page(url.removeprefix(site.base), front)
    ((one,), _) = look(site)
    assert (one.kind, one.url) == ("listing", site.url("/"))


def test_robots_is_obeyed_and_a_site_that_cannot_be_read_is_told(site: Site) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /feed\nDisallow: /private\n")
    site.page("/", "<a href='/feed'>RSS</a>")
    site.page("/feed", feed("Ward closes"))
    assert look(site)[0] == []
    assert "/feed" not in site.asked
    with pytest.raises(Refused, match=r"robots\.txt"):
        look(site, "/private")
    with pytest.raises(FetchFailed, match="404"):
        look(site, "/gone")
