"""Files that a user asks for by name: whole, or not there; with the modes that the user has set."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from clipper import modes
from clipper.errors import CannotWork, UsageError


@contextmanager
def whole_file(path: Path, archive: Path) -> Iterator[BinaryIO]:
    """Give a file to write to that takes its name when all is written: what it was before stays until then.

    Raises UsageError for a folder, and for a place within the archive; CannotWork where it cannot be written. What is
    no regular file, such as a pipe, is written to as it is.
    """
    refuse_within(path, archive)
    if path.is_dir():
        raise UsageError(f"{path}: a folder; name a file")
    target = Path(os.path.realpath(path))  # a link stays a link
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:
                yield stream
            return
        part = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
        with modes.as_the_user_says():
            file = part.open("xb")
        try:
            with file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            with suppress(OSError):  # what others may do with the file stays as it was
                part.chmod(target.stat().st_mode & 0o777)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CannotWork(f"{path}: cannot be written ({error.strerror})") from None


def refuse_within(path: Path, archive: Path) -> None:
    """Raise UsageError for a place within the archive: what is given out does not belong there."""
    if Path(os.path.realpath(path)).is_relative_to(os.path.realpath(archive)):
        raise UsageError(f"{path}: lies within the archive; give it a place outside {archive}")


def refuse_files(path: Path, *kept: Path) -> None:
    """Raise UsageError for one of the files that a project is made of: what is given out would take its place."""
    for file in kept:
        if os.path.realpath(path) == os.path.realpath(file) or (
            path.exists() and file.exists() and path.samefile(file)
        ):
            raise UsageError(f"{path}: belongs to the project; name another file")
