"""Lines of ``runs.jsonl`` without the addresses of what was taken out: what a run did stays, what it names does not."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from clipper.archive.entering import url_number
from clipper.models import to_line

_LISTS = ("not_archived", "targets", "redirected", "sources")
_CAUSE = "taken out"


def scrubbed(line: bytes, urls: Collection[int], texts: Collection[str], articles: Collection[str] = ()) -> str | None:
    """Return a line without what names an article; None for one that names none of them, or is no record of a run.

    ``urls`` are the numbers of the article's URLs, ``texts`` its URLs, guid, titles and the files that it was in, to
    the letter. What led to one of ``articles`` goes whatever it was.
    """
    try:
        run = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(run, dict):
        return None
    addresses = tuple(text for text in texts if "://" in text)
    changed = False
    for name in _LISTS:
        for item in run[name] if isinstance(run.get(name), list) else ():
            if isinstance(item, dict):
                changed = _scrub(item, urls, texts, addresses, articles) or changed
    return to_line(run) if changed else None


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
