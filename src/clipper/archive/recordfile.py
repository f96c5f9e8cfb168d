"""The records of a web archive, one after the other, whatever became of the file since it was written.

A record is a head, a blank line, as many bytes as the head says, and two line ends. Where these do not follow, the
head is not believed: the record goes up to the next line that begins one, or to the end of its gzip member.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from clipper.archive.unpacked import Damaged, Place, Stream
from clipper.archive.warc import MAX_BODY, Headers, read_head
from clipper.errors import Refused

MOST_HEAD = 1 << 16  # bytes of a head, of a record or of a message
LARGEST = MAX_BODY + MOST_HEAD  # bytes of a record that are held

_SCAN = 1 << 16
_VERSION = re.compile(rb"WARC/(?:0\.1[78]|1\.[01])[ \t]{0,4}\r?\n")
_MARK = re.compile(_VERSION.pattern + rb"(?=[A-Za-z-]{4,40}:)")
_LONGEST_MARK = 64
_HEAD_END = re.compile(rb"\n[ \t\r]*\n")
_FREE = 1 << 30  # bytes that may be looked at twice because of damages, whatever the size of the file


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record, from ``start`` to ``end``. ``content`` is its block, or the beginning of one too ``large`` to hold.

    ``headers`` are by lower-case name, the first of each. ``misfit`` tells that its length is not what its head says.
    """

    start: Place
    end: Place
    headers: dict[str, str]
    content: bytes
    large: bool = False
    misfit: bool = False


@dataclass(frozen=True, kw_only=True)
class Lost:
    """What could not be read, and why. It begins at ``start``, from which it can be tried again; it has no headers."""

    start: Place
    cause: str
    headers: dict[str, str] = field(default_factory=dict)


def records(stream: Stream) -> Iterator[Record | Lost]:
    """Give the records that can be read, and in their places what cannot.

    What is no record is told once, however much of it follows. Raises Refused for a file of so many
    damages that to read it would take no end.
    """
    reader = _Reader(stream)
    astray = told = False
    while True:
        start = stream.place()
        found: Record | Lost | None = None
        more = True
        try:
            if astray:
                reader.pass_to_record()
                astray = False
            elif stream.peek(1):
                found = reader.next()
                astray = isinstance(found, Lost)
            elif not stream.begin():
                return
        except Damaged as damage:
            found = Lost(start=start, cause=f"{damage.cause} (byte {damage.at})")
            astray = told = False
            more = stream.recover()
        if found is not None and not (told and isinstance(found, Lost)):
            yield found
        told = isinstance(found, Lost) or (told and found is None)
        if not more:
            return
        if stream.again > _FREE + 4 * stream.made:
            raise Refused("too much of it is damaged; not read on")


def by_name(headers: Headers) -> dict[str, str]:
    """Return headers by their lower-case names, the first of each."""
    return {name.lower(): value for name, value in reversed(headers)}


class _Reader:
    """Cuts a stream into records."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def next(self) -> Record | Lost | None:
        """Return the next record of this member; None when only blank lines are left in it."""
        stream = self._stream
        if not self._pass_blank():
            return None
        start = stream.place()
        if not _VERSION.match(stream.peek(_LONGEST_MARK)):
            return Lost(start=start, cause="no record begins here")
        headers, length = self._head()
        if length < 0:
            return Lost(start=start, cause="a record without a usable head")
        large = length > LARGEST
        content, crossed = self._gather(MOST_HEAD if large else length)
        missing = length - len(content)
        if large:
            missing = self._pass_over(missing)
        misfit = missing > 0 or not self._is_framed()
        if misfit and not (missing and stream.packed):  # a gzip member that ends early has ended all the same
            if crossed or large:
                return Lost(start=start, cause="a record that is not as long as its head says")
            stream.unread(content)
            content, large, followed = self._up_to_record(LARGEST)
            if missing and not followed:
                return Lost(start=start, cause="the file ends within this record")
        self._pass_blank()
        return Record(
            start=start,
            end=stream.place(),
            headers=headers,
            content=_without_line_ends(content) if misfit else content,
            large=large,
            misfit=misfit,
        )

    def pass_to_record(self) -> None:
        """Go to the next place where a record begins, or to the end of the file."""
        while not _VERSION.match(self._stream.peek(_LONGEST_MARK)) and not self._up_to_record(0)[2]:
            if not self._stream.begin():
                return

    def _head(self) -> tuple[dict[str, str], int]:
        """Return the headers of the record here and its length, -1 without either."""
        raw = self._raw_head()
        headers = by_name(read_head(raw)[2])
        said = headers.get("content-length", "")
        return headers, int(said) if said.isascii() and said.isdigit() and len(said) < 18 else -1

    def _raw_head(self) -> bytes:
        """Return a head with the blank line that ends it, and pass over it; a part of one that has no end."""
        raw = b""
        size = 2048
        while len(raw) < MOST_HEAD:
            ahead = self._stream.peek(size)
            if found := _HEAD_END.search(raw + ahead):
                self._stream.advance(found.end() - len(raw))
                return (raw + ahead)[: found.end()]
            if len(ahead) < size:
                raw += self._stream.take(size)
                if not self._cross():
                    break
            elif size < MOST_HEAD:
                size *= 4
            else:
                self._stream.advance(1)  # never to be taken for the beginning of a record again
                break
        return b""

    def _gather(self, size: int) -> tuple[bytes, bool]:
        """Return the next bytes of a record, and whether they lay in more than one member."""
        parts = [self._stream.take(size)]
        left = size - len(parts[0])
        while left and self._cross():
            parts.append(self._stream.take(left))
            left -= len(parts[-1])
        return b"".join(parts), len(parts) > 1

    def _pass_over(self, size: int) -> int:
        """Pass over so many bytes of a record; return how many of them were missing."""
        while size:
            passed = len(self._stream.take(min(size, _SCAN)))
            size -= passed
            if not passed and not self._cross():
                break
        return size

    def _cross(self) -> bool:
        """Begin the member in which a record goes on; False when it ends here."""
        while self._stream.begin():
            if ahead := self._stream.peek(5):
                return ahead != b"WARC/"
        return False

    def _is_framed(self) -> bool:
        """Whether what follows is what follows a record: two line ends, another record, or nothing."""
        ahead = self._stream.peek(4)
        return ahead.startswith((b"\r\n\r\n", b"\n\n")) or b"WARC".startswith(ahead.lstrip(b"\r\n"))

    def _pass_blank(self) -> bool:
        """Pass over line ends; return whether anything is left in this member."""
        while ahead := self._stream.peek(512):
            blank = len(ahead) - len(ahead.lstrip(b"\r\n"))
            self._stream.advance(blank)
            if blank < len(ahead):
                return True
        return False

    def _up_to_record(self, most: int) -> tuple[bytes, bool, bool]:
        """Pass to the next record in this member, or to the end of the member.

        Return what lies before it, whether that is more than ``most`` bytes (and is not held), and whether one follows.
        """
        parts: list[bytes] = []
        size = 0
        found = None
        while not found and (ahead := self._stream.peek(_SCAN)):
            found = _MARK.search(ahead)
            unfound = len(ahead) - _LONGEST_MARK if len(ahead) == _SCAN else len(ahead)
            passed = found.start() if found else unfound
            size += passed
            if size <= most:
                parts.append(ahead[:passed])
            self._stream.advance(passed)
        return b"".join(parts), size > most, found is not None


def _without_line_ends(content: bytes) -> bytes:
    """Return a block without the two line ends that follow it."""
    for ends in (b"\r\n\r\n", b"\n\n"):
        if content.endswith(ends):
            return content[: -len(ends)]
    return content
