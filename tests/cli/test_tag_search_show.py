"""From the archive to the screen: `tag`, `search` and `show`."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable

import pytest

from conftest import Ended, Project, on_terminal

Run = Callable[..., Ended]

STORIES = {
    "contract.txt": (
        "Firm hands back surgery\n\nSource: Fenwick Echo\n\nDate: 7 November 2014\n\nBy Ann Writer\n\n"
        "The private company that ran the surgery handed back its contract on Friday and walked away. Shareholders of "
        "the outsourcing firm blamed the price. Patients were turned away and now wait weeks for an appointment."
    ),
    "cake.txt": "Lemon cake wins\n\nSource: Wold Post\n\nDate: 2015\n\nThe show's judges gave it a ribbon.",
}


@pytest.fixture
def filled(inline: Run, project: Project) -> Run:
    for name, text in STORIES.items():
        (project.folder / name).write_text(text, encoding="utf-8")
    assert inline("add", *STORIES).code == 0
    return inline


def test_tags_carry_probabilities_and_name_their_model_and_codebook(filled: Run, project: Project) -> None:
    ended = filled("tag")
    assert ended.code == 0
    assert "2 articles tagged" in ended.err
    first, second = sorted(project.lines("tags.jsonl"), key=lambda t: -len(t["tags"]))
    assert {"privatisation", "contract-failure"} <= {t["theme"] for t in first["tags"]}
    assert second["tags"] == []
    for tagging in (first, second):
        assert list(tagging) == ["article", "revision", "tags", "scores", "model", "codebook", "tagged", "schema"]
        assert len(tagging["scores"]) == 14
        assert all(tag["probability"] == tagging["scores"][tag["theme"]] for tag in tagging["tags"])
        assert tagging["model"].startswith("svm-")
    again = filled("tag")
    assert (again.code, again.out) == (0, "")
    assert "nothing new" in again.err
    assert len(project.lines("tags.jsonl")) == 2
    assert filled("tag", "--all").code == 0
    assert len(project.lines("tags.jsonl")) == 4


def test_a_changed_codebook_builds_another_model(filled: Run, project: Project, few_passages: str) -> None:
    project.keep_themes("funding", "access")
    filled("tag")
    book = project.folder / "data" / "codebook.toml"
    text = book.read_text("utf-8")
    book.write_text(text + '\n[[theme]]\nkey = "cakes"\nphrases = ["cake*"]\n', encoding="utf-8")
    ended = filled("tag", "--json")
    assert "theme 'cakes' has too few examples, so it is not tagged" in ended.err
    assert ended.json[0]["articles"] == 2
    models = [t["model"] for t in project.lines("tags.jsonl")]
    assert len(models) == 4
    assert len(set(models)) == 2


def test_explain_shows_the_words_that_decided(filled: Run, project: Project) -> None:
    filled("tag")
    ident = next(t["article"] for t in project.lines("tags.jsonl") if t["tags"])
    ended = filled("tag", "--explain", ident[:6])
    assert ended.code == 0
    assert "+ contract-failure" in ended.out
    assert "handed" in ended.out
    records = filled("tag", "--explain", ident, "--json").json
    assert len(records) == 14
    best = next(r for r in records if r["theme"] == "privatisation")
    assert best["given"] is True
    assert any("private" in word or "outsourc" in word for word, share in best["for"] if share > 0)
    assert filled("tag", "--explain", "zzzz").code == 1
    code, said = on_terminal(
        [sys.executable, "-m", "clipper", "tag", "--explain", ident], cwd=project.folder, columns=80
    )
    assert code == 0 and [line for line in said.replace("\r", "").split("\n") if len(line) > 80] == []


def test_search_finds_filters_and_prints(filled: Run) -> None:
    filled("tag")
    ended = filled("search", "surgery")
    assert ended.code == 0
    title, meta, snippet, blank = ended.out.splitlines()
    assert title == "Firm hands back surgery"
    assert "Fenwick Echo · 7 November 2014 · " in meta
    assert "privatisation" in meta
    assert snippet.startswith("    The private company that ran the surgery handed back")
    assert blank == ""
    assert ended.err == "clipper: 1 found\n"
    assert filled("search", "ribbon", "--theme", "privatisation").code == 1
    assert filled("search", "--theme", "contract-failure").code == 0
    assert filled("search", "--outlet", "wold").out.startswith("Lemon cake wins")
    assert filled("search", "--since", "2015").out.startswith("Lemon cake wins")
    assert filled("search", "--until", "2014-11-07").out.startswith("Firm hands")
    assert filled("search", "show", "-surgery").out.startswith("Lemon cake wins")
    assert filled("search", "Writer").out.startswith("Firm hands")
    assert filled("search", "--theme", "privatisation,contract-failure").out.startswith("Firm hands")
    assert "OR is written in capitals" in filled("search", "nothing or nobody").err
    nothing = filled("search", "nothingofthekind")
    assert (nothing.code, nothing.out, nothing.err) == (1, "", "clipper: nothing found\n")


def test_search_in_json_is_the_article_without_its_text_and_more(filled: Run, project: Project) -> None:
    filled("tag")
    (record,) = filled("search", "surgery", "--json").json
    article = next(a for a in project.articles() if a["id"] == record["id"])
    assert {k: v for k, v in article.items() if k != "text"}.items() <= record.items()
    assert set(record) - set(article) == {"tags", "labels", "score", "snippet", "copies"}
    assert "text" not in record
    assert record["score"] > 0
    assert record["tags"][0]["model"].startswith("svm-")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--theme", "privatisaton"), "did you mean 'privatisation'"),
        (("--since", "Nov 7th, 2014"), "--since Nov 7th, 2014: 'nov 7th, 2014' is no date"),
        (("--since", "2016", "--until", "2015"), "no date is from 2016 on and up to 2015 too"),
        (("a (b",), "  a (b\n    ^"),
    ],
)
def test_a_search_that_cannot_be_read_is_told(filled: Run, arguments: tuple[str, ...], words: str) -> None:
    ended = filled("search", *arguments)
    assert ended.code == 2
    assert words in ended.err
    assert ended.out == ""


def test_show_prints_one_article_by_any_unique_beginning_of_its_id(filled: Run, project: Project) -> None:
    filled("tag")
    article = next(a for a in project.articles() if a["outlet"] == "Fenwick Echo")
    ended = filled("show", article["id"][:5].upper())
    assert ended.code == 0
    assert ended.out.startswith("Firm hands back surgery\n")
    for words in (
        "Fenwick Echo",
        "7 November 2014",
        "Ann Writer",
        "revision 1",
        "handed back its",
    ):
        assert words in ended.out
    assert re.search(r"contract-failure [01]\.\d\d", ended.out)
    (record,) = filled("show", article["id"], "--json").json
    assert article.items() <= record.items()
    assert {t["theme"] for t in record["tags"]} >= {"contract-failure"}


@pytest.mark.parametrize("ident", ["zzzz", "", "../../etc/passwd", "%", "é", "0" * 5000])
def test_an_id_that_is_none_gets_one_line_and_exit_code_1(filled: Run, ident: str) -> None:
    ended = filled("show", ident)
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 1
    assert len(ended.err) < 200
    assert ended.out == ""


def test_an_id_that_begins_several_names_them(inline: Run, project: Project) -> None:
    for number in range(40):
        (project.folder / f"{number}.txt").write_text(f"Note {number}\n\nEnough words for an article, number {number}.")
    assert inline("add", *[f"{n}.txt" for n in range(40)]).code == 0
    ids = [a["id"] for a in project.articles()]
    shared = next(i[0] for i in ids if sum(1 for j in ids if j[0] == i[0]) > 1)
    ended = inline("show", shared)
    assert ended.code == 1
    assert "more than one" in ended.err
    named = ended.err.split("(")[1].split(")")[0].replace(" and more", "").split(", ")
    assert all(any(i.startswith(n) for i in ids) for n in named)


def test_an_archive_whose_cache_cannot_be_made_is_searched_all_the_same(filled: Run, project: Project) -> None:
    shutil.rmtree(project.archive / "cache")
    (project.archive / "cache").write_text("a file in the way")  # keeps root out too, as a read-only disk would
    before = project.everything()
    assert filled("search", "surgery").code == 0
    assert project.everything() == before
    assert (project.archive / "cache").read_text() == "a file in the way"


def test_damaged_lines_are_told_and_the_rest_is_found(filled: Run, project: Project) -> None:
    (path,) = (project.archive / "articles").glob("*.jsonl")
    with path.open("a") as file:
        file.write('{"id": 7}\nnot json\n[]\n')
        file.write(json.dumps({"id": "ff", "text": "half"})[:-5])
    ended = filled("search", "surgery")
    assert ended.code == 0
    assert ended.err.count("damaged line") == 3
    (project.folder / "more.txt").write_text("More news\n\nThe ward was opened again on Monday morning.")
    added = filled("add", "more.txt")
    assert "set aside" in added.err
    assert len(list((project.archive / "damaged").iterdir())) == 1
    assert filled("search", "ward").code == 0


@pytest.mark.parametrize(
    "change",
    [
        {"tags": [{}]},
        {"tags": [{"theme": "access", "probability": "x"}]},
        {"tags": [{"theme": "access", "probability": None}]},
        {"tags": [{"theme": [], "probability": 0.5}]},
        {"tags": [{"theme": "access", "probability": 0.5, "threshold": "x"}]},
        {"scores": {"access": 10**400}},
        {"scores": {"access": -1}},
    ],
)
def test_an_odd_line_among_the_tags_is_passed_over(filled: Run, project: Project, change: dict[str, object]) -> None:
    filled("tag")
    path = project.archive / "tags.jsonl"
    line = json.loads(path.read_text("utf-8").splitlines()[0])
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**line, **change}) + "\n")
    for command in (("show", line["article"]), ("search",), ("tag",)):
        ended = filled(*command)
        assert ended.code == 0, ended.err
        assert "unexpected" not in ended.err


def test_no_id_to_explain_is_none(filled: Run) -> None:
    ended = filled("tag", "--explain=")
    assert ended.code == 1
    assert "tagged" not in ended.err
