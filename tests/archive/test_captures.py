"""Somebody's web archives: every page in them, whoever wrote the file and whatever became of it since."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clipper.archive import captures, recordfile, unpacked, wacz
from clipper.archive.captures import Capture, Passed
from clipper.archive.warc import Exchange, WarcFiles
from clipper.errors import ClipperError, FetchFailed, Refused

URL = "http://fenwickecho.example/beds?page=2"
PAGE = b"<html><body><p>The Fenwick board closed two wards.</p></body></html>"
PACKED = gzip.compress(PAGE, mtime=0)  # of no time: names of tests are made from it
DATE = "2014-03-07T09:15:30Z"
AT = datetime(2014, 3, 7, 9, 15, 30, tzinfo=UTC)
HTML = ("Content-Type", "text/html; charset=utf-8")


def record(
    kind: str, content: bytes = b"", url: str | None = URL, *more: tuple[str, str], version: str = "1.0",
    date: str | None = DATE, length: int | None = None,
) -> bytes:  # fmt: skip
    """Return a record as it lies in a plain file."""
    types = {"response": "application/http; msgtype=response", "request": "application/http; msgtype=request"}
    head = [("WARC-Type", kind), ("WARC-Record-ID", f"<urn:test:{hashlib.md5(content).hexdigest()}>")]
    head += [("WARC-Target-URI", url)] if url else []
    head += [("WARC-Date", date)] if date else []
    if kind in types and not any(name == "Content-Type" for name, _ in more):
        head.append(("Content-Type", types[kind]))
    head += [*more, ("Content-Length", str(len(content) if length is None else length))]
    lines = "".join(f"{name}: {value}\r\n" for name, value in head)
    return f"WARC/{version}\r\n{lines}\r\n".encode() + content + b"\r\n\r\n"


def answer(body: bytes = PAGE, *headers: tuple[str, str], line: str = "HTTP/1.1 200 OK") -> bytes:
    return (line + "\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers or [HTML]) + "\r\n").encode() + body


def page(number: int, *more: tuple[str, str]) -> bytes:
    body = PAGE.replace(b"two", b"%d" % number) + b"<!-- %s -->" % hashlib.sha512(b"%d" % number).hexdigest().encode()
    return record("response", answer(body), f"http://fenwickecho.example/{number}", *more)


def zipped(raw: bytes, name: str, packing: int, **also: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as file:
        file.writestr("indexes/index.cdx", b"no web archive")
        file.writestr(name, raw)
        for other, content in also.items():
            file.writestr(other.replace("__", "/").replace("_", "."), content)
    return out.getvalue()


def plain(records: Sequence[bytes]) -> bytes:
    return b"".join(records)


def packed(records: Sequence[bytes]) -> bytes:
    return b"".join(gzip.compress(one, mtime=0) for one in records)


def whole(records: Sequence[bytes]) -> bytes:
    return gzip.compress(plain(records), mtime=0)


def blocks(records: Sequence[bytes]) -> bytes:
    """Return members whose ends are not those of the records."""
    raw = plain(records)
    return b"".join(gzip.compress(raw[at : at + 190], mtime=0) for at in range(0, len(raw), 190))


FORMS: dict[str, tuple[str, Callable[[Sequence[bytes]], bytes]]] = {
    "plain": ("a.warc", plain),
    "packed": ("a.warc.gz", packed),
    "whole": ("a.warc.gz", whole),
    "blocks": ("a.warc.gz", blocks),
    "stored": ("a.wacz", lambda r: zipped(packed(r), "archive/a.warc.gz", zipfile.ZIP_STORED)),
    "deflated": ("a.wacz", lambda r: zipped(packed(r), "archive/a.warc.gz", zipfile.ZIP_DEFLATED)),
    "deflated-plain": ("a.wacz", lambda r: zipped(plain(r), "archive/a.warc", zipfile.ZIP_DEFLATED)),
}
IN_RECORDS = ["plain", "packed", "stored", "deflated"]


def write(folder: Path, form: str, records: Sequence[bytes]) -> Path:
    name, make = FORMS[form]
    (folder / name).write_bytes(make(records))
    return folder / name


def pages(found: Iterator[captures.Found]) -> list[Capture]:
    return [one for one in found if isinstance(one, Capture)]


def kinds(found: Iterator[captures.Found]) -> list[str]:
    return [one.kind for one in found if isinstance(one, Passed)]


def only(folder: Path, *records: bytes) -> Capture:
    [found] = pages(captures.read(write(folder, "packed", records)))
    return found


def problems(found: Iterator[captures.Found]) -> list[str]:
    return [one.problem for one in found if one.problem]


# -- what is a page -----------------------------------------------------------------------------------------


def test_a_page_comes_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    info = record("warcinfo", b"software: test\r\n", None)
    sent = answer(PAGE, HTML, ("X-Place", "twice"), ("X-Place", "Zürich"), line="HTTP/1.0 200 All well")
    path = write(tmp_path, "packed", [info, record("response", sent, URL, ("WARC-IP-Address", "192.0.2.7"))])
    _, found, end = captures.read(path)
    assert isinstance(found, Capture)
    assert isinstance(end, Passed)
    made = found.exchange
    assert (made.url, made.at, made.address, made.request) == (URL, AT, "192.0.2.7", ())
    assert (made.protocol, made.status, made.reason) == ("HTTP/1.0", 200, "All well")
    assert made.headers == (HTML, ("X-Place", "twice"), ("X-Place", "Zürich"))
    assert (made.payload, made.truncated, made.same_as) == (PAGE, False, None)
    assert (found.content_type, found.coding, found.kind) == ("text/html; charset=utf-8", "", "response")
    size = path.stat().st_size
    assert (found.file, found.offset, found.end, found.within) == ("", len(packed([info])), size, 0)
    assert (found.problem, end.kind, end.end, end.done) == (None, "end", size, size)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("version", ["0.17", "0.18", "1.0", "1.1"])
def test_every_form_and_version_is_read(tmp_path: Path, form: str, version: str) -> None:
    rows = [record("response", answer(PAGE + b"%d" % n), f"http://h.example/{n}", version=version) for n in range(5)]
    found = list(captures.read(write(tmp_path, form, rows)))
    assert [(p.exchange.url, p.exchange.payload) for p in pages(iter(found))] == [
        (f"http://h.example/{n}", PAGE + b"%d" % n) for n in range(5)
    ]
    assert problems(iter(found)) == []
    assert kinds(iter(found)) == ["end"]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (record("request", b"GET / HTTP/1.1\r\nHost: h.example\r\n\r\n"), "request"),
        (record("warcinfo", b"software: x\r\n", None), "warcinfo"),
        (record("metadata", b"outlink: http://h.example/ L a\r\n"), "metadata"),
        (record("continuation", PAGE), "continuation"),
        (record("revisit", answer(b"")), "revisit"),
        (record("response", b"20140307091530\nh.example. 3600 IN A 192.0.2.7", "dns:h.example",
                ("Content-Type", "text/dns")), "dns"),
        (record("response", answer(b"%PDF-1.4", ("Content-Type", "application/pdf"))), "other media"),
        (record("response", answer(PAGE, ("Content-Type", "text/plain"))), "other media"),
        (record("response", answer(b"User-agent: *", ("X-No", "type"))), "other media"),
        (record("resource", b"\x89PNG", URL, ("Content-Type", "image/png")), "other media"),
        (record("conversion", b"words", URL, ("Content-Type", "text/plain")), "other media"),
        (record("response", answer(PAGE, HTML, ("Location", "/a"), line="HTTP/1.1 301 Moved")), "redirect"),
        (record("response", answer(PAGE, line="HTTP/1.1 404 Not Found")), "error"),
        (record("response", answer(PAGE, line="HTTP/1.1 503")), "error"),
        (record("response", answer(PAGE, line="HTTP/1.1 206 Partial Content")), "other"),
        (record("response", answer(PAGE, line="HTTP/1.1 soon")), "other"),
        (record("response", b""), "other"),
        (record("response", b"\xff\x00\n\n"), "other"),
        (record("diary", PAGE), "other"),
        (record("response", answer(PAGE), None), "unusable"),
        (record("response", answer(PAGE), date=None), "unusable"),
        (record("response", answer(PAGE), date="last Tuesday"), "unusable"),
        (record("response", answer(PAGE), date="2014-13-41T09:00:00Z"), "unusable"),
    ],
)  # fmt: skip
def test_what_is_no_page_is_counted_by_its_kind(tmp_path: Path, raw: bytes, kind: str) -> None:
    found = list(captures.read(write(tmp_path, "packed", [page(1), raw, page(2)])))
    assert [one.exchange.url[-1] for one in pages(iter(found))] == ["1", "2"]
    assert kinds(iter(found)) == [kind, "end"]
    assert len(problems(iter(found))) == (kind == "unusable")


@pytest.mark.parametrize(
    "headers",
    [
        [HTML], [("content-type", "TEXT/HTML")], [("Content-Type", "application/xhtml+xml; charset=utf-8")],
        [("Content-Length", "9")], [("Content-Type", "")],
    ],
    ids=repr,
)  # fmt: skip
def test_html_is_known_by_its_type_or_where_there_is_none_by_its_beginning(
    tmp_path: Path, headers: list[tuple[str, str]]
) -> None:
    body = b"\xef\xbb\xbf\n<!-- saved -->\n<!DOCTYPE html><html><p>The board met.</p></html>"
    assert only(tmp_path, record("response", answer(body, *headers))).exchange.payload == body
    packing = ("Content-Encoding", "gzip")
    assert only(tmp_path, record("response", answer(gzip.compress(body), packing, *headers))).coding == "gzip"


@pytest.mark.parametrize("kind", ["resource", "conversion"])
def test_a_body_that_was_kept_without_its_answer_is_a_page(tmp_path: Path, kind: str) -> None:
    found = only(tmp_path, record(kind, PAGE, URL, ("Content-Type", "text/html")))
    assert (found.kind, found.content_type, found.exchange.payload) == (kind, "text/html", PAGE)
    assert (found.exchange.status, found.exchange.headers) == (200, (("Content-Type", "text/html"),))


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2014-03-07T09:15:30Z", AT), ("2014-03-07T09:15:30.5Z", AT.replace(microsecond=500_000)),
        ("2014-03-07T09:15:30.123456789Z", AT.replace(microsecond=123_456)), ("20140307091530", AT),
        ("2014-03-07T10:15:30+01:00", AT), ("2014-03-07T09:15Z", AT.replace(second=0)),
        ("2014-03-07", AT.replace(hour=0, minute=0, second=0)), ("2014-03", datetime(2014, 3, 1, tzinfo=UTC)),
        ("2014", datetime(2014, 1, 1, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_the_moment_is_read_as_exactly_as_it_is_said(tmp_path: Path, said: str, at: datetime) -> None:
    assert only(tmp_path, record("response", answer(), date=said)).exchange.at == at


@pytest.mark.parametrize(
    ("said", "url"),
    [
        (f"<{URL}>", URL),
        ("http://h.example/two wards", "http://h.example/two%20wards"),
        ("http://h.example/\x1b[31m", "http://h.example/%1B[31m"),
    ],
)
def test_an_address_is_mended_where_a_tool_wrote_it_wrongly(tmp_path: Path, said: str, url: str) -> None:
    assert only(tmp_path, record("response", answer(), said)).exchange.url == url


# -- how it was sent ----------------------------------------------------------------------------------------

CHUNKS = (
    b"10\r\n" + PAGE[:16] + b"\r\n%X;name=value\r\n" % len(PAGE[16:]) + PAGE[16:] + b"\r\n0\r\nX-Trailer: a\r\n\r\n"
)


@pytest.mark.parametrize(
    ("body", "payload", "problem"),
    [
        (CHUNKS, PAGE, None),
        (CHUNKS.replace(b"\r\n", b"\n"), PAGE, None),
        (PAGE, PAGE, None),
        (b"", b"", None),
        (b"0\r\n\r\n", b"", None),
        (b"abba sang about the wards", b"abba sang about the wards", None),
        (b"5\r\nless than five follows, no chunk", b"5\r\nless than five follows, no chunk", None),
        (CHUNKS[:40], PAGE[:14 + 40 - 38], "in the middle of a chunk"),
    ],
)  # fmt: skip
def test_chunks_are_put_together(tmp_path: Path, body: bytes, payload: bytes, problem: str | None) -> None:
    chunked = ("Transfer-Encoding", "chunked")
    found = only(tmp_path, record("response", answer(body, HTML, chunked)))
    if problem:
        assert problem in (found.problem or "")
        assert PAGE.startswith(found.exchange.payload)
        assert 16 <= len(found.exchange.payload) < len(PAGE)
    else:
        assert (found.exchange.payload, found.problem) == (payload, None)
    assert found.exchange.truncated == bool(problem)
    assert chunked in found.exchange.headers


@pytest.mark.parametrize(
    ("said", "payload", "coding"),
    [
        ("gzip", PACKED, "gzip"), ("GZIP", PACKED, "gzip"), ("br", b"\x0b\x02\x80", "br"),
        ("deflate", zlib.compress(PAGE), "deflate"), ("gzip", PAGE, ""), ("br", PAGE, ""), ("deflate", PAGE, ""),
        ("identity", PAGE, ""),
    ],
)  # fmt: skip
def test_a_packing_that_a_tool_undid_is_no_longer_named(tmp_path: Path, said: str, payload: bytes, coding: str) -> None:
    found = only(tmp_path, record("response", answer(payload, HTML, ("Content-Encoding", said))))
    assert (found.coding, found.exchange.payload) == (coding, payload)
    assert ("Content-Encoding" if coding else "X-Orig-Content-Encoding", said) in found.exchange.headers


def test_a_page_that_was_cut_when_it_was_kept_says_so(tmp_path: Path) -> None:
    assert only(tmp_path, record("response", answer(), URL, ("WARC-Truncated", "length"))).exchange.truncated
    assert only(tmp_path, record("response", answer(), URL, ("WARC-Segment-Number", "1"))).exchange.truncated


ASKED = b"GET /beds?page=2 HTTP/1.1\r\nHost: fenwickecho.example\r\nCookie: who=me\r\nAuthorization: Basic x\r\n\r\n"


@pytest.mark.parametrize("first", [True, False])
def test_the_request_beside_a_page_is_given_without_what_is_nobodys_business(tmp_path: Path, first: bool) -> None:
    pair = [record("request", ASKED), record("response", answer())]
    found = list(captures.read(write(tmp_path, "packed", [page(1), *(pair if first else pair[::-1]), page(2)])))
    assert [one.exchange.request for one in pages(iter(found))] == [(), (("Host", "fenwickecho.example"),), ()]


def test_the_request_of_another_page_is_not_taken(tmp_path: Path) -> None:
    other = record("request", ASKED, "http://h.example/other")
    found = pages(captures.read(write(tmp_path, "plain", [other, record("response", answer()), other])))
    assert [one.exchange.request for one in found] == [()]


def test_what_clipper_keeps_itself_is_read(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    made = Exchange(url=URL, at=AT, address="192.0.2.7", request=(("Host", "fenwickecho.example"),),
                    protocol="HTTP/1.1", status=200, reason="OK", headers=(HTML,), payload=PAGE)  # fmt: skip
    [place] = WarcFiles(tmp_path, tmp_path / "cache").append([(made,)], AT)
    [found] = pages(captures.read(tmp_path / place["file"]))
    assert (found.exchange, found.offset, found.problem) == (made, place["offset"], None)


# -- fixity -------------------------------------------------------------------------------------------------


def forms_of(content: bytes) -> list[str]:
    found = []
    for way in ("sha1", "md5", "sha256", "sha512"):
        digest = hashlib.new(way, content).digest()
        found += [f"{way}:{base64.b32encode(digest).decode()}", f"{way}:{digest.hex()}",
                  f"{way.upper()}:{digest.hex().upper()}", f"{way}:{base64.b64encode(digest).decode()}"]  # fmt: skip
    return found


@pytest.mark.parametrize("number", range(16))
def test_a_digest_is_understood_in_every_spelling(tmp_path: Path, number: int) -> None:
    block = answer()
    for name, content, what in (("WARC-Payload-Digest", PAGE, "payload"), ("WARC-Block-Digest", block, "record")):
        right, wrong = forms_of(content)[number], forms_of(b"another")[number]
        assert only(tmp_path, record("response", block, URL, (name, right))).problem is None
        found = only(tmp_path, record("response", block, URL, (name, wrong)))
        assert found.problem == f"its {what} does not agree with its digest"
        assert found.exchange.payload == PAGE


@pytest.mark.parametrize(
    "said", ["", "sha1", "sha1:", "xxh3:0123456789abcdef", ":", "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"]
)
def test_a_digest_of_an_unknown_kind_is_not_called_wrong(tmp_path: Path, said: str) -> None:
    more = (("WARC-Payload-Digest", said), ("WARC-Block-Digest", said))
    assert only(tmp_path, record("response", answer(), URL, *more)).problem is None


def test_the_digest_of_a_payload_may_be_of_its_chunks_or_of_what_is_in_them(tmp_path: Path) -> None:
    block = answer(CHUNKS, HTML, ("Transfer-Encoding", "chunked"))
    for content, right in ((CHUNKS, True), (PAGE, True), (block, False)):
        found = only(tmp_path, record("response", block, URL, ("WARC-Payload-Digest", forms_of(content)[0])))
        assert (found.problem is None) == right


def test_the_digest_of_a_page_in_several_records_is_not_that_of_the_first(tmp_path: Path) -> None:
    more = (("WARC-Payload-Digest", forms_of(b"all of it")[0]), ("WARC-Segment-Number", "1"))
    assert only(tmp_path, record("response", answer(), URL, *more)).problem is None


# -- lengths that are wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["plain", "packed"])
@pytest.mark.parametrize("wrong", [-30, -1, 5, 40, 500])
def test_a_page_whose_length_is_said_wrongly_is_whole_and_so_is_the_next(tmp_path: Path, form: str, wrong: int) -> None:
    block = answer()
    odd = record("response", block, URL, length=len(block) + wrong)
    found = list(captures.read(write(tmp_path, form, [page(1), odd, page(2), page(3)])))
    assert [one.exchange.payload for one in pages(iter(found))][1] == PAGE
    assert [one.exchange.url[-1] for one in pages(iter(found))] == ["1", "2", "2", "3"]
    assert problems(iter(found)) == ["its length is not what its head says"]


@pytest.mark.parametrize("form", ["plain", "packed"])
@pytest.mark.parametrize("wrong", [1, 2, 3, 4])
def test_a_length_that_takes_in_line_ends_does_no_harm(tmp_path: Path, form: str, wrong: int) -> None:
    odd = record("response", answer(), URL, length=len(answer()) + wrong)
    found = pages(captures.read(write(tmp_path, form, [odd, page(1)])))
    assert found[0].exchange.payload.rstrip() == PAGE
    assert len(found) == 2


def test_a_length_that_is_wrong_is_no_matter_where_the_digest_agrees(tmp_path: Path) -> None:
    block = answer()
    odd = record("response", block, URL, ("WARC-Payload-Digest", forms_of(PAGE)[0]), length=len(block) - 9)
    assert problems(captures.read(write(tmp_path, "plain", [odd, page(1)]))) == []


@pytest.mark.parametrize("ends", [b"", b"\n", b"\r\n", b"\n\n", b"\r\n\r\n\r\n\r\n"])
@pytest.mark.parametrize("form", ["plain", "packed"])
def test_the_lines_between_records_may_be_others(tmp_path: Path, form: str, ends: bytes) -> None:
    rows = [page(n).removesuffix(b"\r\n\r\n") + ends for n in range(3)]
    found = list(captures.read(write(tmp_path, form, rows)))
    assert len(pages(iter(found))) == 3
    assert problems(iter(found)) == []


@pytest.mark.parametrize(
    "head",
    [b"WARC/1.0\r\n\r\n", b"WARC/1.0\r\nWARC-Type: response\r\n\r\n", b"WARC/9.7\r\nContent-Length: 0\r\n\r\n\r\n\r\n",
     b"WARC/1.0\r\nContent-Length: -5\r\n\r\n", b"WARC/1.0\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\n",
     b"WARC/1.0\r\nContent-Length: \xc2\xb2\r\n\r\n", b"WARC/1.0\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", b"\x00" * 9,
     b"nonsense\r\n" * 9, b"WARC/1.0\r\nContent-Length: 0\r\n"],
)  # fmt: skip
@pytest.mark.parametrize("form", ["plain", "packed", "whole"])
def test_what_is_no_record_costs_no_other(tmp_path: Path, head: bytes, form: str) -> None:
    found = list(captures.read(write(tmp_path, form, [page(1), head, page(2), page(3)])))
    given = [one.exchange.url[-1] for one in pages(iter(found))]
    assert given in (["1", "2", "3"], ["1", "3"] if head.endswith(b"0\r\n") and form != "packed" else [])
    assert len(problems(iter(found))) <= 1


# -- damage -------------------------------------------------------------------------------------------------


def starts(records: Sequence[bytes]) -> list[int]:
    sizes = [len(packed([one])) for one in records]
    return [sum(sizes[:n]) for n in range(len(sizes) + 1)]


@pytest.mark.parametrize("count", [1, 7])
def test_a_damaged_member_costs_that_page_and_is_told_with_its_place(tmp_path: Path, count: int) -> None:
    rows = [page(n) for n in range(6)]
    path = write(tmp_path, "packed", rows)
    raw = bytearray(path.read_bytes())
    place = starts(rows)[3]
    for n in range(count):
        raw[place + 60 + n * 9] ^= 0xFF
    path.write_bytes(raw)
    found = list(captures.read(path))
    assert [one.exchange.url[-1] for one in pages(iter(found))] == ["0", "1", "2", "4", "5"]
    [lost] = [one for one in found if one.problem]
    assert (lost.offset, kinds(iter(found))) == (place, ["damaged", "end"])
    said = int(str(lost.problem).rpartition("(byte ")[2].removesuffix(")"))
    assert place < said <= starts(rows)[4]


def test_every_damaged_member_is_told(tmp_path: Path) -> None:
    rows = [page(n) for n in range(6)]
    path = write(tmp_path, "packed", rows)
    raw = bytearray(path.read_bytes())
    for number in (2, 3, 5):
        raw[starts(rows)[number + 1] - 6] ^= 0xFF  # in its checksum
    path.write_bytes(raw)
    found = list(captures.read(path))
    assert [one.exchange.url[-1] for one in pages(iter(found))] == ["0", "1", "4"]
    assert [one.offset for one in found if one.problem] == [starts(rows)[n] for n in (2, 3, 5)]


@pytest.mark.parametrize("gone", [1, 8, 20, 100])
def test_bytes_that_are_missing_in_the_middle_cost_one_page(tmp_path: Path, gone: int) -> None:
    rows = [page(n) for n in range(6)]
    path = write(tmp_path, "packed", rows)
    raw, place = path.read_bytes(), starts(rows)[3]
    path.write_bytes(raw[: place - gone] + raw[place:])
    found = list(captures.read(path))
    assert [one.exchange.url[-1] for one in pages(iter(found))] == ["0", "1", "3", "4", "5"]
    assert len(problems(iter(found))) == 1


def test_of_a_file_packed_as_a_whole_all_that_lies_before_the_damage_is_given(tmp_path: Path) -> None:
    rows = [page(n) for n in range(400)]
    path = write(tmp_path, "whole", rows)
    raw = bytearray(path.read_bytes())
    at = len(raw) * 3 // 4
    raw[at : at + 3] = b"\xff\xff\xff"
    path.write_bytes(raw)
    found = list(captures.read(path))
    given = [one.exchange.payload for one in pages(iter(found))]
    unpacker = zlib.decompressobj(31)
    before = unpacker.decompress(bytes(raw[: at - 1])).count(b"WARC/1.0")
    assert before - 2 <= len(given) <= before + 1
    bodies = [one.partition(b"\r\n\r\n")[2].partition(b"\r\n\r\n")[2][:-4] for one in rows]
    assert given[: before - 2] == bodies[: before - 2]
    assert "damaged" in kinds(iter(found))


@pytest.mark.parametrize("form", ["plain", "packed"])
def test_a_file_that_ends_too_early_is_read_on_when_the_rest_has_come(tmp_path: Path, form: str) -> None:
    rows = [page(n) for n in range(4)]
    path = write(tmp_path, form, rows)
    raw = path.read_bytes()
    path.write_bytes(raw[:-60])
    found = list(captures.read(path))
    assert [one.exchange.url[-1] for one in pages(iter(found))] == ["0", "1", "2"]
    assert kinds(iter(found)) == ["damaged", "end"]
    assert "the file ends within" in problems(iter(found))[0]
    path.write_bytes(raw)
    rest = list(captures.read(path, found[-1].end, within=found[-1].within))
    assert [one.exchange.url[-1] for one in pages(iter(rest))] == ["3"]
    assert problems(iter(rest)) == []


def test_noughts_at_the_end_of_a_packed_file_are_no_damage(tmp_path: Path) -> None:
    path = write(tmp_path, "packed", [page(1)])
    path.write_bytes(path.read_bytes() + bytes(200_000))
    assert problems(captures.read(path)) == []


ROWS = [record("warcinfo", b"software: test\r\n", None), *(page(n) for n in range(4)),
        record("request", ASKED), page(4)]  # fmt: skip
REAL_COMPRESS = gzip.compress
ENDS = {
    "plain": [sum(map(len, ROWS[: n + 1])) for n in range(len(ROWS))],
    "packed": starts(ROWS)[1:],
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=st.sampled_from(list(FORMS)), at=st.floats(0, 1, exclude_max=True), to=st.integers(0, 255))
@example(form="plain", at=0.0, to=0)
@example(form="packed", at=0.0, to=0)
@example(form="packed", at=0.999, to=0)
def test_one_damaged_byte_costs_nothing_that_lies_before_it(tmp_path: Path, form: str, at: float, to: int) -> None:
    path = write(tmp_path, form, ROWS)
    raw = bytearray(path.read_bytes())
    place = int(at * len(raw))
    raw[place] = to
    path.write_bytes(raw)
    given: list[str] = []
    try:
        for one in captures.read(path):
            if isinstance(one, Capture):
                given.append(one.exchange.url[-1])
    except ClipperError as error:
        assert "\n" not in str(error)
        assert form not in ENDS or place < ENDS[form][0]
    if form in ENDS:
        before = sum(end <= place for end in ENDS[form])
        assert (
            given[: max(0, before - 1) - (before > 5)] == ["0", "1", "2", "3", "4"][: max(0, before - 1) - (before > 5)]
        )


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from([b"", b"WARC/1.0\r\n", b"WARC/1.0\r\nContent-Length: 9\r\n\r\n", packed([page(1)]), page(1),
                           b"\x1f\x8b\x08\x00", b"PK\x03\x04", b"PK\x05\x06",
                           zipped(packed([page(1)]), "a.warc.gz", 0)]),
    rest=st.binary(max_size=200), name=st.sampled_from(["a.warc", "a.warc.gz", "a.wacz", "a"]),
    offset=st.integers(0, 600), within=st.integers(0, 600),
)  # fmt: skip
def test_any_bytes_are_read_or_refused_in_one_line(
    tmp_path: Path, start: bytes, rest: bytes, name: str, offset: int, within: int
) -> None:
    for raw in (start + rest, gzip.compress(start + rest), start + gzip.compress(start + rest)):
        (tmp_path / name).write_bytes(raw)
        for place in ((0, 0), (offset, within)):
            try:
                found = list(captures.read(tmp_path / name, place[0], "", place[1]))
            except ClipperError as error:
                assert str(error)
                assert "\n" not in str(error)
            else:
                assert found[-1].kind == "end"
                assert all("\n" not in said for said in problems(iter(found)))


def test_nothing_is_written_to_the_screen(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    raw = plain([page(1), b"junk", record("response", answer(), length=4), page(2)])
    (tmp_path / "a.warc").write_bytes(raw)
    assert len(pages(captures.read(tmp_path / "a.warc"))) == 3
    assert capfd.readouterr() == ("", "")


# -- going on -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_reading_goes_on_where_it_ended(tmp_path: Path, form: str) -> None:
    path = write(tmp_path, form, ROWS)
    found = list(captures.read(path))
    urls = [one.exchange.url for one in pages(iter(found))]
    assert len(urls) == 5
    for number, one in enumerate(found[:-1]):
        rest = list(captures.read(path, one.end, one.file, one.within))
        left = sum(isinstance(other, Capture) for other in found[number + 1 :])
        assert [other.exchange.url for other in pages(iter(rest))] == urls[5 - left :], number
        assert problems(iter(rest)) == []
        assert [(o.file, o.offset, o.end, o.within) for o in rest[-left - 1 :]] == [
            (o.file, o.offset, o.end, o.within) for o in found[-left - 1 :]
        ] or form in ("whole", "blocks")
    assert pages(captures.read(path, found[-1].end, found[-1].file, found[-1].within)) == []


@pytest.mark.parametrize("form", FORMS)
def test_how_far_reading_has_come_is_told_and_never_goes_back(tmp_path: Path, form: str) -> None:
    path = write(tmp_path, form, ROWS)
    done = [one.done for one in captures.read(path)]
    assert done == sorted(done)
    assert done[-1] <= path.stat().st_size
    assert done[-1] >= path.stat().st_size - 700  # the list of contents of a zip file


def test_only_a_file_packed_as_a_whole_needs_to_be_unpacked_again(tmp_path: Path) -> None:
    for form in IN_RECORDS:
        assert {one.within for one in captures.read(write(tmp_path, form, ROWS))} == {0}
    assert {one.end for one in captures.read(write(tmp_path, "whole", ROWS))} == {0, len(whole(ROWS))}


@pytest.mark.parametrize("form", ["plain", "packed", "stored", "deflated"])
def test_a_file_that_has_become_shorter_is_refused(tmp_path: Path, form: str) -> None:
    path = write(tmp_path, form, ROWS)
    name = "archive/a.warc.gz" if path.suffix == ".wacz" else ""
    with pytest.raises(Refused, match="become shorter"):
        list(captures.read(path, 10_000_000, name))


# -- what is no web archive ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "raw", "cause"),
    [
        ("a.arc", b"filedesc://a.arc 0.0.0.0 20140307091530 text/plain 76\n1 0 x\n", "an ARC file"),
        ("a.arc.gz", gzip.compress(b"filedesc://a.arc 0.0.0.0 20140307091530 text/plain 76\n", mtime=0), "an ARC file"),
        ("a.warc.zst", b"\x28\xb5\x2f\xfd\x00\x00", "zstd -d"),
        ("a.warc", b"", "an empty file"),
        ("a.txt", b"The board met.", "no web archive"),
        ("a.warc", b"The board met.", "no web archive"),
        ("a.warc.gz", b"The board met.", "no web archive"),
        ("a.html.gz", gzip.compress(PAGE, mtime=0), "no web archive"),
        ("a.wacz", b"PK\x03\x04 and no more", "damaged or cut zip file"),
        ("a.wacz", zipped(b"x", "a.txt", 0), "without a web archive"),
        ("a.zip", zipped(b"x", "b.wacz", 0), "WACZ files in a zip file"),
    ],
)
def test_what_is_no_web_archive_is_refused_in_one_line(tmp_path: Path, name: str, raw: bytes, cause: str) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(Refused, match=cause) as refused:
        list(captures.read(tmp_path / name))
    assert "\n" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for path, cause in ((tmp_path / "no.warc", "no such file"), (tmp_path, "not a regular file"),
                        (tmp_path / ("x" * 300), "no such file|cannot be read")):  # fmt: skip
        with pytest.raises(FetchFailed, match=cause):
            list(captures.read(path))


def test_an_archive_without_a_page_is_none_the_worse(tmp_path: Path) -> None:
    assert kinds(captures.read(write(tmp_path, "packed", ROWS[:1]))) == ["warcinfo", "end"]


# -- zip files ----------------------------------------------------------------------------------------------


def package(**digests: str) -> bytes:
    rows = [{"name": "a.warc.gz", "path": f"archive/{name}.warc.gz", "hash": said} for name, said in digests.items()]
    return json.dumps({"profile": "data-package", "resources": rows, "wacz_version": "1.1.1"}).encode()


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_digest_of_a_member_is_looked_at(tmp_path: Path, packing: int) -> None:
    raw = packed(ROWS)
    right, wrong = (f"sha256:{hashlib.sha256(content).hexdigest()}" for content in (raw, b"another"))
    for said, told in ((right, []), (wrong, ["not as datapackage.json says: its SHA-256 is another"]), ("md5:00", [])):
        content = zipped(raw, "archive/a.warc.gz", packing, datapackage_json=package(a=said))
        (tmp_path / "a.wacz").write_bytes(content)
        found = list(captures.read(tmp_path / "a.wacz"))
        assert len(pages(iter(found))) == 5
        assert problems(iter(found)) == told


@pytest.mark.parametrize(
    "package", [b"", b"{", b"[]", b"null", b'{"resources": 7}', b'{"resources": [7]}', b"[" * 100_000, b"\xff",
                b'{"resources": [{"path": 7, "hash": 7}]}'],
)  # fmt: skip
def test_a_package_of_no_sense_is_not_believed(tmp_path: Path, package: bytes) -> None:
    (tmp_path / "a.wacz").write_bytes(zipped(packed(ROWS), "archive/a.warc.gz", 0, datapackage_json=package))
    assert problems(captures.read(tmp_path / "a.wacz")) == []


def test_the_web_archives_of_a_zip_file_are_read_in_their_order(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("archive/b.warc.gz", packed([page(1), page(2)]))
        file.writestr("archive/a.WARC", plain([page(3)]))
        file.writestr("../../outside.warc.gz", packed([page(4)]))
        file.writestr("/etc/inside.warc", plain([page(5)]))
    folder = tmp_path / "deep" / "down"
    folder.mkdir(parents=True)
    (folder / "a.wacz").write_bytes(out.getvalue())
    found = list(captures.read(folder / "a.wacz"))
    assert [(one.file, one.exchange.url[-1]) for one in pages(iter(found))] == [
        ("archive/b.warc.gz", "1"), ("archive/b.warc.gz", "2"), ("archive/a.WARC", "3"),
        ("../../outside.warc.gz", "4"), ("/etc/inside.warc", "5"),
    ]  # fmt: skip
    assert kinds(iter(found)) == ["end"] * 4
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["a.wacz"]
    rest = captures.read(folder / "a.wacz", found[1].end, found[1].file)
    assert [one.exchange.url[-1] for one in pages(rest)] == ["3", "4", "5"]
    with pytest.raises(Refused, match="is not in it"):
        list(captures.read(folder / "a.wacz", 0, "archive/gone.warc.gz"))


def patched(raw: bytes, find: bytes, at: int, value: bytes) -> bytes:
    """Return a zip file with a field of the last entry of that kind changed."""
    place = raw.rfind(find) + at
    return raw[:place] + value + raw[place + len(value) :]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ((b"PK\x01\x02", 8, b"\x01\x00"), "encrypted"),
        ((b"PK\x01\x02", 10, struct.pack("<H", 12)), "packed in a way"),
        ((b"PK\x01\x02", 24, struct.pack("<I", 4_000_000_000)), "packed more than"),
        ((b"PK\x01\x02", 42, struct.pack("<I", 7)), "not where the zip file says"),
    ],
)
def test_a_member_that_cannot_be_read_is_told(tmp_path: Path, change: tuple[bytes, int, bytes], cause: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("archive/a.warc.gz", packed([page(1)]))
        file.writestr("archive/b.warc.gz", packed([page(2)]))
    (tmp_path / "a.wacz").write_bytes(patched(out.getvalue(), *change))
    found = list(captures.read(tmp_path / "a.wacz"))
    assert [one.exchange.url[-1] for one in pages(iter(found))] == ["1"]
    [said] = problems(iter(found))
    assert cause in said


def test_a_member_whose_packing_is_damaged_is_told(tmp_path: Path) -> None:
    raw = zipped(plain([page(n) for n in range(300)]), "archive/a.warc", zipfile.ZIP_DEFLATED)
    (tmp_path / "a.wacz").write_bytes(patched(raw, b"PK\x01\x02", 20, struct.pack("<I", 20_000)))
    found = list(captures.read(tmp_path / "a.wacz"))
    assert 50 < len(pages(iter(found))) < 250
    assert "its packing is damaged; what came after that is lost" in problems(iter(found))


def test_a_byte_that_changed_in_a_zip_file_is_told(tmp_path: Path) -> None:
    raw = bytearray(zipped(plain([page(n) for n in range(3)]), "archive/a.warc", zipfile.ZIP_STORED))
    at = raw.find(b"closed 1 wards")
    raw[at] ^= 1
    (tmp_path / "a.wacz").write_bytes(raw)
    said = problems(captures.read(tmp_path / "a.wacz"))
    assert said == ["not as it was put into the zip file: its checksum is another"]


def test_a_list_of_contents_without_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wacz, "MOST_CONTENTS", 100_000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for number in range(2000):
            file.writestr(f"archive/{number}.warc", b"")
    (tmp_path / "a.wacz").write_bytes(out.getvalue())
    with pytest.raises(Refused, match="zip file"):
        list(captures.read(tmp_path / "a.wacz"))


# -- sizes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_a_page_that_is_too_large_is_told_and_passed_over(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordfile, "LARGEST", 5000)
    monkeypatch.setattr(recordfile, "MOST_HEAD", 4000)
    large = record("response", answer(PAGE * 200), "http://h.example/large")
    film = record("response", answer(PAGE * 200, ("Content-Type", "video/mp4")))
    found = list(captures.read(write(tmp_path, form, [page(1), large, film, page(2)])))
    assert [one.exchange.url[-1] for one in pages(iter(found))] == ["1", "2"]
    assert kinds(iter(found)) == ["too large", "other media", "end"]
    assert problems(iter(found)) == ["http://h.example/large: larger than 20 MB"]


def most_held(path: Path) -> int:
    """Return how many megabytes are held at most while a file is read."""
    tracemalloc.start()
    try:
        assert kinds(captures.read(path))[-1] == "end"
        return tracemalloc.get_traced_memory()[1] >> 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", ["plain", "packed", "whole"])
def test_a_film_in_the_archive_takes_no_memory(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip, "compress", lambda raw, mtime: REAL_COMPRESS(raw, 1, mtime=mtime))
    film = record("response", answer(hashlib.shake_128(b"film").digest(1 << 20) * 60, ("Content-Type", "video/mp4")))
    path = write(tmp_path, form, [page(1), film, page(2)])
    assert len(pages(captures.read(path))) == 2
    assert most_held(path) < 8


@pytest.mark.parametrize("wrong", [0, -1_000_000])
def test_the_largest_pages_take_a_few_times_their_size(tmp_path: Path, wrong: int) -> None:
    block = answer(hashlib.shake_128(b"page").digest(1 << 20) * 19)
    path = tmp_path / "a.warc"
    path.write_bytes(record("response", block, length=len(block) + wrong) * 4)
    assert most_held(path) < 105


def test_what_is_packed_to_do_harm_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked, "_ENOUGH", 1 << 20)
    bomb = record("response", answer(bytes(30 << 20), ("Content-Type", "video/mp4")))
    with pytest.raises(Refused, match="packed more than"):
        list(captures.read(write(tmp_path, "packed", [page(1), bomb])))


def test_a_file_of_nothing_but_damage_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordfile, "_FREE", 1 << 20)
    liar = b"WARC/1.0\r\nContent-Length: 60000\r\n\r\n"
    (tmp_path / "a.warc").write_bytes(liar * 3000 + b"x" * 70_000)
    with pytest.raises(Refused, match="too much of it is damaged"):
        list(captures.read(tmp_path / "a.warc"))


def test_half_a_page_is_never_taken_for_another(tmp_path: Path) -> None:
    inner = packed([page(9)])
    outer = record("response", answer(inner, ("Content-Type", "application/gzip")))
    found = captures.read(write(tmp_path, "packed", [page(1), outer, page(2)]))
    assert [one.exchange.url[-1] for one in pages(found)] == ["1", "2"]


def test_the_pages_of_a_batch_are_values(tmp_path: Path) -> None:
    found: Any = only(tmp_path, page(1))
    with pytest.raises(AttributeError):
        found.problem = "changed"
