"""One line of a page of clippings to its title, outlet and date, in the orders in which people write them.

*Title (Outlet: 15 June 2015)* · *Title – Outlet, 15 June 2015* · *Outlet, 15 June 2015: Title* · *7 Nov 2014 – Title –
Outlet* · *Outlet: Title (07-11-2014)* and their kin. A line alone is often read in more than one way: all of them are
given, each with its form, and the page as a whole tells which form it keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clipper.collect.dates import parse_date
from clipper.collect.outlets import is_known, may_be_outlet

LONGEST = 320  # characters of a heading with all that it states

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,?\s+)?"
_TH = r"(?:st|nd|rd|th)?"
_TIME = r"(?:,?\s+(?:at\s+)?\d{1,2}[:.]\d{2}\s*(?:am|pm)?(?:\s*(?:gmt|bst))?\b)?"
_DATE = re.compile(
    rf"(?<![\w£$€/.-])(?:{_WEEKDAY}(?:\d{{1,2}}{_TH}(?:\s+of)?[\s-]+{_MONTH}(?:,?[\s-]+(?:\d{{4}}|['’‘]\d{{2}}))?|"
    rf"{_MONTH}\s+\d{{1,2}}{_TH}(?!\d)(?:,?\s+\d{{4}})?|"
    rf"\d{{1,2}}[./-]\d{{1,2}}[./-](?:\d{{4}}|\d{{2}})|\d{{4}}-\d{{2}}-\d{{2}}){_TIME}|{_MONTH},?\s+\d{{4}}|(?:19|20)\d{{2}})"
    r"(?![\w%/-]|\.\d|–\d)",
    re.IGNORECASE,
)
_SHORT_YEAR = re.compile(rf"^(\d{{1,2}}{_TH}\s+{_MONTH})\s+['’‘]?(\d{{2}})$", re.IGNORECASE)
_FIRST_OF_NO_USE = "2100"  # a slip of the pen
_AFTERWARDS = re.compile(
    r"^[\[(]?(?:see|also|source|correction|update|note|related|more|in other news)\b[^(]{0,12}[:(]", re.IGNORECASE
)
_NO_DATE = re.compile(r"\s[(\[](?:no date|undated|n\.?d\.?)[)\]]$", re.IGNORECASE)
_DASH = re.compile(r"\s+[–—-]{1,3}\s+|\s*[|•·»]\s*|\s*—\s*|\s+::?\s+|\s+/\s+")
_TRAIL = " \t.,;:–—-|•·"
_OPEN, _CLOSE = "([", ")]"
_LEAD_IN = re.compile(r"^(?:source|from|in|via|published (?:in|by)|outlet|publication)\s*:?\s+", re.IGNORECASE)
_OF_SUNDAY, _SUNDAY = re.compile(r"\b(?:on|the)\s$", re.IGNORECASE), re.compile(r"Sun(?:day)?", re.IGNORECASE)
ITEM_NUMBER = re.compile(r"^(?:(?:\(?\d{1,3}[.)]|\[\d{1,3}\]|[·•▪‣§*–—-])\s+)+")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a line. ``form`` names the order of title (T), outlet (O) and date (D) and what divides them."""

    form: str
    title: str
    outlet: str | None
    published: str | None

    @property
    def full(self) -> bool:
        """Whether it states outlet and date."""
        return bool(self.outlet and self.published)


def date_of(text: str, context: str | None = None) -> str | None:
    """Return the date that a whole text states; one without a year takes that of ``context``."""
    text = re.sub(rf"{_TIME}$", "", " ".join(text.strip(" .,;:()[]").split()), flags=re.IGNORECASE)
    text = _SHORT_YEAR.sub(r"\1 20\2", text)
    if found := parse_date(text):
        return found if found[:4] < _FIRST_OF_NO_USE else None
    if context and not re.search(r"\d{4}", text):
        return parse_date(f"{text} {context[:4]}")
    return None


def count_dates(text: str, most: int) -> int:
    """Return how many dates a text shows, counted up to ``most``; years alone do not count."""
    count = 0
    for found in _DATE.finditer(text):
        count += not found[0].isdigit()
        if count == most:
            break
    return count


def context_date(line: str) -> str | None:
    """Return the date of a line that states nothing else: a day, a month or a year over what follows."""
    line = line.strip(_TRAIL)
    if len(line) > 40 or not _DATE.fullmatch(line):
        return None
    return date_of(line)


