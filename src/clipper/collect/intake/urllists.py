"""Lists of web addresses to links: a text with one in a line, and tables (CSV, TSV) as spreadsheets write them.

A table is read by the names in its header row; without one only the column of addresses is read. A text is a list
only when nearly every line of it begins with an address: an article with some links in it is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from clipper.collect.intake.listed import Collector, Listed, one_line_end, web_address
from clipper.collect.intake.sheet import Sheet, read_sheet, rows_as_entries
from clipper.collect.pieces import Batch
from clipper.collect.textfile import decode_text
from clipper.errors import Refused

_TABLE_NAMES = (".csv", ".tsv", ".tab")
_LIST_NAMES = (".txt", ".text", ".md", ".markdown", ".list", ".urls", ".lst")
_LONGEST_LINE = 40_000
_LONGEST_NOTE = 300  # characters after an address; more is a text that begins with one
_BULLET = re.compile(r"(?:[-*+•·–]|\d{1,5}[.):])\s{1,8}(?:\[[ xX]?\]\s{1,8})?")
_NAMED = re.compile(
    r"\[(?P<title>[^\[\]]{0,500})\]\(\s{0,4}<?(?P<url>(?:[^\s<>()]|\([^\s<>()]{0,500}\))+)>?(?:\s[^()]{0,300})?\)"
)
_FIRST_LINES = 200


def is_list(name: str, body: bytes) -> bool:
    """Whether a file is a list of addresses, by its ending and by what is in it.

    A ``.csv`` or ``.tsv`` is one when its header names an address or an article's title, or when a column of it
    holds addresses; any other text when nearly every line begins with an address, or when it is a table with a
    header that names the address.
    """
    try:
        return _kind(name, _decoded(body)[0]) is not None
    except Refused:
        return False


def read(name: str, body: bytes) -> Batch:
    """Return the links of a list of addresses, and notes on rows and lines that could not be read.

    Raises Refused for what is no such list, for a charset that is neither UTF-8, UTF-16 with its mark nor
    windows-1252, for a table with a quotation mark that is never closed, and for more than 100,000 entries.
    """
    text, charset = _decoded(body)
    kind = _kind(name, text)
    if kind is None:
        raise Refused("no list of web addresses; a table needs a header row with url, title, outlet and date, "
                      "a text an address in each line")  # fmt: skip
    collector = Collector()
    if charset:
        collector.notes.say(f"not UTF-8: read as {charset}, as Excel writes it; look at the accents and pound signs")
    entries = _lines_as_entries(text) if kind == "lines" else rows_as_entries(text, kind, collector.notes)
    for entry in entries:
        collector.take(entry)
    return collector.batch()


def _decoded(body: bytes) -> tuple[str, str | None]:
    """Return the text of a list, and its charset where that is not Unicode."""
    try:
        return decode_text(body), None
    except Refused:
        if b"\x00" in body or body.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
            raise
        try:
            return body.decode("windows-1252"), "windows-1252"
        except UnicodeDecodeError:
            pass
        raise


def _kind(name: str, text: str) -> Sheet | Literal["lines"] | None:
    """Return ``lines`` for a list in lines, how to read a table, or None for neither."""
    ending = name.lower()
    if ending.endswith(_TABLE_NAMES):
        sheet = read_sheet(text)
        return "lines" if (sheet is None or sheet.loose) and _one_a_line(text) else sheet
    if not ending.endswith(_LIST_NAMES) and re.search(r"\.[a-z0-9]{1,8}$", ending):
        return None
    if _one_a_line(text):
        return "lines"
    sheet = read_sheet(text)
    return sheet if sheet and "url" in sheet.columns and len(sheet.columns) > 1 else None


def _one_a_line(text: str) -> bool:
    """Whether nearly every line that says something begins with an address."""
    hits = misses = 0
    for _, line in _lines(text):
        if _addresses(line):
            hits += 1
        else:
            misses += 1
            if hits + misses > _FIRST_LINES and misses > hits:
                return False
    return hits > 0 and misses * 10 <= hits


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are neither empty nor a comment, without their bullets, and their numbers from 1."""
    for number, line in enumerate(one_line_end(text).split("\n"), 1):
        line = line.strip()
        if line and not line.startswith("#"):
            yield number, _BULLET.sub("", line, count=1) if line[0] not in "hHwW<[" else line


def _addresses(line: str) -> list[tuple[str, str]]:
    """Return the addresses that a line lists, each with its title: of Markdown the text of the link."""
    if len(line) > _LONGEST_LINE:
        return []
    if found := _NAMED.match(line):
        url = web_address(found["url"])
        if not url or len(line) - found.end() > _LONGEST_NOTE:
            return []
        return [(url, "" if web_address(found["title"]) else found["title"])]
    words = line.split()
    told = [url for word in words if (url := web_address(word.rstrip(",;")))]
    if len(told) == len(words):
        return [(_unwrapped(url), "") for url in told]
    first = web_address(words[0].rstrip(",;"))
    if not first or len(line) - len(words[0]) > _LONGEST_NOTE:
        return []
    return [(_unwrapped(first), "")]


def _unwrapped(url: str) -> str:
    return url.rstrip(")") if url.endswith(")") and "(" not in url else url


def _lines_as_entries(text: str) -> Iterator[Listed]:
    for number, line in _lines(text):
        found = _addresses(line)
        if not found:
            yield Listed(place=f"line {number}", addresses=(line,))
        for url, title in found:
            yield Listed(place=f"line {number}", addresses=(url,), title=title)
