"""Lists of web addresses to links: a text with one in a line, and tables (CSV, TSV) as spreadsheets write them.

A table is read by the names in its header row; without one only the column of addresses is read, or, where it has
none, titles, outlets and dates that are told by what they are. A text is a list when most lines of it begin with an
address and the rest are short remarks: an article with some links in it is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from clipper.collect.intake import clippings
from clipper.collect.intake.listed import MOST_ENTRIES, Collector, Listed, Notes, one_line_end, web_address
from clipper.collect.intake.sheet import Sheet, read_sheet, rows_as_entries, sheet_by_content
from clipper.collect.pieces import Batch
from clipper.collect.textfile import decode_text
from clipper.errors import Refused
from clipper.text import clean_line, printable, shorten

_TABLE_NAMES = (".csv", ".tsv", ".tab")
_LIST_NAMES = (".txt", ".text", ".md", ".markdown", ".list", ".urls", ".lst")
_LONGEST_LINE = 40_000
_LONGEST_NOTE = 300  # characters after an address; more is a text that begins with one
_BULLET = re.compile(r"(?:[-*+•·–]|\d{1,5}[.):])\s{1,8}(?:\[[ xX]?\]\s{1,8})?")
_NAMED = re.compile(
    r"\[(?P<title>[^\[\]]{0,500})\]\(\s{0,4}<?(?P<url>(?:[^\s<>()]|\([^\s<>()]{0,500}\))+)>?(?:\s[^()]{0,300})?\)"
)
_FIRST_LINES = 200
_LONGEST_REMARK = 120  # characters of a line among addresses that is none; more is an article's
_MOST_REMARKS = 2  # lines of words that may follow one another in a list; more is an article's paragraph
_LOOKED_AT = 100_000  # characters in which a page of clippings shows
_TOLD = 5  # lines that are no addresses, of which a note tells


def is_list(name: str, body: bytes) -> bool:
    """Whether a file is a list of addresses, by its ending and by what is in it.

    A ``.csv`` or ``.tsv`` always is, for a table is never an article: ``read`` says what is wrong with it. Any other
    text is one when most lines begin with an address and no other is long, or when it is a table with a header that
    names the address.
    """
    if _is_table(name):
        return True
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
        lines = "" if _is_table(name) else ", a text an address in each line"
        raise Refused(f"no list of web addresses; a table needs a header row with url, title, outlet and date{lines}")
    collector = Collector()
    if charset:
        collector.notes.say(f"not UTF-8: read as {charset}, as Excel writes it; look at the accents and pound signs")
    notes = collector.notes
    entries = _lines_as_entries(text, notes) if kind == "lines" else rows_as_entries(text, kind, notes)
    for entry in entries:
        collector.take(entry)
    return collector.batch()


def _is_table(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith(_TABLE_NAMES)


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
    if _is_table(name):
        sheet = read_sheet(text)
        if (sheet is None or sheet.loose) and _one_a_line(text):
            return "lines"
        if sheet is None and not re.search(r"[,;\t]", text) and _one_a_line(text, remarks=True):
            return "lines"
        return sheet or sheet_by_content(text)
    if not ending.endswith(_LIST_NAMES) and re.search(r"\.[a-z0-9]{1,8}$", ending):
        return None
    if _one_a_line(text):
        return "lines"
    sheet = read_sheet(text)
    if sheet and "url" in sheet.columns and len(sheet.columns) > 1:
        return sheet
    return "lines" if _one_a_line(text, remarks=True) and not clippings.of_text(text[:_LOOKED_AT]) else None


def _one_a_line(text: str, *, remarks: bool = False) -> bool:
    """Whether nearly every line that says something begins with an address, with ``remarks`` at least every other.

    Remarks are short and stand alone: a long line, or several lines of words on end, are an article's.
    """
    hits = misses = running = 0
    for _, line in _lines(text):
        if _addresses(line):
            hits, running = hits + 1, 0
            if hits > MOST_ENTRIES:
                break  # too many for a list: judged by these, and refused
            continue
        misses += 1
        if hits + misses > _FIRST_LINES and misses > hits:
            return False
        running += " " in line
        if remarks and (running > _MOST_REMARKS or (len(line) > _LONGEST_REMARK and not _within(line))):
            return False
    return hits > 1 and misses <= hits if remarks else hits > 0 and misses * 10 <= hits


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


def _within(line: str) -> list[str]:
    """Return the addresses that stand within a line of words, not at its beginning."""
    if len(line) > _LONGEST_NOTE:
        return []
    told = (web_address(word.lstrip("([<").rstrip(".,;:!?])>")) for word in line.split())
    return [url for url in told if url]


def _lines_as_entries(text: str, notes: Notes) -> Iterator[Listed]:
    """Yield what the lines of a list name; of the lines that name nothing the notes tell."""
    odd, shown = 0, []
    for number, line in _lines(text):
        found = _addresses(line) or [(url, "") for url in _within(line)]
        for url, title in found:
            yield Listed(place=f"line {number}", addresses=(url,), title=title)
        if not found:
            odd += 1
            if odd <= _TOLD:
                shown.append(f"line {number} ({shorten(printable(clean_line(line[:200])), 60)})")
    if odd:
        more = f" and {odd - _TOLD} more" if odd > _TOLD else ""
        what = "1 line is no URL" if odd == 1 else f"{odd} lines are no URLs"
        notes.say(f"{what}: {', '.join(shown)}{more}")
