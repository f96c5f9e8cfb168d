from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.coding.phrases import Finder, phrase_pattern
from clipper.text import fold

LISTS = {
    "bins": ["wheelie bin*", "bin day"],
    "wards": ["A&E", "ward*", "18-week", "ward closure"],
    "money": ["£3m", "pay", "self-pay*"],
    "none": [],
}


def _found(text: str) -> set[tuple[str, int, str]]:
    return {(name, match.start(), match[0]) for name, match in Finder(LISTS).find(fold(text))}


def _by_pattern(text: str) -> set[tuple[str, int, str]]:
    patterns = {name: phrase_pattern(phrases) for name, phrases in LISTS.items()}
    return {(n, m.start(), m[0]) for n, p in patterns.items() if p for m in p.finditer(fold(text))}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The Wheelie-bins of A&E", {"bins", "wards"}),
        ("an 18-week wait", {"wards"}),
        ("a fee of £3m", {"money"}),
        ("£3million", set()),
        ("A & E", set()),
        ("forward, awarded", set()),
        ("bins", set()),
        ("paying", set()),
        ("self pay", {"money"}),
    ],
)
def test_phrases_are_found_as_whole_words(text: str, names: set[str]) -> None:
    assert {name for name, _, _ in _found(text)} == names


words = st.sampled_from(
    ["wheelie", "bin", "bins", "day", "A&E", "a", "e", "&", "ward", "wards", "closure", "18", "week", "£3m", "pay"]
)  # fmt: skip
joins = st.sampled_from([" ", "-", "\n", ". ", "", "  ", "_"])


@given(st.lists(st.tuples(words, joins), max_size=20))
def test_what_is_found_is_what_the_pattern_of_all_finds(parts: list[tuple[str, str]]) -> None:
    text = "".join(word + join for word, join in parts)
    assert _found(text) == _by_pattern(text)


some_lists = st.dictionaries(
    st.text("ab", min_size=1, max_size=2), st.lists(st.text("ab* -&", min_size=1, max_size=6), max_size=4)
)


@given(some_lists, st.text("ab -&\n", max_size=30))
def test_any_lists_are_found_as_by_their_patterns(lists: dict[str, list[str]], text: str) -> None:
    lists = {name: [p for p in phrases if p.strip(" *")] for name, phrases in lists.items()}
    found = {(n, m.span()) for n, m in Finder(lists).find(text)}
    patterns = {name: phrase_pattern(phrases) for name, phrases in lists.items()}
    assert found == {(n, m.span()) for n, p in patterns.items() if p for m in p.finditer(text)}
