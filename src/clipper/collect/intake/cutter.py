"""A page of clippings to its items: titles with outlet and date, each with the text that stands below it.

What makes a page one of clippings: two headings or more that state outlet and date, and most of its text below them.
An article with its references, a timeline or a list of links in its margin is none. No line is lost: each is in an
item, is the page's own, or is reported as not placed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from clipper.collect.facts import Facts
from clipper.collect.intake import choice, roundup, tables
from clipper.collect.intake.found import Cut, Head, Item
from clipper.collect.intake.lines import Line, paragraphs_of
from clipper.collect.outlets import is_known, names_a_paper
from clipper.collect.statements import read_line
from clipper.text import clean_line, clean_text

LEAST_SHARE = 0.45  # of the characters of a page's content that are its items'
_LEAST = 2  # items
_LONGEST_BYLINE = 160  # characters
_ENDING = 300  # characters at the end of a text in which *read more* stands, in whatever words

_MORE = re.compile(
    r"(?:(?<=\.)\.{3}|\s*(?:\.{3}|…))?\s*[\[(]?\s*(?:(?:please\s+)?(?:click (?:here )?to |click here for (?:the )?)?"
    r"(?:read|see|view)\s+(?:more|on|the (?:full|whole|rest|original|article|story|report)\b.{0,40}|"
    r"full .{0,30}|it (?:here|all)\b|article|story|here)"
    r"|continue reading|continued|(?:the )?full (?:story|article|text|report)|more here|"
    r"(?:click )?here for more|find out more)"
    r"(?:\s+(?:here|online|on (?:the .{1,30}|\S+)|at .{1,40}|in .{1,30}))?(?:\s*[\[(](?:subscription|"
    r"registration|paywall|£|pdf|log-?in)[^)\]]{0,30}[)\]])?"
    r"\s*[\])]?\s*[»›>→.…]*\s*$",
    re.IGNORECASE,
)  # fmt: skip
_DOTS_MORE = re.compile(r"(?:(?<=\.)\.{3}|\s*(?:\.{2,3}|…))\s*[\[(]?more[\])]?\s*[»›>→.]*$", re.IGNORECASE)
_LABEL = re.compile(
    r"^\W*(?:(?:link|source|url|web|full (?:story|article|text)|read|original|available at|article|see|via|more|"
    r"story)\b[^:]{0,20}:?\s*)?"
    r"(?:https?://\S+|www\.\S+|not available|none|n/a)?\W*$", re.IGNORECASE,
)  # fmt: skip
_MORE_ALONE = re.compile(
    r"\s*(?:(?<=[.!?”\"’'])\s*[\[(]?(?:scan|pdf|link)[\])]?\.?|\[\s*(?:…|\.{3})?\s*more\s*(?:…|\.{3})?\s*\]|"
    r"[»›>→]+)\s*$",
    re.IGNORECASE,
)
_SHORT_LABEL = re.compile(
    r"\W*(?:more|link|here|scan|pdf|source|story|article|original|online|web|full(?: \w+)?|read(?: \w+)?|details)\W*",
    re.IGNORECASE,
)
_PAID = re.compile(
    r"\s*[\[(](?:print only|not online|no link|subscription|registration|paywall|£|log-?in)[^)\]]{0,40}[)\]]\s*$",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"\bcookies?\b|^(?:back|return) to\b|©|\bcopyright\b|all rights reserved|\bprivacy\b|back to top|"
    r"\bunsubscribe\b|terms (?:of|and)|site ?map|"
    r"^(?:this entry was posted|« older|older posts|newer posts|posted in\\b.*comments?)|"
    r"^(?:posted|filed|published|updated|last (?:updated|modified)|compiled|edited|prepared|produced)\b|"
    r"^(?:share|tweet|print|e-?mail|comments?|"
    r"search|home|contact|about|links|archive|previous|next|older|newer|follow|subscribe|menu|tags?|categories|"
    r"page \d)\b|::|"
    r"^(?:if you|to (?:un)?subscribe|this (?:page|e-?mail|bulletin|digest|message|summary|list|archive|"
    r"newsletter)|you (?:are|have) receiv|"
    r"end of|-{0,2}\s*ends?\b|powered by|designed|registered (?:charity|company))",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r"^(?:about|contact|archives?|related|share|search|subscribe|comments?|categories|tags|follow|links|"
    r"further reading|"
    r"references|sources|see also|site|more (?:from|on)|latest|recent|popular|donate|join|sign up|get involved|"
    r"other|notes?)\b",
    re.IGNORECASE,
)


def cut(lines: Sequence[Line], title: str | None = None, *, forced: bool = False, sections: bool = True) -> Cut | None:
    """Return the items of a page, None for one that is no page of clippings.

    ``title`` is the page's own, where it is known apart from the lines; ``sections`` tells whether it may be a
    newsletter, whose items have headings alone. With ``forced``, the page is one: whatever
    can be a heading makes items, and None says that there is nothing to go by.
    """
    found = _by_headings(lines, forced) or tables.cut(lines)
    if found is None and sections:
        found = roundup.cut(lines, title, forced=forced)
    if found is None:
        return None
    _give_back(found)
    for item in found.items:
        _finish(found.lines, item)
    return found


def _by_headings(lines: Sequence[Line], forced: bool) -> Cut | None:
    best: Cut | None = None
    dates = choice.contexts(lines)
    single = choice.chosen(lines, choice.candidates(lines, dates))
    for heads in (single, choice.with_lines_about(lines, dates)):
        heads = choice.without_context(heads, dates)
        if sum(head.full for head in heads) < (1 if forced else _LEAST) and not _named(heads):
            continue
        heads = _marked_alike(lines, heads, dates)
        found = _assigned(lines, heads, dates)
        _give_back(found)
        if (forced or _is_clippings(found)) and (best is None or _score(found) > _score(best)):
            best = found
    return best


def _named(heads: Sequence[Head]) -> bool:
    """Whether headings without dates name outlets that are known: a press summary of the day."""
    return _papers(heads) >= 3 and _papers(heads) >= 0.6 * len(heads)


def _papers(heads: Sequence[Head]) -> int:
    """Return how many headings name what is known as a paper, or is called as papers are."""
    return sum(1 for head in heads if head.outlet and (is_known(head.outlet) or names_a_paper(head.outlet)))


def _score(found: Cut) -> float:
    return sum(1 + 2 * item.head.full for item in found.items)


def _is_clippings(found: Cut) -> bool:
    heads = [item.head for item in found.items]
    full = sum(head.full for head in heads)
    if full < _LEAST and not _named(heads):
        return False
    if full < 0.4 * len(heads) and not _named(heads):
        return False
    inside = sum(len(found.lines[i].text) for item in found.items for i in (*item.head.lines, *item.body))
    outside = sum(len(found.lines[i].text) for i in (*found.own, *found.unplaced) if not found.lines[i].aside)
    if inside < LEAST_SHARE * (inside + outside):
        return False
    # A timeline, events, publications: lines with names and days, and nothing that could be read.
    # And few names that are papers': places and people, more likely.
    empty = not any(item.body or item.head.url or item.head.rest for item in found.items)
    if _papers(heads) < (0.5 if empty else 0.2) * len(heads):
        return False
    # A few links with outlet and date at the top of a long article, which would all be the last one's text.
    largest = max(sum(len(found.lines[i].text) for i in item.body) for item in found.items)
    return len(heads) > 4 or largest < 0.85 * inside or inside < 1500


def _marked_alike(lines: Sequence[Line], heads: list[Head], dates: dict[int, str]) -> list[Head]:
    """Add the lines that are marked as most headings are, and state no outlet or date."""
    marks = Counter(lines[head.lines[0]].mark for head in heads)
    if not marks:
        return heads
    mark, count = marks.most_common(1)[0]
    taken = {i for head in heads for i in head.lines}
    first, last = heads[0].lines[0], heads[-1].lines[-1]
    more: list[Head] = []
    if (mark[:1] == "h" or mark in ("strong", "dt")) and mark != "rule" and count >= 0.6 * len(heads):
        for i in range(first, len(lines)):
            line = lines[i]
            if line.mark != mark or i in taken or i in dates or line.aside or line.cell or not line.begins:
                continue
            if (i > last and _SECTION.match(line.text)) or (mark == "strong" and not _has_text_below(lines, i)):
                continue
            ways = choice.candidates(lines[i : i + 1], {})
            way = ways[0].ways[0] if ways else None
            url = line.links[0].url if line.links else None
            more.append(
                Head(
                    (i,),
                    way.title if way else line.text,
                    way.outlet if way else None,
                    way.published if way else None,
                    url,
                )
            )
    elif not mark and count >= 3:
        for i in range(first, last):
            if i in taken or i in dates or lines[i].aside or not lines[i].begins or not _after_more(lines, i):
                continue
            if 12 <= len(lines[i].text) <= 200 and lines[i].text[-1] not in ".;,:" and _has_text_below(lines, i):
                more.append(Head((i,), lines[i].text))
    return sorted([*heads, *more], key=lambda head: head.lines[0])


def _has_text_below(lines: Sequence[Line], i: int) -> bool:
    below = lines[i + 1] if i + 1 < len(lines) else None
    return below is not None and not below.strong and len(below.text) > 60


def _after_more(lines: Sequence[Line], i: int) -> bool:
    return i > 0 and _ends(lines[i - 1])


def _assigned(lines: Sequence[Line], heads: Sequence[Head], dates: dict[int, str]) -> Cut:
    """Give each line to the item over it, to the page, or to what could not be placed."""
    found = Cut(lines, [Item(head) for head in heads])
    starts = {item.head.lines[0]: item for item in found.items}
    head_lines = {i for head in heads for i in head.lines}
    in_lists = _text_after_lists(lines, heads, dates)
    ruled = _rules_divide(lines, heads)
    level = min((lines[head.lines[0]].mark for head in heads if lines[head.lines[0]].mark[:1] == "h"), default="")
    item: Item | None = None
    ended = False
    for i, line in enumerate(lines):
        if i in head_lines:
            if i in starts:
                item, ended = starts[i], False
            elif item and item.head.form == "closing":
                ended = True
            continue
        if line.mark == "rule" or line.aside or i in dates:
            found.own.append(i)
            divides = ruled if line.mark == "rule" else line.mark[:1] == "h" and line.mark < (level or "h9")
            if divides and not _heading_follows(lines, i, head_lines, dates):
                item = None
            continue
        section = line.mark[:1] == "h" and (not level or line.mark < level or _SECTION.match(line.text) is not None)
        if section or (line.strong and _heading_follows(lines, i, head_lines, dates)):
            found.own.append(i)
            item = None if section and not _heading_follows(lines, i, head_lines, dates) else item
            ended = True
            continue
        if item is None:
            found.own.append(i)
        elif ended or _is_outside(lines, item, line, in_lists):
            (found.own if len(line.text) < 60 or _FURNITURE.search(line.text) else found.unplaced).append(i)
        else:
            item.body.append(i)
            ended = _ends(line) and not _goes_on(lines, i, head_lines)
    return found


def _heading_follows(lines: Sequence[Line], i: int, heads: set[int], dates: dict[int, str]) -> bool:
    following = i + 1
    while following < len(lines) and (lines[following].mark == "rule" or following in dates):
        following += 1
    return following in heads


def _ends(line: Line) -> bool:
    """Whether a line ends an item's text by leading to the whole of it."""
    return _ending(line.text) is not None


