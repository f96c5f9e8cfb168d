"""The query language where something is done with what matches: `clipper tag`, `review` and `sample`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clipper.archive import locks
from clipper.archive.store import Archive
from clipper.cli import narrowing
from clipper.config import load
from clipper.errors import Locked
from clipper.search import indexing
from conftest import Ended, Project

Run = Callable[..., Ended]
TEXTS = {
    "Ward to close": ("Fenwick Echo", "2014-11-07", "The hospital ward will close at Easter, said the trust."),
    "Firm wins contract": ("Wold Post", "2015-03", "The private firm was given the contract for the hospital ward."),
    "Lemon cake wins": ("Wold Post", "2016", "The judges of the show gave the cake a ribbon."),
    "Bridge opens": ("Fenwick Echo", "2017", "The new bridge over the river was opened by the mayor."),
}


@pytest.fixture
def filled(inline: Run, project: Project) -> Run:
    for number, (title, (outlet, date, text)) in enumerate(TEXTS.items()):
        said = f"{title}\n\nSource: {outlet}\n\nDate: {date}\n\n{text}"
        (project.folder / f"{number}.txt").write_text(said, encoding="utf-8")
    assert inline("add", *[f"{number}.txt" for number in range(len(TEXTS))]).code == 0
    return inline


def _titles(project: Project, ids: list[str]) -> set[str]:
    by_id = {article["id"]: article["title"] for article in project.articles()}
    return {by_id[ident] for ident in ids}


# What is asked, and the articles that match: words, fields, filters as options, -word after the command's own options.
ASKED = [
    (("ward",), {"Ward to close", "Firm wins contract"}),
    (("ward", "-contract"), {"Ward to close"}),
    (("hospital OR bridge", "--outlet", "echo"), {"Ward to close", "Bridge opens"}),
    (("--since", "2015", "--until", "2016"), {"Firm wins contract", "Lemon cake wins"}),
    (("title:wins", "date:2016"), {"Lemon cake wins"}),
]


@pytest.mark.parametrize(("query", "titles"), ASKED)
def test_a_sample_is_drawn_from_what_matches(
    filled: Run, project: Project, query: tuple[str, ...], titles: set[str]
) -> None:
    ended = filled("sample", *query, "-n", "9", "--seed", "7")
    assert ended.code == 0
    assert _titles(project, ended.out.splitlines()) == titles
    (sample,) = project.lines("samples.jsonl")
    assert (sample["population"], set(sample["articles"])) == (len(titles), set(ended.out.splitlines()))
    assert sample["query"]
    # What is on record finds the same again.
    assert _titles(project, filled("search", sample["query"], "--ids").out.splitlines()) == titles


@pytest.mark.parametrize(("query", "titles"), ASKED)
def test_a_review_asks_about_what_matches(
    filled: Run, project: Project, query: tuple[str, ...], titles: set[str]
) -> None:
    ended = filled("review", *query, "--next", "9", "--json")
    assert ended.code == 0
    assert {record["title"] for record in ended.json} == titles


@pytest.mark.parametrize(("query", "titles"), ASKED)
def test_what_matches_is_tagged_and_the_rest_later(
    filled: Run, project: Project, query: tuple[str, ...], titles: set[str]
) -> None:
    ended = filled("tag", *query, "--json")
    assert (ended.code, ended.json[0]["articles"]) == (0, len(titles))
    assert _titles(project, [tags["article"] for tags in project.lines("tags.jsonl")]) == titles
    assert filled("tag", *query).err.endswith("nothing new to tag\n")
    assert filled("tag", "--all", *query, "--json").json[0]["written"] == len(titles)
    assert filled("tag", "--json").json[0]["articles"] == len(TEXTS) - len(titles)


COMMANDS = [("tag",), ("review", "--next", "3"), ("sample", "-n", "2", "--seed", "7")]


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_done_where_nothing_matches(filled: Run, project: Project, command: tuple[str, ...]) -> None:
    before = project.everything()
    ended = filled(*command, "zeppelin", "--outlet", "echo")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "clipper: no article matches zeppelin outlet:echo\n"
    assert project.everything() == before


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("query", [("(ward",), ("colour:red",), ("theme:nosuch",), ("--since", "never"), ("@x",)])
def test_a_mistake_in_a_query_is_wrong_usage(
    filled: Run, project: Project, command: tuple[str, ...], query: tuple[str, ...]
) -> None:
    before = project.everything()
    ended = filled(*command, *query)
    assert (ended.code, ended.out) == (2, "")
    assert project.everything() == before


def test_a_theme_that_was_given_chooses_what_is_drawn_from(filled: Run, project: Project) -> None:
    (ident,) = filled("search", "bridge", "--ids").out.split()
    assert filled("label", ident, "funding", "--coder", "ann").code == 0
    assert filled("sample", "--theme", "funding", "--seed", "7").out == f"{ident}\n"
    assert filled("sample", "--coder", "ann", "--seed", "7").out == f"{ident}\n"


def test_a_saved_search_is_written_out_on_record(filled: Run, project: Project) -> None:
    assert filled("search", "ward", "--outlet", "wold", "--save", "mine").code == 0
    assert filled("sample", "@mine", "--seed", "7").code == 0
    assert filled("search", "cake", "--save", "mine").code == 0
    (sample,) = project.lines("samples.jsonl")
    assert sample["query"] == "ward outlet:wold"


def test_draws_from_different_parts_are_different_samples(filled: Run, project: Project) -> None:
    first = filled("sample", "title:cake", "--seed", "7", "--round", "pilot")
    assert "1 article of 1 that match title:cake drawn by seed 7 for round pilot" in first.err
    assert "as before" in filled("sample", "title:cake", "--seed", "7", "--round", "pilot").err
    refused = filled("sample", "ribbon", "--seed", "7", "--round", "pilot")
    assert (refused.code, refused.out) == (2, "")
    assert "1 of 1 articles that match title:cake, seed 7" in refused.err
    assert filled("sample", "ribbon", "--seed", "7", "--round", "other").code == 0
    assert [sample["query"] for sample in project.lines("samples.jsonl")] == ["title:cake", "ribbon"]


def test_a_page_of_clippings_is_left_out_though_it_matches(filled: Run, project: Project) -> None:
    said = "A zeppelin came over the town, and everybody who had a window stood at it until it was out of sight."
    items = "".join(
        f"<h3>{title} (Wold Post: {day} May 2013)</h3><p>{said}</p><p>{title}. {said}</p>"
        for day, title in enumerate(["Airship seen", "Crowds at the mast", "Mooring rope breaks"], 1)
    )
    page = f"<html><head><title>Press</title></head><body><div><h1>Press</h1>{items}</div></body></html>"
    (project.folder / "press.html").write_text(page, encoding="utf-8")
    assert filled("add", "press.html").code == 0
    kinds = [article["kind"] for article in project.articles()]
    assert (kinds.count("page"), kinds.count("clipping")) == (1, 3)
    assert len(filled("sample", "zeppelin", "--seed", "7").out.splitlines()) == 3
    ended = filled("sample", "kind:page", "--seed", "7")
    assert (ended.code, ended.out) == (1, "")
    ended = filled("review", "kind:page", "--next", "5")
    assert (ended.code, ended.err) == (
        1,
        "clipper: only pages of clippings match; their clippings are what to review\n",
    )


def test_what_a_command_has_by_the_same_name_keeps_its_meaning(filled: Run) -> None:
    ended = filled("review", "ward", "--theme", "funding", "--next", "9", "--json")
    assert len(ended.json) == 2  # a filter by theme would find none: nothing is tagged
    assert "--coder NAME" in filled("review", "--help").out
    assert "Only what this coder" not in filled("review", "--help").out
    assert "Only what this coder" in filled("sample", "--help").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("review", "ward", "--blind", "--round", "pilot", "--coder", "ann", "--next", "3"),
        ("tag", "--explain", "abc", "ward"),
        ("tag", "--explain", "abc", "--outlet", "echo"),
    ],
)
def test_where_a_query_has_no_sense_it_is_refused(filled: Run, arguments: tuple[str, ...]) -> None:
    ended = filled(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "leave out the query" in ended.err


def test_a_sample_is_not_drawn_from_what_happens_to_be_indexed(
    filled: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert filled("search", "ward", "--count").out == "2\n"
    (project.folder / "more.txt").write_text("Ward again\n\nSource: A\n\nDate: 2018\n\nWard news.", encoding="utf-8")
    config = load(project.folder / "config.toml")
    monkeypatch.setattr(indexing, "_GLANCE", 0.0)
    with locks.indexing(project.archive / "cache", 0):
        assert filled("add", "more.txt").code == 0
        archive = Archive(project.archive)
        found = narrowing.matching(config, archive, ("ward",), {})
        assert found is not None
        assert len(found.numbers) == 2
        with pytest.raises(Locked):
            narrowing.matching(config, archive, ("ward",), {}, complete=True)
    assert len(filled("sample", "ward", "--seed", "7").out.splitlines()) == 3
