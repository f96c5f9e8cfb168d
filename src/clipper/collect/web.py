"""The one door to the network: polite, bounded GET requests over httpx.

* A host is scheme, name and port. Each has one connection, one request at a time, and a pause after it: the
  configured delay or its Crawl-delay, whichever is longer.
* robots.txt is read once a run for each host and obeyed, at every redirect too.
* Private, loopback, link-local and other addresses that are not of the public internet are refused, after DNS
  and at every redirect, unless ``allow_hosts`` names the host. The connection goes to the very address that was
  checked, so a name that changes its mind between the two gains nothing.
* A host that answers 429 or 503 is left alone for as long as it asks, or for a time that grows; when that is
  longer than a run should wait, the run asks nothing more of it.
* Redirects, bytes (as sent and as unpacked) and time are bounded.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import re
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from clipper import __version__
from clipper.collect import patience, robots
from clipper.collect.robots import Rules
from clipper.collect.validators import Validators
from clipper.config import FetchSettings, is_web_address
from clipper.errors import FetchFailed, Refused
from clipper.text import clean_line, shorten

MAX_REDIRECTS = 8
MAX_BYTES = 20 << 20
MAX_URL = 8000
_OVERALL = 3  # a whole exchange may take this many times the timeout between bytes

_IPV4_COMPATIBLE = ipaddress.ip_network("::/96")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Answer:
    """What a URL led to: the URL that answered, its status, content type, unpacked body, headers (lower case)."""

    url: str
    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class _Host:
    """One host: its client, its turn, its rules."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.turn = asyncio.Lock()
        self.rules_turn = asyncio.Lock()
        self.free_at = 0.0
        self.rules: Rules | None = None
        self.silent = ""  # why nothing more is asked of it in this run
        self.refusals = 0  # how often in a row it asked for patience


