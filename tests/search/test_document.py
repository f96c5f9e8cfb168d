from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.models import Article
from clipper.search import engine
from clipper.search.document import FREQUENT, MOST_FREQUENT, Pairs, day_span, fields, frequent_forms, number, plain_id
from clipper.search.engine import Fields
from clipper.search.terms import stems


@pytest.mark.parametrize(
    ("published", "span"),
    [
        (None, (0, 0)),
        ("", (0, 0)),
        ("2014", (20140000, 20149999)),
        ("2014-11", (20141100, 20141199)),
        ("2014-11-07", (20141107,) * 2),
        ("2014-1", (0, 0)),
        ("soon", (0, 0)),
        ("٢٠١٤", (0, 0)),
        ("2014-11-07T10:00", (0, 0)),
        ("9" * 5000, (0, 0)),
    ],
)
def test_a_date_spans_the_days_that_it_may_mean(published: str | None, span: tuple[int, int]) -> None:
    assert day_span(published) == span


@given(st.integers(0, 2**64 - 1))
def test_an_id_of_sixteen_digits_is_its_number(value: int) -> None:
    assert number(plain_id(value)) == value
    assert len(plain_id(value)) == 16


@given(st.text(max_size=20) | st.text("0123456789abcdefABCDEFx_ -", max_size=20))
def test_any_id_has_a_number_of_64_bits(article_id: str) -> None:
    assert 0 <= number(article_id) < 2**64


def test_ids_that_look_alike_have_numbers_of_their_own() -> None:
    alike = ["00000000000000ab", "00000000000000AB", "ab", "0xab", " 00000000000000ab", "00000000000000_ab"]
    alike += ["0" * 15 + "é", "\ud800", "1" + "0" * 16, "-00000000000000ab"]
    assert len({number(one) for one in alike}) == len(alike)


def _of(article: Article, pairs: Pairs | None = None, **more: object) -> Fields:
    given_ = {"root": article.id, "themes": [], "coders": [], **more}
    return fields(article, pairs=pairs or Pairs({}), **given_)  # type: ignore[arg-type]  # named by the test


def _texts(found: Fields, name: str) -> list[str]:
    return [text for field, text in found.texts if field == name]


def _number(found: Fields, name: str) -> int:
    (value,) = (value for field, value in found.numbers if field == name)
    return value


ARTICLE = Article(
    id="00000000000000ab",
    title="Nurses leave",
    text="The nurses, the NURSES!",
    authors=["Zoë O’Neill", "Ann"],
    outlet="The Fenwick Echo",
    published="2014-11-07",
    fetched="2026-01-01T00:00:01Z",
    source="echo",
)


def test_title_text_and_authors_are_looked_through() -> None:
    found = _of(ARTICLE)
    assert _texts(found, engine.TEXT) == ["nurses leave", "the nurses the nurses", "zoe o neill", "ann"]
    assert _texts(found, engine.TITLE) == ["nurses leave"]
    assert _texts(found, engine.WORD) == ["nurses leave the zoe o neill ann"]
    assert _texts(found, engine.AUTHOR) == ["zoe o neill", "ann"]
    assert _texts(found, engine.OUTLET) == ["the fenwick echo"]
    assert _texts(found, engine.OUTLET_NAME) == ["The Fenwick Echo"]


def test_an_article_without_anything_is_a_document_too() -> None:
    found = _of(Article(id="x"))
    assert _texts(found, engine.TITLE) == _texts(found, engine.THEME) == []
    assert _texts(found, engine.ID) == ["x"]
    assert _texts(found, engine.FLAG) == ["themeless"]
    assert _number(found, engine.MONTH) == 0


def test_flags_say_what_an_article_is() -> None:
    assert _texts(_of(ARTICLE, themes=["funding"]), engine.FLAG) == []
    copy = _of(Article(id="00000000000000ab", partial=True), root="00000000000000ac")
    assert sorted(_texts(copy, engine.FLAG)) == ["copy", "partial", "themeless"]
    assert _number(copy, engine.NUMBER) == 0xAB
    assert _number(copy, engine.GROUP) == 0xAC
    assert _texts(copy, engine.ID) == []


