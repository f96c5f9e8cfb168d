"""BibTeX is read by pandoc, bibtexparser and clipper as it was given out, whatever the articles hold."""

from __future__ import annotations

from pathlib import Path

import bibtexparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.intake import references
from clipper.collect.intake.bibtex import plain_latex, read_bibtex
from clipper.models import Article
from clipper.publish.formats import bibtex
from clipper.publish.formats.citation import one_line, reference
from publish.cited import (
    ABOUT,
    article,
    batch,
    item,
    needs_pandoc,
    odd_articles,
    oddly_signed,
    pandoc_items,
    rendered,
    texts,
)


def _text(*articles: Article) -> str:
    return "".join(bibtex.lines([item(one, "pay") for one in articles], ABOUT))


def test_a_news_article_for_old_and_new_programs() -> None:
    assert _text(article()) == (
        "@article{quinn2014broken28a59fa0b1,\n"
        "  entrysubtype = {newspaper},\n"
        "  title = {Broken hips take the long road after {NHS} surgeons leave {Marlstock}: {Who} pays?},\n"
        "  author = {Quinn, Ian and van der Berg, Jan and {Press Association} and Smith, Jr, Al},\n"
        "  options = {useprefix=true},\n"
        "  journal = {The Wexbury \\& Marlstock Lantern},\n"
        "  date = {2014-11-07},\n"
        "  year = {2014},\n"
        "  month = nov,\n"
        "  url = {https://lantern.example/news/hips_and-knees?page=1&part=50%25#top},\n"
        "  urldate = {2024-03-05},\n"
        "  langid = {english},\n"
        "  abstract = {There were seven surgeons \\& 50\\% of them left. There are now two.},\n"
        "  keywords = {Pay pensions \\& conditions, Hospitals, privatisation},\n"
        "}\n\n"
    )


def test_no_date_is_made_up() -> None:
    assert "date = {2014-11}" in _text(article(published="2014-11"))
    year = _text(article(published="2014"))
    assert "date = {2014}" in year
    assert "month" not in year
    undated = _text(article(published=None))
    assert " date" not in undated
    assert "year" not in undated


@pytest.mark.parametrize(
    ("plain", "escaped"),
    [
        ("50% & more #1 $5 a_b", r"50\% \& more \#1 \$5 a\_b"),
        (r"C:\x ~ ^", r"C:{\textbackslash}x \~{} \^{}"),
        ("a -- b --- c", "a -{}- b -{}-{}- c"),
        ("``so'' `so' ?`", "`{}`so'{}' `so' ?{}`"),
        ("{a {b} c}", r"\{a \{b\} c\}"),
        ("{a", r"{\textbraceleft}a"),
        ("a}{b", r"a{\textbraceright}{\textbraceleft}b"),
        ("<b>", r"{\textless}b{\textgreater}"),
    ],
)
def test_what_latex_would_take_for_its_own(plain: str, escaped: str) -> None:
    assert bibtex.escaped(plain) == escaped
    assert plain_latex(escaped) == plain


def test_clipper_reads_the_signs_as_others_write_them() -> None:
    assert plain_latex(r"{\textasciitilde}a {\textasciicircum}b \~{}c \^{}d \~n \^{e}") == "~a ^b ~c ^d ñ ê"


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Broken hips", "Broken hips"),
        ("NHS trusts", "{NHS} trusts"),
        ("A ward: Why?", "A ward: {Why}?"),
        ("“Marlstock’s ward” in {Wexbury}", "“Marlstock’s ward” in \\{{Wexbury}\\}"),
        ("the iPhone ward", "the {iPhone} ward"),
        ("'Doctor's aides' and the trusts' \"plan\": 'tis it", "‘Doctor's aides’ and the trusts' “plan”: 'tis it"),
    ],
)
def test_capitals_are_kept_from_styles_that_take_them_and_quotation_marks_are_turned(title: str, written: str) -> None:
    assert f"title = {{{written}}}," in _text(article(title=title))


