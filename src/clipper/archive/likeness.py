"""The index of prints: a cache in SQLite that answers which archived articles may be copies of a text.

It holds for every article some twenty numbers of 48 bits: its prints (``clipper.sketch``) and one of its title.
It is asked with *all* rows of words of a new text, so that a print of an old text is met wherever the two share it:
the old one may be a passage of the new one, or the other way round. What it names is to be compared by text.

A print that many articles share says little: furniture ("Sign up to our newsletter") or a saying. Of each print
only the first few articles are kept, which are those a later copy wants to name; and in the order of candidates
each print counts by how few articles have it.

Only writers open it. It follows the catalogue by its sequence, in transactions of their own, so that a first time
that was broken off goes on where it was. An index that is missing, damaged or of another version is built anew.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from clipper import sketch
from clipper.archive.catalogue import Change, Entry, Place
from clipper.archive.database import Connection, Damage, DamagedDatabase, Database
from clipper.errors import CannotWork
from clipper.models import Article
from clipper.sketch import Hashes, Sketch, title_print

VERSION = 1
SHARED = 16  # articles kept for one print
MOST = 8  # candidates, unless asked for more
BATCH = 20_000  # articles a transaction: what breaking off costs at most
ASKED = 20_000  # rows that are looked up for one text: all, save those of a book
_WAIT = 60.0  # seconds for another process that is writing a batch
_NARROW = np.uint64(16)  # bits that are left out: SQLite keeps a number of 48 bits in six bytes

_TABLES = (
    "CREATE TABLE state (generation TEXT, seq INTEGER)",
    # ``mark`` stands for the title and the text that were taken in: other changes cost no reading.
    "CREATE TABLE articles (number INTEGER PRIMARY KEY, id TEXT UNIQUE, mark INTEGER)",
    "CREATE TABLE prints (print INTEGER, article INTEGER, PRIMARY KEY (print, article)) WITHOUT ROWID",
    "INSERT INTO state VALUES ('', 0)",
)
_PUT = (
    "INSERT OR IGNORE INTO prints SELECT ?1, ?2 "
    f"WHERE (SELECT count(*) FROM (SELECT 1 FROM prints WHERE print = ?1 LIMIT {SHARED})) < {SHARED}"
)
_ASK = "SELECT p.print, p.article FROM json_each(?) AS j CROSS JOIN prints AS p ON p.print = j.value"

_NONE: Hashes = np.array([], dtype=np.uint64)

Progress = Callable[[int, int], None]


def _create(db: Connection) -> None:
    for statement in _TABLES:
        db.execute(statement)


class _Taken(NamedTuple):
    """An article that is to be entered; without a ``mark`` one that is to be left out."""

    id: str
    mark: int | None
    prints: Hashes


class Followed(Protocol):
    """What is followed: the archive's catalogue."""

    @property
    def generation(self) -> str:
        """What changes when the sequence begins again."""
        ...

    def changed_since(self, seq: int) -> list[Change]:
        """Return the articles that changed after a number of the sequence, in order."""
        ...


