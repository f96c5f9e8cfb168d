"""Hard places: disks that are full or take no writing, files that may not be touched or are none, no room for more.

Every command that writes says in one line what stands in its way, ends with 6 and leaves what is stored as it was.
The commands run in copies of one process that has imported everything, which is as good as starting each and takes a
tenth of the time. Where the tests run as root, that process has given up what lets root pass every permission.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from clipper.places import CACHE_VARIABLE
from conftest import Site, article_page

DRIVER = r"""
import ctypes, importlib, json, os, pkgutil, resource, signal, sys, tempfile
import clipper.cli.main as main
from clipper.collect.workers import close_idle

for room in ("archive", "collect", "coding", "search", "cli"):
    for module in pkgutil.walk_packages(importlib.import_module(f"clipper.{room}").__path__, f"clipper.{room}."):
        if not module.name.endswith((".pictures", "reading")):
            importlib.import_module(module.name)

def run(arguments, environment, limits, mount, after):
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
    child = os.fork()
    if not child:
        code = 99
        try:
            for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), out.fileno(), err.fileno())):
                os.dup2(file, number)
            for name, value in environment.items():
                os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
            for name, value in limits.items():
                resource.setrlimit(getattr(resource, name), (value, value))
            if mount:
                if ctypes.CDLL(None).unshare(0x00020000) or os.system("mount --make-rprivate / && " + mount):
                    os._exit(98)
            signal.alarm(20)
            code = main.run(arguments)
            if after and os.system(after):
                code = 97
        finally:
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()
                except OSError:
                    pass
            close_idle()
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said = []
    for file in (out, err):
        file.seek(0)
        said.append(file.read().decode())
    return [code, *said]

for line in sys.stdin:
    print(json.dumps(run(**json.loads(line))), flush=True)
