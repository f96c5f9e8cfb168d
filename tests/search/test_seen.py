from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.search.seen import forget, remember, seen


@given(st.sets(st.integers(0, 2**64 - 1), max_size=20))
def test_what_is_remembered_is_known(tmp_path_factory: pytest.TempPathFactory, numbers: set[int]) -> None:
    cache = tmp_path_factory.getbasetemp()
    remember(cache, "weekly", numbers)
    assert seen(cache, "weekly") == numbers


def test_what_never_ran_has_shown_nothing(tmp_path: Path) -> None:
    assert seen(tmp_path, "weekly") is None
    assert list(tmp_path.iterdir()) == []
    forget(tmp_path, "weekly")


def test_a_search_that_found_nothing_did_run(tmp_path: Path) -> None:
    remember(tmp_path, "weekly", set())
    assert seen(tmp_path, "weekly") == set()


def test_each_search_has_its_own_memory(tmp_path: Path) -> None:
    remember(tmp_path, "one", {1})
    remember(tmp_path, "two", {2})
    remember(tmp_path, "one", {1, 3})
    assert (seen(tmp_path, "one"), seen(tmp_path, "two")) == ({1, 3}, {2})
    forget(tmp_path, "one")
    assert (seen(tmp_path, "one"), seen(tmp_path, "two")) == (None, {2})


@pytest.mark.parametrize("name", ["../../out", "/etc/passwd", "a/b", "..", "", "x" * 5000, "\ud800", "ward\n", "Ω"])
def test_no_name_leads_out_of_the_cache(tmp_path: Path, name: str) -> None:
    cache = tmp_path / "archive" / "cache"
    remember(cache, name, {7})
    assert seen(cache, name) == {7}
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {cache / "seen"}


@pytest.mark.parametrize("data", [b"", b"clipper seen 2\n" + b"x" * 8, b"clipper seen 1\n1234567", b"\x00" * 100])
def test_a_memory_that_is_damaged_is_none(tmp_path: Path, data: bytes) -> None:
    remember(tmp_path, "weekly", {1, 2})
    (path,) = (tmp_path / "seen").iterdir()
    path.write_bytes(data)
    assert seen(tmp_path, "weekly") is None
    remember(tmp_path, "weekly", {3})
    assert seen(tmp_path, "weekly") == {3}


def test_a_memory_that_is_a_folder_is_none(tmp_path: Path) -> None:
    remember(tmp_path, "weekly", {1})
    (path,) = (tmp_path / "seen").iterdir()
    path.unlink()
    path.mkdir()
    assert seen(tmp_path, "weekly") is None
    forget(tmp_path, "weekly")
    with pytest.raises(OSError, match="directory"):
        remember(tmp_path, "weekly", {3})
    assert [one.name for one in (tmp_path / "seen").iterdir()] == [path.name]


def test_a_memory_that_cannot_be_written_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(tmp_path, "weekly", {1})

    def full(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        remember(tmp_path, "weekly", {1, 2})
    assert seen(tmp_path, "weekly") == {1}
    assert len(list((tmp_path / "seen").iterdir())) == 1
