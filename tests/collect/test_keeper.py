"""The end of the conveyor: what comes is kept, counted and told, and nothing that was in hand is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from clipper.archive.store import Archive
from clipper.archive.warc import Exchange
from clipper.collect.candidate import Candidate, make_article
from clipper.collect.facts import Facts
from clipper.collect.keep import keep, kept_answer, revision_of
from clipper.collect.keeper import BATCH, Item, Keeper, Lost, Ready, Same, Tally
from clipper.errors import CannotWork, FetchFailed, Refused, TookTooLong
from clipper.models import Article, Outcome, SourceReport

NOON = "2026-01-05T12:00:00Z"
TEXT = (
    "The trust that runs both hospitals has told its staff that the children's ward in Fenwick will close at night.\n\n"
    "Parents who bring a sick child after eight in the evening will be sent to Marlstock, an hour away by the bus.\n\n"
    "Nurses said that they had been promised a meeting in spring, and that nobody had asked them since that promise."
)


class Told:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[str, Outcome]] = []

    def expect(self, more: int) -> None:
        raise AssertionError("not the keeper's to say")

    def outcome(self, source: str, outcome: Outcome) -> None:
        self.outcomes.append((source, outcome))

    def source(self, report: SourceReport) -> None:
        raise AssertionError("not the keeper's to say")


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def keeper(archive: Archive, told: Told) -> Iterator[Keeper]:
    made = Keeper(archive, told, raw=True)
    yield made
    made.close()


def url_of(number: int) -> str:
    return f"http://fenwickecho.example/{number}"


def article(number: int = 1, text: str | None = None, **facts: str) -> Article:
    return make_article(
        Facts(**{"title": f"Story {number}", "outlet": "The Fenwick Echo", "published": "2014-11-07", **facts}),  # type: ignore[arg-type]  # named by the test
        text=f"Text of the story {number}, and nothing else." if text is None else text, url=url_of(number),
        canonical=url_of(number), fetched=NOON, source="echo", extractor="test",
    )  # fmt: skip


def chain(number: int = 1, payload: bytes = b"", status: int = 200) -> tuple[Exchange, ...]:
    return (
        Exchange(
            url=url_of(number), at=datetime(2026, 1, 5, 12, tzinfo=UTC), address="192.0.2.7", request=(),
            protocol="HTTP/1.1", status=status, reason="OK", headers=(), payload=payload or b"page %d" % number,
        ),
    )  # fmt: skip


def candidate(number: int = 1, text: str | None = None, **more: object) -> Candidate:
    return Candidate(article=article(number, text), asked=url_of(number), chain=chain(number), **more)  # type: ignore[arg-type]  # named by the test


def stored(archive: Archive) -> list[Article]:
    """Return every line of the archive's articles, as a new reader sees them."""
    again = Archive(archive.path)
    try:
        again.catalogue.catch_up()
        found = []
        for entry in again.catalogue.untagged("", everything=True):
            found += [again.read(place) for place in again.catalogue.revisions(entry.id).values()]
        return found
    finally:
        again.catalogue.close()


# -- a batch ------------------------------------------------------------------------------------------------


def test_what_is_new_is_kept_with_its_raw_answer_and_what_is_known_is_seen(archive: Archive) -> None:
    outcomes = keep(archive, [candidate(1), candidate(2), candidate(1)], raw=True)
    assert [o.status for o in outcomes] == ["added", "added", "seen"]
    assert keep(archive, [candidate(2, "Another text.")], raw=True)[0].status == "seen"
    found = stored(archive)
    assert sorted(a.url or "" for a in found) == [url_of(1), url_of(2)]
    for one in found:
        assert one.warc
        assert archive.read_raw(one.warc).url == one.url
    assert len({a.warc["offset"] for a in found if a.warc}) == 2


def test_without_raw_answers_none_is_written(archive: Archive) -> None:
    assert keep(archive, [candidate()], raw=False)[0].status == "added"
    assert not (archive.path / "warc").exists()
    assert stored(archive)[0].warc is None


def test_nothing_to_keep_takes_no_lock(archive: Archive) -> None:
    with archive.writing():
        assert keep(archive, [], raw=True) == []


def test_wire_copy_names_the_first_within_a_batch_and_over_batches(archive: Archive) -> None:
    copies = [
        Candidate(article=replace(article(n, TEXT, title="Ward to close"), outlet=f"Paper {n}")) for n in range(3)
    ]
    keep(archive, copies[:2], raw=True)
    keep(archive, copies[2:], raw=True)
    by_url = {a.url: a for a in stored(archive)}
    first = by_url[url_of(0)]
    assert first.duplicate_of is None
    assert [by_url[url_of(n)].duplicate_of for n in (1, 2)] == [first.id] * 2


