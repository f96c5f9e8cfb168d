"""What a word is, to the index, to a query and to what is highlighted.

A word is letters and digits in a row. ``doctor's`` is one, without its apostrophe; so is a number as newspapers write
it: ``3.5bn``, ``1,200`` (which is ``1200``); a sign of money is a word of its own, so that ``£120m`` finds itself and
``120m`` finds it too. Parts joined by a hyphen are words of their own. Case and accents do not matter. British and
American endings are one: *iz* is written *is*, *yz* is written *ys*, before stemming, since a stemmer makes
*privatization* a form of *private* but not *privatisation*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from clipper.search import engine

_SHORT = r"(?:s|t|d|m|re|ve|ll)(?![^\W_])"  # what follows the apostrophe of doctor's, don't, they're
# One word as it is printed. The same as _parted() finds in a whole text, which is several times as fast.
_SURFACE = re.compile(
    r"[^\W_]+(?:(?:\.(?<=\d\.)(?=\d)|,(?<=\d,)(?=\d{3}(?!\d))|['’‘](?=" + _SHORT + r"))[^\W_]+)*|[£$€¥]", re.IGNORECASE
)
# These begin with what they take out, so that the rest of a text is passed over at the speed of memory.
_POINT = re.compile(r"\.(?<=\d\.)(?=\d)")
_THOUSANDS = re.compile(r",(?<=\d,)(?=\d{3}(?!\d))")
_APOSTROPHE = re.compile(r"'(?<=[^\W_]')(?=" + _SHORT + ")")
_KEPT_POINT = 1  # stands for the point of 3.5 while the other points are taken out
_MONEY = "£$€¥"
# What newspapers print beyond Latin-1, which would keep a text from the short way.
_TYPOGRAPHY = {"’": "'", "‘": "'", "“": " ", "”": " ", "–": " ", "—": " ", "…": " ", "\xad": ""}


def _kept(code: int, beyond: bool) -> bool:
    return code == _KEPT_POINT or chr(code) in _MONEY or (chr(code).isalnum() if code < 128 or not beyond else True)


# Every byte that is no part of a word becomes a space: of Latin-1, and of UTF-8, where the bytes of a letter beyond
# ASCII are none of ASCII's and are kept.
_LATIN, _BEYOND = (
    bytes((ord(".") if code == _KEPT_POINT else code) if _kept(code, beyond) else 32 for code in range(256))
    for beyond in (False, True)
)
_MOST_KNOWN = 300_000  # words that are remembered, some 100 bytes each

_folded: dict[str, str] = {}
_stems: dict[str, str] = {}


def words(text: str) -> list[str]:
    """Return the words of a text, in order, as the index writes them but for their endings."""
    low = text.lower().replace("iz", "is").replace("yz", "ys")
    if not low.isascii():
        for sign, plain in _TYPOGRAPHY.items():
            low = low.replace(sign, plain)
    if "$" in low or not low.isascii():
        for sign in _MONEY:
            low = low.replace(sign, f" {sign} ")
    if "\x01" in low:
        low = low.replace("\x01", " ")
    if "." in low:
        low = _POINT.sub("\x01", low)
    if "," in low:
        low = _THOUSANDS.sub("", low)
    if "'" in low:
        low = _APOSTROPHE.sub("", low)
    try:
        joined = low.encode("latin-1").translate(_LATIN).decode("latin-1")
    except UnicodeEncodeError:
        for sign in set(low):
            if sign >= "\x80" and not sign.isalnum() and sign not in _MONEY:
                low = low.replace(sign, " ")
        joined = low.encode("utf-8", "replace").translate(_BEYOND).decode()
    found = joined.split()
    # The pound sign, which is in many texts, is no letter with an accent.
    return found if joined.replace("£", "").isascii() else _without_accents(found)


def surface(text: str) -> Iterator[re.Match[str]]:
    """Yield where the words of a text stand, as it is printed."""
    return _SURFACE.finditer(text)


def surface_beginning(letters: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for those words of a text, as it is printed, that may begin with one of some ASCII letters.

    Words that begin beyond ASCII are among them, since without their accents they may. Parts of numbers may be too.
    """
    both = "".join(sorted({form for letter in letters for form in (letter, letter.upper())}))
    return re.compile(rf"(?<![^\W_])(?=[{re.escape(both)}]|[^\x00-\x7f])(?:{_SURFACE.pattern})", re.IGNORECASE)


def _without_accents(found: list[str]) -> list[str]:
    foreign = {word for word in found if not word.isascii()}
    if not foreign:
        return found
    if unknown := [word for word in foreign if word not in _folded]:
        if len(_folded) > _MOST_KNOWN:
            _folded.clear()
            unknown = list(foreign)
        plain = (word.replace("iz", "is").replace("yz", "ys") for word in engine.folded(unknown))  # of Ruíz too
        _folded.update(zip(unknown, plain, strict=True))
    return [_folded.get(word, word) if word in foreign else word for word in found]


def stems(found: Sequence[str]) -> list[str]:
    """Return the stem of each word."""
    if unknown := [word for word in set(found) if word not in _stems]:
        if len(_stems) > _MOST_KNOWN:
            _stems.clear()
            unknown = list(set(found))
        _stems.update(zip(unknown, engine.stemmed(unknown), strict=True))
    return [_stems[word] for word in found]
