"""What runs in a worker process that reads people's files: pages too, but also what only files need.

Apart from ``clipper.collect.reading``: the libraries that read documents take long to load, and a fetch has no use for
them.
"""

from __future__ import annotations

from typing import Any

from clipper.collect import reading, transfer
from clipper.collect.document import MAX_BYTES
from clipper.collect.intake.files import read_file
from clipper.collect.pieces import Batch


def read_one(payload: bytes, asked: dict[str, Any]) -> Batch:
    """Return what a file holds.

    ``asked`` has its name as ``file``, the ``url`` of a page that was fetched, ``content_type``, ``coding``, and
    whether to ``split`` it. Raises FetchFailed and Refused with the cause.
    """
    body = transfer.decoded(payload, asked["coding"], MAX_BYTES)
    return read_file(asked["file"], body, asked["url"], asked["content_type"], asked["split"])


if __name__ == "__main__":
    reading.main(read_one)
