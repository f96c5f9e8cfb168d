"""Looking at every line and every raw page of an archive: what is damaged is found, what is sound is left in peace."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import shutil
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.archive import checking, linecheck, warccheck
from clipper.archive.checking import Checked, check
from clipper.archive.repairing import repair
from clipper.archive.searches import Saved
from clipper.archive.store import Archive
from clipper.archive.warc import Exchange
from clipper.collect.candidate import Candidate, make_article
from clipper.collect.facts import Facts
from clipper.collect.keep import keep
from clipper.errors import CannotWork
from clipper.models import Article, Label, NewerSchema, Run, Sample, Tagging, to_line

MONTH = "articles/2026-11.jsonl"
EARLIER = "articles/2026-10.jsonl"
WARC = "warc/2026-11-0001.warc.gz"
TEXT = "The board met on Tuesday and put off what it had to say of the ward until the spring. Café prices — up again."


def article(title: str, *, url: str | None = None, fetched: str = "2026-11-02T08:00:00Z", **more: Any) -> Article:
    about = Facts(title=title, outlet="Fenwick Echo", published=more.pop("published", "2026-11-01"))
    return make_article(
        about, text=more.pop("text", f"{title}.\n\n{TEXT}"), url=url, canonical=url, fetched=fetched, source="echo",
        extractor="test 1", **more,
    )  # fmt: skip


def exchange(url: str, body: bytes, *, status: int = 200, packed: bool = False, **headers: str) -> Exchange:
    extra = {"Content-Encoding": "gzip"} if packed else {}
    return Exchange(
        url=url, at=datetime(2026, 11, 2, 8, tzinfo=UTC), address="203.0.113.9",
        request=(("Host", "echo.example"), ("User-Agent", "clipper")), protocol="HTTP/1.1", status=status, reason="OK",
        headers=tuple({"Content-Type": "text/html", **extra, **headers}.items()),
        payload=gzip.compress(body, mtime=0) if packed else body,
    )  # fmt: skip


def fill(path: Path) -> None:
    """Make an archive with a line of every kind."""
    Archive.create(path)
    archive = Archive(path)
    site = "https://echo.example"
    first = article("Ward to close", url=f"{site}/ward")
    page = article("Cuttings of the week", kind="page", text="Many cuttings.\n\n" + TEXT * 3)
    cut = article("Firm wins", kind="clipping", url=f"{site}/firm", part_of=page.id, published="2015-03")
    chain = (
        exchange(f"{site}/old", b"", status=301, Location="/moved"),
        exchange(f"{site}/moved", b"<p>moved</p>" * 9),
    )
    fresh = [
        Candidate(article=first, chain=(exchange(f"{site}/ward", b"<p>ward</p>" * 40),)),
        Candidate(article=page),
        Candidate(article=cut),
        Candidate(article=article("Moved", url=f"{site}/moved"), chain=chain),
        Candidate(article=article("Packed", url=f"{site}/packed"),
                  chain=(exchange(f"{site}/packed", random.Random(5).randbytes(4000), packed=True),)),
        Candidate(article=article("Early", fetched="2026-10-30T08:00:00Z")),
        Candidate(article=article("Undated", published=None)),
    ]  # fmt: skip
    assert all(outcome.status == "added" for outcome in keep(archive, fresh, raw=True))
    again = replace(first, text=first.text + "\n\nIt was put off once more, said the chair of the board.", sha256="")
    again = article("Ward to close", url=f"{site}/ward", text=again.text, fetched="2026-11-05T08:00:00Z")
    keep(archive, [Candidate(article=again, revise=True, again=first.id)], raw=True)
    with archive.writing() as writer:
        writer.taggings([
            Tagging(article=one.id, revision=1, tags=[{"theme": "access", "probability": 0.75, "threshold": 0.5}],
                    scores={"access": 0.75, "funding": 0.125}, model="lr-1", codebook="test 1",
                    tagged=f"2026-11-0{n}T09:00:00Z")
            for n, one in ((1, first), (2, cut), (3, first))
        ])  # fmt: skip
        writer.labels([
            Label(article=first.id, revision=n, theme="access", value=n == 1, coder="ann", at=f"2026-11-06T09:00:0{n}Z")
            for n in (1, 2)
        ])  # fmt: skip
        writer.sample(
            Sample(name="pilot", articles=[first.id, cut.id], population=6, seed=7, at="2026-11-07T09:00:00Z")
        )
        writer.run(
            Run(command="add", started="2026-11-02T08:00:00Z", ended="2026-11-02T08:01:00Z", version="1", sources=[],
                targets=[{"target": "ward.html", "id": first.id}], unchanged=[cut.id],
                not_archived=[{"target": f"{site}/none", "source": "echo", "status": "refused", "cause": "no text"}])
        )  # fmt: skip
    archive.save_search(Saved("closures", "ward AND close", "2026-11-07T10:00:00Z"))
    archive.catalogue.close()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "archive"
    fill(path)
    return path


@pytest.fixture
def here(model: Path, tmp_path: Path) -> Path:
    """A small archive in which everything is sound."""
    return Path(shutil.copytree(model, tmp_path / "archive"))


def said(checked: Checked, archive: Path, *, notes: bool = False) -> list[str]:
    return [str(one).removeprefix(f"{archive}/") for one in checked.problems if notes or not one.note]


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def edit(path: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change the records of a file, and write them anew."""
    records = [json.loads(line) for line in lines(path)]
    change(records)
    path.write_text("".join(to_line(one) + "\n" for one in records), encoding="utf-8")


