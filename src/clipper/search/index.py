"""The one door to the index engine, tantivy: BM25 over titles and texts, English stems, accents folded.

The index is a cache. It follows the catalogue by the number of the last change it has seen, which it keeps in a
file beside it, written after each commit: after a crash some articles are indexed again, none is missed. An
index that is missing, damaged or of another version is built anew.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import tantivy

from clipper.archive import locks
from clipper.archive.store import Archive
from clipper.coding.verdicts import carried, verdicts
from clipper.errors import CannotWork, Locked
from clipper.models import Article
from clipper.search.query import All, Flag, Node, Not, Prefix, Words, positive_words

VERSION = 4
BATCH = 5000  # articles between two commits: what a crash costs at most

_TEXT = "text"
_SEARCHED = {"title": 2.0, _TEXT: 1.0, "author": 1.0}  # what a word is looked for in, and how much it counts there
_SMALL, _LARGE = 20 << 20, 256 << 20  # bytes of memory for the writer
_GLANCE, _PATIENCE = 2.0, 300.0  # seconds to wait for another process that is indexing
_LAST_DAY = 99991231

_analyzer = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    .filter(tantivy.Filter.remove_long(60))
    .filter(tantivy.Filter.lowercase())
    .filter(tantivy.Filter.ascii_fold())
    .filter(tantivy.Filter.stemmer("English"))
    .build()
)
_plain_analyzer = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    .filter(tantivy.Filter.lowercase())
    .filter(tantivy.Filter.ascii_fold())
    .build()
)


def stems(text: str) -> list[str]:
    """Return the terms that the index holds for a text."""
    return list(_analyzer.analyze(text))


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What narrows a search. ``since`` and ``until`` are dates of day, month or year; both are included."""

    themes: tuple[str | tuple[str, ...], ...] = ()  # all of them; of several keys for one theme any
    outlet: str | None = None
    since: str | None = None
    until: str | None = None
    undated: bool = False  # only those that state no date


