"""Cutting: nothing is lost, whatever the page; and the single rules, each with a page of its own."""

from __future__ import annotations

import re
from collections import Counter
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.intake import clippings
from clipper.collect.intake.cutter import cut
from clipper.collect.intake.found import Cut
from clipper.collect.intake.lines import Line, lines_of_page, lines_of_text
from clipper.collect.page import parse_html

WORDS = "The board met on Monday and heard that the ward would shut before the winter. "
OUTLETS = ["HSJ", "The Guardian", "BBC News", "Fenwick Echo", "Pulse", "Third Sector"]
DATES = ["15 June 2015", "7 Nov 2014", "07-11-2014", "Nov 7th, 2014", "November 2014", "2014", "31/12/13", "no date"]


def item(title: str, outlet: str, date: str) -> str:
    return f"{title} ({outlet}: {date})\n\n{WORDS * 2}{title} was the last word.... read more"


def text_of(*items: str) -> str:
    return "\n\n".join(items)


PAGE = text_of(
    "Cuttings of the spring",
    item("Ward to shut", "Fenwick Echo", "15 June 2015"),
    item("Trust: we are 'not broke'", "HSJ", "7 Nov 2014"),
    item("Nurses (all 40) leave", "BBC News", "November 2014"),
)

# -- nothing is lost --------------------------------------------------------------------------------------

headings = st.builds(
    lambda form, title, outlet, date: form.format(t=title, o=outlet, d=date),
    st.sampled_from(["{t} ({o}: {d})", "{t} – {o}, {d}", "{o}, {d}: {t}", "{d} – {t} – {o}", "{t}", "{o}: {t} ({d})"]),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=40),
    st.sampled_from(OUTLETS),
    st.sampled_from(DATES),
)
pieces = st.one_of(
    headings,
    st.sampled_from([WORDS, "read more", "----", "* * *", "2014", "November 2014", "- a point", "1. One", "CAPS HERE",
                     "| a | b | c |", "> quoted", "# Heading", "**Bold**", "http://a.example/b", "The week in care"]),
    st.text(max_size=60),
)  # fmt: skip


def everything(found: Cut) -> list[int]:
    lines = [i for one in found.items for i in (*one.head.lines, *one.body)]
    return sorted([*lines, *found.own, *found.unplaced])


def letters(text: str) -> Counter[str]:
    return Counter(c for c in text if c.isalnum())


@settings(max_examples=120, deadline=None)
@given(st.lists(pieces, max_size=25), st.sampled_from(["\n", "\n\n"]), st.booleans())
def test_every_line_of_a_text_is_in_one_place(parts: list[str], between: str, forced: bool) -> None:
    text = between.join(parts)
    lines = lines_of_text(text)
    # A list's numbers and bullets are its markup.
    unnumbered = re.sub(r"(?m)^(?:[^\S\n]|>)*(?:\(?\d{1,3}[.)]|o)(?=[^\S\n]+\S)", "", text)
    assert letters("".join(line.text for line in lines)) == letters(unnumbered)
    found = cut(lines, forced=forced)
    if found:
        assert everything(found) == list(range(len(lines)))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["p", "h2", "li", "dt", "dd", "td", "div", "nav"]), pieces), max_size=20))
def test_every_line_of_a_page_is_in_one_place(parts: list[tuple[str, str]]) -> None:
    def row(tag: str, text: str) -> str:
        inner = f"<{tag}>{escape(text)}</{tag}>"
        return f"<table><tr>{inner}</tr></table>" if tag == "td" else inner

    tree = parse_html("<html><body>" + "".join(row(*one) for one in parts) + "</body></html>")
    if tree is None:
        return
    lines = lines_of_page(tree, "https://echo.example/cuttings")
    assert letters("".join(line.text for line in lines)) == letters("".join(tree.itertext()))
    found = cut(lines, "Clippings")
    if found:
        assert everything(found) == list(range(len(lines)))


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>/abdhilptru123 \n=\"'&;"), max_size=300))
def test_any_markup_is_taken(html: str) -> None:
    tree = parse_html(f"<p>{html}")
    if tree is not None:
        cut(lines_of_page(tree, None), forced=True)


def test_each_letter_of_an_items_text_comes_back() -> None:
    batch = clippings.of_text(PAGE)
    assert batch
    page, *items = batch.pieces
    assert letters(page.text) == letters(PAGE)
    for one in items:
        assert one.text.endswith(f"{one.facts.title} was the last word.")
        assert one.text.startswith(WORDS.strip())


# -- the items --------------------------------------------------------------------------------------------


def facts(batch: object) -> list[tuple[str | None, str | None, str | None]]:
    assert batch
    return [(p.facts.title, p.facts.outlet, p.facts.published) for p in batch.pieces[1:]]  # type: ignore[attr-defined]  # it is a batch


