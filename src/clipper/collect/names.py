"""Names of people and outlets, tidied: bylines to authors, page titles without the site's name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from clipper.text import clean_line, fold

_BY = re.compile(
    r"^(?:(?:von|par|por)\s+(?=[^\W\d_]+\s+\w)|(?:author|autor|autorin|auteur)\s*:\s*|(?:publié par|escrito por|"
    r"geschrieben von|veröffentlicht von)\s+|(?:(?:posted|written|words|story|report|reporting|filed)\s+)?by[:\s]+|"
    r"(?:view|see|read|show) (?:all|more) (?:posts|articles|stories) (?:by|from)\s+|"
    r"(?:zeige alle beiträge|alle beiträge|artikel) von\s+)",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"\s*(?:;|,|\||/|\s+(?:and|with|und|et|och)\s+|\s+&\s+)\s*")
_ROLE = re.compile(
    r"\b(?:editor|correspondent|reporter|journalist|columnist|staff|writer|producer|desk|newsroom|team|bureau|agency|"
    r"chief executive|chair|professor of|director of|contributor)\b",
    re.IGNORECASE,
)
_TITLES = re.compile(r"^(?:Ph\.?D|M\.?D|MBE|OBE|CBE|MP|FRCP|FRCGP|RN|Jr|Sr)\.?$", re.IGNORECASE)
_CREDENTIAL = re.compile(r"^\s*(?:Ph\.?D|M\.?D)\b\.?\s+(?=\w[\w.]*\s+\w)", re.IGNORECASE)
_NOT_A_NAME = re.compile(
    r"https?:|www\.|@|^\d+$|\b(?:19|20)\d\d$|^\d{1,2}(?:st|nd|rd|th)? \w+$|\d:\d\d|"
    r"^(?:admin|administrator|author|editor|guest|unknown|none|null|name|"
    r"profile|view my complete profile|view all posts|afficher mon profil complet|mein profil vollständig anzeigen)$",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?:|www\.", re.IGNORECASE)
# As libraries and journals write a name: Otieno, J. or Marsh, P. R.
_TURNED = re.compile(r"^(?P<family>[^\W\d_][^,;]*),\s*(?P<given>(?:[^\W\d_]\.?[\s-]?){1,4})$")
_TAIL = re.compile(r"\s+[|–—·•»:-]+\s+|\s*[｜|：]\s*")


def authors(raw: Iterable[str]) -> tuple[str, ...]:
    """Return the people named in bylines, each once, without roles, links and addresses."""
    found: dict[str, str] = {}
    for byline in raw:
        line = _BY.sub("", clean_line(byline) + " ").strip(" ,-–")
        if _LINK.search(line):
            continue
        if (turned := _TURNED.match(line)) and not _TITLES.match(turned["given"].strip()):
            name = f"{turned['given'].strip()} {turned['family'].strip()}"
            found.setdefault(fold(name), name)
            continue
        for part in _SPLIT.split(line):
            name = _CREDENTIAL.sub("", part).strip(" .,-–()→»›>←|:")
            if not name or len(name) > 80 or len(name.split()) > 7:
                continue
            if _NOT_A_NAME.search(name) or _TITLES.match(name) or (_ROLE.search(name) and found):
                continue
            found.setdefault(fold(name), name)
    return tuple(found.values())


def is_outlet(authors: Iterable[str], outlet: str | None) -> bool:
    """Return whether those who sign are no people but the outlet itself."""
    site = _bare(outlet or "")
    signed = [_bare(name) for name in authors]
    return bool(site) and all(name == site or (len(name) > 3 and name in site) or site in name for name in signed)


def without_site(title: str, outlet: str | None) -> str:
    """Return a page's title without the site's name at its end or beginning."""
    title = clean_line(title)
    if not outlet:
        return title
    site = _bare(outlet)
    pieces = list(_TAIL.finditer(title))
    if pieces and site:
        last, first = pieces[-1], pieces[0]
        if _bare(title[last.end() :]) == site and last.start() > 0:
            return title[: last.start()].strip()
        if _bare(title[: first.start()]) == site:
            return title[first.end() :].strip()
    return title


def _bare(name: str) -> str:
    return re.sub(r"^the |\.(?:com|co\.uk|org|org\.uk|net)$|[^\w]", "", fold(name)).removeprefix("the")
