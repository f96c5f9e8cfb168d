"""What leaves clipper for a terminal or a pipe: nothing in it can move the cursor, reorder letters or run anything.

A hostile archive has such characters in every field that an outsider can fill. Every command is run on it, in every
form of its output; a command or an option that is not in the table below fails the test until it is.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from clipper.checksums import checksum
from clipper.cli.main import COMMANDS, cli
from clipper.config import Source
from clipper.models import SCHEMA
from clipper.sourcetables import as_toml
from conftest import Project, Reply, Site, article_page, on_terminal

# A window's title, blinking, what C1 makes of both, a link to a file, back and over what stands there, every way to
# reorder letters, line ends of other kinds, hidden letters, markup of the library that draws progress, a forged line.
EVIL = (
    "owned \x1b]0;owned\x07\x1b[5;41m\x9b5m\x9d8;;file:///etc/passwd\x9c\r\x08\x7f\x0b\x0c\x1c\x85\u202e\u202d\u2066\u2067"
    "\u200f\u061c\u2028\u2029\ufeff\ufffa\U000e0041\U000e0042[bold red]markup[/] [link=file:///etc]x[/link] \nforged"
)
SHORT = "owned \x1b[5m\x9b5m\u202e\u2028\U000e0041"  # for names that may not be longer
FORMULA = '=HYPERLINK("file:///") owned'
IDS = ["aaaa000000000001", "bbbb000000000002", "cccc000000000003"]
TEXTS = [
    f"The ward {EVIL} was sold to a private firm.\n\nA second paragraph {EVIL} about the private ward and its nurses.",
    f"The council {EVIL} ran its own ward well.\n\nNo firm was near, said {EVIL}.",
    f"Wards {EVIL} were counted, and {EVIL} nurses left for the coast in spring.",
]

CODEBOOK = """
[codebook]
name = {evil}
version = 1
[[theme]]
key = "sold"
name = {evil}
definition = {evil}
include = [{evil}]
exclude = [{evil}]
phrases = ["private firm*", "sold to"]
[[theme]]
key = "kept"
name = {other}
definition = {evil}
phrases = ["council", "ran its own"]
"""
EXAMPLES = [
    ("sold", "The clinic at {n} was sold to a private firm, and a second private firm took the laundry of ward {n}."),
    ("kept", "The council at {n} ran its own homes, and the council kept the nurses of home {n} in its own service."),
]


def toml(text: str) -> str:
    """Return a TOML string: what may not stand in it is escaped."""
    return (
        '"'
        + "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else f"\\U{ord(c):08X}" for c in text)
        + '"'
    )


def lines(path: Path, *records: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


@pytest.fixture
def hostile(project: Project, site: Site) -> Project:
    """A project whose every field is hostile, and a hostile site that it fetches from."""
    sources = [
        Source(name=EVIL, url=site.url("/feed.xml"), outlet=EVIL),
        Source(name="gone" + EVIL, url=site.url(f"/gone?{EVIL}".replace(" ", "")), drop=(EVIL,)),
    ]
    project.configure("\n".join(map(as_toml, sources)))
    book = CODEBOOK.format(evil=toml(EVIL), other=toml("other " + EVIL))
    head, sold, kept = book.split("[[theme]]")
    for key, form in EXAMPLES:
        more = "".join(
            f"[[theme.example]]\ntitle = {toml(EVIL)}\nwhy = {toml(EVIL)}\ntext = {toml(form.format(n=n) + EVIL)}\n"
            for n in range(6)
        )
        sold, kept = (sold + more, kept) if key == "sold" else (sold, kept + more)
    (project.folder / "data" / "codebook.toml").write_text("[[theme]]".join([head, sold, kept]), encoding="utf-8")
    archive = project.archive
    for file in archive.rglob("*.jsonl"):
        file.unlink()
    articles = [
        {
            "id": ident, "revision": 1, "kind": "article", "url": f"javascript:{EVIL}", "canonical": f"https://{EVIL}",
            "guid": EVIL + "\x00", "title": f"Ward {EVIL}\x00", "outlet": EVIL, "authors": [EVIL, FORMULA],
            "published": EVIL,
            "fetched": f"2026-01-0{number + 1}T00:00:00Z", "language": EVIL, "text": text, "excerpt": EVIL,
            "categories": [EVIL], "source": EVIL, "part_of": EVIL, "duplicate_of": None, "partial": number == 1,
            "sha256": checksum(text), "warc": {"file": f"warc/{EVIL}", "offset": 3}, "extractor": EVIL,
            "schema": SCHEMA,
        }
        for number, (ident, text) in enumerate(zip(IDS, TEXTS, strict=True))
    ]  # fmt: skip
    second = {**articles[0], "revision": 2, "title": f"Ward again {EVIL}", "text": TEXTS[0] + EVIL}
    second["sha256"] = checksum(second["text"])
    copy = {**articles[0], "id": "dddd000000000004", "duplicate_of": IDS[0], "outlet": "copy" + EVIL}
    named = {**articles[2], "id": "eeee" + EVIL}
    lines(archive / "articles" / "2026-01.jsonl", *articles, second, copy, named)
    label = {
        "article": IDS[0],
        "revision": 2,
        "theme": "sold",
        "value": True,
        "coder": EVIL,
        "round": SHORT,
        "at": EVIL,
        "schema": SCHEMA,
    }
    each = [{**label, "article": ident} for ident in IDS]  # too few to judge tags by, which takes a minute
    lines(
        archive / "labels.jsonl", label, {**label, "coder": FORMULA, "value": False}, {**label, "theme": EVIL},
        *({**one, "round": None, "value": one["article"] == IDS[0]} for one in each),
        *({**one, "round": None, "coder": "ann", "theme": "kept"} for one in each),
    )  # fmt: skip
    tag = {"theme": EVIL, "probability": 0.9}
    lines(
        archive / "tags.jsonl",
        {"article": IDS[0], "revision": 2, "tags": [tag], "scores": {EVIL: 0.9}, "model": EVIL, "codebook": EVIL,
         "tagged": EVIL, "schema": SCHEMA},
    )  # fmt: skip
    lines(
        archive / "samples.jsonl",
        {"name": EVIL, "articles": IDS, "population": 3, "seed": 1, "round": SHORT, "query": EVIL, "at": EVIL},
    )
    lines(
        archive / "searches.jsonl",
        {"name": EVIL, "query": EVIL, "at": EVIL},
        {"name": "ward", "query": "ward", "at": EVIL},
    )
    report = {"source": EVIL, "added": 0, "error": EVIL}
    lines(
        archive / "runs.jsonl",
        {"command": EVIL, "started": "2026-01-01T00:00:00Z", "ended": "2026-01-01T00:00:09Z", "version": EVIL,
         "sources": [report, {**report, "source": "gone" + EVIL}],
         "not_archived": [{"target": EVIL, "status": "failed", "cause": EVIL, "lasting": False}]},
    )  # fmt: skip
    with (archive / "labels.jsonl").open("a") as file:
        file.write('{"a line": "owned \x1b[5m torn')
    _serve(site)
    for name in ("plain", EVIL.replace("/", "_")[:80]):
        (project.folder / f"{name}.txt").write_text(
            f"{EVIL}\n\nA text of some length about the ward, said {EVIL}.\n" * 3, encoding="utf-8"
        )
    (project.folder / "feeds.opml").write_text(
        f'<opml version="2.0"><body><outline text="{xml(EVIL)}" type="rss" xmlUrl="https://feeds.example/{xml(EVIL)}"/>'
        f'<outline text="bad" type="rss" xmlUrl="javascript:{xml(EVIL)}"/></body></opml>', encoding="utf-8"
    )  # fmt: skip
    header = "article,theme,value,coder,round"
    (project.folder / "labels.csv").write_text(
        f'{header},"{EVIL}"\n{IDS[1]},"{EVIL}",yes,"{EVIL}","{EVIL}"\n', encoding="utf-8"
    )
    return project


def xml(text: str) -> str:
    """Return text as XML can hold it, which knows none of the C0 controls."""
    kept = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _serve(site: Site) -> None:
    evil = xml(EVIL)
    item = f"<item><title>{evil}</title><link>{{link}}</link><guid>{evil}{{n}}</guid><author>{evil}</author></item>"
    links = [
        site.url("/one"),
        site.url("/two"),
        f"javascript:{xml(EVIL)}",
        site.url("/lost") + xml(EVIL).replace(" ", ""),
    ]
    items = "".join(item.format(link=link, n=n) for n, link in enumerate(links))
    site.page(
        "/feed.xml",
        f'<rss version="2.0"><channel><title>{xml(EVIL)}</title>{items}</channel></rss>',
        content_type="application/rss+xml",
    )
    feed = f'<link rel="alternate" type="application/rss+xml" title="{evil}" href="/feed.xml">'
    head = f'{feed}<meta name="author" content="{EVIL}">'
    for name in ("one", "two"):
        site.page(
            f"/{name}",
            article_page(
                f"Ward {name} {EVIL}",
                *[
                    f"Ward {name} {EVIL} was a topic {n} of the board that met at length on Tuesday in the hall."
                    for n in range(5)
                ],
                head=head,
            ),
        )
    site.page("/", f"<html><head>{head}<title>{EVIL}</title></head><body>{EVIL}</body></html>")
    site.replies["/moved"] = Reply(b"", 302, headers={"Location": "javascript:owned"})


# Each command with every form of its output. {site} is the hostile site; {evil} the hostile text as an argument.
TABLE: dict[str, list[list[str]]] = {
    "init": [["{evil}"], ["."]],
    "sources": [[], ["--json"]],
    "sources list": [[], ["--json"]],
    "sources check": [[], ["--json"], ["--live"], ["--live", "--json"], ["{evil}"]],
    "sources discover": [["{site}/"], ["{site}/", "--json"], ["{site}/{evil}"]],
    "sources add": [
        ["{site}/", "--dry-run"],
        ["{site}/", "--dry-run", "--json"],
        ["{site}/feed.xml", "--name", "{evil}", "--dry-run"],
        ["{site}/two", "--kind", "{evil}"],
        ["{site}/two", "--links", "{evil}"],
        ["{site}/two", "--pattern", "({evil}"],
        [
            "{site}/feed.xml",
            "--outlet",
            "{evil}",
            "--match",
            "{evil}",
            "--drop",
            "{evil}",
            "--since",
            "{evil}",
            "--yes",
        ],
        ["{site}/two", "--next", "{evil}", "--pages", "2", "--full-text", "--dry-run", "--kind", "listing"],
    ],
    "sources import": [["feeds.opml", "--dry-run"], ["feeds.opml", "--dry-run", "--json"], ["{evil}"], ["plain.txt"]],
    "sources export": [[], ["{evil}/x.opml"], ["feeds.opml"], ["out.opml", "--force"]],
    "fetch": [["--json"], ["--revisit", "1m"], ["--due"], ["--quiet"], ["{evil}"], ["--watch", "{evil}"]],
    "add": [
        ["{evilfile}", "plain.txt", "{site}/two", "{site}/{evil}", "{evil}", "--dry-run"],
        ["{evilfile}", "{site}/lost{evil}", "--json"],
        ["plain.txt", "--no-split"],
        ["plain.txt", "--split"],
        ["{site}/one", "--as", "{evil}"],
        ["feeds.opml", "--dry-run"],
    ],
    "extract": [["--again"], ["--again", "--json"], ["--again", "{evil}"]],
    "tag": [
        ["--all"],
        ["--json"],
        ["--explain", "aaaa"],
        ["--explain", "aaaa", "--json"],
        ["--explain", "{evil}"],
        ["{evil}"],
    ],
    "label": [
        ["bbbb", "+sold", "--coder", "{evil}"],
        ["bbbb", "+sold", "--coder", "{short}"],
        ["bbbb", "+{evil}", "--coder", "ann"],
        ["bbbb", "+kept", "--coder", "ann", "--json"],
        ["bbbb", "--list"],
        ["aaaa", "--list"],
        ["aaaa", "--list", "--json"],
        ["--export"],
        ["--export", "--json"],
        ["--export", "--round", "{evil}"],
        ["--export", "--round", "{short}"],
        ["--import", "labels.csv"],
        ["--import", "labels.csv", "--json"],
        ["--import", "{evil}"],
    ],
    "sample": [
        ["-n", "2", "--seed", "1"],
        ["--json", "--round", "pilot"],
        ["--round", "{evil}"],
        ["--round", "{short}"],
        ["ward"],
    ],
    "review": [
        ["--next", "3"],
        ["--next", "3", "--json"],
        ["--blind", "--round", "{short}", "--coder", "bea", "--next", "2"],
        ["--theme", "{evil}", "--next", "2"],
        ["ward", "--theme", "sold", "--next", "2"],
        ["--coder", "bea", "--theme", "sold"],
    ],
    "themes": [[], ["--json"], ["sold"], ["sold", "--json"], ["{evil}"]],
    "evaluate": [
        ["--labels"],
        ["--labels", "--json"],
        ["--round", "{short}"],
        ["--round", "{short}", "--json"],
        ["--round", "{evil}"],
        ["--starter", "--plot", "{evil}.txt"],
    ],
    "search": [
        [],
        ["ward", "--copies"],
        ["--json"],
        ["--count", "--json"],
        ["--ids"],
        ["--ids", "--json"],
        ["{evil}"],
        ["outlet:{evil}"],
        [
            "--format",
            "{{id}} {{short}} {{title}} {{outlet}} {{authors}} {{date}} {{themes}} {{url}} {{source}} {{kind}} "
            "{{fetched}} {{revision}} {{language}} {{score}} {{snippet}} {{copies}}",
        ],
        ["--format", "{evil}"],
        ["--format", "{{{evil}}}"],
        ["--format", "help"],
        ["--facets", "theme,outlet,year,month,source,kind,coder"],
        ["--facets", "outlet,coder", "--json"],
        ["--facets", "{evil}"],
        ["--saved"],
        ["--saved", "--json"],
        ["--save", "{evil}"],
        ["ward", "--save", "w"],
        ["@w", "--new"],
        ["@{evil}"],
        ["--unsave", "{evil}"],
        ["--unsave", "w"],
        ["--sort", "date", "-n", "1", "--offset", "1", "--no-pager"],
    ],
    "show": [
        ["aaaa"],
        ["aaaa", "bbbb", "eeee", "{evil}"],
        ["aaaa", "--json"],
        ["aaaa", "--diff"],
        ["aaaa", "--diff", "--json"],
        ["aaaa", "--query", "ward private"],
        ["aaaa", "--text"],
        ["aaaa", "--similar"],
        ["aaaa", "--similar", "--json"],
        ["aaaa", "--raw"],
        ["aaaa", "--open"],
        ["aaaa", "--revision", "1"],
        ["aaaa", "--query", "title:{evil}"],
    ],
    "quote": [
        ["aaaa", "private firm"],
        ["aaaa", "private firm", "--json"],
        ["aaaa", "ward", "--all"],
        ["aaaa", "{evil}"],
        ["aaaa", "sold to a public firm"],
        ["aaaa", "ward", "--revision", "1"],
    ],
    "digest": [
        [],
        ["--format", "text", "--excerpt", "clip", "--title", "{evil}"],
        ["--format", "html", "--group-by", "outlet"],
        ["--format", "eml", "--to", "desk@example.org", "--from", "ann@example.org", "--subject", "{short}"],
        ["--weekly"],
        ["-o", "{evil}.md"],
        ["{evil}"],
    ],
    "export": [
        [],
        ["--text", "--format", "jsonl"],
        ["--format", "csv", "-o", "x.csv"],  # its lines end in CR LF, which would be taken for a control
        ["--format", "csv", "--blank", "--excel", "-o", "x.csv"],
        ["--format", "csl-json", "--text"],
        ["--format", "bibtex"],
        ["--format", "atom"],
        ["--format", "ris", "-o", "{evil}.ris"],  # likewise
        ["--format", "atom", "-o", "feeds"],
        ["-o", "x.parquet"],
        ["--text", "-o", "x.warc.gz"],
        ["-o", "{evil}"],
        ["{evil}"],
    ],
    "stats": [
        [],
        ["--coverage"],
        ["--terms"],
        ["--together"],
        ["--by", "outlet", "--by", "source,theme", "--by", "month"],
        ["--csv"],
        ["--json", "--last", "1"],
        ["--plot", "x.svg"],
        ["--plot", "x.html"],
        ["--by", "{evil}"],
    ],
    "publish": [["site", "--title", "{evil}"], ["site", "--full", "--json"], ["{evil}"]],
    "forget": [
        ["cccc", "--reason", "{evil}", "--yes"],
        ["aaaa", "--all-copies", "--yes", "--json"],
        ["{evil}", "--yes"],
    ],
    "check": [[], ["--json"], ["--repair", "--yes"]],
    "completion": [["bash"], ["{evil}"]],
}
# Options that choose what is worked on: what is printed of it is printed by the rows above.
CHOOSING = (
    "--config --help --theme --outlet --author --source --kind --coder --since --until --date --undated --no-split "
    "--yes -n --seed --offset --sort --copies --no-pager --round"
)
APART_TOO = "--serve --port"  # a server does not end by itself; tests/cli/test_publish.py asks it
OUTSPOKEN = (  # what shows hostile fields
    "sources fetch add label tag review themes evaluate search show quote forget check digest export stats"
)
APART = {"demo": "its output is that of other commands, on a site that ships with clipper"}


def _commands() -> dict[str, click.Command]:
    context = click.Context(cli)
    found: dict[str, click.Command] = {}
    for name in COMMANDS:
        command = cli.get_command(context, name)  # type: ignore[attr-defined]  # a group
        assert command is not None
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {sub}": one for sub, one in command.commands.items()}
    return found


def test_every_command_and_every_option_is_in_the_table() -> None:
    missing = []
    for name, command in _commands().items():
        if name in APART:
            continue
        given = {word for row in TABLE.get(name, []) for word in row}
        if name not in TABLE:
            missing.append(name)
        for option in command.params:
            names = {*option.opts, *option.secondary_opts}
            if isinstance(option, click.Option) and not names & given.union(CHOOSING.split(), APART_TOO.split()):
                missing.append(f"{name} {'/'.join(sorted(names))}")
    assert missing == [], "put these into the table above, in every form of output that they have"


DRIVER = """
import json, signal, sys
signal.alarm(240)
from clipper.cli.main import run
from clipper.cli.output import open_standard_streams
from clipper.coding import themecounts
themecounts.PASSAGES = (sys.argv[2],)
open_standard_streams()
for number, arguments in enumerate(json.load(open(sys.argv[1]))):
    for stream in (sys.stdout, sys.stderr):
        stream.write(f"\\n==={number}===\\n")
        stream.flush()
    code = run(arguments)
    sys.stdout.flush()
    print(f"ended {code}", file=sys.stderr)
