"""The one door to scikit-learn: how the classifier is trained, and how it does on what it has not seen.

One linear support vector machine for each theme (squared hinge loss, liblinear: Fan et al. 2008). Its scores become
probabilities by Platt's method (a logistic regression on held-out scores: Platt 1999), which is folded into the
coefficients. Each theme's threshold is the one with the best F1 on the held-out probabilities of a cross-validation in
which no event stands on both sides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from clipper.coding import lexicon
from clipper.coding.codebook import Theme
from clipper.coding.examples import Example
from clipper.coding.features import Features, as_text
from clipper.coding.meaning import Reader
from clipper.coding.model import Model, logistic, meant
from clipper.places import shipped

LEAST_POSITIVES = 2
FOLDS = 5  # of an evaluation
_INNER_FOLDS = 3  # of the cross-validation that finds thresholds and calibration
_C = 0.4  # by measurement; of little consequence between 0.2 and 1
_FEW = 5  # passages with a theme are too few to calibrate it by
_ENOUGH = 20  # passages with a theme and without that tell how much a transformer's word counts
_THRESHOLDS = np.linspace(0.1, 0.9, 81)


@dataclass(frozen=True)
class HeldOut:
    """What models said of passages that they had not seen. All arrays have the shape (passages, themes).

    ``truth`` is 1, 0, or nan where a theme was not judged; the ``thresholds`` of a row come from its training folds.
    """

    themes: list[str]
    examples: list[Example]
    truth: Any
    probabilities: Any
    thresholds: Any

    @property
    def given(self) -> Any:
        """Where a theme would have been given: an array of 0 and 1."""
        return (self.probabilities >= self.thresholds).astype(int)


def train(
    themes: Sequence[Theme], examples: Sequence[Example], reader: Reader | None = None
) -> tuple[Model, list[str]]:
    """Train a model; return it with the keys of the themes that too few examples teach.

    With a ``reader``, what a transformer says of whole passages counts too, as much as passages that it has not
    learned from say that it should. Raises ValueError when no theme is left.
    """
    taught = _taught(themes, examples)
    features = Features(taught, lexicon.load(shipped("lexicon.toml")))
    texts = [as_text(e.title, e.text) for e in examples]
    features.learn(texts)
    matrix = features.matrix(texts)
    truth = truth_of([t.key for t in taught], examples)
    weights = np.array([e.weight for e in examples])
    coefficients, intercepts, thresholds, slopes = [], [], [], []
    held = _held_out(matrix, truth, weights, [e.event for e in examples])
    says = _said(reader, taught, examples, texts)
    for column in range(len(taught)):
        found = _calibrate(truth[:, column], held[:, column], says[:, column], weights)
        estimator = _fit(matrix, truth[:, column], weights)
        coefficients.append(estimator.coef_[0] * found.slope)
        intercepts.append(estimator.intercept_[0] * found.slope + found.shift)
        slopes.append(found.meaning)
        thresholds.append(found.threshold)
    left_out = [t.key for t in themes if t not in taught]
    model = Model(taught, features, np.vstack(coefficients), np.array(intercepts), thresholds, reader, slopes)
    return model, left_out


def _said(reader: Reader | None, taught: Sequence[Theme], examples: Sequence[Example], texts: Sequence[str]) -> Any:
    """Return what the reader says of examples: (examples, themes), nan where it has learned from them or knows not."""
    found = np.full((len(examples), len(taught)), np.nan)
    if reader is None:
        return found
    rows = [row for row, example in enumerate(examples) if example.id not in reader.taught]
    if rows:
        found[rows] = meant(reader, [t.key for t in taught], [texts[row] for row in rows])
    found[:, [t.key not in reader.themes for t in taught]] = np.nan
    return found


def cross_validate(
    themes: Sequence[Theme],
    examples: Sequence[Example],
    own: Sequence[Example] | None = None,
    *,
    reader: Reader | None = None,
    folds: int = FOLDS,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> HeldOut:
    """Return what models say of examples whose events they have not seen.

    With ``own``, those are what is tested, and the other examples always teach. Everything (features, thresholds,
    calibration) is made from the training folds alone; what a ``reader`` has learned from must not be among what is
    tested. Raises ValueError when no theme is left, or with fewer than two events.
    """
    tested = list(examples if own is None else own)
    if reader is not None and any(example.id in reader.taught for example in tested):
        raise ValueError("passages that the transformer has learned from cannot test it")
    always = [] if own is None else list(examples)
    taught = _taught(themes, [*always, *tested])
    keys = [theme.key for theme in taught]
    events = [example.event for example in tested]
    rounds = min(folds, len(set(events)))
    if rounds < 2:
        raise ValueError("nothing to hold out: fewer than two events")
    probabilities, thresholds = np.zeros((len(tested), len(keys))), np.full((len(tested), len(keys)), 0.5)
    for number, (learn, test) in enumerate(GroupKFold(rounds).split(tested, groups=events)):
        progress(number, rounds)
        model, _ = train(taught, [*always, *(tested[i] for i in learn)], reader)
        found = model.predict([as_text(tested[i].title, tested[i].text) for i in test])
        for column, key in enumerate(keys):
            if key in model.themes:
                probabilities[test, column] = [p.scores[key] for p in found]
                thresholds[test, column] = model.thresholds[model.themes.index(key)]
    progress(rounds, rounds)
    return HeldOut(keys, tested, truth_of(keys, tested), probabilities, thresholds)


def truth_of(keys: Sequence[str], examples: Sequence[Example]) -> Any:
    """Return an array (examples, themes): 1 or 0, nan where a theme was not judged."""
    return np.array(
        [
            [float(key in e.themes) if e.judged is None or key in e.judged | e.themes else np.nan for key in keys]
            for e in examples
        ]
    )


def _taught(themes: Sequence[Theme], examples: Sequence[Example]) -> list[Theme]:
    counts = Counter(theme for example in examples for theme in example.themes)
    taught = [t for t in themes if LEAST_POSITIVES <= counts[t.key] < len(examples)]
    if not taught:
        raise ValueError("no theme has enough examples")
    return taught


def _fit(matrix: sp.csr_matrix, truth: Any, weights: Any) -> LinearSVC:
    judged = ~np.isnan(truth)
    # Far more features than examples: the dual problem is the small one, and takes a small part of the time.
    # The tolerance is that at which the scores of unseen passages no longer change; liblinear's own takes thrice the
    # time. Not in threads: liblinear has one source of chance for all of them, and a model must come out the same.
    estimator = LinearSVC(C=_C, dual=True, tol=0.02, random_state=0)
    return estimator.fit(matrix[judged], truth[judged].astype(int), sample_weight=weights[judged])


def _held_out(matrix: sp.csr_matrix, truth: Any, weights: Any, events: Sequence[str]) -> Any:
    """Return log-odds (examples, themes) from models that have not seen the example's event."""
    odds = np.zeros(truth.shape)
    rounds = min(_INNER_FOLDS, len(set(events)))
    if rounds < 2:
        return odds
    for learn, test in GroupKFold(rounds).split(truth, groups=events):
        for column in range(truth.shape[1]):
            known = truth[learn, column]
            if (known == 1).any() and (known == 0).any():
                odds[test, column] = _fit(matrix[learn], known, weights[learn]).decision_function(matrix[test])
    return odds


