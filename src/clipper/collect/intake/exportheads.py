"""What stands over and under an article that a newspaper database hands out: its fields, date, outlet, headline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clipper.collect import names
from clipper.collect.dates import parse_date
from clipper.collect.facts import Facts
from clipper.collect.intake.printed import Joiner, Line
from clipper.text import clean_line, fold

_HEAD_KEYS = (
    "abstract|author|authors|body|byline|column|dateline|edition|headline|highlight|length|page|pages|publication|section|"
    "series|show|source|type|anchors?"
)
_STRONG_KEYS = "journal[ -]code|language|load-date|publication-type|pub-type"
_TAIL_KEYS = (
    "acc-no|category|city|company|correction-date|country|distribution|document-type|geographic|graphic|industry|isbn|issn|"
    "organi[sz]ation|person|state|subject|ticker|update|url"
)
_FIELD = re.compile(
    rf"(?P<key>{_HEAD_KEYS}|{_STRONG_KEYS}|{_TAIL_KEYS})\s*:(?:\s+|$)(?P<value>.*)", re.IGNORECASE | re.DOTALL
)
_STRONG = re.compile(_STRONG_KEYS)
_HEAD = re.compile(_HEAD_KEYS)
_COPYRIGHT = re.compile(
    r"(?:(?:copyright|©|\(c\))[^a-z]{0,8}(?:19|20)\d\d\b.{0,200}|.{0,120}\ball rights reserved\.?)", re.IGNORECASE
)
_NOTICE = re.compile(
    r"(?:corrections? appended|link (?:to|zum) .{3,30}|(?:first|second|third|late|early) edition|"
    r"find out more: .{0,80})",
    re.IGNORECASE,
)
_EDITION = re.compile(r"\b(?:edition|final|ausgabe|version|edn)\b", re.IGNORECASE)
_WEEKDAYS = (
    "(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun|"
    "montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|"
    "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|"
    "maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag"
)
_DATE = re.compile(
    rf"(?:(?:{_WEEKDAYS})\b\.?,?\s+)?(?P<date>\d{{1,2}}\.?\s+[^\W\d_]{{3,10}}\.?,?\s+\d{{4}}|"
    r"[^\W\d_]{3,10}\.?\s+\d{1,2},?\s+\d{4}|[^\W\d_]{3,10},?\s+\d{4}|\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4})(?!\d)(?P<rest>.*)",
    re.IGNORECASE,
)
# Possessive: what it took it keeps, or a row of signs could be shared out in more ways than there is time for.
_NO_MORE = re.compile(
    rf"(?:[\s,;.-]+|(?:{_WEEKDAYS})\b|\d{{1,2}}[:.]\d{{2}}(?:[:.]\d{{2}})?|\b[ap]\.?m\b\.?|"
    r"\b(?:gmt|bst|utc|est|edt|cst|cdt|pst|pdt|cet|cest|eastern|standard|daylight|time)\b)*+",
    re.IGNORECASE,
)
_PAGE = re.compile(
    r"(?:pg|p|pp|page|pages|blz|s|version|edition|edn|column|vol|no|issue)\.?\s*:?\s*[\dA-Z]{0,4}\d.*", re.IGNORECASE
)
_AT_HOME = re.compile(r"\s*\((?:london|england|uk|united kingdom|great britain)\)$", re.IGNORECASE)
_ASIDE = re.compile(r"\s*\([^()]{0,40}\)")
_FROM = re.compile(r"\s+in\s+[A-Z][^\W\d_]*(?:\s+[A-Z][^\W\d_]*){0,2}$")
_NO_HEADLINE = re.compile(r"no headline(?: in original)?", re.IGNORECASE)
_LANGUAGES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "spanish": "es", "italian": "it", "welsh": "cy",
    "dutch": "nl", "portuguese": "pt", "polish": "pl", "irish": "ga", "swedish": "sv", "danish": "da",
}  # fmt: skip
_PLAIN_KEYS = frozenset({"body", "byline", "dateline", "headline", "highlight", "length", "load-date", "section"})
_OUTLET = 120  # characters that an outlet's name may have
_SHORT = 80  # characters of a line that names an edition
_DEEP = 30  # blocks in which the fields over an article are looked for


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of an export, joined."""

    text: str
    heading: bool = False


