"""How the files of the browser's index are written: lists of numbers as short texts, and data as scripts.

A script can be loaded from a file where a page may read nothing else, such as on a memory stick: so each file of the
index is one, which calls one function with its name and its data.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
_VALUE = {sign: value for value, sign in enumerate(_SIGNS)}
_HEAD = "/*clipper*/clipperIndex("
_TAIL = ");\n"

Posting = int
"""An article's number, times four, and how well it matches (``WEIGHTS``)."""


def packed(values: Iterable[int]) -> str:
    """Return numbers from 0 up as a text, small ones as one sign: five bits a sign, the lowest first."""
    signs = []
    for value in values:
        while value > 31:
            signs.append(_SIGNS[32 | value & 31])
            value >>= 5
        signs.append(_SIGNS[value])
    return "".join(signs)


def unpacked(text: str) -> Iterator[int]:
    """Yield the numbers that were packed."""
    value = shift = 0
    for sign in text:
        bits = _VALUE[sign]
        value |= (bits & 31) << shift
        if bits & 32:
            shift += 5
        else:
            yield value
            value = shift = 0


def postings(found: Iterable[Posting]) -> str:
    """Return postings, in ascending order of their articles, as a text: what lies between two is what is written."""
    return packed(_steps(found))


def _steps(found: Iterable[Posting]) -> Iterator[int]:
    before = -1
    for posting in found:
        number = posting >> 2
        yield (number - before - 1) << 2 | posting & 3
        before = number


def read_postings(text: str) -> list[Posting]:
    """Return the postings that a text holds."""
    found = []
    number = -1
    for step in unpacked(text):
        number += (step >> 2) + 1
        found.append(number << 2 | step & 3)
    return found


def signed(value: int) -> int:
    """Return a number that may be below 0 as one that is not, for packing."""
    return value << 1 if value >= 0 else (-value << 1) - 1


def unsigned(value: int) -> int:
    """Return what ``signed`` was given."""
    return -(value + 1 >> 1) if value & 1 else value >> 1


def script(name: str, data: Any) -> bytes:
    """Return a file of the index. It holds nothing but ASCII, and nothing that could end a script or open a tag."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")
    return f'{_HEAD}"{name}",{text}{_TAIL}'.encode("ascii")


def read_script(content: bytes) -> Any:
    """Return the data of a file of the index. Raises ValueError for what is none."""
    text = content.decode("ascii")
    if not text.startswith(_HEAD) or not text.endswith(_TAIL):
        raise ValueError("no file of the index")
    return json.loads(text[text.index(",") + 1 : -len(_TAIL)])


def file_name(text: str) -> str:
    """Return a word, or its beginning, as part of a file's name, safe on every system; ``=`` at its end is kept."""
    return "w-" + "".join(c if c.isascii() and (c.islower() or c.isdigit()) else f"-{ord(c):x}-" for c in text)
