"""The one door to matplotlib: an evaluation as a picture for print.

Left, the themes in the codebook's order: F1 as a dot on its interval, precision and recall as small open marks. Right,
the reliability diagram (A. Niculescu-Mizil and R. Caruana, "Predicting good probabilities with supervised learning",
ICML 2005): what share came true of what was given each probability, and below it how many there were.

Marks differ in shape as well as in colour, so that a grey print and colour-blind eyes lose nothing; the colours are
those of M. Okabe and K. Ito, "Color Universal Design" (2008). The same evaluation gives the same bytes, with the same
version of matplotlib: no dates, no random names, and no settings of the user's own.

matplotlib is optional (the extra ``plot``); whoever imports this file without it gets the ImportError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import PurePath
from typing import Literal

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MultipleLocator, StrMethodFormatter

from clipper.coding.metrics import Evaluation, Score, Scores
from clipper.errors import UsageError

Kind = Literal["svg", "png", "pdf"]

_KINDS: dict[str, Kind] = {".svg": "svg", ".png": "png", ".pdf": "pdf"}
_BLACK, _BLUE, _VERMILION = "#000000", "#0072B2", "#D55E00"
_GREY, _PALE = "#666666", "#DDDDDD"
_WIDTH = 7.1  # inches: two columns of a journal
_ROW = 0.27  # inches for a theme
_FRAME = 1.35  # inches for axes, legend and captions
_LEAST_HEIGHT = 3.9
_SQUARE = 5.2  # inches of height up to which the right panel grows along
_LONGEST = 30  # letters of a key: more would leave the marks no room
_DPI = 300
_ASIDE = 0.2  # of a row: precision stands above the line, recall below
_BEHIND = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5}  # text stays legible on a curve
_SETTINGS = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same everywhere
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "pdf.fonttype": 42,  # whole fonts: what journals ask for
    "svg.fonttype": "path",  # no reader's fonts are needed
    "svg.hashsalt": "clipper",
}
# None takes an entry out: what is left does not change from day to day.
_METADATA: dict[Kind, dict[str, None]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def kind_of(path: PurePath) -> Kind:
    """Return what kind of picture a file's ending asks for. Raises UsageError for others."""
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise UsageError(f"cannot draw {path.name!r}: name a file that ends in .svg, .png or .pdf")
    return kind


def picture(evaluation: Evaluation, kind: Kind, *, title: str | None = None) -> bytes:
    """Return the picture of an evaluation as the bytes of a file, 180 mm wide; its height grows with the themes.

    ``title`` stands above both panels as it is; it is not read as mathematics.
    """
    return drawn(lambda: _figure(evaluation, title), kind)


def drawn(make: Callable[[], Figure], kind: Kind) -> bytes:
    """Return a figure as the bytes of a file; it is made under our settings, and none of the user's own."""
    with _own_settings():
        out = BytesIO()
        make().savefig(out, format=kind, dpi=_DPI, metadata=_METADATA[kind])
    return out.getvalue()


@contextmanager
def _own_settings() -> Iterator[None]:
    with style.context(["default", _SETTINGS]):
        yield


def _figure(evaluation: Evaluation, title: str | None) -> Figure:
    height = max(_LEAST_HEIGHT, _FRAME + _ROW * (len(evaluation.themes) + 1))
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    if title:
        figure.suptitle(title, fontsize=10, parse_math=False)
    left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=(1.35, 1))[0]
    _draw_scores(left.subplots(), evaluation)
    spare = height - _SQUARE
    ratios = [0.62 * _SQUARE, 0.17 * _SQUARE, *([spare] if spare > 1 else [])]
    reliability, amounts, *below = right.subplots(len(ratios), 1, height_ratios=ratios)
    for empty in below:  # beside a long codebook the diagram keeps its form
        empty.set_axis_off()
    _draw_reliability(reliability, evaluation)
    _draw_amounts(amounts, evaluation)
    return figure


