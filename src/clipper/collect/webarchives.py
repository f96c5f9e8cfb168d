"""A web archive that somebody brings, read as a stream, from where an earlier run stopped.

How far a file was read is noted in the archive's cache, and only as far as everything before is kept. Without the
note the file is read from its beginning, and what is archived already is seen.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from clipper.archive.captures import Capture, Found, Passed, read
from clipper.archive.notes import read_note, write_note
from clipper.errors import FetchFailed, Refused

_AHEAD = 16  # records that are read at a time: so many bodies wait in memory
_AHEAD_BYTES = 4 << 20
_NOTED = 50  # pages after which the place is noted
_SHOWN = 5  # troubles of a kind that are told one by one
_WORDS = {
    "request": "requests", "revisit": "repeats of a page", "metadata": "notes", "warcinfo": "notes",
    "other": "pictures, scripts and other files", "damaged": "damaged records",
}  # fmt: skip


class _Place(NamedTuple):
    """Where reading goes on: the byte of a member of the file, and the byte within what is packed as a whole."""

    end: int
    member: str
    within: int


class Stream:
    """The pages of one web archive. ``note`` is told in one line what is wrong with it.

    Without a ``cache`` it is read from its beginning, and nothing is noted. ``generation`` is the catalogue's: a
    note is good for the articles that it was made beside.
    """

    def __init__(self, cache: Path | None, generation: str, path: Path, note: Callable[[str], None]) -> None:
        self._path = path
        self._note = note
        self._state = cache / "webarchives.json" if cache else None
        self._key = str(path.absolute())
        self._passed: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._generation = generation
        self._troubles = 0
        self._open: dict[int, _Place] = {}  # where reading goes on after those that are not kept yet
        self._numbers = {"given": 0, "kept": 0}
        self._latest: _Place | None = None
        self._exhausted = False
        self._resumed = False
        try:
            status = path.stat()
        except OSError as error:
            raise FetchFailed(f"cannot be read ({error.strerror})") from None
        self.size = status.st_size
        self._is = [status.st_size, status.st_mtime_ns, self._generation]

    async def captures(self) -> AsyncIterator[tuple[Capture, int]]:
        """Give each page and its number, to be given back to ``kept``. Raises Refused and FetchFailed."""
        start = self._noted()
        self._resumed = bool(start.end or start.member)
        if self._resumed:
            self._note("going on where the last run stopped")
        found = read(self._path, start.end, start.member, start.within)
        while some := await asyncio.to_thread(_several, found):
            for one in some:
                if isinstance(one, Passed):
                    self._pass(one)
                    continue
                if one.problem:
                    self._trouble(f"{one.exchange.url}: {one.problem}")
                self._numbers["given"] += 1
                number = self._numbers["given"]
                self._open[number] = _Place(one.end, one.file, one.within)
                yield one, number
        self._exhausted = True
        self._forget_when_done()

    def kept(self, number: int) -> None:
        """Hear that a page is in the archive, or never will be."""
        done = self._open.pop(number, None)
        self._numbers["kept"] += 1
        first = min(self._open, default=None)
        if done and (first is None or first > number):
            self._latest = done
        if self._latest and self._numbers["kept"] % _NOTED == 0 and not (first and first < number):
            self._remember(self._latest)
        self._forget_when_done()

    def refuse(self, error: Refused) -> None:
        """Hear that a page is no article: a web archive is full of lists and forms, which are told together."""
        self._refused[str(error)] += 1

    def summary(self) -> list[str]:
        """Return lines on what was not archived, once everything was read."""
        lines = []
        if self._refused:
            most = ", ".join(f"{count} {cause}" for cause, count in self._refused.most_common(3))
            count = self._refused.total()
            lines.append(f"{count} {'page is no article' if count == 1 else 'pages are no articles'} ({most})")
        passed = {
            kind: count
            for kind, count in self._passed.items()
            if kind not in ("end", "request", "warcinfo", "metadata")
        }
        if passed:
            lines.append(
                "passed over: "
                + ", ".join(f"{count} {_WORDS.get(kind, kind)}" for kind, count in sorted(passed.items()))
            )
        if self._troubles > _SHOWN:
            lines.append(f"{self._troubles - _SHOWN} more records with such troubles")
        return lines

    def failure(self) -> str | None:
        """Return why the file did not give all that is in it, once it was read; None when it did."""
        if self._passed["damaged"]:
            return f"{self._passed['damaged']} damaged parts could not be read; the rest is taken"
        if not self._resumed and not self._numbers["given"] - self._refused.total():
            return "no page in it is an article"
        return None

    def _pass(self, one: Passed) -> None:
        self._passed[one.kind] += 1
        if one.problem:
            place = f"{one.file}: " if one.file else ""
            self._trouble(f"{place}byte {one.offset}: {one.problem}")

    def _trouble(self, said: str) -> None:
        self._troubles += 1
        if self._troubles <= _SHOWN:
            self._note(said)

    # -- where reading stopped ----------------------------------------------------------------------------

    def _notes(self) -> dict[str, Any]:
        noted = read_note(self._state) if self._state else None
        return noted if isinstance(noted, dict) else {}

    def _noted(self) -> _Place:
        one = self._notes().get(self._key)
        if not isinstance(one, dict) or one.get("is") != self._is:
            return _Place(0, "", 0)
        end, member, within = one.get("end"), one.get("member"), one.get("within")
        if isinstance(end, int) and isinstance(within, int) and isinstance(member, str) and min(end, within) >= 0:
            return _Place(end, member, within)
        return _Place(0, "", 0)

    def _remember(self, last: _Place) -> None:
        if self._state:
            write_note(self._state, {**self._notes(), self._key: {"is": self._is, **last._asdict()}})

    def _forget_when_done(self) -> None:
        if self._exhausted and not self._open:
            notes = self._notes()
            if self._state and notes.pop(self._key, None) is not None:
                write_note(self._state, notes)


def _several(found: Iterator[Found]) -> list[Found]:
    """Return the next few records: so many, or so many bytes of pages."""
    some: list[Found] = []
    size = 0
    for one in found:
        some.append(one)
        size += len(one.exchange.payload) if isinstance(one, Capture) else 0
        if len(some) >= _AHEAD or size >= _AHEAD_BYTES:
            break
    return some
