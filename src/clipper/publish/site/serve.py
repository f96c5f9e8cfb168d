"""A look at the site in a browser: a server for this machine alone."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from clipper.errors import CannotWork

HOST = "127.0.0.1"
_LARGEST = 65535
_NO_SUCH_PAGE = """<!doctype html>
<html lang="en-GB"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>No such page</title>
<p>There is no such page in this site (%(code)d). <a href="/">To the front page</a>
"""
_TYPES = {
    **SimpleHTTPRequestHandler.extensions_map,
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".atom": "application/atom+xml; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}


class _Pages(SimpleHTTPRequestHandler):
    """Gives out the files of a folder, with their types; no list of what is in a folder."""

    extensions_map = _TYPES
    error_message_format = _NO_SUCH_PAGE

    def list_directory(self, path: Any) -> None:
        """Say that there is nothing, where no index.html is."""
        self.send_error(404)

    def end_headers(self) -> None:
        """Have the browser ask anew each time: a site that is made again is seen at once."""
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of a site on loopback, which is to be started; port 0 is any that is free.

    Raises CannotWork where the port is taken.
    """
    if not 0 <= port <= _LARGEST:
        raise CannotWork(f"there is no port {port}")
    try:
        return ThreadingHTTPServer((HOST, port), partial(_Pages, directory=str(folder)))
    except OSError as error:
        raise CannotWork(f"{HOST}:{port}: cannot be served on ({error.strerror}); name another --port") from None


def address(running: ThreadingHTTPServer) -> str:
    """Return where a server is to be found."""
    return f"http://{HOST}:{running.server_address[1]}/"
