"""The raw answers of servers, kept as WARC/1.1 (ISO 28500:2017): what a page was when it was fetched, byte for byte.

The records are made and read by warcio; each is a gzip member of its own, so that a place (file and offset) finds
it. Files lie in ``warc/`` of the archive, a new one each month and past ``LARGEST`` bytes. Only a file whose end is
known to be whole is added to: after a crash, or without the cache that says how long it should be, a new one is
begun, and what is written is never touched again.
"""

from __future__ import annotations

import io
import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParser
from warcio.utils import BUFF_SIZE, Digester
from warcio.warcwriter import WARCWriter

from clipper import __version__, packing
from clipper.archive.durable import make_folder, open_regular, sync, sync_folder
from clipper.archive.notes import read_note, write_note
from clipper.errors import CannotWork

LARGEST = 1 << 30  # bytes of a file, after which a new one is begun (the size that web archives agree on)
MAX_BODY = 20 << 20  # bytes of an unpacked body that reading gives back
FOLDER = "warc"

_SAME_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # ends a line of a record's head, or is no UTF-8
_NO_NAME = re.compile("[^!-9;-~]")
_BREAKS = re.compile("[\r\n\x00]+")
_HEAD = 1 << 20  # bytes of a record beside its payload
_LEVEL = 6  # of compression; warcio's own 9 costs three times the time and saves one part in a hundred

# What a record that is none can bring about; warcio takes it for granted that a head is complete.
_DAMAGE = (ArchiveLoadFailed, ValueError, zlib.error, EOFError, AttributeError, TypeError, LookupError)
_HEAD_END = re.compile(rb"\n[ \t\r]*\n")
_LINES = 1000  # of a head
_HEADS = StatusAndHeadersParser([], verify=False)

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer as they went over the wire; ``payload`` is the body before it was unpacked.

    ``same_as`` is the earlier record with the same payload, if there is one: then no payload is written again.
    ``truncated`` tells that the payload is only the beginning.
    """

    url: str
    at: datetime
    address: str
    request: Headers
    protocol: str
    status: int
    reason: str
    headers: Headers
    payload: bytes
    same_as: Kept | None = None
    truncated: bool = False


class Kept(NamedTuple):
    """An answer that is kept: the URL and the moment of its record, and its payload's digest."""

    url: str
    date: str
    digest: str


@dataclass(frozen=True)
class Response:
    """A kept answer, its body unpacked; header names are lower case. ``kept`` names it in a revisit record."""

    url: str
    date: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    kept: Kept


def payload_digest(payload: bytes) -> str:
    """Return the digest of a payload as WARC files write it: SHA-1 in base 32."""
    digester = Digester("sha1")
    digester.update(payload)
    return str(digester)


# -- writing ----------------------------------------------------------------------------------------------


class WarcFiles:
    """The WARC files of an archive. Whoever writes holds the write lock."""

    def __init__(self, archive: Path, cache: Path) -> None:
        self._archive = archive
        self._state = cache / "warc.json"
        self._noted: dict[str, Any] = {}

    def append(self, chains: Sequence[Sequence[Exchange]], now: datetime) -> list[dict[str, Any]]:
        """Append request and answer of each exchange; return for each chain the place of its last answer.

        A chain is a URL's redirects and where they led. What is returned is on disk. Raises CannotWork, with
        nothing referred to, when the disk does not take it.
        """
        if not chains:
            return []
        path, start = self._file(now)
        payload = io.BytesIO()
        if start == 0:
            _add(payload, _info(path.name))
        offsets = []
        for chain in chains:
            for exchange in chain:
                offset = _write(payload, exchange)
            offsets.append(start + offset)
        _to_disk(path, payload.getbuffer())
        self._note(path, start + payload.tell())
        name = f"{FOLDER}/{path.name}"
        return [{"file": name, "offset": offset} for offset in offsets]

    def _file(self, now: datetime) -> tuple[Path, int]:
        """Return the file to append to, and its size."""
        folder = self._archive / FOLDER
        month = now.astimezone(UTC).strftime("%Y-%m")
        with suppress(OSError, ValueError, KeyError, TypeError):
            noted = read_note(self._state) or self._noted
            path = folder / Path(noted["file"]).name
            size = path.stat().st_size
            if path.name.startswith(month) and size == noted["size"] < LARGEST:
                return path, size
        numbers = [path.name.removeprefix(f"{month}-").partition(".")[0] for path in folder.glob(f"{month}-*.warc.gz")]
        last = max((int(n) for n in numbers if n.isascii() and n.isdigit()), default=0)
        return folder / f"{month}-{last + 1:04}.warc.gz", 0

    def _note(self, path: Path, size: int) -> None:
        """Note how long the file should be; without the note the next writer begins a new one."""
        self._noted = {"file": path.name, "size": size}
        write_note(self._state, self._noted)


def info(name: str, **more: str) -> bytes:
    """Return the record with which a WARC file begins, as a gzip member: which file it is, and what wrote it."""
    payload = io.BytesIO()
    _add(payload, _info(name, **more))
    return payload.getvalue()


