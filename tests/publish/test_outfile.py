"""A file that was asked for is whole, or what it was before."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from clipper import modes
from clipper.errors import CannotWork, UsageError
from clipper.publish.outfile import whole_file

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes and pipes of POSIX")


def _write(path: Path, content: bytes, archive: Path = Path("/nowhere/archive")) -> None:
    with whole_file(path, archive) as file:
        file.write(content)


def test_a_file_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    _write(path, b"one")
    assert path.read_bytes() == b"one"
    with pytest.raises(RuntimeError), whole_file(path, tmp_path / "archive") as file:
        file.write(b"half")
        assert path.read_bytes() == b"one"
        raise RuntimeError
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_the_user_s_modes_hold_although_the_archive_is_private(tmp_path: Path) -> None:
    path, other = tmp_path / "new", tmp_path / "old"
    other.write_bytes(b"before")
    other.chmod(0o640)
    before = os.umask(0o022)
    try:
        with modes.private():
            _write(path, b"x")
            _write(other, b"y")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644
    assert other.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"before")
    (tmp_path / "link").symlink_to("real")
    _write(tmp_path / "link", b"after")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"after"


def test_nothing_is_written_into_the_archive_or_over_a_folder(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    (archive / "articles").mkdir(parents=True)
    (tmp_path / "way").symlink_to(archive)
    for path in (archive / "labels.jsonl", archive / "articles" / "x.csv", tmp_path / "way" / "x.csv"):
        with pytest.raises(UsageError, match="within the archive"):
            _write(path, b"x", archive)
    with pytest.raises(UsageError, match="a folder"):
        _write(tmp_path, b"x", archive)
    assert list(archive.iterdir()) == [archive / "articles"]


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotWork, match=r"missing/out: cannot be written \(No such file"):
        _write(tmp_path / "missing" / "out", b"x")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_told() -> None:
    with pytest.raises(CannotWork, match="No space left"):
        _write(Path("/dev/full"), b"x" * 100_000)


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    _write(pipe, b"through")
    reader.join(10)
    assert found == [b"through"] and not pipe.is_file()
