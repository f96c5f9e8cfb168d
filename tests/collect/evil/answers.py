"""What a server can do to HTTP itself: connections, heads, bodies, codings, redirects, statuses."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from functools import cache

import brotli

from collect.evil.server import Answering, Call
from collect.evil.table import ADDED, FAILED, REFUSED, page
from conftest import article_page

DATED = '<meta property="article:published_time" content="2016-02-03T09:00:00Z">'
GZIP = {"Content_Encoding": "gzip"}
LATE = r"no whole answer within \d+ seconds \(timeout\)"
NO_HTTP = r"the server does not speak HTTP properly \(.+\)"


def story(title: str, head: str = "") -> str:
    """Return an article's page; no two titles give the same text."""
    return article_page(
        title,
        f"The council of Fenwick heard on Monday what is told of {title.lower()}, and it heard it twice over.",
        f"Nobody in the town had asked for {title.lower()}, said a nurse who has worked at the hospital for years.",
        f"What comes of {title.lower()} will be known in the spring, when the trust has counted its beds again.",
        head=DATED + head,
    )


# -- connections --------------------------------------------------------------------------------------------


@page("never answers", FAILED, LATE)
async def _never(call: Call) -> None:
    await call.forever()


@page("accepts and closes", FAILED, r"the server closed the connection without an answer")
async def _closes(call: Call) -> None:
    call.close()


@page("resets the connection", FAILED, r"the connection was refused or failed \(Connection reset by peer\)")
async def _resets(call: Call) -> None:
    call.reset()


@page("resets in the middle of the body", FAILED, r"the connection was refused or failed \(Connection reset by peer\)")
async def _resets_later(call: Call) -> None:
    await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n<html>")
    await asyncio.sleep(0.2)  # so that the client has it
    call.reset()


@page("a byte of the head at a time", FAILED, LATE)
async def _slow_head(call: Call) -> None:
    await call.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 90_000)


@page("a byte of the body at a time", FAILED, LATE)
async def _slow_body(call: Call) -> None:
    await call.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    await call.drip(b"<p>slow</p>")


@page("a chunk of one byte at a time", FAILED, LATE)
async def _slow_chunks(call: Call) -> None:
    await call.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(1000):
        await call.drip(b"1\r\nx\r\n")


# -- heads --------------------------------------------------------------------------------------------------


@page("headers without end", FAILED, r"its head is larger than \d+ KB")
async def _endless_headers(call: Call) -> None:
    await call.send(b"HTTP/1.1 200 OK\r\n")
    await call.flood(b"X-Again: and again and again\r\n" * 100)


@page("a header of 1 MB", FAILED, r"its head is larger than \d+ KB")
async def _large_header(call: Call) -> None:
    await call.reply(story("A large header"), X_Large="x" * (1 << 20))


@page("10,000 headers", FAILED, r"its head has more than \d+ headers")
async def _many_headers(call: Call) -> None:
    body = story("Many headers").encode()
    await call.send(b"HTTP/1.1 200 OK\r\n" + b"a:b\r\n" * 10_000 + b"Content-Length: %d\r\n\r\n" % len(body) + body)


@page("a status line of 1 MB", FAILED, r"its head is larger than \d+ KB")
async def _large_status_line(call: Call) -> None:
    await call.reply(story("A large status line"), "200 " + "O" * (1 << 20))


@page("a Location of 1 MB", FAILED, r"its head is larger than \d+ KB")
async def _large_location(call: Call) -> None:
    await call.redirect("/" + "x" * (1 << 20))


@page("a NUL in a header", FAILED, NO_HTTP)
async def _nul_header(call: Call) -> None:
    await call.reply(story("A nul"), X_Nul="a\0b")


@page("terminal escapes in a header and the reason", FAILED, r"the server answered 404 Not Found")
async def _escapes_in_head(call: Call) -> None:
    await call.reply("", "404 \x1b]0;owned\x07\x1b[31mNo", X_Escape="\x1b[2J")


