"""What servers send, whatever they send."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from fuzz.rule import STEADY, Case, keeps_the_rule, strange

PARSERS = ["feed", "sitemap", "listing", "page", "json-ld", "discover", "robots", "headers", "opml", "lines"]


@pytest.mark.parametrize("name", PARSERS)
def test_strange_input_is_read_or_refused(name: str) -> None:
    @given(strange(name))
    @settings(STEADY, max_examples=20)
    def holds(case: Case) -> None:
        keeps_the_rule(name, case.body)

    holds()
