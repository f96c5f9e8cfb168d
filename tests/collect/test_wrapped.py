"""Lines that were broken at a column are joined; lines that somebody ended stay."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.collect.wrapped import unwrapped
from clipper.text import clean_text

PROSE = (
    "The trust runs three hospitals on the estuary and has asked for help four times since the spring. "
    "Its board will meet on Thursday. Nobody on it expects to be asked what went wrong with the roof, which has been "
    "held up by scaffolding for two winters and will be for a third."
)
SECOND = "Forty more beds will open on the old site, if nurses can be found for them. The union doubts that they can."


@pytest.mark.parametrize("width", [50, 60, 72, 76, 80, 98])
def test_paragraphs_that_were_broken_are_whole_again(width: int) -> None:
    text = f"Beds to open\n\n{textwrap.fill(PROSE, width)}\n\n{textwrap.fill(SECOND, width)}"
    assert unwrapped(text) == f"Beds to open\n\n{PROSE}\n\n{SECOND}"


@pytest.mark.parametrize(
    "text",
    [
        "By Ann Marsh\nPublished: 3 May 2015\n\nThe ward on the hill will close in the autumn, it was said.",
        "Ward to close\nTrust blames the roof\nUnion: we were not asked\nPatients to travel to Marlstock",
        f"{PROSE}\n{SECOND}",  # each paragraph is a line
        "- the roof of the old hospital, to be mended last year\n- the beds of the new one, not there",
        "> what was said before by somebody about the ward\n> and what was said after that of the roof",
        "A heading that is as long as the line that it stands on top of it\nThe ward will close.",
        "The board of the trust said that nobody had ever asked for money.\nIt said so twice, and then once more.",
        "",
    ],
)
def test_lines_that_somebody_ended_stay(text: str) -> None:
    assert unwrapped(text) == text


def test_two_lines_are_joined_only_within_a_sentence() -> None:
    said = "The hospital in Marl has been sold to Corvane, a firm that nobody\nhas heard of. Staff were told."
    assert unwrapped(said) == said.replace("\n", " ")


def test_a_word_with_a_hyphen_at_a_line_s_end_stays_one_word() -> None:
    lines = textwrap.wrap(PROSE.replace("three hospitals", "three-hospital trusts in a well-run and much-admired"), 60)
    assert any(line.endswith("-") for line in lines)
    assert "- " not in unwrapped("\n".join(lines))


@given(st.text(st.sampled_from("ab .-\n>*"), max_size=600), st.integers(40, 110))
def test_no_sign_but_a_line_s_end_is_changed(text: str, width: int) -> None:
    clean = clean_text("\n\n".join(textwrap.fill(part, width) for part in text.split("\n\n")))
    found = unwrapped(clean)
    assert found.replace(" ", "").replace("\n", "") == clean.replace(" ", "").replace("\n", "")
    assert found.count("\n\n") == clean.count("\n\n")
    assert all(a == b or (a == "\n" and b == " ") for a, b in zip(clean, found, strict=False)) or "-\n" in clean
