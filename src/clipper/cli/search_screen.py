"""How results are laid out on a terminal, and in a pipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from clipper.cli.output import data, on_terminal, styled, theme_mark, width
from clipper.cli.show_screen import FAINT, MATCH, TITLE, Mark, block
from clipper.text import printable, shorten
from clipper.wording import human_date, shown_title

if TYPE_CHECKING:
    from clipper.search.marks import Marks
    from clipper.search.results import Hit

_INDENT = "    "
_COPIES = 3  # that are named beside one article
_BAR = 24  # columns of the longest bar
_LONGEST = 300  # characters of a title or an outlet: a page may state anything


def put_hit(hit: Hit, marks: Marks) -> None:
    """Put one result on stdout: title, where and when it appeared, its themes, the sentences that match, its copies."""
    article = hit.article
    _put(_title(shorten(shown_title(article.title, article.text), _LONGEST), marks), "", width())
    themes = " ".join(theme_mark(verdict) for verdict in hit.themes if verdict.carried or verdict.disputed)
    stub = "stub" if article.partial else ""
    outlet = shorten(article.outlet or "no outlet", _LONGEST)
    parts = [hit.short_id, outlet, human_date(article.published), stub, themes]
    meta = " · ".join(filter(None, parts))
    _put((meta, [(0, len(meta), FAINT)]), _INDENT, width())
    if hit.snippet:
        _put((hit.snippet, [(start, end, MATCH) for start, end in marks.spans(hit.snippet)]), _INDENT)
    if hit.copies:
        named = [
            f"{copy.outlet or 'no outlet'} ({human_date(copy.published)}) {copy.id[:7]}"
            for copy in hit.copies[:_COPIES]
        ]
        more = len(hit.copies) - _COPIES
        also = f"also in: {', '.join(named)}" + (f" and {more} more" if more > 0 else "")
        _put((also, [(0, len(also), FAINT)]), _INDENT)
    data("")


def _title(title: str, marks: Marks) -> tuple[str, list[Mark]]:
    at, found = 0, []
    for start, end in marks.spans(title):
        found += [(at, start, TITLE), (start, end, MATCH)]
        at = end
    return title, [*found, (at, len(title), TITLE)]


def _put(marked: tuple[str, list[Mark]], indent: str, columns: int | None = None) -> None:
    text, marks = marked
    for line in block(printable(text), marks, indent, columns=columns):
        styled(line)


def put_facets(counts: Mapping[str, Mapping[str, int]], limit: int | None) -> None:
    """Put counts on stdout: with bars on a terminal, as lines of three columns in a pipe."""
    for number, (name, of) in enumerate(counts.items()):
        listed = list(of.items())[: limit or None]
        if not on_terminal():
            for value, count in listed:
                data(f"{name}\t{' '.join(value.split())}\t{count}")
            continue
        if number:
            data("")
        data(name)
        most = max((count for _, count in listed), default=1)
        figures = max((len(f"{count:,}") for _, count in listed), default=1)
        room = max(width() - figures - _BAR - 8, 10)
        longest = min(max((len(value) for value, _ in listed), default=1), room)
        for value, count in listed:
            shown = value if len(value) <= longest else value[: longest - 1] + "…"
            data(f"  {shown:<{longest}}  {count:>{figures},}  {'▇' * max(round(_BAR * count / most), 1)}")
        if len(listed) < len(of):
            data(f"  and {len(of) - len(listed):,} more (-n)")
