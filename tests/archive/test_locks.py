"""Two locks: one for a fetch, one for a batch that is written."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from clipper.archive import locks
from clipper.errors import CannotWork, Locked

HOLD = """
import sys, time
from pathlib import Path
from clipper.archive import locks
locks.known_as("clipper fetch")
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


# -- who holds it ---------------------------------------------------------------------------------------------------


def test_who_holds_a_lock_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    process = holder(tmp_path)
    try:
        with pytest.raises(Locked) as caught, locks.fetching(tmp_path):
            pass
        with pytest.raises(Locked) as writing, locks.writing(tmp_path, wait=0):
            pass
    finally:
        process.communicate()
    who = rf"\(held by clipper fetch, process {process.pid} on \S+, since \d\d:\d\d\)"
    assert re.fullmatch(rf"\S+: another fetch is running on this archive {who}; try again later", str(caught.value))
    assert re.search(who, str(writing.value))
    assert [path.name for path in (tmp_path / "cache").iterdir()] == []  # nothing is left once they are given back


def test_a_lock_without_a_cache_beside_it_is_held_by_nobody_in_particular(tmp_path: Path) -> None:
    process = holder(tmp_path)
    try:
        with pytest.raises(Locked, match=r"another fetch is running on this archive; try"), locks.fetching(tmp_path):
            pass
    finally:
        process.communicate()


def held_by_somebody(archive: Path, said: bytes) -> str:
    """Return what is told of a lock that another holds, where ``said`` is noted of it."""
    (archive / "cache").mkdir(exist_ok=True)
    note = archive / "cache" / "fetch.holder"
    if not note.is_symlink():
        note.write_bytes(said)
    with (archive / ".fetch.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Locked) as caught, locks.fetching(archive):
            pass
    return str(caught.value)


def note(**changes: Any) -> bytes:
    since = datetime.now().isoformat()
    said = {"command": "clipper fetch", "process": os.getpid(), "host": os.uname().nodename, "since": since}
    return json.dumps({**said, **changes}).encode()


def test_the_dead_hold_nothing(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    process = holder(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    left = (tmp_path / "cache" / "fetch.holder").read_bytes()
    assert str(process.pid).encode() in left
    assert "held by" not in held_by_somebody(tmp_path, left)
    assert "held by clipper fetch, process" in held_by_somebody(tmp_path, note())


@pytest.mark.parametrize(
    "said",
    [
        b"", b"{", b"[]", b"\xff\xfe", b"[" * 5000, b"x" * 1_000_000, note(process="1"), note(process=-1),
        note(process=True), note(process=1 << 70), note(since="yesterday"), note(since=7), note(command=""),
        note(since="9999-12-31T23:59:59+00:00"), note(since="0001-01-01T00:00:00+00:00"), b'{"command": "clipper"}',
    ],
    ids=lambda _: "note",
)  # fmt: skip
def test_a_note_that_cannot_be_true_is_not_told(tmp_path: Path, said: bytes) -> None:
    assert "held by" not in held_by_somebody(tmp_path, said)


def test_what_stands_in_a_note_cannot_move_the_cursor_or_fill_the_screen(tmp_path: Path) -> None:
    told = held_by_somebody(tmp_path, note(command="\x1b[2Jclipper\n\u202e" + "x" * 300, host="h\x9b31m\r" * 20))
    assert "held by" in told
    assert told.isprintable()
    assert len(told) < len(str(tmp_path)) + 300


def test_a_note_is_not_read_through_a_link(tmp_path: Path) -> None:
    said = note()
    (tmp_path / "other").write_bytes(said)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "fetch.holder").symlink_to(tmp_path / "other")
    assert "held by" not in held_by_somebody(tmp_path, b"")
    with locks.fetching(tmp_path):
        pass
    assert (tmp_path / "other").read_bytes() == said


# -- locks that are none --------------------------------------------------------------------------------------------


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    (path.parent / "elsewhere").write_text("somebody's")
    path.symlink_to("elsewhere")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("put", "said"),
    [
        (folder, "it is a folder; delete it"),
        (pipe, "it is no regular file; delete it"),
        (link, "it is a symbolic link; delete it"),
        (link_to_itself, "it is a symbolic link; delete it"),
    ],
)
def test_what_is_no_file_is_no_lock(tmp_path: Path, put: Callable[[Path], None], said: str) -> None:
    put(tmp_path / ".write.lock")
    with pytest.raises(CannotWork) as caught, locks.writing(tmp_path):
        pass
    assert str(caught.value) == f"{tmp_path / '.write.lock'}: the lock cannot be taken ({said})"
    assert caught.value.exit_code == 6


def test_a_lock_on_a_file_that_was_replaced_is_none(tmp_path: Path) -> None:
    """A program that keeps folders in step puts another file in the place of one; the old one is nobody's then."""
    with (tmp_path / ".write.lock").open("w") as old:
        fcntl.flock(old, fcntl.LOCK_EX)
        waiting = threading.Event()
        got: list[bool] = []

        def wait() -> None:
            waiting.set()
            with locks.writing(tmp_path):
                got.append((tmp_path / ".write.lock").read_text() == "")
                with pytest.raises(Locked), locks.writing(tmp_path, wait=0):
                    pass

        thread = threading.Thread(target=wait)
        thread.start()
        assert waiting.wait(10)
        thread.join(0.1)
        (tmp_path / "new").write_text("")
        (tmp_path / "new").rename(tmp_path / ".write.lock")
    thread.join(10)
    assert got == [True]


FORK = """
import os, sys, time
from pathlib import Path
from clipper.archive import locks
with locks.fetching(Path(sys.argv[1])), locks.writing(Path(sys.argv[1])):
    if not os.fork():
        sys.stdin.read()  # it outlives the parent
        os._exit(0)
    print("held", flush=True)
    os.kill(os.getpid(), 9)
"""


def test_a_child_that_outlives_its_parent_keeps_no_lock(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", FORK, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    process.wait(10)
    try:
        with locks.writing(tmp_path, wait=10):  # the child needs a moment to let go
            pass
        with locks.fetching(tmp_path):
            pass
    finally:
        process.communicate()


@pytest.mark.parametrize("number", ["ENOLCK", "EOPNOTSUPP"])
def test_a_file_system_without_locks_is_told(tmp_path: Path, number: str) -> None:
    inject = ["strace", "-qq", "-e", "trace=flock", "-e", f"inject=flock:error={number}", "-o", "/dev/null"]
    if not shutil.which("strace") or subprocess.run([*inject, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no strace here, or it may not trace")
    code = "import sys; from pathlib import Path; from clipper.archive import locks\n"
    code += "try:\n  with locks.writing(Path(sys.argv[1])): print('held')\nexcept Exception as e: print(e)"
    done = subprocess.run(
        [*inject, sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout == (
        f"{tmp_path / '.write.lock'}: the lock cannot be taken (the file system has no locks; keep the archive on one "
        "that has, such as the machine's own disk)\n"
    )
