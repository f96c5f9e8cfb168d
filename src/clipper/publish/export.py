"""Giving articles out as a file: which formats there are, and how a selection becomes one, an article at a time."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from clipper.errors import NothingFound, UsageError, nearest
from clipper.publish.about import About
from clipper.publish.selection import Item

Lines = Callable[[Iterable[Item], About], Iterator[str]]
Write = Callable[[Iterable[Item], About, BinaryIO], None]
_PACKED = ".gz"


class Format(NamedTuple):
    """One format: the endings of its files, the module of ``clipper.publish.formats`` that makes it.

    A module has ``lines`` where the format is text; the others, which are ``binary``, have a way of their own.
    """

    endings: tuple[str, ...]
    module: str
    binary: bool = False


FORMATS: Mapping[str, Format] = {
    "jsonl": Format((".jsonl", ".ndjson"), "jsonlines"),
    "csv": Format((".csv",), "sheet"),
    "parquet": Format((".parquet",), "parquet", binary=True),
    "ris": Format((".ris",), "ris"),
    "bibtex": Format((".bib",), "bibtex"),
    "csl-json": Format((".json",), "csl"),
    "atom": Format((".xml", ".atom"), "atom"),
    "warc": Format((".warc.gz",), "warcs", binary=True),
}


def format_of(path: Path) -> str:
    """Return the format that a file's ending names. Raises UsageError for an ending of none."""
    name = path.name.lower()
    for plain in (name, name.removesuffix(_PACKED)):
        for called, form in FORMATS.items():
            if plain.endswith(form.endings):
                return called
    known = {ending: called for called, form in FORMATS.items() for ending in form.endings}
    if name.endswith(".warc"):
        raise UsageError(f"{path}: raw pages are written packed; name a file that ends in .warc.gz")
    guess = nearest(path.suffix, known) if path.suffix else ""
    raise UsageError(f"{path}: no format goes with this ending{guess}; say which: --format {', '.join(FORMATS)}")


def as_text(lines: Lines, *, packed: bool = False) -> Write:
    """Return what writes a format of text: in UTF-8, an article at a time."""

    def write(items: Iterable[Item], about: About, stream: BinaryIO) -> None:
        for piece in lines(items, about):
            stream.write(piece.encode("utf-8", "replace"))

    def write_packed(items: Iterable[Item], about: About, stream: BinaryIO) -> None:
        # Without the moment and the file's name: the same articles give the same bytes.
        with gzip.GzipFile("", "wb", fileobj=stream, mtime=0) as inner:
            write(items, about, cast(BinaryIO, inner))

    return write_packed if packed else write


def is_packed(path: Path) -> bool:
    """Whether a file of text is to be packed, by its name."""
    return path.name.lower().endswith(_PACKED)


def export(
    items: Iterator[Item], about: About, write: Write, opened: Callable[[], AbstractContextManager[BinaryIO]]
) -> int:
    """Write articles; return how many were read. What is written to is opened when there is something to write.

    Raises NothingFound when there is nothing.
    """
    first = next(items, None)
    if first is None:
        raise NothingFound("nothing found")
    count = _Counted(chain([first], items))
    with opened() as stream:
        write(count, about, stream)
    return count.passed


class _Counted:
    """Articles, one after the other, and how many have passed."""

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self.passed = 0

    def __iter__(self) -> Iterator[Item]:
        for item in self._items:
            self.passed += 1
            yield item


def feed_files(themes: Iterable[str]) -> dict[str | None, str]:
    """Return how the file of each theme's feed is called, and that of all articles, whose theme is None."""
    names: dict[str | None, str] = {None: "all.atom"}
    for key in themes:
        names[key] = f"{key}.atom" if f"{key}.atom" != names[None] else f"{key}-theme.atom"
    return names
