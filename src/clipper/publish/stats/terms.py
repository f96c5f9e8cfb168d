"""Terms that rise: words, and rows of two, that are in more articles of the last months than of those before.

They are counted by their stems, on the sources that were there in both periods, each story once
(``clipper.publish.stats.contrast`` has the test). Left out are dates and numbers, words that most English texts have,
and what a source prints below many of its articles. Of very many articles a sample is read, always the same.
"""

from __future__ import annotations

import heapq
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clipper.models import Article
from clipper.publish.stats.contrast import Contrast, Ints, beyond_chance, contrast
from clipper.publish.stats.counting import Counting, Unit, unit_of
from clipper.publish.stats.trends import Compared
from clipper.search import engine
from clipper.search.document import FREQUENT
from clipper.search.index import Index
from clipper.search.terms import stems, words

MOST_READ = 4000  # articles of each period
_PAGE = 5000
_SEED = 11
_LONGEST = 12_000  # letters of a text that are read: what a piece is about stands in its first pages
_LEAST = 5  # articles with a term in the last period
_LEAST_ODDS = 1.25  # a smaller rise of a frequent word may be beyond chance, and still tells nobody anything
_SAME = 3  # articles of one source with the same paragraph: it is no part of the news
_MOSTLY = 0.8  # of the articles with a word have it in one row of two: the row is told, the word is not
_PIECES = re.compile(r"[.!?:;()\[\]“”\"\n]+")
_DATES = """
    january february march april may june july august september october november december jan feb mar apr jun jul aug
    sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday today yesterday tomorrow
""".split()  # noqa: SIM905  # as in clipper.search.document
_STOP = frozenset(stems([*FREQUENT, *_DATES]))
_END = "zqbreakqz"  # stands in a text where a sentence or a part of one ends


Small = NDArray[np.int32]


class Term(NamedTuple):
    """One term that rose: in how many articles of the last period and of the one before, and how surely.

    ``odds`` is by what factor its odds rose, None where it is new; ``rose`` in how many sources it rose, of the
    ``sources`` that have it.
    """

    text: str
    last: int
    before: int
    z: float
    odds: float | None
    rose: int
    sources: int


class Rising(NamedTuple):
    """Terms that rose, the surest first. Of ``all_last`` and ``all_before`` articles so many were read."""

    terms: list[Term]
    last: int
    before: int
    all_last: int
    all_before: int
    tested: int

    @property
    def sampled(self) -> bool:
        """Whether a sample was read and not all."""
        return self.last < self.all_last or self.before < self.all_before


class _Numbers(dict[str, int]):
    """Gives each word that is asked for a number, the first 0."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


class _Texts:
    """The words of many articles, as numbers."""

    def __init__(self) -> None:
        self._units: dict[Unit, int] = {}
        self._paragraphs: Counter[tuple[int, int]] = Counter()
        self._waiting: list[list[str]] = []
        self.sources: list[int] = []
        self.is_last: list[bool] = []

    def add(self, article: Article, is_last: bool) -> None:
        """Take in an article."""
        unit = self._units.setdefault(unit_of(article), len(self._units))
        paragraphs = [article.title or "", *filter(None, article.text[:_LONGEST].split("\n"))]
        self._paragraphs.update({(unit, _number(paragraph)) for paragraph in paragraphs[1:]})
        self._waiting.append(paragraphs)
        self.sources.append(unit)
        self.is_last.append(is_last)

    def numbers(self) -> tuple[list[Small], list[str], NDArray[np.bool_]]:
        """Return each article's words as numbers of stems, how each stem is written, and which stems say nothing."""
        forms = _Numbers()
        number_of = forms.__getitem__
        texts = []
        for unit, paragraphs in zip(self.sources, self._waiting, strict=True):
            told = (p for n, p in enumerate(paragraphs) if not n or self._paragraphs[unit, _number(p)] < _SAME)
            found = words(_PIECES.sub(f" {_END} ", f" {_END} ".join(told)))
            texts.append(np.fromiter(map(number_of, found), dtype=np.int32, count=len(found)))
            paragraphs.clear()
        used = np.zeros(len(forms), dtype=np.int64)
        for text in texts:
            used += np.bincount(text, minlength=len(forms))
        known = _Numbers()
        stem_of = np.array([known[stem] for stem in stems(list(forms))], dtype=np.int32)
        written, most = [""] * len(known), [0] * len(known)
        for form, stem, times in zip(forms, stem_of.tolist(), used.tolist(), strict=True):
            if times > most[stem]:
                written[stem], most[stem] = form, times
        end = stems([_END])[0]
        silent = [stem == end or stem in _STOP or not _is_word(stem) for stem in known]
        return [stem_of[text] for text in texts], written, np.array(silent, dtype=np.bool_)


def _number(paragraph: str) -> int:
    return zlib.crc32(paragraph.encode("utf-8", "replace"))


def _is_word(stem: str) -> bool:
    return len(stem) > 1 and not any(c.isdigit() for c in stem) and any(c.isalpha() for c in stem)


