"""In which order articles are coded: those first that teach the model the most, or by lot for a blind round.

An article teaches much where the model is in doubt (uncertainty sampling: D. D. Lewis and W. A. Gale, "A sequential
algorithm for training text classifiers", SIGIR 1994, pages 3-12). The doubt of a theme is 1 where its probability lies
at the theme's threshold and falls in a straight line to 0 where the model is certain. Over many themes the doubts are
summed, since one reading answers for all of them; K. Brinker, "On active learning in multi-label classification"
(2006), takes the greatest instead.

The ten articles in most doubt may be one story ten times. So the list is made one by one, and each article's doubt is
multiplied by how unlike it is to what was picked and labelled before: 1 less the greatest cosine (after the maximal
marginal relevance of J. Carbonell and J. Goldstein, SIGIR 1998, pages 335-336, as a product instead of a difference).

For one theme alone every second pick is a likely bearer of it (the "relevance sampling" of Lewis and Gale): a rare
theme is learnt from its bearers, and doubt alone may never meet one.
"""

from __future__ import annotations

import hashlib
import random
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipper.text import fold

Floats = NDArray[np.float64]

COLUMNS = 1024  # of a text's vector
_WORD = re.compile(r"[^\W\d_]{3,}")
_LEAST = 1e-9  # what the most alike text still counts, so that doubt decides among copies


@dataclass(frozen=True)
class Pick:
    """One article of the list: its row, its score, and whether it came in as a likely bearer of the theme asked for."""

    row: int
    score: float
    likely: bool = False


def doubts(probabilities: ArrayLike, thresholds: ArrayLike) -> Floats:
    """Return the doubt in each cell, 0 to 1, of the shape (articles, themes) that ``probabilities`` have.

    ``thresholds`` has one number for each theme. Raises ValueError for other shapes and for numbers beyond 0 to 1.
    """
    chances, least = np.asarray(probabilities, dtype=np.float64), np.asarray(thresholds, dtype=np.float64)
    if chances.ndim != 2 or least.shape != chances.shape[1:]:
        raise ValueError(f"probabilities of the shape {chances.shape} for thresholds of the shape {least.shape}")
    for numbers in (chances, least):
        if not ((numbers >= 0) & (numbers <= 1)).all():
            raise ValueError("probabilities and thresholds lie between 0 and 1")
    room = np.where(chances < least, least, 1 - least)
    # Without room on its side a probability lies at the threshold itself.
    return 1 - np.divide(np.abs(chances - least), room, out=np.zeros_like(chances), where=room > 0)


def shortlist(probabilities: ArrayLike, thresholds: ArrayLike, most: int, *, theme: int | None = None) -> list[int]:
    """Return at most ``most`` rows among which ``order`` may choose, in rising order; other texts need no reading.

    They are those in most doubt; for one theme half of them are the likeliest bearers. Raises ValueError as ``doubts``.
    """
    chances = np.asarray(probabilities, dtype=np.float64)
    worth = _worth(chances, thresholds, theme)
    wanted = [_best(worth, most)] if theme is None else [_best(worth, most - most // 2)]
    if theme is not None:
        wanted.append(_best(chances[:, theme], most // 2))
    return sorted({int(row) for rows in wanted for row in rows})


def order(
    probabilities: ArrayLike,
    thresholds: ArrayLike,
    vectors: ArrayLike,
    k: int,
    *,
    known: ArrayLike | None = None,
    theme: int | None = None,
) -> list[Pick]:
    """Return the next ``k`` articles to code, the first first; fewer where there are fewer.

    ``vectors`` has a row of length 1 (or 0) for each article, ``known`` the same for articles labelled already (see
    ``vectors``). ``theme`` is a column. Of equals the first row comes first. Raises ValueError as ``doubts`` does, and
    for vectors of another number of rows.
    """
    chances, places = np.asarray(probabilities, dtype=np.float64), np.asarray(vectors)
    worth = _worth(chances, thresholds, theme)
    if places.ndim != 2 or len(places) != len(chances):
        raise ValueError(f"vectors of the shape {places.shape} for {len(chances)} articles")
    alike = np.zeros(len(chances))
    if known is not None and len(before := np.asarray(known)):
        alike = np.clip((places @ before.T).max(axis=1), 0, 1)
    free = np.ones(len(chances), dtype=bool)
    picks: list[Pick] = []
    while len(picks) < k and free.any():
        likely = theme is not None and len(picks) % 2 == 1
        of = chances[:, theme] if likely else worth
        scores = np.where(free, of * np.maximum(1 - alike, _LEAST), -1.0)
        row = int(np.argmax(scores))
        picks.append(Pick(row, float(scores[row]), likely))
        free[row] = False
        alike = np.maximum(alike, np.clip(places @ places[row], 0, 1))
    return picks


def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return for each text a vector of length 1, shape (texts, ``COLUMNS``); 0 for a text without a word.

    Words are hashed into the columns (K. Weinberger et al., "Feature hashing for large scale multitask learning", ICML
    2009), counted by logarithm and weighted by how few of the texts have them: cosines tell who speaks of the same.
    """
    found = np.zeros((len(texts), COLUMNS), dtype=np.float32)
    for row, text in zip(found, texts, strict=True):
        for word, count in Counter(_WORD.findall(fold(text))).items():
            row[zlib.crc32(word.encode("utf-8", "replace")) % COLUMNS] += 1 + np.log(count)
    rare = np.log((1 + len(texts)) / (1 + (found > 0).sum(axis=0))) + 0.01
    found *= rare.astype(np.float32)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    of_one: NDArray[np.float32] = np.divide(found, lengths, out=np.zeros_like(found), where=lengths > 0)
    return of_one


def by_lot(articles: Sequence[str], round_name: str, coder: str) -> list[str]:
    """Return a round's articles in an order of the coder's own, always the same for the same round and coder.

    Coders tire and learn as they go; where each goes another way, that does not fall on the same articles.
    """
    seed = hashlib.sha256(f"{round_name}\x1f{coder}".encode("utf-8", "surrogatepass")).digest()
    shuffled = sorted(articles)
    random.Random(int.from_bytes(seed)).shuffle(shuffled)
    return shuffled


def _worth(chances: Floats, thresholds: ArrayLike, theme: int | None) -> Floats:
    doubt = doubts(chances, thresholds)
    worth: Floats = doubt.sum(axis=1) if theme is None else doubt[:, theme]
    return worth


def _best(worth: Floats, most: int) -> NDArray[np.int64]:
    return np.argsort(-worth, kind="stable")[:most]
