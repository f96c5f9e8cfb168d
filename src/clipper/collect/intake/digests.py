"""A digest that clipper wrote to its items, each as it was given out. The form is that of ``clipper.digestform``.

A digest says of itself that it is one: in a comment, a ``meta`` element or its last line. What somebody changed in it
by hand is read as it stands now. One that lost its mark, pasted into an e-mail, is cut as any page of clippings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml.etree import XPath

from clipper.collect.dates import parse_date
from clipper.collect.facts import Facts
from clipper.collect.intake.headings import readings
from clipper.collect.intake.lines import lines_of_page, paragraphs_of
from clipper.collect.intake.listed import web_address
from clipper.collect.pieces import Batch, Piece
from clipper.digestform import (
    ALSO_IN,
    GENERATOR,
    MARKDOWN_MARK,
    NO_DATE,
    NO_TITLE,
    TEXT_FORM,
    TEXT_MARK,
    protected,
    read_heading,
    restored,
    unwrapped,
)
from clipper.text import clean_line, clean_text

EXTRACTOR = "clipper digest 1"

_GENERATOR = XPath("boolean(//meta[@name='generator' and @content=$name])")
_ITEMS = XPath("//*[@class='item'][not(ancestor::*[@class='item'])]")
_BY = re.compile(r"\*By (.+)\*")
_HASHES = re.compile(r"(#{1,6})\s+(.*)")
_ADDRESS = re.compile(r"<(https?://[^\s<>]+)>", re.IGNORECASE)
_LINKED = re.compile(r"\(\[(.+)\]\((?:<([^<>\s]+)>|([^<>\s]+))\)\)$")  # ([Outlet: date](address))
_UNDERLINE = re.compile(r"(=|-)\1{2,}")
_QUOTED = re.compile(r"(?m)^(?:> ?)+")
_BETWEEN = re.compile(r",\s+|\s+and\s+")
_LONGEST_ROW = 5000  # characters
_LAST = re.compile(rf"{TEXT_MARK} on \d{{1,2}} \w+ \d{{4}}\.")  # a title may begin with the mark alone
_RULES = ("---", "***", "___")
_ALSO_IN = (f"**{ALSO_IN}**", f"__{ALSO_IN}__")  # without the marks of strong text it is somebody's own words


@dataclass
class _Found:
    """One item as it is read. ``words`` stand in for a text where there is none."""

    title: str | None
    words: str
    outlet: str | None = None
    published: str | None = None
    authors: tuple[str, ...] = ()
    url: str | None = None
    language: str | None = None
    body: list[str] = field(default_factory=list)

    def piece(self, number: int) -> Piece:
        """Return it as it is stored."""
        text = clean_text("\n\n".join(self.body))
        facts = Facts(
            url=web_address(self.url) if self.url else None,
            title=clean_line(self.title) or None if self.title else None,
            outlet=clean_line(self.outlet) or None if self.outlet else None,
            authors=tuple(name for one in self.authors if (name := clean_line(one))),
            published=self.published,
            language=self.language,
        )
        return Piece(facts=facts, text=text or clean_text(self.words), extractor=EXTRACTOR, kind="clipping",
                     partial=not text, place=f"item {number}")  # fmt: skip


def of_text(text: str) -> Batch | None:
    """Return what a digest in Markdown or plain text holds, None for a text that is none."""
    at = text.rfind(TEXT_FORM)
    plain = at >= 0 and TEXT_MARK in text[max(0, at - 200) : at]
    # In a plain text the other form's mark may be a stranger's words; Markdown has it on its first line.
    if MARKDOWN_MARK in text and not (plain and text.lstrip().split("\n", 1)[0].strip() != MARKDOWN_MARK):
        title, items = _of_markdown(text.replace(MARKDOWN_MARK, ""))
        return _batch(title, list(items), clean_text(text.replace(MARKDOWN_MARK, "")))
    return _batch(*_of_plain(text), clean_text(text)) if plain else None


def of_page(tree: Any, url: str | None) -> Batch | None:
    """Return what a digest in HTML holds, None for another page."""
    if not _GENERATOR(tree, name=GENERATOR):
        return None
    title = next((_said(one) for one in tree.iter("h1")), None)
    found = [one for item in _ITEMS(tree) for one in _of_element(item)]
    text = clean_text(paragraphs_of([line for line in lines_of_page(tree, url) if not line.aside]))
    return _batch(title, found, text)


def _batch(title: str | None, found: Sequence[_Found], text: str) -> Batch | None:
    if not found:
        return None
    page = Piece(facts=Facts(title=clean_line(title) if title else None), text=text, extractor=EXTRACTOR, kind="page",
                 place="the page")  # fmt: skip
    return Batch(pieces=(page, *(one.piece(number) for number, one in enumerate(found, 1))))


def _headed(line: str) -> _Found | None:
    """Return the item that a line heads, None for a line that heads none. Escaped signs are still out of the way."""
    if (said := read_heading(line)) and (said.when == NO_DATE or parse_date(said.when)):
        outlet = restored(said.outlet) if said.outlet else None
        return _titled(restored(said.title), outlet, parse_date(said.when))
    ways = readings(restored(line))  # somebody wrote it by hand
    return _titled(ways[0].title, ways[0].outlet, ways[0].published) if ways and ways[0].full else None


def _titled(title: str, outlet: str | None, published: str | None) -> _Found:
    if title.startswith(NO_TITLE):
        return _Found(None, title.removeprefix(NO_TITLE).strip() or NO_TITLE, outlet, published)
    return _Found(title or None, title or outlet or NO_TITLE, outlet, published)


def _names(text: str) -> tuple[str, ...]:
    """Return the names of a line of authors; where one of them holds a comma, semicolons divide them."""
    said = text.split(";") if ";" in text else _BETWEEN.split(text)
    return tuple(name.strip() for name in said if name.strip())


# -- Markdown -----------------------------------------------------------------------------------------------------


def _of_markdown(text: str) -> tuple[str | None, list[_Found]]:
    blocks = [block for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")) if block.strip()]
    blocks = [protected(part) for block in blocks for part in _apart(block.strip("\n"))]
    levels = [len(found[1]) for block in blocks if (found := _HASHES.fullmatch(block))]
    deepest = max(levels, default=1)
    title: str | None = None
    items: list[_Found] = []
    item: _Found | None = None
    fresh = copies = False
    for block in blocks:
        if heading := _HASHES.fullmatch(block):
            if title is None and len(heading[1]) == 1 and deepest > 1:
                title, item = restored(heading[2]), None
                continue
            item = (_headed(heading[2]) or _titled(restored(heading[2]), None, None)) if (
                len(heading[1]) == deepest) else None  # fmt: skip
            items += [item] if item else []
            fresh, copies = True, False
        elif item is None or block.strip() in _RULES:
            item = None
        elif fresh and (by := _BY.fullmatch(block)):
            item.authors = tuple(restored(name) for name in _names(by[1]))
            fresh = False
        elif block.strip() in _ALSO_IN:
            copies = True
        elif copies and block.startswith("- "):
            items += [one for line in re.split(r"\n(?=- )", block) if (one := _markdown_copy(line[2:]))]
        elif not copies and (address := _ADDRESS.fullmatch(block.strip())):
            item.url, fresh = restored(address[1]), False
        else:
            item.body.append("\n".join(restored(line.strip()) for line in block.split("\n")))
            fresh = copies = False
    return title, items


def _apart(block: str) -> Iterator[str]:
    """Give a heading, and what somebody wrote right under it, as blocks of their own."""
    lines = block.split("\n")
    heads = next((n for n, line in enumerate(lines) if not _HASHES.match(line)), len(lines))
    yield from (line.strip() for line in lines[:heads])
    if any(line.strip() for line in lines[heads:]):
        yield "\n".join(lines[heads:])


def _markdown_copy(line: str) -> _Found | None:
    line = " ".join(line.split())
    found = _LINKED.search(line) if len(line) <= _LONGEST_ROW else None
    if not found:
        return _headed(line)
    item = _headed(f"{line[: found.start()]}({found[1]})")
    if item:
        item.url = restored(found[2] or found[3])
    return item


# -- plain text ---------------------------------------------------------------------------------------------------


def _of_plain(text: str) -> tuple[str | None, list[_Found]]:
    lines = text.replace("\r\n", "\n").split("\n")
    said = [line for line in lines if line.strip()]
    if sum(line.startswith(">") for line in said) > 0.5 * len(said):
        lines = _QUOTED.sub("", "\n".join(lines)).split("\n")
    marked = any(line.startswith(TEXT_MARK) and line.endswith(" ") for line in lines)
    blocks = list(_blocks(lines))
    apart = 2 if sum(blank >= 2 for blank, _ in blocks[1:]) else 1
    title: str | None = None
    items: list[_Found] = []
    item: _Found | None = None
    for blank, block in blocks:
        if blank < apart:
            if item:
                item.body.append("\n".join(unwrapped(block, marked=marked)))
            continue
        _finish_plain(item, items)
        item = None
        hard = unwrapped(block, marked=marked)
        if len(hard) > 1 and _UNDERLINE.fullmatch(hard[-1]):
            title = title or (" ".join(hard[:-1]) if hard[-1][0] == "=" else None)
        elif not _LAST.match(hard[0]) and (item := _headed(hard[0])):
            items.append(item)
            if len(hard) > 1 and hard[1].startswith("By "):
                item.authors = _names(hard[1].removeprefix("By "))
            elif len(hard) > 1:
                item.body.append("\n".join(hard[1:]))
    _finish_plain(item, items)
    return title, items


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield what stands between blank lines, and how many of these stand before it; the first has enough."""
    blank, block = 9, []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line)
            continue
        if block:
            yield blank, block
            blank, block = 0, []
        blank += 1


