"""The rows of the browser's index: what is known of each article, in files of some articles each by their numbers.

``d/`` holds what a result shows, for eight articles a file; ``c/`` their dates and stories and ``f/`` their outlets and
themes, for some thousands a file, so that results can be ordered, folded, chosen and counted without the former.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from clipper.publish.site.lookup_packing import packed, read_script, script, signed, unpacked, unsigned

SHOWN = 3  # two to the power of this many articles in a file of d/
COLUMNS = 11  # and in one of c/ and f/

_Row = TypeVar("_Row")
_Key = TypeVar("_Key", str, tuple[str, ...])


class Folder(Protocol):
    """Where the files of the index are written: names are relative to the site's top, with slashes."""

    def read(self, name: str) -> bytes | None:
        """Return a file of the site; None where there is none."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all, where its bytes differ from what is there."""

    def remove(self, name: str) -> None:
        """Remove a file of the site, if it is there."""

    def names(self, beginning: str) -> Sequence[str]:
        """Return the names of the site's files that begin so."""


class Shown(NamedTuple):
    """What a result shows, and a checksum of the words by which it is found."""

    href: str
    title: str
    outlet: str
    published: str
    themes: Sequence[str]
    excerpt: str
    check: str


class Order(NamedTuple):
    """By what results are ordered and folded: a date as one number (``day_number``), the story's first record or 0."""

    day: int
    story: int


class Facets(NamedTuple):
    """By what results are chosen and counted."""

    outlet: str
    themes: tuple[str, ...]


def day_number(published: str | None) -> int:
    """Return a date as a number that sorts as dates do, a month or year before its days; 0 for none."""
    parts = (published or "").split("-")
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return 0
    year, month, day = (*(int(part) for part in parts), 0, 0)[:3]
    return (year * 13 + month) * 32 + day if year < 10_000 and month < 13 and day < 32 else 0


def year_of(day: int) -> int:
    """Return the year of a day's number."""
    return day // (13 * 32)


class Rows(Generic[_Row]):
    """Rows in files by their numbers. They are set in ascending order; one file is in memory at a time."""

    def __init__(
        self,
        folder: Folder,
        name: Callable[[int], str],
        bits: int,
        dump: Callable[[Mapping[int, _Row]], Any],
        load: Callable[[Any], dict[int, _Row]],
        *,
        anew: bool,
    ) -> None:
        self._folder = folder
        self._name = name
        self._bits = bits
        self._dump = dump
        self._load = load
        self._anew = anew
        self._open: int | None = None
        self._rows: dict[int, _Row] = {}

    def get(self, number: int) -> _Row | None:
        """Return a row, None where there is none."""
        self._turn_to(number >> self._bits)
        return self._rows.get(number)

    def set(self, number: int, row: _Row | None) -> None:
        """Set a row; None takes it out."""
        self._turn_to(number >> self._bits)
        if row is None:
            self._rows.pop(number, None)
        else:
            self._rows[number] = row

    def flush(self) -> None:
        """Write what was set."""
        if self._open is None:
            return
        name = self._name(self._open)
        if self._rows:
            rows = dict(sorted(self._rows.items()))
            self._folder.write(f"search/{name}.js", script(name, self._dump(rows)))
        else:
            self._folder.remove(f"search/{name}.js")
        self._open = None

    def _turn_to(self, block: int) -> None:
        if block == self._open:
            return
        self.flush()
        self._open = block
        content = None if self._anew else self._folder.read(f"search/{self._name(block)}.js")
        self._rows = self._load(read_script(content)) if content else {}


def shown_rows(folder: Folder, *, anew: bool) -> Rows[Shown]:
    """Return the rows of ``d/``."""

    def dump(rows: Mapping[int, Shown]) -> Any:
        return {str(number): list(row) for number, row in rows.items()}

    def load(data: Any) -> dict[int, Shown]:
        return {int(number): Shown(*row) for number, row in data.items()}

    return Rows(folder, lambda block: f"d/{block >> 8}/{block & 255}", SHOWN, dump, load, anew=anew)


def order_rows(folder: Folder, *, anew: bool) -> Rows[Order]:
    """Return the rows of ``c/``."""

    def dump(rows: Mapping[int, Order]) -> Any:
        steps, last, day = [], -1, 0
        for number, row in rows.items():
            steps += [number - (number >> COLUMNS << COLUMNS) - last - 1, signed(row.day - day)]
            last, day = number - (number >> COLUMNS << COLUMNS), row.day
        first = min(rows) >> COLUMNS << COLUMNS
        return [first, packed(steps), {str(number): row.story for number, row in rows.items() if row.story}]

    def load(data: Any) -> dict[int, Order]:
        first, text, stories = data
        rows, number, day = {}, first - 1, 0
        for gap, step in _pairs(text):
            number, day = number + gap + 1, day + unsigned(step)
            rows[number] = Order(day, stories.get(str(number), 0))
        return rows

    return Rows(folder, lambda block: f"c/{block}", COLUMNS, dump, load, anew=anew)


def _load_facets(data: Any) -> dict[int, Facets]:
    first, outlets, sets, text = data
    rows, number = {}, first - 1
    values = unpacked(text)
    for gap, outlet, chosen in zip(values, values, values, strict=True):
        number += gap + 1
        rows[number] = Facets(outlets[outlet], tuple(sets[chosen]))
    return rows


def _dump_facets(rows: Mapping[int, Facets]) -> Any:
    # The most frequent come first: they are written with one sign.
    outlets = _by_frequency(Counter(row.outlet for row in rows.values()))
    sets = _by_frequency(Counter(row.themes for row in rows.values()))
    first = min(rows) >> COLUMNS << COLUMNS
    values, last = [], first - 1
    for number, row in rows.items():
        values += [number - last - 1, outlets[row.outlet], sets[row.themes]]
        last = number
    return [first, list(outlets), [list(one) for one in sets], packed(values)]


def _by_frequency(counts: Counter[_Key]) -> dict[_Key, int]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {key: place for place, (key, _) in enumerate(ranked)}


def facet_rows(folder: Folder, *, anew: bool) -> Rows[Facets]:
    """Return the rows of ``f/``."""
    return Rows(folder, lambda block: f"f/{block}", COLUMNS, _dump_facets, _load_facets, anew=anew)


class Counts(NamedTuple):
    """How many articles there are in all, of each theme, outlet and year; year 0 is of those without a date."""

    articles: int
    themes: Counter[str]
    outlets: Counter[str]
    years: Counter[int]


def counts(folder: Folder) -> Counts:
    """Count the rows of the index."""
    themes: Counter[str] = Counter()
    outlets: Counter[str] = Counter()
    years: Counter[int] = Counter()
    for name in folder.names("search/f/"):
        for facets in _load_facets(_data(folder, name)).values():
            outlets[facets.outlet] += 1
            themes.update(facets.themes)
    for name in folder.names("search/c/"):
        day = 0
        for _, step in _pairs(_data(folder, name)[1]):
            day += unsigned(step)
            years[year_of(day)] += 1
    return Counts(sum(years.values()), themes, outlets, years)


def _data(folder: Folder, name: str) -> Any:
    content = folder.read(name)
    assert content is not None, name
    return read_script(content)


def _pairs(text: str) -> Iterator[tuple[int, int]]:
    values = unpacked(text)
    return zip(values, values, strict=True)
