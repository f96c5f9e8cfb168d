"""`clipper label`, as a program, and what the other commands make of labels."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from conftest import Ended, Project

Run = Callable[..., Ended]

CONTRACT = (
    "Firm hands back surgery\n\nSource: Fenwick Echo\n\nDate: 7 November 2014\n\n"
    "The private company that ran the surgery handed back its contract on Friday and walked away. Shareholders of "
    "the outsourcing firm blamed the price. Patients were turned away and now wait weeks for an appointment."
)
CAKE = "Lemon cake wins\n\nSource: Wold Post\n\nDate: 2015\n\nThe show's judges gave it a ribbon."


@pytest.fixture
def filled(inline: Run, project: Project, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("CLIPPER_CODER", raising=False)
    (project.folder / "contract.txt").write_text(CONTRACT, encoding="utf-8")
    (project.folder / "cake.txt").write_text(CAKE, encoding="utf-8")
    assert inline("add", "contract.txt", "cake.txt").code == 0
    return inline


@pytest.fixture
def contract(filled: Run, project: Project) -> str:
    return next(str(a["id"]) for a in project.articles() if a["outlet"] == "Fenwick Echo")


@pytest.fixture
def cake(filled: Run, project: Project) -> str:
    return next(str(a["id"]) for a in project.articles() if a["outlet"] == "Wold Post")


def judged(project: Project) -> list[tuple[str, bool, str]]:
    if not (project.archive / "labels.jsonl").exists():
        return []
    return [(one["theme"], one["value"], one["coder"]) for one in project.lines("labels.jsonl")]


@pytest.mark.parametrize(
    "order",
    [
        ("ID", "+workforce", "-access", "--coder", "me"),
        ("--coder", "me", "ID", "+workforce", "-access"),
        ("ID", "--coder=me", "workforce", "-access"),
        ("ID", "+workforce", "--coder", "me", "-access"),
        ("--coder", "me", "--", "ID", "+workforce", "-access"),
    ],
)
def test_a_judgement_is_recorded_wherever_the_options_stand(
    filled: Run, project: Project, contract: str, order: tuple[str, ...]
) -> None:
    ended = filled("label", *[contract[:7] if word == "ID" else word for word in order])
    assert (ended.code, ended.out) == (0, "")
    assert judged(project) == [("workforce", True, "me"), ("access", False, "me")]
    assert ended.err == f"clipper: {contract[:7]} Firm hands back surgery: +workforce -access recorded for me\n"
    first = project.lines("labels.jsonl")[0]
    assert list(first) == ["article", "revision", "theme", "value", "coder", "round", "at", "schema"]
    assert (first["article"], first["revision"], first["round"]) == (contract, 1, None)


def test_an_option_may_stand_between_and_a_coder_may_begin_with_a_dash(
    filled: Run, project: Project, contract: str
) -> None:
    assert filled("label", contract, "-access", "--round", "pilot", "--coder", "-x").code == 0
    assert judged(project) == [("access", False, "-x")]
    assert project.lines("labels.jsonl")[0]["round"] == "pilot"


def test_the_environment_names_the_coder(
    filled: Run, project: Project, contract: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPPER_CODER", "ann")
    assert filled("label", contract, "access").code == 0
    assert judged(project) == [("access", True, "ann")]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("ID", "+acces", "-funding", "--coder", "me"), 2, "did you mean 'access'?"),
        (("ID", "+access", "-access", "--coder", "me"), 2, "both + and -"),
        (("ID", "+access"), 2, "--coder NAME"),
        (("ID", "+access", "--coder", "\x1b[31m"), 2, "control characters"),
        (("ID", "+access", "--coder", "me", "--round", " "), 2, "--round"),
        (("ID", "+access", "--coder"), 2, "requires an argument"),
        (("ID", "--access", "--coder", "me"), 2, "--access"),
        (("ID", "--coder", "me"), 2, "which themes?"),
        (("--coder", "me"), 2, "which article?"),
        (("ffffff0", "+access", "--coder", "me"), 1, "no article has an id"),
        (("ID", "+access", "--list"), 2, "--list"),
        (("ID", "--export"), 2, "takes no ID"),
        (("--export", "--import", "x.csv"), 2, "exclude each other"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_nothing_is_written(
    filled: Run, project: Project, contract: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    ended = filled("label", *[contract if word == "ID" else word for word in arguments])
    assert (ended.code, ended.out) == (code, "")
    assert words in ended.err
    assert len(ended.err.splitlines()) == 1
    assert judged(project) == []


def test_what_holds_already_is_written_no_second_time(filled: Run, project: Project, contract: str) -> None:
    filled("label", contract, "+access", "--coder", "me")
    ended = filled("label", contract, "+access", "-funding", "--coder", "me", "--json")
    assert f"{contract[:7]}: +access as before" in ended.err
    assert "-funding recorded" in ended.err
    assert ended.json == project.lines("labels.jsonl")
    assert judged(project) == [("access", True, "me"), ("funding", False, "me")]


def test_it_is_told_that_coders_differ_and_how_to_settle_it(filled: Run, contract: str) -> None:
    filled("label", contract, "+access", "--coder", "ann")
    ended = filled("label", contract, "-access", "--coder", "ben")
    assert ended.code == 0
    assert "access: coders differ (ann yes, ben no)" in ended.err
    assert f"clipper label {contract[:7]} ±access --coder adjudicated" in ended.err
    settled = filled("label", contract, "+access", "--coder", "adjudicated")
    assert "differ" not in settled.err
    assert "yes was settled" in filled("label", contract, "-access", "--coder", "cat").err


def test_in_a_round_nobody_is_told_what_others_said(filled: Run, contract: str) -> None:
    filled("label", contract, "+access", "--coder", "ann", "--round", "pilot")
    ended = filled("label", contract, "-access", "--coder", "ben", "--round", "pilot")
    assert "-access recorded for ben in round pilot" in ended.err
    assert "ann" not in ended.err


def test_list_shows_who_said_what(filled: Run, contract: str) -> None:
    nothing = filled("label", contract, "--list")
    assert (nothing.code, nothing.out) == (1, "")
    assert "nobody has judged it yet" in nothing.err
    filled("label", contract, "+access", "--coder", "ann", "--round", "pilot")
    filled("label", contract, "-access", "+funding", "--coder", "ben")
    ended = filled("label", "--list", contract[:6])
    assert ended.code == 0
    assert [line.split()[:2] for line in ended.out.splitlines()] == [
        ["+access", "ann"],
        ["-access", "ben"],
        ["+funding", "ben"],
    ]
    assert ended.out.splitlines()[0].endswith("round pilot")
    records = filled("label", "--list", contract, "--json").json
    assert [(one["theme"], one["value"], one["coder"]) for one in records] == [
        ("access", True, "ann"),
        ("access", False, "ben"),
        ("funding", True, "ben"),
    ]


def test_search_follows_labels(filled: Run, contract: str, cake: str) -> None:
    filled("tag")

    def found(theme: str) -> list[str]:
        return [one["id"] for one in filled("search", "--theme", theme, "--json").json]

    assert found("contract-failure") == [contract]
    assert found("workforce") == []
    filled("label", contract, "-contract-failure", "--coder", "ann")
    filled("label", cake, "+workforce", "--coder", "ann")
    assert found("contract-failure") == []
    assert found("workforce") == [cake]
    # Where coders differ the tag stands as it was: the one tagged is back, the one that was not is gone.
    filled("label", contract, "+contract-failure", "--coder", "ben")
    filled("label", cake, "-workforce", "--coder", "ben")
    assert found("contract-failure") == [contract]
    assert found("workforce") == []
    filled("label", contract, "-contract-failure", "--coder", "adjudicated")
    filled("label", cake, "+workforce", "--coder", "adjudicated")
    assert found("contract-failure") == []
    assert found("workforce") == [cake]


def test_results_mark_what_people_said(filled: Run, contract: str) -> None:
    filled("tag")
    filled("label", contract, "+workforce", "-contract-failure", "+access", "--coder", "ann")
    filled("label", contract, "-access", "--coder", "ben")
    meta = filled("search", "surgery").out.splitlines()[1].split()
    assert "workforce*" in meta
    assert "access?" in meta
    assert not any(word.startswith("contract-failure") for word in meta)
    (record,) = filled("search", "surgery", "--json").json
    assert {tag["theme"]: tag["by"] for tag in record["tags"]}["workforce"] == "people"
    assert ("access", False, "ben") in [(one["theme"], one["value"], one["coder"]) for one in record["labels"]]


def test_show_follows_labels(filled: Run, contract: str) -> None:
    filled("label", contract, "+workforce", "+access", "--coder", "ann")
    filled("label", contract, "-access", "--coder", "ben")
    shown = filled("show", contract).out
    assert "+workforce: ann yes" in shown
    assert "?access: ann yes, ben no (coders differ" in shown
    assert "not tagged yet" in shown
    (record,) = filled("show", contract, "--json").json
    assert [(tag["theme"], tag["by"]) for tag in record["tags"]] == [("workforce", "people")]
    assert len(record["labels"]) == 3
    filled("label", contract, "-access", "--coder", "adjudicated")
    assert "-access: adjudicated no, ann yes, ben no" in filled("show", contract).out


def test_what_is_exported_can_be_imported_again(filled: Run, clipper: Run, project: Project, contract: str) -> None:
    filled("label", contract, "+access", "-funding", "--coder", "=ann")
    filled("label", contract, "-access", "--coder", "ben", "--round", "pilot")
    exported = filled("label", "--export")
    assert exported.code == 0
    rows = list(csv.DictReader(io.StringIO(exported.out)))
    assert [(row["theme"], row["value"], row["coder"], row["round"]) for row in rows] == [
        ("access", "yes", "'=ann", ""),
        ("access", "no", "ben", "pilot"),
        ("funding", "no", "'=ann", ""),
    ]
    before = project.lines("labels.jsonl")
    again = clipper("label", "--import", "-", stdin=exported.out.encode())
    assert again.code == 0
    assert "0 labels recorded, 3 as before" in again.err
    assert project.lines("labels.jsonl") == before
    (project.archive / "labels.jsonl").unlink()
    (project.folder / "labels.csv").write_text(exported.out, encoding="utf-8")
    anew = filled("label", "--import", "labels.csv", "--json")
    assert anew.json == project.lines("labels.jsonl")
    assert sorted(map(str, anew.json)) == sorted(map(str, before))
    assert filled("label", "--export").out == exported.out


def test_an_empty_archive_exports_the_header_alone(filled: Run) -> None:
    ended = filled("label", "--export")
    assert (ended.code, ended.out) == (0, "article,title,theme,value,coder,round,at,revision\n")
    assert "0 labels" in ended.err


def test_a_table_without_coders_takes_the_one_given(filled: Run, project: Project, contract: str, cake: str) -> None:
    table = f"\ufeffArticle;Title;Access;Funding\r\n{contract};x;yes;no\r\n{cake};y;;no\r\n"
    (project.folder / "wide.csv").write_text(table, encoding="utf-8", newline="")
    refused = filled("label", "--import", "wide.csv")
    assert refused.code == 2
    assert "wide.csv:1: no column 'coder'" in refused.err
    ended = filled("label", "--import", "wide.csv", "--coder", "ann", "--round", "pilot")
    assert ended.code == 0
    assert judged(project) == [("access", True, "ann"), ("funding", False, "ann"), ("funding", False, "ann")]
    assert {one["round"] for one in project.lines("labels.jsonl")} == {"pilot"}


def test_a_table_with_problems_is_refused_whole(filled: Run, project: Project, contract: str) -> None:
    table = f"article,theme,value,coder\n{contract},access,yes,ann\nffff,access,yes,ann\n{contract},acess,perhaps,ann\n"
    (project.folder / "bad.csv").write_text(table, encoding="utf-8")
    ended = filled("label", "--import", "bad.csv")
    assert (ended.code, ended.out) == (2, "")
    told = ended.err.splitlines()
    assert [line.split(": ")[1] for line in told] == ["bad.csv:3", "bad.csv:4", "bad.csv:4"]
    assert judged(project) == []


def test_a_file_that_is_not_there_is_told(filled: Run) -> None:
    ended = filled("label", "--import", "nothing.csv", "--coder", "ann")
    assert ended.code == 6
    assert ended.err == "clipper: nothing.csv: No such file or directory\n"


def test_the_installed_command_takes_a_minus_for_a_no(clipper: Run, filled: Run, project: Project, cake: str) -> None:
    ended = clipper("label", cake[:7], "+workforce", "-access", CLIPPER_CODER="me")
    assert (ended.code, ended.out) == (0, "")
    assert judged(project) == [("workforce", True, "me"), ("access", False, "me")]


def test_a_renamed_theme_is_one_theme_wherever_it_shows(filled: Run, project: Project, contract: str) -> None:
    assert filled("label", contract, "+access", "--coder", "ann").code == 0
    assert filled("label", contract, "-funding", "--coder", "ann").code == 0
    assert filled("search", "--theme", "access").code == 0
    book = project.folder / "data" / "codebook.toml"
    text = book.read_text("utf-8").replace('key = "access"\n', 'key = "reach"\nmerges = ["access"]\n')
    book.write_text(text, "utf-8")
    assert filled("label", contract, "-reach", "--coder", "ben").code == 0
    shown = filled("show", contract).out
    assert "?reach: ann yes, ben no" in shown
    assert f"clipper label {contract[:7]} +reach --coder adjudicated" in shown
    assert "access" not in shown.split("text by")[0]
    assert filled("label", contract, "-reach", "--coder", "adjudicated").code == 0
    assert filled("search", "--theme", "reach").code == 1
    (record,) = filled("show", contract, "--json").json
    assert "reach" not in {tag["theme"] for tag in record["tags"]}


def test_the_labels_of_one_round_are_exported_alone(filled: Run, contract: str) -> None:
    assert filled("label", contract, "+access", "--coder", "ann").code == 0
    assert filled("label", contract, "+funding", "--coder", "ann", "--round", "pilot").code == 0
    rows = filled("label", "--export", "--round", "pilot").out.splitlines()
    assert len(rows) == 2
    assert ",funding,yes,ann,pilot," in rows[1]
    assert len(filled("label", "--export", "--round", "pilot", "--json").json) == 1
    ended = filled("label", "--export", "--round", "pilots")
    assert ended.code == 1
    assert ended.err == "clipper: no label belongs to round 'pilots'; the rounds: pilot\n"


def test_a_coder_who_is_new_but_for_case_is_told(filled: Run, contract: str) -> None:
    assert filled("label", contract, "+access", "--coder", "ann").code == 0
    assert "'Ann' and 'ann' are two coders" in filled("label", contract, "+funding", "--coder", "Ann").err
    assert "two coders" not in filled("label", contract, "-funding", "--coder", "Ann").err
