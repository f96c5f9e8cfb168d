from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from sklearn import metrics as known

from clipper.coding.metrics import (
    Scores,
    average_precision,
    calibration,
    evaluate,
    neighbours,
    prevalence,
    prevalences,
)
from clipper.coding.resampling import Floats

NAN = np.nan
THEMES = ["bins", "dogs", "cats"]
NUMBERS = ("precision", "recall", "f1", "average_precision")
Coded = tuple[Floats, Floats, Floats]


@st.composite
def coded(draw: st.DrawFn) -> Coded:
    """Truth with gaps, probabilities with ties, and what was given over a threshold."""
    n = draw(st.integers(0, 12))

    def table(choice: list[float]) -> Floats:
        cells = st.lists(st.sampled_from(choice), min_size=3 * n, max_size=3 * n)
        return np.array(draw(cells), dtype=np.float64).reshape(n, 3)

    chances = table([0.0, 0.1, 0.25, 0.5, 0.75, 1.0])
    return table([0.0, 1.0, NAN]), (chances >= draw(st.sampled_from([0.2, 0.5, 2]))).astype(np.float64), chances


def _sample(n: int, seed: int = 1, themes: int = 3) -> Coded:
    rng = np.random.default_rng(seed)
    chances = rng.beta(1, 3, (n, themes))
    truth = (rng.random((n, themes)) < chances).astype(np.float64)
    return truth, (chances >= 0.4).astype(np.float64), chances


def _values(scores: Scores) -> dict[str, float | None]:
    return {name: getattr(scores, name).value for name in NUMBERS}


def _expected(right: Floats, was: Floats, chances: Floats) -> dict[str, object]:
    """The four numbers of pooled cells, by scikit-learn."""
    here = ~np.isnan(right)
    right, was, chances = right[here], was[here], chances[here]
    some = bool((right == 1).any())
    return {
        "precision": pytest.approx(known.precision_score(right, was, zero_division=0)) if was.any() else None,
        "recall": pytest.approx(known.recall_score(right, was)) if some else None,
        "f1": pytest.approx(known.f1_score(right, was, zero_division=0)) if some else None,
        "average_precision": pytest.approx(known.average_precision_score(right, chances)) if some else None,
    }


@settings(deadline=None)
@drawn(coded())
def test_all_scores_are_those_of_scikit_learn(tables: Coded) -> None:
    truth, was, chances = tables
    found = evaluate(THEMES, truth, was, chances, seed=1, draws=1)
    expected = [_expected(truth[:, c], was[:, c], chances[:, c]) for c in range(3)]
    for scores, wanted in zip(found.themes, expected, strict=True):
        assert _values(scores) == wanted
    assert _values(found.micro) == _expected(truth.ravel(), was.ravel(), chances.ravel())
    supported = [_values(scores) for scores in found.themes if scores.support]
    for name in NUMBERS:
        mean = pytest.approx(np.mean([s[name] or 0 for s in supported])) if supported else None
        assert getattr(found.macro, name).value == mean


def test_macro_scores_are_those_of_scikit_learn_where_every_theme_occurs() -> None:
    truth, was, chances = _sample(200)
    was[:, 2] = 0  # never given: a precision of 0 in the mean
    found = evaluate(THEMES, truth, was, chances, seed=1, draws=1)
    assert found.themes[2].precision.value is None
    options = {"average": "macro", "zero_division": 0}
    assert _values(found.macro) == {
        "precision": pytest.approx(known.precision_score(truth, was, **options)),
        "recall": pytest.approx(known.recall_score(truth, was, **options)),
        "f1": pytest.approx(known.f1_score(truth, was, **options)),
        "average_precision": pytest.approx(known.average_precision_score(truth, chances, average="macro")),
    }


