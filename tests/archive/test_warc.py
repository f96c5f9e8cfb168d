"""WARC files: warcio reads what is written, byte for byte; what a crash or a stranger left costs nothing else."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from clipper.archive import warc
from clipper.archive.warc import Exchange, Kept, WarcFiles
from clipper.errors import CannotWork

NOON = datetime(2026, 1, 5, 12, 30, 15, 123456, tzinfo=UTC)
PAGE = b"<html><body><p>The board met.</p></body></html>"
URL = "http://fenwickecho.example/beds?page=2"
JANUARY = "warc/2026-01-0001.warc.gz"


def exchange(
    url: str = URL,
    payload: bytes = PAGE,
    *headers: tuple[str, str],
    status: int = 200,
    reason: str = "OK",
    same_as: Kept | None = None,
) -> Exchange:
    return Exchange(
        url=url, at=NOON, address="192.0.2.7", request=(("Host", "fenwickecho.example"), ("Accept", "*/*")),
        protocol="HTTP/1.1", status=status, reason=reason, headers=(("Content-Type", "text/html"), *headers),
        payload=payload, same_as=same_as,
    )  # fmt: skip


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "cache").mkdir()
    return tmp_path


def files(archive: Path) -> WarcFiles:
    """Return the WARC files as a new run sees them."""
    return WarcFiles(archive, archive / "cache")


def append(archive: Path, *chain: Exchange, now: datetime = NOON) -> dict[str, Any]:
    [place] = files(archive).append([chain or (exchange(),)], now)
    return place


def records(path: Path) -> list[Any]:
    """Return each record of a file as warcio reads it: type, head, head of the message, content, place and length."""
    found = []
    with path.open("rb") as file:
        reader = ArchiveIterator(file, check_digests="raise")
        for record in reader:
            content = record.content_stream().read()
            place = (reader.get_record_offset(), reader.get_record_length())
            found.append((record.rec_type, record.rec_headers, record.http_headers, content, place))
    return found


def types(path: Path) -> list[str]:
    return [kind for kind, *_ in records(path)]


def checked(path: Path) -> None:
    """Let warcio's own command check the digests."""
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", "-v", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "digest pass" in done.stdout
    assert done.stderr == ""


# -- what is written ----------------------------------------------------------------------------------------


def test_an_exchange_is_an_answer_and_its_request_as_warcio_reads_them(archive: Path) -> None:
    place = append(archive, exchange(URL + "#comments"))
    assert place["file"] == JANUARY
    path = archive / JANUARY
    checked(path)
    info, answer, request = records(path)
    assert (info[0], answer[0], request[0]) == ("warcinfo", "response", "request")
    assert all(r[1].protocol == "WARC/1.1" for r in (info, answer, request))
    assert b"clipper/" in info[3]
    assert info[1]["WARC-Filename"] == "2026-01-0001.warc.gz"
    for record in (answer, request):
        assert record[1]["WARC-Target-URI"] == URL
        assert record[1]["WARC-Date"] == "2026-01-05T12:30:15.123456Z"
        assert record[1]["WARC-IP-Address"] == "192.0.2.7"
    assert request[1]["WARC-Concurrent-To"] == answer[1]["WARC-Record-ID"]
    assert answer[2].statusline == "200 OK"
    assert answer[3] == PAGE
    assert (request[2].protocol, request[2].statusline) == ("GET", "/beds?page=2 HTTP/1.1")
    assert request[2].headers == [("Host", "fenwickecho.example"), ("Accept", "*/*")]


@pytest.mark.parametrize(
    ("url", "target"),
    [("http://h.example", "/"), ("http://h.example?a=1", "/?a=1"), ("https://h.example:8443/a/b", "/a/b")],
)
def test_a_request_names_what_was_asked_for(archive: Path, url: str, target: str) -> None:
    append(archive, exchange(url))
    assert records(archive / JANUARY)[-1][2].statusline == f"{target} HTTP/1.1"


