"""``add``: saved pages, text files, URLs and stdin into the archive, each told with what became of it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Ended, Project, Site, article_page

Inline = Callable[..., Ended]
TEXTS = Path(__file__).parent / "data" / "texts"
URL = "https://echo.example/news/ward"
HEAD = f'<meta property="article:published_time" content="2015-06-30T12:00:00Z"><link rel="canonical" href="{URL}">'


def test_a_text_file_becomes_an_article_with_what_it_states(project: Project, inline: Inline) -> None:
    ended = inline("add", str(TEXTS / "blog.txt"))
    assert ended.code == 0
    (one,) = project.articles()
    assert one["title"] == "Buying joined-up care (or why agreement is not enough)"
    assert (one["authors"], one["published"], one["source"]) == (["Ann"], "2014-03-07", "added")
    assert (one["url"], one["canonical"], one["outlet"]) == (None, None, None)
    assert "3 paragraphs left out of the text" in ended.err
    assert "added" in ended.out
    assert one["id"][:7] in ended.out


def test_what_has_no_date_is_archived_without_one_and_that_is_told(project: Project, inline: Inline) -> None:
    ended = inline("add", "--json", str(TEXTS / "note.txt"))
    assert [(o["status"], o["cause"]) for o in ended.json] == [("added", "no date stated; archived without one")]
    (one,) = project.articles()
    assert (one["title"], one["published"]) == (None, None)


@pytest.mark.parametrize("name", ["page.html", "page.html.gz", "page"])
def test_a_saved_page_is_read_like_one_from_the_web(
    project: Project, inline: Inline, tmp_path: Path, name: str
) -> None:
    body = article_page("Ward to close", head=HEAD).encode()
    file = tmp_path / name
    file.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    assert inline("add", str(file)).code == 0
    (one,) = project.articles()
    assert (one["title"], one["outlet"], one["published"]) == ("Ward to close", "The Fenwick Echo", "2015-06-30")
    assert one["url"] == one["canonical"] == URL


def test_the_same_again_is_seen_a_change_is_a_revision_and_a_cut_form_is_seen(
    project: Project, inline: Inline, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    whole = [f"The board met on {day} and it sat for a very long time. " * 5 for day in ("Monday", "Tuesday")]
    told = []
    for paragraphs in (whole, whole, [*whole, "Corrected: the nurses were asked in the end of it all."], whole[:1]):
        file.write_text(article_page("Ward to close", *paragraphs, head=HEAD), "utf-8")
        told += [o["status"] for o in inline("add", "--json", str(file)).json]
    assert told == ["added", "seen", "revised", "seen"]
    lines = project.articles()
    assert [a["revision"] for a in lines] == [1, 2]
    assert lines[0]["id"] == lines[1]["id"]
    assert lines[1]["text"].endswith("the nurses were asked in the end of it all.")


def test_a_url_is_fetched_and_fetch_knows_it_afterwards(site: Site, project: Project, inline: Inline) -> None:
    url = site.page("/a", article_page("Ward to close"))
    assert inline("add", url).code == 0
    feed = site.page("/feed", f'<rss version="2.0"><channel><item><link>{url}</link></item></channel></rss>')
    project.configure(f'[[source]]\nname = "echo"\nurl = "{feed}"')
    assert inline("fetch").code == 0
    assert site.asked.count("/a") == 1
    assert [a["source"] for a in project.articles()] == ["added"]


def test_stdin_is_a_target(clipper: Callable[..., Ended], project: Project) -> None:
    ended = clipper("add", "-", stdin=(TEXTS / "release.txt").read_bytes())
    assert ended.code == 0
    assert [a["published"] for a in project.articles()] == ["2010-03-30"]


def test_each_target_that_fails_is_named_and_the_others_are_archived(
    site: Site, project: Project, inline: Inline, tmp_path: Path
) -> None:
    bad = {"paper.pdf": b"%PDF-1.4", "latin.txt": b"\xa35m", "empty.txt": b"\n", "letter.docx": b"PK\x03\x04zip",
           "bare.html": b"<html><body>Hi</body></html>", "torn.html.gz": b"\x1f\x8b\x08no"}  # fmt: skip
    for name, raw in bad.items():
        (tmp_path / name).write_bytes(raw)
    targets = [*(str(tmp_path / name) for name in bad), str(tmp_path / "none.txt"), site.url("/missing"), "ftp://x/y"]
    ended = inline("add", "--json", *targets, str(TEXTS / "trade.txt"))
    assert ended.code == 3
    told = {o["target"].rpartition("/")[2]: (o["status"], o["cause"]) for o in ended.json}
    assert told.pop("trade.txt")[0] == "added"
    expected = {
        "paper.pdf": ("refused", "a damaged PDF"),
        "latin.txt": ("refused", "not UTF-8 (byte 0xA3 in line 1)"),
        "empty.txt": ("refused", "an empty file"),
        "letter.docx": ("refused", "a damaged DOCX file"),
        "bare.html": ("refused", "no article text on the page"),
        "torn.html.gz": ("refused", "packed by gzip, and cannot be unpacked"),
        "none.txt": ("failed", "no such file"),
        "missing": ("failed", "the server answered 404 Not Found"),
        "y": ("refused", "not a web address"),
    }
    assert {name: (status, cause[: len(expected[name][1])]) for name, (status, cause) in told.items()} == expected
    assert all(f"{target}: " in ended.err for target in targets)
    assert len(project.articles()) == 1


def test_when_nothing_could_be_added_the_exit_code_says_so(project: Project, inline: Inline, tmp_path: Path) -> None:
    assert inline("add", str(tmp_path / "none.txt")).code == 4
    assert project.articles() == []


def test_a_clippings_page_is_not_given_its_first_items_name_and_date(project: Project, inline: Inline) -> None:
    assert inline("add", str(TEXTS / "clippings.txt")).code == 0
    first = project.articles()[0]
    assert (first["outlet"], first["published"], first["authors"]) == (None, None, [])
    assert first["title"] != "Valley surgeries denied their premises money"
