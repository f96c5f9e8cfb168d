"""Conflicting copies that a shared folder makes: they are noticed, not read, and brought in when that is asked."""

from __future__ import annotations

import gzip
import json
import os
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clipper.archive import jsonl
from clipper.archive.catalogue import Catalogue
from clipper.archive.conflicts import conflicting, notice, original
from clipper.archive.entering import url_number
from clipper.archive.forgetting import Request, forget
from clipper.archive.merging import merge, merge_all
from clipper.archive.searches import Saved, saved_searches
from clipper.archive.store import Archive
from clipper.archive.tables import as_key
from clipper.archive.warc import Exchange
from clipper.checksums import checksum
from clipper.errors import CannotWork
from clipper.models import Article, Label, NewerSchema, Run, to_line

MONTH = "articles/2026-11.jsonl"
COPIES = [
    # What is between the name and its end is as each program writes it, some in the language of its user.
    ("articles/2026-11 (ward-laptop's conflicted copy 2026-11-20).jsonl", MONTH),
    ("articles/2026-11 (Ann Fenwick's conflicted copy 2026-11-20 (1)).jsonl", MONTH),
    ("articles/2026-11 (Case Conflict).jsonl", MONTH),
    ("articles/2026-11.sync-conflict-20261120-140211-ABCDEF7.jsonl", MONTH),
    ("articles/2026-11 (conflicted copy 2026-11-20 140211).jsonl", MONTH),
    ("articles/2026-11 (còpia en conflicte 2026-11-20 140211).jsonl", MONTH),
    ("articles/2026-11_conflict-20261120-140211.jsonl", MONTH),
    ("articles/2026-11-WARD-LAPTOP.jsonl", MONTH),
    ("articles/2026-11-WARD-LAPTOP-2.jsonl", MONTH),
    ("articles/2026-11 2.jsonl", MONTH),
    ("articles/2026-11 (1).jsonl", MONTH),
    ("articles/2026-11.jsonl (1)", MONTH),
    ("articles/2026-11_ward_Nov-20-1402-2026_Conflict.jsonl", MONTH),
    ("articles/2026-11.JSONL", MONTH),
    ("labels (ward-laptop's conflicted copy 2026-11-20).jsonl", "labels.jsonl"),
    ("labels.sync-conflict-20261120-140211-ABCDEF7.jsonl", "labels.jsonl"),
    ("runs 2.jsonl", "runs.jsonl"),
    ("tags-WARD-LAPTOP.jsonl", "tags.jsonl"),
    ("Samples (1).jsonl", "samples.jsonl"),
    ("searches (conflicted copy 2026-11-20 140211).jsonl", "searches.jsonl"),
    ("warc/2026-11-0001.sync-conflict-20261120-140211-ABCDEF7.warc.gz", "warc/2026-11-0001.warc.gz"),
    ("warc/2026-11-0001.warc (ward-laptop's conflicted copy 2026-11-20).gz", "warc/2026-11-0001.warc.gz"),
    ("warc/2026-11-0001.warc-WARD.gz", "warc/2026-11-0001.warc.gz"),
]
STRANGE = ["articles/backup.jsonl", "articles/2026-13.jsonl", "articles/.jsonl", "old.jsonl", "labelled.jsonl"]
OURS = [
    MONTH, "articles/1970-01.jsonl", "labels.jsonl", "runs.jsonl", "tags.jsonl", "samples.jsonl", "searches.jsonl",
    "warc/2026-11-0001.warc.gz", "warc/2026-11-12345.warc.gz",
]  # fmt: skip
NOBODYS = [
    "articles/.syncthing.2026-11.jsonl.tmp", "articles/~syncthing~2026-11.jsonl.tmp", "articles/2026-11.jsonl.77.new",
    "articles/notes.txt", "labels.csv", "labels.jsonl.bak", "warc/old-collection.warc.gz", "damaged/runs 2.jsonl",
    "cache/runs 2.jsonl", ".write.lock", "warc/2026-11-0001.warc.gz.part",
]  # fmt: skip


def line(article: Article) -> str:
    return to_line(article.to_json())


def article(ident: str, text: str = "A ward.", **more: object) -> Article:
    made = Article(id=ident, title=ident, text=text, sha256=checksum(text), fetched="2026-11-20T14:02:11Z")
    return replace(made, **more)


