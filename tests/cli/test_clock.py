"""A machine whose clock jumps: flat battery, an hour back, a year ahead and back again. Nothing breaks or sticks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conftest import Ended, Project, Site, article_page

Run = Callable[..., Ended]

# All that asks the system for the time of day gets it shifted by so many seconds.
SHIFT = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long shift(void) {
    const char *seconds = getenv("CLOCK_SHIFT");
    return seconds ? atol(seconds) : 0;
}

int clock_gettime(clockid_t which, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(which, now);
    if (!code && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) now->tv_sec += shift();
    return code;
}

time_t time(time_t *there) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (there) *there = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}
"""

DAY = 86400
LONG = "The board met for long on Tuesday, and members of the public stood along the walls. " * 8


@pytest.fixture
def at(project: Project, clipper: Run, tmp_path: Path) -> Callable[..., Ended]:
    """Return a function that runs the command with the clock of the machine shifted by so many seconds."""
    if not shutil.which("cc") or sys.platform != "linux":
        pytest.skip("no C compiler here, or another system than Linux, to shift the clock of a process")
    (tmp_path / "shift.c").write_text(SHIFT)
    library = tmp_path / "shift.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(tmp_path / "shift.c"), "-ldl"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"the C compiler does not work here: {made.stderr[:200]}")

    def run(shift: int, *arguments: str) -> Ended:
        return clipper(*arguments, LD_PRELOAD=str(library), CLOCK_SHIFT=str(shift))

    code = "import datetime; print(datetime.datetime.now(datetime.UTC).year)"
    environment = {**os.environ, "LD_PRELOAD": str(library), "CLOCK_SHIFT": str(2000 * DAY)}
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert int(said.stdout) > datetime.now(UTC).year
    return run


def feed(site: Site, **pages: str) -> None:
    """Let the site's feed list pages, each with the moment when its source says that it was changed."""
    items = "".join(
        f"<entry><id>{name}</id><title>{name}</title><link href='{site.url('/' + name)}'/><updated>{moment}</updated>"
        "</entry>"
        for name, moment in pages.items()
    )
    site.page("/feed", f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Echo</title>{items}</feed>")


def stamp(shift: float = 0) -> str:
    return datetime.fromtimestamp(time.time() + shift, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_clock_that_jumps_breaks_nothing_and_sticks_nowhere(
    at: Callable[..., Ended], site: Site, project: Project, clipper: Run
) -> None:
    project.configure(f'[[source]]\nname = "echo"\nurl = "{site.url("/feed")}"\n')
    for name in ("ward", "beds", "fees", "pay"):
        site.page(f"/{name}", article_page(f"The {name}", f"What the trust said of {name} at first. {LONG}"))

    feed(site, ward=stamp(-DAY))
    assert at(0, "fetch").err.splitlines()[-1] == "clipper: echo: 1 added"

    # A flat battery: it is told, once a command, and what comes is archived all the same.
    flat = -int(time.time()) + 3600
    feed(site, ward=stamp(-DAY), beds=stamp(-DAY))
    ended = at(flat, "fetch", "--due")
    told = [line for line in ended.err.splitlines() if "clock" in line]
    assert told == [
        f"clipper: the clock says 1970-01-01, the archive's newest line is of {stamp()[:10]}: set the clock; dates of "
        "fetching will be wrong"
    ]
    assert (ended.code, ended.err.splitlines()[-1]) == (0, "clipper: echo: 1 added, 1 seen")
    assert (project.archive / "articles" / "1970-01.jsonl").exists()

    # A year ahead: nothing to be seen in it, and the source is due.
    ahead = 365 * DAY
    feed(site, ward=stamp(-DAY), beds=stamp(-DAY), fees=stamp(-DAY))
    ended = at(ahead, "fetch", "--due")
    assert "clock" not in ended.err
    assert ended.err.splitlines()[-1] == "clipper: echo: 1 added, 2 seen"
    assert (project.archive / "articles" / f"{stamp(ahead)[:7]}.jsonl").exists()

    # And back: the run is told of, the source is due at once, and what changed is asked for.
    feed(site, ward=stamp(-DAY), beds=stamp(-DAY), fees=stamp(-60), pay=stamp(-60))
    site.page("/fees", article_page("The fees", f"In the end the trust said another thing of fees. {LONG}"))
    ended = at(0, "fetch", "--due")
    assert f"the archive's newest line is of {stamp(ahead)[:10]}: set the clock" in ended.err
    assert ended.err.splitlines()[-1] == "clipper: echo: 1 added, 1 revised, 2 seen"

    articles = project.articles()
    assert sorted((one["title"], one["revision"]) for one in articles) == [
        ("The beds", 1), ("The fees", 1), ("The fees", 2), ("The pay", 1), ("The ward", 1),
    ]  # fmt: skip
    for path in (project.archive / "articles").iterdir():
        assert path.name == f"{month_of(path)}.jsonl"
    fees = next(one["id"] for one in articles if one["title"] == "The fees")
    assert clipper("show", fees, "--json").json[0]["revision"] == 2
    assert clipper("search", "another thing", "--count").out == "1\n"


def month_of(path: Path) -> str:
    """Return the month of which all lines of a file say that they were fetched in it."""
    (month,) = {json.loads(line)["fetched"][:7] for line in path.read_text("utf-8").splitlines()}
    return str(month)
