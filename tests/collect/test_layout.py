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
