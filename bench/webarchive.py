"""How fast the pages of a web archive come into an archive, beside trafilatura on the same file in one run.

* ``clipper add FILE.warc.gz`` into a new project: digests, text and metadata, near duplicates, JSONL and WARC with
  fsync; and once more, when there is nothing to add.
* trafilatura in one process, and in two that take turns: text and metadata of the same pages, which warcio reads from
  the same file; nothing is kept, and the start of the process is not counted.

The file is made on the spot from the pages of a folder, each with a paragraph and an address of its own. Prints a
Markdown table of the median and the best of the rounds, the most memory that was resident, and ratios of the medians.

    python bench/webarchive.py [FOLDER] [--pages 10000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from fetch import LIMIT, OWN, SHARED, _resident
from news_site import path_of, saved, with_own_paragraph

_ALONE = """
import sys, time
import trafilatura
from warcio.archiveiterator import ArchiveIterator
path, part, parts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
start = time.perf_counter()
with open(path, "rb") as file:
    pages = (record for record in ArchiveIterator(file) if record.rec_type == "response")
    for number, record in enumerate(pages):
        if number % parts == part:
            url = record.rec_headers.get_header("WARC-Target-URI")
            body = record.content_stream().read()
            trafilatura.extract(body, url=url, with_metadata=True, output_format="json")
print(time.perf_counter() - start)
"""


class Taken(NamedTuple):
    """Seconds, articles that are in the archive, and the most bytes resident: of the process, and with its children."""

    seconds: float
    articles: int
    alone: int
    together: int


def make(folder: Path, pages: int, path: Path) -> None:
    """Write a web archive of so many pages."""
    base = saved(folder)
    if not base:
        raise SystemExit(f"{folder}: no pages in it")
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "bench/webarchive.py"}))
        for number in range(pages):
            body = with_own_paragraph(base[number % len(base)], number)
            head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            writer.write_record(
                writer.create_warc_record(
                    f"http://news.example{path_of(number)}", "response", payload=io.BytesIO(body), length=len(body),
                    http_headers=head,
                )
            )  # fmt: skip


def watched(commands: list[list[str]], room: Path) -> tuple[list[str], float, int, int]:
    """Run commands at once; return what they printed, the seconds, and the most bytes that were resident."""
    start = time.perf_counter()
    running = [
        subprocess.Popen(command, cwd=room, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for command in commands
    ]
    most = [0, 0]

    def sample() -> None:
        while any(process.poll() is None for process in running):
            most[0] = max(most[0], sum(_own(process.pid) for process in running))
            most[1] = max(most[1], sum(_resident(process.pid) for process in running))
            time.sleep(0.2)

    thread = threading.Thread(target=sample)
    thread.start()
    printed = [process.communicate(timeout=LIMIT)[0] for process in running]
    seconds = time.perf_counter() - start
    thread.join()
    return printed, seconds, most[0], most[1]


def _own(pid: int) -> int:
    """Return the resident bytes of one process (Linux)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def run_clipper(path: Path, room: Path) -> Taken:
    """Return what it took to add a web archive to the project in a folder."""
    _, seconds, alone, together = watched([[sys.executable, "-m", "clipper", "add", str(path)]], room)
    files = (room / "data" / "archive" / "articles").glob("*.jsonl")
    return Taken(seconds, sum(len(file.read_bytes().splitlines()) for file in files), alone, together)


def run_trafilatura(path: Path, room: Path, processes: int) -> Taken:
    """Return what it took trafilatura to read the pages, in so many processes."""
    commands = [[sys.executable, "-c", _ALONE, str(path), str(part), str(processes)] for part in range(processes)]
    printed, _, alone, together = watched(commands, room)
    return Taken(max(float(said) for said in printed), 0, alone, together)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=SHARED if SHARED.is_dir() else OWN)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    taken: dict[str, list[Taken]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pages.warc.gz"
        make(given.folder, given.pages, path)
        size = path.stat().st_size / 1e6
        for number in range(given.rounds):
            with tempfile.TemporaryDirectory() as name:
                room = Path(name)
                (room / "data" / "archive" / "articles").mkdir(parents=True)
                (room / "config.toml").write_text("[clipper]\n", "utf-8")
                ways: dict[str, Callable[[], Taken]] = {
                    "clipper add": lambda room=room: run_clipper(path, room),  # type: ignore[misc]
                    "clipper add, again": lambda room=room: run_clipper(path, room),  # type: ignore[misc]
                    "trafilatura, one process": lambda room=room: run_trafilatura(path, room, 1),  # type: ignore[misc]
                    "trafilatura, two processes": lambda room=room: run_trafilatura(path, room, 2),  # type: ignore[misc]
                }
                for way, run in ways.items():
                    one = run()
                    taken.setdefault(way, []).append(one)
                    print(f"round {number + 1}: {way}: {given.pages / one.seconds:.1f} pages a second", file=sys.stderr)
    show(taken, given.pages, f"{size:.0f} MB, {os.cpu_count()} processors, {given.rounds} rounds")


def show(taken: dict[str, list[Taken]], pages: int, about: str) -> None:
    """Print the table."""
    print(f"{pages} pages in one .warc.gz file, {about}\n")
    print("| way | pages/s, median | best | articles | MB resident, most: the process | with its children | "
          "clipper add is … times as fast |")  # fmt: skip
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    mine = statistics.median(one.seconds for one in taken["clipper add"])
    for way, rows in taken.items():
        median = statistics.median(one.seconds for one in rows)
        best = min(one.seconds for one in rows)
        print(
            f"| {way} | {pages / median:.1f} | {pages / best:.1f} | {rows[-1].articles or '–'} | "
            f"{max(one.alone for one in rows) / 1e6:.0f} | {max(one.together for one in rows) / 1e6:.0f} | "
            f"{median / mine:.2f} |"
        )


if __name__ == "__main__":
    main()
