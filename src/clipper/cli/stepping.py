"""Bringing the search index up to date at the end of a command that changed much, so that no search has to wait."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from clipper.cli.asking import renamed
from clipper.cli.output import tell
from clipper.errors import CannotWork, ClipperError

if TYPE_CHECKING:
    from clipper.archive.reader import Reader
    from clipper.config import Config

MANY = 200  # changes from which on an index is begun where there is none; a search builds a smaller one in no time
_LONG = 3.0  # seconds after which it is told what takes so long


def bring_in_step(config: Config, reader: Reader, *, quiet: bool = False) -> None:
    """Take into the search index what has changed in the archive.

    What stands in the way is told in a line and does not fail the command, whose own work is done: the next search
    tries again. Nothing is told of the rest unless it takes long. A ``quiet`` command tells only what somebody has to
    look into.
    """
    from clipper.search.index import Index, Trouble
    from clipper.search.indexing import catch_up

    begun = monotonic()

    def progress(message: str) -> None:
        if not quiet and monotonic() - begun > _LONG:
            tell(message)

    index = Index(reader, progress, renamed(config))
    try:
        if not index.in_step() and (index.usable or reader.catalogue.count_since(0) > MANY):
            catch_up(index)
    except ClipperError as error:
        if not quiet or isinstance(error, CannotWork):
            tell(f"the search index is not up to date yet, the next search sees to it ({error})")
    except Trouble:
        tell(f"{index.folder}: the search index cannot be brought up to date; look at it with: clipper check")
