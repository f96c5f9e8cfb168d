"""PDF and DOCX files to lines: what is read, what is refused, and that nothing else comes out."""

from __future__ import annotations

import re
import zipfile
import zlib
from io import BytesIO

import docx
import pytest
from docx.oxml import parse_xml
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from clipper.collect.intake import office
from clipper.collect.intake.exports import read_document
from clipper.collect.intake.office import read_docx, read_pdf
from clipper.collect.intake.printed import Document
from clipper.errors import ClipperError, Refused
from collect.intake.newsprint import STORIES, as_docx, as_pdf, new_layout

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SMALL_PDF = as_pdf([("head", "Ward to close"), ("body", "The board met on Tuesday and voted.")])
SMALL_DOCX = as_docx([("head", "Ward to close"), ("body", "The board met on Tuesday and voted.")])


def texts(document: Document) -> list[str]:
    return [line.text for line in document.lines]


def paragraphs(document: Document) -> list[str]:
    return read_document(document).pieces[0].text.split("\n\n")


def drawn(*rows: tuple[float, float, str], size: float = 10, encrypt: StandardEncryption | None = None) -> bytes:
    """Return a PDF with a row of letters at each place of one page."""
    body = BytesIO()
    canvas = Canvas(body, pagesize=(400, 400), encrypt=encrypt)
    canvas.setFont("Helvetica", size)
    for x, y, text in rows:
        canvas.drawString(x, y, text)
    canvas.save()
    return body.getvalue()


def raw_pdf(content: bytes, *, count: int = 1, packed: bool = True) -> bytes:
    """Return a PDF of one page with a given content, which claims to have more pages."""
    stream = zlib.compress(content, 9) if packed else content
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, b"3 0 R " * min(count, 20_000)),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d%s>>stream\n%s\nendstream" % (len(stream), b"/Filter/FlateDecode" * packed, stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj%sendobj\n" % (n, o) for n, o in enumerate(objects, 1))
    return body + b"trailer<</Root 1 0 R/Size 6>>\n%%EOF"


def repacked(body: bytes, **changed: bytes | None) -> bytes:
    """Return a DOCX with other parts; the names of parts have ``_`` for what a name in Python cannot hold."""
    names = {"document": "word/document.xml", "types": "[Content_Types].xml", "core": "docProps/core.xml"}
    new = BytesIO()
    with zipfile.ZipFile(BytesIO(body)) as old, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as package:
        for name in old.namelist():
            key = next((k for k, n in names.items() if n == name), None)
            content = changed.get(key, old.read(name)) if key else old.read(name)
            if content is not None:
                package.writestr(name, content)
    return new.getvalue()


def docx_of(*inner: str) -> bytes:
    """Return a DOCX whose body is the given XML."""
    file = docx.Document()
    for xml in reversed(inner):
        file.element.body.insert(0, parse_xml(re.sub(r"^<([\w:]+)", rf"<\1 {W}", xml)))
    body = BytesIO()
    file.save(body)
    return body.getvalue()


# PDF.


def test_a_pdf_is_lines_with_their_pages_and_headings() -> None:
    document = read_pdf(
        as_pdf([("head", "Ward to close"), ("body", "One."), ("page", ""), ("body", "Two.")], title="A title")
    )
    assert document.title == "A title"
    assert [(line.page, line.text, line.heading) for line in document.lines if not line.repeated] == [
        (1, "Ward to close", True),
        (1, "One.", False),
        (2, "Two.", False),
    ]
    assert [line.text for line in document.lines if line.repeated] == ["Page 1 of 40", "Page 2 of 40"]


def test_lines_of_a_pdf_become_the_paragraphs_that_were_printed() -> None:
    printed = [paragraph for story in STORIES for paragraph in story.paragraphs]
    for width in (280, 340, 595):
        body = as_pdf([("body", paragraph) for paragraph in printed], width=width, height=500)
        assert paragraphs(read_pdf(body)) == printed


def test_a_word_that_was_broken_at_the_end_of_a_line_is_made_whole() -> None:
    body = drawn(
        (40, 350, "The nurses of the hos-"),
        (40, 338, "pital hold a long-"),
        (40, 326, "awaited vote, and self-"),
        (40, 314, "rostering is on the list of commis-"),
        (40, 302, "sioners. A well-known fact, and well-"),
        (40, 290, "known it is - at Stoke-"),
        (40, 278, "on-Trent in 2014-"),
        (40, 266, "15, from door-to-"),
        (40, 254, "door, too."),
    )
    assert " ".join(paragraphs(read_pdf(body))) == (
        "The nurses of the hospital hold a long-awaited vote, and self-rostering is on the list of commissioners. "
        "A well-known fact, and well-known it is - at Stoke-on-Trent in 2014-15, from door-to-door, too."
    )