def meta(line: str, context: str | None = None) -> tuple[str | None, str | None] | None:
    """Return outlet and date of a line that states just these or one of them, under or over its title."""
    text = _LEAD_IN.sub("", line.strip().strip("()[]").strip(_TRAIL + "*_"))
    if not text or len(text) > 120:
        return None
    for found in _DATE.finditer(text):
        day = date_of(found[0], context)
        if found[0].lower().startswith("sunday") and _OF_SUNDAY.search(text[: found.start()]):
            name = text[: found.start() + 6].strip(_TRAIL + "([)]")
            return (name, day) if may_be_outlet(name) else None
        before, after = text[: found.start()].strip(_TRAIL + "([)]"), text[found.end() :].strip(_TRAIL + "([)]")
        after = re.sub(r"^by\s.*", "", after)
        if day and before and not after and may_be_outlet(before):
            return before, day
        if day and after and not before and may_be_outlet(after):
            return after, day
    return None


def readings(line: str, context: str | None = None) -> list[Reading]:
    """Return the ways to read a line as an item's heading, those with outlet and date first."""
    text = ITEM_NUMBER.sub("", " ".join(line.split()))
    if not 8 <= len(text) <= LONGEST:
        return []
    if _AFTERWARDS.match(text):
        return []
    found = [r for r in _dated(text, context) if _is_title(r.title)]
    found += [r for r in _undated(text) if _is_title(r.title)]
    unique = {(r.form, r.title): r for r in found}
    return sorted(unique.values(), key=lambda r: not r.full)


def _is_title(title: str) -> bool:
    return len(title) >= 2 and any(c.isalnum() for c in title) and not _DATE.fullmatch(title)


def _dated(text: str, context: str | None) -> Iterator[Reading]:
    for found in _DATE.finditer(text):
        day = date_of(found[0], context)
        if day is None:
            continue
        start = found.start()
        if _OF_SUNDAY.search(text[:start]) and (sunday := _SUNDAY.match(found[0])):  # the paper's name, not the day's
            start += sunday.end()
        before, after = text[:start], text[found.end() :]
        if not after.strip(_TRAIL + _CLOSE):
            yield from _date_last(before, day, bracketed=after.strip(_TRAIL)[:1] in tuple(_CLOSE))
        elif not before.strip(_TRAIL + _OPEN):
            yield from _date_first(after.lstrip(_TRAIL + _CLOSE), day)
        else:
            yield from _date_between(before, after, day)


def _opening(text: str) -> int:
    """Return where the bracket opens that is still open at the end of a text, -1 for none."""
    depth = 0
    for i in range(len(text) - 1, -1, -1):
        if text[i] in _CLOSE:
            depth += 1
        elif text[i] in _OPEN:
            if not depth:
                return i
            depth -= 1
    return -1


def _date_last(before: str, day: str, *, bracketed: bool) -> Iterator[Reading]:
    at = _opening(before)
    if bracketed and at > 0:
        head, inner = before[:at].rstrip(" ,"), before[at + 1 :].strip(_TRAIL)
        inner = _LEAD_IN.sub("", inner)
        if inner and may_be_outlet(inner, loose=True):
            yield Reading("T(O:D)", _tidy(head), inner, day)
        elif inner and (split := _last_name(inner)):  # (Author, Outlet, date)
            yield Reading("T(O:D)", _tidy(head), split[1], day)
        elif not inner:
            for form, title, outlet in _pairs(head):
                yield Reading(form + "(D)", title, outlet, day)
            yield Reading("T(D)", _tidy(head), None, day)
        return
    head = before.rstrip(_TRAIL)
    if head.endswith(tuple(_CLOSE)):
        at = _opening(head[:-1])
        outlet = head[at + 1 : -1].strip(_TRAIL)
        if at > 0 and may_be_outlet(outlet):
            yield Reading("T(O)D", _tidy(head[:at]), outlet, day)
    divided = before[len(head) :].strip()
    for title, outlet, sign in _endings(head):
        yield Reading(f"T{sign}O{divided[:1] or ' '}D", _tidy(title), outlet, day)
    if divided or re.search(r"[\"”’?!]$", head):
        for form, title, outlet in _pairs(head):
            if form.startswith("O"):
                yield Reading(form + "-D", title, outlet, day)
        yield Reading("T-D", _tidy(head), None, day)


def _date_first(rest: str, day: str) -> Iterator[Reading]:
    for form, title, outlet in _pairs(rest):
        yield Reading("D-" + form, title, outlet, day)
    yield Reading("D-T", _tidy(rest), None, day)


