"""Taking raw pages out of WARC files: in the place of each record lies one that says that it was taken out.

A record is a gzip member of its own. The one that takes its place is as long to the byte, so that every other record
stays where it is and the places that articles name hold. It is a ``metadata`` record (ISO 28500:2017, 6.5), which
tools for web archives read past.

A damaged record goes too. What of it can still be unpacked tells whose it is; else the place does that the article
names, or the record beside it, since a request lies behind its answer. One of which nobody can tell stays, and is told.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
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
_BEGINS = b"WARC/"  # with which each record begins
_MARK = b"\x1f\x8b\x08"  # with which each gzip member begins, and now and then what is packed in one
_LITTLE = 1 << 12
_PADDING = b"\x00\r\n "  # what a crash may leave behind the last record
_ANSWERS, _REQUEST = ("response", "revisit"), "request"
_KINDS = (*_ANSWERS, _REQUEST, "resource", "conversion", "continuation", "metadata", "warcinfo")
_OF_NO_PAGE = ("metadata", "warcinfo")  # unless it names an address

Told = Callable[[str, int, int], None]


class Member(NamedTuple):
    """A gzip member: where it lies, how long it is, and the beginning of what it holds.

    One that is ``damaged`` goes as far as to where the next record begins.
    """

    offset: int
    length: int
    head: bytes
    damaged: bool = False


class Found(NamedTuple):
    """The members of a file that hold a record of one of the pages, and what may be one, a line each."""

    members: list[Member]
    doubts: list[str]


class Redaction(NamedTuple):
    """What was taken out of one file, and what may be left in it, a line each."""

    path: Path
    records: int
    doubts: list[str]


class _Looked(NamedTuple):
    """A member, which kind of record it holds, and whether that is of one of the pages, None where it does not tell."""

    member: Member
    kind: str
    of: bool | None


def redact(
    archive: Path,
    numbers: frozenset[int],
    when: str,
    told: Told = lambda *_: None,
    places: Mapping[str, frozenset[int]] | None = None,
) -> Iterator[Redaction]:
    """Take the records of pages out of every WARC file of an archive; yield each file that had any, or may have one.

    ``numbers`` are those of the pages' URLs. A record belongs to a page when that is its address, when it leads there
    (a redirect), or when it says that it is the same as that page's; or when it lies at one of the ``places``, which
    are bytes by the names of files (``warc/…``). ``told`` hears how far it is. The caller holds the write lock. Raises
    CannotWork when a file cannot be read or written.
    """
    folder = archive / FOLDER
    places = places or {}
    wanted = bool(numbers or places)
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and ".warc" in path.name) if wanted else []
    whole = sum(path.stat().st_size for path in paths)
    done = 0
    for path in paths:
        before = done

        def tell(at: int, name: str = path.name, before: int = before) -> None:
            told(name, before + at, whole)

        there = looked_through(path, numbers, places.get(path.relative_to(archive).as_posix(), frozenset()), tell)
        edits = [Edit(one.offset, one.length, stone(one, path.name, when)) for one in there.members]
        if edits:
            rewrite(path, edits)
        if edits or there.doubts:
            yield Redaction(path, len(edits), there.doubts)
        done += path.stat().st_size


def found(path: Path, numbers: frozenset[int]) -> list[Member]:
    """Return the members of a WARC file that hold a record of one of the pages."""
    return looked_through(path, numbers).members


def looked_through(
    path: Path,
    numbers: frozenset[int],
    places: frozenset[int] = frozenset(),
    tell: Callable[[int], None] = lambda _: None,
) -> Found:
    """Return what a WARC file holds of the pages. Raises CannotWork when it cannot be read."""
    looked: list[_Looked] = []
    missed = set(places)
    try:
        with path.open("rb") as file:
            for whole in members(file, tell):
                for one in _parts(file, whole, places):
                    missed.discard(one.offset)
                    seen = _looked_at(one, numbers, placed=one.offset in places)
                    # Of a file of a gigabyte not every page can be held.
                    looked.append(seen if seen.of else seen._replace(member=one._replace(head=b"")))
    except OSError as error:
        raise CannotWork(f"{path}: cannot be read ({error.strerror}); nothing was taken out of it") from None
    gone, doubts = [], [f"{path}: no record begins at byte {at}, where a raw page should be" for at in sorted(missed)]
    for number, (member, _, said) in enumerate(looked):
        of = _settled(looked, number) if member.damaged else said
        if of:
            gone.append(member)
        elif of is None:
            doubts.append(
                f"{path}: the record at byte {member.offset} is damaged and does not tell of which page it is; "
                "it stays, and may hold what was to be taken out"
            )
    return Found(gone, doubts)


def _parts(file: BinaryIO, member: Member, places: frozenset[int]) -> list[Member]:
    """Return a damaged member in parts, one for each place at which a record is said to begin within it."""
    end = member.offset + member.length
    within = sorted(at for at in places if member.offset < at < end) if member.damaged else []
    return [
        Member(at, after - at, member.head if at == member.offset else _salvaged(file, at), member.damaged)
        for at, after in zip([member.offset, *within], [*within, end], strict=True)
    ]


def _looked_at(member: Member, numbers: frozenset[int], *, placed: bool) -> _Looked:
    """Return what a member tells by itself; ``placed``: an article says that its page is here."""
    about = by_name(read_head(member.head)[2])
    kind = about.get("warc-type", "")
    of: bool | None = _is_of(member.head, numbers)
    if not of and placed and (member.damaged or kind in _ANSWERS):
        return _Looked(member, _ANSWERS[0], of=True)
    if not of and member.damaged and (kind not in _KINDS or not (target(about) or kind in _OF_NO_PAGE)):
        return _Looked(member, kind if kind in _KINDS else "", of=None)
    return _Looked(member, kind, of)


def _settled(looked: Sequence[_Looked], number: int) -> bool | None:
    """Return whether a damaged member is of one of the pages, by what it tells and by the record beside it.

    A request lies behind its answer. What is left of an address may be none that was ever asked for.
    """
    one = looked[number]
    before = looked[number - 1] if number else None
    after = looked[number + 1] if number + 1 < len(looked) else None
    pair = None
    if one.kind in ("", _REQUEST) and before and before.kind in _ANSWERS:
        pair = before.of
    elif one.kind in ("", *_ANSWERS) and after and after.kind == _REQUEST:
        pair = after.of
    return one.of or pair if pair is not None else one.of


def members(file: BinaryIO, tell: Callable[[int], None] = lambda _: None) -> Iterator[Member]:
    """Yield the gzip members of a file. One that is damaged goes as far as to where the next record begins."""

    def more() -> bytes:
        tell(file.tell())
        return file.read(_BLOCK)

    held, start = b"", 0
    while held or (held := more()):
        unpacker = zlib.decompressobj(31)
        head, end = b"", start
        with suppress(zlib.error):
            while held:
                unpacked = unpacker.decompress(held)
                head += unpacked[: _HEAD - len(head)]
                end += len(held) - len(unpacker.unused_data)
                held = unpacker.unused_data
                if unpacker.eof:
                    break
                held = more()
        if unpacker.eof:
            yield Member(start, end - start, head)
        else:  # damaged, or the file ends within it
            end = _beginning(file, start + 1)
            one = Member(start, end - start, _salvaged(file, start), damaged=True)
            if one.head or not _is_padding(file, one):
                yield one
            file.seek(end)
            held = b""
        start = end


def _salvaged(file: BinaryIO, at: int, most: int = _HEAD) -> bytes:
    """Return what can be unpacked of the beginning of a damaged member; of more bytes at once zlib returns nothing."""
    file.seek(at)
    unpacker = zlib.decompressobj(31)
    head = b""
    with suppress(zlib.error):
        while len(head) < most and not unpacker.eof and (piece := file.read(1)):
            head += unpacker.decompress(piece)
    return head[:most]


def _beginning(file: BinaryIO, at: int) -> int:
    """Return where the next member with a record begins; the end of the file where none does.

    A page that its server sent packed lies in its record as it came, and begins as a member does.
    """
    while True:
        at, there = _next(file, at)
        if not there or _salvaged(file, at, len(_BEGINS)) == _BEGINS:
            return at
        at += 1


def _next(file: BinaryIO, at: int) -> tuple[int, bool]:
    """Return where the next gzip member may begin, and True; the end of the file, and False, where none does."""
    file.seek(at)
    rest = b""
    size = _LITTLE  # there may be many that are none
    while block := file.read(size):
        held = rest + block
        if (place := held.find(_MARK)) >= 0:
            return at - len(rest) + place, True
        at += len(block)
        rest = held[-len(_MARK) + 1 :]
        size = min(2 * size, _BLOCK)
    return at, False


def _is_padding(file: BinaryIO, member: Member) -> bool:
    """Whether there is nothing in a damaged member: a crash may leave so many zeros at the end of a file."""
    file.seek(member.offset)
    left = member.length
    while left and (block := file.read(min(left, _BLOCK))):
        if block.strip(_PADDING):
            return False
        left -= len(block)
    return True


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

    Raises CannotWork for one that is smaller than any record is; of a damaged one zeros take the place.
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
    if member.damaged:
        return bytes(member.length)
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
