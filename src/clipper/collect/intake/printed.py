"""A document as it is printed: lines on pages, and how lines become paragraphs again. Pure.

A PDF knows neither lines nor paragraphs, only where letters stand. What begins a paragraph is told by the space
above a row, by its indent, by its size, and by a row before it that ended although the next word had room.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from clipper.text import clean_line

SOFT_HYPHEN = "\xad"

_EDGE = 3  # rows at the top and at the bottom of a page among which its furniture is looked for
_SAME_PLACE = 12  # points
_LARGE = 1.15  # times the size of the body: a heading
_HEADING = 160  # characters that a bold row may have to be a heading
_ENOUGH = 5  # rows that tell how far a column reaches
_EVERYWHERE = 0  # on no page in particular
_COUNTED = re.compile(r"^\d+|\d+$|\d+(?= of \d+$)|(?<=^Page )\d+")
_NUMBER = re.compile(r"[-–—\s]*(?:page|p\.?|seite)?\s*\d{1,5}(?:\s*(?:of|/|von)\s*\d{1,5})?[-–—\s]*", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BROKEN = re.compile(r"(?P<more>-?)(?P<left>[^\W\d_]+)-$")
_FIRST = re.compile(r"[^\W\d_]+")
_ENDED = re.compile(r"[.!?…:][\"'”’)\]]*$")
# What is written with a hyphen, so that one at a line's end is no break of the word.
_KEEP = frozenset(
    ("anti", "co", "cross", "ex", "five", "four", "full", "half", "inter", "long", "low", "mid", "multi", "non", "off",
     "one", "part", "post", "pre", "pro", "re", "self", "semi", "seven", "short", "six", "ten", "three", "two", "well")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A row of letters on a page, in points from its lower left corner. ``y`` is where the letters stand."""

    text: str
    x: float
    y: float
    right: float
    size: float
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document. ``begins`` marks the first line of a paragraph.

    ``page`` and ``number`` (of the line in a text) count from one. ``edge`` marks a line at the top or the bottom of
    a page; ``repeated`` one that stands there on many pages: page numbers, running titles.
    """

    text: str
    begins: bool = True
    heading: bool = False
    page: int | None = None
    number: int | None = None
    edge: bool = False
    repeated: bool = False


@dataclass(frozen=True)
class Document:
    """A document that was read. ``title`` is what its metadata say, which may be anything."""

    lines: tuple[Line, ...]
    title: str | None = None


def is_page_number(text: str) -> bool:
    """Whether a line is nothing but a page's number (*Page 3 of 40*, *- 3 -*)."""
    return len(text) < 40 and _NUMBER.fullmatch(text) is not None


def laid_out(pages: Sequence[Sequence[Row]]) -> tuple[Line, ...]:
    """Return the lines of pages of rows, in the order in which the rows come."""
    layout = _Layout(pages)
    edges = [_edges(page) for page in pages]
    repeated = _repeated(pages, edges, layout)
    found: list[Line] = []
    before: Row | None = None
    began = turned = False
    on = 0
    for number, page in enumerate(pages, 1):
        turned = True
        for index, row in enumerate(page):
            furniture = (number, index) in repeated
            begins = furniture or before is None or layout.begins(before, row, began=began, turned=turned, page=on)
            found.append(
                Line(
                    row.text,
                    begins=begins,
                    heading=layout.is_heading(row),
                    page=number,
                    edge=index in edges[number - 1],
                    repeated=furniture,
                )
            )
            if not furniture:  # a sentence goes on under the title of the page
                before, began, turned, on = row, begins, False, number
    return tuple(found)


