"""A digest: what is told in it, in which order and under which headings. How it looks is the business of its forms.

It is gathered first, ids and headings alone, so that its counts can stand at its top; then the articles are read again,
one after the other, as they are written: of a hundred thousand no more than a few hundred are in memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from clipper.models import Article
from clipper.publish.about import About
from clipper.publish.formats.citation import language_of
from clipper.publish.links import link_of
from clipper.publish.rights import Excerpt, excerpt, is_cut
from clipper.publish.selection import Item, Selection
from clipper.publish.week import Week
from clipper.text import clean_line, clean_text, fold
from clipper.wording import counted, human_date, shown_title

GroupBy = Literal["theme", "month", "outlet"]
_DATE = re.compile(r"\d{4}(?:-\d\d){0,2}", re.ASCII)
_NOTHING = {"theme": "No theme", "month": "No date", "outlet": "No outlet"}


class Copy(NamedTuple):
    """Another record of an item's story, in a line of its own; ``heading`` stands in where there is no title."""

    title: str | None
    heading: str
    outlet: str | None
    published: str | None
    link: str | None


class Shown(NamedTuple):
    """One item as readers get it. ``anchor`` is its name within the digest."""

    anchor: str
    title: str | None
    heading: str
    outlet: str | None
    published: str | None
    authors: Sequence[str]
    language: str | None
    paragraphs: Sequence[str]
    link: str | None
    copies: Sequence[Copy]


class Elsewhere(NamedTuple):
    """An item that stands under another heading of the digest, and under which."""

    anchor: str
    heading: str
    outlet: str | None
    published: str | None
    under: str


@dataclass
class Group:
    """The items under one heading, which is empty where there are no groups.

    ``entries`` are ids, each with those of its copies, ``elsewhere`` the ids of the items that belong here too and
    stand under the heading of another group, whose key is told. ``before`` is how many there were the week before.
    """

    key: str
    name: str
    entries: list[tuple[str, Sequence[str]]] = field(default_factory=list)
    elsewhere: list[tuple[str, str]] = field(default_factory=list)
    before: int = 0

    def said(self, week: Week | None) -> str:
        """Return how many articles there are in it, in words."""
        number = len(self.entries) + len(self.elsewhere)
        words = counted(number, "article")
        if self.elsewhere and self.entries:
            words += f", {len(self.elsewhere):,} of them under another heading"
        elif self.elsewhere:
            words += ", under another heading" if number == 1 else ", all under other headings"
        return f"{words}; {_the_week_before(self.before)}" if week else words


