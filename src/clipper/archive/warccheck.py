"""Looking at every record of a WARC file of the archive: whether all of it is what clipper wrote.

Each record is a gzip member of its own. Its checksum covers what is packed in it; of the member's own header, which
no checksum covers, every byte is known. The digests of a record are those of its block and of its payload.
"""

from __future__ import annotations

import os
import re
import zlib
from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from clipper.archive import fixity
from clipper.archive.problems import SHOWN
from clipper.archive.recordfile import LARGEST, Record, records
from clipper.archive.rows import as_number, url_number
from clipper.archive.unpacked import Members, Raw
from clipper.archive.warc import target
from clipper.errors import Refused

FOLDER = "warc"
_LEAST, _MOST = 1 << 10, 1 << 14  # packed bytes that are unpacked at once
_LAST = 64  # packed bytes of a member that are unpacked by themselves at its end
_TAIL = 8  # bytes of a member's checksum and length
_CHUNK = 1 << 20  # bytes that are read at once
_HEAD = 10  # bytes of a member's own header
_MAGIC = b"\x1f\x8b\x08"
_USUAL = _MAGIC + bytes(5)  # how the header of a member begins
_OF_A_STONE = 0xFF  # the system that a record names which stands in the place of one taken out on request
_COMMENT = 16  # the flag of a comment in a header, which only such a record has
_LEVELS = (0, 4)  # what the header says of how hard it was tried to pack: as usual, or not at all
_HEADER = "its gzip header is not what was written"
_BREAK = b"\r\n\r\n"
_REMOVED_TYPE = re.compile(rb"(?m)^removed-type:[ \t]*(\w+)")  # what a record was that was taken out


class Flaw(NamedTuple):
    """What is wrong at a byte of a file; what is ``torn`` is no record, nor is anything after it."""

    offset: int
    problem: str
    torn: bool = False


class Pages(NamedTuple):
    """What was found in a file: flaws, how many more there are, and where the answers begin, each with its URL.

    ``flawed`` are the places of records that cannot be read, ``removed`` those of answers that were taken out on
    request, and ``requests`` say when. They begin between ``start`` and ``end`` of the file,
    the first of them at ``first``, and the last one ends at ``last``. ``systems`` says on what system each was made.
    """

    name: str
    records: int
    flaws: list[Flaw]
    more: int
    places: array[int]
    urls: array[int]
    flawed: list[int]
    start: int
    first: int
    last: int
    systems: bytes
    starts: array[int]
    removed: array[int]
    requests: array[int]
    unreadable: str | None = None


class _Damage(Exception):
    """A member that is not what was written; ``ended`` tells that the file ends within it.

    One that is ``readable`` can be unpacked all the same.
    """

    def __init__(self, problem: str, *, ended: bool = False, readable: bool = False) -> None:
        super().__init__(problem)
        self.ended, self.readable = ended, readable


class _Member(NamedTuple):
    end: int
    content: bytes | None  # None for one too large to hold
    system: int
    level: int
    stored: bool


