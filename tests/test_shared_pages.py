"""Real news pages, where they are at hand: fetched once each, and read well enough. Floors are only ever raised."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from html import escape
from typing import Any

import pytest

from conftest import SHARED, Ended, Project, Site

PAGES = SHARED / "pages"
pytestmark = pytest.mark.skipif(not (PAGES / "truth.jsonl").is_file(), reason="the saved news pages are not at hand")

HOSTS = 4
# Exact titles, days and sets of authors among the pages for which they are known.
FLOORS = {
    ("fundus", "title"): 0.81, ("fundus", "date"): 0.95, ("fundus", "authors"): 0.83,
    ("trafilatura", "title"): 0.77, ("trafilatura", "date"): 0.84, ("trafilatura", "authors"): 0.52,
}  # fmt: skip


def _truth() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (PAGES / "truth.jsonl").read_text("utf-8").splitlines()]


def _body(page: dict[str, Any]) -> bytes:
    return gzip.decompress((PAGES / f"{page['id']}.html.gz").read_bytes())


def test_every_page_is_fetched_once_and_the_second_run_adds_nothing(
    clipper: Callable[..., Ended], project: Project, new_site: Callable[[], Site]
) -> None:
    pages = {_body(page): page for page in _truth()}  # a few are there twice, byte for byte
    sites = [new_site() for _ in range(HOSTS)]
    items: list[list[str]] = [[] for _ in sites]
    for number, (body, page) in enumerate(pages.items()):
        site = sites[number % HOSTS]
        url = site.page(f"/{page['id']}.html", body, content_type="text/html")
        items[number % HOSTS].append(f"<item><title>{escape(page['title'] or '')}</title><link>{url}</link></item>")
    sources = ""
    for site, listed in zip(sites, items, strict=True):
        feed = f'<rss version="2.0"><channel><title>Saved</title>{"".join(listed)}</channel></rss>'
        url = site.page("/feed.xml", feed, content_type="application/rss+xml")
        sources += f'[[source]]\nname = "{site.port}"\nurl = "{url}"\n'
    project.configure(sources)

    first = clipper("fetch", "--json")
    assert first.code == 0, first.err
    statuses = Counter(record["status"] for record in first.json)
    assert statuses == {"added": len(pages)}, first.err
    articles = project.articles()
    assert len({a["id"] for a in articles}) == len(articles) == len(pages)
    assert all(site.most_at_once == 1 for site in sites)
    assert all(n == 1 for site in sites for path, n in Counter(site.asked).items()), "a page was asked for twice"

    before = [len(site.asked) for site in sites]
    second = clipper("fetch", "--json")
    assert second.code == 0
    assert Counter(record["status"] for record in second.json) == {"seen": len(pages)}
    assert project.articles() == articles
    assert [site.asked[n:] for site, n in zip(sites, before, strict=True)] == [["/robots.txt", "/feed.xml"]] * HOSTS


def test_titles_dates_and_authors_keep_their_floors() -> None:
    from clipper.collect.facts import hear
    from clipper.collect.page import read_page

    right: Counter[tuple[str, str]] = Counter()
    known: Counter[tuple[str, str]] = Counter()
    for page in _truth():
        found = read_page(_body(page), page["url"])
        facts = hear(found.stated, found.guessed)
        for field, said, got in (
            ("title", " ".join((page["title"] or "").split()), facts.title or ""),
            ("date", (page["date"] or "")[:10], facts.published or ""),
            ("authors", {a.casefold() for a in page["authors"] or ()}, {a.casefold() for a in facts.authors}),
        ):
            if said and (page["src"], field) in FLOORS:
                known[page["src"], field] += 1
                right[page["src"], field] += said == got
    scores = {key: right[key] / known[key] for key in FLOORS}
    assert {key: score for key, score in scores.items() if score < FLOORS[key]} == {}, scores
