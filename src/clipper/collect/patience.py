"""How long to leave a host alone that asks for it. Pure functions: the clock and the dice are passed in.

``Retry-After`` is read in both its forms (RFC 9110, section 10.2.3): seconds, and a date. Without one, waits grow
twofold and are spread by chance, so that many clients that were turned away together do not come back together.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

ASKED_FOR_LESS = (429, 503)  # the statuses that ask for patience
TRIES = 3  # how often one URL is asked for in one run
LONGEST = 120.0  # seconds that a run waits for one host; for longer, the next run asks again

LONGEST_PUT_OFF = 7 * 86400.0  # seconds that a page which failed again and again is not asked for

_FIRST = 5.0


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a ``Retry-After`` asks for, 0 for a date gone by, None for none that can be read."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - now).total_seconds(), 0.0)


def wait(refusals: int, asked: float | None, chance: float) -> float:
    """Return how many seconds to leave a host alone after so many refusals in a row.

    ``asked`` is what it asked for itself, ``chance`` a number from 0 to 1. A host that names a time gets it and
    up to a tenth more; one that does not gets 5, 10, 20, … seconds, give or take a half.
    """
    if asked is not None:
        return asked * (1 + chance / 10)
    return float(_FIRST * 2 ** (min(refusals, 10) - 1) * (0.5 + chance))


def put_off(times: int) -> float:
    """Return the seconds for which a page is not asked for that failed so many times in a row.

    After the first time the next run may ask again; then it is 2, 4, 8, … hours, at most a week.
    """
    return 0.0 if times < 2 else min(3600.0 * 2 ** min(times - 1, 20), LONGEST_PUT_OFF)
