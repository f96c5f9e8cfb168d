from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from clipper.errors import UsageError
from clipper.search.dates import read_date
from clipper.search.query import (
    All,
    Any,
    Dates,
    Fuzzy,
    In,
    Key,
    Near,
    Node,
    Not,
    Prefix,
    QueryError,
    Vocabulary,
    Words,
    both,
    clash,
    is_saved_name,
    parse,
    positive,
    unparse,
)

W = Words
TODAY = "2026-03-31"
KNOWN = Vocabulary(
    themes={
        "privatisation": "privatisation",
        "prime-contractor": "prime-contractor",
        "Lead provider": "prime-contractor",
        "sell-off": "privatisation",
        "integrated-care": "integrated-care",
    },
    sources=["bbc-health", "Pulse", "the old feed"],
    saved={
        "wards": "ward OR nurse",
        "late": "since:2020",
        "weekly": "@wards -@late",
        "round": "a @about",
        "about": "b @round",
        "own": "x @own",
        "empty": "  ",
        "broken": 'a "b',
        "double": "@wards @wards",
        "long": "a" * 10_001,
    },
)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("  \t\n ", None),
        ("\x00\x1b\u2028", None),
        ("ward", W("ward")),
        ("ward nurse", All((W("ward"), W("nurse")))),
        ("ward AND nurse", All((W("ward"), W("nurse")))),
        ("ward and nurse", All((W("ward"), W("and"), W("nurse")))),
        ("the of and", All((W("the"), W("of"), W("and")))),
        ('"cottage hospital"', W("cottage hospital")),
        ('" cottage \t hospital "', W("cottage hospital")),
        ('"cottage hospital"ward', All((W("cottage hospital"), W("ward")))),
        ("a OR b c", Any((W("a"), All((W("b"), W("c")))))),
        ("(a OR b) c", All((Any((W("a"), W("b"))), W("c")))),
        ("a (b c)", All((W("a"), All((W("b"), W("c")))))),
        ("((a))", W("a")),
        ("war\x07d", All((W("war"), W("d")))),
        ("trust(s)", All((W("trust"), W("s")))),
        ("-ward", Not(W("ward"))),
        ("NOT ward", Not(W("ward"))),
        ("NOT NOT ward", Not(Not(W("ward")))),
        ("NOT -ward", Not(Not(W("ward")))),
        ("a AND NOT b", All((W("a"), Not(W("b"))))),
        ("a OR NOT b", Any((W("a"), Not(W("b"))))),
        ("a NOT b", All((W("a"), Not(W("b"))))),
        ('nurse -"night shift"', All((W("nurse"), Not(W("night shift"))))),
        ("nurse -(a OR b)", All((W("nurse"), Not(Any((W("a"), W("b"))))))),
        ("-title:ward", Not(In("title", W("ward")))),
        ("NOT (a b)", Not(All((W("a"), W("b"))))),
        ("NOT(a)", Not(W("a"))),
        ("–ward", Not(W("ward"))),
        ('"a"-b', All((W("a"), W("-b")))),
        ("--ward", W("--ward")),
    ],
)
def test_words_phrases_and_operators_are_read_as_people_mean_them(text: str, tree: Node | None) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize("quotes", ["“”", "„“", "«»", "»«", '""', "””", "‟”"])
def test_all_kinds_of_double_quotes_are_quotes(quotes: str) -> None:
    assert parse(f"{quotes[0]}cottage hospital{quotes[1]}") == W("cottage hospital")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("prime-contractor", "prime-contractor"),
        ("prime‑contractor", "prime-contractor"),
        ("doctor's", "doctor's"),
        ("doctor’s", "doctor's"),
        ("O‘Brien", "O'Brien"),
        ("’tis", "'tis"),
        ("£120m", "£120m"),
        ("£", "£"),
        ("3.5bn", "3.5bn"),
        ("1,200", "1,200"),
        ("A&E", "A&E"),
        ("60%", "60%"),
        ("hospital,", "hospital,"),
        ("NHS:", "NHS:"),
        ("NHS:…", "NHS:…"),
        ("10:30", "10:30"),
        ("http://example.org/a~b?c=d", "http://example.org/a~b?c=d"),
        ("www.example.org:80", "www.example.org:80"),
        ("someone@example.org", "someone@example.org"),
        ("impartial", "impartial"),
        ("partial", "partial"),
        ("cafe\u0301", "café"),
        ("日本語", "日本語"),
        ("\\AND", "AND"),
        ("\\-ward", "-ward"),
        ("\\title:ward", "title:ward"),
        ("\\ward*", "ward*"),
        ("\\@wards", "@wards"),
        ('"AND"', "AND"),
        ('"partial:yes"', "partial:yes"),
        ('"ward*"', "ward*"),
        ('"(a OR b)"', "(a OR b)"),
        ("\u202eward\u2066", "ward"),
        ("\ud800ward", "ward"),
    ],
)
def test_what_newspapers_print_is_text(typed: str, read: str) -> None:
    assert parse(typed) == W(read)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("privat*", Prefix("privat")),
        ("privat*,", Prefix("privat")),
        ("privat**", Prefix("privat")),
        ("prime-contr*", Prefix("prime-contr")),
        ("£12*", Prefix("£12")),
        ("AND*", Prefix("AND")),
        ("a priv* OR -nurs*", Any((All((W("a"), Prefix("priv"))), Not(Prefix("nurs"))))),
        ("word~", Fuzzy("word", 1)),
        ("word~1", Fuzzy("word", 1)),
        ("word~2;", Fuzzy("word", 2)),
        ('"a b"~5', Near("a b", 5)),
        ('"a  b"~100', Near("a b", 100)),
        ("“a b c”~1 d", All((Near("a b c", 1), W("d")))),
        ('-"a b"~5', Not(Near("a b", 5))),
    ],
)
def test_stars_and_tildes(text: str, tree: Node) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("title:ward", In("title", W("ward"))),
        ("Title:ward", In("title", W("ward"))),
        ('OUTLET:"The Times"', In("outlet", W("The Times"))),
        ("author:O’Brien", In("author", W("O'Brien"))),
        ("text:priv*", In("text", Prefix("priv"))),
        ("title:word~2", In("title", Fuzzy("word", 2))),
        ('title:"a b"~3', In("title", Near("a b", 3))),
        ("title:foo:bar", In("title", W("foo:bar"))),
        ("title:(a)", In("title", W("a"))),
        ("title:(a OR b -c) d", All((In("title", Any((W("a"), All((W("b"), Not(W("c"))))))), W("d")))),
        ("title:(a (b OR c))", In("title", All((W("a"), Any((W("b"), W("c"))))))),
        ("title:(a) text:(b)", All((In("title", W("a")), In("text", W("b"))))),
        ("source:pulse", Key("source", "pulse")),
        ('source:"my own"', Key("source", "my own")),
        ('source:"my o"*', Key("source", "my o", True)),
        ("theme:priv*", Key("theme", "priv", True)),
        ("theme:Prime_Contractor", Key("theme", "prime-contractor")),
        ("theme:none OR theme:ANY", Any((Key("theme", "none"), Key("theme", "any")))),
        ("kind:Page", Key("kind", "page")),
        ("coder:anna", Key("coder", "anna")),
        ("id:3FA9*", Key("id", "3fa9", True)),
        ("partial:yes", Key("partial", "yes")),
        ("Partial:NO, ward", All((Key("partial", "no"), W("ward")))),
        ("-partial:yes", Not(Key("partial", "yes"))),
    ],
)
def test_fields(text: str, tree: Node) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("since:2014", Dates("2014", None)),
        ("until:2014-11", Dates(None, "2014-11")),
        ('since:"2014-11-07"', Dates("2014-11-07", None)),
        ("since:2014-1-7", Dates("2014-01-07", None)),
        ("date:2014", Dates("2014", "2014")),
        ("date:2014,", Dates("2014", "2014")),
        ("date:2014-06..2014-09", Dates("2014-06", "2014-09")),
        ("date:2014…2015", Dates("2014", "2015")),
        ("date:2014-06..", Dates("2014-06", None)),
        ("date:..2013", Dates(None, "2013")),
        ("date:2014..2014", Dates("2014", "2014")),
        ("date:2014..2014-03", Dates("2014", "2014-03")),
        ("date:none", Dates(None, None, True)),
        ("date:Today", Dates(TODAY, TODAY)),
        ("since:yesterday", Dates("2026-03-30", None)),
        ("since:7d", Dates("2026-03-24", None)),
        ("until:4W", Dates(None, "2026-03-03")),
        ("since:1m", Dates("2026-02-28", None)),
        ("date:1y..", Dates("2025-03-31", None)),
        ("date:7d", Dates("2026-03-24", TODAY)),
        ("-date:2014", Not(Dates("2014", "2014"))),
        ("since:2014 until:2014-01", All((Dates("2014", None), Dates(None, "2014-01")))),
        ("since:2014-01 until:2014", All((Dates("2014-01", None), Dates(None, "2014")))),
        ("date:2014 OR date:2015", Any((Dates("2014", "2014"), Dates("2015", "2015")))),
        ("since:2015 -until:2014", All((Dates("2015", None), Not(Dates(None, "2014"))))),
    ],
)
def test_dates(text: str, tree: Node) -> None:
    assert parse(text, today=TODAY) == tree