@dataclass(frozen=True)
class _Calibration:
    """What makes a score a probability: its slope, that of what the passage says as a whole, and a shift."""

    slope: float
    meaning: float
    shift: float
    threshold: float


def _calibrate(truth: Any, odds: Any, says: Any, weights: Any) -> _Calibration:
    """Return slopes and shift that make scores log-odds, and the threshold with the best F1 on the probabilities."""
    judged = ~np.isnan(truth)
    both = judged & ~np.isnan(says)
    if _ENOUGH <= truth[both].sum() <= both.sum() - _ENOUGH:
        inputs, known = np.stack([odds[both], says[both]], axis=1), truth[both].astype(int)
        platt = LogisticRegression(C=1e3).fit(inputs, known, sample_weight=weights[both])
        if platt.coef_[0, 0] <= 0:  # the words teach nothing: then they do not count
            inputs[:, 0] = 0
            platt = LogisticRegression(C=1e3).fit(inputs, known, sample_weight=weights[both])
        slope, meaning = (float(one) for one in platt.coef_[0])
        if meaning > 0:
            shift = float(platt.intercept_[0])
            chances = logistic(inputs @ platt.coef_[0] + shift)
            return _Calibration(slope, meaning, shift, _best_threshold(known, chances, weights[both]))
    known, odds, weights = truth[judged].astype(int), odds[judged], weights[judged]
    slope, shift = 1.0, 0.0
    if known.sum() < _FEW:  # no threshold can be found on so few: the machine's own is taken
        return _Calibration(slope, 0.0, shift, 0.5)
    if known.sum() <= len(known) - _FEW:
        platt = LogisticRegression(C=1e3).fit(odds[:, None], known, sample_weight=weights)
        # A slope near nought or below it means that nothing was learned: then the odds stay as they are.
        if platt.coef_[0, 0] > 0.1:
            slope, shift = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    return _Calibration(slope, 0.0, shift, _best_threshold(known, logistic(odds * slope + shift), weights))


def _best_threshold(truth: Any, probabilities: Any, weights: Any) -> float:
    """Return the threshold with the best F1, which is 2 TP / (positives given + positives there)."""
    given = (probabilities[:, None] >= _THRESHOLDS[None, :]) * weights[:, None]
    right = (given * (truth[:, None] == 1)).sum(axis=0)
    scores = 2 * right / np.maximum(given.sum(axis=0) + (weights * truth).sum(), 1e-9)
    # Of several as good, the middle one: a single passage moves it least.
    best = np.flatnonzero(scores >= scores.max() - 1e-9)
    return round(float(_THRESHOLDS[best[len(best) // 2]]), 3)
