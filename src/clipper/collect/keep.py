"""Candidates into the archive: each article once, decided under the write lock."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from typing import Any

from clipper.archive.catalogue import taken_out_on
from clipper.archive.entering import guid_key_number, url_number
from clipper.archive.likeness import Likeness
from clipper.archive.store import Archive, Writer
from clipper.archive.warc import Exchange, Kept, payload_digest
from clipper.collect.candidate import REFERENCE, Candidate, by_text, compare, is_another, own_identity
from clipper.collect.duplicates import Finder
from clipper.errors import CannotWork
from clipper.models import Article, Outcome, Status
from clipper.text import fold

NO_DATE = "no date stated; archived without one"
STUB = "a stub: only its beginning is to be had without a subscription"
HEADLINE = "only its headline is known"
SUMMARY = "only what the list says of it is kept"


def keep(
    archive: Archive, candidates: Sequence[Candidate], *, raw: bool, index: Likeness | None = None
) -> list[Outcome]:
    """Append what is new; return what became of each candidate, in order.

    ``index`` is the archive's index of copies, where it is open already; it stays so.

    A candidate that does not ``revise`` is *seen* when its id is known. What is reported as added or revised is on
    disk, its raw answer too when ``raw`` is set; its ``cause`` says when no date was stated, or that it is a stub.

    Raises CannotWork, with nothing of the batch added to a file that failed, and Locked.
    """
    if not candidates:
        return []
    with nullcontext(index) if index else closing(open_index(archive)) as likeness, archive.writing() as writer:
        likeness.catch_up(archive.catalogue, archive.read)
        return _Batch(archive, writer, raw, likeness).keep(candidates)


def open_index(archive: Archive) -> Likeness:
    """Return the archive's index of copies, brought up to date: over a big archive this is long the first time."""
    index = Likeness(archive.cache, archive.warn)
    index.catch_up(archive.catalogue, archive.read)
    return index


def keep_raw(archive: Archive, chains: Sequence[tuple[Exchange, ...]]) -> list[dict[str, Any] | None]:
    """Append raw answers of which no article came; return their places, None for a page that was taken out.

    That may have happened while the page was asked for; it must not come back by that. Raises CannotWork and Locked.
    """
    if not chains:
        return []
    with archive.writing() as writer:
        out = [bool(archive.catalogue.withheld(*(url_number(one.url) for one in chain))) for chain in chains]
        places = iter(writer.raw([chain for chain, gone in zip(chains, out, strict=True) if not gone]))
        return [None if gone else next(places) for gone in out]


class Preview:
    """What ``keep`` would do with candidates that come one after the other. Nothing is written."""

    def __init__(self, archive: Archive) -> None:
        self._batch = _Batch(archive, None, False, Likeness())

    def of(self, candidate: Candidate) -> Outcome:
        """Return what would become of a candidate."""
        return self._batch.decide(candidate)