def test_columns_are_read_one_after_the_other_and_a_sentence_goes_on_in_the_next() -> None:
    left = [
        (40.0, 350.0 - 12 * n, text)
        for n, text in enumerate(["The board of the trust met", "on Tuesday to vote on a plan"])
    ]
    right = [
        (220.0, 350.0 - 12 * n, text) for n, text in enumerate(["that nobody in the valley", "had asked it to make."])
    ]
    assert paragraphs(read_pdf(drawn(*left, *right))) == [
        "The board of the trust met on Tuesday to vote on a plan that nobody in the valley had asked it to make."
    ]


def test_indents_begin_paragraphs() -> None:
    body = drawn(
        (40, 350, "The first paragraph of a page begins here"),
        (40, 338, "and goes on to the end of its second row."),
        (52, 326, "The second one is set in a little, so that"),
        (40, 314, "the eye finds it, and goes on until here."),
    )
    assert paragraphs(read_pdf(body)) == [
        "The first paragraph of a page begins here and goes on to the end of its second row.",
        "The second one is set in a little, so that the eye finds it, and goes on until here.",
    ]


def test_a_pdf_that_opens_without_a_password_is_read_though_it_is_encrypted() -> None:
    body = drawn((40, 350, "The board met on Tuesday."), encrypt=StandardEncryption("", ownerPassword="x", canPrint=0))
    assert paragraphs(read_pdf(body)) == ["The board met on Tuesday."]


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "not a PDF file"),
        (b"<html>", "not a PDF file"),
        (SMALL_DOCX, "not a PDF file"),
        (b"%PDF-1.7\nnothing more", "a damaged PDF: it cannot be opened"),
        (
            drawn((40, 350, "Secret."), encrypt=StandardEncryption("pass")),
            "an encrypted PDF: open it with its password",
        ),
        (drawn(), "a PDF of pictures: no text in it; run it through OCR first"),
        (raw_pdf(b"BT ET", count=6_000), "6000 pages, of which 5000 at most are read; split the file"),
        (raw_pdf(b"0" * (13 << 20)), "unpacks to more than any document holds"),
        (b"%PDF-1.4\n" + b"stream\n" * 200_001, "more parts than any document has"),
    ],
    ids=["empty", "html", "docx", "damaged", "encrypted", "pictures", "pages", "bomb", "streams"],
)
def test_a_pdf_that_cannot_be_read_is_refused_with_the_cause_and_the_cure(body: bytes, cause: str) -> None:
    with pytest.raises(Refused, match=cause) as refused:
        read_pdf(body)
    assert "\n" not in str(refused.value)


def test_a_title_of_half_letters_is_no_title() -> None:
    body = raw_pdf(b"BT /F 10 Tf 40 350 Td (The board met on Tuesday.) Tj ET")
    body = body.replace(b"trailer<<", b"7 0 obj<</Title<FEFFD800>>>endobj\ntrailer<</Info 7 0 R")
    document = read_pdf(body)
    assert (texts(document), document.title) == (["The board met on Tuesday."], None)


def test_more_letters_than_anybody_reads_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "MAX_LETTERS", 20)
    for read, body in ((read_pdf, SMALL_PDF), (read_docx, SMALL_DOCX)):
        with pytest.raises(Refused, match="split the file"):
            read(body)


def test_a_missing_library_is_named_with_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "_PDF", None)
    monkeypatch.setattr(office, "_DOCX", None)
    for read, body in ((read_pdf, SMALL_PDF), (read_docx, SMALL_DOCX)):
        with pytest.raises(Refused, match=r"pip install (pypdfium2|python-docx)$"):
            read(body)


# DOCX.


def test_a_docx_is_its_paragraphs_with_headings_and_title() -> None:
    document = read_docx(
        as_docx([("head", "Ward to close"), ("body", "One."), ("body", ""), ("body", "Two.")], title="A title")
    )
    assert document.title == "A title"
    assert [(line.text, line.heading) for line in document.lines] == [
        ("Ward to close", True),
        ("One.", False),
        ("Two.", False),
    ]


