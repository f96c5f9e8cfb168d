"""What is counted, and what may be said of it: on an archive of which it is known what happened."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clipper.archive.reader import Reader
from clipper.publish.stats import coverage, figures, intervals, months
from clipper.publish.stats.counting import Counting, Unit, split
from clipper.publish.stats.report import Report, Wanted, report
from clipper.search.indexing import follow
from clipper.search.query import parse
from clipper.search.results import Search
from planted import THEMES, Planted, planted

Ask = Callable[..., Report]
NEWEST = "2026-01-05"


def _asking(folder: Path, made: Planted) -> Ask:
    made.write(folder)
    reader = Reader(folder)

    def ask(query: str = "", newest: str = NEWEST, **wanted: object) -> Report:
        node = parse(query)
        search = Search(reader, node, follow=follow, fold=False)
        return search.ask(lambda index: report(index, node, Wanted(newest, themes=THEMES, **wanted)))  # type: ignore[arg-type]  # named by the test

    return ask


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Ask the planted archive, which no test changes."""
    yield _asking(tmp_path_factory.mktemp("planted"), planted())


@pytest.fixture
def ask_of(tmp_path: Path) -> Callable[[Planted], Ask]:
    """Ask an archive of the test's own."""
    return lambda made: _asking(tmp_path / "own", made)


def _counting(folder: Path, question: Callable[[Counting], object], query: str = "", copies: bool = False) -> object:
    node = parse(query)
    search = Search(Reader(folder), node, follow=follow, fold=False)
    return search.ask(lambda index: question(Counting(index, node, copies=copies)))


# -- months ---------------------------------------------------------------------------------------------------


def test_what_has_no_month_stands_apart() -> None:
    found = months.in_time({201411: 3, 201400: 2, 0: 5, 201413: 1, 201501: 4})
    assert {months.label(month): n for month, n in found.months.items()} == {"2014-11": 3, "2015-01": 4}
    assert dict(found.years) == {2014: 3}
    assert found.undated == 5
    assert found.total == 15


def test_periods_are_the_longest_of_which_there_are_two() -> None:
    start = months.from_text("2024-01")
    for there, length in ((30, 12), (24, 12), (23, 6), (12, 6), (7, 3), (2, 1)):
        found = months.periods(range(start, start + there), set(), start + there, None)
        assert found is not None
        assert (len(found.before), len(found.last)) == (length, length)
        assert found.last[-1] == start + there - 1
        assert found.before[-1] + 1 == found.last[0]
    assert months.periods([start], set(), start + 1, None) is None
    assert months.periods([], set(), start, None) is None
    assert months.periods(range(start, start + 9), set(), start + 9, 5) is None


def test_no_period_holds_a_month_that_is_not_complete_or_is_to_come() -> None:
    start = months.from_text("2024-01")
    there = range(start, start + 40)
    found = months.periods(there, {start, start + 24}, start + 25, 3)
    assert found is not None
    assert months.labels(found.last) == "2025-10 to 2025-12"
    assert months.labels(found.before) == "2025-07 to 2025-09"


def test_a_query_that_begins_or_ends_within_a_month_leaves_it_incomplete() -> None:
    def named(query: str) -> set[str]:
        return {months.label(month) for month in months.incomplete(parse(query), "2026-01-05")}

    assert named("") == {"2026-01"}
    assert named("since:2024-03-02 until:2024-08-30") == {"2026-01", "2024-03", "2024-08"}
    assert named("since:2024-03-01 until:2024-08-31") == {"2026-01"}
    assert named("ward until:2024-02-28") == {"2026-01", "2024-02"}
    assert named("until:2024-02-29") == named("until:2025-02-28") == named("since:2024 until:2024-05") == {"2026-01"}


# -- intervals ------------------------------------------------------------------------------------------------


def test_intervals_are_those_of_the_papers_that_they_are_from() -> None:
    one = intervals.share(81, 263)  # Newcombe's example of Wilson's interval
    assert one.low == pytest.approx(0.2553, abs=5e-5)
    assert one.high == pytest.approx(0.3662, abs=5e-5)
    found = intervals.change((48, 80), (56, 70))  # and of the difference by his method 10
    assert found.value == pytest.approx(0.2)
    assert found.low == pytest.approx(0.0524, abs=5e-5)
    assert found.high == pytest.approx(0.3339, abs=5e-5)


