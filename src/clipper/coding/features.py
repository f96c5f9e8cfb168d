"""What the classifier reads in a text: the columns of words, parts of words, classes and phrases, in this order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from clipper.coding.codebook import Theme
from clipper.coding.lexicon import Lexicon
from clipper.coding.phrases import Finder
from clipper.coding.terms import Named, Parts, Table, Words, parts_of, pieces
from clipper.text import fold

_TITLE_WEIGHT = 2  # times that a title is read: it says in ten words what the text is about
_PHRASE_WEIGHT = 0.15  # by measurement: more lets a phrase decide by itself
_CLASS_WEIGHT = 0.2  # by measurement: classes are few and dense, and would drown the words
_AROUND = ".,;:!?()[]\"'“”‘’–—…"  # a word, taken from its surroundings


def as_text(title: str | None, text: str) -> str:
    """Return what the model reads of an article."""
    return "\n".join([*([title] * _TITLE_WEIGHT if title else []), text])


class Features:
    """From texts to a sparse matrix. ``tables`` are what is learned, by name."""

    def __init__(self, themes: Sequence[Theme], lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._keys = [theme.key for theme in themes]
        self._phrases = Finder({theme.key: theme.phrases for theme in themes})
        self.tables = {"words": Table(Words()), "parts": Table(Parts()), "classes": Table(Named(lexicon.features))}

    @property
    def width(self) -> int:
        """How many columns there are."""
        return sum(len(table) for table in self.tables.values()) + len(self._keys)

    def learn(self, texts: Sequence[str]) -> None:
        """Learn the terms of texts."""
        for table in self.tables.values():
            table.learn(texts)

    def matrix(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Return the features of texts: (texts, ``width``)."""
        words, parts, classes = (table.matrix(texts) for table in self.tables.values())
        return sp.hstack([words, parts, classes * _CLASS_WEIGHT, self._phrase_counts(texts)]).tocsr()

    def _phrase_counts(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Return an array (texts, themes): the weighted logarithm of how many different phrases occur."""
        counts = np.zeros((len(texts), len(self._keys)))
        for row, text in enumerate(texts):
            found = {(name, match[0]) for name, match in self._phrases.find(fold(text))}
            own = Counter(name for name, _ in found)
            counts[row] = [own[key] for key in self._keys]
        return sp.csr_matrix(_PHRASE_WEIGHT * np.log1p(counts))

    def places(self, text: str) -> Any:
        """Return the column of every feature in a text, each as often as it occurs: what ``owners`` counts."""
        found, offset = [], 0
        for table in self.tables.values():
            found.append(np.asarray(table.cutter.places(text, table.column), dtype=np.int64) + offset)
            offset += len(table)
        names = [name for name, _ in self._phrases.find(fold(text))]
        found.append(np.array([offset + self._keys.index(name) for name in names], dtype=np.int64))
        return np.concatenate(found)

    def owners(self, text: str) -> dict[int, Counter[str]]:
        """Return for every feature in a text the words that it comes from, and how often."""
        owners: dict[int, Counter[str]] = {}
        words, parts, classes = self.tables.values()

        def own(column: int | None, offset: int, names: Sequence[str]) -> None:
            if column is not None:
                owners.setdefault(offset + column, Counter()).update(names)

        for run in words.cutter.terms(text):
            own(words.column.get(run), 0, run.split())
        offset = len(words)
        for word in pieces(text):
            bare = word.strip(_AROUND) or word
            for part in parts_of(word):
                own(parts.column.get(part), offset, [bare])
        offset += len(parts)
        for feature, names in self._lexicon.evidence(text):
            own(classes.column.get(feature), offset, names)
        offset += len(classes)
        for key, match in self._phrases.find(fold(text)):
            own(self._keys.index(key), offset, [" ".join(match[0].split())])
        return owners
