"""What is fetched once is looked at again when it changed; what was sent is kept; copies and stubs are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from clipper.archive.store import Archive
from conftest import Ended, Project, Reply, Site, article_page

Run = Callable[..., Ended]
DATED = '<meta property="article:published_time" content="2015-06-30T12:00:00Z">'
LATER = datetime.now(UTC) + timedelta(minutes=20)
PARAGRAPHS = (
    "The trust that runs both hospitals has told its staff that the children's ward in Fenwick will close at night.",
    "Parents who bring a sick child after eight in the evening will be sent to Marlstock, an hour away by the bus.",
    "Nurses said that they had been promised a meeting in spring, and that nobody had asked them since that promise.",
    "The council wants the plan to be looked at by somebody from outside before a single bed is taken out of the ward.",
)


def _feed(site: Site, *links: str, when: datetime | None = None, more: str = "") -> str:
    day = f"<pubDate>{format_datetime(when)}</pubDate>" if when else ""
    items = "".join(f"<item><title>An item</title><link>{link}</link>{day}</item>" for link in links)
    return site.page("/feed", f'<rss version="2.0"><channel><title>Echo</title>{more}{items}</channel></rss>')


def _source(site: Site, more: str = "") -> str:
    return f'[[source]]\nname = "echo"\nurl = "{site.url("/feed")}"\n{more}\n'


def _records(project: Project) -> list[tuple[str, str]]:
    found = []
    for path in sorted((project.archive / "warc").glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                record.content_stream().read()
                found.append((record.rec_type, record.rec_headers.get_header("WARC-Target-URI") or ""))
    return found


@pytest.fixture
def story(site: Site, project: Project, inline: Run) -> str:
    """An article that was fetched, whose feed names no date of change."""
    link = site.page("/news/ward", article_page("Ward to close", *PARAGRAPHS, head=DATED), headers={"ETag": '"one"'})
    site.conditional["/news/ward"] = '"one"'
    _feed(site, link)
    project.configure(_source(site))
    assert inline("fetch").code == 0
    return link


def test_a_page_whose_feed_says_that_it_changed_becomes_the_next_revision(
    story: str, site: Site, project: Project, inline: Run
) -> None:
    amended = (*PARAGRAPHS[:3], "Correction: the ward has eleven beds and not twelve, as this article said at first.")
    page = article_page("Ward to close at night", *amended, head=DATED)
    site.page("/news/ward", page, headers={"ETag": '"two"'})
    site.conditional["/news/ward"] = '"two"'
    _feed(site, story, when=LATER)
    assert inline("fetch").err == "clipper: echo: 0 added, 1 revised\n"
    first, second = project.articles()
    assert (second["id"], second["revision"], second["title"]) == (first["id"], 2, "Ward to close at night")
    assert site.headers[-1].get("if-none-match") == '"one"'
    shown = inline("show", first["id"], "--diff")
    assert shown.code == 0
    for line in ("- title: Ward to close", "+ title: Ward to close at night", f"- {PARAGRAPHS[3]}", f"+ {amended[3]}"):
        assert line in shown.out.splitlines()
    assert f"- {PARAGRAPHS[0]}" not in shown.out
    assert json.loads(inline("show", first["id"], "--diff", "--json").out)["added"] == [amended[3]]
    assert PARAGRAPHS[3] in inline("show", first["id"], "--revision", "1").out
    assert inline("show", first["id"], "--revision", "3").code == 1
    assert inline("show", first["id"], "--revision", "1", "--diff").code == 1


def test_a_page_that_is_as_it_was_is_not_sent_again_and_leaves_a_revisit_record(
    story: str, site: Site, project: Project, inline: Run
) -> None:
    _feed(site, story, when=LATER)
    assert inline("fetch").err == "clipper: echo: 0 added, 1 seen\n"
    assert site.headers[-1].get("if-none-match") == '"one"'
    (article,) = project.articles()
    assert project.lines("runs.jsonl")[-1]["unchanged"] == [article["id"]]
    assert [kind for kind, url in _records(project) if url == story] == ["response", "request", "revisit", "request"]


def test_the_same_bytes_without_an_etag_leave_a_revisit_record_too(site: Site, project: Project, inline: Run) -> None:
    link = site.page("/news/ward", article_page("Ward to close", *PARAGRAPHS, head=DATED))
    _feed(site, link)
    project.configure(_source(site))
    assert inline("fetch").code == 0
    _feed(site, link, when=LATER)
    assert inline("fetch").code == 0
    assert [kind for kind, url in _records(project) if url == link] == ["response", "request", "revisit", "request"]
    assert len(project.articles()) == 1


def test_a_page_that_was_looked_at_long_ago_is_asked_for_again_when_that_is_wanted(
    story: str, site: Site, project: Project, inline: Run
) -> None:
    asked = site.asked.count("/news/ward")
    assert inline("fetch", "--revisit", "7d").code == 0
    assert site.asked.count("/news/ward") == asked
    _fetched_days_ago(project, 8)
    assert inline("fetch", "--revisit", "7d").code == 0
    assert site.asked.count("/news/ward") == asked + 1
    assert inline("fetch", "--revisit", "7d").code == 0  # it was looked at a moment ago
    assert site.asked.count("/news/ward") == asked + 1


def _fetched_days_ago(project: Project, days: int) -> None:
    """Make the archive's articles older, as if the clock had gone on."""
    moment = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for path in (project.archive / "articles").glob("*.jsonl"):
        lines = [json.dumps({**json.loads(line), "fetched": moment}) for line in path.read_text("utf-8").splitlines()]
        path.write_text("".join(line + "\n" for line in lines), "utf-8")


