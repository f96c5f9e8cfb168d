"""How fast an archive is searched, beside ripgrep over the same lines in one run.

Every kind of query runs in a fresh process, from its start to its end: the installed command ``clipper search``, with
what it prints in a file, and ripgrep over the JSONL with the pattern or the row of patterns that comes nearest.
ripgrep ranks nothing, knows no stems and counts lines, in which a word may stand outside of the text; its patterns are
the fastest that serve (bytes rather than Unicode, one space between the words of a phrase). Where the best or newest
are asked for it reads all lines, as it would have to. Round by round clipper and ripgrep take turns; the files are in
memory. Prints a Markdown table of medians.

    python bench/search.py [--articles 100000] [--rounds 5] [--rg PATH]     an archive made for this
    python bench/search.py --project DIR                                    one made by bench/archives.py before
    python bench/search.py --project DIR --memory    the most private memory of each kind of query
    python bench/search.py --project DIR --news      what it costs to take in 100 new articles, which stay there
    python bench/search.py --project DIR --build     building the index, beside a bare tantivy build

An archive on whose words the queries rest is made by ``bench/archives.py``.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import archives
from clipper.archive.store import Archive

CLIPPER = Path(sys.executable).with_name("clipper")
NEWS = 100
HEAP = 256  # MB for the writer of the bare build

_PRIVATE = re.compile(r"^RssAnon:\s+(\d+) kB", re.MULTILINE)

# The fields that clipper's index has, cut and stemmed by the engine itself; but for pairs of common words, which it
# cannot make: so it has a little less to do.
_BARE = """
import json, sys, tantivy
from pathlib import Path
archive, folder, heap = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
F, A = tantivy.Filter, lambda: tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
plain = A().filter(F.lowercase()).filter(F.ascii_fold()).build()
english = A().filter(F.lowercase()).filter(F.ascii_fold()).filter(F.stemmer("English")).build()
schema = tantivy.SchemaBuilder()
for name in ("text", "title"):
    schema.add_text_field(name, tokenizer_name="english")
for name in ("author", "outlet"):
    schema.add_text_field(name, tokenizer_name="plain")
for name in ("word", "title_word"):
    schema.add_text_field(name, tokenizer_name="plain", index_option="basic")
for name in ("theme", "source", "kind", "coder", "outlet_name"):
    schema.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
schema.add_text_field("flag", tokenizer_name="raw", index_option="basic")
schema.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
for name in ("number", "group"):
    schema.add_unsigned_field(name, indexed=True, fast=True)
for name in ("first_day", "last_day", "newest", "oldest", "month"):
    schema.add_integer_field(name, fast=True)
