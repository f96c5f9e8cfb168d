"""A page or a text to its lines, in order, each with what its markup says of it. No character of text is left out.

Cutting a page of clippings needs what extraction throws away: which line is a heading, in bold or in a table, where
links lead, and where one paragraph ends. Lines of navigation, footers and forms are here too; they are marked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin

from lxml.etree import iterwalk

from clipper.collect.body import is_furniture
from clipper.digestform import protected, restored

MOST_LINES = 200_000


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a line: the characters from ``start`` to ``end``, and where it leads."""

    start: int
    end: int
    url: str


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a line stands in a table: the table's number on the page, the row and the column, from 0."""

    table: int
    row: int
    column: int
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text.

    ``mark`` is ``h1`` to ``h6``, ``dt``, ``dd``, ``li``, ``strong`` for a line in bold, ``rule`` for one that only
    divides, or empty. ``begins`` tells whether it begins a paragraph, ``aside`` whether it stands in what surrounds
    the page's content, ``bold`` how many characters at its beginning are bold, ``slanted`` which are in italics,
    ``holder`` which list item it is in. ``path`` numbers the elements around it from the outermost in, and ``shape``
    says what the innermost is called: lines of one kind have one shape.
    """

    text: str
    mark: str = ""
    begins: bool = True
    aside: bool = False
    bold: int = 0
    links: tuple[Link, ...] = ()
    holder: int = 0
    cell: Cell | None = None
    slanted: tuple[tuple[int, int], ...] = ()
    path: tuple[int, ...] = ()
    shape: str = ""

    @property
    def strong(self) -> bool:
        """Whether its markup makes it a heading."""
        return self.mark[:1] == "h" or self.mark in ("strong", "dt")

    @property
    def linked(self) -> bool:
        """Whether all of it is one link."""
        return any(link.end - link.start >= 0.9 * len(self.text) for link in self.links)


_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "li", "main", "menu", "nav", "ol", "option", "p", "pre", "section", "select", "summary",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "caption", "legend", "title",
))  # fmt: skip
_UNSEEN = frozenset((
    "script", "style", "template", "svg", "noscript", "iframe", "object", "head",
))  # fmt: skip
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_MARKED = _HEADINGS | {"dt", "dd", "li"}
_BOLD = frozenset(("b", "strong"))
_ITALIC = frozenset(("i", "em", "cite"))
_MOST_CHECKS = 500  # elements that are weighed
_MOST_IN_CELL = 8  # lines of a cell that holds data
_DEEPEST = 60  # elements of a path
_ASIDE = frozenset(("nav", "footer", "aside", "form"))
_SPACE = re.compile(r"\s+")
_RULE = re.compile(r"[-=*_~#•·.]{3,}|(?:[-=*_~•] ){2,}[-=*_~•]")


class _Page:
    """Walks through a tree and gathers its lines."""

    def __init__(self, url: str | None) -> None:
        self.lines: list[Line] = []
        self._url = url
        self._parts: list[str] = []
        self._length = 0
        self._links: list[Link] = []
        self._bold: list[tuple[int, int]] = []
        self._slanted: list[tuple[int, int]] = []
        self._slant_from: int | None = None
        self._path: list[int] = []
        self._shapes: list[str] = []
        self._elements = 0
        self._open_link: tuple[int, str] | None = None
        self._bold_depth = 0
        self._bold_from = 0
        self._marks: list[str] = []
        self._holders: list[int] = []
        self._tables: list[list[int]] = []  # number, row, column
        self._heading_cell = False
        self._numbers = [0, 0]  # of list items and tables so far

    def put(self, text: str | None) -> None:
        """Add the characters of a text node; white space is one space."""
        if not text:
            return
        text = _SPACE.sub(" ", text)
        if not self._parts or self._parts[-1].endswith((" ", "\n")):
            text = text.lstrip(" ")
        if text:
            self._parts.append(text)
            self._length += len(text)

    def line_break(self) -> None:
        """Begin a new line of the paragraph."""
        self._parts.append("\n")
        self._length += 1

    def start(self, tag: str, element: Any) -> None:
        """Come to an element."""
        if tag in _BLOCKS:
            self.flush()
            self._elements += 1
            self._path.append(self._elements)
            self._shapes.append(f"{tag}.{str(element.get('class') or '')[:60]}")
            if tag in _MARKED:
                self._marks.append(tag)
            if tag in ("li", "dt"):
                self._numbers[0] += 1
            if tag in ("li", "dt", "dd"):
                self._holders.append(self._numbers[0])
            elif tag == "table":
                self._numbers[1] += 1
                self._tables.append([self._numbers[1], -1, -1])
            elif tag == "tr" and self._tables:
                self._tables[-1][1] += 1
                self._tables[-1][2] = -1
            elif tag in ("td", "th") and self._tables:
                self._tables[-1][2] += 1
                self._heading_cell = tag == "th"
        elif tag == "br":
            self.line_break()
        elif tag == "a":
            self._open_link = (self._length, str(element.get("href") or ""))
        elif tag in _BOLD:
            if not self._bold_depth:
                self._bold_from = self._length
            self._bold_depth += 1
        elif tag in _ITALIC and self._slant_from is None:
            self._slant_from = self._length

    def end(self, tag: str) -> None:
        """Leave an element."""
        if tag in _BLOCKS:
            self.flush()
            if self._path:
                self._path.pop()
                self._shapes.pop()
            if tag in _MARKED and self._marks:
                self._marks.pop()
            if tag in ("li", "dt", "dd") and self._holders:
                self._holders.pop()
            elif tag == "table" and self._tables:
                self._tables.pop()
        elif tag == "a" and self._open_link:
            start, href = self._open_link
            self._open_link = None
            self._add_link(start, href)
        elif tag in _BOLD and self._bold_depth:
            self._bold_depth -= 1
            if not self._bold_depth:
                self._bold.append((self._bold_from, self._length))
        elif tag in _ITALIC and self._slant_from is not None:
            self._slanted.append((self._slant_from, self._length))
            self._slant_from = None

    def _add_link(self, start: int, href: str) -> None:
        url = href.strip()
        if not url.startswith(("http://", "https://")):
            if not url or url[0] == "#" or ":" in url.partition("/")[0]:
                return
            try:
                url = urljoin(self._url or "", url)
            except ValueError:
                return
        if url.startswith("http") and self._length > start:
            self._links.append(Link(start, self._length, url))

    def put_aside(self, text: str) -> None:
        """Add all that stands in a margin, as one line."""
        line = _SPACE.sub(" ", text).strip()
        if line:
            self.lines.append(Line(line, aside=True))

    def flush(self) -> None:
        """End a paragraph: what was gathered becomes its lines."""
        text = "".join(self._parts)
        # A link or bold type that goes on past the end of the paragraph is taken up again in the next one.
        if self._open_link:
            self._add_link(*self._open_link)
            self._open_link = (0, self._open_link[1])
        bold = [*self._bold, (self._bold_from, self._length)] if self._bold_depth else self._bold
        links, at, begins = self._links, 0, True
        for piece in text.split("\n"):
            line = piece.strip()
            if line:
                self.lines.append(self._line(line, at + piece.index(line), begins, links, bold))
            begins = not line
            at += len(piece) + 1
        self._parts, self._length, self._links, self._bold, self._bold_from = [], 0, [], [], 0
        self._slanted, self._slant_from = [], None if self._slant_from is None else 0

    def _line(self, text: str, at: int, begins: bool, links: list[Link], bold: list[tuple[int, int]]) -> Line:
        end = at + len(text)
        heavy = sum(max(0, min(last, end) - max(first, at)) for first, last in bold)
        leading = max((min(last, end) - at for first, last in bold if first <= at < last), default=0)
        mark = self._marks[-1] if self._marks else ""
        if mark not in _HEADINGS and mark != "dt" and heavy >= 0.9 * len(text):
            mark = "strong"
        if _RULE.fullmatch(text):
            mark = "rule"
        cell = None
        if self._tables and self._tables[-1][2] >= 0:
            table, row, column = self._tables[-1]
            cell = Cell(table, row, column, self._heading_cell)
        own = tuple(Link(max(link.start, at) - at, min(link.end, end) - at, link.url)
                    for link in links if link.start < end and link.end > at)  # fmt: skip
        holder = self._holders[-1] if self._holders else 0
        slanted = tuple((max(first, at) - at, min(last, end) - at)
                        for first, last in self._slanted if first < end and last > at)  # fmt: skip
        shape = self._shapes[-1] if self._shapes else ""
        return Line(text, mark, begins, False, leading, own, holder, cell, slanted,
                    tuple(self._path[:_DEEPEST]), shape)  # fmt: skip


def lines_of_page(tree: Any, url: str | None) -> list[Line]:
    """Return the lines of a page's tree (``clipper.collect.page.parse_html``); links are resolved against ``url``."""
    page = _Page(_base(tree, url))
    most = sum(map(len, shown(tree))) // 2
    checks = 0
    walk = iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if tag in _UNSEEN:
                walk.skip_subtree()
                continue
            page.start(tag, element)
            if checks < _MOST_CHECKS and _is_aside(tag, element):
                checks += 1
                texts = shown(element)
                if sum(map(len, texts)) <= most:  # what holds most of the page is no margin, whatever it is called
                    page.put_aside(" ".join(texts))
                    walk.skip_subtree()
                    continue
            page.put(element.text)
        else:
            if tag not in _UNSEEN:
                page.end(tag)
            if element is not tree:
                page.put(element.tail)
        if len(page.lines) > MOST_LINES:
            break
    page.flush()
    return _without_layout(page.lines)