def _ending(text: str) -> re.Match[str] | None:
    """Return where *read more*, in whatever words, ends a text."""
    start = max(0, len(text) - _ENDING)  # from every place before, a row of signs would be looked through again
    return _MORE.search(text, start) or _DOTS_MORE.search(text, start) or _MORE_ALONE.search(text, start)


def _goes_on(lines: Sequence[Line], i: int, heads: set[int]) -> bool:
    """Whether more links follow before the next heading: *Read more* at the end of several paragraphs ends none."""
    for line in lines[i + 1 : i + 12]:
        if i + 1 in heads:
            return False
        i += 1
        if _ends(line) and not line.aside:
            return True
    return False


def _text_after_lists(lines: Sequence[Line], heads: Sequence[Head], dates: dict[int, str]) -> bool:
    """Whether what stands outside a list, below one of its items, is that item's text on this page."""
    listed = [head for head in heads if lines[head.lines[0]].holder]
    if not listed:
        return True
    starts = {head.lines[0] for head in heads}
    followed = 0
    for head in listed[:-1]:
        below = head.lines[-1] + 1
        if below < len(lines) and below not in starts and below not in dates:
            line = lines[below]
            followed += not (line.holder or line.strong or line.mark == "rule")
    return followed >= 0.5 * max(1, len(listed) - 1)