"""
NO_OVERRIDE = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


class Driver:
    """A process that has imported everything and runs commands, each in a copy of itself."""

    def __init__(self, *before: str) -> None:
        self._process = subprocess.Popen(
            [*before, sys.executable, "-c", DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(
        self,
        *arguments: str,
        environment: Mapping[str, str | None] | None = None,
        limits: Mapping[str, int] | None = None,
        mount: str = "",
        after: str = "",
    ) -> Ended:
        """Run a command with another environment, limits, or mounts of its own, on which ``after`` looks at the end."""
        assert self._process.stdin
        assert self._process.stdout
        job = {"arguments": arguments, "environment": dict(environment or {}), "limits": dict(limits or {})}
        self._process.stdin.write(json.dumps({**job, "mount": mount, "after": after}) + "\n")
        self._process.stdin.flush()
        ended = Ended(*json.loads(self._process.stdout.readline()))
        if ended.code == 98:
            pytest.skip("a mount of one's own is not permitted here")
        assert ended.code != 97, "what is stored is not as it was"
        return ended

    def run(self, folder: Path, *arguments: str, **how: Any) -> Ended:
        """Run a command in a project; see ``ask``."""
        words = [str(folder / word) if word.endswith((".txt", ".csv")) else word for word in arguments]
        return self.ask("--config", str(folder / "config.toml"), *words, **how)

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    before: list[str] = []
    if os.geteuid() == 0:
        if not shutil.which("setpriv") or subprocess.run([*NO_OVERRIDE, "true"], check=False).returncode:
            pytest.skip("root passes every permission here, and there is no setpriv to give that up")
        before = NO_OVERRIDE
    made = Driver(*before)
    yield made
    made.close()


@dataclass(frozen=True)
class Stocked:
    """A project with something of everything in it, and the id of an article."""

    folder: Path
    ident: str

    def copy(self, to: Path) -> Path:
        shutil.copytree(self.folder, to, symlinks=True)
        return to


@pytest.fixture
def stocked(
    driver: Driver, site: Site, tmp_path: Path, starter_model: Callable[[], None], _made: dict[str, Stocked]
) -> Stocked:
    starter_model()
    if "one" not in _made:
        folder = tmp_path / "stocked"
        folder.mkdir()
        assert driver.ask("init", str(folder)).code == 0
        config = folder / "config.toml"
        page = site.page("/a", article_page("The page"))
        config.write_text(
            '[clipper]\n[fetch]\ndelay = 0.0\ntimeout = 5.0\nallow_hosts = ["127.0.0.1"]\n'
            f'[[source]]\nname = "echo"\nurl = "{page}"\nkind = "page"\n'
        )
        for name, day in (("note", 7), ("new", 8)):
            text = f"The {name}\n\nNurses leave the cottage hospital, said the {name} on Monday.\n\n{day} November 2014"
            (folder / f"{name}.txt").write_text(text)
        added = driver.run(folder, "add", "note.txt", page, "--json")
        assert added.code == 0, added.err
        ident = json.loads(added.out.splitlines()[0])["id"]
        (folder / "labels.csv").write_text(f"article,theme,value,coder\n{ident},access,1,ben\n")
        assert driver.run(folder, "search", "nurses", "--save", "mine").code == 0
        assert driver.run(folder, "sample", "nurses", "--round", "one").code == 0
        _made["one"] = Stocked(folder, ident)
    return _made["one"]


@pytest.fixture(scope="module")
def _made() -> dict[str, Stocked]:
    return {}


LABEL = ["label", "{id}", "+access", "--coder", "ann"]
WRITING: dict[str, list[str]] = {
    "add": ["add", "new.txt"],
    "extract": ["extract", "--again"],
    "fetch": ["fetch"],
    "forget": ["forget", "{id}", "--yes"],
    "import": ["label", "--import", "labels.csv"],
    "label": LABEL,
    "sample": ["sample", "nurses", "--round", "two"],
    "save": ["search", "nurses", "--save", "other"],
    "tag": ["tag"],
}
READING: dict[str, list[str]] = {
    "check": ["check"],
    "explain": ["tag", "--explain", "{id}"],
    "list": ["label", "--export"],
    "quote": ["quote", "{id}", "Nurses leave the cottage hospital"],
    "search": ["search", "nurses"],
    "show": ["show", "{id}"],
    "themes": ["themes"],
}
COMMANDS = {**WRITING, **READING}

NOISE = re.compile(r"Traceback|unexpected|\[Errno|Error\b|Exception|list index|<class|0x[0-9a-f]{6}")
ASIDE = re.compile(r"clipper: (?:\d+ were asked for|.* deleted, since|another .* showing|.*; showing|.*; searching)")


def stored(folder: Path) -> dict[str, bytes]:
    """Return what a project's archive holds apart from caches, locks and what is no file."""
    base = folder / "data" / "archive"
    found = {}
    for path in sorted(base.rglob("*")):
        if path.name.endswith(".lock") or "cache" in path.relative_to(base).parts:
            continue
        if stat.S_ISREG(path.lstat().st_mode):
            found[path.relative_to(base).as_posix()] = path.read_bytes()
    return found


def asked(stocked: Stocked, name: str) -> list[str]:
    return [word.format(id=stocked.ident) for word in COMMANDS[name]]


def assert_refused(ended: Ended, *about: str, code: int = 6) -> None:
    """Assert that a command ended with 6 and one line that names what stands in its way."""
    told = [line for line in ended.err.splitlines() if not ASIDE.match(line)]
    assert ended.code == code, ended
    assert not NOISE.search(ended.err), ended.err
    assert len(told) == 1, ended.err
    assert told[0].startswith("clipper: ")
    assert any(word in told[0] for word in about), told[0]


def assert_done(ended: Ended) -> None:
    assert ended.code in (0, 1), ended
    assert not NOISE.search(ended.err), ended.err


# -- what is in the way ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A hard place: how it is made in a project, and for which commands it is one; for the others it must be none."""

    make: Callable[[Path], None]
    refused: Sequence[str]
    about: str
    passed: Sequence[str] = ()
    environment: Mapping[str, str | None] = field(default_factory=dict)
    code: int = 6


def mode(name: str, bits: int) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / "data" / "archive" / name).chmod(bits)

    return make


