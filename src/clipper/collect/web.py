"""The one door to the network: polite, bounded GET requests.

* A host is scheme, name and port. Each has one connection, one request at a time, and a pause after it: the
  configured delay or its Crawl-delay, whichever is longer.
* robots.txt is read once a day at most for each host and obeyed, at every redirect too.
* Private, loopback, link-local and other addresses that are not of the public internet are refused, after DNS
  and at every redirect, unless ``allow_hosts`` names the host. The connection goes to the very address that was
  checked, so a name that changes its mind between the two gains nothing.
* A host that answers 429 or 503 is left alone for as long as it asks, or for a time that grows; when that is
  longer than a run should wait, the run asks nothing more of it. Nor does it when a host did not answer at all
  several times in a row.
* Redirects, bytes (of heads, of bodies as sent and as unpacked) and time are bounded, and so is what all large answers
  take of the memory at one moment.
* No cookie is kept, no proxy and no ``.netrc`` of the surroundings is heeded, and a name and password in a URL are left
  out before anything is asked: there is nothing that one host could hear of another.
* Every answer comes with the exchanges that led to it as they went over the wire, for those who keep them.
"""

from __future__ import annotations

import asyncio
import http
import os
import random
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urljoin, urlsplit, urlunsplit

from clipper import __version__
from clipper.archive.warc import Exchange
from clipper.collect import patience, robots, transfer, wire
from clipper.collect.addresses import addresses
from clipper.collect.robots import Rules
from clipper.collect.robots_memory import LONGEST_ALONE, LeftAlone, RobotsMemory
from clipper.collect.where import MAX_URL, host_header, redirected, target_of, without_login
from clipper.config import FetchSettings, is_web_address
from clipper.errors import ClipperError, FetchFailed, Refused
from clipper.text import clean_line, shorten

MAX_REDIRECTS = 8
MAX_BYTES = 20 << 20
SILENCES = 3  # how often in a row a host may fail to answer before a run asks nothing more of it
LARGE = 1 << 20  # bytes from which on an answer is a large one
MAX_LARGE = 2  # large answers that may be in memory at one moment; others wait where they are
LONGEST_WAITED = 3600.0  # seconds that one run waits for one host because the host says so
_OVERALL = 3  # a whole exchange may take this many times the timeout between bytes
_REDIRECTS = (301, 302, 303, 307, 308)


class Share:
    """A large answer's share of the memory. It is given back once, by whoever held the answer."""

    def __init__(self, room: asyncio.Semaphore) -> None:
        self._room = room
        self.held = False

    async def take(self) -> None:
        """Wait until there is room."""
        if not self.held:
            await self._room.acquire()
            self.held = True

    def give_back(self) -> None:
        """Make room for another."""
        if self.held:
            self.held = False
            self._room.release()


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
    share: Share | None = None

    @cached_property
    def body(self) -> bytes:
        """The body unpacked. Raises Refused for one that is too large, FetchFailed for one that is broken."""
        return transfer.decoded(self.payload, self.coding, self.most, cut=self.cut)


