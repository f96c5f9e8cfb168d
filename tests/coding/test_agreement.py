from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clipper.coding import resampling
from clipper.coding.agreement import agreement, alpha, alpha_interval, of_round
from clipper.coding.resampling import Floats, Interval

NAN = np.nan
# Krippendorff (2011), section C: four observers, twelve units, five categories, gaps.
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
).T
# Section A of the same: two observers, ten units, yes and no, nothing missing.
TWO = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]).T

ROUNDS = st.tuples(st.integers(0, 8), st.integers(0, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.sampled_from([0.0, 1.0, NAN]))
)


def _by_pairs(values: Floats) -> Fraction | None:
    """Alpha from its definition: every pair of values by hand, in exact fractions."""
    units = [[v for v in row if not np.isnan(v)] for row in values]
    units = [unit for unit in units if len(unit) > 1]
    pool = [v for unit in units for v in unit]
    observed = sum(
        (Fraction(sum(a != b for a, b in itertools.permutations(unit, 2)), len(unit) - 1) for unit in units),
        Fraction(0),
    )
    expected = Fraction(sum(a != b for a, b in itertools.permutations(pool, 2)), max(len(pool) - 1, 1))
    return 1 - observed / expected if expected else None


def test_the_published_example_with_gaps_comes_out() -> None:
    assert alpha(PUBLISHED) == pytest.approx(0.743, abs=5e-4)


def test_the_published_example_of_two_coders_comes_out() -> None:
    assert alpha(TWO) == pytest.approx(0.095, abs=5e-4)
    assert agreement(TWO) == pytest.approx(0.6)


@given(ROUNDS)
def test_alpha_is_what_counting_all_pairs_says(values: Floats) -> None:
    expected = _by_pairs(values)
    assert alpha(values) == (None if expected is None else pytest.approx(float(expected)))


@given(ROUNDS)
def test_yes_and_no_may_change_places(values: Floats) -> None:
    assert alpha(1 - values) == pytest.approx(alpha(values))
    assert agreement(1 - values) == pytest.approx(agreement(values))


@given(ROUNDS, st.randoms(use_true_random=False))
def test_the_order_of_coders_and_units_says_nothing(values: Floats, random: object) -> None:
    units, coders = list(range(values.shape[0])), list(range(values.shape[1]))
    random.shuffle(units)  # type: ignore[attr-defined]  # hypothesis gives a Random
    random.shuffle(coders)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert alpha(values[units][:, coders]) == pytest.approx(alpha(values))


@given(ROUNDS)
def test_a_unit_that_one_coder_judged_says_nothing(values: Floats) -> None:
    alone = np.full((1, values.shape[1]), NAN)
    alone[:, :1] = 1
    more = np.vstack([values, alone])
    assert (alpha(more), agreement(more)) == (alpha(values), agreement(values))
    assert alpha_interval(more, seed=1, draws=20) == alpha_interval(values, seed=1, draws=20)


@given(arrays(np.float64, st.integers(2, 9), elements=st.sampled_from([0.0, 1.0])), st.integers(2, 4))
def test_perfect_agreement_is_one_only_where_both_values_occur(said: Floats, coders: int) -> None:
    values = np.repeat(said[:, None], coders, axis=1)
    assert alpha(values) == (1.0 if len(set(said)) == 2 else None)
    assert agreement(values) == 1.0


@given(ROUNDS)
def test_alpha_never_passes_one_and_reaches_it_with_agreement_only(values: Floats) -> None:
    found, agreed = alpha(values), agreement(values)
    if found is not None:
        assert found <= 1
        assert (found == 1) == (agreed == 1)


@pytest.mark.parametrize(
    "values", [np.empty((0, 2)), np.empty((3, 0)), [[1], [0]], [[1, NAN], [NAN, 0]], [[1, 1], [1, 1]], [[NAN, NAN]]]
)
def test_without_variation_there_is_no_alpha_and_no_interval(values: object) -> None:
    assert alpha(values) is None  # type: ignore[arg-type]  # a value out of a table
    assert alpha_interval(values, seed=1) is None  # type: ignore[arg-type]  # a value out of a table


def test_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="units, coders"):
        alpha([1, 0, 1])


def _coded(units: int, errors: float, seed: int = 5) -> Floats:
    """Two coders who err on some share of units, a third of which are yes."""
    rng = np.random.default_rng(seed)
    truth = rng.random(units) < 1 / 3
    return np.stack([truth ^ (rng.random(units) < errors) for _ in range(2)], axis=1).astype(np.float64)


