"""The one door to scikit-learn: one-vs-rest logistic regression over words, parts of words and phrases.

Features: TF-IDF of words and word pairs, TF-IDF of three to five letters within words (sublinear term counts), and
for each theme the logarithm of how many of the codebook's phrases occur. Each theme's threshold is the one with
the best F1 in five-fold cross-validation in which no event stands on both sides.

A model is stored as arrays and JSON, never as a pickle, so that reading one runs no code.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from clipper.coding.codebook import Theme, phrase_pattern
from clipper.coding.examples import Example
from clipper.text import fold

FORMAT = f"2 scikit-learn {sklearn.__version__}"
LEAST_POSITIVES = 2
FOLDS = 5

_PHRASE_WEIGHT = 0.5
_TITLE_WEIGHT = 2  # times that a title is read: it says in ten words what the text is about
_THRESHOLDS = np.linspace(0.1, 0.9, 41)
_WORDS: dict[str, Any] = {"ngram_range": (1, 2), "sublinear_tf": True, "min_df": 2, "stop_words": "english"}
_PARTS: dict[str, Any] = {"analyzer": "char_wb", "ngram_range": (3, 5), "sublinear_tf": True, "min_df": 2}


class UnusableModel(Exception):
    """A stored model that is damaged, of another version or not what it should be: build it anew."""


@dataclass(frozen=True)
class Prediction:
    """What a model says of one text: every theme's probability, and the themes over their threshold, best first."""

    scores: dict[str, float]
    over: list[str]


@dataclass(frozen=True)
class Evidence:
    """Why a theme was given or not: the words' shares of the log-odds, strongest first, and the constant part."""

    theme: str
    probability: float
    threshold: float
    words: list[tuple[str, float]]
    base: float


def as_text(title: str | None, text: str) -> str:
    """Return what the model reads of an article."""
    return "\n".join([*([title] * _TITLE_WEIGHT if title else []), text])


class Model:
    """A trained model. Get one by ``train`` or ``load``."""

    def __init__(
        self,
        themes: Sequence[Theme],
        words: TfidfVectorizer,
        parts: TfidfVectorizer,
        estimators: list[LogisticRegression],
        thresholds: Sequence[float],
    ) -> None:
        self.themes = [theme.key for theme in themes]
        self.thresholds = [float(t) for t in thresholds]
        self._phrases = [phrase_pattern(theme.phrases) for theme in themes]
        self._words = words
        self._parts = parts
        self._estimators = estimators

    # -- predicting ---------------------------------------------------------------------------------------

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Return a prediction for each text (see ``as_text``)."""
        if not texts:
            return []
        matrix = self._matrix(texts)
        columns = [estimator.predict_proba(matrix)[:, 1] for estimator in self._estimators]
        found = []
        for row in range(len(texts)):
            scores = {theme: round(float(column[row]), 4) for theme, column in zip(self.themes, columns, strict=True)}
            over = [t for t, least in zip(self.themes, self.thresholds, strict=True) if scores[t] >= least]
            found.append(Prediction(scores, sorted(over, key=lambda t: -scores[t])))
        return found

    def _matrix(self, texts: Sequence[str]) -> sp.csr_matrix:
        phrases = sp.csr_matrix(_phrase_counts(self._phrases, texts))
        return sp.hstack([self._words.transform(texts), self._parts.transform(texts), phrases]).tocsr()

    def explain(self, text: str) -> list[Evidence]:
        """Return for every theme which words of a text counted for and against it, in log-odds.

        The shares of a word are those of the word itself, of its parts, of the pairs that it stands in (half
        each) and of the phrases that it belongs to; they add up with ``base`` to the log-odds.
        """
        matrix = self._matrix([text])
        owners = self._owners(text)
        (prediction,) = self.predict([text])
        found = []
        for position, (theme, estimator) in enumerate(zip(self.themes, self._estimators, strict=True)):
            shares: dict[str, float] = defaultdict(float)
            for column, value in zip(matrix.indices, matrix.data, strict=True):
                gain = float(value * estimator.coef_[0, column])
                holders = owners.get(int(column), Counter())
                total = sum(holders.values())
                for word, count in holders.items():
                    shares[word] += gain * count / total
            strongest = sorted(shares.items(), key=lambda item: -abs(item[1]))
            found.append(
                Evidence(
                    theme=theme,
                    probability=prediction.scores[theme],
                    threshold=self.thresholds[position],
                    words=strongest,
                    base=float(estimator.intercept_[0]),
                )
            )
        return found

    def _owners(self, text: str) -> dict[int, Counter[str]]:
        """Return for every feature in a text the words that it comes from, and how often."""
        owners: dict[int, Counter[str]] = {}

        def own(column: int | None, word: str) -> None:
            if column is not None:
                owners.setdefault(column, Counter())[word] += 1

        for gram in self._words.build_analyzer()(text):
            for word in gram.split():
                own(self._words.vocabulary_.get(gram), word)
        offset = len(self._words.vocabulary_)
        parts_of = self._parts.build_analyzer()
        for word in text.lower().split():
            bare = word.strip(".,;:!?()[]\"'“”‘’–—…") or word
            for gram in parts_of(word):
                column = self._parts.vocabulary_.get(gram)
                own(None if column is None else offset + column, bare)
        offset += len(self._parts.vocabulary_)
        for column, pattern in enumerate(self._phrases):
            for match in pattern.finditer(fold(text)) if pattern else ():
                own(offset + column, " ".join(match[0].split()))
        return owners

    # -- storing ------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write the model as ``model.json`` and ``model.npz`` into a folder."""
        state = {
            "format": FORMAT,
            "themes": self.themes,
            "thresholds": self.thresholds,
            "words": _terms(self._words),
            "parts": _terms(self._parts),
        }
        (folder / "model.json").write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
        np.savez_compressed(
            folder / "model.npz",
            words_idf=self._words.idf_,
            parts_idf=self._parts.idf_,
            coefficients=np.vstack([e.coef_[0] for e in self._estimators]),
            intercepts=np.array([e.intercept_[0] for e in self._estimators]),
        )


