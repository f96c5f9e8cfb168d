"""Relative links, several link elements, two authors, a night entry west of Greenwich."""

from clipper.collect.facts import Facts
from clipper.collect.feeds import Entry

ENTRIES = [
    Entry(
        url="https://union.example/blog/2014/pay-offer",
        guid="tag:union.example,2014:pay",
        content="Members voted by nine to one.\n\nAmbulance crews\n\nPorters",
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
