"""The site in a browser, from a web server and from files: it is read, searched by keyboard, printed, listened to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from browser.conftest import Built
from clipper.archive.store import Archive
from clipper.publish.selection import Selection
from clipper.search import engine, terms
from clipper.search.query import parse

Open = Callable[..., Any]

PAGES = {
    "front": "index.html",
    "themes": "themes/index.html",
    "theme": "themes/privatisation/index.html",
    "year": "themes/privatisation/2016.html",
    "outlets": "outlets/index.html",
    "outlet": "outlets/tarnbeck-courier/index.html",
    "months": "months/index.html",
    "month": "months/2016-06.html",
    "about": "about.html",
    "search": "search.html?q=private+firm",
}


def _searched(page: Any) -> Any:
    """Wait until a search has come to its end."""
    page.locator("#status", has_not_text=re.compile("^Search")).wait_for()
    return page


def _moved(page: Any, part: str) -> None:
    """Wait until the address holds something."""
    page.wait_for_url(re.compile(re.escape(part)))


def _status(page: Any) -> str:
    return str(_searched(page).text_content("#status"))


def _titles(page: Any) -> list[str]:
    return list(_searched(page).locator("#results h3").all_inner_texts())


def _links(page: Any) -> list[str]:
    found: list[str] = _searched(page).eval_on_selector_all("#results h3 a", "all => all.map((one) => one.href)")
    return found


def _article(page: Any) -> str:
    """Return the address of an article's page."""
    return str(page.get_attribute("#results h3 a", "href"))


# -- searching ---------------------------------------------------------------------------------------------------------


def test_a_search_from_the_front_page_finds_and_marks(open_page: Open, way: str) -> None:
    page = open_page("index.html", way)
    page.fill("#q", "zebra crossings")
    page.press("#q", "Enter")
    page.wait_for_selector("#results mark")
    assert _status(page) == "1 article found."
    assert _titles(page) == ["Minister promises a zebra crossing for every hospital"]
    assert page.locator("#results h3 mark").all_inner_texts() == ["zebra", "crossing"]
    assert "2 more copies" in page.inner_text("#results .facts")
    assert page.title() == "zebra crossings – Search – Clippings of the valley"
    page.click("#results h3 a")
    assert page.inner_text("h1") == "Minister promises a zebra crossing for every hospital"
    assert "painted before each hospital" in page.inner_text("main")


QUERIES = """
nurses; nursing; private firm; priv*; privatisation; privatization; privatising; surgeons -Skelby; walk-in
board's; privatisat*; whatnot; orme valley laundry; donaudampf*
hospital -nurses; board -surgeons; £1.2m; 1.2m; beds; Odile Marsh; decision 175; says javascript
trust board; private* clinic; the hospital; HOSPITALS; strike* -pennerby; "waiting list" year; 14* decision
labour; labor; Paediatric center; programmes; healthcare; "health care"; health-care; health care; care -labour
follow-up; followup; "follow up"; co-operation
"""
FIND = """
async (query) => {
  await clipperFind.open();
  const found = await clipperFind.matching(clipperFind.parsed(query));
  const rows = await clipperFind.shown([...found.keys()]);
  return [...found.keys()].map((number) => rows.get(number)[0]);
}
"""


def test_it_finds_what_clipper_itself_finds(built: Built, open_page: Open) -> None:
    page = open_page("search.html")
    archive = Archive(built.project.archive)
    for query in re.split(r";\s*|\n", QUERIES.strip()):
        found = [re.sub(r".*/|\.html$", "", href) for href in page.evaluate(FIND, query)]
        expected = [item.article.id for item in Selection(archive, parse(query), fold=False).items()]
        assert sorted(found) == sorted(expected), query
        assert bool(expected) == (query not in ("whatnot", "co-operation")), query
    archive.catalogue.close()


def test_best_match_is_titles_first_and_newest_first(open_page: Open) -> None:
    page = open_page("search.html?q=hospital")
    assert _titles(page)[0] == "Minister promises a zebra crossing for every hospital"
    for order, ordered in (("newest", lambda days: sorted(days, reverse=True)), ("oldest", sorted)):
        page.select_option("#sort", order)
        _moved(page, f"sort={order}")
        _searched(page)
        days = page.eval_on_selector_all("#results time", "all => all.map((one) => one.dateTime)")
        assert days == ordered(days)
        assert len(set(days)) > 10


def test_filters_choose_and_count(open_page: Open, way: str) -> None:
    page = open_page("search.html?q=nurses", way)
    assert _status(page) == "40 articles found: page 1 of 2."
    options = page.locator("#theme option").all_inner_texts()
    assert options[0] == "all themes"
    assert any(re.fullmatch(r"Workforce \(\d+\)", option) for option in options)
    page.select_option("#outlet", "Marlstock Post")
    _moved(page, "outlet=Marlstock")
    assert _status(page) == "10 articles found."
    assert set(
        page.locator("#results .facts").evaluate_all("all => all.map((p) => p.textContent.split(' · ')[0])")
    ) == {"Marlstock Post"}
    page.select_option("#from", "2016")
    page.select_option("#to", "2017")
    _moved(page, "to=2017")
    years = {
        day[:4] for day in _searched(page).eval_on_selector_all("#results time", "all => all.map((t) => t.dateTime)")
    }
    assert years == {"2016", "2017"}
    # What is counted beside a year is what choosing it shows.
    chosen = page.locator("#from option", has_text="2017").inner_text()
    page.select_option("#from", "2017")
    _moved(page, "from=2017")
    count = int(re.findall(r"\((\d+)\)", chosen)[0])
    assert _status(page).startswith(f"{count} article")


