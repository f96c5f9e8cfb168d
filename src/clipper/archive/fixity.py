"""Whether a record of a web archive still is what its digests say (ISO 28500:2017, sections 5.8 and 5.9)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

_PAYLOAD, _BLOCK = "warc-payload-digest", "warc-block-digest"
_KNOWN = {"sha1": "sha1", "sha-1": "sha1", "md5": "md5", "sha256": "sha256", "sha-256": "sha256",
          "sha384": "sha384", "sha-384": "sha384", "sha512": "sha512", "sha-512": "sha512"}  # fmt: skip


Bytes = bytes | memoryview


def problems(headers: Mapping[str, str], block: Bytes, body: Bytes, payload: Bytes) -> list[str]:
    """Return what does not agree with its digest; one of a kind that is not known is not looked at.

    A payload may have been digested as it was sent (``body``), or after its chunks were put together. The digest of
    one that was cut, or kept in several records, is of the whole, and not looked at.
    """
    found = []
    whole = "warc-segment-number" not in headers and "warc-truncated" not in headers
    said = headers.get(_PAYLOAD, "")
    if whole and not _agrees(said, payload) and (body == payload or not _agrees(said, body)):
        found.append("its payload does not agree with its digest")
    if not _agrees(headers.get(_BLOCK, ""), block):
        found.append("its record does not agree with its digest")
    return found


def is_told(headers: Mapping[str, str]) -> bool:
    """Whether a record has a digest that can be looked at."""
    return any(_parts(headers.get(name, ""))[0] for name in (_PAYLOAD, _BLOCK))


def _parts(said: str) -> tuple[str, str]:
    """Return the way of a digest, empty for one that is not known, and its value."""
    way, _, value = said.strip().partition(":")
    value = value.strip()
    return (_KNOWN.get(way.strip().lower(), "") if value else ""), value


def _agrees(said: str, content: Bytes) -> bool:
    way, value = _parts(said)
    if not way:
        return True
    digest = hashlib.new(way, content, usedforsecurity=False).digest()
    plain = value.rstrip("=")
    forms = (base64.b64encode(digest), base64.urlsafe_b64encode(digest))
    return (
        plain.upper() == base64.b32encode(digest).decode().rstrip("=")
        or plain.lower() == digest.hex()
        or plain in [form.decode().rstrip("=") for form in forms]
    )
