"""Relative links, several link elements, two authors, a night entry west of Greenwich."""

from clipper.collect.entries import Entry
from clipper.collect.facts import Facts

ENTRIES = [
    Entry(
        url="https://union.example/blog/2014/pay-offer",
        guid="tag:union.example,2014:pay",
        content="Members voted by nine to one.\n\nAmbulance crews\n\nPorters",
        updated="2014-12-25T10:00:00Z",
        facts=Facts(
            title="Pay offer rejected",
            outlet="Valley Health Union",
            authors=("Tom Pryce", "Ann Holloway"),
            published="2014-11-08",
            language="en",
            excerpt="Members voted by nine to one.",
            categories=("pay",),
        ),
    )
]
