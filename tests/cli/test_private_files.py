"""Who may read what clipper writes: the user alone, unless the configuration shares the archive with a group."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clipper import modes
from clipper.archive.store import Archive
from clipper.checksums import checksum
from clipper.cli.evaluate_cmd import _write
from clipper.cli.init_cmd import init
from clipper.config import load
from clipper.models import Article
from conftest import Ended, Project

Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """Return what below a folder somebody else than its owner may read, write or enter, the folder counted in."""
    found = []
    for path in [folder, *folder.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            found.append(f"{path.relative_to(folder.parent)} {mode:04o}")
    return found


def test_a_picture_and_a_list_that_are_asked_for_by_name_are_as_the_user_makes_files(
    project: Project, inline: Run
) -> None:
    with modes.private():
        _write(project.folder / "picture.svg", b"<svg/>")
    assert inline("sources", "export", "feeds.opml").code == 0
    found = {name: stat.S_IMODE((project.folder / name).stat().st_mode) for name in ("picture.svg", "feeds.opml")}
    assert found == {"picture.svg": 0o644, "feeds.opml": 0o644}


def test_an_archive_that_is_not_private_follows_the_umask(project: Project, inline: Run) -> None:
    os.umask(0o002)
    config = project.folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("[clipper]", "[clipper]\nprivate = false"), encoding="utf-8")
    project.archive.chmod(0o2770)
    (project.folder / "note.txt").write_text(
        "A note\n\nThe council ran its own ward, and the note says so at length.\n"
    )
    assert inline("add", "note.txt").code == 0
    (month,) = (project.archive / "articles").glob("*.jsonl")
    assert stat.S_IMODE(month.stat().st_mode) == 0o664
    assert stat.S_IMODE((project.archive / "cache").stat().st_mode) & 0o777 == 0o775
    assert inline("search", "ward").code == 0
    cache = [path for path in (project.archive / "cache").rglob("*") if path.is_file()]
    assert {path.name for path in cache} >= {"catalogue.sqlite", "meta.json"}
    assert [path.name for path in cache if stat.S_IMODE(path.stat().st_mode) != 0o664] == []


def test_files_that_are_there_keep_their_modes(project: Project, inline: Run) -> None:
    text = "The ward stayed."
    with Archive(project.archive).writing() as writer:
        writer.articles(
            [Article(id="aa", title="Ward", text=text, sha256=checksum(text), fetched="2026-01-01T00:00:00Z")]
        )
    month = project.archive / "articles" / "2026-01.jsonl"
    month.chmod(0o640)
    assert inline("search", "ward").code == 0
    assert stat.S_IMODE(month.stat().st_mode) == 0o640


def test_the_umask_is_as_before_when_a_command_has_ended(project: Project, inline: Run) -> None:
    inline("search", "ward")
    assert os.umask(0o022) == 0o022


def test_a_new_project_has_a_private_archive_and_readable_files_of_the_users_own(tmp_path: Path) -> None:
    init(tmp_path / "new")
    assert open_to_others(tmp_path / "new" / "data" / "archive") == []
    assert stat.S_IMODE((tmp_path / "new" / "config.toml").stat().st_mode) == 0o644
    assert load(tmp_path / "new" / "config.toml").private


def test_what_the_user_names_has_the_users_modes_within_a_private_archive(tmp_path: Path) -> None:
    with modes.private():
        (tmp_path / "ours").write_text("")
        with modes.as_the_user_says():
            (tmp_path / "named").write_text("")
        (tmp_path / "again").write_text("")
    (tmp_path / "after").write_text("")
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert found == {"ours": 0o600, "named": 0o644, "again": 0o600, "after": 0o644}


def test_a_stricter_umask_of_the_user_stays(tmp_path: Path) -> None:
    os.umask(0o277)
    with modes.private():
        (tmp_path / "file").touch()
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o400


def test_a_folder_of_the_users_cache_is_private_with_all_that_it_takes(tmp_path: Path) -> None:
    modes.private_folder(tmp_path / "one" / "two")
    assert open_to_others(tmp_path / "one") == []
