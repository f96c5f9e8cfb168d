"""The catalogue: a cache in SQLite that follows the archive's lines and answers what is where.

It knows for every article its newest revision and the place of that line; which URL and which guid belong to
which article; the newest tagging; people's labels and the samples that they were given on; and the URLs that were
refused for good. It is derived: when it is missing, damaged, of another version or behind a file that changed
under it, it is built anew from the lines.

Following costs what is new: for each file it remembers how many bytes it has read, and the checksum of the last
of them, so that a file that was replaced is noticed.

Every change of an article, of its tags or of its labels takes the next number of one sequence; the search index asks
for what has changed since the number it has seen.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from clipper.archive import jsonl
from clipper.archive.database import Connection, Damage, Database
from clipper.archive.judgements import Judgements
from clipper.errors import Locked
from clipper.identity import url_key
from clipper.models import Article, Label, NewerSchema, Run, Sample, Tagging

VERSION = 3
_TAIL = 256
_WAIT, _GLANCE = 10.0, 0.5  # seconds that a writer waits for its turn, and a reader

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE files (name TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, inode INTEGER, tail BLOB) WITHOUT ROWID;
CREATE TABLE articles (
    id TEXT PRIMARY KEY, revision INTEGER, kind TEXT, title TEXT, sha256 TEXT,
    file TEXT, offset INTEGER, length INTEGER, seq INTEGER,
    source TEXT, url TEXT, checked TEXT) WITHOUT ROWID;
CREATE INDEX articles_source ON articles (source, checked);
CREATE TABLE older (
    id TEXT, revision INTEGER, file TEXT, offset INTEGER, length INTEGER, PRIMARY KEY (id, revision)) WITHOUT ROWID;
CREATE INDEX articles_seq ON articles (seq);
CREATE TABLE urls (key TEXT PRIMARY KEY, id TEXT) WITHOUT ROWID;
CREATE TABLE guids (source TEXT, guid TEXT, id TEXT, PRIMARY KEY (source, guid)) WITHOUT ROWID;
CREATE TABLE tags (
    article TEXT PRIMARY KEY, revision INTEGER, model TEXT, file TEXT, offset INTEGER, length INTEGER) WITHOUT ROWID;
CREATE TABLE looked_at (article TEXT PRIMARY KEY, revision INTEGER, model TEXT) WITHOUT ROWID;
CREATE TABLE labels (
    article TEXT, theme TEXT, coder TEXT, round TEXT, value INTEGER, revision INTEGER, at TEXT, seq INTEGER,
    PRIMARY KEY (article, theme, coder, round)) WITHOUT ROWID;
CREATE INDEX labels_round ON labels (round);
CREATE TABLE samples (
    name TEXT PRIMARY KEY, round TEXT, articles TEXT, population INTEGER, seed INTEGER, query TEXT, at TEXT,
    seq INTEGER) WITHOUT ROWID;
CREATE TABLE refused (key TEXT PRIMARY KEY, cause TEXT) WITHOUT ROWID;
CREATE TABLE troubles (key TEXT PRIMARY KEY, times INTEGER, last TEXT, cause TEXT) WITHOUT ROWID;
"""


def _create(db: Connection) -> None:
    for statement in _TABLES.split(";"):
        if statement.strip():
            db.execute(statement)
    db.execute("INSERT INTO meta VALUES ('generation', ?), ('seq', '0')", (uuid.uuid4().hex,))


class Place(NamedTuple):
    """Where a line lies: the file's name below the archive, and its bytes."""

    file: str
    offset: int
    length: int


class Entry(NamedTuple):
    """What the catalogue knows of an article without opening its file."""

    id: str
    revision: int
    kind: str
    title: str | None
    sha256: str
    place: Place


class Trouble(NamedTuple):
    """How often in a row a URL could not be had, when last (UTC, ISO 8601), and why."""

    times: int
    last: str
    cause: str


class Fetched(NamedTuple):
    """An article that came from a URL, and when that was last asked for (UTC, ISO 8601)."""

    id: str
    url: str
    checked: str


class Change(NamedTuple):
    """An article that changed, or whose tags did, with the number of the change."""

    entry: Entry
    tagging: Place | None
    seq: int


