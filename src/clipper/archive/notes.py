"""Small caches in JSON: read whatever is there, written whole or not at all. Losing one costs work, never data.

They are not synced: a power cut may leave the old one, none, or an empty one. Nothing is decided by a note that the
archive could not decide without it, and one that says what lies on disk is written after that is on disk.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any


def read_note(path: Path) -> Any:
    """Return what a file of JSON holds, None for one that is missing, unreadable or no JSON."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return None
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def write_note(path: Path, data: Any) -> None:
    """Write a file of JSON in one step; one that cannot be written is left as it is."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(data, indent=1), encoding="utf-8")
        fresh.replace(path)
        return
    with suppress(OSError):
        fresh.unlink(missing_ok=True)
