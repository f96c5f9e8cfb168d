from __future__ import annotations

import pytest

from clipper.archive.store import Archive
from clipper.errors import UsageError
from clipper.models import Article
from clipper.search.indexing import follow
from clipper.search.lookup import ways
from clipper.search.query import Vocabulary, parse
from clipper.search.results import Search
from clipper.search.tree import Fuzzy, Key, Near, Node, Prefix, Words


def _put(archive: Archive, *texts: str, **more: str) -> list[str]:
    made = [
        Article(id=f"{at:016x}", text=text, fetched="2026-01-01T00:00:00Z", published="2014", **more)  # type: ignore[arg-type]  # named by the test
        for at, text in enumerate(texts)
    ]
    with archive.writing() as writer:
        writer.articles(made)
    return [one.id for one in made]


def _found(archive: Archive, query: str | Node) -> set[int]:
    """Return which texts match, by their places."""
    node = parse(query, Vocabulary(saved={})) if isinstance(query, str) else query
    return {int(match.id, 16) for match in Search(archive, node, follow=follow, fold=False).matches()}


# -- what the engine would do otherwise --------------------------------------------------------------------------------


def test_words_near_each_other_stand_in_any_order_and_no_farther_apart(archive: Archive) -> None:
    apart = (
        ["nurse ward"] + [f"nurse {'x ' * n}ward" for n in (1, 2, 3)] + [f"ward {'x ' * n}nurse" for n in (0, 1, 2, 3)]
    )
    _put(archive, *apart)
    assert _found(archive, '"nurse ward"') == {0}
    assert _found(archive, '"nurse ward"~1') == {0, 1, 4, 5}
    assert _found(archive, '"ward nurse"~2') == {0, 1, 2, 4, 5, 6}


def test_of_three_words_near_each_other_every_two_are_near(archive: Archive) -> None:
    _put(archive, "nurse ward trust", "nurse x ward x trust", "trust x ward nurse", "nurse ward x x x x ward trust")
    assert _found(archive, '"nurse ward trust"~1') == {0}
    assert _found(archive, '"nurse ward trust"~2') == {0, 2}
    assert _found(archive, '"nurse ward trust"~3') == {0, 1, 2}


def test_a_word_near_far_from_one_place_may_be_near_to_another(archive: Archive) -> None:
    _put(archive, "nurse x x x x x nurse x x x ward x x x x ward nurse", "nurse x x x x x x x ward")
    assert _found(archive, '"nurse ward"~1') == {0}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("-nurse", {1, 2}),
        ("NOT nurse", {1, 2}),
        ("NOT NOT nurse", {0}),
        ("NOT (nurse OR ward)", {2}),
        ("-nurse -ward", {2}),
        ("nurse OR -ward", {0, 2}),
        ("NOT nothingofthekind", {0, 1, 2}),
        ("-nurse OR -ward", {0, 1, 2}),
        ("title:(NOT ward)", {0, 1, 2}),
        ("NOT date:2014", set()),
        ("NOT partial:yes", {0, 1, 2}),
    ],
)
def test_a_query_of_nothing_but_not_finds_the_others(archive: Archive, query: str, found: set[int]) -> None:
    _put(archive, "nurse", "ward", "trust")
    assert _found(archive, query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("£120m", {0}),
        ("120m", {0, 1}),
        ("£", {0, 3}),
        ("£3.5bn", {3}),
        ("3.5bn", {3}),
        ("5bn", set()),
        ("3.5", set()),
        ("3", {4}),
        ("1,200", {5, 6}),
        ("1200", {5, 6}),
        ("200", set()),
        ("£120*", None),
        ("120*", {0, 1, 5, 6}),
        ("3.5*", {3}),
        ("1200~1", {0, 1, 5, 6}),  # 120m too
    ],
)
def test_money_and_numbers_are_found_as_they_are_written(archive: Archive, query: str, found: set[int] | None) -> None:
    _put(archive, "a £120m deal", "120m of it", "$ and m", "the £3.5bn plan", "3 or 5", "1,200 beds", "1200 beds")
    if found is None:
        with pytest.raises(UsageError, match="one word"):
            _found(archive, query)
    else:
        assert _found(archive, query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("privatisation", {0, 1}),
        ("privatization", {0, 1}),
        ("Privatize", {0, 1}),
        ("private", {2}),
        ("privatis*", {0, 1}),
        ("privatiz*", {0, 1}),
        ("privat*", {0, 1, 2}),
        ("privatizatoin~1", {0, 1}),
        ("organisation", {3, 4}),
        ("organizations", {3, 4}),
        ('"an organization"', {3, 4}),
        ("organiz*", {3, 4}),
        ("behaviour", {3, 4}),
        ("behavior", {3, 4}),
        ('"its behaviour"', {3, 4}),
        ("healthcare", {5, 6, 7}),
        ("health-care", {5, 6, 7}),
        ('"health care"', {5, 6, 7}),
        ("health care", {6, 7, 8}),
    ],
)
def test_british_and_american_spelling_are_one(archive: Archive, query: str, found: set[int]) -> None:
    _put(
        archive, "privatisation", "the privatization", "private", "an organisation and its behaviour",
        "an organization and its behavior", "the healthcare bill", "the health care bill", "health-care",
        "care of health",
    )  # fmt: skip
    assert _found(archive, query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [("nursi*", {1}), ("nurs*", {0, 1, 2}), ("nurses*", {2}), ("hospita*", {3}), ("hospitali*", set()), ("cafe*", {4})],
)
def test_a_beginning_is_one_of_the_word_and_not_of_its_stem(archive: Archive, query: str, found: set[int]) -> None:
    _put(archive, "a nurse", "nursing", "the nurses", "hospitals", "cafés")
    assert _found(archive, query) == found


