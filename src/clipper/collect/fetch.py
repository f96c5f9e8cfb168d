"""One run of ``fetch``: every source read, every new article asked for once, everything that came kept.

Hosts are asked side by side, each one request at a time. Pages are read in worker processes while the network goes
on, and what has been read is put into the archive in small batches; a run that is stopped keeps what it has.
"""

from __future__ import annotations

import asyncio
import signal
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from clipper import __version__
from clipper.archive import locks
from clipper.archive.store import Archive, now, utc
from clipper.archive.warc import payload_digest
from clipper.collect import schedule
from clipper.collect.agenda import Agenda, Ask, PutOff
from clipper.collect.candidate import Candidate, from_page, is_another, make_article
from clipper.collect.document import Page, refuse_other_media
from clipper.collect.entries import Entry, wanted
from clipper.collect.facts import Facts, hear
from clipper.collect.keep import kept_answer
from clipper.collect.keeper import Keeper, Lost, Ready, Same, Tally, Watcher
from clipper.collect.survey import Survey, survey
from clipper.collect.validators import Memory
from clipper.collect.web import Answer, Stopped, Web, host_of
from clipper.collect.workers import Workers
from clipper.config import Config, Source
from clipper.errors import ClipperError, FetchFailed, Refused, TookTooLong, first_of
from clipper.identity import url_key
from clipper.models import Article, Outcome, Run, SourceReport

LEAST_FULL_TEXT = 50  # words in a feed's entry that make it the whole article
GRACE = 5.0  # seconds that what is under way may take to come to its end when the run is stopped
_REMEMBERED = 64  # pages whose reading is kept, for another URL that sends the same bytes

__all__ = ["Result", "Watcher", "fetch"]


@dataclass
class Result:
    """How a fetch went.

    ``problems`` counts the pages that were to be had and are not in the archive; what robots.txt forbids is not
    among them. ``not_due`` names the sources that were not asked because it was not their time. ``stopped_by`` is the
    number of the signal that ended the run early, if one did.
    """

    reports: list[SourceReport] = field(default_factory=list)
    problems: int = 0
    not_due: dict[str, datetime] = field(default_factory=dict)
    stopped_by: int | None = None


def fetch(
    config: Config,
    archive: Archive,
    wanted: Sequence[str],
    watcher: Watcher,
    *,
    due: bool = False,
    revisit: timedelta | None = None,
) -> Result:
    """Fetch what is new from the named sources, or from all; with ``due`` only from those whose time has come.

    With ``revisit``, articles of these sources whose pages were last asked for that long ago are asked for again.
    Raises UsageError for an unknown source, Locked when another fetch runs, CannotWork when the archive cannot
    be written.
    """
    sources = config.chosen(wanted)
    with locks.fetching(archive.path):
        archive.catalogue.catch_up()
        archive.settle()
        run = _Fetch(config, archive, watcher, revisit)
        return asyncio.run(run.run(sources, due))


@dataclass(frozen=True)
class _Task:
    """A page to ask for: which source's, which entry, and which article it is when it is asked for again."""

    source: Source
    entry: Entry
    tally: Tally
    again: str | None = None

    @property
    def target(self) -> str:
        return self.entry.url or self.entry.facts.title or self.entry.guid or "an entry"


@dataclass(frozen=True)
class _Before:
    """What the archive has of a page that is asked for again: for a conditional request."""

    article: Article
    url: str
    headers: Mapping[str, str]

    def conditions(self) -> Mapping[str, str]:
        """Return the headers of a conditional request."""
        said = {"If-None-Match": self.headers.get("etag"), "If-Modified-Since": self.headers.get("last-modified")}
        return {name: value for name, value in said.items() if value and value.isascii() and value.isprintable()}


def _foreseen(error: Exception) -> ClipperError:
    """Return the error that one target's trouble is: what nobody foresaw in it must not cost the others."""
    if isinstance(error, (FetchFailed, Refused)):
        return copy(error)  # without its traceback, which would keep the page's bytes alive
    return FetchFailed(f"it could not be read ({type(error).__name__})")


