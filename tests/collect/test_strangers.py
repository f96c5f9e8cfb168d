"""What one stranger's page says must not cost another's article, nor the run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conftest import Ended, Project, Reply, Site, article_page

Run = Callable[..., Ended]
DATED = '<meta property="article:published_time" content="2014-11-07T09:00:00Z">'


def _feed(site: Site, *paths: str) -> str:
    items = "".join(f"<item><link>{site.url(p)}</link></item>" for p in paths)
    url = site.page("/feed.xml", f'<rss version="2.0"><channel><title>Echo</title>{items}</channel></rss>')
    return f'[[source]]\nname = "echo"\nurl = "{url}"\n'


@pytest.mark.parametrize("order", [("/evil", "/real"), ("/real", "/evil")])
@pytest.mark.parametrize("command", ["fetch", "add"])
def test_a_canonical_link_does_not_take_another_page_s_place(
    inline: Run, project: Project, site: Site, order: tuple[str, str], command: str
) -> None:
    site.page(
        "/real", article_page("The real story", "The ward was shut on Monday by the board of the trust.", head=DATED)
    )
    link = f'<link rel="canonical" href="{site.url("/real")}">'
    site.page(
        "/evil", article_page("Quite another", "Buy our pills, which cure all that ails you and more.", head=link)
    )
    if command == "add":
        for path in order:
            assert inline("add", site.url(path)).code == 0
    else:
        for paths in (order[:1], order, order):
            project.configure(_feed(site, *paths))
            assert inline("fetch").code == 0
    assert {(a["title"], a["revision"]) for a in project.articles()} == {("The real story", 1), ("Quite another", 1)}
    assert len({a["id"] for a in project.articles()}) == 2


@pytest.mark.parametrize("charset", ["undefined", "punycode", "idna", "rot13", "hex", "no-such", "utf-7"])
def test_a_charset_of_any_name_costs_no_more_than_its_own_page(
    inline: Run, project: Project, site: Site, charset: str
) -> None:
    site.page("/good", article_page("A good story", head=DATED))
    site.page("/odd", article_page("An odd story", head=DATED), content_type=f"text/html; charset={charset}")
    project.configure(_feed(site, "/odd", "/good"))
    ended = inline("fetch")
    assert ended.code in (0, 3)
    assert "unexpected" not in ended.err
    assert "A good story" in {a["title"] for a in project.articles()}


@pytest.mark.parametrize("date", ["2014-02-30T10:00:00Z", "0000-00-00", "2014-W99-9", "2014-13-45T00:00:00Z"])
def test_a_date_that_is_none_is_not_made_into_one(inline: Run, project: Project, site: Site, date: str) -> None:
    site.page("/a", article_page("A story"))
    entry = f"<item><link>{site.url('/a')}</link><pubDate>{date}</pubDate></item>"
    url = site.page("/feed.xml", f'<rss version="2.0"><channel><title>Echo</title>{entry}</channel></rss>')
    project.configure(f'[[source]]\nname = "echo"\nurl = "{url}"\n')
    assert inline("fetch").code == 0
    assert project.articles()[0]["published"] is None


def test_a_body_packed_twice_is_refused(inline: Run, project: Project, site: Site) -> None:
    site.replies["/a"] = Reply(b"x" * 100, headers={"Content-Encoding": "gzip, gzip"})
    assert "packed more than once" in inline("add", site.url("/a")).err
