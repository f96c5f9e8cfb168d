"""Which articles a saved search has shown already: a cache, by the numbers of the articles.

What is new is what matches now and did not match before, whether it was fetched since, or tagged, or labelled.
"""

from __future__ import annotations

import hashlib
import os
from array import array
from contextlib import suppress
from pathlib import Path

_MARK = b"clipper seen 1\n"


def _path(cache: Path, name: str) -> Path:
    # The name is a person's; the file's is made from it, so that no name can lead out of the folder.
    return cache / "seen" / (hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16] + ".bin")


def seen(cache: Path, name: str) -> set[int] | None:
    """Return the numbers of the articles that a saved search has shown; None when it is not known to have run."""
    try:
        data = _path(cache, name).read_bytes()
    except OSError:
        return None
    body = data[len(_MARK) :]
    if not data.startswith(_MARK) or len(body) % 8:
        return None
    numbers = array("Q")
    numbers.frombytes(body)
    return set(numbers)


def remember(cache: Path, name: str, numbers: set[int]) -> None:
    """Note which articles a saved search has shown. Raises OSError when that cannot be written."""
    path = _path(cache, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    try:
        fresh.write_bytes(_MARK + array("Q", sorted(numbers)).tobytes())
        fresh.replace(path)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def forget(cache: Path, name: str) -> None:
    """Forget what a saved search has shown."""
    with suppress(OSError):
        _path(cache, name).unlink(missing_ok=True)