def test_a_coder_counts_once() -> None:
    assert _texts(_of(ARTICLE, coders=["bob", "ann", "bob"]), engine.CODER) == ["ann", "bob"]


def _sorted_by(name: str, *articles: Article) -> list[str]:
    return [one.id for one in sorted(articles, key=lambda one: _number(_of(one), name))]


def test_order_of_time_is_by_day_then_by_when_it_was_fetched_the_undated_last() -> None:
    def dated(name: str, published: str | None, fetched: str = "2026-01-01T00:00:00Z") -> Article:
        return Article(id=name, published=published, fetched=fetched)

    several = [
        dated("none", None),
        dated("year", "2014"),
        dated("late", "2014-11-07", "2026-01-02T00:00:00Z"),
        dated("early", "2014-11-07"),
        dated("new", "2015"),
    ]
    assert _sorted_by(engine.NEWEST, *several)[::-1] == ["new", "late", "early", "year", "none"]
    assert _sorted_by(engine.OLDEST, *several) == ["year", "early", "late", "new", "none"]


@pytest.mark.parametrize("fetched", ["", "yesterday", "9999-99-99T00:00:00Z", "0001-01-01T00:00:00Z", "2026-01-01"])
def test_a_moment_that_is_none_does_not_spoil_the_day(fetched: str) -> None:
    assert _number(_of(Article(id="x", published="2014", fetched=fetched)), engine.NEWEST) // 10**10 == 20140000


@given(
    st.none() | st.text("0123456789-", max_size=12), st.none() | st.text(max_size=5), st.text(max_size=20), st.text()
)
def test_whatever_a_strangers_line_holds_the_engine_takes_the_numbers(
    published: str | None, title: str | None, text: str, fetched: str
) -> None:
    found = _of(Article(id="x", published=published, title=title, text=text, fetched=fetched))
    for name, value in found.numbers:
        assert 0 <= value < (2**64 if name in (engine.NUMBER, engine.GROUP) else 2**63)


# -- rows of frequent words --------------------------------------------------------------------------------------------


def _rows(pairs: Pairs, *parts: Sequence[str]) -> list[str]:
    return pairs.among(parts).split()


def test_rows_of_frequent_words_are_noted_within_a_part_only() -> None:
    pairs = Pairs(frequent_forms([]))
    the_of, of_an, an_of = pairs.of("the", "of"), pairs.of("of", "an"), pairs.of("an", "of")
    assert _rows(pairs, ["the", "of", "an", "nurse", "an", "of"], ["the", "of"]) == [
        the_of, of_an, engine.APART, an_of, engine.APART, the_of
    ]  # fmt: skip
    assert set(_rows(pairs, ["the"], ["of"])) <= {engine.APART}
    assert _rows(pairs, []) == _rows(pairs) == []


def test_two_rows_are_never_written_the_same() -> None:
    forms = {word: word for word in ("a", "an", "na", "n", "aa")}
    pairs = Pairs(forms)
    assert len({pairs.of(one, other) for one in forms for other in forms}) == len(forms) ** 2


def test_a_row_is_looked_up_only_where_both_words_are_frequent() -> None:
    pairs = Pairs(frequent_forms([]))
    assert pairs.of("the", "nurs") is None
    assert pairs.of("nurs", "the") is None
    assert pairs.of("of", "the") is not None


def test_frequent_words_are_those_of_english_and_of_the_archive() -> None:
    assert set(frequent_forms([])) == set(FREQUENT)
    forms = frequent_forms(["The hospital’s nurses", "nurse and hospital", "nursing", "ward"])
    assert forms["nurses"] == forms["nurse"] == forms["nursing"] == "nurs"
    assert forms["hospitals"] == "hospit"
    assert forms["the"] == "the"
    rare = frequent_forms(["ward", "nurse"] + ["choir"] * 10)
    assert "choir" in rare and "ward" not in rare


def test_there_is_an_end_to_frequent_words() -> None:
    many = " ".join(f"word{n}x" for n in range(500))
    assert len(set(frequent_forms([many] * 3).values())) <= MOST_FREQUENT + len(set(stems(FREQUENT)))