def _is_outside(lines: Sequence[Line], item: Item, line: Line, in_lists: bool) -> bool:
    holder = lines[item.head.lines[0]].holder
    return bool(holder) and line.holder != holder and not in_lists


def _rules_divide(lines: Sequence[Line], heads: Sequence[Head]) -> bool:
    over = sum(1 for head in heads if head.lines[0] and lines[head.lines[0] - 1].mark == "rule")
    return over >= 2 and over >= 0.4 * len(heads)


def _give_back(found: Cut) -> None:
    """Give the page what stands at the end of an item's text and is not the item's: a heading, its footer."""
    for number, item in enumerate(found.items):
        last = number == len(found.items) - 1
        if last and len(found.items) > 2:
            _give_back_footer(found, item)
        while item.body:
            line = found.lines[item.body[-1]]
            short = len(line.text) < 90 and line.text[-1:] not in ".!?…”\"’'»)]" and not _ends(line) and not line.links
            closes = bool(_FURNITURE.search(line.text)) and len(line.text) < 240 and not _ends(line)
            if not ((last and (short or closes) and len(item.body) > 1) or (not last and line.begins and line.strong)):
                break
            found.own.append(item.body.pop())
    found.own.sort()


def _give_back_footer(found: Cut, last: Item) -> None:
    """Give the page what follows the last item and stands elsewhere in it than the other items' texts do."""
    others = [item for item in found.items[:-1] if item.body]
    if len(others) < 2 or not found.lines[last.head.lines[0]].path:
        return
    up = Counter(max(_up(found, item, i) for i in item.body) for item in others).most_common(1)[0][0]
    shapes = {found.lines[i].shape for item in others for i in item.body}
    tags = {shape.partition(".")[0] for shape in shapes}
    several = sum(len(item.body) for item in others) >= 4
    for place, i in enumerate(last.body):
        line = found.lines[i]
        outside = _up(found, last, i) > up
        strange = line.shape not in shapes and line.shape.partition(".")[0] in tags
        if outside or (several and place and strange and not _ends(line)):
            found.own += last.body[place:]
            del last.body[place:]
            return


