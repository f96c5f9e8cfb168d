from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clipper.coding import codebook
from clipper.coding.codebook import Codebook, WorkedExample, load
from clipper.coding.phrases import phrase_pattern
from clipper.errors import ConfigError, UsageError
from clipper.places import shipped
from clipper.text import fold

STARTER = [
    "privatisation", "fragmentation", "prime-contractor", "outcomes-based", "integrated-care", "procurement",
    "contract-failure", "destabilisation", "service-closure", "funding", "workforce", "private-patients", "access",
    "commissioning-reform",
]  # fmt: skip


BINS = '[[theme]]\nkey = "bins"\n'
LIDS = '[[theme]]\nkey = "lids"\n'
SHIPPED = shipped("codebook.toml").read_text("utf-8")


def _book(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "codebook.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _told(path: Path) -> list[tuple[int, str]]:
    """Return the problems of a codebook, each with its line."""
    with pytest.raises(ConfigError) as caught:
        load(path)
    found = []
    for problem in caught.value.problems:
        place, _, message = problem.removeprefix(f"{path}:").partition(": ")
        found.append((int(place), message))
    return found


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


# -- worked examples ------------------------------------------------------------------------------------------


def test_every_theme_of_the_starter_has_worked_examples_on_both_sides_of_its_border() -> None:
    book = load(shipped("codebook.toml"))
    for theme in book.themes:
        assert sum(e.carries for e in theme.examples) == 2, theme.key
        assert 1 <= sum(not e.carries for e in theme.examples) <= 2, theme.key
        for worked in theme.examples:
            assert 30 <= len(worked.text.split()) <= 70, worked.title
            assert worked.title and worked.why.endswith(".") and "\n" not in worked.text
    texts = [e.text for theme in book.themes for e in theme.examples]
    assert len(set(texts)) == len(texts)


def test_a_worked_example_is_read_whole(tmp_path: Path) -> None:
    book = load(
        _book(
            tmp_path,
            f'''{BINS}[[theme.example]]
title = "Lid  lost"
text = """
The lid of a bin
was lost.

Nobody   knows where.
"""
carries = false
also = ["lids"]
why = "It is the lid's story."
[[theme.example]]
text = "The bin is full."
{LIDS}''',
        )
    )
    assert book.themes[0].examples == (
        WorkedExample(
            text="The lid of a bin was lost.\n\nNobody knows where.",
            title="Lid lost",
            carries=False,
            also=("lids",),
            why="It is the lid's story.",
        ),
        WorkedExample(text="The bin is full."),
    )
    assert book.themes[1].examples == ()


@pytest.mark.parametrize(
    ("table", "line", "words"),
    [
        ("", 3, "an example without 'text'"),
        ('text = ""', 4, "'text' is empty"),
        ('text = " \\u0007 "', 4, "'text' is empty"),
        ("text = 7", 4, "'text' must be text in quotes, not a whole number"),
        ('text = "x"\ncarries = "no"', 5, "'carries' must be true or false, not text in quotes"),
        ('text = "x"\ncarries = 0', 5, "'carries' must be true or false"),
        ('text = "x"\ncarry = true', 5, "unknown key 'carry'; did you mean 'carries'?"),
        ('text = "x"\nphrases = ["bin*"]', 5, "a theme's keys stand above its examples"),
        ('text = "x"\nalso = "lids"', 5, "'also' must be a list"),
        ('text = "x"\nalso = ["lid"]', 5, "unknown theme 'lid' in 'also'; did you mean 'lids'?"),
        ('text = "x"\nalso = ["bins"]', 5, "'also' names the example's own theme"),
        ('text = "x"\nalso = ["lids", "lids"]', 5, "'lids' stands twice in 'also'"),
        ('text = "x"\nwhy = ""', 5, "'why' is empty"),
        (f'text = "x"\ntitle = "{"x" * 201}"', 5, "'title' has 201 characters; at most 200"),
        ('text = "x"\n[[theme.example]]\ntext = " X "', 6, "the same passage stands under this theme in line 4"),
    ],
)
def test_a_worked_example_that_cannot_be_used_is_told_with_its_line(
    tmp_path: Path, table: str, line: int, words: str
) -> None:
    path = _book(tmp_path, f'{BINS}[[theme.example]]\n{table}\n{LIDS}merges = ["covers"]\n')
    ((place, message),) = _told(path)
    assert place == line
    assert words in message


def test_two_answers_on_one_passage_are_told(tmp_path: Path) -> None:
    passage = '[[theme.example]]\ntext = "The lid fell."\n'
    path = _book(tmp_path, f'{BINS}{passage}also = ["lids"]\n{LIDS}{passage}carries = false\n')
    assert _told(path) == [(8, "line 4 says that the same passage carries 'lids'")]
    fine = _book(tmp_path, f"{BINS}{passage}{LIDS}{passage}carries = false\n")
    assert [len(theme.examples) for theme in load(fine).themes] == [1, 1]


@pytest.mark.parametrize("value", ['"x"', "[1]", '{ text = "x" }', "true"])
def test_examples_that_are_no_tables_of_their_own_are_told(tmp_path: Path, value: str) -> None:
    ((line, message),) = _told(_book(tmp_path, f"{BINS}example = {value}\n"))
    assert (line, message) == (3, "'example' must be a table of its own: [[theme.example]]")


# -- merges ---------------------------------------------------------------------------------------------------


def test_a_merged_key_leads_to_the_theme_that_took_it_in(tmp_path: Path) -> None:
    book = load(_book(tmp_path, f'{BINS}merges = ["wheelie-bins", "dustbins"]\n{LIDS}'))
    wanted = {"bins": "bins", "wheelie-bins": "bins", "dustbins": "bins", "lids": "lids", "cats": None, "": None}
    assert {key: book.current(key) for key in wanted} == wanted
    assert book.theme("Dustbins").key == "bins"
    assert book.keys == ("bins", "lids")


@pytest.mark.parametrize(
    ("first", "second", "line", "words"),
    [
        ('merges = ["Old Bins"]', "", 3, "key 'Old Bins' may hold a-z, 0-9 and single hyphens"),
        (f'merges = ["{"b" * 65}"]', "", 3, "has 65 characters; at most 64"),
        ('merges = ["lids"]', "", 3, "'merges' names 'lids', which is a theme still (line 5)"),
        ('merges = ["bins"]', "", 3, "'merges' names 'bins', the theme's own key"),
        ('merges = ["tubs"]', 'merges = ["tubs"]', 6, "'tubs' is merged into 'bins' already (line 3)"),
        ('merges = ["tubs", "tubs"]', "", 3, "'tubs' stands twice in 'merges'"),
        ('merges = "tubs"', "", 3, "'merges' must be a list of texts in quotes"),
    ],
)
def test_merges_that_cannot_be_are_told_with_their_line(
    tmp_path: Path, first: str, second: str, line: int, words: str
) -> None:
    ((place, message),) = _told(_book(tmp_path, f"{BINS}{first}\n{LIDS}{second}\n"))
    assert place == line
    assert words in message


# -- names, phrases and sizes ---------------------------------------------------------------------------------


def test_two_themes_of_one_name_are_told(tmp_path: Path) -> None:
    path = _book(tmp_path, f'{BINS}name = "Réfuse"\n{LIDS}name = "REFUSE"\n[[theme]]\nkey = "tubs"\nname = "Lids"\n')
    assert _told(path) == [
        (6, "a second theme named 'REFUSE' (the first in line 3)"),
        (9, "the name 'Lids' is the key of the theme in line 5"),
    ]


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("*", "holds no word"),
        (" ** * ", "holds no word"),
        ("\u0301", "holds no word"),
        ("priv*tis", "'*' may stand only at the end of a word"),
        ("*tion", "'*' may stand only at the end of a word"),
        ("wait * for", "'*' may stand only at the end of a word"),
        ("bin\uff0aman", "'*' may stand only at the end of a word"),
        ("", "'phrases' holds an empty text"),
        ("x" * 201, "has 201 characters; at most 200"),
        ("Lid", "'Lid' stands twice in 'phrases'"),
    ],
)
def test_a_phrase_that_would_find_nothing_or_everything_is_told(tmp_path: Path, phrase: str, words: str) -> None:
    ((line, message),) = _told(_book(tmp_path, f'{BINS}phrases = ["lid", "{phrase}"]\n'))
    assert line == 3
    assert words in message


