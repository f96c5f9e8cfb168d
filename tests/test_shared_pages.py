"""Real news pages, where they are at hand: fetched once each, and read well enough. Floors are only ever raised."""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from collections import Counter
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest

from conftest import SHARED, Ended, Project, Site

PAGES = SHARED / "pages"
pytestmark = pytest.mark.skipif(not (PAGES / "truth.jsonl").is_file(), reason="the saved news pages are not at hand")

HOSTS = 4
# Exact titles, days and sets of authors, the F1 of bodies, segments that must and must not be there: as
# bench/extraction.py scores them.
FLOORS = {
    ("fundus", "title"): 0.90, ("fundus", "date"): 0.97, ("fundus", "authors"): 0.87, ("fundus", "body"): 0.965,
    ("trafilatura", "title"): 0.825, ("trafilatura", "date"): 0.885, ("trafilatura", "authors"): 0.70,
    ("trafilatura", "present"): 0.975, ("trafilatura", "absent"): 0.985, ("aeb", "body"): 0.97,
}  # fmt: skip
BENCH = Path(__file__).resolve().parents[1] / "bench" / "extraction.py"


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
    assert [site.asked[n:] for site, n in zip(sites, before, strict=True)] == [["/feed.xml"]] * HOSTS


def test_every_page_is_read_and_the_scores_keep_their_floors() -> None:
    described = importlib.util.spec_from_file_location("extraction_bench", BENCH)
    assert described is not None and described.loader is not None
    bench = importlib.util.module_from_spec(described)
    sys.modules["extraction_bench"] = bench
    described.loader.exec_module(bench)
    pages, raw = bench.load(PAGES)
    readings, _ = bench.run(pages, raw, bench.by_clipper)
    assert [page["id"] for page, got in zip(pages, readings, strict=True) if not got.text] == []
    scores = bench.score(pages, readings)
    assert {key: scores[key] for key, floor in FLOORS.items() if scores[key] < floor} == {}
