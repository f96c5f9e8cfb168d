"""Setting damaged lines aside: out of the files that are read, into files of their own, where every byte is kept.

The order is that of SQLite's journal: what is taken out is on disk in ``damaged/`` before it leaves its file. The file
without it is written beside it, synced, and then takes its name; a crash leaves either the one or the other, and what
was set aside twice is there twice. Nothing is ever deleted.

``damaged/set-aside.jsonl`` says of each line where it came from and where it lies.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from clipper import __version__
from clipper.archive import jsonl, locks, merging
from clipper.archive.checking import DAMAGED, REGISTER, TEMPORARY, Checked
from clipper.archive.linecheck import Looking, Unsound, lines_of, whose
from clipper.archive.looking import File
from clipper.archive.problems import SHOWN
from clipper.archive.store import Archive, now, utc
from clipper.errors import CannotWork, ClipperError
from clipper.models import NewerSchema

_BLOCK = 1 << 20

Tell = Callable[[str], None]


class _Out(NamedTuple):
    """A line that is to be taken out: which, from 1, where, how long with its end, and why."""

    line: int
    offset: int
    length: int
    problem: str
    article: str | None
    revision: int | None
    certain: bool


def repair(archive: Archive, checked: Checked, tell: Tell) -> int:
    """Set aside what ``check`` found to be damaged, and bring in conflicting copies; return how many lines went.

    ``tell`` is given a line for each thing that is done. What cannot be done is told, and does not stop the rest.
    Raises Locked when somebody else is writing, and CannotWork when the disk does not take it.
    """
    with locks.writing(archive.path):
        for path in checked.left:
            with suppress(OSError):  # half of a copy; the file itself is as it was
                path.unlink()
                tell(f"{path}: left by a repair that did not come to its end; deleted, since all of it is in the file")
        went = 0
        for name in checked.mendable:
            went += _lines_out(archive.path, checked.files[name], checked.aside.get(name, {}), checked.newest, tell)
        for name, offset in checked.torn.items():
            path = archive.path / name
            if path.stat().st_size == checked.files[name].size:
                kept = jsonl.set_aside(path, offset, archive.path / DAMAGED, now())
                tell(f"{path}: what was no record, from byte {offset} to its end, set aside in {kept}")
    for copy in checked.copies:
        try:
            merged = merging.merge(archive, copy)
        except NewerSchema:
            raise
        except ClipperError as error:
            tell(f"{error}; left as it is")
            continue
        brought = f"{merged.added:,} line{'' if merged.added == 1 else 's'} of it brought in"
        tell(f"{copy}: {brought} to {merged.into}; now {merged.kept}")
        for article in merged.forgotten:
            if article in merged.here:
                tell(f"{merged.kept}: article {article} was taken out there; do so here: clipper forget {article}")
            else:
                tell(f"{merged.kept}: article {article} was taken out on request; its lines are overwritten there too")
    return went


def _lines_out(archive: Path, looked: File, aside: dict[int, str], newest: Callable[[str], int], tell: Tell) -> int:
    """Set aside the damaged lines of one file; return how many."""
    name = looked.name
    path = archive / name
    folder = archive / DAMAGED
    moment = now()
    try:
        with path.open("rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            size = status.st_size
            if status.st_ino != looked.inode or size < looked.size:
                raise CannotWork(f"{path}: was replaced while it was looked at; once more: clipper check --repair")
            out = list(_damaged(file, name, size, aside))
            if not out:
                return 0
            kept = _kept(file, path, out, folder, moment)
            _register(folder, name, file, out, kept, moment)
            _without(file, path, out, size)
    except OSError as error:
        raise CannotWork(f"{path}: cannot be repaired ({error.strerror}); it is as it was") from None
    for one in out[:SHOWN]:
        tell(f"{path}:{one.line}: set aside in {kept} ({one.problem}){_what_holds(one, newest)}")
    if len(out) > SHOWN:
        tell(f"{path}: and {len(out) - SHOWN:,} lines more, set aside in {kept}")
    return len(out)


def _what_holds(one: _Out, newest: Callable[[str], int]) -> str:
    """Return what is left of an article, in words."""
    if one.article is None:
        return ""
    if revision := newest(one.article):
        return f"; revision {revision} of article {one.article} holds"
    return f"; nothing else is left of article {one.article}"


def _damaged(file: Any, name: str, size: int, aside: dict[int, str]) -> Iterator[_Out]:
    """Give the lines of a file that are to be taken out. They are looked at once more, under the lock."""
    kind = "articles" if "/" in name else name.partition(".")[0]
    looking = Looking(kind, name)
    for number, (offset, data, whole) in enumerate(lines_of(file, 0, size, size), 1):
        problem = aside.get(offset)
        if not whole and data is not None:
            problem = "half a line"
        elif data is not None and problem is None:
            try:
                looking.line(data, number, offset)
            except Unsound as error:
                problem = str(error) if error.mend == "set aside" else None
        if problem is not None and data is not None:
            article, revision, certain = whose(data) if kind == "articles" else (None, None, True)
            yield _Out(number, offset, len(data) + whole, problem, article, revision, certain)


def _kept(file: Any, path: Path, out: list[_Out], folder: Path, moment: datetime) -> Path:
    """Write the lines into a file of their own, one after the other as they were; return it when it is on disk."""
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    if new:
        jsonl.sync_folder(folder.parent)
    stamp = moment.strftime("%Y%m%dT%H%M%SZ")
    kept, number = folder / f"{path.name}.{stamp}", 1
    while True:
        try:
            descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _mode(file))
            break
        except FileExistsError:
            number += 1
            kept = folder / f"{path.name}.{stamp}.{number}"
    with os.fdopen(descriptor, "wb") as to:
        for one in out:
            _copy(file, to, one.offset, one.length)
        to.flush()
        os.fsync(to.fileno())
    jsonl.sync_folder(folder)
    return kept


def _register(folder: Path, name: str, file: Any, out: list[_Out], kept: Path, moment: datetime) -> None:
    """Note where each line came from, and where it lies."""
    at = 0
    lines = []
    for one in out:
        noted = {
            "file": name,
            "line": one.line,
            "byte": one.offset,
            "length": one.length,
            "sha256": _checksum(file, one),
            "problem": one.problem,
            "kept": kept.name,
            "at": at,
            "article": one.article,
            "revision": one.revision,
            "certain": one.certain,
            "when": utc(moment),
            "version": __version__,
        }
        lines.append(json.dumps(noted))
        at += one.length
    path = folder / REGISTER
    if (torn := jsonl.torn_at(path)) is not None:
        jsonl.set_aside(path, torn, folder, moment)
    jsonl.append(path, lines)


def _without(file: Any, path: Path, out: list[_Out], size: int) -> None:
    """Put a file without those lines in the place of the one with them."""
    fresh = path.with_name(f".{path.name}{TEMPORARY}")
    status = os.fstat(file.fileno())
    try:
        with fresh.open("wb") as to:
            os.fchmod(to.fileno(), _mode(file))
            with suppress(OSError):  # only the superuser may give a file to another
                os.fchown(to.fileno(), status.st_uid, status.st_gid)
            at = 0
            for one in out:
                _copy(file, to, at, one.offset - at)
                at = one.offset + one.length
            _copy(file, to, at, size - at)
            to.flush()
            os.fsync(to.fileno())
        fresh.replace(path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    jsonl.sync_folder(path.parent)


def _mode(file: Any) -> int:
    return os.fstat(file.fileno()).st_mode & 0o777


def _copy(file: Any, to: Any, start: int, length: int) -> None:
    file.seek(start)
    while length:
        block = file.read(min(_BLOCK, length))
        if not block:
            raise OSError(0, "it has become shorter")
        to.write(block)
        length -= len(block)


def _checksum(file: Any, one: _Out) -> str:
    digest = hashlib.sha256()
    file.seek(one.offset)
    left = one.length
    while left and (block := file.read(min(_BLOCK, left))):
        digest.update(block)
        left -= len(block)
    return digest.hexdigest()
