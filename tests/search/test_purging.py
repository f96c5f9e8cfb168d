"""What was taken out leaves no word in the index, whichever part of it held the word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clipper.archive.forgetting import Request, forget
from clipper.archive.store import Archive
from clipper.checksums import checksum
from clipper.models import Article
from clipper.search import indexing, purging
from clipper.search.engine import WORD, term
from clipper.search.index import Index
from clipper.search.indexing import follow

WHEN = "2026-11-23T19:00:00Z"
Told = Callable[[], str]


def article(number: int, words: str, revision: int = 1) -> Article:
    text = f"The ward of number{number} was opened on Monday. {words}"
    return Article(
        id=f"{number:016x}", revision=revision, text=text, sha256=checksum(text), title=f"Ward {number}",
        fetched="2026-11-01T00:00:00Z", url=f"http://fenwick.example/{number}",
    )  # fmt: skip


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def index(archive: Archive, told: list[str], monkeypatch: pytest.MonkeyPatch) -> Index:
    """An index in three parts; of article 5 an earlier revision lay in the first, the newest lies in the second."""
    monkeypatch.setattr(purging, "SMALL", 0)
    made = Index(archive, told.append)
    batches = [
        [article(n, "zephyrine" if n == 5 else "") for n in range(1, 13)],
        [article(5, "vellichor", 2), *(article(n, "") for n in range(20, 24))],
        [article(n, "quagmarsh") for n in range(40, 69)],
    ]
    for batch in batches:
        with archive.writing() as writer:
            writer.articles(batch)
        follow(made)
    assert made.engine.parts == 3
    told.clear()
    return made


def words(index: Index, *starts: str) -> list[str]:
    return [word for start in starts for word in index.engine.words_from(WORD, start)]


def take_out(archive: Archive, index: Index, *numbers: int, anew: bool = False) -> None:
    ids = tuple(f"{number:016x}" for number in numbers)
    with purging.leaving_out(index, ids, anew=anew):
        forget(archive, Request(ids, WHEN))


def test_only_the_parts_in_which_it_lay_are_indexed_again(archive: Archive, index: Index, told: list[str]) -> None:
    assert "zephyrine" in words(index, "zephyr")  # of a revision that is deleted: the engine has it still
    large = {path.name for path in index.folder.glob("*.term") if path.stat().st_size == _largest(index.folder)}
    take_out(archive, index, 5)
    assert told == ["indexing 16 articles again, to be rid of what was taken out"]
    assert words(index, "zephyr", "vellich", "number5") == [f"number{n}" for n in range(50, 60)]
    assert index.in_step()
    assert index.engine.count == 44
    assert index.how_many(term("kind", "article")) == 44
    assert large <= {path.name for path in index.folder.glob("*.term")}
    assert indexing.problems(index) == []


def _largest(folder: Path) -> int:
    return max(path.stat().st_size for path in folder.glob("*.term"))


@pytest.mark.parametrize("anew", [False, True])
def test_most_of_an_index_is_built_anew(archive: Archive, index: Index, told: list[str], anew: bool) -> None:
    take_out(archive, index, 5, 40, anew=anew)
    assert words(index, "zephyr", "vellich", "number40") == []
    assert index.in_step()
    assert index.engine.count == 43
    assert not any("again" in line or "damaged" in line for line in told)


def test_an_index_that_is_behind_is_brought_up_to_date_first(archive: Archive, index: Index) -> None:
    with archive.writing() as writer:
        writer.articles([article(100, "grimthwaite")])
    take_out(archive, index, 100)
    assert words(index, "grimthw") == []
    assert index.in_step()
    assert index.engine.count == 45


def test_a_damaged_index_does_not_keep_its_words(archive: Archive, index: Index) -> None:
    for path in index.folder.glob("*.term"):
        held = path.read_bytes()
        path.unlink()  # what is open goes on being read as it was
        path.write_bytes(held[:-40])
    take_out(archive, index, 5)
    assert words(index, "zephyr", "vellich") == []
    assert index.engine.count == 44


def test_without_an_index_none_is_made(archive: Archive) -> None:
    with archive.writing() as writer:
        writer.articles([article(1, "")])
    index = Index(archive)
    take_out(archive, index, 1)
    assert not index.folder.exists()
