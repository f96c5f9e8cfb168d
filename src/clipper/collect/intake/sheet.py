"""Tables of links as spreadsheets and reference managers export them (CSV, TSV) to entries of a list."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice

from clipper.collect import names
from clipper.collect.document import MAX_BYTES
from clipper.collect.intake.listed import MOST_ENTRIES, Listed, Notes, one_line_end, people, web_address, written_date
from clipper.errors import Refused
from clipper.text import clean_line, fold, shorten

csv.field_size_limit(MAX_BYTES)  # an article's text may be longer than the 128 KB of the csv module

_SEPARATORS = ",;\t"
_SAMPLE = 1 << 16  # characters from which separator and header are told
_HEADER_WITHIN = 10  # rows; a title of the table may stand over its header
_SEP_LINE = re.compile(r'"?sep=([,;\t|:^~])"?(?:\r\n|\n|\r|$)', re.IGNORECASE)
_END = "\x00end"  # no text of a file holds a NUL

# What a column may be called, those first that are believed first.
_CALLED: dict[str, tuple[str, ...]] = {
    "url": ("url", "article url", "web address", "webaddress", "address", "link", "article link", "link to article",
            "web link", "weblink", "hyperlink", "href", "permalink", "source url", "page url", "story url", "uri",
            "urls", "links", "web page", "webpage", "url link", "link url", "online link", "canonical url"),
    "title": ("title", "headline", "article title", "title of article", "head line", "headlines", "heading",
              "article headline", "story title", "article", "story", "page title", "item title"),
    "outlet": ("outlet", "publication title", "publication", "newspaper", "media outlet", "news outlet", "media",
               "newspaper name", "publication name", "outlet name", "source", "source title", "source name",
               "news source", "newspaper title", "paper",
               "magazine", "journal", "site", "site name", "website", "blog", "publisher"),
    "date": ("date", "publication date", "date published", "published", "pubdate", "pub date", "published date",
             "publish date", "date of publication", "published on", "published at", "article date", "date posted",
             "posted", "issue date", "publication year", "year"),
    "author": ("author", "authors", "byline", "by", "journalist", "journalists", "reporter", "reporters", "writer",
               "writers", "author name", "author s", "author names", "bylines"),
    "abstract": ("abstract", "abstract note", "excerpt", "summary", "description", "standfirst", "snippet", "lead"),
    "text": ("full text", "fulltext", "text", "article text", "body", "body text", "article body", "content",
             "article content", "full article", "full content", "main text"),
    "language": ("language", "lang", "article language"),
    "keywords": ("tags", "keywords", "categories", "category", "keyword", "tag", "topics", "topic", "manual tags",
                 "automatic tags", "subjects"),
    "doi": ("doi",),
    "kind": ("item type",),
}  # fmt: skip
_FIELDS = {name: (key, rank) for key, called in _CALLED.items() for rank, name in enumerate(called)}
_NO_ARTICLE = ("attachment", "note", "annotation")
_NUMBERS = re.compile(r"\s*(\d{1,2})\s*([/.-])\s*(\d{1,2})\s*[/.-]\s*(\d{4}|\d{2})(?!\d)(.*)", re.DOTALL)
_SERIAL = re.compile(r"\s*(\d{5})(?:[.,]\d{1,20})?\s*")
_DAY_ZERO = date(1899, 12, 30)  # of Excel's serial numbers, on Windows and on newer Macs
_FIRST_SERIAL, _LAST_SERIAL = 14_611, 54_789  # 1940 to 2050


@dataclass(frozen=True)
class Sheet:
    """How a table is to be read. ``columns`` are the places of each field, empty where there is no header row.

    ``header`` is the number of the header row, ``width`` its cells, ``address`` the column of addresses where no
    header names it, ``begin`` where in the text the table begins, ``month_first`` whether the header says so.
    ``loose`` marks a table whose other cells may be the rest of addresses with commas in them.
    """

    separator: str
    columns: Mapping[str, Sequence[int]] = field(default_factory=dict)
    header: int = 0
    width: int = 0
    address: int | None = None
    begin: int = 0
    month_first: bool = False
    loose: bool = False


def read_sheet(text: str) -> Sheet | None:
    """Return how a text is read as a table of links, None when it is none.

    It is one when its header names the address, or a title beside an outlet, an abstract or a text, or when a column
    of it holds addresses.
    """
    told = _SEP_LINE.match(text)
    begin = told.end() if told else 0
    best: tuple[tuple[int, int], Sheet] | None = None
    for separator in (told[1],) if told else _SEPARATORS:
        rows = _sample(text[begin : begin + _SAMPLE], separator)
        for number, row in enumerate(rows[:_HEADER_WITHIN], 1):
            columns = _columns(row)
            if _names_articles(columns):
                said = " ".join(row).lower()
                sheet = Sheet(separator, columns, number, len(row), begin=begin,
                              month_first="mm/dd" in said or "mm-dd" in said)  # fmt: skip
                if best is None or (len(columns), len(row)) > best[0]:
                    best = (len(columns), len(row)), sheet
                break
    if best:
        return best[1]
    for separator in (told[1],) if told else _SEPARATORS:
        rows = [row for row in _sample(text[begin : begin + _SAMPLE], separator) if any(map(str.strip, row))]
        for column in range(min(max(map(len, rows), default=0), 50)):
            hits = sum(1 for row in rows if column < len(row) and web_address(row[column]))
            if hits and hits * 10 >= len(rows) * 9:
                others = [cell for row in rows for at, cell in enumerate(row) if at != column]
                return Sheet(separator, width=max(map(len, rows)), address=column, begin=begin,
                             loose=not any(" " in cell.strip() or written_date(cell) for cell in others))  # fmt: skip
    return None


def rows_as_entries(text: str, sheet: Sheet, notes: Notes) -> Iterator[Listed]:
    """Yield the rows of a table; notes tell of how dates were read and of what was left out.

    Raises Refused for a quotation mark that is never closed and for more than 100,000 rows.
    """
    rows = _rows(text[sheet.begin :], sheet, notes)
    if sheet.address is not None:
        if sheet.width > 1:
            notes.say("no header row (url, title, outlet, date …): only the addresses are read")
        for number, row in rows:
            cell = row[sheet.address] if sheet.address < len(row) else ""
            yield Listed(place=f"row {number}", addresses=(cell,))
        return
    left_out = 0
    month_first = _month_first(rows, sheet, notes)
    for number, row in rows:
        cells = _fields(row, sheet)
        if clean_line(cells.get("kind", "")).lower() in _NO_ARTICLE:
            left_out += 1
            continue
        yield _listed(cells, row, number, sheet, month_first, notes)
    if left_out:
        notes.say(f"{left_out} row{'s' if left_out > 1 else ''} of attachments and notes left out")


def _sample(text: str, separator: str) -> list[list[str]]:
    return list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 50))


def _columns(row: Sequence[str]) -> dict[str, list[int]]:
    """Return where each field stands if a row is a header, else nothing."""
    found: dict[str, list[tuple[int, int]]] = {}
    for at, cell in enumerate(row[:500]):
        if len(cell) > 200 or web_address(cell):
            return {}
        name = re.sub(r"\(.*?\)|\[.*?\]", " ", fold(cell))
        name = " ".join(re.sub(r"[^a-z0-9]+", " ", name).split())
        if name in _FIELDS:
            key, rank = _FIELDS[name]
            found.setdefault(key, []).append((rank, at))
    return {key: [at for _, at in sorted(places)] for key, places in found.items()}


def _names_articles(columns: Mapping[str, Sequence[int]]) -> bool:
    return "url" in columns or ("title" in columns and not {"outlet", "abstract", "text"}.isdisjoint(columns))


def _rows(text: str, sheet: Sheet, notes: Notes) -> list[tuple[int, list[str]]]:
    """Return the rows under the header that are not empty, with their numbers as a spreadsheet shows them.

    Where quotation marks do not stand as a program would set them, they are either text in a table that quotes
    nothing, or a person's work that is read as well as can be.
    """
    text = text.rstrip("\r\n")
    try:
        return _quoted(text, sheet, strict=True)
    except csv.Error:
        pass
    if unquoted := _without_quoting(text, sheet):
        return unquoted
    try:
        rows = _quoted(text, sheet, strict=False)
    except csv.Error as error:
        raise Refused(f"not a table that can be read ({error})") from None
    notes.say("a quotation mark stands where none belongs, and may have hidden the end of a row")
    return rows


def _quoted(text: str, sheet: Sheet, *, strict: bool) -> list[tuple[int, list[str]]]:
    found: list[tuple[int, list[str]]] = []
    number, row = 0, [""]
    whole = io.StringIO(f"{text}\n{_END}\n", newline="")
    for number, row in enumerate(csv.reader(whole, delimiter=sheet.separator, strict=strict), 1):
        if number > sheet.header and any(cell.strip() for cell in row):
            found.append((number, row))
            if len(found) > MOST_ENTRIES + 1:
                raise Refused(f"more than {MOST_ENTRIES:,} rows; split the table into several files")
    if row != [_END]:
        raise Refused(f"a quotation mark in row {number} is never closed; close it, or leave it out")
    return found[:-1]


def _without_quoting(text: str, sheet: Sheet) -> list[tuple[int, list[str]]] | None:
    """Return the rows of a table whose quotation marks are only text: each line then has the header's cells.

    A program that writes tables with tabs often quotes nothing, and a headline may begin with a quotation mark.
    """
    lines = one_line_end(text).split("\n")[max(sheet.header - 1, 0) :]
    if len(lines) > MOST_ENTRIES + 1000 or sheet.width < 2 or not sheet.header:
        return None
    cells = [line.split(sheet.separator) for line in lines]
    if any(len(row) != sheet.width for row, line in zip(cells, lines, strict=True) if line.strip()):
        return None
    return [
        (number, [_unquoted(cell) for cell in row])
        for number, row in enumerate(cells[1:], sheet.header + 1)
        if any(cell.strip() for cell in row)
    ]


def _unquoted(cell: str) -> str:
    inner = cell.strip()
    if len(inner) > 1 and inner[0] == inner[-1] == '"' and '"' not in inner[1:-1].replace('""', ""):
        return inner[1:-1].replace('""', '"')
    return cell


def _fields(row: Sequence[str], sheet: Sheet) -> dict[str, str]:
    """Return what a row says in each field; several columns of keywords are one."""
    if len(row) > sheet.width:  # the separator stands in the last cell, which is not quoted
        row = [*row[: sheet.width - 1], sheet.separator.join(row[sheet.width - 1 :])]
    found = {}
    for key, places in sheet.columns.items():
        said = [row[at] for at in places if at < len(row) and row[at].strip()]
        if said:
            found[key] = "; ".join(said) if key == "keywords" else said[0]
    return found


def _dates(row: Sequence[str], sheet: Sheet) -> list[str]:
    return [row[at] for at in sheet.columns.get("date", ()) if at < len(row) and row[at].strip()]


def _listed(
    cells: Mapping[str, str], row: Sequence[str], number: int, sheet: Sheet, month_first: bool | None, notes: Notes
) -> Listed:
    place = f"row {number}"
    url = cells.get("url", "")
    if any(cell.strip() for cell in row[sheet.width :]) and "url" in sheet.columns and not web_address(url):
        notes.add(
            "rows with more cells than the header", f"{place}: more cells than the header; only its address is read"
        )
        return Listed(place=place, addresses=tuple(cell for cell in row if web_address(cell)))
    outlet = cells.get("outlet", "")
    if web_address(outlet):  # a column called source may name the page
        url, outlet = url or outlet, ""
    days = [_day(written, month_first) for written in _dates(row, sheet)]
    if days and not days[0]:
        notes.add("dates that can be two days", f"{place}: the date can be two days, and is not taken")
    return Listed(
        place=place,
        addresses=(url,),
        doi=cells.get("doi", ""),
        title=cells.get("title", ""),
        outlet=outlet,
        authors=_authors(cells.get("author", ""), turned="kind" in sheet.columns),
        dates=tuple(days),
        language=cells.get("language", ""),
        abstract=cells.get("abstract", ""),
        keywords=tuple(re.split(r"[;|\n]" if ";" in (said := cells.get("keywords", "")) else r"[,|\n]", said)),
        text=cells.get("text", ""),
    )


def _authors(cell: str, *, turned: bool) -> tuple[str, ...]:
    """Return the people of a cell. ``turned`` says that every name is written *Family, Given*."""
    cell = cell[:5000]
    if turned or ";" in cell or "\n" in cell.strip():
        return people(name for name in re.split(r"[;\n]", cell) if name.strip())
    family, comma, given = clean_line(cell).partition(", ")
    if comma and " " not in family and given and not re.search(r",|\band\b|&", given):
        return people([cell])
    return names.authors([cell])


def _month_first(rows: Sequence[tuple[int, list[str]]], sheet: Sheet, notes: Notes) -> bool | None:
    """Return whether the dates of a table are written month first, None when some are and some are not.

    Days come first unless a date of the table can only be read the other way.
    """
    days = months = 0
    shown = ""
    for number, row in rows:
        for written in _dates(row, sheet):
            found = _NUMBERS.fullmatch(written[:60])
            if found and int(found[1]) > 12 >= int(found[3]):
                days += 1
            elif found and int(found[3]) > 12 >= int(found[1]):
                months += 1
                shown = shown or f"row {number}: {shorten(clean_line(found[0]), 30)}"
    if not months:
        return sheet.month_first and not days
    notes.say(
        f"dates with the day first and with the month first ({shown}); those that can be both are left out"
        if days
        else f"dates are read month first ({shown})"
    )
    return None if days else True


def _day(cell: str, month_first: bool | None) -> str:
    """Return the date of a cell in an order that can only be read in one way, nothing where it can be two days."""
    if (serial := _SERIAL.fullmatch(cell[:40])) and _FIRST_SERIAL <= int(serial[1]) <= _LAST_SERIAL:
        return (_DAY_ZERO + timedelta(days=int(serial[1]))).isoformat()
    found = _NUMBERS.fullmatch(cell[:60])
    if not found:
        return cell
    first, second = int(found[1]), int(found[3])
    if month_first is None and max(first, second) <= 12 and first != second:
        return ""
    if month_first or (month_first is None and second > 12):
        return f"{second}{found[2]}{first}{found[2]}{found[4]}{found[5]}"
    return cell
