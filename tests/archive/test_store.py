"""The door of the archive: what is acknowledged is there, torn lines are set aside, ids are found."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest

from clipper.archive import jsonl, locks, store
from clipper.archive.catalogue import Place
from clipper.archive.store import Archive
from clipper.errors import CannotWork, NothingFound
from clipper.models import Article, Run, Tagging, to_line

NOVEMBER = "2026-11-03T12:00:00Z"
Open = Callable[[], Archive]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Archive.create(tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def opened(folder: Path, told: list[str]) -> Iterator[Open]:
    """Return a function that opens the archive (again), caught up."""
    archives: list[Archive] = []

    def open_it() -> Archive:
        archives.append(Archive(folder, told.append))
        archives[-1].catalogue.catch_up()
        return archives[-1]

    yield open_it
    for one in archives:
        one.catalogue.close()


def put(archive: Archive, *articles: Article) -> None:
    with archive.writing() as writer:
        writer.articles(articles)


def ids(path: Path) -> list[str]:
    return [
        json.loads(line)["id"] for f in sorted(path.glob("articles/*.jsonl")) for line in f.read_bytes().splitlines()
    ]


def test_what_is_written_is_read_back_and_lies_in_the_file_of_its_month(folder: Path, opened: Open) -> None:
    archive = opened()
    articles = [
        Article(id="a1", fetched=NOVEMBER, title="Beds\u2028to close", text="One.\n\nTwo é."),
        Article(id="b2", fetched="2026-12-01T00:00:00Z"),
        Article(id="c3", fetched=NOVEMBER),
    ]
    put(archive, *articles)
    assert [archive.read(archive.find(a.id).place) for a in articles] == articles
    assert sorted(p.name for p in (folder / "articles").iterdir()) == ["2026-11.jsonl", "2026-12.jsonl"]
    assert ids(folder) == ["a1", "c3", "b2"]


def test_tags_and_runs_are_read_back(folder: Path, opened: Open) -> None:
    archive = opened()
    put(archive, Article(id="a1", fetched=NOVEMBER))
    first, last = (
        Tagging(article="a1", revision=1, tags=[], scores={"beds": s}, model="m", codebook="c", tagged=NOVEMBER)
        for s in (0.25, 0.75)
    )
    archive.add_taggings([first, last])
    refused = {"target": "https://h.example/x", "status": "refused", "cause": "no article", "lasting": True}
    archive.add_run(Run(command="fetch", started="", ended="", version="1", sources=[], not_archived=[refused]))
    place = opened().catalogue.tagging("a1")
    assert place is not None
    assert archive.read_tagging(place) == last
    assert archive.catalogue.refusal("https://h.example/x") == "no article"
    assert len((folder / "tags.jsonl").read_bytes().splitlines()) == 2


def test_making_an_archive_leaves_one_that_is_there_as_it_is(folder: Path, opened: Open) -> None:
    put(opened(), Article(id="a1", fetched=NOVEMBER))
    Archive.create(folder)
    assert opened().find("a1").id == "a1"


def test_without_an_archive_the_way_to_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotWork, match="clipper init"):
        Archive(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWork, match="cannot be made"):
        Archive.create(tmp_path / "file" / "archive")


@pytest.mark.parametrize(
    ("prefix", "found"), [("abcd1", "abcd1"), (" ABCD12 ", "abcd12"), ("abcd1234", "abcd1234ff"), ("f", "f0")]
)
def test_an_id_is_found_by_a_unique_prefix_or_whole(opened: Open, prefix: str, found: str) -> None:
    archive = opened()
    put(archive, *(Article(id=i, fetched=NOVEMBER) for i in ("abcd1", "abcd12", "abcd1234ff", "f0")))
    assert archive.find(prefix).id == found


@pytest.mark.parametrize("prefix", ["", "  ", "e", "abcd13", "%", "x" * 3000, "\udcff", "\x00", "a\nb"])
def test_what_names_no_article_is_told_in_one_short_line(opened: Open, prefix: str) -> None:
    archive = opened()
    put(archive, *(Article(id=f"abcd{n}", fetched=NOVEMBER) for n in range(12, 19) if n != 13))
    with pytest.raises(NothingFound) as caught:
        archive.find(prefix)
    assert caught.value.exit_code == 1
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_prefix_of_several_ids_says_which(opened: Open) -> None:
    archive = opened()
    put(archive, *(Article(id=f"abcdef0{n}00000000", fetched=NOVEMBER) for n in range(7)))
    with pytest.raises(NothingFound, match=r"abcdef00, abcdef01, .* and more.*more digits"):
        archive.find("abc")


LINES = [b'{"id": "a1"}', b"[1, 2]", b"7", b'"text"', b"null", b"no json", b"\xff\xfe", b'{"id": ""}', b""]


@pytest.mark.parametrize("line", LINES[1:], ids=repr)
@pytest.mark.parametrize("read", [Archive.read, Archive.read_tagging])
def test_a_place_where_another_line_lies_is_told(
    folder: Path, opened: Open, line: bytes, read: Callable[[Archive, Place], object]
) -> None:
    (folder / "other.jsonl").write_bytes(LINES[0] + b"\n" + line + b"\n")
    with pytest.raises(CannotWork, match=f"byte {len(LINES[0]) + 1}") as caught:
        read(opened(), Place("other.jsonl", len(LINES[0]) + 1, len(line)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["articles/2026-11.jsonl", "tags.jsonl", "runs.jsonl"])
def test_a_torn_last_line_is_set_aside_and_told_by_the_next_writer_only(
    folder: Path, opened: Open, told: list[str], name: str
) -> None:
    put(opened(), Article(id="a1", fetched=NOVEMBER))
    whole = (folder / name).read_bytes() if (folder / name).exists() else b""
    with (folder / name).open("ab") as file:
        file.write(b'{"id": "b2", "te')
    reader = opened()
    assert reader.find("a1").id == "a1"
    assert (folder / name).read_bytes() == whole + b'{"id": "b2", "te'
    assert told == []
    put(reader, Article(id="c3", fetched="2026-12-01T00:00:00Z"))
    assert (folder / name).read_bytes() == whole
    (kept,) = (folder / "damaged").iterdir()
    assert kept.read_bytes() == b'{"id": "b2", "te'
    assert len(told) == 1
    assert str(folder / name) in told[0]
    assert str(kept) in told[0]
    put(reader, Article(id="d4", fetched=NOVEMBER))
    assert sorted(ids(folder)) == ["a1", "c3", "d4"]
    assert len(told) == 1


def test_a_batch_that_the_disk_does_not_take_is_nowhere(folder: Path, opened: Open, told: list[str]) -> None:
    archive = opened()
    put(archive, Article(id="a1", fetched=NOVEMBER))
    before = (folder / "articles" / "2026-11.jsonl").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(CannotWork, match="nothing was added"):
            put(archive, Article(id="b2", fetched=NOVEMBER), Article(id="c3", fetched=NOVEMBER, text="x" * (1 << 20)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (folder / "articles" / "2026-11.jsonl").read_bytes() == before
    assert archive.catalogue.count() == 1
    put(archive, Article(id="b2", fetched=NOVEMBER))
    assert ids(folder) == ["a1", "b2"]
    assert told == []


WRITE = """
import sys
from pathlib import Path
from clipper.archive.store import Archive
from clipper.models import Article
archive, name, batches = Archive(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
for number in range(batches):
    batch = [Article(id=f"{name}{number:06d}{n}", fetched="2026-11-03T12:00:00Z", text="x" * 20000) for n in range(3)]
    with archive.writing() as writer:
        writer.articles(batch)
    print(*(a.id for a in batch), flush=True)
"""


def writer(folder: Path, name: str, batches: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITE, str(folder), name, str(batches)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_that_write_at_once_lose_and_tear_nothing(folder: Path, opened: Open, told: list[str]) -> None:
    processes = [writer(folder, name, 15) for name in "ab"]
    acknowledged = [i for p in processes for i in p.communicate(timeout=60)[0].split()]
    assert [p.returncode for p in processes] == [0, 0]
    assert len(acknowledged) == 90
    assert sorted(ids(folder)) == sorted(acknowledged)
    assert opened().catalogue.count() == 90
    assert told == []


def test_what_a_killed_writer_acknowledged_is_there_once(folder: Path, opened: Open) -> None:
    process = writer(folder, "k", 100_000)
    assert process.stdout is not None
    acknowledged = [i for _ in range(20) for i in process.stdout.readline().split()]
    os.kill(process.pid, signal.SIGKILL)
    acknowledged += process.communicate(timeout=60)[0].split()
    put(opened(), Article(id="after", fetched=NOVEMBER))
    stored = ids(folder)
    assert len(acknowledged) >= 60
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored)) == opened().catalogue.count()


def test_one_reads_while_another_writes_and_fetches(folder: Path, opened: Open) -> None:
    put(opened(), Article(id="a1", fetched=NOVEMBER))
    with locks.fetching(folder), locks.writing(folder):
        reader = opened()
        assert reader.read(reader.find("a1").place).id == "a1"


def test_the_cache_may_be_deleted_while_the_archive_is_open(folder: Path, opened: Open) -> None:
    archive = opened()
    put(archive, Article(id="a1", fetched=NOVEMBER))
    for name in list((folder / "cache").iterdir()):
        name.unlink()
    (folder / "cache").rmdir()
    put(archive, Article(id="b2", fetched=NOVEMBER))
    for reader in (archive, opened()):
        assert [reader.find(i).id for i in ("a1", "b2")] == ["a1", "b2"]
    assert ids(folder) == ["a1", "b2"]


def test_an_error_within_a_batch_keeps_what_was_acknowledged_and_frees_the_lock(folder: Path, opened: Open) -> None:
    archive = opened()
    with pytest.raises(KeyError), archive.writing() as door:
        door.articles([Article(id="a1", fetched=NOVEMBER)])
        raise KeyError
    put(archive, Article(id="b2", fetched=NOVEMBER))
    assert [archive.find(i).id for i in ("a1", "b2")] == ["a1", "b2"]


def test_pandas_reads_the_lines_as_they_were_written(folder: Path, opened: Open) -> None:
    rough = ["one\ntwo", "\u2028\u2029\x85\x0b\x0c\x1c", '"quoted" \\ back', "é 日本 \U0001f3e5", "\0\x7f", "=1+1", ""]
    articles = [Article(id=f"a{n}", fetched=NOVEMBER, title=t, text=t * 2) for n, t in enumerate(rough)]
    put(opened(), *articles)
    frame = pd.read_json(folder / "articles" / "2026-11.jsonl", lines=True, dtype=False)
    assert list(frame.columns) == list(articles[0].to_json())
    assert frame[["id", "title", "text"]].to_dict("records") == [
        {"id": a.id, "title": a.title, "text": a.text} for a in articles
    ]


def test_a_moment_is_written_in_utc_to_the_second() -> None:
    summer = datetime(2026, 7, 1, 0, 30, 5, 999_999, tzinfo=timezone(timedelta(hours=1)))
    assert store.utc(summer) == "2026-06-30T23:30:05Z"
    assert store.now().utcoffset() == timedelta(0)


def test_lines_are_the_archives_own_form(folder: Path, opened: Open) -> None:
    article = Article(id="a1", fetched=NOVEMBER, title="Café")
    put(opened(), article)
    assert [line.data.decode() for line in jsonl.read(folder / "articles" / "2026-11.jsonl")] == [
        to_line(article.to_json())
    ]
