"""TOML with the line of every key, so that a problem can be told with its place.

``tomllib`` reads the values; a small scan of the text finds the lines. The scan knows table headers, arrays of
tables, and bare, quoted and dotted keys at the start of a line, and steps over strings and arrays that go on for
several lines. A key it cannot place (inside an inline table) gets its table's line.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any

from clipper.errors import ConfigError

Where = tuple[str | int, ...]

MAX_BYTES = 4 << 20
MOST_PARTS = 32  # of one dotted key: what reading it costs grows with their square

# Compiled when they are first used: a file without a fault is read without looking for any line.
_HEADER = r"^\s*(\[\[?)([^\]]+)\]\]?\s*(?:#.*)?$"
_KEY = r"""^\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=(.*)$"""
_PART = r""""([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+)"""
_STRING = r'''"""|\'\'\'|"(?:[^"\\]++|\\.)*+"|'[^']*'|#.*$|[\[\]{}]'''
# What ends a string of several lines: quotes before which no backslash stands, unless that is escaped itself.
_CLOSE = {'"""': r'(?<!\\)(?:\\\\)*+"""', "'''": "'''"}
_LONG_KEY = (
    r"""(?<![A-Za-z0-9_-])(?:(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]++)[ \t]*+\.[ \t]*+)"""
    f"{{{MOST_PARTS}}}"
)
_PLACE = r"\s*\(at (?:line (\d+), column \d+|end of document)\)"


TYPE_NAMES = {
    str: "text in quotes",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
    date: "a date",
    datetime: "a date with a time",
    time: "a time",
}


class LocatedToml:
    """A TOML file: its values, and the line of each key."""

    def __init__(self, path: Path, data: dict[str, Any], text: str) -> None:
        self.path = path
        self.data = data
        self._text = text

    @cached_property
    def lines(self) -> dict[Where, int]:
        """The number of the line in which each table and each key begins."""
        return _lines(self._text)

    def at(self, *where: str | int) -> str:
        """Return ``file:line`` of a key, or of the nearest table around it."""
        for end in range(len(where), 0, -1):
            if where[:end] in self.lines:
                return f"{self.path}:{self.lines[where[:end]]}"
        return f"{self.path}:1"


def type_name(value: object) -> str:
    """Return in words what a TOML value is."""
    return TYPE_NAMES.get(type(value), type(value).__name__)


def read(path: Path) -> LocatedToml:
    """Read a TOML file. Raises ConfigError with one line for a file that cannot be read or parsed."""
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for, and a device has no end
            raise ConfigError([f"{path}: cannot be read (it is no regular file)"])
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read ({error.strerror})"]) from None
    if len(raw) > MAX_BYTES:
        raise ConfigError([f"{path}: {len(raw)} bytes are too many for a settings file"])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError([f"{path}:{line}: not UTF-8; save the file as UTF-8"]) from None
    try:
        data = values(text)
    except ValueError as error:
        said = str(error)
        place = re.search(_PLACE, said)
        line = int(place[1]) if place and place[1] else text.count("\n") + 1
        raise ConfigError([f"{path}:{line}: not valid TOML: {re.sub(_PLACE, '', said)}"]) from None
    return LocatedToml(path, data, text)


def values(text: str) -> dict[str, Any]:
    """Return the values of a text in TOML. Raises ValueError with what is wrong and where, for one too deep too."""
    if found := re.search(_LONG_KEY, text):
        line = text.count("\n", 0, found.start()) + 1
        raise ValueError(f"a key of more than {MOST_PARTS} parts with dots between (at line {line}, column 1)")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("lists or tables inside each other, deeper than can be read") from None


def _lines(text: str) -> dict[Where, int]:
    """Return the line number of every table and key in the text."""
    lines: dict[Where, int] = {}
    counts: dict[Where, int] = {}
    table: Where = ()
    closing = ""  # what ends the string or the array that the last line left open
    for number, line in enumerate(text.split("\n"), 1):
        if closing:
            closing = _left_open(line, closing)
            continue
        if header := re.match(_HEADER, line):
            parts = tuple(a or b or c for a, b, c in re.findall(_PART, header[2]))
            table = _resolve(parts, counts)
            lines.setdefault(table, number)
            if header[1] == "[[":
                index = counts.get(table, 0)
                counts[table] = index + 1
                table = (*table, index)
            lines.setdefault(table, number)
        elif key := re.match(_KEY, line):
            parts = tuple(a or b or c for a, b, c in re.findall(_PART, key[1]))
            for end in range(1, len(parts) + 1):
                lines.setdefault((*table, *parts[:end]), number)
            closing = _left_open(key[2], "")
    return lines


def _resolve(parts: tuple[str, ...], counts: dict[Where, int]) -> Where:
    """Return the path of a header: ``[a.b]`` after ``[[a]]`` belongs to the last ``a``."""
    path: Where = ()
    for part in parts[:-1]:
        path = (*path, part)
        if path in counts:
            path = (*path, counts[path] - 1)
    return (*path, parts[-1]) if parts else path


def _left_open(rest: str, closing: str) -> str:
    """Return what must still come to close the value that ``rest`` continues: a quote, brackets or nothing."""
    at = 0
    if closing in ('"""', "'''"):
        end = re.search(_CLOSE[closing], rest)
        if end is None:
            return closing
        at, closing = end.end(), ""
    depth = len(closing)
    tokens = re.compile(_STRING)
    while token := tokens.search(rest, at):
        at = token.end()
        if token[0] in ('"""', "'''"):
            end = re.compile(_CLOSE[token[0]]).search(rest, at)
            if end is None:
                return token[0]
            at = end.end()
        elif token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
    return "]" * max(depth, 0)
