"""``add``: what people bring into the archive: URLs, pages, texts, documents, lists, web archives, folders of them.

Files are read in worker processes, a few at a time, and what they hold is kept in their order. What was told is on
disk; a run that is stopped keeps what it has.
"""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from clipper import __version__
from clipper.archive.store import Archive, now, utc
from clipper.collect.brought import SOURCE, Choices, Come, Job, Reader
from clipper.collect.intake.targets import Folder, Target, others_line, resolve, targets_of
from clipper.collect.judge import Judge
from clipper.collect.keeper import Keeper, Lost, Ready, Tally
from clipper.collect.pieces import Link
from clipper.collect.web import Web, host_of
from clipper.collect.webarchives import Stream
from clipper.collect.workers import FILES, Workers
from clipper.config import FetchSettings, is_web_address
from clipper.errors import ClipperError, FetchFailed, Refused, first_of
from clipper.identity import url_key
from clipper.models import Article, Outcome, Run, SourceReport
from clipper.text import without_login

__all__ = ["Choices", "Listener", "add"]

_LIMIT = 30.0  # seconds that one file may take: people's files are larger than pages
_COUNTED = ("added", "revised", "seen", "refused", "failed")


class Listener(Protocol):
    """Who is told how adding goes."""

    def outcome(self, outcome: Outcome, article: Article | None) -> None:
        """One article is on disk, or is not; ``article`` is None for what could not be had."""

    def note(self, message: str) -> None:
        """Something the user should know."""

    def progress(self, what: str, done: int, whole: int) -> None:
        """So much of what is to be read was read: files, or bytes of a web archive."""


@dataclass(frozen=True)
class _Awaited:
    """What was handed to the keeper, in the order in which it will be told."""

    target: str
    article: Article | None
    notes: Sequence[str] = ()
    job: Job | None = None  # where this is the last that came of it
    recorded: bool = False


@dataclass
class _Ears:
    """Hears from the keeper what became of each candidate, and tells the listener."""

    listener: Listener
    awaited: deque[_Awaited] = field(default_factory=deque)
    targets: list[dict[str, Any]] = field(default_factory=list)

    def expect(self, more: int) -> None:
        """Nothing: ``add`` counts files."""

    def source(self, report: SourceReport) -> None:
        """Nothing: ``add`` has no sources."""

    def outcome(self, source: str, outcome: Outcome) -> None:
        one = self.awaited.popleft()
        if outcome.status != "seen" or one.article is None:
            for note in one.notes:
                self.listener.note(f"{one.target}: {note}")
        told = replace(outcome, target=one.target)
        if one.recorded and outcome.id:
            self.targets.append({"target": one.target, "id": outcome.id, "status": outcome.status})
        self.listener.outcome(told, None if told.status == "refused" else one.article)
        if one.job and one.job.stream:
            one.job.stream.kept(one.job.number)


def add(
    archive: Archive,
    settings: FetchSettings,
    targets: Sequence[str],
    listener: Listener,
    choices: Choices | None = None,
) -> int | None:
    """Put what the targets hold into the archive; tell the ``listener`` of each article as soon as it is on disk.

    A target that cannot be read is told with its cause and does not stop the others. Return the number of the signal
    that ended the run early, if one did. Raises CannotWork and Locked when the archive cannot be written.
    """
    archive.catalogue.catch_up()
    if not (choices and choices.dry_run):
        archive.settle()
    adding = _Adding(archive, settings, listener, choices or Choices())
    try:
        asyncio.run(adding.run([without_login(one) for one in targets]))  # what is refused is written down as well
    except asyncio.CancelledError:
        if adding.stopped_by is None:
            raise
    return adding.stopped_by


