"""`clipper check`: damage in what is derived is found, told with its file, and built anew on request."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from clipper.archive import locks
from clipper.cli import check_cmd
from conftest import Ended, Project

Run = Callable[..., Ended]
TEXTS = {
    "ward": "Ward to close\n\nSource: Fenwick Echo\n\nDate: 2014-11-07\n\nThe hospital ward will close at Easter.",
    "firm": "Firm wins contract\n\nSource: Wold Post\n\nDate: 2015-03\n\nThe firm was given the contract for the ward.",
    "cake": "Lemon cake wins\n\nSource: Wold Post\n\nDate: 2016\n\nThe judges of the show gave it a ribbon.",
}
MORE = "Bridge opens\n\nSource: Wold Post\n\nDate: 2017\n\nThe new bridge over the river was opened by the mayor."


def _add(project: Project, run: Run, name: str, text: str) -> None:
    (project.folder / f"{name}.txt").write_text(text, encoding="utf-8")
    assert run("add", f"{name}.txt").code == 0


@pytest.fixture
def filled(inline: Run, project: Project) -> Run:
    """A project with three articles, and an index of them."""
    for name, text in TEXTS.items():
        _add(project, inline, name, text)
    assert inline("search", "ward", "--count").out == "2\n"
    return inline


@pytest.fixture
def cache(project: Project) -> Path:
    return project.archive / "cache"


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    _put(path, content)


def _put(path: Path, content: bytes) -> None:
    """Put a file in the place of another one, which a search of before may still have open."""
    path.unlink()
    path.write_bytes(content)


def _noted(cache: Path, **changes: object) -> None:
    """Change what is noted of the index."""
    note = json.loads((cache / "index.json").read_text("utf-8"))
    (cache / "index.json").write_text(json.dumps(note | changes), encoding="utf-8")


def _of_index(cache: Path, ending: str) -> Path:
    return min((cache / "index").glob(f"*{ending}"))


def test_what_is_sound_is_told_so(filled: Run) -> None:
    ended = filled("check")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.splitlines()[-1] == "clipper: the catalogue and the search index are sound"
    assert filled("check", "--repair", "--yes", "--json").out == ""


def test_an_archive_without_an_index_is_sound(inline: Run) -> None:
    ended = inline("check")
    assert ended.code == 0
    assert "no search index yet" in ended.err


def test_what_is_not_indexed_yet_is_no_damage(filled: Run, project: Project, cache: Path) -> None:
    with (project.archive / "labels.jsonl").open("a", encoding="utf-8") as file:
        label = {"article": project.articles()[0]["id"], "revision": 1, "theme": "funding", "value": True}
        file.write(
            json.dumps(label | {"coder": "ann", "round": None, "at": "2020-01-01T00:00:00Z", "schema": 1}) + "\n"
        )
    ended = filled("check")
    assert (ended.code, ended.out) == (0, "")
    assert "1 change not indexed yet" in ended.err


@pytest.mark.parametrize("ending", [".idx", ".pos", ".term", ".fast", ".fieldnorm", ".store"])
def test_a_flipped_bit_in_a_file_of_the_index_is_found_and_mended(
    filled: Run, project: Project, cache: Path, ending: str
) -> None:
    before, kept = filled("search", "ward", "--json").out, project.everything()
    damaged = _of_index(cache, ending)
    _flip(damaged)
    ended = filled("check")
    assert ended.code == 5
    assert f"{damaged}: not what was written (its checksum differs)" in ended.out.splitlines()
    mended = filled("check", "--repair", "--yes")
    assert mended.code == 0
    assert str(damaged) in mended.out
    assert filled("check").code == 0
    assert filled("search", "ward", "--json").out == before
    assert project.everything() == kept


def test_each_problem_is_an_object_with_json(filled: Run, cache: Path) -> None:
    first, second = _of_index(cache, ".idx"), _of_index(cache, ".store")
    _flip(first)
    _put(second, second.read_bytes()[:-1])
    ended = filled("check", "--json")
    assert ended.code == 5
    assert [(one["part"], one["file"]) for one in ended.json] == [("index", str(first)), ("index", str(second))]
    assert all(list(one) == ["part", "file", "problem"] for one in ended.json)


def test_a_file_that_is_gone_is_found_and_one_that_is_not_used_any_more_is_not_missed(filled: Run, cache: Path) -> None:
    note = json.loads((cache / "index.json").read_text("utf-8"))
    gone = {"00000000000000000000000000000000.idx": [5, 5]}
    part = _of_index(cache, ".idx").stem
    _noted(cache, files=note["files"] | gone | {f"{part}.7.del": [5, 5]})
    assert filled("check").code == 0
    missing = _of_index(cache, ".pos")
    missing.unlink()
    ended = filled("check")
    assert ended.code == 5
    assert ended.out.startswith(f"{missing}: ")


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", "\x00", '{"segments": [7]}'])
def test_a_list_of_parts_that_is_none_is_found(filled: Run, cache: Path, content: str | None) -> None:
    meta = cache / "index" / "meta.json"
    if content is None:
        meta.unlink()
    else:
        meta.write_text(content, encoding="utf-8")
    ended = filled("check")
    assert ended.code == 5
    assert ended.out.startswith(f"{meta}: ")
    assert filled("check", "--repair", "--yes").code == 0
    assert filled("search", "ward", "--count").out == "2\n"


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"version": "x"}', "\udc80", "[" * 100_000])
def test_a_note_that_is_none_is_found(filled: Run, cache: Path, content: str) -> None:
    (cache / "index.json").write_text(content, encoding="utf-8", errors="surrogateescape")
    ended = filled("check")
    assert (ended.code, ended.out) == (5, f"{cache / 'index.json'}: not what was written\n")
    assert filled("check", "--repair", "--yes").code == 0
    assert filled("check").code == 0


def test_an_index_of_another_version_is_no_damage(filled: Run, cache: Path) -> None:
    (cache / "index.json").write_text('{"version": 1, "seen": 3}', encoding="utf-8")
    ended = filled("check")
    assert (ended.code, ended.out) == (0, "")
    assert "another version" in ended.err


def test_a_note_that_cannot_be_true_is_found(filled: Run, cache: Path) -> None:
    note = json.loads((cache / "index.json").read_text("utf-8"))
    _noted(cache, seq=note["seq"] + 1000)
    ended = filled("check")
    assert (ended.code, len(ended.out.splitlines())) == (5, 1)
    assert ended.out.startswith(str(cache / "index.json"))
    _noted(cache, seq=note["seq"], forms=note["forms"] | {"the": "than"})
    assert filled("check").code == 5
    assert filled("check", "--repair", "--yes").code == 0


def test_an_index_that_lacks_an_article_is_found(filled: Run, project: Project, cache: Path) -> None:
    old = (cache / "index.json").read_bytes()
    parts = {path.name: path.read_bytes() for path in (cache / "index").iterdir()}
    _add(project, filled, "bridge", MORE)
    assert filled("search", "bridge", "--count").out == "1\n"
    seq = json.loads((cache / "index.json").read_text("utf-8"))["seq"]
    for path in (cache / "index").iterdir():
        path.unlink()
    for name, content in parts.items():
        (cache / "index" / name).write_bytes(content)
    (cache / "index.json").write_bytes(old)
    _noted(cache, seq=seq)
    ended = filled("check")
    assert (ended.code, ended.out) == (5, f"{cache / 'index'}: it holds 3 articles, the archive 4\n")
    assert filled("check", "--repair", "--yes").code == 0
    assert filled("search", "bridge", "--count").out == "1\n"


def test_a_catalogue_that_differs_from_the_files_is_found_and_mended(
    filled: Run, project: Project, cache: Path
) -> None:
    kept = project.everything()
    with sqlite3.connect(cache / "catalogue.sqlite") as database:
        database.execute("UPDATE articles SET title = 'Another' WHERE title = 'Lemon cake wins'")
    database.close()
    ended = filled("check", "--json")
    assert ended.code == 5
    (problem,) = ended.json
    assert (problem["part"], problem["file"]) == ("catalogue", str(cache / "catalogue.sqlite"))
    assert filled("check", "--repair", "--yes").code == 0
    assert filled("check").code == 0
    assert filled("search", "cake", "--format", "{title}").out == "Lemon cake wins\n"
    assert project.everything() == kept


def test_nothing_is_deleted_unless_somebody_says_so(filled: Run, cache: Path) -> None:
    _flip(_of_index(cache, ".idx"))
    before = {path: path.read_bytes() for path in cache.rglob("*") if path.is_file() and "sqlite" not in path.name}
    ended = filled("check", "--repair")
    assert (ended.code, ended.out) == (2, "")
    assert "--yes" in ended.err
    assert filled("check").code == 5
    assert {path: path.read_bytes() for path in before} == before


def test_while_another_process_is_indexing_nothing_is_said(
    filled: Run, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_cmd, "_WAIT", 0.0)
    with locks.indexing(cache, 0):
        ended = filled("check")
    assert (ended.code, ended.out) == (75, "")
    assert len(ended.err.splitlines()) == 1


def test_the_installed_command_finds_the_same(filled: Run, clipper: Run, cache: Path) -> None:
    _flip(_of_index(cache, ".term"))
    assert clipper("check").out == filled("check").out != ""
    assert clipper("check").code == 5