@pytest.mark.parametrize(
    ("text", "today", "day"),
    [
        ("1d", "2024-03-01", "2024-02-29"),
        ("1d", "1900-03-01", "1900-02-28"),
        ("366d", "2026-01-01", "2024-12-31"),
        ("1y", "2024-02-29", "2023-02-28"),
        ("13m", "2026-01-15", "2024-12-15"),
        ("0d", TODAY, TODAY),
        ("900y", TODAY, "1126-03-31"),
        ("1100y", TODAY, None),
        ("99999d", TODAY, None),
        ("d", TODAY, None),
        ("", TODAY, None),
        ("-1d", TODAY, None),
        ("²d", TODAY, None),
        ("２０１４", TODAY, None),
        ("14", TODAY, None),
        ("0999", TODAY, None),
        ("2014-", TODAY, None),
        ("2014-1-1-1", TODAY, None),
        ("2014-00", TODAY, None),
    ],
)
def test_dates_are_counted_back_from_today(text: str, today: str, day: str | None) -> None:
    assert read_date(text, today) == day


@given(st.dates(date(1100, 1, 1)), st.integers(0, 4000), st.sampled_from([("d", 1), ("w", 7)]))
def test_days_and_weeks_back_are_those_of_the_calendar(today: date, number: int, unit: tuple[str, int]) -> None:
    assert read_date(f"{number}{unit[0]}", today.isoformat()) == (today - timedelta(number * unit[1])).isoformat()


