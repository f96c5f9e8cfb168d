"""RIS, as Zotero, EndNote, Mendeley and databases read it: news articles with outlet, date, link and access date.

The tags are those of the RIS specification of 2011, as Zotero's own translator writes and reads them for a newspaper
article: ``T2`` is the outlet, ``DA`` the date in as many parts as are known, ``Y2`` the day of access.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from clipper.publish.about import About
from clipper.publish.formats.citation import Reference, reference
from clipper.publish.formats.names import Name
from clipper.publish.selection import Item

_END = "\r\n"  # as the format's own programs write it


def lines(items: Iterable[Item], about: About) -> Iterator[str]:
    """Yield the articles as RIS, one entry at a time."""
    for item in items:
        fields = "".join(f"{tag}  - {value}{_END}" for tag, value in _fields(reference(item, about)) if value)
        yield f"{fields}ER  - {_END}{_END}"


def _fields(cited: Reference) -> Iterator[tuple[str, str]]:
    yield "TY", "ELEC" if cited.is_page else "NEWS"
    yield "ID", cited.key
    yield "TI", cited.title
    for name in cited.people:
        yield "AU", _author(name)
    yield "T2", cited.outlet
    yield "DA", _date(cited.issued)
    yield "PY", f"{cited.issued[0]:04}" if cited.issued else ""
    yield "Y2", _date(cited.accessed)
    yield "UR", cited.url
    yield "LA", cited.language
    yield "AB", cited.abstract
    for word in cited.keywords:
        yield "KW", word


def _author(name: Name) -> str:
    if name.literal:
        # A comma would part the name of an organisation into a family name and a given one, a semicolon into two.
        return " ".join(name.literal.replace(",", " ").replace(";", " ").split())
    return ", ".join(part for part in (name.family, name.given, name.suffix) if part)


def _date(parts: tuple[int, ...]) -> str:
    """Return a date as RIS has it: ``2014/11/07/``, ``2014/11//`` or ``2014///``."""
    if not parts:
        return ""
    month, day = [*(f"{part:02}" for part in parts[1:]), "", ""][:2]
    return f"{parts[0]:04}/{month}/{day}/"