class _Batch:
    """What is decided and written while the lock is held once; without a ``writer`` it is only decided."""

    def __init__(self, archive: Archive, writer: Writer | None, raw: bool, index: Likeness) -> None:
        self._archive = archive
        self._writer = writer
        self._raw = raw
        self._fresh: list[Article] = []
        self._chains: dict[int, tuple[Exchange, ...]] = {}  # by the place in the batch
        self._pending: dict[str, Article] = {}
        self._finder = Finder(index, self._archived)

    def keep(self, candidates: Sequence[Candidate]) -> list[Outcome]:
        assert self._writer
        outcomes = [self.decide(candidate) for candidate in candidates]
        numbers = list(self._chains)
        kept = zip(numbers, self._writer.raw([self._chains[n] for n in numbers]), strict=True)
        places = {n: place for n, place in kept if not self._chains[n][-1].same_as}
        fresh = enumerate(self._fresh)
        self._writer.articles([replace(article, warc=places.get(number, article.warc)) for number, article in fresh])
        return outcomes

    def _stored(self, article: str) -> Article | None:
        return self._pending.get(article) or self._archived(article)

    def _archived(self, article: str) -> Article | None:
        entry = self._archive.catalogue.get(article)
        return self._archive.read(entry.place) if entry else None

    def _was_stored(self, article: str, sha256: str) -> bool:
        """Whether any revision of an article had this text."""
        if any(one.id == article and one.sha256 == sha256 for one in self._fresh):
            return True
        places = self._archive.catalogue.revisions(article).values()
        return any(self._archive.read(place).sha256 == sha256 for place in places)

    def decide(self, candidate: Candidate) -> Outcome:
        """Return what becomes of a candidate; one that is new or changed is put among what is to be written."""
        article = candidate.article
        if candidate.again:  # its page was asked for again: whatever it says of itself now, it is that article
            article = replace(article, id=candidate.again)
        if cause := self._taken_out(candidate):
            which = f" (clipping {article.id[:7]})" if article.kind == "clipping" else ""  # one of many in its file
            target = candidate.asked or article.url or article.id
            return Outcome(target=target, id=None, status="refused", cause=cause + which)
        known = self._stored(article.id)
        if known is not None and not candidate.again and is_another(known, article):
            article = own_identity(article)
            known = self._stored(article.id)
        if known is not None and _is_other_clipping(known, article):
            article = by_text(article)
            known = self._stored(article.id)
        target = candidate.asked or article.url or article.id
        if when := self._archive.catalogue.forgotten(article.id):
            return Outcome(target=target, id=None, status="refused", cause=taken_out_on(when))
        status: Status = "added"
        if known is not None:
            seen = not candidate.revise or not _differs(known, article, candidate)
            if seen or (candidate.brought and self._was_stored(known.id, article.sha256)):
                return Outcome(target=target, id=known.id, status="seen")
            status = "revised"
            article = revision_of(known, article)
        else:
            article = self._finder.tied(article)
        number = len(self._fresh)
        if self._raw and candidate.chain:
            chain = self._without_repeats(candidate.chain, known)
            self._chains[number] = chain
            if known and chain[-1].same_as:  # the page itself lies where it lay
                article = replace(article, warc=known.warc)
        self._fresh.append(article)
        self._pending[article.id] = article
        said = [_lacking(article)] if article.partial else []
        said += [] if article.published else [NO_DATE]
        return Outcome(target=target, id=article.id, status=status, cause="; ".join(said) or None)

    def _taken_out(self, candidate: Candidate) -> str | None:
        """Return why a candidate is not to come back, if it is an article that was taken out on request."""
        article, catalogue = candidate.article, self._archive.catalogue
        if when := catalogue.forgotten(article.id):
            return taken_out_on(when)
        if candidate.again:
            return None
        # A clipping's link leads to another record, which may have been taken out without it.
        urls = [] if article.kind == "clipping" else [candidate.asked, article.url, article.canonical]
        keys = [url_number(url) for url in urls if url]
        if article.guid:
            keys.append(guid_key_number(article.source, article.guid, article.title))
        when = catalogue.withheld(*keys) if keys else None
        return taken_out_on(when) if when else None

    def _without_repeats(self, chain: tuple[Exchange, ...], known: Article | None) -> tuple[Exchange, ...]:
        """Return a chain whose last answer names the kept one when their payloads are the same."""
        kept = kept_answer(self._archive, known)
        last = chain[-1]
        if kept is None or payload_digest(last.payload) != kept.digest:
            return chain
        return (*chain[:-1], replace(last, same_as=kept))


def revision_of(known: Article, found: Article) -> Article:
    """Return what was found as the next revision of a known article; what the page no longer states stays."""
    return replace(
        found,
        id=known.id,
        revision=known.revision + 1,
        kind=known.kind,
        url=found.url or known.url,
        title=found.title or known.title,
        authors=found.authors or known.authors,
        canonical=known.canonical or found.canonical,
        guid=found.guid or known.guid,
        published=found.published or known.published,
        outlet=found.outlet or known.outlet,
        categories=found.categories or known.categories,
        part_of=known.part_of,
        duplicate_of=known.duplicate_of,
    )


def _lacking(article: Article) -> str:
    """Return what there is of an article of which there is not all."""
    if article.text == article.title:
        return HEADLINE
    return SUMMARY if article.extractor == REFERENCE else STUB


def _is_other_clipping(known: Article, found: Article) -> bool:
    """Whether a clipping with the outlet, date and title of a stored one was cut elsewhere, and cut differently."""
    return found.kind == "clipping" and known.part_of != found.part_of and compare(known, found) == "revised"


def kept_answer(archive: Archive, article: Article | None) -> Kept | None:
    """Return what a revisit record says of an article's kept answer, None without one that can be read."""
    if article is None or article.warc is None:
        return None
    try:
        return archive.read_raw(article.warc).kept
    except CannotWork:
        return None


def _differs(known: Article, found: Article, candidate: Candidate) -> bool:
    """Whether a page that was found is another revision: another text, or another headline over it."""
    if candidate.differs or compare(known, found) == "revised":
        return True
    retitled = bool(found.title) and fold(known.title or "") != fold(found.title or "")
    return bool(candidate.again) and retitled and known.sha256 == found.sha256