def test_shares_of_none_and_of_all_keep_within_bounds() -> None:
    assert intervals.share(0, 0)[2:] == (None, None, None)
    assert intervals.share(0, 10).low == 0.0
    assert intervals.share(10, 10).high == 1.0
    assert intervals.share(3, 29).few
    assert not intervals.share(3, 30).few
    assert intervals.change((0, 0), (1, 2)).value is None


def test_a_change_is_clear_where_it_is_so_for_all_comparisons_at_once() -> None:
    before, last = (30, 300), (48, 300)
    assert intervals.change(before, last).clear
    assert not intervals.change(before, last, comparisons=50).clear
    assert not intervals.change((1, 20), (19, 20)).clear  # of so few nothing is clear


# -- coverage -------------------------------------------------------------------------------------------------


def test_a_source_falls_silent_where_it_says_nothing_for_longer_than_usual() -> None:
    start = months.from_text("2024-01")

    def silent(*there: int, each: int = 1, end: int = 23, kind: str = "source") -> list[tuple[int, int]]:
        counts = months.InTime({start + month: each for month in there}, {}, 0)
        found = coverage.cover({Unit(kind, "a"): counts}, start + end)
        return [(stretch[0] - start, stretch[-1] - start) for stretch in found[0].silent]

    assert silent(*range(24)) == []
    assert silent(*range(10), *range(14, 24)) == [(10, 13)]
    assert silent(*range(10)) == [(10, 23)]
    but_one = [month for month in range(24) if month != 7]
    assert silent(*but_one, each=10) == [(7, 7)]
    assert silent(*but_one, each=2) == []  # which may be chance
    assert silent(0, 3, 6, 9, 12, 15, 18, 21) == []  # four times a year is its way
    assert silent(0, 3, 6, 18, 21) == [(7, 17)]
    assert silent() == silent(5) == []
    assert silent(*range(10), kind="outlet") == []  # nobody asks it any more
    assert silent(*range(5), *range(14, 24), kind="outlet") == [(5, 13)]


def test_sources_are_compared_that_were_there_in_half_of_the_months_of_both_periods(ask: Ask) -> None:
    found = ask(coverage=True)
    assert found.compared is not None
    assert {str(unit) for unit in found.compared.panel} == {
        "steady post",
        "old herald",
        "weekly sheaf",
        "quiet courier",
    }
    assert [str(unit) for unit in found.compared.came] == ["new wire"]
    assert [str(unit) for unit in found.compared.went] == ["gone gazette"]


def test_a_source_that_came_in_the_midst_of_a_period_is_not_compared() -> None:
    start = months.from_text("2024-01")
    periods = months.Periods(range(start, start + 12), range(start + 12, start + 24))

    def there(*first: int) -> list[Unit]:
        counts = {n: dict.fromkeys(range(start + n, start + 24), 5) for n in first}
        units = {Unit("source", str(n)): months.InTime(of, {}, 0) for n, of in counts.items()}
        assert coverage.came_and_went(units, periods) == ([one for one in units if int(one.name) > 6], [])
        return coverage.panel(units, periods)

    assert there(0, 3, 6, 7, 11, 12) == [Unit("source", "0"), Unit("source", "3"), Unit("source", "6")]


def test_what_failed_and_what_fell_silent_is_known_of_each_source(ask: Ask, tmp_path: Path) -> None:
    planted().write(tmp_path)
    assert coverage.last_run(tmp_path) == "2026-01-05"
    asked = coverage.fetches(tmp_path)
    assert asked["quiet courier"][months.from_text("2025-07")] == (1, 1)
    assert asked["steady post"][months.from_text("2025-07")] == (1, 0)
    covered = {str(one.unit): one for one in ask(coverage=True, fetches=asked).covered}
    quiet = covered["quiet courier"]
    assert {months.label(month) for month in quiet.failed} == {f"2025-0{n}" for n in range(6, 10)}
    assert [months.labels(stretch) for stretch in quiet.silent] == ["2025-06 to 2025-09"]
    assert [months.labels(stretch) for stretch in covered["gone gazette"].silent] == ["2025-01 to 2025-12"]
    assert covered["steady post"].silent == covered["new wire"].silent == ()
    assert months.label(covered["new wire"].first or 0) == "2025-01"


