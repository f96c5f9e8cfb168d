"""Trials: a fault at one call of a command, and the verdict on what follows."""

from __future__ import annotations

import errno
import random
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crash import faults, judge, machine
from crash.judge import Keys, Scenario, Verdict
from crash.stage import MARK, Ended, Stage


@dataclass(frozen=True)
class Fault:
    """A kind of fault: at which kinds of calls, what happens, and whether the process lives on."""

    name: str
    kinds: int
    action: int
    error: int = 0
    lasting: bool = False

    @property
    def kills(self) -> bool:
        """Whether the process is killed."""
        return self.action in (faults.KILL_BEFORE, faults.KILL_AFTER, faults.SHORT_KILL)


FAULTS = (
    Fault("killed before the call", faults.CHANGES, faults.KILL_BEFORE),
    Fault("killed after the call", faults.CHANGES, faults.KILL_AFTER),
    Fault("half a write, then killed", faults.WRITE, faults.SHORT_KILL),
    Fault("half a write, then on", faults.WRITE, faults.SHORT),
    Fault("disk full, once", faults.ROOM, faults.FAIL, errno.ENOSPC),
    Fault("disk full from then on", faults.ROOM, faults.FAIL, errno.ENOSPC, lasting=True),
    Fault("I/O error, once", faults.CHANGES, faults.FAIL, errno.EIO),
    Fault("I/O errors from then on", faults.CHANGES, faults.FAIL, errno.EIO, lasting=True),
    Fault("fsync fails, once", faults.SYNC, faults.FAIL, errno.EIO),
    Fault("fsync fails from then on", faults.SYNC, faults.FAIL, errno.EIO, lasting=True),
    Fault("rename fails", faults.NAMES | faults.UNLINK, faults.FAIL, errno.EIO),
)
RANDOM = Fault("kill -9 at a random moment", 0, faults.NOTHING)

# Lies that a harness must notice: a disk that says that it has written, and has not.
UNWRITTEN = Fault("a write that is only said to be done", faults.WRITE, faults.LIE)


def scenarios(stage: Stage, made: Mapping[str, Path]) -> list[Scenario]:
    """Return the commands that are tried."""
    ids = stage.ids(made["grown"])
    found = [
        Scenario("fetch, the first", "new", ("fetch", "--json"), judge.article_is_there),
        Scenario("fetch", "grown", ("fetch", "--json"), judge.article_is_there),
        Scenario("add", "grown", ("add", "--json", "more"), judge.article_is_there),
        Scenario("tag", "untagged", ("tag", "--json"), judge.tags_are_there),
        Scenario("label", "grown", ("label", ids[1], "+access", "-workforce", "--json"), judge.label_is_there),
        Scenario("label, torn files", "torn", ("label", ids[1], "+access", "--json"), judge.label_is_there, torn=True),
        Scenario("search, building all", "bare", ("search", "--json", MARK), judge.nothing_is_promised),
        Scenario("search, catalogue broken", "broken", ("search", "--json", MARK), judge.nothing_is_promised),
    ]
    if stage.run(made["grown"], "forget", "--help").code == 0:
        arguments = ("forget", ids[0], "--yes", "--json")
        found.append(Scenario("forget", "grown", arguments, judge.is_forgotten, leaving=ids[0]))
    return found


@dataclass(frozen=True)
class Recording:
    """All that a command asked of the disk, and said; ``ends`` tells where each of its runs ended."""

    scenario: Scenario
    root: str
    tree: machine.Tree
    operations: list[machine.Operation]
    ends: list[int]

    def syncs_of_the_archive(self) -> list[int]:
        """Return which of the fsyncs are of more than a cache; the first is 1."""
        names = [one.path for one in self.operations if one.kind == faults.SYNC]
        return [number for number, name in enumerate(names, 1) if "/cache" not in name]

    def moments(self, first: int, step: int) -> list[int]:
        """Return where the power may fail: after what is said, at the end, and each so many calls."""
        last = len(self.operations)
        said = {n for n in range(max(first, 1), last + 1) if self.operations[n - 1].kind == faults.STDOUT}
        return sorted({*range(max(first, 1), last + 1, step), *said, last})

    def cuts(self, after: int, seed: int) -> Iterator[machine.Cut]:
        """Give the disks that a power cut after so many operations may leave."""
        return machine.cuts(self.root, self.tree, self.operations, after, seed)