def test_what_was_not_judged_is_left_out_and_only_that() -> None:
    truth, was, chances = _sample(80)
    holes = truth.copy()
    holes[:30, 1] = NAN
    whole, rest = (evaluate(THEMES, t, was, chances, seed=1, draws=50) for t in (truth, holes))
    assert rest.themes[0] == whole.themes[0]
    assert rest.themes[1].judged == 50
    assert rest.themes[1].given == was[30:, 1].sum()
    assert _values(rest.themes[1]) == _expected(truth[30:, 1], was[30:, 1], chances[30:, 1])
    assert rest.calibration.n == 210


def test_intervals_hold_the_score_and_come_again_with_the_seed() -> None:
    truth, was, chances = _sample(150)
    found = evaluate(THEMES, truth, was, chances, seed=7, draws=500)
    for scores in (*found.themes, found.macro, found.micro):
        for name in NUMBERS:
            score = getattr(scores, name)
            assert 0 <= score.interval.low < score.value < score.interval.high <= 1
    assert evaluate(THEMES, truth, was, chances, seed=7, draws=500) == found
    assert evaluate(THEMES, truth, was, chances, seed=8, draws=500) != found


def test_the_draws_are_those_of_whole_groups() -> None:
    truth, was, chances = _sample(60)
    groups = [f"event {i // 4}" for i in range(60)]
    found = evaluate(THEMES, truth, was, chances, groups=groups, seed=1, draws=300)
    assert found.groups == 15
    rng = np.random.Generator(np.random.PCG64(1))  # the same draws, one by one
    slow: dict[tuple[int, str], list[float]] = {(k, name): [] for k in range(5) for name in NUMBERS}
    for _ in range(300):
        rows = np.concatenate([np.arange(60).reshape(15, 4)[g] for g in rng.integers(15, size=15)])
        again = evaluate(THEMES, truth[rows], was[rows], chances[rows], seed=1, draws=1)
        for k, scores in enumerate((*again.themes, again.macro, again.micro)):
            for name, value in _values(scores).items():
                assert value is not None
                slow[k, name].append(value)
    for k, scores in enumerate((*found.themes, found.macro, found.micro)):
        for name in NUMBERS:
            interval = getattr(scores, name).interval
            assert (interval.low, interval.high) == pytest.approx(tuple(np.quantile(slow[k, name], [0.025, 0.975])))


def test_copies_of_a_story_do_not_make_the_interval_narrower() -> None:
    tables = _sample(60)
    copied = [np.repeat(table, 5, axis=0) for table in tables]
    groups = list(np.repeat(np.arange(60), 5))
    once = evaluate(THEMES, *tables, seed=1, draws=300)
    five = evaluate(THEMES, *copied, groups=groups, seed=1, draws=300)
    for name in NUMBERS:
        a, b = getattr(once.micro, name), getattr(five.micro, name)
        assert (b.value, b.interval.low, b.interval.high) == pytest.approx((a.value, a.interval.low, a.interval.high))
    as_if_apart = evaluate(THEMES, *copied, seed=1, draws=300).micro.f1.interval
    assert as_if_apart is not None and once.micro.f1.interval is not None
    width = once.micro.f1.interval.high - once.micro.f1.interval.low
    assert as_if_apart.high - as_if_apart.low < width / 1.7


def test_too_little_to_draw_from_gives_no_interval() -> None:
    truth, was, chances = _sample(40)
    truth[:, 0] = 0
    truth[:2, 0] = 1  # two articles: one draw in seven has neither
    found = evaluate(THEMES, truth, was, chances, seed=1, draws=400)
    assert found.themes[0].recall.value is not None
    assert found.themes[0].recall.interval is None
    assert found.themes[1].recall.interval is not None
    alone = evaluate(THEMES, truth, was, chances, groups=["one"] * 40, seed=1)
    assert (alone.groups, alone.macro.f1.interval) == (1, None)
    assert alone.macro.f1.value == found.macro.f1.value


