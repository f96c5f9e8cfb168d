"""A plain text of an article to its facts: what its own lines state, and nothing that they do not.

The lines at the top are read (``clipper.collect.statements``), and the last ones. The title is the first line that
reads like a heading, or the one over the byline. What a page's buttons and notices left in the text is left out of it
and reported (``clipper.collect.pasted``). A text with several headings of the form *Title (Outlet: 15 June 2015)* is a
page of clippings: its first item's title, outlet and date are not the page's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import islice, pairwise

from clipper.collect import frontmatter, pasted
from clipper.collect.facts import Facts, hear
from clipper.collect.outlets import is_known
from clipper.collect.statements import (
    HEADING,
    Statement,
    is_date,
    is_notice,
    is_unread_date,
    item_heading,
    named_and_dated,
    outlet_in,
    people_in,
    read_last_line,
    read_line,
    read_role,
)
from clipper.collect.wrapped import unwrapped
from clipper.errors import Refused
from clipper.text import clean_line, clean_text, fold, paragraphs

EXTRACTOR = "clipper text 2"

_TOP = 16  # paragraphs in which the lines about the article are looked for
_LAST = 20  # paragraphs in which they are looked for under the text
_LOOKED_AT = 300  # paragraphs at either end in which a page's furniture is looked for
_CLIPPINGS = 2  # headings with outlet and date that make a page of clippings
_STANDFIRST = 400  # characters
_MOST_PROSE = 2  # paragraphs of the text after which no line speaks for the article any more

_UNDERLINE = re.compile(r"\n[=~-]{3,}(?=\n|$)")
_RULE = re.compile(r"[=~_*-]{3,}")
_MAIL = re.compile(
    r"(?P<key>from|sent|to|cc|bcc|subject|date|reply-to|importance|attachments?)\s*:\s*(?P<value>.*)", re.IGNORECASE
)
_SENT_ON = re.compile(r"^\s*(?:re|fwd?|aw|wg)\s*:", re.IGNORECASE)
_GREETING = re.compile(r"(?:dear|hi|hello|hey|hallo|good (?:morning|afternoon|evening)|greetings|all)\b", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"]{4,}", re.IGNORECASE)


@dataclass(frozen=True)
class TextArticle:
    """What a text holds.

    ``stated`` are the lines that its facts are taken from, ``left_out`` those that are no part of the article: what
    stood over the title, notices and buttons of a page, lists of other articles.
    """

    text: str
    facts: Facts
    left_out: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()


class _Role(Enum):
    TEXT = 0
    STATED = 1
    ASIDE = 2


@dataclass
class _Sheet:
    """The paragraphs of a text, the role that each one has, and the facts that are known so far."""

    parts: list[str]
    facts: Facts
    lines: list[str] = field(init=False)  # each paragraph as one line; empty for one that is not looked at
    roles: list[_Role] = field(init=False)
    byline: int | None = None
    filing: bool = False

    def __post_init__(self) -> None:
        last = len(self.parts) - _LOOKED_AT
        self.lines = [
            clean_line(part) if len(part) <= 2 * HEADING and (i < _LOOKED_AT or i >= last) else ""
            for i, part in enumerate(self.parts)
        ]
        self.roles = [_Role.TEXT] * len(self.parts)

    def of(self, role: _Role) -> tuple[str, ...]:
        return tuple(part for part, its in zip(self.parts, self.roles, strict=True) if its is role)

    def is_text(self, i: int) -> bool:
        return self.roles[i] is _Role.TEXT

    def is_prose(self, i: int) -> bool:
        return not _reads_like_heading(self.lines[i])

    def state(self, i: int, facts: Facts) -> None:
        self.facts = hear(self.facts, facts)
        self.roles[i] = _Role.STATED


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


def read_text(raw: bytes, subject: str | None = None) -> TextArticle:
    """Return the article that a text holds, or an e-mail with this subject. Raises Refused for one without text."""
    front = frontmatter.split(decode_text(raw))
    text = unwrapped(clean_text(front.text))
    parts = paragraphs(text)
    if not parts:
        raise Refused("a head without a text under it" if front.stated else "an empty file")
    if len(list(islice(filter(item_heading, parts), _CLIPPINGS))) == _CLIPPINGS:
        return TextArticle(text, front.facts, front.left_out, front.stated)
    if len(parts) == 1:  # nobody left a line blank: each line stands for itself
        parts = parts[0].split("\n")
    parts = [line for i, p in enumerate(parts[:_TOP]) for line in _header_lines(p, i)] + parts[_TOP:]
    if len(parts) > 2:
        parts = parts[:-1] + _header_lines(parts[-1], len(parts))
    sheet = _Sheet(parts, front.facts)
    if subject:
        _hear_subject(sheet, subject)
    start = _read_mail(sheet)
    _leave_out_lists(sheet, start + 1)
    _read_top(sheet, start)
    title_at = _read_title(sheet, start)
    _read_end(sheet, 0 if title_at is None else title_at + 1)
    for i, line in enumerate(sheet.lines):
        if sheet.is_text(i) and pasted.is_sure(line):
            sheet.roles[i] = _Role.ASIDE
    if title_at is not None:
        _read_standfirst(sheet, title_at)
    if not sheet.of(_Role.TEXT):  # nothing but a heading: the heading is the text
        for i in range(title_at or 0, len(parts)):
            sheet.roles[i] = _Role.TEXT
    return TextArticle(
        "\n\n".join(sheet.of(_Role.TEXT)),
        sheet.facts,
        (*front.left_out, *sheet.of(_Role.ASIDE)),
        (*front.stated, *sheet.of(_Role.STATED)),
    )


def _hear_subject(sheet: _Sheet, subject: str) -> None:
    """Take the subject of an e-mail for the title. What was sent on may have its own headline, but for a greeting."""
    title = _without_prefixes(subject)
    first = next((line for line in sheet.lines if line), "")
    if title and (title == subject or not _reads_like_heading(first) or _GREETING.match(first)):
        sheet.facts = hear(sheet.facts, Facts(title=title))


def _without_prefixes(subject: str) -> str:
    """Return a subject without *Re:*, *Fwd:* and the like."""
    while cut := _SENT_ON.match(subject):
        subject = subject[cut.end() :].strip()
    return subject


def _header_lines(paragraph: str, place: int) -> list[str]:
    """Return the lines of a paragraph that is a list of statements (*Author: …* under *Title: …*), or it whole."""
    if "\n" not in paragraph or len(paragraph) > 4000:
        return [paragraph]
    lines = paragraph.split("\n")
    if max(map(len, lines)) > HEADING or _is_underlined(paragraph):
        return [paragraph]
    clean = [clean_line(line) for line in lines]
    known = sum(1 for line in clean if read_line(line, first=False) or pasted.is_around(line) or _MAIL.fullmatch(line))
    return lines if known >= len(lines) - 1 or (place < 3 and known > 1) else [paragraph]


def _is_underlined(paragraph: str) -> bool:
    return len(paragraph) <= 2 * HEADING and paragraph.count("\n") == 1 and bool(_UNDERLINE.search(paragraph))


def _read_mail(sheet: _Sheet) -> int:
    """Read the lines that a mail begins with; return where the text begins.

    Its subject is the title only where the text has none of its own. It was sent on the day that it names, which is
    the article's when nobody sent it on.
    """
    found: dict[str, tuple[int, str]] = {}
    end = 0
    for i, line in enumerate(sheet.lines[:_TOP]):
        head = _MAIL.fullmatch(line)
        if head:
            found.setdefault(head["key"].lower(), (i, head["value"].strip()))
            end = i + 1
        elif not pasted.is_around(line):
            break
    if len(found) < 2 or not {"from", "subject", "sent"} & set(found):
        return 0
    for i in range(end):
        sheet.roles[i] = _Role.ASIDE
    if "subject" in found:
        i, subject = found["subject"]
        title = _without_prefixes(subject)
        sent = found.get("sent") or found.get("date")
        statement = read_line(f"Date: {sent[1]}", first=False) if sent and title == subject else None
        if sent and statement and statement.facts.published:
            sheet.state(sent[0], statement.facts)
        below = (line for line in sheet.lines[end : end + _TOP] if not read_line(line, first=False))
        if title and not _reads_like_heading(next((line for line in below if not pasted.is_around(line)), "")):
            sheet.state(i, Facts(title=title))
    return end


def _read_top(sheet: _Sheet, start: int) -> None:
    """Give the lines over the text their roles: those that state something, those that a page left there."""
    prose = 0
    diary = _is_diary(sheet)
    for i in range(start, min(len(sheet.lines), _TOP + start)):
        line = sheet.lines[i]
        statement = read_line(line, first=False) if line else None
        if statement and _is_believed(sheet, i, statement, prose, diary=diary):
            sheet.facts = hear(sheet.facts, statement.facts)
            sheet.roles[i] = _Role.ASIDE if statement.aside else _Role.STATED
            if statement.byline:
                sheet.byline, sheet.filing = i, statement.filing
        elif sheet.byline == i - 1 and (role := read_role(line)):
            sheet.state(i, role)
        elif i > start and prose == 0 and _is_outlet(sheet, i):
            sheet.state(i, Facts(outlet=line))
        elif sheet.byline is None and i > start and prose < _MOST_PROSE and (people := _people(sheet, i)):
            sheet.state(i, Facts(authors=people))
            sheet.byline = i
        elif (prose <= 1 and pasted.is_around(line)) or (prose == 0 and pasted.is_for_editors(line)):
            sheet.roles[i] = _Role.ASIDE
        elif prose <= 1 and _RULE.fullmatch(line):
            sheet.roles[i] = _Role.STATED  # the mark of a heading
        elif sheet.is_prose(i):
            prose += 1


def _people(sheet: _Sheet, i: int) -> tuple[str, ...]:
    """Return the people whom a line names alone, where the line beside it shows that they wrote: a date, a role."""
    below = sheet.lines[i + 1] if i + 1 < len(sheet.lines) else ""
    dated = is_date(below) or (not sheet.is_text(i - 1) and is_date(sheet.lines[i - 1]))
    shown = dated or below.startswith("@") or read_role(below)
    return people_in(sheet.lines[i]) if shown else ()


def _is_outlet(sheet: _Sheet, i: int) -> bool:
    """Whether a line under the title names a known outlet, and a date or a byline stands beside it."""
    below = sheet.lines[i + 1] if i + 1 < len(sheet.lines) else ""
    beside = is_date(below) or read_line(below, first=True) or sheet.roles[i - 1] is _Role.STATED
    return not sheet.facts.outlet and is_known(sheet.lines[i]) and bool(beside)


def _is_believed(sheet: _Sheet, i: int, statement: Statement, prose: int, *, diary: bool) -> bool:
    """Whether a line at the top speaks for the article: the further down, the more it has to say of itself."""
    if statement.byline and sheet.byline is not None:
        return False
    if statement.filing:
        return prose <= 2 * _MOST_PROSE
    named = statement.facts.outlet or statement.facts.title or statement.facts.url
    if not statement.bare:
        return prose == 0 if named and not statement.byline else prose <= _MOST_PROSE
    if diary and is_date(sheet.lines[i]):
        return False
    again = bool(statement.facts.published and sheet.facts.published)
    return prose < _MOST_PROSE and (not again or (i > 0 and not sheet.is_text(i - 1)))


def _is_diary(sheet: _Sheet) -> bool:
    """Whether the text is cut up by dates: then none of them is the day on which it was published."""
    days = [(i, day) for i, line in enumerate(sheet.lines) if line and sheet.is_text(i) and (day := is_date(line))]
    apart = sum(1 for (a, _), (b, _) in pairwise(days) if b > a + 1)
    return len({day for _, day in days}) > 1 and apart > 0


def _read_title(sheet: _Sheet, start: int) -> int | None:
    """Find the title and what stands over it; return where the title stands."""
    top = range(start, min(len(sheet.lines), _TOP + start))
    if sheet.facts.title:
        wanted = fold(sheet.facts.title)
        for i in top:
            if sheet.is_text(i) and fold(_unmarked(sheet.lines[i])) == wanted:
                sheet.roles[i] = _Role.STATED
                return i
            if sheet.is_text(i) and sheet.is_prose(i):
                break
        return None
    _read_kickers(sheet, top)
    title_at = _title_line(sheet, top)
    if title_at is None:
        return None
    line = sheet.lines[title_at]
    if _is_underlined(sheet.parts[title_at]):
        line = clean_line(sheet.parts[title_at].partition("\n")[0])
    sheet.state(title_at, item_heading(line) or Facts(title=_unmarked(line)))
    for i in range(start, title_at):
        # Over a title that the filing line names, a blog's own matter stands; elsewhere prose may be the article's.
        if sheet.is_text(i) and (sheet.filing or not sheet.is_prose(i) or is_unread_date(sheet.lines[i])):
            sheet.roles[i] = _Role.ASIDE
    return title_at


def _unmarked(line: str) -> str:
    """Return a heading without Markdown's marks."""
    line = line.lstrip("# ")
    return line[2:-2].strip() if len(line) > 4 and line[:2] == line[-2:] == "**" else line


