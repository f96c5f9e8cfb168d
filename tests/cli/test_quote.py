"""`quote`: whether an article holds a quotation, from the archive to the screen."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from clipper.archive.store import Archive
from clipper.cli.quote_cmd import citation
from clipper.models import Article
from conftest import Ended, Project, on_terminal

Run = Callable[..., Ended]

TEXT = (
    "The private company that ran the surgery handed back its contract on Friday and walked away. Shareholders of the "
    "outsourcing firm blamed the price.\n\nThe private company “regrets” it — and lost £120m \x1b[31m this year."
)
ARTICLE = Article(
    id="ab12cd34ef56ab12",
    title="Firm hands back surgery",
    outlet="Fenwick Echo",
    authors=["Ann Writer", "Ben Other"],
    published="2014-11-07",
    fetched="2014-11-08T09:30:00Z",
    url="https://echo.example/news/1",
    text=TEXT,
    source="echo",
    extractor="clipper text 2",
)
CITED = (
    "Ann Writer and Ben Other, 'Firm hands back surgery', Fenwick Echo, 7 November 2014, https://echo.example/news/1, "
    "accessed 8 November 2014"
)


def put(project: Project, *articles: Article) -> None:
    archive = Archive(project.archive)
    with archive.writing() as writer:
        writer.articles([replace(a, sha256=hashlib.sha256(a.text.encode()).hexdigest()) for a in articles])
    archive.catalogue.close()


@pytest.fixture
def quote(inline: Run, project: Project) -> Run:
    put(project, ARTICLE)
    return lambda *arguments: inline("quote", "ab12", *arguments)


def test_a_quotation_that_stands_there_is_cited(quote: Run) -> None:
    ended = quote("handed back its contract")
    assert (ended.code, ended.out, ended.err) == (
        0,
        "The private company that ran the surgery handed back its contract on Friday and walked away.\n\n"
        "Firm hands back surgery\n"
        "Fenwick Echo · Ann Writer, Ben Other · 7 November 2014 · revision 1 · ab12cd34ef56ab12\n\n"
        f"{CITED}\n",
        "",
    )
    assert quote("handed", "back", "its", "contract").out == ended.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("shareholders of the", "its first letter has another capital there"),
        ("The private company", "it stands there 2 times; the first is shown (--all: every one)"),
        ("company 'regrets' it", ""),
        ("company regrets it", "the words are the same; the punctuation between them is not"),
        ("handed back [the] contract", "[the] is an editor's; the article has: its"),
        ("handed [it] back", "[it] is an editor's; it stands for no words there"),
        ("[Then it] handed back", "[Then it] is an editor's\n"),
        ("firm hands back", "it stands in the title"),
    ],
)
def test_what_is_odd_about_it_is_told(quote: Run, words: str, told: str) -> None:
    ended = quote(words)
    assert ended.code == 0
    assert CITED in ended.out
    assert told in ended.err
    assert bool(told) == bool(ended.err)


def test_every_place_is_shown_when_asked_for(quote: Run) -> None:
    ended = quote("The private company", "--all")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.count("The private company") == 2
    # Two places in one sentence show it once.
    assert quote("the", "--all").out.count("ran the surgery handed") == 1


def test_a_quotation_from_two_paragraphs_is_shown_in_two(quote: Run) -> None:
    ended = quote("blamed the price … The private company")
    assert ended.out.startswith(
        "Shareholders of the outsourcing firm blamed the price.\n\nThe private company “regrets” it"
    )
    assert quote("blamed the price. The private company").out.startswith(ended.out[:90])


@pytest.mark.parametrize(
    ("words", "told", "out"),
    [
        ("gave back its contract on Friday", "nearest: [-only in", "[-gave-]{+handed+} back its contract on Friday\n"),
        ("lemon cake", "it does not stand there word for word\n", ""),
        ("THE PRIVATE company", "in other capitals", "The private company that ran"),
        ("walked away … this year … handed back", "its parts do, but not in this order", ""),
    ],
)
def test_a_quotation_that_is_not_there_ends_with_1(quote: Run, words: str, told: str, out: str) -> None:
    ended = quote(words)
    assert ended.code == 1
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1
    assert ended.out.startswith(out) if out else not ended.out
    assert CITED not in ended.out


def test_the_beginning_of_an_article_may_lack_it(inline: Run, project: Project) -> None:
    put(project, replace(ARTICLE, partial=True))
    assert "no more than the beginning" in inline("quote", "ab", "lemon cake").err


def test_older_revisions_are_looked_at(inline: Run, project: Project) -> None:
    later = replace(ARTICLE, revision=2, fetched="2014-11-10T09:30:00Z", text=TEXT.replace("£120m", "£12m"))
    put(project, ARTICLE, later)
    gone = inline("quote", "ab", "and lost £120m")
    assert gone.code == 1
    assert "not in the newest revision (2)" in gone.err
    assert "it stood in revision 1 (fetched 8 November 2014)" in gone.err
    assert "lost £120m" in gone.out
    assert "revision 1 of 2, not the newest" in gone.out
    assert "accessed" not in gone.out
    cited = inline("quote", "ab", "and lost £120m", "--revision", "1")
    assert cited.code == 0
    assert "revision 1 (fetched 8 November 2014) has it; the newest (2) does not" in cited.err
    assert cited.out.endswith(CITED + "\n")
    both = inline("quote", "ab", "handed back", "--revision", "1")
    assert (both.code, both.err) == (0, "")
    newer = inline("quote", "ab", "and lost £12m", "--revision", "1")
    assert newer.code == 1
    assert "not in revision (1) word for word; it stands in revision 2" in newer.err
    none = inline("quote", "ab", "handed back", "--revision", "3")
    assert (none.code, none.out, none.err) == (1, "", "clipper: ab: no revision 3; there are 1, 2\n")


def test_json_is_one_object(inline: Run, project: Project, quote: Run) -> None:
    (found,) = quote("the price … private company", "--json").json
    assert (found["found"], found["in"], found["times"], found["revision"]) == (True, "text", 1, 1)
    (place,) = found["places"]
    assert [TEXT[start:end] for start, end in place["parts"]] == ["the price", "private company"]
    assert TEXT[place["start"] : place["end"]] == place["words"]
    assert found["citation"] == CITED
    missing = quote("gave back its contract", "--json")
    assert missing.code == 1
    (record,) = missing.json
    assert (record["found"], record["in"], record["places"]) == (False, None, [])
    assert record["nearest"]["pieces"] == [["-", "gave"], ["+", "handed"], [" ", "back its contract"]]
    assert list(record) == list(found)
    put(project, replace(ARTICLE, revision=2, text="All gone now."))
    (record,) = quote("lost £120m", "--json").json
    assert [(one["revision"], one["words"]) for one in record["elsewhere"]] == [(1, "lost £120m")]


@pytest.mark.parametrize("words", [(), ("-",)])
def test_the_quotation_may_come_from_standard_input(clipper: Run, project: Project, words: tuple[str, ...]) -> None:
    put(project, ARTICLE)
    ended = clipper("quote", "ab", *words, stdin="“handed back\r\n  its contract”\n".encode())
    assert (ended.code, ended.err) == (0, "")
    assert clipper("quote", "ab", *words, stdin=b"\xff\xfe handed").code == 1
    long = clipper("quote", "ab", *words, stdin=b"x" * (1 << 21))
    assert (long.code, long.out) == (2, "")
    assert "more than 1 MB" in long.err


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("…",), 2, "there is nothing to check"),
        (("",), 2, "there is nothing to check"),
        (("word " * 5001,), 2, "at most 5,000"),
        (("\x1b[31m \udcff",), 1, "word for word"),
    ],
)
def test_what_cannot_be_checked_gets_one_line(quote: Run, words: tuple[str, ...], code: int, told: str) -> None:
    ended = quote(*words)
    assert ended.code == code
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1
    assert "\x1b" not in ended.err + ended.out


def test_no_control_character_reaches_the_screen(quote: Run) -> None:
    for words in ("lost £120m", "lost £120m and", "regrets it and lost £130m"):
        ended = quote(words)
        assert "\x1b" not in ended.out + ended.err
    assert "\x1b" in TEXT


def test_an_unknown_article_is_none(quote: Run, inline: Run) -> None:
    assert inline("quote", "ffff", "words").code == 1
    assert inline("quote", "", "words").code == 1


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({}, CITED),
        ({"authors": ["A B"]}, CITED.replace("Ann Writer and Ben Other", "A B")),
        ({"authors": ["A", "B", "C"]}, CITED.replace("Ann Writer and Ben Other", "A, B and C")),
        ({"authors": ["A", "B", "C", "D"]}, CITED.replace("Ann Writer and Ben Other", "A and others")),
        (
            {"authors": [], "url": None, "published": None},
            "Fenwick Echo, 'Firm hands back surgery', no date",
        ),
        ({"title": "Ward 'to shut'"}, CITED.replace("'Firm hands back surgery'", "\"Ward 'to shut'\"")),
        ({"authors": [], "outlet": None, "url": None, "title": None}, "[no title], 7 November 2014"),
        (
            {"kind": "clipping", "title": "Two\nlines"},
            "Ann Writer and Ben Other, 'Two lines', Fenwick Echo, 7 November 2014, https://echo.example/news/1",
        ),
    ],
)
def test_a_citation_is_one_line(changed: dict[str, object], line: str) -> None:
    assert citation(replace(ARTICLE, **changed)) == line  # type: ignore[arg-type]  # named by the test


def test_on_a_terminal_the_quotation_is_highlighted_and_lines_are_wrapped(project: Project) -> None:
    put(project, ARTICLE)
    words = "ran the surgery handed back its contract … Shareholders"
    code, said = on_terminal([sys.executable, "-m", "clipper", "quote", "ab", words], cwd=project.folder, columns=50)
    assert code == 0
    lines = said.split("\n")
    on, off = "\x1b[33m\x1b[1m", "\x1b[0m"
    assert lines[:4] == [
        f"The private company that {on}ran the surgery handed{off}",
        f"{on}back its contract{off} on Friday and walked away.",
        f"{on}Shareholders{off} of the outsourcing firm blamed the",
        "price.",
    ]
