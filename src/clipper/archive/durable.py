"""What makes bytes and names last: the one place that knows how a system is asked for it.

Bytes that were written are on disk once the file was synced; a name that was made, changed or deleted is once its
folder was; and a folder's own name once the folder above it was. Some file systems do more than that by themselves;
nothing here counts on it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path

_NOT_TO_BE_HAD = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOTTY, errno.EROFS)
_named: set[Path] = set()  # folders whose names this process knows to be on disk


def is_full(folder: Path) -> bool:
    """Whether nothing more can be written to the disk on which a folder lies."""
    try:
        room = os.statvfs(folder)
    except OSError:
        return False
    return room.f_bavail == 0 or (room.f_files > 0 and room.f_favail == 0)


def sync(descriptor: int) -> None:
    """Return when a file's bytes are on disk. Raises OSError when they may not be; to try again proves nothing then."""
    # On macOS fsync hands the bytes to the disk, which may keep them in its own memory: this asks it to write them.
    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is not None:
        try:
            fcntl.fcntl(descriptor, full)
            return
        except OSError as error:
            if error.errno not in _NOT_TO_BE_HAD:
                raise
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last. Raises OSError when they may not.

    Some file systems cannot sync a folder, and need no such call; one that may not be looked at cannot be synced.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EISDIR):
            return
        raise
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_TO_BE_HAD:
            raise OSError(error.errno, error.strerror, str(folder)) from None
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, so that they last. Raises OSError when that cannot be done.

    The name of one that is there is synced too, once: who made it may have been killed before that was done.
    """
    if folder in _named and folder.is_dir():
        return
    wanted, missing = folder, []
    while not folder.is_dir() and folder != folder.parent:
        missing.append(folder)
        folder = folder.parent
    sync_folder(folder.parent)
    for one in reversed(missing):
        with suppress(FileExistsError):
            one.mkdir()
        if not one.is_dir():
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(one))
        sync_folder(one.parent)
    _named.add(wanted)


def open_regular(path: Path, flags: int) -> int:
    """Open a file and return its descriptor. Raises OSError for what is no regular file, such as a pipe.

    A pipe would be waited for, and what is written to a device is gone.
    """
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY, 0o666)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        if stat.S_ISDIR(mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return descriptor