def mended(archive: Path) -> tuple[Checked, list[str]]:
    """Repair an archive; return what is found after that, and what was told."""
    told: list[str] = []
    whole = Archive(archive, told.append)
    repair(whole, check(archive), told.append)
    whole.catalogue.close()
    return check(archive), told


def test_a_sound_archive_is_sound(here: Path) -> None:
    checked = check(here)
    assert said(checked, here, notes=True) == []
    assert (checked.damages, checked.articles, checked.revisions, checked.pages) == (0, 7, 8, 9)
    assert checked.mendable == [] and checked.torn == {}


# -- lines ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"", "an empty line"),
        (b"   ", "an empty line"),
        (b"{", "not JSON (byte 1 of the line)"),
        (b"[1, 2]", "not an object"),
        (b'"text"', "not an object"),
        (b'{"id": "a"} {}', "something follows the JSON object"),
        (b'{"id": "a", "id": "b"}', "a key is there twice"),
        (b'{"id": "a", "warc": {"file": "x", "file": "y"}}', "a key is there twice"),
        (b'{"id": NaN}', "NaN is no number in JSON"),
        (b'{"id": -Infinity}', "-Infinity is no number in JSON"),
        (b'{"id": "\xff"}', "not UTF-8 (byte 8 of the line)"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"id": ' + b"9" * 5000 + b"}", "a number that is too long"),
        (b'{"revision": 1}', "Article without 'id'"),
        (b'{"id": ""}', "an article without an id"),
        (b'{"id": 7}', "'id' is of the wrong type"),
        (b'{"id": "a", "kind": "letter"}', "'kind' is of the wrong type"),
        (b'{"id": "a", "revision": true}', "'revision' is of the wrong type"),
        (b'{"id": "a", "schema": "one"}', "'schema' is not a number"),
        (b'{"id": "a", "text": "\\ud800"}', "half a character (a lone surrogate)"),
        (b'{"id": "a", "text": "x"}', "the text does not agree with its checksum"),
    ],
)
def test_a_line_that_is_no_article_is_told_with_its_place_and_set_aside(here: Path, line: bytes, problem: str) -> None:
    path = here / MONTH
    whole = path.read_bytes()
    before, *after = whole.splitlines(keepends=True)
    path.write_bytes(b"".join((before, line, b"\n", *after)))
    checked = check(here)
    assert said(checked, here) == [f"{MONTH}:2: {problem}"]
    assert checked.problems[0].byte == len(before)
    left, told = mended(here)
    assert said(left, here) == []
    assert path.read_bytes() == whole
    (kept,) = [file for file in (here / "damaged").iterdir() if file.name != checking.REGISTER]
    assert kept.read_bytes() == line + b"\n"
    (noted,) = map(json.loads, lines(here / "damaged" / checking.REGISTER))
    assert (noted["file"], noted["line"], noted["byte"], noted["length"]) == (MONTH, 2, len(before), len(line) + 1)
    assert f"{path}:2: set aside in {kept} ({problem})" in told[0]


