from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.archive.reader import Reader
from clipper.archive.store import Archive
from clipper.collect.candidate import make_article
from clipper.collect.facts import Facts
from clipper.models import Article, Label, Tagging
from clipper.search.index import VERSION, Index, State, read_state
from clipper.search.indexing import checksum, follow, lasting, problems
from clipper.search.query import parse
from clipper.search.results import Search


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


def _put(archive: Archive, *articles: Article) -> None:
    with archive.writing() as writer:
        writer.articles(articles)


def _search(archive: Reader, query: str, told: list[str] | None = None) -> Search:
    return Search(archive, parse(query), follow=follow, tell=[].append if told is None else told.append)


def _titles(archive: Reader, query: str, told: list[str] | None = None) -> list[str | None]:
    return [hit.article.title for hit in _search(archive, query, told).results(limit=50).hits]


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
        ("hospital's", {"Ward shut", "Choir sings"}),
        ("cafe", {"Ward shut"}),
        ("choir OR clinic", {"Choir sings", "Surgeons leave Fenwick"}),
        ("private -ward", {"Surgeons leave Fenwick"}),
        ("NOT private", {"Choir sings"}),
        ("surg*", {"Surgeons leave Fenwick", "Choir sings"}),
        ("SURGEON*", {"Surgeons leave Fenwick", "Choir sings"}),
        ("caf*", {"Ward shut"}),
        ("hospit* -surg*", {"Ward shut"}),
        ("xy*", set()),
        ("private NOT (clinic OR notes)", {"Ward shut"}),
        ("🏥 choir", {"Choir sings"}),
        ("ward - private", {"Ward shut", "Undated note"}),
        ("the a", {"Surgeons leave Fenwick"}),
        ("the of", {"Ward shut"}),
        ("nothingofthekind", set()),
        ("title:ward", {"Ward shut"}),
        ("title:surgeons -title:choir", {"Surgeons leave Fenwick"}),
        ("outlet:PULSE", {"Undated note"}),
        ("outlet:fenwick outlet:echo ward", {"Ward shut"}),
        ('outlet:"fenwick echo" choir', {"Choir sings"}),
        ('outlet:"echo fenwick"', set()),
    ],
)
def test_queries_find_what_they_say(four: Archive, query: str, titles: set[str]) -> None:
    found = _search(four, query).results(limit=50)
    assert found.total == len(titles)
    assert {hit.article.title for hit in found.hits} == titles


def test_a_word_in_the_title_ranks_first(four: Archive) -> None:
    assert _titles(four, "surgeons")[0] == "Surgeons leave Fenwick"


def test_an_empty_query_gives_the_newest_first_and_the_undated_last(four: Archive) -> None:
    newest = ["Choir sings", "Ward shut", "Surgeons leave Fenwick", "Undated note"]
    assert _titles(four, "") == newest
    by = {sort: _search(four, "").results(sort=sort).hits for sort in ("date", "oldest", "relevance")}
    titles = {sort: [hit.article.title for hit in hits] for sort, hits in by.items()}
    assert titles["date"] == titles["relevance"] == newest
    assert titles["oldest"] == [*newest[2::-1], newest[3]]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("since:2014-11-08", {"Ward shut", "Choir sings"}),
        ("date:2014-11-07", {"Surgeons leave Fenwick"}),
        ("date:2014", {"Surgeons leave Fenwick"}),
        ("date:2015-03-20..2015-03-21", {"Ward shut"}),  # some day in March
        ("until:2015-02", {"Surgeons leave Fenwick"}),
        ("since:2016-06", {"Choir sings"}),
        ("since:2017", set()),
        ("date:none", {"Undated note"}),
        ("-date:none -since:2015", {"Surgeons leave Fenwick"}),
    ],
)
def test_dates_narrow_a_search_and_the_undated_are_outside(four: Archive, query: str, titles: set[str]) -> None:
    assert set(_titles(four, query)) == titles


def test_a_filter_by_date_says_how_many_are_outside_only_for_want_of_a_date(four: Archive) -> None:
    assert _search(four, "private since:2010").results().undated == 1
    assert _search(four, "since:2010").results().undated == 1
    assert _search(four, "choir until:2030").results().undated == 0
    assert _search(four, "private").results().undated == 0
    assert _search(four, "date:none").results().undated == 0


def test_authors_are_found_by_name(archive: Archive) -> None:
    _put(archive, replace(_article("A story", "Of something else."), authors=["Zoë O’Neill", "Ann Writer"]))
    assert _titles(archive, "o'neill") == _titles(archive, '"ann writer"') == ["A story"]
    assert _titles(archive, "author:o'neill") == _titles(archive, 'author:"zoe o’neill"') == ["A story"]
    assert _titles(archive, '"neill ann"') == _titles(archive, "author:story") == []


