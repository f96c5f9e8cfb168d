"""A coder's own judgement: read, recorded once, set beside what others said; and labels as a table."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from clipper.archive.store import Archive
from clipper.coding import codebook, labelsheet
from clipper.coding.codebook import Codebook
from clipper.coding.labelling import Recorded, clean_name, coder_name, name_fault, read_themes, record, round_name
from clipper.coding.labelsheet import Imported, plain_cell, safe_cell, take_in
from clipper.coding.verdicts import ADJUDICATOR
from clipper.errors import ConfigError, NothingFound, UsageError
from clipper.models import Article, Label

BOOK = """
[[theme]]
key = "notes"
[[theme]]
key = "access"
name = "Access to care"
merges = ["waits", "closures"]
[[theme]]
key = "workforce"
[[theme]]
key = "funding"
"""
MOMENT = datetime(2026, 11, 7, 14, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 8, 9, 0, tzinfo=UTC)
A, B, PAGE = "a1b2c3d4e5f60718", "b1b2c3d4e5f60718", "c1b2c3d4e5f60718"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Codebook:
    path = tmp_path_factory.mktemp("book") / "codebook.toml"
    path.write_text(BOOK, encoding="utf-8")
    return codebook.load(path)


def fill(archive: Archive) -> Archive:
    fetched = "2026-11-01T00:00:00Z"
    with archive.writing() as writer:
        writer.articles(
            [
                Article(id=A, revision=3, title='Beds; wards, and "more"', text="x", fetched=fetched),
                Article(id=B, title="=2+2", text="y", fetched=fetched),
                Article(id=PAGE, kind="page", text="z", fetched=fetched),
            ]
        )
    return archive


@pytest.fixture
def filled(archive: Archive) -> Archive:
    return fill(archive)


def say(archive: Archive, book: Codebook, *words: str, coder: str = "ann", **more: object) -> Recorded:
    named = more.get("round_name")
    return record(
        archive, book, str(more.get("article", A[:4])), read_themes(words, book), coder=coder,
        round_name=None if named is None else str(named), moment=LATER if more.get("later") else MOMENT,
    )  # fmt: skip


def lines(archive: Archive) -> list[str]:
    path = archive.path / "labels.jsonl"
    return path.read_text("utf-8").splitlines() if path.exists() else []


# -- reading ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["+access", "-workforce"], {"access": True, "workforce": False}),
        (["access"], {"access": True}),
        (["Access to care", "−FUNDING"], {"access": True, "funding": False}),
        (["-waits"], {"access": False}),
        (["+access", "access", "+waits"], {"access": True}),
        ([], {}),
    ],
)
def test_themes_are_read_with_their_signs(book: Codebook, words: list[str], said: dict[str, bool]) -> None:
    assert read_themes(words, book) == said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["+access", "-acess"], "did you mean 'access'"),
        (["+access", "-access"], "both + and -"),
        (["waits", "-access"], "both + and -"),
        (["+"], "names no theme"),
        (["- "], "names no theme"),
        (["--access"], "unknown theme"),
    ],
)
def test_themes_that_cannot_be_meant_are_refused(book: Codebook, words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("+", r"\+")):
        read_themes(words, book)


def test_a_coder_is_named_by_the_option_else_by_the_environment() -> None:
    assert coder_name(" Ann ", {"CLIPPER_CODER": "ben"}) == "Ann"
    assert coder_name(None, {"CLIPPER_CODER": "ben"}) == "ben"
    assert coder_name("Adjudicated", {}) == ADJUDICATOR
    for environment in ({}, {"CLIPPER_CODER": " "}):
        with pytest.raises(UsageError, match="--coder NAME"):
            coder_name(None, environment)


def test_two_ways_to_write_one_letter_are_one_coder() -> None:
    assert clean_name("Zoe\u0308") == clean_name("Zo\u00eb")


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb", "a\x1b[31m", "a\u202eb", "a\tb", "\ud800", "a\u2028b"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="coder"):
        coder_name(name, {"CLIPPER_CODER": "ben"})
    with pytest.raises(UsageError, match="--round"):
        round_name(name)


# -- recording --------------------------------------------------------------------------------------------


def test_a_judgement_is_recorded_with_the_revision_that_was_read(filled: Archive, book: Codebook) -> None:
    done = say(filled, book, "+access", "-workforce", round_name="pilot")
    assert done.labels == filled.catalogue.judgements.of(A) == [
        Label(article=A, revision=3, theme="access", value=True, coder="ann", round="pilot", at="2026-11-07T14:30:00Z"),
        Label(
            article=A, revision=3, theme="workforce", value=False, coder="ann", round="pilot", at="2026-11-07T14:30:00Z"
        ),
    ]  # fmt: skip
    assert done.written == {"access", "workforce"}
    assert done.disputed == done.overruled == []


def test_what_holds_already_is_written_no_second_time(filled: Archive, book: Codebook) -> None:
    say(filled, book, "+access")
    before = lines(filled)
    again = say(filled, book, "+access", later=True)
    assert lines(filled) == before
    assert again.written == frozenset()
    assert [label.at for label in again.labels] == ["2026-11-07T14:30:00Z"]
    mixed = say(filled, book, "+access", "-funding", later=True)
    assert mixed.written == {"funding"}
    assert [label.theme for label in mixed.labels] == ["access", "funding"]
    assert len(lines(filled)) == 2


def test_a_changed_mind_is_written_and_so_is_the_same_by_another_or_in_another_round(
    filled: Archive, book: Codebook
) -> None:
    say(filled, book, "+access")
    say(filled, book, "-access")
    say(filled, book, "-access", coder="ben")
    say(filled, book, "-access", round_name="r1")
    say(filled, book, "-access", round_name="r2")
    assert len(lines(filled)) == 5
    say(filled, book, "-access", round_name="r1")
    say(filled, book, "-access")
    assert len(lines(filled)) == 5


def test_a_round_coded_again_after_a_changed_mind_holds_again(filled: Archive, book: Codebook) -> None:
    say(filled, book, "+access", round_name="r1")
    say(filled, book, "-access", round_name="r2")
    say(filled, book, "+access", round_name="r1", later=True)
    assert [label.value for label in filled.catalogue.judgements.of(A)] == [True]


def test_it_is_told_where_coders_differ_and_where_it_was_settled_otherwise(filled: Archive, book: Codebook) -> None:
    assert say(filled, book, "+access", "+funding").disputed == []
    differs = say(filled, book, "-access", "+funding", coder="ben")
    assert [(verdict.theme, verdict.coders) for verdict in differs.disputed] == [
        ("access", {"ann": True, "ben": False})
    ]
    settled = say(filled, book, "+access", coder=ADJUDICATOR)
    assert (settled.disputed, settled.overruled) == ([], [])
    assert [verdict.theme for verdict in say(filled, book, "-access", coder="cat").overruled] == ["access"]


def test_a_no_takes_back_ones_own_yes_to_a_theme_that_was_merged_into_this_one(filled: Archive, book: Codebook) -> None:
    old = [
        Label(article=A, revision=1, theme="waits", value=True, coder="ann", at="t"),
        Label(article=A, revision=1, theme="closures", value=False, coder="ann", at="t"),
        Label(article=A, revision=1, theme="waits", value=True, coder="ben", at="t"),
    ]
    filled.add_labels(old)
    done = say(filled, book, "-access")
    assert {(one.theme, one.coder): one.value for one in filled.catalogue.judgements.of(A)} == {
        ("access", "ann"): False, ("waits", "ann"): False, ("closures", "ann"): False, ("waits", "ben"): True,
    }  # fmt: skip
    assert done.disputed[0].coders == {"ann": False, "ben": True}


def test_an_article_that_is_none_and_a_page_of_clippings_are_refused(filled: Archive, book: Codebook) -> None:
    with pytest.raises(NothingFound):
        say(filled, book, "+access", article="ffff")
    with pytest.raises(UsageError, match="page of clippings"):
        say(filled, book, "+access", article=PAGE)
    assert lines(filled) == []


# -- the table --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx", "'=1", "''@x"])
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "a", "a=1", "'quoted'", "1"])
def test_another_cell_stays_as_it_is(cell: str) -> None:
    assert safe_cell(cell) == plain_cell(cell) == cell


@given(st.text(alphabet="'=+-@\t\rab", max_size=8))
def test_a_safe_cell_begins_no_formula_and_gives_back_what_it_held(cell: str) -> None:
    assert safe_cell(cell)[:1] not in ("=", "+", "-", "@", "\t", "\r")
    assert plain_cell(safe_cell(cell)) == cell


def bring(archive: Archive, book: Codebook, content: str | bytes, **more: str | None) -> Imported:
    raw = content.encode() if isinstance(content, str) else content
    return take_in(
        archive, book, raw, "f.csv", coder=more.get("coder"), round_name=more.get("round_name"), moment=MOMENT
    )  # fmt: skip


def test_the_table_has_every_label_and_titles_that_are_no_formula(filled: Archive, book: Codebook) -> None:
    say(filled, book, "+access", round_name="r1")
    say(filled, book, "-access", later=True)
    say(filled, book, "+funding", article=B, coder="-ben")
    table = labelsheet.as_csv(labelsheet.rows(filled))
    assert list(csv.reader(io.StringIO(table))) == [
        ["article", "title", "theme", "value", "coder", "round", "at", "revision"],
        [A, 'Beds; wards, and "more"', "access", "yes", "ann", "r1", "2026-11-07T14:30:00Z", "3"],
        [A, 'Beds; wards, and "more"', "access", "no", "ann", "", "2026-11-08T09:00:00Z", "3"],
        [B, "'=2+2", "funding", "yes", "'-ben", "", "2026-11-07T14:30:00Z", "1"],
    ]


EXPECTED = [(A, "access", True, "ann"), (A, "funding", False, "ann"), (B, "access", False, "ben")]
LONG = f"article,theme,value,coder\n{A},access,yes,ann\n{A},funding,no,ann\n{B},access,no,ben\n"


@pytest.mark.parametrize(
    "content",
    [
        LONG,
        LONG.replace("\n", "\r\n"),
        "\ufeff" + LONG,
        LONG.encode("utf-16"),
        LONG.replace(",", ";"),
        LONG.replace(",", "\t"),
        "sep=;\n" + LONG.replace(",", ";"),
        LONG.replace("article,theme,value,coder", "ID,Theme,VALUE, Coder "),
        LONG.replace("yes", "TRUE").replace("no", "False"),
        LONG.replace("yes", "1").replace("no", "0"),
        LONG.replace("yes", "+").replace("no", "-"),
        LONG.replace("yes", "'+").replace("no", "'-"),
        LONG.replace(A, A[:6]).replace("access", "Access to care"),
        LONG + "\n,,,\n" + f"{B},access,no,ben\n",
        f"article,title,access,workforce,funding,coder\n{A},t,yes,,no,ann\n{B},t,no,,,ben\n",
        f"id;Access to care;Funding;coder\n{A};1;0;ann\n{B};-;;ben\n",
        f"id,access,funding,coder,comments,url\n{A},y,n,ann,maybe,u\n{B},n,,ben,,\n",
    ],
)
def test_a_table_is_read_in_whichever_form_it_comes(filled: Archive, book: Codebook, content: str | bytes) -> None:
    done = bring(filled, book, content)
    found = filled.catalogue.judgements.everything()
    assert [(one.article, one.theme, one.value, one.coder) for one in found] == EXPECTED
    assert len(done.written) == len(EXPECTED)
    assert {(one.at, one.round) for one in found} == {("2026-11-07T14:30:00Z", None)}
    assert {one.revision for one in found if one.article == A} == {3}
    again = bring(filled, book, content)
    assert (again.written, again.as_before, again.older) == ([], 3, 0)


def test_the_coder_and_the_round_can_be_given_for_a_table_that_names_none(filled: Archive, book: Codebook) -> None:
    bring(filled, book, f"article,access\n{A},yes\n", coder="ann", round_name="r1")
    bring(filled, book, f"article,theme,value,coder,round\n{A},access,no,,r2\n", coder="ben", round_name="r1")
    found = filled.catalogue.judgements.everything()
    assert [(one.coder, one.round) for one in found] == [("ann", "r1"), ("ben", "r2")]


def test_every_problem_is_told_with_its_row_and_nothing_is_written(filled: Archive, book: Codebook) -> None:
    content = "\n".join(
        [
            "article,theme,value,coder,round,at,revision",
            f"{A},access,yes,ann,,,",
            "ffff,access,yes,ann,,,",
            f"{A},acess,yes,ann,,,",
            f"{A},funding,maybe,ann,,,",
            f"{A},funding,,ann,,,",
            f"{A},funding,yes,,,,",
            f"{A},access,no,ann,,,",
            f"{PAGE},access,yes,ann,,,",
            ",access,yes,ann,,,",
            f"{A},workforce,yes,a\x1bb,,,",
            f"{B},workforce,yes,ann,,7 November,",
            f"{B},funding,yes,ann,,2026-13-07T14:30:00Z,",
            f"{B},access,yes,ann,,,two",
            "1.2E+15,access,yes,ann,,,",
        ]
    )
    with pytest.raises(ConfigError) as told:
        bring(filled, book, content)
    expected = {
        3: "no article has an id that begins so",
        4: "did you mean 'access'?",
        5: "'maybe' in 'value' is neither yes nor no",
        6: "'value' is empty",
        7: "no coder",
        8: "ann says no to 'access', and yes in row 2",
        9: "page of clippings",
        10: "no article",
        11: "the name in 'coder' holds control characters",
        12: "'7 November' is no moment",
        13: "is no moment",
        14: "'two' is no revision",
        15: "format 'text'",
    }
    assert sorted({int(line.split(":")[1]) for line in told.value.problems}) == sorted(expected)
    for row, words in expected.items():
        assert any(line.startswith(f"f.csv:{row}: ") and words in line for line in told.value.problems), row
    assert lines(filled) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("title,theme,value,coder\n", "no column 'article'"),
        ("article,theme,coder\n", "no column 'value'"),
        ("article,theme,value\n", "--coder NAME"),
        ("article,title,coder\n", "no column of a theme"),
        ("article,acess,coder\n", "did you mean 'access'?"),
        ("article,access,Access to care,coder\n", "a second column 'access'"),
        ("article,id,theme,value,coder\n", "a second column 'article'"),
        (b"article,theme,value,coder\n\xff", "UTF-8"),
        (f'article,theme,value,coder\n{A},"acc', "not a table"),
    ],
)
def test_a_table_that_cannot_be_read_is_told(filled: Archive, book: Codebook, content: str | bytes, words: str) -> None:
    with pytest.raises((ConfigError, UsageError), match=words.replace("?", r"\?")) as told:
        bring(filled, book, content)
    assert all(line.startswith("f.csv:") for line in str(told.value).splitlines())


def test_many_problems_are_counted_and_not_all_told(filled: Archive, book: Codebook) -> None:
    with pytest.raises(ConfigError) as told:
        bring(filled, book, "article,theme,value,coder\n" + f"{A},nothing,yes,ann\n" * 250)
    assert len(told.value.problems) == 101
    assert told.value.problems[-1] == "f.csv: 150 more problems"


def test_a_column_that_says_nothing_of_labels_is_told(filled: Archive, book: Codebook) -> None:
    done = bring(filled, book, f"article,theme,value,coder,rond,notes\n{A},access,yes,ann,r1,hm\n")
    assert done.left_out == ["rond"]


def test_what_was_said_last_holds_after_an_import_even_where_the_clock_was_set_back(
    filled: Archive, book: Codebook, tmp_path_factory: pytest.TempPathFactory
) -> None:
    say(filled, book, "+access", round_name="r1", later=True)
    say(filled, book, "-access", round_name="r2")
    other = fill(Archive(tmp_path_factory.mktemp("other")))
    bring(other, book, labelsheet.as_csv(labelsheet.rows(filled)))
    assert other.catalogue.judgements.of(A) == filled.catalogue.judgements.of(A)
    assert [label.value for label in other.catalogue.judgements.of(A)] == [False]
    other.catalogue.close()


def test_a_column_named_as_a_theme_is_that_theme_whatever_else_it_might_be(filled: Archive, book: Codebook) -> None:
    done = bring(filled, book, f"article,notes,coder\n{A},yes,ann\n")
    assert [(label.theme, label.value) for label in done.written] == [("notes", True)]


def test_a_table_without_end_is_refused(filled: Archive, book: Codebook) -> None:
    with pytest.raises(UsageError, match="too long"):
        bring(filled, book, b"x" * (labelsheet.MAX_BYTES + 1))


def test_an_older_table_does_not_undo_what_a_coder_said_since(filled: Archive, book: Codebook) -> None:
    say(filled, book, "-access", later=True)
    head = "article,theme,value,coder,round,at\n"
    done = bring(filled, book, head + f"{A},access,yes,ann,,2026-11-01T00:00:00Z\n")
    assert (done.written, done.older) == ([], 1)
    bring(filled, book, head + f"{A},access,yes,ann,r1,2026-11-01T00:00:00Z\n")
    judgements = filled.catalogue.judgements
    assert [label.value for label in judgements.of(A)] == [False]
    assert [label.value for label in judgements.in_round("r1")] == [True]
    bring(filled, book, head + f"{A},access,yes,ann,,2026-11-09T00:00:00Z\n")
    assert [label.value for label in judgements.of(A)] == [True]


names = st.text(min_size=1, max_size=12).map(clean_name).filter(lambda name: name_fault(name) is None)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)).map(lambda d: d.strftime("%Y-%m-%dT%H:%M:%SZ"))
labels = st.builds(
    Label,
    article=st.sampled_from([A, B]),
    revision=st.integers(1, 9),
    theme=st.sampled_from(["access", "waits", "funding"]),
    value=st.booleans(),
    coder=st.one_of(st.sampled_from(["ann", "=ben", "'-cat", ADJUDICATOR]), names),
    round=st.one_of(st.none(), st.sampled_from(["r1", "@r2"]), names),
    at=moments,
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


@given(st.lists(labels, min_size=1, max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_what_is_exported_comes_back_as_it_was(folder: Path, book: Codebook, given_labels: list[Label]) -> None:
    assume(all(ord(letter) < 0xE000 for label in given_labels for letter in label.coder + (label.round or "")))
    with tempfile.TemporaryDirectory(dir=folder) as one, tempfile.TemporaryDirectory(dir=folder) as two:
        first, second = (fill(Archive(Path(path))) for path in (one, two))
        try:
            first.add_labels(given_labels)
            table = labelsheet.as_csv(labelsheet.rows(first))
            bring(second, book, table)
            here, there = first.catalogue.judgements, second.catalogue.judgements
            assert there.everything() == here.everything()
            assert there.rounds() == here.rounds()
            for name in ["", *here.rounds()]:
                assert there.in_round(name) == here.in_round(name)
            assert labelsheet.as_csv(labelsheet.rows(second)) == table
            assert bring(first, book, table).written == bring(second, book, table).written == []
        finally:
            first.catalogue.close()
            second.catalogue.close()
