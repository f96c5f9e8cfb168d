"""The catalogue: a cache in SQLite that follows the archive's lines and answers what is where.

It knows for every article its newest revision and the place of that line; which URL and which guid belong to
which article; the newest tagging; people's labels and the samples that they were given on; and the URLs that were
refused for good. It is derived: when it is missing, damaged, of another version or behind a file that changed
under it, it is built anew from the lines. ``clipper.archive.following`` does so.

Every change of an article, of its tags or of its labels takes the next number of one sequence; the search index asks
for what has changed since the number it has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from clipper.archive import clock, tables
from clipper.archive.database import Damage, DamagedDatabase, Database, Unwritable
from clipper.archive.entering import guid_number, url_number
from clipper.archive.following import Following
from clipper.archive.judgements import Judgements
from clipper.archive.removing import Removing
from clipper.archive.rewriting import Swapped
from clipper.errors import Locked
from clipper.models import Article

_WAIT, _GLANCE = 10.0, 0.5  # seconds that a writer waits for its turn, and a reader
_TRIES = 3  # how often a comparison is begun while others write
_MEMORY = 64  # megabytes of the database that are kept at hand while much is entered
_JOURNAL = 4000  # pages after which the journal is brought into the database, which waits for the disk


class Place(NamedTuple):
    """Where a line lies: the file's name below the archive, and its bytes."""

    file: str
    offset: int
    length: int


class Entry(NamedTuple):
    """What the catalogue knows of an article without opening its file; ``forgotten`` is when it was taken out."""

    id: str
    revision: int
    kind: str
    title: str | None
    sha256: str
    place: Place
    forgotten: str | None = None


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
    """An article that changed, or whose tags or labels did, with the number of the change.

    ``labelled`` tells whether anybody has judged it, ``duplicate_of`` what its newest revision says it is a copy of.
    """

    entry: Entry
    tagging: Place | None
    seq: int
    labelled: bool = False
    duplicate_of: str | None = None


