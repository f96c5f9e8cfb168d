"""The lists of the site: the pages of a month, a theme's or an outlet's year, what is on top of them, and indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from clipper.publish.site import addresses, charts
from clipper.publish.site.state import State
from clipper.publish.site.views import Index, IndexEntry, IndexGroup, Link, Overview, Page, Row, Year
from clipper.wording import counted, human_date

ROWS = 300  # articles on a page of a list
NEWEST = 50  # articles on the first page of a theme or an outlet
MONTHS = 36  # of which a chart tells
_FAMILIES = {"themes": "Themes", "outlets": "Outlets", "months": "Months"}


class Lists:
    """Makes the views of lists. ``row`` returns an article's row by its id, ``names`` has the name of each family."""

    def __init__(self, state: State, row: Callable[[str], Row], names: Mapping[str, str]) -> None:
        self._state = state
        self._row = row
        self._names = names
        self._sizes: tuple[str, dict[str, int]] = ("", {})

    def sizes(self, family: str) -> dict[str, int]:
        """Return the lists of a family in order, and how many articles each has."""
        if self._sizes[0] != family:
            self._sizes = family, self._state.sizes(family)
        return self._sizes[1]

    def parts(self, size: int) -> int:
        """Return how many pages a list of so many articles takes."""
        return -(-size // ROWS)

    def beside(self, name: str) -> list[str]:
        """Return the lists before and after one, whether it is there itself or not."""
        known = list(self.sizes(addresses.family(name)))
        before = [one for one in known if one < name]
        after = [one for one in known if one > name]
        return before[-1:] + after[:1]

    def pages(self, name: str) -> Iterator[tuple[str, Page]]:
        """Yield the pages of a list with their paths, numbered from the oldest, so that numbers stay."""
        family = addresses.family(name)
        sizes = self.sizes(family)
        size = sizes.get(name, 0)
        several = self.parts(size)
        neighbours = self.beside(name)
        before = next((one for one in neighbours if one < name), None)
        after = next((one for one in neighbours if one > name), None)
        links = [Link(self._part_name(n, several), addresses.part(name, n)) for n in range(1, several + 1)]
        for number in range(1, several + 1):
            ids = self._state.in_list(name, skip=(number - 1) * ROWS, most=ROWS)
            older = (
                links[number - 2] if number > 1 else self._end(before, self.parts(sizes[before])) if before else None
            )
            newer = links[number] if number < several else self._end(after, 1) if after else None
            yield (
                addresses.part(name, number),
                Page(
                    title=self._title(name) + (f", part {number} of {several}" if several > 1 else ""),
                    up=self._up(family),
                    total=size,
                    rows=[self._row(one) for one in reversed(ids)],
                    part=number,
                    parts=links if several > 1 else [],
                    older=older,
                    newer=newer,
                ),
            )

    def _end(self, name: str, number: int) -> Link:
        return Link(self._own_name(name), addresses.part(name, number))

    def _own_name(self, name: str) -> str:
        said = name.rpartition("/")[2]
        return "No date" if said == addresses.UNDATED else human_date(said)

    def _title(self, name: str) -> str:
        family, own = addresses.family(name), self._own_name(name)
        if family == "months":
            said = name.rpartition("/")[2]
            return f"{own}, month not stated" if len(said) == 4 else own
        return f"{self._names[family]}, {own[:1].lower() + own[1:]}"

    def _part_name(self, number: int, several: int) -> str:
        if number == 1:
            return "1 (oldest)"
        return f"{number} (newest)" if number == several else str(number)

    def _up(self, family: str) -> Link:
        if family == "months":
            return Link("Months", "months/index.html")
        return Link(self._names[family], addresses.overview(family))

    def years(self, family: str) -> list[Year]:
        """Return the years, or months, of a family with links to their pages, the newest first."""
        found = []
        for name, size in reversed(self.sizes(family).items()):
            several = self.parts(size)
            links = [Link(self._part_name(n, several), addresses.part(name, n)) for n in range(1, several + 1)]
            if several == 1:
                links = [Link(self._own_name(name), addresses.part(name, 1))]
            found.append(Year(self._own_name(name), size, links))
        return found

    def newest_ids(self, family: str, most: int) -> list[str]:
        """Return the newest articles of a family, one of each story; those without a date come last."""
        found: dict[int, str] = {}
        names = list(reversed(self.sizes(family)))
        for name in [n for n in names if not n.endswith(addresses.UNDATED)] + [f"{family}/{addresses.UNDATED}"]:
            skip = 0
            while len(found) < most and (ids := self._state.in_list(name, skip=skip, most=most, newest=True)):
                for one in ids:
                    found.setdefault(self._state.known(one).story, one)
                skip += most
        return list(found.values())[:most]

    def overview(self, family: str, definition: str) -> Overview:
        """Return the first page of a theme or an outlet."""
        name = self._names[family]
        by_month = self._state.by_month(family)
        dated = [month for month in by_month if month]
        # Up to its own last month: what other articles came must not change this page.
        months = charts.months_up_to(dated[-1], MONTHS) if dated else []
        return Overview(
            kind="theme" if family.startswith("themes/") else "outlet",
            name=name,
            definition=definition,
            total=sum(self.sizes(family).values()),
            newest=[self._row(one) for one in self.newest_ids(family, NEWEST)],
            years=self.years(family),
            chart=charts.of_months(by_month, months, name) if months else None,
        )

    def index(self, kind: str, families: Mapping[str, str]) -> Index:
        """Return the list of all themes or outlets; ``families`` leads from each to a sentence on it."""
        entries = []
        for family, said in families.items():
            total = sum(self._state.sizes(family).values())
            entries.append(IndexEntry(Link(self._names[family], addresses.overview(family), total), said))
        return Index(_FAMILIES[kind], [IndexGroup("", entries)])

    def months(self) -> Index:
        """Return the list of all months, year by year, the newest first."""
        groups: dict[str, list[IndexEntry]] = {}
        for name, size in reversed(self.sizes("months").items()):
            said = name.rpartition("/")[2]
            heading = "No date" if said == addresses.UNDATED else said[:4]
            shown = "Month not stated" if len(said) == 4 else self._own_name(name)
            several = self.parts(size)
            text = f"in {counted(several, 'part')}" if several > 1 else ""
            link = Link(shown, addresses.part(name, several), size)
            groups.setdefault(heading, []).append(IndexEntry(link, text))
        undated = groups.pop("No date", None)
        if undated:
            groups["No date"] = undated
        return Index(_FAMILIES["months"], [IndexGroup(name, entries) for name, entries in groups.items()])