def shown(element: Any) -> list[str]:
    """Return the texts in an element that a reader sees."""
    texts: list[str] = []
    walk = iterwalk(element, events=("start", "end"))
    for event, one in walk:
        if event == "start":
            if one.tag in _UNSEEN:
                walk.skip_subtree()
            elif one.text:
                texts.append(one.text)
        elif one is not element and one.tail:
            texts.append(one.tail)
    return texts


def _without_layout(lines: list[Line]) -> list[Line]:
    """Return lines without the tables that only lay out the page: one row or column, or cells of many lines."""
    cells: Counter[Cell] = Counter(replace(line.cell, heading=False) for line in lines if line.cell)
    rows: Counter[tuple[int, int]] = Counter((cell.table, cell.row) for cell in cells)
    data = Counter(table for (table, _), columns in rows.items() if columns > 1)
    long = {cell.table for cell, count in cells.items() if count > _MOST_IN_CELL}
    kept = {table for table, count in data.items() if count > 1 and table not in long}
    return [line if line.cell is None or line.cell.table in kept else replace(line, cell=None) for line in lines]


def _base(tree: Any, url: str | None) -> str | None:
    found = tree.find(".//base[@href]")
    try:
        return urljoin(url or "", found.get("href")) if found is not None else url
    except ValueError:
        return url


