"""One run of the real ``clipper fetch`` through all misbehaviours, and what it leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from clipper.cli.init_cmd import init
from collect.evil import answers, lists, pages, tls
from collect.evil.answers import story
from collect.evil.server import Answering, Call, Host, Servers
from collect.evil.table import ALL, Evil

FILES = (answers, pages, lists, tls)  # each puts its rows into the table
GOOD = 6
TIMEOUT = 4.0
CONCURRENCY = 16


@dataclass
class Night:
    """What is left of the run: how it ended, what it said, what it cost."""

    folder: Path
    hosts: dict[str, Host]
    good: list[Host]
    code: int
    out: str
    err: str
    seconds: float
    peak: int  # bytes resident at one moment, of the process and its children
    alone: int  # of the process itself
    ends: dict[str, tuple[str, str]] = field(default_factory=dict)
    ids: dict[str, str | None] = field(default_factory=dict)

    @property
    def archive(self) -> Path:
        return self.folder / "data" / "archive"

    @property
    def run(self) -> dict[str, object]:
        """The run's own record."""
        return json.loads((self.archive / "runs.jsonl").read_text("utf-8").splitlines()[0])

    def articles(self) -> list[dict[str, object]]:
        files = sorted((self.archive / "articles").glob("*.jsonl"))
        return [json.loads(line) for f in files for line in f.read_text("utf-8").split("\n") if line]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "clipper", *arguments], cwd=self.folder, capture_output=True, text=True, timeout=60
        )


def _told(title: str) -> Answering:
    async def answer(call: Call) -> None:
        await call.reply(story(title))

    return answer


def _feed(links: list[str]) -> Answering:
    items = "".join(f"<item><link>{link}</link></item>" for link in links)

    async def answer(call: Call) -> None:
        await call.reply(f'<rss version="2.0"><channel>{items}</channel></rss>', content_type="application/rss+xml")

    return answer


def rows(available_tls: bool) -> list[Evil]:
    """Return the rows of the table that can be tried here."""
    return [evil for evil in ALL if available_tls or not evil.tls]


def spend(folder: Path) -> Night:
    """Run ``clipper fetch`` in a new project through all of it."""
    folder.mkdir()
    init(folder)
    answers.make_ready()
    context = tls.certificate(folder) if tls.OPENSSL else None
    table = rows(bool(context))
    hosts = {
        evil.slug: Host(
            {evil.at: evil.answer, **dict(evil.also)},
            context if evil.tls else None,
            evil.scheme,
            greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n" if evil.scheme == "https" else b"",
        )
        for evil in table
    }
    assert len(hosts) == len(table), "two misbehaviours of one name"
    good = [Host({f"/{n}": _told(f"Good story {name} {n}") for n in range(GOOD)}) for name in ("one", "two", "three")]
    with Servers([*hosts.values(), *good]):
        # Good stories stand first, between the bad ones, and last.
        linked = [hosts[evil.slug].url(evil.at) for evil in table if evil.kind == "page"]
        for number, host in enumerate(good):
            mine = [host.url(f"/{n}") for n in range(GOOD)]
            host.answers["/feed"] = _feed([*mine[:2], *linked[number::3], *mine[2:]])
        sources = [("good-0", "feed", good[0].url("/feed"), "")]
        sources += [(e.slug, e.kind, hosts[e.slug].url(e.at), e.more) for e in table if e.kind != "page"]
        sources += [(f"good-{n}", "feed", good[n].url("/feed"), "") for n in (1, 2)]
        tables = "".join(
            f'[[source]]\nname = "{name}"\nkind = "{kind}"\nurl = "{url}"\n{more}\n'
            for name, kind, url, more in sources
        )
        (folder / "config.toml").write_text(
            f"[clipper]\n[fetch]\ndelay = 0.0\ntimeout = {TIMEOUT}\nconcurrency = {CONCURRENCY}\n"
            f'allow_hosts = ["127.0.0.1"]\n{tables}',
            encoding="utf-8",
        )
        night = _run(folder, hosts, good)
    for line in night.out.splitlines():
        told = json.loads(line)
        night.ends[told["target"]] = (told["status"], told["cause"] or "")
        night.ids[told["target"]] = told["id"]
    return night


def _run(folder: Path, hosts: dict[str, Host], good: list[Host]) -> Night:
    began = time.monotonic()
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "clipper", "fetch", "--json"], cwd=folder, stdout=out, stderr=err
        )
        with _watched(process.pid) as peaks:
            code = process.wait(300)
    said = [(folder / name).read_text("utf-8") for name in ("out", "err")]
    return Night(folder, hosts, good, code, *said, time.monotonic() - began, *peaks)


@contextlib.contextmanager
def _watched(process: int) -> Iterator[list[int]]:
    """Measure the most memory that a process has with its children, and by itself."""
    peaks = [0, 0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            own = _resident(process)
            peaks[0] = max(peaks[0], own + sum(map(_resident, _children(process))))
            peaks[1] = max(peaks[1], own)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield peaks
    over.set()
    thread.join()


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def _children(process: int) -> list[int]:
    found: list[int] = []
    for tasks in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, tasks.read_text().split())
    return found


def matches(cause: str, said: str) -> bool:
    return re.fullmatch(cause, said) is not None
