"""``clipper check``: whether the archive is what was written, and what is derived from it is sound; ``--repair``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from clipper.archive.problems import Mend, Problem
from clipper.cli.asking import renamed
from clipper.cli.check_screen import Progress, looked_at, question, show, summary
from clipper.cli.common import config_option, json_option, keep_private, open_archive, open_reader, project
from clipper.cli.output import messages_on_terminal, tell
from clipper.errors import DAMAGED, DONE, CannotWork, UsageError
from clipper.wording import counted

if TYPE_CHECKING:
    from clipper.archive.checking import Checked
    from clipper.archive.reader import Reader
    from clipper.config import Config
    from clipper.search.index import Index

_WAIT = 10.0  # seconds for another process that is indexing
_NO_MEND: Mend = "kept as it is"


@click.command("check")
@click.option("--repair", is_flag=True, help="Set damaged lines aside, build anew what is derived; asks first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@config_option
def command(repair: bool, yes: bool, as_json: bool, config_path: Path | None) -> int:
    """Look whether the archive is as it was written.

    Every line of every file: whether it can be read, whether an article's text agrees with its checksum and its id
    with its address, whether revisions follow each other, whether copies, labels, tags and samples name articles that
    exist. Every raw page: whether it agrees with its digests, and is where its article says. Then what is derived: the
    catalogue, and the search index. Each problem is printed with its file and line. Exit code 5 when something is
    damaged.

    --repair sets damaged lines aside in damaged/, where every byte is kept, brings in what is only in a conflicting
    copy of a shared folder, and builds anew what is derived. It deletes nothing that cannot be made again.
    """
    if repair and not yes and not sys.stdin.isatty():
        raise UsageError("--repair asks first; where nobody can answer: clipper check --repair --yes")
    config = project(config_path, selectors=False)
    checked = _looked_at(config)
    show(checked.problems, as_json=as_json)
    reader, index, problems, trouble = _derived(config)
    show(problems, as_json=as_json)
    damages = checked.damages + len(problems)
    if not damages and trouble is not None:
        tell(looked_at(checked))
        tell("the archive's own files are sound; the catalogue and the search index could not be looked at")
        raise trouble
    if not damages:
        _say_sound(checked)
        return DONE
    if trouble is not None:
        tell(str(trouble))
    found = [*checked.problems, *problems]
    for line in summary(found, damages):
        tell(line)
    if not repair or all(one.note or one.repair == _NO_MEND for one in found):
        return DAMAGED
    if not yes and not _agreed(question(found)):
        return DAMAGED
    return _repaired(config, checked, reader, index, problems)


def _agreed(asked: str) -> bool:
    try:
        return click.confirm(asked, err=True)
    except click.Abort:
        click.echo(err=True)  # what is said next begins a line of its own
        raise


def _looked_at(config: Config) -> Checked:
    """Return what was found in the archive's own files."""
    from clipper.archive.checking import check

    keep_private(config)
    if not config.archive.is_dir():
        open_reader(config)  # says what is wrong
    checked = check(config.archive, Progress())
    if checked.kept:
        tell(f"{counted(checked.kept, 'file')} in {config.archive / 'damaged'}: set aside before, nothing to do")
    return checked


def _say_sound(checked: Checked) -> None:
    tell(looked_at(checked))
    tell("the archive, the catalogue and the search index are sound")


class _Derived(NamedTuple):
    """The archive as it is read, what is wrong with the catalogue and the index, and why that cannot be known.

    A cache that cannot be used, as on a full disk, is no damage of the archive.
    """

    reader: Reader | None
    searched: Index | None
    problems: list[Problem]
    trouble: CannotWork | None = None


def _derived(config: Config) -> _Derived:
    """Look at the catalogue and the index."""
    from clipper.search.index import Index

    try:
        reader = open_reader(config)
    except CannotWork as error:
        return _Derived(None, None, [], error)
    index = Index(reader, tell, renamed(config))
    try:
        return _Derived(reader, index, check(reader, index))
    except CannotWork as error:
        return _Derived(reader, index, [], error)


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
        if index.note.exists() and not index.note.is_file():  # a pipe would be waited for
            return [Problem("index", str(index.note), "not what was written")]
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


def _repaired(
    config: Config, checked: Checked, reader: Reader | None, index: Index | None, problems: Sequence[Problem]
) -> int:
    """Repair what can be repaired, and look at everything once more; return the exit code."""
    from clipper.archive.repairing import repair

    if any(not one.note and one.repair in ("set aside", "taken in") for one in checked.problems):
        repair(open_archive(config), checked, tell)
    if reader is not None and index is not None:
        _build_anew(reader, index, problems)
    checked = _looked_at(config)
    _, _, left, trouble = _derived(config)
    damages = checked.damages + len(left)
    for problem in (*checked.problems, *left):
        tell(f"note: {problem}" if problem.note else f"{problem} ({problem.repair})")
    if damages:
        tell(f"{counted(damages, 'problem')} left")
        return DAMAGED
    if trouble is not None:
        raise trouble
    _say_sound(checked)
    return DONE


def _build_anew(reader: Reader, index: Index, problems: Sequence[Problem]) -> None:
    """Build anew what is damaged of what is derived."""
    from clipper.search.indexing import follow

    if any(problem.part == "catalogue" for problem in problems):
        reader.catalogue.build_anew()
        tell("the catalogue was built anew")
    else:
        reader.catalogue.catch_up()
    damaged = any(problem.part == "index" for problem in problems)
    if damaged or index.usable:  # which follows the sequence of its catalogue: of a new one it has seen nothing
        follow(index, anew=damaged)


def _placed(part: str, folder: Path, line: str) -> Problem:
    """Part a line into the file that it begins with and what is said of it; the folder may hold colons of its own."""
    start = f"{folder}/"
    rest = line.removeprefix(start)
    name, _, said = rest.partition(": ")
    return Problem(part, f"{start}{name}", said) if rest != line and said else Problem(part, str(folder), line)