@dataclass(frozen=True)
class Match:
    """One matching article and its BM25 score (0 where the order is by date)."""

    id: str
    score: float


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("title", tokenizer_name="english")
    builder.add_text_field(_TEXT, tokenizer_name="english")
    builder.add_text_field("author", tokenizer_name="english")
    builder.add_text_field("outlet", tokenizer_name="plain")
    builder.add_text_field("theme", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("kind", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("partial", tokenizer_name="raw", index_option="basic")
    # A date that is only a month or a year spans days: both ends are kept, 0 and 0 for no date.
    builder.add_integer_field("first_day", indexed=True, fast=True)
    builder.add_integer_field("last_day", indexed=True, fast=True)
    return builder.build()


_SCHEMA = _schema()


def day_span(published: str | None) -> tuple[int, int]:
    """Return the first and the last day that a date may mean, as numbers such as 20141107; 0 and 0 for none."""
    digits = (published or "").replace("-", "")
    if not (digits.isascii() and digits.isdigit()):
        return 0, 0
    if len(digits) == 8:
        return int(digits), int(digits)
    if len(digits) in (4, 6):
        return int(digits.ljust(6, "0")) * 100, int(digits.ljust(6, "9")) * 100 + 99
    return 0, 0


class Index:
    """The index of one archive. ``renamed`` leads from what themes were called to what they are called now."""

    def __init__(
        self, archive: Archive, tell: Callable[[str], None] = lambda _: None, renamed: Mapping[str, str] | None = None
    ) -> None:
        self._archive = archive
        self._tell = tell
        self._renamed = dict(renamed or {})
        self._folder = archive.cache / "index"
        self._state = archive.cache / "index.json"
        self._opened: tantivy.Index | None = None

    @property
    def _index(self) -> tantivy.Index:
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def _open(self) -> tantivy.Index:
        state = self._read_state()
        # Without its meta.json the engine takes the folder for a new index and finds nothing in it.
        if state["version"] == VERSION and (self._folder / "meta.json").is_file():
            try:
                return self._registered(tantivy.Index(_SCHEMA, str(self._folder)))
            except (ValueError, OSError):
                self._tell(f"{self._folder}: the index is damaged; building it anew")
        return self._begin()

    def _begin(self) -> tantivy.Index:
        """Return an empty index in place of whatever is there."""
        try:
            self._state.unlink(missing_ok=True)
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True, exist_ok=True)
            return self._registered(tantivy.Index(_SCHEMA, str(self._folder)))
        except (ValueError, OSError) as error:
            raise CannotWork(f"{self._folder}: the index cannot be made ({error})") from None

    @staticmethod
    def _registered(index: tantivy.Index) -> tantivy.Index:
        index.register_tokenizer("english", _analyzer)
        index.register_tokenizer("plain", _plain_analyzer)
        return index

    # -- following the archive ----------------------------------------------------------------------------

    def _read_state(self) -> dict[str, Any]:
        none: dict[str, Any] = {"version": 0, "generation": "", "seq": 0}
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
            return {key: type(value)(state[key]) for key, value in none.items()}
        except (OSError, ValueError, KeyError, TypeError):
            return none

    def _write_state(self, generation: str, seq: int) -> None:
        fresh = self._state.with_suffix(".new")
        state = {"version": VERSION, "generation": generation, "seq": seq}
        fresh.write_text(json.dumps(state), encoding="utf-8")
        fresh.replace(self._state)

    def catch_up(self) -> None:
        """Take in what has changed in the archive.

        One process at a time does so, and builds an index that is missing. A search waits a moment for it, and for
        the end of it only where there is nothing yet to search.
        """
        there = (self._folder / "meta.json").is_file() and self._read_state()["version"] == VERSION
        try:
            with locks.indexing(self._archive.cache, _GLANCE if there else _PATIENCE):
                self._follow()
        except Locked:
            if not there:
                raise
            self._tell("another clipper is bringing the index up to date; searching what is there")

    def rebuild(self) -> None:
        """Build the index anew: it turned out to be damaged."""
        self._tell(f"{self._folder}: the index is damaged; building it anew")
        with locks.indexing(self._archive.cache, _PATIENCE):
            self._opened = self._begin()
            self._follow()

    def _follow(self) -> None:
        index = self._index  # opened first: one that is begun anew has seen nothing yet, whatever was noted
        catalogue = self._archive.catalogue
        catalogue.glance()
        state = self._read_state()
        generation = catalogue.generation + json.dumps(self._renamed, sort_keys=True) * bool(self._renamed)
        if state["generation"] != generation and state["seq"]:
            index = self._opened = self._begin()
        seq = state["seq"] if state["generation"] == generation else 0
        waiting = catalogue.changed_since(seq)
        if not waiting:
            if state["generation"] != generation:
                self._write_state(generation, seq)
            return
        large = len(waiting) > 1000
        if large:
            self._tell(f"indexing {len(waiting)} articles")
        try:
            writer = index.writer(_LARGE if large else _SMALL, num_threads=0 if large else 1)
        except ValueError as error:
            if "LockBusy" in str(error):
                self._tell("another clipper is bringing the index up to date; searching what is there")
                return
            raise CannotWork(f"{self._folder}: the index cannot be written ({error})") from None
        try:
            for number, change in enumerate(waiting, 1):
                if seq:
                    writer.delete_documents_by_term("id", change.entry.id)
                article = self._archive.read(change.entry.place)
                tagging = self._archive.read_tagging(change.tagging) if change.tagging else None
                labels = catalogue.judgements.of(article.id)
                writer.add_document(_document(article, carried(verdicts(article, tagging, labels, self._current))))
                if number % BATCH == 0 or number == len(waiting):
                    writer.commit()
                    self._write_state(generation, change.seq)
            if large:
                writer.wait_merging_threads()
        except (ValueError, OSError) as error:
            raise CannotWork(f"{self._folder}: the index cannot be written ({error})") from None

    def _current(self, theme: str) -> str:
        return self._renamed.get(theme, theme)

    # -- asking -------------------------------------------------------------------------------------------

    def search(self, node: Node | None, filters: Filters, limit: int, offset: int = 0) -> tuple[int, list[Match]]:
        """Return how many articles match, and the best of them; for a query without words the newest.

        Pages of clippings are left out.
        """
        clauses = [(tantivy.Occur.MustNot, self._term("kind", "page")), *self._filters(filters)]
        clauses.append((tantivy.Occur.Must, tantivy.Query.all_query() if node is None else self._query(node)))
        query = tantivy.Query.boolean_query(clauses)
        self._index.reload()
        searcher = self._index.searcher()
        by_date = not any(positive_words(node))
        if by_date:
            found = searcher.search(query, limit, offset=offset, order_by_field="first_day", order=tantivy.Order.Desc)
        else:
            found = searcher.search(query, limit, offset=offset)
        matches = [
            Match(str(searcher.doc(address).get_first("id")), 0.0 if by_date else float(score))
            for score, address in found.hits
        ]
        return int(found.count or 0), matches  # type: ignore[attr-defined]  # left out of tantivy's stubs

    @staticmethod
    def _term(field: str, value: str) -> tantivy.Query:
        return tantivy.Query.term_query(_SCHEMA, field, value, "basic")

    def _theme(self, keys: str | tuple[str, ...]) -> tantivy.Query:
        ways = [self._term("theme", key) for key in ([keys] if isinstance(keys, str) else keys)]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, way) for way in ways])

    def _filters(self, filters: Filters) -> list[tuple[tantivy.Occur, tantivy.Query]]:
        must: list[tantivy.Query] = [self._theme(theme) for theme in filters.themes]
        if filters.outlet:
            must.append(self._row("outlet", list(_plain_analyzer.analyze(filters.outlet))))
        if filters.undated:
            must.append(self._range("first_day", 0, 0))
        if filters.since or filters.until:
            # An article is within when one of the days that its date may mean is; one without a date is not.
            first = day_span(filters.since)[0] if filters.since else 1
            last = day_span(filters.until)[1] if filters.until else _LAST_DAY
            must.append(self._range("last_day", max(first, 1), _LAST_DAY))
            must.append(self._range("first_day", 1, last))
        return [(tantivy.Occur.Must, query) for query in must]

    @staticmethod
    def _range(field: str, low: int, high: int) -> tantivy.Query:
        return tantivy.Query.range_query(_SCHEMA, field, tantivy.FieldType.Integer, low, high)

    @staticmethod
    def _row(field: str, terms: list[str]) -> tantivy.Query:
        """Return a query for terms that follow each other."""
        if not terms:
            return tantivy.Query.empty_query()
        if len(terms) == 1:
            return tantivy.Query.term_query(_SCHEMA, field, terms[0])
        return tantivy.Query.phrase_query(_SCHEMA, field, list(terms))

    def _beginning(self, text: str) -> tantivy.Query:
        """Return a query for words that begin so. The index holds stems: a beginning that goes on past its word's
        stem (*privatisatio*) is looked for as that stem.
        """
        folded = _plain_analyzer.analyze(text)
        ways = []
        if len(folded) == 1 and folded[0].isalnum():
            ways = [tantivy.Query.regex_query(_SCHEMA, field, f"{folded[0]}.*") for field in _SEARCHED]
        ways += [self._row(field, stems(text)) for field in _SEARCHED]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, way) for way in ways])

    def _query(self, node: Node) -> tantivy.Query:
        if isinstance(node, Words):
            terms = stems(node.text)
            if not terms:  # nothing but punctuation, of which the index holds none
                return tantivy.Query.empty_query()
            ways = [tantivy.Query.boost_query(self._row(field, terms), boost) for field, boost in _SEARCHED.items()]
            return tantivy.Query.boolean_query([(tantivy.Occur.Should, way) for way in ways])
        if isinstance(node, Flag):
            return tantivy.Query.const_score_query(self._term(node.name, _yes(node.value)), 0.0)
        if isinstance(node, Prefix):
            return self._beginning(node.text)
        if isinstance(node, Not):
            # The engine finds nothing for a query of nots alone.
            return tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Must, tantivy.Query.const_score_query(tantivy.Query.all_query(), 0.0)),
                    (tantivy.Occur.MustNot, self._query(node.part)),
                ]
            )
        parts = list(node.parts)
        if isinstance(node, All):  # among words, a dash or an ellipsis asks for nothing
            parts = [p for p in parts if not isinstance(p, Words) or stems(p.text)] or parts[:1]
        occur = tantivy.Occur.Must if isinstance(node, All) else tantivy.Occur.Should
        return tantivy.Query.boolean_query([(occur, self._query(part)) for part in parts])


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _document(article: Article, themes: list[str]) -> tantivy.Document:
    first, last = day_span(article.published)
    document = tantivy.Document()
    document.add_text("id", article.id)
    document.add_text("title", article.title or "")
    document.add_text(_TEXT, article.text)
    for author in article.authors:
        document.add_text("author", author)
    document.add_text("outlet", article.outlet or "")
    document.add_text("kind", article.kind)
    document.add_text("partial", _yes(article.partial))
    document.add_integer("first_day", first)
    document.add_integer("last_day", last)
    for theme in themes:
        document.add_text("theme", theme)
    return document
