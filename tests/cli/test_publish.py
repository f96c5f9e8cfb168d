"""``clipper publish`` as a command: a site, what it says of it, what it refuses, and the look at it in a browser."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clipper.archive.store import Archive
from conftest import Ended, Project
from publish.published import anywhere, article, files, stock


@pytest.fixture
def stocked(project: Project) -> Project:
    archive = Archive(project.archive)
    stock(archive)
    archive.catalogue.close()
    return project


def test_it_makes_a_site_and_brings_it_in_step(stocked: Project, clipper: Callable[..., Ended], tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = clipper("publish", str(site), "--title", "Policy  clips")
    assert (done.code, done.out) == (0, "")
    assert f"{site}: 6 articles; {len(files(site)) - 1} files written" in done.err
    assert "<h1>Policy clips</h1>" in (site / "index.html").read_text("utf-8")
    assert "nothing has changed" in clipper("publish", str(site), "--title", "Policy clips").err
    assert (site / "index.html").stat().st_mode & 0o777 == 0o666 & ~_umask()
    again = clipper("publish", "--json", str(site), "outlet:echo", "--since", "2018").json
    assert again == [{"folder": str(site), "articles": 2, "made": 2, "written": again[0]["written"],
                      "removed": again[0]["removed"], "anew": True}]  # fmt: skip
    assert len([name for name in files(site) if name.startswith("a/")]) == 2


def _umask() -> int:
    found = os.umask(0o022)
    os.umask(found)
    return found


def test_of_a_forgotten_article_nothing_is_left_in_the_site(
    stocked: Project, inline: Callable[..., Ended], tmp_path: Path
) -> None:
    site = tmp_path / "site"
    assert inline("publish", str(site)).code == 0
    found = _id(inline)
    words = ["Beds for sale", "for sale is what", found]
    assert anywhere(site, words)
    assert inline("forget", found, "--yes", "--reason", "asked by the author").code == 0
    assert inline("publish", str(site)).code == 0
    assert anywhere(site, words) == []
    assert b"Beds for sale" not in b"".join(p.read_bytes() for p in stocked.archive.rglob("*") if p.is_file())


def test_a_site_of_a_query_that_matches_nothing_any_more_keeps_nothing_that_was_taken_out(
    stocked: Project, inline: Callable[..., Ended], tmp_path: Path
) -> None:
    archive = Archive(stocked.archive)
    beds = article("Beds on sale", "2019-03-03")
    with archive.writing() as writer:
        writer.articles([beds, replace(article("Quagga seen", "2019-03-04", "Post"), duplicate_of=beds.id)])
    archive.catalogue.close()
    whole, site, copied = (tmp_path / name for name in ("whole", "site", "copied"))
    for folder, query in ((site, "quagga"), (copied, "title:on"), (whole, "")):
        assert inline("publish", str(folder), *query.split()).code == 0
    assert anywhere(site, ["Quagga"]) and anywhere(copied, ["Quagga"])
    before = files(site)
    done = inline("publish", str(site), "zebra")
    assert done.code == 1 and "the site stays as it is" in done.err and files(site) == before
    quagga = str(inline("search", "--json", "quagga").json[0]["id"])
    assert inline("forget", quagga, "--yes", "--reason", "asked by the author").code == 0
    # The one has the article's own page, the other names it as a copy; neither query matches anything now.
    archive = Archive(stocked.archive)
    with archive.writing() as writer:
        writer.articles([replace(beds, title="Sofas for sale", revision=2)])
    archive.catalogue.close()
    for folder, query in ((site, "quagga"), (copied, "title:on")):
        done = inline("publish", str(folder), query)
        assert done.code == 0 and "taken out on request" in done.err and "0 articles" in done.err
        assert anywhere(folder, ["Quagga", quagga]) == [] and not (folder / "a").exists()
        assert inline("publish", str(folder), query).code == 1
    # What shows nothing of it stays.
    assert inline("publish", str(whole)).code == 0
    before = files(whole)
    assert inline("publish", str(whole), "zebra").code == 1 and files(whole) == before


def _id(inline: Callable[..., Ended]) -> str:
    return str(inline("search", "--json", "beds").json[0]["id"])


def test_what_it_refuses(stocked: Project, inline: Callable[..., Ended], tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "letter.txt").write_text("dear")
    for arguments, code, said in [
        ((str(full),), 2, "not empty, and no site that clipper made"),
        ((str(stocked.archive / "site"),), 2, "within the archive"),
        ((str(stocked.folder),), 2, "the archive lies within"),
        ((str(full / "letter.txt"),), 2, "not a folder"),
        ((str(tmp_path / "new"), "zebra"), 1, "no article matches: zebra"),
        ((str(tmp_path / "new"), "--port", "80"), 2, "--port is for --serve"),
        ((str(tmp_path / "new"), "--title", " "), 2, "--title is empty"),
        ((), 2, "DIR"),
    ]:
        done = inline("publish", *arguments)
        assert (done.code, done.out) == (code, "") and said in done.err, arguments
    assert files(full) == {"letter.txt": b"dear"} and not (tmp_path / "new").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(
    stocked: Project, inline: Callable[..., Ended], tmp_path: Path
) -> None:
    (tmp_path / "closed").mkdir(mode=0o555)
    done = inline("publish", str(tmp_path / "closed" / "site"))
    assert done.code == 6 and "Permission denied" in done.err


def test_a_place_below_a_file_is_named(stocked: Project, inline: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = inline("publish", str(tmp_path / "file" / "site"))
    assert done.code == 6 and str(tmp_path / "file") in done.err and "Errno" not in done.err


def test_it_shows_the_site_on_this_machine_alone(stocked: Project, tmp_path: Path) -> None:
    site = tmp_path / "site"
    command = [sys.executable, "-m", "clipper", "publish", str(site), "--serve", "--port", "0"]
    with subprocess.Popen(
        command, cwd=stocked.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as serving:  # fmt: skip
        assert serving.stdout and serving.stderr
        address = serving.stdout.readline().strip()
        host, _, port = address.removeprefix("http://").strip("/").partition(":")
        assert host == "127.0.0.1"

        def get(path: str) -> tuple[int, str, bytes]:
            line = http.client.HTTPConnection(host, int(port), timeout=20)
            line.request("GET", path)
            answer = line.getresponse()
            found = answer.status, answer.headers.get_content_type(), answer.read()
            line.close()
            return found

        kinds = {"/": "text/html", "/static/style.css": "text/css", "/search/index.js": "text/javascript",
                 "/feeds/all.atom": "application/atom+xml", "/static/favicon.svg": "image/svg+xml"}  # fmt: skip
        for path, kind in kinds.items():
            file = site / (path.strip("/") or "index.html")
            assert get(path) == (200, kind, file.read_bytes())
        for path in ("/a/", "/static/", "/../project/config.toml", "/%2e%2e/project/config.toml", "/nothing.html"):
            assert get(path)[:2] == (404, "text/html"), path
        assert b"There is no such page in this site" in get("/nothing.html")[2]
        serving.send_signal(signal.SIGINT)
        assert serving.wait(20) == 130
        said = serving.stderr.read()
        assert "Traceback" not in said and "6 articles" in said and serving.stdout.read() == ""


def test_a_port_that_is_taken_is_named(
    stocked: Project, inline: Callable[..., Ended], tmp_path: Path, site: object
) -> None:
    taken = int(str(site.url("/")).rpartition(":")[2].strip("/"))  # type: ignore[attr-defined]  # the server of the tests
    done = inline("publish", str(tmp_path / "site"), "--serve", "--port", str(taken))
    assert done.code == 6 and f"127.0.0.1:{taken}" in done.err and "--port" in done.err


def test_a_process_that_is_killed_leaves_a_site_that_the_next_puts_right(
    stocked: Project, clipper: Callable[..., Ended], tmp_path: Path
) -> None:
    archive = Archive(stocked.archive)
    with archive.writing() as writer:
        writer.articles([article(f"Story {n}", f"2015-{n % 12 + 1:02d}-01", f"Outlet {n % 40}") for n in range(150)])
    archive.catalogue.close()
    site, other = tmp_path / "site", tmp_path / "other"
    command = [sys.executable, "-m", "clipper", "publish", str(site)]
    with subprocess.Popen(command, cwd=stocked.folder, stderr=subprocess.DEVNULL) as running:
        while running.poll() is None and not any((site / "a").rglob("*.html")):
            time.sleep(0.005)
        running.kill()
    assert 0 < len(list((site / "a").rglob("*.html"))) <= 156
    assert clipper("publish", str(site)).code == 0
    assert clipper("publish", str(other)).code == 0
    assert files(site) == files(other) and not list(site.rglob(".clipper*"))
