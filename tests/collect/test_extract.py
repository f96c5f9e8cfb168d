"""The door to trafilatura: text of pages that are not plain, and days where nothing is stated."""

from __future__ import annotations

import pytest

from clipper.collect import extract
from clipper.collect.page import read_page
from conftest import article_page

URL = "https://echo.example/ward"


@pytest.mark.parametrize(
    ("said", "day"), [("2014-02-30", "2014-02"), ("2014-02-17", "2014-02-17"), ("no day at all", None)]
)
def test_a_day_is_not_made_up_of_a_month(said: str, day: str | None) -> None:
    head = f'<meta property="article:published_time" content="{said}">'
    assert extract.day(article_page("Ward to close", head=head), URL) == day


def test_a_short_notice_is_taken_without_the_lines_around_it() -> None:
    short = "The ward in Fenwick will close in March, the trust said, and it will not open again."
    page = read_page(article_page("Ward to close", short).encode(), URL)
    assert page.text == short


def test_a_page_that_is_not_plain_goes_to_trafilatura_and_says_so() -> None:
    rows = "".join(f"<tr><td>Ward {n}</td><td>{n} beds</td></tr>" for n in range(40))
    html = article_page("Ward to close").replace("<article>", f"<article><table>{rows}</table>")
    assert read_page(html.encode(), URL).extractor == extract.EXTRACTOR
    assert extract.main_text(None, URL) == ""


def test_a_plain_page_is_read_by_clipper_itself() -> None:
    line = "The ward in Fenwick will close in March, the trust said, and number {} will not open again."
    page = read_page(article_page("Ward to close", *(line.format(n) for n in range(6))).encode(), URL)
    assert page.extractor.startswith("clipper ")
    assert page.text.count("\n\n") == 5


def test_a_page_of_very_many_elements_is_not_given_to_the_slower_extractor() -> None:
    many = "<div><i>x</i><b>y</b></div>" * 11_000
    page = read_page(f"<html><body>{many}<p>{'The trust met and met again. ' * 9}</p></body></html>".encode(), URL)
    assert page.extractor.startswith("clipper ")
