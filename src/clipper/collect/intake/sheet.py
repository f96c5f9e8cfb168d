"""Tables of links as spreadsheets and reference managers export them (CSV, TSV) to entries of a list."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice
from typing import Literal

from clipper.collect import names
from clipper.collect.document import MAX_BYTES
from clipper.collect.intake.listed import MOST_ENTRIES, Listed, Notes, one_line_end, people, web_address, written_date
from clipper.collect.outlets import is_known, may_be_outlet, names_a_paper
from clipper.errors import Refused
from clipper.text import clean_line, fold, printable, shorten

csv.field_size_limit(MAX_BYTES)  # an article's text may be longer than the 128 KB of the csv module

_SEPARATORS = ",;\t"
_SAMPLE = 1 << 16  # characters from which separator and header are told
_HEADER_WITHIN = 10  # rows; a title of the table may stand over its header
_SEP_LINE = re.compile(r'"?sep=([,;\t|:^~])"?(?:\r\n|\n|\r|$)', re.IGNORECASE)
_LOOKED_AT, _WIDEST = 200, 60  # rows and columns that are told by what is in them
_END = "\x00end"  # no text of a file holds a NUL

# What a column may be called, those first that are believed first.
_CALLED: dict[str, tuple[str, ...]] = {
    "url": ("url", "article url", "web address", "webaddress", "address", "link", "article link", "link to article",
            "web link", "weblink", "hyperlink", "href", "permalink", "source url", "page url", "story url", "uri",
            "urls", "links", "web page", "webpage", "url link", "link url", "online link", "canonical url"),
    "title": ("title", "headline", "article title", "title of article", "head line", "headlines", "heading",
              "article headline", "story title", "article", "story", "page title", "item title", "title of item",
              "title of story", "article name", "name of article", "news headline", "news title", "story headline",
              "news item", "news story", "item", "name", "subject"),
    "outlet": ("outlet", "publication title", "publication", "newspaper", "media outlet", "news outlet", "media",
               "newspaper name", "publication name", "outlet name", "source", "source title", "source name",
               "news source", "newspaper title", "paper",
               "published in", "appeared in", "printed in", "paper name", "name of paper", "name of newspaper",
               "name of publication", "name of outlet", "title of publication", "title of newspaper", "media title",
               "media name", "media source", "periodical", "broadcaster",
               "magazine", "journal", "site", "site name", "website", "blog", "publisher", "published by",
               "where published", "where"),
    "date": ("date", "publication date", "date published", "published", "pubdate", "pub date", "published date",
             "publish date", "date of publication", "published on", "published at", "article date", "date posted",
             "posted", "issue date", "date of article", "date of issue", "date of story", "date of pub", "story date",
             "news date", "date issued", "date printed", "date appeared", "article published", "publication day",
             "day published", "when published", "dated", "publication year", "year", "day", "when"),
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
_LOOSELY = frozenset(("item", "name", "subject", "where", "when", "day"))  # believed where nothing else is so called
_NUMBERINGS = frozenset(("no", "nr", "num", "number", "id", "row", "n", "s no", "sr no", "item no", "key"))
_REMARKS = frozenset(("note", "notes", "comment", "comments", "remarks", "extra", "annotation", "annotations"))
_OTHER_DAYS = re.compile(
    r"\b(?:access|add|modif|updat|retriev|sav|clip|read|seen|view|check|due|deadline|meeting|event)"
)
_MOST_TOLD = 10  # columns that a note names
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
    ``loose`` marks a table whose other cells may be the rest of addresses with commas in them. ``names`` are the cells
    of the header row; ``guessed`` says that no header named the columns and that what is in them did.
    """

    separator: str
    columns: Mapping[str, Sequence[int]] = field(default_factory=dict)
    header: int = 0
    width: int = 0
    address: int | None = None
    begin: int = 0
    month_first: bool = False
    loose: bool = False
    names: Sequence[str] = ()
    guessed: bool = False


