"""`search` as a process: on a terminal, in a pipe, and with a cache that is not as it should be."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clipper.archive import locks
from clipper.archive.store import Archive
from clipper.checksums import checksum
from clipper.models import Article, Label
from conftest import Ended, Project, on_terminal, wait_until

Run = Callable[..., Ended]

TEXT = (
    "Fewer nurses work at the cottage hospital than last year, and the union said that it had seen this coming for a "
    "long time. The prime contractor lost £120m on it.\n\nA cottage is not a hospital, said a nurse."
)
FIRM = Article(
    id="a1" * 8, title="Nurses leave cottage hospital", outlet="Fenwick Echo", published="2014-11-07", text=TEXT
)
COPY = Article(
    id="b2" * 8,
    title="Staff go",
    outlet="Wold Post",
    published="2014",
    duplicate_of=FIRM.id,
    text=TEXT + " Gone." * 90,
)
HOSTILE = "\x1b]0;mine\x07\x1b[2J\x9b31m\u202e"
BAD = Article(
    id="c3" * 8,
    title=f"Nurses{HOSTILE}",
    outlet=f"Out{HOSTILE}let",
    authors=[HOSTILE],
    url=f"https://x.example/{HOSTILE}",
    published=f"2013{HOSTILE}",
    text=f"A nurse{HOSTILE} said so.",
)
BOLD, OFF, FAINT = "\x1b[33m\x1b[1m", "\x1b[0m", "\x1b[2m"


def put(project: Project, *articles: Article) -> None:
    archive = Archive(project.archive)
    with archive.writing() as writer:
        writer.articles([replace(a, fetched="2016-02-03T04:05:06Z", sha256=checksum(a.text)) for a in articles])
    archive.catalogue.close()


@pytest.fixture
def stocked(project: Project) -> Project:
    put(project, FIRM, COPY)
    archive = Archive(project.archive)
    archive.add_labels(
        [
            Label(article=FIRM.id, revision=1, theme=theme, value=True, coder="ann", at="2016")
            for theme in ("workforce", "privatisation")
        ]
    )
    archive.catalogue.close()
    return project


def search_on_terminal(project: Project, *arguments: str, columns: int = 80, **environment: str) -> list[str]:
    """Return the lines that a search leaves on a terminal, without a pager unless one is named."""
    _, said = on_terminal(
        [sys.executable, "-m", "clipper", "search", *arguments],
        cwd=project.folder,
        columns=columns,
        environment={"PAGER": "cat", **environment},
    )
    return said.split("\n")


def bare(lines: list[str]) -> list[str]:
    return [re.sub(r"\x1b\[[0-9]+m", "", line) for line in lines]


# -- on a terminal --------------------------------------------------------------------------------------------------


def test_a_result_on_a_terminal(stocked: Project) -> None:
    lines = search_on_terminal(stocked, "cottage hospital")
    assert lines[0] == f"\x1b[1mNurses leave {OFF}{BOLD}cottage{OFF}\x1b[1m {OFF}{BOLD}hospital{OFF}"
    assert lines[1].startswith(f"    {FAINT}a1a1a1a · Fenwick Echo · 7 November 2014 · ")
    assert set(bare(lines)[1].split(" · ")[-1].split()) == {"privatisation*", "workforce*"}
    assert f"{BOLD}cottage{OFF} {BOLD}hospital{OFF}" in lines[2]
    assert bare(lines)[-4:] == [
        "    also in: Wold Post (2014) b2b2b2b",
        "",
        "clipper: 1 found (1 copy of others folded into them)",
        "",
    ]


def test_only_what_was_asked_is_highlighted(stocked: Project) -> None:
    put(
        stocked,
        replace(FIRM, id="c3" * 8, title="A cottage", text="The hospital is no cottage but a cottage hospital."),
    )
    lines = search_on_terminal(stocked, 'title:cottage "cottage hospital"', "--sort", "date", "--copies")
    assert f"    The hospital is no cottage but a {BOLD}cottage{OFF} {BOLD}hospital{OFF}." in lines
    nurses = " ".join(search_on_terminal(stocked, "nursing", "-n", "1"))
    assert f"{BOLD}nurses{OFF}" in nurses
    assert f"{BOLD}cottage" not in nurses


@pytest.mark.parametrize("columns", [30, 80, 160])
def test_no_line_is_wider_than_the_terminal(stocked: Project, columns: int) -> None:
    lines = bare(search_on_terminal(stocked, "nurses", columns=columns))
    assert max(map(len, lines[:-2])) <= columns
    assert max(map(len, lines[:-2])) > min(columns, 80) * 0.8
    assert "".join(lines).count("cottage") >= 2


def test_no_colour_where_none_is_wanted(stocked: Project) -> None:
    lines = search_on_terminal(stocked, "nurses", NO_COLOR="1")
    assert lines[0] == "Nurses leave cottage hospital"
    assert not any("\x1b" in line for line in lines)


def test_counts_have_bars_on_a_terminal(stocked: Project) -> None:
    lines = search_on_terminal(stocked, "--facets", "outlet,theme")
    assert lines[0] == "outlet"
    assert lines[1].split() == ["Fenwick", "Echo", "1", "▇" * 24]
    assert lines[3:5] == ["", "theme"]
    assert lines[-2] == "clipper: 2 articles; copies are counted"
    assert "  and 1 more (-n)" in search_on_terminal(stocked, "--facets", "outlet", "-n", "1")


def test_a_long_list_goes_through_the_pager(stocked: Project) -> None:
    put(stocked, *(replace(FIRM, id=f"{n:016x}", title=f"Nurses {n}") for n in range(9)))
    pager = "sed s/Fenwick/PAGED/"
    lines = bare(search_on_terminal(stocked, "nurses", PAGER=pager))
    assert sum("PAGED Echo" in line for line in lines) >= 9
    assert not any(
        "PAGED Echo" in line for line in bare(search_on_terminal(stocked, "nurses", "--no-pager", PAGER=pager))
    )
    assert not any("PAGED Echo" in line for line in bare(search_on_terminal(stocked, "nurses", "-n", "1", PAGER=pager)))
    first = bare(search_on_terminal(stocked, "nurses", PAGER="sed 1q"))
    assert len(first) == 3
    assert first[1].startswith("clipper: 10 found")


def test_nothing_from_outside_steers_the_terminal(stocked: Project) -> None:
    put(stocked, BAD, replace(BAD, id="d4" * 8, title=f"Nurses{'x' * 100_000}", outlet="y" * 100_000))
    forms = "{id}{title}{outlet}{authors}{url}{date}{snippet}"
    ways = [("nurse",), ("nurse", "--format", forms), ("nurse", "--json"), ("--facets", "outlet,year"), (HOSTILE,)]
    ways += [("--theme", HOSTILE), ("--source", HOSTILE), (f"@{HOSTILE}",), ("--format", f"{HOSTILE}{{id}}")]
    ways += [("--format", f"{{{HOSTILE}}}"), ("--save", HOSTILE, "x"), ("--unsave", HOSTILE), ("--facets", HOSTILE)]
    (stocked.archive / "searches.jsonl").write_text(json.dumps({"name": HOSTILE, "query": HOSTILE}) + "\n")
    ways += [("--saved",)]
    for way in ways:
        said = "\n".join(bare(search_on_terminal(stocked, *way)))
        assert not set(said) & set("\x1b\x07\x9b\u202e"), way
        assert "Traceback" not in said
        assert "unexpected error" not in said
    assert sum(map(len, search_on_terminal(stocked, "nurse"))) < 5000


# -- in a pipe ------------------------------------------------------------------------------------------------------


def test_a_reader_who_has_had_enough_is_no_error(stocked: Project) -> None:
    put(stocked, *(replace(FIRM, id=f"{n:016x}", title=f"Nurses {n}") for n in range(400)))
    command = f"'{sys.executable}' -m clipper search nurses -n 400 --copies | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=stocked.folder, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Nurses")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize(
    "environment", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}]
)
def test_a_locale_of_ascii_is_no_error(stocked: Project, clipper: Run, environment: dict[str, str]) -> None:
    for arguments in (["£120m"], ["--facets", "outlet"], ["“cottage hospital”"], ["£120m (", "–"]):
        ended = clipper("search", *arguments, **environment)
        assert "unexpected" not in ended.err
    assert clipper("search", "nurses", **environment).code == 0


# -- a cache that is not as it should be ----------------------------------------------------------------------------


def index_note(project: Project) -> Path:
    return project.archive / "cache" / "index.json"


def index_folder(project: Project) -> Path:
    return project.archive / "cache" / "index"


def older(project: Project) -> None:
    noted = json.loads(index_note(project).read_text("utf-8"))
    del noted["checksum"]  # which notes of old did not have
    index_note(project).write_text(json.dumps(noted | {"version": 1}), "utf-8")


def cut(project: Project) -> None:
    path = max(index_folder(project).glob("*.store"), key=lambda p: p.stat().st_size)
    path.write_bytes(path.read_bytes()[:-9])


def emptied(project: Project) -> None:
    for path in index_folder(project).iterdir():
        path.unlink()


def rubbish(project: Project) -> None:
    index_note(project).write_text('{"version": 1e999, "seq": [', "utf-8")


DAMAGE = {
    "another version": (older, "of another version of clipper; building it anew"),
    "cut": (cut, "building it anew"),
    "empty": (emptied, "building it anew"),
    "no folder": (lambda project: shutil.rmtree(index_folder(project)), "building it anew"),
    "rubbish": (rubbish, ""),
    "no note": (lambda project: index_note(project).unlink(), ""),
    "no cache": (lambda project: shutil.rmtree(project.archive / "cache"), ""),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_an_index_that_cannot_be_used_is_built_anew(stocked: Project, inline: Run, damage: str) -> None:
    assert inline("search", "nurses", "--copies", "--count").out == "2\n"
    change, told = DAMAGE[damage]
    change(stocked)
    before = stocked.everything()
    ended = inline("search", "nurses", "--copies", "--count")
    assert (ended.code, ended.out) == (0, "2\n")
    assert told in ended.err
    again = inline("search", "nurses", "--copies", "--count")
    assert (again.out, again.err) == ("2\n", "")
    assert stocked.everything() == before


def test_an_archive_of_somebody_else_is_searched_all_the_same(stocked: Project, clipper: Run, tmp_path: Path) -> None:
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("nothing is forbidden to this user")
    assert clipper("search", "nurses", "--count").out == "1\n"
    put(stocked, replace(FIRM, id="c3" * 8, text="One more nurse."))
    # A root without its privileges is another user as far as files are concerned that nobody may write.
    may_not = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"] if os.geteuid() == 0 else []
    folders = [stocked.archive, *(p for p in stocked.archive.rglob("*") if p.is_dir())]
    before = {p: p.stat().st_mtime_ns for p in stocked.archive.rglob("*")}
    for folder in folders:
        folder.chmod(0o555)
    try:
        for own in (tmp_path / "own", tmp_path / "own"):
            done = subprocess.run(
                [*may_not, sys.executable, "-m", "clipper", "search", "nurses", "--copies", "--count"],
                cwd=stocked.folder,
                env={**os.environ, "CLIPPER_CACHE": str(own)},
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert {p: p.stat().st_mtime_ns for p in stocked.archive.rglob("*")} == before


def test_an_interrupted_build_is_taken_up_again(stocked: Project, inline: Run) -> None:
    put(stocked, *(replace(FIRM, id=f"{n:016x}", title=f"Nurses {n}") for n in range(300)))
    shutil.rmtree(stocked.archive / "cache")
    process = subprocess.Popen(
        [sys.executable, "-m", "clipper", "search", "nurses"],
        cwd=stocked.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(index_folder(stocked).is_dir)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (0, 130)  # it may have been done by then
    assert "Traceback" not in said
    assert inline("search", "nurses", "--copies", "--count").out == "302\n"


def test_several_search_at_once_while_the_index_is_built(stocked: Project, inline: Run) -> None:
    put(stocked, *(replace(FIRM, id=f"{n:016x}", title=f"Nurses {n}") for n in range(300)))
    shutil.rmtree(stocked.archive / "cache")
    command = [sys.executable, "-m", "clipper", "search", "nurses", "--copies", "--count"]
    several = [
        subprocess.Popen(command, cwd=stocked.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60) for process in several]
    assert [process.returncode for process in several] == [0, 0, 0], said
    assert inline("search", "nurses", "--copies", "--count").out == "302\n"


def test_what_was_indexed_before_is_searched_while_another_process_indexes(stocked: Project, clipper: Run) -> None:
    assert clipper("search", "nurses", "--copies", "--count").out == "2\n"
    put(stocked, replace(FIRM, id="c3" * 8))
    with locks.indexing(stocked.archive / "cache", 5.0):
        ended = clipper("search", "nurses", "--copies", "--count")
    assert (ended.code, ended.out) == (0, "2\n")
    assert "another clipper is bringing the index up to date" in ended.err
    assert clipper("search", "nurses", "--copies", "--count").out == "3\n"


# -- saved searches that are not as they should be ------------------------------------------------------------------


def test_lines_that_are_no_saved_searches_are_passed_over(stocked: Project, inline: Run) -> None:
    inline("search", "nurses", "--save", "mine")
    path = stocked.archive / "searches.jsonl"
    with path.open("ab") as file:
        file.write(b"\xff\xfe\x00\n[1]\n7\n{}\n" + b"[" * 100_000 + b'\n{"name": 1, "query": "x"}\n')
        file.write(
            b'{"name": "self", "query": "@self"}\n{"name": "open", "query": "(("}\n{"name": "mi',
        )
    assert inline("search", "@mine", "--count").out == "1\n"
    for name, told in (("self", "stands inside itself"), ("open", "in the saved search @open")):
        ended = inline("search", f"@{name}")
        assert ended.code == 2
        assert told in ended.err
    assert inline("search", "--saved").out.splitlines() == ["@mine\tnurses", "@open\t((", "@self\t@self"]
    assert "set aside" in inline("search", "cottage", "--save", "other", "--count").err
    assert inline("search", "@other", "--count").out == "1\n"


def test_a_saved_search_of_several_lines_is_listed_on_one(stocked: Project, inline: Run) -> None:
    inline("search", "nurses\n\tcottage", "--save", "mine")
    assert inline("search", "--saved").out == "@mine\tnurses cottage\n"


def test_what_cannot_be_noted_is_told_and_the_results_are_shown(stocked: Project, inline: Run) -> None:
    inline("search", "nurses", "--save", "mine", "--count")
    (stocked.archive / "cache" / "seen").write_text("in the way")
    ended = inline("search", "@mine")
    assert (ended.code, ended.out.splitlines()[0]) == (0, "Nurses leave cottage hospital")
    assert "what @mine has shown cannot be noted" in ended.err
