"""Lists of web addresses: a text with one in a line, and tables as spreadsheets write them."""

from __future__ import annotations

import contextlib
import csv
import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.facts import Facts
from clipper.collect.intake import listed, sheet
from clipper.collect.intake.urllists import is_list, read
from clipper.collect.pieces import Batch, Link
from clipper.errors import Refused
from clipper.text import clean_line

TABLE = """\
Web address,Headline,Newspaper,Date published,Byline,Summary,Full text,Language,Tags
https://post.example/ward,"Ward to shut, board says",The Northern Post,7 November 2014,By Ian Quinn and Paul Marsh,\
In short.,"The ward shuts in May.

Forty beds go.",en-GB,"beds, privatisation"
"""
TABLE_LINK = Link(
    url="https://post.example/ward",
    facts=Facts(
        url="https://post.example/ward",
        title="Ward to shut, board says",
        outlet="The Northern Post",
        authors=("Ian Quinn", "Paul Marsh"),
        published="2014-11-07",
        language="en",
        excerpt="In short.",
        categories=("beds", "privatisation"),
    ),
    text="The ward shuts in May.\n\nForty beds go.",
    place="row 2",
)

ZOTERO = (
    "\ufeff"
    '"Key","Item Type","Publication Year","Author","Title","Publication Title","ISBN","ISSN","DOI","Url",'
    '"Abstract Note","Date","Date Added","Date Modified","Access Date","Publisher","Language","Notes","Manual Tags",'
    '"Automatic Tags"\n'
    '"A1","newspaperArticle","2014","Quinn, Ian; Valley Health and Care Board","Serplan wins contract",'
    '"The Fenwick Echo",'
    '"","","","https://echo.example/serplan","Who runs it","2014-11-07 00:00:00","2016-01-02 10:00:00",'
    '"2016-01-02 10:00:00","2016-01-02 10:00:00","","en-GB","<p>mine</p>","contracts; beds","NHS"\n'
    '"A2","attachment","","","Full Text PDF","","","","","https://echo.example/serplan.pdf","","","","","","","","","",""\n'
    '"A3","note","","","","","","","","","","","","","","","","<p>mine</p>","",""\n'
    '"A4","journalArticle","2013","Marsh, Paul","Beds and boards","","","","10.1000/b","","","Winter 2013",'
    '"","","","Fenwick Press",'
    '"","","",""\n'
)
ZOTERO_LINKS = (
    Link(
        url="https://echo.example/serplan",
        facts=Facts(
            url="https://echo.example/serplan",
            title="Serplan wins contract",
            outlet="The Fenwick Echo",
            authors=("Ian Quinn", "Valley Health and Care Board"),
            published="2014-11-07",
            language="en",
            excerpt="Who runs it",
            categories=("contracts", "beds", "NHS"),
        ),
        text="Who runs it",
        place="row 2",
    ),
    Link(
        url="https://doi.org/10.1000/b",
        facts=Facts(
            url="https://doi.org/10.1000/b",
            title="Beds and boards",
            outlet="Fenwick Press",
            authors=("Paul Marsh",),
            published="2013",
        ),
        place="row 5",
    ),
)

ARTICLE = """The board met on Friday.

It published its plan at
https://board.example/plan
and the union answered at https://union.example/answer within the hour.
"""


def table(*rows: str, name: str = "list.csv") -> Batch:
    return read(name, "\n".join(rows).encode())


def urls(name: str, text: str) -> list[str | None]:
    return [link.url for link in read(name, text.encode()).links]


def days(*dates: str, head: str = "date") -> list[str | None]:
    batch = table(f"title,url,{head}", *(f"T,https://a.example/{i},{day}" for i, day in enumerate(dates)))
    return [link.facts.published for link in batch.links]


def authors(cell: str) -> tuple[str, ...]:
    return table("url\tauthor", f"https://a.example/1\t{cell}", name="list.tsv").links[0].facts.authors


