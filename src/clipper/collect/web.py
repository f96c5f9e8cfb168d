"""The one door to the network: polite, bounded GET requests over httpx.

* A host is scheme, name and port. Each has one connection, one request at a time, and a pause after it: the
  configured delay or its Crawl-delay, whichever is longer.
* robots.txt is read once a day at most for each host and obeyed, at every redirect too.
* Private, loopback, link-local and other addresses that are not of the public internet are refused, after DNS
  and at every redirect, unless ``allow_hosts`` names the host. The connection goes to the very address that was
  checked, so a name that changes its mind between the two gains nothing.
* A host that answers 429 or 503 is left alone for as long as it asks, or for a time that grows; when that is
  longer than a run should wait, the run asks nothing more of it. Nor does it when a host did not answer at all
  several times in a row.
* Redirects, bytes (as sent and as unpacked) and time are bounded.
* Every answer comes with the exchanges that led to it as they went over the wire, for those who keep them.
"""

from __future__ import annotations

import asyncio
import random
import re
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from clipper import __version__
from clipper.archive.warc import Exchange
from clipper.collect import patience, robots, transfer
from clipper.collect.addresses import addresses
from clipper.collect.robots import Rules
from clipper.collect.robots_memory import LeftAlone, RobotsMemory
from clipper.config import FetchSettings, is_web_address
from clipper.errors import FetchFailed, Refused
from clipper.text import clean_line, shorten

MAX_REDIRECTS = 8
MAX_BYTES = 20 << 20
MAX_URL = 8000
SILENCES = 3  # how often in a row a host may fail to answer before a run asks nothing more of it
_OVERALL = 3  # a whole exchange may take this many times the timeout between bytes


class Stopped(Exception):
    """The run is to end: nothing more is asked for."""


class Known(Protocol):
    """What an earlier answer of a URL lets a request say, so that it need not be sent again."""

    @property
    def url(self) -> str:
        """The URL that answered."""

    def conditions(self) -> Mapping[str, str]:
        """Return the headers of a conditional request (RFC 9110, section 13)."""


@dataclass(frozen=True)
class Answer:
    """What a URL led to: the URL that answered, its status, content type, headers (lower case).

    ``payload`` is the body as it was sent, packed by ``coding``; ``exchanges`` are the requests and answers on the
    way, redirects first. Of a body that may be ``cut`` the first ``most`` bytes are given.
    """

    url: str
    status: int
    content_type: str
    payload: bytes
    coding: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    exchanges: tuple[Exchange, ...] = ()
    most: int = MAX_BYTES
    cut: bool = False

    @cached_property
    def body(self) -> bytes:
        """The body unpacked. Raises Refused for one that is too large, FetchFailed for one that is broken."""
        return transfer.decoded(self.payload, self.coding, self.most, cut=self.cut)


class _Host:
    """One host: its client, its turn, its rules."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        # The transport itself, not a client over it: cookies, redirects and proxies are not wanted here.
        self.transport = transport
        self.turn = asyncio.Lock()
        self.rules_turn = asyncio.Lock()
        self.free_at = 0.0
        self.rules: Rules | None = None
        self.refused: Refused | None = None  # why its robots.txt is not asked for
        self.silent = ""  # why nothing more is asked of it in this run
        self.refusals = 0  # how often in a row it asked for patience
        self.silences = 0  # how often in a row it did not answer


def host_of(url: str) -> tuple[str, str, int]:
    """Return the host of a web address, as politeness counts it: scheme, name and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