class Likeness:
    """The index of one archive; with no ``cache`` one in memory, for what is not on disk yet."""

    def __init__(self, cache: Path | None = None, warn: Callable[[str], None] = lambda _: None) -> None:
        self._warn = warn
        self._db = Database(
            cache / "likeness.sqlite" if cache else None,
            what="the index of copies",
            version=VERSION * 1000 + sketch.VERSION,
            create=_create,
            wait=_WAIT,
        )
        self._db.execute("PRAGMA cache_size = -65536")

    def _begin_anew(self, error: Exception) -> None:
        """Put an empty index in the place of a damaged one. Raises Locked or CannotWork for other troubles."""
        self._db.begin_anew(error)
        self._warn(f"{self._db.path}: the index of copies was damaged; building it anew")

    def close(self) -> None:
        """Close the index; it is not used after that."""
        self._db.close()

    # -- taking in ----------------------------------------------------------------------------------------

    def catch_up(
        self, catalogue: Followed, read: Callable[[Place], Article], progress: Progress = lambda done, all_: None
    ) -> None:
        """Take in the articles that are new or changed since the last time. Pages of clippings are left out.

        ``read`` returns the article at a place; one that cannot be read is passed over. ``progress`` is told after
        each thousand how many are done, and of how many. Raises Locked when another process writes for a minute,
        and CannotWork when the disk does not take the index.
        """
        try:
            self._follow(catalogue, read, progress)
        except Damage as error:
            self._begin_anew(error)
            self._follow(catalogue, read, progress)

    def _state(self) -> tuple[str, int]:
        row = self._db.execute("SELECT generation, seq FROM state").fetchone()
        if row is None or not isinstance(row[0], str) or not isinstance(row[1], int):
            raise DamagedDatabase("the table of the state holds no state")
        self._db.execute("SELECT 1 FROM prints LIMIT 1")  # where nothing is new, nothing else would ask for it
        return row[0], row[1]

    def _follow(self, catalogue: Followed, read: Callable[[Place], Article], progress: Progress) -> None:
        generation = catalogue.generation
        known, seq = self._state()
        changes = catalogue.changed_since(seq if known == generation else 0)
        if known != generation:
            self._leave_out_all_but(changes, generation)
        done = 0
        while done < len(changes):
            batch = changes[done : done + BATCH]
            before = self._state()
            found = self._read_batch(batch, read, partial(_tell, progress, done, len(changes)))
            with self._db.transaction():
                if self._state() == before:
                    self._put(found)
                    self._db.execute("UPDATE state SET seq = ?", (batch[-1].seq,))
                    done += len(batch)
                    continue
            # Another process has taken something in meanwhile: go on from there.
            known, seq = self._state()
            if known != generation:
                return
            done = next((n for n, change in enumerate(changes) if change.seq > seq), len(changes))

    def _read_batch(
        self, changes: Sequence[Change], read: Callable[[Place], Article], tell: Callable[[int], None]
    ) -> list[_Taken]:
        """Return those whose title or text is not in the index, and those that were taken out of the archive."""
        found: list[_Taken] = []
        for number, change in enumerate(changes, 1):
            entry = change.entry
            if number % 1000 == 0 or number == len(changes):
                tell(number)
            if entry.kind == "page":
                continue
            if entry.forgotten:
                found.append(_Taken(entry.id, None, _NONE))
                continue
            mark = _mark(entry)
            row = self._db.execute("SELECT mark FROM articles WHERE id = ?", (entry.id,)).fetchone()
            if row is not None and row[0] == mark:
                continue
            try:
                article = read(entry.place)
            except CannotWork:
                continue  # ``check`` tells of damaged lines
            found.append(_Taken(entry.id, mark, _prints(article.title, sketch.drawn(article.text))))
        return found

    def _put(self, taken: Sequence[_Taken]) -> None:
        """Enter articles, within the transaction that is open. The prints of an earlier text stay: they harm nobody."""
        self._db.execute_many("DELETE FROM articles WHERE id = ?", ((one.id,) for one in taken if one.mark is None))
        found = [one for one in taken if one.mark is not None]
        if not found:
            return
        numbers = []
        for name, mark, prints in found:
            (number,) = self._db.execute(
                "INSERT INTO articles (id, mark) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET mark = ?2 "
                "RETURNING number",
                (name, mark),
            ).fetchone()
            numbers.append(np.full(len(prints), number, dtype=np.int64))
        keys, owners = np.concatenate([prints for _, _, prints in found]), np.concatenate(numbers)
        # In the order of the table each of its pages is written once. The sort is stable: the first come first.
        order = np.argsort(keys, kind="stable")
        self._db.execute_many(_PUT, zip(keys[order].tolist(), owners[order].tolist(), strict=True))

    def _leave_out_all_but(self, changes: Iterable[Change], generation: str) -> None:
        """Begin a generation: forget the articles that are not in the archive any more, or all when they are many.

        What stays is not read again: its mark tells that it is there.
        """
        there = {change.entry.id for change in changes if change.entry.kind != "page"}
        with self._db.transaction():
            known = [name for (name,) in self._db.execute("SELECT id FROM articles")]
            gone = [(name,) for name in known if name not in there]
            if len(gone) > len(known) // 5:
                self._db.empty()
            else:
                self._db.execute_many("DELETE FROM articles WHERE id = ?", gone)
            self._db.execute("UPDATE state SET generation = ?, seq = 0", (generation,))

    def add(self, article: Article, drawn: Sketch | None = None) -> None:
        """Enter one article: for an index in memory. One on disk follows the catalogue."""
        with self._db.transaction():
            self._put([_Taken(article.id, 0, _prints(article.title, drawn or Sketch(article.text)))])

    def leave_out(self, article: Article) -> None:
        """Delete the prints of an article, as it is at this moment. An index that is damaged is left as it is."""
        prints = _prints(article.title, Sketch(article.text)).tolist()
        with suppress(*Damage), self._db.transaction():
            row = self._db.execute("SELECT number FROM articles WHERE id = ?", (article.id,)).fetchone()
            if row:
                rows = ((one, row[0]) for one in prints)
                self._db.execute_many("DELETE FROM prints WHERE print = ? AND article = ?", rows)

    # -- asking -------------------------------------------------------------------------------------------

    def count(self) -> int:
        """Return how many articles it holds."""
        return int(self._db.execute("SELECT count(*) FROM articles").fetchone()[0])

    def candidates(self, drawn: Sketch, title: str | None, most: int = MOST) -> list[str]:
        """Return the ids of articles that may be copies of a text, or whose title it bears, likeliest first.

        A damaged index is emptied and names none; it is built anew at the next ``catch_up``.
        """
        asked = _narrow(drawn.asked[:ASKED]).tolist()
        if (headline := title_print(title)) is not None:
            asked.append(headline >> int(_NARROW))
        if not asked:
            return []
        try:
            return self._likeliest(asked, most)
        except Damage as error:
            self._begin_anew(error)
            return []

    def _likeliest(self, asked: list[int], most: int) -> list[str]:
        owners: dict[int, list[int]] = defaultdict(list)
        for found, number in self._db.execute(_ASK, (json.dumps(asked),)):
            owners[found].append(number)
        weights: dict[int, float] = defaultdict(float)
        for numbers in owners.values():
            for number in numbers:
                weights[number] += 1 / len(numbers)
        names: list[str] = []
        for number in sorted(weights, key=lambda n: (-weights[n], n)):
            row = self._db.execute("SELECT id FROM articles WHERE number = ?", (number,)).fetchone()
            if row is not None:
                names.append(row[0])
            if len(names) == most:
                break
        return names


def _tell(progress: Progress, before: int, whole: int, number: int) -> None:
    progress(before + number, whole)


def _narrow(hashes: Hashes) -> Hashes:
    return hashes >> _NARROW


def _prints(title: str | None, drawn: Sketch) -> Hashes:
    headline = title_print(title)
    own = np.array([] if headline is None else [headline], dtype=np.uint64)
    return _narrow(np.concatenate([drawn.prints, own]))


def _mark(entry: Entry) -> int:
    title = title_print(entry.title) or 0
    try:
        return (int(entry.sha256[:12], 16) ^ (title >> int(_NARROW))) + 1
    except ValueError:  # no checksum was stated
        return -entry.revision
