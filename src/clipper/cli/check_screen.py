"""What ``clipper check`` shows while it looks, and what it says at the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from clipper.cli.output import data, json_line, messages_on_terminal, tell
from clipper.wording import counted

if TYPE_CHECKING:
    from clipper.archive.checking import Checked
    from clipper.archive.problems import Problem

_EVERY = 2.0  # seconds between two words on how far it has come


class Progress:
    """Says on a terminal how much of the files has been looked at."""

    def __init__(self) -> None:
        self._begun = self._said = time.monotonic()
        self._shown = messages_on_terminal()

    def __call__(self, done: int, whole: int) -> None:
        """Say so, now and then."""
        now = time.monotonic()
        if not self._shown or now - self._said < _EVERY or done >= whole:
            return
        self._said = now
        left = (whole - done) * (now - self._begun) / max(done, 1)
        tell(f"looked at {_megabytes(done)} of {_megabytes(whole)}, about {_time(left)} left")


def _megabytes(number: int) -> str:
    if number < 1e6:
        return f"{number / 1e3:.0f} kB"
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"


def _time(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def show(problems: Sequence[Problem], *, as_json: bool) -> None:
    """Print problems: what is damaged to stdout, what is only worth knowing to stderr; with ``as_json`` all of it."""
    for problem in problems:
        if as_json:
            json_line(problem.to_json())
        elif problem.note:
            tell(f"note: {problem}")
        else:
            data(str(problem))


def looked_at(checked: Checked) -> str:
    """Return what was looked at, in words."""
    several = f" in {checked.revisions:,} revisions" if checked.revisions > checked.articles else ""
    records = f" and {counted(checked.pages, 'record')} of raw pages" if checked.pages else ""
    return f"looked at {_megabytes(checked.bytes)}: {counted(checked.articles, 'article')}{several}{records}"


def summary(problems: Sequence[Problem], damages: int) -> list[str]:
    """Return how many problems there are, and what ``--repair`` would do about them, a line each."""
    mends = Counter(problem.repair for problem in problems if not problem.note)
    lines = [counted(damages, "problem")]
    done = []
    if mends["set aside"]:
        done.append("damaged lines are set aside in damaged/, where every byte is kept")
    if mends["taken in"]:
        done.append("what only a conflicting copy holds is brought in")
    if done:
        lines.append(f"{', and '.join(done)}, by: clipper check --repair")
    elif mends["built anew"]:
        lines.append("what is derived is built anew, nothing is lost, by: clipper check --repair")
    if mends["kept as it is"]:
        lines.append(f"{mends['kept as it is']:,} of them clipper cannot mend; docs/checking.md says what you can do")
    return lines


def question(problems: Sequence[Problem]) -> str:
    """Return what is asked before anything is repaired."""
    mends = Counter(problem.repair for problem in problems if not problem.note)
    parts = []
    if mends["set aside"]:
        parts.append("set damaged lines aside")
    if mends["taken in"]:
        parts.append("bring in conflicting copies")
    if mends["built anew"] or not parts:
        parts.append("delete what is damaged of the caches and build it anew")
    return f"clipper: {' and '.join(parts)}?"
