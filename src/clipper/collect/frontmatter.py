"""The block that opens a Markdown file (Hugo, Jekyll, Obsidian's clippers) to facts: YAML between ``---``, TOML
between ``+++``.

Of YAML only what such blocks are made of is read: ``key: value``, lists in brackets or one item a line, quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from clipper import located_toml
from clipper.collect import names
from clipper.collect.dates import day_within, parse_date
from clipper.collect.facts import SILENT, Facts
from clipper.text import clean_line, clean_text

_MOST_LINES, _LONGEST = 200, 20_000
_KEY = re.compile(r"([A-Za-z][\w .-]{0,40}?)\s*:(?:\s+(.*)|)$")
_ITEM = re.compile(r"-\s+(\S.*)$")
_PARTS = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,"'\[\]][^,\[\]]*|\[\[[^\]]*\]\])\s*(?:,|$)""")
_LINKED = re.compile(r"^\[\[(?:[^\]|]*\|)?([^\]|]*)\]\]$|^\[([^\]]*)\]\([^)]*\)$")
_URL = re.compile(r"https?://[^\s/]\S*$", re.IGNORECASE)
_NO_CATEGORY = ("clippings", "clipping", "inbox", "post", "posts")

_TITLE = ("title", "headline")
_DATE = ("published", "datepublished", "publishdate", "pubdate", "publicationdate", "publishedat", "date")
_AUTHOR = ("author", "authors", "byline", "by", "creator")
_URLS = ("source", "url", "link", "sourceurl", "canonicalurl", "canonical", "original", "permalink")
_OUTLET = ("outlet", "publication", "newspaper", "publisher", "site", "sitename", "website", "source")
_EXCERPT = ("description", "excerpt", "summary", "standfirst", "subtitle")
_CATEGORIES = ("categories", "category", "tags", "keywords", "topics")
_LANGUAGE = ("lang", "language")
_READ = {*_TITLE, *_DATE, *_AUTHOR, *_URLS, *_OUTLET, *_EXCERPT, *_CATEGORIES, *_LANGUAGE}


@dataclass(frozen=True)
class Front:
    """A text, and what stands before it: ``stated`` are the lines that are read, ``left_out`` the others."""

    text: str
    facts: Facts = SILENT
    stated: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def split(text: str) -> Front:
    """Return what the block at the head of a text states, and the text under it; no block is no statement."""
    mark = text.lstrip()[:3]
    if mark not in ("---", "+++"):
        return Front(text)
    lines = text.lstrip()[: 2 * _LONGEST].splitlines(keepends=True)
    ends = (mark, "...") if mark == "---" else (mark,)
    if lines[0].strip() != mark:
        return Front(text)
    end = next((i for i, line in enumerate(lines[1:_MOST_LINES], 1) if line.strip() in ends), None)
    if end is None:
        return Front(text)
    said = _toml(lines[1:end]) if mark == "+++" else _yaml(lines[1:end])
    if said is None:
        return Front(text)
    rest = text.lstrip()[sum(map(len, lines[: end + 1])) :]
    stated: list[str] = [lines[0], lines[end]]
    left_out: list[str] = []
    for key, block, _ in said:
        (stated if key in _READ else left_out).append(block)
    return Front(rest, _facts(said), _clean(stated), _clean(left_out))


_Said = list[tuple[str, str, list[str]]]  # key, the lines it stands in, values


def _yaml(lines: list[str]) -> _Said | None:
    """Return the keys with their values, None for what is no such block but text between two rules."""
    starts = [i for i, line in enumerate(lines) if line[:1].isalpha() and _KEY.match(line.rstrip())]
    if not starts or any(line.strip() and line[0] not in "#- \t" for line in lines[: starts[0]]):
        return None
    said: _Said = [("", "".join(lines[: starts[0]]), [])]
    for start, end in pairwise([*starts, len(lines)]):
        found = _KEY.match(lines[start].rstrip())
        below = lines[start + 1 : end]
        if found is None or any(line.strip() and line[0] not in "#- \t]" for line in below):
            return None
        value = (found[2] or "").strip()
        key = re.sub(r"[^a-z]", "", found[1].lower())
        said.append((key, "".join(lines[start:end]), _values(value, below)))
    return said


def _values(value: str, below: list[str]) -> list[str]:
    if value in (">", "|", ">-", "|-", ">+", "|+"):
        return [" ".join(line.strip() for line in below)]
    if not value:
        return [_plain(found[1]) for line in below if (found := _ITEM.match(line.strip()))]
    whole = " ".join([value, *(line.strip() for line in below)]).strip()
    if whole.startswith("[") and not whole.startswith("[["):
        inner = whole.partition("]")[0] if "[[" not in whole else whole.rstrip("]") + "]]"
        return [_plain(found[1]) for found in _PARTS.finditer(inner[1:][:_LONGEST])]
    return [_plain(whole)]


def _plain(value: str) -> str:
    """Return a value without its quotes, its comment, or the brackets of a link between notes."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    elif len(value) > 1 and value[0] == value[-1] == "'":
        value = value[1:-1].replace("''", "'")
    else:
        value = value.partition(" #")[0].strip()
    linked = _LINKED.match(value)
    return clean_line((linked[1] or linked[2] or "") if linked else value)


def _toml(lines: list[str]) -> _Said | None:
    block = "".join(lines)
    try:
        data = located_toml.values(block)
    except ValueError:
        return None
    tables = [value for value in data.values() if isinstance(value, dict)]
    said: _Said = [("title", block, [])]
    for table in (data, *tables):  # Hugo keeps its categories in a table
        for key, value in table.items():
            values = value if isinstance(value, list) else [value]
            plain = [_told(v) for v in values if not isinstance(v, (dict, list))]
            said.append((re.sub(r"[^a-z]", "", key.lower()), "", plain))
    return said


def _told(value: object) -> str:
    try:
        return clean_line(str(value))
    except ValueError:  # a number of more digits than Python writes
        return ""


def _facts(said: _Said) -> Facts:
    heard: dict[str, list[str]] = {}
    for key, _, values in said:
        if kept := [value for value in values if value]:
            heard.setdefault(key, kept)

    def first(keys: Iterable[str]) -> Iterable[str]:
        return (heard[key][0] for key in keys if key in heard)

    outlet = next((v for v in first(_OUTLET) if not _URL.match(v) and len(v) <= 80), None)
    categories = [c.strip("# ") for key in _CATEGORIES for v in heard.get(key, []) for c in v.split(",")]
    return Facts(
        url=next((v for v in first(_URLS) if _URL.match(v) and len(v) < 4000), None),
        title=next((v[:500] for v in first(_TITLE)), None),
        outlet=outlet,
        authors=names.authors(v for key in _AUTHOR for v in heard.get(key, [])),
        published=next((d for v in first(_DATE) if (d := parse_date(v) or day_within(v[:60]))), None),
        language=next((v.lower()[:2] for v in first(_LANGUAGE) if re.fullmatch(r"[A-Za-z]{2}(?:[-_]\w+)?", v)), None),
        excerpt=next((clean_text(v)[:2000] for v in first(_EXCERPT)), None),
        categories=tuple(dict.fromkeys(c for c in categories if 0 < len(c) <= 80 and c.lower() not in _NO_CATEGORY)),
    )


def _clean(blocks: list[str]) -> tuple[str, ...]:
    return tuple(text for block in blocks if (text := clean_text(block)))