def test_a_theme_without_words(built: Built, open_page: Open) -> None:
    page = open_page("search.html")
    assert "210 articles can be searched" in _status(page)
    page.select_option("#theme", "privatisation")
    _moved(page, "theme=privatisation")
    archive = Archive(built.project.archive)
    expected = Selection(archive, parse("theme:privatisation")).total
    archive.catalogue.close()
    assert _status(page).startswith(f"{expected} articles found")


def test_a_phrase_comes_before_its_words_alone(open_page: Open) -> None:
    page = open_page("search.html?q=%22list%20closed%22")
    assert _status(page).startswith("40 articles found, 0 of them surely")
    assert "cannot be seen here" in page.inner_text("#results")
    page.goto(page.url.replace("list%20closed", "waiting%20list"))
    assert _status(page) == "40 articles found: page 1 of 2."
    assert "cannot be seen here" not in page.inner_text("#results")
    page.goto(page.url.split("?")[0] + "?q=clinic+-walk-in")
    assert _status(page) == "No article found."


def test_other_spellings_are_found(open_page: Open, way: str) -> None:
    page = open_page("search.html?q=labor", way)
    assert sorted(_titles(page)) == ["Labor unions ask for a pediatric center", "Labour promises a paediatric centre"]
    assert page.locator("#results h3 mark").all_inner_texts() == ["Labor"]
    page.goto(page.url.replace("q=labor", "q=%22health+care%22"))
    assert _status(page) == "2 articles found."
    assert "cannot be seen here" not in page.inner_text("#results")


def test_the_address_keeps_the_search(open_page: Open, way: str) -> None:
    page = open_page("search.html", way)
    page.fill("#q", "surgeons")
    page.press("#q", "Enter")
    _moved(page, "q=surgeons")
    assert _status(page).startswith("40 articles")
    first = _links(page)
    page.click("#pages a[rel=next]")
    _moved(page, "page=2")
    assert _status(page) == "40 articles found: page 2 of 2."
    assert len(_links(page)) == 20
    assert not set(_links(page)) & set(first)
    assert page.evaluate("document.activeElement.id") == "found"
    assert page.get_attribute("#results", "start") == "21"
    page.go_back()
    page.wait_for_selector("#status:has-text('page 1 of 2')")
    assert _links(page) == first
    page.reload()
    assert page.input_value("#q") == "surgeons"
    assert _links(page) == first


def test_what_cannot_be_found_is_said(open_page: Open) -> None:
    page = open_page("search.html?q=privatizashun")
    assert _status(page) == "No article found."
    assert "No article has the word" in page.inner_text("#hint")
    page.goto(page.url.replace("privatizashun", "surgeonss"))
    page.click("#hint a")
    assert _status(page).startswith("40 articles")
    page.goto(page.url.split("?")[0] + "?q=the+of")
    assert "nearly every article" in _status(page)
    page.goto(page.url.split("?")[0] + "?q=title:nurses+OR+x")
    _searched(page)
    assert "clipper’s own search" in page.inner_text("#hint")


def test_a_part_that_is_missing_is_said(open_page: Open) -> None:
    page = open_page("search.html", "served")
    _searched(page)
    page.context.route("**/search/w/**", lambda route: route.abort())
    page.fill("#q", "surgeons")
    page.press("#q", "Enter")
    page.wait_for_selector("#status:has-text('could not be read')")
    troubles = open_page.seen.troubles  # type: ignore[attr-defined]  # put there by the test
    assert any("search/w/" in trouble for trouble in troubles)
    troubles.clear()


def test_the_words_of_a_query_are_cut_as_the_index_cuts_them(open_page: Open) -> None:
    page = open_page("search.html")
    letters = " ".join(
        f"x{chr(code)}y" for code in (*range(0xC0, 0x130), *range(0x141, 0x149), *range(0x14C, 0x180), *MORE)
    )
    texts = [
        "Doctor’s £1,200.50 don't Ruíz 3.5bn; a-b_c i.e. 1,2,3 organize Analyze",
        "ZEITUNG für Ärzte\xad.",
        letters,
    ]
    assert [page.evaluate("text => clipperFind.words(text)", text) for text in texts] == [terms.words(t) for t in texts]
    words = [base + ending for base in BASES.split() for ending in ("", *ENDINGS.split())]
    assert len(words) > 1000
    assert page.evaluate("all => all.map(clipperStem)", words) == engine.stemmed(words)


