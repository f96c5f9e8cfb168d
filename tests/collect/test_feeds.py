"""Feeds to entries, and which entries are wanted; each file's expectation lies beside it."""

from __future__ import annotations

import gzip
import json
import runpy
import time
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.entries import Entry, Found, absolute, moment, wanted
from clipper.collect.facts import Facts
from clipper.collect.feeds import MAX_ENTRIES, read_source
from clipper.config import Source
from clipper.errors import FetchFailed

DATA = Path(__file__).parent / "data"
BASE = "https://echo.example/"
KIND = {".sitemap": "sitemap", ".listing": "listing"}
WEB_PAGE = 'not a feed: a web page (clipper sources discover finds its feed); kind = "listing" or "page" may be meant'
SOUND = ["rss20.xml", "rss10.rdf", "rss091.xml", "atom.xml", "feed.json", "news.sitemap", "front.listing"]


def source(kind: str = "feed", **more: object) -> Source:
    return Source(name="echo", url=BASE, kind=kind, **more)  # type: ignore[arg-type]  # named by the test


def found(body: bytes | str, content_type: str = "", kind: str = "feed") -> Found:
    raw = body.encode() if isinstance(body, str) else body
    return read_source(source(kind), raw, BASE, content_type)


def read(folder: str, name: str, content_type: str = "") -> list[Entry]:
    body = (DATA / folder / name).read_bytes()
    return found(body, content_type, KIND.get(Path(name).suffix, "feed")).entries


@pytest.mark.parametrize("name", SOUND)
def test_a_source_gives_the_entries_written_beside_it(name: str) -> None:
    expected = runpy.run_path(str(DATA / "feeds" / f"{name}.py"))["ENTRIES"]
    assert read("feeds", name) == expected


@pytest.mark.parametrize("content_type", ["text/xml", "text/html; charset=utf-8", "application/octet-stream", ""])
def test_what_the_server_calls_a_feed_does_not_garble_it(content_type: str) -> None:
    entries = read("feeds", "rss20.xml", content_type)
    assert entries[0].facts.title == "Trust’s A&E to close at night"


def test_unescaped_ampersands_do_not_cost_a_feed_its_entries() -> None:
    first, second = read("broken", "ampersand.rss")
    assert (first.facts.title, first.url) == ("A&E closes & stays closed", "https://echo.example/story?id=7&page=2")
    assert (first.guid, first.facts.published) == ("7", "2015-06-30")
    assert (second.facts.title, second.url) == ("Beds & budgets", "https://echo.example/beds")


def test_a_feed_in_another_charset_than_it_says_is_read_all_the_same() -> None:
    (entry,) = read("broken", "wrong-charset.rss")
    assert entry.facts.title == "The trust’s £5m – gone"


def test_a_truncated_feed_gives_what_is_whole_and_nothing_made_up() -> None:
    first, *rest = read("broken", "truncated.rss")
    assert (first.url, first.facts.title, first.facts.published) == (
        "https://echo.example/whole", "Whole story", "2015-06-30",
    )  # fmt: skip
    assert [entry.url for entry in rest] in ([], [None])


@pytest.mark.parametrize(
    ("name", "content_type", "cause"),
    [
        ("page.html", "text/html", WEB_PAGE),
        ("sitemap-for-a-feed.xml", "application/xml", 'not a feed: a sitemap; set kind = "sitemap"'),
        ("truncated.json", "application/feed+json", "not a feed: begins like JSON but does not parse"),
        ("other.json", "application/json", "not a feed: JSON, but no JSON Feed"),
        ("blank.rss", "application/rss+xml", "not a feed: empty"),
    ],
)
def test_what_is_not_of_its_kind_fails_with_the_cause(name: str, content_type: str, cause: str) -> None:
    with pytest.raises(FetchFailed) as failed:
        read("broken", name, content_type)
    assert str(failed.value) == cause


def test_plain_text_in_angle_brackets_is_part_of_an_atom_title() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>x</id><link href="https://echo.example/x"/>
      <title type="text">Waits of &lt;four hours&gt; promised</title></entry></feed>"""
    (entry,) = found(body).entries
    assert entry.facts.title == "Waits of <four hours> promised"


def test_emphasis_in_a_summary_puts_no_space_into_a_word_or_before_a_stop() -> None:
    body = b"""<rss version="2.0"><channel><title>Echo</title><item><link>https://echo.example/1</link>
      <description>&lt;p&gt;The &lt;b&gt;NHS&lt;/b&gt;'s ward, &lt;i&gt;gone&lt;/i&gt;.&lt;/p&gt;</description>
      </item></channel></rss>"""
    (entry,) = found(body).entries
    assert entry.facts.excerpt == "The NHS's ward, gone."


def test_an_author_behind_an_address_with_a_long_ending_keeps_the_whole_name() -> None:
    body = b"""<rss version="2.0"><channel><title>Echo</title><item><title>Ward closes</title>
      <link>https://echo.example/1</link><author>desk@echo.london (Mo Sayed)</author></item></channel></rss>"""
    (entry,) = found(body).entries
    assert entry.facts.authors == ("Mo Sayed",)