def test_a_revision_keeps_what_names_the_article_and_what_the_page_no_longer_says() -> None:
    known = replace(
        article(1), id="known", revision=3, kind="clipping", guid="item 7", authors=["Ann Holloway"], part_of="page",
        duplicate_of="first", categories=["Health"], canonical="http://fenwickecho.example/one",
    )  # fmt: skip
    found = replace(article(2, "Another text."), title=None, published=None, outlet=None, authors=[], language="cy")
    made = revision_of(known, found)
    assert (made.id, made.revision, made.kind) == ("known", 4, "clipping")
    assert (made.canonical, made.part_of, made.duplicate_of) == (known.canonical, "page", "first")
    assert (made.title, made.published, made.outlet, made.authors) == ("Story 1", "2014-11-07", "The Fenwick Echo",
                                                                       ["Ann Holloway"])  # fmt: skip
    assert (made.guid, made.categories) == ("item 7", ["Health"])
    assert (made.text, made.sha256, made.language, made.url) == (found.text, found.sha256, "cy", url_of(2))
    assert revision_of(known, replace(found, url=None)).url == url_of(1)


def test_a_changed_page_is_the_next_revision_whatever_it_now_calls_itself(archive: Archive) -> None:
    [first] = keep(archive, [candidate(1)], raw=True)
    moved = replace(article(9, "Quite another text."), canonical="http://elsewhere.example/")
    changed = Candidate(article=moved, asked=url_of(1), chain=chain(9), revise=True, again=first.id)
    [second] = keep(archive, [changed], raw=True)
    assert (second.status, second.id) == ("revised", first.id)
    _, newest = stored(archive)
    assert (newest.id, newest.revision, newest.canonical) == (first.id, 2, url_of(1))


@pytest.mark.parametrize(
    ("text", "facts", "status"),
    [
        ("Text of the story 1, and nothing else.", {}, "seen"),
        ("Text of the story 1, and nothing else.", {"title": "STORY 1"}, "seen"),
        ("Text of the story 1, and nothing else.", {"title": "A new headline"}, "revised"),
        ("Text of the story ...", {}, "seen"),
        ("Text of the story 1, and something else.", {}, "revised"),
    ],
)
def test_a_page_that_was_asked_for_again_is_revised_when_its_text_or_headline_changed(
    archive: Archive, text: str, facts: dict[str, str], status: str
) -> None:
    [first] = keep(archive, [candidate(1)], raw=True)
    again = Candidate(article=article(1, text, **facts), asked=url_of(1), revise=True, again=first.id)
    assert keep(archive, [again], raw=True)[0].status == status


def test_a_revision_from_the_same_bytes_can_still_be_read_from_its_raw_page(archive: Archive) -> None:
    [first] = keep(archive, [candidate(1)], raw=True)
    again = Candidate(
        article=article(1, "The same page, read by another extractor."), chain=chain(1), revise=True, again=first.id
    )
    assert keep(archive, [again], raw=True)[0].status == "revised"
    old, new = stored(archive)
    assert new.warc
    assert archive.read_raw(new.warc).body == b"page 1"
    assert kept_answer(archive, new) == kept_answer(archive, old) is not None


def test_no_date_and_a_stub_are_said(archive: Archive) -> None:
    stub = Candidate(article=replace(article(1), published=None, partial=True))
    [outcome] = keep(archive, [stub], raw=True)
    assert outcome.cause
    assert "a stub" in outcome.cause
    assert "no date stated" in outcome.cause


# -- the conveyor -------------------------------------------------------------------------------------------


def run(keeper: Keeper, *items: Item) -> None:
    """Hand things over as a run does, wait until they are kept, and stop."""

    async def work() -> None:
        keeping = asyncio.ensure_future(keeper.run())
        for item in items:
            await keeper.put(item)
        await keeper.settled()
        keeping.cancel()

    asyncio.run(work())


def test_everything_is_kept_counted_and_told(archive: Archive, keeper: Keeper, told: Told) -> None:
    echo, post = Tally("echo"), Tally("post")
    run(
        keeper,
        Ready(echo, candidate(1)),
        Ready(post, candidate(2)),
        Ready(post, candidate(1)),
        Lost(echo, url_of(3), FetchFailed("the server answered 500")),
        Lost(echo, url_of(4), Refused("no article")),
        Lost(echo, url_of(5), Refused("robots.txt forbids it", lasting=False, expected=True)),
    )
    assert len(stored(archive)) == 2
    assert dict(echo.counts) == {"added": 1, "failed": 1, "refused": 2}
    assert dict(post.counts) == {"added": 1, "seen": 1}
    assert (keeper.problems, echo.pending, post.pending) == (2, 1, 0)
    assert sorted((s, o.status) for s, o in told.outcomes) == sorted(
        [("echo", "added"), ("post", "added"), ("post", "seen"), ("echo", "failed"), *[("echo", "refused")] * 2]
    )
    lost = {item["target"]: item for item in keeper.not_archived}
    assert [lost[url_of(n)]["lasting"] for n in (3, 4, 5)] == [False, True, False]
    assert lost[url_of(3)] == {
        "target": url_of(3), "source": "echo", "status": "failed", "cause": "the server answered 500", "lasting": False,
    }  # fmt: skip
    report = echo.report()
    assert (report.added, report.failed, report.refused, report.put_off) == (1, 1, 2, 0)


