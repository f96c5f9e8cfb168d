"""Whether a text holds a quotation word for word, where, and what is nearest to it where it does not.

Word for word means the same words in the same order. What typesetting changes is no difference: white space and line
ends, words broken at a line's end, the forms of quotation marks, dashes and dots, ligatures, soft hyphens, and how an
accent is encoded. An ellipsis in the quotation stands for words left out, square brackets for words that an editor
put in. Every function here takes time that grows with the text and not with its square, whatever the text is.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from clipper.errors import UsageError
from clipper.search.alignment import common, trimmed, windows
from clipper.text import sentences

MOST_WORDS = 5000  # of a quotation
MOST_PARTS = 30  # of a quotation, parted by ellipses and brackets
MOST_PLACES = 100_000  # of a part of a quotation in one text; beyond, the first of them count
REPLACED = 8  # words that an insertion in brackets may stand for

SAME, FIRST, OTHER = "same", "first", "other"  # how capitals agree: all, all but the first letter's, not

Span = tuple[int, int]

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # written without spaces: each sign is a word
_LETTER = rf"[^\W_{_CJK}]"
_WITHIN = "\u00ad\u0300-\u036f\u200b-\u200d\u2060\ufe00-\ufe0f"  # accents, and marks that nobody sees
_APOSTROPHES = "'’‘ʼ´`′"
_BETWEEN = (
    r"\s.,;:!?¡¿'\"‘’‚‛“”„‟«»‹›`´′″ʼ()\[\]{}<>…·•‐‑‒–—―−\-/\\|*_~^\x00-\x1f\x7f-\x9f\ufeff"
    r"\u3000-\u303f\uff01-\uff03\uff05-\uff0f\uff1a-\uff1f\uff3b-\uff40\uff5b-\uff65" + _WITHIN
)
_TOKEN = (
    rf"{_LETTER}+(?:(?:[{_WITHIN}]+|[{_APOSTROPHES}](?={_LETTER})|(?<=\d)[.,](?=\d)%s){_LETTER}*)*"
    rf"|[{_CJK}]|[^{_BETWEEN}]"
)
_APART = re.compile(_TOKEN % "")
_JOINED = re.compile(_TOKEN % rf"|[-‐\u00ad][ \t]*\n[ \t]*(?={_LETTER})")
_BROKEN = re.compile(rf"{_LETTER}[-‐\u00ad][ \t]*\n[ \t]*{_LETTER}")
_BREAK = re.compile(r"[-‐][ \t]*\n[ \t]*|\n[ \t]*")
_UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufe00-\ufe0f]")
_STRAIGHT = str.maketrans(dict.fromkeys(_APOSTROPHES, "'"))

_DOTS = r"(?:…|\.(?:[ \u00a0]?\.){2,})"
_ELLIPSIS = re.compile(rf"\[\s?{_DOTS}\s?\]|\(\s?{_DOTS}\s?\)|{_DOTS}")
_BRACKETS = re.compile(rf"({_LETTER}{{0,50}})\[([^\[\]]{{1,400}})\]({_LETTER}{{0,50}})")

_MARKS = str.maketrans(
    {**dict.fromkeys("\"'‘’‚‛“”„‟«»‹›`´′″ʼ", '"'), **dict.fromkeys("‐‑‒–—―−", "-"), "…": "...", "*": "", "_": ""}
)
_DASHES = re.compile("-{2,}")

_CONTEXT = 3000  # characters on either side of a passage in which its sentence is looked for


class Match(NamedTuple):
    """A place of a text where a quotation stands.

    ``parts`` are the places of its parts. ``inserted`` holds what brackets in the quotation say, each with the words of
    the text that it stands for, None where that cannot be told: at an end and beside an ellipsis. ``capitals`` is
    ``same``, ``first`` (only the first letter's differs) or ``other``; ``punctuation`` tells whether the marks between
    the words agree too.
    """

    start: int
    end: int
    parts: tuple[Span, ...]
    inserted: tuple[tuple[str, str | None], ...]
    capitals: str
    punctuation: bool


class Found(NamedTuple):
    """How many times a quotation stands in a text, and the first of the places."""

    times: int
    matches: list[Match]


class Near(NamedTuple):
    """The passage that is nearest to a quotation.

    ``pieces`` are marked: a space for what is in both, ``-`` for words of the quotation that are not there, ``+`` for
    words of the text that the quotation does not have. ``likeness`` is the share of the words that agree.
    """

    start: int
    end: int
    pieces: list[tuple[str, str]]
    likeness: float


class _Words:
    """The words of a text: as they are compared, and where they stand."""

    def __init__(self, text: str, *, joined: bool = False) -> None:
        self.text = text
        self.starts, self.ends = array("q"), array("q")
        self.words: list[str] = []
        for token in (_JOINED if joined else _APART).finditer(text):
            self.words.append(_plain(token[0]))
            self.starts.append(token.start())
            self.ends.append(token.end())
        self.folded = [word.casefold() for word in self.words]
        self.row = "\n" + "\n".join(self.folded) + "\n"

    def marks(self, first: int, count: int) -> list[str]:
        """Return what stands between so many words, as typesetting leaves it."""
        gaps = (self.text[self.ends[i] : self.starts[i + 1]] for i in range(first, first + count - 1))
        return [_DASHES.sub("-", "".join(_UNSEEN.sub("", gap).translate(_MARKS).split())) for gap in gaps]


@lru_cache(maxsize=2)  # one text is looked at again and again
def _words_of(text: str, joined: bool = False) -> _Words:
    return _Words(text, joined=joined)


class _Part(NamedTuple):
    """A row of words of a quotation.

    ``gap`` is how many words may be left out before it, None where an ellipsis says so; ``inserted`` is what brackets
    before it say. ``free`` holds the words whose first letter stands in brackets: an editor changed its capital.
    ``after`` is what brackets after the last part say.
    """

    words: _Words
    gap: int | None
    inserted: str
    free: frozenset[int]
    after: str = ""


class Quotation(NamedTuple):
    """A quotation that was read: its words, and the ways in which it may be meant, the plainest first."""

    text: str
    words: int
    ways: list[list[_Part]]


def read(text: str) -> Quotation:
    """Read a quotation. Raises UsageError for one without words, or with too many."""
    count = len(_Words(text).words)
    if count > MOST_WORDS:
        raise UsageError(f"the quotation has {count:,} words; at most {MOST_WORDS:,} are checked at once")
    ways = []
    for brackets in (False, True) if _BRACKETS.search(text) else (False,):
        for joined in (False, True) if _BROKEN.search(text) else (False,):
            if parts := _parts(text, brackets=brackets, joined=joined):
                ways.append(parts)
    if not ways:
        raise UsageError('there is nothing to check; give the words of the quotation: clipper quote ID "the words"')
    if max(map(len, ways)) > MOST_PARTS:
        raise UsageError(f"the quotation is in more than {MOST_PARTS} parts; check some of them at a time")
    return Quotation(text, count, ways)


def find(quotation: Quotation, text: str, limit: int = 1) -> Found:
    """Return where a quotation stands in a text; of several places those whose capitals agree best.

    At most ``limit`` places are given in full.
    """
    for joined in (False, True) if _BROKEN.search(text) else (False,):
        words = _words_of(text, joined)
        for parts in quotation.ways:
            if chains := _chains(words, parts):
                by_capitals = defaultdict(list)
                for chain in chains:
                    by_capitals[_capitals(words, parts, chain)].append(chain)
                best = next(by_capitals[one] for one in (SAME, FIRST, OTHER) if by_capitals[one])
                return Found(len(best), [_match(words, parts, chain) for chain in best[:limit]])
    return Found(0, [])


def nearest(quotation: Quotation, text: str) -> Near | None:
    """Return the passage of a text that has most of a quotation's words in their order; None when it has too few.

    Of a quotation in parts it is the passage nearest to the first part that the text does not have.
    """
    words = _words_of(text)
    parts = quotation.ways[-1]
    missing = [part for part in parts if not _stands(part, text)]
    if not missing and len(parts) > 1:
        return None
    asked = (missing or parts)[0].words
    if len(asked.words) < 2:
        return None
    best: Near | None = None
    for start, end in windows(words.folded, asked.folded):
        pairs = trimmed(common(asked.folded, words.folded[start:end]))
        if len(pairs) < 2 or 2 * len(pairs) <= len(asked.words):
            continue
        near = _near(words, asked, [(j, i + start) for j, i in pairs])
        if best is None or near.likeness > best.likeness:
            best = near
    return best


def only_apart(quotation: Quotation, text: str) -> bool:
    """Whether a text has every part of a quotation, which does not stand there as a whole."""
    parts = quotation.ways[-1]
    return len(parts) > 1 and all(_stands(part, text) for part in parts) and not find(quotation, text).times


def _stands(part: _Part, text: str) -> bool:
    return part.words.row in _words_of(text).row


def sentence(text: str, start: int, end: int) -> Span:
    """Return where the sentence begins in which a passage starts, and where the one ends in which it ends."""
    before, after = text.rfind("\n\n", 0, start), text.find("\n\n", end)
    low = max(0 if before < 0 else before + 2, start - _CONTEXT)
    high = min(len(text) if after < 0 else after, end + _CONTEXT)
    first = max((begin for begin, _ in _sentences(text, low, min(start + 200, high)) if begin <= start), default=start)
    last = min((stop for _, stop in _sentences(text, max(low, end - 200), high) if stop >= end), default=end)
    return first, last


# -- reading a quotation ----------------------------------------------------------------------------------


def _parts(text: str, *, brackets: bool, joined: bool) -> list[_Part]:
    """Return the parts of a quotation: split where words are left out, and at brackets if these are an editor's."""
    parts: list[_Part] = []
    gap: int | None = 0
    for number, piece in enumerate(_ELLIPSIS.split(text)):
        if number:
            gap = None
        said = ""
        for inserted, row, free in _rows(piece) if brackets else [("", piece, frozenset[int]())]:
            said = f"{said} {inserted}".strip()
            if inserted and gap is not None:
                gap = REPLACED
            words = _Words(row, joined=joined)
            if words.words:
                kept = frozenset(i for i, start in enumerate(words.starts) if start in free)
                parts.append(_Part(words, gap, said, kept))
                gap, said = 0, ""
    if parts and said:
        parts[-1] = parts[-1]._replace(after=said)
    return parts


def _rows(piece: str) -> Iterator[tuple[str, str, frozenset[int]]]:
    """Yield what brackets say, the words after them, and which letters of these were in brackets themselves."""
    inserted, row, free, at = "", "", set(), 0
    for found in _BRACKETS.finditer(piece):
        row += piece[at : found.start()]
        before, inside, after = found.groups()
        at = found.end()
        if not before and len(inside) == 1 and inside.isalpha() and after:
            free.add(len(row))  # [T]he: the same word with another capital
            row += inside + after
        elif inside.strip().casefold() == "sic" and not before and not after:
            row += " "  # it stands for no word
        else:
            yield inserted, row, frozenset(free)
            inserted, row, free = found[0], "", set()
    yield inserted, row + piece[at:], frozenset(free)


def _plain(word: str) -> str:
    """Return a word without what typesetting did to it."""
    if word.isascii() and "\n" not in word and "`" not in word:
        return word
    word = _UNSEEN.sub("", _BREAK.sub("", word)).translate(_STRAIGHT)
    # The separator of the rows that are searched must not come back in.
    return unicodedata.normalize("NFKC", word).replace("\n", "")


# -- finding it -------------------------------------------------------------------------------------------


def _chains(words: _Words, parts: Sequence[_Part]) -> list[tuple[int, ...]]:
    """Return the first word of every part, for each place where the parts follow each other as they may."""
    needles = [part.words.row for part in parts]
    if not all(needle in words.row for needle in dict.fromkeys(needles)):
        return []
    found = {needle: _places(words.row, needle) for needle in dict.fromkeys(needles)}
    places = [found[needle] for needle in needles]
    paragraphs = _paragraph_starts(words.text)
    steps: list[tuple[list[int], list[int]]] = [(places[0], [-1] * len(places[0]))]
    for number in range(1, len(parts)):
        before, length = steps[-1][0], len(parts[number - 1].words.words)
        kept: list[int] = []
        came_from: list[int] = []
        last = -1
        for place in places[number]:
            while last + 1 < len(before) and before[last + 1] + length <= place:
                last += 1
            if last >= 0 and _may_follow(words, paragraphs, before[last] + length - 1, place, parts[number].gap):
                kept.append(place)
                came_from.append(last)
        steps.append((kept, came_from))
    chains: list[tuple[int, ...]] = []
    for final in range(len(steps[-1][0])):
        chain, at = [], final
        for kept, came_from in reversed(steps):
            chain.append(kept[at])
            at = came_from[at]
        # The same beginning with a later end is no other place of the quotation.
        if not chains or chains[-1][0] != chain[-1]:
            chains.append(tuple(reversed(chain)))
    return chains


def _places(row: str, needle: str) -> list[int]:
    """Return the number of the word at which each place of some words in a row of them begins; none overlap."""
    found: list[int] = []
    at = counted = number = 0
    while len(found) < MOST_PLACES and (at := row.find(needle, at)) >= 0:
        number += row.count("\n", counted, at)
        counted = at
        found.append(number)
        at += len(needle) - 1  # the mark at its end begins the next word
    return found


def _paragraph_starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer("\n\n+", text))]


