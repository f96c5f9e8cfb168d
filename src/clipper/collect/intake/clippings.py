"""A page of clippings to records: the page itself, and each of its items."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from lxml.etree import XPath

from clipper.collect import headline, markup
from clipper.collect.dates import parse_date
from clipper.collect.facts import Facts
from clipper.collect.intake import digests
from clipper.collect.intake.cutter import cut
from clipper.collect.intake.exportheads import Block
from clipper.collect.intake.found import Cut
from clipper.collect.intake.headings import count_dates
from clipper.collect.intake.lines import Line, lines_of_page, lines_of_text, paragraphs_of, shown
from clipper.collect.pieces import Batch, Piece
from clipper.collect.statements import read_line
from clipper.text import clean_line, clean_text, shorten
from clipper.wording import counted

EXTRACTOR = "clipper clippings 1"
_LONGEST_TITLE = 200
# *Title (Outlet: 31 February 2015)*, and whatever else stands where a date should.
_DATED = re.compile(r"[^()]{3,200}\([^():]{2,60}:\s*(?P<date>[^():]{4,30})\)\.?")
_STAMPED = XPath("//meta[@property='article:published_time']")
_HEAD, _MOST_OWN = 12, 0.2  # lines at the head of a text; its part that stands over the items
_DATES = 4  # that a page must show which calls itself an article


def of_text(text: str, *, forced: bool = False) -> Batch | None:
    """Return what a plain text or a Markdown file of clippings holds, None for one that is no such page."""
    if digest := digests.of_text(text):
        return digest
    lines = lines_of_text(text)
    found = cut(lines, forced=forced)
    if found is None or (not forced and _is_signed(found)):
        return None
    return _batch(found, Facts(title=_own_title(found)), clean_text(text))


def of_document(blocks: Sequence[Block], title: str | None, *, forced: bool = False) -> Batch | None:
    """Return what a document of clippings holds, by its paragraphs; None for one that is no such document."""
    lines = [
        Line(text, "h2" if block.heading else "", begins=number == 0)
        for block in blocks
        for number, text in enumerate(block.text.split("\n"))
        if text
    ]
    found = cut(lines, title, forced=forced)
    if found is None:
        return None
    facts = Facts(title=_own_title(found) or (clean_line(title) if title else None))
    return _batch(found, facts, clean_text(paragraphs_of(lines)))


def of_page(tree: Any, url: str | None, stated_url: str | None = None, *, forced: bool = False) -> Batch | None:
    """Return what a web page of clippings holds, None for one that is no such page.

    ``url`` is where it was fetched, ``stated_url`` where a saved page says that it lived.
    """
    address = url or stated_url
    if digest := digests.of_page(tree, address):
        return digest
    nodes = markup.article_nodes(tree)
    stated = markup.read_markup(tree, address, nodes)
    # What calls itself one article is one, but for the campaigns whose publishing system says so of every page.
    is_article = bool(nodes or _STAMPED(tree)) and not forced
    if is_article and count_dates(" ".join(shown(tree)), _DATES) < _DATES:
        return None
    lines = lines_of_page(tree, address)
    title = headline.title_element(tree)
    found = cut(lines, title, forced=forced, sections=not is_article)
    if found is None:
        return None
    own = _own_title(found)
    titled = stated.title or (own if own and own in title else None) or title or own
    facts = replace(stated, title=clean_line(titled)[:_LONGEST_TITLE] if titled else None, url=stated.url or address)
    text = clean_text(paragraphs_of([line for line in lines if not line.aside]))
    return _batch(found, facts, text)


def _is_signed(found: Cut) -> bool:
    """Whether a text states at its head who wrote it or when, and holds much beside its items: references, then."""
    first = min(item.head.lines[0] for item in found.items)
    over = [found.lines[i].text for i in found.own if i < first]
    stated = [said for text in over[:_HEAD] if (said := read_line(clean_line(text)[:400], first=False))]
    own = sum(map(len, over))
    whole = sum(len(line.text) for line in found.lines)
    return any(said.byline or said.facts.published for said in stated) and own > _MOST_OWN * whole


def _own_title(found: Cut) -> str | None:
    """Return the page's own title: the first line over its items, where that reads like one."""
    first = min(item.head.lines[0] for item in found.items)
    if found.items[0].head.form == "section" and not any(i < first for i in found.own):
        return found.items[0].head.title  # a newsletter whose first item stands right under its title
    for i in found.own:
        line = found.lines[i]
        if i > first:
            break
        if line.mark == "rule" or line.aside:
            continue
        return line.text if len(line.text) <= _LONGEST_TITLE and not re.search(r"[.;,:]$", line.text) else None
    return None


def _batch(found: Cut, page: Facts, text: str) -> Batch:
    pieces = [Piece(facts=page, text=text, extractor=EXTRACTOR, kind="page", place="the page")]
    for number, item in enumerate(found.items, 1):
        head = item.head
        facts = Facts(
            url=item.url, title=head.title, outlet=clean_line(head.outlet) if head.outlet else None,
            published=head.published, language=page.language, authors=item.authors,
        )  # fmt: skip
        body = item.text or head.title
        pieces.append(Piece(facts=facts, text=body, extractor=EXTRACTOR, kind="clipping", partial=not item.text,
                            place=f"item {number}"))  # fmt: skip
    notes = (*_notes(found.lines, found), *unread_dates(line.text for line in found.lines))
    return Batch(pieces=tuple(pieces), notes=notes)


def unread_dates(lines: Iterable[str]) -> list[str]:
    """Return a note on lines that would be headings of clippings if what stands in them were a date; none on none."""
    heads = (_DATED.fullmatch(line.strip()) for line in lines if len(line) < 300)
    dates = [head["date"].strip() for head in heads if head and sum(map(str.isdigit, head["date"])) > 2]
    unread = [said for said in dates if parse_date(said) is None]
    if not unread:
        return []
    number = counted(len(unread), "heading")
    return [f"{number} with a date that no calendar has ({shorten(unread[0], 30)}), not cut there; days come first"]


def _notes(lines: Sequence[Line], found: Cut) -> list[str]:
    count = len(found.unplaced)
    if not count:
        return []
    words = shorten(lines[found.unplaced[0]].text, 50)
    return [
        f"{count} paragraph{'s' if count > 1 else ''} could not be placed in a clipping ({words}); "
        f"{'they stay' if count > 1 else 'it stays'} in the text of the page"
    ]
