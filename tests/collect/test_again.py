"""Kept raw pages read anew: offline, and nothing is changed that reads as it did."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clipper.archive.store import Archive
from clipper.archive.warc import Exchange
from clipper.collect import again
from clipper.collect.keep import keep_raw
from clipper.models import Run
from conftest import Ended, Project, Site, article_page

Command = Callable[..., Ended]
DATED = '<meta property="article:published_time" content="2015-06-30T12:00:00Z">'


@pytest.fixture
def three(project: Project, site: Site, inline: Command) -> list[str]:
    """The URLs of three articles that were fetched, from a site that answers no more."""
    links = [site.page(f"/{n}", article_page(f"Story number {n}", head=DATED)) for n in range(3)]
    items = "".join(f"<item><link>{link}</link></item>" for link in links)
    feed = site.page("/feed", f'<rss version="2.0"><channel><title>Echo</title>{items}</channel></rss>')
    project.configure(f'[[source]]\nname = "echo"\nurl = "{feed}"\n')
    assert inline("fetch").code == 0
    site.replies.clear()
    site.asked.clear()
    return links


@pytest.fixture
def reread(inline: Command, site: Site) -> Command:
    """Return a function that runs ``extract --again``, and sees to it that nothing is asked for."""

    def run(*arguments: str) -> Ended:
        ended = inline("extract", "--again", *arguments)
        assert site.asked == []
        return ended

    return run


def rewrite(project: Project, url: str, **changed: Any) -> dict[str, Any]:
    """Let an article be as another extractor left it; return it as it was."""
    [path] = (project.archive / "articles").glob("*.jsonl")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    before: dict[str, Any] = next(line for line in lines if line["url"] == url)
    path.write_text("".join(json.dumps({**o, **changed} if o == before else o) + "\n" for o in lines), "utf-8")
    return before


def test_an_old_reading_becomes_the_next_revision_and_then_all_are_as_they_were(
    project: Project, three: list[str], reread: Command
) -> None:
    assert reread().err == "clipper: 0 revised, 3 as they were\n"
    before = rewrite(project, three[1], text="Home News. An older reading.", sha256="0" * 64, extractor="older 0.1")
    ended = reread()
    assert (ended.code, ended.err) == (0, "clipper: 1 revised, 2 as they were\n")
    new = project.articles()[-1]
    assert (new["id"], new["revision"]) == (before["id"], 2)
    same = ("url", "canonical", "title", "text", "sha256", "warc", "fetched", "source", "extractor", "published")
    assert {name: new[name] for name in same} == {name: before[name] for name in same}
    written = project.everything()
    assert reread().err == "clipper: 0 revised, 3 as they were\n"
    assert {n: b for n, b in project.everything().items() if n != "runs.jsonl"} == {
        n: b for n, b in written.items() if n != "runs.jsonl"
    }
    runs = project.lines("runs.jsonl")[-3:]
    assert [(r["command"], r["sources"][0]["revised"], r["sources"][0]["seen"]) for r in runs] == [
        ("extract", 0, 3), ("extract", 1, 2), ("extract", 0, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [{"title": "Menu"}, {"authors": ["Share this"], "title": "x"}, {"published": "1999-01-01"}, {"partial": True}],
)
def test_facts_alone_are_worth_a_revision(
    project: Project, three: list[str], reread: Command, changed: dict[str, Any]
) -> None:
    before = rewrite(project, three[0], **changed)
    assert reread(before["id"]).err == "clipper: 1 revised\n"
    new = project.articles()[-1]
    assert (new["revision"], new["title"], new["published"], new["partial"]) == (
        2, before["title"], before["published"], False,
    )  # fmt: skip
    assert reread(before["id"]).err == "clipper: 0 revised, 1 as they were\n"


def test_what_names_an_article_and_ties_it_to_a_copy_outlives_a_revision(
    project: Project, three: list[str], reread: Command
) -> None:
    first = rewrite(project, three[0], guid="item 7", duplicate_of="0123456789abcdef", canonical="https://h.example/a")
    rewrite(project, three[0], text="Older.", sha256="0" * 64)
    assert reread().code == 0
    new = project.articles()[-1]
    assert (new["id"], new["guid"], new["duplicate_of"], new["canonical"]) == (
        first["id"], "item 7", "0123456789abcdef", "https://h.example/a",
    )  # fmt: skip


def lost(project: Project, url: str, body: bytes, **more: Any) -> None:
    """Keep a raw page of which no article came, as a fetch does that gives a page up."""
    archive = Archive(project.archive)
    [place] = keep_raw(archive, [(
        Exchange(url=url, at=datetime(2026, 1, 5, 12, 0, 7, 5, tzinfo=UTC), address="", request=(), protocol="HTTP/1.1",
                 status=200, reason="OK", headers=(("Content-Type", "text/html"),), payload=body),
    )])  # fmt: skip
    item = {"target": url, "source": "echo", "status": "failed", "cause": "too long", "lasting": True, "warc": place}
    archive.add_run(
        Run(command="fetch", started="", ended="2026-01-05T12:00:09Z", version="1", sources=[],
            not_archived=[{**item, **more}])
    )  # fmt: skip
    archive.catalogue.close()


def test_a_page_that_was_kept_without_an_article_becomes_one(
    project: Project, three: list[str], reread: Command, inline: Command, site: Site
) -> None:
    url = site.url("/given-up")
    page = article_page("Given up", "The bus from Fenwick no longer calls at the clinic, and nobody asked.", head=DATED)
    lost(project, url, page.encode())
    lost(project, url, page.encode())  # in two runs
    ended = reread()
    assert (ended.code, ended.err) == (0, "clipper: 0 revised, 1 added, 3 as they were\n")
    new = next(a for a in project.articles() if a["url"] == url)
    assert (new["title"], new["source"], new["revision"]) == ("Given up", "echo", 1)
    assert (new["fetched"], new["outlet"]) == ("2026-01-05T12:00:07Z", "The Fenwick Echo")
    assert new["warc"] == project.lines("runs.jsonl")[-3]["not_archived"][0]["warc"]
    assert reread().err == "clipper: 0 revised, 4 as they were\n"
    assert [hit["id"] for hit in inline("search", '"nobody asked"', "--json").json] == [new["id"]]


def test_a_page_that_is_still_no_article_is_no_failure(project: Project, three: list[str], reread: Command) -> None:
    lost(project, "http://h.example/empty", b"<html><body><p>Home</p></body></html>", status="refused")
    ended = reread()
    assert (ended.code, ended.err) == (0, "clipper: 0 revised, 3 as they were, 1 refused\n")
    last = project.lines("runs.jsonl")[-1]
    assert (last["sources"][0]["refused"], last["sources"][0]["failed"]) == (1, 0)
    assert last["not_archived"][0]["lasting"] is True


def test_a_raw_page_that_cannot_be_read_is_told_and_the_others_go_on(
    project: Project, three: list[str], reread: Command
) -> None:
    rewrite(project, three[0], text="Older.", sha256="0" * 64)
    rewrite(project, three[2], text="Older.", sha256="0" * 64)
    [path] = (project.archive / "warc").iterdir()
    place = next(a["warc"]["offset"] for a in project.articles() if a["url"] == three[1])
    raw = bytearray(path.read_bytes())
    raw[place + 60] ^= 0xFF
    path.write_bytes(raw)
    ended = reread()
    assert ended.code == 3
    assert f"{three[1]}: failed: {path}: damaged at byte {place}" in ended.err
    assert ended.err.endswith("clipper: 2 revised, 1 failed\n")
    path.unlink()
    ended = reread()
    assert ended.code == 4
    assert ended.err.count("cannot be read (No such file or directory)") == 3
    assert len(project.articles()) == 5


@pytest.mark.parametrize("place", ["warc/x", 7, ["warc"], {"file": "../../x", "offset": 0}, {"offset": 5}, True])
def test_a_run_that_names_no_place_does_not_stop_the_others(
    project: Project, three: list[str], reread: Command, place: Any
) -> None:
    lost(project, "http://h.example/a", b"page", warc=place)
    ended = reread()
    assert ended.err.endswith("3 as they were\n") or ended.err.endswith("3 as they were, 1 failed\n")


def test_only_the_named_articles_are_read(project: Project, three: list[str], reread: Command) -> None:
    for link in three:
        rewrite(project, link, text="Older.", sha256="0" * 64)
    lost(project, "http://h.example/a", article_page("Given up", head=DATED).encode())
    named = [a["id"] for a in project.articles()[:2]]
    ended = reread(named[0][:10], named[1], "--json")
    assert [(o["id"], o["status"]) for o in ended.json] == [(i, "revised") for i in named]
    assert reread("ffffffff").code == 1


def test_many_pages_are_read_few_at_a_time(
    project: Project, three: list[str], reread: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(again, "BATCH", 2)
    for link in three:
        rewrite(project, link, text="Older.", sha256="0" * 64)
    for n in range(3):
        text = f"The clinic of ward {n} has shut, and the {n} nurses who worked there have been sent to Marlstock."
        lost(project, f"http://h.example/{n}", article_page(f"Given up {n}", text, head=DATED).encode())
    assert reread().err == "clipper: 3 revised, 3 added\n"


def test_articles_without_a_raw_page_are_left(
    project: Project, inline: Command, reread: Command, tmp_path: Path
) -> None:
    note = tmp_path / "note.txt"
    note.write_text("Ward to close\n\nBy Ann Holloway\n\n7 March 2014\n\nThe board met.", "utf-8")
    assert inline("add", str(note)).code == 0
    before = (project.archive / "articles").glob("*.jsonl")
    assert reread().code == 0
    assert [p.read_bytes() for p in before] == [p.read_bytes() for p in (project.archive / "articles").glob("*.jsonl")]
