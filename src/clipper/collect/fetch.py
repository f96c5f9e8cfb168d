"""One run of ``fetch``: every source read, every new article asked for once, everything that came kept.

Hosts are asked side by side, each one request at a time. Pages are read in a thread while the network goes on.
What has been read is put into the archive in small batches; a run that is stopped keeps what it has.
"""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from clipper import __version__
from clipper.archive import locks
from clipper.archive.store import Archive, now, utc
from clipper.collect import feeds
from clipper.collect.candidate import Candidate, from_page, make_article
from clipper.collect.facts import Facts, hear
from clipper.collect.feeds import Entry
from clipper.collect.keep import keep
from clipper.collect.page import read_page, refuse_other_media
from clipper.collect.validators import Memory
from clipper.collect.web import Answer, Web
from clipper.config import Config, Source
from clipper.errors import ClipperError, FetchFailed, Refused, UsageError, nearest
from clipper.identity import url_key
from clipper.models import Outcome, Run, SourceReport, Status

BATCH = 20
LEAST_FULL_TEXT = 50  # words in a feed's entry that make it the whole article
_END = None


class Watcher(Protocol):
    """Who is told how a fetch goes."""

    def expect(self, more: int) -> None:
        """So many more articles are to be asked for."""

    def outcome(self, source: str, outcome: Outcome) -> None:
        """One of them came, or did not."""

    def source(self, report: SourceReport) -> None:
        """A source is done."""


@dataclass
class Result:
    """How a fetch went.

    ``problems`` counts the pages that were to be had and are not in the archive; what robots.txt forbids is not
    among them. ``stopped_by`` is the number of the signal that ended the run early, if one did.
    """

    reports: list[SourceReport] = field(default_factory=list)
    problems: int = 0
    stopped_by: int | None = None


@dataclass
class _Tally:
    """What has come of one source so far."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    error: str | None = None
    unchanged: bool = False

    def report(self) -> SourceReport:
        kinds = ("added", "revised", "seen", "refused", "failed")
        return SourceReport(
            source=self.name, error=self.error, unchanged=self.unchanged, **{k: self.counts[k] for k in kinds}
        )


def chosen(config: Config, wanted: Sequence[str]) -> list[Source]:
    """Return the configured sources of these names, all for none. Raises UsageError for an unknown name."""
    if not config.sources:
        raise UsageError(f"{config.path}: no [[source]] in it; add one to fetch from")
    if not wanted:
        return list(config.sources)
    by_name = {source.name.casefold(): source for source in config.sources}
    for name in wanted:
        if name.casefold() not in by_name:
            raise UsageError(
                f"{config.path}: no source named {name!r}{nearest(name, [s.name for s in config.sources])}"
            )
    return list(dict.fromkeys(by_name[name.casefold()] for name in wanted))


def fetch(config: Config, archive: Archive, wanted: Sequence[str], watcher: Watcher) -> Result:
    """Fetch what is new from the named sources, or from all.

    Raises UsageError for an unknown source, Locked when another fetch runs, CannotWork when the archive cannot
    be written.
    """
    sources = chosen(config, wanted)
    with locks.fetching(archive.path):
        archive.catalogue.catch_up()
        return asyncio.run(_Fetch(config, archive, sources, watcher).run())


class _Known(NamedTuple):
    """Why an entry is not asked for: the article that it is, or another cause."""

    id: str | None
    cause: str | None = None


@dataclass(frozen=True)
class _Ready:
    """An article that waits to be kept, and whose source it counts for."""

    tally: _Tally
    candidate: Candidate


# What the queue holds: an article, an event to set when all before it is kept, or the end.
_Item = _Ready | asyncio.Event | None


def _foreseen(error: Exception) -> FetchFailed | Refused:
    """Return the error that one target's trouble is: what nobody foresaw in it must not cost the others."""
    if isinstance(error, (FetchFailed, Refused)):
        return error
    return FetchFailed(f"it could not be read ({type(error).__name__})")


