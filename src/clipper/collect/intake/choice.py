"""Which lines of a page head its items, and in which form the page writes them.

A line alone says little: *Trust in crisis – Health Service Journal, 7 May* may be title and outlet in either order. A
page keeps to one form or to a few, names its outlets again and again, and marks its headings alike: so every line is
read in all ways, and the forms that read most of the page win.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from clipper.collect.intake.found import Head
from clipper.collect.intake.headings import ITEM_NUMBER, LONGEST, Reading, context_date, date_of, meta, readings
from clipper.collect.intake.lines import Line
from clipper.collect.outlets import is_known, may_be_outlet, names_a_paper
from clipper.text import fold

_BRACKETED = ("T(O:D)", "T(O)D", "T(D)")
_REFERENCE = re.compile(r"T[.?!,]O")
_TITLE_LONGEST = 260
_MORE = re.compile(
    r"^\W*(?:read|see|full|click|continue|more|source|link|url|download|view|www\.|https?:|by\s)", re.IGNORECASE
)
_LEAST_RUN = 3  # headings of one form that make headings of lines within a paragraph
_LEAST_REST = 20  # characters of text behind a heading in one line
_BRACKET_THEN_TEXT = re.compile(r"^([^()\[\]]{4,200}[(\[][^()\[\]]{2,70}\d[^()\[\]]{0,12}[)\]])\s*[:–—-]\s+\S")
_SENTENCE = re.compile(r"[.;,:]$")


@dataclass(frozen=True)
class Candidate:
    """A line that may head an item: which lines it takes, how it can be read, and what stands after the heading."""

    lines: tuple[int, ...]
    ways: tuple[Reading, ...]
    rest: str = ""
    context: str | None = None  # the date of the heading that it stands under


def contexts(lines: Sequence[Line]) -> dict[int, str]:
    """Return the lines that state nothing but a date which holds for what follows, with that date."""
    found: dict[int, str] = {}
    year = None
    for i, line in enumerate(lines):
        if line.aside or not line.begins or line.cell or len(line.text) > 60:
            continue
        day = context_date(line.text) or _month_alone(line.text, year)
        if day:
            found[i] = day
            year = day[:4]
    return found


def _month_alone(text: str, year: str | None) -> str | None:
    return context_date(f"{text.strip(' .:')} {year}") if year and text.strip(" .:").isalpha() else None


def candidates(lines: Sequence[Line], dates: Mapping[int, str]) -> list[Candidate]:
    """Return the lines that can be read as headings, in order."""
    found: list[Candidate] = []
    context: str | None = None
    taken = -1
    for i, line in enumerate(lines):
        context = dates.get(i, context)
        if i <= taken or i in dates or line.aside or line.cell or line.mark == "rule":
            continue
        if one := _candidate(lines, i, context):
            found.append(replace(one, context=context))
            if line.begins or any(way.full for way in one.ways):
                taken = one.lines[-1]
    return [one for one in found if lines[one.lines[0]].begins] if len(found) < _LEAST_RUN else found


def _candidate(lines: Sequence[Line], i: int, context: str | None) -> Candidate | None:
    line = lines[i]
    ways = readings(line.text, context)
    if _is_about(line, context):
        return None
    following = lines[i + 1] if i + 1 < len(lines) else None
    goes_on = following is not None and not following.begins and not following.strong
    if following and goes_on and not any(way.full for way in ways) and not _is_about(following, context):
        joined = f"{line.text} {following.text}"
        if len(joined) <= LONGEST and (both := [way for way in readings(joined, context) if way.full]):
            return Candidate((i, i + 1), tuple(both))
    if slanted := _with_outlet_in_italics(line, context):
        return Candidate((i,), (slanted,))
    for end in _ends_of_lead(line):
        early = [way for way in readings(line.text[:end], context) if way.full and way.form.startswith(("T", "O"))]
        rest = line.text[end:].lstrip(" .:–—-|")
        if early and len(rest) > _LEAST_REST and not meta(rest):
            return Candidate((i,), tuple(early), rest)
    if any(way.full for way in ways):
        return Candidate((i,), tuple(ways))
    return Candidate((i,), tuple(ways)) if ways else None


def _is_about(line: Line, context: str | None) -> bool:
    """Whether a line is outlet and date alone: it stands under a title or over it, and heads nothing."""
    said = meta(line.text, context)
    return said is not None and bool(said[1]) and "," not in (said[0] or "") and not line.links


def _with_outlet_in_italics(line: Line, context: str | None) -> Reading | None:
    """Return the reading of *Title, Outlet, date* whose outlet is in italics, as bibliographies print it."""
    for start, end in line.slanted:
        name = line.text[start:end].strip(" ,.;:()")
        title = ITEM_NUMBER.sub("", line.text[:start]).strip(" ,;:–—-|(")
        rest = line.text[end:].strip(" ,.;:–—-|()")
        day = date_of(rest, context)
        if title and day and len(rest) < 40 and may_be_outlet(name, loose=True):
            return Reading("T_O_D", title, name, day)
    return None


def _ends_of_lead(line: Line) -> list[int]:
    """Return where a heading may end within a line that goes on: behind bold type or a link, and a bracket after it."""
    leads = [line.bold] if 0 < line.bold < len(line.text) else []
    leads += [link.end for link in line.links if link.start <= 2 and link.end < len(line.text)]
    if bracketed := _BRACKET_THEN_TEXT.match(line.text):  # *Title (Outlet, date): what it says*
        return [bracketed.end(1)]
    ends: list[int] = []
    for lead in leads:
        close = re.compile(r"[^.!?]{0,80}?[)\]]").match(line.text, lead)
        dated = re.compile(r"[^.!?]{0,80}?\b(?:19|20)\d\d\b").match(line.text, lead)
        ends += [found.end() for found in (close, dated) if found]
        ends.append(lead)
    return ends


def chosen(lines: Sequence[Line], found: Sequence[Candidate]) -> list[Head]:
    """Return the headings among the candidates, each read in the form that the page as a whole keeps."""
    worth = _worth(found)
    ways = [_under(max(one.ways, key=lambda w: (w.full, worth[w.form])), one.context) for one in found]
    run = Counter(way.form for way in ways if way.full)
    named = Counter(way.form for way in ways if way.outlet and is_known(way.outlet))
    heads: list[Head] = []
    for one, way in zip(found, ways, strict=True):
        line = lines[one.lines[0]]
        if not line.begins and not (way.full and run[way.form] >= _LEAST_RUN):
            continue
        like_others = bool(way.outlet) and way.form == "O:T" and named["O:T"] >= 2 and len(one.lines) == 1
        if not like_others and not _is_heading(line, way, worth):
            continue
        heads.append(
            Head(one.lines, way.title, way.outlet, way.published, _leads_to(lines, one.lines), one.rest, way.form)
        )
    # A page's own title may end in a name; only what is marked as the dated headings are is one of theirs.
    marks = {lines[head.lines[0]].mark for head in heads if head.full}
    heads = [head for head in heads if head.full or not marks or lines[head.lines[0]].mark in marks]
    # Where headings are marked as such, a sentence that names a paper and a day is none.
    marked = [head for head in heads if lines[head.lines[0]].strong]
    if len(marked) >= 2 and len(marked) >= 0.6 * len(heads):
        return [
            head
            for head in heads
            if lines[head.lines[0]].strong or lines[head.lines[0]].mark == "li" or head.form.startswith("T(")
        ]
    return heads


def _under(way: Reading, context: str | None) -> Reading:
    """Return a reading with the day of the heading that it stands under, where it has an outlet and no date."""
    if way.published or not way.outlet or not context or len(context) < 10:
        return way
    return replace(way, published=context)


def _worth(found: Sequence[Candidate]) -> dict[str, float]:
    """Return what each form is worth: how well it reads the page's lines."""
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for one in found:
        for form, name in {(way.form, fold(way.outlet)) for way in one.ways if way.outlet}:
            names[form][name] += 1
    worth: dict[str, float] = defaultdict(float)
    for one in found:
        best: dict[str, float] = {}
        for way in one.ways:
            weight = 1.0 + 2.0 * way.full
            if way.outlet:
                weight += (
                    2.0 * is_known(way.outlet) + names_a_paper(way.outlet) + (names[way.form][fold(way.outlet)] > 1)
                )
                weight -= 0.05 * len(way.outlet.split())
            best[way.form] = max(best.get(way.form, 0.0), weight)
        for form, weight in best.items():
            worth[form] += weight
    return worth


