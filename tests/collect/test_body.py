"""The text of plainly built pages: the container, the standfirst, and all that does not belong."""

from __future__ import annotations

import pytest

from clipper.collect import body
from clipper.collect.page import parse_html

LINES = [
    f"In the {n} year of the count the board of the trust heard that beds were short, and it resolved to ask again."
    for n in ("first", "second", "third", "fourth")
]
TEXT = "\n\n".join(LINES)
PARAGRAPHS = "".join(f"<p>{line}</p>" for line in LINES)


def _read(inner: str, description: str | None = None) -> body.Body:
    return body.read(parse_html(f"<html><body>{inner}</body></html>"), description)


@pytest.mark.parametrize(
    "around",
    [
        "<article>{}</article>",
        "<div class='page has-sidebar cookie-ok'><div id='menu-open'><div class='story'>{}</div></div></div>",
        "<form id='aspnetForm'><div>{}</div></form>",
        "<nav><p>Home News Sport and a good deal more than that, all in one long line</p></nav><div>{}</div>",
        "<div><div class='related-stories'><p>Elsewhere the hall is full of people who wait.</p></div>{}</div>",
        "<div>{}<aside><p>The author has written about the trust since long before there was one.</p></aside></div>",
        "<div>{}</div><div class='comments'><p>I have always said that this would come to pass, and it did.</p></div>",
        "<div>{}<p>Advertisement</p></div>",
        "<div>{}<p><a href='/b'>Read how the beds of the hospital were counted last year</a></p></div>",
        "<div>{}<h3>More from Fenwick</h3><p>Hall opens its doors on Sunday to all who wish to see it.</p></div>",
        "<div><h1>Beds are short</h1>{}</div>",
        "<div>{}<p style='display: none'>This is shown to nobody, whatever it may say about the beds.</p></div>",
        "<div>{}<p>" + LINES[0] + "</p></div>",
        "<div>{}<div class='martech-wall'><p>Enjoy one month free, and cancel at any time you like.</p></div></div>",
        "<div><blockquote class='pull'><p>It resolved to ask again, as it does.</p></blockquote>{}</div>",
        "<div>{}<h2>References</h2><ol><li>Holloway A. Counting the beds of a hospital. 2014;9:88.</li></ol></div>",
        "<div>{}<p>More on this</p></div>",
    ],
)
def test_only_the_article_is_taken(around: str) -> None:
    found = _read(around.format(PARAGRAPHS))
    assert found.text == TEXT
    assert found.plain


def test_links_and_marks_within_a_paragraph_are_kept_and_words_are_not_glued() -> None:
    marked = LINES[0].replace("board", "<a class='tag' href='/t'>board</a>").replace("short", "sh<b>or</b>t")
    assert _read(f"<div><p>{marked}</p>{PARAGRAPHS[len(LINES[0]) + 7 :]}</div>").text == TEXT


def test_lines_broken_by_br_and_bare_text_are_read() -> None:
    found = _read("<div>" + "<br><br>".join(LINES) + "</div>")
    assert found.text.split() == TEXT.split()


@pytest.mark.parametrize(
    ("first", "description"),
    [
        ("<p class='standfirst'>{}</p>", None),
        ("<h2 class='article__subTitle'>{}</h2>", None),
        ("<p>{}</p>", "The trust counts its beds."),
    ],
)
def test_the_standfirst_before_the_container_is_found(first: str, description: str | None) -> None:
    said = "The trust counts its beds, and finds that there are far too few."
    page = f"<header><h1>Beds</h1>{first.format(said)}</header><div>{PARAGRAPHS}</div>"
    found = _read(page, said if description else None)
    assert found.standfirst == said
    assert body.with_standfirst(found.text, found.standfirst) == f"{said}\n\n{TEXT}"
    assert body.with_standfirst(f"{said}\n\n{TEXT}", found.standfirst) == f"{said}\n\n{TEXT}"


def test_a_page_of_teasers_is_not_plain() -> None:
    teasers = "".join(
        f"<div><h3>Hall {n}</h3><p>On Sunday hall number {n} opens its doors.</p></div>" for n in range(20)
    )
    assert not _read(f"<div>{teasers}</div>").plain
    assert _read("") == body.Body("", None, False)


def test_the_sentence_right_under_the_heading_is_the_standfirst_whatever_it_is_called() -> None:
    said = "The trust counts its beds, and finds that there are far too few."
    assert _read(f"<header><h1>Beds</h1><p class='x1'>{said}</p></header><div>{PARAGRAPHS}</div>").standfirst == said
    linked = f"<header><h1>Beds</h1><p><a href='/b'>{said}</a></p></header><div>{PARAGRAPHS}</div>"
    assert _read(linked).standfirst is None


def test_the_entries_of_a_live_blog_are_one_text_with_their_headings() -> None:
    entries = "".join(
        f"<article><time>1{n}.45</time><h2>Count {n}</h2><p>{line}</p></article>" for n, line in enumerate(LINES)
    )
    text = _read(f"<main><h1>Beds</h1><div class='liveblog'>{entries}</div></main>").text
    assert text == "\n\n".join(f"Count {n}\n\n{line}" for n, line in enumerate(LINES))