def test_lines_of_runs_that_are_none_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "runs.jsonl").write_text('{"started": 3, "sources": 4}\n[]\nx\n{"started": "2x24-01", "sources": []}\n')
    assert coverage.fetches(tmp_path) == {}
    assert coverage.last_run(tmp_path) is None
    assert coverage.last_run(tmp_path / "none") is None


# -- counts ---------------------------------------------------------------------------------------------------


def test_a_new_source_is_no_trend(ask: Ask) -> None:
    trends = {one.key: one for one in ask().themes}
    closure, robots = trends["closure"].change, trends["robots"].change
    assert closure is not None and robots is not None
    assert closure.clear
    assert (closure.value or 0) > 0.1
    assert not robots.clear
    assert abs(robots.value or 0) < 0.02
    everywhere = trends["robots"].all_change
    assert everywhere is not None and everywhere.clear  # on all sources it looks like one
    assert any("came and went" in note and "robots" in note for note in ask().notes)
    assert not any("came and went" in note and "closure" in note for note in ask().notes)


def test_each_share_is_what_counting_by_hand_finds(ask: Ask) -> None:
    made = planted()
    themes = {tags["article"]: {tag["theme"] for tag in tags["tags"]} for tags in made.tags}
    of = Counter(one["published"][:7] for one in made.articles)
    with_theme = Counter(one["published"][:7] for one in made.articles if "robots" in themes[one["id"]])
    robots = next(one for one in ask().themes if one.key == "robots")
    for month, share in robots.months.items():
        assert (share.n, share.of) == (with_theme[months.label(month)], of[months.label(month)])


def test_a_query_parts_into_where_to_look_and_what_for() -> None:
    def parts(query: str) -> tuple[bool, bool]:
        where, what = split(parse(query))
        return where is not None, what is not None

    assert parts("") == (False, False)
    assert parts("ward") == parts("theme:closure") == parts("-title:ward") == (False, True)
    assert parts("outlet:post since:2024") == parts("(source:a OR outlet:b) -kind:clipping") == (True, False)
    assert parts("ward source:a") == (True, True)
    assert parts("source:a OR ward") == (False, True)


def test_matches_are_a_share_of_what_was_looked_at(ask: Ask) -> None:
    found = ask('closed source:"steady post"')
    assert found.trend is not None
    assert (found.trend.whole.n, found.trend.whole.of) == (72, 288)
    assert ask('source:"steady post"').trend is None
    outlets = ask("closed", by=(("outlet",),)).tables[0]
    assert outlets.of_each
    assert {row.keys[0]: (row.share.n, row.share.of) for row in outlets.rows if row.share.n} == {
        "Steady Post": (72, 288), "Old Herald": (72, 240)
    }  # fmt: skip


def _with_copies() -> Planted:
    """A story in three papers, of which the first matches or not; one undated, some of uncertain date."""
    made = Planted()
    first = made.article("a", "2025-03-01", "the wire says boats", "closure")
    made.article("b", "2025-03-02", "the wire says boats and ropes", "closure", duplicate_of=first)
    made.article("c", "2025-04-02", "the wire says boats and ropes again", "closure", duplicate_of=first)
    made.article("b", None, "a tale of boats without a day")
    made.article("b", "2025", "a tale of boats in some month", "robots")
    made.article("b", "2025-05", "boats in may")
    made.article("added", "2025-05-02", "boats brought by hand", outlet="Echo", tagged=False)
    made.article("c", "2031-01-01", "boats of the future")
    made.article("c", "2025-05-03", "all boats on one page", kind="page")
    return made


