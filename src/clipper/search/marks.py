"""Where in a text stands what a query asked for: what is highlighted, and which sentence says most of it.

Words are found as the index finds them, by their stems and in all their spellings; a phrase only where it stands in a
row, words near each other only where they are near.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain, pairwise, permutations, product
from typing import NamedTuple

from clipper.search.lookup import ways
from clipper.search.terms import stems, surface, surface_beginning, words
from clipper.search.tree import Fuzzy, Near, Node, Prefix, Words, positive

Span = tuple[int, int]

_MOST_MARKS = 20_000  # in one text


class _Word(NamedTuple):
    start: int
    end: int
    plain: str
    stem: str


class Marks:
    """Finds what a tree asked for. ``fields`` are those that the text belongs to: None for title, text and authors."""

    def __init__(self, node: Node | None, fields: Sequence[str | None] = (None, "text")) -> None:
        self._rows: list[tuple[str, ...]] = []
        self._near: list[tuple[list[list[str]], int]] = []
        self._plain: list[Callable[[str], bool]] = []
        self._initials: set[str] = set()
        self._known: dict[str, tuple[str, str]] = {}  # words as printed: plain, and their stems
        leaves = [] if node is None else [leaf for field, leaf in positive(node) if field in fields]
        for leaf in leaves:
            self._learn(leaf)
        # Where no word must stand beside another one, the words between need not be counted.
        single = not self._near and all(len(row) == 1 and len(row[0]) > 1 for row in self._rows)
        simple = single and all(letter.isascii() and letter.isalpha() for letter in self._initials)
        self._alone = surface_beginning(self._initials) if simple and self._initials else None

    def _learn(self, leaf: Node) -> None:
        match leaf:
            case Near() if len(wanted := list(dict.fromkeys(words(leaf.text)))) > 1:
                forms = [_one_word(word) for word in wanted]
                self._near.append((forms, leaf.within))
                self._begin_with(chain.from_iterable(forms))
            case Words() | Near():
                rows = ways(leaf.text)
                self._rows += rows
                self._begin_with(word for row in rows for word in row)
            case Prefix():
                for start in words(leaf.text)[:1]:
                    self._plain.append(_beginning(start))
                    self._begin_with([start])
            case Fuzzy():
                for like in words(leaf.text)[:1]:
                    self._plain.append(_spelled_like(like, leaf.distance))
                    self._initials = {""}  # its first letter may be the one that differs

    def _begin_with(self, found: Iterable[str]) -> None:
        if "" not in self._initials:
            self._initials.update(word[0] for word in found if word)

    def __bool__(self) -> bool:
        return bool(self._rows or self._near or self._plain)

    def spans(self, text: str) -> list[Span]:
        """Return where the words stand that were asked for, in order, none in another."""
        return [] if not self else [(start, end) for start, end, _ in self.found(text)]

    def found(self, text: str) -> list[tuple[int, int, str]]:
        """Return where the words stand that were asked for, with what each of them is a form of."""
        if not self:
            return []
        candidates = self._candidates(text)
        hits: dict[int, str] = {}
        for row in self._rows:
            first, length = row[0], len(row)
            for at, word in candidates.items():
                if word.stem == first and all(
                    (other := candidates.get(at + i)) is not None and other.stem == row[i] for i in range(1, length)
                ):
                    hits.update({at + i: row[i] for i in range(length)})
        for forms, within in self._near:
            hits.update(_near(candidates, forms, within))
        for test in self._plain:
            hits.update({at: word.stem for at, word in candidates.items() if at not in hits and test(word.plain)})
        marks = sorted((candidates[at].start, candidates[at].end, what) for at, what in hits.items())
        return marks[:_MOST_MARKS]

    def _candidates(self, text: str) -> dict[int, _Word]:
        """Return the words that may be meant, by their place in the row of words; the others cost next to nothing."""
        initials = self._initials
        everything = "" in initials
        places: list[tuple[int, int, int, str]] = []
        if self._alone is not None:
            places = [(at, *match.span(), match[0]) for at, match in enumerate(self._alone.finditer(text))]
        else:
            for at, match in enumerate(surface(text)):
                first = text[match.start()]
                if everything or first.lower() in initials or not first.isascii():
                    places.append((at, *match.span(), match[0]))
        known = self._known
        if unknown := list({place[3] for place in places}.difference(known)):
            plain = ["".join(words(word)) for word in unknown]
            known.update(zip(unknown, zip(plain, stems(plain), strict=True), strict=True))
        return {at: _Word(start, end, *known[word]) for at, start, end, word in places}


def _beginning(start: str) -> Callable[[str], bool]:
    return lambda word: word.startswith(start)


def _spelled_like(like: str, most: int) -> Callable[[str], bool]:
    letters = set(like)

    def test(word: str) -> bool:
        # Every letter that the word lacks is one difference: most words are told by that.
        return len(letters.difference(word)) <= most and _distance(word, like, most) <= most

    return cache(test)  # a text has its words many times


def _one_word(word: str) -> list[str]:
    return [way[0] for way in ways(word) if len(way) == 1]


def _near(candidates: dict[int, _Word], forms: Sequence[Sequence[str]], within: int) -> dict[int, str]:
    """Return the words of a text that have another one of those wanted near them. Each is wanted in several forms."""
    wanted = set(chain.from_iterable(forms))
    places = [(at, word.stem) for at, word in candidates.items() if word.stem in wanted]
    together = {pair for one, other in permutations(forms, 2) for pair in product(one, other)}
    # Two words that are forms of one are near each other where it stands.
    hits = {at: stem for at, stem in places if (stem, stem) in together}
    for (at, stem), (later, other) in pairwise(places):
        if (stem, other) in together and later - at - 1 <= within:
            hits.update({at: stem, later: other})
    return hits


def _distance(a: str, b: str, most: int) -> int:
    """Return in how many letters two words differ, a change of two places counted as one; ``most`` + 1 for more.

    The optimal string alignment distance (Damerau, 1964), as the engine counts it.
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


__all__ = ["Marks", "Span"]
