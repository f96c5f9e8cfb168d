from __future__ import annotations

from pathlib import Path

import pytest

from clipper.archive.store import Archive
from clipper.checksums import checksum
from clipper.coding import classifier, pool, tagger
from clipper.coding.codebook import Codebook, Theme
from clipper.coding.examples import Example
from clipper.coding.model import Model
from clipper.coding.modelcache import NamedModel
from clipper.models import Article, Label, Sample

BINS = Theme(key="bins", name="Bins", definition="")
DOGS = Theme(key="dogs", name="Dogs", definition="")
TEXTS = {
    "bins": "The wheelie bins stood on the {} road.",
    "dogs": "Two dogs barked at a spaniel in the {} lane.",
    "none": "The choir sang in the {} chapel.",
}
PLACES = ("upper", "lower", "north", "south", "hill", "mill", "long", "short")


@pytest.fixture(scope="module")
def model() -> Model:
    examples = [
        Example(f"{kind} {place}", f"{kind} {place}", "", text.format(place), frozenset({kind} - {"none"}))
        for place in PLACES
        for kind, text in TEXTS.items()
    ]
    return classifier.train([BINS, DOGS], examples)[0]


@pytest.fixture
def book(tmp_path: Path) -> Codebook:
    return Codebook(path=tmp_path / "b.toml", name="b", version=1, themes=(BINS, DOGS), mark="b 1 (0)")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    Archive.create(tmp_path / "archive")
    archive = Archive(tmp_path / "archive")
    _put(archive, [(f"{kind}{place}", TEXTS[kind].format(place)) for place in ("old", "new") for kind in TEXTS])
    return archive


def _put(archive: Archive, articles: list[tuple[str, str]]) -> None:
    with archive.writing() as writer:
        writer.articles(
            [
                Article(id=name, text=text, sha256=checksum(text), fetched="2026-01-01T00:00:00Z")
                for name, text in articles
            ]
        )
    archive.catalogue.catch_up()


def _label(
    archive: Archive, article: str, theme: str, value: bool, coder: str = "ann", name: str | None = None
) -> None:
    archive.add_labels(
        [
            Label(
                article=article,
                revision=1,
                theme=theme,
                value=value,
                coder=coder,
                round=name,
                at="2026-01-01T00:00:00Z",
            )
        ]
    )
    archive.catalogue.catch_up()


def _quiet(_: str) -> None:
    return None


def test_what_has_no_tags_is_predicted_and_nothing_is_written(archive: Archive, book: Codebook, model: Model) -> None:
    found = pool.gather(archive, book, NamedModel("m-1", model), _quiet)
    chances = {entry.id: row for entry, row in zip(found.entries, found.probabilities.tolist(), strict=True)}
    assert chances["binsold"][0] > 0.5 > chances["binsold"][1]
    assert chances["dogsnew"][1] > 0.5 > chances["dogsnew"][0]
    assert archive.catalogue.tagging("binsold") is None


def test_tags_are_taken_as_they_stand_and_those_of_an_older_model_are_counted(
    archive: Archive, book: Codebook, model: Model
) -> None:
    tagger.tag(archive, book, NamedModel("m-1", model), everything=False, progress=lambda done, of: None)
    _put(archive, [("extra", TEXTS["bins"].format("late"))])
    assert pool.gather(archive, book, NamedModel("m-1", model), _quiet).old == 0
    found = pool.gather(archive, book, NamedModel("m-2", model), _quiet)
    assert (len(found.entries), found.old) == (7, 6)


def test_a_big_pool_that_must_be_read_is_told(archive: Archive, book: Codebook, model: Model) -> None:
    told: list[str] = []
    pool.gather(archive, book, NamedModel("m-1", model), told.append)
    assert told == []
    _put(archive, [(f"a{number}", TEXTS["none"].format(number)) for number in range(200)])
    pool.gather(archive, book, NamedModel("m-1", model), told.append)
    assert told == ["206 articles are not tagged yet; reading them now (clipper tag keeps what it finds)"]


def test_what_is_asked_is_new_and_says_why(archive: Archive, book: Codebook, model: Model) -> None:
    named = NamedModel("m-1", model)
    found = pool.gather(archive, book, named, _quiet)
    asked = pool.ask(archive, named, found, 4, theme=None, without={"binsold", "dogsold"})
    assert {one.entry.id for one in asked} == {"noneold", "binsnew", "dogsnew", "nonenew"}
    assert next(one for one in asked if one.entry.id == "binsnew").themes == ["bins"]
    assert all(one.why.startswith(("likely ", "in doubt about ")) for one in asked)
    of_dogs = pool.ask(archive, named, found, 6, theme="dogs", without=())
    assert any(one.entry.id.startswith("dogs") for one in of_dogs[:2])
    assert all("dogs" in one.why for one in of_dogs)


def test_labelled_is_by_coder_and_by_theme(archive: Archive, book: Codebook) -> None:
    _label(archive, "binsold", "bins", True)
    _label(archive, "dogsold", "dogs", False, "ben")
    assert pool.labelled(archive, book, coder=None, theme=None) == {"binsold", "dogsold"}
    assert pool.labelled(archive, book, coder="ann", theme=None) == {"binsold"}
    assert pool.labelled(archive, book, coder=None, theme="dogs") == {"dogsold"}
    assert pool.labelled(archive, book, coder="ann", theme="dogs") == set()


def test_what_is_still_to_find_counts_what_nobody_labelled(archive: Archive, book: Codebook, model: Model) -> None:
    named = NamedModel("m-1", model)
    found = pool.gather(archive, book, named, _quiet)
    before = {one.theme: one for one in pool.still_to_find(archive, book, named, found)}
    assert 1 <= before["bins"].expected <= 3
    _label(archive, "binsold", "bins", True)
    _label(archive, "binsnew", "bins", True)
    after = {one.theme: one for one in pool.still_to_find(archive, book, named, found)}
    assert after["bins"].expected < before["bins"].expected
    assert after["dogs"].expected == before["dogs"].expected


def test_a_round_is_coded_when_every_theme_is_judged(archive: Archive, book: Codebook) -> None:
    drawn = ["binsold", "dogsold", "gone"]
    sample = Sample(name="s", round="pilot", articles=drawn, seed=1, population=6, at="2026-01-01T00:00:00Z")
    left, done = pool.of_round(archive, book, sample, "pilot", "ann")
    assert ({one.entry.id for one in left}, done) == ({"binsold", "dogsold"}, 0)
    _label(archive, "binsold", "bins", True, name="pilot")
    assert len(pool.of_round(archive, book, sample, "pilot", "ann")[0]) == 2
    _label(archive, "binsold", "dogs", False, name="pilot")
    left, done = pool.of_round(archive, book, sample, "pilot", "ann")
    assert ([one.entry.id for one in left], done) == (["dogsold"], 1)
    assert len(pool.of_round(archive, book, sample, "pilot", "ben")[0]) == 2
