"""The one door to scikit-learn: one-vs-rest logistic regression over words, parts of words, classes and phrases.

Features: TF-IDF of runs of one to three words, TF-IDF of three to five letters within words (sublinear term counts),
TF-IDF of the lexicon's classes and of their pairs within a sentence, and for each theme the logarithm of how many of
the codebook's phrases occur. Probabilities are calibrated by Platt's method (a logistic regression on held-out
log-odds: Platt 1999), which is folded into the coefficients. Each theme's threshold is the one with the best F1 on the
held-out probabilities of a cross-validation in which no event stands on both sides.

A model is stored as arrays and JSON, never as a pickle, so that reading one runs no code.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from clipper.coding import lexicon
from clipper.coding.codebook import Theme, phrase_pattern
from clipper.coding.examples import Example
from clipper.coding.windows import windows
from clipper.places import shipped
from clipper.text import fold, sentences

FORMAT = f"3 scikit-learn {sklearn.__version__}"
LEAST_POSITIVES = 2
FOLDS = 5  # of an evaluation
_INNER_FOLDS = 3  # of the cross-validation that finds thresholds and calibration

_PHRASE_WEIGHT = 0.5
_TITLE_WEIGHT = 2  # times that a title is read: it says in ten words what the text is about
_CLASS_WEIGHT = 0.2  # by measurement: classes are few and dense, and would drown the words
_THRESHOLDS = np.linspace(0.1, 0.9, 81)
_WORDS: dict[str, Any] = {"ngram_range": (1, 3), "sublinear_tf": True, "min_df": 2, "dtype": np.float32}
_PARTS: dict[str, Any] = {
    "analyzer": "char_wb",
    "ngram_range": (3, 5),
    "sublinear_tf": True,
    "min_df": 2,
    "dtype": np.float32,
}
_CLASSES: dict[str, Any] = {"sublinear_tf": True, "min_df": 2, "dtype": np.float32}
_PASSAGE_SENTENCES = 200  # sentences of a text whose shares are told


class UnusableModel(Exception):
    """A stored model that is damaged, of another version or not what it should be: build it anew."""


@dataclass(frozen=True)
class Prediction:
    """What a model says of one text: every theme's probability, and the themes over their threshold, best first."""

    scores: dict[str, float]
    over: list[str]


@dataclass(frozen=True)
class Evidence:
    """Why a theme was given or not: the words' shares of the log-odds, strongest first, and the constant part.

    ``sentences`` are those of the passage that speaks most for the theme, with the shares of what stands in them.
    """

    theme: str
    probability: float
    threshold: float
    words: list[tuple[str, float]]
    base: float
    sentences: list[tuple[str, float]] = field(default_factory=list)


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


def as_text(title: str | None, text: str) -> str:
    """Return what the model reads of an article."""
    return "\n".join([*([title] * _TITLE_WEIGHT if title else []), text])


