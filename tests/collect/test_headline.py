"""Which of a page's titles is the headline."""

from __future__ import annotations

import pytest

from clipper.collect import headline

OUTLET = "The Fenwick Echo"


@pytest.mark.parametrize(
    ("data", "shared", "heads", "titled", "chosen"),
    [
        ("Ward to close", "Ward to close", [], "", "Ward to close"),
        ("Ward to close", None, ["Other"], "", "Ward to close"),
        (None, "Ward to close | The Fenwick Echo", [], "", "Ward to close"),
        # The data repeat the title element, which is written for search engines.
        ("Fenwick ward closure 2026", "Ward to close", [], "Fenwick ward closure 2026 - Fenwick Echo", "Ward to close"),
        (
            "Fenwick ward closure",
            "Ward to close",
            ["Ward to close"],
            "Fenwick ward closure | Echo news",
            "Ward to close",
        ),
        ("Ward to close", "Nurses in tears over ward", ["Ward to close"], "A third title", "Ward to close"),
        # What was hung on the end is left off when the heading is without it.
        (None, "Ward to close - Fenwick's own paper", ["Ward to close"], "", "Ward to close"),
        (None, "Ward to close | FE | 03.02.2026", ["Ward to close"], "", "Ward to close"),
        # The heading has the dashes and dots that a system made plain; its quotes prove nothing.
        (None, "Ward to close - and then...", ["Ward to close – and then…"], "", "Ward to close – and then…"),
        (None, "'No ward' is left", ["‘No ward’ is left"], "", "'No ward' is left"),
        (None, None, ["Ward to close"], "Ward to close", None),
    ],
)
def test_the_paper_s_own_headline_is_believed(
    data: str | None, shared: str | None, heads: list[str], titled: str, chosen: str | None
) -> None:
    assert headline.believed(data, shared, heads, titled, OUTLET) == chosen


@pytest.mark.parametrize(
    ("heads", "titled", "guess"),
    [
        (["Menu", "Ward to close in March"], "Ward to close in March - Fenwick Echo", "Ward to close in March"),
        ([], "Fenwick Echo | Ward to close in March", "Ward to close in March"),
        (["Echo"], "Echo » Archive » Ward to close in March", "Ward to close in March"),
        (["Ward to close in the month of March"], "Welcome", "Ward to close in the month of March"),
        ([], "", None),
    ],
)
def test_a_headline_is_guessed_from_heading_and_title_element(heads: list[str], titled: str, guess: str | None) -> None:
    assert headline.guessed(heads, titled, None) == guess


def test_a_title_that_the_paper_s_system_records_too_is_the_headline() -> None:
    long, short = "'I was born here': a man's wait for a ward", "Man waits for ward"
    heads, titled = [long], f"{long} - Fenwick Echo"
    assert headline.believed(long, short, heads, titled, "Fenwick Echo", [long]) == long
