from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.archive.store import Archive
from clipper.models import Article
from clipper.search.indexing import follow
from clipper.search.marks import Marks
from clipper.search.query import Vocabulary, parse
from clipper.search.results import Search
from clipper.search.terms import words
from clipper.search.tree import Fuzzy, Near, Node, Prefix, Words


def _marked(query: str, text: str, *fields: str) -> str:
    """Return a text with brackets round what is highlighted."""
    node = parse(query, Vocabulary(saved={}))
    marks = Marks(node, fields) if fields else Marks(node)
    shown, done = "", 0
    for start, end in marks.spans(text):
        assert done <= start < end <= len(text)
        shown += f"{text[done:start]}[{text[start:end]}]"
        done = end
    return shown + text[done:]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("surgeon", "[Surgeons] met a [surgeon’s] friend, the neurosurgeon."),
        ("doctors", "The [doctor's] view, the [doctors]’ view: a [DOCTOR]"),
        ("café", "The [cafés] and the [CAFE] of caffeine"),
        ("ward nurse", "a [nurse] in the [ward]"),
        ("ward OR nurse", "a [nurse] in the [ward]"),
        ("ward -nurse", "a nurse in the [ward]"),
        ("ward NOT (nurse OR the)", "a nurse in the [ward]"),
        ("NOT NOT ward", "a ward"),
        # A phrase, only in a row
        ('"the ward"', "the nurse and [the] [ward], the old ward"),
        ('"the ward" nurse', "the [nurse] and [the] [ward], the old ward"),
        ('"of of the"', "of the [of] [of] [the]"),
        ("prime-contractor", "a [prime] [contractor], a [prime]-[contractor], contractor of prime"),
        # Words near each other, only near
        ('"nurse ward"~1', "[nurse] old [ward] is a far cry from another nurse"),
        ('"nurse ward"~1', "[ward] [nurse], nurse of the ward"),
        ('"nurse ward"~2', "nurse in no old ward"),
        ('"nurse nurses"~3', "a [nurse] in the ward"),
        ('"behaviour centre"~3', "behaviour and behavior. It is far from the centre, and the center"),
        ('"behaviour centre"~3', "[behavior] in the [center]"),
        # Beginnings and slips of the pen
        ("surg*", "[Surgeons] and [surgery], resurgent"),
        ("title:surg* nurs*", "surgeons and [nurses]"),
        ("surgeon~1", "[sugreon], [surgeon], [surgeons], surgery"),
        ("urgeon~1", "a [Surgeon]"),
        # Spellings
        ("privatisation", "[privatization], [Privatise], private"),
        ("privatiz*", "[privatisation] and [privatizing]"),
        ("behavior", "[behaviour] and [behavior]"),
        ("healthcare", "[healthcare], [health] [care], [health]-[care], care of health"),
        ('"health care"', "[healthcare], [health] [care], health of care"),
        # Numbers
        ("£120m", "[£][120m], 120m and £ 12"),
        ("120m", "£[120m], [120m]"),
        ("3.5bn", "£[3.5bn], 3.5, 5bn"),
        ("1200", "[1,200] beds, [1200] beds, 1, 200"),
        # Nothing to mark
        ("", "nothing"),
        ("theme:none since:2014", "none since 2014"),
        ("author:ward", "a ward"),
    ],
)  # fmt: skip
def test_what_was_asked_for_is_highlighted_and_nothing_else(query: str, text: str) -> None:
    plain = text.replace("[", "").replace("]", "")
    assert _marked(query, plain) == text


@pytest.mark.parametrize(
    ("query", "fields", "shown"),
    [
        ("title:ward nurse", ("title",), "a [ward] nurse"),
        ("title:ward nurse", (), "a ward [nurse]"),
        ("text:ward nurse", (), "a [ward] [nurse]"),
        ('title:"a ward" OR outlet:nurse', ("title",), "[a] [ward] nurse"),
        ('title:"a ward" OR outlet:nurse', ("outlet",), "a ward [nurse]"),
        ("title:(ward OR nurse)", ("title",), "a [ward] [nurse]"),
    ],
)
def test_what_is_asked_of_one_field_is_highlighted_there(query: str, fields: tuple[str, ...], shown: str) -> None:
    assert _marked(query, "a ward nurse", *fields) == shown


def test_marks_say_what_each_word_is_a_form_of() -> None:
    found = Marks(parse("nurse surg*")).found("Nurses, surgeons")
    assert [(start, end) for start, end, _ in found] == [(0, 6), (8, 16)]
    assert found[0][2] == "nurs"


def test_whether_there_is_anything_to_mark() -> None:
    assert Marks(parse("ward"))
    assert not Marks(None)
    assert not Marks(parse("theme:none"))
    assert not Marks(parse("-ward"))


def test_there_is_an_end_to_marks_in_a_long_text() -> None:
    assert 0 < len(Marks(parse("ward")).spans("ward " * 50_000)) < 50_000


FAMILIES = [
    some.split()
    for some in (
        "nurse nurses Nursing nurse's the",
        "hospital hospitals hospital’s of",
        "privatise privatization private organised analyze",
        "£120m 120m £ 3.5bn 1,200 1200",
        "prime-contractor prime contractor it its it's",
        "café cafes naïve Zoë don’t",
        "behaviour behavior centre center",
        "health-care healthcare health care",
        "die dying lie … — 🏥",
    )
]


@settings(max_examples=30, deadline=None)
@given(st.data(), st.lists(st.sampled_from(FAMILIES), min_size=1, max_size=2, unique_by=id))
def test_what_the_index_finds_is_marked_and_what_is_marked_it_finds(
    data: st.DataObject, drawn: list[list[str]]
) -> None:
    word = st.sampled_from([one for family in drawn for one in family])
    gap = st.sampled_from([" ", " ", " ", ", ", "-", ". ", "\n\n"])
    text = st.lists(st.tuples(word, gap), max_size=10).map(lambda pairs: "".join(one + gap for one, gap in pairs))
    single = word.filter(lambda one: len(words(one)) == 1)
    start = single.flatmap(lambda one: st.integers(1, len(one)).map(lambda length: one[:length]))
    leaf: st.SearchStrategy[Node] = st.one_of(
        st.builds(Words, st.lists(word, min_size=1, max_size=3).map(" ".join)),
        st.builds(Words, st.lists(word, min_size=2, max_size=2).map("-".join)),
        st.builds(Near, st.tuples(single, single).map(" ".join), st.integers(1, 4)),
        st.builds(Prefix, start.filter(lambda one: len(words(one)) == 1 and words(one)[0].isalnum())),
        st.builds(Fuzzy, single, st.integers(1, 2)),
    )
    texts = data.draw(st.lists(text, min_size=1, max_size=8))
    asked = data.draw(st.lists(leaf, min_size=4, max_size=12))
    with TemporaryDirectory() as folder:
        archive = Archive(Path(folder))
        with archive.writing() as writer:
            writer.articles([
                Article(id=f"{at:016x}", text=one, fetched="2026-01-01T00:00:00Z") for at, one in enumerate(texts)
            ])  # fmt: skip
        for node in asked:
            found = {int(match.id, 16) for match in Search(archive, node, follow=follow).matches()}
            assert {at for at, one in enumerate(texts) if Marks(node).found(one)} == found, node
        archive.catalogue.close()
