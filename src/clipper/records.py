"""Frozen records: classes of named, typed fields, each given by name when a record is made.

They are dataclasses (``dataclasses.replace``, ``fields`` and ``asdict`` take them) whose methods are written here
once. ``dataclass`` would write them for each class anew whenever the program starts, and every command would take
longer for that than to read its configuration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from functools import cache
from typing import Any, NamedTuple, TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def record(cls: type[_T]) -> type[_T]:
    """Make a class derived from ``Record`` a record of the fields that are annotated in it."""
    return dataclass(init=False, repr=False, eq=False, slots=True)(cls)


class Record:
    """What all records share: how they are made, compared, shown and copied."""

    __slots__: tuple[str, ...] = ()

    def __init__(self, **values: Any) -> None:
        for name, put, default in steps(type(self)):  # type: ignore[arg-type]  # mypy takes it for unhashable
            put(self, values.pop(name) if name in values else default())
        if values:
            raise TypeError(f"{type(self).__name__} has no {next(iter(values))!r}")
        self.__post_init__()

    def __post_init__(self) -> None:
        """Raise ValueError for values that make no sense together."""

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (type(self), self._values())

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record) or type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in zip(self.__slots__, self._values(), strict=True))
        return f"{type(self).__name__}({shown})"


def _made(cls: type[Record], values: tuple[Any, ...]) -> Record:
    """Return a record out of its values, as another process or a copy holds them."""
    return cls(**dict(zip(cls.__slots__, values, strict=True)))


class Step(NamedTuple):
    """What is to be done for one field when a record is made."""

    name: str
    put: Callable[[Any, Any], None]
    default: Callable[[], Any]


@cache
def steps(cls: Any) -> tuple[Step, ...]:
    """Return what is to be done for each field of a record, in order."""
    return tuple(Step(one.name, getattr(cls, one.name).__set__, _default(cls, one)) for one in fields(cls))


def _default(cls: Any, one: Field[Any]) -> Callable[[], Any]:
    def default() -> Any:
        if one.default is MISSING:
            raise TypeError(f"{cls.__name__} without {one.name!r}")
        return one.default

    return default if one.default_factory is MISSING else one.default_factory
