"""Entering lines in the catalogue: articles, tags, labels, samples and runs, many at a time."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from clipper.archive import clock
from clipper.archive.database import Database
from clipper.archive.jsonl import Line
from clipper.archive.soundness import Soundness
from clipper.archive.tables import from_key, number_of
from clipper.identity import url_key
from clipper.models import Label, NewerSchema, Run, Sample
from clipper.text import fold

_PUT_ARTICLE = f"INSERT OR IGNORE INTO articles VALUES ({', '.join('?' * 17)})"
_REVISE = (
    "UPDATE articles SET revision = ?, kind = ?, title = ?, sha256 = ?, file = ?, offset = ?, length = ?, seq = ?, "
    "source = ?, outlet = ?, url = ?, checked = ?, duplicate_of = ?, part_of = ?, forgotten = ? WHERE number = ?"
)
# Moments that a clock wrote which was ahead count only where there are no others, in whatever order they come.
_CHECK = (
    "UPDATE articles SET checked = CASE WHEN (checked > ?2) = (?1 > ?2) THEN max(checked, ?1) "
    "ELSE min(checked, ?1) END WHERE id = ?3"
)
_PUT_TAGS = "INSERT OR REPLACE INTO tags SELECT number, ?, ?, ?, ? FROM articles WHERE id = ?"
_PLAIN_URL = re.compile(r"https?://((?:[a-z0-9-]+\.)+[a-z0-9-]+(?:/[A-Za-z0-9_.~-]+)*)")
_LONG = 1000
_AMP = ("/amp", ".amp")
_SIDE_HOSTS = ("www", "m.", "mobile.", "amp.")


class _Row(NamedTuple):
    """An article, as the table of articles holds it."""

    number: int
    id: str
    revision: int
    kind: str
    title: str | None
    sha256: str
    file: str
    offset: int
    length: int
    seq: int
    source: int
    outlet: int | None
    url: str | None
    checked: str
    duplicate_of: str | None
    part_of: str | None
    forgotten: str | None

    @property
    def is_counted(self) -> bool:
        """Whether it is one of its outlet's articles."""
        return self.kind != "page" and self.forgotten is None


