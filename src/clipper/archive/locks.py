"""Two locks: ``fetch`` holds its own for the run, writers hold theirs for one batch. Readers take none.

The locks are advisory locks of the operating system on open files (``flock``): one that a dead process left is free.
Packages for this do the same on these systems, and take longer to import than a hundred articles to index.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clipper.errors import CannotWork, Locked

WRITE_WAIT = 10.0


@contextmanager
def fetching(archive: Path) -> Iterator[None]:
    """Hold the lock of a fetch. Raises Locked at once when another fetch runs."""
    with _held(archive / ".fetch.lock", 0, "another fetch is running on this archive; try again later"):
        yield


@contextmanager
def writing(archive: Path, wait: float = WRITE_WAIT) -> Iterator[None]:
    """Hold the write lock, waiting for it at most ``wait`` seconds. Raises Locked after that."""
    with _held(
        archive / ".write.lock",
        wait,
        f"another program has been writing for {wait:g} seconds; try again later",
    ):
        yield


@contextmanager
def indexing(cache: Path, wait: float) -> Iterator[None]:
    """Hold the lock of the index, waiting at most ``wait`` seconds. Raises Locked after that."""
    with _held(cache / ".index.lock", wait, "another program is building the index; try again later"):
        yield


_POLL = 0.02  # seconds between two tries


@contextmanager
def _held(path: Path, wait: float, message: str) -> Iterator[None]:
    descriptor = _taken(path, wait)
    if descriptor is None:
        raise Locked(f"{path.parent}: {message}")
    try:
        yield
    finally:
        os.close(descriptor)  # which frees the lock


def _taken(path: Path, wait: float) -> int | None:
    """Return an open file that holds the lock, None when another holds it for longer than ``wait`` seconds."""
    until = time.monotonic() + wait
    descriptor = -1
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not handed down: a child that outlives its parent would keep the lock.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
            except BlockingIOError:
                if time.monotonic() >= until:
                    os.close(descriptor)
                    return None
                time.sleep(_POLL)
    except OSError as error:
        if descriptor >= 0:
            os.close(descriptor)
        raise CannotWork(f"{path}: the lock cannot be taken ({error.strerror or error})") from None
    except BaseException:
        if descriptor >= 0:
            os.close(descriptor)
        raise
