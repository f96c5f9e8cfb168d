"""What is known of a site that was made: its articles, the lists they stand in, and the checksum of every file.

It is a cache in the archive, so that the next run writes only what changes. It holds no text of an article: no word
of one that was taken out of the archive is left in it. Where it is missing, or the site is not as it says, all pages
are made again, and those written that differ.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from clipper.archive.database import Connection, Database
from clipper.coding.spans import Spans

_VERSION = 1
_WAIT = 10.0  # seconds for another run on the same site
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE articles (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, story INTEGER, fetched TEXT);
CREATE INDEX articles_story ON articles (story);
CREATE INDEX articles_fetched ON articles (fetched);
CREATE TABLE standing (list TEXT, day TEXT, id TEXT, PRIMARY KEY (list, day, id)) WITHOUT ROWID;
CREATE INDEX standing_id ON standing (id);
CREATE TABLE copies (other TEXT, id TEXT, PRIMARY KEY (other, id)) WITHOUT ROWID;
CREATE INDEX copies_id ON copies (id);
CREATE TABLE outlets (name TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE files (path TEXT PRIMARY KEY, checksum BLOB, run INTEGER) WITHOUT ROWID
"""
_FOR_NOW = """
CREATE TEMP TABLE matching (id TEXT PRIMARY KEY, story INTEGER) WITHOUT ROWID;
CREATE TEMP TABLE waiting (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE placed (id TEXT PRIMARY KEY, file TEXT, offset INTEGER) WITHOUT ROWID;
CREATE TEMP TABLE gone (number INTEGER PRIMARY KEY, id TEXT, story INTEGER);
CREATE TEMP TABLE dirty (list TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE rows (id TEXT PRIMARY KEY, row TEXT) WITHOUT ROWID;
CREATE TEMP TABLE new_files (path TEXT PRIMARY KEY) WITHOUT ROWID
"""


class Known(NamedTuple):
    """An article of the site: its number, which is its own for good, its id and its group of copies."""

    number: int
    id: str
    story: int


def _create(db: Connection) -> None:
    for statement in _TABLES.split(";"):
        db.execute(statement)


def _create_decided(db: Connection) -> None:
    db.execute("CREATE TABLE decided (id TEXT PRIMARY KEY, mark TEXT, spans TEXT) WITHOUT ROWID")


