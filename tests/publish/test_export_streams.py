"""However few articles are read together, the same come in the same order, with the same tags, labels and copies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clipper.archive.store import Archive
from clipper.collect.candidate import make_article
from clipper.collect.facts import Facts
from clipper.errors import CannotWork
from clipper.models import Article, Label, Tagging
from clipper.publish import selection
from clipper.publish.selection import Item, Selection


def _article(number: int, **more: str) -> Article:
    made = make_article(
        Facts(title=f"Ward {number}", outlet="Echo", published=f"2014-01-{number + 1:02}"),
        text=f"Ward {number} was sold.", url=None, canonical=None, fetched="2026-01-01T00:00:00Z", source="added",
        extractor="test",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]  # texts are what is replaced


@pytest.fixture
def stocked(archive: Archive) -> Archive:
    """Twenty articles; 1 and 2 are copies of 0, and 11 to 13 of 10. Every third is tagged, every fourth labelled."""
    articles = [_article(n) for n in range(20)]
    for first, last in ((0, 2), (10, 13)):
        articles[first + 1 : last + 1] = [
            replace(one, duplicate_of=articles[first].id) for one in articles[first + 1 : last + 1]
        ]
    tagged = [
        Tagging(article=one.id, revision=1, tags=[], scores={"access": 0.25}, model="m", codebook="c", tagged="")
        for one in articles[::3]
    ]
    labels = [Label(article=one.id, revision=1, theme="access", value=True, coder="ann") for one in articles[::4]]
    with archive.writing() as writer:
        writer.articles(articles)
        writer.taggings(tagged)
        writer.labels(labels)
    return archive


def one_by_one(chosen: Selection) -> list[Item]:
    """Return the items as they are read alone."""
    found = [chosen.item(item.article.id, item.copies) for item in chosen.items()]
    assert None not in found
    return found  # type: ignore[return-value]  # it holds no None


@pytest.mark.parametrize("together", [1, 2, 3, 250])
def test_what_is_read_together_is_what_is_read_alone(
    stocked: Archive, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    monkeypatch.setattr(selection, "_TOGETHER", together)
    monkeypatch.setattr(selection, "_PAGE", 7)
    chosen = Selection(stocked, None)
    items = list(chosen.items())
    assert items == one_by_one(chosen) and len(items) == 15
    assert sum(bool(item.labels) for item in items) == 3 and sum(item.tagging is not None for item in items) == 5
    assert [len(item.copies) for item in items if item.copies] == [3, 2]
    assert chosen.passed_over == 5  # two of them behind the last
    for limit, folded in ((1, 0), (7, 0), (8, 3), (14, 3)):  # the copies of the seventh stand right behind it
        assert list(chosen.items(limit=limit)) == items[:limit] and chosen.passed_over == folded
    assert list(chosen.items(limit=4, offset=5)) == items[5:9]


def test_what_is_gone_meanwhile_is_left_out_and_what_is_damaged_is_named(stocked: Archive) -> None:
    ids = [item.article.id for item in Selection(stocked, None, fold=False).items()]
    assert list(stocked.catalogue.places([ids[0], "none of it"])) == [ids[0]]
    assert {key: len(found) for key, found in stocked.catalogue.judgements.of_several(ids).items()} == dict.fromkeys(
        [ids[19 - n] for n in (0, 4, 8, 12, 16)], 1
    )
    assert stocked.catalogue.judgements.of_several([]) == {}
    chosen = Selection(stocked, None)
    file = next((stocked.path / "articles").glob("*.jsonl"))
    file.write_bytes(file.read_bytes().replace(b'{"id"', b'["id"'))
    with pytest.raises(CannotWork, match="no article at byte"):
        list(chosen.items())
