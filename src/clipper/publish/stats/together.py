"""Theme against theme: how often both are in one article, and how much oftener than by chance."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from clipper.publish.stats.counting import Counting
from clipper.search import engine

_LEAST_EXPECTED = 5.0  # Cochran's rule: below it a ratio to what chance would bring says little


class Pair(NamedTuple):
    """Two themes: how many articles have both, the first, the second, and how many there are.

    ``lift`` is how many times as often as by chance they are together, ``phi`` their correlation (from -1 to 1;
    Pearson's, of two yes-and-no values); None where a theme is in no article, or in all.
    """

    theme: str
    other: str
    n: int
    first: int
    second: int
    of: int

    @property
    def expected(self) -> float:
        """How many articles would have both if the themes knew nothing of each other."""
        return self.first * self.second / self.of if self.of else 0.0

    @property
    def lift(self) -> float | None:
        """How many times as often as by chance."""
        return self.n / self.expected if self.expected else None

    @property
    def phi(self) -> float | None:
        """The correlation of the two."""
        spread = self.first * (self.of - self.first) * self.second * (self.of - self.second)
        return (self.n * self.of - self.first * self.second) / sqrt(spread) if spread else None

    @property
    def share(self) -> float | None:
        """The share of the articles with the first theme that have the second as well."""
        return self.n / self.first if self.first else None

    @property
    def few(self) -> bool:
        """Whether so few would be expected by chance that the lift says little."""
        return self.expected < _LEAST_EXPECTED


class Together(NamedTuple):
    """All pairs of themes, each in both orders. ``of`` is how many articles were counted."""

    themes: tuple[str, ...]
    of: int
    pairs: dict[tuple[str, str], Pair]

    @property
    def strongest(self) -> list[Pair]:
        """Each two themes once, those that chance explains least at the front."""
        once = [
            pair
            for (one, other), pair in self.pairs.items()
            if self.themes.index(one) < self.themes.index(other) and pair.phi is not None
        ]
        return sorted(once, key=lambda pair: (-abs(pair.phi or 0.0), pair.theme, pair.other))


def together(counting: Counting, order: Sequence[str]) -> Together:
    """Return how often themes are together in the matches, in an order of themes; others come after it."""
    query = counting.stories(counting.judged(counting.matches))
    of = counting.how_many(query)
    counts = counting.pairs(query, engine.THEME, engine.THEME)
    alone = {str(one): n for (one, other), n in counts.items() if one == other}
    known = [key for key in order if key in alone]
    themes = (*known, *sorted(alone.keys() - set(known), key=lambda key: (-alone[key], key)))
    pairs = {
        (one, other): Pair(one, other, counts.get((one, other), 0), alone[one], alone[other], of)
        for one in themes
        for other in themes
        if one != other
    }
    return Together(themes, of, pairs)