def put(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{one}\n" for one in lines), encoding="utf-8")
    return path


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


@pytest.mark.parametrize(("name", "of"), COPIES)
def test_a_copy_is_noticed_under_whatever_name(tmp_path: Path, name: str, of: str) -> None:
    for one in (*OURS, *NOBODYS):
        put(tmp_path / one)
    assert conflicting(tmp_path) == []
    assert notice(tmp_path) is None
    copy = put(tmp_path / name)
    if name.lower() in OURS and copy.samefile(tmp_path / name.lower()):
        pytest.skip("this file system takes both names for one")
    assert conflicting(tmp_path) == [copy]
    assert original(copy) == tmp_path / of
    said = notice(tmp_path)
    assert said is not None
    assert said.startswith(f"{copy}: a conflicting copy")
    assert "and 1 more" not in said
    put(tmp_path / "runs (7).jsonl")
    assert "(and 1 more)" in (notice(tmp_path) or "")


@pytest.mark.parametrize("name", STRANGE)
def test_other_files_of_lines_are_noticed_though_nobody_knows_of_what(tmp_path: Path, name: str) -> None:
    path = put(tmp_path / name)
    assert conflicting(tmp_path) == ([] if path.name.startswith(".") else [path])
    if path.name != "2026-13.jsonl":
        assert original(path) is None


def test_what_is_no_file_is_no_copy(tmp_path: Path) -> None:
    (tmp_path / "articles" / "2026-11 2.jsonl").mkdir(parents=True)
    os.mkfifo(tmp_path / "runs 2.jsonl")
    assert conflicting(tmp_path) == []
    assert conflicting(tmp_path / "nowhere") == []


@pytest.mark.parametrize("name", [name for name, of in COPIES if of == MONTH] + STRANGE[:3])
def test_a_copy_is_not_read(tmp_path: Path, name: str) -> None:
    put(tmp_path / MONTH, line(article("a1")))
    if not (tmp_path / name).exists():
        put(tmp_path / name, line(article("a1", "Another.", revision=7)), line(article("b2")))
    with closing(Catalogue(tmp_path, tmp_path / "cache", lambda said: pytest.fail(said))) as catalogue:
        catalogue.catch_up()
        assert (catalogue.count(), catalogue.named("")[0].revision) == (1, 1)


def test_a_file_that_was_put_away_is_not_taken_for_gone(tmp_path: Path) -> None:
    put(tmp_path / "articles" / ".2026-10.jsonl.icloud")
    put(tmp_path / ".notes.txt.icloud")
    with pytest.raises(CannotWork, match=r"2026-10\.jsonl: not on this machine"):
        notice(tmp_path)


# -- bringing it in -------------------------------------------------------------------------------------------------


def test_articles_that_only_a_copy_has_are_brought_in_once(archive: Archive) -> None:
    ours = [line(article("a1")), line(article("b2"))]
    put(archive.path / MONTH, *ours)
    theirs = [line(article("a1")), line(article("c3")), line(article("d4"))]
    copy = put(archive.path / "articles" / "2026-11 2.jsonl", *theirs)
    content = copy.read_bytes()
    merged = merge(archive, copy)
    assert merged[:5] == (copy, archive.path / MONTH, 2, 0, ())
    assert lines(archive.path / MONTH) == [*ours, *theirs[1:]]
    assert not copy.exists()
    assert merged.kept.parent == archive.path / "damaged"
    assert merged.kept.read_bytes() == content
    assert archive.catalogue.count() == 4
    again = put(copy, *theirs)  # somebody was interrupted before it could be moved, or it came back
    assert merge(archive, again).added == 0
    assert lines(archive.path / MONTH) == [*ours, *theirs[1:]]
    assert len(list((archive.path / "damaged").iterdir())) == 2


def test_an_article_that_both_machines_fetched_is_taken_once_and_another_text_is_a_revision(archive: Archive) -> None:
    put(archive.path / "articles" / "2026-10.jsonl", line(article("a1", fetched="2026-10-31T09:00:00Z")))
    put(archive.path / MONTH, line(article("b2")), line(article("b2", "Changed here.", revision=2)))
    theirs = [
        line(article("a1", fetched="2026-11-01T10:00:00Z")),
        line(article("b2", fetched="2026-11-21T10:00:00Z")),
        line(article("b2", "Changed there.", revision=2)),
        line(article("b2", "Changed there again.", revision=3)),
        line(article("c3")),
        line(article("c3", "Changed.", revision=2)),
    ]
    merged = merge(archive, put(archive.path / "articles" / "2026-11-WARD.jsonl", *theirs))
    assert (merged.added, merged.left_out) == (4, 0)
    added = [json.loads(one) for one in lines(archive.path / MONTH)[2:]]
    assert [(one["id"], one["revision"], one["text"]) for one in added] == [
        ("b2", 3, "Changed there."),
        ("b2", 4, "Changed there again."),
        ("c3", 1, "A ward."),
        ("c3", 2, "Changed."),
    ]
    assert list(archive.catalogue.revisions("b2")) == [1, 2, 3, 4]
    assert lines(archive.path / MONTH)[4:] == theirs[4:]  # what need not be changed is as it was, byte for byte


def test_what_was_taken_out_on_request_stays_out(archive: Archive) -> None:
    stone = Article(id="a1", forgotten="2026-11-22T10:00:00Z", fetched="2026-11-20T14:02:11Z")
    put(archive.path / MONTH, line(stone), line(article("b2")))
    theirs = [
        line(article("a1", "What was taken out.", revision=2)),
        line(replace(stone, id="b2")),
        line(replace(stone, id="c3")),
    ]
    merged = merge(archive, put(archive.path / "articles" / "2026-11 (1).jsonl", *theirs))
    assert merged.forgotten == ("a1", "b2")
    assert (merged.added, merged.left_out) == (1, 2)
    assert lines(archive.path / MONTH)[2:] == theirs[2:]
    assert "What was taken out" not in (archive.path / MONTH).read_text()
    assert merged.here == ("b2",)  # only the copy says so, and ours has the text


def test_what_was_taken_out_is_not_kept_in_the_copy_either(archive: Archive) -> None:
    stone = Article(id="a1", forgotten="2026-11-22T10:00:00Z", fetched="2026-11-20T14:02:11Z")
    put(archive.path / MONTH, line(stone), line(article("c3", "It came here later.")))
    theirs = [
        line(article("a1", "A word that must go.")),
        line(article("b2", "Of another, which names a1.")),
        line(article("a1", "Cut off: must go."))[:-9],
        line(replace(stone, id="c3")),
        line(replace(stone, revision=2)),
    ]
    merged = merge(archive, put(archive.path / "articles" / "2026-11 (1).jsonl", *theirs))
    kept = merged.kept.read_text("utf-8").split("\n")
    assert [one.strip(" ") for one in kept] == ["", theirs[1], "", theirs[3], theirs[4], ""]
    assert [len(one) for one in kept[:-1]] == [len(one) for one in theirs]
    again = merge(archive, put(archive.path / "articles" / "2026-11 (1).jsonl", *kept[:-1]))
    assert (again.added, again.left_out) == (0, 2)  # what is empty is nothing that was left out


def test_a_tombstone_that_comes_with_a_copy_counts_for_the_copy(archive: Archive) -> None:
    stone = Article(id="a1", revision=2, forgotten="2026-11-22T10:00:00Z", fetched="2026-11-20T14:02:11Z")
    theirs = [line(stone), line(article("a1", "A word that must go."))]
    merged = merge(archive, put(archive.path / "articles" / "2026-11 (1).jsonl", *theirs))
    assert archive.catalogue.forgotten("a1") == stone.forgotten
    assert "must go" not in (archive.path / MONTH).read_text("utf-8") + merged.kept.read_text("utf-8")


def label(coder: str, at: str, value: bool = True, **more: str) -> Label:
    return replace(Label(article="a1", revision=1, theme="waits", value=value, coder=coder, at=at), **more)


def test_of_labels_the_newest_holds_and_none_is_lost(archive: Archive) -> None:
    put(archive.path / MONTH, line(article("a1")))
    ours = [label("ann", "2026-11-20T09:00:00Z"), label("ann", "2026-11-20T12:00:00Z", value=False)]
    archive.add_labels([*ours, label("ben", "2026-11-20T09:00:00Z")])
    before = (archive.path / "labels.jsonl").read_bytes()
    theirs = [
        ours[0],
        label("ann", "2026-11-20T11:00:00Z", round="r1"),
        label("ben", "2026-11-20T10:00:00Z", value=False),
        label("cid", "2026-11-20T10:00:00Z"),
    ]
    copy = put(archive.path / "labels (1).jsonl", *(to_line(one.to_json()) for one in theirs), "{}", "half")
    merged = merge(archive, copy)
    assert (merged.added, merged.left_out) == (4, 2)
    assert (archive.path / "labels.jsonl").read_bytes().startswith(before)
    held = {one.coder: (one.value, one.at[11:13]) for one in archive.catalogue.judgements.of("a1")}
    assert held == {"ann": (False, "12"), "ben": (False, "10"), "cid": (True, "10")}
    assert [one.coder for one in archive.catalogue.judgements.in_round("r1")] == ["ann"]


def test_of_saved_searches_the_newest_holds(archive: Archive) -> None:
    for name, query, hour in (("mine", "nurses", 9), ("other", "wards", 12)):
        archive.save_search(Saved(name, query, f"2026-11-20T{hour:02}:00:00Z"))
    theirs = [("mine", "midwives", "10"), ("other", "beds", "11"), ("third", "fees", "08")]
    copy = put(
        archive.path / "searches 2.jsonl",
        *(to_line({"name": n, "query": q, "at": f"2026-11-20T{h}:00:00Z", "schema": 1}) for n, q, h in theirs),
        '{"name": 7, "query": "x", "at": ""}',
    )
    merged = merge(archive, copy)
    assert (merged.added, merged.left_out) == (2, 2)
    assert {s.name: s.query for s in saved_searches(archive.path).values()} == {
        "mine": "midwives", "other": "wards", "third": "fees",
    }  # fmt: skip


def test_runs_of_both_machines_are_kept(archive: Archive) -> None:
    runs = [
        Run(command="fetch", started="", ended=f"2026-11-20T1{n}:00:00Z", version="1", sources=[]) for n in range(3)
    ]
    put(archive.path / "runs.jsonl", *(to_line(one.to_json()) for one in runs[:2]))
    copy = put(archive.path / "runs.sync-conflict-1.jsonl", *(to_line(runs[n].to_json()) for n in (0, 2)), "[]")
    assert merge(archive, copy)[2:4] == (1, 1)
    assert lines(archive.path / "runs.jsonl") == [to_line(one.to_json()) for one in runs]


def test_runs_of_a_copy_lose_the_addresses_of_what_was_taken_out(archive: Archive) -> None:
    gone, led = "https://h.example/gone", "https://h.example/led-there"
    stone = Article(id="a1", forgotten="2026-11-22T10:00:00Z", fetched="2026-11-20T14:02:11Z",
                    keys=[as_key(url_number(gone))])  # fmt: skip
    put(archive.path / MONTH, line(stone))
    lost = {"target": gone, "source": "s", "status": "failed", "cause": f"{gone}: no answer", "lasting": False}
    run = Run(command="fetch", started="", ended="2026-11-20T10:00:00Z", version="1", sources=[], not_archived=[lost],
              redirected=[{"target": led, "id": "a1"}, {"target": "https://h.example/steady", "id": "b2"}])  # fmt: skip
    copy = archive.path / "runs 2.jsonl"
    merged = merge(archive, put(copy, to_line(run.to_json())))
    assert merged.added == 1
    for path in (archive.path / "runs.jsonl", merged.kept):
        said = path.read_text("utf-8")
        assert (gone in said, led in said, "https://h.example/steady" in said) == (False, False, True)
    copy.write_bytes(merged.kept.read_bytes())  # interrupted before it could be moved
    assert merge(archive, copy).added == 0


def page(url: str, body: bytes) -> tuple[Exchange, ...]:
    moment = datetime(2026, 11, 20, 14, tzinfo=UTC)
    return (
        Exchange(url=url, at=moment, address="192.0.2.1", request=(), protocol="HTTP/1.1", status=200, reason="OK",
                 headers=(("Content-Type", "text/html"),), payload=body),
    )  # fmt: skip


def test_articles_of_a_copy_find_their_raw_pages(tmp_path: Path) -> None:
    """Both machines began with the same file of raw pages and wrote another page behind it."""
    made = []
    for machine in ("here", "there"):
        Archive.create(tmp_path / machine)
        archive = Archive(tmp_path / machine)
        with archive.writing() as writer:
            urls = ["https://h.example/same", f"https://h.example/{machine}"]
            places = [place for url in urls for place in writer.raw([page(url, url.encode())])]
            writer.articles(
                [article(f"{url[-4:]}", url=url, warc=place, text=url) for url, place in zip(urls, places, strict=True)]
            )
        archive.catalogue.close()
        made.append(places[1])
    here, there = tmp_path / "here", tmp_path / "there"
    (warc,) = (there / "warc").iterdir()
    (month,) = (there / "articles").iterdir()
    warc.rename(here / "warc" / warc.name.replace(".warc.gz", " 2.warc.gz"))
    month.rename(here / "articles" / month.name.replace(".jsonl", " 2.jsonl"))
    archive = Archive(here)
    merged = list(merge_all(archive))
    assert [one.added for one in merged] == [0, 1]
    assert conflicting(here) == []
    assert len(list((here / "warc").iterdir())) == 2
    for entry in archive.catalogue.entries():
        found = archive.read(entry.place)
        assert found.warc is not None
        assert archive.read_raw(found.warc).url == found.url
        assert archive.read_raw(found.warc).body == (found.url or "").encode()
    archive.catalogue.close()


def test_raw_pages_of_which_ours_has_all_are_set_aside(archive: Archive) -> None:
    with archive.writing() as writer:
        writer.raw([page("https://h.example/1", b"1")])
    (warc,) = (archive.path / "warc").iterdir()
    copy = warc.with_name(warc.name.replace(".warc.gz", " (1).warc.gz"))
    copy.write_bytes(warc.read_bytes()[:-7])
    merged = merge(archive, copy)
    assert merged.kept.parent.name == "damaged"
    assert list((archive.path / "warc").iterdir()) == [warc]


@pytest.mark.parametrize("more", [False, True])
def test_raw_pages_that_were_taken_out_do_not_come_back_by_a_copy(archive: Archive, more: bool) -> None:
    urls = [f"https://h.example/{name}" for name in ("first", "gone", "last")]
    with archive.writing() as writer:
        places = [writer.raw([page(url, f"body of {url}".encode())])[0] for url in urls]
        writer.articles([article(url[-4:], url=url, warc=place) for url, place in zip(urls, places, strict=True)])
    (warc,) = (archive.path / "warc").iterdir()
    theirs = warc.read_bytes()
    forget(archive, Request(("gone",), "2026-11-22T10:00:00Z"))
    copy = warc.with_name(warc.name.replace(".warc.gz", " 2.warc.gz"))
    copy.write_bytes(theirs + (gzip.compress(b"WARC/1.1\r\n\r\n") if more else b""))
    merged = merge(archive, copy)
    assert merged.kept.parent.name == ("warc" if more else "damaged")
    for path in archive.path.rglob("*.warc*"):
        held = gzip.decompress(path.read_bytes())
        assert [f"body of {url}".encode() in held for url in urls] == [True, False, True]
        assert b"h.example/gone" not in held
    assert merged.kept.read_bytes()[places[2]["offset"] :][:500] == theirs[places[2]["offset"] :][:500]


def test_a_copy_that_cannot_be_brought_in_stays_where_it_is(archive: Archive) -> None:
    strange = put(archive.path / "articles" / "backup.jsonl", line(article("a1")))
    with pytest.raises(CannotWork, match="cannot be told from its name"):
        merge(archive, strange)
    newer = put(archive.path / "articles" / "2026-11 2.jsonl", json.dumps({**article("a1").to_json(), "schema": 99}))
    with pytest.raises(NewerSchema) as caught:
        merge(archive, newer)
    assert str(caught.value).startswith(f"{newer}: ")
    assert strange.exists()
    assert newer.exists()
    assert not (archive.path / MONTH).exists()


def test_a_merging_that_is_interrupted_is_done_again(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the last line and the moving of the copy: nothing is there twice afterwards."""
    put(archive.path / MONTH, line(article("a1")))
    copy = put(archive.path / "articles" / "2026-11 2.jsonl", line(article("a1", "Other.")), line(article("b2")))
    append = jsonl.append

    def killed(path: Path, lines: list[str]) -> None:
        append(path, lines)
        raise KeyboardInterrupt

    monkeypatch.setattr(jsonl, "append", killed)
    with pytest.raises(KeyboardInterrupt):
        merge(archive, copy)
    monkeypatch.undo()
    assert copy.exists()
    once = lines(archive.path / MONTH)
    assert len(once) == 3
    assert merge(archive, copy).added == 0
    assert lines(archive.path / MONTH) == once
