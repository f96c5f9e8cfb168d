"""`clipper sample`, as a program."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conftest import Ended, Project

Run = Callable[..., Ended]


@pytest.fixture
def filled(inline: Run, project: Project) -> Run:
    for number in range(12):
        text = f"Note {number}\n\nSource: Wold Post\n\nDate: 2015\n\nEnough words for an article, number {number}."
        (project.folder / f"{number}.txt").write_text(text, encoding="utf-8")
    assert inline("add", *[f"{number}.txt" for number in range(12)]).code == 0
    return inline


def test_a_draw_prints_ids_and_is_recorded(filled: Run, project: Project) -> None:
    ended = filled("sample", "-n", "5", "--seed", "7")
    assert ended.code == 0
    ids = ended.out.splitlines()
    assert len(set(ids)) == 5
    assert set(ids) <= {article["id"] for article in project.articles()}
    (sample,) = project.lines("samples.jsonl")
    assert (sample["name"], sample["articles"], sample["population"], sample["seed"]) == ("sample-7-5", ids, 12, 7)
    assert "5 articles of 12 drawn by seed 7, recorded as sample-7-5" in ended.err
    again = filled("sample", "-n", "5", "--seed", "7")
    assert again.out == ended.out
    assert "as before" in again.err
    assert len(project.lines("samples.jsonl")) == 1


def test_as_json_each_line_names_the_article(filled: Run, project: Project) -> None:
    articles = {article["id"]: article for article in project.articles()}
    records = filled("sample", "-n", "3", "--seed", "1", "--json").json
    assert len(records) == 3
    for record in records:
        assert list(record) == ["id", "title", "outlet", "published"]
        assert record.items() <= articles[record["id"]].items()


def test_more_than_there_are_takes_all_and_says_so(filled: Run) -> None:
    ended = filled("sample", "--seed", "7")
    assert ended.code == 0
    assert len(ended.out.splitlines()) == 12
    assert "150 were asked for; there are 12" in ended.err


def test_without_a_seed_one_is_made_up_and_told_so_that_the_draw_can_be_repeated(filled: Run) -> None:
    ended = filled("sample", "-n", "6")
    seed = ended.err.split("drawn by seed ")[1].split(",")[0]
    assert filled("sample", "-n", "6", "--seed", seed).out == ended.out


def test_a_round_is_not_drawn_twice_with_another_draw(filled: Run, project: Project) -> None:
    first = filled("sample", "-n", "4", "--seed", "7", "--round", "pilot")
    assert first.code == 0
    assert filled("sample", "-n", "4", "--seed", "7", "--round", "pilot").out == first.out
    refused = filled("sample", "-n", "4", "--seed", "8", "--round", "pilot")
    assert (refused.code, refused.out) == (2, "")
    assert "another name" in refused.err
    assert len(project.lines("samples.jsonl")) == 1


def test_an_empty_archive_has_nothing_to_draw(inline: Run, project: Project) -> None:
    ended = inline("sample", "--seed", "7")
    assert (ended.code, ended.out) == (1, "")
    assert len(ended.err.splitlines()) == 1
    assert not (project.archive / "samples.jsonl").exists()


@pytest.mark.parametrize(
    "arguments", [("-n", "0"), ("-n", "x"), ("--seed", "-1"), ("--seed", str(2**53)), ("--round", " "), ("(word",)]
)
def test_a_draw_that_cannot_be_made_is_wrong_usage(filled: Run, project: Project, arguments: tuple[str, ...]) -> None:
    ended = filled("sample", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert not (project.archive / "samples.jsonl").exists()


def test_the_installed_command_draws_the_same(filled: Run, clipper: Run) -> None:
    here = filled("sample", "-n", "5", "--seed", "7")
    there = clipper("sample", "-n", "5", "--seed", "7")
    assert (there.code, there.out) == (0, here.out)