"""
# What clipper itself and the library that draws its progress send to a terminal: colours, and the bar's own movements.
OURS = re.compile(
    r"\x1b\[(?:0|1|2|7|1;33|3[1-6]|9[01])m|\r?(?:\x1b\[1A)?\x1b\[2K(?:\x1b\[1A\x1b\[2K)*|\x1b\[\?25[lh]"
    r"|\rclipper: tagged"
)
BAD = ("Cc", "Cs", "Zl", "Zp")  # controls, half characters, separators of lines and of paragraphs
HIDING = {*"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffa\U000e0041\U000e0042"}
SCREEN = re.compile(r"\x1b\[(?:H|K|J|2J|\?1049[hl]|\?25[hl])|\r(?=\n)|\r$")  # of review, which takes the whole terminal


def _arguments(project: Project, site: Site) -> list[list[str]]:
    """Return the command lines of the whole table, the programs' own arguments filled in."""
    file = next(p.name for p in project.folder.iterdir() if p.name.startswith("owned") and p.suffix == ".txt")
    fill = {"{evil}": EVIL, "{short}": SHORT, "{evilfile}": file, "{site}": site.base, "{{": "{", "}}": "}"}
    found = []
    for name, rows in TABLE.items():
        for row in rows:
            words = [re.sub(r"\{\{|\}\}|\{(?:evil|short|evilfile|site)\}", lambda m: fill[m[0]], word) for word in row]
            found.append([*name.split(), *words])
    return found