class Catalogue:
    """The catalogue of one archive. Open it, ``catch_up``, ask."""

    def __init__(self, archive: Path, cache: Path, warn: Callable[[str], None]) -> None:
        self._archive = archive
        self._warn = warn
        self._db = Database(
            cache / "catalogue.sqlite", what="the catalogue", version=VERSION, create=_create, wait=_WAIT
        )
        self.judgements = Judgements(self._ask)

    def close(self) -> None:
        """Close the catalogue; it is not used after that."""
        self._db.close()

    # -- following the files ------------------------------------------------------------------------------

    def catch_up(self, *, wait: float = _WAIT) -> list[tuple[Path, int]]:
        """Read what was appended since the last time.

        Return the files that end in half a line, with the offset where it begins: a crash left it there, or
        somebody is writing at this moment. Raises CannotWork for records of a newer clipper, and Locked when
        another process is catching up for more than ``wait`` seconds.
        """
        try:
            self._db.wait(wait)
            with self._db.transaction():
                if self._replaced():
                    self._db.empty()
                return self._follow()
        except Damage as error:
            self._db.begin_anew(error)
            with self._db.transaction():
                return self._follow()

    def glance(self) -> None:
        """Catch up as a reader does: when another process is doing so, take what is there rather than wait."""
        try:
            self.catch_up(wait=_GLANCE)
        except Locked:
            self._warn("another clipper is taking in the archive; showing what it has so far")

    def _ask(self, query: str, *values: str | int | bool) -> list[tuple[Any, ...]]:
        """Return the rows that answer a query; a catalogue that turns out to be damaged is built anew first."""
        # What was typed may hold half a character, which no stored text does.
        safe = [v.encode("utf-8", "replace").decode("utf-8") if isinstance(v, str) else v for v in values]
        try:
            return self._db.execute(query, safe).fetchall()
        except Damage as error:
            self._db.begin_anew(error)
            self.catch_up()
            return self._db.execute(query, safe).fetchall()

    def _files(self) -> list[Path]:
        months = sorted(p for p in (self._archive / "articles").glob("*.jsonl") if p.is_file())
        rest = (self._archive / name for name in ("tags.jsonl", "labels.jsonl", "samples.jsonl", "runs.jsonl"))
        return months + [p for p in rest if p.is_file()]

    def _replaced(self) -> bool:
        """Whether a file that was read is gone, shorter, or differs where reading stopped."""
        for name, size, mtime, inode, tail in self._db.execute("SELECT name, size, mtime, inode, tail FROM files"):
            path = self._archive / name
            try:
                status = path.stat()
            except OSError:
                return True
            if status.st_ino != inode or status.st_size < size:
                return True
            if status.st_size == size and mtime == status.st_mtime_ns:
                continue
            # An append makes a file longer: one that is as long as it was, and written since, was changed inside.
            if (status.st_size == size and mtime) or self._tail(path, size) != tail:
                return True
        return False

    @staticmethod
    def _tail(path: Path, size: int) -> bytes:
        start = max(size - _TAIL, 0)
        return hashlib.sha256(jsonl.read_at(path, start, size - start)).digest()

    def _follow(self) -> list[tuple[Path, int]]:
        known = dict(self._db.execute("SELECT name, size FROM files"))
        seq = int(self._db.execute("SELECT value FROM meta WHERE key = 'seq'").fetchone()[0])
        torn: list[tuple[Path, int]] = []
        for path in self._files():
            name = path.relative_to(self._archive).as_posix()
            status = path.stat()
            start = end = known.get(name, 0)
            if status.st_size == start:
                continue
            for line in jsonl.read(path, start):
                end = line.offset + len(line.data) + 1
                seq += 1
                self._take(name, line, seq)
            if end < status.st_size:
                torn.append((path, end))
            # The time of writing is that of these bytes only if there were no others when it was asked for.
            mtime = status.st_mtime_ns if end == status.st_size else 0
            self._db.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
                (name, end, mtime, status.st_ino, self._tail(path, end)),
            )
        self._db.execute("UPDATE meta SET value = ? WHERE key = 'seq'", (str(seq),))
        return torn

    def _take(self, name: str, line: jsonl.Line, seq: int) -> None:
        """Enter one line. A line that is no record is told and passed over; it stays where it is."""
        place = Place(name, line.offset, len(line.data))
        try:
            data = json.loads(line.data)
            if name == "tags.jsonl":
                self._take_tagging(Tagging.from_json(data), place, seq)
            elif name == "labels.jsonl":
                self._take_label(Label.from_json(data), seq)
            elif name == "samples.jsonl":
                self._take_sample(Sample.from_json(data), seq)
            elif name == "runs.jsonl":
                self._take_run(Run.from_json(data))
            else:
                self._take_article(Article.from_json(data), place, seq)
        except NewerSchema as error:
            raise NewerSchema(f"{self._archive / name}: {error}") from None
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            self._warn(
                f"{self._archive / name}: damaged line at byte {line.offset} passed over ({type(error).__name__})"
            )

    def _take_article(self, article: Article, place: Place, seq: int) -> None:
        row = self._db.execute(
            "SELECT revision, file, offset, length, checked FROM articles WHERE id = ?", (article.id,)
        ).fetchone()
        if row is None or article.revision >= row[0]:
            if row is not None and article.revision > row[0]:
                self._db.execute("INSERT OR REPLACE INTO older VALUES (?, ?, ?, ?, ?)", (article.id, *row[:4]))
            # A page that was read anew without asking for it keeps its day of fetching.
            checked = max(article.fetched, row[4]) if row else article.fetched
            self._db.execute(
                "INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (article.id, article.revision, article.kind, article.title, article.sha256, *place, seq,
                 article.source, article.url, checked),
            )  # fmt: skip
        # Only where it was fetched: a canonical link is a page's own word, and must not hide the page it names.
        # A clipping's link leads to a page that nobody has fetched yet.
        if article.kind != "clipping" and (url := article.url or article.canonical):
            self._db.execute("INSERT OR IGNORE INTO urls VALUES (?, ?)", (url_key(url), article.id))
            self._db.execute("DELETE FROM troubles WHERE key = ?", (url_key(url),))
        if article.guid:
            self._db.execute("INSERT OR IGNORE INTO guids VALUES (?, ?, ?)", (article.source, article.guid, article.id))

    def _take_tagging(self, tagging: Tagging, place: Place, seq: int) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?, ?, ?)",
            (tagging.article, tagging.revision, tagging.model, *place),
        )
        self._db.execute("UPDATE articles SET seq = ? WHERE id = ?", (seq, tagging.article))

    def _take_label(self, label: Label, seq: int) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (label.article, label.theme, label.coder, label.round or "", label.value, label.revision, label.at, seq),
        )
        self._db.execute("UPDATE articles SET seq = ? WHERE id = ?", (seq, label.article))

    def _take_sample(self, sample: Sample, seq: int) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (sample.name, sample.round, json.dumps(sample.articles), sample.population, sample.seed, sample.query,
             sample.at, seq),
        )  # fmt: skip

    def _take_run(self, run: Run) -> None:
        for item in run.not_archived:
            key, cause = url_key(str(item["target"])), str(item["cause"])
            if item.get("lasting"):
                self._db.execute("INSERT OR REPLACE INTO refused VALUES (?, ?)", (key, cause))
            elif not self._seen_since(key, run.ended):
                self._db.execute(
                    "INSERT INTO troubles VALUES (?, 1, ?, ?) ON CONFLICT (key) DO UPDATE "
                    "SET times = times + 1, last = excluded.last, cause = excluded.cause",
                    (key, run.ended, cause),
                )
        for article in run.unchanged:
            self._db.execute("UPDATE articles SET checked = max(checked, ?) WHERE id = ?", (run.ended, article))
            self._db.execute("DELETE FROM troubles WHERE key IN (SELECT key FROM urls WHERE id = ?)", (article,))
        for item in run.redirected:
            self._db.execute(
                "INSERT OR IGNORE INTO urls VALUES (?, ?)", (url_key(str(item["target"])), str(item["id"]))
            )

    def _seen_since(self, key: str, moment: str) -> bool:
        """Whether a URL's page was had later: a catalogue built anew reads the runs after the articles."""
        row = self._db.execute(
            "SELECT 1 FROM urls u JOIN articles a ON a.id = u.id WHERE u.key = ? AND a.checked >= ?", (key, moment)
        ).fetchone()
        return row is not None

    # -- asking -------------------------------------------------------------------------------------------

    @property
    def generation(self) -> str:
        """What changes when the catalogue is built anew and its sequence begins again."""
        return str(self._ask("SELECT value FROM meta WHERE key = 'generation'")[0][0])

    def count(self) -> int:
        """Return how many articles there are, of every kind."""
        return int(self._ask("SELECT count(*) FROM articles")[0][0])

    def get(self, article: str) -> Entry | None:
        """Return what is known of an article by its whole id."""
        rows = self._ask(f"SELECT {_ENTRY} FROM articles WHERE id = ?", article)
        return _entry(rows[0]) if rows else None

    def named(self, prefix: str, most: int = 10) -> list[Entry]:
        """Return the articles whose id begins with a prefix, at most ``most`` of them."""
        rows = self._ask(
            f"SELECT {_ENTRY} FROM articles WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
            prefix,
            prefix + "\U0010ffff",
            most,
        )
        return [_entry(row) for row in rows]

    def by_url(self, url: str) -> str | None:
        """Return the id of the article that a URL names, if it has been seen."""
        rows = self._ask("SELECT id FROM urls WHERE key = ?", url_key(url))
        return rows[0][0] if rows else None

    def by_guid(self, source: str, guid: str) -> str | None:
        """Return the id of the article that a source gave this guid."""
        rows = self._ask("SELECT id FROM guids WHERE source = ? AND guid = ?", source, guid)
        return rows[0][0] if rows else None

    def refusal(self, url: str) -> str | None:
        """Return why a URL was refused for good, if it was."""
        rows = self._ask("SELECT cause FROM refused WHERE key = ?", url_key(url))
        return rows[0][0] if rows else None

    def trouble(self, url: str) -> Trouble | None:
        """Return how a URL failed so far, if it did and was not refused for good."""
        rows = self._ask("SELECT times, last, cause FROM troubles WHERE key = ?", url_key(url))
        return Trouble(*rows[0]) if rows else None

    def checked(self, article: str) -> str:
        """Return when an article's page was last asked for (UTC, ISO 8601); an empty string for no article."""
        rows = self._ask("SELECT checked FROM articles WHERE id = ?", article)
        return str(rows[0][0]) if rows else ""

    def last_checked(self, source: str, before: str) -> list[Fetched]:
        """Return the articles of a source whose pages were last asked for before a moment, the longest ago first."""
        rows = self._ask(
            "SELECT id, url, checked FROM articles WHERE source = ? AND checked < ? AND url IS NOT NULL "
            "AND kind = 'article' ORDER BY checked",
            source,
            before,
        )
        return [Fetched(*row) for row in rows]

    def revisions(self, article: str) -> dict[int, Place]:
        """Return where each revision of an article lies, the oldest first."""
        rows = self._ask(
            "SELECT revision, file, offset, length FROM older WHERE id = ?1 UNION "
            "SELECT revision, file, offset, length FROM articles WHERE id = ?1 ORDER BY revision",
            article,
        )
        return {row[0]: Place(*row[1:]) for row in rows}

    def tagging(self, article: str) -> Place | None:
        """Return where the newest tagging of an article lies."""
        rows = self._ask("SELECT file, offset, length FROM tags WHERE article = ?", article)
        return Place(*rows[0]) if rows else None

    def entries(self) -> list[Entry]:
        """Return every article but pages of clippings, in the order of their ids, which says nothing of them.

        The list takes a few hundred bytes an article.
        """
        return [_entry(row) for row in self._ask(f"SELECT {_ENTRY} FROM articles WHERE kind != 'page' ORDER BY id")]

    def untagged(self, model: str, *, everything: bool = False) -> list[Entry]:
        """Return the articles whose newest revision this model has not tagged or looked at, or ``everything``.

        Pages of clippings are left out. The list takes a few hundred bytes an article.
        """
        rows = self._ask(
            f"SELECT {_ENTRY_A} FROM articles a LEFT JOIN tags t ON t.article = a.id WHERE a.kind != 'page' "
            "AND (? OR t.article IS NULL OR t.revision != a.revision OR (t.model != ? AND NOT EXISTS ("
            "SELECT 1 FROM looked_at l WHERE l.article = a.id AND l.revision = a.revision AND l.model = ?))) "
            "ORDER BY a.seq",
            everything,
            model,
            model,
        )
        return [_entry(row) for row in rows]

    def looked_at(self, entries: Sequence[Entry], model: str) -> None:
        """Note that a model says of these articles what their tags say already: they need no tags of its own."""
        with self._db.transaction():
            self._db.execute_many(
                "INSERT OR REPLACE INTO looked_at VALUES (?, ?, ?)", ((e.id, e.revision, model) for e in entries)
            )

    def changed_since(self, seq: int) -> list[Change]:
        """Return the articles that changed, or whose tags did, after a number of the sequence, in order.

        The list takes a few hundred bytes an article.
        """
        rows = self._ask(
            f"SELECT {_ENTRY_A}, t.file, t.offset, t.length, a.seq FROM articles a "
            "LEFT JOIN tags t ON t.article = a.id WHERE a.seq > ? ORDER BY a.seq",
            seq,
        )
        return [Change(_entry(row), Place(*row[8:11]) if row[8] is not None else None, row[11]) for row in rows]

    def unique_prefix(self, article: str, least: int = 7) -> str:
        """Return the shortest prefix of an id, of at least ``least`` digits, that names it alone."""
        around = [
            row[0]
            for sign, order in (("<", "DESC"), (">", "ASC"))
            for row in self._ask(f"SELECT id FROM articles WHERE id {sign} ? ORDER BY id {order} LIMIT 1", article)
        ]
        length = least
        for other in around:
            while length < len(article) and other[:length] == article[:length]:
                length += 1
        return article[:length]


_ENTRY = "id, revision, kind, title, sha256, file, offset, length"
_ENTRY_A = "a.id, a.revision, a.kind, a.title, a.sha256, a.file, a.offset, a.length"


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(row[0], row[1], row[2], row[3], row[4], Place(row[5], row[6], row[7]))
