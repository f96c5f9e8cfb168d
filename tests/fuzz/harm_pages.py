# ruff: noqa: E501  # most lines are data
"""Feeds, pages and other markup that were made to do harm."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from fuzz.harm import DEEP, MB, Nasty
from fuzz.seeds import JSONLD, PAGE

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


ENTITIES = (
    ("a billion laughs", f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>', "&l9;"),
    ("one large entity", f'<!DOCTYPE x [<!ENTITY l "{"ha" * 50_000}">]>', "&l;" * 5000),
    ("a file", '<!DOCTYPE x [<!ENTITY l SYSTEM "file:///etc/passwd">]>', "&l;"),
    ("a parameter entity", '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>', "x"),
    ("an external DTD", '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">', "x"),
    ("an entity in itself", '<!DOCTYPE x [<!ENTITY l "&l;">]>', "&l;"),
)


def xml(open_: str, close: str) -> Callable[[int], Iterator[Nasty]]:
    def give(big: int) -> Iterator[Nasty]:
        for name, head, body in ENTITIES:
            yield name, lambda h=head, b=body: f'<?xml version="1.0"?>{h}{open_}{b}{close}'.encode()
        for tag in ("a", "item", "outline", "div", "url", "entry", "category"):
            yield (
                f"<{tag}> deep",
                lambda t=tag: f'<?xml version="1.0"?>{open_}{f"<{t}>" * DEEP}{f"</{t}>" * DEEP}{close}'.encode(),
            )
            yield f"<{tag}> deep, open", lambda t=tag: f'<?xml version="1.0"?>{open_}{f"<{t}>" * DEEP}'.encode()
        yield (
            "attributes",
            lambda: (
                open_ + "<a " + " ".join(f'a{n}="{n}"' for n in range(min(big // 10, 100_000))) + "/>" + close
            ).encode(),
        )
        yield "one attribute", lambda: (open_ + f'<a b="{"c" * big}"/>' + close).encode()
        yield (
            "name spaces",
            lambda: (open_ + "".join(f'<a xmlns:n{n}="u{n}">' for n in range(3000)) + "</a>" * 3000 + close).encode(),
        )
        yield "a long name", lambda: (open_ + f"<{'a' * big}/>" + close).encode()
        yield "character data", lambda: (open_ + "<![CDATA[" + "]]" * (big // 2) + "]]>" + close).encode()
        yield "comments", lambda: (open_ + "<!-- - -->" * (big // 10) + close).encode()
        yield "character references", lambda: (open_ + "&#x41;&#0;&#xd800;&#xfffff;" * (big // 30) + close).encode()
        for coding in ("utf-7", "utf-16", "ebcdic-cp-us", "hex", "unicode_escape", "x" * 1000, "iso-2022-jp", "utf-32"):
            yield (
                f"says {coding[:20]}",
                lambda c=coding: f'<?xml version="1.0" encoding="{c}"?>{open_}x{close}'.encode(),
            )

    return give


def feeds(big: int) -> Iterator[Nasty]:
    yield from xml("<rss version='2.0'><channel><title>x</title><item><title>", "</title></item></channel></rss>")(big)
    many = min(big // 40, 300_000)

    def rss(inner: str) -> bytes:
        return f"<rss version='2.0'><channel><title>t</title>{inner}</channel></rss>".encode()

    yield "items", lambda: rss("<item><title>a</title><link>/a</link></item>" * many)
    yield "items of their own", lambda: rss("".join(f"<item><link>/{n}</link></item>" for n in range(many)))
    yield "categories", lambda: rss("<item>" + "<category>a</category>" * many + "</item>")
    yield "authors", lambda: rss("<item>" + "<author>a@b (c)</author>" * (many // 10) + "</item>")
    yield "links", lambda: rss("<item>" + "<link>/a</link><enclosure url='/b'/>" * (many // 10) + "</item>")
    yield "channels", lambda: rss("<channel><item>" * 20_000)
    for tag in (
        "title",
        "link",
        "guid",
        "pubDate",
        "description",
        "category",
        "author",
        "ttl",
        "dc:date",
        "content:encoded",
    ):
        for name, value in (("long", "a" * big), ("bracketed", "(" * 50_000), ("spaced", "a" + " " * 100_000 + "b"),
        ("of tags", "&lt;p&gt;" * 30_000),
                            ("of digits", "9" * 100_000), ("a year", "Sat, 01 Jan 99999 00:00:00 GMT"),
                            ("minus one", "-1"), ("quotes", "&quot;" * 50_000),
                            ("a host", "http://[" + ":" * 1000), ("T", "2014-03-07T" + "0" * 50_000),
                            ("nested", "&lt;div&gt;" * 100_000)):  # fmt: skip
            yield f"<{tag}> {name}", lambda t=tag, v=value: rss(f"<item><{t}>{v}</{t}></item>")
    entry = {
        "id": "a/../b\x00",
        "url": "http://[",
        "title": "\ud800",
        "content_html": "<p>" * 1000,
        "date_published": "99999-01-01T00:00:00Z",
    }
    head = {"version": "https://jsonfeed.org/version/1.1"}
    yield "JSON Feed", lambda: json.dumps({**head, "items": [entry] * 100}).encode()
    for value in (None, 7, "x", [], {}, [[]], [None], {"a": 1}, [{"name": 7}], 1e999, True):
        odd = dict.fromkeys(
            [
                *entry,
                "authors",
                "author",
                "tags",
                "language",
                "summary",
                "external_url",
                "content_text",
                "date_modified",
            ],
            value,
        )
        yield (
            f"JSON Feed of {value}",
            lambda o=odd: json.dumps({**head, "items": [o, o], "title": o["id"], "language": o["id"]}).encode(),
        )
        yield f"JSON Feed items {value}", lambda v=value: json.dumps({**head, "items": v}).encode()
        yield f"JSON {value}", lambda v=value: b'{"version": ' + json.dumps(v).encode() + b"}"
    yield (
        "JSON Feed deep",
        lambda: b'{"version": "https://jsonfeed.org/version/1", "items": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    )
    yield (
        "JSON numbers",
        lambda: b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": ' + b"9" * 100_000 + b"}]}",
    )


def pages(big: int) -> Iterator[Nasty]:
    paragraph = "<p>The board of the trust said on Monday that forty beds will close in May, and nurses move.</p>"

    def page(inner: str, head: str = "") -> bytes:
        return f"<!doctype html><html><head><title>Beds</title>{head}</head><body><article>{inner}</article></body></html>".encode()

    for tag in ("div", "b", "span", "p", "table><tr><td", "ul><li", "blockquote", "font", "a href=x", "form",
    "article", "section", "h1", "svg", "template",
                "noscript", "select", "dl><dd", "i", "script", "em"):  # fmt: skip
        yield f"<{tag}> deep", lambda t=tag: page(f"<{t}>" * DEEP + paragraph * 5)
        yield f"<{tag}> less deep", lambda t=tag: page(f"<{t}>" * 240 + paragraph * 5)
        yield (
            f"<{tag}> many",
            lambda t=tag: page(f"<{t}>x</{t.split('>')[0].split()[0]}>" * (min(big, 2 * MB) // 12) + paragraph * 5),
        )
        yield f"<{tag}> with text", lambda t=tag: page(f"<{t}>{paragraph}" * 3000)
    yield "paragraphs", lambda: page(paragraph * (big // len(paragraph)))
    yield "paragraphs of breaks", lambda: page("a<br>" * (big // 5))
    yield "one paragraph", lambda: page(f"<p>{'beds will close, it said. ' * (big // 26)}")
    yield "one word", lambda: page(f"<p>{'a' * big}")
    yield (
        "links",
        lambda: page(
            "<a href='/news/a-long-headline-of-many-words-7'>A long headline of many words</a> " * (big // 90)
        ),
    )
    yield (
        "links of their own",
        lambda: page(
            "".join(
                f"<li><a href='/news/{n}'>The board said {n} beds will close</a>" for n in range(min(big, 5 * MB) // 80)
            )
        ),
    )
    yield "metas", lambda: page(paragraph * 9, "<meta property='article:author' content='Ann Lee'>" * (big // 50))
    yield "pictures", lambda: page(paragraph * 9 + "<img src=x><figure><figcaption>a" * (min(big, 2 * MB) // 33))
    yield "attributes", lambda: page("<p " + " ".join(f"a{n}=b" for n in range(100_000)) + ">" + paragraph * 9)
    yield "classes", lambda: page(f"<p class='{'byline author date ' * (big // 20)}'>" + paragraph * 9)
    yield (
        "scripts",
        lambda: page(
            "<script>var a = {'datePublished': '2014-03-07'};</script>" * (min(big, 2 * MB) // 55) + paragraph * 9
        ),
    )
    yield "a script", lambda: page(f"<script>{'{' * big}</script>" + paragraph * 9)
    yield "comments", lambda: page("<!-- saved from url=(0014)about:internet -->" * (big // 45) + paragraph * 9)
    yield "open comment", lambda: page("<!-- " * (big // 5) + paragraph * 9)
    yield "entities", lambda: page(f"<p>{'&amp;&lt;&nbsp;&unknown;&#0;&#x110000;' * (big // 40)}" + paragraph * 9)
    yield (
        "tables",
        lambda: page(
            "<table>"
            + "<tr><td>7 March 2014<td>The Echo<td><a href=/a>Beds to close</a>" * (min(big, MB) // 60)
            + "</table>"
        ),
    )
    yield "a wide table", lambda: page("<table><tr>" + "<td colspan=99999 rowspan=99999>The Echo, 7 March 2014" * 3000)
    yield (
        "a list",
        lambda: page(
            "<ul>" + "<li>[The Echo, 7 March 2014]: <a href=/a>Beds to close</a>" * (min(big, MB) // 60) + "</ul>"
        ),
    )
    yield "headings", lambda: page("<h2>Beds to close (The Echo, 7 March 2014)</h2>" * (min(big, MB) // 48))
    yield (
        "headings and text",
        lambda: page(f"<h2>Beds to close (The Echo, 7 March 2014)</h2>{paragraph}" * (min(big, MB) // 140)),
    )
    yield "bold", lambda: page("<p><b>Beds to close</b>, The Echo, 7 March 2014</p>" * (min(big, MB) // 52))
    yield (
        "dates",
        lambda: page(
            "<p>7 March 2014</p><time datetime=2014-03-07T99:99>7</time>" * (min(big, MB) // 60) + paragraph * 9
        ),
    )
    yield "bylines", lambda: page("<p class=byline>By Ann Lee and Jo Poe</p>" * (min(big, MB) // 44) + paragraph * 9)
    for where in (
        "title",
        "h1",
        "p class=byline",
        "time",
        "span class=date",
        "cite",
        "address",
        "li",
        "td",
        "a href=/x",
        "dt",
    ):
        for name, text in (("long", "a" * big), ("words", "beds " * (big // 5)),
        ("spaces", "a" + " " * min(big, 500_000) + "b"), ("dashes", "- " * 50_000), ("bars", "a | " * 50_000),
                           ("brackets", "(" * 100_000), ("quotes", "‘" * 50_000), ("commas", "A, " * 50_000),
                           ("ands", "Ann and " * 50_000),
                           ("dates", "7 March 2014 " * 10_000), ("digits", "1" * 100_000), ("colons", "a: " * 50_000),
                           ("stops", "A. " * 50_000)):  # fmt: skip
            yield f"<{where}> of {name}", lambda w=where, t=text: page(f"<{w}>{t}</{w.split()[0]}>" + paragraph * 9)
    for name in (
        "author",
        "og:title",
        "article:published_time",
        "description",
        "og:url",
        "og:site_name",
        "keywords",
        "article:tag",
    ):
        for what, value in (("long", "a" * big), ("a year", "99999-12-31"), ("minus", "-1"),
        ("nought", "0000-00-00T00:00:00Z"), ("an address", "http://["),
                            ("an address that is long", "http://a/" + "b" * MB), ("half a letter", "&#xd800;"),
                            ("spaces", "a" + " " * 300_000 + "b"), ("ands", "a and " * 50_000)):  # fmt: skip
            yield (
                f"{name} {what}",
                lambda n=name, v=value: page(paragraph * 9, f"<meta property='{n}' name='{n}' content='{v}'>"),
            )
    for link in (
        "http://[",
        "javascript:alert(1)",
        "//",
        "http://a:b:c/",
        "/" * 100_000,
        "http://a/" + "../" * 50_000,
        "\x00",
        "http://\u2100.example/",
    ):
        yield (
            f"canonical {link[:20]}",
            lambda u=link: page(paragraph * 9, f"<link rel=canonical href='{u}'><base href='{u}'>"),
        )
    yield (
        "microdata",
        lambda: page("<div itemscope itemtype=http://schema.org/NewsArticle><p itemprop=articleBody>x" * 20_000),
    )
    yield (
        "microdata flat",
        lambda: page("<div itemscope itemtype=http://schema.org/NewsArticle><p itemprop=author>x</div>" * 20_000),
    )
    yield (
        "data deep",
        lambda: page(paragraph * 9, f"<script type=application/ld+json>{'[' * DEEP}{']' * DEEP}</script>"),
    )
    yield (
        "data large",
        lambda: page(
            paragraph * 9,
            "<script type=application/ld+json>[" + ", ".join(['{"@type": "NewsArticle"}'] * (big // 26)) + "]</script>",
        ),
    )
    yield (
        "data many",
        lambda: page(paragraph * 9, '<script type=application/ld+json>{"@type": "NewsArticle"}</script>' * (big // 62)),
    )
    for depth in (250, 260, 5000):
        yield (
            f"{depth} deep, with text at each",
            lambda d=depth: page("".join(f"<div><p>The board said so on day {n}, and again.</p>" for n in range(d))),
        )
    for charset in ("utf-7", "utf-16", "utf-32", "iso-2022-jp", "hz-gb-2312", "hex", "rot13", "undefined", "idna",
    "punycode", "unicode_escape", "raw_unicode_escape",
                    "base64", "zlib", "bz2", "mbcs", "x-mac-roman", "big5", "x" * 4000, "\x00"):  # fmt: skip
        yield f"says {charset[:20]!r}", lambda c=charset: PAGE.replace(b"charset=utf-8", b"charset=" + c.encode())


def jsonld(big: int) -> Iterator[Nasty]:
    keys = ("headline", "author", "datePublished", "publisher", "isAccessibleForFree", "hasPart", "articleBody",
    "wordCount", "keywords", "@type", "@id", "url",
            "mainEntityOfPage", "inLanguage", "articleSection", "name", "description", "isPartOf", "@graph",
            "mainEntity")  # fmt: skip
    values = ('"x"', "7", "null", "true", "[]", "{}", "[[]]", "[null]", '[{"name": 7}]', '{"@id": []}',
    '{"name": {"name": []}}', "1e999", "-1", '"\\ud800"',
              '"99999-01-01"', '["a", ["b", {"c": "d"}]]', "9" * 5000, '"' + "a" * min(big, 5 * MB) + '"',
              "[" * 50_000 + "]" * 50_000,
              "[" * 900 + "]" * 900, '{"name": ' * 900 + "1" + "}" * 900)  # fmt: skip
    for key in keys:
        for value in values:
            yield (
                f"{key} {value[:20]}",
                lambda k=key, v=value: f'{{"@type": "NewsArticle", "headline": "Beds", "{k}": {v}}}'.encode(),
            )
    yield (
        "in itself",
        lambda: (
            b'{"@graph": [{"@type": "NewsArticle", "@id": "#a", "author": {"@id": "#a"}, "publisher": {"@id": "#a"}}]}'
        ),
    )
    yield (
        "a graph",
        lambda: json.dumps(
            {"@graph": [{"@type": "NewsArticle", "headline": "Beds", "@id": f"#{n}"} for n in range(20_000)]}
        ).encode(),
    )
    yield "graphs in graphs", lambda: b'{"@graph": [' * 900 + b"]}" * 900
    yield "comments in it", lambda: b"/*" * 100_000 + JSONLD + b"//" * 100_000
    yield "commas", lambda: JSONLD.replace(b",", b"," * 20_000)
    yield "lines in it", lambda: JSONLD.replace(b" ", b"\n" * 10_000)
