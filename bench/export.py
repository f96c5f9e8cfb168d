"""How long exporting takes, how large the files are, and whether memory is bounded; beside jq and cat in one run.

Every format is made by the installed command in a process of its own, of archives of several sizes: time, the
processor's time, the most memory that the process held, and the size of the file. Beside it stand ``cat`` and
``jq -c .`` of the JSON lines with their whole texts, which read and write the same and do nothing else. Memory is
flat where ten times as many articles take little more of it.

    python bench/export.py [--articles 10000 100000]      archives made for this
    python bench/export.py --project DIR [DIR ...]        made by bench/archives.py before
    python bench/export.py --formats jsonl parquet        some formats only
    python bench/export.py --pages 5000                   raw pages, of an archive made for this
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import archives
from clipper.archive.store import Archive
from clipper.archive.warc import Exchange

CLIPPER = str(Path(sys.executable).with_name("clipper"))
FORMATS = {
    "jsonl, whole texts": ("x.jsonl", "--text"),
    "jsonl": ("x.jsonl",),
    "csv": ("x.csv",),
    "csv, whole texts": ("x.csv", "--text"),
    "parquet": ("x.parquet",),
    "parquet, whole texts": ("x.parquet", "--text"),
    "ris": ("x.ris",),
    "bibtex": ("x.bib",),
    "csl-json": ("x.json",),
    "atom": ("x.atom", "-n", "1000000000"),
}


class Cost(NamedTuple):
    """What a process took: seconds, seconds of the processor, megabytes of memory at most."""

    seconds: float
    busy: float
    memory: float


def run(command: Sequence[str]) -> Cost:
    """Run a command to its end. Its output goes nowhere; an error ends the measuring."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: {process.returncode}: {said.decode()}")
    return Cost(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def measure(project: Path, articles: int, out: Path, formats: Sequence[str]) -> None:
    """Print what formats take of one archive; the first is always the JSON lines with their whole texts."""
    config = ["--config", str(project / "config.toml")]
    run([CLIPPER, *config, "search", "--count"])  # the index is made, and all is in memory
    whole = out / "x.jsonl"
    rows: list[tuple[str, Cost, float]] = []
    yardsticks: dict[str, Cost] = {}
    first = next(iter(FORMATS))
    for name in [first, *(one for one in formats if one != first)]:
        file, *more = FORMATS[name]
        cost = run([CLIPPER, *config, "export", "-o", str(out / file), *more])
        rows.append((name, cost, (out / file).stat().st_size / 1e6))
        if not yardsticks:
            yardsticks["cat"] = run(["cat", str(whole)])
            if shutil.which("jq"):
                yardsticks["jq -c ."] = run(["jq", "-c", ".", str(whole)])
    beside = yardsticks.get("jq -c .", yardsticks["cat"])
    print(f"\n{articles:,} articles\n")
    print(f"| | s | s of the processor | of {list(yardsticks)[-1]}'s | memory, MB | file, MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, cost, size in rows:
        ratio = cost.busy / beside.busy
        print(f"| {name} | {cost.seconds:.1f} | {cost.busy:.1f} | {ratio:.1f} | {cost.memory:.0f} | {size:.1f} |")
    for name, cost in yardsticks.items():
        print(f"| `{name}` of the whole texts | {cost.seconds:.1f} | {cost.busy:.1f} | | | |")


def measure_pages(count: int, folder: Path) -> None:
    """Print what the raw pages of an archive take."""
    archives.make(folder, count)
    archive = Archive(folder / "data" / "archive")
    archive.catalogue.catch_up()
    at = datetime(2026, 11, 1, tzinfo=UTC)
    entries = archive.catalogue.entries()
    for start in range(0, len(entries), 500):
        some = [archive.read(entry.place) for entry in entries[start : start + 500]]
        chains = [
            [
                Exchange(
                    url=one.url or "https://none.example/", at=at, address="192.0.2.1", request=(("Host", "x"),),
                    protocol="HTTP/1.1", status=200, reason="OK", headers=(("Content-Type", "text/html"),),
                    payload=f"<html><body><h1>{one.title}</h1><p>{one.text}</p></body></html>".encode(),
                )
            ]
            for one in some
        ]  # fmt: skip
        with archive.writing() as writer:
            places = writer.raw(chains)
            writer.articles([replace(one, revision=2, warc=place) for one, place in zip(some, places, strict=True)])
    archive.catalogue.close()
    out = folder / "x.warc.gz"
    config = ["--config", str(folder / "config.toml")]
    run([CLIPPER, *config, "search", "--count"])
    cost = run([CLIPPER, *config, "export", "--text", "-o", str(out)])
    kept = sum(path.stat().st_size for path in (folder / "data" / "archive" / "warc").glob("*.gz")) / 1e6
    size = out.stat().st_size / 1e6
    told = f"{cost.seconds:.1f} s, {cost.memory:.0f} MB of memory, {size:.1f} MB of {kept:.1f}"
    print(f"\nraw pages of {count:,} articles: {told}")


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--project", type=Path, nargs="+")
    parser.add_argument("--pages", type=int)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if given.pages:
            measure_pages(given.pages, folder / "pages")
            return
        projects = given.project or [folder / str(count) for count in given.articles]
        for project in projects:
            if not given.project:
                archives.make(project, int(project.name))
            count = subprocess.run(
                [CLIPPER, "--config", str(project / "config.toml"), "search", "--count"],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            out = folder / "out"
            out.mkdir(exist_ok=True)
            measure(project, int(count.stdout), out, given.formats)


if __name__ == "__main__":
    main()