def test_a_key_may_have_64_characters(tmp_path: Path) -> None:
    assert load(_book(tmp_path, f'[[theme]]\nkey = "{"b" * 64}"\n')).keys == ("b" * 64,)
    ((line, message),) = _told(_book(tmp_path, f'\n[[theme]]\nkey = "{"b" * 5000}"\n'))
    assert line == 3
    assert "5000 characters; at most 64" in message
    assert len(message) < 200


def test_a_codebook_may_have_500_themes(tmp_path: Path) -> None:
    many = [f'[[theme]]\nkey = "t{n}"\n' for n in range(codebook.MAX_THEMES + 1)]
    assert len(load(_book(tmp_path, "".join(many[:-1]))).themes) == 500
    assert _told(_book(tmp_path, "".join(many))) == [(1001, "501 themes are too many; at most 500")]


def test_a_description_is_kept_and_a_version_within_reason(tmp_path: Path) -> None:
    path = _book(tmp_path, f'[codebook]\ndescription = "Bins of\\n the town"\nversion = 3\n{BINS}')
    book = load(path)
    assert (book.description, book.version) == ("Bins of the town", 3)
    assert load(_book(tmp_path, BINS)).description == ""
    for wrong in ("true", "1.5", "-1", "0x" + "f" * 9000):
        ((line, message),) = _told(_book(tmp_path, f"[codebook]\nversion = {wrong}\n{BINS}"))
        assert line == 2
        assert "'version'" in message


