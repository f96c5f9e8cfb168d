"""How fast ``clipper check`` looks at an archive's own files, beside ``sha256sum`` over the same files in one run.

* Lines: the articles and tags of an archive (``bench/archives.py`` makes one), without the catalogue and the index.
* Raw pages: two archives that are made on the spot from the pages of a folder, each with a paragraph and an address of
  its own, as clipper keeps what servers send plain, and what they send packed.

Each is looked at with one process and with as many as there are processors, in turns with ``sha256sum``. Prints a
Markdown table of the medians: MB/s by the clock, MB for each second of a processor, the ratio of both to those of
``sha256sum``, and the most memory of the process that asks the others.

``--ways`` compares ways to read a line and to unpack a record, each in one process; those whose package is not
installed (orjson, msgspec, isal) are left out.

    python bench/check.py ARCHIVE [--pages 4000] [--rounds 3] [--folder PAGES] [--ways]
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from clipper.archive.warc import Exchange, WarcFiles
from fetch import OWN, SHARED
from news_site import path_of, saved, with_own_paragraph

_CHECK = """
import re, sys
from pathlib import Path
from clipper.archive.checking import check

if __name__ == "__main__":
    checked = check(Path(sys.argv[1]), processes=int(sys.argv[2]))
    most = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
    print(checked.bytes, checked.damages, most)
