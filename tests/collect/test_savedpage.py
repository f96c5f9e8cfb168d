"""Where a saved page lived, as browsers, mirrors and archives note it, and what is believed where they disagree."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.page import read_page
from clipper.collect.savedpage import Note, address, original_url, saved_from, saved_note
from conftest import article_page

URL = "https://echo.example/news/ward"
FRONT = "https://echo.example/"
OTHER = "https://post.example/copy"


@pytest.mark.parametrize(
    ("page", "url"),
    [
        (f"<!DOCTYPE html>\n<!-- saved from url=(0030){URL} -->\n<html>", URL),
        (f"<html>\n<!-- saved from url=(0030){URL} --><head>", URL),
        (f"<!--saved from url=(0030){URL}--><html>", URL),
        (f"<!-- saved from url={URL} --><html>", URL),
        ("<!-- saved from url=(0034)https://echo.example/news/a-%2Db -->", "https://echo.example/news/a--b"),
        (f"<!--[if IE]><![endif]--><!-- a note --><!-- saved from url=(0030){URL} -->", URL),
        ("<style>" + "a{}" * 50_000 + f"</style><!-- saved from url=(0030){URL} -->", URL),
        ("<!-- saved from url=(0030)file:///C:/Users/x/ward.html -->", None),
        ("<!-- saved from url=(0014)about:internet -->", None),
        ("<!-- saved from url=(0002)http:// -->", None),
        ("<!-- the prisoners saved from url=x -->", None),
        (f"<p>saved from url=(0030){URL}</p>", None),
        (f"<!--\n Page saved with SingleFile \n url: {URL} \n saved date: Fri Mar 07 2014 12:00:00 GMT+0000 -->", URL),
        ("<!-- Mirrored from echo.example/news/ward by HTTrack Website Copier/3.x [X'2014], Fri, 07 Mar 2014 -->",
         "http://echo.example/news/ward"),
        (f'<html data-scrapbook-source="{URL}" data-scrapbook-create="20140307">', URL),
        (f'<head><meta name="savepage-url" content="{URL}?a=1&amp;b=2">', f"{URL}?a=1&b=2"),
        (f"<meta itemprop='source-url' content='{URL}'>", URL),
        (f'<script>__wm.wombat("{URL}","20140307123000","https://web.archive.org/","web");</script>', URL),
        (f'<input type="text" name="url" id="wmtbURL" value="{URL}" />', URL),
        (f'<link rel="canonical" href="https://web.archive.org/web/20140307123000/{URL}">', URL),
        (f'<meta property="og:url" content="http://archive.is/2014.03.07-123000/{URL}">', URL),
        (f'<base href="{URL}">', URL),
        (f'<base href="{FRONT}">', None),
        ('<base href="https://echo.example/news/">', None),
        ('<base href="https://echo.example/news/index.php">', None),
        (f'<link rel="canonical" href="{URL}">', None),
        ("<!-- saved from url=(0030)", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_page_says_where_it_was_saved_from(page: str, url: str | None) -> None:
    assert saved_from(page) == url


def test_the_day_of_saving_is_told() -> None:
    date = "saved date: Fri Mar 07 2014 12:00:00 GMT+0000 (Greenwich Mean Time)"
    assert saved_note(f"<!--\n Page saved with SingleFile\n url: {URL}\n {date}\n-->") == Note(URL, "2014-03-07")
    mirrored = (
        "<!-- Mirrored from echo.example/a by HTTrack Website Copier/3.x [X'14], Fri, 07 Mar 2014 12:30:00 GMT -->"
    )
    assert saved_note(mirrored) == Note("http://echo.example/a", "2014-03-07")


@pytest.mark.parametrize(
    ("url", "original"),
    [
        (URL, URL),
        (f"https://web.archive.org/web/20140307123000/{URL}", URL),
        (f"http://web.archive.org/web/20140307123000id_/{URL}?p=1", f"{URL}?p=1"),
        (f"https://web.archive.org/web/2014*/{URL}", f"https://web.archive.org/web/2014*/{URL}"),  # a list of copies
        (f"https://web.archive.org/web/*/{URL}", URL),
        ("https://web.archive.org/web/2014/http:/echo.example/a", "http://echo.example/a"),
        ("https://web.archive.org/web/2014/echo.example/a", "http://echo.example/a"),
        (f"https://webarchive.nationalarchives.gov.uk/ukgwa/20130107105354/{URL}", URL),
        (f"http://webarchive.nationalarchives.gov.uk/20130107105354/{URL}", URL),
        (f"https://www.webarchive.org.uk/wayback/archive/20140307123000/{URL}", URL),
        (f"https://archive.ph/2014.03.07-123000/{URL}", URL),
        (f"https://web.archive.org/web/2014/https://archive.ph/20140307123000/{URL}", URL),
        (
            "http://webcache.googleusercontent.com/search?q=cache:AbCd12345678:echo.example/a+ward",
            "http://echo.example/a",
        ),
        ("https://web.archive.org/about/", "https://web.archive.org/about/"),
        ("https://archive.ph/AbCdE", "https://archive.ph/AbCdE"),
        ("file:///tmp/a.html", None),
        ("about:blank", None),
        ("data:text/html,x", None),
        ("https://", None),
        ("http://[bad", None),
        ("https://echo.example/a b", None),
        ("https://echo.example/\x1b[31m", None),
        ("https://echo.example/" + "a" * 5000, None),
    ],
)
def test_an_archive_s_copy_has_the_address_of_what_it_copied(url: str, original: str | None) -> None:
    assert original_url(url) == original


@pytest.mark.parametrize(
    ("saved", "canonical", "believed"),
    [
        (f"{URL}?at=mail", URL, URL),
        (URL.replace("https://", "https://www."), URL, URL),
        (URL, FRONT, URL),
        (URL, OTHER, URL),
        (URL, None, URL),
        (None, URL, URL),
        (None, FRONT, None),
        (None, None, None),
        (FRONT, URL, URL),
        (URL, f"https://web.archive.org/web/2014/{URL}/", f"{URL}/"),
    ],
)
def test_a_canonical_link_is_believed_on_the_site_that_the_page_was_saved_from(
    saved: str | None, canonical: str | None, believed: str | None
) -> None:
    assert address(saved, canonical) == believed


@pytest.mark.parametrize(
    ("canonical", "url"), [("/news/ward", URL), (FRONT, f"{URL}?x=1"), (OTHER, f"{URL}?x=1"), (URL, URL)]
)
def test_a_saved_page_that_is_read_has_the_address_that_is_believed(canonical: str, url: str) -> None:
    note = f"<!-- saved from url=(0030){URL}?x=1 -->"
    page = article_page("Ward to close", head=f'<link rel="canonical" href="{canonical}">')
    assert read_page((note + page).encode(), None).stated.url == url


def test_a_page_that_was_fetched_is_not_asked_where_it_was_saved() -> None:
    page = f"<!-- saved from url=(0030){OTHER} -->" + article_page("Ward to close")
    assert read_page(page.encode(), URL).stated.url is None


@pytest.mark.parametrize(
    "piece", ["<!--", "<!-- saved from url=", '<meta a="', "<base href='", "<!-- Mirrored from a ", "url:\n", "<html "]
)
def test_a_large_page_is_looked_through_soon(piece: str) -> None:
    started = time.monotonic()
    saved_from(piece * (20_000_000 // len(piece)))
    assert time.monotonic() - started < 20


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.sampled_from(["<!--", "-->", "saved from url=", "(0030)", URL, "SingleFile", "\nurl: ", "<base href=", "'",
                         '"', ">", "file://", "https://[", "<meta name=savepage-url content=", " ", "\ud800", "\x1b"])
        | st.text(max_size=8),
        max_size=14,
    ).map("".join)
)  # fmt: skip
def test_any_page_has_a_web_address_or_none(page: str) -> None:
    url = saved_from(page)
    assert url is None or (url.startswith(("http://", "https://")) and not set(url) & set(' <>"\n\x1b\ud800'))
