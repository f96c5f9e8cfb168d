"""How bash, zsh and fish ask for completions, and how they are answered.

The shell hands over the line up to the cursor and the part of it that it would replace; it gets one line that says
what comes, then one candidate a line, written as the shell would have it typed. The words are taken apart here and
not by the shell: bash breaks them at colons and equals signs, which stand within a query and within an option.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem

VARIABLE = "_CLIPPER_COMPLETE"
_LONGEST = 10_000  # characters of a line that is looked at

_BASH = r"""_clipper_completion() {
    local line
    local -a answer
    while IFS= read -r line; do
        answer+=("$line")
    done < <(_CLIPPER_COMPLETE=bash CLIPPER_LINE="${COMP_LINE:0:COMP_POINT}" CLIPPER_WORD="$2" \
        "$1" 2>/dev/null </dev/null)
    COMPREPLY=("${answer[@]:1}")
    case ${answer[0]} in
        file) compopt -o default ;;
        open) compopt -o nospace ;;
    esac
}
complete -o nosort -F _clipper_completion clipper
"""

_ZSH = r"""#compdef clipper
_clipper_completion() {
    local -a answer values shown
    local line kind
    answer=("${(@f)$(_CLIPPER_COMPLETE=zsh CLIPPER_LINE="${(j: :)words[1,CURRENT-1]} ${words[CURRENT]}" \
        "${words[1]}" 2>/dev/null </dev/null)}")
    kind=${answer[1]}
    for line in "${(@)answer[2,-1]}"; do
        [[ -n $line ]] || continue
        values+=("${line%%$'\t'*}")
        shown+=("${line#*$'\t'}")
    done
    case $kind in
        file) _files ;;
        open) compadd -V clipper -U -Q -S '' -l -d shown -a values ;;
        *) compadd -V clipper -U -Q -l -d shown -a values ;;
    esac
}
compdef _clipper_completion clipper
"""

_FISH = r"""function __clipper_completion
    set -l line (commandline -cp | string collect)
    set -l answer (_CLIPPER_COMPLETE=fish CLIPPER_LINE=$line clipper 2>/dev/null </dev/null)
    if test "$answer[1]" = file
        __fish_complete_path (commandline -ct)
    else
        string join \n -- $answer[2..]
    end
end
complete --no-files --keep-order --command clipper --arguments '(__clipper_completion)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


class Typed(NamedTuple):
    """What was typed: the whole words, the one that is being typed, how that stands on the line, and its open quote."""

    words: list[str]
    word: str
    raw: str
    quote: str


def taken_apart(line: str) -> Typed:
    """Take a command line apart as a shell does: quotes, backslashes, spaces. Nothing on it is expanded."""
    words: list[str] = []
    word: list[str] = []
    begun, start, quote = False, 0, ""
    at = 0
    while at < len(line):
        letter = line[at]
        if not begun and not letter.isspace():
            begun, start = True, at
        if quote:
            if letter == quote:
                quote = ""
            elif letter == "\\" and quote == '"' and line[at + 1 : at + 2] in ('"', "\\", "$", "`"):
                at += 1
                word.append(line[at : at + 1])
            else:
                word.append(letter)
        elif letter in "\"'":
            quote = letter
        elif letter == "\\":
            at += 1
            word.append(line[at : at + 1])
        elif letter.isspace():
            if begun:
                words.append("".join(word))
                word, begun = [], False
        else:
            word.append(letter)
        at += 1
    return Typed(words, "".join(word), line[start:] if begun else "", quote)


def answer(cli: click.Command, shell: str) -> str:
    """Return what a shell is answered: never a word of trouble, nothing where nothing can be offered."""
    line = os.environ.get("CLIPPER_LINE", "")
    if shell not in SCRIPTS or len(line) > _LONGEST:
        return "plain\n"
    typed = taken_apart(line)
    try:
        found = _offered(cli, typed)
    except Exception:  # whatever is wrong, the line that is being typed is not the place to say so
        return "plain\n"
    if any(one.type in ("file", "dir") for one in found):
        return "file\n"
    lines = [_as_typed(shell, typed, one) for one in found]
    kind = "open" if found and all(one.value.endswith((":", "=")) for one in found) else "plain"
    return "\n".join([kind, *(line for line in lines if line)]) + "\n"


def _offered(cli: click.Command, typed: Typed) -> Sequence[CompletionItem[str]]:
    from click.shell_completion import ShellComplete

    option, equals = "", ""
    word = typed.word
    found = ShellComplete(cli, {}, "clipper", VARIABLE).get_completions(typed.words[1:], word)
    if word.startswith("--") and "=" in word:
        option, equals, _ = word.partition("=")
        for one in found:
            one.value = f"{option}{equals}{one.value}"
    elif word.startswith("-") and not word.startswith("--"):  # -theme is a no, and -word leaves it out
        found += ShellComplete(cli, {}, "clipper", VARIABLE).get_completions([*typed.words[1:], "--"], word)
    return found


def _as_typed(shell: str, typed: Typed, item: CompletionItem[str]) -> str:
    """Return a candidate as it would stand on the command line; an empty string for one that cannot."""
    value = item.value
    if not value.isprintable():
        return ""
    if shell == "fish":  # which quotes by itself
        return f"{value}\t{item.help}" if item.help else value
    if "!" in value and typed.quote == '"':  # a shell puts an earlier command there, and no backslash keeps it from it
        return ""
    written = _written(value, typed.quote)
    if shell == "zsh":
        if typed.quote:  # which stays as it is, and is closed by zsh
            written = written[1:] if typed.raw.startswith(typed.quote) else ""
        shown = f"{value}  -- {item.help}" if item.help else value
        return f"{written}\t{shown}" if written else ""
    # Bash replaces what stands after the last colon or equals sign; what is before it stays as it was typed.
    stays = typed.raw.removesuffix(os.environ.get("CLIPPER_WORD", ""))
    return written.removeprefix(stays) if written.startswith(stays) else ""


def _written(value: str, quote: str) -> str:
    """Return a value as it is written on the line: in the quote that is open, or with backslashes."""
    if quote == "'":
        return "'" + value.replace("'", "'\\''")
    if quote == '"':
        return '"' + re.sub(r'(["\\$`])', r"\\\1", value)
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", value)
