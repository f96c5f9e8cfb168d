"""The door to SQLite: troubles that are not the database's own are told in a user's words."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clipper.archive.database import Connection, Database
from clipper.errors import CannotWork


def create(db: Connection) -> None:
    db.execute("CREATE TABLE said (what TEXT)")


def opened(path: Path) -> Database:
    return Database(path, what="the catalogue", version=1, create=create, wait=0.1)


@contextmanager
def no_file_larger(size: int) -> Iterator[None]:
    """A disk that is full, as far as one process can make it so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_database_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWork, match="the catalogue cannot be made") as caught:
        opened(tmp_path / "file" / "catalogue.sqlite")
    assert "Errno" not in str(caught.value)
    (tmp_path / "catalogue.sqlite").mkdir()
    with pytest.raises(CannotWork, match="a folder is in its place; delete that"):
        opened(tmp_path / "catalogue.sqlite")


def test_a_transaction_that_the_disk_does_not_take_is_undone_and_the_next_one_goes(tmp_path: Path) -> None:
    database = opened(tmp_path / "catalogue.sqlite")
    with (
        no_file_larger(200_000),
        pytest.raises(CannotWork, match="the catalogue cannot be used") as caught,
        database.transaction(),
    ):
        database.execute_many("INSERT INTO said VALUES (?)", [("x" * 1000,)] * 1000)
    assert str(caught.value).startswith(f"{tmp_path / 'catalogue.sqlite'}: ")
    with database.transaction():
        database.execute("INSERT INTO said VALUES ('after')")
    assert database.execute("SELECT count(*) FROM said").fetchone() == (1,)
    database.close()
