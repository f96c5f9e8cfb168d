"""What people bring, of whatever kind it is and whatever it is called."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from fuzz.rule import STEADY, Case, keeps_the_rule, strange

PARSERS = [
    "text",
    "markdown",
    "saved page",
    "clippings page",
    "mhtml",
    "mail",
    "pdf",
    "docx",
    "csv",
    "tsv",
    "ris",
    "bibtex",
    "csl-json",
    "url list",
    "any file",
    "file parts",
]


@pytest.mark.parametrize("name", PARSERS)
def test_strange_input_is_read_or_refused(name: str) -> None:
    @given(strange(name))
    @settings(STEADY, max_examples=15)
    def holds(case: Case) -> None:
        keeps_the_rule(name, case.body)

    holds()