def _date_between(before: str, after: str, day: str) -> Iterator[Reading]:
    outlet = before.strip(_TRAIL + _OPEN)
    rest = after.lstrip(_CLOSE + " ")
    begins = re.match(r"\W*[A-Z0-9“\"‘'£]", rest.lstrip(_TRAIL)) is not None
    closed = before.rstrip()[-1:] in tuple(_OPEN) and begins
    if may_be_outlet(outlet, loose=rest[:1] == ":" and len(day) == 10 and len(outlet.split()) < 6) and (
        rest[:1] in ":–—-|" or closed or before.rstrip()[-1:] in ",|"
    ):
        yield Reading(f"O{before.rstrip()[-1:] if before.rstrip()[-1:] in ',([|–-' else ' '}D:T",
                      _tidy(rest.lstrip(_TRAIL)), outlet, day)  # fmt: skip
    name = _tidy(rest.strip(_TRAIL + _OPEN + _CLOSE))
    if may_be_outlet(name):
        yield Reading("T-D-O", _tidy(before.strip(_TRAIL + _OPEN)), name, day)


def _last_name(inner: str) -> tuple[str, str] | None:
    """Return what stands before the last comma or dash and after it, where the end may be an outlet."""
    head, sign, name = inner.rpartition(",")
    if not sign:
        head, sign, name = inner.rpartition(" – ")
    return (head.strip(), name.strip()) if sign and may_be_outlet(name) else None


def _endings(text: str) -> Iterator[tuple[str, str, str]]:
    """Return the ways in which a text ends in an outlet: title, outlet, and what divides them."""
    dashes = list(_DASH.finditer(text))
    if dashes:
        last = dashes[-1]
        name = text[last.end() :].strip()
        if may_be_outlet(name):
            yield text[: last.start()], name, "|" if "|" in last[0] else "-"
        elif "," in name and may_be_outlet(name.rpartition(",")[2]):
            yield text[: last.start()], name.rpartition(",")[2].strip(), "-"
    for sign in (", ", ". ", "? ", "! ", "’ ", "” ", '" ', "' "):
        head, found, name = text.rpartition(sign)
        if found and may_be_outlet(name):
            yield (head + sign.strip() if sign[0] not in ",." else head), name.strip(), sign[0]
            break


def _pairs(text: str) -> Iterator[tuple[str, str, str]]:
    """Return the ways in which a text is a title and an outlet, in either order: form, title, outlet."""
    stripped = text.strip().rstrip(".,;")
    if stripped.endswith(tuple(_CLOSE)):
        at = _opening(stripped[:-1])
        inner = stripped[at + 1 : -1].strip()
        name, sign, _ = inner.partition(":") if ":" in inner else inner.partition(",")
        if at > 0 and may_be_outlet(inner) and not (sign and is_known(name)):
            yield "T(O)", _tidy(stripped[:at]), inner
        elif at > 0 and sign and may_be_outlet(name.strip(), loose=True):
            yield "T(O:?)", _tidy(stripped[:at]), name.strip()
    for title, outlet, sign in _endings(stripped):
        yield f"T{sign}O", _tidy(title), outlet
    dash = _DASH.search(text)
    if dash and dash.start() and may_be_outlet(name := text[: dash.start()].strip(" *_")):
        yield "O-T", _tidy(text[dash.end() :]), name
    name, colon, rest = text.partition(":")
    if colon and may_be_outlet(name.strip(" *_")):
        yield "O:T", _tidy(rest), name.strip(" *_")
    if text and text[0] in _OPEN:
        name, closed, rest = text[1:].partition(_CLOSE[_OPEN.index(text[0])])
        if closed and may_be_outlet(name):
            yield "(O)T", _tidy(rest.lstrip(_TRAIL)), name
    name, comma, rest = text.partition(", ")
    if comma and rest[:1] in "'‘\"“" and may_be_outlet(name):
        yield "O,T", _tidy(rest), name


def _undated(text: str) -> Iterator[Reading]:
    if nothing := _NO_DATE.search(text):
        yield Reading("T()", _tidy(text[: nothing.start()]), None, None)
    for form, title, outlet in _pairs(text):
        if form == "T(O:?)":  # *Title (The Herald: 12-13 March 2014)*: what the date says for certain
            said = text[text.rfind(outlet) :]
            whole = next((day for found in _DATE.finditer(said) if (day := date_of(found[0]))), None)
            year = re.search(r"\b(?:19|20)\d\d\b", said)
            sure = whole if whole and not re.search(r"\d\s*[-–/]\s*\d{1,2}\s+[A-Za-z]", said) else None
            yield Reading("T(O:D)" if sure else form, title, outlet, sure or (year[0] if year else None))
        else:
            yield Reading(form, title, outlet, None)


def _tidy(title: str) -> str:
    """Return a title without what divided it from the rest."""
    title = title.strip().strip("*_").strip()
    title = re.sub(r"^[–—|:,;-]+\s*|\s*[–—|:,;-]+$", "", title)
    return title.strip()
