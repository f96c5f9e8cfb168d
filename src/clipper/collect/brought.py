"""One thing that somebody brings to the records that are in it: a file, a page to ask for, a page of a web archive.

Nothing is kept here. What a file holds is found in a worker process, and what a URL leads to comes by the one door.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clipper.archive.captures import Capture
from clipper.archive.catalogue import taken_out_on
from clipper.archive.entering import url_number
from clipper.archive.store import Archive, now, utc
from clipper.archive.warc import Exchange, payload_digest
from clipper.collect.candidate import REFERENCE, Candidate, by_text, canonical_of, make_article
from clipper.collect.document import MAX_BYTES, refuse_other_media, site_name
from clipper.collect.facts import SILENT, Facts, hear
from clipper.collect.intake.targets import STDIN, Target
from clipper.collect.keep import kept_answer
from clipper.collect.pieces import Batch, Link
from clipper.collect.savedpage import original_url
from clipper.collect.web import Web
from clipper.collect.webarchives import Stream
from clipper.collect.workers import Workers
from clipper.config import is_web_address
from clipper.errors import ClipperError, FetchFailed, Refused

SOURCE = "added"
_DOCUMENTS = ("application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
_FIRST_CAPTURE = 1990  # there was no web before
_WHOLE = 150  # words: a list that has so many of an article has its text


@dataclass(frozen=True, kw_only=True)
class Choices:
    """How to add. ``split`` is whether to cut pages into clippings, None to find out.

    With ``revision_of``, what is found becomes the next revision of that article, whatever it says of itself. With
    ``dry_run`` nothing is stored.
    """

    split: bool | None = None
    revision_of: str | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class Job:
    """One thing to read: a file, a page to ask for, or a page out of a web archive."""

    target: Target
    link: Link | None = None
    capture: Capture | None = None
    stream: Stream | None = None  # what the capture is from
    number: int = 0  # of the capture in it
    error: ClipperError | None = None  # why it cannot be read


@dataclass(frozen=True)
class Come:
    """What came of a job: candidates in order, links to ask for, notes; or the article that it is already."""

    seen: str | None = None
    candidates: Sequence[Candidate] = ()
    links: Sequence[Link] = ()
    notes: Sequence[str] = ()


class Reader:
    """Reads what is brought. ``choices`` say how."""

    def __init__(self, archive: Archive, web: Web, workers: Workers, choices: Choices) -> None:
        self._archive, self._web, self._workers, self._choices = archive, web, workers, choices

    async def read(self, job: Job) -> Come:
        """Return what comes of a job. Raises FetchFailed and Refused with the cause."""
        fetched = utc(now())
        if job.error:
            raise job.error
        if job.capture:
            return await self._read_capture(job.capture)
        if job.link:
            return await self._read_link(job.link, fetched)
        body = await asyncio.to_thread(_contents, job.target)
        batch = await self._workers.read_file(job.target.name, body, split=self._choices.split)
        return Come(None, self._candidates(batch, fetched), batch.links, batch.notes)

    async def _read_capture(self, capture: Capture) -> Come:
        exchange = capture.exchange
        if not is_web_address(exchange.url):
            raise Refused("its address is no web address")
        if seen := self._kept_already(exchange):
            return Come(seen=seen)
        batch = await self._workers.read_file(
            exchange.url, exchange.payload, url=exchange.url, content_type=capture.content_type,
            coding=capture.coding, split=self._choices.split,
        )  # fmt: skip
        chain = (exchange,) if capture.kind == "response" else ()
        sane = _FIRST_CAPTURE <= exchange.at.year <= now().year + 1  # before and after are slips of a clock
        found = self._candidates(batch, utc(exchange.at if sane else now()), url=exchange.url, chain=chain)
        return Come(None, found, (), batch.notes)

    def _kept_already(self, exchange: Exchange) -> str | None:
        """Return the article that came of the same bytes under the same address, so that they are not read again."""
        known = self._archive.catalogue.by_url(exchange.url)
        entry = self._archive.catalogue.get(known) if known and self._choices.split is None else None
        if entry is None:
            return None
        kept = kept_answer(self._archive, self._archive.read(entry.place))
        return known if kept and kept.digest == payload_digest(exchange.payload) else None

    async def _read_link(self, link: Link, fetched: str) -> Come:
        if link.url is None:
            return Come(None, [self._reference(link, fetched)])
        if when := self._archive.catalogue.withheld(url_number(link.url)):
            raise Refused(taken_out_on(when), expected=True)
        try:
            answer = await self._web.get(link.url)
            if answer.content_type.partition(";")[0].strip().lower() not in _DOCUMENTS:
                refuse_other_media(answer.content_type)
            batch = await self._workers.read_file(
                link.url, answer.payload, url=answer.url, content_type=answer.content_type, coding=answer.coding,
                split=self._choices.split,
            )  # fmt: skip
        except (FetchFailed, Refused) as error:
            if link.place and (link.facts.title or link.text):
                said = f"{error}; what the list says of it is kept"
                return Come(None, [self._reference(link, fetched)], (), [said])
            raise
        found = self._candidates(
            batch, fetched, url=answer.url, asked=link.url, chain=answer.exchanges, said=link.facts
        )  # fmt: skip
        return Come(None, found, (), batch.notes)

    @staticmethod
    def _reference(link: Link, fetched: str) -> Candidate:
        """Return the record of what a list says of an article whose page is not to be had."""
        facts = link.facts
        if not (link.text or facts.title):
            raise Refused("an entry without a URL, a title and a text")
        whole = bool(link.text) and link.text != facts.excerpt and len(link.text.split()) > _WHOLE
        article = make_article(
            facts, text=link.text or facts.title or "", url=link.url, canonical=link.url, fetched=fetched,
            source=SOURCE, extractor=REFERENCE, partial=not whole,
        )  # fmt: skip
        return Candidate(article=article, revise=False, brought=True)

    def _candidates(
        self,
        batch: Batch,
        fetched: str,
        *,
        url: str | None = None,
        asked: str | None = None,
        chain: tuple[Exchange, ...] = (),
        said: Facts = SILENT,
    ) -> list[Candidate]:
        """Return the records of a file's pieces. ``said`` is what a list says of the page: believed first."""
        if self._choices.revision_of and (len(batch.pieces) != 1 or batch.links):
            raise Refused("it holds more than one article; --as takes the copy of that one")
        found: list[Candidate] = []
        page: str | None = None
        ids: dict[str, str] = {}
        for piece in batch.pieces:
            clipping = piece.kind == "clipping"
            facts = piece.facts if clipping else hear(said, piece.facts)
            address = (url or facts.url) if not clipping else facts.url
            # A web archive's copy of a page is the page: it goes by the address that it had.
            home = original_url(url) if url else None
            if home and not facts.outlet:
                facts = replace(facts, outlet=site_name(home))
            article = make_article(
                facts, text=piece.text, url=address, canonical=canonical_of(home or url, piece.facts.url) or address,
                fetched=fetched, source=SOURCE, extractor=piece.extractor, partial=piece.partial, kind=piece.kind,
                part_of=page if clipping else None,
            )  # fmt: skip
            if ids.setdefault(article.id, article.sha256) != article.sha256:
                article = by_text(article)  # twice on one page, with two texts
            if piece.kind == "page":
                page = article.id
            found.append(
                Candidate(
                    article=article, asked=None if clipping else asked, chain=() if clipping else chain, revise=True,
                    again=self._choices.revision_of, brought=url is None or bool(chain and not asked),
                )
            )  # fmt: skip
        return found


def _contents(target: Target) -> bytes:
    """Return the bytes of a file or of stdin. Raises FetchFailed and Refused."""
    try:
        if target.path is None:
            assert target.name == STDIN
            raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            raw = _first(target.path)
    except OSError as error:
        raise FetchFailed(f"cannot be read ({error.strerror})") from None
    if len(raw) > MAX_BYTES:
        raise Refused(f"larger than {MAX_BYTES >> 20} MB")
    return raw


def _first(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
