"""How many columns a text takes on a terminal, and where its lines break."""

from __future__ import annotations

import re
import unicodedata

Span = tuple[int, int]


def cells(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_cells(letter) for letter in text)


def _cells(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def wrapped(paragraph: str, width: int) -> list[Span]:
    """Return where the lines of a paragraph begin and end; a word wider than the screen is broken."""
    lines: list[Span] = []
    start = end = used = 0
    for word in re.finditer(r"\S+", paragraph):
        size = cells(word[0])
        if end > start and used + 1 + size <= width:
            used += 1 + size
            end = word.end()
            continue
        if end > start:
            lines.append((start, end))
        start, used = word.start(), 0
        for place in range(word.start(), word.end()):
            wide = _cells(paragraph[place])
            if used + wide > width and place > start:
                lines.append((start, place))
                start, used = place, 0
            used += wide
        end = word.end()
    return [*lines, (start, end)] if end > start else lines
