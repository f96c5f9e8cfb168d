"""Taking out: each step may be the last one of a killed process, and the next run finishes the work."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from clipper.archive import redacting, rewriting
from clipper.archive.entering import url_number
from clipper.archive.forgetting import NOTE, Report, Request, finished, forget, padded, under_way
from clipper.archive.holders import holders, shares_text, with_holders
from clipper.archive.jsonl import read
from clipper.archive.leftovers import learnt
from clipper.archive.redacting import Member, redact, stone
from clipper.archive.rewriting import Edit, prepare, rewrite, swap
from clipper.archive.runlines import scrubbed
from clipper.archive.store import Archive
from clipper.archive.tables import as_key, from_key, number_of
from clipper.checksums import checksum
from clipper.errors import CannotWork
from clipper.models import Article, Run, to_line

WHEN = "2026-11-23T19:00:00Z"
ARCHIVES = Path(__file__).resolve().parents[1] / "archives"
PORTERS = "16544753810470bd"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A small archive with everything in it, its catalogue built."""
    path = tmp_path / "kept"
    shutil.copytree(ARCHIVES / "schema-1", path)
    with closing(Archive(path).catalogue) as catalogue:
        catalogue.catch_up()
    return path


def snapshot(archive: Path) -> dict[str, bytes]:
    return {
        path.relative_to(archive).as_posix(): path.read_bytes()
        for path in sorted(archive.rglob("*"))
        if path.is_file() and "cache" not in path.parts and not path.name.startswith(".")
    }


def forgotten(path: Path, *ids: str, when: str = WHEN) -> Report:
    archive = Archive(path)
    with closing(archive.catalogue):
        report = forget(archive, Request(ids, when, "asked for"))
    finished(path)
    return report


# -- the catalogue --------------------------------------------------------------------------------------------


def test_the_catalogue_is_told_and_is_what_a_new_one_would_be(kept: Path) -> None:
    archive = Archive(kept)
    with closing(archive.catalogue) as catalogue:
        before = catalogue.generation
        count, seq = catalogue.count(), catalogue.newest_seq()
        assert forget(archive, Request((PORTERS,), WHEN)).lines == 2
        assert catalogue.generation == before  # it was not built anew
        assert catalogue.catch_up() == []
        assert catalogue.generation == before
        assert catalogue.problems() == []
        assert catalogue.count() == count - 1
        assert catalogue.get(PORTERS) is None
        assert catalogue.forgotten(PORTERS) == WHEN
        assert catalogue.all_forgotten() == {PORTERS}
        assert [entry.forgotten for entry in catalogue.named(PORTERS)] == [WHEN]
        assert PORTERS not in [entry.id for entry in catalogue.entries() + catalogue.untagged("m", everything=True)]
        assert [change.entry.id for change in catalogue.changed_since(seq)] == [PORTERS]
        assert catalogue.by_url("http://127.0.0.1:18471/porters") is None
        assert (
            catalogue.refusal("http://127.0.0.1:18471/porters") == "taken out of the archive on request on 2026-11-23"
        )
        assert catalogue.refusal("http://127.0.0.1:18471/clinic") is None
        assert catalogue.outlets() == {"The Tarnbeck Courier": 3, "Wharfe Evening News": 3}
        assert catalogue.sources()["courier"] == 2


def test_a_reader_with_the_file_open_reads_on(kept: Path) -> None:
    path = kept / "articles" / "2026-10.jsonl"
    with path.open("rb") as file:
        before = path.read_bytes()
        forgotten(kept, PORTERS)
        assert file.read() == before
    assert path.stat().st_size == len(before)