def cause(name: str, body: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read(name, body)
    return str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_column_that_is_named_is_honoured(encoding: str, end: str) -> None:
    body = TABLE.replace("\n", end).encode(encoding)
    assert is_list("list.csv", body)
    assert read("list.csv", body) == Batch(links=(TABLE_LINK,))


def test_the_table_that_zotero_exports_is_read_without_attachments_and_notes() -> None:
    assert is_list("library.csv", ZOTERO.encode())
    batch = read("library.csv", ZOTERO.encode())
    told = ("columns not used: Notes", "2 rows of attachments and notes left out")
    assert batch == Batch(links=ZOTERO_LINKS, notes=told)


@pytest.mark.parametrize("header", ["url", "URL:", "Link", "Web Address", "HREF", "Article URL", "Link (to the page)"])
def test_a_header_is_known_however_it_is_written(header: str) -> None:
    (link,) = table(f"No.,{header},TITLE ", "1,https://a.example/1,One").links
    assert (link.url, link.facts.title) == ("https://a.example/1", "One")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("first", ["", "sep={}\n", '"sep={}"\r\n'])
def test_each_separator_is_told_from_the_header_or_the_first_line(separator: str, first: str) -> None:
    rows = [("url", "title", "notes"), ("https://a.example/1", "Beds; wards, and more", "x")]
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    (link,) = read("list.csv", (first.format(separator) + out.getvalue()).encode()).links
    assert (link.url, link.facts.title, link.place) == ("https://a.example/1", "Beds; wards, and more", "row 2")


def test_a_table_of_excel_in_windows_1252_is_read_and_told() -> None:
    batch = read("list.csv", "url;title\r\nhttps://a.example/1;Café to cost £5m – “at most”\r\n".encode("windows-1252"))
    assert batch.links[0].facts.title == "Café to cost £5m – “at most”"
    assert batch.notes[0].startswith("not UTF-8: read as windows-1252")


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("list.csv", b"url,title\nhttps://a.example/1,\x81\x9d\n", "not UTF-8 (byte 0x81 in line 2); convert it first"),
        ("list.csv", "url\nhttps://a.example/1".encode("utf-16-le"), "not a text file (it holds NUL bytes)"),
        ("list.csv", b"date,beds\n2014,40\n", "no list of web addresses; a table needs a header row with url, title"),
        ("story.txt", ARTICLE.encode(), "no list of web addresses"),
        ("list.csv", b"", "no list of web addresses"),
        ("list.csv", b"url,title\n,\n", "no entry in it has an address or a title"),
        ("list.csv", b'url,title\nhttps://a.example/1,"One\nhttps://a.example/2,x,y\n',
         "a quotation mark in row 2 is never closed; close it, or leave it out"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_with_the_cause(name: str, body: bytes, said: str) -> None:
    assert cause(name, body).startswith(said)


def test_a_title_over_the_header_is_passed_over() -> None:
    (link,) = table("Press about the ward,,", ",,", "Date,Title,Link", "7/11/2014,One,https://a.example/1").links
    assert (link.facts.title, link.facts.published, link.place) == ("One", "2014-11-07", "row 4")


def test_a_column_of_addresses_without_a_header_is_read() -> None:
    text = "https://a.example/1\nhttps://a.example/2\n"
    assert is_list("list.csv", text.encode())
    assert urls("list.csv", text) == ["https://a.example/1", "https://a.example/2"]
    batch = table("One story,https://a.example/1", "Two,https://a.example/2")
    assert [link.url for link in batch.links] == ["https://a.example/1", "https://a.example/2"]
    assert batch.notes == ("no header row (url, title, outlet, date …): only the addresses are read",)


def test_commas_in_addresses_are_kept() -> None:
    old = ["http://old.example/story/0,,1234,00.html", "http://old.example/story/0,,1235,00.html"]
    assert urls("list.csv", "\n".join(old)) == old
    assert urls("list.csv", "\n".join(["url", *old])) == old
    assert urls("list.csv", f'title,url\nOne,{old[0]}\nTwo,"{old[1]}"\n') == old
    assert urls("list.csv", "http://a.example/1,2014-11-07\n") == ["http://a.example/1"]


def test_a_row_with_a_title_and_no_address_stays() -> None:
    batch = table("title,outlet,url", "One,The Fenwick Echo,", ",Echo,", "Two,Echo,mailto:desk@echo.example")
    assert [(link.url, link.facts.title) for link in batch.links] == [(None, "One"), (None, "Two")]
    assert batch.notes == (
        "row 3: neither an address nor a title",
        "row 4: no http or https address (mailto:desk@echo.example)",
    )


def test_an_address_in_the_column_of_sources_is_the_link() -> None:
    (link,) = table("title,source,date", "One,https://a.example/1,2014").links
    assert (link.url, link.facts.outlet) == ("https://a.example/1", None)


def test_a_row_with_an_unquoted_comma_keeps_its_address_and_is_told() -> None:
    batch = table("title,url,outlet", "Beds, wards and more,https://a.example/1,Echo", "Two,https://a.example/2,Echo")
    assert [(link.url, link.facts.title) for link in batch.links] == [
        ("https://a.example/1", None),
        ("https://a.example/2", "Two"),
    ]
    assert batch.notes == ("row 2: more cells than the header; only its address is read",)


def test_quotation_marks_that_quote_nothing_are_text() -> None:
    batch = read("list.tsv", b'url\ttitle\nhttps://a.example/1\t"Cuts\nhttps://a.example/2\t"No" says board\n')
    assert [link.facts.title for link in batch.links] == ['"Cuts', '"No" says board']


def test_a_stray_quotation_mark_is_told() -> None:
    batch = table("url,title,date", 'https://a.example/1,"No" to cuts,2014', "https://a.example/2,Two")
    assert [link.facts.title for link in batch.links] == ["No to cuts", "Two"]
    assert batch.notes == ("a quotation mark stands where none belongs, and may have hidden the end of a row",)


def test_an_address_that_was_listed_before_is_told() -> None:
    rows = [f"https://www.a.example/1/?utm_source=x{i}" for i in range(9)]
    batch = table("url", *rows)
    assert [link.place for link in batch.links] == ["row 2"]
    assert batch.notes == (
        *(f"row {number}: the address of row 2 again" for number in range(3, 8)),
        "and 3 more addresses that were listed before",
    )


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("07/11/2014", "2014-11-07"),
        ("07/11/2014 00:00", "2014-11-07"),
        ("2014-11-07 00:00:00", "2014-11-07"),
        ("2014-11-07T09:00:00Z", "2014-11-07"),
        ("41950", "2014-11-07"),
        ("41950.375", "2014-11-07"),
        ("07-Nov-14", "2014-11-07"),
        ("November 2014", "2014-11"),
        ("2014", "2014"),
        ("", None),
        ("n.d.", None),
    ],
)
def test_a_date_is_read_as_excel_leaves_it(cell: str, day: str | None) -> None:
    assert days(cell) == [day]
    assert table("url,date", f"https://a.example/1,{cell}").notes == ()


