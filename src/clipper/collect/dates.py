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
_LONGEST = 300  # characters of a date, with when it was updated in brackets

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january januar jänner janvier enero gennaio januari janeiro ocak",
         "feb february februar février fevrier febrero febbraio februari fevereiro şubat",
         "mar march märz maerz mars marzo maart março mart",
         "apr april avril abril aprile nisan",
         "may mai mayo maggio mei maio mayıs",
         "jun june juni juin junio giugno junho haziran",
         "jul july juli juillet julio luglio julho temmuz",
         "aug august août aout agosto augustus augusti ağustos",
         "sep sept september septembre septiembre settembre setembro eylül",
         "oct october okt oktober octobre octubre ottobre outubro ekim",
         "nov november novembre noviembre novembro kasım",
         "dec december dez dezember décembre decembre diciembre dicembre desember dezembro aralık"), 1)
    for name in names.split()
}  # fmt: skip
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.|º)?"
_YEAR = r"(?P<year>\d{4})"
_WEEKDAY = (
    r"(?:(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?|(?:mon|diens|donners|frei|sams|sonn)tag|"
    r"mittwoch|sonnabend|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|lundi|mardi|mercredi|jeudi|vendredi|samedi|"
    r"dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo)\.?,?\s+)?"
)
_TIME = r"(?:,?\s*(?:at\s+|-\s+|–\s+)?\d{1,2}[:.]\d{2}(?::\d{2})?\s*(?:am|pm)?\s*(?:gmt|bst|utc)?)?"
_TIME_FIRST = r"(?:\d{1,2}[:.]\d{2}(?::\d{2})?\s*(?:am|pm)?\s*(?:gmt|bst|utc)?,?\s+)?"

# Whole forms, in the order in which they are tried.
_FORMS = [
    re.compile(_TIME_FIRST + _WEEKDAY + form + _TIME, re.IGNORECASE)
    for form in (
        _DAY + r"[\s-]*(?:of\s+|de\s+)?" + _MONTH + r",?[\s-]+(?:de\s+)?" + _YEAR,
        _MONTH + r"\s+" + _DAY + r",?\s+" + _YEAR,
        r"(?P<day>\d{1,2})\s*[/.-]\s*(?P<number>\d{1,2})\s*[/.-]\s*" + _YEAR,
        r"(?P<day>\d{1,2})[/.](?P<number>\d{1,2})[/.](?P<short>\d{2})",
        _YEAR + r"[/.年-](?P<number>\d{1,2})[/.月-](?P<day>\d{1,2})日?",
        _MONTH + r",?\s+" + _YEAR,
        _YEAR + r"-(?P<number>\d{2})",
        _YEAR,
    )
]
_UPDATED = re.compile(r"\s*[(\[](?:last\s+)?(?:updated|modified|amended)\b[^)\]]*[)\]]?$", re.IGNORECASE)
_WITH_ZONE = re.compile(r"\d:\d{2}(?::\d{2})?\s*(?:gmt|utc?|z|[+-]\d{2}:?\d{2})$", re.IGNORECASE)
_ISO_MOMENT = re.compile(r"\d{4}-?\d{2}-?\d{2}[T ]\d{2}:?\d{2}")


_URL_DAY = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d{2})(?P<sign>[/_-])(?P<number>\d{1,2})[/_-](?P<day>\d{1,2})(?!\d)")
_URL_DIGITS = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d{2})(?P<number>\d{2})(?P<day>\d{2})(?=[/_-])")
_PREFIX = re.compile(
    r"^(?:(?:first |last )?(?:published|posted|created|written|veröffentlicht|erstellt|publié|publicado|"
    r"pubblicato|stand|"
    r"datum|date|von|le|on|am|at|um)\b[:\s,]*)+",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    rf"(?<!\d)(?:\d{{1,2}}(?:st|nd|rd|th|er|\.|º)?\s*(?:of\s+|"
    rf"de\s+)?{_MONTH.replace('(?P<month>', '(?:')},?\s+(?:de\s+)?"
    rf"(?:19|20)\d\d|{_MONTH.replace('(?P<month>', '(?:')}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+(?:19|20)\d\d|"
    r"(?:19|20)\d\d-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./](?:19|20)\d\d|\d{1,2}\.\d{1,2}\.\d{2}|"
    r"(?:19|20)\d\d[./年]\d{1,2}[./月]\d{1,2})(?!\d)",
    re.IGNORECASE,
)


def day_in_url(url: str | None) -> str | None:
    """Return the day that the path of a URL names, as many papers' do; of an archived page's, its own."""
    path = (url or "").partition("?")[0]
    found = list(_URL_DAY.finditer(path)) or list(_URL_DIGITS.finditer(path))
    return _from_groups(found[-1].groupdict()) if found else None


def nearest_day(stated: str | None, url: str | None) -> str | None:
    """Return the stated day, or the one in the URL when they are a day apart.

    A moment near midnight is two days in two places; the paper's own is the one in its address.
    """
    named = day_in_url(url)
    if stated and named and len(stated) == len(named) == 10:
        apart = abs((date.fromisoformat(stated) - date.fromisoformat(named)).days)
        return named if apart == 1 else stated
    return stated


def day_within(text: str) -> str | None:
    """Return the first whole day that is written within a short text, such as a byline's."""
    if day := parse_date(_PREFIX.sub("", text.strip())):
        return day if len(day) == 10 else None
    found = _WITHIN.search(text[:300])
    return parse_date(found[0]) if found else None


def parse_date(text: str | None) -> str | None:
    """Return the date that the whole text states, or None."""
    if not text:
        return None
    text = " ".join(text.split())
    if len(text) > _LONGEST:  # brackets that are opened again and again would be followed from each on
        return None
    text = _UPDATED.sub("", text).strip(" .,;")
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
