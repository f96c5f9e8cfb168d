"""Two locks: one for a fetch, one for a batch that is written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from clipper.archive import locks
from clipper.errors import CannotWork, Locked

HOLD = """
import sys, time
from pathlib import Path
from clipper.archive import locks
with locks.fetching(Path(sys.argv[1])), locks.writing(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(archive: Path) -> subprocess.Popen[bytes]:
    """Start a process that holds both locks until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(archive)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_what_another_process_holds_is_told_and_free_once_it_is_killed(tmp_path: Path) -> None:
    process = holder(tmp_path)
    try:
        with pytest.raises(Locked, match="another fetch is running") as caught, locks.fetching(tmp_path):
            pass
        assert caught.value.exit_code == 75
        assert str(caught.value).startswith(f"{tmp_path}: ")
        with pytest.raises(Locked, match="try again later") as caught, locks.writing(tmp_path, wait=0.1):
            pass
        assert caught.value.exit_code == 75
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    with locks.fetching(tmp_path), locks.writing(tmp_path, wait=0.1):
        pass


def test_a_writer_waits_for_the_one_before_it(tmp_path: Path) -> None:
    order: list[str] = []
    begun = threading.Event()

    def second() -> None:
        begun.set()
        with locks.writing(tmp_path):
            order.append("second")

    thread = threading.Thread(target=second)
    with locks.writing(tmp_path):
        thread.start()
        assert begun.wait(10)
        thread.join(0.2)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_fetch_does_not_keep_others_from_writing(tmp_path: Path) -> None:
    with locks.fetching(tmp_path), locks.writing(tmp_path, wait=0), pytest.raises(Locked), locks.fetching(tmp_path):
        pass


def test_a_lock_is_given_back_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), locks.writing(tmp_path, wait=0), locks.fetching(tmp_path):
            raise KeyError


def test_a_lock_that_cannot_be_taken_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(CannotWork, match="lock cannot be taken") as caught, locks.writing(tmp_path / "file"):
        pass
    assert str(caught.value).startswith(str(tmp_path / "file" / ".write.lock"))
