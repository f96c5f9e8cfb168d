"""Sources from and to OPML."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from clipper.collect.opml import SPACE, read_opml, sort_out, write_opml
from clipper.config import Source
from clipper.errors import FetchFailed
from clipper.text import clean_line

NOW = datetime(2014, 11, 7, 9, 0, tzinfo=UTC)
READER = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><head><title>My feeds</title></head><body>
  <outline text="Health">
    <outline text="Unions" title="Unions">
      <outline type="rss" text="Valley Union" xmlUrl="https://union.example/feed" htmlUrl="https://union.example/"/>
    </outline>
    <outline type="rss" title="The Fenwick Echo" text="x" xmlurl=" https://echo.example/rss?a=1&amp;b=2 "/>
  </outline>
  <outline text="Old" xmlUrl="feed://old.example/rss" category="/Press/Local"/>
  <outline text="Older" xmlUrl="feed:https://older.example/rss"/>
  <outline text="Mail" xmlUrl="mailto:desk@echo.example"/>
  <outline type="link" text="A page" url="https://echo.example/page"/>
</body></opml>"""

SOURCES = [
    Source(name="echo", url="https://echo.example/rss?a=1&b=2", outlet='The "Fenwick" Echo & <Post>'),
    Source(name="café", url="https://cafe.example/feed", match=("NHS, wards", 'a "b"', "ü\n"), drop=("sport",),
           since="2014-11-07", full_text=True),
    Source(name="map", url="https://map.example/news.xml", kind="sitemap", since="2014-01-01"),
    Source(name="list", url="https://list.example/", kind="listing", links="a[href^='/n']", pattern=r"/\d+/",
           next='a[rel="next"]', pages=3),
    Source(name="page", url="https://page.example/", kind="page"),
]  # fmt: skip


def opml(*outlines: str) -> bytes:
    return f'<opml version="2.0" xmlns:c="{SPACE}"><body>{"".join(outlines)}</body></opml>'.encode()


def test_what_a_feed_reader_exports_is_read_with_its_folders() -> None:
    read = read_opml(READER.encode())
    assert [(one.source.url, one.title, one.folder) for one in read.subscriptions] == [
        ("https://union.example/feed", "Valley Union", "Health / Unions"),
        ("https://echo.example/rss?a=1&b=2", "The Fenwick Echo", "Health"),
        ("http://old.example/rss", "Old", "Press / Local"),
        ("https://older.example/rss", "Older", ""),
    ]
    assert all(one.source == Source(name="", url=one.source.url) for one in read.subscriptions)
    assert read.left_out == ["Mail (mailto:desk@echo.example)"]


def test_what_is_written_reads_as_it_was() -> None:
    read = read_opml(write_opml(SOURCES, NOW))
    assert [one.source for one in read.subscriptions] == SOURCES
    assert read.left_out == []


def test_feed_readers_find_the_feeds_and_only_them() -> None:
    tree = etree.fromstring(write_opml(SOURCES, NOW))
    assert (tree.tag, tree.get("version")) == ("opml", "2.0")
    assert tree.findtext("head/dateCreated") == "Fri, 07 Nov 2014 09:00:00 GMT"
    outlines = tree.findall("body/outline")
    assert [o.get("text") for o in outlines] == [s.name for s in SOURCES]
    assert [o.get("xmlUrl") for o in outlines if o.get("type") == "rss"] == [s.url for s in SOURCES[:2]]
    assert [o.get("url") for o in outlines if o.get("type") == "link"] == [s.url for s in SOURCES[2:]]


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=15).filter(
    lambda t: t == clean_line(t) != ""  # a line of text as it is stored everywhere
)


@settings(max_examples=40, deadline=None)
@given(TEXT, TEXT, st.lists(TEXT, max_size=3).map(tuple))
def test_any_source_goes_out_and_comes_in(name: str, outlet: str, words: tuple[str, ...]) -> None:
    source = Source(name=name, url="https://echo.example/", outlet=outlet, match=words)
    (one,) = read_opml(write_opml([source], NOW)).subscriptions
    assert (one.source.url, one.source.match) == (source.url, source.match)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('c:since="yesterday" c:match="[1]" c:drop="{" c:pages="9" c:links="a"', {}),  # of a listing only
        ('c:kind="sitemap" c:full_text="maybe"', {"kind": "sitemap"}),
        ('c:kind="listing" c:links="a[[" c:pattern="(" c:next="a" c:pages="99"', {"kind": "listing"}),
        (
            'c:kind="listing" c:links="a" c:next="b" c:pages="2"',
            {"kind": "listing", "links": "a", "next": "b", "pages": 2},
        ),
        ('c:kind="virus"', {}),
    ],
)  # fmt: skip
def test_of_our_own_attributes_only_sound_ones_are_taken(attributes: str, expected: dict[str, object]) -> None:
    (one,) = read_opml(opml(f'<outline xmlUrl="https://a.example/" {attributes}/>')).subscriptions
    assert one.source == Source(name="", url="https://a.example/", **expected)  # type: ignore[arg-type]  # named by the test


