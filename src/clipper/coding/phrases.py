"""Phrases found in text: many lists of them at once, by looking only where the first word of one stands.

A pattern of all the phrases would be tried at every letter of a text. Here each word of the text is looked up once, and
the pattern of a list tried only where one of its phrases may begin. What is found is the same; a test compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from clipper.text import fold

_WORD = re.compile(r"\w+")
_LONGEST = 60  # letters of a word that is remembered: what is longer is none
_REMEMBERED = 200_000  # words of which is known what they may begin


def phrase_pattern(phrases: Sequence[str]) -> re.Pattern[str] | None:
    """Return a pattern that finds the phrases in folded text, or None for no phrases.

    ``*`` at a word's end stands for any ending; a space stands for spaces and hyphens.
    """
    forms = []
    for phrase in sorted(phrases, key=len, reverse=True):
        words = (re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "") for word in fold(phrase).split())
        forms.append(r"[\s-]+".join(words))
    return re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)") if forms else None


class Finder:
    """Finds the phrases of several lists, each under its name."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._whole: dict[str, list[str]] = {}  # the names of the lists in which a phrase begins with the word
        self._beginnings: dict[str, list[str]] = {}  # ... with a word that begins so
        self._anywhere: list[str] = []  # lists with a phrase that begins with no word
        self._known: dict[str, tuple[str, ...]] = {}
        self._longest = 0  # letters of the longest beginning
        for name, phrases in lists.items():
            pattern = phrase_pattern(phrases)
            if pattern is None:
                continue
            self._patterns[name] = pattern
            for phrase in phrases:
                self._note(name, fold(phrase))

    def _note(self, name: str, phrase: str) -> None:
        first = phrase.split()[0] if phrase.split() else ""
        word = _WORD.match(first)
        if word is None:
            if name not in self._anywhere:
                self._anywhere.append(name)
        elif first.rstrip("*") == word[0] and first.endswith("*"):
            self._beginnings.setdefault(word[0], []).append(name)
            self._longest = max(self._longest, len(word[0]))
        else:
            self._whole.setdefault(word[0], []).append(name)

    def _begun_by(self, word: str) -> tuple[str, ...]:
        names = self._known.get(word)
        if names is None:
            found = dict.fromkeys(self._whole.get(word, []))
            for length in range(1, min(len(word), self._longest) + 1):
                found.update(dict.fromkeys(self._beginnings.get(word[:length], [])))
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            names = tuple(found)
            if len(word) <= _LONGEST:
                self._known[word] = names
        return names

    def find(self, folded: str) -> Iterator[tuple[str, re.Match[str]]]:
        """Yield what is found in folded text with the name of its list; of one list, none that overlap."""
        for name in self._anywhere:
            for match in self._patterns[name].finditer(folded):
                yield name, match
        free: dict[str, int] = {}  # from where a list may be found again
        for word in _WORD.finditer(folded):
            for name in self._begun_by(word[0]):
                if name in self._anywhere or word.start() < free.get(name, 0):
                    continue
                if found := self._patterns[name].match(folded, word.start()):
                    free[name] = found.end()
                    yield name, found
