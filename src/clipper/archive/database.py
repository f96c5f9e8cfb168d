"""The one door to SQLite: a database that is a cache, of one version, built anew when it turns out to be damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clipper.errors import CannotWork, Locked

Connection = sqlite3.Connection
DamagedDatabase = sqlite3.DatabaseError
Damage = (sqlite3.DatabaseError, UnicodeDecodeError)  # what SQLite says of a damaged file may be no UTF-8

_ENDS = ("", "-wal", "-shm")
_NOT_DAMAGE = ("full", "readonly", "unable to open", "disk I/O")


class Database:
    """A cache in SQLite.

    ``path`` is where it lies, None for memory; ``what`` names it in messages. ``create`` fills an empty database,
    within a transaction that is open; one of another ``version`` is emptied and filled so. ``wait`` is how many
    seconds another process is waited for.
    """

    def __init__(
        self, path: Path | None, *, what: str, version: int, create: Callable[[Connection], None], wait: float
    ) -> None:
        self.path = path
        self._what = what
        self._version = version
        self._create = create
        self._wait = wait
        self._db = self._open()

    def _open(self) -> Connection:
        try:
            if self.path:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                return self._connect()
            except Damage as error:
                self._refuse_other_troubles(error)
                self._remove()
                return self._connect()
        except (OSError, sqlite3.Error) as error:
            raise CannotWork(f"{self.path}: {self._what} cannot be made ({error})") from None

    def _connect(self) -> Connection:
        db = sqlite3.connect(self.path or ":memory:", timeout=self._wait, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            if db.execute("PRAGMA user_version").fetchone()[0] != self._version:
                db.execute("BEGIN IMMEDIATE")
                if db.execute("PRAGMA user_version").fetchone()[0] != self._version:
                    self._empty(db)
                db.execute("COMMIT")
        except BaseException:
            db.close()
            raise
        return db

    def _empty(self, db: Connection) -> None:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            db.execute(f'DROP TABLE "{name}"')
        self._create(db)
        db.execute(f"PRAGMA user_version = {self._version}")

    def _remove(self) -> None:
        if self.path:
            for end in _ENDS:
                self.path.with_name(self.path.name + end).unlink(missing_ok=True)

    def _refuse_other_troubles(self, error: Exception) -> None:
        """Raise Locked or CannotWork unless the file itself is damaged."""
        said = str(error)
        if "locked" in said or "busy" in said:
            raise Locked(f"{self.path}: in use by another program; try again later") from None
        if any(word in said for word in _NOT_DAMAGE):
            raise CannotWork(f"{self.path}: {said}") from None

    def begin_anew(self, error: Exception) -> None:
        """Put an empty database in the place of a damaged one. Raises Locked or CannotWork for other troubles."""
        self._refuse_other_troubles(error)
        self._db.close()
        self._remove()
        self._db = self._open()

    def empty(self) -> None:
        """Begin from nothing, within the transaction that is open."""
        self._empty(self._db)

    def wait(self, seconds: float) -> None:
        """Wait so long for other processes from now on."""
        self._db.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement. Raises one of ``Damage`` when the file is damaged."""
        return self._db.execute(statement, values)

    def execute_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row of values."""
        self._db.executemany(statement, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that is done within, or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the database; it is not used after that."""
        self._db.close()
