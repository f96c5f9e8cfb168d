"""What is given out: the articles that a query matches, with all that is known of them, one after the other.

It is what ``clipper search`` finds, in the same order and folded in the same way, but streamed: the archive may hold a
million articles, and no more than a page of matches is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from clipper.archive.reader import Reader
from clipper.coding.verdicts import Verdict, as_labels, as_tags, carried, verdicts
from clipper.models import Article, Label, Tagging
from clipper.search.index import Match
from clipper.search.indexing import follow
from clipper.search.results import Search
from clipper.search.tree import Node

_PAGE = 5000  # matches that are asked for at once
_TOGETHER = 250  # articles that are read at once


class Item(NamedTuple):
    """One article that is given out. ``copies`` are the ids of the other records of its story, the newest first."""

    article: Article
    tagging: Tagging | None
    labels: Sequence[Label]
    themes: Sequence[Verdict]
    copies: Sequence[str]

    @property
    def carried(self) -> list[str]:
        """The keys of the themes that it carries, by people's word or the model's: the surest first."""
        return carried(self.themes)

    def to_json(self) -> dict[str, Any]:
        """Return the whole record, and after its fields the ``tags``, the ``labels`` and the ids of the ``copies``."""
        return {
            **self.article.to_json(),
            "tags": as_tags(self.themes, self.tagging),
            "labels": as_labels(self.labels),
            "copies": list(self.copies),
        }


class _Wanted(NamedTuple):
    """A match that is to be given; up to it, how many were ``passed``, and how many of these were ``folded``."""

    match: Match
    passed: int
    folded: int


class Selection:
    """The articles of an archive that a query matches; a query of None is all of them but pages of clippings.

    Copies of one story are folded into the first of them in the order asked for, unless ``fold`` is false.
    """

    def __init__(
        self,
        archive: Reader,
        node: Node | None,
        *,
        renamed: Mapping[str, str] | None = None,
        tell: Callable[[str], None] = lambda _: None,
        fold: bool = True,
    ) -> None:
        self.archive = archive
        self.fold = fold
        self._renamed = dict(renamed or {})
        self.search = Search(archive, node, follow=follow, renamed=self._renamed, tell=tell, fold=fold)
        self.total, self.folded, self.exact = self.search.count()
        self.passed_over = 0  # matches that ``items`` folded into others, up to the article that it gave last

    def items(
        self,
        *,
        sort: str | None = "date",
        limit: int | None = None,
        offset: int = 0,
        progress: Callable[[int, int], None] = lambda done, of: None,
    ) -> Iterator[Item]:
        """Yield the articles in an order: ``date`` (the newest first), ``oldest``, ``relevance``, None as in a search.

        ``progress`` is told how many matches of how many were passed, copies that are folded among them.
        """
        passed = folded = given = skipped = self.passed_over = 0
        several = self.search.groups_of_copies() if self.fold else set()
        told: set[int] = set()
        for page in self.search.in_pages(sort=sort, size=_PAGE if limit is None else min(_PAGE, limit + offset + 50)):
            wanted: list[_Wanted] = []
            for match in page:
                passed += 1
                if match.group in several:
                    if match.group in told:
                        folded += 1
                        continue
                    told.add(match.group)
                if skipped < offset:
                    skipped += 1
                    continue
                wanted.append(_Wanted(match, passed, folded))
            for start in range(0, len(wanted), _TOGETHER):
                part = wanted[start : start + _TOGETHER]
                if limit is not None:
                    part = part[: limit - given]
                for item, one in self._known(part):
                    given += 1
                    self.passed_over = one.folded
                    yield item
                    progress(one.passed, self.total)
                if limit is not None and given >= limit:
                    return
        self.passed_over = folded

    def _known(self, wanted: Sequence[_Wanted]) -> Iterator[tuple[Item, _Wanted]]:
        """Yield what is known of some matches, all of which is asked for together; not of what is there no more."""
        others = self.search.others(list({one.match.group for one in wanted}))
        ids = [one.match.id for one in wanted]
        places = self.archive.catalogue.places(ids)
        labels = self.archive.catalogue.judgements.of_several(ids)
        articles = self.archive.read_several([place for place, _ in places.values()])
        taggings = self.archive.read_taggings([place for _, place in places.values() if place is not None])
        for one in wanted:
            ident, group = one.match.id, one.match.group
            if ident not in places:
                continue
            at, tagged_at = places[ident]
            copies = [other for other in others.get(group, ()) if other != ident]
            tagging = taggings[tagged_at] if tagged_at is not None else None
            if articles[at].forgotten is None:
                yield self._item(articles[at], tagging, labels.get(ident, []), copies), one

    def item(self, article_id: str, copies: Sequence[str] = ()) -> Item | None:
        """Return what is known of one article; None for one that is not in the archive any more."""
        catalogue = self.archive.catalogue
        entry = catalogue.get(article_id)
        if entry is None:
            return None
        article = self.archive.read(entry.place)
        place = catalogue.tagging(article_id)
        tagging = self.archive.read_tagging(place) if place else None
        return self._item(article, tagging, catalogue.judgements.of(article_id), copies)

    def _item(self, article: Article, tagging: Tagging | None, labels: Sequence[Label], copies: Sequence[str]) -> Item:
        themes = verdicts(article, tagging, labels, lambda key: self._renamed.get(key, key))
        return Item(article, tagging, labels, themes, copies)

    def article(self, article_id: str) -> Article | None:
        """Return one article, such as a copy of another; None for one that is not in the archive any more."""
        entry = self.archive.catalogue.get(article_id)
        return None if entry is None else self.archive.read(entry.place)

    def short_id(self, article_id: str) -> str:
        """Return the shortest beginning of an id that names the article alone."""
        return self.archive.catalogue.unique_prefix(article_id)
