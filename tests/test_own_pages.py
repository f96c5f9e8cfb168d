"""Saved pages of our own writing, with known truth: every clone can measure how well pages are read.

Floors are only ever raised. What a page's truth holds is told in ``pages/README.md``.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from clipper.collect.facts import Facts, hear
from clipper.collect.page import Page, read_page
from clipper.errors import Refused

PAGES = Path(__file__).resolve().parent / "pages"
TRUTH: list[dict[str, Any]] = [json.loads(line) for line in (PAGES / "truth.jsonl").read_text("utf-8").splitlines()]
WHOLE = [page for page in TRUTH if page["what"] == "article"]
PARTIAL = [page for page in TRUTH if page["what"] == "partial"]
WALLS = [page for page in TRUTH if page["what"] not in ("article", "partial")]

# The share of pages on which a field is exactly right; authors are compared as a set.
FIELDS = {"title": 1.0, "date": 1.0, "authors": 0.98, "outlet": 1.0}
# How well the body is found.
BODY, BODY_OF_PARTIAL = 0.99, 0.99


@cache
def _read(file: str, url: str) -> Page | None:
    """Return what is read from a page, or None where it is refused."""
    try:
        return read_page((PAGES / file).read_bytes(), url)
    except Refused:
        return None


def _found(page: dict[str, Any]) -> Page | None:
    return _read(page["file"], page["url"])


def _field(page: dict[str, Any], field: str) -> tuple[Any, Any]:
    """Return what is true and what is found."""
    found = _found(page)
    facts = hear(found.stated, found.guessed) if found else Facts()
    if field == "authors":
        return sorted(page["authors"]), sorted(facts.authors)
    return page[field], {"title": facts.title, "date": facts.published, "outlet": facts.outlet}[field]


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    """Return the runs of four words: the measure of the article-extraction benchmark."""
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3))) if words else Counter()


def _overlap(page: dict[str, Any]) -> tuple[float, float]:
    """Return precision and recall of a page's body."""
    found = _found(page)
    true, got = _shingles(page["body"]), _shingles(found.text if found else "")
    shared = (true & got).total()
    return (shared / got.total() if got else 0.0), shared / true.total()


def _f1(pages: list[dict[str, Any]]) -> tuple[float, str]:
    """Return the F1 of the averages of precision and recall, and the pages that lower it."""
    measured = {page["file"]: _overlap(page) for page in pages}
    precision = sum(p for p, _ in measured.values()) / len(measured)
    recall = sum(r for _, r in measured.values()) / len(measured)
    worst = [f"{file}: precision {p:.2f}, recall {r:.2f}" for file, (p, r) in measured.items() if min(p, r) < 0.95]
    return 2 * precision * recall / ((precision + recall) or 1), "\n".join(worst)


def test_the_pages_and_their_truth_belong_together() -> None:
    assert sorted(page["file"] for page in TRUTH) == sorted(path.name for path in PAGES.glob("*.html"))
    assert len({page["url"] for page in TRUTH}) == len(TRUTH)
    assert (len(WHOLE), len(PARTIAL), len(WALLS)) == (69, 7, 19)


def test_every_address_on_the_pages_is_invented() -> None:
    vocabularies = {b"schema.org", b"www.w3.org"}
    for page in TRUTH:
        hosts = set(re.findall(rb"//([\w-]+(?:\.[\w-]+)*\.[a-z]+)\b", (PAGES / page["file"]).read_bytes()))
        assert {h for h in hosts - vocabularies if not h.endswith(b".example")} == set(), page["file"]


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_is_read_as_it_is_printed(field: str) -> None:
    pages = WHOLE + PARTIAL
    wrong = [
        f"{page['file']}: {true!r}, not {found!r}"
        for page in pages
        for true, found in [_field(page, field)]
        if true != found
    ]
    share = 1 - len(wrong) / len(pages)
    assert share >= FIELDS[field], f"{field} {share:.3f}\n" + "\n".join(wrong)


def test_the_body_of_whole_articles_is_found() -> None:
    score, worst = _f1(WHOLE)
    assert score >= BODY, f"F1 {score:.4f}\n{worst}"


def test_what_a_paywall_leaves_is_kept_without_the_barrier() -> None:
    score, worst = _f1(PARTIAL)
    assert score >= BODY_OF_PARTIAL, f"F1 {score:.4f}\n{worst}"


def test_a_paywall_is_seen() -> None:
    assert [page["file"] for page in PARTIAL if not ((found := _found(page)) and found.partial)] == []


@pytest.mark.parametrize("field", ["title", "date"])
def test_title_and_date_of_partial_pages_are_right(field: str) -> None:
    assert {p["file"]: _field(p, field)[1] for p in PARTIAL} == {p["file"]: p[field] for p in PARTIAL}


def test_no_whole_article_is_refused() -> None:
    assert [page["file"] for page in WHOLE if _found(page) is None] == []


def test_a_whole_article_is_not_taken_for_a_part() -> None:
    assert [page["file"] for page in WHOLE if (found := _found(page)) and found.partial] == []


def test_what_is_no_article_is_refused() -> None:
    assert [f"{page['file']}: {found.text[:60]!r}" for page in WALLS if (found := _found(page))] == []