@pytest.mark.parametrize("cell", ["Nov-14", "99999", "07-11-14", "31/11/2014", "last week"])
def test_a_date_that_is_not_certain_is_told_and_not_taken(cell: str) -> None:
    batch = table("url,date", f"https://a.example/1,{cell}")
    assert batch.links[0].facts.published is None
    assert batch.notes == (f"row 2: the date cannot be read ({cell})",)


def test_dates_are_month_first_where_several_can_be_nothing_else() -> None:
    assert days("07/11/2014", "11/23/2014", "12/25/2014") == ["2014-07-11", "2014-11-23", "2014-12-25"]
    assert days("07/11/2014", "23/11/2014") == ["2014-11-07", "2014-11-23"]
    assert days("07/11/2014", head="Date (mm/dd/yyyy)") == ["2014-07-11"]
    assert table("url,date", "https://a.example/1,11/23/2014", "https://a.example/2,11/24/2014").notes == (
        "dates are read month first (row 2: 11/23/2014)",
    )


def test_one_date_with_the_month_first_does_not_turn_the_others() -> None:
    rows = ("07/11/2014", "11/25/2014", "23/11/2014", "07/07/2014")
    assert days(*rows) == ["2014-11-07", "2014-11-25", "2014-11-23", "2014-07-07"]
    assert days("07/11/2014", "11/25/2014") == ["2014-11-07", "2014-11-25"]
    batch = table("url,date", *(f"https://a.example/{i},{day}" for i, day in enumerate(rows)))
    assert batch.notes == (
        "row 2: the date can be two days (07/11/2014), and is read day first",
        "row 3: read month first (11/25/2014)",
    )


def test_the_order_that_a_header_states_holds_for_what_can_be_two_days() -> None:
    assert days("07/11/2014", "25/11/2014", head="Date (mm/dd/yyyy)") == ["2014-07-11", "2014-11-25"]


@pytest.mark.parametrize(
    ("cell", "people"),
    [
        ("Ian Quinn", ("Ian Quinn",)),
        ("By Ian Quinn and Paul Marsh", ("Ian Quinn", "Paul Marsh")),
        ("Ian Quinn, Paul Marsh", ("Ian Quinn", "Paul Marsh")),
        ("Quinn, Ian", ("Ian Quinn",)),
        ("Quinn, Ian; Marsh, Paul", ("Ian Quinn", "Paul Marsh")),
        ("Ian Quinn; Paul Marsh", ("Ian Quinn", "Paul Marsh")),
    ],
)
def test_authors_are_read_in_each_usual_form(cell: str, people: tuple[str, ...]) -> None:
    assert authors(cell) == people


