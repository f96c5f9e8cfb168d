"""A host that asks for patience gets it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.collect import patience
from conftest import Ended, Project, Reply, Site, article_page

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
DATED = '<meta property="article:published_time" content="2014-11-07T09:00:00Z">'


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        (" 120 ", 120.0),
        ("Mon, 05 Jan 2026 12:01:30 GMT", 90.0),
        ("Mon, 05 Jan 2026 11:00:00 GMT", 0.0),
        ("Monday, 05-Jan-26 12:00:10 GMT", 10.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(value: str | None, seconds: float | None) -> None:
    assert patience.retry_after(value, NOON) == seconds


@given(st.text(max_size=40))
def test_any_retry_after_is_seconds_or_none(value: str) -> None:
    found = patience.retry_after(value, NOON)
    assert found is None or found >= 0


def test_waits_grow_and_are_spread_and_what_a_host_asks_for_is_never_cut_short() -> None:
    middle = [patience.wait(n, None, 0.5) for n in (1, 2, 3)]
    assert middle == [5.0, 10.0, 20.0]
    assert patience.wait(1, None, 0.0) < patience.wait(1, None, 1.0)
    assert all(60.0 <= patience.wait(n, 60.0, c) <= 66.0 for n in (1, 5) for c in (0.0, 0.5, 1.0))


def test_a_page_that_fails_again_and_again_is_put_off_for_twice_as_long_up_to_a_week() -> None:
    hours = [patience.put_off(times) / 3600 for times in range(11)]
    assert hours == [0, 0, 2, 4, 8, 16, 32, 64, 128, 168, 168]


@given(st.integers(-5, 10**30))
def test_however_often_it_failed_a_page_is_put_off_by_a_week_at_most(times: int) -> None:
    assert 0 <= patience.put_off(times) <= patience.put_off(times + 1) <= patience.LONGEST_PUT_OFF


def _feed(site: Site, *paths: str) -> str:
    items = "".join(f"<item><link>{site.url(p)}</link></item>" for p in paths)
    url = site.page("/feed.xml", f'<rss version="2.0"><channel><title>Echo</title>{items}</channel></rss>')
    return f'[[source]]\nname = "echo"\nurl = "{url}"\n'


@pytest.mark.parametrize("status", [429, 503])
def test_a_page_that_is_put_off_for_a_moment_is_had_in_the_same_run(
    inline: Callable[..., Ended], project: Project, site: Site, status: int
) -> None:
    page = Reply(article_page("A story", head=DATED).encode())
    site.replies["/a"] = [Reply(b"later", status, headers={"Retry-After": "0"}), page]
    project.configure(_feed(site, "/a"))
    ended = inline("fetch")
    assert (ended.code, ended.err) == (0, "clipper: echo: 1 added\n")
    assert site.asked.count("/a") == 2


def test_a_page_that_is_put_off_again_and_again_is_left_to_the_next_run(
    inline: Callable[..., Ended], project: Project, site: Site
) -> None:
    site.replies["/a"] = Reply(b"later", 503, headers={"Retry-After": "0"})
    project.configure(_feed(site, "/a"))
    assert "503 Service Unavailable" in inline("fetch").err
    assert site.asked.count("/a") == patience.TRIES
    site.page("/a", article_page("A story", head=DATED))
    assert inline("fetch").code == 0
    assert len(project.articles()) == 1


def test_a_host_that_asks_for_long_is_asked_nothing_more_in_this_run(
    inline: Callable[..., Ended], project: Project, site: Site
) -> None:
    for path in ("/a", "/b", "/c"):
        site.replies[path] = Reply(b"later", 503, headers={"Retry-After": "9000"})
    project.configure(_feed(site, "/a", "/b", "/c"))
    ended = inline("fetch")
    assert ended.code == 4
    assert ended.err.count("asked to be left alone for 9000 seconds") == 3
    assert len([p for p in site.asked if p in ("/a", "/b", "/c")]) == 1
