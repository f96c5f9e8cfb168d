"""What a source lists at this moment: its own page, and the sitemaps or further pages that this leads to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from clipper.archive.store import utc
from clipper.collect import schedule
from clipper.collect.entries import Entry, Found, More
from clipper.collect.validators import FULL_EVERY, Memory, Validators
from clipper.collect.web import Answer, Web
from clipper.config import Source
from clipper.errors import FetchFailed, Refused
from clipper.identity import url_key

MAX_PAGES = 100  # sitemaps of an index that one run reads
MAX_ENTRIES = 50_000  # of one source that one run looks at
_DAY = timedelta(days=1)


@dataclass
class Survey:
    """What was found: the entries, and what the server said of coming back (seconds, None for nothing).

    ``unchanged`` tells that the source answered that nothing has changed; ``left_out`` counts entries beyond what is
    read, ``troubles`` names further pages that could not be read, each with its cause.
    """

    entries: list[Entry] = field(default_factory=list)
    unchanged: bool = False
    ttl: float | None = None
    max_age: float | None = None
    left_out: int = 0
    troubles: list[tuple[str, str]] = field(default_factory=list)
    answers: list[tuple[str, Answer]] = field(default_factory=list)

    def remember(self, memory: Memory, source: Source, until: datetime | None) -> None:
        """Note that everything listed was dealt with, or waits ``until`` a moment."""
        for asked, answer in self.answers:
            memory.answered(source, asked, answer.url, answer.headers, answer.body, until)


Read = Callable[[Source, Answer, int], Awaitable[Found]]


async def survey(web: Web, source: Source, memory: Memory, known: Callable[[Entry], bool], read: Read) -> Survey:
    """Read a source. ``known`` tells whether an entry is in the archive: a listing is read back to what is.

    ``read`` returns what a page of it lists. Raises FetchFailed and Refused when the source's own page cannot be
    read, Stopped when the run is to end.
    """
    found = Survey()
    if source.kind == "page":
        found.entries = [Entry(url=source.url)]
        return found
    first = await _read(web, source, memory, read, More(source.url, depth=0), found)
    if first is None:
        found.unchanged = True
        return found
    seen = {url_key(source.url)}
    waiting = _in_turn(source, memory, first.more)
    listed = list(first.entries)
    while waiting:
        more = waiting.pop(0)
        if url_key(more.url) in seen:
            continue
        if len(seen) > MAX_PAGES:
            rest = f"{len(waiting) + 1} of the pages that the source lists wait for the next run"
            found.troubles.append((more.url, f"not read: {MAX_PAGES} are enough for one run; {rest}"))
            break
        if source.kind == "listing" and all(known(entry) for entry in listed):
            break
        seen.add(url_key(more.url))
        if _is_older(more, memory.get(source, more.url)):
            continue
        try:
            page = await _read(web, source, memory, read, more, found)
        except (FetchFailed, Refused) as error:
            found.troubles.append((more.url, str(error)))
            continue
        if page:
            listed = page.entries
            waiting += page.more
        if len(found.entries) > MAX_ENTRIES:
            found.left_out += len(found.entries) - MAX_ENTRIES
            del found.entries[MAX_ENTRIES:]
            break
    once: dict[str, Entry] = {}
    for number, entry in enumerate(found.entries):
        once.setdefault(url_key(entry.url) if entry.url else f"guid {entry.guid or number}", entry)
    found.entries = list(once.values())
    return found


def _in_turn(source: Source, memory: Memory, pages: Sequence[More]) -> list[More]:
    """Return the pages that a source lists in the order of reading: of too many, those not read for longest first."""
    if len(pages) < MAX_PAGES:
        return list(pages)
    read = {page.url: memory.get(source, page.url) for page in pages}
    return sorted(pages, key=lambda page: known.at if (known := read[page.url]) else "")


def _is_older(more: More, before: Validators | None) -> bool:
    """Whether a sitemap has not changed since it was last read, by its index, and nothing in it waits to be tried."""
    if before is None or not before.at or not more.lastmod or before.asked >= FULL_EVERY:
        return False
    # An index may tell no more than the day: what is new in the rest of that day does not show in it.
    last = datetime.fromisoformat(more.lastmod) + (_DAY if more.lastmod.endswith("T00:00:00Z") else timedelta())
    return utc(last) < before.at


async def _read(web: Web, source: Source, memory: Memory, read: Read, page: More, found: Survey) -> Found | None:
    """Return what one page of a source lists, None when it has not changed; add it to what was found."""
    answer = await web.get(page.url, memory.get(source, page.url), hold=True)
    try:
        return await _listed(source, memory, read, page, found, answer)
    finally:
        if answer.share:
            answer.share.give_back()


async def _listed(
    source: Source, memory: Memory, read: Read, page: More, found: Survey, answer: Answer
) -> Found | None:
    """Return what an answer lists, as above."""
    if page.depth == 0:
        found.max_age = schedule.max_age(answer.headers)
    if answer.status == 304:
        memory.unchanged(source, page.url)
        return None
    memory.begin(source, page.url)
    listed = await read(source, answer, page.depth)
    if page.depth == 0:
        found.ttl = listed.ttl
    found.entries += listed.entries
    found.left_out += listed.left_out
    if listed.more_left_out:
        found.troubles.append((page.url, f"{listed.more_left_out} further pages are left out: too many for one source"))
    # An index of sitemaps may stay as it is while what it lists changes: it is always read whole.
    if source.kind != "sitemap" or not listed.more:
        found.answers.append((page.url, answer))
    return listed