def test_a_file_keeps_its_mode(kept: Path) -> None:
    path = kept / "articles" / "2026-10.jsonl"
    path.chmod(0o640)
    forgotten(kept, PORTERS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_line_that_is_too_short_for_a_tombstone_grows(kept: Path) -> None:
    path = kept / "articles" / "2026-12.jsonl"
    path.write_text('{"id": "aa", "text": "x"}\n' + to_line(Article(id="bb", text="y").to_json()) + "\n")
    archive = Archive(kept)
    with closing(archive.catalogue) as catalogue:
        catalogue.catch_up()
        forget(archive, Request(("aa",), WHEN, "a reason that needs room"))
        catalogue.catch_up()
        entry = catalogue.get("bb")
        assert entry is not None
        assert archive.read(entry.place).text == "y"
        assert catalogue.forgotten("aa") == WHEN
        assert catalogue.problems() == []


def test_the_index_of_copies_lets_go_of_it(kept: Path) -> None:
    from clipper.archive.likeness import Likeness
    from clipper.sketch import Sketch

    archive = Archive(kept)
    with closing(archive.catalogue) as catalogue:
        entry = catalogue.get(PORTERS)
        assert entry
        article = archive.read(entry.place)
        with closing(Likeness(archive.cache)) as likeness:
            likeness.catch_up(catalogue, archive.read)
            assert likeness.candidates(Sketch(article.text), article.title) == [PORTERS]
            count = likeness.count()
        forget(archive, Request((PORTERS,), WHEN))
        with closing(Likeness(archive.cache)) as likeness:
            likeness.catch_up(catalogue, archive.read)
            assert likeness.candidates(Sketch(article.text), article.title) == []
            assert likeness.count() == count - 1


# -- a death at any moment -----------------------------------------------------------------------------------

# Runs in a process of its own, which ends itself at the n-th call that changes a file's name or waits for the disk.
KILLED = """\
import os, signal, sys
from pathlib import Path
from clipper.archive.forgetting import Request, forget
from clipper.archive.store import Archive
left = int(sys.argv[2])
def counted(call):
    def counting(*arguments, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **named)
    return counting
for name in ("fsync", "replace", "rename", "unlink"):
    setattr(os, name, counted(getattr(os, name)))
archive = Archive(Path(sys.argv[1]))
archive.catalogue.catch_up()
forget(archive, Request((sys.argv[3],), sys.argv[4], "asked for"))
"""


@pytest.mark.parametrize("aside", [False, True], ids=["in its months", "set aside as damaged"])
def test_a_run_that_is_killed_anywhere_is_finished_by_the_next(kept: Path, tmp_path: Path, aside: bool) -> None:
    if aside:
        (kept / "damaged").mkdir()
        for month in sorted((kept / "articles").glob("*.jsonl")):
            line, rest = month.read_bytes().split(b"\n", 1)
            month.write_bytes(rest)
            (kept / "damaged" / f"{month.name}.20261120T100000Z").write_bytes(line[:-9] + b"\n")
        with closing(Archive(kept).catalogue) as catalogue:
            catalogue.catch_up()
            assert catalogue.named(PORTERS) == []
    before = snapshot(kept)
    forgotten(whole := Path(shutil.copytree(kept, tmp_path / "whole")), PORTERS)
    wanted = snapshot(whole)
    died = 0
    for moment in range(1, 99, 8 if aside else 6):
        path = Path(shutil.copytree(kept, tmp_path / f"run-{moment}"))
        done = subprocess.run([sys.executable, "-c", KILLED, str(path), str(moment), PORTERS, WHEN], check=False)
        if done.returncode == 0:
            break
        died += 1
        # Whatever lies there, nothing else is lost, and every other line is where it was.
        for name, held in snapshot(path).items():
            if name.startswith("articles/") and name.endswith(".jsonl"):
                others = [line for line in held.split(b"\n") if PORTERS.encode() not in line]
                assert others == [line for line in before[name].split(b"\n") if PORTERS.encode() not in line]
        request = under_way(path)
        untouched = {name: held for name, held in snapshot(path).items() if name in before} == before
        assert request == Request((PORTERS,), WHEN, "asked for") or (request is None and untouched)
        forgotten(path, PORTERS)
        assert snapshot(path) == wanted
        archive = Archive(path)
        with closing(archive.catalogue) as catalogue:
            catalogue.catch_up()
            assert catalogue.problems() == []
        held = b"".join(p.read_bytes() for p in path.rglob("*") if p.is_file() and p.suffix != ".gz")
        assert b"porters" not in held.lower()
        shutil.rmtree(path)
    assert died >= 4
    assert done.returncode == 0


def test_what_is_under_way_is_noted_and_the_note_is_read_as_a_strangers(kept: Path) -> None:
    assert under_way(kept) is None
    for wrong in ("", "[]", "{", '{"articles": 5, "when": 1}', '"x"'):
        (kept / NOTE).write_text(wrong)
        assert under_way(kept) is None
    (kept / NOTE).write_text('{"articles": ["aa"], "when": "2026"}')
    assert under_way(kept) == Request(("aa",), "2026", None)
    finished(kept)
    assert not (kept / NOTE).exists()


def test_a_disk_that_takes_nothing_leaves_all_as_it_was(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(kept)

    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    archive = Archive(kept)
    with closing(archive.catalogue) as catalogue:
        catalogue.catch_up()
        monkeypatch.setattr(rewriting.os, "fsync", full)
        with pytest.raises(CannotWork, match="No space left on device"):
            forget(archive, Request((PORTERS,), WHEN))
    monkeypatch.undo()
    assert {name: held for name, held in snapshot(kept).items() if name != f"{NOTE}.new"} == before


# -- files -----------------------------------------------------------------------------------------------------


def test_a_file_is_edited_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntwo\nthree\n")
    done = rewrite(path, [Edit(8, 5, b"3    "), Edit(0, 3, b"1..")])
    assert path.read_bytes() == b"1..\ntwo\n3    \n"
    assert done.before.st_ino != done.after.st_ino
    assert [p.name for p in tmp_path.iterdir()] == ["lines"]


def test_a_file_that_is_written_to_meanwhile_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\n")
    copy = rewriting._copy

    def slow(*arguments: object) -> None:
        copy(*arguments)  # type: ignore[arg-type]  # a value out of a table
        with path.open("ab") as file:
            file.write(b"two\n")

    monkeypatch.setattr(rewriting, "_copy", slow)
    with pytest.raises(CannotWork, match="by another program"):
        prepare(path, [Edit(0, 3, b"111")])
    assert path.read_bytes() == b"one\ntwo\n"
    assert [p.name for p in tmp_path.iterdir()] == ["lines"]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"one\n")
    (tmp_path / "here").symlink_to("there")
    swap([prepare(tmp_path / "here", [Edit(0, 3, b"111")])])
    assert (tmp_path / "here").is_symlink()
    assert (tmp_path / "there").read_bytes() == b"111\n"


# -- raw pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "length", [155, 160, 333, *range(340, 420), 500, 65_552, 65_553, 65_558, 65_560, 131_093, 131_099, 700_001]
)
def test_what_takes_a_record_s_place_is_as_long_to_the_byte(length: int) -> None:
    made = stone(Member(7, length, b"WARC/1.1\r\nWARC-Type: response\r\n\r\n"), "2026-10-0001.warc.gz", WHEN)
    assert len(made) == length
    records = ArchiveIterator(io.BytesIO(made), check_digests="raise")
    ((kind, held),) = [(record.rec_type, record.content_stream().read()) for record in records]
    assert kind == "metadata"
    if length > 500:
        assert held.startswith(f"removed: {WHEN}\r\nremoved-type: response\r\n".encode())
    unpacked = zlib.decompressobj(31)
    assert unpacked.decompress(made).endswith(b"\r\n\r\n")
    assert unpacked.unused_data == b""