def test_each_record_is_a_gzip_member_of_its_own_at_the_place_that_is_returned(archive: Path) -> None:
    places = files(archive).append([(exchange("http://h.example/a", b"page a"),), (exchange(),)], NOON)
    path = archive / JANUARY
    raw = path.read_bytes()
    found = records(path)
    assert len(found) == 5
    for kind, _, _, _, (offset, length) in found:
        member = zlib.decompressobj(31)
        assert f"WARC-Type: {kind}".encode() in member.decompress(raw[offset : offset + length])
        assert member.eof
        assert member.unused_data == b""
    assert [p["offset"] for p in places] == [r[4][0] for r in found if r[0] == "response"]
    assert [warc.read(archive, p).body for p in places] == [b"page a", PAGE]


@pytest.mark.parametrize(
    ("coding", "payload"),
    [
        ("gzip", gzip.compress(PAGE, mtime=0)),
        ("GZip", gzip.compress(PAGE, mtime=0)),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)[2:-4]),
        ("x-gzip", gzip.compress(PAGE, mtime=0)),
        ("gzip", gzip.compress(PAGE[:20], mtime=0) + gzip.compress(PAGE[20:], mtime=0)),
        ("identity", PAGE),
    ],
)
def test_a_packed_payload_is_kept_as_it_was_sent_and_read_unpacked(archive: Path, coding: str, payload: bytes) -> None:
    place = append(archive, exchange(URL, payload, ("Content-Encoding", coding)))
    checked(archive / JANUARY)
    assert warc.read(archive, place).body == PAGE
    with (archive / JANUARY).open("rb") as file:
        file.seek(place["offset"])
        assert next(iter(ArchiveIterator(file))).raw_stream.read() == payload


def test_headers_stay_as_they_came_but_for_the_name_of_what_was_undone(archive: Path) -> None:
    said = (("X-Place", "Zürich; name=é"), ("X-Place", "twice"), ("transfer-encoding", "chunked"), ("x-CASE", ""))
    place = append(archive, exchange(URL, PAGE, *said))
    checked(archive / JANUARY)
    head = records(archive / JANUARY)[1][2]
    assert head.headers == [
        ("Content-Type", "text/html"), ("X-Place", "Zürich; name=é"), ("X-Place", "twice"),
        ("X-Orig-transfer-encoding", "chunked"), ("x-CASE", ""),
    ]  # fmt: skip
    assert "Zürich; name=é".encode("latin-1") in gzip.decompress((archive / JANUARY).read_bytes())
    read = warc.read(archive, place)
    assert (read.status, read.url, read.date) == (200, URL, "2026-01-05T12:30:15.123456Z")
    assert (read.body, read.headers["content-type"]) == (PAGE, "text/html")


def test_redirects_lie_before_what_they_led_to(archive: Path) -> None:
    hop = exchange("http://sho.rt.example/7", b"", ("Location", URL), status=302, reason="Found")
    place = append(archive, hop, exchange())
    found = records(archive / JANUARY)
    assert [(r[0], r[1]["WARC-Target-URI"]) for r in found[1:]] == [
        ("response", hop.url), ("request", hop.url), ("response", URL), ("request", URL),
    ]  # fmt: skip
    assert found[1][2]["Location"] == URL
    assert warc.read(archive, place).url == URL


@pytest.mark.parametrize(
    ("status", "payload", "profile"), [(200, PAGE, "identical-payload-digest"), (304, b"", "server-not-modified")]
)
def test_what_is_kept_already_is_named_and_not_kept_twice(
    archive: Path, status: int, payload: bytes, profile: str
) -> None:
    first = warc.read(archive, append(archive))
    place = append(archive, exchange(URL, payload, status=status, same_as=first.kept))
    checked(archive / JANUARY)
    kind, about, head, content, _ = records(archive / JANUARY)[-2]
    assert (kind, content) == ("revisit", b"")
    assert about["WARC-Profile"] == f"http://netpreserve.org/warc/1.1/revisit/{profile}"
    assert about["WARC-Refers-To-Target-URI"] == URL
    assert about["WARC-Refers-To-Date"] == first.date
    assert about["WARC-Payload-Digest"] == first.kept.digest == warc.payload_digest(PAGE)
    assert head.get_statuscode() == str(status)
    with pytest.raises(CannotWork, match="no kept answer"):
        warc.read(archive, place)


