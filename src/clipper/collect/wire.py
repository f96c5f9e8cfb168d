"""One connection to a server, and what goes over it: HTTP/1.1 as h11 reads it, within bounds.

h11 knows the protocol and opens no connection; what is here gives it bytes and counts them. A head, with all interim
answers before it, may have so many bytes; a body's framing may not be many times the body; and a server that sends
more than it was asked for is not listened to: the rest would be taken for the answer to the next request.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import h11

MAX_HEAD = 128 << 10  # bytes of an answer's status line and headers, and of the interim answers before it
MAX_HEADERS = 500
MAX_FRAMING = 4 << 20  # bytes that chunks may cost beside what is in them

_AT_ONCE = 64 << 10  # bytes given to h11 at a time
_ENOUGH = 256 << 10  # bytes that wait here before the server has to
_BYTES = re.compile(r":?\s*bytearray\(.*", re.DOTALL)


class BadAnswer(Exception):
    """What came is no answer. The message is the cause, in a user's words."""


class Gone(BadAnswer):
    """The server closed the connection before it said anything."""


class Silence(Exception):
    """Nothing came for as long as one waits."""


@dataclass(frozen=True)
class Head:
    """An answer's status line and headers, the names in their own case."""

    status: int
    reason: str
    protocol: str
    headers: tuple[tuple[str, str], ...]


class Connection:
    """A connection to one address of a host. ``timeout`` is how many seconds one waits for the next bytes."""

    def __init__(self, channel: _Channel, timeout: float) -> None:
        self._channel = channel
        self._timeout = timeout
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self._fed = 0

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent: the last answer is whole, and nothing came after it."""
        done = self._state.our_state is h11.DONE and self._state.their_state is h11.DONE
        fresh = self._state.our_state is h11.IDLE
        return (done or fresh) and not self._state.trailing_data[0] and self._channel.quiet

    async def ask(self, target: str, headers: Sequence[tuple[str, str]]) -> Head:
        """Send a GET request; return the answer's head. Raises BadAnswer, Silence and OSError."""
        try:
            if self._state.our_state is h11.DONE:
                self._state.start_next_cycle()
            self._channel.write(
                self._state.send(h11.Request(method="GET", target=target, headers=list(headers))) or b""
            )
            self._channel.write(self._state.send(h11.EndOfMessage()) or b"")
        except h11.LocalProtocolError:
            raise BadAnswer("no URL that can be asked for") from None
        self._fed = 0
        while not isinstance(event := await self._event(MAX_HEAD), h11.Response):
            pass
        if self._fed - len(self._state.trailing_data[0]) > MAX_HEAD:
            raise BadAnswer(f"its head is larger than {MAX_HEAD >> 10} KB")
        items = event.headers.raw_items()
        if len(items) > MAX_HEADERS:
            raise BadAnswer(f"its head has more than {MAX_HEADERS} headers")
        lines = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in items)
        reason = event.reason.decode("ascii", "ignore")
        return Head(event.status_code, reason, "HTTP/" + event.http_version.decode("ascii"), lines)

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the body as it was sent, its chunks undone. Raises as ``ask`` does."""
        self._fed = given = 0
        while isinstance(event := await self._event(None), h11.Data):
            given += len(event.data)
            if self._fed > 2 * given + MAX_FRAMING:
                raise BadAnswer("its chunks are mostly wrapping")
            yield bytes(event.data)

    def close(self) -> None:
        """Let go of the connection."""
        self._channel.close()

    async def _event(self, most: int | None) -> object:
        """Return what comes next, out of at most so many bytes."""
        try:
            while (event := self._state.next_event()) is h11.NEED_DATA:
                if most is not None and self._fed > most:
                    raise BadAnswer(f"its head is larger than {most >> 10} KB")
                data = await self._channel.read(self._timeout)
                if not data and self._state.their_state is h11.SEND_RESPONSE:
                    if self._fed:
                        raise BadAnswer("the server does not speak HTTP properly (it breaks off in its head)")
                    raise Gone("the server closed the connection without an answer")
                self._fed += len(data)
                self._state.receive_data(data)
        except h11.RemoteProtocolError as error:
            if most is not None and error.error_status_hint == 431:
                raise BadAnswer(f"its head is larger than {most >> 10} KB") from None
            raise BadAnswer(f"the server does not speak HTTP properly ({_said(error)})") from None
        return event


def _said(error: Exception) -> str:
    said = _BYTES.sub("", str(error))
    return "it changes the protocol unasked" if "SWITCH" in said else said[:160]


def joined(lines: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return headers by their names in lower case; what comes twice is one list, but for where a redirect leads."""
    headers: dict[str, str] = {}
    for name, value in lines:
        name = name.lower()
        if name not in headers:
            headers[name] = value
        elif name not in ("location", "content-length"):
            headers[name] += f", {value}"
    return headers


async def connect(address: str, port: int, name: str, tls: ssl.SSLContext | None, timeout: float) -> Connection:
    """Return a connection to an address, over TLS for a host of this ``name`` if ``tls`` says how.

    Raises OSError, which ssl.SSLError is one of, and Silence.
    """
    try:
        async with asyncio.timeout(timeout):
            _, channel = await asyncio.get_running_loop().create_connection(
                _Channel, address, port, ssl=tls, server_hostname=name if tls else None, ssl_handshake_timeout=None
            )
    except TimeoutError:
        raise Silence from None
    return Connection(channel, timeout)


class _Channel(asyncio.Protocol):
    """The bytes that came over a connection and were not read yet."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._came = asyncio.Event()
        self._over = False
        self._error: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        self._came.set()
        if len(self._waiting) > _ENOUGH:
            self._transport.pause_reading()

    def eof_received(self) -> None:
        self._over = True
        self._came.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = True
        self._error = exc
        self._came.set()

    @property
    def quiet(self) -> bool:
        """Whether the connection stands, and nothing came that was not read."""
        return not self._over and not self._waiting and not self._transport.is_closing()

    async def read(self, timeout: float) -> bytes:
        """Return what came, nothing at the end. Raises Silence, and OSError for a connection that broke."""
        while not self._waiting:
            if isinstance(self._error, OSError):
                raise self._error
            if self._over:
                return b""
            self._came.clear()
            try:
                async with asyncio.timeout(timeout):
                    await self._came.wait()
            except TimeoutError:
                raise Silence from None
        data = bytes(self._waiting[:_AT_ONCE])
        del self._waiting[:_AT_ONCE]
        if len(self._waiting) <= _ENOUGH and not self._over:
            self._transport.resume_reading()
        return data

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    def close(self) -> None:
        self._transport.abort()
