"""`clipper evaluate`: the whole program, with a codebook of two themes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clipper.archive.store import Archive
from clipper.models import Article, Label, Sample
from conftest import Ended, Project

Run = Callable[..., Ended]

BREAD = ["loaf", "oven", "flour", "yeast", "bakery", "crust"]
TRAINS = ["train", "station", "signal", "platform", "railway", "guard"]


def book() -> str:
    """Return a codebook whose worked examples are all that a model has to learn from, but for what carries nothing."""
    lines = ['[codebook]\nname = "Town"\nversion = 1\n']
    for key, words in (("bread", BREAD), ("trains", TRAINS)):
        lines.append(f'[[theme]]\nkey = "{key}"\nname = "{key}"\ndefinition = "All about {key}."\n')
        for number, word in enumerate(words):
            other = words[number - 1]
            lines.append(
                f'[[theme.example]]\ntitle = "A {word}"\ntext = "The {word} and the {other} of street {number}."\n'
            )
    return "\n".join(lines)


def article(name: str, text: str, **more: Any) -> Article:
    return Article(id=name, title=f"Story {name}", text=text, fetched="2024-05-01T10:00:00Z", **more)


STORIES = {
    "aaaaaaaaaaaaaaaa": "The bakery has a new oven and sells a loaf with a crust.",
    "bbbbbbbbbbbbbbbb": "Yeast and flour are dear, says the bakery, and so is the loaf.",
    "cccccccccccccccc": "The railway closes a station; the guard left the platform.",
    "dddddddddddddddd": "A signal failed and no train came to the station.",
    "eeeeeeeeeeeeeeee": "The lake froze over and children went skating.",
}


def label(archive: Archive, coder: str, name: str, round_name: str | None = None, **said: bool) -> None:
    archive.add_labels(
        [
            Label(article=name, revision=1, theme=t, value=v, coder=coder, round=round_name, at="2024-05-02T10:00:00Z")
            for t, v in said.items()
        ]
    )


@pytest.fixture
def whole_town(project: Project) -> Project:
    (project.folder / "data" / "codebook.toml").write_text(book(), encoding="utf-8")
    return project


@pytest.fixture
def town(whole_town: Project, few_passages: str) -> Project:
    """A project that is judged by few of the passages that ship: one of the tests below takes all of them."""
    return whole_town


@pytest.fixture
def filled(town: Project) -> Iterator[Archive]:
    archive = Archive(town.archive)
    with archive.writing() as writer:
        writer.articles([article(name, text) for name, text in STORIES.items()])
    yield archive
    archive.catalogue.close()


@pytest.fixture
def labelled(filled: Archive) -> Archive:
    for name, text in STORIES.items():
        label(filled, "ann", name, bread="loaf" in text, trains="station" in text)
    return filled


@pytest.fixture
def pilot(filled: Archive) -> Archive:
    for name, text in STORIES.items():
        label(filled, "ann", name, "pilot", bread="loaf" in text, trains="station" in text)
        label(filled, "ben", name, "pilot", bread="oven" in text, trains="station" in text)
    return filled


def test_the_starter_set_alone_needs_no_archive(whole_town: Project, inline: Run) -> None:
    for path in sorted(whole_town.archive.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    whole_town.archive.rmdir()
    ended = inline("evaluate", "--starter")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].startswith("Starter set: ")
    assert any(line.split() == ["theme", "n", "precision", "recall", "F1", "[low–high]", "AP"] for line in lines)
    assert [line.split()[:2] for line in lines if line.startswith(("bread", "trains"))] == [
        ["bread", "6"],
        ["trains", "6"],
    ]
    assert "do not describe the archive" in ended.out
    assert not whole_town.archive.exists()
    both = inline("evaluate")
    assert both.code == 0
    assert both.out == ended.out
    assert "no labels yet" in both.err


def test_no_line_is_wider_than_eighty_columns(labelled: Archive, pilot: Archive, inline: Run) -> None:
    for arguments in (["--starter"], ["--labels"], ["--round", "pilot"]):
        table = [line for line in inline("evaluate", *arguments).out.splitlines() if "  " in line.strip()]
        assert table
        assert max(map(len, table)) <= 80


def test_labels_are_judged_apart_and_said_to_be_chosen(labelled: Archive, inline: Run) -> None:
    ended = inline("evaluate", "--labels")
    assert ended.code == 0
    assert ended.out.splitlines()[0] == "Your labels: 10 labels on 5 articles"
    assert "5 of 5 articles were chosen, not drawn at random: the figures do not describe the archive." in ended.out
    assert "Starter set" not in ended.out
    assert "no article was coded by two coders" in ended.out
    every = inline("evaluate")
    assert every.out.startswith("Starter set")
    assert ended.out in every.out


def test_labels_of_a_random_round_are_not_said_to_be_chosen(pilot: Archive, inline: Run) -> None:
    pilot.add_sample(Sample(name="s", articles=list(STORIES), population=5, seed=1, round="pilot"))
    ended = inline("evaluate", "--labels")
    assert ended.code == 0
    assert "chosen" not in ended.out
    assert "Left out: 1 disputed label, until somebody adjudicates." in ended.out
    assert "Agreement: 5 articles coded by two coders or more" in ended.out
    assert "Coders: ann, ben" in ended.out


def test_json_has_a_part_in_every_line(labelled: Archive, pilot: Archive, inline: Run) -> None:
    records = inline("evaluate", "--json").json
    assert {r["part"] for r in records} >= {"starter", "labels", "calibration", "agreement"}
    bread = next(r for r in records if r["part"] == "labels" and r["theme"] == "bread")
    assert (bread["judged"], bread["support"], bread["random"], bread["articles"]) == (4, 1, False, 5)
    assert 0 <= bread["f1"] <= 1
    means = [r["mean"] for r in records if r["part"] == "starter" and r["theme"] is None]
    assert means == ["macro", "micro"]
    whole = next(r for r in records if r["part"] == "calibration" and r["of"] == "starter" and r["theme"] is None)
    assert sum(b["n"] for b in whole["bins"]) == whole["n"]
    agreed = {r["theme"]: r for r in records if r["part"] == "agreement"}
    assert agreed["trains"]["alpha"] == 1.0
    assert agreed["bread"]["positives"] == {"ann": 2, "ben": 1}


def test_the_second_call_takes_what_the_first_found(
    town: Project, inline: Run, monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLIPPER_CACHE", str(tmp_path / "cache"))
    first = inline("evaluate", "--starter")
    (kept,) = (tmp_path / "cache" / "evaluations").iterdir()
    before = kept.stat().st_mtime_ns
    assert inline("evaluate", "--starter").out == first.out
    assert kept.stat().st_mtime_ns == before
    (town.folder / "data" / "codebook.toml").write_text(book().replace("street", "avenue"), encoding="utf-8")
    inline("evaluate", "--starter")
    assert len(list((tmp_path / "cache" / "evaluations").iterdir())) == 2


def test_labels_alone_without_labels_find_nothing(filled: Archive, inline: Run) -> None:
    ended = inline("evaluate", "--labels")
    assert (ended.code, ended.out) == (1, "")
    assert "no labels yet" in ended.err
    label(filled, "ann", "aaaaaaaaaaaaaaaa", bread=True)
    ended = inline("evaluate", "--labels")
    assert (ended.code, ended.out) == (1, "")
    assert "fewer than two stories" in ended.err


def test_a_round_shows_what_is_to_settle_and_how(pilot: Archive, inline: Run) -> None:
    ended = inline("evaluate", "--round", "pilot")
    assert (ended.code, ended.err) == (0, "")
    assert "Round pilot: 5 articles, 5 of them coded by two coders or more" in ended.out
    row = next(line for line in ended.out.splitlines() if line.startswith("bread"))
    assert row.split()[1:5] == ["5", "2/1", "5/5", "80%"]
    assert "bbbbbbb  Story bbbbbbbbbbbbbbbb\n  bread: ann yes, ben no\n" in ended.out
    assert "No figure that describes the archive can be had from this round" in ended.out
    command = next(line for line in ended.out.splitlines() if line.startswith("  clipper label"))
    assert inline(*command.split()[1:]).code == 0
    after = inline("evaluate", "--round", "pilot")
    assert "Nothing to adjudicate; 1 settled already." in after.out
    assert next(line for line in after.out.splitlines() if line.startswith("bread")) == row


def test_the_counts_of_many_coders_stand_below(pilot: Archive, inline: Run) -> None:
    for coder in ("cy", "dee", "eve"):
        for name in STORIES:
            label(pilot, coder, name, "pilot", bread=True)
    out = inline("evaluate", "--round", "pilot").out.splitlines()
    first, second = (line.split() for line in out if line.startswith("bread"))
    assert first[1] == "5"
    assert second == ["bread", "2/1/5/5/5", "5/5/5/5/5"]
    assert "  bread: ann no, ben no, cy yes, dee yes, eve yes" in out


def test_a_random_round_estimates_the_archive(pilot: Archive, inline: Run) -> None:
    pilot.add_sample(Sample(name="s", articles=list(STORIES)[:4], population=5, seed=1, round="pilot"))
    ended = inline("evaluate", "--round", "pilot")
    assert "5 articles of the archive, estimated from 4 random, blind codes" in ended.out
    assert "1 disputed code left out" in ended.out
    records = inline("evaluate", "--round", "pilot", "--json").json
    assert [r["part"] for r in records] == ["round", "round", "disagreement"]
    bread, trains, open_one = records
    assert (bread["yes"], bread["coded"], bread["population"], bread["random"]) == (1, 3, 5, True)
    assert trains["prevalence"] == 0.5
    assert trains["prevalence_low"] <= 0.5 <= trains["prevalence_high"]
    assert open_one["article"] == "bbbbbbbbbbbbbbbb"
    assert open_one["values"] == {"ann": True, "ben": False}
    assert open_one["settle"] == "clipper label bbbbbbb +bread --coder adjudicated"


def test_an_unknown_round_is_not_found_and_the_known_are_named(pilot: Archive, inline: Run) -> None:
    ended = inline("evaluate", "--round", "main")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "clipper: there is no round 'main'; rounds: pilot\n"


@pytest.mark.parametrize("other", [["--starter"], ["--labels"], ["--plot", "x.svg"]])
def test_a_round_stands_alone(town: Project, inline: Run, other: list[str]) -> None:
    ended = inline("evaluate", "--round", "pilot", *other)
    assert (ended.code, ended.out) == (2, "")


def test_nothing_in_titles_and_names_moves_the_cursor(filled: Archive, inline: Run) -> None:
    with filled.writing() as writer:
        writer.articles([article("ffffffffffffffff", "x")])
        writer.articles(
            [
                Article(
                    id="ffffffffffffffff",
                    revision=2,
                    fetched="2026-11-03T12:00:00Z",
                    title="Red \x1b[31m \x9b2J",
                    text="y",
                )
            ]
        )
    label(filled, "ann\x1b[2J", "ffffffffffffffff", "pilot", bread=True)
    label(filled, "ben", "ffffffffffffffff", "pilot", bread=False)
    ended = inline("evaluate", "--round", "pilot")
    assert ended.code == 0
    assert "Red" in ended.out
    assert "\x1b" not in ended.out
    assert "\x9b" not in ended.out


@pytest.mark.parametrize(("name", "start"), [("a.svg", b"<?xml"), ("a.PNG", b"\x89PNG"), ("a.pdf", b"%PDF")])
def test_a_picture_takes_the_place_of_what_was_there(town: Project, inline: Run, name: str, start: bytes) -> None:
    target = town.folder / name
    target.write_text("before")
    target.chmod(0o640)
    ended = inline("evaluate", "--starter", "--plot", name)
    assert ended.code == 0
    assert target.read_bytes().startswith(start)
    assert target.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in town.folder.iterdir() if p.name.startswith(".a")] == []
    assert name in ended.err


def test_where_no_picture_can_be_nothing_is_judged(town: Project, inline: Run) -> None:
    for name, code, said in (
        ("a.gif", 2, ".svg, .png or .pdf"),
        ("nowhere/a.svg", 6, "nowhere: no such folder"),
        ("folder.svg", 6, "is a folder"),
    ):
        (town.folder / "folder.svg").mkdir(exist_ok=True)
        ended = inline("evaluate", "--plot", name)
        assert (ended.code, ended.out) == (code, "")
        assert said in ended.err
        assert ended.err.count("\n") == 1


def test_without_matplotlib_one_line_says_what_to_install(town: Project, clipper: Run, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "matplotlib.py").write_text("raise ImportError('none here')", encoding="utf-8")
    path = os.pathsep.join([str(tmp_path / "none"), os.environ.get("PYTHONPATH", "")])
    ended = clipper("evaluate", "--starter", "--plot", "a.svg", PYTHONPATH=path)
    assert (ended.code, ended.out) == (6, "")
    assert "pip install -c constraints.txt '.[plot]'" in ended.err
    assert ended.err.count("\n") == 1
