"""A text file to its facts: what its own lines state, and nothing that they do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.facts import Facts
from clipper.collect.textfile import TextArticle, decode_text, read_text
from clipper.errors import ClipperError, Refused
from clipper.text import paragraphs

TEXTS = Path(__file__).parent / "data" / "texts"


def article(name: str) -> TextArticle:
    return read_text((TEXTS / name).read_bytes())


@pytest.mark.parametrize(
    ("name", "facts", "first", "last"),
    [
        (
            "trade.txt",
            Facts(
                title="Valley wards put out to tender in first test of new market",
                authors=("Ann Holloway",),
            ),
            "Exclusive: managers",
            "Wards for older patients first to go",
        ),
        (
            "release.txt",
            Facts(
                title="Care in the valley needs radical change, says new report",
                published="2010-03-30",
                excerpt="Services have to join up to meet rising demand, according to the Fenwick Institute.",
            ),
            "Services have to join up",
            "1. The programme runs for two years from April 2009.",
        ),
        (
            "blog.txt",
            Facts(
                title="Buying joined-up care (or why agreement is not enough)",
                authors=("Ann",),
                published="2014-03-07",
                categories=("Valley commissioning", "Outcomes"),
            ),
            "Over the last year",
            "It is a big change, and it takes time.",
        ),
        (
            "single.txt",
            Facts(title="Hospital plans approved by council", outlet="Fenwick Echo", published="2014-07-30"),
            "The council has approved",
            "at the mouth of the valley.",
        ),
        ("note.txt", Facts(), "On Monday I sat in", "it would be ready."),
    ],
)
def test_a_text_states_what_its_lines_state_and_no_more(name: str, facts: Facts, first: str, last: str) -> None:
    found = article(name)
    assert found.facts == facts
    assert found.text.startswith(first)
    assert found.text.endswith(last)


def test_what_stands_over_the_title_is_left_out_and_reported() -> None:
    assert article("blog.txt").left_out[0] == "My mission"
    assert article("trade.txt").left_out == ("This site is intended for managers of primary care only",)
    assert article("release.txt").left_out == ()


def test_the_first_item_of_a_clippings_page_does_not_speak_for_the_page() -> None:
    found = article("clippings.txt")
    assert found.facts == Facts()
    assert found.text.startswith("Valley surgeries denied their premises money (Surgery Online: 15 June 2015)")
    assert "By Tom Pryce" in found.text
    assert found.left_out == ()


def test_fields_on_lines_of_their_own_are_read_whether_or_not_blank_lines_part_them() -> None:
    lines = (TEXTS / "fields.txt").read_text("utf-8")
    head, _, body = lines.partition("\n\n")
    expected = Facts(
        url="https://notes.example/tenders",
        title="Who bids for tenders?",
        outlet="Fenwick Policy Notes",
        authors=("Jane Otieno", "Paul Marsh"),
        published="2015-07-02",
        categories=("tendering", "community services"),
    )
    spread = read_text((head.replace("\n", "\n\n") + "\n\n" + body).encode())
    assert (spread.facts, spread.text) == (expected, "Few firms bid, and fewer win.")
    assert read_text(lines.encode()) == spread


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ("By Ann Holloway and Tom Pryce", Facts(authors=("Ann Holloway", "Tom Pryce"))),
        ("By the end of the year it was shut.", Facts()),
        ("By the end of the year", Facts()),
        ("By Ann Holloway on 7 March 2014", Facts(authors=("Ann Holloway",), published="2014-03-07")),
        ("Posted by Tom Pryce, 7 March 2014", Facts(authors=("Tom Pryce",), published="2014-03-07")),
        ("Posted on 7 March 2014", Facts(published="2014-03-07")),
        ("First published: March 2014", Facts(published="2014-03")),
        ("Friday 7 March 2014", Facts(published="2014-03-07")),
        ("Published: soon", Facts()),
        ("Published: 31/02/2014", Facts()),
        ("The report of 7 March 2014", Facts()),
        ("2014", Facts()),
    ],
)
def test_a_line_under_the_title_is_read_for_what_it_is(line: str, facts: Facts) -> None:
    found = read_text(f"Ward to close\n\n{line}\n\nThe board met on Tuesday.".encode())
    assert found.facts.title == "Ward to close"
    assert (found.facts.authors, found.facts.published) == (facts.authors, facts.published)
    assert (line in found.text) is (facts == Facts())


def test_windows_line_ends_and_utf_16_change_nothing() -> None:
    plain = (TEXTS / "release.txt").read_text("utf-8")
    expected = article("release.txt")
    assert read_text(plain.replace("\n", "\r\n").encode("utf-8-sig")) == expected
    assert read_text(plain.encode("utf-16")) == expected


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        (b"First line\nA \xa35m cut\n", r"not UTF-8 \(byte 0xA3 in line 2\).* iconv"),
        (b"text\x00more", "NUL"),
        (b"", "an empty file"),
        (b" \n\n\t\n", "an empty file"),
    ],
)
def test_what_is_no_text_is_refused_with_the_place_and_the_cure(raw: bytes, cause: str) -> None:
    with pytest.raises(Refused, match=cause):
        read_text(raw)


def test_a_heading_alone_is_kept_as_the_text() -> None:
    found = read_text(b"Ward to close")
    assert (found.facts.title, found.text) == ("Ward to close", "Ward to close")


LINES = st.sampled_from(
    ["Ward to close", "By Ann Holloway", "By", "Filed Under () by Ann on 99-99-2014", "Published: 30/03/2010",
     "Date: x", "Title (Outlet: 15 June 2015)", "Title (Outlet: 99 June 2015)", "URL: http://[", "Press release",
     "2014", "", " ", "A sentence that ends.", "•", "((((:", "Tags: ,,,"]
) | st.text(max_size=40)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=12).map("\n\n".join))
def test_any_text_is_an_article_that_loses_no_word_in_silence(text: str) -> None:
    try:
        found = read_text(text.encode("utf-8", "surrogatepass"))
    except ClipperError as error:
        assert str(error)
        return
    assert found.text
    facts = found.facts
    kept = " ".join([found.text, *found.left_out, facts.title or ""])
    for part in paragraphs(found.text):
        assert part.strip() == part
    assert "A sentence that ends." not in text or "A sentence that ends." in kept


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_are_text_or_refused(raw: bytes) -> None:
    try:
        assert "\x00" not in decode_text(raw)
    except ClipperError as error:
        assert str(error)
