"""What cutting a page gives: its items, each with the lines that it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from clipper.collect.intake.lines import Line


@dataclass(frozen=True)
class Head:
    """Where an item begins: the lines that its heading takes, and what these state.

    ``lines`` are numbers of lines. ``rest`` is what stands in the last of them after the heading, which is text of
    the item; ``url`` is where its title leads.
    """

    lines: tuple[int, ...]
    title: str
    outlet: str | None = None
    published: str | None = None
    url: str | None = None
    rest: str = ""
    form: str = ""

    @property
    def full(self) -> bool:
        """Whether outlet and date are known."""
        return bool(self.outlet and self.published)


@dataclass
class Item:
    """One item of a page: its heading, the numbers of its lines, the text as it is kept, and who wrote it."""

    head: Head
    body: list[int] = field(default_factory=list)
    text: str = ""
    url: str | None = None
    authors: tuple[str, ...] = ()


@dataclass
class Cut:
    """A page that was cut. Each line is in one item, is the page's ``own``, or is ``unplaced``: none is in two.

    ``own`` are numbers of lines: what stands over the items, between and below them, and what divides them.
    """

    lines: Sequence[Line]
    items: list[Item]
    own: list[int] = field(default_factory=list)
    unplaced: list[int] = field(default_factory=list)
