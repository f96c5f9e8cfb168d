"""One line of a text to what it states of its article: a byline, a date, a field, or all of them at once.

*By Ian Quinn* · *Filed Under (…) by Paul on 07-03-2014* · *Posted on March 5, 2015 by Helen Grant* ·
*Published: 30/03/2010* · *Source: Pulse* · *The Northern Post, 14 March 2014* · *Title (Outlet: 15 June 2015)*
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from clipper.collect import names
from clipper.collect.dates import day_within, parse_date
from clipper.collect.facts import SILENT, Facts
from clipper.collect.outlets import is_known, may_be_outlet, names_a_paper
from clipper.text import clean_line

HEADING = 220  # characters that a heading may have
_LONGEST = 400  # characters of a line that states something: a list of categories, at most


@dataclass(frozen=True)
class Statement:
    """What a line states.

    A ``byline`` names people; a ``filing`` line stands right under its title. A ``bare`` one says no word of what it
    is (a date alone): only its place tells. An ``aside`` is about the article, and holds nothing that is recorded.
    """

    facts: Facts = field(default=SILENT)
    byline: bool = False
    filing: bool = False
    bare: bool = False
    aside: bool = False


_ITEM = re.compile(r"^(?P<title>.+?)\s*\((?P<outlet>[^():]{2,60}):\s*(?P<date>[^()]{4,30})\)\.?$")
_BYLINE = re.compile(r"^(?:(?:posted|written|words|report)\s+)?by[:\s]\s*(?P<name>\S.{1,100})$", re.IGNORECASE)
_FILED = re.compile(
    r"^(?:filed|posted)\s+(?:under|"
    r"in)\s*:?\s*\(?(?P<categories>[^()]*?)\)?\s+by\s+(?P<name>.+?)\s+on\s+(?P<date>.{6,30})$",
    re.IGNORECASE,
)
_POSTED = re.compile(
    r"^(?P<word>(?:posted|published|filed)\s+(?:(?:on|at)\s+)?)?(?P<date>\S.{5,40}?)\s*(?:[|•·,–-]\s*)?\bby:?\s+"
    r"(?P<name>\S.{1,80})$",
    re.IGNORECASE,
)
_BY_ON = re.compile(
    r"^(?:(?:posted|written|published)\s+)?by\s+(?P<name>.+?)\s*(?:\bon\b|[,|•–-])\s*(?P<date>[^,|•]{6,40}?)$",
    re.IGNORECASE,
)
_DESK = (
    r"(?:(?:chief|senior|deputy|assistant|associate|acting|health|healthcare|medical|science|social|affairs|"
    r"care|policy|"
    r"political|politics|home|education|economics|business|news|investigations?|community|local|government|public|"
    r"services?|society|whitehall|consumer|regional|national|bbc|pa|and|&)\s+){0,5}"
    r"(?:editor|correspondent|reporter|columnist|journalist|writer)"
)
_ROLE = re.compile(
    r"^(?P<name>[^\W\d_][\w.'’-]+(?:\s+[^\W\d_][\w.'’-]+){1,3}),\s+(?:\w+\s+){0,4}"
    r"(?:editor|correspondent|reporter|columnist|journalist|writer)(?:,\s+(?P<outlet>[^,]{2,60}))?$",
    re.IGNORECASE,
)
_ROLE_AFTER = re.compile(rf"\s+(?:is\s+)?{_DESK}$", re.IGNORECASE)
_ROLE_ALONE = re.compile(rf"^{_DESK}(?:,\s+(?P<outlet>[^,]{{2,60}}))?$", re.IGNORECASE)
_AT = re.compile(r"\s+at\s+\d\d?[:.]\d\d(?:\s*[ap]m)?$", re.IGNORECASE)
_FOR = re.compile(r"\s+for\s+(?:the\s+)?(\S.{2,40})$", re.IGNORECASE)
_NOBODY = re.compile(r"^by (?:our|a|an)\s.{0,40}\b(?:correspondent|reporters?|editor|staff|team)$", re.IGNORECASE)
_DATED = re.compile(
    r"^(?:date of (?:publication|release|issue)|(?:publication|release|issue) date|for release|"
    r"(?:date\s+)?(?:published(?:\s+date)?|posted|date|issued|released|first published|first posted|added|uploaded))"
    r"\s*(?:on|at)?\s*:?\s+(?P<date>.{4,80})$",
    re.IGNORECASE,
)
_UPDATED = re.compile(
    r"^(?P<date>.{6,40}?\d\s)?\s*[|,–-]?\s*(?:page\s+)?(?:last\s+)?(?:updated|modified|amended|edited)"
    r"(?:\s+(?:on|at))?\s*:?\s+(?P<rest>.{4,60})$",
    re.IGNORECASE,
)
_UPDATED_TOO = re.compile(r"\s*[|•·,–-]\s*(?:last\s+)?(?:updated|modified):?\s.{4,40}$", re.IGNORECASE)
_COMMENTED = re.compile(
    r"\s*[|•·]\s*(?:(?:\d{1,6}|no|leave a)\s+comments?|comments?\s?\(\d{1,6}\)).{0,20}$", re.IGNORECASE
)
_EMBARGO = re.compile(
    r"^[*\s]*(?:strict(?:ly)?\s+|under\s+)*embargo(?:ed)?(?:\s+copy)?\s*"
    r"(?:(?::|[–-]|(?:until|till|to|for)\b).{0,100})?$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"^(?:our |press )?(?:ref(?:erence)?|release)(?: no\.?| number)?\s*:\s*[\w/.-]{2,20}$", re.IGNORECASE
)
_UNDER = re.compile(
    r"^(?:filed under|filed in|posted in|categor(?:y|ies)|tags?|tagged(?: with| as)?|topics?|keywords)\s*:?\s*"
    r"(?P<categories>\S.{1,300})$",
    re.IGNORECASE,
)
_ENTRY = re.compile(
    r"^this entry was posted (?:in (?P<categories>.{2,150}?) )?on (?P<date>.{6,40}?)(?: and is filed under "
    r"(?P<under>[^.]{2,150})|,? by (?P<name>[^.]{2,60}))?(?:\.|$)",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"^(?P<key>title|headline|author|authors|source|outlet|publication|newspaper|url|link|categories|tags)"
    r"\s*:\s+(?P<value>.+)$|^(?P<noted>source|outlet|publication|newspaper)\s+[–-]\s+(?P<outlet>[^.]{2,60})$",
    re.IGNORECASE,
)
_URL = re.compile(r"^https?://[^\s/]\S*$", re.IGNORECASE)
_ORIGIN = re.compile(
    r"^(?:source|url|original|retrieved from|originally published at|from)\s*:?\s+(https?://\S+)$", re.IGNORECASE
)
_RELEASE = (
    r"[*\s]*(?:(?:for\s+immediate|press|news|media|immediate)\s+release|(?:press|media)\s+(?:notice|statement))[*\s]*"
)
_NOTICE = re.compile(rf"^{_RELEASE}$", re.IGNORECASE)
_NOTICE_DATED = re.compile(rf"^{_RELEASE}[:|,–-]\s*(?P<date>\S.{{5,50}})$", re.IGNORECASE)
_NO_OUTLET = re.compile(
    r"\b(?:release|statement|updated|published|posted|date|dated|embargo\w*|until|notes?|page|printed|accessed|"
    r"retrieved|"
    r"copyright|meeting|minutes|agenda|speech|letter|briefing|report)\b|©|^(?:mon|tues|wednes|thurs|fri|satur|sun)day$",
    re.IGNORECASE,
)
_PLACES = """
london leeds manchester birmingham cardiff edinburgh glasgow belfast liverpool bristol newcastle sheffield hull york
nottingham leicester oxford cambridge westminster brussels geneva bradford southampton plymouth exeter
"""
_GIVEN = """
adam alan alex alice alison amanda amy andrea andrew andy angela ann anna anne anthony barbara ben brian caroline
carol catherine charles charlotte chris christine christopher claire clare colin daniel dave david debbie denis dennis
diane edward elizabeth emily emma fiona frances gareth gary george graham hannah harriet harry heather helen henry
hugh ian jack jacqui james jane janet jason jenny jeremy jessica jill jim joan joanna joe john jon jonathan judith
julia julian julie karen kate katherine kathryn keith kevin laura lawrence lesley linda lisa liz louise lucy margaret
maria mark martin mary matt matthew michael michelle mike naomi neil nicholas nick nicola nigel oliver pam patricia
patrick paul peter phil philip rachel ray rebecca richard robert roger ross rowena roy ruth sally sam samuel sandra
sara sarah sean shaun sharon simon sophie stephen steve steven stuart sue susan tim timothy toby tom tony tracey
valerie vanessa victoria wendy william zoe
"""
_PARTS = re.compile(r"\s*(?:\||/|·|•|,|\s[–-]\s)\s*")
_OFFICE = re.compile(r"\b(?:MP|MSP|MLA|Lord|Baroness|Dr|Prof|Sir|Dame)\b")
_PAPER_END = re.compile(
    r"\b(?:news|times|post|mail|express|gazette|herald|echo|observer|journal|chronicle|telegraph|guardian|"
    r"mercury|argus|"
    r"advertiser|courier|tribune|magazine|examiner|weekly|blog)$",
    re.IGNORECASE,
)
_CITIES, _GIVEN_NAMES = frozenset(_PLACES.split()), frozenset(_GIVEN.split())
_PERSON = re.compile(r"[^\W\d_][\w.'’-]*(?:\s+[^\W\d_][\w.'’-]*){1,3}")
_PARTICLES = ("de", "van", "von", "der", "la", "le", "bin", "al")


def read_line(line: str, *, first: bool) -> Statement | None:
    """Return what a line states, None for a line of the text. The ``first`` line of a text is no bare date."""
    if len(line) > _LONGEST:
        return None
    line = _COMMENTED.sub("", _UPDATED_TOO.sub("", line.replace("**", "").strip("*_ ")))
    for reader in _READERS if first else (*_READERS, *_NOT_FIRST):
        if statement := reader(line):
            return statement
    return None


def read_last_line(line: str) -> Statement | None:
    """Return what a line under a text states of it, None for a line of the text.

    Fewer forms are read than over a text: *Source: …* may stand under a table.
    """
    if len(line) > _LONGEST:
        return None
    line = _COMMENTED.sub("", line)
    if (found := _ORIGIN.match(line)) and _URL.match(found[1]):
        return Statement(Facts(url=found[1]))
    if (found := _FIELD.match(line)) and is_known((found["value"] or found["outlet"] or "").strip()):
        return _field(line)
    readers = (_filed, _by_and_on, _entry, _dated, _updated, _under, _name_and_date)
    for reader in (*readers, _byline) if line.lower().startswith(("posted by ", "written by ")) else readers:
        if statement := reader(line):
            return statement
    return None


def read_role(line: str) -> Facts | None:
    """Return what a byline's role on a line of its own states (*Health correspondent, BBC News*), None for others."""
    found = _ROLE_ALONE.match(line) if len(line) <= 120 else None
    if found is None or (found["outlet"] and not is_known(found["outlet"])):
        return None
    return Facts(outlet=found["outlet"])


