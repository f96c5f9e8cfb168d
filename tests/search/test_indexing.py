from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from clipper.archive import locks
from clipper.archive.reader import Reader
from clipper.archive.store import Archive
from clipper.errors import CannotWork, Locked
from clipper.models import Article, Label, Tagging
from clipper.search import indexing
from clipper.search.engine import Writer
from clipper.search.index import Index
from clipper.search.indexing import follow, problems
from clipper.search.query import parse
from clipper.search.results import Search


def _articles(first: int, last: int, text: str = "the ward") -> list[Article]:
    return [
        Article(id=f"{n:016x}", text=f"{text} number{n}", fetched="2026-01-01T00:00:00Z", sha256=f"{n}")
        for n in range(first, last)
    ]


def _put(archive: Archive, *articles: Article) -> None:
    with archive.writing() as writer:
        writer.articles(articles)


def _ids(archive: Reader, query: str = "", told: list[str] | None = None) -> list[int]:
    """Return which articles match, in order; one that is in the index twice comes twice."""
    search = Search(archive, parse(query), follow=follow, fold=False, tell=[].append if told is None else told.append)
    return sorted(int(match.id, 16) for match in search.matches())


# -- in step -----------------------------------------------------------------------------------------------------------


def test_what_is_new_is_found_without_a_word(archive: Archive) -> None:
    told: list[str] = []
    for n in range(5):
        _put(archive, *_articles(n, n + 1))
        assert _ids(archive, "ward", told) == list(range(n + 1))
    assert told == []


def test_where_nothing_is_new_nothing_is_written(archive: Archive) -> None:
    _put(archive, *_articles(0, 3))
    _ids(archive)

    def never(index: Index, *, anew: bool = False) -> None:
        raise AssertionError("the index was in step")

    before = {path: path.stat().st_mtime_ns for path in archive.cache.rglob("*")}
    assert Search(archive, parse("ward"), follow=never).count()[0] == 3
    assert {path: path.stat().st_mtime_ns for path in archive.cache.rglob("*")} == before


def test_a_line_that_changes_no_article_keeps_the_index_in_step(archive: Archive) -> None:
    _put(archive, *_articles(0, 2))
    archive.add_labels([Label(article="f" * 16, revision=1, theme="x", value=True, coder="ann")])
    assert _ids(archive) == [0, 1]
    assert Index(archive).in_step()


def test_an_article_that_changes_is_there_once(archive: Archive) -> None:
    _put(archive, *_articles(0, 3))
    assert _ids(archive) == [0, 1, 2]
    for revision in (2, 3):
        one = Article(id=f"{1:016x}", revision=revision, text=f"turn{revision}", fetched="2026-01-01T00:00:00Z")
        _put(archive, one, one)
        archive.add_taggings([
            Tagging(article=one.id, revision=revision, tags=[], scores={}, model="m", codebook="c", tagged="now")
        ])  # fmt: skip
        assert _ids(archive) == [0, 1, 2]
        assert _ids(archive, f"turn{revision}") == [1]
        assert _ids(archive, f"turn{revision - 1}") == []


def test_ids_that_are_no_numbers_are_replaced_too(archive: Archive) -> None:
    odd = Article(id="odd-one", text="ward", fetched="2026-01-01T00:00:00Z")
    large = Article(id="f" * 16, text="ward", fetched="2026-01-01T00:00:00Z")
    _put(archive, odd, large)
    for _ in range(2):
        search = Search(archive, parse("ward"), follow=follow)
        assert sorted(match.id for match in search.matches()) == ["f" * 16, "odd-one"]
        for name in ("odd-one", "f" * 16):
            archive.add_labels([Label(article=name, revision=1, theme="x", value=True, coder="ann")])


def test_many_small_writings_are_put_together(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "_MOST_PARTS", 3)
    for n in range(9):
        _put(archive, *_articles(n, n + 1))
        assert _ids(archive, "ward") == list(range(n + 1))
    index = Index(archive)
    assert index.engine.parts < 9
    assert problems(index) == []


def test_a_line_that_is_no_article_any_more_is_left_out(archive: Archive) -> None:
    _put(archive, *_articles(0, 3))
    archive.catalogue.catch_up()
    path = archive.path / "articles" / "2026-01.jsonl"
    status = path.stat()
    data = path.read_bytes()
    at = data.index(b"\n") + 1
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"#")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    told: list[str] = []
    assert _ids(archive, "", told) == [0, 2]
    (line,) = told
    assert line.startswith(f"articles/2026-01.jsonl: no article at byte {at}")


