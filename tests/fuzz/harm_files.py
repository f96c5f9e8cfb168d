# most lines are data
"""Texts, mails, tables and lists that were made to do harm."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

from fuzz.harm import DEEP, MB, Nasty
from fuzz.seeds import CSL, MAIL, MHTML


def mails(big: int) -> Iterator[Nasty]:
    head = b"Received: x\nMessage-ID: <a@b>\nMIME-Version: 1.0\nSubject: Beds\n"
    for seed, name in ((MHTML, "MHTML"), (MAIL, "mail")):
        line = b"\r\n" if seed is MHTML else b"\n"
        for field in (
            b"Content-Type",
            b"Subject",
            b"Date",
            b"From",
            b"Content-Transfer-Encoding",
            b"Content-Location",
            b"MIME-Version",
            b"Received",
            b"Content-Disposition",
        ):
            for value in (b"a" * big, b"=?utf-8?B?" + b"A" * 100_000 + b"?=", b"=?utf-8?Q?a?= " * 5000,
            b"\xff\xfe" * 500, b'"' * 5000, b"(" * 5000, b"(" * 50_000, b"<" * 5000, b";a*0*=x" * 3000,
                          b"; a=b" * 20_000, b"\\" * 5000, b"@" * 5000, b"," * 5000, b"a:;" * 3000,
                          b"multipart/mixed; boundary=" + b"x" * 5000, b"=?utf-8?x?" * 3000, b"[" * 3000,
                          b"text/html; charset*=utf-8''%ff%fe", b"text/html; charset=\"" + b"\\" * 3001,
                          b"multipart/mixed; boundary*0=a; boundary*1=b; boundary*99999999999=c",
                          b"99 Foo 99999 99:99:99 +9999", b"Fri, 7 Mar 0 00:00:00 +0000",
                          b"Fri, 7 Mar 2014 00:00:00 +99999999999", b"=?idna?Q?a?=",
                          b"=?unicode_escape?Q?\\x?="):  # fmt: skip
                yield (
                    f"{name} {field.decode()} {value[:14]!r}",
                    lambda s=seed, f=field, v=value, n=line: f + b": " + v + n + s,
                )
        yield f"{name} of headers", lambda s=seed: b"X-A: b\r\n" * (min(big, 2 * MB) // 8) + s
        yield f"{name} of folded lines", lambda s=seed: b"X-A: b\r\n" + b" c\r\n" * (min(big, MB) // 4) + s
    for count in (50, 900, 20_000):

        def nested(count: int = count) -> bytes:
            made = head
            for n in range(count):
                made += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n)
            return made + b"Content-Type: text/plain\n\nBeds will close.\n"

        yield f"parts {count} deep", nested
        yield (
            f"letters {count} deep",
            lambda c=count: head + b"Content-Type: message/rfc822\n\n" * c + b"Content-Type: text/plain\n\nBeds",
        )
    yield (
        "parts",
        lambda: (
            head
            + b"Content-Type: multipart/mixed; boundary=x\n\n"
            + b"--x\nContent-Type: text/html\n\n<p>a</p>\n" * (min(big, 2 * MB) // 40)
        ),
    )
    yield (
        "boundaries",
        lambda: head + b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n" * (min(big, 2 * MB) // 4),
    )
    yield "lines", lambda: head + b"Content-Type: text/html\n\n" + b"a\n" * (min(big, 5 * MB) // 2)
    yield (
        "base64",
        lambda: head + b"Content-Transfer-Encoding: base64\nContent-Type: text/html\n\n" + base64.b64encode(b"a" * big),
    )
    yield (
        "bad base64",
        lambda: head + b"Content-Transfer-Encoding: base64\nContent-Type: text/html\n\n" + b"=A" * (big // 2),
    )
    yield (
        "quoted",
        lambda: head + b"Content-Transfer-Encoding: quoted-printable\nContent-Type: text/html\n\n" + b"=" * big,
    )
    yield (
        "uuencoded",
        lambda: (
            head
            + b"Content-Transfer-Encoding: x-uuencode\nContent-Type: text/html\n\nbegin 644 a\n"
            + b"~" * min(big, MB)
        ),
    )
    for charset in (b"utf-7", b"idna", b"punycode", b"hex", b"undefined", b"unicode_escape", b"utf-32", b"x" * 2000):
        yield (
            f"charset {charset[:20].decode()}",
            lambda c=charset: (
                head
                + b"Content-Type: text/plain; charset="
                + c
                + b"\n\nBeds will close in May, it said. \\ud800 \xff\n" * 3
            ),
        )


def texts(big: int) -> Iterator[Nasty]:
    line = b"The board of the trust said on Monday that forty beds will close in May.\n"
    yield "lines", lambda: line * (min(big, 5 * MB) // len(line))
    yield "paragraphs", lambda: (line + b"\n") * (min(big, 5 * MB) // len(line))
    yield "short lines", lambda: b"Beds\n" * (min(big, 2 * MB) // 5)
    yield "items", lambda: b"Beds to close\nThe Echo, 7 March 2014\n\n" * (min(big, MB) // 40)
    yield (
        "items and text",
        lambda: (b"Beds to close (The Echo, 7 March 2014)\n\n" + line + b"\n") * (min(big, MB) // 110),
    )
    yield "items in brackets", lambda: b"[The Echo, 7 March 2014]: Beds to close\n\n" * (min(big, MB) // 43)
    yield "bold lines", lambda: b"**Beds to close**, The Echo, 7 March 2014\n\n" * (min(big, MB) // 43)
    yield "rules", lambda: b"-----\n" * (min(big, MB) // 6)
    yield "links", lambda: b"[Beds](https://echo.example/a) " * (min(big, MB) // 31)
    yield "quoted deep", lambda: b">" * 50_000 + b" beds\n" + b"> > " * 20_000 + line * 5
    yield "lists deep", lambda: b"".join(b" " * n + b"- beds\n" for n in range(1500))
    yield "headings", lambda: b"# Beds\n" * (min(big, MB) // 7)
    yield "a table", lambda: b"| Beds | The Echo | 7 March 2014 |\n|---|---|---|\n" * (min(big, MB) // 50)
    yield "a wide table", lambda: b"| a " * 50_000 + b"|\n" + b"|---" * 50_000 + b"|\n"
    yield "front matter", lambda: b"---\n" + b"title: beds\n" * (min(big, MB) // 12) + b"---\n" + line * 5
    yield "front matter of lists", lambda: b"---\ntags:\n" + b"  - a\n" * (min(big, MB) // 6) + b"---\n" + line * 5
    yield (
        "front matter deep",
        lambda: b"---\na: " + b"[" * DEEP + b"]" * DEEP + b"\nb: " + b"{a: " * 50_000 + b"\n---\n" + line * 5,
    )
    yield (
        "front matter anchors",
        lambda: (
            b"---\na: &a [x,x]\n" + b"".join(b"b%d: &b%d [*a,*a]\n" % (n, n) for n in range(30)) + b"---\n" + line * 5
        ),
    )
    yield "front matter open", lambda: b"---\n" + b"title: 'beds\n" * (min(big, MB) // 13)
    yield (
        "front matter dates",
        lambda: (
            b"---\ndate: 99999-99-99T99:99:99\ntitle: !!python/object:os.system x\nauthor: {a: b}\n---\n" + line * 5
        ),
    )
    yield "front matter in TOML", lambda: b"+++\n" + b"a." * 20_000 + b"b = 1\n+++\n" + line * 5
    yield "front matter in JSON", lambda: b"{" + b'"a":{' * 50_000 + b"}\n" + line * 5
    for value in (b"99999-01-01", b"-1", b"0", b"7 March " + b"9" * 5000, b"a" * 200_000, b"[", b"'", b"\\ud800"):
        yield (
            f"fields {value[:12].decode()}",
            lambda v=value: b"Title: %s\nAuthor: %s\nDate: %s\nSource: %s\nURL: %s\n\n" % (v, v, v, v, v) + line * 5,
        )


def tables(big: int) -> Iterator[Nasty]:
    head = b"URL,Title,Authors,Publication Title,Date,Abstract Note\n"
    yield (
        "rows",
        lambda: head + b"https://echo.example/a,Beds,Ann Lee,The Echo,7 March 2014,beds\n" * (min(big, 2 * MB) // 66),
    )
    yield (
        "rows of their own",
        lambda: (
            head
            + b"".join(
                b"https://echo.example/%d,Beds,Ann Lee,The Echo,2014,beds\n" % n for n in range(min(big, 2 * MB) // 66)
            )
        ),
    )
    yield "columns", lambda: b"URL," + b"a," * 100_000 + b"\nhttps://echo.example/a" + b",b" * 100_000 + b"\n"
    yield "columns alike", lambda: b"URL," * 50_000 + b"\n" + b"https://echo.example/a," * 50_000 + b"\n"
    yield "an open quote", lambda: head + b'https://echo.example/a,"' + b"beds\n" * (big // 5)
    yield "quotes", lambda: head + b'"' * min(big, MB)
    yield "a cell", lambda: head + b"https://echo.example/a," + b"a" * big + b"\n"
    yield "cells of spaces", lambda: head + b"https://echo.example/a, " + b" " * min(big, MB) + b"x,b\n"
    yield "separators", lambda: b";,\t|" * (min(big, MB) // 4)
    yield "sep=", lambda: b"sep=\x00\nURL\x00Title\nhttps://echo.example/a\x00b\n"
    yield "sep of none", lambda: b"sep=\n\nURL,Title\n"
    yield "sep a quote", lambda: b'sep="\nURL"Title\nhttps://echo.example/a"b\n'
    yield (
        "dates",
        lambda: (
            head
            + b"".join(
                b"https://echo.example/%d,Beds,,,%s,\n" % (n, d)
                for n, d in enumerate(
                    (b"99999-01-01", b"-1", b"0", b"31/02/2014", b"9" * 5000, b"1e999", b"45000", b"2014-13-45")
                )
            )
        ),
    )
    yield (
        "addresses",
        lambda: (
            head
            + b"".join(
                b"%s,Beds,,,,\n" % u
                for u in (
                    b"http://[",
                    b"http://" + b"a" * 300_000,
                    b"javascript:x",
                    b"http://a:b/",
                    b"http://\xff/",
                    b"//x",
                    b"http://a/\x00",
                )
            )
        ),
    )
    yield "formulas", lambda: head + b"=cmd|' /C calc'!A0,+1,-1,@a,\t=1,\r=2\n"
    yield (
        "labels",
        lambda: b"article,theme,value,coder\n" + b"000000000001,workforce,yes,ann\n" * (min(big, 2 * MB) // 32),
    )
    yield (
        "labels that are none",
        lambda: (
            b"article,theme,value,coder\n" + b"".join(b"x%d,y%d,z%d,\x1b[2J%d\n" % (n, n, n, n) for n in range(20_000))
        ),
    )
    yield (
        "labels of themes",
        lambda: b"id,coder," + b",".join(b"workforce%d" % n for n in range(3000)) + b"\n000000000001,ann,yes\n",
    )
    yield (
        "labels' ids",
        lambda: (
            b"article,theme,value,coder\n"
            + b"../../etc/passwd,workforce,yes,ann\n"
            + b"%s,workforce,yes,ann\n" % (b"0" * 200_000)
            + b"*,workforce,yes,a/b\n1e5,workforce,yes,\xe2\x80\xaex\n"
        ),
    )
    yield (
        "labels' revisions",
        lambda: (
            b"article,revision,theme,value,coder,at\n"
            + b"".join(
                b"000000000001,%s,workforce,yes,ann,%s\n" % pair
                for pair in (
                    (b"9" * 5000, b"x"),
                    (b"-1", b"99999-01-01T00:00:00Z"),
                    ("²".encode(), b"2014-02-30T00:00:00Z"),
                    (b"0", b"0000-00-00T00:00:00Z"),
                    (b"1.0", b"2014-03-07T24:00:00Z"),
                )
            )
        ),
    )


def ris(big: int) -> Iterator[Nasty]:
    yield "entries", lambda: b"TY  - NEWS\nTI  - Beds\nUR  - https://echo.example/a\nER  -\n" * (min(big, 2 * MB) // 60)
    yield "no ends", lambda: b"TY  - NEWS\nTI  - Beds\n" * (min(big, 2 * MB) // 22)
    yield (
        "authors",
        lambda: b"TY  - NEWS\n" + b"AU  - Lee, Ann\n" * (min(big, 2 * MB) // 15) + b"UR  - https://a.example/\nER  -\n",
    )
    yield (
        "goes on",
        lambda: b"TY  - NEWS\nAB  - a\n" + b"beds\n" * (min(big, 2 * MB) // 5) + b"UR  - https://a.example/\nER  -\n",
    )
    for tag in (b"TI", b"AU", b"DA", b"PY", b"UR", b"AB", b"KW", b"LA", b"T2", b"DO"):
        for value in (
            b"a" * big,
            b"99999/01/01",
            b"-1",
            b"&" * 100_000,
            b"<i>" * 50_000,
            b"," * 100_000,
            b";" * 100_000,
            b"\xff",
            b"http://[",
            b"a" + b" " * 200_000 + b"b",
            b"9" * 100_000,
            b"&#xd800;",
        ):
            yield (
                f"{tag.decode()} {value[:10]!r}",
                lambda t=tag, v=value: b"TY  - NEWS\nUR  - https://a.example/\n" + t + b"  - " + v + b"\nER  -\n",
            )


def bibtex(big: int) -> Iterator[Nasty]:
    yield (
        "entries",
        lambda: b"".join(
            b"@article{a%d, title={Beds}, url={https://echo.example/%d}}\n" % (n, n)
            for n in range(min(big, 500_000) // 60)
        ),
    )
    yield (
        "entries alike",
        lambda: b"@article{a, title={Beds}, url={https://echo.example/a}}\n" * (min(big, 500_000) // 60),
    )
    yield "braces", lambda: b"@article{a, title={" + b"{" * DEEP + b"}" * DEEP + b"}}"
    yield "braces, open", lambda: b"@article{a, title={" + b"{" * DEEP
    yield "fields", lambda: b"@article{a, " + b"title={Beds}, " * 20_000 + b"url={https://a.example/}}"
    yield (
        "strings",
        lambda: (
            b"".join(b"@string{s%d = s%d # s%d}\n" % (n + 1, n, n) for n in range(40))
            + b"@article{a, title=s40, url={https://a.example/}}"
        ),
    )
    yield "strings of themselves", lambda: b"@string{s = s # s}\n@article{a, title=s, url={https://a.example/}}"
    yield "joined", lambda: b"@article{a, title=" + b"{a} # " * 20_000 + b"{b}, url={https://a.example/}}"
    yield "ats", lambda: b"@article" * 50_000
    yield "comments", lambda: b"@comment{" * 20_000 + b"}" * 20_000
    yield "preambles", lambda: b'@preamble{"' * 20_000
    for value in (b"\\" * 50_000, b"$" * 50_000, b"\\textbf{" * 5000 + b"}" * 5000, b"\\begin{a}" * 5000,
    b"\\'" * 30_000, b"\\verb|" * 5000, b"%" * 50_000, b"and " * 50_000, b"a, " * 50_000,
                  b"\\frac" * 10_000, b"\\newcommand{\\a}{\\a\\a}\\a", b"^{" * 10_000, b"a" * min(big, MB),
                  b"99999-01-01", b"-1", b"9" * 5000, b"\\char" + b"9" * 20, b"\\symbol{1114112}",
                  b"\\input{/etc/passwd}", b"{\\a" * 900 + b"}" * 900, b"~" * 50_000, b"``" * 50_000, b"\\[" * 10_000,
                  b"\\item " * 20_000):  # fmt: skip
        for field in (b"title", b"author", b"date", b"year", b"month", b"abstract", b"url"):
            yield (
                f"{field.decode()} {value[:10]!r}",
                lambda f=field, v=value: b"@article{a, url={https://a.example/}, " + f + b"={" + v + b"}}",
            )


def csl(big: int) -> Iterator[Nasty]:
    one = json.loads(CSL)[0]
    values = (None, 7, -1, True, "x", [], {}, [[]], [None], [[None]], {"date-parts": []}, {"date-parts": [[]]},
    {"date-parts": [[99999, 1, 1]]}, {"date-parts": [[-1, 0, 0]]}, {"date-parts": [[2014, 13, 45]]},
              {"date-parts": [["9" * 5000]]}, {"date-parts": [[1e999]]}, {"date-parts": 7}, {"raw": 7},
              {"literal": []}, [{"family": 7, "given": []}], ["Ann"], {"raw": "x" * 200_000},
              {"date-parts": [[2014.5, True]]}, {"date-parts": [[{}]]}, "a" * min(big, 5 * MB))  # fmt: skip
    for key in one:
        for number, value in enumerate(values):
            yield f"{key} {number}", lambda k=key, v=value: json.dumps([{**one, k: v}]).encode()
    yield (
        "many",
        lambda: json.dumps(
            [{**one, "id": n, "URL": f"https://a.example/{n}"} for n in range(min(big, 5 * MB) // 300)]
        ).encode(),
    )
    yield "authors", lambda: json.dumps([{**one, "author": [{"family": "Lee"}] * 50_000}]).encode()
    yield "deep", lambda: b'[{"type": "article", "title": ' + b"[" * DEEP + b"]" * DEEP + b"}]"
    yield "less deep", lambda: b'[{"type": "article", "title": ' + b"[" * 900 + b"]" * 900 + b"}]"
    yield "a long number", lambda: b'[{"type": "article", "id": ' + b"9" * 100_000 + b', "title": "x"}]'


def urls(big: int) -> Iterator[Nasty]:
    yield "many", lambda: b"".join(b"https://echo.example/%d\n" % n for n in range(min(big, 5 * MB) // 28))
    yield "one, long", lambda: b"https://echo.example/" + b"a" * big
    yield "no host", lambda: b"http://\n" * 50_000
    yield "in brackets", lambda: b"http://[" * 50_000
    yield "in one line", lambda: b"https://echo.example/a" * (min(big, MB) // 22)
    yield "with words", lambda: (b"https://echo.example/a " + b"The Echo, 7 March 2014 " * 4000 + b"\n") * 5
    yield "markdown", lambda: b"- [Beds](https://echo.example/a), The Echo, 7 March 2014\n" * (min(big, MB) // 60)
    yield "brackets", lambda: b"[" * 100_000 + b"](https://echo.example/a)\n"
    for sign in b"\x00\r\t \"'<>()[]{}|\\^`%#?&=;:@,":
        yield f"with {chr(sign)!r}", lambda s=sign: b"https://echo.example/" + bytes([s]) * 100_000 + b"a\n"
