"""The query language: text to a tree. It knows nothing of the index.

Words stand side by side for *all of them*; ``"a phrase"``; ``word*`` for any ending; ``AND``, ``OR``, ``NOT`` in
capitals, ``-word`` and brackets; ``partial:yes`` for stubs, ``partial:no`` for all but stubs. Curly quotes are quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clipper.errors import UsageError

MAX_LENGTH = 10_000
MAX_DEPTH = 50

_TOKEN = re.compile(
    r'\s*(?:(?P<mark>[()])|(?P<minus>-)(?=[\w"(£$€])|"(?P<phrase>[^"]*)(?P<end>"?)|(?P<word>[^\s()"]+))'
)
_FIELD = re.compile(r"^(theme|outlet|since|until):(.+)$", re.IGNORECASE)
_FLAG = re.compile(r"^(partial):(.+)$", re.IGNORECASE)
_NO_FIELD = re.compile(r"^(title|author|source|kind|coder|id|date):.", re.IGNORECASE)


class QueryError(UsageError):
    """A query that cannot be read, with a caret under the place."""

    def __init__(self, message: str, query: str, at: int) -> None:
        start = max(at - 40, 0)
        shown = query[start : start + 70]
        super().__init__(f"query: {message}\n  {shown}\n  {' ' * (at - start)}^")


@dataclass(frozen=True)
class Words:
    """Words in a row: one word, or a phrase."""

    text: str


@dataclass(frozen=True)
class Prefix:
    """The beginning of a word."""

    text: str


@dataclass(frozen=True)
class Flag:
    """What an article is or is not, such as ``partial``."""

    name: str
    value: bool


@dataclass(frozen=True)
class All:
    """Every part must match."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Any:
    """One part at least must match."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    """The part must not match."""

    part: Node


Node = Words | Prefix | Flag | All | Any | Not


@dataclass(frozen=True)
class _Token:
    kind: str  # "(", ")", "-", "AND", "OR", "NOT", "words", "prefix", "flag"
    text: str
    at: int


def parse(query: str) -> Node | None:
    """Return the tree of a query, None for one without words. Raises QueryError."""
    query = query.translate(_STRAIGHT)
    if len(query) > MAX_LENGTH:
        raise UsageError(f"query: {len(query)} characters are too many (at most {MAX_LENGTH})")
    parser = _Parser(query)
    if not parser.tokens:
        return None
    node = parser.any(0)
    if parser.position < len(parser.tokens):
        raise QueryError("a closing bracket without an opening one", query, parser.tokens[parser.position].at)
    return node


def positive_words(node: Node | None) -> Iterator[str]:
    """Yield the texts of a tree that a match contains: what is to be highlighted."""
    if isinstance(node, (Words, Prefix)):
        yield node.text
    elif isinstance(node, (All, Any)):
        for part in node.parts:
            yield from positive_words(part)


_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "–": "-", "\x00": " "})


class _Parser:
    def __init__(self, query: str) -> None:
        self.query = query
        self.tokens = list(self._tokens())
        self.position = 0

    def _tokens(self) -> Iterator[_Token]:
        for found in _TOKEN.finditer(self.query):
            at = found.end() - len(found[0].lstrip())
            if found["mark"]:
                yield _Token(found["mark"], found["mark"], at)
            elif found["minus"]:
                yield _Token("-", "-", at)
            elif found["phrase"] is not None:
                if not found["end"]:
                    raise QueryError("a quotation mark without its other half", self.query, at)
                yield _Token("words", found["phrase"], at)
            elif found["word"]:
                word = found["word"]
                if field := _FIELD.match(word):
                    raise QueryError(f"write this as an option: --{field[1].lower()} {field[2]}", self.query, at)
                if flag := _FLAG.match(word):
                    if flag[2].lower() not in ("yes", "no"):
                        raise QueryError(f"write {flag[1].lower()}:yes or {flag[1].lower()}:no", self.query, at)
                    yield _Token("flag", word.lower(), at)
                    continue
                if field := _NO_FIELD.match(word):
                    raise QueryError(f"there is no search by {field[1].lower()}; leave it out", self.query, at)
                if word.endswith("*") and (beginning := word.rstrip("*")):
                    if not re.fullmatch(r"[^\W_]+", beginning):
                        raise QueryError("the beginning of one word goes before *", self.query, at)
                    yield _Token("prefix", beginning, at)
                else:
                    yield _Token(word if word in ("AND", "OR", "NOT") else "words", word, at)

    def _peek(self) -> str:
        return self.tokens[self.position].kind if self.position < len(self.tokens) else ""

    def _next(self) -> _Token:
        self.position += 1
        return self.tokens[self.position - 1]

    def any(self, depth: int) -> Node:
        parts = [self.all(depth)]
        while self._peek() == "OR":
            self._next()
            parts.append(self.all(depth))
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def all(self, depth: int) -> Node:
        parts = [self.one(depth)]
        while self._peek() not in ("", ")", "OR"):
            if self._peek() == "AND":
                self._next()
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def one(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise UsageError(f"query: more than {MAX_DEPTH} brackets or NOTs inside each other")
        kind = self._peek()
        if kind == "":
            raise QueryError("a word is missing at the end", self.query, len(self.query))
        token = self._next()
        if kind in ("-", "NOT"):
            return Not(self.one(depth + 1))
        if kind == "(":
            node = self.any(depth + 1)
            if self._peek() != ")":
                raise QueryError("an opening bracket without a closing one", self.query, token.at)
            self._next()
            return node
        if kind == "words":
            return Words(token.text)
        if kind == "prefix":
            return Prefix(token.text)
        if kind == "flag":
            name, _, value = token.text.partition(":")
            return Flag(name, value == "yes")
        raise QueryError(f"a word is missing before {token.text!r}", self.query, token.at)