# -- several at once ---------------------------------------------------------------------------------------------------


def test_two_threads_that_follow_at_once_put_nothing_in_twice(archive: Archive) -> None:
    for turn in range(3):
        _put(archive, *_articles(turn * 20, turn * 20 + 20))
        start = threading.Barrier(2)
        found: list[list[int]] = []

        def ask(start: threading.Barrier = start, found: list[list[int]] = found) -> None:
            reader = Reader(archive.path)
            start.wait()
            found.append(_ids(reader, "ward"))
            reader.catalogue.close()

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [list(range(turn * 20 + 20))] * 2


def _ask_in_a_process(path: Path, sender: multiprocessing.connection.Connection) -> None:
    sender.send(_ids(Reader(path), "ward"))


def test_two_processes_that_follow_at_once_put_nothing_in_twice(archive: Archive) -> None:
    spawn = multiprocessing.get_context("spawn")
    _put(archive, *_articles(0, 30))
    pipes = [spawn.Pipe(duplex=False) for _ in range(2)]
    asking = [spawn.Process(target=_ask_in_a_process, args=(archive.path, sender)) for _, sender in pipes]
    for process in asking:
        process.start()
    assert [receiver.recv() for receiver, _ in pipes] == [list(range(30))] * 2
    for process in asking:
        process.join()
    assert _ids(archive, "ward") == list(range(30))


def test_a_search_does_not_wait_for_another_that_is_indexing(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "_GLANCE", 0.05)
    _put(archive, *_articles(0, 3))
    _ids(archive)
    _put(archive, *_articles(3, 5))
    told: list[str] = []
    with locks.indexing(archive.cache, 0):
        assert _ids(archive, "ward", told) == [0, 1, 2]
    assert told == ["another clipper is bringing the index up to date; searching what is there"]
    assert _ids(archive, "ward") == [0, 1, 2, 3, 4]


