"""Fuzz every parser of something from outside, by the rule *a record or a named refusal*.

    python bench/fuzz.py [PARSER …] [--seconds N] [--seed S] [--big BYTES] [--jobs N] [--keep DIR] [--list]

Each parser (``tests/fuzz/targets.py``) first gets the inputs that were made to do harm (``tests/fuzz/nasties.py``), and
then, for so many seconds, real ones that were spoiled (``tests/fuzz/mutation.py``). It runs in a process of its own,
with as much address space as clipper's worker processes have, so that one that hangs, crashes or blows up is noticed,
its input kept, and the fuzzing goes on. A case breaks the rule when it ends in anything but a record or an error
that the parser's documentation names, or takes more of the processor's time or of memory than is stated for it.

The same seed gives the same cases; on a quicker machine there are more of them. Ends with 1 when the rule was broken.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import random
import resource
import selectors
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from fuzz.mutation import mutated  # noqa: E402  # what is shared with the tests lies with them
from fuzz.nasties import nasties  # noqa: E402
from fuzz.seeds import seeds  # noqa: E402
from fuzz.targets import TARGETS, Target  # noqa: E402

MOST_MEMORY = 4 << 30  # bytes of address space, as clipper's worker processes have
START = 20.0  # seconds of the processor's time that a process may take to start, or to make a case
LONGEST = 900.0  # of the clock's
STARTS = 20  # times that a process is started in vain
TRIM = 64 << 20  # bytes of freed memory that are given back before the next case is measured
MB = 1 << 20


def cases(target: Target, seed: int, big: int) -> Iterator[tuple[str, Any]]:
    """Give the name of each case and a function that makes it, without end."""
    yield from nasties(target.seeds, min(big, target.largest))
    for number in count():
        chance = random.Random(f"{seed} {target.name} {number}")
        yield f"spoiled {number}", lambda chance=chance: mutated(seeds(target.seeds), chance)


def case(target: Target, seed: int, big: int, number: int) -> tuple[str, bytes]:
    """Return one case: its name and its bytes."""
    for at, (name, make) in enumerate(cases(target, seed, big)):
        if at == number:
            return name, make()[: target.largest]
    raise AssertionError("there is always another case")


# -- in the process that reads ----------------------------------------------------------------------------


def serve(name: str, seed: int, big: int, start: int, seconds: float) -> None:
    """Read case after case, from one on; tell of each when it begins and how it ended, a line of JSON each."""
    target = TARGETS[name]
    sink = sys.stdout
    sys.stdout = sys.stderr
    for body in seeds(target.seeds)[:2]:  # what is loaded when it is first wanted is no case's fault
        _end_of(target, body)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, hard))
    libc = ctypes.CDLL(None)
    base = _resident()
    spent = 0.0
    for number, (called, make) in enumerate(cases(target, seed, big)):
        if number < start:
            continue
        if called.startswith("spoiled") and spent > seconds:
            break
        began = time.monotonic()
        body = make()[: target.largest]
        if _resident() > base + TRIM:
            gc.collect()
            libc.malloc_trim(0)
        print(json.dumps({"begin": number}), file=sink, flush=True)
        before = _reset_peak()
        cpu = time.process_time()
        end, where = _end_of(target, body)
        cpu = time.process_time() - cpu
        told = {"end": end, "where": where, "cpu": cpu, "mb": max(_peak() - before, 0) / MB, "size": len(body)}
        print(json.dumps(told), file=sink, flush=True)
        del body
        if called.startswith("spoiled"):
            spent += time.monotonic() - began
    print(json.dumps({"last": True}), file=sink, flush=True)


def _end_of(target: Target, body: bytes) -> tuple[str, str]:
    """Return how a case ended: ``read``, the name of a refusal, or ``!`` and what should not be; and where that was."""
    try:
        target.read(body)
    except target.refusals as error:
        said = str(error)
        if "Errno" in said or (not said and type(error).__module__.startswith("clipper")):
            return f"! {type(error).__name__} says {said[:80]!r}", ""
        return type(error).__name__, ""
    except BaseException as error:  # whatever comes: that is the question
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "clipper" in f.filename]
        where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        return f"! {type(error).__name__}: {str(error)[:100]}", where
    return "read", ""


def _status(field_name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field_name):
            return int(line.split()[1]) << 10
    return 0


def _resident() -> int:
    return _status("VmRSS")


def _peak() -> int:
    return _status("VmHWM")


def _reset_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return _resident()


# -- in the process that watches --------------------------------------------------------------------------


@dataclass
class Tally:
    """What became of one parser's cases."""

    target: Target
    cases: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    largest: float = 0.0  # megabytes
    slow: list[tuple[float, int]] = field(default_factory=list)  # seconds of each case, and its number
    broken: dict[str, str] = field(default_factory=dict)  # what, with the case that showed it first
    times: Counter[str] = field(default_factory=Counter)