def _draw_scores(axes: Axes, evaluation: Evaluation) -> None:
    themes = evaluation.themes
    rows: list[tuple[str, str, Scores]] = [(t.theme, str(t.support), t) for t in themes]
    rows.append(("macro mean", "", evaluation.macro))
    places = [*range(len(themes)), len(themes) + 0.4]
    for place, (_, _, scores) in zip(places, rows, strict=True):
        axes.axhline(place, color=_PALE, linewidth=0.5, zorder=0)
        if scores.f1.interval:
            axes.hlines(place, scores.f1.interval.low, scores.f1.interval.high, color=_BLACK, linewidth=1.4, zorder=2)
        if scores.f1.value is None:
            axes.text(0.03, place, "nothing to find", color=_GREY, fontsize=7, va="center", backgroundcolor="white")

    def marks(name: str, shift: float, **look: object) -> None:
        # Marks at the edge are drawn whole; what is empty must be clipped, or there is nothing to lay out.
        known: list[tuple[float, float]] = []
        for place, (_, _, scores) in zip(places, rows, strict=True):
            score: Score = getattr(scores, name)
            if score.value is not None:
                known.append((score.value, place + shift))
        axes.plot([x for x, _ in known], [y for _, y in known], linestyle="none", clip_on=not known, **look)  # type: ignore[arg-type]

    aside = _ASIDE * min(1, len(rows) / 12)  # rows are higher where they are few
    small = {"markerfacecolor": "white", "markersize": 3.6, "markeredgewidth": 0.8, "zorder": 3}
    marks("f1", 0, marker="o", color=_BLACK, markersize=4.6, zorder=4, label=f"F1, {evaluation.level:.0%} interval")
    marks("precision", -aside, marker="^", markeredgecolor=_BLUE, label="precision", **small)
    marks("recall", aside, marker="s", markeredgecolor=_VERMILION, label="recall", **small)
    axes.axhline(len(themes) - 0.3, color=_GREY, linewidth=0.6)
    shown = [name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…" for name, _, _ in rows]
    axes.set_yticks(places, shown)
    for label in axes.get_yticklabels():
        label.set_parse_math(False)
    for place, (_, support, _) in zip(places, rows, strict=True):
        axes.text(1.045, place, support, transform=axes.get_yaxis_transform(), ha="center", va="center", color=_GREY)
    axes.text(1.045, 1, "n", transform=axes.transAxes, ha="center", va="bottom", color=_GREY)
    axes.tick_params(axis="y", length=0, pad=7)  # room for marks at 0
    axes.spines["left"].set_visible(False)
    axes.set_ylim(places[-1] + 0.6, -0.6)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_locator(MultipleLocator(0.2))
    axes.set_xlabel("score (n: articles that have the theme)")
    axes.legend(
        loc="lower center", bbox_to_anchor=(0.45, 1.01), ncols=3, fontsize=7, handletextpad=0.2, columnspacing=1
    )


def _draw_reliability(axes: Axes, evaluation: Evaluation) -> None:
    found = evaluation.calibration
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=0.8, linestyle=(0, (4, 3)), label="if taken at its word", zorder=1)
    axes.plot(
        [b.probability for b in found.bins],
        [b.share for b in found.bins],
        color=_BLUE,
        linewidth=1,
        marker="o",
        markersize=4,
        label="found",
        zorder=3,
        clip_on=not found.bins,
    )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.tick_params(labelbottom=False)  # the same as below
    axes.xaxis.set_major_locator(MultipleLocator(0.2))
    axes.yaxis.set_major_locator(MultipleLocator(0.2))
    axes.set_ylabel("share that have the theme")
    axes.legend(loc="upper left", fontsize=7)
    if found.error is not None and found.brier is not None:
        told = f"{evaluation.articles:,} articles\ncalibration error {found.error:.3f}\nBrier score {found.brier:.3f}"
        axes.text(0.97, 0.03, told, ha="right", va="bottom", fontsize=7, bbox=_BEHIND)


def _draw_amounts(axes: Axes, evaluation: Evaluation) -> None:
    bins = evaluation.calibration.bins
    widths = np.array([b.high - b.low for b in bins])
    axes.bar(
        [b.low for b in bins],
        [b.n for b in bins],
        width=widths,
        align="edge",
        color=_PALE,
        edgecolor=_BLACK,
        linewidth=0.5,
    )
    axes.set_yscale("log")  # most probabilities lie near 0
    axes.set_ylim(0.8, max([10, *(b.n * 1.6 for b in bins)]))
    axes.set_xlim(0, 1)
    axes.minorticks_off()
    axes.yaxis.set_major_locator(LogLocator(numticks=4))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_major_locator(MultipleLocator(0.2))
    axes.set_xlabel("probability given")
    axes.set_ylabel("how many")
