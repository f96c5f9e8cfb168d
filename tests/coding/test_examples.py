from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clipper.coding import codebook, examples
from clipper.coding.codebook import Codebook, Theme, WorkedExample
from clipper.coding.examples import Example
from clipper.errors import CannotWork
from clipper.places import shipped

BOOK = codebook.load(shipped("codebook.toml"))
KEYS = BOOK.keys
RAW = [json.loads(line) for line in shipped("examples.jsonl").read_text("utf-8").splitlines()]
REGISTERS = {
    "trade",
    "broadsheet",
    "tabloid",
    "local",
    "release",
    "thinktank",
    "campaign",
    "parliament",
    "blog",
    "journal",
}


def test_the_examples_are_many_and_varied_enough() -> None:
    counts = Counter(theme for example in RAW for theme in example["themes"])
    assert set(counts) == set(KEYS)
    assert len(RAW) >= 3000
    assert min(counts.values()) >= 190
    assert sum(1 for example in RAW if not example["themes"]) >= 600
    registers = Counter(example["register"] for example in RAW)
    assert set(registers) == REGISTERS
    assert min(registers.values()) >= 130
    assert {example["year"] for example in RAW} >= set(range(2008, 2027))


def test_each_example_is_of_one_form() -> None:
    assert len({example["id"] for example in RAW}) == len(RAW)
    for example in RAW:
        assert list(example) == ["id", "event", "register", "year", "title", "text", "themes"]
        assert example["themes"] == [key for key in KEYS if key in example["themes"]], example["id"]
        assert 30 <= len(example["text"].split()) <= 240, example["id"]


def test_no_two_examples_share_a_long_run_of_words() -> None:
    owner: dict[str, str] = {}
    for example in RAW:
        words = re.findall(r"\w+", example["text"].lower())
        for start in range(len(words) - 11):
            run = " ".join(words[start : start + 12])
            assert owner.setdefault(run, example["id"]) == example["id"], run


def _book(*themes: Theme) -> Codebook:
    return Codebook(path=Path("codebook.toml"), name="Bins", version=1, themes=themes, mark="")


def _theme(key: str, *worked: WorkedExample, merges: tuple[str, ...] = ()) -> Theme:
    return Theme(key=key, name=key, definition="", examples=worked, merges=merges)


BINS = _book(_theme("bins", merges=("tubs", "vats")))
GOOD: dict[str, Any] = {"id": "a", "event": "e", "title": "", "text": "The bin is full.", "themes": ["bins"]}


def _file(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_passage_whose_every_theme_is_unknown_is_left_out(tmp_path: Path) -> None:
    themes = {"a": ["bins"], "b": ["lids"], "c": [], "d": ["bins", "lids"]}
    path = _file(tmp_path / "examples.jsonl", *({**GOOD, "id": i, "themes": t} for i, t in themes.items()))
    found = examples.load(path, BINS)
    assert [(e.id, set(e.themes)) for e in found] == [("a", {"bins"}), ("c", set()), ("d", {"bins"})]
    assert all(e.judged is None and e.weight == 1.0 for e in found)


def test_a_passage_made_under_a_merged_key_counts_for_the_theme_of_today(tmp_path: Path) -> None:
    themes = {"a": ["tubs"], "b": ["tubs", "vats", "bins"], "c": ["vats", "lids"]}
    path = _file(tmp_path / "examples.jsonl", *({**GOOD, "id": i, "themes": t} for i, t in themes.items()))
    assert [(e.id, set(e.themes)) for e in examples.load(path, BINS)] == [(i, {"bins"}) for i in "abc"]


def test_several_files_are_read_in_one_call_or_in_several(tmp_path: Path) -> None:
    one = _file(tmp_path / "one.jsonl", GOOD, {**GOOD, "id": "b"})
    two = _file(tmp_path / "two.jsonl", {**GOOD, "id": "c"})
    together = examples.load([one, two], BINS)
    assert [e.id for e in together] == ["a", "b", "c"]
    assert together == [*examples.load(one, BINS), *examples.load(two, BINS)]


def test_the_shipped_passages_are_of_the_form() -> None:
    found = examples.load(shipped("examples.jsonl"), BOOK)
    assert len(found) == len(RAW)
    assert [e.themes for e in found] == [frozenset(row["themes"]) for row in RAW]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"nonsense", "one JSON object"),
        (b"", "one JSON object"),
        (b"[]", "one JSON object"),
        (b"[" * 100_000, "one JSON object"),
        (b'{"id": "a"}', "here is no event, text, title, themes"),
        (json.dumps({**GOOD, "id": 7}).encode(), "'id' of an example must be text"),
        (json.dumps({**GOOD, "event": None}).encode(), "'event'"),
        (json.dumps({**GOOD, "title": ["x"]}).encode(), "'title'"),
        (json.dumps({**GOOD, "text": {}}).encode(), "'text'"),
        (json.dumps({**GOOD, "text": "  "}).encode(), "'text' of an example must be text, not empty"),
        (json.dumps({**GOOD, "themes": "bins"}).encode(), "'themes' of an example must be a list of keys"),
        (json.dumps({**GOOD, "themes": [["bins"]]}).encode(), "'themes'"),
        (json.dumps({**GOOD, "themes": [1]}).encode(), "'themes'"),
        (json.dumps({**GOOD, "themes": None}).encode(), "'themes'"),
        (b'{"id": "caf\xe9"}', "UTF-8"),
        (json.dumps({**GOOD, "text": "half \ud83d"}).encode(), "half a character"),
    ],
)
def test_a_passage_that_cannot_be_read_is_told_with_its_line(tmp_path: Path, line: bytes, words: str) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_bytes(json.dumps(GOOD).encode() + b"\n" + line + b"\n")
    with pytest.raises(CannotWork, match=re.escape(words)) as caught:
        examples.load(path, BINS)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.jsonl"):
        with pytest.raises(CannotWork, match=f"^{re.escape(str(path))}: the examples cannot be read"):
            examples.load(path, BINS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["bins", "tubs"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=40) | st.dictionaries(st.sampled_from(sorted(GOOD)), JSON).map(lambda d: {**GOOD, **d}))
