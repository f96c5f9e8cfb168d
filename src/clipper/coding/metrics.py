"""How good the tags are, measured against what people judged: scores, calibration, prevalence, confusions.

Arrays have a row for each article and a column for each theme. ``truth`` holds 1 and 0, nan where nobody judged: that
cell is left out, and only that. ``given`` holds 1 and 0, ``probabilities`` 0 to 1.

Precision is the share of what was given that is right; recall the share of what is right that was given; F1 their
harmonic mean. Average precision is the mean of the precisions at each rank where recall rises, weighted by the rise,
without interpolation; equal probabilities share a rank (C. D. Manning, P. Raghavan and H. Schütze, "Introduction to
Information Retrieval", 2008, section 8.4). A number is None where it means nothing: precision where nothing was given;
recall, F1 and average precision where there is nothing to find.

*Macro* is the mean over the themes that have something to find; one of them that was never given has a precision of
0 there, so that silence does not raise the mean. *Micro* pools all cells of all themes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipper.coding import resampling
from clipper.coding.resampling import DRAWS, LEVEL, Floats, Interval

BINS = 15

_NUMBERS = ("precision", "recall", "f1", "average_precision")


@dataclass(frozen=True)
class Score:
    """A number from 0 to 1 and its interval. None where there is none."""

    value: float | None
    interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The four numbers that say how well what was given matches what is so."""

    precision: Score
    recall: Score
    f1: Score
    average_precision: Score


