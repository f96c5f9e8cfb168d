"""The screen of ``clipper review``: its keys, its lines, and the terminal that it borrows and gives back.

What is drawn is made by plain functions of what there is to show and of how large the screen is. Titles and texts are
made safe before anything is measured, so that nothing in an article moves the cursor.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any

from clipper.cli.columns import Span, cells, wrapped
from clipper.text import paragraphs, printable

if TYPE_CHECKING:
    from clipper.coding.codebook import Theme

LETTERS = "acdefghijklmnoprstuvwxyz1234567890"  # b scrolls and q quits
_ESCAPES = {
    b"[A": "up", b"[B": "down", b"[C": "right", b"[D": "left", b"[5~": "back page", b"[6~": "page",
    b"OA": "up", b"OB": "down", b"OC": "right", b"OD": "left", b"[Z": "",
}  # fmt: skip
_SINGLE = {
    b"\r": "enter",
    b"\n": "enter",
    b"\t": "tab",
    b"\x7f": "left",
    b"\x08": "left",
    b" ": "page",
    b"\x03": "stop",
}
_ESCAPE = re.compile(rb"\x1b(\[[0-?]*[ -/]*[@-~]|O[@-~])")
_BOLD, _WORD, _DIM, _ON, _OFF = "\x1b[1m", "\x1b[1;33m", "\x1b[2m", "\x1b[7m", "\x1b[0m"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGWINCH)

_FOOT = "Enter records  Left back  Tab skips  q quits  ? help"
_SHORT_FOOT = "Enter  Left back  Tab skip  q quit  ?"
HELP = """Enter or right: record what is marked, yes and no for every theme, and go on
A theme's letter or number: mark it, or take the mark away
Left or Backspace: back to the article before
Tab: skip; nothing is recorded
Space and b, up and down: scroll the text
[ and ]: more themes, where they do not fit
q or Esc: quit; what was recorded is kept
Any key but Space and b leaves this page."""


def theme_keys(count: int) -> list[str]:
    """Return what is typed for each of so many themes: a letter up to 20 of them, else a number of fixed width."""
    if count <= 20:
        return list(LETTERS[:count])
    digits = len(str(count))
    return [str(number).zfill(digits) for number in range(1, count + 1)]


def read_keys(raw: bytes) -> list[str]:
    """Return the keys in bytes from a terminal, in order; what is no key of ours is left out.

    A key is a printable ASCII character or one of enter, tab, left, right, up, down, page, back page, quit, stop.
    """
    found: list[str] = []
    at = 0
    while at < len(raw):
        escape = _ESCAPE.match(raw, at)
        if escape:
            found.append(_ESCAPES.get(escape[1], ""))
            at = escape.end()
            continue
        one = raw[at : at + 1]
        if one == b"\x1b":
            # Alone at the end it is the key Esc; before something else, a key held with Alt.
            found.append("quit" if at + 1 == len(raw) else "")
            at += 1 if at + 1 == len(raw) else 2
            continue
        if one in _SINGLE:
            found.append(_SINGLE[one])
        elif b"!" <= one <= b"~":
            found.append(one.decode("ascii"))
        at += 1
    return [key for key in found if key]


def cut(text: str, width: int) -> str:
    """Return as much of a text as fits into so many columns, with … where something is missing."""
    if cells(text) <= width:
        return text
    taken, used = [], 0
    for letter in text:
        used += cells(letter)
        if used > width - 1:
            break
        taken.append(letter)
    return "".join(taken) + ("…" if width > 0 else "")


def deciding(text: str, words: Sequence[str]) -> list[Span]:
    """Return where words and phrases stand in a line of text, as whole words, case ignored; none overlap."""
    forms = [
        r"\s+".join(map(re.escape, word.split())) for word in sorted(words, key=lambda w: (-len(w), w)) if word.split()
    ]
    if not forms:
        return []
    return [match.span() for match in re.finditer(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)", text, re.IGNORECASE)]


def body(text: str, words: Sequence[str], width: int, *, colour: bool) -> list[str]:
    """Return the lines of a text with its deciding words in colour, or between asterisks."""
    lines: list[str] = []
    for whole in paragraphs(text):
        paragraph = printable(" ".join(whole.split()))
        spans = deciding(paragraph, words)
        if not colour and spans:
            paragraph, spans = _starred(paragraph, spans), []
        for start, end in wrapped(paragraph, width):
            pieces, at = [], start
            for first, last in spans:
                first, last = max(first, at), min(last, end)
                if first < last:
                    pieces += [paragraph[at:first], _WORD, paragraph[first:last], _OFF]
                    at = last
            lines.append("".join([*pieces, paragraph[at:end]]))
        lines.append("")
    return lines[:-1] or [cut("[no text]", width)]


def _starred(text: str, spans: Sequence[Span]) -> str:
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], f"*{text[start:end]}*"]
        at = end
    return "".join([*pieces, text[at:]])


@dataclass
class View:
    """What there is to show of one article, and how far it is scrolled.

    ``themes`` are the codebook's keys, ``marked`` those to be recorded with yes. ``note`` is one line of the moment.
    """

    title: str
    about: str
    text: str
    themes: Sequence[str]
    marked: set[str]
    words: Sequence[str] = ()
    note: str = ""
    top: int = 0
    first_theme: int = 0
    page: int = field(default=1, init=False)
    lines: int = field(default=0, init=False)
    themes_shown: int = field(default=0, init=False)

    def scroll(self, by: int) -> None:
        """Move the text by so many lines, within its bounds as last drawn."""
        self.top = max(0, min(self.top + by, self.lines - self.page))

    def turn_themes(self, by: int) -> None:
        """Move to other themes by so many screenfuls."""
        place = self.first_theme + by * max(self.themes_shown, 1)
        if 0 <= place < len(self.themes):
            self.first_theme = place

    def show_theme(self, theme: str) -> None:
        """Turn to the screenful on which a theme stands."""
        if self.themes_shown:
            self.first_theme = self.themes.index(theme) // self.themes_shown * self.themes_shown


def drawn(view: View, width: int, height: int, *, colour: bool) -> list[str]:
    """Return the lines of the screen: no more than ``height``, none wider than ``width``."""
    width = max(width - 1, 1)  # the last column is left free: some terminals break the line there
    keys = theme_keys(len(view.themes))
    grid = _grid(view, keys, width, max(1, (height - 2) // 2), colour)
    head = [_styled(_line(view.title, width), _BOLD, colour), _line(view.about, width)]
    view.page = max(1, height - len(head) - len(grid) - 2)
    text = body(view.text, view.words, width, colour=colour)
    view.lines = len(text)
    view.scroll(0)
    shown = text[view.top : view.top + view.page]
    shown += [""] * (view.page - len(shown))
    end = min(view.top + view.page, len(text))
    place = f" {view.top + 1}-{end} of {len(text)} lines, Space for more " if len(text) > view.page else ""
    rule = cut("--" + place, width)
    rule += "-" * (width - cells(rule))
    foot = view.note or (_FOOT if width >= len(_FOOT) else _SHORT_FOOT)
    lines = [*head, *shown, _styled(rule, _DIM, colour), *grid, _line(foot, width)]
    return lines[:height]


def _line(text: str, width: int) -> str:
    return cut(printable(" ".join(text.split())), width)


def _grid(view: View, keys: Sequence[str], width: int, most: int, colour: bool) -> list[str]:
    """Return the themes in columns; where they do not all fit, one screenful of them."""
    longest = max(map(len, view.themes)) + len(keys[0]) + 6
    count = len(view.themes)
    columns = max(1, width // longest)
    wide = -(-count // columns) <= most
    if not wide:
        least = len(keys[0]) + 11  # a mark, ten letters of the theme
        columns = max(1, min(width // least, -(-count // most)))
    column = width // columns
    rows = min(most, -(-count // columns))
    partly = rows * columns < count
    if partly and rows > 1:
        rows -= 1
    view.themes_shown = rows * columns
    view.first_theme = view.first_theme // view.themes_shown * view.themes_shown
    last = min(view.first_theme + view.themes_shown, count)
    lines = [""] * rows
    for place, position in enumerate(range(view.first_theme, last)):
        theme, key = view.themes[position], keys[position]
        on = theme in view.marked
        said = f"{key} [{'x' if on else ' '}] {theme}" if wide else f"{key}{'+' if on else ' '}{theme}"
        said = cut(said, column - 1)
        lines[place % rows] += _styled(said, _ON, colour and on) + " " * (column - cells(said))
    if partly and most > 1:
        lines.append(cut(f"themes {view.first_theme + 1}-{last} of {count}: [ and ] turn", width))
    return [line.rstrip() for line in lines]


def help_lines(themes: Sequence[Theme], width: int) -> list[str]:
    """Return the page of help: the keys, then each theme with its definition and its rules."""
    lines: list[str] = []
    parts = HELP.split("\n")
    for letter, theme in zip(theme_keys(len(themes)), themes, strict=True):
        said = f"{letter} {theme.key}"
        parts += ["", f"{said}: {theme.definition}" if theme.definition else said]
        parts += [f"+ {rule}" for rule in theme.include] + [f"- {rule}" for rule in theme.exclude]
    for part in parts:
        line = printable(" ".join(part.split()))
        lines += [line[start:end] for start, end in wrapped(line, max(width - 1, 1))] or [""]
    return lines


def _styled(text: str, style: str, colour: bool) -> str:
    return f"{style}{text}{_OFF}" if colour else text


class Terminal:
    """The terminal, borrowed: single keys without echo, a screen of its own. Use it by ``borrowed``.

    Signals are taken as keys ("stop" for SIGINT, "end" for SIGTERM and SIGHUP, "resize"), so that none falls between
    the lines of a label.
    """

    def __init__(self, signals: int) -> None:
        self._in, self._out, self._signals = sys.stdin.fileno(), sys.stdout.fileno(), signals
        self.gone = False  # whether nobody is there any more to read or type

    def size(self) -> tuple[int, int]:
        """Return width and height, in cells."""
        try:
            found = os.get_terminal_size(self._out)
        except OSError:
            found = os.terminal_size((0, 0))
        return found.columns or 80, found.lines or 24

    def typed(self) -> list[str]:
        """Wait for keys and signals and return them, at least one; a closed terminal ends."""
        found: list[str] = []
        while not found:
            ready, _, _ = select.select([self._in, self._signals], [], [])
            if self._signals in ready:
                for number in os.read(self._signals, 64):
                    found.append({signal.SIGINT: "stop", signal.SIGWINCH: "resize"}.get(signal.Signals(number), "end"))
            if self._in in ready:
                raw = self._read()
                # The rest of an arrow key may come a moment later, over a slow line.
                while raw.endswith((b"\x1b", b"\x1b[", b"\x1bO")) and select.select([self._in], [], [], 0.05)[0]:
                    raw += self._read() or b" "
                found += read_keys(raw)
                if not raw:
                    self.gone = True
                    found.append("end")
        return found

    def _read(self) -> bytes:
        try:
            return os.read(self._in, 1024)
        except OSError:  # what a terminal says whose other end is closed
            return b""

    def draw(self, lines: Sequence[str]) -> None:
        """Put these lines on the screen, in place of what was there."""
        self._write("\x1b[H" + "\x1b[K\r\n".join(lines) + "\x1b[K\x1b[J")

    def _write(self, text: str) -> None:
        raw = memoryview(text.encode(sys.stdout.encoding or "utf-8", "replace"))
        with contextlib.suppress(OSError):
            while raw:
                raw = raw[os.write(self._out, raw) :]


@contextlib.contextmanager
def borrowed() -> Iterator[Terminal]:
    """Take the terminal over, and give it back as it was whatever happens."""
    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    reader, writer = os.pipe()
    for end in (reader, writer):
        os.set_blocking(end, False)
    handlers: dict[int, Any] = {}
    terminal = Terminal(reader)
    woken = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        for number_of in _SIGNALS:
            handlers[number_of] = signal.signal(number_of, _heard)
        tty.setcbreak(number)
        own = termios.tcgetattr(number)
        own[6][termios.VSUSP] = b"\x00"  # Ctrl-Z would leave the shell with our screen
        termios.tcsetattr(number, termios.TCSADRAIN, own)
        terminal._write("\x1b[?1049h\x1b[?25l\x1b[2J")
        yield terminal
    finally:
        terminal._write("\x1b[?25h\x1b[?1049l")
        with contextlib.suppress(termios.error):
            termios.tcsetattr(number, termios.TCSADRAIN, before)
        signal.set_wakeup_fd(woken)
        for one, handler in handlers.items():
            signal.signal(one, handler)
        os.close(reader)
        os.close(writer)


def _heard(number: int, frame: FrameType | None) -> None:
    """Do nothing: the number of the signal is read from the pipe that it woke."""
