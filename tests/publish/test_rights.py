"""Two sentences and no more, unless the configuration says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.models import Article
from clipper.publish.rights import Rights, excerpt, is_cut, short, short_line

TEXT = "The ward was sold on Monday. Dr. Hale said so. Nobody asked the nurses.\n\nA second paragraph."
TWO = ["The ward was sold on Monday. Dr. Hale said so."]
WHOLE = TEXT.split("\n\n")


def article(kind: str = "article", text: str = TEXT, outlet: str | None = "The Fenwick Echo", **more: str) -> Article:
    return Article(id="a1", kind=kind, text=text, outlet=outlet, **more)  # type: ignore[arg-type]  # as JSON has it


@pytest.mark.parametrize(
    ("kind", "how", "full_text", "given_out"),
    [
        ("article", "none", True, []),
        ("article", "short", True, TWO),
        ("clipping", "short", False, TWO),
        ("article", "clip", False, TWO),
        ("article", "clip", True, WHOLE),
        ("article", "clip", ("the fenwick echo",), WHOLE),
        ("article", "clip", ("The Post",), TWO),
        ("clipping", "clip", False, WHOLE),
    ],
)
def test_how_much_is_given_out(kind: str, how: str, full_text: bool | tuple[str, ...], given_out: list[str]) -> None:
    one, rights = article(kind), Rights(full_text)
    assert excerpt(one, how, rights) == given_out  # type: ignore[arg-type]  # a name out of a table
    assert is_cut(one, rights) == (how == "clip" and given_out == TWO and kind == "article") or how != "clip"


def test_without_an_outlet_no_outlet_s_rights_hold() -> None:
    assert not Rights(("Pulse",)).whole(article(outlet=None))
    assert Rights(True).whole(article(outlet=None))


def test_without_a_text_the_excerpt_is_taken() -> None:
    assert short(article(text="", excerpt="One is said. Two are said. Three are not.")) == [
        "One is said. Two are said."
    ]
    assert short(article(text="")) == []
    assert excerpt(article("clipping", text="", excerpt="One."), "clip", Rights()) == ["One."]


def test_a_line_below_the_headline_is_a_paragraph_of_its_own() -> None:
    one = article(text="Nurses leave the ward\n\nThe last of them went in March. Nobody came.")
    assert short(one) == ["Nurses leave the ward", "The last of them went in March."]
    assert short_line(one) == "Nurses leave the ward – The last of them went in March."
    assert short(article(text="“Nurses leave.”\n\nNobody came.")) == ["“Nurses leave.” Nobody came."]


def test_a_text_without_a_full_stop_is_cut_at_a_word() -> None:
    (cut,) = short(article(text="ward " * 5000))
    assert len(cut) <= 700 and cut.endswith("ward…")
    (first,) = short(article(text="It is short. " + "Ward " * 5000))
    assert first == "It is short."


@given(st.text(max_size=3000))
def test_an_excerpt_is_never_long_and_never_the_third_sentence(text: str) -> None:
    found = short(article(text=text))
    assert sum(map(len, found)) <= 700
    assert len(found) <= 2
