"""Bylines to authors, page titles without the site's name."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect import names


@pytest.mark.parametrize(
    ("bylines", "people"),
    [
        (["By Ann Holloway"], ("Ann Holloway",)),
        (["BY: Ann Holloway, health editor"], ("Ann Holloway",)),
        (["Words by Ann Holloway and Tom Pryce"], ("Ann Holloway", "Tom Pryce")),
        (["Ann Holloway, Tom Pryce & Dr Mo Sayed"], ("Ann Holloway", "Tom Pryce", "Dr Mo Sayed")),
        (["Ann Holloway; Tom Pryce", "ann holloway"], ("Ann Holloway", "Tom Pryce")),
        (["View all posts by Tom Pryce"], ("Tom Pryce",)),
        (["Prof Jane Otieno, CBE, FRCP"], ("Prof Jane Otieno",)),
        (["Mary Byrne-Whitby"], ("Mary Byrne-Whitby",)),
        (["Alexander Anderson"], ("Alexander Anderson",)),
        (["ann@echo.example", "admin", "12", "", " - "], ()),
        (["https://echo.example/people/ann"], ()),
        (["By"], ()),
    ],
)
def test_a_byline_gives_its_people_once_and_nothing_else(bylines: list[str], people: tuple[str, ...]) -> None:
    assert names.authors(bylines) == people


def test_a_name_turned_round_with_its_initial_stays_one_person() -> None:
    assert len(names.authors(["Otieno, J.", "Marsh, P. R."])) == 2


@pytest.mark.parametrize(
    ("title", "outlet", "wanted"),
    [
        ("Ward to close - The Fenwick Echo", "Fenwick Echo", "Ward to close"),
        ("Fenwick Echo | Ward to close", "The Fenwick Echo", "Ward to close"),
        ("Ward to close – health – fenwickecho.co.uk", "Fenwick Echo", "Ward to close – health"),
        ("Ward to close - again", "Fenwick Echo", "Ward to close - again"),
        ("Fenwick Echo", "Fenwick Echo", "Fenwick Echo"),
        ("Ward to close - The Fenwick Echo", None, "Ward to close - The Fenwick Echo"),
    ],
)
def test_a_title_loses_the_name_of_its_site_and_nothing_more(title: str, outlet: str | None, wanted: str) -> None:
    assert names.without_site(title, outlet) == wanted


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=120), max_size=4))
def test_any_bylines_give_clean_single_lines_each_once(bylines: list[str]) -> None:
    people = names.authors(bylines)
    assert len(set(people)) == len(people)
    assert all(name == " ".join(name.split()) and 0 < len(name) <= 80 for name in people)
    assert not [c for name in people for c in name if unicodedata.category(c) in ("Cc", "Cs")]


@pytest.mark.parametrize(
    ("bylines", "people"),
    [
        (["Von Ann Holloway und Mo Sayed"], ("Ann Holloway", "Mo Sayed")),
        (["Publié par Ann Holloway"], ("Ann Holloway",)),
        (["Author: Ann Holloway →"], ("Ann Holloway",)),
        (["PhD Ann Holloway"], ("Ann Holloway",)),
        (["View my complete profile"], ()),
    ],
)
def test_bylines_of_other_tongues_and_systems(bylines: list[str], people: tuple[str, ...]) -> None:
    assert names.authors(bylines) == people


def test_an_outlet_that_signs_is_told_from_a_person() -> None:
    assert names.is_outlet(["Fenwick Echo"], "The Fenwick Echo")
    assert not names.is_outlet(["Ann Holloway"], "The Fenwick Echo")
    assert not names.is_outlet(["Fenwick Echo", "Ann Holloway"], "The Fenwick Echo")
    assert not names.is_outlet(["Fenwick Echo"], None)
