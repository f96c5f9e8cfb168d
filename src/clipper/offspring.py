"""Processes that clipper starts to share its work: how they are started, and how they end with the one that asked."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait


def processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


@contextmanager
def deaf() -> Iterator[None]:
    """Ignore Ctrl-C for a moment: a process that is started then ignores it for good, from its first instruction on.

    The terminal sends it to every process; a worker that it hits while it starts would break the others. The process
    that asks is the one to end them. What is sent in this moment is lost; it is a short one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def end_with_parent() -> None:
    """From now on end this process when the one that started it is gone, however it went."""
    threading.Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        signal.raise_signal(signal.SIGTERM)  # a thread can end its process by nothing gentler
