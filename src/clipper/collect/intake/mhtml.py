"""A web page that a browser saved as one file (MHTML, RFC 2557: ``.mhtml``, ``.mht``) to the page in it.

The parts are told apart here, in one pass over the bytes and to a small depth; the standard library's mail parser
reads the headers alone, for it takes long over files that nest or that hold many boundaries.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import collapse_rfc2231_value

from clipper.collect.dates import parse_date
from clipper.collect.savedpage import SavedPage, original_url
from clipper.errors import Refused

_NAMES = (".mhtml", ".mht", ".mhtml.gz", ".mht.gz")
_LONGEST_HEADERS = 32_768
_LONGEST_VALUE = 4000
_MOST_PARTS, _DEEPEST = 20_000, 5

_HEADERS_END = re.compile(rb"\r?\n[ \t]*\r?\n|\r[ \t]*\r")
_HEADER_LINE = re.compile(rb"[A-Za-z][A-Za-z0-9-]{1,60}[ \t]*:")
_RELATED = re.compile(rb"^content-type[ \t]*:[ \t]*(?:\r?\n[ \t]+)?multipart/related", re.IGNORECASE | re.MULTILINE)
_LOCATED = re.compile(rb"^(?:snapshot-content-location|content-location)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_MAILED = re.compile(rb"^(?:to|received|delivered-to|return-path)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,200}<(?:!doctype|html|head|body|!--|\?xml)", re.IGNORECASE)
_BOUNDARY_LINE = re.compile(rb"(?:^|\n)--([^\s][^\r\n]{0,198}?)[ \t]*\r?\n(?=[A-Za-z-]{3,60}[ \t]*:)")
_ENCODED = re.compile(r"=\?[^?]{1,40}\?[QqBb]\?")
_CHARSET = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
_PAGES = ("text/html", "application/xhtml+xml")
_NOT_BASE64 = bytes(sorted(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")))
_NO_PAGE = "a saved web page (MHTML) that holds no HTML; save the page again, as a web page"


@dataclass(frozen=True)
class _Part:
    headers: Message
    body: bytes  # as it stands, encoded for its way
    kind: str


def is_mhtml(name: str, body: bytes) -> bool:
    """Whether a file is a web page saved as one file: by its name, unless it holds plain HTML, or by its beginning.

    A mail is none, though it may be built alike.
    """
    head = body[:_LONGEST_HEADERS].lstrip(b"\xef\xbb\xbf\r\n\t ")
    if not _HEADER_LINE.match(head):
        return False
    if name.lower().endswith(_NAMES):
        return True
    end = _HEADERS_END.search(head)
    headers = head[: end.start()] if end else head
    if re.search(rb"^snapshot-content-location[ \t]*:", headers, re.IGNORECASE | re.MULTILINE):
        return True
    if _RELATED.search(headers):
        return not _MAILED.search(headers)
    return bool(_LOCATED.search(headers) and re.search(rb"^content-type[ \t]*:", headers, re.IGNORECASE | re.MULTILINE))


def main_page(body: bytes) -> SavedPage:
    """Return the page that a file in MHTML shows first, without its pictures and frames.

    Raises Refused when there is no HTML in it.
    """
    top = _part(body.lstrip(b"\xef\xbb\xbf\r\n\t "))
    snapshot = _location(top.headers, "snapshot-content-location")
    root = _root(top, snapshot, _DEEPEST)
    if root is None:
        raise Refused(_NO_PAGE)
    page = _decoded(root)
    if not page.strip():
        raise Refused(_NO_PAGE)
    places = (snapshot, _location(root.headers, "content-location"), _location(top.headers, "content-location"))
    url = next((whole for place in places if place and (whole := original_url(place))), None)
    charset = _parameter(root.headers, "charset")
    kind = root.kind if root.kind in _PAGES else "text/html"
    content_type = f"{kind}; charset={charset}" if _CHARSET.fullmatch(charset) else kind
    return SavedPage(page, content_type, url, parse_date(_value(top.headers, "date")))


def _root(part: _Part, snapshot: str, depth: int) -> _Part | None:
    """Return the page among the parts of a part: the one that ``start`` names, that was asked for, or the first."""
    if not part.kind.startswith("multipart/"):
        return part if _is_page(part) else None
    if depth == 0:
        return None
    start = _parameter(part.headers, "start").strip("<> ")
    first: _Part | None = None
    for inner in _parts(part):
        if start and _value(inner.headers, "content-id").strip("<> ") == start:
            wanted = True
        else:
            wanted = not start and bool(snapshot) and _location(inner.headers, "content-location") == snapshot
        if not wanted and first is not None:
            continue
        found = _root(inner, snapshot, depth - 1)
        if found is not None and wanted:
            return found
        first = first or found
    return first


def _parts(part: _Part) -> Iterator[_Part]:
    """Return the parts between the boundaries; where the header names none of the file's, the first one counts."""
    body = part.body
    boundary = _parameter(part.headers, "boundary").encode("utf-8", "replace")
    if not boundary or (b"\n--" + boundary not in body and not body.startswith(b"--" + boundary)):
        guessed = _BOUNDARY_LINE.search(body[: 4 * _LONGEST_HEADERS])
        if guessed is None:
            return
        boundary = guessed[1]
    # The rest of the line is empty: a boundary within may begin with the name of the one around it.
    lines = re.compile(rb"(?:^|\n)--" + re.escape(boundary) + rb"(--)?[ \t]{0,200}(?=\r|\n|$)")
    start: int | None = None
    for count, line in enumerate(lines.finditer(body)):
        if start is not None:
            yield _part(body[start : line.start()].removesuffix(b"\r"))
        start = None
        if line[1] or count == _MOST_PARTS:
            return
        start = body.find(b"\n", line.end()) + 1 or len(body)
    if start is not None:
        yield _part(body[start:])  # the file was cut short


