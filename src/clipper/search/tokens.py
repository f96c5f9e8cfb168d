"""The pieces of a query: brackets, operators, and words and filters as they are written, each with its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import category, east_asian_width, normalize

from clipper.errors import UsageError, nearest
from clipper.search.dates import is_length, read_date
from clipper.search.tree import Dates, Fuzzy, In, Key, Leaf, Near, Node, Prefix, Tree, Words, clash

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

MAX_TERMS = 500  # words and filters
MAX_NEAR = 100  # words between
MAX_DISTANCE = 2  # letters
LEAST_LETTERS = {Prefix: 2, Fuzzy: 3}  # fewer would mean half of the language

TEXT_FIELDS = ("title", "outlet", "author", "text")
KEY_FIELDS = ("theme", "source", "kind", "coder", "id", "partial")
DATE_FIELDS = ("since", "until", "date")
FIELDS = (*TEXT_FIELDS, *KEY_FIELDS, *DATE_FIELDS)
VALUES = {"kind": ("article", "clipping", "page"), "partial": ("yes", "no")}
OPERATORS = ("AND", "OR", "NOT")
LONGEST_NAME = 64  # characters of a saved search's name

_MOST_SHOWN = 100  # characters on either side of a caret, since accents without letters take no room

# Other names that people try, and the field that they mean.
_MEANT = {
    "tag": "theme", "topic": "theme", "headline": "title", "by": "author", "paper": "outlet", "feed": "source",
    "after": "since", "from": "since", "before": "until", "to": "until", "published": "date", "body": "text",
}  # fmt: skip
_WORD = re.compile(r'[^\s()"]+')
_TAIL = re.compile(r"~[0-9]*|\*+")
_ADDED = "added"  # the source of what was put in by hand
# What ends a line or moves a cursor, and what is no character at all; and the marks that reorder letters on a screen.
_CONTROLS = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
_MARKS = "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟«»＂", '"') | dict.fromkeys("‘’‛ʼ", "'") | dict.fromkeys("‐‑–−", "-"))


class QueryError(UsageError):
    """A query that cannot be read: what is wrong, and where there is a place for it, a caret under that place."""

    def __init__(self, message: str, query: str = "", at: int = 0) -> None:
        self.message, self.query, self.at = message, query, at
        super().__init__(f"query: {message}" + (_window(query, at) if query else ""))


class Vocabulary:
    """What the names in a query may stand for. Each is asked for only when a query has such a name.

    ``themes`` leads from every name of a theme, present or former, to its present key; ``saved`` from the name of a
    saved search to its query. Themes or sources that are None are taken as they are typed. A subclass may read a
    file in place of any of the three.
    """

    def __init__(
        self,
        themes: Mapping[str, str] | None = None,
        sources: Collection[str] | None = None,
        saved: Mapping[str, str] | None = None,
    ) -> None:
        self._themes, self._sources, self._saved = themes, sources, saved or {}

    @property
    def themes(self) -> Mapping[str, str] | None:
        """Every name of a theme, with the theme's present key."""
        return self._themes

    @property
    def sources(self) -> Collection[str] | None:
        """The names of the sources, those too that are no longer configured."""
        return self._sources

    @property
    def saved(self) -> Mapping[str, str]:
        """The saved searches: name and query."""
        return self._saved


class Token(Tree):
    """A piece of a query: a bracket, an operator, ``in`` for a field before a bracket, ``saved``, or a leaf."""

    kind: str
    text: str
    at: int
    node: Node | None = None


def clean(text: str) -> str:
    """Return a query with straight quotes, plain hyphens, composed letters and no control characters."""
    if not text.isprintable():
        text = re.sub(_MARKS, "", re.sub(_CONTROLS, " ", text))
    return text if text.isascii() else normalize("NFC", text).translate(_STRAIGHT)


def has_word(text: str) -> bool:
    """Whether there is something in a text that can be searched for: a letter, a digit or a sign of money."""
    return any(character.isalnum() or character in "£$€¥" for character in text)


def shown(text: str) -> str:
    """Return what somebody typed as it may stand in a message."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def is_minus(query: str, at: int) -> bool:
    """Whether a hyphen stands for NOT: at a word's beginning, right before something to search for."""
    if query[at] != "-" or (at and not query[at - 1].isspace() and query[at - 1] != "("):
        return False
    if query.startswith(('"', "("), at + 1):
        return True
    found = _WORD.match(query, at + 1)
    return found is not None and not found[0].startswith("-") and has_word(found[0])