def test_titles_may_hold_colons_quotation_marks_and_brackets() -> None:
    assert facts(clippings.of_text(PAGE)) == [
        ("Ward to shut", "Fenwick Echo", "2015-06-15"),
        ("Trust: we are 'not broke'", "HSJ", "2014-11-07"),
        ("Nurses (all 40) leave", "BBC News", "2014-11"),
    ]


def test_the_pages_own_title_is_the_line_over_its_items() -> None:
    batch = clippings.of_text(PAGE)
    assert batch
    assert (batch.pieces[0].facts.title, batch.pieces[0].kind) == ("Cuttings of the spring", "page")


def test_one_item_alone_is_an_article() -> None:
    assert clippings.of_text(item("Ward to shut", "Fenwick Echo", "15 June 2015")) is None
    assert clippings.of_text(item("Ward to shut", "Fenwick Echo", "15 June 2015"), forced=True)


def test_an_article_with_its_references_is_not_cut() -> None:
    text = "A long history of the ward\n\n" + f"{WORDS * 6}\n\n" * 8
    text += "\n\n".join(f"- A title of a thing {n} (HSJ: {n} June 2014)" for n in range(1, 6))
    assert clippings.of_text(text) is None


def test_a_footer_is_the_pages_own() -> None:
    lines = lines_of_text(PAGE + "\n\nOur use of cookies / Who made this site")
    found = cut(lines)
    assert found
    assert [lines[i].text for i in found.own][-1] == "Our use of cookies / Who made this site"


def test_what_stands_after_read_more_is_not_placed_and_is_told() -> None:
    stray = "A paragraph that stands between two items after the end of the first, and is nobody's."
    text = PAGE.replace("\n\nTrust:", f"\n\n{stray}\n\nTrust:")
    batch = clippings.of_text(text)
    assert batch
    assert len(batch.pieces) == 4
    assert "1 paragraph could not be placed in a clipping (A paragraph that stands between two" in batch.notes[0]
    assert stray in batch.pieces[0].text
    assert not any(stray in piece.text for piece in batch.pieces[1:])


def test_an_item_without_text_is_told_as_partial() -> None:
    text = "\n".join(f"- Title number {n} – The Guardian, {n} May 2014" for n in range(1, 5))
    batch = clippings.of_text(text)
    assert batch
    assert [(p.text, p.partial) for p in batch.pieces[1:3]] == [("Title number 1", True), ("Title number 2", True)]


def test_links_of_titles_and_of_read_more_are_the_items() -> None:
    rows = "".join(
        f"<h3>{title} (HSJ: {n} May 2014)</h3><p>{WORDS}<a href='{link}'>read more</a></p>"
        for n, (title, link) in enumerate([("Ward shuts", "/a?x=1"), ("Ward opens", "https://hsj.example/b")], 1)
    )
    tree = parse_html(f"<html><head><title>Press</title></head><body><h1>Press</h1>{rows}</body></html>")
    batch = clippings.of_page(tree, "https://campaign.example/press/")
    assert batch
    assert [p.facts.url for p in batch.pieces[1:]] == ["https://campaign.example/a?x=1", "https://hsj.example/b"]
    assert all(p.text == WORDS.strip() for p in batch.pieces[1:])


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("Ward to shut (Fenwick Echo, 7 Nov 2014)", ("Ward to shut", "Fenwick Echo", "2014-11-07")),
        ("Ward to shut – The Sun on Sunday, 9 November 2014", ("Ward to shut", "The Sun on Sunday", "2014-11-09")),
        ("The Times, 7 November 2014: Ward to shut", ("Ward to shut", "The Times", "2014-11-07")),
        ("07/11/14 – Ward to shut – The Argus", ("Ward to shut", "The Argus", "2014-11-07")),
        ("Ward to shut | Community Care | Nov 7th, 2014", ("Ward to shut", "Community Care", "2014-11-07")),
        ("HSJ: Ward to shut (7.11.2014)", ("Ward to shut", "HSJ", "2014-11-07")),
        ("Ward 9: is it over? (GP Online: 7 November 2014).", ("Ward 9: is it over?", "GP Online", "2014-11-07")),
        ("Ward 9: is 2014 its end? (HSJ: 7 November 2014).", ("Ward 9: is 2014 its end?", "HSJ", "2014-11-07")),
    ],
)  # fmt: skip
def test_headings_are_read_in_the_orders_in_which_people_write_them(line: str, wanted: tuple[str, ...]) -> None:
    other = {"(F": "Beds lost (Pulse, 2 May 2014)", "– T": "Beds lost – Pulse, 2 May 2014"}
    second = other.get(line[13:16], line.replace("Ward to shut", "Beds are lost").replace("Ward 9", "Ward 8"))
    found = cut(lines_of_text(f"{line}\n\n{WORDS}\n\n{second}\n\n{WORDS}"))
    assert found
    head = found.items[0].head
    assert (head.title, head.outlet, head.published) == wanted