MORE = (0x1E9E, 0x439, 0x3AC, 0x218, 0x21B, 0x1EC7, 0x1FD, 0x2074, 0xFB01, 0xB2)

# Every way a word may end, on words that are cut in every way.
BASES = "nurs hop hopp plan plann commun organ inter generat past emerg later tr y by l sk ag add err even hospit relat"
ENDINGS = """
e es ed ing ings er ers est y ies ied ying s ss sses us al ally ity ities ic ical ically ate ated ation ational
ator ise ised ization izer ism ist ists ful fully fulness less lessly lessness ous ously ousness ive ively iveness
ivity able ably ability ance ancy ence ency ent ently ement ment ion tion ial logist logy ogi eed eedly edly ingly li
"""


# -- without a mouse, without a screen, without scripts ----------------------------------------------------------------


def test_the_keyboard_alone_leads_from_the_front_to_an_article(open_page: Open, way: str) -> None:
    page = open_page("index.html", way)
    press = page.keyboard.press
    press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("and/or")
    assert page.input_value("#q") == "and/or"  # within the box it is a letter as any other
    press("Control+a")
    page.keyboard.type("merger surgeons")
    press("Enter")
    _moved(page, "search.html?q=merger+surgeons")
    page.wait_for_selector("#results h3 a")
    assert _status(page).startswith("40 articles")
    press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    press("ArrowDown")
    press("ArrowDown")
    press("ArrowUp")
    press("ArrowDown")
    title = page.evaluate("document.activeElement.textContent")
    assert title == _titles(page)[1]
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    press("Escape")
    assert page.evaluate("document.activeElement.id") == "q"
    press("ArrowDown")
    press("ArrowDown")
    press("Enter")
    page.wait_for_selector("article h1")
    assert page.inner_text("h1") == title


def test_the_slash_can_be_switched_off(open_page: Open) -> None:
    page = open_page("search.html")
    _searched(page)
    page.click("summary")
    page.click("#slash")
    page.goto(page.url.replace("search.html", "about.html"))
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_without_scripts_every_page_is_read_and_search_says_what_it_needs(open_page: Open) -> None:
    page = open_page("search.html", java_script_enabled=False)
    assert "needs JavaScript" in page.inner_text("#status")
    page.click("#status a >> text=themes")
    page.click("main a >> text=Privatisation")
    page.click("#newest ~ ol h3 a >> nth=0")
    assert page.locator("h1").count() == 1
    assert "Read it at" in page.inner_text("main")


def test_what_came_from_outside_is_text(open_page: Open, way: str) -> None:
    page = open_page("search.html?q=quoted", way)
    assert _titles(page) == ['<img src=x onerror=alert(1)> & </script><b>bold</b> "quoted"'.replace("  ", " ")]
    page.click("#results h3 a")
    assert page.inner_text("h1").startswith("<img src=x onerror=alert(1)>")
    assert page.locator("main img, main b, main u, main i, main script").count() == 0
    assert not [
        link for link in page.eval_on_selector_all("a", "all => all.map((a) => a.href)") if "javascript" in link
    ]


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_is_wider_than_a_phone(open_page: Open, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 800}, has_touch=True)
    base = page.url.removesuffix("index.html")
    page.goto(base + "search.html?q=donaudampf*")
    _searched(page)
    for address in [_article(page), *PAGES.values()]:
        page.goto(base + address)
        if "search" in address:
            _searched(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        # What is touched is large enough, but for links within a sentence.
        small = page.eval_on_selector_all(
            "button, select, input, nav a, h2 a, h3 a, .themes a, summary",
            "all => all.filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 24)"
            ".map((one) => one.outerHTML)",
        )
        assert small == [], address


def test_on_paper_there_is_what_can_be_read_there(open_page: Open) -> None:
    page = open_page("search.html?q=laundry")
    page.goto(page.url.split("search.html")[0] + _article(_searched(page)))
    page.emulate_media(media="print", color_scheme="dark")
    for hidden in (".masthead nav", ".lookup", ".skip", ".crumbs"):
        assert not page.is_visible(hidden), hidden
    link = page.locator(".source a")
    after = link.evaluate("one => getComputedStyle(one, '::after').content")
    assert "https://news.example/" in after
    assert link.get_attribute("href") in after
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(open_page: Open, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    page = open_page(color_scheme=scheme)
    base = page.url.removesuffix("index.html")
    page.goto(base + "search.html?q=nurses")
    pages = {"article": _article(_searched(page)), **PAGES}
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background))) > 380) == (scheme == "light")
    faults = []
    for name, address in pages.items():
        page.goto(base + address)
        if name == "search":
            _searched(page)
        options = {
            "runOnly": levels,
            "resultTypes": ["violations"],
            "preload": False,
        }  # it would ask for the CSS itself
        for found in axe.run(page, options=options).response["violations"]:
            faults += [
                f"{name}: {found['id']}: {node['html'][:150]} {node['failureSummary']}" for node in found["nodes"]
            ]
    assert faults == []
