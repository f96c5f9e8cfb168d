"""A clock that jumps: it is told when it cannot be right, and what was dated ahead sticks nowhere."""

from __future__ import annotations

import itertools
import os
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clipper.archive import clock
from clipper.archive.catalogue import Catalogue
from clipper.collect.agenda import Agenda, Ask, Leave
from clipper.collect.entries import Entry
from clipper.collect.facts import Facts
from clipper.collect.validators import Memory
from clipper.config import Source
from clipper.models import Article, Run, to_line

NOW = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
WRONG = "set the clock; dates of fetching will be wrong"


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def note(archive: Path, *ends: datetime, **more: object) -> None:
    """Note runs that ended at these moments, in this order."""
    with (archive / "runs.jsonl").open("a", encoding="utf-8") as file:
        for end in ends:
            run = Run(command="fetch", started=stamp(end), ended=stamp(end), version="1", sources=[], **more)
            file.write(to_line(run.to_json()) + "\n")


def test_a_clock_before_the_newest_line_is_told(tmp_path: Path) -> None:
    assert clock.doubt(tmp_path, NOW) is None
    note(tmp_path, NOW - timedelta(days=3), NOW, NOW - timedelta(days=2))
    assert clock.doubt(tmp_path, NOW - timedelta(hours=23)) is None
    assert clock.doubt(tmp_path, NOW + timedelta(days=400)) is None  # who can tell
    said = clock.doubt(tmp_path, NOW - timedelta(hours=25))
    assert said == f"the clock says 2026-11-19, the archive's newest line is of 2026-11-20: {WRONG}"
    said = clock.doubt(tmp_path, datetime(1970, 1, 1, 1, tzinfo=UTC))
    assert said == f"the clock says 1970-01-01, the archive's newest line is of 2026-11-20: {WRONG}"


def test_a_clock_before_there_was_a_clipper_is_told(tmp_path: Path) -> None:
    assert clock.doubt(tmp_path, datetime(2019, 12, 31, tzinfo=UTC)) == f"the clock says 2019-12-31: {WRONG}"
    note(tmp_path, datetime(1970, 1, 1, tzinfo=UTC))
    assert clock.doubt(tmp_path, datetime(1970, 1, 2, tzinfo=UTC)) == f"the clock says 1970-01-02: {WRONG}"
    assert clock.doubt(tmp_path, NOW) is None


def test_one_run_with_a_clock_that_was_ahead_is_not_told_of_for_long(tmp_path: Path) -> None:
    note(tmp_path, NOW + timedelta(days=365), NOW)
    assert "is of 2027-11-20" in (clock.doubt(tmp_path, NOW) or "")
    note(tmp_path, *[NOW] * 19)
    assert clock.doubt(tmp_path, NOW) is None


def test_without_runs_the_newest_month_tells(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    for name in ("2026-11.jsonl", "2026-10.jsonl", "2027-01 (1).jsonl"):
        (tmp_path / "articles" / name).touch()
    assert clock.doubt(tmp_path, NOW) is None
    assert "is of 2026-11-01" in (clock.doubt(tmp_path, NOW - timedelta(days=40)) or "")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"{}\n[]\n\xff\n", b'{"ended": "soon"}\n{"ended": 7}\n', b"[" * 90_000]
)
def test_runs_that_tell_nothing_are_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "runs.jsonl").write_bytes(content)
    assert clock.doubt(tmp_path, NOW) is None


def test_what_is_no_file_of_runs_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "runs.jsonl")
    assert clock.doubt(tmp_path, NOW) is None


def test_a_long_record_of_runs_is_not_read_whole(tmp_path: Path) -> None:
    note(tmp_path, NOW + timedelta(days=365))
    lost = [{"target": "https://h.example/" + "x" * 1000, "cause": "gone", "status": "failed"}] * 100
    note(tmp_path, NOW, NOW, not_archived=lost)
    note(tmp_path, NOW)
    assert clock.doubt(tmp_path, NOW) is None


# -- what sticks ----------------------------------------------------------------------------------------------------

PRESENT = datetime.now(UTC)
AHEAD = PRESENT + timedelta(days=365)
URL = "https://h.example/1"


def line(revision: int, fetched: datetime) -> str:
    made = Article(
        id="a1", revision=revision, title="One", url=URL, source="echo", fetched=stamp(fetched), text=str(revision)
    )
    return to_line(made.to_json()) + "\n"


def checked(archive: Path, cache: str) -> str:
    with closing(Catalogue(archive, archive / cache, lambda said: pytest.fail(said))) as catalogue:
        catalogue.catch_up()
        return catalogue.checked("a1")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_when_a_page_was_asked_for_does_not_depend_on_the_order_of_lines(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    """A run whose clock was ahead, another whose clock was right, and one before both."""
    moments = [PRESENT - timedelta(days=9), AHEAD, PRESENT - timedelta(days=2)]
    (tmp_path / "articles").mkdir()
    for number in order:
        (tmp_path / "articles" / f"2026-0{number + 1}.jsonl").write_text(line(number + 1, moments[number]))
        checked(tmp_path, "step by step")
    assert checked(tmp_path, "step by step") == checked(tmp_path, "at once") == stamp(moments[2])


def test_an_article_that_a_clock_ahead_wrote_of_is_asked_for_once_and_then_left(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "2026-01.jsonl").write_text(line(1, AHEAD))
    entry = Entry(url=URL, facts=Facts(title="One"), updated=stamp(PRESENT - timedelta(days=1)))
    with closing(Catalogue(tmp_path, tmp_path / "cache", print)) as catalogue:
        catalogue.catch_up()
        assert catalogue.checked("a1") == stamp(AHEAD)
        assert Agenda(catalogue, PRESENT).decide("echo", entry) == Ask(again="a1")
        assert [one.id for one in catalogue.last_checked("echo", stamp(PRESENT - timedelta(days=7)))] == ["a1"]
        note(tmp_path, PRESENT, unchanged=["a1"])
        catalogue.catch_up()
        assert catalogue.checked("a1") == stamp(PRESENT)
        assert Agenda(catalogue, PRESENT).decide("echo", entry) == Leave("a1")
        assert catalogue.last_checked("echo", stamp(PRESENT - timedelta(days=7))) == []


def test_a_page_waits_for_nothing_that_a_clock_ahead_put_off(tmp_path: Path) -> None:
    source = Source(name="echo", url="https://h.example/feed")
    for until, conditions in ((PRESENT + timedelta(days=2), True), (AHEAD, False)):
        memory = Memory(tmp_path, PRESENT)
        memory.answered(source, source.url, source.url, {"etag": '"1"'}, b"", until)
        memory.save()
        known = Memory(tmp_path, PRESENT).get(source, source.url)
        assert known is not None
        assert bool(known.conditions()) == conditions
