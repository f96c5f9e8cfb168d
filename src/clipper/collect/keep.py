"""Candidates into the archive: each article once, decided under the write lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clipper.archive.store import Archive
from clipper.collect.candidate import Candidate, compare, is_another, own_identity
from clipper.models import Article, Outcome, Status

NO_DATE = "no date stated; archived without one"


def keep(archive: Archive, candidates: Sequence[Candidate], *, revise: bool) -> list[Outcome]:
    """Append what is new; return what became of each candidate, in order.

    With ``revise``, another text under a known id becomes its next revision; without, it is *seen*. What is
    reported as added or revised is on disk; its ``cause`` says when no date was stated.

    Raises CannotWork, with nothing of the batch added to a file that
    failed, and Locked.
    """
    outcomes: list[Outcome] = []
    fresh: list[Article] = []
    pending: dict[str, Article] = {}

    def stored(article: Article) -> Article | None:
        if article.id in pending:
            return pending[article.id]
        entry = archive.catalogue.get(article.id)
        return archive.read(entry.place) if entry else None

    with archive.writing() as writer:
        for candidate in candidates:
            article = candidate.article
            known = stored(article)
            if known is not None and is_another(known, article):
                article = own_identity(article)
                known = stored(article)
            target = candidate.asked or article.url or article.id
            status: Status = "added"
            if known is not None:
                if not revise or compare(known, article) == "seen":
                    outcomes.append(Outcome(target=target, id=known.id, status="seen"))
                    continue
                status = "revised"
                article = replace(article, revision=known.revision + 1, guid=article.guid or known.guid)
            fresh.append(article)
            pending[article.id] = article
            undated = None if article.published else NO_DATE
            outcomes.append(Outcome(target=target, id=article.id, status=status, cause=undated))
        writer.articles(fresh)
    return outcomes
