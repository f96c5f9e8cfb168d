"""Headlines among a site's furniture: a link twice, one to another site, an address, an anchor."""

from clipper.collect.entries import Entry

ENTRIES = [
    Entry(url="https://echo.example/news/ward-closes", said="Children’s ward closes after a long dispute"),
    Entry(url="http://www.echo.example/news/beds", said="Forty more beds promised for the winter"),
    Entry(url="https://echo.example/roof", said="Surgery gets its roof at last"),
]