def test_without_an_index_a_search_waits_for_the_one_that_is_building_it(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(archive, *_articles(0, 3))
    found: list[int] = []

    def ask() -> None:
        reader = Reader(archive.path)
        found.extend(_ids(reader, "ward"))
        reader.catalogue.close()

    waiting = threading.Thread(target=ask)
    with locks.indexing(archive.cache, 0):
        waiting.start()
        waiting.join(0.2)
        assert found == []
    waiting.join()
    assert found == [0, 1, 2]
    monkeypatch.setattr(indexing, "_PATIENCE", 0.05)
    (archive.cache / "index.json").unlink()
    with locks.indexing(archive.cache, 0), pytest.raises(Locked, match="try again later") as error:
        _ids(archive, "ward")
    assert error.value.exit_code == 75


def test_a_second_writer_of_the_engine_is_told_in_one_line(archive: Archive) -> None:
    """Nothing of ours lets it come to that; another program that knows the engine might."""
    _put(archive, *_articles(0, 3))
    _ids(archive)
    _put(archive, *_articles(3, 5))
    other = Index(archive).engine.writer(32 << 20, 1)
    told: list[str] = []
    assert _ids(archive, "ward", told) == [0, 1, 2]
    assert len(told) == 1 and "\n" not in told[0] and "cannot be written" in told[0]
    del other
    assert _ids(archive, "ward") == [0, 1, 2, 3, 4]


# -- interruptions -----------------------------------------------------------------------------------------------------


class _Interrupting:
    """Interrupts writing after so many documents."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        self.left = after
        add = Writer.add

        def counted(writer: Writer, *arguments: object) -> None:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            add(writer, *arguments)  # type: ignore[arg-type]  # a value out of a table

        monkeypatch.setattr(Writer, "add", counted)


@pytest.mark.parametrize("after", [0, 1, 4, 5, 9, 10, 13])
def test_a_build_that_is_interrupted_goes_on_where_it_was(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(indexing, "_CHUNK", 2)
    monkeypatch.setattr(indexing, "_COMMIT", 4)
    _put(archive, *_articles(0, 14))
    with monkeypatch.context() as patch:
        _Interrupting(patch, after)
        with pytest.raises(KeyboardInterrupt):
            _ids(archive)
    state = Index(archive).state
    assert not state.whole
    assert state.seq <= after
    assert (state.seq > 0) == (after >= 2)
    again = Archive(archive.path)
    told: list[str] = []
    assert _ids(again, "", told) == list(range(14))
    assert told == []
    assert Index(again).state.whole
    assert problems(Index(again)) == []
    again.catalogue.close()


def test_an_update_that_is_interrupted_is_made_up_for(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "_CHUNK", 2)
    monkeypatch.setattr(indexing, "_COMMIT", 4)
    _put(archive, *_articles(0, 5))
    assert len(_ids(archive)) == 5
    _put(archive, *_articles(3, 16, "another trust"))  # two of them are there, and no revision tells them apart
    with monkeypatch.context() as patch:
        _Interrupting(patch, 9)
        with pytest.raises(KeyboardInterrupt):
            _ids(archive)
    assert not Index(archive).state.whole
    assert _ids(archive) == list(range(16))
    assert _ids(archive, "trust") == list(range(3, 16))


def test_rows_are_found_after_an_interruption_too(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms of frequent words that were met before it are not forgotten."""
    monkeypatch.setattr(indexing, "_CHUNK", 2)
    monkeypatch.setattr(indexing, "_COMMIT", 2)
    monkeypatch.setattr(indexing, "_SAMPLE", 2)
    texts = ["the nurse of", "a nurse", "the nursing of all", "the nurses of", "x", "y", "z", "the nursed of"]
    with archive.writing() as writer:
        writer.articles([
            Article(id=f"{at:016x}", text=text, fetched="2026-01-01T00:00:00Z") for at, text in enumerate(texts)
        ])  # fmt: skip
    with monkeypatch.context() as patch:
        _Interrupting(patch, 6)
        with pytest.raises(KeyboardInterrupt):
            _ids(archive)
    assert _ids(archive, '"the nurse of"') == [0, 2, 3, 7]


def test_what_was_written_without_being_noted_is_written_again(archive: Archive) -> None:
    """As when the power fails between the two."""
    _put(archive, *_articles(0, 3))
    _ids(archive)
    note = archive.cache / "index.json"
    before = note.read_bytes()
    _put(archive, *_articles(3, 6))
    assert len(_ids(archive)) == 6
    note.write_bytes(before)
    told: list[str] = []
    assert _ids(Reader(archive.path), "", told) == list(range(6))
    assert told == []


# -- a full disk -------------------------------------------------------------------------------------------------------

_LIMITED = """
import resource, signal, sys
from pathlib import Path
from clipper.archive.reader import Reader
from clipper.errors import CannotWork
from clipper.search.indexing import follow
from clipper.search.results import Search

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
reader = Reader(Path(sys.argv[1]))
reader.catalogue.catch_up()
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    search = Search(reader, None, follow=follow, fold=False, tell=lambda line: print("told", line))
    print("found", len(search.matches()))
except CannotWork as error:
    print("error", error.exit_code, error)
"""


def _with_little_room(archive: Archive, room: int) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(archive.path), str(room)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def _contents(archive: Archive) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in archive.path.glob("articles/*")}


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on the length of files is Linux's")
@pytest.mark.parametrize("room", [0, 20, 200, 2000])
def test_a_disk_that_does_not_take_the_index_is_told_in_one_line(archive: Archive, room: int) -> None:
    _put(archive, *_articles(0, 40, "the ward " * 50))
    before = _contents(archive)
    (line,) = _with_little_room(archive, room)
    assert line.startswith(f"error 6 {archive.cache}/index")
    assert _contents(archive) == before
    assert len(_ids(archive)) == 40


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on the length of files is Linux's")
@pytest.mark.parametrize("room", [0, 200])
def test_an_older_index_is_searched_where_the_disk_takes_no_newer_one(archive: Archive, room: int) -> None:
    _put(archive, *_articles(0, 3))
    assert len(_ids(archive)) == 3
    _put(archive, *_articles(3, 40, "the ward " * 50))
    archive.catalogue.catch_up()
    before = _contents(archive)
    told, found = _with_little_room(archive, room)
    assert told.startswith(f"told {archive.cache}/index")
    assert told.endswith("; searching what was indexed before")
    assert found == "found 3"
    assert _contents(archive) == before
    assert len(_ids(archive)) == 40


def test_where_the_folder_cannot_be_made_it_is_told_in_one_line(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(archive, *_articles(0, 3))

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(indexing.shutil, "rmtree", lambda *_, **__: None)
        mkdir = Path.mkdir
        patch.setattr(Path, "mkdir", lambda path, *a, **k: refused() if path.name == "index" else mkdir(path, *a, **k))
        with pytest.raises(CannotWork, match=r"index: the index cannot be made \(Permission denied\)"):
            _ids(archive)
    assert len(_ids(archive)) == 3
