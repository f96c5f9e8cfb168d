"""An archive of every schema is kept as the clipper of its time wrote it; today's clipper goes on with each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clipper.models import SCHEMA
from conftest import Ended, Project

Run = Callable[..., Ended]

ARCHIVES = Path(__file__).resolve().parents[1] / "archives"
KEPT = sorted(path for path in ARCHIVES.iterdir() if path.is_dir() and path.name.startswith("schema-"))
LIVING = {"16544753810470bd", "4a86adf4426c2eed", "6b844ff5a4dadb23", "9acb083f4484e6e2", "4defe636e569bca3",
          "f8a3cca5b0fd0095"}  # fmt: skip
REPORT = "f959c5681df74a1f"  # taken out where tombstones are known
FILES = ("articles/2026-10.jsonl", "labels.jsonl", "tags.jsonl", "runs.jsonl", "samples.jsonl")
NOTE = "Nurses leave Alder\n\nSource: Wharfe Evening News\n\nDate: 3 November 2026\n\nForty nurses have left since May."


def put(project: Project, kept: Path) -> dict[str, bytes]:
    """Put a kept archive into a project; return its files."""
    shutil.copytree(kept, project.archive, dirs_exist_ok=True)
    project.keep_themes("access")
    project.configure('[[source]]\nname = "courier"\nurl = "http://127.0.0.1:1/feed.xml"\n')
    (project.folder / "new.txt").write_text(NOTE)
    return project.everything()


def test_there_is_one_of_every_schema() -> None:
    assert [path.name for path in KEPT] == [f"schema-{number}" for number in range(1, SCHEMA + 1)]
    for number, kept in enumerate(KEPT, 1):
        lines = [line for path in kept.rglob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
        assert {json.loads(line)["schema"] for line in lines} == {number}


@pytest.mark.parametrize("kept", KEPT, ids=lambda path: path.name)
@pytest.mark.usefixtures("few_passages")
def test_what_an_earlier_clipper_wrote_is_used_and_left_as_it_is(inline: Run, project: Project, kept: Path) -> None:
    before = put(project, kept)
    ids = LIVING if kept.name != "schema-1" else LIVING | {REPORT}
    assert set(inline("search", "--ids", "--copies").out.split()) == ids
    assert inline("search", "@closures", "--count").out == "1\n"
    assert inline("search", "--coder", "bea", "--ids").out == "16544753810470bd\n"
    shown = inline("show", "1654").out
    assert "revision 2" in shown
    assert "ballot paper" in shown
    assert inline("show", "1654", "--revision", "1").code == 0
    assert inline("show", REPORT).code == (0 if REPORT in ids else 1)
    assert inline("quote", "1654", "pay and pensions would be kept").code == 0
    themes = {record["theme"]: record for record in inline("themes", "--json").json}
    assert themes["access"]["yes"] == 1
    assert inline("check").code == 0
    assert project.everything().keys() - before.keys() <= {".write.lock"}
    assert all(project.everything()[name] == held for name, held in before.items())

    assert inline("add", "new.txt").code == 0
    assert inline("tag", "--all").code == 0
    assert inline("label", "9acb", "-access", "--coder", "bea").code == 0
    assert inline("sample", "-n", "2", "--seed", "1").code == 0
    assert inline("search", "nurses", "--save", "nurses").code == 0
    assert inline("check").code == 0
    for name, held in project.everything().items():
        assert held.startswith(before.get(name, b""))
        if name.endswith(".jsonl"):
            new = [json.loads(line) for line in held[len(before.get(name, b"")) :].splitlines()]
            assert all(line["schema"] == SCHEMA for line in new)


COMMANDS = (
    ("fetch",), ("add", "new.txt"), ("extract", "--again"), ("tag",), ("label", "9acb", "+access", "--coder", "ann"),
    ("label", "--export"), ("sample", "-n", "2"), ("review", "--next", "2", "--coder", "ann"), ("themes",),
    ("evaluate",), ("search", "clinic"), ("show", "9acb"), ("quote", "9acb", "a list of eleven hundred people"),
    ("forget", "9acb", "--yes"),
)  # fmt: skip


def from_the_future(path: Path) -> None:
    """Add a line as a newer clipper may write it."""
    line = json.loads(path.read_text("utf-8").splitlines()[-1])
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**line, "schema": SCHEMA + 1, "sheet": "of later days"}) + "\n")


def held_by(project: Project) -> dict[str, bytes]:
    return {name: held for name, held in project.everything().items() if not name.startswith(".")}


def refused(ended: Ended, path: Path) -> bool:
    """Whether a command ended with the one line that names the file."""
    told = [one for one in ended.err.splitlines() if "newer clipper" in one]
    named = len(told) == 1 and str(path) in told[0] and "update clipper" in told[0]
    return (ended.code, ended.out, named) == (6, "", True)


@pytest.mark.parametrize("name", FILES)
def test_what_a_newer_clipper_wrote_is_refused_by_every_command(inline: Run, project: Project, name: str) -> None:
    put(project, KEPT[-1])
    from_the_future(project.archive / name)
    before = held_by(project)
    for command in COMMANDS:
        ended = inline(*command)
        assert refused(ended, project.archive / name), (command, ended)
    assert held_by(project) == before


def test_searches_that_a_newer_clipper_saved_are_refused_by_those_that_ask_for_them(
    inline: Run, project: Project
) -> None:
    put(project, KEPT[-1])
    from_the_future(project.archive / "searches.jsonl")
    before = held_by(project)
    for command in (("--saved",), ("@closures",), ("clinic", "--save", "mine"), ("--unsave", "closures")):
        ended = inline("search", *command)
        assert refused(ended, project.archive / "searches.jsonl"), (command, ended)
    assert held_by(project) == before