def test_tags_are_found_as_soon_as_they_are_written_and_stale_ones_are_not(four: Archive) -> None:
    assert _titles(four, "theme:workforce") == []
    ward = next(_search(four, "shut").results().hits).article
    four.add_taggings([_tagging(ward, "workforce", "service-closure")])
    assert _titles(four, "theme:workforce theme:service-closure") == _titles(four, "theme:work*") == ["Ward shut"]
    assert "Ward shut" not in _titles(four, "theme:none")
    _put(four, replace(ward, revision=2, text="The ward reopened after all.", sha256="x"))
    assert _titles(four, "theme:workforce") == []
    assert _titles(four, "reopened") == ["Ward shut"]
    assert _titles(four, "café") == []
    assert "Ward shut" in _titles(four, "theme:none")


def test_labels_are_found_as_soon_as_they_are_given(four: Archive) -> None:
    ward = next(_search(four, "shut").results().hits).article
    four.add_taggings([_tagging(ward, "workforce")])
    assert _titles(four, "theme:workforce") == ["Ward shut"]

    def label(value: bool, coder: str) -> None:
        four.add_labels([Label(article=ward.id, revision=1, theme="workforce", value=value, coder=coder, at="now")])

    label(False, "ann")
    assert _titles(four, "theme:workforce") == []
    assert _titles(four, "coder:ann") == ["Ward shut"]
    label(True, "bob")  # they differ: what the model says stands
    assert _titles(four, "theme:workforce") == _titles(four, "coder:bob") == ["Ward shut"]
    label(False, "adjudicated")
    assert _titles(four, "theme:workforce") == []


def test_a_theme_that_was_renamed_is_found_by_its_present_name(four: Archive) -> None:
    ward = next(_search(four, "shut").results().hits).article
    four.add_taggings([_tagging(ward, "staffing")])
    for renamed, theme in [({}, "staffing"), ({"staffing": "workforce"}, "workforce"), ({}, "staffing")]:
        search = Search(four, parse(f"theme:{theme}"), follow=follow, renamed=renamed)
        assert [match.id for match in search.matches()] == [ward.id]
        assert search.facets(["theme"]) == {"theme": {theme: 1}}


def test_facets_count_what_matches(four: Archive) -> None:
    ward = next(_search(four, "shut").results().hits).article
    four.add_taggings([_tagging(ward, "workforce", "funding")])
    found = _search(four, "").facets(["theme", "outlet", "year", "month", "source", "kind", "coder"])
    assert found["theme"] == {"none": 3, "funding": 1, "workforce": 1}
    assert list(found["outlet"].items()) == [("The Fenwick Echo", 3), ("Pulse", 1)]
    assert list(found["year"].items()) == [("2014", 1), ("2015", 1), ("2016", 1), ("no date", 1)]
    assert list(found["month"].items()) == [("2014-11", 1), ("2015-03", 1), ("2016", 1), ("no date", 1)]
    assert (found["source"], found["kind"], found["coder"]) == ({"added": 4}, {"article": 4}, {})
    assert _search(four, "choir").facets(["outlet"]) == {"outlet": {"The Fenwick Echo": 1}}
    assert _search(four, "nothingofthekind").facets(["theme", "year"]) == {"theme": {}, "year": {}}


def test_pages_of_clippings_are_left_out(archive: Archive) -> None:
    _put(archive, replace(_article("A page", "Of clippings, many."), kind="page"), _article("One", "Of clippings."))
    assert _titles(archive, "clippings") == ["One"]
    assert _titles(archive, "clippings kind:page") == ["A page"]


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
    assert set(_titles(stubs, query)) == titles


def test_a_stub_whose_full_text_came_is_none_any_more(stubs: Archive) -> None:
    stub = next(_search(stubs, "partial:yes ward").results().hits).article
    _put(stubs, replace(stub, revision=2, partial=False, text="The ward was shut, said all of them.", sha256="x"))
    assert set(_titles(stubs, "partial:yes")) == {"Taste"}
    assert set(_titles(stubs, "partial:no ward")) == {"Whole", "Stub"}


# -- the index is a cache ----------------------------------------------------------------------------------------------


def _lose_cache(archive: Archive) -> None:
    archive.catalogue.close()
    shutil.rmtree(archive.cache)


def _lose_catalogue(archive: Archive) -> None:
    archive.catalogue.close()
    for path in archive.cache.glob("catalogue*"):
        path.unlink()


def _for_each(suffix: str, harm: Callable[[Path], None]) -> Callable[[Archive], None]:
    def harm_all(archive: Archive) -> None:
        paths = sorted((archive.cache / "index").glob(f"*{suffix}"))
        assert paths
        for path in paths:
            harm(path)

    return harm_all


