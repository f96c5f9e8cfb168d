"""A page's bytes to its text: packing, charset, the heading left out, and pages without an article."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.document import decode, site_name, unpacked
from clipper.collect.page import read_page, saved_from
from clipper.errors import ClipperError, Refused
from conftest import article_page

URL = "https://echo.example/ward"
META = '<meta charset="{}"><p>£5m — Übergabe</p>'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (META.format("windows-1252").encode("cp1252"), "text/html"),
        (META.format("iso-8859-1").encode("cp1252"), "text/html"),
        (META.format("windows-1252").encode(), "text/html; charset=utf-8"),
        (META.format("utf-8").encode("cp1252"), "text/html; charset='ISO-8859-1'"),
        (META.format("us-ascii").encode("cp1252"), ""),
        (META.format("no-such-charset").encode(), "text/html; charset=neither-this"),
        (b"\xef\xbb\xbf" + META.format("windows-1252").encode(), "text/html; charset=latin1"),
        (b"\xff\xfe" + META.format("utf-8").encode("utf-16-le"), "text/html"),
        ("<p>£5m — Übergabe</p>".encode(), "text/html"),
    ],
)
def test_a_page_is_read_in_the_charset_it_is_written_in(body: bytes, content_type: str) -> None:
    assert "£5m — Übergabe" in decode(body, content_type)


def test_a_packed_page_is_unpacked_even_twice() -> None:
    assert unpacked(gzip.compress(gzip.compress(b"<p>page</p>"))) == b"<p>page</p>"
    assert unpacked(b"<p>page</p>") == b"<p>page</p>"


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"\x1f\x8b\x08garbage that is no gzip stream", "cannot be unpacked"),
        (gzip.compress(bytes(21 << 20)), "larger than 20 MB when unpacked"),
    ],
)
def test_a_page_that_does_not_unpack_is_refused_with_the_cause(body: bytes, cause: str) -> None:
    with pytest.raises(Refused, match=cause):
        unpacked(body)


def test_an_article_is_read_without_navigation_heading_and_footer() -> None:
    page = read_page(article_page("Ward to close").encode(), URL)
    assert page.text.startswith("The board of the Fenwick hospital trust met on Tuesday")
    assert page.text.endswith("the council and its own staff.")
    assert page.text.count("\n\n") == 2
    assert (page.stated.title, page.stated.outlet) == ("Ward to close", "The Fenwick Echo")


@pytest.mark.parametrize(
    ("body", "cause", "lasting"),
    [
        (b"", "an empty page", False),  # a hiccup of the server, as like as not
        (b" \r\n\t", "an empty page", False),
        (b"<html><body><p>Too short.</p></body></html>", "no article text on the page", True),
    ],
)
def test_a_page_without_an_article_is_refused_with_the_cause(body: bytes, cause: str, lasting: bool) -> None:
    with pytest.raises(Refused, match=cause) as refused:
        read_page(body, URL)
    assert refused.value.lasting is lasting


@pytest.mark.parametrize(
    ("html", "url"),
    [
        (f"<!DOCTYPE html>\n<!-- saved from url=(0026){URL} -->\n<html>", URL),
        (f"<!--\n Page saved with SingleFile\n url: {URL}\n saved date: Mon -->\n<html>", URL),
        ("<!-- saved from url=(0011)about:blank -->", None),
        ("<p>no note</p>", None),
    ],
)
def test_a_saved_page_says_where_it_was_saved_from(html: str, url: str | None) -> None:
    assert saved_from(html) == url


def test_a_saved_page_takes_its_url_from_the_note_and_prefers_its_canonical_link() -> None:
    note = f"<!-- saved from url=(0026){URL} -->"
    assert read_page((note + article_page("Ward to close")).encode(), None).stated.url == URL
    linked = article_page("Ward to close", head='<link rel="canonical" href="https://echo.example/w">')
    assert read_page((note + linked).encode(), None).stated.url == "https://echo.example/w"


@pytest.mark.parametrize(
    ("url", "name"), [("https://www.echo.example/a", "echo.example"), ("http://[bad", None), ("nonsense", None)]
)
def test_the_host_stands_in_for_an_outlet_that_nobody_names(url: str, name: str | None) -> None:
    assert site_name(url) == name


@settings(max_examples=25, deadline=None)
@given(
    st.binary(max_size=300)
    | st.text(alphabet="<>/=\"'&;!- abhp1\n", max_size=200).map(lambda s: f"<html><body>{s}".encode())
)
def test_any_bytes_are_a_page_or_refused(body: bytes) -> None:
    try:
        assert len(read_page(body, URL, "text/html").text) >= 50
    except ClipperError as error:
        assert str(error)
