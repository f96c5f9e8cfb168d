"""A journal, its creators each in an element of their own."""

from clipper.collect.entries import Entry
from clipper.collect.facts import Facts

ENTRIES = [
    Entry(
        url="https://journal.example/content/12/3",
        guid="https://journal.example/content/12/3",
        updated="2014-11-07T00:00:00Z",
        facts=Facts(
            title="Competition and waiting times: a cohort study",
            outlet="Journal of Valley Medicine",
            authors=("Jane Otieno", "Paul Marsh"),
            published="2014-11-07",
            excerpt="Waits fell by a third.",
            categories=("Commissioning",),
        ),
    )
]
