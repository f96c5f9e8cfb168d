"""TOML with the line of every key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clipper import located_toml
from clipper.errors import ConfigError
from clipper.located_toml import LocatedToml

MANY = settings(max_examples=60, deadline=None)


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def read(path: Path, text: str | bytes) -> LocatedToml:
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return located_toml.read(path)


def test_tables_keys_and_entries_of_lists_have_their_lines(toml: Path) -> None:
    text = """# a comment
top = 1

[clipper]
archive = "a"
  'odd key' = 2
"quoted" = 3
[fetch . deep]   # a comment
a.b . c = 4

[[source]]
name = "one"
[[ source ]]
name = "two"
[source.more]
x = 1
[[source.part]]
y = 1
[[source.part]]
y = 2
"""
    found = read(toml, text)
    wanted = {
        ("top",): 2,
        ("clipper",): 4,
        ("clipper", "archive"): 5,
        ("clipper", "odd key"): 6,
        ("clipper", "quoted"): 7,
        ("fetch", "deep"): 8,
        ("fetch", "deep", "a", "b", "c"): 9,
        ("source", 0): 11,
        ("source", 0, "name"): 12,
        ("source", 1): 13,
        ("source", 1, "name"): 14,
        ("source", 1, "more", "x"): 16,
        ("source", 1, "part", 0, "y"): 18,
        ("source", 1, "part", 1, "y"): 20,
    }
    assert {where: found.at(*where) for where in wanted} == {w: f"{toml}:{line}" for w, line in wanted.items()}


@pytest.mark.parametrize(
    "value",
    [
        "1",
        '"a # b [ { \\" c"',
        "'a [ \\'",
        '""',
        '"""\n[x]\nlast = 1\n"""',
        "'''\nlast = 1\n\"\"\"\n'''",
        '"""one line"""',
        '[\n  "a]", # ] "\n  [1,\n 2],\n]',
        "[\n['last'],\n]",
        "{ last = 1, b = [2] }",
        '"""quoted \\""" still inside\nlast = 1\n"""',
        '["""\na""",\n["x"],\n]',
        '"\u2028 and \x85"',
    ],
)
def test_a_value_of_several_lines_is_stepped_over(toml: Path, value: str) -> None:
    found = read(toml, f"[a]\nfirst = {value}\nlast = 2\n[b]\nlast = 3\n")
    assert (found.data["a"]["last"], found.data["b"]["last"]) == (2, 3)
    after = 3 + value.count("\n")
    assert [found.at("a", "last"), found.at("b", "last")] == [f"{toml}:{after}", f"{toml}:{after + 2}"]


def test_line_ends_of_windows_count_once(toml: Path) -> None:
    assert read(toml, "\ufeff[a]\r\n\r\nx = 1\r\n").at("a", "x") == f"{toml}:3"


def test_a_key_that_cannot_be_placed_gets_its_tables_line(toml: Path) -> None:
    found = read(toml, "\n[a]\nx = { y = 1 }\n")
    assert found.at("a", "x", "y") == f"{toml}:3"
    assert found.at("a", "unheard") == f"{toml}:2"
    assert found.at("unheard") == f"{toml}:1"


def test_a_list_of_tables_as_a_whole_is_told_at_its_first_entry(toml: Path) -> None:
    assert read(toml, "x = 1\n\n[[sources]]\ny = 1\n[[sources]]\ny = 2\n").at("sources") == f"{toml}:3"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[a]\nx = \n", 2, "not valid TOML"),
        ("[a]\nx = 1\nx = 2\n", 3, "not valid TOML"),
        ("[a]\n\n[a]\n", 3, "not valid TOML"),
        ('[a]\nx = """\nnever closed', 3, "not valid TOML"),
        ("[a]\nx = 2014-02-30\n", 2, "not valid TOML"),
        (b'[a]\nx = "caf\xe9"\n', 2, "UTF-8"),
        ("[a]\nx = 1".encode("utf-16"), 1, "UTF-8"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_told_with_its_line(
    toml: Path, text: str | bytes, line: int, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(toml, text)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{toml}:{line}: ")
    assert said in problem
    assert "\n" not in problem


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.toml", tmp_path / ("x" * 400)):
        with pytest.raises(ConfigError, match="cannot be read") as caught:
            located_toml.read(path)
        assert str(caught.value).startswith(f"{path}: ")


def test_a_file_that_is_no_settings_file_by_its_size_is_refused(toml: Path) -> None:
    with pytest.raises(ConfigError, match="too many"):
        read(toml, b"#" * (located_toml.MAX_BYTES + 1))


PIECES = st.lists(
    st.sampled_from(
        ["[", "]", "[[", "]]", "{", "}", "a", "b.c", '"', '"""', "'", "'''", "=", " = 1\n", "\n", "#", ",", "\\", "\r",
         "\x85", "\u2028", "é", "2014-11-07", "0x", "1e5", "nan", "\0", "true", "."]
    ),
    max_size=25,
)  # fmt: skip


@MANY
@given(st.one_of(st.binary(max_size=60), PIECES.map("".join).map(str.encode)))
@example(b"x = " + b"[" * 50_000)
@example(b"x = " + b"1" * 5_000)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    try:
        found = read(path, raw)
    except ConfigError as error:
        assert len(error.problems) == 1
        assert error.problems[0].startswith(f"{path}:")
    else:
        lines = raw.count(b"\n") + 1
        assert all(1 <= int(found.at(*where).rpartition(":")[2]) <= lines for where in found.lines)
