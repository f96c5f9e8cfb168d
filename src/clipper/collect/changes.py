"""What changed between two revisions of an article: field by field, and paragraph by paragraph."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from clipper.models import Article
from clipper.text import paragraphs

_FIELDS = ("title", "outlet", "authors", "published", "partial")


@dataclass(frozen=True)
class Changes:
    """``fields`` holds name, old and new value; ``paragraphs`` a mark and a text, in the order of the text.

    The mark is ``-`` for what is gone, ``+`` for what is new, and a space for the paragraph before or after a change.
    """

    fields: tuple[tuple[str, str | None, str | None], ...]
    paragraphs: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """Return what changed as JSON can hold it; what stayed is left out."""
        return {
            "fields": {name: {"from": old, "to": new} for name, old, new in self.fields},
            "removed": [text for mark, text in self.paragraphs if mark == "-"],
            "added": [text for mark, text in self.paragraphs if mark == "+"],
        }


def changes(before: Article, after: Article) -> Changes:
    """Return what is different in the later of two revisions."""
    fields = tuple(
        (name, _shown(getattr(before, name)), _shown(getattr(after, name)))
        for name in _FIELDS
        if getattr(before, name) != getattr(after, name)
    )
    lines = difflib.unified_diff(paragraphs(before.text), paragraphs(after.text), lineterm="", n=1)
    marked = [line for line in list(lines)[2:] if not line.startswith("@@")]
    return Changes(fields, tuple((line[0], line[1:]) for line in marked))


def _shown(value: Any) -> str | None:
    if isinstance(value, list):
        return ", ".join(value) or None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or None