class _Fetch:
    def __init__(self, config: Config, archive: Archive, sources: list[Source], watcher: Watcher) -> None:
        self._config = config
        self._archive = archive
        self._sources = sources
        self._watcher = watcher
        self._claimed: set[str] = set()
        self._ready: asyncio.Queue[_Item] = asyncio.Queue(maxsize=4 * BATCH)
        self._not_archived: list[dict[str, Any]] = []
        self._redirected: list[dict[str, Any]] = []
        self._problems = 0
        self._memory = Memory(archive.cache)

    async def run(self) -> Result:
        started = now()
        result = Result()
        tallies = [_Tally(source.name) for source in self._sources]
        work = asyncio.ensure_future(self._all(tallies))
        self._heed_signals(result, work)
        with suppress(asyncio.CancelledError):
            await work
        self._keep(self._drain())  # what a signal found read but not yet kept
        self._memory.save()
        result.reports = [tally.report() for tally in tallies]
        result.problems = self._problems
        self._archive.add_run(
            Run(
                command="fetch",
                started=utc(started),
                ended=utc(now()),
                version=__version__,
                sources=[report.to_json() for report in result.reports],
                not_archived=self._not_archived,
                redirected=self._redirected,
                interrupted=result.stopped_by is not None,
            )
        )
        return result

    @staticmethod
    def _heed_signals(result: Result, work: asyncio.Future[None]) -> None:
        def stop(number: int) -> None:
            result.stopped_by = number
            work.cancel()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            # Not to be had outside the main thread, nor on every system: then the signal's own way holds.
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, stop, number)

    async def _all(self, tallies: list[_Tally]) -> None:
        # The keeper is in the outer group: when the archive cannot be written, asking ends too.
        try:
            async with Web(self._config.fetch) as web, asyncio.TaskGroup() as outer:
                outer.create_task(self._keeper())
                async with asyncio.TaskGroup() as inner:
                    for source, tally in zip(self._sources, tallies, strict=True):
                        inner.create_task(self._source(web, source, tally))
                await self._ready.put(_END)
        except BaseExceptionGroup as group:
            error: BaseException = group
            while isinstance(error, BaseExceptionGroup):
                error = error.exceptions[0]
            raise error from None

    # -- one source ---------------------------------------------------------------------------------------

    async def _source(self, web: Web, source: Source, tally: _Tally) -> None:
        answer: Answer | None = None
        try:
            if source.kind == "page":
                entries = [Entry(url=source.url)]
            else:
                answer = await web.get(source.url, self._memory.get(source))
                if answer.status == 304:
                    self._memory.unchanged(source)
                    tally.unchanged = True
                    self._watcher.source(tally.report())
                    return
                self._memory.begin(source)
                entries = await asyncio.to_thread(
                    feeds.read_source, source.kind, answer.body, answer.url, answer.content_type
                )
        except Exception as error:
            error = _foreseen(error)
            tally.error = f"{source.url}: {error}"
            self._watcher.source(tally.report())
            return
        fresh = []
        for entry in entries:
            if source.kind != "page" and not feeds.wanted(entry, source.match, source.drop, source.since):
                continue
            if known := self._known(source, entry):
                tally.counts["seen"] += 1
                target = entry.url or entry.guid or "an entry"
                self._watcher.outcome(
                    source.name, Outcome(target=target, id=known.id, status="seen", cause=known.cause)
                )
            else:
                fresh.append(entry)
        self._watcher.expect(len(fresh))
        async with asyncio.TaskGroup() as group:
            for entry in fresh:
                group.create_task(self._entry(web, source, entry, tally))
        await self._settled()
        if answer is not None and not tally.counts["failed"]:
            self._memory.answered(source, answer.url, answer.headers, answer.body)
        if source.kind == "page" and tally.counts["failed"] + tally.counts["refused"]:
            tally.error = next(
                (f"{n['target']}: {n['cause']}" for n in self._not_archived if n["target"] == source.url),
                None,
            )
        self._watcher.source(tally.report())

    async def _settled(self) -> None:
        """Wait until what this source brought is in the archive, so that its report is true."""
        done = asyncio.Event()
        await self._ready.put(done)
        await done.wait()

    def _known(self, source: Source, entry: Entry) -> _Known | None:
        """Return why an entry needs no request: it is in the archive, was refused for good, or is being asked for."""
        catalogue = self._archive.catalogue
        if entry.guid and (article := catalogue.by_guid(source.name, entry.guid)):
            return _Known(article)
        if not entry.url:
            return None
        if article := catalogue.by_url(entry.url):
            return _Known(article)
        if cause := catalogue.refusal(entry.url):
            return _Known(None, f"refused before: {cause}")
        key = url_key(entry.url)
        if key in self._claimed:
            return _Known(None, "listed twice in this run")
        self._claimed.add(key)
        return None

    async def _entry(self, web: Web, source: Source, entry: Entry, tally: _Tally) -> None:
        configured = Facts(outlet=source.outlet)
        target = entry.url or entry.facts.title or entry.guid or "an entry"
        try:
            if source.full_text and len(entry.content.split()) >= LEAST_FULL_TEXT:
                article = make_article(
                    hear(configured, entry.facts), text=entry.content, url=entry.url, canonical=entry.url,
                    fetched=utc(now()), source=source.name, extractor="feed", guid=entry.guid,
                )  # fmt: skip
            elif entry.url is None:
                raise Refused("an entry without a link")
            else:
                answer = await web.get(entry.url)
                refuse_other_media(answer.content_type)
                page = await asyncio.to_thread(read_page, answer.body, answer.url, answer.content_type)
                article = from_page(
                    page, url=answer.url, fetched=utc(now()), source=source.name,
                    configured=configured, feed=entry.facts, guid=entry.guid,
                )  # fmt: skip
        except Exception as error:
            self._lost(source.name, tally, target, _foreseen(error))
            return
        await self._ready.put(_Ready(tally, Candidate(article=article, asked=entry.url)))

    def _lost(self, source: str, tally: _Tally, target: str, error: ClipperError) -> None:
        status: Status = "refused" if isinstance(error, Refused) else "failed"
        tally.counts[status] += 1
        lasting = isinstance(error, Refused) and error.lasting
        self._problems += not (isinstance(error, Refused) and error.expected)
        self._not_archived.append(
            {"target": target, "source": source, "status": status, "cause": str(error), "lasting": lasting}
        )
        self._watcher.outcome(source, Outcome(target=target, id=None, status=status, cause=str(error)))

    # -- keeping ------------------------------------------------------------------------------------------

    async def _keeper(self) -> None:
        """Put what is ready into the archive, in batches; a lull ends a batch."""
        while True:
            batch = [await self._ready.get(), *self._drain()]
            self._keep(batch)
            if _END in batch:
                return
            await asyncio.sleep(0.05)

    def _drain(self) -> list[_Item]:
        items: list[_Item] = []
        while not self._ready.empty():
            items.append(self._ready.get_nowait())
        return items

    def _keep(self, items: Sequence[_Item]) -> None:
        ready = [item for item in items if isinstance(item, _Ready)]
        if ready:
            outcomes = keep(self._archive, [item.candidate for item in ready], revise=False)
            for one, outcome in zip(ready, outcomes, strict=True):
                one.tally.counts[outcome.status] += 1
                asked, url = one.candidate.asked, one.candidate.article.url
                if asked and url and outcome.id and (url_key(asked) != url_key(url) or outcome.status == "seen"):
                    self._redirected.append({"target": asked, "id": outcome.id})
                self._watcher.outcome(one.tally.name, outcome)
        for item in items:
            if isinstance(item, asyncio.Event):
                item.set()
