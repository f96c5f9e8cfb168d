"""When a source is asked again, and what is remembered for that."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.schedule import (
    LEAST,
    LONGEST,
    State,
    States,
    is_due,
    max_age,
    newer,
    next_check,
    per_week,
    read_runs,
    recorded,
)
from clipper.models import Run, SourceReport, to_line

NOW = datetime(2015, 3, 2, 12, 0, tzinfo=UTC)
HOUR = 3600.0
MINUTE = 60.0


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def waits(weekly: float | None = None, **state: Any) -> float:
    """Return for how many seconds after a check a source is left alone."""
    return (next_check(State(last_tried=stamp(NOW), **state), weekly, NOW) - NOW).total_seconds()


def test_a_source_that_was_never_asked_is_due() -> None:
    assert next_check(State(), None, NOW) == NOW
    assert is_due(State(), None, NOW)


@pytest.mark.parametrize(
    ("state", "weekly", "seconds"),
    [
        ({}, None, 5 * MINUTE),
        ({"ttl": 60.0}, None, 5 * MINUTE),
        ({"ttl": HOUR}, None, 54 * MINUTE),
        ({"max_age": HOUR}, 100.0, 54 * MINUTE),
        ({"ttl": HOUR, "max_age": 2 * HOUR}, None, 108 * MINUTE),
        ({"ttl": 2 * HOUR, "max_age": HOUR}, None, 108 * MINUTE),
        ({"ttl": 30 * 24 * HOUR}, None, 0.9 * 24 * HOUR),
        # quiet: a tenth of the mean gap between articles, from the fifth check in a row on that brought nothing
        ({"unchanged_in_row": 4}, 1.0, 5 * MINUTE),
        ({"unchanged_in_row": 5}, 7.0, 0.9 * 2.4 * HOUR),
        ({"unchanged_in_row": 5}, 70.0, 0.9 * 0.24 * HOUR),
        ({"unchanged_in_row": 5}, 0.5, 0.9 * 12 * HOUR),
        ({"unchanged_in_row": 5}, 0.0, 0.9 * 12 * HOUR),
        ({"unchanged_in_row": 5}, None, 5 * MINUTE),
        ({"unchanged_in_row": 5, "ttl": 24 * HOUR}, 7.0, 0.9 * 24 * HOUR),
        # failing: 15 minutes, then 1, 2, 4, … hours, a day at most; what the server said before counts no more
        ({"failures_in_row": 1}, None, 0.9 * 15 * MINUTE),
        ({"failures_in_row": 1, "ttl": 24 * HOUR, "unchanged_in_row": 9}, 0.0, 0.9 * 15 * MINUTE),
        ({"failures_in_row": 2}, None, 0.9 * HOUR),
        ({"failures_in_row": 3}, None, 0.9 * 2 * HOUR),
        ({"failures_in_row": 4}, None, 0.9 * 4 * HOUR),
        ({"failures_in_row": 6}, None, 0.9 * 16 * HOUR),
        ({"failures_in_row": 7}, None, 0.9 * 24 * HOUR),
        ({"failures_in_row": 10**9}, None, 0.9 * 24 * HOUR),
    ],
)
def test_how_long_a_source_is_left_alone(state: dict[str, Any], weekly: float | None, seconds: float) -> None:
    assert waits(weekly, **state) == pytest.approx(seconds)


def test_an_hourly_cron_and_a_feed_that_asks_for_an_hour_meet() -> None:
    state = State(last_tried=stamp(NOW + timedelta(seconds=40)), ttl=HOUR)  # the last run took a while
    assert is_due(state, None, NOW + timedelta(hours=1))
    assert not is_due(state, None, NOW + timedelta(minutes=50))


@pytest.mark.parametrize("failures", [0, 1, 9])
def test_a_run_with_a_clock_that_was_ahead_puts_nothing_off(failures: int) -> None:
    state = State(last_tried="2099-01-01T00:00:00Z", ttl=HOUR, failures_in_row=failures)
    assert next_check(state, None, NOW) == NOW
    assert is_due(state, None, NOW)


def test_a_clock_that_was_set_right_by_a_minute_changes_little() -> None:
    state = State(last_tried=stamp(NOW + timedelta(minutes=1)), ttl=HOUR)
    assert next_check(state, None, NOW) == NOW + timedelta(minutes=54)


SECONDS = st.none() | st.floats(min_value=1, max_value=LONGEST)


@given(SECONDS, SECONDS, st.integers(0, 10**9), st.integers(0, 10**9), st.none() | st.floats(0, 1e6))
def test_no_source_is_asked_all_the_time_nor_given_up(
    ttl: float | None, age: float | None, failures: int, unchanged: int, weekly: float | None
) -> None:
    seconds = waits(weekly, ttl=ttl, max_age=age, failures_in_row=failures, unchanged_in_row=unchanged)
    assert LEAST <= seconds <= LONGEST


@pytest.mark.parametrize(
    ("control", "age", "seconds"),
    [
        ("max-age=600", "", 600),
        ('public, MAX-AGE = "600", must-revalidate', "", 600),
        ("s-maxage=900, max-age=60", "", 60),
        ("s-maxage=900", "", None),
        ("max-age=600", "100", 500),
        ("max-age=600", "601", None),
        ("max-age=600", "soon", 600),
        ("max-age=600, no-cache", "", None),
        ("no-store, max-age=600", "", None),
        ("max-age=0", "", None),
        ("max-age=-5", "", None),
        ("", "", None),
    ],
)
def test_an_answer_is_fresh_for_as_long_as_its_headers_say(control: str, age: str, seconds: float | None) -> None:
    assert max_age({"cache-control": control, "age": age}) == seconds


# -- what the runs recorded -------------------------------------------------------------------------------


def run(weeks_ago: float, interrupted: bool = False, command: str = "fetch", **report: Any) -> Run:
    at = stamp(NOW - timedelta(weeks=weeks_ago))
    sources = [SourceReport(source="echo", **report).to_json(), SourceReport(source="other", added=99).to_json()]
    return Run(command=command, started=at, ended=at, version="1", sources=sources, interrupted=interrupted)


def test_articles_a_week_are_those_of_the_last_eight_weeks() -> None:
    runs = [run(30, added=500), run(9, added=70), run(7, added=10), run(3, added=6), run(0, added=0)]
    assert per_week(runs, "echo", NOW) == 2.0


def test_what_the_first_run_brought_is_a_backlog_and_no_pace() -> None:
    assert per_week([run(2, added=50), run(1, added=3), run(0, added=1)], "echo", NOW) == 2.0
    assert per_week([run(2, error="https://x: it failed"), run(1, added=50)], "echo", NOW) == 0.0
    assert per_week([run(0.1, added=50)], "echo", NOW) is None
    assert per_week([run(2, added=50)], "nobody", NOW) is None
    assert per_week([run(2, command="add", added=50)], "echo", NOW) is None


def test_the_runs_tell_how_a_source_fared() -> None:
    runs = [
        run(4, added=3),
        run(3, error="https://echo.example/feed: the server answered 503: try later"),
        run(2, unchanged=True),
        run(1, seen=4),
        run(0.5, interrupted=True),
    ]
    state = recorded(runs, "echo")
    assert state == State(
        last_tried=stamp(NOW - timedelta(weeks=1)), last_success=stamp(NOW - timedelta(weeks=1)),
        last_error=stamp(NOW - timedelta(weeks=3)), cause="the server answered 503: try later", unchanged_in_row=2,
    )  # fmt: skip
    failing = recorded([*runs, run(0.2, error="https://x: gone"), run(0.1, error="https://x: gone")], "echo")
    assert (failing.failures_in_row, failing.cause, failing.last_success) == (2, "gone", state.last_success)
    assert recorded(runs, "nobody") == State()


def test_lines_that_are_no_runs_are_passed_over(tmp_path: Path) -> None:
    lines = ["{", "[]", "null", '{"command": 5}', '{"schema": 99}', to_line(run(1, added=3).to_json()), "\xff"]
    (tmp_path / "runs.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    assert [one.command for one in read_runs(tmp_path)] == ["fetch"]
    assert list(read_runs(tmp_path / "nowhere")) == []


# -- what is remembered -----------------------------------------------------------------------------------


def test_what_is_remembered_is_there_the_next_time(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    states = States(cache)
    states.succeeded("echo", NOW - timedelta(hours=3), 600.0, 1e9, unchanged=True)
    states.succeeded("echo", NOW - timedelta(hours=2), None, None, unchanged=True)
    states.failed("echo", NOW - timedelta(hours=1), "the host\n was\x1b[2J not found")
    states.failed("echo", NOW, "the host was not found")
    states.succeeded("post", NOW, 600.0, float("nan"), unchanged=False)
    states.save()
    again = States(cache)
    assert again.get("echo") == states.get("echo") == State(
        last_tried=stamp(NOW), last_success=stamp(NOW - timedelta(hours=2)), last_error=stamp(NOW),
        cause="the host was not found", failures_in_row=2, unchanged_in_row=2,
    )  # fmt: skip
    assert (again.get("post").ttl, again.get("post").max_age) == (600.0, None)
    assert again.get("nobody") == State()
    assert [p.name for p in cache.iterdir()] == ["sources.json"]
    again.succeeded("echo", NOW, None, None, unchanged=False)
    assert (again.get("echo").failures_in_row, again.get("echo").unchanged_in_row) == (0, 0)
    assert again.get("echo").cause == "the host was not found"  # and when, stays to be told


def test_a_cause_is_one_short_line(tmp_path: Path) -> None:
    states = States(tmp_path)
    states.failed("echo", NOW, "a\nb\x1b[2J" + "c " * 900)
    cause = states.get("echo").cause or ""
    assert cause.startswith("a b[2J")
    assert len(cause) <= 300


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b"5", b'{"echo": 5}', b'{"echo": {}}', b"[" * 100_000])
def test_a_broken_cache_is_an_empty_one(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "sources.json").write_bytes(raw)
    assert States(tmp_path).get("echo") == State()


@pytest.mark.parametrize(
    "wrong",
    [
        {"ttl": 1e12}, {"ttl": -5}, {"ttl": "60"}, {"ttl": True}, {"max_age": float("inf")}, {"failures_in_row": -1},
        {"failures_in_row": 10**30}, {"unchanged_in_row": 1.5}, {"last_tried": "2015-13-45T00:00:00Z"},
        {"last_tried": "yesterday"}, {"last_success": 5}, {"cause": 5}, {"more": 1},
    ],
)  # fmt: skip
def test_a_value_that_could_not_be_ours_is_not_believed(tmp_path: Path, wrong: dict[str, Any]) -> None:
    states = States(tmp_path)
    states.succeeded("echo", NOW, 600.0)
    states.succeeded("post", NOW, 600.0)
    states.save()
    stored = json.loads((tmp_path / "sources.json").read_text())
    stored["echo"].update(wrong)
    (tmp_path / "sources.json").write_text(json.dumps(stored))
    again = States(tmp_path)
    assert (again.get("echo"), again.get("post").ttl) == (State(), 600.0)


def test_a_cache_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    states = States(tmp_path / "file")
    states.failed("echo", NOW, "gone")
    states.save()
    assert states.get("echo").failures_in_row == 1


def test_the_later_check_is_believed() -> None:
    early, late = State(last_tried="2015-01-01T00:00:00Z"), State(last_tried="2015-01-02T00:00:00Z")
    assert newer(early, late) is late
    assert newer(late, early) is late
    assert newer(late, State()) is late


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(State.__annotations__)), inner),
    max_leaves=20,
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.just("echo"), JSON))
def test_whatever_lies_in_the_cache_a_source_is_asked_within_a_day(
    tmp_path_factory: pytest.TempPathFactory, stored: dict[str, Any]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "sources.json").write_text(json.dumps(stored))
    state = States(folder).get("echo")
    assert next_check(state, 0.0, NOW) <= NOW + timedelta(days=1)
