r"""Files of JSON lines: append so that nothing reported is lost, read so that half a line is never seen.

A line counts when its ``\n`` is on disk. An append is one write and one fsync (of the folder too, when the file
is new); a write that fails is taken back. Bytes after the last ``\n`` are what a crash left: readers do not look
at them, the next writer sets them aside.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from clipper.errors import CannotWork

_BLOCK = 1 << 20


class Line(NamedTuple):
    """One whole line: where it begins, in bytes, and what it holds, without its end."""

    offset: int
    data: bytes


def append(path: Path, lines: Iterable[str]) -> None:
    """Append lines and return when they are on disk. The caller holds the write lock.

    Raises CannotWork, with the file as long as it was, when the disk does not take them.
    """
    payload = "".join(line + "\n" for line in lines).encode("utf-8")
    if not payload:
        return
    try:
        new = not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    except OSError as error:
        raise CannotWork(f"{path}: cannot be opened for writing ({error.strerror})") from None
    try:
        before = os.fstat(descriptor).st_size
        try:
            view = memoryview(payload)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        except OSError as error:
            _take_back(descriptor, before)
            raise CannotWork(f"{path}: cannot be written ({error.strerror}); nothing was added to it") from None
        except BaseException:
            _take_back(descriptor, before)
            raise
    finally:
        os.close(descriptor)
    if new:
        sync_folder(path.parent)


def _take_back(descriptor: int, size: int) -> None:
    try:
        os.ftruncate(descriptor, size)
        os.fsync(descriptor)
    except OSError:
        pass  # the next writer finds the torn line and sets it aside


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder last. File systems that cannot sync a folder need no such call."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def read(path: Path, start: int = 0, end: int | None = None) -> Iterator[Line]:
    """Yield the whole lines from a byte offset on, as far as ``end``.

    Raises CannotWork when the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            file.seek(start)
            offset, pieces = start, list[bytes]()  # a line longer than a block is put together once
            left = _BLOCK if end is None else end - start
            while block := file.read(min(_BLOCK, left)):
                left -= 0 if end is None else len(block)
                *whole, rest = block.split(b"\n")
                if whole and pieces:
                    whole[0] = b"".join((*pieces, whole[0]))
                    pieces = []
                for data in whole:
                    yield Line(offset, data)
                    offset += len(data) + 1
                pieces.append(rest)
    except FileNotFoundError:
        return
    except OSError as error:
        raise CannotWork(f"{path}: cannot be read ({error.strerror})") from None


def read_at(path: Path, offset: int, length: int) -> bytes:
    """Return ``length`` bytes from ``offset``. Raises CannotWork when the file cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(length)
    except OSError as error:
        raise CannotWork(f"{path}: cannot be read ({error.strerror})") from None


def torn_at(path: Path) -> int | None:
    """Return where half a line begins at the end of a file; None where the file ends as it should, or is not there."""
    end = 0
    for line in read(path):
        end = line.offset + len(line.data) + 1
    try:
        return end if path.stat().st_size > end else None
    except FileNotFoundError:
        return None


def set_aside(path: Path, offset: int, folder: Path, now: datetime) -> Path:
    """Move the bytes from ``offset`` on into a file of their own in ``folder``; return that file.

    They are on disk there before they are cut off here. The caller holds the write lock.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        torn = _tail(path, offset)
        kept = folder / f"{path.name}.{offset}.{stamp}"
        number = 1
        while kept.exists():
            number += 1
            kept = folder / f"{path.name}.{offset}.{stamp}.{number}"
        with kept.open("xb") as file:
            file.write(torn)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(folder)
        with path.open("r+b") as file:
            file.truncate(offset)
            os.fsync(file.fileno())
    except OSError as error:
        raise CannotWork(f"{path}: a torn line cannot be set aside ({error.strerror})") from None
    return kept


def _tail(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read()
