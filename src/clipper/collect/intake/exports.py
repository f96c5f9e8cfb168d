"""What newspaper databases hand out, many articles in one document, to pieces; and other documents to one. Pure.

Two layouts of LexisNexis are read, and that of Factiva (``factiva``). Nexis Uni and Lexis+ set a cover before the
articles, each of which is headline, publication, date, *Section:*, *Length:*, *Byline:*, *Body*, text,
*Classification* and *End of Document*. LexisNexis of old set *3 of 250 DOCUMENTS* over each article, then
publication, date, headline, *BYLINE:*, *SECTION:*, *LENGTH:*, text, *LOAD-DATE:* and a copyright. What is counted is
compared with what the file announces, and said where it differs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from clipper.collect.facts import SILENT, Facts, hear
from clipper.collect.intake.exportheads import (
    Block,
    field,
    is_copyright,
    is_notice,
    is_strong,
    is_tail,
    language_of,
    plain_blocks,
    read_head,
    split_head,
    stated_day,
    words_stated,
)
from clipper.collect.intake.factiva import is_factiva, read_articles
from clipper.collect.intake.printed import Document, Joiner, Line, is_page_number
from clipper.collect.pieces import Batch, Piece
from clipper.collect.statements import HEADING, read_line
from clipper.errors import Refused
from clipper.text import clean_line, clean_text, fold

EXPORT = "clipper export 1"
DOCUMENT = "clipper document 1"

_END = re.compile(r"(?:end of document|ende des dokuments|fin du document)\.?", re.IGNORECASE)
_START = re.compile(
    r"(?P<n>\d{1,6}) of (?P<of>\d{1,6}) DOCUMENTS?|(?:Document|Dokument) (?P<n2>\d{1,6}) (?:of|von|de) (?P<of2>\d{1,6})"
)
_COVER = re.compile(
    r"(?:date and time|job number|client/matter|search terms|search type|narrowed by|content type|time of request|"
    r"download request|send to|user name|terms|project id)\s*:?(?:\s.*)?",
    re.IGNORECASE,
)
_ANNOUNCED = re.compile(r"documents? \((?P<of>\d{1,6})\)", re.IGNORECASE)
_FIRST_ITEM = re.compile(r"1\.\s+(?P<title>\S.{5,})")
_ENDED = re.compile(r"[.!?…:][\"'”’)\]]*$")
_NOT_SHOWN = "error in this document and it is not possible to display"
_LONG = 120  # characters of a line that nobody wrapped
_LISTED = 8  # numbers that a note names
_TOP = 6  # paragraphs under the title of a document in which its byline and date are looked for
_CAPTIONS = 12  # paragraphs that the captions of an article's pictures may be
_TITLE = 150  # characters of a first line that may be a title though it is not set as one
_NAMED = 60  # letters of a headline that are compared
_ENOUGH = 12  # letters that two beginnings of a headline have to share


@dataclass(frozen=True)
class _Segment:
    """The lines of one article. ``marked`` tells that its number stood over it."""

    lines: Sequence[Line]
    marked: bool


def is_export(document: Document) -> bool:
    """Whether a document is what a newspaper database hands out."""
    kinds: set[str] = set()
    marks = False
    for line in document.lines:
        text = clean_line(line.text) if len(line.text) < 300 else ""
        if _END.fullmatch(text) or _START.fullmatch(text):
            marks = True
        elif fold(text) in ("body", "classification"):
            kinds.add(fold(text))
        elif words_stated(text):
            kinds.add("length")
        elif is_strong(text):
            kinds.add("load")
        elif found := field(text):
            kinds.add(found[0])
        if marks and len(kinds & _EVIDENCE) >= 2:
            return True
    return ({"length", "load"} <= kinds and bool(kinds & {"body", "section"})) or is_factiva(_texts(document.lines))


_EVIDENCE = frozenset({"body", "byline", "classification", "length", "load", "section"})


def read_export(document: Document) -> Batch:
    """Return the articles of a database's export, with notes on what does not agree.

    Raises Refused for a document in which no article is found.
    """
    lines = _cleaned(document)
    joiner = Joiner(lines)
    if is_factiva(_texts(lines)) and not any(_END.fullmatch(text) for text in _texts(lines)):
        articles, notes = read_articles(lines, joiner, EXPORT)
        return _batch(articles, notes)
    segments, notes = _segments(lines)
    articles = []
    for number, segment in enumerate(segments, 1):
        place = _place(segment.lines[0], f"article {number}")
        if any(_NOT_SHOWN in fold(line.text) for line in segment.lines[:40]):
            notes.append(f"{place}: the database says that it could not show this document")
        else:
            articles.append(_piece(segment, joiner, place))
    return _batch(articles, notes)


def _batch(articles: Sequence[tuple[Piece, int]], notes: Sequence[str]) -> Batch:
    """Return articles with the notes on them: those without a date, and those that lack much of their text."""
    if not articles:
        raise Refused("an export of a newspaper database in which no article is found")
    said = list(notes)
    if undated := [piece for piece, _ in articles if piece.facts.published is None]:
        said.append(f"no date that can be read: {_listed(map(_numbered, undated))}")
    if short := [piece for piece, words in articles if len(piece.text.split()) * 10 < words * 6 - 200]:
        said.append(f"much shorter than the length that it states: {_listed(map(_numbered, short))}")
    return Batch(pieces=tuple(piece for piece, _ in articles), notes=tuple(said))


def read_document(document: Document) -> Batch:
    """Return a document that is no export as one piece.

    Its title is its first heading, else what its metadata say. Raises Refused for a document without text.
    """
    blocks = blocks_of(document)
    title, at = _document_title(blocks, document.title)
    facts = SILENT
    said: set[int] = set() if at is None else {at}
    start = 0 if at is None else at + 1
    for index, block in enumerate(blocks[start : start + _TOP], start):
        statement = read_line(block.text, first=False) if len(block.text) < HEADING else None
        if statement and (statement.facts.authors or statement.facts.published):
            facts = hear(facts, replace(statement.facts, title=None))
            said.add(index)
    body = [block.text for index, block in enumerate(blocks) if index not in said]
    text = clean_text("\n\n".join(body or [title or blocks[0].text]))
    piece = Piece(
        facts=hear(Facts(title=title), facts),
        text=text,
        extractor=DOCUMENT,
        place=_place(document.lines[0], ""),
    )
    return Batch(pieces=(piece,))


def blocks_of(document: Document) -> list[Block]:
    """Return the paragraphs of a document, without running titles and page numbers. Raises Refused where none is."""
    lines = [line for line in _cleaned(document) if not line.repeated and not _is_number(line)]
    blocks = plain_blocks(lines, Joiner(lines))
    if not blocks:
        raise Refused("a document without text")
    return blocks


def text_is_export(text: str) -> bool:
    """Whether a plain text is what a newspaper database hands out."""
    return is_export(_text_document(text))


def read_text_export(text: str) -> Batch:
    """Return the articles of an export that is a plain text. Raises Refused as ``read_export`` does."""
    return read_export(_text_document(text))


def _text_document(text: str) -> Document:
    """Return the lines of a text. Where lines are wrapped, a blank line or an indent begins a paragraph."""
    rows = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n").removeprefix("\ufeff").split("\n")
    filled = [row for row in rows if row.strip()]
    unwrapped = sum(1 for row in filled if len(row) > _LONG) * 20 > len(filled)
    lines: list[Line] = []
    blank, indent = True, 0
    for number, row in enumerate(rows, 1):
        if not row.strip():
            blank = True
            continue
        deep = len(row) - len(row.lstrip())
        begins = blank or unwrapped or deep >= 8 or (deep >= 2 and deep != indent)
        lines.append(Line(row.strip(), begins=begins, number=number))
        blank, indent = False, deep
    return Document(tuple(lines))


def _cleaned(document: Document) -> list[Line]:
    """Return the lines of a document that show anything, each one clean line."""
    return [replace(line, text=text) for line in document.lines if (text := clean_line(line.text))]


def _texts(lines: Sequence[Line]) -> list[str]:
    """Return the clean texts of lines, none for one that is too long to be a mark or a field."""
    return [clean_line(line.text) if len(line.text) < 300 else "" for line in lines]


def _segments(lines: Sequence[Line]) -> tuple[list[_Segment], list[str]]:
    """Return the lines of each article, and notes where the counts do not agree."""
    texts = _texts(lines)
    ends = [i for i, text in enumerate(texts) if _END.fullmatch(text)]
    starts = [(i, match) for i, text in enumerate(texts) if (match := _START.fullmatch(text))]
    found: list[_Segment] = []
    notes: list[str] = []
    if starts and len(starts) >= len(ends):
        heads = [i for i, _ in starts]
        if _has_article(lines[: heads[0]]):
            found.append(_Segment(_from_headline(lines[: heads[0]]), marked=False))
        for start, stop in zip(heads, [*heads[1:], len(lines)], strict=True):
            end = next((i for i in range(start, stop) if _END.fullmatch(texts[i])), stop)
            found.append(_Segment(lines[start + 1 : end], marked=True))
    else:
        for start, stop in zip([0, *(i + 1 for i in ends)], ends, strict=False):
            found.append(_Segment(_from_headline(lines[start:stop]), marked=False))
        rest = lines[ends[-1] + 1 if ends else 0 :]
        if _has_article(rest):
            found.append(_Segment(_from_headline(rest), marked=False))
        elif left := [line for line in rest if not line.repeated and not is_page_number(line.text)]:
            notes.append(f"{len(left)} lines after the last mark 'End of Document' belong to no article")
    marked = any(segment.marked for segment in found)
    found = [segment for segment in found if segment.lines]
    if not marked and len(ends) != len(found):
        notes.append(f"{_articles(len(found))}, but {len(ends)} marks 'End of Document'")
    lengths = sum(1 for text in texts if words_stated(text))
    if lengths > len(found):
        notes.append(f"{lengths} lengths are stated, but {_articles(len(found))} found: a mark may be missing")
    numbers = [int(m["n"] or m["n2"]) for _, m in starts] if marked else []
    announced = _announced(texts, [(int(m["n"] or m["n2"]), int(m["of"] or m["of2"])) for _, m in starts])
    if announced and announced != len(found):
        notes.append(f"the file announces {_articles(announced)} and holds {len(found)}")
    if missing := _missing(numbers):
        notes.append(f"numbers that are missing: {_listed(missing)}")
    return found, notes


def _missing(numbers: Sequence[int]) -> list[int]:
    """Return the numbers that are left out in a count, as far as anybody wants to read of them."""
    found: list[int] = []
    for before, number in pairwise(sorted(set(numbers))):
        found.extend(range(before + 1, min(number, before + 1000)))
    return found


def _announced(texts: Sequence[str], numbered: Sequence[tuple[int, int]]) -> int | None:
    """Return how many articles the file says that it holds; where counting begins anew, another file was added."""
    if numbered:
        return sum(of for at, (number, of) in enumerate(numbered) if at == 0 or number == 1)
    return next((int(m["of"]) for text in texts[:200] if (m := _ANNOUNCED.fullmatch(text))), None)


def _has_article(lines: Sequence[Line]) -> bool:
    """Whether lines hold an article: they state its length, or where its text begins, or two other fields."""
    kinds = {found[0] for line in lines if (found := field(line.text))}
    return _anchor(lines) is not None or len(kinds & {"byline", "section", "load-date"}) >= 2


def _anchor(lines: Sequence[Line]) -> int | None:
    """Return the first line that states an article's length or where its text begins."""
    for index, line in enumerate(lines):
        text = line.text if len(line.text) < 300 else ""
        if fold(text) == "body" or words_stated(text):
            return index
    return None


