"""What an evaluation is made from: who is judged by what, what is left out, and what may be told of the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clipper.archive.store import Archive
from clipper.coding import codebook as codebooks
from clipper.coding import evaluation
from clipper.coding.codebook import Codebook, Theme
from clipper.coding.examples import Example
from clipper.errors import CannotWork, NothingFound
from clipper.models import Article, Label, Sample

BOOK = """
[codebook]
name = "Town"
version = 1
[[theme]]
key = "bread"
name = "Bread"
definition = "Bakeries."
phrases = ["loaf*"]
[[theme]]
key = "trains"
name = "Trains"
definition = "Railways."
merges = ["rails"]
"""


@pytest.fixture
def book(tmp_path: Path) -> Codebook:
    path = tmp_path / "codebook.toml"
    path.write_text(BOOK, encoding="utf-8")
    return codebooks.load(path)


@dataclass
class Held:
    themes: list[str]
    probabilities: Any
    truth: Any
    given: Any


class Reader:
    """A model that learns nothing and reads: it gives a theme to whatever says its key. It keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def __call__(self, themes: Sequence[Theme], taught: Sequence[Example], **more: Any) -> Held:
        self.asked.append({"taught": list(taught), **more})
        rows = more.get("own", taught)
        more["progress"](1, 1)
        keys = [theme.key for theme in themes]
        truth = [[np.nan if e.judged is not None and k not in e.judged else k in e.themes for k in keys] for e in rows]
        found = np.array([[0.9 if k in e.text else 0.1 for k in keys] for e in rows])
        return Held(keys, found, np.array(truth, dtype=float), (found > 0.5).astype(float))


def quiet(done: int, of: int) -> None:
    pass


def told(name: str, text: str, *themes: str, judged: frozenset[str] | None = None) -> Example:
    return Example(name, f"event-{name}", "", text, frozenset(themes), judged)


STARTER = [
    told("1", "bread was sold", "bread"),
    told("2", "the trains ran", "trains"),
    told("3", "the trains brought bread", "trains"),
    told("4", "nothing at all"),
    told("5", "loaves", "bread", judged=frozenset(["bread"])),
]


def put(archive: Archive, name: str, text: str, **more: Any) -> None:
    with archive.writing() as writer:
        writer.articles([Article(id=name, title=f"On {name}", text=text, fetched="2024-05-01T10:00:00Z", **more)])


def say(
    archive: Archive, coder: str, article: str, round_name: str | None = None, revision: int = 1, **said: bool
) -> None:
    archive.add_labels(
        [
            Label(article=article, revision=revision, theme=t, value=v, coder=coder, round=round_name, at="2024-05-02")
            for t, v in said.items()
        ]
    )


def test_the_starter_set_is_judged_theme_by_theme_and_gaps_are_left_out(book: Codebook, tmp_path: Path) -> None:
    report = evaluation.of_passages(book, STARTER, Reader(), form="a", cache=tmp_path / "c", progress=quiet)
    bread, trains = report.evaluation.themes
    assert (bread.judged, bread.support, bread.given) == (5, 2, 2)
    assert (bread.precision.value, bread.recall.value) == (0.5, 0.5)
    assert (trains.judged, trains.support, trains.f1.value) == (4, 2, 1.0)
    assert report.evaluation.groups == 5
    assert ("wrong", "bread", "trains", 1, 1) in [(n.kind, n.theme, n.other, n.count, n.of) for n in report.neighbours]
    assert report.untaught == ()


