"""The week that a round-up tells of: seven days up to today, and the seven days before them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from clipper.archive.reader import Reader
from clipper.collect.dates import london_day
from clipper.models import Article
from clipper.search.indexing import follow
from clipper.search.results import Search
from clipper.search.tree import Any, Dates, Key, Node
from clipper.search.tree import both as and_
from clipper.wording import human_date

_DAYS = 7


class Week(NamedTuple):
    """Seven days, as ``YYYY-MM-DD``. ``came`` leads from the id of an article that states no day to the day it came."""

    since: str
    until: str
    came: dict[str, str]

    def __str__(self) -> str:
        return f"{human_date(self.since)} to {human_date(self.until)}"

    def holds(self, article: Article) -> bool:
        """Whether an article was published in this week; where it states no day, whether it came then.

        What states a month or a year is of the week only when the week lies in it.
        """
        day = article.published or ""
        if len(day) < 10:
            if not (self.since.startswith(day) or self.until.startswith(day)):
                return False
            day = self.came.get(article.id, "")
        return self.since <= day <= self.until

    @property
    def before(self) -> Week:
        """The week before this one."""
        return Week(_earlier(self.since, _DAYS), _earlier(self.until, _DAYS), self.came)


def _earlier(day: str, days: int) -> str:
    return (date.fromisoformat(day) - timedelta(days)).isoformat()


def week_up_to(moment: datetime, archive: Reader, node: Node | None) -> tuple[Week, Node]:
    """Return the week that ends on the day of a moment, in London, and the query for what may be of it or of the one
    before: ``node`` too must match.

    When an article came is read from its first revision: what changes later is not new by that.
    """
    today = london_day(moment)
    assert today is not None
    week = Week(_earlier(today, _DAYS - 1), today, {})
    first = week.before.since
    months = {day[:7] for day in (first, week.since, today)}  # a file is named after the month in UTC
    months.add(_earlier(first, 1)[:7])
    imprecise = Search(archive, and_(node, Dates(None, None, True)), follow=follow, fold=False).matches(sort="date")
    undated = [match.id for match in imprecise]
    inside = Dates(first, today)
    vague = Search(archive, and_(node, inside), follow=follow, fold=False).matches(sort="date")
    catalogue = archive.catalogue
    found: list[Node] = [inside]
    for number, ident in enumerate([*undated, *(match.id for match in vague)]):
        entry = catalogue.get(ident)
        if entry is None or (number < len(undated) and entry.place.file[-13:-6] not in months):
            continue
        article = archive.read(entry.place)
        if len(article.published or "") == len(today):
            continue
        if article.revision > 1:
            article = archive.read(catalogue.revisions(ident)[min(catalogue.revisions(ident))])
        day = _day(article.fetched)
        if first <= day <= today:
            week.came[ident] = day
            if number < len(undated):
                found.append(Key("id", ident))
    wanted = Any(tuple(found)) if len(found) > 1 else inside
    return week, and_(node, wanted) or wanted


def _day(fetched: str) -> str:
    try:
        return london_day(datetime.fromisoformat(fetched)) or ""
    except ValueError:
        return ""
