"""Crashes and faults under the real command: what was reported is never lost. The long run is ``bench/crash``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clipper.places import user_cache

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(scope="module")
def crash() -> SimpleNamespace:
    """The harness, which lies with the benchmarks."""
    sys.path.insert(0, str(BENCH))
    try:
        from crash import faults, judge, machine, stage, trials
    finally:
        sys.path.remove(str(BENCH))
    return SimpleNamespace(faults=faults, judge=judge, machine=machine, stage=stage, trials=trials)


@pytest.fixture(scope="module")
def bench(
    crash: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory, starter_model: Callable[[], None]
) -> Iterator[Any]:
    """The prepared projects, and the layer of faults."""
    folder = tmp_path_factory.mktemp("crash")
    try:
        library = crash.faults.build(folder)
    except RuntimeError as reason:
        pytest.skip(str(reason))
    starter_model()
    with crash.stage.Stage(folder, user_cache(), library) as stage:
        if not stage.can_trace():
            pytest.skip("processes may not be traced here (ptrace and seccomp)")
        yield crash.trials.Bench(stage)


def command(bench: Any, name: str) -> Any:
    return next(one for one in bench.scenarios if one.name == name)


def test_forty_crashes_and_faults_lose_nothing(bench: Any) -> None:
    tried, wrong = 0, []
    for scenario, fault, at in bench.few(20261103, 40):
        if found := bench.try_one(scenario, fault, at):
            tried += 1
            wrong += [f"{scenario.name}, {fault.name} at {found[1].met.where}: {line}" for line in found[0].lines()]
    assert not wrong, "\n".join(wrong)
    assert tried >= 36  # a command may make a call less than when it was recorded


def test_the_power_may_fail_after_any_call(bench: Any) -> None:
    wrong, reported = [], 0
    for scenario in bench.scenarios:
        recording = bench.recorded(scenario)
        for after in recording.moments(1, 23):
            for cut in recording.cuts(after, seed=1):
                verdict = bench.cut(recording, cut, whole=False)
                reported += verdict.acknowledged
                wrong += [f"{scenario.name}, after {after} calls, {cut.way}: {line}" for line in verdict.lines()]
    assert not wrong, "\n".join(wrong)
    assert reported > 100


@pytest.mark.parametrize("name", ["fetch, the first", "label"])
def test_after_a_power_cut_clipper_carries_on(bench: Any, name: str) -> None:
    recording = bench.recorded(command(bench, name))
    half = next(n for n, one in enumerate(recording.operations) if one.kind == 128)
    for cut in [*recording.cuts(half, seed=2)][::2]:
        verdict = bench.cut(recording, cut)
        assert verdict.sound, [cut.way, *verdict.lines()]


@pytest.mark.parametrize("action", ["KILL_BEFORE", "FAIL"])
def test_what_a_run_left_unsynced_is_on_disk_before_the_next_one_calls_it_archived(
    crash: SimpleNamespace, bench: Any, action: str
) -> None:
    scenario = command(bench, "label")
    for at in bench.recorded(scenario).syncs_of_the_archive():
        plan = {"kinds": crash.faults.SYNC, "at": at, "action": getattr(crash.faults, action), "error": 5}
        recording = bench.record(scenario, plan, {})
        for cut in recording.cuts(recording.ends[1], seed=3):
            verdict = bench.cut(recording, cut, whole=False)
            assert verdict.acknowledged >= 2
            assert verdict.sound, [cut.way, *verdict.lines()]


# -- the harness notices what it is there for ---------------------------------------------------------------


def test_a_disk_that_only_says_that_it_has_synced_is_noticed(crash: SimpleNamespace, bench: Any) -> None:
    scenario = command(bench, "label")
    lie = {"kinds": crash.faults.SYNC, "at": 1, "action": crash.faults.LIE, "lasting": True}
    recording = bench.record(scenario, lie)
    verdicts = {cut.way: bench.cut(recording, cut, whole=False) for cut in recording.cuts(recording.ends[0], seed=1)}
    assert len(verdicts["nothing that was not synced"].lost) == 2
    assert verdicts["everything"].sound


def test_a_write_that_is_only_said_to_be_done_is_noticed(crash: SimpleNamespace, bench: Any) -> None:
    scenario = command(bench, "label")
    writes = [one.path for one in bench.recorded(scenario).operations if one.kind == crash.faults.WRITE]
    at = next(n for n, path in enumerate(writes, 1) if path.endswith("/labels.jsonl"))
    found = bench.try_one(scenario, crash.trials.UNWRITTEN, at)
    assert found
    assert len(found[0].lost) >= 2


def test_a_line_that_is_there_twice_and_an_older_one_that_changed_are_noticed(
    crash: SimpleNamespace, bench: Any
) -> None:
    scenario = command(bench, "label")
    before = crash.judge.files_of(bench.made[scenario.project] / "data" / "archive")
    line = before["labels.jsonl"].split(b"\n")[0] + b"\n"
    twice = {**before, "labels.jsonl": before["labels.jsonl"] + line}
    assert crash.judge.after_crash(scenario, before, twice, []).doubled
    changed = {**before, "labels.jsonl": before["labels.jsonl"].replace(b"true", b"null")}
    assert crash.judge.after_crash(scenario, before, changed, []).changed
    gone = {name: raw for name, raw in before.items() if not name.startswith("warc/")}
    assert crash.judge.after_crash(scenario, before, gone, []).lost
    assert crash.judge.after_crash(scenario, before, before, []).sound


@pytest.mark.parametrize(
    ("code", "said", "sound"),
    [
        (6, "clipper: /a/labels.jsonl: cannot be written (No space left on device); nothing was added to it\n", True),
        (0, "", True),
        (6, "", False),
        (6, "clipper: [Errno 28] No space left on device\n", False),
        (6, "clipper: unexpected error: OperationalError: disk I/O error (a bug in clipper)\n", False),
        (1, "clipper: nothing found\n", False),
    ],
)
def test_what_is_said_of_a_fault_is_judged(crash: SimpleNamespace, code: int, said: str, sound: bool) -> None:
    verdict = crash.judge.Verdict()
    crash.judge.message_of(verdict, crash.stage.Ended(code, "", said, crash.faults.Met()))
    assert verdict.sound == sound


class TestMachine:
    """Which disks a power cut may leave."""

    @staticmethod
    def after(crash: SimpleNamespace, *calls: tuple[Any, ...]) -> list[dict[str, bytes]]:
        """Return the disks after calls: (kind, name, offset or new name, data, result)."""
        operations, inodes = [], {"old": 1, "folder": 2}
        for kind, name, *more in calls:
            offset, data, result = [*more, *(0, b"", 0)[len(more) :]]
            inode = inodes.setdefault(name, len(inodes) + 1)
            if kind == crash.faults.RENAME:
                offset, data = 0, f"/r/{data.decode()}".encode()
                inodes[data.decode()[3:]] = inode
            path = "/r" if name == "." else f"/r/{name}"
            operations.append(crash.machine.Operation(kind, result, inode, offset, path, data))
        tree = {"old": (1, b"one\n"), "folder": (2, None)}
        return [cut.files for cut in crash.machine.cuts("/r", tree, operations, len(operations), 1)]

    def test_what_was_synced_is_there_and_what_was_not_may_be(self, crash: SimpleNamespace) -> None:
        write, sync = crash.faults.WRITE, crash.faults.SYNC
        nothing, everything, *_ = self.after(crash, (write, "old", 4, b"two\n"))
        assert (nothing, everything) == ({"old": b"one\n"}, {"old": b"one\ntwo\n"})
        found = self.after(crash, (write, "old", 4, b"two\n"), (sync, "old"))
        assert all(files == {"old": b"one\ntwo\n"} for files in found)

    def test_a_name_is_there_once_its_folder_was_synced(self, crash: SimpleNamespace) -> None:
        write, sync, create = crash.faults.WRITE, crash.faults.SYNC, crash.faults.CREATE
        made = [(create, "folder/new"), (write, "folder/new", 0, b"x"), (sync, "folder/new")]
        nothing, everything, *_ = self.after(crash, *made)
        assert (nothing, everything) == ({"old": b"one\n"}, {"old": b"one\n", "folder/new": b"x"})
        assert all("folder/new" in files for files in self.after(crash, *made, (sync, "folder")))

    def test_a_folder_is_there_once_the_one_above_was_synced(self, crash: SimpleNamespace) -> None:
        mkdir, sync, create = crash.faults.MKDIR, crash.faults.SYNC, crash.faults.CREATE
        made = [(mkdir, "sub"), (create, "sub/new"), (sync, "sub")]
        assert "sub/new" not in self.after(crash, *made)[0]
        assert "sub/new" in self.after(crash, *made, (sync, "."))[0]

    def test_a_file_that_is_renamed_is_there_by_the_old_name_or_by_the_new(self, crash: SimpleNamespace) -> None:
        found = self.after(crash, (crash.faults.RENAME, "old", 0, b"new"))
        assert found[0] == {"old": b"one\n"}
        assert found[1] == {"new": b"one\n"}

    def test_what_an_fsync_failed_to_bring_to_the_disk_may_never_come(self, crash: SimpleNamespace) -> None:
        write, sync = crash.faults.WRITE, crash.faults.SYNC
        found = self.after(crash, (write, "old", 4, b"two\n"), (sync, "old", 0, b"", -5), (sync, "old"))
        assert found[:2] == [{"old": b"one\n"}, {"old": b"one\ntwo\n"}]