def people_in(line: str) -> tuple[str, ...]:
    """Return the people whose names are all that a line holds: their given names have to be known ones."""
    people = re.split(r"\s*,\s*|\s+and\s+|\s+&\s+", line) if len(line) <= 100 else []
    named = all(_PERSON.fullmatch(p) and p.split()[0].lower() in _GIVEN_NAMES for p in people)
    named = named and not re.search(r"(?:^|\s)[a-z]", re.sub(r"\band\b", "&", line))
    return names.authors([line]) if people and named and not names_a_paper(line) else ()


def is_notice(line: str) -> bool:
    """Whether a line only says that this is a press release, and when it may be published."""
    return len(line) <= _LONGEST and (_NOTICE.match(line) is not None or _notice(line) is not None)


def is_date(line: str) -> str | None:
    """Return the day that a line names and nothing else, None for another line."""
    day = parse_date(line) if len(line) <= 60 else None
    return day if day and len(day) == 10 else None


def outlet_in(line: str) -> str | None:
    """Return the outlet that a line names and nothing else: one that is known, or that is called as papers are."""
    if is_known(line):
        return line
    words = line.split()
    name = 2 <= len(words) <= 5 and may_be_outlet(line) and _PAPER_END.search(line) is not None
    return line if name and all(w[:1].isupper() or w in ("and", "of", "on", "&") for w in words) else None


