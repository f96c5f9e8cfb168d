"""One file to what it holds, whatever kind it is: the kind is found, and no bytes bring anything but a refusal."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clipper.collect.intake.files import is_html, read_file
from clipper.collect.pieces import Batch
from clipper.errors import FetchFailed, Refused
from clipper.text import printable
from collect.intake.newsprint import as_docx, as_pdf
from conftest import article_page

NAMES = [
    "a.html",
    "a.txt",
    "a.md",
    "a.mhtml",
    "a.pdf",
    "a.docx",
    "a.csv",
    "a.ris",
    "a.bib",
    "a.json",
    "-",
    "a.html.gz",
    "",
]
STARTS = [
    b"", b"%PDF-1.7\n", b"PK\x03\x04", b"TY  - NEWS\n", b"@article{a,", b"[{", b"From: <Saved by Blink>\r\n",
    b"<html>", b"\x1f\x8b", b"URL,Title\n", b"\xff\xfe", b"{\\rtf", b"http://a.example/\n", b"---\ntitle: x\n",
]  # fmt: skip
STORY = "The board met on Monday in the cold hall and heard that the ward would shut before the winter came. " * 3


def read(name: str, body: bytes, url: str | None = None, split: bool | None = None) -> Batch:
    return read_file(name, body, url, "", split)


@settings(max_examples=160, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(NAMES), start=st.sampled_from(STARTS),
    rest=st.binary(max_size=300) | st.text().map(str.encode),
    url=st.sampled_from([None, "https://echo.example/a"]), split=st.sampled_from([None, True, False]),
)  # fmt: skip
def test_any_bytes_are_a_batch_or_a_refusal(
    name: str, start: bytes, rest: bytes, url: str | None, split: bool | None
) -> None:
    try:
        batch = read_file(name, start + rest, url, "", split)
    except (Refused, FetchFailed) as error:
        assert printable(str(error)) == str(error)  # nothing that moves a terminal's cursor
        assert 0 < len(str(error)) < 300
    else:
        assert batch.pieces or batch.links or batch.notes
        assert all(piece.text for piece in batch.pieces)
        assert [p.kind for p in batch.pieces].count("page") <= 1


def test_each_kind_is_known_by_what_is_in_it_whatever_its_name() -> None:
    page = article_page("Ward to shut").encode()
    assert read("x", page).pieces[0].facts.title == "Ward to shut"
    assert read("x.html", gzip.compress(page)).pieces[0].facts.title == "Ward to shut"
    ris = b"TY  - NEWS\nTI  - A\nUR  - https://a.example/b\nER  - \n"
    assert read("x", ris).links[0].url == "https://a.example/b"
    assert [link.url for link in read("x", b"https://a.example/1\nhttps://a.example/2\n").links] == [
        "https://a.example/1", "https://a.example/2",
    ]  # fmt: skip
    assert read("x", f"A title\n\n{STORY}".encode()).pieces[0].facts.title == "A title"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{\\rtf1 hello}", "an RTF file; save it as .docx"),
        (b"\xd0\xcf\x11\xe0 old", "an old Office file; save it as .docx"),
        (b"\x89PNG\r\n", "a picture"),
        (b"  \n ", "an empty file"),
        (b"caf\xe9 \xff", "not UTF-8"),
    ],
)
def test_what_is_not_taken_is_named(body: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        read("file", body)


def test_a_zip_file_that_is_no_document_is_named() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("photo.txt", "hello")
    with pytest.raises(Refused) as refused:
        read("x.zip", packed.getvalue())
    assert "zip" in str(refused.value).lower() or "docx" in str(refused.value).lower()


def test_a_text_that_cannot_be_cut_is_one_article_and_that_is_told() -> None:
    batch = read("a.txt", b"A title\n\nThe board met.", split=True)
    assert [piece.kind for piece in batch.pieces] == ["article"]
    assert batch.notes == ("no items were found to cut it into; taken as one article",)


def test_a_document_of_clippings_is_cut() -> None:
    lines = [("head", "Press cuttings")]
    for title in ("Ward to shut (HSJ: 3 May 2016)", "Beds lost (Pulse: 4 May 2016)", "Bus cut (BBC News: 5 May 2016)"):
        lines += [("part", title), ("body", STORY)]
    for name, make in (("a.docx", as_docx), ("a.pdf", as_pdf)):
        page, *items = read(name, make(lines)).pieces
        assert page.kind == "page"
        assert [(i.facts.title, i.facts.outlet) for i in items] == [
            ("Ward to shut", "HSJ"), ("Beds lost", "Pulse"), ("Bus cut", "BBC News"),
        ]  # fmt: skip
        assert [p.kind for p in read(name, make(lines), split=False).pieces] == ["article"]


def test_a_page_of_clippings_that_is_not_to_be_cut_is_kept_whole_and_undated() -> None:
    rows = "".join(f"<h3>Ward {n} to shut (HSJ: {n} May 2016)</h3><p>{STORY}</p>" for n in (3, 4))
    [piece] = read("a.html", f"<html><body><h1>Press</h1>{rows}</body></html>".encode(), split=False).pieces
    assert (piece.kind, piece.facts.title, piece.facts.published) == ("article", "Press", None)
    assert "Ward 3 to shut" in piece.text
    assert "Ward 4 to shut" in piece.text


def test_an_export_in_an_old_charset_is_read() -> None:
    story = "1 of 1 DOCUMENTS\n\nThe Guardian (London)\n\nNovember 7, 2014 Friday\n\nTrust pays \xa35m for a ward\n\n"
    body = story + "BYLINE: Ann Marsh\n\nSECTION: SOCIETY PAGES; Pg. 4\n\nLENGTH: 40 words\n\n" + STORY
    body += "\n\nLOAD-DATE: November 7, 2014\n\nLANGUAGE: ENGLISH\n\nCopyright 2014 Guardian Newspapers Limited\n"
    [piece] = read("old.txt", body.encode("windows-1252")).pieces
    assert piece.facts.title == "Trust pays £5m for a ward"
    assert piece.facts.published == "2014-11-07"


def test_a_page_is_known_by_its_beginning() -> None:
    assert is_html("x", b"\xef\xbb\xbf <!-- a --><!DOCTYPE html><p>")
    assert is_html("x.htm", b"anything")
    assert not is_html("x.txt", b"A text with <b> in it")


@pytest.mark.parametrize("more", ["", "".join(f"\n\nWard {n} (Pulse: {n} June 2015)\n\nIt shut." for n in (1, 2, 3))])
def test_a_heading_whose_date_is_none_is_told(more: str) -> None:
    text = f"Ward to shut (BBC News: 31 Feb 2015)\n\nIt was said.\n\nBeds go (HSJ: 2/13/2015)\n\nThey went.{more}"
    batch = read_file("c.txt", text.encode(), None, "", None)
    assert "2 headings with a date that no calendar has (31 Feb 2015), not cut there; days come first" in batch.notes
    assert sum(piece.kind == "clipping" for piece in batch.pieces) == (3 if more else 0)
    fine = read_file("c.txt", text.replace("31 Feb", "3 Feb").replace("2/13", "13/2").encode(), None, "", None)
    assert not any("calendar" in note for note in fine.notes)
