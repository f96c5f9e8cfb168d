"""An old feed: no dates, no guids, a relative link, an item without one."""

from clipper.collect.entries import Entry
from clipper.collect.facts import Facts

ENTRIES = [
    Entry(
        url="https://echo.example/2009/march.html",
        facts=Facts(title="March on the town hall", outlet="Keep Our Ward", language="en", excerpt="Bring a banner."),
    ),
    Entry(
        url=None,
        facts=Facts(title="A notice without a link", outlet="Keep Our Ward", language="en", excerpt="Meet at six."),
    ),
]