def is_unread_date(line: str) -> bool:
    """Whether a line means to state a date that cannot be read (month first, say): no statement, but no title."""
    found = _DATED.match(line) if len(line) <= _LONGEST else None
    return found is not None and re.fullmatch(r"[\d\s/.:-]+", found["date"]) is not None


def item_heading(line: str) -> Facts | None:
    """Return what a heading of the form *Title (Outlet: 15 June 2015)* states, None for another line."""
    if len(line) > HEADING + 100 or not line.endswith((")", ").")):
        return None
    found = _ITEM.match(clean_line(line))
    day = parse_date(found["date"]) if found else None
    return Facts(title=found["title"].strip(), outlet=found["outlet"].strip(), published=day) if found and day else None


def named_and_dated(line: str) -> Facts | None:
    """Return the outlet and the date of a line that is just these two, None for another line.

    A place is no outlet, and one whose given name is known is a person.
    """
    if len(line) > 160 or line.endswith((".", "!", "?", "…")) or is_date(line):
        return None
    name, *rest = _PARTS.split(line)
    day = parse_date(", ".join(rest))
    if not day or len(day) < 10 or len(name) > 60 or len(name.split()) > 7 or not name[:1].isupper():
        return None
    if parse_date(name) or _DATED.match(line) or _NO_OUTLET.search(name):
        return None
    if name.lower() in _CITIES:
        return Facts(published=day)
    if name.split()[0].lower() in _GIVEN_NAMES and _PERSON.fullmatch(name) and not names_a_paper(name):
        return Facts(authors=names.authors([name]), published=day)
    return Facts(outlet=name, published=day) if may_be_outlet(name) else None


