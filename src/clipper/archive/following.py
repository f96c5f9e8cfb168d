"""Following the archive's files: what was appended to them is entered in the catalogue.

For each file the catalogue remembers how many bytes it has read, what the file was like then, and the last of those
bytes, so that a file that was replaced is noticed. Where nothing is new, following asks for no more than the state of
each file and writes nothing: any number of readers do so at once.

Lines are entered in transactions of some thousand lines each: what is entered stays when the rest is interrupted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from time import monotonic
from typing import NamedTuple

from clipper.archive import files, jsonl
from clipper.archive.database import Database
from clipper.archive.entering import Entering
from clipper.errors import CannotWork

BATCH = 20_000  # lines in one transaction
EVERY = 5.0  # seconds between two words on how far it has come
_TAIL = 256


class _Seen(NamedTuple):
    """What is known of a file: how much of it was read, what it was like then, and the last bytes that were read."""

    size: int
    whole: int
    mtime: int
    inode: int
    tail: bytes

    def is_still(self, status: os.stat_result) -> bool:
        return (status.st_size, status.st_mtime_ns, status.st_ino) == (self.whole, self.mtime, self.inode)


class _Lines:
    """The lines of a file from a place on, at most so many; ``end`` is where reading has come to."""

    def __init__(self, path: Path, start: int, size: int, most: int) -> None:
        self.end = start
        self.left = most
        self._lines = jsonl.read(path, start, size)

    def __iter__(self) -> Iterator[jsonl.Line]:
        for line in self._lines:
            yield line
            self.end = line.offset + len(line.data) + 1
            self.left -= 1
            if not self.left:
                return


class Following:
    """Follows the files of an archive into the catalogue's database."""

    def __init__(self, archive: Path, database: Database, warn: Callable[[str], None]) -> None:
        self._archive = archive
        self._db = database
        self._warn = warn
        self._entering = Entering(database, warn)

    def is_behind(self) -> bool:
        """Whether a file is not as it was when it was read. Nothing is written, and nobody is waited for."""
        seen, there = self._seen(), self._statuses()
        return there.keys() != seen.keys() or not all(seen[name].is_still(there[name]) for name in there)

    def catch_up(self, wait: float) -> None:
        """Take in what was appended, in as many transactions as that needs, and say now and then how far it is.

        Raises NewerSchema for records of a later clipper, CannotWork where a file cannot be read, and Locked where
        another process writes for ``wait`` seconds.
        """
        more = self.is_behind()
        if more:
            self._db.wait(wait)
        said = monotonic()
        while more:
            with self._db.transaction():
                seen, there = self._seen(), self._statuses()
                if self._replaced(seen, there):
                    self._db.empty()
                    seen = {}
                more = self._batch(seen, there)
            if more and monotonic() - said >= EVERY:
                said = monotonic()
                self._warn(f"reading the archive: {self._done()} %")

    def torn(self) -> list[tuple[Path, int]]:
        """Return the files that ended in half a line when they were read, with the offset where it begins."""
        return [(self._archive / name, seen.size) for name, seen in self._seen().items() if seen.size < seen.whole]

    def _seen(self) -> dict[str, _Seen]:
        rows = self._db.execute("SELECT name, size, whole, mtime, inode, tail FROM files")
        return {row[0]: _Seen._make(row[1:]) for row in rows}

    def _statuses(self) -> dict[str, os.stat_result]:
        """Return the state of each file, in the order of reading: articles by month, then what is said of them."""
        base = os.fspath(self._archive)
        found: dict[str, os.stat_result] = {}
        name = "articles"
        try:
            # Functions of ``os`` take a third of the time of a Path's, and this is asked for at every search.
            there = os.listdir(f"{base}/{name}") if os.access(f"{base}/{name}", os.F_OK) else []  # noqa: PTH208
            for name in (*(f"articles/{month}" for month in files.months(there)), *files.FOLLOWED):
                with suppress(FileNotFoundError):
                    status = os.stat(f"{base}/{name}")  # noqa: PTH116
                    if S_ISREG(status.st_mode):
                        found[name] = status
        except OSError as error:
            # What cannot be looked at is not gone: a catalogue is not to be emptied for it.
            raise CannotWork(f"{base}/{name}: cannot be read ({error.strerror})") from None
        return found

    def _replaced(self, seen: dict[str, _Seen], there: dict[str, os.stat_result]) -> bool:
        """Whether a file that was read is gone, shorter, or differs where reading stopped."""
        for name, known in seen.items():
            status = there.get(name)
            if status is None or status.st_ino != known.inode or status.st_size < known.size:
                return True
            if known.is_still(status):
                continue
            # An append makes a file longer: one that is as long as it was, and written since, was changed inside.
            if status.st_size == known.size == known.whole or self._tail(name, known.size) != known.tail:
                return True
        return False

    def _tail(self, name: str, size: int) -> bytes:
        start = max(size - _TAIL, 0)
        return jsonl.read_at(self._archive / name, start, size - start)

    def _done(self) -> int:
        """How many hundredths of the archive have been read."""
        whole = sum(status.st_size for status in self._statuses().values())
        return 100 * sum(seen.size for seen in self._seen().values()) // max(whole, 1)

    def _batch(self, seen: dict[str, _Seen], there: dict[str, os.stat_result]) -> bool:
        """Take in a batch of lines, within the transaction that is open; return whether there are more."""
        self._entering.begin()
        seq = int(self._db.execute("SELECT value FROM meta WHERE key = 'seq'").fetchone()[0])
        left = BATCH
        for name, status in there.items():
            if name in seen and seen[name].is_still(status):
                continue
            if not left:
                break
            path = self._archive / name
            # What is written after the file was asked for its state is of the next time.
            lines = _Lines(path, seen[name].size if name in seen else 0, status.st_size, left)
            self._entering.lines(name, str(path), lines, seq)
            seq += left - lines.left
            left = lines.left
            # Where reading stopped because the batch is full, nothing is known of the file as a whole.
            whole = status.st_size if left or lines.end == status.st_size else 0
            self._db.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
                (name, lines.end, whole, status.st_mtime_ns, status.st_ino, self._tail(name, lines.end)),
            )
        self._db.execute("UPDATE meta SET value = ? WHERE key = 'seq'", (str(seq),))
        return not left