@given(st.dates(date(1000, 1, 1)))
def test_every_day_is_a_date(day: date) -> None:
    assert read_date(day.isoformat(), TODAY) == day.isoformat()


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("theme:privatisation", Key("theme", "privatisation")),
        ("theme:Privatization", Key("theme", "privatisation")),
        ("theme:prime_contractor,", Key("theme", "prime-contractor")),
        ('theme:"Prime  contractor"', Key("theme", "prime-contractor")),
        ('theme:"lead PROVIDER"', Key("theme", "prime-contractor")),
        ("theme:sell-off", Key("theme", "privatisation")),
        ("theme:none", Key("theme", "none")),
        ("theme:privatiz*", Key("theme", "privatis", True)),
        ("source:PULSE", Key("source", "Pulse")),
        ("source:pul*", Key("source", "Pul", True)),
        ("source:BBC*", Key("source", "bbc", True)),
        ("source:the*", Key("source", "the", True)),
        ("source:added", Key("source", "added")),
        ('source:"The Old Feed"', Key("source", "the old feed")),
        ("@wards", Any((W("ward"), W("nurse")))),
        ("@wards, x", All((Any((W("ward"), W("nurse"))), W("x")))),
        ("-@late", Not(Dates("2020", None))),
        ("@weekly", All((Any((W("ward"), W("nurse"))), Not(Dates("2020", None))))),
        ("@double", All((Any((W("ward"), W("nurse"))), Any((W("ward"), W("nurse")))))),
        ("title:@wards", In("title", W("@wards"))),
        ('"@wards"', W("@wards")),
    ],
)
def test_names_are_found_in_the_vocabulary(text: str, tree: Node) -> None:
    assert parse(text, KNOWN) == tree


