"""The transformer's part in a model: how it is weighed, kept and explained, and what it says where it is installed."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clipper.coding import classifier, meaning
from clipper.coding.codebook import Theme
from clipper.coding.examples import Example
from clipper.coding.features import as_text
from clipper.coding.meaning import Reader
from clipper.coding.model import UnusableModel, load
from clipper.errors import CannotWork
from clipper.places import shipped

BINS = Theme(key="bins", name="Bins", definition="")
DOGS = Theme(key="dogs", name="Dogs", definition="")


class Knowing(Reader):
    """Reads a number out of a passage, which stands for what a transformer would understand."""

    def __init__(self, taught: Sequence[str] = ()) -> None:
        self.themes = ["bins", "cats"]
        self.taught = frozenset(taught)

    def log_odds(self, texts: Sequence[str]) -> Any:
        return np.array([[float(text.split("sense ")[1].split()[0]), 9.0] for text in texts]).reshape(len(texts), 2)


def _examples(helpful: bool = True) -> list[Example]:
    """Passages whose words say nothing of bins, and whose sense says all or nothing."""
    lot = random.Random(1)
    words = ["lane", "path", "road", "field", "yard", "choir", "chapel", "gate"]
    found = []
    for number in range(160):
        bins, dogs = number % 2 == 0, number % 3 == 0
        sense = (2 if bins else -2) + lot.gauss(0, 1) if helpful else lot.gauss(0, 1)
        text = f"{' '.join(lot.choices(words, k=6))} {'barking dogs' if dogs else 'quiet'} sense {sense:.2f} end"
        themes = {key for key, is_one in (("bins", bins), ("dogs", dogs)) if is_one}
        found.append(Example(str(number), str(number), "", text, frozenset(themes)))
    return found


def test_what_a_passage_means_decides_where_words_do_not() -> None:
    model, _ = classifier.train([BINS, DOGS], _examples(), Knowing())
    yes, no = model.predict(["lane path quiet sense 3.0 end", "lane path quiet sense -3.0 end"])
    assert yes.scores["bins"] > 0.9
    assert no.scores["bins"] < 0.1
    shares = {evidence.theme: evidence.meaning for evidence in model.explain("lane path sense 3.0 end")}
    assert shares["bins"] > 0
    assert shares["dogs"] == 0  # a theme that the reader does not know


def test_what_the_reader_has_learned_from_does_not_say_how_far_to_trust_it() -> None:
    examples = _examples()
    taught = [example.id for example in examples[:130]]
    model, _ = classifier.train([BINS, DOGS], examples, Knowing(taught))
    assert all(evidence.meaning == 0 for evidence in model.explain("lane sense 3.0 end"))  # thirty are too few to tell
    with pytest.raises(ValueError, match="learned from"):
        classifier.cross_validate([BINS, DOGS], examples, reader=Knowing(taught))


def test_what_says_nothing_does_not_count() -> None:
    model, _ = classifier.train([BINS, DOGS], _examples(helpful=False), Knowing())
    high, low = model.predict(["lane path quiet sense 3.0 end", "lane path quiet sense -3.0 end"])
    assert abs(high.scores["bins"] - low.scores["bins"]) < 0.5


def test_an_explanation_names_the_share_of_the_meaning() -> None:
    model, _ = classifier.train([BINS, DOGS], _examples(), Knowing())
    text = "lane path barking dogs sense 1.5 end"
    (prediction,) = model.predict([text])
    for evidence in model.explain(text):
        odds = evidence.base + evidence.meaning + sum(share for _, share in evidence.words)
        assert 1 / (1 + math.exp(-odds)) == pytest.approx(prediction.scores[evidence.theme], abs=1e-4)
        assert (evidence.meaning > 0) == (evidence.theme == "bins")


def test_a_stored_model_needs_the_reader_that_it_was_trained_with(tmp_path: Path) -> None:
    model, _ = classifier.train([BINS, DOGS], _examples(), Knowing())
    model.save(tmp_path)
    texts = ["lane path quiet sense 1.0 end"]
    assert load(tmp_path, [BINS, DOGS], Knowing()).predict(texts) == model.predict(texts)
    with pytest.raises(UnusableModel, match="extra"):
        load(tmp_path, [BINS, DOGS])


def test_a_passage_is_read_with_its_title_once() -> None:
    assert meaning.plain(as_text("Ward to shut", "It will.\n\nSo they say.")) == "Ward to shut. It will. So they say."
    assert meaning.plain("It will.\nSo they say.") == "It will. So they say."
    assert meaning.plain("") == ""
    assert meaning.mark(as_text("Ward", "x")) != meaning.mark(as_text("Ward", "y"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY"])
def test_weights_that_are_damaged_are_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "meaning.npz"
    path.write_bytes(content)
    with pytest.raises(CannotWork, match=r"meaning\.npz"):
        meaning.read(path)
    with pytest.raises(CannotWork, match="absent"):
        meaning.read(tmp_path / "absent")


def test_the_shipped_weights_are_whole() -> None:
    held = meaning.read(shipped(meaning.FILE))
    assert len(held.themes) == 14
    assert len(held.known) > 2000
    assert all(odds.shape == (14,) and np.isfinite(odds).all() for odds in held.known.values())
    assert all(np.isfinite(weights).all() for weights in held.weights.values())


@pytest.mark.skipif(meaning.weights_folder() is None, reason="the extra 'semantic' is not installed")
def test_the_transformer_understands_what_its_words_do_not_say() -> None:
    reader = meaning.installed()
    assert reader is not None
    (ward, rail), at = (
        reader.log_odds(
            [
                "The last two surgeons have gone and nobody has applied to replace them, so the rota has stopped.",
                "A choir of forty sang in the hospital's chapel on Sunday and a collection was taken for its roof.",
            ]
        ),
        reader.themes.index("workforce"),
    )
    assert ward[at] > 0 > rail[at]
    assert reader.log_odds([]).shape == (0, 14)
