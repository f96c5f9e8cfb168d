"""The table of misbehaviours: each with its name, what it does, and how it must end."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from collect.evil.server import Answering, Call

ADDED, FAILED, REFUSED = "added", "failed", "refused"


@dataclass(frozen=True)
class Evil:
    """A misbehaviour. ``kind`` is ``page`` for one that a good feed links to, else the kind of the source that it is.

    ``status`` and ``cause`` are how a page of it ends; of a source ``cause`` is what its report says, empty where it
    is read in spite of all. ``at`` is the path that is asked for, ``also`` what the host answers elsewhere.
    """

    kind: str
    name: str
    status: str
    cause: str
    answer: Answering
    at: str
    also: tuple[tuple[str, Answering], ...] = ()
    tls: bool = False
    scheme: str = ""  # of its URL, where that is not the server's
    more: str = ""  # further lines of the source's table in the configuration

    @property
    def slug(self) -> str:
        return re.sub(r"\W+", "-", self.name.lower()).strip("-")


ALL: list[Evil] = []


def page(
    name: str,
    status: str,
    cause: str = "",
    *,
    at: str = "/news/story",
    tls: bool = False,
    scheme: str = "",
    **also: Answering,
) -> Callable[[Answering], Answering]:
    """Put a page into the table. ``also`` maps names of paths (``robots`` for ``/robots.txt``) to further answers."""
    return _row(Evil("page", name, status, cause, _nothing, at, (), tls, scheme), also)


def source(
    kind: str, name: str, cause: str = "", *, status: str = FAILED, at: str = "/list", more: str = "", **also: Answering
) -> Callable[[Answering], Answering]:
    """Put a source into the table."""
    return _row(Evil(kind, name, status, cause, _nothing, at, more=more), also)


async def _nothing(call: Call) -> None:
    """The place of an answer in a row that is not finished."""


def _row(row: Evil, also: dict[str, Answering]) -> Callable[[Answering], Answering]:
    def put(answer: Answering) -> Answering:
        others = tuple(("/robots.txt" if path == "robots" else f"/{path}", one) for path, one in also.items())
        ALL.append(replace(row, answer=answer, also=others))
        return answer

    return put
