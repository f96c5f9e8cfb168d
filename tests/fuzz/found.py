"""Every input that once broke the rule: the parser, what was wrong, and how the input is made."""

from __future__ import annotations

from collections.abc import Callable

from fuzz.seeds import MAIL

_LINE = b"The board of the trust said on Monday that forty beds will close in May.\n"


def _item(inner: bytes) -> bytes:
    return b"<rss version='2.0'><channel><title>t</title><item>" + inner + b"</item></channel></rss>"


def _clippings(heading: bytes) -> bytes:
    items = b"".join(b"Beds to close (The Echo, %d March 2014)\n\n" % day + _LINE + b"\n***\n\n" for day in (3, 4, 5))
    return items + heading + b"\n\n" + _LINE + b"\n***\n\n" + items


def _page(attributes: bytes) -> bytes:
    return b"<html><head><title>Beds</title></head><body><p " + attributes + b">" + _LINE * 9 + b"</body></html>"


def _mail(charset: bytes) -> bytes:
    head = b"Received: x\nMessage-ID: <a@b>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=" + charset
    return head + b"\n\nBeds will close. \\ud800 \xff\n" * 3


FOUND: list[tuple[str, str, Callable[[], bytes]]] = [
    (
        "toml",
        "a key of 20,000 parts took seconds and more than a gigabyte",
        lambda: b".".join([b"a"] * 20_000) + b" = 1\n",
    ),
    ("toml", "spaces in a header's quotes, tried from each on", lambda: b'["a' + b" " * 200_000 + b'b"]\nc = 1\n'),
    ("toml", "a long line of texts, copied for each", lambda: b"a = [" + b'"b", ' * 300_000 + b"]\n"),
    (
        "toml",
        "a text of two megabytes took a hundred times as much",
        lambda: b'class = "' + b"a" * (2 << 20) + b'"\n',
    ),
    ("label sheet", "a line for each of a million columns", lambda: b";,\t|" * (1 << 18)),
    ("lexicon", "a word for each of two million letters", lambda: b'[class]\na = "' + b"a" * (2 << 20) + b'"\n'),
    ("query", "a word that looks like a filter, written back as one", lambda: b"beds --id:0a*"),
    ("config", "lists in lists: Python's own words", lambda: b"a = " + b"[" * 100_000 + b"]" * 100_000),
    (
        "examples",
        "lists in lists: Python's own words",
        lambda: b'{"id": "a", "categories": ' + b"[" * 20_000 + b"]" * 20_000 + b"}\n",
    ),
    (
        "text",
        "a heading of which nothing is left but its date",
        lambda: b": 26 July 2013)\n\n" + _LINE + b"\n" + _clippings(b": 26 July 2013)."),
    ),
    (
        "feed",
        "an author's name of a hundred kilobytes took minutes",
        lambda: _item(b"<author>" + b"9" * 100_000 + b"</author>"),
    ),
    (
        "feed",
        "a declaration that names its encoding again and again took minutes",
        lambda: b'<?xml version="1.0"' + b' encoding="utf2"' * 2_500 + _item(b"<title>x</title>"),
    ),
    ("feed", "a tag of fifteen megabytes took two gigabytes", lambda: _item(b"</t" + b"9" * 15_000_000 + b">")),
    (
        "listing",
        "a charset that is Python's own made half characters",
        lambda: b"<html><meta charset='unicode_escape'><a href='/a'>Beds \\ud800 to close</a></html>",
    ),
    ("addresses", "line ends within a scheme stayed", lambda: b"htt" + b"\r\n" * 9 + b"p://a.example/amp"),
    ("addresses", "half a character in a DOI: a traceback", lambda: b"doi:10.1000/182\xed\xa0\x80"),
    ("robots", "half a character in an address: a traceback", lambda: b"User-agent: *\nDisallow: /private\n"),
    ("dates", "brackets that are opened again and again", lambda: b"(updated " * 12_000 + b"x)x"),
    ("lines", "commas after a date, shared out in every way", lambda: b"7 March 2014" + b",." * 60 + b"!x"),
    ("lines", "hours after a date, likewise", lambda: b"7 March 2014 " + b"am." * 45 + b"!x"),
    ("text", "spaces in a heading", lambda: _clippings(b"Beds to close (The Echo," + b" " * 3000 + b"x")),
    (
        "markdown",
        "a number of more digits than are written",
        lambda: b"+++\ntitle = 0x" + b"f" * 5000 + b"\n+++\n" + _LINE * 5,
    ),
    (
        "mail",
        "a header of thousands of parameters",
        lambda: b"Content-Type: " + b"; a=b" * 100_000 + b"\n" + MAIL,
    ),
    ("mail", "a charset that reads no bytes but its own", lambda: _mail(b"idna")),
    ("mail", "a charset that reads ASCII only", lambda: _mail(b"punycode")),
    ("mail", "a charset that makes half a character", lambda: _mail(b"unicode_escape")),
    (
        "page",
        "an element of a hundred thousand attributes",
        lambda: _page(b" ".join(b"a%d=b" % n for n in range(100_000))),
    ),
    ("saved page", "the same, saved", lambda: _page(b" ".join(b"a%d=b" % n for n in range(100_000)))),
    ("lexicon", "lists in lists", lambda: b"a = " + b"[" * 100_000),
    (
        "page",
        "cells that span a hundred thousand others",
        lambda: (
            b"<html><head><title>Beds</title></head><body><article><table><tr>"
            + b"<td colspan=99999 rowspan=99999>The Echo, 7 March 2014" * 4500
            + b"</table></article></body></html>"
        ),
    ),
    (
        "page",
        "an element whose name holds a control character",
        lambda: (
            b"<html><head><title>Beds</title></head><body><h1>Beds to close</h1><div\x07>"
            + (b"<p>" + _LINE + b"</p>") * 9
            + b"</div\x07></body></html>"
        ),
    ),
]