class Digest:
    """What a digest tells. ``cut`` counts the whole texts that were asked for and may not be given out, while read.

    With a ``week``, what is of that week is told, and how much there was in the week before it.
    """

    def __init__(
        self,
        selection: Selection,
        about: About,
        *,
        how: Excerpt = "short",
        group_by: GroupBy | None = None,
        limit: int | None = None,
        week: Week | None = None,
        progress: Callable[[int, int], None] = lambda done, of: None,
    ) -> None:
        self.about = about
        self.week = week
        self.title = clean_line(about.title) or "Clippings"
        self.total = self.copies = self.before = self.cut = 0
        self.group_by = group_by
        self._selection, self._how, self._limit, self._progress = selection, how, limit, progress
        self._first = self._last = ""
        self.groups = self._gathered()

    # -- gathering ------------------------------------------------------------------------------------------------

    def _gathered(self) -> list[Group]:
        groups: dict[str, Group] = {}
        for item in self._items(gathering=True):
            article = item.article
            keys = self._keys(item)
            for key in keys:
                if key not in groups:
                    groups[key] = Group(key, self._name(key))
            if self.week and not self.week.holds(article):
                if self.week.before.holds(article):
                    self.before += 1
                    for key in keys:
                        groups[key].before += 1
                continue
            if self._limit is not None and self.total >= self._limit:
                continue
            self._count(item)
            copies = tuple(item.copies) if self._selection.fold else ()
            if self.group_by or self.week:
                groups[keys[0]].entries.append((article.id, copies))
                for key in keys[1:]:
                    groups[key].elsewhere.append((article.id, keys[0]))
        return sorted(groups.values(), key=self._order)

    def _items(self, *, gathering: bool = False) -> Iterator[Item]:
        limit = None if self.week else self._limit
        progress = self._progress if gathering else lambda done, of: None
        return self._selection.items(sort="date", limit=limit, progress=progress)

    def _count(self, item: Item) -> None:
        self.total += 1
        self.copies += len(item.copies) if self._selection.fold else 0
        if published := _published(item.article):
            self._last = self._last or published
            self._first = published

    def _keys(self, item: Item) -> Sequence[str]:
        """Return the groups that an item belongs to; whole it stands in the first, its surest theme."""
        if self.group_by == "theme":
            return item.carried or [""]
        if self.group_by == "month":
            return [(_published(item.article) or "")[:7]]
        if self.group_by == "outlet":
            return [clean_line(item.article.outlet or "")]
        return [""]

    def _name(self, key: str) -> str:
        if not self.group_by:
            return ""
        if not key:
            return _NOTHING[self.group_by]
        if self.group_by == "theme":
            return clean_line(self.about.name_of(key)) or key
        return human_date(key) if self.group_by == "month" else key

    def _order(self, group: Group) -> tuple[object, ...]:
        """Return what puts a group in its place: themes as the codebook has them, months the newest first."""
        if self.group_by == "theme":
            listed = list(self.about.themes)
            return not group.key, listed.index(group.key) if group.key in listed else len(listed), group.name
        if self.group_by == "month":  # of a year alone after its months
            return not group.key, *(-int(part) if part.isdigit() else 0 for part in f"{group.key}-00".split("-")[:2])
        return not group.key, fold(group.name), group.name

    # -- telling --------------------------------------------------------------------------------------------------

    def lead(self) -> list[str]:
        """Return the lines at the top: how much there is, what was asked for, how much stands under each heading."""
        said = counted(self.total, "article")
        if self._first:
            first, last = human_date(self._first), human_date(self._last)
            said += f", {first}" if first == last else f", {first} to {last}"
        if self.copies:
            copies = "copy" if self.copies == 1 else "copies"
            said += f"; {self.copies:,} more {copies} of these stories"
        lines = [f"{said}."]
        if self.week:
            lines.append(f"From {self.week}; {_the_week_before(self.before)}.")
        if self.about.query:
            lines.append(f"Asked for: {clean_line(self.about.query)}")
        return lines

    def shown_groups(self) -> list[Group]:
        """Return the groups that have anything of their own or elsewhere; of a week those too that had it before."""
        if not (self.group_by or self.week):
            return self.groups
        return [group for group in self.groups if group.entries or group.elsewhere or group.before]

    def shown(self, group: Group) -> Iterator[Shown]:
        """Yield the items of a group, read anew."""
        if not (self.group_by or self.week):
            yield from map(self._shown, self._items())
            return
        for ident, copies in group.entries:
            item = self._selection.item(ident, copies)
            if item is not None:
                yield self._shown(item)

    def elsewhere(self, group: Group) -> Iterator[Elsewhere]:
        """Yield the items that belong to a group and stand under another heading."""
        names = {one.key: one.name for one in self.groups}
        for ident, key in group.elsewhere:
            article = self._selection.article(ident)
            if article is not None:
                yield Elsewhere(
                    _anchor(ident), heading_of(article, self._how), _outlet(article), _published(article), names[key]
                )

    def _shown(self, item: Item) -> Shown:
        article, rights = item.article, self.about.rights
        self.cut += self._how == "clip" and is_cut(article, rights) and bool(article.text)
        # What is not folded stands as an item of its own.
        found = (self._selection.article(ident) for ident in item.copies) if self._selection.fold else ()
        return Shown(
            anchor=_anchor(article.id),
            title=_title(article),
            heading=heading_of(article, self._how),
            outlet=_outlet(article),
            published=_published(article),
            authors=[name for one in article.authors if (name := clean_line(one))],
            language=language_of(article) or None,
            paragraphs=[said for one in excerpt(article, self._how, rights) if (said := clean_text(one))],
            link=link_of(article),
            copies=[
                Copy(_title(copy), heading_of(copy, self._how), _outlet(copy), _published(copy), link_of(copy))
                for copy in found
                if copy is not None
            ],
        )


def heading_of(article: Article, how: Excerpt = "short") -> str:
    """Return the title of an article as one line, or its first words behind a word that it has none.

    Where no text is to be given out, these words are not either.
    """
    return clean_line(shown_title(_title(article), "" if how == "none" else clean_line(article.text[:500])))


def made_on(moment: str) -> str:
    """Return the day of a moment (UTC, ISO 8601) as people write it."""
    return human_date(date.fromisoformat(moment[:10]).isoformat())


def _title(article: Article) -> str | None:
    return clean_line(article.title or "") or None


def _outlet(article: Article) -> str | None:
    return clean_line(article.outlet or "") or None


def _published(article: Article) -> str | None:
    """Return when an article was published; None where its record states no date in the form that all dates have."""
    return article.published if _DATE.fullmatch(article.published or "") else None


def _anchor(ident: str) -> str:
    """Return an id as the name of a place on a page: letters and digits, with a letter before them."""
    return "a" + "".join(c for c in ident if c.isascii() and c.isalnum())


def _the_week_before(number: int) -> str:
    return f"{number:,} in the week before" if number else "none in the week before"
