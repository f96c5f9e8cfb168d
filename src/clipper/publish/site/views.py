"""What the pages of the site show: plain values, made once from the archive, that a template only has to set out.

Every address of a page is relative to the site's top, without a slash before it (``a/1f/1f0c….html``); a template
puts ``root`` before it, which leads from its own page to the top. Only the ``link`` of an article or a copy is another
site's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Link(NamedTuple):
    """A name and where it leads; ``total`` is how many articles are there, where that is told."""

    name: str
    href: str
    total: int | None = None


class Site(NamedTuple):
    """What every page knows of the site: ``url`` is where it lies on the web, with a slash at its end, or empty.

    ``query`` is what its articles were chosen by, in words; empty for all of them.
    """

    title: str
    url: str = ""
    query: str = ""


class Row(NamedTuple):
    """An article in a list.

    ``date`` is written out, ``day`` as the archive has it (2014, 2014-11, 2014-11-07 or empty); ``outlet`` and
    ``themes`` lead to their pages; ``copies`` is how many more pages of the site have the same story; ``partial``
    tells that only a headline or a stub was to be had.
    """

    href: str
    title: str
    outlet: Link | None
    date: str
    day: str
    themes: Sequence[Link]
    copies: int
    partial: bool


class Bar(NamedTuple):
    """One bar of a small chart, in the chart's units; ``title`` says in words what it stands for."""

    x: float
    y: float
    width: float
    height: float
    title: str


class Chart(NamedTuple):
    """A small bar chart: its size in its own units, its bars, and in words what is to be seen."""

    width: int
    height: int
    bars: Sequence[Bar]
    text: str


class Trend(NamedTuple):
    """A theme on the front page: all that is on it, its newest year against the one before, a chart of its months."""

    theme: Link
    recent: int
    before: int
    share: str
    share_before: str
    chart: Chart


class Front(NamedTuple):
    """The front page. ``as_of`` is the day on which the newest article was fetched, written out."""

    articles: int
    outlets: int
    as_of: str
    first: str
    last: str
    newest: Sequence[Row]
    trends: Sequence[Trend]
    months: Chart | None


class Year(NamedTuple):
    """A year, or a month, of a list: ``parts`` lead to its pages, the oldest first; one has the year's name."""

    name: str
    total: int
    parts: Sequence[Link]


class Overview(NamedTuple):
    """The first page of a theme or an outlet: what it is, its newest articles, its years and its feed."""

    kind: str  # "theme" or "outlet"
    name: str
    definition: str
    total: int
    newest: Sequence[Row]
    years: Sequence[Year]
    chart: Chart | None


class Page(NamedTuple):
    """A page of a list: one year of a theme or an outlet, one month, or a part of them, the newest first.

    ``up`` leads to what it belongs to; ``parts`` are all pages of this list, the oldest first, of which this is
    number ``part`` (from 1); ``older`` and ``newer`` lead to the pages beside it, past the list's own end too.
    """

    title: str
    up: Link
    total: int
    rows: Sequence[Row]
    part: int
    parts: Sequence[Link]
    older: Link | None
    newer: Link | None


class Index(NamedTuple):
    """A list of all themes, all outlets or all months; ``groups`` are the years of the months, else there is one."""

    title: str
    groups: Sequence[IndexGroup]


class IndexGroup(NamedTuple):
    """Entries below one heading, which is empty where there is none."""

    heading: str
    entries: Sequence[IndexEntry]


class IndexEntry(NamedTuple):
    """One entry of an index, and a sentence on it, which may be empty."""

    link: Link
    text: str = ""


class Decided(NamedTuple):
    """A theme of an article: how it got there, in words, and the sentences by which the model decided."""

    theme: Link
    how: str
    sentences: Sequence[str]


class Copy(NamedTuple):
    """Another record of the same story: ``href`` is its page in the site, or empty; ``link`` its own address."""

    title: str
    outlet: str
    date: str
    href: str
    link: str | None


class Fact(NamedTuple):
    """A line of what is known of an article: its name and its value."""

    name: str
    value: str


class ArticlePage(NamedTuple):
    """The page of an article.

    ``link`` is where the article itself can be read, None where no address is known, ``host`` the name of that
    place. ``paragraphs`` are what may be shown of its text; ``whole`` tells that it is all of it. ``month`` leads
    to the list of its month. ``coins`` is the article as an OpenURL, which reference managers read in a page.
    """

    title: str
    outlet: Link | None
    authors: Sequence[str]
    date: str
    day: str
    month: Link | None
    link: str | None
    host: str
    paragraphs: Sequence[str]
    whole: bool
    partial: bool
    language: str
    themes: Sequence[Decided]
    copies: Sequence[Copy]
    facts: Sequence[Fact]
    citation: str
    coins: str
