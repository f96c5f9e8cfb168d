"""CSL-JSON, as Zotero, pandoc and other programs with citation styles read it: news articles with all that is cited."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from clipper.publish.about import About
from clipper.publish.formats.citation import Reference, reference
from clipper.publish.formats.names import Name
from clipper.publish.selection import Item


def lines(items: Iterable[Item], about: About) -> Iterator[str]:
    """Yield the articles as one list of CSL-JSON, an object a line."""
    before = "["
    for item in items:
        yield f"{before}\n{json.dumps(_entry(reference(item, about)), ensure_ascii=False)}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _entry(cited: Reference) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": cited.key,
        "type": "webpage" if cited.is_page else "article-newspaper",
        "title": cited.title,
        "author": [_author(name) for name in cited.people],
        "container-title": cited.outlet,
        "issued": _date(cited.issued),
        "accessed": _date(cited.accessed),
        "URL": cited.url,
        "language": cited.language,
        "abstract": cited.abstract,
        "keyword": "; ".join(cited.keywords),
    }
    return {name: value for name, value in fields.items() if value}


def _author(name: Name) -> dict[str, str]:
    """Return a name. Particles stay with the family name: Zotero would lose them, and styles part them again."""
    parts = {"family": name.family, "given": name.given, "suffix": name.suffix, "literal": name.literal}
    return {part: value for part, value in parts.items() if value}


def _date(parts: tuple[int, ...]) -> dict[str, list[list[int]]]:
    return {"date-parts": [list(parts)]} if parts else {}
