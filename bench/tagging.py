"""How fast an archive is tagged, beside the bare scikit-learn pipeline on the same texts in one run.

* ``clipper tag`` on a new archive: windows, classes, phrases, probabilities, the JSONL with fsync. The model is built
  beforehand; the start of the processes is counted.
* scikit-learn in one process and in two that take turns: the texts from the same JSONL, ``TfidfVectorizer`` of words
  and of parts of words with clipper's settings, fourteen linear SVMs; nothing is kept, and neither the training nor
  the start of the process is counted.

With ``--stopped`` the first ``clipper tag`` is interrupted half way and the rest done by a second, to see that nothing
is done twice. The articles are made of sentences of the passages that ship, about 600 words each. Prints a Markdown
table of the medians, the most memory that was resident, and ratios.

    python bench/tagging.py [--articles 10000] [--rounds 3] [--stopped]
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from clipper.archive.store import Archive
from clipper.checksums import checksum
from clipper.coding import codebook, modelcache
from clipper.models import Article
from clipper.places import shipped
from clipper.text import sentences
from webarchive import watched

WORDS = 600
BATCH = 500

_BARE = """
import json, sys, time
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.svm import LinearSVC
examples, articles, part, parts = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rows = [json.loads(line) for line in open(examples, encoding="utf-8")]
same = {"sublinear_tf": True, "min_df": 2}
words = TfidfVectorizer(ngram_range=(1, 3), **same)
parts_of_words = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), **same)
bare = make_pipeline(make_union(words, parts_of_words), OneVsRestClassifier(LinearSVC(C=0.4)))
themes = MultiLabelBinarizer().fit_transform([row["themes"] for row in rows])
bare.fit([row["title"] + row["text"] for row in rows], themes)
start, batch = time.perf_counter(), []
with open(articles, encoding="utf-8") as file:
    for number, line in enumerate(file):
        if number // 200 % parts != part:
            continue
        article = json.loads(line)
        batch.append(article["title"] + "\\n" + article["text"])
        if len(batch) == 200:
            bare.decision_function(batch)
            batch = []
if batch:
    bare.decision_function(batch)
print(time.perf_counter() - start)
"""


def made(count: int) -> Iterator[Article]:
    """Yield so many articles of the sentences of the passages, the same at every run."""
    with shipped("examples.jsonl").open(encoding="utf-8") as file:
        pool = [s for line in file for s in sentences(json.loads(line)["text"].replace("\n", " "))]
    lot = random.Random(7)
    for number in range(count):
        words, paragraphs = 0, []
        while words < WORDS:
            paragraphs.append(" ".join(lot.choices(pool, k=4)))
            words += len(paragraphs[-1].split())
        text = "\n\n".join(paragraphs)
        yield Article(
            id=f"{number:016x}", title=lot.choice(pool)[:80], text=text, sha256=checksum(text), source="made",
            fetched="2026-01-01T00:00:00Z",
        )  # fmt: skip


def fill(folder: Path, count: int) -> Path:
    """Make a project with an archive of so many articles; return the file that they stand in."""
    (folder / "data").mkdir(parents=True)
    (folder / "config.toml").write_text("[clipper]\n", "utf-8")
    (folder / "data" / "codebook.toml").write_bytes(shipped("codebook.toml").read_bytes())
    Archive.create(folder / "data" / "archive")
    archive, waiting = Archive(folder / "data" / "archive"), []
    for article in made(count):
        waiting.append(article)
        if len(waiting) == BATCH:
            with archive.writing() as writer:
                writer.articles(waiting)
            waiting = []
    if waiting:
        with archive.writing() as writer:
            writer.articles(waiting)
    (path,) = (folder / "data" / "archive" / "articles").glob("*.jsonl")
    return path


def taggings(folder: Path) -> list[str]:
    """Return which articles have tags, one name for each line."""
    with (folder / "data" / "archive" / "tags.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line)["article"] for line in file]


def stopped(command: list[str], folder: Path, count: int) -> str:
    """Interrupt the tagging half way and go on; return what was seen."""
    running = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    path = folder / "data" / "archive" / "tags.jsonl"
    while running.poll() is None and (not path.exists() or len(taggings(folder)) < count // 2):
        time.sleep(1)
    running.send_signal(signal.SIGINT)
    code, before = running.wait(timeout=60), len(taggings(folder))
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    found = taggings(folder)
    return (
        f"Interrupted after {before:,} of {count:,} (exit {code}), then gone on: {len(found):,} lines, "
        f"{len(found) - len(set(found))} articles twice, {count - len(set(found))} missing."
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stopped", action="store_true")
    given = parser.parse_args()
    tag = [sys.executable, "-m", "clipper", "tag"]
    seconds: dict[str, list[float]] = {}
    memory: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        articles = fill(folder, given.articles)
        modelcache.get(codebook.load(folder / "data" / "codebook.toml"))
        if given.stopped:
            print(stopped(tag, folder, given.articles) + "\n")
        for _ in range(given.rounds):
            (folder / "data" / "archive" / "tags.jsonl").unlink(missing_ok=True)
            _, taken, _, most = watched([tag], folder)
            assert len(taggings(folder)) == given.articles
            seconds.setdefault("clipper tag", []).append(taken)
            memory["clipper tag"] = max(memory.get("clipper tag", 0), most)
            for parts, way in ((1, "scikit-learn, one process"), (2, "scikit-learn, two processes")):
                bare = [sys.executable, "-c", _BARE, str(shipped("examples.jsonl")), str(articles)]
                printed, _, _, most = watched([[*bare, str(part), str(parts)] for part in range(parts)], folder)
                seconds.setdefault(way, []).append(max(float(said) for said in printed))
                memory[way] = max(memory.get(way, 0), most)
    print(f"{given.articles:,} articles of {WORDS} words, {given.rounds} rounds\n")
    print("| way | articles/s, median | best | MB resident, most, all processes | clipper tag is … times as fast |")
    print("| --- | ---: | ---: | ---: | ---: |")
    mine = statistics.median(seconds["clipper tag"])
    for way, taken_by in seconds.items():
        median = statistics.median(taken_by)
        print(
            f"| {way} | {given.articles / median:.0f} | {given.articles / min(taken_by):.0f} | "
            f"{memory[way] / 1e6:.0f} | {median / mine:.2f} |"
        )


if __name__ == "__main__":
    main()
