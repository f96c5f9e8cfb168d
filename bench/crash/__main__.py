"""Crashes and faults under real clipper processes: is anything lost that was reported?

Projects are prepared once. For each trial one is copied, a command is run in it under a layer that lets one thing go
wrong at one of the calls that change what is on disk (killed before it or after it, half a write, a full disk, an I/O
error, an fsync or a rename that fails), and it is looked whether every line that it reported is in the archive, no line
twice, and older ones as they were; whether the same command then carries on by itself; whether ``clipper check`` is
content, after ``--repair`` where it names something; and whether ``clipper search`` finds what there is.

Then the machine dies: from a recording of all that a command asked of the disk, the disks are made that a power cut
may leave after each call, and the same is asked of them. So is it after a run that was killed before an fsync, or whose
fsync failed, and a second run that carried on.

The models that tags are given by are kept in CLIPPER_CACHE where that is set; else one is trained first, in a minute.
Prints a table, and each failure as it is met; exits with 1 when something was lost, doubled, changed or did not
recover. Ctrl-C ends it with the table so far.

    python bench/crash [--crashes 600] [--cuts 300] [--seed 1] [--jobs 2] [--only COMMAND] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from crash import faults, judge
from crash.stage import Site, Stage
from crash.trials import Bench, Recording

Trial = Callable[[Bench], tuple[str, str, judge.Verdict, str] | None]


@dataclass
class Row:
    """What came of the trials of one kind."""

    tried: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    changed: int = 0
    stuck: int = 0
    said: int = 0

    def add(self, verdict: judge.Verdict) -> None:
        """Count one more trial."""
        self.tried += 1
        self.acknowledged += verdict.acknowledged
        for name in ("lost", "doubled", "changed", "stuck", "said"):
            setattr(self, name, getattr(self, name) + bool(getattr(verdict, name)))

    @property
    def sound(self) -> bool:
        """Whether nothing was wrong in any."""
        return not (self.lost or self.doubled or self.changed or self.stuck or self.said)


@dataclass
class Table:
    """All rows, by command and kind of fault."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, command: str, fault: str, verdict: judge.Verdict, where: str, of: int) -> None:
        """Count a trial; tell how far it is, and of what went wrong."""
        with self.lock:
            self.rows.setdefault((command, fault), Row()).add(verdict)
            for line in verdict.lines():
                print(f"\r{command} | {fault} | {where} | {line}", file=sys.stderr)
            done = sum(row.tried for row in self.rows.values())
            bad = sum(not row.sound for row in self.rows.values())
            passed = time.monotonic() - self.begun
            print(f"\r{done} of about {of}, {passed:.0f} s, {bad} kinds with failures ", end="", file=sys.stderr)

    def print(self) -> None:
        """Print all rows, and the sums by command and by fault."""
        head = "tried | reported lines | lost | doubled | older changed | not recovered | unclear words |"
        rule = "---: | ---: | ---: | ---: | ---: | ---: | ---: |"
        print(f"\n\n| command | fault | {head}\n| --- | --- | {rule}")
        whole = Row()
        sums: dict[str, dict[str, Row]] = {"command": {}, "fault": {}}
        for (command, fault), row in sorted(self.rows.items()):
            print(f"| {command} | {fault} | {_cells(row)} |")
            for total in (whole, sums["command"].setdefault(command, Row()), sums["fault"].setdefault(fault, Row())):
                for name, value in vars(row).items():
                    setattr(total, name, getattr(total, name) + value)
        for what, rows in sums.items():
            print(f"\n| {what} | {head}\n| --- | {rule}")
            for name, row in sorted(rows.items()):
                print(f"| {name} | {_cells(row)} |")
        print(f"| **all** | {_cells(whole)} |\n\n{time.monotonic() - self.begun:.0f} seconds")


def _cells(row: Row) -> str:
    return " | ".join(f"{value:,}" for value in vars(row).values())


def crashes(bench: Bench, seed: int, number: int) -> Iterator[Trial]:
    """Give the trials of single faults."""
    for scenario, fault, at in bench.chosen(seed, number):

        def trial(bench: Bench, scenario=scenario, fault=fault, at=at):  # type: ignore[no-untyped-def]
            found = bench.try_one(scenario, fault, at, keep=True)
            return found and (scenario.name, fault.name, found[0], f"call {at}: {found[1].met.where}")

        yield trial


def power_cuts(bench: Bench, seed: int, number: int) -> Iterator[Trial]:
    """Give the trials of a machine that dies: every moment at a glance, and ``number`` of the disks to the end."""
    chance = random.Random(seed)
    each = max(1, number // (3 * len(bench.scenarios)))
    for scenario in bench.scenarios:
        recorded = bench.recorded(scenario)
        groups: list[tuple[str, list[tuple[Recording, int]]]] = [
            ("power cut", [(recorded, after) for after in range(1, len(recorded.operations) + 1)])
        ]
        for name, action in (
            ("killed, run again, power cut", faults.KILL_BEFORE),
            ("fsync fails, run again, power cut", faults.FAIL),
        ):
            twice = [
                bench.record(scenario, {"kinds": faults.SYNC, "at": at, "action": action, "error": 5}, {})
                for at in recorded.syncs_of_the_archive()
            ]
            # In the second run: where something is said, at its end, and here and there.
            groups.append((name, [(one, after) for one in twice for after in one.moments(one.ends[0], 25)]))
        for name, moments in groups:
            whole = {chance.randrange(len(moments)) for _ in range(each)} if moments else set()
            for number_of, (recording, after) in enumerate(moments):

                def trial(bench: Bench, recording=recording, after=after, name=name, all_of_it=number_of in whole):  # type: ignore[no-untyped-def]
                    verdict = judge.Verdict()
                    for cut in recording.cuts(after, seed):
                        verdict.take(bench.cut(recording, cut, whole=all_of_it, keep=True), cut.way)
                    kind = name if all_of_it else f"{name}, at a glance"
                    return recording.scenario.name, kind, verdict, f"after {after} calls"

                yield trial


def main() -> int:
    """Run the trials that are asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crashes", type=int, default=600, help="trials of single faults")
    parser.add_argument("--cuts", type=int, default=300, help="power cuts after which clipper goes on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", metavar="COMMAND", help="commands whose names begin so")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where what went wrong is kept")
    given = parser.parse_args()
    table = Table()
    with ExitStack() as stack:
        folder = (given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        library = faults.build(folder)
        models = Path(os.environ.get("CLIPPER_CACHE") or folder / "models").resolve()
        models.mkdir(exist_ok=True)
        site = stack.enter_context(closing(Site()))
        benches = []
        for number in range(given.jobs):
            stage = stack.enter_context(Stage(folder / f"job-{number}", models, library, site))
            benches.append(Bench(stage, given.only or ""))
        first = benches[0]
        waiting = [*crashes(first, given.seed, given.crashes)] if given.crashes else []
        waiting += [*power_cuts(first, given.seed, given.cuts)] if given.cuts else []
        of = len(waiting)
        waiting.reverse()
        lock, stop = threading.Lock(), threading.Event()

        def work(bench: Bench) -> None:
            while not stop.is_set():
                with lock:
                    if not waiting:
                        return
                    trial = waiting.pop()
                if found := trial(bench):
                    table.add(*found, of)

        threads = [threading.Thread(target=work, args=(bench,), daemon=True) for bench in benches]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:
            stop.set()
            for thread in threads:
                thread.join(30)
        table.print()
    return 0 if all(row.sound for row in table.rows.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