def look(name: str, path: str, size: int, start: int = 0, end: int | None = None) -> Pages:
    """Look at the records that begin in a part of a file, which goes as far as ``size``."""
    looking = _Looking(name, size, start, size if end is None else end)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            looking.all(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        return looking.found()._replace(unreadable=f"cannot be read ({error.strerror or type(error).__name__})")
    return looking.found()


def joined(parts: Sequence[Pages]) -> Pages | None:
    """Return what was found in all parts of a file, None where they do not join: it has to be looked at as a whole."""
    parts = sorted(parts, key=lambda part: part.start)
    for one, other in pairwise(parts):
        if other.first != one.last:
            return None
    first = parts[0]
    places, urls, starts, removed, requests = array("Q"), array("Q"), array("Q"), array("Q"), array("q")
    for part in parts:
        removed.extend(part.removed)
        requests.extend(part.requests)
        places.extend(part.places)
        urls.extend(part.urls)
        starts.extend(part.starts)
    systems = b"".join(part.systems for part in parts)
    flaws = [flaw for part in parts for flaw in part.flaws]
    # Two or more records are written at once, so that each has one of its own system beside it.
    own = [number for number, system in enumerate(systems) if system != _OF_A_STONE]
    for n, number in enumerate(own):
        beside = [systems[other] for other in (*own[max(n - 1, 0) : n], *own[n + 1 : n + 2])]
        if beside and systems[number] not in beside:
            flaws.append(Flaw(starts[number], _HEADER))
    more = sum(part.more for part in parts) + max(len(flaws) - SHOWN, 0)
    return first._replace(
        records=sum(part.records for part in parts),
        flaws=_ended(sorted(flaws[:SHOWN]), starts[-1] if starts else -1, all_of_them=not more),
        more=more,
        places=places,
        urls=urls,
        starts=starts,
        removed=removed,
        requests=requests,
        flawed=[at for part in parts for at in part.flawed],
        last=parts[-1].last,
        systems=systems,
        unreadable=next((part.unreadable for part in parts if part.unreadable), None),
    )


def _ended(flaws: list[Flaw], last: int, *, all_of_them: bool) -> list[Flaw]:
    """Return flaws of which only those are torn with which the file ends: after ``last``, where its last record is."""
    at = len(flaws)
    while at and all_of_them and flaws[at - 1].torn and flaws[at - 1].offset > last:
        at -= 1
    return [*(flaw._replace(torn=False) for flaw in flaws[:at]), *flaws[at:]]


class _Looking:
    def __init__(self, name: str, size: int, start: int, end: int) -> None:
        self._name = name
        self._size = size
        self._from, self._to = start, end
        self._first = self._last = start
        self._flaws: list[Flaw] = []
        self._more = 0
        self._flawed: list[int] = []
        self._places, self._urls = array("Q"), array("Q")
        self._removed, self._requests = array("Q"), array("q")
        self._given_up = False  # to look for records after a damage
        self._starts, self._systems = array("Q"), bytearray()  # of each member: where, and on what system it was made

    def found(self) -> Pages:
        return Pages(
            self._name, len(self._starts), self._flaws, self._more, self._places, self._urls, self._flawed,
            self._from, self._first, self._last, bytes(self._systems), self._starts, self._removed,
            self._requests,
        )  # fmt: skip

    def _flaw(self, offset: int, problem: str, *, torn: bool = False) -> None:
        if len(self._flaws) < SHOWN:
            self._flaws.append(Flaw(offset, problem, torn))
        else:
            self._more += 1

    def all(self, descriptor: int) -> None:
        at = self._from
        if at:
            after = self._next(descriptor, at - 1)
            at = self._size if after is None else after
        self._first = at
        window = _Window(descriptor, self._size)
        while at < self._to:
            try:
                member = _unpacked(window, at)
            except _Damage as damage:
                after = self._next(descriptor, at)
                half = after is None and damage.ended
                said = "half a record (a crash, or a cut)" if half else f"a damaged record ({damage})"
                self._flaw(at, said, torn=not damage.readable and not self._given_up)
                self._flawed.append(at)
                at = self._size if after is None else after
                continue
            self._starts.append(at)
            self._systems.append(member.system)
            self._record(at, member)
            at = member.end
        self._last = at

    def _next(self, descriptor: int, at: int) -> int | None:
        """Return where the first record after a damage begins that can be read, None without one."""
        place = at + 1

        def read(size: int) -> bytes:
            nonlocal place
            block = os.pread(descriptor, max(min(size, self._size - place), 0), place)
            place += len(block)
            return block

        stream = Members(Raw(read, at + 1))
        try:
            for found in records(stream):
                if isinstance(found, Record) and found.start.within == 0 and found.start.offset > at:
                    return found.start.offset
        except Refused:
            self._given_up = True
        return None

    def _record(self, at: int, member: _Member) -> None:
        problem, about, block = _read(member.content)
        if problem:
            self._flaw(at, problem)
            self._flawed.append(at)
            return
        kind = about.get("warc-type", "")
        packed = False
        payload = block
        if kind in ("response", "request"):
            head = _head(block)
            payload = block[len(head) :]
            packed = kind == "response" and b"\ncontent-encoding:" in head.lower()
        if kind == "response":
            self._places.append(at)
            self._urls.append(url_number(target(about)))
        if kind == "metadata" and _stands_for_answer(block):
            self._removed.append(at)
            self._requests.append(as_number(about.get("warc-date", "")))
        if kind == "revisit":  # its payload lies elsewhere
            about = {name: said for name, said in about.items() if name != "warc-payload-digest"}
        for wrong in fixity.problems(about, block, payload, payload):
            self._flaw(at, wrong)
        if (kind == "metadata") != (member.system == _OF_A_STONE):
            self._flaw(at, _HEADER)
        if not member.stored if member.level == 4 else member.stored and packed:
            self._flaw(at, _HEADER)


class _Window:
    """A part of a file that is held, and moves on."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._size = size
        self._from = 0
        self._held = b""

    def get(self, at: int, size: int) -> memoryview:
        """Return bytes of the file, fewer at its end."""
        start = at - self._from
        if start < 0 or start + size > len(self._held):
            wanted = min(max(size, _CHUNK), self._size - at)
            self._held = os.pread(self._descriptor, wanted, at) if wanted > 0 else b""
            self._from, start = at, 0
        return memoryview(self._held)[start : start + size]

    def next_member(self, at: int) -> int:
        """Return where the member after this one seems to begin, or the file ends; ``at`` when that is not near."""
        self.get(at, _HEAD)
        found = self._held.find(_USUAL, at - self._from + _HEAD)
        if found < 0 and self._from < at and self._from + len(self._held) < self._size:
            self._from, self._held = at, os.pread(self._descriptor, min(_CHUNK, self._size - at), at)
            found = self._held.find(_USUAL, _HEAD)
        if found >= 0:
            return self._from + found
        return self._size if self._from + len(self._held) >= self._size else at


def _unpacked(window: _Window, at: int) -> _Member:
    """Unpack the member that begins at a byte. Raises _Damage."""
    head = bytes(window.get(at, _HEAD + 1))
    if not head.startswith(_MAGIC[: len(head)]):
        raise _Damage("no gzip member begins here")
    if len(head) < _HEAD + 1:
        raise _Damage("the file ends within it", ended=True)
    commented = head[3] == _COMMENT and head[9] == _OF_A_STONE
    if (head[3] and not commented) or any(head[4:8]) or head[8] not in _LEVELS:
        raise _Damage(_HEADER, readable=True)
    deflated = at + _HEAD
    if commented:
        note = bytes(window.get(deflated, _CHUNK))
        deflated += note.find(b"\0") + 1
        if note[: deflated - at - _HEAD].strip(b"-") != b"\0":
            raise _Damage(_HEADER, readable=True)
    unpacker = zlib.decompressobj(31)
    parts: list[bytes] = []
    size, end = 0, at
    # All but its end is unpacked at once where that can be guessed; a wrong guess costs nothing but time.
    at_once = window.next_member(at) - _LAST - at
    state, since = None, at  # the unpacker as it was before the last piece, and where that begins
    try:
        while not unpacker.eof:
            if end > at:
                state, since = unpacker.copy(), end
            wanted = at_once if end == at and at_once > 0 else min(max(_LEAST, (end - at) >> 2), _MOST)
            block = window.get(end, wanted)
            if not block:
                raise _Damage("the file ends within it", ended=True)
            end += len(block)
            part = unpacker.decompress(block, LARGEST)
            while True:
                size += len(part)
                if size <= LARGEST:
                    parts.append(part)
                if unpacker.eof or not unpacker.unconsumed_tail:
                    break
                part = unpacker.decompress(unpacker.unconsumed_tail, LARGEST)
    except zlib.error as error:
        raise _Damage(_cause(str(error))) from None
    end -= len(unpacker.unused_data)
    stored = not window.get(deflated, 1)[0] & 6
    if not (_is_plain(window, deflated, end) if stored else _is_filled(window, at, end, state, since)):
        raise _Damage("bits that mean nothing are set in it", readable=True)
    return _Member(end, b"".join(parts) if size <= LARGEST else None, head[9], head[8], stored)


def _is_plain(window: _Window, at: int, end: int) -> bool:
    """Whether the bits are empty that fill up the heads of blocks that are not packed (RFC 1951, 3.2.4)."""
    while at < end - _TAIL:
        head = bytes(window.get(at, 5))
        if head[0] & 6:
            return True  # from here on it is packed
        if head[0] & 0xF8:
            return False
        if head[0]:
            return True
        at += 5 + int.from_bytes(head[1:3], "little")
    return True


def _is_filled(window: _Window, at: int, end: int, state: zlib._Decompress | None, since: int) -> bool:
    """Whether the bits are empty that fill up the last byte of what is packed.

    Nothing tells how many these are. But the highest bit that is set there belongs to what is packed: without it
    something else must come out.
    """
    last = end - _TAIL - 1
    if state is None or last < since:
        state, since = zlib.decompressobj(31), at
    tail = bytearray(window.get(since, end - since))
    bits = tail[last - since]
    if not bits:
        return True
    tail[last - since] = bits & ~(1 << (bits.bit_length() - 1))
    try:
        state.decompress(bytes(tail), LARGEST)
    except zlib.error:
        return True
    return not state.eof


def _cause(said: str) -> str:
    if "incorrect data check" in said or "incorrect length check" in said:
        return "it does not agree with its checksum"
    return "it cannot be unpacked"


def _read(content: bytes | None) -> tuple[str, dict[str, str], memoryview]:
    """Return what is wrong with a record, its headers by lower-case name, and its block."""
    none = memoryview(b"")
    if content is None:
        return f"a record of more than {LARGEST >> 20} MB; not looked into", {}, none
    end = content.find(_BREAK)
    if end < 0 or not content.startswith(b"WARC/1."):
        return "no record begins here", {}, none
    about: dict[str, str] = {}
    for line in content[:end].decode("utf-8", "replace").split("\r\n")[1:]:
        name, _, said = line.partition(":")
        about.setdefault(name.strip().lower(), said.strip())
    length = about.get("content-length", "")
    block = memoryview(content)[end + len(_BREAK) :]
    if not (length.isascii() and length.isdigit() and len(length) < 18) or int(length) + len(_BREAK) != len(block):
        return "a record that is not as long as its head says", about, none
    if block[-len(_BREAK) :] != _BREAK:
        return "a record that does not end as records do", about, none
    return "", about, block[: -len(_BREAK)]


def _stands_for_answer(block: memoryview) -> bool:
    """Whether a record in the place of one taken out on request stands for an answer; a short one does not say."""
    found = _REMOVED_TYPE.search(bytes(block[:_LEAST]))
    return found is None or found[1] == b"response"


def _head(block: memoryview) -> bytes:
    """Return the head of an HTTP message, with the blank line that ends it."""
    size = 1 << 10
    while True:
        beginning = bytes(block[:size])
        if (end := beginning.find(_BREAK)) >= 0 or len(beginning) < size:
            return beginning[: end + len(_BREAK)] if end >= 0 else beginning
        size *= 4
