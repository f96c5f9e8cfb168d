"""What of an article goes into the index, and in which form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from operator import add
from uuid import NAMESPACE_OID, uuid5

from clipper.models import Article
from clipper.search import engine
from clipper.search.engine import Fields
from clipper.search.terms import stems, words

# The words that are in most English texts. A row of two of these is looked up as one word: to compare where each
# of them stands in every text takes a third of a second at a million articles.
FREQUENT = """
    the of to and a in that for on is with it as was by at be from are has have had this not but which he they their
    said will would an or we his its been who more were there about than what when all one up out so can into
""".split()  # noqa: SIM905  # sixty quoted words in a list are harder to read
MOST_FREQUENT = 64
_FREQUENT_SHARE = 0.25  # of the texts: a row of two words that are in fewer is found quickly as it is
_LAST_DAY = 99991231
_MOMENT = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z$")
_APART = f" {engine.APART} "
_FIRST_LETTER = 0x4E00  # beyond all that a folded English word is written with


class Pairs:
    """Rows of two frequent words, each looked up as one word.

    ``forms`` leads from each form of a frequent word that is known to its stem. Rows of other forms are not noted, so
    that a build need not ask for the stem of every word; which forms there are besides is found in the index itself
    when it is written (``strays``), and what holds one of them is looked up in the other way.
    """

    def __init__(self, forms: Mapping[str, str], strays: Mapping[str, Sequence[str]] | None = None) -> None:
        # Each stem gets a letter: a text becomes a string of letters and spaces, in which rows are found by splitting.
        letters = {stem: chr(_FIRST_LETTER + n) for n, stem in enumerate(sorted(set(forms.values())))}
        self._letters = letters
        self._codes = {form: letters[stem] for form, stem in forms.items()}
        self._strays = strays or {}

    def among(self, parts: Sequence[Sequence[str]]) -> str:
        """Return the rows of two frequent words within the parts of an article, each as one word of two letters.

        Those of longer rows follow each other; between others stands what tells them apart.
        """
        known, other = self._codes.get, repeat(" ")
        letters = " ".join(["".join(map(known, part, other)) for part in parts])
        rows = [row for row in letters.split(" ") if len(row) > 1]
        return _APART.join([row if len(row) == 2 else " ".join(map(add, row, row[1:])) for row in rows])

    def of(self, first: str, second: str) -> str | None:
        """Return what stands for two stems in a row, None where one of them is not frequent."""
        one, other = self._letters.get(first), self._letters.get(second)
        return one + other if one and other else None

    def strays(self, first: str, second: str) -> list[str]:
        """Return the forms of two stems whose rows are not noted."""
        return [*self._strays.get(first, ()), *self._strays.get(second, ())]


def frequent_forms(texts: Sequence[str]) -> dict[str, str]:
    """Return the forms of the words that are frequent in texts, those in a quarter of them, or in English.

    Each form comes with its stem.
    """
    counts: dict[str, int] = {}
    forms: dict[str, str] = {}
    for text in texts:
        found = list(dict.fromkeys(words(text)))
        of_text = stems(found)
        forms.update(zip(found, of_text, strict=True))
        for stem in set(of_text):
            counts[stem] = counts.get(stem, 0) + 1
    forms.update(zip(FREQUENT, stems(FREQUENT), strict=True))
    least = max(_FREQUENT_SHARE * len(texts), 1)
    here = sorted((stem for stem, n in counts.items() if n >= least), key=lambda stem: (-counts[stem], stem))
    chosen = {*here[:MOST_FREQUENT], *stems(FREQUENT)}
    return {form: stem for form, stem in sorted(forms.items()) if stem in chosen}


def number(article_id: str) -> int:
    """Return the number that stands for an id: its 16 hexadecimal digits, or a checksum of an id that has others."""
    try:
        value = int(article_id, 16)
    except ValueError:
        value = -1
    if plain_id(value) == article_id:
        return value
    return uuid5(NAMESPACE_OID, article_id.encode("utf-8", "replace").decode()).int >> 64


def plain_id(value: int) -> str:
    """Return the id of 16 hexadecimal digits that a number stands for."""
    return f"{value:016x}"


def day_span(published: str | None) -> tuple[int, int]:
    """Return the first and the last day that a date may mean, as numbers such as 20141107; 0 and 0 for none."""
    digits = (published or "").replace("-", "")
    if not (digits.isascii() and digits.isdigit()):
        return 0, 0
    if len(digits) == 8:
        return int(digits), int(digits)
    if len(digits) in (4, 6):
        return int(digits.ljust(6, "0")) * 100, int(digits.ljust(6, "9")) * 100 + 99
    return 0, 0


def _moment(fetched: str) -> int:
    """Return a number of at most ten digits that grows with a moment; 0 for what is none, as strangers may write.

    It counts seconds as if every month had 31 days: it is only compared, and a calendar takes longer to import.
    """
    found = _MOMENT.match(fetched)
    if not found:
        return 0
    year, month, day, hour, minute, second = map(int, found.groups())
    days = ((max(year - 1970, 0) * 12 + month - 1) * 31) + day - 1
    return min(((days * 24 + hour) * 60 + minute) * 60 + second, 10**10 - 1)


def fields(article: Article, *, root: str, themes: Sequence[str], coders: Iterable[str], pairs: Pairs) -> Fields:
    """Return what the index holds of an article.

    ``root`` is the id of the article that it is a copy of, or its own; ``themes`` are those that it carries.
    """
    title, text = words(article.title or ""), words(article.text)
    authors = [words(author) for author in article.authors]
    parts = [part for part in (title, text, *authors) if part]
    texts = [(engine.TEXT, " ".join(part)) for part in parts]
    distinct = dict.fromkeys(chain.from_iterable(parts))
    texts.append((engine.WORD, " ".join(distinct)))
    if rows := pairs.among(parts):
        texts.append((engine.PAIR, rows))
    if title:
        texts += [(engine.TITLE, " ".join(title)), (engine.TITLE_WORD, " ".join(dict.fromkeys(title)))]
    texts += [(engine.AUTHOR, " ".join(author)) for author in authors]
    outlet = article.outlet or ""
    texts += [(engine.OUTLET, " ".join(words(outlet))), (engine.OUTLET_NAME, outlet)]
    texts += [(engine.THEME, theme) for theme in themes]
    texts += [(engine.SOURCE, article.source), (engine.KIND, article.kind)]
    texts += [(engine.CODER, coder) for coder in sorted(set(coders))]
    flags = {"partial": article.partial, "copy": root != article.id, "themeless": not themes}
    texts += [(engine.FLAG, name) for name, holds in flags.items() if holds]
    this = number(article.id)
    if plain_id(this) != article.id:
        texts.append((engine.ID, article.id))
    first, last = day_span(article.published)
    moment = _moment(article.fetched)
    return Fields(
        texts,
        [
            (engine.NUMBER, this),
            (engine.GROUP, this if root == article.id else number(root)),
            (engine.FIRST_DAY, first),
            (engine.LAST_DAY, last),
            # One number to sort by: the day, then the moment in which it was fetched (ten digits).
            (engine.NEWEST, first * 10**10 + moment),
            (engine.OLDEST, (first or _LAST_DAY) * 10**10 + moment),
            (engine.MONTH, first // 100),
        ],
    )