def load(folder: Path, themes: Sequence[Theme]) -> Model:
    """Read a model for the themes of a codebook.

    Raises UnusableModel for anything that is not whole and of this version.
    """
    try:
        state = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if state["format"] != FORMAT:
            raise UnusableModel("of another version")
        with (folder / "model.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            words = _vectorizer(_WORDS, state["words"], arrays["words_idf"])
            parts = _vectorizer(_PARTS, state["parts"], arrays["parts_idf"])
            coefficients, intercepts = arrays["coefficients"], arrays["intercepts"]
        by_key = {theme.key: theme for theme in themes}
        known = [by_key[key] for key in state["themes"]]
        width = len(state["words"]) + len(state["parts"]) + len(known)
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
        raise UnusableModel(f"{type(error).__name__}: {error}") from None
    estimators = [_estimator(row, float(b)) for row, b in zip(coefficients, intercepts, strict=True)]
    return Model(known, words, parts, estimators, thresholds)


def train(themes: Sequence[Theme], examples: Sequence[Example]) -> tuple[Model, list[str]]:
    """Return a model, and the keys of themes left out because fewer than two examples carry them.

    Raises ValueError when no theme is left.
    """
    counts = Counter(theme for example in examples for theme in example.themes)
    taught = [t for t in themes if LEAST_POSITIVES <= counts[t.key] < len(examples)]
    if not taught:
        raise ValueError("no theme has enough examples")
    texts = [as_text(example.title, example.text) for example in examples]
    truth = np.array([[t.key in example.themes for t in taught] for example in examples], dtype=int)
    phrases = _phrase_counts([phrase_pattern(t.phrases) for t in taught], texts)

    held_out = np.zeros(truth.shape)
    events = [example.event for example in examples]
    for learn, test in GroupKFold(min(FOLDS, len(set(events)))).split(texts, groups=events):
        words, parts, matrix = _fit_features([texts[i] for i in learn], phrases[learn])
        unseen = [texts[i] for i in test]
        tested = sp.hstack([words.transform(unseen), parts.transform(unseen), sp.csr_matrix(phrases[test])]).tocsr()
        for column in range(len(taught)):
            if 0 < truth[learn, column].sum() < len(learn):
                estimator = _new_estimator().fit(matrix, truth[learn, column])
                held_out[test, column] = estimator.predict_proba(tested)[:, 1]
    thresholds = [_best_threshold(truth[:, i], held_out[:, i]) for i in range(len(taught))]

    words, parts, matrix = _fit_features(texts, phrases)
    estimators = [_new_estimator().fit(matrix, truth[:, i]) for i in range(len(taught))]
    left_out = [t.key for t in themes if t not in taught]
    return Model(taught, words, parts, estimators, thresholds), left_out


def _fit_features(texts: list[str], phrases: Any) -> tuple[TfidfVectorizer, TfidfVectorizer, sp.csr_matrix]:
    words, parts = TfidfVectorizer(**_WORDS), TfidfVectorizer(**_PARTS)
    matrix = sp.hstack([words.fit_transform(texts), parts.fit_transform(texts), sp.csr_matrix(phrases)]).tocsr()
    return words, parts, matrix


def _new_estimator() -> LogisticRegression:
    # Far more features than examples: the dual problem is the small one, and takes a small part of the time.
    return LogisticRegression(C=10.0, solver="liblinear", dual=True, tol=1e-3, max_iter=1000, random_state=0)


def _estimator(coefficients: Any, intercept: float) -> LogisticRegression:
    """Return an estimator that was fitted before."""
    estimator = _new_estimator()
    estimator.classes_ = np.array([0, 1])
    estimator.coef_ = np.asarray(coefficients, dtype=float).reshape(1, -1)
    estimator.intercept_ = np.array([intercept])
    estimator.n_features_in_ = estimator.coef_.shape[1]
    return estimator


def _terms(vectorizer: TfidfVectorizer) -> list[str]:
    return sorted(vectorizer.vocabulary_, key=lambda term: int(vectorizer.vocabulary_[term]))


def _vectorizer(settings: dict[str, Any], terms: list[str], idf: Any) -> TfidfVectorizer:
    if not all(isinstance(t, str) for t in terms) or len(set(terms)) != len(terms) or idf.shape != (len(terms),):
        raise UnusableModel("a vocabulary that is none")
    vectorizer = TfidfVectorizer(**settings, vocabulary={term: i for i, term in enumerate(terms)})
    vectorizer.idf_ = idf
    return vectorizer


def _phrase_counts(patterns: Sequence[Any], texts: Sequence[str]) -> Any:
    """Return an array (texts x themes): the weighted logarithm of how many different phrases occur."""
    counts = np.zeros((len(texts), len(patterns)))
    for row, text in enumerate(texts):
        folded = fold(text)
        for column, pattern in enumerate(patterns):
            if pattern is not None:
                counts[row, column] = len(set(pattern.findall(folded)))
    return _PHRASE_WEIGHT * np.log1p(counts)


def _best_threshold(truth: Any, probabilities: Any) -> float:
    """Return the threshold with the best F1, which is 2 TP / (positives given + positives there)."""
    given = probabilities[:, None] >= _THRESHOLDS[None, :]
    right = (given & (truth[:, None] == 1)).sum(axis=0)
    scores = 2 * right / np.maximum(given.sum(axis=0) + truth.sum(), 1)
    return round(float(_THRESHOLDS[int(np.argmax(scores))]), 3)
