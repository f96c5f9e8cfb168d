"""Exports of newspaper databases to articles: none is lost, the counts are compared, and fields are no text."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.facts import Facts
from clipper.collect.intake.exportheads import field, is_copyright, stated_day, words_stated
from clipper.collect.intake.exports import (
    is_export,
    read_document,
    read_export,
    read_text_export,
    text_is_export,
)
from clipper.collect.intake.office import read_docx, read_pdf
from clipper.collect.intake.printed import Document, Line
from clipper.collect.pieces import Batch
from clipper.errors import ClipperError, Refused
from clipper.text import clean_text
from collect.intake.newsprint import STORIES, Story, as_docx, as_pdf, as_text, new_layout, old_layout, wrapped

FACTS = (
    Facts(
        title=STORIES[0].headline,
        outlet="Fenwick Echo",
        authors=("Ann Holloway",),
        published="2014-11-07",
        language="en",
        categories=("NEWS",),
    ),
    Facts(
        title=STORIES[1].headline,
        outlet="The Pennine Gazette",
        authors=("Tom Pryce", "Jane Otieno"),
        published="2014-11-07",
        language="en",
        categories=("HEALTH",),
    ),
    Facts(
        title=STORIES[2].headline,
        outlet="Weekly Harbour News",
        authors=("Paul Marsh",),
        published="2014-11-07",
        language="en",
        categories=("FEATURES",),
    ),
)


def from_docx() -> Batch:
    document = read_docx(as_docx(new_layout(STORIES)))
    assert is_export(document)
    return read_export(document)


def from_pdf() -> Batch:
    document = read_pdf(as_pdf(new_layout(STORIES)))
    assert is_export(document)
    return read_export(document)


def from_narrow_pdf() -> Batch:
    return read_export(read_pdf(as_pdf(new_layout(STORIES), width=300, height=420)))


def from_new_text() -> Batch:
    text = as_text(new_layout(STORIES))
    assert text_is_export(text)
    return read_text_export(text)


def from_wrapped_text() -> Batch:
    lines = [line for _, text in new_layout(STORIES) if text for line in [*wrapped(text), ""]]
    return read_text_export("\n".join(lines))


def from_old_text() -> Batch:
    text = old_layout(STORIES)
    assert text_is_export(text)
    return read_text_export(text)


READERS = [from_docx, from_pdf, from_narrow_pdf, from_new_text, from_wrapped_text, from_old_text]


@pytest.mark.parametrize("read", READERS)
def test_every_article_comes_out_as_it_was_printed(read: Callable[[], Batch]) -> None:
    found = read()
    assert [piece.facts for piece in found.pieces] == list(FACTS)
    assert [piece.text for piece in found.pieces] == [story.text for story in STORIES]
    assert {piece.extractor for piece in found.pieces} == {"clipper export 1"}
    assert not any(piece.partial for piece in found.pieces)
    assert found.notes == ()


def test_the_place_of_an_article_is_its_number_and_its_page_or_line() -> None:
    assert [p.place for p in from_docx().pieces] == ["article 1", "article 2", "article 3"]
    assert [p.place for p in from_pdf().pieces] == ["article 1, page 2", "article 2, page 3", "article 3, page 4"]
    line = next(i for i, row in enumerate(old_layout(STORIES).split("\r\n"), 1) if "Fenwick Echo" in row)
    assert from_old_text().pieces[0].place == f"article 1, line {line}"


@pytest.mark.parametrize("cover", [True, False])
def test_the_first_article_of_a_file_is_not_lost(cover: bool) -> None:
    lines = new_layout(STORIES, cover=cover)
    for document in (read_docx(as_docx(lines)), read_pdf(as_pdf(lines))):
        first = read_export(document).pieces[0]
        assert (first.facts.title, first.text) == (STORIES[0].headline, STORIES[0].text)
    assert read_text_export(as_text(lines)).pieces[0].facts.title == STORIES[0].headline


def test_the_first_article_is_found_by_its_place_where_the_cover_names_it_otherwise() -> None:
    text = as_text(new_layout(STORIES)).replace(f"1. {STORIES[0].headline}", "1. Another heading altogether", 1)
    first = read_text_export(text).pieces[0]
    assert (first.facts.title, first.facts.outlet) == (STORIES[0].headline, "Fenwick Echo")


def test_a_single_article_without_a_cover_is_an_export() -> None:
    document = read_docx(as_docx(new_layout(STORIES[:1], cover=False)))
    assert is_export(document)
    assert [piece.facts for piece in read_export(document).pieces] == [FACTS[0]]


def test_a_running_title_and_the_numbers_of_pages_are_no_text() -> None:
    story = replace(STORIES[1], paragraphs=STORIES[1].paragraphs * 12)
    body = as_pdf(new_layout([story], cover=False), running=f"{story.headline[:40]}....", height=420)
    piece = read_export(read_pdf(body)).pieces[0]
    assert piece.text == story.text
    assert piece.facts.title == story.headline


def test_fewer_articles_than_the_cover_announces_are_reported() -> None:
    found = read_export(read_docx(as_docx(new_layout(STORIES, announced=25))))
    assert found.notes == ("the file announces 25 articles and holds 3",)


def test_an_article_whose_end_mark_is_missing_is_read_and_reported() -> None:
    lines = new_layout(STORIES)
    last = max(i for i, (_, text) in enumerate(lines) if text == "End of Document")
    found = read_export(read_docx(as_docx(lines[:last])))
    assert [piece.text for piece in found.pieces] == [story.text for story in STORIES]
    assert found.notes == ("3 articles, but 2 marks 'End of Document'",)


def test_two_files_that_were_put_one_after_the_other_are_counted_together() -> None:
    found = read_text_export(f"{old_layout(STORIES)}\r\n\r\n{old_layout(STORIES[:2])}")
    assert len(found.pieces) == 5
    assert found.notes == ()


def test_the_foot_of_a_page_is_not_the_headline_of_the_next() -> None:
    body = as_pdf([(k if k != "head" else "body", t) for k, t in new_layout(STORIES)], foot="Fenwick Library")
    assert [piece.facts for piece in read_export(read_pdf(body)).pieces] == list(FACTS)
    assert [piece.text for piece in read_export(read_pdf(body)).pieces] == [story.text for story in STORIES]


def test_two_articles_without_a_mark_between_them_are_reported() -> None:
    lines = new_layout(STORIES)
    lines.remove(("part", "End of Document"))
    assert read_export(read_docx(as_docx(lines))).notes == (
        "3 lengths are stated, but 2 articles found: a mark may be missing",
        "the file announces 3 articles and holds 2",
    )


def test_lines_after_the_last_end_mark_are_reported() -> None:
    found = read_export(
        read_docx(as_docx([*new_layout(STORIES), ("body", "Delivered by the library."), ("body", "Thanks")]))
    )
    assert len(found.pieces) == 3
    assert found.notes == ("2 lines after the last mark 'End of Document' belong to no article",)


def test_a_part_of_a_batch_and_a_number_that_is_missing_are_reported() -> None:
    part = read_text_export(old_layout(STORIES, first=11, of=250))
    assert part.notes == ("the file announces 250 articles and holds 3",)
    text = old_layout(STORIES, of=4).replace("3 of 4 DOCUMENTS", "4 of 4 DOCUMENTS")
    assert read_text_export(text).notes == (
        "the file announces 4 articles and holds 3",
        "numbers that are missing: 3",
    )


def test_an_article_that_the_database_could_not_show_is_reported() -> None:
    lines = new_layout(STORIES)
    start = next(i for i, line in enumerate(lines) if line == ("part", "Body"))
    end = lines.index(("part", "Classification"))
    sorry = "We are sorry but there is an error in this document and it is not possible to display it."
    found = read_export(read_docx(as_docx([*lines[: start + 1], ("body", sorry), *lines[end:]])))
    assert [piece.facts.title for piece in found.pieces] == [story.headline for story in STORIES[1:]]
    assert found.notes == ("article 1: the database says that it could not show this document",)


def test_a_text_that_is_much_shorter_than_the_length_that_it_states_is_reported() -> None:
    text = re.sub(r"LENGTH: \d+ words", "LENGTH: 1,400 words", old_layout(STORIES), count=1)
    assert read_text_export(text).notes == ("much shorter than the length that it states: article 1",)


def test_a_date_that_cannot_be_read_is_reported_and_not_guessed() -> None:
    lines = new_layout([replace(STORIES[0], date="Autumn"), *STORIES[1:]])
    found = read_export(read_docx(as_docx(lines)))
    assert found.pieces[0].facts.published is None
    assert found.pieces[0].text == STORIES[0].text
    assert found.notes == ("no date that can be read: article 1",)


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("November 7, 2014 Friday", "2014-11-07"),
        ("November 7, 2014 Friday 9:20 AM GMT", "2014-11-07"),
        ("November 7, 2014, Friday", "2014-11-07"),
        ("7 November 2014", "2014-11-07"),
        ("Friday 7 November 2014 12:30 PM GMT", "2014-11-07"),
        ("Fri 7 Nov 2014", "2014-11-07"),
        ("November 7, 2014 Friday Edition 1; National Edition", "2014-11-07"),
        ("November 7, 2014 Friday 11:45 PM GMT", "2014-11-07"),
        ("July 7, 2014 Monday 11:45 PM GMT", "2014-07-07"),
        ("November 2014", "2014-11"),
        ("2014-11-07", "2014-11-07"),
        ("Freitag 7. November 2014", "2014-11-07"),
        ("19, part 1", None),
        ("November 31, 2014", None),
        ("Rebuilding better after Covid-19, part 1", None),
        ("Report of 7 November 2014", None),
        ("7 November 2014 was a cold day", None),
        ("March 2015 will be too late", None),
        ("2014", None),
    ],
)
def test_a_line_states_a_date_only_where_it_states_nothing_else(line: str, day: str | None) -> None:
    assert stated_day(line) == day


@pytest.mark.parametrize(
    "headline",
    [
        "Rebuilding better after Covid-19, part 1",
        "Beds to fall by 10 percent in 2000 and 4.5 percent in 2001",
        "November 7, 2014 and all that",
        "1 of 3 wards to close",
        "Section 75: what the rules mean",
        "Length of stay: a guide",
        "Column: why wards close",
    ],
)
def test_digits_and_colons_in_a_headline_are_part_of_the_headline(headline: str) -> None:
    stories = [replace(STORIES[0], headline=headline), STORIES[1]]
    for found in (
        read_export(read_docx(as_docx(new_layout(stories)))),
        read_export(read_pdf(as_pdf(new_layout(stories)))),
        read_text_export(as_text(new_layout(stories))),
        read_text_export(old_layout(stories)),
    ):
        assert [piece.facts.title for piece in found.pieces] == [headline, STORIES[1].headline]
        assert found.pieces[0].facts.published == "2014-11-07"


def test_fields_may_stand_over_their_values() -> None:
    text = old_layout(STORIES).replace("SECTION: ", "SECTION:\r\n\r\n")
    assert [piece.facts for piece in read_text_export(text).pieces] == list(FACTS)


def test_the_oldest_layout_names_headline_and_body_too() -> None:
    text = """
                              1 of 1 DOCUMENT

              Copyright 2004 Fenwick Newspapers Limited
                         All Rights Reserved
                        Fenwick Echo (London)

                       March 3, 2004, Wednesday

