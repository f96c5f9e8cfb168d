"""What runs in a worker process: pages and sources come in on stdin, what they hold goes out on stdout.

It begins with a line that says that it is there. A message is one line of JSON, with the length of what follows it in
``size``, and then so many bytes. The answer is one line of JSON: what was read, or the error that it ended in.
Nothing but this module's own two ends speaks this way, and nothing is loaded from it but JSON.

A page can hold a parser for hours, and a parser in C hears no signal that Python handles. So the parent kills a
process that takes too long; for when the parent is gone, an alarm does, and the process takes only so much memory.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

from clipper.collect import feeds, transfer
from clipper.collect.document import MAX_BYTES, Page
from clipper.collect.entries import Found
from clipper.collect.messages import GREETING, to_message
from clipper.collect.page import read_page
from clipper.collect.pieces import Batch
from clipper.config import Source
from clipper.errors import FetchFailed, Refused

try:
    import resource
except ImportError:  # not on Windows: there a page may take what memory it likes
    resource = None  # type: ignore[assignment]

MOST_MEMORY = 4 << 30  # bytes of address space; a page of 20 MB takes a tenth of that
_ALARM = 60.0  # seconds after which a process that nobody killed ends itself


Answer = Page | Found | Batch | FetchFailed | Refused
Read = Callable[[bytes, dict[str, Any]], Page | Found | Batch]


def read_one(payload: bytes, asked: dict[str, Any]) -> Page | Found:
    """Return what a page holds.

    ``asked`` holds its ``url``, ``content_type`` and ``coding``; for a page of a source also the ``source`` and the
    ``depth``. Raises FetchFailed and Refused with the cause.
    """
    body = transfer.decoded(payload, asked["coding"], MAX_BYTES)
    if "source" in asked:
        said: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in asked["source"].items()}
        return feeds.read_source(Source(**said), body, asked["url"], asked["content_type"], asked["depth"])
    return read_page(body, asked["url"], asked["content_type"])


def answered(read: Read, payload: bytes, asked: dict[str, Any]) -> Answer:
    """Return what was read, or the error that it ends in; never raises for what a page can bring about."""
    try:
        return read(payload, asked)
    except (FetchFailed, Refused) as error:
        return error
    except MemoryError:
        return FetchFailed("the page takes too much memory to read")
    except Exception as error:  # what nobody foresaw in one page must not cost the others
        return FetchFailed(f"it could not be read ({type(error).__name__})")


def serve(source: BinaryIO, sink: BinaryIO, read: Read | None = None) -> None:
    """Answer messages until there are no more."""
    while line := source.readline():
        asked = json.loads(line)
        payload = source.read(asked["size"])
        if len(payload) < asked["size"]:
            return
        _alarm(_ALARM)
        answer = to_message(answered(read or read_one, payload, asked))
        _alarm(0)
        sink.write(json.dumps(answer).encode("utf-8", "surrogatepass") + b"\n")
        sink.flush()


def _alarm(seconds: float) -> None:
    with suppress(AttributeError):  # no such timer on Windows
        signal.setitimer(signal.ITIMER_REAL, seconds)


def main(read: Read | None = None) -> None:
    """Be a worker process that reads in this way."""
    # Ctrl-C and a service's stop reach the whole group: the parent decides when a worker ends, by closing its stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _limit_memory()
    sink = sys.stdout.buffer
    sys.stdout = sys.stderr  # a library that prints must not break the messages
    with suppress(BrokenPipeError):
        sink.write(GREETING)
        sink.flush()
        serve(sys.stdin.buffer, sink, read)


def _limit_memory() -> None:
    if resource is None:
        return
    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


if __name__ == "__main__":
    main()
