"""Labelled passages that a model learns from: JSON lines with
``id, event, register, year, title, text, themes``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clipper.errors import CannotWork

_KEYS = {"id", "event", "title", "text", "themes"}


@dataclass(frozen=True)
class Example:
    """One passage. Passages that tell the same ``event`` must not stand on both sides of a test."""

    id: str
    event: str
    title: str
    text: str
    themes: frozenset[str]


def load(path: Path, known: Sequence[str]) -> list[Example]:
    """Return the examples, their themes narrowed to the known ones.

    A passage whose every theme is unknown to this codebook is left out: it may well be about one of the
    codebook's own. Raises CannotWork with the line of a passage that cannot be read.
    """
    found: list[Example] = []
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                data = json.loads(line)
                if not isinstance(data, dict) or not data.keys() >= _KEYS:
                    raise CannotWork(f"{path}:{number}: an example needs {', '.join(sorted(_KEYS))}")
                themes = frozenset(data["themes"]) & set(known)
                if themes or not data["themes"]:
                    found.append(Example(data["id"], data["event"], data["title"], data["text"], themes))
    except (OSError, ValueError, TypeError) as error:
        raise CannotWork(f"{path}: the examples cannot be read ({error})") from None
    return found
