"""Where the shipped files lie, and the user's cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from clipper import config, places
from clipper.errors import CannotWork


@pytest.mark.parametrize("name", ["codebook.toml", "config.toml", "examples.jsonl", "demo"])
def test_what_clipper_ships_with_is_there(name: str) -> None:
    found = places.shipped(name)
    assert found.exists()
    assert found.name == name


def test_the_shipped_configuration_is_sound() -> None:
    loaded = config.load(places.shipped("config.toml"))
    assert len(loaded.sources) > 5
    assert all(s.url.startswith("https://") for s in loaded.sources)


def test_an_installation_that_is_not_whole_is_told() -> None:
    with pytest.raises(CannotWork, match=r"nothing-such\.toml.*install it again"):
        places.shipped("nothing-such.toml")


def test_the_users_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(places.CACHE_VARIABLE, str(tmp_path / "mine"))
    assert places.user_cache() == tmp_path / "mine"
    monkeypatch.setenv(places.CACHE_VARIABLE, "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "system"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path in places.user_cache().parents
    assert places.user_cache().name == "clipper"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert tmp_path in places.user_cache().parents
    monkeypatch.setenv("HOME", "nowhere")
    monkeypatch.delenv("XDG_CACHE_HOME")
    with pytest.raises(CannotWork, match=places.CACHE_VARIABLE):
        places.user_cache()
