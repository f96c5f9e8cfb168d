"""Who may read what clipper writes: files of an archive are the user's alone, unless the configuration says otherwise.

The modes are made by the umask of the process, which everything that writes obeys: SQLite, the index engine, the WARC
files, locks and worker processes. A mode set afterwards would leave a moment in which others could open the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_OTHERS = 0o077
_users: list[int] = []  # the umask that the user has set, while another one holds


def keep_private() -> None:
    """From now on make files that nobody but the user may read, and folders that nobody else may enter."""
    before = os.umask(_OTHERS)
    os.umask(before | _OTHERS)
    if not _users:
        _users.append(before)


def as_before() -> None:
    """Make files with the modes that the user has set, from now on."""
    if _users:
        os.umask(_users.pop())


@contextmanager
def private() -> Iterator[None]:
    """Make what is made within the user's alone."""
    known = bool(_users)
    keep_private()
    try:
        yield
    finally:
        if not known:
            as_before()


@contextmanager
def as_the_user_says() -> Iterator[None]:
    """Make what is made within with the modes that the user has set: a file that was asked for by its name, and what
    other programs make that are started here.
    """
    known = bool(_users)
    as_before()
    try:
        yield
    finally:
        if known:
            keep_private()


def mask() -> int:
    """Return the umask. It can be asked for by setting it only: for that moment it is a strict one."""
    found = os.umask(_OTHERS)
    os.umask(found)
    return found


def as_umask_says(path: Path) -> None:
    """Give a file the mode that the umask asks for, where a library made it with a stricter one."""
    with suppress(OSError):
        path.chmod(0o666 & ~mask())


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for the user alone. One that is there stays as it is.

    Raises OSError when it cannot be made.
    """
    with private():
        folder.mkdir(parents=True, exist_ok=True)
