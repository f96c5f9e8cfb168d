from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from conftest import Ended, Project, Site, article_page

Run = Callable[..., Ended]

RELEASE = """Trust to open a new ward in Fenwick

Press release

Published: 30/03/2010

The Fenwick trust will open a ward of twenty beds in the spring, it said today.
"""


def test_a_text_file_becomes_an_article_and_the_same_again_adds_nothing(clipper: Run, project: Project) -> None:
    path = project.folder / "release.txt"
    path.write_text(RELEASE, encoding="utf-8")
    first = clipper("add", "release.txt")
    (article,) = project.articles()
    assert first.code == 0
    assert first.out == f"added   {article['id'][:7]}  Trust to open a new ward in Fenwick (30 March 2010)\n"
    assert (article["published"], article["outlet"], article["authors"], article["source"]) == (
        "2010-03-30",
        None,
        [],
        "added",
    )
    again = clipper("add", "--json", "release.txt")
    assert again.json == [{"target": "release.txt", "id": article["id"], "status": "seen", "cause": None}]
    assert len(project.articles()) == 1
    run = project.lines("runs.jsonl")[0]
    assert run["targets"] == [{"target": "release.txt", "id": article["id"], "status": "added"}]


def test_a_changed_text_is_a_revision_and_a_shortened_one_is_not(inline: Run, project: Project) -> None:
    path = project.folder / "release.txt"
    path.write_text(RELEASE, encoding="utf-8")
    inline("add", "release.txt")
    path.write_text(RELEASE.replace(", it said today", ""), encoding="utf-8")
    assert inline("add", "--json", "release.txt").json[0]["status"] == "revised"
    path.write_text(RELEASE.replace("in the spring, it said today.", "…"), encoding="utf-8")
    assert inline("add", "--json", "release.txt").json[0]["status"] == "seen"
    assert [(a["revision"], a["id"]) for a in project.articles()] == [(n, project.articles()[0]["id"]) for n in (1, 2)]


def test_stdin_is_a_target(clipper: Run, project: Project) -> None:
    assert clipper("add", "-", stdin=RELEASE.encode()).code == 0
    assert project.articles()[0]["title"] == "Trust to open a new ward in Fenwick"


def test_a_url_and_the_page_saved_from_it_are_one_article(inline: Run, project: Project, site: Site) -> None:
    head = f'<link rel="canonical" href="{site.url("/story")}"><meta name="author" content="By Ann Writer">'
    page = article_page("A story", head=head)
    site.page("/story?utm_source=mail", page)
    first = inline("add", site.url("/story?utm_source=mail"))
    assert first.code == 0
    assert "no date stated" in first.err
    saved = project.folder / "saved page.html"
    saved.write_text(page, encoding="utf-8")
    assert inline("add", "--json", "saved page.html").json[0]["status"] == "seen"
    (article,) = project.articles()
    assert article["url"] == site.url("/story?utm_source=mail")
    assert (article["authors"], article["outlet"], article["published"]) == (["Ann Writer"], "The Fenwick Echo", None)


def test_each_bad_target_gets_one_line_and_the_good_one_is_archived(inline: Run, project: Project, site: Site) -> None:
    (project.folder / "good.txt").write_text(RELEASE, encoding="utf-8")
    (project.folder / "latin.txt").write_bytes("Title\n\nThe caf\xe9 on the ward was shut.".encode("latin-1"))
    (project.folder / "empty.txt").write_text("  \n")
    (project.folder / "empty.html").write_text("<html><body></body></html>")
    (project.folder / "paper.pdf").write_bytes(b"%PDF-1.4 ...")
    (project.folder / "letter.rtf").write_bytes(b"{\\rtf1 hello}")
    targets = {
        "latin.txt": "not UTF-8 (byte 0xE9 in line 3)",
        "empty.txt": "an empty file",
        "empty.html": "no article text on the page",
        "paper.pdf": "a damaged PDF",
        "letter.rtf": "an RTF file",
        "gone.txt": "no such file",
        "www.echo.example/news": "begins with https://",
        "data": "a folder without a file that can be taken",
        "ftp://example.org/x": "not a web address",
        site.url("/gone"): "404",
        "http://127.0.0.2:9/": "allow_hosts",
    }
    ended = inline("add", *targets, "good.txt")
    assert ended.code == 3
    *lines, counts = [line for line in ended.err.splitlines() if "no date" not in line]
    assert counts == "clipper: 8 refused, 3 failed, 1 added"
    assert len(lines) == len(targets)
    for line, (target, words) in zip(lines, targets.items(), strict=True):
        assert line.startswith(f"clipper: {target}: "), line
        assert words in line
    assert [a["title"] for a in project.articles()] == ["Trust to open a new ward in Fenwick"]
    before = {n: raw for n, raw in project.everything().items() if n != "runs.jsonl"}
    assert inline("add", *targets).code == 4
    assert {n: raw for n, raw in project.everything().items() if n != "runs.jsonl"} == before


def test_control_characters_never_reach_the_terminal(inline: Run, project: Project) -> None:
    (project.folder / "evil.txt").write_text(
        "Title \x1b[31mred\u202e\n\nBy Eve\x07 Writer\n\nText \x1b]0;x\x07 of the story."
    )
    out = (
        inline("add", "evil.txt").out + inline("search", "story").out + inline("show", project.articles()[0]["id"]).out
    )
    odd = "two\nlines \x1b[31m.txt"
    (project.folder / odd).write_bytes(b"")
    told = inline("add", odd).err
    assert len(told.splitlines()) == 1
    assert "\x1b" not in told
    assert not {c for c in out if ord(c) < 32 and c != "\n"} | ({"\u202e"} & set(out))


def test_the_archive_reads_with_pandas(inline: Run, project: Project) -> None:
    (project.folder / "release.txt").write_text(RELEASE, encoding="utf-8")
    (project.folder / "odd.txt").write_text(
        "Odd \u2028 title \x85 here\n\nA line\u2029and \ud7ff another, £5m “quoted”.", "utf-8"
    )
    inline("add", "release.txt", "odd.txt")
    (path,) = (project.archive / "articles").glob("*.jsonl")
    frame = pd.read_json(path, lines=True, dtype={"id": str})
    assert list(frame["id"]) == [a["id"] for a in project.articles()]
    assert list(frame.columns)[:5] == ["id", "revision", "kind", "url", "canonical"]
    assert len(path.read_text("utf-8").splitlines()) == 2
