"""Labels as a table that a spreadsheet reads and writes: out of the archive, and back into it.

Long, a row a label: ``article,title,theme,value,coder,round,at,revision``. Wide, a row an article: a column for each
theme, with yes, no or nothing in it. What is written long comes back as it was.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from clipper.archive import clock
from clipper.archive.catalogue import Entry
from clipper.archive.store import Archive, utc
from clipper.coding.codebook import Codebook
from clipper.coding.labelling import Held, article_to_label, clean_name, name_fault
from clipper.errors import ClipperError, ConfigError, UsageError
from clipper.models import Label
from clipper.text import plain_cell, safe_cell, shorten

HEADER = ("article", "title", "theme", "value", "coder", "round", "at", "revision")
MAX_BYTES = 64 * 1024 * 1024
_MAX_PROBLEMS = 100  # told one by one; nobody reads more
_YES = ("yes", "y", "true", "1", "+")
_NO = ("no", "n", "false", "0", "-", "−", "–")
_IGNORED = ("title", "outlet", "authors", "published", "date", "year", "month", "day", "fetched", "kind", "language",
            "url", "link", "source", "partial", "duplicate_of", "copies", "words", "excerpt", "text", "snippet",
            "themes", "labels", "note", "notes", "comment", "comments")  # fmt: skip
# How columns of exported sheets begin that say what is said of a theme already, perhaps by a machine alone: no key of a
# theme has an underscore.
_SAID = ("theme_", "probability_")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_NUMBER_MADE = re.compile(r"\d+([.,]\d+)?[eE]\+?\d+")


# -- out --------------------------------------------------------------------------------------------------


def all_labels(archive: Archive, round_name: str | None = None) -> list[Label]:
    """Return the labels that hold and those of earlier rounds, article by article, those that hold last of their kind.

    With a ``round_name``, those of that round alone.

    Recorded in this order, the same labels hold again.
    """
    judgements = archive.catalogue.judgements
    holding = set(map(_key, judgements.everything()))
    rounds = ["", *judgements.rounds()] if round_name is None else [round_name]  # "": those given in no round
    labels = [label for name in rounds for label in judgements.in_round(name)]
    return sorted(
        labels, key=lambda one: (one.article, one.theme, one.coder, _key(one) in holding, one.at, one.round or "")
    )  # fmt: skip


def rows(archive: Archive, round_name: str | None = None) -> Iterator[list[str]]:
    """Yield the table of all labels, or those of a round, its header first; each cell is safe in a spreadsheet."""
    yield list(HEADER)
    entry: Entry | None = None
    for one in all_labels(archive, round_name):
        if entry is None or entry.id != one.article:
            entry = archive.catalogue.get(one.article)
        title = (entry.title or "") if entry else ""
        value = "yes" if one.value else "no"
        cells = (one.article, title, one.theme, value, one.coder, one.round or "", one.at, str(one.revision))
        yield [safe_cell(cell) for cell in cells]


def as_csv(table: Iterable[Sequence[str]]) -> str:
    """Return a table as CSV: commas, quotes where they are needed, lines ended by a line feed."""
    out = io.StringIO(newline="")
    plain, quoted = (csv.writer(out, lineterminator="\n", quoting=q) for q in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    for row in table:
        # Where a spreadsheet takes semicolons for commas, what follows one could be a formula.
        (quoted if any(mark in cell for cell in row for mark in ";\t") else plain).writerow(row)
    return out.getvalue()


# -- in ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """A table that was read and found good: ``labels`` in the order of its rows.

    ``dated`` holds the places in ``labels`` whose rows said when they were given; ``left_out`` the columns that say
    nothing of labels.
    """

    labels: list[Label]
    dated: frozenset[int]
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Imported:
    """What became of a table: the labels written, how many were as before, and how many older than what holds."""

    written: list[Label]
    as_before: int
    older: int
    left_out: list[str]


def take_in(
    archive: Archive,
    book: Codebook,
    content: bytes,
    name: str,
    *,
    coder: str | None,
    round_name: str | None,
    moment: datetime,
) -> Imported:
    """Record the labels of a CSV file; ``name`` is what it is called in messages.

    ``coder`` and ``round_name`` are for rows that name none. A row that says what is on record already is not written
    again; one that was given before what its coder said last does not undo it. Raises ConfigError with every problem,
    each with the file and its row, and then nothing has been written.
    """
    table = _table(content, name)
    with archive.writing() as writer:
        sheet = _Reader(archive, book, name, coder, round_name, utc(moment)).read(table)
        judgements = archive.catalogue.judgements
        found = _new(sheet, Held(judgements.everything(), all_labels(archive)), book)
        if found.written:
            writer.labels(found.written)
    return found


def _new(sheet: Sheet, held: Held, book: Codebook) -> Imported:
    """Return what of a table is to be written."""
    written: list[Label] = []
    again: dict[tuple[str, str, str], Label] = {}
    as_before = older = 0
    latest = clock.ahead()  # a label that is dated later was given by a clock that was ahead, and undoes nothing
    for place, label in enumerate(sheet.labels):
        last, same_round = held.last(label), held.in_round(label)
        dated = place in sheet.dated
        known = same_round is not None and (same_round.value, same_round.at) == (label.value, label.at)
        if known or held.as_before(label):
            as_before += 1
        elif dated and last is not None and label.at < last.at <= latest:
            if same_round is not None and same_round.at > label.at:
                older += 1
                continue
            written.append(label)
            again[last.article, last.theme, last.coder] = last  # so that it stays the one that holds
        else:
            written.append(label)
            if not dated:  # a row with its time is a record of what was said, and stands for no more
                written += held.withdrawn(label, book)
    return Imported([*written, *again.values()], as_before, older, sheet.left_out)


def _table(content: bytes, name: str) -> list[list[str]]:
    """Return the rows of a CSV file, whichever separator it has, numbered as a spreadsheet does from 1.

    Raises UsageError for what is no table.
    """
    if len(content) > MAX_BYTES:
        raise UsageError(f"{name}: too long for a table of labels (at most {MAX_BYTES} bytes); bring it in parts")
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise UsageError(f"{name}: not in UTF-8; save it as 'CSV UTF-8'") from None
    declared = re.match(r"sep=(.)\r?\n", text)  # a line of Excel's own
    text = text[declared.end() :] if declared else text
    first = text.lstrip().split("\n", 1)[0]
    separator = declared[1] if declared else max(",;\t", key=first.count)
    csv.field_size_limit(MAX_BYTES)  # a cell may hold a whole text
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except (csv.Error, ValueError) as error:
        raise UsageError(f"{name}: not a table in CSV ({error})") from None


class _Reader:
    """Reads one table, and notes every problem with its row."""

    def __init__(
        self, archive: Archive, book: Codebook, name: str, coder: str | None, round_name: str | None, at: str
    ) -> None:
        self.archive, self.book, self.name, self.at = archive, book, name, at
        self.coder, self.round = coder, round_name
        self.problems: list[str] = []
        self.columns: dict[str, int] = {}
        self.themes: dict[int, str] = {}  # of a wide table: column, key
        self.left_out: list[str] = []
        self.entries: dict[str, Entry | None] = {}
        self.labels: list[Label] = []
        self.dated: set[int] = set()
        self.seen: dict[tuple[str, str, str, str | None], tuple[bool, int]] = {}

    def read(self, table: list[list[str]]) -> Sheet:
        """Return the labels of a table, header and all. Raises ConfigError with every problem."""
        rows = [(number, row) for number, row in enumerate(table, 1) if any(cell.strip() for cell in row)]
        if not rows:
            raise ConfigError([f"{self.name}: empty; a table of labels begins with a line such as {','.join(HEADER)}"])
        self._header(*rows[0])
        if self.problems:
            raise ConfigError(self.problems)
        for number, row in rows[1:]:
            self._row(number, [plain_cell(cell) for cell in row])
        if len(self.problems) > _MAX_PROBLEMS:
            more = len(self.problems) - _MAX_PROBLEMS
            self.problems[_MAX_PROBLEMS:] = [f"{self.name}: {more} more problems"]
        if self.problems:
            raise ConfigError(self.problems)
        return Sheet(self.labels, frozenset(self.dated), self.left_out)

    def _problem(self, number: int, message: str) -> None:
        self.problems.append(f"{self.name}:{number}: {message}")

    def _header(self, number: int, row: list[str]) -> None:
        heads = [plain_cell(cell).strip() for cell in row]
        folded = ["article" if head.lower() == "id" else head.lower() for head in heads]
        wide = "theme" not in folded and "value" not in folded
        said = False
        for index, (head, key) in enumerate(zip(heads, folded, strict=True)):
            if len(self.problems) == _MAX_PROBLEMS:  # it is no sheet of labels
                self._problem(number, "and more of its columns")
                break
            if not key:
                continue
            if key in HEADER and key not in self.columns:
                self.columns[key] = index
            elif key in HEADER:
                self._problem(number, f"a second column {key!r}")
            elif key.startswith(_SAID):
                said = True
            elif wide and (key not in _IGNORED or self.book.current(key) is not None):
                self._theme_column(number, index, head)
            elif key not in _IGNORED:
                self.left_out.append(head)
        needed = ("article",) if wide else ("article", "theme", "value")
        if missing := [repr(name) for name in needed if name not in self.columns]:
            self._problem(number, f"no column {' and no column '.join(missing)}; columns: {', '.join(HEADER)}")
        elif wide and not self.themes and not self.problems and said:
            self._problem(
                number,
                "its themes are what is said already, perhaps by the model alone, and are no judgement of yours; "
                "a sheet to be coded: clipper export --format csv --blank",
            )
        elif wide and not self.themes and not self.problems:
            self._problem(number, "no column of a theme; a column each, named by its key, or the columns theme,value")
        if "coder" not in self.columns and self.coder is None and not self.problems:
            self._problem(number, "no column 'coder'; say whose judgement it is: --coder NAME")

    def _theme_column(self, number: int, index: int, head: str) -> None:
        key = self._theme(number, head)
        if key is not None and key in self.themes.values():
            self._problem(number, f"a second column {key!r}")
        elif key is not None:
            self.themes[index] = key

    def _theme(self, number: int, name: str) -> str | None:
        """Return a theme's key, as it stands where it was merged into another; None for none, which is told."""
        if self.book.current(name) is not None:
            return name
        try:
            return self.book.theme(name).key
        except UsageError as error:
            self._problem(number, str(error).partition("; themes:")[0])
            return None

    def _row(self, number: int, row: list[str]) -> None:
        entry = self._entry(number, self._cell(row, "article"))
        coder = self._name(number, "coder", self._cell(row, "coder")) or self.coder
        if coder is None:
            self._problem(number, "no coder; fill in the column 'coder', or give --coder NAME")
        round_name = self._name(number, "round", self._cell(row, "round")) or self.round
        at = self._cell(row, "at")
        if at and not _moment(at):
            self._problem(number, f"{shorten(at, 40)!r} is no moment; write 2026-11-07T14:30:00Z, or leave it empty")
        revision = self._revision(number, self._cell(row, "revision"), entry)
        for key, value in self._said(number, row):
            if entry is None or coder is None:
                continue
            label = Label(
                article=entry.id, revision=revision, theme=key, value=value, coder=coder, round=round_name,
                at=at or self.at,
            )  # fmt: skip
            self._take(number, label, dated=bool(at))

    def _take(self, number: int, label: Label, *, dated: bool) -> None:
        key = (label.article, label.theme, label.coder, label.round)
        before, row = self.seen.setdefault(key, (label.value, number))
        if row != number:
            if before != label.value:
                words = ("yes", "no") if before else ("no", "yes")
                self._problem(
                    number, f"{label.coder} says {words[1]} to {label.theme!r}, and {words[0]} in row {row}"
                )  # fmt: skip
            return
        if dated:
            self.dated.add(len(self.labels))
        self.labels.append(label)

    def _said(self, number: int, row: list[str]) -> Iterator[tuple[str, bool]]:
        """Yield the themes of a row with yes or no."""
        if not self.themes:
            key = self._theme(number, self._cell(row, "theme"))
            cell = self._cell(row, "value")
            value = self._value(number, cell, "value")
            if not cell:
                self._problem(number, "'value' is empty; write yes or no")
            if key is not None and value is not None:
                yield key, value
            return
        for index, key in self.themes.items():
            value = self._value(number, row[index].strip() if index < len(row) else "", key)
            if value is not None:
                yield key, value

    def _value(self, number: int, cell: str, column: str) -> bool | None:
        """Return yes or no, None for an empty cell and for one that is neither, which is told."""
        word = cell.lower()
        if word in _YES:
            return True
        if word in _NO:
            return False
        if cell:
            self._problem(number, f"{shorten(cell, 40)!r} in {column!r} is neither yes nor no")
        return None

    def _cell(self, row: list[str], column: str) -> str:
        index = self.columns.get(column)
        return row[index].strip() if index is not None and index < len(row) else ""

    def _entry(self, number: int, ident: str) -> Entry | None:
        if ident not in self.entries:
            try:
                # The apostrophe keeps a spreadsheet from taking an id of digits for a number.
                self.entries[ident] = article_to_label(self.archive, ident.removeprefix("'")) if ident else None
            except ClipperError as error:
                self.entries[ident] = None
                mangled = "; a spreadsheet made a number of it: give that column the format 'text'"
                self._problem(number, f"{error}{mangled if _NUMBER_MADE.fullmatch(ident) else ''}")
            else:
                if not ident:
                    self._problem(number, "no article")
        elif self.entries[ident] is None:
            self._problem(number, f"{shorten(ident, 40)!r}: no such article, as above" if ident else "no article")
        return self.entries[ident]

    def _name(self, number: int, column: str, cell: str) -> str | None:
        cleaned = clean_name(cell)
        if cleaned and (fault := name_fault(cleaned)):
            self._problem(number, f"the name in {column!r} {fault}")
        return cleaned or None

    def _revision(self, number: int, cell: str, entry: Entry | None) -> int:
        newest = entry.revision if entry else 1
        if not cell:
            return newest
        if not (cell.isascii() and cell.isdigit()) or len(cell) > 9 or int(cell) < 1:
            self._problem(number, f"{shorten(cell, 40)!r} is no revision; write its number, or leave it empty")
            return newest
        return int(cell)


def _moment(cell: str) -> bool:
    if not _MOMENT.fullmatch(cell):
        return False
    try:
        datetime.fromisoformat(cell)
    except ValueError:
        return False
    return True


def _key(label: Label) -> tuple[str, str, str, str]:
    return label.article, label.theme, label.coder, label.round or ""
