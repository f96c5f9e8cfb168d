"""A trained classifier: what it says of texts, why, and how it is stored.

It is linear: a theme's log-odds are a sum over a text's features and, where the extra ``semantic`` is installed, what
a transformer says of the passage (``clipper.coding.meaning``). A model is stored as arrays and JSON, never as a
pickle, so that reading one runs no code.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from clipper.coding import lexicon
from clipper.coding.codebook import Theme
from clipper.coding.features import Features
from clipper.coding.meaning import Reader
from clipper.coding.terms import Table
from clipper.coding.windows import windows
from clipper.places import shipped
from clipper.text import sentences

FORMAT = f"5 scikit-learn {importlib.metadata.version('scikit-learn')}"
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
    meaning: float = 0.0  # the share of what the passage says as a whole


class Model:
    """A trained model. Get one by ``train`` or ``load``."""

    def __init__(
        self,
        themes: Sequence[Theme],
        features: Features,
        coefficients: Any,
        intercepts: Any,
        thresholds: Sequence[float],
        reader: Reader | None = None,
        slopes: Any = None,
    ) -> None:
        self.themes = [theme.key for theme in themes]
        self.thresholds = [float(t) for t in thresholds]
        self._features = features
        self._coefficients = np.asarray(coefficients, dtype=np.float32)  # (themes, features)
        self._intercepts = np.asarray(intercepts, dtype=np.float64)
        self._slopes = np.zeros(len(themes)) if slopes is None else np.asarray(slopes, dtype=np.float64)
        self._reader = reader if self._slopes.any() else None

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
            scores = {t: round(float(p), 4) for t, p in zip(self.themes, logistic(best), strict=True)}
            over = [t for t, least in zip(self.themes, self.thresholds, strict=True) if scores[t] >= least]
            found.append(Prediction(scores, sorted(over, key=lambda t: -scores[t])))
        return found

    def _log_odds(self, texts: Sequence[str]) -> Any:
        return np.asarray(self._features.matrix(texts) @ self._coefficients.T) + self._intercepts + self._meant(texts)

    def _meant(self, texts: Sequence[str]) -> Any:
        """Return the shares of what passages say as a whole: (texts, themes), or nought."""
        if self._reader is None:
            return 0.0
        return meant(self._reader, self.themes, texts) * self._slopes

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
                    probability=round(float(logistic(odds[:, position].max())), 4),
                    threshold=self.thresholds[position],
                    words=sorted(shares.items(), key=lambda item: -abs(item[1])),
                    base=float(self._intercepts[position]),
                    sentences=self._sentences(best, gains),
                    meaning=float(np.broadcast_to(self._meant([best]), (1, len(self.themes)))[0, position]),
                )
            )
        return found

    def sentences_for(self, asked: Sequence[tuple[str, Sequence[str]]]) -> list[dict[str, list[tuple[str, float]]]]:
        """Return for each text and some themes the sentences that speak for each theme, the strongest first.

        They are those that ``explain`` tells, with their shares, as far as they speak for the theme. For many texts
        and a theme or two of each this takes a small part of the time.
        """
        read = [windows(text) for text, _ in asked]
        if not read:
            return []
        passages = [window for own in read for window in own]
        matrix = self._features.matrix(passages)
        odds = np.asarray(matrix @ self._coefficients.T) + self._intercepts + self._meant(passages)
        found, at = [], 0
        for own, (_, themes) in zip(read, asked, strict=True):
            cut: dict[int, _Cut] = {}
            said: dict[str, list[tuple[str, float]]] = {}
            for theme in themes:
                if theme in self.themes:
                    position = self.themes.index(theme)
                    best = at + int(odds[at : at + len(own), position].argmax())
                    if best not in cut:
                        cut[best] = _Cut(self._features, passages[best])
                    row = matrix[best]
                    said[theme] = cut[best].speaking(row.indices, row.data * self._coefficients[position, row.indices])
            found.append(said)
            at += len(own)
        return found

    def _gains(self, text: str, position: int) -> dict[int, float]:
        row = self._features.matrix([text])
        return {
            int(column): float(value) * float(self._coefficients[position, column])
            for column, value in zip(row.indices, row.data, strict=True)
        }

    def _sentences(self, text: str, gains: dict[int, float]) -> list[tuple[str, float]]:
        """Return the sentences of a text, each with its part of the gains: a feature is shared by where it occurs."""
        parts = _parts(text)
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

    def save(self, folder: Path, inputs: str = "") -> None:
        """Write the model as ``model.json`` and ``model.npz`` into a folder, with the checksum of its ``inputs``."""
        tables = self._features.tables
        arrays = {f"{name}_weights": table.weights for name, table in tables.items()}
        np.savez(
            folder / "model.npz",
            coefficients=self._coefficients,
            intercepts=self._intercepts,
            slopes=self._slopes,
            **arrays,
        )
        state = {
            "format": FORMAT,
            "inputs": inputs,
            "themes": self.themes,
            "thresholds": self.thresholds,
            "arrays": _checksum((folder / "model.npz").read_bytes()),
            **{name: list(table.column) for name, table in tables.items()},
        }
        written = json.dumps(state, ensure_ascii=False)
        (folder / "model.json").write_text(f"{_checksum(written.encode())}\n{written}\n", encoding="utf-8")


class _Cut:
    """A passage in sentences, and where in them each feature occurs."""

    def __init__(self, features: Features, passage: str) -> None:
        self._sentences = _parts(passage)
        places = [features.places(sentence) for sentence in self._sentences]
        self._owner = np.repeat(np.arange(len(places)), [len(own) for own in places])
        every = np.concatenate(places) if places else np.zeros(0, dtype=np.int64)
        self._columns, self._place = np.unique(every, return_inverse=True)
        self._totals = np.bincount(self._place, minlength=len(self._columns))

    def speaking(self, columns: Any, gains: Any) -> list[tuple[str, float]]:
        """Return the sentences that speak for a theme: a feature's gain is shared by where it occurs."""
        here = np.isin(columns, self._columns)
        shared = np.zeros(len(self._columns))
        at = np.searchsorted(self._columns, columns[here])
        shared[at] = gains[here] / self._totals[at]
        shares = np.bincount(self._owner, shared[self._place], minlength=len(self._sentences)).tolist()
        speaking = [(text, share) for text, share in zip(self._sentences, shares, strict=True) if share > 0]
        return sorted(speaking, key=lambda item: -item[1])