def test_a_second_look_at_the_starter_set_asks_no_model(book: Codebook, tmp_path: Path) -> None:
    reader = Reader()
    first = evaluation.of_passages(book, STARTER, reader, form="a", cache=tmp_path, progress=quiet)
    again = evaluation.of_passages(book, STARTER, reader, form="a", cache=tmp_path, progress=quiet)
    assert again == first
    assert len(reader.asked) == 1
    evaluation.of_passages(book, STARTER, reader, form="b", cache=tmp_path, progress=quiet)
    evaluation.of_passages(book, STARTER[:4], reader, form="a", cache=tmp_path, progress=quiet)
    changed = [*STARTER[:4], told("5", "rolls", "bread", judged=frozenset(["bread"]))]
    evaluation.of_passages(book, changed, reader, form="a", cache=tmp_path, progress=quiet)
    assert len(reader.asked) == 4


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"themes": []}', '{"themes": ["bread", "trains"]}', '{"themes": [["bread"]]}',
     '{"themes": ["bread"], "probabilities": [[2], [0], [0], [0], [0]], "truth": [[1], [0], [0], [0], [0]], '
     '"given": [[1], [0], [0], [0], [0]]}',
     '{"themes": ["bread"], "probabilities": [[null], [0], [0], [0], [0]], "truth": [[1], [0], [0], [0], [0]], '
     '"given": [[1], [0], [0], [0], [0]]}',
     '{"themes": ["bread"], "probabilities": [[1]], "truth": [[1]], "given": [[1]]}',
     '{"themes": ["bread"], "probabilities": "x", "truth": {}, "given": 1}'],
)  # fmt: skip
def test_what_was_kept_and_is_damaged_is_worked_out_anew(book: Codebook, tmp_path: Path, content: str) -> None:
    reader = Reader()
    first = evaluation.of_passages(book, STARTER, reader, form="a", cache=tmp_path, progress=quiet)
    (kept,) = tmp_path.glob("*.json")
    kept.write_text(content, encoding="utf-8")
    assert evaluation.of_passages(book, STARTER, reader, form="a", cache=tmp_path, progress=quiet) == first
    assert len(reader.asked) == 2


def test_a_codebook_that_teaches_nothing_is_an_error_of_one_line(book: Codebook, tmp_path: Path) -> None:
    def unable(*args: Any, **more: Any) -> Held:
        raise ValueError("no theme has enough examples")

    with pytest.raises(CannotWork, match=r"codebook\.toml: .*no theme has enough examples"):
        evaluation.of_passages(book, STARTER, unable, form="a", cache=tmp_path, progress=quiet)


def test_labelled_articles_are_held_out_and_the_starter_set_is_not(archive: Archive, book: Codebook) -> None:
    put(archive, "aa", "bread here")
    put(archive, "bb", "trains there")
    put(archive, "cc", "nobody judged this one")
    say(archive, "ann", "aa", bread=True, trains=False)
    say(archive, "ben", "bb", rails=True)
    coded = evaluation.coded(archive, book)
    assert [(e.id, e.title, e.text, set(e.themes), e.judged) for e in coded.examples] == [
        ("aa", "On aa", "bread here", {"bread"}, {"bread", "trains"}),
        ("bb", "On bb", "trains there", {"trains"}, {"trains"}),
    ]
    assert (coded.labels, coded.disputed, coded.stale, coded.chosen) == (3, 0, 0, 2)
    reader = Reader()
    report = evaluation.of_labels(book, STARTER, coded, reader, weight=3.0, progress=quiet)
    assert reader.asked[0]["taught"] == STARTER
    assert reader.asked[0]["own"] == [replace(example, weight=3.0) for example in coded.examples]
    assert reader.asked[0]["folds"] == 2
    assert [(t.theme, t.judged, t.support) for t in report.evaluation.themes] == [("bread", 1, 1), ("trains", 2, 1)]


def test_one_story_is_too_few(archive: Archive, book: Codebook) -> None:
    put(archive, "aa", "bread here")
    put(archive, "bb", "bread here", duplicate_of="aa")
    for name in ("aa", "bb"):
        say(archive, "ann", name, bread=True)
    with pytest.raises(NothingFound, match="too few"):
        evaluation.of_labels(book, STARTER, evaluation.coded(archive, book), Reader(), progress=quiet)