class Web:
    """The network, as one run may use it. An async context manager."""

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        contact = settings.contact.strip()
        self._headers = {
            "User-Agent": f"clipper/{__version__} ({f'+{contact}' if contact else 'news clipping archive'})",
            "Accept": "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, "
            "application/feed+json, application/xml;q=0.9, */*;q=0.1",
            "Accept-Encoding": "gzip, deflate",
        }
        self._hosts: dict[tuple[str, str, int], _Host] = {}
        self._at_once = asyncio.Semaphore(settings.concurrency)
        self._tls = ssl.create_default_context()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for host in self._hosts.values():
            await host.client.aclose()

    async def get(self, url: str, known: Validators | None = None) -> Answer:
        """Return the answer of status 200 that a URL leads to, or of status 304 when it is as it is ``known``.

        Raises Refused for what clipper will not ask or take, FetchFailed with the cause for what went wrong.
        """
        asked = url
        redirects, tries = 0, 0
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
            if location is None:
                if answer.status != 200 and not (answer.status == 304 and conditions):
                    raise FetchFailed(_said(answer.status))
                return answer
            redirects += 1
            try:
                asked = urljoin(asked, location)
            except ValueError:
                raise FetchFailed("a redirect to what is no URL") from None
        raise FetchFailed(f"more than {MAX_REDIRECTS} redirects")

    # -- one host -----------------------------------------------------------------------------------------

    def _host(self, url: str) -> _Host:
        parts = urlsplit(url)
        key = (parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        if key not in self._hosts:
            self._hosts[key] = _Host(
                httpx.AsyncClient(
                    verify=self._tls,
                    headers=self._headers,
                    timeout=self._settings.timeout,
                    limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
                    trust_env=False,
                )
            )
        return self._hosts[key]

    async def _rules(self, url: str) -> Rules:
        host = self._host(url)
        async with host.rules_turn:
            if host.silent:
                raise FetchFailed(host.silent)
            if host.rules is None:
                parts = urlsplit(url)
                asked = urlunsplit((parts.scheme, parts.netloc, "/robots.txt", "", ""))
                try:
                    host.rules = await self._read_rules(asked)
                except FetchFailed as error:
                    same = str(error).startswith(("the host", "the connection", "the certificate"))
                    host.silent = str(error) if same else f"{error} (asking for robots.txt)"
                    raise FetchFailed(host.silent) from None
        return host.rules

    async def _read_rules(self, url: str) -> Rules:
        """Return the rules of a host. A redirect of robots.txt is followed, the target's own rules aside."""
        for _ in range(5):
            answer, location = await self._once(url, robots.MAX_BYTES, {}, cut=True)
            if location is None:
                return Rules(answer.status, answer.body)
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
        """
        host = self._host(url)
        async with host.turn:
            if host.silent:
                raise FetchFailed(host.silent)
            await asyncio.sleep(max(host.free_at - time.monotonic(), 0))
            async with self._at_once:
                try:
                    async with asyncio.timeout(self._settings.timeout * _OVERALL):
                        answer, location = await self._exchange(host.client, url, most, extra, cut)
                        self._heed(host, answer)
                        return answer, location
                except (TimeoutError, httpx.TimeoutException) as error:
                    seconds = self._settings.timeout * (1 if isinstance(error, httpx.TimeoutException) else _OVERALL)
                    raise FetchFailed(f"no whole answer within {seconds:g} seconds (timeout)") from None
                except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
                    raise FetchFailed(_cause(error)) from None
                except (ssl.SSLError, OSError) as error:
                    raise FetchFailed(f"the connection failed ({error.strerror or type(error).__name__})") from None
                except UnicodeError:
                    raise FetchFailed("not a host name") from None
                finally:
                    delay = max(self._settings.delay, host.rules.delay if host.rules else 0)
                    host.free_at = max(host.free_at, time.monotonic() + delay)

    @staticmethod
    def _heed(host: _Host, answer: Answer) -> None:
        """Leave a host alone that asked for it."""
        if answer.status not in patience.ASKED_FOR_LESS:
            host.refusals = 0
            return
        host.refusals += 1
        asked = patience.retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
        seconds = patience.wait(host.refusals, asked, random.random())
        host.free_at = time.monotonic() + seconds
        if seconds > patience.LONGEST:
            host.silent = f"{_said(answer.status)} and asked to be left alone for {asked or seconds:.0f} seconds"

    async def _exchange(
        self, client: httpx.AsyncClient, url: str, most: int, extra: Mapping[str, str], cut: bool
    ) -> tuple[Answer, str | None]:
        parts = urlsplit(url)
        name = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        addresses = await self._addresses(name, port)
        for number, address in enumerate(addresses, 1):
            netloc = f"[{address}]" if ":" in address else address
            target = urlunsplit((parts.scheme, f"{netloc}:{port}", parts.path or "/", parts.query, ""))
            request = client.build_request(
                "GET",
                target,
                headers={**extra, "Host": httpx.URL(url).netloc.decode("ascii")},
                extensions={"sni_hostname": name},
            )
            try:
                response = await client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if number < len(addresses):
                    continue
                raise
            try:
                location = response.headers.get("location")
                if response.is_redirect and location:
                    return Answer(url, response.status_code, "", b""), location
                if "," in response.headers.get("content-encoding", ""):
                    raise Refused("packed more than once, as no honest server does", lasting=False)
                body = await self._body(response, most, cut)
            finally:
                await response.aclose()
            headers = {name.lower(): value for name, value in response.headers.items()}
            found = Answer(url, response.status_code, headers.get("content-type", ""), body, headers)
            return found, None
        raise FetchFailed("the host has no address")

    @staticmethod
    async def _body(response: httpx.Response, most: int, cut: bool) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.aiter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > most or response.num_bytes_downloaded > most:
                if cut:
                    break
                raise Refused(f"larger than {most >> 20} MB")
        return b"".join(chunks)

    async def _addresses(self, name: str, port: int) -> Sequence[str]:
        """Return the addresses of a host. Raises Refused when one of them is not of the public internet."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            said = error.strerror if isinstance(error, socket.gaierror) else "not a host name"
            raise FetchFailed(f"the host {shorten(name, 80)!r} was not found ({said})") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        allowed = self._settings.allow_hosts
        if name.lower() in allowed or f"{name.lower()}:{port}" in allowed:
            return addresses
        for address in addresses:
            if not is_public(address):
                raise Refused(
                    f"the host {shorten(name, 80)!r} is private or local ({address}); "
                    "name it in allow_hosts in [fetch] to allow it",
                    lasting=False,
                )
        return addresses


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, addresses wrapped in IPv6 looked into."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.is_site_local or ip in _IPV4_COMPATIBLE:
            return False
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


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