def _parts(said: str) -> dict[int, str]:
    pieces = re.split(r"\n===(\d+)===\n", said)
    return {int(number): text for number, text in zip(pieces[1::2], pieces[2::2], strict=True)}


def _unsafe(text: str) -> list[str]:
    """Return what of a text a terminal would obey or hide, each with a little of what stands around it."""
    found = [at for at, c in enumerate(text) if c not in "\n\t" and (unicodedata.category(c) in BAD or c in HIDING)]
    return [repr(text[max(at - 30, 0) : at + 10]) for at in found]


def _checked(said: str, commands: list[list[str]], ours: Callable[[str], str], *, terminal: bool) -> None:
    parts = _parts(said)
    assert set(parts) == set(range(len(commands)))
    wrong = {}
    for number, text in parts.items():
        assert "Traceback" not in text and "unexpected error" not in text, (commands[number], text)
        if found := _unsafe(ours(text)):
            wrong[" ".join(commands[number])[:60].encode("ascii", "backslashreplace").decode()] = found[:3]
        forged = [line for line in text.split("\n") if line.startswith(("forged", "clipper: forged"))]
        whole = commands[number][0] in ("show", "quote", "digest") or "--format" in commands[number]  # their lines
        if forged and not terminal and not whole:
            wrong[repr(commands[number])] = forged
    assert wrong == {}
    # The test means nothing where the hostile fields are not shown at all.
    shown = {commands[number][0] for number, text in parts.items() if "owned" in text}
    assert shown >= {*OUTSPOKEN.split()}


