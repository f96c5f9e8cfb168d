"""What a witness says of an article, and the one rule by which witnesses are heard.

The rule, for every field alike: what the user configured, then what the page states in its markup, then what the
feed states, then what is guessed from the page's layout. The first that speaks is believed. The page comes before
the feed because the page is what gets cited; a guess comes last because a feed was written on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What one witness says; None or an empty tuple where it is silent.

    ``published`` is ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``; ``url`` is where the witness says that the article
    lives (a canonical link).
    """

    url: str | None = None
    title: str | None = None
    outlet: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    language: str | None = None
    excerpt: str | None = None
    categories: tuple[str, ...] = ()


SILENT = Facts()


def hear(*witnesses: Facts) -> Facts:
    """Return, field by field, what the first witness that speaks says."""
    heard: dict[str, Any] = {}
    for field in fields(Facts):
        for witness in witnesses:
            if value := getattr(witness, field.name):
                heard[field.name] = value
                break
    return Facts(**heard)
