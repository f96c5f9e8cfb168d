"""Headlines among a site's furniture: a link twice, one to another site, an address, an anchor."""

from clipper.collect.feeds import Entry

ENTRIES = [
    Entry(url="https://echo.example/news/ward-closes"),
    Entry(url="http://www.echo.example/news/beds"),
    Entry(url="https://echo.example/roof"),
]