def _is_heading(line: Line, way: Reading, worth: Mapping[str, float]) -> bool:
    if len(way.title) > _TITLE_LONGEST:
        return False
    marked = line.strong or line.mark == "li" or line.linked
    if way.full:
        if len(way.published or "") < 7 and not (way.form == "T(O:D)" and (line.strong or is_known(way.outlet or ""))):
            return way.form in ("T_O_D", "T-O,D") and marked and is_known(way.outlet or "")  # a year alone: a reference
        if way.form in _BRACKETED or marked or line.mark == "dd":
            return True
        return not _REFERENCE.match(way.form) or len(way.published or "") == 10
    if way.outlet and is_known(way.outlet):
        return marked or not _SENTENCE.search(way.title)
    if way.form == "T(D)" or (way.form == "T(O)" and way.outlet and names_a_paper(way.outlet)):
        return marked or worth["T(O:D)"] > 8
    return (marked and bool(way.outlet and names_a_paper(way.outlet))) or (
        marked and way.published is not None and way.form != "T-D"
    )


def _leads_to(lines: Sequence[Line], numbers: Sequence[int]) -> str | None:
    """Return the link in a heading that is longest."""
    links = [link for i in numbers for link in lines[i].links]
    return max(links, key=lambda link: link.end - link.start).url if links else None


