"""A chart as a page: the drawing within it, described for those who do not see it, and its numbers as tables.

The page is one file that asks for no other and runs nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from clipper.publish.stats.figures import Figure, figures
from clipper.publish.stats.report import Report
from clipper.publish.templating import render
from clipper.text import printable
from clipper.wording import counted

_MOST_ROWS = 600  # of a table; the file beside the page has all
_HEADS = {"other": "by", "n": "n", "of": "of", "share": "share", "low": "low", "high": "high", "value": "value",
          "note": "note"}  # fmt: skip
_PROLOGUE = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_LEFT_OUT = re.compile(r"<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)


class _Cell(NamedTuple):
    text: str
    number: bool


class _Shown(NamedTuple):
    name: str
    size: str
    heads: list[str]
    rows: list[tuple[str | _Cell, ...]]
    more: str


def page(report: Report, svg: bytes, *, title: str, about: str, beside: str) -> str:
    """Return the page of a report. ``svg`` is its chart, ``beside`` the name of the file with its numbers."""
    groups: dict[str, list[Figure]] = {}
    for figure in figures(report):
        groups.setdefault(figure.table, []).append(figure)
    return render(
        "stats/page.html",
        title=title,
        about=about,
        notes=report.notes,
        beside=beside,
        svg=_described(svg.decode("utf-8"), title, list(groups)),
        tables=[_table(name, some) for name, some in groups.items()],
    )


def _described(svg: str, title: str, tables: list[str]) -> str:
    """Return a drawing as it may stand in a page, with words for those who cannot see it."""
    plain = _LEFT_OUT.sub("", _PROLOGUE.sub("", svg))
    said = f"A chart; its numbers are in the tables below: {', '.join(tables)}."
    words = f'<title id="chart-title">{_escaped(title)}</title><desc id="chart-words">{_escaped(said)}</desc>'
    marks = 'role="img" aria-labelledby="chart-title" aria-describedby="chart-words"'
    return re.sub(r"<svg\b([^>]*)>", lambda found: f"<svg {marks}{found[1]}>{words}", plain, count=1)


def _escaped(text: str) -> str:
    return printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _table(name: str, some: list[Figure]) -> _Shown:
    used = [field for field in _HEADS if any(getattr(figure, field) not in (None, "") for figure in some)]
    rows: list[tuple[str | _Cell, ...]] = [
        (figure.item or "matches", *(_cell(field, getattr(figure, field), "change" in name) for field in used))
        for figure in some[:_MOST_ROWS]
    ]
    left = len(some) - len(rows)
    more = f"And {counted(left, 'row')} more in the file beside this page." if left else ""
    return _Shown(name, counted(len(some), "row"), ["what", *(_HEADS[field] for field in used)], rows, more)


def _cell(field: str, value: object, is_change: bool) -> _Cell:
    if isinstance(value, float) and is_change:
        return _Cell(f"{100 * value:+.1f} points", True)
    if isinstance(value, float):
        return _Cell(f"{100 * value:.1f}%" if field in ("share", "low", "high") else f"{value:.3g}", True)
    if isinstance(value, int):
        return _Cell(f"{value:,}", True)
    return _Cell("" if value is None else str(value), False)
