"""One file that somebody brings to what it holds, whatever kind of file it is. Runs in a worker process."""

from __future__ import annotations

import re
from dataclasses import replace

from clipper.collect.bounds import refuse_flooded_page
from clipper.collect.document import MAX_BYTES, decode, unpacked
from clipper.collect.facts import Facts, hear
from clipper.collect.intake import clippings, exports, mail, mhtml, office, references, urllists
from clipper.collect.page import parse_html, read_tree
from clipper.collect.pieces import Batch, Piece
from clipper.collect.savedpage import address, original_url, saved_from
from clipper.collect.textfile import EXTRACTOR, decode_text, read_text
from clipper.errors import Refused
from clipper.text import shorten

_TABLES = (".csv", ".tsv")
_NOT_CUT = "no items were found to cut it into; taken as one article"
_HTML_NAMES = (".html", ".htm", ".xhtml", ".shtml", ".html.gz", ".htm.gz")
_COMMENTS = re.compile(rb"<!--.*?-->", re.DOTALL)
_HTML_START = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html|head|body|article|meta|title|div|section|main|"
    rb"table|h[1-6]|p|ul|ol|dl)\b",
    re.IGNORECASE,
)
_WIDE = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "an old Office file; save it as .docx"),
    (b"{\\rtf", "an RTF file; save it as .docx"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"), (b"Rar!", "a packed folder"), (b"7z\xbc\xaf", "a packed folder"),
    (b"\x1f\x8b", "packed more than once"),
)  # fmt: skip


def is_html(name: str, raw: bytes) -> bool:
    """Whether a file is a web page, by its name or by its beginning."""
    if encoding := _WIDE.get(raw[:2]):
        raw = raw[2:16386].decode(encoding, "replace").encode()
    return name.lower().endswith(_HTML_NAMES) or bool(_HTML_START.match(_COMMENTS.sub(b"", raw[:8192], count=8)))


def read_file(name: str, body: bytes, url: str | None, content_type: str, split: bool | None) -> Batch:
    """Return what a file holds: articles, a page of clippings with its items, or links to be asked for.

    ``url`` is where a page was fetched, None for a file of the user's. ``split`` tells whether to cut it into
    clippings, None to find out. Raises Refused and FetchFailed with the cause.
    """
    body = unpacked(body, MAX_BYTES)
    if not body.strip():
        raise Refused("an empty file" if url is None else "an empty page", lasting=False)
    if url is None:
        if mhtml.is_mhtml(name, body):
            saved = mhtml.main_page(body)
            return _page(saved.html, None, saved.content_type, split, original_url(saved.url or ""))
        if batch := _brought(name, body, split):
            return batch
    elif document := _document_of(body, split):
        return document
    if url is not None or is_html(name, body):
        return _page(body, url, content_type, split, None)
    return _text(name, body, split)


def _brought(name: str, body: bytes, split: bool | None) -> Batch | None:
    """Return what a document or a list holds, None for what is neither."""
    if document := _document_of(body, split):
        return document
    if mail.is_mail(name, body):
        return _mail(mail.read(body), split)
    if body.startswith(b"WARC/"):
        raise Refused("a web archive: it is read as a stream; name the file, with its ending .warc or .warc.gz")
    for mark, what in _OTHERS:
        if body.startswith(mark):
            raise Refused(f"{what}; web pages, texts, PDF, DOCX and lists are taken")
    if is_html(name, body):
        return None
    if kind := references.kind_of(name, body):
        return references.read(kind, body)
    if name.lower().endswith(".json"):
        raise Refused("a JSON file that is no list of references (CSL-JSON)")
    if urllists.is_list(name, body):
        # Links with outlets and dates beside them are a page of clippings; links alone are to be asked for.
        written = None if split is False or name.lower().endswith(_TABLES) else clippings.of_text(_decoded(body))
        return written or urllists.read(name, body)
    return None


def _decoded(body: bytes) -> str:
    try:
        return decode_text(body)
    except Refused:
        return ""


def _document_of(body: bytes, split: bool | None) -> Batch | None:
    """Return what a PDF or DOCX file holds, None for another file."""
    if body[:1024].lstrip().startswith(b"%PDF"):
        document = office.read_pdf(body)
    elif body.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        document = office.read_docx(body)
    else:
        return None
    if exports.is_export(document):
        return exports.read_export(document)
    if split is not False:
        blocks = exports.blocks_of(document)
        if found := clippings.of_document(blocks, document.title, forced=bool(split)):
            return found
    batch = exports.read_document(document)
    return replace(batch, notes=(*batch.notes, _NOT_CUT)) if split else batch


def _mail(message: mail.Mail, split: bool | None) -> Batch:
    """Return what an e-mail holds; its subject and day are those of what it brings."""
    if message.html:
        batch = _page(message.body, None, message.content_type, split, None)
    else:
        batch = _text("", message.body, split, message.subject)
    facts = Facts(title=message.subject, published=message.day)
    first, *rest = batch.pieces
    # Items keep what they state: a bulletin's own day dates none of them.
    heard = hear(facts, first.facts) if first.kind == "page" else hear(first.facts, facts)
    return replace(batch, pieces=(replace(first, facts=heard), *rest))


def _page(body: bytes, url: str | None, content_type: str, split: bool | None, saved: str | None) -> Batch:
    html = decode(unpacked(body), content_type)
    if not html.strip():
        raise Refused("an empty page", lasting=False)
    refuse_flooded_page(html)
    tree = parse_html(html)
    if split is not False and tree is not None:
        lived = saved or (None if url else saved_from(html))
        if found := clippings.of_page(tree, url, lived, forced=bool(split)):
            return found
    if split is False and tree is not None and (whole := clippings.of_page(tree, url, saved)):
        return Batch(pieces=(replace(whole.pieces[0], kind="article"),))
    page = read_tree(tree, html, url)
    facts = hear(page.stated, page.guessed)
    if saved:
        facts = replace(facts, url=address(saved, facts.url))
    notes = (_NOT_CUT,) if split else ()
    piece = Piece(facts=facts, text=page.text, extractor=page.extractor, partial=page.partial)
    return Batch(pieces=(piece,), notes=notes)


def _text(name: str, body: bytes, split: bool | None, subject: str | None = None) -> Batch:
    try:
        text = decode_text(body)
    except Refused:
        text = body.decode("windows-1252", "replace")  # as databases handed out texts for years
        if split is not None or not exports.text_is_export(text):
            raise
    if split is None and exports.text_is_export(text):
        return exports.read_text_export(text)
    if split is not False and (found := clippings.of_text(text, forced=bool(split))):
        return found
    article = read_text(body, subject)
    notes = [_NOT_CUT] if split else []
    notes += clippings.unread_dates(text.split("\n"))
    if article.left_out:
        count = len(article.left_out)
        words = shorten(article.left_out[0], 50)
        notes.append(f"{count} paragraph{'s' if count > 1 else ''} left out of the text ({words})")
    return Batch(pieces=(Piece(facts=article.facts, text=article.text, extractor=EXTRACTOR),), notes=tuple(notes))
