"""What a page can do to its reader, once it came as it should."""

from __future__ import annotations

import json

from collect.evil.answers import story
from collect.evil.server import Answering, Call
from collect.evil.table import ADDED, REFUSED, page

TOO_MUCH = r"more than 100,000 tags"
NO_TEXT = r"no article text on the page"


def _body(html: str | bytes, content_type: str = "text/html; charset=utf-8", **headers: str) -> Answering:
    raw = html.encode("utf-8", "surrogatepass") if isinstance(html, str) else html

    async def answer(call: Call) -> None:
        await call.reply(raw, content_type=content_type, **headers)

    return answer


def _with_data(data: str) -> str:
    return story("A story with data", f'<script type="application/ld+json">{data}</script>')


def _within(title: str, before: str, after: str = "") -> str:
    return story(title).replace("<article>", f"<article>{before}").replace("</article>", f"{after}</article>")


DEEP = 100_000

for _name, _status, _cause, _html in (
    ("divs 100,000 deep", REFUSED, TOO_MUCH, _within("Deeper divs", "<div>" * DEEP)),
    ("divs 50,000 deep", REFUSED, NO_TEXT, _within("Deep divs", "<div>" * (DEEP // 2))),
    ("formatting 100,000 deep", REFUSED, TOO_MUCH, _within("Deep formatting", "<b><i>" * (DEEP // 2))),
    ("tables 30,000 deep", REFUSED, NO_TEXT, _within("Deep tables", "<table><tr><td>" * 30_000)),
    ("a tag of 50 MB", REFUSED, r"larger than 20 MB", "<p " + "a" * (50 << 20)),
    ("a tag of 12 MB", REFUSED, NO_TEXT, _within("A large tag", "<p class='" + "a" * (12 << 20) + "'>")),
    ("a line of 12 MB", REFUSED, NO_TEXT, "<html><body>" + "a" * (12 << 20)),
    ("half a million links", REFUSED, TOO_MUCH, _within("Many links", "<a href=/news/n>n</a>" * 500_000)),
    ("a million paragraphs", REFUSED, TOO_MUCH, _within("Many paragraphs", "<p>Again.</p>" * 1_000_000)),
    (
        "ten thousand attributes",
        ADDED,
        "",
        _within("Attributes", "<p " + " ".join(f"a{n}=1" for n in range(10_000)) + ">"),
    ),
    ("a million entities", ADDED, "", _within("Entities", "<p>" + "&amp;&#0;&#x110000;" * 300_000)),
    ("JSON-LD 100,000 deep", ADDED, "", _with_data('{"a":' * DEEP + "1" + "}" * DEEP)),
    ("JSON-LD lists 100,000 deep", ADDED, "", _with_data("[" * DEEP + "]" * DEEP)),
    (
        "JSON-LD of 12 MB",
        REFUSED,
        NO_TEXT,
        _with_data(json.dumps({"@type": "NewsArticle", "keywords": ["beds"] * 1_500_000})),
    ),
    (
        "a number of a million digits",
        ADDED,
        "",
        _with_data('{"@type":"NewsArticle","wordCount":' + "9" * 1_000_000 + "}"),
    ),
    (
        "a text of 3 MB with terminal escapes",
        REFUSED,
        r"a text of more than 2,000,000 characters",
        _within(
            "A text of megabytes",
            "<p>A ward is shut. \x1b[31m\x1b]0;owned\x07</p>" + "<p>Again it is shut, and again. </p>" * 90_000,
        ),
    ),
    (
        "a title of 1 MB with terminal escapes",
        ADDED,
        "",
        story("A title").replace("A title - ", "A title " + "\x1b[31m\x1b]0;owned\x07 red " * 50_000),
    ),
    ("a title that turns letters round", ADDED, "", story("A title \u202edlrow olleh\u2066\u200f\x9b31m turned")),
    (
        "a meta refresh to a file",
        ADDED,
        "",
        story("A refresh", '<meta http-equiv="refresh" content="0;url=file:///etc/passwd">'),
    ),
    ("a base of another scheme", ADDED, "", story("Another base", '<base href="file:///etc/">')),
    ("NULs between letters", ADDED, "", story("The nuls").replace("e", "\0e\0")),
    ("a date in the year 99999", ADDED, ".*", story("A late date").replace("2016-02-03", "99999-02-03")),
    ("a page of a list of nothing", REFUSED, r".*", "<!--" * 1_000_000),
    ("a comment without end", REFUSED, r".*", "<html><!--" + story("Hidden") * 100),
    (
        "a doctype with entities",
        ADDED,
        "",
        '<!DOCTYPE html [<!ENTITY a "b"><!ENTITY x SYSTEM "file:///etc/passwd">]>' + story("The doctype &x;&a;"),
    ),
):
    page(_name, _status, _cause)(_body(_html))

for _name, _status, _cause, _raw, _type in (
    ("UTF-16 that says UTF-8", ADDED, "", story("Wide letters").encode("utf-16"), "text/html; charset=utf-8"),
    ("UTF-7", ADDED, "", story("Old mail <+ADw-script+AD4->").encode(), "text/html; charset=utf-7"),
    ("a charset of a megabyte", ADDED, "", story("A long charset").encode(), "text/html; charset=" + "x" * 60_000),
    ("a charset that is a codec", ADDED, "", story("A codec").encode(), "text/html; charset=zlib_codec"),
    (
        "a page that says it is a picture",
        REFUSED,
        r"not a web page \(image/png\)",
        story("A picture").encode(),
        "image/png",
    ),
    ("a film that says it is a page", REFUSED, r".+", b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 4000, "text/html"),
    ("a program that says it is a page", REFUSED, r".+", b"\x7fELF" + bytes(range(256)) * 4000, "text/html"),
    (
        "random bytes",
        REFUSED,
        r".+",
        bytes((n * n * 31 + n // 7) % 256 for n in range(100_000)),
        "text/html; charset=utf-8",
    ),
):
    page(_name, _status, _cause)(_body(_raw, _type))

page("a file name that climbs", ADDED)(
    _body(story("A file name"), Content_Disposition='attachment; filename="../../../../etc/cron.d/x"')
)


@page("an empty page", REFUSED, r"an empty page")
async def _empty(call: Call) -> None:
    await call.reply("")
