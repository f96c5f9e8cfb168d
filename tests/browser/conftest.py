"""The site as readers have it: built once by the installed command, and looked at in the system's Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from browser.stock import articles, labels
from clipper.archive.store import Archive
from clipper.cli.init_cmd import init
from conftest import Project, with_few

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --disable-default-apps"
)


@dataclass
class Built:
    """A site on disk, with the project that it was made from; ``served`` is where the command shows it."""

    project: Project
    folder: Path
    served: str

    @property
    def as_files(self) -> str:
        return self.folder.as_uri() + "/"


def _run(project: Project, start: list[str], *arguments: str) -> str:
    done = subprocess.run([*start, *arguments], cwd=project.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, _few: str) -> Iterator[Built]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here; `apt install chromium` brings it")
    project = Project(tmp_path_factory.mktemp("published") / "project")
    project.folder.mkdir()
    init(project.folder)
    project.keep_themes("workforce", "privatisation", "access")
    (project.folder / "config.toml").write_text(
        '[clipper]\n[publish]\ntitle = "Clippings of the valley"\nfull_text = true\n', encoding="utf-8"
    )
    made = articles()
    archive = Archive(project.archive)
    with archive.writing() as writer:
        writer.articles(made)
        writer.labels(labels(made))
    archive.catalogue.close()
    few = with_few(_few)
    _run(project, few, "tag")
    folder = project.folder.parent / "site"
    _run(project, few, "publish", str(folder))
    serving = subprocess.Popen(
        [*few, "publish", str(folder), "--serve", "--port", "0"],
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    with serving:
        assert serving.stdout is not None
        served = serving.stdout.readline().strip()
        assert served.startswith("http://127.0.0.1:"), served
        yield Built(project, folder, served.rstrip("/") + "/")
        serving.send_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def chromium(built: Built) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
        yield browser
        browser.close()


@dataclass
class Seen:
    """What a page did that it should not have done, and what it asked for."""

    allowed: tuple[str, ...]
    troubles: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def watch(self, context: Any) -> None:
        context.on("console", lambda message: self.troubles.append(f"console: {message.text}"))
        context.on("weberror", lambda error: self.troubles.append(f"error: {error.error}"))
        context.on("dialog", lambda dialog: self.troubles.append(f"dialog: {dialog.message}"))
        context.on("request", self._asked)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def _asked(self, request: Any) -> None:
        self.asked.append(request.url)
        if not request.url.startswith(self.allowed):
            self.troubles.append(f"request: {request.url}")

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page was left before its picture had come
            self.troubles.append(f"failed: {request.url}: {request.failure}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status}: {response.url}")


@pytest.fixture(params=["served", "files"])
def way(request: pytest.FixtureRequest) -> str:
    """Both ways in which a site is read: from a web server, and from files as on a memory stick."""
    return str(request.param)


@pytest.fixture
def open_page(built: Built, chromium: Any) -> Iterator[Callable[..., Any]]:
    """Return a function that opens a page of the site; in the end nothing may have gone wrong in any of them."""
    seen = Seen((built.served, built.as_files))
    contexts = []

    def open_it(address: str = "index.html", way: str = "files", **options: Any) -> Any:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(30_000)
        contexts.append(context)
        seen.watch(context)
        page = context.new_page()
        page.goto((built.served if way == "served" else built.as_files) + address)
        return page

    open_it.seen = seen  # type: ignore[attr-defined]  # put there by the test
    yield open_it
    for context in contexts:
        context.close()
    assert seen.troubles == []