def _parts(text: str) -> list[str]:
    """Return the sentences of a passage whose shares are told, each once."""
    return list(dict.fromkeys(s for line in text.split("\n") for s in sentences(line)))[:_PASSAGE_SENTENCES]


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def load(folder: Path, themes: Sequence[Theme], reader: Reader | None = None, inputs: str = "") -> Model:
    """Read a model for the themes of a codebook; ``reader`` is that with which it was trained.

    Raises UnusableModel for anything that is not whole and of this version.
    """
    try:
        checksum, written = (folder / "model.json").read_text(encoding="utf-8").splitlines()
        if checksum != _checksum(written.encode()):
            raise UnusableModel("a description that is not as it was stored")
        state = json.loads(written)
        if state["format"] != FORMAT:
            raise UnusableModel("of another version")
        if state["inputs"] != inputs:
            raise UnusableModel("made from something else")
        stored = (folder / "model.npz").read_bytes()
        if state["arrays"] != _checksum(stored):
            raise UnusableModel("arrays that are not those it was stored with")
        by_key = {theme.key: theme for theme in themes}
        known = [by_key[key] for key in state["themes"]]
        features = Features(known, lexicon.load(shipped("lexicon.toml")))
        with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
            for name, table in features.tables.items():
                _restore(table, state[name], arrays[f"{name}_weights"])
            coefficients, intercepts, slopes = arrays["coefficients"], arrays["intercepts"], arrays["slopes"]
        if coefficients.shape != (len(known), features.width) or not intercepts.shape == slopes.shape == (len(known),):
            raise UnusableModel("arrays of the wrong shape")
        if not all(np.isfinite(numbers).all() for numbers in (coefficients, intercepts, slopes)):
            raise UnusableModel("numbers that are none")
        thresholds = [float(t) for t in state["thresholds"]]
        if len(thresholds) != len(known) or not all(0 <= t <= 1 for t in thresholds):
            raise UnusableModel("thresholds that are none")
    except UnusableModel:
        raise
    except Exception as error:  # whatever is wrong with a cache has one remedy
        raise UnusableModel(type(error).__name__) from None
    if slopes.any() and reader is None:
        raise UnusableModel("trained with an extra that is not installed")
    return Model(known, features, coefficients, intercepts, thresholds, reader, slopes)


def _restore(table: Table, terms: list[str], weights: Any) -> None:
    whole = all(isinstance(t, str) for t in terms) and len(set(terms)) == len(terms) and weights.shape == (len(terms),)
    if not whole or weights.dtype != np.float64 or not np.isfinite(weights).all():
        raise UnusableModel("a vocabulary that is none")
    table.restore(terms, weights)


def meant(reader: Reader, themes: Sequence[str], texts: Sequence[str]) -> Any:
    """Return a transformer's log-odds of themes: (texts, themes), nought for a theme that it does not know."""
    odds = reader.log_odds(texts)
    known = {theme: odds[:, at] for at, theme in enumerate(reader.themes)}
    return np.stack([known.get(theme, np.zeros(len(texts))) for theme in themes], axis=1)


def logistic(odds: Any) -> Any:
    """Return the probabilities of log-odds."""
    return 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