def test_layout_tables_are_no_tables_of_clippings() -> None:
    body = "".join(f"<p><b>Ward {n} shuts</b> (HSJ: {n} May 2014)</p><p>{WORDS * 2}</p>" for n in (3, 4, 5))
    tree = parse_html(f"<table><tr><td><a href='/'>Home</a></td><td>{body}</td></tr></table>")
    found = cut(lines_of_page(tree, None))
    assert found
    assert [one.head.title for one in found.items] == ["Ward 3 shuts", "Ward 4 shuts", "Ward 5 shuts"]


def test_a_line_says_how_it_is_marked() -> None:
    assert lines_of_text("## One\n- two\n**three**\nfour")[0] == Line("One", "h2")
    assert [line.mark for line in lines_of_text("## One\n- two\n**three**\nfour\n----")] == [
        "h2",
        "li",
        "strong",
        "",
        "rule",
    ]


# -- what people had, and what was made of it ---------------------------------------------------------------


def items_of(text: str) -> list[tuple[str, str | None, str | None]]:
    found = cut(lines_of_text(text))
    return [(one.head.title, one.head.outlet, one.head.published) for one in found.items] if found else []


def items_on(body: str) -> list[tuple[str, str | None, str | None]]:
    found = cut(lines_of_page(parse_html(f"<html><body>{body}</body></html>"), None))
    return [(one.head.title, one.head.outlet, one.head.published) for one in found.items] if found else []


FLATS = ("Hospital lets flats", "The Guardian", "2014-06-02")
LAUNDRY = ("Laundry lets go of twelve", "BBC News", "2014-06-05")


def test_title_line_about_it_and_wrapped_text_in_one_paragraph() -> None:
    text = (
        "June cuttings\n\nHospital lets flats\nThe Guardian, 2 June 2014\nForty of them, over the laundry, at a rent "
        "that no nurse can pay. The\nrest of it is as it was, and nobody knows why.\n\nLaundry lets go of twelve\n"
        "BBC News, 5 June 2014\nThey had been there, between them, for two hundred years.\n"
    )
    assert items_of(text) == [FLATS, LAUNDRY]
    found = cut(lines_of_text(text))
    assert found
    assert found.items[0].text.startswith("Forty of them")
    assert found.items[0].text.endswith("nobody knows why.")


@pytest.mark.parametrize(
    "sentence",
    [
        "In The Times (4 March 2014) the minister called it a triumph.",
        "Correction (7 March 2014): the trust has asked us to say that it has nine wards.",
        "Ann Poole (Osk, 1 March 2014) writes: nothing of the kind was said.",
        "See also: Tablets for all (Pulse: 1 March 2014)",
        "Source: The Guardian, 3 March 2014",
    ],
)
def test_a_sentence_with_a_paper_and_a_day_is_no_heading_among_marked_ones(sentence: str) -> None:
    rows = f"<h3>Hospital lets flats (The Guardian: 2 June 2014)</h3><p>{WORDS}</p><p>{sentence}</p><p>{WORDS}</p>"
    rows += f"<h3>Laundry lets go of twelve (BBC News: 5 June 2014)</h3><p>{WORDS}</p>"
    assert items_on(rows) == [FLATS, LAUNDRY]


def test_a_bold_title_with_a_bracket_and_the_text_in_one_line() -> None:
    rows = f"<li><b>Hospital lets flats</b> (The Guardian, 2 June 2014): {WORDS}</li>"
    rows += f"<li><b>Laundry lets go of twelve</b> (BBC News, 5 June 2014): {WORDS}</li>"
    assert items_on(f"<ul>{rows}</ul>") == [FLATS, LAUNDRY]


@pytest.mark.parametrize(
    ("written", "outlet", "day"),
    [
        ("The Herald: undated", "The Herald", None),
        ("The Herald: March 12", "The Herald", None),
        ("The Herald: 12-13 March 2014", "The Herald", "2014"),
        ("The Herald: Spring 2014", "The Herald", "2014"),
        ("The Herald: 12 March '14", "The Herald", "2014-03-12"),
        ("The Herald: 12 March 2014 (updated 14 March)", "The Herald", "2014-03-12"),
        ("The Herald: 12 March 2104", "The Herald", None),
    ],
)
def test_a_date_that_cannot_be_read_costs_neither_title_nor_outlet(written: str, outlet: str, day: str | None) -> None:
    rows = (
        f"<h3>Hospital lets flats (The Guardian: 2 June 2014)</h3><p>{WORDS}</p><h3>Odd ({written})</h3><p>{WORDS}</p>"
    )
    rows += f"<h3>Laundry lets go of twelve (BBC News: 5 June 2014)</h3><p>{WORDS}</p>"
    assert items_on(rows) == [FLATS, ("Odd", outlet, day), LAUNDRY]
