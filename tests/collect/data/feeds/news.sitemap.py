"""A news sitemap; its second address has only a date of change, which is no date of publication."""

from clipper.collect.facts import Facts
from clipper.collect.feeds import Entry

ENTRIES = [
    Entry(
        url="https://echo.example/news/waits?ward=3&page=1",
        facts=Facts(title="Waits grow & grow", outlet="The Fenwick Echo", published="2015-07-01"),
        changed="2016-02-01",
    ),
    Entry(url="https://echo.example/news/beds", changed="2016-02-01"),
]
