"""The one door through which the archive is written and read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clipper.archive import jsonl, locks, warc
from clipper.archive.catalogue import Catalogue, Entry, Place
from clipper.archive.warc import Exchange, Response, WarcFiles
from clipper.errors import CannotWork, NothingFound
from clipper.models import Article, Label, Run, Sample, Tagging, to_line
from clipper.places import user_cache
from clipper.text import checksum, shorten

Warn = Callable[[str], None]


def utc(moment: datetime) -> str:
    """Return a moment as the archive writes it: UTC, to the second, with ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)


def cache_folder(archive: Path) -> Path:
    """Return where the derived files of an archive go: beside it, or per user where it cannot be written."""
    beside = archive / "cache"
    usable = os.access(beside, os.W_OK) and beside.is_dir() if beside.exists() else os.access(archive, os.W_OK)
    if usable:
        return beside
    mark = checksum(str(archive.absolute()))[:16]
    return user_cache() / "archives" / mark


class Archive:
    """An archive on disk. ``warn`` is given one line for each thing that is not as it should be."""

    def __init__(self, path: Path, warn: Warn = lambda _: None) -> None:
        self.path = path
        self.warn = warn
        if not path.is_dir():
            raise CannotWork(
                f"{path}: no archive there; for a new project: clipper init, for a new archive: mkdir -p {path}"
            )
        self.cache = cache_folder(path)
        self.catalogue = Catalogue(path, self.cache, warn)
        self._warc = WarcFiles(path, self.cache)

    @staticmethod
    def create(path: Path) -> None:
        """Make an empty archive. One that is there already is left as it is."""
        try:
            (path / "articles").mkdir(parents=True, exist_ok=True)
            jsonl.sync_folder(path)
        except OSError as error:
            raise CannotWork(f"{path}: cannot be made ({error.strerror})") from None

    # -- reading ------------------------------------------------------------------------------------------

    def _line(self, place: Place) -> bytes:
        return jsonl.read_at(self.path / place.file, place.offset, place.length)

    def read(self, place: Place) -> Article:
        """Return the article at a place. Raises CannotWork when another line lies there."""
        try:
            return Article.from_json(json.loads(self._line(place)))
        except (ValueError, TypeError) as error:
            raise CannotWork(f"{self.path / place.file}: no article at byte {place.offset} ({error})") from None

    def read_tagging(self, place: Place) -> Tagging:
        """Return the tagging at a place. Raises CannotWork when another line lies there."""
        try:
            return Tagging.from_json(json.loads(self._line(place)))
        except (ValueError, TypeError) as error:
            raise CannotWork(f"{self.path / place.file}: no tags at byte {place.offset} ({error})") from None

    def read_raw(self, place: Mapping[str, Any]) -> Response:
        """Return the kept answer of a server that an article's ``warc`` names. Raises CannotWork without one."""
        return warc.read(self.path, place)

    def find(self, prefix: str) -> Entry:
        """Return the article that a unique prefix of an id names.

        Raises NothingFound when it names none or several, and says which.
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
        return found[0]

    # -- writing ------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Hold the write lock, with torn lines set aside and the catalogue up to date."""
        with locks.writing(self.path):
            for path, offset in self.catalogue.catch_up():
                kept = jsonl.set_aside(path, offset, self.path / "damaged", now())
                self.warn(f"{path}: ended in a torn line (a crash or a power cut); set aside in {kept}")
            try:
                yield Writer(self)
            finally:
                self.catalogue.catch_up()

    def add_run(self, run: Run) -> None:
        """Append the record of a run."""
        with self.writing() as writer:
            writer.run(run)

    def add_taggings(self, taggings: Sequence[Tagging]) -> None:
        """Append a batch of tags."""
        with self.writing() as writer:
            writer.taggings(taggings)

    def add_labels(self, labels: Sequence[Label]) -> None:
        """Append people's judgements."""
        with self.writing() as writer:
            writer.labels(labels)

    def add_sample(self, sample: Sample) -> None:
        """Append the record of a random sample."""
        with self.writing() as writer:
            writer.sample(sample)


class Writer:
    """What may be done while the write lock is held. Each call returns when its lines are on disk."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def articles(self, articles: Sequence[Article]) -> None:
        """Append articles, each to the file of the month in which it was fetched."""
        months: dict[str, list[str]] = {}
        for article in articles:
            months.setdefault(article.fetched[:7], []).append(to_line(article.to_json()))
        for month, lines in months.items():
            jsonl.append(self._archive.path / "articles" / f"{month}.jsonl", lines)

    def raw(self, chains: Sequence[Sequence[Exchange]]) -> list[dict[str, Any]]:
        """Append the raw answers of servers; return the place of the last one of each chain."""
        return self._archive._warc.append(chains, now())

    def taggings(self, taggings: Sequence[Tagging]) -> None:
        """Append tags."""
        jsonl.append(self._archive.path / "tags.jsonl", [to_line(t.to_json()) for t in taggings])

    def labels(self, labels: Sequence[Label]) -> None:
        """Append people's judgements."""
        jsonl.append(self._archive.path / "labels.jsonl", [to_line(label.to_json()) for label in labels])

    def sample(self, sample: Sample) -> None:
        """Append the record of a random sample."""
        jsonl.append(self._archive.path / "samples.jsonl", [to_line(sample.to_json())])

    def run(self, run: Run) -> None:
        """Append the record of a run."""
        jsonl.append(self._archive.path / "runs.jsonl", [to_line(run.to_json())])