def _part(raw: bytes) -> _Part:
    end = _HEADERS_END.search(raw, 0, _LONGEST_HEADERS)
    if raw[:1] in (b"\r", b"\n"):  # a part without headers
        headers, body = b"", raw.lstrip(b"\r\n")
    elif end:
        headers, body = raw[: end.start()], raw[end.end() :]
    else:
        headers, body = raw[:_LONGEST_HEADERS], b""
    if not _HEADER_LINE.match(headers):
        headers, body = b"", raw
    message = BytesHeaderParser().parsebytes(headers + b"\n\n")
    kind = _value(message, "content-type").partition(";")[0].strip().lower()
    return _Part(message, body, kind)


def _is_page(part: _Part) -> bool:
    if part.kind in _PAGES:
        return True
    return part.kind in ("", "application/octet-stream") and bool(_MARKUP.match(_decoded(part)[:1000]))


def _decoded(part: _Part) -> bytes:
    coding = _value(part.headers, "content-transfer-encoding").strip().lower()
    try:
        if coding == "quoted-printable":
            return binascii.a2b_qp(part.body)
        if coding == "base64":
            letters = part.body.translate(None, _NOT_BASE64)
            if len(letters) % 4 == 1:  # cut short in the middle of a byte
                letters = letters[:-1]
            return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    except (binascii.Error, ValueError):
        return b""
    return part.body


def _value(headers: Message, name: str) -> str:
    said = headers.get(name)
    return str(said)[:_LONGEST_VALUE] if said is not None else ""


def _parameter(headers: Message, name: str) -> str:
    """Return a parameter of the content type, empty where there is none."""
    alone = Message()  # of a bounded length: the mail parser takes long over many semicolons and quotes
    alone["content-type"] = re.sub(r"[\r\n]+", " ", _value(headers, "content-type"))
    try:
        return collapse_rfc2231_value(alone.get_param(name, "") or "").strip()
    except (ValueError, LookupError, TypeError, MessageError):
        return ""


def _location(headers: Message, name: str) -> str:
    """Return an address of a header, put together from its lines and read where it is encoded."""
    text = _value(headers, name)
    if _ENCODED.search(text):
        try:
            text = str(make_header(decode_header(text)))
        except (ValueError, LookupError, MessageError):
            return ""
    return re.sub(r"\s+", "", text)
