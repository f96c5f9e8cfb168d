"""Lines of ``runs.jsonl`` without the addresses of what was taken out: what a run did stays, what it names does not."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from clipper.archive.entering import url_number
from clipper.models import to_line

LISTS = ("not_archived", "targets", "redirected", "sources")
_CAUSE = "taken out"


def scrubbed(line: bytes, urls: Collection[int], texts: Collection[str], articles: Collection[str] = ()) -> str | None:
    """Return a line without what names an article; None for one that names none of them, or is no record of a run.

    ``urls`` are the numbers of the article's URLs, ``texts`` its URLs, guid, titles and the files that it was in, to
    the letter. What led to one of ``articles`` goes whatever it was.
    """
    run = run_in(line)
    if run is None:
        return None
    addresses = tuple(text for text in texts if "://" in text)
    changed = False
    for name in LISTS:
        for item in items(run, name):
            changed = _scrub(item, urls, texts, addresses, articles) or changed
    return to_line(run) if changed else None


def run_in(line: bytes) -> dict[str, Any] | None:
    """Return the record of a run as it stands in a line, None for a line that holds none."""
    try:
        run = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return run if isinstance(run, dict) else None


def items(run: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the entries of one of a run's lists."""
    found = run.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _scrub(
    item: dict[str, Any],
    urls: Collection[int],
    texts: Collection[str],
    addresses: Collection[str],
    articles: Collection[str],
) -> bool:
    """Take what names an article out of an entry; return whether there was anything."""
    target = item.get("target")
    named = isinstance(target, str) and (
        item.get("id") in articles or target in texts or ("://" in target and url_number(target) in urls)
    )
    told = [
        key
        for key, value in item.items()
        if key not in ("target", "id", "source") and isinstance(value, str) and any(url in value for url in addresses)
    ]
    if named:
        item["target"] = None
        item.pop("warc", None)
    for key in told:
        item[key] = _CAUSE
    return named or bool(told)
