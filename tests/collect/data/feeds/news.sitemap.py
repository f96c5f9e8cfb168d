"""A news sitemap; its second address has only a date of change, which is no date of publication."""

from clipper.collect.entries import Entry
from clipper.collect.facts import Facts

ENTRIES = [
    Entry(
        url="https://echo.example/news/waits?ward=3&page=1",
        facts=Facts(title="Waits grow & grow", outlet="The Fenwick Echo", published="2015-07-01", language="en"),
        updated="2016-02-01T00:00:00Z",
    ),
    Entry(url="https://echo.example/news/beds", updated="2016-02-01T00:00:00Z"),
]
