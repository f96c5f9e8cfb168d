"""A body as it was sent to what it holds: the content codings of HTTP, undone within bounds (RFC 9110, section 8.4)."""

from __future__ import annotations

from clipper import packing
from clipper.errors import FetchFailed, Refused

ACCEPTED = "gzip, deflate"  # what a server is asked for; web archives hold what browsers were sent, Brotli too


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
    if coding not in packing.CODINGS:
        raise FetchFailed(f"packed by {coding[:40]!r}, which was not asked for")
    try:
        body = packing.unpack(payload, coding, most, cut=cut)
    except ValueError:
        raise FetchFailed("the answer cannot be unpacked") from None
    if len(body) > most and not cut:
        raise Refused(f"larger than {most >> 20} MB")
    return body[:most]
