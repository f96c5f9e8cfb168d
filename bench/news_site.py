"""A small news web on loopback for benchmarks: saved pages spread over hosts, each with robots.txt and a feed.

One host is one port. Every page is one of a folder's (``*.html`` or ``*.html.gz``), again and again until there are
enough, each with a paragraph of its own, so that no two are the same. Every answer waits for the latency. The server
ends by itself after ``--seconds``, or when its stdin ends; it prints the processor seconds that it took.

    python bench/news_site.py FOLDER --pages 1000 --hosts 20 --port 18200 --latency 0.05
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import hashlib
import sys
import time
from pathlib import Path

WORDS = ("ward", "trust", "board", "nurse", "clinic", "budget", "council", "patient", "surgery", "contract", "theatre")


def saved(folder: Path) -> list[bytes]:
    """Return the pages of a folder, unpacked as far as they were packed, in the order of their names."""
    pages = []
    for path in sorted([*folder.glob("*.html"), *folder.glob("*.html.gz")]):
        body = path.read_bytes()
        while body.startswith(b"\x1f\x8b"):
            body = gzip.decompress(body)
        pages.append(body)
    return pages


def with_own_paragraph(body: bytes, number: int) -> bytes:
    """Return a page with one more paragraph, after its last one, that no other page has."""
    seed = hashlib.sha256(str(number).encode()).digest()
    words = " ".join(WORDS[byte % len(WORDS)] for byte in seed)
    own = f"<p>Report number {number} of the day said that {words}.</p>".encode()
    at = body.lower().rfind(b"</p>")
    at = at + 4 if at >= 0 else len(body)
    return body[:at] + own + body[at:]


def path_of(number: int) -> str:
    """Return the path of a page on its host."""
    return f"/news/2014/report-number-{number}.html"


class Site:
    """The pages of all hosts; those that are asked for are packed once."""

    def __init__(self, folder: Path, pages: int, hosts: int, port: int) -> None:
        self.base, self.pages, self.hosts, self.port = saved(folder), pages, hosts, port
        if not self.base:
            raise SystemExit(f"{folder}: no pages in it")

    def answer(self, host: int, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body."""
        if path == "/robots.txt":
            return 200, "text/plain", b"User-agent: *\nDisallow: /private/\n"
        if path == "/feed.xml":
            rows = "".join(
                f"<item><title>Report {n}</title><link>http://127.0.0.1:{self.port + host}{path_of(n)}</link></item>"
                for n in range(host, self.pages, self.hosts)
            )
            feed = f'<rss version="2.0"><channel><title>Host {host}</title>{rows}</channel></rss>'
            return 200, "application/rss+xml", feed.encode()
        number = path.removeprefix("/news/2014/report-number-").removesuffix(".html")
        if not number.isdigit() or int(number) >= self.pages:
            return 404, "text/plain", b"no such page"
        return 200, "text/html; charset=utf-8", with_own_paragraph(self.base[int(number) % len(self.base)], int(number))


async def _connection(
    site: Site, host: int, latency: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            _, path, _ = head.split(" ", 2)
            packed = "gzip" in head.lower().partition("accept-encoding:")[2].partition("\r\n")[0]
            status, kind, body = site.answer(host, path)
            if packed:
                body = gzip.compress(body, 1)
            await asyncio.sleep(latency)
            more = "Content-Encoding: gzip\r\n" if packed else ""
            line = f"HTTP/1.1 {status} OK\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
            writer.write(line.encode() + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, ValueError):
        pass
    finally:
        writer.close()


async def serve(site: Site, latency: float, seconds: float) -> None:
    """Serve until stdin ends, or for so many seconds."""

    def server(host: int) -> asyncio.Future[asyncio.Server]:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _connection(site, host, latency, reader, writer)

        return asyncio.ensure_future(asyncio.start_server(connected, "127.0.0.1", site.port + host, backlog=256))

    for host in range(site.hosts):
        await server(host)
    print("ready", flush=True)
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    await asyncio.wait({asyncio.ensure_future(asyncio.sleep(seconds)), ended}, return_when=asyncio.FIRST_COMPLETED)
    print(f"{time.process_time():.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--port", type=int, default=18200)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--seconds", type=float, default=900)
    given = parser.parse_args()
    asyncio.run(serve(Site(given.folder, given.pages, given.hosts, given.port), given.latency, given.seconds))


if __name__ == "__main__":
    main()
