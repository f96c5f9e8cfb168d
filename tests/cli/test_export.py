"""``clipper export``: what a search finds, in files that are whole or not there, with the text that may go."""

from __future__ import annotations

import csv
import io
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import feedparser
import pandas
import pytest

from clipper.archive.store import Archive
from clipper.cli.init_cmd import init
from clipper.collect.candidate import make_article
from clipper.collect.facts import Facts
from clipper.models import Article, Label, Tagging
from conftest import Ended, Project, Site, article_page, on_terminal

Run = Callable[..., Ended]
WORDS = ("Harbours freeze", "Owls sleep", "Bakers rise", "Rivers carry sand", "Kites are flown", "Bells ring twice")


def _article(number: int, **more: str | None) -> Article:
    facts = {"title": f"Ward {number}", "outlet": "Fenwick Echo" if number % 2 else "Wexbury Post"}
    return make_article(
        Facts(**{**facts, "published": f"2014-{number:02}-03", **more}),  # type: ignore[arg-type]  # named by the test
        text=f"Ward {number} lost its nurses. Nobody came. The third sentence of {number} stays in the house.",
        url=f"https://echo.example/{number}", canonical=f"https://echo.example/{number}",
        fetched="2026-01-01T00:00:00Z", source="added", extractor="test",
    )  # fmt: skip


@pytest.fixture
def stocked(project: Project) -> Project:
    """A project with nine articles, two copies, a page of clippings, tags and labels."""
    tag = {"theme": "workforce", "probability": 0.9, "threshold": 0.5}
    articles = [_article(n) for n in range(1, 8)] + [_article(8, published=None), _article(9, published="2014-05")]
    copies = [replace(_article(n), duplicate_of=articles[2].id) for n in (10, 11)]
    page = replace(_article(12), kind="page")
    tagged = [
        Tagging(
            article=one.id, revision=1, tags=[tag] if n < 3 else [], scores={"workforce": 0.9 if n < 3 else 0.2},
            model="svm-1", codebook="starter", tagged="2026-01-02T00:00:00Z",
        )
        for n, one in enumerate(articles)
    ]  # fmt: skip
    labels = [
        Label(article=articles[5].id, revision=1, theme="access", value=True, coder="ann", at="2026-01-03T00:00:00Z")
    ]
    archive = Archive(project.archive)
    with archive.writing() as writer:
        writer.articles([*articles, *copies, page])
        writer.taggings(tagged)
        writer.labels(labels)
    archive.catalogue.close()
    return project


@pytest.mark.parametrize(
    "asked",
    [
        (), ("nurses", "theme:workforce"), ("-outlet:post", "--since", "2014-04"), ("--theme", "access"),
        ("--undated",),
        ("ward", "--sort", "oldest", "-n", "3", "--offset", "2"), ("--copies", "--sort", "date"), ("kind:page",),
        ("nothing-of-the-kind",),
    ],
)  # fmt: skip
def test_it_gives_out_what_a_search_finds(stocked: Project, inline: Run, asked: tuple[str, ...]) -> None:
    order = () if "--sort" in asked else ("--sort", "date")
    found = inline("search", "--ids", "--no-pager", *asked, *order)
    done = inline("export", *asked)
    assert [record["id"] for record in done.json] == found.out.split() and done.code == found.code
    assert bool(found.out) == (asked != ("nothing-of-the-kind",))


def test_the_last_line_tells_how_many_and_how_many_were_folded(stocked: Project, inline: Run) -> None:
    done = inline("export", "-o", "all.csv")
    assert done.err == "clipper: 9 articles exported to all.csv, 2 copies folded (--copies takes them too)\n"
    assert inline("export", "--copies", "-o", "all.csv").err == "clipper: 11 articles exported to all.csv\n"
    assert inline("export", "-n", "1", "-o", "all.csv").err == "clipper: 1 article exported to all.csv\n"
    assert len((stocked.folder / "all.csv").read_text("utf-8").splitlines()) == 2