SECTION: Section A; Column 2; Home Desk; Pg. 8

LENGTH: 30 words

HEADLINE: Trust board resigns

BYLINE: By Jane Otieno in Fenwick Bay

BODY:
   The whole board of the valley trust has resigned after a vote on the
sale of its laboratory.

   A new board will meet in May.

GRAPHIC: Picture, the laboratory

LOAD-DATE: March 4, 2004
"""
    found = read_text_export(text)
    piece = found.pieces[0]
    assert piece.facts == Facts(
        title="Trust board resigns",
        outlet="Fenwick Echo",
        authors=("Jane Otieno",),
        published="2004-03-03",
        categories=("Section A", "Home Desk"),
    )
    assert piece.text == (
        "The whole board of the valley trust has resigned after a vote on the sale of its laboratory.\n\n"
        "A new board will meet in May."
    )
    assert found.notes == ()


def test_a_summary_is_the_excerpt_and_a_correction_is_text() -> None:
    lines = new_layout(STORIES[:1])
    byline = next(i for i, (_, text) in enumerate(lines) if text.startswith("Byline"))
    lines.insert(byline + 1, ("small", "Highlight: Nurses cannot be found."))
    end = lines.index(("part", "Classification"))
    lines[end:end] = [("part", "Correction"), ("body", "The first report gave a wrong sum.")]
    lines[end + 2 : end + 2] = [("part", "Graphic"), ("body", "The empty ward"), ("body", "Picture: Lee Ford")]
    piece = read_export(read_docx(as_docx(lines))).pieces[0]
    assert piece.facts.excerpt == "Nurses cannot be found."
    assert piece.facts.authors == ("Ann Holloway",)
    assert piece.text == f"{STORIES[0].text}\n\nCorrection\n\nThe first report gave a wrong sum."


def test_a_picture_with_a_headline_and_no_text_is_kept_as_a_partial_article() -> None:
    found = read_export(read_docx(as_docx(new_layout([replace(STORIES[0], paragraphs=()), STORIES[1]]))))
    assert (found.pieces[0].partial, found.pieces[0].text) == (True, STORIES[0].headline)
    assert not found.pieces[1].partial


def test_words_of_the_database_within_an_article_are_its_text() -> None:
    said = (
        "The form had three parts: Body, Classification and End of Document, and nobody knew why.",
        "Language: the board needs to find a better one, its chair said at the meeting on Tuesday night.",
        "Classification",
        "All of the wards are classed by need.",
    )
    story = replace(STORIES[0], paragraphs=(*said, STORIES[0].paragraphs[0]))
    assert read_export(read_docx(as_docx(new_layout([story])))).pieces[0].text == story.text


@pytest.mark.parametrize(
    "text",
    [
        "Ward to close\n\nThe ward will close.\n\nEnd of Document",
        "Minutes\n\nSection: one\n\nSource: the board\n\nThe board met.",
        "3 of 250 documents\n\nwere lost, said the trust.",
        "",
    ],
)
def test_an_ordinary_text_is_no_export(text: str) -> None:
    assert not text_is_export(text)


def test_an_export_without_articles_is_refused() -> None:
    with pytest.raises(Refused, match="no article is found"):
        read_text_export("End of Document\n\nEnd of Document")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Section: NEWS; Pg. 12", ("section", "NEWS; Pg. 12")),
        ("LOAD-DATE: March 4, 2004", ("load-date", "March 4, 2004")),
        ("Journal Code: FEN", ("journal-code", "FEN")),
        ("section: small", None),
        ("Length of stay: long", None),
        ("Sections: three", None),
    ],
)
def test_a_field_is_a_known_key_with_a_colon(line: str, expected: tuple[str, str] | None) -> None:
    assert field(line) == expected


def test_lengths_and_copyrights_are_known() -> None:
    assert [words_stated(t) for t in ("Length: 1,163 words", "LENGTH: 30 words", "Length: long")] == [1163, 30, None]
    assert is_copyright("Copyright 2014 Fenwick Newspapers Limited")
    assert is_copyright("All Rights Reserved")
    assert not is_copyright("Copyright is a matter for the board, which met on Tuesday.")


def test_headlines_that_are_set_like_the_text_are_found_under_a_cover_on_the_same_page() -> None:
    plain = {"head": "body", "part": "body"}
    lines = [(plain.get(kind, kind), text) for kind, text in new_layout(STORIES) if kind != "page"]
    for document in (
        read_docx(as_docx(lines)),
        read_pdf(as_pdf(lines)),
        read_pdf(as_pdf(lines, width=320, height=300)),
    ):
        found = read_export(document)
        assert [piece.facts for piece in found.pieces] == list(FACTS)
        assert [piece.text for piece in found.pieces] == [story.text for story in STORIES]


def test_the_older_layout_is_read_in_a_docx_and_a_pdf_too() -> None:
    lines: list[tuple[str, str]] = []
    for part in old_layout(STORIES).split("\r\n\r\n")[1:]:
        rows = [row.strip() for row in part.split("\r\n") if row.strip()]
        lines += (
            [("centre", row) for row in rows] if part.lstrip("\r\n").startswith("   ") else [("body", " ".join(rows))]
        )
    for document in (read_docx(as_docx(lines)), read_pdf(as_pdf(lines))):
        found = read_export(document)
        assert [piece.facts for piece in found.pieces] == list(FACTS)
        assert [piece.text for piece in found.pieces] == [story.text for story in STORIES]
        assert found.notes == ()


def test_remarks_and_editions_under_the_date_are_no_headline() -> None:
    text = """2 of 2 DOCUMENTS

