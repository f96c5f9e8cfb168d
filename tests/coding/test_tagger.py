from __future__ import annotations

from pathlib import Path

import pytest

from clipper.archive.store import Archive
from clipper.checksums import checksum
from clipper.coding import classifier, predicting, tagger
from clipper.coding.codebook import Codebook, Theme
from clipper.coding.examples import Example
from clipper.coding.modelcache import NamedModel
from clipper.models import Article, Label

BINS = Theme(key="bins", name="Bins", definition="", phrases=("wheelie bin*",))
DOGS = Theme(key="dogs", name="Dogs", definition="")
PLACES = ("north", "south", "east", "west", "upper", "lower", "old", "new")


def _example(name: str, text: str, *themes: str) -> Example:
    return Example(name, name, "", text, frozenset(themes))


def _examples() -> list[Example]:
    found = []
    for place in PLACES:
        found += [
            _example(f"bins {place}", f"The wheelie bins were emptied late on the {place} road.", "bins"),
            _example(f"dogs {place}", f"A spaniel and other dogs ran along the {place} path and barked.", "dogs"),
            _example(f"none {place}", f"The choir sang in the {place} chapel on Sunday."),
        ]
    return found


@pytest.fixture(scope="module")
def model() -> model.Model:
    return classifier.train([BINS, DOGS], _examples())[0]


def _book(path: Path) -> Codebook:
    return Codebook(path=path, name="b", version=1, themes=(BINS, DOGS), mark="b 1 (0)")


def _archive(path: Path, count: int) -> Archive:
    Archive.create(path)
    archive = Archive(path)
    texts = ("The wheelie bins stood on the road.", "Two dogs barked at a spaniel.", "The choir sang.")
    articles = []
    for number in range(count):
        text = f"{texts[number % 3]} It was day {number}."
        articles.append(Article(id=f"{number:016x}", text=text, sha256=checksum(text), fetched="2026-01-01T00:00:00Z"))
    with archive.writing() as writer:
        writer.articles(articles)
    return archive


def _tag(archive: Archive, model: model.Model, name: str, *, everything: bool = False) -> tagger.Tagged:
    named = NamedModel(name, model)
    return tagger.tag(archive, _book(archive.path), named, everything=everything, progress=lambda done, of: None)


def test_each_tag_names_threshold_probability_model_and_codebook(tmp_path: Path, model: model.Model) -> None:
    archive = _archive(tmp_path / "archive", 3)
    assert _tag(archive, model, "lr-1").written == 3
    place = archive.catalogue.tagging(f"{0:016x}")
    assert place
    tagging = archive.read_tagging(place)
    assert (tagging.model, tagging.codebook) == ("lr-1", "b 1 (0)")
    (tag,) = tagging.tags
    assert tag["theme"] == "bins"
    assert tag["probability"] >= tag["threshold"] == model.thresholds[0]


def test_a_new_model_that_says_the_same_writes_nothing_and_is_not_asked_again(
    tmp_path: Path, model: model.Model
) -> None:
    archive = _archive(tmp_path / "archive", 3)
    _tag(archive, model, "lr-1")
    before = (archive.path / "tags.jsonl").read_bytes()
    again = _tag(archive, model, "lr-2")
    assert (again.articles, again.written) == (3, 0)
    assert (archive.path / "tags.jsonl").read_bytes() == before
    assert _tag(archive, model, "lr-2").articles == 0
    assert _tag(archive, model, "lr-2", everything=True).written == 3


def test_a_new_model_that_says_something_else_is_written(tmp_path: Path, model: model.Model) -> None:
    archive = _archive(tmp_path / "archive", 3)
    _tag(archive, model, "lr-1")
    others = [_example(f"choir {place}", f"The choir sang in the {place} chapel.", "dogs") for place in PLACES]
    other, _ = classifier.train([BINS, DOGS], [*[e for e in _examples() if e.themes], *others])
    changed = _tag(archive, other, "lr-2")
    assert changed.written >= 1
    place = archive.catalogue.tagging(f"{2:016x}")
    assert place
    assert [tag["theme"] for tag in archive.read_tagging(place).tags] == ["dogs"]


def test_many_are_predicted_by_other_processes_in_the_same_order(
    tmp_path: Path, model: model.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.save(tmp_path)
    texts = [[f"The wheelie bins of day {n}.", f"Dogs, day {n}."] for n in range(20)]
    monkeypatch.setattr(predicting, "WORTH_WHILE", 1)
    kept = NamedModel("lr-1", model, tmp_path)
    found = list(predicting.in_order(kept, [BINS, DOGS], texts, expected=40))
    assert found == [model.predict(batch) for batch in texts]


def test_what_is_not_judged_teaches_nothing() -> None:
    only = [Example(f"x{p}", f"x{p}", "", f"Bells in the {p} tower.", frozenset(), frozenset({"bins"})) for p in PLACES]
    truth = classifier.truth_of(["bins", "dogs"], only)
    assert (truth[:, 0] == 0).all()
    assert (truth[:, 1] != truth[:, 1]).all()
    assert classifier.train([BINS, DOGS], [*_examples(), *only])[1] == []


def test_a_weighty_example_outweighs_many(model: model.Model) -> None:
    heavy = Example("own", "own", "", "The choir sang in the middle chapel on Sunday.", frozenset({"dogs"}), None, 50.0)
    taught, _ = classifier.train([BINS, DOGS], [*_examples(), heavy])
    text = "The choir sang in the middle chapel on Sunday."
    assert taught.predict([text])[0].scores["dogs"] > model.predict([text])[0].scores["dogs"]


def test_cross_validation_never_tests_what_it_taught() -> None:
    held = classifier.cross_validate([BINS, DOGS], _examples(), folds=4)
    assert held.truth.shape == held.probabilities.shape == held.thresholds.shape == (24, 2)
    # A passage told twice under one event stands on one side only, so that its own words cannot be learned.
    twins = [
        Example(f"{n}-{k}", f"twin {n}", "", f"zyx{n} qwv{n} jkh{n}", frozenset({"bins"} if n % 2 else set()))
        for n in range(12)
        for k in range(2)
    ]
    alone = classifier.cross_validate([BINS], twins, folds=3)
    assert 0.2 < alone.probabilities.mean() < 0.8
    assert abs(alone.probabilities[alone.truth == 1].mean() - alone.probabilities[alone.truth == 0].mean()) < 0.3


def test_own_labels_reach_the_model(tmp_path: Path) -> None:
    from clipper.coding import modelcache

    archive = _archive(tmp_path / "archive", 3)
    archive.add_labels([Label(article=f"{2:016x}", revision=1, theme="dogs", value=True, coder="me", at="")])
    (own,) = modelcache.own_examples(archive, _book(tmp_path))
    assert own.themes == own.judged == {"dogs"}
    assert own.weight == modelcache.OWN_WEIGHT
