"""A fetch under cron while somebody works with the same archive: all of it by real processes, at the same moment."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from clipper.archive import locks
from conftest import Ended, Project, Site, article_page, wait_until

Run = Callable[..., Ended]

ROUNDS = int(os.environ.get("CLIPPER_TEST_ROUNDS", "1"))
SOURCE = '[[source]]\nname = "echo"\nurl = "{}"\n'
DATED = '<meta property="article:published_time" content="2015-06-30T12:00:00Z">'


def feed(site: Site, paths: list[str]) -> None:
    """Let the site's feed list pages, with new ones among them."""
    for path in paths:
        site.page(path, article_page(f"Story {path}: nurses leave", head=DATED))
    items = "".join(f"<item><title>{path}</title><link>{site.url(path)}</link></item>" for path in paths)
    site.page("/feed", f'<rss version="2.0"><channel><title>E</title>{items}</channel></rss>')


class Onlooker:
    """Reads every file of lines again and again, as ``jq`` or ``tail -f`` would: as far as the last line's end."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        self.troubles: list[str] = []
        self.looks = 0
        self._sizes: dict[str, int] = {}

    def look(self) -> None:
        self.looks += 1
        for path in (*self.archive.glob("articles/*.jsonl"), *self.archive.glob("*.jsonl")):
            whole = path.read_bytes().rpartition(b"\n")[0]
            if len(whole) < self._sizes.get(path.name, 0):
                self.troubles.append(f"{path.name} is shorter than it was")
            self._sizes[path.name] = len(whole)
            for line in whole.split(b"\n") if whole else []:
                try:
                    json.loads(line)
                except ValueError:
                    self.troubles.append(f"{path.name}: {line[:80]!r}")

    @contextmanager
    def looking(self) -> Iterator[None]:
        done = threading.Event()

        def on() -> None:
            while not done.wait(0.03):
                self.look()

        thread = threading.Thread(target=on)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            self.look()


def test_nothing_interleaves_and_nobody_is_kept_from_working(
    site: Site, project: Project, clipper: Run, starter_model: Callable[[], None]
) -> None:
    starter_model()
    project.configure(SOURCE.format(site.url("/feed")))
    feed(site, ["/first"])
    first = clipper("fetch", "--json").json[0]["id"]
    added: list[str] = [first]
    labelled: list[tuple[str, str, str]] = []
    onlooker = Onlooker(project.archive)
    tagged = threading.Event()

    def cron() -> None:
        paths = ["/first"]
        for number in range(ROUNDS):
            paths += [f"/{number}-{one}" for one in "abc"]
            feed(site, paths)
            ended = clipper("fetch", "--json")
            assert ended.code == 0, ended.err
            added.extend(one["id"] for one in ended.json if one["status"] == "added")

    def adding() -> None:
        for number in range(ROUNDS):
            note = project.folder / f"{number}.txt"
            note.write_text(
                f"Note {number}\n\nThe ward {number} was shut on Monday, said report {number}.\n\n7 May 2014"
            )
            ended = clipper("add", "--json", str(note))
            assert ended.code == 0, ended.err
            added.extend(one["id"] for one in ended.json if one["status"] == "added")

    def labelling() -> None:
        assert tagged.wait(240)  # a label teaches, and a model is built anew for it
        for number in range(2 * ROUNDS):
            ended = clipper("label", first, "+workforce", "--coder", f"coder{number}", "--json")
            assert ended.code == 0, ended.err
            labelled.extend((one["article"], one["theme"], one["coder"]) for one in ended.json)

    def looking() -> None:
        try:
            assert clipper("tag").code == 0
        finally:
            tagged.set()
        for _ in range(ROUNDS):
            found = clipper("search", "nurses", "--json")
            assert found.code == 0, found.err
            assert all(one["title"] for one in found.json)
            assert clipper("show", first, "--json").json[0]["id"] == first
        assert clipper("check").code == 0

    with onlooker.looking(), ThreadPoolExecutor(4) as pool:
        for work in [pool.submit(one) for one in (cron, adding, labelling, looking)]:
            work.result(240)

    assert onlooker.troubles == []
    assert onlooker.looks > ROUNDS
    assert len(set(added)) == len(added) == 1 + 4 * ROUNDS
    kept = Counter((one["id"], one["revision"]) for one in project.articles())
    assert kept == Counter({(ident, 1): 1 for ident in added})
    said = Counter((one["article"], one["theme"], one["coder"]) for one in project.lines("labels.jsonl"))
    assert said == Counter(labelled)
    assert len(labelled) == 2 * ROUNDS
    assert len(project.lines("runs.jsonl")) == 1 + 2 * ROUNDS
    for path in project.archive.rglob("*.jsonl"):
        assert path.read_bytes().endswith(b"\n")
        assert len(set(whole := path.read_bytes().splitlines())) == len(whole)
    assert not (project.archive / "damaged").exists()
    assert clipper("check").code == 0
    assert clipper("search", "nurses OR report", "--copies", "--count").out == f"{len(added)}\n"


def opened(process: int) -> set[str]:
    """Return the names of the files that a process has open."""
    found = set()
    for link in Path(f"/proc/{process}/fd").glob("*"):
        with suppress(OSError):
            found.add(link.readlink().name)
    return found


def test_a_writer_waits_until_the_one_before_it_is_done(project: Project, clipper: Run) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc here to see what a process waits for")
    (project.folder / "note.txt").write_text("A note\n\nThe ward was shut on Monday, said the report.\n\n7 May 2014")
    ident = clipper("add", "--json", "note.txt").json[0]["id"]
    with locks.writing(project.archive):
        process = subprocess.Popen(
            [sys.executable, "-m", "clipper", "label", ident, "+access", "--coder", "ann"],
            cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        wait_until(lambda: ".write.lock" in opened(process.pid) or process.poll() is not None, 60)
        assert process.poll() is None
        found = clipper("search", "ward", "--count")  # who reads does not wait
        assert (found.out, process.poll()) == ("1\n", None)
        assert not (project.archive / "labels.jsonl").exists()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert [one["coder"] for one in project.lines("labels.jsonl")] == ["ann"]


@pytest.fixture
def running(site: Site, project: Project) -> Iterator[subprocess.Popen[bytes]]:
    """A fetch that is under way: one article is in the archive, the site is slow to send the other."""
    project.configure(SOURCE.format(site.url("/feed")))
    config = project.folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("timeout = 5.0", "timeout = 60.0"), "utf-8")
    feed(site, ["/quick", "/slow"])
    site.page("/slow", article_page("Story /slow: nurses wait", head=DATED), after=50.0)  # nobody waits for it
    process = subprocess.Popen(
        [sys.executable, "-m", "clipper", "fetch"], cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        wait_until(lambda: len(project.articles()) == 1 or process.poll() is not None, 60)
        assert process.poll() is None
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def children(process: int) -> list[int]:
    """Return the processes that a process has started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == process:
            found.append(int(status.parent.name))
    return found


