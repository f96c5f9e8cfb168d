"""What the README says is so: its commands, its options, its links, the output that it shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from clipper import errors
from clipper.cli.main import COMMANDS, cli
from conftest import Ended

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_every_command_is_told_of() -> None:
    for name in COMMANDS:
        assert f"clipper {name}" in README


def test_every_command_and_option_that_it_names_exists() -> None:
    for name in set(re.findall(r"clipper ([a-z]+)\b", README)):
        assert name in COMMANDS or f"clipper {name}" in ("clipper collects", "clipper is", "clipper up"), name
    known: set[str] = set()
    for name in COMMANDS:
        command = cli.get_command(None, name)  # type: ignore[arg-type]  # it asks nothing of its context
        known |= {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert set(re.findall(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*", README)) <= known


def test_every_link_leads_to_a_file() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_exit_codes_are_those_of_the_program() -> None:
    told = {int(n) for row in re.findall(r"^\| ([\d, ]+) \|", README, re.MULTILINE) for n in row.split(",")}
    ours = {value for name, value in vars(errors).items() if name.isupper() and isinstance(value, int)}
    assert told == ours | {130, 143}


def test_the_transcript_is_what_the_demo_prints(clipper: Callable[..., Ended]) -> None:
    shown = [line[4:] for line in README.split("It is for people")[0].splitlines() if line.startswith("    ")]
    ended = clipper("demo")
    printed = _masked(ended.out + ended.err)
    for line in map(_masked, shown):
        if line and not line.startswith(
            ("$ clipper tag --explain", "+ workforce", "for:", "+N.N")
        ):  # tested beside --explain
            assert line in printed, line


def _masked(text: str) -> str:
    """Return a text without what differs from run to run: spaces, ids, the model's name, counts."""
    text = re.sub(r"\b(?:lr|svm)-[0-9a-f]+\b|\b[0-9a-f]{7}\b", "ID", " ".join(text.split()))
    return re.sub(r"\d+", "N", text).removesuffix("…").strip()
