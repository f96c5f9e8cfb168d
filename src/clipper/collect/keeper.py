"""The end of a fetch's conveyor: what was read is put into the archive in small batches, and counted.

Whoever reads pages hands over what came of them; one task keeps it. A lull ends a batch.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from clipper.archive.likeness import Likeness
from clipper.archive.store import Archive
from clipper.archive.warc import Exchange
from clipper.collect.candidate import Candidate
from clipper.collect.keep import keep, keep_raw, open_index
from clipper.errors import ClipperError, Refused, TookTooLong
from clipper.identity import url_key
from clipper.models import Outcome, SourceReport, Status

BATCH = 40  # articles that wait at most, four times over, before reading pages waits too
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


class Keeper:
    """Keeps what a run brings. ``raw`` tells whether the servers' raw answers are kept as well."""

    def __init__(self, archive: Archive, watcher: Watcher, *, raw: bool) -> None:
        self._archive = archive
        self._watcher = watcher
        self._raw = raw
        self._queue: asyncio.Queue[Item] = asyncio.Queue(maxsize=4 * BATCH)
        self._index: Likeness | None = None
        self._hand: list[Item] = []  # taken from the queue, not kept yet
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
            self.finish()

    def finish(self) -> None:
        """Keep what is still waiting."""
        items, self._hand = [*self._hand, *self._waiting()], []
        self._keep(items)

    def close(self) -> None:
        """Let go of the index of copies."""
        if self._index:
            self._index.close()

    def _waiting(self) -> list[Item]:
        items: list[Item] = []
        while not self._queue.empty():
            items.append(self._queue.get_nowait())
        return items

    def _keep(self, items: Sequence[Item]) -> None:
        ready = [item for item in items if isinstance(item, Ready)]
        if ready and self._index is None:
            self._index = open_index(self._archive)
        outcomes = keep(self._archive, [one.candidate for one in ready], raw=self._raw, index=self._index)
        for one, outcome in zip(ready, outcomes, strict=True):
            self._kept(one, outcome)
        lost = [item for item in items if isinstance(item, Lost)]
        same = [item for item in items if isinstance(item, Same)]
        raw: list[Lost | Same] = [*lost, *same] if self._raw else []
        raw = [item for item in raw if item.chain]
        places = dict(zip(map(id, raw), keep_raw(self._archive, [item.chain for item in raw]), strict=True))
        for one_lost in lost:
            self._lost(one_lost, places.get(id(one_lost)))
        for one_same in same:
            self.unchanged.append(one_same.article)
            self._tell(one_same.tally, Outcome(target=one_same.target, id=one_same.article, status="seen"))
        for event in items:
            if isinstance(event, asyncio.Event):
                event.set()

    def _kept(self, one: Ready, outcome: Outcome) -> None:
        candidate = one.candidate
        if candidate.again and outcome.status == "seen":
            self.unchanged.append(candidate.again)
        asked, url = candidate.asked, candidate.article.url
        if asked and url and outcome.id and (url_key(asked) != url_key(url) or outcome.status == "seen"):
            self.redirected.append({"target": asked, "id": outcome.id})
        self._tell(one.tally, outcome)

    def _lost(self, item: Lost, place: dict[str, Any] | None) -> None:
        error = item.error
        status: Status = "refused" if isinstance(error, Refused) else "failed"
        lasting = error.lasting if isinstance(error, Refused) else isinstance(error, TookTooLong)
        expected = isinstance(error, Refused) and error.expected
        self.problems += not expected
        item.tally.pending += not lasting and not expected
        cause = f"{error}; its raw page is kept" if place and isinstance(error, TookTooLong) else str(error)
        told = {"target": item.target, "source": item.tally.name, "status": status, "cause": cause, "lasting": lasting}
        self.not_archived.append({**told, "warc": place} if place else told)
        self._tell(item.tally, Outcome(target=item.target, id=None, status=status, cause=cause))

    def _tell(self, tally: Tally, outcome: Outcome) -> None:
        tally.counts[outcome.status] += 1
        self._watcher.outcome(tally.name, outcome)