# -- the file -------------------------------------------------------------------------------------------------


def test_a_mark_of_byte_order_at_the_start_is_stepped_over(tmp_path: Path) -> None:
    path = tmp_path / "codebook.toml"
    path.write_bytes(b"\xef\xbb\xbf" + BINS.encode())
    assert load(path).keys == ("bins",)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _in_another_encoding(path: Path) -> None:
    path.write_bytes(BINS.encode() + b'name = "caf\xe9"\n')


def _too_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(5_000_001)


def _nothing(path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_pipe, "a pipe or a device, not a file"),
        (_link_to_a_device, "a pipe or a device, not a file"),
        (Path.mkdir, "a folder, not a file"),
        (_in_another_encoding, "not UTF-8"),
        (_too_large, "too many"),
        (_nothing, "cannot be read"),
    ],
)
def test_what_is_no_text_file_gets_one_line(tmp_path: Path, make: object, words: str) -> None:
    path = tmp_path / "codebook.toml"
    make(path)  # type: ignore[operator]  # a function out of a table
    with pytest.raises(ConfigError) as caught:
        load(path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}")
    assert words in problem
    assert "\n" not in problem


# -- the mark -------------------------------------------------------------------------------------------------

FULL = """[codebook]
name = "Bins"
version = 1
[[theme]]
key = "bins"
name = "Bins"
definition = "About bins."
include = ["Tubs."]
exclude = ["Cats."]
phrases = ["bin*"]
merges = ["dustbins"]
[[theme.example]]
text = "The bin is full."
title = "Full"
carries = true
also = ["lids"]
why = "It is a bin."
[[theme]]
key = "lids"
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('key = "lids"', 'key = "covers"'),
        ("About bins.", "About all bins."),
        ("Tubs.", "Vats."),
        ("Cats.", "Dogs."),
        ("bin*", "bins"),
        ("dustbins", "wheelie-bins"),
        ('merges = ["dustbins"]\n', ""),
        ("The bin is full.", "The bin is empty."),
        ('title = "Full"', 'title = "Empty"'),
        ("carries = true", "carries = false"),
        ('also = ["lids"]\n', ""),
    ],
)
def test_the_checksum_changes_with_what_teaches(tmp_path: Path, old: str, new: str) -> None:
    changed = FULL.replace(old, new)
    if "covers" in new:
        changed = changed.replace('also = ["lids"]', 'also = ["covers"]')
    assert changed != FULL
    assert load(_book(tmp_path, changed)).mark != load(_book(tmp_path, FULL)).mark


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[[theme]]", "# a comment\n[[theme]]"),
        ('name = "Bins"\ndef', 'name = "Dustbins and more"\ndef'),
        ("It is a bin.", "Look at it."),
        ('why = "It is a bin."\n', ""),
        ("version = 1", 'version = 1\ndescription = "All about bins."'),
        ('"The bin is full."', '"""\nThe bin\nis full.\n"""'),
        ("carries = true\n", ""),
        ('["bin*"]', '[\n  "bin*",\n]'),
    ],
)
def test_the_mark_stays_with_what_is_only_for_reading(tmp_path: Path, old: str, new: str) -> None:
    assert old in FULL
    assert load(_book(tmp_path, FULL.replace(old, new))).mark == load(_book(tmp_path, FULL)).mark


# -- any mutation ---------------------------------------------------------------------------------------------

LINES = SHIPPED.splitlines()
VALUES = ['""', '"x"', "7", "true", "[]", "[1]", '["x"]', '["*"]', "{}", "{a=1}", "1979-05-27", "[[]]", '["a*b"]',
          '"\\u0000"', '"bins"', '["funding"]', '["old-key"]']  # fmt: skip
KEYS = ["key", "name", "definition", "phrases", "merges", "example", "text", "carries", "also", "why", "x", '"a.b"']
TABLES = ["[[theme]]", "[theme]", "[[theme.example]]", "[theme.example]", "[[theme.example.more]]", "[codebook]"]
NEW = [*(f"{key} = {value}" for key in KEYS for value in VALUES), *TABLES, "]", '"""', "\x00"]
ASSIGNED = re.compile(r"[a-z]+ = [^\[]*[^\"=,]\"?$|[a-z]+ = \[.*\]$")  # a key and its value on one line


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """Draw the shipped codebook with some lines lost, doubled, swapped, put in, or with characters changed."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
        what = draw(st.sampled_from(["lose", "double", "swap", "insert", "value", "character"]))
        if what == "lose":
            del lines[at : at + draw(st.integers(1, 30))]
        elif what == "double":
            lines.insert(other, lines[at])
        elif what == "swap":
            lines[at], lines[other] = lines[other], lines[at]
        elif what == "insert":
            lines.insert(at, draw(st.sampled_from(NEW)))
        elif what == "value":
            assigned = [i for i, line in enumerate(lines) if ASSIGNED.match(line)] or [at]
            at = draw(st.sampled_from(assigned))
            lines[at] = lines[at].partition("=")[0] + "= " + draw(st.sampled_from(VALUES))
        elif lines[at]:
            place = draw(st.integers(0, len(lines[at]) - 1))
            lines[at] = lines[at][:place] + draw(st.characters(codec="utf-8")) + lines[at][place + 1 :]
        if not lines:
            break
    return "\n".join(lines)


def _sound(book: Codebook) -> bool:
    """Whether a codebook that loaded keeps what its readers rely on."""
    merged = [old for theme in book.themes for old in theme.merges]
    return (
        len(set(book.keys)) == len(book.keys)
        and not set(merged) & set(book.keys)
        and len(set(merged)) == len(merged)
        and all(book.current(key) == key and len(key) <= 64 for key in book.keys)
        and all(e.text and set(e.also) <= set(book.keys) for theme in book.themes for e in theme.examples)
        and all((p := phrase_pattern(t.phrases)) is None or not p.search(" ") for t in book.themes)
    )


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutations())
@example("")
@example(SHIPPED)
@example(SHIPPED.replace("[[theme.example]]", "[[theme.examples]]"))
@example(SHIPPED.replace("[[theme]]", "[theme]"))
def test_a_mutated_codebook_loads_or_is_refused_with_a_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "codebook.toml"
    path.write_bytes(text.encode())
    try:
        book = load(path)
    except ConfigError as error:
        assert error.problems
        lines = text.count("\n") + 1
        for problem in error.problems:
            place = re.match(rf"{re.escape(str(path))}:(\d+): \S", problem)
            assert place and 1 <= int(place[1]) <= lines, problem
            assert "\n" not in problem
    else:
        assert _sound(book)
