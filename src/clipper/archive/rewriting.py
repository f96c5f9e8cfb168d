"""Replacing parts of a file so that nothing is lost whenever the machine dies: a whole new file, put in one step.

What is appended is never touched again, with one exception: what is taken out on request. The new file is written
beside the old one and is on disk before it takes its name. Whoever has the old one open reads on in it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from clipper.archive.jsonl import sync_folder
from clipper.errors import CannotWork

_END = ".new"
_BLOCK = 1 << 20


class Edit(NamedTuple):
    """What takes the place of ``length`` bytes at ``offset``."""

    offset: int
    length: int
    content: bytes


class Prepared(NamedTuple):
    """A new file that waits to take the place of one, and what that one was like when it was copied."""

    path: Path
    fresh: Path
    before: os.stat_result


class Swapped(NamedTuple):
    """A file that was replaced: what it was like, and what it is like now."""

    path: Path
    before: os.stat_result
    after: os.stat_result


def prepare(path: Path, edits: Sequence[Edit]) -> Prepared:
    """Write a file anew beside itself, edited; it is on disk when this returns. ``edits`` do not overlap.

    The file keeps its mode, and its owner where that may be given. Raises CannotWork, with nothing changed, when the
    disk does not take it or the file is being written at the same time.
    """
    path = path.resolve()
    fresh = path.with_name(path.name + _END)
    try:
        with path.open("rb") as old:
            before = os.fstat(old.fileno())
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as new:
                _copy(old, new, sorted(edits))
                with suppress(OSError):  # only root may give a file away
                    os.fchown(new.fileno(), before.st_uid, before.st_gid)
                os.fchmod(new.fileno(), stat.S_IMODE(before.st_mode))
                new.flush()
                os.fsync(new.fileno())
        if not _is_same(before, path.stat()):
            fresh.unlink(missing_ok=True)
            raise CannotWork(f"{path}: was written to by another program; nothing was taken out; try again")
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise CannotWork(f"{path}: cannot be written anew ({error.strerror}); it is as it was") from None
    return Prepared(path, fresh, before)


def swap(prepared: Sequence[Prepared]) -> list[Swapped]:
    """Put new files in the places of the old ones, for good. Raises CannotWork, with some of them in place."""
    done = []
    for one in prepared:
        try:
            one.fresh.replace(one.path)
            done.append(Swapped(one.path, one.before, one.path.stat()))
        except OSError as error:
            raise CannotWork(f"{one.path}: cannot be replaced ({error.strerror}); run it again") from None
        sync_folder(one.path.parent)
    return done


def rewrite(path: Path, edits: Sequence[Edit]) -> Swapped:
    """Edit a file, in one step."""
    return swap([prepare(path, edits)])[0]


def discard(folder: Path) -> None:
    """Delete the new files that a run left which did not come to its end."""
    for path in folder.glob(f"*{_END}"):
        with suppress(OSError):
            if path.is_file() and path.with_name(path.name.removesuffix(_END)).exists():
                path.unlink()


def _copy(old: BinaryIO, new: BinaryIO, edits: Sequence[Edit]) -> None:
    at = 0
    for edit in edits:
        _part(old, new, edit.offset - at)
        new.write(edit.content)
        old.seek(edit.length, os.SEEK_CUR)
        at = edit.offset + edit.length
    _part(old, new, None)


def _part(old: BinaryIO, new: BinaryIO, size: int | None) -> None:
    """Copy so many bytes, or all that are left."""
    while size is None or size:
        block = old.read(_BLOCK if size is None else min(_BLOCK, size))
        if not block:
            break
        new.write(block)
        size = None if size is None else size - len(block)


def _is_same(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_ino, one.st_size, one.st_mtime_ns) == (other.st_ino, other.st_size, other.st_mtime_ns)


Progress = Callable[[str, int, int], None]
