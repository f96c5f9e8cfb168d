"""Nothing that clipper reads can run code: no pickle, no eval, and a cache that somebody else wrote is built anew."""

from __future__ import annotations

import ast
import io
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from clipper.coding import meaning
from clipper.coding.codebook import load as load_codebook
from clipper.coding.model import FORMAT, UnusableModel, _checksum, load
from clipper.errors import CannotWork
from clipper.places import shipped, user_cache
from conftest import Ended, Project

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "clipper"
FORBIDDEN = {
    "pickle",
    "_pickle",
    "dill",
    "cloudpickle",
    "marshal",
    "shelve",
    "joblib",
    "yaml",
    "torch",
    "multiprocessing",
}
# Pipes between a process and those that it starts itself: nobody else writes to them, and none of it comes from a file.
OWN_PIPES = {"coding/predicting.py", "archive/looking.py", "offspring.py"}
RUNS_CODE = {"eval", "exec", "compile", "__import__"}
Run = Callable[..., Ended]


def faults(source: str) -> Iterator[str]:
    """Yield what in a module could run what it reads."""
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (f"imports {name}" for name in names if name.split(".")[0] in FORBIDDEN)
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        keys = {key.arg: key.value for key in node.keywords}
        if "shell" in keys and not is_false(keys["shell"]):
            yield "starts a shell"
        if isinstance(called, ast.Name) and called.id in RUNS_CODE:
            yield f"calls {called.id}"
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            owner = called.value.id
            if owner in ("np", "numpy") and called.attr == "load" and not is_false(keys.get("allow_pickle")):
                yield "np.load without allow_pickle=False"
            if (owner == "os" and called.attr in ("system", "popen")) or owner == "builtins":
                yield f"calls {owner}.{called.attr}"


def is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def test_no_module_can_run_what_it_reads() -> None:
    found: dict[str, list[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        said = faults(path.read_text("utf-8"))
        found[name] = [one for one in said if "multiprocessing" not in one or name not in OWN_PIPES]
    assert len(found) > 100
    assert {name: said for name, said in found.items() if said} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from joblib import load", "import multiprocessing.connection", "eval(text)", "np.load(file)",
        "np.load(file, allow_pickle=True)", "numpy.load(file, None)", "os.system(line)", "run(line, shell=True)",
    ],
)  # fmt: skip
def test_the_search_for_such_modules_finds_them(source: str) -> None:
    assert list(faults(source))


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.mark,))


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "it ran"


@pytest.fixture
def bomb(mark: Path) -> bytes:
    """A pickle that leaves a mark when something reads it."""
    raw = pickle.dumps(Bomb(mark))
    pickle.loads(raw)
    assert mark.exists(), "the bomb does not work, so the tests would say nothing"
    mark.unlink()
    return raw


def arrays(mark: Path) -> bytes:
    """Return a file of arrays with a pickle in it, as numpy writes one that is told to."""
    out = io.BytesIO()
    bombs = np.array([Bomb(mark)], dtype=object)
    names = "coefficients intercepts slopes themes marks odds taught w:looks.weight"
    np.savez(out, allow_pickle=True, **dict.fromkeys(names.split(), bombs))
    return out.getvalue()


def test_a_pickle_in_the_place_of_a_model_is_not_read(tmp_path: Path, bomb: bytes, mark: Path) -> None:
    themes = load_codebook(shipped("codebook.toml")).themes
    for content in (bomb, arrays(mark)):
        (tmp_path / "model.json").write_bytes(bomb)
        (tmp_path / "model.npz").write_bytes(content)
        with pytest.raises(UnusableModel):
            load(tmp_path, themes)
    # Even where the checksums agree, as with a model that somebody else has made.
    stored = arrays(mark)
    (tmp_path / "model.npz").write_bytes(stored)
    state = f'{{"format": "{FORMAT}", "inputs": "", "arrays": "{_checksum(stored)}", "themes": [], "thresholds": []}}'
    (tmp_path / "model.json").write_text(f"{_checksum(state.encode())}\n{state}\n", encoding="utf-8")
    with pytest.raises(UnusableModel):
        load(tmp_path, themes)
    assert not mark.exists()


def test_a_pickle_in_the_place_of_the_trained_weights_is_refused(tmp_path: Path, bomb: bytes, mark: Path) -> None:
    for content in (bomb, arrays(mark)):
        (tmp_path / "meaning.npz").write_bytes(content)
        with pytest.raises(CannotWork):
            meaning.read(tmp_path / "meaning.npz")
    assert not mark.exists()


def test_a_pickle_in_the_place_of_every_cache_is_not_read_and_the_cache_is_built_anew(
    project: Project, inline: Run, bomb: bytes, mark: Path
) -> None:
    (project.folder / "ward.txt").write_text("Ward\n\nThe council ran its own ward, as it had said that it would.\n")
    assert inline("add", "ward.txt").code == 0
    ident = project.articles()[0]["id"]
    (project.folder / "note.txt").write_text("A note\n\nThe board met and counted the beds of the ward for an hour.\n")
    assert inline("search", "ward", "--save", "ward").code == 0
    assert inline("add", "note.txt").code == 0
    assert inline("search", "@ward", "--new").code == 0
    wanted = inline("search", "ward", "--json").out
    cache = project.archive / "cache"
    caches = [path for path in cache.rglob("*") if path.is_file() and not path.name.endswith(".lock")]
    names = {path.name for path in caches}
    assert {"catalogue.sqlite", "index.json", "meta.json", "likeness.sqlite"} <= names
    others = [
        cache / name for name in ("robots.json", "validators.json", "states.json", "left-alone.json", "warc.json")
    ]
    for path in [*caches, *others, user_cache() / "evaluations" / "starter.json"]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bomb)
    found = inline("search", "ward", "--json")
    assert found.out == wanted, found.err
    assert inline("search", "@ward", "--new").code == 0
    assert inline("show", ident).code == 0
    assert inline("sources").code == 0
    assert inline("check").code == 0
    assert not mark.exists()