ODD: dict[str, tuple[str, Callable[[list[dict[str, Any]]], object], str]] = {
    "id": (MONTH, lambda all: all[0].update(id="0123456789abcdef"), "its id is not the one of its address"),
    "address": (MONTH, lambda all: all[0].update(canonical="https://echo.example/other"), "its id is not the one"),
    "title of an undated one": (MONTH, lambda all: all[5].update(title="Dated"), "its id is not the one of its"),
    "month": (MONTH, lambda all: all[1].update(fetched="2026-12-01T08:00:00Z"), "fetched in 2026-12, but this is"),
    "moment": (MONTH, lambda all: all[1].update(fetched="2026-11-99T08:00:00Z"), "'fetched' is no moment"),
    "day": (MONTH, lambda all: all[0].update(published="2015-3"), "'published' is no date"),
    "key": (MONTH, lambda all: all[1].update(note="mine"), "a key that clipper does not write: 'note'"),
    "revision": (MONTH, lambda all: all[-1].update(revision=4), "revisions 2 to 3 is missing"),
    "original": (MONTH, lambda all: all[1].update(duplicate_of="f" * 16), "a copy of article ffffffffffffffff,"),
    "page": (MONTH, lambda all: all[2].update(part_of="e" * 16), "cut from article eeeeeeeeeeeeeeee,"),
    "no place": (MONTH, lambda all: all[0].update(warc={"file": 3}), "'warc' is no place in a WARC file"),
    "place": (MONTH, lambda all: all[0].update(warc={"file": WARC, "offset": 7}), f"at byte 7 of {WARC} is not there"),
    "another's page": (MONTH, lambda all: all[0].update(warc=all[3]["warc"]), "is of another address"),
    "label": ("labels.jsonl", lambda all: all[0].update(article="d" * 16), "a label of article dddddddddddddddd,"),
    "revision of a label": ("labels.jsonl", lambda all: all[0].update(revision=3), "a label of revision 3 of article"),
    "moment of a label": ("labels.jsonl", lambda all: all[0].update(at="today"), "'at' is no moment"),
    "tags": ("tags.jsonl", lambda all: all[0].update(article="c" * 16), "tags of article cccccccccccccccc, which is"),
    "chance": ("tags.jsonl", lambda all: all[0]["scores"].update(access=1.5), "a score that is no probability"),
    "sample": ("samples.jsonl", lambda all: all[0]["articles"].append("b" * 16), "it draws article bbbbbbbbbbbbbbbb"),
    "run": ("runs.jsonl", lambda all: all[0]["unchanged"].append("a" * 16), "it names article aaaaaaaaaaaaaaaa"),
    "target": ("runs.jsonl", lambda all: all[0]["targets"].append({"target": "x"}), "without the id of its article"),
    "search": ("searches.jsonl", lambda all: all[0].pop("query"), "a search without a query"),
    "no revision": ("labels.jsonl", lambda all: all[0].update(revision=0), "revision 0, where the first is 1"),
}  # fmt: skip


@pytest.mark.parametrize("what", ODD)
def test_what_does_not_agree_is_told_with_its_line(here: Path, what: str) -> None:
    name, change, problem = ODD[what]
    edit(here / name, change)
    found = said(check(here), here)
    assert any(one.startswith(f"{name}:") and problem in one for one in found), found


def test_a_line_that_is_there_twice_is_set_aside_once(here: Path) -> None:
    for name in (MONTH, "labels.jsonl", "tags.jsonl", "samples.jsonl"):
        path = here / name
        whole = lines(path)
        path.write_bytes(b"".join([*whole, whole[-1]]))
        found = said(check(here), here)
        assert [one for one in found if "the same line as" in one] == found and len(found) == 1
        assert said(mended(here)[0], here) == []
        assert lines(path) == whole


def test_of_two_lines_of_one_revision_the_one_that_readers_take_stays(here: Path) -> None:
    path = here / MONTH
    other = to_line(replace(article("Packed", url="https://echo.example/packed"), text="x", sha256="").to_json())
    other = to_line(article("Packed", url="https://echo.example/packed", text="Other text.").to_json())
    before = lines(path)
    path.write_bytes(b"".join(before) + other.encode() + b"\n")
    (found,) = said(check(here), here)
    assert "revision 1 of its article is there twice, and readers take" in found
    left, _ = mended(here)
    assert said(left, here) == []
    assert len(lines(path)) == len(before) and lines(path)[-1] == other.encode() + b"\n"


