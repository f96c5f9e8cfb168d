"""``extract --again``: the text and facts of kept raw pages anew, offline, with the extractor of today.

An article whose page gives something else now gets its next revision; one that gives the same stays as it is. Pages
that were kept although no article came of them are tried as well.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clipper import __version__
from clipper.archive import jsonl
from clipper.archive.catalogue import Entry
from clipper.archive.store import Archive, now, utc
from clipper.archive.warc import Response
from clipper.collect.candidate import Candidate, from_page
from clipper.collect.facts import Facts
from clipper.collect.keep import keep, revision_of
from clipper.collect.workers import Workers
from clipper.config import Config
from clipper.errors import CannotWork, ClipperError, Refused
from clipper.models import Article, Outcome, Run, Status

BATCH = 50
_COMPARED = ("title", "outlet", "authors", "published", "language", "text", "excerpt", "categories", "partial")


@dataclass(frozen=True)
class Kept:
    """A raw page that is kept: its place, and the article that came of it, if one did."""

    place: dict[str, Any]
    source: str
    target: str
    article: Article | None = None


def extract_again(
    archive: Archive,
    config: Config,
    ids: Sequence[str],
    expect: Callable[[int], None],
    done: Callable[[Outcome], None],
) -> None:
    """Read the kept pages of the named articles again, or all; tell ``done`` of each that it is on disk.

    ``expect`` is told how many there are. What cannot be read is told with its cause and does not stop the others.
    Raises CannotWork and Locked when the archive cannot be written.
    """
    started = utc(now())
    archive.catalogue.catch_up()
    entries: list[Entry] = [archive.find(one) for one in ids] or archive.catalogue.untagged("", everything=True)
    loose = [] if ids else list(_without_article(archive))
    expect(len(entries) + len(loose))
    outcomes: list[Outcome] = []
    not_archived: list[dict[str, Any]] = []

    def told(outcome: Outcome) -> None:
        outcomes.append(outcome)
        done(outcome)

    async def run() -> None:
        async with Workers() as workers:
            for pages in _batches(archive, entries, loose):
                read = await asyncio.gather(*(_read(archive, workers, config, page) for page in pages))
                fresh: list[Candidate] = []
                for page, found in zip(pages, read, strict=True):
                    if isinstance(found, ClipperError):
                        # That a page of which no article came still gives none is no failure.
                        status: Status = "refused" if isinstance(found, Refused) and not page.article else "failed"
                        told(Outcome(target=page.target, id=page.article.id if page.article else None, status=status,
                                     cause=str(found)))  # fmt: skip
                        not_archived.append({"target": page.target, "source": page.source, "status": status,
                                             "cause": str(found), "lasting": True, "warc": page.place})  # fmt: skip
                    elif found is None:
                        assert page.article
                        told(Outcome(target=page.target, id=page.article.id, status="seen"))
                    else:
                        fresh.append(found)
                for outcome in keep(archive, fresh, raw=False):
                    told(outcome)

    try:
        asyncio.run(run())
    finally:
        names = ("added", "revised", "seen", "refused", "failed")
        counts: dict[str, int] = {status: sum(1 for o in outcomes if o.status == status) for status in names}
        archive.add_run(
            Run(
                command="extract",
                started=started,
                ended=utc(now()),
                version=__version__,
                sources=[{"source": "extract", **counts, "error": None}],
                not_archived=[item for item in not_archived if not archive.catalogue.by_url(item["target"])],
            )
        )


async def _read(archive: Archive, workers: Workers, config: Config, page: Kept) -> Candidate | ClipperError | None:
    """Return what a kept page gives now, None when that is what the archive has, or the error that it ends in."""
    try:
        raw = archive.read_raw(page.place)
        found = await workers.read(raw.body, raw.url, raw.headers.get("content-type", ""))
    except ClipperError as error:
        return error
    outlet = next((source.outlet for source in config.sources if source.name == page.source), None)
    known = page.article
    heard = _facts(known) if known else Facts()
    article = from_page(
        found, url=raw.url, fetched=known.fetched if known else _moment(raw), source=page.source,
        configured=Facts(outlet=outlet), feed=heard,
    )  # fmt: skip
    article = replace(article, warc=page.place)
    if known is None:
        return Candidate(article=article, asked=page.target)
    article = revision_of(known, article)
    if all(getattr(article, name) == getattr(known, name) for name in _COMPARED):
        return None
    return Candidate(article=article, asked=page.target, revise=True, again=known.id, differs=True)


def _moment(raw: Response) -> str:
    """Return when a page was fetched, to the second, as articles say it."""
    return raw.date[:19] + "Z"


def _facts(known: Article) -> Facts:
    """Return what is known of an article: a witness that is heard after its page."""
    return Facts(
        title=known.title,
        outlet=known.outlet,
        authors=tuple(known.authors),
        published=known.published,
        language=known.language,
        excerpt=known.excerpt,
        categories=tuple(known.categories),
    )


def _batches(archive: Archive, entries: Sequence[Entry], loose: Sequence[Kept]) -> Iterator[list[Kept]]:
    """Yield the kept pages, few at a time: an archive's texts do not fit into memory."""
    for start in range(0, len(entries), BATCH):
        pages = []
        for entry in entries[start : start + BATCH]:
            try:
                article = archive.read(entry.place)
            except CannotWork as error:
                archive.warn(str(error))
                continue
            if article.warc and article.url and article.kind == "article":  # what was cut is not put together again
                pages.append(Kept(article.warc, article.source, article.url, article))
        yield pages
    for start in range(0, len(loose), BATCH):
        yield list(loose[start : start + BATCH])


def _without_article(archive: Archive) -> Iterator[Kept]:
    """Yield the kept pages of which no article came, by the record of runs."""
    seen: set[str] = set()
    for line in jsonl.read(archive.path / "runs.jsonl"):
        try:
            items = json.loads(line.data)["not_archived"]
            placed = [item for item in items if isinstance(item.get("warc"), dict)]
            kept = [Kept(item["warc"], str(item["source"]), str(item["target"])) for item in placed]
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        for page in kept:
            if page.target not in seen and not archive.catalogue.by_url(page.target):
                seen.add(page.target)
                yield page
