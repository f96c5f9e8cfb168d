"""The one door to the PDF library and to the DOCX library: bytes to a document of lines.

Both libraries are optional (the extra ``office``). What a file may unpack to is limited here; time and
memory are limited by the process that reads.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from ctypes import byref, c_double
from io import BytesIO
from typing import Any

from clipper.collect.intake.printed import Document, Line, Row, laid_out
from clipper.errors import Refused
from clipper.text import clean_line

try:
    import pypdfium2
    from pypdfium2 import raw
except (ImportError, OSError):  # not installed, or without its shared library
    _PDF: Any = None
    _RAW: Any = None
else:
    _PDF, _RAW = pypdfium2, raw
try:
    import docx
except ImportError:
    _DOCX: Any = None
else:
    _DOCX = docx

MAX_PAGES = 5_000
MAX_LETTERS = 10_000_000
MAX_PART = 64 << 20  # bytes of one part of a DOCX, unpacked
MAX_PACKAGE = 256 << 20  # bytes of all its parts
MAX_PARTS = 10_000
MAX_STREAM = 12 << 20  # bytes of one stream of a PDF that is no picture, unpacked
MAX_STREAMS = 256 << 20

_MISSING = "{} files are read by an optional library that is not installed; run: pip install {}"
_PASSWORD = 4  # what PDFium answers for a file that wants a password
_BOLD = 600  # weight of a font
_FEWEST = 5  # letters a page, under which a PDF is one of pictures
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_ROW_ENDS = re.compile("\r\n|[\r\n\x02\ufffe]")  # the last two: after a hyphen
MOST_STREAMS = 200_000
_CHUNK = 1 << 14
_STREAM = re.compile(rb"stream\r?\n")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_NOT_SHOWN = {
    f"{_W}del",
    f"{_W}moveFrom",
    f"{_W}instrText",
    f"{_W}pPr",
    f"{_W}rPr",
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",  # says again what stands before it
}
_SIGNS = {
    f"{_W}tab": " ",
    f"{_W}br": "\n",
    f"{_W}cr": "\n",
    f"{_W}noBreakHyphen": "-",
}


def read_pdf(body: bytes) -> Document:
    """Return the lines of a PDF.

    Raises Refused for a file that is no PDF, is encrypted, damaged, too large, or holds pictures only, and where the
    library is not installed.
    """
    if b"%PDF-" not in body[:1024]:
        raise Refused("not a PDF file")
    if _PDF is None:
        raise Refused(_MISSING.format("PDF", "pypdfium2"))
    _refuse_bombs(body)
    try:
        with closing(_PDF.PdfDocument(body)) as file:
            return _pdf(file)
    except _PDF.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD or "password" in str(error).lower():
            raise Refused("an encrypted PDF: open it with its password and save it without one") from None
        raise Refused("a damaged PDF: it cannot be opened") from None
    except (ValueError, ArithmeticError):  # text and numbers that no PDF may hold
        raise Refused("a damaged PDF: it cannot be read") from None


def read_docx(body: bytes) -> Document:
    """Return the paragraphs of a DOCX file, each a line; a break within a paragraph begins a line too.

    Raises Refused for a file that is no DOCX, is encrypted, damaged or too large, and where the library is not
    installed.
    """
    _refuse_other_files(body)
    if _DOCX is None:
        raise Refused(_MISSING.format("DOCX", "python-docx"))
    _refuse_packages(body)
    try:
        file = _DOCX.Document(BytesIO(body))
        headings = _heading_styles(file)
        lines = tuple(_paragraphs(file.element.body, headings))
        title = _docx_title(file)
    except Refused:
        raise
    except ValueError:  # what the library says of a spreadsheet, a template, a file with macros
        raise Refused("not a DOCX file but another kind of package; save a text as .docx, a table as .csv") from None
    except Exception:  # a package can be broken in more ways than the library has errors
        raise Refused("a damaged DOCX file: open it in a word processor and save it anew") from None
    if not lines:
        raise Refused("a DOCX file without text")
    return Document(lines, title)


def _pdf(file: Any) -> Document:
    pages = len(file)
    if pages > MAX_PAGES:
        raise Refused(f"{pages} pages, of which {MAX_PAGES} at most are read; split the file")
    found: list[list[Row]] = []
    letters = broken = 0
    for number in range(pages):
        try:
            rows = _rows(file[number])
        except _PDF.PdfiumError:
            rows, broken = [], broken + 1
        letters += sum(len(row.text) for row in rows)
        if letters > MAX_LETTERS:
            raise Refused(f"more than {MAX_LETTERS // 1_000_000} million letters; split the file")
        found.append(rows)
    if broken == pages:
        raise Refused("a damaged PDF: none of its pages can be read")
    said = sum(c.isalnum() for rows in found for row in rows for c in row.text)
    if said < _FEWEST * (pages - broken):
        raise Refused("a PDF of pictures: no text in it; run it through OCR first (for example: ocrmypdf)")
    return Document(laid_out(found), _pdf_title(file))


def _pdf_title(file: Any) -> str | None:
    try:
        return clean_line(file.get_metadata_value("Title")) or None
    except (ValueError, _PDF.PdfiumError):  # half a letter in it
        return None


def _rows(page: Any) -> list[Row]:
    """Return the rows of a page. Closes it."""
    with closing(page), closing(page.get_textpage()) as letters:
        text: str = letters.get_text_range()
        found: list[Row] = []
        start = 0
        for end in [*_ROW_ENDS.finditer(text), None]:
            row = text[start : end.start() if end else len(text)]
            if row.strip():
                first = start + len(row) - len(row.lstrip())
                last = start + len(row.rstrip()) - 1
                broken = end is not None and end[0] in "\x02\ufffe"
                found.append(_row(letters, row.strip() + "-" * broken, first, last))
            start = end.end() if end else len(text)
    return found


def _row(letters: Any, text: str, first: int, last: int) -> Row:
    x, y, left, right, bottom, top = (c_double() for _ in range(6))
    begin = _RAW.FPDFText_GetCharIndexFromTextIndex(letters, first)
    end = _RAW.FPDFText_GetCharIndexFromTextIndex(letters, last)
    _RAW.FPDFText_GetCharOrigin(letters, begin, byref(x), byref(y))
    _RAW.FPDFText_GetCharBox(letters, end, byref(left), byref(right), byref(bottom), byref(top))
    return Row(
        text.translate(_LIGATURES),
        x=_sane(x.value),
        y=_sane(y.value),
        right=_sane(right.value),
        size=max(_sane(_RAW.FPDFText_GetFontSize(letters, begin)), 0.5),
        bold=_RAW.FPDFText_GetFontWeight(letters, begin) >= _BOLD,
    )


def _sane(value: float) -> float:
    """Return a number of points that can be reckoned with, whatever the file says."""
    return value if -100_000 < value < 100_000 else 0.0


def _refuse_bombs(body: bytes) -> None:
    """Raise Refused for a PDF whose streams of text unpack to more than any page holds."""
    total = 0
    for number, found in enumerate(_STREAM.finditer(body)):
        if number >= MOST_STREAMS:
            raise Refused("a PDF with more parts than any document has")
        declared = body[max(0, found.start() - 400) : found.start()]
        declared = declared[declared.rfind(b"obj") + 1 :]
        if b"/Image" in declared or b"Fl" not in declared:
            continue
        size = _unpacked_size(body, found.end())
        total += size
        if size > MAX_STREAM or total > MAX_STREAMS:
            raise Refused("a PDF that unpacks to more than any document holds")


def _unpacked_size(body: bytes, start: int) -> int:
    """Return how many bytes a packed stream unpacks to, counted no further than is allowed."""
    unpacker = zlib.decompressobj()
    size = 0
    try:
        for at in range(start, len(body), _CHUNK):
            data = body[at : at + _CHUNK]
            while data:
                size += len(unpacker.decompress(data, 1 << 20))
                if size > MAX_STREAM or unpacker.eof:
                    return size
                data = unpacker.unconsumed_tail
    except zlib.error:
        pass
    return size


def _refuse_other_files(body: bytes) -> None:
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in body:
            raise Refused("an encrypted Word file: open it with its password and save it without one")
        raise Refused("an old Word file (.doc): open it in a word processor and save it as .docx")
    if body.lstrip()[:5] == b"{\\rtf":
        raise Refused("an RTF file, whatever its name: open it in a word processor and save it as .docx")
    if not body.startswith(b"PK"):
        raise Refused("not a DOCX file")


def _refuse_packages(body: bytes) -> None:
    """Raise Refused for a ZIP archive that is no DOCX, that is too large, or that declares entities."""
    try:
        with zipfile.ZipFile(BytesIO(body)) as package:
            parts = package.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_PACKAGE:
                raise Refused(f"a DOCX file that unpacks to more than {MAX_PACKAGE >> 20} MB")
            if "[Content_Types].xml" not in package.namelist():
                raise Refused("a ZIP archive, not a DOCX file; unpack it first")
            for part in parts:
                if part.flag_bits & 1:
                    raise Refused("an encrypted DOCX file: open it with its password and save it without one")
                if part.filename.endswith((".xml", ".rels")):
                    if part.file_size > MAX_PART:
                        raise Refused(f"a DOCX file with a part of more than {MAX_PART >> 20} MB")
                    with package.open(part) as opened:
                        if b"<!DOCTYPE" in opened.read(4096):
                            raise Refused("a DOCX file that declares entities, as no word processor does")
    except Refused:
        raise
    except Exception:  # zipfile raises errors of many kinds for broken archives
        raise Refused("a damaged DOCX file: it cannot be unpacked") from None


def _docx_title(file: Any) -> str | None:
    try:
        return clean_line(file.core_properties.title) or None
    except (KeyError, ValueError, AttributeError, TypeError):
        return None


def _heading_styles(file: Any) -> frozenset[str]:
    """Return the ids of the styles that headings are set in, by name, by outline, or by the style they rest on."""
    based: dict[str, str] = {}
    found: set[str] = set()
    try:
        styles = list(file.styles.element.iterchildren(f"{_W}style"))
    except (KeyError, ValueError, AttributeError):
        return frozenset()
    for style in styles:
        key = style.get(f"{_W}styleId") or ""
        name, base, outline = (style.find(f".//{_W}{tag}") for tag in ("name", "basedOn", "outlineLvl"))
        called = (name.get(f"{_W}val") or "").lower() if name is not None else ""
        if called == "title" or called.startswith("heading") or _is_outline(outline):
            found.add(key)
        elif base is not None:
            based[key] = base.get(f"{_W}val") or ""
    for key in list(based):
        above, steps = based[key], 0
        while above in based and steps < 20:
            above, steps = based[above], steps + 1
        if above in found:
            found.add(key)
    return frozenset(found)


def _is_outline(level: Any) -> bool:
    return level is not None and (level.get(f"{_W}val") or "") in set("012345678")


def _paragraphs(body: Any, headings: frozenset[str]) -> Iterator[Line]:
    """Yield the lines of every paragraph in the order of the file: in tables, boxes and content controls too."""
    letters = 0
    for paragraph in _descend(body, f"{_W}p"):
        text = "".join(_runs(paragraph))
        letters += len(text)
        if letters > MAX_LETTERS:
            raise Refused(f"more than {MAX_LETTERS // 1_000_000} million letters; split the file")
        set_as, outline = (paragraph.find(f"{_W}pPr/{_W}{tag}") for tag in ("pStyle", "outlineLvl"))
        style = set_as.get(f"{_W}val") if set_as is not None else None
        heading = style in headings or _is_outline(outline)
        for line in text.split("\n"):
            if clean_line(line):
                yield Line(line, heading=heading)


def _descend(element: Any, wanted: str) -> Iterator[Any]:
    """Yield the shown elements of one tag within another, in order."""
    for child in element.iterchildren():
        if child.tag in _NOT_SHOWN:
            continue
        if child.tag == wanted:
            yield child
        yield from _descend(child, wanted)


def _runs(element: Any) -> Iterator[str]:
    """Yield the text of a paragraph without the paragraphs of boxes that hang on it."""
    for child in element.iterchildren():
        tag = child.tag
        if tag in _NOT_SHOWN or tag == f"{_W}p":
            continue
        if tag == f"{_W}t":
            yield child.text or ""
        elif tag in _SIGNS:
            yield _SIGNS[tag]
        else:
            yield from _runs(child)
