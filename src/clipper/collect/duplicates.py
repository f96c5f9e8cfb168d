"""Whether two articles print one story, and which of them came first. Decided from the articles alone.

*Resemblance* and *containment* are Broder's (see ``clipper.sketch``): the share of shingles that two texts have in
common, of all that either has, and of those that one has. Wire copy in ten papers resembles itself; a clipping, a
stub before a paywall or a shortened print is contained in the full copy.

Two kinds of text are alike and are not one story. Issues of a bulletin, results and notices share a template, and
differ in what they say: in their numbers and names. And what an outlet puts under all its articles is furniture:
where several of its articles show it, it is left out before texts are compared. ``bench/duplicates.py`` measures
how well the bounds below do on invented texts.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache

import numpy as np

from clipper.archive.likeness import MOST
from clipper.archive.likeness import Likeness as Prints
from clipper.models import Article
from clipper.sketch import RECENT, SHINGLE, Hashes, Sketch, drawn, title_print, words
from clipper.text import fold, paragraphs

RESEMBLANCE, CONTAINMENT = 0.7, 0.8
LEAST = 40  # words of the shorter text
# The least part of the longer text that the shorter one is. A clipping may be cut from a long story; but a whole
# article of which another is only a small part is a statement that it quotes, or an item of a round-up.
PART_CUT, PART_WHOLE = 0.15, 0.3
# Where both bear one title, in the same days.
TITLED_CONTAINMENT, TITLED_LEAST, TITLE_WORDS, TITLED_DAYS = 0.5, 15, 3, 3
# A sixth of a text is its beginning, within these bounds; another of the outlet must have this much of it.
BEGINNING, BEGINNING_SHARED = (15, 60), 0.5
NUMBERS, NAMES, FACTS = 0.6, 0.5, 0.55  # what they share, of the text that has fewer; facts are both together
_FEW_NUMBERS, _FEW_NAMES, _FEW_FACTS = 2, 4, 4  # fewer are too few to tell by
_FURNITURE = 2  # other stories of an outlet that show a paragraph; prints of one story are one

_NUMBER = re.compile(r"\d+")
_PIECE = re.compile(r"[.!?:;\n\"“”]+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


@dataclass(frozen=True)
class Likeness:
    """How alike two texts are, each share from 0 to 1.

    ``first`` and ``second`` are their lengths in words; a passage that comes again counts once.
    """

    resemblance: float
    first_in_second: float
    second_in_first: float
    first: int
    second: int

    @property
    def containment(self) -> float:
        """The share of the shorter text that is in the longer one."""
        return max(self.first_in_second, self.second_in_first)


def likeness(first: str, second: str) -> Likeness:
    """Return how alike two texts are. A text of fewer than four words is like none."""
    return _likeness(Sketch(first), Sketch(second))


def _share(part: Hashes, whole: Hashes) -> float:
    """Return how much of one text's shingles another has."""
    return len(np.intersect1d(part, whole, assume_unique=True)) / len(part) if len(part) else 0.0


def _likeness(first: Sketch, second: Sketch) -> Likeness:
    a, b = len(first.shingles), len(second.shingles)
    both = len(np.intersect1d(first.shingles, second.shingles, assume_unique=True))
    return Likeness(
        resemblance=both / (a + b - both) if both else 0.0,
        first_in_second=both / a if both else 0.0,
        second_in_first=both / b if both else 0.0,
        first=a + SHINGLE - 1 if a else len(first.words),
        second=b + SHINGLE - 1 if b else len(second.words),
    )


def original(article: Article, others: Sequence[Article]) -> str | None:
    """Return the id of the article that was first to print the story of this one, of those that are given.

    ``others`` are the newest revisions of articles that were archived before, in any order. One that is itself a
    duplicate answers with the one it names, so that no chain is made. None where the story is new. An article is
    never a duplicate of itself or of a page of clippings.
    """
    if article.kind == "page":
        return None
    others = [other for other in others if other.id != article.id and other.kind != "page"]
    furniture = _furniture(article, others)
    this = _Print(article, furniture)
    first: dict[str, str] = {}  # of each original: when it was fetched, as far as is known here
    for other in others:
        root = other.duplicate_of or other.id
        if root == article.id:
            continue
        if _same_story(this, _Print(other, furniture if _same_outlet(article, other) else frozenset())):
            first[root] = min(other.fetched, first.get(root, other.fetched))
    for other in others:
        if other.id in first:
            first[other.id] = other.fetched
    return min(first, key=lambda root: first[root]) if first else None


@lru_cache(4096)
def _key(paragraph: str) -> str:
    return " ".join(words(paragraph))


