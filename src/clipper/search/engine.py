"""The one door to the index engine, tantivy: what a document holds, how it is written, how it is asked for.

The engine is given words that are cut and folded already (``clipper.search.terms``): it parts them at spaces and,
where endings do not matter, takes these off. So an index, a query and a highlighted line never disagree on what a
word is.

Scores are BM25 (Robertson and Zaragoza, 2009), as the engine computes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import tantivy

from clipper import modes

Query = tantivy.Query
Trouble = (ValueError, OSError, RuntimeError)  # what the engine says of files that are not as it wrote them

_DESCRIPTIONS = ("meta.json", ".managed.json")  # the engine's own, of what there is

TEXT = "text"  # stems of title, text and authors: what a word is looked for in
TITLE = "title"  # stems of the title: what counts more, and what ``title:`` asks
WORD, TITLE_WORD = "word", "title_word"  # each word once, without stemming: for beginnings and slips of the pen
AUTHOR, OUTLET = "author", "outlet"  # names, without stemming
PAIR = "pair"  # two very common words in a row, as one
THEME, SOURCE, KIND, CODER, FLAG = "theme", "source", "kind", "coder", "flag"  # whole values
OUTLET_NAME = "outlet_name"  # the whole name, to be counted
NUMBER, GROUP = "number", "group"  # which article, and which one it is a copy of (itself for one that is none)
FIRST_DAY, LAST_DAY = "first_day", "last_day"  # 20141107; a date of month or year spans days; 0 for none
NEWEST, OLDEST = "newest", "oldest"  # by what results are put in order of time; undated ones last in both
MONTH = "month"  # 201411, 201400 where only the year is known, 0 for none
ID = "id"  # kept only for an id that is no number

_SPACES, _ENDINGS, _PAIRS, _WHOLE = "spaces", "endings", "pairs", "raw"
APART = "."  # among pairs: what stands before it and after it is not in one row


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in (TEXT, TITLE):
        builder.add_text_field(name, tokenizer_name=_ENDINGS)
    for name in (AUTHOR, OUTLET):
        builder.add_text_field(name, tokenizer_name=_SPACES)
    for name in (WORD, TITLE_WORD):
        builder.add_text_field(name, tokenizer_name=_SPACES, index_option="basic")
    builder.add_text_field(PAIR, tokenizer_name=_PAIRS)
    for name in (THEME, SOURCE, KIND, CODER, OUTLET_NAME):
        builder.add_text_field(name, tokenizer_name=_WHOLE, index_option="basic", fast=True)
    builder.add_text_field(FLAG, tokenizer_name=_WHOLE, index_option="basic")
    builder.add_text_field(ID, stored=True, tokenizer_name=_WHOLE, index_option="basic")
    for name in (NUMBER, GROUP):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    for name in (FIRST_DAY, LAST_DAY, NEWEST, OLDEST, MONTH):
        builder.add_integer_field(name, fast=True)
    return builder.build()


_SCHEMA = _schema()
_spaces = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
_pairs = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    .filter(tantivy.Filter.custom_stopword([APART]))  # it is not kept, but its place is
    .build()
)
_folding = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    .filter(tantivy.Filter.ascii_fold())
    .filter(tantivy.Filter.lowercase())
    .build()
)
_stemming = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).filter(tantivy.Filter.stemmer("English")).build()
)


def folded(words: Sequence[str]) -> list[str]:
    """Return words without accents, in small letters. No word holds a space."""
    found = _folding.analyze(" ".join(words))
    return found if len(found) == len(words) else ["".join(_folding.analyze(word)) or word for word in words]


def stemmed(words: Sequence[str]) -> list[str]:
    """Return the stems of folded words (Porter2, for English). No word holds a space."""
    found = _stemming.analyze(" ".join(words))
    return found if len(found) == len(words) else ["".join(_stemming.analyze(word)) or word for word in words]


class Fields(NamedTuple):
    """What a document holds: texts and numbers by the names of their fields. Of a field of several values, all."""

    texts: Sequence[tuple[str, str]]
    numbers: Sequence[tuple[str, int]]


Place = tantivy.DocAddress


class Found(NamedTuple):
    """How many documents match; of those asked for, in order, the number, the score and the place."""

    total: int
    hits: list[tuple[int, float, Place]]


# -- queries ----------------------------------------------------------------------------------------------------------


def term(field: str, value: str) -> Query:
    """Return a query for a whole value, without a score."""
    return Query.const_score_query(Query.term_query(_SCHEMA, field, value, "basic"), 0.0)


def word(field: str, stem: str) -> Query:
    """Return a query for one word of a text, with its score."""
    return Query.term_query(_SCHEMA, field, stem, "freq")


def numbers(field: str, values: Iterable[int]) -> Query:
    """Return a query for any of some numbers, without a score."""
    return Query.const_score_query(Query.term_set_query(_SCHEMA, field, list(values)), 0.0)


def words_of(field: str, values: Sequence[str]) -> Query:
    """Return a query for any of some words, without a score."""
    return Query.const_score_query(Query.term_set_query(_SCHEMA, field, list(values)), 0.0)


def row(field: str, stems: Sequence[str]) -> Query:
    """Return a query for words in a row."""
    return Query.phrase_query(_SCHEMA, field, list(stems))


def near(field: str, one: str, other: str, within: int) -> Query:
    """Return a query for two words with at most so many others between them, in any order."""
    # Both are asked for at one place, from which each may be moved by as many places as they may be apart.
    return Query.phrase_query(_SCHEMA, field, [(0, one), (0, other)], slop=within + 1)


def beginning(field: str, start: str) -> Query:
    """Return a query for words, or whole values, that begin so; without a score."""
    # The engine's patterns know no escape for other signs, and need none.
    escaped = "".join("\\" + c if c.isascii() and not c.isalnum() and c not in "<> _" else c for c in start)
    return Query.const_score_query(Query.regex_query(_SCHEMA, field, escaped + ".*"), 0.0)


def similar_word(field: str, plain: str, distance: int) -> Query:
    """Return a query for words that differ from this one in so many letters (two changed places count as one)."""
    return Query.fuzzy_term_query(_SCHEMA, field, plain, distance)


def between(field: str, first: int | None, last: int | None) -> Query:
    """Return a query for numbers between two, both included; without a score."""
    return Query.const_score_query(
        Query.range_query(_SCHEMA, field, tantivy.FieldType.Integer, first, last, True, True), 0.0
    )


def everything() -> Query:
    """Return a query for all documents, without a score."""
    return Query.const_score_query(Query.all_query(), 0.0)


def nothing() -> Query:
    """Return a query for no document."""
    return Query.empty_query()


def any_of(parts: Sequence[Query]) -> Query:
    """Return a query for documents that one part at least matches."""
    return parts[0] if len(parts) == 1 else Query.boolean_query([(tantivy.Occur.Should, part) for part in parts])


def all_of(parts: Sequence[Query], but: Sequence[Query] = (), better: Sequence[Query] = ()) -> Query:
    """Return a query for documents that every part matches and none of ``but``; ``better`` adds to the score."""
    clauses = [(tantivy.Occur.Must, part) for part in parts]
    if not parts:  # a query of nots alone finds nothing
        clauses.append((tantivy.Occur.Must, everything()))
    clauses += [(tantivy.Occur.MustNot, part) for part in but]
    clauses += [(tantivy.Occur.Should, part) for part in better]
    return parts[0] if len(clauses) == 1 and parts else Query.boolean_query(clauses)


def like(texts: Sequence[str], most_articles: int) -> Query:
    """Return a query for texts that share their telling words: frequent in these texts, and not in the archive.

    Words that are in more than ``most_articles`` tell nothing. The score is the sum over the shared words.
    """
    return Query.more_like_this_document_fields_query(
        _SCHEMA,
        {TEXT: list(texts)},
        min_doc_frequency=2,
        max_doc_frequency=most_articles,
        min_term_frequency=1,
        max_query_terms=25,
        min_word_length=3,
    )


def worth(query: Query, factor: float) -> Query:
    """Return a query whose score counts ``factor`` times."""
    return Query.boost_query(query, factor)


# -- an index on disk -------------------------------------------------------------------------------------------------


class Engine:
    """An index in a folder. Opening one that is damaged, or of other fields, raises one of ``Trouble``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index = tantivy.Index(_SCHEMA, str(folder))
        self._index.register_tokenizer(_SPACES, _spaces)
        self._index.register_tokenizer(_ENDINGS, _stemming)
        self._index.register_tokenizer(_PAIRS, _pairs)
        self._searcher = self._index.searcher()

    def reload(self) -> None:
        """See what was written since."""
        self._index.reload()
        self._searcher = self._index.searcher()

    @property
    def parts(self) -> int:
        """How many parts the index is in: each writing adds one, until they are put together."""
        return int(self._searcher.num_segments)

    @property
    def count(self) -> int:
        """How many documents there are."""
        return int(self._searcher.num_docs)

    def writer(self, memory: int, threads: int) -> Writer:
        """Return what writes. ``memory`` is in bytes, ``threads`` 0 for one a processor. Raises one of ``Trouble``."""
        return Writer(self._index.writer(memory, num_threads=threads), self._folder)

    def how_many(self, query: Query) -> int:
        """Return how many documents match."""
        return int(self._searcher.search(query, 1, order_by_field=NUMBER).count or 0)  # type: ignore[attr-defined]  # not in its stubs

    def best(self, query: Query, limit: int, offset: int = 0) -> Found:
        """Return the documents with the best scores, without the first ``offset`` of them."""
        found = self._searcher.search(query, limit, offset=offset)
        return self._found(found, [(float(score), at) for score, at in found.hits])

    def in_order(self, query: Query, limit: int, field: str, *, ascending: bool = False, offset: int = 0) -> Found:
        """Return documents in the order of a number, the greatest first, or the least."""
        order = tantivy.Order.Asc if ascending else tantivy.Order.Desc
        found = self._searcher.search(query, limit, order_by_field=field, order=order, offset=offset)
        return self._found(found, [(0.0, at) for _, at in found.hits])

    def _found(self, found: Any, hits: list[tuple[float, Place]]) -> Found:
        values = self.values(NUMBER, [at for _, at in hits])
        return Found(int(found.count or 0), [(n, *hit) for n, hit in zip(values, hits, strict=True)])

    def kept_id(self, place: Place) -> str | None:
        """Return the id of a document whose id is no number."""
        kept = self._searcher.doc(place).get_first(ID)
        return None if kept is None else str(kept)

    def values(self, field: str, places: list[Place]) -> list[int]:
        """Return a number of each of some documents."""
        return [int(value or 0) for value in self._searcher.fast_field_values(field, places)]

    def numbers_of(self, query: Query, field: str, limit: int) -> list[int]:
        """Return a number of each document that matches, at most so many, the greatest first."""
        if limit < 1:
            return []
        return [int(value) for value, _ in self._searcher.search(query, limit, False, order_by_field=field).hits]

    def by_part(self) -> list[list[int]]:
        """Return the numbers of all documents, part by part. Each takes a few hundred bytes while they are gathered."""
        found: list[list[int]] = [[] for _ in range(self.parts)]
        every = Query.all_query()
        for value, place in self._searcher.search(every, max(self.count, 1), False, order_by_field=NUMBER).hits:
            found[place.segment_ord].append(int(value))
        return found

    def counts(self, query: Query, field: str, most: int = 65_000) -> dict[Any, int]:
        """Return how many documents have each value of a field, the most frequent first."""
        asked = {"counts": {"terms": {"field": field, "size": most}}}
        buckets = self._searcher.aggregate(query, asked)["counts"]["buckets"]
        return {bucket["key"]: int(bucket["doc_count"]) for bucket in buckets}

    def cross(self, query: Query, field: str, other: str, most: int = 65_000) -> dict[tuple[Any, Any], int]:
        """Return how many documents have each pair of values of two fields, of which a document may have several."""
        inner = {"inner": {"terms": {"field": other, "size": most}}}
        asked = {"outer": {"terms": {"field": field, "size": most}, "aggs": inner}}
        try:
            buckets = self._searcher.aggregate(query, asked)["outer"]["buckets"]
        except ValueError as error:
            if "bucket limit" not in str(error):
                raise
            # The engine holds so many counts and no more: the values of the first field are asked for one by one.
            one_by_one = {
                key: self.counts(
                    all_of([query, between(field, key, key) if isinstance(key, int) else term(field, key)]), other, most
                )
                for key in self.counts(query, field, most)
            }
            return {(key, value): n for key, found in one_by_one.items() for value, n in found.items()}
        return {
            (bucket["key"], found["key"]): int(found["doc_count"])
            for bucket in buckets
            for found in bucket["inner"]["buckets"]
        }

    def words_from(self, field: str, start: str) -> list[str]:
        """Return the words of a field that begin so."""
        return [str(value) for value, _ in self._searcher.terms_with_prefix(field, start)]


