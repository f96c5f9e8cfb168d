from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clipper.archive.store import Archive
from clipper.collect.candidate import make_article
from clipper.collect.facts import Facts
from clipper.models import Article, Tagging
from clipper.search.index import Filters, Index, day_span, stems
from clipper.search.results import search

ALL = Filters()


def _article(title: str, text: str, published: str | None = "2014-11-07", outlet: str = "The Fenwick Echo") -> Article:
    return make_article(
        Facts(title=title, outlet=outlet, published=published),
        text=text, url=None, canonical=None, fetched="2026-01-01T00:00:00Z", source="added", extractor="test",
    )  # fmt: skip


def _tagging(article: Article, *themes: str) -> Tagging:
    tags = [{"theme": t, "probability": 0.9} for t in themes]
    return Tagging(
        article=article.id, revision=article.revision, tags=tags, scores={}, model="m", codebook="c", tagged="now"
    )


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    Archive.create(tmp_path / "archive")
    return Archive(tmp_path / "archive")


def _put(archive: Archive, *articles: Article) -> None:
    with archive.writing() as writer:
        writer.articles(articles)


def _titles(archive: Archive, text: str, filters: Filters = ALL) -> list[str | None]:
    return [hit.article.title for hit in search(archive, text, filters, limit=50).hits]


@pytest.fixture
def four(archive: Archive) -> Archive:
    _put(
        archive,
        _article(
            "Surgeons leave Fenwick", "The trauma surgeons left. A private clinic took the planned work.", "2014-11-07"
        ),
        _article("Ward shut", "The cottage hospital’s ward was closed by the private owner of the café.", "2015-03"),
        _article("Choir sings", "The choir sang, and surgeons listened, at the cottage hospital fete.", "2016"),
        _article("Undated note", "Private notes on a ward.", None, outlet="Pulse"),
    )
    return archive


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("surgeon", {"Surgeons leave Fenwick", "Choir sings"}),
        ("SURGEONS private", {"Surgeons leave Fenwick"}),
        ('"cottage hospital"', {"Ward shut", "Choir sings"}),
        ('"hospital cottage"', set()),
        ("cottage-hospital ward", {"Ward shut"}),
        ("hospital's", {"Ward shut"}),
        ("cafe", {"Ward shut"}),
        ("choir OR clinic", {"Choir sings", "Surgeons leave Fenwick"}),
        ("private -ward", {"Surgeons leave Fenwick"}),
        ("NOT private", {"Choir sings"}),
        ("surg*", {"Surgeons leave Fenwick", "Choir sings"}),
        ("SURGEON*", {"Surgeons leave Fenwick", "Choir sings"}),
        ("caf*", {"Ward shut"}),
        ("hospit* -surg*", {"Ward shut"}),
        ("x*", set()),
        ("private NOT (clinic OR notes)", {"Ward shut"}),
        ("...", set()),
        ("🏥 OR choir", {"Choir sings"}),
        ("ward - private", {"Ward shut", "Undated note"}),
        ("NOT ...", {"Surgeons leave Fenwick", "Ward shut", "Choir sings", "Undated note"}),
        ("... 🏥", set()),
        ("nothingofthekind", set()),
    ],
)
def test_queries_find_what_they_say(four: Archive, query: str, titles: set[str]) -> None:
    found = search(four, query, ALL, limit=50)
    assert {hit.article.title for hit in found.hits} == titles
    assert found.total == len(titles)


def test_a_word_in_the_title_ranks_first(four: Archive) -> None:
    assert _titles(four, "surgeons")[0] == "Surgeons leave Fenwick"


def test_an_empty_query_gives_the_newest_first_and_the_undated_last(four: Archive) -> None:
    assert _titles(four, "") == ["Choir sings", "Ward shut", "Surgeons leave Fenwick", "Undated note"]


