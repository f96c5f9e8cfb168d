"""How long a site takes to make, how much memory, how heavy its pages are, and what one more article costs.

The installed command makes the site of an archive in a process of its own (the model's processes beside it): from
nothing; from nothing again with the deciding sentences known; with nothing changed; and with one more article. Told
are seconds, the processor's seconds of all processes, and the most memory that the largest process held; then the
number and the weight of each kind of page, as they lie there and packed as a web server sends them.

    python bench/publish.py [--articles 50000] [--words 500]      an archive made for this
    python bench/publish.py --project DIR                         made by bench/archives.py before; it gains an article
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import archives
from clipper.archive.store import Archive

CLIPPER = str(Path(sys.executable).with_name("clipper"))
_ONE = """
import json, resource, subprocess, sys, time
begun = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss,
                  done.stdout.decode()]))
"""
KINDS = {
    "front page": "index.html",
    "about": "about.html",
    "theme": "themes/*/index.html",
    "theme's year": "themes/*/[0-9]*.html",
    "outlet": "outlets/*/index.html",
    "outlet's year": "outlets/*/[0-9u]*.html",
    "month": "months/[0-9u]*.html",
    "indexes": "*/index.html",
    "article": "a/*/*.html",
    "feed": "feeds/*.atom",
    "search": "search/**/*.js",
    "static": "static/*",
}


class Cost(NamedTuple):
    """What a run took: seconds, seconds of the processor, megabytes at most; and what the command said of it."""

    seconds: float
    busy: float
    memory: float
    said: dict[str, Any]


def publish(project: Path, site: Path, *more: str) -> Cost:
    """Make a site; what the command prints on stderr is passed on."""
    command = [CLIPPER, "--config", str(project / "config.toml"), "publish", "--json", str(site), *more]
    done = subprocess.run([sys.executable, "-c", _ONE, *command], stdout=subprocess.PIPE, check=True)
    code, seconds, busy, memory, out = json.loads(done.stdout)
    if code:
        raise SystemExit(f"clipper publish ended with {code}")
    return Cost(seconds, busy, memory / (1 << 10 if sys.platform != "darwin" else 1 << 20), json.loads(out))


def table(rows: list[tuple[Any, ...]], *head: str) -> None:
    """Print a Markdown table."""
    print("\n| " + " | ".join(head) + " |\n| " + " | ".join(["---", *["---:"] * (len(head) - 1)]) + " |")
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def weights(site: Path) -> list[tuple[Any, ...]]:
    """Return for each kind of page how many there are and what they weigh: the middle one, the largest, all."""
    rows: list[tuple[Any, ...]] = []
    for kind, pattern in KINDS.items():
        paths = sorted(site.glob(pattern), key=lambda path: path.stat().st_size)
        if paths:
            sizes = [path.stat().st_size for path in paths]
            packed = len(gzip.compress(paths[-1].read_bytes(), 6))
            rows.append((kind, f"{len(paths):,}", _kb(statistics.median(sizes)), _kb(sizes[-1]), _kb(packed),
                         f"{sum(sizes) / 1e6:,.1f}"))  # fmt: skip
    return rows


def _kb(size: float) -> str:
    return f"{size / 1e3:,.1f}"


def main() -> None:
    """Measure and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=50_000)
    parser.add_argument("--words", type=int, default=500, help="the median of an article")
    parser.add_argument("--project", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-publish-") as room:
        project = given.project or Path(room) / "project"
        if given.project is None:
            archives.make(project, given.articles, words=given.words)
        find = [CLIPPER, "--config", str(project / "config.toml"), "search", "--count", "nurses"]
        begun = time.perf_counter()
        subprocess.run(find, check=True, stdout=subprocess.DEVNULL)  # the index is there in daily work
        print(f"indexing: {time.perf_counter() - begun:.0f} s")
        site = Path(room) / "site"
        runs = {"from nothing": publish(project, site)}
        runs["anew, sentences known"] = publish(project, site, "--full")
        runs["nothing changed"] = publish(project, site)
        archive = Archive(project / "data" / "archive")
        with archive.writing() as writer:
            writer.articles(archives.news(project, 1))
        archive.catalogue.close()
        subprocess.run(find, check=True, stdout=subprocess.DEVNULL)
        runs["one more article"] = publish(project, site)
        rows = [
            (name, f"{cost.seconds:,.1f}", f"{cost.busy:,.1f}", f"{cost.memory:,.0f}", f"{cost.said['made']:,}",
             f"{cost.said['written']:,}")
            for name, cost in runs.items()
        ]  # fmt: skip
        table(rows, "run", "seconds", "processor", "MB at most", "articles made", "files written")
        table(weights(site), "page", "number", "kB (median)", "kB (largest)", "packed", "MB in all")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"\n(this program itself: {own / 1024:.0f} MB)")


if __name__ == "__main__":
    main()
