"""A page saved as one file: which part is the page, how it is encoded, where it lived."""

from __future__ import annotations

import base64
import quopri
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.intake.mhtml import is_mhtml, main_page
from clipper.collect.savedpage import SavedPage
from clipper.errors import ClipperError, Refused

URL = "https://echo.example/news/ward"
HTML = "<html><head><title>Ward to close</title></head><body><p>£5m — the ward is to close.</p></body></html>"
TOP = (
    "From: <Saved by Blink>\r\nSnapshot-Content-Location: {url}\r\nSubject: Ward to close\r\n"
    "Date: Fri, 7 Mar 2014 12:30:00 -0000\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="--MultipartBoundary--x1"\r\n\r\n\r\n'
)
PICTURE = (
    "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-Location: cid:p\r\n\r\niVBORw0KGgo=\r\n"
)


def _part(html: str = HTML, coding: str = "quoted-printable", headers: str = "Content-Type: text/html") -> bytes:
    raw = html.encode()
    body = {
        "quoted-printable": quopri.encodestring(raw).replace(b"\n", b"\r\n"),
        "base64": base64.encodebytes(raw).replace(b"\n", b"\r\n"),
        "binary": raw,
        "8bit": raw,
    }[coding]
    return f"{headers}\r\nContent-Transfer-Encoding: {coding}\r\n".encode() + b"\r\n" + body


def _file(*parts: bytes, top: str = TOP.format(url=URL), boundary: str = "--MultipartBoundary--x1") -> bytes:
    mark = f"--{boundary}".encode()
    inner = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    return top.encode() + inner + mark + b"--\r\n"


@pytest.mark.parametrize("coding", ["quoted-printable", "base64", "binary", "8bit"])
def test_the_page_comes_out_as_it_went_in_whatever_its_coding(coding: str) -> None:
    found = main_page(_file(_part(coding=coding), PICTURE.encode()))
    assert found.html.decode().strip() == HTML
    assert (found.content_type, found.url, found.saved) == ("text/html", URL, "2014-03-07")


def test_the_charset_of_the_page_is_told() -> None:
    part = _part(headers='Content-Type: text/html;\r\n\tcharset="windows-1252"')
    assert main_page(_file(part)).content_type == "text/html; charset=windows-1252"


def test_an_address_in_several_lines_is_put_together_and_one_in_code_is_read() -> None:
    folded = TOP.format(url="https://echo.example/news/\r\n ward")
    coded = TOP.format(url="=?utf-8?Q?https://echo.example/news/?=\r\n =?utf-8?Q?ward?=")
    assert main_page(_file(_part(), top=folded)).url == URL
    assert main_page(_file(_part(), top=coded)).url == URL


def test_the_page_s_own_place_is_taken_where_the_file_has_none() -> None:
    top = TOP.replace("Snapshot-Content-Location: {url}\r\n", "")
    part = _part(headers=f"Content-Type: text/html\r\nContent-Location: {URL}")
    assert main_page(_file(part, top=top)).url == URL
    on_disk = _part(headers="Content-Type: text/html\r\nContent-Location: file:///C:/Users/x/ward.htm")
    assert main_page(_file(on_disk, top=top)).url is None


def test_the_part_that_start_names_is_the_page() -> None:
    top = TOP.format(url=URL).replace('type="text/html"', 'type="text/html"; start="<main@x>"')
    frame = _part("<html><p>A frame</p></html>", headers="Content-Type: text/html\r\nContent-ID: <frame@x>")
    page = _part(headers="Content-Type: text/html\r\nContent-ID: <main@x>")
    assert main_page(_file(frame, page, top=top)).html.decode().strip() == HTML


def test_a_frame_that_stands_first_is_not_the_page_that_was_asked_for() -> None:
    frame = _part("<html><p>A frame</p></html>", headers="Content-Type: text/html\r\nContent-Location: cid:f")
    page = _part(headers=f"Content-Type: text/html\r\nContent-Location: {URL}")
    assert main_page(_file(frame, page)).html.decode().strip() == HTML


