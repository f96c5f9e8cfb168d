"""Long output on a terminal goes through a pager, as git's does; short output, and a pipe, do not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

from clipper import modes

if TYPE_CHECKING:
    from subprocess import Popen


class _Enough(Exception):
    """The reader has left the pager."""


class _Screen:
    """A stream that holds back one screen; when more comes, it starts the pager and hands all to it."""

    buffer = None  # Click writes past a stream into what lies below it where the encoding is ASCII

    def __init__(self, real: TextIO, command: list[str], height: int) -> None:
        self._real = real
        self._command = command
        self._height = height
        self._held: list[str] = []
        self._lines = 0
        self._pager: Popen[str] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def write(self, text: str) -> int:
        if not isinstance(text, str):  # Click writes bytes to see whether a stream takes them
            raise TypeError("a stream of text")
        if self._pager is None:
            self._held.append(text)
            self._lines += text.count("\n")
            if self._lines >= self._height:
                self._start()
        else:
            self._send(text)
        return len(text)

    def flush(self) -> None:
        if self._pager is not None:
            try:
                self._pager.stdin.flush()  # type: ignore[union-attr]  # it was started with a pipe
            except BrokenPipeError:
                raise _Enough from None

    def _start(self) -> None:
        from subprocess import PIPE, Popen

        # What a user has set for less stays, and colours are shown whatever it is.
        environment = {"LV": "-c", **os.environ, "LESS": "-R " + os.environ.get("LESS", "FX")}
        try:
            with modes.as_the_user_says():  # a pager can write files
                self._pager = Popen(
                    self._command, stdin=PIPE, env=environment, encoding=self._real.encoding, errors="backslashreplace"
                )
        except OSError:  # there is no such program
            self._height = sys.maxsize
            return
        held, self._held = "".join(self._held), []
        self._send(held)

    def _send(self, text: str) -> None:
        try:
            self._pager.stdin.write(text)  # type: ignore[union-attr]  # as above
        except BrokenPipeError:
            raise _Enough from None

    @property
    def started(self) -> bool:
        """Whether the pager runs."""
        return self._pager is not None

    def finish(self) -> None:
        """Write what was held back, or wait until the reader leaves the pager."""
        if self._pager is None:
            self._real.write("".join(self._held))
            self._real.flush()
            return
        with suppress(BrokenPipeError):  # the reader left before the end
            self._pager.stdin.close()  # type: ignore[union-attr]  # as above
        while True:
            try:
                self._pager.wait()
                return
            except KeyboardInterrupt:
                continue  # Ctrl-C is the pager's to understand


class Paging:
    """What becomes of the output."""

    def __init__(self, screen: _Screen | None) -> None:
        self._screen = screen

    @property
    def long(self) -> bool:
        """Whether it has been too long for the terminal."""
        return self._screen is not None and self._screen.started


@contextmanager
def paged(wanted: bool = True) -> Iterator[Paging]:
    """Send what is printed within through a pager where it is longer than the terminal.

    ``PAGER`` names the program, ``less`` without it; an empty one, or ``cat``, means none. Leaving the pager early
    ends what is done within.
    """
    command = _command() if wanted and sys.stdout.isatty() else []
    if not command:
        yield Paging(None)
        return
    try:
        height = os.get_terminal_size(sys.stdout.fileno()).lines
    except OSError:
        height = 24
    real = sys.stdout
    real.flush()
    screen = _Screen(real, command, max(height - 2, 5))
    sys.stdout = screen  # it does what is asked of it here
    try:
        yield Paging(screen)
    except _Enough:
        pass
    finally:
        sys.stdout = real
        screen.finish()


def _command() -> list[str]:
    import shlex
    import shutil

    try:
        command = shlex.split(os.environ.get("PAGER", "less"))
    except ValueError:  # an open quote
        return []
    return command if command and command != ["cat"] and shutil.which(command[0]) else []