class _Features:
    """From texts to a sparse matrix: the columns of words, parts, classes and phrases, in this order."""

    def __init__(self, themes: Sequence[Theme], lexicon_: lexicon.Lexicon) -> None:
        self.lexicon = lexicon_
        self.phrases = [phrase_pattern(theme.phrases) for theme in themes]
        self.words = TfidfVectorizer(**_WORDS)
        self.parts = TfidfVectorizer(**_PARTS)
        self.classes = TfidfVectorizer(analyzer=lexicon_.features, **_CLASSES)

    @property
    def fitted(self) -> list[tuple[str, TfidfVectorizer]]:
        return [("words", self.words), ("parts", self.parts), ("classes", self.classes)]

    def fit_transform(self, texts: Sequence[str]) -> sp.csr_matrix:
        matrices = []
        for _, vectorizer in self.fitted:
            try:
                matrices.append(vectorizer.fit_transform(texts))
            except ValueError:  # no term occurs twice: a codebook on another subject may meet no class
                vectorizer.vocabulary_, vectorizer.idf_ = {}, np.zeros(0)
                matrices.append(sp.csr_matrix((len(texts), 0)))
        return self._joined(matrices, texts)

    def transform(self, texts: Sequence[str]) -> sp.csr_matrix:
        matrices = [
            v.transform(texts) if len(v.vocabulary_) else sp.csr_matrix((len(texts), 0)) for _, v in self.fitted
        ]
        return self._joined(matrices, texts)

    def _joined(self, matrices: list[Any], texts: Sequence[str]) -> sp.csr_matrix:
        phrases = sp.csr_matrix(_phrase_counts(self.phrases, texts), dtype=np.float32)
        return sp.hstack([*matrices[:2], matrices[2] * _CLASS_WEIGHT, phrases], dtype=np.float32).tocsr()

    def owners(self, text: str) -> dict[int, Counter[str]]:
        """Return for every feature in a text the words that it comes from, and how often."""
        owners: dict[int, Counter[str]] = {}

        def own(column: int | None, offset: int, words: Sequence[str]) -> None:
            if column is not None:
                owners.setdefault(offset + column, Counter()).update(words)

        for gram in self.words.build_analyzer()(text):
            own(self.words.vocabulary_.get(gram), 0, gram.split())
        offset = len(self.words.vocabulary_)
        parts_of = self.parts.build_analyzer()
        for word in text.lower().split():
            bare = word.strip(".,;:!?()[]\"'“”‘’–—…") or word
            for gram in parts_of(word):
                own(self.parts.vocabulary_.get(gram), offset, [bare])
        offset += len(self.parts.vocabulary_)
        for feature, words in self.lexicon.evidence(text):
            own(self.classes.vocabulary_.get(feature), offset, words)
        offset += len(self.classes.vocabulary_)
        for column, pattern in enumerate(self.phrases):
            for match in pattern.finditer(fold(text)) if pattern else ():
                own(column, offset, [" ".join(match[0].split())])
        return owners


