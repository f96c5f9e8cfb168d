"""A body that was sent in chunks (RFC 9112, section 7.1), put together."""

from __future__ import annotations

import re

_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]{0,1000})?\r?\n")


def joined(body: bytes) -> tuple[bytes, bool]:
    """Return what was sent in chunks, and whether it ends in the middle of one.

    A body that does not begin with a chunk is returned as it is: many tools put it together before they keep it, and
    leave the header as it was.
    """
    made = bytearray()
    at = count = 0
    while size := _SIZE.match(body, at):
        length = int(size[1], 16)
        if length == 0:
            return bytes(made), False
        end = size.end() + length
        made += memoryview(body)[size.end() : end]
        count += 1
        ends = 2 if body.startswith(b"\r\n", end) else 1 if body.startswith(b"\n", end) else 0
        if not ends:
            return (bytes(made), True) if count > 1 or end >= len(body) else (body, False)
        at = end + ends
    return (bytes(made), True) if count else (body, False)
