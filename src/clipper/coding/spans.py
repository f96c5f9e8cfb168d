"""Places in texts at which a model's reasons stand, and what it is asked for them.

They stand apart from what finds them (``clipper.coding.deciding``), which takes longer to import than a program can
wait that finds them known already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Spans = dict[str, tuple[int, int]]  # by theme: where a sentence begins and ends


class Asked(NamedTuple):
    """An article as a model reads it, and the themes in question."""

    title: str | None
    text: str
    themes: Sequence[str]
