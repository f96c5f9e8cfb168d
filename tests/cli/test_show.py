"""`show`: how one article is laid out, and the other ways to see it."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.archive.store import Archive
from clipper.cli import show_screen
from clipper.models import Article
from conftest import Ended, Project, Site, article_page, on_terminal

Run = Callable[..., Ended]

LINK = "https://echo.example/news/2014/11/07/" + "firm-hands-back-surgery-" * 5
ARTICLE = Article(
    id="ab12cd34ef56ab12",
    title="Firm hands back surgery",
    outlet="Fenwick Echo",
    authors=["Ann Writer"],
    published="2014-11-07",
    fetched="2014-11-08T09:30:00Z",
    url=LINK,
    canonical="https://echo.example/1",
    text="The private company that ran the surgery handed back its contract on Friday and walked away. " * 3
    + "医療の民営化は失敗した。" * 9
    + "\n\nA second paragraph,\nin two lines \x1b[31m.",
    source="echo",
    extractor="clipper text 2",
    warc={"file": "warc/2014-11-0001.warc.gz", "offset": 77},
)


def put(project: Project, *articles: Article) -> None:
    archive = Archive(project.archive)
    with archive.writing() as writer:
        writer.articles([replace(a, sha256=hashlib.sha256(a.text.encode()).hexdigest()) for a in articles])
    archive.catalogue.close()


def clipper_on_terminal(project: Project, *arguments: str, width: int, **environment: str) -> tuple[int, str]:
    """Run the command in a pseudo-terminal; return its exit code and what the screen was sent."""
    return on_terminal(
        [sys.executable, "-m", "clipper", *arguments],
        cwd=project.folder,
        rows=200,
        columns=width,
        environment=environment,
    )


def cells(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


def plain(said: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", said)


def test_provenance_is_told_in_full(inline: Run, project: Project) -> None:
    copy = replace(ARTICLE, id="00" * 8, duplicate_of=ARTICLE.id, warc=None, canonical=LINK, kind="clipping")
    put(project, ARTICLE, replace(ARTICLE, revision=2, title="Firm hands surgery back"), copy)
    out = inline("show", "ab", "--revision", "1").out
    assert out.startswith("Firm hands back surgery\noutlet     Fenwick Echo\npublished  7 November 2014\n")
    for line in (
        f"link       {LINK}",
        "canonical  https://echo.example/1",
        "id         ab12cd34ef56ab12 (revision 1 of 2, not the newest)",
        "came       8 November 2014, 09:30 UTC from echo, text by clipper text 2",
        "raw page   warc/2014-11-0001.warc.gz, byte 77 (clipper show ab12cd3 --raw)",
    ):
        assert f"\n{line}\n" in out
    assert "\x1b" not in out
    assert "revision 2 of 2)" in inline("show", "ab").out
    out = inline("show", "00").out
    assert f"\ncopy of    {ARTICLE.id}, Firm hands surgery back\n" in out
    assert "\nid         0000000000000000 (clipping, revision 1)\n" in out
    assert "canonical" not in out
    assert "raw page" not in out


def test_in_a_pipe_a_paragraph_is_a_line(inline: Run, project: Project) -> None:
    put(project, ARTICLE)
    ended = inline("show", "ab", "--text")
    first, second = ARTICLE.text.split("\n\n")
    assert ended.out == f"{first}\n\n{second}\n".replace("\x1b", "\ufffd")
    assert inline("show", "ab").out.endswith("\n\n" + ended.out)


def test_several_articles_one_of_them_unknown(inline: Run, project: Project) -> None:
    put(project, ARTICLE, replace(ARTICLE, id="cd" * 8, title="Another"))
    ended = inline("show", "ab", "ffff", "cd")
    assert ended.code == 1
    assert ended.out.index("Firm hands back") < ended.out.index("-----") < ended.out.index("Another")
    assert len(ended.err.splitlines()) == 1
    both = inline("show", "cd", "ab", "--json")
    assert (both.code, [record["title"] for record in both.json]) == (0, ["Another", "Firm hands back surgery"])
    assert inline("show", "ab", "ab", "--text").out == inline("show", "ab", "--text").out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--text", "--diff"), "--diff and --text are two different things"),
        (("--raw", "--open"), "--raw and --open"),
        (("--text", "--json"), "--text gives no JSON"),
        (("--raw", "ab"), "--raw gives one page"),
        (("--query", '"open'), "open"),
        (("--revision", "0"), "0"),
    ],
)
def test_options_that_do_not_go_together(inline: Run, project: Project, options: tuple[str, ...], told: str) -> None:
    put(project, ARTICLE)
    ended = inline("show", "ab12", *options)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err


@pytest.mark.parametrize("width", [40, 80, 160])
def test_on_a_terminal_it_is_wrapped_to_be_read(project: Project, width: int) -> None:
    put(project, ARTICLE)
    code, said = clipper_on_terminal(project, "show", "ab", "--query", "compan* surgery", width=width)
    assert code == 0
    assert "\x1b[33m\x1b[1msurgery\x1b[0m" in said
    lines = plain(said).split("\n")
    assert f"link       {LINK}" in lines  # whole, so that the terminal can open it
    lines.remove(f"link       {LINK}")
    assert max(map(cells, lines)) <= min(width, 100)
    assert max(map(cells, lines)) > min(width, 100) - 12
    text = plain(said).split("--raw)")[1]
    assert "".join(text.split()) == "".join(ARTICLE.text.replace("\x1b", "\ufffd").split())
    assert text.endswith("\n\nA second paragraph,\nin two lines \ufffd[31m.\n")
    code, said = clipper_on_terminal(project, "show", "ab", "--query", "surgery", width=width, NO_COLOR="1")
    assert (code, plain(said)) == (0, said)


def test_the_link_is_opened_in_the_browser_that_is_named(clipper: Run, project: Project) -> None:
    seen = project.folder / "seen"
    browser = project.folder / "browser"
    browser.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> "{seen}"\n')
    browser.chmod(0o755)
    odd = replace(ARTICLE, id="cd" * 8, url="https://echo.example/a?b=$(id)&c='x';d")
    bad = [replace(ARTICLE, id=f"{i}" * 16, url=url, canonical=url) for i, url in enumerate(UNSAFE)]
    put(project, ARTICLE, odd, *bad)
    named = {"BROWSER": f"{browser} %s"}
    ended = clipper("show", "ab", "cd", "--open", **named)
    assert (ended.code, ended.out) == (0, f"{LINK}\n{odd.url}\n")
    assert seen.read_text() == ended.out
    for number, url in enumerate(UNSAFE):
        ended = clipper("show", f"{number}{number}", "--open", **named)
        assert (ended.code, ended.out) == (6 if url else 1, "")
        assert len(ended.err.splitlines()) == 1
        assert "\x1b" not in ended.err
    assert seen.read_text() == f"{LINK}\n{odd.url}\n"


UNSAFE = [
    "javascript:alert(1)",
    "file:///etc/passwd",
    "--help",
    "https://e.example/\x1b[31m",
    "https://e.example/a b",
    None,
]


def test_without_a_browser_the_link_is_told(clipper: Run, project: Project, tmp_path: Path) -> None:
    put(project, ARTICLE)
    ended = clipper(
        "show", "ab", "--open", BROWSER="/no/such/browser", PATH=str(tmp_path), DISPLAY="", WAYLAND_DISPLAY=""
    )
    assert (ended.code, ended.out) == (6, f"{LINK}\n")
    assert "BROWSER" in ended.err


def test_the_raw_page_is_given_byte_for_byte(clipper: Run, project: Project, site: Site) -> None:
    page = article_page("A story of two towns").replace("Members", "Members\x1b[31m")
    assert clipper("add", site.page("/a", page)).code == 0
    (article,) = project.articles()
    done = subprocess.run(
        [sys.executable, "-m", "clipper", "show", article["id"], "--raw"],
        cwd=project.folder,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == page.encode()
    assert site.url("/a") in done.stderr.decode()
    code, said = clipper_on_terminal(project, "show", article["id"], "--raw", width=80)
    assert code == 2
    assert "send them to a file" in said
    assert "<article>" not in said
    assert clipper("show", article["id"], "--raw", "--revision", "2").code == 1
    put(project, replace(ARTICLE, warc=None))
    none = clipper("show", "ab12", "--raw")
    assert (none.code, none.out) == (1, "")
    assert "no raw page is kept" in none.err
    put(project, replace(ARTICLE, id="cd" * 8))
    assert clipper("show", "cdcd", "--raw").code == 6


LETTERS = st.text(st.sampled_from("ab \n\t医é\u0301\x1b"), max_size=80)


@given(LETTERS, st.lists(st.integers(0, 80), max_size=8), st.integers(3, 30))
def test_marks_stay_on_their_words_however_lines_are_broken(text: str, ends: list[int], columns: int) -> None:
    places = sorted({min(end, len(text)) for end in ends})
    marks = [(a, b, show_screen.MATCH) for a, b in zip(places[::2], places[1::2], strict=False)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(show_screen, "on_terminal", lambda: True)
        patch.setattr(show_screen, "colours", lambda: True)
        patch.setattr(show_screen, "width", lambda: columns)
        lines = show_screen.block(text, marks)
    marked = "".join(re.findall(r"\x1b\[33m\x1b\[1m(.*?)\x1b\[0m", "".join(lines)))
    safe = text.replace("\x1b", "\ufffd")
    assert "".join(marked.split()) == "".join("".join(safe[a:b] for a, b, _ in marks).split())
    assert "".join(plain("".join(lines)).split()) == "".join(safe.split())
    assert all(len(plain(line)) <= max(columns, 2) or "\u0301" in line for line in lines)