def _finish_plain(item: _Found | None, items: list[_Found]) -> None:
    """Take the copies and the link from the end of an item's text."""
    if item is None:
        return
    if item.body and item.body[-1].startswith(f"{ALSO_IN}\n- "):
        copy: _Found | None = None
        for line in item.body.pop().split("\n")[1:]:
            if line.startswith("- "):
                copy = _headed(line[2:])
                items += [copy] if copy else []
            elif copy and (address := _ADDRESS.fullmatch(line)):
                copy.url = address[1]
    if item.body and (address := _ADDRESS.fullmatch(item.body[-1])):
        item.url = address[1]
        item.body.pop()


# -- HTML ---------------------------------------------------------------------------------------------------------


def _of_element(element: Any) -> Iterator[_Found]:
    """Yield the item of an element, and the copies that are told below it."""
    inner = list(_within(element))
    item = _heading_of(inner)
    item.authors = tuple(_said(one) for one in inner if _is_called(one, "author"))
    for excerpt in (one for one in inner if _is_called(one, "excerpt")):
        item.body += [said for one in excerpt.iter("p") if (said := _said(one))]
        item.language = excerpt.get("lang")
    yield item
    for row in (one for one in element.iter() if _is_called(one, "copy")):
        yield _heading_of(list(_within(row)))


