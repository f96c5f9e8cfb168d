"""Plain functions on text: cleaning what came from outside, sentences, checksums."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# C0 and C1 controls except tab and newline, and the marks that reorder text on a screen: both can make a
# terminal show something else than what is there.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
# Controls that part words: what they meant on a printer or a terminal is a new line.
_BREAKING = str.maketrans({**dict.fromkeys("\r\x0b\x0c\x1c\x1d\x1e\x85\u2028", "\n"), "\x1f": " ", "\u2029": "\n\n"})
# The rest is compiled when it is first used: most commands clean nothing and look for no sentence.
_compiled = cache(re.compile)
_SPACES = r"[^\S\n]+"
_BREAKS = r"\n\s*\n+"
_SENTENCE_END = r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9£$€])"
_LONGEST_END = 60  # characters: an abbreviation, closing marks and spaces
_ABBREVIATION = (
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Sir|St|Rev|Hon|Lt|Col|No|vs|etc|e\.g|i\.e|cf|ed|vol|approx|Jan|Feb|Aug|Sept?|"
    r"Oct|Nov|Dec)|\b[A-Z])\.$"
)


def clean_text(text: str) -> str:
    """Return text in paragraphs: NFC, no control characters, paragraphs split by one blank line."""
    text = text.replace("\r\n", "\n").translate(_BREAKING)
    text = unicodedata.normalize("NFC", _UNSAFE.sub("", text))
    text = _compiled(_SPACES).sub(" ", text)
    paragraphs = ("\n".join(line.strip() for line in p.split("\n")).strip() for p in _compiled(_BREAKS).split(text))
    return "\n\n".join(p for p in paragraphs if p)


def clean_line(text: str) -> str:
    """Return text as one clean line: what a title, a name or a category may be."""
    return " ".join(clean_text(text).split())


def printable(text: str) -> str:
    """Return text that may go to a terminal: nothing in it moves the cursor or reorders letters."""
    return _UNSAFE.sub("\ufffd", text)


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a stored text."""
    return [p for p in text.split("\n\n") if p]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, in order. A full stop after a title or an initial ends none."""
    return [text[start:end] for start, end in sentence_spans(text)]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return where the sentences of a text stand, without the spaces around them."""
    ends, abbreviation = _compiled(_SENTENCE_END), _compiled(_ABBREVIATION)
    found = []
    start = 0
    for paragraph in text.split("\n"):
        begin = at = start
        for end in ends.finditer(paragraph):
            # Only the last word tells; to look at more would take longer with every full stop that ends nothing.
            last = paragraph[max(end.end() - _LONGEST_END, begin - start) : end.end()].strip()
            if not abbreviation.search(last):
                found.append((begin, start + end.end()))
                begin = start + end.end()
        at = start + len(paragraph)
        found.append((begin, at))
        start = at + 1
    return [(a, b) for a, b in (_stripped(text, *span) for span in found) if a < b]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    inner = piece.strip()
    start += len(piece) - len(piece.lstrip())
    return start, start + len(inner)


_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"'})


def fold(text: str) -> str:
    """Return text without case or accents and with straight quotes, for comparing what people typed."""
    if text.isascii():
        return text.casefold()
    flat = unicodedata.normalize("NFKD", text.translate(_STRAIGHT))
    return "".join(c for c in flat if not unicodedata.combining(c)).casefold()


def shorten(text: str, width: int) -> str:
    """Return at most ``width`` characters of one line, cut at a word where there is one."""
    line = " ".join(text.split())
    if len(line) <= width:
        return line
    cut = line[: max(width - 1, 0)]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > width // 2 else cut).rstrip(" ,;:–-") + "…"
