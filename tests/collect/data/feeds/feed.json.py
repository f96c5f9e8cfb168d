"""JSON Feed 1.1: an item with everything, one with little, and one that is none."""

from clipper.collect.entries import Entry
from clipper.collect.facts import Facts

ENTRIES = [
    Entry(
        url="https://echo.example/tenders",
        guid="17",
        content="Few do.\n\nFewer win & stay.",
        updated="2016-01-01T00:00:00Z",
        facts=Facts(
            title="Who bids for community tenders?",
            outlet="Fenwick Policy Notes",
            authors=("Jane Otieno", "Paul Marsh"),
            published="2015-07-01",
            language="en",
            excerpt="A note on tenders.",
            categories=("tendering", "community services"),
        ),
    ),
    Entry(
        url="https://elsewhere.example/report",
        guid="two",
        content="A report worth reading.\n\nIn two parts.",
        updated="2015-07-02T08:00:00Z",
        facts=Facts(
            outlet="Fenwick Policy Notes",
            authors=("The Fenwick Institute",),
            published="2015-07-02",
            language="cy",
        ),
    ),
]
