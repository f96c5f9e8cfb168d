"""`clipper stats`: what it prints, for people and for programs, and what it writes."""

from __future__ import annotations

import csv
import io
import os
import re
import sys
from collections.abc import Callable

import pandas as pd
import pytest

from clipper.cli.columns import cells
from clipper.cli.stats_screen import Screen
from clipper.cli.stats_text import pad, points
from conftest import Ended, Project, on_terminal
from planted import CODEBOOK, Planted, planted

Run = Callable[..., Ended]


@pytest.fixture
def papers(project: Project) -> Project:
    """The project with the planted archive."""
    (project.folder / "data" / "codebook.toml").write_text(CODEBOOK, encoding="utf-8")
    planted().write(project.archive)
    return project


def test_the_command_tells_what_there_is_and_how_it_changed(clipper: Run, papers: Project) -> None:
    ended = clipper("stats")
    assert ended.code == 0
    assert ended.err == ""
    assert ended.out.startswith("872 articles · 2024-01 to 2025-12 · 6 sources\n")
    assert re.search(r"^closure +144 +16\.5%  \S+ +\+15\.8 \[\+9\.2 to \+22\.2\]↑$", ended.out, re.M)
    assert re.search(r"^robots +252 +28\.9%  \S+ +\+0\.1 \[-4\.9 to \+5\.3\]$", ended.out, re.M)
    assert "Changes compare 2025-01 to 2025-12 with 2024-01 to 2024-12, on the 4 of 6 sources" in ended.out
    assert all(cells(line) <= 80 for line in ended.out.splitlines() if line[:2] not in ("- ", "  "))


def test_strips_keep_their_places_and_nothing_is_compared_on_no_source(inline: Run, project: Project) -> None:
    months = {0: "Choir sings", 5: "Ward shut", 11: "Bridge opens"}
    for month, title in months.items():
        said = f"{title}\n\nSource: Echo\n\nDate: 2014-{month + 1:02}-03\n\nIt was on Monday, and nobody came."
        (project.folder / f"{month}.txt").write_text(said, encoding="utf-8")
    assert inline("add", *[f"{month}.txt" for month in months]).code == 0
    for title in ("choir", "bridge"):
        (ident,) = inline("search", title, "--ids").out.split()
        assert inline("label", ident, "+access", "--coder", "ann").code == 0
    (ident,) = inline("search", "ward", "--ids").out.split()
    assert inline("label", ident, "-access", "--coder", "ann").code == 0
    said = inline("stats").out
    assert re.search(r"^access +2 +66\.7%\*  █····\s····█$|^access +2 +66\.7%\*  █ {4}· {5}█$", said, re.M), said
    assert re.search(r"^ +2014-01 *[–-] *2014-12$", said, re.M)
    assert "Nothing is compared" in said and "change" not in said.split("\n- ")[0]
    assert said.count("\n- * a share of fewer than 30 articles") == 1


def test_coverage_comes_with_what_fell_silent_and_what_failed(inline: Run, papers: Project) -> None:
    said = inline("stats", "--coverage").out
    assert re.search(r"^new wire +180  2025-01  2025-12 {14}█{12}$", said, re.M)
    assert re.search(r"^quiet courier +20  2024-01  2025-12  █{17}!!!!███$", said, re.M)
    assert "silent 2025-06 to 2025-09; every fetch failed in 2025-06, 2025-07, 2025-08, 2025-09" in said
    assert re.search(r"^gone gazette .*\n    silent 2025-01 to 2025-12$", said, re.M)


def test_terms_tables_and_themes_together(inline: Run, papers: Project) -> None:
    terms = inline("stats", "--terms").out
    assert re.search(r"^closed +96 \(31\.2%\) +48 \(15\.4%\) +2\.6 times +2 of 2$", terms, re.M)
    assert "robots" not in terms.split("\n- ")[0]
    together = inline("stats", "--together").out
    assert re.search(r"^closure \+ robots +0 +42 +0\.0 +-0\.28$", together, re.M)
    tables = inline("stats", "--by", "year", "--by", "theme,outlet", "--by", "source,month").out
    assert re.search(r"^2025 +488 +5  ▇+$", tables, re.M)
    assert re.search(r"^robots +24 +24 +180 +0 +24 +0$", tables, re.M)
    assert re.search(r"^gone gazette +72  █{12}·{12}$", tables, re.M)


def test_a_query_and_filters_are_those_of_search(inline: Run, papers: Project) -> None:
    said = inline("stats", "closed", "--outlet", "herald", "--since", "2025", "-n", "1").out
    assert said.startswith("48 articles match · among those of 2025-01 to 2025-12 from 1 source\n")
    assert "48 of 120 articles match, 40.0% [" in said
    assert inline("stats", "-closed", "--theme", "closure").code == 1
    assert inline("stats", "xylophone").err == "clipper: nothing found\n"


