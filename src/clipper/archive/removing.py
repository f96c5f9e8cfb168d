"""Telling the catalogue of articles that were taken out, so that it need not be built anew for one line.

Within one transaction the rows of the articles lose what their tombstones do not tell, and what is known of the files
becomes what their new files are like: as if the tombstones had been read in place of the lines.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from clipper.archive import jsonl
from clipper.archive.database import Database
from clipper.archive.rewriting import Swapped
from clipper.archive.tables import from_key
from clipper.models import Article

_TAIL = 256  # bytes at the end of a file that are known of it
_GONE = (
    "UPDATE articles SET title = NULL, sha256 = '', outlet = NULL, url = NULL, duplicate_of = NULL, part_of = NULL, "
    "forgotten = ?, seq = ? WHERE number = ?"
)


class Removing:
    """Takes articles out of a catalogue, within a transaction that is open."""

    def __init__(self, archive: Path, database: Database) -> None:
        self._archive = archive
        self._db = database

    def remove(self, stones: Sequence[Article], swapped: Sequence[Swapped]) -> None:
        """Take out the articles whose newest tombstones these are, from files that have just been replaced."""
        for one in swapped:
            self._file(one)
        last = int(self._db.execute("SELECT value FROM meta WHERE key = 'seq'").fetchone()[0])
        for number, stone in enumerate(stones, 1):
            self._article(stone, last + number)
        self._db.execute("UPDATE meta SET value = ? WHERE key = 'seq'", (str(last + len(stones)),))
        self._db.execute(
            "DELETE FROM outlets WHERE articles <= 0 "
            "AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.outlet = outlets.number)"
        )

    def _file(self, one: Swapped) -> None:
        try:
            name = one.path.relative_to(self._archive.resolve()).as_posix()
        except ValueError:
            return  # it lies elsewhere, by a link: it is found to be another file, and everything is read anew
        row = self._db.execute("SELECT size, whole, mtime, inode FROM files WHERE name = ?", (name,)).fetchone()
        before, after = one.before, one.after
        known = row and row[1:] == (before.st_size, before.st_mtime_ns, before.st_ino) and row[0] == row[1]
        in_place = after.st_size == before.st_size or "/" not in name  # of other files no places are known
        if not known or not in_place:
            return
        tail = self._tail(name, after)
        self._db.execute(
            "UPDATE files SET size = ?1, whole = ?1, mtime = ?2, inode = ?3, tail = ?4 WHERE name = ?5",
            (after.st_size, after.st_mtime_ns, after.st_ino, tail, name),
        )

    def _tail(self, name: str, status: os.stat_result) -> bytes:
        start = max(status.st_size - _TAIL, 0)
        return jsonl.read_at(self._archive / name, start, status.st_size - start)

    def _article(self, stone: Article, seq: int) -> None:
        row = self._db.execute(
            "SELECT number, kind, source, outlet, forgotten FROM articles WHERE id = ?", (stone.id,)
        ).fetchone()
        if row is None:
            return
        number, kind, source, outlet, forgotten = row
        if kind != "page" and forgotten is None:
            for table, known in (("sources", source), ("outlets", outlet)):
                self._db.execute(f"UPDATE {table} SET articles = articles - 1 WHERE number = ?", (known,))
        self._db.execute(_GONE, (stone.forgotten, seq, number))
        for table in ("urls", "guids"):
            self._db.execute(f"DELETE FROM {table} WHERE article = ?", (number,))
        keys = [(from_key(key), stone.forgotten) for key in stone.keys]
        self._db.execute_many("INSERT OR REPLACE INTO withheld VALUES (?, ?)", keys)
        for table in ("refused", "troubles"):
            self._db.execute_many(f"DELETE FROM {table} WHERE key = ?", ((key,) for key, _ in keys))
