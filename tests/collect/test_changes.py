"""What changed between two revisions."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from clipper.collect.changes import Changes, changes
from clipper.models import Article

FIRST = Article(id="a1", title="Ward to close", outlet="The Fenwick Echo", text="One.\n\nTwo.\n\nThree.\n\nFour.")


def test_nothing_changed_in_what_is_the_same() -> None:
    assert changes(FIRST, replace(FIRST, revision=2, fetched="2026-01-05T12:00:00Z")) == Changes((), ())


def test_fields_are_told_with_what_they_were_and_are() -> None:
    second = replace(
        FIRST, title="Ward closed", authors=["Ann Holloway", "Bo Marsh"], published="2026-01", partial=True, outlet=None
    )
    assert changes(FIRST, second).fields == (
        ("title", "Ward to close", "Ward closed"),
        ("outlet", "The Fenwick Echo", None),
        ("authors", None, "Ann Holloway, Bo Marsh"),
        ("published", None, "2026-01"),
        ("partial", "no", "yes"),
    )


def test_paragraphs_are_marked_in_the_order_of_the_text_with_one_around_them() -> None:
    second = replace(FIRST, text="One.\n\nTwo and a half.\n\nThree.\n\nFour.\n\nFive.")
    assert changes(FIRST, second).paragraphs == (
        (" ", "One."), ("-", "Two."), ("+", "Two and a half."), (" ", "Three."), (" ", "Four."), ("+", "Five."),
    )  # fmt: skip


def test_changes_far_apart_show_only_what_is_around_them() -> None:
    text = [f"Paragraph {n}." for n in range(20)]
    second = replace(FIRST, text="\n\n".join(["New.", *text[:-1]]))
    told = changes(replace(FIRST, text="\n\n".join(text)), second).paragraphs
    assert told == (("+", "New."), (" ", text[0]), (" ", text[18]), ("-", text[19]))


def test_json_holds_what_is_gone_and_what_is_new() -> None:
    told = changes(FIRST, replace(FIRST, title=None, text="One.\n\nTwo.\n\nFour.")).to_json()
    assert json.loads(json.dumps(told)) == {
        "fields": {"title": {"from": "Ward to close", "to": None}}, "removed": ["Three."], "added": [],
    }  # fmt: skip


MARKS = st.sampled_from(["--- a", "+++ b", "@@ -1 +1 @@", "-", "+", " x", "One.", "Two.", "\\ No newline"])


@given(st.lists(MARKS, max_size=6), st.lists(MARKS, max_size=6))
def test_paragraphs_that_look_like_marks_are_paragraphs(before: list[str], after: list[str]) -> None:
    told = changes(replace(FIRST, text="\n\n".join(before)), replace(FIRST, text="\n\n".join(after)))
    gone = [text for mark, text in told.paragraphs if mark == "-"]
    new = [text for mark, text in told.paragraphs if mark == "+"]
    stay = [text for mark, text in told.paragraphs if mark == " "]
    assert len(before) - len(gone) == len(after) - len(new) >= len(stay)
    assert {mark for mark, _ in told.paragraphs} <= {"-", "+", " "}
    assert all(text in before for text in gone)
    assert all(text in after for text in new)
    assert bool(gone or new) == (before != after)
