"""The command as a whole: help, mistakes, pipes, and what each command imports."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clipper.cli.main import COMMANDS
from conftest import Ended, Project, Site, article_page

Run = Callable[..., Ended]


def test_help_names_every_command(clipper: Run) -> None:
    ended = clipper("--help")
    assert ended.code == 0
    for name, (_, line) in COMMANDS.items():
        assert name in ended.out
        assert line.split(":")[0] in " ".join(ended.out.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_its_options(inline: Run, name: str) -> None:
    ended = inline(name, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: clipper {name}")


def test_without_a_command_the_help_is_shown(clipper: Run) -> None:
    ended = clipper()
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Usage: clipper")
    assert "demo" in ended.err


def test_the_version_is_told(clipper: Run) -> None:
    from clipper import __version__

    assert clipper("--version").out == f"clipper {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("serch", "x"), "did you mean 'search'"),
        (("search", "--them", "x"), "--theme"),
        (("show",), "ID"),
        (("search", "-n", "0"), "0"),
        (("search", "-n", "many"), "many"),
        (("tag", "--all", "--explain", "x"), "exclude each other"),
        (("--nonsense",), "--nonsense"),
        (("fetch", "--revisit", "999999w"), "'999999w' is too long; 100 years (36500d) at most"),
        (("fetch", "--watch", "36501d"), "too long"),
        (("fetch", "--revisit", "soon"), "no length of time"),
    ],
)
def test_wrong_usage_gets_one_line_and_exit_code_2(inline: Run, arguments: tuple[str, ...], words: str) -> None:
    ended = inline(*arguments)
    assert ended.code == 2
    assert words in ended.err
    assert len(ended.err.splitlines()) == 1
    assert ended.out == ""


@pytest.mark.parametrize("name", [n for n in COMMANDS if n not in ("init", "demo", "completion")])
def test_without_a_project_one_line_says_to_make_one(clipper: Run, tmp_path: Path, name: str) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    needed = {"add": ("x",), "show": ("x",), "quote": ("x", "y"), "extract": ("--again",), "forget": ("x",)}
    needed["publish"] = ("x",)
    ended = clipper(name, *needed.get(name, ()), cwd=empty)
    assert ended.code == 2
    assert "run: clipper init" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_the_project_is_found_upwards_by_option_and_by_variable(clipper: Run, project: Project, tmp_path: Path) -> None:
    (project.folder / "notes.txt").write_text("A note\n\nIt says enough to be an article of its own.")
    assert clipper("add", "notes.txt").code == 0
    deep = project.folder / "a" / "b"
    deep.mkdir(parents=True)
    config = str(project.folder / "config.toml")
    assert clipper("search", "note", cwd=deep).code == 0
    assert clipper("--config", config, "search", "note", cwd=tmp_path).code == 0
    assert clipper("search", "--config", config, "note", cwd=tmp_path).code == 0
    assert clipper("search", "note", cwd=tmp_path, CLIPPER_CONFIG=config).code == 0
    (deep / "config.toml").write_text("[other]\nx = 1\n")  # another program's
    assert clipper("search", "note", cwd=deep).code == 0
    gone = clipper("search", "note", cwd=tmp_path, CLIPPER_CONFIG=str(tmp_path / "gone.toml"))
    assert gone.code == 2
    assert "gone.toml" in gone.err


def test_a_wrong_configuration_is_told_with_line_key_and_the_nearest_name(inline: Run, project: Project) -> None:
    before = project.everything()
    project.configure(
        '[[source]]\nname = "x"\nurl = "http://127.0.0.1/"\noutlett = "X"\n', fetch='dealy = 3\nwarc = "yes"'
    )
    ended = inline("fetch")
    assert ended.code == 2
    path = project.folder / "config.toml"
    assert f"{path}:6: unknown key 'dealy' in [fetch]; did you mean 'delay'?" in ended.err
    assert f"{path}:7: 'warc' must be true or false, not text in quotes" in ended.err
    assert f"{path}:11: unknown key 'outlett' in [source]; did you mean 'outlet'?" in ended.err
    assert project.everything() == before


def test_an_archive_that_is_not_there_is_told(inline: Run, project: Project) -> None:
    (project.folder / "config.toml").write_text('[clipper]\narchive = "elsewhere"\n')
    ended = inline("search", "x")
    assert ended.code == 6
    assert "elsewhere" in ended.err


def test_a_record_of_a_newer_clipper_is_refused_and_not_touched(clipper: Run, project: Project) -> None:
    path = project.archive / "articles" / "2030-01.jsonl"
    path.write_text('{"id": "00", "text": "x", "schema": 99}\n')
    for command in (("search", "x"), ("tag",), ("add", "config.toml")):
        ended = clipper(*command)
        assert ended.code == 6
        assert "newer clipper" in ended.err
    assert path.read_text() == '{"id": "00", "text": "x", "schema": 99}\n'
    assert len(list(path.parent.iterdir())) == 1


def test_a_reader_that_has_had_enough_is_no_error(project: Project, clipper: Run) -> None:
    for number in range(3):
        (project.folder / f"{number}.txt").write_text(f"Note {number}\n\n" + "The ward was shut on Monday. " * 3000)
    assert clipper("add", "0.txt", "1.txt", "2.txt").code == 0
    ident = project.articles()[0]["id"]
    command = f"{sys.executable} -m clipper show {ident} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=project.folder, capture_output=True, text=True, env=dict(os.environ), check=True
    )
    assert done.stdout.splitlines() == ["Note 0", "0"]
    assert done.stderr == ""


def test_a_stray_file_among_the_raw_pages_is_passed_over(inline: Run, project: Project, site: Site) -> None:
    raw = project.archive / "warc"
    raw.mkdir(exist_ok=True)
    stray = raw / f"{datetime.now(UTC):%Y-%m}-².warc.gz"  # a digit to Unicode, and no number
    stray.write_bytes(b"")
    assert inline("add", site.page("/story", article_page("Story"))).code == 0
    assert [path for path in raw.glob("*-0001.warc.gz") if path.stat().st_size]
    assert stray.read_bytes() == b""


HEAVY = (
    "sklearn", "numpy", "scipy", "trafilatura", "lxml", "httpx", "rich", "tantivy", "feedparser", "bs4", "asyncio",
    "warcio", "fsspec", "email", "logging", "tempfile", "shutil", "subprocess", "sqlite3", "json",
    "multiprocessing", "platformdirs", "jinja2", "matplotlib", "pyarrow",
)  # fmt: skip
_READS = {"sqlite3", "json"}
_WRITES = _READS | {"warcio", "fsspec", "email", "logging", "tempfile", "shutil"}
MAY_IMPORT: dict[tuple[str, ...], set[str]] = {
    **{(name, "--help"): {"shutil"} for name in COMMANDS},  # the screen's width
    ("evaluate", "--help"): {"shutil", "json", "tempfile"},
    ("demo", "--help"): {"shutil", "tempfile", "subprocess"},
    ("--help",): {"shutil"},
    ("--version",): set(),
    ("completion", "bash"): set(),
    ("show", "feed"): _READS,
    ("search", "ward"): _READS | {"tantivy"},
    ("label", "feed", "+funding"): _WRITES,
}


@pytest.mark.parametrize("arguments", MAY_IMPORT, ids=" ".join)
def test_nothing_heavy_is_imported_that_a_command_does_not_use(
    project: Project, clipper: Run, arguments: tuple[str, ...]
) -> None:
    if arguments == ("search", "ward"):  # the first search builds the index
        clipper(*arguments)
    code = (
        "import sys; from clipper.cli.main import run; run(sys.argv[1:]);"
        f"print('HEAVY', *[m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=project.folder, capture_output=True, text=True, check=True
    )
    last = done.stdout.splitlines()[-1].split()
    assert last[0] == "HEAVY"
    assert set(last[1:]) <= MAY_IMPORT[arguments]


def test_a_search_with_news_imports_what_takes_them_in(project: Project, inline: Run) -> None:
    (project.folder / "note.txt").write_text("A ward\n\nIt was shut on Monday, and it will not be opened again.")
    assert inline("add", "note.txt").code == 0
    code = (
        "import sys; from clipper.cli.main import run; run(['search', 'ward']);"
        f"print('HEAVY', *[m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project.folder, capture_output=True, text=True, check=True)
    found = set(done.stdout.splitlines()[-1].split()[1:])
    assert "tantivy" in found
    assert not found & {"sklearn", "numpy", "trafilatura", "lxml", "httpx", "rich", "warcio", "fsspec", "email"}


def test_a_completion_does_not_start_the_parser_of_selectors(project: Project, clipper: Run) -> None:
    project.configure('[[source]]\nname = "x"\nurl = "http://127.0.0.1/"\nkind = "listing"\nlinks = "h2 a"\n')
    line = "clipper fetch "
    assert clipper(_CLIPPER_COMPLETE="bash", CLIPPER_LINE=line).out == "plain\nx\n"
    code = (
        "import sys, os; os.environ['CLIPPER_LINE'] = 'clipper fetch '; from clipper.cli.main import cli;"
        "from clipper.cli.shells import answer; answer(cli, 'bash');"
        "print(*[m for m in ('lxml', 'httpx', 'soupsieve') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project.folder, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