def test_nothing_to_append_makes_no_file(archive: Path) -> None:
    assert files(archive).append([], NOON) == []
    assert not (archive / "warc").exists()


# -- which file ---------------------------------------------------------------------------------------------


def test_runs_of_one_month_share_a_file(archive: Path) -> None:
    places = [append(archive, exchange(f"http://h.example/{n}")) for n in range(3)]
    assert [p["file"] for p in places] == [JANUARY] * 3
    assert types(archive / JANUARY) == ["warcinfo", *["response", "request"] * 3]
    assert [warc.read(archive, p).url for p in places] == [f"http://h.example/{n}" for n in range(3)]


def lose_the_note(archive: Path) -> None:
    (archive / "cache" / "warc.json").unlink()


def garble_the_note(archive: Path) -> None:
    (archive / "cache" / "warc.json").write_text('{"file": 5, "size": "big"}')


def tear(archive: Path) -> None:
    with (archive / JANUARY).open("ab") as file:
        file.write(gzip.compress(b"half of a record")[:15])


def shorten(archive: Path) -> None:
    (archive / JANUARY).write_bytes((archive / JANUARY).read_bytes()[:-7])


def remove(archive: Path) -> None:
    (archive / JANUARY).unlink()


@pytest.mark.parametrize("harm", [lose_the_note, garble_the_note, tear, shorten, remove])
def test_only_a_file_whose_end_is_known_to_be_whole_is_added_to(archive: Path, harm: Any) -> None:
    append(archive)
    harm(archive)
    left = (archive / JANUARY).read_bytes() if (archive / JANUARY).exists() else None
    place = append(archive)
    assert place["file"] == ("warc/2026-01-0002.warc.gz" if left is not None else JANUARY)
    assert types(archive / place["file"]) == ["warcinfo", "response", "request"]
    if left is not None:
        assert (archive / JANUARY).read_bytes() == left
    assert append(archive)["file"] == place["file"]


