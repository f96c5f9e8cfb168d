"""The last week: by the day of publication, and by the day of coming where no day is stated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from clipper.archive.store import Archive
from clipper.checksums import checksum
from clipper.models import Article
from clipper.publish.about import About
from clipper.publish.digest import Digest
from clipper.publish.digestpages import as_text
from clipper.publish.selection import Selection
from clipper.publish.week import week_up_to
from clipper.search.tree import Words

NOW = datetime(2016, 3, 30, 23, 30, tzinfo=UTC)  # in London it is the 31st already
EARLY, LATE = "2015-01-05T10:00:00Z", "2016-03-28T10:00:00Z"


def article(name: str, published: str | None, fetched: str = EARLY, **more: str) -> Article:
    text = f"The ward called {name} was looked at by the board. Nobody came."
    return Article(id=(name * 16)[:16], title=f"Ward {name}", outlet="HSJ", published=published, fetched=fetched,
                   text=text, sha256=checksum(text), **more)  # type: ignore[arg-type]  # fmt: skip


THIS = [
    article("a1", "2016-03-31"), article("a2", "2016-03-25"), article("a3", None, LATE),
    article("a4", "2016-03", LATE), article("a5", "2016", "2016-03-30T23:10:00Z"),
]  # fmt: skip
BEFORE = [article("b1", "2016-03-24"), article("b2", "2016-03-18"), article("b3", None, "2016-03-20T10:00:00Z")]
NEITHER = [
    article("c1", "2016-03-17"), article("c2", "2016-04-01"), article("c3", None), article("c4", "2016-02", LATE),
    article("c5", "2016-03", EARLY), article("c6", "2015-03-30", LATE),
]  # fmt: skip


@pytest.fixture
def kept(archive: Archive) -> Archive:
    changed = article("c7", None)
    text = "The ward was looked at by the board again, and at length. Nobody came."
    with archive.writing() as writer:
        writer.articles([*THIS, *BEFORE, *NEITHER, changed])
    with archive.writing() as writer:
        writer.articles([replace(changed, revision=2, fetched=LATE, text=text, sha256=checksum(text))])
    return archive


def test_a_week_is_seven_days_up_to_today_and_so_is_the_one_before(kept: Archive) -> None:
    week, node = week_up_to(NOW, kept, None)
    assert (week.since, week.until, week.before.since, week.before.until) == (
        "2016-03-25", "2016-03-31", "2016-03-18", "2016-03-24",
    )  # fmt: skip
    selection = Selection(kept, node)
    given_out = [item.article for item in selection.items()]
    assert {one.id for one in given_out if week.holds(one)} == {one.id for one in THIS}
    assert {one.id for one in given_out if week.before.holds(one)} == {one.id for one in BEFORE}


def test_what_is_new_is_told_and_how_much_there_was_before(kept: Archive) -> None:
    week, node = week_up_to(NOW, kept, Words("board"))
    made = Digest(Selection(kept, node), About("The week", "2016-03-30T23:30:00Z"), group_by="theme", week=week)
    assert (made.total, made.before) == (5, 3)
    assert made.lead() == [
        "5 articles, 2016 to 31 March 2016.", "From 25 March 2016 to 31 March 2016; 3 in the week before.",
    ]  # fmt: skip
    text = "".join(as_text(made))
    assert "No theme\n--------\n\n5 articles; 3 in the week before.\n" in text
    assert "Ward a1 (HSJ: 31 March 2016)" in text
    assert "Ward b1" not in text


def test_a_theme_that_had_articles_the_week_before_and_has_none_now_is_told(kept: Archive) -> None:
    week, node = week_up_to(NOW, kept, Words("b1"))
    made = Digest(Selection(kept, node), About("The week", "2016-03-30T23:30:00Z"), group_by="theme", week=week)
    assert made.total == 0
    assert [group.said(week) for group in made.shown_groups()] == ["0 articles; 1 in the week before"]
