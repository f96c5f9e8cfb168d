"""TF-IDF of a text's terms: runs of words, and runs of letters within words.

The numbers are those of scikit-learn's ``TfidfVectorizer`` with the same settings (sublinear term counts, smoothed
document frequencies, rows of length one; Salton & Buckley 1988), which a test compares. The work is done here since
tagging an archive is mostly this: the runs of letters of a word are cut once, not at every occurrence, which makes it
several times as fast.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp

LEAST_TEXTS = 2  # in which a term occurs that is learned: what occurs in one text teaches nothing of others
_WORD = re.compile(r"\b\w\w+\b")
_RUN = 3  # words in the longest run
_PARTS = range(3, 6)  # letters in a part of a word
_LONGEST = 60  # letters of a word that are read: what is longer is no word, and may be a million letters long
_REMEMBERED = 200_000  # words whose parts are kept

Places = Sequence[int]


class Cutter(Protocol):
    """What cuts a text into terms."""

    def terms(self, text: str) -> Iterable[str]:
        """Return the terms of a text, each as often as it occurs."""
        ...

    def places(self, text: str, column: dict[str, int]) -> array[int]:
        """Return the columns of a text's known terms, each as often as it occurs."""
        ...


class Words:
    """Runs of one to three words, a word being two or more letters or digits."""

    def terms(self, text: str) -> Iterator[str]:
        """Return the terms of a text, each as often as it occurs."""
        words = [word[:_LONGEST] for word in _WORD.findall(text.lower())]
        yield from words
        for length in range(2, _RUN + 1):
            yield from (" ".join(words[at : at + length]) for at in range(len(words) - length + 1))

    def places(self, text: str, column: dict[str, int]) -> array[int]:
        """Return the columns of a text's known terms, each as often as it occurs."""
        return array("i", [column[term] for term in self.terms(text) if term in column])


class Parts:
    """Runs of three to five letters within a word and the spaces around it; punctuation counts as part of the word."""

    def __init__(self) -> None:
        self._column: dict[str, int] | None = None
        self._known: dict[str, array[int]] = {}
        self._cut: dict[str, tuple[str, ...]] = {}

    def terms(self, text: str) -> Iterator[str]:
        """Return the terms of a text, each as often as it occurs."""
        for word in pieces(text):
            parts = self._cut.get(word)
            if parts is None:
                if len(self._cut) > _REMEMBERED:
                    self._cut.clear()
                parts = self._cut[word] = tuple(parts_of(word))
            yield from parts

    def places(self, text: str, column: dict[str, int]) -> array[int]:
        """Return the columns of a text's known terms, each as often as it occurs."""
        if column is not self._column or len(self._known) > _REMEMBERED:
            self._column, self._known = column, {}
        known, found = self._known, array("i")
        for word in pieces(text):
            places = known.get(word)
            if places is None:
                places = array("i", [column[part] for part in parts_of(word) if part in column])
                known[word] = places
            found.extend(places)
        return found


def pieces(text: str) -> list[str]:
    """Return what stands between the spaces of a text, in lower case, none longer than a word can be."""
    return [word[:_LONGEST] for word in text.lower().split()]


def parts_of(word: str) -> list[str]:
    """Return the parts of a lower-case word: as scikit-learn's ``char_wb`` cuts it, a short word whole and once."""
    padded = f" {word} "
    found = []
    for length in _PARTS:
        if length >= len(padded):
            found.append(padded)
            break
        found += [padded[at : at + length] for at in range(len(padded) - length + 1)]
    return found


class Named:
    """Terms that are given by a function: what a text shows, by name."""

    def __init__(self, named: Callable[[str], Iterable[str]]) -> None:
        self._named = named

    def terms(self, text: str) -> Iterable[str]:
        """Return the terms of a text, each as often as it occurs."""
        return self._named(text)

    def places(self, text: str, column: dict[str, int]) -> array[int]:
        """Return the columns of a text's known terms, each as often as it occurs."""
        return array("i", [column[term] for term in self._named(text) if term in column])


class Table:
    """The terms that were learned, each with its column and weight, and the matrix of any texts over them."""

    def __init__(self, cutter: Cutter) -> None:
        self.cutter = cutter
        self.column: dict[str, int] = {}
        self.weights: Any = np.zeros(0)  # (terms,): inverse document frequencies

    def __len__(self) -> int:
        return len(self.column)

    def learn(self, texts: Sequence[str]) -> None:
        """Learn the terms that occur in ``LEAST_TEXTS`` or more of some texts, and how rare each is."""
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(frozenset(self.cutter.terms(text)))
        terms = sorted(term for term, count in seen.items() if count >= LEAST_TEXTS)
        counts = np.array([seen[term] for term in terms], dtype=np.float64)
        self.restore(terms, np.log((1 + len(texts)) / (1 + counts)) + 1)

    def restore(self, terms: Sequence[str], weights: Any) -> None:
        """Take terms and weights as they were learned before."""
        self.column = {term: at for at, term in enumerate(terms)}
        self.weights = np.asarray(weights, dtype=np.float64)

    def matrix(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Return the weighted terms of texts: (texts, terms), rows of length one or nought."""
        places, ends = array("i"), [0]
        for text in texts:
            places.extend(self.cutter.places(text, self.column))
            ends.append(len(places))
        columns = np.frombuffer(places, dtype=np.int32) if places else np.zeros(0, dtype=np.int32)
        found = sp.csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(texts), len(self)))
        found.sum_duplicates()
        found.data = (np.log(found.data) + 1) * self.weights[found.indices]
        lengths = np.sqrt(np.bincount(_rows(found), found.data**2, minlength=len(texts)))
        found.data /= lengths[_rows(found)]
        return found


def _rows(matrix: sp.csr_matrix) -> Any:
    """Return the row of each number of a matrix."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
