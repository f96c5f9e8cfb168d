"""The death of the machine: which disks a power cut may leave, made of a recording of all that was asked of the disk.

What was fsynced is there. Of what was not, anything may be: none of it, all of it, some writes and not others, a part
of a write, a longer file with zeros in it. A name that was made, changed or deleted is certain once its folder was
fsynced, and a folder's own name once the folder above was. After an fsync that failed, what it was to bring to the
disk may never get there, whatever a later one says. That nothing more than this may be relied on, and that programs are
to be tried against every disk that it allows, is the idea of ALICE (Pillai et al., OSDI 2014) and of CrashMonkey
(Mohan et al., OSDI 2018); the second thought about fsync is that of Rebello et al. (USENIX ATC 2020).
"""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from crash.faults import CREATE, LINK, MKDIR, RENAME, STDOUT, SYNC, TRUNCATE, UNKNOWN, UNLINK, WRITE

_HEAD = struct.Struct("=IiQqII")
_SECTOR = 512


@dataclass(frozen=True)
class Operation:
    """One thing that was asked of the disk, or (``STDOUT``) said to the world."""

    kind: int
    result: int
    inode: int
    offset: int
    path: str
    data: bytes


def read_log(path: Path) -> list[Operation]:
    """Return what was recorded. Raises RuntimeError for a call that the model does not know."""
    raw = path.read_bytes()
    found = []
    at = 0
    while at + _HEAD.size <= len(raw):
        kind, result, inode, offset, path_size, data_size = _HEAD.unpack_from(raw, at)
        at += _HEAD.size
        name = raw[at : at + path_size].decode("utf-8", "surrogateescape")
        found.append(Operation(kind, result, inode, offset, name, raw[at + path_size : at + path_size + data_size]))
        at += path_size + data_size
        if kind == UNKNOWN:
            raise RuntimeError(f"a call that the model of the disk does not know, on {name}")
    return found


@dataclass
class _File:
    """A file: its bytes on disk for certain, and what was asked since."""

    durable: bytearray
    pending: list[Operation] = field(default_factory=list)


Change = tuple[str, str, str, Any]  # what, folder, name, and the file that it names


def _apply(content: bytearray, operation: Operation, data: bytes | None = None) -> None:
    if operation.kind == TRUNCATE:
        del content[operation.offset :]
        content.extend(b"\0" * (operation.offset - len(content)))
        return
    written = operation.data if data is None else data
    content.extend(b"\0" * (operation.offset - len(content)))
    content[operation.offset : operation.offset + len(written)] = written


Tree = dict[str, tuple[int, bytes | None]]  # what lay on a disk, by name: inode and content; a folder has none