def test_whole_texts_leave_when_they_are_asked_for_or_are_yours(stocked: Project, inline: Run) -> None:
    for form in ("jsonl", "csv", "ris", "bibtex", "csl-json", "atom"):
        said = inline("export", "--format", form).out
        assert "Nobody came." in said and "stays in the house" not in said, form
    assert len([r for r in inline("export", "--text").json if "stays in the house" in r["text"]]) == 9
    config = stocked.folder / "config.toml"
    config.write_text(config.read_text("utf-8") + '[publish]\nfull_text = ["fenwick echo"]\n', encoding="utf-8")
    assert {r["outlet"] for r in inline("export").json if r["text"]} == {"Fenwick Echo"}
    config.write_text(config.read_text("utf-8") + 'excerpt = "none"\n', encoding="utf-8")
    assert {r["excerpt"] for r in inline("export", "outlet:post").json} == {None}
    for form in ("jsonl", "csv", "ris", "bibtex", "csl-json", "atom"):
        assert "Nobody came." not in inline("export", "outlet:post", "--format", form).out, form


def test_nothing_found_makes_no_file_and_leaves_the_one_of_before(stocked: Project, inline: Run) -> None:
    old = stocked.folder / "old.jsonl"
    old.write_text("before", encoding="utf-8")
    for name, form in (("new.csv", ()), ("old.jsonl", ()), ("feeds", ("--format", "atom")), ("x.warc.gz", ("--text",))):
        done = inline("export", "zyzzyva", "-o", name, *form)
        assert (done.code, done.out, done.err) == (1, "", "clipper: nothing found\n"), name
    assert inline("export", "--offset", "100", "-o", "new.csv").code == 1
    assert inline("export", "--text", "-o", "x.warc.gz").code == 1  # there are no raw pages
    assert old.read_text("utf-8") == "before"
    assert {p.name for p in stocked.folder.iterdir()} == {"config.toml", "data", "old.jsonl"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "x.doc"), "no format goes with this ending"),
        (("--blank",), "--blank goes with --format csv, not jsonl"),
        (("--excel", "-o", "x.ris"), "--excel goes with --format csv, not ris"),
        (("--format", "warc"), "raw pages are whole texts"),
        (("-o", "data/archive/x.csv"), "lies within the archive"),
        (("-o", "data/archive/feeds", "--format", "atom"), "lies within the archive"),
        (("-o", "data", "--format", "csv"), "a folder; name a file"),
        (("-o", "config.toml", "--format", "csv"), "belongs to the project"),
    ],
)
def test_wrong_usage_is_told_in_a_line(stocked: Project, inline: Run, arguments: tuple[str, ...], said: str) -> None:
    done = inline("export", *arguments)
    assert done.code == 2 and said in done.err and done.err.count("\n") == 1 and not done.out


def test_a_sheet_is_coded_and_comes_back_and_a_machines_word_does_not(stocked: Project, inline: Run) -> None:
    assert inline("export", "--format", "csv", "--blank", "--excel", "--text", "-o", "code.csv").code == 0
    path = stocked.folder / "code.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    rows[0]["workforce"], rows[0]["access"], rows[1]["workforce"] = "1", "0", "yes"
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=";")  # as a German Excel would save it
    writer.writeheader()
    writer.writerows(rows)
    path.write_text("\ufeff" + out.getvalue(), encoding="utf-8", newline="")
    before = len(stocked.lines("labels.jsonl"))
    done = inline("label", "--import", "code.csv", "--coder", "bob")
    assert done.code == 0, done.err
    written = {(one["article"], one["theme"], one["value"]) for one in stocked.lines("labels.jsonl")[before:]}
    ids = [row["id"].removeprefix("'") for row in rows]
    assert written == {(ids[0], "workforce", True), (ids[0], "access", False), (ids[1], "workforce", True)}
    assert inline("export", "-o", "said.csv").code == 0
    refused = inline("label", "--import", "said.csv", "--coder", "bob")
    assert refused.code == 2 and "no judgement of yours" in refused.err and "--blank" in refused.err
    assert len(stocked.lines("labels.jsonl")) == before + 3


