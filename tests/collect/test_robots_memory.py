"""robots.txt between two runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.robots_memory import LONGEST, SHORTEST, RobotsMemory
from clipper.errors import Refused

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ORIGIN = "https://fenwickecho.example"
RULES = b"User-agent: *\nDisallow: /private\nCrawl-delay: 7\n"


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def stored(folder: Path) -> Path:
    [path] = (folder / "robots").iterdir()
    return path


def test_an_answer_is_good_for_a_day(tmp_path: Path) -> None:
    RobotsMemory(tmp_path).put(ORIGIN, 200, {}, RULES, NOON)
    rules = RobotsMemory(tmp_path).get(ORIGIN, later(LONGEST - 1))
    assert rules is not None
    assert rules.delay == 7
    rules.check(f"{ORIGIN}/beds")
    with pytest.raises(Refused):
        rules.check(f"{ORIGIN}/private/a")
    assert RobotsMemory(tmp_path).get(ORIGIN, later(LONGEST)) is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("max-age=600", 600), ("public, Max-Age = 900", 900), ("max-age=0", SHORTEST), ("max-age=1", SHORTEST),
        ("max-age=999999999", LONGEST), ("max-age=99999999999999999999", LONGEST), ("max-age=-5", LONGEST),
        ("s-maxage=5", LONGEST), ("no-store", LONGEST), ("", LONGEST),
    ],
)  # fmt: skip
def test_cache_control_shortens_the_day_within_reason(tmp_path: Path, said: str, seconds: int) -> None:
    memory = RobotsMemory(tmp_path)
    memory.put(ORIGIN, 200, {"cache-control": said}, RULES, NOON)
    assert memory.get(ORIGIN, later(seconds - 1)) is not None
    assert memory.get(ORIGIN, later(seconds)) is None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_answer_of_a_host_in_trouble_is_not_kept(tmp_path: Path, status: int) -> None:
    RobotsMemory(tmp_path).put(ORIGIN, status, {}, b"busy", NOON)
    assert RobotsMemory(tmp_path).get(ORIGIN, NOON) is None


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_host_without_rules_is_known_to_have_none(tmp_path: Path, status: int) -> None:
    RobotsMemory(tmp_path).put(ORIGIN, status, {}, b"User-agent: *\nDisallow: /", NOON)
    rules = RobotsMemory(tmp_path).get(ORIGIN, NOON)
    assert rules is not None
    rules.check(f"{ORIGIN}/private/a")


def test_hosts_are_told_apart_by_scheme_name_and_port(tmp_path: Path) -> None:
    memory = RobotsMemory(tmp_path)
    memory.put(ORIGIN, 200, {}, RULES, NOON)
    for other in ("http://fenwickecho.example", f"{ORIGIN}:8443", "https://www.fenwickecho.example", ""):
        assert memory.get(other, NOON) is None


def test_a_file_under_another_hosts_name_is_not_believed(tmp_path: Path) -> None:
    memory = RobotsMemory(tmp_path)
    memory.put(ORIGIN, 200, {}, RULES, NOON)
    content = stored(tmp_path).read_bytes()
    stored(tmp_path).unlink()
    memory.put("https://other.example", 404, {}, b"", NOON)
    stored(tmp_path).write_bytes(content)
    assert memory.get("https://other.example", NOON) is None


@pytest.mark.parametrize(
    "change",
    [
        {"until": "2099-01-01T00:00:00+00:00"}, {"until": "2026-01-05T18:00:00"}, {"until": "soon"}, {"until": 5},
        {"until": None}, {"status": "none"}, {"status": None}, {"status": float("inf")}, {"status": float("nan")},
        {"origin": 5}, {"body": "\ud800"},
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_stored_wrongly_costs_a_request(tmp_path: Path, change: dict[str, Any]) -> None:
    memory = RobotsMemory(tmp_path)
    memory.put(ORIGIN, 200, {}, RULES, NOON)
    stored(tmp_path).write_text(json.dumps({**json.loads(stored(tmp_path).read_text()), **change}))
    assert memory.get(ORIGIN, NOON) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"null", b"\xff", b"[" * 100_000])
def test_a_damaged_file_costs_a_request(tmp_path: Path, content: bytes) -> None:
    memory = RobotsMemory(tmp_path)
    memory.put(ORIGIN, 200, {}, RULES, NOON)
    stored(tmp_path).write_bytes(content)
    assert memory.get(ORIGIN, NOON) is None
    memory.put(ORIGIN, 200, {}, RULES, NOON)
    assert memory.get(ORIGIN, NOON) is not None


def test_a_memory_without_a_folder_forgets() -> None:
    memory = RobotsMemory(None)
    memory.put(ORIGIN, 200, {}, RULES, NOON)
    assert memory.get(ORIGIN, NOON) is None


def test_a_folder_that_cannot_be_written_costs_a_request(tmp_path: Path) -> None:
    (tmp_path / "robots").write_text("no folder")
    memory = RobotsMemory(tmp_path)
    memory.put(ORIGIN, 200, {}, RULES, NOON)
    assert memory.get(ORIGIN, NOON) is None


@settings(max_examples=25, deadline=None)
@given(origin=st.text(max_size=40), body=st.binary(max_size=200), status=st.integers(200, 499), said=st.text())
def test_any_host_and_any_answer_can_be_kept(origin: str, body: bytes, status: int, said: str) -> None:
    with TemporaryDirectory() as folder:  # one for each: an answer that asks for patience leaves the last one standing
        memory = RobotsMemory(Path(folder))
        memory.put(origin, status, {"cache-control": said}, body, NOON)
        assert (memory.get(origin, NOON) is None) == (status == 429)


def test_a_giant_answer_is_kept_as_far_as_it_is_read(tmp_path: Path) -> None:
    RobotsMemory(tmp_path).put(ORIGIN, 200, {}, RULES + b"# much ado\n" * (1 << 18), NOON)
    assert stored(tmp_path).stat().st_size < 1 << 20
    assert RobotsMemory(tmp_path).get(ORIGIN, NOON) is not None