def _to_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _write(path: Path, data: bytes) -> None:
    # As another file, since one that is open in this process must not change under it.
    path.unlink()
    path.write_bytes(data)


def _cut(path: Path) -> None:
    _write(path, path.read_bytes()[:-7])


def _empty(path: Path) -> None:
    _write(path, b"")


def _noise(path: Path) -> None:
    _write(path, b"\xff" * path.stat().st_size)


def _note(text: str) -> Callable[[Archive], None]:
    return lambda archive: (archive.cache / "index.json").write_text(text)


def _changed_note(**values: Any) -> Callable[[Archive], None]:
    def change(archive: Archive) -> None:
        path = archive.cache / "index.json"
        note = json.loads(path.read_text())
        del note["checksum"]
        text = json.dumps({**note, **values})
        path.write_text(text.replace("Infinity", "1e999"))

    return change


HARM: dict[str, Callable[[Archive], Any]] = {
    "the cache is gone": _lose_cache,
    "the catalogue is gone": _lose_catalogue,
    "the index is gone": lambda archive: shutil.rmtree(archive.cache / "index"),
    "the index is empty": _for_each("", lambda path: path.unlink()),
    "the index is a file": lambda a: (shutil.rmtree(a.cache / "index"), (a.cache / "index").write_text("x")),
    "the note is gone": lambda archive: (archive.cache / "index.json").unlink(),
    "the note is a folder": lambda archive: _to_folder(archive.cache / "index.json"),
    "the note is no JSON": _note('{"version": '),
    "the note is no object": _note("[1, 2]"),
    "the note is deep": _note("[" * 100_000),
    "the note is of an older version": _changed_note(version=VERSION - 1),
    "the note is of a newer version": _changed_note(version=VERSION + 1),
    "the note is from long ago": _note('{"version": 0, "generation": "x", "seq": 3}'),
    "seq is infinite": _changed_note(seq=float("inf")),
    "seq is large": _changed_note(seq=10**300),
    "seq is negative": _changed_note(seq=-1),
    "seq is a list": _changed_note(seq=[]),
    "strays are numbers": _changed_note(strays={"the": 5}),
    "strays are numbers in a list": _changed_note(strays={"the": [5]}),
    "forms are numbers": _changed_note(forms={"the": 5}),
    "forms are a list": _changed_note(forms=[1]),
    "files are texts": _changed_note(files={"x": "y"}),
    "files are empty": _changed_note(files={"x": []}),
    "meta.json is gone": _for_each("meta.json", Path.unlink),
    "meta.json is empty": _for_each("meta.json", _empty),
    "meta.json is no JSON": _for_each("meta.json", lambda path: path.write_text("{")),
    "meta.json names no file": _for_each("meta.json", lambda path: path.write_text(path.read_text()[::-1])),
    "a part is gone": _for_each(".term", Path.unlink),
    "a part is empty": _for_each(".term", _empty),
    "a part is cut": _for_each(".pos", _cut),
    "a part is cut too": _for_each(".fast", _cut),
    "a part is a folder": _for_each(".idx", _to_folder),
    "a part is noise": _for_each(".term", _noise),
    "numbers are noise": _for_each(".fast", _noise),
    "places are noise": _for_each(".idx", _noise),
}


@pytest.mark.parametrize("harm", HARM)
def test_the_index_may_be_lost_or_harmed(four: Archive, harm: str) -> None:
    before = four.path.joinpath("articles", "2026-01.jsonl").read_bytes()
    titles = _titles(four, "private")
    HARM[harm](four)
    told: list[str] = []
    again = Archive(four.path)
    assert _titles(again, "private", told) == titles
    assert all("\n" not in line and line.startswith(str(four.cache)) for line in told)
    assert _titles(again, '"the private owner"', told := []) == ["Ward shut"]
    assert told == []
    assert four.path.joinpath("articles", "2026-01.jsonl").read_bytes() == before
    again.catalogue.close()


@pytest.mark.parametrize("told_of", ["the note is of an older version", "a part is cut", "a part is noise"])
def test_an_index_that_is_built_anew_says_why(four: Archive, told_of: str) -> None:
    _titles(four, "private")
    HARM[told_of](four)
    told: list[str] = []
    _titles(four, "private", told)
    assert len(told) == 1
    assert ("another version" if "version" in told_of else "damaged") in told[0]


def test_an_index_of_a_changed_archive_is_built_anew(four: Archive) -> None:
    _titles(four, "private")
    path = four.path / "articles" / "2026-01.jsonl"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:2]), "utf-8")
    four.catalogue.close()
    again = Archive(four.path)
    assert sorted(map(str, _titles(again, ""))) == ["Surgeons leave Fenwick", "Ward shut"]
    again.catalogue.close()


