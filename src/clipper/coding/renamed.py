"""What a codebook's themes were called before, without reading all of the codebook: a search has no time for that."""

from __future__ import annotations

import tomllib
from pathlib import Path


def renamed(path: Path) -> dict[str, str]:
    """Return the present key of each key that a theme of the codebook ``merges``.

    A codebook that cannot be read says nothing here; the commands that need it tell what is wrong with it.
    """
    try:
        themes = tomllib.loads(path.read_text(encoding="utf-8"))["theme"]
        return {str(old): str(theme["key"]) for theme in themes for old in theme.get("merges", [])}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