def theme_key(name: str) -> str:
    """Return the key that a theme's name is when written as keys are."""
    return "-".join(name.lower().replace("_", " ").split())


def is_saved_name(name: str) -> bool:
    """Whether a saved search may have this name: letters and digits, with hyphens and underscores among them."""
    return len(name) <= LONGEST_NAME and name[:1].isalnum() and name.replace("-", "").replace("_", "").isalnum()


class Tokens:
    """Reads a cleaned query into tokens. ``dates`` are the date filters that it met, each with its place."""

    def __init__(self, query: str, words: Vocabulary, today: str, terms: Iterator[int]) -> None:
        self._query = query
        self._words = words
        self._today = today
        self._terms = terms  # one is taken for each word and filter
        self.dates: list[tuple[Dates, int]] = []

    def __iter__(self) -> Iterator[Token]:
        query, at = self._query, 0
        while at < len(query):
            token: Token | None = None
            end = at + 1
            if query[at] in "()":
                token = Token(query[at], query[at], at)
            elif is_minus(query, at):
                token = Token("NOT", "-", at)
            elif not query[at].isspace():
                token, end = self._piece(at)
            if token:
                yield token
            at = end

    def _wrong(self, message: str, at: int) -> QueryError:
        return QueryError(message, self._query, at)

    def _piece(self, at: int) -> tuple[Token | None, int]:
        """Return what begins here, None for mere signs, and where it ends."""
        query = self._query
        if query[at] == '"':
            return self._phrase(at, at, "")
        found = _WORD.match(query, at)
        assert found is not None  # a space, a quote or a bracket was told apart before
        word, end = found[0], found.end()
        if word in OPERATORS:
            return Token(word, word, at), end
        if word.startswith("@") and (name := word[1:].rstrip(",;.")):
            return (Token("saved", name, at) if has_word(name) else None), end
        if word.startswith("\\"):
            return self._leaf(self._plain(word[1:]), at), end
        before, colon, value = word.partition(":")
        if not colon or not before.isalpha() or value.startswith("//"):
            return self._leaf(self._word(word, at), at), end
        name = before.lower()
        glued = not value and query.startswith(('"', "("), end)
        if name not in FIELDS:
            if not glued and not has_word(value):
                return self._leaf(self._plain(word), at), end  # a colon that ends a word, as in headlines
            raise self._no_field(before, "put a space after the colon" if glued else f"write {_in_quotes(word)}", at)
        if glued and query[end] == '"':
            return self._phrase(end, at, name)
        if glued:
            if name not in TEXT_FIELDS:
                raise self._wrong(f"brackets cannot follow {name}: (write {name}:A OR {name}:B)", at)
            return Token("in", name, at), end
        if not has_word(value) and "*" not in value:
            raise self._wrong(f"a value is missing after {name}: (without a space between)", at)
        return self._leaf(self._in_field(name, value, at), at), end

    def _no_field(self, name: str, for_text: str, at: int) -> QueryError:
        meant = _MEANT.get(name.lower().removesuffix("s"))
        hint = f"; did you mean {meant!r}?" if meant else nearest(name, FIELDS)
        hint = f"{hint} Or, for text," if hint else f" (there are {', '.join(FIELDS)}); for text,"
        return self._wrong(f"no field {shown(name)}{hint} {for_text}", at)

    def _leaf(self, node: Node | None, at: int) -> Token | None:
        return None if node is None else Token("leaf", "", at, node)

    def _count(self, number: int) -> None:
        for _ in range(number):
            if next(self._terms, None) is None:
                raise QueryError(f"more than {MAX_TERMS} words and filters are too many")

    # -- words and phrases ------------------------------------------------------------------------------------

    def _plain(self, text: str) -> Words | None:
        """Return words as they stand, None where there is none among the signs."""
        text = " ".join(text.split())
        self._count(len(text.split(" ")) if text else 0)
        return Words(text) if has_word(text) else None

    def _word(self, word: str, at: int) -> Leaf | None:
        """Return one word, with what ``*`` and ``~`` at its end say."""
        bare = word.rstrip(",;.")
        if bare.endswith("*"):
            return self._beginning(bare.rstrip("*"), at)
        if _ends_fuzzy(bare):
            before, _, distance = bare.rpartition("~")
            return self._fuzzy(before, distance, at)
        if "*" in word and has_word(word):
            raise self._wrong(f"* stands at the end of a word only; for text, write {_in_quotes(word)}", at)
        return self._plain(word)

    def _beginning(self, text: str, at: int) -> Leaf:
        if "*" in text or _ends_fuzzy(text):
            raise self._wrong("only one * or ~ at the end of a word", at)
        self._enough(Prefix, text, "*", at)
        return Prefix(text.lstrip("-"))

    def _fuzzy(self, text: str, distance: str, at: int) -> Leaf:
        if not has_word(text):
            raise self._wrong('~ follows a word or a phrase without a space: word~1, "two words"~5', at)
        if "*" in text or "~" in text:
            raise self._wrong("only one * or ~ at the end of a word", at)
        if distance not in ("", "1", "2"):
            raise self._wrong(f"at most {MAX_DISTANCE} letters may differ: write ~1 or ~2", at)
        self._enough(Fuzzy, text, "~", at)
        return Fuzzy(text.lstrip("-"), int(distance or 1))

    def _enough(self, kind: type[Prefix] | type[Fuzzy], text: str, sign: str, at: int) -> None:
        if sum(map(str.isalnum, text)) < LEAST_LETTERS[kind]:
            number = {2: "two", 3: "three"}[LEAST_LETTERS[kind]]
            raise self._wrong(f"at least {number} letters must stand before {sign}", at)
        self._count(1)

    def _phrase(self, opening: int, at: int, field: str) -> tuple[Token | None, int]:
        """Return what stands in quotes, with the field before and the signs after it."""
        end = self._query.find('"', opening + 1)
        if end < 0:
            raise self._wrong("a quotation mark without its other half", opening)
        text = " ".join(self._query[opening + 1 : end].split())
        tail = _TAIL.match(self._query, end + 1)
        sign = tail[0] if tail else ""
        end += 1 + len(sign)
        if field and field not in TEXT_FIELDS:
            if sign.startswith("~"):
                raise self._wrong("~ stands after words to search for, not after a filter's value", end - len(sign))
            if not has_word(text):
                raise self._wrong(f"a value is missing after {field}:", at)
            return self._leaf(self._filter(field, text, bool(sign), at), at), end
        if sign.startswith("*"):
            raise self._wrong("* stands after a word, not after quotes", end - len(sign))
        node = self._near(text, sign, end - len(sign), at) if sign else self._plain(text)
        if field and node is None:
            raise self._wrong(f"a word is missing after {field}:", at)
        return self._leaf(In(field, node) if field and node else node, at), end

    def _near(self, text: str, sign: str, after: int, at: int) -> Leaf:
        words = list(filter(has_word, text.split()))
        if len(words) < 2:
            hint = f" (for words spelled like it, write {words[0]}~1)" if words and words[0].isalnum() else ""
            raise self._wrong(f"two words at least stand in the quotes before ~{hint}", at)
        within = int(sign[1:4] or 0) if len(sign) < 5 else MAX_NEAR + 1
        if not 1 <= within <= MAX_NEAR:
            raise self._wrong(f"after ~ stands how many other words may be among them, from 1 to {MAX_NEAR}", after)
        self._count(len(words))
        return Near(text, within)

    # -- fields -------------------------------------------------------------------------------------------------

    def _in_field(self, name: str, value: str, at: int) -> Node | None:
        if name not in TEXT_FIELDS:
            value = value.rstrip(",;")
            bare = value.rstrip("*")
            if "*" in bare:
                raise self._wrong(
                    f"* stands at the end of a value only; for the sign, write {name}:{_in_quotes(value)}", at
                )
            return self._filter(name, bare, bare != value, at)
        if value.startswith("-"):
            raise self._wrong(f"write -{name}:{shown(value.lstrip('-'))[1:-1]} for what must not be there", at)
        node = self._word(value, at)
        return None if node is None else In(name, node)

    def _filter(self, name: str, value: str, prefix: bool, at: int) -> Node:
        self._count(1)
        if name in DATE_FIELDS:
            if prefix:
                raise self._wrong(f"no * in dates; write {name}:2014 or {name}:2014-11", at)
            dates = self._dates(name, value, at)
            self.dates.append((dates, at))
            return dates
        if prefix and not has_word(value):
            raise self._wrong(f"the beginning of a value is missing between {name}: and *", at)
        if name in VALUES:
            value = value.lower()
            if prefix or value not in VALUES[name]:
                *others, last = (f"{name}:{one}" for one in VALUES[name])
                raise self._wrong(f"write {', '.join(others)} or {last}", at)
        elif name == "theme":
            value = self._theme(value, prefix, at)
        elif name == "source":
            value = self._source(value, prefix, at)
        elif name == "id":
            value = value.lower()
        return Key(name, value, prefix)

    def _theme(self, value: str, prefix: bool, at: int) -> str:
        key = theme_key(value)
        themes = self._words.themes
        if themes is None or (not prefix and key in ("none", "any")):
            return key
        if key in themes and not prefix:
            return themes[key]
        known = {_spelled(name): now for name, now in themes.items()}
        if prefix:
            # A name may be spelled in another way than its key, but both ways are of one length.
            now = next((now for now in themes.values() if _spelled(now).startswith(_spelled(key))), None)
            if now is not None:
                return now[: len(key)]
        elif _spelled(key) in known:
            return known[_spelled(key)]
        near = nearest(key, themes.values()) or nearest(key, themes) or "; clipper themes lists them"
        raise self._wrong(f"no theme {'begins with ' * prefix}{shown(value)}{near}", at)

    def _source(self, value: str, prefix: bool, at: int) -> str:
        sources = self._words.sources
        if sources is None or value == _ADDED or value in sources:
            return value
        if prefix and any(name.startswith(value) for name in sources):
            return value
        folded = value.casefold()
        for name in sorted([*sources, _ADDED]):
            if name.casefold() == folded and not prefix:
                return name
            if name.casefold().startswith(folded) and prefix:
                return name[: len(value)]
        near = nearest(value, [*sources, _ADDED]) or "; clipper sources lists them"
        raise self._wrong(f"no source {'begins with ' * prefix}{shown(value)}{near}", at)

    def _dates(self, name: str, value: str, at: int) -> Dates:
        text = value.lower()
        if name == "since":
            return Dates(self._day(text, at), None)
        if name == "until":
            return Dates(None, self._day(text, at))
        if text == "none":
            return Dates(None, None, True)
        begin, dots, end = re.sub(r"\.\.\.|…", "..", text).partition("..")
        if not dots:
            day = self._day(text, at)
            return Dates(day, self._today if is_length(text) else day)
        dates = Dates(self._day(begin, at) if begin else None, self._day(end, at) if end else None)
        if clash(dates):
            raise self._wrong(f"{dates.since} is later than {dates.until}; write date:{end}..{begin}", at)
        return dates

    def _day(self, text: str, at: int) -> str:
        day = read_date(text, self._today)
        if day is None:
            how = "write 2014, 2014-11 or 2014-11-07, or 7d, 4w, 6m, 1y for so long ago"
            raise self._wrong(f"{shown(text)} is no date; {how}", at)
        return day


def _in_quotes(word: str) -> str:
    return f'"{word}"' if len(word) <= 40 else "it in quotes"


def _ends_fuzzy(word: str) -> bool:
    _, tilde, distance = word.rpartition("~")
    return bool(tilde) and distance.strip("0123456789.") == ""


def _spelled(name: str) -> str:
    """Return a theme's name with British and American spelling made one, of the same length as its key."""
    return theme_key(name).replace("iz", "is").replace("yz", "ys")


def _width(character: str) -> int:
    if character.isascii():
        return 1
    return 0 if category(character) in ("Mn", "Me", "Cf") else 1 + (east_asian_width(character) in "WF")


def _window(query: str, at: int) -> str:
    """Return the part of a query round a place and a caret under that place, each on a line of its own."""
    start, before = at, 0
    while start and before < 40 and at - start < _MOST_SHOWN:
        start -= 1
        before += _width(query[start])
    end, wide = at, before
    while end < len(query) and wide < 70 and end - at < _MOST_SHOWN:
        wide += _width(query[end])
        end += 1
    return f"\n  {query[start:end].rstrip()}\n  {' ' * before}^"
