"""JSON lines: an article a line, with its tags and labels and the ids of its copies; for jq, pandas and programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from clipper.publish.about import About
from clipper.publish.selection import Item
from clipper.text import printable

VERSION = 1  # of this format, which docs/exporting.md describes; a key that is added does not raise it


def lines(items: Iterable[Item], about: About) -> Iterator[str]:
    """Yield a line for each article."""
    for item in items:
        yield line(as_record(item, about))


def as_record(item: Item, about: About) -> dict[str, Any]:
    """Return what is given out of an article.

    Where its text may not be given out whole, ``text`` is None and ``excerpt`` two sentences of it.
    """
    record = item.to_json()
    if about.text_of(item.article) is None:
        record["text"], record["excerpt"] = None, about.excerpt_of(item.article)
    return {**record, "export": VERSION}


def line(record: dict[str, Any]) -> str:
    """Return an object as a line. What could move a terminal's cursor or end a line is escaped: nothing is lost."""
    text = json.dumps(record, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
    safe = printable(text)
    if safe != text:
        text = "".join(one if one == other else _escaped(one) for one, other in zip(text, safe, strict=True))
    return text + "\n"


def _escaped(letter: str) -> str:
    return json.dumps(letter)[1:-1] if ord(letter) > 0x7F else f"\\u{ord(letter):04x}"
