"""BibTeX to entries of a list. The one door to bibtexparser, which takes a file apart, and to pylatexenc.

Only the splitter of bibtexparser is used: its time grows with the file and it begins anew at the next entry after a
broken one. pylatexenc is asked for one macro at a time: on whole values it leaves out what follows a per cent sign,
raises half a dozen kinds of errors on odd input, and is too slow for a library of references.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from bibtexparser.model import Entry, ParsingFailedBlock
from bibtexparser.splitter import Splitter
from pylatexenc.latex2text import LatexNodes2Text

from clipper.collect.intake.listed import MOST_ENTRIES, Listed, Notes, people
from clipper.errors import Refused

# Both tell of odd input on stderr, which here is a note's work.
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL + 1)
logging.getLogger("pylatexenc").setLevel(logging.CRITICAL + 1)

_MOST_MARKS = 5_000_000  # a library of a hundred thousand references has three million
_BLOCK = re.compile(r"@\w*[ \t]*[{(]")
_MONTHS = {name: name for name in ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")}
_URL_MACRO = re.compile(r"\\(?:url|path|href)\s*\{([^{}]{1,8000})\}")
_URL_ESCAPE = re.compile(r"\{?\\([_&%#~$^])(?:\{\})?\}?")
_RESCUED = re.compile(r"\burl\s{0,9}=\s{0,9}[{\"]?(https?://[^\s{}\",]{1,8000})", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_UNSURE = re.compile(r"[~?%]+$")

_LETTER = r"\{\s*\\?[A-Za-z]{1,2}\s*\}|\\[ij](?![A-Za-z])|[A-Za-z]"
_MACRO = re.compile(
    rf"\\(?:(?:['`^\"~=.]|[uvHtcdbrk](?![A-Za-z]))\s{{0,3}}(?:{_LETTER}|\{{\s{{0,3}}\}})|"
    r"[A-Za-z]{1,40}\*?(?:\s{0,3}\{\s{0,3}\}|\s{0,3})|.|$)",
    re.DOTALL,
)
_MATHS = re.compile(r"(?<!\\)\$([^$\\^_]{0,40}[\\^_][^$]{0,40})\$")
_SIGNS = re.compile(r"[\\{}$~`']|--")
_LIGATURES = (("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"), ("~", " "))
# What pylatexenc does not know, or turns into more than a character.
_OWN = {"textless": "<", "textgreater": ">", "textbar": "|", "textbardbl": "‖", "textunderscore": "_", "pounds": "£",
        "textbraceleft": "\ue000", "textbraceright": "\ue001", "euro": "€", "S": "§", "P": "¶", "copyright": "©",
        "textasciicircum": "^", "textasciitilde": "~", "^": "^", "~": "~",
        "lq": "‘", "rq": "’", "textquotedbl": '"', "slash": "/", "space": " ", "newline": " ",
        "par": "\n\n", "item": "\n• ",
        "begin": "", "end": "", "url": "", "href": "", "frac": "", "ldots": "…", "dots": "…"}  # fmt: skip


def read_bibtex(text: str, notes: Notes) -> Iterator[Listed]:
    """Yield the entries of a BibTeX or BibLaTeX file, whatever their types; notes tell of those that are broken.

    Of a broken entry the address is kept where it can be found. Raises Refused for more than 100,000 entries.
    """
    blocks = 0
    for blocks, _ in enumerate(_BLOCK.finditer(text), 1):
        if blocks > MOST_ENTRIES + 1000:  # some may be comments, months and texts that look like an entry
            raise Refused(f"more than {MOST_ENTRIES:,} entries; split the list into several files")
    if sum(map(text.count, '{}",=\n')) > _MOST_MARKS:
        raise Refused("more brackets, commas and quotation marks than a list of references has; not BibTeX")
    library = Splitter(text).split()
    strings = {**_MONTHS, **{key.lower(): _value(block.value, _MONTHS) for key, block in library.strings_dict.items()}}
    for block in library.blocks:
        found = block.ignore_error_block if isinstance(block, ParsingFailedBlock) else block
        place = f"line {(block.start_line or 0) + 1}"
        if isinstance(found, Entry):
            yield _listed(found, place, strings)
        elif isinstance(block, ParsingFailedBlock):
            rescued = _RESCUED.search(block.raw or "")
            kept = "; only its address is taken" if rescued else ""
            notes.add("entries that cannot be read", f"{place}: an entry that cannot be read: a bracket, comma or "
                      f"quotation mark is missing{kept}")  # fmt: skip
            if rescued:
                yield Listed(place=place, addresses=(_address(rescued[1]),))


def plain_latex(text: str) -> str:
    """Return a value without LaTeX: macros as their characters, groups without their braces."""
    if not _SIGNS.search(text):
        return text
    text = _MATHS.sub(r"\1", text)
    for signs, character in _LIGATURES:
        text = text.replace(signs, character) if "\\" not in text else _outside_macros(text, signs, character)
    if "\\" in text:
        text = _MACRO.sub(lambda found: _macro(found[0]), text)
    return text.translate(_BRACES).translate(_KEPT)


# Braces and signs that were escaped go through the private use area, past the removal of groups.
_BRACES = str.maketrans("", "", "{}")
_KEPT = str.maketrans("\ue000\ue001", "{}")


def _outside_macros(text: str, signs: str, character: str) -> str:
    return re.sub(rf"(?<!\\){re.escape(signs)}", character, text)


@lru_cache(maxsize=4096)
def _macro(macro: str) -> str:
    name = macro[1:].strip().removesuffix("}").rstrip().removesuffix("{").strip().rstrip("*")
    if name in _OWN:
        return _OWN[name]
    if macro[1:] in ("{", "}"):
        return "\ue000" if macro[1] == "{" else "\ue001"
    if macro[1:2] in "&%$#_":
        return macro[1:]
    if macro[1:2] in ("", "\\", ",", ";", ":", " ", "\n"):
        return " "
    if macro[1:2] in ("-", "/", "!", "(", ")", "[", "]"):
        return ""
    try:
        found = str(_DECODER.latex_to_text(macro))
    except Exception:  # a macro that wants arguments raises what it likes; its name is no text
        return ""
    return "" if "%s" in found or macro in found else found.strip("\n")


_DECODER = LatexNodes2Text(math_mode="verbatim", strict_latex_spaces=True)


def _listed(entry: Entry, place: str, strings: Mapping[str, str]) -> Listed:
    fields: dict[str, str] = {}
    for field in entry.fields:
        if value := _value(field.value, strings).strip():
            fields.setdefault(field.key.lower(), value)

    def first(*keys: str) -> str:
        return next((plain_latex(fields[key]) for key in keys if key in fields), "")

    addresses = [_address(fields[key]) for key in ("url", "link", "bdsk-url-1", "bdsk-url-2") if key in fields]
    for key in ("howpublished", "note"):
        addresses += [_address(found) for found in _URL_MACRO.findall(fields.get(key, ""))]
    if "howpublished" in fields and fields["howpublished"].startswith(("http://", "https://", "www.")):
        addresses.append(_address(fields["howpublished"]))
    dates = [first("date").partition("/")[0], _year_month(first("year"), first("month"), first("day"))]
    return Listed(
        place=place,
        addresses=tuple(addresses),
        doi=_address(fields.get("doi", "")),
        title=": ".join(part for part in (first("title"), first("subtitle")) if part),
        outlet=first("journaltitle", "journal", "newspaper", "magazine", "maintitle", "booktitle", "organization",
                     "publisher", "institution"),
        authors=people(plain_latex(name) for name in _names(fields.get("author", ""))),
        dates=tuple(_UNSURE.sub("", date.strip()) for date in dates),
        language=first("language", "langid"),
        abstract=first("abstract"),
        keywords=tuple(re.split(r"[,;\n]", first("keywords", "keyword"))),
    )  # fmt: skip


def _year_month(year: str, month: str, day: str) -> str:
    """Return year, month and day as one date; JabRef and older styles put the day with the month (``7~nov``)."""
    month = " ".join(month.replace(",", " ").split())
    if found := re.fullmatch(r"(?:(\d{1,2})[. ]*)?([^\W\d_]{3,12})\.?(?:\s*(\d{1,2}))?", month):
        return " ".join(part for part in (found[1] or found[3] or day, found[2], year) if part)
    if re.fullmatch(r"\d{1,2}", month) and re.fullmatch(r"\d{4}", year):
        return "-".join((year, month.zfill(2), *([day.zfill(2)] if re.fullmatch(r"\d{1,2}", day) else [])))
    return year


def _address(value: str) -> str:
    """Return an address without the escapes that LaTeX wants in it."""
    if found := _URL_MACRO.search(value):
        value = found[1]
    return _URL_ESCAPE.sub(r"\1", value).replace("{", "").replace("}", "").replace("&amp;", "&")


def _names(value: str) -> list[str]:
    """Return the names of a field, at each *and* that no braces protect."""
    if "{" not in value:
        found = _AND.split(value)
    else:
        ends = [at.span() for at in _AND.finditer(value)]
        depth, at, start = 0, 0, 0
        found = []
        for begin, end in ends:
            depth += value.count("{", at, begin) - value.count("}", at, begin)
            at = begin
            if depth <= 0:
                found.append(value[start:begin])
                start = end
        found.append(value[start:])
    return [name for name in found if name.strip().lower() != "others"]


def _value(raw: str, strings: Mapping[str, str]) -> str:
    """Return what stands between braces or quotation marks, names of strings looked up and parts joined."""
    raw = raw.strip()
    if "#" not in raw:
        return _part(raw, strings)
    parts, depth, start, quoted = [], 0, 0, False
    for found in re.finditer(r'(?<!\\)[{}"#]', raw):
        sign = found[0]
        if sign in "{}":
            depth += 1 if sign == "{" else -1
        elif sign == '"' and depth <= 0:
            quoted = not quoted
        elif sign == "#" and depth <= 0 and not quoted:
            parts.append(raw[start : found.start()])
            start = found.end()
    parts.append(raw[start:])
    return "".join(_part(part.strip(), strings) for part in parts)


def _part(raw: str, strings: Mapping[str, str]) -> str:
    if len(raw) > 1 and (raw[0], raw[-1]) in (("{", "}"), ('"', '"')):
        return raw[1:-1]
    return strings.get(raw.lower(), raw)
