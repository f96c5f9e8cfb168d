"""The model of a codebook, built when it is missing and kept per user by the checksum of what it was built from."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clipper import modes
from clipper.archive.store import Archive
from clipper.coding import classifier, evaluation, meaning, themecounts
from clipper.coding.codebook import Codebook
from clipper.coding.examples import Example
from clipper.coding.model import FORMAT, Model, UnusableModel, load
from clipper.errors import CannotWork
from clipper.places import shipped, user_cache

NAME = "svm"
NAME_WITH_MEANING = "svm+minilm"  # with the extra ``semantic``
OWN_WEIGHT = 4.0  # passages that an article counts for which the user labelled
THIN = 10  # passages with a theme, under which its tags are told to be guesses
_KEPT = 6  # models of one user; each takes some ten megabytes


@dataclass(frozen=True)
class NamedModel:
    """A model with the name that its tags carry: its kind and the checksum of its inputs.

    ``folder`` is where it is kept, None where it could not be; ``inputs`` is the whole checksum.
    """

    name: str
    model: Model
    folder: Path | None = None
    inputs: str = ""


def get(codebook: Codebook, tell: Callable[[str], None] = lambda _: None, archive: Archive | None = None) -> NamedModel:
    """Return the model of a codebook and of the labels in an archive, from the cache or newly trained.

    ``tell`` hears of training and of themes that no example teaches. Raises CannotWork when nothing can be
    trained. A cache that cannot be written costs time at every run, no more. The archive's catalogue is asked as it
    stands: catch up first.
    """
    own = own_examples(archive, codebook)
    reader = meaning.installed()
    digest = _digest(codebook, own, reader is not None)
    kind = NAME if reader is None else NAME_WITH_MEANING
    name = f"{kind}-{digest[:12]}"
    folder = user_cache() / "models" / f"{kind}-{digest[:32]}"
    try:
        if folder.is_dir():
            return NamedModel(name, load(folder, codebook.themes, reader, digest), folder, digest)
    except UnusableModel as error:
        tell(f"{folder}: the stored model is unusable ({error}); building it anew")
    except OSError:  # a cache that cannot be used costs time, no more
        pass
    labels = f" and your labels on {len(own)} article{'s' * (len(own) != 1)}" if own else ""
    tell(f"building the model from the codebook, the examples{labels} (it is kept until one of them changes)")
    taught = [*evaluation.passages(codebook), *own]
    try:
        model, left_out = classifier.train(codebook.themes, taught, reader)
    except ValueError as error:
        raise CannotWork(f"{codebook.path}: no model can be built: {error}") from None
    for key in left_out:
        tell(
            f"theme {key!r} has too few examples, so it is not tagged; give it some: [[theme.example]] in "
            f"{codebook.path}, or: clipper label ID {key}"
        )
    counts = Counter(theme for example in taught for theme in example.themes)
    for key in [key for key in model.themes if counts[key] < THIN]:
        tell(f"theme {key!r} is learned from {counts[key]} passages only: take its tags for guesses up to some {THIN}")
    return NamedModel(name, model, folder if _store(model, folder, digest) else None, digest)


def own_examples(archive: Archive | None, codebook: Codebook) -> list[Example]:
    """Return what people's labels teach: one example an article, which outweighs the passages that ship."""
    if archive is None:
        return []
    coded = evaluation.coded(archive, codebook).examples
    return [replace(example, weight=OWN_WEIGHT) for example in sorted(coded, key=lambda e: e.id)]


def _digest(codebook: Codebook, own: Sequence[Example], with_meaning: bool) -> str:
    """Return the checksum of everything that a model is made from."""
    seen = hashlib.sha256("\x1f".join([FORMAT, codebook.mark, str(OWN_WEIGHT)]).encode())
    for name in (*themecounts.PASSAGES, "lexicon.toml", *([meaning.FILE] if with_meaning else [])):
        path = shipped(name)
        try:
            seen.update(path.read_bytes())
        except OSError as error:
            raise CannotWork(f"{path}: cannot be read ({error.strerror})") from None
    for example in own:
        judged = sorted(example.judged or ())
        record = [example.id, example.event, example.title, example.text, sorted(example.themes), judged]
        seen.update(json.dumps(record).encode())
    return seen.hexdigest()


def forget_models() -> bool:
    """Delete all models that are kept, since one may have learned from what must go; return whether there were any."""
    kept = user_cache() / "models"
    found = [path for path in kept.glob("*") if path.is_dir()]
    for path in found:
        shutil.rmtree(path, ignore_errors=True)
    return bool(found)


def _store(model: Model, folder: Path, digest: str) -> bool:
    """Put a model into the cache, whole or not at all; the oldest go. Return whether it is there."""
    try:
        modes.private_folder(folder.parent)
        fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
    except OSError:
        return False
    try:
        model.save(fresh, digest)
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)
        fresh.replace(folder)
        kept = sorted(folder.parent.glob(f"{NAME}*-*"), key=lambda p: p.stat().st_mtime, reverse=True)
        for old in kept[_KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        return False
    return True
