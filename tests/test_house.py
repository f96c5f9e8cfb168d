"""The plan of the house: rooms import downwards, one door each, files that are read in one sitting."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "clipper"
ROOMS = ["archive", "collect", "coding", "search", "publish", "cli"]  # from the ground up
FILES = sorted(PACKAGE.rglob("*.py"))
DOORS = {
    "httpx": "collect/wire.py",
    "httpcore": "collect/wire.py",
    "trafilatura": "collect/extract.py",
    "sklearn": "coding/classifier.py",
    "matplotlib": "coding/pictures.py publish/charts.py publish/charts_common.py publish/charts_tables.py",
    "tantivy": "search/engine.py",
    "feedparser": "collect/feeds.py",
    "protego": "collect/robots.py",
    "jinja2": "publish/templating.py",
    "pyarrow": "publish/formats/parquet.py",
    "sqlite3": "archive/database.py",
    "fcntl": "archive/durable.py archive/locks.py",  # what lasts, and what is locked
    "warcio": "archive/warc.py",
    "htmldate": "collect/extract.py",
    "brotli": "packing.py",
    "bibtexparser": "collect/intake/bibtex.py",
    "pylatexenc": "collect/intake/bibtex.py",
    "pypdfium2": "collect/intake/office.py",
    "docx": "collect/intake/office.py",
}


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
def _imports(path: Path) -> list[tuple[str, bool]]:
    """Return what a file imports, and whether at its top."""
    found = []

    def visit(node: ast.AST, top: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                found.extend((alias.name, top) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{_name(path)}: a relative import"
                found.extend((f"{child.module}.{alias.name}", top) for alias in child.names)
            inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            visit(child, top and not inside)

    visit(ast.parse(path.read_text("utf-8")), True)
    return found


def test_there_is_a_house_to_look_at() -> None:
    assert len(FILES) > 30


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_a_room_imports_only_what_lies_below_it(path: Path) -> None:
    parts = path.relative_to(PACKAGE).parts
    if parts == ("__main__.py",):
        return  # the way in
    level = ROOMS.index(parts[0]) if parts[0] in ROOMS else -1
    for name, _ in _imports(path):
        pieces = name.split(".")
        if pieces[0] == "clipper" and len(pieces) > 1 and pieces[1] in ROOMS:
            assert ROOMS.index(pieces[1]) <= level, f"{_name(path)} reaches up to {name}"


@pytest.mark.parametrize("path", [p for p in FILES if not _name(p).startswith("cli/")], ids=_name)
def test_only_the_command_line_puts_an_import_off(path: Path) -> None:
    assert [name for name, top in _imports(path) if not top] == []


@pytest.mark.parametrize(("package", "door"), DOORS.items())
def test_one_door_each(package: str, door: str) -> None:
    users = {_name(p) for p in FILES for name, _ in _imports(p) if name.split(".")[0] == package}
    assert users == set(door.split())


def test_only_the_command_line_ends_the_program() -> None:
    for path in FILES:
        if not _name(path).startswith("cli/"):
            assert not re.search(r"\bsys\.exit\(|\bos\._exit\(|raise SystemExit", path.read_text("utf-8")), _name(path)


def test_files_are_short_and_have_names_of_their_own() -> None:
    for path in FILES:
        assert len(path.read_text("utf-8").splitlines()) < 500, _name(path)
        assert path.stem in ("__init__", "__main__") or path.stem not in sys.stdlib_module_names, _name(path)


@pytest.mark.parametrize("path", [p for p in FILES if p.name != "__init__.py"], ids=_name)
def test_every_public_name_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), "the file has no docstring"
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"
