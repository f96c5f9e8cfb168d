"""Who wrote an article, as lists of references want it: family and given names apart, organisations whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from clipper.text import clean_line, fold

_MOST = 500  # names of one article
_LONGEST = 200  # characters of a name


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BY = re.compile(r"^(?:(?:words|story|report|posted|written)\s+)?by[:\s]+(?=\S)", re.IGNORECASE)
_AND = re.compile(r"\s*;\s*|\s+(?:and|&)\s+", re.IGNORECASE)
_PLACE = re.compile(r"(?<=\w)\s+in\s+[A-Z].*$")
_INITIAL = re.compile(r"(?:[^\W\d_]\.?-?){1,3}")
_HONOURS = _words("dr prof professor mr mrs ms miss mx sir dame lord lady baron baroness rev revd cllr")
_DEGREES = _words("phd md mbe obe cbe kbe mp msp ms qc kc frcp frcgp frcs rn rgn")
_SUFFIX = re.compile(r"(?:Jr|Sr|jr|sr|II|III|IV)\.?")
_PARTICLES = _words(
    "van von der den de del della dela di da do dos das du la le les ten ter tot te zu zum zur af av al el bin ibn "
    "op 't"
)
_WITH_FAMILY = _PARTICLES | frozenset(["st", "san", "mac", "mc", "ó", "ní", "nic", "ap", "ab"])
_JOINING = ("y", "i")  # Ortega y Gasset
_ROLE = re.compile(
    r"(?:editors?|correspondents?|reporters?|journalists?|columnists?|writers?|producers?|analysts?|contributors?)",
    re.IGNORECASE,
)
_BEATS = _words(
    "health social political politics policy science medical news education chief deputy senior assistant care home "
    "economics business local national regional investigations special former community public affairs staff"
)
# What stands in the names of organisations and desks, and is nobody's surname that signs often. "Press" and "Post" are.
_BODIES = _words(
    "agencies agency alliance archive association associates associated authority blog board bureau campaign centre "
    "center charity coalition college collective commission committee consultants contributor contributors "
    "correspondent council department desk digital editor editorial editors editorials federation foundation "
    "fund gazette govuk group guardian healthwatch herald hospital hospitals inc independent institute international "
    "journal journalists leader letters limited llp ltd magazine mail media ministry mirror network news newsdesk "
    "newspaper newsroom observer office online organisation organization parliament partnership plc programme project "
    "reporter reporters review secretariat service services society staff standard team telegraph times "
    "today tribune trust trustees unison unit unite university weekly writer writers"
)
_ACRONYMS = _words(
    "NHS BBC ITV STV RTE BMA RCN BMJ GMC NMC HSJ PA AFP AP UPI CNN NBC ABC CBS CQC GP GPS TUC GMB France-Presse"
)


class Name(NamedTuple):
    """One who is named as an author. ``literal`` is an organisation's name, or one that cannot be taken apart.

    Where it is set, the other parts are empty. The family name has its particles: *van der Berg*.
    """

    family: str = ""
    given: str = ""
    suffix: str = ""
    literal: str = ""

    @property
    def spoken(self) -> str:
        """The name in the order in which it is spoken."""
        return self.literal or " ".join(part for part in (self.given, self.family, self.suffix) if part)

    @property
    def particle(self) -> str:
        """The small words at the head of the family name that belong to it: *van der*."""
        words = self.family.split()
        small = next((i for i, word in enumerate(words[:-1]) if word not in _PARTICLES), max(len(words) - 1, 0))
        return " ".join(words[:small])


def people(authors: Iterable[str], outlet: str | None = None) -> tuple[Name, ...]:
    """Return who is named in an article's bylines, each once. What signs like its outlet is an organisation."""
    found: dict[str, Name] = {}
    for byline in islice(authors, _MOST):
        for name in _byline(clean_line(byline)[:_LONGEST].strip(), fold(outlet or "")):
            found.setdefault(fold(name.spoken), name)
    return tuple(found.values())


@lru_cache(maxsize=8192)
def _byline(line: str, outlet: str) -> tuple[Name, ...]:
    line = _BY.sub("", line).strip(" ,;")
    if not line:
        return ()
    if _is_outlet(line, outlet):
        return (Name(literal=line),)
    pieces = [_tidy(piece) for piece in _AND.split(line)]
    if len(pieces) > 1:
        parts = [part.strip() for piece in pieces for part in piece.split(",")]
        pieces = [_tidy(part) for part in parts if part and not _is_extra(part)]
        # Of "Department of Health and Social Care" the second half would do for a name, the first would not.
        if pieces and all(_is_person(piece) for piece in pieces):
            return tuple(_taken_apart(piece) for piece in pieces)
        return (Name(literal=line),)
    if "," in line:
        return _with_commas(line)
    line = pieces[0]
    return (_taken_apart(line) if _is_person(line) else Name(literal=line),)


