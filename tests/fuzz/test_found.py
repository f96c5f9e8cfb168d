"""Every input that once broke the rule keeps it now, within the time and the memory that are stated for its parser."""

from __future__ import annotations

from fuzz.rule import read_within_limits


def test_what_once_broke_the_rule() -> None:
    assert read_within_limits() == "all"
