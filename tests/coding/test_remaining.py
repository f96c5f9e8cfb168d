"""How many articles with a theme are still to find: by the model, and from a sample judged blind."""

from __future__ import annotations

import itertools
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clipper.coding import remaining
from clipper.models import Label

SHARES = st.floats(0, 1, allow_subnormal=False)


def test_probabilities_add_up_to_what_is_to_be_found() -> None:
    found = remaining.from_model("funding", [0.5] * 100)
    assert (found.expected, found.unlabelled, found.basis) == (50.0, 100, "model")
    assert (found.low, found.high) == (39, 61)  # 50 -+ (1.96 * 5 + 0.5), rounded outwards


def test_certainty_leaves_no_room() -> None:
    found = remaining.from_model("funding", [1.0, 1.0, 0.0])
    assert (found.low, found.expected, found.high) == (2, 2.0, 2)
    none = remaining.from_model("funding", [])
    assert (none.low, none.expected, none.high, none.unlabelled) == (0, 0.0, 0, 0)


@given(arrays(np.float64, 40, elements=SHARES))
def test_the_interval_holds_the_estimate_and_is_possible(probabilities: np.ndarray) -> None:
    found = remaining.from_model("funding", probabilities)
    assert 0 <= found.low <= found.expected + 1e-6
    assert found.expected - 1e-6 <= found.high <= 40


@given(st.lists(st.floats(0.05, 0.95), min_size=1, max_size=9))
def test_the_interval_covers_what_the_probabilities_make_of_it(probabilities: list[float]) -> None:
    found = remaining.from_model("funding", probabilities)
    covered = sum(
        prod(p if yes else 1 - p for p, yes in zip(probabilities, draw, strict=True))
        for draw in itertools.product([0, 1], repeat=len(probabilities))
        if found.low <= sum(draw) <= found.high
    )
    assert covered >= 0.94


def test_what_is_no_probability_is_refused() -> None:
    for bad in ([1.2], [float("nan")], [[0.5]]):
        with pytest.raises(ValueError, match="between 0 and 1"):
            remaining.from_model("funding", bad)


def test_a_sample_tells_of_the_archive_less_what_was_found() -> None:
    truth = [[1, np.nan]] * 20 + [[0, np.nan]] * 80
    funding, access = remaining.from_samples(
        ["funding", "access"], truth, population=1000, found=[150, 0], unlabelled=[700, 1000]
    )
    assert access is None
    assert funding is not None
    assert (funding.basis, funding.judged, funding.expected) == ("sample", 100, 50.0)
    assert funding.low == 0
    assert 120 < funding.high < 145  # Wilson's upper end of 20 in 100 lies near 0.28, less 150
    assert remaining.in_words(funding) == f"funding: about 50 (0 to {funding.high}) of 700, from 100 judged blind"


def test_a_sample_that_is_the_archive_leaves_no_doubt() -> None:
    (found,) = remaining.from_samples(["funding"], [[1], [0], [1]], population=3, found=[2], unlabelled=[0])
    assert found is not None
    assert (found.low, found.expected, found.high) == (0, 0.0, 0)


def test_coders_judge_together_and_a_dispute_is_no_judgement() -> None:
    def said(article: str, theme: str, value: bool, coder: str) -> Label:
        return Label(article=article, revision=1, theme=theme, value=value, coder=coder)

    labels = [
        said("a1", "funding", True, "ann"), said("a1", "funding", True, "ben"),
        said("a2", "funding", True, "ann"), said("a2", "funding", False, "ben"),
        said("a3", "money", False, "ann"), said("zz", "funding", True, "ann"), said("a1", "gone", True, "ann"),
    ]  # fmt: skip
    truth = remaining.judged(
        labels, ["a1", "a2", "a3"], ["funding", "access"], {"funding": "funding", "money": "funding"}.get
    )
    np.testing.assert_array_equal(truth, [[1, np.nan], [np.nan, np.nan], [0, np.nan]])
