"""The web archives in a WACZ file (a zip file, WACZ 1.0 to 1.2), read where they lie: nothing is unpacked to disk.

Of the zip file only its list of contents is believed, and only as far as to where a member begins and how long it is.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from clipper.archive.unpacked import unused
from clipper.errors import Refused

MOST_CONTENTS = 8 << 20  # bytes of a zip file's list of contents, or of a datapackage.json
BLOCK = 1 << 16

_NAMES = (".warc", ".warc.gz")
_MOST_PACKED = 300  # times a member may have been packed
_ENOUGH = 1 << 30  # bytes from which on that is asked
_LOCAL = struct.Struct("<4s22xHH")  # what stands before a member: mark, lengths of its name and of what more is said


@dataclass(frozen=True, kw_only=True)
class Member:
    """A web archive in a zip file, of ``size`` bytes, which take ``packed`` bytes from ``offset`` on.

    ``checksum`` is what the zip file gives for its unpacked bytes (CRC-32), ``digest`` the SHA-256 that
    datapackage.json gives, in hex, or empty. ``refused`` says why it cannot be read.
    """

    name: str
    offset: int
    size: int
    packed: int
    deflated: bool
    checksum: int
    digest: str
    refused: str = ""


class _Careful:
    """A file of which no more is read at once than a list of contents may have."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(size if 0 <= size <= MOST_CONTENTS else MOST_CONTENTS + 1)
        if len(found) > MOST_CONTENTS:
            raise zipfile.BadZipFile
        return found


def members(file: BinaryIO) -> list[Member]:
    """Return the web archives of a zip file in the order in which they lie in it.

    Raises Refused for a zip file that cannot be read, or that has no web archive in it.
    """
    try:
        # All that the list of contents of a damaged file makes zipfile raise; the last for what it does not read.
        zipped = zipfile.ZipFile(_Careful(file))
    except (zipfile.BadZipFile, ValueError, LookupError, struct.error, EOFError, OverflowError, NotImplementedError):
        raise Refused("a damaged or cut zip file; 'zip -FF' may mend it") from None
    digests = _digests(file, zipped)
    found = {info.filename: info for info in zipped.infolist() if info.filename.lower().endswith(_NAMES)}
    if not found:
        if any(name.lower().endswith(".wacz") for name in zipped.namelist()):
            raise Refused("WACZ files in a zip file; unpack it and add them one by one")
        raise Refused("a zip file without a web archive (.warc or .warc.gz) in it")
    return [_member(file, i, digests) for i in sorted(found.values(), key=lambda i: i.header_offset)]


class Reading:
    """The bytes of a member from ``start`` on, and whether they are those that were put in."""

    def __init__(self, file: BinaryIO, member: Member, start: int = 0) -> None:
        self._file, self._member = file, member
        self._at = 0  # of its packed bytes
        self._given = 0
        self._unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if member.deflated else None
        self._hasher = hashlib.sha256() if member.digest else None
        self._checksum = 0
        self._all = True
        self._damaged = False
        if not member.deflated and start:
            self._at = self._given = min(start, member.size, member.packed)
            self._all = False
        while self._given < start and self.read(min(BLOCK, start - self._given)):
            pass

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most so many; none at the end, and where a packed member is damaged."""
        size = min(size, self._member.size - self._given)
        part = b""
        if self._unpacker is None:
            part = self._packed(size)
            self._at += len(part)
        while self._unpacker and size and not part and not self._unpacker.eof and not self._damaged:
            part = self._inflated(self._unpacker, self._packed(BLOCK), size)
        self._given += len(part)
        if self._hasher:
            self._hasher.update(part)
        self._checksum = zlib.crc32(part, self._checksum)
        return part

    def done(self) -> int:
        """Return the byte of the zip file up to which was read."""
        return self._member.offset + self._at

    def problem(self) -> str | None:
        """Return, at the end, what is wrong with the bytes, as far as all were read; None when nothing is."""
        while self._all and self.read(BLOCK):
            pass
        if self._damaged:
            return "its packing is damaged; what came after that is lost"
        if self._hasher and self._all and self._hasher.hexdigest() != self._member.digest:
            return "not as datapackage.json says: its SHA-256 is another"
        if self._all and self._checksum != self._member.checksum:
            return "not as it was put into the zip file: its checksum is another"
        return None

    def _packed(self, size: int) -> bytes:
        self._file.seek(self._member.offset + self._at)
        return self._file.read(max(0, min(size, self._member.packed - self._at)))

    def _inflated(self, unpacker: zlib._Decompress, ahead: bytes, size: int) -> bytes:
        try:
            part = unpacker.decompress(ahead, size)
        except zlib.error:
            self._damaged = True
            return b""
        used = len(ahead) - unused(unpacker)
        self._at += used
        self._damaged = not part and not used and not unpacker.eof
        return part


def _member(file: BinaryIO, info: zipfile.ZipInfo, digests: dict[str, str]) -> Member:
    """Return a member as the list of contents gives it, once what stands before it has been looked at."""
    deflated = info.compress_type == zipfile.ZIP_DEFLATED
    refused = ""
    offset = info.header_offset
    if info.flag_bits & 1:
        refused = "it is encrypted"
    elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        refused = "it is packed in a way that is not known here"
    elif info.file_size > _ENOUGH and info.file_size > _MOST_PACKED * info.compress_size:
        refused = f"packed more than {_MOST_PACKED} times, as no web archive is"
    else:
        file.seek(max(offset, 0))
        before = file.read(_LOCAL.size)
        if len(before) < _LOCAL.size or offset < 0 or not before.startswith(b"PK\x03\x04"):
            refused = "it is not where the zip file says"
        else:
            _, name, more = _LOCAL.unpack(before)
            offset += _LOCAL.size + name + more
    return Member(
        name=info.filename,
        offset=offset,
        size=info.file_size,
        packed=info.compress_size,
        deflated=deflated,
        checksum=info.CRC,
        digest=digests.get(info.filename, ""),
        refused=refused,
    )


def _digests(file: BinaryIO, zipped: zipfile.ZipFile) -> dict[str, str]:
    """Return the SHA-256 of each member, in hex, as far as datapackage.json gives it."""
    found: dict[str, str] = {}
    with suppress(KeyError, ValueError, RecursionError, AttributeError, TypeError):
        member = _member(file, zipped.getinfo("datapackage.json"), {})
        if member.refused or member.size > MOST_CONTENTS:
            return found
        reading, parts = Reading(file, member), list[bytes]()
        while part := reading.read(BLOCK):
            parts.append(part)
        package: Any = json.loads(b"".join(parts))
        for resource in package["resources"]:
            way, _, digest = str(resource.get("hash")).partition(":")
            if way == "sha256" and (path := resource.get("path")):
                found[str(path)] = digest.strip().lower()
    return found
