"""Records of runs that come after an article was taken out, and still name it.

A fetch that began before notes at its end where links led; a copy that a shared folder made brings runs of another
machine. What these say of such an article is left out before it is written down (``clipper.archive.runlines``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from clipper.archive.catalogue import Catalogue, taken_out_on
from clipper.archive.entering import url_number
from clipper.archive.runlines import LISTS, items, run_in, scrubbed
from clipper.archive.tables import as_key
from clipper.models import to_line

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+")
_AFTER = ":;,.)]"  # what a sentence puts behind an address


def without_taken_out(line: bytes, catalogue: Catalogue, *, noting: bool = True) -> str | None:
    """Return the record of a run without what names an article that was taken out; None for one that names none.

    With ``noting`` an address that led to such an article is kept as a number, so that nobody follows it again. The
    catalogue is up to date.
    """
    run = run_in(line)
    if run is None:
        return None
    withheld = {}  # by the number of an address: whether it is one of an article that was taken out
    texts: set[str] = set()
    for text in set(_addresses(run)):
        number = url_number(text)
        if number not in withheld:
            withheld[number] = bool(catalogue.withheld(number))
        if withheld[number]:
            texts.add(text)
    led = []
    for item in (*items(run, "targets"), *items(run, "redirected")):
        target, ident = item.get("target"), item.get("id")
        if isinstance(target, str) and isinstance(ident, str) and (when := catalogue.forgotten(ident)):
            texts.add(target)
            if "://" in target and not withheld.get(url_number(target)):
                withheld[url_number(target)] = True
                led.append({"target": None, "source": None, "status": "refused", "cause": taken_out_on(when),
                            "lasting": True, "key": as_key(url_number(target))})  # fmt: skip
    if not texts:
        return None
    numbers = {number for number, out in withheld.items() if out}
    said = scrubbed(line, numbers, texts)
    if said is None or not led or not noting:
        return said
    run = json.loads(said)
    run["not_archived"] = [*items(run, "not_archived"), *led]
    return to_line(run)


def _addresses(run: dict[str, Any]) -> Iterator[str]:
    """Yield all addresses that a run names, those within sentences too."""
    for name in LISTS:
        for item in items(run, name):
            for key, value in item.items():
                if key not in ("id", "source") and isinstance(value, str) and "://" in value:
                    yield value
                    yield from (found.rstrip(_AFTER) for found in _URL.findall(value))