def test_what_is_said_again_with_something_else_in_between_is_no_damage(here: Path) -> None:
    path = here / "labels.jsonl"
    one, other = lines(path)
    path.write_bytes(one + other + one)
    checked = check(here)
    assert checked.damages == 0
    assert "older than line 2, which it takes the place of" in said(checked, here, notes=True)[0]


def test_revisions_in_another_order_are_worth_a_note(here: Path) -> None:
    path = here / MONTH
    all_of_them = lines(path)
    path.write_bytes(b"".join(reversed(all_of_them)))
    checked = check(here)
    assert checked.damages == 0
    assert "revision 1 comes after revision 2" in said(checked, here, notes=True)[0]


def test_an_article_is_judged_by_every_way_that_ids_are_given(here: Path) -> None:
    from clipper.collect.candidate import by_text, own_identity

    site = "https://echo.example"
    one = article("Own", url=f"{site}/own?utm_source=x")
    odd = replace(one, canonical=f"{site}/template", id=article("T", url=f"{site}/template").id)
    more = [
        one, own_identity(odd), own_identity(replace(one, id=own_identity(one).id)), by_text(article("By text")),
        by_text(article("Cut", kind="clipping", published=None)), own_identity(article("C", kind="clipping", url=site)),
        article("No outlet", published="2014"), article("", published="2014-02"),
    ]  # fmt: skip
    with (here / MONTH).open("ab") as file:
        file.writelines(to_line(a.to_json()).encode() + b"\n" for a in {a.id: a for a in more}.values())
    assert said(check(here), here, notes=True) == []


def test_a_line_of_a_newer_clipper_is_told_with_its_place(here: Path) -> None:
    edit(here / MONTH, lambda all: all[2].update(schema=99))
    with pytest.raises(NewerSchema, match=rf"{MONTH}:3: the archive was written by a newer clipper \(schema 99"):
        check(here)


def test_a_line_that_is_too_long_to_be_held_is_told_and_stays(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linecheck, "LONGEST", 1 << 20)
    monkeypatch.setattr(linecheck, "_CHUNK", 1 << 16)
    path = here / MONTH
    whole = path.read_bytes()
    path.write_bytes(b"x" * 3_000_000 + b"\n" + whole)
    monkeypatch.setattr(linecheck, "BLOCK", 1 << 16)
    task = linecheck.Task(MONTH, str(path), "articles", 0, 1 << 16, path.stat().st_size)
    (fault,) = linecheck.look(task).faults
    assert (fault.offset, fault.problem, fault.mend) == (0, "longer than 1 MB; not looked into", "kept as it is")


def test_half_a_line_is_set_aside(here: Path) -> None:
    for name in (MONTH, "labels.jsonl", "searches.jsonl"):
        path = here / name
        whole = path.read_bytes()
        path.write_bytes(whole + b'{"id": "torn')
        (found,) = said(check(here), here)
        assert found.endswith(": half a line (a crash, or a cut)")
        assert said(mended(here)[0], here) == []
        assert path.read_bytes() == whole


def test_blocks_of_any_size_see_every_line_once(here: Path) -> None:
    path = here / MONTH
    size = path.stat().st_size
    with io.FileIO(path) as file:
        whole = list(linecheck.lines_of(file, 0, size, size))
        assert b"".join(data + b"\n" for _, data, _ in whole if data is not None) == path.read_bytes()
        for step in (1, 7, 100, 1000, size - 1):
            blocks = [(start, min(start + step, size)) for start in range(0, size, step)]
            assert [one for block in blocks for one in linecheck.lines_of(file, *block, size)] == whole