def _up(found: Cut, item: Item, i: int) -> int:
    """Return how many elements one must leave to come from an item's heading to a line of its text."""
    head, line = found.lines[item.head.lines[0]].path, found.lines[i].path
    common = 0
    for one, other in zip(head, line, strict=False):
        if one != other:
            break
        common += 1
    return len(head) - common


def _byline(line: str) -> tuple[str, ...]:
    """Return who wrote an item, where the line under its heading says that and nothing else."""
    if line[:3].lower() != "by " or len(line) > _LONGEST_BYLINE:
        return ()
    said = read_line(clean_line(line), first=False)
    return said.facts.authors if said and said.byline and said.facts == Facts(authors=said.facts.authors) else ()


def _finish(lines: Sequence[Line], item: Item) -> None:
    """Make the text of an item from its lines, and find where it leads."""
    body = [lines[i] for i in item.body]
    if len(body) > 1 and (said := _byline(body[0].text)):
        item.authors = said
        del body[0]
    item.url = item.head.url
    if item.head.rest:
        body.insert(0, Line(item.head.rest))
    while body:
        last = body[-1]
        text = _PAID.sub("", last.text)
        links = list(last.links)
        ending = _ending(text)
        start = ending.start() if ending else len(text)
        if links and _LABEL.match(text) and (len(text) < 60 or "//" in text or "www." in text):
            start = 0
        elif (
            links
            and links[-1].end >= len(text) - 2
            and links[-1].start > 0
            and text[: links[-1].start].rstrip().endswith(("...", "…", "[", "(", ">"))
        ):
            start = len(text[: links[-1].start].rstrip().rstrip("[(>").rstrip())
        elif links and links[-1].end >= len(text) - 1 and _SHORT_LABEL.fullmatch(text[links[-1].start :]):
            start = len(text[: links[-1].start].rstrip(" [(–—-|:"))
        elif not ending and not links and _LABEL.fullmatch(text) and ("//" in text or "www." in text):
            start = 0
        if links and (start < len(text)):
            item.url = item.url or links[-1].url
        if start == len(last.text):
            break
        body.pop()
        if text[:start].strip():
            body.append(replace(last, text=text[:start].rstrip()))
            break
    if item.url is None:
        item.url = next(
            (link.url for line in body for link in line.links if link.end - link.start >= 0.9 * len(line.text)), None
        )
    item.text = clean_text(paragraphs_of(body))
    item.head = replace(item.head, title=clean_line(item.head.title))
