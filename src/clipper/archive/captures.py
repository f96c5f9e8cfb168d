"""The web pages in somebody's web archive (WARC, packed or not, or WACZ), one after the other, as they were sent.

A page is an answer with the status 200 or 203 and a body of HTML; a body that a tool wrote without the answer around
it (a ``resource`` or ``conversion`` record) is taken for one. What is none is passed over and counted by its kind:
``request``, ``warcinfo``, ``metadata``, ``dns``, ``continuation``, ``revisit`` (the page is in the file, or in
another one, already), ``other media``, ``redirect``, ``error``, ``other``; ``too large``, ``unusable`` and ``damaged``
come with the problem; ``end`` is the end of a file.

Nothing is held of a file but one record and a few megabytes. Reading can go on at the ``end`` of what was given last.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from clipper import packing
from clipper.archive import chunks, fixity, wacz
from clipper.archive.recordfile import Lost, Record, by_name, records
from clipper.archive.unpacked import Damaged, Members, Place, Raw, Stream
from clipper.archive.warc import MAX_BODY, Exchange, Headers, read_head, target
from clipper.errors import FetchFailed, Refused
from clipper.text import clean_line

NAMES = (".warc", ".warc.gz", ".wacz")

_HTML = ("text/html", "application/xhtml+xml")
_HTML_START = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--[^>]{0,500}>\s*)?<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE,
)
_SNIFFED = 4096  # bytes in which HTML must show
_PAGE = (200, 203)
_BODIES = ("resource", "conversion")
_KINDS = ("request", "warcinfo", "metadata", "continuation", "revisit")
_SECRET = ("cookie", "authorization", "proxy-authorization")
_STATUS = re.compile(r"([1-9][0-9]{2})(?:\s+(.*))?", re.DOTALL)
_DATE = re.compile(
    r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:T?(\d\d):?(\d\d)(?::?(\d\d)(?:\.(\d{1,6})\d{0,12})?)?)?)?)?Z?", re.ASCII
)
_START = 512  # bytes by which a file is known
_SHORTER = "it has become shorter since it was read last; it must be read from its beginning"


@dataclass(frozen=True, kw_only=True)
class Capture:
    """A page as a web archive has it.

    ``exchange.payload`` is its body, packed by ``coding`` (lower case, empty for none) where the server packed it;
    ``exchange.request`` are the headers of the request where it lies beside the page, without cookies and passwords.
    ``kind`` is the type of the record: ``response``, ``resource`` or ``conversion``. The record begins at the byte
    ``offset`` of ``file``, a member of a WACZ file or empty; reading goes on at ``end`` and ``within``. ``done`` is the
    byte of the whole file up to which was read. ``problem`` says what is wrong with the record, if anything is.
    """

    exchange: Exchange
    content_type: str
    coding: str
    kind: str
    file: str
    offset: int
    end: int
    within: int
    done: int
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class Passed:
    """What is no page, by its ``kind``, with the ``problem`` for the user if there is one; the rest as in Capture."""

    kind: str
    file: str
    offset: int
    end: int
    within: int
    done: int
    problem: str | None = None


Found = Capture | Passed


def read(path: Path, start: int = 0, member: str = "", within: int = 0) -> Iterator[Found]:
    """Give what is in a web archive, from the beginning or from an ``end`` and ``within`` of ``member`` on.

    ``within`` is not 0 only for a file that was packed as a whole: then what lies before is unpacked again. Raises
    Refused for a file that is no web archive, or that goes against reason, and FetchFailed when it cannot be read.
    """
    with _opened(path) as file:
        beginning = file.read(_START)
        if beginning.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            yield from _zipped(file, Place(start, within), member)
            return
        _refuse_others(beginning, path.name)
        if start > file.seek(0, os.SEEK_END):
            raise Refused(_SHORTER)
        file.seek(start)
        raw = Raw(file.read, start)
        stream = _stream(raw, beginning, path.name)
        yield from _File(stream, "", lambda: raw.at).found(Place(start, within))


def _stream(raw: Raw, beginning: bytes, name: str) -> Stream:
    """Return the unpacked bytes of a file, by how it begins, or by its name where that is damaged."""
    if beginning.startswith(b"\x1f\x8b") or (not beginning.startswith(b"WARC/") and name.lower().endswith(".gz")):
        return Members(raw)
    return Stream(raw)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        if not path.is_file():
            raise FetchFailed("not a regular file" if path.exists() else "no such file")
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise FetchFailed(f"cannot be read ({error.strerror or type(error).__name__})") from None
    except ValueError as error:
        raise FetchFailed(f"cannot be read ({clean_line(str(error))})") from None


def _refuse_others(beginning: bytes, name: str) -> None:
    """Raise Refused for a file whose beginning says that it is something else."""
    if not beginning:
        raise Refused("an empty file")
    if beginning.startswith(b"filedesc://"):
        raise Refused("an ARC file, older than WARC; 'warcio recompress' turns it into a WARC file")
    if beginning.startswith(b"\x28\xb5\x2f\xfd"):
        raise Refused("packed by zstandard; unpack it with 'zstd -d'")
    if not beginning.startswith((b"WARC/", b"\x1f\x8b")) and not name.lower().endswith((".warc", ".warc.gz")):
        raise Refused("no web archive")


def _zipped(file: BinaryIO, start: Place, member: str) -> Iterator[Found]:
    """Give what is in the web archives of a zip file, from a place in one of them on."""
    listed = wacz.members(file)
    names = [one.name for one in listed]
    if member and member not in names:
        raise Refused(f"{clean_line(member)!r}, where reading should go on, is not in it")
    for one in listed[names.index(member) if member else 0 :]:
        place = start if one.name == member else Place(0)
        if one.refused:
            yield Passed(kind="damaged", file=one.name, offset=0, end=0, within=0, done=one.offset, problem=one.refused)
            continue
        if place.offset > one.size:
            raise Refused(_SHORTER)
        beginning = wacz.Reading(file, one).read(_START)
        reading = wacz.Reading(file, one, place.offset)
        stream = _stream(Raw(reading.read, place.offset), beginning, one.name)
        for found in _File(stream, one.name, reading.done, one).found(place):
            if found.kind == "end":
                found = replace(found, problem=reading.problem(), done=reading.done())
            yield found


class _File:
    """Turns the records of one file into pages and what is none."""

    def __init__(self, stream: Stream, name: str, done: Callable[[], int], member: wacz.Member | None = None) -> None:
        self._stream = stream
        self._name = name
        self._so_far = done
        self._furthest = 0
        self._within_zip = member is not None
        self._end = Place(0)
        self._waiting: tuple[Capture, dict[str, str]] | None = None  # a page whose request may follow

    def found(self, start: Place) -> Iterator[Found]:
        """Give what is found from a place on; what is last is the end of the file."""
        self._end = start
        if start == Place(0):
            self._refuse_arc()
        elif start.within:
            self._pass_within(start.within)
        any_record = False
        asked: tuple[Headers, dict[str, str]] | None = None  # a request whose page may follow
        try:
            for record in records(self._stream):
                any_record = any_record or isinstance(record, Record)
                request = _request(record)
                found = self._read(record)
                if self._waiting is not None:
                    page, about = self._waiting
                    self._waiting = None
                    yield _asked(page, request) if request and _belong(record.headers, about) else page
                    del page
                if isinstance(found, Passed):
                    yield found
                elif asked and _belong(asked[1], record.headers):
                    yield _asked(found, asked[0])
                else:
                    self._waiting = found, record.headers
                asked = (request, record.headers) if request else None
                del record, found  # which can be large, before the next is read
        except Refused:
            if self._waiting is not None:
                yield self._waiting[0]
            raise
        if self._waiting is not None:
            yield self._waiting[0]
        if not any_record and start == Place(0) and not self._within_zip:
            raise Refused("no web archive: no record in it can be read")
        yield self._passed("end", self._end, self._end, None)

    def _done(self) -> int:
        """Return how far was read; looking for the next record after a damage is no step back."""
        self._furthest = max(self._furthest, self._so_far())
        return self._furthest

    def _passed(self, kind: str, start: Place, end: Place, problem: str | None) -> Passed:
        return Passed(kind=kind, file=self._name, offset=start.offset, end=end.offset, within=end.within,
                      done=self._done(), problem=problem)  # fmt: skip

    def _refuse_arc(self) -> None:
        """Raise Refused for packed records of a kind that is not read."""
        try:
            if self._stream.packed and not self._stream.begin():
                return
            if self._stream.peek(11) == b"filedesc://":
                raise Refused("an ARC file, older than WARC; 'warcio recompress' turns it into a WARC file")
        except Damaged:
            return  # which will be told in its turn

    def _pass_within(self, size: int) -> None:
        """Pass over the unpacked bytes of a member that were read before."""
        try:
            if self._stream.begin():
                while size and (passed := len(self._stream.take(min(size, 1 << 16)))):
                    size -= passed
        except Damaged:
            return

    def _read(self, record: Record | Lost) -> Found:
        """Return the page of a record, or what it is instead."""
        if isinstance(record, Lost):
            return self._passed("damaged", record.start, self._end, record.cause)
        self._end = record.end
        kind = record.headers.get("warc-type", "").strip().lower()
        url = target(record.headers)
        if kind in _KINDS:
            return self._passed(kind, record.start, record.end, None)
        if kind not in ("response", *_BODIES):
            return self._passed("other", record.start, record.end, None)
        if url.lower().startswith("dns:"):
            return self._passed("dns", record.start, record.end, None)
        made = _http(record) if _is_http(record, kind) else _body(record)
        if isinstance(made, str):
            return self._passed(made, record.start, record.end, None)
        at = _moment(record.headers.get("warc-date", ""))
        problem = None
        if not url:
            problem = "no address"
        elif at is None:
            problem = "no date that can be read"
        if record.large or len(made.payload) > MAX_BODY:
            return self._passed("too large", record.start, record.end,
                                f"{_shown(url, record)}: larger than {MAX_BODY >> 20} MB")  # fmt: skip
        if problem or at is None:
            return self._passed("unusable", record.start, record.end, f"{_shown(url, record)}: {problem}")
        problems = fixity.problems(record.headers, record.content, record.content[made.head :], made.payload)
        if record.misfit and (problems or not fixity.is_told(record.headers)):
            problems.append("its length is not what its head says")
        if made.broken:
            problems.append("it ends in the middle of a chunk")
        cut = "warc-truncated" in record.headers or "warc-segment-number" in record.headers
        return Capture(
            exchange=Exchange(
                url=url, at=at, address=clean_line(record.headers.get("warc-ip-address", ""))[:64], request=(),
                protocol=made.protocol, status=made.status, reason=made.reason, headers=made.headers,
                payload=made.payload, truncated=cut or made.broken,
            ),
            content_type=made.content_type, coding=made.coding, kind=kind, file=self._name,
            offset=record.start.offset, end=record.end.offset, within=record.end.within, done=self._done(),
            problem="; ".join(problems) or None,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """What a record holds of a page; ``head`` is how many bytes of it come before the body."""

    protocol: str
    status: int
    reason: str
    headers: Headers
    payload: bytes
    content_type: str
    coding: str
    head: int
    broken: bool = False


def _is_http(record: Record, kind: str) -> bool:
    said = record.headers.get("content-type", "").lower()
    return said.startswith("application/http") if kind in _BODIES else not said.startswith(_HTML)


def _http(record: Record) -> _Answer | str:
    """Return the answer that a record holds, or the kind of what it is instead."""
    protocol, line, headers, head = read_head(record.content[: 1 << 16])
    status = _STATUS.fullmatch(line)
    if status is None or not protocol.upper().startswith("HTTP") or not record.content[:head].endswith((b"\n", b"\r")):
        return "other"
    code = int(status[1])
    if code not in _PAGE:
        return "redirect" if 300 <= code < 400 else "error" if code >= 400 else "other"
    said = by_name(headers)
    body = record.content[head:]
    broken = False
    payload = body
    if "chunked" in said.get("transfer-encoding", "").lower() and not record.large:
        payload, broken = chunks.joined(body)
    coding = clean_line(said.get("content-encoding", "")).lower()
    if coding in ("", "identity") or _is_not_packed(payload, coding):
        headers = tuple((f"X-Orig-{n}" if coding and n.lower() == "content-encoding" else n, v) for n, v in headers)
        coding = ""
    content_type = clean_line(said.get("content-type", ""))
    if not _is_html(content_type or record.headers.get("warc-identified-payload-type", ""), payload, coding):
        return "other media"
    return _Answer(
        protocol=protocol[:20], status=code, reason=clean_line(status[2] or "")[:200], headers=headers, payload=payload,
        content_type=content_type, coding=coding, head=head, broken=broken,
    )  # fmt: skip


def _body(record: Record) -> _Answer | str:
    """Return the answer that the body in a record must have been, or the kind of what it is instead."""
    said = clean_line(record.headers.get("content-type", ""))
    if not _is_html(said, record.content, ""):
        return "other media"
    headers = (("Content-Type", said),) if said else ()
    return _Answer(protocol="HTTP/1.1", status=200, reason="OK", headers=headers, payload=record.content,
                   content_type=said, coding="", head=0)  # fmt: skip


def _is_html(content_type: str, payload: bytes, coding: str) -> bool:
    """Whether a body is HTML: by its type, or by its beginning where it has none."""
    if content_type.strip():
        return content_type.partition(";")[0].strip().lower() in _HTML
    beginning = payload[:_SNIFFED]
    if coding:
        try:
            beginning = packing.unpack(beginning, coding, _SNIFFED, cut=True)
        except ValueError:
            return False
    return _HTML_START.match(beginning) is not None


def _is_not_packed(payload: bytes, coding: str) -> bool:
    """Whether a body was unpacked by the tool that kept it, which left the header as it was."""
    if coding in ("gzip", "x-gzip") and payload:
        return not payload.startswith(b"\x1f\x8b")
    return _HTML_START.match(payload[:_SNIFFED]) is not None


def _asked(page: Capture, request: Headers) -> Capture:
    return replace(page, exchange=replace(page.exchange, request=request))


def _request(record: Record | Lost) -> Headers:
    """Return the headers of the request that a record holds, if it does, without what is nobody's business."""
    if isinstance(record, Lost) or record.headers.get("warc-type", "").strip().lower() != "request":
        return ()
    _, _, headers, _ = read_head(record.content[: 1 << 16])
    return tuple((name, value) for name, value in headers if name.lower() not in _SECRET)


def _belong(one: dict[str, str], other: dict[str, str]) -> bool:
    """Whether a request and an answer name each other, or have address and moment in common."""
    for a, b in ((one, other), (other, one)):
        if a.get("warc-concurrent-to", "") == b.get("warc-record-id", "-"):
            return True
    same = ("warc-target-uri", "warc-date")
    return all(one.get(name, "") == other.get(name, "-") for name in same)


def _moment(said: str) -> datetime | None:
    """Return the moment that WARC-Date says (UTC); of one that is less exact, its beginning."""
    found = _DATE.fullmatch(said.strip())
    try:
        if found is None:
            return datetime.fromisoformat(said.strip()).astimezone(UTC)
        year, month, day, hour, minute, second, part = found.groups()
        return datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0),
                        int((part or "0").ljust(6, "0")), tzinfo=UTC)  # fmt: skip
    except (ValueError, OverflowError):
        return None


def _shown(url: str, record: Record) -> str:
    return clean_line(url)[:200] or f"byte {record.start.offset}"
