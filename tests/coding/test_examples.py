from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from clipper.coding import codebook, examples
from clipper.errors import CannotWork
from clipper.places import shipped

KEYS = codebook.load(shipped("codebook.toml")).keys
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
    assert min(counts.values()) >= 20
    assert sum(1 for example in RAW if not example["themes"]) >= 100
    registers = Counter(example["register"] for example in RAW)
    assert set(registers) == REGISTERS
    assert min(registers.values()) >= 30
    assert {example["year"] for example in RAW} >= set(range(2008, 2027))


def test_each_example_is_of_one_form() -> None:
    assert len({example["id"] for example in RAW}) == len(RAW)
    for example in RAW:
        assert list(example) == ["id", "event", "register", "year", "title", "text", "themes"]
        assert example["themes"] == [key for key in KEYS if key in example["themes"]], example["id"]
        assert 55 <= len(example["text"].split()) <= 205, example["id"]


def test_no_two_examples_share_a_long_run_of_words() -> None:
    owner: dict[str, str] = {}
    for example in RAW:
        words = re.findall(r"\w+", example["text"].lower())
        for start in range(len(words) - 11):
            run = " ".join(words[start : start + 12])
            assert owner.setdefault(run, example["id"]) == example["id"], run


def test_a_passage_whose_every_theme_is_unknown_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    rows = [("a", ["bins"]), ("b", ["lids"]), ("c", []), ("d", ["bins", "lids"])]
    path.write_text(
        "".join(json.dumps({"id": i, "event": i, "title": "", "text": "x", "themes": t}) + "\n" for i, t in rows),
        encoding="utf-8",
    )
    assert [(e.id, set(e.themes)) for e in examples.load(path, ["bins"])] == [
        ("a", {"bins"}),
        ("c", set()),
        ("d", {"bins"}),
    ]


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"id": "a"}'])
def test_a_passage_that_cannot_be_read_is_told(tmp_path: Path, line: str) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(CannotWork, match=re.escape(str(path))):
        examples.load(path, ["bins"])