def test_the_interval_holds_alpha_and_shrinks_with_more_units() -> None:
    widths = []
    for units in (40, 160, 640):
        values = _coded(units, 0.1)
        found = alpha_interval(values, seed=1)
        assert found is not None
        assert found.low < (alpha(values) or 0) < found.high
        widths.append(found.high - found.low)
    assert widths[0] > 1.5 * widths[1] > 2.25 * widths[2]  # about halved with four times the units


def test_the_interval_is_that_of_alphas_of_drawn_units() -> None:
    values = _coded(30, 0.15)
    rng = np.random.Generator(np.random.PCG64(1))  # the same draws, one by one
    slow = [alpha(values[rng.integers(30, size=30)]) for _ in range(500)]
    low, high = np.quantile([a for a in slow if a is not None], [0.025, 0.975])
    found = alpha_interval(values, seed=1, draws=500)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high))


def test_the_interval_covers_the_true_alpha_about_as_often_as_it_says() -> None:
    true = alpha(_coded(400_000, 0.1)) or 0
    held = 0
    for trial in range(200):
        found = alpha_interval(_coded(100, 0.1, seed=trial), seed=trial, draws=300)
        held += found is not None and found.low <= true <= found.high
    assert 178 <= held <= 199  # 95 % of 200, and a little less as percentiles go


def test_a_seed_gives_the_same_interval_again() -> None:
    values = _coded(50, 0.2)
    assert alpha_interval(values, seed=4) == alpha_interval(values, seed=4) != alpha_interval(values, seed=5)


def test_one_rare_yes_has_no_interval() -> None:
    values = np.zeros((50, 2))
    values[0] = 1
    assert alpha(values) == 1
    assert alpha_interval(values, seed=1) is None


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 50), st.integers(0, 1 << 25))
def test_draws_are_as_many_as_asked_and_do_not_depend_on_room(units: int, draws: int, width: int) -> None:
    parts = list(resampling.counts(units, seed=3, draws=draws, width=width))
    drawn = np.concatenate(parts)
    assert drawn.shape == (draws, units)
    assert (drawn.sum(axis=1) == units).all()
    assert (drawn == np.concatenate(list(resampling.counts(units, seed=3, draws=draws)))).all()


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one unit"):
        list(resampling.counts(0, seed=1))
    with pytest.raises(ValueError, match="between 0 and 1"):
        resampling.interval(np.zeros(3), 95)


def test_undefined_draws_are_left_out_up_to_a_tenth() -> None:
    drawn = np.linspace(0, 1, 101)
    assert resampling.interval(np.append(drawn, [NAN] * 11), 0.9) == Interval(pytest.approx(0.05), pytest.approx(0.95))
    assert resampling.interval(np.append(drawn, [NAN] * 12), 0.9) is None


def test_a_round_is_told_theme_by_theme_with_every_disagreement() -> None:
    said = {
        "u1": {"bins": {"ann": True, "bob": True}, "dogs": {"ann": False, "bob": False}},
        "u2": {"bins": {"ann": True, "bob": False, "cat": True}},
        "u3": {"bins": {"ann": False, "bob": False}, "dogs": {"ann": True}},
        "u4": {"bins": {"cat": True}, "cats": {"ann": True, "bob": False}},
        "u5": {"cats": {"dan": True}},
    }
    judgements = {
        (unit, theme, coder): value
        for unit, themes in said.items()
        for theme, coders in themes.items()
        for coder, value in coders.items()
    }
    found = of_round(judgements, ["dogs", "bins", "fish"], seed=1, draws=200)
    assert (found.units, found.shared, found.coders) == (4, 3, ("ann", "bob", "cat"))
    dogs, bins, fish = found.themes
    assert [t.theme for t in found.themes] == ["dogs", "bins", "fish"]
    assert (dogs.units, dogs.judged, dogs.positives) == (
        1,
        {"ann": 2, "bob": 1, "cat": 0},
        {"ann": 1, "bob": 0, "cat": 0},
    )
    assert (dogs.agreement, dogs.alpha, dogs.interval) == (1.0, None, None)
    matrix = [[1, 1, NAN], [1, 0, 1], [0, 0, NAN], [NAN, NAN, 1]]
    assert bins.units == 3
    assert bins.positives == {"ann": 2, "bob": 1, "cat": 2}
    assert (bins.agreement, bins.alpha) == (agreement(matrix), alpha(matrix))
    assert bins.interval == alpha_interval(matrix, seed=1, draws=200)
    assert (fish.units, fish.agreement, fish.alpha) == (0, None, None)
    (one,) = found.disagreements
    assert (one.unit, one.theme, one.values) == ("u2", "bins", {"ann": True, "bob": False, "cat": True})


def test_a_round_without_judgements_is_empty_and_no_error() -> None:
    found = of_round({}, ["bins"], seed=1)
    assert (found.units, found.coders, found.disagreements) == (0, (), ())
    assert found.themes[0].alpha is None
