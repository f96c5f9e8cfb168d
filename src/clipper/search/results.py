"""From a query to what is shown: articles with their tags, the copies folded into them, the sentences that match."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from threading import Thread
from typing import Any, NamedTuple, TypeVar

from clipper.archive.catalogue import Entry
from clipper.archive.reader import Reader
from clipper.coding.verdicts import Verdict, as_labels, as_tags, verdicts
from clipper.errors import CannotWork
from clipper.models import Article, Label, Tagging
from clipper.search.document import number
from clipper.search.engine import NUMBER, Query, all_of, numbers
from clipper.search.index import Index, Match, copies_among, has_words, is_trouble
from clipper.search.marks import Marks
from clipper.search.tree import All, Dates, In, Node, Words
from clipper.text import sentence_spans, shorten

SNIPPET = 240  # characters
_NO_MORE_FILES = "Too many open files"
_MORE = 40  # matches that are asked for beyond those shown, since some are folded into others
_LOOKED_AT = 200  # matches that are looked at in any case: of so few it is known how many are folded
_COUNTED = 5000  # the same, where nothing but the number is asked for
_MOST_COPIES = 50  # that are told beside one article

Follow = Callable[..., None]
_T = TypeVar("_T")


class Copy(NamedTuple):
    """Another record of the same story, as it is told beside the one shown."""

    id: str
    title: str | None
    outlet: str | None
    published: str | None


class Hit(NamedTuple):
    """One result. ``snippet`` is the best sentence or two; ``short_id`` names the article alone.

    ``copies`` are the other records of the same story, whether they match or not.
    """

    article: Article
    tagging: Tagging | None
    labels: list[Label]
    score: float
    snippet: str
    short_id: str
    copies: list[Copy]
    renamed: Mapping[str, str]

    @property
    def themes(self) -> list[Verdict]:
        """What people and the model say of its themes."""
        return verdicts(self.article, self.tagging, self.labels, lambda key: self.renamed.get(key, key))

    def to_json(self) -> dict[str, Any]:
        """Return the article without its text, with tags, labels, score, snippet and copies."""
        record = self.article.to_json()
        del record["text"]
        record["tags"] = as_tags(self.themes, self.tagging)
        record["labels"] = as_labels(self.labels)
        record["score"] = round(self.score, 4)
        record["snippet"] = self.snippet
        record["copies"] = [copy.id for copy in self.copies]
        return record


class _Aside:
    """A number that is found while something else goes on: the engine lets other threads run.

    Where ``quick`` fails, ``sure`` finds it again, and tells what is wrong.
    """

    def __init__(self, quick: Callable[[], int], sure: Callable[[], int]) -> None:
        self._quick = quick
        self._sure = sure
        self._found: int | None = None
        self._thread = Thread(target=self._find, daemon=True)
        self._thread.start()

    def _find(self) -> None:
        # Whatever it is, the same question is asked again where it can be told.
        with suppress(BaseException):
            self._found = self._quick()

    def answer(self) -> int:
        """Return the number, when it is found."""
        self._thread.join()
        return self._sure() if self._found is None else self._found


class Results:
    """What a query found.

    ``total`` is how many articles match, ``shown`` how many of them ``hits`` gives: these are read from the archive
    one after the other, as they are taken, so that the first are seen before the last are read.
    """

    def __init__(
        self,
        total: int,
        matches: list[Match],
        hits: Iterator[Hit],
        marks: Marks,
        folded: int | None,
        copies: _Aside | None,
        undated: Callable[[], int],
    ) -> None:
        self.total = total
        self.matches = matches
        self.shown = len(matches)
        self.hits = hits
        self.marks = marks
        self.exact = folded is not None
        self._folded = folded
        self._copies = copies
        self._undated = undated

    @property
    def folded(self) -> int:
        """How many matches are told beside another one; where not all were looked at (``exact``), how many are copies.

        These are as many but for copies of articles that do not match.
        """
        if self._folded is None:
            self._folded = self._copies.answer() if self._copies else 0
        return self._folded

    @property
    def undated(self) -> int:
        """How many more would match but for a date that is asked for, because they state none."""
        return self._undated()


class Search:
    """One query on one archive, to be asked in several ways. What was added to the archive before is found.

    ``follow`` brings the index up to date (``clipper.search.indexing.follow``); it is handed in, since most searches
    find nothing new and should not wait for what only writing needs. ``fold`` tells copies of one story beside it;
    ``only`` narrows the search to articles of these numbers.
    """

    def __init__(
        self,
        archive: Reader,
        node: Node | None,
        *,
        follow: Follow,
        renamed: Mapping[str, str] | None = None,
        tell: Callable[[str], None] = lambda _: None,
        fold: bool = True,
        only: Sequence[int] | None = None,
    ) -> None:
        self._archive = archive
        self._node = node
        self._follow = follow
        self._fold = fold
        self._only = only
        self._renamed = renamed or {}
        self._index = Index(archive, tell, renamed)
        if not self._index.in_step():
            follow(self._index)

    def _asked(self, question: Callable[[Query], _T], node: Node | None) -> _T:
        """Return the answer to a question; an index that turns out to be damaged is built anew first.

        Raises CannotWork when the new one cannot be asked either.
        """
        query = self._query(node)
        try:
            return question(query)
        except BaseException as error:  # a panic of the engine is no Exception
            if not is_trouble(error):
                raise
            if _NO_MORE_FILES in str(error):  # which says nothing of the index
                raise CannotWork(f"{self._index.folder}: the index cannot be opened ({_NO_MORE_FILES})") from None
        self._follow(self._index, anew=True)
        query = self._query(node)
        try:
            return question(query)
        except BaseException as error:  # a panic of the engine is no Exception
            if not is_trouble(error):
                raise
            raise CannotWork(f"{self._index.folder}: the index cannot be read; is the disk sound?") from None

    def _query(self, node: Node | None) -> Query:
        query = self._index.query(node)
        return query if self._only is None else all_of([query, numbers(NUMBER, self._only)])

    def count(self) -> tuple[int, int, bool]:
        """Return how many articles match, how many of them are folded, and whether exactly so many."""
        total = self._asked(self._index.how_many, self._node)
        if not self._fold or not total:
            return total, 0, True
        if total <= _COUNTED:
            _, _, folded, _ = self._asked(lambda query: self._page(query, "date", _COUNTED, 0), self._node)
            return total, folded or 0, True
        return total, self._asked(self._index.how_many_copies, self._node), False

    def numbers(self) -> list[int]:
        """Return the numbers of all articles that match, copies among them, in no order that says anything."""
        return self._asked(self._index.all_numbers, self._node)

    def matches(self, *, sort: str | None = None, limit: int | None = None, offset: int = 0) -> list[Match]:
        """Return matches in an order, all of them without a limit, without reading them."""
        if limit is None:
            limit = self._asked(self._index.how_many, self._node)
        return self._asked(lambda query: self._page(query, self._order(sort), limit, offset)[1], self._node)

    def in_pages(self, *, sort: str | None = None, size: int = 5000) -> Iterator[list[Match]]:
        """Yield all matches in an order, ``size`` at a time, copies among them: the memory they take is bounded.

        What is added to the archive meanwhile is not among them.
        """
        order = self._order(sort)
        for offset in count(0, size):
            page = self._asked(partial(self._matches_from, offset, size, order), self._node)
            if page:
                yield page
            if len(page) < size:
                return

    def _matches_from(self, offset: int, size: int, order: str, query: Query) -> list[Match]:
        return self._index.search(query, size, order, offset)[1]

    def groups_of_copies(self) -> set[int]:
        """Return the groups of copies among the matches: in any other group a single article matches."""
        return self._asked(self._index.groups_of_copies, self._node)

    def others(self, groups: Sequence[int]) -> dict[int, list[str]]:
        """Return the ids of all articles of some groups of copies, the newest first, whether they match or not."""
        found: dict[int, list[str]] = {}
        for start in range(0, len(groups), 100):
            for match in self._index.copies(groups[start : start + 100]):
                found.setdefault(match.group, []).append(match.id)
        return found

    def same_stories(self, matches: Sequence[Match]) -> set[int]:
        """Return the numbers of some matches, and of the other records of the same stories."""
        shown = {number(match.id) for match in matches}
        if self._fold:
            for start in range(0, len(matches), 1000):
                groups = [match.group for match in matches[start : start + 1000]]
                shown.update(number(match.id) for match in self._index.copies(groups))
        return shown

    def outlets(self) -> list[str]:
        """Return the outlets of the archive, those with the most articles first."""
        return list(self._archive.catalogue.outlets())

    def has_outlet(self, name: str) -> bool:
        """Whether articles of an outlet are found by a part of its name."""
        return self._asked(self._index.how_many, In("outlet", Words(name))) > 0

    def facets(self, names: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return for each facet how many matching articles there are of each value."""
        return self._asked(lambda query: {name: self._index.facet(query, name) for name in names}, self._node)

    def ask(self, question: Callable[[Index], _T]) -> _T:
        """Return the answer to a question to the index itself, which is in step; a damaged one is built anew first."""
        return self._asked(lambda _: question(self._index), self._node)

    def results(self, *, sort: str | None = None, limit: int = 20, offset: int = 0) -> Results:
        """Return matches in an order: ``relevance``, ``date`` (newest first) or ``oldest``.

        Without an order the best come first; where no word is asked for, the newest.
        """
        order = self._order(sort)
        copies = self._copies_aside() if self._fold else None
        total, matches, folded, _ = self._asked(lambda query: self._page(query, order, limit, offset), self._node)
        same = self._same_story(matches) if self._fold else {}
        marks = Marks(self._node)
        hits = self._hits(matches, same, marks)
        return Results(total, matches, hits, marks, folded, copies, self._undated)

    def _copies_aside(self) -> _Aside | None:
        try:
            query, index = self._query(self._node), self._index.engine
        except BaseException as error:  # a panic of the engine is no Exception
            if not is_trouble(error):
                raise
            return None  # the search that follows builds the index anew
        copies = copies_among(query)
        return _Aside(lambda: index.how_many(copies), lambda: self._asked(self._index.how_many_copies, self._node))

    def similar(self, article: Article, limit: int) -> list[Hit]:
        """Return the articles that are most like one, the most similar first, without copies of it or of each other."""
        _, matches, _, _ = self._asked(lambda _: self._page(self._index.similar(article), "relevance", limit, 0), None)
        return list(self._hits(matches, {}, Marks(None)))

    def _order(self, sort: str | None) -> str:
        """Return the order asked for. Filters alone do not tell what is best: without a word the newest come first."""
        return sort if sort in ("date", "oldest") else "relevance" if has_words(self._node) else "date"

    def _page(self, query: Query, sort: str, limit: int, offset: int) -> tuple[int, list[Match], int | None, bool]:
        """Return how many match, those to show, how many are folded (None: not known), and whether all are known."""
        if not self._fold:
            total, found = self._index.search(query, offset + limit, sort)
            return total, found[offset:], 0, True
        asked = max(offset + limit + _MORE, _LOOKED_AT)
        while True:
            total, found = self._index.search(query, asked, sort)
            firsts: dict[int, Match] = {}
            for match in found:
                firsts.setdefault(match.group, match)
            whole = len(found) >= total
            if whole or len(firsts) >= offset + limit:
                break
            asked *= 2
        return total, list(firsts.values())[offset : offset + limit], len(found) - len(firsts) if whole else None, whole

    def _same_story(self, matches: list[Match]) -> dict[int, list[str]]:
        """Return the ids of all articles of each group of copies that is shown, whether they match or not."""
        found: dict[int, list[str]] = {}
        if matches:
            for match in self._index.copies([match.group for match in matches]):
                found.setdefault(match.group, []).append(match.id)
        return found

    def _undated(self) -> int:
        parts = self._node.parts if isinstance(self._node, All) else (self._node,)
        if not any(isinstance(part, Dates) and not part.undated for part in parts):
            return 0
        rest = tuple(part for part in parts if part is not None and not isinstance(part, Dates))
        return self._asked(self._index.how_many, All((*rest, Dates(None, None, True))))

    def _hits(self, matches: list[Match], copies: Mapping[int, list[str]], marks: Marks) -> Iterator[Hit]:
        for match in matches:
            if (entry := self._archive.catalogue.get(match.id)) is not None:
                others = [other for other in copies.get(match.group, []) if other != match.id]
                yield self._hit(entry, match.score, others, marks)
            # Else the catalogue was built anew while we asked; the next search is in step.

    def _hit(self, entry: Entry, score: float, others: list[str], marks: Marks) -> Hit:
        catalogue = self._archive.catalogue
        article = self._archive.read(entry.place)
        place = catalogue.tagging(article.id)
        return Hit(
            article=article,
            tagging=self._archive.read_tagging(place) if place else None,
            labels=catalogue.judgements.of(article.id),
            score=score,
            snippet=snippet(article.text, marks),
            short_id=catalogue.unique_prefix(article.id),
            copies=[copy for other in others[:_MOST_COPIES] if (copy := self._copy(other))],
            renamed=self._renamed,
        )

    def _copy(self, article_id: str) -> Copy | None:
        entry = self._archive.catalogue.get(article_id)
        if entry is None:
            return None
        article = self._archive.read(entry.place)
        return Copy(article.id, article.title, article.outlet, article.published)


