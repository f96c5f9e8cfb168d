"""What is no article is refused by its kind; what is only an article's beginning is kept and marked."""

from __future__ import annotations

import json

import pytest

from clipper.collect.page import read_page
from clipper.errors import Refused
from conftest import article_page

URL = "https://echo.example/ward"
LINE = "The board of the Fenwick hospital trust met on Tuesday evening and talked about the ward for two hours. "


def _page(title: str, body: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>".encode()


CONSENT = """<div><h2>We value your privacy</h2><p>We and our 212 partners use cookies and process personal data to show
personalised ads. You can give or withdraw consent at any time in our privacy policy.</p>
<button>Accept all</button> <button>Reject all</button> <a role="button">Manage options</a></div>"""
LINKS = "".join(
    f"<div><h3><a href='/{n}'>Town hears plan number {n} for the old hall</a></h3><p>In short {n}.</p></div>"
    for n in range(30)
)


@pytest.mark.parametrize(
    ("page", "cause", "lasting"),
    [
        (_page("Fenwick Echo", CONSENT), "a cookie or consent page, not the article", False),
        (_page("Cookie settings | Fenwick Echo", CONSENT), "a cookie or consent page", False),
        (
            _page("Page not found - Fenwick Echo", f"<h1>Sorry</h1><p>{LINE}</p>"),
            r"error page with status 200 \(page not",
            False,
        ),
        (
            _page("404", "<p>The page that you asked for has been moved or was never here at all.</p>"),
            "status 200",
            False,
        ),
        (
            _page("Access Denied", "<p>You have no permission to see this. Reference 18.2f3a and so on and on.</p>"),
            "status 200",
            False,
        ),
        (_page("Seite nicht gefunden | Echo", f"<p>{LINE}</p>"), "status 200", False),
        (
            _page("Just a moment...", "<p>Fenwick Echo needs to look at your connection before it goes on.</p>"),
            "a bot check",
            False,
        ),
        (
            _page("echo.example", "<div id='px-captcha'></div><p>Press & hold the button to show who you are.</p>"),
            "a bot check",
            False,
        ),
        (
            _page("Log in - Fenwick Echo", "<h1>Log in</h1><form><input type='password'></form>" + f"<p>{LINE}</p>"),
            "a login page",
            True,
        ),
        (
            _page(
                "Fenwick Echo",
                "<div id='root'></div><noscript>You need to enable JavaScript to run this app.</noscript>",
            ),
            "needs JavaScript",
            False,
        ),
        (_page("Fenwick Echo", "<div id='__next'></div><script src='/x.js'></script>"), "needs JavaScript", False),
        (
            _page("Fenwick Trust: down for maintenance", f"<h1>We’ll be back soon!</h1><p>{LINE}</p>"),
            "status 200",
            False,
        ),
        (
            _page("Fenwick Echo", f"<h1>You must be logged in</h1><form><input type='password'></form><p>{LINE}</p>"),
            "a login page",
            True,
        ),
        (
            _page("Fenwick Echo", f"<app-root></app-root><noscript><p>{LINE}Our site needs JavaScript.</p></noscript>"),
            "needs JavaScript",
            False,
        ),
        (
            _page("Fenwick Echo: health", "<h1>Health</h1><main>" + LINKS[: LINKS.index("<div><h3><a href='/5'")]),
            "a list of articles, not one",
            True,
        ),
        (_page("Fenwick Echo: news", LINKS), "a list of articles, not one", True),
    ],
)
def test_what_is_no_article_is_refused_by_its_kind(page: bytes, cause: str, lasting: bool) -> None:
    with pytest.raises(Refused, match=cause) as refused:
        read_page(page, URL)
    assert refused.value.lasting is lasting


@pytest.mark.parametrize(
    ("title", "paragraphs"),
    [
        (
            "Why every cookie banner asks for consent",
            (
                "Cookies and consent are the talk of Fenwick: a cookie banner must now let readers reject all cookies.",
                "Each cookie needs consent under the privacy policy rules, and personal data may not leave without it.",
                "The council said that its own cookie banner had asked for consent in a way that nobody understood.",
            ),
        ),
        (
            "Page not found: how links die",
            (
                "One in five links in council papers leads to a page not found, a count of the Fenwick Echo has shown.",
                "Behind each 404 lies a site that was moved, and nobody who remembers where it went or why it did.",
            ),
        ),
        (
            "404 hospital beds to close",
            (
                "The trust will close 404 beds by the end of March, its board heard on Tuesday in a full hall.",
                "Doctors said that access was denied to patients who had waited for a year and had nowhere else to go.",
            ),
        ),
        (
            "Access denied: patients wait for a dentist",
            (
                "Nine in ten dentists in Fenwick take no new patients, and the nearest who does is sixty miles away.",
                "Verify you are human, a machine on the telephone tells callers, before it says that no one is there.",
            ),
        ),
    ],
)
def test_an_article_about_walls_is_an_article(title: str, paragraphs: tuple[str, ...]) -> None:
    banner = '<div class="cookie-banner"><p>We use cookies.</p><button>Accept all</button></div>'
    page = article_page(title, *paragraphs).replace("</body>", f"{banner}</body>")
    assert read_page(page.encode(), URL).text.startswith(paragraphs[0])


BARRIERS = [
    "Subscribe to continue reading",
    "Register for free to read this article.",
    "To continue reading, sign in or start your trial.",
    "Already a subscriber? Log in",
    "This article is for subscribers only.",
    "Jetzt weiterlesen mit Echo Plus",
    "Cet article est réservé aux abonnés",
    "To read the rest of this story, take out a subscription or sign in.",
    "You have read your 3 free articles this month.",
    "Get full access to this article",
]


def _data(**more: object) -> str:
    said = {"@type": "NewsArticle", "headline": "Ward to close", "datePublished": "2026-02-03", **more}
    return f'<script type="application/ld+json">{json.dumps(said)}</script>'


@pytest.mark.parametrize("barrier", BARRIERS)
def test_a_teaser_before_a_barrier_is_kept_without_it_and_marked(barrier: str) -> None:
    page = read_page(article_page("Ward to close", LINE + LINE, barrier).encode(), URL)
    assert page.partial
    assert page.text.startswith("The board of the Fenwick")
    assert barrier not in page.text


def test_what_must_be_paid_for_and_is_short_is_partial_even_when_next_to_nothing() -> None:
    head = _data(isAccessibleForFree=False, description="The ward at Fenwick closes in March, the trust says.")
    page = read_page(article_page("Ward to close", "It was.", head=head).encode(), URL)
    assert page.partial
    assert page.text.startswith("The ward at Fenwick closes in March, the trust says.")


def test_far_fewer_words_than_stated_are_partial() -> None:
    assert read_page(article_page("Ward to close", LINE * 3, head=_data(wordCount=900)).encode(), URL).partial
    assert not read_page(article_page("Ward to close", LINE * 3, head=_data(wordCount=60)).encode(), URL).partial


def test_a_whole_text_is_not_partial_because_it_must_be_paid_for() -> None:
    texts = [f"{LINE}It was meeting number {n}. {LINE}" for n in range(12)]
    page = read_page(article_page("Ward to close", *texts, head=_data(isAccessibleForFree=False)).encode(), URL)
    assert not page.partial
    assert len(page.text.split("\n\n")) == 12


def test_an_article_that_only_speaks_of_subscribers_is_not_partial() -> None:
    texts = [f"Report {n}: {LINE}{LINE}" for n in range(8)]
    texts[4] = (
        "The Echo lost readers when it asked them to subscribe to continue reading, its publisher said on Monday."
    )
    assert not read_page(article_page("Papers ask for money", *texts).encode(), URL).partial


def test_the_text_that_only_the_data_hold_is_taken_from_there() -> None:
    told = "\n".join(f"Paragraph {n}. {LINE}{LINE}" for n in range(6))
    page = read_page(_page("Ward to close", "<div id='root'></div>", _data(articleBody=told)), URL)
    assert page.text.count("\n\n") == 5
    assert not page.partial


def test_a_call_to_subscribe_to_letters_is_no_barrier() -> None:
    letter = (
        '<div class="subscribe-box"><p>Sign up to our newsletter to read more from Fenwick every morning.</p></div>'
    )
    page = article_page("Ward to close", LINE + LINE).replace("</body>", f"{letter}</body>")
    assert not read_page(page.encode(), URL).partial


WALL = (
    "<div class='paywall'{}><h3>To continue reading, start your free trial</h3><p>£14.99 a month, no ties at all.</p>"
)


def test_the_offers_of_a_wall_are_no_part_of_a_beginning() -> None:
    page = article_page("Ward to close", LINE).replace("</article>", f"{WALL.format('')}</div></article>")
    read = read_page(page.encode(), URL)
    assert read.partial
    assert read.text == LINE.strip()


@pytest.mark.parametrize("hidden", [" hidden", " style='display: none'", " aria-hidden='true'"])
def test_a_wall_that_is_not_shown_hides_nothing(hidden: str) -> None:
    page = article_page("Ward to close", LINE, LINE).replace("</body>", f"{WALL.format(hidden)}</div></body>")
    assert not read_page(page.encode(), URL).partial


def test_a_short_article_above_teasers_of_others_is_an_article() -> None:
    page = _page("The ward - Fenwick Echo", f"<h1>The ward</h1><p>{LINE}</p><p>{LINE}It sat for long.</p>{LINKS[:900]}")
    assert read_page(page, URL).text.startswith("The board of the Fenwick")
