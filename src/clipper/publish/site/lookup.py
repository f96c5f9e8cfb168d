"""The index that the site's search page reads in the browser: small files, of which a query loads a few.

All of it lies in ``search/`` of the site: ``index.js`` lists what there is, ``w/`` and ``p/`` tell which articles hold
a word (``lookup_words``), ``d/``, ``c/`` and ``f/`` what is known of each (``lookup_rows``). What the files hold
depends on the articles and their numbers alone, not on the order in which they came: a site that grew by one article
after the other has the same bytes as one that was made at once.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from clipper.publish.site import lookup_rows
from clipper.publish.site.lookup_packing import read_script, script
from clipper.publish.site.lookup_rows import Facets, Folder, Order, Shown, day_number
from clipper.publish.site.lookup_words import BLOCK, Collected, Words
from clipper.search import terms
from clipper.search.spelling import joined, variants
from clipper.text import shorten

VERSION = 2
_INDEX = "search/index.js"
_UNFINISHED = "search/unfinished.js"  # is there while the index is written, and after a run that was killed
_LONGEST = 30  # letters of a word that count
_REMEMBERED = 100_000  # words whose spellings are kept in memory
_EXCERPT = 320  # characters of what a result shows
# In nearly every text, and in no query by themselves. "Who" is not among them: it is an organisation too.
_STOP = (
    "a an and are as at be been but by for from had has have he her his if in into is it its of on or our she so that"
    " the their them then there these they this to was we were which will with would you your"
)
_STOPPED = frozenset(_STOP.split())


class Entry(NamedTuple):
    """An article as the browser's index knows it.

    ``number`` is its own for good, small, never another's. ``href`` leads to its page from the site's top, without a
    slash before it. ``published`` is as in the archive. ``excerpt`` is what is shown with it in results (plain text,
    may be empty). ``words`` is whatever else it is to be found by: authors, deciding sentences, the whole text where
    the rights are there; title, outlet and excerpt need not be in it. ``story`` is the number of the first record of
    its story, 0 for one that has no copies.
    """

    number: int
    href: str
    title: str
    outlet: str
    published: str | None
    themes: Sequence[str]
    excerpt: str
    words: str
    story: int = 0


def is_whole(folder: Folder) -> bool:
    """Whether there is an index that can be brought in step: of this version, and written to its end."""
    return folder.read(_UNFINISHED) is None and _index(folder).get("version") == VERSION


def update(
    folder: Folder, changed: Iterable[Entry], removed: Iterable[int], *, themes: Mapping[str, str], anew: bool = False
) -> None:
    """Bring the index in step: entries that are new or have changed, in ascending order, and numbers that are gone.

    ``themes`` leads from each theme's key to its name, in the order in which they are shown. ``anew`` makes all of it
    again from ``changed``, which is then every entry; it is needed where the index is not whole. Only files that differ
    are written. Of articles that are new, only the files that they touch are read; where words go away, all files of
    words are. ``changed`` is gone through once, to its end.
    """
    assert anew or is_whole(folder)
    noted = _Noted(folder)
    noted.write(_UNFINISHED, script("unfinished", 0))
    with Collected() as found:
        gone = _rows(noted, changed, () if anew else removed, found, anew=anew)
        words = Words(noted, () if anew else _index(folder)["leaves"].split(" "))
        if anew or gone:
            words.replace(found.terms(), gone)
        else:
            words.add(found.terms())
    noted.write(_INDEX, script("index", _contents(noted, words, themes)))
    # From here on no page asks for the files that are none any more.
    words.tidy()
    for part in ("search/",) if anew else ("search/w/", "search/p/") if gone else ():
        for name in list(folder.names(part)):
            if name not in noted.written:
                folder.remove(name)
    folder.remove(_UNFINISHED)


def _rows(
    folder: Folder, changed: Iterable[Entry], removed: Iterable[int], found: Collected, *, anew: bool
) -> set[int]:
    """Write the rows, collect the words of what is new, and return whose words have to go first."""
    shown = lookup_rows.shown_rows(folder, anew=anew)
    order = lookup_rows.order_rows(folder, anew=anew)
    facets = lookup_rows.facet_rows(folder, anew=anew)
    gone = set()
    for number in sorted(removed):
        if shown.get(number) is not None:
            gone.add(number)
            shown.set(number, None)
            order.set(number, None)
            facets.set(number, None)
    for entry in changed:
        check = _check(entry)
        before = shown.get(entry.number)
        if before is None or before.check != check:
            if before is not None:
                gone.add(entry.number)
            found.add(entry.number, _weights(entry))
        excerpt = shorten(entry.excerpt, _EXCERPT)
        row = Shown(entry.href, entry.title, entry.outlet, entry.published or "", list(entry.themes), excerpt, check)
        shown.set(entry.number, row)
        order.set(entry.number, Order(day_number(entry.published), entry.story))
        facets.set(entry.number, Facets(entry.outlet, tuple(sorted(entry.themes))))
    for rows in (shown, order, facets):
        rows.flush()
    return gone


def _check(entry: Entry) -> str:
    """Return a checksum of what an article is found by."""
    text = "\0".join((entry.title, entry.outlet, entry.excerpt, entry.words))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:10]


def _weights(entry: Entry) -> dict[str, int]:
    """Return an article's words: 3 for one of title and text, 2 of the title, 1 several times in the text, else 0."""
    title = set(_terms(entry.title))
    text = Counter(_terms(f"{entry.outlet}\n{entry.excerpt}\n{entry.words}"))
    weights = {term: min(count, 2) - 1 for term, count in text.items()}
    return weights | {term: 3 if term in text else 2 for term in title}


