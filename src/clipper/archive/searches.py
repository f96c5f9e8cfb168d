"""The searches that people saved: ``searches.jsonl``, where the last line of each name holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from clipper.archive import files, jsonl
from clipper.models import refuse_newer

FILE = files.SEARCHES


class Saved(NamedTuple):
    """A saved search: its name, its query, and when it was saved (UTC, ISO 8601)."""

    name: str
    query: str
    at: str


def saved_searches(archive: Path) -> dict[str, Saved]:
    """Return the saved searches by their names, in the order of these. A line that is none is passed over.

    Raises NewerSchema for one that a later clipper saved.
    """
    found: dict[str, Saved] = {}
    for line in jsonl.read(archive / FILE):
        try:
            record = json.loads(line.data)
            refuse_newer(record.get("schema"), archive / FILE)
            name, query, at = record["name"], record["query"], record.get("at", "")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        if isinstance(name, str) and isinstance(at, str):
            if isinstance(query, str):
                found[name] = Saved(name, query, at)
            elif query is None:  # it was taken back
                found.pop(name, None)
    return dict(sorted(found.items()))