def test_any_line_is_read_or_refused_with_its_place(tmp_path: Path, row: Any) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_bytes(row if isinstance(row, bytes) else json.dumps(row).encode())
    try:
        found = examples.load(path, BINS)
    except CannotWork as error:
        assert re.match(rf"{re.escape(str(path))}:\d+: \S", str(error))
    else:
        assert all(isinstance(e.text, str) and e.text.strip() and e.themes <= {"bins"} for e in found)


# -- the codebook's own ---------------------------------------------------------------------------------------


def test_a_worked_example_that_carries_its_theme_was_judged_for_all() -> None:
    worked = WorkedExample(text="The bin and its lid.", title="Lost", also=("lids",), why="Because.")
    assert examples.from_codebook(_book(_theme("bins", worked), _theme("lids"))) == [
        Example("codebook-bins-1", "codebook-bins-1", "Lost", "The bin and its lid.", frozenset({"bins", "lids"}))
    ]


def test_a_near_miss_says_nothing_of_other_themes() -> None:
    plain = WorkedExample(text="The tin.", carries=False)
    other = WorkedExample(text="The lid.", carries=False, also=("lids",))
    first, second = examples.from_codebook(_book(_theme("bins", plain, other), _theme("lids"), _theme("cats")))
    assert (first.id, first.themes, first.judged) == ("codebook-bins-1", frozenset(), {"bins"})
    assert (second.id, second.themes, second.judged) == ("codebook-bins-2", {"lids"}, {"bins", "lids"})


def test_a_passage_under_two_themes_is_one_example() -> None:
    yes, no = WorkedExample(text="The Lid fell."), WorkedExample(text="The lid\n\nfell.", carries=False, title="Fall")
    (one,) = examples.from_codebook(_book(_theme("bins", no), _theme("lids", yes)))
    assert (one.event, one.title, one.themes, one.judged) == ("codebook-bins-1", "Fall", {"lids"}, None)
    (two,) = examples.from_codebook(_book(_theme("bins", no), _theme("lids", no)))
    assert (two.themes, two.judged) == (frozenset(), {"bins", "lids"})


def test_the_starters_worked_examples_teach_each_theme_from_both_sides() -> None:
    found = examples.from_codebook(BOOK)
    assert len({e.event for e in found}) == len(found) == sum(len(theme.examples) for theme in BOOK.themes)
    for key in KEYS:
        assert sum(key in e.themes for e in found) >= 2
        assert sum(key not in e.themes and e.judged is not None and key in e.judged for e in found) >= 1
    passages = {row["event"] for row in RAW}
    assert not passages & {e.event for e in found}


def test_a_worked_example_may_name_another_theme_as_it_was_called(tmp_path: Path) -> None:
    path = tmp_path / "codebook.toml"
    path.write_text(
        '[codebook]\nname = "b"\nversion = 1\n[[theme]]\nkey = "bins"\n[[theme.example]]\ntext = "Full."\n'
        'also = ["tops"]\n[[theme]]\nkey = "lids"\nmerges = ["tops"]\n',
        "utf-8",
    )
    (example,) = examples.from_codebook(codebook.load(path))
    assert example.themes == {"bins", "lids"}