class Entering:
    """Enters the lines of the archive's files, within a transaction that is open."""

    def __init__(self, database: Database, warn: Callable[[str], None]) -> None:
        self._db = database
        self._warn = warn
        self._sound = Soundness()
        self._numbers: dict[str, dict[str, int]] = {}
        self._ahead = ""

    def begin(self) -> None:
        """Begin a transaction: in one that was undone the names may have had other numbers."""
        self._numbers = {"outlets": {}, "sources": {}}
        self._ahead = clock.ahead()

    def _later(self, one: str, other: str) -> str:
        """Return the later of two moments, as ``_CHECK`` does."""
        return max(one, other) if (one > self._ahead) == (other > self._ahead) else min(one, other)

    def lines(self, name: str, where: str, lines: Iterable[Line], seq: int) -> None:
        """Enter lines of one file, the first with the next number of the sequence after ``seq``.

        ``name`` is the file's name below the archive, ``where`` its name in messages.
        """
        if name == "tags.jsonl":
            self._taggings(where, lines, seq)
        elif name == "labels.jsonl":
            self._each(where, lines, seq, lambda data, line, number: self._label(Label.from_json(data), number))
        elif name == "samples.jsonl":
            self._each(where, lines, seq, lambda data, line, number: self._sample(Sample.from_json(data), number))
        elif name == "runs.jsonl":
            self._each(where, lines, seq, lambda data, line, number: self._run(Run.from_json(data)))
        else:
            self._articles(name, where, lines, seq)

    def _each(self, where: str, lines: Iterable[Line], seq: int, enter: Callable[[Any, Line, int], None]) -> None:
        """Enter line after line. A line that is no record is told and passed over; it stays where it is."""
        for number, line in enumerate(lines, seq + 1):
            try:
                enter(json.loads(line.data), line, number)
            except NewerSchema as error:
                raise NewerSchema(f"{where}: {error}") from None
            except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
                self._warn(f"{where}: damaged line at byte {line.offset} passed over ({_cause(error)})")

    # -- articles -----------------------------------------------------------------------------------------

    def _articles(self, name: str, where: str, lines: Iterable[Line], seq: int) -> None:
        (last,) = self._db.execute("SELECT max(number) FROM articles").fetchone()
        before = (last or 0) - seq
        fresh: dict[str, _Row] = {}
        later: list[_Row] = []
        urls: list[tuple[int, str]] = []
        guids: list[tuple[int, str]] = []
        withheld: list[tuple[int, str]] = []
        values_of, number_in, row_of = self._sound.article, self._number_in, _Row._make

        def enter(data: Any, line: Line, number: int) -> None:
            article, revision, kind, url, canonical, guid, title, outlet, checked, source, parent, sha256 = values_of(
                data
            )
            page, forgotten = data.get("part_of"), data.get("forgotten")
            keys: list[tuple[int, str]] = []
            if forgotten is not None:
                title = outlet = url = canonical = guid = parent = page = None
                sha256 = ""
                keys = [(from_key(key), forgotten) for key in data.get("keys", ())]
            # A text that holds half a character cannot be stored. That must be known before a batch is half entered.
            f"{article}{title}{sha256}{url}{source}{outlet}{checked}{parent}{page}{forgotten}".encode()
            withheld.extend(keys)
            row = row_of((
                before + number, article, revision, kind, title, sha256,
                name, line.offset, len(line.data), number,
                number_in("sources", source), number_in("outlets", outlet) if outlet else None, url, checked, parent,
                page, forgotten,
            ))  # fmt: skip
            # Only where it was fetched: a canonical link is a page's own word, and must not hide the page it names.
            # A clipping's link leads to a page that nobody has fetched yet.
            if kind != "clipping" and (known := url or canonical):
                urls.append((url_number(known), article))
            if guid:
                guids.append((guid_number(source, guid), article))
            if fresh.setdefault(article, row) is not row:
                later.append(row)

        self._each(where, lines, seq, enter)
        numbers = self._put(fresh, later)
        self._claim("urls", urls, numbers)
        self._claim("guids", guids, numbers)
        self._db.execute_many("INSERT OR REPLACE INTO withheld VALUES (?, ?)", withheld)
        if self._any("troubles"):
            self._db.execute_many("DELETE FROM troubles WHERE key = ?", ((key,) for key, _ in urls))
        if self._any("early_tags"):
            self._take_early_tags(numbers)

    def _put(self, fresh: dict[str, _Row], later: list[_Row]) -> dict[str, int]:
        """Put articles in their table, the first of each and then the later ones; return the number of each."""
        numbers = {article: row.number for article, row in fresh.items()}
        known: list[_Row] = []
        if self._db.execute_many(_PUT_ARTICLE, fresh.values()) < len(fresh):
            for article, row in fresh.items():
                (numbers[article],) = self._db.execute(
                    "SELECT number FROM articles WHERE id = ?", (article,)
                ).fetchone()
                if numbers[article] != row.number:
                    known.append(row)
        passed = {row.number for row in known}
        self._count("outlets", Counter(r.outlet for r in fresh.values() if r.is_counted and r.number not in passed))
        self._count("sources", Counter(r.source for r in fresh.values() if r.is_counted and r.number not in passed))
        for row in known + later:
            self._revise(numbers[row.id], row)
        return numbers

    def _revise(self, number: int, row: _Row) -> None:
        """Put a line of an article that is there already: a later revision takes the place of an earlier one."""
        revision, file, offset, length, kind, source, outlet, checked, forgotten = self._db.execute(
            "SELECT revision, file, offset, length, kind, source, outlet, checked, forgotten FROM articles "
            "WHERE number = ?",
            (number,),
        ).fetchone()
        older: tuple[Any, ...] | None = (row.id, revision, file, offset, length) if row.revision > revision else None
        if row.revision < revision:
            older = (row.id, row.revision, row.file, row.offset, row.length)
        if older:
            self._db.execute("INSERT OR REPLACE INTO older VALUES (?, ?, ?, ?, ?)", older)
        if row.revision < revision:
            return
        # A page that was read anew without asking for it keeps its day of fetching.
        row = row._replace(checked=self._later(checked, row.checked))
        self._db.execute(_REVISE, (*row[2:], number))
        for table, then, now in (("outlets", outlet, row.outlet), ("sources", source, row.source)):
            counts: Counter[int | None] = Counter()
            counts[then] -= kind != "page" and forgotten is None
            counts[now] += row.is_counted
            self._count(table, counts)

    def _number_in(self, table: str, name: str) -> int:
        """Return the number of an outlet or a source."""
        known = self._numbers[table]
        if name not in known:
            self._db.execute(f"INSERT OR IGNORE INTO {table} (name, articles) VALUES (?, 0)", (name,))
            (known[name],) = self._db.execute(f"SELECT number FROM {table} WHERE name = ?", (name,)).fetchone()
        return known[name]

    def _count(self, table: str, more: Counter[int | None]) -> None:
        self._db.execute_many(
            f"UPDATE {table} SET articles = articles + ? WHERE number = ?",
            ((change, number) for number, change in more.items() if number is not None and change),
        )

    def _claim(self, table: str, claims: list[tuple[int, str]], numbers: dict[str, int]) -> None:
        """Enter whose a URL or a guid is: the first article that came with it keeps it."""
        claims.sort(key=lambda claim: claim[0])  # stable; in the order of the table each of its pages is touched once
        self._db.execute_many(
            f"INSERT OR IGNORE INTO {table} VALUES (?, ?)", ((key, numbers[article]) for key, article in claims)
        )

    def _any(self, table: str) -> bool:
        return self._db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None

    # -- what is said of articles -------------------------------------------------------------------------

    def _taggings(self, where: str, lines: Iterable[Line], seq: int) -> None:
        last: dict[str, tuple[Any, ...]] = {}
        numbers: list[tuple[int, str]] = []
        values_of = self._sound.tagging

        def enter(data: Any, line: Line, number: int) -> None:
            article, revision, model = values_of(data)
            f"{article}{model}".encode()
            last[article] = (revision, model, line.offset, len(line.data), article)
            numbers.append((number, article))

        self._each(where, lines, seq, enter)
        if self._db.execute_many(_PUT_TAGS, last.values()) < len(last):
            # Tags may come before their article, where a month's file is put back later.
            self._db.execute_many(
                "INSERT OR REPLACE INTO early_tags SELECT ?5, ?1, ?2, ?3, ?4 "
                "WHERE NOT EXISTS (SELECT 1 FROM articles WHERE id = ?5)",
                last.values(),
            )
        self._db.execute_many("UPDATE articles SET seq = ? WHERE id = ?", numbers)

    def _take_early_tags(self, articles: Iterable[str]) -> None:
        """Give articles the tags that came before them."""
        for article in articles:
            self._db.execute(
                "INSERT OR IGNORE INTO tags SELECT a.number, t.revision, t.model, t.offset, t.length "
                "FROM early_tags t JOIN articles a ON a.id = t.article WHERE t.article = ?",
                (article,),
            )
            self._db.execute("DELETE FROM early_tags WHERE article = ?", (article,))

    def _label(self, label: Label, seq: int) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (label.article, label.theme, label.coder, label.round or "", label.value, label.revision, label.at, seq),
        )
        self._db.execute("UPDATE articles SET seq = ? WHERE id = ?", (seq, label.article))

    def _sample(self, sample: Sample, seq: int) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (sample.name, sample.round, json.dumps(sample.articles), sample.population, sample.seed, sample.query,
             sample.at, seq),
        )  # fmt: skip

    def _run(self, run: Run) -> None:
        for item in run.not_archived:
            if item["target"] is None:  # its article was taken out
                if item.get("key"):  # it led to that article; the cause ends with the day
                    row = (from_key(str(item["key"])), str(item["cause"])[-10:])
                    self._db.execute("INSERT OR IGNORE INTO withheld VALUES (?, ?)", row)
                continue
            key, cause = url_number(str(item["target"])), str(item["cause"])
            if item.get("lasting"):
                self._db.execute("INSERT OR REPLACE INTO refused VALUES (?, ?)", (key, cause))
            elif not self._seen_since(key, run.ended):
                self._db.execute(
                    "INSERT INTO troubles VALUES (?, 1, ?, ?) ON CONFLICT (key) DO UPDATE "
                    "SET times = times + 1, last = excluded.last, cause = excluded.cause",
                    (key, run.ended, cause),
                )
        for article in run.unchanged:
            self._db.execute(_CHECK, (run.ended, self._ahead, article))
            self._db.execute(
                "DELETE FROM troubles WHERE key IN (SELECT t.key FROM troubles t CROSS JOIN urls u ON u.key = t.key "
                "JOIN articles a ON a.number = u.article WHERE a.id = ?)",
                (article,),
            )
        for item in run.redirected:
            if item["target"] is None:
                continue
            self._db.execute(
                "INSERT OR IGNORE INTO urls SELECT ?, number FROM articles WHERE id = ?",
                (url_number(str(item["target"])), str(item["id"])),
            )

    def _seen_since(self, key: int, moment: str) -> bool:
        """Whether a URL's page was had later: a catalogue built anew reads the runs after the articles."""
        row = self._db.execute(
            "SELECT 1 FROM urls u JOIN articles a ON a.number = u.article WHERE u.key = ? AND a.checked >= ?",
            (key, moment),
        ).fetchone()
        return row is not None


