"""How dates, titles and numbers are written for people, on a screen and on paper."""

from __future__ import annotations

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_LONGEST_PART = 4  # digits of a year, a month or a day


def human_date(published: str | None) -> str:
    """Return a date as people write it: 7 November 2014, November 2014 or 2014."""
    if not published:
        return "no date"
    parts = published.split("-")
    if not all(part.isascii() and part.isdigit() and len(part) <= _LONGEST_PART for part in parts) or (
        len(parts) > 1 and not 1 <= int(parts[1]) <= 12
    ):
        return published  # not ours to mend: shown as it stands
    if len(parts) == 1:
        return parts[0]
    month = _MONTHS[int(parts[1]) - 1]
    return f"{month} {parts[0]}" if len(parts) == 2 else f"{int(parts[2])} {month} {parts[0]}"


def shown_title(title: str | None, text: str) -> str:
    """Return a title, or the first words of an article that states none."""
    if title:
        return title
    words = text.split()
    return "[no title] " + " ".join(words[:10]) + ("…" if len(words) > 10 else "")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun in the right form."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
