"""Two articles; the third item names the second one's page again."""

from clipper.collect.facts import Facts
from clipper.collect.feeds import Entry

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
    ),
]
