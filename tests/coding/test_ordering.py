"""The order in which articles are coded: doubt, unlikeness, likely bearers, lot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clipper.coding import ordering

SHARES = st.floats(0, 1, allow_subnormal=False)


def test_doubt_is_one_at_the_threshold_and_none_where_the_model_is_certain() -> None:
    found = ordering.doubts([[0.3, 0.0], [0.0, 1.0], [1.0, 0.25], [0.65, 0.75]], [0.3, 0.5])
    np.testing.assert_allclose(found, [[1, 0], [0, 0], [0, 0.5], [0.5, 0.5]])


@given(arrays(np.float64, (5, 3), elements=SHARES), arrays(np.float64, 3, elements=SHARES))
def test_doubt_lies_between_none_and_one(probabilities: np.ndarray, thresholds: np.ndarray) -> None:
    found = ordering.doubts(probabilities, thresholds)
    assert found.shape == probabilities.shape
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize(
    ("probabilities", "thresholds"),
    [([[0.5, 0.5]], [0.5]), ([0.5], [0.5]), ([[1.5]], [0.5]), ([[float("nan")]], [0.5]), ([[0.5]], [-0.1])],
)
def test_what_is_no_probability_is_refused(probabilities: list[float], thresholds: list[float]) -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1|shape"):
        ordering.doubts(probabilities, thresholds)


def test_the_article_in_doubt_about_most_themes_comes_first() -> None:
    picks = ordering.order([[0.0, 0.0], [0.5, 0.5], [0.5, 0.0]], [0.5, 0.5], np.eye(3), 3)
    assert [pick.row for pick in picks] == [1, 2, 0]
    assert [pick.score for pick in picks] == [2.0, 1.0, 0.0]


def test_a_copy_of_what_was_picked_waits_for_what_is_unlike() -> None:
    places = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    picks = ordering.order([[0.5], [0.5], [0.2]], [0.5], places, 3)
    assert [pick.row for pick in picks] == [0, 2, 1]


def test_a_copy_of_what_was_labelled_waits_too() -> None:
    places = np.array([[1.0, 0.0], [0.0, 1.0]])
    picks = ordering.order([[0.5], [0.2]], [0.5], places, 2, known=[[1.0, 0.0]])
    assert [pick.row for pick in picks] == [1, 0]


def test_for_one_theme_likely_bearers_come_in_between_and_other_themes_do_not_count() -> None:
    probabilities = [[0.5, 0.0], [0.99, 0.0], [0.0, 0.5], [0.4, 0.0], [0.9, 0.0]]
    picks = ordering.order(probabilities, [0.5, 0.5], np.eye(5), 5, theme=0)
    assert [(pick.row, pick.likely) for pick in picks] == [
        (0, False), (1, True), (3, False), (4, True), (2, False)
    ]  # fmt: skip


def test_vectors_of_another_number_of_articles_are_refused() -> None:
    with pytest.raises(ValueError, match="for 2 articles"):
        ordering.order([[0.5], [0.5]], [0.5], np.eye(3), 1)


@given(arrays(np.float64, (8, 2), elements=SHARES), st.integers(0, 12), st.sampled_from([None, 0, 1]))
def test_every_article_is_picked_once_and_the_order_is_always_the_same(
    probabilities: np.ndarray, k: int, theme: int | None
) -> None:
    places = ordering.vectors([f"word{'abcd'[i % 4] * 3} shared text" for i in range(8)])
    rows = [pick.row for pick in ordering.order(probabilities, [0.4, 0.6], places, k, theme=theme)]
    assert len(rows) == len(set(rows)) == min(k, 8)
    assert rows == [pick.row for pick in ordering.order(probabilities, [0.4, 0.6], places, k, theme=theme)]
    longer = [pick.row for pick in ordering.order(probabilities, [0.4, 0.6], places, 8, theme=theme)]
    assert rows == longer[:k]


def test_the_shortlist_holds_those_in_most_doubt_and_the_likeliest_of_a_theme() -> None:
    probabilities = [[0.0], [0.5], [0.45], [1.0], [0.3], [0.95]]
    assert ordering.shortlist(probabilities, [0.5], 2) == [1, 2]
    assert ordering.shortlist(probabilities, [0.5], 4, theme=0) == [1, 2, 3, 5]


def test_texts_on_one_subject_are_more_alike_than_others() -> None:
    ward, closure, cake = "The ward at Fenwick hospital closes", "Fenwick hospital ward closure", "Lemon cake wins"
    places = ordering.vectors([ward, closure, cake, ""])
    alike = places @ places.T
    assert alike[0, 1] > alike[0, 2] + 0.2
    np.testing.assert_allclose(np.diag(alike), [1, 1, 1, 0], atol=1e-6)


def test_each_coder_has_an_order_of_their_own_that_stays_the_same() -> None:
    articles = [f"{number:04}" for number in range(50)]
    ann, ben = ordering.by_lot(articles, "pilot", "ann"), ordering.by_lot(articles, "pilot", "ben")
    assert sorted(ann) == sorted(ben) == articles
    assert ann != ben
    assert ann == ordering.by_lot(articles[::-1], "pilot", "ann")
    assert ann != ordering.by_lot(articles, "second", "ann")
