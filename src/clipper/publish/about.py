"""What every way of giving out is told beside the articles: what they are, whose they are, how much may be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from clipper.models import Article
from clipper.publish.rights import Rights


class About(NamedTuple):
    """One giving-out. ``moment`` is now (UTC, ISO 8601 with ``Z``), ``query`` what was asked for, in words.

    ``themes`` leads from the key of each theme of the codebook to its name, in the codebook's order. ``whole_texts``
    asks for all texts whole, for work within the house. ``article`` reads one article by its id, such as a copy.
    """

    title: str
    moment: str
    query: str = ""
    url: str = ""
    themes: Mapping[str, str] = {}
    rights: Rights = Rights()
    whole_texts: bool = False
    article: Callable[[str], Article | None] = lambda _: None

    def name_of(self, theme: str) -> str:
        """Return a theme's name; a theme that the codebook lacks is called by its key."""
        return self.themes.get(theme, theme)