def _from_headline(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines of an article without the cover that stands before its headline."""
    lines = [line for line in lines if not _is_number(line)]
    first = next((i for i, line in enumerate(lines) if not line.repeated), 0)
    lines = lines[first:]  # a headline stands on one page only: what is on many is the page's own
    anchor = _anchor(lines)
    if anchor is None:
        return lines
    texts = [line.text for line in lines[:anchor]]
    cover = [i for i, text in enumerate(texts) if _COVER.fullmatch(text) or _ANNOUNCED.fullmatch(text)]
    if not cover:
        return lines
    after = cover[-1] + 1
    headline = _large(lines, after, anchor)
    if headline is None:
        headline = _listed_first(texts, after)
    if headline is None:
        headline = _over_date(lines, texts, after, anchor)
    return lines[headline:]


def _large(lines: Sequence[Line], after: int, anchor: int) -> int | None:
    """Return where the last headings before the anchor begin: they are on one page."""
    at = next((i for i in range(anchor - 1, after - 1, -1) if _is_headline(lines[i])), None)
    while at is not None and at > after and _is_headline(lines[at - 1]) and lines[at - 1].page == lines[at].page:
        at -= 1
    return at


def _is_headline(line: Line) -> bool:
    return line.heading and not line.repeated and field(line.text) is None


def _listed_first(texts: Sequence[str], after: int) -> int | None:
    """Return where the headline stands that the cover's list names first."""
    items = [found["title"] for text in texts[:after] if (found := _FIRST_ITEM.fullmatch(text))]
    if not items:
        return None
    title = _letters(items[0])[:_NAMED]
    for index in range(after, len(texts)):
        line = _letters(texts[index])[:_NAMED]
        if (
            line
            and min(len(line), len(title)) >= min(_ENOUGH, len(title))
            and (title.startswith(line) or line.startswith(title))
        ):
            return index
    return None


def _over_date(lines: Sequence[Line], texts: Sequence[str], after: int, anchor: int) -> int:
    """Return where the headline begins by its place: over the publication, which stands over the date."""
    at = next((i for i in range(anchor - 1, after - 1, -1) if stated_day(texts[i])), anchor)
    for _ in range(2):  # the publication, and the headline over it
        at -= 1
        while at > after and not lines[at].begins:
            at -= 1
    return max(at, after)


def _piece(segment: _Segment, joiner: Joiner, place: str) -> tuple[Piece, int]:
    """Return an article, and how many words it states that it has (0: none)."""
    lines = _without_furniture(segment.lines, None, marked=segment.marked)
    head_blocks, body_blocks = split_head(_blocks(lines, joiner), marked=segment.marked)
    head = read_head(head_blocks, marked=segment.marked)
    if head.facts.title and any(line.edge for line in lines):
        shorter = _without_furniture(lines, head.facts.title, marked=segment.marked)
        if len(shorter) < len(lines):
            _, body_blocks = split_head(_blocks(shorter, joiner), marked=segment.marked)
    body, tail = _split_tail(body_blocks, marked=segment.marked)
    facts = hear(head.facts, tail)
    text = clean_text("\n\n".join([*head.lead, *body]))
    partial = not text
    text = text or facts.excerpt or facts.title or "(no text)"
    return Piece(facts=facts, text=text, extractor=EXPORT, partial=partial, place=place), head.words or 0


def _without_furniture(lines: Sequence[Line], title: str | None, *, marked: bool) -> list[Line]:
    """Return the lines of an article without page numbers and running titles.

    Where its headline is known, lines that repeat it at the edge of later pages are left out.
    """
    kept: list[Line] = []
    named = _letters(title or "")
    anchored = dropped = False
    for line in lines[_running(lines) if not marked else 0 :]:
        text = line.text
        later = anchored or (bool(kept) and line.page != kept[0].page)
        again = line.edge and later and len(_letters(text)) >= 6 and _letters(text) in named
        if _is_number(line) or again or (line.repeated and later and not is_strong(text)):
            dropped = True
            continue
        if dropped and kept and line.page != kept[-1].page and not line.heading:
            line = replace(line, begins=_ENDED.search(kept[-1].text[-8:]) is not None)
        dropped = False
        anchored = anchored or fold(text) == "body" or words_stated(text) is not None
        kept.append(line)
    return kept


def _is_number(line: Line) -> bool:
    """Whether a line is the number of its page. One that is only digits may be anything, unless it is on every page."""
    text = line.text
    return line.edge and is_page_number(text) and (line.repeated or not text.isdigit())


def _running(lines: Sequence[Line]) -> int:
    """Return how many lines at the top of a page stand over the headline that is set larger than they are."""
    large = next((i for i, line in enumerate(lines[:4]) if _is_headline(line)), 0)
    return large if all(line.edge for line in lines[:large]) else 0


def _letters(text: str) -> str:
    return "".join(c for c in fold(text) if c.isalnum())


def _blocks(lines: Sequence[Line], joiner: Joiner) -> list[Block]:
    """Return the paragraphs of an article: over its text, fields and dates stand for themselves."""
    groups: list[list[Line]] = []
    over, closed, fields = True, True, False
    for line in lines:
        text = line.text
        alone = fold(text) in ("body", "classification", "graphic") or is_strong(text)
        closing = alone
        if over:
            found = field(text)
            single = bool(stated_day(text)) or is_copyright(text) or is_notice(text)
            alone = alone or found is not None or single
            closing = closing or single or words_stated(text) is not None
            over = fold(text) != "body" and not (fields and line.begins and not alone)
            fields = fields or (bool(groups) and found is not None and bool(found[1]))
        if not groups or line.begins or closed or alone:
            groups.append([])
        groups[-1].append(line)
        closed = closing and not is_strong(text)
    found_blocks = (Block(joiner.paragraph([line.text for line in group]), group[0].heading) for group in groups)
    return [block for block in found_blocks if block.text]


def _split_tail(blocks: Sequence[Block], *, marked: bool) -> tuple[list[str], Facts]:
    """Return the paragraphs of the text, and what the fields under it state."""
    named = [i for i, block in enumerate(blocks[:-1]) if not marked and fold(block.text) == "classification"]
    # The last of them, under which no sentence stands: a text may have a heading of that name.
    ordered = [i for i in named if is_tail(blocks[i + 1].text) and not blocks[i + 1].text.endswith(".")][-1:]
    strong = (i for i, block in enumerate(blocks) if is_strong(block.text))
    first = ordered[0] if ordered else next(strong, len(blocks))
    while first and (is_tail(blocks[first - 1].text) or is_copyright(blocks[first - 1].text)):
        first -= 1
    fields = dict(found for block in blocks[first:] if (found := field(block.text)))
    kept = [block.text for block in blocks[:first]]
    captions = next((i for i in range(len(kept) - 1, -1, -1) if fold(kept[i]) == "graphic"), None)
    if captions is not None and len(kept) - captions <= _CAPTIONS:
        kept = kept[:captions]
    waiting = False
    for block in blocks[first:]:
        found = field(block.text)
        own = found is not None or waiting or is_copyright(block.text) or fold(block.text) == "graphic"
        if not own and (not ordered or (len(block.text) > _LONG and block.text.endswith("."))):
            kept.append(block.text)  # a correction, a note: text all the same
        waiting = found is not None and not found[1]
    url = fields.get("url", "")
    return kept, Facts(language=language_of(fields.get("language", "")), url=url if url.startswith("http") else None)


def _document_title(blocks: Sequence[Block], stated: str | None) -> tuple[str | None, int | None]:
    """Return the title of a document and the block that it stands in."""
    heading = next((i for i, block in enumerate(blocks[:20]) if block.heading and len(block.text) <= 2 * HEADING), None)
    if heading is not None:
        return blocks[heading].text, heading
    if stated and not re.search(
        r"\.(?:docx?|pdf|rtf|indd|qxd|xlsx?)$|^(?:microsoft word|untitled|\(?anonymous)", stated, re.IGNORECASE
    ):
        at = next((i for i, block in enumerate(blocks[:_TOP]) if _letters(block.text) == _letters(stated)), None)
        return clean_line(stated), at
    first = blocks[0].text
    if len(first) <= _TITLE and len(blocks) > 1 and not re.search(r"[.;,:]$", first) and not stated_day(first):
        return first, 0
    return None, None


def _place(line: Line, name: str) -> str:
    where = f"page {line.page}" if line.page else f"line {line.number}" if line.number else ""
    return ", ".join(part for part in (name, where) if part)


def _articles(count: int) -> str:
    return "1 article" if count == 1 else f"{count} articles"


def _numbered(piece: Piece) -> str:
    return piece.place.partition(",")[0]


def _listed(items: Iterable[object]) -> str:
    """Return what a note lists: the first of it, and how many others there are."""
    named = [str(item) for item in items]
    rest = len(named) - _LISTED
    return ", ".join(named[:_LISTED]) + (f" and {rest} others" if rest > 0 else "")
