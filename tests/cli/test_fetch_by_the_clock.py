"""``clipper fetch`` under cron and without it: when sources are due, when nothing is said, when it goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from conftest import Ended, Project, Site, article_page, wait_until

Run = Callable[..., Ended]
DATED = '<meta property="article:published_time" content="2015-06-30T12:00:00Z">'


@pytest.fixture
def echo(site: Site, project: Project) -> str:
    link = site.page("/a", article_page("Ward to close", head=DATED))
    ttl = "<ttl>60</ttl>"
    site.page(
        "/feed", f'<rss version="2.0"><channel><title>E</title>{ttl}<item><link>{link}</link></item></channel></rss>'
    )
    source = f'[[source]]\nname = "echo"\nurl = "{site.url("/feed")}"\n'
    project.configure(source)
    return source


def test_a_source_is_not_asked_before_its_time_unless_by_hand(
    echo: str, site: Site, project: Project, inline: Run
) -> None:
    assert inline("fetch", "--due").err == "clipper: echo: 1 added\n"
    asked = len(site.asked)
    early = inline("fetch", "--due")
    assert early.code == 0
    assert early.err.startswith("clipper: 1 source not due yet, the first at ")
    assert len(site.asked) == asked
    assert len(project.lines("runs.jsonl")) == 1  # nothing was asked, nothing is recorded
    assert inline("fetch").code == 0
    assert len(site.asked) == asked + 1


def test_a_source_that_fails_is_tried_again_later_and_never_dropped(
    echo: str, site: Site, project: Project, inline: Run
) -> None:
    del site.replies["/feed"]
    assert inline("fetch", "--due").code == 4
    assert inline("fetch", "--due").code == 0
    assert site.asked.count("/feed") == 1
    assert [inline("fetch").code for _ in range(4)] == [4] * 4
    checked = inline("sources", "check", "--json").json
    assert "404" in checked[0]["cause"]
    site.page("/feed", '<rss version="2.0"><channel><title>E</title></channel></rss>')
    assert inline("fetch").code == 0


def test_nothing_is_said_when_all_went_well_and_everything_when_not(
    echo: str, site: Site, project: Project, clipper: Run
) -> None:
    good = clipper("fetch", "--quiet")
    assert (good.code, good.out, good.err) == (0, "", "")
    project.configure(echo + f'[[source]]\nname = "gone"\nurl = "{site.url("/gone")}"\n')
    bad = clipper("fetch", "--quiet")
    assert bad.code == 3
    assert sorted(bad.err.splitlines()) == [
        "clipper: echo: 0 added, 1 seen",
        f"clipper: gone: failed: {site.url('/gone')}: the server answered 404 Not Found",
    ]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_watch_goes_on_until_it_is_stopped(echo: str, project: Project, number: signal.Signals, code: int) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "clipper", "fetch", "--watch", "1h"],
        cwd=project.folder, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        wait_until(lambda: (project.archive / "runs.jsonl").exists() and len(project.lines("runs.jsonl")) == 1, 30)
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(1)
        running.send_signal(number)
        _, err = running.communicate(timeout=20)
    finally:
        if running.poll() is None:
            running.kill()
            running.communicate()
    assert running.returncode == code
    assert err == b"clipper: echo: 1 added\n"


def test_a_host_that_is_not_there_is_one_clear_line(project: Project, inline: Run) -> None:
    project.configure('[[source]]\nname = "echo"\nurl = "http://nowhere.invalid/feed"\n')
    ended = inline("fetch", "--quiet")
    assert ended.code == 4
    assert "clipper: no host was found: is this machine offline?" in ended.err.splitlines()