def test_the_vocabulary_is_asked_only_for_what_a_query_names() -> None:
    class Strict(Vocabulary):
        @property
        def themes(self) -> Mapping[str, str] | None:
            raise AssertionError("nobody named a theme")

        @property
        def saved(self) -> Mapping[str, str]:
            raise AssertionError("nobody named a saved search")

    assert parse("ward source:pulse theme", Strict()) is not None
    with pytest.raises(AssertionError):
        parse("theme:ward", Strict())


@pytest.mark.parametrize(
    ("text", "caret", "words"),
    [
        ("a (b", 2, "closing"),
        ("a (", 2, "closing"),
        ("a title:(b", 8, "closing"),
        ("a b) c", 3, "opening"),
        (")", 0, "opening"),
        ('say "aah', 4, "quotation"),
        ("say “aah", 4, "quotation"),
        ('a title:"b', 8, "quotation"),
        ("a OR", 2, "missing after 'OR'"),
        ("a AND", 2, "missing after 'AND'"),
        ("(a OR) b", 3, "missing after 'OR'"),
        ("OR a", 0, "missing before 'OR'"),
        ("AND a", 0, "missing before 'AND'"),
        ("(AND a)", 1, "missing before 'AND'"),
        ("a OR OR b", 2, "missing after 'OR'"),
        ("a AND OR b", 2, "missing after 'AND'"),
        ("OR OR", 0, "missing before 'OR'"),
        ("a NOT", 2, "missing after 'NOT'"),
        ('a -"..."', 2, "missing after '-'"),
        ("a ()", 2, "no word in the brackets"),
        ("a (...)", 2, "no word in the brackets"),
        ("  ... -", 2, "no word"),
        ('""', 0, "no word"),
        ("a *", 2, "two letters"),
        ("a b*", 2, "two letters"),
        ("a*b", 0, 'write "a*b"'),
        ("*ward", 0, "at the end of a word"),
        ("ab*c*", 0, "only one * or ~"),
        ("ward~1*", 0, "only one * or ~"),
        ("ward*~1", 0, "only one * or ~"),
        ('x "a b"*', 7, "not after quotes"),
        ("x ~", 2, "without a space"),
        ('"a b" ~5', 6, "without a space"),
        ("ab~", 0, "three letters"),
        ("word~9", 0, "at most 2"),
        ("word~1.5", 0, "at most 2"),
        ('"a b"~999', 5, "from 1 to 100"),
        ('"a b"~101', 5, "from 1 to 100"),
        ('"a b"~0', 5, "from 1 to 100"),
        ('"a b"~', 5, "from 1 to 100"),
        ('"ward"~2', 0, "write ward~1"),
        ("a them:x", 2, "did you mean 'theme'?"),
        ("tag:x", 0, "did you mean 'theme'?"),
        ("before:2014", 0, "did you mean 'until'?"),
        ("foo:bar", 0, 'for text, write "foo:bar"'),
        ('foo:"bar"', 0, "a space after the colon"),
        ("foo:(bar)", 0, "a space after the colon"),
        ("theme:", 0, "missing after theme:"),
        ("title: ward", 0, "missing after title:"),
        ('theme:""', 0, "missing after theme:"),
        ('theme:"_"', 0, "missing after theme:"),
        ("theme:_*", 0, "beginning of a value"),
        ('title:"..."', 0, "missing after title:"),
        ("title:-ward", 0, "write -title:ward"),
        ("theme:(a OR b)", 0, "theme:A OR theme:B"),
        ("title:(a theme:b)", 9, "outside of the brackets"),
        ("title:(a date:2014)", 9, "outside of the brackets"),
        ("title:(a text:b)", 9, "outside of the brackets"),
        ("title:(a text:(b))", 9, "outside of the brackets"),
        ("title:(a @wards)", 9, "outside of the brackets"),
        ("kind:articles", 0, "write kind:article, kind:clipping or kind:page"),
        ("kind:art*", 0, "write kind:article"),
        ("a partial:maybe", 2, "write partial:yes or partial:no"),
        ("source:*", 0, "beginning of a value"),
        ("source:a*b", 0, "at the end of a value"),
        ('source:"a b"~5', 12, "not after a filter's value"),
        ("a since:lately", 2, "'lately' is no date"),
        ("date:2014-13", 0, "'2014-13' is no date"),
        ("date:2014-02-30", 0, "'2014-02-30' is no date"),
        ("date:2014..2014-02-30", 0, "'2014-02-30' is no date"),
        ("since:none", 0, "no date"),
        ("date:..", 0, "missing after date:"),
        ("date:2014*", 0, "no * in dates"),
        ("a date:2015..2014", 2, "2015 is later than 2014; write date:2014..2015"),
        ("since:2015 a until:2014", 13, "leaves no day"),
        ("until:2014-02 since:2014-03", 14, "leaves no day"),
        ("since:2015 (a until:2014)", 14, "leaves no day"),
        ("a OR (since:2015 until:2014)", 17, "leaves no day"),
        ("-(since:2015 until:2014)", 13, "leaves no day"),
        ("date:2014 date:2015", 10, "leaves no day"),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_with_a_caret_under_it(text: str, caret: int, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, today=TODAY)
    message, shown, mark = str(caught.value).split("\n")
    assert message.startswith("query: ")
    assert words in message
    assert shown == "  " + text.replace("“", '"')
    assert mark == "  " + " " * caret + "^"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("theme:privatizations", "no theme 'privatizations'; did you mean 'privatisation'?"),
        ("theme:prime-contracting", "did you mean 'prime-contractor'?"),
        ("theme:zzz", "no theme 'zzz'; clipper themes lists them"),
        ("theme:zzz*", "no theme begins with 'zzz'"),
        ("theme:none*", "no theme begins with 'none'"),
        ("source:bbc-heath", "no source 'bbc-heath'; did you mean 'bbc-health'?"),
        ("source:zz*", "no source begins with 'zz'"),
        ("@ward", "no saved search '@ward'; did you mean '@wards'?"),
        ("@nothing-like-it", "put it in quotes"),
        ("@empty", "'@empty' is empty"),
        ("@own", "in the saved search @own: the saved search '@own' stands inside itself"),
        ("@round", "'@round' stands inside itself"),
        ("@broken", "in the saved search @broken: a quotation mark without its other half"),
        ("@long", "in the saved search @long: 10001 characters are too many"),
        ("until:2019 @late", "leaves no day"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(text: str, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, KNOWN)
    assert words in str(caught.value)
    assert len(str(caught.value).split("\n")) in (1, 3)


def test_a_mistake_in_a_saved_search_is_shown_there() -> None:
    with pytest.raises(QueryError) as caught:
        parse("some words @broken", KNOWN)
    assert str(caught.value).split("\n")[1:] == ['  a "b', "    ^"]
    with pytest.raises(QueryError) as caught:
        parse("until:2019 @late", KNOWN)
    assert str(caught.value).split("\n")[1:] == ["  until:2019 @late", "             ^"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a" * 100_000, "100000 characters are too many (at most 10000)"),
        ("a " * 2_000, "more than 500 words"),
        ('"' + "a " * 2_000 + '"', "more than 500 words"),
        ("@d1 " * 300, "more than 500 words"),
    ],
    ids=["letters", "words", "phrase", "saved"],
)
def test_a_monstrous_query_is_refused_in_one_line(text: str, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, Vocabulary(saved={"d1": "a b"}))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    "text", ["(" * 60 + "a" + ")" * 60, "NOT " * 60 + "a", "-(" * 30 + "a" + ")" * 30, "(" * 5000], ids=range(4)
)
def test_a_query_too_deep_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match=r"more than 50|closing"):
        parse(text)


