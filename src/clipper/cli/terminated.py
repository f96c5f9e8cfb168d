"""Ending on SIGTERM as on Ctrl-C, and on SIGHUP, which comes when a terminal's window is closed: what was begun is put
in order first. Without it a half-written file would stay.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import FrameType
from typing import Any

from clipper.cli.output import tell

# Windows has no SIGHUP.
_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Terminated(BaseException):
    """Somebody asked the program to end, by a signal of this ``number``."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def in_order() -> Iterator[None]:
    """Raise Terminated at one of the signals, where the program is. What is ignored stays so, as under ``nohup``."""

    def end(number: int, frame: FrameType | None) -> None:
        raise Terminated(number)

    before = {one: signal.signal(one, end) for one in _SIGNALS if signal.getsignal(one) != signal.SIG_IGN}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def ending_in_order(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command that writes files an end in order on a signal: what there was before stays, and no half a file."""

    @wraps(command)
    def run(*args: Any, **named: Any) -> int:
        try:
            with in_order():
                return command(*args, **named)
        except Terminated as asked:
            tell("ended on request; what was there before stays")
            return 128 + asked.number

    return run
