"""What the catalogue knows of labels and samples."""

from __future__ import annotations

import pytest

from clipper.archive.store import Archive
from clipper.models import Article, Label, Sample


def label(article: str, theme: str, value: bool, coder: str = "ann", round_name: str | None = None) -> Label:
    return Label(article=article, revision=1, theme=theme, value=value, coder=coder, round=round_name, at="t")


def sample(name: str, *articles: str, round_name: str | None = None) -> Sample:
    return Sample(name=name, articles=list(articles), population=9, seed=3, round=round_name, query="q", at="t")


@pytest.fixture
def filled(archive: Archive) -> Archive:
    with archive.writing() as writer:
        writer.articles([Article(id=i, fetched="2026-11-01T00:00:00Z", text=i) for i in ("a1", "b2")])
    return archive


def test_an_archive_without_labels_has_no_judgements(filled: Archive) -> None:
    judgements = filled.catalogue.judgements
    assert (judgements.of("a1"), judgements.everything(), judgements.rounds()) == ([], [], {})
    assert list(judgements.samples()) == []


def test_the_last_label_of_a_coder_on_a_theme_holds(filled: Archive) -> None:
    filled.add_labels([label("a1", "x", True), label("a1", "x", True, "ben")])
    filled.add_labels([label("a1", "x", False), label("b2", "x", True)])
    assert filled.catalogue.judgements.of("a1") == [label("a1", "x", False), label("a1", "x", True, "ben")]
    assert filled.catalogue.judgements.everything() == [
        label("a1", "x", False),
        label("a1", "x", True, "ben"),
        label("b2", "x", True),
    ]


def test_what_was_said_in_a_round_stays_that_rounds_whatever_comes_later(filled: Archive) -> None:
    filled.add_labels([label("a1", "x", True, round_name="r1")])
    filled.add_labels([label("a1", "x", False, round_name="r2"), label("b2", "x", True, round_name="r2")])
    judgements = filled.catalogue.judgements
    assert judgements.in_round("r1") == [label("a1", "x", True, round_name="r1")]
    assert judgements.of("a1") == [label("a1", "x", False, round_name="r2")]
    assert judgements.rounds() == {"r1": 1, "r2": 2}
    assert judgements.in_round("r3") == []


def test_within_a_round_the_last_word_counts(filled: Archive) -> None:
    filled.add_labels([label("a1", "x", True, round_name="r"), label("a1", "x", False, round_name="r")])
    assert filled.catalogue.judgements.in_round("r") == [label("a1", "x", False, round_name="r")]


def test_a_label_without_a_round_belongs_to_none(filled: Archive) -> None:
    filled.add_labels([label("a1", "x", True)])
    assert filled.catalogue.judgements.of("a1")[0].round is None
    assert filled.catalogue.judgements.rounds() == {}


def test_the_state_changes_with_every_label_even_one_that_replaces_another(filled: Archive) -> None:
    states = [filled.catalogue.judgements.state()]
    for value in (True, False, False):
        filled.add_labels([label("a1", "x", value)])
        states.append(filled.catalogue.judgements.state())
    assert len(set(states)) == 4
    assert filled.catalogue.judgements.state() == states[-1]


def test_samples_come_oldest_first_and_the_last_line_of_a_name_wins(filled: Archive) -> None:
    for one in (sample("s1", "a1"), sample("s2", "b2", "a1"), sample("s1", "a1", round_name="r")):
        filled.add_sample(one)
    assert list(filled.catalogue.judgements.samples()) == [
        sample("s2", "b2", "a1"),
        sample("s1", "a1", round_name="r"),
    ]


def test_a_catalogue_built_anew_knows_the_same(filled: Archive) -> None:
    filled.add_labels([label("a1", "x", True, round_name="r"), label("a1", "x", False), label("b2", "y", True, "ben")])
    filled.add_sample(sample("s1", "b2", "a1"))
    before = filled.catalogue.judgements
    known = (before.everything(), before.in_round("r"), before.rounds(), list(before.samples()))
    filled.catalogue.close()
    for path in filled.cache.glob("catalogue*"):
        path.unlink()
    other = Archive(filled.path)
    other.catalogue.catch_up()
    anew = other.catalogue.judgements
    assert (anew.everything(), anew.in_round("r"), anew.rounds(), list(anew.samples())) == known
    other.catalogue.close()


def test_a_damaged_label_is_told_and_passed_over(filled: Archive) -> None:
    filled.add_labels([label("a1", "x", True)])
    with (filled.path / "labels.jsonl").open("a") as file:
        file.write('{"article": "a1", "revision": 1, "theme": "x", "value": "no", "coder": "ann"}\n')
        file.write('{"article": "a1", "revision": 1, "theme": "x", "value": false, "coder": ""}\n')
    told: list[str] = []
    other = Archive(filled.path, told.append)
    other.catalogue.catch_up()
    assert other.catalogue.judgements.everything() == [label("a1", "x", True)]
    assert len([line for line in told if "damaged line" in line]) == 2
    other.catalogue.close()


def test_a_labelled_article_counts_as_changed(filled: Archive) -> None:
    seen = max(change.seq for change in filled.catalogue.changed_since(0))
    filled.add_labels([label("b2", "x", True)])
    assert [change.entry.id for change in filled.catalogue.changed_since(seen)] == ["b2"]