@pytest.fixture
def _environment() -> dict[str, str]:
    return {**os.environ, "BROWSER": "true", "PAGER": "cat", "CLIPPER_CODER": "ann"}


def test_no_control_reaches_a_pipe(
    hostile: Project, site: Site, _environment: dict[str, str], few_passages: str
) -> None:
    commands = _arguments(hostile, site)
    (hostile.folder / "commands.json").write_text(json.dumps(commands))
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, "commands.json", few_passages], cwd=hostile.folder, env=_environment,
        capture_output=True, stdin=subprocess.DEVNULL, timeout=300, check=False, umask=0o022,
    )  # fmt: skip
    out, err = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == 0, err[-2000:]
    said = _parts(out)
    whole = "".join(f"\n==={n}===\n{text}{_parts(err)[n]}" for n, text in said.items())
    _checked(whole, commands, lambda text: text, terminal=False)
    # All of the archive was written by these commands, which had the usual umask.
    shared = [path for path in [hostile.archive, *hostile.archive.rglob("*")] if path.stat().st_mode & 0o077]
    ours = {"2026-01.jsonl", "labels.jsonl", "tags.jsonl", "samples.jsonl", "searches.jsonl", "runs.jsonl"}
    assert {path.name for path in shared if path.name not in ours} == set(), "open to others than the user"


def test_no_control_but_our_own_reaches_a_terminal(
    hostile: Project, site: Site, _environment: dict[str, str], few_passages: str
) -> None:
    commands = _arguments(hostile, site)
    (hostile.folder / "commands.json").write_text(json.dumps(commands))
    code, said = on_terminal(
        [sys.executable, "-c", DRIVER, "commands.json", few_passages], cwd=hostile.folder, environment=_environment,
        keys=b"q", after=b"q quits",
    )  # fmt: skip
    assert code == 0, said[-2000:]
    _checked(
        said,
        commands,
        lambda text: OURS.sub("", SCREEN.sub("", text) if "\x1b[?1049h" in text else text),
        terminal=True,
    )
