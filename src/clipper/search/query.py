"""The query language: text to a tree and back. It knows nothing of the index.

Words stand side by side for *all of them*. ``"a phrase"``; ``AND``, ``OR``, ``NOT`` in capitals; ``-word``; brackets;
``word*`` for any ending; ``"two words"~5`` for words near each other; ``word~1`` for words spelled like it;
``title:``, ``outlet:``, ``author:`` and ``text:`` before a word, a phrase or brackets; ``theme:``, ``source:``,
``kind:``, ``coder:``, ``id:`` and ``partial:`` before a value; ``since:``, ``until:`` and ``date:`` before dates;
``@NAME`` for a saved search. What stands in quotes, or after a backslash, is text. Curly quotes are quotes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from clipper.errors import nearest
from clipper.search.tokens import (
    FIELDS,
    MAX_TERMS,
    OPERATORS,
    VALUES,
    QueryError,
    Token,
    Tokens,
    Vocabulary,
    clean,
    is_minus,
    is_saved_name,
    shown,
)
from clipper.search.tree import (
    All,
    Any,
    Dates,
    Fuzzy,
    In,
    Key,
    Leaf,
    Near,
    Node,
    Not,
    Prefix,
    Words,
    both,
    clash,
    positive,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "FIELDS", "VALUES", "All", "Any", "Dates", "Fuzzy", "In", "Key", "Leaf", "Near", "Node", "Not",
    "Prefix", "QueryError", "Vocabulary", "Words", "both", "clash", "is_saved_name", "parse", "positive", "unparse",
]  # fmt: skip

MAX_LENGTH = 10_000  # characters
MAX_DEPTH = 50  # brackets, NOTs and saved searches inside each other

_SIGNS = frozenset('()"*~:\\')  # what would be more than text


def parse(query: str, words: Vocabulary | None = None, *, today: str | None = None) -> Node | None:
    """Return the tree of a query, None for an empty one. Raises QueryError.

    Saved searches are replaced by what they say, names of themes by their keys, lengths of time by dates counted
    from ``today`` (YYYY-MM-DD; by default the clock's).
    """
    parser = _Parser(query, words or Vocabulary(), today or time.strftime("%Y-%m-%d"), (), iter(range(MAX_TERMS)))
    return parser.whole(0)


def unparse(node: Node) -> str:
    """Return a query that is read as this tree."""
    match node:
        case Any():
            return " OR ".join(_bracketed(part) if isinstance(part, Any) else unparse(part) for part in node.parts)
        case All():
            return " ".join(_bracketed(part) if isinstance(part, (All, Any)) else unparse(part) for part in node.parts)
        case Not():
            inner = _bracketed(node.part) if isinstance(node.part, (All, Any)) else unparse(node.part)
            return f"-{inner}" if is_minus(f"-{inner}", 0) else f"NOT {inner}"
        case In():
            inner = unparse(node.part)
            bare = isinstance(node.part, Leaf) and (inner[0] == '"' or inner[0].isalnum())
            return f"{node.field}:{inner}" if bare else f"{node.field}:({inner})"
        case Key():
            bare = node.value.replace("-", "").replace("_", "").isalnum()
            value = node.value if bare else f'"{_sayable(node.value)}"'
            return f"{node.field}:{value}{'*' * node.prefix}"
        case Dates():
            return _dates(node)
        case Near():
            return f'"{_sayable(node.text)}"~{node.within}'
        case Prefix():
            return f"{_no_filter(node.text)}*"
        case Fuzzy():
            return f"{_no_filter(node.text)}~{node.distance}"
        case Words():
            return _quoted(node.text)


def _no_filter(text: str) -> str:
    """Return a word so that what stands before a colon in it is no field: two hyphens are passed over."""
    return f"--{text}" if ":" in text else text


def _sayable(text: str) -> str:
    return clean(text).replace('"', " ")


def _quoted(text: str) -> str:
    text = _sayable(text)
    bare = text and text[0] not in "-@/" and _SIGNS.isdisjoint(text) and text not in OPERATORS
    return text if bare and not any(map(str.isspace, text)) else f'"{text}"'


def _bracketed(node: Node) -> str:
    return f"({unparse(node)})"


def _dates(node: Dates) -> str:
    if node.undated:
        return "date:none"
    if node.since and node.until:
        return f"date:{node.since}" if node.since == node.until else f"date:{node.since}..{node.until}"
    return f"since:{node.since}" if node.since else f"until:{node.until}"


class _Parser:
    def __init__(self, query: str, words: Vocabulary, today: str, trail: tuple[str, ...], terms: Iterator[int]) -> None:
        if len(query) > MAX_LENGTH:
            raise QueryError(f"{len(query)} characters are too many (at most {MAX_LENGTH})")
        self.query = clean(query)
        self.words = words
        self.today = today
        self.trail = trail  # the saved searches in which this query stands
        self.terms = terms  # how many words and filters may still come, in these too
        self.field = ""  # the one whose brackets are being read
        self.position = 0
        self.tokens: list[Token] = []
        self.dates: list[tuple[Dates, int]] = []

    def whole(self, depth: int) -> Node | None:
        if not self.query.strip():
            return None
        reader = Tokens(self.query, self.words, self.today, self.terms)
        self.tokens = list(reader)
        self.dates = reader.dates
        if not self.tokens:
            raise self._wrong("no word to search for", len(self.query) - len(self.query.lstrip()))
        node = self._any(depth)
        if self._peek():
            raise self._wrong("a closing bracket without an opening one", self.tokens[self.position].at)
        if pair := clash(node):
            begin, end = pair
            place = max(at for dates, at in self.dates if dates is begin or dates is end)
            raise self._wrong(
                f"from {begin.since} on and up to {end.until} leaves no day; for one or the other, write OR", place
            )
        return node

    def _wrong(self, message: str, at: int) -> QueryError:
        return QueryError(message, self.query, at)

    def _peek(self) -> str:
        return self.tokens[self.position].kind if self.position < len(self.tokens) else ""

    def _next(self) -> Token:
        self.position += 1
        return self.tokens[self.position - 1]

    def _any(self, depth: int) -> Node:
        return self._chain(lambda: self._all(depth), ("OR",), Any)

    def _all(self, depth: int) -> Node:
        return self._chain(lambda: self._one(depth), ("AND", "NOT", "leaf", "saved", "in", "("), All)

    def _chain(self, part: Callable[[], Node], going_on: tuple[str, ...], made: type[All] | type[Any]) -> Node:
        parts = [part()]
        while self._peek() in going_on:
            if self._peek() in ("AND", "OR"):
                self._operator()
            parts.append(part())
        return parts[0] if len(parts) == 1 else made(tuple(parts))

    def _operator(self) -> None:
        token = self._next()
        if self._peek() in ("", ")", "AND", "OR"):
            raise self._wrong(f"a word is missing after {token.text!r}", token.at)

    def _one(self, depth: int) -> Node:
        token = self.tokens[self.position]
        if depth > MAX_DEPTH:
            raise self._wrong(f"more than {MAX_DEPTH} brackets, NOTs or saved searches inside each other", token.at)
        if token.kind == "NOT":
            self._operator()
            return Not(self._one(depth + 1))
        self._next()
        if token.kind == "(":
            return self._group(token.at, depth)
        if token.kind == ")":
            raise self._wrong("a closing bracket without an opening one", token.at)
        if token.kind in ("AND", "OR"):
            raise self._wrong(f"a word is missing before {token.text!r}", token.at)
        if self.field and not isinstance(token.node, Leaf):
            raise self._wrong(f"no filter may stand in {self.field}:( ); put this outside of the brackets", token.at)
        if token.kind == "saved":
            return self._saved(token, depth + 1)
        if token.kind == "in":
            self.field = token.text
            node = In(token.text, self._group(self._next().at, depth))
            self.field = ""
            return node
        assert token.node is not None  # every other token is a leaf
        return token.node

    def _group(self, opening: int, depth: int) -> Node:
        if self._peek() == ")":
            raise self._wrong("no word in the brackets", opening)
        node = self._any(depth + 1) if self._peek() else None
        if node is None or self._peek() != ")":
            raise self._wrong("an opening bracket without a closing one", opening)
        self._next()
        return node

    def _saved(self, token: Token, depth: int) -> Node:
        name, saved = token.text, self.words.saved
        if name not in saved:
            known = nearest(f"@{name}", [f"@{other}" for other in saved]) or "; to search for text, put it in quotes"
            raise self._wrong(f"no saved search {shown('@' + name)}{known}", token.at)
        if name in self.trail:
            raise self._wrong(f"the saved search {shown('@' + name)} stands inside itself", token.at)
        try:
            inner = _Parser(saved[name], self.words, self.today, (*self.trail, name), self.terms)
            node = inner.whole(depth)
        except QueryError as error:
            raise QueryError(f"in the saved search @{name}: {error.message}", error.query, error.at) from None
        if node is None:
            raise self._wrong(f"the saved search {shown('@' + name)} is empty", token.at)
        self.dates += [(dates, token.at) for dates, _ in inner.dates]
        return node
