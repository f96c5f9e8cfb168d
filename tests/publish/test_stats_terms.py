"""Terms that rise: the test by sources, and what it finds in texts of which it is known what rose in them."""

from __future__ import annotations

import random
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from clipper.archive.reader import Reader
from clipper.publish.stats import terms, trends
from clipper.publish.stats.contrast import beyond_chance, contrast
from clipper.publish.stats.counting import Counting
from clipper.publish.stats.terms import Rising
from clipper.search.index import Match
from clipper.search.indexing import follow
from clipper.search.results import Search
from planted import FOOT, Planted, planted

Documents = list[tuple[int, bool, set[int]]]  # source, of the last period, its terms


def _contrast(documents: Documents) -> dict[int, tuple[float, float, int, int]]:
    pairs = [(number, term) for number, (_, _, has) in enumerate(documents) for term in sorted(has)]
    found = contrast(
        np.array([number for number, _ in pairs]),
        np.array([term for _, term in pairs]),
        np.array([source for source, _, _ in documents]),
        np.array([last for _, last, _ in documents]),
    )
    rows = zip(found.z.tolist(), found.odds.tolist(), found.rose.tolist(), found.sources.tolist(), strict=True)
    return dict(zip(found.terms.tolist(), rows, strict=True))


def _by_hand(documents: Documents, term: int) -> tuple[float, float]:
    """Mantel and Haenszel's sums, table by table."""
    more = spread = up = down = 0.0
    for source in {source for source, _, _ in documents}:
        here = [(last, term in has) for of, last, has in documents if of == source]
        a, b = here.count((True, True)), here.count((True, False))
        c, d = here.count((False, True)), here.count((False, False))
        n = a + b + c + d
        more += a - (a + b) * (a + c) / n
        if n > 1:
            spread += (a + b) * (c + d) * (a + c) * (b + d) / (n * n * (n - 1))
        up += a * d / n
        down += b * c / n
    return (more / sqrt(spread) if spread else 0.0), (up / down if down else float("inf"))


def test_the_sums_are_those_of_mantel_and_haenszel() -> None:
    chance = random.Random(7)
    documents: Documents = [
        (chance.randrange(4), chance.random() < 0.5, {t for t in range(6) if chance.random() < 0.15 * (t + 1)})
        for _ in range(200)
    ]
    for term, (z, odds, _, _) in _contrast(documents).items():
        assert (z, odds) == pytest.approx(_by_hand(documents, term))


def test_a_source_that_is_new_brings_no_term_up() -> None:
    steady: Documents = [(0, last, {1} if n % 2 else set()) for last in (False, True) for n in range(50)]
    new: Documents = [(1, True, {1, 2}) for _ in range(100)]
    found = _contrast([*steady, *new])
    assert found[1][0] == pytest.approx(0)
    assert found[2] == (0.0, 1.0, 0, 0)


def test_a_source_that_writes_more_brings_no_term_up() -> None:
    # One half of what the first writes has the term, none of the second's; the first writes four times as much later.
    documents: Documents = [
        (source, last, {1} if not source and n % 2 else set())
        for source, last, times in ((0, False, 20), (1, False, 80), (0, True, 80), (1, True, 20))
        for n in range(times)
    ]
    assert _contrast(documents)[1][0] == pytest.approx(0)


def test_hardly_one_of_a_thousand_terms_that_do_not_rise_is_told() -> None:
    chance = np.random.default_rng(3)
    assert not beyond_chance(chance.standard_normal(1000)).any()
    z = np.concatenate([chance.standard_normal(1000), np.full(20, 6.0)])
    assert beyond_chance(z)[-20:].all()
    assert beyond_chance(z).sum() <= 22
    assert not beyond_chance(np.zeros(0)).any()


