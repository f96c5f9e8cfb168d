"""robots.txt: what one host's answer lets us ask for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.robots import MAX_BYTES, MAX_DELAY, Rules
from clipper.errors import Refused

URL = "https://echo.example/private/story?id=1"
FORBID = b"User-agent: *\nDisallow: /private\n"


@pytest.mark.parametrize(
    ("status", "body", "allowed"),
    [
        (200, b"", True),
        (200, FORBID, False),
        (200, b"\xef\xbb\xbf" + FORBID, False),
        (200, FORBID.replace(b"\n", b"\r\n"), False),
        (200, FORBID + b"Allow: /private/story\n", True),
        (200, FORBID + b"\nUser-agent: Clipper\nDisallow: /drafts\n", True),
        (200, b"User-agent: clipper\nDisallow: /\n\nUser-agent: *\nAllow: /\n", False),
        (200, b"User-agent: otherbot\nDisallow: /\n", True),
        (200, b"User-agent: *\nDisallow: /*?id=\n", False),
        (200, b"User-agent: *\nDisallow: /private/$\n", True),
        (200, b"<html>No such page</html>", True),
        (200, FORBID + b"#" * MAX_BYTES + b"\nAllow: /private/story\n", False),
        (401, FORBID, True),
        (404, FORBID, True),
        (503, b"", False),
    ],
)
def test_the_answer_for_robots_txt_decides(status: int, body: bytes, allowed: bool) -> None:
    assert (_refusal(Rules(status, body)) is None) is allowed


def _refusal(rules: Rules) -> Refused | None:
    try:
        rules.check(URL)
    except Refused as error:
        return error
    return None


def test_a_refusal_says_whether_the_rules_or_their_absence_stand_in_the_way() -> None:
    forbidden, absent = _refusal(Rules(200, FORBID)), _refusal(Rules(503))
    assert forbidden is not None and absent is not None
    assert (str(forbidden), forbidden.expected, forbidden.lasting) == ("robots.txt forbids it", True, False)
    assert "robots.txt answered 503" in str(absent)
    assert (absent.expected, absent.lasting) == (False, False)


@pytest.mark.parametrize(
    ("delay", "seconds"), [(b"2.5", 2.5), (b"soon", 0.0), (b"-1", 0.0), (b"nan", 0.0), (b"inf", None), (b"1e300", None)]
)
def test_a_crawl_delay_is_a_number_of_seconds_that_one_can_wait(delay: bytes, seconds: float | None) -> None:
    found = Rules(200, b"User-agent: *\nCrawl-delay: " + delay).delay
    assert math.isfinite(found)
    assert found == seconds if seconds is not None else found <= MAX_DELAY


@settings(max_examples=32, deadline=None)
@given(
    st.binary(max_size=200)
    | st.lists(
        st.sampled_from([b"User-agent: *\n", b"Disallow: ", b"Allow: /%zz\n", b"Crawl-delay: ", b"-", b"9" * 400,
                         b"/*$*\n", b"Request-rate: 1/0s\n", b"Sitemap: http://[\n", b"Visit-time: x\n", b"\x00",
                         b"\xff"]),
        max_size=12,
    ).map(b"".join)
)  # fmt: skip
def test_any_bytes_make_rules(body: bytes) -> None:
    rules = Rules(200, body)
    assert str(_refusal(rules)) in ("None", "robots.txt forbids it")
    assert isinstance(rules.delay, float)
