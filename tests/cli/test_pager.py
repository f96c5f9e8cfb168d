"""Long output on a terminal: which program is given it, and what happens when that one is not there or goes away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

import pytest

from conftest import on_terminal

PRINTS = """
import click
from clipper.cli.pager import paged
with paged({wanted}):
    for number in range({lines}):
        click.echo(f"line {{number}}")
click.echo("after")
"""


def printed(lines: int, keys: bytes = b"", wanted: bool = True, **environment: str) -> tuple[int, list[str]]:
    """Return how a program ends that prints so many lines, and the lines on a terminal of 80 columns and 10 lines."""
    return small_terminal(PRINTS.format(lines=lines, wanted=wanted), environment, keys)


def small_terminal(script: str, environment: Mapping[str, str], keys: bytes = b"") -> tuple[int, list[str]]:
    # A reader looks first.
    code, said = on_terminal(
        [sys.executable, "-c", script], rows=10, environment=environment, keys=keys, after=b"line 5"
    )
    return code, said.split("\n")


def plain(lines: int) -> list[str]:
    return [*(f"line {number}" for number in range(lines)), "after", ""]


def test_what_is_longer_than_the_terminal_goes_through_the_pager() -> None:
    code, lines = printed(50, PAGER="sed s/line/paged/")
    assert code == 0
    assert lines == [line.replace("line", "paged") for line in plain(50)]


def test_what_fits_on_the_terminal_does_not() -> None:
    assert printed(7, PAGER="sed s/line/paged/") == (0, plain(7))
    assert printed(0, PAGER="sed s/line/paged/") == (0, plain(0))


@pytest.mark.parametrize("pager", ["", "cat", "no-such-program-anywhere -x", '"an open quote', "/etc", " "])
def test_without_a_usable_pager_all_is_printed(pager: str) -> None:
    assert printed(50, PAGER=pager) == (0, plain(50))


def test_no_pager_where_none_is_wanted() -> None:
    assert printed(50, PAGER="sed s/line/paged/", wanted=False) == (0, plain(50))


@pytest.mark.parametrize("pager", ["head -n 2", "sed 2q"])
def test_leaving_the_pager_early_ends_what_is_printed_and_nothing_more(pager: str) -> None:
    assert printed(100_000, PAGER=pager) == (0, ["line 0", "line 1", "after", ""])


def test_a_pager_that_reads_nothing_is_no_trouble() -> None:
    assert printed(100_000, PAGER="true") == (0, ["after", ""])


def test_the_pager_is_given_letters_in_the_encoding_of_the_terminal() -> None:
    script = PRINTS.format(lines=50, wanted=True).replace("line {number}", "£ {number}")
    for encoding, shown in (("utf-8", "£"), ("ascii:backslashreplace", "\\xa3")):
        code, lines = small_terminal(script, {"PAGER": "sed s/$/./", "PYTHONIOENCODING": encoding})
        assert (code, lines[:2]) == (0, [f"{shown} 0.", f"{shown} 1."])


@pytest.mark.parametrize("theirs", [None, "", "i", "-i -Pwhere"])
def test_less_shows_colours_whatever_is_set_for_it(theirs: str | None) -> None:
    environment = {"PAGER": "sh -c 'echo $LESS; cat > /dev/null'"} | ({} if theirs is None else {"LESS": theirs})
    code, lines = printed(50, **environment)
    assert (code, lines) == (0, [f"-R {'FX' if theirs is None else theirs}".strip(), "after", ""])


@pytest.mark.skipif(shutil.which("less") is None, reason="there is no less here")
def test_less_shows_the_first_screen_and_is_left_with_q() -> None:
    code, lines = printed(100_000, keys=b"q")
    assert code == 0
    assert any("line 0" in line for line in lines)
    assert not any("line 5000" in line for line in lines)
    assert lines[-2].endswith("after")


def test_a_pipe_is_never_paged() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRINTS.format(lines=50, wanted=True)],
        env={**os.environ, "PAGER": "sed s/line/paged/"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split("\n") == plain(50)
