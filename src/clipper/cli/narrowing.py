"""What the commands share that work on some articles of the archive: those that a query and its options match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from clipper.cli.asking import asked, renamed
from clipper.cli.output import tell
from clipper.errors import Locked, NothingFound
from clipper.text import shorten

if TYPE_CHECKING:
    from clipper.archive.reader import Reader
    from clipper.config import Config


class Matching(NamedTuple):
    """The articles that a query matches, by their numbers in the index, copies of others among them.

    ``query`` says all that was asked, the options' filters too; saved searches are written out, and lengths of time
    are dates, so that it says the same tomorrow.
    """

    query: str
    numbers: frozenset[int]

    def holds(self, article_id: str) -> bool:
        """Whether an article is among them."""
        from clipper.search.document import number

        return number(article_id) in self.numbers


def matching(
    config: Config, archive: Reader, query: tuple[str, ...], filters: Mapping[str, Any], *, complete: bool = False
) -> Matching | None:
    """Return the articles that a query and its options match, None where neither asks for anything.

    Raises NothingFound where nothing matches. A search makes do with what was indexed before while another process is
    indexing; with ``complete`` that is not enough, and Locked is raised.
    """
    wanted = asked(config, archive, query, filters)
    if wanted.node is None:
        return None
    from clipper.search.indexing import follow
    from clipper.search.query import unparse
    from clipper.search.results import Search

    archive.catalogue.glance()
    last = archive.catalogue.newest_seq()
    names = renamed(config)
    found = Search(archive, wanted.node, follow=follow, renamed=names, tell=tell).numbers()
    if complete and not _is_complete(archive, names, last):
        raise Locked(
            "the search index does not hold the whole archive yet, so not all that matches is known; try again later"
        )
    text = unparse(wanted.node)
    if not found:
        raise NothingFound(f"no article matches {shorten(text, 200)}")
    return Matching(text, frozenset(found))


def _is_complete(archive: Reader, names: Mapping[str, str], last: int) -> bool:
    """Whether the index has seen the changes of the archive up to a number."""
    from clipper.search.index import Index

    index = Index(archive, renamed=names)
    return index.usable and index.state.generation == index.generation and index.state.seq >= last