def _info(name: str, **more: str) -> Any:
    about = {"software": f"clipper/{__version__}", "format": "WARC File Format 1.1"}
    about |= {key: " ".join(value.split()) for key, value in more.items()}  # a line each
    return WARCWriter(io.BytesIO(), gzip=False, warc_version="1.1").create_warcinfo_record(name, about)


def _write(payload: io.BytesIO, exchange: Exchange) -> int:
    """Write the records of one exchange; return where its answer begins."""
    writer = WARCWriter(io.BytesIO(), gzip=False, warc_version="1.1")
    url = _line(exchange.url.partition("#")[0])  # a fragment is never sent
    about = {"WARC-Date": exchange.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    if exchange.address:
        about["WARC-IP-Address"] = exchange.address
    cut = {"WARC-Truncated": "length"} if exchange.truncated else {}
    http = _AsSent(f"{exchange.status} {exchange.reason}".rstrip(), _plain(exchange.headers), exchange.protocol)
    if exchange.same_as:
        answer = writer.create_revisit_record(
            url,
            digest=exchange.same_as.digest,
            refers_to_uri=_line(exchange.same_as.url),
            refers_to_date=exchange.same_as.date,
            http_headers=http,
            warc_headers_dict=about,
        )
        profile = _NOT_MODIFIED if exchange.status == 304 else _SAME_PAYLOAD
        answer.rec_headers.replace_header("WARC-Profile", profile)
    else:
        answer = writer.create_warc_record(
            url,
            "response",
            payload=io.BytesIO(exchange.payload),
            length=len(exchange.payload),
            http_headers=http,
            warc_headers_dict={**about, **cut},
        )
    offset = _add(payload, answer, packed=any(name.lower() == "content-encoding" for name, _ in exchange.headers))
    path = url.partition("://")[2]
    target = path[len(path.partition("/")[0].partition("?")[0]) :] or "/"
    request = writer.create_warc_record(
        url,
        "request",
        http_headers=_AsSent(
            f"GET {target if target.startswith('/') else '/' + target} HTTP/1.1",
            list(exchange.request),
            is_http_request=True,
        ),
        warc_headers_dict={**about, "WARC-Concurrent-To": answer.rec_headers.get_header("WARC-Record-ID")},
    )
    _add(payload, request)
    return offset


class _AsSent(StatusAndHeaders):  # type: ignore[misc]  # warcio ships no types
    """The head of an HTTP message in the bytes that went over the wire, where warcio would rewrite what is not ASCII.

    No value ends its line, whatever a server put into it.
    """

    def to_ascii_bytes(self, filter_func: Callable[[Any], Any] | None = None) -> bytes:
        first = f"{self.protocol} {self.statusline}" if self.protocol else self.statusline
        lines = [first, *(f"{_NO_NAME.sub('_', name) or '_'}: {value}" for name, value in self.headers)]
        return "".join(_BREAKS.sub(" ", line) + "\r\n" for line in [*lines, ""]).encode("latin-1", "replace")


def _line(url: str) -> str:
    """Return a URL as it may stand in the head of a record."""
    return _UNSAFE.sub(lambda found: quote(found[0], safe="", errors="replace"), url)


def _plain(headers: Headers) -> list[tuple[str, str]]:
    """Return the headers of an answer whose payload is no longer in chunks."""
    return [(f"X-Orig-{n}" if n.lower() == "transfer-encoding" else n, value) for n, value in headers]


def _add(payload: io.BytesIO, record: Any, *, packed: bool = False) -> int:
    """Add a record as a gzip member of its own; return where it begins. One that is packed would not get smaller."""
    raw = io.BytesIO()
    WARCWriter(raw, gzip=False, warc_version="1.1").write_record(record)
    packer = zlib.compressobj(0 if packed else _LEVEL, zlib.DEFLATED, 31)
    offset = payload.tell()
    payload.write(packer.compress(raw.getbuffer()))
    payload.write(packer.flush())
    return offset


def _to_disk(path: Path, payload: memoryview) -> None:
    """Append to a file, or begin it; return when that is on disk, and the file's name is."""
    try:
        make_folder(path.parent)
        descriptor = open_regular(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            before = os.fstat(descriptor).st_size
            try:
                while payload:
                    payload = payload[os.write(descriptor, payload) :]
                sync(descriptor)
                if not before:
                    sync_folder(path.parent)
            except BaseException:
                with suppress(OSError):  # the next writer begins a new file
                    os.ftruncate(descriptor, before)
                raise
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CannotWork(f"{path}: cannot be written ({error.strerror}); 'warc = false' keeps no raw pages") from None


# -- reading ----------------------------------------------------------------------------------------------


def read(archive: Path, place: Mapping[str, Any]) -> Response:
    """Return the answer at a place.

    Raises CannotWork when there is none, when it cannot be read, or when its body is larger than ``MAX_BODY`` bytes.
    """
    with _opened(archive, place) as file:
        for record in ArchiveIterator(io.BytesIO(_member(file))):
            if record.rec_type == "response" and record.http_headers is not None:
                return _response(record)
            break
    raise CannotWork(f"{archive / str(place['file'])}: no kept answer at byte {place['offset']}")


def as_kept(archive: Path, place: Mapping[str, Any]) -> list[bytes]:
    """Return the answer at a place and the request that lies behind it, each the gzip member that it is.

    Raises CannotWork when there is no answer, or it cannot be read.
    """
    with _opened(archive, place) as file:
        answer, content = _packed_member(file)
        about = _record_head(content)
        if about.get("warc-type") == "response":
            with suppress(*_DAMAGE):  # what stands behind is not what was asked for, and need not be sound
                request, content = _packed_member(file)
                theirs = _record_head(content)
                if theirs.get("warc-type") == "request" and theirs.get("warc-concurrent-to") == about["warc-record-id"]:
                    return [answer, request]
            return [answer]
    raise CannotWork(f"{archive / str(place['file'])}: no kept answer at byte {place['offset']}")


def _record_head(content: bytes) -> dict[str, str]:
    return {name.lower(): value for name, value in read_head(content)[2]}


@contextmanager
def _opened(archive: Path, place: Mapping[str, Any]) -> Iterator[BinaryIO]:
    """Give the file of a place, to be read from there; what is wrong with it is told as CannotWork."""
    name, offset = str(place.get("file")), place.get("offset")
    if Path(name).parts[:-1] != (FOLDER,) or not isinstance(offset, int) or not 0 <= offset < 1 << 62:
        raise CannotWork(f"{name}: no WARC file of this archive")
    path = archive / name
    try:
        with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
            file.seek(offset)
            yield file
    except OSError as error:
        raise CannotWork(f"{path}: cannot be read ({error.strerror or type(error).__name__})") from None
    except _DAMAGE as error:
        raise CannotWork(f"{path}: damaged at byte {offset} ({type(error).__name__})") from None


def read_head(raw: bytes) -> tuple[str, str, Headers, int]:
    """Return the first word of a head, the rest of its first line, its headers, and how many bytes it has.

    It is the head of a record or of an HTTP message, with the blank line that ends it; what follows is not looked at.
    Of what is no head, empty texts and no headers are returned.
    """
    end = _HEAD_END.search(raw)
    stream = io.BytesIO(raw[: end.end()] if end else raw)
    try:
        if stream.getbuffer().nbytes > _HEAD or stream.getvalue().count(b"\n") > _LINES:
            raise ValueError
        found = _HEADS.parse(stream)
    except _DAMAGE:
        return "", "", (), 0
    return found.protocol, found.statusline, tuple((str(n), str(v)) for n, v in found.headers), stream.tell()


def target(headers: Mapping[str, str]) -> str:
    """Return the address that a record's headers (by lower-case name) give, an empty text when they give none.

    Brackets around it, as Wget 1.19 wrote them, are taken off.
    """
    url = headers.get("warc-target-uri", "").strip()
    if url.startswith("<") and url.endswith(">"):
        url = url[1:-1].strip()
    return _line(url).replace(" ", "%20")


def _member(file: BinaryIO) -> bytes:
    """Return what is in the gzip member that begins here. Its checksum is looked at, as warcio does not."""
    return _packed_member(file)[1]


def _packed_member(file: BinaryIO) -> tuple[bytes, bytes]:
    """Return the gzip member that begins here, packed as it is, and what is in it; then the file is at the next."""
    unpacker = zlib.decompressobj(31)
    packed: list[bytes] = []
    parts: list[bytes] = []
    size = 0
    while not unpacker.eof:
        block = file.read(BUFF_SIZE)
        if not block:
            raise EOFError
        packed.append(block)
        parts.append(unpacker.decompress(block))
        size += len(parts[-1])
        if size > MAX_BODY + _HEAD:
            raise ValueError("larger than a page may be")
    if unpacker.unused_data:
        packed[-1] = packed[-1][: -len(unpacker.unused_data)]
        file.seek(-len(unpacker.unused_data), os.SEEK_CUR)
    return b"".join(packed), b"".join(parts)


def _response(record: Any) -> Response:
    about = record.rec_headers
    url, date = about.get_header("WARC-Target-URI"), about.get_header("WARC-Date")
    if not url or not date:
        raise ValueError("no URL and no moment")
    payload = record.raw_stream.read()
    headers = {name.lower(): value for name, value in record.http_headers.headers}
    coding = headers.get("content-encoding", "").strip().lower()
    body = payload
    if payload and coding not in ("", "identity"):
        body = packing.unpack(payload, coding, MAX_BODY)
    if len(body) > MAX_BODY:
        raise CannotWork(f"the kept page is larger than {MAX_BODY >> 20} MB when it is unpacked")
    kept = Kept(url, date, payload_digest(payload))
    return Response(url, date, int(record.http_headers.get_statuscode()), headers, body, kept)