def test_text_in_tables_boxes_controls_and_links_is_read_once_and_in_order() -> None:
    body = docx_of(
        "<w:p><w:r><w:t>One </w:t></w:r><w:hyperlink><w:r><w:t>linked</w:t></w:r></w:hyperlink></w:p>",
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>In a control</w:t></w:r></w:p></w:sdtContent></w:sdt>",
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>In a cell</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
        '<w:p><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        "<mc:Choice><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></mc:Choice>"
        "<mc:Fallback><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></mc:Fallback>"
        "</mc:AlternateContent><w:r><w:t>Beside it</w:t></w:r></w:p>",
    )
    assert texts(read_docx(body)) == ["One linked", "In a control", "In a cell", "Beside it", "In a box"]


def test_what_was_struck_out_is_not_read_and_what_was_put_in_is() -> None:
    body = docx_of(
        "<w:p><w:del><w:r><w:delText>old </w:delText></w:r></w:del><w:ins><w:r><w:t>new </w:t></w:r></w:ins>"
        "<w:moveFrom><w:r><w:t>moved </w:t></w:r></w:moveFrom><w:r><w:t>words</w:t></w:r></w:p>"
    )
    assert texts(read_docx(body)) == ["new words"]


def test_breaks_begin_lines_and_the_words_of_fields_are_no_text() -> None:
    body = docx_of(
        "<w:p><w:r><w:t>One</w:t><w:br/><w:t>two</w:t><w:tab/><w:t>three</w:t><w:noBreakHyphen/><w:t>four</w:t></w:r>"
        "<w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
    )
    assert texts(read_docx(body)) == ["One", "two three-four"]


def test_an_outline_level_makes_a_heading_as_a_style_does() -> None:
    body = docx_of(
        '<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:r><w:t>A heading</w:t></w:r></w:p>',
        '<w:p><w:pPr><w:outlineLvl w:val="9"/></w:pPr><w:r><w:t>Text</w:t></w:r></w:p>',
        '<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr><w:r><w:t>A title</w:t></w:r></w:p>',
    )
    assert [line.heading for line in read_docx(body).lines] == [True, False, True]


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "not a DOCX file"),
        (SMALL_PDF, "not a DOCX file"),
        (b"{\\rtf1 Ward to close}", "an RTF file, whatever its name"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), r"an old Word file \(.doc\)"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "an encrypted Word file"),
        (SMALL_DOCX[:2000], "a damaged DOCX file: it cannot be unpacked"),
        (repacked(SMALL_DOCX, types=None), "a ZIP archive, not a DOCX file; unpack it first"),
        (repacked(SMALL_DOCX, document=None), "a damaged DOCX file"),
        (repacked(SMALL_DOCX, document=b"<w:document>"), "a damaged DOCX file"),
        (repacked(SMALL_DOCX, document=BOMB), "declares entities"),
        (repacked(SMALL_DOCX, document=b" " * (65 << 20)), "a part of more than 64 MB"),
        (as_docx([]), "a DOCX file without text"),
    ],
    ids=["empty", "pdf", "rtf", "doc", "encrypted", "torn", "zip", "partless", "broken", "entities", "bomb", "blank"],
)
def test_a_docx_that_cannot_be_read_is_refused_with_the_cause_and_the_cure(body: bytes, cause: str) -> None:
    with pytest.raises(Refused, match=cause) as refused:
        read_docx(body)
    assert "\n" not in str(refused.value)


def test_parts_that_unpack_to_too_much_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "MAX_PACKAGE", 1 << 10)
    with pytest.raises(Refused, match="unpacks to more than"):
        read_docx(SMALL_DOCX)


def test_a_docx_whose_properties_are_broken_is_read_without_a_title() -> None:
    document = read_docx(repacked(as_docx([("body", "One.")], title="A title"), core=b"<x/>"))
    assert (texts(document), document.title) == (["One."], None)


# Properties.


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"%PDF-1.4\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"]))
def test_any_bytes_are_a_document_or_refused(body: bytes, start: bytes) -> None:
    for read in (read_pdf, read_docx):
        try:
            read(start + body)
        except ClipperError as error:
            assert str(error)


SAMPLES = [(read_pdf, as_pdf(new_layout(STORIES[:1]))), (read_docx, as_docx(new_layout(STORIES[:1])))]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SAMPLES), st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=8)), min_size=1, max_size=6))
def test_a_file_with_wrong_bytes_in_it_is_a_document_or_refused(
    sample: tuple[object, bytes], wrong: list[tuple[float, bytes]]
) -> None:
    read, body = sample
    for place, bytes_ in wrong:
        at = int(place * len(body))
        body = body[:at] + bytes_ + body[at + len(bytes_) :]
    try:
        found = read(body)  # type: ignore[operator]  # a function out of a table
    except ClipperError as error:
        assert str(error)
        return
    assert found.lines
