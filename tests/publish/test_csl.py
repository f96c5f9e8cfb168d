"""CSL-JSON is read by pandoc and by clipper as it was given out, whatever the articles hold."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.intake import references
from clipper.collect.intake.listed import plain
from clipper.models import Article
from clipper.publish.formats import csl
from clipper.publish.formats.citation import reference
from publish.cited import ABOUT, article, batch, item, needs_pandoc, odd_articles, oddly_signed, pandoc_items, rendered


def _text(*articles: Article) -> str:
    return "".join(csl.lines([item(one, "pay") for one in articles], ABOUT))


def test_a_news_article_with_all_that_is_cited() -> None:
    assert json.loads(_text(article())) == [
        {
            "id": "quinn2014broken28a59fa0b1",
            "type": "article-newspaper",
            "title": "Broken hips take the long road after NHS surgeons leave Marlstock: Who pays?",
            "author": [
                {"family": "Quinn", "given": "Ian"},
                {"family": "van der Berg", "given": "Jan"},
                {"literal": "Press Association"},
                {"family": "Smith", "given": "Al", "suffix": "Jr"},
            ],
            "container-title": "The Wexbury & Marlstock Lantern",
            "issued": {"date-parts": [[2014, 11, 7]]},
            "accessed": {"date-parts": [[2024, 3, 5]]},
            "URL": "https://lantern.example/news/hips_and-knees?page=1&part=50%25#top",
            "language": "en",
            "abstract": "There were seven surgeons & 50% of them left. There are now two.",
            "keyword": "Pay pensions & conditions; Hospitals; privatisation",
        }
    ]


def test_what_is_not_known_is_not_there() -> None:
    bare = Article(id="00ff", text="Only a text.", fetched="2024-03-05T00:00:00Z")
    assert json.loads("".join(csl.lines([item(bare)], ABOUT))) == [
        {"id": "anonndtitle00ff", "type": "article-newspaper", "title": "[no title] Only a text.",
         "abstract": "Only a text."}
    ]  # fmt: skip
    assert json.loads(_text()) == []
    assert json.loads(_text(article(published="2014")))[0]["issued"] == {"date-parts": [[2014]]}
    assert json.loads(_text(article(kind="page")))[0]["type"] == "webpage"


@needs_pandoc
def test_pandocs_citation_processor_cites_it(tmp_path: Path) -> None:
    assert rendered(_text(article()), "csljson", tmp_path) == (
        "Ian Quinn, Jan van der Berg, Press Association, and Al Smith Jr"
        " | Broken hips take the long road after NHS surgeons leave Marlstock: Who pays?"
        " | in a newspaper | The Wexbury & Marlstock Lantern | 11/07/2014"
        " | https://lantern.example/news/hips_and-knees?page=1&part=50%25#top | seen 03/05/2024."
    )


@needs_pandoc
@settings(max_examples=3)
@given(st.lists(odd_articles | oddly_signed, min_size=30, max_size=40))
def test_pandoc_takes_anything(articles: list[Article]) -> None:
    items = batch(articles)
    found = {one["id"]: one for one in pandoc_items("".join(csl.lines(items, ABOUT)), "csljson")}
    for cited in (reference(one, ABOUT) for one in items):
        one = found.pop(cited.key)
        assert one["type"] == "article-newspaper"
        assert one.get("URL", "") == cited.url
        assert one.get("issued", {"date-parts": [[]]})["date-parts"] == [list(cited.issued)]
    assert not found


@given(st.lists(odd_articles, min_size=1, max_size=4))
def test_clipper_reads_it_back(articles: list[Article]) -> None:
    items = batch(articles)
    text = "".join(csl.lines(items, ABOUT))
    assert references.kind_of("", text.encode()) == "csl-json"
    listed = list(references._read_csl(json.loads(text), references.Collector().notes))
    assert len(listed) == len(items)
    for found, cited in zip(listed, (reference(one, ABOUT) for one in items), strict=True):
        assert found.title == plain(cited.title)
        assert found.outlet == plain(cited.outlet)
        assert found.authors == tuple(name.spoken for name in cited.people)
        assert found.addresses == (cited.url,)
        assert found.abstract == plain(cited.abstract)
        assert [word.strip() for word in found.keywords if word] == list(cited.keywords)


def test_the_whole_way_back() -> None:
    dates = ["2014-11-07", "2014-11", "2014", None]
    text = "".join(csl.lines(batch([article(published=day, url=f"https://a.example/{day}") for day in dates]), ABOUT))
    links = references.read("csl-json", text.encode()).links
    assert [link.facts.published for link in links] == dates
    assert links[0].facts.authors == ("Ian Quinn", "Jan van der Berg", "Press Association", "Al Smith Jr")
    assert links[0].facts.categories == ("Pay pensions & conditions", "Hospitals", "privatisation")
