"""What a source lists: sitemaps of an index as far as they changed, listings back to what is known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clipper.archive.store import utc
from clipper.collect import survey as module
from clipper.collect.entries import Entry, Found
from clipper.collect.feeds import read_source
from clipper.collect.survey import Survey, survey
from clipper.collect.validators import Memory
from clipper.collect.web import Answer, Web
from clipper.config import FetchSettings, Source
from clipper.errors import FetchFailed
from conftest import Reply, Site

NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def here(source: Source, answer: Answer, depth: int) -> Found:
    return read_source(source, answer.body, answer.url, answer.content_type, depth)


class Project:
    """A source, and what its runs remember."""

    def __init__(self, folder: Path, site: Site, kind: str, path: str, **more: Any) -> None:
        self.folder = folder
        self.site = site
        self.source = Source(name="echo", url=site.url(path), kind=kind, **more)

    def run(
        self, now: datetime = NOON, known: Iterable[str] = (), *, dealt: bool = True, until: datetime | None = None
    ) -> Survey:
        """Survey the source as one run does; remember it when everything was ``dealt`` with, or waits."""
        archived = {self.site.url(path) for path in known}
        memory = Memory(self.folder, now)

        async def work() -> Survey:
            async with Web(FetchSettings(delay=0.0, timeout=5.0, allow_hosts=("127.0.0.1",))) as web:
                return await survey(web, self.source, memory, lambda entry: entry.url in archived, here)

        found = asyncio.run(work())
        if dealt:
            found.remember(memory, self.source, until)
        memory.save()
        return found

    def listed(self, found: Survey) -> list[str]:
        return [(entry.url or "").removeprefix(self.site.base) for entry in found.entries]

    def asked(self) -> list[str]:
        """Return what was asked for since the last time, robots.txt aside."""
        paths = [path for path in self.site.asked if path != "/robots.txt"]
        self.site.asked.clear()
        return paths


New = Callable[..., Project]


@pytest.fixture
def new(tmp_path: Path, site: Site) -> New:
    def make(kind: str, path: str, **more: Any) -> Project:
        return Project(tmp_path / "cache", site, kind, path, **more)

    return make


def index(site: Site, path: str, *rows: tuple[str, str | None]) -> None:
    body = "".join(
        f"<sitemap><loc>{site.url(loc)}</loc>{f'<lastmod>{when}</lastmod>' if when else ''}</sitemap>"
        for loc, when in rows
    )
    site.page(path, f"<sitemapindex {NS}>{body}</sitemapindex>", content_type="application/xml")


def sitemap(site: Site, path: str, *pages: str, **more: Any) -> None:
    body = "".join(f"<url><loc>{site.url(page)}</loc></url>" for page in pages)
    site.page(path, f"<urlset {NS}>{body}</urlset>", content_type="application/xml", **more)


# -- sitemaps -----------------------------------------------------------------------------------------------


def test_a_sitemap_that_is_older_than_the_last_look_is_not_asked_for(new: New, site: Site) -> None:
    index(site, "/index.xml", ("/new.xml", utc(NOON)), ("/old.xml", utc(NOON - 9 * DAY)), ("/undated.xml", None))
    for name in ("new", "old", "undated"):
        sitemap(site, f"/{name}.xml", f"/{name}/1", "/shared")
    echo = new("sitemap", "/index.xml")
    first = echo.run()
    assert sorted(echo.listed(first)) == ["/new/1", "/old/1", "/shared", "/undated/1"]
    assert sorted(echo.asked()) == ["/index.xml", "/new.xml", "/old.xml", "/undated.xml"]
    second = echo.run(NOON + HOUR)
    assert echo.asked() == ["/index.xml", "/new.xml", "/undated.xml"]  # within the same second it may have changed
    assert (second.unchanged, second.troubles) == (False, [])
    index(site, "/index.xml", ("/new.xml", utc(NOON)), ("/old.xml", utc(NOON + 90 * timedelta(minutes=1))))
    echo.run(NOON + 2 * HOUR)
    assert echo.asked() == ["/index.xml", "/old.xml"]


def test_a_sitemap_of_a_day_is_looked_at_until_the_day_is_over(new: New, site: Site) -> None:
    index(site, "/index.xml", ("/january.xml", "2026-01-05"))
    sitemap(site, "/january.xml", "/1")
    echo = new("sitemap", "/index.xml")
    echo.run()
    for later, asked in ((HOUR, True), (11 * HOUR, True), (2 * DAY, True), (3 * DAY, False)):
        echo.asked()
        echo.run(NOON + later)
        assert ("/january.xml" in echo.asked()) == asked, later


def test_an_index_is_always_read_whole(new: New, site: Site) -> None:
    index(site, "/index.xml", ("/a.xml", None))
    site.replies["/index.xml"].headers["ETag"] = '"one"'  # type: ignore[union-attr]  # it is there
    site.conditional["/index.xml"] = '"one"'
    sitemap(site, "/a.xml", "/1", headers={"ETag": '"two"'})
    site.conditional["/a.xml"] = '"two"'
    echo = new("sitemap", "/index.xml")
    assert echo.listed(echo.run()) == ["/1"]
    second = echo.run(NOON + HOUR)
    said = {p: h.get("if-none-match") for p, h in zip(site.asked[-2:], site.headers[-2:], strict=True)}
    assert said == {"/index.xml": None, "/a.xml": '"two"'}
    assert (second.entries, second.unchanged) == ([], False)


def test_what_was_not_dealt_with_is_read_again(new: New, site: Site) -> None:
    index(site, "/index.xml", ("/a.xml", utc(NOON - DAY)))
    sitemap(site, "/a.xml", "/1")
    echo = new("sitemap", "/index.xml")
    echo.run(dealt=False)
    assert echo.listed(echo.run(NOON + HOUR)) == ["/1"]
    assert echo.listed(echo.run(NOON + 2 * HOUR)) == []


def test_what_was_put_off_is_read_again_when_its_time_has_come(new: New, site: Site) -> None:
    index(site, "/index.xml", ("/a.xml", utc(NOON - DAY)))
    sitemap(site, "/a.xml", "/1")
    echo = new("sitemap", "/index.xml")
    echo.run(until=NOON + 4 * HOUR)
    assert echo.listed(echo.run(NOON + HOUR, until=None, dealt=False)) == []
    assert echo.listed(echo.run(NOON + 4 * HOUR)) == ["/1"]
    assert echo.listed(echo.run(NOON + 5 * HOUR)) == []


def test_a_sitemap_that_cannot_be_read_is_named_and_the_others_are_read(new: New, site: Site) -> None:
    index(site, "/index.xml", ("/gone.xml", None), ("/broken.xml", None), ("/a.xml", None))
    site.page("/broken.xml", "<html>not one</html>")
    sitemap(site, "/a.xml", "/1")
    echo = new("sitemap", "/index.xml")
    found = echo.run()
    assert echo.listed(found) == ["/1"]
    troubles = dict(found.troubles)
    assert "404" in troubles[site.url("/gone.xml")]
    assert "not a sitemap" in troubles[site.url("/broken.xml")]
    assert len(troubles) == 2


def test_an_index_that_lists_itself_comes_to_an_end(new: New, site: Site) -> None:
    index(site, "/index.xml", ("/index.xml", None), ("/other.xml", None))
    index(site, "/other.xml", ("/index.xml", None), ("/other.xml", None))
    echo = new("sitemap", "/index.xml")
    assert echo.run().entries == []
    assert sorted(echo.asked()) == ["/index.xml", "/other.xml"]


def test_more_sitemaps_than_one_run_reads_are_named(new: New, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PAGES", 3)
    index(site, "/index.xml", *((f"/{n}.xml", None) for n in range(5)))
    for n in range(5):
        sitemap(site, f"/{n}.xml", f"/page/{n}")
    echo = new("sitemap", "/index.xml")
    found = echo.run()
    assert len(found.entries) == 3
    cause = "not read: 3 are enough for one run; 2 of the pages that the source lists wait for the next run"
    assert [said for _, said in found.troubles] == [cause]
    assert {entry.url for entry in echo.run().entries} > {site.url("/page/3"), site.url("/page/4")}


# -- listings -----------------------------------------------------------------------------------------------


def pages(site: Site, count: int, **more: Any) -> None:
    for n in range(count):
        onward = f'<a rel="next" href="/list?page={n + 1}">Older</a>'
        path = f"/list?page={n}" if n else "/list"
        links = "".join(f'<h2><a href="/news/{2 * n + k}">News</a></h2>' for k in range(2))
        site.page(path, f"<html><body>{links}{onward}</body></html>", **more)


def test_a_listing_is_read_back_to_what_is_known(new: New, site: Site) -> None:
    pages(site, 9)
    echo = new("listing", "/list", links="h2 a", pages=9)
    found = echo.run(known=["/news/3", "/news/4", "/news/5", "/news/6", "/news/7"])
    assert echo.asked() == ["/list", "/list?page=1", "/list?page=2"]  # on the third page all is known
    assert echo.listed(found) == [f"/news/{n}" for n in range(6)]
    echo.run(known=[f"/news/{n}" for n in range(9)])
    assert echo.asked() == ["/list"]


@pytest.mark.parametrize("most", [1, 2, 4])
def test_a_listing_is_read_no_further_than_is_wanted(new: New, site: Site, most: int) -> None:
    pages(site, 9)
    echo = new("listing", "/list", links="h2 a", pages=most)
    found = echo.run()
    assert len(echo.asked()) == most
    assert len(found.entries) == 2 * most
    assert found.troubles == []


def test_a_next_page_that_fails_is_named_and_what_came_is_kept(new: New, site: Site) -> None:
    pages(site, 2)
    echo = new("listing", "/list", links="h2 a", pages=9)
    found = echo.run()
    assert len(found.entries) == 4
    assert found.troubles == [(site.url("/list?page=2"), "the server answered 404 Not Found")]


def test_entries_that_are_listed_twice_come_once(new: New, site: Site) -> None:
    pages(site, 1)
    site.page("/list?page=1", '<html><body><h2><a href="/news/1?utm_source=older">Twice</a></h2></body></html>')
    echo = new("listing", "/list", links="h2 a", pages=2)
    assert echo.listed(echo.run()) == ["/news/0", "/news/1"]


# -- feeds and pages ----------------------------------------------------------------------------------------


def test_a_feed_that_has_not_changed_says_so(new: New, site: Site) -> None:
    rows = "".join(f"<item><guid isPermaLink='false'>{n}</guid><title>A story</title></item>" for n in (1, 1, 2))
    rss = f'<rss version="2.0"><channel><title>Echo</title><ttl>60</ttl>{rows}</channel></rss>'
    site.page("/feed", rss, headers={"ETag": '"one"', "Cache-Control": "max-age=900"})
    site.conditional["/feed"] = '"one"'
    echo = new("feed", "/feed")
    first = echo.run()
    assert [entry.guid for entry in first.entries] == ["1", "2"]
    assert (first.ttl, first.max_age, first.unchanged) == (3600, 900, False)
    second = echo.run(NOON + HOUR)
    assert (second.entries, second.unchanged) == ([], True)


def test_a_source_that_cannot_be_read_fails_with_its_cause(new: New, site: Site) -> None:
    site.replies["/feed"] = Reply(b"busy", 500)
    with pytest.raises(FetchFailed, match="500"):
        new("feed", "/feed").run()


def test_a_page_is_its_own_entry_and_not_asked_for_here(new: New, site: Site) -> None:
    echo = new("page", "/news/1")
    assert echo.run().entries == [Entry(url=site.url("/news/1"))]
    assert echo.asked() == []
