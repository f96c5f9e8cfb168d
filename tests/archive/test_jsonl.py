"""Files of JSON lines: appended whole or not at all, read without half lines."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.archive import jsonl
from clipper.errors import CannotWork

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
LINES = st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\n", b"")), max_size=8)


def test_lines_are_appended_in_order_and_read_with_their_places(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.jsonl"
    jsonl.append(path, ['{"a": 1}', '{"b": "é"}'])
    jsonl.append(path, [])
    jsonl.append(path, ["{}"])
    assert path.read_bytes() == '{"a": 1}\n{"b": "é"}\n{}\n'.encode()
    assert list(jsonl.read(path)) == [(0, b'{"a": 1}'), (9, '{"b": "é"}'.encode()), (21, b"{}")]


def test_an_append_of_nothing_makes_no_file(tmp_path: Path) -> None:
    jsonl.append(tmp_path / "a.jsonl", [])
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=40, deadline=None)
@given(LINES, st.binary(max_size=20).map(lambda b: b.replace(b"\n", b"")), st.data())
def test_reading_gives_every_whole_line_and_no_half_one(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], torn: bytes, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines) + torn)
    found = list(jsonl.read(path))
    assert [line.data for line in found] == lines
    assert [jsonl.read_at(path, line.offset, len(line.data)) for line in found] == lines
    skip = data.draw(st.integers(0, len(lines)))
    start = sum(len(line) + 1 for line in lines[:skip])
    assert list(jsonl.read(path, start)) == found[skip:]


def test_lines_longer_than_a_block_are_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = ["x" * (1 << 20), "y" * ((1 << 20) - 1), "", "z" * (5 << 19)]
    jsonl.append(path, lines)
    found = list(jsonl.read(path))
    assert [line.data.decode() for line in found] == lines
    assert [line.offset for line in found] == [0, (1 << 20) + 1, (2 << 20) + 1, (2 << 20) + 2]


def test_a_file_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    assert list(jsonl.read(tmp_path / "none.jsonl")) == []


def test_an_append_that_the_disk_cuts_short_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    jsonl.append(path, ["first"])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # no file may grow over 100 bytes: a disk that is full
    try:
        with pytest.raises(CannotWork, match="nothing was added") as caught:
            jsonl.append(path, ["second", "x" * 200])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(caught.value).startswith(f"{path}: ")
    assert path.read_bytes() == b"first\n"
    jsonl.append(path, ["third"])
    assert path.read_bytes() == b"first\nthird\n"


@pytest.mark.parametrize(
    "act",
    [
        lambda path: jsonl.append(path, ["x"]),
        lambda path: list(jsonl.read(path)),
        lambda path: jsonl.read_at(path, 0, 1),
        lambda path: jsonl.set_aside(path, 0, path.parent / "damaged", NOON),
    ],
    ids=["append", "read", "read_at", "set_aside"],
)
def test_what_the_system_denies_is_one_line_with_the_file(tmp_path: Path, act: Callable[[Path], object]) -> None:
    path = tmp_path / "folder.jsonl"
    path.mkdir()
    with pytest.raises(CannotWork) as caught:
        act(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_torn_bytes_are_moved_as_they_are_and_the_lines_before_them_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n{"b": \xff\x00')
    kept = jsonl.set_aside(path, 9, tmp_path / "damaged", NOON)
    assert path.read_bytes() == b'{"a": 1}\n'
    assert kept.read_bytes() == b'{"b": \xff\x00'
    assert kept.parent == tmp_path / "damaged"
    assert kept.name.startswith("a.jsonl.9.")


def test_a_second_torn_line_at_the_same_place_and_second_does_not_replace_the_first(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for torn in (b"one", b"two"):
        path.write_bytes(b"{}\n" + torn)
        jsonl.set_aside(path, 3, tmp_path / "damaged", NOON)
    assert sorted(p.read_bytes() for p in (tmp_path / "damaged").iterdir()) == [b"one", b"two"]


def test_torn_bytes_that_were_kept_before_they_could_be_cut_off_are_not_kept_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for _ in range(2):  # as after a crash between the two steps
        path.write_bytes(b"{}\nhalf")
        kept = jsonl.set_aside(path, 3, tmp_path / "damaged", NOON)
    assert list((tmp_path / "damaged").iterdir()) == [kept]
    assert (path.read_bytes(), kept.read_bytes()) == (b"{}\n", b"half")


def test_a_line_never_begins_in_the_middle_of_what_a_crash_left(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n\0\0\0\0")
    jsonl.append(path, ["new"])
    assert [line.data for line in jsonl.read(path)] == [b"{}", b"\0\0\0\0", b"new"]


@pytest.mark.parametrize(
    "act",
    [
        lambda path: jsonl.append(path, ["x"]),
        lambda path: list(jsonl.read(path)),
        lambda path: jsonl.settle([path], datetime.now(UTC)),
    ],
    ids=["append", "read", "settle"],
)
def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(
    tmp_path: Path, act: Callable[[Path], object]
) -> None:
    path = tmp_path / "a.jsonl"
    os.mkfifo(path)
    with pytest.raises(CannotWork, match="no regular file") as caught:
        act(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_settling_passes_over_what_is_not_there_and_what_is_old(tmp_path: Path) -> None:
    old = tmp_path / "old.jsonl"
    os.mkfifo(old)  # it would be refused if it were looked at
    os.utime(old, (0, 0))
    jsonl.settle([tmp_path / "none.jsonl", old], NOON)
