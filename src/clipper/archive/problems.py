"""What is found in an archive that is not as it was written, and what can be done about each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

SHOWN = 1000  # problems of one file; more are counted

Mend = Literal["set aside", "taken in", "built anew", "kept as it is"]


class Problem(NamedTuple):
    """One thing that is not as it should be.

    ``part`` is ``articles``, ``labels``, ``tags``, ``samples``, ``searches``, ``runs``, ``warc``, ``folder`` (a file as
    a whole), ``catalogue`` or ``index``; ``file`` is its path, ``line`` counts from 1, ``byte`` from 0. ``repair`` is
    what ``--repair`` does about it. A ``note`` is no damage: worth knowing, and harmless.
    """

    part: str
    file: str
    problem: str
    line: int | None = None
    byte: int | None = None
    repair: Mend = "built anew"
    note: bool = False

    @property
    def place(self) -> str:
        """The file, with the line or the byte where there is one."""
        if self.line is not None:
            return f"{self.file}:{self.line}"
        return self.file if self.byte is None else f"{self.file}, byte {self.byte}"

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"

    def to_json(self) -> dict[str, Any]:
        """Return the problem as ``--json`` prints it."""
        return {
            "part": self.part,
            "file": self.file,
            "line": self.line,
            "byte": self.byte,
            "problem": self.problem,
            "severity": "note" if self.note else "damage",
            "repair": None if self.note else self.repair,
        }


class Problems:
    """Problems as they are found, bounded: of each file so many are held, and the others counted."""

    def __init__(self, shown: int = SHOWN) -> None:
        self._shown = shown
        self._held: list[Problem] = []
        self._of_file: Counter[tuple[str, bool]] = Counter()
        self._more: Counter[tuple[str, str, bool]] = Counter()
        self.damages = 0

    def add(self, problem: Problem) -> None:
        """Take in a problem."""
        self.damages += not problem.note
        key = problem.file, problem.note
        self._of_file[key] += 1
        if self._of_file[key] <= self._shown:
            self._held.append(problem)
        else:
            self._more[problem.part, *key] += 1

    def add_all(self, problems: Iterable[Problem]) -> None:
        """Take in several."""
        for problem in problems:
            self.add(problem)

    def count_more(self, part: str, file: str, number: int) -> None:
        """Take in problems of a file that somebody else has counted and not held."""
        if number:
            self.damages += number
            self._more[part, file, False] += number

    def in_order(self) -> list[Problem]:
        """Return what is held, by file and line; after those of a file how many more there are in it."""
        more = [
            Problem(
                part, file, f"and {number:,} {'notes' if note else 'problems'} more", None, None, "kept as it is", note
            )
            for (part, file, note), number in self._more.items()
        ]
        return [*sorted(self._held, key=_order), *more] if not more else sorted([*self._held, *more], key=_order)


def _order(problem: Problem) -> tuple[Any, ...]:
    last = problem.line is None and problem.problem.startswith("and ")
    return problem.note, problem.file, last, problem.line or 0, problem.byte or 0
