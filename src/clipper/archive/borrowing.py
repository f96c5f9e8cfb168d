"""Taking over what another user's clipper derived from an archive, where one may read it but not write beside it.

An archive on a read-only disk, or one whose ``cache/`` is somebody else's, is followed in the user's own cache folder.
What lies ready beside the archive is a better beginning than nothing: the catalogue is copied, the files of the index,
which never change once they are written, are linked, and the files that say which of them hold are copied.

Nothing of it is trusted for being there: the catalogue compares itself with the archive's files, the index with the
catalogue.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from clipper.archive import tables
from clipper.archive.database import Damage, ask_once, settle

_MUCH = 64 << 20  # bytes of the archive that a catalogue reads for itself sooner than another is copied
_BLOCK = 1 << 20
_COPIED = ("meta.json", ".managed.json")  # what is written again and again in an index, and is small
_CATALOGUE, _STATE, _INDEX, _MARK = "catalogue.sqlite", "index.json", "index", "borrowed.json"


def borrow(beside: Path, own: Path) -> bool:
    """Take over what lies in ``beside``, the archive's own cache, where ``own`` has nothing or lags far behind.

    Return whether that was done. Whatever goes wrong, ``own`` is left as it was.
    """
    fresh = own.with_name(f"{own.name}.{os.getpid()}.new")
    try:
        mark = _mark(beside)
        if not mark[_CATALOGUE] or not _is_wanted(beside.parent, own, mark):
            return False
        own.parent.mkdir(parents=True, exist_ok=True)
        _remove(fresh)
        fresh.mkdir()
        _copy_all(beside, fresh)
        # What was written to in the meantime is copied in part from before and in part from after that.
        if _mark(beside) != mark or not _is_sound(fresh / _CATALOGUE):
            return False
        (fresh / _MARK).write_text(json.dumps(mark), encoding="utf-8")
        return _put(fresh, own)
    except (OSError, ValueError, *Damage):
        return False
    finally:
        with suppress(OSError):
            _remove(fresh)


def _mark(folder: Path) -> dict[str, list[int]]:
    """Return what changes whenever something in a cache does that may be borrowed."""
    names = (_CATALOGUE, f"{_CATALOGUE}-wal", _STATE, *(f"{_INDEX}/{name}" for name in _COPIED))
    found: dict[str, list[int]] = {}
    for name in names:
        try:
            status = (folder / name).stat()
        except FileNotFoundError:
            found[name] = []
        else:
            found[name] = [status.st_size, status.st_mtime_ns, status.st_ino]
    return found


def _is_wanted(archive: Path, own: Path, mark: dict[str, list[int]]) -> bool:
    if not (own / _CATALOGUE).is_file():
        return True
    try:
        if json.loads((own / _MARK).read_bytes()) == mark:
            return False  # it was borrowed in the state that it still has
    except (OSError, ValueError):
        pass
    lacks_index = bool(mark[_STATE]) and not (own / _STATE).is_file()
    lost = any(link.is_symlink() and not link.exists() for link in _files(own / _INDEX))
    return lacks_index or lost or _unread(archive, own / _CATALOGUE) > _MUCH


def _unread(archive: Path, catalogue: Path) -> int:
    """Return how many bytes of an archive a catalogue would have to read to be up to date."""
    try:
        rows = ask_once(catalogue, tables.VERSION, "SELECT name, size, inode FROM files")
    except Damage:
        rows = []
    read = {name: (size, inode) for name, size, inode in rows}
    unread = 0
    for path in (*_files(archive / "articles"), archive / "tags.jsonl"):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        size, inode = read.get(path.relative_to(archive).as_posix(), (0, 0))
        unread += status.st_size - (size if inode == status.st_ino else 0)
    return unread


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _copy_all(beside: Path, fresh: Path) -> None:
    """Copy or link what is borrowed. What follows the rest is copied before it: it may lag behind, never run ahead."""
    if (beside / _STATE).is_file() and (beside / _INDEX / _COPIED[0]).is_file():
        (fresh / _INDEX).mkdir()
        _copy(beside / _STATE, fresh / _STATE)
        for path in _files(beside / _INDEX):
            if path.name in _COPIED:
                _copy(path, fresh / _INDEX / path.name)
            elif path.is_file() and path.suffix != ".lock":
                (fresh / _INDEX / path.name).symlink_to(path.absolute())
    for end in ("", "-wal"):
        if (beside / f"{_CATALOGUE}{end}").is_file():
            _copy(beside / f"{_CATALOGUE}{end}", fresh / f"{_CATALOGUE}{end}")


def _copy(path: Path, to: Path) -> None:
    with path.open("rb") as source, to.open("xb") as target:
        while block := source.read(_BLOCK):
            target.write(block)


def _is_sound(catalogue: Path) -> bool:
    """Bring a copied catalogue into one file, and tell whether it is one of this version."""
    return settle(catalogue) and bool(ask_once(catalogue, tables.VERSION, "SELECT 1 FROM meta"))


def _put(fresh: Path, own: Path) -> bool:
    """Put what was made in its place: in one step where there was nothing, else so that what is there always holds."""
    if not own.exists():
        fresh.rename(own)
        return True
    # Whoever has the old catalogue open would take the new one's journal for the old one's.
    if (own / _CATALOGUE).exists() and not settle(own / _CATALOGUE):
        return False
    for end in ("-wal", "-shm"):
        (own / f"{_CATALOGUE}{end}").unlink(missing_ok=True)
    (own / _STATE).unlink(missing_ok=True)  # without it an index is begun anew, whatever lies there
    if (own / _INDEX).is_dir():
        (own / _INDEX).rename(fresh / "index.old")
    for name in (_CATALOGUE, _INDEX, _STATE, _MARK):
        if (fresh / name).exists():
            (fresh / name).rename(own / name)
    return True


def _remove(folder: Path) -> None:
    """Remove a folder that was being made, with what is in it; the files that links lead to stay."""
    if not folder.is_dir():
        return
    for path in _files(folder):
        if path.is_dir() and not path.is_symlink():
            _remove(path)
        else:
            path.unlink(missing_ok=True)
    folder.rmdir()