def _may_follow(words: _Words, paragraphs: list[int], last: int, place: int, gap: int | None) -> bool:
    """Whether a part may begin at a place when the one before it ended at ``last``."""
    here = bisect_right(paragraphs, words.starts[last])
    there = bisect_right(paragraphs, words.starts[place])
    return there - here <= 1 if gap is None else there == here and place - last - 1 <= gap


def _capitals(words: _Words, parts: Sequence[_Part], chain: Sequence[int]) -> str:
    """Return how the capitals of a quotation agree with those of a place."""
    found = SAME
    for number, (part, place) in enumerate(zip(parts, chain, strict=True)):
        there = words.words[place : place + len(part.words.words)]
        if there == part.words.words:
            continue
        for i, (one, other) in enumerate(zip(part.words.words, there, strict=True)):
            if one == other or (i in part.free and one[1:] == other[1:]):
                continue
            if number or i or one[1:] != other[1:]:
                return OTHER
            found = FIRST
    return found


def _match(words: _Words, parts: Sequence[_Part], chain: Sequence[int]) -> Match:
    spans: list[Span] = []
    inserted: list[tuple[str, str | None]] = []
    agree, last = True, -1  # the last word of the part before
    for part, place in zip(parts, chain, strict=True):
        count = len(part.words.words)
        agree = agree and words.marks(place, count) == part.words.marks(0, count)
        if part.inserted and (part.gap is None or not spans):
            inserted.append((part.inserted, None))
        elif part.inserted:
            between = words.text[words.starts[last + 1] : words.ends[place - 1]] if last + 1 < place else ""
            inserted.append((part.inserted, " ".join(between.split())))
        last = place + count - 1
        spans.append((words.starts[place], words.ends[last]))
        if part.after:
            inserted.append((part.after, None))
    return Match(spans[0][0], spans[-1][1], tuple(spans), tuple(inserted), _capitals(words, parts, chain), agree)