def test_saved_searches_in_a_long_row_are_too_deep() -> None:
    saved = {f"n{number}": f"@n{number + 1}" for number in range(100)} | {"n100": "a"}
    with pytest.raises(QueryError, match="more than 50"):
        parse("@n0", Vocabulary(saved=saved))
    assert parse("@n60", Vocabulary(saved=saved)) == W("a")


def test_saved_searches_that_double_do_not_take_for_ever() -> None:
    saved = {f"n{number}": f"@n{number + 1} @n{number + 1}" for number in range(40)} | {"n40": "a"}
    with pytest.raises(QueryError, match="more than 500 words"):
        parse("@n0", Vocabulary(saved=saved))


def test_queries_at_the_limits_are_read() -> None:
    assert parse("(" * 50 + "a" + ")" * 50) == W("a")
    assert isinstance(parse("a " * 500), All)
    assert parse("a" * 10_000) == W("a" * 10_000)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ('日本語 "x', 7),
        ('e\u0301e\u0301 "x', 3),
        ('x\u0323\u0301 "x', 2),
        ('한국 "x', 5),
        ("a" * 200 + ' "x', 40),
        ("日" * 200 + ' "x', 41),
    ],
)
def test_the_caret_stands_right_under_wide_and_combining_letters(text: str, column: int) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    _, shown, mark = str(caught.value).split("\n")
    assert mark.index("^") - 2 == column
    assert _width(shown[2 : shown.index('"')]) == column


