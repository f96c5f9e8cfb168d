"""BibTeX, for LaTeX, pandoc and JabRef: ``@article`` with ``entrysubtype`` newspaper, as biblatex has it.

One file serves both families of programs. ``date`` is biblatex's, of any precision; ``year`` and ``month`` are what
the older styles of BibTeX know. ``journal`` is understood by all of them, ``urldate`` by biblatex, Zotero and pandoc.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from clipper.publish.about import About
from clipper.publish.formats.citation import Reference, reference
from clipper.publish.formats.names import Name
from clipper.publish.selection import Item

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Babel's names: biblatex and pandoc know languages by these.
_LANGUAGES = {"en": "english", "cy": "welsh", "ga": "irish", "gd": "scottish", "fr": "french", "de": "german",
              "es": "spanish", "it": "italian", "nl": "dutch", "pl": "polish", "pt": "portuguese", "sv": "swedish",
              "no": "norwegian", "da": "danish", "fi": "finnish", "ro": "romanian", "el": "greek", "cs": "czech",
              "hu": "hungarian", "tr": "turkish", "ru": "russian", "uk": "ukrainian"}  # fmt: skip
_ESCAPES = {"\\": r"{\textbackslash}", "~": r"\~{}", "^": r"\^{}", "<": r"{\textless}",
            ">": r"{\textgreater}", "{": r"{\textbraceleft}", "}": r"{\textbraceright}", "": "{}",
            **{sign: f"\\{sign}" for sign in "&%$#_"}}  # fmt: skip
# Between two of these signs nothing may stay nothing: LaTeX makes one of two.
_SPECIAL = re.compile(r"[\\~^<>&%$#_{}]|(?<=-)(?=-)|(?<=')(?=')|(?<=[`?!])(?=`)|(?<=,)(?=,)")
# Typewriter's quotation marks around words: LaTeX would close with the opening one as well.
_QUOTED = re.compile(r"""(?<![^\s(\[])(['"])(?=\w)(.*?)(?<=[\w.,!?…%)])\1(?!\w)""")
_MARKS = {"'": "‘{}’", '"': "“{}”"}
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")


def lines(items: Iterable[Item], about: About) -> Iterator[str]:
    """Yield the articles as BibTeX, one entry at a time."""
    for item in items:
        cited = reference(item, about)
        fields = "".join(f"  {name} = {value},\n" for name, value in _fields(cited) if value)
        yield f"@{'online' if cited.is_page else 'article'}{{{cited.key},\n{fields}}}\n\n"


def _fields(cited: Reference) -> Iterator[tuple[str, str]]:
    yield "entrysubtype", "" if cited.is_page else "{newspaper}"
    yield "title", f"{{{_title(_curled(cited.title))}}}"
    yield "author", _held(" and ".join(map(_author, cited.people)))
    # Where a particle belongs to the name, "van der Berg" is cited and sorted so, as in British papers.
    yield "options", "{useprefix=true}" if any(name.particle for name in cited.people) else ""
    yield "organization" if cited.is_page else "journal", _held(escaped(cited.outlet))
    yield "date", _held(_date(cited.issued))
    yield "year", _held(_date(cited.issued[:1]))
    yield "month", _MONTHS[cited.issued[1] - 1] if len(cited.issued) > 1 else ""
    # Addresses are not escaped: biblatex, pandoc and Zotero take them as they stand.
    yield "url", _held(cited.url)
    yield "urldate", _held(_date(cited.accessed))
    yield "langid", _held(_LANGUAGES.get(cited.language.partition("-")[0].lower(), ""))
    yield "abstract", _held(escaped(_curled(cited.abstract)))
    yield "keywords", _held(", ".join(map(escaped, cited.keywords)))


def _held(value: str) -> str:
    return f"{{{value}}}" if value else ""


def _curled(text: str) -> str:
    return _QUOTED.sub(lambda found: _MARKS[found[1]].format(found[2]), text) if "'" in text or '"' in text else text


def escaped(text: str) -> str:
    """Return text for a value: LaTeX's signs are escaped, and what would join into another sign is kept apart.

    Braces are counted by all readers, whatever stands before them: a pair is escaped, one alone is named.
    """
    return _escaped(text, 0, len(text), _paired(text))


def _escaped(text: str, start: int, end: int, paired: frozenset[int]) -> str:
    pieces, at = [], start
    for found in _SPECIAL.finditer(text, start, end):
        sign = found[0]
        known = f"\\{sign}" if found.start() in paired else _ESCAPES[sign]
        pieces += [text[at : found.start()], known]
        at = found.end()
    return "".join([*pieces, text[at:end]])


def _paired(text: str) -> frozenset[int]:
    """Return the places of those braces that have a partner."""
    if "{" not in text or "}" not in text:
        return frozenset()
    opened: list[int] = []
    paired: set[int] = set()
    for found in re.finditer(r"[{}]", text):
        if found[0] == "{":
            opened.append(found.start())
        elif opened:
            paired |= {opened.pop(), found.start()}
    return frozenset(paired)


def _title(title: str) -> str:
    """Return a title, its capitals in braces: styles that write titles small would take those of names as well.

    The first letter is left to the style, unless it begins a word that has more of them, such as NHS.
    """
    paired = _paired(title)
    pieces, at = [], 0
    for number, word in enumerate(_WORD.finditer(title)):
        start, end = word.span()
        told = title[start if number else start + 1 : end]
        if told != told.lower():
            pieces += [_escaped(title, at, start, paired), "{", _escaped(title, start, end, paired), "}"]
            at = end
    return "".join([*pieces, _escaped(title, at, len(title), paired)])


def _author(name: Name) -> str:
    if name.literal:
        return f"{{{escaped(name.literal)}}}"
    family = escaped(name.family)
    if name.family[:1].islower() and not name.particle:
        family = f"{{{family}}}"  # else a small word at the head is taken for a particle
    return ", ".join(part for part in (family, escaped(name.suffix), escaped(name.given)) if part)


def _date(parts: tuple[int, ...]) -> str:
    return "-".join(f"{part:0{2 if at else 4}}" for at, part in enumerate(parts))
