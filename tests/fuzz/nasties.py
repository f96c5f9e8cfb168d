# ruff: noqa: E501  # most lines are data
"""Inputs that were made to do harm, by the kind of parser: each a name and a function that makes it.

``big`` says how large a large one is: a few hundred kilobytes in the tests, up to what a parser is ever given by hand."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator

from fuzz.harm import DEEP, MB, Nasty, bomb
from fuzz.harm_files import bibtex, csl, mails, ris, tables, texts, urls
from fuzz.harm_packed import docx, packed_warcs, packings, pdfs, waczs, warcs
from fuzz.harm_pages import feeds, jsonld, pages, xml
from fuzz.seeds import LABEL, RECORDS, TAGGING, seeds


def nasties(kind: str, big: int) -> Iterator[Nasty]:
    """Give what hurts every parser, and then what hurts those of one kind."""
    yield from _everywhere(kind, big)
    yield from _BY_KIND.get(kind, lambda _: iter(()))(big)


def _everywhere(kind: str, big: int) -> Iterator[Nasty]:
    seed = seeds(kind)[0]
    yield "nothing", lambda: b""
    yield "a byte of nothing", lambda: b"\x00"
    yield "NUL bytes", lambda: b"\x00" * big
    yield "NUL bytes between", lambda: b"\x00".join(seed[i : i + 1] for i in range(len(seed)))
    yield "blank", lambda: b" \t\r\n" * (big // 4)
    yield "every byte", lambda: bytes(range(256)) * (big // 256)
    yield "no letters", lambda: b"\xff\xfe\xfd" * (big // 3)
    yield "half letters", lambda: seed[:200] + b"\xed\xa0\x80\xed\xb0\x80\xc3" * 1000
    for name, mark, coding in (
        ("16 little", b"", "utf-16"),
        ("16 big", b"\xfe\xff", "utf-16-be"),
        ("32", b"", "utf-32"),
        ("7", b"", "utf-7"),
    ):
        yield f"in UTF-{name}", lambda mark=mark, coding=coding: mark + seed.decode("utf-8", "replace").encode(coding)
    yield "a mark that lies", lambda: b"\xff\xfe" + seed
    yield "a line without end", lambda: seed[:100].replace(b"\n", b" ") + b"beds " * (big // 5)
    yield "packed", lambda: gzip.compress(seed)
    yield "packed thrice and more", lambda: gzip.compress(gzip.compress(gzip.compress(gzip.compress(seed))))
    yield "packed and cut", lambda: gzip.compress(seed)[:-9]
    yield "a bomb", lambda: bomb(30 * big)
    for sign in b" \t\n\r.,;:!?'\"`-_=*#~^|\\/<>()[]{}&%@$+0a":
        yield f"a run of {chr(sign)!r}", lambda sign=sign: bytes([sign]) * min(big, 200_000)
    yield "dashes that are long", lambda: "– — ‘’ “”…".encode() * (min(big, 200_000) // 20)
    for bait in (b"a ", b"a, ", b". ", b"A. ", b"1 ", b"1. ", b"\n\n", b" \n", b"> ", b"- a\n", b"&#", b"&amp", b"<a ",
    b"<!--", b"](", b"[a](",
                 b"a@", b"http://", b"www.a.", b"\\{", b"(a ", b"a (", b'"a" ', b"a='", b"=?a?", b"a;b=", b"%2",
                 b"/../", b"2014 ", b"7/3/", b"March ",
                 b"7 March 2014, ", b"By A B and ", b"(updated ", b"Source: ", b"The ", b"The Echo, ", b"a: ", b"a-",
                 b"a|", b"a\t", b"12:", b"\xc2\xa3",
                 b"A", b"Aa ", b"Mr ", b"Lee, Ann; ", b"M.D. ", b"a.b", b"e\xcc\x81", b"\xe2\x80\x9c", b"\xe2\x80\xae",
                 b"\xe4\xb8\xad"):  # fmt: skip
        yield f"bait {bait.decode()!r}", lambda bait=bait: bait * (min(big, 200_000) // len(bait))
        yield f"bait {bait.decode()!r} closed", lambda bait=bait: bait * (min(big, 100_000) // len(bait)) + b"!x\n"
    for opening, closing in (
        (b"[", b"]"),
        (b"{", b"}"),
        (b'{"a":', b"}"),
        (b"(", b")"),
        (b"<a>", b"</a>"),
        (b"<div>", b""),
        (b'"', b'"'),
    ):
        yield f"{opening.decode()} {DEEP} deep", lambda o=opening, c=closing: o * DEEP + c * DEEP


def _tomls(big: int) -> Iterator[Nasty]:
    yield "a key of parts", lambda: b".".join([b"a"] * 20_000) + b" = 1\n"
    yield "keys of parts", lambda: b"".join(b".".join([b"a%d" % n] * 200) + b" = 1\n" for n in range(2000))
    yield "a table of parts", lambda: b"[" + b".".join([b"a"] * 20_000) + b"]\nb = 1\n"
    yield "tables of parts", lambda: b"".join(b"[" + b".".join([b"a%d" % n] * 200) + b"]\n" for n in range(2000))
    yield (
        "parts in a source",
        lambda: b"[[source]]\n" + b".".join([b"a"] * 5000) + b" = 1\n" + b"[x" + b".b" * 5000 + b"]\n",
    )
    yield "quoted parts", lambda: b'"a b".' * 20_000 + b"c = 1\n"
    yield "parts and a fault", lambda: b"a." * 20_000 + b" = \n"
    yield "header of spaces", lambda: b"[" + b" " * 200_000 + b"]\n"
    yield "header open", lambda: b"[a" + b" " * 200_000 + b"\n"
    yield "arrays of tables", lambda: b"[[source]]\n" * (min(big, MB) // 11)
    yield "arrays in arrays", lambda: b"[[a]]\n[[a.b]]\n" * 20_000
    yield "lists deep", lambda: b"a = " + b"[" * DEEP + b"]" * DEEP
    yield "lists less deep", lambda: b"[clipper]\na = " + b"[" * 300 + b"]" * 300
    yield "tables deep", lambda: b"a = " + b"{a = " * 50_000 + b"1" + b"}" * 50_000
    yield "tables less deep", lambda: b"a = " + b"{a = " * 300 + b"1" + b"}" * 300
    yield "strings", lambda: b"a = [" + b'"b", ' * (min(big, MB) // 5) + b"]"
    yield "open string", lambda: b'a = """' + b'\\"' * (min(big, MB) // 2)
    yield "string of quotes", lambda: b"[clipper]\na = '''" + b"''\n" * 50_000 + b"'''\n"
    yield "open lists", lambda: b"[clipper]\nx = [\n" + b'"a", # [\n' * 50_000 + b"]\n"
    for value in (b"9" * 5000, b"0x" + b"f" * 5000, b"1e999", b"-inf", b"nan", b"99999-01-01", b"0000-00-00",
    b"2014-02-30", b"24:61:61", b"''", b"[]", b"{}", b"[{}]", b'"\\ud800"',
                  b'"\\u0000"', b"1979-05-27T00:32:00.999999999999-07:00", b'"' + b"a" * min(big, 2 * MB) + b'"',
                  b"true", b"1_0", b"[1, 'a']"):  # fmt: skip
        for key in (b"[clipper]\narchive", b"[fetch]\ndelay", b"[fetch]\nallow_hosts", b"[[source]]\nname = 'a'\nurl",
        b"[[source]]\nurl = 'http://a.example/'\nname",
                    b"[[source]]\nname = 'a'\nurl = 'http://a.example/'\nkind",
                    b"[[source]]\nname = 'a'\nurl = 'http://a.example/'\nmatch",
                    b"[[source]]\nname = 'a'\nurl = 'http://a.example/'\nsince",
                    b"[[source]]\nname = 'a'\nurl = 'http://a.example/'\nkind = 'listing'\nlinks",
                    b"source", b"clipper", b"[codebook]\nversion", b"[[theme]]\nkey", b"[[theme]]\nkey = 'a'\nphrases",
                    b"theme", b"[[theme]]\nkey = 'a'\n[[theme.example]]\ntext",
                    b"class", b"[class]\na"):  # fmt: skip
            yield f"{key.decode()} = {value[:20].decode()}", lambda k=key, v=value: k + b" = " + v + b"\n"
    yield "unknown keys", lambda: b"[clipper]\n" + b"".join(b"archiv%d = 1\n" % n for n in range(3000))
    yield "long unknown keys", lambda: b"[clipper]\n" + b"a" * 200_000 + b" = 1\n"
    yield (
        "pattern",
        lambda: (
            b"[[source]]\nname = 'a'\nurl = 'http://a.example/'\nkind = 'listing'\npattern = '(a+)+$'\nlinks = '"
            + b":not(" * 2000
            + b")" * 2000
            + b"'\n"
        ),
    )
    yield (
        "a pattern deep",
        lambda: (
            b"[[source]]\nname = 'a'\nurl = 'http://a.example/'\nkind = 'listing'\npattern = '"
            + b"(" * 5000
            + b")" * 5000
            + b"'\n"
        ),
    )
    yield (
        "a pattern of counts",
        lambda: (
            b"[[source]]\nname = 'a'\nurl = 'http://a.example/'\nkind = 'listing'\npattern = '((((a{999}){999}){999}){999})'\n"
        ),
    )


