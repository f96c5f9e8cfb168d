"""Worker processes: real ones, which hang, are killed, or outlive who started them."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clipper.collect import workers
from clipper.collect.document import Page
from clipper.collect.messages import GREETING
from clipper.collect.page import read_page
from clipper.collect.workers import Workers
from clipper.errors import FetchFailed, Refused, TookTooLong
from conftest import Project, Site, article_page, wait_until

URL = "http://fenwickecho.example/beds"
DATED = '<meta property="article:published_time" content="2014-11-07T09:00:00Z">'
LIMIT = 0.3


def page(title: str = "Ward to close") -> bytes:
    return article_page(title, head=DATED).encode()


@pytest.fixture(autouse=True)
def _none_before() -> Iterator[None]:
    workers.close_idle()
    yield
    workers.close_idle()


def idle() -> list[int]:
    """Return the ids of the processes that wait for a page."""
    return [process._process.pid for process in workers._idle[workers.PAGES]]


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet has."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


async def outcome(pool: Workers, body: bytes, content_type: str = "text/html") -> Page | Exception:
    try:
        return await pool.read(body, URL, content_type)
    except (FetchFailed, Refused) as error:
        return error


def test_a_page_is_read_as_it_is_in_this_process() -> None:
    async def run() -> list[Page | Exception]:
        async with Workers(1) as pool:
            return [await outcome(pool, body) for body in (page(), b"", b"\xff\xfe no page", page("Another ward"))]

    first, empty, other, last = asyncio.run(run())
    assert first == read_page(page(), URL, "text/html")
    assert isinstance(empty, Refused)
    assert (str(empty), empty.lasting) == ("an empty page", False)
    assert isinstance(other, Refused)
    assert other.lasting
    assert last == read_page(page("Another ward"), URL, "text/html")


def test_several_pages_are_read_at_a_time_and_each_answer_goes_to_its_page() -> None:
    async def run() -> list[Page | Exception]:
        async with Workers(2) as pool:
            return await asyncio.gather(*(outcome(pool, page(f"Ward number {n} to close")) for n in range(12)))

    found = asyncio.run(run())
    assert [p.stated.title for p in found if isinstance(p, Page)] == [f"Ward number {n} to close" for n in range(12)]
    assert len(set(idle())) == 2


def test_processes_wait_for_the_next_run_and_are_replaced_after_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_PAGES", 3)
    used = []

    async def run() -> None:
        async with Workers(1) as pool:
            await pool.read(page(), URL)

    for _ in range(5):
        asyncio.run(run())
        used += idle()
    assert used == [used[0]] * 2 + [used[2]] * 2  # after the third page, and it is gone
    assert used[0] != used[2]
    assert gone(used[0])


def test_a_page_that_takes_too_long_is_given_up_and_the_next_is_read() -> None:
    async def run() -> None:
        async with Workers(1, LIMIT) as pool:
            await pool.read(page(), URL)
            [pid] = idle()
            os.kill(pid, signal.SIGSTOP)
            with pytest.raises(TookTooLong, match=r"could not be read within 0.3 seconds"):
                await pool.read(page(), URL)
            assert gone(pid)
            assert (await pool.read(page(), URL)).stated.title == "Ward to close"
            assert pid not in idle()

    asyncio.run(run())


def test_a_process_that_is_killed_while_it_reads_costs_its_page_alone() -> None:
    async def run() -> None:
        async with Workers(1) as pool:
            await pool.read(page(), URL)
            [pid] = idle()
            os.kill(pid, signal.SIGSTOP)
            reading = asyncio.ensure_future(outcome(pool, page()))
            while not pool._busy:
                await asyncio.sleep(0.005)
            os.kill(pid, signal.SIGKILL)
            ended = await reading
            assert isinstance(ended, FetchFailed)  # worth another try: what killed it may have been the system
            assert not isinstance(ended, TookTooLong)
            assert "brought the process down" in str(ended)
            assert isinstance(await outcome(pool, page()), Page)

    asyncio.run(run())


def test_a_process_that_died_while_it_waited_costs_no_page() -> None:
    async def run() -> None:
        async with Workers(2) as pool:
            await asyncio.gather(*(pool.read(page(), URL) for _ in range(2)))
            dead = idle()
            for pid in dead:
                os.kill(pid, signal.SIGKILL)
            wait_until(lambda: all(gone(pid) for pid in dead))
            found = await asyncio.gather(*(outcome(pool, page()) for _ in range(4)))
            assert all(isinstance(one, Page) for one in found), found
            assert not set(idle()) & set(dead)

    asyncio.run(run())


@pytest.mark.parametrize(
    "says", ["raise SystemExit(1)", "print('clipper 0.0.1')", "pass", "import os\nos.kill(os.getpid(), 9)"]
)
def test_a_process_that_does_not_start_is_no_pages_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    other = tmp_path / "python"
    other.write_text(f"#!{sys.executable}\n{says}\n")
    other.chmod(0o755)

    async def run() -> None:
        async with Workers(1) as pool:
            monkeypatch.setattr(workers.sys, "executable", str(other))
            for _ in range(2):
                found = await outcome(pool, page())
                assert (type(found), str(found)) == (FetchFailed, "the process to read it in did not start")
            monkeypatch.undo()
            assert isinstance(await outcome(pool, page()), Page)

    asyncio.run(run())


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are told by /proc")
def test_ctrl_c_while_processes_start_says_nothing_and_costs_no_page(site: Site, project: Project) -> None:
    page = site.page("/a", article_page("A story", head=DATED))
    feed = site.page("/feed", f'<rss version="2.0"><channel><item><link>{page}</link></item></channel></rss>')
    project.configure(f'[[source]]\nname = "echo"\nurl = "{feed}"')
    running = subprocess.Popen(
        [sys.executable, "-m", "clipper", "fetch"],
        cwd=project.folder, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    wait_until(lambda: "/feed" in site.asked, 20)
    os.killpg(running.pid, signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert err.count(b"\n") <= 2, err
    assert [run["not_archived"] for run in project.lines("runs.jsonl")] == [[]]


def test_a_signal_to_the_whole_group_stops_no_page() -> None:
    async def run() -> None:
        async with Workers(1) as pool:
            await pool.read(page(), URL)
            [pid] = idle()
            for number in (signal.SIGINT, signal.SIGTERM):
                os.kill(pid, number)
                assert isinstance(await outcome(pool, page()), Page)
                assert idle() == [pid]

    asyncio.run(run())


def test_what_is_under_way_when_a_run_ends_does_not_hold_it_up() -> None:
    async def run() -> int:
        async with Workers(1) as pool:
            await pool.read(page(), URL)
            [pid] = idle()
            os.kill(pid, signal.SIGSTOP)
            reading = asyncio.ensure_future(pool.read(page(), URL))
            while not pool._busy:
                await asyncio.sleep(0.005)
            reading.cancel()
            return pid

    began = time.monotonic()
    pid = asyncio.run(run())
    wait_until(lambda: gone(pid))
    assert time.monotonic() - began < 5


def test_processes_that_wait_end_when_they_are_told_to() -> None:
    async def run() -> None:
        async with Workers(1) as pool:
            await pool.read(page(), URL)

    asyncio.run(run())
    [pid] = idle()
    workers.close_idle()
    assert gone(pid)


def children(pid: int) -> list[int]:
    return [int(word) for f in Path(f"/proc/{pid}/task").glob("*/children") for word in f.read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are told by /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_is_left_when_a_fetch_has_ended(site: Site, project: Project, number: signal.Signals) -> None:
    first, slow = (site.page(path, article_page(f"Story {path}", head=DATED)) for path in ("/first", "/slow"))
    site.replies["/slow"].after = 60  # type: ignore[union-attr]  # it is there
    items = "".join(f"<item><link>{link}</link></item>" for link in (first, slow))
    feed = site.page("/feed", f'<rss version="2.0"><channel>{items}</channel></rss>')
    project.configure(f'[[source]]\nname = "echo"\nurl = "{feed}"')
    running = subprocess.Popen(
        [sys.executable, "-m", "clipper", "fetch"],
        cwd=project.folder, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        wait_until(lambda: "/slow" in site.asked and bool(project.articles()), 20)
        started = children(running.pid)
        assert started
        os.killpg(running.pid, number) if number == signal.SIGTERM else os.kill(running.pid, number)
        if number == signal.SIGTERM:
            time.sleep(0.2)
            os.killpg(running.pid, number)  # a second time: at once
        _, err = running.communicate(timeout=20)
        wait_until(lambda: all(gone(pid) for pid in started))
        assert b"Exception ignored" not in err
        assert b"Traceback" not in err
    finally:
        if running.poll() is None:
            running.kill()
            running.communicate()


# -- the other end ------------------------------------------------------------------------------------------


def start(before: str = "") -> subprocess.Popen[bytes]:
    """Start a worker process as it is, but for what is done before it begins."""
    code = f"from clipper.collect import reading as r\n{before}\nr.main()"
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def ask(body: bytes, url: str | None = URL, coding: str = "") -> bytes:
    head = {"size": len(body), "url": url, "content_type": "text/html", "coding": coding}
    return json.dumps(head).encode() + b"\n" + body


def answers(process: subprocess.Popen[bytes], *asked: bytes) -> list[dict[str, Any]]:
    out, err = process.communicate(b"".join(asked), timeout=30)
    assert err == b""
    assert out.startswith(GREETING)
    return [json.loads(line) for line in out.removeprefix(GREETING).splitlines()]


def test_messages_are_answered_in_order_and_the_end_of_stdin_is_the_end() -> None:
    process = start()
    packed = ask(gzip.compress(page()), coding="gzip")
    told = answers(process, packed, ask(b""), ask(page("Another"), None), ask(page(), coding="br"), ask(page())[:-5])
    assert [next(iter(one)) for one in told] == ["page", "refused", "page", "failed"]
    assert process.returncode == 0


def test_a_library_that_prints_does_not_break_the_messages() -> None:
    process = start("was = r.read_one\nr.read_one = lambda *a: [print('hello'), was(*a)][1]")
    out, err = process.communicate(ask(page()), timeout=30)
    assert err == b"hello\n"
    assert "page" in json.loads(out.removeprefix(GREETING))


def test_a_page_that_takes_too_much_memory_fails_and_the_next_is_read() -> None:
    limit = (
        "import re, pathlib\n"
        "size = int(re.search(r'VmSize:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1]) << 10\n"
        "r.MOST_MEMORY = size + (40 << 20)"
    )
    process = start(limit)
    big = page().replace(b"</article>", b"<p>" + b"word and another. " * (1 << 20) + b"</p></article>")
    first, second = answers(process, ask(big), ask(page()))
    assert first == {"failed": "the page takes too much memory to read"}
    assert "page" in second


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no such timer here")
def test_a_page_that_nobody_gives_up_is_ended_by_an_alarm() -> None:
    process = start("import time\nr._ALARM = 0.1\nr.read_one = lambda *a: time.sleep(60)")
    process.communicate(ask(page()), timeout=20)
    assert process.returncode == -signal.SIGALRM


def test_who_does_not_wait_for_the_answer_gets_none_and_nothing_is_said() -> None:
    process = start()
    assert process.stdin and process.stdout and process.stderr
    process.stdout.close()
    process.stdin.write(ask(page()))
    process.stdin.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait(20)
