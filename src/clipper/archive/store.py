"""The one door through which the archive is written; with it, all that ``clipper.archive.reader`` reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clipper.archive import files, jsonl, locks, searches, warc
from clipper.archive.durable import make_folder
from clipper.archive.reader import Reader, Warn, cache_folder
from clipper.archive.runnames import without_taken_out
from clipper.archive.searches import Saved
from clipper.archive.warc import Exchange, Response, WarcFiles
from clipper.errors import CannotWork, ClipperError
from clipper.models import SCHEMA, Article, Label, Run, Sample, Tagging, to_line

UNFINISHED = "forgetting.json"  # what was being taken out, while it is (``clipper.archive.forgetting``)

__all__ = ["UNFINISHED", "Archive", "Writer", "cache_folder", "now", "utc"]


def utc(moment: datetime) -> str:
    """Return a moment as the archive writes it: UTC, to the second, with ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)


class Archive(Reader):
    """An archive on disk, to be read and written, raw pages included."""

    def __init__(self, path: Path, warn: Warn = lambda _: None) -> None:
        super().__init__(path, warn)
        self._warc = WarcFiles(path, self.cache)
        self._settled = False

    @staticmethod
    def create(path: Path) -> None:
        """Make an empty archive. One that is there already is left as it is."""
        try:
            make_folder(path / "articles")
        except OSError as error:
            raise CannotWork(f"{path}: cannot be made ({error.strerror})") from None

    def read_raw(self, place: Mapping[str, Any]) -> Response:
        """Return the kept answer of a server that an article's ``warc`` names. Raises CannotWork without one."""
        return warc.read(self.path, place)

    @contextmanager
    def writing(self, *, finishing: bool = False) -> Iterator[Writer]:
        """Hold the write lock, with torn lines set aside and the catalogue up to date."""
        with locks.writing(self.path):
            for path, offset in self.catalogue.catch_up():
                self._set_aside(path, offset)
            self.settle()
            if not finishing and (self.path / UNFINISHED).exists() and not locks.is_forgetting(self.path):
                self.warn(f"{self.path / UNFINISHED}: taking out articles was broken off; run clipper forget again")
            try:
                yield Writer(self)
            except BaseException:
                with suppress(ClipperError):  # what went wrong first is what is told
                    self.catalogue.catch_up()
                raise
            self.catalogue.catch_up()

    def settle(self) -> None:
        """Make sure, once, that what a run wrote that was killed is on disk: it is about to be called archived.

        Raises CannotWork when the disk does not take it.
        """
        if self._settled:
            return
        folder = self.path / "articles"
        try:
            months = files.months([path.name for path in folder.iterdir()]) if folder.is_dir() else []
        except OSError as error:
            raise CannotWork(f"{folder}: cannot be read ({error.strerror})") from None
        names = [*(folder / month for month in months), *(self.path / name for name in files.NAMED)]
        jsonl.settle(names, now())
        self._settled = True

    def _set_aside(self, path: Path, offset: int) -> None:
        kept = jsonl.set_aside(path, offset, self.path / "damaged", now())
        self.warn(f"{path}: ended in a torn line (a crash or a power cut); set aside in {kept}")

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

    def save_search(self, search: Saved) -> None:
        """Append a saved search; one of the same name holds no longer."""
        self._append_search(search.name, search.query, search.at)

    def unsave_search(self, name: str) -> None:
        """Take back a saved search."""
        self._append_search(name, None, utc(now()))

    def _append_search(self, name: str, query: str | None, at: str) -> None:
        path = self.path / searches.FILE
        with self.writing():
            # The catalogue does not follow this file, so nobody else notices its torn line.
            if (torn := jsonl.torn_at(path)) is not None:
                self._set_aside(path, torn)
            jsonl.append(path, [to_line({"name": name, "query": query, "at": at, "schema": SCHEMA})])


class Writer:
    """What may be done while the write lock is held. Each call returns when its lines are on disk."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def articles(self, articles: Sequence[Article]) -> None:
        """Append articles, each to the file of the month in which it was fetched."""
        months: dict[str, list[str]] = {}
        for article in articles:
            name = f"{article.fetched[:7]}.jsonl"
            if not files.MONTH.fullmatch(name):  # an archive from elsewhere may say anything: it names no file
                raise CannotWork(
                    f"{article.id}: fetched at {article.fetched[:40]!r}, which is no time; nothing is written"
                )
            months.setdefault(name, []).append(to_line(article.to_json()))
        for name, lines in months.items():
            jsonl.append(self._archive.path / "articles" / name, lines)

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
        """Append the record of a run, without the addresses of what was taken out since it began."""
        line = to_line(run.to_json())
        line = without_taken_out(line.encode("utf-8"), self._archive.catalogue) or line
        jsonl.append(self._archive.path / "runs.jsonl", [line])
