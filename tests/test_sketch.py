"""Shingles and prints: the same for the same words, everywhere."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.sketch import LEAST_PRINTS, PRINT, SHINGLE, WINDOW, WINDOWS, Sketch, title_print, words

LONG = [f"word{n}" for n in range(2000)]
ANY_TEXT = st.text(max_size=300)
FOUR, TITLE = [16871418005128526643], 10717265917853355196


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Don’t close the Café!", ["dont", "close", "the", "cafe"]),
        ("DON'T CLOSE THE CAFE", ["dont", "close", "the", "cafe"]),
        ("“Beds”—‘they said’", ["beds", "they", "said"]),
        ("£1,500.50 of 2,000", ["150050", "of", "2000"]),
        ("a fol­low-up", ["a", "follow", "up"]),
        ("ｆｕｌｌ ﬁne Straße", ["full", "fine", "strasse"]),
        ("我们去医院 now", ["我", "们", "去", "医", "院", "now"]),
        ("病院がん", ["病", "院", "か", "ん"]),
        ("병원 정책", words("병원 정책")),
        ("Больница, ΝΟΣΟΚΟΜΕΊΟ", ["больница", "νοσοκομειο"]),
        ("  \n\n… — 🏥 ", []),
        ("", []),
    ],
)
def test_words_are_what_is_read(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_korean_has_spaces_between_words() -> None:
    assert len(words("병원 정책")) == 2


def test_hashes_are_the_same_in_every_process_and_version() -> None:
    code = "from clipper.sketch import *; s = Sketch('one two three four five six seven'); print(s.shingles, s.prints)"
    told = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout for _ in range(2)}
    assert len(told) == 1
    assert Sketch("one two three four").shingles.tolist() == FOUR  # a change here asks for another VERSION
    assert title_print("One two three") == TITLE


@given(ANY_TEXT)
def test_any_text_has_a_sketch_and_each_hash_once(text: str) -> None:
    drawn = Sketch(text)
    for hashes in (drawn.shingles, drawn.asked, drawn.prints):
        assert hashes.dtype == np.uint64
        assert (hashes[1:] > hashes[:-1]).all()
    assert set(drawn.prints.tolist()) <= set(drawn.asked.tolist())
    assert len(drawn.shingles) <= max(len(drawn.words) - SHINGLE + 1, 0)
    assert (len(drawn.prints) > 0) == (len(drawn.words) >= PRINT)


@given(st.sampled_from([60, 120, 300, 700, 2000]), st.floats(0, 1), st.integers(0, 500))
def test_every_passage_of_a_tenth_and_29_words_holds_a_print(length: int, where: float, salt: int) -> None:
    row = [f"{word}x{salt}" for word in LONG[:length]]
    size = max(WINDOW + PRINT - 1, length // WINDOWS + PRINT - 1)
    start = int(where * (length - size))
    passage = Sketch(" ".join(row[start : start + size]))
    assert set(passage.asked.tolist()) & set(Sketch(" ".join(row)).prints.tolist())


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_prints_are_few_however_long_the_text_is(salt: int) -> None:
    counts = [len(Sketch(" ".join(f"{w}y{salt}" for w in LONG[:n])).prints) for n in (20, 100, 600, 2000)]
    assert min(counts) >= LEAST_PRINTS
    assert max(counts) <= 4 * WINDOWS


def test_a_title_that_says_little_is_not_looked_up() -> None:
    assert title_print(None) is None
    assert title_print("In brief") is None
    assert title_print("Ward to close") == title_print("WARD TO CLOSE!") != title_print("Ward to open")


def test_a_text_of_600_words_takes_about_a_millisecond() -> None:
    text = " ".join(LONG[:600])
    took = []
    for _ in range(20):
        began = time.perf_counter()
        assert len(Sketch(text).prints) and len(Sketch(text).shingles)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.01  # far more than it takes, on a busy machine too
