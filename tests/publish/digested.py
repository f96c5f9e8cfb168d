"""What the tests of digests share: a handful of articles as a selection, and a digest of them read back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from clipper.coding.verdicts import verdicts
from clipper.collect.intake.files import read_file
from clipper.models import Article, Tagging
from clipper.publish import digestpages
from clipper.publish.about import About
from clipper.publish.digest import Digest
from clipper.publish.digestmail import Envelope, as_mail
from clipper.publish.rights import Rights, excerpt
from clipper.publish.selection import Item

FORMS = ("md", "html", "text", "eml")
GROUPS = (None, "theme", "month", "outlet")
MOMENT = datetime(2016, 3, 4, 9, 30, tzinfo=UTC)
THEMES = {"privatisation": "Privatisation", "workforce": "Workforce: who does the work", "access": "Access (to care)"}
Key = tuple[Any, ...]


class Some:
    """Articles in the order given as a selection gives them, each with its copies and its themes."""

    fold = True

    def __init__(self, articles: Sequence[Article], copies: Iterable[Article] = (), themes: Any = None) -> None:
        self._articles = list(articles)
        self._all = {one.id: one for one in [*articles, *copies]}
        self._themes = themes or {}

    def items(self, *, sort: str, limit: int | None, progress: Any) -> Iterator[Item]:
        for article in self._articles[:limit]:
            yield self.item(article.id, self._copies(article))

    def _copies(self, article: Article) -> list[str]:
        return [one.id for one in self._all.values() if one.duplicate_of == article.id]

    def item(self, ident: str, copies: Sequence[str] = ()) -> Item:
        article = self._all[ident]
        scores = {theme: 0.9 - n / 10 for n, theme in enumerate(self._themes.get(ident, ()))}
        tagging = Tagging(
            article=ident, revision=1, tags=[{"theme": key, "probability": score} for key, score in scores.items()],
            scores=scores, model="m", codebook="c", tagged="2016-01-01",
        )  # fmt: skip
        return Item(article, tagging, [], verdicts(article, tagging, [], lambda key: key), copies)

    def article(self, ident: str) -> Article | None:
        return self._all.get(ident)


def digest(some: Any, how: Any = "short", group_by: Any = None, **more: Any) -> Digest:
    """Return a digest of a selection."""
    about = About(
        title=more.pop("title", "Clippings"), moment="2016-03-04T09:30:00Z", query=more.pop("query", ""),
        themes=THEMES, rights=more.pop("rights", Rights(True)),
    )  # fmt: skip
    return Digest(some, about, how=how, group_by=group_by, **more)


def written(one: Digest, form: str) -> bytes:
    """Return a digest in a form."""
    if form == "eml":
        return as_mail(one, Envelope(), MOMENT)
    writer = {"md": digestpages.as_markdown, "html": digestpages.as_html, "text": digestpages.as_text}[form]
    return "".join(writer(one)).encode()


def bare(raw: bytes, form: str) -> bytes:
    """Return a digest without what it says of itself, as it comes out of a mail program or an editor's clipboard."""
    text = raw.decode()
    if form == "md":
        return text.replace("<!-- clipper digest 1 -->\n", "").encode()
    if form == "text":
        return text.replace("(digest form 1)\n", "").encode()
    text = re.sub(r"<(?:meta|style)\b.*?>(?:[^<]*</style>)?", "", text)
    return re.sub(r' (?:class|id|datetime)="[^"]*"', "", text).encode()


def read_back(raw: bytes, form: str) -> list[Any]:
    """Return the pieces that ``add`` finds in a digest, but for the page itself."""
    name = {"md": "digest.md", "html": "digest.html", "text": "digest.txt", "eml": "digest.eml"}[form]
    page, *items = read_file(name, raw, None, "", None).pieces
    assert page.kind == "page"
    return items


def expected(article: Article, how: Any, rights: Rights, *, folded: bool = False) -> Key:
    """Return what is to be read back of an article: title, outlet, date, link, authors and text."""
    text = "" if folded else "\n\n".join(excerpt(article, how, rights))
    authors = () if folded else tuple(article.authors)
    return (article.title, article.outlet, article.published, article.url, authors, text)


def found(piece: Any) -> Key:
    """Return the same of what was read."""
    facts = piece.facts
    return (facts.title, facts.outlet, facts.published, facts.url, facts.authors, "" if piece.partial else piece.text)


def missing(wanted: Iterable[Key], got: Iterable[Key]) -> tuple[Counter[Key], Counter[Key]]:
    """Return what of the wanted was not read, and what was read that nobody wanted."""
    one, other = Counter(wanted), Counter(got)
    return one - other, other - one