@pytest.mark.parametrize("age", ["7", "d", "0d", "-1d", "7 years", "1e3h"])
def test_an_age_that_is_none_is_named(inline: Run, project: Project, age: str) -> None:
    ended = inline("fetch", f"--revisit={age}")
    assert (ended.code, ended.out) == (2, "")
    assert "write 30m, 12h, 7d or 4w" in ended.err


def test_a_page_that_is_gone_stays_in_the_archive(story: str, site: Site, project: Project, inline: Run) -> None:
    site.replies["/news/ward"] = Reply(b"gone", 410)
    del site.conditional["/news/ward"]
    _feed(site, story, when=LATER)
    ended = inline("fetch")
    assert (ended.code, len(project.articles())) == (4, 1)
    assert "failed: the server answered 410 Gone" in ended.err


def test_a_page_that_failed_twice_is_put_off_and_said_so(site: Site, project: Project, inline: Run) -> None:
    _feed(site, site.url("/missing"), site.page("/news/a", article_page("Ward to close", *PARAGRAPHS, head=DATED)))
    project.configure(_source(site))
    assert [inline("fetch").code for _ in range(2)] == [3, 3]
    third = inline("fetch")
    assert (third.code, third.err) == (0, "clipper: echo: 0 added, 1 seen, 1 put off\n")
    assert site.asked.count("/missing") == 2
    assert project.lines("runs.jsonl")[-1]["sources"][0]["put_off"] == 1


def test_what_was_sent_is_kept_byte_for_byte_unless_that_is_not_wanted(
    story: str, site: Site, project: Project, inline: Run
) -> None:
    (article,) = project.articles()
    archive = Archive(project.archive)
    raw = archive.read_raw(article["warc"])
    assert (raw.url, raw.body) == (story, site.replies["/news/ward"].body)  # type: ignore[union-attr]  # it is there
    assert raw.headers["etag"] == '"one"'
    other = site.page("/news/b", article_page("Another ward", *PARAGRAPHS[::-1], head=DATED))
    _feed(site, story, other)
    project.configure(_source(site), fetch="warc = false")
    size = sum(path.stat().st_size for path in (project.archive / "warc").iterdir())
    assert inline("fetch").code == 0
    assert project.articles()[-1]["warc"] is None
    assert sum(path.stat().st_size for path in (project.archive / "warc").iterdir()) == size


def test_the_archive_is_read_anew_offline_and_stays_as_it_is(
    story: str, site: Site, project: Project, inline: Run
) -> None:
    asked = len(site.asked)
    ended = inline("extract", "--again")
    assert (ended.code, ended.err) == (0, "clipper: 0 revised, 1 as they were\n")
    assert len(site.asked) == asked
    (path,) = (project.archive / "articles").glob("*.jsonl")
    line = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**line, "text": "An older reading.", "authors": ["Menu"], "sha256": "0" * 64}) + "\n")
    assert inline("extract", "--again").err == "clipper: 1 revised\n"
    old, new = project.articles()
    assert (new["revision"], new["id"], new["warc"], new["text"]) == (2, old["id"], old["warc"], line["text"])
    assert new["fetched"] == old["fetched"]


def test_wire_copy_in_two_papers_is_kept_twice_and_the_second_names_the_first(
    new_site: Callable[[], Site], project: Project, inline: Run
) -> None:
    sites = [new_site(), new_site()]
    sources = ""
    for number, site in enumerate(sites):
        page = article_page("Ward to close", *PARAGRAPHS, head=DATED).replace("Fenwick Echo", f"Paper {number}")
        _feed(site, site.page("/news/ward", page))
        sources += _source(site).replace('"echo"', f'"paper{number}"')
    project.configure(sources)
    assert inline("fetch", "paper0").code == 0
    assert inline("fetch", "paper1").code == 0
    first, second = project.articles()
    assert (first["duplicate_of"], second["duplicate_of"]) == (None, first["id"])
    assert first["id"] in inline("show", second["id"]).out