class _Print:
    """An article as it is compared, without its outlet's furniture."""

    def __init__(self, article: Article, furniture: frozenset[str]) -> None:
        self.article = article
        self.text = article.text
        if furniture:
            kept = (p for p in paragraphs(article.text) if _key(p) not in furniture)
            self.text = "\n\n".join(kept)
        self.sketch = drawn(self.text)
        self.cut = article.kind == "clipping" or article.partial or not article.title

    @cached_property
    def with_excerpt(self) -> Hashes:
        """The shingles of the text after its standfirst, which is all that a stub may have."""
        beginning = " ".join(self.sketch.words[: SHINGLE - 1])
        return np.union1d(self.sketch.shingles, drawn(f"{self.article.excerpt or ''}\n\n{beginning}").shingles)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The rows of digits; 1,500 and 1500 are one."""
        return frozenset(_NUMBER.findall(" ".join(self.sketch.words)))

    @cached_property
    def names(self) -> frozenset[str]:
        """What is written with capitals within sentences."""
        return _names(self.text)


def _same_story(this: _Print, other: _Print) -> bool:
    alike = _likeness(this.sketch, other.sketch)
    shorter, longer = (this, other) if alike.first <= alike.second else (other, this)
    least, most = sorted((alike.first, alike.second))
    if least < TITLED_LEAST or not _same_beginning(shorter, longer):
        return False
    if least >= LEAST:
        part = PART_CUT if shorter.cut else PART_WHOLE
        if alike.resemblance >= RESEMBLANCE or (alike.containment >= CONTAINMENT and least >= part * most):
            return _same_facts(shorter, longer)
    if not _same_title(this.article, other.article):
        return False
    contained = max(alike.containment, _share(shorter.sketch.shingles, longer.with_excerpt))
    return contained >= TITLED_CONTAINMENT and _same_facts(shorter, longer)


def _same_beginning(shorter: _Print, longer: _Print) -> bool:
    """Whether a text begins with something of the other: what is new in a story stands first, furniture last.

    Asked within an outlet only. Elsewhere a desk may have put a beginning of its own to the copy it was sent; and
    over a clipping, whoever cut it may have written where it is from.
    """
    if not _same_outlet(shorter.article, longer.article) or shorter.article.kind == "clipping":
        return True
    row = shorter.sketch.words
    beginning = Sketch(" ".join(row[: min(max(len(row) // 6, BEGINNING[0]), BEGINNING[1])]))
    return _share(beginning.shingles, longer.with_excerpt) >= BEGINNING_SHARED


def _same_facts(shorter: _Print, longer: _Print) -> bool:
    """Whether texts that are alike also say the same: two issues of one template do not."""
    facts = (
        (shorter.numbers, longer.numbers, NUMBERS, _FEW_NUMBERS),
        (shorter.names, longer.names, NAMES, _FEW_NAMES),
        (shorter.numbers | shorter.names, longer.numbers | longer.names, FACTS, _FEW_FACTS),
    )
    for a, b, share, few in facts:
        fewer = min(len(a), len(b))
        if fewer >= few and len(a & b) < share * fewer:
            return False
    return True


@lru_cache(RECENT)
def _names(text: str) -> frozenset[str]:
    """Return the rows of words with capitals within sentences; nothing where most words have one, as in headlines."""
    found: set[str] = set()
    capitals = count = 0
    for piece in _PIECE.split(text):
        row: list[str] = []
        for word in [*_WORD.findall(piece)[1:], ""]:  # the first has a capital whatever it is
            count += 1
            if word[:1].isupper():
                capitals += 1
                row.append(word)
            elif row:
                found.add(fold(" ".join(row)))
                row = []
    return frozenset(found) if capitals * 2 < count else frozenset()


def _same_title(one: Article, other: Article) -> bool:
    """Whether both bear one title that says which story it is, and not weeks apart, as a column does."""
    row = words(one.title or "")
    if len(row) < TITLE_WORDS or row != words(other.title or ""):
        return False
    try:
        apart = date.fromisoformat(one.published or "") - date.fromisoformat(other.published or "")
    except ValueError:
        return True  # a date that is not known to the day says nothing
    return abs(apart.days) <= TITLED_DAYS


def _same_outlet(one: Article, other: Article) -> bool:
    return bool(one.outlet) and one.outlet == other.outlet


def _furniture(article: Article, others: Sequence[Article]) -> frozenset[str]:
    """Return the paragraphs that the article's outlet puts under other stories, of those that are given."""
    stories: dict[str, set[str]] = defaultdict(set)
    for other in others:
        if _same_outlet(article, other):
            for paragraph in paragraphs(other.text):
                stories[_key(paragraph)].add(other.duplicate_of or other.id)
    return frozenset(key for key, roots in stories.items() if len(roots) >= _FURNITURE)


class Finder:
    """Finds the originals of one batch: in the archive's index, and among those of the batch that came before.

    ``read`` returns the newest revision of an article, or None where it is not there any more.
    """

    def __init__(self, index: Prints, read: Callable[[str], Article | None]) -> None:
        self._index = index
        self._read = read
        self._taken: dict[str, Article] = {}
        self._by_print: dict[int, list[str]] = defaultdict(list)

    def tied(self, article: Article) -> Article:
        """Return a new article with ``duplicate_of`` set, and keep it in mind for the rest of the batch."""
        if article.kind == "page":
            return article
        sketch = drawn(article.text)
        before = [self._read(name) for name in self._index.candidates(sketch, article.title)]
        others = [other for other in before if other is not None]
        headline = title_print(article.title)
        titled = [] if headline is None else [headline]
        near = Counter(name for p in (*sketch.asked.tolist(), *titled) for name in self._by_print.get(p, ()))
        others += [self._taken[name] for name, _ in near.most_common(MOST)]
        article = replace(article, duplicate_of=original(article, others))
        for key in (*sketch.prints.tolist(), *titled):
            self._by_print[key].append(article.id)
        self._taken[article.id] = article
        return article
