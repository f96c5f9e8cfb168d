"""Borrowing: what lies ready beside an archive that one may only read, is taken over whole or not at all."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from clipper.archive import borrowing
from clipper.archive.borrowing import borrow
from clipper.archive.catalogue import Catalogue
from clipper.models import Article, to_line

MONTH = "articles/2026-11.jsonl"


def add(archive: Path, *articles: Article) -> None:
    (archive / "articles").mkdir(parents=True, exist_ok=True)
    with (archive / MONTH).open("a", encoding="utf-8") as file:
        file.writelines(to_line(article.to_json()) + "\n" for article in articles)


def opened(archive: Path, cache: Path) -> Catalogue:
    return Catalogue(archive, cache, lambda line: pytest.fail(line))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive with a cache of its own: a catalogue, and files that stand for an index."""
    archive = tmp_path / "archive"
    add(archive, *(Article(id=f"a{n}", title=f"Title {n}") for n in range(50)))
    with closing(opened(archive, archive / "cache")) as catalogue:
        catalogue.catch_up()
    index = archive / "cache" / "index"
    index.mkdir()
    for name in ("meta.json", ".managed.json", "0123.store", "0123.term", ".tantivy-writer.lock", "45.fieldnorm"):
        (index / name).write_text(f"{name} of the index")
    (archive / "cache" / "index.json").write_text('{"seq": 50}')
    return archive


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "user" / "archives" / "mark"


def everything(folder: Path) -> dict[str, bytes | str]:
    """Return what is in a folder and below it: the content of files, and where links lead to."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[path.relative_to(folder).as_posix()] = os.fspath(path.readlink())
        elif path.is_file():
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def test_the_catalogue_is_copied_and_the_index_linked(archive: Path, own: Path) -> None:
    beside = archive / "cache"
    before = everything(beside)
    assert borrow(beside, own)
    assert everything(beside) == before
    index = {path.name: path for path in (own / "index").iterdir()}
    assert sorted(index) == [".managed.json", "0123.store", "0123.term", "45.fieldnorm", "meta.json"]
    assert sorted(name for name, path in index.items() if path.is_symlink()) == [
        "0123.store", "0123.term", "45.fieldnorm",
    ]  # fmt: skip
    assert all(path.read_text() == f"{name} of the index" for name, path in index.items())
    assert (own / "index.json").read_text() == '{"seq": 50}'
    assert [path.name for path in own.parent.iterdir()] == [own.name]
    with closing(opened(archive, beside)) as theirs, closing(opened(archive, own)) as ours:
        assert not ours._following.is_behind()
        assert ours.changed_since(0) == theirs.changed_since(0)
        assert ours.generation == theirs.generation
        add(archive, Article(id="new"))
        ours.catch_up()
        assert (ours.count(), theirs.count()) == (51, 50)


def test_what_is_still_in_the_journal_is_borrowed_too(archive: Path, own: Path) -> None:
    with closing(opened(archive, archive / "cache")) as theirs:  # somebody works with it at this moment
        add(archive, Article(id="new"))
        theirs.catch_up()
        assert (archive / "cache" / "catalogue.sqlite-wal").stat().st_size > 0
        assert borrow(archive / "cache", own)
        with closing(opened(archive, own)) as ours:
            assert ours.get("new") == theirs.get("new") is not None


def test_what_was_borrowed_is_not_borrowed_again(archive: Path, own: Path) -> None:
    assert borrow(archive / "cache", own)
    before = everything(own)
    assert not borrow(archive / "cache", own)
    add(archive, Article(id="new"))
    with closing(opened(archive, archive / "cache")) as theirs:
        theirs.catch_up()
    assert not borrow(archive / "cache", own)  # one article is sooner read than a catalogue copied
    assert everything(own) == before


def lagging(archive: Path, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(borrowing, "_MUCH", 1000)
    add(archive, *(Article(id=f"b{n}", text="x" * 100) for n in range(50)))
    with closing(opened(archive, archive / "cache")) as theirs:
        theirs.catch_up()


def without_index(archive: Path, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own / "index.json").unlink()
    (archive / "cache" / "index.json").write_text('{"seq": 51}')


def links_to_nothing(archive: Path, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (archive / "cache" / "index" / "0123.store").rename(archive / "cache" / "index" / "0124.store")
    (archive / "cache" / "index" / "meta.json").write_text("another meta.json of the index")


@pytest.mark.parametrize("change", [lagging, without_index, links_to_nothing])
def test_what_is_of_no_use_any_more_is_borrowed_again(
    archive: Path, own: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[..., None]
) -> None:
    assert borrow(archive / "cache", own)
    (own / "likeness.sqlite").write_text("something else")
    change(archive, own, monkeypatch)
    assert borrow(archive / "cache", own)
    assert (own / "likeness.sqlite").read_text() == "something else"
    for name, path in ((path.name, path) for path in (archive / "cache" / "index").iterdir()):
        assert name.endswith(".lock") or (own / "index" / name).read_bytes() == path.read_bytes()
    assert len(list((own / "index").iterdir())) == 5
    assert (own / "index.json").read_bytes() == (archive / "cache" / "index.json").read_bytes()
    with closing(opened(archive, archive / "cache")) as theirs, closing(opened(archive, own)) as ours:
        assert ours.changed_since(0) == theirs.changed_since(0)
    assert [path.name for path in own.parent.iterdir()] == [own.name]
    assert not borrow(archive / "cache", own)


def test_a_catalogue_that_somebody_has_open_is_not_replaced(
    archive: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert borrow(archive / "cache", own)
    with closing(opened(archive, own)) as ours:
        ours.catch_up()
        lagging(archive, own, monkeypatch)
        assert not borrow(archive / "cache", own)
        assert ours.count() == 50
        ours.catch_up()
        assert ours.count() == 100


def no_cache(beside: Path) -> None:
    beside.rename(beside.with_name("elsewhere"))


def no_catalogue(beside: Path) -> None:
    (beside / "catalogue.sqlite").unlink()


def no_database(beside: Path) -> None:
    (beside / "catalogue.sqlite").write_bytes(b"no database, but long enough to be looked at" * 200)


def of_another_version(beside: Path) -> None:
    with closing(sqlite3.connect(beside / "catalogue.sqlite")) as db:
        db.execute("PRAGMA user_version = 4711")


def a_folder(beside: Path) -> None:
    (beside / "catalogue.sqlite").unlink()
    (beside / "catalogue.sqlite").mkdir()


@pytest.mark.parametrize("damage", [no_cache, no_catalogue, no_database, of_another_version, a_folder])
def test_where_there_is_nothing_to_borrow_nothing_is_left_behind(
    archive: Path, own: Path, damage: Callable[[Path], None]
) -> None:
    damage(archive / "cache")
    assert not borrow(archive / "cache", own)
    assert not own.exists()
    assert not own.parent.exists() or list(own.parent.iterdir()) == []


def test_what_changes_while_it_is_copied_is_not_borrowed(
    archive: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = borrowing._copy

    def copy_slowly(path: Path, to: Path) -> None:
        copy(path, to)
        if path.name == "catalogue.sqlite":
            add(archive, Article(id="new"))
            with closing(opened(archive, archive / "cache")) as theirs:
                theirs.catch_up()

    monkeypatch.setattr(borrowing, "_copy", copy_slowly)
    assert not borrow(archive / "cache", own)
    assert list(own.parent.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_no_trouble(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "user").write_text("no folder")
    assert not borrow(archive / "cache", tmp_path / "user" / "archives" / "mark")


def test_without_an_index_the_catalogue_alone_is_borrowed(archive: Path, own: Path) -> None:
    (archive / "cache" / "index.json").unlink()
    assert borrow(archive / "cache", own)
    assert sorted(path.name for path in own.iterdir()) == ["borrowed.json", "catalogue.sqlite"]
    assert "catalogue.sqlite" in json.loads((own / "borrowed.json").read_text())


READ_ONLY = """
import sys
from pathlib import Path
from clipper.archive.borrowing import borrow
from clipper.archive.catalogue import Catalogue
archive, own = Path(sys.argv[1]), Path(sys.argv[2])
try:
    (archive / "x").touch()
    sys.exit("the disk can be written to")