STUB = """<!doctype html><html lang="en"><head><title>Beds for sale | The Fenwick Echo</title>
<meta property="og:title" content="Beds for sale"><meta property="og:site_name" content="The Fenwick Echo">
<meta property="og:description" content="A company wants to buy the beds that the trust no longer needs.">
<meta property="article:published_time" content="2015-06-30T12:00:00Z">
<script type="application/ld+json">
{"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Beds for sale",
"datePublished": "2015-06-30T12:00:00Z", "isAccessibleForFree": false}
</script></head><body><article>
<h1>Beds for sale</h1><p>A company that owns three nursing homes has asked the trust in Fenwick what it would take for
the eleven beds that stand empty since the children's ward was closed at night last spring.</p>
<div class="paywall"><p>Subscribe to continue reading this article.</p></div></article></body></html>"""


def test_a_stub_is_kept_as_one_and_its_full_copy_takes_its_place(
    site: Site, project: Project, inline: Run, tmp_path: Path
) -> None:
    _feed(site, site.page("/news/beds", STUB))
    project.configure(_source(site))
    ended = inline("fetch")
    assert ended.code == 0
    assert "a stub" in ended.err
    (stub,) = project.articles()
    assert (stub["partial"], stub["title"], stub["published"]) == (True, "Beds for sale", "2015-06-30")
    assert "Subscribe to continue" not in stub["text"]
    assert [hit["id"] for hit in inline("search", "partial:yes", "--json").json] == [stub["id"]]
    full = tmp_path / "saved.html"
    full.write_text(article_page("Beds for sale", *PARAGRAPHS * 3, head=DATED), "utf-8")
    assert inline("add", str(full), "--as", stub["id"][:8]).code == 0
    _, whole = project.articles()
    assert (whole["id"], whole["revision"], whole["partial"]) == (stub["id"], 2, False)
    assert whole["url"] == stub["url"]
    assert inline("search", "partial:yes").code == 1
    assert len(inline("search", "partial:no", "--json").json) == 1


def test_the_full_copy_of_nothing_or_of_two_at_once_is_refused(project: Project, inline: Run, tmp_path: Path) -> None:
    page = tmp_path / "saved.html"
    page.write_text(article_page("Beds for sale", *PARAGRAPHS, head=DATED), "utf-8")
    assert inline("add", str(page), "--as", "0123").code == 1
    assert inline("add", str(page), str(page), "--as", "0123").code == 2
    assert project.articles() == []


