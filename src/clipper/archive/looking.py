"""Looking at the files of an archive block by block, in several processes at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import NamedTuple

from clipper.archive import linecheck, warccheck
from clipper.archive.linecheck import BLOCK, Seen, Task
from clipper.archive.warccheck import Pages
from clipper.errors import CannotWork
from clipper.offspring import deaf, end_with_parent, processors

_PART = 32 << 20  # bytes of a file of raw pages that are looked at together
_WORTH_WHILE = 64 << 20  # bytes; for fewer, starting processes takes longer than it saves
_MOST = 8  # processes


class File(NamedTuple):
    """A file of the archive: its name below it, its path, what kind of lines or records it holds, and its size."""

    name: str
    path: str
    kind: str
    size: int
    inode: int


def looks(there: Sequence[File], processes: int | None) -> Iterator[tuple[Seen | Pages, int]]:
    """Give what was found in each block, in no order, and how many bytes it has."""
    tasks = _tasks(there)
    whole = sum(file.size for file in there)
    processes = processes or min(processors(), _MOST)
    if whole < _WORTH_WHILE or processes < 2 or len(tasks) < 2:
        for task in tasks:
            yield _look(task), task.end - task.start
        return
    # Not forked: a copy of this process would hold its database and what other threads were doing.
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), end_with_parent)
    try:
        with deaf():  # handing out work starts the processes
            sizes: dict[Future[Seen | Pages], int] = {pool.submit(_look, t): t.end - t.start for t in tasks}
        for future in as_completed(list(sizes)):
            size = sizes.pop(future)  # what was taken in is let go of
            yield future.result(), size
    except BrokenProcessPool:
        raise CannotWork("a process that looked at the files was ended by the system (too little memory?)") from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _tasks(there: Sequence[File]) -> list[Task]:
    """Return the blocks of all files, raw pages first, which take longest."""
    tasks = []
    for one in sorted(there, key=lambda one: one.kind != "warc"):
        block = _PART if one.kind == "warc" else BLOCK
        for start in range(0, max(one.size, one.kind == "warc"), block):
            tasks.append(Task(one.name, one.path, one.kind, start, min(start + block, one.size), one.size))
    return tasks


def _look(task: Task) -> Seen | Pages:
    if task.kind != "warc":
        return linecheck.look(task)
    return warccheck.look(task.name, task.path, task.size, task.start, task.end)