class State:
    """The state of one site. What is asked and changed lies within ``changing``, which holds off other runs."""

    def __init__(self, cache: Path, folder: Path) -> None:
        name = hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self._db = Database(
            cache / "sites" / f"{name}.sqlite",
            what="the state of the site",
            version=_VERSION,
            create=_create,
            wait=_WAIT,
        )
        for statement in _FOR_NOW.split(";"):  # these tables are SQLite's own, and go with this process
            self._db.execute(statement)

    def close(self) -> None:
        """Close it."""
        self._db.close()

    def changing(self) -> AbstractContextManager[None]:
        """Do all within, or nothing. Raises Locked where another run goes on."""
        return self._db.transaction()

    def start_again(self) -> None:
        """Forget all that is known of the site, but which files are ours."""
        for table in ("meta", "articles", "standing", "copies", "outlets"):
            self._db.execute(f"DELETE FROM {table}")
        self._db.execute("DELETE FROM sqlite_sequence")

    # -- notes ----------------------------------------------------------------------------------------------

    def note(self, key: str) -> str:
        """Return a note; an empty text where there is none."""
        rows = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchall()
        return str(rows[0][0]) if rows else ""

    def write_note(self, key: str, value: str) -> None:
        """Write a note."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # -- which articles -------------------------------------------------------------------------------------

    def take_matches(self, matches: Iterable[tuple[str, int]]) -> None:
        """Take in which articles belong to the site now, each with its group of copies."""
        self._db.execute_many("INSERT OR IGNORE INTO matching VALUES (?, ?)", matches)

    def compare(self) -> None:
        """Find what is new, gone or in another group than before; what is gone leaves its lists and its group."""
        run = self._db.execute
        run("INSERT INTO gone SELECT number, id, story FROM articles WHERE id NOT IN (SELECT id FROM matching)")
        run("INSERT OR IGNORE INTO dirty SELECT DISTINCT list FROM standing WHERE id IN (SELECT id FROM gone)")
        for table in ("standing", "copies", "articles"):
            run(f"DELETE FROM {table} WHERE id IN (SELECT id FROM gone)")
        run(
            "INSERT OR IGNORE INTO waiting SELECT m.id FROM matching m LEFT JOIN articles a ON a.id = m.id "
            "WHERE a.id IS NULL OR a.story != m.story"
        )

    def changed(self, ids: Iterable[str]) -> None:
        """Note articles that have changed: they wait, and so do those whose pages name them as copies."""
        listed = [(one,) for one in ids]
        self._db.execute_many("INSERT OR IGNORE INTO waiting SELECT id FROM matching WHERE id = ?", listed)
        self._db.execute_many("INSERT OR IGNORE INTO waiting SELECT id FROM copies WHERE other = ?", listed)

    def names_any(self, ids: Iterable[str]) -> bool:
        """Whether any of some articles is named as a copy on a page of the site."""
        query = "SELECT 1 FROM copies WHERE other = ? LIMIT 1"
        return any(self._db.execute(query, (one,)).fetchall() for one in ids)

    def changed_groups(self, stories: Iterable[int]) -> None:
        """Note groups of copies with an article that has changed, which itself need not be in the site."""
        listed = ((one,) for one in stories)
        self._db.execute_many("INSERT OR IGNORE INTO waiting SELECT id FROM matching WHERE story = ?", listed)

    def everything_changed(self) -> None:
        """Have all articles wait."""
        self._db.execute("INSERT OR IGNORE INTO waiting SELECT id FROM matching")

    def changed_stories(self) -> None:
        """Have those wait whose group of copies has gained, lost or changed an article: before and now."""
        self._db.execute(
            "INSERT OR IGNORE INTO waiting SELECT id FROM matching WHERE story IN ("
            "SELECT story FROM gone UNION SELECT story FROM matching WHERE id IN (SELECT id FROM waiting) UNION "
            "SELECT story FROM articles WHERE id IN (SELECT id FROM waiting))"
        )

    def unnumbered(self) -> Iterator[str]:
        """Yield the articles that have no number yet."""
        yield from self._ids("SELECT id FROM waiting WHERE id NOT IN (SELECT id FROM articles)")

    def give_numbers(self, places: Iterable[tuple[str, str, int]]) -> None:
        """Give numbers to new articles in the order of their lines in the archive; every group is as it is now."""
        self._db.execute_many("INSERT OR IGNORE INTO placed VALUES (?, ?, ?)", places)
        self._db.execute("INSERT INTO articles (id) SELECT id FROM placed ORDER BY file, offset, id")
        self._db.execute(
            "UPDATE articles SET story = (SELECT story FROM matching m WHERE m.id = articles.id) "
            "WHERE id IN (SELECT id FROM waiting)"
        )

    def how_many_wait(self) -> int:
        """Return how many articles are to be made."""
        return int(self._db.execute("SELECT count(*) FROM waiting").fetchone()[0])

    def waiting(self, size: int) -> Iterator[list[Known]]:
        """Yield the articles that are to be made, some at a time, in the order of their numbers."""
        last = 0
        while rows := self._db.execute(
            "SELECT number, id, story FROM articles WHERE number > ? AND id IN (SELECT id FROM waiting) "
            "ORDER BY number LIMIT ?",
            (last, size),
        ).fetchall():
            yield [Known(*row) for row in rows]
            last = rows[-1][0]

    def gone(self) -> Iterator[Known]:
        """Yield the articles that have left the site."""
        yield from (Known(*row) for row in self._db.execute("SELECT number, id, story FROM gone ORDER BY number"))

    def count(self) -> int:
        """Return how many articles the site has."""
        return int(self._db.execute("SELECT count(*) FROM articles").fetchone()[0])

    def newest_fetched(self) -> str:
        """Return when the newest article was fetched; an empty text for no article."""
        return str(self._db.execute("SELECT max(fetched) FROM articles").fetchone()[0] or "")

    def first_of_story(self, known: Known) -> tuple[int, int]:
        """Return the number of the first article of a group of copies in the site, and how many there are."""
        row = self._db.execute("SELECT min(number), count(*) FROM articles WHERE story = ?", (known.story,)).fetchone()
        return int(row[0]), int(row[1])

    def holds(self, article_id: str) -> bool:
        """Whether an article is in the site."""
        return bool(self._db.execute("SELECT 1 FROM matching WHERE id = ?", (article_id,)).fetchall())

    def known(self, article_id: str) -> Known:
        """Return an article of the site."""
        row = self._db.execute("SELECT number, id, story FROM articles WHERE id = ?", (article_id,)).fetchone()
        return Known(*row)

    def drop(self, known: Known) -> None:
        """Take out an article that is not in the archive any more, though the index had it."""
        self.stand(known.id, "", [], "", [])
        self._db.execute("DELETE FROM articles WHERE id = ?", (known.id,))
        self._db.execute("DELETE FROM matching WHERE id = ?", (known.id,))

    # -- lists ----------------------------------------------------------------------------------------------

    def stand(self, article_id: str, day: str, lists: Sequence[str], fetched: str, copies: Sequence[str]) -> None:
        """Put an article into its lists, and out of those it stood in; all of them are to be made again."""
        run = self._db.execute
        run("INSERT OR IGNORE INTO dirty SELECT list FROM standing WHERE id = ?", (article_id,))
        run("DELETE FROM standing WHERE id = ?", (article_id,))
        run("DELETE FROM copies WHERE id = ?", (article_id,))
        run("UPDATE articles SET fetched = ? WHERE id = ?", (fetched, article_id))
        self._db.execute_many("INSERT OR IGNORE INTO dirty VALUES (?)", ((one,) for one in lists))
        self._db.execute_many("INSERT INTO standing VALUES (?, ?, ?)", ((one, day, article_id) for one in lists))
        self._db.execute_many("INSERT INTO copies VALUES (?, ?)", ((other, article_id) for other in copies))

    def dirty(self) -> list[str]:
        """Return the lists that have changed, in order."""
        return self._texts("SELECT list FROM dirty ORDER BY list")

    def touch(self, lists: Iterable[str]) -> None:
        """Have lists made again."""
        self._db.execute_many("INSERT OR IGNORE INTO dirty VALUES (?)", ((one,) for one in lists))

    def sizes(self, family: str) -> dict[str, int]:
        """Return the lists of a family, the oldest first, and how many articles stand in each."""
        rows = self._db.execute(
            "SELECT list, count(*) FROM standing WHERE list > ? AND list < ? GROUP BY list ORDER BY list",
            (f"{family}/", f"{family}0"),
        ).fetchall()
        return {str(name): int(count) for name, count in rows}

    def in_list(self, name: str, *, skip: int = 0, most: int = -1, newest: bool = False) -> list[str]:
        """Return the articles of a list, the oldest or the newest first."""
        way = "DESC" if newest else "ASC"
        return self._texts(
            f"SELECT id FROM standing WHERE list = ? ORDER BY day {way}, id {way} LIMIT ? OFFSET ?", name, most, skip
        )

    def by_month(self, family: str) -> dict[str, int]:
        """Return how many articles of a family state each month (2014-11), and under an empty key how many none."""
        rows = self._db.execute(
            "SELECT CASE WHEN length(day) >= 7 THEN substr(day, 1, 7) ELSE '' END AS month, count(*) FROM standing "
            "WHERE list > ? AND list < ? GROUP BY month ORDER BY month",
            (f"{family}/", f"{family}0"),
        ).fetchall()
        return {str(month): int(count) for month, count in rows}

    def latest(self, family: str, most: int) -> list[str]:
        """Return the articles that were fetched last, of a family or (an empty text) of all."""
        among = (
            "EXISTS (SELECT 1 FROM standing s WHERE s.id = a.id AND s.list > ? AND s.list < ?)" if family else "? = ?"
        )
        bounds = (f"{family}/", f"{family}0") if family else ("", "")
        query = f"SELECT id FROM articles a WHERE {among} ORDER BY fetched DESC, id LIMIT ?"
        return self._texts(query, *bounds, most)

    def ids(self, after: str, most: int) -> list[str]:
        """Return so many articles in the order of their ids, after one of them."""
        return self._texts("SELECT id FROM articles WHERE id > ? ORDER BY id LIMIT ?", after, most)

    def keep_row(self, article_id: str, row: str) -> None:
        """Keep what an article shows in a list, for this run."""
        self._db.execute("INSERT OR REPLACE INTO rows VALUES (?, ?)", (article_id, row))

    def row(self, article_id: str) -> str | None:
        """Return what was kept of an article's row."""
        rows = self._db.execute("SELECT row FROM rows WHERE id = ?", (article_id,)).fetchall()
        return str(rows[0][0]) if rows else None

    # -- outlets --------------------------------------------------------------------------------------------

    def outlet_slug(self, name: str) -> str | None:
        """Return the slug of an outlet, None where it has none yet."""
        rows = self._db.execute("SELECT slug FROM outlets WHERE name = ?", (name,)).fetchall()
        return str(rows[0][0]) if rows else None

    def add_outlet(self, name: str, slug: str) -> bool:
        """Give an outlet a slug; return whether it was free."""
        return self._db.execute("INSERT OR IGNORE INTO outlets VALUES (?, ?)", (name, slug)).rowcount == 1

    def outlets(self) -> dict[str, str]:
        """Return the names of the outlets by their slugs, and forget those of which no article is left."""
        self._db.execute(
            "DELETE FROM outlets WHERE NOT EXISTS (SELECT 1 FROM standing "
            "WHERE list > 'outlets/' || slug || '/' AND list < 'outlets/' || slug || '0')"
        )
        return {str(slug): str(name) for slug, name in self._db.execute("SELECT slug, name FROM outlets")}

    # -- files ----------------------------------------------------------------------------------------------

    def checksum(self, path: str) -> bytes | None:
        """Return the checksum of a file of the site."""
        rows = self._db.execute("SELECT checksum FROM files WHERE path = ?", (path,)).fetchall()
        return bytes(rows[0][0]) if rows else None

    def run_of(self, path: str) -> int | None:
        """Return the run in which a file was last written or looked at."""
        rows = self._db.execute("SELECT run FROM files WHERE path = ?", (path,)).fetchall()
        return int(rows[0][0]) if rows else None

    def note_file(self, path: str, checksum: bytes, run: int) -> None:
        """Note a file of the site that is as it should be in this run."""
        self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (path, checksum, run))

    def note_new(self, path: str) -> None:
        """Note that a file was not there before this run."""
        self._db.execute("INSERT OR IGNORE INTO new_files VALUES (?)", (path,))

    def is_new(self, path: str) -> bool:
        """Whether a file was not there before this run."""
        return bool(self._db.execute("SELECT 1 FROM new_files WHERE path = ?", (path,)).fetchall())

    def drop_file(self, path: str) -> None:
        """Note that a file is gone."""
        for table in ("files", "new_files"):
            self._db.execute(f"DELETE FROM {table} WHERE path = ?", (path,))

    def files(self, beginning: str = "") -> Iterator[tuple[str, bytes]]:
        """Yield the files of the site whose names begin so with their checksums, in the order of their names."""
        yield from self._db.execute(
            "SELECT path, checksum FROM files WHERE path >= ? AND path < ? ORDER BY path",
            (beginning, beginning + "\U0010ffff"),
        )

    def left_over(self, run: int) -> list[str]:
        """Return the files that were not made in this run."""
        return self._texts("SELECT path FROM files WHERE run != ? ORDER BY path", run)

    def seal(self) -> str:
        """Return the checksum of the names and checksums of all files: it says which site this is."""
        found = hashlib.sha256()
        for path, checksum in self.files():
            found.update(path.encode() + b"\0" + checksum)
        return found.hexdigest()

    def _texts(self, query: str, *values: str | int) -> list[str]:
        return [str(row[0]) for row in self._db.execute(query, values).fetchall()]

    def _ids(self, query: str) -> Iterator[str]:
        yield from (str(row[0]) for row in self._db.execute(query))