except OSError:
    pass
direct = Catalogue(archive, archive / "cache", print)
direct.glance()
print(direct.count(), borrow(archive / "cache", own))
ours = Catalogue(archive, own, print)
ours.glance()
print(ours.count(), ours.generation == direct.generation)
"""


@pytest.mark.parametrize("left_open", [False, True])
def test_from_a_disk_that_takes_no_writing(archive: Path, own: Path, *, left_open: bool) -> None:
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a mount of one's own is not permitted here")
    theirs = opened(archive, archive / "cache")
    if not left_open:
        theirs.close()
    mount = f"mount --bind '{archive}' '{archive}' && mount -o remount,bind,ro '{archive}' && exec \"$@\""
    command = ["unshare", "-m", "sh", "-c", mount, "sh", sys.executable, "-c", READ_ONLY, str(archive), str(own)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    theirs.close()
    assert (done.stdout, done.stderr) == ("50 True\n50 True\n", "")


def test_a_catalogue_that_may_not_be_written_shows_what_it_has(archive: Path, own: Path) -> None:
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a mount of one's own is not permitted here")
    add(archive, Article(id="new"))
    code = (
        "import sys; from pathlib import Path; from clipper.archive.catalogue import Catalogue; "
        "c = Catalogue(Path(sys.argv[1]), Path(sys.argv[1]) / 'cache', print); c.glance(); print(c.count())"
    )
    mount = f"mount --bind '{archive}' '{archive}' && mount -o remount,bind,ro '{archive}' && exec \"$@\""
    command = ["unshare", "-m", "sh", "-c", mount, "sh", sys.executable, "-c", code, str(archive)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said, count = done.stdout.splitlines()
    assert "showing what was taken in before" in said
    assert (count, done.stderr) == ("50", "")