def _sentences(text: str, low: int, high: int) -> list[Span]:
    """Return where the sentences of a stretch of text begin and end."""
    stretch = text[low:high]
    # A line that ends within a sentence, as in a text that was wrapped, does not end it.
    flat = re.sub(r"(?<=[^\s.!?…\"'”’])\n(?=\S)", lambda end: " " if stretch[end.end()].islower() else "\n", stretch)
    found, at = [], 0
    for piece in sentences(flat):
        start = flat.index(piece, at)
        at = start + len(piece)
        found.append((low + start, low + at))
    return found


# -- what is nearest --------------------------------------------------------------------------------------


def _near(words: _Words, asked: _Words, pairs: Sequence[tuple[int, int]]) -> Near:
    """Return the passage from the first pair to the last, with other words at its ends if the quotation has such."""
    agree = [(j, i) for j, i in pairs if not j or asked.words[j] == words.words[i]] or list(pairs[:1])
    first = _reach(words, pairs[0][1], -min(pairs[0][0], 8))
    last = _reach(words, pairs[-1][1], min(len(asked.words) - 1 - pairs[-1][0], 8))
    pieces: list[tuple[str, str]] = []
    j, i = 0, first
    for nj, ni in [*agree, (len(asked.words), last + 1)]:
        if j < nj:
            pieces.append(("-", asked.text[asked.starts[j] : asked.ends[nj - 1]]))
        if i < ni:
            pieces.append(("+", words.text[words.starts[i] : words.ends[ni - 1]]))
        if nj < len(asked.words):
            start, end = words.starts[ni], words.ends[ni]
            if pieces and pieces[-1][0] == " ":
                pieces[-1] = (" ", pieces[-1][1] + words.text[words.ends[ni - 1] : end])
            else:
                pieces.append((" ", words.text[start:end]))
        j, i = nj + 1, ni + 1
    likeness = len(agree) / max(len(asked.words), last - first + 1)
    return Near(words.starts[first], words.ends[last], pieces, likeness)


def _reach(words: _Words, place: int, by: int) -> int:
    """Return the word so many words further on, or the last one of the paragraph before that."""
    step = -1 if by < 0 else 1
    for _ in range(abs(by)):
        if not 0 <= place + step < len(words.words):
            break
        low, high = sorted((place, place + step))
        if "\n\n" in words.text[words.ends[low] : words.starts[high]]:
            break
        place += step
    return place
