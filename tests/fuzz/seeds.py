# ruff: noqa: E501  # most lines are data
"""What each parser is known to read, to be spoiled: the fixtures of the other tests, and short ones of our own."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from functools import cache
from pathlib import Path

from collect.intake.newsprint import STORIES, as_docx, as_pdf, as_text, new_layout

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
SHARED = ROOT.parent / "shared"  # pages of real papers, where they are at hand

PAGE = b"""<!doctype html><html lang=en><head><meta charset=utf-8><title>Beds to close | The Echo</title>
<link rel=canonical href="/beds"><meta property="og:title" content="Beds to close"><meta name=author content="Ann Lee">
<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Beds to close", "datePublished":
"2014-03-07T09:15:30+00:00", "author": [{"@type": "Person", "name": "Ann Lee"}], "isAccessibleForFree": false}</script>
</head><body><nav><a href=/>Home</a></nav><article><h1>Beds to close</h1><p class=byline>By Ann Lee, 7 March 2014</p>
<p>The board of the trust said on Monday that forty beds will close in May, and that nurses will move to the city.</p>
<p>&ldquo;We were told last week,&rdquo; a nurse said. Patients must travel thirty miles to the next ward for it.</p>
</article><footer>&copy; The Echo</footer></body></html>"""

JSONLD = b"""{"@context": "https://schema.org", "@graph": [{"@type": ["NewsArticle", "Article"], "headline": "Beds to close",
"datePublished": "2014-03-07", "dateModified": "2014-03-08", "inLanguage": {"@type": "Language", "name": "en"},
"author": [{"@type": "Person", "name": "Ann Lee"}, "Jo Poe"], "publisher": {"@id": "#echo"}, "keywords": "beds, wards",
"articleSection": ["Health"], "isAccessibleForFree": "False", "hasPart": {"cssSelector": ".paywall"}, "wordCount": 400,
"articleBody": "The board of the trust said so.", "mainEntityOfPage": {"@id": "https://echo.example/beds"}},
{"@type": "Organization", "@id": "#echo", "name": "The Echo", "logo": {"url": 7}}]}"""

MHTML = b"""From: <Saved by Blink>\r
Snapshot-Content-Location: https://echo.example/beds\r
Subject: =?utf-8?Q?Beds_to_close?=\r
Date: Fri, 7 Mar 2014 09:15:30 -0000\r
MIME-Version: 1.0\r
Content-Type: multipart/related; type="text/html"; boundary="--MultipartBoundary--x7"\r
\r
----MultipartBoundary--x7\r
Content-Type: text/html\r
Content-Transfer-Encoding: quoted-printable\r
Content-Location: https://echo.example/beds\r
\r
<html><head><title>Beds</title></head><body><article><h1>Beds</h1><p>The board of the trust said on Monday that =\r
forty beds will close in May, and nurses move =E2=80=93 to the city.</p></article></body></html>\r
----MultipartBoundary--x7--\r
"""

MAIL = b"""Received: from echo.example by trust.example; Fri, 7 Mar 2014 09:15:30 +0000
From: The Echo <news@echo.example>
Subject: =?iso-8859-1?Q?Beds_=A3?= to close
Date: Fri, 7 Mar 2014 09:15:30 +0000
Message-ID: <7@echo.example>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=x7

--x7
Content-Type: text/plain; charset="utf-8"; format=flowed
Content-Transfer-Encoding: base64

VGhlIGJvYXJkIG9mIHRoZSB0cnVzdCBzYWlkIG9uIE1vbmRheSB0aGF0IGZvcnR5IGJlZHMgd2lsbCBjbG9zZSBpbiBNYXku
--x7
Content-Type: text/html; charset=utf-8

