"""What to do about an entry, by what the archive knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.archive.catalogue import Trouble
from clipper.archive.store import Archive, utc
from clipper.collect.agenda import Agenda, Ask, Decision, Leave, PutOff
from clipper.collect.entries import Entry
from clipper.collect.facts import Facts
from clipper.models import Article, Run

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
BEDS = "https://www.fenwickecho.example/beds"
KNOWN = Article(
    id="a1", url=BEDS, guid="item 7", source="echo", title="Beds to go", fetched=utc(NOON - DAY), text="The board met."
)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    Archive.create(tmp_path / "archive")
    opened = Archive(tmp_path / "archive")
    with opened.writing() as writer:
        writer.articles(
            [KNOWN, Article(id="b2", guid="same", source="echo", fetched=KNOWN.fetched, text="Told in the feed.")]
        )
    yield opened
    opened.catalogue.close()


def record(archive: Archive, *failed: str, ended: datetime = NOON, **more: Any) -> None:
    """Note a run in which pages failed; ``lasting`` for good."""
    lasting = more.pop("lasting", False)
    lost = [{"target": url, "status": "failed", "cause": "gone", "lasting": lasting} for url in failed]
    archive.add_run(
        Run(command="fetch", started=utc(ended), ended=utc(ended), version="1", sources=[], not_archived=lost, **more)
    )


def entry(url: str | None = BEDS, guid: str | None = None, title: str | None = None, **more: Any) -> Entry:
    return Entry(url=url, guid=guid, facts=Facts(title=title), **more)


def decide(archive: Archive, one: Entry, source: str = "echo", now: datetime = NOON) -> Decision:
    return Agenda(archive.catalogue, now).decide(source, one)


@pytest.mark.parametrize(
    ("one", "decision"),
    [
        (entry(), Leave("a1")),
        (entry("http://m.fenwickecho.example/beds/?utm_source=rss#top"), Leave("a1")),
        (entry("https://www.fenwickecho.example/wards"), Ask()),
        (entry(None), Ask()),
        (entry(None, "item 7"), Leave("a1")),
        (entry(None, "item 7", "Something else"), Leave("a1")),  # without a link it is what the guid says
        (entry("https://www.fenwickecho.example/moved", "item 7"), Leave("a1")),
        (entry("https://www.fenwickecho.example/moved", "item 7", "BEDS to go"), Leave("a1")),
        (entry("https://www.fenwickecho.example/moved", "item 7", "Wards to open"), Ask()),
        (entry("https://www.fenwickecho.example/other", "same", "A title"), Leave("b2")),  # it was stored without one
        (entry("https://www.fenwickecho.example/other", "item 8"), Ask()),
        (entry(BEDS, "item 8", "Wards to open"), Leave("a1")),
    ],
)
def test_an_article_is_known_by_its_url_or_by_its_guid_under_the_same_title(
    archive: Archive, one: Entry, decision: Decision
) -> None:
    assert decide(archive, one) == decision


def test_another_sources_guid_names_nothing(archive: Archive) -> None:
    assert decide(archive, entry("https://post.example/a", "item 7", "Beds to go"), source="post") == Ask()


def test_where_a_link_led_is_known(archive: Archive) -> None:
    record(archive, redirected=[{"target": "https://sho.rt.example/7", "id": "a1"}])
    assert decide(archive, entry("https://sho.rt.example/7")) == Leave("a1")


def test_what_was_refused_for_good_is_left_with_its_cause(archive: Archive) -> None:
    record(archive, "https://h.example/video", lasting=True)
    assert decide(archive, entry("http://www.h.example/video/")) == Leave(None, "refused before: gone")


@pytest.mark.parametrize(
    ("times", "wait"),
    [(1, timedelta(0)), (2, 2 * HOUR), (3, 4 * HOUR), (4, 8 * HOUR), (5, 16 * HOUR), (7, 64 * HOUR), (8, 128 * HOUR),
     (9, WEEK), (12, WEEK)],
)  # fmt: skip
def test_a_page_that_fails_again_and_again_is_put_off_for_longer_and_longer(
    archive: Archive, times: int, wait: timedelta
) -> None:
    for number in range(times):
        record(archive, "https://h.example/a", ended=NOON - timedelta(minutes=times - number - 1))
    one, until = entry("https://h.example/a"), NOON + wait
    if wait:
        assert decide(archive, one) == decide(archive, one, now=until - timedelta(seconds=1)) == PutOff(until)
    assert decide(archive, one, now=until) == Ask()


CHANGED = [
    (NOON - 2 * DAY, False), (NOON - DAY, False), (NOON - DAY + timedelta(seconds=1), True), (NOON, True),
    (NOON + HOUR, True), (NOON + HOUR + timedelta(seconds=1), False), (NOON + 1000 * DAY, False),
]  # fmt: skip


@pytest.mark.parametrize(("moment", "asked"), CHANGED)
def test_a_page_is_asked_for_again_when_its_source_says_that_it_changed(
    archive: Archive, moment: datetime, asked: bool
) -> None:
    decision = decide(archive, entry(updated=utc(moment)))
    assert decision == (Ask("a1") if asked else Leave("a1"))


def test_a_change_that_was_looked_at_is_none_any_more(archive: Archive) -> None:
    changed = entry(updated=utc(NOON - HOUR))
    assert decide(archive, changed) == Ask("a1")
    record(archive, unchanged=["a1"])
    assert decide(archive, changed, now=NOON + HOUR) == Leave("a1")


def test_a_changed_page_that_failed_again_and_again_is_put_off_too(archive: Archive) -> None:
    for minutes in (9, 0):
        record(archive, BEDS, ended=NOON - timedelta(minutes=minutes))
    changed = entry(updated=utc(NOON - HOUR))
    assert decide(archive, changed, now=NOON + HOUR) == PutOff(NOON + 2 * HOUR)
    assert decide(archive, changed, now=NOON + 2 * HOUR) == Ask("a1")


def test_each_page_is_on_the_agenda_once(archive: Archive) -> None:
    agenda = Agenda(archive.catalogue, NOON)
    one = entry("https://h.example/a")
    assert agenda.decide("echo", one) == Ask()
    assert agenda.decide("post", entry("http://www.h.example/a?utm_source=x")) == Leave(
        None, "listed twice in this run"
    )
    changed = entry(updated=utc(NOON))
    assert agenda.decide("echo", changed) == Ask("a1")
    assert agenda.decide("post", changed) == agenda.again("a1", BEDS) == Leave("a1")


def test_entries_without_a_link_are_told_apart(archive: Archive) -> None:
    agenda = Agenda(archive.catalogue, NOON)
    assert agenda.decide("echo", entry(None, "new")) == agenda.decide("echo", entry(None, "newer")) == Ask()
    changed = [entry(None, guid, updated=utc(NOON)) for guid in ("item 7", "same")]
    assert [agenda.decide("echo", one) for one in changed] == [Ask("a1"), Ask("b2")]
    assert [agenda.decide("echo", one) for one in changed] == [Leave("a1"), Leave("b2")]


def test_what_is_to_be_looked_at_again_for_its_age_is_put_off_like_the_rest(archive: Archive) -> None:
    assert Agenda(archive.catalogue, NOON).again("a1", BEDS) == Ask("a1")
    for _ in range(2):
        record(archive, BEDS)
    agenda = Agenda(archive.catalogue, NOON)
    assert agenda.again("a1", BEDS) == PutOff(NOON + 2 * HOUR)
    assert agenda.again("a1", BEDS) == Leave("a1")


MOMENTS = st.sampled_from(
    ["9999-12-31T23:59:59Z", "2026-01-05T12:00:00", "2026-01-05T12:00:00Z", "2099-01-01T00:00:00Z"]
)


@given(last=st.text(max_size=30) | MOMENTS, times=st.integers(0, 50))
def test_a_trouble_of_any_date_puts_a_page_off_by_a_week_at_most(last: str, times: int) -> None:
    class Known:
        def trouble(self, url: str) -> Trouble:
            return Trouble(times, last, "gone")

    found = Agenda(Known(), NOON).put_off(BEDS)  # type: ignore[arg-type]  # a stand-in
    assert found is None or NOON < found <= NOON + WEEK + HOUR
