"""The whole of ``clipper add`` with files that were made to do harm: a line for each, and what is good is archived."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from fuzz.nasties import nasties
from fuzz.seeds import PAGE

BIG = 100_000
GOOD = (
    PAGE.replace(b"Beds to close", b"Surgeons wanted in Larkham")
    .replace(b'href="/beds"', b'href="https://post.example/surgeons"')
    .replace(b"forty beds will close in May", b"nine surgeons are wanted by June")
)
# A file name's ending, the kind of harm, and the names of it.
HARM = (
    ("html", "html", ("<div> deep", "a wide table", "attributes", "entities", "NUL bytes between", "says 'utf-7'")),
    ("html", "jsonld", ("graphs in graphs",)),
    ("txt", "text", ("lines", "quoted deep", "a line without end")),
    ("md", "markdown", ("front matter anchors", "front matter in TOML")),
    ("mhtml", "mhtml", ("parts 900 deep", "bad base64")),
    ("eml", "mail", ("charset idna", "parts 20000 deep")),
    ("docx", "docx", ("a zip bomb", "named '../../evil.txt'", "cut", "word/document.xml entities")),
    ("pdf", "pdf", ("a stream that is a bomb", "kids in a ring", "half")),
    ("csv", "csv", ("quotes", "formulas")),
    ("ris", "ris", ("no ends",)),
    ("bib", "bibtex", ("braces",)),
    ("json", "csl", ("deep",)),
    ("warc", "warc", ("length -1", "marks", "date 99999-01-01T")),
    ("warc.gz", "warc.gz", ("a bomb of a record", "damages")),
    ("wacz", "wacz", ("named '../../evil.txt'", "sizes that lie")),
)


def _clipper(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clipper", *arguments], capture_output=True, text=True, check=False, cwd=folder
    )


def _files(folder: Path) -> set[str]:
    names = set()
    for ending, kind, called in HARM:
        known = dict(nasties(kind, BIG))
        for number, name in enumerate(called):
            path = folder / f"{kind.replace('.', '-')}-{number}.{ending}"
            path.write_bytes(known[name]())
            names.add(path.name)
    return names


def test_harmful_files_end_in_a_line_each_and_the_good_one_is_archived(tmp_path: Path) -> None:
    assert _clipper(tmp_path, "init").returncode == 0
    brought = tmp_path / "brought"
    brought.mkdir()
    names = _files(brought)
    (brought / "good.html").write_bytes(GOOD)
    outside = set(tmp_path.parent.iterdir())
    run = _clipper(tmp_path, "add", "--json", "brought")
    assert run.returncode == 3, run.stderr
    assert "Traceback" not in run.stderr
    told = [json.loads(line) for line in run.stdout.splitlines()]
    good = [one for one in told if one["target"].endswith("good.html")]
    assert [one["status"] for one in good] == ["added"]
    for one in told:
        if one["status"] in ("refused", "failed"):
            assert one["cause"]
            assert "\n" not in one["cause"]
            assert "Error" not in one["cause"]
    silent = {name for name in names if not any(name in one["target"] for one in told) and name not in run.stderr}
    assert silent == set(), "files of which nothing was said"
    assert set(tmp_path.parent.iterdir()) == outside
    assert not list(tmp_path.rglob("evil.txt"))
    assert _clipper(tmp_path, "check").returncode == 0
