"""Whether an archive is what was written: every line of every file, every raw page, and what they say of each other.

The files are looked at as far as they went at one moment, under the write lock where that can be had, so that whoever
writes meanwhile is not taken for a damage. Nothing is changed here; ``clipper.archive.repairing`` does that.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from clipper.archive import conflicts, files, jsonl, locks, warccheck
from clipper.archive.forgetting import NOTE, under_way
from clipper.archive.linecheck import Seen
from clipper.archive.looking import File, looks
from clipper.archive.problems import Mend, Problem, Problems
from clipper.archive.relations import Aside, Block, Gone, Relations
from clipper.archive.rows import id_number
from clipper.archive.warccheck import Pages
from clipper.errors import CannotWork, Locked
from clipper.models import NewerSchema

DAMAGED = "damaged"
REGISTER = "set-aside.jsonl"  # in that folder: what was set aside, and where it came from
TEMPORARY = ".repairing"  # how the name of a file ends that a repair is writing

_PATIENCE = 2.0  # seconds for the write lock; without it the files are looked at all the same
_HIDDEN_REPAIR = re.compile(rf"\..+{re.escape(TEMPORARY)}")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Checked:
    """What was found. ``problems`` are in order, ``damages`` says how many are more than notes.

    ``aside`` are lines of which others tell that they are to be set aside, by file; ``mendable`` the names of files in
    which there is something to set aside. ``torn`` is where a WARC file's end begins that is no record, by file.
    ``copies`` are conflicting copies, ``left`` what a repair left that was interrupted. ``files`` are the files as they
    were looked at, by name; ``newest`` says which revision of an article is the newest sound one, 0 for none; ``kept``
    is how many files lie in ``damaged/``.
    """

    problems: list[Problem]
    damages: int
    aside: dict[str, dict[int, str]] = field(default_factory=dict)
    mendable: list[str] = field(default_factory=list)
    torn: dict[str, int] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    copies: list[Path] = field(default_factory=list)
    left: list[Path] = field(default_factory=list)
    newest: Callable[[str], int] = lambda article: 0
    kept: int = 0
    articles: int = 0
    revisions: int = 0
    pages: int = 0
    bytes: int = 0


def check(archive: Path, progress: Progress = lambda done, whole: None, processes: int | None = None) -> Checked:
    """Look at everything that an archive holds; ``progress`` is told how many bytes were looked at, out of how many.

    Raises NewerSchema for records of a later clipper, with the line, and CannotWork where the folder cannot be read.
    """
    found = Problems()
    held = busy = False
    try:
        with locks.writing(archive, _PATIENCE):
            there, left = _files(archive, found)
            held = True
    except (Locked, CannotWork) as error:  # a long batch, or a disk that takes no writing
        busy = isinstance(error, Locked)
        found = Problems()
        there, left = _files(archive, found)
    looked = _Looked(there, found, held)
    whole = sum(file.size for file in there)
    done = 0
    for seen, size in looks(there, processes):
        looked.take(seen)
        done += size
        progress(done, whole)
    if (problem := _unfinished(archive, busy=busy)) is not None:  # asked last, since another may come to its end
        found.add(problem)
    return looked.checked(archive, left)


# -- the files ----------------------------------------------------------------------------------------------


def _files(archive: Path, found: Problems) -> tuple[list[File], list[Path]]:
    """Return the files to look at, and what a repair left that did not come to its end."""
    there: list[File] = []
    left: list[Path] = []
    for folder, kind, ours in (
        ("articles", "articles", files.MONTH),
        (warccheck.FOLDER, "warc", files.WARC),
        ("", "", None),
    ):
        path = archive / folder
        for name in _names(path, found, must=not folder):
            if _HIDDEN_REPAIR.fullmatch(name):
                left.append(path / name)
            elif ours.fullmatch(name) if ours else name in files.NAMED:
                part = kind or name.partition(".")[0]
                if (status := _status(path / name, found, part)) is not None:
                    below = f"{folder}/{name}" if folder else name
                    there.append(File(below, str(path / name), part, status.st_size, status.st_ino))
            elif ours and name.endswith((".jsonl", ".warc.gz", ".warc")) and not _is_copy(path / name):
                found.add(_stranger(path / name))
    for copy in conflicts.conflicting(archive):
        problem = "a conflicting copy, as shared folders make them; what only it holds is not read"
        found.add(Problem("folder", str(copy), problem, None, None, "taken in"))
    return there, left


def _unfinished(archive: Path, *, busy: bool) -> Problem | None:
    """Return what is said of a request to take articles out that did not come to its end, None without one."""
    path = archive / NOTE
    if not path.exists():
        return None
    request = under_way(archive)
    if request is None or not request.articles:
        if not path.exists():
            return None
        problem = "cannot be read; what was being taken out is not known: run the same clipper forget once more"
        return Problem("folder", str(path), problem, None, None, "kept as it is")
    count = len(request.articles)
    which = "an article" if count == 1 else f"{count:,} articles"
    said = f"{which} to be taken out, by a request that did not come to its end"
    if busy:
        said += ", or has not yet"
    problem = f"{said}; finish it: clipper forget {shlex.quote(request.articles[0])}"
    return Problem("folder", str(path), problem, None, None, "kept as it is", note=True)


def _is_copy(path: Path) -> bool:
    return path in conflicts.conflicting(path.parent.parent)


def _stranger(path: Path) -> Problem:
    return Problem("folder", str(path), "not a file of clipper's; nothing in it is read", None, None, "kept as it is")


def _names(folder: Path, found: Problems, *, must: bool) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        if not must:
            return []
        raise CannotWork(f"{folder}: no archive there") from None
    except OSError as error:
        if must:
            raise CannotWork(f"{folder}: cannot be read ({error.strerror})") from None
        found.add(Problem("folder", str(folder), f"cannot be read ({error.strerror})", None, None, "kept as it is"))
        return []


def _status(path: Path, found: Problems, part: str) -> os.stat_result | None:
    """Return the state of a file, None for what is none."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            problem = "not a regular file"
        elif not os.access(path, os.R_OK):
            problem = "cannot be read (Permission denied)"
        else:
            return status
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    found.add(Problem(part, str(path), problem, None, None, "kept as it is"))
    return None