def test_a_new_month_and_a_full_file_begin_new_ones(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(archive)
    assert append(archive, now=datetime(2026, 2, 1, tzinfo=UTC))["file"] == "warc/2026-02-0001.warc.gz"
    monkeypatch.setattr(warc, "LARGEST", 100)
    assert append(archive, now=datetime(2026, 2, 1, tzinfo=UTC))["file"] == "warc/2026-02-0002.warc.gz"
    (archive / "warc" / "2026-02-0041.warc.gz").write_bytes(b"")
    (archive / "warc" / "2026-02-²½.warc.gz").write_bytes(b"of no number")
    assert append(archive, now=datetime(2026, 2, 1, tzinfo=UTC))["file"] == "warc/2026-02-0042.warc.gz"


@pytest.mark.parametrize(
    "note", ["", "{", "[]", "null", '{"file": "../../x"}', '{"file": "\\u0000", "size": 1}', "7", "[" * 100_000]
)
def test_a_note_that_makes_no_sense_begins_a_new_file(archive: Path, note: str) -> None:
    append(archive)
    (archive / "cache" / "warc.json").write_text(note)
    assert append(archive)["file"] == "warc/2026-01-0002.warc.gz"


def test_a_note_that_cannot_be_written_costs_a_new_file_for_the_next_writer_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    places = []
    for writer in (WarcFiles(tmp_path, tmp_path / "cache") for _ in range(2)):
        places += [writer.append([(exchange(),)], NOON)[0] for _ in range(2)]
    assert [p["file"] for p in places] == [JANUARY] * 2 + ["warc/2026-01-0002.warc.gz"] * 2
    assert [warc.read(tmp_path, p).body for p in places] == [PAGE] * 4


FULL = """
import random, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from clipper.archive.warc import Exchange, WarcFiles
from clipper.errors import CannotWork
archive, at = Path(sys.argv[1]), datetime(2026, 1, 5, tzinfo=UTC)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
big = Exchange(url="http://h.example/big", at=at, address="", request=(), protocol="HTTP/1.1", status=200, reason="OK",
               headers=(), payload=random.Random(1).randbytes(90_000))
try:
    WarcFiles(archive, archive / "cache").append([(big,)], at)
except CannotWork as error:
    print(error)
"""


@pytest.mark.parametrize("before", [0, 1])
def test_a_disk_that_is_full_is_told_and_what_was_kept_stays_readable(archive: Path, before: int) -> None:
    kept = [append(archive) for _ in range(before)]
    size = (archive / JANUARY).stat().st_size if before else 0
    done = subprocess.run([sys.executable, "-c", FULL, str(archive)], capture_output=True, text=True, check=False)
    assert "cannot be written" in done.stdout, done.stderr
    assert (archive / JANUARY).stat().st_size == size  # what had been written of it is taken back
    kept.append(append(archive))
    assert [warc.read(archive, p).body for p in kept] == [PAGE] * (before + 1)
    for path in sorted((archive / "warc").iterdir()):
        if path.stat().st_size:
            checked(path)


def test_a_folder_that_cannot_be_made_is_told(archive: Path) -> None:
    (archive / "warc").write_text("no folder")
    with pytest.raises(CannotWork, match="cannot be written"):
        append(archive)


# -- what is read -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        {}, {"file": JANUARY}, {"offset": 0}, {"file": None, "offset": None}, {"file": JANUARY, "offset": "0"},
        {"file": JANUARY, "offset": -1}, {"file": JANUARY, "offset": 1.5}, {"file": JANUARY, "offset": 10**40},
        {"file": JANUARY, "offset": True}, {"file": JANUARY, "offset": None}, {"file": JANUARY, "offset": 1 << 61},
        {"file": ["warc"], "offset": 0}, {"file": "../" + JANUARY, "offset": 0}, {"file": "warc/..", "offset": 0},
        {"file": "warc/../config.toml", "offset": 0}, {"file": "/etc/hostname", "offset": 0},
        {"file": "warc/../../x", "offset": 0}, {"file": "warc", "offset": 0}, {"file": "warc/", "offset": 0},
        {"file": "warc/no such.warc.gz", "offset": 0}, {"file": "warc/\x00", "offset": 0},
        {"file": "warc/\udcff", "offset": 0}, {"file": "warc/" + "x" * 5000, "offset": 0},
    ],
    ids=repr,
)  # fmt: skip
def test_a_place_that_is_none_is_refused(archive: Path, place: dict[str, Any]) -> None:
    append(archive)
    (archive / "config.toml").write_text("")
    with pytest.raises(CannotWork):
        warc.read(archive, place)


def test_a_place_between_answers_is_no_answer(archive: Path) -> None:
    place = append(archive)
    starts = [r[4][0] for r in records(archive / JANUARY) if r[0] != "response"]
    for offset in [*starts, place["offset"] + 1, (archive / JANUARY).stat().st_size]:
        with pytest.raises(CannotWork):
            warc.read(archive, {**place, "offset": offset})


def test_damage_at_any_byte_is_told_and_never_read_as_another_page(
    archive: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    body = b"".join(b"<p>%d paragraphs of the report</p>" % n for n in range(200))
    place = append(archive, exchange(URL, gzip.compress(body), ("Content-Encoding", "gzip")))
    raw = (archive / JANUARY).read_bytes()
    end = next(r[4][0] + r[4][1] for r in records(archive / JANUARY) if r[0] == "response")
    step = max((end - place["offset"]) // 80, 1)
    for at in range(place["offset"], end, step):
        for mask in (0x01, 0xFF):
            (archive / JANUARY).write_bytes(raw[:at] + bytes([raw[at] ^ mask]) + raw[at + 1 :])
            try:
                assert warc.read(archive, place).body == body
            except CannotWork as error:
                assert f"byte {place['offset']}" in str(error)
        (archive / JANUARY).write_bytes(raw[:at])
        with pytest.raises(CannotWork):
            warc.read(archive, place)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "member",
    [
        b"", b"no WARC", b"WARC/1.1\r\n\r\n", b"WARC/1.1\r\nWARC-Type: response\r\n\r\n",
        b"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: -5\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: many\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody",
        b"WARC/1.1\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: 27\r\n\r\n"
        b"HTTP/1.1 soon\r\n\r\nnothing\r\n",
        b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://h.example/\r\nContent-Length: 40\r\n\r\n"
        b"SMTP 220 hello\r\n\r\n",
        b"filedesc://x 0.0.0.0 20260101000000 text/plain 5\n1 0 x\n",
    ],
)  # fmt: skip
def test_a_record_of_no_sense_is_refused(archive: Path, member: bytes) -> None:
    (archive / "warc").mkdir()
    (archive / JANUARY).write_bytes(gzip.compress(member))
    with pytest.raises(CannotWork):
        warc.read(archive, {"file": JANUARY, "offset": 0})


def test_a_bomb_is_not_unpacked(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc, "MAX_BODY", 100_000)
    bomb = gzip.compress(bytes(5_000_000))
    place = append(archive, exchange(URL, bomb, ("Content-Encoding", "gzip")))
    plain = append(archive, exchange(URL, bytes(5_000_000)))
    for one in (place, plain):
        with pytest.raises(CannotWork):
            warc.read(archive, one)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.integers(0, 400))
