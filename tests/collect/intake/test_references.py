"""References as Zotero, EndNote and Mendeley export them: RIS, CSL-JSON, BibTeX."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.facts import Facts
from clipper.collect.intake import bibtex, listed
from clipper.collect.intake.bibtex import plain_latex
from clipper.collect.intake.listed import EXCERPT, doi_address, person, web_address, written_date
from clipper.collect.intake.references import Kind, kind_of, read
from clipper.collect.pieces import Batch, Link
from clipper.errors import Refused
from clipper.text import clean_line

RIS = """TY  - NEWS
TI  - Night ward at Fenwick General to shut &amp; staff <i>to move</i>
AU  - Quinn, Ian
AU  - Marsh, Paul R., Jr.
AU  - Department of Health and Social Care
T2  - The Northern Post
DA  - 2014/11/07/
PY  - 2014
SP  -
UR  - https://post.example/ward;id=7?a=1&amp;b=2
UR  - https://post.example/ward/print
L1  - https://post.example/ward.pdf
AB  - The night ward shuts in May,
the board said.

Forty beds go.
KW  - privatisation; beds
KW  - Beds
LA  - en-GB
ER  -
"""
RIS_LINK = Link(
    url="https://post.example/ward;id=7?a=1&b=2",
    facts=Facts(
        url="https://post.example/ward;id=7?a=1&b=2",
        title="Night ward at Fenwick General to shut & staff to move",
        outlet="The Northern Post",
        authors=("Ian Quinn", "Paul R. Marsh Jr", "Department of Health and Social Care"),
        published="2014-11-07",
        language="en",
        excerpt="The night ward shuts in May, the board said. Forty beds go.",
        categories=("privatisation", "beds"),
    ),
    text="The night ward shuts in May,\nthe board said.\n\nForty beds go.",
    place="line 1",
)

CSL: list[dict[str, Any]] = [
    {
        "id": "http://zotero.org/users/1/items/A",
        "type": "article-newspaper",
        "title": "Trust hands <i>Echo</i> contract to Serplan",
        "container-title": "The Fenwick Echo",
        "URL": "https://echo.example/serplan",
        "abstract": "<jats:p>First.</jats:p><jats:p>Second.</jats:p>",
        "language": "English",
        "keyword": "contracts, NHS",
        "author": [
            {"family": "Haan", "given": "Jo", "non-dropping-particle": "de"},
            {"literal": "Valley Health and Care Board"},
            {"family": "Marsh", "given": "Paul", "suffix": "Jr."},
        ],
        "issued": {"date-parts": [["2014", 11, 7]]},
    }
]
CSL_LINK = Link(
    url="https://echo.example/serplan",
    facts=Facts(
        url="https://echo.example/serplan",
        title="Trust hands Echo contract to Serplan",
        outlet="The Fenwick Echo",
        authors=("Jo de Haan", "Valley Health and Care Board", "Paul Marsh Jr"),
        published="2014-11-07",
        language="en",
        excerpt="First. Second.",
        categories=("contracts", "NHS"),
    ),
    text="First.\n\nSecond.",
    place="entry 1",
)

BIBTEX = r"""% made by hand
@comment{jabref-meta: databaseType:bibtex;}
@string{echo = "The Fenwick Echo"}

