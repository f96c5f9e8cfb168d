"""What every way of giving out is told beside the articles: what they are, whose they are, how much may be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from clipper.models import Article
from clipper.publish.rights import Rights, short


class About(NamedTuple):
    """One giving-out. ``moment`` is now (UTC, ISO 8601 with ``Z``), ``query`` what was asked for, in words.

    ``themes`` leads from the key of each theme of the codebook to its name, in the codebook's order. ``whole_texts``
    asks for all texts whole, for work within the house. ``article`` reads one article by its id, such as a copy.
    ``excerpts`` is false where nothing of a text is to be given out that is not given out whole.
    """

    title: str
    moment: str
    query: str = ""
    url: str = ""
    themes: Mapping[str, str] = {}
    rights: Rights = Rights()
    whole_texts: bool = False
    article: Callable[[str], Article | None] = lambda _: None
    excerpts: bool = True

    def name_of(self, theme: str) -> str:
        """Return a theme's name; a theme that the codebook lacks is called by its key."""
        return self.themes.get(theme, theme)

    def text_of(self, article: Article) -> str | None:
        """Return an article's whole text, None where no more than an excerpt may be given out."""
        return article.text if self.whole_texts or self.rights.whole(article) else None

    def excerpt_of(self, article: Article) -> str | None:
        """Return the two sentences of an article's text that may be given out, None where there are none."""
        return "\n".join(short(article)) or None if self.excerpts else None
