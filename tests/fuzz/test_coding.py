"""Codebooks, examples, tables of labels and stored models, as people and programs write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from fuzz.rule import STEADY, Case, keeps_the_rule, strange

PARSERS = ["codebook", "examples", "lexicon", "label sheet", "model files"]


@pytest.mark.parametrize("name", PARSERS)
def test_strange_input_is_read_or_refused(name: str) -> None:
    @given(strange(name))
    @settings(STEADY, max_examples=30)
    def holds(case: Case) -> None:
        keeps_the_rule(name, case.body)

    holds()