@pytest.mark.parametrize("query", ["cafe", "café", "CAFÉS", '"the cafe"', "caf*", "cafee~1", "naive", "NAÏVE", "raiz"])
def test_accents_and_case_do_not_matter(archive: Archive, query: str) -> None:
    _put(archive, "The Cafés, naïve: raíz", "nothing")
    assert _found(archive, query) == {0}


@pytest.mark.parametrize(
    "value", [".*", "ec.o", "a|b", "(", "[a-z]", "\\", "echo$", "^echo", "e{1}", "é — “x”", "£ & <"]
)
def test_the_beginning_of_a_value_is_text_and_no_pattern(archive: Archive, value: str) -> None:
    with archive.writing() as writer:
        writer.articles([
            Article(id="0" * 16, text="x", fetched="2026-01-01T00:00:00Z", source="echo"),
            Article(id="0" * 15 + "1", text="x", fetched="2026-01-01T00:00:00Z", source=value + "’s & more"),
        ])  # fmt: skip
    assert _found(archive, Key("source", value, True)) == {1}
    assert _found(archive, Key("source", value + "’s & more")) == {1}
    assert _found(archive, Key("source", value + "?", True)) == set()


def test_slips_of_the_pen_count_a_change_of_places_as_one(archive: Archive) -> None:
    _put(archive, "surgeon", "sugreon", "surgeons", "surgery", "surgeonsx", "urgeon")
    assert _found(archive, Fuzzy("surgeon", 1)) == {0, 1, 2, 5}
    assert _found(archive, Fuzzy("surgeon", 2)) == {0, 1, 2, 3, 4, 5}


# -- rows --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('"the end of the world"', {0}),
        ('"the end" "of the"', {0, 1}),
        ('"of the"', {0, 1}),
        ('"is it"', {2}),
        ('"has it"', {3}),
        ('"it has"', {2}),
        ('"its has"', {2}),
        ('"the of"', set()),
        ('"of of"', {4}),
        ('"of of of"', {4}),
        ('"of of of of"', set()),
        ('"as it is as it"', {5}),
    ],
)
def test_rows_of_frequent_words(archive: Archive, query: str, found: set[int]) -> None:
    _put(
        archive, "the end of the world", "the end. of the", "is it has", "has it the", "of of of", "as it is as it was"
    )
    assert _found(archive, query) == found


def test_a_row_does_not_go_on_from_the_title_to_the_text_or_from_one_author_to_the_next(archive: Archive) -> None:
    with archive.writing() as writer:
        writer.articles([
            Article(id="0" * 16, title="End of", text="the ward", authors=["Ann of", "The Echo"],
                    fetched="2026-01-01T00:00:00Z"),
        ])  # fmt: skip
    assert _found(archive, '"end of"') == _found(archive, '"the echo"') == _found(archive, 'author:"ann of"') == {0}
    assert _found(archive, '"of the"') == _found(archive, '"ward ann"') == _found(archive, 'author:"of the"') == set()


