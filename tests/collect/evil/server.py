"""A server of evil: each misbehaviour is a host of its own on loopback, among hosts that behave."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser

MOST_SENT = 64 << 20  # bytes of one answer: no test needs more, and a client that takes all of it has failed


@dataclass
class Call:
    """One request, and the means to answer it badly."""

    host: Host
    path: str
    headers: Message
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def base(self) -> str:
        return self.host.base

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reply(
        self,
        body: bytes | str = b"",
        status: str = "200 OK",
        content_type: str = "text/html; charset=utf-8",
        **headers: str,
    ) -> None:
        """Answer as one should, but for what is given."""
        raw = body.encode() if isinstance(body, str) else body
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(raw)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + raw)

    async def redirect(self, location: str, status: str = "302 Found") -> None:
        await self.reply(b"", status, Location=location)

    async def flood(self, block: bytes) -> None:
        """Send the same bytes again and again."""
        for _ in range(MOST_SENT // len(block)):
            await self.send(block)

    async def drip(self, data: bytes, pause: float = 0.25) -> None:
        """Send a byte at a time, for ever."""
        for _ in range(10_000):
            for number in range(len(data)):
                await self.send(data[number : number + 1])
                await asyncio.sleep(pause)

    async def forever(self) -> None:
        """Say nothing more until the client goes away."""
        await self.reader.read()

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        linger = struct.pack("ii", 1, 0)  # what goes out at once is a reset
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


Answering = Callable[[Call], Awaitable[None]]


@dataclass
class Host:
    """A host: what it answers at each path (``""`` for any), and what it was asked."""

    answers: dict[str, Answering]
    tls: ssl.SSLContext | None = None
    scheme: str = ""
    greeting: bytes = b""  # what is said before anything was asked
    base: str = ""
    asked: list[str] = field(default_factory=list)
    headers: list[Message] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str) -> str:
        return self.base + path

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            writer.write(self.greeting)
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, _, rest = head.partition(b"\r\n")
                path = first.decode("latin-1").split(" ")[1]
                self.asked.append(path)
                self.headers.append(BytesHeaderParser().parsebytes(rest))
                answer = self.answers.get(path) or (_none if path == "/robots.txt" else self.answers.get("", _none))
                await answer(Call(self, path, self.headers[-1], reader, writer))
                if writer.is_closing():
                    return
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
            pass
        finally:
            with contextlib.suppress(Exception):
                writer.close()


async def _none(call: Call) -> None:
    await call.reply("not here", "404 Not Found", "text/plain")


@asynccontextmanager
async def _listening(hosts: Iterable[Host]) -> AsyncIterator[None]:
    servers = []
    for host in hosts:
        server = await asyncio.start_server(host.serve, "127.0.0.1", 0, ssl=host.tls, limit=1 << 20)
        scheme = host.scheme or ("https" if host.tls else "http")
        host.base = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        servers.append(server)
    yield
    for server in servers:
        server.close()


class Servers:
    """Runs hosts in a thread of their own; a context manager."""

    def __init__(self, hosts: Iterable[Host]) -> None:
        self._hosts = list(hosts)
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda loop, context: None)  # clients that go away are the point of it
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        async with _listening(self._hosts):
            self._ready.set()
            await self._over.wait()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def __enter__(self) -> Servers:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(30)