"""
_SLICE = 60_000
_BATCH = 50  # exchanges that are written at once


class Taken(NamedTuple):
    """Seconds by the clock, seconds of processors, and the most kilobytes of one process."""

    clock: float
    processor: float
    memory: int


def ran(command: list[str]) -> tuple[Taken, str]:
    """Run a program; return what it took, its children counted in, and what it said."""
    before, begun = os.times(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    clock, after = time.perf_counter() - begun, os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return Taken(clock, spent, 0), done.stdout


def made(folder: Path, pages: int, archive: Path, *, packed: bool) -> None:
    """Write an archive of nothing but raw pages."""
    base = saved(folder)
    if not base:
        raise SystemExit(f"{folder}: no pages in it")
    archive.mkdir()
    files = WarcFiles(archive, archive / "cache")
    now = datetime(2026, 11, 2, 8, tzinfo=UTC)
    for start in range(0, pages, _BATCH):
        chains = []
        for number in range(start, min(start + _BATCH, pages)):
            body = with_own_paragraph(base[number % len(base)], number)
            sent = (("Content-Type", "text/html"), *((("Content-Encoding", "gzip"),) if packed else ()))
            chains.append([
                Exchange(
                    url=f"http://news.example{path_of(number)}", at=now, address="203.0.113.9",
                    request=(("Host", "news.example"),), protocol="HTTP/1.1", status=200, reason="OK", headers=sent,
                    payload=gzip.compress(body, 6, mtime=0) if packed else body,
                )
            ])  # fmt: skip
        files.append(chains, now)


def contents(archive: Path) -> list[Path]:
    """Return the files of an archive that are looked at."""
    return [*sorted(archive.glob("*.jsonl")), *sorted(archive.glob("articles/*")), *sorted(archive.glob("warc/*"))]


def measured(what: str, archive: Path, rounds: int, script: Path) -> None:
    """Print the rows of a table for one archive."""
    files = contents(archive)
    size = sum(path.stat().st_size for path in files)
    for path in files:
        path.read_bytes()  # into the system's memory
    several = len(os.sched_getaffinity(0))
    ways: dict[str, list[str]] = {"`sha256sum`": ["sha256sum", *map(str, files)]}
    for count in dict.fromkeys((1, several)):
        name = f"`clipper check`, {count} process{'es' if count > 1 else ''}"
        ways[name] = [sys.executable, str(script), str(archive), str(count)]
    taken: dict[str, list[Taken]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, command in ways.items():
            found, said = ran(command)
            memory = 0 if "sha256sum" in name else int(said.split()[2])
            taken[name].append(found._replace(memory=memory))
    base = None
    for name, of in taken.items():
        clock = size / 1e6 / statistics.median(one.clock for one in of)
        processor = size / 1e6 / statistics.median(one.processor for one in of)
        base = base or (clock, processor)
        memory = f"{max(one.memory for one in of) / 1024:.0f} MB" if of[0].memory else ""
        print(
            f"| {what}, {size / 1e6:,.0f} MB | {name} | {clock:.0f} | {processor:.0f} | {clock / base[0]:.2f} "
            f"| {processor / base[1]:.2f} | {memory} |",
            flush=True,
        )


# -- ways -------------------------------------------------------------------------------------------------


def timed(name: str, size: int, work: Callable[[], object], rounds: int) -> None:
    """Print how fast something is, in MB for each second of a processor: the median."""
    found = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    print(f"| {name} | {size / 1e6 / statistics.median(found):.0f} |", flush=True)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def ways_of_lines(path: Path, rounds: int) -> None:
    """Compare ways to read lines and to sum their texts."""
    from clipper.archive.linecheck import BLOCK, Task, look, parsed

    raw = path.read_bytes()
    lines = raw.splitlines()
    size = len(raw)

    def all_of(work: Callable[[bytes], object]) -> Callable[[], None]:
        def run() -> None:
            for line in lines:
                work(line)

        return run

    def summed(read: Callable[[bytes], Any]) -> Callable[[], None]:
        return all_of(lambda line: hashlib.sha256(read(line)["text"].encode()).hexdigest())

    def in_thread() -> None:
        with ThreadPoolExecutor(1) as thread:
            for start in range(0, len(lines), 200):
                texts = [parsed(line)["text"].encode() for line in lines[start : start + 200]]
                thread.submit(lambda texts=texts: [hashlib.sha256(text).hexdigest() for text in texts])

    readers: dict[str, Callable[[bytes], Any] | None] = {"json.loads": json.loads, "json, no key twice": parsed}
    if orjson := _module("orjson"):
        readers["orjson"] = orjson.loads
    if msgspec := _module("msgspec"):
        readers["msgspec"] = msgspec.json.Decoder().decode
    timed("SHA-256 of the file by hashlib", size, lambda: hashlib.sha256(raw).digest(), rounds)
    for name, read in readers.items():
        if read is not None:
            timed(f"{name}: read", size, all_of(read), rounds)
            timed(f"{name}: read, and the text summed", size, summed(read), rounds)
    timed("json, no key twice: the texts summed in a thread", size, in_thread, rounds)
    blocks = [Task(f"articles/{path.name}", str(path), "articles", n, min(n + BLOCK, size), size)
              for n in range(0, size, BLOCK)]  # fmt: skip
    timed("all that `clipper check` looks at", size, lambda: [look(task) for task in blocks], rounds)


def ways_of_pages(path: Path, rounds: int) -> None:
    """Compare ways to unpack records."""
    from clipper.archive.warccheck import look

    raw = path.read_bytes()
    starts = [*look("w", str(path), len(raw)).starts, len(raw)]
    members = [raw[start:end] for start, end in pairwise(starts)]

    def unpack(module: Any) -> Callable[[], None]:
        def run() -> None:
            for member in members:
                module.decompressobj(31).decompress(member)

        return run

    def digested(parts: Iterable[bytes]) -> None:
        for part in parts:
            hashlib.sha1(part, usedforsecurity=False).digest()
            hashlib.sha1(part, usedforsecurity=False).digest()

    unpacked = [zlib.decompressobj(31).decompress(member) for member in members]
    timed("zlib: unpacked", len(raw), unpack(zlib), rounds)
    if isal := _module("isal.isal_zlib"):
        timed("isal: unpacked", len(raw), unpack(isal), rounds)
    timed("two digests of what was unpacked", len(raw), lambda: digested(unpacked), rounds)
    timed("all that `clipper check` looks at", len(raw), lambda: look("w", str(path), len(raw)), rounds)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--pages", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=SHARED if SHARED.is_dir() else OWN)
    parser.add_argument("--ways", action="store_true")
    given = parser.parse_args()
    random.seed(1)
    with tempfile.TemporaryDirectory(prefix="clipper-bench-") as room:
        script = Path(room) / "looking.py"
        script.write_text(_CHECK, encoding="utf-8")
        plain, packed = Path(room) / "plain", Path(room) / "packed"
        made(given.folder, given.pages, plain, packed=False)
        made(given.folder, given.pages, packed, packed=True)
        if given.ways:
            print("| way, lines of articles | MB a processor second |\n| --- | --- |")
            ways_of_lines(sorted(given.archive.glob("articles/*.jsonl"))[-2], given.rounds)
            for name, archive in (("plain", plain), ("packed", packed)):
                print(f"\n| way, raw pages sent {name} | MB a processor second |\n| --- | --- |")
                ways_of_pages(max(archive.glob("warc/*")), given.rounds)
            return
        print("| what | by | MB/s | MB a processor second | ratio | ratio by processor | memory |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        measured("lines", given.archive, given.rounds, script)
        measured("raw pages sent plain", plain, given.rounds, script)
        measured("raw pages sent packed", packed, given.rounds, script)


if __name__ == "__main__":
    main()
