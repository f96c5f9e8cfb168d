"""E-mails that were saved: their text under their subject, and items that keep what they state."""

from __future__ import annotations

import textwrap
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.intake import mail
from clipper.collect.intake.files import read_file
from clipper.errors import FetchFailed, Refused

STORY = "The board met on Monday in the cold hall and heard that the ward would shut before the winter came. " * 3
ITEMS = "".join(f"<h3>Ward {n} to shut (HSJ: {n} May 2017)</h3><p>{STORY} {n}</p>" for n in (3, 4))


def message(text: str | None = None, html: str | None = None) -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "Watch <a@b.example>", "members@b.example", "The week – 19 May"
    letter["Date"] = "Fri, 19 May 2017 23:30:00 +0100"
    letter["Message-ID"] = "<1@b.example>"
    if text is not None:
        letter.set_content(text)
    if html is not None:
        letter.add_alternative(html, subtype="html") if text is not None else letter.set_content(html, subtype="html")
    letter.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="logo.png")
    return letter.as_bytes()


def test_a_letter_is_an_article_under_its_subject_on_the_day_it_was_sent() -> None:
    [piece] = read_file("x", message(f"Dear colleague,\n\n{STORY}"), None, "", None).pieces
    assert (piece.facts.title, piece.facts.published) == ("The week – 19 May", "2017-05-19")
    assert "the ward would shut" in piece.text


@pytest.mark.parametrize(
    ("subject", "first", "title"),
    [
        ("Hospital sold", "Dear colleagues", "Hospital sold"),
        ("Hospital sold", "Hi all", "Hospital sold"),
        ("Hospital sold", "Ward to shut before the winter", "Hospital sold"),
        ("Fwd: RE: Hospital sold", "Dear colleagues", "Hospital sold"),
        ("Fwd: for your files", "Ward to shut before the winter", "Ward to shut before the winter"),
        ("Re: Hospital sold", "", "Hospital sold"),
    ],
)
def test_the_subject_is_the_title_but_of_what_was_sent_on_under_a_headline(
    subject: str, first: str, title: str
) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "Watch <a@b.example>", "members@b.example", subject
    letter["Date"] = "Thu, 6 Nov 2014 16:40:12 +0000"
    letter.set_content(f"{first}\n\n{STORY}")
    [piece] = read_file("x.eml", letter.as_bytes(), None, "", None).pieces
    assert piece.facts.title == title


def test_a_letter_s_lines_were_broken_at_a_column_and_are_joined() -> None:
    [piece] = read_file("x", message(textwrap.fill(STORY, 72)), None, "", None).pieces
    assert piece.text == STORY.strip()


def test_the_items_of_a_bulletin_keep_their_own_days() -> None:
    page, *items = read_file("week.eml", message("plain", f"<html><body>{ITEMS}</body></html>"), None, "", None).pieces
    assert (page.kind, page.facts.title, page.facts.published) == ("page", "The week – 19 May", "2017-05-19")
    assert [(i.facts.title, i.facts.published) for i in items] == [
        ("Ward 3 to shut", "2017-05-03"), ("Ward 4 to shut", "2017-05-04"),
    ]  # fmt: skip


def test_a_text_that_begins_as_a_letter_does_is_no_e_mail_without_its_transport() -> None:
    assert not mail.is_mail("x.txt", b"From: Ann\nTo: Ben\nSubject: Wards\n\nThe board met.")
    assert mail.is_mail("x", message("text"))


def test_an_e_mail_without_a_text_is_refused() -> None:
    with pytest.raises(Refused, match="without a text"):
        mail.read(b"Subject: a\nMIME-Version: 1.0\nContent-Type: image/png\n\n")


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"Content-Type: multipart/mixed; boundary=x\n", b"Date: \xff\n"]))
def test_any_bytes_are_read_or_refused(body: bytes, head: bytes) -> None:
    try:
        found = mail.read(b"Subject: =?utf-8?q?a?=\n" + head + body)
    except (Refused, FetchFailed):
        return
    assert found.body.strip()