class _Host:
    """One host: its connection, its turn, its rules."""

    def __init__(self) -> None:
        self.connection: wire.Connection | None = None
        self.address = ""
        self.turn = asyncio.Lock()
        self.rules_turn = asyncio.Lock()
        self.free_at = 0.0
        self.rules: Rules | None = None
        self.refused: Refused | None = None  # why its robots.txt is not asked for
        self.silent = ""  # why nothing more is asked of it in this run
        self.refusals = 0  # how often in a row it asked for patience
        self.silences = 0  # how often in a row it did not answer
        self.waited = 0.0  # seconds of pauses in this run that the host asked for

    async def drop(self) -> None:
        """Let go of the connection."""
        connection, self.connection = self.connection, None
        if connection:
            await connection.close()


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
        self._large = asyncio.Semaphore(MAX_LARGE)
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
            await host.drop()

    def stop(self) -> None:
        """Begin no more requests; what is under way comes to its end."""
        self._stopping.set()

    async def get(self, url: str, known: Known | None = None, *, hold: bool = False) -> Answer:
        """Return the answer of status 200 that a URL leads to, or of status 304 when it is as it is ``known``.

        With ``hold`` a large answer keeps its ``share`` of the memory until the caller gives it back.

        Raises Refused for what clipper will not ask or take, FetchFailed with the cause for what went wrong, Stopped
        when the run is to end.
        """
        share = Share(self._large)
        try:
            outcome: Answer | ClipperError = replace(await self._followed(url, known, share), share=share)
        except (FetchFailed, Refused) as error:
            outcome = copy(error)  # without its traceback, which would keep what came of the answer alive
            hold = False
        except BaseException:
            share.give_back()
            raise
        if not hold:
            share.give_back()
        if isinstance(outcome, ClipperError):
            raise outcome
        return outcome

    async def _followed(self, url: str, known: Known | None, share: Share) -> Answer:
        asked = without_login(url)
        redirects, tries = 0, 0
        exchanges: list[Exchange] = []
        while redirects <= MAX_REDIRECTS:
            if not is_web_address(asked) or len(asked) > MAX_URL:
                raise Refused(f"not a web address: {shorten(clean_line(asked), 80)}")
            (await self._rules(asked)).check(asked)
            conditions = known.conditions() if known and known.url == asked else {}
            answer, location = await self._once(asked, MAX_BYTES, conditions, share)
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
            asked = redirected(asked, location)
            if any(asked == exchange.url for exchange in exchanges):
                raise FetchFailed(f"a redirect back to where it came from ({shorten(clean_line(asked), 80)})")
        raise FetchFailed(f"more than {MAX_REDIRECTS} redirects")

    # -- one host -----------------------------------------------------------------------------------------

    def _host(self, url: str) -> _Host:
        key = host_of(url)
        if key not in self._hosts:
            host = self._hosts[key] = _Host()
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
                # The pause that it asks for counts from the request that told of it. Where it is too long for this
                # run, one page is asked for all the same: else no run would ever ask for any.
                if host.rules.delay <= patience.LONGEST:
                    host.free_at = max(host.free_at, time.monotonic() + host.rules.delay)
        return host.rules

    async def _read_rules(self, url: str, origin: str) -> Rules:
        """Return the rules of a host. A redirect of robots.txt is followed, the target's own rules aside."""
        for _ in range(5):
            answer, location = await self._once(url, robots.MAX_BYTES, {}, None)
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
        self, url: str, most: int, extra: Mapping[str, str], share: Share | None
    ) -> tuple[Answer, str | None]:
        """Make one request in its host's turn. Return the answer, and where it redirects, if it does.

        A body of more than ``most`` bytes is refused; without a ``share`` its beginning is taken. Raises Stopped when
        the run is to end.
        """
        host = self._host(url)
        async with host.turn:
            if host.silent:
                raise FetchFailed(host.silent)
            await self._wait_for(host)
            async with self._at_once:
                if self._stopping.is_set():
                    raise Stopped
                broken = True
                try:
                    async with asyncio.timeout(self._settings.timeout * _OVERALL) as limit:
                        answer, location = await self._exchange(host, url, most, extra, share, limit)
                    broken = False
                    self._heed(host, answer)
                    return answer, location
                except (TimeoutError, wire.Silence) as error:
                    seconds = self._settings.timeout * (1 if isinstance(error, wire.Silence) else _OVERALL)
                    raise self._unheard(host, f"no whole answer within {seconds:g} seconds (timeout)") from None
                except wire.BadAnswer as error:
                    raise self._unheard(host, clean_line(str(error))) from None
                except OSError as error:
                    raise self._unheard(host, _cause(error)) from None
                except ValueError:
                    raise FetchFailed("not a host name") from None
                finally:
                    if broken or not (host.connection and host.connection.reusable):
                        await host.drop()
                    delay = max(self._settings.delay, host.rules.delay if host.rules else 0)
                    host.free_at = max(host.free_at, time.monotonic() + delay)

    async def _wait_for(self, host: _Host) -> None:
        """Wait until a host may be asked. Raises FetchFailed where the host asks for more than a run should wait."""
        seconds = host.free_at - time.monotonic()
        if host.rules and host.rules.delay > max(patience.LONGEST, self._settings.delay) and seconds > 0:
            host.silent = (
                f"not asked: its robots.txt wants {host.rules.delay:.0f} seconds between two requests; "
                "each run asks for one page"
            )
        elif host.waited > LONGEST_WAITED:
            host.silent = "not asked: the host made this run wait for an hour; the next one goes on"
        if host.silent:
            raise FetchFailed(host.silent)
        host.waited += max(seconds - self._settings.delay, 0.0)
        await self._pause(seconds)

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
            most = asked or seconds
            long = f"{most:.0f} seconds" if most <= LONGEST_ALONE else "a week or longer"
            host.silent = f"{_said(answer.status)} and asked to be left alone for {long}"
            self._left_alone.note(host_of(answer.url), seconds, datetime.now(UTC))

    async def _exchange(
        self, host: _Host, url: str, most: int, extra: Mapping[str, str], share: Share | None, limit: asyncio.Timeout
    ) -> tuple[Answer, str | None]:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        at = datetime.now(UTC)
        netloc = host_header(parts.hostname or "", parts.port)
        said = (("Host", netloc), *self._headers.items(), *extra.items())
        target = target_of(parts)
        used = host.connection
        connection = await self._connection(host, parts.scheme == "https", parts.hostname or "", port)
        try:
            head = await connection.ask(target, said)
        except (wire.Gone, ConnectionError):
            if connection is not used:
                raise
            await host.drop()  # it was closed while it waited for this request (RFC 9112, section 9.3.1)
            connection = await self._connection(host, parts.scheme == "https", parts.hostname or "", port)
            head = await connection.ask(target, said)
        headers = wire.joined(head.headers)
        location = headers.get("location") if head.status in _REDIRECTS else None
        if location is not None:
            most, share = 64 << 10, None  # nobody reads what a redirect says
        payload, whole = await _payload(connection, headers, most, share, limit)
        exchange = Exchange(
            url=url, at=at, address=host.address, protocol=head.protocol, status=head.status, reason=head.reason,
            request=said, headers=head.headers,
            payload=payload, truncated=not whole,
        )  # fmt: skip
        return Answer(
            url, head.status, headers.get("content-type", ""), payload, coding=headers.get("content-encoding", ""),
            headers=headers, exchanges=(exchange,), most=most, cut=share is None,
        ), location  # fmt: skip

    async def _connection(self, host: _Host, secure: bool, name: str, port: int) -> wire.Connection:
        """Return the host's connection, a new one to an address that was looked at unless the last is still good."""
        if host.connection and host.connection.reusable:
            return host.connection
        await host.drop()
        found = await addresses(name, port, self._settings.allow_hosts)
        for number, address in enumerate(found, 1):
            host.address = address
            try:
                host.connection = await wire.connect(
                    address, port, name, self._tls if secure else None, self._settings.timeout
                )
                return host.connection
            except (OSError, wire.Silence) as error:
                if number == len(found) or isinstance(error, ssl.SSLError):
                    raise
        raise FetchFailed("the host has no address")


