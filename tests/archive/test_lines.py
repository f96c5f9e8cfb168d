from __future__ import annotations

from pathlib import Path

import pytest

from clipper.archive import lines
from clipper.archive.catalogue import Place
from clipper.archive.lines import Lines
from clipper.errors import CannotWork


def test_lines_of_many_files_are_read_by_their_places(tmp_path: Path) -> None:
    for n in range(lines._MOST_OPEN + 5):
        (tmp_path / f"{n}.jsonl").write_bytes(b"first\nsecond %d\n" % n)
    reading = Lines(tmp_path)
    for _ in range(2):
        for n in range(lines._MOST_OPEN + 5):
            second = b"second %d" % n
            assert reading.read(Place(f"{n}.jsonl", 6, len(second))) == second
            assert reading.read(Place(f"{n}.jsonl", 0, 5)) == b"first"


def test_what_was_appended_since_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\n")
    reading = Lines(tmp_path)
    assert reading.read(Place("a.jsonl", 0, 3)) == b"one"
    with path.open("ab") as file:
        file.write(b"two\n")
    assert reading.read(Place("a.jsonl", 4, 3)) == b"two"
    assert reading.read(Place("a.jsonl", 8, 3)) == b""


def test_a_file_that_cannot_be_read_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    reading = Lines(tmp_path)
    for name, why in [("none.jsonl", "No such file or directory"), ("folder", "Is a directory")]:
        with pytest.raises(CannotWork) as error:
            reading.read(Place(name, 0, 3))
        assert str(error.value) == f"{tmp_path / name}: cannot be read ({why})"


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted as Linux lists them")
def test_no_file_stays_open_and_not_too_many_are(tmp_path: Path) -> None:
    def ours() -> int:
        return sum(path.resolve().is_relative_to(tmp_path.resolve()) for path in Path("/proc/self/fd").iterdir())

    for n in range(100):
        (tmp_path / f"{n}.jsonl").write_bytes(b"x\n")
    reading = Lines(tmp_path)
    for n in range(100):
        reading.read(Place(f"{n}.jsonl", 0, 1))
    assert 0 < ours() <= lines._MOST_OPEN
    reading.close()
    assert ours() == 0
    reading.read(Place("0.jsonl", 0, 1))
    assert ours() == 1
    del reading
    assert ours() == 0
