"""CSV (RFC 4180): a row an article, for spreadsheets and statistics; or an empty sheet in which somebody codes.

What a model or people said stands in columns whose names begin with ``theme_`` and ``probability_``, which ``clipper
label --import`` passes over: what a machine said must not come back as somebody's judgement. A ``blank`` sheet has a
column for each theme instead, to be filled in and imported; nothing in it tells what others said.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from clipper.publish.about import About
from clipper.publish.links import link_of
from clipper.publish.selection import Item
from clipper.text import printable, safe_cell

BOM = "\ufeff"  # by which Excel knows that a file is in UTF-8; without it, it reads "Â£" for "£"
EXCEL_CELL = 32_767  # UTF-16 units; Excel drops what is beyond, or puts it into the next row
EXCEL_ROWS = 1_048_576
_BESIDE = ("year", "month", "day")  # numbers, which stay what they are where a program makes something of a date
_FACTS = ("id", "revision", "title", "outlet", "authors", "published", *_BESIDE, "fetched", "kind", "language", "url",
          "source", "partial", "duplicate_of", "copies", "words", "excerpt")  # fmt: skip
_BLANK = ("id", "revision", "title", "outlet", "authors", "published", "url", "partial", "words", "excerpt")

# What Excel, opening a file, takes for a number or a date and writes otherwise from then on: 2014-11 becomes Nov-14,
# 7/7 a day in July, an id of digits a number of which the last digits are gone.
_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_TAKEN = re.compile(
    rf"[\s£$€]*\d[\d\s.,:/%-]*(?:e\+?\d+|[ap]m)?\s*|(?:\d+\W*)?{_MONTHS}(?:\W*\d+)*\W*|true|false", re.IGNORECASE
)
_LONGEST_TAKEN = 40
_LONGEST_PART = 4  # digits of a year, a month or a day


class Sheet:
    """One sheet that is made. ``cut`` counts the cells that were shortened, since Excel takes no longer ones."""

    def __init__(self, *, blank: bool = False, excel: bool = False) -> None:
        self.blank = blank
        self.excel = excel
        self.cut = 0
        self.rows = 0

    def lines(self, items: Iterable[Item], about: About) -> Iterator[str]:
        """Yield the rows as they stand in the file, the names of the columns first."""
        # Of a blank sheet a theme's column is called by its key alone, and no two columns by the same name.
        facts = [name for name in _BLANK if name not in about.themes] if self.blank else list(_FACTS)
        texts = ["text"] if about.whole_texts or about.rights.full_text else []
        yield (BOM if self.excel else "") + _row([*facts, *texts, *self._theme_columns(about)])
        for item in items:
            self.rows += 1
            known = _facts(item, about)
            text = [about.text_of(item.article) or ""] if texts else []
            said = ["" for _ in about.themes] if self.blank else _said(item, about)
            yield _row([self._cell(cell) for cell in (*(known[name] for name in facts), *text, *said)])

    def _theme_columns(self, about: About) -> list[str]:
        if self.blank:
            return list(about.themes)
        by_theme = [f"{what}_{key}" for what in ("theme", "probability") for key in about.themes]
        return ["themes", *by_theme, "labels"]

    def _cell(self, value: str | int) -> str:
        if isinstance(value, int):
            return str(value)
        if not value:
            return ""
        cell = safe_cell(_clean(value))
        if not self.excel:
            return cell
        if len(cell) <= _LONGEST_TAKEN and _TAKEN.fullmatch(cell) and not _plain_number(cell):
            return f"'{cell}"
        if 2 * len(cell) > EXCEL_CELL and len(cell.encode("utf-16-le")) > 2 * EXCEL_CELL:
            self.cut += 1
            cell = cell.encode("utf-16-le")[: 2 * (EXCEL_CELL - 1)].decode("utf-16-le", "ignore") + "…"
        return cell

    def notes(self) -> list[str]:
        """Return what somebody who opens the sheet in Excel has to know."""
        said = []
        if self.cut:
            said.append(f"cut at {EXCEL_CELL:,} characters, since Excel takes no more in a cell: {self.cut:,}")
        if self.excel and self.rows >= EXCEL_ROWS:
            said.append(f"Excel shows the first {EXCEL_ROWS - 1:,} of these articles; export them in parts (--until)")
        return said


def _facts(item: Item, about: About) -> dict[str, str | int]:
    article = item.article
    year, month, day = (*(article.published or "").split("-"), "", "", "")[:3]
    return {
        "id": article.id,
        "revision": article.revision,
        "title": article.title or "",
        "outlet": article.outlet or "",
        "authors": "; ".join(article.authors),
        "published": article.published or "",
        "year": _number(year),
        "month": _number(month),
        "day": _number(day),
        "fetched": article.fetched,
        "kind": article.kind,
        "language": article.language or "",
        "url": link_of(article) or "",
        "source": article.source,
        "partial": int(article.partial),
        "duplicate_of": article.duplicate_of or "",
        "copies": len(item.copies),
        "words": len(article.text.split()),
        "excerpt": about.excerpt_of(article) or "",
    }


def _said(item: Item, about: About) -> list[str | int]:
    """Return what is said of an article's themes: a cell is empty where nobody has said anything.

    Where coders differ and nobody has settled it, the model's word stands, as everywhere.
    """
    by_key = {verdict.theme: verdict for verdict in item.themes}
    tagging = item.tagging if item.tagging and item.tagging.revision == item.article.revision else None
    carried: list[str | int] = []
    probabilities: list[str | int] = []
    for key in about.themes:
        verdict = by_key.get(key)
        known = tagging is not None or (verdict is not None and verdict.by_people)
        carried.append(int(verdict is not None and verdict.carried) if known else "")
        probability = verdict.probability if verdict else tagging.scores.get(key) if tagging else None
        probabilities.append("" if probability is None else f"{probability:.4g}")
    labels = "; ".join(
        f"{verdict.theme}: " + ", ".join(f"{coder} {'yes' if value else 'no'}" for coder, value in said)
        for verdict in item.themes
        if (said := sorted(verdict.coders.items()))
    )
    return ["; ".join(item.carried), *carried, *probabilities, labels]


def _number(part: str) -> str | int:
    return int(part) if part.isascii() and part.isdigit() and len(part) <= _LONGEST_PART else ""


def _plain_number(cell: str) -> bool:
    """Whether a number comes out of a spreadsheet as it went in: a year, a probability."""
    return bool(re.fullmatch(r"(?:0|[1-9]\d{0,8})(?:\.\d{1,8})?", cell))


def _clean(value: str) -> str:
    """Return text without what no cell should hold; its paragraphs stay."""
    if value.isascii() and value.isprintable():
        return value
    return printable(value.replace("\r\n", "\n").replace("\r", "\n")).encode("utf-8", "replace").decode("utf-8")


def _row(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    # Some spreadsheets take semicolons and tabs for the ends of cells as well, but not within quotation marks.
    together = "".join(cells)
    risky = ";" in together or "\t" in together
    csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL if risky else csv.QUOTE_MINIMAL).writerow(cells)
    return out.getvalue()
