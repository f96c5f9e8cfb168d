"""References as Zotero, EndNote, Mendeley and databases export them to links: RIS, CSL-JSON, BibTeX.

RIS is read here, line by line: the known reader of it (rispy) loses an entry whose last line is missing, cuts
addresses at semicolons and takes time that grows with the square of a long abstract's lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from clipper.collect.intake.bibtex import read_bibtex
from clipper.collect.intake.listed import Collector, Listed, Notes, one_line_end, people, plain
from clipper.collect.pieces import Batch
from clipper.collect.textfile import decode_text
from clipper.errors import Refused

Kind = Literal["ris", "csl-json", "bibtex"]

_ENDINGS: dict[str, Kind] = {".ris": "ris", ".bib": "bibtex", ".bibtex": "bibtex", ".biblatex": "bibtex"}
_JSON_NAMES = (".json", ".csljson", ".csl")
_HEAD = 1 << 16  # bytes in which the kind of a file shows
_RIS_START = re.compile(r"^[ \t]{0,8}TY {1,2}- {0,4}[A-Za-z]{2,12}[ \t]{0,8}\r?$", re.MULTILINE)
_BIBTEX_START = re.compile(
    r"^[ \t]{0,8}@(?:article|online|misc|book|booklet|inbook|incollection|inproceedings|conference|techreport|report|"
    r"unpublished|manual|phdthesis|mastersthesis|thesis|proceedings|periodical|collection|newspaper|newspaperarticle|"
    r"electronic|www|webpage|software|dataset|letter)[ \t]{0,8}[{(][ \t]{0,8}[^\s,{}()=]{0,200}[ \t]{0,8},",
    re.IGNORECASE | re.MULTILINE,
)
_CSL_TYPES = frozenset(
    [
        "article",
        "article-journal",
        "article-magazine",
        "article-newspaper",
        "bill",
        "book",
        "broadcast",
        "chapter",
        "classic",
        "collection",
        "dataset",
        "document",
        "entry",
        "entry-dictionary",
        "entry-encyclopedia",
        "event",
        "figure",
        "graphic",
        "hearing",
        "interview",
        "legal_case",
        "legislation",
        "manuscript",
        "map",
        "motion_picture",
        "musical_score",
        "pamphlet",
        "paper-conference",
        "patent",
        "performance",
        "periodical",
        "personal_communication",
        "post",
        "post-weblog",
        "regulation",
        "report",
        "review",
        "review-book",
        "software",
        "song",
        "speech",
        "standard",
        "thesis",
        "treaty",
        "webpage",
        "journal-article",
        "posted-content",
    ]
)
_CSL_FIELDS = frozenset(("title", "URL", "DOI", "issued", "container-title", "author"))
_RIS_LINE = re.compile(r"\s{0,8}([A-Z][A-Z0-9])  -(?:\s(.*)|)")
_RIS_NARROW = re.compile(r"\s{0,8}([A-Z][A-Z0-9]) -(?:\s(.*)|)")


def kind_of(name: str, body: bytes) -> Kind | None:
    """Return which list of references a file is, None where it is none.

    What stands in the file decides, so that stdin works too; an ending (``.ris``, ``.bib``) decides only where
    nothing in it does, so that ``read`` can say what is wrong.
    """
    ending = name.lower()
    head = _head(body)
    if _RIS_START.search(head):
        return "ris"
    if _BIBTEX_START.search(head):
        return "bibtex"
    known = next((kind for end, kind in _ENDINGS.items() if ending.endswith(end)), None)
    if known:
        return known
    if head.lstrip("\ufeff \t\r\n")[:1] in ("[", "{") and (ending.endswith(_JSON_NAMES) or "." not in ending[-6:]):
        try:
            return "csl-json" if any(map(_is_csl, _items(_parsed(body))[:100])) else None
        except Refused:
            return None
    return None


def read(kind: Kind, body: bytes) -> Batch:
    """Return the links of a list of references, one an entry, and notes on what could not be read.

    Raises Refused for a charset other than UTF-8 (or UTF-16 with its mark), for a file without entries, and for more
    than 100,000 of them.
    """
    collector = Collector()
    if kind == "csl-json":
        entries = _read_csl(_items(_parsed(body)), collector.notes)
    elif kind == "bibtex":
        entries = read_bibtex(one_line_end(decode_text(body)), collector.notes)
    else:
        entries = _read_ris(one_line_end(decode_text(body)), collector.notes)
    found = False
    for entry in entries:
        collector.take(entry)
        found = True
    if not found:
        raise Refused(f"no entry of {_CALLED[kind]} in it")
    return collector.batch()


_CALLED = {"ris": "RIS (TY  - … to ER  -)", "csl-json": "CSL-JSON", "bibtex": "BibTeX (@article{…})"}


class _Unused:
    """The fields of notes that entries hold and that are not taken, to say so."""

    def __init__(self, *fields: str) -> None:
        self.fields = fields
        self._found: dict[str, tuple[int, str]] = {}

    def look(self, entry: Mapping[str, Sequence[Sequence[str]]], place: str) -> None:
        """Count the fields of an entry that hold something. A field has values, a value lines."""
        for key in self.fields:
            if any(line.strip() for value in entry.get(key, ()) for line in value):
                count, first = self._found.get(key, (0, place))
                self._found[key] = count + 1, first

    def tell(self, notes: Notes) -> None:
        """Add a line for each field of which something was found."""
        for key, (count, first) in self._found.items():
            more = f" and {count - 1} more" if count > 1 else ""
            notes.say(f"notes ({key}) are not used: {first}{more}")


def _head(body: bytes) -> str:
    encoding = "utf-16" if body.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return one_line_end(body[:_HEAD].decode(encoding, "replace"))


def _read_ris(text: str, notes: Notes) -> Iterator[Listed]:
    """Yield the entries of a RIS file. Lines outside of an entry, as databases write them, are no concern."""
    unused = _Unused("N1", "RN")
    fields: dict[str, list[list[str]]] | None = None
    last: list[str] | None = None
    begun = 0
    # One space before the hyphen is a tag in files that write it so; elsewhere it is an abstract about a "GP - …".
    pattern = _RIS_NARROW if re.search(r"^\s{0,8}TY - ", text, re.MULTILINE) else _RIS_LINE
    for number, line in enumerate(text.split("\n"), 1):
        found = pattern.fullmatch(line.rstrip()) if len(line) > 3 else None
        if found is None:
            if last is not None:  # the value goes on in this line
                last.append(line)
            continue
        tag, value = found[1], found[2] or ""
        if tag in ("TY", "ER"):
            if fields is not None:
                unused.look(fields, f"line {begun}")
                yield _from_ris(fields, f"line {begun}")
            fields, last, begun = ({} if tag == "TY" else None), None, number
        elif fields is not None:
            last = [value]
            fields.setdefault(tag, []).append(last)
    if fields is not None:
        unused.look(fields, f"line {begun}")
        yield _from_ris(fields, f"line {begun}")
    unused.tell(notes)


def _from_ris(fields: dict[str, list[list[str]]], place: str) -> Listed:
    def every(*tags: str) -> list[str]:
        found = ("\n".join(lines).strip() for tag in tags for lines in fields.get(tag, ()))
        return [value for value in found if value]

    def first(*tags: str) -> str:
        return next(iter(every(*tags)), "")

    dates = every("DA", "Y1", "PY")
    year = re.match(r"\d{4}\b", first("PY", "Y1"))
    if year and dates and not re.search(r"\d{4}", dates[0]):  # EndNote: the day in one field, the year in another
        dates.insert(0, f"{dates[0]} {year[0]}")
    return Listed(
        place=place,
        addresses=tuple(word.replace("&amp;", "&") for value in every("UR", "LK", "L2") for word in value.split()),
        doi=first("DO"),
        title=plain(first("TI", "T1", "CT", "BT", "ST")),
        outlet=plain(first("T2", "JF", "JO", "JA", "J2", "PB")),
        authors=people(name for value in every("AU", "A1") for name in re.split(r"[\n;]", plain(value))),
        dates=tuple(dates),
        language=first("LA"),
        abstract=plain(first("AB", "N2")),
        keywords=tuple(word for value in every("KW") for word in re.split(r"[\n;]", plain(value))),
    )


def _parsed(body: bytes) -> Any:
    text = decode_text(body)
    try:
        return json.loads(text)
    except RecursionError:
        raise Refused("not CSL-JSON (nested too deeply)") from None
    except ValueError as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Refused(f"not JSON{where}; export it again as CSL JSON") from None


def _items(parsed: Any) -> list[Any]:
    """Return the entries of CSL-JSON: a list, ``items`` of an answer of Zotero's, or one entry alone."""
    if isinstance(parsed, dict):
        parsed = parsed["items"] if isinstance(parsed.get("items"), list) else [parsed]
    return parsed if isinstance(parsed, list) else []


