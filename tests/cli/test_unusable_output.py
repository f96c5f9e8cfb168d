"""Output that cannot be written: closed, full or broken. The work is done and recorded all the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Ended, Project, Site, article_page

Run = Callable[..., Ended]

FULL = Path("/dev/full")
SOURCE = '[[source]]\nname = "echo"\nurl = "{url}"\n'
NO_SPACE = "clipper: standard output: No space left on device\n"

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="no device here that is always full")


def shell(project: Project, command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command line in which ``clipper`` is the command under test."""
    return subprocess.run(
        ["bash", "-c", f'clipper() {{ "{sys.executable}" -m clipper "$@"; }}; {command}'],
        cwd=project.folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def fed(project: Project, site: Site) -> Project:
    """A project whose one feed has three articles and one link that leads nowhere."""
    paths = ["/a", "/b", "/c"]
    for path in paths:
        site.page(path, article_page(f"Story {path}"))
    items = "".join(f"<item><title>{p}</title><link>{site.url(p)}</link></item>" for p in [*paths, "/gone"])
    feed = f'<rss version="2.0"><channel><title>Echo</title>{items}</channel></rss>'
    project.configure(SOURCE.format(url=site.page("/feed.xml", feed, content_type="application/rss+xml")))
    return project


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("fetch --json > /dev/full", 6, True),
        ("fetch --json >&-", 3, False),
        ("fetch >&-", 3, False),
        ("fetch 2>&-", 3, False),
        ("fetch --json >&- 2>&-", 3, False),
        ("fetch --json <&- >&- 2>&-", 3, False),
        ("fetch 2> /dev/full", 6, False),
        ("fetch --json > /dev/full 2>&1", 6, False),
    ],
)
def test_a_fetch_goes_on_and_is_recorded(fed: Project, command: str, code: int, said: bool) -> None:
    done = shell(fed, f"clipper {command}")
    assert done.returncode == code
    assert (NO_SPACE in done.stderr.decode()) == said
    assert b"unexpected" not in done.stderr
    assert len(fed.articles()) == 3
    (run,) = fed.lines("runs.jsonl")
    assert (run["sources"][0]["added"], run["sources"][0]["failed"]) == (3, 1)


def test_a_fetch_whose_reader_has_had_enough_goes_on_without_a_word(fed: Project) -> None:
    done = shell(fed, "clipper fetch --json 2> said | true; echo ${PIPESTATUS[0]}")
    assert done.stdout == b"0\n"
    assert len(fed.articles()) == 3
    assert "standard output" not in (fed.folder / "said").read_text()


@pytest.mark.parametrize(
    ("end", "code", "said"),
    [("> /dev/full", 6, NO_SPACE), ("--json > /dev/full", 6, NO_SPACE), (">&-", 0, ""), ("| true", 0, "")],
)
def test_every_target_is_added(project: Project, end: str, code: int, said: str) -> None:
    for number in range(3):
        (project.folder / f"{number}.txt").write_text(
            f"Note {number}\n\nThe ward {number} was shut on Monday, said report {number}.\n\n7 November 2014"
        )
    done = shell(project, f"clipper add 0.txt 1.txt 2.txt {end}; exit ${{PIPESTATUS[0]}}")
    assert done.returncode == code
    assert [line for line in done.stderr.decode().splitlines(True) if "standard" in line] == [said][: bool(said)]
    assert b"unexpected" not in done.stderr
    assert len(project.articles()) == 3
    assert project.lines("runs.jsonl")[-1]["sources"][0]["added"] == 3


@pytest.mark.parametrize(
    "command",
    ["sources list", "sources list --json", "sources export", "extract --again --json", "--help", "--version"],
)
def test_other_commands_tell_of_a_full_disk_and_take_a_closed_stdout(fed: Project, inline: Run, command: str) -> None:
    assert inline("fetch").code == 3
    full = shell(fed, f"clipper {command} > /dev/full")
    assert (full.returncode, NO_SPACE in full.stderr.decode()) == (6, True)
    assert b"unexpected" not in full.stderr
    closed = shell(fed, f"clipper {command} >&-")
    assert closed.returncode == 0
    assert b"standard output" not in closed.stderr


def test_a_check_takes_a_closed_stdout(fed: Project) -> None:
    done = shell(fed, "clipper sources check >&-")
    assert (done.returncode, b"unexpected" in done.stderr) == (0, False)


def test_no_file_gets_the_descriptor_of_a_closed_stream(project: Project) -> None:
    code = (
        "import os; from clipper.cli.output import open_standard_streams as start; start();"
        "open('found', 'w').write(repr([os.readlink(f'/proc/self/fd/{n}') for n in (0, 1, 2)]))"
    )
    (project.folder / "start.py").write_text(code)
    shell(project, f'"{sys.executable}" start.py <&- >&- 2>&-')
    assert (project.folder / "found").read_text() == repr(["/dev/null"] * 3)


def test_a_half_character_of_a_feed_is_no_error(project: Project, site: Site) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Echo",
        "items": [{"id": "1", "title": "One \ud800", "url": site.url("/\ud800a")}],
    }
    url = site.page("/feed.json", json.dumps(feed), content_type="application/feed+json")
    project.configure(SOURCE.format(url=url))
    done = shell(project, "clipper fetch --json")
    assert "unexpected" not in done.stderr.decode("utf-8")
    assert all(json.loads(line) for line in done.stdout.decode("utf-8").splitlines())
    assert len(project.lines("runs.jsonl")) == 1


@pytest.mark.parametrize("environment", [{}, {"LC_ALL": "C"}, {"PYTHONUTF8": "0", "LC_ALL": "POSIX"}])
def test_a_half_character_of_the_command_line_is_not_printed(project: Project, environment: dict[str, str]) -> None:
    done = shell(project, r"clipper add --json $'http://127.0.0.1:9/\xff'", **environment)
    assert done.returncode == 4
    (line,) = done.stdout.decode("utf-8").splitlines()
    assert json.loads(line)["status"] == "failed"
    assert "unexpected" not in done.stderr.decode("utf-8")


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8"])
def test_letters_that_the_encoding_lacks_are_escaped(project: Project, encoding: str) -> None:
    (project.folder / "n.txt").write_text("Ľubica’s ward\n\nThe ward was shut on Monday.", encoding="utf-8")
    assert shell(project, "clipper add n.txt", PYTHONIOENCODING=encoding).returncode == 0
    ident = project.articles()[0]["id"]
    shown = shell(project, f"clipper show --json {ident}", PYTHONIOENCODING=encoding)
    assert shown.returncode == 0
    assert json.loads(shown.stdout.decode(encoding))["title"] == "Ľubica’s ward"