def test_disputed_and_outdated_labels_are_left_out_and_counted(archive: Archive, book: Codebook) -> None:
    put(archive, "aa", "old")
    put(archive, "bb", "bread")
    say(archive, "ann", "aa", bread=True)
    put(archive, "aa", "new", revision=2)
    say(archive, "ann", "bb", bread=True, trains=True)
    say(archive, "ben", "bb", bread=False, trains=False)
    say(archive, "adjudicated", "bb", trains=False)
    coded = evaluation.coded(archive, book)
    assert [(e.id, set(e.themes), e.judged) for e in coded.examples] == [("bb", set(), {"trains"})]
    assert (coded.labels, coded.disputed, coded.stale) == (1, 1, 1)


def test_copies_of_a_story_are_one_event_however_they_lead_to_each_other(archive: Archive, book: Codebook) -> None:
    put(archive, "aa", "x", duplicate_of="bb")
    put(archive, "bb", "x", duplicate_of="cc")
    put(archive, "cc", "x")
    put(archive, "dd", "y", duplicate_of="ee")  # a circle, into which a0 leads
    put(archive, "ee", "y", duplicate_of="dd")
    put(archive, "a0", "y", duplicate_of="ee")
    put(archive, "gg", "z", duplicate_of="gone")
    put(archive, "hh", "z", duplicate_of="gone")
    for name in ("aa", "bb", "dd", "ee", "a0", "gg", "hh"):
        say(archive, "ann", name, bread=True)
    events = {e.id: e.event for e in evaluation.coded(archive, book).examples}
    assert events["aa"] == events["bb"] == "cc"
    assert events["dd"] == events["ee"] == events["a0"] == "dd"
    assert events["gg"] == events["hh"]
    assert len(set(events.values())) == 3


def draw(archive: Archive, articles: list[str], population: int, **more: Any) -> None:
    archive.add_sample(Sample(name="s", articles=articles, population=population, seed=1, round="pilot", **more))


def test_only_what_was_coded_in_the_round_of_a_sample_counts_as_drawn(archive: Archive, book: Codebook) -> None:
    for name in ("aa", "bb", "cc"):
        put(archive, name, "bread")
    draw(archive, ["aa", "bb"], 3)
    say(archive, "ann", "aa", "pilot", bread=True)
    say(archive, "ann", "bb", bread=True)  # drawn, but coded for another reason
    say(archive, "ann", "cc", bread=True)
    assert evaluation.coded(archive, book).chosen == 2


@pytest.fixture
def pilot(archive: Archive) -> Archive:
    for name in ("aa", "bb", "cc", "dd"):
        put(archive, name, "bread")
    say(archive, "ann", "aa", "pilot", bread=True, trains=False)
    say(archive, "ben", "aa", "pilot", bread=True, trains=False)
    say(archive, "ann", "bb", "pilot", bread=True, trains=False)
    say(archive, "ben", "bb", "pilot", bread=False, trains=True)
    say(archive, "ann", "cc", "pilot", bread=False)
    say(archive, "ann", "dd", bread=True)  # in no round
    return archive


def test_a_round_tells_who_differs_where(pilot: Archive, book: Codebook) -> None:
    found = evaluation.of_round(pilot, book, "pilot")
    assert (found.agreement.units, found.agreement.shared, found.agreement.coders) == (3, 2, ("ann", "ben"))
    bread = found.agreement.themes[0]
    assert (bread.theme, bread.units, bread.judged, bread.positives) == (
        "bread", 2, {"ann": 3, "ben": 2}, {"ann": 2, "ben": 1},
    )  # fmt: skip
    assert bread.agreement == 0.5
    assert [(d.unit, d.theme, d.values) for d in found.disagreements] == [
        ("bb", "bread", {"ann": True, "ben": False}),
        ("bb", "trains", {"ann": False, "ben": True}),
    ]


def test_what_the_adjudicator_settles_is_no_agreement_and_nothing_to_do_any_more(
    pilot: Archive, book: Codebook
) -> None:
    before = evaluation.of_round(pilot, book, "pilot")
    say(pilot, "adjudicated", "bb", bread=True)
    after = evaluation.of_round(pilot, book, "pilot")
    assert after.agreement == before.agreement
    assert [d.theme for d in after.disagreements] == ["trains"]
    assert after.settled == 1


