"""What a feed, a sitemap, a listing page and a robots.txt can do."""

from __future__ import annotations

import gzip
import json

from collect.evil.answers import CHUNKED, GZIP, gzip_bomb, story
from collect.evil.server import Answering, Call
from collect.evil.table import ADDED, FAILED, REFUSED, page, source

RSS = "application/rss+xml"
TOO_MANY = r"more than [\d,]+ (entries|tags)"


def _feed(items: str, head: str = "") -> str:
    return f'<?xml version="1.0"?>{head}<rss version="2.0"><channel><title>The Echo</title>{items}</channel></rss>'


def _item(link: str, title: str = "An item", more: str = "") -> str:
    return f"<item><title>{title}</title><link>{link}</link>{more}</item>"


def _list(body: str | bytes, content_type: str = RSS, **headers: str) -> Answering:
    fixed = body.encode() if isinstance(body, str) and "{base}" not in body else body

    async def answer(call: Call) -> None:
        raw = fixed.replace("{base}", call.base) if isinstance(fixed, str) else fixed
        await call.reply(raw, content_type=content_type, **headers)

    return answer


def _story(title: str) -> Answering:
    async def answer(call: Call) -> None:
        await call.reply(story(title))

    return answer


# -- feeds --------------------------------------------------------------------------------------------------

LOL = '<!DOCTYPE lolz [<!ENTITY l0 "lol">' + "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)
) + "]>"  # fmt: skip
QUADRATIC = f'<!DOCTYPE q [<!ENTITY q "{"q" * 100_000}">]>'
ONE = "{base}/one"

for _name, _cause, _body in (
    ("a feed of 15 MB of entries", TOO_MANY, _feed(_item("http://127.0.0.1/x") * 200_000)),
    ("a feed of a billion laughs", "", _feed(_item(ONE, "&l9;"), LOL)),
    ("a feed of quadratic blowup", "", _feed(_item(ONE, "&q;" * 10_000), QUADRATIC)),
    ("a feed of 20,000 elements deep", "", _feed(_item(ONE) + "<a>" * 20_000)),
    (
        "a feed of HTML 100,000 deep",
        "",
        _feed(_item(ONE, more="<description>" + "&lt;div&gt;" * 100_000 + "</description>")),
    ),
    ("a feed of one long tag", "a tag of more than 1,000,000 bytes", _feed(_item(ONE) + "<" + "a" * 1_000_000)),
    (
        "a feed of five thousand attributes",
        "",
        _feed(_item(ONE) + "<a " + " ".join(f"a{n}='1'" for n in range(5000)) + "/>"),
    ),
    ("a feed of open CDATA", "", _feed(_item(ONE) + "<![CDATA[" * 100_000)),
    ("a feed with NULs", "", _feed(_item(ONE, "The\0 nul\0s"))),
    ("a feed of one guid", "", _feed("".join(_item(f"{{base}}/{p}", p, "<guid>same</guid>") for p in ("one", "two")))),
    (
        "a feed with dates of the year 99999",
        "",
        _feed(_item(ONE, more="<pubDate>Fri, 31 Dec 99999 25:61:61 GMT</pubDate>")),
    ),
    (
        "a feed with a title of escapes",
        "",
        _feed(_item(ONE, "&#x1b;[31m&#x202e;")).replace("The Echo", "\x1b]0;owned\x07"),
    ),
    ("a feed of links of 1 MB", "", _feed(_item(ONE) + _item("{base}/" + "x" * 900_000))),
    (
        "a feed of 3,000 links to other schemes",
        "",
        _feed(_item(ONE) + _item("file:///etc/passwd") * 1000 + _item("javascript:x") * 1000),
    ),
    ("a feed that asks to come back never", "", _feed(f"<ttl>{'9' * 400}</ttl>" + _item(ONE))),
    ("a feed that is empty", r"not a feed: empty", ""),
    ("a feed of nothing but a bracket", r"not a feed: .+", "<"),
    ("a JSON feed 100,000 deep", r"not a feed: .+", "{" + '"a":{' * 100_000),
    (
        "a JSON feed of 15 MB",
        TOO_MANY,
        '{"version":"https://jsonfeed.org/version/1","items":[' + "{}," * 4_000_000 + "{}]}",
    ),
    ("a JSON feed of odd types", "", json.dumps({
        "version": "https://jsonfeed.org/version/1", "title": [1], "authors": {"a": 1}, "items": [
            1, None, [], {"url": {"a": 1}}, {"url": "{base}/one", "title": 5, "tags": {"a": 1}, "authors": [[[]]],
                                             "date_published": 99999, "id": [1], "content_html": 1.5}]})),
    ("a list as a JSON feed", r"not a feed: .+", "[1,2,3]"),
):  # fmt: skip
    source("feed", _name, _cause, one=_story(f"{_name} one"), two=_story(f"{_name} two"))(_list(_body))