@article{quinn_cafe_2014,
	title = {Caf{\'e} at the {NHS} hospital \& the \textit{bill} -- up 5\% of 5% to \$5m {\textgreater} \pounds 6},
	url = {https://echo.example/caf%C3%A9_bill?a=1&b=~x},
	abstract = {One --- two.},
	language = {en-GB},
	urldate = {2016-01-02},
	journal = echo,
	author = {Quinn, Ian and {Department of Health and Care} and M{\"u}ller, J{\"o}rg and others},
	month = nov # "~7",
	year = 2014,
	keywords = {catering, bills},
}
"""
BIBTEX_LINK = Link(
    url="https://echo.example/caf%C3%A9_bill?a=1&b=~x",
    facts=Facts(
        url="https://echo.example/caf%C3%A9_bill?a=1&b=~x",
        title="Café at the NHS hospital & the bill – up 5% of 5% to $5m > £6",
        outlet="The Fenwick Echo",
        authors=("Ian Quinn", "Department of Health and Care", "Jörg Müller"),
        published="2014-11-07",
        language="en",
        excerpt="One — two.",
        categories=("catering", "bills"),
    ),
    text="One — two.",
    place="line 5",
)


def links(kind: Kind, text: str) -> list[Link]:
    return list(read(kind, text.encode()).links)


def ris(*lines: str) -> Link:
    (link,) = links("ris", "\n".join(("TY  - NEWS", "TI  - T", *lines, "ER  - ")))
    return link


def csl(**fields: Any) -> Link:
    (link,) = links("csl-json", json.dumps([{"type": "webpage", "title": "T", **fields}]))
    return link


def bib(fields: str) -> Link:
    (link,) = links("bibtex", f"@misc{{k, title = {{T}}, {fields}}}")
    return link


def cause(kind: Kind, body: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read(kind, body)
    return str(refused.value)


@pytest.mark.parametrize(
    ("kind", "text", "link"),
    [("ris", RIS, RIS_LINK), ("csl-json", json.dumps(CSL), CSL_LINK), ("bibtex", BIBTEX, BIBTEX_LINK)],
)
def test_an_entry_says_all_that_is_in_it(kind: Kind, text: str, link: Link) -> None:
    assert read(kind, text.encode()) == Batch(links=(link,))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_and_line_ends_of_every_system_are_read(encoding: str, end: str) -> None:
    body = RIS.replace("\n", end).encode(encoding)
    assert kind_of("-", body) == "ris"
    assert read("ris", body) == Batch(links=(RIS_LINK,))
    assert read("bibtex", BIBTEX.encode(encoding)) == Batch(links=(BIBTEX_LINK,))


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("library.ris", RIS, "ris"),
        ("library.txt", RIS, "ris"),
        ("-", RIS, "ris"),
        ("", f"Record #1 of 2\nProvider: Echo\n\n{RIS}", "ris"),
        ("LIBRARY.RIS", "nothing of the kind", "ris"),
        ("library.json", json.dumps(CSL), "csl-json"),
        ("-", json.dumps(CSL), "csl-json"),
        ("answer.json", json.dumps({"items": CSL}), "csl-json"),
        ("one.json", json.dumps(CSL[0]), "csl-json"),
        ("library.bib", BIBTEX, "bibtex"),
        ("-", BIBTEX, "bibtex"),
        ("library.txt", BIBTEX, "bibtex"),
        ("feed.json", json.dumps({"version": "https://jsonfeed.org/version/1", "items": [{"title": "a"}]}), None),
        ("map.json", json.dumps({"type": "FeatureCollection", "features": []}), None),
        ("export.json", json.dumps([{"id": "a", "kind": "article", "title": "A", "url": "https://a.example"}]), None),
        ("numbers.json", "[1, 2]", None),
        ("broken.json", '[{"type": "book", "title": ', None),
        ("deep.json", "[" * 100_000, None),
        ("story.txt", "The ward shuts in May\n\nTY is a word of two letters, and @article is another.\n", None),
        ("story.txt", "", None),
        ("page.html", "<p>TY - NEWS</p>", None),
    ],
)
def test_the_kind_shows_in_the_file_and_then_in_its_name(name: str, text: str, kind: str | None) -> None:
    assert kind_of(name, text.encode()) == kind


def test_an_entry_without_its_last_line_is_kept_and_so_is_the_next() -> None:
    text = "TY  - NEWS\nTI  - One\nUR  - https://a.example/1\nTY  - BLOG\nTI  - Two\nUR  - https://a.example/2\n"
    assert [(link.facts.title, link.place) for link in links("ris", text)] == [("One", "line 1"), ("Two", "line 4")]


def test_what_databases_write_between_entries_belongs_to_none() -> None:
    text = f"1.\n{RIS}\nC1  - Database: Echo\nSearch strategy:\nAU  - Stray, A\n\n2.\nTY  - NEWS\nT1  - Two\nER  -\n"
    assert [link.facts.title for link in links("ris", text)] == [RIS_LINK.facts.title, "Two"]


def test_a_line_of_an_abstract_that_looks_like_a_tag_stays_in_it() -> None:
    assert ris("AB  - Three left:", "GP - one, and", "AI - another").text == "Three left:\nGP - one, and\nAI - another"
    (narrow,) = links("ris", "TY - NEWS\nTI - One\nER -\n")
    assert narrow.facts.title == "One"


@pytest.mark.parametrize(
    ("lines", "published"),
    [
        (["DA  - 2014/11//"], "2014-11"),
        (["DA  - 2014///"], "2014"),
        (["DA  - 2014/11/07/Late edition"], "2014-11-07"),
        (["DA  - 2014-11-07"], "2014-11-07"),
        (["DA  - Nov 7", "PY  - 2014"], "2014-11-07"),
        (["Y1  - 2014/11/07/", "Y2  - 2016/01/02/"], "2014-11-07"),
        (["PY  - 2014///", "DA  - 2014 Nov 07"], "2014-11-07"),
        (["PY  - 2014"], "2014"),
        (["Y2  - 2016/01/02/"], None),
        (["DA  - 2014/11/31/", "PY  - 2014"], "2014"),
        (["DA  - n.d."], None),
    ],
)
def test_the_most_exact_date_of_a_ris_entry_is_taken(lines: list[str], published: str | None) -> None:
    assert ris(*lines).facts.published == published


@pytest.mark.parametrize(
    ("issued", "published"),
    [
        ({"date-parts": [[2014, 11, 7], [2014, 11, 9]]}, "2014-11-07"),
        ({"date-parts": [["2014", "11"]]}, "2014-11"),
        ({"date-parts": [[2014]]}, "2014"),
        ({"date-parts": [[2014, 13]]}, "2014"),
        ({"date-parts": [[2014]], "season": 2}, "2014"),
        ({"date-parts": [[2014.0, 3.0, None]]}, "2014-03"),
        ({"date-parts": [[]], "literal": "7 November 2014"}, "2014-11-07"),
        ({"raw": "2014-11-07"}, "2014-11-07"),
        ({"year": 2014, "month": 11, "day": 7}, "2014-11-07"),
        ([{"year": "2014", "month": "3"}], "2014-03"),
        ("2014-11-07", "2014-11-07"),
        (None, None),
        (True, None),
        ({"date-parts": {"a": 1}}, None),
        ({"date-parts": [[float("nan")]]}, None),
    ],
)
def test_a_csl_date_is_read_in_each_of_its_forms(issued: Any, published: str | None) -> None:
    assert csl(issued=issued).facts.published == published


@pytest.mark.parametrize(
    ("fields", "published"),
    [
        ("date = {2014-11-07}", "2014-11-07"),
        ("date = {2014-11-07/2014-11-09}", "2014-11-07"),
        ("date = {2014-11~}", "2014-11"),
        ("year = {2014}, month = nov", "2014-11"),
        ("year = 2014, month = 3", "2014-03"),
        ('year = "2014", month = "7~" # nov', "2014-11-07"),
        ("year = {2014}, month = {November}, day = {7}", "2014-11-07"),
        ("year = {2014}", "2014"),
        ("year = {in press}", None),
    ],
)
def test_a_bibtex_date_is_read_in_each_of_its_forms(fields: str, published: str | None) -> None:
    assert bib(fields).facts.published == published


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        (r"url = {https://a.example/a\_b\%20c\#d}", "https://a.example/a_b%20c#d"),
        (r"url = {https://a.example/a{\_}b}", "https://a.example/a_b"),
        (r"howpublished = {\url{https://a.example/1}}", "https://a.example/1"),
        (r"note = {Accessed: \url{https://a.example/1}, in May}", "https://a.example/1"),
        ("howpublished = {https://a.example/1}", "https://a.example/1"),
        (r"doi = {10.1000/a\_b}", "https://doi.org/10.1000/a_b"),
        ("doi = {10.1000/ab}, url = {https://a.example/1}", "https://a.example/1"),
        ("url = {ftp://a.example/1}", None),
    ],
)
def test_the_address_of_a_bibtex_entry_loses_its_escapes(fields: str, url: str | None) -> None:
    assert bib(fields).url == url


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"{\'E}tude d'\'{\i}le \c{c} {\v{c}} \ss\ \o{} \H{o}", "Étude d'íle ç č ß ø ő"),
        (r"``Cuts'' and {\textquotedblleft}care{\textquotedblright} --- \emph{now}", "“Cuts” and “care” — now"),
        (r"{\%} {\&} {\_} {\#} \{a\} {\textbraceleft}", "% & _ # {a} {"),
        ("costs $5m and $6m more, 5% of it", "costs $5m and $6m more, 5% of it"),
        (r"half\ldots{} \textendash\ done~now", "half… – done now"),
        (r"\frac \sqrt \unknown{kept} \begin \href", "kept"),
        ("{{{Nested} {NHS}}", "Nested NHS"),
        ("\\", ""),
    ],
)
def test_latex_becomes_text(latex: str, text: str) -> None:
    assert clean_line(plain_latex(latex)) == text


def test_a_broken_entry_costs_only_itself_and_its_address_is_kept(capfd: pytest.CaptureFixture[str]) -> None:
    text = (
        "@article{a,\n title = {One},\n url = {https://a.example/1}\n}\n\n"
        "@article{b,\n title = {Two,\n url = {https://a.example/2},\n}\n\n"
        "@article{c,\n title = {Three\n\n"
        '@article(d, title = "Four {"}said{"}", url = {https://a.example/4})\n'
    )
    batch = read("bibtex", text.encode())
    told = "an entry that cannot be read: a bracket, comma or quotation mark is missing"
    assert [(link.url, link.facts.title) for link in batch.links] == [
        ("https://a.example/1", "One"),
        ("https://a.example/2", None),
        ("https://a.example/4", 'Four "said"'),
    ]
    assert batch.notes == (f"line 6: {told}; only its address is taken", f"line 11: {told}")
    assert capfd.readouterr() == ("", "")


def test_two_entries_with_one_key_are_two_entries() -> None:
    text = "@misc{k, title={One}}\n@misc{k, title={Two}, title={Again}}"
    assert [link.facts.title for link in links("bibtex", text)] == ["One", "Two"]


def test_only_web_addresses_are_links_and_the_rest_is_told() -> None:
    body = RIS.replace("https://post.example/ward;id=7?a=1&amp;b=2", "internal-pdf://1/ward.pdf")
    assert read("ris", body.encode()).links[0].url == "https://post.example/ward/print"
    batch = read(
        "ris", b"TY  - NEWS\nTI  - One\nUR  - javascript:alert(1)\nER  -\nTY  - NEWS\nUR  - file:///etc/passwd\n"
    )
    assert [(link.url, link.facts.url, link.facts.title) for link in batch.links] == [(None, None, "One")]
    assert batch.notes == (
        "line 1: no http or https address (javascript:alert(1))",
        "line 5: no http or https address (file:///etc/passwd)",
        "line 5: neither an address nor a title",
    )


def test_a_doi_is_an_address_where_there_is_no_other() -> None:
    assert ris("DO  - https://doi.org/10.1136/bmj.g1(2).").url == "https://doi.org/10.1136/bmj.g1(2)"
    assert csl(DOI="10.1000/x", URL="https://a.example/x").url == "https://a.example/x"
    assert doi_address("none") is None


def test_an_address_that_was_listed_before_is_told_and_left_out() -> None:
    batch = read("ris", f"{RIS}TY  - NEWS\nTI  - Again\nUR  - http://www.post.example/ward;id=7?b=2&a=1\n".encode())
    assert [link.place for link in batch.links] == ["line 1"]
    assert batch.notes == ("line 21: the address of line 1 again",)


def test_notes_that_are_not_taken_are_told() -> None:
    entry = "TY  - NEWS\nTI  - One\n{}ER  -\n"
    body = entry.format("N1  - ask the desk\n") + entry.format("N1  -\n") + entry.format("N1  - a\nRN  -\nb\n")
    assert read("ris", body.encode()).notes == (
        "notes (N1) are not used: line 1 and 1 more",
        "notes (RN) are not used: line 9",
    )
    items = [{"type": "book", "title": "T", "note": note} for note in ("", "mine", {"a": 1})]
    assert read("csl-json", json.dumps(items).encode()).notes == ("notes (note) are not used: entry 2",)


def test_of_many_faults_the_first_five_are_told_and_the_rest_counted() -> None:
    items = [{"type": "book", "title": f"T{i}", "issued": "one day"} for i in range(12)]
    batch = read("csl-json", json.dumps(items).encode())
    assert batch.notes == (
        *(f"entry {i}: the date cannot be read (one day)" for i in range(1, 6)),
        "and 7 more dates that cannot be read",
    )


def test_an_excerpt_is_short_and_the_text_whole() -> None:
    link = csl(abstract="word " * 400)
    assert len(link.facts.excerpt or "") <= EXCERPT
    assert len(link.text.split()) == 400


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Quinn, Ian", "Ian Quinn"),
        ("Ian Quinn", "Ian Quinn"),
        ("Quinn, I.", "I. Quinn"),
        ("King, Martin, Jr.", "Martin King Jr"),
        ("King, Jr., Martin", "Martin King Jr"),
        ("van der Berg, Jan", "Jan van der Berg"),
        ("Quinn,", "Quinn"),
        ("House of Lords Committee on Public Services and Demographic Change",
         "House of Lords Committee on Public Services and Demographic Change"),
        ("https://a.example/quinn", None),
        (" , ", None),
    ],
)  # fmt: skip
def test_a_name_is_turned_to_the_order_in_which_it_is_spoken(written: str, name: str | None) -> None:
    assert person(written) == name


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (" <https://a.example/b> ", "https://a.example/b"),
        ("HTTPS://A.example/B", "https://A.example/B"),
        ("www.a.example/b", "http://www.a.example/b"),
        ("https://a.example/b (read in May)", "https://a.example/b"),
        ("https://[::1", None),
        ("https://a.example:99999/", None),
        ("https:///path", None),
        ("https://a.example/\x1b[31m", None),
        ("https://a.example/\u202egro", None),
        ("https://a.example/\ud800", None),
        ("https://a.example/" + "a" * 9000, None),
        ("data:text/html,x", None),
        ("", None),
    ],
)
def test_an_address_is_http_or_https_with_a_host(text: str, url: str | None) -> None:
    assert web_address(text) == url


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20141107", "2014-11-07"),
        ("07-Nov-14", "2014-11-07"),
        ("07-Nov-98", "1998-11-07"),
        ("2014, November", "2014-11"),
        ("November 7, 2014 Friday", "2014-11-07"),
        ("2014-11-07 00:00:00", "2014-11-07"),
        ("Autumn 2014", "2014"),
        ("2014, winter", "2014"),
        ("07-11-14", None),
        ("Nov-14", None),
        ("20141399", None),
    ],
)
def test_a_date_is_read_only_where_it_is_certain(text: str, day: str | None) -> None:
    assert written_date(text) == day


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("ris", RIS.replace("shut", "caf\xe9").encode("windows-1252"), "not UTF-8 (byte 0xE9 in line 2); convert it"),
        ("bibtex", "@misc{k, title={\xe9}}".encode("latin-1"), "not UTF-8 (byte 0xE9 in line 1); convert it"),
        ("csl-json", b'[{"title": "\xe9"}]', "not UTF-8"),
        ("ris", RIS.encode("utf-16-le"), "not a text file (it holds NUL bytes)"),
        ("ris", b"", "no entry of RIS (TY  - … to ER  -) in it"),
        ("bibtex", b"@comment{nothing}", "no entry of BibTeX (@article{…}) in it"),
        ("csl-json", b"[]", "no entry of CSL-JSON in it"),
        ("csl-json", b'[{"title": ', "not JSON, line 1; export it again as CSL JSON"),
        ("csl-json", b"[" * 100_000, "not CSL-JSON (nested too deeply)"),
        ("csl-json", b"[" + b"9" * 5000 + b"]", "not JSON; export it again"),
        ("csl-json", b'[3, null, {"title": {}}]', "no entry in it has an address or a title (entry 1: neither"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_cause(kind: Kind, body: bytes, said: str) -> None:
    assert cause(kind, body).startswith(said)


@pytest.mark.parametrize(
    ("kind", "unit"),
    [("ris", "TY  - NEWS\nTI  - T\n"), ("bibtex", "@misc{k, title={T}}\n"), ("csl-json", '{"title":"T"},')],
)
def test_more_entries_than_a_list_may_have_are_refused(kind: Kind, unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed.MOST_ENTRIES == bibtex.MOST_ENTRIES == 100_000
    monkeypatch.setattr(listed, "MOST_ENTRIES", 100)
    monkeypatch.setattr(bibtex, "MOST_ENTRIES", 100)
    assert len(links(kind, f"[{unit * 99}{unit.rstrip(',')}]" if kind == "csl-json" else unit * 100)) == 100
    many = unit * 1101
    body = f"[{many[:-1]}]" if kind == "csl-json" else many
    assert cause(kind, body.encode()) == "more than 100 entries; split the list into several files"


@pytest.mark.parametrize(
    "body",
    [
        "TY  - NEWS\nTI  - T\nAB  - " + "a\n" * 500_000,
        "TY  - NEWS\nTI  - T\nAU  - " + "a, " * 300_000,
        "TY  - NEWS\nTI  - T\nUR  - " + "https:// " * 100_000,
        "TY  - NEWS\nTI  - T\nDA  - " + "7" * 1_000_000,
    ],
)
def test_a_long_field_takes_time_that_grows_with_it_only(body: str) -> None:
    begun = time.perf_counter()
    read("ris", body.encode())
    assert time.perf_counter() - begun < 20


@pytest.mark.parametrize("unit", ["{", "\\", "\\'{", "$_", "and {", "\\a ", "{\\'e}", "@"])
def test_much_latex_takes_time_that_grows_with_it_only(unit: str) -> None:
    value = unit * (200_000 // len(unit))
    begun = time.perf_counter()
    plain_latex(value)
    read("bibtex", f'@misc{{a, title = {{T}}}}\n\n@misc{{k, title = "{value}", author = {{{value}}}}}'.encode())
    assert time.perf_counter() - begun < 20


def test_the_libraries_say_nothing_on_stderr() -> None:
    assert not logging.getLogger("bibtexparser.splitter").isEnabledFor(logging.ERROR)
    assert not logging.getLogger("pylatexenc.latex2text").isEnabledFor(logging.ERROR)


_PIECES = st.sampled_from(
    ["TY  - NEWS\n", "ER  - \n", "TI  - a", "UR  - https://a.example/1\n", "DA  - 2014/11/07/", "AU  - A, B\n", "\n",
     "@misc{", "@string{a =", "title = {", "}", '"', ",", "#", "\\", "\\'{", "{", "url={https://a.example/2}",
     "month=nov",
     '[{"type":"book",', '"title":"a"', '"issued":', '{"date-parts":[[', "2014", "]]}", "}]",
     '"URL":"https://a.example/3"', '"author":[{"family":1}]', "null", "1e999", "\\ud800", "\x00", "é", "\u2028"]
)  # fmt: skip


@pytest.mark.parametrize("kind", ["ris", "csl-json", "bibtex"])
@settings(max_examples=80, deadline=None)
@given(body=st.binary(max_size=300) | st.lists(_PIECES | st.text(max_size=20), max_size=30).map(
    lambda pieces: "".join(pieces).encode("utf-8", "replace")))  # fmt: skip
def test_any_bytes_are_read_or_refused(kind: Kind, body: bytes) -> None:
    assert kind_of("-", body) in ("ris", "csl-json", "bibtex", None)
    try:
        batch = read(kind, body)
    except Refused as refused:
        assert "\n" not in str(refused)
        return
    assert batch.links
    for link in batch.links:
        assert link.url or link.facts.title
        assert link.url is None or link.url.startswith(("http://", "https://"))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["date-parts", "family", "given", "literal", "raw", "year", "month", "items"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from(
    ["title", "author", "issued", "URL", "DOI", "abstract", "language", "keyword", "categories", "container-title"]),
    _JSON, max_size=6))  # fmt: skip
def test_a_csl_entry_of_any_shape_is_a_link(item: dict[str, Any]) -> None:
    assert csl(**{**item, "title": "T"}).facts.title == "T"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).filter(
    lambda title: clean_line(title) and "<" not in title and "&" not in title), min_size=1, max_size=8))  # fmt: skip
def test_titles_come_back_from_ris_as_they_went_in(titles: list[str]) -> None:
    text = "".join(f"TY  - NEWS\r\nTI  - {title}\r\nER  - \r\n" for title in titles)
    assert [link.facts.title for link in links("ris", text)] == [clean_line(title) for title in titles]
