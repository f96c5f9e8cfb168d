"""Exports of Factiva to articles. Pure.

An article is headline, byline, *512 words*, date, paper, its code, page, language, copyright, text, and a last line
*Document FENECH0020141107eab70001a*.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from clipper.collect import names
from clipper.collect.facts import Facts
from clipper.collect.intake.exportheads import Block, language_of, plain_blocks, stated_day
from clipper.collect.intake.printed import Joiner, Line
from clipper.collect.pieces import Piece
from clipper.text import clean_text

_END = re.compile(r"(?:Document|Dokument) (?=[A-Za-z]*\d)[A-Za-z0-9]{16,40}")
_WORDS = re.compile(r"(?P<words>\d{1,3}(?:,\d{3})+|\d{1,6}) words", re.IGNORECASE)
_FURNITURE = re.compile(r"(?:page \d{1,6} of \d{1,6}\s*)?(?:©|\(c\)) ?\d{4} factiva, inc\..*", re.IGNORECASE)
_RIGHTS = re.compile(r"(?:copyright\b|©|\(c\)).{0,12}\d{4}.*|all material copyright.*", re.IGNORECASE)
_HOUR = re.compile(r"\d{1,2}[:.]\d{2}(?: ?[ap]m)?(?: gmt| bst)?", re.IGNORECASE)
_CODE = re.compile(r"[A-Z0-9]{2,12}")
_BYLINE = re.compile(r"by\s+\S.{1,150}", re.IGNORECASE)
_PERSON = re.compile(r"[^\W\d_][\w.'’-]*(?:\s+[^\W\d_][\w.'’-]*){1,3}")
_SUMMARY = re.compile(r"search summary|.*\bfactiva\b.*", re.IGNORECASE)
_FIELDS = 10  # lines between an article's length and its text
_SHORT = 60  # characters of such a line
_OVER = 6  # lines over an article's length, beyond which a list of contents is looked for


def is_factiva(texts: Sequence[str]) -> bool:
    """Whether lines are those of an export of Factiva: they end articles and state lengths as it does."""
    ended = any(_END.fullmatch(text) for text in texts)
    return ended and any(_WORDS.fullmatch(text) for text in texts)


def read_articles(lines: Sequence[Line], joiner: Joiner, extractor: str) -> tuple[list[tuple[Piece, int]], list[str]]:
    """Return the articles, each with the number of words that it states (0: none), and notes for the user."""
    kept = [line for line in lines if not line.repeated and not _FURNITURE.fullmatch(line.text)]
    found: list[tuple[Piece, int]] = []
    start = 0
    for at, line in enumerate(kept):
        if _END.fullmatch(line.text):
            if at > start:
                found.append(_article(kept[start:at], joiner, extractor, len(found) + 1))
            start = at + 1
    rest = kept[start:]
    notes: list[str] = []
    if any(_WORDS.fullmatch(line.text) for line in rest):
        found.append(_article(rest, joiner, extractor, len(found) + 1))
        notes.append(f"{len(found)} articles, but {len(found) - 1} last lines 'Document …'")
    elif rest and not any(_SUMMARY.fullmatch(line.text) for line in rest[:3]):
        notes.append(f"{len(rest)} lines after the last line 'Document …' belong to no article")
    return found, notes


def _article(lines: Sequence[Line], joiner: Joiner, extractor: str, number: int) -> tuple[Piece, int]:
    at = next((i for i, line in enumerate(lines) if _WORDS.fullmatch(line.text)), None)
    over = [] if at is None else _over(lines, at, first=number == 1)
    title, authors, section = _named(plain_blocks(over, joiner))
    published = outlet = language = None
    body = 0 if at is None else at + 1
    rights = next(
        (i for i in range(body, min(body + _FIELDS, len(lines))) if at and _RIGHTS.match(lines[i].text)), None
    )
    while at is not None and body < (len(lines) if rights is None else rights):
        text = lines[body].text
        if day := stated_day(text):
            published = published or day
        elif code := language_of(text):
            language = code
        elif len(text) > _SHORT or text.endswith((".", "!", "?")):
            break  # the text itself
        elif outlet is None and not _HOUR.fullmatch(text):
            outlet = text
        elif rights is None and not (_HOUR.fullmatch(text) or _CODE.fullmatch(text)):
            break
        body += 1
    if body == rights:
        body += 1
        while body < len(lines) and not lines[body].begins:
            body += 1
    page = (over or lines)[0].page
    text = clean_text("\n\n".join(block.text for block in plain_blocks(lines[body:], joiner)))
    facts = Facts(
        title=title,
        outlet=outlet,
        authors=authors,
        published=published,
        language=language,
        categories=(section,) if section else (),
    )
    stated = _WORDS.fullmatch(lines[at].text) if at is not None else None
    piece = Piece(
        facts=facts,
        text=text or title or "(no text)",
        extractor=extractor,
        partial=not text,
        place=f"article {number}, page {page}" if page else f"article {number}",
    )
    return piece, int(stated["words"].replace(",", "")) if stated else 0


def _over(lines: Sequence[Line], at: int, *, first: bool) -> Sequence[Line]:
    """Return the lines of an article over its length, without the list of contents that opens a file."""
    over = lines[:at]
    if len(over) <= _OVER or not first:
        return over
    large = next((i for i in range(at - 1, -1, -1) if lines[i].heading), None)
    if large is not None:
        while large and lines[large - 1].heading and lines[large - 1].page == lines[large].page:
            large -= 1
        before = large - 1 if large and lines[large - 1].page == lines[large].page else large  # the section
        return over[before if lines[large].page else large :]
    return [line for line in over if line.page and line.page == lines[at].page] or over[-3:]


def _is_byline(text: str) -> bool:
    if text.endswith((".", "!", "?")):
        return False
    return _BYLINE.fullmatch(text) is not None or _PERSON.fullmatch(text) is not None


def _named(blocks: Sequence[Block]) -> tuple[str | None, tuple[str, ...], str | None]:
    """Return headline, authors, and the section that stood over the headline."""
    texts = [block.text for block in blocks]
    authors: tuple[str, ...] = ()
    if len(texts) > 1 and not blocks[-1].heading and _is_byline(texts[-1]):
        authors = names.authors([texts.pop()])
    large = [block.text for block in blocks[: len(texts)] if block.heading]
    if large:
        others = [block.text for block in blocks[: len(texts)] if not block.heading]
        return " ".join(large), authors, others[0] if others and len(others[0]) <= _SHORT else None
    if len(texts) > 1 and len(texts[0]) <= _SHORT // 2:
        return " ".join(texts[1:]), authors, texts[0]
    return " ".join(texts) or None, authors, None
