"""``add --dry-run``: what would become of each article, with nothing written."""

from __future__ import annotations

import asyncio
from typing import Any

from clipper.archive.store import Archive
from clipper.collect.keep import Preview
from clipper.collect.keeper import Item, Lost, Ready, Watcher
from clipper.errors import Refused
from clipper.models import Outcome, Status


class Judge:
    """Stands where a Keeper stands, and keeps nothing."""

    def __init__(self, archive: Archive, watcher: Watcher) -> None:
        self._preview = Preview(archive)
        self._watcher = watcher
        self.not_archived: list[dict[str, Any]] = []
        self.redirected: list[dict[str, Any]] = []

    async def put(self, item: Item) -> None:
        """Tell at once what would become of it."""
        if isinstance(item, Ready):
            outcome = self._preview.of(item.candidate)
            item.tally.counts[outcome.status] += 1
            self._watcher.outcome(item.tally.name, outcome)
        elif isinstance(item, Lost):
            status: Status = "refused" if isinstance(item.error, Refused) else "failed"
            outcome = Outcome(target=item.target, id=None, status=status, cause=str(item.error))
            item.tally.counts[status] += 1
            self._watcher.outcome(item.tally.name, outcome)

    async def run(self) -> None:
        """Wait until cancelled, as a Keeper does."""
        await asyncio.Event().wait()

    async def settled(self) -> None:
        """Return: nothing waits."""

    def finish(self) -> None:
        """Do nothing: nothing waits."""

    def close(self) -> None:
        """Do nothing: nothing is open."""
