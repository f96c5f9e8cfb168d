"""Completion in the shell: what is offered, what bash, zsh and fish make of it, and that it never disturbs."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from clipper.archive.store import Archive
from clipper.checksums import checksum
from clipper.cli.shells import SCRIPTS, taken_apart
from clipper.models import Article
from conftest import Ended, Project

Run = Callable[..., Ended]
Offered = Callable[[str], list[str]]
SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
SETUP = {
    "bash": 'bind "set enable-bracketed-paste off"; eval "$(clipper completion bash)"',
    "zsh": 'autoload -U compinit; compinit -u -D; eval "$(clipper completion zsh)"',
    "fish": "clipper completion fish | source",
}
UGLY = "evil\x1b[2J"
STAR = "Star * Daily"
BANG = "Wow!touch News"
NASTY = "O'Brien $(touch pwned) `touch pwned` News"


@pytest.fixture
def newsroom(project: Project) -> Project:
    """A project with two sources and articles of four outlets."""
    project.configure(
        '[[source]]\nname = "post-health"\nurl = "http://127.0.0.1/feed"\n'
        '[[source]]\nname = "posta"\nurl = "http://127.0.0.1/2"\n'
    )
    with Archive(project.archive).writing() as writer:
        writer.articles(
            [
                Article(id=f"{n:016x}", title="T", outlet=outlet, text=f"Ward {n}", sha256=checksum(f"Ward {n}"),
                        fetched="2026-01-01T00:00:00Z")
                for n, outlet in enumerate(["The Daily Ward", "The Daily Ward", "Pulse", UGLY, NASTY, STAR, BANG])
            ]
        )  # fmt: skip
    (project.folder / "'Star x Daily").touch()  # what the star would stand for, were it expanded
    (project.archive / "searches.jsonl").write_text(
        '{"name": "weekly", "query": "ward"}\n{"name": "wards", "query": "x"}\n{"name": "wards", "query": null}\n'
    )
    return project


@pytest.fixture
def offered(newsroom: Project, clipper: Run) -> Offered:
    """What zsh is offered for a line: the words as they would stand there."""

    def ask(line: str, **environment: str) -> list[str]:
        ended = clipper(_CLIPPER_COMPLETE="zsh", CLIPPER_LINE=line, **environment)
        assert (ended.code, ended.err) == (0, "")
        return [one.partition("\t")[0] for one in ended.out.splitlines()[1:]]

    return ask


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("clipper sea", ["search"]),
        ("clipper search --unt", ["--until"]),
        ("clipper search theme:privati", ["theme:privatisation"]),
        ("clipper search -theme:privati", ["-theme:privatisation"]),
        ("clipper search 'ward (theme:privati", ["ward (theme:privatisation"]),
        ("clipper search --theme privati", ["privatisation"]),
        ("clipper search --theme=privati", ["--theme=privatisation"]),
        ("clipper search --theme funding,privati", ["funding,privatisation"]),
        ("clipper search THEME:Privati", ["THEME:privatisation"]),
        ("clipper search outl", ["outlet:"]),
        ("clipper search outlet:the", [r"outlet:\"The\ Daily\ Ward\""]),
        ("clipper search 'outlet:\"The D", ['outlet:"The Daily Ward"']),
        ("clipper search --outlet the", [r"The\ Daily\ Ward"]),
        ("clipper search --outlet o", [r"O\'Brien\ \$\(touch\ pwned\)\ \`touch\ pwned\`\ News"]),
        ("clipper search --outlet evil", []),
        ("clipper search --outlet wow", [r"Wow\!touch\ News"]),
        ('clipper search --outlet "wow', []),  # within such quotes a shell would put an earlier command there
        ("clipper search --outlet 'wow", ["Wow!touch News"]),
        ("clipper search source:post-", ["source:post-health"]),
        ("clipper search kind:cl", ["kind:clipping"]),
        ("clipper search @", ["@weekly"]),
        ("clipper search word and nothing known:x", []),
        ("clipper search '\"a phrase theme:pri", []),
        ('clipper search "ward theme:privati', ["ward theme:privatisation"]),
        ("clipper fetch post", ["post-health", "posta"]),
        ("clipper sources check posta", ["posta"]),
        ("clipper label 000 +privati", ["+privatisation"]),
        ("clipper label 000 -privati", ["-privatisation"]),
        ("clipper review --theme privati", ["privatisation"]),
        ("clipper completion ", ["bash", "zsh", "fish"]),
        ("clipper nonsense ", []),
        ("clipper search 'an open quote", []),
    ],
)  # fmt: skip
def test_what_is_offered(offered: Offered, line: str, words: list[str]) -> None:
    assert offered(line) == words


def test_a_file_is_left_to_the_shell(newsroom: Project, clipper: Run) -> None:
    assert clipper(_CLIPPER_COMPLETE="bash", CLIPPER_LINE="clipper --config conf").out == "file\n"


def test_bash_is_given_what_follows_the_last_colon(newsroom: Project, clipper: Run) -> None:
    ended = clipper(_CLIPPER_COMPLETE="bash", CLIPPER_LINE="clipper search theme:privati", CLIPPER_WORD="privati")
    assert ended.out == "plain\nprivatisation\n"


@pytest.mark.parametrize("trouble", ["no project", "broken file", "unknown key", "no archive", "catalogue", "codebook"])
def test_trouble_offers_nothing_and_says_nothing(newsroom: Project, clipper: Run, trouble: str) -> None:
    config = newsroom.folder / "config.toml"
    if trouble == "no project":
        config.unlink()
    elif trouble == "broken file":
        config.write_text("[clipper\n")
    elif trouble == "unknown key":
        config.write_text("[clipper]\nnonsense = 1\n")
    elif trouble == "no archive":
        shutil.rmtree(newsroom.archive)
    elif trouble == "catalogue":
        for path in (newsroom.archive / "cache").glob("catalogue.sqlite*"):
            path.write_bytes(b"nonsense" * 1000)
    else:
        for path in newsroom.folder.rglob("codebook.toml"):
            path.write_bytes(b"\xff\x00 = [")
    for line in ("search theme:zz", "search --outlet zz", "search @zz", "fetch zz", "label 0 +zz", "zz", "search @"):
        for shell in SCRIPTS:
            ended = clipper(_CLIPPER_COMPLETE=shell, CLIPPER_LINE=f"clipper {line}")
            assert (ended.code, ended.err) == (0, "")
            assert "\x1b" not in ended.out


def test_an_unknown_shell_or_no_line_is_answered_with_nothing(clipper: Run) -> None:
    assert clipper(_CLIPPER_COMPLETE="tcsh", CLIPPER_LINE="clipper ").out == "plain\n"
    assert clipper(_CLIPPER_COMPLETE="bash", CLIPPER_LINE="clipper " + "x" * 100_000).out == "plain\n"
    assert clipper(_CLIPPER_COMPLETE="bash").code == 0


@pytest.mark.parametrize(
    ("line", "words", "word", "quote"),
    [
        ("clipper search ", ["clipper", "search"], "", ""),
        ("clipper  search x", ["clipper", "search"], "x", ""),
        (r"clipper a\ b 'c d' e\"f", ["clipper", "a b", "c d"], 'e"f', ""),
        ("clipper 'a b", ["clipper"], "a b", "'"),
        (r'clipper "a \"b', ["clipper"], 'a "b', '"'),
        ("clipper x'y'\"z\"", ["clipper"], "xyz", ""),
        ("clipper a\\", ["clipper"], "a", ""),
        ("", [], "", ""),
    ],
)
def test_a_line_is_taken_apart_as_a_shell_does(line: str, words: list[str], word: str, quote: str) -> None:
    typed = taken_apart(line)
    assert (typed.words, typed.word, typed.quote) == (words, word, quote)


def test_the_scripts_are_printed(clipper: Run) -> None:
    for shell, script in SCRIPTS.items():
        assert clipper("completion", shell).out == script
    assert clipper("completion", "csh").code == 2


TYPED = {
    "clipper sea\t": ["clipper", "search"],
    "clipper search theme:privati\t": ["clipper", "search", "theme:privatisation"],
    "clipper search -theme:privati\t": ["clipper", "search", "-theme:privatisation"],
    "clipper search --theme=privati\t": ["clipper", "search", "--theme=privatisation"],
    "clipper search 'ward theme:privati\t": ["clipper", "search", "ward theme:privatisation"],
    "clipper search --outlet The\t": ["clipper", "search", "--outlet", "The Daily Ward"],
    "clipper search outlet:The\t": ["clipper", "search", 'outlet:"The Daily Ward"'],
    "clipper search --outlet St\t": ["clipper", "search", "--outlet", STAR],
    "clipper search --outlet 'St\t": ["clipper", "search", "--outlet", STAR],
    "clipper search --outlet Wo\t": ["clipper", "search", "--outlet", BANG],
    "clipper search --outlet O\t": ["clipper", "search", "--outlet", NASTY],
    "clipper search outl\tPulse": ["clipper", "search", "outlet:Pulse"],
    "clipper fetch posta\t": ["clipper", "fetch", "posta"],
}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_real_shell_completes(newsroom: Project, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    assert dict(zip(TYPED, _arguments(shell, list(TYPED), newsroom.folder), strict=True)) == TYPED
    assert not (newsroom.folder / "pwned").exists()


def _arguments(shell: str, lines: list[str], folder: Path) -> list[list[str]]:
    """Type lines into a shell on a terminal; return the words that each has become."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 250, 0, 0))
    environment = {
        **os.environ, "TERM": "xterm" if shell == "fish" else "dumb", "HOME": str(folder), "INPUTRC": os.devnull,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]), "HISTFILE": "",
        "XDG_CONFIG_HOME": str(folder / "xdg"), "XDG_DATA_HOME": str(folder / "xdg"),
    }  # fmt: skip
    process = subprocess.Popen(
        ["setsid", "--ctty", *SHELLS[shell]], stdin=there, stdout=there, stderr=there, cwd=folder, env=environment
    )
    os.close(there)
    words = []

    def until(mark: bytes) -> str:
        said = b""
        while mark not in said:
            assert select.select([here], [], [], 60)[0], f"{shell} says no more: {said!r}"
            said += os.read(here, 65536)
        return said.decode("utf-8", "replace")

    try:
        os.write(here, f"{SETUP[shell]}\necho REA''DY\n".encode())
        until(b"READY\r")
        for number, line in enumerate(lines):
            # Ctrl-A, and a command before the line that prints its words.
            os.write(here, f"{line}\x01printf '<%s>' \n echo EN''D{number}\n".encode())
            row = re.findall(r"(?:<[^<>\r\n]*>)+", until(f"END{number}\r".encode()))[-1]
            words.append(re.findall(r"<([^<>]*)>", row))
    finally:
        process.kill()
        process.wait()
        os.close(here)
    return words
