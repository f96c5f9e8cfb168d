"""A text file to its facts: what its own lines state, and nothing that they do not."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.facts import Facts
from clipper.collect.textfile import TextArticle, decode_text, read_text
from clipper.errors import ClipperError, Refused
from clipper.text import clean_text, paragraphs

TEXTS = Path(__file__).parent / "data" / "texts"


def article(name: str) -> TextArticle:
    return read_text((TEXTS / name).read_bytes())


@pytest.mark.parametrize(
    ("name", "facts", "first", "last"),
    [
        (
            "trade.txt",
            Facts(
                title="Valley wards put out to tender in first test of new market",
                authors=("Ann Holloway",),
            ),
            "Exclusive: managers",
            "Wards for older patients first to go",
        ),
        (
            "release.txt",
            Facts(
                title="Care in the valley needs radical change, says new report",
                published="2010-03-30",
                excerpt="Services have to join up to meet rising demand, according to the Fenwick Institute.",
            ),
            "Services have to join up",
            "1. The programme runs for two years from April 2009.",
        ),
        (
            "blog.txt",
            Facts(
                title="Buying joined-up care (or why agreement is not enough)",
                authors=("Ann",),
                published="2014-03-07",
                categories=("Valley commissioning", "Outcomes"),
            ),
            "Over the last year",
            "It is a big change, and it takes time.",
        ),
        (
            "single.txt",
            Facts(title="Hospital plans approved by council", outlet="Fenwick Echo", published="2014-07-30"),
            "The council has approved",
            "at the mouth of the valley.",
        ),
        ("note.txt", Facts(), "On Monday I sat in", "it would be ready."),
    ],
)
def test_a_text_states_what_its_lines_state_and_no_more(name: str, facts: Facts, first: str, last: str) -> None:
    found = article(name)
    assert found.facts == facts
    assert found.text.startswith(first)
    assert found.text.endswith(last)


def test_what_stands_over_the_title_is_left_out_and_reported() -> None:
    assert article("blog.txt").left_out[0] == "My mission"
    assert article("trade.txt").left_out == ("This site is intended for managers of primary care only",)
    assert article("release.txt").left_out == ()


def test_the_first_item_of_a_clippings_page_does_not_speak_for_the_page() -> None:
    found = article("clippings.txt")
    assert found.facts == Facts()
    assert found.text.startswith("Valley surgeries denied their premises money (Surgery Online: 15 June 2015)")
    assert "By Tom Pryce" in found.text
    assert found.left_out == ()


def test_fields_on_lines_of_their_own_are_read_whether_or_not_blank_lines_part_them() -> None:
    lines = (TEXTS / "fields.txt").read_text("utf-8")
    head, _, body = lines.partition("\n\n")
    expected = Facts(
        url="https://notes.example/tenders",
        title="Who bids for tenders?",
        outlet="Fenwick Policy Notes",
        authors=("Jane Otieno", "Paul Marsh"),
        published="2015-07-02",
        categories=("tendering", "community services"),
    )
    spread = read_text((head.replace("\n", "\n\n") + "\n\n" + body).encode())
    assert (spread.facts, spread.text) == (expected, "Few firms bid, and fewer win.")
    assert read_text(lines.encode()) == spread


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ("By Ann Holloway and Tom Pryce", Facts(authors=("Ann Holloway", "Tom Pryce"))),
        ("By the end of the year it was shut.", Facts()),
        ("By the end of the year", Facts()),
        ("By Ann Holloway on 7 March 2014", Facts(authors=("Ann Holloway",), published="2014-03-07")),
        ("Posted by Tom Pryce, 7 March 2014", Facts(authors=("Tom Pryce",), published="2014-03-07")),
        ("Posted on 7 March 2014", Facts(published="2014-03-07")),
        ("First published: March 2014", Facts(published="2014-03")),
        ("Friday 7 March 2014", Facts(published="2014-03-07")),
        ("Published: soon", Facts()),
        ("Published: 31/02/2014", Facts()),
        ("The report of 7 March 2014", Facts()),
        ("2014", Facts()),
    ],
)
def test_a_line_under_the_title_is_read_for_what_it_is(line: str, facts: Facts) -> None:
    found = read_text(f"Ward to close\n\n{line}\n\nThe board met on Tuesday.".encode())
    assert found.facts.title == "Ward to close"
    assert (found.facts.authors, found.facts.published) == (facts.authors, facts.published)
    assert (line in found.text) is (facts == Facts())


def test_windows_line_ends_and_utf_16_change_nothing() -> None:
    plain = (TEXTS / "release.txt").read_text("utf-8")
    expected = article("release.txt")
    assert read_text(plain.replace("\n", "\r\n").encode("utf-8-sig")) == expected
    assert read_text(plain.encode("utf-16")) == expected


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        (b"First line\nA \xa35m cut\n", r"not UTF-8 \(byte 0xA3 in line 2\).* iconv"),
        (b"text\x00more", "NUL"),
        (b"", "an empty file"),
        (b" \n\n\t\n", "an empty file"),
    ],
)
def test_what_is_no_text_is_refused_with_the_place_and_the_cure(raw: bytes, cause: str) -> None:
    with pytest.raises(Refused, match=cause):
        read_text(raw)


def test_a_heading_alone_is_kept_as_the_text() -> None:
    found = read_text(b"Ward to close")
    assert (found.facts.title, found.text) == ("Ward to close", "Ward to close")


ONE = "The trust will close the ward on Monday, its board heard."
TWO = "Nurses were told by letter, and the council was not told at all."
TITLE = "Ward to close as money runs out"
DAY = "2014-11-07"


@pytest.mark.parametrize(
    ("before", "facts", "left_out"),
    [
        (["FOR IMMEDIATE RELEASE", "EMBARGOED UNTIL 00.01 Friday 7 November 2014", TITLE], {"published": DAY}, []),
        (["Press release – 7 November 2014", "Press contact: Jo Doe 020 7946 0000", TITLE], {"published": DAY},
         ["Press contact: Jo Doe 020 7946 0000"]),
        (["PRESS RELEASE", "Ref: 2014/12", "Date of issue: 7 November 2014", TITLE], {"published": DAY},
         ["Ref: 2014/12"]),
        (["Strictly embargoed until 7 November 2014", TITLE], {"published": DAY}, []),
        (["The Guardian", TITLE, "Denis Campbell, health correspondent", "Friday 7 November 2014 12.30 GMT"],
         {"outlet": "The Guardian", "authors": ("Denis Campbell",), "published": DAY}, []),
        (["News", TITLE, "Helen Grant and Tom Pryce", "@helen", "Fri 7 Nov 2014 12.30 GMT",
          "Last modified on Tue 19 Sep 2017 21.43 BST", "Share on Facebook", "155 shares"],
         {"authors": ("Helen Grant", "Tom Pryce"), "published": DAY},
         ["News", "@helen", "Last modified on Tue 19 Sep 2017 21.43 BST", "Share on Facebook", "155 shares"]),
        (["Health Service Journal", TITLE, "7 November, 2014 | By Shaun Lintern"],
         {"outlet": "Health Service Journal", "authors": ("Shaun Lintern",), "published": DAY}, []),
        (["The Fenwick Echo", "7 November 2014", TITLE, "By Ann Holloway"],
         {"outlet": "The Fenwick Echo", "authors": ("Ann Holloway",), "published": DAY}, []),
        (["Friday 7 November 2014", TITLE], {"published": DAY}, []),
        ([TITLE, "The Guardian", "Friday 7 November 2014", "Ann Holloway"],
         {"outlet": "The Guardian", "authors": ("Ann Holloway",), "published": DAY}, []),
        (["Pulse", TITLE], {"outlet": "Pulse"}, []),
        (["7 November 2014 Last updated at 14:22", "Share this page\nFacebook\nTwitter", TITLE,
          "By Nick Triggle\nHealth correspondent, BBC News"],
         {"outlet": "BBC News", "authors": ("Nick Triggle",), "published": DAY},
         ["Share this page", "Facebook", "Twitter"]),
        ([TITLE, "By Nick Triggle Health correspondent, BBC News", "7 November 2014", "From the section Health"],
         {"outlet": "BBC News", "authors": ("Nick Triggle",), "published": DAY}, ["From the section Health"]),
        ([TITLE, "By Laura Marsh, Health Editor", "12:01AM GMT 07 Nov 2014", "Comments12 Comments"],
         {"authors": ("Laura Marsh",), "published": DAY}, ["Comments12 Comments"]),
        ([TITLE, "By Jo Doe for the Daily Mail", "PUBLISHED: 00:01, 7 November 2014 | UPDATED: 08:05, 8 November 2014"],
         {"outlet": "Daily Mail", "authors": ("Jo Doe",), "published": DAY}, []),
        (["Sign in or register", "Already a subscriber?", TITLE], {}, ["Sign in or register", "Already a subscriber?"]),
        (["We use cookies to give you the best experience.", "Home > News > Health", TITLE, "By Ann Holloway"],
         {"authors": ("Ann Holloway",)}, ["We use cookies to give you the best experience.", "Home > News > Health"]),
        ([TITLE, "Posted by Helen Grant"], {"authors": ("Helen Grant",)}, []),
        ([TITLE, "Posted on 7 November 2014 by Paul in NHS, Wards | 3 Comments"],
         {"authors": ("Paul",), "published": DAY, "categories": ("NHS", "Wards")}, []),
        ([TITLE, "November 7, 2014 by Helen Grant"], {"authors": ("Helen Grant",), "published": DAY}, []),
        ([TITLE, "Last updated: 9 November 2014"], {}, ["Last updated: 9 November 2014"]),
        ([TITLE, "By our Health Correspondent"], {}, ["By our Health Correspondent"]),
        ([TITLE, "London, 7 November 2014"], {"published": DAY}, []),
        ([TITLE, "Ann Holloway, 7 November 2014"], {"authors": ("Ann Holloway",), "published": DAY}, []),
        ([TITLE, "Filed under: NHS, Wards"], {"categories": ("NHS", "Wards")}, []),
        ([f"# {TITLE}", "*By Ann Holloway*"], {"authors": ("Ann Holloway",)}, []),
        (["Menu", f"# {TITLE}"], {}, ["Menu"]),
        ([f"**{TITLE}**", "**Published:** 7 November 2014"], {"published": DAY}, []),
        (["From: Desk <desk@echo.example>\nSent: 07 March 2015 08:15\nTo: Policy\nSubject: FW: ward", TITLE,
          "By Ann Holloway"], {"authors": ("Ann Holloway",)},
         ["From: Desk <desk@echo.example>", "Sent: 07 March 2015 08:15", "To: Policy", "Subject: FW: ward"]),
        ([f"From: Desk <desk@echo.example>\nDate: Fri, 7 Nov 2014 09:00:00 +0000\nSubject: {TITLE}"],
         {"published": DAY}, ["From: Desk <desk@echo.example>"]),
        ([f"---\ntitle: \"{TITLE}\"\ndate: 2014-11-07T10:00:00Z\nauthors:\n  - Ann Holloway\n  - Tom Pryce\n"
          "tags: [nhs, 'wards']\ndraft: false\n---"],
         {"authors": ("Ann Holloway", "Tom Pryce"), "published": DAY, "categories": ("nhs", "wards")},
         ["draft: false"]),
        ([f"---\ntitle: {TITLE}\nsource: https://echo.example/ward\nauthor:\n  - \"[[Ann Holloway]]\"\n"
          f"published: 2014-11-07\ncreated: 2015-01-01\ntags:\n- clippings\n---\n\n# {TITLE}"],
         {"url": "https://echo.example/ward", "authors": ("Ann Holloway",), "published": DAY}, ["created: 2015-01-01"]),
        ([f"---\nlayout: post\ntitle: '{TITLE}'\nsource: Fenwick Echo\ncategories: nhs, wards\nlang: en-GB\n---"],
         {"outlet": "Fenwick Echo", "language": "en", "categories": ("nhs", "wards")}, ["layout: post"]),
        ([f"+++\ntitle = '{TITLE}'\ndate = 2014-11-07\nauthors = ['Ann Holloway']\n[taxonomies]\ntags = ['nhs']\n+++"],
         {"authors": ("Ann Holloway",), "published": DAY, "categories": ("nhs",)}, []),
    ],
)  # fmt: skip
def test_what_stands_over_a_text_as_people_paste_it_is_read(
    before: list[str], facts: dict[str, object], left_out: list[str]
) -> None:
    found = read_text("\n\n".join([*before, ONE, TWO]).encode())
    assert found.facts == Facts(title=TITLE, **facts)  # type: ignore[arg-type]  # named by the test
    assert found.text == f"{ONE}\n\n{TWO}"
    assert list(found.left_out) == left_out


@pytest.mark.parametrize(
    ("after", "facts", "left_out"),
    [
        (["Tags: NHS, wards", "Comments (12)"], {"categories": ("NHS", "wards")}, ["Comments (12)"]),
        (["This entry was posted in NHS, Wards on November 7, 2014 by Paul Marsh."],
         {"authors": ("Paul Marsh",), "published": DAY, "categories": ("NHS", "Wards")}, []),
        (["Posted by Paul Marsh at 12:30", "1 comment:"], {"authors": ("Paul Marsh",)}, ["1 comment:"]),
        (["Related stories", "Trust fined over waits", "Union votes to strike", "These are external links"], {},
         ["Related stories", "Trust fined over waits", "Union votes to strike", "These are external links"]),
        (["Read more", "© 2014 Fenwick Echo Ltd", "All rights reserved."], {},
         ["Read more", "© 2014 Fenwick Echo Ltd", "All rights reserved."]),
        (["Subscribe now for unlimited access", "We use cookies to give you the best experience."], {},
         ["Subscribe now for unlimited access", "We use cookies to give you the best experience."]),
        (["Readers' comments (1)", "Anonymous | 7 November 2014 1:30 pm", "A bad day.", "Report this comment"], {},
         ["Readers' comments (1)", "Anonymous | 7 November 2014 1:30 pm", "A bad day.", "Report this comment"]),
        (["Sent from my iPad"], {}, ["Sent from my iPad"]),
        (["-ends-"], {}, ["-ends-"]),
        (["https://echo.example/ward"], {"url": "https://echo.example/ward"}, []),
        (["Source: https://echo.example/ward"], {"url": "https://echo.example/ward"}, []),
        (["Source: Pulse"], {"outlet": "Pulse"}, []),
        (["First published: 7 November 2014"], {"published": DAY}, []),
    ],
)  # fmt: skip
def test_what_stands_under_a_text_as_people_paste_it_is_read(
    after: list[str], facts: dict[str, object], left_out: list[str]
) -> None:
    found = read_text("\n\n".join([TITLE, ONE, TWO, *after]).encode())
    assert found.facts == Facts(title=TITLE, **facts)  # type: ignore[arg-type]  # named by the test
    assert found.text == f"{ONE}\n\n{TWO}"
    assert list(found.left_out) == left_out


@pytest.mark.parametrize(
    "title",
    [
        "Back to square one for the ward",
        "Register of interests to be opened",
        "Sign in sheets lost at three hospitals",
        "Subscribe to this view of the ward at your peril",
        "Hospital cookies were off the menu",
        "Image copyright row closes the ward's museum",
        "Copyright 2014 rules will cost hospitals dear",
        "Comments by the chair cost the trust dear",
        "Related illnesses kept the ward open",
        "Posted in error, the letters named patients",
        "Updated guidance for the ward",
        "Press releases cost the trust dear",
        "Jeremy Hunt: the ward stays",
    ],
)
def test_a_headline_that_begins_like_a_button_is_a_headline(title: str) -> None:
    found = read_text(f"{title}\n\n{ONE}\n\n{TWO}".encode())
    assert (found.facts, found.text, found.left_out) == (Facts(title=title), f"{ONE}\n\n{TWO}", ())


@pytest.mark.parametrize(
    "line",
    [
        "Source: Office for National Statistics",
        "Embargoed copies of the report were sent to the board on 4 March 2014.",
        "Contact: it was lost when the line went down.",
        "By Monday night",
        "Menus with cookies on them were thrown away.",
        "Related stories were told by nurses in Leeds.",
        "7 November 2014 was a Friday.",
        "Dr Ann Holloway",
        "Tags: the coloured kind, which nurses wear.",
        "The paper is at https://trust.example/paper",
        "Notes to editors",
    ],
)
def test_a_line_of_the_text_stays_in_the_text_wherever_it_stands(line: str) -> None:
    for parts in ([ONE, line, TWO], [ONE, TWO, line], [ONE, TWO, ONE, line, TWO]):
        found = read_text("\n\n".join([TITLE, *parts]).encode())
        assert (found.facts, found.text, found.left_out) == (Facts(title=TITLE), "\n\n".join(parts), ())


def test_days_that_cut_a_text_up_are_no_dates_of_it() -> None:
    parts = ["1 March 2014", ONE, "3 March 2014", TWO]
    found = read_text("\n\n".join(["The ward, day by day", *parts]).encode())
    assert (found.facts.published, found.text) == (None, "\n\n".join(parts))


def test_a_date_over_the_text_alone_is_no_title() -> None:
    found = read_text(f"7 November 2014\n\n{ONE}\n\n{TWO}".encode())
    assert found.facts == Facts(published=DAY)
    assert found.text == f"{ONE}\n\n{TWO}"


def test_a_rule_over_the_text_opens_no_block() -> None:
    found = read_text(f"---\n\n{ONE}\n\n---\n\n{TWO}".encode())
    assert found.facts == Facts()
    assert ONE in found.text
    assert TWO in found.text


def test_a_head_without_a_text_is_refused() -> None:
    with pytest.raises(Refused, match="a head without a text"):
        read_text(b"---\ntitle: Ward to close\n---\n")


@pytest.mark.parametrize(
    "piece",
    ["1 March 2014 by A. B. on 2 March 2014, ", "A. B. C. ", "(((( ", "(updated ", "By Ann\n", "1 March 2014\n\n",
     "Related stories\n\n", "From: x\n", "Title (Outlet: 15 June 2015)\n\n", "Filed under (a, by b on c "],
)  # fmt: skip
def test_a_large_text_is_read_soon(piece: str) -> None:
    started = time.monotonic()
    read_text((piece * (2_000_000 // len(piece))).encode())
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "piece", ["1 March 2014 ", "A. B. ", "by on ", "( : ", "Filed under , ", "health ", "| ", "' "]
)
def test_a_line_of_dates_and_initials_is_read_soon(piece: str) -> None:
    lines = [(word + piece * 200)[:399] for word in ("", "by ", "Posted by ", "This entry was posted in ", "Updated ")]
    started = time.monotonic()
    read_text("\n\n".join(["Ward to close", *lines, *lines, ONE]).encode())
    assert time.monotonic() - started < 20


LINES = st.sampled_from(
    ["Ward to close", "By Ann Holloway", "By", "Filed Under () by Ann on 99-99-2014", "Published: 30/03/2010",
     "Date: x", "Title (Outlet: 15 June 2015)", "Title (Outlet: 99 June 2015)", "URL: http://[", "Press release",
     "2014", "", " ", "A sentence that ends.", "•", "((((:", "Tags: ,,,", "---", "title: x", "- a", "+++", "x = 1",
     "From: a", "Subject: FW: b", "Share this with", "Related stories", "Comments (2)", "Reply", "=====",
     "# A head", "Sent from my iPad", "The Guardian", "3 March 2014", "https://echo.example/a",
     "Health Editor, BBC News", "Notes to editors: one"]
) | st.text(max_size=40)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=14), st.sampled_from(["\n\n", "\n"]))
def test_every_word_of_a_text_is_in_it_or_stated_or_reported_as_left_out(lines: list[str], between: str) -> None:
    text = between.join(lines)
    try:
        found = read_text(text.encode("utf-8", "surrogatepass"))
    except ClipperError:
        return
    told = " ".join([found.text, *found.stated, *found.left_out])
    assert Counter(told.split()) == Counter(clean_text(text).split())


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=12).map("\n\n".join))
def test_any_text_is_an_article_that_loses_no_word_in_silence(text: str) -> None:
    try:
        found = read_text(text.encode("utf-8", "surrogatepass"))
    except ClipperError as error:
        assert str(error)
        return
    assert found.text
    kept = " ".join([found.text, *found.left_out, found.facts.title or ""])
    for part in paragraphs(found.text):
        assert part.strip() == part
    assert "A sentence that ends." not in text or "A sentence that ends." in kept


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_are_text_or_refused(raw: bytes) -> None:
    try:
        assert "\x00" not in decode_text(raw)
    except ClipperError as error:
        assert str(error)