def test_forms_of_a_frequent_word_that_came_later_are_found_in_rows(archive: Archive) -> None:
    _put(archive, "they die of the flu", "to die is to lie")
    assert _found(archive, '"die of"') == {0}
    with archive.writing() as writer:
        writer.articles([
            Article(id="f" * 16, text="is dying of thirst", fetched="2026-01-01T00:00:00Z"),
            Article(id="e" * 16, text="is lying, to all", fetched="2026-01-01T00:00:00Z"),
        ])  # fmt: skip
    assert _found(archive, '"die of"') == {0, int("f" * 16, 16)}
    assert _found(archive, '"is lying to"') == {int("e" * 16, 16)}
    assert _found(archive, '"is lie to"') == {int("e" * 16, 16)}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("— …", []),
        ("Nurses", [("nurs",)]),
        ("doctor's", [("doctor",)]),
        ("the nurses", [("the", "nurs")]),
        ("behaviour", [("behaviour",), ("behavior",)]),
        ("healthcare", [("healthcar",), ("health", "care")]),
        ("health-care", [("health", "care"), ("healthcar",)]),
        ("the health care", [("the", "health", "care"), ("the", "healthcar")]),
        ("prime-contractor", [("prime", "contractor"), ("primecontractor",)]),
    ],
)
def test_ways_of_writing_begin_with_the_plain_one(text: str, rows: list[tuple[str, ...]]) -> None:
    assert ways(text) == rows


def test_there_is_an_end_to_the_ways_of_writing_a_long_phrase() -> None:
    assert len(ways("behaviour centre labour programme colour favourite " * 4)) < 60


# -- filters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (None, {0, 1}),
        ("ward", {0, 1}),
        ("kind:page", {2}),
        ("kind:page OR kind:article", {0, 2}),
        ("-kind:page", {0, 1}),
        ("ward kind:page", {2}),
        ("kind:clipping", {1}),
    ],
)
def test_pages_of_clippings_are_left_out_unless_they_are_asked_for(
    archive: Archive, query: str | None, found: set[int]
) -> None:
    with archive.writing() as writer:
        writer.articles([
            Article(id=f"{at:016x}", text="ward", kind=kind, fetched="2026-01-01T00:00:00Z")  # type: ignore[arg-type]  # a value out of a table
            for at, kind in enumerate(["article", "clipping", "page"])
        ])  # fmt: skip
    assert _found(archive, query or parse("")) == found  # type: ignore[arg-type]  # a value out of a table


def test_any_beginning_of_an_id_names_articles(archive: Archive) -> None:
    _put(archive, *["ward"] * 20)
    assert _found(archive, "id:0000") == set(range(20))
    assert _found(archive, f"id:{18:016x}") == {18}
    assert _found(archive, f"id:{1:015x}") == set(range(16, 20))
    assert _found(archive, "id:ffff") == set()
    assert _found(archive, "-id:0000") == set()


@pytest.mark.parametrize("node", [Prefix("two words"), Fuzzy("two words", 1), Prefix("£12")])
def test_the_beginning_of_several_words_is_told_to_be_none(archive: Archive, node: Node) -> None:
    with pytest.raises(UsageError, match="one word"):
        _found(archive, node)


@pytest.mark.parametrize("node", [Words("—"), Prefix("—"), Fuzzy("…", 1), Near("— …", 2), Words("🏥 ?")])
def test_signs_alone_find_nothing(archive: Archive, node: Node) -> None:
    _put(archive, "ward — … 🏥 ?")
    assert _found(archive, node) == set()


def test_a_long_query_is_answered(archive: Archive) -> None:
    _put(archive, "ward " * 200, "nurse")
    assert _found(archive, '"' + "ward " * 190 + '"') == {0}
    assert _found(archive, " OR ".join(["behaviour", "ward", "programme"] * 100)) == {0}
    assert _found(archive, "x" * 9000) == set()
    assert _found(archive, "x" * 4000 + "~2") == set()
    for letter in "xé病𐐷":
        assert _found(archive, letter * 200 + "a*") == _found(archive, letter * 199 + "*") == set()
        assert _found(archive, Key("source", letter * 4000, True)) == set()
