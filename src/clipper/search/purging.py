"""Taking articles out of the index for good.

The engine only marks what is deleted: the words stay in a part of the index until that part is put together with
others. A part without a document left is deleted, though. So the other articles of the parts in which one lies, or may
have lain, are indexed again; where these are most of the index, or it is small, it is built anew.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from clipper.archive import locks
from clipper.errors import CannotWork
from clipper.search.document import number
from clipper.search.index import Index, is_trouble
from clipper.search.indexing import Follower

SMALL = 20_000  # articles up to which building anew takes seconds
_WAIT = 60.0  # seconds for another process that is indexing


class _Part(NamedTuple):
    """A part of the index: its name, how many documents it holds, and whether it held others that were deleted."""

    name: str
    documents: int
    has_deleted: bool


@contextmanager
def leaving_out(index: Index, articles: Sequence[str], *, anew: bool = False) -> Iterator[None]:
    """Hold the index while articles are taken out of the archive; take them out of the index after that.

    With ``anew`` nobody knows any more where they lay, and the index is built anew. Raises Locked when another process
    is indexing for a minute, CannotWork when the disk does not take the index.
    """
    with locks.indexing(index.archive.cache, _WAIT):
        index.forget()
        beside = None if anew else _beside(index, [number(one) for one in articles])
        yield
        index.forget()
        if beside is None or not _rewritten(index, beside):
            _build_anew(index)
    index.forget()


def _beside(index: Index, articles: Sequence[int]) -> tuple[list[int], list[str]] | None:
    """Return the articles of the parts in which some lie or may have lain, and these parts; None for too many."""
    try:
        if not index.usable or index.engine.count <= SMALL:
            return None
        if not index.in_step():
            Follower(index).run(False)
            index.forget()
        parts, held = _parts(index), index.engine.by_part()
        if [part.documents for part in parts] != [len(one) for one in held]:
            return None
        wanted = set(articles)
        chosen = [n for n, part in enumerate(parts) if part.has_deleted or not wanted.isdisjoint(held[n])]
        others = [one for n in chosen for one in held[n]]
        return (others, [parts[n].name for n in chosen]) if len(others) < index.engine.count / 2 else None
    except BaseException as error:  # a panic of the engine is no Exception
        if not is_trouble(error):
            raise
        return None


def _parts(index: Index) -> list[_Part]:
    noted = json.loads((index.folder / "meta.json").read_bytes())["segments"]
    deleted = [int((one.get("deletes") or {}).get("num_deleted_docs", 0)) for one in noted]
    return [
        _Part(str(one["segment_id"]).replace("-", ""), int(one["max_doc"]) - gone, gone > 0)
        for one, gone in zip(noted, deleted, strict=True)
    ]


def _rewritten(index: Index, beside: tuple[list[int], list[str]]) -> bool:
    """Index articles again; return whether the parts in which they lay are gone."""
    articles, parts = beside
    Follower(index).again(articles)
    index.forget()
    left = {path.name.partition(".")[0] for path in index.folder.iterdir()}
    return left.isdisjoint(parts)


def _build_anew(index: Index) -> None:
    if not index.folder.exists() and not index.note.exists():
        return
    try:
        index.note.unlink(missing_ok=True)
        if index.folder.exists():
            shutil.rmtree(index.folder)
    except OSError as error:
        raise CannotWork(f"{index.folder}: cannot be deleted ({error.strerror}); it holds what was taken out") from None
    index.forget()
    if not index.in_step():
        Follower(index).run(False)