class _Adding:
    def __init__(self, archive: Archive, settings: FetchSettings, listener: Listener, choices: Choices) -> None:
        self._archive, self._settings = archive, settings
        self._listener, self._choices = listener, choices
        self._ears = _Ears(listener)
        self._tally = Tally(SOURCE)
        self._keeper: Keeper | Judge = (
            Judge(archive, self._ears) if choices.dry_run else Keeper(archive, self._ears, raw=settings.warc)
        )
        self._links: deque[tuple[Target, Link]] = deque()
        self._files = [0, 0]  # read, and in all
        self._began = now()
        self._asked: set[str] = set()
        self._streams: list[tuple[str, Stream]] = []
        self.stopped_by: int | None = None

    async def run(self, targets: Sequence[str]) -> None:
        finished = False
        self._heed_signals()
        try:
            async with Web(self._settings, self._archive.cache) as web, Workers(module=FILES, limit=_LIMIT) as workers:
                try:
                    async with asyncio.TaskGroup() as group:
                        keeping = group.create_task(self._keeper.run())
                        await self._all(Reader(self._archive, web, workers, self._choices), targets, workers.count)
                        await self._keeper.settled()
                        keeping.cancel()
                except BaseExceptionGroup as group_error:
                    raise first_of(group_error) from None
            finished = True
            for name, stream in self._streams:
                for line in stream.summary():
                    self._listener.note(f"{name}: {line}")
                if cause := stream.failure():
                    self._listener.outcome(Outcome(target=name, id=None, status="failed", cause=cause), None)
        finally:
            self._keeper.finish()
            self._keeper.close()
            if not self._choices.dry_run:
                self._record(finished)

    def _heed_signals(self) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def stop(number: int) -> None:
            self.stopped_by = number
            if task:
                task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            # Not to be had outside the main thread, nor on every system: then the signal's own way holds.
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, stop, number)

    def _record(self, finished: bool) -> None:
        counts = {name: self._tally.counts[name] for name in _COUNTED}
        self._archive.add_run(
            Run(
                command="add",
                started=utc(self._began),
                ended=utc(now()),
                version=__version__,
                sources=[{"source": SOURCE, **counts, "error": None}],
                not_archived=[{**one, "lasting": bool(one.get("key"))} for one in self._keeper.not_archived],
                redirected=self._keeper.redirected,
                targets=self._ears.targets,
                interrupted=not finished,
            )
        )

    # -- what is to be read -------------------------------------------------------------------------------

    async def _all(self, reader: Reader, targets: Sequence[str], processes: int) -> None:
        """Read everything, a few things at a time; take what came in the order of the targets."""
        window: deque[tuple[Job, asyncio.Task[Come]]] = deque()
        most = max(2 * processes + 2, self._settings.concurrency)
        async with aclosing(self._jobs(targets)) as jobs, _cancelled(window):
            more = True
            while more or window or self._links:
                while more and len(window) < most and not self._links:
                    job = await anext(jobs, None)
                    more = job is not None
                    if job:
                        window.append((job, asyncio.ensure_future(reader.read(job))))
                while self._links and len(window) < most:
                    target, link = self._links.popleft()
                    job = Job(target, link)
                    window.append((job, asyncio.ensure_future(reader.read(job))))
                if not window:
                    continue
                job, task = window.popleft()
                try:
                    come = await task
                except (FetchFailed, Refused) as error:
                    await self._lost(job, error)
                    continue
                await self._take(job, come)

    async def _jobs(self, targets: Sequence[str]) -> AsyncGenerator[Job, None]:
        resolved: list[Target | Folder | tuple[str, ClipperError]] = []
        for name in targets:
            try:
                resolved.append(resolve(name, self._archive.path))
            except (FetchFailed, Refused) as error:
                resolved.append((name, error))
        self._files[1] = sum(len(list(targets_of(one))) for one in resolved if not isinstance(one, tuple))
        for one in resolved:
            if isinstance(one, tuple):
                yield Job(Target(one[0]), error=one[1])
                continue
            if self._choices.revision_of and (isinstance(one, Folder) or one.is_web_archive):
                yield _job_of_many(one)
                continue
            if isinstance(one, Folder):
                for job in self._told_of_folder(one):
                    yield job
            for target in targets_of(one):
                if target.is_web_archive:
                    async for job in self._captures(target):
                        yield job
                elif target.is_url:
                    yield Job(target, Link(url=target.name))
                else:
                    yield Job(target)

    def _told_of_folder(self, folder: Folder) -> Iterator[Job]:
        """Tell what is not taken from a folder."""
        for name, cause in folder.unreadable:
            yield Job(Target(name), error=FetchFailed(f"cannot be read ({cause})"))
        others = others_line(folder)
        if not folder.targets:
            said = f"a folder without a file that can be taken{f'; {others}' if others else ''}"
            yield Job(Target(folder.name), error=Refused(said))
        elif others:
            self._listener.note(f"{folder.name}: {others}")

    async def _captures(self, target: Target) -> AsyncIterator[Job]:
        """Give the pages of a web archive, from where the last run stopped."""
        assert target.path
        note = self._listener.note
        try:
            cache = None if self._choices.dry_run else self._archive.cache
            stream = Stream(
                cache, self._archive.catalogue.generation, target.path, lambda said: note(f"{target.name}: {said}")
            )
            self._streams.append((target.name, stream))
            async for capture, number in stream.captures():
                self._listener.progress(target.name, capture.done, stream.size)
                yield Job(Target(capture.exchange.url), capture=capture, stream=stream, number=number)
        except (FetchFailed, Refused) as error:
            yield Job(target, error=error)

    # -- keeping ------------------------------------------------------------------------------------------

    async def _take(self, job: Job, come: Come) -> None:
        """Hand over what came of a job."""
        if not job.capture:
            self._progress(job)
        if come.seen:
            self._tally.counts["seen"] += 1
            self._listener.outcome(Outcome(target=job.target.name, id=come.seen, status="seen"), None)
            if job.stream:
                job.stream.kept(job.number)
            return
        notes: Sequence[str] = come.notes
        if come.links:
            self._ask_for(job.target, come)
            notes = ()
        name = job.link.url if job.link and job.link.url else job.target.name
        last = len(come.candidates) - 1
        for number, candidate in enumerate(come.candidates):
            self._ears.awaited.append(
                _Awaited(name, candidate.article, notes if number == 0 else (), job if number == last else None,
                         recorded=candidate.article.kind != "clipping" and not job.capture)
            )  # fmt: skip
            await self._keeper.put(Ready(self._tally, candidate))
        if not come.candidates:
            for note in notes:
                self._listener.note(f"{name}: {note}")

    def _ask_for(self, target: Target, come: Come) -> None:
        """Put the links of a list on the agenda, the hosts by turns; those that are archived are told as seen."""
        for note in come.notes:
            self._listener.note(f"{target.name}: {note}")
        fresh: list[Link] = []
        for link in come.links:
            if link.url:
                link = replace(link, url=without_login(link.url))
            known = self._archive.catalogue.by_url(link.url) if link.url else None
            key = url_key(link.url) if link.url else ""
            if known:
                self._tally.counts["seen"] += 1
                self._listener.outcome(Outcome(target=link.url or target.name, id=known, status="seen"), None)
            elif key and key in self._asked:
                self._listener.note(f"{target.name}: {link.url}: named before, asked for once")
            else:
                fresh.append(link)
                self._asked.add(key)
        self._files[1] += len(fresh)
        self._links.extend((target, link) for link in _by_turns(fresh))

    async def _lost(self, job: Job, error: ClipperError) -> None:
        if not job.capture:
            self._progress(job)
        name = job.link.url if job.link and job.link.url else job.target.name
        if job.stream and isinstance(error, Refused):
            job.stream.refuse(error)
            job.stream.kept(job.number)
            return
        self._ears.awaited.append(_Awaited(name, None, (), job))
        await self._keeper.put(Lost(self._tally, name, error))

    def _progress(self, job: Job) -> None:
        self._files[0] += 1
        self._listener.progress(job.target.name, *self._files)


@asynccontextmanager
async def _cancelled(window: deque[tuple[Job, asyncio.Task[Come]]]) -> AsyncIterator[None]:
    """Let go at the end of what is still being read, wherever the end comes."""
    try:
        yield
    finally:
        for _, task in window:
            task.cancel()
        await asyncio.gather(*(task for _, task in window), return_exceptions=True)


def _job_of_many(one: Folder | Target) -> Job:
    """Return the job that tells that a target is not one article."""
    return Job(Target(one.name), error=Refused("it holds more than one article; --as takes the copy of that one"))


def _by_turns(links: Iterable[Link]) -> list[Link]:
    """Return links in an order in which one host's do not follow each other, where there are others."""
    rows: dict[object, deque[Link]] = {}
    for link in links:
        rows.setdefault(_host(link), deque()).append(link)
    order: list[Link] = []
    while rows:
        for host in list(rows):
            order.append(rows[host].popleft())
            if not rows[host]:
                del rows[host]
    return order


def _host(link: Link) -> object:
    try:
        return host_of(link.url) if link.url and is_web_address(link.url) else None
    except ValueError:
        return None
