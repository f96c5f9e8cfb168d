"""The names of the archive's own files. What else lies among them is not read, whatever it holds."""

from __future__ import annotations

import re

MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])\.jsonl")  # below articles/
WARC = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-[0-9]{4,}\.warc\.gz")  # below warc/
FOLLOWED = ("tags.jsonl", "labels.jsonl", "samples.jsonl", "runs.jsonl")  # what the catalogue reads beside the months
SEARCHES = "searches.jsonl"
NAMED = (*FOLLOWED, SEARCHES)


def months(names: list[str]) -> list[str]:
    """Return which of the names in ``articles/`` are those of months, in order."""
    return sorted(name for name in names if MONTH.fullmatch(name))
