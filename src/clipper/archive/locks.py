"""Locks: ``fetch`` and ``forget`` hold their own for the run, writers hold theirs for one batch. Readers take none.

The locks are advisory locks of the operating system on open files (``flock``): one that a dead process left is free.
Packages for this do the same on these systems, and take longer to import than a hundred articles to index.

Who holds a lock is noted in the cache, for messages and for nothing else. The lock's own file stays empty: a program
that keeps folders in step between machines would replace a file that changes, and with it the lock that is on it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from clipper.errors import CannotWork, Locked
from clipper.text import printable, shorten

WRITE_WAIT = 10.0


@contextmanager
def fetching(archive: Path) -> Iterator[None]:
    """Hold the lock of a fetch. Raises Locked at once when another fetch runs."""
    with _held(archive / ".fetch.lock", archive / "cache", 0, "another fetch is running on this archive"):
        yield


@contextmanager
def writing(archive: Path, wait: float = WRITE_WAIT) -> Iterator[None]:
    """Hold the write lock, waiting for it at most ``wait`` seconds. Raises Locked after that."""
    said = f"another program has been writing for {wait:g} seconds"
    with _held(archive / ".write.lock", archive / "cache", wait, said):
        yield


@contextmanager
def forgetting(archive: Path, wait: float = WRITE_WAIT) -> Iterator[None]:
    """Hold the lock of taking out, for all of it, waiting at most ``wait`` seconds. Raises Locked after that."""
    said = "another program is taking out articles"
    with _held(archive / ".forget.lock", archive / "cache", wait, said):
        yield


def is_forgetting(archive: Path) -> bool:
    """Whether somebody is taking out articles at this moment. Nothing is written, and nobody is waited for."""
    try:
        descriptor = os.open(archive / ".forget.lock", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)  # which frees the lock
    return False


@contextmanager
def indexing(cache: Path, wait: float) -> Iterator[None]:
    """Hold the lock of the index, waiting at most ``wait`` seconds. Raises Locked after that."""
    with _held(cache / ".index.lock", cache, wait, "another program is building the index"):
        yield


_POLL = 0.02  # seconds between two tries
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
_held_here: set[int] = set()


def _let_go_in_child() -> None:
    """Close the locks in a copy of this process: as long as it lived it would keep them."""
    for descriptor in _held_here:
        with suppress(OSError):
            os.close(descriptor)
    _held_here.clear()


os.register_at_fork(after_in_child=_let_go_in_child)


@contextmanager
def _held(path: Path, cache: Path, wait: float, message: str) -> Iterator[None]:
    note = cache / f"{path.name.removeprefix('.').removesuffix('.lock')}.holder"
    descriptor = _taken(path, wait)
    if descriptor is None:
        holder = _holder(note)
        raise Locked(f"{path.parent}: {message}{f' (held by {holder})' if holder else ''}; try again later")
    _held_here.add(descriptor)
    try:
        _note(note)
        yield
    finally:
        with suppress(OSError):
            note.unlink(missing_ok=True)
        if descriptor in _held_here:  # else this is a copy of the process that took it
            _held_here.discard(descriptor)
            os.close(descriptor)  # which frees the lock


def _taken(path: Path, wait: float) -> int | None:
    """Return an open file that holds the lock, None when another holds it for longer than ``wait`` seconds."""
    until = time.monotonic() + wait
    descriptor = -1
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            descriptor = _opened(path)
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= until:
                        os.close(descriptor)
                        return None
                    time.sleep(_POLL)
            if _is_there(path, descriptor):
                return descriptor
            os.close(descriptor)  # somebody has put another file in its place meanwhile, and the lock is on that one
            descriptor = -1
    except OSError as error:
        if descriptor >= 0:
            os.close(descriptor)
        raise CannotWork(f"{path}: the lock cannot be taken ({_cause(error)})") from None
    except BaseException:
        if descriptor >= 0:
            os.close(descriptor)
        raise


def _opened(path: Path) -> int:
    # A link could lead to any file, and a pipe would be waited for. Nothing is handed down to other programs: a child
    # that outlives its parent would keep the lock.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file; delete it")
    return descriptor


def _is_there(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(descriptor))  # noqa: PTH116
    except FileNotFoundError:
        return False


def _cause(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a symbolic link; delete it"
    if error.errno == errno.EISDIR:
        return "it is a folder; delete it"
    if error.errno in _NO_LOCKS and error.filename is None and error.strerror == os.strerror(error.errno):
        return "the file system has no locks; keep the archive on one that has, such as the machine's own disk"
    return error.strerror or type(error).__name__


# -- who holds it -----------------------------------------------------------------------------------------

_LONGEST_NOTE = 1000  # bytes
_LONGEST_HELD = timedelta(days=1000)
_command = "clipper"


def known_as(command: str) -> None:
    """Say what this process is, for those who have to wait for it: ``clipper fetch``."""
    global _command
    _command = command


def _note(path: Path) -> None:
    """Note who holds a lock. Where that cannot be written, others are told that it is held and not by whom."""
    said = {
        "command": _command,
        "process": os.getpid(),
        "host": os.uname().nodename,
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    with suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(path, flags, 0o666)
        try:
            os.write(descriptor, json.dumps(said).encode()[:_LONGEST_NOTE])
        finally:
            os.close(descriptor)


def _holder(path: Path) -> str:
    """Return who holds a lock, in words; an empty text where that is not known. Anybody could have written it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            said = json.loads(os.read(descriptor, _LONGEST_NOTE))
        finally:
            os.close(descriptor)
        command, process, host = _word(said["command"]), said["process"], _word(said["host"])
        since = datetime.fromisoformat(said["since"]).astimezone()
        if type(process) is not int or not 0 < process < 1 << 31 or not command:
            return ""
        if host == _word(os.uname().nodename) and not _lives(process):
            return ""  # it was killed, and who holds the lock now has not noted so yet
    except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return ""
    age = abs(datetime.now().astimezone() - since)
    if age > _LONGEST_HELD:
        return ""
    recent = age < timedelta(hours=20)
    return f"{command}, process {process} on {host}, since {since.strftime('%H:%M' if recent else '%Y-%m-%d %H:%M')}"


def _word(said: Any) -> str:
    return shorten(printable(str(said)), 60)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True
