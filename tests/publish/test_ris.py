"""RIS is read back as it was given out, whatever the articles hold."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from clipper.collect.intake import references
from clipper.collect.intake.listed import language_code, plain
from clipper.models import Article
from clipper.publish.formats import ris
from clipper.publish.formats.citation import reference
from publish.cited import ABOUT, article, batch, item, odd_articles, oddly_signed


def _one(one: Article, *themes: str) -> list[str]:
    return "".join(ris.lines([item(one, *themes)], ABOUT)).split("\r\n")


def test_a_news_article_as_zotero_writes_and_reads_it() -> None:
    assert _one(article(), "pay") == [
        "TY  - NEWS",
        "ID  - quinn2014broken28a59fa0b1",
        "TI  - Broken hips take the long road after NHS surgeons leave Marlstock: Who pays?",
        "AU  - Quinn, Ian",
        "AU  - van der Berg, Jan",
        "AU  - Press Association",
        "AU  - Smith, Al, Jr",
        "T2  - The Wexbury & Marlstock Lantern",
        "DA  - 2014/11/07/",
        "PY  - 2014",
        "Y2  - 2024/03/05/",
        "UR  - https://lantern.example/news/hips_and-knees?page=1&part=50%25#top",
        "LA  - en",
        "AB  - There were seven surgeons & 50% of them left. There are now two.",
        "KW  - Pay pensions & conditions",
        "KW  - Hospitals",
        "KW  - privatisation",
        "ER  - ",
        "",
        "",
    ]


def test_no_date_is_made_up() -> None:
    assert "DA  - 2014/11//" in _one(article(published="2014-11"))
    assert "DA  - 2014///" in _one(article(published="2014"))
    undated = _one(article(published=None))
    assert not [line for line in undated if re.match("DA|PY|Y1", line)]
    assert "Y2  - 2024/03/05/" in undated


def test_an_organisation_stays_whole_where_a_comma_parts_names() -> None:
    assert "AU  - Department for Digital Culture and Sport" in _one(
        article(authors=["Department for Digital, Culture and Sport"])
    )


def test_a_page_of_clippings_is_a_web_page() -> None:
    assert _one(article(kind="page"))[0] == "TY  - ELEC"


def test_nothing_is_an_empty_file() -> None:
    assert list(ris.lines([], ABOUT)) == []


@given(st.lists(odd_articles, min_size=1, max_size=4))
def test_clipper_reads_it_back(articles: list[Article]) -> None:
    items = batch(articles)
    text = "".join(ris.lines(items, ABOUT))
    assert references.kind_of("", text.encode()) == "ris"
    listed = list(references._read_ris(text.replace("\r\n", "\n"), references.Collector().notes))
    assert len(listed) == len(items)
    for found, given_out in zip(listed, (reference(one, ABOUT) for one in items), strict=True):
        assert found.title == plain(given_out.title)
        assert found.outlet == plain(given_out.outlet)
        assert found.authors == tuple(name.spoken for name in given_out.people)
        assert found.addresses == ((given_out.url,) if given_out.url else ())
        assert found.language == given_out.language
        assert found.abstract == plain(given_out.abstract)
        assert found.keywords == tuple(map(plain, given_out.keywords))
        assert language_code(found.language) == language_code(given_out.language)


@given(oddly_signed)
def test_an_odd_name_spoils_nothing_else(one: Article) -> None:
    lines = _one(one)
    assert [line[:6] for line in lines if line and not line.startswith("AU  - ")] == [
        f"{tag}  - " for tag in ("TY", "ID", "TI", "T2", "DA", "PY", "Y2", "UR", "LA", "AB", "KW", "KW", "ER")
    ]


def test_the_whole_way_back() -> None:
    dates = ["2014-11-07", "2014-11", "2014", None]
    text = "".join(ris.lines(batch([article(published=day, url=f"https://a.example/{day}") for day in dates]), ABOUT))
    links = references.read("ris", text.encode()).links
    assert [link.facts.published for link in links] == dates
    assert [link.url for link in links] == [f"https://a.example/{day}" for day in dates]
    assert links[0].facts.authors == ("Ian Quinn", "Jan van der Berg", "Press Association", "Al Smith Jr")
    assert links[0].facts.outlet == "The Wexbury & Marlstock Lantern"