def test_a_page_that_was_lost_for_good_is_kept_raw_and_its_place_noted(archive: Archive, keeper: Keeper) -> None:
    echo = Tally("echo")
    run(
        keeper,
        Lost(echo, url_of(1), TookTooLong("its text was not found"), chain(1)),
        Lost(echo, url_of(2), FetchFailed("timeout")),
        Lost(echo, url_of(3), Refused("no article"), chain(3)),
    )
    places = {item["target"]: item.get("warc") for item in keeper.not_archived}
    assert places[url_of(2)] is None
    assert [archive.read_raw(places[url_of(n)]).body for n in (1, 3)] == [b"page 1", b"page 3"]
    first = keeper.not_archived[0]
    assert (first["lasting"], first["cause"]) == (True, "its text was not found; its raw page is kept")
    assert "warc" not in keeper.not_archived[1]


def test_without_raw_answers_what_was_lost_has_no_place(archive: Archive, told: Told) -> None:
    keeper = Keeper(archive, told, raw=False)
    run(keeper, Lost(Tally("echo"), url_of(1), TookTooLong("too long"), chain(1)))
    assert "warc" not in keeper.not_archived[0]
    assert not (archive.path / "warc").exists()


def test_pages_that_are_as_they_were_are_listed_as_unchanged(archive: Archive, keeper: Keeper) -> None:
    ids = [o.id or "" for o in keep(archive, [candidate(n) for n in (1, 2, 3)], raw=True)]
    echo = Tally("echo")
    kept = kept_answer(archive, archive.read(archive.catalogue.get(ids[0]).place))  # type: ignore[union-attr]  # it is there
    revisit = (replace(chain(1, status=304)[0], payload=b"", same_as=kept),)
    size = sum(p.stat().st_size for p in (archive.path / "warc").iterdir())
    run(
        keeper,
        Same(echo, url_of(1), ids[0], revisit),
        Same(echo, url_of(2), ids[1]),
        Ready(echo, candidate(3, revise=True, again=ids[2])),
    )
    assert sorted(keeper.unchanged) == sorted(ids)
    assert dict(echo.counts) == {"seen": 3}
    assert len(stored(archive)) == 3
    assert sum(p.stat().st_size for p in (archive.path / "warc").iterdir()) > size


def test_where_a_link_led_is_noted(archive: Archive, keeper: Keeper) -> None:
    short = "https://sho.rt.example/7"
    run(keeper, Ready(Tally("echo"), replace(candidate(1), asked=short)), Ready(Tally("echo"), candidate(2)))
    [added] = [a for a in stored(archive) if a.url == url_of(1)]
    assert keeper.redirected == [{"target": short, "id": added.id}]


def test_nothing_is_lost_when_the_run_is_stopped_with_a_batch_in_hand(archive: Archive, keeper: Keeper) -> None:
    echo = Tally("echo")
    count = 2 * BATCH + 3

    async def work() -> None:
        keeping = asyncio.ensure_future(keeper.run())
        for number in range(count):
            await keeper.put(Ready(echo, candidate(number)))
            if number == BATCH + 1:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await keeper.put(Lost(echo, "last", FetchFailed("stopped")))

    asyncio.run(work())
    keeper.finish()
    keeper.finish()  # a second time there is nothing to keep
    assert echo.counts["added"] == len(stored(archive)) == count
    assert [item["target"] for item in keeper.not_archived] == ["last"]


@pytest.mark.parametrize("moment", range(6))
def test_nothing_is_lost_or_kept_twice_at_whatever_moment_a_run_is_stopped(
    archive: Archive, keeper: Keeper, moment: int
) -> None:
    echo = Tally("echo")

    async def work() -> None:
        keeping = asyncio.ensure_future(keeper.run())
        putting = asyncio.gather(*(keeper.put(Ready(echo, candidate(n))) for n in range(5)))
        for _ in range(moment):
            await asyncio.sleep(0)
        keeping.cancel()
        await asyncio.gather(keeping, putting, return_exceptions=True)

    asyncio.run(work())
    keeper.finish()
    assert dict(echo.counts) == {"added": 5}
    assert len(stored(archive)) == 5


def test_a_full_queue_makes_who_hands_over_wait_and_is_emptied(archive: Archive, keeper: Keeper) -> None:
    tally = Tally("echo")
    run(keeper, *(Lost(tally, url_of(n), FetchFailed("gone")) for n in range(5 * BATCH)))
    assert tally.counts["failed"] == len(keeper.not_archived) == 5 * BATCH


def test_an_archive_that_cannot_be_written_ends_the_keeping(archive: Archive, keeper: Keeper) -> None:
    (archive.path / "articles").rmdir()
    (archive.path / "articles").write_text("no folder")

    async def work() -> None:
        keeping = asyncio.ensure_future(keeper.run())
        await keeper.put(Ready(Tally("echo"), candidate(1)))
        with pytest.raises(CannotWork):
            await keeping

    asyncio.run(work())
