"""What a codebook's themes were called before, without reading all of the codebook: a search has no time for that."""

from __future__ import annotations

import re
from pathlib import Path

from clipper import located_toml


def renamed(path: Path) -> dict[str, str]:
    """Return the present key of each key that a theme of the codebook ``merges``.

    A codebook that cannot be read says nothing here; the commands that need it tell what is wrong with it.
    """
    try:
        if not path.is_file():  # a pipe would be waited for
            return {}
        text = path.read_text(encoding="utf-8")
        if not re.search(r"merges[\"']?\s*=", text):  # most merge nothing, and to parse them takes a tenth of a search
            return {}
        themes = located_toml.values(text)["theme"]
        return {str(old): str(theme["key"]) for theme in themes for old in theme.get("merges", [])}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