def _addresses(big: int) -> Iterator[Nasty]:
    for part in (
        b"a",
        b"a/",
        b"../",
        b"a.",
        b"%41",
        b"%e2%82%ac",
        b"%",
        b"&a=b",
        b"/amp",
        b"/index.html",
        b"//",
        b";a",
        b"@",
        b":",
        b"#",
        b"\xc3\xa9",
        b"[",
        b"?",
        b"utm_source=x&",
        b"\x00",
        b" ",
        b"www.",
    ):
        for start in (
            b"https://echo.example/",
            b"https://",
            b"https://echo.example/?",
            b"",
            b"//",
            b"https://web.archive.org/web/2014/https://a.example/",
            b"https://web.archive.org/web/",
            b"https://echo.example/2014/03/07/",
        ):
            yield f"{start.decode()} {part!r}", lambda s=start, p=part: s + p * (min(big, MB) // len(p))
            yield f"{start.decode()} {part!r} short", lambda s=start, p=part: s + p * (7000 // len(p))
    for address in (b"http://[::1", b"http://[v1.a]/", b"http://a:99999/", b"http://a:-1/", b"http://a:b/",
    b"http://a:\xd9\xa3/", b"http://\xe2\x84\x80/", b"http://\xef\xbc\x8f/", b"http:///a", b"http:a",
                    b"http://%00/", b"http://a%2fb/", b"https://\xed\xa0\x80/", b"https://a.example/\xed\xa0\x80",
                    b"http://1.1.1.1.1/", b"http://0x7f.1/", b"http://a\\b/", b"HTTP://A.EXAMPLE", b"http://.../",
                    b"http://xn--a/",
                    b"http://\xc3\x9f.example/", b"http://-a-.example/", b"http://" + b"a" * 64 + b".example/",
                    b"http://" + b"a." * 200 + b"/"):  # fmt: skip
        yield f"{address[:30]!r}", lambda a=address: a


def _queries(big: int) -> Iterator[Nasty]:
    for text in (
        b"(",
        b"((a) ",
        b"NOT ",
        b"-(",
        b"a OR ",
        b'"',
        b'"a b"~5 ',
        b"title:(",
        b"@mine ",
        b"@self ",
        b"a* ",
        b"a~2 ",
        b"theme:a* ",
        b"since:2014 ",
        b"\\",
        b"- ",
        b"date:2014..",
        b":",
        b"a:b ",
        b"title:",
    ):
        for count in (1, 40, 60, 499, 600, 5000):
            yield f"{text.decode()} {count} times", lambda t=text, c=count: t * c
            yield f"{text.decode()} {count} times and a word", lambda t=text, c=count: t * c + b"beds"
    yield "brackets closed", lambda: b"(" * 4000 + b"a" + b")" * 4000
    yield "at the limit", lambda: b"(" * 50 + b"a" + b")" * 50
    for date in (
        b"99999",
        b"0000",
        b"2014-02-30",
        b"9999-12-31",
        b"9999d",
        b"9999y",
        b"9999w",
        b"0d",
        b"-1d",
        b"2014-3-7-1",
        "²014".encode(),
        "٢٠١٤".encode(),
        b"1000-01-01",
        b"none",
        b"..",
        b"2015..2014",
        b"2014...2015",
    ):
        yield f"date {date.decode()}", lambda d=date: b"date:" + d + b" since:" + d + b" until:" + d
        yield f"date {date.decode()} alone", lambda d=date: b"date:" + d
    for near in (b"0", b"-1", b"101", b"9" * 5000, "²".encode(), b"1.5", b""):
        yield f"near {near[:9].decode()}", lambda n=near: b'"a b"~' + n + b" bed~" + n
    yield "half a letter", lambda: b"bed\xed\xa0\x80s"
    yield "an id", lambda: b"id:../../etc/passwd id:" + b"0" * 5000


def _records(big: int) -> Iterator[Nasty]:
    values = ("null", "true", "7", "-1", "1e999", "NaN", "1.5", '""', '"x"', '"\\ud800"', '"\\u0000"', "[]", "{}",
    "[[]]", "[null]", '{"a": 1}', "9" * 5000, "9" * 30, '"99999-01-01"', '"../../etc/passwd"',
              "[" * DEEP + "]" * DEEP, "[" * 900 + "]" * 900, '"' + "a" * min(big, 5 * MB) + '"',
              "[" + ", ".join(['"a"'] * 100_000) + "]", '"2014-03-07T99:99:99Z"', "1e308",
              '{"file": "../x", "offset": -1}', '{"file": 7, "offset": 1e99}')  # fmt: skip
    for record in seeds("records"):
        data = json.loads(record)
        for key in data:
            for number, value in enumerate(values):

                def made(data: dict[str, object] = data, key: str = key, value: str = value) -> bytes:
                    return json.dumps({**data, key: "@@"}).replace('"@@"', value).encode() + b"\n"

                yield f"{key} {number}", made
        yield (
            f"without {len(data)}",
            lambda d=data: b"".join(json.dumps({k: v for k, v in d.items() if k != key}).encode() + b"\n" for key in d),
        )
    yield (
        "many",
        lambda: b"".join(
            RECORDS.replace(b"0123456789ab", b"%012x" % n) + b"\n" for n in range(min(big, 5 * MB) // 600)
        ),
    )
    yield (
        "revisions",
        lambda: b"".join(
            RECORDS.replace(b'"revision": 1', b'"revision": %d' % n) + b"\n"
            for n in (3, 1, 2, 2, 0, -1, 1 << 52, 1 << 53, 1 << 63, 1 << 70)
        ),
    )
    yield (
        "ring",
        lambda: b"".join(
            RECORDS.replace(b"0123456789ab", b"%012x" % n).replace(
                b'"duplicate_of": null', b'"duplicate_of": "%012x"' % ((n + 1) % 5)
            )
            + b"\n"
            for n in range(5)
        ),
    )
    yield (
        "of itself",
        lambda: (
            RECORDS.replace(b'"duplicate_of": null, ', b'"duplicate_of": "0123456789ab", "part_of": "0123456789ab", ')
            + b"\n"
        ),
    )
    yield "torn", lambda: RECORDS + b"\n" + TAGGING[:40]
    yield "two in a line", lambda: RECORDS + RECORDS + b"\n" + LABEL + b"\n"
    yield "keys twice", lambda: RECORDS[:-1] + b', "id": 7}\n'
    yield "a newer schema", lambda: RECORDS.replace(b'"schema": 1', b'"schema": 99') + b"\n"
    yield "newlines", lambda: b"\n" * min(big, MB)


def _notes(big: int) -> Iterator[Nasty]:
    values = ("null", "true", "7", "-1", "1e999", "NaN", '""', '"\\ud800"', '"\\n"', "[]", "{}", "[[]]", '["a"]',
    "9" * 5000, '"9999-12-31T23:59:59-23:59"', '"99999-01-01"', '"2024-05-06T08:08:09"', "[" * DEEP,
    '{"a": ' * 900 + "1" + "}" * 900,
              '"' + "a" * min(big, MB) + '"', "1e308", "-0.0", '"0001-01-01T00:00:00+23:59"')  # fmt: skip
    for note in seeds("notes")[:-1]:
        data = json.loads(note)
        inner = next((v for v in data.values() if isinstance(v, dict)), None)
        for number, value in enumerate(values):
            yield f"{number}", lambda v=value: v.encode()
            for key in data:
                yield (
                    f"{key} {number}",
                    lambda d=data, k=key, v=value: json.dumps({**d, k: "@@"}).replace('"@@"', v).encode(),
                )
            for key in inner or ():
                yield (
                    f"echo {key} {number}",
                    lambda i=inner, k=key, v=value: (
                        json.dumps({"echo": {**(i or {}), k: "@@"}}).replace('"@@"', v).encode()
                    ),
                )


def _robots(big: int) -> Iterator[Nasty]:
    for rule in (
        b"/*a",
        b"/*" * 50,
        b"/" + b"a*" * 400,
        b"*" * 500 + b"$",
        b"/$",
        b"/%",
        b"/%zz",
        b"/\xff",
        b"/" + b"a" * 100_000,
    ):
        yield f"rule {rule[:12]!r} {len(rule)}", lambda r=rule: b"User-agent: *\nDisallow: " + r + b"\n"
    yield "stars", lambda: b"User-agent: *\nDisallow: /" + b"*a" * 1000 + b"$\n"
    yield "rules", lambda: b"User-agent: *\n" + b"".join(b"Disallow: /%d*a*b*c$\n" % n for n in range(20_000))
    yield "agents", lambda: b"User-agent: a\n" * 30_000 + b"Disallow: /\n"
    yield "groups", lambda: b"".join(b"User-agent: a%d\nDisallow: /\n" % n for n in range(15_000))
    for delay in (b"1e999", b"nan", b"-1", b"9" * 5000, b"inf", b"1/0", "٣".encode(), b"1_000", b"0x10"):
        yield (
            f"delay {delay[:9].decode()}",
            lambda d=delay: (
                b"User-agent: *\nCrawl-delay: "
                + d
                + b"\nRequest-rate: "
                + d
                + b"/"
                + d
                + b"s\nVisit-time: "
                + d
                + b"\n"
            ),
        )
    for rate in (b"1/0", b"1/10s 9999-9999", b"0/0m", b"1/1x", b"1/1s 0900", b"-1/-1h", b"9" * 400 + b"/1"):
        yield f"rate {rate[:15].decode()}", lambda r=rate: b"User-agent: *\nRequest-rate: " + r + b"\n"
    yield "sitemaps", lambda: b"Sitemap: https://a.example/s.xml\n" * 15_000
    yield "colons", lambda: b"User-agent" + b":" * 300_000


def _headers(big: int) -> Iterator[Nasty]:
    for text in (b"9" * 5000, b"-1", b"1e9", "²".encode(), b"Fri, 99 Foo 99999 99:99:99 GMT",
    b"Fri, 31 Dec 9999 23:59:59 -2359", b"Mon, 01 Jan 0001 00:00:00 +2359", b"Fri, 07 Mar 2014 09:15:30 +99999999",
    b"max-age=" + b"9" * 5000,
                 b"max-age=-1", b"max-age=1" + b" " * 100_000, b"text/html; charset=" + b"x" * 100_000,
                 b"text/html; charset=idna", b"text/html; charset=undefined", b"gzip" + b", gzip" * 20_000,
                 b"\r\nX-Evil: 1", b"\x00" * 1000,
                 b"a" * min(big, MB), b"max-age" + b"\t" * 100_000 + b"=1", b"text/html; charset=hex",
                 b"text/html; charset=zlib", b"text/html; charset=unicode_escape", b'"' * 100_000,
                 b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 9000):  # fmt: skip
        yield f"{text[:30]!r} {len(text)}", lambda t=text: t


def _lines(big: int) -> Iterator[Nasty]:
    for start in (
        b"By Ann ",
        b"Source: ",
        b"The Echo, ",
        b"Beds to close (",
        b"[The Echo, ",
        b"7 March ",
        b"Copyright ",
        b"Sign in to ",
        b"\xe2\x80\x98Beds ",
        b"1. Beds, ",
    ):
        for part in (
            b"a",
            b" ",
            b"a ",
            b"Lee ",
            b"Lee, ",
            b"and ",
            b"& ",
            b"(",
            b")",
            b"-",
            b"\xe2\x80\x93 ",
            b"7 March 2014 ",
            b"2014",
            b".",
            b". ",
            b"\xe2\x80\x99",
            b"[",
            b"|",
            b": ",
        ):
            yield f"{start!r} {part!r}", lambda s=start, p=part: s + p * (100_000 // len(p))


_BY_KIND: dict[str, Callable[[int], Iterator[Nasty]]] = {
    "feed": feeds,
    "sitemap": xml("<urlset><url><loc>https://a.example/", "</loc></url></urlset>"),
    "html": pages,
    "clippings": pages,
    "jsonld": jsonld,
    "config": _tomls,
    "codebook": _tomls,
    "lexicon": _tomls,
    "mail": mails,
    "mhtml": mails,
    "text": texts,
    "markdown": texts,
    "csv": tables,
    "sheet": tables,
    "ris": ris,
    "bibtex": bibtex,
    "csl": csl,
    "urls": urls,
    "any": texts,
    "addresses": _addresses,
    "dates": _lines,
    "lines": _lines,
    "query": _queries,
    "records": _records,
    "archive": _records,
    "examples": _records,
    "notes": _notes,
    "docx": docx,
    "pdf": pdfs,
    "warc": warcs,
    "warc.gz": packed_warcs,
    "wacz": waczs,
    "opml": xml("<opml version='2.0'><body><outline text='a' xmlUrl='http://a.example/'>", "</outline></body></opml>"),
    "robots": _robots,
    "headers": _headers,
    "packed": packings,
}