def _cause(error: Exception) -> str:
    """Return why a line is no record, in words."""
    if isinstance(error, json.JSONDecodeError):
        return "no JSON"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return "not UTF-8" if isinstance(error, UnicodeDecodeError) else "no record of its kind"


def url_number(url: str) -> int:
    """Return the number under which a URL is found: one for all URLs of a page (``clipper.identity.url_key``)."""
    return number_of(quick_key(url))


def guid_number(source: str, guid: str) -> int:
    """Return the number under which an article is found by what its source calls it."""
    return number_of(f"{source}\x1f{guid}")


def guid_key_number(source: str, guid: str, title: str | None) -> int:
    """Return the number of a guid with a title: there are feeds that give every entry the same guid."""
    return number_of(f"{source}\x1f{guid}\x1f{fold(title or '')}")


def quick_key(url: str) -> str:
    """Return the ``url_key`` of a URL, at once where there is nothing to tidy in it."""
    plain = _PLAIN_URL.fullmatch(url) if len(url) < _LONG else None
    if plain is None:
        return url_key(url)
    key = plain[1]
    low = key.lower()
    if low.endswith(_AMP) or "/index." in low or "/default." in low:
        return url_key(url)
    if key.startswith("www."):
        return key[4:] if "." in key[4:] else key
    return url_key(url) if key.startswith(_SIDE_HOSTS) else key
