"""Which of a page's titles is the headline: the witnesses are compared, for each of them is written for somebody else.

JSON-LD's headline and the title element are often made for search engines, og:title for those who share a link,
and the heading is what readers see. A title on which two independent witnesses agree is the paper's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from lxml.etree import _Element as Element

from clipper.collect import names
from clipper.text import clean_line, fold

_PARTS = re.compile(r"\s+[|–—·•»«›:-]+\s+|\s*[|»]\s*")
_TAIL = re.compile(r"\s*(?:[|–—·•»_]|-{1,2})\s*\S")
_SITE = re.compile(r"\s*(?:[|–—·•»_]|-{1,2})(?:\s*[^\s|–—·•»_]+){1,3}\s*")
_PLAIN = str.maketrans({"…": "...", "–": "-", "—": "-", "\u00a0": " ", "\u00ad": None, "\u2060": None})
_MOST_HEADINGS = 5
_MAX_TITLE = 500


def headings(tree: Element, outlet: str | None) -> list[str]:
    """Return the texts of the page's main headings, those left out that name the site."""
    found = []
    site = fold(outlet or "")
    for heading in islice(tree.iter("h1"), 4 * _MOST_HEADINGS):
        text = clean_line("".join(heading.itertext()))
        if text and len(text) < _MAX_TITLE and fold(text) != site and text not in found:
            found.append(text)
            if len(found) == _MOST_HEADINGS:
                break
    return found


def title_element(tree: Element) -> str:
    """Return the text of the title element."""
    element = next(tree.iter("title"), None)
    return clean_line("".join(element.itertext()))[:_MAX_TITLE] if element is not None else ""


def believed(
    data: str | None,
    shared: str | None,
    heads: list[str],
    titled: str,
    outlet: str | None,
    recorded: Sequence[str] = (),
) -> str | None:
    """Return the headline among JSON-LD's headline, og:title, the headings and the title element.

    ``recorded`` are titles that the paper's system hands to those who count its readers: a second word for JSON-LD's.
    None where neither JSON-LD nor a meta element speaks.
    """
    data = names.without_site(data, outlet) if data else None
    shared = names.without_site(shared, outlet) if shared else None
    stated = data or shared
    if stated is None:
        return None
    if data and shared and not _same(data, shared):
        printed = any(_same(shared, head) for head in heads)
        # What is printed, and not shared, is no line for engines, unless the title element hangs the site on it.
        only_data = not printed and any(_same(data, head) for head in heads)
        for_engines = (_same(data, names.without_site(titled, outlet)) and not only_data) or (
            _begins(titled, data) and (printed or _SITE.fullmatch(titled[len(data) :]) is not None)
        )
        if for_engines and not any(_same(data, title) for title in recorded):
            stated = shared
    for head in heads:
        if _same(head, stated) and fold(head) != fold(stated) and not _quotes_differ(head, stated):
            return head  # the same in print, before a system put plain signs for dashes and dots
        if _begins(stated, head) and _TAIL.match(stated[len(head) :]) and len(head.split()) > 1:
            return head  # the site's name or the day was hung on it
    return stated


def guessed(heads: list[str], titled: str, outlet: str | None) -> str | None:
    """Return the headline of a page that states none.

    It is the heading that the title element repeats, or the title element's longest part.
    """
    bare = _flat(titled)
    for head in sorted(heads, key=len, reverse=True):
        if len(head) > 2 and _flat(head) in bare and not (len(_flat(head)) < len(bare) / 3 and len(heads) == 1):
            return head
    parts = [part for part in _PARTS.split(names.without_site(titled, outlet)) if part.strip()]
    if heads and (not parts or (len(heads) == 1 and len(heads[0]) > 20)):
        return heads[0]
    return max(parts, key=len).strip() if parts else None


def _flat(text: str) -> str:
    return re.sub(r"[^\w]+", " ", fold(text.translate(_PLAIN))).strip()


def _same(one: str, other: str) -> bool:
    return one == other or fold(one.translate(_PLAIN)) == fold(other.translate(_PLAIN))


def _quotes_differ(one: str, other: str) -> bool:
    return [c for c in one if c in "'\"‘’“”„"] != [c for c in other if c in "'\"‘’“”„"]


def _begins(whole: str, head: str) -> bool:
    return fold(whole.translate(_PLAIN)).startswith(fold(head.translate(_PLAIN)))
