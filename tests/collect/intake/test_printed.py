"""Rows on pages to lines and paragraphs: where one begins, what is a page's furniture, how broken words are joined."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.intake.printed import Joiner, Line, Row, is_page_number, laid_out


def page(*texts: str, top: float = 700, leading: float = 12, size: float = 10, right: float = 500) -> list[Row]:
    """Return rows from the top of a page downwards, each as wide as the column."""
    return [Row(text, x=50, y=top - leading * n, right=right, size=size) for n, text in enumerate(texts)]


def begins(pages: list[list[Row]]) -> list[bool]:
    return [line.begins for line in laid_out(pages)]


def test_rows_at_the_usual_distance_are_one_paragraph_and_a_wider_one_begins_another() -> None:
    rows = [*page("one", "two", "three"), *page("four", "five", top=656)]
    assert begins([rows]) == [True, False, False, True, False]


def test_a_row_that_ended_although_the_next_word_had_room_ends_a_paragraph() -> None:
    rows = page("one", "two", "three")
    rows[1] = Row("short.", x=50, y=688, right=120, size=10)
    assert begins([rows]) == [True, False, True]


def test_a_sentence_goes_on_over_the_page_and_its_furniture() -> None:
    pages = [
        [
            Row(f"Annual report {n}", x=50, y=760, right=130, size=8),
            *page(f"row {n} of a", f"text {n} goes", f"on and {n} on"),
        ]
        for n in range(1, 5)
    ]
    lines = laid_out(pages)
    assert [line.text for line in lines if line.repeated] == [f"Annual report {n}" for n in range(1, 5)]
    assert [line.begins for line in lines if not line.repeated] == [True] + [False] * 11


def test_what_stands_once_at_an_edge_is_no_furniture() -> None:
    lines = laid_out([page("Ward 1 to close", "one"), page("Nurses wanted", "two"), page("Board resigns", "three")])
    assert not any(line.repeated for line in lines)
    assert all(line.edge for line in lines)


def test_large_rows_are_headings_and_are_joined_to_each_other_only() -> None:
    rows = [
        *page("Ward to close", "for the winter", top=700, leading=20, size=16, right=200),
        *page("one row of the body", "and another row of it", top=650),
    ]
    lines = laid_out([rows])
    assert [(line.heading, line.begins) for line in lines] == [
        (True, True),
        (True, False),
        (False, True),
        (False, False),
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Page 3 of 40", True),
        ("- 3 -", True),
        ("3", True),
        ("3/40", True),
        ("Page 3 of the report", False),
        ("3 of 250 DOCUMENTS", False),
        ("", False),
    ],
)
def test_a_page_number_is_nothing_else(text: str, number: bool) -> None:
    assert is_page_number(text) is number


@pytest.mark.parametrize(
    ("lines", "elsewhere", "joined"),
    [
        (["the hos-", "pital"], "", "the hospital"),
        (["a long-", "term plan"], "", "a long-term plan"),
        (["a care-", "home"], "care-home", "a care-home"),
        (["a re-", "port"], "report", "a report"),
        (["a soft\u00ad", "ened blow"], "", "a softened blow"),
        (["Anglo-", "Saxon"], "", "Anglo-Saxon"),
        (["2014-", "15"], "", "2014-15"),
        (["it is -", "or was"], "", "it is - or was"),
        (["one --", "two"], "", "one -- two"),
        (["", "one", " ", "two "], "", "one two"),
    ],
)
def test_lines_are_joined_as_they_were_written(lines: list[str], elsewhere: str, joined: str) -> None:
    assert Joiner([Line(elsewhere), *map(Line, lines)]).paragraph(lines) == joined


NUMBERS = st.floats(-1000, 1000)
ROWS = st.builds(
    Row,
    st.text(min_size=1, max_size=12),
    x=NUMBERS,
    y=NUMBERS,
    right=NUMBERS,
    size=st.floats(0.5, 90),
    bold=st.booleans(),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(ROWS, max_size=8), max_size=6))
def test_every_row_is_a_line_in_its_order(pages: list[list[Row]]) -> None:
    lines = laid_out(pages)
    assert [(line.text, line.page) for line in lines] == [
        (row.text, n) for n, rows in enumerate(pages, 1) for row in rows
    ]
    assert not lines or lines[0].begins
    Joiner(lines).paragraph([line.text for line in lines])