class Decisions:
    """Which sentences decided, of every article once: a cache that all sites of an archive share.

    They are kept as places in the text, under a mark that changes with the text and with the model.
    """

    def __init__(self, cache: Path) -> None:
        self._db = Database(
            cache / "deciding.sqlite",
            what="the list of deciding sentences",
            version=_VERSION,
            create=_create_decided,
            wait=_WAIT,
        )

    def close(self) -> None:
        """Close it."""
        self._db.close()

    def count(self) -> int:
        """Return of how many articles something is known."""
        return int(self._db.execute("SELECT count(*) FROM decided").fetchone()[0])

    def get(self, article_id: str, mark: str) -> Spans | None:
        """Return the sentences of an article, by theme; None where nothing is known."""
        rows = self._db.execute("SELECT spans FROM decided WHERE id = ? AND mark = ?", (article_id, mark)).fetchall()
        if not rows:
            return None
        return {str(theme): (int(start), int(end)) for theme, (start, end) in json.loads(rows[0][0]).items()}

    def keep(self, found: Mapping[tuple[str, str], Spans]) -> None:
        """Keep what was found of articles: under id and mark."""
        with self._db.transaction():
            self._db.execute_many(
                "INSERT OR REPLACE INTO decided VALUES (?, ?, ?)",
                ((one, mark, json.dumps(spans, sort_keys=True)) for (one, mark), spans in found.items()),
            )