def _read_kickers(sheet: _Sheet, top: range) -> None:
    """Read an outlet or a department that stands alone over the headline."""
    for i in top:
        if not sheet.is_text(i):
            continue
        line = sheet.lines[i]
        others = [j for j in top if j > i and sheet.is_text(j)]
        follows = bool(others) and _reads_like_heading(sheet.lines[others[0]]) and len(others) > 1
        if not follows or not line or len(sheet.lines[others[0]].split()) < 3:
            return
        if pasted.is_section(line):
            sheet.roles[i] = _Role.ASIDE
        elif not sheet.facts.outlet and (outlet := outlet_in(line)):
            sheet.state(i, Facts(outlet=outlet))
        else:
            return


def _title_line(sheet: _Sheet, top: range) -> int | None:
    """Return which line is the title: right over a filing line, the first heading over a byline, or the first line."""
    end = sheet.byline if sheet.byline is not None else len(sheet.lines)
    free = [i for i in top if sheet.is_text(i) and not is_unread_date(sheet.lines[i])]
    marked = next((i for i in free if re.match(r"# \S", sheet.lines[i])), None)
    if marked is not None and not any(sheet.is_prose(i) for i in free if i < marked):
        return marked
    headings = [i for i in free if i < end and not sheet.is_prose(i)]
    if sheet.byline is not None and headings:
        return headings[-1] if sheet.filing else headings[0]
    return free[0] if free and not sheet.is_prose(free[0]) else None


