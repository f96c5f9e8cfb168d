"""What comes from outside never chooses the name of a file: no id, time, source or search, no place in a WARC."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from clipper.archive.store import Archive
from clipper.checksums import checksum
from clipper.collect.robots_memory import RobotsMemory
from clipper.errors import CannotWork
from clipper.models import Article
from clipper.search import seen

OUT = [
    "../../../escaped",
    "/escaped",
    "articles/../../escaped",
    "..\\escaped",
    "a\x00b",
    "..",
    ".",
    "x" * 5000,
    "~/escaped",
]


def article(**more: str) -> Article:
    text = "The ward stayed."
    return Article(**{"id": "aa11", "fetched": "2026-01-01T00:00:00Z", "text": text, "sha256": checksum(text), **more})


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.parametrize("out", [*OUT, "../a-b", "2026-13", "2026/01", "", "二〇二六-〇一"])
def test_a_time_that_is_none_names_no_month(archive: Archive, tmp_path: Path, out: str) -> None:
    before = everything(tmp_path)
    with pytest.raises(CannotWork, match="no time"), archive.writing() as writer:
        writer.articles([article(), article(fetched=out)])
    assert not (archive.path / "articles" / "2026-01.jsonl").exists()
    assert {name for name in everything(tmp_path) - before if "cache" not in name and "lock" not in name} == set()


@pytest.mark.parametrize("out", OUT)
def test_names_from_outside_stay_within_the_archive(archive: Archive, tmp_path: Path, out: str) -> None:
    with archive.writing() as writer:
        writer.articles([article(id=out, source=out, outlet=out, url=out, guid=out)])
    seen.remember(archive.cache, out, {1})
    assert seen.seen(archive.cache, out) == {1}
    memory = RobotsMemory(archive.cache)
    memory.put(f"https://{out}", 200, {}, b"User-agent: *\nDisallow: /", datetime.now(UTC))
    found = everything(tmp_path)
    assert {name.split("/")[0] for name in found} == {"archive"}
    assert not any("escaped" in name or ".." in name for name in found)


@pytest.mark.parametrize("file", [*OUT, "warc/../labels.jsonl", "warc/../../x.warc.gz", "../warc/x.warc.gz", "warc"])
def test_a_place_outside_the_raw_pages_is_not_read(archive: Archive, tmp_path: Path, file: str) -> None:
    (tmp_path / "escaped").write_bytes(b"not ours")
    with pytest.raises(CannotWork):
        archive.read_raw({"file": file, "offset": 0})