@dataclass(frozen=True)
class Head:
    """What is stated over an article. ``lead`` are paragraphs that belong to its text; ``words`` is its length."""

    facts: Facts
    lead: tuple[str, ...] = ()
    words: int | None = None


def plain_blocks(lines: Sequence[Line], joiner: Joiner) -> list[Block]:
    """Return lines as the paragraphs that they say they are."""
    groups: list[list[Line]] = []
    for line in lines:
        if line.begins or not groups:
            groups.append([])
        groups[-1].append(line)
    blocks = (Block(joiner.paragraph([line.text for line in group]), group[0].heading) for group in groups)
    return [block for block in blocks if block.text]


def field(text: str) -> tuple[str, str] | None:
    """Return the key (in small letters) and the value of a line such as *Section: NEWS; Pg. 12*, else None."""
    if ":" not in text[:24] or not text[:1].isupper():
        return None
    found = _FIELD.fullmatch(text)
    return (found["key"].lower().replace(" ", "-"), found["value"].strip()) if found else None


def is_strong(text: str) -> bool:
    """Whether a line is a field that stands under an article and nowhere else."""
    found = field(text)
    if found is None or not _STRONG.fullmatch(found[0].replace("journal-code", "journal code")):
        return False
    return found[0] != "language" or len(found[1]) < 40


def is_tail(text: str) -> bool:
    """Whether a line is a field that stands under an article."""
    found = field(text)
    return found is not None and not _HEAD.fullmatch(found[0])


def is_copyright(text: str) -> bool:
    """Whether a line says only whose the rights are."""
    return len(text) < 220 and _COPYRIGHT.fullmatch(text) is not None


def is_notice(text: str) -> bool:
    """Whether a line over an article is a remark of the database's."""
    return len(text) < 100 and _NOTICE.fullmatch(text) is not None


def stated_day(text: str) -> str | None:
    """Return the date of a line that states one and no more than weekday, time and edition beside it.

    ``YYYY-MM-DD`` or ``YYYY-MM``. It is the day that the paper states: the hour does not move it.
    """
    if len(text) > 160 or (found := _DATE.fullmatch(text)) is None:
        return None
    rest = found["rest"]
    if not _NO_MORE.fullmatch(rest) and not _EDITION.search(rest):
        return None
    return parse_date(found["date"])


def words_stated(text: str) -> int | None:
    """Return the number of a line such as *Length: 512 words*, else None."""
    found = field(text)
    counted = (
        re.match(r"(\d{1,3}(?:,\d{3})+|\d{1,7})\s+(?:words|wörter|mots)\b", found[1], re.IGNORECASE) if found else None
    )
    return int(counted[1].replace(",", "")) if found and counted and found[0] == "length" else None


def split_head(blocks: Sequence[Block], *, marked: bool) -> tuple[list[Block], list[Block]]:
    """Return the blocks over the text of an article, and the others. ``marked``: its number stood over it."""
    end = _end_of_head(blocks, marked=marked)
    for index, block in enumerate(blocks[: end + 1 if marked else _DEEP]):
        found = field(block.text)
        if fold(block.text) == "body" or (found and found[0] == "body"):
            rest = [Block(found[1])] if found and found[1] else []
            return list(blocks[:index]), [*rest, *blocks[index + 1 :]]
    return list(blocks[:end]), list(blocks[end:])


def _end_of_head(blocks: Sequence[Block], *, marked: bool) -> int:
    """Return where the fields over an article end, or its date where it has none."""
    first = next((i for i, block in enumerate(blocks[:_DEEP]) if _is_head_field(block) and (i or marked)), None)
    if first is None:
        day = next((i for i, block in enumerate(blocks[:8]) if stated_day(block.text)), None)
        return 1 + marked if day is None else day + 1 + marked
    end = first
    while end < len(blocks):
        found = field(blocks[end].text)
        if found and found[0] != "body" and _is_head_field(blocks[end]):
            end += 1 if found[1] else 2  # the value of a field may stand under it
        elif is_copyright(blocks[end].text):
            end += 1
        else:
            break
    return end