def _read_standfirst(sheet: _Sheet, title_at: int) -> None:
    """Take the one paragraph between the title and the lines about the article for its excerpt, and keep it."""
    below = title_at + 1
    if sheet.facts.excerpt or below + 1 >= len(sheet.parts) or not sheet.is_text(below):
        return
    signed = is_notice(sheet.lines[below + 1]) or sheet.byline == below + 1
    if signed and sheet.roles[below + 1] is not _Role.TEXT and len(sheet.parts[below]) <= _STANDFIRST:
        sheet.facts = replace(sheet.facts, excerpt=clean_line(sheet.parts[below]))


def _read_end(sheet: _Sheet, start: int) -> None:
    """Give the lines under the text their roles."""
    left = sum(1 for i in range(start, len(sheet.parts)) if sheet.is_text(i))
    last = True
    for i in range(len(sheet.parts) - 1, max(start, len(sheet.parts) - _LAST) - 1, -1):
        line = sheet.lines[i]
        if not sheet.is_text(i):
            continue
        if left == 1:
            return
        statement = read_last_line(line) if line else None
        noted = named_and_dated(line) if last else None
        if statement and (not statement.bare or (noted and not sheet.facts.published)):
            sheet.facts = hear(sheet.facts, statement.facts)
            sheet.roles[i] = _Role.ASIDE if statement.aside else _Role.STATED
        elif _URL.fullmatch(line) and not sheet.facts.url and _names_one_page(sheet, line):
            sheet.state(i, Facts(url=line))
        elif pasted.is_around(line):
            sheet.roles[i] = _Role.ASIDE
        else:
            return
        last = False
        left -= 1


