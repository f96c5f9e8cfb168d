"""What goes wrong in a fetch: each cause is named, the others are archived, and the exit code tells."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from clipper.archive import locks
from conftest import Ended, Project, Reply, Site, article_page

Inline = Callable[..., Ended]
DATED = '<meta property="article:published_time" content="2015-06-30T12:00:00Z">'


def feed(site: Site, *links: str) -> str:
    items = "".join(f"<item><title>An item</title><link>{link}</link></item>" for link in links)
    body = f'<rss version="2.0"><channel><title>Echo feed</title>{items}</channel></rss>'
    return site.page("/feed", body, content_type="application/rss+xml")


def configure(project: Project, *sources: tuple[str, str], allow: str = "127.0.0.1", timeout: float = 5.0) -> None:
    tables = "".join(f'[[source]]\nname = "{name}"\nurl = "{url}"\n' for name, url in sources)
    (project.folder / "config.toml").write_text(
        f'[clipper]\n[fetch]\ndelay = 0.0\ntimeout = {timeout}\nallow_hosts = ["{allow}"]\n{tables}', "utf-8"
    )


def by_path(site: Site, ended: Ended) -> dict[str, tuple[str, str]]:
    return {o["target"].removeprefix(site.base): (o["status"], o["cause"] or "") for o in ended.json}


def test_each_failure_is_named_with_its_cause_and_the_others_are_archived(
    site: Site, project: Project, inline: Inline
) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /forbidden\nAllow: /", content_type="text/plain")
    site.page("/good", article_page("Ward to close", head=DATED))
    site.page("/undated", article_page("Ward to open"))
    site.page("/also-good", article_page("Beds promised", head=DATED))
    site.replies["/slow"] = Reply(b"late", after=60)
    site.page("/empty", "")
    site.page("/bare", "<html><body><nav><a href='/'>Home</a></nav></body></html>")
    site.page("/huge", bytes((20 << 20) + 1))
    site.replies["/loop"] = Reply(b"", 302, headers={"Location": "/loop"})
    site.page("/leaflet", b"%PDF-1.7", content_type="application/pdf")
    site.page("/broken", "oh dear", status=500)
    expected = {
        "/good": ("added", ""),
        "/missing": ("failed", "the server answered 404 Not Found"),
        "/slow": ("failed", "no whole answer within 0.5 seconds (timeout)"),
        "/empty": ("refused", "an empty page"),
        "/bare": ("refused", "no article text on the page"),
        "/undated": ("added", "no date stated; archived without one"),
        "/huge": ("refused", "larger than 20 MB"),
        "/loop": ("failed", f"a redirect back to where it came from ({site.url('/loop')})"),
        "/leaflet": ("refused", "not a web page (application/pdf)"),
        "/broken": ("failed", "the server answered 500 Internal Server Error"),
        "/forbidden/a": ("refused", "robots.txt forbids it"),
        "/also-good": ("added", ""),
    }
    configure(project, ("echo", feed(site, *(site.url(path) for path in expected))), timeout=0.5)
    ended = inline("fetch", "--json")
    assert by_path(site, ended) == expected
    assert ended.code == 3
    for path, (status, cause) in expected.items():
        assert not cause or f"{site.url(path)}: {status + ': ' if status != 'added' else ''}{cause}" in ended.err
    assert "echo: 3 added, 5 refused, 4 failed" in ended.err
    found = {a["url"].removeprefix(site.base): a["published"] for a in project.articles()}
    assert found == {"/good": "2015-06-30", "/undated": None, "/also-good": "2015-06-30"}
    assert "/forbidden/a" not in site.asked
    (run,) = project.lines("runs.jsonl")
    lost = {n["target"].removeprefix(site.base): (n["status"], n["cause"]) for n in run["not_archived"]}
    assert lost == {path: told for path, told in expected.items() if told[0] != "added"}


def test_what_can_change_is_asked_again_and_what_cannot_is_not(site: Site, project: Project, inline: Inline) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /closed", content_type="text/plain")
    site.page("/bare", "<html><body><p>Nothing.</p></body></html>")
    paths = ["/bare", "/missing", "/closed"]
    configure(project, ("echo", feed(site, *map(site.url, paths))))
    assert inline("fetch").code == 4
    site.page("/robots.txt", "", content_type="text/plain")
    shutil.rmtree(project.archive / "cache" / "robots")  # as when a day has gone by
    for path in paths:
        site.page(path, article_page(f"The story of {path[1:]}", head=DATED))
    assert by_path(site, inline("fetch", "--json")) == {
        "/bare": ("seen", "refused before: no article text on the page"),
        "/missing": ("added", ""),
        "/closed": ("added", ""),
    }
    assert [site.asked.count(path) for path in paths] == [1, 2, 1]


@pytest.mark.parametrize(("status", "code", "asked"), [(503, "refused", 0), (404, "added", 1)])
def test_robots_txt_with_a_server_error_means_not_now_and_without_one_all_is_allowed(
    new_site: Callable[[], Site], project: Project, inline: Inline, status: int, code: str, asked: int
) -> None:
    front, host = new_site(), new_site()
    host.page("/robots.txt", "no", status=status)
    link = host.page("/a", article_page("Ward to close", head=DATED))
    configure(project, ("echo", feed(front, link)))
    (outcome,) = inline("fetch", "--json").json
    assert (outcome["status"], host.asked.count("/a")) == (code, asked)
    host.page("/robots.txt", "gone", status=404)
    assert inline("fetch").code == 0
    assert (len(project.articles()), host.asked.count("/a")) == (1, 1)


def test_loopback_is_refused_where_nobody_allowed_it(site: Site, project: Project, inline: Inline) -> None:
    configure(project, ("echo", feed(site)), allow="fenwick.example")
    ended = inline("fetch")
    assert ended.code == 4
    assert "is private or local (127.0.0.1); name it in allow_hosts in [fetch] to allow it" in ended.err
    assert site.asked == []


def test_a_redirect_to_a_loopback_host_that_is_not_allowed_is_refused(
    new_site: Callable[[], Site], project: Project, inline: Inline
) -> None:
    allowed, inner = new_site(), new_site()
    inner.page("/secret", article_page("Ward to close", head=DATED))
    allowed.replies["/a"] = Reply(b"", 302, headers={"Location": inner.url("/secret")})
    allowed.page("/b", article_page("Beds promised", head=DATED))
    configure(project, ("echo", feed(allowed, allowed.url("/a"), allowed.url("/b"))), allow=f"127.0.0.1:{allowed.port}")
    told = by_path(allowed, inline("fetch", "--json"))
    assert (told["/a"][0], told["/b"][0]) == ("refused", "added")
    assert "private or local" in told["/a"][1]
    assert inner.asked == []


def test_a_source_that_fails_is_named_and_the_others_go_on(
    new_site: Callable[[], Site], project: Project, inline: Inline
) -> None:
    good, bad = new_site(), new_site()
    url = feed(good, good.page("/a", article_page("Ward to close", head=DATED)))
    bad.page("/page", "<!doctype html><html><p>Accept our terms.</p></html>")
    configure(project, ("moved", bad.url("/gone")), ("wall", bad.url("/page")), ("echo", url))
    ended = inline("fetch", "--json")
    assert ended.code == 3
    assert f"moved: failed: {bad.url('/gone')}: the server answered 404 Not Found" in ended.err
    assert f"wall: failed: {bad.url('/page')}: not a feed: a web page" in ended.err
    assert {o["target"]: o["status"] for o in ended.json} == {
        bad.url("/gone"): "failed", bad.url("/page"): "failed", good.url("/a"): "added",
    }  # fmt: skip
    (run,) = project.lines("runs.jsonl")
    assert {s["source"]: bool(s["error"]) for s in run["sources"]} == {"moved": True, "wall": True, "echo": False}


def test_when_every_source_fails_the_exit_code_says_so(site: Site, project: Project, inline: Inline) -> None:
    configure(project, ("one", site.url("/gone")), ("two", feed(site, site.url("/missing"))))
    assert inline("fetch").code == 4
    assert project.articles() == []


def test_a_hostile_host_does_not_end_the_run_for_the_others(
    new_site: Callable[[], Site], project: Project, inline: Inline
) -> None:
    good, bad = new_site(), new_site()
    bad.replies["/robots.txt"] = Reply(b"", 302, headers={"Location": "http://[bad/"})
    link = good.page("/a", article_page("Ward to close", head=DATED))
    configure(project, ("echo", feed(good, bad.url("/x"), link)))
    ended = inline("fetch")
    assert "unexpected error" not in ended.err
    assert ended.code in (0, 3)
    assert [a["url"] for a in project.articles()] == [link]


def test_a_second_fetch_ends_at_once_while_the_lock_is_held(site: Site, project: Project, inline: Inline) -> None:
    configure(project, ("echo", feed(site, site.page("/a", article_page("Ward to close", head=DATED)))))
    with locks.fetching(project.archive):
        ended = inline("fetch")
        assert (ended.code, site.asked) == (75, [])
        assert "another fetch is running on this archive; try again later" in ended.err
    assert inline("fetch").code == 0


def test_a_fetch_without_sources_says_what_to_add(project: Project, inline: Inline) -> None:
    ended = inline("fetch")
    assert ended.code == 2
    assert "no [[source]] in it; add one with: clipper sources add URL" in ended.err