class _Fetch:
    def __init__(self, config: Config, archive: Archive, watcher: Watcher, revisit: timedelta | None) -> None:
        self._config = config
        self._archive = archive
        self._watcher = watcher
        self._began = now()
        self._revisit = revisit
        self._agenda = Agenda(archive.catalogue, self._began)
        self._memory = Memory(archive.cache, self._began)
        self._states = schedule.States(archive.cache)
        self._keeper = Keeper(archive, watcher, raw=config.fetch.warc)
        self._read: OrderedDict[bytes, asyncio.Future[Page | ClipperError]] = OrderedDict()

    async def run(self, sources: Sequence[Source], due: bool) -> Result:
        result = Result()
        if due:
            sources, result.not_due = self._due(sources)
        tallies = [Tally(source.name) for source in sources]
        async with Web(self._config.fetch, self._archive.cache) as web, Workers() as workers:
            # Pages that are asked for or being read at one time; more would only fill the memory.
            self._room = asyncio.Semaphore(self._config.fetch.concurrency + 2 * workers.count)
            work = asyncio.ensure_future(self._all(web, workers, sources, tallies))
            self._heed_signals(result, work, web)
            with suppress(asyncio.CancelledError):
                await work
        self._keeper.finish()  # what a signal found read but not yet kept
        self._keeper.close()
        self._memory.save()
        self._states.save()
        result.reports = [tally.report() for tally in tallies]
        result.problems = self._keeper.problems
        if sources:
            self._record(result)
        return result

    def _record(self, result: Result) -> None:
        self._archive.add_run(
            Run(
                command="fetch",
                started=utc(self._began),
                ended=utc(now()),
                version=__version__,
                sources=[report.to_json() for report in result.reports],
                not_archived=self._keeper.not_archived,
                redirected=self._keeper.redirected,
                unchanged=self._keeper.unchanged,
                interrupted=result.stopped_by is not None,
            )
        )

    def _due(self, sources: Sequence[Source]) -> tuple[list[Source], dict[str, datetime]]:
        """Return the sources whose time has come, and when that of the others will."""
        asked, later = [], {}
        runs = list(schedule.read_runs(self._archive.path, schedule.RECENT))
        for source in sources:
            per_week = schedule.per_week(runs, source.name, self._began)
            moment = schedule.next_check(self._states.get(source.name), per_week, self._began)
            if moment <= self._began:
                asked.append(source)
            else:
                later[source.name] = moment
        return asked, later

    @staticmethod
    def _heed_signals(result: Result, work: asyncio.Future[None], web: Web) -> None:
        loop = asyncio.get_running_loop()

        def stop(number: int) -> None:
            if result.stopped_by is not None:
                work.cancel()  # a second signal: at once
                return
            result.stopped_by = number
            web.stop()
            loop.call_later(GRACE, work.cancel)

        for number in (signal.SIGINT, signal.SIGTERM):
            # Not to be had outside the main thread, nor on every system: then the signal's own way holds.
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, stop, number)

    async def _all(self, web: Web, workers: Workers, sources: Sequence[Source], tallies: Sequence[Tally]) -> None:
        # The keeper is in the outer group: when the archive cannot be written, asking ends too.
        try:
            async with asyncio.TaskGroup() as outer:
                keeping = outer.create_task(self._keeper.run())
                async with asyncio.TaskGroup() as inner:
                    for source, tally in zip(sources, tallies, strict=True):
                        inner.create_task(self._source(web, workers, source, tally))
                await self._keeper.settled()
                keeping.cancel()
        except BaseExceptionGroup as group:
            raise first_of(group) from None

    # -- one source ---------------------------------------------------------------------------------------

    async def _source(self, web: Web, workers: Workers, source: Source, tally: Tally) -> None:
        try:
            found = await survey(
                web, source, self._memory, lambda e: bool(self._agenda.article(source.name, e)),
                lambda s, a, depth: workers.read_source(s, a.payload, a.url, a.content_type, a.coding, depth),
            )  # fmt: skip
        except Stopped:
            tally.error = f"{source.url}: the run was stopped before it was asked"
            return
        except Exception as error:
            cause = _foreseen(error)
            tally.error = f"{source.url}: {cause}"
            self._states.failed(source.name, now(), str(cause))
            self._watcher.source(tally.report())
            return
        tally.unchanged, tally.counts["left_out"] = found.unchanged, found.left_out
        tasks, until = await self._plan(source, tally, found)
        self._watcher.expect(len(tasks))
        by_host: dict[object, list[_Task]] = defaultdict(list)
        for task in tasks:
            by_host[_host(task)].append(task)
        async with asyncio.TaskGroup() as group:
            for row in by_host.values():
                group.create_task(self._row(web, workers, row))
        for url, said in found.troubles:
            await self._keeper.put(Lost(tally, url, FetchFailed(said)))
        await self._keeper.settled()
        done = sum(tally.counts[name] for name in ("added", "revised", "seen", "refused", "failed"))
        if source.kind != "page" and not tally.pending and not tally.unchanged and done >= len(tasks):
            found.remember(self._memory, source, until)
        if source.kind == "page" and tally.counts["failed"] + tally.counts["refused"]:
            lost = (n for n in self._keeper.not_archived if n["target"] == source.url)
            tally.error = next((f"{n['target']}: {n['cause']}" for n in lost), None)
        if tally.error:
            self._states.failed(source.name, now(), tally.error.partition(": ")[2])
        else:
            new = tally.counts["added"] + tally.counts["revised"]
            self._states.succeeded(source.name, now(), found.ttl, found.max_age, unchanged=not new)
        self._watcher.source(tally.report())

    async def _plan(self, source: Source, tally: Tally, found: Survey) -> tuple[list[_Task], datetime | None]:
        """Return the pages to ask for, and when the first of those that are put off is to be tried again."""
        tasks: list[_Task] = []
        until: datetime | None = None
        for number, entry in enumerate(found.entries):
            if number % 100 == 99:
                await asyncio.sleep(0)  # a long list must not keep a signal waiting
            if source.kind != "page" and not wanted(entry, source.match, source.drop, source.since):
                continue
            decision = self._agenda.decide(source.name, entry)
            if isinstance(decision, Ask):
                tasks.append(_Task(source, entry, tally, decision.again))
            elif isinstance(decision, PutOff):
                tally.counts["put_off"] += 1
                until = min(until or decision.until, decision.until)
            else:
                tally.counts["seen"] += 1
                target = entry.url or entry.guid or "an entry"
                said = Outcome(target=target, id=decision.id, status="seen", cause=decision.cause)
                self._watcher.outcome(source.name, said)
        if self._revisit is not None:
            before = utc(self._began - self._revisit)
            for article, url, _ in self._archive.catalogue.last_checked(source.name, before):
                if isinstance(decision := self._agenda.again(article, url), Ask):
                    tasks.append(_Task(source, Entry(url=url), tally, article))
        return tasks, until

    # -- one page -----------------------------------------------------------------------------------------

    async def _row(self, web: Web, workers: Workers, tasks: Iterable[_Task]) -> None:
        """Ask for the pages of one host, one after the other; what came is read while the next one is asked for."""
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                await self._room.acquire()
                answer = before = None
                try:
                    before = self._before(task)
                    if not self._in_feed(task):
                        answer = await self._answer(web, task, before)
                except Stopped:
                    self._room.release()
                    return
                except Exception as error:
                    self._room.release()
                    await self._keeper.put(Lost(task.tally, task.target, _foreseen(error)))
                    continue
                except BaseException:
                    self._room.release()
                    raise
                group.create_task(self._take(workers, task, answer, before))

    @staticmethod
    def _in_feed(task: _Task) -> bool:
        return task.source.full_text and len(task.entry.content.split()) >= LEAST_FULL_TEXT

    @staticmethod
    async def _answer(web: Web, task: _Task, before: _Before | None) -> Answer:
        if task.entry.url is None:
            raise Refused("an entry without a link")
        return await web.get(task.entry.url, before, hold=True)

    def _before(self, task: _Task) -> _Before | None:
        """Return what the archive has of a page that is asked for again."""
        stored = self._archive.catalogue.get(task.again) if task.again else None
        if stored is None:
            return None
        article = self._archive.read(stored.place)
        headers: Mapping[str, str] = {}
        url = task.entry.url or ""
        if article.warc:
            with suppress(ClipperError):
                kept = self._archive.read_raw(article.warc)
                headers, url = kept.headers, kept.url
        return _Before(article, url, headers)

    async def _take(self, workers: Workers, task: _Task, answer: Answer | None, before: _Before | None) -> None:
        """Read what came of a page, and hand it over. There is room for another page only then."""
        try:
            try:
                if answer is None:
                    item: Ready | Same | Lost = Ready(task.tally, self._from_feed(task))
                elif before and (same := self._same(task, answer, before)):
                    item = same
                else:
                    item = await self._from_page(workers, task, answer, before)
            except Exception as error:
                foreseen = _foreseen(error)
                worth = isinstance(foreseen, TookTooLong) or (isinstance(foreseen, Refused) and foreseen.lasting)
                item = Lost(task.tally, task.target, foreseen, answer.exchanges if worth and answer else ())
            await self._keeper.put(item)
            if answer and answer.share and answer.share.held:
                del item
                await self._keeper.settled()  # until then the archive's thread holds it too
        finally:
            if answer and answer.share:
                answer.share.give_back()
            self._room.release()

    def _same(self, task: _Task, answer: Answer, before: _Before) -> Same | None:
        """Return the news that a page is as it was, None when it has to be read."""
        assert task.again
        kept = kept_answer(self._archive, before.article)
        last = answer.exchanges[-1]
        if answer.status != 304 and (kept is None or payload_digest(last.payload) != kept.digest):
            return None
        chain = (*answer.exchanges[:-1], replace(last, same_as=kept)) if kept else ()
        return Same(task.tally, task.target, task.again, chain)

    def _from_feed(self, task: _Task) -> Candidate:
        entry = task.entry
        article = make_article(
            hear(Facts(outlet=task.source.outlet), entry.facts), text=entry.content, url=entry.url,
            canonical=entry.url, fetched=utc(now()), source=task.source.name, extractor="feed", guid=entry.guid,
        )  # fmt: skip
        return Candidate(article=article, asked=entry.url, revise=bool(task.again), again=task.again)

    async def _from_page(self, workers: Workers, task: _Task, answer: Answer, before: _Before | None) -> Ready:
        refuse_other_media(answer.content_type)
        page = await self._page(workers, answer)
        article = from_page(
            page, url=answer.url, fetched=utc(now()), source=task.source.name,
            configured=Facts(outlet=task.source.outlet), feed=task.entry.facts, guid=task.entry.guid,
        )  # fmt: skip
        again, asked = task.again, task.entry.url
        if before and not self._is_still(before.article, article, asked):
            again, asked = None, article.url  # what its link leads to now is another story, kept as such
        candidate = Candidate(article=article, asked=asked, chain=answer.exchanges, revise=bool(again), again=again)
        return Ready(task.tally, candidate)

    def _is_still(self, stored: Article, found: Article, asked: str | None) -> bool:
        """Whether a page that was asked for again is the article that it was: its link may lead elsewhere now.

        Raises Refused when that is another article of the archive.
        """
        if not asked or not found.url or url_key(asked) == url_key(found.url):
            return True
        other = self._archive.catalogue.by_url(found.url)
        if other and other != stored.id:
            raise Refused(f"its link now leads to another article, {other}", lasting=False, expected=True)
        return not is_another(stored, found)

    async def _page(self, workers: Workers, answer: Answer) -> Page:
        """Return what a page holds; the same bytes are read once, whatever the URL that sends them."""

        def read() -> Awaitable[Page | ClipperError]:
            return _outcome(workers.read(answer.payload, answer.url, answer.content_type, answer.coding))

        if answer.share and answer.share.held:  # a large one is not worth the memory
            return _page_of(await read())
        key = sha256(answer.payload).digest() + f"{answer.coding} {answer.content_type}".encode("utf-8", "replace")
        if key not in self._read:
            reading = asyncio.ensure_future(read())
            # A run that is stopped leaves readings that nobody waits for: what they end in is no news.
            reading.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._read[key] = reading
            if len(self._read) > _REMEMBERED:
                self._read.popitem(last=False)
        return _page_of(await asyncio.shield(self._read[key]))


async def _outcome(reading: Awaitable[Page]) -> Page | ClipperError:
    """Return what a reading ends in; an error without its traceback, which would keep the page's bytes alive."""
    try:
        return await reading
    except (FetchFailed, Refused) as error:
        return copy(error)


def _page_of(outcome: Page | ClipperError) -> Page:
    if isinstance(outcome, ClipperError):
        raise copy(outcome)
    return outcome


def _host(task: _Task) -> object:
    """Return what a page's host is told apart by; pages without a host that can be read are a row of their own."""
    try:
        return host_of(task.entry.url or "")
    except ValueError:
        return None