class Web:
    """The network, as one run may use it. An async context manager.

    ``cache`` is the folder where robots.txt is kept between runs, None for nowhere.
    """

    def __init__(self, settings: FetchSettings, cache: Path | None = None) -> None:
        self._settings = settings
        contact = settings.contact.strip()
        self._headers = {
            "User-Agent": f"clipper/{__version__} ({f'+{contact}' if contact else 'news clipping archive'})",
            "Accept": "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, "
            "application/feed+json, application/xml;q=0.9, */*;q=0.1",
            "Accept-Encoding": transfer.ACCEPTED,
        }
        self._hosts: dict[tuple[str, str, int], _Host] = {}
        self._at_once = asyncio.Semaphore(settings.concurrency)
        self._timeout = httpx.Timeout(settings.timeout).as_dict()
        self._tls = ssl.create_default_context()
        self._robots = RobotsMemory(cache)
        self._left_alone = LeftAlone(cache)
        self._stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for host in self._hosts.values():
            await host.transport.aclose()

    def stop(self) -> None:
        """Begin no more requests; what is under way comes to its end."""
        self._stopping.set()

    async def get(self, url: str, known: Known | None = None) -> Answer:
        """Return the answer of status 200 that a URL leads to, or of status 304 when it is as it is ``known``.

        Raises Refused for what clipper will not ask or take, FetchFailed with the cause for what went wrong, Stopped
        when the run is to end.
        """
        asked = url
        redirects, tries = 0, 0
        exchanges: list[Exchange] = []
        while redirects <= MAX_REDIRECTS:
            if not is_web_address(asked) or len(asked) > MAX_URL:
                raise Refused(f"not a web address: {shorten(clean_line(asked), 80)}")
            (await self._rules(asked)).check(asked)
            conditions = known.conditions() if known and known.url == asked else {}
            answer, location = await self._once(asked, MAX_BYTES, conditions)
            tries += 1
            if answer.status in patience.ASKED_FOR_LESS:
                if silent := self._host(asked).silent:
                    raise FetchFailed(silent)
                if tries < patience.TRIES:
                    continue
            exchanges += answer.exchanges
            if location is None:
                if answer.status != 200 and not (answer.status == 304 and conditions):
                    raise FetchFailed(_said(answer.status))
                return replace(answer, exchanges=tuple(exchanges))
            redirects += 1
            asked = _redirected(asked, location)
            if any(asked == exchange.url for exchange in exchanges):
                raise FetchFailed(f"a redirect back to where it came from ({shorten(clean_line(asked), 80)})")
        raise FetchFailed(f"more than {MAX_REDIRECTS} redirects")

    # -- one host -----------------------------------------------------------------------------------------

    def _host(self, url: str) -> _Host:
        key = host_of(url)
        if key not in self._hosts:
            host = self._hosts[key] = _Host(
                httpx.AsyncHTTPTransport(
                    verify=self._tls,
                    limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
                    trust_env=False,
                )
            )
            if until := self._left_alone.until(key, datetime.now(UTC)):
                host.silent = f"not asked: the host wants to be left alone until {until:%Y-%m-%d %H:%M} UTC"
        return self._hosts[key]

    async def _rules(self, url: str) -> Rules:
        host = self._host(url)
        async with host.rules_turn:
            if host.silent:
                raise FetchFailed(host.silent)
            if host.refused:
                raise host.refused
            if host.rules is None:
                parts = urlsplit(url)
                origin = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2].lower(), "", "", ""))
                host.rules = self._robots.get(origin, datetime.now(UTC))
            if host.rules is None:
                asked = urlunsplit((parts.scheme, parts.netloc, "/robots.txt", "", ""))
                try:
                    host.rules = await self._read_rules(asked, origin)
                except FetchFailed as error:
                    same = str(error).startswith(("the host", "the connection", "the certificate"))
                    host.silent = str(error) if same else f"{error} (asking for robots.txt)"
                    raise FetchFailed(host.silent) from None
                except Refused as error:
                    host.refused = error
                    raise
                # The pause that it asks for counts from the request that told of it.
                host.free_at = max(host.free_at, time.monotonic() + host.rules.delay)
        return host.rules

    async def _read_rules(self, url: str, origin: str) -> Rules:
        """Return the rules of a host. A redirect of robots.txt is followed, the target's own rules aside."""
        for _ in range(5):
            answer, location = await self._once(url, robots.MAX_BYTES, {}, cut=True)
            if location is None:
                try:
                    body = answer.body if answer.status == 200 else b""
                except Refused as error:
                    raise FetchFailed(str(error)) from None
                self._robots.put(origin, answer.status, answer.headers, body, datetime.now(UTC))
                return Rules(answer.status, body)
            try:
                url = urljoin(url, location)
            except ValueError:
                break
            if not is_web_address(url):
                break
        return Rules(404)

    async def _once(
        self, url: str, most: int, extra: Mapping[str, str], *, cut: bool = False
    ) -> tuple[Answer, str | None]:
        """Make one request in its host's turn. Return the answer, and where it redirects, if it does.

        Of a body of more than ``most`` bytes the beginning is taken when it may be ``cut``; else it is refused.
        Raises Stopped when the run is to end.
        """
        host = self._host(url)
        async with host.turn:
            if host.silent:
                raise FetchFailed(host.silent)
            await self._pause(host.free_at - time.monotonic())
            async with self._at_once:
                if self._stopping.is_set():
                    raise Stopped
                try:
                    async with asyncio.timeout(self._settings.timeout * _OVERALL):
                        answer, location = await self._exchange(host.transport, url, most, extra, cut)
                    self._heed(host, answer)
                    return answer, location
                except (TimeoutError, httpx.TimeoutException) as error:
                    seconds = self._settings.timeout * (1 if isinstance(error, httpx.TimeoutException) else _OVERALL)
                    raise self._unheard(host, f"no whole answer within {seconds:g} seconds (timeout)") from None
                except httpx.InvalidURL as error:  # found before anything was sent
                    raise FetchFailed(
                        f"no URL that can be asked for ({shorten(clean_line(str(error)), 100)})"
                    ) from None
                except (httpx.HTTPError, httpx.StreamError) as error:
                    raise self._unheard(host, _cause(error)) from None
                except (ssl.SSLError, OSError) as error:
                    said = f"the connection failed ({error.strerror or type(error).__name__})"
                    raise self._unheard(host, said) from None
                except UnicodeError:
                    raise FetchFailed("not a host name") from None
                finally:
                    delay = max(self._settings.delay, host.rules.delay if host.rules else 0)
                    host.free_at = max(host.free_at, time.monotonic() + delay)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not when the run is to end."""
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), seconds)

    @staticmethod
    def _unheard(host: _Host, cause: str) -> FetchFailed:
        """Return the error for a host that did not answer; one that goes on so is not waited for again."""
        host.silences += 1
        if host.silences >= SILENCES:
            host.silent = f"not asked: the host failed {host.silences} times in a row ({cause})"
        return FetchFailed(cause)

    def _heed(self, host: _Host, answer: Answer) -> None:
        """Leave a host alone that asked for it."""
        host.silences = 0
        if answer.status not in patience.ASKED_FOR_LESS:
            host.refusals = 0
            return
        host.refusals += 1
        asked = patience.retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
        seconds = patience.wait(host.refusals, asked, random.random())
        host.free_at = time.monotonic() + seconds
        if seconds > patience.LONGEST:
            host.silent = f"{_said(answer.status)} and asked to be left alone for {asked or seconds:.0f} seconds"
            self._left_alone.note(host_of(answer.url), seconds, datetime.now(UTC))

    async def _exchange(
        self, transport: httpx.AsyncBaseTransport, url: str, most: int, extra: Mapping[str, str], cut: bool
    ) -> tuple[Answer, str | None]:
        parts = urlsplit(url)
        name = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        at = datetime.now(UTC)
        found = await addresses(name, port, self._settings.allow_hosts)
        for number, address in enumerate(found, 1):
            netloc = f"[{address}]" if ":" in address else address
            target = urlunsplit((parts.scheme, f"{netloc}:{port}", parts.path or "/", parts.query, ""))
            request = httpx.Request(
                "GET",
                target,
                headers={"Host": httpx.URL(url).netloc.decode("ascii"), **self._headers, **extra},
                extensions={"sni_hostname": name, "timeout": self._timeout},
            )
            try:
                response = await transport.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if number < len(found):
                    continue
                raise
            try:
                payload, whole = await self._payload(response, most, cut)
            finally:
                await response.aclose()
            headers = {name.lower(): value for name, value in response.headers.items()}
            exchange = Exchange(
                url=url, at=at, address=address, request=_lines(request.headers), protocol=response.http_version,
                status=response.status_code, reason=response.reason_phrase, headers=_lines(response.headers),
                payload=payload, truncated=not whole,
            )  # fmt: skip
            location = headers.get("location") if response.is_redirect else None
            return Answer(
                url, response.status_code, headers.get("content-type", ""), payload,
                coding=headers.get("content-encoding", ""), headers=headers, exchanges=(exchange,), most=most, cut=cut,
            ), location  # fmt: skip
        raise FetchFailed("the host has no address")

    @staticmethod
    async def _payload(response: httpx.Response, most: int, cut: bool) -> tuple[bytes, bool]:
        """Return the body as it was sent, and whether that is all of it."""
        if response.is_redirect:
            most, cut = 64 << 10, True  # nobody reads what a redirect says
        chunks: list[bytes] = []
        size = 0
        assert isinstance(response.stream, httpx.AsyncByteStream)
        async for chunk in response.stream:
            chunks.append(chunk)
            size += len(chunk)
            if size > most:
                if cut:
                    return b"".join(chunks), False
                raise Refused(f"larger than {most >> 20} MB")
        return b"".join(chunks), True


def _lines(headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
    """Return headers as they were sent, names in their own case."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw)