@dataclass(frozen=True)
class Bin:
    """Probabilities from ``low`` up to ``high``: how many, their mean, and the share of them that came true."""

    low: float
    high: float
    n: int
    probability: float
    share: float


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How far probabilities can be taken at their word. ``bins`` are those with anything in them, lowest first."""

    n: int
    error: float | None
    brier: float | None
    bins: tuple[Bin, ...]


@dataclass(frozen=True, kw_only=True)
class ThemeScores(Scores):
    """The scores of one theme: ``judged`` articles, of which ``support`` have it and ``given`` were given it."""

    theme: str
    judged: int
    support: int
    given: int
    calibration: Calibration


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """All themes in the order asked for, and all together. ``calibration`` pools the probabilities of all themes."""

    articles: int
    groups: int
    level: float
    themes: tuple[ThemeScores, ...]
    macro: Scores
    micro: Scores
    calibration: Calibration


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """Two themes that are taken for one another, and how often.

    ``wrong``: of ``of`` articles that were given ``theme`` wrongly, ``count`` really have ``other``.
    ``missed``: of ``of`` articles that have ``theme`` and were not given it, ``count`` were given ``other``, wrongly.
    """

    kind: Literal["wrong", "missed"]
    theme: str
    other: str
    count: int
    of: int


@dataclass(frozen=True, kw_only=True)
class Prevalence:
    """How common something is in a population, estimated from ``positives`` in a random sample of ``n``."""

    positives: int
    n: int
    population: int
    share: float
    interval: Interval


def evaluate(
    themes: Sequence[str],
    truth: ArrayLike,
    given: ArrayLike,
    probabilities: ArrayLike,
    *,
    groups: Sequence[str] | Sequence[int] | None = None,
    seed: int,
    draws: int = DRAWS,
    level: float = LEVEL,
) -> Evaluation:
    """Return the scores of each theme, macro and micro, with bootstrap intervals, and the calibration.

    The three arrays have the shape (articles, themes). ``groups`` names each article's event: articles on one event
    resemble each other, so events are what is drawn (percentiles, see ``resampling``; whole clusters, A. C. Davison
    and D. V. Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8). Without groups each article
    stands alone. With fewer than two groups, or where a number is undefined in more than a tenth of the draws, there
    is no interval. Raises ValueError for shapes that do not fit and values out of range.
    """
    right, was_given, chances = _checked(themes, truth, given, probabilities)
    unit_of = _units(groups, len(right))
    units = int(unit_of.max(initial=-1)) + 1
    counting = _Counting(right, was_given, chances)
    values = counting.numbers(np.ones((1, len(right))))[:, 0, :]
    intervals: list[list[Interval | None]] = [[None] * values.shape[1] for _ in _NUMBERS]
    if units >= 2:
        parts = resampling.counts(units, seed=seed, draws=draws, width=right.size)
        drawn = np.concatenate([counting.numbers(part[:, unit_of]) for part in parts], axis=1)
        intervals = [
            [resampling.interval(drawn[k, :, c], level) if np.isfinite(values[k, c]) else None for c in range(len(row))]
            for k, row in enumerate(intervals)
        ]

    def scores(column: int) -> dict[str, Score]:
        return {name: Score(_number(values[k, column]), intervals[k][column]) for k, name in enumerate(_NUMBERS)}

    judged = ~np.isnan(right)
    return Evaluation(
        articles=len(right),
        groups=units,
        level=level,
        themes=tuple(
            ThemeScores(
                theme=theme,
                judged=int(judged[:, c].sum()),
                support=int((right[:, c] == 1).sum()),
                given=int(was_given[judged[:, c], c].sum()),
                calibration=calibration(right[:, c], chances[:, c]),
                **scores(c),
            )
            for c, theme in enumerate(themes)
        ),
        macro=Scores(**scores(len(themes))),
        micro=Scores(**scores(len(themes) + 1)),
        calibration=calibration(right, chances),
    )


def average_precision(truth: ArrayLike, probabilities: ArrayLike) -> float | None:
    """Return the average precision of a ranking, all cells pooled (see the head of this file); None without a 1.

    Both arrays have the same shape, whichever. Raises ValueError as ``evaluate`` does.
    """
    right, chances = _pair(truth, probabilities)
    return _number(_Ranking(right, chances).precisions(np.ones((1, len(right))))[0])


def calibration(truth: ArrayLike, probabilities: ArrayLike, bins: int = BINS) -> Calibration:
    """Return expected calibration error, Brier score and the bins of a reliability diagram, all cells pooled.

    Bins have equal widths; a probability on a border belongs to the upper one. The error is the mean over the bins,
    weighted by what is in them, of the distance between mean probability and share of ones (M. P. Naeini, G. F.
    Cooper and M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015), here for
    the probability of yes. Where most are near 0, as with rare themes, it is small whatever happens above: look at the
    bins. The Brier score is the mean squared distance (G. W. Brier, Monthly Weather Review 78, 1950; here of the yes
    alone, from 0 to 1). Both arrays have the same shape, whichever. Raises ValueError as ``evaluate`` does.
    """
    if bins < 1:
        raise ValueError("calibration needs at least one bin")
    right, chances = _pair(truth, probabilities)
    if not len(right):
        return Calibration(n=0, error=None, brier=None, bins=())
    borders = np.arange(bins + 1) / bins
    place = np.minimum(np.searchsorted(borders, chances, side="right") - 1, bins - 1)
    filled = []
    for k in np.unique(place):
        there = place == k
        filled.append(
            Bin(
                low=float(borders[k]),
                high=float(borders[k + 1]),
                n=int(there.sum()),
                probability=float(chances[there].mean()),
                share=float(right[there].mean()),
            )
        )
    return Calibration(
        n=len(right),
        error=sum(b.n * abs(b.probability - b.share) for b in filled) / len(right),
        brier=float(((chances - right) ** 2).mean()),
        bins=tuple(filled),
    )


def neighbours(themes: Sequence[str], truth: ArrayLike, given: ArrayLike, *, most: int = 3) -> list[Neighbour]:
    """Return the pairs of themes that are confused, the most frequent first.

    For each theme at most ``most`` pairs of either kind. ``truth`` and ``given`` have the shape (articles, themes); a
    cell that was not judged is neither wrong nor missed nor really so. Raises ValueError as ``evaluate`` does.
    """
    right, was_given, _ = _checked(themes, truth, given, np.zeros(np.shape(truth)))
    wrong = (was_given == 1) & (right == 0)
    missed = (was_given == 0) & (right == 1)
    found: list[Neighbour] = []
    kinds: list[tuple[Literal["wrong", "missed"], NDArray[np.bool_], NDArray[np.bool_]]] = [
        ("wrong", wrong, right == 1),
        ("missed", missed, wrong),
    ]
    for kind, here, there in kinds:
        table = here.astype(np.int64).T @ there.astype(np.int64)
        for a, row in enumerate(table):
            for b in np.argsort(-row, kind="stable")[:most]:
                if row[b]:
                    pair = Neighbour(
                        kind=kind, theme=themes[a], other=themes[b], count=int(row[b]), of=int(here[:, a].sum())
                    )
                    found.append(pair)
    return sorted(found, key=lambda pair: -pair.count)


def prevalence(positives: int, n: int, population: int, *, level: float = LEVEL) -> Prevalence:
    """Estimate a share in a population from a simple random sample, drawn without replacement.

    The interval is Wilson's: all shares P from which the sample's lies no further than z standard errors, each
    standard error taken at P (E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    JASA 22, 1927, pages 209-212). In a finite population the variance of the sample's share is
    P (1 - P) / n * (N - n) / (N - 1) (W. G. Cochran, "Sampling Techniques", third edition, 1977, section 3.2), so
    z^2 is multiplied by the last factor; B. O'Neill, "Mathematical properties and finite-population correction for
    the Wilson score interval" (2021), treats such forms. The ends are kept to what the sample leaves possible: it is
    a part of the population, and its yeses and noes are there for certain. A whole population has its share and no
    doubt. Raises ValueError unless 0 <= positives <= n <= population and n >= 1.
    """
    if not 0 <= positives <= n <= population or n < 1:
        raise ValueError(f"no sample: {positives} positives in {n} of {population}")
    if not 0 < level < 1:
        raise ValueError(f"a level of confidence lies between 0 and 1, not at {level}")
    share = positives / n
    left = (population - n) / (population - 1) if population > 1 else 0.0
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2 * left
    centre = (positives + z2 / 2) / (n + z2)
    half = (z2 * (n * share * (1 - share) + z2 / 4)) ** 0.5 / (n + z2)
    low = min(share, max(centre - half, positives / population))
    high = max(share, min(centre + half, (population - n + positives) / population))
    return Prevalence(
        positives=positives, n=n, population=population, share=share, interval=Interval(low=low, high=high)
    )


def prevalences(truth: ArrayLike, population: int, *, level: float = LEVEL) -> list[Prevalence | None]:
    """Estimate the share of each theme in an archive of ``population`` articles (see ``prevalence``).

    ``truth`` has the shape (articles, themes) and holds a random sample of the archive, judged by people: neither
    articles that a review chose for the machine's sake nor tags will do. None for a theme that nobody judged. What
    was not judged is taken to be missing by chance. Raises ValueError as ``evaluate`` and ``prevalence`` do.
    """
    right = _truth(truth)
    if right.ndim != 2:
        raise ValueError(f"truth has the shape (articles, themes), not {right.shape}")
    found: list[Prevalence | None] = []
    for column in right.T:
        n = int((~np.isnan(column)).sum())
        found.append(prevalence(int((column == 1).sum()), n, population, level=level) if n else None)
    return found


class _Ranking:
    """Cells in the order of their probabilities, ready to be weighted in many ways."""

    def __init__(self, truth: Floats, probabilities: Floats) -> None:
        self.order = np.argsort(-probabilities, kind="stable")
        ranked = probabilities[self.order]
        self._right = truth[self.order]
        self._last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(ranked) else np.empty(0, int)

    def precisions(self, weights: Floats) -> Floats:
        """Return the average precision, or nan, for each row of weights, shape (draws, cells)."""
        if not len(self._last):
            return np.full(len(weights), np.nan)
        ordered = weights[:, self.order]
        taken = np.cumsum(ordered, axis=1)[:, self._last]
        hits = np.cumsum(ordered * self._right, axis=1)[:, self._last]
        rises = np.diff(hits, axis=1, prepend=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            precision = np.where(taken > 0, hits / taken, 0)
            return np.where(hits[:, -1] > 0, (rises * precision).sum(axis=1) / hits[:, -1], np.nan)


class _Counting:
    """What is needed to compute all numbers from weights of the articles."""

    def __init__(self, truth: Floats, given: Floats, probabilities: Floats) -> None:
        judged = ~np.isnan(truth)
        yes = truth == 1
        self._hits = (yes & (given == 1)).astype(np.float64)
        self._given = (judged & (given == 1)).astype(np.float64)
        self._support = yes.astype(np.float64)
        self._rows = [np.flatnonzero(judged[:, c]) for c in range(truth.shape[1])]
        self._rankings = [_Ranking(truth[rows, c], probabilities[rows, c]) for c, rows in enumerate(self._rows)]
        cells = judged.ravel()
        self._all_rows = np.repeat(np.arange(len(truth)), truth.shape[1])[cells]
        self._all = _Ranking(truth.ravel()[cells], probabilities.ravel()[cells])

    def numbers(self, weights: Floats) -> Floats:
        """Return the four numbers for each row of weights (draws, articles): (4, draws, themes + macro + micro)."""
        hits, given, support = weights @ self._hits, weights @ self._given, weights @ self._support
        ranked = np.empty_like(hits)
        for c, (rows, ranking) in enumerate(zip(self._rows, self._rankings, strict=True)):
            ranked[:, c] = ranking.precisions(weights[:, rows])
        themes = np.stack([*_shares(hits, given, support), ranked])
        macro = _means(np.nan_to_num(themes), support > 0)
        pooled = _shares(*(part.sum(axis=1) for part in (hits, given, support)))
        micro = np.stack([*pooled, self._all.precisions(weights[:, self._all_rows])])
        return np.concatenate([themes, macro[:, :, None], micro[:, :, None]], axis=2)


def _shares(hits: Floats, given: Floats, support: Floats) -> tuple[Floats, Floats, Floats]:
    """Return precision, recall and F1, nan where undefined, from counts of any one shape."""
    with np.errstate(divide="ignore", invalid="ignore"):
        f1 = np.where(support > 0, 2 * hits / (given + support), np.nan)
        return hits / given, hits / support, f1


def _means(numbers: Floats, counted: NDArray[np.bool_]) -> Floats:
    """Return the means over the last axis of what counts, nan where nothing does."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: Floats = (numbers * counted).sum(axis=-1) / counted.sum(axis=-1)
    return mean