class Catalogue:
    """The catalogue of one archive. Open it, ``catch_up``, ask."""

    def __init__(self, archive: Path, cache: Path, warn: Callable[[str], None]) -> None:
        self._archive = archive
        self._cache = cache
        self._warn = warn
        self._db = Database(
            cache / "catalogue.sqlite",
            what="the catalogue",
            version=tables.VERSION,
            create=tables.create,
            wait=_WAIT,
        )
        self._db.execute(f"PRAGMA cache_size = -{_MEMORY * 1024}")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {_JOURNAL}")
        self._following = Following(archive, self._db, warn)
        self.judgements = Judgements(self._ask)

    def problems(self) -> list[str]:
        """Return what is wrong with the catalogue, a line each: what SQLite finds, and where it differs from the files.

        For that it is compared with one that is built from the files beside it, which takes as long as building does.
        """
        found = self._db.problems()
        if found:
            return found
        other = Catalogue(self._archive, self._cache / "compared", lambda _: None)
        try:
            for _ in range(_TRIES):
                other.catch_up()
                self.catch_up()
                if not self._db.differences(other._db, {"files": "SELECT name, size FROM {}files"}):
                    return self._db.differences(other._db, _COMPARED)
            return []  # somebody writes without a pause; another time, then
        finally:
            other._db.remove()
            (self._cache / "compared").rmdir()

    def build_anew(self) -> None:
        """Delete the catalogue and build it from the files, as is done with one that turns out to be damaged."""
        self._db.begin_anew(DamagedDatabase("somebody asked for it"))
        self.catch_up()

    def close(self) -> None:
        """Close the catalogue; it is not used after that."""
        self._db.close()

    # -- what is taken out --------------------------------------------------------------------------------

    def take_out(self, stones: Sequence[Article], swap: Callable[[], Sequence[Swapped]]) -> None:
        """Take articles out, while ``swap`` puts files with their tombstones in place of the files that are known.

        Nobody else follows the files meanwhile. Where one is not as it was known, or lines of it have moved, the
        catalogue is built anew at the next ``catch_up``. The caller holds the write lock.
        """
        try:
            self._db.wait(_WAIT)
            self._db.execute("PRAGMA secure_delete = ON")
            with self._db.transaction():
                Removing(self._archive, self._db).remove(stones, swap())
        except Damage as error:
            self._db.begin_anew(error)

    def clean(self, needles: Sequence[bytes]) -> None:
        """Take what SQLite keeps of deleted rows out of the file, where one of these texts is still in it.

        Raises Locked when somebody reads so long that it cannot be done.
        """
        self._db.tidy(needles)

    # -- following the files ------------------------------------------------------------------------------

    def catch_up(self, *, wait: float = _WAIT) -> list[tuple[Path, int]]:
        """Read what was appended since the last time.

        Return the files that end in half a line, with the offset where it begins: a crash left it there, or
        somebody is writing at this moment. Raises CannotWork for records of a newer clipper or where the catalogue
        cannot be written, and Locked when another process is catching up for more than ``wait`` seconds.
        """
        self._follow(wait)
        return self._following.torn()

    def _follow(self, wait: float) -> None:
        try:
            self._following.catch_up(wait)
        except Damage as error:
            self._db.begin_anew(error)
            self._following.catch_up(wait)

    def glance(self) -> None:
        """Catch up as a reader does: where that cannot be done now, take what is there rather than wait or fail."""
        try:
            self._follow(_GLANCE)
        except Locked:
            self._warn("another clipper is taking in the archive; showing what it has so far")
        except Unwritable as error:
            self._warn(f"{error}; showing what was taken in before")

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

    # -- asking -------------------------------------------------------------------------------------------

    @property
    def generation(self) -> str:
        """What changes when the catalogue is built anew and its sequence begins again."""
        return str(self._ask("SELECT value FROM meta WHERE key = 'generation'")[0][0])

    def count(self) -> int:
        """Return how many articles there are, of every kind; those that were taken out are none."""
        rows = self._ask(f"SELECT (SELECT count(*) FROM articles) - (SELECT count(*) FROM articles {_TAKEN_OUT})")
        return int(rows[0][0])

    def get(self, article: str) -> Entry | None:
        """Return what is known of an article by its whole id; None for one that was taken out."""
        rows = self._ask(f"SELECT {_ENTRY} FROM articles WHERE id = ? AND forgotten IS NULL", article)
        return _entry(rows[0]) if rows else None

    def named(self, prefix: str, most: int = 10) -> list[Entry]:
        """Return the articles whose id begins with a prefix, at most ``most`` of them, and those taken out as well."""
        rows = self._ask(
            f"SELECT {_ENTRY} FROM articles WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
            prefix,
            prefix + "\U0010ffff",
            most,
        )
        return [_entry(row) for row in rows]

    def by_url(self, url: str) -> str | None:
        """Return the id of the article that a URL names, if it has been seen."""
        rows = self._ask(
            "SELECT a.id FROM urls o JOIN articles a ON a.number = o.article WHERE o.key = ? AND a.forgotten IS NULL",
            url_number(url),
        )
        return rows[0][0] if rows else None

    def by_guid(self, source: str, guid: str) -> str | None:
        """Return the id of the article that a source gave this guid."""
        rows = self._ask(
            "SELECT a.id FROM guids o JOIN articles a ON a.number = o.article WHERE o.key = ? AND a.forgotten IS NULL",
            guid_number(source, guid),
        )
        return rows[0][0] if rows else None

    def refusal(self, url: str) -> str | None:
        """Return why a URL was refused for good, if it was."""
        if when := self.withheld(url_number(url)):
            return taken_out_on(when)
        rows = self._ask("SELECT cause FROM refused WHERE key = ?", url_number(url))
        return rows[0][0] if rows else None

    def withheld(self, *keys: int) -> str | None:
        """Return when an article was taken out that had one of these numbers of a URL, or of a guid with a title."""
        marks = ", ".join("?" * len(keys))
        rows = self._ask(f"SELECT max(forgotten) FROM withheld WHERE key IN ({marks})", *keys)
        return None if rows[0][0] is None else str(rows[0][0])

    def all_withheld(self) -> frozenset[int]:
        """Return all numbers by which ``withheld`` knows what was taken out."""
        return frozenset(int(row[0]) for row in self._ask("SELECT key FROM withheld"))

    def forgotten(self, article: str) -> str | None:
        """Return when an article was taken out of the archive, None where it was not."""
        rows = self._ask("SELECT forgotten FROM articles WHERE id = ?", article)
        return rows[0][0] if rows else None

    def all_forgotten(self) -> set[str]:
        """Return the ids of the articles that were taken out."""
        return {str(row[0]) for row in self._ask(f"SELECT id FROM articles {_TAKEN_OUT}")}

    def trouble(self, url: str) -> Trouble | None:
        """Return how a URL failed so far, if it did and was not refused for good."""
        rows = self._ask("SELECT times, last, cause FROM troubles WHERE key = ?", url_number(url))
        return Trouble(*rows[0]) if rows else None

    def checked(self, article: str) -> str:
        """Return when an article's page was last asked for (UTC, ISO 8601); an empty string for no article."""
        rows = self._ask("SELECT checked FROM articles WHERE id = ?", article)
        return str(rows[0][0]) if rows else ""

    def last_checked(self, source: str, before: str) -> list[Fetched]:
        """Return the articles of a source whose pages were last asked for before a moment, the longest ago first.

        Those come last of which a clock that was ahead wrote when that was.
        """
        rows = self._ask(
            "SELECT id, url, checked FROM articles WHERE source = (SELECT number FROM sources WHERE name = ?) "
            "AND (checked < ? OR checked > ?) AND url IS NOT NULL AND kind = 'article' ORDER BY checked",
            source,
            before,
            clock.ahead(),
        )
        return [Fetched(*row) for row in rows]

    def places(self, articles: Sequence[str]) -> dict[str, tuple[Place, Place | None]]:
        """Return where articles lie and their newest taggings, by id: of a few hundred, without those taken out."""
        rows = self._ask(
            "SELECT a.id, a.file, a.offset, a.length, t.offset, t.length FROM articles a LEFT JOIN tags t "
            f"ON t.article = a.number WHERE a.forgotten IS NULL AND a.id IN ({', '.join('?' * len(articles))})",
            *articles,
        )
        return {row[0]: (Place(*row[1:4]), None if row[4] is None else Place(_TAGS, *row[4:])) for row in rows}

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
        rows = self._ask(
            "SELECT t.offset, t.length FROM articles a JOIN tags t ON t.article = a.number WHERE a.id = ?1 "
            "UNION ALL SELECT offset, length FROM early_tags WHERE article = ?1",
            article,
        )
        return Place(_TAGS, *rows[0]) if rows else None

    def entries(self) -> list[Entry]:
        """Return every article but pages of clippings, in the order of their ids, which says nothing of them.

        The list takes a few hundred bytes an article.
        """
        query = f"SELECT {_ENTRY} FROM articles WHERE kind != 'page' AND forgotten IS NULL ORDER BY id"
        return [_entry(row) for row in self._ask(query)]

    def untagged(self, model: str, *, everything: bool = False) -> list[Entry]:
        """Return the articles whose newest revision this model has not tagged or looked at, or ``everything``.

        Pages of clippings are left out. The list takes a few hundred bytes an article.
        """
        rows = self._ask(
            f"SELECT {_ENTRY_A} FROM articles a LEFT JOIN tags t ON t.article = a.number WHERE a.kind != 'page' "
            "AND a.forgotten IS NULL "
            "AND (? OR t.article IS NULL OR t.revision != a.revision OR (t.model != ? AND NOT EXISTS ("
            "SELECT 1 FROM looked_at l WHERE l.article = a.id AND l.revision = a.revision AND l.model = ?))) "
            "ORDER BY a.seq",
            everything,
            model,
            model,
        )
        return [_entry(row) for row in rows]

    def unjudged(self) -> list[str]:
        """Return the ids of the articles of whose newest revision neither a model nor a person has said anything.

        Pages of clippings are left out.
        """
        rows = self._ask(
            "SELECT a.id FROM articles a LEFT JOIN tags t ON t.article = a.number WHERE a.kind != 'page' "
            "AND a.forgotten IS NULL AND (t.article IS NULL OR t.revision != a.revision) "
            "AND NOT EXISTS (SELECT 1 FROM labels l WHERE l.article = a.id)"
        )
        return [str(row[0]) for row in rows]

    def looked_at(self, entries: Sequence[Entry], model: str) -> None:
        """Note that a model says of these articles what their tags say already: they need no tags of its own."""
        with self._db.transaction():
            self._db.execute_many(
                "INSERT OR REPLACE INTO looked_at VALUES (?, ?, ?)", ((e.id, e.revision, model) for e in entries)
            )

    def changed_since(self, seq: int, limit: int | None = None) -> list[Change]:
        """Return the articles that changed, or of which something new was said, after a number of the sequence.

        They come in order, at most ``limit`` of them, those that were taken out as well. Each takes a few hundred
        bytes in the list; who follows a large archive asks again and again, with the number of the last one.
        """
        rows = self._ask(
            f"SELECT {_ENTRY_A}, a.seq, a.duplicate_of, t.offset, t.length, "
            "EXISTS (SELECT 1 FROM labels l WHERE l.article = a.id) "
            "FROM articles a LEFT JOIN tags t ON t.article = a.number WHERE a.seq > ? ORDER BY a.seq LIMIT ?",
            seq,
            -1 if limit is None else limit,
        )
        return [
            Change(
                entry=_entry(row),
                tagging=None if row[11] is None else Place(_TAGS, row[11], row[12]),
                seq=row[9],
                labelled=bool(row[13]),
                duplicate_of=row[10],
            )
            for row in rows
        ]

    def newest_seq(self) -> int:
        """Return the number of the last change; 0 where there are no articles."""
        rows = self._ask("SELECT seq FROM articles ORDER BY seq DESC LIMIT 1")
        return int(rows[0][0]) if rows else 0

    def count_since(self, seq: int) -> int:
        """Return how many articles ``changed_since`` has in all."""
        return int(self._ask("SELECT count(*) FROM articles WHERE seq > ?", seq)[0][0])

    def root(self, article: str) -> str:
        """Return the id of the first article in a chain of copies: what the article is a copy of, and what that is.

        The chain ends at an article that is no copy, or a copy of one that is not there. Articles that are copies of
        each other in a circle have the one with the least id for their root.
        """
        chain = [article]
        while True:
            rows = self._ask(
                "SELECT p.id FROM articles a JOIN articles p ON p.id = a.duplicate_of WHERE a.id = ?", chain[-1]
            )
            if not rows:
                return chain[-1]
            parent = str(rows[0][0])
            if parent in chain:
                return min(chain[chain.index(parent) :])
            chain.append(parent)

    def copies(self, article: str, most: int = 50) -> list[str]:
        """Return the ids of the articles that name this one as what they are copies of, in their order."""
        rows = self._ask("SELECT id FROM articles WHERE duplicate_of = ? ORDER BY id LIMIT ?", article, most)
        return [str(row[0]) for row in rows]

    def clippings(self, page: str) -> list[str]:
        """Return the ids of the clippings that were cut from a page, in their order."""
        return [str(row[0]) for row in self._ask("SELECT id FROM articles WHERE part_of = ? ORDER BY id", page)]

    def pages(self) -> list[Entry]:
        """Return the pages of clippings, in the order of their ids."""
        query = f"SELECT {_ENTRY} FROM articles WHERE kind = 'page' AND forgotten IS NULL ORDER BY id"
        return [_entry(row) for row in self._ask(query)]

    def fetched_from(self, url: str) -> list[str]:
        """Return the ids of the articles that were fetched from a URL, to the letter. All articles are looked at."""
        return [str(row[0]) for row in self._ask("SELECT id FROM articles WHERE url = ? ORDER BY id", url)]

    def outlets(self) -> dict[str, int]:
        """Return the outlets, those with the most articles first, and how many articles each has.

        Pages of clippings are not counted.
        """
        return self._counts("outlets")

    def sources(self) -> dict[str, int]:
        """Return the sources from which articles came, in the manner of ``outlets``."""
        return self._counts("sources")

    def _counts(self, table: str) -> dict[str, int]:
        rows = self._ask(f"SELECT name, articles FROM {table} WHERE articles > 0 ORDER BY articles DESC, name")
        return {str(name): int(articles) for name, articles in rows}

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


