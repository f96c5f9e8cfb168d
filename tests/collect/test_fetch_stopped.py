"""A fetch that is stopped by a signal keeps what had come, and the next one carries on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clipper.archive import jsonl
from conftest import Ended, Project, Reply, Site, article_page, wait_until

DATED = '<meta property="article:published_time" content="2015-06-30T12:00:00Z">'


@pytest.fixture
def slow_fetch(site: Site, project: Project) -> Iterator[subprocess.Popen[bytes]]:
    """A running fetch that has archived its first article and waits for the second."""
    links = [site.page(f"/{name}", article_page(f"The {name} story", head=DATED)) for name in ("first", "slow", "last")]
    site.replies["/slow"].after = 60
    items = "".join(f"<item><link>{link}</link></item>" for link in links)
    url = site.page("/feed", f'<rss version="2.0"><channel>{items}</channel></rss>')
    project.configure(f'[[source]]\nname = "echo"\nurl = "{url}"')
    config = project.folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("timeout = 5.0", "timeout = 60.0"), "utf-8")
    running = subprocess.Popen(
        [sys.executable, "-m", "clipper", "fetch"],
        cwd=project.folder, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        wait_until(lambda: "/slow" in site.asked and len(whole_lines(project)) == 1, 20)
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.communicate()


def whole_lines(project: Project) -> list[bytes]:
    files: list[Path] = sorted((project.archive / "articles").glob("*.jsonl"))
    return [line.data for file in files for line in jsonl.read(file)]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_slow_fetch_and_the_next_one_carries_on(
    slow_fetch: subprocess.Popen[bytes], site: Site, project: Project, inline: Callable[..., Ended],
    number: signal.Signals, code: int,
) -> None:  # fmt: skip
    slow_fetch.send_signal(number)
    _, err = slow_fetch.communicate(timeout=20)
    assert slow_fetch.returncode == code
    assert b"stopped; what came so far is in the archive" in err
    assert b"Traceback" not in err
    assert [a["url"] for a in project.articles()] == [site.url("/first")]
    assert [run["interrupted"] for run in project.lines("runs.jsonl")] == [True]
    site.replies["/slow"] = Reply(article_page("The slow story", head=DATED).encode())
    assert inline("fetch").code == 0
    assert sorted(a["url"] for a in project.articles()) == [site.url(p) for p in ("/first", "/last", "/slow")]
    assert [site.asked.count(path) for path in ("/first", "/slow", "/last")] == [1, 2, 1]


def test_while_a_fetch_runs_a_second_one_is_turned_away_and_a_person_can_add(
    slow_fetch: subprocess.Popen[bytes], site: Site, project: Project, inline: Callable[..., Ended], tmp_path: Path
) -> None:
    asked = list(site.asked)
    assert inline("fetch").code == 75
    assert site.asked == asked
    note = tmp_path / "note.txt"
    note.write_text("Ward to close\n\nBy Ann Holloway\n\n7 March 2014\n\nThe board met.", "utf-8")
    assert inline("add", str(note)).code == 0
    assert [a["title"] for a in project.articles()] == ["The first story", "Ward to close"]
    assert slow_fetch.poll() is None
