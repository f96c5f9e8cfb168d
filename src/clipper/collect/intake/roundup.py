"""The weekly newsletter: several items under headings of their own, without outlet or date."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from clipper.collect.intake.found import Cut, Head, Item
from clipper.collect.intake.headings import context_date
from clipper.collect.intake.lines import Line

_CALLED = re.compile(
    r"\b(?:the (?:last )?week (?:in|that)|(?:this|last|our|your) week|weekly|week ending|round-?up|newsletter|"
    r"e-?bulletin|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day (?:notes|memo|brief|update|message|mail|round)|memo|bulletin|"
    r"news digest|digest|news in brief|in brief|news ?letter|fortnight in|month in|monthly update|press cuttings)\b",
    re.IGNORECASE,
)
_SENT = re.compile(
    r"\bunsubscrib|you (?:are|have) receiv(?:ing|ed) this|manage your subscription|view (?:it |"
    r"this )?in your browser",
    re.IGNORECASE,
)
_MOST_SENT = 100  # lines of an e-mail; a web page that offers a newsletter is none
_LEAST_WORDS = 25  # of an item
_CLOSING = re.compile(
    r"^(?:about|contact|notes|further|related|references|share|subscribe|unsubscribe|comments?|sources|links|"
    r"follow|sign up|"
    r"unsubscribe)\b",
    re.IGNORECASE,
)  # fmt: skip


def cut(lines: Sequence[Line], title: str | None, *, forced: bool) -> Cut | None:
    """Return the items of a newsletter, None for a page that does not call itself one."""
    content = [i for i, line in enumerate(lines) if not line.aside and line.mark != "rule" and not line.cell]
    if not content:
        return None
    top = [lines[i].text for i in content[:3] if len(lines[i].text) < 140]
    sent = len(content) < _MOST_SENT and any(_SENT.search(line.text) for line in lines if len(line.text) < 300)
    if not forced and not sent and not any(_CALLED.search(said) for said in [title or "", *top]):
        return None
    heads = _headings(lines, content)
    if not heads:
        return None
    found = _assigned(lines, content, heads)
    return found if len(found.items) >= (1 if forced else 2) else None


def _headings(lines: Sequence[Line], content: Sequence[int]) -> list[int]:
    """Return the lines that head the items: those with the commonest mark that have text below them."""
    places = {i: n for n, i in enumerate(content)}
    marks: Counter[str] = Counter()
    for i in content[1:]:
        if lines[i].strong and lines[i].begins and _words_below(lines, content, places[i]) >= _LEAST_WORDS:
            marks[lines[i].mark] += 1
    if marks and (best := max(marks, key=lambda mark: (marks[mark], mark[:1] == "h"))) and marks[best] >= 2:
        return [i for i in content[1:] if lines[i].mark == best and lines[i].begins]
    return [
        i
        for i in content[1:]
        if _reads_like_heading(lines[i]) and _words_below(lines, content, places[i], plain=True) >= _LEAST_WORDS
    ]


def _reads_like_heading(line: Line) -> bool:
    if line.mark in ("li", "dd") or not line.begins or not 8 <= len(line.text) <= 140 or context_date(line.text):
        return False
    return line.text[-1] not in '.;,:…”"' and line.text[:1] not in "‘“'\"•-–("


def _words_below(lines: Sequence[Line], content: Sequence[int], place: int, *, plain: bool = False) -> int:
    words = 0
    for i in content[place + 1 :]:
        line = lines[i]
        if (line.strong and not plain) or (plain and _reads_like_heading(line)):
            break
        words += len(line.text.split())
        if words >= _LEAST_WORDS:
            break
    return words


def _assigned(lines: Sequence[Line], content: Sequence[int], starts: list[int]) -> Cut:
    first = starts[0]
    over = [i for i in content if i < first]
    each = sum(len(lines[i].text) for i in content if i >= first) / len(starts)
    found = Cut(lines, [])
    own: set[int] = set()
    # What stands under the page's own title is an item when it is as long as one; else it is the introduction.
    least = 2 if lines[first].strong else 0.5
    if len(over) > 1 and sum(len(lines[i].text) for i in over[1:]) >= least * each and len(lines[over[0]].text) <= 140:
        found.items.append(Item(Head((over[0],), lines[over[0]].text, form="section"), list(over[1:])))
    else:
        own.update(over)
    marked = set(starts)
    item: Item | None = None
    for i in (i for i in content if i >= first):
        line = lines[i]
        if i in marked:
            if _CLOSING.match(line.text) and i == starts[-1]:
                item = None
                own.add(i)
                continue
            url = line.links[0].url if line.links else None
            item = Item(Head((i,), line.text, url=url, form="section"))
            found.items.append(item)
        elif item is None:
            own.add(i)
        else:
            item.body.append(i)
    taken = {i for item in found.items for i in (*item.head.lines, *item.body)}
    found.own = [i for i in range(len(lines)) if i not in taken]
    return found
