"""Feeds, sitemaps and listing pages to entries; each file's expectation lies beside it."""

from __future__ import annotations

import gzip
import runpy
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.facts import Facts
from clipper.collect.feeds import Entry, read_source, wanted
from clipper.errors import ClipperError, FetchFailed

DATA = Path(__file__).parent / "data"
BASE = "https://echo.example/"
KIND = {".sitemap": "sitemap", ".listing": "listing"}
SOUND = ["rss20.xml", "rss10.rdf", "rss091.xml", "atom.xml", "feed.json", "news.sitemap", "front.listing"]


def read(folder: str, name: str, content_type: str = "") -> list[Entry]:
    body = (DATA / folder / name).read_bytes()
    return read_source(KIND.get(Path(name).suffix, "feed"), body, BASE, content_type)


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
        ("page.html", "text/html", 'not a feed: a web page; kind = "listing" or "page" may be meant'),
        ("sitemap-for-a-feed.xml", "application/xml", 'not a feed: a sitemap; set kind = "sitemap"'),
        ("truncated.json", "application/feed+json", "not a feed: begins like JSON but does not parse"),
        ("other.json", "application/json", "not a feed: JSON, but no JSON Feed"),
        ("blank.rss", "application/rss+xml", "not a feed: empty"),
        ("index.sitemap", "application/xml", "an index of sitemaps; name one of the sitemaps that it lists"),
        ("menu.listing", "text/html", "no links that read like headlines on the listing page"),
    ],
)
def test_what_is_not_of_its_kind_fails_with_the_cause(name: str, content_type: str, cause: str) -> None:
    with pytest.raises(FetchFailed) as failed:
        read("broken", name, content_type)
    assert str(failed.value) == cause


def test_a_feed_where_a_sitemap_was_meant_is_no_sitemap() -> None:
    body = (DATA / "feeds" / "rss20.xml").read_bytes()
    with pytest.raises(FetchFailed, match="not a sitemap"):
        read_source("sitemap", body, BASE, "application/rss+xml")


def test_the_pictures_of_a_sitemap_are_not_taken_for_its_articles() -> None:
    body = b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
      xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
      xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url><loc>https://echo.example/news/waits</loc>
      <news:news><news:title>Waits grow</news:title></news:news>
      <image:image><image:loc>https://echo.example/queue.jpg</image:loc><image:title>A queue</image:title></image:image>
      </url></urlset>"""
    (entry,) = read_source("sitemap", body, BASE)
    assert (entry.url, entry.facts.title) == ("https://echo.example/news/waits", "Waits grow")


def test_a_sitemap_packed_by_gzip_is_read() -> None:
    body = gzip.compress((DATA / "feeds" / "news.sitemap").read_bytes())
    assert len(read_source("sitemap", body, BASE + "sitemap.xml.gz", "application/gzip")) == 2


def test_a_base_element_moves_the_links_of_a_listing() -> None:
    body = b'<base href="/archive/"><a href="ward">Ward closes after long dispute</a>'
    assert read_source("listing", body, BASE) == [Entry(url="https://echo.example/archive/ward")]


def test_plain_text_in_angle_brackets_is_part_of_an_atom_title() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>x</id><link href="https://echo.example/x"/>
      <title type="text">Waits of &lt;four hours&gt; promised</title></entry></feed>"""
    (entry,) = read_source("feed", body, BASE)
    assert entry.facts.title == "Waits of <four hours> promised"


def test_emphasis_in_a_summary_puts_no_space_into_a_word_or_before_a_stop() -> None:
    body = b"""<rss version="2.0"><channel><title>Echo</title><item><link>https://echo.example/1</link>
      <description>&lt;p&gt;The &lt;b&gt;NHS&lt;/b&gt;'s ward, &lt;i&gt;gone&lt;/i&gt;.&lt;/p&gt;</description>
      </item></channel></rss>"""
    (entry,) = read_source("feed", body, BASE)
    assert entry.facts.excerpt == "The NHS's ward, gone."


def test_an_author_behind_an_address_with_a_long_ending_keeps_the_whole_name() -> None:
    body = b"""<rss version="2.0"><channel><title>Echo</title><item><title>Ward closes</title>
      <link>https://echo.example/1</link><author>desk@echo.london (Mo Sayed)</author></item></channel></rss>"""
    (entry,) = read_source("feed", body, BASE)
    assert entry.facts.authors == ("Mo Sayed",)


def test_a_feed_never_reads_a_file_of_the_readers_machine(tmp_path: Path) -> None:
    private = tmp_path / "private.xml"
    private.write_bytes((DATA / "feeds" / "rss20.xml").read_bytes())
    with pytest.raises(FetchFailed, match="not a feed"):
        read_source("feed", str(private).encode(), BASE)


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
        entries = read_source(kind, body.encode(), BASE)
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
            read_source(kind, body, BASE)
        except FetchFailed:
            assert kind == "listing"
    assert [str(w.message) for w in caught] == []


def entry(title: str = "", published: str | None = None, **more: object) -> Entry:
    return Entry(
        url="https://echo.example/news/privatisation-café", facts=Facts(title=title, published=published, **more)
    )  # type: ignore[arg-type]


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
    ],
)
def test_match_drop_and_since_decide_which_entries_come_in(
    one: Entry, match: tuple[str, ...], drop: tuple[str, ...], since: str | None, let_in: bool
) -> None:
    assert wanted(one, match, drop, since) is let_in


PIECES = st.sampled_from(
    [b"<rss version='2.0'>", b"<channel>", b"<item>", b"</item>", b"<title>", b"</title>", b"<link>", b"http://[",
     b"<feed xmlns='http://www.w3.org/2005/Atom'>", b"<entry>", b"<updated>", b"2015-13-45", b"<urlset>", b"<url>",
     b"<loc>", b"<a href='", b"'>four words of headline</a>", b"&", b"&#0;", b"\x00", b"\xff", b"<![CDATA[", b"]]>",
     b'{"version": "https://jsonfeed.org/version/1", "items": [', b'{"id": [1], "authors": 3, "tags": {}}', b"]}",
     b"<!--"]
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(["feed", "sitemap", "listing"]),
    st.binary(max_size=200) | st.lists(PIECES, max_size=14).map(b"".join),
)
def test_any_bytes_are_entries_or_a_cause(kind: str, body: bytes) -> None:
    try:
        entries = read_source(kind, body, BASE)
    except ClipperError as error:
        assert str(error)
    else:
        assert all(e.url is None or e.url.startswith(("http://", "https://")) for e in entries)
