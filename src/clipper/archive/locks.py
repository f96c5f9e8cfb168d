"""Two locks: ``fetch`` holds its own for the run, writers hold theirs for one batch. Readers take none.

The locks are advisory locks of the operating system on open files: one that a dead process left is free.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

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


@contextmanager
def _held(path: Path, wait: float, message: str) -> Iterator[None]:
    lock = FileLock(path, timeout=wait)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(poll_interval=0.05)
    except Timeout:
        raise Locked(f"{path.parent}: {message}") from None
    except OSError as error:
        raise CannotWork(f"{path}: the lock cannot be taken ({error.strerror or error})") from None
    try:
        yield
    finally:
        lock.release()