def test_a_heap_of_accents_is_not_echoed_whole() -> None:
    with pytest.raises(QueryError) as caught:
        parse("\u0301" * 4_000 + ' "' + "\u0301" * 4_000)
    assert len(str(caught.value)) < 400


def test_nothing_of_a_terminals_language_is_echoed() -> None:
    with pytest.raises(QueryError) as caught:
        parse('\x1b[31mred\x07\u202e foo:\x9b \ud800 "')
    assert all(part.isprintable() for part in str(caught.value).split("\n"))
    with pytest.raises(QueryError) as caught:
        parse("foo\u2028:x theme:\u2066\x1b]0;x")
    assert all(part.isprintable() for part in str(caught.value).split("\n"))


def test_what_a_match_contains_is_to_be_highlighted() -> None:
    tree = parse('a -b (c OR NOT d) title:("e f"~3 -g) theme:x since:2014 text:pre* word~1')
    assert list(positive(tree)) == [
        (None, W("a")),
        (None, W("c")),
        ("title", Near("e f", 3)),
        ("text", Prefix("pre")),
        (None, Fuzzy("word", 1)),
    ]
    assert list(positive(None)) == []


def test_two_trees_are_joined_into_one() -> None:
    a, b = W("a"), Key("theme", "b")
    assert both(None, None) is None
    assert both(a, None) == both(None, a) == a
    assert both(a, b) == All((a, b))
    assert both(All((a, b)), Any((a, b))) == All((a, b, Any((a, b))))
    assert clash(both(Dates("2015", None), parse("a until:2014"))) == (Dates("2015", None), Dates(None, "2014"))
    assert clash(both(Dates("2014", None), parse("a until:2014"))) is None


def test_trees_are_values() -> None:
    assert W("a") == W("a") != Prefix("a")
    assert hash(Key("id", "a")) == hash(Key("id", "a", False))
    assert len({W("a"), W("a"), Prefix("a"), Not(W("a")), Not(W("a"))}) == 3
    assert repr(Key("id", "a")) == "Key('id', 'a', False)"
    with pytest.raises(AttributeError):
        W("a").text = "b"  # type: ignore[misc]  # that is what is forbidden


def test_queries_are_written_as_people_write_them() -> None:
    text = '(ward OR "night nurse") -theatre title:(a OR b) theme:privatisation "a b"~5 word~1 pre* date:2014..2015'
    tree = parse(text)
    assert tree is not None
    assert unparse(tree) == text


@pytest.mark.parametrize("name", ["weekly", "Nr-1", "a_b", "été"])
def test_names_that_a_saved_search_may_have(name: str) -> None:
    assert is_saved_name(name)
    assert parse(f"@{name}", Vocabulary(saved={name: "a"})) == W("a")


@pytest.mark.parametrize("name", ["", "-a", "_a", "a b", "a(b)", 'a"', "a,", "a.", "a*", "a" * 65, "a\n"])
def test_names_that_a_saved_search_may_not_have(name: str) -> None:
    assert not is_saved_name(name)


# -- any text, any tree -------------------------------------------------------------------------------------