# -- putting it together ------------------------------------------------------------------------------------


class _Looked:
    """What was found in the blocks so far."""

    def __init__(self, there: list[File], found: Problems, held: bool) -> None:
        self._there = {file.name: file for file in there}
        self._found = found
        self._held = held
        self._seen: dict[str, list[Seen]] = defaultdict(list)
        self._parts: dict[str, list[Pages]] = defaultdict(list)

    def take(self, seen: Seen | Pages) -> None:
        """Take in what was found in a block, or in a file of raw pages."""
        if isinstance(seen, Pages):
            self._parts[seen.name].append(seen)
        else:
            self._seen[seen.task.name].append(seen)

    def checked(self, archive: Path, left: list[Path]) -> Checked:
        """Return what was found in all of them."""
        found = self._found
        blocks: list[Block] = []
        mendable: dict[str, None] = {}
        names = list(self._there)
        for number, name in enumerate(names):
            first = 1
            for seen in sorted(self._seen.pop(name, []), key=lambda one: one.task.start):
                mendable.update(dict.fromkeys(self._of_lines(self._there[name], seen, first)))
                blocks.append(Block(number, first, seen.facts))
                first += seen.lines
        gone, kept = _register(archive)
        relations = Relations(names, [self._there[name].path for name in names], blocks, gone)
        pages = {name: self._joined(name, parts) for name, parts in self._parts.items()}
        torn = {name: at for name, one in pages.items() if (at := self._of_pages(one, relations)) is not None}
        found.add_all(relations.problems(pages))
        for path in left:
            problem = "left by a repair that did not come to its end"
            found.add(Problem("folder", str(path), problem, None, None, "set aside", True))
        counts = relations.counts()
        return Checked(
            found.in_order(),
            found.damages,
            aside=_by_file(relations.aside),
            mendable=sorted({*mendable, *(one.file for one in relations.aside)}),
            torn=torn,
            files=self._there,
            copies=conflicts.conflicting(archive),
            left=left,
            newest=relations.newest,
            kept=kept,
            articles=counts["articles"],
            revisions=counts["revisions"],
            pages=sum(one.records for one in pages.values()),
            bytes=sum(file.size for file in self._there.values()),
        )

    def _of_lines(self, file: File, seen: Seen, first: int) -> Iterator[str]:
        """Take in what is wrong with the lines of a block; give the name of the file when a line is to be set aside."""
        if seen.unreadable:
            self._found.add(Problem(file.kind, file.path, seen.unreadable, None, None, "kept as it is"))
        if seen.newer:
            raise NewerSchema(f"{file.path}:{first + seen.newer[0]}: {seen.newer[1]}")
        for fault in seen.faults:
            line = first + fault.line
            self._found.add(Problem(file.kind, file.path, fault.problem, line, fault.offset, fault.mend))
            if fault.mend == "set aside":
                yield file.name
        self._found.count_more(file.kind, file.path, seen.more)
        if seen.more:
            yield file.name
        if seen.torn is not None and not self._has_ended(file, seen.torn):
            problem = "half a line (a crash, or a cut)"
            self._found.add(Problem(file.kind, file.path, problem, first + seen.lines, seen.torn, "set aside"))
            yield file.name

    def _has_ended(self, file: File, torn: int) -> bool:
        """Whether half a line has become a whole one: without the lock, somebody may have been writing."""
        if self._held:
            return False
        try:
            return next(iter(jsonl.read(Path(file.path), torn)), None) is not None
        except CannotWork:
            return False

    def _joined(self, name: str, parts: list[Pages]) -> Pages:
        file = self._there[name]
        found = warccheck.joined(parts)
        if found is None:  # a damage lies where two parts meet
            found = warccheck.joined([warccheck.look(name, file.path, file.size)])
        assert found
        return found

    def _of_pages(self, pages: Pages, relations: Relations) -> int | None:
        """Take in what is wrong with a file of raw pages; return from where on its end is to be cut off.

        One that an article names is left where it is, as is any damage before the end: places of others must not move.
        """
        path = self._there[pages.name].path
        if pages.unreadable:
            self._found.add(Problem("warc", path, pages.unreadable, None, None, "kept as it is"))
        torn = None
        for flaw in pages.flaws:
            mend: Mend = "kept as it is"
            if flaw.torn and (torn is not None or not relations.named_from(pages.name, flaw.offset)):
                torn, mend = flaw.offset if torn is None else torn, "set aside"
            self._found.add(Problem("warc", path, flaw.problem, None, flaw.offset, mend))
        self._found.count_more("warc", path, pages.more)
        return torn


def _by_file(aside: list[Aside]) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for one in aside:
        found[one.file].setdefault(one.offset, one.problem)
    return dict(found)


def _register(archive: Path) -> tuple[Gone, int]:
    """Return what was set aside before, and how many files that has filled."""
    folder = archive / DAMAGED
    articles: set[int] = set()
    revisions: set[tuple[int, int]] = set()
    unknown = kept = 0
    try:
        kept = sum(path.is_file() and path.name != REGISTER for path in folder.iterdir())
        for line in jsonl.read(folder / REGISTER):
            try:
                noted = json.loads(line.data)
                file, article, revision = noted["file"], noted.get("article"), noted.get("revision")
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                continue
            if not isinstance(file, str) or not file.startswith("articles/"):
                continue
            if isinstance(article, str) and isinstance(revision, int):
                articles.add(id_number(article))
                revisions.add((id_number(article), revision))
            unknown += noted.get("certain") is not True
    except (OSError, CannotWork):
        pass
    return Gone(frozenset(articles), frozenset(revisions), unknown), kept