def test_a_story_counts_once_and_in_coverage_each_time_it_was_printed(ask_of: Callable[[Planted], Ask]) -> None:
    ask = ask_of(_with_copies())
    found = ask("boats", by=(("source",), ("month",)))
    assert (found.records, found.stories) == (8, 6)
    sources, by_month = found.tables
    assert {row.keys[0]: row.share.n for row in sources.rows} == {"a": 1, "b": 4, "c": 2, "added": 1}
    assert [(row.keys[0], row.share.n) for row in by_month.rows if row.share.n] == [
        ("2025-03", 1), ("2025-05", 2), ("2031-01", 1), ("2025, no month", 1), ("no date", 1)
    ]  # fmt: skip
    assert ask("boats", copies=True).stories == 8
    # Where the first record does not match, the oldest copy that does stands for the story.
    ropes = ask("ropes", by=(("month",),))
    assert (ropes.records, ropes.stories) == (2, 1)
    assert [row.keys[0] for row in ropes.tables[0].rows if row.share.n] == ["2025-03"]


def test_what_is_dated_after_the_running_month_is_in_the_figures_of_coverage(ask_of: Callable[[Planted], Ask]) -> None:
    found = ask_of(_with_copies())(newest="2025-05-20", coverage=True)
    lines = [one for one in figures.figures(found) if one.table.startswith("coverage")]
    assert ("c", "2031-01", 1, "to come") in [(one.item, one.other, one.n, one.note) for one in lines]
    for one in found.covered:
        assert sum(line.n or 0 for line in lines if line.item == str(one.unit)) == one.counts.total
    rows = list(csv.DictReader(io.StringIO(figures.as_csv(found))))
    assert [row["n"] for row in rows if row["note"] == "to come"] == ["1", "1"]  # in all, and from its source


def test_the_notes_say_how_far_the_figures_reach(ask_of: Callable[[Planted], Ask]) -> None:
    ask = ask_of(_with_copies())
    notes = " ".join(ask(newest="2025-05-20").notes)
    for said in (
        "8 records tell 6 stories", "1 without a date and 1 dated with a year alone", "Not complete: 2025-05",
        "1 is dated after 2025-05", "1 record not tagged yet", "clipper evaluate",
        "Of 4 sources 1 is an outlet of what was added by hand",
    ):  # fmt: skip
        assert said in notes
    assert "1 more would match, but no date is stated" in " ".join(ask("boats since:2025-03").notes)
    assert "8 records tell" not in " ".join(ask(copies=True).notes)


def test_articles_that_nobody_has_judged_are_not_without_a_theme(ask_of: Callable[[Planted], Ask]) -> None:
    ask = ask_of(_with_copies())
    table = ask(by=(("theme",),)).tables[0]
    assert table.of == 5  # not the one that was not tagged yet
    assert {row.keys[0]: row.share.n for row in table.rows} == {"closure": 1, "robots": 1, "no theme": 3}


