"""How much a page or a list may hold: each bound is there, and what is just within it is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clipper.collect import bounds, sitemaps
from clipper.collect.feeds import read_source
from clipper.collect.page import read_page
from clipper.config import Source
from clipper.errors import ClipperError, FetchFailed, Refused
from conftest import article_page

URL = "http://a.example/list"
FEW = 60


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAX_PAGE_TAGS", "MAX_LISTING_TAGS", "MAX_FEED_ENTRIES"):
        monkeypatch.setattr(bounds, name, FEW)
    monkeypatch.setattr(bounds, "MAX_FEED_TAGS", 8 * FEW)
    monkeypatch.setattr(bounds, "MAX_TEXT", 2000)
    monkeypatch.setattr(bounds, "MAX_ATTRIBUTES", 500)
    monkeypatch.setattr(sitemaps, "MAX_SITEMAP_URLS", FEW)


def cause(read: Callable[[], object]) -> str:
    try:
        read()
    except ClipperError as error:
        return f"{type(error).__name__}: {error}"
    return ""


def page(tags: int, text: str = "") -> bytes:
    return article_page("A title").replace("<article>", f"<article>{'<br>' * tags}{text}").encode()


def feed(items: int, more: str = "") -> bytes:
    one = "<item><title>t</title><link>http://a.example/{}</link></item>"
    return f"<rss version='2.0'><channel>{''.join(map(one.format, range(items)))}{more}</channel></rss>".encode()


def json_feed(items: int) -> bytes:
    one = '{{"id":"{0}","url":"http://a.example/{0}"}}'
    listed = ",".join(map(one.format, range(items)))
    return f'{{"version":"https://jsonfeed.org/version/1.1","items":[{listed}]}}'.encode()


def listing(links: int) -> bytes:
    return "".join(f"<a href='/{n}'>The headline of one more story</a>" for n in range(links)).encode()


def sitemap(urls: int) -> bytes:
    return f"<urlset>{''.join(f'<url><loc>http://a.example/{n}</loc></url>' for n in range(urls))}</urlset>".encode()


@pytest.mark.parametrize(
    ("within", "beyond", "said"),
    [
        (page(1, "<p a=1>"), page(1, "<p " + "a=1 " * 999 + ">"), "Refused: a tag of more than 500 attributes"),
        (page(20), page(FEW), "Refused: more than 60 tags"),
        (page(1), page(1, "<p>" + "A ward is shut. " * 150), "Refused: a text of more than 2,000"),
    ],
)  # fmt: skip
def test_a_page_has_so_many_tags_and_so_much_text(within: bytes, beyond: bytes, said: str) -> None:
    assert cause(lambda: read_page(within, URL)) == ""
    assert cause(lambda: read_page(beyond, URL)).startswith(said)


@pytest.mark.parametrize(
    ("kind", "within", "beyond", "said"),
    [
        ("feed", feed(FEW), feed(FEW + 1), "FetchFailed: more than 60 entries"),
        ("feed", feed(9, "<a/>" * 99), feed(9, "<a/>" * 999), "FetchFailed: more than 480 tags"),
        ("feed", json_feed(FEW), json_feed(11 * FEW), "FetchFailed: more than 60 entries"),
        ("feed", feed(9), feed(9, "<a " + "b='' " * 999 + "/>"), "FetchFailed: a tag of more than 500 attributes"),
        (
            "listing",
            listing(9),
            listing(9) + b"<a " + b"b=1 " * 999 + b">",
            "FetchFailed: a tag of more than 500 attributes",
        ),
        ("listing", listing(FEW), listing(FEW + 1), "FetchFailed: more than 60 tags"),
    ],
    ids=["entries", "tags", "JSON", "feed attributes", "attributes", "links"],
)
def test_a_list_has_so_much(kind: str, within: bytes, beyond: bytes, said: str) -> None:
    source = Source(name="a", url=URL, kind=kind)
    assert cause(lambda: read_source(source, within, URL)) == ""
    assert cause(lambda: read_source(source, beyond, URL)) == said


def test_a_tag_of_a_feed_has_so_many_bytes() -> None:
    source = Source(name="a", url=URL, kind="feed")
    assert cause(lambda: read_source(source, feed(9, "<a " + " " * 999_000 + ">"), URL)) == ""
    said = cause(lambda: read_source(source, feed(9, "<a " + " " * 1_000_000 + ">"), URL))
    assert said == "FetchFailed: a tag of more than 1,000,000 bytes"


def test_a_sitemap_is_read_as_far_as_sitemaps_may_go_and_the_rest_is_counted() -> None:
    source = Source(name="a", url=URL, kind="sitemap")
    for body in (sitemap(FEW + 7), b"\n".join(b"http://a.example/%d" % n for n in range(FEW + 7))):
        found = read_source(source, body, URL)
        assert (len(found.entries), found.left_out) == (FEW, 7)


@pytest.mark.parametrize("flood", [bounds.refuse_flooded_listing, bounds.refuse_flooded_feed])
def test_a_flood_is_found_without_a_tree(flood: Callable[[bytes], None]) -> None:
    with pytest.raises((FetchFailed, Refused), match="more than"):
        flood(b"<item>" * 5_000_000)