class Machine:
    """A machine that has done some of what was recorded, and whose power then fails.

    ``tree`` is what lay on its disk before, below ``root``. ``least`` is how likely it is that something that is not
    certain yet is there.
    """

    def __init__(self, root: str, tree: Tree, chance: random.Random, least: float) -> None:
        self._root = root
        self._chance = chance
        self._least = least
        self._files = {inode: _File(bytearray(content)) for inode, content in tree.values() if content is not None}
        # What each name is for certain, where None is a folder; and what the running system took it for.
        self._durable = {name: self._files.get(inode) for name, (inode, _) in tree.items()}
        self._names = dict(self._durable)
        self._changes: list[Change] = []
        self.said = b""

    def do(self, operation: Operation) -> None:
        """Take in one operation."""
        kind = operation.kind
        if kind == STDOUT:
            self.said += operation.data
            return
        if operation.result < 0 and kind != SYNC:
            return
        name = self._relative(operation.path)
        if kind in (WRITE, TRUNCATE):
            if file := self._files.get(operation.inode):
                file.pending.append(operation)
        elif kind == SYNC:
            self._sync(name, operation)
        elif kind == CREATE:
            made = self._files[operation.inode] = _File(bytearray())
            self._change("link", name, made)
        elif kind == MKDIR:
            self._change("link", name, None)
        elif kind == UNLINK:
            self._change("unlink", name, None)
        elif kind in (RENAME, LINK):
            to = self._relative(operation.data.decode("utf-8", "surrogateescape"))
            self._change("link", to, self._names.get(name))
            if kind == RENAME:
                # The new name and the end of the old one are one change: where they are in one folder, both or none.
                _, folder, _, file = self._changes.pop()
                self._changes.append(("rename", folder, f"{to}\n{name}", file))
                self._names.pop(name, None)

    def _relative(self, path: str) -> str:
        path = path.removesuffix(" (deleted)")
        return path[len(self._root) + 1 :] if path.startswith(self._root + "/") else "." if path == self._root else path

    def _change(self, what: str, name: str, file: _File | None) -> None:
        self._changes.append((what, str(PurePosixPath(name).parent), name, file))
        if what == "link":
            self._names[name] = file
        else:
            self._names.pop(name, None)

    def _sync(self, name: str, operation: Operation) -> None:
        if self._names.get(name, self) is None or name == ".":
            if operation.result >= 0:
                mine = [change for change in self._changes if change[1] == name]
                self._changes = [change for change in self._changes if change[1] != name]
                for change in mine:
                    self._make(self._durable, change)
            return
        file = self._files.get(operation.inode)
        if file is None:
            return
        if operation.result < 0:
            file.pending = [one for one in file.pending if self._is_there()]
            return
        for one in file.pending:
            _apply(file.durable, one)
        file.pending = []

    def _is_there(self) -> bool:
        return self._chance.random() < self._least

    @staticmethod
    def _make(names: dict[str, _File | None], change: Change) -> None:
        what, _, name, file = change
        if what == "rename":
            name, _, old = name.partition("\n")
            names.pop(old, None)
        if what == "unlink":
            names.pop(name, None)
        else:
            names[name] = file

    def lose_power(self) -> dict[str, bytes]:
        """Return the files that the disk holds then."""
        names = dict(self._durable)
        for change in self._changes:
            if self._is_there():
                self._make(names, change)
        contents: dict[int, bytes] = {}
        found = {}
        for name, file in names.items():
            folders = [str(folder) for folder in PurePosixPath(name).parents]
            if file is None or any(names.get(folder, self) is not None for folder in folders if folder != "."):
                continue
            if id(file) not in contents:
                contents[id(file)] = self._content(file)
            found[name] = contents[id(file)]
        return found

    def _content(self, file: _File) -> bytes:
        content = bytearray(file.durable)
        for operation in file.pending:
            if self._is_there():
                _apply(content, operation)
            elif operation.kind == WRITE and self._least:
                size = len(operation.data)
                match self._chance.randrange(4):
                    case 0:  # a part of it
                        part = self._chance.randrange(size) if size < _SECTOR else size // _SECTOR // 2 * _SECTOR
                        _apply(content, operation, operation.data[:part])
                    case 1:  # the file is as long as it should be, and holds nothing there
                        missing = operation.offset + size - len(content)
                        content.extend(b"\0" * max(missing, 0))
                    case _:
                        pass
        return bytes(content)


@dataclass(frozen=True)
class Cut:
    """A power cut after so many operations: what the disk holds, and what had been said."""

    after: int
    way: str
    files: dict[str, bytes]
    said: bytes


WAYS = {"nothing that was not synced": 0.0, "everything": 1.0, "some": 0.5, "most": 0.8}


def cuts(root: str, tree: Tree, operations: Sequence[Operation], after: int, seed: int) -> Iterator[Cut]:
    """Give the disks that a power cut after so many operations may leave, one for each way."""
    for way, least in WAYS.items():
        machine = Machine(root, tree, random.Random(f"{seed} {after} {way}"), least)
        for operation in operations[:after]:
            machine.do(operation)
        yield Cut(after, way, machine.lose_power(), machine.said)


def tree_of(root: Path) -> Tree:
    """Return the files and folders below a folder by their names, with inode and content."""
    return {
        path.relative_to(root).as_posix(): (path.stat().st_ino, None if path.is_dir() else path.read_bytes())
        for path in root.rglob("*")
    }


def put(root: Path, files: dict[str, bytes]) -> None:
    """Make a folder hold these files."""
    (root / "articles").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def acknowledged(said: bytes) -> list[dict[str, Any]]:
    """Return the whole lines of what was said on stdout."""
    found = []
    for line in said.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")[:-1]:
        with suppress(ValueError):
            found.append(json.loads(line))
    return found
