"""Worker processes that read pages while the network goes on.

One process reads one page at a time; as many are started as there is work for, at most one for each processor. One
that takes longer than the limit is killed, and the page is given up. One that has read many pages is replaced: what
parsers keep for themselves must not grow with the archive.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import subprocess
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from clipper.collect.document import Page
from clipper.collect.entries import Found
from clipper.collect.messages import GREETING, batch_of, found_of, page_of
from clipper.collect.pieces import Batch
from clipper.config import Source
from clipper.errors import CannotWork, FetchFailed, TookTooLong
from clipper.offspring import processors

LIMIT = 10.0  # seconds that one page may take
_START = 60.0  # seconds that a process may take to start, on a machine that is busy with other things
_PAGES = 2000  # that one process reads
_MOST = 8  # processes


PAGES, FILES = "clipper.collect.reading", "clipper.collect.intake.reading"  # what a process may run


class _Process:
    """One worker process. It may be used by one thread at a time."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.pages = 0
        self._greeted = False
        try:
            # In a group of its own: Ctrl-C must not reach it before it can say that it does not listen to that.
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0,
            )  # fmt: skip
        except OSError as error:
            raise CannotWork(f"a process to read pages in cannot be started ({error.strerror})") from None

    def read(self, asked: dict[str, Any], payload: bytes, limit: float) -> dict[str, Any]:
        """Return the answer to a message. The process is dead after TookTooLong and FetchFailed."""
        if not self._greeted:
            greeting, _ = self._answer((), _START)
            if greeting != GREETING:  # no page's fault: the system's, or clipper was updated while it runs
                self.close()
                raise FetchFailed("the process to read it in did not start")
            self._greeted = True
        head = json.dumps({"size": len(payload), **asked}).encode() + b"\n"
        line, late = self._answer((head, payload), limit)
        if not line.endswith(b"\n"):
            self.close()
            if late:
                raise TookTooLong(f"it could not be read within {limit:g} seconds")
            raise FetchFailed("it brought the process down that read it")
        self.pages += 1
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _answer(self, message: Iterable[bytes], limit: float) -> tuple[bytes, bool]:
        """Send a message; return the line that answers it, and whether the process was killed for being too late."""
        source, sink = self._process.stdout, self._process.stdin
        assert source and sink
        killer = threading.Timer(limit, self._process.kill)
        killer.daemon = True
        killer.start()
        try:
            for part in message:
                sink.write(part)
            sink.flush()
            line = source.readline()
        except (OSError, ValueError):
            line = b""
        finally:
            late = not killer.is_alive()
            killer.cancel()
        return line, late

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process at once: it holds nothing that is not told. A thread that waits for it hears of it."""
        with suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        """End the process and let go of it."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError, ValueError):
                if pipe:
                    pipe.close()
        self._process.wait()


_idle: dict[str, list[_Process]] = {
    PAGES: [],
    FILES: [],
}  # between two runs of one program: a start takes half a second


def _waiting(module: str) -> _Process | None:
    """Return a process that waits for work. One that died meanwhile, for want of memory, must not cost a page."""
    while True:
        try:
            process = _idle[module].pop()  # another thread may be quicker
        except IndexError:
            return None
        if process.alive:
            return process
        process.close()


def close_idle() -> None:
    """End the processes that wait for another run."""
    for processes in _idle.values():
        while processes:
            processes.pop().close()


atexit.register(close_idle)


def start_early(module: str = PAGES) -> None:
    """Start a process that will be wanted: it gets ready while other things are made ready here."""
    if not _idle[module]:
        _idle[module].append(_Process(module))


class Workers:
    """The worker processes of one run. An async context manager.

    ``count`` is how many processes there may be, ``limit`` the seconds that one page may take, else ``LIMIT``;
    ``module`` is what they run: ``PAGES`` for a fetch, ``FILES`` for what people bring.
    """

    def __init__(self, count: int | None = None, limit: float | None = None, module: str = PAGES) -> None:
        self._module = module
        self.count = count or min(processors(), _MOST)
        self._limit = limit or LIMIT
        self._free = asyncio.Semaphore(self.count)
        self._threads = ThreadPoolExecutor(self.count, thread_name_prefix="clipper-worker")
        self._busy: set[_Process] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in list(self._busy):
            process.kill()
        self._threads.shutdown(wait=False)

    async def read(self, payload: bytes, url: str | None, content_type: str = "", coding: str = "") -> Page:
        """Return what a page holds, as ``clipper.collect.page.read_page`` does, in another process.

        ``payload`` is the page as it was sent, packed by ``coding`` (a Content-Encoding; empty for none).

        Raises what that raises, TookTooLong for a page that takes longer than the limit, and FetchFailed for one
        that brings its process down.
        """
        return page_of(await self._ask({"url": url, "content_type": content_type, "coding": coding}, payload))

    async def read_source(
        self, source: Source, payload: bytes, url: str, content_type: str, coding: str, depth: int
    ) -> Found:
        """Return what a page of a source lists, as ``clipper.collect.feeds.read_source`` does, in another process.

        Raises as ``read`` does.
        """
        asked = {"url": url, "content_type": content_type, "coding": coding, "source": asdict(source), "depth": depth}
        return found_of(await self._ask(asked, payload))

    async def read_file(
        self,
        name: str,
        body: bytes,
        *,
        url: str | None = None,
        content_type: str = "",
        coding: str = "",
        split: bool | None = None,
    ) -> Batch:
        """Return what a file holds, as ``clipper.collect.intake.files.read_file`` does, in another process.

        Raises as ``read`` does.
        """
        asked = {"url": url, "content_type": content_type, "coding": coding, "file": name, "split": split}
        return batch_of(await self._ask(asked, body))

    async def _ask(self, asked: dict[str, Any], payload: bytes) -> dict[str, Any]:
        async with self._free:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._with_process, asked, payload)

    def _with_process(self, asked: dict[str, Any], payload: bytes) -> dict[str, Any]:
        process = _waiting(self._module) or _Process(self._module)
        self._busy.add(process)
        try:
            return process.read(asked, payload, self._limit)
        finally:
            self._busy.discard(process)
            if process.alive and process.pages < _PAGES:
                _idle[self._module].append(process)
            else:
                process.close()
