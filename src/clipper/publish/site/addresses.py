"""Where each page of the site lies, below its top. No name that came from outside becomes a path as it is."""

from __future__ import annotations

import re

from clipper.checksums import checksum
from clipper.text import fold

FOLDERS = ("a", "themes", "outlets", "months", "feeds", "search", "static")
UNDATED = "undated"
_PLAIN_ID = re.compile(r"[0-9a-f]{8,64}")
_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_LONGEST = 60  # characters of an outlet's name in a path


def article(article_id: str) -> str:
    """Return the page of an article; an id that is not what clipper makes is not taken as it is."""
    if not _PLAIN_ID.fullmatch(article_id):
        article_id = "x" + checksum(article_id)[:20]
    return f"a/{article_id[:2]}/{article_id}.html"


def overview(family: str) -> str:
    """Return the first page of a theme or an outlet: of ``themes/funding`` or ``outlets/the-echo``."""
    return f"{family}/index.html"


def part(of: str, number: int) -> str:
    """Return a page of a list: ``themes/funding/2014`` and 3 give ``themes/funding/2014_3.html``, 1 has no number."""
    return f"{of}.html" if number == 1 else f"{of}_{number}.html"


def family(of: str) -> str:
    """Return what a list belongs to: ``themes/funding/2014`` to ``themes/funding``."""
    return of.rpartition("/")[0]


def root(path: str) -> str:
    """Return what leads from a page to the site's top."""
    return "../" * path.count("/")


def slug(name: str) -> str:
    """Return what an outlet's name looks like in a path; an empty text for one without a letter that fits."""
    return "-".join(re.findall(r"[a-z0-9]+", fold(name).replace("'", "")))[:_LONGEST].strip("-")


def day(published: str | None) -> str:
    """Return a date of publication that may stand in a path; an empty text for what is none."""
    return published if published and _DATE.fullmatch(published) else ""


def lists(published: str | None, outlet: str | None, themes: list[str]) -> list[str]:
    """Return the lists that an article stands in, by its date, its outlet's slug and the keys of its themes."""
    stated = day(published)
    year = stated[:4] or UNDATED
    families = [f"themes/{key}" for key in themes] + ([f"outlets/{outlet}"] if outlet else [])
    month = stated[:7] or UNDATED
    return [f"months/{month}", *(f"{one}/{year}" for one in families)]
