"""The end of a fetch's conveyor: what was read is put into the archive in small batches, and counted.

Whoever reads pages hands over what came of them; one task keeps it. A lull ends a batch.
"""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from clipper.archive.catalogue import is_taken_out
from clipper.archive.entering import url_number
from clipper.archive.likeness import Likeness
from clipper.archive.store import Archive
from clipper.archive.tables import as_key
from clipper.archive.warc import Exchange
from clipper.collect.candidate import Candidate
from clipper.collect.keep import keep, keep_raw, open_index
from clipper.errors import ClipperError, Refused, TookTooLong
from clipper.identity import url_key
from clipper.models import Outcome, SourceReport, Status
from clipper.text import without_secrets

BATCH = 40  # articles that wait at most, four times over, before reading pages waits too
# Pages after which unreachable circles are looked for. Python counts objects, not bytes: a few thousand that hold pages
# are nothing to it, and a hundred megabytes.
_TIDIED = 500
LULL = 0.5  # seconds for which a batch waits to be filled
_COUNTED = ("added", "revised", "seen", "refused", "failed", "put_off", "left_out")


class Watcher(Protocol):
    """Who is told how a fetch goes."""

    def expect(self, more: int) -> None:
        """So many more articles are to be asked for."""

    def outcome(self, source: str, outcome: Outcome) -> None:
        """One of them came, or did not."""

    def source(self, report: SourceReport) -> None:
        """A source is done."""


