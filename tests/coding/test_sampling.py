"""Articles drawn at random: the same draw for the same seed, kept on record, taken by a round."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.archive.store import Archive
from clipper.coding.sampling import MAX_SEED, Drawn, articles_of, choose, draw
from clipper.errors import NothingFound, UsageError
from clipper.models import Article, Sample

MOMENT = datetime(2026, 11, 7, 14, 30, tzinfo=UTC)
IDS = [f"{number:04x}" for number in range(40)]


def add(archive: Archive, *articles: Article) -> None:
    with archive.writing() as writer:
        writer.articles(articles)


def article(ident: str, **more: str) -> Article:
    return Article(id=ident, text=ident, fetched="2026-11-01T00:00:00Z", **more)  # type: ignore[arg-type]  # named by the test


@pytest.fixture
def filled(archive: Archive) -> Archive:
    add(archive, *map(article, IDS))
    return archive


def drawn(archive: Archive, number: int = 10, seed: int = 7, round_name: str | None = None) -> Drawn:
    return draw(archive, number, seed, round_name=round_name, moment=MOMENT)


def samples(archive: Archive) -> list[Sample]:
    return list(archive.catalogue.judgements.samples())


@given(
    st.lists(st.text("0123456789abcdef", min_size=4, max_size=4), unique=True, max_size=30),
    st.integers(1, 40),
    st.integers(0, MAX_SEED),
    st.randoms(use_true_random=False),
)
def test_a_choice_is_of_different_ids_and_does_not_hang_on_their_order(
    ids: list[str], number: int, seed: int, chance: object
) -> None:
    chosen = choose(ids, number, seed)
    assert len(chosen) == len(set(chosen)) == min(number, len(ids))
    assert set(chosen) <= set(ids)
    shuffled = list(ids)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert choose(shuffled, number, seed) == chosen


def test_every_article_is_as_likely_as_the_next() -> None:
    counts = Counter(ident for seed in range(2000) for ident in choose(IDS, 10, seed))
    # Expected 500 each, standard deviation about 19.4: five of them either way.
    assert set(counts) == set(IDS)
    assert all(403 < count < 597 for count in counts.values())


def test_the_same_archive_and_seed_give_the_same_draw_which_is_recorded_once(filled: Archive) -> None:
    first, second = drawn(filled), drawn(filled)
    assert (first.new, second.new) == (True, False)
    assert samples(filled) == [first.sample] == [second.sample]
    assert first.sample == Sample(
        name="sample-7-10", articles=choose(IDS, 10, 7), population=40, seed=7, at="2026-11-07T14:30:00Z"
    )
    assert drawn(filled, seed=8).sample.articles != first.sample.articles


def test_another_archive_with_the_same_articles_gives_the_same_draw(
    filled: Archive, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("other")
    Archive.create(folder)
    other = Archive(folder)
    add(other, *map(article, reversed(IDS)))
    assert drawn(other).sample.articles == drawn(filled).sample.articles
    other.catalogue.close()


def test_pages_of_clippings_are_left_out_and_clippings_and_copies_are_not(archive: Archive) -> None:
    add(
        archive,
        article("aa", kind="page"),
        article("bb", kind="clipping", part_of="aa"),
        article("cc", duplicate_of="bb"),
    )
    sample = drawn(archive).sample
    assert (sorted(sample.articles), sample.population) == (["bb", "cc"], 2)


def test_an_archive_without_articles_has_nothing_to_draw(archive: Archive) -> None:
    add(archive, article("aa", kind="page"))
    with pytest.raises(NothingFound):
        drawn(archive)
    assert samples(archive) == []


def test_a_grown_archive_gives_another_draw_another_name(filled: Archive) -> None:
    first = drawn(filled).sample
    add(filled, article("ffff"))
    second = drawn(filled).sample
    add(filled, article("fffe"))
    third = drawn(filled).sample
    assert [first.name, second.name, third.name] == ["sample-7-10", "sample-7-10-2", "sample-7-10-3"]
    assert [one.population for one in samples(filled)] == [40, 41, 42]


def test_a_round_is_drawn_once(filled: Archive) -> None:
    first = drawn(filled, round_name="pilot")
    assert (first.sample.name, first.sample.round) == ("pilot", "pilot")
    assert drawn(filled, round_name="pilot") == Drawn(first.sample, new=False)
    for number, seed in ((11, 7), (10, 8)):
        with pytest.raises(UsageError, match="'pilot' has its sample already"):
            drawn(filled, number, seed, "pilot")
    assert samples(filled) == [first.sample]
    assert drawn(filled, seed=8, round_name="main").new


def test_a_round_may_not_take_the_name_of_a_sample_that_it_does_not_draw(filled: Archive) -> None:
    drawn(filled)
    with pytest.raises(UsageError):
        drawn(filled, seed=8, round_name="sample-7-10")
    assert drawn(filled, round_name="sample-7-10").sample.round == "sample-7-10"
    assert [one.round for one in samples(filled)] == ["sample-7-10"]


def test_a_draw_that_a_round_has_taken_can_be_drawn_again_for_another(filled: Archive) -> None:
    drawn(filled)
    articles_of(filled, "first")
    again = drawn(filled)
    assert (again.new, again.sample.name) == (True, "sample-7-10-2")
    assert articles_of(filled, "second").articles == articles_of(filled, "first").articles


def test_a_round_finds_its_sample(filled: Archive) -> None:
    pilot = drawn(filled, round_name="pilot").sample
    drawn(filled, seed=8)
    told: list[str] = []
    assert articles_of(filled, "pilot", told.append) == pilot
    assert told == []


def test_a_round_without_a_sample_takes_the_newest_that_no_round_has_and_keeps_it(filled: Archive) -> None:
    drawn(filled, seed=1)
    newest = drawn(filled, seed=2).sample
    drawn(filled, seed=3, round_name="other")
    told: list[str] = []
    taken = articles_of(filled, "main", told.append)
    assert (taken.name, taken.round, taken.articles) == (newest.name, "main", newest.articles)
    assert len(told) == 1 and "'main'" in told[0] and newest.name in told[0]
    assert articles_of(filled, "main", told.append) == taken
    assert len(told) == 1
    assert articles_of(filled, "next").seed == 1


def test_a_round_without_any_sample_to_take_says_how_to_draw_one(filled: Archive) -> None:
    drawn(filled, round_name="pilot")
    with pytest.raises(UsageError, match="clipper sample"):
        articles_of(filled, "main")
    assert len(samples(filled)) == 1
