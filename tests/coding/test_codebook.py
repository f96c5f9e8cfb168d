from __future__ import annotations

from pathlib import Path

import pytest

from clipper.coding.codebook import load, phrase_pattern
from clipper.errors import ConfigError, UsageError
from clipper.places import shipped
from clipper.text import fold

STARTER = [
    "privatisation", "fragmentation", "prime-contractor", "outcomes-based", "integrated-care", "procurement",
    "contract-failure", "destabilisation", "service-closure", "funding", "workforce", "private-patients", "access",
    "commissioning-reform",
]  # fmt: skip


def _book(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "codebook.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_starter_codebook_has_the_fourteen_themes_with_definitions_and_phrases() -> None:
    book = load(shipped("codebook.toml"))
    assert list(book.keys) == STARTER
    assert all(theme.definition and theme.exclude and len(theme.phrases) >= 15 for theme in book.themes)


def test_every_problem_is_told_with_its_line(tmp_path: Path) -> None:
    path = _book(
        tmp_path,
        '[codebook]\nname = "Bins"\nversoin = 2\n'
        '[[theme]]\nkey = "Bin Bags"\nname = "Bags"\n'
        '[[theme]]\nname = "No key"\n'
        '[[theme]]\nkey = "bins"\nphrase = ["bin"]\nphrases = "bin"\n'
        '[[theme]]\nkey = "lids"\n[[theme]]\nkey = "lids"\n',
    )
    with pytest.raises(ConfigError) as caught:
        load(path)
    told = caught.value.problems
    assert len(told) == 6
    for line, words in {3: "'version'", 5: "'Bin Bags'", 7: "without 'key'", 11: "'phrases'", 12: "list"}.items():
        assert any(problem.startswith(f"{path}:{line}:") and words in problem for problem in told), (line, told)
    assert any("a second theme 'lids' (the first in line 14)" in problem for problem in told)


@pytest.mark.parametrize("text", ["", "theme = 3", "[[theme]]\nkey = 5", 'x = "'])
def test_what_is_no_codebook_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(_book(tmp_path, text))
    assert all(str(tmp_path) in problem for problem in caught.value.problems)


def test_a_theme_goes_by_its_key_or_its_name_and_the_nearest_is_offered() -> None:
    book = load(shipped("codebook.toml"))
    assert book.theme("Prime Contractor").key == book.theme("PRIME-contractor").key == "prime-contractor"
    with pytest.raises(UsageError, match="did you mean 'privatisation'"):
        book.theme("privatization")


def test_the_mark_changes_with_the_themes_and_not_with_comments(tmp_path: Path) -> None:
    one = load(_book(tmp_path, '[[theme]]\nkey = "bins"\n')).mark
    assert load(_book(tmp_path, '# bins\n[[theme]]\nkey = "bins"\n')).mark == one
    assert load(_book(tmp_path, '[[theme]]\nkey = "bins"\nphrases = ["lid"]\n')).mark != one


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("private firm*", "Two private firms bid", True),
        ("private firm*", "a semiprivate firm", False),
        ("prime contractor", "the Prime-Contractor model", True),
        ("prime contractor", "prime contractors", False),
        ("bail-out", "a bail-out was agreed", True),
        ("pfi", "the PFI bill", True),
        ("c++ (ward)", "the c++ (ward) closed", True),
        ("each other's records", "they cannot see each other’s records", True),
    ],
)
def test_phrases_are_found_as_whole_words(phrase: str, text: str, found: bool) -> None:
    pattern = phrase_pattern((phrase,))
    assert pattern is not None
    assert bool(pattern.search(fold(text))) is found


def test_no_phrases_make_no_pattern() -> None:
    assert phrase_pattern(()) is None
