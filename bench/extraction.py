"""How well and how fast a page is read: clipper's read_page beside trafilatura with and without its metadata.

Bodies are scored as the article-extraction-benchmark of Scrapinghub scores them: runs of four words, counted;
precision and recall a page, their means over the pages, F1 of the means. Segments are those of trafilatura's own
evaluation: what must be in the text, and what must not. Titles, days and sets of authors count when they are exact.
Seconds are processor time on one core, a page's least of three passes: what is loaded at first use is no page's time,
and neither is what else the machine does. Prints a Markdown table.

    python bench/extraction.py [FOLDER]     (a folder of ID.html.gz and truth.jsonl; default: ../shared/pages)
"""

from __future__ import annotations

import gzip
import json
import re
import statistics
import sys
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trafilatura

from clipper.collect.dates import parse_date
from clipper.collect.facts import hear
from clipper.collect.page import decode, read_page, unpacked
from clipper.errors import ClipperError

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "pages"
RUN = 4  # words
PASSES = 3
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Reading:
    """What one tool found on one page."""

    text: str = ""
    title: str = ""
    date: str = ""
    authors: frozenset[str] = frozenset()


def by_clipper(raw: bytes, url: str) -> Reading:
    """Return what clipper reads, without a feed to help it; nothing where the page is refused."""
    try:
        page = read_page(raw, url)
    except ClipperError:
        return Reading()
    facts = hear(page.stated, page.guessed)
    return Reading(page.text, facts.title or "", facts.published or "", _names(facts.authors))


def by_trafilatura(raw: bytes, url: str) -> Reading:
    """Return what trafilatura finds with its metadata."""
    found = trafilatura.bare_extraction(decode(unpacked(raw)), url=url, include_comments=False, with_metadata=True)
    if found is None:
        return Reading()
    authors = [name.strip() for name in (found.author or "").split(";") if name.strip()]
    return Reading(found.text or "", found.title or "", parse_date(found.date) or "", _names(authors))


def by_trafilatura_alone(raw: bytes, url: str) -> Reading:
    """Return the text that trafilatura finds, and no facts."""
    found = trafilatura.bare_extraction(decode(unpacked(raw)), url=url, include_comments=False)
    return Reading((found.text or "") if found is not None else "")


TOOLS: dict[str, Callable[[bytes, str], Reading]] = {
    "clipper": by_clipper,
    "trafilatura with metadata": by_trafilatura,
    "trafilatura, text only": by_trafilatura_alone,
}


def _names(authors: Any) -> frozenset[str]:
    return frozenset(name.casefold() for name in authors)


def overlap(true: str, found: str) -> tuple[float, float]:
    """Return precision and recall of a text's runs of four words."""
    wanted, got = _runs(true), _runs(found)
    common = (wanted & got).total()
    return (common / got.total() if got else 0.0), (common / wanted.total() if wanted else 1.0)


def _runs(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(unicodedata.normalize("NFC", text))  # some truth is decomposed, and letters fall apart
    return Counter(tuple(words[i : i + RUN]) for i in range(max(1, len(words) - RUN + 1)) if words)


def score(pages: list[dict[str, Any]], readings: list[Reading]) -> dict[tuple[str, str], float]:
    """Return the scores by the set that a page is from and by field; the body's F1 among them."""
    exact: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    bodies: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for page, got in zip(pages, readings, strict=True):
        kind = page["src"]
        if page["body"]:
            bodies[kind].append(overlap(page["body"], got.text))
        if page["title"]:
            exact[kind, "title"].append(" ".join(page["title"].split()) == got.title)
        if page["date"]:
            exact[kind, "date"].append(page["date"][:10] == got.date)
        if page["authors"]:
            exact[kind, "authors"].append(_names(page["authors"]) == got.authors)
        flat = " ".join(got.text.split())
        exact[kind, "present"].extend(" ".join(s.split()) in flat for s in page["seg_with"] or ())
        exact[kind, "absent"].extend(" ".join(s.split()) not in flat for s in page["seg_without"] or ())
    scores = {key: statistics.mean(hits) for key, hits in exact.items() if hits}
    for kind, pairs in bodies.items():
        precision, recall = (statistics.mean(column) for column in zip(*pairs, strict=True))
        scores[kind, "body"] = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return scores


def load(folder: Path) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Return what is known of the pages of a folder, and the pages."""
    pages = [json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()]
    return pages, [gzip.decompress((folder / f"{page['id']}.html.gz").read_bytes()) for page in pages]


def run(
    pages: list[dict[str, Any]], raw: list[bytes], tool: Callable[[bytes, str], Reading]
) -> tuple[Any, list[float]]:
    """Return what a tool found on every page, and its seconds a page."""
    readings, seconds = [], []
    for page, body in zip(pages, raw, strict=True):
        began = time.process_time()
        readings.append(tool(body, page["url"]))
        seconds.append(time.process_time() - began)
    return readings, seconds


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    if not (folder / "truth.jsonl").is_file():
        sys.exit(f"no truth.jsonl in {folder}: name a folder of pages with truth")
    pages, raw = load(folder)
    measured = {}
    for name, tool in TOOLS.items():
        runs = [run(pages, raw, tool) for _ in range(PASSES)]
        least = [min(page) for page in zip(*(seconds for _, seconds in runs), strict=True)]
        measured[name] = (score(pages, runs[0][0]), least)
    print(f"{len(pages)} pages\n")
    print("| | " + " | ".join(measured) + " |")
    print("| --- |" + " ---: |" * len(measured))
    print("| pages/s | " + " | ".join(f"{len(s) / sum(s):.0f}" for _, s in measured.values()) + " |")
    print("| ms a page, mean | " + " | ".join(f"{1000 * statistics.mean(s):.1f}" for _, s in measured.values()) + " |")
    print("| ms, slowest page | " + " | ".join(f"{1000 * max(s):.0f}" for _, s in measured.values()) + " |")
    for key in sorted({key for scores, _ in measured.values() for key in scores}):
        cells = (f"{scores[key]:.3f}" if scores[key] else "–" for scores, _ in measured.values())
        print(f"| {key[0]}: {key[1]} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