class Bench:
    """The prepared projects and, for each command, how it goes undisturbed."""

    def __init__(self, stage: Stage, only: str = "") -> None:
        self.stage = stage
        self.made = stage.prepare()
        self.scenarios = [s for s in scenarios(stage, self.made) if s.name.startswith(only)]
        self._before = {s.name: judge.files_of(self.made[s.project] / "data" / "archive") for s in self.scenarios}
        self._reference: dict[str, Keys] = {}
        self._recorded: dict[str, Recording] = {}
        self._seconds: dict[str, float] = {}

    def reference(self, scenario: Scenario) -> Keys:
        """Return what the archive holds after the command, when nothing goes wrong."""
        if scenario.name not in self._reference:
            project = self.stage.copy(self.made[scenario.project])
            ended = self.stage.run(project, *scenario.arguments, terminal=True)
            self._seconds[scenario.name] = self.stage.seconds
            if ended.code or not ended.acknowledged:
                raise RuntimeError(f"{scenario.name}, undisturbed: ended with {ended.code}: {ended.err}")
            self._reference[scenario.name] = judge.keys_of(judge.files_of(project / "data" / "archive"))
            verdict = self._after_crash(scenario, project, ended)
            judge.recover(verdict, scenario, self._reference[scenario.name], self.stage, project, ended.acknowledged)
            if not verdict.sound:
                raise RuntimeError(f"{scenario.name}, undisturbed: {'; '.join(verdict.lines())}")
            self.stage.throw_away(project)
        return self._reference[scenario.name]

    def _after_crash(self, scenario: Scenario, project: Path, ended: Ended) -> Verdict:
        now = judge.files_of(project / "data" / "archive")
        return judge.after_crash(scenario, self._before[scenario.name], now, ended.acknowledged)

    def recorded(self, scenario: Scenario) -> Recording:
        """Return the recording of the command as it goes undisturbed."""
        if scenario.name not in self._recorded:
            self._recorded[scenario.name] = self.record(scenario, {})
        return self._recorded[scenario.name]

    def calls(self, scenario: Scenario, kinds: int) -> int:
        """Return how many calls of these kinds the command makes."""
        return sum(1 for one in self.recorded(scenario).operations if one.kind & kinds)

    def try_one(
        self, scenario: Scenario, fault: Fault, at: int, *, cold: bool = False, keep: bool = False
    ) -> tuple[Verdict, Ended] | None:
        """Run a command with a fault at its ``at``-th call; None where it did not come so far.

        ``at`` is thousandths of the command's time for a kill at a random moment.
        """
        reference = self.reference(scenario)
        project = self.stage.copy(self.made[scenario.project])
        if fault is RANDOM:
            after = self._seconds[scenario.name] * at / 1000
            ended = self.stage.run(project, *scenario.arguments, after=after, terminal=True)
            reached = ended.code == 128 + 9
        else:
            plan = self.stage.plan(
                project, kinds=fault.kinds, at=at, action=fault.action, error=fault.error, lasting=fault.lasting
            )
            ended = self.stage.run(project, *scenario.arguments, plan=plan, cold=cold, terminal=True)
            reached = ended.met.reached
        if not reached:
            self.stage.throw_away(project)
            return None
        verdict = self._after_crash(scenario, project, ended)
        if not fault.kills and fault is not RANDOM:
            judge.message_of(verdict, ended)
        judge.recover(verdict, scenario, reference, self.stage, project, ended.acknowledged)
        if not keep or verdict.sound:
            self.stage.throw_away(project)
        return verdict, ended

    def record(self, scenario: Scenario, *plans: Mapping[str, Any]) -> Recording:
        """Run a command under each of these plans, one after the other in one project, and record all."""
        project = self.stage.copy(self.made[scenario.project])
        archive = (project / "data" / "archive").resolve()
        tree = machine.tree_of(archive)
        operations, ends = [], []
        for more in plans:
            log = project.parent / "log"
            plan = self.stage.plan(project, log=str(log), **more)
            self.stage.run(project, *scenario.arguments, plan=plan, terminal=True)
            operations += machine.read_log(log)
            ends.append(len(operations))
        self.stage.throw_away(project)
        return Recording(scenario, str(archive), tree, operations, ends)

    def cut(self, recording: Recording, cut: machine.Cut, *, whole: bool = True, keep: bool = False) -> Verdict:
        """Judge the disk that a power cut left; the ``whole`` judgement has clipper go on with it."""
        scenario = recording.scenario
        said = machine.acknowledged(cut.said)
        # The recording may be another bench's, whose projects were made at another second.
        before = {name: content for name, (_, content) in recording.tree.items() if content is not None}
        verdict = judge.after_crash(scenario, judge.kept(before), judge.kept(cut.files), said)
        if whole and verdict.sound:
            project = self.stage.copy(self.made[scenario.project])
            archive = project / "data" / "archive"
            shutil.rmtree(archive)
            machine.put(archive, cut.files)
            judge.recover(verdict, scenario, self.reference(scenario), self.stage, project, said)
            if not keep or verdict.sound:
                self.stage.throw_away(project)
        return verdict

    def few(self, seed: int, number: int) -> Iterator[tuple[Scenario, Fault, int]]:
        """Give ``number`` trials, of all commands and of all kinds of faults but those that depend on time."""
        chance = random.Random(seed)
        for n in range(number):
            scenario = self.scenarios[n % len(self.scenarios)]
            fault = FAULTS[(n + n // len(self.scenarios)) % len(FAULTS)]
            yield scenario, fault, chance.randrange(self.calls(scenario, fault.kinds)) + 1

    def chosen(self, seed: int, number: int) -> Iterator[tuple[Scenario, Fault, int]]:
        """Give ``number`` trials: each command and kind of fault in turn, at calls spread evenly over the command."""
        chance = random.Random(seed)
        pairs = [(s, f) for s in self.scenarios for f in (*FAULTS, RANDOM)]
        # More of those with more calls; at least one of each.
        weights = [1000 if f is RANDOM else self.calls(s, f.kinds) for s, f in pairs]
        shares = [w**0.5 for w in weights]
        counts = [max(1, round(number * share / sum(shares))) for share in shares]
        trials = []
        for (scenario, fault), count, weight in zip(pairs, counts, weights, strict=True):
            count = min(count, weight)
            for n in range(count):
                low, high = weight * n // count, weight * (n + 1) // count
                trials.append((scenario, fault, chance.randrange(low, max(high, low + 1)) + 1))
        chance.shuffle(trials)
        yield from trials
