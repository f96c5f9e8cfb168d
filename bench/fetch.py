"""How fast a thousand pages come from twenty hosts into an archive, beside trafilatura in one run.

* ``clipper fetch``: feeds, robots.txt, one connection a host, text and metadata, near duplicates, JSONL and WARC
  with fsync.
* the trafilatura command with 16 threads and no delay: the same URLs, text and metadata into files.
* trafilatura in one process, with metadata, over the same pages read from memory: no network at all.

Each server runs in a process of its own whose processor seconds are told: they are taken from the same processors.
Prints a Markdown table of the best and the median of the rounds, and ratios of the medians.

    python bench/fetch.py [FOLDER] [--pages 1000] [--rounds 3]
    python bench/fetch.py --memory          resident memory of clipper fetch after 2,000 pages and after 20,000
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from news_site import path_of, saved, with_own_paragraph

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "shared" / "pages"
OWN = HERE.parent / "tests" / "pages"
PORT, HOSTS, LATENCY = 18200, 20, 0.05
LIMIT = 1800.0

_ALONE = """
import json, sys, time
import trafilatura
pages = [json.loads(line) for line in sys.stdin]
start = time.perf_counter()
for page in pages:
    trafilatura.extract(page["html"], url=page["url"], with_metadata=True, output_format="json")
print(time.perf_counter() - start)
"""


@contextmanager
def site(folder: Path, pages: int) -> Iterator[Callable[[], float]]:
    """Serve pages; give a function that ends it and returns its processor seconds."""
    command = [sys.executable, str(HERE / "news_site.py"), str(folder), "--pages", str(pages), "--port", str(PORT)]
    command += ["--hosts", str(HOSTS), "--latency", str(LATENCY), "--seconds", str(LIMIT)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdin
        assert process.stdout.readline() == "ready\n"

        def end() -> float:
            assert process.stdin and process.stdout
            process.stdin.close()
            return float(process.stdout.readline())

        yield end
        process.kill()


def project(folder: Path) -> None:
    """Make a project whose sources are the hosts' feeds."""
    (folder / "data" / "archive" / "articles").mkdir(parents=True)
    sources = "".join(f'[[source]]\nname = "{n}"\nurl = "http://127.0.0.1:{PORT + n}/feed.xml"\n' for n in range(HOSTS))
    (folder / "config.toml").write_text(
        f'[clipper]\n[fetch]\ndelay = 0\nconcurrency = {HOSTS}\nallow_hosts = ["127.0.0.1"]\n{sources}', "utf-8"
    )


def run_clipper(folder: Path, pages: int) -> tuple[float, float, int]:
    """Return the seconds of a fetch, the server's processor seconds, and how many articles came."""
    with tempfile.TemporaryDirectory() as room, site(folder, pages) as end:
        project(Path(room))
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "clipper", "fetch"], cwd=room, check=False, stderr=subprocess.DEVNULL, timeout=LIMIT
        )
        seconds = time.perf_counter() - start
        files = (Path(room) / "data" / "archive" / "articles").glob("*.jsonl")
        return seconds, end(), sum(len(file.read_bytes().splitlines()) for file in files)


def run_trafilatura(folder: Path, pages: int) -> tuple[float, float, int]:
    """Return the same of the trafilatura command."""
    with tempfile.TemporaryDirectory() as room, site(folder, pages) as end:
        urls = (f"http://127.0.0.1:{PORT + n % HOSTS}{path_of(n)}" for n in range(pages))
        (Path(room) / "urls.txt").write_text("\n".join(urls), "utf-8")
        import trafilatura

        settings = (Path(trafilatura.__file__).parent / "settings.cfg").read_text("utf-8")
        settings = settings.replace("SLEEP_TIME = 5.0", "SLEEP_TIME = 0").replace(
            "SSRF_PROTECTION = on", "SSRF_PROTECTION = off"
        )
        (Path(room) / "settings.cfg").write_text(settings, "utf-8")
        command = [str(Path(sys.executable).with_name("trafilatura")), "-i", "urls.txt", "-o", "out", "--json"]
        command += ["--with-metadata", "--parallel", "16", "--config-file", "settings.cfg"]
        start = time.perf_counter()
        subprocess.run(
            command, cwd=room, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=LIMIT
        )
        seconds = time.perf_counter() - start
        return seconds, end(), sum(1 for path in (Path(room) / "out").rglob("*") if path.is_file())