def test_a_feed_never_reads_a_file_of_the_readers_machine(tmp_path: Path) -> None:
    private = tmp_path / "private.xml"
    private.write_bytes((DATA / "feeds" / "rss20.xml").read_bytes())
    with pytest.raises(FetchFailed, match="not a feed"):
        found(str(private))


def test_an_external_entity_in_a_source_is_not_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret words", "utf-8")
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    feed = (
        head
        + "<rss version='2.0'><channel><item><title>a &e; b</title><link>http://x.example/1</link></item></channel></rss>"
    )
    sitemap = head + "<urlset><url><loc>https://echo.example/1</loc><title>a &e; b</title></url></urlset>"
    for kind, body in (("feed", feed), ("sitemap", sitemap)):
        entries = found(body, kind=kind).entries
        assert len(entries) == 1
        assert "secret words" not in str(entries)


@pytest.mark.parametrize("kind", ["feed", "listing"])
def test_odd_text_in_a_source_brings_no_warning_of_a_library(kind: str) -> None:
    body = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Echo</title><item><title>Fenwick Echo</title>
      <link>https://echo.example/1</link><description>https://echo.example/1?a=1&amp;amp;b=2</description></item>
      </channel></rss>"""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="feedparser")
        try:
            found(body, kind=kind)
        except FetchFailed:
            assert kind == "listing"
    assert [str(w.message) for w in caught] == []


def item(*inside: str, channel: str = "") -> str:
    spaces = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:dcterms="http://purl.org/dc/terms/"'
    return f'<rss version="2.0" {spaces}><channel>{channel}<item>{"".join(inside)}</item></channel></rss>'


@pytest.mark.parametrize(
    ("link", "whole"),
    [
        ("www.example.org/a", "https://www.example.org/a"),
        ("WWW.example.org", "https://WWW.example.org"),
        ("echo.example/news/a", "https://echo.example/news/a"),
        ("//other.example/a", "https://other.example/a"),
        ("news/a.html", "https://echo.example/news/a.html"),
        ("www.html", "https://echo.example/www.html"),
        ("/www.example.org/a", "https://echo.example/www.example.org/a"),
    ],
)
def test_a_link_without_its_scheme_leads_where_it_was_meant_to(link: str, whole: str) -> None:
    (one,) = found(item(f"<link>{link}</link>")).entries
    assert one.url == whole
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "url": link}]}
    assert found(json.dumps(feed)).entries[0].url == whole


@pytest.mark.parametrize("link", ["mailto:a@b.example", "javascript:x()", "http://[", "https://", "", "  "])
def test_what_is_no_web_address_is_no_link(link: str) -> None:
    assert absolute(link, BASE) is None


@pytest.mark.parametrize(
    ("channel", "seconds"),
    [
        ("", None),
        ("<ttl>60</ttl>", 3600),
        ("<ttl> 15 </ttl>", 900),
        ("<ttl>0</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>99999999999999999999</ttl>", 86400),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", 3600),
        ("<sy:updatePeriod> Daily </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 21600),
        ("<sy:updatePeriod>weekly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>", 86400),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", 3600),
        ("<sy:updatePeriod>never</sy:updatePeriod>", None),
        ("<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", 3600),
    ],
)
def test_a_feed_may_ask_to_be_left_alone_but_a_day_at_most(channel: str, seconds: float | None) -> None:
    assert found(item("<link>/a</link>", channel=channel)).ttl == seconds


@pytest.mark.parametrize(
    ("dates", "published", "updated"),
    [
        ("<pubDate>Fri, 07 Nov 2014 10:00:00 GMT</pubDate>", "2014-11-07", "2014-11-07T10:00:00Z"),
        (
            "<pubDate>Fri, 07 Nov 2014 10:00 GMT</pubDate>"
            "<dcterms:modified>2014-11-08T09:30:00+01:00</dcterms:modified>",
            "2014-11-07",
            "2014-11-08T08:30:00Z",
        ),
        ("<dcterms:modified>2014-11</dcterms:modified>", "2014-11", None),
        ("<dcterms:modified>2014-13-45T10:00:00Z</dcterms:modified>", None, None),
    ],
)
def test_an_entry_tells_when_it_last_changed_apart_from_when_it_was_published(
    dates: str, published: str | None, updated: str | None
) -> None:
    (one,) = found(item("<link>/a</link>", dates)).entries
    assert (one.facts.published, one.updated) == (published, updated)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2014-07-08", "2014-07-08T00:00:00Z"),
        ("2014-07-08T10:00:00Z", "2014-07-08T10:00:00Z"),
        ("2014-07-08 10:00:00 +02:00", "2014-07-08T08:00:00Z"),
        ("2014-07-08T10:00", "2014-07-08T09:00:00Z"),  # London's summer
        ("2014-01-08T10:00:00.1234567Z", "2014-01-08T10:00:00Z"),
        ("Tue, 08 Jul 2014 10:00:00 GMT", "2014-07-08T10:00:00Z"),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2014-07", None),
        ("2014", None),
        ("20140708", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_moment_is_told_in_utc(text: str | None, utc: str | None) -> None:
    assert moment(text) == utc


def test_of_too_many_entries_the_newest_that_are_wanted_are_taken_and_the_rest_is_counted() -> None:
    items = "".join(
        f"<item><link>/{'nhs' if n % 2 else 'sport'}/{n}</link><pubDate>{1 + n % 28} Nov 2014</pubDate></item>"
        for n in range(2 * MAX_ENTRIES + 200)
    )
    body = f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()
    everything = read_source(source(), body, BASE)
    assert (len(everything.entries), everything.left_out) == (MAX_ENTRIES, MAX_ENTRIES + 200)
    assert min(e.facts.published or "" for e in everything.entries) >= "2014-11-14"
    some = read_source(source(match=("nhs",)), body, BASE)
    assert (len(some.entries), some.left_out) == (MAX_ENTRIES, 100)
    assert all("/nhs/" in (e.url or "") for e in some.entries)


@pytest.mark.parametrize(
    "inside",
    ["<div>" * 5000 + "text" + "</div>" * 5000, "<div>" * 20000 + "text", "<p>" * 20000 + "text", "<!" * 20000,
     "<a b='" * 20000, "</div>" * 20000 + "text", "&" * 100000, "<table><tr><td>" * 5000 + "text"],
    ids=["nested", "unclosed", "paragraphs", "declarations", "quotes", "ends", "ampersands", "tables"],
)  # fmt: skip
def test_no_nesting_in_a_description_makes_it_slow(inside: str) -> None:
    escaped = inside.replace("&", "&amp;").replace("<", "&lt;")
    start = time.process_time()
    (one,) = found(item("<link>/a</link>", f"<description>{escaped}</description>")).entries
    assert time.process_time() - start < 1.0
    if "text" in inside:
        assert one.facts.excerpt == "text"


def test_a_long_page_where_a_feed_was_meant_is_told_at_once() -> None:
    start = time.process_time()
    with pytest.raises(FetchFailed, match="a web page"):
        found("<!DOCTYPE html>\n<html>" + "<div>hello " * 300_000)
    assert time.process_time() - start < 1.0
    assert found("<!-- <html> -->" + item("<link>/a</link>")).entries[0].url == BASE + "a"


def test_no_byline_makes_a_feed_slow() -> None:
    start = time.process_time()
    found(item("<link>/a</link>", f"<author>{'a@' * 50000}</author>"))
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize("length", [11, 100, 300])
def test_a_packed_source_that_is_cut_short_says_so(length: int) -> None:
    packed = gzip.compress(item(*(f"<link>/{n}</link>" for n in range(900))).encode())
    with pytest.raises(FetchFailed, match=r"^packed by gzip, and cut short$"):
        found(packed[:length])


def test_a_packed_source_that_is_broken_or_huge_is_told() -> None:
    with pytest.raises(FetchFailed, match="cannot be unpacked"):
        found(b"\x1f\x8b\x08\x00 and no more of it")
    with pytest.raises(FetchFailed, match="larger than 50 MB when unpacked"):
        found(gzip.compress(bytes(51 << 20)))


def test_a_source_that_is_a_page_is_its_own_only_entry() -> None:
    assert read_source(source("page"), b"anything", BASE) == Found(entries=[Entry(url=BASE)])


def entry(title: str = "", published: str | None = None, **more: object) -> Entry:
    return Entry(
        url="https://echo.example/news/privatisation-café", facts=Facts(title=title, published=published, **more)
    )  # type: ignore[arg-type]  # a value out of a table


@pytest.mark.parametrize(
    ("one", "match", "drop", "since", "let_in"),
    [
        (entry("Ward closes"), (), (), None, True),
        (entry("WARD closes"), ("ward",), (), None, True),
        (entry("Hôpital news"), ("hopital",), (), None, True),
        (entry("Football"), ("ward", "clinic"), (), None, False),
        (entry("Football", excerpt="at the clinic"), ("ward", "clinic"), (), None, True),
        (entry("Football", categories=("Clinics",)), ("clinic",), (), None, True),
        (entry("Football"), ("privatis",), (), None, True),
        (entry("Ward closes", excerpt="Football after"), ("ward",), ("football",), None, False),
        (entry("Ward closes", "2014-11-06"), (), (), "2014-11-07", False),
        (entry("Ward closes", "2014-11-07"), (), (), "2014-11-07", True),
        (entry("Ward closes", "2014-11"), (), (), "2014-11-07", True),
        (entry("Ward closes", "2013"), (), (), "2014-11-07", False),
        (entry("Ward closes", None), (), (), "2014-11-07", True),
        (Entry(url="https://echo.example/1", said="Ward closes"), ("ward",), (), None, True),
        (Entry(url="https://echo.example/1", said="Ward closes"), (), ("ward",), None, False),
        (Entry(url="https://echo.example/1", updated="2014-11-06T23:59:59Z"), (), (), "2014-11-07", False),
        (Entry(url="https://echo.example/1", updated="2014-07-06T23:30:00Z"), (), (), "2014-07-07", True),
    ],
)
def test_match_drop_and_since_decide_which_entries_come_in(
    one: Entry, match: tuple[str, ...], drop: tuple[str, ...], since: str | None, let_in: bool
) -> None:
    assert wanted(one, match, drop, since) is let_in


def test_values_that_are_there_and_empty_are_read_as_none() -> None:
    body = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"><title type="x"/>
      <entry><summary type="x"/><author><name/></author><dc:creator/><title/><link/><id/><content/></entry></feed>"""
    assert [e.url for e in found(body).entries] == [None]


