"""Reading many lines of many files by their places, with the files kept open."""

from __future__ import annotations

import os
from pathlib import Path

from clipper.archive.catalogue import Place
from clipper.errors import CannotWork

_MOST_OPEN = 32


class Lines:
    """Lines of the files of one archive, by place. The files stay open until this is gone."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._open: dict[str, int] = {}

    def read(self, place: Place) -> bytes:
        """Return the bytes at a place. Raises CannotWork when the file cannot be read."""
        try:
            descriptor = self._open.get(place.file)
            if descriptor is None:
                if len(self._open) >= _MOST_OPEN:
                    self.close()
                descriptor = self._open[place.file] = os.open(self._archive / place.file, os.O_RDONLY)
            return os.pread(descriptor, place.length, place.offset)
        except OSError as error:
            raise CannotWork(f"{self._archive / place.file}: cannot be read ({error.strerror})") from None

    def close(self) -> None:
        """Close the files."""
        while self._open:
            os.close(self._open.popitem()[1])

    def __del__(self) -> None:
        self.close()
