# most lines are data
"""What the makers of harmful inputs share."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable

Nasty = tuple[str, Callable[[], bytes]]


DEEP = 100_000


MB = 1 << 20


def bomb(size: int) -> bytes:
    made = io.BytesIO()
    with gzip.GzipFile(fileobj=made, mode="wb", mtime=0) as packed:
        for _ in range(size // MB + 1):
            packed.write(b"a " * (MB // 2))
    return made.getvalue()
