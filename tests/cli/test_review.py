"""``clipper review``: what it would ask, and a sitting at a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.cli import review_screen
from conftest import Ended, Project, with_few

Run = Callable[..., Ended]

STORIES = {
    "contract.txt": (
        "Firm hands back surgery\n\nSource: Fenwick Echo\n\nDate: 7 November 2014\n\n"
        "The private company that ran the surgery handed back its contract on Friday and walked away. Shareholders of "
        "the outsourcing firm blamed the price. Patients were turned away and now wait weeks for an appointment."
    ),
    "cake.txt": "Lemon cake wins\n\nSource: Wold Post\n\nDate: 2015\n\nThe show's judges gave it a ribbon.",
    "ward.txt": (
        "Night ward to shut\n\nSource: Wold Post\n\nDate: 3 May 2016\n\nThe hospital trust will close its night ward "
        "because it cannot find nurses. Staff were told on Monday \x1b]0;owned\x07 that the rota is unsustainable."
    ),
}


@pytest.fixture
def filled(inline: Run, project: Project) -> Run:
    for name, text in STORIES.items():
        (project.folder / name).write_text(text, encoding="utf-8")
    assert inline("add", *STORIES).code == 0
    return inline


class Sitting:
    """The installed command in a pseudo-terminal."""

    def __init__(
        self, command: list[str], folder: Path, *arguments: str, width: int = 80, height: int = 24, **environment: str
    ) -> None:
        self._own, theirs = pty.openpty()
        self.resize(width, height)
        self.before = termios.tcgetattr(theirs)
        self._theirs = theirs
        self.said = ""
        self.process = subprocess.Popen(
            [*command, "review", *arguments],
            stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env={**os.environ, "TERM": "xterm", **environment},
            start_new_session=True, preexec_fn=_own_terminal,
        )  # fmt: skip

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self._own, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def type(self, keys: str) -> None:
        self.said = ""
        os.write(self._own, keys.encode())

    def until(self, wanted: str, seconds: float = 60.0) -> str:
        """Read until something is shown; return what was said since the last key."""
        end = time.monotonic() + seconds
        while wanted not in self.said:
            assert time.monotonic() < end, f"{wanted!r} did not come: {self.said!r}"
            if select.select([self._own], [], [], 0.2)[0]:
                self.said += os.read(self._own, 65536).decode("utf-8", "replace")
        return self.said

    def ended(self) -> int:
        end = time.monotonic() + 60
        while self.process.poll() is None:
            assert time.monotonic() < end, self.said
            if select.select([self._own], [], [], 0.05)[0]:
                self.said += os.read(self._own, 65536).decode("utf-8", "replace")
        while select.select([self._own], [], [], 0.05)[0]:
            self.said += os.read(self._own, 65536).decode("utf-8", "replace")
        assert "Traceback" not in self.said
        return self.process.returncode

    def restored(self) -> bool:
        after = termios.tcgetattr(self._theirs)
        return after == self.before and self.said.rfind("\x1b[?1049l") > self.said.rfind("\x1b[?1049h")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._own)
        os.close(self._theirs)


def _own_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def sit(filled: Run, project: Project) -> Iterator[Callable[..., Sitting]]:
    sittings: list[Sitting] = []

    def start(*arguments: str, few: str = "", **more: str | int) -> Sitting:
        command = with_few(few) if few else [sys.executable, "-m", "clipper"]
        sittings.append(Sitting(command, project.folder, *arguments, **more))  # type: ignore[arg-type]  # named by the test
        return sittings[-1]

    yield start
    for one in sittings:
        one.close()


def test_next_lists_what_would_be_asked_and_always_the_same(filled: Run, project: Project) -> None:
    before = project.everything()
    ended = filled("review", "--next", "5", "--json")
    assert ended.code == 0
    assert [list(one) for one in ended.json] == [["id", "title", "score", "themes", "why"]] * 3
    assert {"privatisation", "contract-failure"} <= set(
        next(one["themes"] for one in ended.json if one["title"] == "Firm hands back surgery")
    )
    assert filled("review", "--next", "5", "--json").out == ended.out
    assert filled("review", "--next", "2").out.splitlines() == [f"{o['id']}  {o['title']}" for o in ended.json[:2]]
    assert project.everything() == before


def test_what_a_coder_labelled_is_asked_of_others_only(filled: Run, project: Project, few_passages: str) -> None:
    project.keep_themes("funding", "access")
    first, *rest = (one["id"] for one in filled("review", "--next", "3", "--json").json)
    assert filled("label", first, "+funding", "--coder", "ann").code == 0

    def listed(*arguments: str) -> set[str]:
        return {one["id"] for one in filled("review", "--next", "9", "--json", *arguments).json}

    assert listed() == listed("--coder", "ann") == set(rest)
    assert listed("--coder", "ben") == {first, *rest}
    assert listed("--coder", "ann", "--theme", "funding") == set(rest)
    assert listed("--coder", "ann", "--theme", "access") == {first, *rest}


def test_one_theme_alone_orders_the_articles(filled: Run) -> None:
    found = filled("review", "--next", "3", "--json", "--theme", "service-closure").json
    assert all("service-closure" in one["why"] for one in found)
    assert [one["title"] for one in found if one["why"].startswith("likely")] != []
    ended = filled("review", "--next", "1", "--theme", "workfors")
    assert (ended.code, "did you mean 'workforce'" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--coder", "ann"), "--next N --json"),
        (("--blind", "--coder", "ann"), "--round NAME"),
        (("--round", "pilot", "--coder", "ann"), "--blind"),
        (("--json",), "--next N"),
        (("--blind", "--round", "pilot", "--next", "1"), "--coder"),
        (("--blind", "--round", "pilot", "--coder", "a", "--theme", "funding"), "--theme"),
        (("--blind", "--round", "pilot", "--coder", "a", "--next", "1"), "clipper sample"),
        (("--coder", "adjudicated", "--next", "1"), "clipper label"),
        (("--coder", "a\tb", "--next", "1"), "control characters"),
        (("--next", "0"), "--next"),
    ],
)
def test_wrong_usage_is_one_line_that_helps(filled: Run, arguments: tuple[str, ...], said: str) -> None:
    ended = filled("review", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_an_empty_archive_has_nothing_to_review(inline: Run) -> None:
    ended = inline("review", "--next", "3", "--json")
    assert (ended.code, ended.out) == (1, "")
    assert "clipper add" in ended.err


def test_a_sitting_records_every_theme_goes_back_skips_and_ends(
    sit: Callable[..., Sitting], filled: Run, project: Project, few_passages: str
) -> None:
    project.keep_themes("privatisation", "contract-failure", "workforce")
    order = filled("review", "--next", "3", "--json", "--coder", "ann").json
    at = sit("--coder", "ann", few=few_passages)
    first = at.until("? help")
    assert order[0]["title"] in first
    assert "\x1b]0;" not in first
    at.type("a\r")  # the other way round with privatisation, the first theme
    at.until("1 coded")
    labels = project.lines("labels.jsonl")
    assert len(labels) == 3
    assert {(one["article"], one["coder"], one["round"]) for one in labels} == {(order[0]["id"], "ann", None)}
    expected = set(order[0]["themes"]) ^ {"privatisation"}
    assert {one["theme"] for one in labels if one["value"]} == expected
    at.type("\x1b[D")
    at.until(order[0]["title"])
    at.type("a\r")
    at.until(order[1]["title"])
    assert len(project.lines("labels.jsonl")) == 4  # only what changed
    at.type("\t")
    at.until(order[2]["title"])
    at.type("\r")
    code = at.ended()
    assert code == 0
    assert "2 articles coded by ann, 1 skipped" in at.said
    assert re.search(r"workforce: about \d+ \(\d+ to \d+\) of 1, by the model", at.said)
    assert at.restored()
    holding = {one["article"] for one in project.lines("labels.jsonl")}
    assert holding == {order[0]["id"], order[2]["id"]}
    assert {one["theme"] for one in filled("label", order[0]["id"], "--list", "--json").json if one["value"]} == set(
        order[0]["themes"]
    )
    left = filled("review", "--next", "3", "--json", "--coder", "ann").json
    assert [one["id"] for one in left] == [order[1]["id"]]


@pytest.mark.parametrize(("keys", "code"), [("\x03", 130), ("q", 0), ("\x1b", 0)])
def test_leaving_keeps_what_was_recorded_and_restores_the_terminal(
    sit: Callable[..., Sitting], project: Project, keys: str, code: int
) -> None:
    at = sit("--coder", "ann")
    at.until("? help")
    at.type("\r")
    at.until("1 coded")
    at.type(keys)
    assert at.ended() == code
    assert "1 article coded by ann" in at.said
    assert at.restored()
    assert len(project.lines("labels.jsonl")) == 14


def test_a_termination_restores_the_terminal_too(sit: Callable[..., Sitting]) -> None:
    at = sit("--coder", "ann")
    at.until("? help")
    os.kill(at.process.pid, signal.SIGTERM)
    assert at.ended() == 143
    assert at.restored()


def test_a_blind_round_shows_no_proposals_and_goes_on_where_the_coder_stopped(
    sit: Callable[..., Sitting], filled: Run, project: Project, tmp_path: Path
) -> None:
    drawn = set(filled("sample", "-n", "3", "--seed", "1", "--round", "pilot").out.split())
    for article in drawn:
        assert filled("label", article, "+access", "--coder", "ben").code == 0
    cache = tmp_path / "no-model"
    blind = ("--blind", "--round", "pilot", "--coder", "ann")
    asked = filled("review", *blind, "--next", "9", "--json").json
    assert {one["id"] for one in asked} == drawn
    assert all(one["themes"] == [] and one["score"] is None for one in asked)
    at = sit(*blind, CLIPPER_CACHE=str(cache))
    screen = at.until("? help")
    assert asked[0]["title"] in screen
    assert "a [ ] privatisation" in screen
    assert "[x]" not in screen
    assert "\x1b[1;33m" not in screen
    at.type("a")
    at.until("[x] privatisation")
    at.type("\r")
    screen = at.until("? help")
    assert asked[1]["title"] in screen
    assert "[x]" not in screen
    at.type("q")
    assert at.ended() == 0
    assert "1 of 3 of round 'pilot' done" in at.said
    assert "still to find" not in at.said
    assert not (cache / "models").exists()
    labels = [one for one in project.lines("labels.jsonl") if one["coder"] == "ann"]
    assert [(one["theme"], one["round"]) for one in labels if one["value"]] == [("privatisation", "pilot")]
    assert len(labels) == 14
    assert [one["id"] for one in filled("review", *blind, "--next", "9", "--json").json] == [
        one["id"] for one in asked[1:]
    ]
    assert len(filled("review", "--blind", "--round", "pilot", "--coder", "ben", "--next", "9", "--json").json) == 3


def test_without_colour_the_deciding_words_stand_between_asterisks(sit: Callable[..., Sitting]) -> None:
    at = sit("--coder", "ann", "--theme", "contract-failure", NO_COLOR="1")
    said = at.until("? help")
    while "Firm hands back surgery" not in said:
        at.type("\t")
        said = at.until("? help")
    assert re.search(r"\*\w+\*", said)
    assert not re.search(r"\x1b\[[\d;]*m", said)
    at.type("q")
    assert at.ended() == 0


def test_a_resized_terminal_is_drawn_anew(sit: Callable[..., Sitting]) -> None:
    at = sit("--coder", "ann", width=80, height=24)
    at.until("? help")
    at.said = ""
    at.resize(40, 12)
    at.until("\x1b[K\x1b[J")
    lines = at.said.split("\x1b[H")[-1].replace("\r", "").split("\n")
    assert len(lines) == 12
    plain = [re.sub(r"\x1b\[[\d;?]*\w", "", line) for line in lines]
    assert [line for line in plain if review_screen.cells(line) >= 40] == []
    at.type("?")
    at.until("yes and no for every theme")
    at.type("x")
    at.until("privatis")
    at.type("q")
    assert at.ended() == 0


def test_keys_are_read_out_of_what_a_terminal_sends() -> None:
    assert review_screen.read_keys(b"a\r\t\x1b[D\x1bOC\x7f \x1b[5~") == [
        "a", "enter", "tab", "left", "right", "left", "page", "back page"
    ]  # fmt: skip
    assert review_screen.read_keys(b"\x1b") == ["quit"]
    assert review_screen.read_keys("\x1b[99;5~é\x1bx".encode()) == []


@given(st.binary(max_size=40))
def test_whatever_is_typed_gives_keys(raw: bytes) -> None:
    assert all(key and key.isascii() for key in review_screen.read_keys(raw))


@pytest.mark.parametrize("count", [1, 14, 20, 21, 99, 100, 500])
def test_no_key_of_a_theme_is_a_command_or_begins_another(count: int) -> None:
    keys = review_screen.theme_keys(count)
    assert len(set(keys)) == count
    assert not {"b", "q", "?", "[", "]", " "} & {key[0] for key in keys}
    assert len({len(key) for key in keys}) == 1


@given(st.text(max_size=200), st.integers(2, 40))
def test_lines_fit_the_screen_and_lose_no_letter(text: str, width: int) -> None:
    lines = [text[start:end] for start, end in review_screen.wrapped(text, width)]
    assert all(review_screen.cells(line) <= width for line in lines)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)


@given(
    st.text(max_size=300), st.text(min_size=1, max_size=30), st.integers(8, 120), st.integers(5, 50),
    st.integers(1, 60), st.booleans(),
)  # fmt: skip
def test_the_screen_is_never_larger_than_it_is_and_nothing_in_it_moves_the_cursor(
    text: str, title: str, width: int, height: int, themes: int, colour: bool
) -> None:
    keys = [f"theme-{number}" for number in range(themes)]
    view = review_screen.View(title, "about", text, keys, {keys[0]}, words=["the", "a b"])
    lines = review_screen.drawn(view, width, height, colour=colour)
    assert len(lines) == height
    for line in lines:
        plain = re.sub(r"\x1b\[[\d;]*m", "", line)
        assert "\x1b" not in plain
        assert "\n" not in plain
        assert review_screen.cells(plain) < width


def test_deciding_words_are_marked_as_whole_words_also_over_a_line() -> None:
    assert review_screen.body("The warder shut the Ward now", ["ward"], 80, colour=False) == [
        "The warder shut the *Ward* now"
    ]
    lines = review_screen.body("a hand back case", ["hand back"], 8, colour=True)
    assert lines == ["a \x1b[1;33mhand\x1b[0m", "\x1b[1;33mback\x1b[0m", "case"] or lines == [
        "a \x1b[1;33mhand\x1b[0m", "\x1b[1;33mback\x1b[0m case"
    ]  # fmt: skip
