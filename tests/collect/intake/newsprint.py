"""Invented newspaper stories, and the documents in which databases hand such stories out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import docx
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate


@dataclass(frozen=True)
class Story:
    """An article as a paper printed it, and the lines in which a database states its facts."""

    headline: str
    outlet: str
    date: str
    section: str
    byline: str
    paragraphs: tuple[str, ...]
    edition: str = ""

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


STORIES = (
    Story(
        "Rebuilding better after Covid-19, part 1; Trusts say that 2021 must not be like 2020, 4 in 5 agree with them",
        "Fenwick Echo (England)",
        "November 7, 2014 Friday",
        "NEWS; Pg. 12",
        "Ann Holloway",
        (
            "Two wards for older patients at Fenwick General will stay shut until the spring, the trust that runs the "
            "hospital said yesterday, because it cannot find the nurses to open them again.",
            "The long-awaited plan had been agreed with commissioners in the summer. It was to cost £4.2m, of which "
            "half was to come from the well-known charity that has its office across the road.",
            "“We will not open a ward that is not safe,” said the director of nursing. She hopes for 19 new nurses by "
            "March 2015, and for a further 30 in the year after.",
        ),
        edition="Edition 1; National Edition",
    ),
    Story(
        "Private firm hands back contract for valley ambulances",
        "The Pennine Gazette",
        "7 November 2014",
        "HEALTH; Pg. 3",
        "Tom Pryce and Jane Otieno",
        (
            "A firm that was paid to take patients to hospital in three counties has handed back its contract, two "
            "years before it was to end.",
            "Drivers were told on Tuesday evening. Many had come from the public service when the work was put out to "
            "tender, and fear for their pensions; their union has asked for a meeting this week.",
        ),
    ),
    Story(
        "Surgeries to merge in Marsh Lane",
        "Weekly Harbour News",
        "Friday 7 November 2014 12:30 PM GMT",
        "FEATURES",
        "Paul Marsh, Health Correspondent",
        (
            "Three surgeries in Marsh Lane are to become one in the new year. The doctors say that none of them could "
            "have gone on alone.",
            "Patients need do nothing. Appointments that are made already will be kept, at the surgery that they were "
            "made for, until the end of February.",
        ),
    ),
)

Lines = list[tuple[str, str]]  # a kind and a text


def new_layout(stories: Sequence[Story], *, announced: int | None = None, cover: bool = True) -> Lines:
    """Return the lines of an export in the newer layout."""
    lines: Lines = []
    if cover:
        lines += [("small", "Date and Time: Friday, 20 March 2015 9:31:00 GMT"), ("small", "Job Number: 12345")]
        lines += [("head", f"Documents ({len(stories) if announced is None else announced})")]
        for number, story in enumerate(stories, 1):
            lines += [("small", f"{number}. {story.headline}"), ("small", "Client/Matter: -None-")]
            lines += [("small", "Search Terms: wards and nurses"), ("small", "Search Type: Terms and Connectors")]
            lines += [("small", "Narrowed by:"), ("small", "News"), ("small", "Sources: Fenwick Echo; Content: News")]
        lines.append(("page", ""))
    for story in stories:
        lines += [("head", story.headline), ("centre", story.outlet), ("centre", story.date)]
        lines += [("centre", story.edition)] if story.edition else []
        lines += [("centre", "Copyright 2014 Fenwick Newspapers Limited All Rights Reserved")]
        lines += [
            ("small", f"Section:\u00a0{story.section}"),
            ("small", f"Length:\u00a0{len(story.text.split())} words"),
        ]
        lines += [("small", f"Byline:\u00a0{story.byline}"), ("part", "Body")]
        lines += [("body", paragraph) for paragraph in story.paragraphs]
        lines += [("part", "Classification"), ("small", "Language: ENGLISH"), ("small", "Publication-Type: Newspaper")]
        lines += [("small", "Subject: HOSPITALS (90%); NURSES & NURSING (89%); OLDER PEOPLE (71%)")]
        lines += [("small", "Load-Date:\u00a0November 8, 2014"), ("part", "End of Document"), ("page", "")]
    return lines


def old_layout(stories: Sequence[Story], *, first: int = 1, of: int | None = None) -> str:
    """Return an export in the older layout: a text with lines of 75 characters."""
    total = len(stories) if of is None else of
    text = ["\ufeffDownload Request: Selected Items: 1-3", "Time Of Request: Friday, March 20, 2015  16:51:31", "", ""]
    for number, story in enumerate(stories, first):
        text += ["", f"{number} of {total} DOCUMENTS".center(75).rstrip(), "", ""]
        text += [story.outlet.center(75).rstrip(), "", story.date.center(75).rstrip()]
        text += [story.edition.center(75).rstrip()] if story.edition else []
        text += ["", *wrapped(story.headline), "", f"BYLINE: {story.byline}", "", f"SECTION: {story.section}", ""]
        text += [f"LENGTH: {len(story.text.split())} words", ""]
        for paragraph in story.paragraphs:
            text += ["", *wrapped(paragraph)]
        text += ["", "LOAD-DATE: November 8, 2014", "", "LANGUAGE: ENGLISH", "", "PUBLICATION-TYPE: Newspaper", "", ""]
        text += [
            "Copyright 2014 Fenwick Newspapers Limited".center(75).rstrip(),
            "All Rights Reserved".center(75).rstrip(),
        ]
    return "\r\n".join(text)


def wrapped(paragraph: str, width: int = 75) -> list[str]:
    """Return a paragraph in lines, broken at spaces only."""
    lines = [""]
    for word in paragraph.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def as_text(lines: Lines) -> str:
    """Return lines as a word processor saves them as text: a paragraph a line."""
    return "\n\n".join(text for kind, text in lines if kind != "page")


def as_docx(lines: Lines, *, title: str = "") -> bytes:
    """Return lines as a DOCX file."""
    file = docx.Document()
    file.core_properties.title = title
    for kind, text in lines:
        if kind == "page":
            file.add_page_break()
        elif kind == "head":
            file.add_heading(text, level=1)
        else:
            file.add_paragraph(text)
    body = BytesIO()
    file.save(body)
    return body.getvalue()


_STYLES = {
    "head": ParagraphStyle("head", fontName="Helvetica-Bold", fontSize=15, leading=18, alignment=1, spaceAfter=4),
    "centre": ParagraphStyle("centre", fontName="Helvetica", fontSize=10, leading=12, alignment=1),
    "small": ParagraphStyle("small", fontName="Helvetica", fontSize=10, leading=12, spaceBefore=6),
    "part": ParagraphStyle("part", fontName="Helvetica-Bold", fontSize=13, leading=16, spaceBefore=12),
    "body": ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=13, spaceBefore=9),
}


def as_pdf(
    lines: Lines, *, title: str = "", running: str = "", foot: str = "", width: float = A4[0], height: float = A4[1]
) -> bytes:
    """Return lines as a PDF whose pages have a number and a running title at the top, and a foot."""
    body = BytesIO()

    def furniture(canvas: Canvas, _: object) -> None:
        canvas.setFont("Helvetica", 9)
        canvas.drawRightString(width - 40, height - 28, f"Page {canvas.getPageNumber()} of 40")
        canvas.drawString(40, 24, foot)
        if running and canvas.getPageNumber() > 1:
            canvas.drawCentredString(width / 2, height - 42, running)

    flow = [
        PageBreak() if kind == "page" else Paragraph(text.replace("&", "&amp;"), _STYLES[kind]) for kind, text in lines
    ]
    file = SimpleDocTemplate(body, pagesize=(width, height), title=title or None)
    file.build(flow, onFirstPage=furniture, onLaterPages=furniture)
    return body.getvalue()
