"""One connection to a server, and what goes over it: HTTP/1.1 as httpx reads it, within bounds.

httpx and its engine httpcore know the protocol. What is here lies between them and the connection, as a network stream
of theirs, and counts the bytes: a head, with all interim answers before it, may have so many; a body's framing may not
be many times the body; and a server that sends more than it was asked for is not listened to: the rest would be taken
for the answer to the next request.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import httpcore
import httpx

MAX_HEAD = 128 << 10  # bytes of an answer's status line and headers, and of the interim answers before it
MAX_HEADERS = 500
MAX_FRAMING = 4 << 20  # bytes that chunks may cost beside what is in them

_MOST_CUTS = 1000  # blank lines of one body at which it is cut
_A_MOMENT = 0.001  # seconds in which what came already is read
_BYTES = re.compile(r":?\s*bytearray\(.*", re.DOTALL)
_BLANK = re.compile(rb"\n\r?\n")


class BadAnswer(Exception):
    """What came is no answer. The message is the cause, in a user's words."""


class Gone(BadAnswer):
    """The server closed the connection before it said anything, or spoke before it was asked."""


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

    def __init__(self, stream: httpcore.AsyncNetworkStream, url: str, timeout: float) -> None:
        self._stream = _Counted(stream, timeout)
        self._transport = _Transport(self._stream, url)
        self._url = url
        self._response: httpx.Response | None = None
        self._proven = False

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent: the last answer is whole, and nothing came after it."""
        return self._proven and self._transport.idle and self._stream.empty

    async def ask(self, target: str, headers: Sequence[tuple[str, str]]) -> Head:
        """Send a GET request; return the answer's head. Raises BadAnswer, Silence and OSError."""
        if self._response:
            await self._stream.look()
        self._proven = False
        self._stream.begin()
        request = httpx.Request("GET", self._url, headers=list(headers), extensions={"target": target.encode("ascii")})
        try:
            self._response = response = await self._transport.handle_async_request(request)
        except httpcore.LocalProtocolError:
            raise BadAnswer("no URL that can be asked for") from None
        except httpcore.RemoteProtocolError as error:
            raise BadAnswer(f"the server does not speak HTTP properly ({_said(error)})") from None
        if response.status_code == httpx.codes.SWITCHING_PROTOCOLS:
            raise BadAnswer("the server does not speak HTTP properly (it changes the protocol unasked)")
        if self._stream.given > MAX_HEAD:
            raise _large_head()
        if len(response.headers.raw) > MAX_HEADERS:
            raise BadAnswer(f"its head has more than {MAX_HEADERS} headers")
        lines = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        return Head(response.status_code, response.reason_phrase, response.http_version, lines)

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the body as it was sent, its chunks undone. Raises as ``ask`` does."""
        assert self._response
        chunked = "transfer-encoding" in self._response.headers
        self._stream.goes_on(chunked)
        size = 0
        try:
            async for data in self._response.aiter_raw():
                size += len(data)
                if self._stream.given > 2 * size + MAX_FRAMING:
                    raise BadAnswer("its chunks are mostly wrapping")
                yield data
        except httpcore.RemoteProtocolError as error:
            raise BadAnswer(f"the server does not speak HTTP properly ({_said(error)})") from None
        # Chunks end with a blank line, and what came after one was held back; without chunks, bytes are bytes.
        self._proven = self._stream.cuts < _MOST_CUTS if chunked else self._stream.given == size

    async def close(self) -> None:
        """Let go of the connection."""
        await self._stream.aclose()


def _large_head() -> BadAnswer:
    return BadAnswer(f"its head is larger than {MAX_HEAD >> 10} KB")


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
            stream = await httpcore.AnyIOBackend().connect_tcp(address, port)
            try:
                if tls:
                    stream = await stream.start_tls(tls, server_hostname=name)
            except BaseException:
                await stream.aclose()
                raise
    except TimeoutError:
        raise Silence from None
    except httpcore.NetworkError as error:
        raise _under(error) from None
    netloc = f"[{address}]" if ":" in address else address
    return Connection(stream, f"{'https' if tls else 'http'}://{netloc}:{port}/", timeout)


def _under(error: BaseException) -> OSError:
    """Return what the operating system said, from under the errors that were made of it."""
    found: OSError = ConnectionResetError()
    while cause := error.__cause__:
        error = cause
        if isinstance(error, OSError):
            found = error
    return found


class _Http(httpcore.AsyncHTTP11Connection):
    MAX_INCOMPLETE_EVENT_SIZE = 2 * MAX_HEAD  # heads are counted here and not there


class _Transport(httpx.AsyncBaseTransport):
    """httpx over one connection that stands, without a pool."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, url: str) -> None:
        self._url = httpcore.URL(url)
        self._http = _Http(self._url.origin, stream)

    @property
    def idle(self) -> bool:
        return self._http.is_idle()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._http.handle_async_request(
            httpcore.Request(request.method, self._url, headers=request.headers.raw, extensions=request.extensions)
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._answer.aiter_stream()

    async def aclose(self) -> None:
        await self._answer.aclose()


class _Counted(httpcore.AsyncNetworkStream):
    """What comes over a connection, counted.

    All that ends by its own syntax in HTTP/1.1, a head and a body of chunks, ends with a blank line. So nothing is
    given out over such a line at once: what a server sent after its answer stays here, where one sees it.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream, timeout: float) -> None:
        self._stream = stream
        self._timeout = timeout
        self.begin()

    def begin(self) -> None:
        """Wait for a head."""
        self._block = b""
        self._at = self._from = 0  # up to where it was given out, and from where a blank line may begin
        self._head = self._cutting = True
        self.given = self.cuts = 0

    def goes_on(self, cutting: bool) -> None:
        """Count a body, after its head."""
        self._head, self._cutting = False, cutting
        self.given = self.cuts = 0

    @property
    def empty(self) -> bool:
        """Whether all that was read was given out."""
        return self._at == len(self._block)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what came, nothing at the end. Raises BadAnswer, Silence and OSError."""
        if self._head and self.given > MAX_HEAD:
            raise _large_head()
        if self.empty:
            last = self._block[max(self._from, self._at - 2) :]
            came = await self._came(max_bytes, self._timeout)
            if not came and self._head:
                if self.given:
                    raise BadAnswer("the server does not speak HTTP properly (it breaks off in its head)")
                raise Gone("the server closed the connection without an answer")
            self._block, self._at, self._from = last + came, len(last), 0
        start, self._at = self._at, len(self._block)
        if self._cutting and self.cuts < _MOST_CUTS and (blank := _BLANK.search(self._block, self._from)):
            self._at = self._from = blank.end()
            self.cuts += not self._head
        self.given += self._at - start
        return self._block[start : self._at]

    async def look(self) -> None:
        """Raise Gone if anything came after the last answer, the end of the connection too."""
        try:
            if self.empty:
                await self._came(1, _A_MOMENT)
        except Silence:
            return
        raise Gone("the server spoke or closed the connection before it was asked")

    async def _came(self, most: int, timeout: float) -> bytes:
        try:
            return await self._stream.read(most, timeout)
        except httpcore.ReadTimeout:
            raise Silence from None
        except httpcore.ReadError as error:
            raise _under(error) from None

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes. Raises Silence; of a connection that broke the next ``read`` tells."""
        try:
            await self._stream.write(buffer, self._timeout)
        except httpcore.WriteTimeout:
            raise Silence from None

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._stream.aclose()
