"""An archive as it is read: which articles it holds, and what their lines say.

Nothing here writes to the archive, takes a lock or opens a raw page, so that what only looks something up starts
without the packages that are needed for these. ``clipper.archive.store`` has the whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from clipper import modes
from clipper.archive import jsonl
from clipper.archive.borrowing import borrow
from clipper.archive.catalogue import Catalogue, Entry, Place, taken_out_on
from clipper.errors import CannotWork, NothingFound
from clipper.models import Article, Tagging
from clipper.places import user_cache
from clipper.text import shorten

Warn = Callable[[str], None]


def cache_folder(archive: Path) -> Path:
    """Return where the derived files of an archive go: beside it, or per user where it cannot be written."""
    beside = archive / "cache"
    usable = os.access(beside, os.W_OK) and beside.is_dir() if beside.exists() else os.access(archive, os.W_OK)
    if usable:
        return beside
    mark = uuid5(NAMESPACE_URL, archive.absolute().as_uri()).hex
    own = user_cache() / "archives" / mark
    with suppress(OSError):  # whoever needs it tells what stands in the way
        modes.private_folder(own.parent)
    borrow(beside, own)
    return own


class Reader:
    """An archive on disk, to be read. ``warn`` is given one line for each thing that is not as it should be."""

    def __init__(self, path: Path, warn: Warn = lambda _: None) -> None:
        self.path = path
        self.warn = warn
        if path.exists() and not path.is_dir():
            raise CannotWork(f"{path}: no folder, so no archive; 'archive' in config.toml names it")
        if not path.is_dir():
            raise CannotWork(
                f"{path}: no archive there; for a new project: clipper init, for a new archive: mkdir -p {path}"
            )
        if not os.access(path, os.R_OK | os.X_OK):
            raise CannotWork(f"{path}: cannot be read (Permission denied)")
        self.cache = cache_folder(path)
        self.catalogue = Catalogue(path, self.cache, warn)

    def _line(self, place: Place) -> bytes:
        return jsonl.read_at(self.path / place.file, place.offset, place.length)

    def _lines(self, places: Sequence[Place]) -> Iterator[tuple[Place, bytes]]:
        """Yield the lines at some places: each file is opened once, and read from its beginning to its end."""
        by_file: dict[str, list[Place]] = {}
        for place in sorted(places):
            by_file.setdefault(place.file, []).append(place)
        for file, inside in by_file.items():
            lines = jsonl.read_several(self.path / file, [(place.offset, place.length) for place in inside])
            yield from zip(inside, lines, strict=True)

    def read(self, place: Place) -> Article:
        """Return the article at a place. Raises CannotWork when another line lies there."""
        return self._article(place, self._line(place))

    def read_several(self, places: Sequence[Place]) -> dict[Place, Article]:
        """Return the articles at some places, in the manner of ``read``: a few hundred, since all are in memory."""
        return {place: self._article(place, line) for place, line in self._lines(places)}

    def _article(self, place: Place, line: bytes) -> Article:
        try:
            return Article.from_json(json.loads(line))
        except (ValueError, TypeError) as error:
            raise CannotWork(f"{self.path / place.file}: no article at byte {place.offset} ({error})") from None

    def read_tagging(self, place: Place) -> Tagging:
        """Return the tagging at a place. Raises CannotWork when another line lies there."""
        return self._tagging(place, self._line(place))

    def read_taggings(self, places: Sequence[Place]) -> dict[Place, Tagging]:
        """Return the taggings at some places, in the manner of ``read_several``."""
        return {place: self._tagging(place, line) for place, line in self._lines(places)}

    def _tagging(self, place: Place, line: bytes) -> Tagging:
        try:
            return Tagging.from_json(json.loads(line))
        except (ValueError, TypeError) as error:
            raise CannotWork(f"{self.path / place.file}: no tags at byte {place.offset} ({error})") from None

    def find(self, prefix: str, *, forgotten: bool = False) -> Entry:
        """Return the article that a unique prefix of an id names.

        Raises NothingFound when it names none or several, and says which; and for one that was taken out of the
        archive, unless such are asked for as well (``forgotten``).
        """
        wanted = prefix.strip().lower()
        found = self.catalogue.named(wanted) if wanted else []
        if not found:
            raise NothingFound(
                f"{shorten(prefix, 40)!r}: no article has an id that begins so; ids are shown by: clipper search"
            )
        if len(found) > 1 and found[0].id != wanted:
            some = ", ".join(self.catalogue.unique_prefix(e.id) for e in found[:5])
            more = " and more" if len(found) > 5 else ""
            raise NothingFound(f"{prefix!r} begins more than one id ({some}{more}); give more digits")
        entry = found[0]
        if entry.forgotten and not forgotten:
            raise NothingFound(f"{self.catalogue.unique_prefix(entry.id)}: {self._epitaph(entry)}")
        return entry

    def _epitaph(self, entry: Entry) -> str:
        """Return what is said of an article that was taken out: when, and why where a reason was given."""
        reason = self.read(entry.place).reason
        return taken_out_on(entry.forgotten or "") + (f" ({shorten(reason, 200)})" if reason else "")
