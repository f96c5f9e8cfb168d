"""What the lines of the archive's files say of each other, as rows of numbers: a few dozen bytes for each line."""

from __future__ import annotations

import re
import zlib
from array import array
from collections.abc import Iterable

from clipper.archive.entering import quick_key
from clipper.archive.tables import from_key, number_of

_EVERY_64 = (1 << 64) - 1
_PLAIN_ID = re.compile("[0-9a-f]{16}")

# What points to an article.
DUPLICATE, PART, LABEL, TAG, SAMPLE, RUN = range(6)


class Facts:
    """What the lines of a block say that others must agree with, a row each. Lines count from the block's first."""

    def __init__(self) -> None:
        # Revisions of articles.
        self.ids, self.revisions, self.lines = array("Q"), array("q"), array("I")
        self.offsets = array("Q")
        # The articles that were taken out on request, when, and the numbers of their addresses.
        self.stones, self.requests, self.withheld = array("Q"), array("q"), array("Q")
        # Of lines that are damaged, what can still be read of which article they were.
        self.hurt, self.hurt_revisions = array("Q"), array("q")
        # What points to articles.
        self.targets, self.seen, self.kinds, self.at = array("Q"), array("q"), array("B"), array("I")
        # What may be said again: by whom of what, when, and the checksum of the whole line.
        self.keys, self.moments, self.sums = array("Q"), array("q"), array("I")
        self.said_at, self.said_offsets = array("I"), array("Q")
        # Places of raw pages.
        self.files: dict[str, int] = {}
        self.file, self.place, self.url = array("H"), array("Q"), array("Q")
        self.owner, self.placed_at = array("Q"), array("I")

    def article(self, number: int, revision: int, line: int, offset: int) -> None:
        """Take in a revision of an article."""
        self.ids.append(number)
        self.revisions.append(revision)
        self.lines.append(line)
        self.offsets.append(offset)

    def taken_out(self, article: str, moment: str, keys: Iterable[str]) -> None:
        """Take in that an article was taken out on request, and what its addresses are known by."""
        self.withheld.extend(from_key(key) & _EVERY_64 for key in keys)
        self.stones.append(id_number(article))
        self.requests.append(as_number(moment))

    def damaged(self, article: str, revision: int) -> None:
        """Take in that the line of a revision is damaged."""
        self.hurt.append(id_number(article))
        self.hurt_revisions.append(revision)

    def points(self, kind: int, article: str, line: int, revision: int = 0) -> None:
        """Take in that a line names an article, and perhaps its revision."""
        self.targets.append(id_number(article))
        self.seen.append(revision)
        self.kinds.append(kind)
        self.at.append(line)

    def says(self, key: int, moment: str, data: bytes, line: int, offset: int) -> None:
        """Take in that a line says something of ``key`` that a later one may say otherwise."""
        self.keys.append(key)
        self.moments.append(as_number(moment))
        self.sums.append(zlib.crc32(data))
        self.said_at.append(line)
        self.said_offsets.append(offset)

    def raw(self, file: str, offset: int, url: str | None, owner: int, line: int) -> None:
        """Take in where a raw page should lie, of which URL, and the number of the article that was taken from it."""
        self.file.append(self.files.setdefault(file, len(self.files)))
        self.place.append(offset)
        self.url.append(url_number(url))
        self.owner.append(owner)
        self.placed_at.append(line)


def id_number(article: str) -> int:
    """Return the number that stands for an id: the number that it is, where it is one as clipper makes them."""
    return int(article, 16) if _PLAIN_ID.fullmatch(article) else number(article)


def number(text: str) -> int:
    """Return the number that stands for a text."""
    return number_of(text) & _EVERY_64


def url_number(url: str | None) -> int:
    """Return the number that stands for all URLs of a page."""
    return number(quick_key(url.partition("#")[0])) if url else 0


def as_number(moment: str) -> int:
    """Return a moment as a number, 0 for none."""
    digits = moment.encode("utf-8", "replace").translate(None, b"-T:Z")
    return int(digits) if digits.isdigit() and len(digits) < 19 else 0
