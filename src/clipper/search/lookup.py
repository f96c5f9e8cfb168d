"""From the tree of a query to what the engine is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise, product

from clipper.errors import UsageError
from clipper.search import engine
from clipper.search.document import Pairs, day_span, number
from clipper.search.engine import Query
from clipper.search.spelling import joined, variants
from clipper.search.terms import stems, words
from clipper.search.tree import All, Any, Dates, Fuzzy, In, Key, Near, Node, Not, Prefix, Words, positive

TITLE_WORTH = 2.0  # how much a word in the title counts beside one in the text
_MOST_WAYS = 24  # of writing a phrase, of those that its words' other spellings make
_NAMES = {"author": engine.AUTHOR, "outlet": engine.OUTLET}
_VALUES = {"theme": engine.THEME, "source": engine.SOURCE, "kind": engine.KIND, "coder": engine.CODER}
_LAST_DAY = 99991231
_LONGEST_START = 200  # letters; no word is longer, and the engine takes few more


class Lookup:
    """Asks for what a tree means. ``named`` gives the ids that begin with a prefix."""

    def __init__(self, pairs: Pairs, named: Callable[[str], Sequence[str]]) -> None:
        self._pairs = pairs
        self._named = named

    def whole(self, node: Node | None) -> Query:
        """Return the query of a tree. Pages of clippings are left out unless it asks for them."""
        but = [] if node is not None and _asks_for_pages(node) else [engine.term(engine.KIND, "page")]
        parts = [] if node is None else [self._query(node, None)]
        return engine.all_of(parts, but=but, better=self._titles(node))

    def _titles(self, node: Node | None) -> list[Query]:
        """Return what makes a match in the title count more."""
        found = []
        for field, leaf in positive(node):
            if field is None and isinstance(leaf, (Words, Near)):
                found += [engine.worth(self._row(engine.TITLE, way), TITLE_WORTH) for way in ways(leaf.text)]
        return found

    def _query(self, node: Node, field: str | None) -> Query:
        match node:
            case All():
                # Among words, a dash or an ellipsis asks for nothing.
                parts = [part for part in node.parts if not _is_empty(part)] or node.parts[:1]
                wanted = [self._query(part, field) for part in parts if not isinstance(part, Not)]
                return engine.all_of(wanted, but=[self._query(p.part, field) for p in parts if isinstance(p, Not)])
            case Any():
                return engine.any_of([self._query(part, field) for part in node.parts])
            case Not():
                return engine.all_of([], but=[self._query(node.part, field)])
            case In():
                return self._query(node.part, None if node.field == "text" else node.field)
            case Words():
                return self._words(node.text, field)
            case Near():
                return self._near(node, field)
            case Prefix():
                return self._beginning(node.text, field)
            case Fuzzy():
                return self._fuzzy(node, field)
            case Dates():
                return self._dates(node)
            case Key():
                return self._key(node)

    def _words(self, text: str, field: str | None) -> Query:
        if field in _NAMES:
            return self._row(_NAMES[field], words(text))
        where = engine.TITLE if field == "title" else engine.TEXT
        if not (found := ways(text)):  # nothing but punctuation, of which the index holds none
            return engine.nothing()
        return engine.any_of([self._row(where, way) for way in found])

    def _row(self, field: str, terms: Sequence[str]) -> Query:
        if not terms:
            return engine.nothing()
        if len(terms) == 1:
            return engine.word(field, terms[0])
        if field != engine.TEXT:
            return engine.row(field, terms)
        rows = [self._pairs.of(a, b) for a, b in pairwise(terms)]
        exact = engine.row(field, terms)
        known = [row for row in rows if row]
        if len(known) < len(rows):
            return exact
        quick = engine.word(engine.PAIR, known[0]) if len(known) == 1 else engine.row(engine.PAIR, known)
        strays = {form for a, b in pairwise(terms) for form in self._pairs.strays(a, b)}
        if not strays:
            return quick
        return engine.any_of([quick, engine.all_of([engine.words_of(engine.WORD, sorted(strays)), exact])])

    def _near(self, node: Near, field: str | None) -> Query:
        """Return a query for words of which every two have at most so many others between them, in any order."""
        where = _NAMES.get(field or "", engine.TITLE if field == "title" else engine.TEXT)
        plain = list(dict.fromkeys(words(node.text)))
        if len(plain) < 2:
            return self._words(node.text, field)
        choices = [[[w]] if field in _NAMES else _spellings(w) for w in plain]
        single = [[way[0] for way in choice if len(way) == 1] for choice in choices]
        parts = []
        for i in range(len(single)):
            for j in range(i + 1, len(single)):
                ways_of_two = [
                    # Two forms of one word are near each other where it stands.
                    engine.word(where, a) if a == b else engine.near(where, a, b, node.within)
                    for a, b in list(product(single[i], single[j]))[:_MOST_WAYS]
                ]
                parts.append(engine.any_of(ways_of_two))
        return engine.all_of(parts)

    def _beginning(self, text: str, field: str | None) -> Query:
        """Return a query for words that begin so; of several words the last one does, after the others."""
        found = words(text)
        if not found:
            return engine.nothing()
        if len(found) > 1:
            raise UsageError(f"query: {text}*: the beginning of one word goes before *")
        return _starting(_word_field(field), found[0])

    def _fuzzy(self, node: Fuzzy, field: str | None) -> Query:
        found = words(node.text)
        if not found:
            return engine.nothing()
        if len(found) > 1:
            raise UsageError(f"query: {node.text}~: one word goes before ~")
        return engine.similar_word(_word_field(field), found[0], node.distance)

    @staticmethod
    def _dates(node: Dates) -> Query:
        if node.undated:
            return engine.between(engine.FIRST_DAY, 0, 0)
        # An article is within when one of the days that its date may mean is; one without a date is not.
        first = day_span(node.since)[0] if node.since else 1
        last = day_span(node.until)[1] if node.until else _LAST_DAY
        return engine.all_of([engine.between(engine.LAST_DAY, first, None), engine.between(engine.FIRST_DAY, 1, last)])

    def _key(self, node: Key) -> Query:
        if node.field == "id":
            ids = self._named(node.value)  # any beginning names an article, as everywhere
            return engine.numbers(engine.NUMBER, map(number, ids)) if ids else engine.nothing()
        if node.field == "partial":
            flag = engine.term(engine.FLAG, "partial")
            return flag if node.value == "yes" else engine.all_of([], but=[flag])
        if node.field == "theme" and node.value in ("none", "any") and not node.prefix:
            flag = engine.term(engine.FLAG, "themeless")
            return flag if node.value == "none" else engine.all_of([], but=[flag])
        field = _VALUES[node.field]
        return _starting(field, node.value) if node.prefix else engine.term(field, node.value)


def _starting(field: str, start: str) -> Query:
    return engine.beginning(field, start) if len(start) <= _LONGEST_START else engine.nothing()


def _word_field(field: str | None) -> str:
    return _NAMES.get(field or "", engine.TITLE_WORD if field == "title" else engine.WORD)


def _asks_for_pages(node: Node) -> bool:
    match node:
        case Key():
            return node.field == "kind" and "page".startswith(node.value) and (node.prefix or node.value == "page")
        case All() | Any():
            return any(map(_asks_for_pages, node.parts))
        case Not() | In():
            return _asks_for_pages(node.part)
    return False


def _is_empty(node: Node) -> bool:
    return isinstance(node, Words) and not words(node.text)


def _spellings(word: str) -> list[tuple[str, ...]]:
    """Return the stems of a word and of its other spellings, of which some are two words."""
    written = [[word], *(words(other) for other in variants(word))]
    return list(dict.fromkeys(tuple(stems(way)) for way in written if way))


def ways(text: str) -> list[tuple[str, ...]]:
    """Return the rows of stems that a text in a query may be written as, the plain one first; none without words."""
    found = words(text)
    if not found:
        return []
    rows: list[tuple[str, ...]] = []
    for choice in _some(product(*map(_spellings, found))):
        rows.append(tuple(stem for part in choice for stem in part))
    if len(found) > 1:
        for at in range(len(found) - 1):
            rows += [tuple(stems([*found[:at], one, *found[at + 2 :]])) for one in joined(found[at : at + 2])]
        if "-" in text and " " not in text.strip():
            rows.append(tuple(stems(["".join(found)])))
    return list(dict.fromkeys(row for row in rows if row))


def _some(rows: Iterable[tuple[tuple[str, ...], ...]]) -> Iterable[tuple[tuple[str, ...], ...]]:
    for count, row in enumerate(rows):
        if count >= _MOST_WAYS:
            return
        yield row
