"""Exports of Factiva to articles."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.facts import Facts
from clipper.collect.intake.exports import is_export, read_export, read_text_export, text_is_export
from clipper.collect.intake.office import read_docx, read_pdf
from clipper.collect.pieces import Batch
from collect.intake.newsprint import STORIES, Lines, Story, as_docx, as_pdf, as_text

FACTS = (
    Facts(
        title=STORIES[0].headline,
        outlet="Fenwick Echo",
        authors=("Ann Holloway",),
        published="2014-11-07",
        language="en",
        categories=("News",),
    ),
    Facts(
        title=STORIES[1].headline,
        outlet="The Pennine Gazette",
        authors=("Tom Pryce", "Jane Otieno"),
        published="2014-11-07",
        language="en",
        categories=("News",),
    ),
)
TWO = (replace(STORIES[0], outlet="Fenwick Echo"), STORIES[1])


def factiva(*stories: Story, contents: bool = False) -> Lines:
    lines: Lines = []
    if contents:
        lines += [("small", f"{story.headline} ........ {n}") for n, story in enumerate(stories, 2)] * 4 + [
            ("page", "")
        ]
    for number, story in enumerate(stories):
        lines += [("small", "News"), ("head", story.headline), ("small", f"By {story.byline}")]
        lines += [("small", f"{len(story.text.split())} words"), ("small", "7 November 2014"), ("small", "12:30")]
        lines += [("small", story.outlet), ("small", "FENECH"), ("small", "12"), ("small", "English")]
        lines += [("small", "© 2014 Fenwick Newspapers Limited. All rights reserved.")]
        lines += [("body", paragraph) for paragraph in story.paragraphs]
        lines += [("small", f"Document FENECH0020141107eab70001{number}"), ("page", "")]
    return [*lines, ("head", "Search Summary"), ("small", "Results Found 1,014")]


def batches(lines: Lines) -> list[Batch]:
    assert text_is_export(as_text(lines))
    documents = [read_docx(as_docx(lines)), read_pdf(as_pdf(lines, foot="© 2015 Factiva, Inc. All rights reserved."))]
    assert all(is_export(document) for document in documents)
    return [*map(read_export, documents), read_text_export(as_text(lines))]


def test_every_article_comes_out_as_it_was_printed() -> None:
    for found in batches(factiva(*TWO)):
        assert [piece.facts for piece in found.pieces] == list(FACTS)
        assert [piece.text for piece in found.pieces] == [story.text for story in TWO]
        assert found.notes == ()
        assert found.pieces[1].extractor == "clipper export 1"


def test_the_list_of_contents_is_no_headline() -> None:
    lines = factiva(*TWO, contents=True)
    for document in (read_docx(as_docx(lines)), read_pdf(as_pdf(lines))):
        found = read_export(document)
        assert [piece.facts.title for piece in found.pieces] == [story.headline for story in TWO]
        assert [piece.text for piece in found.pieces] == [story.text for story in TWO]


def test_an_article_without_its_last_line_is_read_and_reported() -> None:
    lines = factiva(*TWO)[:-4]
    found = read_text_export(as_text(lines))
    assert [piece.text for piece in found.pieces] == [story.text for story in TWO]
    assert found.notes == ("2 articles, but 1 last lines 'Document …'",)


def test_a_document_that_is_shorter_than_it_says_is_reported() -> None:
    text = as_text(factiva(*TWO)).replace(f"{len(TWO[1].text.split())} words", "2,000 words")
    assert read_text_export(text).notes == ("much shorter than the length that it states: article 2",)


@pytest.mark.parametrize("text", ["Document FENECH0020141107eab70001", "512 words\n\nDocument 12 of the inquiry"])
def test_one_line_makes_no_export(text: str) -> None:
    assert not text_is_export(text)


LINES = st.sampled_from(
    ["512 words", "Document FENECH0020141107eab700012", "7 November 2014", "English", "By Ann Holloway", "(c) 2014 X",
     "Ward to close", "FENECH", "12", "The board met on Tuesday.", "It met."]
) | st.text(max_size=20)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(LINES, max_size=20).map("\n\n".join))
def test_any_lines_become_articles_that_lose_no_sentence(text: str) -> None:
    head = "Ward to close\n\n512 words\n\n7 November 2014\n\nFenwick Echo\n\n(c) 2014 X"
    found = read_text_export(f"{head}\n\n{text}\n\nThe last.\n\nDocument FENECH0020141107eab700012")
    assert found.pieces[-1].text.endswith("The last.")
    kept = "\n".join(piece.text + str(piece.facts) for piece in found.pieces)
    assert "It met." not in text or "It met." in kept
