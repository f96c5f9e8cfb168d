"""A whole fetch against real servers: what is asked for, how often, and what is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

import pytest

from conftest import Ended, Project, Reply, Site, article_page

Inline = Callable[..., Ended]
DATED = '<meta property="article:published_time" content="2015-06-30T12:00:00Z">'


def feed(site: Site, path: str = "/feed", *, items: Sequence[str]) -> str:
    body = f'<rss version="2.0"><channel><title>Echo feed</title>{"".join(items)}</channel></rss>'
    return site.page(path, body, content_type="application/rss+xml")


def item(link: str, more: str = "") -> str:
    return f"<item><title>An item</title><link>{escape(link)}</link>{more}</item>"


def source(name: str, url: str, more: str = "") -> str:
    return f'[[source]]\nname = "{name}"\nurl = "{url}"\n{more}\n'


def story(site: Site, path: str, title: str = "Ward to close", *paragraphs: str, head: str = DATED) -> str:
    return site.page(path, article_page(title, *paragraphs, head=head))


def pages(site: Site) -> list[str]:
    return [path for path in site.asked if path not in ("/robots.txt", "/feed")]


def test_each_article_is_asked_for_once_however_often_fetch_runs(site: Site, project: Project, inline: Inline) -> None:
    links = [story(site, f"/news/{n}", f"Story number {n}") for n in range(4)]
    twice = links[0] + "?utm_source=rss"
    project.configure(source("echo", feed(site, items=[item(u) for u in [*links, twice]])))
    assert inline("fetch").code == 0
    assert sorted(pages(site)) == ["/news/0", "/news/1", "/news/2", "/news/3"]
    before = project.articles()
    again = inline("fetch", "--json")
    assert (again.code, {o["status"] for o in again.json}) == (0, {"seen"})
    assert len(pages(site)) == 4
    assert project.articles() == before
    assert sorted(a["url"] for a in before) == links
    assert all(a["source"] == "echo" and a["fetched"].endswith("Z") and a["revision"] == 1 for a in before)
    assert site.asked.count("/robots.txt") == 1  # good for a day


def test_an_article_of_two_sources_is_asked_for_once(site: Site, project: Project, inline: Inline) -> None:
    link = story(site, "/news/a")
    project.configure(
        source("one", feed(site, items=[item(link)])) + source("two", feed(site, "/feed2", items=[item(link)]))
    )
    assert inline("fetch").code == 0
    assert site.asked.count("/news/a") == 1
    assert len(project.articles()) == 1


def test_what_was_seen_survives_the_loss_of_the_cache(site: Site, project: Project, inline: Inline) -> None:
    site.replies["/moved"] = Reply(b"", 301, headers={"Location": "/news/a"})
    story(site, "/news/a")
    site.page("/empty", "<html><body></body></html>")
    links = [site.url("/moved"), site.url("/empty")]
    project.configure(source("echo", feed(site, items=[item(u) for u in links])))
    assert inline("fetch").code == 3
    asked = len(pages(site))
    for path in sorted((project.archive / "cache").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert inline("fetch").code == 0
    assert len(pages(site)) == asked


def test_a_redirect_is_remembered_so_that_the_second_run_asks_nothing(
    site: Site, project: Project, inline: Inline
) -> None:
    site.replies["/short/1"] = Reply(b"", 301, headers={"Location": "/short/2"})
    site.replies["/short/2"] = Reply(b"", 302, headers={"Location": "/news/a"})
    story(site, "/news/a")
    story(site, "/amp/a", head=DATED + f'<link rel="canonical" href="{site.url("/news/a")}">')
    links = [site.url("/short/1"), site.url("/amp/a")]
    project.configure(source("echo", feed(site, items=[item(u) for u in links])))
    assert inline("fetch").code == 0
    assert sorted(pages(site)) == ["/amp/a", "/news/a", "/short/1", "/short/2"]
    assert len(project.articles()) == 1
    assert inline("fetch").code == 0
    assert len(pages(site)) == 4


def test_one_host_is_asked_one_thing_at_a_time(site: Site, project: Project, inline: Inline) -> None:
    links = [story(site, f"/news/{n}", f"Story number {n}") for n in range(5)]
    for reply in site.replies.values():
        reply.after = 0.01
    more = feed(site, "/feed2", items=[item(story(site, "/other", "Another story"))])
    project.configure(source("echo", feed(site, items=[item(u) for u in links])) + source("two", more))
    assert inline("fetch").code == 0
    assert len(project.articles()) == 6
    assert site.most_at_once == 1


class Together(Reply):
    """A reply that is only given when all the others of its barrier have been asked for too."""

    def __init__(self, body: bytes, barrier: threading.Barrier, met: list[bool]) -> None:
        self.__dict__.update(body=body, status=200, content_type="text/html", headers={}, barrier=barrier, met=met)

    @property
    def after(self) -> float:  # type: ignore[override]  # a field elsewhere
        try:
            self.__dict__["barrier"].wait(5)
        except threading.BrokenBarrierError:
            return 0.0
        self.__dict__["met"].append(True)
        return 0.0


def test_several_hosts_are_asked_side_by_side(new_site: Callable[[], Site], project: Project, inline: Inline) -> None:
    sites = [new_site() for _ in range(3)]
    met: list[bool] = []
    barrier = threading.Barrier(len(sites))
    for number, one in enumerate(sites):
        one.replies["/a"] = Together(article_page(f"Story number {number}", head=DATED).encode(), barrier, met)
    project.configure(source("all", feed(sites[0], items=[item(s.url("/a")) for s in sites])))
    assert inline("fetch").code == 0
    assert met == [True, True, True]
    assert len(project.articles()) == 3


def test_each_field_is_taken_from_the_first_that_states_it(site: Site, project: Project, inline: Inline) -> None:
    said = (
        "<author>desk@echo.test (Feed Author)</author><pubDate>Wed, 4 Mar 2015 12:00:00 +0000</pubDate>"
        "<category>Feed category</category><description>The feed's summary.</description>"
    )
    full = DATED + '<meta name="author" content="Page Author"><meta name="description" content="The page\'s summary.">'
    layout = (
        "<html><head><title>Guessed title</title></head><body><article><h1>Guessed title</h1>"
        '<p class="date">9 May 2013</p>' + "<p>The board of the trust met on Tuesday for a long time.</p>" * 4
        + "</article></body></html>"
    )  # fmt: skip
    links = [
        item(story(site, "/full", "Page title", head=full), said),
        item(site.page("/bare", layout), said),
        item(site.page("/guess", layout)),
    ]
    project.configure(
        source("configured", feed(site, items=links), 'outlet = "Configured Outlet"')
        + source("plain", feed(site, "/feed2", items=[item(story(site, "/plain", "Page title two", head=full))]))
    )
    assert inline("fetch").code == 0
    found = {a["url"].rpartition("/")[2]: a for a in project.articles()}
    fields = ("outlet", "title", "authors", "published", "excerpt", "categories")
    assert [found["full"][f] for f in fields] == [
        "Configured Outlet", "Page title", ["Page Author"], "2015-06-30", "The page's summary.", ["Feed category"],
    ]  # fmt: skip
    assert [found["bare"][f] for f in fields] == [
        "Configured Outlet", "An item", ["Feed Author"], "2015-03-04", "The feed's summary.", ["Feed category"],
    ]  # fmt: skip
    assert found["guess"]["published"] == "2013-05-09"
    assert found["plain"]["outlet"] == "The Fenwick Echo"


@pytest.mark.parametrize(("full_text", "asked"), [("true", []), ("false", ["/news/a"])])
def test_a_full_text_source_takes_the_article_from_its_feed(
    site: Site, project: Project, inline: Inline, full_text: str, asked: list[str]
) -> None:
    words = "<p>" + "The whole story as the feed has it. " * 10 + "</p><p>Its second part.</p>"
    content = (
        f'<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">{escape(words)}</content:encoded>'
    )
    link = story(site, "/news/a")
    project.configure(source("blog", feed(site, items=[item(link, content)]), f"full_text = {full_text}"))
    assert inline("fetch").code == 0
    assert pages(site) == asked
    (one,) = project.articles()
    assert one["text"].endswith("Its second part.") is (full_text == "true")
    assert one["url"] == link


def test_a_full_text_source_asks_for_the_page_where_the_feed_has_a_teaser(
    site: Site, project: Project, inline: Inline
) -> None:
    link = story(site, "/news/a")
    teaser = "<description>Read the whole story on our pages.</description>"
    project.configure(source("blog", feed(site, items=[item(link, teaser)]), "full_text = true"))
    assert inline("fetch").code == 0
    assert pages(site) == ["/news/a"]


def test_only_what_match_drop_and_since_let_in_is_asked_for(site: Site, project: Project, inline: Inline) -> None:
    for path in ("/ward-new", "/ward-old", "/ward-football", "/music"):
        story(site, path, f"Story of {path[1:]}")
    new, old = ("<pubDate>Wed, 4 Mar 2015 12:00:00 +0000</pubDate>", "<pubDate>4 Mar 2013 12:00:00 +0000</pubDate>")
    entries = [("/ward-new", new), ("/ward-old", old), ("/ward-football", new), ("/music", new)]
    more = 'match = ["WARD", "clinic"]\ndrop = ["football"]\nsince = 2014-01-01'
    project.configure(source("echo", feed(site, items=[item(site.url(p), d) for p, d in entries]), more))
    assert inline("fetch").code == 0
    assert pages(site) == ["/ward-new"]


def test_the_date_of_change_in_a_sitemap_serves_since(site: Site, project: Project, inline: Inline) -> None:
    story(site, "/new", "A new story")
    story(site, "/old", "An old story")
    rows = "".join(
        f"<url><loc>{site.url(path)}</loc><lastmod>{day}</lastmod></url>"
        for path, day in (("/new", "2015-03-04"), ("/old", "2009-03-04"))
    )
    url = site.page("/map", f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>')
    project.configure(source("echo", url, 'kind = "sitemap"\nsince = 2014-01-01'))
    assert inline("fetch").code == 0
    assert [a["url"] for a in project.articles()] == [site.url("/new")]


def test_listings_sitemaps_and_single_pages_are_sources_too(site: Site, project: Project, inline: Inline) -> None:
    story(site, "/listed", "A listed story")
    site.page("/list", '<a href="/">Home</a><a href="/listed">A story found on a list</a>')
    story(site, "/page", "A single page")
    project.configure(
        source("list", site.url("/list"), 'kind = "listing"') + source("page", site.url("/page"), 'kind = "page"')
    )
    assert inline("fetch").code == 0
    assert sorted(a["url"] for a in project.articles()) == [site.url("/listed"), site.url("/page")]
    assert inline("fetch").code == 0
    assert site.asked.count("/page") == site.asked.count("/listed") == 1


def test_only_the_named_source_is_asked_and_an_unknown_name_is_told(
    site: Site, project: Project, inline: Inline
) -> None:
    one = feed(site, items=[item(story(site, "/a"))])
    project.configure(source("Echo", one) + source("argus", site.url("/argus")))
    assert inline("fetch", "echo").code == 0
    assert "/argus" not in site.asked
    before = len(site.asked)
    ended = inline("fetch", "argos")
    assert (ended.code, len(site.asked)) == (2, before)
    assert "no source named 'argos'; did you mean 'argus'?" in ended.err