@pytest.mark.parametrize(
    ("since", "until", "titles"),
    [
        ("2014-11-08", None, {"Ward shut", "Choir sings"}),
        ("2014-11-07", "2014-11-07", {"Surgeons leave Fenwick"}),
        ("2014", "2014", {"Surgeons leave Fenwick"}),
        ("2015-03-20", "2015-03-21", {"Ward shut"}),  # some day in March
        (None, "2015-02", {"Surgeons leave Fenwick"}),
        ("2016-06", None, {"Choir sings"}),
        ("2017", None, set()),
    ],
)
def test_dates_narrow_a_search_and_the_undated_are_outside(
    four: Archive, since: str | None, until: str | None, titles: set[str]
) -> None:
    assert set(_titles(four, "", Filters(since=since, until=until))) == titles


def test_a_filter_by_date_says_how_many_are_outside_only_for_want_of_a_date(four: Archive) -> None:
    assert search(four, "private", Filters(since="2010"), limit=5).undated == 1
    assert search(four, "choir", Filters(until="2030"), limit=5).undated == 0
    assert search(four, "private", ALL, limit=5).undated == 0


def test_authors_are_found_by_name(archive: Archive) -> None:
    _put(archive, replace(_article("A story", "Of something else."), authors=["Zoë O’Neill", "Ann Writer"]))
    assert _titles(archive, "o'neill") == _titles(archive, '"ann writer"') == ["A story"]
    assert _titles(archive, '"neill ann"') == []


def test_outlets_go_by_any_words_of_their_name(four: Archive) -> None:
    assert _titles(four, "", Filters(outlet="PULSE")) == ["Undated note"]
    assert len(_titles(four, "", Filters(outlet="fenwick echo"))) == 3
    assert _titles(four, "", Filters(outlet="echo fenwick")) == []
    assert _titles(four, "", Filters(outlet="?!")) == []


def test_tags_are_found_as_soon_as_they_are_written_and_stale_ones_are_not(four: Archive) -> None:
    assert _titles(four, "", Filters(themes=("workforce",))) == []
    ward = next(h.article for h in search(four, "shut", ALL, limit=1).hits)
    four.add_taggings([_tagging(ward, "workforce", "service-closure")])
    assert _titles(four, "", Filters(themes=("workforce", "service-closure"))) == ["Ward shut"]
    _put(four, replace(ward, revision=2, text="The ward reopened after all.", sha256="x"))
    assert _titles(four, "", Filters(themes=("workforce",))) == []
    assert _titles(four, "reopened") == ["Ward shut"]
    assert _titles(four, "café") == []


def test_pages_of_clippings_are_left_out(archive: Archive) -> None:
    _put(archive, replace(_article("A page", "Of clippings, many."), kind="page"), _article("One", "Of clippings."))
    assert _titles(archive, "clippings") == ["One"]


@pytest.fixture
def stubs(archive: Archive) -> Archive:
    """Two whole articles and two stubs."""
    _put(
        archive,
        _article("Whole", "The ward was shut and the nurses left."),
        _article("Other", "The choir sang in the partial light, yes, it did."),
        replace(_article("Stub", "The ward was shut."), partial=True),
        replace(_article("Taste", "The choir sang."), partial=True),
    )
    return archive


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("partial:yes", {"Stub", "Taste"}),
        ("partial:no", {"Whole", "Other"}),
        ("PARTIAL:Yes", {"Stub", "Taste"}),
        ("ward partial:yes", {"Stub"}),
        ("ward partial:no", {"Whole"}),
        ("-partial:yes", {"Whole", "Other"}),
        ("NOT partial:no", {"Stub", "Taste"}),
        ("nurses OR partial:yes", {"Whole", "Stub", "Taste"}),
        ("partial:yes partial:no", set()),
        ("partial:yes OR partial:no", {"Whole", "Other", "Stub", "Taste"}),
        ("choir (partial:no OR ward)", {"Other"}),
        ("partial", {"Other"}),
        ("partial:yes -ward", {"Taste"}),
    ],
)
def test_stubs_are_told_from_whole_articles(stubs: Archive, query: str, titles: set[str]) -> None:
    found = search(stubs, query, ALL, limit=50)
    assert {hit.article.title for hit in found.hits} == titles
    assert found.total == len(titles)