_PIECES = [
    *"ab é日£-–*~:@\\()\"'“»,.…_\x00\x1b\ud800\u202e\u0301", " ", " ", " AND ", " OR ", " NOT ", "word", "~1", "~5",
    "title:", "theme:", "source:", "id:", "kind:", "page", "partial:yes", "foo:", "privatisation", "@wards", "@late",
    "date:", "since:", "until:", "2014", "2015-02", "..", "7d", "none", "http://x", "//",
]  # fmt: skip


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1 for c in text
    )


@given(
    st.one_of(st.lists(st.sampled_from(_PIECES), max_size=25).map("".join), st.text(max_size=60)),
    st.sampled_from([None, KNOWN]),
)
@example("title:(//ab*)", None)
@example("title:(--ab*)", None)
@example('"x"-ab*', None)
@example('source:"a*"*', None)
@example('coder:"…"', None)
@example('title:"//x"', None)
def test_any_text_is_a_query_or_a_clear_refusal(text: str, words: Vocabulary | None) -> None:
    try:
        tree = parse(text, words, today=TODAY)
    except UsageError as error:
        assert isinstance(error, QueryError)
        lines = str(error).split("\n")
        assert not any(unicodedata.category(c) in ("Cc", "Cs") for line in lines for c in line)
        assert len(lines) == 3
        assert lines[2].strip() == "^"
        assert 2 <= lines[2].index("^") <= 2 + 41
        assert lines[2].index("^") <= max(2, _width(lines[1]))
    else:
        if tree is not None:
            assert parse(unparse(tree), words, today=TODAY) == tree


def _sayable(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


_LETTERS = st.sampled_from("abczéß日ANDOR0123456789")
_PLAIN = st.text(_LETTERS, min_size=3, max_size=6)
_TEXT = st.one_of(
    _PLAIN,
    st.sampled_from(["AND", "OR", "NOT", "title:ward", "@wards", "-a", "a-b", "£5", "a*", "a~1", "\\a", "//a", "a,"]),
    st.lists(_PLAIN, min_size=2, max_size=3).map(" ".join),
    st.text("ab-'.,:;*~@\\()/£% ", max_size=8).map(_sayable).filter(lambda text: any(map(str.isalpha, text))),
)
_WORDS = st.one_of(
    st.builds(Words, _TEXT),
    st.builds(Near, st.lists(_PLAIN, min_size=2, max_size=3).map(" ".join), st.integers(1, 100)),
    st.builds(Prefix, _PLAIN),
    st.builds(Fuzzy, _PLAIN, st.integers(1, 2)),
)
_DAY = st.sampled_from(["2010", "2012-05", "2013-01-31"])
_FILTERS = st.one_of(
    st.builds(Key, st.sampled_from(["source", "coder"]), _TEXT, st.booleans()),
    st.builds(Key, st.just("theme"), st.sampled_from(["none", "any", "prime-contractor", "a"]), st.booleans()),
    st.builds(Key, st.just("id"), st.text("0123456789abcdef", min_size=1, max_size=16), st.booleans()),
    st.builds(Key, st.just("kind"), st.sampled_from(["article", "page"])),
    st.builds(Key, st.just("partial"), st.sampled_from(["yes", "no"])),
    st.builds(Dates, _DAY, st.none()),
    st.builds(Dates, st.none(), _DAY),
    st.tuples(_DAY, _DAY).map(lambda days: Dates(min(days), max(days))),
    st.just(Dates(None, None, True)),
)


def _trees(leaves: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    def larger(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(parts, min_size=2, max_size=4).map(tuple)
        return st.one_of(st.builds(All, several), st.builds(Any, several), st.builds(Not, parts))

    return st.recursive(leaves, larger, max_leaves=12)


@given(_trees(st.one_of(_WORDS, _FILTERS, st.builds(In, st.sampled_from(["title", "text"]), _trees(_WORDS)))))
def test_a_tree_survives_being_written_and_read(tree: Node) -> None:
    assume(clash(tree) is None)
    assert parse(unparse(tree)) == tree
    assert hash(parse(unparse(tree))) == hash(tree)


@pytest.mark.parametrize("text", ["--id:0a*", "--since:2014*", "--title:wards~1"])
def test_a_word_that_looks_like_a_filter_is_written_back_as_a_word(text: str) -> None:
    assert parse(unparse(parse(text))) == parse(text)
