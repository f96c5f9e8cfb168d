"""The small news site that ships with clipper, served on loopback for as long as the demo runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

_TYPES = {".html": "text/html; charset=utf-8", ".xml": "application/rss+xml", ".txt": "text/plain; charset=utf-8"}


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of 127.0.0.1; yield the site's address. ``{base}`` in feeds stands for it."""
    pages = {f"/{p.relative_to(folder).as_posix()}": p for p in folder.rglob("*") if p.suffix in _TYPES}
    pages["/"] = folder / "index.html"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            # Only the files that were there at the start have a name here: no path can lead elsewhere.
            path = pages.get(unquote(urlsplit(self.path).path))
            body = path.read_bytes() if path else b"There is no such page.\n"
            if path and path.suffix == ".xml":
                body = body.replace(b"{base}", base.encode())
            self.send_response(HTTPStatus.OK if path else HTTPStatus.NOT_FOUND)
            self.send_header("Content-Type", _TYPES[path.suffix] if path else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the demo's screen for the demo."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield base
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
