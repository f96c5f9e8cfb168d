"""What makes bytes and names last."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from clipper.archive import durable


def test_folders_are_made_with_those_above_them(tmp_path: Path) -> None:
    durable.make_folder(tmp_path / "a" / "b" / "c")
    durable.make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_file_where_a_folder_should_be_is_told_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError) as caught:
        durable.make_folder(tmp_path / "file" / "sub")
    assert caught.value.errno == errno.ENOTDIR


def test_a_folder_that_is_gone_cannot_be_synced(tmp_path: Path) -> None:
    durable.sync_folder(tmp_path)
    with pytest.raises(FileNotFoundError):
        durable.sync_folder(tmp_path / "gone")


def test_only_a_regular_file_is_opened(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        durable.open_regular(tmp_path, os.O_RDONLY)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no regular file"):
        durable.open_regular(tmp_path / "pipe", os.O_RDONLY)
    descriptor = durable.open_regular(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    os.write(descriptor, b"x")
    durable.sync(descriptor)
    os.close(descriptor)
    assert (tmp_path / "file").read_bytes() == b"x"