<html><body><h1>Beds to close</h1><p>The board of the trust said on Monday that forty beds will close in May.</p></body>
--x7--
"""

RIS = b"""TY  - NEWS
TI  - Beds to close &amp; nurses <i>to move</i>
AU  - Lee, Ann
T2  - The Echo
DA  - 2014/03/07/
UR  - https://echo.example/beds
AB  - Forty beds will close,
the board said.
KW  - beds; wards
LA  - en-GB
ER  -
"""

BIBTEX = rb"""@string{echo = "The Echo"}
@comment{of no use}
@article{lee2014, title = {Beds {to} close \& n\"urses \textit{move} {\`a} $x^2$}, author = "Lee, Ann and Jo {von Poe}",
  journal = echo # {, London}, year = 2014, month = mar, date = {2014-03-07}, url = {https://echo.example/beds},
  abstract = {Forty beds will close}, keywords = {beds, wards}, langid = {english}}
"""

CSL = b"""[{"id": "lee", "type": "article-newspaper", "title": "Beds to close", "container-title": "The Echo", "language": "en",
"author": [{"family": "Lee", "given": "Ann"}, {"literal": "The board"}], "URL": "https://echo.example/beds",
"issued": {"date-parts": [["2014", 3, 7]]}, "abstract": "Forty beds", "keyword": "beds, wards", "DOI": "10.1000/182"}]"""

URLS = b"""# to be read
https://echo.example/beds
https://echo.example/wards?page=2  Wards to close
- [Nurses](https://echo.example/nurses "a title"), The Echo, 7 March 2014
"""

CSV = b'''URL,Title,Author,Publication Title,Date,Abstract Note,Manual Tags,Language
https://echo.example/beds,"Beds to ""close""","Lee, Ann; Poe, Jo",The Echo,2014-03-07,"Forty beds
will close",beds; wards,en
https://echo.example/wards,=1+1,,The Post,7/3/2014,,,
'''

OPML = b"""<?xml version="1.0"?><opml version="2.0"><head><title>Feeds</title></head><body><outline text="Health">
<outline type="rss" text="The Echo" title="Echo" xmlUrl="https://echo.example/feed" htmlUrl="https://echo.example/"/>
</outline></body></opml>"""

ROBOTS = b"""User-agent: *
Disallow: /private/*?x=$
Allow: /private/beds
Crawl-delay: 2.5
Request-rate: 1/10s 0900-1700
Sitemap: https://echo.example/sitemap.xml
User-agent: clipper
Disallow:
"""

CONFIG = b"""[clipper]
archive = "data/archive"
codebook = 'data/codebook.toml'
[fetch]
contact = "ann@echo.example"
delay = 1.5
concurrency = 4
allow_hosts = ["localhost", "127.0.0.1"]
[[source]]
name = "echo"
url = "https://echo.example/feed"
kind = "listing"
match = ["beds", '''wards''']
since = 2014-03-07
links = "main a.story"
[[source]]
name = "post"
url = "https://post.example/sitemap.xml"
kind = "sitemap"
"""

CODEBOOK = b"""[codebook]
name = "Beds"
version = 2
[[theme]]
key = "beds"
name = "Beds"
definition = "Beds that close."
include = ["wards", 'units']
exclude = ["hotels"]
phrases = ["bed closure*", "ward"]
merges = ["bed-cuts"]
[[theme.example]]
text = '''
Forty beds will close in May, the board said.
'''
title = "Beds"
carries = true
[[theme]]
key = "pay"
definition = "What people earn."
"""

SHEET = b"""article,revision,theme,value,coder,round,at
000000000001,1,workforce,yes,ann,first,2014-03-07T09:15:30Z
000000000002,,privatisation,no,jo,,
000000000003,,privatisation,1,jo,,
"""

RECORDS = b"""{"id": "0123456789ab", "revision": 1, "kind": "article", "url": "https://echo.example/beds", "canonical": null,
"guid": null, "title": "Beds", "outlet": "The Echo", "authors": ["Ann Lee"], "published": "2014-03-07", "fetched":
"2014-03-07T09:15:30Z", "language": "en", "text": "Beds close.", "excerpt": null, "categories": [], "source": "echo",
"part_of": null, "duplicate_of": null, "partial": false, "sha256": "", "warc": {"file": "a.warc.gz", "offset": 0},
"extractor": null, "schema": 1}""".replace(b"\n", b" ")

TAGGING = b"""{"article": "0123456789ab", "revision": 1, "tags": [{"theme": "pay", "probability": 0.9, "threshold": 0.5}],
"scores": {"pay": 0.9}, "model": "m", "codebook": "c", "tagged": "2014-03-07T09:15:30Z", "schema": 1}""".replace(
    b"\n", b" "
)

LABEL = b"""{"article": "0123456789ab", "revision": 1, "theme": "pay", "value": true, "coder": "ann", "round": null, "at":
"2014-03-07T09:15:30Z", "schema": 1}""".replace(b"\n", b" ")

RUN = b"""{"command": "fetch", "started": "2014-03-07T09:15:30Z", "ended": "2014-03-07T09:15:31Z", "version": "0", "sources":
[{"source": "echo", "added": 1, "error": null}], "not_archived": [{"target": "https://echo.example/x", "status": "refused",
"cause": "a list", "lasting": true}], "targets": [{"target": "a.html", "id": "0123456789ab"}], "redirected": [{"from":
"https://echo.example/y", "to": "https://echo.example/beds"}], "interrupted": false, "unchanged": ["0123456789ab"],
"schema": 1}""".replace(b"\n", b" ")

SAMPLE = b"""{"name": "first", "articles": ["0123456789ab"], "population": 9, "seed": 7, "round": "first", "query": "beds",
"at": "2014-03-07T09:15:30Z", "schema": 1}""".replace(b"\n", b" ")

SEARCH = b'{"name": "mine", "query": "beds AND wards", "at": "2014-03-07T09:15:30Z"}'

NOTES = (
    b'{"echo": {"basis": "x", "url": "https://echo.example/feed", "etag": "\\"a\\"", "modified": "", "body": "", "asked": 1, '
    b'"trusted": true, "at": "", "until": "2024-05-06T07:08:09Z"}}',
    b'{"https://echo.example:443": "2024-05-06T08:08:09+00:00"}',
    b'{"echo": {"last_tried": "2024-05-06T06:08:09Z", "last_success": null, "last_error": null, "cause": "no", '
    b'"failures_in_row": 2, "ttl": 60.0, "max_age": null, "unchanged_in_row": 0}}',
    b'{"origin": "https://echo.example:443", "until": "2024-05-06T08:08:09+00:00", "status": 200, "body": "User-agent: *"}',
    b'{"version": 7, "generation": "g", "seq": 3, "whole": true, "odd": false, "forms": {"beds": "bed"}, "strays": '
    b'{"bed": ["beds"]}, "files": {"a.store": [1, 2]}}',
    b'{"format": 1, "inputs": "", "themes": ["workforce"], "thresholds": [0.5], "arrays": "x", "words": ["beds"]}\n',
    b"clipper seen 1\n" + bytes(range(16)),
)

HEADERS = (
    b"120", b"Fri, 07 Mar 2014 09:15:30 GMT", b"max-age=3600, no-cache", b"text/html; charset=utf-8", b"gzip, br",
    b'W/"0815"', b"<https://echo.example/beds>", b"2014-03-07T09:15:30.5+01:00", b"multipart/x; boundary=\"a\\\"b\"",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 7\r\n\r\n",
)  # fmt: skip

ADDRESSES = (
    b"https://www.echo.example:443/news/../beds/index.html?utm_source=x&b=2&a=%e2%82%ac#top",
    b"http://[2001:db8::1]:8080/amp", b"//echo.example/beds", b"www.echo.example/beds", b"10.1000/182",
    b"doi:10.1000/182",
    b"https://web.archive.org/web/20140307091530id_/https://echo.example/beds", b"mailto:ann@echo.example",
    b"file:///C|/beds.html", b"https://ann:secret@echo.example/2014/03/07/beds.html",
    b"https://xn--bcher-kva.example/\xc3\xa9",
    b"https://webcache.googleusercontent.com/search?q=cache:abcdefgh:echo.example/",
)  # fmt: skip

DATES = (
    b"7 March 2014", b"Friday, 7th of March 2014 at 9:15 am GMT", b"2014-03-07T09:15:30.123+01:00", b"07/03/2014",
    b"7.3.14",
    b"Fri, 07 Mar 2014 09:15:30 +0000", b"(Updated 7 March 2014)", b"2014\xe5\xb9\xb43\xe6\x9c\x887\xe6\x97\xa5",
    b"M\xc3\xa4rz 2014",
    b"2014", b"4w", b"yesterday", b"20140307T0915Z", b"Published: 7 March 2014 (last updated 8 March 2014)",
)  # fmt: skip

LINES = (
    b"By Ann Lee, Health Correspondent, The Echo, 7 March 2014", b"Source: The Guardian, 7 March 2014",
    "‘Beds to close’ – The Echo (London) [7/3/14]".encode(),
    b"Sign in to continue reading. Subscribe for \xc2\xa31 a month",
    b"Beds to close (The Echo, 7 March 2014): the board of the trust said. Dr. Lee, M.D., said so. \"No!\" Mr. Poe said.",
    b"Copyright 2014 The Echo. All Rights Reserved", b"Notes to editors",
    b"1. Beds to close, The Echo, 7 March 2014, p. 12",
    rb"\textbf{Beds} \'{e} \cite{x} {\o} \verb|x| $a^2$ --- ``quoted''",
    b"Lee, Ann; Poe, Jo & others @ann 12:30 PM Like Reply",
)  # fmt: skip

QUERIES = (
    b'beds AND (wards OR "private care"~5) NOT theme:pay since:2014-03 -kind:page',
    b"title:(beds OR ward*) outlet:echo~1",
    b'@mine date:2014..2015-03-07 partial:yes id:0a* "\\"',
    b"source:echo coder:ann \xe2\x80\x9ccurly\xe2\x80\x9d date:none 7d",
)  # fmt: skip

FRONT = b"""---
title: "Beds to close"
author: [Ann Lee, Jo Poe]
date: 2014-03-07
tags:
  - beds
  - wards
---
# Beds to close

The board of the trust said on *Monday* that [forty beds](https://echo.example/beds) will close in May.

> Nurses will move to the city, it said.
"""


@cache
def seeds(kind: str) -> tuple[bytes, ...]:
    """Return what is read of one kind."""
    return tuple(_SEEDS[kind]())


def _files(pattern: str, most: int = 100_000) -> list[bytes]:
    return [body for path in sorted(TESTS.glob(pattern)) if len(body := path.read_bytes()) <= most]


def _html() -> list[bytes]:
    real = [gzip.decompress(path.read_bytes()) for path in sorted((SHARED / "pages").glob("*.html.gz"))[::8]]
    return [PAGE, *_files("pages/*.html"), *(body for body in real if len(body) < 300_000)]


def _clippings() -> list[bytes]:
    return [*_files("clippings/*.html"), DIGEST_HTML]


DIGEST_MD = (
    b"<!-- clipper digest 1 -->\n\n# Cuttings\n\n## Ward shuts (HSJ: 3 May 2015)\n\n*By Ann Lee*\n\nIt shut.\n\n"
    b"<https://a.example/b>\n\n**Also in:**\n\n- Shut ward ([Pulse: 4 May 2015](https://a.example/c))\n"
)
DIGEST_TEXT = (
    b"Cuttings\n========\n\n\nWard shuts (HSJ: 3 May 2015)\nBy Ann Lee\n\nIt shut and \nshut.\n\n<https://a.example/b>\n\n\n"
    b"Compiled with clipper on 3 May 2015. \n(digest form 1)\n"
)
DIGEST_HTML = (
    b'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="generator" content="clipper digest 1">'
    b'<title>Cuttings</title></head><body><main><h1>Cuttings</h1><article class="item" id="a1"><h2><a class="title"'
    b' href="https://a.example/b">Ward shuts</a> <span class="where">(<span class="outlet">HSJ</span>:'
    b' <time datetime="2015-05-03">3 May 2015</time>)</span></h2><p class="byline">By Ann Lee</p><p>It shut.</p>'
    b"</article></main></body></html>"
)


def _lists() -> list[bytes]:
    return [URLS, *_files("clippings/*list*.txt")]


def _examples() -> list[bytes]:
    lines = (ROOT / "data" / "examples.jsonl").read_bytes().splitlines(keepends=True)
    return [b"".join(lines[:3]), lines[7]]


def _warcs() -> list[bytes]:
    def record(kind: bytes, content: bytes, url: bytes) -> bytes:
        media = b"application/http; msgtype=" + kind if kind in (b"response", b"request") else b"text/html"
        return (
            b"WARC/1.0\r\nWARC-Type: " + kind + b"\r\nWARC-Record-ID: <urn:x:" + kind + b">\r\nWARC-Target-URI: " + url
            + b"\r\nWARC-Date: 2014-03-07T09:15:30Z\r\nContent-Type: " + media + b"\r\nContent-Length: %d" % len(content)
            + b"\r\n\r\n" + content + b"\r\n\r\n"
        )  # fmt: skip

    url = b"https://echo.example/beds"
    asked = record(b"request", b"GET /beds HTTP/1.1\r\nHost: echo.example\r\nCookie: a=b\r\n\r\n", url)
    sent = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    plain = record(b"response", sent + b"\r\n" + PAGE[:400], url)
    chunked = record(
        b"response", sent + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<html\r\n1;x=y\r\n>\r\n0\r\n\r\n", url
    )
    packed = record(b"response", sent + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(PAGE, mtime=0), url)
    return [
        asked + plain,
        chunked + packed,
        record(b"resource", PAGE[:300], url) + record(b"warcinfo", b"x: y\r\n", url),
    ]


def packed_warcs() -> list[bytes]:
    """Return web archives of a gzip member a record."""
    found = []
    for plain in _warcs():
        parts = [b"WARC/" + part for part in plain.split(b"WARC/1.0")[1:]]
        found.append(b"".join(gzip.compress(part.replace(b"WARC/\r", b"WARC/1.0\r", 1), mtime=0) for part in parts))
    return found


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file, the same for the same files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2014, 3, 7, 9, 15, 30)), content, method)
    return made.getvalue()


def _waczs() -> list[bytes]:
    package = json.dumps({"profile": "data-package", "resources": [{"path": "archive/a.warc.gz", "hash": "sha256:00"}]})
    files = {"archive/a.warc.gz": packed_warcs()[0], "datapackage.json": package.encode(), "pages/pages.jsonl": b"{}\n"}
    return [zipped(files), zipped(files, zipfile.ZIP_STORED)]


def _documents() -> list[bytes]:
    lines = new_layout(STORIES[:2])
    return [as_docx(lines), as_docx(new_layout(STORIES[:1]), title="Beds")]


def _papers() -> list[bytes]:
    return [as_pdf(new_layout(STORIES[:2])), as_pdf(new_layout(STORIES[:1]))]


def _packed() -> list[bytes]:
    import brotli

    compressed = gzip.compress(PAGE, mtime=0)
    return [compressed, compressed * 3, compressed[10:-8], brotli.compress(PAGE), b"5\r\n<html\r\n0\r\n\r\n"]


def _books() -> list[bytes]:
    return [CODEBOOK, (ROOT / "data" / "codebook.toml").read_bytes()]


_SEEDS = {
    "feed": lambda: [b for end in ("xml", "rdf", "json", "rss") for b in _files(f"collect/data/*/*.{end}")],
    "sitemap": lambda: _files("collect/data/*/*.sitemap"),
    "html": _html,
    "clippings": _clippings,
    "jsonld": lambda: [JSONLD],
    "robots": lambda: [ROBOTS],
    "headers": lambda: HEADERS,
    "packed": _packed,
    "text": lambda: [DIGEST_TEXT, *_files("collect/data/texts/*.txt"), *_files("clippings/*.txt"),
    as_text(new_layout(STORIES[:2])).encode()],
    "markdown": lambda: [FRONT, DIGEST_MD, *_files("clippings/*.md")],
    "mhtml": lambda: [MHTML],
    "mail": lambda: [MAIL],
    "pdf": _papers,
    "docx": _documents,
    "csv": lambda: [CSV, CSV.replace(b",", b"\t"), b"sep=;\n" + CSV.replace(b",", b";")],
    "ris": lambda: [RIS],
    "bibtex": lambda: [BIBTEX],
    "csl": lambda: [CSL],
    "urls": _lists,
    "any": lambda: [PAGE, MHTML, MAIL, RIS, BIBTEX, CSL, URLS, CSV, FRONT, *_files("clippings/*.txt")[:5]],
    "warc": _warcs,
    "warc.gz": packed_warcs,
    "wacz": _waczs,
    "opml": lambda: [OPML],
    "addresses": lambda: ADDRESSES,
    "dates": lambda: DATES,
    "lines": lambda: LINES,
    "config": lambda: [CONFIG, (ROOT / "config.toml").read_bytes()],
    "codebook": _books,
    "examples": _examples,
    "lexicon": lambda: [(ROOT / "data" / "lexicon.toml").read_bytes()],
    "sheet": lambda: [SHEET, b"id,workforce,privatisation,coder\n000000000001,yes,no,ann\n",
    SHEET.decode().encode("utf-16")],
    "query": lambda: QUERIES,
    "records": lambda: [RECORDS, TAGGING, LABEL, RUN, SAMPLE],
    "archive": lambda: [
        b"\n".join([RECORDS, TAGGING, LABEL, RUN, SAMPLE, SEARCH, b""]), b"\n".join([RECORDS] * 3),
        RECORDS + b"\n" + LABEL[:50]
    ],
    "notes": lambda: NOTES,
}  # fmt: skip
