"""Plain functions on text: cleaning what came from outside, sentences, checksums."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# What can make a terminal show something else than what is there, or hold what nobody sees: C0 and C1 controls except
# tab and newline, line and paragraph separators, marks that reorder or reshape letters (Trojan Source, CVE-2021-42574),
# annotation marks, half characters, the byte order mark. Joiners (U+200C, U+200D) stay, as Persian, Indic scripts and
# emoji need them; so do the zero-width space, word joiner and soft hyphen: they only say where a line may end.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200e\u200f\u2028-\u202e\u2061-\u2064\u2066-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
_PLANE_14 = "\U000e0000"  # what lies from here on is invisible by itself
# Tags spell out hidden text, except in the flags of England, Scotland and Wales; after a variation selector for letters
# no other selects anything. Both have been used to hide bytes.
_TAGS, _SELECTORS = r"\U000e0000-\U000e007f", r"\U000e0100-\U000e01ef"
_FLAGS = ("\U0001f3f4" + "".join(chr(0xE0000 + ord(c)) for c in f"gb{land}\x7f") for land in ("eng", "sct", "wls"))
_HIDDEN = rf"({'|'.join(_FLAGS)}|[{_SELECTORS}](?![{_TAGS}{_SELECTORS}]))|([{_SELECTORS}]?)([{_TAGS}{_SELECTORS}]+)"
# Controls that part words: what they meant on a printer or a terminal is a new line.
_BREAKING = str.maketrans({**dict.fromkeys("\r\x0b\x0c\x1c\x1d\x1e\x85\u2028", "\n"), "\x1f": " ", "\u2029": "\n\n"})
# The rest is compiled when it is first used: most commands clean nothing and look for no sentence.
_compiled = cache(re.compile)
_SPACES = r"[^\S\n]+"
_BREAKS = r"\n\s*\n+"
# What begins a sentence is a capital, a number or a sum; of letters that have no small ones, any. The signs of Chinese
# and Japanese stand without a space.
_SENTENCE_END = (
    r"(?<=[.!?…])[\"'”’)\]]*(?:\s?»)?\s+(?=[\"'“‘(\[]?(?:«\s?)?(?:[^\W_a-zß-öø-ÿ]|[£$€]))|"
    r"(?<=[。！？])[”’」』）]*(?=[^\s”’」』）。！？])"
)
_BROKEN = r"^(.{45,}[^\s.!?:…”\"])\n(?=[a-z])"  # a line that was broken at a column
# A password may hold an unescaped @. One with a slash, a question mark, # or a space in it is known by what stands
# where the port of a host would, and is none.
_LOGIN = (
    r"(\b[A-Za-z][A-Za-z0-9+.-]{0,30}:/{2,3})"
    r"(?:[^\s/?#]*@|[^\s/?#@:\[]*:(?=\S)(?!\d{0,5}(?:[^\w@%$&+=!*~-]|$))[^@\n]{1,256}+@(?:[^\s/?#]*@)?)"
)
_PART = r"(?:[\w.-]|%5F|%2D)*"  # of a parameter's name, in which what is no letter may be escaped
_KEYS = (
    rf"([?&;#](?={_PART}+=)(?:{_PART}(?:token|secret|password|passwd|signature|credential)|"
    rf"(?:{_PART}(?:[_.-]|%5F|%2D))?(?:(?:api|auth)?key|auth|pwd|sig))=)"
    r"[^&;\s#\"'<>]+?(?=[:,.)]{0,3}(?:[&;\s#\"'<>]|$))"
)
_SIGNS = r"[=+\-@＝＋－＠]"
_FORMULA = rf"'*(?:[\t\r\n]|[\s\"“”\ufeff]*{_SIGNS})"
# The same behind what a program may take for the end of a cell; a run is looked at once, from its beginning.
_BETWEEN = r"[\s;\"“”\ufeff]"
_INNER = rf"(?<!{_BETWEEN})({_BETWEEN}++)(?='*+{_SIGNS})"
_INNER_SAFE = rf"(?<!{_BETWEEN})({_BETWEEN}++)'(?='*+{_SIGNS})"
_ENDS_CELL = r"[;\t\r\n]"
_LONGEST_END = 60  # characters: an abbreviation, closing marks and spaces
_ABBREVIATION = (
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Sir|St|Rev|Hon|Lt|Col|No|vs|etc|e\.g|i\.e|cf|ed|vol|approx|Jan|Feb|Aug|Sept?|"
    r"Oct|Nov|Dec)|\b[A-Z])\.$"
)


def clean_text(text: str) -> str:
    """Return text in paragraphs: NFC, no control characters, paragraphs split by one blank line."""
    text = text.replace("\r\n", "\n").translate(_BREAKING)
    text = unicodedata.normalize("NFC", _without_unsafe(text, ""))
    text = _compiled(_SPACES).sub(" ", text)
    paragraphs = ("\n".join(line.strip() for line in p.split("\n")).strip() for p in _compiled(_BREAKS).split(text))
    return "\n\n".join(p for p in paragraphs if p)


def clean_line(text: str) -> str:
    """Return text as one clean line: what a title, a name or a category may be."""
    return " ".join(clean_text(text).split())


def printable(text: str) -> str:
    """Return text that may go to a terminal: nothing in it moves the cursor, reorders letters or is hidden.

    It is as long as before, so that what was found at a place is still there.
    """
    return _without_unsafe(text, "\ufffd")


def _without_unsafe(text: str, instead: str) -> str:
    text = _UNSAFE.sub(instead, text)
    if text.isascii() or max(text) < _PLANE_14:
        return text

    def seen(found: re.Match[str]) -> str:
        return str(found[1] or found[2] + instead * len(found[3]))

    return _compiled(_HIDDEN).sub(seen, text)


def without_secrets(text: str) -> str:
    """Return a message without the names and passwords in its URLs (``https://name:password@host/``) and without the
    values of those parameters that are keys by their names (``?token=...``).
    """
    if "://" not in text:
        return text
    return _compiled(_KEYS, re.IGNORECASE).sub(r"\1***", _compiled(_LOGIN).sub(r"\1***@", text))


def without_login(url: str) -> str:
    """Return a URL without a name and a password before its host; other text as it is."""
    return _compiled(_LOGIN).sub(r"\1", url, count=1) if _compiled(_LOGIN).match(url) else url


def safe_cell(text: str) -> str:
    """Return a cell of a table that no spreadsheet takes for a formula: an apostrophe goes before it.

    Formulas begin with ``= + - @`` (of full width too, where Chinese and Japanese are written), a tab or a line's end;
    white space and quotation marks before that are passed over by some programs. The same holds behind a semicolon, a
    tab or a line's end: where a program takes these for the ends of cells, as in countries that write 0,5 for a half,
    what follows one is a cell of its own, whatever is quoted. It also goes before apostrophes that stand there already,
    so that ``plain_cell`` gives back what was there.
    """
    if _compiled(_ENDS_CELL).search(text):
        text = _compiled(_INNER).sub(lambda run: f"{run[0]}'" if _compiled(_ENDS_CELL).search(run[0]) else run[0], text)
    return f"'{text}" if _compiled(_FORMULA).match(text) else text


def plain_cell(text: str) -> str:
    """Return what a cell held before it was made safe."""
    text = text[1:] if text.startswith("'") and _compiled(_FORMULA).match(text) else text
    if _compiled(_ENDS_CELL).search(text):
        found = _compiled(_INNER_SAFE)
        text = found.sub(lambda run: run[1] if _compiled(_ENDS_CELL).search(run[1]) else run[0], text)
    return text


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a stored text."""
    return [p for p in text.split("\n\n") if p]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, in order, each in one line. A full stop after a title or an initial ends none."""
    return [text[start:end].replace("\n", " ") for start, end in sentence_spans(text)]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return where the sentences of a text stand, without the spaces around them.

    A line's end ends one, but where the line was broken at a column, as in e-mails: it is long and goes on in a small
    letter.
    """
    ends, abbreviation = _compiled(_SENTENCE_END), _compiled(_ABBREVIATION)
    found = []
    start = 0
    if "\n" in text:
        text = _compiled(_BROKEN, re.MULTILINE).sub(r"\1 ", text)
    for paragraph in text.split("\n"):
        begin = at = start
        for end in ends.finditer(paragraph):
            # Only the last word tells; to look at more would take longer with every full stop that ends nothing.
            last = paragraph[max(end.end() - _LONGEST_END, begin - start) : end.end()].strip()
            if not abbreviation.search(last):
                found.append((begin, start + end.end()))
                begin = start + end.end()
        at = start + len(paragraph)
        found.append((begin, at))
        start = at + 1
    return [(a, b) for a, b in (_stripped(text, *span) for span in found) if a < b]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    inner = piece.strip()
    start += len(piece) - len(piece.lstrip())
    return start, start + len(inner)


_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"'})


def fold(text: str) -> str:
    """Return text without case or accents and with straight quotes, for comparing what people typed."""
    if text.isascii():
        return text.casefold()
    flat = unicodedata.normalize("NFKD", text.translate(_STRAIGHT))
    return "".join(c for c in flat if not unicodedata.combining(c)).casefold()


def shorten(text: str, width: int) -> str:
    """Return at most ``width`` characters of one line, cut at a word where there is one."""
    line = " ".join(text.split())
    if len(line) <= width:
        return line
    cut = line[: max(width - 1, 0)]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > width // 2 else cut).rstrip(" ,;:–-") + "…"
