"""Both kinds of installation find what clipper ships with: from the wheel, and from the checkout."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = {"config.toml", "codebook.toml", "examples.jsonl", "demo/feed.xml", "demo/robots.txt", "demo/index.html"}

pytest.importorskip("hatchling", reason="the build backend is not installed")


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return a new environment that sees this one's packages behind its own."""
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    outer = {*site.getsitepackages(), *(p for p in sys.path if p.endswith("site-packages"))}
    (packages / "outer.pth").write_text("\n".join(outer), encoding="utf-8")
    return folder


def _run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(c) for c in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _pip(environment: Path, *arguments: str | Path) -> None:
    _run(
        sys.executable, "-m", "pip", "--python", environment / "bin" / "python", "--no-cache-dir",
        "--disable-pip-version-check", "install", "--no-deps", "--no-build-isolation", *arguments,
        cwd=ROOT,
    )  # fmt: skip


def _where(environment: Path, cwd: Path) -> tuple[Path, Path]:
    code = (
        "import clipper; from clipper.places import shipped; import sys;"
        "sys.stdout.write(clipper.__file__ + '\\n' + str(shipped('codebook.toml')))"
    )
    package, codebook = _run(environment / "bin" / "python", "-c", code, cwd=cwd).split("\n")
    return Path(package), Path(codebook)


def test_the_wheel_carries_what_clipper_needs_and_runs_from_it(
    environment: Path, tmp_path: Path, starter_model: Callable[[], None]
) -> None:
    wheels = tmp_path / "wheels"
    _run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", wheels, ROOT, cwd=tmp_path)
    (wheel,) = wheels.glob("clipper-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"clipper/data/{name}" for name in SHIPPED} <= names
    assert not [n for n in names if "archive/articles" in n or "/data/archive/" in n]

    _pip(environment, wheel)
    package, codebook = _where(environment, tmp_path)
    assert package.is_relative_to(environment)
    assert codebook.is_relative_to(environment)
    starter_model()
    out = _run(environment / "bin" / "clipper", "demo", cwd=tmp_path)
    assert "Marlstock" in out


def test_an_editable_installation_uses_the_checkout(environment: Path, tmp_path: Path) -> None:
    _pip(environment, "-e", ROOT)
    package, codebook = _where(environment, tmp_path)
    assert package == ROOT / "src" / "clipper" / "__init__.py"
    assert codebook == ROOT / "data" / "codebook.toml"
    _run(environment / "bin" / "clipper", "init", tmp_path / "project", cwd=tmp_path)
    assert (tmp_path / "project" / "config.toml").read_bytes() == (ROOT / "config.toml").read_bytes()
