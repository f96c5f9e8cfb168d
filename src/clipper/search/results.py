"""From a query to what is shown: articles with their tags and the sentences that match."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from clipper.archive.store import Archive
from clipper.coding.verdicts import Verdict, as_labels, as_tags, verdicts
from clipper.models import Article, Label, Tagging
from clipper.search import query as language
from clipper.search.index import Filters, Index, stems
from clipper.text import sentences, shorten

SNIPPET = 240  # characters
_WORD = re.compile(r"[^\W_]+")

Span = tuple[int, int]


@dataclass(frozen=True)
class Hit:
    """One result. ``snippet`` is the best sentence or two; ``short_id`` names the article alone."""

    article: Article
    tagging: Tagging | None
    score: float
    snippet: str
    short_id: str
    labels: list[Label] = field(default_factory=list)
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def themes(self) -> list[Verdict]:
        """What people and the model say of its themes."""
        return verdicts(self.article, self.tagging, self.labels, lambda key: self.renamed.get(key, key))

    def to_json(self) -> dict[str, Any]:
        """Return the article without its text, with tags, labels, score and snippet."""
        record = self.article.to_json()
        del record["text"]
        record["tags"] = as_tags(self.themes, self.tagging)
        record["labels"] = as_labels(self.labels)
        record["score"] = round(self.score, 4)
        record["snippet"] = self.snippet
        return record


@dataclass(frozen=True)
class Results:
    """How many articles match in all, and those asked for.

    ``stems`` are the terms to highlight; ``undated`` tells how many more would match but for a filter by date,
    because they state none.
    """

    total: int
    hits: list[Hit]
    stems: frozenset[str]
    undated: int = 0


def search(
    archive: Archive,
    text: str,
    filters: Filters,
    *,
    limit: int,
    offset: int = 0,
    renamed: Mapping[str, str] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Results:
    """Return what matches a query. Raises QueryError for one that cannot be read.

    What was added to the archive before the call is found. ``renamed`` leads from what themes were called to what they
    are called now.
    """
    node = language.parse(text)
    index = Index(archive, tell, renamed or {})
    index.catch_up()
    try:
        total, matches = index.search(node, filters, limit, offset)
    except (ValueError, OSError, RuntimeError):  # what the engine says of files that are not as it wrote them
        index.rebuild()
        total, matches = index.search(node, filters, limit, offset)
    wanted = frozenset(stem for words in language.positive_words(node) for stem in stems(words))
    hits = []
    for match in matches:
        entry = archive.catalogue.get(match.id)
        if entry is None:
            continue  # the catalogue was built anew while we asked; the next search is in step
        article = archive.read(entry.place)
        place = archive.catalogue.tagging(match.id)
        hits.append(
            Hit(
                article=article,
                tagging=archive.read_tagging(place) if place else None,
                score=match.score,
                snippet=snippet(article, wanted),
                short_id=archive.catalogue.unique_prefix(match.id),
                labels=archive.catalogue.judgements.of(match.id),
                renamed=renamed or {},
            )
        )
    undated = 0
    if filters.since or filters.until:
        undated, _ = index.search(node, replace(filters, since=None, until=None, undated=True), 1)
    return Results(total, hits, wanted, undated)


def snippet(article: Article, wanted: frozenset[str]) -> str:
    """Return the sentence of an article that says most of what was asked, with the next one where there is room."""
    parts = sentences(article.text)
    if not parts:
        return ""
    best = 0
    if wanted:
        best = max(range(len(parts)), key=lambda i: (_worth(parts[i], wanted), -i))
    shown = parts[best]
    if best + 1 < len(parts) and len(shown) + len(parts[best + 1]) < SNIPPET:
        shown = f"{shown} {parts[best + 1]}"
    if len(shown) > SNIPPET and (spans := list(matches(shown, wanted))):
        start = max(spans[0][0] - SNIPPET // 4, 0)
        if start:
            start = shown.find(" ", start) + 1
            return "…" + shorten(shown[start:], SNIPPET - 1)
    return shorten(shown, SNIPPET)


def _worth(sentence: str, wanted: frozenset[str]) -> tuple[int, int]:
    """Return how many different terms a sentence holds, and how many times."""
    found = [stem for word in _WORD.findall(sentence) if (stem := _stem(word)) in wanted]
    return len(set(found)), len(found)


def matches(text: str, wanted: frozenset[str]) -> Iterator[Span]:
    """Yield where the words stand that the query asked for."""
    if wanted:
        for word in _WORD.finditer(text):
            if _stem(word[0]) in wanted:
                yield word.span()


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    found = stems(word)
    return found[0] if found else ""
