"""The one door to the network, against servers on loopback: what is asked, what is refused, what the cause is."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from clipper.collect.addresses import is_public
from clipper.collect.web import SILENCES, Answer, Stopped, Web
from clipper.config import FetchSettings
from clipper.errors import FetchFailed, Refused
from conftest import Reply, Site


def get(*urls: str, allow: tuple[str, ...] = ("127.0.0.1",), timeout: float = 5.0, contact: str = "") -> Answer:
    """Ask for URLs one after the other as one run does; return the last answer."""

    async def run() -> Answer:
        async with Web(FetchSettings(delay=0.0, timeout=timeout, allow_hosts=allow, contact=contact)) as web:
            for url in urls[:-1]:
                await web.get(url)
            return await web.get(urls[-1])

    return asyncio.run(run())


def forward(site: Site, path: str, location: str, status: int = 302) -> str:
    site.replies[path] = Reply(b"", status, headers={"Location": location})
    return site.url(path)


# -- which addresses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1",
     "::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:1::", "::127.0.0.1", "fec0::1", "no address"],
)  # fmt: skip
def test_an_address_that_is_not_of_the_public_internet_is_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_an_address_of_the_public_internet_is_known(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::ffff:127.0.0.1]"]
)
def test_loopback_is_refused_however_it_is_written(site: Site, host: str) -> None:
    with pytest.raises(Refused, match=r"private or local .* allow_hosts") as refused:
        get(f"http://{host}:{site.port}/", allow=())
    assert not refused.value.lasting
    assert site.asked == []


def test_an_allowed_host_with_its_port_allows_no_other_port(new_site: Callable[[], Site]) -> None:
    allowed, other = new_site(), new_site()
    allowed.page("/a", "page a")
    url = forward(allowed, "/b", other.page("/b", "page b"))
    only = (f"127.0.0.1:{allowed.port}",)
    assert get(allowed.url("/a"), allow=only).body == b"page a"
    with pytest.raises(Refused, match="private or local"):
        get(url, allow=only)
    assert other.asked == []


@pytest.mark.parametrize(
    "location", ["file:///etc/hostname", "ftp://127.0.0.1/a", "javascript:x", "http://127.0.0.1:99999/", "http://[bad/"]
)
def test_a_redirect_to_what_is_no_web_address_is_not_followed(site: Site, location: str) -> None:
    with pytest.raises((Refused, FetchFailed)):
        get(forward(site, "/a", location))
    assert site.asked == ["/robots.txt", "/a"]


# -- redirects ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_the_answer_names_where_it_ended(site: Site, status: int) -> None:
    site.page("/news/b", "page b")
    answer = get(forward(site, "/news/a", "b#part", status))
    assert (answer.url.partition("#")[0], answer.status, answer.body) == (site.url("/news/b"), 200, b"page b")


def test_a_redirect_loop_ends_with_its_cause(site: Site) -> None:
    forward(site, "/a", "/b")
    with pytest.raises(FetchFailed, match="a redirect back to where it came from"):
        get(forward(site, "/b", "/a"))


# -- robots.txt ---------------------------------------------------------------------------------------------


def test_robots_txt_is_read_once_a_run_and_obeyed(site: Site) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /private", content_type="text/plain")
    site.page("/a", "page a")
    with pytest.raises(Refused, match=r"robots\.txt forbids it") as refused:
        get(site.url("/a"), site.url("/a"), site.url("/private/b"))
    assert not refused.value.lasting
    assert site.asked == ["/robots.txt", "/a", "/a"]


def test_robots_txt_is_obeyed_after_a_redirect_too(new_site: Callable[[], Site]) -> None:
    first, second = new_site(), new_site()
    second.page("/robots.txt", "User-agent: clipper\nDisallow: /", content_type="text/plain")
    url = forward(first, "/a", second.page("/b", "page b"))
    with pytest.raises(Refused, match=r"robots\.txt forbids it"):
        get(url)
    assert second.asked == ["/robots.txt"]


def test_a_forbidden_path_is_not_reached_by_a_redirect_within_the_host(site: Site) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /private", content_type="text/plain")
    site.page("/private/b", "page b")
    with pytest.raises(Refused, match=r"robots\.txt forbids it"):
        get(forward(site, "/a", "/private/b"))
    assert "/private/b" not in site.asked


def test_a_robots_txt_that_lies_elsewhere_is_read_there(site: Site) -> None:
    forward(site, "/robots.txt", "/rules")
    site.page("/rules", "User-agent: *\nDisallow: /a", content_type="text/plain")
    with pytest.raises(Refused, match=r"robots\.txt forbids it"):
        get(site.page("/a", "page a"))


def test_a_server_error_at_robots_txt_means_not_now(site: Site) -> None:
    site.page("/robots.txt", "busy", status=503)
    with pytest.raises(Refused, match=r"robots.txt answered 503.* now") as refused:
        get(site.page("/a", "page a"))
    assert not refused.value.lasting
    assert site.asked == ["/robots.txt"]


def test_a_robots_txt_that_redirects_to_nonsense_costs_no_more_than_its_host(site: Site) -> None:
    forward(site, "/robots.txt", "http://[bad/")
    try:
        assert get(site.page("/a", "page a")).body == b"page a"
    except (Refused, FetchFailed) as error:
        assert "robots.txt" in str(error)


def test_a_giant_robots_txt_counts_as_far_as_it_is_read(site: Site) -> None:
    rules = b"User-agent: *\nDisallow: /private\n" + b"# much ado\n" * (2 << 20)
    site.page("/robots.txt", gzip.compress(rules, 1), content_type="text/plain", headers={"Content-Encoding": "gzip"})
    assert get(site.page("/a", "page a")).body == b"page a"


def test_a_host_that_is_silent_at_robots_txt_is_not_waited_for_again(site: Site) -> None:
    site.replies["/robots.txt"] = Reply(b"", after=30)

    async def run() -> None:
        async with Web(FetchSettings(delay=0.0, timeout=0.2, allow_hosts=("127.0.0.1",))) as web:
            for path in ("/a", "/b", "/c"):
                with pytest.raises((FetchFailed, Refused)):
                    await web.get(site.page(path, "page"))

    asyncio.run(run())
    assert site.asked == ["/robots.txt"]


# -- what goes wrong ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "cause"), [(404, "404 Not Found"), (410, "410 Gone"), (500, "500"), (302, "302")])
def test_any_status_but_200_fails_and_is_named(site: Site, status: int, cause: str) -> None:
    with pytest.raises(FetchFailed, match=f"the server answered {cause}"):
        get(site.page("/a", "sorry", status=status))


def test_a_slow_answer_is_a_timeout(site: Site) -> None:
    site.replies["/a"] = Reply(b"late", after=30)
    with pytest.raises(FetchFailed, match=r"within 0.3 seconds \(timeout\)"):
        get(site.url("/a"), timeout=0.3)


@pytest.mark.parametrize("packed", [False, True])
def test_an_oversized_answer_is_refused_packed_or_not(site: Site, packed: bool) -> None:
    body = bytes((20 << 20) + 1)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    url = site.page("/a", gzip.compress(body, 1) if packed else body, headers=headers)
    with pytest.raises(Refused, match="larger than 20 MB"):
        assert get(url).body


def test_an_answer_packed_as_promised_is_unpacked_and_a_broken_one_is_named(site: Site) -> None:
    packed = {"Content-Encoding": "gzip"}
    assert get(site.page("/a", gzip.compress(b"page a"), headers=packed)).body == b"page a"
    with pytest.raises(FetchFailed, match="cannot be unpacked"):
        assert get(site.page("/b", b"not packed at all", headers=packed)).body


@contextmanager
def raw_server(answer: bytes) -> Iterator[str]:
    """Serve the same bytes to every connection, whatever it asks."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize(
    "answer", [b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", b"HTTP/1.1 200 OK\r\nx"]
)
def test_a_server_that_does_not_speak_http_fails_with_a_cause(answer: bytes) -> None:
    with raw_server(answer) as url, pytest.raises(FetchFailed, match="does not speak HTTP properly"):
        get(url)