for _name, _cause, _raw, _type in (
    ("a feed that is a film", r"not a feed: .+", b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 4000, "video/mp4"),
    ("a feed in UTF-7", "", _feed(_item("http://127.0.0.1/one")).encode(), "application/rss+xml; charset=utf-7"),
    ("a feed in wide letters", r"not a feed: .+", _feed(_item("/one")).encode("utf-16"), RSS),
    (
        "a feed that says UTF-16 and is not",
        r"not a feed: .+",
        _feed(_item("/one")).replace("?>", ' encoding="utf-16"?>', 1).encode(),
        RSS,
    ),
    ("a feed in a gzip bomb", r"larger than \d+ MB.*", gzip_bomb(), "application/gzip"),
    ("a feed in a gzip of rubbish", r".*cannot be unpacked.*", b"\x1f\x8b\x08" + bytes(range(256)), RSS),
):
    source("feed", _name, _cause)(_list(_raw, _type))


@source("feed", "a feed without end", r"larger than 20 MB")
async def _endless_feed(call: Call) -> None:
    await call.send(CHUNKED)
    block = _item("http://127.0.0.1/").encode() * 1000
    await call.flood(b"%x\r\n%b\r\n" % (len(block), block))


@source("feed", "a feed that is a bomb", r"larger than 20 MB")
async def _bomb_feed(call: Call) -> None:
    await call.reply(gzip_bomb(), content_type=RSS, **GZIP)