def rising(
    counting: Counting, against: Compared, *, limit: int, tell: Callable[[str], None] = lambda _: None
) -> Rising:
    """Return the terms that rose in the matches of a query, at most ``limit`` of them."""
    base = counting.stories(counting.of_units(counting.matches, against.panel))
    texts = _Texts()
    sizes = []
    for is_last, period in ((False, against.periods.before), (True, against.periods.last)):
        query = counting.within(base, period)
        sizes.append(counting.how_many(query))
        if sizes[-1] > MOST_READ:
            tell(f"reading {MOST_READ:,} of the {sizes[-1]:,} articles of a period, drawn at random")
        for article_id in _drawn(counting.index, query, sizes[-1]):
            entry = counting.index.archive.catalogue.get(article_id)
            if entry is not None:
                texts.add(counting.index.archive.read(entry.place), is_last)
    read_last = sum(texts.is_last)
    read_before = len(texts.is_last) - read_last
    found, tested = _risen(texts, len(against.panel)) if read_last and read_before else ([], 0)
    return Rising(found[:limit], read_last, read_before, sizes[1], sizes[0], tested)


def _drawn(index: Index, query: engine.Query, how_many: int) -> list[str]:
    """Return the ids of the matches, or of as many of them as are read: those whose ids have the least checksums."""

    def ids() -> Iterator[str]:
        for offset in range(0, how_many, _PAGE):
            yield from (match.id for match in index.search(query, _PAGE, "date", offset)[1])

    return heapq.nsmallest(MOST_READ, ids(), key=lambda one: (zlib.crc32(f"{_SEED} {one}".encode()), one))


def _risen(texts: _Texts, panel: int) -> tuple[list[Term], int]:
    numbers, written, silent = texts.numbers()
    sources, is_last = np.array(texts.sources, dtype=np.int64), np.array(texts.is_last, dtype=np.bool_)
    words_of = [np.unique(text[~silent[text]]).astype(np.int64) for text in numbers]
    documents, terms = _pairs(words_of)
    often = np.bincount(terms, minlength=len(written)) >= _LEAST
    kept = often[terms]
    single = contrast(documents[kept], terms[kept], sources, is_last)
    # A row of two is a number too: of its first word, times how many words there are, and of its second.
    size = len(written)
    rare = ~often | silent
    rows_of = []
    for text in numbers:
        first, second = text[:-1].astype(np.int64), text[1:]
        inside = ~(rare[first] | rare[second])
        rows_of.append(np.unique(first[inside] * size + second[inside]))
    numbers.clear()
    documents, rows = _pairs(rows_of)
    _, place, times = np.unique(rows, return_inverse=True, return_counts=True)
    kept = times[place] >= _LEAST
    double = contrast(documents[kept], rows[kept], sources, is_last)
    z = np.concatenate([single.z, double.z])
    risen = beyond_chance(z)
    spread = 2 if panel >= 3 else 1  # what rises in one source alone is that source's affair
    found: list[tuple[Term, tuple[int, ...]]] = []
    for part, names, passed in (
        (single, [(int(t),) for t in single.terms], risen[: len(single.z)]),
        (double, [divmod(int(t), size) for t in double.terms], risen[len(single.z) :]),
    ):
        for row in np.flatnonzero(passed & (part.last >= _LEAST) & (part.rose >= spread) & (part.odds >= _LEAST_ODDS)):
            found.append((_term(part, int(row), " ".join(written[one] for one in names[row])), names[row]))
    found.sort(key=lambda item: (-item[0].z, item[0].text))
    return _without_parts(found), len(z)


def _pairs(terms_of: list[Ints]) -> tuple[Ints, Ints]:
    sizes = [len(of) for of in terms_of]
    documents = np.repeat(np.arange(len(terms_of), dtype=np.int64), sizes)
    return documents, np.concatenate(terms_of) if terms_of else np.zeros(0, dtype=np.int64)


def _term(part: Contrast, row: int, text: str) -> Term:
    odds = float(part.odds[row])
    return Term(
        text,
        int(part.last[row]),
        int(part.before[row]),
        float(part.z[row]),
        None if odds == float("inf") else odds,
        int(part.rose[row]),
        int(part.sources[row]),
    )


def _without_parts(found: list[tuple[Term, tuple[int, ...]]]) -> list[Term]:
    """Return the terms without words that hardly stand but in one row of two, and rows that a word explains."""
    alone = {name[0]: term for term, name in found if len(name) == 1}
    rows = [(term, name) for term, name in found if len(name) == 2]
    explained = {
        word for term, name in rows for word in name if word in alone and term.last >= _MOSTLY * alone[word].last
    }
    kept = []
    for term, name in found:
        if len(name) == 1 and name[0] in explained:
            continue
        stronger = [alone[word] for word in name if word in alone and word not in explained]
        if len(name) == 2 and any(one.z > term.z for one in stronger):
            continue
        kept.append(term)
    return kept
