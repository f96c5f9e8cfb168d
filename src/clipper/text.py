"""Plain functions on text: cleaning what came from outside, sentences, checksums."""

from __future__ import annotations

import hashlib
import re
import unicodedata

# C0 and C1 controls except tab and newline, and the marks that reorder text on a screen: both can make a
# terminal show something else than what is there.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
# Controls that part words: what they meant on a printer or a terminal is a new line.
_BREAKING = str.maketrans({**dict.fromkeys("\r\x0b\x0c\x1c\x1d\x1e\x85\u2028", "\n"), "\x1f": " ", "\u2029": "\n\n"})
_SPACES = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"\n\s*\n+")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9£$€])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Sir|St|Rev|Hon|Lt|Col|No|vs|etc|e\.g|i\.e|cf|ed|vol|approx|Jan|Feb|Aug|Sept?|"
    r"Oct|Nov|Dec)|\b[A-Z])\.$"
)


def clean_text(text: str) -> str:
    """Return text in paragraphs: NFC, no control characters, paragraphs split by one blank line."""
    text = text.replace("\r\n", "\n").translate(_BREAKING)
    text = unicodedata.normalize("NFC", _UNSAFE.sub("", text))
    text = _SPACES.sub(" ", text)
    paragraphs = ("\n".join(line.strip() for line in p.split("\n")).strip() for p in _BREAKS.split(text))
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
    found: list[str] = []
    for paragraph in text.split("\n"):
        start = 0
        for end in _SENTENCE_END.finditer(paragraph):
            piece = paragraph[start : end.end()].strip()
            if _ABBREVIATION.search(piece):
                continue
            found.append(piece)
            start = end.end()
        last = paragraph[start:].strip()
        if last:
            found.append(last)
    return found


def checksum(text: str) -> str:
    """Return the SHA-256 of the text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


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
