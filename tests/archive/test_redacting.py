"""Taking raw pages out of damaged WARC files: nothing of the page can be unpacked, all others are untouched."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clipper.archive import redacting
from clipper.archive.entering import url_number
from clipper.archive.forgetting import Report, Request, finished, forget
from clipper.archive.redacting import Member, looked_through, members, stone
from clipper.archive.store import Archive
from clipper.archive.warc import Exchange, WarcFiles
from clipper.models import Run, to_line

WHEN = "2026-11-23T19:00:00Z"
ARCHIVES = Path(__file__).resolve().parents[1] / "archives"
PORTERS = "16544753810470bd"
NAME = "warc/2026-10-0001.warc.gz"  # information, then an answer and its request of PORTERS, then of others
HEAD = 10  # bytes of a gzip header


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive with its catalogue; tests take copies of it."""
    path = tmp_path_factory.mktemp("built") / "kept"
    shutil.copytree(ARCHIVES / "schema-1", path)
    with closing(Archive(path).catalogue) as catalogue:
        catalogue.catch_up()
    return path


@pytest.fixture
def kept(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "kept"))


def whole_of(path: Path) -> list[Member]:
    with path.open("rb") as file:
        return list(members(file))


def taken_out(archive: Path) -> Report:
    door = Archive(archive)
    with closing(door.catalogue):
        report = forget(door, Request((PORTERS,), WHEN))
    finished(archive)
    return report


def unpacked(data: bytes, places: list[int]) -> bytes:
    """Return all that can be unpacked: from each mark of a member on, and behind a header that was one."""
    starts = [(found.start(), 31) for found in re.finditer(rb"\x1f\x8b\x08", data)]
    return b"".join(
        one for at, how in [*starts, *((at + HEAD, -15) for at in places)] for one in _pieces(data, at, how)
    )


