"""What is cited of an article is the same in every format: its key, its dates, its address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given

from clipper.models import Article
from clipper.publish.formats import atom, bibtex, csl, ris
from clipper.publish.formats.citation import day_parts, one_line, reference
from clipper.publish.selection import Item
from publish.cited import ABOUT, article, item, odd_articles, oddly_signed, texts


def test_the_key_says_who_when_and_what_and_leads_back_to_the_article() -> None:
    assert reference(item(article()), ABOUT).key == "quinn2014broken28a59fa0b1"
    other = article(authors=["The King's Fund"], published=None, title="The end of it", id="ffffffffff000000")
    assert reference(item(other), ABOUT).key == "thekingsfundndendffffffffff"
    assert reference(item(article(authors=[], title="王", outlet=None)), ABOUT).key == "anon201428a59fa0b1"


@given(odd_articles | oddly_signed)
def test_any_key_is_plain_and_any_text_one_line(one: Article) -> None:
    cited = reference(item(one, "pay"), ABOUT)
    assert re.fullmatch(r"[a-z0-9]+", cited.key)
    for text in (cited.title, cited.outlet, cited.abstract, *cited.keywords, *(name.spoken for name in cited.people)):
        assert text == " ".join(text.split())
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff\ufffe\uffff]", text)
    assert not any(re.search("[,;]", word) for word in cited.keywords)
    assert not re.search(r'[\\"<>^`{|}\s]', cited.url)


@pytest.mark.parametrize(
    ("stated", "parts"),
    [("2014-11-07", (2014, 11, 7)), ("2014-11", (2014, 11)), ("2014", (2014,)), (None, ()), ("", ()), ("0000", ()),
     ("2014-13-01", (2014,)), ("2014-02-30", (2014, 2)), ("7 May 2014", ()), ("２０１４", ())],
)  # fmt: skip
def test_a_date_has_as_many_parts_as_are_known(stated: str | None, parts: tuple[int, ...]) -> None:
    assert day_parts(stated) == parts


def test_the_day_of_access_is_that_of_fetching_but_for_clippings_whose_link_nobody_followed() -> None:
    assert reference(item(article()), ABOUT).accessed == (2024, 3, 5)
    assert reference(item(article(kind="clipping", part_of="00ff")), ABOUT).accessed == ()
    assert reference(item(article(url=None)), ABOUT).accessed == ()


@pytest.mark.parametrize("form", [ris, bibtex, csl, atom])
def test_articles_are_given_out_one_after_the_other(form: Any) -> None:
    asked = []

    def items() -> Iterator[Item]:
        for number in range(100):
            asked.append(number)
            yield item(article(id=f"{number:04x}"))

    written = form.lines(items(), ABOUT)
    while "hips" not in next(written):
        pass
    assert asked == [0]


def test_no_more_than_two_sentences_and_no_script_for_a_link() -> None:
    cited = reference(item(article(url="javascript:alert(1)")), ABOUT)
    assert cited.abstract == "There were seven surgeons & 50% of them left. There are now two."
    assert cited.url == ""


@pytest.mark.parametrize("form", [ris, bibtex, csl, atom])
def test_nothing_of_a_text_where_the_house_gives_out_none(form: Any) -> None:
    items = [item(article()), item(article(id="00ff", title=None, url=None))]
    assert "seven" in "".join(form.lines(items, ABOUT))
    written = "".join(form.lines(items, ABOUT._replace(excerpts=False)))
    assert "Ian" in written
    assert "seven" not in written


def test_themes_go_before_the_outlets_own_words_each_once() -> None:
    assert reference(item(article(), "pay", "privatisation"), ABOUT).keywords == (
        "Pay pensions & conditions", "Privatisation", "Hospitals",
    )  # fmt: skip


@given(texts)
def test_a_clean_line_stays_as_it_is(text: str) -> None:
    assert one_line(one_line(text)) == one_line(text)
