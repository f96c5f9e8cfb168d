"""The form that digests are written in and read back by: headings, escapes of Markdown, wrapped lines of plain text.

What writes a digest and what reads one stand in two rooms; what they must agree on stands here.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from typing import NamedTuple

from clipper.wording import human_date

GENERATOR = "clipper digest 1"  # what a digest calls itself, where nobody but a program looks
MARKDOWN_MARK = f"<!-- {GENERATOR} -->"
TEXT_MARK = "Compiled with clipper"  # the beginning of the last paragraph of a text, and the form's number ends it
TEXT_FORM = "(digest form 1)"
ALSO_IN = "Also in:"
NO_DATE = "no date"
NO_TITLE = "[no title]"
WIDTH = 76  # columns of a plain text
KEPT_SPACE = "\xa0"  # where no line ends; in what is wrapped it is a space again

_PUNCTUATION = r"!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~"
_ESCAPED = re.compile(rf"\\([{_PUNCTUATION}])")
_KEPT = 0xE000  # where escaped signs wait, in the private use area, until all others have been read
_BACK = {_KEPT + n: chr(n) for n in range(33, 127)}
# What would be markup wherever it stands; an underscore within a word is none.
_INLINE = re.compile(
    r"[\\`*\[\]~^|]|(?<!\w)_|_(?!\w)|<(?=[A-Za-z/!?])|&(?=#?\w{1,40};)|(?<!\w)@(?=\w)|!(?=\[)|-(?=-)|(?<=-)-"
)
_DOLLAR = re.compile(r"\$")
# What would be markup at the beginning of a line: headings, lists of all kinds, quotations, rules, underlines.
_AT_START = re.compile(r"[#>+=:%-]")
_NUMBERED = re.compile(r"(\(?(?:\d{1,9}|[A-Za-z]|[ivxlcdmIVXLCDM]{1,8}|\\?@\w*))([.)])(?=\s|$)")


class Heading(NamedTuple):
    """What the heading of an item says."""

    title: str
    outlet: str | None
    when: str | None  # as it is written


def ending(outlet: str | None, published: str | None) -> str:
    """Return what stands in brackets behind a title: *(Outlet: 7 November 2014)*, and what of it is not known."""
    when = human_date(published)
    return f"({outlet}: {when})" if outlet else f"({when})"


def read_heading(line: str) -> Heading | None:
    """Return what a heading says, None for a line that is none: its last bracket holds outlet and date.

    Signs that were escaped are no brackets.
    """
    line = line.strip()
    if not line.endswith(")"):
        return None
    depth = 0
    for at in range(len(line) - 1, -1, -1):
        depth += (line[at] == ")") - (line[at] == "(")
        if depth == 0:
            outlet, divided, when = line[at + 1 : -1].rpartition(": ")
            return Heading(line[:at].strip(), outlet.strip() if divided else None, when.strip())
    return None


# -- Markdown -----------------------------------------------------------------------------------------------------


def markdown(text: str, *, outlet: bool = False) -> str:
    """Return one line of text so that Markdown shows it as it is, CommonMark and pandoc alike.

    Of an ``outlet`` brackets that do not close are escaped too, so that the one around it is found.
    """
    text = _INLINE.sub(r"\\\g<0>", text)
    if text.count("$") > 1:
        text = _DOLLAR.sub(r"\\$", text)  # pandoc takes what stands between two for a formula
    if outlet and not _balanced(text):
        text = re.sub(r"[()]", r"\\\g<0>", text)
    return text


def markdown_paragraph(text: str) -> str:
    """Return a paragraph in Markdown; its line ends stay (two spaces before them), and no line begins a list."""
    lines = (_NUMBERED.sub(r"\1\\\2", markdown(line), count=1) if _NUMBERED.match(line) else markdown(line)
             for line in text.split("\n"))  # fmt: skip
    return "  \n".join(f"\\{line}" if _AT_START.match(line) else line for line in lines)


def protected(text: str) -> str:
    """Return Markdown whose escaped signs are put out of the way of what looks for markup."""
    return _ESCAPED.sub(lambda found: chr(_KEPT + ord(found[1])), text) if "\\" in text else text


def restored(text: str) -> str:
    """Return text whose escaped signs are back, without their backslashes."""
    return text if text.isascii() else text.translate(_BACK)


def _balanced(text: str) -> bool:
    depth = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return False
    return depth == 0


# -- plain text ---------------------------------------------------------------------------------------------------


def wrapped(text: str, first: str = "", rest: str = "") -> str:
    """Return a paragraph in lines of at most ``WIDTH`` columns; a line that goes on in the next ends in a space.

    That is how e-mails mark it (RFC 3676), so that programs can join the lines again. Where the text itself begins a
    new line there is no such space. ``first`` and ``rest`` stand before the first line and before the others.
    """
    done: list[str] = []
    for line in text.split("\n"):
        pieces = textwrap.wrap(
            line, WIDTH - 1, initial_indent=rest if done else first, subsequent_indent=rest, break_long_words=False,
            break_on_hyphens=False,
        )  # fmt: skip
        # What begins as a quotation or as a mailbox's mark gets a space before it, which readers take away again.
        pieces = [f" {piece}" if piece.startswith((">", "From ")) else piece for piece in pieces]
        done += [f"{piece} " for piece in pieces[:-1]] + pieces[-1:]
    return "\n".join(done).replace(KEPT_SPACE, " ")


def unwrapped(lines: Iterable[str], *, marked: bool) -> list[str]:
    """Return the lines that a paragraph had before it was wrapped.

    ``marked`` tells whether lines that go on end in a space; where an editor took these away, a line goes on when the
    first word of the next one had no room in it.
    """
    found: list[list[str]] = []
    before, goes_on = "", False
    for line in lines:
        words = line.split()
        if not words:
            continue
        said = " ".join(words)
        kept = said[: said.find(")") + 1] or words[0] if said[0] == "(" else words[0]  # outlet and date stay together
        if goes_on or (found and not marked and len(before) + len(kept) >= WIDTH - 1 and not _begins(said)):
            found[-1].append(said)
        else:
            found.append([said])
        goes_on = marked and line.endswith(" ")
        before = line.rstrip()
    return [" ".join(parts) for parts in found]


def _begins(line: str) -> bool:
    return line.startswith(("- ", "<http"))
