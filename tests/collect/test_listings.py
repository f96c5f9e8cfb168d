"""Listing pages to the entries that they link to, and to their next pages."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.entries import Entry, Found, More
from clipper.collect.feeds import read_source
from clipper.collect.listings import selector_fault
from clipper.config import Source
from clipper.errors import FetchFailed

DATA = Path(__file__).parent / "data"
BASE = "https://echo.example/news"
PAGE = """<!doctype html><html><head><title> News
 | Echo </title></head><body>
<nav><a href="/">Home</a><a href="/about">What this long established paper is about</a></nav>
<main>
  <article><a href="/2014/ward"><img src="w.jpg"></a><h2><a href="/2014/ward">Ward shut</a></h2></article>
  <article><h2><a href="https://elsewhere.example/2014/beds">Beds</a></h2></article>
  <article><h2>No link at all</h2></article>
</main>
<ul class="pages"><li><a href="/news">1</a></li><li class="on"><a href="?page=2">Older</a></li></ul>
</body></html>"""


def read(body: str | bytes = PAGE, depth: int = 0, **more: object) -> Found:
    source = Source(name="echo", url=BASE, kind="listing", **more)  # type: ignore[arg-type]  # named by the test
    return read_source(source, body.encode() if isinstance(body, str) else body, BASE, "text/html", depth)


def urls(found: Found) -> list[str | None]:
    return [entry.url for entry in found.entries]


def cause(body: str = PAGE, **more: object) -> str:
    with pytest.raises(FetchFailed) as failed:
        read(body, **more)
    return str(failed.value)


def test_without_a_selector_the_links_of_the_site_that_read_like_headlines_are_taken() -> None:
    assert urls(read()) == ["https://echo.example/about"]
    menu = (DATA / "broken" / "menu.listing").read_text("utf-8")
    assert cause(menu) == "no links that read like headlines on the listing page"


WARD = Entry(url="https://echo.example/2014/ward", said="Ward shut")
BEDS = Entry(url="https://elsewhere.example/2014/beds", said="Beds")


@pytest.mark.parametrize(
    "selector", ["article", "main a", "article h2 a, article > a", "main :is(h2, article) a[href]"]
)
def test_a_selector_names_links_or_what_holds_them_and_lets_in_short_ones_and_other_hosts(selector: str) -> None:
    assert read(links=selector).entries == [WARD, BEDS]


def test_a_pattern_is_looked_for_in_the_whole_url() -> None:
    assert read(pattern=r"/20\d\d/").entries == [WARD, BEDS]
    assert read(pattern=r"^https://echo\.example/20\d\d/").entries == [WARD]
    assert read(links="article", pattern=r"beds$").entries == [BEDS]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"links": ".teaser"}, "the selector '.teaser' in 'links' matches nothing on the page"),
        ({"links": "title"}, "the selector 'title' in 'links' matches, but no link to a page is in it"),
        ({"links": "ul li:first-child"}, "the selector 'ul li:first-child' in 'links' matches, but no link to another"),
        ({"pattern": "/1999/"}, "no link on the page fits '/1999/' in 'pattern'"),
        ({"links": "article", "pattern": "/1999/"}, "no link on the page fits '/1999/' in 'pattern'"),
        ({"links": "a[["}, "'a[[' is no CSS selector: "),
    ],
)
def test_what_finds_nothing_says_which_key_found_nothing(more: dict[str, object], said: str) -> None:
    assert cause(**more).startswith(said)


def test_a_page_after_the_first_may_be_without_links() -> None:
    assert read("<p>Nothing older</p>", depth=3, links="article", pages=5) == Found()


def test_a_base_element_moves_the_links() -> None:
    assert urls(read('<base href="/archive/"><a href="ward">Ward closes after long dispute</a>')) == [
        "https://echo.example/archive/ward"
    ]


NEXT = [More(url="https://echo.example/news?page=2", depth=1)]


@pytest.mark.parametrize(
    ("head", "more", "expected"),
    [
        ("", {}, []),
        ("", {"pages": 3}, []),  # nothing says which link is the next page
        ("", {"pages": 3, "next": ".pages .on"}, NEXT),
        ("", {"pages": 3, "next": ".pages .on a"}, NEXT),
        ("", {"pages": 3, "next": ".gone"}, []),
        ("", {"pages": 3, "next": ".pages li:first-child"}, []),  # this page itself
        ('<link rel="next" href="?page=2">', {"pages": 3}, NEXT),
        ('<a rel="nofollow next" href="/news?page=2">', {"pages": 2}, NEXT),
        ('<link rel="next" href="?page=2">', {}, []),
        ('<link rel="next" href="https://elsewhere.example/news?page=2">', {"pages": 3}, []),
        ('<link rel="next" href="javascript:void(0)">', {"pages": 3}, []),
    ],
)
def test_the_next_page_is_the_one_that_the_selector_or_the_page_names(
    head: str, more: dict[str, object], expected: list[More]
) -> None:
    assert read(head + PAGE, **more).more == expected


@pytest.mark.parametrize(("depth", "deeper"), [(0, [1]), (1, [2]), (2, []), (49, [])])
def test_no_more_pages_are_read_than_were_asked_for(depth: int, deeper: list[int]) -> None:
    assert [m.depth for m in read(depth=depth, pages=3, next=".on").more] == deeper


def test_the_charset_of_the_header_is_believed() -> None:
    body = "<a href='/a'>Café der Klinik schließt heute</a>".encode("iso-8859-1")
    source = Source(name="echo", url=BASE, kind="listing")
    (entry,) = read_source(source, body, BASE, "text/html; charset=iso-8859-1").entries
    assert entry.said == "Café der Klinik schließt heute"


def test_the_title_of_a_page_is_one_line() -> None:
    assert read().title == "News | Echo"


@pytest.mark.parametrize("selector", ["a", "article > h2 a:not(.x)", 'a[href^="/news/"]', "a:has(h3)"])
def test_a_sound_selector_has_no_fault(selector: str) -> None:
    assert selector_fault(selector) is None


@pytest.mark.parametrize("selector", ["a[", ">", "a:nosuch", "a,,b", "::before", "(" * 3000])
def test_a_faulty_selector_is_told_in_one_line(selector: str) -> None:
    fault = selector_fault(selector)
    assert fault and "\n" not in fault


@pytest.mark.parametrize("markup", ["<div>" * 20_000, "<b><p>" * 5_000, "<a href=/x>" * 20_000])
@pytest.mark.parametrize("more", [{}, {"links": "div div a"}])
def test_no_nesting_makes_a_listing_slow(markup: str, more: dict[str, object]) -> None:
    start = time.process_time()
    try:
        read(markup + "<a href='/a'>A headline of five words</a>", **more)
    except FetchFailed as error:
        assert str(error)
    assert time.process_time() - start < 30  # of the processor; what grows with the square takes minutes


PIECES = st.sampled_from(
    ["<article>", "</article>", "<a href='", "/a", "http://[", "www.x.example", "'>", "</a>", "four words of headline",
     "<base href='", "<a rel=next href='?2'>", "<link rel=next href=//>", "<!--", "\x00", "&#0;", "<table>", "\ud800"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=100) | st.lists(PIECES, max_size=20).map(lambda p: "".join(p).encode("utf-8", "surrogatepass")),
    st.sampled_from([{}, {"links": "article"}, {"pattern": "a"}, {"pages": 4}, {"pages": 2, "next": "article a"}]),
)
def test_any_bytes_are_a_listing_or_a_cause(body: bytes, more: dict[str, object]) -> None:
    try:
        found = read(body, **more)
    except FetchFailed as error:
        assert str(error)
    else:
        assert all(e.url and e.url.startswith(("http://", "https://")) for e in found.entries)
        assert all(m.url.startswith(("http://", "https://")) and m.depth == 1 for m in found.more)
