# ruff: noqa: E501  # most lines are data
"""Documents and archives that were made to do harm: what is packed, and what is read by place."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

import brotli

from fuzz.harm import DEEP, MB, Nasty, bomb
from fuzz.harm_pages import ENTITIES
from fuzz.seeds import seeds, zipped


def zip(big: int, seed: str) -> Iterator[Nasty]:
    whole = seeds(seed)[0]
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        files = {info.filename: opened.read(info) for info in opened.infolist()}
    main = "word/document.xml" if seed == "docx" else "archive/a.warc.gz"

    def with_(name: str, content: bytes) -> bytes:
        return zipped({**files, name: content})

    for name in (
        "../../evil.txt",
        "/etc/passwd",
        "C:\\evil",
        "archive/../../a.warc",
        "a" * 60_000,
        "\x00",
        "archive/\x1b[2J.warc.gz",
        "archive/‮.warc",
    ):
        yield f"named {name[:20]!r}", lambda n=name: with_(n, files[main])
    yield "a zip bomb", lambda: with_(main, b"<a>" + b"\x00" * (30 * big))
    yield (
        "a bomb beside",
        lambda: with_("word/styles.xml" if seed == "docx" else "archive/b.warc.gz", b" " * (30 * big)),
    )
    yield "a bomb of lies", lambda: lying(with_(main, b"a" * (10 * big)))
    yield "many parts", lambda: zipped({**files, **{f"archive/{n}.warc": b"" for n in range(12_000)}})
    yield "a bomb in a bomb", lambda: with_(main, bomb(10 * big))
    yield "not packed", lambda: zipped(files, zipfile.ZIP_STORED)
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield f"packed in way {method}", lambda m=method: zipped(files, m)
    yield "sizes that lie", lambda: lying(whole)
    yield (
        "encrypted",
        lambda: whole.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01").replace(
            b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01"
        ),
    )
    yield "cut", lambda: whole[: len(whole) // 2]
    yield "without a list", lambda: whole[: whole.rfind(b"PK\x01\x02")]
    yield "a list alone", lambda: whole[whole.find(b"PK\x01\x02") :]
    yield "a list that counts wrong", lambda: whole[:-12] + struct.pack("<HLLH", 65_535, 0xFFFFFFF0, 0xFFFFFFF0, 0)[:12]
    yield "a zip in a zip", lambda: with_(main, whole)
    for part in files:
        yield f"{part} empty", lambda p=part: with_(p, b"")
        yield f"{part} NUL", lambda p=part: with_(p, b"\x00" * 1000)
        yield f"{part} deep", lambda p=part: with_(p, b"<a>" * DEEP)
        yield (
            f"{part} entities",
            lambda p=part: with_(p, f'<?xml version="1.0"?>{ENTITIES[0][1]}<a>{ENTITIES[0][2]}</a>'.encode()),
        )
        yield (
            f"{part} late entities",
            lambda p=part: with_(
                p, f'<?xml version="1.0"?><!--{" " * 5000}-->{ENTITIES[0][1]}<a>{ENTITIES[0][2]}</a>'.encode()
            ),
        )
        yield (
            f"{part} entities in UTF-16",
            lambda p=part: with_(
                p, f'<?xml version="1.0" encoding="utf-16"?>{ENTITIES[0][1]}<a>{ENTITIES[0][2]}</a>'.encode("utf-16")
            ),
        )


def lying(whole: bytes) -> bytes:
    """Return a zip file whose members say that they hold a thousand bytes."""
    made = bytearray(whole)
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = made.find(mark)
        while start >= 0:
            made[start + at : start + at + 4] = struct.pack("<L", 1000)
            start = made.find(mark, start + 4)
    return bytes(made)


def docx(big: int) -> Iterator[Nasty]:
    yield from zip(big, "docx")
    whole = seeds("docx")[0]
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        files = {info.filename: opened.read(info) for info in opened.infolist()}
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

    def body(inner: str) -> bytes:
        return zipped(
            {
                **files,
                "word/document.xml": f'<?xml version="1.0"?><w:document {w}><w:body>{inner}</w:body></w:document>'.encode(),
            }
        )

    for tag in ("w:p", "w:tbl", "w:tbl><w:tr><w:tc", "w:sdt", "w:r", "w:p><w:r", "w:ins", "w:hyperlink"):
        closing = "".join(f"</{one}>" for one in reversed(tag.replace("<", "").split(">")))
        for depth in (50, 240, 1200, 30_000):
            yield (
                f"<{tag}> {depth} deep",
                lambda t=tag, c=closing, d=depth: body(f"<{t}>" * d + "<w:p><w:r><w:t>Beds</w:t></w:r></w:p>" + c * d),
            )
    yield "paragraphs", lambda: body("<w:p><w:r><w:t>Beds will close.</w:t></w:r></w:p>" * (min(big, 10 * MB) // 50))
    yield "breaks", lambda: body("<w:p><w:r>" + "<w:t>a</w:t><w:br/>" * (min(big, 5 * MB) // 20) + "</w:r></w:p>")
    yield "one word", lambda: body(f"<w:p><w:r><w:t>{'a' * min(big, 9 * MB)}</w:t></w:r></w:p>")
    yield "styles in a ring", lambda: zipped({**files, "word/styles.xml": (
        f'<w:styles {w}>' + "".join(f'<w:style w:styleId="a{n}"><w:basedOn w:val="a{(n + 1) % 5000}"/></w:style>' for n in range(5000)) + "</w:styles>").encode()})  # fmt: skip


def pdfs(big: int) -> Iterator[Nasty]:
    whole = seeds("pdf")[0]
    yield "half", lambda: whole[: len(whole) // 2]
    yield "no ends", lambda: whole.replace(b"endobj", b"").replace(b"%%EOF", b"")
    yield "a head alone", lambda: b"%PDF-1.7\n"
    yield "a head and more", lambda: b"%PDF-1.7\n" + b"1 0 obj\n" * (min(big, 2 * MB) // 8)
    yield (
        "objects",
        lambda: (
            b"%PDF-1.7\n"
            + b"".join(b"%d 0 obj << /Type /Page /Parent 1 0 R >> endobj\n" % n for n in range(min(big, 2 * MB) // 50))
            + b"trailer << /Root 1 0 R >>"
        ),
    )
    pages = b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[%s]/Count %d>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj %s trailer<</Root 1 0 R>>"
    yield "kids in a ring", lambda: pages % (b"2 0 R 2 0 R", 99_999, b"")
    yield "a count that lies", lambda: pages % (b"3 0 R", 2_147_483_647, b"")
    yield "a count below nought", lambda: pages % (b"3 0 R", -5, b"")
    yield "pages", lambda: pages % (b"3 0 R " * 6000, 6000, b"")
    yield "lists deep", lambda: pages % (b"[" * DEEP, 1, b"")
    yield "tables deep", lambda: pages % (b"<</A" * DEEP, 1, b"")
    packed = zlib.compress(b"BT /F1 9 Tf (beds) Tj ET\n" * (20 * MB // 25))
    yield (
        "a stream that is a bomb",
        lambda: (
            pages
            % (
                b"3 0 R",
                1,
                b"4 0 obj<</Filter/FlateDecode/Length %d>>stream\n" % len(packed) + packed + b"\nendstream endobj",
            )
        ),
    )
    twice = zlib.compress(packed)
    yield (
        "a bomb packed twice",
        lambda: (
            pages
            % (
                b"3 0 R",
                1,
                b"4 0 obj<</Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n" % len(twice)
                + twice
                + b"\nendstream endobj",
            )
        ),
    )
    text = b"BT /F1 9 Tf " + b"(beds) Tj " * 300_000 + b"ET"
    yield (
        "text",
        lambda: pages % (b"3 0 R", 1, b"4 0 obj<</Length %d>>stream\n" % len(text) + text + b"\nendstream endobj"),
    )
    saved = b"q " * 500_000
    yield (
        "states saved",
        lambda: pages % (b"3 0 R", 1, b"4 0 obj<</Length %d>>stream\n" % len(saved) + saved + b"\nendstream endobj"),
    )
    yield (
        "a stream that says more",
        lambda: pages % (b"3 0 R", 1, b"4 0 obj<</Length 2147483647>>stream\nBT (beds) Tj ET\nendstream endobj"),
    )
    yield "streams", lambda: b"%PDF-1.4\n" + b"obj<</Fl>>stream\n" * (min(big, 5 * MB) // 17)
    yield (
        "cross references",
        lambda: (
            b"%PDF-1.4\nxref\n0 99999999\n"
            + b"0000000000 65535 f \n" * 20_000
            + b"trailer<</Size 99999999/Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF"
        ),
    )


def warcs(big: int) -> Iterator[Nasty]:
    url = b"WARC-Type: response\r\nWARC-Target-URI: https://a.example/\r\nWARC-Date: 2014-03-07T00:00:00Z\r\n"

    def record(length: bytes, content: bytes, more: bytes = b"") -> bytes:
        return (
            b"WARC/1.0\r\n"
            + url
            + more
            + b"Content-Type: application/http\r\nContent-Length: "
            + length
            + b"\r\n\r\n"
            + content
            + b"\r\n\r\n"
        )

    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><p>Beds"
    for length in (b"0", b"-1", b"99999999999", b"9" * 5000, b"x", b"", b"1e9", "٣".encode()):
        yield f"length {length[:12].decode()}", lambda n=length: record(n, page) + record(b"%d" % len(page), page)
    yield "records", lambda: record(b"%d" % len(page), page) * (min(big, 2 * MB) // 250)
    yield "marks", lambda: b"WARC/1.0\r\n" * (min(big, 2 * MB) // 10)
    yield "marks that look right", lambda: b"WARC/1.0\r\nWARC-Type:" * (min(big, 2 * MB) // 20)
    yield "misfits", lambda: record(b"9", page) * (min(big, 2 * MB) // 250)
    yield "a head without end", lambda: b"WARC/1.0\r\n" + b"X-A: b\r\n" * (min(big, 5 * MB) // 8)
    yield (
        "blank lines",
        lambda: b"WARC/1.0\r\n" + url + b"Content-Length: 0\r\n\r\n" + b"\r\n" * (min(big, 10 * MB) // 2),
    )
    for date in (
        b"99999-01-01T00:00:00Z",
        b"0000-00-00T00:00:00Z",
        b"0001-01-01T00:00:00+23:59",
        b"2014",
        b"-1",
        b"9" * 5000,
    ):
        yield (
            f"date {date[:12].decode()}",
            lambda d=date: record(b"%d" % len(page), page).replace(b"2014-03-07T00:00:00Z", d),
        )
    for address in (
        b"http://[",
        b"dns:a",
        b"javascript:x",
        b"https://a.example/" + b"a" * 60_000,
        b"\xff\xfe",
        b"<https://a.example/>",
        b"https://a.example/\x1b[2J",
    ):
        yield (
            f"address {address[:12]!r}",
            lambda a=address: record(b"%d" % len(page), page).replace(b"https://a.example/", a),
        )
    for head in (b"HTTP/1.1 200", b"HTTP/9.9 999 " + b"a" * 60_000, b"ICY 200 OK", b"HTTP/1.1 -1 x",
    b"HTTP/1.1 \xd9\xa3 x", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 10_000, b"HTTP/1.1 200 OK\r\n" + b" a\r\n" * 10_000,
                 b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
                 b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 100_000,
                 b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + bomb(5 * MB),
                 b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n" + b"\xff" * 1000,
                 b"HTTP/1.1 200 OK\r\nContent-Type: " + b"a" * 60_000):  # fmt: skip
        whole = head + b"\r\n\r\n<html><p>Beds"
        yield f"answer {head[:40]!r} {len(head)}", lambda w=whole: record(b"%d" % len(w), w)


def packed_warcs(big: int) -> Iterator[Nasty]:
    whole = seeds("warc.gz")[0]
    for name, made in warcs(min(big, MB)):
        yield f"packed {name}", lambda m=made: gzip.compress(m())
    yield (
        "a bomb of a record",
        lambda: bomb_of(b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999999999\r\n\r\n", 60 * big),
    )
    yield "many members", lambda: gzip.compress(b"", mtime=0) * (min(big, 2 * MB) // 20)
    yield "many small members", lambda: gzip.compress(b"WARC/1.0\r\n", mtime=0) * (min(big, 2 * MB) // 30)
    yield "damage in the middle", lambda: whole[:300] + b"\xff" * 100 + whole[300:] + whole
    yield "damages", lambda: (whole[:250] + whole) * 50
    yield "magic", lambda: b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" * (min(big, 2 * MB) // 10)
    yield "magic and nothing", lambda: whole + b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" * 20_000 + whole
    yield "a name without end", lambda: b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x02\xff" + b"a" * big


def bomb_of(head: bytes, size: int) -> bytes:
    made = io.BytesIO()
    with gzip.GzipFile(fileobj=made, mode="wb", mtime=0) as packed:
        packed.write(head)
        for _ in range(size // MB + 1):
            packed.write(b"\x00" * MB)
    return made.getvalue()


def waczs(big: int) -> Iterator[Nasty]:
    yield from zip(big, "wacz")
    for value in (
        b"[]",
        b"7",
        b'{"resources": 7}',
        b'{"resources": [7]}',
        b'{"resources": [{"path": 7, "hash": []}]}',
        b"[" * DEEP,
        b'{"resources": [{"path": "archive/a.warc.gz", "hash": "sha256:"}]}',
        b"9" * 5000,
    ):
        yield (
            f"package {value[:30]!r}",
            lambda v=value: zipped({"datapackage.json": v, "archive/a.warc.gz": seeds("warc.gz")[0]}),
        )
    for name, made in packed_warcs(min(big, MB)):
        yield f"with {name}", lambda m=made: zipped({"archive/a.warc.gz": m()}, zipfile.ZIP_STORED)


def packings(big: int) -> Iterator[Nasty]:
    yield "a bomb", lambda: bomb(100 * big)
    yield "a raw bomb", lambda: bomb(50 * big)[10:-8]
    yield "a bomb by Brotli", lambda: brotli.compress(b"a" * min(40 * big, 200 * MB))
    yield "members", lambda: gzip.compress(b"", mtime=0) * 50_000
    yield "chunks", lambda: b"1\r\na\r\n" * (min(big, 5 * MB) // 6)
    yield "a chunk of lies", lambda: b"ffffffff\r\na\r\n"
    yield "chunks with more", lambda: b"1;" + b"a" * 5000 + b"\r\na\r\n"
    yield "chunks of spaces", lambda: b" " * 100_000 + b"1" + b"\t" * 100_000 + b"\r\na"