def month(folder: Path) -> Path:
    (path,) = (folder / "data" / "archive" / "articles").glob("*.jsonl")
    return path


def month_mode(bits: int) -> Callable[[Path], None]:
    return lambda folder: month(folder).chmod(bits)


def instead(name: str, put: Callable[[Path], None]) -> Callable[[Path], None]:
    """Put something else in the place of a file or folder; ``month`` stands for the file of the month."""

    def make(folder: Path) -> None:
        path = month(folder) if name == "month" else folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        put(path)

    return make


def a_link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def nothing(folder: Path) -> None:
    pass


A = "data/archive/"
EVERY_LABEL = ("label", "import")
PLACES: dict[str, Place] = {
    "an archive without a single permission": Place(mode("", 0), [*COMMANDS], "data/archive"),
    "an archive that is a file": Place(instead("data/archive", Path.touch), [*COMMANDS], "data/archive"),
    "articles without a single permission": Place(
        mode("articles", 0), [one for one in COMMANDS if one != "check"], "articles"
    ),
    "a month that may not be written": Place(month_mode(0o400), ["add"], ".jsonl", ["label", "search"]),
    "a month that may not be read": Place(month_mode(0), ["label", "tag", "search", "show"], ".jsonl"),
    "labels that may not be written": Place(
        lambda folder: (folder / A / "labels.jsonl").touch(0o400), EVERY_LABEL, "labels.jsonl", ["sample", "search"]
    ),
    "raw pages that may not be read": Place(mode("warc", 0), [], "warc", ["label", "show"]),
    "a cache that may not be used": Place(mode("cache", 0), [], "cache", ["label", "search", "show", "sample"]),
    "a lock that may not be written": Place(mode(".write.lock", 0o400), ["label"], ".write.lock", ["search"]),
}
KINDS = {"folder": Path.mkdir, "pipe": os.mkfifo, "link": a_link_to_itself, "device": a_device}
IN_THE_PLACE_OF: dict[str, tuple[Sequence[str], Sequence[str]]] = {  # a file: for which commands, and as what
    "month": (["add"], ["folder", "pipe", "link"]),
    A + "labels.jsonl": (EVERY_LABEL, [*KINDS]),
    A + "tags.jsonl": (["tag"], ["pipe", "device"]),
    A + "runs.jsonl": (["add"], ["pipe"]),
    A + "samples.jsonl": (["sample"], ["folder", "pipe"]),
    A + "searches.jsonl": (["save"], ["folder", "pipe", "device"]),
    A + ".write.lock": (["label"], ["folder", "pipe", "link"]),
    "config.toml": (["label"], [*KINDS]),
    "data/codebook.toml": (["label"], [*KINDS]),
}
for name, (commands, kinds) in IN_THE_PLACE_OF.items():
    for kind in kinds:
        code = 2 if name.endswith(".toml") else 6
        make = instead(name, KINDS[kind])
        about = ".jsonl" if name == "month" else name[-9:]
        passed = ["search"] if "codebook" in name else []
        PLACES[f"a {kind} for {name}"] = Place(make, commands, about, passed, code=code)


@pytest.mark.parametrize("name", PLACES)
def test_what_stands_in_the_way_is_told(driver: Driver, stocked: Stocked, tmp_path: Path, name: str) -> None:
    place = PLACES[name]
    folder = stocked.copy(tmp_path / "project")
    before = stored(folder)
    place.make(folder)
    try:
        for one in (*place.refused, *place.passed):
            # What forgets deletes the user's models, which other tests need.
            own = {CACHE_VARIABLE: str(tmp_path / "own")} if one == "forget" else {}
            ended = driver.run(folder, *asked(stocked, one), environment={**place.environment, **own})
            assert_refused(ended, place.about, code=place.code) if one in place.refused else assert_done(ended)
    finally:
        for path in (folder / A, *(folder / A).glob("*"), *(folder / A).glob("articles/*")):
            if not path.is_symlink() and path.exists() and not path.is_fifo():
                path.chmod(0o700)
    after = stored(folder)
    if place.passed:
        return
    for name, content in before.items():
        if name in after:  # else it is what something else was put in the place of
            assert after[name].startswith(content)


