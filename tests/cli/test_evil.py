"""The server of evil: the real command among misbehaviours, and what each of them comes to."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from collect.evil import night, tls
from collect.evil.night import GOOD, Night
from collect.evil.table import ADDED, ALL, FAILED, Evil

PAGES = [evil for evil in ALL if evil.kind == "page"]
SOURCES = [evil for evil in ALL if evil.kind != "page"]
MOST_MEMORY = 500 << 20
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")


@pytest.fixture(scope="module")
def spent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """One run for all that is asked here."""
    with pytest.MonkeyPatch.context() as patch:
        # A proxy and a login that the surroundings name are not for this.
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            patch.setenv(name, "http://127.0.0.1:9")
        for name in ("CLIPPER_CONFIG", "NO_COLOR", "COLUMNS", "CLIPPER_DEBUG"):
            patch.delenv(name, raising=False)
        yield night.spend(tmp_path_factory.mktemp("evil") / "project")


def _skip_without_tls(evil: Evil) -> None:
    if evil.tls and not tls.OPENSSL:
        pytest.skip("openssl, which makes the certificate, is not here")


def test_there_are_many_misbehaviours_each_with_a_name() -> None:
    assert len(ALL) >= 45
    assert len({evil.slug for evil in ALL}) == len(ALL)


@pytest.mark.parametrize("evil", PAGES, ids=lambda evil: evil.name)
def test_a_bad_page_ends_as_the_table_says(spent: Night, evil: Evil) -> None:
    _skip_without_tls(evil)
    url = spent.hosts[evil.slug].url(evil.at)
    status, cause = spent.ends[url]
    assert status == evil.status, cause
    assert re.fullmatch(evil.cause, cause), cause
    if status == ADDED:
        assert spent.ids[url] in {article["id"] for article in spent.articles()}
        return
    (told,) = (one for one in spent.run["not_archived"] if one["target"] == url)
    assert (told["status"], told["cause"]) == (status, cause)
    assert f"{url}: {status}: {cause}" in spent.err


@pytest.mark.parametrize("evil", SOURCES, ids=lambda evil: evil.name)
def test_a_bad_source_ends_as_the_table_says(spent: Night, evil: Evil) -> None:
    host = spent.hosts[evil.slug]
    (report,) = (one for one in spent.run["sources"] if one["source"] == evil.slug)
    said = (report["error"] or "").removeprefix(f"{host.url(evil.at)}: ")
    assert re.fullmatch(evil.cause, said), said
    if said:
        assert f"{evil.slug}: {FAILED}: {host.url(evil.at)}: {said}" in spent.err
    elif "/one" in host.answers:
        assert spent.ends[host.url("/one")][0] == ADDED
    assert "/secret" not in host.asked


def test_every_good_article_is_archived(spent: Night) -> None:
    good = [host.url(f"/{number}") for host in spent.good for number in range(GOOD)]
    assert [spent.ends[url] for url in good] == [(ADDED, "")] * len(good)
    assert set(good) <= {article["url"] for article in spent.articles()}


def test_the_run_ends_by_itself_and_says_that_some_failed(spent: Night) -> None:
    assert spent.code == 3
    assert "Traceback" not in spent.err
    assert spent.seconds < 120


def test_memory_stays_small(spent: Night) -> None:
    assert spent.peak < MOST_MEMORY, f"{spent.peak >> 20} MB, {spent.alone >> 20} of them in the process itself"


def test_nothing_on_the_screen_moves_the_cursor_or_turns_letters_round(spent: Night) -> None:
    assert set(CONTROLS.findall(spent.err)) == set()
    assert set(CONTROLS.findall(spent.out)) == set()
    for article in spent.articles():
        assert not CONTROLS.search(f"{article['title']}{article['outlet']}"), article["url"]


def test_the_archive_is_sound_afterwards(spent: Night) -> None:
    checked = spent.command("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_nothing_of_this_machine_came_into_the_archive(spent: Night) -> None:
    root = Path("/etc/passwd").read_text("utf-8").splitlines()[0]
    kept = b"".join(path.read_bytes() for path in spent.archive.rglob("*.jsonl"))
    assert root.encode() not in kept


def test_another_answer_sent_along_is_nobody_s(spent: Night) -> None:
    host = spent.hosts["two-answers-to-one-request"]
    titles = {article["url"]: article["title"] for article in spent.articles()}
    assert titles[host.url("/news/story")] == "Two answers the first"
    assert "A smuggled answer" not in titles.values()


def test_no_cookie_and_no_login_of_a_redirect_is_said_to_anybody(spent: Night) -> None:
    hosts = [*spent.hosts.values(), *spent.good]
    assert sum(len(host.headers) for host in hosts) > len(ALL)
    for host in hosts:
        for said in host.headers:
            assert said["Cookie"] is None
            assert said["Authorization"] is None
