"""`digest`: from a query to a clippings page, and back into an archive by `add`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from clipper.archive.store import Archive
from clipper.checksums import checksum
from clipper.cli.init_cmd import init
from clipper.collect.dates import london_day
from clipper.collect.intake.files import read_file
from clipper.models import Article, Label
from clipper.publish.rights import Rights
from conftest import SHARED, Ended, Project
from publish.digested import expected, found, missing

Run = Callable[..., Ended]

TEXT = "The {0} was closed on Monday. Nobody had asked the staff. A third thing was said.\n\nThe board of the {0} met."
FIRM = Article(id="a1" * 8, title="Firm closes ward", outlet="Fenwick Echo", authors=["Ann Lee"],
               published="2014-11-07", url="https://echo.example/ward", text=TEXT.format("ward"),
               kind="clipping")  # fmt: skip
COPY = Article(id="b2" * 8, title="Ward closed by firm", outlet="Wold Post", published="2014-11-06",
               duplicate_of=FIRM.id, text=TEXT.format("ward"))  # fmt: skip
CAKE = Article(id="c3" * 8, title="Cake wins", outlet="Pulse", published="2015", text=TEXT.format("bakery"))
PAGE = Article(id="d4" * 8, kind="page", title="Cuttings", text="Everything about the ward.")


def put(project: Project, *articles: Article) -> None:
    archive = Archive(project.archive)
    with archive.writing() as writer:
        writer.articles([replace(a, fetched="2016-02-03T04:05:06Z", sha256=checksum(a.text)) for a in articles])
    archive.catalogue.close()


@pytest.fixture
def digest(inline: Run, project: Project) -> Run:
    put(project, FIRM, COPY, CAKE, PAGE)
    archive = Archive(project.archive)
    labels = [(FIRM, "workforce"), (CAKE, "workforce"), (CAKE, "funding")]
    archive.add_labels(
        [Label(article=a.id, revision=1, theme=t, value=True, coder="ann", at="2016-02-04") for a, t in labels]
    )
    archive.catalogue.close()
    return lambda *arguments: inline("digest", *arguments)


def headings(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]


def test_without_options_it_is_markdown_of_all_newest_first(digest: Run) -> None:
    made = digest()
    assert (made.code, made.err) == (0, "")
    assert headings(made.out) == [
        "# Clippings", "## Cake wins (Pulse: 2015)", "## Firm closes ward (Fenwick Echo: 7 November 2014)",
    ]  # fmt: skip
    assert "2 articles, 7 November 2014 to 2015; 1 more copy of these stories." in made.out
    assert "- Ward closed by firm (Wold Post: 6 November 2014)\n" in made.out


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["ward"], ["## Firm closes ward (Fenwick Echo: 7 November 2014)"]),
        (["--outlet", "pulse"], ["## Cake wins (Pulse: 2015)"]),
        (["--until", "2014-12", "--copies"], ["## Firm closes ward (Fenwick Echo: 7 November 2014)",
                                              "## Ward closed by firm (Wold Post: 6 November 2014)"]),
        (["-n", "1"], ["## Cake wins (Pulse: 2015)"]),
        (["kind:page"], ["## Cuttings (no date)"]),
        (["--group-by", "month", "ward"], ["## November 2014", "### Firm closes ward (Fenwick Echo: 7 November 2014)"]),
    ],
)  # fmt: skip
def test_the_query_and_its_options_are_those_of_search(digest: Run, options: list[str], names: list[str]) -> None:
    made = digest(*options)
    assert made.code == 0
    assert headings(made.out)[1:] == names


def test_themes_are_called_by_their_names(digest: Run) -> None:
    made = digest("--theme", "workforce", "--group-by", "theme", "--excerpt", "none")
    assert headings(made.out)[0] == "# Clippings: Workforce"
    assert [name for name in headings(made.out) if name.startswith("## ")] == ["## Funding", "## Workforce"]
    assert "- Cake wins (Pulse: 2015), under *Funding*" in made.out


def test_an_ending_that_no_digest_has_is_refused(digest: Run, project: Project) -> None:
    made = digest("-o", "x.pdf")
    assert made.code == 2 and "no digest goes with this ending" in made.err
    assert not (project.folder / "x.pdf").exists()
    assert digest("-o", "x.pdf", "--format", "text").code == 0


def test_the_form_goes_by_the_ending_and_a_line_says_where_it_is(digest: Run, project: Project) -> None:
    for name, beginning in {
        "a.html": b"<!doctype html>", "a.TXT": b"Clippings\n===", "a.md": b"<!-- clipper", "none": b"<!-- clipper",
        "a.eml": b"Subject: Clippings",
    }.items():  # fmt: skip
        made = digest("-o", name)
        assert (made.code, made.out, made.err) == (0, "", f"clipper: {name}: 2 articles\n")
        assert (project.folder / name).read_bytes().startswith(beginning)
    assert digest("-o", "b.md", "--format", "text").code == 0
    assert (project.folder / "b.md").read_bytes().startswith(b"Clippings\n===")


def test_nothing_found_is_one_line_and_leaves_the_file_as_it_was(digest: Run, project: Project) -> None:
    (project.folder / "a.md").write_text("mine")
    made = digest("zebra", "-o", "a.md")
    assert (made.code, made.out, made.err) == (1, "", "clipper: nothing found; no digest is written\n")
    weekly = digest("--weekly", "--format", "eml", "--to", "a@b.example")
    assert (weekly.code, weekly.out) == (1, "")
    assert weekly.err.startswith("clipper: nothing found of the week from ")
    assert (project.folder / "a.md").read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--weekly", "--since", "2014"], "--weekly and --since, --until, --date or --undated exclude each other"),
        (["--weekly", "--undated"], "--weekly and --since, --until, --date or --undated exclude each other"),
        (["--to", "a@b.example"], "--to goes with an e-mail: --format eml, or -o FILE.eml"),
        (["-o", "a.html", "--subject", "a"], "--subject goes with an e-mail: --format eml, or -o FILE.eml"),
        (["-o", "a.eml", "--from", "a@b.example, c@d.example"], "--from: one address"),
        (["-o", "a.eml", "--from", "nobody"], "--from nobody: no e-mail address"),
        (["-o", "data/archive/a.md"], "data/archive/a.md: lies within the archive"),
        (["-o", "."], ".: a folder; name a file"),
        (["--theme", "nonsuch"], "--theme nonsuch"),
    ],
)
def test_what_cannot_be_is_refused(digest: Run, options: list[str], said: str) -> None:
    made = digest(*options)
    assert (made.code, made.out) == (2, "")
    assert made.err.startswith(f"clipper: {said}")


def test_how_much_text_stands_in_it_goes_by_the_option_the_configuration_and_the_rights(
    digest: Run, project: Project
) -> None:
    whole, cut = "The board of the ward met.", "The board of the bakery met."
    assert whole not in digest().out
    made = digest("--excerpt", "clip")
    assert whole in made.out  # a clipping
    assert cut not in made.out
    assert made.err.startswith("clipper: 1 article is cut to two sentences")
    assert "full_text = true" in made.err
    config = project.folder / "config.toml"
    config.write_text(config.read_text() + '\n[publish]\ntitle = "Wards"\nexcerpt = "none"\nfull_text = ["Pulse"]\n')
    made = digest("--excerpt", "clip")
    assert cut in made.out
    assert made.err == ""
    made = digest()
    assert "closed on Monday" not in made.out
    assert headings(made.out)[0] == "# Wards"
    assert headings(digest("--title", "My <title>\nand more").out)[0] == r"# My \<title> and more"


def test_what_states_no_date_is_told_where_a_date_is_asked_for(digest: Run, project: Project) -> None:
    put(project, Article(id="e5" * 8, title="When?", text="The ward again, some day. Who knows."))
    made = digest("--since", "2014")
    assert made.code == 0
    assert "clipper: 1 more would match, but no date is stated for it\n" in made.err


def test_a_weekly_round_up_is_piped_to_a_mail_program(digest: Run, project: Project) -> None:
    def day(ago: int) -> str:
        return london_day(datetime.now(UTC) - timedelta(days=ago)) or ""

    fresh = replace(CAKE, id="f6" * 8, title="Bakery again", published=day(2))
    put(project, fresh, replace(FIRM, id="07" * 8, title="A week ago", published=day(10)))
    archive = Archive(project.archive)
    archive.add_labels([Label(article=fresh.id, revision=1, theme="funding", value=True, coder="ann", at="2016-02-04")])
    archive.catalogue.close()
    command = ["digest", "--weekly", "--format", "eml", "--to", "Ann <ann@b.example>", "--from", "cat@b.example"]
    done = subprocess.run(
        [sys.executable, "-m", "clipper", *command], cwd=project.folder, capture_output=True, check=True
    )
    assert done.stderr == b""
    assert b"\r" not in done.stdout  # sendmail -t takes lines as the system has them
    message = message_from_bytes(done.stdout, policy=policy.default)
    assert (message["To"], message["From"]) == ("Ann <ann@b.example>", "cat@b.example")
    assert message["Subject"].startswith("Clippings, ")
    plain = message.get_body(("plain",))
    assert plain is not None
    assert "Funding\n-------\n\n1 article; none in the week before." in plain.get_content()
    assert "No theme\n--------\n\n0 articles; 1 in the week before." in plain.get_content()
    assert "Cake wins" not in plain.get_content()


def test_a_reader_who_has_enough_is_no_error(digest: Run, project: Project) -> None:
    put(project, *(replace(CAKE, id=f"{n:016x}", text=TEXT.format(f"bakery {n}")) for n in range(300)))
    with subprocess.Popen(
        [sys.executable, "-m", "clipper", "digest"], cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == b"<!-- clipper digest 1 -->\n"
        process.stdout.close()
        assert process.stderr.read() == b""


# -- the round trip -----------------------------------------------------------------------------------------------


def stored(folder: Path) -> list[Any]:
    files = sorted((folder / "data" / "archive" / "articles").glob("*.jsonl"))
    records = [Article.from_json(json.loads(line)) for f in files for line in f.read_text("utf-8").splitlines()]
    return [one for one in records if one.kind != "page"]


def key(article: Article) -> Any:
    text = "" if article.partial else article.text
    return (article.title, article.outlet, article.published, article.url, tuple(article.authors), text)


@pytest.mark.skipif(not (SHARED / "seeds").is_dir(), reason="the example texts are not beside this checkout")
def test_the_first_example_text_comes_back_whole_by_way_of_every_form(
    inline: Run, project: Project, tmp_path: Path
) -> None:
    [seed] = (SHARED / "seeds").glob("001_*.txt")
    assert inline("add", str(seed)).code == 0
    clippings = stored(project.folder)
    assert len(clippings) == 29
    # One is a copy of another, and stands below it without its text; as an item of its own it has it.
    copies = [one for one in clippings if one.duplicate_of]
    assert len(copies) == 1
    for form in ("md", "html", "txt", "eml"):
        for options in (["--copies"], ["--copies", "--group-by", "outlet"], ["--group-by", "month"]):
            assert inline("digest", "--excerpt", "clip", "-o", f"out.{form}", *options).code == 0
            raw = (project.folder / f"out.{form}").read_bytes()
            folded = [] if "--copies" in options else copies
            wanted = [expected(one, "clip", Rights(), folded=one in folded) for one in clippings]
            got = [found(piece) for piece in read_file(f"out.{form}", raw, None, "", None).pieces[1:]]
            assert missing(wanted, got) == (Counter(), Counter()), (form, options)
    assert inline("digest", "--excerpt", "clip", "--copies", "-o", "out.md").code == 0
    (tmp_path / "other").mkdir()
    init(tmp_path / "other")
    again = inline("add", "--config", str(tmp_path / "other" / "config.toml"), "out.md")
    assert (again.code, len(stored(tmp_path / "other"))) == (0, 29)
    assert Counter(map(key, stored(tmp_path / "other"))) == Counter(map(key, clippings))
    assert {one.id for one in stored(tmp_path / "other")} == {one.id for one in clippings}


@pytest.mark.parametrize("name", ["config.toml", "data/codebook.toml", "data/../config.toml", "hard.md", "link.md"])
def test_what_the_project_is_made_of_is_not_written_over(digest: Run, project: Project, name: str) -> None:
    (project.folder / "hard.md").hardlink_to(project.folder / "config.toml")
    (project.folder / "link.md").symlink_to("data/codebook.toml")
    before = [(project.folder / one).read_bytes() for one in ("config.toml", "data/codebook.toml")]
    refused = digest("-o", name, "--format", "md")
    assert (refused.code, refused.out) == (2, "") and "belongs to the project; name another file" in refused.err
    assert [(project.folder / one).read_bytes() for one in ("config.toml", "data/codebook.toml")] == before


def test_a_dash_is_standard_output_and_a_pipe_gets_utf_8_whatever_the_locale(
    digest: Run, project: Project, clipper: Run
) -> None:
    put(project, replace(CAKE, id="e5" * 8, title="Café wins – “again”"))
    piped = clipper("digest", "-o", "-", "--format", "html", PYTHONIOENCODING="latin-1")
    assert piped.code == 0 and "Café wins – “again”" in piped.out and '<meta charset="utf-8">' in piped.out
    assert not (project.folder / "-").exists()