def snippet(text: str, marks: Marks) -> str:
    """Return the sentence of a text that says most of what was asked, with the next one where there is room."""
    found = marks.found(text)
    start, end = _paragraphs_around(text, found)
    parts = sentence_spans(text[start:end])
    if not parts:
        return ""
    best, at = 0, (0, 0)
    if found:
        worth = [[what for a, b, what in found if first <= a - start and b - start <= last] for first, last in parts]
        best = max(range(len(parts)), key=lambda i: (len(set(worth[i])), len(worth[i]), -i))
        at = parts[best]
    first, last = parts[best]
    if best + 1 < len(parts) and parts[best + 1][1] - first < SNIPPET:
        last = parts[best + 1][1]
    first, last = first + start, last + start
    if last - first > SNIPPET and found:
        begin = min((a for a, _, _ in found if a >= at[0] + start), default=first) - SNIPPET // 4
        if begin > first:
            begin = text.find(" ", begin) + 1 or begin
            return "…" + shorten(text[begin:last], SNIPPET - 1)
    return shorten(text[first:last], SNIPPET)


def _paragraphs_around(text: str, found: Sequence[tuple[int, int, str]]) -> tuple[int, int]:
    """Return from where to where to look for sentences: what is in no paragraph with a match is passed over."""
    if not found:
        end = text.find("\n", 2 * SNIPPET)
        return 0, end if end >= 0 else len(text)
    start = text.rfind("\n", 0, found[0][0]) + 1
    end = text.find("\n", found[-1][1])
    return start, end if end >= 0 else len(text)