def read_sheet(text: str) -> Sheet | None:
    """Return how a text is read as a table of links, None when it is none.

    It is one when its header names the address, or a title beside an outlet, a date, an author, an abstract or a text,
    or when a column of it holds addresses.
    """
    begin, separators = _separators(text)
    best: tuple[tuple[int, int], Sheet] | None = None
    for separator in separators:
        rows = _sample(text[begin : begin + _SAMPLE], separator)
        for number, row in enumerate(rows[:_HEADER_WITHIN], 1):
            columns = _columns(row)
            if _names_articles(columns):
                said = " ".join(row).lower()
                sheet = Sheet(separator, columns, number, len(row), begin=begin, names=tuple(row),
                              month_first="mm/dd" in said or "mm-dd" in said)  # fmt: skip
                if best is None or (len(columns), len(row)) > best[0]:
                    best = (len(columns), len(row)), sheet
                break
    if best:
        return best[1]
    for separator in separators:
        rows = [row for row in _sample(text[begin : begin + _SAMPLE], separator) if any(map(str.strip, row))]
        for column in range(min(max(map(len, rows), default=0), 50)):
            hits = sum(1 for row in rows if column < len(row) and web_address(row[column]))
            if hits and hits * 10 >= len(rows) * 9:
                others = [cell for row in rows for at, cell in enumerate(row) if at != column]
                return Sheet(separator, width=max(map(len, rows)), address=column, begin=begin,
                             loose=not any(" " in cell.strip() or written_date(cell) for cell in others))  # fmt: skip
    return None


def sheet_by_content(text: str) -> Sheet | None:
    """Return how a table without addresses and without known names of columns is read, None where that is not certain.

    It is where one column holds outlets, at most one dates, and one texts that are longer by far than any other's.
    """
    begin, separators = _separators(text)
    for separator in separators:
        sample = _sample(text[begin : begin + _SAMPLE], separator)
        if len(text) - begin > _SAMPLE:
            sample.pop()  # it may be cut
        rows = [(number, row) for number, row in enumerate(sample, 1) if any(map(str.strip, row))]
        width = max((len(row) for _, row in rows), default=0)
        if not 2 <= width <= _WIDEST or sum(len(row) == width for _, row in rows) * 10 < len(rows) * 9:
            continue
        number, first = rows[0]
        under = [row for _, row in rows[1:]]
        dates = [at for at in range(width) if _nearly_all(_cells(under, at), _is_day)]
        named = bool(under) and (
            any(_name(cell) in _FIELDS for cell in first)
            or any(at < len(first) and first[at].strip() and not _is_day(first[at]) for at in dates)
        )
        if columns := _told_apart([row for _, row in rows[named:]], width):
            return Sheet(separator, columns, number if named else 0, width, begin=begin,
                         names=tuple(first) if named else (), guessed=True)  # fmt: skip
    return None


def _told_apart(rows: Sequence[Sequence[str]], width: int) -> dict[str, list[int]] | None:
    cells = {at: [clean_line(cell[:2000]) for cell in _cells(rows, at)] for at in range(width)}
    dates = [at for at in cells if _nearly_all(cells[at], _is_day)]
    outlets = [at for at in cells if at not in dates and _nearly_all(cells[at], may_be_outlet)
               and sum(is_known(cell) or names_a_paper(cell) for cell in cells[at]) * 2 >= len(cells[at])]  # fmt: skip
    if len(outlets) > 1:
        outlets = [at for at in outlets if _nearly_all(cells[at], is_known)]
    if len(outlets) != 1 or len(dates) > 1:
        return None
    long = {at: sum(map(len, cells[at])) / len(rows) for at in cells if at not in (*dates, *outlets)}
    title = max(long, key=lambda at: long[at], default=-1)
    others = [length for at, length in long.items() if at != title]
    words = sum(len(cell.split()) for cell in cells.get(title, ()))
    if words < 3 * len(rows) or not 12 <= long[title] <= 200 or any(long[title] < 1.5 * length for length in others):
        return None
    return {"title": [title], "outlet": outlets} | ({"date": dates} if dates else {})


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
    sheet = _settled(rows, sheet, notes)
    _tell_unused(rows, sheet, notes)
    left_out = 0
    month_first, mixed = _month_first(rows, sheet, notes)
    for number, row in rows:
        cells = _fields(row, sheet)
        if clean_line(cells.get("kind", "")).lower() in _NO_ARTICLE:
            left_out += 1
            continue
        if mixed:
            _tell_order(row, number, sheet, month_first, notes)
        yield _listed(cells, row, number, sheet, month_first, notes)
    if left_out:
        notes.say(f"{left_out} row{'s' if left_out > 1 else ''} of attachments and notes left out")


