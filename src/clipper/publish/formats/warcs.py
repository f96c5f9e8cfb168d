"""WARC: the raw pages of articles as they were sent, with the requests for them, each record a gzip member of its own.

The records are those of the archive, byte for byte, with their ids, moments and digests. A page is a whole text: it
is given out only where the text may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from clipper.archive import warc
from clipper.errors import CannotWork
from clipper.publish.about import About
from clipper.publish.selection import Item
from clipper.wording import counted

_STEP = 128  # bytes; an answer is never packed to less, so no two begin within one step


class Pages:
    """The raw pages of one selection, written to one file that is called ``name`` in its first record.

    ``written`` counts them, ``shared`` the articles whose page was written for another one, ``missing`` those of which
    none is kept, ``withheld`` those whose text may not be given out whole, ``damaged`` those whose page cannot be read:
    ``tell`` is given the causes, each once.
    """

    def __init__(self, archive: Path, name: str, tell: Callable[[str], None] = lambda _: None) -> None:
        self._archive = archive
        self._name = name.encode("utf-8", "replace").decode()  # a file may be called by bytes that are no letters
        self._tell = tell
        self._seen: dict[str, bytearray] = {}
        self._told: set[str] = set()
        self.written = self.shared = self.missing = self.withheld = self.damaged = 0

    def write(self, items: Iterable[Item], about: About, stream: BinaryIO) -> None:
        """Write the pages to a stream."""
        title = f"{about.title}: {about.query}" if about.query else about.title
        for item in items:
            place = item.article.warc
            if about.text_of(item.article) is None:
                self.withheld += 1
            elif place is None:
                self.missing += 1
            elif self._is_written(str(place.get("file")), place.get("offset")):
                self.shared += 1
            else:
                try:
                    members = warc.as_kept(self._archive, place)
                except CannotWork as error:
                    self.damaged += 1
                    if str(error) not in self._told:  # a file that cannot be opened is one cause for all its pages
                        self._told.add(str(error))
                        self._tell(str(error))
                    continue
                if not self.written:  # a file without any page is none
                    stream.write(warc.info(self._name, description=title))
                self.written += 1
                stream.writelines(members)

    def _is_written(self, file: str, offset: object) -> bool:
        """Whether a page was met before; from now on it was. A gigabyte of pages takes a megabyte to remember."""
        if not isinstance(offset, int) or not 0 <= offset < 1 << 40:
            return False
        bits = self._seen.setdefault(file, bytearray())
        place, bit = divmod(offset // _STEP, 8)
        if place >= len(bits):
            bits.extend(bytes(place + 1 - len(bits)))
        before = bits[place] & 1 << bit
        bits[place] |= 1 << bit
        return bool(before)

    def notes(self) -> list[str]:
        """Return what of the selection is not in the file, and why."""
        said = []
        if self.shared:
            said.append(f"{counted(self.shared, 'article')} from a page that another article is from too")
        if self.missing:
            said.append(f"{counted(self.missing, 'article')} without a kept raw page left out")
        if self.withheld:
            said.append(
                f"{counted(self.withheld, 'article')} left out whose text may not be given out whole "
                "(full_text in [publish] says which may; --text takes all)"
            )
        return said
