"""What is oftener in one period than in the one before it, source by source.

For each source and each term there is a table of two by two: articles of the one period and of the other, with the
term and without. The test of Mantel and Haenszel adds up over the sources how many more articles have the term than
would if the period did not matter, and measures that by its spread (N. Mantel and W. Haenszel, "Statistical aspects of
the analysis of data from retrospective studies of disease", Journal of the National Cancer Institute 22, 1959). What
sets it apart from comparing two heaps of text (Dunning's log-likelihood, 1993; Monroe, Colaresi and Quinn's log-odds,
2008): a source that is in one period alone adds nothing to it, so that neither its subjects nor its phrases rise, and
a source that merely wrote more does not either. Articles are counted, not words: one long report lifts nothing.

Many terms are tested at once: of those that are told, one in a hundred is expected to be chance (Y. Benjamini and
Y. Hochberg, "Controlling the false discovery rate", Journal of the Royal Statistical Society B 57, 1995).
"""

from __future__ import annotations

from math import erfc, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FALSE_ONES = 0.01  # expected among those that are told


class Contrast(NamedTuple):
    """One row a term, in the order of ``terms``.

    ``last`` and ``before`` are how many articles have it; ``z`` how much more than by chance, in standard deviations;
    ``odds`` by what factor the odds of having it rose, the same in all sources (infinite for a term that is new);
    ``rose`` in how many sources its share rose, ``sources`` in how many it is at all.
    """

    terms: Ints
    last: Ints
    before: Ints
    z: Floats
    odds: Floats
    rose: Ints
    sources: Ints


def contrast(documents: Ints, terms: Ints, source_of: Ints, is_last: NDArray[np.bool_]) -> Contrast:
    """Return the contrast of all terms. ``documents`` and ``terms`` are pairs: this article has this term.

    ``source_of`` and ``is_last`` tell of each article where it came from, and whether it is of the last period.
    """
    sources = int(source_of.max()) + 1 if len(source_of) else 1
    n_last = np.bincount(source_of[is_last], minlength=sources).astype(np.float64)
    n_before = np.bincount(source_of[~is_last], minlength=sources).astype(np.float64)
    distinct, place = np.unique(terms, return_inverse=True)
    cells, cell = np.unique(place * sources + source_of[documents], return_inverse=True)
    a = np.bincount(cell[is_last[documents]], minlength=len(cells)).astype(np.float64)
    b = np.bincount(cell[~is_last[documents]], minlength=len(cells)).astype(np.float64)
    term, source = cells // sources, cells % sources
    n1, n0 = n_last[source], n_before[source]
    whole, having = n1 + n0, a + b

    def summed(values: Floats) -> Floats:
        return np.bincount(term, weights=values, minlength=len(distinct)).astype(np.float64)

    more = summed(a - n1 * having / whole)
    spread = n1 * n0 * having * (whole - having) / (whole * whole * np.maximum(whole - 1, 1))
    variance = summed(spread)
    up, down = summed(a * (n0 - b) / whole), summed(b * (n1 - a) / whole)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(variance > 0, more / np.sqrt(variance), 0.0)
        odds = np.where(down > 0, up / down, np.where(up > 0, np.inf, 1.0))
    both = (n1 > 0) & (n0 > 0)
    rose = summed((both & (a * n0 > b * n1)).astype(np.float64))
    return Contrast(
        distinct,
        summed(a).astype(np.int64),
        summed(b).astype(np.int64),
        z,
        odds,
        rose.astype(np.int64),
        summed(both.astype(np.float64)).astype(np.int64),
    )


def beyond_chance(z: Floats, rate: float = FALSE_ONES) -> NDArray[np.bool_]:
    """Return which of many terms rose beyond chance, by their ``z``: among them so many are false, on average."""
    chances = np.array([0.5 * erfc(value / sqrt(2)) for value in z])
    order = np.argsort(chances, kind="stable")
    passed = chances[order] <= rate * np.arange(1, len(z) + 1) / max(len(z), 1)
    found = np.zeros(len(z), dtype=np.bool_)
    if passed.any():
        found[order[: int(np.flatnonzero(passed)[-1]) + 1]] = True
    return found