def with_lines_about(lines: Sequence[Line], dates: Mapping[int, str]) -> list[Head]:
    """Return the headings whose outlet and date stand on a line of their own, under the title or over it."""
    about: dict[int, tuple[str | None, str | None]] = {}
    wide: dict[int, int] = {}  # where outlet and date take two lines
    context: str | None = None
    for i, line in enumerate(lines):
        context = dates.get(i, context)
        if line.aside or line.cell or line.mark == "rule" or i in dates or i in wide.values():
            continue
        following = lines[i + 1] if i + 1 < len(lines) else None
        if any(n in dates for n in (i - 1, i - 2)) and len(line.text) < 46 and may_be_outlet(line.text):
            about[i] = (line.text, context)
        elif said := meta(line.text, context):
            about[i] = said
        elif following and not following.begins and may_be_outlet(line.text) and (day := context_date(following.text)):
            about[i], wide[i] = (line.text, day), i + 1
    if len(about) < 2:
        return []
    if closing := _closed_by_lines_about(lines, about):
        return closing
    under = [i for i in about if _may_be_title(lines, i - 1, about)]
    over = [i for i in about if _may_be_title(lines, i + 1, about)]
    sure = [
        sum(lines[i + step].strong or lines[i + step].linked for i in row) for step, row in ((-1, under), (1, over))
    ]
    use_over = (len(over), sure[1]) > (len(under), sure[0]) if sure[0] == sure[1] else sure[1] > sure[0]
    heads = []
    for i in over if use_over else under:
        title = i + 1 if use_over else i - 1
        outlet, day = about[i]
        taken = tuple(sorted({i, title, wide.get(i, i)}))
        heads.append(Head(taken, lines[title].text, outlet, day, _leads_to(lines, (title, i)), form="lines"))
    return heads


def _closed_by_lines_about(lines: Sequence[Line], about: Mapping[int, tuple[str | None, str | None]]) -> list[Head]:
    """Return the headings of items that end in a line with outlet and date: *Source: The Guardian, 5 April 2023*."""
    heads: list[Head] = []
    marks = Counter(line.mark for line in lines if line.strong and not line.aside)
    after = -1
    for i in sorted(about):
        between = [
            n for n in range(after + 1, i) if not lines[n].aside and lines[n].mark != "rule" and not lines[n].cell
        ]
        after = i
        starts = [n for n in between if lines[n].strong and len(lines[n].text) <= 200]
        best = max(starts, key=lambda n: (marks[lines[n].mark], n), default=None)
        if best is None or not any(n > best and len(lines[n].text) > 30 for n in between):
            return []
        outlet, day = about[i]
        heads.append(Head((best, i), lines[best].text, outlet, day, _leads_to(lines, (best, i)), form="closing"))
    if any(line.strong and not line.aside and marks[line.mark] > 1 for line in lines[after + 1 :]):
        return []  # the last line with outlet and date stands over an item's text
    return heads


def _may_be_title(lines: Sequence[Line], i: int, about: Mapping[int, object]) -> bool:
    if not 0 <= i < len(lines) or i in about:
        return False
    line = lines[i]
    if line.aside or line.cell or line.mark == "rule" or not 8 <= len(line.text) <= 200 or _MORE.match(line.text):
        return False
    if context_date(line.text):
        return False
    return line.strong or line.linked or line.mark == "li" or not _SENTENCE.search(line.text)


def without_context(heads: Sequence[Head], dates: Mapping[int, str]) -> list[Head]:
    """Return headings with the date that stands over them where they state none."""
    marks = sorted(dates)
    dated: list[Head] = []
    at, context = 0, None
    for head in heads:
        while at < len(marks) and marks[at] < head.lines[0]:
            context = dates[marks[at]]
            at += 1
        dated.append(head if head.published or not context else replace(head, published=context))
    return dated
