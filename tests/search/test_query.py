from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.errors import ClipperError
from clipper.search.query import All, Any, Flag, Node, Not, Prefix, QueryError, Words, parse, positive_words

W = Words


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("  \t ", None),
        ("ward", W("ward")),
        ("ward nurse", All((W("ward"), W("nurse")))),
        ("ward AND nurse", All((W("ward"), W("nurse")))),
        ("ward and nurse", All((W("ward"), W("and"), W("nurse")))),
        ('"cottage hospital"', W("cottage hospital")),
        ("“cottage hospital”", W("cottage hospital")),
        ("a OR b c", Any((W("a"), All((W("b"), W("c")))))),
        ("(a OR b) c", All((Any((W("a"), W("b"))), W("c")))),
        ("-ward", Not(W("ward"))),
        ('nurse -"night shift"', All((W("nurse"), Not(W("night shift"))))),
        ("NOT (a b)", Not(All((W("a"), W("b"))))),
        ("prime-contractor", W("prime-contractor")),
        ("doctor’s", W("doctor's")),
        ("£120m", W("£120m")),
        ("privat*", Prefix("privat")),
        ("a priv* OR -nurs*", Any((All((W("a"), Prefix("priv"))), Not(Prefix("nurs"))))),
        ("*", W("*")),
        ("partial:yes", Flag("partial", True)),
        ("Partial:NO ward", All((Flag("partial", False), W("ward")))),
        ("-partial:yes", Not(Flag("partial", True))),
        ("ward OR NOT partial:no", Any((W("ward"), Not(Flag("partial", False))))),
        ("(partial:yes)", Flag("partial", True)),
        ('"partial:yes"', W("partial:yes")),
        ("partial", W("partial")),
        ("impartial:yes", W("impartial:yes")),
        ("partial:", W("partial:")),
        ("a - b", All((W("a"), W("-"), W("b")))),
    ],
)
def test_queries_are_read_as_people_mean_them(text: str, tree: Node | None) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "caret", "words"),
    [
        ("a (b", 2, "closing"),
        ("a b) c", 3, "opening"),
        ('say "aah', 4, "quotation"),
        ("a OR", 4, "missing"),
        ("OR a", 0, "missing before 'OR'"),
        ("a AND AND b", 6, "missing before 'AND'"),
        ("()", 1, "missing"),
        ("theme:funding ward", 0, "--theme funding"),
        ("a title:ward", 2, "no search by title"),
        ("a prime-contract*", 2, "before *"),
        ("a partial:maybe", 2, "write partial:yes or partial:no"),
        ("PARTIAL:yes*", 0, "write partial:yes or partial:no"),
        ("partial:yes,", 0, "write partial:yes or partial:no"),
    ],
)
def test_a_mistake_is_shown_with_a_caret_under_it(text: str, caret: int, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    message, shown, mark = str(caught.value).split("\n")
    assert words in message
    assert shown == "  " + text
    assert mark == "  " + " " * caret + "^"


@pytest.mark.parametrize("text", ["(" * 60 + "a" + ")" * 60, "NOT " * 60 + "a", "a" * 20_000])
def test_a_monstrous_query_is_refused(text: str) -> None:
    with pytest.raises(ClipperError):
        parse(text)


def test_what_must_not_match_is_not_highlighted() -> None:
    assert list(positive_words(parse("a -b (c OR NOT d)"))) == ["a", "c"]
    assert list(positive_words(parse("a partial:yes"))) == ["a"]


@given(st.text(alphabet=st.sampled_from(list("ab \"()-'’“\x00ANDORT:")), max_size=40))
def test_any_text_is_a_query_or_a_clear_refusal(text: str) -> None:
    try:
        node = parse(text)
    except ClipperError as error:
        assert str(error)
    else:
        assert (node is None) == (not text.replace("\x00", " ").strip())
