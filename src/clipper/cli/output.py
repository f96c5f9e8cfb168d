"""What the commands share in speaking: data to stdout, messages to stderr, nothing unsafe to a terminal."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TextIO

import click

from clipper.text import printable, without_secrets

if TYPE_CHECKING:
    from clipper.coding.verdicts import Verdict

_NAMES = {1: "standard output", 2: "standard error"}
_lost: dict[int, str] = {}  # a descriptor that could not be written, and why


class _Standard(io.FileIO):
    """Descriptor 1 or 2. What cannot be written is dropped: a full disk behind it must not end a fetch half way.

    A broken pipe is passed on for stdout alone: whoever read the results has had enough, and the command may end.
    """

    def write(self, what: Any) -> int | None:  # type: ignore[override]
        try:
            return super().write(what)
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                if self.fileno() == 1:
                    raise
            else:
                _lost.setdefault(self.fileno(), error.strerror or str(error))
            return len(what)


def open_standard_streams() -> None:
    """Make stdin, stdout and stderr usable, whatever they are. To be called before anything else opens a file.

    A closed one becomes the null device: else the next file that is opened, such as one of the archive, would get
    its descriptor, and with it every message meant for the terminal.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free descriptor is taken, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_WRONLY if number else os.O_RDONLY), True)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = _stream(1, sys.stdout)
    sys.stderr = _stream(2, sys.stderr)


def _stream(number: int, before: TextIO | None) -> io.TextIOWrapper:
    """Return a stream on a descriptor that writes what it can, in the encoding of the one before it."""
    if before is not None:
        before.flush()
    raw = _Standard(number, "wb", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=before.encoding if before is not None else "utf-8",
        errors="backslashreplace",  # a letter that the encoding lacks is no reason to end
        line_buffering=number == 2 or raw.isatty(),
    )


def unwritten() -> list[str]:
    """Return what could not be written, each with its cause. A reader who had enough is none of them."""
    return [f"{_NAMES[number]}: {cause}" for number, cause in sorted(_lost.items())]


def tell(message: str) -> None:
    """Say something on stderr: progress, a warning, a cause."""
    click.echo(on_screen(f"clipper: {told(message)}"), err=True)


def on_screen(line: str) -> str:
    """Return a message broken between words where it goes to a terminal, so that none is cut at its edge.

    One that holds a longer word, such as an address that somebody may want to copy, is left to the terminal.
    """
    room = width() - 2
    if not messages_on_terminal() or len(line) <= room + 2 or max(map(len, line.split())) > room:
        return line
    from clipper.cli.columns import wrapped

    return "\n  ".join(line[start:end] for start, end in wrapped(line, room))


def told(message: str) -> str:
    """Return a message as it may be shown: one line, safe for a terminal, and without passwords and keys in URLs.

    Messages end up in mail from cron and in reports of bugs.
    """
    return printable(without_secrets(" ".join(message.splitlines())))


def data(text: str) -> None:
    """Put a line on stdout, made safe for a terminal. It is one line, whatever is in it: none can be forged."""
    lines(text.replace("\n", " "))


def lines(text: str) -> None:
    """Put lines on stdout, made safe for a terminal, that end where the caller says."""
    click.echo(printable(text))


def styled(text: str) -> None:
    """Put a line on stdout whose parts are safe already and may carry our own colours."""
    click.echo(text, color=colours())


def whole(text: str) -> str:
    """Return text without half characters, which a shell or a JSON feed may pass on and no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def json_line(record: Mapping[str, Any]) -> None:
    """Put one object on stdout, on one line. What is not safe for a terminal is escaped, so that nothing is lost."""
    import json

    text = whole(json.dumps(record, ensure_ascii=False))
    # On a terminal all but ASCII is escaped; in a pipe the text stays readable, where the encoding has every letter:
    # JSON knows no other way to write those that it lacks.
    if sys.stdout.isatty() or (sys.stdout.encoding or "utf-8").lower().replace("-", "") != "utf8":
        text = json.dumps(json.loads(text))
    safe = printable(text)
    if safe != text:
        text = "".join(one if one == other else _escaped(one) for one, other in zip(text, safe, strict=True))
    click.echo(text)


def _escaped(letter: str) -> str:
    """Return a character as JSON writes it in ASCII: one above U+FFFF is a pair of two halves."""
    raw = letter.encode("utf-16-be")
    return "".join(f"\\u{raw[at]:02x}{raw[at + 1]:02x}" for at in range(0, len(raw), 2))


def on_terminal() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout.isatty()


def messages_on_terminal() -> bool:
    """Whether stderr is a terminal."""
    return sys.stderr.isatty()


def colours() -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR is set (no-color.org)."""
    return on_terminal() and not os.environ.get("NO_COLOR")


def width() -> int:
    """Return how many columns a line may take: ``COLUMNS``, else what the terminal has, else 80; 30 at least.

    ``shutil`` says the same, and takes three milliseconds to import.
    """
    said = os.environ.get("COLUMNS", "")
    columns = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
    if not columns:
        try:
            columns = os.get_terminal_size(1).columns
        except OSError:
            columns = 80
    return max(columns, 30)


def wrap(text: str, indent: str = "") -> list[str]:
    """Return the lines of a paragraph: wrapped on a terminal, whole in a pipe."""
    line = printable(" ".join(text.split()))
    if not on_terminal():
        return [indent + line]
    import textwrap

    return textwrap.wrap(
        line, width(), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    ) or [indent]  # fmt: skip


def highlight(line: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a line with parts of it in bold."""
    done, at = [], 0
    for start, end in spans:
        done += [line[at:start], click.style(line[start:end], bold=True, fg="yellow")]
        at = end
    return "".join([*done, line[at:]])


def theme_mark(verdict: Verdict) -> str:
    """Return a theme as it is shown beside others: ``*`` where a person gave it, ``?`` where coders differ."""
    return printable(verdict.theme) + ("?" if verdict.disputed else "*" if verdict.by_people else "")
