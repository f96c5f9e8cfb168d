"""A page's bytes to its text and facts."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from charset_normalizer import from_bytes

from clipper.collect import extract, markup
from clipper.collect.facts import Facts, hear
from clipper.errors import Refused
from clipper.text import fold, paragraphs

LEAST_TEXT = 50  # characters: a sentence, in scripts with spaces between words and in those without
MAX_BYTES = 20 << 20

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE)
_SAVED_FROM = re.compile(
    r"<!--\s*saved from url=\(\d+\)(\S+)\s*-->|^\s*url:\s*(https?://\S+)\s*$", re.IGNORECASE | re.MULTILINE
)
# What browsers read when a page says one of these (WHATWG Encoding Standard).
_READ_AS = {"iso-8859-1": "windows-1252", "latin-1": "windows-1252", "latin1": "windows-1252",
            "us-ascii": "windows-1252", "ascii": "windows-1252", "iso8859-1": "windows-1252"}  # fmt: skip


@dataclass(frozen=True)
class Page:
    """A page that holds an article: its text, what its markup states, what its layout suggests."""

    text: str
    stated: Facts
    guessed: Facts
    extractor: str


def read_page(body: bytes, url: str | None, content_type: str = "") -> Page:
    """Return what a page holds. Raises Refused for one without an article's text, FetchFailed when extraction fails."""
    html = decode(unpacked(body), content_type)
    if not html.strip():
        raise Refused("an empty page", lasting=False)
    tree = extract.parse_html(html)
    if tree is None:
        raise Refused("not an HTML page")
    stated = markup.read_markup(tree, url)
    if url is None:
        stated = hear(stated, Facts(url=saved_from(html)))
    silent = not (stated.title and stated.outlet and stated.authors and stated.published)
    guessed = extract.guess(tree, url or stated.url) if silent else Facts()
    text = without_heading(extract.main_text(tree, url or stated.url), stated.title or guessed.title)
    if len(text) < LEAST_TEXT:
        raise Refused("no article text on the page")
    return Page(text, stated, guessed, extract.EXTRACTOR)


def refuse_other_media(content_type: str) -> None:
    """Raise Refused for an answer that says it is no page."""
    kind = content_type.partition(";")[0].strip().lower()
    if (
        kind
        and not kind.startswith("text/")
        and "html" not in kind
        and "xml" not in kind
        and kind != "application/octet-stream"
    ):
        raise Refused(f"not a web page ({kind[:60]})")


def without_heading(text: str, title: str | None) -> str:
    """Return a text without the title at its head, and without the section's name over it."""
    parts = paragraphs(text)
    wanted = " ".join(fold(title or "").split())
    for i, part in enumerate(parts[:2]):
        if wanted and " ".join(fold(part).split()) == wanted:
            return "\n\n".join(parts[i + 1 :])
    return text


def unpacked(body: bytes, most: int = MAX_BYTES) -> bytes:
    """Return a body that was packed by gzip without a word about it, as some servers send and some tools save.

    Raises Refused for one that cannot be unpacked, or that is larger than ``most`` bytes.
    """
    for _ in range(3):
        if not body.startswith(b"\x1f\x8b"):
            break
        try:
            unpacker = zlib.decompressobj(wbits=31)
            body = unpacker.decompress(body, most + 1)
        except zlib.error:
            raise Refused("packed by gzip, and cannot be unpacked") from None
        if len(body) > most:
            raise Refused(f"larger than {most >> 20} MB when unpacked")
    return body


def decode(body: bytes, content_type: str = "") -> str:
    """Return the text of a page in the charset of its byte order mark, its header, its meta element, or UTF-8.

    Where none of these fits, the charset is detected; the last resort is windows-1252.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    said = [_CHARSET.search(content_type), _CHARSET.search(body[:4096].decode("ascii", "replace"))]
    for encoding in [*(found[1].lower() for found in said if found), "utf-8"]:
        try:
            return body.decode(_READ_AS.get(encoding, encoding))
        except (UnicodeError, LookupError, ValueError):  # a charset is a stranger's word
            continue
    best = from_bytes(body[:200_000]).best()
    return body.decode(best.encoding if best else "windows-1252", "replace")


def saved_from(html: str) -> str | None:
    """Return the URL that a browser or SingleFile noted when it saved the page."""
    found = _SAVED_FROM.search(html[:20_000])
    url = (found[1] or found[2]) if found else None
    return url if url and url.startswith(("http://", "https://")) else None


def site_name(url: str) -> str | None:
    """Return the host of a URL without ``www.``: the outlet's name where nobody states it."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None
