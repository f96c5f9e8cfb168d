"""Taking raw pages out of WARC files: in the place of each record lies one that says that it was taken out.

A record is a gzip member of its own. The one that takes its place is as long to the byte, so that every other record
stays where it is and the places that articles name hold. It is a ``metadata`` record (ISO 28500:2017, 6.5), which
tools for web archives read past.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urljoin
from uuid import NAMESPACE_URL, uuid5

from clipper.archive.entering import url_number
from clipper.archive.recordfile import by_name
from clipper.archive.rewriting import Edit, rewrite
from clipper.archive.warc import FOLDER, Headers, read_head, target
from clipper.errors import CannotWork

REMOVED = "removed"  # the field that says when
_BLOCK = 1 << 18
_HEAD = 1 << 16  # bytes of a record in which its heads lie
_STORED = 0xFFFF  # bytes of a deflate block that is not packed
_AROUND = 18  # bytes of a gzip member beside its blocks
_HEADER = b"\x1f\x8b\x08%c\x00\x00\x00\x00\x00\xff"
_COMMENT = 16  # the flag of a gzip header with a comment
_LOCATION = re.compile(rb"(?im)^location:[ \t]*(\S+)")

Told = Callable[[str, int, int], None]


class Member(NamedTuple):
    """A gzip member: where it lies, how long it is, and the beginning of what it holds."""

    offset: int
    length: int
    head: bytes


class Redaction(NamedTuple):
    """What was taken out of one file."""

    path: Path
    records: int


def redact(archive: Path, numbers: frozenset[int], when: str, told: Told = lambda *_: None) -> Iterator[Redaction]:
    """Take the records of pages out of every WARC file of an archive; yield each file that had any.

    ``numbers`` are those of the pages' URLs. A record belongs to a page when that is its address, when it leads there
    (a redirect), or when it says that it is the same as that page's. ``told`` hears how far it is. The caller holds
    the write lock. Raises CannotWork when a file cannot be read or written.
    """
    folder = archive / FOLDER
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and ".warc" in path.name) if numbers else []
    whole = sum(path.stat().st_size for path in paths)
    done = 0
    for path in paths:
        before = done

        def tell(at: int, name: str = path.name, before: int = before) -> None:
            told(name, before + at, whole)

        edits = [Edit(one.offset, one.length, stone(one, path.name, when)) for one in found(path, numbers, tell)]
        if edits:
            rewrite(path, edits)
            yield Redaction(path, len(edits))
        done += path.stat().st_size


def found(path: Path, numbers: frozenset[int], tell: Callable[[int], None] = lambda _: None) -> list[Member]:
    """Return the members of a WARC file that hold a record of one of the pages."""
    try:
        with path.open("rb") as file:
            return [one for one in members(file, tell) if _is_of(one.head, numbers)]
    except OSError as error:
        raise CannotWork(f"{path}: cannot be read ({error.strerror}); nothing was taken out of it") from None


def members(file: BinaryIO, tell: Callable[[int], None] = lambda _: None) -> Iterator[Member]:
    """Yield the gzip members of a file. One that is damaged goes as far as to where the next one can begin."""
    held, base = b"", 0
    while True:
        start = base
        unpacker = zlib.decompressobj(31)
        head = b""
        try:
            while not unpacker.eof:
                if not held:
                    held = file.read(_BLOCK)
                    tell(base)
                    if not held:  # the file ends, perhaps within a member
                        if head:
                            yield Member(start, base - start, head)
                        return
                unpacked = unpacker.decompress(held)
                if len(head) < _HEAD:
                    head += unpacked[: _HEAD - len(head)]
                base += len(held) - len(unpacker.unused_data)
                held = unpacker.unused_data
        except zlib.error:
            base = _next(file, start + 1)
            file.seek(base)
            held = b""
            if head:
                yield Member(start, base - start, head)
            continue
        yield Member(start, base - start, head)


def _next(file: BinaryIO, at: int) -> int:
    """Return where the next gzip member may begin; the end of the file where none does."""
    mark = b"\x1f\x8b\x08"
    file.seek(at)
    rest = b""
    while block := file.read(_BLOCK):
        held = rest + block
        if (place := held.find(mark)) >= 0:
            return at - len(rest) + place
        at += len(block)
        rest = held[-2:]
    return at


def _is_of(head: bytes, numbers: frozenset[int]) -> bool:
    """Whether one of the records whose beginnings are held is of one of the pages."""
    _, _, headers, size = read_head(head)
    about = by_name(headers)
    if about.get("warc-type") in (None, "warcinfo"):
        return False
    own = target(about)
    named = [own, about.get("warc-refers-to-target-uri", "").strip("<> ")]
    if about.get("warc-type") in ("response", "revisit"):
        end = head.find(b"\r\n\r\n", size)
        for place in _LOCATION.findall(head[size : end if end >= 0 else None]):
            named.append(_joined(own, place.decode("utf-8", "replace")))
    return any(url and url_number(url) in numbers for url in named)


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def stone(member: Member, name: str, when: str) -> bytes:
    """Return the member that takes another's place: as many bytes, a record that says that one was taken out.

    Raises CannotWork for one that is smaller than any record is.
    """
    _, _, headers, _ = read_head(member.head)
    about = f"{REMOVED}: {when}\r\nremoved-type: {_kind(headers)}\r\n"
    ident = uuid5(NAMESPACE_URL, f"{name} {member.offset} {when}")
    blocks = max(1, -(-(member.length - _AROUND) // (_STORED + 5)))
    room = member.length - _AROUND - 5 * blocks
    plain = _record(ident, when, about, 0)
    if room >= len(plain):
        content = _record(ident, when, about, room - len(plain))
        if len(content) == room:
            return _member_of(_stored(content, blocks), content)
    for said in (about, ""):
        content = _record(ident, when, said, 0, digest=False)
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(content) + packer.flush()
        if (left := member.length - _AROUND - len(packed)) >= 0:
            return _member_of(packed, content, comment=left)
    raise CannotWork(f"{name}: the record at byte {member.offset} is too small to be taken out")


def _kind(headers: Headers) -> str:
    said = by_name(headers).get("warc-type", "")
    return said if said.isascii() and said.isalpha() else "record"


def _record(ident: object, when: str, about: str, padding: int, *, digest: bool = True) -> bytes:
    """Return a record; its length has always as many digits, so that it grows by a byte for each of ``padding``."""
    if padding:
        about += "padding: " + "-" * (padding - 11) + "\r\n" if padding >= 11 else "\r\n" * (padding // 2)
    block = about.encode("ascii")
    sha1 = base64.b32encode(hashlib.sha1(block, usedforsecurity=False).digest()).decode()
    lines = [
        "WARC/1.1",
        "WARC-Type: metadata",
        f"WARC-Record-ID: <urn:uuid:{ident}>",
        f"WARC-Date: {when}",
        *([f"WARC-Block-Digest: sha1:{sha1}"] if digest else []),
        *(["Content-Type: application/warc-fields"] if about else []),
        f"Content-Length: {len(block):010}",
    ]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("ascii") + block + b"\r\n\r\n"


def _stored(content: bytes, blocks: int) -> bytes:
    """Return deflate blocks of content that is not packed: so many, of which the last is marked."""
    out = io.BytesIO()
    for number in range(blocks):
        part = content[number * _STORED : (number + 1) * _STORED]
        out.write(struct.pack("<BHH", number == blocks - 1, len(part), len(part) ^ 0xFFFF))
        out.write(part)
    return out.getvalue()


def _member_of(deflated: bytes, content: bytes, comment: int = 0) -> bytes:
    """Return a gzip member; ``comment`` bytes of its header are a comment."""
    note = b"-" * (comment - 1) + b"\x00" if comment else b""
    end = struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)
    return _HEADER % (_COMMENT if comment else 0) + note + deflated + end