@pytest.mark.parametrize(
    "change",
    [
        (b'"model": ', b'"model": "lr-0", "model": '),
        (b'"access": 0.75', b'"access": 0.75, "access": 0.75'),
        (b'"theme": "access"', b'"theme":"access","theme" : "access"'),
        (b'"tagged": ', b'"tagged": "", "tagged": '),
        (b'"tagged": "2026-11-01T09:00:00Z"', b'"tagged": "2026-11-01T09\\u003a00\\u003a00Z", "tagged": "::"'),
    ],
)
def test_a_key_that_is_twice_in_a_line_of_tags_is_told(here: Path, change: tuple[bytes, bytes]) -> None:
    path = here / "tags.jsonl"
    first, *others = lines(path)
    assert change[0] in first
    path.write_bytes(b"".join([first.replace(*change, 1), *others]))
    assert said(check(here), here) == ["tags.jsonl:1: a key is there twice"]


def test_a_million_problems_are_counted_and_a_thousand_shown(here: Path) -> None:
    (here / EARLIER).write_bytes(b"{}\n" * 30_000)
    checked = check(here)
    shown = [one for one in checked.problems if one.file.endswith(EARLIER)]
    assert len(shown) == 1001
    assert shown[-1].problem == "and 29,000 problems more"
    assert checked.damages >= 30_000


