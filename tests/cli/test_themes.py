"""`clipper themes`: the codebook with counts, and one theme whole."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path

import pytest

from clipper.archive.store import Archive
from clipper.coding import codebook, examples
from clipper.models import Article, Tagging
from clipper.places import shipped
from conftest import Ended, Project

Run = Callable[..., Ended]

BOOK = """[codebook]
name = "Bins"
version = 2
[[theme]]
key = "bins"
name = "Rubbish bins"
definition = "Bins that are full."
include = ["A tub."]
exclude = ["A cat."]
phrases = ["wheelie bin*", "dustcart"]
merges = ["dustbins"]
[[theme.example]]
title = "Lid lost"
text = \"\"\"
The lid blew off.

Nobody has seen it.\"\"\"
also = ["lids"]
why = "A bin without its lid."
[[theme.example]]
text = "A cat sat on the wall."
carries = false
[[theme]]
key = "lids"
"""


def _tagged(project: Project, article: str, *themes: str, revision: int = 1, kind: str = "article") -> None:
    """Put an article into the archive, and tags for one of its revisions."""
    archive = Archive(project.archive)
    with archive.writing() as writer:
        writer.articles([Article(id=article, kind=kind, text=article, fetched="2026-11-07T08:00:00Z")])  # type: ignore[arg-type]  # a value out of a table
        writer.taggings(
            [
                Tagging(
                    article=article, revision=revision, tags=[{"theme": key, "probability": 0.9} for key in themes],
                    scores={}, model="lr-0", codebook="Bins 1", tagged="2026-11-07T09:00:00Z",
                )
            ]
        )  # fmt: skip
    archive.catalogue.close()


@pytest.fixture
def bins(project: Project) -> Project:
    """A project with a codebook of two themes of its own."""
    (project.folder / "data" / "codebook.toml").write_text(BOOK, encoding="utf-8")
    return project


def test_the_list_has_every_theme_with_its_counts_in_columns(inline: Run, bins: Project) -> None:
    _tagged(bins, "aa", "bins", "lids")
    _tagged(bins, "bb", "bins")
    ended = inline("themes")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "theme  name          tagged  yes  no  passages",
        "bins   Rubbish bins       2    0   0         1",
        "lids   Lids               1    0   0         1",
    ]
    assert ended.err.startswith("clipper: 2 themes of Bins 2 (")


def test_tags_count_once_an_article_by_the_key_of_today(inline: Run, bins: Project) -> None:
    _tagged(bins, "aa", "dustbins", "bins", "cats")  # the old key and the new, and a theme that is no more
    _tagged(bins, "bb", "bins", kind="page")
    _tagged(bins, "cc", "bins", revision=2)  # of another revision than the one that is there
    _tagged(bins, "dd", "dustbins")
    _tagged(bins, "dd", "lids")  # the last tags win
    assert [(r["theme"], r["tagged"]) for r in inline("themes", "--json").json] == [("bins", 1), ("lids", 1)]


def test_the_starters_passages_are_those_that_ship_and_its_own(inline: Run) -> None:
    ended = inline("themes", "--json")
    book = codebook.load(shipped("codebook.toml"))
    taught = [*examples.load(shipped("examples.jsonl"), book), *examples.from_codebook(book)]
    assert [record["theme"] for record in ended.json] == list(book.keys)
    for record in ended.json:
        assert list(record) == ["theme", "name", "tagged", "yes", "no", "passages"]
        assert record["passages"] == sum(record["theme"] in e.themes for e in taught) > 20


def test_without_an_archive_the_codebook_is_listed_and_none_is_made(inline: Run, bins: Project) -> None:
    shutil.rmtree(bins.archive)
    ended = inline("themes")
    assert ended.code == 0
    assert ended.out.splitlines()[1:] == [
        "bins   Rubbish bins       0    0   0         1",
        "lids   Lids               0    0   0         1",
    ]
    assert inline("themes", "bins").code == 0
    assert not bins.archive.exists()


def test_one_theme_is_shown_whole(inline: Run, bins: Project) -> None:
    _tagged(bins, "aa", "bins")
    ended = inline("themes", "bins")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "Rubbish bins (bins)",
        "1 article tagged · labels: 0 yes, 0 no · 1 training passage",
        "",
        "Bins that are full.",
        "",
        "Counts as well:",
        "  - A tub.",
        "",
        "Not enough by itself:",
        "  - A cat.",
        "",
        "Phrases:",
        "  wheelie bin*, dustcart",
        "",
        "Passages that carry it:",
        "  - Lid lost",
        "    The lid blew off.",
        "    Nobody has seen it.",
        "    carries also: lids",
        "    why: A bin without its lid.",
        "",
        "Passages that do not:",
        "  - A cat sat on the wall.",
        "",
        "Takes in what was coded as:",
        "  - dustbins",
    ]
    assert inline("themes", "lids").out.splitlines() == [
        "Lids (lids)",
        "0 articles tagged · labels: 0 yes, 0 no · 1 training passage",
    ]


@pytest.mark.parametrize("name", ["BINS", "rubbish Bins", "dustbins"])
def test_a_theme_goes_by_its_name_and_by_a_key_merged_into_it(inline: Run, bins: Project, name: str) -> None:
    assert inline("themes", name).out.startswith("Rubbish bins (bins)\n")


def test_one_theme_in_json_is_all_that_the_codebook_says_of_it(inline: Run, bins: Project) -> None:
    (record,) = inline("themes", "bins", "--json").json
    assert record == {
        "theme": "bins", "name": "Rubbish bins", "tagged": 0, "yes": 0, "no": 0, "passages": 1,
        "definition": "Bins that are full.", "include": ["A tub."], "exclude": ["A cat."],
        "phrases": ["wheelie bin*", "dustcart"],
        "examples": [
            {"text": "The lid blew off.\n\nNobody has seen it.", "title": "Lid lost", "carries": True, "also": ["lids"],
             "why": "A bin without its lid."},
            {"text": "A cat sat on the wall.", "title": "", "carries": False, "also": [], "why": ""},
        ],
        "merges": ["dustbins"],
    }  # fmt: skip


@pytest.mark.parametrize("arguments", [("themes", "privatization"), ("themes", "privatization", "--json")])
def test_an_unknown_theme_gets_the_nearest_and_exit_code_2(inline: Run, arguments: tuple[str, ...]) -> None:
    ended = inline(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "did you mean 'privatisation'?" in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize("key", ["", "x" * 5000, "é\x1b[2J", "\udcff"])
def test_a_key_that_is_none_gets_one_short_line(inline: Run, bins: Project, key: str) -> None:
    ended = inline("themes", key)
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert len(ended.err) < 200
    assert "\x1b" not in ended.err


def test_a_codebook_that_cannot_be_used_is_told_whole(inline: Run, bins: Project) -> None:
    path = bins.folder / "data" / "codebook.toml"
    path.write_text(BOOK.replace("carries = false", "carries = 0").replace('"lids"]', '"lid"]'), encoding="utf-8")
    ended = inline("themes")
    assert (ended.code, ended.out) == (2, "")
    assert [line.split(": ")[1] for line in ended.err.splitlines()] == [f"{path}:18", f"{path}:22"]
    path.unlink()
    os.mkfifo(path)
    ended = inline("themes")
    assert ended.code == 2
    assert "a pipe or a device" in ended.err


def test_an_archive_that_is_a_file_is_told(inline: Run, bins: Project) -> None:
    shutil.rmtree(bins.archive)
    bins.archive.write_text("")
    ended = inline("themes")
    assert (ended.code, ended.out) == (6, "")
    assert str(bins.archive) in ended.err


def _on_a_terminal(folder: Path, columns: int, *arguments: str) -> list[str]:
    """Run the command on a terminal of so many columns; return the lines that it shows."""
    terminal, inside = os.openpty()
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-m", "clipper", *arguments]
    # Without an environment of its own it would get COLUMNS too, which readline has set behind Python's back.
    around = dict(os.environ)
    with subprocess.Popen(
        command, cwd=folder, env=around, stdin=inside, stdout=inside, stderr=subprocess.DEVNULL
    ) as process:
        os.close(inside)
        said = b""
        with suppress(OSError):  # the other end is closed
            while piece := os.read(terminal, 65536):
                said += piece
        os.close(terminal)
    assert process.returncode == 0
    return said.decode("utf-8").splitlines()


def test_nothing_is_wider_than_the_terminal(project: Project) -> None:
    path = project.folder / "data" / "codebook.toml"
    long = f'\n[[theme]]\nkey = "{"very-long-" * 6}key"\nname = "{"Very long " * 15}"\n'
    path.write_text(path.read_text("utf-8") + long, encoding="utf-8")
    shown = _on_a_terminal(project.folder, 80, "themes")
    assert [line for line in shown if len(line) > 80] == []
    rows = [line for line in shown if line[-1:].isdigit()]
    assert len(rows) == 15
    assert len({len(row) for row in rows}) == 1
    assert shown[-2] == "very-long-" * 6 + "key"  # a key is never cut
    assert "…" in shown[-1]
    whole = _on_a_terminal(project.folder, 60, "themes", "funding")
    assert [line for line in whole if len(line) > 60] == []
    assert len(whole) > 40
