from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.archive.searches import FILE, Saved, saved_searches
from clipper.archive.store import Archive

AT = "2026-01-01T00:00:00Z"


def test_an_archive_has_no_saved_searches_at_first(archive: Archive) -> None:
    assert saved_searches(archive.path) == {}


def test_the_last_search_of_a_name_holds(archive: Archive) -> None:
    archive.save_search(Saved("weekly", "ward", AT))
    archive.save_search(Saved("daily", '"the trust" OR £3bn', AT))
    archive.save_search(Saved("weekly", "nurse", AT))
    assert saved_searches(archive.path) == {
        "daily": Saved("daily", '"the trust" OR £3bn', AT),
        "weekly": Saved("weekly", "nurse", AT),
    }
    assert list(saved_searches(archive.path)) == ["daily", "weekly"]
    assert len((archive.path / FILE).read_text("utf-8").splitlines()) == 3


def test_a_search_is_taken_back_and_may_come_again(archive: Archive) -> None:
    archive.save_search(Saved("weekly", "ward", AT))
    archive.unsave_search("weekly")
    archive.unsave_search("never")
    assert saved_searches(archive.path) == {}
    archive.save_search(Saved("weekly", "nurse", AT))
    assert saved_searches(archive.path) == {"weekly": Saved("weekly", "nurse", AT)}


def test_a_torn_line_is_set_aside(archive: Archive) -> None:
    told: list[str] = []
    writing = Archive(archive.path, told.append)
    writing.save_search(Saved("weekly", "ward", AT))
    path = archive.path / FILE
    with path.open("a", encoding="utf-8") as file:
        file.write('{"name": "torn", "que')
    assert list(saved_searches(archive.path)) == ["weekly"]
    writing.save_search(Saved("daily", "nurse", AT))
    assert list(saved_searches(archive.path)) == ["daily", "weekly"]
    assert len(told) == 1 and told[0].startswith(f"{path}: ended in a torn line")
    assert all(json.loads(line) for line in path.read_text("utf-8").splitlines())
    writing.catalogue.close()


_json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=4) | st.just("weekly"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@given(st.lists(_json | st.fixed_dictionaries({"name": _json, "query": _json, "at": _json}), max_size=4))
def test_lines_that_are_no_searches_are_passed_over(tmp_path_factory: pytest.TempPathFactory, lines: list[Any]) -> None:
    folder = tmp_path_factory.getbasetemp()
    good = json.dumps({"name": "good", "query": "ward"})
    text = "".join(f"{json.dumps(line)}\n" for line in lines) + f"{good}\n"
    (folder / FILE).write_text(text + "#\n" + "[" * 5000 + "\n", "utf-8")
    found = saved_searches(folder)
    assert found["good"] == Saved("good", "ward", "")
    assert all(isinstance(value, str) for saved in found.values() for value in saved)


def test_a_file_that_is_no_text_holds_no_searches(archive: Archive) -> None:
    (archive.path / FILE).write_bytes(b'\xff\xfe\x00\n{"name": "a", "query": "b"}\n\x00\n')
    assert saved_searches(archive.path) == {"a": Saved("a", "b", "")}


def test_no_archive_has_no_searches(tmp_path: Path) -> None:
    assert saved_searches(tmp_path / "nowhere") == {}
