"""Sitemaps and indexes of sitemaps to entries and further sitemaps."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.entries import Entry, Found, More
from clipper.collect.feeds import read_source
from clipper.collect.sitemaps import MAX_MORE
from clipper.config import Source
from clipper.errors import FetchFailed

DATA = Path(__file__).parent / "data"
BASE = "https://echo.example/"
SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
OTHERS = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:xhtml="http://www.w3.org/1999/xhtml"'


def read(body: str | bytes, since: str | None = None, depth: int = 0, content_type: str = "") -> Found:
    source = Source(name="echo", url=BASE, kind="sitemap", since=since)
    return read_source(source, body.encode() if isinstance(body, str) else body, BASE, content_type, depth)


def index(*listed: tuple[str, str | None]) -> str:
    inside = "".join(
        f"<sitemap><loc>{url}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</sitemap>" for url, day in listed
    )
    return f"<sitemapindex {SITEMAP}>{inside}</sitemapindex>"


def test_a_feed_or_a_page_where_a_sitemap_was_meant_is_told() -> None:
    feed = (DATA / "feeds" / "rss20.xml").read_bytes()
    with pytest.raises(FetchFailed, match=r'^not a sitemap: a feed; set kind = "feed"$'):
        read(feed, content_type="application/rss+xml")
    with pytest.raises(FetchFailed, match=r"^not a sitemap: text/html$"):
        read("<!doctype html><html><body><p>Hello</p></body></html>", content_type="text/html")
    with pytest.raises(FetchFailed, match=r"^not a sitemap: no <urlset> in it$"):
        read("")


def test_pictures_and_other_languages_are_not_taken_for_articles() -> None:
    found = read(
        f"""<urlset {SITEMAP} {NEWS} {OTHERS}><url><loc>https://echo.example/news/waits</loc>
        <xhtml:link rel="alternate" hreflang="cy" href="https://echo.example/cy/waits"/>
        <news:news><news:publication><news:name>Echo</news:name><news:language>en-GB</news:language></news:publication>
        <news:title>Waits grow</news:title><news:keywords>NHS, waits,, NHS</news:keywords></news:news>
        <image:image><image:loc>https://echo.example/queue.jpg</image:loc><image:title>A queue</image:title>
        </image:image>
        </url></urlset>"""
    )
    (entry,) = found.entries
    assert (entry.url, entry.facts.title) == ("https://echo.example/news/waits", "Waits grow")
    assert (entry.facts.outlet, entry.facts.language, entry.facts.categories) == ("Echo", "en", ("NHS", "waits"))
    assert found.more == []


def test_a_sitemap_packed_by_gzip_is_read() -> None:
    body = gzip.compress((DATA / "feeds" / "news.sitemap").read_bytes())
    assert len(read(body, content_type="application/gzip").entries) == 2


def test_a_sitemap_without_its_namespace_and_one_cut_off_give_what_they_hold() -> None:
    found = read("<urlset><url><loc>/a</loc></url><url><loc>/b</loc><lastmod>2014-1")
    assert [entry.url for entry in found.entries][:1] == ["https://echo.example/a"]


def test_a_text_that_is_not_utf8_costs_the_others_nothing() -> None:
    found = read(b"<urlset><url><loc>/a</loc><lastmod>\xed\xa0</lastmod></url><url><loc>/b</loc></url></urlset>")
    assert [entry.url for entry in found.entries][:1] == ["https://echo.example/a"]


def test_a_sitemap_of_plain_lines_is_read() -> None:
    found = read("\ufeffhttps://echo.example/a\r\n\nhttps://echo.example/b\nhttps://echo.example/a\n")
    assert found.entries == [Entry(url="https://echo.example/a"), Entry(url="https://echo.example/b")]


def test_an_index_gives_its_sitemaps_news_and_newest_first() -> None:
    listed = index(
        ("https://echo.example/post-2013.xml", "2013-12-31"),
        ("/post-2014.xml.gz", "2014-11-07T23:30:00+01:00"),
        ("https://echo.example/pages.xml", None),
        ("https://echo.example/news-sitemap.xml", None),
        ("ftp://echo.example/x.xml", None),
        ("/post-2014.xml.gz", "2014-11-07T23:30:00+01:00"),
    )
    expected = [
        More(url="https://echo.example/news-sitemap.xml"),
        More(url="https://echo.example/post-2014.xml.gz", lastmod="2014-11-07T22:30:00Z"),
        More(url="https://echo.example/post-2013.xml", lastmod="2013-12-31T00:00:00Z"),
        More(url="https://echo.example/pages.xml"),
    ]
    assert read(listed) == Found(more=expected)
    assert read(gzip.compress(listed.encode())) == Found(more=expected)


def test_sitemaps_older_than_the_start_date_are_left_out_and_those_without_a_date_are_not() -> None:
    listed = index(("/old.xml", "2014-11-06"), ("/new.xml", "2014-11-07"), ("/undated.xml", None))
    assert [m.url for m in read(listed, since="2014-11-07").more] == [BASE + "new.xml", BASE + "undated.xml"]


@pytest.mark.parametrize(("depth", "deeper"), [(0, [1]), (1, [2]), (2, [])])
def test_an_index_in_an_index_is_read_but_no_deeper(depth: int, deeper: list[int]) -> None:
    assert [m.depth for m in read(index(("/a.xml", None)), depth=depth).more] == deeper


def test_sitemaps_that_are_too_many_are_counted() -> None:
    found = read(index(*((f"/{n}.xml", None) for n in range(MAX_MORE + 7))))
    assert (len(found.more), found.more_left_out) == (MAX_MORE, 7)


def test_a_sitemap_as_long_as_they_come_is_read_in_seconds() -> None:
    urls = "".join(f"<url><loc>/news/{n}</loc><lastmod>20{n % 20:02}-01-01</lastmod></url>" for n in range(50_000))
    start = time.process_time()
    found = read(f"<urlset {SITEMAP}>{urls}</urlset>")
    assert time.process_time() - start < 20
    assert (len(found.entries), found.left_out) == (5000, 45_000)
    assert {entry.day for entry in found.entries} == {"2019-01-01", "2018-01-01"}


def test_entities_that_grow_without_end_cost_nothing() -> None:
    bomb = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    start = time.process_time()
    try:
        found = read(f"<!DOCTYPE urlset [{bomb}]><urlset><url><loc>/a&a11;</loc></url></urlset>")
    except FetchFailed:
        pass
    else:
        assert len(str(found)) < 1000
    assert time.process_time() - start < 1.0


PIECES = st.sampled_from(
    ["<urlset>", "</urlset>", "<sitemapindex>", "</sitemapindex>", "<url>", "</url>", "<sitemap>", "</sitemap>",
     "<loc>", "</loc>", "<lastmod>", "</lastmod>", "2014-11-07", "9999-12-31T23:59:59-14:00", "2014-", "https://echo.example/a",
     "http://[", "<!--", "<?x?>", "&amp;", "&x;", f"<news:news {NEWS}>", "<news:title>", "\x00", "www.", "\ud800"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=100) | st.lists(PIECES, max_size=20).map(lambda p: "".join(p).encode("utf-8", "surrogatepass")),
    st.sampled_from([None, "2014-11-07"]),
)
def test_any_bytes_are_a_sitemap_or_a_cause(body: bytes, since: str | None) -> None:
    try:
        found = read(body, since)
    except FetchFailed as error:
        assert str(error)
    else:
        assert all(m.url.startswith(("http://", "https://")) for m in found.more)