class Model:
    """A trained model. Get one by ``train`` or ``load``."""

    def __init__(
        self,
        themes: Sequence[Theme],
        features: _Features,
        coefficients: Any,
        intercepts: Any,
        thresholds: Sequence[float],
    ) -> None:
        self.themes = [theme.key for theme in themes]
        self.thresholds = [float(t) for t in thresholds]
        self._features = features
        self._coefficients = np.asarray(coefficients, dtype=np.float32)  # (themes, features)
        self._intercepts = np.asarray(intercepts, dtype=np.float64)

    # -- predicting ---------------------------------------------------------------------------------------

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Return a prediction for each text (see ``as_text``).

        A long text is read in windows (``clipper.coding.windows``); a theme's log-odds are those of its best one.
        """
        read = [windows(text) for text in texts]
        if not read:
            return []
        odds = self._log_odds([window for own in read for window in own])
        found, at = [], 0
        for own in read:
            best = odds[at : at + len(own)].max(axis=0)
            at += len(own)
            scores = {t: round(float(p), 4) for t, p in zip(self.themes, _logistic(best), strict=True)}
            over = [t for t, least in zip(self.themes, self.thresholds, strict=True) if scores[t] >= least]
            found.append(Prediction(scores, sorted(over, key=lambda t: -scores[t])))
        return found

    def _log_odds(self, texts: Sequence[str]) -> Any:
        return np.asarray(self._features.transform(texts) @ self._coefficients.T) + self._intercepts

    def explain(self, text: str) -> list[Evidence]:
        """Return for every theme which words of a text counted for and against it, in log-odds.

        The shares of a word are those of the word itself, of its parts, of the runs and pairs that it stands in (an
        equal part each) and of the phrases that it belongs to; they add up with ``base`` to the log-odds. They are
        those of the window that speaks for the theme most.
        """
        texts = windows(text)
        odds = self._log_odds(texts)
        found = []
        for position, theme in enumerate(self.themes):
            best = texts[int(odds[:, position].argmax())]
            shares: dict[str, float] = defaultdict(float)
            gains = self._gains(best, position)
            owners = self._features.owners(best)
            for column, gain in gains.items():
                holders = owners.get(column, Counter())
                total = sum(holders.values())
                for word, count in holders.items():
                    shares[word] += gain * count / total
            found.append(
                Evidence(
                    theme=theme,
                    probability=round(float(_logistic(odds[:, position].max())), 4),
                    threshold=self.thresholds[position],
                    words=sorted(shares.items(), key=lambda item: -abs(item[1])),
                    base=float(self._intercepts[position]),
                    sentences=self._sentences(best, gains),
                )
            )
        return found

    def _gains(self, text: str, position: int) -> dict[int, float]:
        row = self._features.transform([text])
        return {
            int(column): float(value) * float(self._coefficients[position, column])
            for column, value in zip(row.indices, row.data, strict=True)
        }

    def _sentences(self, text: str, gains: dict[int, float]) -> list[tuple[str, float]]:
        """Return the sentences of a text, each with its part of the gains: a feature is shared by where it occurs."""
        parts = list(dict.fromkeys(s for line in text.split("\n") for s in sentences(line)))[:_PASSAGE_SENTENCES]
        held = [self._features.owners(part) for part in parts]
        totals: Counter[int] = Counter()
        for owners in held:
            totals.update({column: sum(words.values()) for column, words in owners.items()})
        found = []
        for part, owners in zip(parts, held, strict=True):
            share = sum(gains.get(c, 0.0) * sum(w.values()) / totals[c] for c, w in owners.items())
            found.append((part, share))
        return sorted(found, key=lambda item: -abs(item[1]))

    # -- storing ------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write the model as ``model.json`` and ``model.npz`` into a folder."""
        arrays = {f"{name}_idf": v.idf_ for name, v in self._features.fitted}
        np.savez(folder / "model.npz", coefficients=self._coefficients, intercepts=self._intercepts, **arrays)
        state = {
            "format": FORMAT,
            "themes": self.themes,
            "thresholds": self.thresholds,
            "arrays": _checksum(folder / "model.npz"),
            **{name: _terms(v) for name, v in self._features.fitted},
        }
        (folder / "model.json").write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load(folder: Path, themes: Sequence[Theme]) -> Model:
    """Read a model for the themes of a codebook.

    Raises UnusableModel for anything that is not whole and of this version.
    """
    try:
        state = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if state["format"] != FORMAT:
            raise UnusableModel("of another version")
        if state["arrays"] != _checksum(folder / "model.npz"):
            raise UnusableModel("arrays that are not those it was stored with")
        by_key = {theme.key: theme for theme in themes}
        known = [by_key[key] for key in state["themes"]]
        features = _Features(known, lexicon.load(shipped("lexicon.toml")))
        with (folder / "model.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            for name, vectorizer in features.fitted:
                _restore(vectorizer, state[name], arrays[f"{name}_idf"])
            coefficients, intercepts = arrays["coefficients"], arrays["intercepts"]
        width = sum(len(v.vocabulary_) for _, v in features.fitted) + len(known)
        if coefficients.shape != (len(known), width) or intercepts.shape != (len(known),):
            raise UnusableModel("arrays of the wrong shape")
        if not (np.isfinite(coefficients).all() and np.isfinite(intercepts).all()):
            raise UnusableModel("numbers that are none")
        thresholds = [float(t) for t in state["thresholds"]]
        if len(thresholds) != len(known) or not all(0 <= t <= 1 for t in thresholds):
            raise UnusableModel("thresholds that are none")
    except UnusableModel:
        raise
    except Exception as error:  # whatever is wrong with a cache has one remedy
        raise UnusableModel(type(error).__name__) from None
    return Model(known, features, coefficients, intercepts, thresholds)


def _terms(vectorizer: TfidfVectorizer) -> list[str]:
    return sorted(vectorizer.vocabulary_, key=lambda term: int(vectorizer.vocabulary_[term]))


def _restore(vectorizer: TfidfVectorizer, terms: list[str], idf: Any) -> None:
    if not all(isinstance(t, str) for t in terms) or len(set(terms)) != len(terms) or idf.shape != (len(terms),):
        raise UnusableModel("a vocabulary that is none")
    vectorizer.vocabulary = vectorizer.vocabulary_ = {term: i for i, term in enumerate(terms)}
    if terms:
        vectorizer.idf_ = idf
    elif len(idf):
        raise UnusableModel("a vocabulary that is none")


# -- training ---------------------------------------------------------------------------------------------


def train(themes: Sequence[Theme], examples: Sequence[Example]) -> tuple[Model, list[str]]:
    """Train a model; return it with the keys of the themes that too few examples teach.

    Raises ValueError when no theme is left.
    """
    taught = _taught(themes, examples)
    features = _Features(taught, lexicon.load(shipped("lexicon.toml")))
    # The solver computes in double precision: converted once here, not at every fit.
    matrix = features.fit_transform([as_text(e.title, e.text) for e in examples]).astype(np.float64)
    truth = truth_of([t.key for t in taught], examples)
    weights = np.array([e.weight for e in examples])
    coefficients, intercepts, thresholds = [], [], []
    held = _held_out(matrix, truth, weights, [e.event for e in examples])
    for column in range(len(taught)):
        slope, shift, threshold = _calibrate(truth[:, column], held[:, column], weights)
        estimator = _fit(matrix, truth[:, column], weights)
        coefficients.append(estimator.coef_[0] * slope)
        intercepts.append(estimator.intercept_[0] * slope + shift)
        thresholds.append(threshold)
    left_out = [t.key for t in themes if t not in taught]
    return Model(taught, features, np.vstack(coefficients), np.array(intercepts), thresholds), left_out


def cross_validate(
    themes: Sequence[Theme],
    examples: Sequence[Example],
    own: Sequence[Example] | None = None,
    *,
    folds: int = FOLDS,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> HeldOut:
    """Return what models say of examples whose events they have not seen.

    With ``own``, those are what is tested, and the other examples always teach. Everything (features, thresholds,
    calibration) is made from the training folds alone. Raises ValueError when no theme is left, or with fewer than
    two events.
    """
    tested = list(examples if own is None else own)
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
        model, _ = train(taught, [*always, *(tested[i] for i in learn)])
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


def _fit(matrix: sp.csr_matrix, truth: Any, weights: Any) -> LogisticRegression:
    judged = ~np.isnan(truth)
    # Far more features than examples: the dual problem is the small one, and takes a small part of the time.
    estimator = LogisticRegression(C=10.0, solver="liblinear", dual=True, tol=1e-3, max_iter=1000, random_state=0)
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


def _calibrate(truth: Any, odds: Any, weights: Any) -> tuple[float, float, float]:
    """Return slope and shift that make log-odds probabilities, and the threshold with the best F1 on those."""
    judged = ~np.isnan(truth)
    known, odds, weights = truth[judged].astype(int), odds[judged], weights[judged]
    slope, shift = 1.0, 0.0
    if 5 <= known.sum() <= len(known) - 5:
        platt = LogisticRegression(C=1e3).fit(odds[:, None], known, sample_weight=weights)
        # A slope near nought or below it means that nothing was learned: then the odds stay as they are.
        if platt.coef_[0, 0] > 0.1:
            slope, shift = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    return slope, shift, _best_threshold(known, _logistic(odds * slope + shift), weights)


def _logistic(odds: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(odds, -50, 50)))


def _phrase_counts(patterns: Sequence[Any], texts: Sequence[str]) -> Any:
    """Return an array (texts x themes): the weighted logarithm of how many different phrases occur."""
    counts = np.zeros((len(texts), len(patterns)))
    for row, text in enumerate(texts):
        folded = fold(text)
        for column, pattern in enumerate(patterns):
            if pattern is not None:
                counts[row, column] = len(set(pattern.findall(folded)))
    return _PHRASE_WEIGHT * np.log1p(counts)


def _best_threshold(truth: Any, probabilities: Any, weights: Any) -> float:
    """Return the threshold with the best F1, which is 2 TP / (positives given + positives there)."""
    given = (probabilities[:, None] >= _THRESHOLDS[None, :]) * weights[:, None]
    right = (given * (truth[:, None] == 1)).sum(axis=0)
    scores = 2 * right / np.maximum(given.sum(axis=0) + (weights * truth).sum(), 1e-9)
    # Of several as good, the middle one: a single passage moves it least.
    best = np.flatnonzero(scores >= scores.max() - 1e-9)
    return round(float(_THRESHOLDS[best[len(best) // 2]]), 3)
