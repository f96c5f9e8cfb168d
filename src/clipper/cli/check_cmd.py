"""``clipper check``: whether what clipper derives from the archive is sound; anew where it is not."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from clipper.cli.asking import renamed
from clipper.cli.common import config_option, json_option, open_reader, project
from clipper.cli.output import counted, data, json_line, messages_on_terminal, tell
from clipper.errors import DAMAGED, DONE, UsageError

if TYPE_CHECKING:
    from clipper.archive.reader import Reader
    from clipper.search.index import Index

_WAIT = 10.0  # seconds for another process that is indexing


class Problem(NamedTuple):
    """One thing that is not as it should be: in the ``catalogue`` or the ``index``, in which file, and what."""

    part: str
    file: str
    problem: str


@click.command("check")
@click.option("--repair", is_flag=True, help="Delete what is damaged and build it anew; asks first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@config_option
def command(repair: bool, yes: bool, as_json: bool, config_path: Path | None) -> int:
    """Look whether the search index and the catalogue are sound.

    Both are caches that are derived from the archive's files: the files of the index are compared with the checksums
    taken when they were written, the catalogue with one that is built a second time. Each problem is printed with its
    file. For the present only what is derived is looked at; articles, tags and labels are left as they are, by
    --repair too. Exit code 5 when something is damaged.
    """
    if repair and not yes and not sys.stdin.isatty():
        raise UsageError("--repair asks first; where nobody can answer: clipper check --repair --yes")
    config = project(config_path, selectors=False)
    reader = open_reader(config)
    from clipper.search.index import Index

    index = Index(reader, tell, renamed(config))
    problems = check(reader, index)
    for problem in problems:
        if as_json:
            json_line(problem._asdict())
        else:
            data(f"{problem.file}: {problem.problem}")
    if not problems:
        tell("the catalogue and the search index are sound")
        return DONE
    tell(counted(len(problems), "problem"))
    if not repair:
        tell("both are caches, nothing is lost; they are built anew by: clipper check --repair")
        return DAMAGED
    if not yes and not click.confirm("clipper: delete what is damaged and build it anew?", err=True):
        return DAMAGED
    return _repaired(reader, index, problems)


def check(reader: Reader, index: Index) -> list[Problem]:
    """Return what is wrong with the catalogue and the index. Raises Locked while another process is indexing."""
    from clipper.archive import locks

    if messages_on_terminal():
        tell("comparing the catalogue with the archive's files")
    # Asked anything else before, a damaged catalogue would be built anew without a word.
    problems = [_placed("catalogue", reader.cache, line) for line in reader.catalogue.problems()]
    with locks.indexing(reader.cache, _WAIT):
        index.forget()
        problems += check_index(index, compare=not problems)
    return problems


def check_index(index: Index, *, compare: bool) -> list[Problem]:
    """Return what is wrong with the index, whose lock the caller holds; ``compare`` it with the catalogue too.

    An index that is missing, of another version or behind is no problem, and told.
    """
    from clipper.search.index import VERSION, Trouble
    from clipper.search.indexing import problems

    if index.state.version != VERSION:
        return _without_state(index)
    found = [_placed("index", index.folder, line) for line in problems(index)]
    if not _is_sound_state(index):
        found.append(Problem("index", str(index.note), "not what was written"))
    if found:
        return found  # the engine is not to open what is known to be damaged
    try:
        index.engine.reload()
    except Trouble:
        return [Problem("index", str(index.folder), "cannot be opened")]
    if not compare:
        return []
    catalogue = index.archive.catalogue
    if index.state.generation != index.generation:
        tell("the search index is of another catalogue, or themes were renamed; the next search builds it anew")
    elif index.state.seq > catalogue.newest_seq():
        found.append(Problem("index", str(index.note), "it has seen changes that there are not"))
    elif not index.in_step() or not index.state.whole:
        tell(f"{counted(catalogue.count_since(index.state.seq), 'change')} not indexed yet; the next search does that")
    else:
        held, there = index.engine.count, catalogue.count()
        if held != there and index.in_step():  # else somebody has added an article at this moment
            found.append(Problem("index", str(index.folder), f"it holds {held:,} articles, the archive {there:,}"))
    return found


def _without_state(index: Index) -> list[Problem]:
    """Return what is wrong with an index of which nothing is known to this version."""
    import json

    try:
        noted = json.loads(index.note.read_bytes())
        version = noted["version"]
    except FileNotFoundError:
        tell("no search index yet; the next search builds it")
        return []
    except OSError as error:
        return [Problem("index", str(index.note), f"cannot be read ({error.strerror})")]
    except (ValueError, KeyError, TypeError, RecursionError):
        return [Problem("index", str(index.note), "not what was written")]
    from clipper.search.index import VERSION

    if not isinstance(version, int) or version == VERSION:
        return [Problem("index", str(index.note), "not what was written")]
    tell("the search index is of another version of clipper; the next search builds it anew")
    return []


def _is_sound_state(index: Index) -> bool:
    """Whether what is noted of frequent words can be true: each has the stem that is noted."""
    from clipper.search.terms import stems

    state = index.state
    pairs = [*state.forms.items(), *((form, stem) for stem, forms in state.strays.items() for form in forms)]
    return stems([form for form, _ in pairs]) == [stem for _, stem in pairs]


def _repaired(reader: Reader, index: Index, problems: Sequence[Problem]) -> int:
    """Build anew what is damaged; return the exit code."""
    from clipper.archive import locks
    from clipper.search.indexing import follow

    if any(problem.part == "catalogue" for problem in problems):
        reader.catalogue.build_anew()
        tell("the catalogue was built anew")
    damaged = any(problem.part == "index" for problem in problems)
    if damaged or index.usable:  # which follows the sequence of its catalogue: of a new one it has seen nothing
        follow(index, anew=damaged)
    with locks.indexing(reader.cache, _WAIT):
        index.forget()
        left = check_index(index, compare=True)
    for problem in left:
        tell(f"{problem.file}: {problem.problem}")
    if not left:
        tell("the catalogue and the search index are sound now")
    return DAMAGED if left else DONE


def _placed(part: str, folder: Path, line: str) -> Problem:
    """Part a line into the file that it begins with and what is said of it; the folder may hold colons of its own."""
    start = f"{folder}/"
    rest = line.removeprefix(start)
    name, _, said = rest.partition(": ")
    return Problem(part, f"{start}{name}", said) if rest != line and said else Problem(part, str(folder), line)
