"""How much of an article's text may be given out: two sentences, unless the configuration says that more may be."""

from __future__ import annotations

from typing import Literal, NamedTuple

from clipper.models import Article
from clipper.text import fold, paragraphs, sentence_spans, shorten

Excerpt = Literal["none", "short", "clip"]
SENTENCES = 2  # in a short excerpt
_STOPS = (".", "!", "?", "…", ":", ";", ",", "–", "—", "。", "！", "？")
_CLOSING = "'\"’”»)]」』） "
_LONGEST = 700  # characters of a short excerpt: some texts go on for pages without a full stop


class Rights(NamedTuple):
    """For whose texts the rights are there: ``full_text`` is true for all, or names outlets."""

    full_text: bool | tuple[str, ...] = False

    def whole(self, article: Article) -> bool:
        """Whether the whole text of an article may be given out."""
        if isinstance(self.full_text, bool):
            return self.full_text
        return article.outlet is not None and fold(article.outlet) in {fold(name) for name in self.full_text}


def excerpt(article: Article, how: Excerpt, rights: Rights) -> list[str]:
    """Return the paragraphs of an article's text that are given out.

    ``short`` is two sentences, ``clip`` the whole text: of a clipping, which somebody cut out to be kept, and of
    an article for whose text the rights are there; of others it is short too (``is_cut``).
    """
    if how == "none":
        return []
    if how == "clip" and not is_cut(article, rights):
        return paragraphs(article.text) or short(article)
    return short(article)


def is_cut(article: Article, rights: Rights) -> bool:
    """Whether less than the whole text of an article may be given out where ``clip`` asks for it."""
    return article.kind == "article" and not rights.whole(article)


def short(article: Article) -> list[str]:
    """Return the first two sentences of a text; of an article without a text those of its excerpt.

    They are one paragraph, or two where the first is a line without a full stop, as the one below a headline often is.
    """
    text = article.text or article.excerpt or ""
    # No more is looked at than can be given out, as a rule far less: a text may be long, and there are many.
    for size in (_LONGEST // 2, _LONGEST, 4 * _LONGEST):
        head = text[:size]
        spans = sentence_spans(head)
        if len(spans) > SENTENCES:  # where one more begins, those before it end where they end in the whole text
            break
    spans = spans[:SENTENCES]
    if not spans:
        return []
    said = [" ".join(head[start:end].split()) for start, end in spans]
    if sum(map(len, said)) >= _LONGEST:
        return [shorten(said[0], _LONGEST)]
    return [" ".join(said)] if _ends(said[0]) else said


def short_line(article: Article) -> str:
    """Return the first two sentences of a text in one line."""
    return " – ".join(short(article))


def _ends(sentence: str) -> bool:
    return sentence.rstrip(_CLOSING).endswith(_STOPS)
