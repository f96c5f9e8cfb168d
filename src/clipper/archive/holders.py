"""What else in an archive holds the text of an article: copies, the page that it was cut from, what was cut from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import Literal, NamedTuple

from clipper.archive.catalogue import Entry
from clipper.archive.likeness import Likeness
from clipper.archive.store import Archive
from clipper.errors import CannotWork
from clipper.models import Article
from clipper.sketch import Sketch

How = Literal["copy", "page", "clipping", "same page"]
_WORDS = 8  # of a paragraph that is nobody's turn of phrase
_MOST = 50  # likely copies that are compared


class Holder(NamedTuple):
    """An article that holds the text of another, ``of``: as a ``copy``, as the ``page`` that the other was cut from,
    as a ``clipping`` cut from it, or with the ``same page`` behind it, of which the raw bytes are kept once.
    """

    entry: Entry
    how: How
    of: str


def holders(archive: Archive, articles: Sequence[str]) -> list[Holder]:
    """Return what holds the text of articles beside themselves, each once, in the order of ids.

    The index of copies is brought up to date for that. Raises CannotWork and Locked.
    """
    found: dict[str, Holder] = {}
    with closing(Likeness(archive.cache, archive.warn)) as likeness:
        likeness.catch_up(archive.catalogue, archive.read)
        for one in articles:
            for holder in _of(archive, likeness, one):
                if holder.entry.id not in articles:
                    found.setdefault(holder.entry.id, holder)
    return [found[name] for name in sorted(found)]


def with_holders(archive: Archive, articles: Sequence[str]) -> list[str]:
    """Return articles and all that hold their texts, and all that hold theirs, and so on.

    What is cut from a page goes with it only where that page itself was named: the others on it are other texts.
    """
    chosen = dict.fromkeys(articles)
    waiting = list(articles)
    named = set(articles)
    with closing(Likeness(archive.cache, archive.warn)) as likeness:
        likeness.catch_up(archive.catalogue, archive.read)
        while waiting:
            one = waiting.pop()
            for holder in _of(archive, likeness, one):
                wanted = holder.how != "clipping" or one in named
                if wanted and holder.how != "same page" and holder.entry.id not in chosen:
                    chosen[holder.entry.id] = None
                    waiting.append(holder.entry.id)
    return list(chosen)


def _of(archive: Archive, likeness: Likeness, ident: str) -> Iterator[Holder]:
    catalogue = archive.catalogue
    entry = catalogue.get(ident)
    if entry is None:
        return
    revisions = [archive.read(place) for place in catalogue.revisions(ident).values()]
    article = archive.read(entry.place)
    near = [article.duplicate_of, *catalogue.copies(ident, _MOST)]
    yield from _each(archive, [name for name in near if name], "copy", ident)
    yield from _each(archive, [article.part_of] if article.part_of else [], "page", ident)
    yield from _each(archive, catalogue.clippings(ident), "clipping", ident)
    if entry.kind == "page":
        yield from _each(archive, _same_page(archive, revisions, ident), "same page", ident)
        return
    for one in revisions:
        likely = likeness.candidates(Sketch(one.text), one.title, _MOST)
        for other in _each(archive, [name for name in likely if name != ident], "copy", ident):
            if shares_text(one, archive.read(other.entry.place)):
                yield other
    for page in catalogue.pages():
        with suppress(CannotWork):
            text = archive.read(page.place)
            if any(shares_text(one, text) for one in revisions):
                yield Holder(page, "page", ident)
    yield from _each(archive, _same_page(archive, revisions, ident), "same page", ident)


def _same_page(archive: Archive, revisions: Sequence[Article], ident: str) -> list[str]:
    urls = {one.url for one in revisions if one.url and one.kind != "clipping"}
    return [name for url in sorted(urls) for name in archive.catalogue.fetched_from(url) if name != ident]


def _each(archive: Archive, names: Sequence[str], how: How, of: str) -> Iterator[Holder]:
    for name in names:
        entry = archive.catalogue.get(name)
        # A clipping's URL names a page that is another's.
        if entry is not None and not (how == "same page" and entry.kind == "clipping"):
            yield Holder(entry, how, of)


def shares_text(one: Article, other: Article) -> bool:
    """Whether a paragraph of one article stands in another, word by word; of one without any, the whole text."""
    parts = [" ".join(part.split()) for part in one.text.split("\n\n")]
    long = [part for part in parts if len(part.split()) >= _WORDS] or [" ".join(one.text.split())]
    there = " ".join(other.text.split())
    return any(part and part in there for part in long)