def test_any_bytes_are_an_answer_or_refused(tmp_path: Path, content: bytes, offset: int) -> None:
    (tmp_path / "warc").mkdir(exist_ok=True)
    for raw in (content, gzip.compress(content)):
        (tmp_path / JANUARY).write_bytes(raw)
        with pytest.raises(CannotWork):
            warc.read(tmp_path, {"file": JANUARY, "offset": offset % (len(raw) + 2)})


# -- what a hostile server says -----------------------------------------------------------------------------

LATIN = st.text(st.characters(max_codepoint=255), max_size=30)
ANY = st.text(max_size=30) | LATIN


@settings(max_examples=32, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headers=st.lists(st.tuples(ANY, ANY), max_size=5), payload=st.binary(max_size=200), path=ANY, reason=ANY,
)  # fmt: skip
@example([("X: y\r\nWARC-Type", "a\r\n\r\nWARC/1.1\r\nWARC-Type: response")], b"", "a\r\nWARC-Type: x", "OK\r\nX: y")
@example([("Naïve", "\ud800"), ("", ""), (" ", "folded")], b"\r\n\r\nWARC/1.1\r\n", "\udcff\u2028\x85", "Über\x00")
@example([("Content-Length", "999"), ("Content-Length", "-1")], b"short", "#\r\n", "")
def test_whatever_a_server_says_the_records_after_it_are_whole(
    tmp_path: Path, headers: list[tuple[str, str]], payload: bytes, path: str, reason: str
) -> None:
    (tmp_path / "cache").mkdir(exist_ok=True)
    (tmp_path / "cache" / "warc.json").unlink(missing_ok=True)
    hostile = exchange(f"http://h.example/{path}", payload, *headers, reason=reason)
    writer = files(tmp_path)
    first, second = writer.append([(hostile,), (exchange(),)], NOON)
    found = records(tmp_path / first["file"])
    assert [r[0] for r in found] == ["warcinfo", "response", "request", "response", "request"]
    assert len(found[1][1].headers) == len(found[3][1].headers)  # none was slipped in
    assert len(found[1][2].headers) <= 1 + len(headers)
    assert warc.read(tmp_path, second).body == PAGE
    coded = any(name.strip().lower() in ("content-encoding", "transfer-encoding") for name, _ in headers)
    if not coded:
        read = warc.read(tmp_path, first)
        assert read.body == payload
        assert read.url.startswith("http://h.example/")
    (tmp_path / first["file"]).unlink()


@given(path=st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Z", "C"]), max_size=40))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_address_comes_back_as_it_was(tmp_path: Path, path: str) -> None:
    (tmp_path / "cache").mkdir(exist_ok=True)
    url = f"http://h.example/{path}"
    assert warc.read(tmp_path, append(tmp_path, exchange(url))).url == url.partition("#")[0]


def test_the_digest_is_the_one_that_warc_files_write() -> None:
    assert warc.payload_digest(b"") == "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"


def test_the_note_is_json_of_the_file_and_its_size(archive: Path) -> None:
    append(archive)
    size = (archive / JANUARY).stat().st_size
    assert json.loads((archive / "cache" / "warc.json").read_text()) == {"file": Path(JANUARY).name, "size": size}