def test_a_page_among_alternatives_is_found() -> None:
    plain = b"Content-Type: text/plain\r\n\r\nThe ward is to close.\r\n"
    inner = _file(
        plain,
        _part(),
        top='Content-Type: multipart/alternative; boundary="--MultipartBoundary--x1-in"\r\n\r\n',
        boundary="--MultipartBoundary--x1-in",
    )
    assert main_page(_file(inner, PICTURE.encode())).html.decode().strip() == HTML


def test_a_page_in_one_part_is_read() -> None:
    whole = f"From: <Saved by Windows>\nMIME-Version: 1.0\nContent-Type: text/html\nContent-Location: {URL}\n\n{HTML}"
    assert is_mhtml("ward.txt", whole.encode())
    assert main_page(whole.encode()) == SavedPage(HTML.encode(), "text/html", URL)


@pytest.mark.parametrize("boundary", ["--other", ""])
def test_a_boundary_that_the_header_does_not_name_is_found(boundary: str) -> None:
    top = TOP.format(url=URL).replace("--MultipartBoundary--x1", boundary)
    assert main_page(_file(_part(), top=top)).html.decode().strip() == HTML


def test_a_file_that_was_cut_short_gives_what_is_there() -> None:
    whole = _file(_part(coding="base64"))
    assert main_page(whole[: whole.rindex(b"\r\n----Mult") - 5]).html.startswith(HTML.encode()[:60])


@pytest.mark.parametrize(
    ("name", "body", "is_one"),
    [
        ("ward.mhtml", _file(_part()), True),
        ("ward.MHT", _file(_part()), True),
        ("ward", _file(_part()), True),
        ("ward", b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=a\n\n--a\n", True),
        ("ward.mht", b"<html><p>plain</p></html>", False),
        ("ward.txt", b"Title: Ward to close\nDate: 7 March 2014\n\nThe ward is to close.", False),
        ("mail.eml", b"To: desk@echo.example\nContent-Type: multipart/related; boundary=a\n\n--a\n", False),
        ("ward.txt", b"", False),
    ],
)
def test_a_file_is_told_by_its_name_or_by_how_it_begins(name: str, body: bytes, is_one: bool) -> None:
    assert is_mhtml(name, body) is is_one


@pytest.mark.parametrize(
    "body",
    [
        b"",
        TOP.format(url=URL).encode(),
        _file(PICTURE.encode()),
        _file(_part("")),
        _file(b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!"),
    ],
)
def test_a_file_without_a_page_is_refused(body: bytes) -> None:
    with pytest.raises(Refused, match="holds no HTML; save the page again"):
        main_page(body)


def test_deep_and_crowded_files_end_soon() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(100_000))
    crowded = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 1_000_000
    signs = b'Content-Type: multipart/mixed; a="' + b';"' * 3_000_000 + b"\n\n--b\n"
    coded = b"Content-Location: " + b"=?utf-8?q?a?= " * 1500 + b"\nContent-Type: text/html\n\n<p>x"
    blank = b"Content-Type: multipart/mixed; boundary=b\n\n--b" + b" " * 5_000_000 + b"\n--b" * 1_000_000
    endless = b"Content-Location: " + b"a" * 5_000_000 + b"\nContent-Type: text/html\n\n<p>x"
    started = time.monotonic()
    for body in (deep, crowded, signs, blank, endless):
        with pytest.raises(Refused):
            main_page(body)
    main_page(coded)
    assert time.monotonic() - started < 20


LINES = [
    b"Content-Type: multipart/related; boundary=b", b"Content-Type: text/html; charset*=a'b'%ff", b"--b", b"--b--", b"",
    b"<html>", b"Content-Transfer-Encoding: base64", b"Content-Location: =?x?b?!?=", b"=?=", b"Date: x", b"\xff\x00",
    b"Content-Type: text/html", b"Content-ID: <a>", b"Content-Transfer-Encoding: quoted-printable",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | st.lists(st.sampled_from(LINES), max_size=14).map(b"\r\n".join))
def test_any_bytes_are_a_page_or_refused(body: bytes) -> None:
    is_mhtml("x", body)
    try:
        assert main_page(body).html
    except ClipperError as error:
        assert str(error)
