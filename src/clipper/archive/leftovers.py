"""What is left of articles of which no line can be read: in damaged lines, in what was set aside, in runs.

Nothing of it is trusted to be whole. An id and an address that can still be told are enough to take the rest out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

from clipper.archive.entering import url_number
from clipper.errors import CannotWork
from clipper.models import Article, Kind

SET_ASIDE = "damaged"
_SHORTEST_ID = 4  # letters of an id by which it is looked for in damaged bytes
_STRING = rb'"((?:[^"\\]|\\.)*)"'
_TEXTS = ("kind", "url", "canonical", "guid", "title", "fetched", "source")
_WANTED = {name: re.compile(rb'"' + name.encode() + rb'":[ \t]*' + _STRING) for name in _TEXTS}
_REVISION = re.compile(rb'"revision":[ \t]*([1-9][0-9]{0,8})[,}]')
_PLACE = re.compile(rb'"warc":[ \t]*(\{"file":[^{}]*\})')
_MOMENT = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-[0-9]{2}T[0-9:]{8}Z")


def named(archive: Path, prefix: str) -> list[str]:
    """Return the ids that begin so and are named by lines of articles, damaged or not, by runs or in ``damaged/``.

    Raises CannotWork when a file cannot be read.
    """
    start = prefix.strip().lower()
    if len(start) < _SHORTEST_ID:
        return []
    wanted = re.compile(rb'"(?:id|article)":[ \t]*"(' + re.escape(start.encode("utf-8", "replace")) + rb'[^"\\\s]*)"')
    found = set[str]()
    for path in (*_below(archive / "articles"), *aside(archive), *sorted(archive.glob("runs*.jsonl"))):
        try:
            with path.open("rb") as file:
                found.update(match.decode("utf-8", "replace") for line in file for match in wanted.findall(line))
        except OSError as error:
            raise CannotWork(f"{path}: cannot be read ({error.strerror}); nothing was taken out") from None
    return sorted(found)


def aside(archive: Path) -> list[Path]:
    """Return the files of lines that were set aside as damaged."""
    return [path for path in _below(archive / SET_ASIDE) if ".warc" not in path.name]


def _below(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".new"))


def learnt(line: bytes, ident: str) -> Article:
    """Return what a damaged line still tells of its article: what is not there, or no text, is left out."""
    known: dict[str, Any] = {}
    for name, wanted in _WANTED.items():
        if match := wanted.search(line):
            try:
                known[name] = json.loads(b'"' + match[1] + b'"')
            except ValueError:
                continue
    if known.get("kind") not in get_args(Kind):
        known.pop("kind", None)
    if not _MOMENT.fullmatch(known.get("fetched", "")):
        known.pop("fetched", None)
    if match := _REVISION.search(line):
        known["revision"] = int(match[1])
    if match := _PLACE.search(line):
        with suppress(ValueError):
            known["warc"] = json.loads(match[1])
    return Article(id=ident, **known)


def is_of(line: bytes, urls: frozenset[int]) -> bool:
    """Whether a line that names no id holds one of these addresses, by their numbers; a clipping's is another's."""
    if b'"id":' in line or b'"kind": "clipping"' in line:
        return False
    for name in ("url", "canonical"):
        if match := _WANTED[name].search(line):
            try:
                if url_number(json.loads(b'"' + match[1] + b'"')) in urls:
                    return True
            except ValueError:
                continue
    return False