async def _payload(
    connection: wire.Connection, headers: Mapping[str, str], most: int, share: Share | None, limit: asyncio.Timeout
) -> tuple[bytes, bool]:
    """Return the body as it was sent, and whether that is all of it. A large one takes its share of the memory first.

    One of more than ``most`` bytes is refused; without a share its beginning is taken.
    """
    length = headers.get("content-length", "")
    if share and length.isascii() and length.isdigit() and int(length[:18]) > most:
        raise Refused(f"larger than {most >> 20} MB")
    chunks: list[bytes] = []
    size = 0
    async for chunk in connection.body():
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            if share is None:
                return b"".join(chunks), False
            raise Refused(f"larger than {most >> 20} MB")
        if share and size > LARGE:
            # Waiting for the others is not the server's delay.
            rest = (limit.when() or 0.0) - asyncio.get_running_loop().time()
            limit.reschedule(None)
            await share.take()
            limit.reschedule(asyncio.get_running_loop().time() + rest)
    return b"".join(chunks), True


def _said(status: int) -> str:
    try:
        return f"the server answered {status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return f"the server answered {status}"


def _cause(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate cannot be trusted ({shorten(clean_line(error.verify_message), 100)})"
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "no connection").replace("_", " ").lower()
        return f"the connection failed (TLS: {shorten(clean_line(reason), 100)})"
    # Its own text may say how Python tried, and names the address again.
    said = os.strerror(error.errno) if error.errno and error.errno > 0 else "no connection"
    return f"the connection was refused or failed ({said})"