@dataclass
class Tally:
    """What has come of one source so far. ``pending`` counts what is worth trying again in the next run."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    error: str | None = None
    unchanged: bool = False
    pending: int = 0

    def report(self) -> SourceReport:
        """Return the counts as the archive records them."""
        return SourceReport(
            source=self.name, error=self.error, unchanged=self.unchanged, **{k: self.counts[k] for k in _COUNTED}
        )


@dataclass(frozen=True)
class Ready:
    """An article that waits to be kept."""

    tally: Tally
    candidate: Candidate


@dataclass(frozen=True)
class Same:
    """A page that was asked for again and is as it was. ``chain`` is to be kept, when it is not empty."""

    tally: Tally
    target: str
    article: str
    chain: tuple[Exchange, ...] = ()


@dataclass(frozen=True)
class Lost:
    """A page of which no article came. ``chain`` is what was sent, when the page could be read another day."""

    tally: Tally
    target: str
    error: ClipperError
    chain: tuple[Exchange, ...] = ()


# What the queue holds: a page, or an event to set when all before it is kept.
Item = Ready | Same | Lost | asyncio.Event


@dataclass
class _Written:
    """What became of a batch: of each article in order, and where the raw answers of other pages lie."""

    outcomes: list[Outcome]
    places: dict[int, dict[str, Any]]


class Keeper:
    """Keeps what a run brings. ``raw`` tells whether the servers' raw answers are kept as well.

    The archive is written in a thread of its own, through a door of its own: the network is not to wait for the disk.
    """

    def __init__(self, archive: Archive, watcher: Watcher, *, raw: bool) -> None:
        self._path, self._warn = archive.path, archive.warn
        self._watcher = watcher
        self._raw = raw
        self._queue: asyncio.Queue[Item] = asyncio.Queue(maxsize=4 * BATCH)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="clipper-keeper")
        self._since = 0  # pages since memory was tidied
        self._door: tuple[Archive, Likeness] | None = None  # used by that thread only
        self._hand: list[Item] = []  # taken from the queue, not kept yet
        self._under_way: tuple[list[Item], Future[_Written]] | None = None
        self.not_archived: list[dict[str, Any]] = []
        self.redirected: list[dict[str, Any]] = []
        self.unchanged: list[str] = []
        self.problems = 0

    async def put(self, item: Item) -> None:
        """Hand over what came of a page; waits while too much waits to be kept."""
        await self._queue.put(item)

    async def settled(self) -> None:
        """Wait until everything that was handed over is in the archive."""
        done = asyncio.Event()
        await self._queue.put(done)
        await done.wait()

    async def run(self) -> None:
        """Keep what comes, until cancelled. Raises CannotWork and Locked when the archive cannot be written."""
        while True:
            self._hand.append(await self._queue.get())
            until = asyncio.get_running_loop().time() + LULL
            while len(self._hand) < BATCH and not isinstance(self._hand[-1], asyncio.Event):
                try:
                    async with asyncio.timeout_at(until):
                        self._hand.append(await self._queue.get())
                except TimeoutError:
                    break
            self._begin()
            assert self._under_way
            await asyncio.shield(asyncio.wrap_future(self._under_way[1]))
            self._end()

    def finish(self) -> None:
        """Keep what is still waiting, wherever ``run`` was stopped."""
        self._end()
        self._begin()
        self._end()

    def close(self) -> None:
        """Let go of the archive."""
        self._thread.submit(self._close).result()
        self._thread.shutdown()

    def _begin(self) -> None:
        """Give what is in the hand and in the queue to the thread."""
        items, self._hand = self._hand, []
        while not self._queue.empty():
            items.append(self._queue.get_nowait())
        self._under_way = (items, self._thread.submit(self._write, items))

    def _end(self) -> None:
        """Wait for the thread, and tell what became of what it was given."""
        if self._under_way is None:
            return
        (items, writing), self._under_way = self._under_way, None
        written = writing.result()
        for item in items:
            if isinstance(item, Ready):
                self._kept(item, written.outcomes.pop(0))
            elif isinstance(item, Lost):
                self._lost(item, written.places.get(id(item)))
            elif isinstance(item, Same):
                self.unchanged.append(item.article)
                self._tell(item.tally, Outcome(target=item.target, id=item.article, status="seen"))
        for item in items:
            if isinstance(item, asyncio.Event):
                item.set()

    def _write(self, items: Sequence[Item]) -> _Written:
        """Put a batch into the archive. Runs in the thread."""
        ready = [item.candidate for item in items if isinstance(item, Ready)]
        others = [item for item in items if isinstance(item, (Lost, Same)) and item.chain and self._raw]
        if not ready and not others:
            return _Written([], {})
        if self._door is None:
            archive = Archive(self._path, self._warn)
            self._door = archive, open_index(archive)
        archive, index = self._door
        outcomes = keep(archive, ready, raw=self._raw, index=index)
        self._since += len(items)
        if self._since >= _TIDIED:
            gc.collect()
            self._since = 0
        places = zip(map(id, others), keep_raw(archive, [item.chain for item in others]), strict=True)
        return _Written(outcomes, {item: place for item, place in places if place is not None})

    def _close(self) -> None:
        if self._door:
            self._door[0].catalogue.close()
            self._door[1].close()

    def _kept(self, one: Ready, outcome: Outcome) -> None:
        candidate = one.candidate
        if outcome.status == "refused" and candidate.asked:  # by which it is known without asking for it again
            key = as_key(url_number(candidate.asked))
            self.not_archived.append({"target": None, "source": one.tally.name, "status": "refused",
                                      "cause": outcome.cause, "lasting": True, "key": key})  # fmt: skip
        if candidate.again and outcome.status == "seen":
            self.unchanged.append(candidate.again)
        asked, url = candidate.asked, candidate.article.url
        if asked and url and outcome.id and (url_key(asked) != url_key(url) or outcome.status == "seen"):
            self.redirected.append({"target": asked, "id": outcome.id})
        self._tell(one.tally, outcome)

    def _lost(self, item: Lost, place: dict[str, Any] | None) -> None:
        error = item.error
        status: Status = "refused" if isinstance(error, Refused) else "failed"
        # What took too long is given up only when it can be read another day without asking for it.
        lasting = error.lasting if isinstance(error, Refused) else isinstance(error, TookTooLong) and bool(place)
        expected = isinstance(error, Refused) and error.expected
        self.problems += not expected
        item.tally.pending += not lasting and not expected
        said = without_secrets(str(error))  # where a redirect was to lead may stand in it
        cause = f"{said}; its raw page is kept" if place and isinstance(error, TookTooLong) else said
        if is_taken_out(cause):  # its address is not to be written down again
            self._tell(item.tally, Outcome(target=item.target, id=None, status=status, cause=cause))
            return
        told = {"target": item.target, "source": item.tally.name, "status": status, "cause": cause, "lasting": lasting}
        self.not_archived.append({**told, "warc": place} if place else told)
        self._tell(item.tally, Outcome(target=item.target, id=None, status=status, cause=cause))

    def _tell(self, tally: Tally, outcome: Outcome) -> None:
        tally.counts[outcome.status] += 1
        self._watcher.outcome(tally.name, outcome)