def test_a_port_where_nobody_listens_is_named_as_refused() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with pytest.raises(FetchFailed, match="the connection was refused or failed"):
        get(f"http://127.0.0.1:{port}/")


def test_a_request_says_who_asks_and_for_which_host(site: Site) -> None:
    get(site.page("/a?b=1&c=%20d", "page a"), contact="https://unit.example/about")
    said = site.headers[-1]
    assert said["host"] == f"127.0.0.1:{site.port}"
    assert said["user-agent"].startswith("clipper/")
    assert "https://unit.example/about" in said["user-agent"]
    assert site.asked[-1] == "/a?b=1&c=%20d"


# -- between runs, and their end ----------------------------------------------------------------------------


def settings(**more: float) -> FetchSettings:
    return FetchSettings(**{"delay": 0.0, "timeout": 5.0, **more}, allow_hosts=("127.0.0.1",))  # type: ignore[arg-type]  # named by the test


def test_robots_txt_is_kept_for_the_next_run_and_obeyed_there(site: Site, tmp_path: Path) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /private", content_type="text/plain")
    site.page("/a", "page a")

    async def run(path: str, cache: Path | None) -> None:
        async with Web(settings(), cache) as web:
            await web.get(site.url(path))

    for _ in range(2):
        asyncio.run(run("/a", tmp_path))
    with pytest.raises(Refused, match=r"robots\.txt forbids it"):
        asyncio.run(run("/private/b", tmp_path))
    assert site.asked == ["/robots.txt", "/a", "/a"]
    asyncio.run(run("/a", None))
    assert site.asked[3:] == ["/robots.txt", "/a"]


