"""What a page or a source was read to, as a worker process tells it: JSON and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from clipper import __version__
from clipper.collect.document import Page
from clipper.collect.entries import Entry, Found, More
from clipper.collect.facts import Facts
from clipper.collect.pieces import Batch, Link, Piece
from clipper.errors import FetchFailed, Refused

# The first line of a worker process: it has started, and speaks as the one that started it does.
GREETING = f"clipper {__version__}\n".encode()


def to_message(found: Page | Found | Batch | FetchFailed | Refused) -> dict[str, Any]:
    """Return what became of a page, a source's page or a file, as what JSON can hold."""
    if isinstance(found, Page):
        return {"page": asdict(found)}
    if isinstance(found, Found):
        return {"found": asdict(found)}
    if isinstance(found, Batch):
        return {"batch": asdict(found)}
    if isinstance(found, Refused):
        return {"refused": str(found), "lasting": found.lasting, "expected": found.expected}
    return {"failed": str(found)}


def page_of(message: dict[str, Any]) -> Page:
    """Return the page of an answer, or raise the Refused or FetchFailed that it holds."""
    page = dict(_good(message)["page"])
    return Page(**{**page, "stated": _facts(page["stated"]), "guessed": _facts(page["guessed"])})


def found_of(message: dict[str, Any]) -> Found:
    """Return what a source's page lists, or raise the Refused or FetchFailed that the answer holds."""
    found = dict(_good(message)["found"])
    entries = [Entry(**{**entry, "facts": _facts(entry["facts"])}) for entry in found["entries"]]
    return Found(**{**found, "entries": entries, "more": [More(**more) for more in found["more"]]})


def batch_of(message: dict[str, Any]) -> Batch:
    """Return what a file holds, or raise the Refused or FetchFailed that the answer holds."""
    batch = _good(message)["batch"]
    pieces = tuple(Piece(**{**piece, "facts": _facts(piece["facts"])}) for piece in batch["pieces"])
    links = tuple(Link(**{**link, "facts": _facts(link["facts"])}) for link in batch["links"])
    return Batch(pieces=pieces, links=links, notes=tuple(batch["notes"]))


def _good(message: dict[str, Any]) -> dict[str, Any]:
    if "refused" in message:
        raise Refused(message["refused"], lasting=message["lasting"], expected=message["expected"])
    if "failed" in message:
        raise FetchFailed(message["failed"])
    return message


def _facts(said: dict[str, Any]) -> Facts:
    values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in said.items()}
    return Facts(**values)
