"""The folder of a site: files are written whole, only where they differ, and only our own are ever removed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from clipper import modes
from clipper.errors import CannotWork, UsageError
from clipper.publish.outfile import refuse_within
from clipper.publish.site.addresses import FOLDERS
from clipper.publish.site.state import State

MARK = "clipper-site.json"
_FORMAT = 1
_PART = re.compile(r"\.clipper-[0-9a-f]{8}\.part")
# What may be ours, where the state that knew it is lost; it must say so itself too.
_OURS = re.compile(
    r"(a/[0-9a-z]{2}/[0-9a-z]+|themes/[a-z0-9-]+(/[a-z0-9_]+)?|outlets/[a-z0-9-]+(/[a-z0-9_]+)?|months/[a-z0-9_-]+"
    r"|index|search|about|404)\.html|feeds/[a-z0-9-]+\.atom|search/[a-z0-9/._-]+|static/[a-z0-9._-]+|sitemap[0-9-]*\.xml"
    r"|robots\.txt"
)
_SAID = b"clipper"
_LOOKED_AT = 2000  # bytes at a file's beginning in which it says whose it is


class Folder:
    """The folder of a site, which is made if it is not there.

    Raises UsageError for a place that may not be one: within the archive or around it, or a folder with something
    else in it.
    """

    def __init__(self, path: Path, archive: Path) -> None:
        refuse_within(path, archive)
        self.path = Path(os.path.realpath(path))
        if Path(os.path.realpath(archive)).is_relative_to(self.path):
            raise UsageError(f"{path}: the archive lies within; give the site a folder of its own")
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path}: not a folder")
        self.shown = path
        try:
            self._is_new = not self.path.exists() or not any(self.path.iterdir())
        except OSError as error:
            raise CannotWork(f"{path}: cannot be read ({error.strerror})") from None
        if not self._is_new and self._mark() is None:
            raise UsageError(f"{path}: not empty, and no site that clipper made; name a new folder")
        self._state: State | None = None
        self._run = 0
        self._trusted = False
        self.written = 0  # files
        self.removed = 0

    def _mark(self) -> dict[str, object] | None:
        try:
            found = json.loads((self.path / MARK).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) and found.get("made_by") == "clipper" else None

    @property
    def seal(self) -> str:
        """What the folder itself says of which site it holds."""
        return str((self._mark() or {}).get("seal", ""))

    def begin(self, state: State, run: int, *, trusted: bool) -> None:
        """Begin a run. Where the folder is not ``trusted``, files are compared as they lie there."""
        self._state, self._run, self._trusted = state, run, trusted
        if self._is_new:
            self._put(MARK, _mark_of(""))

    def unseal(self) -> None:
        """Say that the folder is being changed: a run that is stopped leaves it so, and the next looks at all of it."""
        if self.seal:
            self._put(MARK, _mark_of(""))

    def is_whole(self, state: State) -> bool:
        """Whether every file is there that the state knows; what is in the files is not looked at."""
        folder, there = "", set[str]()
        for name, _ in state.files():
            parent, _, base = name.rpartition("/")
            if not there or parent != folder:
                folder = parent
                try:
                    there = set(os.listdir(self.path / parent))  # noqa: PTH208  # the names are enough
                except OSError:
                    return False
            if base not in there:
                return False
        return True

    # -- files ----------------------------------------------------------------------------------------------

    def read(self, name: str) -> bytes | None:
        """Return a file of the site; None where there is none."""
        try:
            return (self.path / name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all, where its bytes differ from what is there."""
        assert self._state is not None
        checksum = hashlib.sha256(data).digest()
        before = self._state.checksum(name) if self._trusted else self.read(name)
        same = before == (checksum if self._trusted else data)
        if not same:
            self._put(name, data)
            self.written += 1
            if before is None:
                self._state.note_new(name)
        if not same or not self._trusted:
            self._state.note_file(name, checksum, self._run)

    def write_text(self, name: str, text: str) -> None:
        """Write a file of text."""
        self.write(name, text.encode("utf-8", "replace"))

    def remove(self, name: str) -> None:
        """Remove a file of the site, if it is there, and its folder if that is empty."""
        assert self._state is not None
        if self._state.is_new(name):  # it was there for a moment
            self.written -= 1
            self.removed -= 1
        self._state.drop_file(name)
        self._delete(name)

    def names(self, beginning: str) -> list[str]:
        """Return the names of the site's files that begin so."""
        assert self._state is not None
        return [name for name, _ in self._state.files(beginning)]

    def holds(self, name: str) -> bool:
        """Whether a file is as it should be: made in this run, or left so by a run that can be trusted."""
        assert self._state is not None
        run = self._state.run_of(name)
        return run is not None and (self._trusted or run == self._run)

    def _put(self, name: str, data: bytes) -> None:
        target = self.path / name
        part = target.with_name(f".clipper-{secrets.token_hex(4)}.part")
        try:
            with modes.as_the_user_says():
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    part.write_bytes(data)
                    part.replace(target)
                except BaseException:
                    part.unlink(missing_ok=True)
                    raise
        except OSError as error:
            raise CannotWork(f"{target}: cannot be written ({error.strerror})") from None

    def _delete(self, name: str) -> None:
        target = self.path / name
        try:
            target.unlink()
        except FileNotFoundError:
            return
        except OSError as error:
            raise CannotWork(f"{target}: cannot be removed ({error.strerror})") from None
        self.removed += 1
        for parent in target.relative_to(self.path).parents:
            if parent.name:
                with suppress(OSError):
                    (self.path / parent).rmdir()

    # -- the end --------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """After a run in which all was made: remove what this run has not made, and what a stopped run has left."""
        assert self._state is not None
        for name in self._state.left_over(self._run):
            self.remove(name)
        for name in self._strays():
            self._delete(name)

    def _strays(self) -> Iterator[str]:
        assert self._state is not None
        for top in ("", *FOLDERS):
            for folder, folders, files in os.walk(self.path / top):
                if not top:
                    folders.clear()
                for base in files:
                    name = (Path(folder) / base).relative_to(self.path).as_posix()
                    if _PART.fullmatch(base) or (
                        _OURS.fullmatch(name) and self._state.checksum(name) is None and self._says_so(name)
                    ):
                        yield name

    def _says_so(self, name: str) -> bool:
        try:
            with (self.path / name).open("rb") as file:
                return _SAID in file.read(_LOOKED_AT)
        except OSError:
            return False

    def finish(self) -> str:
        """Put the seal on the folder, and see that the disk has it all; return the seal."""
        assert self._state is not None
        seal = self._state.seal()
        if seal != self.seal:
            os.sync()  # one for all: to wait for each file would take longer than making them
            self._put(MARK, _mark_of(seal))
        return seal


def _mark_of(seal: str) -> bytes:
    said = {"made_by": "clipper", "format": _FORMAT, "seal": seal}
    return (json.dumps(said, indent=1) + "\n").encode()
