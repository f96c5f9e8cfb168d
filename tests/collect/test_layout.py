"""What a page's layout suggests where its markup is silent."""

from __future__ import annotations

import pytest

from clipper.collect import layout
from clipper.collect.facts import SILENT, Facts
from clipper.collect.page import parse_html

URL = "https://echo.example/ward"


def _guess(inner: str, url: str = URL, stated: Facts = SILENT, head: str = "") -> Facts:
    return layout.guess(parse_html(f"<html><head>{head}</head><body>{inner}</body></html>"), url, stated)


@pytest.mark.parametrize(
    ("inner", "people"),
    [
        ("<span class='author-name'>Ann Holloway</span>", ("Ann Holloway",)),
        ("<p class='byline'>By Ann Holloway and Mo Sayed</p>", ("Ann Holloway", "Mo Sayed")),
        ("<p class='byline'>By Ann Holloway | 3 February 2026</p>", ("Ann Holloway",)),
        ("<div class='post-meta'>Posted on 3 February 2026 by Ann Holloway in News</div>", ("Ann Holloway",)),
        ("<div class='meta'>Von Ann Holloway</div>", ("Ann Holloway",)),
        ("<p class='author'>Ann Holloway</p><p class='byline'>By Mo Sayed</p>", ("Ann Holloway",)),
        ("<div class='comment'><span class='author'>reader12</span></div>", ()),
        ("<aside><span class='author'>Ann Holloway</span></aside>", ()),
        ("<p>By the river the town was quiet.</p>", ()),
    ],
)
def test_a_byline_is_found_where_pages_put_one(inner: str, people: tuple[str, ...]) -> None:
    assert _guess(inner).authors == people


@pytest.mark.parametrize(
    ("inner", "url", "head", "day"),
    [
        ("", "https://echo.example/2026/02/03/ward", "", "2026-02-03"),
        ("", "https://echo.example/ward-20260203-a1.html", "", "2026-02-03"),
        ("", "https://kept.example/web/20270101120000/http://echo.example/2026/02/03/ward", "", "2026-02-03"),
        ("<time datetime='2026-02-03T08:00:00Z'>today</time>", URL, "", "2026-02-03"),
        ("<span class='post-date'>Published on 3rd February 2026</span>", URL, "", "2026-02-03"),
        ("<span class='datum'>Stand: 3. Februar 2026</span><p class='date'>3. Februar 2026</p>", URL, "", "2026-02-03"),
        ("<h1>Ward to close</h1><div><b>Fenwick, 3 February 2026</b></div>", URL, "", "2026-02-03"),
        ("<p>Text.</p>", URL, "<title>Ward to close | Echo | 03.02.2026</title>", "2026-02-03"),
        ("<script>var a = {\"published_at\": \"2026-02-03T08:00\"}</script>", URL, "", "2026-02-03"),
        ("<p>Text.</p>", URL, "<meta property='article:modified_time' content='2026-02-03'>", "2026-02-03"),
        ("<p class='date'>born on 3 February 1901</p>", URL, "", None),
        ("<footer><p class='date'>3 February 2026</p></footer>", URL, "", None),
    ],
)  # fmt: skip
def test_a_day_is_found_where_pages_put_one(inner: str, url: str, head: str, day: str | None) -> None:
    assert _guess(inner or "<p>Text.</p>", url, head=head).published == day


def test_nothing_is_guessed_that_the_markup_states() -> None:
    stated = Facts(title="Ward to close", authors=("Ann Holloway",), published="2026-02-03", outlet="Echo")
    assert _guess("<h1>Other</h1><p class='byline'>By Mo Sayed</p><time>4 May 2025</time>", stated=stated) == SILENT


def test_a_person_is_looked_for_when_the_outlet_signs() -> None:
    stated = Facts(authors=("Fenwick Echo",), outlet="The Fenwick Echo")
    assert _guess("<p class='byline'>By Mo Sayed</p>", stated=stated).authors == ("Mo Sayed",)


@pytest.mark.parametrize(
    ("text", "title", "left"),
    [
        ("Ward to close\n\nThe board met.", "Ward to Close", "The board met."),
        ("Health\n\nWard  to close\n\nThe board met.", "Ward to close", "The board met."),
        ("The board met.\n\nIt sat for long.\n\nWard to close", "Ward to close", None),
        ("The board met.", None, None),
    ],
)
def test_the_title_is_not_repeated_at_the_head_of_the_text(text: str, title: str | None, left: str | None) -> None:
    assert layout.without_furniture(text, title, ()) == (left or text)


@pytest.mark.parametrize(
    "line",
    [
        "By Ann Holloway",
        "Ann Holloway, 3rd February",
        "Words Ann Holloway · Photographs Mo Sayed",
        "Published by the newsroom at 7:02am 3rd February 2026",
        "Date published: 3 February 2026",
        "- 3 min read",
    ],
)
def test_lines_about_the_article_are_no_part_of_it(line: str) -> None:
    text = "The board of the trust met.\n\nIt sat for long."
    assert layout.without_furniture(f"{line}\n\n{text}", "Ward to close", ["Ann Holloway"]) == text
    assert layout.without_furniture(f"{text}\n\nPrinted from echo.example", None, ()) == text


@pytest.mark.parametrize("line", ["By March the ward had closed.", "Last orders", "May we come in?", "300,900"])
def test_the_first_line_of_an_article_is_kept(line: str) -> None:
    text = f"{'The board of the trust met. ' * 5}\n\n{'It sat for long. ' * 9}\n\n{line}"
    assert layout.without_furniture(text, "Ward to close", ["Ann Holloway"]) == text
    if not line[0].isdecimal():
        assert layout.without_furniture(f"{line}\n\nIt sat.", "Ward to close", ()) == f"{line}\n\nIt sat."


@pytest.mark.parametrize(
    ("inner", "titled", "outlet"),
    [
        ("<a href='/'>The Fenwick Echo</a>", "Ward to close - The Fenwick Echo", "The Fenwick Echo"),
        ("<a href='/'><img alt='Fenwick Week'></a>", "Fenwick Week - Ward to close", "Fenwick Week"),
        ("<a rel='home' href='https://echo.example/x'>Echo</a>", "Ward to close | Echo", "Echo"),
        ("<a href='/health'>Health</a>", "Ward to close - Health", None),
        ("<a href='/'>The Fenwick Echo</a>", "The Fenwick Echo", None),
    ],
)
def test_the_outlet_is_the_part_of_the_title_element_that_the_masthead_repeats(
    inner: str, titled: str, outlet: str | None
) -> None:
    assert _guess(inner, head=f"<title>{titled}</title>").outlet == outlet


def test_who_signs_and_the_day_are_read_under_a_heading_without_names() -> None:
    old = "<font><b>Ward to close</b></font><br><font>By Ann Holloway<br>3 February 2026</font><p>The board met.</p>"
    found = _guess(old, head="<title>Echo - Ward to close</title>")
    assert (found.authors, found.published) == (("Ann Holloway",), "2026-02-03")
    beside = "<h1>Ward to close</h1><p>03.02.2026 - Ann Holloway</p><p>By the river it was quiet.</p>"
    assert _guess(beside).authors == ("Ann Holloway",)
