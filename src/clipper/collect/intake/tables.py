"""Tables of clippings: a row an item, its title, outlet, date and summary each in a column of their own."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from clipper.collect.intake.found import Cut, Head, Item
from clipper.collect.intake.headings import context_date, date_of
from clipper.collect.intake.lines import Line
from clipper.collect.outlets import is_known, may_be_outlet
from clipper.text import fold

Rows = dict[int, dict[int, list[int]]]

_CALLED = {
    "author": re.compile(r"author|journalist|reporter|byline|written by", re.IGNORECASE),
    "date": re.compile(r"date|when|\bday\b|published\b(?! (?:in|by))", re.IGNORECASE),
    "title": re.compile(r"title|headline|^(?:the )?(?:article|story|item|subject|heading|what)s?$", re.IGNORECASE),
    "outlet": re.compile(r"outlet|publication|newspaper|paper|media|where|source|published in|publisher|"
    r"journal", re.IGNORECASE),
    "text": re.compile(r"summary|excerpt|text|description|abstract|details?|notes?|content|extract|"
    r"comment", re.IGNORECASE),
    "link": re.compile(r"link|url|web|online", re.IGNORECASE),
}  # fmt: skip
_OTHER_DAY = re.compile(r"added|logged|accessed|received|retrieved|entered|updated|coded|scraped", re.IGNORECASE)
_ITS_DAY = re.compile(r"publi|article|issue|story", re.IGNORECASE)
LEAST_SHARE = 0.4


def cut(lines: Sequence[Line]) -> Cut | None:
    """Return the items of a page's tables, None when they are not most of the page."""
    grids: dict[int, Rows] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for i, line in enumerate(lines):
        if line.cell and not line.aside:
            grids[line.cell.table][line.cell.row][line.cell.column].append(i)
    items: list[Item] = []
    own: set[int] = set()
    for rows in grids.values():
        context = _over(lines, min(i for cells in rows.values() for cell in cells.values() for i in cell))
        items += _items(lines, rows, context)
    taken = {i for item in items for i in (*item.head.lines, *item.body)}
    own = {i for i in range(len(lines)) if i not in taken}
    inside = sum(len(lines[i].text) for i in taken)
    outside = sum(len(lines[i].text) for i in own if not lines[i].aside)
    full = sum(item.head.full for item in items)
    if len(items) < 2 or full < 0.4 * len(items) or inside < LEAST_SHARE * (inside + outside):
        return None
    items.sort(key=lambda item: item.head.lines[0])
    return Cut(lines, items, sorted(own))


def _over(lines: Sequence[Line], first: int) -> str | None:
    """Return the date that a heading or caption over a table states."""
    for line in reversed(lines[max(0, first - 3) : first]):
        found = re.search(r"\b(?:19|20)\d\d\b", line.text)
        if day := context_date(line.text):
            return day
        if found and len(line.text) < 80 and not line.cell:
            return found[0]
    return None


def _items(lines: Sequence[Line], rows: Rows, context: str | None) -> list[Item]:
    columns, header = _columns(lines, rows, context)
    if "title" not in columns or not ({"outlet", "date"} & set(columns)):
        return []
    items: list[Item] = []
    for number, cells in sorted(rows.items()):
        title = cells.get(columns["title"], [])
        if number == header:
            continue
        if len(cells) == 1:  # a row that spans the table: a year or a month, or the text of the row above
            spanning = next(iter(cells.values()))
            day = context_date(_said(lines, spanning))
            context = day or context
            if not day and items and len(_said(lines, spanning)) > 60:
                items[-1].body += spanning
            continue
        if not title:
            continue
        outlet = _said(lines, cells.get(columns.get("outlet", -1), []))
        day = date_of(_said(lines, cells.get(columns.get("date", -1), [])), context)
        heading = sorted(
            i for name in ("title", "outlet", "date", "link", "author") for i in cells.get(columns.get(name, -1), [])
        )
        others = [(c, numbers) for c, numbers in sorted(cells.items()) if c not in _heading_columns(columns)]
        body = [i for _, numbers in others for i in numbers if sum(map(str.isalpha, lines[i].text)) > 2]
        lead, rest = title[:1], title[1:]
        heading += [i for _, numbers in others for i in numbers if i not in body]
        heading = sorted(i for i in heading if i not in rest)
        links = [link for i in (*lead, *heading) for link in lines[i].links]
        head = Head(
            tuple(heading), lines[lead[0]].text, outlet or None, day, links[0].url if links else None, form="table"
        )
        items.append(Item(head, sorted([*rest, *body])))
    return items


def _heading_columns(columns: Mapping[str, int]) -> set[int]:
    return {columns[name] for name in ("title", "outlet", "date", "link", "author") if name in columns}


def _said(lines: Sequence[Line], numbers: Sequence[int]) -> str:
    return " ".join(lines[i].text for i in numbers)


def _columns(lines: Sequence[Line], rows: Rows, context: str | None) -> tuple[dict[str, int], int | None]:
    """Return which column holds what, and the number of the row that says so."""
    first = min(rows)
    named: dict[str, int] = {}
    later: dict[str, int] = {}  # what would do where nothing better is there: the day of adding to the table
    for column, numbers in rows[first].items():
        said = _said(lines, numbers)
        if len(said) >= 40 or date_of(said):
            continue
        name = next((name for name, pattern in _CALLED.items() if pattern.search(said)), None)
        if name == "date" and _OTHER_DAY.search(said):
            later.setdefault(name, column)
        elif name and (name not in named or (name == "date" and _ITS_DAY.search(said))):
            named[name] = column
    named = {**later, **named}
    if "title" in named and len(named) > 1:
        return named, first
    by_content = _by_content(lines, rows, context)
    return by_content, None


def _by_content(lines: Sequence[Line], rows: Rows, context: str | None) -> dict[str, int]:
    cells: dict[int, list[str]] = defaultdict(list)
    for row in rows.values():
        if len(row) > 1:
            for column, numbers in row.items():
                cells[column].append(_said(lines, numbers))
    if len(cells) < 2 or max(len(said) for said in cells.values()) < 2:
        return {}
    columns: dict[str, int] = {}

    def share(column: int, fits: object) -> float:
        return sum(bool(fits(said)) for said in cells[column]) / len(cells[column])  # type: ignore[operator]

    dated = [c for c in cells if share(c, lambda said: date_of(said, context)) >= 0.6]
    if dated:
        columns["date"] = dated[0]
    rest = [c for c in cells if c not in dated]
    names = [c for c in rest if share(c, may_be_outlet) >= 0.8]
    if names:
        known = {c: share(c, is_known) for c in names}
        again = {c: 1 - len(Counter(map(fold, cells[c]))) / len(cells[c]) for c in names}
        best = max(names, key=lambda c: (known[c] + again[c], -sum(map(len, cells[c]))))
        if known[best] + again[best] > 0.2:
            columns["outlet"] = best
    rest = [c for c in rest if c != columns.get("outlet")]
    if rest:
        fitting = [c for c in rest if 10 <= sum(map(len, cells[c])) / len(cells[c]) <= 200] or rest
        columns["title"] = fitting[0]
    return columns