def test_a_record_smaller_than_any_is_told() -> None:
    with pytest.raises(CannotWork, match="too small"):
        stone(Member(7, 60, b""), "x", WHEN)


def test_records_are_taken_out_by_their_address_where_they_lead_there_and_what_they_repeat(kept: Path) -> None:
    before = {path.name: path.stat().st_size for path in (kept / "warc").iterdir()}
    numbers = frozenset([url_number("https://127.0.0.1:18471/2026/10/report?utm_source=x")])
    done = {one.path.name: one.records for one in redact(kept, numbers, WHEN)}
    # Answer and request and the redirect that leads there; in the second month the page was as it had been.
    assert done == {"2026-10-0001.warc.gz": 3, "2026-11-0001.warc.gz": 2}
    assert {path.name: path.stat().st_size for path in (kept / "warc").iterdir()} == before
    held = b"".join(zlib.decompress(m, 31) for path in (kept / "warc").iterdir() for m in _members(path))
    assert b"10/report" not in held
    assert b"think tank" not in held
    assert held.count(b"/porters") > 2
    assert list(redact(kept, numbers, WHEN)) == []


def _members(path: Path) -> list[bytes]:
    data = path.read_bytes()
    with path.open("rb") as file:
        return [data[one.offset : one.offset + one.length] for one in redacting.members(file)]