def test_check_names_what_it_may_not_read(driver: Driver, stocked: Stocked, tmp_path: Path) -> None:
    folder = stocked.copy(tmp_path / "project")
    (folder / A / "articles").chmod(0)
    try:
        ended = driver.run(folder, *asked(stocked, "check"), environment={})
    finally:
        (folder / A / "articles").chmod(0o700)
    assert ended.code == 5 and not NOISE.search(ended.err)
    assert any("articles" in line and "cannot be read" in line for line in ended.out.splitlines()), ended.out


# -- no room for more -----------------------------------------------------------------------------------------------

TIGHT = {
    "a file may not grow": (
        {"RLIMIT_FSIZE": 4096},
        ["add", "label", "sample", "save"],
        ("File too large", "Input/output error"),
    ),
    "no file may be opened": ({"RLIMIT_NOFILE": 9}, ["label", "sample"], ("Too many open files",)),
}


@pytest.mark.parametrize("name", TIGHT)
def test_a_limit_that_is_reached_is_told(driver: Driver, stocked: Stocked, tmp_path: Path, name: str) -> None:
    limits, commands, said = TIGHT[name]
    folder = stocked.copy(tmp_path / "project")
    before = stored(folder)
    for one in commands:
        assert_refused(driver.run(folder, *asked(stocked, one), limits=limits), *said)
    assert stored(folder) == before
    for one in ("label", "sample", "search"):
        assert_done(driver.run(folder, *asked(stocked, one)))


@pytest.mark.parametrize(
    "environment",
    [
        {"HOME": None, "XDG_CACHE_HOME": None, "TMPDIR": "/nowhere/at/all"},
        {"HOME": "/nowhere/at/all", CACHE_VARIABLE: None, "XDG_CACHE_HOME": None},
        {CACHE_VARIABLE: "/dev/null/cache"},
    ],
)
def test_no_home_and_no_room_for_caches_is_no_trouble(
    driver: Driver, stocked: Stocked, tmp_path: Path, environment: dict[str, str | None]
) -> None:
    folder = stocked.copy(tmp_path / "project")
    for one in ("label", "sample", "save", "search", "show"):
        assert_done(driver.run(folder, *asked(stocked, one), environment=environment))


# -- disks ----------------------------------------------------------------------------------------------------------


def test_a_disk_that_takes_no_writing_can_be_searched(driver: Driver, stocked: Stocked, tmp_path: Path) -> None:
    folder = stocked.copy(tmp_path / "project")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    mount = f"mount --bind '{folder}' '{folder}' && mount -o remount,bind,ro '{folder}'"
    for one in READING:
        ended = driver.run(folder, *asked(stocked, one), mount=mount)
        assert_done(ended)
        assert ended.out or one == "check", ended
    for one in WRITING:
        assert_refused(driver.run(folder, *asked(stocked, one), mount=mount), "Read-only file system")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_full_disk_is_told_and_costs_nothing(driver: Driver, stocked: Stocked, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    project = disk / "project"
    mount = f"mount -t tmpfs -o size=8m none '{disk}' && cp -a '{stocked.folder}' '{project}'"
    fill = f"{mount} && ! cp /dev/zero '{disk}/filler' 2> /dev/null"
    same = f"diff -r -x cache -x '*.lock' '{stocked.folder}/data/archive' '{project}/data/archive'"
    assert_done(driver.run(project, *asked(stocked, "label"), mount=mount))
    with pytest.raises(AssertionError, match="is not as it was"):  # else this would notice nothing
        driver.run(project, *asked(stocked, "label"), mount=mount, after=same)
    for one in ("add", "fetch", "label", "import", "sample", "save", "tag"):
        assert_refused(driver.run(project, *asked(stocked, one), mount=fill, after=same), "No space left on device")
    for one in ("search", "show", "quote"):
        assert driver.run(project, *asked(stocked, one), mount=fill, after=same).out