def test_a_text_with_an_address_in_each_line_is_a_list() -> None:
    text = """# What I saved in May

https://a.example/1
https://a.example/2   the one about beds # to read
- <https://a.example/3>
* [ ] https://a.example/4,
2. [Ward to shut](https://a.example/ward_(north))
[https://a.example/6](https://a.example/6)
www.a.example/7
https://a.example/8, https://a.example/9
(https://a.example/10)
"""
    text = text.replace("(https://a.example/10)\n", "https://a.example/10)\n")
    assert is_list("saved.txt", text.encode()) and is_list("-", text.encode()) and is_list("saved.md", text.encode())
    batch = read("-", text.encode())
    assert [(link.url, link.facts.title, link.place) for link in batch.links] == [
        ("https://a.example/1", None, "line 3"),
        ("https://a.example/2", None, "line 4"),
        ("https://a.example/3", None, "line 5"),
        ("https://a.example/4", None, "line 6"),
        ("https://a.example/ward_(north)", "Ward to shut", "line 7"),
        ("https://a.example/6", None, "line 8"),
        ("http://www.a.example/7", None, "line 9"),
        ("https://a.example/8", None, "line 10"),
        ("https://a.example/9", None, "line 10"),
        ("https://a.example/10", None, "line 11"),
    ]
    assert batch.notes == ()


def test_lines_among_addresses_that_are_none_are_told() -> None:
    lines = [
        "https://a.example/1",
        "127.0.0.1:8765/c.html",
        "www.a.example/x",
        "the two below are about beds",
        "https://a.example/2",
        "see this one too: (https://a.example/3).",
    ]
    for name in ("saved.txt", "-", "saved.csv"):
        body = "\n".join(lines).encode()
        assert is_list(name, body)
        batch = read(name, body)
        assert [link.url for link in batch.links] == [
            "https://a.example/1",
            "http://www.a.example/x",
            "https://a.example/2",
            "https://a.example/3",
        ]
        assert batch.notes == (
            "2 lines are no URLs: line 2 (127.0.0.1:8765/c.html), line 4 (the two below are about beds)",
        )


