"""Every error that a user can meet, with its message and its exit code.

The exit codes are part of the contract with scripts and cron:

====  =====================================================================
0     done
1     nothing found, or no such id
2     wrong usage or configuration
3     some sources or targets failed, the rest is archived
4     all of them failed
5     the archive is damaged
6     the command could not do its work
75    another run holds the lock (try again later)
130   interrupted (SIGINT); 143 for SIGTERM
====  =====================================================================

Only ``clipper.cli`` ends the program; everything below raises one of these.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

DONE = 0
NOT_FOUND = 1
USAGE = 2
SOME_FAILED = 3
ALL_FAILED = 4
DAMAGED = 5
CANNOT = 6
LOCKED = 75


class ClipperError(Exception):
    """An error with one line for the user: what, where, what to do."""

    exit_code = CANNOT


class NothingFound(ClipperError):
    """A query without a hit, or an id that names no article."""

    exit_code = NOT_FOUND


class UsageError(ClipperError):
    """The command line asks for something that does not exist."""

    exit_code = USAGE


class ConfigError(ClipperError):
    """The configuration or the codebook cannot be used. Carries every problem found, a line each."""

    exit_code = USAGE

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class ArchiveDamaged(ClipperError):
    """Something in the archive is not as it was written."""

    exit_code = DAMAGED


class CannotWork(ClipperError):
    """The disk, a permission or the system stands in the way."""

    exit_code = CANNOT


class Locked(ClipperError):
    """Another run holds the lock."""

    exit_code = LOCKED


class FetchFailed(ClipperError):
    """A URL or a file could not be read. The message is the cause, without the place."""


class TookTooLong(FetchFailed):
    """A page could not be read in the time and memory that a page may take. Asking for it again would not help."""


class Refused(ClipperError):
    """A URL or a file was read, or could have been, but is not archived. The message is the cause.

    ``lasting`` tells whether asking again tomorrow would be a waste: a page that holds no article will
    hold none tomorrow, while robots.txt may change. ``expected`` marks what is as it should be: a page that
    robots.txt forbids is no trouble that a user must look into.
    """

    def __init__(self, cause: str, *, lasting: bool = True, expected: bool = False) -> None:
        super().__init__(cause)
        self.lasting = lasting
        self.expected = expected


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for the nearest of the known words, or an empty string."""
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word[:100].lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean {by_lower[close[0]]!r}?" if close else ""


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error that ended a group of tasks: the first, wherever in it other groups hold it."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