def read_head(blocks: Sequence[Block], *, marked: bool) -> Head:
    """Return what the blocks over an article state."""
    fields: dict[str, str] = {}
    before: list[Block] = []
    after: list[Block] = []
    late: list[str] = []
    day: str | None = None
    edition = ""
    waiting = ""
    for index, block in enumerate(blocks):
        text = block.text
        if index == 0 and not marked:  # the headline, whatever it looks like
            before.append(block)
        elif (found := field(text)) and (found[0] in _PLAIN_KEYS or not marked or text.partition(":")[0].isupper()):
            waiting = "" if found[1] else found[0]
            if found[1]:
                fields.setdefault(*found)
        elif waiting:
            fields.setdefault(waiting, text)
            waiting = ""
        elif is_copyright(text) or is_notice(text):
            continue
        elif (stated := stated_day(text)) and (before or marked):
            day, edition = day or stated, text
        elif fields:
            late.append(text)
        elif edition and (
            edition.endswith(";") or (len(text) <= _SHORT and _EDITION.search(text) and not block.heading)
        ):
            edition = text
        else:
            (after if day else before).append(block)
    title, outlet, lead = _named(before, after, day=day, marked=marked, headline=fields.get("headline"))
    title = None if title is None or _NO_HEADLINE.fullmatch(title) else title
    facts = Facts(
        title=title,
        outlet=_outlet(outlet or fields.get("publication") or fields.get("source")),
        authors=_authors(fields.get("byline") or fields.get("author") or fields.get("authors")),
        published=day,
        excerpt=fields.get("highlight") or fields.get("abstract"),
        categories=_sections(fields.get("section", "")),
    )
    return Head(facts, (*lead, *late), words_stated(f"Length: {fields.get('length', '')}"))


def language_of(value: str) -> str | None:
    """Return the code of a language's English name (*ENGLISH*), else None."""
    return _LANGUAGES.get(re.split(r"[;,\s]", value.strip().lower(), maxsplit=1)[0])


def _is_head_field(block: Block) -> bool:
    found = field(block.text)
    return found is not None and _HEAD.fullmatch(found[0]) is not None


def _named(
    before: Sequence[Block], after: Sequence[Block], *, day: str | None, marked: bool, headline: str | None
) -> tuple[str | None, str | None, tuple[str, ...]]:
    """Return title, outlet, and what else stood over and under the date."""
    over, under = [b.text for b in before], [b.text for b in after]
    if headline:
        return headline, " ".join(over) or None, tuple(under)
    if marked and day is None:
        over, under = over[:1], over[1:]
    if (marked and (under or len(over) < 2)) or (under and len(over) == 1 and len(under[0]) > _SHORT):
        outlet = " ".join(over)
        return _first(under), outlet or None, tuple(under[1:])
    lead = _sentences(under)
    set_large = [b.text for b in before if b.heading]
    if set_large and before[0].heading and not before[-1].heading:
        rest = [b.text for b in before if not b.heading]
        paper, others = (rest[-1], rest[:-1]) if day else (rest[0], _sentences(rest[1:]))
        return " ".join(set_large), paper, (*others, *lead)
    if day is None:
        named = len(over) > 1 and len(over[1]) <= _SHORT
        return _first(over), over[1] if named else None, (*_sentences(over[1 + named :]), *lead)
    if len(over) < 2:
        return _first(over), None, tuple(lead)
    return " ".join(over[:-1]), over[-1], tuple(lead)


def _sentences(texts: Sequence[str]) -> list[str]:
    """Return what is text, without the names of editions and dates that cannot be read."""
    return [text for text in texts if len(text) > _SHORT or text.endswith((".", "!", "?"))]


def _first(texts: Sequence[str]) -> str | None:
    return texts[0] if texts else None


def _outlet(name: str | None) -> str | None:
    """Return the name of a paper without the place that a database adds to British ones."""
    if name is None or len(name) > _OUTLET:
        return None
    return _AT_HOME.sub("", re.sub(r"(?<=\S)\(", " (", clean_line(name))) or None


def _authors(byline: str | None) -> tuple[str, ...]:
    if not byline:
        return ()
    line = _ASIDE.sub("", byline[:400])
    return names.authors([_FROM.sub("", line)])


def _sections(value: str) -> tuple[str, ...]:
    """Return the sections of a paper that a field names, without pages and versions."""
    parts = [clean_line(part).strip(" ,.-") for part in value.split(";")]
    kept = [
        re.sub(r",?\s*(?:pg|page|p)\.?\s*\d+$", "", part, flags=re.IGNORECASE)
        for part in parts
        if not _PAGE.fullmatch(part)
    ]
    return tuple(dict.fromkeys(part for part in kept if part))
