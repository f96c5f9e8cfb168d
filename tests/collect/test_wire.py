"""One connection to a server: what may come over it, and how much."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from clipper.collect import web, wire
from clipper.collect.web import Answer, Share, Web
from clipper.collect.where import host_header, redirected, target_of, without_login
from clipper.config import FetchSettings
from clipper.errors import FetchFailed, Refused
from collect.evil import tls
from collect.evil.server import Answering, Call, Host, Servers


def ask(hosts: list[Host], *places: str, allow: tuple[str, ...] = ("127.0.0.1",), **more: float) -> list[Answer | str]:
    """Ask for places of hosts (``0/a`` is ``/a`` of the first) in one run; return answers and causes."""

    async def run() -> list[Answer | str]:
        found: list[Answer | str] = []
        settings = FetchSettings(**{"delay": 0.0, "timeout": 5.0, **more}, allow_hosts=allow)  # type: ignore[arg-type]  # named by the test
        async with Web(settings) as door:
            for place in places:
                number, slash, path = place.partition("/")
                url = hosts[int(number)].url(slash + path) if number.isdigit() else place
                try:
                    found.append(await door.get(url))
                except (FetchFailed, Refused) as error:
                    found.append(str(error))
        return found

    with Servers(hosts):
        return asyncio.run(run())


def said(text: str) -> Answering:
    async def answer(call: Call) -> None:
        await call.reply(text)

    return answer


def raw(data: bytes, close: bool = True) -> Answering:
    async def answer(call: Call) -> None:
        await call.send(data)
        if close:
            call.close()

    return answer


def forward(place: Callable[[], str]) -> Answering:
    async def answer(call: Call) -> None:
        await call.redirect(place())

    return answer


# -- connections --------------------------------------------------------------------------------------------


def test_one_connection_serves_one_request_after_the_other() -> None:
    host = Host({"/a": said("page a"), "/b": said("page b")})
    a, b = ask([host], "0/a", "0/b")
    assert isinstance(a, Answer) and isinstance(b, Answer)
    assert (a.body, b.body, host.connections) == (b"page a", b"page b", 1)


def test_a_second_answer_is_not_taken_for_the_next_request_s() -> None:
    two = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled"
    host = Host({"/a": raw(two, close=False), "/b": said("page b")})
    a, b = ask([host], "0/a", "0/b")
    assert isinstance(a, Answer) and isinstance(b, Answer)
    assert (a.body, b.body, host.connections) == (b"first", b"page b", 2)


def test_a_connection_that_was_closed_while_it_waited_is_made_anew() -> None:
    async def then_gone(call: Call) -> None:
        await call.reply("page a")
        asyncio.get_running_loop().call_later(0.05, call.close)

    host = Host({"/a": then_gone, "/b": said("page b")})
    assert [a.body for a in ask([host], "0/a", "0/b", delay=0.2) if isinstance(a, Answer)] == [b"page a", b"page b"]
    assert host.connections == 2


def test_a_request_that_meets_the_end_of_its_connection_is_sent_once_more() -> None:
    first: list[str] = []

    async def once_deaf(call: Call) -> None:
        if not first:
            first.append(call.path)
            call.close()
            return
        await call.reply("page b")

    host = Host({"/a": said("page a"), "/b": once_deaf})
    _, b = ask([host], "0/a", "0/b")
    assert isinstance(b, Answer)
    assert (b.body, host.asked[-2:]) == (b"page b", ["/b", "/b"])


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SECOND = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled"


def in_pieces(data: bytes, size: int, pause: float = 0.0) -> Answering:
    async def answer(call: Call) -> None:
        for at in range(0, len(data), size):
            await call.send(data[at : at + size])
            await asyncio.sleep(pause)

    return answer


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
        CHUNKED + b"5\r\nfirst\r\n0\r\n\r\n",
        CHUNKED + b"5;x=y\r\nfirst\r\n000\r\nA: b\r\nC: d\r\n\r\n",
        CHUNKED + b"3\r\n\n\r\n\r\n2\r\n\n\n\r\n0\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\nContent-Length: 5\n\nfirst",
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ],
)
def test_what_follows_an_answer_costs_the_connection_however_it_comes(first: bytes, size: int) -> None:
    host = Host({"/a": in_pieces(first + SECOND, size), "/b": said("page b")})
    _, b = ask([host], "0/a", "0/b", delay=0.1)
    assert isinstance(b, Answer)
    assert (b.body, host.connections) == (b"page b", 2)


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    ("first", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\r\n\r\n", b"\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\n\n", b"\n\n"),
        (CHUNKED + b"5\r\nfirst\r\n0\r\n\r\n", b"first"),
        (CHUNKED + b"5;x=y\r\nfirst\r\n000\r\nA: b\r\nC: d\r\n\r\n", b"first"),
        (CHUNKED + b"3\r\n\n\r\n\r\n2\r\n\n\n\r\n0\r\n\r\n", b"\n\r\n\n\n"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\nContent-Length: 5\n\nfirst", b"first"),
    ],
)
def test_a_connection_with_a_whole_answer_and_no_more_is_used_again(first: bytes, body: bytes, size: int) -> None:
    host = Host({"/a": in_pieces(first, size), "/b": said("page b")})
    a, b = ask([host], "0/a", "0/b", delay=0.1)
    assert isinstance(a, Answer) and isinstance(b, Answer)
    assert (a.body, b.body, host.connections) == (body, b"page b", 1)


@pytest.mark.parametrize("before", [1, 2, 3])
def test_what_comes_with_the_last_bytes_of_an_answer_is_seen(before: int) -> None:
    first = CHUNKED + b"5\r\nfirst\r\n0\r\n\r\n"

    async def in_two(call: Call) -> None:
        await call.send(first[:-before])
        await asyncio.sleep(0.1)  # so that the client has it
        await call.send(first[-before:] + b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    host = Host({"/a": in_two, "/b": said("page b")})
    a, b = ask([host], "0/a", "0/b", delay=0.1)
    assert isinstance(a, Answer) and isinstance(b, Answer)
    assert (a.body, b.body, host.connections) == (b"first", b"page b", 2)


def test_what_comes_between_two_requests_costs_the_connection() -> None:
    async def then_more(call: Call) -> None:
        await call.reply("page a")
        asyncio.get_running_loop().call_later(0.05, call.writer.write, SECOND)

    host = Host({"/a": then_more, "/b": said("page b")})
    a, b = ask([host], "0/a", "0/b", delay=0.2)
    assert isinstance(a, Answer) and isinstance(b, Answer)
    assert (a.body, b.body, host.connections) == (b"page a", b"page b", 2)


@pytest.mark.skipif(not tls.OPENSSL, reason="openssl, which makes the certificate, is not here")
@pytest.mark.parametrize(("more", "connections"), [(b"", 1), (SECOND, 2)])
def test_what_follows_an_answer_over_tls_costs_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: bytes, connections: int
) -> None:
    async def then_more(call: Call) -> None:
        await call.reply("page a")
        if more:
            call.writer.write(more)  # in a record of its own

    context = tls.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "made.pem"))
    host = Host({"/a": then_more, "/b": said("page b")}, context)
    a, b = ask([host], "0/a", "0/b", delay=0.1)
    assert isinstance(a, Answer) and isinstance(b, Answer)
    assert (a.body, b.body, host.connections) == (b"page a", b"page b", connections)


def test_chunks_full_of_blank_lines_are_read_in_reasonable_time() -> None:
    blank = b"100000\r\n" + b"\n" * (1 << 20) + b"\r\n"
    (a,) = ask([Host({"/a": raw(CHUNKED + blank * 4 + b"0\r\n\r\n")})], "0/a")
    assert isinstance(a, Answer) and a.body == b"\n" * (4 << 20)


# -- bounds -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        (["a: b"] * (wire.MAX_HEADERS - 1), None),
        (["a: b"] * (wire.MAX_HEADERS + 1), f"its head has more than {wire.MAX_HEADERS} headers"),
        (["a: " + "b" * (wire.MAX_HEAD - 500)], None),
        (["a: " + "b" * wire.MAX_HEAD], "its head is larger than 128 KB"),
        (["a: " + "b" * 1000] * 200, "its head is larger than 128 KB"),
    ],
)
def test_a_head_has_so_many_bytes_and_headers_at_most(lines: list[str], cause: str | None) -> None:
    head = "HTTP/1.1 200 OK\r\n" + "\r\n".join(lines) + "\r\n"
    (a,) = ask([Host({"/a": raw(head.encode() + b"Content-Length: 2\r\n\r\nhi")})], "0/a")
    assert a == cause if cause else isinstance(a, Answer) and a.body == b"hi"


def test_interim_answers_count_as_head() -> None:
    few, many = (b"HTTP/1.1 100 Continue\r\n\r\n" * n for n in (10, 10_000))
    end = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    a, b = ask([Host({"/a": raw(few + end), "/b": raw(many + end)})], "0/a", "0/b")
    assert isinstance(a, Answer) and a.body == b"hi"
    assert b == "its head is larger than 128 KB"


def test_chunks_may_not_be_mostly_wrapping() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    honest = b"1\r\nx\r\n" * 1000 + b"0\r\n\r\n"
    wrapped = (b"1;x=" + b"y" * 90_000 + b"\r\nh\r\n") * (wire.MAX_FRAMING // 90_000 + 2)
    a, b = ask([Host({"/a": raw(head + honest), "/b": raw(head + wrapped)})], "0/a", "0/b")
    assert isinstance(a, Answer) and a.body == b"x" * 1000
    assert b == "its chunks are mostly wrapping"


def test_a_body_that_says_it_is_too_large_is_not_waited_for() -> None:
    (a,) = ask([Host({"/a": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 20971521\r\n\r\n", close=False)})], "0/a")
    assert a == "larger than 20 MB"


def test_only_so_many_large_answers_are_held_at_one_moment() -> None:
    large = Host({"": said("x" * (web.LARGE + 100_000))})

    async def run() -> list[bool]:
        settings = FetchSettings(delay=0.0, timeout=5.0, allow_hosts=("127.0.0.1",))
        async with Web(settings) as door:
            held = [await door.get(large.url(f"/{n}"), hold=True) for n in range(web.MAX_LARGE)]
            next_one = asyncio.ensure_future(door.get(large.url("/next")))
            await asyncio.sleep(0.3)
            waits = not next_one.done()
            share = held[0].share
            assert isinstance(share, Share)
            share.give_back()
            share.give_back()  # no more than once
            return [waits, len((await asyncio.wait_for(next_one, 5)).body) > web.LARGE]

    with Servers([large]):
        assert asyncio.run(run()) == [True, True]


# -- what is said to whom -----------------------------------------------------------------------------------


def test_a_login_in_a_url_or_a_redirect_is_sent_to_nobody_and_kept_nowhere() -> None:
    own, other = Host({}), Host({"/c": said("page c")})
    own.answers = {
        "/a": said("page a"),
        "/b": forward(lambda: other.url("/c").replace("://", "://reader:pa55@")),
    }

    async def run() -> tuple[Answer, Answer]:
        async with Web(FetchSettings(delay=0.0, timeout=5.0, allow_hosts=("127.0.0.1",))) as door:
            login = own.base.replace("://", "://reader:pa55@")
            return await door.get(login + "/a"), await door.get(login + "/b")

    with Servers([own, other]):
        a, c = asyncio.run(run())
    assert (a.url, a.body, c.url, c.body) == (own.url("/a"), b"page a", other.url("/c"), b"page c")
    assert [headers["Authorization"] for host in (own, other) for headers in host.headers] == [None] * 5
    for exchange in (*a.exchanges, *c.exchanges):
        assert "pa55" not in f"{exchange.url} {exchange.request}"


def test_no_cookie_comes_back() -> None:
    async def cookie(call: Call) -> None:
        await call.reply("page", Set_Cookie="id=1; Path=/")

    host = Host({"/a": cookie, "/b": said("page b")})
    ask([host], "0/a", "0/b")
    assert [headers["Cookie"] for headers in host.headers] == [None] * 3


def test_proxies_and_logins_of_the_surroundings_are_not_heeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login reader password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    for name in ("HOME", "NETRC", "http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, str(tmp_path) if name == "HOME" else "http://127.0.0.1:9")
    host = Host({"/a": said("page a")})
    (a,) = ask([host], "0/a")
    assert isinstance(a, Answer)
    assert [headers["Authorization"] for headers in host.headers] == [None, None]


@pytest.mark.parametrize(
    ("url", "without"),
    [
        ("http://a.example/b?c@d", "http://a.example/b?c@d"),
        ("http://u:p@a.example:81/b", "http://a.example:81/b"),
        ("HTTP://u@a.example/", "http://a.example/"),
        ("http://x@y@a.example/", "http://a.example/"),
    ],
)
def test_a_url_is_parted_from_the_login_in_it(url: str, without: str) -> None:
    assert without_login(url) == without


def test_where_a_redirect_leads_has_no_login() -> None:
    assert redirected("http://a.example/b", "//u:p@c.example/d") == "http://c.example/d"


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("http://a.example", "a.example", "/"),
        ("http://[::1]:81/a b?c d", "[::1]:81", "/a%20b?c%20d"),
        ("https://bücher.example/ä%C3%A4?q=ö", "xn--bcher-kva.example", "/%C3%A4%C3%A4?q=%C3%B6"),
        ("http://a.example/a\r\nHost: b", "a.example", "/aHost:%20b"),
        ("http://a.example/\x7f\x1b", "a.example", "/%7F%1B"),
    ],
)
def test_what_a_request_says_is_one_line_of_ascii(url: str, host: str, target: str) -> None:
    parts = urlsplit(url)
    assert (host_header(parts.hostname or "", parts.port), target_of(parts)) == (host, target)


# -- TLS ----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not tls.OPENSSL, reason="openssl, which makes the certificate, is not here")
def test_tls_is_verified_and_a_trusted_host_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = tls.certificate(tmp_path)
    (cause,) = ask([Host({"/a": said("page a")}, context)], "0/a")
    assert isinstance(cause, str) and cause.startswith("the certificate cannot be trusted (self-signed")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "made.pem"))
    host = Host({"/a": said("page a")}, context)
    (a,) = ask([host], "0/a")
    assert isinstance(a, Answer) and a.body == b"page a"


# -- what a host wants of a run -----------------------------------------------------------------------------


def test_a_crawl_delay_that_is_too_long_for_a_run_leaves_it_one_page() -> None:
    rules = said("User-agent: *\nCrawl-delay: 1000000000000")
    a, b = ask([Host({"/robots.txt": rules, "/a": said("page a"), "/b": said("page b")})], "0/a", "0/b")
    assert isinstance(a, Answer)
    assert b == "not asked: its robots.txt wants 600 seconds between two requests; each run asks for one page"


def test_a_run_waits_for_one_host_for_so_long_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "LONGEST_WAITED", 0.2)
    rules = said("User-agent: *\nCrawl-delay: 0.15")
    answers = {"/robots.txt": rules, **{f"/{n}": said("page") for n in range(4)}}
    found = ask([Host(answers)], "0/0", "0/1", "0/2", "0/3")
    assert [isinstance(one, Answer) for one in found] == [True, True, False, False]
    assert found[2] == "not asked: the host made this run wait for an hour; the next one goes on"


def test_a_wait_until_the_end_of_time_is_told_in_words() -> None:
    async def later(call: Call) -> None:
        await call.reply("", "429 Too Many Requests", Retry_After="Fri, 31 Dec 9999 23:59:59 GMT")

    (a,) = ask([Host({"/a": later})], "0/a")
    assert a == "the server answered 429 Too Many Requests and asked to be left alone for a week or longer"
