"""What two texts have in common, by their shingles; and the few of them that stand for a text in an index.

A *shingle* is a row of four words, and a text is the set of its shingles: the method of A. Broder, "On the
resemblance and containment of documents" (Compression and Complexity of Sequences, 1997). Words are compared
without case, accents, punctuation and the form of quotes. Scripts that put no spaces between words (Chinese,
Japanese, Thai and their neighbours) count each character as a word.

A *print* is a row of six words that is chosen to be looked up: four are often a saying. Prints are chosen by
winnowing (S. Schleimer, D. Wilkerson, A. Aiken, "Winnowing: local algorithms for document fingerprinting", SIGMOD
2003): of every window of rows that follow each other, the one with the least hash. A passage that fills a window
therefore holds a print, wherever it was cut from. The window grows with the text, so that a long story has no more
prints than a short one; and the least hashes of the whole text are among them, which is Broder's sketch for
resemblance.

Hashes depend on nothing but the words: the same in every process, on every machine.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

VERSION = 1  # of the hashes: what holds prints of another version is made anew
SHINGLE = 4  # words
PRINT = 6  # words
WINDOW = 24  # rows, at least: a passage of 29 words that was left as it was has a print
WINDOWS = 10  # a window is at most this part of the text: any passage of a tenth of it has a print
LEAST_PRINTS = 8  # of a text that has as many rows: so that a copy which shares half of them is found

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: odd, its bits well spread
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # the finaliser of SplitMix64
_GROUPED = re.compile(r"(?<=\d)[.,\u066b\u066c](?=\d)")  # 1,500 and 1500 are one number
_APOSTROPHES = frozenset("'’‘ʼ`´′＇")
_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


class _Letters(dict[int, str | None]):
    """What becomes of each character: itself, a space, nothing, or a word of its own. Filled as they come."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        become: str | None
        if unicodedata.category(char)[0] == "M" or unicodedata.category(char) == "Cf" or char in _APOSTROPHES:
            become = None
        elif not char.isalnum():
            become = " "
        elif any(low <= code <= high for low, high in _WITHOUT_SPACES):
            become = f" {char} "
        else:
            become = char
        self[code] = become
        return become


_letters = _Letters()
_PRINTED = "‘’“”–—\u2010\u2011•"


def words(text: str) -> list[str]:
    """Return the words of a text as they are compared."""
    flat = _GROUPED.sub("", unicodedata.normalize("NFKD", text).casefold())
    if not flat.isascii():  # what newspapers print is ASCII but for these, and plain text is looked through at once
        for char in _PRINTED:
            flat = flat.replace(char, _letters[ord(char)] or "")
    return flat.translate(_letters).split()


def _mixed(numbers: Hashes) -> Hashes:
    numbers = (numbers ^ (numbers >> np.uint64(30))) * _MIX[0]
    numbers = (numbers ^ (numbers >> np.uint64(27))) * _MIX[1]
    return numbers ^ (numbers >> np.uint64(31))


class _Codes(dict[str, int]):
    """The checksum of each word. Filled as they come, begun anew when it is large: most words are common ones."""

    def __missing__(self, word: str) -> int:
        if len(self) >= 1 << 16:
            self.clear()
        code = self[word] = zlib.crc32(word.encode("utf-8", "surrogatepass"))
        return code


_code_of = _Codes()


def _codes(row: list[str]) -> Hashes:
    codes = np.fromiter(map(_code_of.__getitem__, row), dtype=np.uint64, count=len(row))
    return _mixed(codes + _STEP)


def _row_hashes(codes: Hashes, length: int) -> Hashes:
    """Return the hash of each row of ``length`` words, in the order of the text."""
    count = len(codes) - length + 1
    if count < 1:
        return np.empty(0, dtype=np.uint64)
    total = np.zeros(count, dtype=np.uint64)
    for place in range(length):
        total = total * _STEP + codes[place : place + count]
    return _mixed(total)


def _least_of_windows(hashes: Hashes, window: int) -> Hashes:
    """Return the least of each window, in as many steps as the window has binary digits."""
    least, span = hashes, 1
    while span * 2 <= window:
        least = np.minimum(least[:-span], least[span:])
        span *= 2
    rest = window - span
    return np.minimum(least[:-rest], least[rest:]) if rest else least


class Sketch:
    """The words, shingles and prints of one text. Hashes stand each once, in ascending order."""

    def __init__(self, text: str) -> None:
        self.words = words(text)
        self._codes = _codes(self.words)

    @cached_property
    def shingles(self) -> Hashes:
        """The hashes of all shingles: what texts are compared by."""
        return np.unique(_row_hashes(self._codes, SHINGLE))

    @cached_property
    def _long_rows(self) -> Hashes:
        return _row_hashes(self._codes, PRINT)

    @cached_property
    def asked(self) -> Hashes:
        """The hashes of all rows that may be another text's prints: what an index is asked with."""
        return np.unique(self._long_rows)

    @cached_property
    def prints(self) -> Hashes:
        """The hashes that stand for the text in an index: about twice ``WINDOWS``, fewer for a short one."""
        count = len(self._long_rows)
        if not count:
            return self._long_rows
        window = min(max(WINDOW, count // WINDOWS), count)
        chosen = _least_of_windows(self._long_rows, window)
        return np.union1d(chosen, self.asked[:LEAST_PRINTS])


RECENT = 512  # texts: copies of a story come within hours of each other


@lru_cache(RECENT)
def drawn(text: str) -> Sketch:
    """Return the sketch of a text; those of the last texts are kept, since a text is compared more than once."""
    return Sketch(text)


@lru_cache(1024)
def title_print(title: str | None) -> int | None:
    """Return the hash of a whole title, None for one that says too little to be looked up.

    Three words do: *Letters* and *In brief* stand over a hundred things.
    """
    row = words(title or "")
    if len(row) < 3:
        return None
    return int(_row_hashes(_codes(["title", *row]), len(row) + 1)[0])