@needs_pandoc
@pytest.mark.parametrize("reader", ["biblatex", "bibtex"])
def test_pandocs_citation_processor_cites_it(tmp_path: Path, reader: str) -> None:
    assert rendered(_text(article()), reader, tmp_path) == (
        "Ian Quinn, Jan van der Berg, Press Association, and Al Smith Jr"
        " | Broken hips take the long road after NHS surgeons leave Marlstock: Who pays?"
        " | in a newspaper | The Wexbury & Marlstock Lantern | 11/07/2014"
        " | https://lantern.example/news/hips_and-knees?page=1&part=50%25#top | seen 03/05/2024."
    )


_QUOTES = str.maketrans('’‘“”"`', "''''''")


def _flat(text: str) -> str:
    """Return a text without what reading changes: quotation marks are turned."""
    return "".join(text.translate(_QUOTES).split()).casefold()


@needs_pandoc
@settings(max_examples=3)
@given(st.lists(odd_articles, min_size=30, max_size=40))
def test_pandoc_reads_it_back(articles: list[Article]) -> None:
    items = batch(articles)
    found = {one["id"]: one for one in pandoc_items("".join(bibtex.lines(items, ABOUT)), "biblatex")}
    for cited in (reference(one, ABOUT) for one in items):
        one = found.pop(cited.key)
        assert one["type"] == "article-newspaper"
        assert one.get("URL", "") == cited.url
        assert one.get("issued", {"date-parts": [[]]})["date-parts"] == [list(cited.issued)]
        if "{" not in bibtex.escaped(cited.outlet).replace("\\{", "").replace("{}", ""):
            assert _flat(one.get("container-title", "")) == _flat(cited.outlet)
    assert not found


@given(st.lists(odd_articles | oddly_signed, min_size=1, max_size=4))
def test_bibtexparser_reads_every_entry_and_every_field(articles: list[Article]) -> None:
    items = batch(articles)
    library = bibtexparser.parse_string("".join(bibtex.lines(items, ABOUT)))
    assert not library.failed_blocks
    assert not library.comments
    for entry, cited in zip(library.entries, (reference(one, ABOUT) for one in items), strict=True):
        assert entry.key == cited.key
        fields = entry.fields_dict
        assert _flat(plain_latex(fields["title"].value if "title" in fields else "")) == _flat(cited.title)
        assert (fields["url"].value if "url" in fields else "") == cited.url


@given(st.lists(odd_articles, min_size=1, max_size=4))
def test_clipper_reads_it_back(articles: list[Article]) -> None:
    items = batch(articles)
    text = "".join(bibtex.lines(items, ABOUT))
    assert references.kind_of("", text.encode()) == "bibtex"
    notes = references.Collector().notes
    listed = list(read_bibtex(text, notes))
    assert notes.lines() == ()
    for found, cited in zip(listed, (reference(one, ABOUT) for one in items), strict=True):
        assert found.title.translate(_QUOTES) == cited.title.translate(_QUOTES)
        assert found.outlet == cited.outlet
        assert found.authors == tuple(name.spoken for name in cited.people)
        assert found.addresses == ((cited.url,) if cited.url else ())
        assert found.dates[0] == "-".join(f"{part:02}" for part in cited.issued)
        assert found.abstract.translate(_QUOTES) == cited.abstract.translate(_QUOTES)
        assert [word.strip() for word in found.keywords if word] == list(cited.keywords)


@given(texts)
def test_any_text_has_as_many_brackets_as_it_closes(text: str) -> None:
    written = bibtex.escaped(one_line(text))
    depth = 0
    for sign in written:  # as BibTeX counts: a backslash protects nothing
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    assert plain_latex(written) == one_line(text)


def test_the_whole_way_back() -> None:
    dates = ["2014-11-07", "2014-11", "2014", None]
    text = _text(*(article(published=day, url=f"https://a.example/{day}") for day in dates))
    links = references.read("bibtex", text.encode()).links
    assert [link.facts.published for link in links] == dates
    assert links[0].facts.language == "en"
    assert links[0].facts.categories == ("Pay pensions & conditions", "Hospitals", "privatisation")