class Writer:
    """Writes documents. Each call may raise one of ``Trouble``."""

    def __init__(self, writer: tantivy.IndexWriter, folder: Path) -> None:
        self._writer = writer
        self._folder = folder

    def delete(self, articles: Sequence[int]) -> None:
        """Take out the documents of articles, as far as there are any."""
        # By a query: what deletes by a term takes every number for one with a sign, and finds none of ours.
        self._writer.delete_documents_by_query(Query.term_set_query(_SCHEMA, NUMBER, list(articles)))

    def add(self, fields: Fields) -> None:
        """Put in a document."""
        document = tantivy.Document()
        for name, text in fields.texts:
            document.add_text(name, text)
        for name, number in fields.numbers:
            (document.add_unsigned if name in (NUMBER, GROUP) else document.add_integer)(name, number)
        self._writer.add_document(document)

    def commit(self) -> None:
        """Make what was written last, and found from now on."""
        self._writer.commit()
        self._as_umask_says()

    def settle(self) -> None:
        """Wait until small parts are put together to large ones; nothing can be written after it."""
        self._writer.wait_merging_threads()
        self._as_umask_says()

    def _as_umask_says(self) -> None:
        # The engine makes these for their owner alone, and those who share the archive could not search it.
        for name in _DESCRIPTIONS:
            modes.as_umask_says(self._folder / name)
