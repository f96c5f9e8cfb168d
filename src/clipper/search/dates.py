"""Dates in queries, read as they are typed: a year, a month, a day, or a length of time back from today."""

from __future__ import annotations

FIRST_YEAR = 1000
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def read_date(text: str, today: str) -> str | None:
    """Return the date that a text means as ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; None for what is no date.

    It is written so, or as ``today``, ``yesterday``, ``7d``, ``4w``, ``6m`` or ``1y`` (so long before today).
    """
    text = text.lower()
    if text == "today":
        return today
    if text == "yesterday":
        text = "1d"
    if is_length(text):
        return _before(today, int(text[:-1]), text[-1])
    parts = text.split("-")
    if len(parts) > 3 or len(parts[0]) != 4 or not all(len(part) <= 4 and _is_number(part) for part in parts):
        return None
    year, month, day = (*map(int, parts), 1, 1)[:3]
    if year < FIRST_YEAR or not 1 <= month <= 12 or not 1 <= day <= _length(year, month):
        return None
    return f"{year:04}-{month:02}-{day:02}"[: 3 * len(parts) + 1]


def is_length(text: str) -> bool:
    """Whether a text is a length of time, such as ``7d``."""
    return text[-1:].lower() in ("d", "w", "m", "y") and len(text) <= 5 and _is_number(text[:-1])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _length(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else _DAYS[month - 1]


def _before(today: str, number: int, unit: str) -> str | None:
    # Python's own calendar takes longer to import than most queries take to run.
    year, month, day = (int(part) for part in today.split("-"))
    if unit in "my":
        months = year * 12 + month - 1 - number * (12 if unit == "y" else 1)
        year, month = months // 12, months % 12 + 1
        day = min(day, _length(max(year, 1), month))  # a month before 31 March is the end of February
    else:
        day -= number * (7 if unit == "w" else 1)
        while day < 1:
            year, month = (year, month - 1) if month > 1 else (year - 1, 12)
            day += _length(year, month)
    return f"{year:04}-{month:02}-{day:02}" if year >= FIRST_YEAR else None
