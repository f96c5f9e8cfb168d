"""What is given out agrees with what a search finds, in the same order, however small the pages are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clipper.archive.store import Archive
from clipper.collect.candidate import make_article
from clipper.collect.facts import Facts
from clipper.models import Article, Label, Tagging
from clipper.publish import selection
from clipper.publish.selection import Selection
from clipper.search.indexing import follow
from clipper.search.query import parse
from clipper.search.results import Search


def _article(title: str, published: str | None, text: str = "The ward was sold.", outlet: str = "Echo") -> Article:
    return make_article(
        Facts(title=title, outlet=outlet, published=published),
        text=text, url=None, canonical=None, fetched="2026-01-01T00:00:00Z", source="added", extractor="test",
    )  # fmt: skip


@pytest.fixture
def stocked(archive: Archive) -> Archive:
    articles = [_article(f"Ward {n}", f"2014-{n % 12 + 1:02d}-0{n % 9 + 1}", f"Ward {n} was sold.") for n in range(23)]
    articles += [_article("Undated", None), _article("Month", "2014-05"), _article("Choir", "2015-01-01", "They sang.")]
    first = articles[4]
    articles += [
        replace(_article(f"Ward again {n}", f"2016-0{n + 1}-01", outlet="Post"), duplicate_of=first.id)
        for n in range(3)
    ]
    page = replace(_article("A page of clippings", "2014-01-01"), kind="page")
    with archive.writing() as writer:
        writer.articles([*articles, page])
    return archive


def _ids(archive: Archive, query: str, *, fold: bool = True, sort: str | None = "date", **more: int) -> list[str]:
    return [item.article.id for item in Selection(archive, parse(query), fold=fold).items(sort=sort, **more)]


@pytest.mark.parametrize("size", [1, 2, 7, 5000])
@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("sort", ["date", "oldest", "relevance", None])
@pytest.mark.parametrize("query", ["", "ward", "outlet:post", "nothing"])
def test_it_is_what_a_search_finds(
    stocked: Archive, monkeypatch: pytest.MonkeyPatch, size: int, fold: bool, sort: str | None, query: str
) -> None:
    monkeypatch.setattr(selection, "_PAGE", size)
    search = Search(stocked, parse(query), follow=follow, fold=fold)
    expected = [hit.article.id for hit in search.results(sort=sort, limit=100).hits]
    assert _ids(stocked, query, fold=fold, sort=sort) == expected
    assert _ids(stocked, query, fold=fold, sort=sort, limit=5, offset=3) == expected[3:8]
    assert bool(expected) == (query != "nothing")


def test_copies_are_named_beside_the_first_and_pages_of_clippings_stay_in(stocked: Archive) -> None:
    items = list(Selection(stocked, None).items())
    folded = [item for item in items if item.copies]
    assert len(folded) == 1 and folded[0].article.title == "Ward again 2"
    copies = [stocked.read(entry.place).title for one in folded[0].copies if (entry := stocked.catalogue.get(one))]
    assert copies == ["Ward again 1", "Ward again 0", "Ward 4"]
    assert "A page of clippings" not in {item.article.title for item in items}
    assert [item.article.title for item in Selection(stocked, parse("kind:page")).items()] == ["A page of clippings"]


def test_all_matches_are_counted_and_passed(stocked: Archive) -> None:
    chosen = Selection(stocked, None)
    assert (chosen.total, chosen.folded, chosen.exact) == (29, 3, True)
    passed: list[tuple[int, int]] = []
    assert len(list(chosen.items(progress=lambda done, of: passed.append((done, of))))) == 26
    assert passed[-1] == (29, 29) and passed == sorted(passed)


def test_tags_and_labels_are_joined(stocked: Archive) -> None:
    item = next(Selection(stocked, parse("choir")).items())
    tag = {"theme": "access", "probability": 0.9, "threshold": 0.5}
    tagging = Tagging(
        article=item.article.id, revision=1, tags=[tag], scores={"access": 0.9}, model="m", codebook="c", tagged="t"
    )
    said = Label(article=item.article.id, revision=1, theme="workforce", value=True, coder="ann", at="2026-01-01")
    stocked.add_taggings([tagging])
    stocked.add_labels([said])
    item = next(Selection(stocked, parse("choir")).items())
    assert set(item.carried) == {"access", "workforce"}
    record = item.to_json()
    assert [(one["theme"], one["by"]) for one in record["tags"]] == [("workforce", "people"), ("access", "model")]
    assert [(one["theme"], one["coder"]) for one in record["labels"]] == [("workforce", "ann")]
    assert record["text"] == "They sang." and record["copies"] == []
    assert list(record)[: len(item.article.to_json())] == list(item.article.to_json())


def test_a_theme_that_was_renamed_is_called_by_its_present_name(stocked: Archive) -> None:
    item = next(Selection(stocked, parse("choir")).items())
    stocked.add_labels([Label(article=item.article.id, revision=1, theme="old", value=True, coder="ann", at="x")])
    assert next(Selection(stocked, parse("choir"), renamed={"old": "new"}).items()).carried == ["new"]


def test_what_is_gone_meanwhile_is_left_out(stocked: Archive) -> None:
    chosen = Selection(stocked, None)
    assert chosen.item("0000000000000000") is None and chosen.article("0000000000000000") is None
    some = next(chosen.items()).article
    assert chosen.article(some.id) == some
    assert some.id.startswith(chosen.short_id(some.id))
