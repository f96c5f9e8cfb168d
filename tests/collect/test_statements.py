"""What people write at the head of a text that they kept, and under it."""

from __future__ import annotations

import pytest

from clipper.collect.facts import Facts
from clipper.collect.textfile import read_text

BODY = "The ward was shut on Monday, and the nurses went home."


def _facts(*lines: str) -> Facts:
    return read_text("\n\n".join(lines).encode()).facts


@pytest.mark.parametrize(
    ("line", "outlet", "authors", "published"),
    [
        ("The Northern Post, 14 March 2014", "The Northern Post", (), "2014-03-14"),
        ("Nursing Weekly | 12 Dec 2013", "Nursing Weekly", (), "2013-12-12"),
        ("Posted on March 5, 2015 by Helen Grant", None, ("Helen Grant",), "2015-03-05"),
        ("Published on Monday, 01 September 2008, 12:04 (updated 13:10)", None, (), "2008-09-01"),
        ("Published: 04/03/2011 (Last updated: 05/03/2011)", None, (), "2011-03-04"),
        ("Source - Fenwick News Online", "Fenwick News Online", (), None),
        ("Dr Ann Holloway MP / 16 July 2012", None, ("Dr Ann Holloway MP",), "2012-07-16"),
        ("Jo Doe | The Fenwick Echo | 3.4.2012", "The Fenwick Echo", ("Jo Doe",), "2012-04-03"),
        ("Dan Marsh, Health policy editor", None, ("Dan Marsh",), None),
        ("By Zoë Brontë, 4 Aug 2011", None, ("Zoë Brontë",), "2011-08-04"),
    ],
)
def test_a_line_under_the_title_states_what_it_states(
    line: str, outlet: str | None, authors: tuple[str, ...], published: str | None
) -> None:
    found = read_text(f"Beds to close\n\n{line}\n\n{BODY}".encode())
    assert found.facts == Facts(title="Beds to close", outlet=outlet, authors=authors, published=published)
    assert found.text == BODY


@pytest.mark.parametrize(
    "line",
    [
        "So it goes on, 3 May 2015.",
        "Minutes were read in Leeds on 12 March 2014.",
        "By the end of the year the beds were gone",
        "Leeds, Hull and York",
        "The board met, the union waited, 12 March",
        "Published: 31/02/2014",
    ],
)
def test_a_line_of_the_text_stays_in_the_text(line: str) -> None:
    found = read_text(f"Beds to close\n\n{line}\n\n{BODY}".encode())
    assert found.facts == Facts(title="Beds to close")
    assert found.text == f"{line}\n\n{BODY}"


def test_outlet_and_date_may_stand_under_the_text() -> None:
    found = read_text(f"Beds to close\n\n{BODY}\n\nFenwick Echo, 12 Dec 2013".encode())
    assert (found.facts.outlet, found.facts.published, found.text) == ("Fenwick Echo", "2013-12-12", BODY)


def test_a_link_over_the_title_is_the_article_s() -> None:
    assert _facts("https://echo.example/a", "Beds to close", BODY) == Facts(
        url="https://echo.example/a", title="Beds to close"
    )


def test_a_date_that_cannot_be_read_is_neither_a_date_nor_the_title() -> None:
    found = read_text(f"Published: 12/13/2014\n\nBeds to close\n\n{BODY}".encode())
    assert (found.facts.title, found.facts.published) == ("Beds to close", None)
    assert found.left_out == ("Published: 12/13/2014",)


def test_a_text_without_a_blank_line_is_read_line_by_line() -> None:
    found = read_text(f"Beds to close\nFenwick Echo, 12 Dec 2013\nBy Ann Writer\n{BODY}".encode())
    assert found.facts == Facts(
        title="Beds to close", outlet="Fenwick Echo", authors=("Ann Writer",), published="2013-12-12"
    )
    assert found.text == BODY


@pytest.mark.parametrize("title", ["# Beds to close", "Beds to close\n=====", "Beds to close\n---"])
def test_the_marks_of_a_heading_are_no_part_of_it(title: str) -> None:
    assert _facts(title, BODY).title == "Beds to close"