def _with_commas(line: str) -> tuple[Name, ...]:
    parts = [part for part in (part.strip() for part in line.split(",")) if part]
    # A suffix or a degree belongs to the name before it, and so does what somebody is.
    suffix = next((part for part in parts[1:] if _SUFFIX.fullmatch(part)), "")
    names = [part for i, part in enumerate(parts) if not i or not (_SUFFIX.fullmatch(part) or _is_extra(part))]
    if len(names) == 1 and _is_person(name := _tidy(names[0])):
        return (_taken_apart(f"{name} {suffix}".strip()),)
    if len(names) == 2:
        family, given = names
        head = family.split()
        alone = len(head) == 1 or all(word.lower() in _WITH_FAMILY for word in head[:-1])
        if alone and len(given.split()) <= 3 and _is_person(f"{given} {family}"):
            return (Name(family=family, given=given, suffix=suffix),)
    if len(names) > 1 and all(_is_person(name) for name in names):
        return tuple(_taken_apart(name) for name in names)
    return (Name(literal=line),)


def _is_extra(part: str) -> bool:
    """Whether a part of a byline says what somebody is: a degree, or an office such as *health editor*."""
    words = part.lower().replace(".", "").split()
    return all(word in _DEGREES for word in words) or bool(_ROLE.fullmatch(words[-1]))


def _tidy(name: str) -> str:
    """Return a name without what somebody is and where: *Ann Marsh health policy editor*, *Jo Bell in Wexbury*."""
    name = _PLACE.sub("", name)
    words = name.split()
    if len(words) > 2 and _ROLE.fullmatch(words[-1]):
        cut = next((i for i in range(2, len(words)) if words[i].lower() in _BEATS or _ROLE.fullmatch(words[i])), 0)
        if 2 <= cut <= 3 and not any(word.lower() in _BEATS or word.lower() in _BODIES for word in words[:cut]):
            return " ".join(words[:cut])
    return name


def _is_outlet(line: str, outlet: str) -> bool:
    name, site = fold(line).removeprefix("the "), outlet.removeprefix("the ")
    return bool(site) and (name == site or (len(site) > 3 and name.startswith(f"{site} ")))


def _is_person(name: str) -> bool:
    words = name.split()
    if not 2 <= len(words) <= 6 or any(not (c.isalpha() or c in " .'’‘-‐‑") and not c.isspace() and ord(c) < 0x300
                                       for c in name):  # fmt: skip
        return False
    if words[0].lower() in ("the", "our", "a", "an", "royal", "daily"):
        return False
    lower = all(word == word.lower() for word in words)
    for at, word in enumerate(words):
        bare = word.strip(".'’‘").lower()
        if bare in _BODIES or word in _ACRONYMS:
            return False
        if word.isupper() and len(word) > 3 and "." not in word and not name.isupper() and not _SUFFIX.fullmatch(word):
            return False
        if word[0].islower() and not (lower and len(words) == 2):
            known = bare in _PARTICLES or bare in _JOINING or re.match(r"(?:d|dell|l)['’]|'t$", word)
            if not known or (at == len(words) - 1 and bare in _PARTICLES):
                return False
    return True


def _taken_apart(name: str) -> Name:
    words = name.split()
    suffix = ""
    while len(words) > 2 and words[0].lower().rstrip(".") in _HONOURS:
        words = words[1:]
    while len(words) > 2 and words[-1].lower().replace(".", "") in _DEGREES and words[-1].lower() != words[-1]:
        words = words[:-1]
    if len(words) > 2 and _SUFFIX.fullmatch(words[-1]):
        suffix = words.pop()
    if len(words) == 2 and words[1].isupper() and words[1].endswith(".") and _INITIAL.fullmatch(words[1]):
        return Name(family=words[0], given=words[1], suffix=suffix)  # Marsh P.R.
    start = next((i for i in range(1, len(words) - 1) if words[i] in _PARTICLES), len(words) - 1)
    joined = next((i - 1 for i in range(2, len(words) - 1) if words[i] in _JOINING), start)
    start = min(start, joined)
    while start > 1 and words[start - 1].lower().rstrip(".") in _WITH_FAMILY:
        start -= 1
    return Name(family=" ".join(words[start:]), given=" ".join(words[:start]), suffix=suffix)