DAMAGE = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 30), st.binary(max_size=4)), min_size=1, max_size=8)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(SOUND), DAMAGE)
def test_a_sound_source_with_damage_is_read_or_told(name: str, damage: list[tuple[int, int, bytes]]) -> None:
    body = bytearray((DATA / "feeds" / name).read_bytes())
    for place, length, instead in damage:
        start = place % len(body)
        body[start : start + length] = instead
    try:
        found(bytes(body), kind=KIND.get(Path(name).suffix, "feed"))
    except FetchFailed as error:
        assert str(error)


PIECES = st.sampled_from(
    [b"<rss version='2.0'>", b"<channel>", b"<item>", b"</item>", b"<title>", b"</title>", b"<link>", b"http://[",
     b"<feed xmlns='http://www.w3.org/2005/Atom'>", b"<entry>", b"<updated>", b"2015-13-45", b"<urlset>", b"<url>",
     b"<loc>", b"<a href='", b"'>four words of headline</a>", b"&", b"&#0;", b"\x00", b"\xff", b"<![CDATA[", b"]]>",
     b'{"version": "https://jsonfeed.org/version/1", "items": [', b'{"id": [1], "authors": 3, "tags": {}}', b"]}",
     b"<!--", b"<ttl>", b"9", b"</ttl>", b"<sitemapindex>", b"<sitemap>", b"<lastmod>", b"www.", b"<description>",
     b"&lt;div&gt;", b"\x1f\x8b\x08", b"https://echo.example/", b"\n", b"<base href='", b"<a rel=next href='?2'>"]
)  # fmt: skip


@settings(max_examples=48, deadline=None)
@given(
    st.sampled_from(["feed", "sitemap", "listing"]),
    st.binary(max_size=200) | st.lists(PIECES, max_size=14).map(b"".join),
)
def test_any_bytes_are_entries_or_a_cause(kind: str, body: bytes) -> None:
    try:
        page = found(body, kind=kind)
    except FetchFailed as error:
        assert str(error)
    else:
        assert all(e.url is None or e.url.startswith(("http://", "https://")) for e in page.entries)
        assert all(m.url.startswith(("http://", "https://")) for m in page.more)
        assert page.ttl is None or 0 < page.ttl <= 86400