def _is_aside(tag: str, element: Any) -> bool:
    if tag in _ASIDE:
        return True
    return tag in _BLOCKS and tag not in ("body", "main", "article", "table", "tr", "td") and is_furniture(element)


_HASHES = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_BULLET = re.compile(r"(?:[-*+•◦‣·▪●○o–]|\(?\d{1,3}[.)])\s+(?=\S)")
_OWN_LINE = re.compile(rf"[ \t>]*(?:{_BULLET.pattern}|[#|*_<]|[-=*_~#•·.]{{2}})")
_STARRED = re.compile(r"(\*\*|__)(?=\S)(.{1,300}?)(?<=\S)\1")
_LINKED = re.compile(
    r"\[([^\[\]]{1,400})\]\(\s*<?(https?://[^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:\s+\"[^\"]*\")?\s*\)"
)
_SLANTED = re.compile(
    r"(?<![*\w])\*(?=[^\s*])([^*\n]{1,120}?)(?<=[^\s*])\*(?![*\w])|"
    r"(?<![_\w])_(?=[^\s_])([^_\n]{1,120}?)(?<=[^\s_])_(?![_\w])"
)
_UNDERLINE = re.compile(r"(=|-|~)\1{2,}")
_QUOTED = re.compile(r"^(?:>[ \t]?)+")
_TABLE_RULE = re.compile(r"[|:\s-]+")
_BARE = re.compile(r"(?<=<)https?://[^\s<>]+(?=>)|https?://[^\s<>\"“”]+[^\s<>\"“”.,;:!?)\]'’]")


