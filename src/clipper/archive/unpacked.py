"""The bytes of a web archive in a row, unpacked, each with the place from which it can be read again.

A packed file is a row of gzip members, as a rule one for each record. A place in it is where a member begins and how
many unpacked bytes of it come before; in a plain file it is a byte and nought. Nothing more is held than what was
asked for and the last megabyte before it, in which the next member is looked for after a damage.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import NamedTuple

from clipper.errors import Refused

LOOKBACK = 1 << 20  # bytes before a damage in which the next member is looked for
BLOCK = 1 << 15  # packed bytes that are unpacked at once
PIECE = 1 << 18  # unpacked bytes that are had at once

_SCAN = 1 << 16
_TRIAL = 2048  # bytes in which a member must show that it begins with a record
_ENOUGH = 1 << 30  # unpacked bytes from which on it is asked how much they had been packed
_MOST_PACKED = 300  # times; text is packed ten times, and what is made to do harm a thousand times
_MAGIC = b"\x1f\x8b\x08"
_MEMBER = re.compile(rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]", re.DOTALL)
_PADDING = b"\x00\r\n "


class Place(NamedTuple):
    """Where reading can begin: a byte of the file, and unpacked bytes of the member there to pass over."""

    offset: int
    within: int = 0


class Damaged(Exception):
    """A gzip member that cannot be read on. ``at`` is the byte where that shows."""

    def __init__(self, at: int, cause: str) -> None:
        super().__init__(cause)
        self.at, self.cause = at, cause


class Raw:
    """The bytes of a file as they lie in it, from a place on; the last of them can be had again."""

    def __init__(self, read: Callable[[int], bytes], at: int = 0) -> None:
        self.at = at
        self._read = read
        self._held = bytearray()
        self._base = at

    def peek(self, size: int) -> bytes:
        """Return the next bytes without passing over them; fewer at the end of the file."""
        if self.at - self._base > 2 * LOOKBACK:
            drop = self.at - self._base - LOOKBACK
            del self._held[:drop]
            self._base += drop
        while (missing := self.at - self._base + size - len(self._held)) > 0:
            block = self._read(max(missing, BLOCK))
            if not block:
                break
            self._held += block
        start = self.at - self._base
        return bytes(memoryview(self._held)[start : start + size])

    def advance(self, size: int) -> None:
        """Pass over bytes that were seen."""
        self.at += size

    def back_to(self, at: int) -> None:
        """Go back to a place, or as near to it as is still held."""
        self.at = max(at, self._base)


class Stream:
    """The unpacked bytes of a file. This one is of a plain file, which is one long member."""

    packed = False

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        self.made = 0  # bytes in all
        self.again = 0  # bytes that had to be looked at twice
        self._ready = bytearray()

    def place(self) -> Place:
        """Return the place of the next byte."""
        return Place(self.raw.at - len(self._ready))

    def begin(self) -> bool:
        """Begin the next member; False when there is none. Raises Damaged for what is no member."""
        return False

    def recover(self) -> bool:
        """Go, after a damage, to the next member that begins with a record; False when there is none."""
        return False

    def peek(self, size: int) -> bytes:
        """Return the next bytes of this member without passing over them; fewer at its end and before a damage.

        Raises Damaged when there is nothing before it.
        """
        while len(self._ready) < size:
            try:
                part = self._part()
            except Damaged:
                if not self._ready:
                    raise
                break
            if not part:
                break
            self.made += len(part)
            self._ready += part
        return bytes(memoryview(self._ready)[:size])

    def advance(self, size: int) -> None:
        """Pass over bytes that were seen."""
        del self._ready[:size]

    def take(self, size: int) -> bytes:
        """Return the next bytes of this member and pass over them; fewer at its end."""
        found = self.peek(size)
        self.advance(len(found))
        return found

    def unread(self, found: bytes) -> None:
        """Give back what was taken last of this member."""
        self._ready[:0] = found
        self.again += len(found)

    def _part(self) -> bytes:
        part = self.raw.peek(PIECE)
        self.raw.advance(len(part))
        return part


class Members(Stream):
    """The unpacked bytes of gzip members that follow each other. Raises Refused for what is packed to do harm."""

    packed = True

    def __init__(self, raw: Raw) -> None:
        super().__init__(raw)
        self._start = raw.at
        self._within = 0
        self._from = raw.at
        self._unpacker: zlib._Decompress | None = None
        self._untouched = True
        self._fault: Damaged | None = None

    def place(self) -> Place:
        """Return the place of the next byte: in this member, or where the next one begins."""
        if not self._ready and self._unpacker is None:
            return Place(self.raw.at)
        return Place(self._start, self._within)

    def advance(self, size: int) -> None:
        """Pass over bytes that were seen."""
        super().advance(size)
        self._within += size

    def unread(self, found: bytes) -> None:
        """Give back what was taken last of this member."""
        super().unread(found)
        self._within -= len(found)

    def begin(self) -> bool:
        """Begin the next member; False when there is none. Raises Damaged for what is no member, or has not ended."""
        self._ready += self._part()
        while (ahead := self.raw.peek(_SCAN)) and not ahead.strip(_PADDING):
            self.raw.advance(len(ahead))
        self.raw.advance(len(ahead) - len(ahead.lstrip(_PADDING)))
        self._ready.clear()
        self._start, self._within = self.raw.at, 0
        if not ahead:
            return False
        if not self.raw.peek(3).startswith(_MAGIC):
            raise Damaged(self.raw.at, "no gzip member begins here")
        self._unpacker = zlib.decompressobj(31)
        self._untouched = True
        return True

    def recover(self) -> bool:
        """Go, after a damage, to the next member that begins with a record; False when there is none."""
        damage = self.raw.at
        self.raw.back_to(max(self._start + 1, damage - LOOKBACK))
        self.again += max(_SCAN, damage - self.raw.at)
        self._ready.clear()
        self._unpacker = self._fault = None
        while ahead := self.raw.peek(_SCAN + _TRIAL):
            for found in _MEMBER.finditer(ahead):
                if found.start() < _SCAN and _holds_record(ahead[found.start() : found.start() + _TRIAL]):
                    self.raw.advance(found.start())
                    return self.begin()
            self.raw.advance(min(len(ahead), _SCAN))
        self._start = self.raw.at
        return False

    def _part(self) -> bytes:
        if self._fault is not None:
            raise self._fault
        while self._unpacker is not None:
            block = self.raw.peek(BLOCK)
            if not block:
                raise Damaged(self.raw.at, "the file ends within a gzip member")
            before = None if self._untouched else self._unpacker.copy()
            try:
                part = self._unpacker.decompress(block, PIECE)
            except zlib.error as error:
                return self._salvaged(before or zlib.decompressobj(31), block, str(error))
            self.raw.advance(len(block) - unused(self._unpacker))
            self._untouched = False
            if self._unpacker.eof:
                self._unpacker = None
            if self.made > _ENOUGH and self.made > _MOST_PACKED * (self.raw.at - self._from):
                raise Refused(f"packed more than {_MOST_PACKED} times, as no web archive is; not read on")
            if part:
                return part
        return b""

    def _salvaged(self, unpacker: zlib._Decompress, block: bytes, cause: str) -> bytes:
        """Return what can be unpacked of a block before its damage, byte by byte; what comes after it is a fault."""
        parts = []
        used = 0
        try:
            for used in range(len(block)):
                parts.append(unpacker.decompress(block[used : used + 1]))
        except zlib.error:
            pass
        self.raw.advance(used)
        self._fault = Damaged(self.raw.at, f"damaged gzip: {cause.rpartition(': ')[2]}")
        if found := b"".join(parts):
            return found
        raise self._fault


def unused(unpacker: zlib._Decompress) -> int:
    """Return how many bytes of its last block an unpacker has left; at the end it may name the same ones twice."""
    return len(unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail)


def _holds_record(beginning: bytes) -> bool:
    try:
        return zlib.decompressobj(31).decompress(beginning, 8).startswith(b"WARC/")
    except zlib.error:
        return False
