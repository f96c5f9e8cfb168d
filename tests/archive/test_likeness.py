"""The index of prints follows the archive, names candidates, and is built anew whatever happens to it."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.archive import likeness as likeness_module
from clipper.archive.likeness import SHARED, Likeness
from clipper.archive.store import Archive
from clipper.checksums import checksum
from clipper.errors import CannotWork, Locked
from clipper.models import Article, Tagging
from clipper.sketch import Sketch

NOVEMBER = "2026-11-03T12:00:00Z"
POOL = [a + b + c for a in ("ba", "ke", "lo", "mi") for b in ("nu", "ra", "se", "ti", "vo") for c in ("da", "fe", "gu")]


def story(seed: int, length: int = 300) -> str:
    rng = random.Random(seed)
    return " ".join(rng.choice(POOL) + str(rng.randrange(50)) for _ in range(length))


def article(name: str, text: str, title: str | None = None, **more: object) -> Article:
    made = Article(id=name, fetched=NOVEMBER, text=text, title=title, sha256=checksum(text))
    return replace(made, **more)  # type: ignore[arg-type]  # named by the test


Open = Callable[[], Likeness]


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def opened(archive: Archive, told: list[str]) -> Iterator[Open]:
    """Return a function that opens the index (again), caught up."""
    made: list[Likeness] = []

    def open_it() -> Likeness:
        made.append(Likeness(archive.cache, told.append))
        made[-1].catch_up(archive.catalogue, archive.read)
        return made[-1]

    yield open_it
    for one in made:
        one.close()


def put(archive: Archive, *articles: Article) -> None:
    with archive.writing() as writer:
        writer.articles(articles)


def found(index: Likeness, text: str, title: str | None = None, most: int = 8) -> list[str]:
    return index.candidates(Sketch(text), title, most)


def test_a_copy_a_passage_and_a_title_lead_to_an_archived_article(archive: Archive, opened: Open) -> None:
    put(archive, article("a1", story(1), "Ward will close in May"), article("b2", story(2)))
    index = opened()
    assert index.count() == 2
    assert found(index, story(1)) == ["a1"]
    assert found(index, " ".join(story(1).split()[120:165])) == ["a1"]
    assert found(index, f"{story(9)} {story(2)} {story(8)}") == ["b2"]
    assert found(index, "Subscribe.", "WARD will close in May!") == ["a1"]
    assert found(index, story(3), "Another title altogether") == []
    assert found(index, "", None) == found(index, "a b c") == []


def test_pages_of_clippings_are_left_out(archive: Archive, opened: Open) -> None:
    put(archive, article("a1", story(1), kind="page"), article("b2", story(2), kind="clipping"))
    assert opened().count() == 1
    assert found(opened(), story(1)) == []


def test_it_follows_what_is_added_and_revised_and_reads_nothing_twice(archive: Archive, opened: Open) -> None:
    read: list[str] = []

    def reading(place: object) -> Article:
        got = archive.read(place)  # type: ignore[arg-type]  # it is there
        read.append(f"{got.id}/{got.revision}")
        return got

    put(archive, article("a1", story(1)))
    index = opened()
    put(archive, article("b2", story(2)), article("a1", story(3), revision=2))
    index.catch_up(archive.catalogue, reading)
    assert read == ["b2/1", "a1/2"]
    assert found(index, story(3)) == ["a1"]
    assert index.count() == 2
    tags = Tagging(article="a1", revision=2, tags=[], scores={}, model="m", codebook="c", tagged=NOVEMBER)
    archive.add_taggings([tags])
    index.catch_up(archive.catalogue, reading)
    assert read == ["b2/1", "a1/2"]


def test_a_catalogue_that_is_built_anew_costs_no_reading_and_what_is_gone_is_not_named(
    archive: Archive, opened: Open
) -> None:
    put(archive, *(article(f"a{n}", story(n)) for n in range(8)))
    index = opened()
    month = archive.path / "articles" / "2026-11.jsonl"
    lines = month.read_text("utf-8").splitlines(keepends=True)
    month.write_text("".join(lines[:3] + lines[4:]), encoding="utf-8")
    archive.catalogue.catch_up()

    def unread(place: object) -> Article:
        raise AssertionError("read again")

    index.catch_up(archive.catalogue, unread)
    assert index.count() == 7
    assert [found(index, story(n)) for n in (2, 3, 4)] == [["a2"], [], ["a4"]]
    month.write_text("".join(lines[:2]), encoding="utf-8")
    archive.catalogue.catch_up()
    index.catch_up(archive.catalogue, archive.read)
    assert index.count() == 2
    assert found(index, story(1)) == ["a1"]


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_bytes(b"no database at all " * 300),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"CREATE", b"CR\xffATE")),
        lambda path: path.unlink(),
        lambda path: sqlite3.connect(path).executescript("DROP TABLE prints;").close(),
        lambda path: sqlite3.connect(path).executescript("DELETE FROM state;").close(),
        lambda path: sqlite3.connect(path).executescript("PRAGMA user_version = 7;").close(),
    ],
)
@pytest.mark.filterwarnings("ignore:unclosed database")
def test_a_damaged_or_missing_index_is_built_anew(
    archive: Archive, opened: Open, harm: Callable[[Path], object]
) -> None:
    put(archive, *(article(f"a{n}", story(n)) for n in range(30)))
    opened().close()
    harm(archive.cache / "likeness.sqlite")
    index = opened()
    assert index.count() == 30
    assert [found(index, story(n)) for n in range(30)] == [[f"a{n}"] for n in range(30)]


def test_damage_that_shows_while_asking_names_none_and_is_repaired_at_the_next_time(
    archive: Archive, opened: Open, told: list[str]
) -> None:
    put(archive, article("a1", story(1)))
    index = opened()
    other = sqlite3.connect(archive.cache / "likeness.sqlite")
    other.execute("DROP TABLE prints")
    other.close()
    assert found(index, story(1)) == []
    assert len(told) == 1 and "building it anew" in told[0]
    index.catch_up(archive.catalogue, archive.read)
    assert found(index, story(1)) == ["a1"]


def test_the_cache_may_be_deleted_while_the_index_is_open(archive: Archive, opened: Open) -> None:
    put(archive, article("a1", story(1)))
    index = opened()
    shutil.rmtree(archive.cache)
    put(archive, article("b2", story(2)))
    index.catch_up(archive.catalogue, archive.read)
    assert found(index, story(2)) == ["b2"]
    again = opened()
    assert [found(again, story(n)) for n in (1, 2)] == [["a1"], ["b2"]]


def test_a_line_that_cannot_be_read_costs_no_other_article(archive: Archive, opened: Open) -> None:
    put(archive, article("a1", story(1)), article("b2", story(2)))

    def read(place: object) -> Article:
        if place.offset == 0:  # type: ignore[attr-defined]  # it is there
            raise CannotWork("no article there")
        return archive.read(place)  # type: ignore[arg-type]  # it is there

    index = Likeness(archive.cache)
    index.catch_up(archive.catalogue, read)
    assert (found(index, story(1)), found(index, story(2))) == ([], ["b2"])
    index.close()


def test_progress_is_told_and_what_was_broken_off_goes_on(
    archive: Archive, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(likeness_module, "BATCH", 4)
    put(archive, *(article(f"a{n}", story(n, 60)) for n in range(10)))
    read: list[str] = []

    def reading(place: object) -> Article:
        if len(read) == 6:
            raise KeyboardInterrupt
        got = archive.read(place)  # type: ignore[arg-type]  # it is there
        read.append(got.id)
        return got

    index = Likeness(archive.cache)
    with pytest.raises(KeyboardInterrupt):
        index.catch_up(archive.catalogue, reading)
    assert index.count() == 4
    told: list[tuple[int, int]] = []
    index.catch_up(archive.catalogue, archive.read, lambda done, whole: told.append((done, whole)))
    index.close()
    assert told == [(4, 6), (6, 6)]
    assert [found(opened(), story(n, 60)) for n in range(10)] == [[f"a{n}"] for n in range(10)]


def test_two_that_catch_up_at_once_enter_each_article_once(
    archive: Archive, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(likeness_module, "BATCH", 3)
    put(archive, *(article(f"a{n}", story(n, 60)) for n in range(10)))
    first, second = Likeness(archive.cache), Likeness(archive.cache)
    turns = iter(range(10))

    def reading(place: object) -> Article:
        if next(turns, None) == 1:  # in the midst of the first batch of one, the other takes everything in
            second.catch_up(archive.catalogue, archive.read)
        return archive.read(place)  # type: ignore[arg-type]  # it is there

    first.catch_up(archive.catalogue, reading)
    assert first.count() == second.count() == 10
    assert [found(first, story(n, 60)) for n in range(10)] == [[f"a{n}"] for n in range(10)]
    first.close()
    second.close()


def test_another_process_that_writes_for_long_is_told(
    archive: Archive, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(archive, article("a1", story(1)))
    opened()
    monkeypatch.setattr(likeness_module, "_WAIT", 0.05)
    put(archive, article("b2", story(2)))
    other = sqlite3.connect(archive.cache / "likeness.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Locked, match="in use"):
        opened()
    other.execute("ROLLBACK")
    other.close()
    assert opened().count() == 2


def test_what_stands_under_every_article_floods_nothing(archive: Archive, opened: Open) -> None:
    furniture = story(1000, 120)
    put(archive, *(article(f"a{n:03d}", f"{story(n, 150)} {furniture}") for n in range(3 * SHARED)))
    index = opened()
    assert len(found(index, furniture, most=1000)) < 2 * SHARED
    for number in (0, SHARED + 5, 3 * SHARED - 1):
        assert found(index, f"{story(number, 150)} {furniture}")[0] == f"a{number:03d}"
        assert found(index, " ".join(story(number, 150).split()[40:90]))[0] == f"a{number:03d}"


def test_of_many_copies_the_first_are_named(archive: Archive, opened: Open) -> None:
    for number in range(3):
        put(archive, *(article(f"a{number}{n:02d}", story(1)) for n in range(SHARED)))
        opened()
    assert found(opened(), story(1), most=100) == [f"a0{n:02d}" for n in range(SHARED)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=80), st.none() | st.text(max_size=40)), max_size=6))
def test_whatever_was_added_is_found_by_its_own_text(texts: list[tuple[str, str | None]]) -> None:
    index = Likeness()
    for number, (text, title) in enumerate(texts):
        index.add(article(f"a{number}", text, title))
    for number, (text, title) in enumerate(texts):
        names = found(index, text, title)
        assert len(names) == len(set(names))
        if Sketch(text).prints.size:
            assert f"a{number}" in names
    index.close()


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(CannotWork, match=r"likeness\.sqlite") as caught:
        Likeness(tmp_path / "cache")
    assert "\n" not in str(caught.value)
