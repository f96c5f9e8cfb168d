"""Sentence embeddings by all-MiniLM-L6-v2 for the classifier's benchmark: as the package of the extra ``semantic``
has it, without clipper's own training.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from clipper.coding.meaning import Reader, Stored, plain, weights_folder

folder = weights_folder


class MiniLM(Reader):
    """The model: the mean of the last layer over a text's tokens, length one."""

    def __init__(self, place: Path) -> None:
        super().__init__(place, Stored([], frozenset(), {}, {}))

    def encode(self, texts: list[str]) -> Any:
        """Return an array (texts, 384), each row of length one. What is beyond 256 tokens is not read."""
        found = np.zeros((len(texts), 384))
        for rows, x, mask in self.read([plain(text) for text in texts]):
            mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
            found[rows] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return found