def test_which_articles_are_drawn_depends_on_their_ids_alone() -> None:
    ids = [f"{n:016x}" for n in range(1000)]

    class Index:
        def __init__(self, order: list[str]) -> None:
            self.order = order

        def search(self, query: object, limit: int, sort: str, offset: int) -> tuple[int, list[Match]]:
            return len(ids), [Match(one, 0.0, 0) for one in self.order[offset : offset + limit]]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terms, "MOST_READ", 50)
        patch.setattr(terms, "_PAGE", 300)
        drawn = terms._drawn(Index(ids), None, 1000)  # type: ignore[arg-type]  # as much of one as is asked
        assert drawn == terms._drawn(Index(ids[::-1]), None, 1000)  # type: ignore[arg-type]  # as above
    assert len(set(drawn)) == 50
    assert 300 < sum(int(one, 16) for one in drawn) / 50 < 700  # from all of them, not from one end


def _rising(folder: Path, made: Planted) -> Rising:
    made.write(folder)
    search = Search(Reader(folder), None, follow=follow, fold=False)

    def found(counting: Counting) -> Rising:
        when = trends.span(counting, "2026-01-05")
        against = trends.compared(counting, when, None)
        assert against is not None
        return terms.rising(counting, against, limit=20)

    return search.ask(lambda index: found(Counting(index, None)))


def test_what_rose_is_found_and_nothing_else(tmp_path: Path) -> None:
    found = _rising(tmp_path, planted())
    told = {term.text: term for term in found.terms}
    assert set(told) == {"walk", "centre", "closed"}
    assert (told["closed"].last, told["closed"].before) == (96, 48)
    assert told["walk"].odds is None
    assert told["walk"].rose == told["walk"].sources == 2
    # Words of a source that came, and what stands below each of its pieces, do not rise.
    assert not {"robots", "automation", *FOOT.lower().strip(".").split()} & set(told)
    assert (found.last, found.before, found.sampled) == (308, 312, False)


def test_a_foot_that_a_steady_source_begins_to_print_does_not_rise(tmp_path: Path) -> None:
    made = Planted()
    for month in [f"{year}-{number:02}" for year in (2024, 2025) for number in range(1, 13)]:
        for source in ("one", "two", "three", "four"):
            for n in range(4):
                text = made.words(*(["reservoir leak"] if month >= "2025" and n < 2 else []))
                foot = "\n\nDownload our shiny application and never miss headlines." if month >= "2025" else ""
                made.article(source, f"{month}-{n + 1:02}", text + foot * (source != "four"))
    found = {term.text for term in _rising(tmp_path, made).terms}
    assert "reservoir leak" in found
    assert not {"reservoir", "leak"} & found  # they stand in the row alone
    assert not {"download", "shiny", "application", "headlines", "shiny application"} & found


def test_what_rises_in_one_source_alone_is_its_own_affair(tmp_path: Path) -> None:
    made = Planted()
    for month in [f"{year}-{number:02}" for year in (2024, 2025) for number in range(1, 13)]:
        for source in ("one", "two", "three"):
            for n in range(4):
                late = month >= "2025" and n < 2
                special = ["zeppelin"] * (late and source == "one") + ["glacier"] * (late and source != "three")
                made.article(source, f"{month}-{n + 1:02}", made.words(*special))
    assert {term.text for term in _rising(tmp_path, made).terms} == {"glacier"}


def test_of_many_articles_a_sample_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "MOST_READ", 200)
    found = _rising(tmp_path, planted())
    assert (found.last, found.before, found.all_last, found.all_before) == (200, 200, 308, 312)
    assert found.sampled
    assert {term.text for term in found.terms} >= {"walk", "centre"}


def test_dates_and_numbers_are_no_terms(tmp_path: Path) -> None:
    made = Planted()
    for month in [f"{year}-{number:02}" for year in (2024, 2025) for number in range(1, 13)]:
        for source in ("one", "two"):
            for n in range(6):
                special = ("november", "2025", "tuesday", "£5m", "the", "pipeline") if month >= "2025" else ()
                made.article(source, f"{month}-{n + 1:02}", made.words(*special))
    assert {term.text for term in _rising(tmp_path, made).terms} == {"pipeline"}
