"""A known input spoiled: bytes flipped, left out, doubled, swapped, spliced with another, salted with what hurts."""

from __future__ import annotations

import random
from collections.abc import Sequence

# What has broken a parser somewhere: signs that open, ends that are missing, numbers at an edge, letters that are none.
WORDS: tuple[bytes, ...] = (
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80",
    b"\xe2\x80\xae",
    b"\xe2\x80\xa8", b"\xc2\x85", b"\x1b[2J", b"\x07", b"\r", b"\n", b"\r\n\r\n", b"\t", b"\x0b\x0c", b"\xc2\xa0",
    b"\xe2\x80\x8b",
    b"<", b">", b"</", b"/>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?xml version='1.0' encoding='utf-16'?>",
    b"<!DOCTYPE x [",
    b"<!ENTITY e SYSTEM 'file:///etc/passwd'>", b"&e;", b"&amp;", b"&#0;", b"&#xd800;", b"&#99999999999;",
    b"&#x110000;", b"%00",
    b"<script>", b"</script>", b"<style>", b"<svg>", b"<math>", b"<template>", b"<noscript>", b"<table><tr><td>",
    b"<p>", b"<div>",
    b"<base href='javascript:'>", b"<meta charset=utf-7>", b"<meta http-equiv=refresh content='0;url=file:///'>",
    b"<plaintext>",
    b"{", b"}", b"[", b"]", b"(", b")", b'"', b"'", b"\\", b"\\u0000", b"\\ud800", b":", b",", b";", b"|", b"=", b"~",
    b"*", b"-", b"--",
    b"---", b"...", b"#", b"@", b"@@", b"$", b"`", b"```", b"%", b"^", b"_", b"/", b"//", b"../", b"..\\", b"C:\\",
    b"?", b"&", b"+",
    b"null", b"true", b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1", b"0", b"1", b"1e-999", b"9" * 25,
    b"9" * 5000, b"0x7fffffff",
    b"2147483648", b"18446744073709551616", b"-9223372036854775809", b"1.7976931348623157e309",
    b"99999-01-01", b"0000-00-00", b"-1-01-01", b"0001-01-01T00:00:00+23:59", b"9999-12-31T23:59:59-23:59",
    b"2014-02-30",
    b"31 February 2014", b"29 Feb 1900", b"Sat, 99 Foo 99999 99:99:99 +9999", b"1 January 10000", b"24:61:61",
    b"+99:99",
    b"http://", b"https://", b"http://[", b"http://[::1", b"http://a:99999/", b"http://\xc3\xa9:x@h/",
    b"javascript:alert(1)",
    b"data:text/html;base64,", b"file:///etc/passwd", b"mailto:", b"http://a\x00b/", b"https://xn--/",
    b"https://\xe2\x84\xaa.example/",
    b"charset=", b"charset=hex", b"charset=base64", b"charset=unicode_escape", b"charset=undefined", b"charset=utf-32",
    b"gzip",
    b"Content-Type:", b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Transfer-Encoding: chunked",
    b"multipart/mixed; boundary=", b"message/rfc822", b"base64", b"quoted-printable", b"=?utf-8?B?////?=", b"=?x?Q?=",
    b"=\n",
    b"'''", b'"""', b"[[", b"]]", b"[[source]]", b"a.b.c = 1", b"= {a = 1}", b"PK\x03\x04", b"PK\x01\x02",
    b"PK\x05\x06", b"\x1f\x8b\x08",
    b"WARC/1.0\r\n", b"%PDF-1.7", b"endobj", b"stream\n", b"AND", b"OR", b"NOT", b"title:", b"since:", b"date:..",
    b"@self", b"~99",
    b"@article{", b"@string{", b"#", b"\\begin{x}", b"\\verb", b"\\'", b"ER  - ", b"TY  - ", b"UR  - ", b"DA  - ",
    b"\xe1\xba\x9e\xc4\xb0",
    "½".encode(), "²".encode(), "٣".encode(), "𝟙".encode(), "ﷺ".encode(), "👩‍👩‍👧".encode(),
    ("e" + "\u0301" * 30).encode(),
)  # fmt: skip

_LONGEST_RUN = 3000  # times that a piece is repeated


def mutated(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Return one of the seeds, spoiled in one to eight places."""
    found = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5, 8))):
        spoil(found, seeds, chance)
    return bytes(found)


def spoil(found: bytearray, seeds: Sequence[bytes], chance: random.Random) -> None:
    """Spoil an input in one place."""
    at, end = sorted((chance.randint(0, len(found)), chance.randint(0, len(found))))
    piece = min(end, at + chance.choice((1, 4, 16, 256)))
    match chance.randrange(11):
        case 0 if found:  # a bit
            found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
        case 1 if found:  # a byte
            found[chance.randrange(len(found))] = chance.randrange(256)
        case 2:
            del found[at:piece]
        case 3:  # cut short, from either side
            if chance.random() < 0.7:
                del found[end:]
            else:
                del found[:at]
        case 4:  # a piece again and again
            part = bytes(found[at:piece]) or b"<"
            found[at:at] = part * min(chance.choice((2, 30, _LONGEST_RUN)), 200_000 // len(part) + 1)
        case 5:  # a part of another
            other = chance.choice(seeds)
            start = chance.randint(0, len(other))
            found[at:end] = other[start : start + chance.choice((10, 1000, len(other)))]
        case 6:  # two parts change places
            part = bytes(found[at:piece])
            del found[at:piece]
            place = chance.randint(0, len(found))
            found[place:place] = part
        case 7:  # a word many times
            found[at:at] = chance.choice(WORDS) * chance.choice((10, 300, _LONGEST_RUN))
        case 8:  # a word in place of something
            found[at:piece] = chance.choice(WORDS)
        case 9:  # something at an end
            found += chance.choice(WORDS)
        case _:
            found[at:at] = chance.choice(WORDS)