def _redirected(url: str, location: str) -> str:
    """Return where a redirect leads, without a user's name and password. Raises FetchFailed for no web address."""
    try:
        whole = urljoin(url, location)
        parts = urlsplit(whole)
        netloc = parts.netloc.rpartition("@")[2]
        whole = urlunsplit((parts.scheme, netloc, parts.path, parts.query, parts.fragment))
    except ValueError:
        raise FetchFailed("a redirect to what is no URL") from None
    if not is_web_address(whole) or len(whole) > MAX_URL:
        raise FetchFailed(f"a redirect to what is no web address ({shorten(clean_line(whole), 80)})")
    return whole


def _said(status: int) -> str:
    return f"the server answered {status} {httpx.codes.get_reason_phrase(status)}".rstrip()


def _cause(error: Exception) -> str:
    said = shorten(clean_line(str(error)), 160)
    if isinstance(error, httpx.ConnectError):
        if "CERTIFICATE" in said.upper():
            return f"the certificate cannot be trusted ({said})"
        return "the connection was refused or failed" + (f" ({_inner(said)})" if said else "")
    if isinstance(error, httpx.RemoteProtocolError):
        return f"the server does not speak HTTP properly ({said})"
    if isinstance(error, httpx.DecodingError):
        return "the answer cannot be unpacked"
    return said or type(error).__name__


def _inner(said: str) -> str:
    return re.sub(r"^\[Errno -?\d+\]\s*|^All connection attempts failed$", "", said) or "no connection"
