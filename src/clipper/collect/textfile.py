"""A plain text of an article to its facts: what its own lines state, and nothing that they do not.

The lines at the top are read (``clipper.collect.statements``), and a last line that names outlet and date. The
title is the first line that reads like a heading, or the one over the byline. A text with several headings of the
form *Title (Outlet: 15 June 2015)* is a page of clippings: its first item's title, outlet and date are not the
page's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from clipper.collect.facts import SILENT, Facts, hear
from clipper.collect.statements import HEADING, is_notice, is_unread_date, item_heading, named_and_dated, read_line
from clipper.errors import Refused
from clipper.text import clean_line, clean_text, paragraphs

EXTRACTOR = "clipper text 1"

_TOP = 12  # paragraphs in which the lines about the article are looked for
_CLIPPINGS = 2  # headings with outlet and date that make a page of clippings

_UNDERLINE = re.compile(r"\n[=~-]{3,}(?=\n|$)")
_FURNITURE = re.compile(
    r"^(?:this site is (?:intended )?for\b.*|skip to (?:main )?(?:content|navigation)|(?:sign|log) ?in.*|subscribe\b.*|"
    r"register\b.*|menu|home|advertisement|share(?: this.*)?|print|email|we use cookies.*|.*\bcookies\b.*|"
    r"read (?:my|the|our) .{0,40}»|back to .*)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class TextArticle:
    """What a text holds. ``left_out`` are the paragraphs over the title that are not part of the article."""

    text: str
    facts: Facts
    left_out: tuple[str, ...] = ()


def decode_text(raw: bytes) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with its mark.

    Raises Refused with the place of the fault.
    """
    try:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            return raw.decode("utf-16")
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Refused(
            f"not UTF-8 (byte 0x{raw[error.start]:02X} in line {line}); "
            "convert it first, for example: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEWFILE"
        ) from None
    if "\x00" in text:
        raise Refused("not a text file (it holds NUL bytes)")
    return text


def read_text(raw: bytes) -> TextArticle:
    """Return the article that a text file holds. Raises Refused for one without text."""
    text = clean_text(decode_text(raw))
    parts = paragraphs(_UNDERLINE.sub("", text))
    if not parts:
        raise Refused("an empty file")
    if sum(1 for p in parts if item_heading(p)) >= _CLIPPINGS:
        return TextArticle(text, SILENT)
    if len(parts) == 1:  # nobody left a line blank: each line stands for itself
        parts = parts[0].split("\n")
    parts = [line for p in parts[:_TOP] for line in _header_lines(p)] + parts[_TOP:]
    top = [clean_line(p) for p in parts[:_TOP]]

    facts, said, byline, filing = _stated(top)
    title_at = None if facts.title else _title_line(top, said, byline, filing)
    start = 0 if title_at is None else title_at + 1
    if title_at is not None:
        facts = hear(facts, item_heading(top[title_at]) or Facts(title=top[title_at].lstrip("# ")))
    body = [p for i, p in enumerate(parts[start:], start) if i not in said]
    if len(body) > 1 and not facts.published and (noted := named_and_dated(clean_line(body[-1]))):
        facts = hear(facts, noted)  # as people note it under what they copied
        body.pop()
    notices = [i for i in said if is_notice(top[i])]
    if notices and start and min(notices) == start + 1 and not facts.excerpt:
        facts = replace(facts, excerpt=top[start])  # the standfirst, over the notice that it is a release
    if not body:  # nothing but a heading: the heading is the text
        body = parts[title_at or 0 :]
    left_out = tuple(p for i, p in enumerate(parts[: title_at or 0]) if i not in said)
    return TextArticle("\n\n".join(body), facts, left_out)


def _header_lines(paragraph: str) -> list[str]:
    """Return the lines of a paragraph that is a list of statements (*Author: …* under *Title: …*), or it whole."""
    lines = paragraph.split("\n")
    stated = sum(1 for line in lines if read_line(clean_line(line), first=False))
    return lines if len(lines) > 1 and stated >= len(lines) - 1 and max(map(len, lines)) <= HEADING else [paragraph]


def _stated(top: list[str]) -> tuple[Facts, set[int], int | None, bool]:
    """Return what the lines at the top state, which lines those are, the line of the byline, and whether that files."""
    facts = SILENT
    said: set[int] = set()
    byline: int | None = None
    filing = False
    for i, line in enumerate(top):
        statement = read_line(line, first=i == 0)
        if statement is None or (statement.byline and byline is not None):
            continue
        facts = hear(facts, statement.facts)
        said.add(i)
        if statement.byline:
            byline, filing = i, statement.filing
    return facts, said, byline, filing


def _title_line(top: list[str], said: set[int], byline: int | None, filing: bool) -> int | None:
    """Return which line is the title: right over a filing line, the first heading over a byline, or the first line."""
    end = byline if byline is not None else len(top)
    headings = [i for i, line in enumerate(top[:end]) if i not in said and _reads_like_heading(line)]
    if byline is not None and headings:
        return headings[-1] if filing else headings[0]
    aside = {i for i, line in enumerate(top) if i in said or _FURNITURE.match(line) or is_unread_date(line)}
    first = next((i for i in range(len(top)) if i not in aside), None)
    return first if first is not None and _reads_like_heading(top[first]) else None


def _reads_like_heading(line: str) -> bool:
    if len(line) > HEADING or _FURNITURE.match(line) or is_unread_date(line):
        return False
    return not re.search(r"[.;,:]$|\.[\"”’)]$", line)
