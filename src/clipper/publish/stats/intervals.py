"""How far a share may be off, since it was counted on some articles and not on all that there could have been."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

LEVEL = 0.95
FEW = 30  # of fewer articles a share says little, whatever its interval


class Share(NamedTuple):
    """So many of so many, and the interval in which the share lies; all three are None of none."""

    n: int
    of: int
    value: float | None
    low: float | None
    high: float | None

    @property
    def few(self) -> bool:
        """Whether it was counted on so few that nobody should lean on it."""
        return self.of < FEW


class Change(NamedTuple):
    """A share before, the share after, and the difference with its interval; None where one of them is of none.

    ``clear`` tells whether the difference is more than chance would bring in any of the comparisons made.
    """

    before: Share
    last: Share
    value: float | None
    low: float | None
    high: float | None
    clear: bool


def _z(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + level / 2)


def share(n: int, of: int, level: float = LEVEL) -> Share:
    """Return a share with Wilson's interval, which holds at small numbers and near 0 and 1 as well.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if of <= 0:
        return Share(n, of, None, None, None)
    z, p = _z(level), n / of
    middle = p + z * z / (2 * of)
    around = z * sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    whole = 1 + z * z / of
    low = 0.0 if n == 0 else max(0.0, (middle - around) / whole)
    return Share(n, of, p, low, 1.0 if n == of else min(1.0, (middle + around) / whole))


def change(before: tuple[int, int], last: tuple[int, int], comparisons: int = 1) -> Change:
    """Return how a share changed, with Newcombe's interval for the difference of two shares.

    R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine
    17 (1998), method 10: it is made of Wilson's intervals. Whether the change is ``clear`` is judged at the level that
    Bonferroni asks for, so that of many themes compared at once hardly one is clear by chance.
    """
    low, high = _newcombe(before, last, LEVEL)
    strict_low, strict_high = _newcombe(before, last, 1 - (1 - LEVEL) / max(comparisons, 1))
    one, other = share(*before), share(*last)
    if one.value is None or other.value is None:
        return Change(one, other, None, None, None, False)
    clear = (strict_low is not None and strict_low > 0) or (strict_high is not None and strict_high < 0)
    return Change(one, other, other.value - one.value, low, high, clear and not (one.few or other.few))


def _newcombe(before: tuple[int, int], last: tuple[int, int], level: float) -> tuple[float | None, float | None]:
    one, other = share(*before, level), share(*last, level)
    if one.value is None or one.low is None or one.high is None:
        return None, None
    if other.value is None or other.low is None or other.high is None:
        return None, None
    difference = other.value - one.value
    below = sqrt((other.value - other.low) ** 2 + (one.high - one.value) ** 2)
    above = sqrt((other.high - other.value) ** 2 + (one.value - one.low) ** 2)
    return difference - below, difference + above
