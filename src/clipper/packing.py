"""What gzip, deflate and Brotli have packed, unpacked within bounds: HTTP's content codings (RFC 9110, section 8.4)."""

from __future__ import annotations

import zlib

import brotli

CODINGS = ("gzip", "x-gzip", "deflate", "br")
MOST_MEMBERS = 1000  # of one body; each costs a start, and an empty one has twenty bytes

_AUTOMATIC = 32 + zlib.MAX_WBITS  # gzip or zlib, by its head
_RAW = -zlib.MAX_WBITS  # what some servers call deflate
_BLOCK = 1 << 16


def unpack(payload: bytes, coding: str, most: int, *, cut: bool = False) -> bytes:
    """Return what is in a body packed by ``coding`` (one of ``CODINGS``), at most one byte more than ``most``.

    Of one that ends too early what there is is returned when it may be ``cut``. Raises ValueError for one that cannot
    be unpacked, and for another coding.
    """
    if coding not in CODINGS:
        raise ValueError(f"packed by {coding[:40]!r}")
    if coding == "br":
        return _from_brotli(payload, most + 1, cut)
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


def _from_brotli(payload: bytes, room: int, cut: bool) -> bytes:
    """Return what is in a body packed by Brotli (RFC 7932), at most ``room`` bytes of it."""
    unpacker = brotli.Decompressor()
    parts: list[bytes] = []
    at = 0
    try:
        while room > 0 and not unpacker.is_finished():
            # What it holds back is given out before it is given more.
            part = unpacker.process(b"", output_buffer_limit=_BLOCK) if at else b""
            if not part and unpacker.can_accept_more_data():
                block = payload[at : at + _BLOCK]
                if not block:
                    break
                at += len(block)
                part = unpacker.process(block, output_buffer_limit=_BLOCK)
            parts.append(part[:room])
            room -= len(part)
    except brotli.error:
        raise ValueError("it cannot be unpacked") from None
    if room > 0 and not unpacker.is_finished() and not cut:
        raise ValueError("it is cut short")
    return b"".join(parts)