def test_nothing_judged_is_no_error() -> None:
    for truth in (np.empty((0, 3)), np.full((4, 3), NAN)):
        found = evaluate(THEMES, truth, np.zeros(truth.shape), np.zeros(truth.shape), seed=1, draws=20)
        assert set(_values(found.macro).values()) == set(_values(found.micro).values()) == {None}
        assert (found.calibration.n, found.calibration.error, found.calibration.bins) == (0, None, ())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"themes": ["bins"]}, "shape"),
        ({"truth": np.zeros((3, 2))}, "shape"),
        ({"truth": np.full((2, 3), 2.0)}, "truth holds"),
        ({"given": np.full((2, 3), NAN)}, "given holds"),
        ({"probabilities": np.full((2, 3), 1.1)}, "between 0 and 1"),
        ({"probabilities": np.full((2, 3), NAN)}, "between 0 and 1"),
        ({"groups": ["a"]}, "1 groups for 2 articles"),
        ({"draws": 0}, "one draw"),
        ({"level": 95}, "between 0 and 1"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, object], told: str) -> None:
    call = {"themes": THEMES, "truth": np.eye(2, 3), "given": np.eye(2, 3), "probabilities": np.eye(2, 3), "seed": 1}
    with pytest.raises(ValueError, match=told):
        evaluate(**{**call, **change})  # type: ignore[arg-type]  # named by the test


@drawn(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_articles_says_nothing(cells: list[tuple[bool, float]], random: object) -> None:
    mixed = list(cells)
    random.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis gives a Random
    one, other = (
        average_precision([float(r) for r, _ in some], [p for _, p in some])
        if some
        else average_precision(np.empty(0), np.empty(0))
        for some in (cells, mixed)
    )
    assert one == pytest.approx(other)


@drawn(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=60))
def test_calibration_is_what_its_definition_says(cells: list[tuple[bool, float]]) -> None:
    right, chances = np.array([float(r) for r, _ in cells]), np.array([p for _, p in cells])
    found = calibration(right, chances)
    assert found.brier == pytest.approx(known.brier_score_loss(right, chances, pos_label=1, labels=[0, 1]))
    assert sum(b.n for b in found.bins) == found.n == len(cells)
    assert [b.low for b in found.bins] == sorted({b.low for b in found.bins})
    total = 0.0
    for b in found.bins:
        assert b.high - b.low == pytest.approx(1 / 15)
        top = b.high == 1
        here = (chances >= b.low) & ((chances < b.high) | (top & (chances == 1)))
        assert b.n == here.sum() > 0
        assert (b.probability, b.share) == (pytest.approx(chances[here].mean()), pytest.approx(right[here].mean()))
        total += abs(float((chances[here] - right[here]).sum())) / len(cells)
    assert found.error == pytest.approx(total)


def test_probabilities_that_are_true_are_calibrated_and_bold_ones_are_not() -> None:
    rng = np.random.default_rng(3)
    chances = rng.random(40_000)
    right = (rng.random(40_000) < chances).astype(np.float64)
    assert (calibration(right, chances).error or 1) < 0.015
    assert (calibration(right, chances > 0.5).error or 0) == pytest.approx(0.25, abs=0.02)


def test_one_bin_compares_the_means() -> None:
    assert calibration([1, 0, 0, 0], [0.5, 0.5, 1, 1], bins=1).error == pytest.approx(0.5)
    with pytest.raises(ValueError, match="at least one bin"):
        calibration([1], [1], bins=0)


def _wilson(k: int, n: int, z: float) -> tuple[float, float]:
    centre, half = (k + z * z / 2) / (n + z * z), z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return centre - half, centre + half


def test_of_a_vast_population_the_interval_is_wilsons_own() -> None:
    z = NormalDist().inv_cdf(0.975)
    for k, n in ((0, 10), (1, 10), (81, 263), (10, 10)):
        found = prevalence(k, n, 10**12).interval
        assert (found.low, found.high) == pytest.approx(_wilson(k, n, z), abs=1e-8)
    published = prevalence(81, 263, 10**12).interval  # R. G. Newcombe, Statistics in Medicine 17 (1998), table I
    assert (published.low, published.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)


