"""Dates as newspapers, feeds and people write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.dates import day_in_url, day_within, nearest_day, parse_date


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("7 November 2014", "2014-11-07"),
        ("7th of November, 2014", "2014-11-07"),
        ("Friday, 7 Nov. 2014", "2014-11-07"),
        ("Fri 7 November 2014, 10.15am", "2014-11-07"),
        ("10:15am, 7 November 2014", "2014-11-07"),
        ("November 7th, 2014", "2014-11-07"),
        ("07-Sept-2014", "2014-09-07"),
        ("07-03-2014", "2014-03-07"),
        ("30/03/2010", "2010-03-30"),
        ("30.3.2010", "2010-03-30"),
        ("1/2/09", "2009-02-01"),
        ("31/12/98", "1998-12-31"),
        ("2014/11/07", "2014-11-07"),
        ("  7  November\n2014. ", "2014-11-07"),
        ("November 2014", "2014-11"),
        ("2014-11", "2014-11"),
        ("2014", "2014"),
    ],
)
def test_a_written_date_is_read_in_british_order(text: str, day: str) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2015-06-30T22:59:59Z", "2015-06-30"),
        ("2015-06-30T23:00:00Z", "2015-07-01"),
        ("2015-12-31T23:30:00+00:00", "2015-12-31"),
        ("2015-12-31 20:30:00 -0500", "2016-01-01"),
        ("2015-07-01T00:30:00.1234567+02:00", "2015-06-30"),
        ("20150630T233000Z", "2015-07-01"),
        ("Tue, 30 Jun 2015 20:30:00 -0500", "2015-07-01"),
        ("Tue, 30 Jun 2015 23:30:00 +0000", "2015-07-01"),
        ("Tue, 30 Jun 2015 23:30:00 GMT", "2015-07-01"),
        ("Tue, 30 Jun 2015 23:30:00 UTC", "2015-07-01"),
        ("Tue, 30 Jun 2015 23:30:00 BST", "2015-06-30"),
        ("30 Jun 2015 23:30:00 EST", "2015-07-01"),
    ],
)
def test_a_moment_with_a_zone_becomes_the_day_in_london(text: str, day: str) -> None:
    assert parse_date(text) == day


def test_a_moment_without_a_zone_is_taken_as_it_stands() -> None:
    assert parse_date("2015-06-30T23:59:59") == parse_date("2015-06-30 23:59") == "2015-06-30"


@pytest.mark.parametrize(
    "text",
    [None, "", "  ", "yesterday", "31 February 2014", "30/13/2010", "2014-13", "1799", "9999", "0000-00-00",
     "7 November", "on 7 November 2014 the board met", "10:15", "2014-11-07T99:99:99X" * 4, "May"],
)  # fmt: skip
def test_what_is_no_date_is_none(text: str | None) -> None:
    assert parse_date(text) is None


DAYS = st.dates(date(1800, 1, 2), date(2199, 12, 30))
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December"]  # fmt: skip


@settings(max_examples=32, deadline=None)
@given(DAYS)
def test_every_day_comes_back_from_each_way_of_writing_it(day: date) -> None:
    month = MONTHS[day.month - 1]
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    ways = (
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{day.day} {month[:3].upper()} {day.year}",
        f"{day.day:02}/{day.month:02}/{day.year}",
        noon.isoformat(),
        format_datetime(noon),
        format_datetime(noon, usegmt=True),
    )
    assert {way: parse_date(way) for way in ways} == dict.fromkeys(ways, day.isoformat())


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=70)
    | st.from_regex(r"[0-9]{1,4}[-/. T:][0-9]{1,2}[-/. T:][0-9]{1,5}.{0,20}", fullmatch=True)
    | st.from_regex(r"(Mon, )?[0-9]{1,3} (Jan|Foo|May) [0-9]{1,5} [0-9:.+\-A-Z ]{0,20}", fullmatch=True)
)
def test_any_text_is_a_sound_date_or_none(text: str) -> None:
    found = parse_date(text)
    if found is not None:
        assert re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", found)
        assert date.fromisoformat((found + "-01-01")[:10]).year >= 1800


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("4. Oktober 2013", "2013-10-04"),
        ("Samstag, 5. Oktober 2013", "2013-10-05"),
        ("1er mars 2024", "2024-03-01"),
        ("7 de marzo de 2024", "2024-03-07"),
        ("2024年3月7日", "2024-03-07"),
        ("4 Kasım 2025", "2025-11-04"),
    ],
)
def test_days_are_read_in_the_languages_of_the_neighbours(text: str, day: str) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://echo.example/2026/02/03/ward", "2026-02-03"),
        ("https://echo.example/news/2026-2-3-ward.html", "2026-02-03"),
        ("https://echo.example/ward-20260203-b2.html", "2026-02-03"),
        ("https://kept.example/web/20270101/http://echo.example/2026/02/03/ward", "2026-02-03"),
        ("https://echo.example/2026/13/45/ward", None),
        ("https://echo.example/ward?day=2026/02/03", None),
        ("https://echo.example/120260203-1", None),
        (None, None),
    ],
)
def test_a_day_is_read_in_the_path_of_a_url(url: str | None, day: str | None) -> None:
    assert day_in_url(url) == day


def test_a_moment_near_midnight_is_the_day_of_the_paper_s_own_address() -> None:
    url = "https://echo.example/2026/02/03/ward"
    assert nearest_day("2026-02-04", url) == "2026-02-03"
    assert nearest_day("2026-02-09", url) == "2026-02-09"
    assert nearest_day("2026-02", url) == "2026-02"
    assert nearest_day(None, url) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Posted on 3 February 2026 by Ann Holloway", "2026-02-03"),
        ("By Ann Holloway | Published: 03.02.2026, 8:15", "2026-02-03"),
        ("Stand: 3. Februar 2026", "2026-02-03"),
        ("February 2026", None),
        ("Ward 3 of 2026", None),
    ],
)
def test_a_day_is_found_within_a_byline(text: str, day: str | None) -> None:
    assert day_within(text) == day