def _filed(line: str) -> Statement | None:
    found = _FILED.match(line)
    if found is None or (day := parse_date(found["date"])) is None:
        return None
    tags = tuple(clean_line(c) for c in found["categories"].split(",") if c.strip())
    facts = Facts(authors=names.authors([found["name"]]), published=day, categories=tags)
    return Statement(facts, byline=True, filing=True)


def _by_and_on(line: str) -> Statement | None:
    for pattern in (_POSTED, _BY_ON):
        if (found := pattern.match(line)) and (day := parse_date(found["date"])):
            name, *within = re.split(r"\s+in\s+", found["name"], maxsplit=1)
            said = _categories(within[0]) if within else ()
            if pattern is _POSTED and not found["word"] and not _reads_like_names(name):
                continue
            people, outlet = _signed(name)
            facts = Facts(authors=people, outlet=outlet, published=day, categories=said)
            return Statement(facts, byline=True)
    return None


def _byline(line: str) -> Statement | None:
    if _NOBODY.match(line):
        return Statement(byline=True, aside=True)
    found = _BYLINE.match(line)
    if found is None:
        return None
    people, outlet = _signed(_AT.sub("", found["name"]))
    if not _reads_like_names(", ".join(people)) or len(line.split()) > 16 or line.endswith((".", "!", "?", ":")):
        return None
    return Statement(Facts(authors=people, outlet=outlet), byline=True)


def _signed(text: str) -> tuple[tuple[str, ...], str | None]:
    """Return the people and the outlet of *Ann Holloway Health correspondent, BBC News*."""
    if (found := _FOR.search(text)) and is_known(found[1]):
        return names.authors([text[: found.start()]]), found[1]
    parts = [part.strip() for part in text.split(",")]
    outlet = parts.pop() if len(parts) > 1 and is_known(parts[-1]) else None
    shorter = [_ROLE_AFTER.sub("", part) for part in parts]
    people = [less if " " in less else part for less, part in zip(shorter, parts, strict=True)]  # Ann Writer is a name
    return names.authors([", ".join(people)]), outlet


def _reads_like_names(text: str) -> bool:
    """Whether what follows *by* is people, not the beginning of a sentence (*By the end of the year…*)."""
    if len(text.split()) > 14 or text.rstrip().endswith((".", "!", "?", ":")):
        return False
    people = names.authors([text])
    return bool(people) and all(word[:1].isupper() or word in _PARTICLES for word in people[0].split())


def _dated(line: str) -> Statement | None:
    found = _DATED.match(line)
    day = parse_date(found["date"]) if found else None
    return Statement(Facts(published=day)) if day else None


