"""Whether lines hold sound records, asked a million times in a row.

A record's own ``from_json`` decides. The types of the values of a line that it accepted are remembered: a later line
whose values are of the same types is looked at only for what the types do not tell.
"""

from __future__ import annotations

from operator import attrgetter, itemgetter
from typing import Any, get_args

from clipper.models import SCHEMA, Article, Kind, Tagging

_LARGEST = 1 << 53
_KINDS = frozenset(get_args(Kind))
_TEXT = {str}
_CHANCE = {float}
_WANTED = (
    "id", "revision", "kind", "url", "canonical", "guid", "title", "outlet", "fetched", "source", "duplicate_of",
    "sha256",
)  # fmt: skip
_MORE = ("schema", "authors", "categories")  # of which types do not tell everything
_STONE = ("forgotten", "reason", "keys")  # only in the lines of what was taken out on request
_OTHERS = (n for n in Article.__slots__ if n not in {*_WANTED, *_MORE, *_STONE})
_article_in = itemgetter(*_WANTED, *_MORE, *_OTHERS)
_article_of = attrgetter(*_WANTED)
_tagging_in = itemgetter("article", "revision", "model", "schema", "tags", "scores", "codebook", "tagged")
_tagging_of = attrgetter("article", "revision", "model")


class Soundness:
    """Checks articles and taggings out of JSON. Raises what ``from_json`` raises."""

    def __init__(self) -> None:
        self._articles: set[tuple[type, ...]] = set()
        self._taggings: set[tuple[type, ...]] = set()

    def article(self, data: Any) -> tuple[Any, ...]:
        """Return id, revision, kind, URL, canonical URL, guid, title, outlet, day of fetching, source, what it is a
        copy of, and checksum.
        """
        try:
            values: tuple[Any, ...] = _article_in(data)
        except (KeyError, TypeError):  # a line from before a field was thought of, or none at all
            return tuple(_article_of(Article.from_json(data)))
        types = (*map(type, values),)
        if types not in self._articles or not _is_usual_article(values) or not data.keys().isdisjoint(_STONE):
            Article.from_json(data)
            self._articles.add(types)
        return values[: len(_WANTED)]

    def tagging(self, data: Any) -> tuple[Any, ...]:
        """Return article, revision and model."""
        try:
            values: tuple[Any, ...] = _tagging_in(data)
        except (KeyError, TypeError):
            return tuple(_tagging_of(Tagging.from_json(data)))
        types = (*map(type, values),)
        if types not in self._taggings or not _is_usual_tagging(values):
            Tagging.from_json(data)
            self._taggings.add(types)
        return values[:3]


def _is_usual_article(values: tuple[Any, ...]) -> bool:
    article, revision, kind = values[:3]
    schema, authors, categories = values[len(_WANTED) : len(_WANTED) + len(_MORE)]
    return bool(
        article
        and kind in _KINDS
        and 0 <= revision < _LARGEST
        and schema <= SCHEMA
        and _TEXT.issuperset(map(type, authors))
        and _TEXT.issuperset(map(type, categories))
    )


def _is_usual_tagging(values: tuple[Any, ...]) -> bool:
    _, revision, _, schema, tags, scores, *_ = values
    if schema > SCHEMA or not 0 <= revision < _LARGEST:
        return False
    chances = list(scores.values())
    for tag in tags:
        if type(tag) is not dict or type(tag.get("theme")) is not str:
            return False
        chances += (tag.get("probability"), tag.get("threshold", 0.0))
    # What is no number at all (NaN) is neither greater nor smaller than others, but spoils the sum.
    return not chances or (
        _CHANCE.issuperset(map(type, chances))
        and min(chances) >= 0
        and max(chances) <= 1
        and sum(chances) <= len(chances)
    )
