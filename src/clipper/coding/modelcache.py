"""The model of a codebook, built when it is missing and kept per user by the checksum of what it was built from."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clipper.coding import classifier, examples
from clipper.coding.classifier import Model, UnusableModel
from clipper.coding.codebook import Codebook
from clipper.errors import CannotWork
from clipper.places import shipped, user_cache

NAME = "lr"


@dataclass(frozen=True)
class NamedModel:
    """A model with the name that its tags carry: its kind and the checksum of its inputs."""

    name: str
    model: Model


def get(codebook: Codebook, tell: Callable[[str], None] = lambda _: None) -> NamedModel:
    """Return the model of a codebook, from the cache or newly trained.

    ``tell`` hears of training and of themes that no example teaches. Raises CannotWork when nothing can be
    trained. A cache that cannot be written costs time at every run, no more.
    """
    path = shipped("examples.jsonl")
    try:
        passages = path.read_bytes()
    except OSError as error:
        raise CannotWork(f"{path}: cannot be read ({error.strerror})") from None
    digest = hashlib.sha256("\x1f".join([classifier.FORMAT, codebook.mark]).encode() + b"\x1f" + passages).hexdigest()
    name = f"{NAME}-{digest[:12]}"
    folder = user_cache() / "models" / f"{NAME}-{digest[:32]}"
    if folder.is_dir():
        try:
            return NamedModel(name, classifier.load(folder, codebook.themes))
        except UnusableModel as error:
            tell(f"{folder}: the stored model is unusable ({error}); building it anew")
    tell("building the model from the codebook and the examples (once; it is kept)")
    known = examples.load(path, codebook.keys)
    try:
        model, left_out = classifier.train(codebook.themes, known)
    except ValueError as error:
        raise CannotWork(f"{codebook.path}: no model can be built: {error}") from None
    for key in left_out:
        tell(f"theme {key!r} has no examples yet, so it is not tagged")
    _store(model, folder)
    return NamedModel(name, model)


def _store(model: Model, folder: Path) -> None:
    """Put a model into the cache, whole or not at all."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
    except OSError:
        return
    try:
        model.save(fresh)
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)
        fresh.replace(folder)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