def _terms(text: str) -> list[str]:
    """Return the words of a text as the browser looks for them.

    The browser has no table of spellings: where a word has several, an article stands under each of them.
    """
    found = terms.words(text)
    listed = [stem for word in found if word not in _STOPPED for stem in _spellings(word)]
    return listed + [stem for pair in pairwise(found) if (one := joined(pair)) for stem in _stems(one)]


@lru_cache(_REMEMBERED)
def _spellings(word: str) -> tuple[str, ...]:
    """Return the stem of a word and those of its other spellings.

    One in two words is a word of its own here, ``health_care``, which the browser looks for when it is asked for both
    side by side: who asks for *care* does not mean *healthcare*.
    """
    others = [one.split(" ") for one in variants(word)]
    written = _stems([word, *(one for one, *rest in others if not rest)])
    return *written, *dict.fromkeys("_".join(_stems(pair)) for pair in others if len(pair) > 1)


def _stems(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms.stems([word[:_LONGEST] for word in words])))


def _index(folder: Folder) -> Mapping[str, Any]:
    content = folder.read(_INDEX)
    try:
        index: Mapping[str, Any] = read_script(content) if content else {}
    except ValueError:
        return {}
    return index


def _contents(folder: Folder, words: Words, themes: Mapping[str, str]) -> Mapping[str, Any]:
    counts = lookup_rows.counts(folder)
    keys = [*themes, *sorted(counts.themes.keys() - themes.keys())]
    return {
        "version": VERSION,
        "articles": counts.articles,
        "leaves": " ".join(sorted(words.leaves)),
        "themes": [[key, themes.get(key, key), counts.themes[key]] for key in keys if counts.themes[key]],
        "outlets": [[name, counts.outlets[name]] for name in sorted(counts.outlets, key=lambda n: (n.casefold(), n))],
        "years": [[year, counts.years[year]] for year in sorted(counts.years)],
        "stop": _STOP,
        "longest": _LONGEST,
        "chunks": sorted(int(name.removesuffix(".js").rpartition("/")[2]) for name in folder.names("search/c/")),
        "bits": [lookup_rows.SHOWN, lookup_rows.COLUMNS, BLOCK],
    }


class _Noted:
    """A folder that remembers what was written."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.written: set[str] = set()
        self.read = folder.read
        self.remove = folder.remove
        self.names = folder.names

    def write(self, name: str, data: bytes) -> None:
        self.written.add(name)
        self._folder.write(name, data)