def _is_csl(item: Any) -> bool:
    named = isinstance(item, dict) and isinstance(item.get("type"), str) and item["type"] in _CSL_TYPES
    return named and not _CSL_FIELDS.isdisjoint(item)


def _read_csl(items: Iterable[Any], notes: Notes) -> Iterator[Listed]:
    unused = _Unused("note", "annote")
    for number, item in enumerate(items, 1):
        fields = item if isinstance(item, dict) else {}
        unused.look({key: [[_said(fields.get(key))]] for key in unused.fields}, f"entry {number}")
        yield _from_csl(fields, f"entry {number}")
    unused.tell(notes)


def _from_csl(item: dict[str, Any], place: str) -> Listed:
    creators = item.get("author")
    words = item.get("categories")
    return Listed(
        place=place,
        addresses=(_said(item.get("URL")).replace("&amp;", "&"),),
        doi=_said(item.get("DOI")),
        title=plain(_said(item.get("title"))),
        outlet=plain(_said(item.get("container-title")) or _said(item.get("publisher"))),
        authors=tuple(name for creator in creators if (name := _csl_name(creator)))
        if isinstance(creators, list)
        else (),
        dates=tuple(_csl_dates(item.get("issued"))),
        language=_said(item.get("language")),
        abstract=plain(_said(item.get("abstract"))),
        keywords=(
            *re.split(r"[,;]", _said(item.get("keyword"))),
            *(map(_said, words) if isinstance(words, list) else ()),
        ),
    )


