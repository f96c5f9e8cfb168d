"""What a query is once it is read: a tree, and what can be asked of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass_transform(frozen_default=True)
class Tree:
    """What all nodes share: made of values, equal by them, and not to be changed.

    The standard library's data classes would do the same, but take longer to import than a query to read.
    """

    def __init__(self, *values: object, **named: object) -> None:
        names = type(self).__annotations__
        self.__dict__.update({name: getattr(type(self), name, None) for name in names})
        self.__dict__.update(zip(names, values, strict=False))
        self.__dict__.update(named)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self).__name__, *self.__dict__.values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.__dict__.values()))})"


class Words(Tree):
    """Words in a row: one word, or a phrase."""

    text: str


class Near(Tree):
    """Words near each other: at most so many others are among them."""

    text: str
    within: int


class Prefix(Tree):
    """The beginning of a word."""

    text: str


class Fuzzy(Tree):
    """A word, or one spelled like it with at most so many letters changed."""

    text: str
    distance: int


class In(Tree):
    """A part that is looked for in one field: title, outlet, author or text. It holds no filters."""

    field: str
    part: Node


class Key(Tree):
    """What an article is filed under: theme, source, kind, coder, id or partial; or the beginning of that."""

    field: str
    value: str
    prefix: bool = False


class Dates(Tree):
    """Published from ``since`` to ``until``, both included and each a day, month or year; or without a date."""

    since: str | None
    until: str | None
    undated: bool = False


class All(Tree):
    """Every part must match."""

    parts: tuple[Node, ...]


class Any(Tree):
    """One part at least must match."""

    parts: tuple[Node, ...]


class Not(Tree):
    """The part must not match."""

    part: Node


Leaf = Words | Near | Prefix | Fuzzy
Node = Leaf | In | Key | Dates | All | Any | Not


def positive(node: Node | None, field: str | None = None) -> Iterator[tuple[str | None, Leaf]]:
    """Yield what a matching article contains, each with the field that it is limited to: what is to be highlighted."""
    if isinstance(node, Leaf):
        yield field, node
    elif isinstance(node, In):
        yield from positive(node.part, node.field)
    elif isinstance(node, (All, Any)):
        for part in node.parts:
            yield from positive(part, field)


def both(one: Node | None, other: Node | None) -> Node | None:
    """Return the tree that asks for both; None asks for nothing."""
    if one is None or other is None:
        return one or other
    parts = (node.parts if isinstance(node, All) else (node,) for node in (one, other))
    return All(tuple(part for some in parts for part in some))


def clash(node: Node | None) -> tuple[Dates, Dates] | None:
    """Return two dates which must both hold and cannot: one that begins after the other has ended."""
    if isinstance(node, (All, Dates)):
        joined = list(_joined(node))
        begin = max((d for d in joined if d.since), key=lambda d: _day(d.since, "00"), default=None)
        end = min((d for d in joined if d.until), key=lambda d: _day(d.until, "99"), default=None)
        if begin and end and _day(begin.since, "00") > _day(end.until, "99"):
            return begin, end
    inner = node.parts if isinstance(node, (All, Any)) else (node.part,) if isinstance(node, Not) else ()
    return next(filter(None, map(clash, inner)), None)


def _joined(node: Node) -> Iterator[Dates]:
    if isinstance(node, Dates):
        yield node
    elif isinstance(node, All):
        for part in node.parts:
            yield from _joined(part)


def _day(day: str | None, unknown: str) -> str:
    return f"{day}-{unknown}-{unknown}"[:10]
