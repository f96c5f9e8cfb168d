"""Ending on SIGTERM as on Ctrl-C: what was begun is put in order first. Without it a half-written file would stay."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import FrameType
from typing import Any

from clipper.cli.output import tell

CODE = 128 + signal.SIGTERM


class Terminated(BaseException):
    """Somebody asked the program to end."""


@contextmanager
def in_order() -> Iterator[None]:
    """Raise Terminated at SIGTERM, where the program is."""

    def end(number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def ending_in_order(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command that writes files an end in order on SIGTERM: what there was before stays, and no half a file."""

    @wraps(command)
    def run(*args: Any, **named: Any) -> int:
        try:
            with in_order():
                return command(*args, **named)
        except Terminated:
            tell("ended on request; what was there before stays")
            return CODE

    return run
