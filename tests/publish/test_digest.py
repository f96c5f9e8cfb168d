"""Digests: what stands in them and in which order; and that each of their forms is read back as it was given out."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from clipper.checksums import checksum
from clipper.collect.intake import digests
from clipper.errors import UsageError
from clipper.models import Article
from clipper.publish.digest import Group
from clipper.publish.digestmail import Envelope, addresses, as_mail
from clipper.publish.digestpages import as_html, as_markdown, as_text
from clipper.publish.rights import Rights
from publish.digested import FORMS, GROUPS, MOMENT, Some, bare, digest, expected, found, missing, read_back, written

TEXT = "The ward at {n} was closed on Monday. Nobody had asked its nurses. A third thing was said.\n\nThe board met."
ODD_TEXT = (
    "# Not a heading\n\n- not a list\nsecond line - of it\n\n1. No list either. (2) nor this.\n\n> nor quoted & <b>not "
    "bold</b>\n\nFrom here to *there*. Read more at www.fenwick.example.\n\n---\n\nBy Nobody At All\n\nWard to shut "
    "(HSJ: 5 June 2014)\n\nIts end came in a sentence that goes on for longer than what fits in one line of a terminal "
    "with a `tick`.\n\n==="
)


def article(number: int, title: str | None, outlet: str | None, published: str | None, **more: Any) -> Article:
    text = more.pop("text", TEXT).replace("{n}", str(number))
    url = more.pop("url", f"https://www.site{number}.example/a_b/{number}?x=1&y=(2)")
    return Article(
        id=f"{number:016x}", title=title, outlet=outlet, published=published, text=text, sha256=checksum(text), url=url,
        fetched="2016-03-01T00:00:00Z", **more,
    )  # fmt: skip


PLAIN = [
    article(1, "Cottage hospital to lose its surgeons", "HSJ", "2016-02-03", authors=["Ann Lee"]),
    article(2, "Firm hands back three surgeries", "The Guardian", "2016-02-02", authors=["Ann Lee", "Ben Roe"]),
    article(3, "Nurses leave for the coast", "BBC News", "2016-01-05"),
    article(4, "Board meets in a cold hall", "Fenwick Echo", "2015-12-31", authors=["Cy Dee", "Di Orr", "Eve Poe"]),
]
ODD = [
    article(12, "Trust: we are 'not broke' – says Smith, 4 May 2015", "The Guardian", "2016-02-02"),
    article(13, "Why (Guardian: 3 May 2015) was wrong", "BBC News", "2016-02-01"),
    article(14, "A report (Guardian: 3 May 2015)", None, None),
    article(15, "No outlet known", None, None),
    article(16, "Only a month", "Pulse", "2016-01", authors=["Smith, Jr", "B and C"]),
    article(17, "Only a year", "Pulse", "2015", authors=["Solo, Junior"]),
    article(18, None, "Fenwick Echo", "2015-12-01"),
    article(19, "[sic] *stars* _under_ `code` <b>bold</b> ](javascript:alert(1)) # C#", "The Sun", "2015-11-30"),
    article(20, "- a list? 1. two | three", "Oddly (named) Outlet: North", "2015-11-29", url=None),
    article(21, "Unclosed ( bracket", "Daily Mail", "2015-11-28"),
    article(22, "$5m and $6m: https://x.example/a_b_c @more & &amp; ^2^", "Daily & Mail", "2015-11-27", text=ODD_TEXT),
    article(23, f"Long {'word after word ' * 14}ends", "The Independent on Sunday", "2015-11-26"),
    article(24, "Undated in a known paper", "HSJ", None),
    article(25, "What next? “Nothing”, says minister", "HSJ", "2015-11-25", url=None),
]
COPIES = [
    article(101, "Elsewhere: a copy", "Wold Post", "2016-02-03", duplicate_of=PLAIN[0].id),
    article(102, "Second [copy] (early)", "Pulse", "2016-02-04", duplicate_of=PLAIN[0].id, url=None),
    article(103, "Copy without a date", "BBC News", None, duplicate_of=ODD[2].id),
    article(104, None, None, None, duplicate_of=ODD[11].id),
]
CARRIED = {
    PLAIN[0].id: ["privatisation", "workforce"], PLAIN[1].id: ["access"], ODD[2].id: ["access", "privatisation"],
    ODD[9].id: ["unheard of"], ODD[11].id: ["workforce"],
}  # fmt: skip


def some() -> Some:
    return Some([*PLAIN, *ODD], COPIES, CARRIED)


def headings(page: bytes) -> list[str]:
    return [" ".join(one.text_content().split()) for one in lxml_html.fromstring(page.decode()).iter("h1", "h2", "h3")]


# -- the round trip -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_what_is_given_out_is_read_back_whatever_it_holds(form: str) -> None:
    for group_by, how in product(GROUPS, ("none", "short", "clip")):
        wanted = [expected(one, how, Rights(True)) for one in [*PLAIN, *ODD]]
        wanted += [expected(one, how, Rights(True), folded=True) for one in COPIES]
        got = map(found, read_back(written(digest(some(), how, group_by), form), form))
        assert missing(wanted, got) == (Counter(), Counter()), (group_by, how)


@pytest.mark.parametrize("form", FORMS)
def test_the_words_by_which_a_digest_knows_itself_may_stand_in_what_it_gives_out(form: str) -> None:
    marks = "<!-- clipper digest 1 -->\n\n# A line with a hash\n\n- one\n- two\n\nAlso in:\n\nIt was said."
    odd = [
        article(1, "Compiled with clipper by the NHS", "Pulse", "2015-05-02", text="It was. So it was. And on."),
        article(2, "Ward <!-- clipper digest 1 --> to shut", "HSJ", "2015-05-01", text=marks),
        article(3, "Beds go", "The Echo", "2015-04-30", text="They went.\n\nAlso in:"),
    ]
    wanted = [expected(one, "clip", Rights(True)) for one in odd]
    for group_by in GROUPS:
        got = map(found, read_back(written(digest(Some(odd), "clip", group_by), form), form))
        assert missing(wanted, got) == (Counter(), Counter()), group_by


@pytest.mark.parametrize("form", ["md", "html", "text"])
def test_a_digest_that_lost_its_mark_is_cut_by_the_rules_for_any_page(form: str) -> None:
    plain = Some(PLAIN, COPIES[:2], CARRIED)
    for group_by, how in product(GROUPS, ("none", "short", "clip")):
        wanted = [expected(one, how, Rights(True)) for one in PLAIN]
        wanted += [expected(one, how, Rights(True), folded=True) for one in COPIES[:2]]
        got = map(found, read_back(bare(written(digest(plain, how, group_by), form), form), form))
        assert missing(wanted, got) == (Counter(), Counter()), (group_by, how)


@pytest.mark.parametrize(("form", "floor"), [("md", 53), ("html", 59), ("text", 36)])
def test_so_much_of_odd_titles_survives_the_loss_of_the_mark(form: str, floor: int) -> None:
    whole = 0
    for group_by, how in product(GROUPS, ("clip",)):
        wanted = [expected(one, how, Rights(True)) for one in [*PLAIN, *ODD]]
        wanted += [expected(one, how, Rights(True), folded=True) for one in COPIES]
        got = map(found, read_back(bare(written(digest(some(), how, group_by), form), form), form))
        whole += len(wanted) - sum(missing(wanted, got)[0].values())
    assert whole >= floor, f"of {4 * len(wanted)}"


SIGNS = st.sampled_from(
    [*"()[]{}<>*_`#|~-–—:;,.!?'\"“”&@$^=+/\\%0129aAéßЖ中 ", "(HSJ: 3 May 2015)", "javascript:", "]("]
)
LINE = st.lists(SIGNS, min_size=1, max_size=14).map("".join).map(lambda text: " ".join(text.split()))
WORDS = st.sampled_from(["Ward", "closed", "nurses:", "(again)", "said", "the", "3 May 2015", "HSJ", "and", "By"])
TITLE = st.one_of(st.none(), st.lists(st.one_of(LINE, WORDS), min_size=1, max_size=12).map(" ".join)).map(
    lambda text: (" ".join(text.split()) or None) if text else None
)
OUTLET = st.sampled_from([None, "HSJ", "The Guardian", "Fenwick (North) Echo", "Pulse: GPs", "C+D", "i"])
DATE = st.one_of(st.none(), st.dates().map(str).filter(lambda day: "1800" < day[:4] < "2200").flatmap(
    lambda day: st.sampled_from([day, day[:7], day[:4]])))  # fmt: skip
BODY = st.lists(st.lists(st.one_of(LINE, WORDS), min_size=1, max_size=30).map(" ".join), max_size=4).map("\n\n".join)
ROW = st.tuples(TITLE, OUTLET, DATE, BODY, st.lists(st.sampled_from(["Ann Lee", "Lee, A.", "R and D"]), max_size=3))


@settings(max_examples=25)
@given(st.lists(ROW, min_size=1, max_size=4), st.sampled_from(FORMS), st.sampled_from(GROUPS))
def test_any_items_are_read_back(rows: list[Any], form: str, group_by: Any) -> None:
    made = []
    for number, (title, outlet, published, text, authors) in enumerate(rows, 1):
        clean = "\n\n".join(part for line in text.split("\n\n") if (part := " ".join(line.split())))
        if title and (title.startswith("[no title]") or not title.strip()):
            title = None
        made.append(article(number, title, outlet, published, text=clean, authors=list(dict.fromkeys(authors))))
    wanted = [expected(one, "clip", Rights(True)) for one in made]
    got = map(found, read_back(written(digest(Some(made), "clip", group_by), form), form))
    assert missing(wanted, got) == (Counter(), Counter())


MARKS = """# A|## B (HSJ: 3 May 2015)|### (no date)|*By *|**Also in:**|- C ([i: 2015](http://a.b))|<http://a.example>|---|||===|
Also in:|By Ann|D (Pulse: no date) |\\(|)|- """
PIECES = st.one_of(st.sampled_from(MARKS.replace("\n", "").split("|")), st.text(max_size=30))


@settings(max_examples=60)
@given(
    st.lists(PIECES, max_size=25),
    st.sampled_from(["<!-- clipper digest 1 -->", "Compiled with clipper \n(digest form 1)"]),
)
def test_whatever_stands_under_the_mark_is_read_or_left_alone(lines: list[str], mark: str) -> None:
    found_in = digests.of_text("\n".join([*lines, "", mark, "", *lines]))
    for piece in found_in.pieces[1:] if found_in else ():
        assert piece.text
        assert piece.kind == "clipping"


def test_a_plain_text_survives_what_editors_and_mail_programs_do_to_it() -> None:
    raw = written(digest(some(), "clip", "theme"), "text").decode()
    wanted = Counter(map(found, read_back(raw.encode(), "text")))
    assert sum(wanted.values()) == 22
    no_spaces = re.sub(r"(?m) +$", "", raw)
    ways = {
        "line ends": raw.replace("\n", "\r\n"),
        "quoted": re.sub(r"(?m)^", "> ", raw),
        "no spaces": no_spaces,
        "both": re.sub(r"(?m)^", "> ", no_spaces).replace("\n", "\r\n"),
    }
    for way, text in ways.items():
        assert Counter(map(found, read_back(text.encode(), "text"))) == wanted, way


def test_what_somebody_wrote_into_a_digest_is_read_as_it_stands() -> None:
    text = written(digest(Some(PLAIN), "short"), "md").decode()
    text = text.replace("## Nurses leave", "## Own find (Pulse, 7 Nov 2015)\nIts text.\n\n## Nurses leave")
    text = text.replace("Board meets in a cold hall", "Board meets").replace("---\n", "A word of mine.\n\n---\n")
    items = {piece.facts.title: piece for piece in read_back(text.encode(), "md")}
    assert list(items) == [PLAIN[0].title, PLAIN[1].title, "Own find", PLAIN[2].title, "Board meets"]
    own = items["Own find"]
    assert (own.facts.outlet, own.facts.published, own.text) == ("Pulse", "2015-11-07", "Its text.")
    assert items["Board meets"].text.endswith("\n\nA word of mine.")


# -- what stands in it --------------------------------------------------------------------------------------------


def test_counts_stand_at_the_top_and_copies_below_their_story() -> None:
    text = "".join(as_text(digest(Some(PLAIN, COPIES[:2]), "none", query="title:ward")))
    assert text.split("\n\n")[1:3] == [
        "4 articles, 31 December 2015 to 3 February 2016; 2 more copies of these \nstories.", "Asked for: title:ward",
    ]  # fmt: skip
    assert text.split("\n\n\n")[1] == (
        "Cottage hospital to lose its surgeons (HSJ: 3 February 2016)\nBy Ann Lee\n\n"
        "<https://www.site1.example/a_b/1?x=1&y=(2)>\n\nAlso in:\n- Elsewhere: a copy (Wold Post: 3 February 2016)\n"
        "  <https://www.site101.example/a_b/101?x=1&y=(2)>\n- Second [copy] (early) (Pulse: 4 February 2016)"
    )


def test_an_article_of_two_themes_stands_whole_under_its_surest_and_is_named_under_the_other() -> None:
    page = lxml_html.fromstring(written(digest(some(), "short", "theme"), "html").decode())
    names = [one.text for one in page.iter("h2")]
    assert names == ["Privatisation", "Workforce: who does the work", "Access (to care)", "unheard of", "No theme"]
    privatisation, workforce = page.findall(".//section")[:2]
    assert [one.get("id") for one in privatisation.iter("article")] == [f"a{PLAIN[0].id}"]
    named = workforce.find("ul[@class='elsewhere']/li")
    assert " ".join(named.text_content().split()) == f"{PLAIN[0].title} (HSJ: 3 February 2016), under Privatisation"
    assert page.get_element_by_id(named.find("a").get("href")[1:]).tag == "article"
    assert workforce.find("p").text == "2 articles, 1 of them under another heading."


@pytest.mark.parametrize(
    ("own", "others", "words"),
    [(2, 0, "2 articles"), (0, 1, "1 article, under another heading"),
     (0, 2, "2 articles, all under other headings"), (1, 1, "2 articles, 1 of them under another heading")],
)  # fmt: skip
def test_a_group_says_how_many_stand_elsewhere(own: int, others: int, words: str) -> None:
    group = Group("a", "A", [("x", ())] * own, [("y", "b")] * others)
    assert group.said(None) == words


@pytest.mark.parametrize(
    ("group_by", "names"),
    [
        ("month", ["February 2016", "January 2016", "December 2015", "November 2015", "2015", "No date"]),
        ("outlet", ["BBC News", "Daily & Mail", "Daily Mail", "Fenwick Echo", "HSJ", "Oddly (named) Outlet: North",
                    "Pulse", "The Guardian", "The Independent on Sunday", "The Sun", "No outlet"]),
    ],
)  # fmt: skip
def test_groups_are_in_order_and_what_has_none_comes_last(group_by: Any, names: list[str]) -> None:
    assert [one.name for one in digest(some(), "none", group_by).shown_groups()] == names


def test_a_digest_is_written_as_it_is_read() -> None:
    given_out: list[str] = []

    class Told(Some):
        def items(self, **how: Any) -> Iterator[Any]:
            for item in super().items(**how):
                given_out.append(item.article.id)
                yield item

    pieces = as_markdown(digest(Told(PLAIN), "short"))
    before = len(given_out)
    next(pieces)
    assert "Cottage hospital" in next(pieces)
    assert len(given_out) == before + 1


def test_whole_texts_are_cut_where_the_rights_are_not_there_and_counted_once() -> None:
    clipping = article(30, "A clipping", "HSJ", "2015-01-01", kind="clipping")
    made = digest(Some([PLAIN[0], clipping]), "clip", rights=Rights(False))
    message = as_mail(made, Envelope(), MOMENT)
    assert made.cut == 1
    texts = [piece.text for piece in read_back(message, "eml")]
    assert texts == ["The ward at 1 was closed on Monday. Nobody had asked its nurses.", clipping.text]


# -- what comes from outside --------------------------------------------------------------------------------------

EVIL = (
    "owned](javascript:alert(1)) <script>alert(2)</script> \x1b]0;x\x07\u202e <img src=x onerror=alert(3)>\nForged: y"
)


def hostile() -> Some:
    first = article(1, EVIL, EVIL, "2016-01-01", authors=[EVIL], text=EVIL, language='en" onload="x')
    second = article(2, "Script", "HSJ", None, url="javascript:alert(4)")
    copy = article(3, EVIL, EVIL, None, duplicate_of=first.id, url='https://a.example/"><script>')
    return Some([first, second], [copy], {first.id: [EVIL]})


@pytest.mark.parametrize("group_by", GROUPS)
def test_a_page_holds_no_markup_but_ours(group_by: Any) -> None:
    raw = written(digest(hostile(), "clip", group_by, title=EVIL, query=EVIL), "html").decode()
    page = lxml_html.fromstring(raw)
    assert not list(page.iter("script", "img", "link", "iframe", "form"))
    names = {name for one in page.iter() for name in one.attrib}
    assert names <= {"lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "datetime"}
    assert {one.get("href").partition(":")[0][:1] for one in page.iter("a")} <= {"h", "#"}
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", raw)
    style = "".join(page.find(".//style").itertext())
    [said] = [one.get("content") for one in page.iter("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    checksum_of = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{checksum_of}'" in said
    assert "default-src 'none'" in said
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.skipif(not shutil.which("pandoc"), reason="pandoc is not installed")
@pytest.mark.parametrize("reader", ["markdown", "commonmark", "gfm"])
def test_markdown_shows_what_stands_there_and_no_more(reader: str) -> None:
    made = Some([*ODD, *hostile()._articles], [], {})
    raw = written(digest(made, "clip"), "md")
    command = ["pandoc", "-f", reader, "-t", "html", "--wrap=none"]
    done = subprocess.run(command, input=raw, capture_output=True, check=True)
    page = lxml_html.fromstring(f"<main>{done.stdout.decode()}</main>")
    assert not list(page.iter("script", "img", "b", "h3", "blockquote", "ol", "table", "sup", "li", "code"))
    assert {one.get("href").partition(":")[0] for one in page.iter("a")} <= {"https", "http"}
    shown = [" ".join(one.text_content().split()) for one in page.iter("h2")]
    wanted = [one.title for one in ODD if one.title]
    smart = str.maketrans("’‘“”…", "''\"\".")
    for title in wanted:
        assert any(head.translate(smart).startswith(title.translate(smart)) for head in shown), title
    paragraphs = [" ".join(one.text_content().split()).translate(smart) for one in page.iter("p")]
    for line in ("# Not a heading", "- not a list second line - of it", "> nor quoted & <b>not bold</b>", "===", "---"):
        assert line in paragraphs, paragraphs


def test_an_e_mail_has_the_headers_that_we_wrote() -> None:
    to = addresses("Ann Lee <ann@b.example>, ben@b.example", "--to")
    raw = as_mail(digest(hostile(), title=EVIL), Envelope(to, to[1], "The week\r\nBcc: x@evil.example"), MOMENT)
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    message = message_from_bytes(raw, policy=policy.default)
    assert set(message.keys()) == {
        "From", "To", "Subject", "Date", "Auto-Submitted", "X-Mailer", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert message["To"] == "Ann Lee <ann@b.example>, ben@b.example"
    assert message["Subject"] == "The week Bcc: x@evil.example"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "given_as", ["", "ann", "a@b\nBcc: c@d", "a@b\r\nBcc: c@d", "é@b.example", "a@b@c", "<>", "a b@c d"]
)
def test_what_is_no_address_is_refused(given_as: str) -> None:
    with pytest.raises(UsageError, match="--to"):
        addresses(given_as, "--to")


def test_html_of_the_mail_and_of_the_page_are_one() -> None:
    made = digest(some(), "short", "outlet")
    message = message_from_bytes(written(made, "eml"), policy=policy.default)
    part = message.get_body(("html",))
    assert part is not None
    assert part.get_content().replace("\r\n", "\n") == "".join(as_html(made))


ODD_DATES = [
    "\x1b[5mred\x07",
    "²²²²-01",
    "1" * 5000,
    "2014-" + "1" * 5000,
    "](javascript:alert(1))",
    "2014-1-1",
    "=1+1",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("group_by", GROUPS)
def test_what_is_no_date_is_told_as_none(form: str, group_by: Any) -> None:
    articles = [article(number, "Odd", "Pulse", date) for number, date in enumerate(ODD_DATES)]
    made = written(digest(Some(articles, [replace(articles[0], id="f" * 16, duplicate_of=articles[1].id)]),
                          group_by=group_by), form)  # fmt: skip
    text = message_from_bytes(made, policy=policy.default).get_body(("plain",)).get_content() if form == "eml" else (
        made.decode()
    )  # fmt: skip
    assert text.count("no date") == len(articles) + 1
    assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f]|1{9}|²|javascript|1\\+1", text)


def test_without_excerpts_no_word_of_a_text_stands_for_a_title() -> None:
    one = article(1, None, "Pulse", "2014-11-07", text="Unsaid words.")
    other = replace(one, id="f" * 16, duplicate_of=one.id)
    for form in FORMS:
        assert b"Unsaid" in written(digest(Some([one], [other]), "short"), form)
        bare_one = written(digest(Some([one], [other]), "none"), form)
        assert b"Unsaid" not in bare_one and b"[no title]" in bare_one.replace(b"\\", b"")