@page("a header line without a colon", FAILED, NO_HTTP)
async def _no_colon(call: Call) -> None:
    await call.send(b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n")


@page("the answer of HTTP/0.9", FAILED, NO_HTTP)
async def _http_09(call: Call) -> None:
    await call.send(story("An old answer").encode())
    call.close()


@page("the greeting of a mail server", FAILED, NO_HTTP)
async def _mail(call: Call) -> None:
    await call.send(b"220 mail.fenwick.example ESMTP\r\n\r\n")
    call.close()


@page("status 999", FAILED, r"the server answered 999")
async def _status_999(call: Call) -> None:
    await call.reply("no", "999 Request denied")


@page("status -1", FAILED, NO_HTTP)
async def _status_negative(call: Call) -> None:
    await call.reply("no", "-1 Odd")


@page("a status in letters", FAILED, NO_HTTP)
async def _status_letters(call: Call) -> None:
    await call.reply("no", "abc OK")


@page("interim answers without end", FAILED, r"its head is larger than \d+ KB")
async def _continue(call: Call) -> None:
    await call.flood(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


@page("early hints before the answer", ADDED)
async def _hints(call: Call) -> None:
    await call.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" * 3)
    await call.reply(story("Early hints"))


@page(
    "another protocol unasked", FAILED, r"the server does not speak HTTP properly \(it changes the protocol unasked\)"
)
async def _switching(call: Call) -> None:
    await call.send(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x05hello"
    )
    await call.forever()


# -- bodies -------------------------------------------------------------------------------------------------


@page("a body without end", REFUSED, r"larger than 20 MB")
async def _endless_body(call: Call) -> None:
    await call.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    await call.flood(b"<p>And so on.</p>" * 4000)


@page("a length of 10 GB", REFUSED, r"larger than 20 MB")
async def _said_large(call: Call) -> None:
    await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n<html>")
    await call.forever()


@page("more than its length", ADDED)
async def _more_than_said(call: Call) -> None:
    await call.reply(story("More than its length"))
    await call.flood(b"<p>And so on.</p>" * 4000)


@page("less than its length", FAILED, NO_HTTP)
async def _less_than_said(call: Call) -> None:
    await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + story("Half a story").encode())
    call.close()


@page("a negative length", FAILED, NO_HTTP)
async def _negative_length(call: Call) -> None:
    await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello")


@page("two lengths", FAILED, NO_HTTP)
async def _two_lengths(call: Call) -> None:
    await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")


@page("a length in words", FAILED, NO_HTTP)
async def _length_in_words(call: Call) -> None:
    await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello")


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"


@page("chunks cut short", FAILED, NO_HTTP)
async def _cut_chunks(call: Call) -> None:
    await call.send(CHUNKED + b"ffff\r\n" + story("Cut chunks").encode())
    call.close()


@page("a chunk of sixteen exabytes", FAILED, NO_HTTP)
async def _huge_chunk(call: Call) -> None:
    await call.send(CHUNKED + b"ffffffffffffffff\r\n" + story("A huge chunk").encode())
    call.close()


@page("a chunk size that is none", FAILED, NO_HTTP)
async def _odd_chunk(call: Call) -> None:
    await call.send(CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n")


@page("a chunk extension of 1 MB", FAILED, NO_HTTP)
async def _chunk_extension(call: Call) -> None:
    await call.send(CHUNKED + b"5;x=" + b"y" * (1 << 20) + b"\r\nhello\r\n0\r\n\r\n")


@page("tiny chunks with long extensions", FAILED, r"its chunks are mostly wrapping")
async def _chunk_extensions(call: Call) -> None:
    await call.send(CHUNKED)
    await call.flood(b"1;x=" + b"y" * 60_000 + b"\r\nh\r\n")


@page("trailers without end", FAILED, NO_HTTP)
async def _trailers(call: Call) -> None:
    await call.send(CHUNKED + b"5\r\nhello\r\n0\r\n")
    await call.flood(b"X-Trailer: and another\r\n" * 1000)


@page("two answers to one request", ADDED)
async def _smuggled(call: Call) -> None:
    second = story("A smuggled answer").encode()
    first = story("Two answers the first").encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
    await call.send(head % len(first) + first + head % len(second) + second)


# -- codings ------------------------------------------------------------------------------------------------


@cache
def gzip_bomb() -> bytes:
    """Return ten megabytes that unpack to ten gigabytes of zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first = packer.compress(bytes(10 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + first[10:] * 999


@page("a gzip bomb of 10 GB", REFUSED, r"larger than 20 MB")
async def _gzip_bomb(call: Call) -> None:
    await call.reply(gzip_bomb(), **GZIP)


@cache
def _bomb_in_gzip() -> bytes:
    return gzip.compress(gzip_bomb(), 1)


@cache
def _gzips() -> bytes:
    return gzip.compress(gzip.compress(gzip.compress(bytes(30 << 20), 1), 1), 1)


@page("a gzip bomb in a gzip", REFUSED, r"packed more than once, as no honest server does")
async def _nested_bomb(call: Call) -> None:
    await call.reply(_bomb_in_gzip(), Content_Encoding="gzip, gzip")


@page("gzip in gzip in gzip, unsaid", REFUSED, r"larger than 20 MB when unpacked")
async def _unsaid_bomb(call: Call) -> None:
    await call.reply(_gzips(), **GZIP)


@cache
def _deflated() -> bytes:
    return zlib.compress(bytes(40 << 20), 1)


@page("a deflate bomb", REFUSED, r"larger than 20 MB")
async def _deflate_bomb(call: Call) -> None:
    await call.reply(_deflated(), Content_Encoding="deflate")


@cache
def _brotli_bomb() -> bytes:
    return brotli.compress(bytes(40 << 20), quality=3)


@page("a brotli bomb unasked", REFUSED, r"larger than 20 MB")
async def _brotli(call: Call) -> None:
    await call.reply(_brotli_bomb(), Content_Encoding="br")


@page("zstd unasked", FAILED, r"packed by 'zstd', which was not asked for")
async def _zstd(call: Call) -> None:
    await call.reply(b"\x28\xb5\x2f\xfd" + bytes(40), Content_Encoding="zstd")


@page("a coding of control characters", FAILED, r"packed by '.*', which was not asked for")
async def _odd_coding(call: Call) -> None:
    await call.reply("hello", Content_Encoding="\x1b[31mred")


@page("gzip with a tail of rubbish", ADDED)
async def _gzip_tail(call: Call) -> None:
    await call.reply(gzip.compress(story("A tail of rubbish").encode()) + b"\0rubbish" * 99, **GZIP)


@page("a corrupt gzip", FAILED, r"the answer cannot be unpacked")
async def _corrupt_gzip(call: Call) -> None:
    packed = bytearray(gzip.compress(story("A corrupt story").encode()))
    packed[40:60] = bytes(20)
    await call.reply(bytes(packed), **GZIP)


@page("a gzip cut short", FAILED, r"the answer cannot be unpacked")
async def _short_gzip(call: Call) -> None:
    await call.reply(gzip.compress(story("A short story").encode())[:-20], **GZIP)


@page("gzip that is plain", FAILED, r"the answer cannot be unpacked")
async def _no_gzip(call: Call) -> None:
    await call.reply(story("A plain story"), **GZIP)


@page("a hundred thousand empty gzips", FAILED, r"the answer cannot be unpacked")
async def _many_members(call: Call) -> None:
    await call.reply(gzip.compress(b"") * 100_000, **GZIP)


def make_ready() -> None:
    """Pack what takes a while to pack: a server that is busy with it is late with its other answers."""
    for make in (gzip_bomb, _bomb_in_gzip, _gzips, _deflated, _brotli_bomb):
        make()


# -- redirects ----------------------------------------------------------------------------------------------


@page("a redirect to itself", FAILED, r"a redirect back to where it came from \(.+\)")
async def _to_itself(call: Call) -> None:
    await call.redirect(call.path)


async def _back(call: Call) -> None:
    await call.redirect("/news/story")


@page("a loop of redirects", FAILED, r"a redirect back to where it came from \(.+\)", other=_back)
async def _loop(call: Call) -> None:
    await call.redirect("/other")


async def _next(call: Call) -> None:
    await call.redirect(f"/{int(call.path[1:]) + 1}")


@page("a chain of a hundred redirects", FAILED, r"more than 8 redirects", **{str(n): _next for n in range(100)})
async def _chain(call: Call) -> None:
    await call.redirect("/0")


@page("a redirect of control characters", FAILED, r"the server answered 404 Not Found")
async def _control_redirect(call: Call) -> None:
    await call.redirect("/\x1b[2J\x1b]0;owned\x07\u202e".encode().decode("latin-1"))


async def _cookies(call: Call) -> None:
    await call.reply(story("A story behind cookies"), Set_Cookie="again=2; Path=/")


@page("cookies to bring back", ADDED, other=_cookies)
async def _set_cookies(call: Call) -> None:
    await call.reply("", "302 Found", Location="/other", Set_Cookie="id=1; Path=/; Domain=127.0.0.1")


async def _told(call: Call) -> None:
    await call.reply(story("A story behind a login"))


@page("a redirect with a login in it", ADDED, other=_told)
async def _login(call: Call) -> None:
    await call.redirect(call.base.replace("://", "://admin:secret@") + "/other")


@page("a redirect with a second header in it", ADDED, other=lambda call: call.reply(story("A second header")))
async def _injected(call: Call) -> None:
    await call.redirect("/other\r\nSet-Cookie: stolen=1")


def _to(location: str) -> Answering:
    async def answer(call: Call) -> None:
        await call.redirect(location)

    return answer


PRIVATE = r"the host '.+' is private or local \(.+\); name it in allow_hosts in \[fetch\] to allow it"
NO_ADDRESS = r"a redirect to what is no web address \(.*\)"
for _name, _location, _status, _cause in (
    ("10/8", "http://10.0.0.1/", REFUSED, PRIVATE),
    ("192.168/16", "http://192.168.1.1/admin", REFUSED, PRIVATE),
    ("the cloud's metadata", "http://169.254.169.254/latest/meta-data/", REFUSED, PRIVATE),
    ("loopback in IPv6", "http://[::1]/", REFUSED, PRIVATE),
    ("a name of loopback", "http://localhost/", REFUSED, PRIVATE),
    ("another loopback address", "http://127.0.0.2/", REFUSED, PRIVATE),
    ("0.0.0.0", "http://0.0.0.0/", REFUSED, PRIVATE),
    ("an address in decimal", "http://2130706433/", REFUSED, PRIVATE),
    ("an address in octal", "http://0177.0.0.1/", REFUSED, PRIVATE),
    ("an address in hexadecimal", "http://0x7f.1/", REFUSED, PRIVATE),
    ("IPv4 in IPv6", "http://[::ffff:10.0.0.1]/", REFUSED, PRIVATE),
    ("the metadata through NAT64", "http://[64:ff9b::a9fe:a9fe]/", REFUSED, PRIVATE),
    ("a private address after a name", "http://fenwick.example@10.0.0.1/", REFUSED, PRIVATE),
    (
        "full-width digits",
        "http://１０.0.0.1/".encode().decode("latin-1"),
        FAILED,
        r"not a host name.*|.*was not found.*",
    ),
    ("a file", "file:///etc/passwd", FAILED, NO_ADDRESS),
    ("ftp", "ftp://127.0.0.1/a", FAILED, NO_ADDRESS),
    ("gopher", "gopher://127.0.0.1:70/_hello", FAILED, NO_ADDRESS),
    ("a script", "javascript:alert(1)", FAILED, NO_ADDRESS),
    ("data", "data:text/html,<p>hello", FAILED, NO_ADDRESS),
    ("a port that is none", "http://127.0.0.1:99999/", FAILED, r"a redirect to what is no (web address|URL).*"),
    ("a broken address", "http://[bad/", FAILED, r"a redirect to what is no (web address|URL).*"),
    ("nowhere", "", FAILED, r"a redirect back to where it came from \(.+\)"),
):
    page(f"a redirect to {_name}", _status, _cause)(_to(_location))


# -- statuses -----------------------------------------------------------------------------------------------


def _saying(status: str, **headers: str) -> Answering:
    async def answer(call: Call) -> None:
        await call.reply(story(f"Status {status}"), status, **headers)

    return answer


for _status_line, _headers, _cause in (
    ("401 Unauthorized", {"WWW_Authenticate": 'Basic realm="\x1b[31m"'}, r"the server answered 401 Unauthorized"),
    ("407 Proxy Authentication Required", {"Proxy_Authenticate": "Basic"}, r"the server answered 407 Proxy .+"),
    ("451 Unavailable For Legal Reasons", {}, r"the server answered 451 Unavailable For Legal Reasons"),
    ("204 No Content", {}, r"the server answered 204 No Content"),
    ("206 Partial Content", {"Content_Range": "bytes 0-9/9999"}, r"the server answered 206 Partial Content"),
    ("300 Multiple Choices", {}, r"the server answered 300 Multiple Choices"),
    ("304 Not Modified", {}, r"the server answered 304 Not Modified"),
    (
        "429 Too Many Requests",
        {"Retry_After": "Fri, 31 Dec 9999 23:59:59 GMT"},
        r"the server answered 429 .+ left alone.+",
    ),
    ("503 Service Unavailable", {"Retry_After": "9" * 400}, r"the server answered 503 .+ left alone.+"),
):
    page(f"status {_status_line}", FAILED, _cause)(_saying(_status_line, **_headers))