class Joiner:
    """Joins lines to paragraphs. A word that was broken at a line's end is looked up in the rest of the document."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._words: set[str] = set()
        for line in lines:
            text = line.text.rstrip()
            if text.endswith("-"):  # half a word proves nothing
                text = text.rpartition(" ")[0]
            self._words.update(_WORD.findall(text.casefold()))

    def paragraph(self, lines: Sequence[str]) -> str:
        """Return lines as one clean line."""
        parts: list[str] = []
        for line in lines:
            text = line.strip()
            if not text:
                continue
            if parts:
                parts[-1], joint = self._joint(parts[-1], text)
                parts.append(joint)
            parts.append(text)
        return clean_line("".join(parts).replace(SOFT_HYPHEN, ""))

    def _joint(self, left: str, right: str) -> tuple[str, str]:
        """Return the line on the left as it is to be kept, and what stands between it and the next."""
        if left.endswith(SOFT_HYPHEN):
            return left[:-1], ""
        if not left.endswith("-") or left.endswith((" -", "--")) or not right[0].isalnum():
            return left, " "
        broken, first = _BROKEN.search(left[-60:]), _FIRST.match(right)
        if broken is None or first is None or not right[0].islower():
            return left, ""
        head, tail = broken["left"].casefold(), first[0].casefold()
        if head + tail in self._words:
            return left[:-1], ""
        if f"{head}-{tail}" in self._words or head in _KEEP or right[first.end() :][:1] == "-" or broken["more"]:
            return left, ""
        return left[:-1], ""


class _Layout:
    """How a document is set: the size of its body, the distance of its rows, and how far they reach."""

    def __init__(self, pages: Sequence[Sequence[Row]]) -> None:
        rows = [row for page in pages for row in page]
        sizes: Counter[float] = Counter()
        bold: Counter[bool] = Counter()
        for row in rows:
            sizes[_half(row.size)] += len(row.text)
            bold[row.bold] += len(row.text)
        self.body = sizes.most_common(1)[0][0] if sizes else 10.0
        self.bold = bold[True] > bold[False]
        gaps: defaultdict[float, Counter[float]] = defaultdict(Counter)
        reach: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
        for before, row in pairwise(rows):
            gap = before.y - row.y
            if _half(before.size) == _half(row.size) and 0.5 * row.size < gap < 3 * row.size:
                gaps[_half(row.size)][_half(gap)] += 1
        for number, page in enumerate(pages, 1):
            for row in page:
                if _half(row.size) == self.body:
                    reach[number, _column(row)].append(row.right)
                    reach[_EVERYWHERE, _column(row)].append(row.right)
        self._leading = {size: _smallest_usual(counted) for size, counted in gaps.items()}
        # The second farthest: one address too long to be broken must not make every other row look short. A column
        # is known by its own page where it has rows enough there.
        self._reach = {
            key: sorted(ends)[-2] if len(ends) > 2 else max(ends)
            for key, ends in reach.items()
            if key[0] == _EVERYWHERE or len(ends) >= _ENOUGH
        }

    def is_large(self, row: Row) -> bool:
        """Whether a row is set in larger letters than the body."""
        return row.size > _LARGE * self.body

    def is_heading(self, row: Row) -> bool:
        """Whether a row is set like a heading."""
        return self.is_large(row) or (row.bold and not self.bold and len(row.text) <= _HEADING)

    def begins(self, before: Row, row: Row, *, began: bool, turned: bool, page: int) -> bool:
        """Whether a row begins a paragraph. The one before it stands on ``page``, and ``began`` one or not."""
        if abs(before.size - row.size) > 0.12 * max(before.size, row.size):
            return True
        if before.text.endswith(("-", SOFT_HYPHEN)) and not before.text.endswith(" -") and row.text[:1].isalnum():
            return False
        if turned or row.y > before.y + 0.5 * row.size:  # another page, another column
            return _ENDED.search(before.text[-8:]) is not None or self._had_room(before, row, page)
        gap = before.y - row.y
        if gap < 0.3 * row.size:
            return False
        if gap > 1.25 * self._leading.get(_half(row.size), 1.3 * row.size):
            return True
        if self.is_large(row):
            return False
        room = self._had_room(before, row, page)
        indent = row.x - before.x
        if 0.8 * row.size < indent < 8 * row.size:
            return room or not began  # else the rows of an item in a list, under its number
        if indent < -0.8 * row.size:  # centred rows, but for the second row of a paragraph that is indented
            return room or not began or indent < -6 * row.size
        return room

    def _had_room(self, before: Row, row: Row, page: int) -> bool:
        word = row.text.split(maxsplit=1)[0] if row.text.strip() else ""
        wide = sum(0.75 if c.isupper() else 0.56 for c in word[:40]) * row.size
        column = _column(before)
        beside = (column - 1, column, column + 1)
        ends = [self._reach[page, c] for c in beside if (page, c) in self._reach] or [
            self._reach[_EVERYWHERE, c] for c in beside if (_EVERYWHERE, c) in self._reach
        ]
        reach = max(ends, default=before.right)
        return before.right + wide + 0.3 * row.size < reach


def _smallest_usual(gaps: Counter[float]) -> float:
    most = max(gaps.values())
    return min(gap for gap, count in gaps.items() if count * 4 >= most)


def _column(row: Row) -> int:
    return int(row.x // 24)


def _half(value: float) -> float:
    return round(value * 2) / 2


def _edges(page: Sequence[Row]) -> frozenset[int]:
    order = sorted(range(len(page)), key=lambda i: page[i].y)
    return frozenset(order[:_EDGE] + order[-_EDGE:])


def _repeated(pages: Sequence[Sequence[Row]], edges: Sequence[frozenset[int]], layout: _Layout) -> set[tuple[int, int]]:
    """Return page and index of the rows that stand at one place of many pages, but for the number of the page."""
    places: defaultdict[str, list[tuple[float, int, int]]] = defaultdict(list)
    for number, page in enumerate(pages, 1):
        for index in edges[number - 1]:
            row = page[index]
            if not layout.is_large(row):
                places[_COUNTED.sub("#", clean_line(row.text))].append((row.y, number, index))
    found: set[tuple[int, int]] = set()
    for text, where in places.items():
        middle = median(y for y, _, _ in where)
        near = {(number, index) for y, number, index in where if abs(y - middle) <= _SAME_PLACE}
        on = len({number for number, _ in near})
        counts = "#" in text and on == len(pages)  # the same but for a number, on every page of a few
        if (on >= 3 and on * 4 >= len(pages)) or (on >= 2 and (counts or is_page_number(text.replace("#", "1")))):
            found.update(near)
    return found