def test_a_second_fetch_ends_at_once_and_names_the_first(
    running: subprocess.Popen[bytes], project: Project, clipper: Run
) -> None:
    second = clipper("fetch")
    assert running.poll() is None
    assert second.code == 75
    assert re.fullmatch(
        rf"clipper: {re.escape(str(project.archive))}: another fetch is running on this archive \(held by clipper "
        rf"fetch, process {running.pid} on \S+, since \d\d:\d\d\); try again later\n",
        second.err,
    )
    ident = project.articles()[0]["id"]
    assert clipper("label", ident, "+workforce", "--coder", "ann").code == 0  # a fetch keeps nobody from writing
    assert clipper("search", "nurses", "--count").out == "1\n"
    assert running.poll() is None


def test_the_lock_of_a_fetch_that_was_killed_is_no_obstacle(
    running: subprocess.Popen[bytes], site: Site, project: Project, clipper: Run
) -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("no /proc here to find the workers in")
    workers = children(running.pid)
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)  # so that they outlive it for as long as they like
    try:
        running.kill()
        running.wait(10)
        feed(site, ["/quick", "/slow"])
        again = clipper("fetch")
        assert again.code == 0, again.err
        assert "another fetch" not in again.err
        assert len(project.articles()) == 2
        with locks.fetching(project.archive), locks.writing(project.archive, wait=0):
            pass
    finally:
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