index = tantivy.Index(schema.build(), folder)
index.register_tokenizer("english", english)
index.register_tokenizer("plain", plain)
writer = index.writer(heap << 20, num_threads=0)
tags = open(archive / "tags.jsonl", encoding="utf-8")
for path in sorted((archive / "articles").glob("*.jsonl")):
    for line in open(path, encoding="utf-8"):
        article = json.loads(line)
        document = tantivy.Document()
        copied = article["duplicate_of"]
        for part in (article["title"], article["text"], *article["authors"]):
            document.add_text("text", part)
            document.add_text("word", part)
        document.add_text("title", article["title"])
        document.add_text("title_word", article["title"])
        for author in article["authors"]:
            document.add_text("author", author)
        for name in ("outlet", "outlet_name"):
            document.add_text(name, article["outlet"] or "")
        document.add_text("source", article["source"])
        document.add_text("kind", article["kind"])
        if article["kind"] != "page":
            for tag in json.loads(next(tags, '{"tags": []}'))["tags"]:
                document.add_text("theme", tag["theme"])
        if copied:
            document.add_text("flag", "copy")
        document.add_unsigned("number", int(article["id"], 16))
        document.add_unsigned("group", int(copied or article["id"], 16))
        day = int((article["published"] or "0").replace("-", "").ljust(8, "0"))
        for name in ("first_day", "last_day"):
            document.add_integer(name, day)
        for name in ("newest", "oldest"):
            document.add_integer(name, day * 10**10)
        document.add_integer("month", day // 100)
        writer.add_document(document)
writer.commit()
writer.wait_merging_threads()
"""


class Kind(NamedTuple):
    """One kind of query: what is asked, with which options, and how ripgrep is asked for the nearest to it.

    ``rg`` is a pipe for the shell, in which ``{rg}`` stands for ripgrep, ``{files}`` for the archive's articles.
    """

    name: str
    query: str
    options: tuple[str, ...] = ()
    rg: str | None = None
    command: tuple[str, ...] = ("search",)
    empty: bool = False  # asked of an archive without articles
    typed: str | None = None  # what stands on the line at which the shell asks for completions


def kinds() -> list[Kind]:
    """Return every kind of query, with words of the generator's vocabulary."""
    rare = archives.vocabulary().words[-1000]
    return [
        Kind("rare word", rare, rg=_word(rare)),
        Kind("word in 90% of all articles", "health", rg=_word("health")),
        Kind("the commonest word", "the", rg=_word("the")),
        Kind("phrase", '"cottage hospital"', rg=_row("cottage hospital")),
        Kind("phrase of common words", '"of the"', rg=_row("of the")),
        Kind("phrase of three common words", '"as well as"', rg=_row("as well as")),
        Kind("phrase of four words", '"one of the health"', rg=_row("one of the health")),
        Kind("AND of three", "commissioning deficit hospice", rg=_all("commissioning", "deficit", "hospice")),
        Kind("AND of three common words", "health care staff", rg=_all("health", "care", "staff")),
        Kind("OR of five", "merger OR hospice OR coroner OR obesity OR Stevenage",
             rg="{rg} -iwc -e merger -e hospice -e coroner -e obesity -e stevenage {files}"),
        Kind("NOT", "tender NOT contractor", rg="{rg} -iw tender {files} | {rg} -iwvc contractor"),
        Kind("theme and dates", "tender theme:privatisation since:2014-03 until:2015-06",
             rg="""{rg} '"published": "(2014-(0[3-9]|1)|2015-0[1-6])' {files} | {rg} -iwc tender"""),
        Kind("prefix", "privatis*", rg=r"{rg} -ic '\bprivatis\w*' {files}"),
        Kind("one slip of the pen", "comissioning~1", rg=_fuzzy("comissioning")),
        Kind("near", '"contractor deficit"~5', rg=_near("contractor", "deficit")),
        Kind("field", "title:merger", rg=r"""{rg} -ic '"title": "[^"]*\bmerger\b' {files}"""),
        Kind("money", "£120m", rg="{rg} --unicode -iwc £120m {files}"),
        Kind("spelling", "organisation", rg="{rg} -iwc -e organisation -e organization {files}"),
        Kind("newest", "", rg="""{rg} '"published": "2026-10' {files} | tail -n 20"""),
        Kind("sorted by date", "tender", ("--sort", "date"),
             rg="""{rg} -iw tender {files} | {rg} -o '"published": "[^"]*' | sort -r | head -n 20"""),
        Kind("facets", "tender", ("--facets", "theme,outlet,year"),
             rg="""{rg} -iw tender {files} | {rg} -o '"outlet": "[^"]*' | sort | uniq -c"""),
        Kind("count", "tender", ("--count",), rg=_word("tender")),
        Kind("1,000 ids", "tender", ("--ids", "-n", "1000"),
             rg="""{rg} -iw tender {files} | {rg} -o '"id": "[^"]*' | tail -n 1000"""),
        Kind("JSON", "tender", ("--json", "-n", "20"), rg="{rg} -iw tender {files} | tail -n 20"),
        Kind("empty archive", "tender", empty=True),
        Kind("help", "", command=("--help",)),
        Kind("completion of a command", "", command=(), typed="clipper sea"),
        Kind("completion of an outlet", "", command=(), typed="clipper search --outlet The"),
    ]  # fmt: skip


def _word(word: str) -> str:
    return f"{{rg}} -iwc {word} {{files}}"


def _row(words: str) -> str:
    return f"{{rg}} -iwc '{words}' {{files}}"


def _all(first: str, *rest: str) -> str:
    *middle, last = rest
    return f"{{rg}} -iw {first} {{files}} | " + "".join(f"{{rg}} -iw {w} | " for w in middle) + f"{{rg}} -iwc {last}"


def _near(one: str, other: str) -> str:
    ways = (rf"-e '\b{a}\W+(\w+\W+){{{{0,5}}}}{b}\b'" for a, b in ((one, other), (other, one)))
    return f"{{rg}} -ic {' '.join(ways)} {{files}}"


def _fuzzy(word: str) -> str:
    """Return a pattern for words with one letter more, fewer or other."""
    other = [rf"{word[:n]}\w?{word[n + 1 :]}" for n in range(len(word))]
    more = [rf"{word[:n]}\w{word[n:]}" for n in range(len(word) + 1)]
    return "{rg} -iwc '" + "|".join(other + more) + "' {files}"


class Bench:
    """One archive, an empty one beside it, and the processes that are measured."""

    def __init__(self, project: Path, room: Path, rg: str) -> None:
        self.project, self.room = project, room
        self.empty = room / "empty"
        archives.begin(self.empty)
        files = shlex.quote(str(project / "data" / "archive" / "articles"))
        self._shell = {
            "rg": f"{rg} --no-config --no-ignore --no-unicode --no-filename --no-line-number",
            "files": files,
        }
        self._told = room / "told"

    def command(self, kind: Kind, *more: str) -> tuple[list[str], Path, dict[str, str]]:
        """Return the command line of a kind of query, the folder to run it in, and its environment."""
        line = [str(CLIPPER), *kind.command]
        if kind.command == ("search",):
            line += [kind.query] if kind.query else []
        line += more or kind.options
        environment = dict(os.environ)
        if kind.typed:
            environment |= {"_CLIPPER_COMPLETE": "bash", "CLIPPER_LINE": kind.typed}
        return line, self.empty if kind.empty else self.project, environment

    def clipper(self, kind: Kind) -> float:
        """Return the seconds that clipper takes, from its start to its end."""
        line, folder, environment = self.command(kind)
        return self._seconds(line, folder, environment)

    def ripgrep(self, kind: Kind) -> float:
        """Return the seconds that ripgrep takes, all processes of the pipe."""
        assert kind.rg is not None
        return self._seconds(["sh", "-c", kind.rg.format(**self._shell)], self.room, dict(os.environ))

    def python(self) -> float:
        """Return the seconds that Python takes to do nothing."""
        return self._seconds([sys.executable, "-c", "pass"], self.room, dict(os.environ))

    def _seconds(self, line: list[str], folder: Path, environment: dict[str, str]) -> float:
        with self._told.open("wb") as told:
            start = time.perf_counter()
            subprocess.run(line, cwd=folder, env=environment, stdout=told, stderr=subprocess.DEVNULL, check=False)
            return time.perf_counter() - start

    def hits(self, kind: Kind) -> str:
        """Return how many articles clipper finds, or in its own words why it does not."""
        line, folder, environment = self.command(kind, *(["--count"] if kind.command == ("search",) else []))
        run = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if kind.command != ("search",):
            return "–" if run.returncode == 0 else f"exit {run.returncode}"
        said = run.stdout.strip()
        return f"{int(said):,}" if said.isdigit() else f"exit {run.returncode}: {shown(run.stderr.strip()[:60])}"

    def memory(self, kind: Kind) -> int:
        """Return the most bytes of private memory that clipper held: what is mapped from files is not its own."""
        line, folder, environment = self.command(kind)
        most = 0
        with subprocess.Popen(
            line, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            status = Path(f"/proc/{running.pid}/status")
            while running.poll() is None:
                if found := _PRIVATE.search(status.read_text("ascii", "replace")):
                    most = max(most, int(found[1]) * 1024)
        return most


def shown(text: str) -> str:
    """Return text for a cell of a table, in one line."""
    return " ".join(text.split()).replace("|", "\\|")


def milliseconds(taken: list[float]) -> str:
    return f"{statistics.median(taken) * 1000:,.0f}"


def speed(bench: Bench, rounds: int) -> None:
    """Print the table of all kinds of queries beside ripgrep."""
    asked = kinds()
    found = {}
    for kind in asked:  # not measured: brings the index up to date and the files into memory
        found[kind] = bench.hits(kind)
        bench.clipper(kind)
    mine: dict[Kind, list[float]] = {kind: [] for kind in asked}
    theirs: dict[Kind, list[float]] = {kind: [] for kind in asked if kind.rg}
    nothing = []
    for number in range(rounds):
        for kind in asked:
            nothing.append(bench.python())
            mine[kind].append(bench.clipper(kind))
            if kind.rg:
                if not number:
                    bench.ripgrep(kind)
                theirs[kind].append(bench.ripgrep(kind))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    print(f"`python -c pass`: {milliseconds(nothing)} ms\n")
    print("| kind | query | hits | clipper ms | ripgrep ms | ripgrep / clipper |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for kind in asked:
        query = shown(" ".join([kind.query, *kind.options]).strip())
        beside = "– | –"
        if kind in theirs:
            ratio = statistics.median(theirs[kind]) / statistics.median(mine[kind])
            beside = f"{milliseconds(theirs[kind])} | {ratio:.1f}"
        print(
            f"| {kind.name} | {f'`{query}`' if query else ''} | {found[kind]} | {milliseconds(mine[kind])} | {beside} |"
        )


def memory(bench: Bench, rounds: int) -> None:
    """Print the most private memory of each kind of query."""
    print("| kind | private memory, MB, most |")
    print("| --- | ---: |")
    for kind in kinds():
        bench.clipper(kind)
        print(f"| {kind.name} | {max(bench.memory(kind) for _ in range(rounds)) / 1e6:.0f} |")


def news(bench: Bench, rounds: int) -> None:
    """Append articles, and print what the next search takes more than one without news."""
    kind = kinds()[0]
    bench.clipper(kind)
    with_news, without = [], []
    archive = Archive(bench.project / "data" / "archive")
    for _ in range(rounds):
        articles = archives.news(bench.project, NEWS)
        with archive.writing() as writer:
            writer.articles(articles)
        with_news.append(bench.clipper(kind))
        without += [bench.clipper(kind) for _ in range(3)]
    more = statistics.median(with_news) - statistics.median(without)
    print(
        f"A search after {NEWS} new articles: {milliseconds(with_news)} ms; without news: {milliseconds(without)} ms; "
        f"to take them in: {more * 1000:.0f} ms"
    )


def build(bench: Bench, rounds: int) -> None:
    """Print how long the index takes to build, beside a bare tantivy build of the same lines."""
    kind, archive = kinds()[0], bench.project / "data" / "archive"
    cache = archive / "cache"
    count = sum(1 for path in (archive / "articles").glob("*.jsonl") for _ in path.open("rb"))
    taken: dict[str, list[float]] = {}
    sizes: dict[str, int] = {}
    for number in range(rounds):
        for way, pattern in (("catalogue and index", "*"), ("index alone", "index*")):
            for path in cache.glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            taken.setdefault(way, []).append(bench.clipper(kind))
            sizes[way] = size_of(cache / "index")
            print(f"round {number + 1}: {way}: {taken[way][-1]:.0f} s", file=sys.stderr)
        with tempfile.TemporaryDirectory(dir=bench.room) as folder:
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", _BARE, str(archive), folder, str(HEAP)], check=True)
            taken.setdefault("bare tantivy", []).append(time.perf_counter() - start)
            sizes["bare tantivy"] = size_of(Path(folder))
            print(f"round {number + 1}: bare tantivy: {taken['bare tantivy'][-1]:.0f} s", file=sys.stderr)
    lines = sum(path.stat().st_size for path in (archive / "articles").glob("*.jsonl"))
    print("| way | seconds, median | articles/s | rate / bare | index, MB | index / JSONL |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    bare = statistics.median(taken["bare tantivy"])
    for way, seconds in taken.items():
        median = statistics.median(seconds)
        print(
            f"| {way} | {median:.1f} | {count / median:,.0f} | {bare / median:.2f} | {sizes[way] / 1e6:,.0f} | "
            f"{sizes[way] / lines:.2f} |"
        )


def size_of(folder: Path) -> int:
    """Return how many bytes the files of a folder have."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--project", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rg", default=shutil.which("rg"))
    ways = parser.add_mutually_exclusive_group()
    for way in (memory, news, build):
        ways.add_argument(f"--{way.__name__}", dest="way", action="store_const", const=way, default=speed)
    given = parser.parse_args()
    if given.way is speed and not given.rg:
        raise SystemExit("ripgrep is not installed (Debian: apt-get install ripgrep); or name it with --rg")
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        project = given.project
        if project is None:
            project = room / "project"
            archives.make(project, given.articles)
        bench = Bench(project.resolve(), room, given.rg or "rg")
        files = list((project / "data" / "archive" / "articles").glob("*.jsonl"))
        size = sum(file.stat().st_size for file in files) / 1e6
        machine = f"{os.cpu_count()} processors, Python {sys.version.split()[0]}"
        print(f"{project.name}: {len(files)} files of {size:,.0f} MB; {machine}; {given.rounds} rounds\n")
        given.way(bench, given.rounds)


if __name__ == "__main__":
    main()