# What these name is asked for by nobody: the test looks at what "/secret" was asked.
for _name, _doctype, _said in (
    ("a feed with an entity of a file", '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
    ("a feed with an entity from the network", '<!DOCTYPE r [<!ENTITY x SYSTEM "{base}/secret">]>', "&x;"),
    ("a feed with a DTD from the network", '<!DOCTYPE r SYSTEM "{base}/secret">', "An item"),
    ("a feed with a parameter entity", '<!DOCTYPE r [<!ENTITY % x SYSTEM "{base}/secret"> %x;]>', "An item"),
):
    source("feed", _name, one=_story(f"{_name} one"))(_list(_feed(_item(ONE, _said), _doctype)))
source("feed", "a feed with a stylesheet", one=_story("A style"))(
    _list(_feed(_item(ONE), '<?xml-stylesheet type="text/xsl" href="{base}/secret"?>'))
)
source("feed", "a feed that includes another", one=_story("An inclusion"))(
    _list(_feed(_item(ONE) + '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="{base}/secret"/>'))
)

# -- sitemaps -----------------------------------------------------------------------------------------------

XML = "application/xml"
SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def _urls(*places: str) -> str:
    return f"<urlset {SPACE}>" + "".join(f"<url><loc>{place}</loc></url>" for place in places) + "</urlset>"


def _index(*places: str) -> str:
    return f"<sitemapindex {SPACE}>" + "".join(f"<sitemap><loc>{p}</loc></sitemap>" for p in places) + "</sitemapindex>"


source("sitemap", "a sitemap of itself")(_list(_index("{base}/list", "{base}/list?"), XML))
source("sitemap", "a sitemap of a thousand levels", deeper=_list(_index("{base}/deeper?again"), XML))(
    _list(_index("{base}/deeper"), XML)
)
source("sitemap", "a sitemap of a million URLs", r"larger than 20 MB")(
    _list(_urls(*["http://127.0.0.1/n"] * 600_000), XML)
)
source("sitemap", "a sitemap of a bomb", r"larger than \d+ MB.*")(_list(gzip_bomb(), "application/gzip"))
source("sitemap", "a sitemap with an entity of a file", one=_story("A sitemap's entity"))(
    _list('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + _urls(ONE, "{base}/&x;"), XML)
)
source("sitemap", "a sitemap of a billion laughs", one=_story("A sitemap's laughs"))(
    _list(LOL + _urls(ONE, "{base}/&l9;"), XML)
)
source("sitemap", "a sitemap 100,000 deep", one=_story("A deep sitemap"))(
    _list(_urls(ONE).replace("</urlset>", "<url>" * 100_000), XML)
)
source("sitemap", "a sitemap that is a page", r"not a sitemap: .+")(_list("<html><body>No.</body></html>", XML))

# -- listings and robots.txt --------------------------------------------------------------------------------

HTML = "text/html"
HEADLINE = "<a href={base}/one>The headline of a story that is told here</a>"
source("listing", "a listing of 500,000 links", TOO_MANY)(
    _list("<a href=/news/n>One headline after another</a>" * 400_000, HTML)
)
source("listing", "a listing 100,000 deep", TOO_MANY)(_list("<div>" * 100_000 + HEADLINE, HTML))
source("listing", "a listing 5,000 deep", r"the page nests more than 2000 elements; no selector is tried on it",
       more='links = "a"')(_list("<div>" * 5_000 + HEADLINE, HTML))  # fmt: skip
source("listing", "a listing of its own next pages", more="pages = 50", one=_story("A listing's own"))(
    _list(HEADLINE + '<a rel="next" href="{base}/list?again">Next</a>', HTML)
)
source("listing", "a listing of other schemes", r"no links that read like headlines on the listing page")(
    _list(
        "".join(f"<a href='{s}'>The headline of a story told</a>" for s in ("file:///etc/passwd", "javascript:x()")),
        HTML,
    )
)


def _behind(robots: Answering, name: str, status: str, cause: str = "") -> None:
    page(name, status, cause, robots=robots)(_story(name))


async def _endless_robots(call: Call) -> None:
    await call.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    await call.flood(b"Disallow: /private\n" * 4000)


async def _robots_loop(call: Call) -> None:
    await call.redirect("/robots.txt")


async def _never(call: Call) -> None:
    await call.forever()


TEXT = "text/plain"
_behind(_endless_robots, "robots.txt without end", ADDED)
_behind(_list("User-agent: *\n" + "Disallow: /p\n" * 800_000, TEXT), "robots.txt of 10 MB", ADDED)
_behind(_list(gzip_bomb(), TEXT, **GZIP), "robots.txt of a bomb", ADDED)
_behind(_list(gzip.compress(b"x")[:-6], TEXT, **GZIP), "robots.txt of a cut gzip", ADDED)
_behind(_robots_loop, "robots.txt in a loop", ADDED)
_behind(_list("User-agent: *\nDisallow: /*" + "a*" * 3000 + "$\n", TEXT), "robots.txt of many stars", ADDED)
_behind(_list(bytes(range(256)) * 100, TEXT), "robots.txt of rubbish", ADDED)
_behind(_never, "robots.txt that never comes", FAILED, r"no whole answer within .+ \(asking for robots\.txt\)")


async def _trouble(call: Call) -> None:
    await call.reply("busy", "500 Internal Server Error")


_behind(_trouble, "robots.txt in trouble", REFUSED, r"robots\.txt answered 500, so nothing is fetched there now")
_behind(_list("User-agent: *\nDisallow: /", TEXT), "robots.txt that forbids all", REFUSED, r"robots\.txt forbids it")
_behind(_list("User-agent: *\nCrawl-delay: 1000000000", TEXT), "a Crawl-delay of thirty years", ADDED)
_behind(
    _list("User-agent: *\nCrawl-delay: -5\nCrawl-delay: nan\nCrawl-delay: inf", TEXT),
    "a Crawl-delay of no number",
    ADDED,
)
