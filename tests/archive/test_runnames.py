"""A run that ends after an article was taken out writes nothing down by which it is named."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from clipper.archive import locks
from clipper.archive.entering import url_number
from clipper.archive.forgetting import Request, forget
from clipper.archive.linecheck import Looking, Unsound
from clipper.archive.runnames import without_taken_out
from clipper.archive.store import Archive
from clipper.archive.tables import as_key
from clipper.archive.warc import Exchange
from clipper.checksums import checksum
from clipper.collect.keep import keep_raw
from clipper.errors import Locked
from clipper.models import Article, Run, to_line

WHEN = "2026-11-23T19:00:00Z"
GONE, LED, OTHER = (f"https://ottermere.example/{name}" for name in ("brindlecote", "go-7", "steady"))
FILE = "cuttings/brindlecote.html"


@pytest.fixture
def taken_out(archive: Archive) -> Archive:
    with archive.writing() as writer:
        writer.articles(
            [
                Article(
                    id=ident, url=url, title=ident, text=text, sha256=checksum(text), fetched="2026-11-20T08:00:00Z"
                )
                for ident, url, text in (("a1", GONE, "The wing."), ("b2", OTHER, "The ward."))
            ]
        )
    forget(archive, Request(("a1",), WHEN))
    return archive


def run(**more: Any) -> Run:
    return Run(command="fetch", started="", ended="2026-11-23T20:00:00Z", version="1", **{"sources": [], **more})


def written(archive: Archive) -> dict[str, Any]:
    (line,) = (archive.path / "runs.jsonl").read_text("utf-8").splitlines()
    return dict(json.loads(line))


def test_where_links_led_is_left_out_and_kept_as_a_number(taken_out: Archive) -> None:
    items = [{"target": LED, "id": "a1"}, {"target": GONE, "id": "a1"}, {"target": OTHER + "?x", "id": "b2"}]
    taken_out.add_run(run(redirected=items, unchanged=["a1"]))
    said = written(taken_out)
    assert [item["target"] for item in said["redirected"]] == [None, None, OTHER + "?x"]
    assert [item["key"] for item in said["not_archived"]] == [as_key(url_number(LED))]
    assert taken_out.catalogue.refusal(LED) == "taken out of the archive on request on 2026-11-23"
    taken_out.catalogue.build_anew()
    assert taken_out.catalogue.refusal(LED) == "taken out of the archive on request on 2026-11-23"
    assert taken_out.catalogue.by_url(OTHER + "?x") == "b2"


def test_files_and_failures_are_left_out_too(taken_out: Archive) -> None:
    lost = [
        {"target": GONE, "source": "s", "status": "failed", "cause": "no answer", "lasting": False},
        {
            "target": OTHER,
            "source": "s",
            "status": "failed",
            "cause": f"it leads to {GONE}, which is",
            "lasting": False,
        },
    ]
    sources = [{"source": "s", "error": f"{GONE}: no answer"}, {"source": "t", "error": f"{OTHER}: no answer"}]
    taken_out.add_run(
        run(not_archived=lost, sources=sources, targets=[{"target": FILE, "id": "a1", "status": "added"}])
    )
    said = (taken_out.path / "runs.jsonl").read_text("utf-8")
    assert "brindlecote" not in said
    assert [item["target"] for item in written(taken_out)["not_archived"]] == [None, OTHER]
    assert written(taken_out)["sources"][1]["error"] == f"{OTHER}: no answer"


def test_what_names_none_is_written_to_the_letter(taken_out: Archive) -> None:
    made = run(redirected=[{"target": OTHER + "/", "id": "b2"}], unchanged=["b2"])
    taken_out.add_run(made)
    assert (taken_out.path / "runs.jsonl").read_text("utf-8") == to_line(made.to_json()) + "\n"


@pytest.mark.parametrize("line", [b"", b"[]", b"{", b'{"targets": 7, "redirected": [[]]}', b"[" * 9999])
def test_what_is_no_run_is_left_alone(taken_out: Archive, line: bytes) -> None:
    assert without_taken_out(line, taken_out.catalogue) is None


def page_from(url: str) -> tuple[Exchange, ...]:
    return (
        Exchange(url=url, at=datetime(2026, 11, 23, 20, tzinfo=UTC), address="192.0.2.1", request=(),
                 protocol="HTTP/1.1", status=200, reason="OK", headers=(), payload=b"page"),
    )  # fmt: skip


def test_a_raw_page_that_comes_too_late_is_not_kept(taken_out: Archive) -> None:
    first, second = keep_raw(taken_out, [page_from(GONE), page_from(OTHER)])
    assert first is None
    assert second is not None
    assert taken_out.read_raw(second).url == OTHER
    assert len(list((taken_out.path / "warc").iterdir())) == 1


HOLD = """
import sys
from pathlib import Path
from clipper.archive import locks
with locks.forgetting(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_reminder_is_given_only_when_nobody_is_taking_out(tmp_path: Path) -> None:
    """Who writes meanwhile is not told to do again what is being done."""
    told: list[str] = []
    Archive.create(tmp_path / "archive")
    archive = Archive(tmp_path / "archive", told.append)
    (archive.path / "forgetting.json").write_text(json.dumps({"articles": ["a1"], "when": WHEN, "reason": None}))
    with subprocess.Popen([sys.executable, "-c", HOLD, archive.path], stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        archive.add_run(run())
        assert told == []
        assert locks.is_forgetting(archive.path)
        with pytest.raises(Locked, match="is taking out articles"), locks.forgetting(archive.path, wait=0):
            pass
        process.kill()
    assert not locks.is_forgetting(archive.path)  # the dead hold nothing
    archive.add_run(run())
    assert [one.partition(": ")[2] for one in told] == ["taking out articles was broken off; run clipper forget again"]
    archive.catalogue.close()


def test_nobody_is_taking_out_where_nobody_ever_did(tmp_path: Path) -> None:
    assert not locks.is_forgetting(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_left_out_is_no_damage(taken_out: Archive) -> None:
    lost = {"target": GONE, "source": "s", "status": "failed", "cause": "no answer", "lasting": False}
    taken_out.add_run(run(not_archived=[lost], redirected=[{"target": LED, "id": "a1"}]))
    line = (taken_out.path / "runs.jsonl").read_bytes().rstrip()
    assert b"ottermere" not in line
    looking = Looking("runs", "runs.jsonl")
    looking.line(line, 1, 0)
    with pytest.raises(Unsound, match="without its target"):
        looking.line(line.replace(b'"target": null, "source"', b'"source"'), 1, 0)
