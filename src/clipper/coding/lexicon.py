"""Classes of names and words: who acts in a sentence (a firm, a commissioner, a union), and what is done.

Two classes in one sentence are a feature of their own: that a *firm* and *gives up* stand together says more than
either. The classes are a data file, so that a name is added without touching code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from clipper import located_toml
from clipper.coding.phrases import Finder
from clipper.errors import CannotWork
from clipper.text import fold

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?=\S)[^.!?\n]*)*[.!?]*")
_TOGETHER = "|"
_LARGEST = 1 << 20  # bytes; the one that ships has twenty thousand


class Lexicon:
    """Classes of words, by name. ``source`` is the file as read."""

    def __init__(self, classes: dict[str, list[str]], source: str) -> None:
        self.names = sorted(classes)
        self.source = source
        self._finder = Finder(classes)

    def features(self, text: str) -> list[str]:
        """Return for every sentence the classes found in it, and each pair of them (``contract|firm``)."""
        found = []
        for sentence in _SENTENCE.findall(fold(text)):
            names = sorted({name for name, _ in self._finder.find(sentence)})
            found += names
            found += [one + _TOGETHER + other for one, other in combinations(names, 2)]
        return found

    def evidence(self, text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each feature of a text with the words that it comes from, folded."""
        for sentence in _SENTENCE.findall(fold(text)):
            first: dict[str, tuple[int, str]] = {}
            for name, match in self._finder.find(sentence):
                if name not in first or match.start() < first[name][0]:
                    first[name] = match.start(), " ".join(match[0].split())
            words = {name: first[name][1] for name in sorted(first)}
            for name, word in words.items():
                yield name, (word,)
            for one, other in combinations(words, 2):
                yield one + _TOGETHER + other, (words[one], words[other])


def load(path: Path) -> Lexicon:
    """Read a lexicon. Raises CannotWork for a file that is missing or not one: it ships with clipper."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("too large")
        source = path.read_text(encoding="utf-8")
        classes = located_toml.values(source)["class"]
        return Lexicon({str(name): [str(word) for word in words] for name, words in classes.items()}, source)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotWork(f"{path}: the lexicon cannot be read ({error}); install clipper again") from None