def run_alone(folder: Path, pages: int) -> tuple[float, float, int]:
    """Return the same of trafilatura in one process, without a network."""
    base = saved(folder)
    lines = []
    for number in range(pages):
        html = with_own_paragraph(base[number % len(base)], number).decode("utf-8", "replace")
        lines.append(json.dumps({"html": html, "url": f"http://127.0.0.1{path_of(number)}"}))
    done = subprocess.run(
        [sys.executable, "-c", _ALONE], input="\n".join(lines), capture_output=True, text=True, check=True
    )
    return float(done.stdout), 0.0, pages


def throughput(folder: Path, pages: int, rounds: int) -> None:
    """Print the table of speeds."""
    ways: dict[str, Callable[[Path, int], tuple[float, float, int]]] = {
        "clipper fetch": run_clipper,
        "trafilatura command, 16 threads": run_trafilatura,
        "trafilatura, one process, no network": run_alone,
    }
    taken: dict[str, list[tuple[float, float, int]]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            taken[name].append(way(folder, pages))
            print(f"round {number + 1}: {name}: {pages / taken[name][-1][0]:.1f} pages a second", file=sys.stderr)
    print(f"{pages} pages, {HOSTS} hosts, {LATENCY * 1000:.0f} ms, {os.cpu_count()} processors, {rounds} rounds\n")
    print("| way | pages/s, median | best | articles | server's CPU s | clipper is … times as fast |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    mine = statistics.median(seconds for seconds, _, _ in taken["clipper fetch"])
    for name, rows in taken.items():
        median = statistics.median(seconds for seconds, _, _ in rows)
        best = min(seconds for seconds, _, _ in rows)
        print(
            f"| {name} | {pages / median:.1f} | {pages / best:.1f} | {rows[-1][2]} | {rows[-1][1]:.1f} | "
            f"{median / mine:.2f} |"
        )


def memory(folder: Path) -> None:
    """Print the resident memory of a fetch, its worker processes included, after 2,000 pages and after 20,000."""
    with tempfile.TemporaryDirectory() as room, site(folder, 20_500) as end:
        project(Path(room))
        process = subprocess.Popen([sys.executable, "-m", "clipper", "fetch", "--json"], cwd=room,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
        assert process.stdout
        samples: list[tuple[int, int]] = []
        count = 0

        def sample() -> None:
            while process.poll() is None:
                samples.append((count, _resident(process.pid)))
                time.sleep(0.2)

        thread = threading.Thread(target=sample)
        thread.start()
        for _ in process.stdout:
            count += 1
        process.wait()
        thread.join()
        end()
    print("| pages | resident MB: clipper and its workers, median of the last 200 pages |")
    print("| ---: | ---: |")
    found = {}
    for pages in (500, 2_000, 5_000, 10_000, 20_000):
        near = [size for at, size in samples if pages - 200 <= at <= pages + 200]
        found[pages] = statistics.median(near) if near else float("nan")
        print(f"| {pages} | {found[pages] / 1e6:.0f} |")
    print(f"\nafter 20,000 pages {found[20_000] / found[2_000]:.2f} times that after 2,000")


def _resident(pid: int) -> int:
    """Return the resident bytes of a process and its children (Linux)."""
    size = 0
    children: dict[int, list[int]] = {}
    pages: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parts = (path / "stat").read_text().rpartition(")")[2].split()
            children.setdefault(int(parts[1]), []).append(int(path.name))
            pages[int(path.name)] = int(parts[21])
        except (OSError, ValueError, IndexError):
            continue
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        size += pages.get(one, 0) * os.sysconf("SC_PAGE_SIZE")
        waiting += children.get(one, [])
    return size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=SHARED if SHARED.is_dir() else OWN)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    if given.memory:
        memory(given.folder)
    else:
        throughput(given.folder, given.pages, given.rounds)


if __name__ == "__main__":
    main()
