"""What is found in a file that somebody brings: articles, and links to pages that are to be asked for."""

from __future__ import annotations

from dataclasses import dataclass

from clipper.collect.facts import SILENT, Facts
from clipper.models import Kind


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One article as a file holds it.

    ``facts.url`` is where it says that it lives. A piece of the kind ``clipping`` was cut from the nearest piece of
    the kind ``page`` before it. ``place`` says where in the file it begins, for messages (*line 12*, *page 3*).
    """

    facts: Facts
    text: str
    extractor: str
    kind: Kind = "article"
    partial: bool = False
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A page that a list names.

    ``facts`` is what the list says of it: the user's own word, believed before the page's. ``text`` is what the list
    holds of its text (an abstract), which is all there is when the page cannot be had. ``url`` is None for an entry
    that names none.
    """

    url: str | None
    facts: Facts = SILENT
    text: str = ""
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one file holds. ``notes`` are lines for the user: what could not be placed, counts that do not agree."""

    pieces: tuple[Piece, ...] = ()
    links: tuple[Link, ...] = ()
    notes: tuple[str, ...] = ()