def test_every_flipped_byte_is_noticed_by_a_checksum(four: Archive) -> None:
    _titles(four, "private")
    assert problems(Index(four)) == []
    paths = lasting(four.cache / "index")
    assert len(paths) > 3
    for path in paths:
        whole = path.read_bytes()
        for at in range(0, len(whole), max(len(whole) // 10, 1)):
            _write(path, whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            (line,) = problems(Index(four))
            assert line.startswith(str(path)) and "checksum" in line
        _write(path, whole[:-1])
        (line,) = problems(Index(four))
        assert f"{len(whole):,} were written" in line
        _write(path, whole)
    path.unlink()
    (line,) = problems(Index(four))
    assert "No such file" in line


def test_a_flipped_byte_ends_no_search_by_a_traceback(four: Archive) -> None:
    """The engine notices some damage by an error, some by a panic, some not at all."""
    _titles(four, "private")
    folder = four.cache / "index"
    for path in lasting(folder):
        whole = path.read_bytes() if path.exists() else b""  # it may have been built anew
        for at in range(0, len(whole), len(whole) // 6 + 1):
            if not path.exists():
                break
            _write(path, whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
            for query in ("private", '"the private"', "surg*", "choir~1", "since:2014"):
                search = _search(four, query)
                list(search.results().hits)
                search.facets(["outlet", "year"])


def test_an_index_of_other_fields_is_built_anew(four: Archive, tmp_path: Path) -> None:
    _titles(four, "private")
    meta = four.cache / "index" / "meta.json"
    meta.write_text(meta.read_text().replace('"title_word"', '"other_word"'))
    told: list[str] = []
    assert len(_titles(four, "private", told)) == 3
    assert "damaged" in told[0]


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_an_archive_that_may_not_be_written_is_searched_from_the_users_cache(
    four: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # root may write everywhere
    reader = Reader(four.path)
    assert not reader.cache.is_relative_to(four.path)
    before = sorted(four.path.rglob("*"))
    assert len(_titles(reader, "private")) == 3
    assert sorted(four.path.rglob("*")) == before
    reader.catalogue.close()


def test_a_cache_that_cannot_be_written_any_more_is_searched_as_it_is(
    four: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(_titles(four, "private")) == 3
    _put(four, _article("Fifth", "One more private thing."))

    def refused(self: Path, *_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_text", refused)
    told: list[str] = []
    assert len(_titles(four, "private", told)) >= 3
    assert len(told) == 1 and "Permission denied" in told[0]


# -- paging ------------------------------------------------------------------------------------------------------------


def test_limits_and_offsets_page_through_the_results(four: Archive) -> None:
    pages = [_search(four, "").results(limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [page.shown for page in pages] == [len(list(page.hits)) for page in pages] == [3, 1, 0]
    assert [page.total for page in pages] == [4, 4, 4]
    assert _search(four, "").results(limit=0).shown == 0


def test_an_empty_archive_is_searched(archive: Archive) -> None:
    search = _search(archive, "ward")
    assert search.count() == (0, 0, True)
    assert search.matches() == search.numbers() == []
    assert search.facets(["theme", "year"]) == {"theme": {}, "year": {}}
    found = _search(archive, "").results()
    assert (found.total, found.shown, list(found.hits)) == (0, 0, [])


def test_a_search_may_be_narrowed_to_some_articles(four: Archive) -> None:
    numbers = _search(four, "private").numbers()
    assert len(numbers) == 3
    for some in (numbers[:1], numbers[1:], []):
        search = Search(four, parse("private"), follow=follow, only=some)
        assert sorted(search.numbers()) == sorted(some)
        assert search.count()[0] == len(some)


# -- the note ----------------------------------------------------------------------------------------------------------

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(State._fields), _json))
def test_any_note_is_read_or_passed_over(tmp_path_factory: pytest.TempPathFactory, noted: dict[str, Any]) -> None:
    path = tmp_path_factory.getbasetemp() / "note.json"
    sound = State(VERSION, "g", 3, True, False, {"its": "it"}, {"it": ["it"]}, {"a": [1, 2]})
    path.write_text(json.dumps({**sound._asdict(), **noted}))
    state = read_state(path)
    assert isinstance(state, State)
    assert all(isinstance(getattr(state, name), type(value)) for name, value in State()._asdict().items())
    if not noted:
        assert state == sound


def test_a_checksum_is_of_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"a" * (3 << 20))
    one = checksum(path)
    path.write_bytes(b"a" * ((3 << 20) - 1) + b"b")
    assert checksum(path) != one
