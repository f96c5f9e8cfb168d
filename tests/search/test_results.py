from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.archive.store import Archive
from clipper.coding.verdicts import as_tags
from clipper.collect.candidate import make_article
from clipper.collect.facts import SILENT
from clipper.models import Article, Label, Tagging
from clipper.search.indexing import follow
from clipper.search.marks import Marks
from clipper.search.query import parse
from clipper.search.results import SNIPPET, Hit, Search, snippet
from clipper.search.tree import Words


def _article(text: str) -> Article:
    return make_article(SILENT, text=text, url=None, canonical=None, fetched="", source="added", extractor="test")


def _snippet(text: str, query: str) -> str:
    return snippet(text, Marks(parse(query)))


def test_a_snippet_is_the_sentence_that_says_most_of_what_was_asked() -> None:
    text = "The board met. The surgeons spoke. The surgeons left the clinic in June. It rained."
    assert _snippet(text, "surgeon clinics").startswith("The surgeons left the clinic in June.")


def test_two_words_say_more_than_one_word_twice() -> None:
    text = "A ward, a ward, a ward stood there.\n\nOne ward had a nurse.\n\nThe ward and the ward."
    assert _snippet(text, "ward nurse").startswith("One ward had a nurse.")


def test_a_phrase_counts_only_where_it_is_one() -> None:
    text = "The old ward stood there, for the nurse. They left it and shut the ward at last. It rained."
    assert _snippet(text, '"the ward"').startswith("They left it and shut the ward at last.")


def test_without_a_word_the_snippet_is_how_the_text_begins() -> None:
    assert _snippet("First this. Then that.", "") == "First this. Then that."
    assert _snippet("First this. Then that.", "nothingofthekind") == "First this. Then that."


def test_a_long_sentence_is_cut_around_its_match() -> None:
    text = "very " * 100 + "surgeon " + "very " * 100
    cut = _snippet(text, "surgeons")
    assert "surgeon" in cut
    assert len(cut) <= SNIPPET + 1
    assert cut.startswith("…") and cut.endswith("…")


def test_an_empty_text_has_an_empty_snippet() -> None:
    assert _snippet("", "ward") == _snippet(" \n\n ", "ward") == ""


@given(
    st.lists(
        st.sampled_from(["ward", "nurse", "Mr.", "A", "very" * 30, "\n\n", "end.", "…", "£3.5bn", "病院", "x" * 400]),
        max_size=120,
    ).map(" ".join)
)
def test_a_snippet_is_short_and_of_the_text(text: str) -> None:
    cut = snippet(text, Marks(Words("ward")))
    assert len(cut) <= SNIPPET + 1
    assert " ".join(cut.strip("…").split()) in " ".join(text.split())
    if "ward" in text.split():
        assert "ward" in cut


def _hit(article: Article, tagging: Tagging | None, *labels: Label) -> Hit:
    return Hit(
        article=article, tagging=tagging, score=1.0, snippet="", short_id="", labels=list(labels), copies=[], renamed={}
    )


def test_tags_of_an_older_revision_are_not_shown() -> None:
    article = _article("text")
    tags = [{"theme": "access", "probability": 0.5}]
    tagging = Tagging(article=article.id, revision=1, tags=tags, scores={}, model="m", codebook="c", tagged="now")
    hit = _hit(article, tagging)
    assert [verdict.theme for verdict in hit.themes] == ["access"]
    assert hit.to_json()["tags"] == as_tags(hit.themes, tagging)
    assert hit.to_json()["tags"] == [
        {"theme": "access", "probability": 0.5, "model": "m", "codebook": "c", "by": "model"}
    ]
    old = Tagging(article=article.id, revision=7, tags=tags, scores={}, model="m", codebook="c", tagged="now")
    for nothing in (_hit(article, old), _hit(article, None)):
        assert nothing.themes == nothing.to_json()["tags"] == []


def test_a_persons_label_is_shown_beside_tags_of_an_older_revision() -> None:
    article = _article("text")
    label = Label(article=article.id, revision=1, theme="funding", value=True, coder="ann", at="now")
    record = _hit(article, None, label).to_json()
    assert record["tags"] == [{"theme": "funding", "probability": None, "by": "people"}]
    assert [one["coder"] for one in record["labels"]] == ["ann"]
    assert "text" not in record


def test_a_renamed_theme_is_shown_by_its_present_name() -> None:
    article = _article("text")
    label = Label(article=article.id, revision=1, theme="money", value=True, coder="ann", at="now")
    hit = _hit(article, None, label)._replace(renamed={"money": "funding"})
    assert [tag["theme"] for tag in hit.to_json()["tags"]] == ["funding"]


# -- copies ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def story(archive: Archive) -> Archive:
    """A story of which there are three copies, one of them a copy of a copy, and another story."""
    first = Article(id="a" * 16, title="Story", text="the ward was shut", outlet="Echo", published="2014",
                    fetched="2026-01-01T00:00:00Z")  # fmt: skip
    with archive.writing() as writer:
        writer.articles([
            first,
            replace(first, id="b" * 16, outlet="Pulse", duplicate_of="a" * 16),
            replace(first, id="c" * 16, outlet="Post", duplicate_of="b" * 16, text="the ward was shut today"),
            replace(first, id="d" * 16, outlet="News", duplicate_of="a" * 16, text="shut it was"),
            replace(first, id="e" * 16, title="Other", text="a ward opened", published="2016"),
        ])  # fmt: skip
    return archive


def test_a_story_is_shown_once_with_its_copies(story: Archive) -> None:
    search = Search(story, parse("ward"), follow=follow)
    found = search.results(sort="date")
    assert (found.total, found.folded, found.exact, found.shown) == (4, 2, True, 2)
    assert search.count() == (4, 2, True)
    other, shown = list(found.hits)
    assert other.article.id == "e" * 16 and other.copies == []
    assert {shown.article.id, *(copy.id for copy in shown.copies)} == {letter * 16 for letter in "abcd"}
    assert {copy.outlet for copy in shown.copies} | {shown.article.outlet} == {"Echo", "Pulse", "Post", "News"}
    assert shown.to_json()["copies"] == [copy.id for copy in shown.copies]


def test_a_copy_is_shown_where_only_it_matches(story: Archive) -> None:
    found = Search(story, parse("today"), follow=follow).results()
    assert (found.total, found.folded) == (1, 0)
    (hit,) = found.hits
    assert hit.article.id == "c" * 16


def test_without_folding_every_record_is_shown(story: Archive) -> None:
    search = Search(story, parse("ward"), follow=follow, fold=False)
    found = search.results()
    assert (found.total, found.folded, found.shown, len(list(found.hits))) == (4, 0, 4, 4)
    assert search.count() == (4, 0, True)


def test_more_like_this_leaves_out_the_article_and_its_copies(story: Archive) -> None:
    article = Article(id="a" * 16, title="Story", text="the ward was shut", fetched="2026-01-01T00:00:00Z")
    hits = Search(story, None, follow=follow).similar(article, 5)
    assert {hit.article.id for hit in hits} <= {"e" * 16}
    assert Search(story, None, follow=follow).similar(replace(article, title=None, text=""), 5) == []