def test_a_login_is_left_out_of_an_address_and_the_rest_is_read() -> None:
    read = read_opml(
        opml(
            '<outline text="One" xmlUrl="https://a.example/"/>',
            '<outline text="https://ann:pw@b.example/f" xmlUrl="https://ann:pw@b.example/f"/>',
            '<outline text="Three" xmlUrl="feed:http://ann:p#w@c.example/"/>',
            '<outline text="Four" xmlUrl="ftp://ann:pw@d.example/"/>',
            '<outline text="Five" xmlUrl="http://a b/"/>',
        )
    )
    urls = ["https://a.example/", "https://b.example/f", "http://c.example/"]
    assert [one.source.url for one in read.subscriptions] == urls
    assert [one.title for one in read.subscriptions] == ["One", "https://b.example/f", "Three"]
    assert read.without_login == urls[1:]
    assert read.left_out == ["Four (ftp://d.example/)", "Five (http://a b/)"]


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "not OPML: it does not parse"),
        (b"<opml><body>", "not OPML: it does not parse"),
        (b"<html><body/></html>", "not OPML: its root is <html>"),
        (b"PK\x03\x04", "not OPML: it does not parse"),
        (opml("<outline/>" * 10_001), "more than 10000 outlines"),
        (b'<!DOCTYPE o [<!ENTITY a "b">]><opml/>', "not read: it declares entities"),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE o [<!ENTITY a "b">]><o/>'.encode("utf-16"), "not read: it"),
    ],
)  # fmt: skip
def test_what_is_no_opml_is_told(body: bytes, cause: str) -> None:
    with pytest.raises(FetchFailed) as failed:
        read_opml(body)
    assert str(failed.value).startswith(cause)


def test_a_bomb_does_not_go_off() -> None:
    bomb = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    body = f'<!DOCTYPE opml [{bomb}]><opml><body><outline text="&a11;" xmlUrl="https://a.example/"/></body></opml>'
    start = time.process_time()
    with pytest.raises(FetchFailed, match="entities"):
        read_opml(body.encode())
    deep = b"<opml><body>" + b"<outline>" * 100_000
    with pytest.raises(FetchFailed, match="outlines inside each other, deeper than any reader makes them"):
        read_opml(deep)
    assert time.process_time() - start < 1.0


PIECES = st.sampled_from(
    ["<opml>", "</opml>", "<body>", "</body>", "<outline ", "/>", ">", "</outline>", ' xmlUrl="https://a.example/"',
     ' xmlUrl="http://["', ' text="a"', ' type="link"', "&x;", "\x00", f' xmlns:c="{SPACE}"', ' c:kind="listing"']
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60) | st.lists(PIECES, max_size=16).map(lambda p: "".join(p).encode()))
def test_any_bytes_are_subscriptions_or_a_cause(body: bytes) -> None:
    try:
        read = read_opml(body)
    except FetchFailed as error:
        assert str(error)
    else:
        assert all(one.source.url.startswith("http") for one in read.subscriptions)


def test_new_ones_get_names_of_their_own_and_those_that_are_there_are_told() -> None:
    there = Source(name="fenwick-echo", url="http://www.echo.example/rss?b=2&a=1")
    fresh, known = sort_out(
        [there],
        read_opml(
            opml(
                '<outline text="The Fenwick Echo" xmlUrl="https://echo.example/rss?a=1&amp;b=2"/>',
                '<outline text="The Fenwick Echo" xmlUrl="https://other.example/rss"/>',
                '<outline text="New" xmlUrl="https://new.example/rss" c:name="Fenwick-Echo"/>',
                '<outline text="New" xmlUrl="https://newer.example/rss" c:name="Mine"/>',
                '<outline text="New again" xmlUrl="https://newer.example/rss/"/>',
            )
        ).subscriptions,
    )
    assert [one.source.name for one in fresh] == ["other", "new", "Mine"]
    assert [(source.url, name) for source, name in known] == [
        ("https://echo.example/rss?a=1&b=2", "fenwick-echo"),
        ("https://newer.example/rss/", "Mine"),
    ]
