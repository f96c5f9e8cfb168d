"""``--format``: a line for each article as a template says, such as ``{date} {outlet} {title}``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clipper.errors import UsageError, nearest
from clipper.wording import shown_title

if TYPE_CHECKING:
    from clipper.search.results import Hit

NAMES = {
    "id": "the whole id",
    "short": "the shortest beginning of the id that names the article alone",
    "title": "its title, or its first words",
    "outlet": "its outlet",
    "authors": "its authors, with commas between them",
    "date": "the day, month or year in which it was published: 2014-11-07",
    "themes": "its themes, with spaces between them",
    "url": "its link",
    "source": "the source it came from",
    "kind": "article, clipping or page",
    "fetched": "when it came, in UTC",
    "revision": "the number of its newest revision",
    "language": "its language",
    "score": "how well it matches",
    "snippet": "the sentence or two that say most of what was asked",
    "copies": "how many copies of it are folded into it",
}
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_WIDTH = re.compile(r"([<>^]?)([0-9]{0,3})(?:\.([0-9]{1,3}))?")
_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\\\": "\\"}

Piece = tuple[str, str, str]  # text before, the name of a field or an empty one, how wide it is


def pieces(form: str) -> list[Piece]:
    """Return the pieces of a template. Raises UsageError for one that cannot be filled.

    A field may say how wide it is, as in Python: ``{outlet:20}``, ``{title:.40}``, ``{score:>8}``.
    """
    form = re.sub(r"\\[tn\\]", lambda found: _ESCAPES[found[0]], form)
    found: list[Piece] = []
    text, at = "", 0
    for piece in _PIECE.finditer(form):
        text += form[at : piece.start()]
        at = piece.end()
        if piece[0] in ("{{", "}}"):
            text += piece[0][0]
            continue
        if piece[1] is None:
            raise UsageError(f"--format: a lone {piece[0]!r}; write it twice for one that is printed")
        name, _, wide = piece[1].partition(":")
        if name not in NAMES:
            raise UsageError(f"--format: no field {name!r}{nearest(name, NAMES) or '; --format help lists them'}")
        if not _WIDTH.fullmatch(wide):
            raise UsageError(f"--format: {wide!r} is no width; write {{{name}:20}}, {{{name}:>20}} or {{{name}:.40}}")
        found.append((text, name, wide))
        text = ""
    return [*found, (text + form[at:], "", "")]


def filled(shape: list[Piece], hit: Hit) -> str:
    """Return a template filled with what is known of an article. Each field is one line."""
    return "".join(before + (f"{_value(name, hit):{wide}}" if name else "") for before, name, wide in shape)


def _value(name: str, hit: Hit) -> str:
    article = hit.article
    values: dict[str, object] = {
        "short": hit.short_id,
        "date": article.published,
        "themes": " ".join(verdict.theme for verdict in hit.themes if verdict.carried) if name == "themes" else "",
        "score": f"{hit.score:.2f}",
        "snippet": hit.snippet,
        "authors": ", ".join(article.authors),
        "title": shown_title(article.title, article.text),
        "copies": len(hit.copies),
    }
    value = values[name] if name in values else getattr(article, name)
    return " ".join(str(value).split()) if value is not None else ""