def _separators(text: str) -> tuple[int, Sequence[str]]:
    """Return where a table begins, and the separators that it can have: the one that its first line tells, or all."""
    told = _SEP_LINE.match(text)
    return (told.end(), told[1]) if told else (0, _SEPARATORS)


def _settled(rows: Sequence[tuple[int, list[str]]], sheet: Sheet, notes: Notes) -> Sheet:
    """Return a sheet whose columns hold what they are called, with the one of dates where no name tells it."""
    looked_at = [row for _, row in rows[:_LOOKED_AT]]
    if sheet.guessed:
        told = ", ".join(f"column {places[0] + 1} is the {key}" for key, places in sheet.columns.items())
        notes.say(f"no header row that names url, title, outlet, date: told by what is in them, {told}")
        return sheet
    columns = {key: list(places) for key, places in sheet.columns.items()}
    for key, places in sheet.columns.items():
        certain = [at for at in places if _name(sheet.names[at]) not in _LOOSELY]
        columns[key] = certain or [at for at in places if _fits(key, _cells(looked_at, at))]
    for key, what, test in () if "kind" in columns else _TOLD_BY:
        taken = {at for places in columns.values() for at in places}
        free = [at for at, name in enumerate(sheet.names[:_WIDEST])
                if at not in taken and not _OTHER_DAYS.search(_name(name))]  # fmt: skip
        found = [] if columns.get(key) else [at for at in free if _nearly_all(_cells(looked_at, at), test)]
        if len(found) == 1:
            columns[key] = found
            notes.say(f"column {_shown(sheet, found[0])} holds {what}, and is read so")
    return replace(sheet, columns={key: places for key, places in columns.items() if places})


def _tell_unused(rows: Sequence[tuple[int, list[str]]], sheet: Sheet, notes: Notes) -> None:
    """Say which columns hold something that is not taken: of a reference manager's own table only the remarks."""
    taken = {at for places in sheet.columns.values() for at in places}
    left = [at for at in range(sheet.width) if at not in taken]
    if sheet.names:
        names = {at: _name(sheet.names[at]) for at in left}
        left = [
            at for at in left if (names[at] in _REMARKS if "kind" in sheet.columns else names[at] not in _NUMBERINGS)
        ]
    filled = {at for _, row in rows for at in left if at < len(row) and row[at].strip()} if left else set()
    if told := [_shown(sheet, at) for at in left if at in filled]:
        more = f" and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
        notes.say(f"columns not used: {', '.join(told[:_MOST_TOLD])}{more}")


def _shown(sheet: Sheet, at: int) -> str:
    name = printable(clean_line(sheet.names[at][:200])) if at < len(sheet.names) else ""
    return shorten(name, 40) or f"column {at + 1}"


def _cells(rows: Sequence[Sequence[str]], at: int) -> list[str]:
    """Return the cells of a column that hold something."""
    return [row[at] for row in rows if at < len(row) and row[at].strip()]


def _nearly_all(cells: Sequence[str], test: Callable[[str], bool]) -> bool:
    return bool(cells) and sum(map(test, cells)) * 10 >= len(cells) * 9


def _is_day(cell: str) -> bool:
    """Whether a cell is a day or a month and nothing else; a bare number is none, not even one that may be a year."""
    cell = cell.strip()
    return len(cell) <= 40 and not _SERIAL.fullmatch(cell) and len(written_date(_day(cell, False)) or "") > 4


def _is_address(cell: str) -> bool:
    return web_address(cell) is not None


_TOLD_BY: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("url", "addresses", _is_address),
    ("date", "dates", _is_day),
)


def _fits(key: str, cells: Sequence[str]) -> bool:
    """Whether the cells of a column can be what its name loosely says: most of them, or none holds anything."""
    tests: dict[str, Callable[[str], bool]] = {
        "date": lambda cell: bool(written_date(_day(cell, False))),
        "outlet": lambda cell: bool(web_address(cell)) or may_be_outlet(cell),
        "title": lambda cell: any(map(str.isalpha, cell[:200])) and not _is_day(cell),
    }
    return sum(map(tests[key], cells)) * 2 >= len(cells) if key in tests else True


