"""The catalogue: what is where, followed as lines come, built anew when it is not to be trusted."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clipper.archive.catalogue import Catalogue, Trouble
from clipper.errors import CannotWork, Locked
from clipper.models import SCHEMA, Article, Label, NewerSchema, Run, Tagging, to_line

Open = Callable[[], Catalogue]
MONTH = "articles/2026-11.jsonl"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "articles").mkdir()
    return tmp_path


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def catalogue(archive: Path, told: list[str]) -> Iterator[Open]:
    """Return a function that opens the catalogue (again) and lets it catch up."""
    opened: list[Catalogue] = []

    def open_it() -> Catalogue:
        opened.append(Catalogue(archive, archive / "cache", told.append))
        opened[-1].catch_up()
        return opened[-1]

    yield open_it
    for one in opened:
        one.close()


def add(archive: Path, name: str, *records: Any) -> None:
    with (archive / name).open("ab") as file:
        for record in records:
            line = record if isinstance(record, bytes) else to_line(record.to_json()).encode()
            file.write(line + b"\n")


def tagging(article: str, revision: int = 1, model: str = "m1", **more: Any) -> Tagging:
    return Tagging(article=article, revision=revision, tags=[], scores={}, model=model, codebook="c", tagged="", **more)


def run(**more: Any) -> Run:
    return Run(command="fetch", started="", ended="", version="1", sources=[], **more)


def test_the_newest_revision_counts_in_whatever_order_the_lines_lie(archive: Path, catalogue: Open) -> None:
    add(archive, MONTH, Article(id="a1", revision=2, title="Two"), Article(id="a1", revision=1, title="One"))
    add(archive, "articles/2026-12.jsonl", Article(id="a1", revision=3, title="Three"), Article(id="b2"))
    found = catalogue()
    entry = found.get("a1")
    assert entry is not None
    assert (entry.revision, entry.title, entry.place.file) == (3, "Three", "articles/2026-12.jsonl")
    assert found.count() == 2
    assert found.get("a") is None


def test_an_article_is_found_by_its_urls_and_by_its_sources_guid(archive: Path, catalogue: Open) -> None:
    add(archive, MONTH, Article(
        id="a1", url="https://www.fenwickecho.example/beds?utm_source=x", canonical="https://fenwickecho.example/2014/beds",
        source="echo", guid="item 7",
    ))  # fmt: skip
    add(archive, "runs.jsonl", run(redirected=[{"target": "http://sho.rt.example/7", "id": "a1"}]))
    found = catalogue()
    for url in (
        "http://m.fenwickecho.example/beds/",
        "http://sho.rt.example/7",
    ):
        assert found.by_url(url) == "a1"
    assert found.by_url("https://fenwickecho.example/2014") is None
    # Its canonical link is its own word: the page there, if there is one, is still to be asked for.
    assert found.by_url("https://fenwickecho.example/2014/beds") is None
    assert found.by_guid("echo", "item 7") == "a1"
    assert found.by_guid("post", "item 7") is None


@pytest.mark.parametrize("text", ["", "no url", "\udcff", "http://h.example/\ud800", "\x00", "%"])
def test_any_text_may_be_asked_for(catalogue: Open, text: str) -> None:
    found = catalogue()
    assert (found.by_url(text), found.get(text), found.refusal(text), found.by_guid(text, text)) == (None,) * 4
    assert found.named(text) == []


def test_only_a_lasting_refusal_is_remembered(archive: Path, catalogue: Open) -> None:
    refused = {"target": "https://h.example/video", "status": "refused", "cause": "no article", "lasting": True}
    passing = {"target": "https://h.example/robots", "status": "refused", "cause": "robots.txt", "lasting": False}
    add(archive, "runs.jsonl", run(not_archived=[refused, passing]))
    found = catalogue()
    assert found.refusal("http://www.h.example/video/") == "no article"
    assert found.refusal("https://h.example/robots") is None


def failed(target: str, cause: str = "gone", *, lasting: bool = False) -> dict[str, Any]:
    return {"target": target, "status": "failed", "cause": cause, "lasting": lasting}


def ended(moment: str, **more: Any) -> Run:
    return Run(command="fetch", started=moment, ended=moment, version="1", sources=[], **more)


def test_how_often_in_a_row_a_url_failed_is_counted_until_it_is_had(archive: Path, catalogue: Open) -> None:
    url = "https://h.example/a"
    found = catalogue()
    assert found.trouble(url) is None
    for number in (1, 2, 3):
        lost = [failed(url, f"cause {number}"), failed("https://h.example/b")]
        add(archive, "runs.jsonl", ended(f"2026-01-0{number}T12:00:00Z", not_archived=lost))
        found.catch_up()
        assert found.trouble("http://www.h.example/a/?utm_source=x") == Trouble(
            number, f"2026-01-0{number}T12:00:00Z", f"cause {number}"
        )
    assert found.refusal(url) is None
    add(archive, MONTH, Article(id="a1", url="http://www.h.example/a"))
    found.catch_up()
    assert found.trouble(url) is None
    assert found.trouble("https://h.example/b") == Trouble(3, "2026-01-03T12:00:00Z", "gone")


def test_what_was_refused_for_good_is_no_trouble(archive: Path, catalogue: Open) -> None:
    add(
        archive, "runs.jsonl", ended("2026-01-01T12:00:00Z", not_archived=[failed("https://h.example/a", lasting=True)])
    )
    found = catalogue()
    assert (found.trouble("https://h.example/a"), found.refusal("https://h.example/a")) == (None, "gone")


def test_when_a_page_was_last_asked_for_is_when_it_was_fetched_or_found_unchanged(
    archive: Path, catalogue: Open
) -> None:
    add(archive, MONTH, Article(id="a1", url="https://h.example/a", fetched="2026-01-01T12:00:00Z"))
    found = catalogue()
    assert found.checked("a1") == "2026-01-01T12:00:00Z"
    assert found.checked("a") == ""
    add(archive, "runs.jsonl", ended("2026-01-02T12:00:00Z", unchanged=["a1", "none such"]))
    found.catch_up()
    assert found.checked("a1") == "2026-01-02T12:00:00Z"
    add(archive, MONTH, Article(id="a1", revision=2, url="https://h.example/a", fetched="2026-01-03T12:00:00Z"))
    found.catch_up()
    assert found.checked("a1") == "2026-01-03T12:00:00Z"


def test_a_catalogue_built_anew_knows_what_the_one_before_it_knew(archive: Path, catalogue: Open) -> None:
    urls = [f"https://h.example/{name}" for name in ("had", "lost", "again")]
    live = catalogue()
    for step in (
        lambda: add(archive, "runs.jsonl", ended("2026-01-01T12:00:00Z", not_archived=[failed(u) for u in urls])),
        lambda: add(archive, MONTH, Article(id="had", url=urls[0], fetched="2026-01-02T12:00:00Z")),
        lambda: add(archive, MONTH, Article(id="again", url=urls[2], fetched="2026-01-02T12:00:00Z")),
        lambda: add(archive, "runs.jsonl", ended("2026-01-03T12:00:00Z", not_archived=[failed(urls[2])])),
        lambda: add(archive, "runs.jsonl", ended("2026-01-04T12:00:00Z", unchanged=["had"])),
        lambda: add(archive, MONTH, Article(id="had", revision=2, url=urls[0], fetched="2026-01-02T12:00:00Z")),
    ):
        step()
        live.catch_up()
    known = [(live.trouble(url), live.checked(name)) for url, name in zip(urls, ("had", "lost", "again"), strict=True)]
    live.close()
    (archive / "cache" / "catalogue.sqlite").unlink()
    anew = catalogue()
    assert known == [
        (anew.trouble(url), anew.checked(name)) for url, name in zip(urls, ("had", "lost", "again"), strict=True)
    ]
    assert known[0] == (None, "2026-01-04T12:00:00Z")
    assert [trouble and trouble.times for trouble, _ in known] == [None, 1, 1]


def test_the_pages_of_a_source_come_with_the_longest_unasked_first(archive: Path, catalogue: Open) -> None:
    add(
        archive,
        MONTH,
        Article(id="new", url="https://h.example/new", source="echo", fetched="2026-01-09T12:00:00Z"),
        Article(id="old", url="https://h.example/old", source="echo", fetched="2026-01-01T12:00:00Z"),
        Article(id="older", url="https://h.example/older", source="echo", fetched="2025-01-01T12:00:00Z"),
        Article(id="same", url="https://h.example/same", source="echo", fetched="2025-06-01T12:00:00Z"),
        Article(id="other", url="https://h.example/other", source="post", fetched="2025-01-01T12:00:00Z"),
        Article(id="feed", source="echo", fetched="2025-01-01T12:00:00Z"),
        Article(id="page", url="https://h.example/page", source="echo", kind="page", fetched="2025-01-01T12:00:00Z"),
        Article(id="cut", url="https://h.example/p", source="echo", kind="clipping", fetched="2025-01-01T12:00:00Z"),
    )
    add(archive, "runs.jsonl", ended("2026-01-05T12:00:00Z", unchanged=["same"]))
    found = catalogue()
    assert [(f.id, f.url) for f in found.last_checked("echo", "2026-01-05T12:00:00Z")] == [
        ("older", "https://h.example/older"), ("old", "https://h.example/old"),
    ]  # fmt: skip
    assert [f.id for f in found.last_checked("echo", "2027")] == ["older", "old", "same", "new"]
    assert found.last_checked("no such", "2027") == []


def test_each_revision_is_found_where_it_lies(archive: Path, catalogue: Open) -> None:
    add(archive, MONTH, Article(id="a1", title="One"), Article(id="b2", title="Only"))
    add(archive, "articles/2026-12.jsonl", Article(id="a1", revision=2, title="Two"))
    found = catalogue()
    add(archive, "articles/2026-12.jsonl", Article(id="a1", revision=3, title="Three"))
    found.catch_up()
    places = found.revisions("a1")
    assert list(places) == [1, 2, 3]
    for revision, title in ((1, "One"), (2, "Two"), (3, "Three")):
        place = places[revision]
        line = json.loads((archive / place.file).read_bytes()[place.offset :][: place.length])
        assert (line["revision"], line["title"]) == (revision, title)
    assert list(found.revisions("b2")) == [1]
    assert found.revisions("a") == {}


def test_what_is_untagged_is_what_this_model_has_not_seen_in_its_newest_revision(
    archive: Path, catalogue: Open
) -> None:
    add(archive, MONTH, *(Article(id=i) for i in ("done", "never", "older", "other")), Article(id="page", kind="page"))
    add(archive, MONTH, Article(id="older", revision=2))
    add(
        archive,
        "tags.jsonl",
        tagging("done", model="m0"),
        tagging("done"),
        tagging("older"),
        tagging("other", model="m0"),
    )
    found = catalogue()
    assert sorted(e.id for e in found.untagged("m1")) == ["never", "older", "other"]
    assert sorted(e.id for e in found.untagged("m1", everything=True)) == ["done", "never", "older", "other"]


def test_changes_come_in_order_and_once_for_each_article(archive: Path, catalogue: Open) -> None:
    add(archive, MONTH, Article(id="a1"), Article(id="b2"), Article(id="c3"))
    found = catalogue()
    first = found.changed_since(0)
    assert [c.entry.id for c in first] == ["a1", "b2", "c3"]
    assert [c.tagging for c in first] == [None, None, None]
    assert found.changed_since(first[-1].seq) == []
    add(archive, MONTH, Article(id="b2", revision=2))
    add(archive, "tags.jsonl", tagging("a1"))
    found.catch_up()
    later = found.changed_since(first[-1].seq)
    assert [(c.entry.id, c.entry.revision, c.tagging is not None) for c in later] == [("b2", 2, False), ("a1", 1, True)]
    assert later[-1].tagging == found.tagging("a1")


def test_prefixes(archive: Path, catalogue: Open) -> None:
    ids = ["abcdef0000000000", "abcdef0100000000", "abcdef01ff000000", "abd%00_000000000"]
    add(archive, MONTH, *(Article(id=i) for i in ids))
    found = catalogue()
    assert [e.id for e in found.named("abcdef")] == ids[:3]
    assert [e.id for e in found.named("ab", most=2)] == ids[:2]
    assert [e.id for e in found.named("ab%")] == []
    assert [found.unique_prefix(i) for i in ids] == ["abcdef00", "abcdef010", "abcdef01f", "abd%00_"]


BAD = [
    b"", b"{", b"[1]", b"7", b"null", b'"text"', b"\xff\xfe", b'{"id": "bad", "text": "\xe9"}', b"[" * 100_000,
    b'{"title": "without an id"}', b'{"id": ""}', b'{"id": 5}', b'{"id": "bad", "text": 5}',
    b'{"id": "bad", "revision": NaN}', b'{"id": "bad", "revision": "2"}', b'{"id": "bad", "schema": "1"}',
    b'{"id": "bad", "revision": 99999999999999999999999}', b'{"id": "bad", "title": {"a": 1}}',
    b'{"id": "bad", "kind": []}', b'{"id": "bad", "url": 5}', b'{"id": "bad", "guid": {"a": 1}}',
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD, ids=[repr(b[:45]) for b in BAD])
def test_a_line_that_is_no_record_is_told_and_passed_over(
    archive: Path, catalogue: Open, told: list[str], bad: bytes
) -> None:
    add(archive, MONTH, Article(id="before"))
    offset = (archive / MONTH).stat().st_size
    add(archive, MONTH, bad, Article(id="after"))
    content = (archive / MONTH).read_bytes()
    found = catalogue()
    assert [e.id for e in found.untagged("m1")] == ["before", "after"]
    assert len(told) == 1
    assert f"{archive / MONTH}: " in told[0]
    assert f"byte {offset}" in told[0]
    assert (archive / MONTH).read_bytes() == content


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("tags.jsonl", {"article": "a1"}),
        ("tags.jsonl", {**tagging("a1").to_json(), "article": {"a": 1}}),
        ("tags.jsonl", {**tagging("a1").to_json(), "revision": 10**30}),
        ("runs.jsonl", {"command": "fetch"}),
        ("runs.jsonl", {**run().to_json(), "not_archived": 7}),
        ("runs.jsonl", {**run().to_json(), "redirected": [{"target": "http://h.example/"}]}),
        ("runs.jsonl", {**run().to_json(), "not_archived": [7]}),
    ],
)
def test_a_damaged_tag_or_run_is_told_and_the_next_is_taken(
    archive: Path, catalogue: Open, told: list[str], name: str, bad: dict[str, Any]
) -> None:
    add(archive, MONTH, Article(id="a1"))
    add(archive, name, json.dumps(bad).encode())
    add(archive, "tags.jsonl", tagging("a1"))
    found = catalogue()
    assert found.untagged("m1") == []
    assert len(told) == 1
    assert f"{archive / name}: damaged line at byte 0" in told[0]


def test_an_archive_of_a_newer_clipper_is_refused_each_time(archive: Path, catalogue: Open) -> None:
    add(archive, MONTH, Article(id="a1"), json.dumps({"id": "b2", "schema": SCHEMA + 1}).encode())
    for _ in range(2):
        with pytest.raises(NewerSchema, match="update clipper") as caught:
            catalogue()
        assert isinstance(caught.value, CannotWork)
        assert str(archive / MONTH) in str(caught.value)


def test_half_a_line_is_reported_with_its_place_and_read_once_it_is_whole(archive: Path, catalogue: Open) -> None:
    add(archive, MONTH, Article(id="a1"))
    size = (archive / MONTH).stat().st_size
    with (archive / MONTH).open("ab") as file:
        file.write(b'{"id": ')
    found = catalogue()
    assert found.catch_up() == found.catch_up() == [(archive / MONTH, size)]
    add(archive, MONTH, b'"b2"}')
    assert found.catch_up() == []
    assert found.get("b2") is not None


def test_what_was_read_is_not_read_again(archive: Path, catalogue: Open, told: list[str]) -> None:
    add(archive, MONTH, b"damaged", Article(id="a1"))
    first = catalogue()
    generation = first.generation
    for number in range(3):
        add(archive, MONTH, Article(id=f"b{number}"))
        assert catalogue().generation == generation
    assert len(told) == 1
    assert first.count() == 4


def shorter(path: Path) -> None:
    path.write_bytes(path.read_bytes().partition(b"\n")[2])


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"First"', b'"A longer first"'))


def of_the_same_length(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"First"', b'"Third"'))
    os.utime(path, (1, 1))


@pytest.mark.parametrize("change", [Path.unlink, shorter, longer, of_the_same_length])
def test_a_file_that_changed_under_the_catalogue_is_read_anew(
    archive: Path, catalogue: Open, change: Callable[[Path], None]
) -> None:
    texts = [{"id": "a1", "title": "First", "text": "x" * 400}, {"id": "b2", "title": "Second", "text": "y" * 400}]
    add(archive, MONTH, *(Article(**t) for t in texts))  # type: ignore[arg-type]  # named by the test
    add(archive, "articles/2026-12.jsonl", Article(id="c3", title="Other month"))
    before = catalogue()
    generation = before.generation
    change(archive / MONTH)
    stored = [
        json.loads(line) for f in sorted((archive / "articles").iterdir()) for line in f.read_bytes().splitlines()
    ]
    before.catch_up()
    assert before.generation != generation
    assert [(e.id, e.title) for e in before.untagged("m")] == [(s["id"], s["title"]) for s in stored]
    for entry in before.untagged("m"):
        raw = (archive / entry.place.file).read_bytes()[entry.place.offset :][: entry.place.length]
        assert json.loads(raw)["id"] == entry.id


def missing(path: Path) -> None:
    path.unlink()


def garbage(path: Path) -> None:
    path.write_bytes(b"no database, but long enough to be looked at" * 200)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def of_another_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 4711")


def without_a_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE tags")


def overwritten_in_page(number: int) -> Callable[[Path], None]:
    def act(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(number * 4096)
            file.write(b"\xa5" * 4096)

    act.__name__ = f"overwritten_in_page_{number}"
    return act


@pytest.mark.parametrize(
    "damage",
    [missing, garbage, cut, of_another_version, without_a_table, *map(overwritten_in_page, range(9))],
    ids=lambda d: d.__name__,
)
def test_a_catalogue_that_is_missing_damaged_or_of_another_version_is_built_anew(
    archive: Path, catalogue: Open, damage: Callable[[Path], None]
) -> None:
    ids = [f"{n:016x}" for n in range(30)]
    add(archive, MONTH, *(Article(id=i, url=f"https://h.example/{i}", guid=i, source="s") for i in ids))
    add(archive, "tags.jsonl", *(tagging(i) for i in ids[:29]))
    add(archive, "runs.jsonl", run(not_archived=[{"target": "https://h.example/no", "cause": "no", "lasting": True}]))
    catalogue().close()
    damage(archive / "cache" / "catalogue.sqlite")
    found = catalogue()
    assert found.count() == 30
    assert [e.id for e in found.untagged("m1")] == ids[29:]
    assert [found.by_url(f"http://h.example/{i}") for i in ids] == [found.by_guid("s", i) for i in ids] == ids
    assert found.refusal("https://h.example/no") == "no"
    assert [e.id for e in found.named("0", most=99)] == ids


def test_a_catalogue_that_cannot_be_made_is_told(archive: Path) -> None:
    (archive / "cache").write_text("no folder")
    with pytest.raises(CannotWork, match="catalogue cannot be made"):
        Catalogue(archive, archive / "cache", print)


def test_a_reader_takes_what_is_there_while_another_process_catches_up(
    archive: Path, catalogue: Open, told: list[str]
) -> None:
    add(archive, MONTH, Article(id="a1"))
    other, reader = catalogue(), catalogue()
    add(archive, MONTH, Article(id="b2"))
    with other._db.transaction():  # as a process in the middle of it
        reader.glance()
        assert reader.get("a1") is not None
        assert reader.get("b2") is None
        assert "so far" in told[-1]
        with pytest.raises(Locked):
            reader.catch_up(wait=0)
    reader.glance()
    assert reader.get("b2") is not None


def test_a_catalogue_is_compared_with_the_files(archive: Path, catalogue: Open) -> None:
    add(archive, MONTH, *(Article(id=f"a{n}", outlet="Echo", source="s", title=f"T{n}") for n in range(9)))
    add(archive, "tags.jsonl", tagging("a1"), tagging("a2"))
    found = catalogue()
    assert found.problems() == []
    assert sorted(p.name for p in (archive / "cache").iterdir() if p.is_dir()) == []
    with closing(sqlite3.connect(archive / "cache" / "catalogue.sqlite")) as db, db:
        db.execute("UPDATE articles SET id = 'A3' WHERE id = 'a3'")
        db.execute("DELETE FROM tags WHERE article = (SELECT number FROM articles WHERE id = 'a2')")
    wrong = found.problems()
    assert len(wrong) == 2
    assert "articles: 1 that are not in the files, 1 missing" in wrong[0]
    assert "tags: 0 that are not in the files, 1 missing" in wrong[1]


def test_what_sqlite_finds_amiss_is_a_problem(archive: Path, catalogue: Open) -> None:
    add(archive, MONTH, *(Article(id=f"{n:016x}", title="t" * 300) for n in range(200)))
    catalogue().close()
    overwritten_in_page(9)(archive / "cache" / "catalogue.sqlite")
    with closing(Catalogue(archive, archive / "cache", print)) as found:
        assert found.problems()


def test_outlets_and_sources_are_counted_as_articles_come_and_change(archive: Path, catalogue: Open) -> None:
    add(archive, MONTH, *(Article(id=f"a{n}", outlet="Echo", source="s1") for n in range(3)))
    add(archive, MONTH, Article(id="b", outlet="Post", source="s2"), Article(id="none"), Article(id="empty", outlet=""))
    add(archive, MONTH, Article(id="page", kind="page", outlet="Pages", source="s3"))
    found = catalogue()
    assert list(found.outlets().items()) == [("Echo", 3), ("Post", 1)]
    assert list(found.sources().items()) == [("s1", 3), ("added", 2), ("s2", 1)]
    add(archive, MONTH, Article(id="a0", revision=2, outlet="Post", source="s2"), Article(id="a1", outlet="Echo"))
    add(archive, MONTH, Article(id="page", revision=2, kind="page", outlet="Pages", source="s3"))
    add(
        archive, MONTH, Article(id="a2", revision=2, outlet=None, source="s1"), Article(id="a2", revision=1, outlet="X")
    )
    found.catch_up()
    assert list(found.outlets().items()) == [("Post", 2), ("Echo", 1)]
    assert found.sources() == {"added": 3, "s2": 2, "s1": 1}
    for path in (archive / "cache").iterdir():
        path.unlink()
    anew = catalogue()
    assert (anew.outlets(), anew.sources()) == (found.outlets(), found.sources())


def test_the_first_of_a_chain_of_copies_is_its_root(archive: Path, catalogue: Open) -> None:
    chains = {"a": None, "b": "a", "c": "b", "lost": "gone", "far": "lost", "x": "y", "y": "z", "z": "x", "in": "y",
              "self": "self"}  # fmt: skip
    add(archive, MONTH, *(Article(id=i, duplicate_of=parent) for i, parent in chains.items()))
    found = catalogue()
    roots = {i: found.root(i) for i in chains}
    assert roots == {"a": "a", "b": "a", "c": "a", "lost": "lost", "far": "lost", "x": "x", "y": "x", "z": "x",
                     "in": "x", "self": "self"}  # fmt: skip
    assert found.root("no such") == "no such"
    assert {c.entry.id: c.duplicate_of for c in found.changed_since(0)} == chains


def test_changes_are_asked_for_a_part_at_a_time(archive: Path, catalogue: Open) -> None:
    add(archive, MONTH, *(Article(id=f"a{n}") for n in range(7)))
    add(archive, "labels.jsonl", Label(article="a2", revision=1, theme="t", value=False, coder="ann"))
    add(archive, "tags.jsonl", tagging("a4"))
    found = catalogue()
    assert (found.count_since(0), found.newest_seq()) == (7, found.changed_since(0)[-1].seq)
    seq, parts = 0, []
    while part := found.changed_since(seq, 3):
        parts.append(part)
        seq = part[-1].seq
        assert found.count_since(seq) == 7 - sum(map(len, parts))
    assert [len(part) for part in parts] == [3, 3, 1]
    assert [change for part in parts for change in part] == found.changed_since(0)
    assert {c.entry.id for part in parts for c in part if c.labelled} == {"a2"}
    assert {c.entry.id for part in parts for c in part if c.tagging} == {"a4"}
    assert seq == found.newest_seq()


def test_a_catalogue_of_nothing_has_no_changes(catalogue: Open) -> None:
    found = catalogue()
    assert (found.newest_seq(), found.count_since(0), found.changed_since(0, 5)) == (0, 0, [])
    assert (found.outlets(), found.sources()) == ({}, {})


def test_tags_that_come_before_their_article_are_kept_for_it(archive: Path, catalogue: Open) -> None:
    add(archive, MONTH, Article(id="a1"))
    add(archive, "tags.jsonl", tagging("b2", model="m0"), tagging("a1"), tagging("b2"))
    found = catalogue()
    assert found.get("b2") is None
    add(archive, "articles/2014-01.jsonl", Article(id="b2"))  # a month's file that is put back
    found.catch_up()
    place = found.changed_since(0)[-1].tagging
    assert place is not None
    assert place == found.tagging("b2")
    line = (archive / place.file).read_bytes()[place.offset :][: place.length]
    assert (json.loads(line)["article"], json.loads(line)["model"]) == ("b2", "m1")
    assert found.untagged("m1") == []


def test_where_nothing_is_new_a_reader_waits_for_nobody(archive: Path, catalogue: Open, told: list[str]) -> None:
    add(archive, MONTH, Article(id="a1"))
    with (archive / MONTH).open("ab") as file:
        file.write(b'{"id": ')  # half a line is nothing new either, once it has been seen
    other, reader = catalogue(), catalogue()
    with other._db.transaction():
        reader.glance()
        assert reader.catch_up(wait=0) == [(archive / MONTH, (archive / MONTH).read_bytes().index(b"\n") + 1)]
    assert told == []


def test_a_disk_that_is_full_leaves_what_was_taken_in_before(archive: Path, catalogue: Open, told: list[str]) -> None:
    add(archive, MONTH, Article(id="a1"))
    found = catalogue()
    (pages,) = found._db.execute("PRAGMA page_count").fetchone()
    found._db.execute(f"PRAGMA max_page_count = {pages}")  # SQLite says then what it says of a full disk
    add(archive, MONTH, *(Article(id=f"b{n}", title="t" * 1000) for n in range(99)))
    found.glance()
    assert found.count() == 1
    assert "full" in told[-1]
    assert "taken in before" in told[-1]
    with pytest.raises(CannotWork, match="full"):
        found.catch_up()
    found._db.execute("PRAGMA max_page_count = 100000")
    found.glance()
    assert found.count() == 100