def test_a_robots_txt_in_trouble_is_asked_for_again_in_the_next_run(site: Site, tmp_path: Path) -> None:
    site.page("/robots.txt", "busy", status=503)
    site.page("/a", "page a")

    async def run() -> Answer:
        async with Web(settings(), tmp_path) as web:
            return await web.get(site.url("/a"))

    with pytest.raises(Refused):
        asyncio.run(run())
    del site.replies["/robots.txt"]
    assert asyncio.run(run()).body == b"page a"


def test_a_host_that_is_silent_several_times_in_a_row_is_asked_nothing_more(
    site: Site, new_site: Callable[[], Site]
) -> None:
    other = new_site()
    other.page("/a", "page a")
    site.page("/well", "page")
    for n in range(9):
        site.replies[f"/{n}"] = Reply(b"late", after=30)

    async def run() -> list[str]:
        causes = []
        async with Web(settings(timeout=0.15)) as web:
            for path in ("/0", "/1", "/well", "/2", "/3", "/4", "/5", "/well"):
                try:
                    await web.get(site.url(path))
                    causes.append("")
                except FetchFailed as error:
                    causes.append(str(error))
            assert (await web.get(other.url("/a"))).body == b"page a"
        return causes

    causes = asyncio.run(run())
    late, silent = (
        "no whole answer within 0.15 seconds (timeout)",
        f"not asked: the host failed {SILENCES} times in a row",
    )
    assert causes[:6] == [late, late, "", late, late, late]
    assert [cause.partition(" (")[0] for cause in causes[6:]] == [silent] * 2
    assert site.asked == ["/robots.txt", "/0", "/1", "/well", "/2", "/3", "/4"]


def test_when_a_run_is_stopped_what_is_under_way_ends_and_nothing_more_is_asked(site: Site) -> None:
    site.page("/a", "page a", after=0.2)
    site.page("/b", "page b")

    async def run() -> bytes:
        async with Web(settings()) as web:
            first = asyncio.ensure_future(web.get(site.url("/a")))
            second = asyncio.ensure_future(web.get(site.url("/b")))
            while "/a" not in site.asked:
                await asyncio.sleep(0.005)
            web.stop()
            with pytest.raises(Stopped):
                await second
            with pytest.raises(Stopped):
                await web.get(site.url("/b"))
            return (await first).body

    assert asyncio.run(run()) == b"page a"
    assert "/b" not in site.asked


def test_when_a_run_is_stopped_no_pause_is_waited_for(site: Site) -> None:
    site.page("/a", "page a")

    async def run() -> None:
        async with Web(settings(delay=0.1)) as web:
            await web.get(site.url("/a"))
            host = next(iter(web._hosts.values()))
            host.free_at += 3600
            waiting = asyncio.ensure_future(web.get(site.url("/a")))
            await asyncio.sleep(0.01)
            assert not waiting.done()
            web.stop()
            with pytest.raises(Stopped):
                await asyncio.wait_for(waiting, 2)

    asyncio.run(run())


# -- what went over the wire --------------------------------------------------------------------------------


def test_an_answer_comes_with_every_exchange_that_led_to_it(site: Site) -> None:
    packed = gzip.compress(b"page b")
    target = site.page("/b", packed, headers={"Content-Encoding": "gzip", "X-Odd": "one"})
    answer = get(forward(site, "/a?x=1", "/b#part"))
    assert answer.body == b"page b"
    first, second = answer.exchanges
    assert (first.url, first.status, first.reason, first.protocol) == (site.url("/a?x=1"), 302, "Found", "HTTP/1.1")
    assert ("Location", "/b#part") in first.headers
    assert (second.url.partition("#")[0], second.status, second.payload) == (target, 200, packed)
    assert ("X-Odd", "one") in second.headers
    assert all(e.address == "127.0.0.1" and e.same_as is None for e in answer.exchanges)
    said = dict(second.request)
    assert said["Host"] == f"127.0.0.1:{site.port}"
    assert said["Accept-Encoding"] == "gzip, deflate"
    assert {name.lower(): value for name, value in second.request}.items() <= site.headers[-1].items()


def test_what_came_in_chunks_is_put_together_and_its_head_is_as_it_was_sent() -> None:
    head = (
        b"HTTP/1.1 200 Very well\r\nX-CASE: caf\xe9\r\nx-case: two\r\nTransfer-Encoding: chunked\r\nConnection: close"
    )
    with raw_server(head + b"\r\n\r\n5\r\npage \r\n1\r\na\r\n0\r\n\r\n") as url:
        [exchange] = get(url).exchanges
    assert (exchange.payload, exchange.status, exchange.reason) == (b"page a", 200, "Very well")
    assert exchange.headers[:3] == (("X-CASE", "café"), ("x-case", "two"), ("Transfer-Encoding", "chunked"))


def test_a_request_that_was_answered_with_patience_leaves_no_exchange(site: Site) -> None:
    site.replies["/a"] = [Reply(b"later", 429, headers={"Retry-After": "0"}), Reply(b"page a")]
    [exchange] = get(site.url("/a")).exchanges
    assert exchange.payload == b"page a"
