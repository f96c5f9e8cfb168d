from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from clipper import config
from clipper.coding import codebook
from conftest import Ended, Project

Run = Callable[..., Ended]


def test_a_new_project_has_sources_themes_and_an_empty_archive(clipper: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "project"
    ended = clipper("init", str(folder))
    assert ended.code == 0
    made = config.load(folder / "config.toml")
    assert len(made.sources) >= 12
    assert made.fetch.allow_hosts == ()
    names = " ".join(f"{s.name} {s.outlet}" for s in made.sources)
    for outlet in ("King's Fund", "Nuffield Trust", "Pulse", "BBC", "Guardian", "BMJ", "NHS England", "openDemocracy",
                   "Department of Health"):  # fmt: skip
        assert outlet in names
    assert all(source.url.startswith("https://") for source in made.sources)
    assert len(codebook.load(made.codebook).themes) == 14
    assert list((folder / "data" / "archive" / "articles").iterdir()) == []
    assert clipper("search", cwd=folder).code == 1  # nothing in it yet


def test_a_project_that_is_there_is_left_as_it_is(clipper: Run, project: Project) -> None:
    before = (project.folder / "config.toml").read_bytes()
    ended = clipper("init")
    assert ended.code == 2
    assert "there already" in ended.err
    assert (project.folder / "config.toml").read_bytes() == before


def test_a_folder_that_cannot_be_made_is_told(clipper: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = clipper("init", str(tmp_path / "file" / "project"))
    assert ended.code == 6
    assert str(tmp_path / "file") in ended.err
    assert len(ended.err.splitlines()) == 1


def test_every_key_of_the_configuration_is_explained_in_it() -> None:
    from clipper.places import shipped

    text = shipped("config.toml").read_text("utf-8")
    keys = (
        "archive codebook private contact delay concurrency timeout allow_hosts name url kind outlet match drop since"
    )
    for key in (*keys.split(), "full_text"):
        assert key in text