def test_a_persons_word_is_a_judgement_too(ask_of: Callable[[Planted], Ask], tmp_path: Path) -> None:
    made = Planted()
    for n in range(3):
        made.article("a", "2025-01-01", f"piece {n}", tagged=False)
    ask = ask_of(made)
    label = {"article": made.articles[0]["id"], "revision": 1, "theme": "closure", "value": True, "coder": "ann"}
    other = label | {"article": made.articles[1]["id"], "value": False}
    lines = [json.dumps(one | {"round": None, "at": "2025-02-01T00:00:00Z", "schema": 2}) for one in (label, other)]
    (tmp_path / "own" / "labels.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    table = ask(by=(("theme",),)).tables[0]
    assert {row.keys[0]: (row.share.n, row.share.of) for row in table.rows} == {"closure": (1, 2), "no theme": (1, 2)}


def test_what_was_added_is_told_by_its_outlet(ask_of: Callable[[Planted], Ask]) -> None:
    units = [one.unit for one in ask_of(_with_copies())(coverage=True).covered]
    assert Unit("outlet", "Echo") in units
    assert Unit("source", "added") not in units


def test_the_engine_counts_in_pieces_what_is_too_much_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_copies().write(tmp_path)

    def crossed(counting: Counting) -> dict[tuple[object, object], int]:
        return dict(counting.pairs(counting.matches, "source", "month"))

    whole = _counting(tmp_path, crossed)

    def in_pieces(counting: Counting) -> dict[tuple[object, object], int]:
        searcher = counting.index.engine._searcher

        class Small:
            def aggregate(self, query: object, asked: dict[str, dict[str, object]]) -> object:
                if "aggs" in next(iter(asked.values())):
                    raise ValueError("Aborting aggregation because bucket limit was exceeded.")
                return searcher.aggregate(query, asked)

        monkeypatch.setattr(counting.index.engine, "_searcher", Small())
        return crossed(counting)

    assert _counting(tmp_path, in_pieces) == whole
    assert whole


def test_months_from_one_year_to_the_next_hold_no_article_of_the_year_alone(tmp_path: Path) -> None:
    made = Planted()
    for published in ("2024-10-31", "2024-11-02", "2024-12", "2025-01-31", "2025-02-01", "2025", "2024", None):
        made.article("a", published, f"a piece of {published}")
    made.write(tmp_path)

    def found(counting: Counting) -> int:
        period = range(months.from_text("2024-11"), months.from_text("2025-01") + 1)
        return counting.how_many(counting.within(counting.matches, period))

    assert _counting(tmp_path, found) == 3


def test_a_damaged_index_is_built_anew(tmp_path: Path) -> None:
    _with_copies().write(tmp_path)
    before = _counting(tmp_path, lambda counting: counting.how_many(counting.matches))
    for file in (tmp_path / "cache" / "index").glob("*.term"):
        damaged = file.with_suffix(".damaged")
        damaged.write_bytes(random.Random(1).randbytes(file.stat().st_size))
        damaged.replace(file)  # what is mapped into memory stays as it is: shortened, it would end this process

    def by_month(counting: Counting) -> int:
        counting.pairs(counting.matches, "source", "month")
        return counting.how_many(counting.matches)

    assert _counting(tmp_path, by_month) == before


def test_themes_that_are_together_beyond_chance(ask_of: Callable[[Planted], Ask]) -> None:
    made = Planted()
    for n in range(40):
        themes = ("closure", "robots") if n < 8 else ("closure",) if n < 12 else ("robots",) if n < 20 else ()
        made.article("a", "2025-01-01", f"piece number {n} of forty", *themes)
    found = ask_of(made)(together=True).together
    assert found is not None
    pair = found.pairs["closure", "robots"]
    assert (pair.n, pair.first, pair.second, pair.of) == (8, 12, 16, 40)
    assert pair.share == pytest.approx(8 / 12)
    assert pair.lift == pytest.approx(8 * 40 / (12 * 16))
    assert pair.phi == pytest.approx((8 * 20 - 4 * 8) / (12 * 28 * 16 * 24) ** 0.5)  # ad - bc over the margins
    assert pair.few  # 4.8 would be by chance
    assert found.pairs["robots", "closure"].share == pytest.approx(8 / 16)
    assert len(found.strongest) == 1


# -- for other programs ---------------------------------------------------------------------------------------


def test_every_number_is_a_line_that_says_what_it_counts(ask: Ask) -> None:
    lines = figures.figures(ask())
    assert len({(one.table, one.item, one.other) for one in lines}) == len(lines)
    change = next(one for one in lines if (one.table, one.item) == ("theme change, panel", "closure"))
    assert change.note == "clear"
    assert change.value == pytest.approx(0.158, abs=0.001)
    months_of = [one for one in lines if one.table == "articles by month"]
    assert sum(one.n or 0 for one in months_of) == len(planted().articles)


def test_no_cell_is_a_formula_and_none_breaks_its_line(ask_of: Callable[[Planted], Ask]) -> None:
    made = Planted()
    made.article("=1+2", "2025-01-01", "text", outlet='=HYPERLINK("x")\r\n@SUM,"\x1b[31m')
    text = figures.as_csv(ask_of(made)())
    rows = list(csv.reader(io.StringIO(text)))
    assert {len(row) for row in rows} == {len(figures.Figure._fields)}
    assert not any(cell.lstrip("\" '")[:1] in ("=", "@") and cell[:1] != "'" for row in rows for cell in row)
    assert "\x1b" not in text


def test_the_same_archive_gives_the_same_figures(ask: Ask) -> None:
    assert figures.as_csv(ask()) == figures.as_csv(ask())