def test_a_stub_whose_full_text_came_is_none_any_more(stubs: Archive) -> None:
    stub = next(hit.article for hit in search(stubs, "partial:yes ward", ALL, limit=1).hits)
    _put(stubs, replace(stub, revision=2, partial=False, text="The ward was shut, said all of them.", sha256="x"))
    assert set(_titles(stubs, "partial:yes")) == {"Taste"}
    assert set(_titles(stubs, "partial:no ward")) == {"Whole", "Stub"}


def _remove_cache(archive: Archive) -> None:
    archive.catalogue.close()
    shutil.rmtree(archive.cache)


def _remove_index(archive: Archive) -> None:
    shutil.rmtree(archive.cache / "index")


def _harm_meta(archive: Archive) -> None:
    (archive.cache / "index" / "meta.json").write_text("{")


def _old_version(archive: Archive) -> None:
    (archive.cache / "index.json").write_text('{"version": 0, "generation": "x", "seq": 3}')


def _lose_state(archive: Archive) -> None:
    (archive.cache / "index.json").unlink()


def _remove_catalogue(archive: Archive) -> None:
    archive.catalogue.close()
    for path in archive.cache.glob("catalogue*"):
        path.unlink()


def _remove_meta(archive: Archive) -> None:
    (archive.cache / "index" / "meta.json").unlink()


def _remove_terms(archive: Archive) -> None:
    for path in (archive.cache / "index").glob("*.term"):
        path.unlink()


@pytest.mark.parametrize(
    "harm",
    [
        _remove_meta,
        _remove_terms,
        _remove_cache,
        _remove_index,
        _harm_meta,
        _old_version,
        _lose_state,
        _remove_catalogue,
    ],
)
def test_the_index_is_a_cache_that_may_be_lost_or_harmed(four: Archive, harm: Callable[[Archive], None]) -> None:
    before = search(four, "private", ALL, limit=50)
    harm(four)
    again = search(Archive(four.path), "private", ALL, limit=50)
    assert [h.article for h in again.hits] == [h.article for h in before.hits]
    assert again.total == before.total


def test_catching_up_reads_nothing_again(four: Archive) -> None:
    index = Index(four)
    index.catch_up()
    _put(four, _article("Fifth", "One more."))
    told: list[str] = []
    Index(four, told.append).catch_up()
    assert told == []
    assert search(four, "", ALL, limit=50).total == 5


def test_limits_and_offsets_page_through_the_results(four: Archive) -> None:
    pages = [search(four, "", ALL, limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [len(p.hits) for p in pages] == [3, 1, 0]
    assert [p.total for p in pages] == [4, 4, 4]


@pytest.mark.parametrize(
    ("published", "span"),
    [
        (None, (0, 0)),
        ("2014", (20140000, 20149999)),
        ("2014-11", (20141100, 20141199)),
        ("2014-11-07", (20141107,) * 2),
    ],
)
def test_a_date_spans_the_days_that_it_may_mean(published: str | None, span: tuple[int, int]) -> None:
    assert day_span(published) == span


WORDS = ["ward", "nurse", "trust", "tender", "clinic"]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS, asked=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), negate=st.booleans())
def test_results_agree_with_a_plain_scan(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]], asked: list[str], negate: bool
) -> None:
    folder = tmp_path_factory.mktemp("scan")
    Archive.create(folder)
    archive = Archive(folder)
    articles = [_article(f"Number {i}", " ".join(words) + ".") for i, words in enumerate(texts)]
    _put(archive, *articles)
    for query, matches in {
        " ".join(asked): lambda words: all(w in words for w in asked),
        " OR ".join(asked): lambda words: any(w in words for w in asked),
        f'"{" ".join(asked)}"': lambda words: any(
            words[i : i + len(asked)] == asked for i in range(len(words) - len(asked) + 1)
        ),
    }.items():
        wanted = {a.id for a, words in zip(articles, texts, strict=True) if matches(words) != negate}
        text = f"NOT ({query})" if negate else query
        assert {h.article.id for h in search(archive, text, ALL, limit=50).hits} == wanted
    archive.catalogue.close()


def test_stems_fold_case_accents_and_endings() -> None:
    assert stems("Hospitals’ CAFÉS") == stems("hospital cafe")
