"""Dates as newspapers, feeds and people write them, to ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``.

Numbers are read in British order (day, month, year). A moment with a time zone is turned into London's day; one
without is taken as it stands. What is no date is None: nothing is guessed.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
FIRST_YEAR, LAST_YEAR = 1800, 2200

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), 1)
    for name in names.split()
}  # fmt: skip
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_TIME = r"(?:,?\s*(?:at\s+|-\s+|–\s+)?\d{1,2}[:.]\d{2}(?::\d{2})?\s*(?:am|pm)?\s*(?:gmt|bst|utc)?)?"
_TIME_FIRST = r"(?:\d{1,2}[:.]\d{2}(?::\d{2})?\s*(?:am|pm)?\s*(?:gmt|bst|utc)?,?\s+)?"

# Whole forms, in the order in which they are tried.
_FORMS = [
    re.compile(_TIME_FIRST + _WEEKDAY + form + _TIME, re.IGNORECASE)
    for form in (
        _DAY + r"[\s-]+(?:of\s+)?" + _MONTH + r",?[\s-]+" + _YEAR,
        _MONTH + r"\s+" + _DAY + r",?\s+" + _YEAR,
        r"(?P<day>\d{1,2})\s*[/.-]\s*(?P<number>\d{1,2})\s*[/.-]\s*" + _YEAR,
        r"(?P<day>\d{1,2})[/.](?P<number>\d{1,2})[/.](?P<short>\d{2})",
        _YEAR + r"[/.-](?P<number>\d{1,2})[/.-](?P<day>\d{1,2})",
        _MONTH + r",?\s+" + _YEAR,
        _YEAR + r"-(?P<number>\d{2})",
        _YEAR,
    )
]
_UPDATED = re.compile(r"\s*[(\[](?:last\s+)?(?:updated|modified|amended)\b[^)\]]*[)\]]?$", re.IGNORECASE)
_WITH_ZONE = re.compile(r"\d:\d{2}(?::\d{2})?\s*(?:gmt|utc?|z|[+-]\d{2}:?\d{2})$", re.IGNORECASE)
_ISO_MOMENT = re.compile(r"\d{4}-?\d{2}-?\d{2}[T ]\d{2}:?\d{2}")


def parse_date(text: str | None) -> str | None:
    """Return the date that the whole text states, or None."""
    if not text:
        return None
    text = _UPDATED.sub("", " ".join(text.split())).strip(" .,;")
    if not text or len(text) > 60:
        return None
    if _ISO_MOMENT.match(text):
        return _iso_moment(text)
    if _WITH_ZONE.search(text) and (day := _rfc_moment(text)):
        return day
    for form in _FORMS:
        if found := form.fullmatch(text):
            return _from_groups(found.groupdict())
    if re.match(r"[A-Za-z]{3},? \d|\d{1,2} [A-Za-z]{3} \d{4} \d", text):
        return _rfc_moment(text)
    return None


def _from_groups(groups: dict[str, str | None]) -> str | None:
    short = groups.get("short")
    year = int(groups.get("year") or 0) or (2000 + int(short) if short and int(short) < 70 else 1900 + int(short or 0))
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    name, number, day = groups.get("month"), groups.get("number"), groups.get("day")
    if name is None and number is None:
        return f"{year:04}"
    month = _MONTHS[name.lower().rstrip(".")] if name else int(number or 0)
    if not 1 <= month <= 12:
        return None
    if day is None:
        return f"{year:04}-{month:02}"
    try:
        return date(year, month, int(day)).isoformat()
    except ValueError:
        return None


def _iso_moment(text: str) -> str | None:
    # Some publishing systems write a space before the zone, or fractions of a second in odd lengths.
    tidy = re.sub(r"\s+(?=[+-]\d{2}:?\d{2}$|Z$)", "", text)
    tidy = re.sub(r"([:.]\d{2})[.,]\d+", r"\1", tidy)
    try:
        return london_day(datetime.fromisoformat(tidy))
    except ValueError:
        return parse_date(text[:10])


def _rfc_moment(text: str) -> str | None:
    try:
        return london_day(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def london_day(moment: datetime) -> str | None:
    """Return the day of a moment in London; a moment without a zone is taken as London's."""
    try:
        day = moment.astimezone(LONDON).date() if moment.tzinfo else moment.date()
    except (OverflowError, ValueError):
        return None
    return day.isoformat() if FIRST_YEAR <= day.year <= LAST_YEAR else None