def test_json_and_csv_hold_the_same_numbers(inline: Run, papers: Project) -> None:
    by_json = inline("stats", "--json").json
    text = inline("stats", "--csv").out
    by_csv = list(csv.DictReader(io.StringIO(text)))
    assert len(by_json) == len(by_csv) > 300
    for one, other in zip(by_json, by_csv, strict=True):
        assert {key: "" if value is None else str(value) for key, value in one.items()} == other
    frame = pd.read_csv(io.StringIO(text))
    robots = frame[(frame.table == "theme by month") & (frame.item == "robots")]
    assert len(robots) == 24
    assert robots.n.sum() == 252


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--by", "moth"), 2, "--by: no 'moth' to count by; did you mean 'month'?"),
        (("--by", "theme,theme"), 2, "--together sets themes against each other"),
        (("--by", "year,month"), 2, "each month has its year"),
        (("--by", "theme,year,outlet"), 2, "name one kind, or two that differ"),
        (("--by", ","), 2, "name one kind"),
        (("--csv", "--json"), 2, "--csv and --json exclude each other"),
        (("--terms", "--together", "--plot", "x.svg"), 2, "--plot draws one thing"),
        (("--plot", "x.gif"), 2, "cannot draw 'x.gif'"),
        (("--plot", "data/archive/x.svg"), 2, "lies within the archive"),
        (("--plot", "none/x.svg"), 6, "none: no such folder"),
        (("nothing", "--since", "2025"), 1, "nothing found"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_told_in_a_line(
    inline: Run, project: Project, arguments: tuple[str, ...], code: int, said: str
) -> None:
    made = Planted()
    made.article("a", "2025-01-01", "one")
    made.write(project.archive)
    ended = inline("stats", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_a_chart_is_written_with_its_numbers_beside_it(inline: Run, papers: Project) -> None:
    pytest.importorskip("matplotlib", reason="charts need matplotlib, the extra 'plot'")
    ended = inline("stats", "closed", "--by", "outlet", "--plot", "out.html")
    assert ended.err == "clipper: wrote out.html, and its numbers to out.csv\n"
    page = (papers.folder / "out.html").read_text("utf-8")
    assert "<title>Clippings: closed</title>" in page
    assert "out.csv" in page
    raw = (papers.folder / "out.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")  # without it spreadsheets take it for another encoding
    frame = pd.read_csv(papers.folder / "out.csv")
    herald = frame[(frame.table == "by outlet, each record") & (frame.item == "Old Herald")]
    assert (herald.n.item(), herald.of.item(), herald.share.item()) == (72, 240, 0.3)
    written = sorted(p.name for p in papers.folder.iterdir() if p.name.startswith(("out", ".out")))
    assert written == ["out.csv", "out.html"]
    assert inline("stats", "--plot", "out.svg").code == 0  # what a chart wrote, a chart replaces
    assert (papers.folder / "out.csv").read_bytes() != raw
    (papers.folder / "coded.csv").write_text("id,privatisation\n00aa,1\n")
    refused = inline("stats", "--plot", "coded.svg")
    assert (refused.code, refused.err.count("\n")) == (2, 1) and "coded.csv: holds something else" in refused.err
    assert (papers.folder / "coded.csv").read_text() == "id,privatisation\n00aa,1\n"


def test_without_matplotlib_a_chart_is_one_line_and_all_else_works(
    inline: Run, papers: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [
        name for name in sys.modules if name.startswith(("clipper.publish.charts", "clipper.coding.pictures"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("clipper.publish.charts", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    ended = inline("stats", "--plot", "x.svg")
    assert ended.code == 6
    assert "a chart needs the package matplotlib" in ended.err
    assert not (papers.folder / "x.csv").exists()
    assert inline("stats", "-n", "1").code == 0


def test_an_empty_archive_has_nothing_to_count(inline: Run, project: Project) -> None:
    ended = inline("stats")
    assert (ended.code, ended.out, ended.err) == (1, "", "clipper: nothing found\n")


def test_on_a_terminal_every_line_fits_and_nothing_hostile_reaches_it(papers: Project) -> None:
    made = planted()
    evil = "Evil \x1b]0;owned\x07\u202e漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字 Gazette\n forged"
    for n in range(30):
        made.article(evil, f"2025-{n % 12 + 1:02}-03", "a piece", "closure", outlet=evil)
    made.write(papers.archive)
    everything = [
        "--coverage",
        "--terms",
        "--together",
        "--by",
        "outlet",
        "--by",
        "theme,outlet",
        "--by",
        "outlet,month",
    ]
    for columns, arguments in ((80, everything), (40, [])):
        code, said = on_terminal(
            [sys.executable, "-m", "clipper", "stats", "--no-pager", *arguments],
            cwd=papers.folder, columns=columns, environment={**os.environ},
        )  # fmt: skip
        assert code == 0
        assert not [line for line in said.splitlines() if cells(line) > columns]
        assert "\x1b" not in said
        assert "\u202e" not in said
        assert "\n forged" not in said


def test_where_the_encoding_has_no_blocks_plain_letters_do() -> None:
    assert Screen(columns=80, encoding="ascii")._drawn([None, 0, 1, 8]) == " .-@"
    assert Screen(columns=80, encoding="utf-8")._drawn([None, 0, 1, 8]) == " ·▂█"


def test_texts_are_cut_by_the_columns_that_they_take() -> None:
    assert pad("漢字漢字", 5) == "漢字…"
    assert pad("ab", 4) == "ab  "
    assert points(-0.0001) == "0.0"
    assert points(0.0123) == "+1.2"


def test_few_are_marked_and_undated_stand_apart(inline: Run, project: Project) -> None:
    made = Planted()
    made.article("a", None, "one two three")
    made.article("a", "2014", "one two")
    made.article("a", "2014-11", "one")
    made.write(project.archive)
    said = inline("stats", "--by", "month", "--by", "outlet").out
    assert re.search(r"^2014-11 +1 +1  ▇+$", said, re.M)
    assert re.search(r"^2014, no month +1 +–  ▇+$", said, re.M)
    assert re.search(r"^no date +1 +–  ▇+$", said, re.M)
    assert "100.0% [43.9–100.0]*" in said
    assert "In no month: 1 without a date and 1 dated with a year alone." in said


def test_nothing_is_written_into_the_archive(inline: Run, papers: Project) -> None:
    before = papers.everything()
    inline("stats", "--coverage", "--terms")
    assert papers.everything() == before
