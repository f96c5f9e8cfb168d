"""Two articles; the third item names the second one's page again."""

from clipper.collect.entries import Entry
from clipper.collect.facts import Facts

ENTRIES = [
    Entry(
        url="https://echo.example/news/ae-closes?utm_source=rss",
        guid="echo-1001",
        content="The trust says it has no choice.\n\nNurses disagree.\n\nThey marched on Friday.",
        facts=Facts(
            title="Trust’s A&E to close at night",
            outlet="Fenwick Echo & Argus",
            authors=("Ann Holloway", "Tom Pryce"),
            published="2015-06-30",
            language="en",
            excerpt="The trust says it has no choice left.",
            categories=("Hospitals", "NHS finance"),
        ),
        updated="2015-06-30T12:00:00Z",
    ),
    Entry(
        url="https://echo.example/news/roof",
        guid="https://echo.example/news/roof",
        facts=Facts(
            title="Surgery gets a new roof",
            outlet="Fenwick Echo & Argus",
            authors=("Mo Sayed",),
            published="2015-07-01",
            language="en",
        ),
        updated="2015-07-01T07:30:00Z",
    ),
]