def _names_one_page(sheet: _Sheet, url: str) -> bool:
    """Whether the one address in a text is that of a page: where others are, it may be another's."""
    seen = sum(len(_URL.findall(part)) for part in sheet.parts)
    return seen == 1 and re.fullmatch(r"https?://[^/?#]+/?", url) is None


def _leave_out_lists(sheet: _Sheet, start: int) -> None:
    """Leave out the headlines of other articles, and readers' comments, that follow the text to its end."""
    first = max(start + 1, len(sheet.parts) - 3 * _LAST)
    for i in range(first, len(sheet.parts)):
        line = sheet.lines[i]
        if not sheet.is_text(i) or not line:
            continue
        after = [j for j in range(i + 1, len(sheet.parts)) if sheet.is_text(j)]
        if pasted.begins_others(line):
            others = all(not sheet.is_prose(j) or pasted.is_around(sheet.lines[j]) for j in after)
        else:
            others = pasted.begins_comments(line) and any(pasted.is_comment(sheet.parts[j]) for j in after[:4])
        if others:
            for j in (i, *after):
                statement = None if pasted.begins_comments(line) else read_last_line(sheet.lines[j])
                if statement is None or statement.bare:
                    sheet.roles[j] = _Role.ASIDE
            return


def _reads_like_heading(line: str) -> bool:
    if not line or len(line) > HEADING or is_unread_date(line):
        return False
    return not re.search(r"[.;,:]$|\.[\"”’)]$", line)
