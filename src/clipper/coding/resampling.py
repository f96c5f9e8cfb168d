"""The bootstrap: how far a number would wander had other units been drawn, told as an interval.

Units are drawn with replacement, as many as there are, and the number is computed anew for each draw; the interval
runs between two percentiles of what came (B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993,
chapter 13). A draw is kept as counts, how often each unit was drawn, so that most numbers are one product of
matrices for all draws at once.

The same seed gives the same draws, with the same version of numpy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS = 2000
LEVEL = 0.95

_ROOM = 1 << 21  # numbers held at once: 16 MiB
_MOST_UNDEFINED = 0.1  # of the draws: with more, what is left says when the number exists, not what it is


@dataclass(frozen=True)
class Interval:
    """An interval of confidence, both ends in it."""

    low: float
    high: float


def counts(units: int, *, seed: int, draws: int = DRAWS, width: int = 0) -> Iterator[Floats]:
    """Draw ``units`` of ``units`` with replacement, ``draws`` times.

    Yield arrays of shape (some draws, units) that say how often each unit was drawn; together they hold all draws.
    ``width`` is how many numbers the caller will hold for each draw, where those are more than the units; memory
    is limited by it, and the draws do not depend on it. Raises ValueError for no units or no draws.
    """
    if units < 1 or draws < 1:
        raise ValueError("a bootstrap needs at least one unit and one draw")
    rng = np.random.Generator(np.random.PCG64(seed))
    step = max(1, _ROOM // max(units, width))
    for start in range(0, draws, step):
        some = min(step, draws - start)
        drawn = np.empty((some, units))
        for row in drawn:
            row[:] = np.bincount(rng.integers(units, size=units), minlength=units)
        yield drawn


def interval(drawn: Floats, level: float = LEVEL) -> Interval | None:
    """Return the percentile interval of a number from its values in the draws, shape (draws,); nan is undefined.

    Draws in which the number is undefined are left out. Where they are more than a tenth (fewer than three units
    carry what the number is about) there is no interval. Raises ValueError for a level not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"a level of confidence lies between 0 and 1, not at {level}")
    known = drawn[~np.isnan(drawn)]
    if not len(known) or len(known) < (1 - _MOST_UNDEFINED) * len(drawn):
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
