"""Plain text whose lines were broken at a column, as in e-mails and old text files: its paragraphs are made whole.

Who breaks lines at a column puts as many words on each as it holds. So a line was broken there when the next one's
first word would not have fitted; a line that ends before is one that somebody ended.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_WIDEST = 100  # characters: what is longer is a paragraph in one line
_NARROWEST = 45
_RAGGED = 3  # characters by which an editor may have stopped short of its column
_CERTAIN = 3  # breaks from which on they speak for themselves
_MOST = 0.7  # of the breaks that must lie at the column
_OWN_LINE = re.compile(r"[-*•·–>|#+=~_]|\d{1,3}[.)]\s|https?://|\W*$")
_STOPS = (".", "!", "?", ":", ";", "…")


def unwrapped(text: str) -> str:
    """Return a clean text (paragraphs with a blank line between them) with lines joined that were broken at a column.

    Lists, quoted lines, and lines that somebody ended stay as they are. A text with a longer line was not broken.
    """
    paragraphs = [paragraph.split("\n") for paragraph in text.split("\n\n")]
    lines = [line for lines in paragraphs for line in lines if " " in line]  # an address is never broken
    column = max(map(len, lines), default=0)
    if not _NARROWEST <= column <= _WIDEST:
        return text
    pairs = [pair for lines in paragraphs for pair in pairwise(lines) if _goes_on(*pair)]
    broken = [pair for pair in pairs if _is_broken(*pair, column)]
    if len(broken) < _MOST * len(pairs):
        return text
    if len(pairs) < _CERTAIN and not all(_is_amid_a_sentence(*pair) for pair in broken):
        return text
    return "\n\n".join("\n".join(_joined(lines, column)) for lines in paragraphs)


def _joined(lines: Sequence[str], column: int) -> list[str]:
    parts = [lines[0]]
    for before, line in pairwise(lines):
        if _goes_on(before, line) and _is_broken(before, line, column):
            parts[-1] += ("" if before.endswith("-") and not before.endswith(" -") else " ") + line
        else:
            parts.append(line)
    return parts


def _goes_on(before: str, line: str) -> bool:
    """Whether a line may be the same paragraph as the one before: not one of a list, a quotation, a rule."""
    return not (_OWN_LINE.match(line) or (_OWN_LINE.match(before) and before[0] in ">|#=~_"))


def _is_broken(before: str, line: str, column: int) -> bool:
    return len(before) + 1 + len(line.split(" ", 1)[0]) > column - _RAGGED


def _is_amid_a_sentence(before: str, line: str) -> bool:
    return line[:1].islower() and not before.endswith(_STOPS)