def test_an_id_of_digits_comes_back_from_excel(project: Project, inline: Run) -> None:
    archive = Archive(project.archive)
    with archive.writing() as writer:
        writer.articles([replace(_article(1), id="1234567890123456"), replace(_article(2), id="12345678e9012345")])
    archive.catalogue.close()
    text = inline("export", "--format", "csv", "--blank", "--excel").out
    assert text.count("\n'123456") == 2
    head, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    for row in rows:
        row[head.index("access")] = "1"
    out = io.StringIO(newline="")
    csv.writer(out).writerows([head, *rows])
    assert inline("label", "--import", "-", "--coder", "bob", stdin=out.getvalue().encode()).code == 0
    assert {one["article"] for one in project.lines("labels.jsonl")} == {"1234567890123456", "12345678e9012345"}


def test_pandas_reads_packed_files(stocked: Project, inline: Run) -> None:
    for name in ("x.csv.gz", "x.jsonl.gz", "x.parquet"):
        assert inline("export", "-o", name).code == 0
    folder = stocked.folder
    frames = [
        pandas.read_csv(folder / "x.csv.gz", dtype={"id": str}),
        pandas.read_json(folder / "x.jsonl.gz", lines=True, dtype={"id": str}),
        pandas.read_parquet(folder / "x.parquet"),
    ]
    assert frames[0]["id"].tolist() == frames[1]["id"].tolist() == frames[2]["id"].tolist()
    assert frames[0]["theme_workforce"].sum() == 2 and frames[0]["theme_access"].sum() == 1
    assert sum("access" in themes for themes in frames[2]["themes"]) == 1


def test_each_theme_has_its_feed(stocked: Project, inline: Run) -> None:
    done = inline("export", "--format", "atom", "-o", "feeds/of all", "ward")
    assert done.code == 0, done.err
    folder = stocked.folder / "feeds" / "of all"
    feeds = {path.name: feedparser.parse(path.read_bytes()) for path in folder.iterdir()}
    assert {name: len(feed.entries) for name, feed in feeds.items()} == {
        "all.atom": 9, "workforce.atom": 3, "access.atom": 1,
    }  # fmt: skip
    assert not any(feed.bozo for feed in feeds.values()) and "Workforce" in feeds["workforce.atom"].feed.title
    assert inline("export", "--format", "atom", "-o", "feeds/of all", "-n", "2").code == 0
    assert len(feedparser.parse((folder / "all.atom").read_bytes()).entries) == 2
    # A theme that nothing carries any more has an empty feed: the one of before told of what is no more.
    (stocked.archive / "labels.jsonl").write_bytes(b"")
    assert inline("export", "--format", "atom", "-o", "feeds/of all").code == 0
    assert feedparser.parse((folder / "access.atom").read_bytes()).entries == []
    assert {path.name for path in folder.iterdir()} == {"all.atom", "workforce.atom", "access.atom"}


def test_raw_pages_make_the_same_articles_elsewhere(
    project: Project, site: Site, inline: Run, clipper: Run, tmp_path: Path
) -> None:
    for n, title in enumerate(["Surgeons leave", "Nurses stay", "A roof falls in"]):
        paragraphs = [f"{title}: {word} {n}." * 9 for word in WORDS[n::3]]
        assert inline("add", site.page(f"/{n}", article_page(title, *paragraphs))).code == 0
    done = inline("export", "--text", "-o", "pages.warc.gz", "title:nurses OR title:roof")
    assert (done.code, done.err) == (0, "clipper: 2 raw pages of 2 articles exported to pages.warc.gz\n")
    other = Project(tmp_path / "other")
    init(other.folder)
    other.configure()
    added = clipper("add", str(project.folder / "pages.warc.gz"), cwd=other.folder)
    assert added.code == 0, added.err
    expected = [one for one in project.articles() if one["title"] != "Surgeons leave"]
    keys = ("id", "title", "outlet", "text", "url", "sha256")
    pages = [{one["id"]: [one[key] for key in keys] for one in some} for some in (other.articles(), expected)]
    assert pages[0] == pages[1] and len(pages[0]) == len(other.articles()) == 2
    assert clipper("check", cwd=other.folder).code == 0


