"""Two rows of words compared: where one stands in the other as nearly as it can, and which words both have in order.

Whatever the rows are, the time taken grows with their length and not with its square.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

Span = tuple[int, int]

_PAIRS = 500_000  # places of words looked at for the nearest passage
_TABLE = 250_000  # cells of a table in which two rows of words are compared


def windows(text: Sequence[str], asked: Sequence[str], most: int = 3) -> list[Span]:
    """Return the stretches of a text in which the words of a quotation, rare ones first, stand as far apart as in it.

    Each pair of a word in the text and the same word in the quotation votes for the place where the quotation would
    begin.
    """
    wanted: dict[str, list[int]] = defaultdict(list)
    for j, word in enumerate(asked):
        if len(wanted[word]) < 20:
            wanted[word].append(j)
    held: dict[str, list[int]] = {word: [] for word in wanted}
    for i, word in enumerate(text):
        if word in held:
            held[word].append(i)
    votes: dict[int, float] = defaultdict(float)
    size = max(8, len(asked) // 4)
    spent = 0
    for word in sorted(held, key=lambda w: (len(held[w]) * len(wanted[w]), w)):
        pairs = len(held[word]) * len(wanted[word])
        spent += pairs
        if spent > _PAIRS:
            break
        for i in held[word]:
            for j in wanted[word]:
                bucket, within = divmod(i - j, size)
                votes[bucket] += 1 / pairs
                votes[bucket - 1 if within < size // 2 else bucket + 1] += 0.5 / pairs
    best = sorted(votes, key=lambda bucket: (-votes[bucket], bucket))[:most]
    spare = size
    return [(max(b * size - spare, 0), min((b + 1) * size + len(asked) + spare, len(text))) for b in best]


def common(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs of the same words in two rows, in order: first those that each has once, then between them."""
    anchors = _rising(_once(one, other))
    pairs: list[tuple[int, int]] = []
    for (a, b), (c, d) in pairwise([(-1, -1), *anchors, (len(one), len(other))]):
        pairs += [(a + 1 + i, b + 1 + j) for i, j in _longest_common(one[a + 1 : c], other[b + 1 : d])]
        if c < len(one):
            pairs.append((c, d))
    return pairs


def _once(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of the words that both rows have once, in the order of the first."""
    places: list[dict[str, int]] = []
    for row in (one, other):
        seen: dict[str, int] = {}
        for i, word in enumerate(row):
            seen[word] = -1 if word in seen else i
        places.append(seen)
    return [(i, places[1][word]) for word, i in places[0].items() if i >= 0 and places[1].get(word, -1) >= 0]


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest row of pairs that rises in both."""
    tops: list[int] = []  # the least last value of a row of each length
    rows: list[int] = []  # the pair that it ends with
    before: list[int] = []
    for number, (_, value) in enumerate(pairs):
        length = bisect_left(tops, value)
        before.append(rows[length - 1] if length else -1)
        tops[length : length + 1] = [value]
        rows[length : length + 1] = [number]
    found = []
    at = rows[-1] if rows else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]


def _longest_common(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs of a longest common row of words; what is too long to compare has its ends compared alone."""
    head = 0
    while head < min(len(one), len(other)) and one[head] == other[head]:
        head += 1
    tail = 0
    while tail < min(len(one), len(other)) - head and one[-1 - tail] == other[-1 - tail]:
        tail += 1
    pairs = [(i, i) for i in range(head)]
    rows, columns = len(one) - head - tail, len(other) - head - tail
    if 0 < rows * columns <= _TABLE:
        table = [[0] * (columns + 1) for _ in range(rows + 1)]
        for i in range(rows - 1, -1, -1):
            for j in range(columns - 1, -1, -1):
                same = one[head + i] == other[head + j]
                table[i][j] = table[i + 1][j + 1] + 1 if same else max(table[i + 1][j], table[i][j + 1])
        i = j = 0
        while i < rows and j < columns:
            if one[head + i] == other[head + j]:
                pairs.append((head + i, head + j))
                i, j = i + 1, j + 1
            elif table[i + 1][j] >= table[i][j + 1]:
                i += 1
            else:
                j += 1
    return pairs + [(len(one) - k, len(other) - k) for k in range(tail, 0, -1)]


def trimmed(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the stretch of pairs that is worth most: a word that agrees counts 1, one of the text in between -0.5."""
    best, best_span = 0.0, (0, 0)
    worth, start = 0.0, 0
    for number, (_, i) in enumerate(pairs):
        between = i - pairs[number - 1][1] - 1 if number else 0
        worth -= between / 2
        if worth <= 0:
            worth, start = 0.0, number
        worth += 1
        if worth > best:
            best, best_span = worth, (start, number + 1)
    return pairs[best_span[0] : best_span[1]]