def watch(target: Target, arguments: argparse.Namespace, keep: Path) -> Tally:
    """Fuzz one parser; a process that hangs or dies is replaced, and goes on with the case after."""
    tally = Tally(target)
    start, left, idle = 0, arguments.seconds, 0
    while True:
        began = time.monotonic()
        last = _watch_one(target, arguments, keep, tally, start, left)
        left = max(left - (time.monotonic() - began), 0.0)
        if last is None:
            print(table([tally]), file=sys.stderr, flush=True)
            return tally
        idle = idle + 1 if last < start else 0
        if idle == STARTS:
            raise SystemExit(f"{target.name}: its process does not start")
        if idle:  # somebody may be in the middle of a change
            time.sleep(10)
        start = last + 1


def _watch_one(
    target: Target, arguments: argparse.Namespace, keep: Path, tally: Tally, start: int, left: float
) -> int | None:
    """Watch one process; return the number of the case that it ended with, None when all is done."""
    command = [sys.executable, __file__, target.name, "--serve", str(start), "--seconds", str(left)]
    command += ["--seed", str(arguments.seed), "--big", str(arguments.big)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0) as process:
        assert process.stdout
        lines = _lines(process.stdout, process.pid)
        number = start - 1
        while True:
            told = lines(target.seconds * 3 + 1)
            if told is None or told == {}:
                process.kill()
                code = process.wait()
                what = "! hangs" if told is None else f"! dies of signal {-code}" if code < 0 else "! dies"
                if number >= start:
                    _note(tally, target, arguments, keep, number, what, "")
                return number
            if "last" in told:
                return None
            if "begin" in told:
                number = told["begin"]
                continue
            _count(tally, target, arguments, keep, number, told)


def _lines(stream: Any, process: int) -> Any:
    """Return a function that waits for a line of JSON: None when it takes too long, {} at the end.

    Too long is so many seconds of the processor's time, on a busy machine too; or ``LONGEST`` of the clock's.
    """
    selector = selectors.DefaultSelector()
    selector.register(stream, selectors.EVENT_READ)
    held = bytearray()

    def next_line(seconds: float) -> dict[str, Any] | None:
        until = time.monotonic() + LONGEST
        before = _used(process)
        while b"\n" not in held:
            if not selector.select(1.0):
                if _used(process) - before > max(seconds, START) or time.monotonic() > until:
                    return None
                continue
            block = stream.read(1 << 16)
            if not block:
                return {}
            held.extend(block)
        line, _, rest = bytes(held).partition(b"\n")
        held[:] = rest
        found: dict[str, Any] = json.loads(line)
        return found

    return next_line