def test_without_a_sample_of_its_own_a_round_says_nothing_of_the_archive(pilot: Archive, book: Codebook) -> None:
    pilot.add_sample(Sample(name="free", articles=["aa", "bb", "cc"], population=4, seed=1))
    found = evaluation.of_round(pilot, book, "pilot")
    assert (found.sample, found.prevalences) == (None, ())


def test_from_a_random_sample_the_archive_is_estimated_by_what_is_settled(pilot: Archive, book: Codebook) -> None:
    draw(pilot, ["bb", "aa", "dd"], 4)  # cc was coded in the round but not drawn, dd drawn but not coded in it
    found = evaluation.of_round(pilot, book, "pilot")
    assert (found.coded, found.undecided) == (2, 2)
    assert [(p.positives, p.n, p.population) for p in found.prevalences if p] == [(1, 1, 4), (0, 1, 4)]
    say(pilot, "adjudicated", "bb", bread=False, trains=True)
    settled = evaluation.of_round(pilot, book, "pilot")
    assert settled.undecided == 0
    assert [(p.positives, p.n, p.population) for p in settled.prevalences if p] == [(1, 2, 4), (1, 2, 4)]


def test_what_a_coder_says_later_outside_the_round_does_not_change_it(pilot: Archive, book: Codebook) -> None:
    before = evaluation.of_round(pilot, book, "pilot")
    say(pilot, "ben", "bb", bread=True)
    assert evaluation.of_round(pilot, book, "pilot") == before


def test_an_unknown_round_names_those_that_are_known(pilot: Archive, book: Codebook) -> None:
    with pytest.raises(NothingFound, match=r"no round 'pilto'; did you mean 'pilot'.*rounds: pilot"):
        evaluation.of_round(pilot, book, "pilto")
    pilot.add_sample(Sample(name="next", articles=["aa"], population=4, seed=1, round="next"))
    with pytest.raises(NothingFound, match="nothing is coded yet in the round 'next'"):
        evaluation.of_round(pilot, book, "next")


def test_without_any_round_that_is_said(archive: Archive, book: Codebook) -> None:
    with pytest.raises(NothingFound, match="no label was given in a round yet"):
        evaluation.of_round(archive, book, "pilot")


def test_agreement_over_all_labels_takes_what_holds_without_the_adjudicator(pilot: Archive, book: Codebook) -> None:
    say(pilot, "ben", "bb", bread=True)  # ben thought better of it
    say(pilot, "ben", "dd", bread=True)
    say(pilot, "adjudicated", "bb", bread=False)
    bread = evaluation.between_coders(pilot, book).themes[0]
    assert (bread.units, bread.agreement, sorted(bread.judged)) == (3, 1.0, ["ann", "ben"])


def test_of_two_themes_that_became_one_a_yes_to_either_is_a_yes(archive: Archive, book: Codebook) -> None:
    put(archive, "aa", "x")
    say(archive, "ann", "aa", rails=True, trains=False)
    say(archive, "ben", "aa", rails=False, trains=True)
    assert evaluation.said(archive.catalogue.judgements.everything(), book) == {
        ("aa", "trains"): {"ann": True, "ben": True}
    }


def test_what_was_drawn_from_a_part_or_not_at_all_counts_as_chosen(archive: Archive, book: Codebook) -> None:
    for name in ("aa", "bb"):
        put(archive, name, "bread")
        say(archive, "ann", name, "pilot", bread=True)
    draw(archive, ["aa"], 2)
    assert evaluation.coded(archive, book).chosen == 1
    draw(archive, ["aa"], 2, query="outlet:Echo")
    assert evaluation.coded(archive, book).chosen == 2


def test_passages_on_one_event_are_drawn_together(book: Codebook, tmp_path: Path) -> None:
    same = [replace(example, event="one") for example in STARTER]
    report = evaluation.of_passages(book, same, Reader(), form="a", cache=tmp_path, progress=quiet)
    assert report.evaluation.groups == 1
    assert report.evaluation.micro.f1.interval is None
