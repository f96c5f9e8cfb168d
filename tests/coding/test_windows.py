from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clipper.coding.windows import MOST, WORDS, windows


def test_a_clipping_is_read_whole() -> None:
    text = "\n".join(["A line of six words here."] * 30)
    assert windows(text) == [text]


def test_a_newsletter_is_read_by_paragraphs() -> None:
    paragraphs = [f"Item {n}. " + "word " * 98 for n in range(12)]
    found = windows("\n".join(paragraphs))
    assert len(found) == 6
    assert all(len(window.split()) <= WORDS for window in found)
    assert all(window.startswith("Item") for window in found)


def test_a_last_scrap_goes_with_what_stands_before_it() -> None:
    found = windows("\n".join(["word " * 200, "word " * 200, "the end"]))
    assert len(found) == 2
    assert found[-1].endswith("the end")


def test_there_is_an_end_to_a_text_of_megabytes() -> None:
    assert len(windows("word " * 1_000_000)) == MOST
    assert windows("x" * 5_000_000) == ["x" * 5_000_000]


@given(st.lists(st.text(alphabet="ab .\n", max_size=900), max_size=6))
def test_no_word_is_lost_and_none_is_read_twice(parts: list[str]) -> None:
    text = "\n\n".join(parts)
    assert [word for window in windows(text) for word in window.split()] == text.split()
