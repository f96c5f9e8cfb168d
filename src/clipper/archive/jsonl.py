r"""Files of JSON lines: append so that nothing reported is lost, read so that half a line is never seen.

A line counts when its ``\n`` is on disk. An append is one write and one fsync, of the folder too where the name of the
file may not be on disk yet; a write that fails is taken back. Bytes after the last ``\n`` are what a crash left:
readers do not look at them, the next writer sets them aside.
"""

from __future__ import annotations

import errno
import glob
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from clipper.archive.durable import make_folder, open_regular, sync, sync_folder
from clipper.errors import CannotWork

__all__ = ["Line", "append", "read", "read_at", "read_several", "set_aside", "settle", "sync_folder", "torn_at"]

_BLOCK = 1 << 20
_LATELY = 86400.0  # seconds in which every system has written to its disk what it holds, several times over
_named: set[tuple[Path, int, int]] = set()  # files whose names this process knows to be on disk


class Line(NamedTuple):
    """One whole line: where it begins, in bytes, and what it holds, without its end."""

    offset: int
    data: bytes


def append(path: Path, lines: Iterable[str]) -> None:
    """Append lines and return when they are on disk. The caller holds the write lock.

    Raises CannotWork when the disk does not take them, with the file as long as it was, or else saying so.
    """
    payload = "".join(line + "\n" for line in lines).encode("utf-8")
    if not payload:
        return
    try:
        make_folder(path.parent)
        descriptor = open_regular(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    except OSError as error:
        raise CannotWork(f"{path}: cannot be opened for writing ({error.strerror})") from None
    try:
        before = os.fstat(descriptor).st_size
        try:
            _write(path, descriptor, before, payload)
        except OSError as error:
            left = "nothing was added to it" if _take_back(descriptor, before) else "nor can what was begun be undone"
            raise CannotWork(f"{path}: cannot be written ({error.strerror}); {left}") from None
        except BaseException:
            _take_back(descriptor, before)
            raise
    finally:
        os.close(descriptor)


def _write(path: Path, descriptor: int, size: int, payload: bytes) -> None:
    """Return when the payload stands at the end of a file, on disk. Raises OSError when it may not."""
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        # Nobody set aside what a crash left there: a line that began in the middle of it could not be read.
        payload = b"\n" + payload
    view = memoryview(payload)
    while view:
        view = view[os.write(descriptor, view) :]
    sync(descriptor)
    status = os.fstat(descriptor)
    if (name := (path, status.st_dev, status.st_ino)) not in _named:
        # Whoever made the file may have been killed before the folder was synced.
        sync_folder(path.parent)
        _named.add(name)


def _take_back(descriptor: int, size: int) -> bool:
    """Make a file as short as it was; return whether that could be done."""
    try:
        os.ftruncate(descriptor, size)
    except OSError:
        return False  # the next writer sets a torn line aside, and finds whole ones archived
    with suppress(OSError):
        # Where this fails as well the disk may hold more than the system says: lines that nobody was told of, or half
        # of one, which are found like those that a crash leaves.
        sync(descriptor)
    return True


def settle(paths: Iterable[Path], now: datetime) -> None:
    """Return when what others wrote to these files of late is on disk, and the files' names are.

    One who was killed between writing and syncing leaves lines that can be read and may yet be gone after a power cut:
    nobody is to be told that they are there. Raises CannotWork when the disk does not take them.
    """
    folders = dict[Path, None]()
    for path in paths:
        try:
            if abs(now.timestamp() - path.stat().st_mtime) > _LATELY:
                continue
            descriptor = open_regular(path, os.O_RDONLY)
            try:
                sync(descriptor)
            finally:
                os.close(descriptor)
            folders[path.parent] = None
        except FileNotFoundError:
            continue
        except OSError as error:
            if error.errno == errno.EROFS:  # nothing waits to be written to a disk that takes no writing
                continue
            if path.exists() and not path.is_file():
                raise CannotWork(f"{path}: is no regular file; move it away") from None
            raise CannotWork(f"{path}: cannot be made to last ({error.strerror})") from None
    for folder in folders:
        try:
            sync_folder(folder)
        except OSError as error:
            raise CannotWork(f"{folder}: cannot be made to last ({error.strerror})") from None


def read(path: Path, start: int = 0, end: int | None = None) -> Iterator[Line]:
    """Yield the whole lines from a byte offset on, as far as ``end``.

    Raises CannotWork when the file cannot be read.
    """
    try:
        with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
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
        with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
            file.seek(offset)
            return file.read(length)
    except OSError as error:
        raise CannotWork(f"{path}: cannot be read ({error.strerror})") from None


def read_several(path: Path, places: Iterable[tuple[int, int]]) -> list[bytes]:
    """Return what lies at some places of a file, each an offset and a length, in their order.

    Raises CannotWork when the file cannot be read.
    """
    try:
        descriptor = open_regular(path, os.O_RDONLY)
        try:
            return [os.pread(descriptor, length, offset) for offset, length in places]
        finally:
            os.close(descriptor)
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
        torn = _tail(path, offset)
        make_folder(folder)
        kept = _kept_before(folder, f"{path.name}.{offset}.", torn)
        if kept is None:
            stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
            kept = folder / f"{path.name}.{offset}.{stamp}"
            number = 1
            while kept.exists():
                number += 1
                kept = folder / f"{path.name}.{offset}.{stamp}.{number}"
            kept.write_bytes(torn)
        descriptor = open_regular(kept, os.O_RDWR)
        try:
            sync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(folder)
        descriptor = open_regular(path, os.O_RDWR)
        try:
            os.ftruncate(descriptor, offset)
            sync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CannotWork(f"{path}: a torn line cannot be set aside ({error.strerror})") from None
    return kept


def _kept_before(folder: Path, start: str, torn: bytes) -> Path | None:
    """Return the file in which these bytes were kept already, by one who died before they were cut off."""
    for path in sorted(folder.glob(f"{glob.escape(start)}*")):
        if path.is_file() and path.stat().st_size == len(torn) and path.read_bytes() == torn:
            return path
    return None


def _tail(path: Path, offset: int) -> bytes:
    with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
        file.seek(offset)
        return file.read()