def _within(element: Any) -> Iterator[Any]:
    """Yield the elements of an item, but for those of its copies."""
    for one in element:
        if isinstance(one.tag, str) and not _is_called(one, "copies"):
            yield one
            yield from _within(one)


def _is_called(element: Any, name: str) -> bool:
    return isinstance(element.tag, str) and name in (element.get("class") or "").split()


def _heading_of(inner: Sequence[Any]) -> _Found:
    def called(name: str) -> Any:
        return next((one for one in inner if _is_called(one, name)), None)

    title, when = called("title"), next((one for one in inner if one.tag == "time"), None)
    words = _said(title if title is not None else called("untitled"))
    return _Found(
        words or None if title is not None else None,
        words.removeprefix(NO_TITLE).strip() or NO_TITLE,
        _said(called("outlet")) or None,
        parse_date(when.get("datetime") or _said(when)) if when is not None else None,
        url=next((one.get("href") for one in inner if one.tag == "a" and one.get("href")), None),
    )


def _said(element: Any) -> str:
    """Return the text of an element; a line ends where it breaks."""
    lines = "".join(_texts(element)).split("\n") if element is not None else []
    return "\n".join(said for line in lines if (said := " ".join(line.split())))


def _texts(element: Any) -> Iterator[str]:
    yield (element.text or "").replace("\n", " ")
    for one in element:
        if one.tag == "br":
            yield "\n"
        elif isinstance(one.tag, str):
            yield from _texts(one)
        yield (one.tail or "").replace("\n", " ")