def _pieces(data: bytes, at: int, how: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(how)
    with suppress(zlib.error):
        while at < len(data) and not unpacker.eof:
            yield unpacker.decompress(data[at : at + 1])
            at += 1


@pytest.mark.parametrize("record", [1, 2], ids=["answer", "request"])
@pytest.mark.parametrize(
    "where", [0, 1, 2, 3, HEAD, HEAD + 1, HEAD + 9, 0.2, 0.5, 0.8, -9, -8, -5, -1], ids=lambda where: f"at {where}"
)
def test_a_flipped_bit_keeps_nothing_of_a_page(kept: Path, record: int, where: float) -> None:
    path = kept / NAME
    before, there = path.read_bytes(), whole_of(path)
    one = there[record]
    at = one.offset + (int(where * one.length) if isinstance(where, float) else where % one.length)
    for bit in range(0, 8, 3):
        damaged = bytearray(before)
        damaged[at] ^= 1 << bit
        path.write_bytes(damaged)
        assert b"/porters" in unpacked(bytes(damaged), [m.offset for m in there]).lower() or where == HEAD
        numbers = frozenset([url_number("http://127.0.0.1:18471/porters")])
        found = looked_through(path, numbers, frozenset([there[1].offset]))
        assert ([m.offset for m in found.members], found.doubts) == ([m.offset for m in there[1:3]], [])
    report = taken_out(kept)
    after = path.read_bytes()
    assert report.doubts == []
    assert len(after) == len(before)
    assert b"porters" not in unpacked(after, [m.offset for m in there]).lower()
    assert after[there[3].offset :] == before[there[3].offset :]
    assert [m.damaged for m in whole_of(path)] == [False] * len(there)


@pytest.mark.parametrize("at", [2, 40, 600, 20_000, -4])
def test_a_page_that_was_sent_packed_goes_whole(tmp_path: Path, at: int) -> None:
    """It lies in its record as it came, with the mark of a member in it, and can be read behind the damage."""
    letters = b"".join(b"%x " % (n * 2654435761 % 2**32) for n in range(9000))
    pages = [gzip.compress(b"<p>The wards of %s.</p>" % name + letters) for name in (b"Wold", b"Fenwick")]
    chains = [
        [
            Exchange(
                url=f"http://echo.example/{number}", at=datetime(2026, 10, 5, 8, number, tzinfo=UTC), address="",
                request=(("Host", "echo.example"),), protocol="HTTP/1.1", status=200, reason="OK",
                headers=(("Content-Encoding", "gzip"), ("Content-Length", str(len(page)))), payload=page,
            )
        ]
        for number, page in enumerate(pages)
    ]  # fmt: skip
    (tmp_path / "cache").mkdir()
    first, second = WarcFiles(tmp_path, tmp_path / "cache").append(chains, datetime(2026, 10, 5, tzinfo=UTC))
    path = tmp_path / first["file"]
    before = path.read_bytes()
    damaged = bytearray(before)
    damaged[first["offset"] + (at if at >= 0 else whole_of(path)[1].length + at)] ^= 1
    path.write_bytes(damaged)
    numbers = frozenset([url_number("http://echo.example/0")])
    (done,) = redacting.redact(tmp_path, numbers, WHEN, places={first["file"]: frozenset([first["offset"]])})
    assert (done.records, done.doubts) == (2, [])
    after = path.read_bytes()
    assert b"ards of Wold" not in unpacked(after, [first["offset"]])
    assert pages[0][600:900] not in after
    assert after[second["offset"] :] == before[second["offset"] :]


def test_a_place_within_a_damage_begins_a_record(kept: Path) -> None:
    """Of two pages one after the other nothing can be read: the one that is asked for goes, the other's bytes stay."""
    path = kept / NAME
    there = whole_of(path)
    damaged = bytearray(path.read_bytes())
    damaged[there[3].offset + 300] ^= 4  # the other page
    start, end = there[4].offset, there[5].offset + 20  # its request, and the beginning of the one that is to go
    damaged[start:end] = b"\xff" * (end - start)
    path.write_bytes(damaged)
    found = looked_through(path, frozenset(), frozenset([there[5].offset]))
    assert [(m.offset, m.length) for m in found.members] == [(there[5].offset, there[5].length)]


def test_what_nobody_can_tell_stays_and_is_told(kept: Path) -> None:
    path = kept / NAME
    there = whole_of(path)
    damaged = bytearray(path.read_bytes())
    for one in (there[3], there[4]):  # an answer and its request: neither can say whose the other is
        damaged[one.offset : one.offset + 20] = b"\xff" * 20
    path.write_bytes(damaged)
    report = taken_out(kept)
    # It is taken for one: whatever follows begins no record.
    assert report.records == 4
    (doubt,) = report.doubts
    assert doubt.startswith(f"{path}: the record at byte {there[3].offset} is damaged and does not tell")
    assert path.read_bytes()[there[3].offset : there[5].offset] == damaged[there[3].offset : there[5].offset]


def test_the_record_beside_tells_whose_a_damaged_one_is(kept: Path) -> None:
    path = kept / NAME
    there = whole_of(path)
    for number in (3, 4):  # of another page
        damaged = bytearray((ARCHIVES / "schema-1" / NAME).read_bytes())
        damaged[there[number].offset] ^= 1
        path.write_bytes(damaged)
        numbers = frozenset([url_number("http://127.0.0.1:18471/porters")])
        found = looked_through(path, numbers)
        assert ([m.offset for m in found.members], found.doubts) == ([m.offset for m in there[1:3]], [])


def test_the_raw_answer_of_a_page_that_could_not_be_read_goes_by_its_place(kept: Path) -> None:
    path = kept / NAME
    there = whole_of(path)
    damaged = bytearray(path.read_bytes())
    end = there[7].offset
    damaged += damaged[there[1].offset : there[3].offset]  # asked for another time
    place = len(damaged) - (there[3].offset - there[1].offset)
    damaged[place] ^= 1
    damaged[place + there[1].length] ^= 1
    path.write_bytes(damaged)
    lost = {"target": "http://127.0.0.1:18471/porters", "status": "failed", "cause": "slow", "lasting": True}
    run = Run(
        command="fetch", started=WHEN, ended=WHEN, version="1", sources=[],
        not_archived=[{**lost, "warc": {"file": NAME, "offset": place}}],
    )  # fmt: skip
    with (kept / "runs.jsonl").open("a") as file:
        file.write(to_line(run.to_json()) + "\n")
    assert taken_out(kept).doubts == []
    after = path.read_bytes()
    assert b"porters" not in unpacked(after, [place, place + there[1].length]).lower()
    assert after[there[3].offset : end] == damaged[there[3].offset : end]


def test_a_place_at_which_nothing_begins_is_told(kept: Path) -> None:
    month = kept / "articles" / "2026-10.jsonl"
    lines = [json.loads(line) for line in month.read_text().splitlines()]
    for line in lines:
        if line["id"] == PORTERS:
            line["warc"]["offset"] += 5
    month.write_text("".join(to_line(line) + "\n" for line in lines))
    with closing(Archive(kept).catalogue) as catalogue:
        catalogue.catch_up()
    report = taken_out(kept)
    assert report.doubts == [f"{kept / NAME}: no record begins at byte 288, where a raw page should be"]
    assert report.records == 4  # by its address it is found all the same


def test_zeros_at_the_end_are_no_record(kept: Path) -> None:
    path = kept / NAME
    with path.open("ab") as file:
        file.write(bytes(5000))
    assert taken_out(kept).doubts == []


def test_a_damaged_record_smaller_than_any_gives_way_to_zeros() -> None:
    assert stone(Member(7, 60, b"", damaged=True), "x", WHEN) == bytes(60)