The Pennine Times Blogs
(The Ledger)
September 25, 2011 Sunday
Correction Appended
Late Edition - Final

Watching wards in the valley, a month at a time
BYLINE: By TOM PRYCE
SECTION: Section A; Column 0; Home Desk; Pg. 8
LENGTH: 18 words

The porters never go out alone, and a screen in their small
room shows them the wards.

CORRECTION: A report on Sunday gave the wrong name.

URL: http://www.pennine.example/ledger

SUBJECT: NURSES (90%); UNIONS
(80%)

LOAD-DATE: September 25, 2011
"""
    piece = read_text_export(text).pieces[0]
    assert piece.facts == Facts(
        url="http://www.pennine.example/ledger",
        title="Watching wards in the valley, a month at a time",
        outlet="The Pennine Times Blogs (The Ledger)",
        authors=("TOM PRYCE",),
        published="2011-09-25",
        categories=("Section A", "Home Desk"),
    )
    assert piece.text == (
        "The porters never go out alone, and a screen in their small room shows them the wards.\n\n"
        "CORRECTION: A report on Sunday gave the wrong name."
    )


# A document that is no export.


def test_a_report_is_one_piece_under_its_first_heading() -> None:
    lines = [
        ("small", "Fenwick Institute"),
        ("head", "Care in the valley"),
        ("body", "By Ann Holloway"),
        ("body", "7 March 2014"),
        *(("body", paragraph) for paragraph in STORIES[0].paragraphs),
        ("part", "What should be done"),
        *(("body", paragraph) for paragraph in STORIES[1].paragraphs),
    ]
    for document in (read_docx(as_docx(lines)), read_pdf(as_pdf(lines, title="draft3.doc"))):
        assert not is_export(document)
        found = read_document(document)
        assert len(found.pieces) == 1
        piece = found.pieces[0]
        assert piece.facts == Facts(title="Care in the valley", authors=("Ann Holloway",), published="2014-03-07")
        expected = ["Fenwick Institute", STORIES[0].text, "What should be done", STORIES[1].text]
        assert piece.text == "\n\n".join(expected)
        assert piece.extractor == "clipper document 1"


@pytest.mark.parametrize(
    ("stated", "title"),
    [
        ("Care in the valley", "Care in the valley"),
        ("Microsoft Word - draft3.doc", None),
        ("", None),
    ],
)
def test_a_document_without_headings_has_the_title_that_its_metadata_state(stated: str, title: str | None) -> None:
    document = Document((Line("The board met on Tuesday."), Line("It will meet again.")), title=stated or None)
    piece = read_document(document).pieces[0]
    assert piece.facts.title == title
    assert piece.text == "The board met on Tuesday.\n\nIt will meet again."


def test_a_document_of_one_heading_keeps_it_as_its_text() -> None:
    piece = read_document(Document((Line("Ward to close", heading=True),))).pieces[0]
    assert (piece.facts.title, piece.text) == ("Ward to close", "Ward to close")


def test_a_document_without_text_is_refused() -> None:
    with pytest.raises(Refused, match="without text"):
        read_document(Document((Line(" "), Line("\u200e"))))


# Properties.

WORDS = st.sampled_from(
    ("the", "board", "ward", "nurses", "19", "2014", "said", "Tuesday", "£4m", "patients,", "close.", "“Never,”",
     "plans", "(again)", "well-known", "by", "By", "7", "March")
)  # fmt: skip
PARAGRAPHS = st.lists(WORDS, min_size=6, max_size=40).map(lambda words: "Then " + " ".join(words) + ".")
HEADLINES = st.lists(WORDS, min_size=2, max_size=12).map(lambda words: "Trust " + " ".join(words))
STORIES_OF_ANY_KIND = st.lists(
    st.builds(
        lambda headline, paragraphs, story: replace(story, headline=headline, paragraphs=tuple(paragraphs)),
        HEADLINES,
        st.lists(PARAGRAPHS, min_size=1, max_size=5),
        st.sampled_from(STORIES),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(STORIES_OF_ANY_KIND, st.booleans())
def test_no_paragraph_of_an_article_is_lost(stories: list[Story], cover: bool) -> None:
    for found in (
        read_export(read_docx(as_docx(new_layout(stories, cover=cover)))),
        read_text_export(as_text(new_layout(stories, cover=cover))),
        read_text_export(old_layout(stories)),
    ):
        assert [piece.text for piece in found.pieces] == [story.text for story in stories]
        assert [piece.facts.title for piece in found.pieces] == [story.headline for story in stories]


@settings(max_examples=15, deadline=None)
@given(STORIES_OF_ANY_KIND)
def test_no_word_of_an_article_is_lost_in_a_pdf(stories: list[Story]) -> None:
    found = read_export(read_pdf(as_pdf(new_layout(stories))))
    assert [piece.text.split() for piece in found.pieces] == [story.text.split() for story in stories]


LIKE_FIELDS = st.sampled_from(
    ("Classification", "Body", "By Ann Holloway", "November 7, 2014", "7 March 2014", "Ward to close", "Section: four",
     "Language: it is a matter of taste, said the chair.", "Copyright 2014", "All rights reserved", "Edition 1;", "12",
     "Page 3", "NEWS", "Load-Date problems are common.", "3 of 4 documents", "Source: the trust", "Notes", "Correction")
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(LIKE_FIELDS, min_size=1, max_size=6))
def test_paragraphs_that_look_like_fields_are_text_between_two_others(between: list[str]) -> None:
    story = replace(STORIES[0], paragraphs=("The board met.", *between, "It will meet again."))
    for found in (
        read_export(read_docx(as_docx(new_layout([story, STORIES[1]])))),
        read_text_export(as_text(new_layout([story, STORIES[1]]))),
        read_text_export(old_layout([story, STORIES[1]])),
    ):
        assert [piece.text for piece in found.pieces] == [story.text, STORIES[1].text]


PIECES = st.sampled_from(
    ["End of Document", "1 of 2 DOCUMENTS", "2 of 99999 DOCUMENTS", "Body", "BODY:", "Classification", "Graphic",
     "Load-Date: x", "Length: 5 words", "LENGTH:", "Byline: ", "Section: ;;; Pg.", "Documents (7)", "1. Ward to close",
     "Narrowed by:", "November 7, 2014", "Copyright 2014 X", "All Rights Reserved", "HEADLINE: ", "Ward to close", "a-",
     "-", "", " ", "\f", "Language: ENGLISH", "The board met.", "\u200e", "Edition 1;", "URL: http://[",
     "Length: 99999999999 words"]
) | st.text(max_size=30)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.lists(PIECES, max_size=30).map("\n".join), st.booleans())
def test_any_text_becomes_articles_or_is_refused(text: str, spread: bool) -> None:
    text = text.replace("\n", "\n\n") if spread else text
    text_is_export(text)
    try:
        found = read_text_export(text)
    except ClipperError as error:
        assert str(error)
        return
    for piece in found.pieces:
        assert piece.text
        assert piece.text == clean_text(piece.text)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.builds(Line, st.text(max_size=30) | PIECES, st.booleans(), st.booleans()), max_size=20))
def test_any_document_becomes_a_piece_or_is_refused(lines: list[Line]) -> None:
    try:
        found = read_document(Document(tuple(lines), title="A title"))
    except ClipperError as error:
        assert str(error)
        return
    assert found.pieces[0].text == clean_text(found.pieces[0].text) != ""


@pytest.mark.parametrize(
    "line",
    [
        "By " * 90,
        "Section: " + "a; " * 80,
        "(" * 280,
        "November 7, 2014 " + "Friday " * 20,
        "copyright 2014 " * 14,
        "1 of 2 DOCUMENTS",
        "a-",
        "\u00ad",
    ],
)
def test_the_worst_lines_are_read_in_time(line: str) -> None:
    lines = [Line(line, begins=at % 40 == 0) for at in range(3_000)]
    document = Document((*lines, Line("Length: 5 words"), Line("Body"), *lines, Line("End of Document")))
    began = time.perf_counter()
    is_export(document)
    read_export(document)
    read_document(document)
    assert time.perf_counter() - began < 20
