"""How many articles with a theme are still to find among those that nobody has labelled.

Two ways. Where people judged a random sample blind, its share of the theme gives the number in the whole archive; less
what was found already, that is what is left (``from_sample``). It rests on people alone. Without a sample the model's
probabilities of the unlabelled are added up (``from_model``). That rests on the model: its interval says how the
numbers scatter if each probability is true, and nothing of how far the model is wrong. So a sample is preferred.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipper.coding.metrics import prevalences
from clipper.coding.resampling import LEVEL
from clipper.coding.verdicts import settle
from clipper.models import Label

_HAIR = 1e-9  # what adding floating point may be off


@dataclass(frozen=True)
class Remaining:
    """How many of ``unlabelled`` articles carry a theme: about ``expected``, and from ``low`` to ``high``.

    ``basis`` tells what it rests on; ``judged`` is the number of articles in the sample, 0 for the model.
    """

    theme: str
    expected: float
    low: int
    high: int
    unlabelled: int
    basis: Literal["model", "sample"]
    judged: int = 0


def from_model(theme: str, probabilities: ArrayLike, *, level: float = LEVEL) -> Remaining:
    """Estimate from the model's probabilities of the unlabelled articles, shape (articles,).

    The number of bearers is taken to be Poisson-binomial: the sum of independent draws, with the mean sum(p) and the
    variance sum(p (1 - p)) (L. Le Cam, "An approximation theorem for the Poisson binomial distribution", Pacific
    Journal of Mathematics 10, 1960). The interval is the normal one with half an article added on each side, rounded
    outwards and kept within what is possible. Raises ValueError for numbers beyond 0 to 1.
    """
    chances = np.asarray(probabilities, dtype=np.float64)
    if chances.ndim != 1 or not ((chances >= 0) & (chances <= 1)).all():
        raise ValueError("probabilities lie in a row, each between 0 and 1")
    expected, variance = float(chances.sum()), float((chances * (1 - chances)).sum())
    half = _z(level) * variance**0.5 + (0.5 if variance else 0.0)
    low, high = floor(expected - half + _HAIR), ceil(expected + half - _HAIR)
    certain, possible = int((chances == 1).sum()), int((chances > 0).sum())
    return Remaining(theme, expected, max(low, certain), min(high, possible), len(chances), "model")


def from_samples(
    themes: Sequence[str],
    truth: ArrayLike,
    *,
    population: int,
    found: Sequence[int],
    unlabelled: Sequence[int],
    level: float = LEVEL,
) -> list[Remaining | None]:
    """Estimate each theme from a random sample of ``population`` articles that people judged blind.

    ``truth`` has the shape (articles, themes): 1, 0, nan where nobody judged. ``found`` counts for each theme the
    articles that people gave it, ``unlabelled`` those that nobody judged. The share's interval is that of
    ``metrics.prevalence``. None for a theme without a judgement. Raises ValueError as ``metrics.prevalences`` does.
    """
    estimates: list[Remaining | None] = []
    shares = prevalences(truth, population, level=level)
    for theme, share, known, left in zip(themes, shares, found, unlabelled, strict=True):
        if share is None:
            estimates.append(None)
            continue
        expected = min(max(share.share * population - known, 0.0), float(left))
        low = min(max(floor(share.interval.low * population - known + _HAIR), 0), left)
        high = min(max(ceil(share.interval.high * population - known - _HAIR), 0), left)
        estimates.append(Remaining(theme, expected, low, high, left, "sample", share.n))
    return estimates


def judged(
    labels: Iterable[Label],
    articles: Collection[str],
    themes: Sequence[str],
    current: Callable[[str], str | None] = lambda key: key,
) -> NDArray[np.float64]:
    """Return what people said together of a sample's articles, shape (articles, themes): 1, 0, nan for nothing.

    What coders dispute counts as not judged. ``current`` maps a theme's key to the one it has now.
    """
    rows = {article: row for row, article in enumerate(articles)}
    columns = {theme: column for column, theme in enumerate(themes)}
    said: dict[tuple[int, int], dict[str, bool]] = {}
    for label in labels:
        key = current(label.theme)
        if label.article in rows and key in columns:
            coders = said.setdefault((rows[label.article], columns[key]), {})
            coders[label.coder] = label.value or coders.get(label.coder, False)
    truth = np.full((len(rows), len(columns)), np.nan)
    for cell, coders in said.items():
        settled = settle(coders)
        if settled is not None:
            truth[cell] = settled
    return truth


def in_words(estimate: Remaining) -> str:
    """Return an estimate as a person reads it, with what it rests on."""
    rests = "by the model" if estimate.basis == "model" else f"from {estimate.judged} judged blind"
    return (
        f"{estimate.theme}: about {round(estimate.expected)} ({estimate.low} to {estimate.high}) "
        f"of {estimate.unlabelled}, {rests}"
    )


def _z(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"a level of confidence lies between 0 and 1, not at {level}")
    return NormalDist().inv_cdf((1 + level) / 2)