def _used(process: int) -> float:
    """Return the seconds of the processor's time that a process has used."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _count(
    tally: Tally, target: Target, arguments: argparse.Namespace, keep: Path, number: int, told: dict[str, Any]
) -> None:
    tally.cases += 1
    tally.slow.append((told["cpu"], number))
    tally.largest = max(tally.largest, told["mb"])
    if told["end"].startswith("!"):
        _note(tally, target, arguments, keep, number, told["end"], told["where"])
        return
    tally.ends[told["end"]] += 1
    if told["cpu"] > target.seconds:
        _note(tally, target, arguments, keep, number, f"! {told['cpu']:.1f} s for {told['size']} bytes", "slow")
    if told["mb"] > target.megabytes:
        _note(tally, target, arguments, keep, number, f"! {told['mb']:.0f} MB for {told['size']} bytes", "large")


def _note(
    tally: Tally, target: Target, arguments: argparse.Namespace, keep: Path, number: int, what: str, where: str
) -> None:
    kind = f"{what.split(':')[0]} at {where}" if where and where not in ("slow", "large") else where or what
    tally.times[kind] += 1
    if kind in tally.broken and not (where in ("slow", "large") and tally.times[kind] <= 25):
        return
    called, body = case(target, arguments.seed, arguments.big, number)
    path = keep / f"{target.name.replace(' ', '-')}-{number}"
    path.write_bytes(body)
    tally.broken.setdefault(kind, f"{what[2:]} {where} ({called[:60]!r}, {path.name})")
    print(f"{target.name}: {what[2:]} {where} ({called[:60]!r}; kept as {path})", file=sys.stderr, flush=True)


def table(tallies: list[Tally]) -> str:
    """Return what became of all, a line for each parser."""
    rows = [("parser", "cases", "read", "refused", "broken", "slowest", "allowed", "peak", "allowed")]
    for one in tallies:
        refused = ", ".join(f"{name} {times}" for name, times in one.ends.most_common() if name != "read")
        slowest = max(one.slow, default=(0.0, 0))[0]
        target = one.target
        rows.append((
            target.name, f"{one.cases}", f"{one.ends['read']}", refused or "0", f"{one.times.total()}",
            f"{slowest:.2f} s", f"{target.seconds:g} s", f"{one.largest:.0f} MB", f"{target.megabytes} MB",
        ))  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def main() -> int:
    """Fuzz, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parsers", nargs="*", metavar="PARSER", help="which to fuzz; all by default")
    parser.add_argument("--seconds", type=float, default=60.0, help="of spoiled inputs for each parser")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--big", type=int, default=5 * MB, help="bytes of a large input")
    parser.add_argument("--jobs", type=int, default=1, help="how many parsers at a time")
    parser.add_argument("--keep", type=Path, help="the folder for inputs that broke the rule")
    parser.add_argument("--slowest", type=int, default=0, help="name so many of the slowest cases of each")
    parser.add_argument("--list", action="store_true", help="name the parsers")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.parsers if name not in TARGETS]:
        parser.error(f"no parser {unknown[0]!r}; there are: {', '.join(TARGETS)}")
    if arguments.serve is not None:
        serve(arguments.parsers[0], arguments.seed, arguments.big, arguments.serve, arguments.seconds)
        return 0
    if arguments.list:
        print("\n".join(TARGETS))
        return 0
    chosen = [TARGETS[name] for name in arguments.parsers] or list(TARGETS.values())
    keep = arguments.keep or Path(tempfile.mkdtemp(prefix="clipper-fuzz-"))
    keep.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        tallies = list(pool.map(lambda target: watch(target, arguments, keep), chosen))
    print(table(tallies))
    for one in tallies:
        for what in one.broken.values():
            print(f"{one.target.name}: {what}")
    if arguments.slowest:
        for one in tallies:
            for seconds, number in sorted(one.slow, reverse=True)[: arguments.slowest]:
                called, body = case(one.target, arguments.seed, arguments.big, number)
                print(f"{one.target.name}: {seconds:.2f} s for {len(body)} bytes ({called[:60]!r}, case {number})")
    return 1 if any(one.times for one in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
