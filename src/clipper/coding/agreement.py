"""Agreement between coders: Krippendorff's alpha for nominal data, theme by theme, and where they disagree.

Alpha is 1 - D_o / D_e: the disagreement observed within units over the disagreement to be expected if the same
values had been dealt to the units by chance. 1 is perfect, 0 is chance, less is worse than chance. Any number of
coders, any of them with gaps; a unit that has fewer than two values pairs with nothing and does not count. The
computation is that of K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C; the reasons for
it are in A. F. Hayes and K. Krippendorff, "Answering the call for a standard reliability measure for coding data"
(Communication Methods and Measures 1(1), 2007, pages 77-89).

Where all values are the same, D_e is 0 and alpha is undefined: None, and not 1. Coders who never had to tell two
things apart have not shown that they can.

The interval draws whole units with replacement and computes alpha anew, observed and expected disagreement both: the
plain bootstrap of ``resampling``, found fit for alpha by A. Zapf, S. Castell, L. Morawietz and A. Karch, "Measuring
inter-rater reliability for nominal data" (BMC Medical Research Methodology 16:93, 2016). It is *not* the algorithm of
Hayes and Krippendorff, which draws pairs of values from the coincidence matrix and keeps D_e as it was: pairs within
a unit hang together, and an interval that forgets it is too narrow. With few units (under thirty, say) this one is too
narrow as well; and where nobody disagreed it is 1 to 1, which says only that no disagreement was drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from clipper.coding import resampling
from clipper.coding.resampling import DRAWS, LEVEL, Floats, Interval


@dataclass(frozen=True, kw_only=True)
class ThemeAgreement:
    """How far coders agree on one theme.

    ``units`` counts those with at least two values; ``judged`` and ``positives`` count for each coder all values and
    those that are yes, also in units that nobody else judged. ``agreement`` (0 to 1), ``alpha`` and ``interval`` are
    None where they are undefined.
    """

    theme: str
    units: int
    judged: dict[str, int]
    positives: dict[str, int]
    agreement: float | None
    alpha: float | None
    interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """A unit and a theme on which coders differ, and what each of them said."""

    unit: str
    theme: str
    values: dict[str, bool]


@dataclass(frozen=True, kw_only=True)
class RoundAgreement:
    """A round of coding. ``units`` counts all that were judged; ``shared`` those that have a theme with two values."""

    units: int
    shared: int
    coders: tuple[str, ...]
    themes: tuple[ThemeAgreement, ...]
    disagreements: tuple[Disagreement, ...]


def alpha(values: ArrayLike) -> float | None:
    """Return Krippendorff's alpha for nominal data.

    ``values`` has the shape (units, coders) and holds numbers that stand for categories, nan where a coder gave none.
    None where alpha is undefined: no unit has two values, or all values in such units are the same. Raises ValueError
    for another shape.
    """
    disagreement, categories = _pairable(_checked(values))
    return _number(_alphas(disagreement.sum(keepdims=True), categories.sum(axis=0, keepdims=True))[0])


def agreement(values: ArrayLike) -> float | None:
    """Return the share (0 to 1) of pairs of values within units that are equal, None where there is no pair.

    ``values`` as for ``alpha``. A unit weighs as many times as it has values, as it does in alpha, so that alpha is
    1 - (1 - agreement) / D_e. With two coders it is the plain percentage over the units that both judged.
    """
    disagreement, categories = _pairable(_checked(values))
    paired = categories.sum()
    return float(1 - disagreement.sum() / paired) if paired else None


def alpha_interval(values: ArrayLike, *, seed: int, draws: int = DRAWS, level: float = LEVEL) -> Interval | None:
    """Return the bootstrap interval of alpha: units resampled, percentiles (see the head of this file).

    ``values`` as for ``alpha``. Only units with two values or more are drawn. Draws without any variation have no
    alpha and are left out; None where they are more than a tenth, or where alpha itself is undefined.
    """
    disagreement, categories = _pairable(_checked(values))
    if _number(_alphas(disagreement.sum(keepdims=True), categories.sum(axis=0, keepdims=True))[0]) is None:
        return None
    drawn = [
        _alphas(n @ disagreement, n @ categories) for n in resampling.counts(len(categories), seed=seed, draws=draws)
    ]
    return resampling.interval(np.concatenate(drawn), level)


def of_round(
    judgements: Mapping[tuple[str, str, str], bool],
    themes: Sequence[str],
    *,
    seed: int,
    draws: int = DRAWS,
    level: float = LEVEL,
) -> RoundAgreement:
    """Return the agreement of a whole round of coding.

    ``judgements`` maps (unit, theme, coder) to yes or no; what is not there was not judged. Leave out whoever did not
    code blind, the coder ``adjudicated`` first of all. ``themes`` says which themes count, and in which order;
    judgements of others are left out. Coders are sorted by name, disagreements by theme and then in the order in
    which their units came. Every theme draws with the same seed: its interval does not depend on the other themes.
    """
    wanted = set(themes)
    counted = {key: value for key, value in judgements.items() if key[1] in wanted}
    units = list(dict.fromkeys(unit for unit, _, _ in counted))
    coders = sorted({coder for _, _, coder in counted})
    row_of = {unit: row for row, unit in enumerate(units)}
    column_of = {coder: column for column, coder in enumerate(coders)}
    layer_of = {theme: layer for layer, theme in enumerate(dict.fromkeys(themes))}
    cube = np.full((len(layer_of), len(units), len(coders)), np.nan)
    for (unit, theme, coder), value in counted.items():
        cube[layer_of[theme], row_of[unit], column_of[coder]] = value
    results = []
    disagreements = []
    for theme, layer in layer_of.items():
        values = cube[layer]
        given = ~np.isnan(values)
        results.append(
            ThemeAgreement(
                theme=theme,
                units=int((given.sum(axis=1) >= 2).sum()),
                judged={coder: int(given[:, c].sum()) for c, coder in enumerate(coders)},
                positives={coder: int((values[:, c] == 1).sum()) for c, coder in enumerate(coders)},
                agreement=agreement(values),
                alpha=alpha(values),
                interval=alpha_interval(values, seed=seed, draws=draws, level=level),
            )
        )
        for row in np.flatnonzero((values == 1).any(axis=1) & (values == 0).any(axis=1)):
            said = {coder: bool(values[row, c]) for c, coder in enumerate(coders) if given[row, c]}
            disagreements.append(Disagreement(unit=units[row], theme=theme, values=said))
    shared = ((~np.isnan(cube)).sum(axis=2) >= 2).any(axis=0)
    return RoundAgreement(
        units=len(units),
        shared=int(shared.sum()),
        coders=tuple(coders),
        themes=tuple(results),
        disagreements=tuple(disagreements),
    )


def _checked(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise ValueError(f"values have the shape (units, coders), not {array.shape}")
    return array


def _pairable(values: Floats) -> tuple[Floats, Floats]:
    """Return for each unit with two values or more its observed disagreement, and how often it has each category.

    The disagreement of a unit with m values is the number of its ordered pairs that differ over m - 1: its share of
    what lies off the diagonal in the coincidence matrix. Shapes (units,) and (units, categories).
    """
    values = values[(~np.isnan(values)).sum(axis=1) >= 2]
    categories = np.unique(values[~np.isnan(values)])
    times = np.stack([(values == c).sum(axis=1) for c in categories], axis=1) if len(categories) else np.empty((0, 0))
    times = times.astype(np.float64)
    m = times.sum(axis=1)
    return (m**2 - (times**2).sum(axis=1)) / (m - 1), times


def _alphas(observed: Floats, totals: Floats) -> Floats:
    """Return alpha, or nan, from sums of disagreement (draws,) and of categories (draws, categories)."""
    n = totals.sum(axis=1)
    expected = n**2 - (totals**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1 - (n - 1) * observed / expected, np.nan)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
