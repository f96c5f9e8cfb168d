"""Classes of names and words: who acts in a sentence (a firm, a commissioner, a union), and what is done.

Two classes in one sentence are a feature of their own: that a *firm* and *gives up* stand together says more than
either. The classes are a data file, so that a name is added without touching code.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from clipper.coding.codebook import phrase_pattern
from clipper.errors import CannotWork
from clipper.text import fold

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?=\S)[^.!?\n]*)*[.!?]*")
_TOGETHER = "|"


@dataclass(frozen=True)
class Lexicon:
    """Classes of words, each with the pattern that finds them in folded text. ``source`` is the file as read."""

    classes: tuple[tuple[str, re.Pattern[str]], ...]
    source: str

    def features(self, text: str) -> list[str]:
        """Return for every sentence the classes found in it, and each pair of them (``contract|firm``)."""
        return [feature for feature, _ in self.evidence(text)]

    def evidence(self, text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each feature of a text with the words that it comes from, folded."""
        for sentence in _SENTENCE.findall(fold(text)):
            found = {}
            for name, pattern in self.classes:
                if match := pattern.search(sentence):
                    found[name] = " ".join(match[0].split())
            for name, words in found.items():
                yield name, (words,)
            for one, other in combinations(found, 2):
                yield one + _TOGETHER + other, (found[one], found[other])


def load(path: Path) -> Lexicon:
    """Read a lexicon. Raises CannotWork for a file that is missing or not one: it ships with clipper."""
    try:
        source = path.read_text(encoding="utf-8")
        classes = tomllib.loads(source)["class"]
        patterns = [(str(name), phrase_pattern(tuple(words))) for name, words in classes.items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotWork(f"{path}: the lexicon cannot be read ({error}); install clipper again") from None
    return Lexicon(tuple(sorted((n, p) for n, p in patterns if p is not None)), source)