def test_several_processes_find_the_same(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(here / MONTH, lambda all: all[0].update(text="x"))
    edit(here / "labels.jsonl", lambda all: all[0].update(article="d" * 16))
    alone = check(here, processes=1)
    monkeypatch.setattr("clipper.archive.looking._WORTH_WHILE", 0)
    assert check(here, processes=2).problems == alone.problems != []


# -- files ------------------------------------------------------------------------------------------------


def test_files_that_are_none_of_ours_are_told(here: Path) -> None:
    (here / "articles" / "notes.txt").write_text("mine")
    (here / "labels.jsonl").rename(here / "labels (1).jsonl")
    (here / "warc" / "other.warc.gz").write_bytes(b"")
    (here / "tags.jsonl").unlink()
    (here / "tags.jsonl").mkdir()
    found = said(check(here), here)
    assert found == [
        "labels (1).jsonl: a conflicting copy, as shared folders make them; what only it holds is not read",
        "tags.jsonl: not a regular file",
        "warc/other.warc.gz: not a file of clipper's; nothing in it is read",
    ]


def test_a_conflicting_copy_is_taken_in(here: Path) -> None:
    labels = lines(here / "labels.jsonl")
    (here / "labels.jsonl").write_bytes(labels[0])
    (here / "labels (ward's conflicted copy 2026-11-20).jsonl").write_bytes(b"".join(labels))
    left, told = mended(here)
    assert said(left, here) == []
    assert lines(here / "labels.jsonl") == labels
    assert any("1 line of it brought in" in line for line in told)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_file_that_may_not_be_read_is_told(here: Path) -> None:
    (here / MONTH).chmod(0)
    assert f"{MONTH}: cannot be read (Permission denied)" in said(check(here), here)


def test_what_an_interrupted_repair_left_is_cleared_away(here: Path) -> None:
    left = here / "articles" / f".2026-11.jsonl{checking.TEMPORARY}"
    left.write_bytes(b"half of a copy")
    assert check(here).damages == 0
    edit(here / MONTH, lambda all: all[0].update(text="x"))
    mended(here)
    assert not left.exists()


# -- set aside --------------------------------------------------------------------------------------------


def test_what_was_set_aside_explains_what_is_missing(here: Path) -> None:
    edit(here / MONTH, lambda all: all[0].update(text="x"))
    checked = check(here)
    assert said(checked, here) == [f"{MONTH}:1: the text does not agree with its checksum"]
    notes = [one.problem for one in checked.problems if one.note]
    assert any("of which revision 1 is missing (its line is damaged)" in one for one in notes)
    left, told = mended(here)
    assert left.damages == 0
    assert "; revision 2 of article" in told[0]
    assert any("of which revision 1 is missing (set aside before)" in one.problem for one in left.problems)
    assert left.kept == 1


def test_what_is_set_aside_is_told_when_nothing_else_is_left(here: Path) -> None:
    edit(here / MONTH, lambda all: all[4].update(text="x"))
    left, told = mended(here)
    assert "; nothing else is left of article" in told[0]
    assert left.damages == 0


def test_a_disk_that_takes_no_more_leaves_the_file_as_it_was(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(here / MONTH, lambda all: all[0].update(text="x"))
    before = (here / MONTH).read_bytes()
    checked = check(here)
    (here / "damaged").write_text("a file where the folder should be")
    archive = Archive(here)
    with pytest.raises(CannotWork, match="cannot be repaired"):
        repair(archive, checked, lambda _: None)
    archive.catalogue.close()
    assert (here / MONTH).read_bytes() == before


# -- raw pages --------------------------------------------------------------------------------------------


def starts(path: Path) -> list[int]:
    return list(warccheck.look("w", str(path), path.stat().st_size).starts)


def test_half_a_record_at_the_end_is_set_aside(here: Path) -> None:
    path = here / WARC
    whole = path.read_bytes()
    last = whole[starts(path)[-1] :]
    for part in (last[:5], last[:30], last[:-1]):
        path.write_bytes(whole + part)
        (found,) = said(check(here), here)
        assert found == f"{WARC}, byte {len(whole)}: half a record (a crash, or a cut)"
        left, told = mended(here)
        assert (said(left, here), path.read_bytes()) == ([], whole)
        assert f"{path}: what was no record, from byte {len(whole)} to its end, set aside in" in told[0]


def test_an_end_that_is_no_record_is_set_aside(here: Path) -> None:
    path = here / WARC
    whole = path.read_bytes()
    last = bytearray(whole[starts(path)[-1] :])
    last[len(last) // 2] ^= 0x10
    ends = (bytes(70_000), b"neither packed nor a record", bytes(last), bytes(last) * 3, bytes(last) + bytes(9))
    for end in (*ends, bytes(last[:60]) + bytes(600), bytes(last) + whole[-len(last) : -2]):
        path.write_bytes(whole + end)
        checked = check(here)
        assert checked.torn == {WARC: len(whole)} and {one.repair for one in checked.problems} == {"set aside"}
        left, _ = mended(here)
        assert (said(left, here), path.read_bytes()) == ([], whole)
        assert any(kept.read_bytes() == end for kept in (here / "damaged").iterdir())


def test_what_is_no_record_between_others_stays(here: Path) -> None:
    path = here / WARC
    whole = path.read_bytes()
    last = whole[starts(path)[-1] :]
    for end in (bytes(700) + last, b"neither packed nor a record" + last):
        path.write_bytes(whole + end)
        found = said(check(here), here)
        assert found == [f"{WARC}, byte {len(whole)}: a damaged record (no gzip member begins here)"]
        assert said(mended(here)[0], here) == found
        assert path.read_bytes() == whole + end


def test_a_last_record_that_can_still_be_unpacked_stays(here: Path) -> None:
    path = here / WARC
    raw = bytearray(path.read_bytes())
    raw[starts(path)[-1] + 5] ^= 0x10  # its time, which clipper leaves empty
    path.write_bytes(raw)
    found = said(check(here), here)
    assert len(found) == 1 and "its gzip header is not what was written" in found[0]
    assert said(mended(here)[0], here) == found
    assert path.read_bytes() == bytes(raw)


def test_half_a_record_that_an_article_names_stays(here: Path) -> None:
    path = here / WARC
    places = [one["warc"]["offset"] for one in map(json.loads, lines(here / MONTH)) if one["warc"]]
    path.write_bytes(path.read_bytes()[: max(places) + 40])
    found = said(check(here), here)
    assert len(found) == 2 and found[0].endswith(f"its raw page at byte {max(places)} of {WARC} is damaged")
    before = path.read_bytes()
    assert said(mended(here)[0], here) == found
    assert path.read_bytes() == before


def test_a_damaged_record_stays_and_the_others_are_looked_at(here: Path) -> None:
    path = here / WARC
    raw = bytearray(path.read_bytes())
    second = starts(path)[1]
    raw[second + 60] ^= 0x10
    path.write_bytes(raw)
    found = said(check(here), here)
    assert [one for one in found if one.startswith(f"{WARC}, byte {second}: a damaged record (")]
    assert [one for one in found if f"its raw page at byte {second} of {WARC} is damaged" in one]
    assert len(check(here).problems) == len(found) == 2 + sum(f"byte {second} of" in one for one in found) - 1
    mended(here)
    assert path.read_bytes() == bytes(raw)


def test_a_file_of_raw_pages_that_is_gone_is_told_once(here: Path) -> None:
    (here / WARC).unlink()
    found = said(check(here), here)
    assert len(found) == 1 and found[0].startswith(f"{WARC}: not there; 3 raw pages lie in it (first named in ")


def test_a_record_whose_digest_does_not_agree_is_told(here: Path) -> None:
    path = here / WARC
    raw = path.read_bytes()
    places = [*starts(path), len(raw)]
    at, end = places[1], places[2]
    content = gzip.decompress(raw[at:end]).replace(b"<p>ward</p>", b"<p>Ward</p>")
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    path.write_bytes(raw[:at] + packer.compress(content) + packer.flush() + raw[end:])
    found = said(check(here), here)
    assert f"{WARC}, byte {at}: its payload does not agree with its digest" in found
    assert f"{WARC}, byte {at}: its record does not agree with its digest" in found


def test_parts_of_a_file_are_joined(here: Path) -> None:
    path = here / WARC
    size = path.stat().st_size
    whole = warccheck.joined([warccheck.look(WARC, str(path), size)])
    for step in (300, 1000, size // 2):
        parts = [warccheck.look(WARC, str(path), size, at, min(at + step, size)) for at in range(0, size, step)]
        assert warccheck.joined(parts) == whole


def test_parts_that_do_not_join_are_looked_at_as_a_whole(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = here / WARC
    size = path.stat().st_size
    one, other = (warccheck.look(WARC, str(path), size, at, end) for at, end in ((0, size // 2), (size // 2, size)))
    assert warccheck.joined([other, one]) is not None
    assert warccheck.joined([one, other._replace(first=other.first + 1)]) is None
    raw = bytearray(path.read_bytes())
    raw[starts(path)[3] + 40] ^= 1
    path.write_bytes(raw)
    whole = check(here).problems
    monkeypatch.setattr("clipper.archive.looking._PART", 500)
    assert check(here).problems == whole != []


@settings(max_examples=60)
@given(st.data())
def test_every_flipped_byte_of_a_raw_page_is_noticed(model: Path, data: st.DataObject) -> None:
    raw = (model / WARC).read_bytes()
    at = data.draw(st.integers(0, len(raw) - 1))
    damaged = bytearray(raw)
    damaged[at] ^= data.draw(st.integers(1, 255))
    path = model.parent / "flipped.warc.gz"
    path.write_bytes(damaged)
    found = warccheck.joined([warccheck.look("w", str(path), len(raw))])
    assert found and found.flaws, (at, raw[at], damaged[at])


# -- any damage whatever ------------------------------------------------------------------------------------

LINES = (MONTH, EARLIER, "labels.jsonl", "tags.jsonl", "samples.jsonl", "searches.jsonl", "runs.jsonl")
# What no checksum protects: what people and pages say of themselves, and numbers of which any is as good as another.
FREE = {
    "articles": {"url", "guid", "title", "outlet", "authors", "published", "fetched", "language", "excerpt",
                 "categories", "source", "partial", "extractor", "schema", "canonical", "kind"},
    "labels": {"revision", "theme", "coder", "round", "at", "schema", "value"},
    "tags": {"revision", "tags", "scores", "model", "codebook", "tagged", "schema"},
    "samples": {"name", "population", "seed", "round", "query", "at", "schema"},
    "searches": {"name", "query", "at", "schema"},
    "runs": {"command", "started", "ended", "version", "sources", "not_archived", "targets", "redirected", "schema"},
}  # fmt: skip


def is_harmless(name: str, before: bytes, after: bytes) -> bool:
    """Whether two files say the same but for what is free. Lines may change places: where it matters, that is told."""
    kind = "articles" if "/" in name else name.partition(".")[0]
    records = [[json.loads(line) for line in text.split(b"\n") if line] for text in (before, after)]
    if len(records[0]) != len(records[1]):
        return False
    bound = [[{k: v for k, v in one.items() if k not in FREE[kind]} for one in of] for of in records]
    if kind == "runs":
        assert all(len(one["targets"]) == len(other["targets"]) for one, other in zip(*records, strict=True))
    return bound[0] == bound[1] or (sorted(map(str, records[0])) == sorted(map(str, records[1])))


@settings(max_examples=60)
@given(st.data())
def test_any_single_damage_of_a_line_is_told_or_harmless_and_mended_without_a_loss(
    model: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(LINES))
    before = (model / name).read_bytes()
    at = data.draw(st.integers(0, len(before) - 1))
    way = data.draw(st.sampled_from(["flip", "delete", "insert", "cut", "swap"]))
    if way == "flip":
        after = before[:at] + bytes([before[at] ^ data.draw(st.integers(1, 255))]) + before[at + 1 :]
    elif way == "delete":
        after = before[:at] + before[at + 1 :]
    elif way == "insert":
        after = before[:at] + data.draw(st.binary(min_size=1, max_size=3)) + before[at:]
    elif way == "cut":
        after = before[:at]
    else:
        parts = before.splitlines(keepends=True)
        one, other = (data.draw(st.integers(0, len(parts) - 1)) for _ in range(2))
        parts[one], parts[other] = parts[other], parts[one]
        after = b"".join(parts)
    archive = tmp_path_factory.mktemp("damaged") / "archive"
    try:
        shutil.copytree(model, archive, ignore=shutil.ignore_patterns("cache"))
        (archive / name).write_bytes(after)
        try:
            checked = check(archive)
        except NewerSchema:
            return  # told, with its line
        if not checked.problems:
            assert after == before or is_harmless(name, before, after) or _is_cut_between_lines(before, after)
            return
        assert all(one.file.startswith(str(archive)) for one in checked.problems)
        _mended_without_a_loss(archive, name, before, after)
    finally:
        shutil.rmtree(archive.parent)


def _is_cut_between_lines(before: bytes, after: bytes) -> bool:
    """Whether whole lines are gone from the end, which nothing that is left tells of."""
    return before.startswith(after) and (not after or after.endswith(b"\n"))


def _mended_without_a_loss(archive: Path, name: str, before: bytes, after: bytes) -> None:
    left, _ = mended(archive)
    stays = [one for one in left.problems if not one.note]
    assert all(one.repair == "kept as it is" for one in stays), stays
    there = (archive / name).read_bytes()
    assert there == b"" or there.endswith(b"\n")
    aside = b"".join(
        file.read_bytes() for file in sorted((archive / "damaged").glob("*")) if file.name != checking.REGISTER
    )
    assert sorted(after) == sorted(there + aside)
    undamaged = set(before.splitlines(keepends=True)) & set(after.splitlines(keepends=True))
    assert undamaged <= set(there.splitlines(keepends=True))
    for other in LINES:
        if other != name:
            assert (archive / other).exists()


@settings(max_examples=25)
@given(st.sampled_from((*LINES, WARC)), st.data())
def test_whatever_bytes_a_file_holds_something_is_said_of_it(
    model: Path, tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    before = (model / name).read_bytes()
    piece = st.one_of(
        st.binary(max_size=40), st.sampled_from([*before.splitlines(keepends=True)[:3], b"\n", b"{", b"[]\n"])
    )
    noise = b"".join(data.draw(st.lists(piece, max_size=6)))
    archive = tmp_path_factory.mktemp("noise") / "archive"
    try:
        shutil.copytree(model, archive, ignore=shutil.ignore_patterns("cache"))
        (archive / name).write_bytes(noise)
        checked = check(archive)
        assert checked.problems or noise in (before, b"") or name != WARC
        mended(archive)
    finally:
        shutil.rmtree(archive.parent)


@pytest.mark.parametrize("step", ["_register", "_without", "jsonl.sync_folder"])
def test_whoever_is_stopped_half_way_has_lost_nothing_and_can_begin_again(
    here: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    edit(here / MONTH, lambda all: all[0].update(text="x"))
    before, damaged = (here / MONTH).read_bytes(), lines(here / MONTH)[0]
    checked = check(here)
    archive = Archive(here)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"clipper.archive.repairing.{step}", stop)
        with pytest.raises(KeyboardInterrupt):
            repair(archive, checked, lambda _: None)
    archive.catalogue.close()
    assert (here / MONTH).read_bytes() == before
    left, _ = mended(here)
    assert left.damages == 0
    kept = [file.read_bytes() for file in (here / "damaged").iterdir() if file.name != checking.REGISTER]
    assert damaged in kept
    assert (here / MONTH).read_bytes() == before[len(damaged) :]
