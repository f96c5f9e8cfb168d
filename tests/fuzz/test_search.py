"""Queries and quotations, as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from fuzz.rule import STEADY, Case, keeps_the_rule, strange

PARSERS = ["query", "quotation"]


@pytest.mark.parametrize("name", PARSERS)
def test_strange_input_is_read_or_refused(name: str) -> None:
    @given(strange(name))
    @settings(STEADY, max_examples=25)
    def holds(case: Case) -> None:
        keeps_the_rule(name, case.body)

    holds()
