"""A body as it was sent to what it holds: the content codings of HTTP, undone within bounds (RFC 9110, section 8.4)."""

from __future__ import annotations

import zlib

from clipper.errors import FetchFailed, Refused

ACCEPTED = "gzip, deflate"  # what a server may use; what else it uses is not understood here

_AUTOMATIC = 32 + zlib.MAX_WBITS  # gzip or zlib, by its head
_RAW = -zlib.MAX_WBITS  # what some servers call deflate


def decoded(payload: bytes, coding: str, most: int, *, cut: bool = False) -> bytes:
    """Return a body unpacked.

    Of what unpacks to more than ``most`` bytes the beginning is returned when it may be ``cut``; else Refused is
    raised, as for a body packed more than once. Raises FetchFailed for one that cannot be unpacked.
    """
    coding = coding.strip().lower()
    if coding in ("", "identity") or not payload:
        return payload
    if "," in coding:
        raise Refused("packed more than once, as no honest server does", lasting=False)
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise FetchFailed(f"packed by {coding[:40]!r}, which was not asked for")
    ways = (_AUTOMATIC, _RAW) if coding == "deflate" else (_AUTOMATIC,)
    for way in ways:
        try:
            body = _unpacked(payload, way, most, cut)
        except zlib.error:
            continue
        if len(body) > most:
            if cut:
                return body[:most]
            raise Refused(f"larger than {most >> 20} MB")
        return body
    raise FetchFailed("the answer cannot be unpacked")


def _unpacked(payload: bytes, way: int, most: int, cut: bool) -> bytes:
    """Return what is in a payload, its members one after the other, and at most one byte more than ``most``."""
    parts: list[bytes] = []
    room = most + 1
    while payload and room > 0:
        unpacker = zlib.decompressobj(way)
        part = unpacker.decompress(payload, room)
        parts.append(part)
        room -= len(part)
        if room > 0 and not unpacker.eof:
            if cut:
                break
            raise zlib.error("cut short")
        payload = unpacker.unused_data if unpacker.unused_data[:2] == b"\x1f\x8b" else b""
    return b"".join(parts)
