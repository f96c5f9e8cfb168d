"""Pages of clippings in many layouts, each with its truth beside it: ``tests/clippings`` says how they were made."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clipper.collect.document import decode
from clipper.collect.intake import clippings
from clipper.collect.page import parse_html
from clipper.collect.pieces import Batch
from clipper.collect.textfile import decode_text
from clipper.text import fold

FOLDER = Path(__file__).parents[2] / "clippings"
TRUTHS = sorted(FOLDER.glob("*.json"))
# What is found of 498 items. A floor is only ever raised.
FLOORS = {"title": 0.99, "outlet": 0.98, "published": 0.98, "url": 0.98, "first": 0.98, "last": 0.94}


def page_of(truth: Path) -> Path:
    [page] = (p for p in FOLDER.glob(f"{truth.stem}.*") if p.suffix != ".json")
    return page


def cut(page: Path) -> Batch | None:
    if page.suffix == ".html":
        return clippings.of_page(parse_html(decode(page.read_bytes())), None)
    return clippings.of_text(decode_text(page.read_bytes()))


def flat(text: str | None) -> str:
    return " ".join(fold(text or "").split()).strip(" .")


def found_of(truth: dict[str, Any], batch: Batch) -> Counter[str]:
    found: Counter[str] = Counter()
    items = [piece for piece in batch.pieces if piece.kind == "clipping"]
    for wanted in truth["items"]:
        one = next((i for i in items if flat(i.facts.title) == flat(wanted["title"])), None)
        if one is None:
            continue
        items.remove(one)
        text = "" if one.partial else flat(one.text)
        found["title"] += 1
        found["outlet"] += flat(one.facts.outlet) == flat(wanted["outlet"])
        found["published"] += one.facts.published == wanted["published"]
        relative = wanted["url"] and not wanted["url"].startswith("http")
        found["url"] += bool(relative) or (one.facts.url or "").rstrip("/") == (wanted["url"] or "").rstrip("/")
        for name, fits in (("first", text.startswith), ("last", text.endswith)):
            found[name] += fits(flat(wanted[name])) if wanted[name] else not text
    return found


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda p: p.stem)
def test_a_page_of_clippings_is_cut_and_another_page_is_not(truth: Path) -> None:
    wanted = json.loads(truth.read_text("utf-8"))["page"]["cut"]
    batch = cut(page_of(truth))
    assert (batch is not None) == wanted
    if batch:
        assert batch.pieces[0].kind == "page"
        assert {piece.kind for piece in batch.pieces[1:]} == {"clipping"}


def test_titles_outlets_dates_links_and_texts_are_found() -> None:
    whole, found = 0, Counter[str]()
    for truth in TRUTHS:
        said = json.loads(truth.read_text("utf-8"))
        batch = cut(page_of(truth)) if said["items"] else None
        whole += len(said["items"])
        found += found_of(said, batch) if batch else Counter()
    assert whole > 450
    shares = {name: found[name] / whole for name in FLOORS}
    assert {name: share for name, share in shares.items() if share < FLOORS[name]} == {}


def test_no_item_is_made_up() -> None:
    more = {}
    for truth in TRUTHS:
        said = json.loads(truth.read_text("utf-8"))
        batch = cut(page_of(truth))
        count = len([p for p in batch.pieces if p.kind == "clipping"]) if batch else 0
        if count > len(said["items"]):
            more[truth.stem] = count - len(said["items"])
    assert sum(more.values()) <= 2, more


def test_what_is_the_pages_own_is_in_no_item() -> None:
    within: list[str] = []
    whole = 0
    for truth in TRUTHS:
        said = json.loads(truth.read_text("utf-8"))
        batch = cut(page_of(truth))
        if not batch:
            continue
        texts = " ".join(flat(p.text) for p in batch.pieces if p.kind == "clipping")
        for phrase in said["own"]:
            whole += 1
            within += [f"{truth.stem}: {phrase}"] * (flat(phrase) in texts)
    assert whole > 150
    assert len(within) <= 0.15 * whole, within  # a footer that nothing tells from the last item's text
