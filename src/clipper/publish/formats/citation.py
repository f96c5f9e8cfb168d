"""What lists of references say of an article, the same in every format: RIS, BibTeX and CSL-JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from urllib.parse import quote

from clipper.models import Article
from clipper.publish.about import About
from clipper.publish.formats.names import Name, people
from clipper.publish.links import link_of
from clipper.publish.selection import Item
from clipper.text import clean_line, fold
from clipper.wording import shown_title

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_NO_CHARACTERS = re.compile("[\ufffe\uffff]")  # XML cannot hold them, and nobody means them
_NOT_IN_ADDRESSES = re.compile(r'[\\"<>^`{|}]')  # RFC 3987
_WORD = re.compile(r"[a-z0-9]+")
_SMALL = frozenset(
    _WORD.findall(
        "a an the and or but nor of in on at to by for from with as is are was were be been has have had it its this "
        "that will would could should can may not no if how why what when who where"
    )
)
_DIGITS_OF_ID = 10


class Reference(NamedTuple):
    """What is cited of one article. ``issued`` and ``accessed`` are year, month and day, as many as are known.

    ``accessed`` is the day on which the page was fetched; of a clipping, whose link nobody followed, there is none.
    """

    key: str
    title: str
    outlet: str
    people: tuple[Name, ...]
    issued: tuple[int, ...]
    accessed: tuple[int, ...]
    url: str
    language: str
    abstract: str
    keywords: tuple[str, ...]
    is_page: bool


def reference(item: Item, about: About) -> Reference:
    """Return what is cited of an article; every text of it is one line without controls."""
    article = item.article
    url = address_of(article)
    title = title_of(article, about)
    outlet = one_line(article.outlet or "")
    named = people(map(one_line, article.authors), outlet)
    issued = day_parts(article.published)
    return Reference(
        key=_key(article.id, named, outlet, issued, title),
        title=title,
        outlet=outlet,
        people=named,
        issued=issued,
        accessed=day_parts(article.fetched[:10]) if url and article.kind != "clipping" else (),
        url=url,
        language=language_of(article),
        abstract=one_line(about.excerpt_of(article) or ""),
        keywords=_each_once([*map(about.name_of, item.carried), *article.categories]),
        is_page=article.kind == "page",
    )


def one_line(text: str) -> str:
    """Return text as one clean line, without characters that no format can hold."""
    if text.isascii() and text.isprintable():  # most are, and this is many times sooner
        return " ".join(text.split())
    return clean_line(_NO_CHARACTERS.sub("", text))


def title_of(article: Article, about: About) -> str:
    """Return an article's title; of one without any the first words, where anything of a text may be given out."""
    return one_line(shown_title(article.title, article.text if about.excerpts else ""))


def address_of(article: Article) -> str:
    """Return the address of an article, with those characters escaped that may not stand in one; or an empty text."""
    return _NOT_IN_ADDRESSES.sub(lambda found: quote(found[0]), link_of(article) or "")


def language_of(article: Article) -> str:
    """Return the code of an article's language, or an empty text."""
    return article.language if article.language and _LANGUAGE.fullmatch(article.language) else ""


def day_parts(stated: str | None) -> tuple[int, ...]:
    """Return year, month and day of a date, as many of them as it states and as there are in the calendar."""
    found = _DATE.fullmatch(stated or "")
    parts = tuple(int(part) for part in found.groups() if part) if found else ()
    while parts:
        try:
            date(*(*parts, 1, 1)[:3])
        except ValueError:
            parts = parts[:-1]
        else:
            return parts
    return ()


def _key(article_id: str, named: tuple[Name, ...], outlet: str, issued: tuple[int, ...], title: str) -> str:
    """Return the key by which a text cites an article: the first author, the year, a word of the title, and the id.

    The beginning of the id keeps two articles apart and leads back to the archive. Letters and digits only: all
    programs take these.
    """
    word = next((word for word in _WORD.findall(fold(title)) if word not in _SMALL and len(word) > 2), "")
    signed = (_plain(named[0].family or named[0].literal) if named else "") or _plain(outlet.removeprefix("The "))
    year = f"{issued[0]:04}" if issued else "nd"
    return f"{signed[:20] or 'anon'}{year}{word[:20]}{_plain(article_id)[:_DIGITS_OF_ID]}"


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(text))


def _each_once(words: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for word in words:
        # Programs part a field at these two.
        if line := " ".join(re.sub(r"[,;]", " ", one_line(word)).split()):
            found.setdefault(fold(line), line)
    return tuple(found.values())
