"""What gzip and deflate have packed, unpacked within bounds: the content codings of HTTP (RFC 9110, section 8.4)."""

from __future__ import annotations

import zlib

MOST_MEMBERS = 1000  # of one body; each costs a start, and an empty one has twenty bytes

_AUTOMATIC = 32 + zlib.MAX_WBITS  # gzip or zlib, by its head
_RAW = -zlib.MAX_WBITS  # what some servers call deflate
_BLOCK = 1 << 16


def unpack(payload: bytes, coding: str, most: int, *, cut: bool = False) -> bytes:
    """Return what is in a body packed by ``coding`` (gzip, x-gzip or deflate), at most one byte more than ``most``.

    Of one that ends too early what there is is returned when it may be ``cut``. Raises ValueError for one that cannot
    be unpacked, and for another coding.
    """
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise ValueError(f"packed by {coding[:40]!r}")
    for way in (_AUTOMATIC, _RAW) if coding == "deflate" else (_AUTOMATIC,):
        try:
            return _unpacked(memoryview(payload), way, most + 1, cut)
        except zlib.error:
            continue
    raise ValueError("it cannot be unpacked")


def _unpacked(payload: memoryview, way: int, room: int, cut: bool) -> bytes:
    """Return what is in a payload, its members one after the other, at most ``room`` bytes of it."""
    parts: list[bytes] = []
    at = 0
    for _ in range(MOST_MEMBERS):
        unpacker = zlib.decompressobj(way)
        while at < len(payload) and room > 0 and not unpacker.eof:
            block = payload[at : at + _BLOCK]
            part = unpacker.decompress(block, room)
            parts.append(part)
            room -= len(part)
            at += len(block) - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
        if room > 0 and not unpacker.eof and not cut:
            raise zlib.error("cut short")
        if room <= 0 or bytes(payload[at : at + 2]) != b"\x1f\x8b":
            return b"".join(parts)
    raise zlib.error("too many members")
