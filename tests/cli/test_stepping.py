"""The index is brought up to date at the end of commands that change much, and never in the way of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clipper.archive import locks
from clipper.archive.store import Archive
from clipper.cli import stepping
from clipper.config import load
from clipper.search.index import Index
from conftest import Ended, Project, Site, article_page

Run = Callable[..., Ended]


def _write(project: Project, name: str) -> str:
    text = (
        f"The {name} news\n\nSource: Wold Post\n\nDate: 2015\n\nEnough words on the {name} for an article of its own."
    )
    (project.folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return f"{name}.txt"


@pytest.fixture
def indexed(inline: Run, project: Project) -> Run:
    assert inline("add", _write(project, "bridge")).code == 0
    assert inline("search", "bridge", "--count").out == "1\n"
    return inline


def _in_step(project: Project) -> bool:
    """Whether the index has everything, without its being brought up to date for the question."""
    archive = Archive(project.archive)
    try:
        return Index(archive).in_step()
    finally:
        archive.catalogue.close()


def _step(project: Project, **more: bool) -> None:
    archive = Archive(project.archive)
    try:
        stepping.bring_in_step(load(project.folder / "config.toml"), archive, **more)
    finally:
        archive.catalogue.close()


def test_an_index_that_is_there_follows_what_is_added_and_tagged(indexed: Run, project: Project) -> None:
    ended = indexed("add", _write(project, "ferry"))
    assert ended.code == 0
    assert "ind" not in ended.err  # neither index nor indexing
    assert _in_step(project)
    assert indexed("tag").code == 0
    assert _in_step(project)


def test_an_index_that_is_there_follows_a_fetch(indexed: Run, project: Project, site: Site) -> None:
    item = (
        f"<item><title>Ferry runs again</title><link>{site.page('/a', article_page('Ferry runs again'))}</link></item>"
    )
    feed = f'<rss version="2.0"><channel><title>Echo</title>{item}</channel></rss>'
    url = site.page("/feed.xml", feed, content_type="application/rss+xml")
    project.configure(f'[[source]]\nname = "echo"\nurl = "{url}"\nkind = "feed"\n')
    ended = indexed("fetch", "--quiet")
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert len(project.articles()) == 2
    assert _in_step(project)


def test_an_index_is_begun_only_for_many_articles(
    inline: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = project.archive / "cache" / "index"
    assert inline("add", _write(project, "bridge")).code == 0
    assert not index.exists()
    monkeypatch.setattr(stepping, "MANY", 1)
    assert inline("add", _write(project, "ferry")).code == 0
    assert index.exists()
    assert _in_step(project)


def test_trying_out_changes_no_index(indexed: Run, project: Project) -> None:
    note = (project.archive / "cache" / "index.json").read_bytes()
    assert indexed("add", "--dry-run", _write(project, "ferry")).code == 0
    assert (project.archive / "cache" / "index.json").read_bytes() == note


def test_while_another_process_is_indexing_the_command_does_its_work_and_says_so(
    indexed: Run, project: Project
) -> None:
    with locks.indexing(project.archive / "cache", 0):
        ended = indexed("add", _write(project, "ferry"))
    assert ended.code == 0
    assert len(project.articles()) == 2
    (line,) = [line for line in ended.err.splitlines() if "index" in line]
    assert "not up to date yet" in line
    assert not _in_step(project)
    assert indexed("search", "ferry", "--count").out == "1\n"


def test_a_quiet_command_does_not_speak_of_another_process(
    indexed: Run, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    with locks.indexing(project.archive / "cache", 0):
        assert indexed("add", _write(project, "ferry")).code == 0
        capsys.readouterr()
        _step(project, quiet=True)
        assert capsys.readouterr().err == ""
        _step(project)
        assert len(capsys.readouterr().err.splitlines()) == 1


def _no_parts(folder: Path) -> None:
    (folder / "meta.json").write_text("{", encoding="utf-8")


def _no_lock(folder: Path) -> None:
    lock = folder.with_name(".index.lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()


@pytest.mark.parametrize("damage", [_no_parts, _no_lock])
def test_an_index_that_cannot_be_written_does_not_fail_the_command(
    indexed: Run, project: Project, damage: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepping, "MANY", 1)
    damage(project.archive / "cache" / "index")
    ended = indexed("add", _write(project, "ferry"))
    assert ended.code == 0
    assert len(project.articles()) == 2
    assert len([line for line in ended.err.splitlines() if "index" in line]) == 1


def test_what_takes_long_is_told_and_nothing_else(
    inline: Run, project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from clipper.search import indexing

    monkeypatch.setattr(indexing, "_MANY", 1)  # from which on indexing is worth telling
    monkeypatch.setattr(stepping, "MANY", 0)
    monkeypatch.setattr(stepping, "_LONG", 1000.0)
    assert "indexing" not in inline("add", _write(project, "bridge")).err
    monkeypatch.setattr(stepping, "_LONG", -1.0)
    assert "indexing 1 article" in inline("add", _write(project, "ferry")).err