def _units(groups: Sequence[str] | Sequence[int] | None, articles: int) -> NDArray[np.int64]:
    """Return the number of each article's group, counted from 0 in the order in which they come."""
    if groups is None:
        return np.arange(articles)
    if len(groups) != articles:
        raise ValueError(f"{len(groups)} groups for {articles} articles")
    number_of: dict[str | int, int] = {}
    return np.array([number_of.setdefault(group, len(number_of)) for group in groups], dtype=np.int64)


def _truth(truth: ArrayLike) -> Floats:
    right = np.asarray(truth, dtype=np.float64)
    if not (np.isnan(right) | (right == 0) | (right == 1)).all():
        raise ValueError("truth holds 1, 0 and nan")
    return right


def _pair(truth: ArrayLike, probabilities: ArrayLike) -> tuple[Floats, Floats]:
    """Return the judged cells in a row, and their probabilities."""
    right, chances = _truth(truth), np.asarray(probabilities, dtype=np.float64)
    if right.shape != chances.shape:
        raise ValueError(f"truth has the shape {right.shape}, probabilities have {chances.shape}")
    judged = ~np.isnan(right)
    right, chances = right[judged], chances[judged]
    if not ((chances >= 0) & (chances <= 1)).all():
        raise ValueError("probabilities lie between 0 and 1")
    return right, chances


def _checked(
    themes: Sequence[str], truth: ArrayLike, given: ArrayLike, probabilities: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    right = _truth(truth)
    was_given, chances = np.asarray(given, dtype=np.float64), np.asarray(probabilities, dtype=np.float64)
    if right.ndim != 2 or right.shape[1] != len(themes) or not right.shape == was_given.shape == chances.shape:
        shapes = f"{right.shape}, {was_given.shape} and {chances.shape}"
        raise ValueError(f"truth, given and probabilities have the shape (articles, {len(themes)}), not {shapes}")
    if not ((was_given == 0) | (was_given == 1)).all():
        raise ValueError("given holds 1 and 0")
    _pair(right, chances)
    return right, was_given, chances


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