def test_raw_pages_that_cannot_be_read_are_told_once(project: Project, site: Site, inline: Run) -> None:
    for n, title in enumerate(["Surgeons leave", "Nurses stay"]):
        paragraphs = [f"{title}: {word} {n}." * 9 for word in WORDS[n::2]]
        assert inline("add", site.page(f"/{n}", article_page(title, *paragraphs))).code == 0
    (file,) = (project.archive / "warc").glob("*.warc.gz")
    whole = file.read_bytes()
    export = ("export", "--text", "--sort", "oldest", "-o", "pages.warc.gz")
    file.unlink()
    done = inline(*export)
    assert done.code == 6 and not (project.folder / "pages.warc.gz").exists()
    assert done.err.splitlines() == [
        f"clipper: {file}: cannot be read (No such file or directory)",
        "clipper: nothing exported: 2 raw pages could not be read (look at them with: clipper check)",
    ]
    offsets = sorted(one["warc"]["offset"] for one in project.articles())
    file.write_bytes(whole[: offsets[1]] + bytes(len(whole) - offsets[1]))
    done = inline(*export)
    assert done.code == 3 and "1 raw page of 2 articles exported" in done.err
    assert done.err.count("damaged at byte") == 1 and "1 raw page could not be read" in done.err


# -- ends that nobody wishes for ------------------------------------------------------------------------------


def _start(project: Project, *arguments: str, code: str | None = None, **how: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, *(("-c", code) if code else ("-m", "clipper")), "export", *arguments]
    return subprocess.Popen(command, cwd=project.folder, stderr=subprocess.PIPE, **how)  # type: ignore[call-overload, no-any-return]  # what Popen takes


@pytest.mark.parametrize("name", ["x.jsonl", "x.parquet"])
def test_a_disk_that_is_full_leaves_the_file_of_before(stocked: Project, name: str) -> None:
    old = stocked.folder / name
    old.write_bytes(b"before")
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "from clipper.publish import outfile; real = outfile.secrets.token_hex;"
        "outfile.secrets.token_hex = lambda n: (resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)), real(n))[1];"
        "from clipper.cli.start import main; main()"
    )
    done = _start(stocked, "-o", name, code=code)
    _, said = done.communicate(timeout=60)
    assert done.returncode == 6 and b"cannot be written (File too large)" in said and b"Traceback" not in said
    assert old.read_bytes() == b"before"
    assert {p.name for p in stocked.folder.iterdir()} == {"config.toml", "data", name}


def test_standard_output_that_is_full_is_told(stocked: Project) -> None:
    with Path("/dev/full").open("wb") as full:
        done = _start(stocked, stdout=full)
        _, said = done.communicate(timeout=60)
    assert done.returncode == 6 and said == b"clipper: standard output: No space left on device\n"
    into_file = _start(stocked, "-o", "/dev/full", "--format", "csv")
    _, said = into_file.communicate(timeout=60)
    assert into_file.returncode == 6 and b"/dev/full: cannot be written (No space left on device)" in said


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_interrupted_it_leaves_the_file_of_before(stocked: Project, number: signal.Signals, code: int) -> None:
    old = stocked.folder / "x.jsonl"
    old.write_bytes(b"before")
    script = (
        "import os, pathlib, signal; from clipper.publish.formats import jsonlines; real = jsonlines.line; seen = []\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # the tests may run under nohup
        "def line(record):\n"
        "    seen.append(record)\n"
        "    if len(seen) == 4:\n"
        "        assert [p for p in pathlib.Path('.').iterdir() if p.name.endswith('.part')]\n"
        f"        os.kill(os.getpid(), {int(number)})\n"
        "    return real(record)\n"
        "jsonlines.line = line\n"
        "from clipper.cli.start import main; main()"
    )
    done = _start(stocked, "-o", "x.jsonl", code=script)
    _, said = done.communicate(timeout=60)
    assert done.returncode == code and b"Traceback" not in said
    assert old.read_bytes() == b"before"
    assert {p.name for p in stocked.folder.iterdir()} == {"config.toml", "data", "x.jsonl"}


def test_a_terminal_gets_no_bytes_and_sees_how_far_it_is(stocked: Project) -> None:
    command = [sys.executable, "-m", "clipper", "export"]
    code, said = on_terminal([*command, "--format", "parquet"], cwd=stocked.folder)
    assert code == 2 and "not for a terminal" in said
    code, said = on_terminal([*command, "-o", "x.jsonl"], cwd=stocked.folder)
    assert code == 0 and "exporting" in said and "9 articles exported to x.jsonl" in said
