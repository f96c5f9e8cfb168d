"""Records: one JSON object a line, ids that stay."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.checksums import article_id
from clipper.models import SCHEMA, Article, NewerSchema, Run, Tagging, to_line

MANY = settings(max_examples=60, deadline=None)
# Every character that some reader takes for the end of a line, and a few that need escapes.
ROUGH = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from('\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"\\\0')
    )
)


@MANY
@given(ROUGH, ROUGH, st.lists(ROUGH, max_size=2))
def test_a_record_is_one_line_for_every_reader_and_comes_back_whole(title: str, text: str, authors: list[str]) -> None:
    article = Article(id="a1", title=title, text=text, authors=authors, warc={"file": title, "offset": 3})
    line = to_line(article.to_json())
    assert line.splitlines() == [line]
    assert Article.from_json(json.loads(line.encode("utf-8"))) == article


def test_a_line_is_utf8_even_where_the_text_is_not_unicode() -> None:
    line = to_line({"title": "ward \ud800 closed", "Ä": "é"})
    assert json.loads(line.encode("utf-8"))["title"].split() == ["ward", "?", "closed"]
    assert "é" in line


def test_a_number_that_json_does_not_know_is_not_written() -> None:
    with pytest.raises(ValueError):
        to_line({"probability": float("nan")})


def test_the_keys_of_an_article_are_in_the_order_of_the_contract() -> None:
    assert " ".join(Article(id="a1").to_json()) == (
        "id revision kind url canonical guid title outlet authors published fetched language text excerpt categories "
        "source part_of duplicate_of partial sha256 warc extractor schema"
    )


def test_a_tombstone_says_only_when_and_why_and_by_what_it_is_known() -> None:
    stone = Article(id="a1", title="x", forgotten="2026-11-23T19:00:00Z", reason="asked by its author", keys=["1f"])
    assert " ".join(stone.to_json()) == "id revision kind fetched source forgotten reason keys schema"
    assert Article.from_json(stone.to_json()) == Article(
        id="a1", forgotten="2026-11-23T19:00:00Z", reason="asked by its author", keys=["1f"]
    )


def test_missing_keys_take_their_defaults_and_unknown_ones_are_left() -> None:
    article = Article.from_json({"id": "a1", "colour": "red"})
    assert article == Article(id="a1")
    assert (article.revision, article.kind, article.source, article.authors) == (1, "article", "added", [])


def test_records_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Article(id="a1").title = "other"  # type: ignore[misc]  # that is what is forbidden


@pytest.mark.parametrize("record", [Article, Tagging, Run])
def test_a_record_of_a_newer_schema_is_refused_and_says_what_to_do(record: type[Article]) -> None:
    with pytest.raises(NewerSchema, match="update clipper") as caught:
        record.from_json({"id": "a1", "schema": SCHEMA + 1, "new": "thing"})
    assert caught.value.exit_code == 6


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"id": ""},
        {"id": None},
        {"id": 7},
        {"id": "a1", "text": None},
        {"id": "a1", "revision": "2"},
        {"id": "a1", "revision": 1.5},
        {"id": "a1", "schema": "1"},
        {"id": "a1", "schema": None},
        [],
        [["id", "a1"]],
        "a1",
        7,
        None,
    ],
    ids=repr,
)
def test_what_is_no_article_raises_what_is_promised(data: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Article.from_json(data)


BASE: dict[str, Any] = {
    "canonical": None, "outlet": "The Fenwick Echo", "published": "2014-11-07", "title": "Beds to close", "text": "One."
}  # fmt: skip


def test_ids_stay_what_they_were() -> None:
    assert article_id(**{**BASE, "canonical": "https://www.fenwickecho.example/beds/"}) == "d03a5127263abe94"
    assert article_id(**BASE) == "a6d8077701abed89"
    assert article_id(**{**BASE, "published": None}) == "fb95d763b2cf53ab"


def test_with_a_url_nothing_else_counts() -> None:
    url = {"canonical": "https://fenwickecho.example/beds"}
    ids = {
        article_id(**{**BASE, **url, **more})
        for more in ({}, {"outlet": None}, {"title": "Other"}, {"text": "Two."}, {"published": None},
                     {"canonical": "http://m.fenwickecho.example/beds?utm_source=x"})
    }  # fmt: skip
    assert len(ids) == 1


@pytest.mark.parametrize("more", [{"outlet": "the fenwick écho"}, {"title": " BEDS  to\nclose"}, {"text": "Two."}])
def test_without_a_url_case_accents_spaces_and_the_text_of_a_dated_article_do_not_count(more: dict[str, str]) -> None:
    assert article_id(**{**BASE, **more}) == article_id(**BASE)


def test_a_title_in_other_quotes_is_the_same_title() -> None:
    ids = {article_id(**{**BASE, "title": t}) for t in ("“Unsafe” ward’s end", '"Unsafe" ward\'s end')}
    assert len(ids) == 1


@pytest.mark.parametrize("more", [{"outlet": None}, {"title": "Beds to open"}, {"published": "2014-11"}])
def test_without_a_url_outlet_title_and_date_tell_articles_apart(more: dict[str, Any]) -> None:
    assert article_id(**{**BASE, **more}) != article_id(**BASE)


@pytest.mark.parametrize("missing", ["published", "title"])
def test_where_date_or_title_is_missing_the_text_tells_articles_apart(missing: str) -> None:
    known = {**BASE, missing: None}
    assert article_id(**known) != article_id(**{**known, "text": "Two."})
    assert article_id(**known) == article_id(**known)


@MANY
@given(st.none() | st.text(st.characters()), st.none() | st.text(st.characters()), st.text(st.characters()))
def test_any_article_has_an_id_of_sixteen_digits(outlet: str | None, title: str | None, text: str) -> None:
    made = article_id(canonical=None, outlet=outlet, published=None, title=title, text=text)
    assert len(made) == 16
    assert set(made) <= set("0123456789abcdef")


def test_a_revision_is_another_record_of_the_same_id() -> None:
    first = Article(id="a1", text="One.")
    assert replace(first, revision=2, text="Two.") != first