def _said(value: Any) -> str:
    """Return what a field says: a text, a number, or the first of several, as Crossref has it."""
    if isinstance(value, list):
        value = next(iter(value), "")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 10000:
        value = int(value)
    try:
        return str(value)
    except ValueError:  # an integer of thousands of digits
        return ""


def _csl_name(creator: Any) -> str:
    if not isinstance(creator, dict):
        return next(iter(people([_said(creator)])), "")
    if literal := _said(creator.get("literal")):
        return next(iter(people([literal])), "")
    parts = ("given", "dropping-particle", "non-dropping-particle", "family", "suffix")
    name = " ".join(part for key in parts if (part := _said(creator.get(key)).strip()))
    return next(iter(people([name.replace(",", " ")])), "")


def _csl_dates(issued: Any) -> Iterator[str]:
    if isinstance(issued, list):
        issued = next(iter(issued), None)
    if not isinstance(issued, dict):
        yield _said(issued)
        return
    parts = issued.get("date-parts")
    begin = parts[0] if isinstance(parts, list) and parts else [issued.get(key) for key in ("year", "month", "day")]
    if isinstance(begin, list):
        numbers = [_said(part).strip() for part in begin[:3]]
        numbers = numbers[: next((i for i, part in enumerate(numbers) if not part), 3)]
        if len(numbers) > 1 and not (numbers[1].isdecimal() and 1 <= int(numbers[1][:4]) <= 12):
            numbers = numbers[:1]  # a season
        if numbers:
            yield "-".join(part.zfill(2) for part in numbers)
    for key in ("raw", "literal"):
        yield _said(issued.get(key))
