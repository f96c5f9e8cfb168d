"""The one door to SQLite: a database that is a cache, of one version, built anew when it turns out to be damaged."""

from __future__ import annotations

import mmap
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from clipper.archive.durable import is_full
from clipper.errors import CannotWork, Locked

Connection = sqlite3.Connection
DamagedDatabase = sqlite3.DatabaseError
Damage = (sqlite3.DatabaseError, UnicodeDecodeError)  # what SQLite says of a damaged file may be no UTF-8

_POLL = 0.1  # seconds between two tries to bring the journal in
_ENDS = ("", "-wal", "-shm")
_NOT_DAMAGE = {  # what SQLite says of troubles that are not the file's own, and what a user is told
    "full": "No space left on device",
    "readonly": "it may not be written to",
    "unable to open": "it cannot be opened",
    "disk I/O": "Input/output error",
}


class Unwritable(CannotWork):
    """The disk does not take what is to be written, or the file may not be written to."""


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
        self._without_room = False  # it is only read, since the disk is full
        self._db = self._open()

    def _open(self) -> Connection:
        self._without_room = False
        try:
            if self.path:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                return self._connect()
            except Damage as error:
                if (db := self._connect_to_read(error)) is not None:
                    return db
                self._refuse_other_troubles(error)
                self._remove()
                return self._connect()
        except OSError as error:
            raise CannotWork(f"{self.path}: {self._what} cannot be made ({error.strerror})") from None
        except sqlite3.Error as error:
            raise CannotWork(f"{self.path}: {self._what} cannot be made ({_in_words(error)})") from None

    def _connect(self) -> Connection:
        if self.path:
            with suppress(OSError):  # SQLite would make a file that nobody else may write to, whatever the umask
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
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

    def _connect_to_read(self, error: Exception) -> Connection | None:
        """Return the database as it lies on a disk that takes no writing, if that is the trouble and it can be read."""
        if self.path is None or not self.path.is_file():
            return None
        self._without_room = "disk I/O" in str(error) and is_full(self.path.parent)
        if not self._without_room and not any(word in str(error) for word in ("readonly", "unable to open")):
            return None
        journal = self.path.with_name(f"{self.path.name}-wal")
        # Without a journal the file is all there is; SQLite is not to look for one, which it could not make.
        way = "mode=ro" if journal.exists() and journal.stat().st_size else "mode=ro&immutable=1"
        try:
            db = sqlite3.connect(f"{self.path.absolute().as_uri()}?{way}", uri=True, isolation_level=None)
        except Damage:
            return None
        try:
            if db.execute("PRAGMA user_version").fetchone()[0] == self._version:
                return db
        except Damage:
            pass
        db.close()
        return None

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
            cause = _in_words(error)
            if self.path and (self._without_room or ("disk I/O" in said and is_full(self.path.parent))):
                cause = _NOT_DAMAGE["full"]  # SQLite calls it an I/O error where its own notes have no room
            elif self.path and self.path.is_dir():
                cause = "a folder is in its place; delete that, clipper makes a new one"
            kind = Unwritable if "readonly" in said or cause == _NOT_DAMAGE["full"] else CannotWork
            raise kind(f"{self.path}: {self._what} cannot be used ({cause})") from None

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
        """Run one statement. Raises one of ``Damage`` when the file is damaged, Locked and CannotWork otherwise."""
        try:
            return self._db.execute(statement, values)
        except Damage as error:
            self._refuse_other_troubles(error)
            raise

    def execute_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run one statement for each row of values; return how many rows of the database it changed; raise so too."""
        try:
            return self._db.executemany(statement, rows).rowcount
        except Damage as error:
            self._refuse_other_troubles(error)
            raise

    def problems(self) -> list[str]:
        """Return what SQLite finds amiss in the whole file, line by line. That reads all of it."""
        try:
            found = [str(row[0]) for row in self._db.execute("PRAGMA integrity_check").fetchall()]
        except Damage as error:
            found = [str(error)]
        return [] if found == ["ok"] else [f"{self.path}: {line}" for line in found]

    def differences(self, other: Database, queries: dict[str, str]) -> list[str]:
        """Return how this database and another differ in what they answer to queries, each with what it is about."""
        found = []
        self._db.execute("ATTACH ? AS other", (str(other.path),))
        try:
            for what, query in queries.items():
                there = query.replace("{}", "other.")
                here = query.replace("{}", "main.")
                (wrong,) = self._db.execute(f"SELECT count(*) FROM ({here} EXCEPT {there})").fetchone()
                (missing,) = self._db.execute(f"SELECT count(*) FROM ({there} EXCEPT {here})").fetchone()
                if wrong or missing:
                    found.append(f"{self.path}: {what}: {wrong} that are not in the files, {missing} missing")
        finally:
            self._db.execute("DETACH other")
        return found

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that is done within, or nothing."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite has taken it back already, or will when the file is opened next
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
            raise

    def tidy(self, needles: Sequence[bytes]) -> None:
        """Bring the journal into the file, and write the file anew where it still holds one of these texts.

        Deleted rows stay in a file until their room is used again. Raises Locked while somebody goes on reading.
        """
        if self.path is None:
            return
        self._settle_journal()
        if self._holds(needles):
            try:
                self._db.execute("VACUUM")
            except Damage as error:
                self._refuse_other_troubles(error)
                raise
            self._settle_journal()

    def _settle_journal(self) -> None:
        end = monotonic() + self._wait
        while self.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if monotonic() >= end:
                raise Locked(f"{self.path}: in use by another clipper for too long; run it again when that has ended")
            sleep(_POLL)

    def _holds(self, needles: Sequence[bytes]) -> bool:
        assert self.path
        if not needles:
            return False
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
            return any(held.find(needle) >= 0 for needle in needles)

    def remove(self) -> None:
        """Close the database and delete it."""
        self._db.close()
        self._remove()

    def close(self) -> None:
        """Close the database; it is not used after that."""
        self._db.close()


def _in_words(error: Exception) -> str:
    """Return what SQLite says in the words of the system, for those troubles that are no damage."""
    said = str(error)
    return next((words for word, words in _NOT_DAMAGE.items() if word in said), said)


def ask_once(path: Path, version: int, query: str) -> list[tuple[Any, ...]]:
    """Return the rows that answer a query on a database that is there; none where it is of another version.

    Nothing is made or written. Raises one of ``Damage`` when there is no database or it is damaged.
    """
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        if db.execute("PRAGMA user_version").fetchone()[0] != version:
            return []
        return db.execute(query).fetchall()
    finally:
        db.close()


def settle(path: Path) -> bool:
    """Bring a database and its journal into one file; return whether it could be done: nobody may have it open."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=0)
    try:
        return bool(db.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "delete")
    except Damage:
        return False
    finally:
        db.close()
