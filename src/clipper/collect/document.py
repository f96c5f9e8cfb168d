"""What is sent as a page, and what a page that was read holds. Light to import: reading itself is in ``page``."""

from __future__ import annotations

import codecs
import re
import zlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from charset_normalizer import from_bytes

from clipper.collect.facts import Facts
from clipper.errors import Refused

MAX_BYTES = 20 << 20

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE)
# What browsers read when a page says one of these (WHATWG Encoding Standard).
_READ_AS = {"iso-8859-1": "windows-1252", "latin-1": "windows-1252", "latin1": "windows-1252",
            "us-ascii": "windows-1252", "ascii": "windows-1252", "iso8859-1": "windows-1252"}  # fmt: skip
# Python's own codecs, and one that browsers no longer read: from ASCII they make anything, half characters too.
_NO_CHARSETS = frozenset({"unicode-escape", "raw-unicode-escape", "utf-7", "idna", "punycode", "undefined"})


@dataclass(frozen=True)
class Page:
    """A page that holds an article: its text, what its markup states, what its layout suggests.

    ``partial`` marks a text that is only the article's beginning: the rest is for subscribers.
    """

    text: str
    stated: Facts
    guessed: Facts
    extractor: str
    partial: bool = False


def refuse_other_media(content_type: str) -> None:
    """Raise Refused for an answer that says it is no page."""
    kind = content_type.partition(";")[0].strip().lower()
    if (
        kind
        and not kind.startswith("text/")
        and "html" not in kind
        and "xml" not in kind
        and kind != "application/octet-stream"
    ):
        raise Refused(f"not a web page ({kind[:60]})")


def unpacked(body: bytes, most: int = MAX_BYTES) -> bytes:
    """Return a body that was packed by gzip without a word about it, as some servers send and some tools save.

    Raises Refused for one that cannot be unpacked, or that is larger than ``most`` bytes.
    """
    for _ in range(3):
        if not body.startswith(b"\x1f\x8b"):
            break
        try:
            unpacker = zlib.decompressobj(wbits=31)
            body = unpacker.decompress(body, most + 1)
        except zlib.error:
            raise Refused("packed by gzip, and cannot be unpacked") from None
        if len(body) > most:
            raise Refused(f"larger than {most >> 20} MB when unpacked")
    return body


def decode(body: bytes, content_type: str = "") -> str:
    """Return the text of a page in the charset of its byte order mark, its header, its meta element, or UTF-8.

    Where none of these fits, the charset is detected; the last resort is windows-1252.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    said = [_CHARSET.search(content_type), _CHARSET.search(body[:4096].decode("ascii", "replace"))]
    for encoding in [*(found[1].lower() for found in said if found), "utf-8"]:
        try:
            encoding = _READ_AS.get(encoding, encoding)
            if codecs.lookup(encoding).name not in _NO_CHARSETS:
                return body.decode(encoding)
        except (UnicodeError, LookupError, ValueError):  # a charset is a stranger's word
            continue
    best = from_bytes(body[:200_000]).best()
    return body.decode(best.encoding if best else "windows-1252", "replace")


def site_name(url: str) -> str | None:
    """Return the host of a URL without ``www.``: the outlet's name where nobody states it."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None