@drawn(st.integers(1, 300), st.data())
def test_the_ends_solve_the_equation_that_defines_them_or_are_what_is_possible(n: int, data: st.DataObject) -> None:
    population = data.draw(st.integers(n, 2000))
    k = data.draw(st.integers(0, n))
    found = prevalence(k, n, population)
    low, high = found.interval.low, found.interval.high
    assert k / population <= low + 1e-12 and high <= 1 - (n - k) / population + 1e-12
    assert low <= found.share <= high
    if n == population:
        assert low == high == k / n
        return
    for end, edge in ((low, k / population), (high, 1 - (n - k) / population)):
        error = math.sqrt(end * (1 - end) / n * (population - n) / (population - 1))
        solves = abs(found.share - end) == pytest.approx(NormalDist().inv_cdf(0.975) * error, abs=1e-7)
        assert solves or end == pytest.approx(edge)
    wider = prevalence(k, n, population * 10).interval
    assert wider.low <= low + 1e-12 and high <= wider.high + 1e-12
    mirrored = prevalence(n - k, n, population).interval
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((low, high))


def test_the_interval_covers_the_archive_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    for have, n, population in ((60, 100, 400), (300, 200, 1000), (20, 150, 300)):
        samples = rng.hypergeometric(have, population - have, n, size=4000)
        ends = [prevalence(int(k), n, population).interval for k in samples]
        held = np.mean([e.low <= have / population <= e.high for e in ends])
        assert 0.93 <= held <= 0.985


@pytest.mark.parametrize(("positives", "n", "population"), [(-1, 5, 9), (6, 5, 9), (5, 10, 9), (0, 0, 9)])
def test_no_sample_is_refused(positives: int, n: int, population: int) -> None:
    with pytest.raises(ValueError, match="no sample"):
        prevalence(positives, n, population)


def test_each_theme_has_its_own_sample() -> None:
    one, none, last = prevalences([[1, NAN, 0], [1, NAN, NAN], [0, NAN, 1]], 50)
    assert one == prevalence(2, 3, 50)
    assert none is None
    assert last == prevalence(1, 2, 50)


def test_neighbours_are_counted_as_a_person_would() -> None:
    truth = np.array([[0, 1, 0], [0, 1, 1], [0, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, NAN], [1, 1, 0]])
    given = np.array([[1, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [0, 1, 0]])
    found = {(p.kind, p.theme, p.other): (p.count, p.of) for p in neighbours(THEMES, truth, given)}
    assert found == {
        ("wrong", "bins", "dogs"): (2, 3),  # the third has nothing
        ("wrong", "bins", "cats"): (1, 3),
        ("wrong", "dogs", "bins"): (2, 2),
        ("wrong", "cats", "bins"): (1, 1),  # where cats was not judged, it is not wrong
        ("missed", "bins", "dogs"): (2, 4),  # rightly given dogs are not instead of bins
        ("missed", "bins", "cats"): (1, 4),
        ("missed", "dogs", "bins"): (1, 1),
    }


@drawn(coded(), st.integers(1, 2))
def test_the_strongest_pairs_come_first_and_are_few(tables: Coded, most: int) -> None:
    truth, was, _ = tables
    everything, few = neighbours(THEMES, truth, was, most=9), neighbours(THEMES, truth, was, most=most)
    assert [p.count for p in everything] == sorted((p.count for p in everything), reverse=True)
    assert all(0 < p.count <= p.of and p.theme != p.other for p in everything)
    assert set(few) <= set(everything)
    for kind in ("wrong", "missed"):
        for theme in THEMES:
            of_theme, kept = ([p.count for p in ps if (p.kind, p.theme) == (kind, theme)] for ps in (everything, few))
            assert kept == of_theme[:most]
    assert neighbours(THEMES, truth, np.nan_to_num(truth)) == []  # nothing wrong, nothing missed