def _sample(text: str, separator: str) -> list[list[str]]:
    return list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 50))


def _columns(row: Sequence[str]) -> dict[str, list[int]]:
    """Return where each field stands if a row is a header, else nothing."""
    found: dict[str, list[tuple[int, int]]] = {}
    for at, cell in enumerate(row[:500]):
        if len(cell) > 200 or web_address(cell):
            return {}
        name = _name(cell)
        if name in _FIELDS:
            key, rank = _FIELDS[name]
            found.setdefault(key, []).append((rank, at))
    return {key: [at for _, at in sorted(places)] for key, places in found.items()}


def _name(cell: str) -> str:
    """Return what a cell of a header calls its column, without brackets, accents and punctuation."""
    name = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", " ", fold(cell[:200]))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", name).split())


def _names_articles(columns: Mapping[str, Sequence[int]]) -> bool:
    beside = {"outlet", "date", "author", "abstract", "text"}
    return "url" in columns or ("title" in columns and not beside.isdisjoint(columns))


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
    cells: Mapping[str, str], row: Sequence[str], number: int, sheet: Sheet, month_first: bool, notes: Notes
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
    return Listed(
        place=place,
        addresses=(url,),
        doi=cells.get("doi", ""),
        title=cells.get("title", ""),
        outlet=outlet,
        authors=_authors(cells.get("author", ""), turned="kind" in sheet.columns),
        dates=tuple(_day(written, month_first) for written in _dates(row, sheet)),
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


def _month_first(rows: Sequence[tuple[int, list[str]]], sheet: Sheet, notes: Notes) -> tuple[bool, bool]:
    """Return whether dates of a table that can be two days are written month first, and whether others are not so.

    Days come first unless the header says otherwise, or several dates can only be read the other way and none this.
    """
    days = months = 0
    shown = ""
    for number, row in rows:
        for written in _dates(row, sheet):
            order = _order(written)
            days += order == "day"
            if order == "month":
                months += 1
                shown = shown or f"row {number}: {_told(written)}"
    if not sheet.month_first and months > 1 and not days:
        notes.say(f"dates are read month first ({shown})")
        return True, False
    return sheet.month_first, bool(days if sheet.month_first else months)


def _order(written: str) -> Literal["day", "month", "both"] | None:
    """Return which number of a date comes first, None where there are no two numbers or the order does not matter."""
    found = _NUMBERS.fullmatch(written[:60])
    if not found or (first := int(found[1])) == (second := int(found[3])) or min(first, second) > 12:
        return None
    return "day" if first > 12 else "month" if second > 12 else "both"


def _tell_order(row: Sequence[str], number: int, sheet: Sheet, month_first: bool, notes: Notes) -> None:
    """Say how the dates of a row are read in a table that has dates of both orders."""
    usual, other = ("month", "day") if month_first else ("day", "month")
    for written in _dates(row, sheet)[:1]:
        order = _order(written)
        if order == other:
            notes.add(f"dates that are read {other} first", f"row {number}: read {other} first ({_told(written)})")
        elif order == "both":
            notes.add(
                "dates that can be two days",
                f"row {number}: the date can be two days ({_told(written)}), and is read {usual} first",
            )


def _told(written: str) -> str:
    return shorten(printable(clean_line(written[:60])), 30)


def _day(cell: str, month_first: bool) -> str:
    """Return the date of a cell with the day first. What can only be read in one order is read in that."""
    if (serial := _SERIAL.fullmatch(cell[:40])) and _FIRST_SERIAL <= int(serial[1]) <= _LAST_SERIAL:
        return (_DAY_ZERO + timedelta(days=int(serial[1]))).isoformat()
    found = _NUMBERS.fullmatch(cell[:60])
    order = _order(cell)
    if found and (order == "month" or (order == "both" and month_first)):
        return f"{found[3]}{found[2]}{found[1]}{found[2]}{found[4]}{found[5]}"
    return cell