_TAGS = "tags.jsonl"
_SAID = "taken out of the archive on request"
_TAKEN_OUT = "WHERE forgotten IS NOT NULL"
_ENTRY = "id, revision, kind, title, sha256, file, offset, length, forgotten"
_ENTRY_A = "a.id, a.revision, a.kind, a.title, a.sha256, a.file, a.offset, a.length, a.forgotten"


def taken_out_on(when: str) -> str:
    """Return what is said of an article that was taken out, by the moment when."""
    return f"{_SAID} on {when[:10]}"


def is_taken_out(cause: str | None) -> bool:
    """Whether a cause is that an article was taken out."""
    return (cause or "").startswith(_SAID)


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(row[0], row[1], row[2], row[3], row[4], Place(row[5], row[6], row[7]), row[8])


# What holds however an archive was followed, without the numbers that depend on the order.
_COMPARED = {
    "articles": "SELECT a.id, a.revision, a.kind, a.title, a.sha256, a.file, a.offset, a.length, a.url, "
    "a.duplicate_of, a.part_of, a.forgotten, s.name, o.name FROM {}articles a "
    "LEFT JOIN {}sources s ON s.number = a.source "
    "LEFT JOIN {}outlets o ON o.number = a.outlet",
    "tags": "SELECT a.id, t.revision, t.model, t.offset, t.length FROM {}tags t "
    "LEFT JOIN {}articles a ON a.number = t.article",
    "withheld": "SELECT key, forgotten FROM {}withheld",
    "labels": "SELECT article, theme, coder, round, value, revision, at FROM {}labels",
    "samples": "SELECT name, round, articles, population, seed, query, at FROM {}samples",
    "outlets": "SELECT name, articles FROM {}outlets WHERE articles > 0",
    "sources": "SELECT name, articles FROM {}sources WHERE articles > 0",
}