def _updated(line: str) -> Statement | None:
    """Read *Last updated at 14:22*: when a page was changed is not when it was published, what stands before may be."""
    found = _UPDATED.match(line)
    if found is None or not (re.fullmatch(r"\d\d?[:.]\d\d.{0,12}", found["rest"]) or day_within(found["rest"])):
        return None
    if found["date"] is None:
        return Statement(aside=True)
    day = parse_date(found["date"].strip(" |,–-"))
    return Statement(Facts(published=day)) if day else None


def _field(line: str) -> Statement | None:
    found = _FIELD.match(line)
    if found is None:
        return None
    key, value = (found["key"] or found["noted"]).lower(), (found["value"] or found["outlet"]).strip()
    if key in ("title", "headline"):
        return Statement(Facts(title=value))
    if key in ("author", "authors"):
        return Statement(Facts(authors=names.authors([value])))
    if key in ("url", "link") or _URL.match(value):
        return Statement(Facts(url=value)) if _URL.match(value) else None
    if key in ("categories", "tags"):
        if value.endswith((".", "!", "?")):
            return None
        return Statement(Facts(categories=_categories(value)))
    return Statement(Facts(outlet=value)) if len(value) <= 80 else None


def _under(line: str) -> Statement | None:
    """Read *Filed under: …* and *Tags: …*; without a colon the categories have to be written as names are."""
    found = _UNDER.match(line)
    if found is None or line.endswith((".", "!", "?")):
        return None
    said = _categories(found["categories"].partition("|")[0])
    named = ":" in line[:14] or all(c[:1].isupper() for c in said)
    return Statement(Facts(categories=said)) if said and named and all(len(c.split()) <= 6 for c in said) else None


def _categories(text: str) -> tuple[str, ...]:
    return tuple(c for part in re.split(r"[,;]", text) if (c := part.strip(" ()#|")))


def _entry(line: str) -> Statement | None:
    """Read what WordPress writes under a text."""
    found = _ENTRY.match(line)
    day = day_within(found["date"]) if found else None
    if found is None or not day:
        return None
    said = _categories(found["categories"] or found["under"] or "")
    return Statement(Facts(authors=names.authors([found["name"] or ""]), published=day, categories=said), byline=True)


def _numbered(line: str) -> Statement | None:
    return Statement(aside=True) if _NUMBERED.match(line) else None


def _link(line: str) -> Statement | None:
    return Statement(Facts(url=line)) if _URL.match(line) else None


def _notice(line: str) -> Statement | None:
    if _NOTICE.match(line):
        return Statement()
    if found := _NOTICE_DATED.match(line):
        day = parse_date(found["date"]) or (day_within(found["date"]) if _EMBARGO.match(found["date"]) else None)
        return Statement(Facts(published=day)) if day else None
    if not _EMBARGO.match(line) or len(line) > 130:
        return None
    day = day_within(line)
    if not day and len(line.split()) > 8 and not line.isupper():
        return None  # a sentence that begins so
    return Statement(Facts(published=day))


def _date(line: str) -> Statement | None:
    day = is_date(line)
    return Statement(Facts(published=day), bare=True) if day else None


def _role(line: str) -> Statement | None:
    found = _ROLE.match(line)
    if found is None or (found["outlet"] and not is_known(found["outlet"])):
        return None
    return Statement(Facts(authors=names.authors([found["name"]]), outlet=found["outlet"]), byline=True, bare=True)


def _name_and_date(line: str) -> Statement | None:
    found = named_and_dated(line)
    if found is None:
        return None
    if found.outlet and _OFFICE.search(found.outlet):  # a speech: who gave it, and when
        found = Facts(authors=names.authors([found.outlet]), published=found.published)
    return Statement(found, byline=bool(found.authors), bare=True)


def _author_outlet_date(line: str) -> Statement | None:
    if len(line) > 160:
        return None
    parts = _PARTS.split(line)
    day = parse_date(parts[2]) if len(parts) == 3 else None
    if not day or not _PERSON.fullmatch(parts[0]) or len(parts[1]) > 60:
        return None
    return Statement(Facts(authors=names.authors([parts[0]]), outlet=parts[1], published=day), byline=True, bare=True)


_READERS: tuple[Callable[[str], Statement | None], ...] = (
    _filed, _by_and_on, _byline, _field, _link, _dated, _updated, _notice, _under, _entry, _numbered,
)  # fmt: skip
_NOT_FIRST: tuple[Callable[[str], Statement | None], ...] = (_date, _role, _name_and_date, _author_outlet_date)