def test_of_many_lines_that_are_no_addresses_the_first_are_shown() -> None:
    text = "".join(f"https://a.example/{i}\nx{i}\n" for i in range(7))
    assert read("-", text.encode()).notes == (
        "7 lines are no URLs: line 2 (x0), line 4 (x1), line 6 (x2), line 8 (x3), line 10 (x4) and 2 more",
    )
    assert read("-", b"Ward to shut\n\nhttps://a.example/1\nhttps://a.example/2\n").notes == (
        "1 line is no URL: line 1 (Ward to shut)",
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("story.txt", ARTICLE),
        ("-", ARTICLE),
        ("story.txt", "https://board.example/plan\n\n" + "The board met on Friday and said that it would. " * 20),
        ("story.txt", "https://board.example/plan " + "The board met on Friday and said that it would. " * 20),
        ("story.txt", "Ward to shut\nhttps://a.example/1\n"),
        ("story.txt", "https://a.example/1\nhttps://a.example/2\n" + "The board met on Friday and said so. " * 4),
        ("story.txt", "Ward to shut\nThe board met\non Friday.\n" + "https://a.example/1\n" * 5),
        ("story.txt", "".join(f"Ward {i} to shut (The Guardian: {i} June 2015)\nhttps://a.example/{i}\n\n"
                              for i in range(1, 5))),
        ("story.txt", "# only a comment\n"),
        ("story.txt", "https://a.example/1 " * 10_000),
        ("story.txt", "[a](https://a.example/" + "(a" * 1_000_000),
        ("story.txt", "Title, source, date\n\nThe board met.\n"),
        ("story.txt", ""),
        ("page.html", "https://a.example/1\n"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_none(name: str, text: str) -> None:
    assert not is_list(name, text.encode())


@pytest.mark.parametrize("name", ["x.csv", "X.TSV", "x.csv.gz"])
@pytest.mark.parametrize("text", ["Date,Beds\n2014-11-07,40\n", "Ward,Beds\nNorth,40\nSouth,30\n", ARTICLE, "\x00\x01"])
def test_a_table_is_never_an_article_and_what_it_lacks_is_said(name: str, text: str) -> None:
    assert is_list(name, text.encode())
    said = cause(name, text.encode())
    assert said in (
        "no list of web addresses; a table needs a header row with url, title, outlet and date",
        "not a text file (it holds NUL bytes)",
    )


@pytest.mark.parametrize("head", ["date", "Date of article", "Day", "When", "Dated", "Publication day"])
def test_a_column_of_dates_is_known_by_many_names(head: str) -> None:
    (link,) = table(f"Title,URL,{head}", "One,https://a.example/1,12/03/2014").links
    assert link.facts.published == "2014-03-12"


@pytest.mark.parametrize("head", ["Newspaper", "Published in", "Where", "Appeared in", "Name of paper"])
@pytest.mark.parametrize("title", ["Headline", "Item", "Name", "Subject"])
def test_outlets_and_titles_are_known_by_many_names(head: str, title: str) -> None:
    batch = table(f"{title},{head},When", "Ward to shut,The Fenwick Echo,12/03/2014")
    assert is_list("list.csv", b"x") and batch.notes == ()
    assert batch.links == (
        Link(
            url=None,
            facts=Facts(title="Ward to shut", outlet="The Fenwick Echo", published="2014-03-12"),
            place="row 2",
        ),
    )


def test_a_column_that_is_loosely_named_must_hold_what_it_is_called() -> None:
    batch = table(
        "Item,Title,Day,Where,Date,URL",
        "1,Ward to shut,Friday,on page 4 below,12/03/2014,https://a.example/1",
        "2,Beds gone,Monday,on page 9 below,15/03/2014,https://a.example/2",
    )
    assert [(link.facts.title, link.facts.outlet, link.facts.published) for link in batch.links] == [
        ("Ward to shut", None, "2014-03-12"),
        ("Beds gone", None, "2014-03-15"),
    ]
    assert batch.notes == ("columns not used: Item, Day, Where",)


def test_columns_of_dates_and_addresses_are_told_by_what_is_in_them() -> None:
    batch = table(
        "Title,Paper,Erschienen,Fundort,Accessed",
        "One,Echo,12/03/2014,https://a.example/1,2/2/2016",
        "Two,Echo,15 March 2014,https://a.example/2,3/2/2016",
    )
    assert [(link.url, link.facts.published) for link in batch.links] == [
        ("https://a.example/1", "2014-03-12"),
        ("https://a.example/2", "2014-03-15"),
    ]
    assert batch.notes == (
        "column Fundort holds addresses, and is read so",
        "column Erschienen holds dates, and is read so",
        "columns not used: Accessed",
    )


def test_of_two_columns_of_dates_without_a_known_name_none_is_taken() -> None:
    batch = table("Title,URL,Alpha,Beta", "One,https://a.example/1,12/03/2014,15/03/2014")
    assert batch.links[0].facts.published is None
    assert batch.notes == ("columns not used: Alpha, Beta",)


def test_columns_that_hold_something_and_are_not_used_are_told() -> None:
    batch = table("No.,url,Notes,Comments,Page,", "1,https://a.example/1,mine,,4,x", "2,https://a.example/2,,ours,,")
    assert batch.notes == ("columns not used: Notes, Comments, Page, column 6",)
    wide = table("url," + ",".join(f"c{i}" for i in range(14)), "https://a.example/1" + ",x" * 14)
    assert wide.notes == ("columns not used: c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 and 4 more",)


@pytest.mark.parametrize("separator", [";", "\t", ","])
@pytest.mark.parametrize("head", [(), ("Titel", "Zeitung", "Datum"), ("Überschrift", "Paper", "Datum")])
def test_columns_without_names_are_told_by_what_is_in_them(separator: str, head: tuple[str, ...]) -> None:
    rows = [
        ("Ward at Fenwick General to shut in May", "The Guardian", "12/03/2014"),
        ("Board says that forty beds will go", "Fenwick Evening Post", "15 March 2014"),
        ("Serplan to run the night clinic", "Pulse", "n.d."),
        *((f"Staff of ward {i} to move to the valley", "Daily Mail", f"{i}/4/2014") for i in range(1, 20)),
    ]
    batch = table(*(separator.join(row) for row in ([head] if head else []) + rows))
    assert [(link.facts.title, link.facts.outlet, link.facts.published) for link in batch.links[:3]] == [
        ("Ward at Fenwick General to shut in May", "The Guardian", "2014-03-12"),
        ("Board says that forty beds will go", "Fenwick Evening Post", "2014-03-15"),
        ("Serplan to run the night clinic", "Pulse", None),
    ]
    assert len(batch.links) == len(rows)
    assert batch.notes == (
        "no header row that names url, title, outlet, date: told by what is in them, "
        "column 1 is the title, column 2 is the outlet, column 3 is the date",
    )


@pytest.mark.parametrize(
    "row",
    [
        "Ward at Fenwick General to shut in May;12/03/2014",
        "Ward at Fenwick General to shut in May;The Guardian;12/03/2014;15/03/2014",
        "Ward at Fenwick General to shut in May;Beds at Fenwick General will go;The Guardian;12/03/2014",
        "The Guardian;12/03/2014",
        "Ward;The Guardian;12/03/2014",
    ],
)
def test_a_table_without_names_whose_columns_are_not_certain_is_refused(row: str) -> None:
    assert "url, title, outlet and date" in cause("list.csv", f"{row}\n{row}\n".encode())


def test_a_table_with_a_header_comes_by_stdin_too() -> None:
    assert is_list("-", TABLE.encode())
    assert read("-", TABLE.encode()).links == (TABLE_LINK,)
    assert urls("export.txt", "Link\tTitle\nhttps://a.example/1\tOne\n") == ["https://a.example/1"]


def test_a_text_longer_than_a_cell_of_the_csv_module_is_read() -> None:
    words = "word " * 60_000
    assert len(table("title,text,outlet", f'One,"{words}",Echo').links[0].text.split()) == 60_000


def test_more_rows_than_a_list_may_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed.MOST_ENTRIES == sheet.MOST_ENTRIES == 100_000
    monkeypatch.setattr(listed, "MOST_ENTRIES", 100)
    monkeypatch.setattr(sheet, "MOST_ENTRIES", 100)
    lines = [f"https://a.example/{i}" for i in range(101)]
    for name, head in (("list.txt", []), ("list.csv", ["url"])):
        assert len(urls(name, "\n".join([*head, *lines[:100]]))) == 100
        assert cause(name, "\n".join([*head, *lines]).encode()).startswith("more than 100 ")


@pytest.mark.parametrize(
    "unit",
    [",", '"', '",', "\n", "\r", "https://a.example/", "[", "](", "- ", "7/7/2014,", "a ", "https://b.example\nx y\n"],
)
def test_a_hostile_list_takes_time_that_grows_with_it_only(unit: str) -> None:
    body = (unit * (300_000 // len(unit))).encode()
    begun = time.process_time()
    for name in ("list.csv", "list.txt"):
        for whole in (body, b"url,title,date\nhttps://a.example/1,One," + body, b"[a](https://a.example/" + body):
            is_list(name, whole)
            with contextlib.suppress(Refused):
                read(name, whole)
    assert time.process_time() - begun < 20  # of the processor; what grows with the square takes many minutes


_PIECES = st.sampled_from(
    ["url", "title", "date", ",", ";", "\t", "\n", "\r", '"', "sep=;\n", "https://a.example/1", "11/23/2014", "41950",
     "- ", "[a](", ")", "<", "#", "\x00", "é", "\ufeff", "Item Type", "note", " ", "Pulse", "Ward to shut in May",
     "When", "12/03/2014", "x"]
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(
    name=st.sampled_from(["a.csv", "a.tsv", "a.txt", "-", "", "a.md", "a.html"]),
    body=st.binary(max_size=200) | st.lists(_PIECES, max_size=40).map(lambda pieces: "".join(pieces).encode()),
)
def test_any_bytes_are_read_or_refused(name: str, body: bytes) -> None:
    taken = is_list(name, body)
    try:
        batch = read(name, body)
    except Refused as refused:
        assert "\n" not in str(refused)
        return
    assert taken
    for link in batch.links:
        assert link.url or link.facts.title
        assert link.url is None or link.url.startswith(("http://", "https://"))


_TITLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)


@settings(max_examples=120, deadline=None)
@given(
    titles=st.lists(_TITLE, min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_titles_come_back_from_a_table_as_they_went_in(titles: list[str], delimiter: str, quoting: int) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]  # a value out of a table
    writer.writerow(["Title", "URL"])
    writer.writerows([title, f"https://a.example/{i}"] for i, title in enumerate(titles))
    batch = read("list.csv", out.getvalue().encode())
    assert [(link.url, link.facts.title) for link in batch.links] == [
        (f"https://a.example/{i}", clean_line(title) or None) for i, title in enumerate(titles)
    ]
