"""`clipper fetch` as its users see it; what it does on the network is tested beside `collect/fetch`."""

from __future__ import annotations

from collections.abc import Callable

from conftest import Ended, Project, Site, article_page

Run = Callable[..., Ended]

DATED = '<meta property="article:published_time" content="2014-11-07T09:00:00Z">'


def _feed(site: Site, *paths: str) -> str:
    items = "".join(f"<item><title>Item {p}</title><link>{site.url(p)}</link><guid>{p}</guid></item>" for p in paths)
    return site.page(
        "/feed.xml",
        f'<rss version="2.0"><channel><title>Echo</title>{items}</channel></rss>',
        content_type="application/rss+xml",
    )


def _source(name: str, url: str, kind: str = "feed") -> str:
    return f'[[source]]\nname = "{name}"\nurl = "{url}"\nkind = "{kind}"\n'


def test_one_summary_line_a_source_and_nothing_new_the_second_time(clipper: Run, project: Project, site: Site) -> None:
    paths = ["/a", "/b", "/c"]
    for path in paths:
        site.page(path, article_page(f"Story {path}", head=DATED))
    project.configure(_source("echo", _feed(site, *paths)))
    first = clipper("fetch")
    assert (first.code, first.out) == (0, "")
    assert first.err == "clipper: echo: 3 added\n"
    asked = len(site.asked)
    second = clipper("fetch")
    assert (second.code, second.err) == (0, "clipper: echo: 0 added, 3 seen\n")
    assert site.asked[asked:] == ["/feed.xml"]
    assert {a["title"] for a in project.articles()} == {"Story /a", "Story /b", "Story /c"}


def test_what_fails_is_named_and_the_rest_is_archived(clipper: Run, project: Project, site: Site) -> None:
    site.page("/good", article_page("Good story", head=DATED))
    site.page("/empty", "")
    site.page("/undated", article_page("Undated story"))
    site.page("/page.html", "<html><body><p>no feed</p></body></html>")
    project.configure(
        _source("echo", _feed(site, "/good", "/gone", "/empty", "/undated"))
        + _source("nofeed", site.url("/page.html"))
        + _source("missing", site.url("/missing.xml"))
    )
    ended = clipper("fetch")
    assert ended.code == 3
    lines = set(ended.err.splitlines())
    assert f"clipper: echo: {site.url('/gone')}: failed: the server answered 404 Not Found" in lines
    assert f"clipper: echo: {site.url('/empty')}: refused: an empty page" in lines
    assert f"clipper: echo: {site.url('/undated')}: no date stated; archived without one" in lines
    assert "clipper: echo: 2 added, 1 refused, 1 failed" in lines
    assert any(line.startswith(f"clipper: nofeed: failed: {site.url('/page.html')}: not a feed") for line in lines)
    assert f"clipper: missing: failed: {site.url('/missing.xml')}: the server answered 404 Not Found" in lines
    assert len(lines) == 6
    run = project.lines("runs.jsonl")[-1]
    assert [s["source"] for s in run["sources"]] == ["echo", "nofeed", "missing"]
    assert run["sources"][0] == {
        "source": "echo", "added": 2, "revised": 0, "seen": 0, "refused": 1, "failed": 1, "error": None,
            "unchanged": False, "put_off": 0, "left_out": 0,
    }  # fmt: skip


def test_when_every_source_fails_the_exit_code_is_4_and_nothing_is_touched(
    clipper: Run, project: Project, site: Site
) -> None:
    site.page("/good", article_page("Good story", head=DATED))
    project.configure(_source("echo", _feed(site, "/good")))
    assert clipper("fetch").code == 0
    before = {name: raw for name, raw in project.everything().items() if name != "runs.jsonl"}
    del site.replies["/feed.xml"]
    assert clipper("fetch").code == 4
    assert {name: raw for name, raw in project.everything().items() if name != "runs.jsonl"} == before


def test_a_host_that_is_private_is_refused_unless_it_is_named(clipper: Run, project: Project, site: Site) -> None:
    _feed(site)
    (project.folder / "config.toml").write_text("[clipper]\n" + _source("echo", site.url("/feed.xml")))
    ended = clipper("fetch")
    assert ended.code == 4
    assert "allow_hosts" in ended.err
    assert site.asked == []


def test_only_the_named_sources_are_asked(clipper: Run, project: Project, site: Site) -> None:
    project.configure(_source("one", site.url("/one.xml")) + _source("two", site.url("/two.xml")))
    site.page("/two.xml", '<rss version="2.0"><channel><title>Two</title></channel></rss>')
    assert clipper("fetch", "TWO").code == 0
    assert "/one.xml" not in site.asked
    ended = clipper("fetch", "tow")
    assert (ended.code, "did you mean 'two'" in ended.err) == (2, True)


def test_json_tells_what_became_of_each_target(clipper: Run, project: Project, site: Site) -> None:
    site.page("/good", article_page("Good story", head=DATED))
    project.configure(_source("echo", _feed(site, "/good", "/gone")))
    first = {record["target"]: record for record in clipper("fetch", "--json").json}
    (article,) = project.articles()
    good = {"target": site.url("/good"), "id": article["id"], "status": "added", "cause": None}
    assert first[site.url("/good")] == good
    assert first[site.url("/gone")]["status"] == "failed"
    assert "404" in first[site.url("/gone")]["cause"]
    second = {record["target"]: record for record in clipper("fetch", "--json").json}
    assert second[site.url("/good")] == {**good, "status": "seen"}


def test_without_a_source_one_line_says_so(clipper: Run, project: Project) -> None:
    ended = clipper("fetch")
    assert ended.code == 2
    assert "[[source]]" in ended.err