def lines_of_text(text: str) -> list[Line]:
    """Return the lines of a plain text or of Markdown (headings, bold type, links and bullets are read)."""
    found: list[Line] = []
    begins, holder, number = True, 0, 0
    tables = row = 0
    for raw in _joined(text.split("\n")):
        raw = protected(_QUOTED.sub("", raw))
        line = " ".join(raw.split())
        if line.startswith("|") and line.count("|") > 2:
            if not _TABLE_RULE.fullmatch(line):
                tables += not row
                found += _row(line, Cell(tables, row, 0))
                row += 1
            continue
        row = 0
        if not line:
            begins, holder = True, holder if raw[:1].isspace() else 0
            continue
        if _RULE.fullmatch(line):
            before = found[-1] if found else None
            if before and _UNDERLINE.fullmatch(line) and before.begins and not begins and len(before.text) < 200:
                found[-1] = replace(before, mark=before.mark or ("h1" if line[0] == "=" else "h2"))
            found.append(Line(line, "rule"))
            begins, holder = True, 0
            continue
        mark = ""
        if hashes := _HASHES.fullmatch(line):
            mark, line, begins, holder = f"h{len(hashes[1])}", hashes[2], True, 0
        elif bullet := _BULLET.match(line):
            number += 1
            mark, line, begins, holder = "li", line[bullet.end() :], True, number
        elif not raw[:1].isspace() and begins:
            holder = 0
        found.append(_marked(line, mark, begins, holder))
        begins = mark[:1] == "h"
        if len(found) > MOST_LINES:
            break
    return found


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, those as one that an e-mail program broke: each but the last ends in a space (RFC 3676).

    What begins a list, a heading or a table, or divides, goes on in no case.
    """
    kept = ""
    for line in lines:
        line = line.removesuffix("\r")
        if kept and (not line.strip() or _OWN_LINE.match(line)):
            yield kept
            kept = ""
        kept += line.lstrip() if kept else line
        if not (line[-1:] == " " and line[-2:-1] not in ("", " ")):
            yield kept
            kept = ""
    if kept:
        yield kept


def _row(line: str, first: Cell) -> Iterator[Line]:
    """Give the cells of a row of a Markdown table."""
    for column, said in enumerate(line.strip("|").split("|")):
        if said.strip():
            yield replace(_marked(said.strip(), "", True, 0), cell=replace(first, column=column))


def _marked(line: str, mark: str, begins: bool, holder: int) -> Line:
    """Return a line with the bold type and the links that Markdown notes in it."""
    bold = 0
    if starred := _STARRED.match(line):
        bold = len(starred[2])
        line = _STARRED.sub(r"\2", line)
    if "*" in line or "_" in line:
        line = _SLANTED.sub(lambda found: found[1] or found[2], line)
    text, links = "", []
    at = 0
    for found in _LINKED.finditer(line):
        text += line[at : found.start()]
        links.append(Link(len(text), len(text) + len(found[1]), found[2]))
        text += found[1]
        at = found.end()
    text += line[at:]
    if not links:
        links = [Link(found.start(), found.end(), found[0]) for found in _BARE.finditer(text)]
    if bold and links and links[0].start == 0:
        bold = min(bold, links[0].end)
    if mark in ("", "li") and (bold >= 0.9 * len(text) or (begins and _is_shouted(text))):
        mark = "strong"
    links = [replace(link, url=restored(link.url)) for link in links]
    return Line(restored(text), mark, begins, False, bold, tuple(links), holder)


def _is_shouted(text: str) -> bool:
    """Whether a line is a heading in capitals, as plain texts have them."""
    return text.isupper() and 4 <= len(text) <= 100 and sum(map(str.isalpha, text)) > 0.5 * len(text)


def paragraphs_of(lines: Iterator[Line] | list[Line]) -> str:
    """Return lines as a text: paragraphs split by a blank line."""
    parts: list[str] = []
    for line in lines:
        if line.mark == "rule":
            continue
        if line.begins or not parts:
            parts.append(line.text)
        else:
            parts[-1] += "\n" + line.text
    return "\n\n".join(parts)