def test_the_page_goes_from_damaged_and_torn_members_too(kept: Path) -> None:
    path = kept / "warc" / "2026-10-0001.warc.gz"
    numbers = frozenset([url_number("http://127.0.0.1:18471/porters")])
    whole = path.read_bytes()
    first = redacting.found(path, numbers)[0]
    torn = whole[first.offset : first.offset + first.length * 2 // 3]
    damaged = bytearray(whole)
    damaged[first.offset + first.length * 2 // 3] ^= 0xFF
    path.write_bytes(bytes(damaged) + torn)
    list(redact(kept, numbers, WHEN))
    assert path.stat().st_size == len(damaged) + len(torn)
    assert redacting.found(path, numbers) == []
    with path.open("rb") as file:
        assert b"porters" not in b"".join(one.head for one in redacting.members(file))


# -- lines of runs ---------------------------------------------------------------------------------------------


def test_a_run_keeps_what_it_did_without_the_address(kept: Path) -> None:
    url = "http://fenwick.example/wing"
    run = Run(
        command="add", started=WHEN, ended=WHEN, version="1", sources=[{"source": "x", "error": f"{url}: gone"}],
        not_archived=[
            {"target": "https://www.fenwick.example/wing", "status": "failed", "cause": "slow", "warc": {"file": "w"}},
            {"target": "http://fenwick.example/other", "status": "failed", "cause": "slow"},
        ],
        targets=[{"target": "Wing to shut", "id": "aa"}], redirected=[{"target": url, "id": "aa"}],
    )  # fmt: skip
    line = scrubbed(to_line(run.to_json()).encode(), {url_number(url)}, {url, "Wing to shut"})
    assert line is not None
    said = Run.from_json(json.loads(line))
    assert "wing" not in line.lower()
    assert said.not_archived == [
        {"target": None, "status": "failed", "cause": "slow"},
        {"target": "http://fenwick.example/other", "status": "failed", "cause": "slow"},
    ]
    assert (said.targets, said.redirected) == ([{"target": None, "id": "aa"}], [{"target": None, "id": "aa"}])
    assert scrubbed(line.encode(), {url_number(url)}, {url}) is None
    for odd in (b"[]", b"{", b"7", b'{"targets": 5}', b'{"targets": [7, {"target": 5}]}'):
        assert scrubbed(odd, {1}, {"x"}) is None
    with (kept / "runs.jsonl").open("a") as file:
        file.write(line + "\n")
    warned: list[str] = []
    with closing(Archive(kept, warned.append).catalogue) as catalogue:
        catalogue.catch_up()
    assert warned == []


def test_a_run_keeps_the_name_of_a_file_for_the_others_in_it() -> None:
    run = Run(
        command="add", started=WHEN, ended=WHEN, version="1", sources=[],
        targets=[{"target": "box/page.html", "id": "aa"}, {"target": "box/page.html", "id": "bb"}],
    )  # fmt: skip
    line = scrubbed(to_line(run.to_json()).encode(), (), (), ("aa",))
    assert line is not None
    assert json.loads(line)["targets"] == [{"target": None, "id": "aa"}, {"target": "box/page.html", "id": "bb"}]
    assert scrubbed(line.encode(), (), (), ("aa",)) is None


def test_what_a_damaged_line_tells_is_learnt(kept: Path) -> None:
    (line, *_) = (kept / "articles" / "2026-10.jsonl").read_bytes().split(b"\n")
    whole = Article.from_json(json.loads(line))
    told = learnt(line[:-9], PORTERS)
    for name in ("id", "revision", "kind", "url", "canonical", "guid", "title", "fetched", "source", "warc"):
        assert getattr(told, name) == getattr(whole, name), name
    for cut in range(0, len(line), 7):
        assert learnt(line[:cut] + line[cut + 60 :], PORTERS).id == PORTERS
    odd = b'{"kind": "x", "fetched": "once", "revision": 0, "url": "\\q", "warc": {"file": }'
    assert learnt(odd, "aa") == Article(id="aa")


def test_a_line_is_padded_with_what_means_nothing() -> None:
    assert padded('{"a": "é"}', 14) == '{"a": "é"}'.encode() + b"   "
    assert json.loads(padded("{}", 9)) == {}
    assert padded("{}", 1) == b"{}"


@pytest.mark.parametrize("number", [0, 1, -1, 2**63 - 1, -(2**63), number_of("x")])
def test_a_number_is_told_in_sixteen_digits(number: int) -> None:
    assert len(as_key(number)) == 16
    assert from_key(as_key(number)) == number


@pytest.mark.parametrize("key", ["", "xyz", "00", "00" * 9, "é" * 16])
def test_what_is_no_number_of_a_tombstone_is_no_record(kept: Path, key: str) -> None:
    with pytest.raises(ValueError):
        from_key(key)
    with (kept / "articles" / "2026-11.jsonl").open("a") as file:
        file.write(to_line(Article(id="aa", forgotten=WHEN, keys=[key]).to_json()) + "\n")
    warned: list[str] = []
    with closing(Archive(kept, warned.append).catalogue) as catalogue:
        catalogue.catch_up()
        assert catalogue.named("aa") == []
    assert len(warned) == 1
    assert "damaged line" in warned[0]


# -- what else holds the text ----------------------------------------------------------------------------------


def story(ident: str, text: str, **more: object) -> Article:
    return Article(id=ident, text=text, sha256=checksum(text), title=ident, fetched="2026-12-01T00:00:00Z", **more)


ONE = "The cottage hospital at Wold will lose its twelve beds in the spring, a note to its staff said.\n\nShort end."
TWO = "Nurses at the infirmary must pay four pounds a day to park there from the first day of next month."


@pytest.fixture
def woven(archive: Archive) -> Callable[..., dict[str, tuple[str, str]]]:
    """An archive of a story, a copy, a copy of the copy, a page with it and another, and their clippings."""
    with archive.writing() as writer:
        writer.articles([
            story("a0", ONE, url="http://a.example/0"), story("a1", ONE + "\n\nMore.", duplicate_of="a0"),
            story("a2", ONE + "\n\nStill more.", duplicate_of="a1"),
            story("b0", f"{ONE}\n\n{TWO}", kind="page", url="http://b.example/"),
            story("b1", ONE, kind="clipping", part_of="b0"), story("b2", TWO, kind="clipping", part_of="b0"),
            story("c0", "Quite another text of a good many words that is on the same page as the first story is.",
                  url="http://a.example/0"),
        ])  # fmt: skip
    return lambda *ids: {one.entry.id: (one.how, one.of) for one in holders(archive, ids)}


def test_all_that_holds_a_text_is_named(woven: Callable[..., dict[str, tuple[str, str]]], archive: Archive) -> None:
    assert woven("a0") == {
        "a1": ("copy", "a0"), "a2": ("copy", "a0"), "b0": ("page", "a0"), "b1": ("copy", "a0"),
        "c0": ("same page", "a0"),
    }  # fmt: skip
    assert woven("b2") == {"b0": ("page", "b2")}
    assert woven("b0") == {"b1": ("clipping", "b0"), "b2": ("clipping", "b0")}
    assert set(with_holders(archive, ["a2"])) == {"a0", "a1", "a2", "b0", "b1"}
    assert set(with_holders(archive, ["b2"])) == {"b0", "b2"}
    assert set(with_holders(archive, ["b0"])) == {"a0", "a1", "a2", "b0", "b1", "b2"}


def test_a_turn_of_phrase_is_no_text(archive: Archive) -> None:
    assert not shares_text(story("x", "Short end.\n\n" + TWO), story("y", ONE))
    assert shares_text(story("x", "Short end."), story("y", ONE))
    assert shares_text(story("x", TWO.replace(" ", "\n")), story("y", f"{ONE}\n\n{TWO}"))
    assert not shares_text(story("x", ""), story("y", ONE))


def test_lines_of_others_that_name_it_stay(archive: Archive) -> None:
    with archive.writing() as writer:
        writer.articles([story("a0", ONE), story("a1", ONE + " More.", duplicate_of="a0")])
    forget(archive, Request(("a0",), WHEN))
    (path,) = (archive.path / "articles").glob("*.jsonl")
    first, second = [json.loads(line.data) for line in read(path)]
    assert (first["id"], first["forgotten"], "text" in first) == ("a0", WHEN, False)
    assert (second["duplicate_of"], second["text"]) == ("a0", ONE + " More.")
    assert archive.catalogue.root("a1") == "a0"
    assert archive.catalogue.problems() == []