def test_an_index_of_sitemaps_is_followed(site: Site, project: Project, inline: Run) -> None:
    links = [site.page(f"/news/{n}", article_page(f"Story {n}", *PARAGRAPHS[n:], head=DATED)) for n in range(2)]
    for n, link in enumerate(links):
        row = f"<url><loc>{link}</loc></url>"
        site.page(f"/map{n}.xml", f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{row}</urlset>')
    rows = "".join(f"<sitemap><loc>{site.url(f'/map{n}.xml')}</loc></sitemap>" for n in range(2))
    index = site.page(
        "/index.xml", f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'
    )
    project.configure(f'[[source]]\nname = "echo"\nurl = "{index}"\nkind = "sitemap"\n')
    assert inline("fetch").code == 0
    assert sorted(a["url"] for a in project.articles()) == links


def test_a_listing_is_followed_to_its_next_pages_only_as_far_as_there_is_something_new(
    site: Site, project: Project, inline: Run
) -> None:
    for n in range(3):
        site.page(f"/news/{n}", article_page(f"Story {n}", *PARAGRAPHS[n:], head=DATED))
        more = f'<a class="older" href="/list/{n + 1}">Older</a>' if n < 2 else ""
        site.page(f"/list/{n}", f'<main><h2><a href="/news/{n}">No {n}</a></h2></main>{more}')
    listing = f'[[source]]\nname = "echo"\nurl = "{site.url("/list/0")}"\nkind = "listing"\nlinks = "h2 a"\n'
    project.configure(listing + 'next = "a.older"\npages = 9\n')
    assert inline("fetch").code == 0
    assert len(project.articles()) == 3
    asked = len(site.asked)
    assert inline("fetch").code == 0
    assert site.asked[asked:] == ["/list/0"]


@pytest.mark.parametrize(
    ("page", "cause"),
    [
        ('<html><body><div id="root"></div><script src="/app.js"></script></body></html>', "JavaScript"),
        ("<html><head><title>404 - Page not found</title></head><body><h1>Page not found</h1><p>Sorry, the page that "
         "you are looking for is not here any more. Try our home page instead.</p></body></html>", "error page"),
    ],
)  # fmt: skip
def test_what_is_no_article_is_named_and_not_kept(
    site: Site, project: Project, inline: Run, page: str, cause: str
) -> None:
    _feed(site, site.page("/news/a", page))
    project.configure(_source(site))
    ended = inline("fetch")
    assert (ended.code, project.articles()) == (3, []), ended.err
    assert "refused" in ended.err
    assert cause in ended.err


def test_a_link_that_leads_to_another_story_now_does_not_make_one_of_the_other(
    story: str, site: Site, project: Project, inline: Run
) -> None:
    other = site.page("/news/bus", article_page("The last bus", *[p.upper() for p in PARAGRAPHS[::-1]], head=DATED))
    site.replies["/news/ward"] = Reply(b"", 302, headers={"Location": "/news/bus"})
    del site.conditional["/news/ward"]
    _feed(site, story, when=LATER)
    assert inline("fetch").err == "clipper: echo: 1 added\n"
    first, second = project.articles()
    assert (first["url"], first["revision"], second["url"], second["revision"]) == (story, 1, other, 1)
    _feed(site, story, other, when=LATER + timedelta(minutes=1))
    again = inline("fetch")
    assert f"refused: its link now leads to another article, {second['id']}" in again.err
    assert [a["revision"] for a in project.articles()] == [1, 1]


def test_a_page_that_moved_stays_the_article_that_it_was(story: str, site: Site, project: Project, inline: Run) -> None:
    moved = site.page("/2015/ward", article_page("Ward to close", *PARAGRAPHS, "One more paragraph came.", head=DATED))
    site.replies["/news/ward"] = Reply(b"", 301, headers={"Location": "/2015/ward"})
    del site.conditional["/news/ward"]
    _feed(site, story, when=LATER)
    assert inline("fetch").err == "clipper: echo: 0 added, 1 revised\n"
    first, second = project.articles()
    assert (second["id"], second["revision"], second["url"]) == (first["id"], 2, moved)


def test_a_host_that_asks_for_a_day_of_rest_gets_it_from_the_next_run_too(
    site: Site, project: Project, inline: Run
) -> None:
    site.replies["/feed"] = Reply(b"later", 503, headers={"Retry-After": "86400"})
    project.configure(_source(site))
    assert inline("fetch").code == 4
    asked = len(site.asked)
    ended = inline("fetch")
    assert ended.code == 4
    assert "not asked: the host wants to be left alone until 20" in ended.err
    assert len(site.asked) == asked


def test_a_feed_that_keeps_a_parser_for_too_long_costs_only_itself(
    new_site: Callable[[], Site], project: Project, inline: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clipper.collect.workers.LIMIT", 2.0)
    bad, good = new_site(), new_site()
    words = "&lt;b&gt;w&lt;/b&gt; " * 60
    items = (f"<item><title>x</title><link>/{n}</link><description>{words}</description></item>" for n in range(14_000))
    bad.page("/feed", f'<rss version="2.0"><channel>{"".join(items)}</channel></rss>')
    _feed(good, good.page("/news/ward", article_page("Ward to close", *PARAGRAPHS, head=DATED)))
    project.configure(_source(bad).replace("echo", "bad") + _source(good))
    ended = inline("fetch")
    assert ended.code == 3
    assert "bad: failed" in ended.err
    assert "could not be read within" in ended.err
    assert [a["title"] for a in project.articles()] == ["Ward to close"]


def test_links_that_nobody_can_ask_for_do_not_speak_against_their_host(
    site: Site, project: Project, inline: Run
) -> None:
    links = [f"{site.base}/bad\x7f{n}" for n in range(4)]
    _feed(site, *links, site.page("/news/ward", article_page("Ward to close", *PARAGRAPHS, head=DATED)))
    project.configure(_source(site))
    assert inline("fetch").code == 3
    assert len(project.articles()) == 1


def test_a_robots_txt_that_may_not_be_read_is_asked_for_once(site: Site, project: Project, inline: Run) -> None:
    site.replies["/robots.txt"] = Reply(b"", 302, headers={"Location": "http://10.0.0.1/robots.txt"})
    _feed(site, *(site.page(f"/news/{n}", article_page(f"Ward {n}", *PARAGRAPHS, head=DATED)) for n in range(3)))
    project.configure(_source(site))
    assert inline("fetch").code == 4
    assert inline("fetch").code == 4
    assert site.asked == ["/robots.txt"] * 2
