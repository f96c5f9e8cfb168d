"""What the tests share: a project of their own, the command as a process, and a real web server on loopback."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from clipper.archive.store import Archive
from clipper.coding import modelcache, themecounts
from clipper.coding.codebook import load
from clipper.places import CACHE_VARIABLE, shipped, user_cache

# How long an example takes says how busy the machine is; and a change is not to be refused for an example that chance
# brought. `--hypothesis-profile=exploring` tries others each time.
_unhurried = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("steady", derandomize=True, max_examples=50, **_unhurried)
settings.register_profile("exploring", max_examples=500, **_unhurried)
settings.load_profile("steady")

# Two threads of one process that wait for each other on two processors leave the other processes of tests none.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

SHARED = Path(__file__).resolve().parents[2] / "shared"
STARTER_PASSAGES = tuple(themecounts.PASSAGES)


def pytest_xdist_auto_num_workers() -> int | None:
    """One process of tests more than processors: a third of the time a test waits, for a server or a signal."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session", autouse=True)
def _user_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's own cache out of the tests; every process of tests has one of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("user-cache")))
        yield


@pytest.fixture(scope="session")
def starter_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], None]:
    """Return a function that puts the starter codebook's model into the cache that is in use.

    Training takes half a minute, so that one process of tests does it once for all of them, and the others copy.
    """
    base = tmp_path_factory.getbasetemp()
    common = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    trained = common / "starter-model"

    def put() -> None:
        with (common / "starter-model.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # it ends with the file
            if not trained.exists():
                fresh = Path(tempfile.mkdtemp(dir=common, prefix="training-"))
                with pytest.MonkeyPatch.context() as patch:
                    patch.setenv(CACHE_VARIABLE, str(fresh))
                    modelcache.get(load(shipped("codebook.toml")))
                (fresh / "models").rename(trained)
        for model in trained.iterdir():
            if not (user_cache() / "models" / model.name).exists():
                shutil.copytree(model, user_cache() / "models" / model.name)

    return put


@pytest.fixture(scope="session")
def _few(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("passages") / "few.jsonl"
    path.write_bytes(b"".join(shipped("examples.jsonl").read_bytes().splitlines(keepends=True)[::20]))
    return str(path)


@pytest.fixture
def few_passages(_few: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have models learn from a twentieth of the passages that ship; return the file that holds them.

    For tests of what is done with a model, whichever it is: this one is built in a second. It counts in this process;
    a program that is to do the same is started by ``with_few``.
    """
    monkeypatch.setattr(themecounts, "PASSAGES", (_few,))
    return _few


def with_few(passages: str) -> list[str]:
    """Return the beginning of a command line: the command as a process that learns from these passages."""
    code = (
        f"import sys; from clipper.coding import themecounts; themecounts.PASSAGES = ({passages!r},);"
        "from clipper.cli.start import main; main()"
    )
    return [sys.executable, "-c", code]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLIPPER_CONFIG", "NO_COLOR", "COLUMNS", "CLIPPER_DEBUG", "CLIPPER_CODER"):
        monkeypatch.delenv(name, raising=False)


@dataclass
class Reply:
    """What the server answers at one path. ``after`` is a delay in seconds."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0


@dataclass
class Site:
    """A web server on loopback. Put replies into ``replies``; ``asked`` holds the paths asked for, in order."""

    base: str
    host: str
    port: int
    replies: dict[str, Reply | list[Reply]] = field(default_factory=dict)  # of several, each but the last once
    conditional: dict[str, str] = field(default_factory=dict)  # path: the ETag for which the answer is 304
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def url(self, path: str) -> str:
        return self.base + path

    def page(self, path: str, body: str | bytes, **more: Any) -> str:
        """Serve a body at a path; return its URL. ``{base}`` in text stands for the server's address."""
        raw = body.replace("{base}", self.base).encode() if isinstance(body, str) else body
        self.replies[path] = Reply(raw, **more)
        return self.url(path)


@pytest.fixture
def new_site() -> Iterator[Callable[[], Site]]:
    """Return a function that starts one more server; each is a host of its own."""
    servers: list[ThreadingHTTPServer] = []
    stopping = threading.Event()

    def start() -> Site:
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with lock:
                    site.asked.append(self.path)
                    site.headers.append({k.lower(): v for k, v in self.headers.items()})
                    site.at_once += 1
                    site.most_at_once = max(site.most_at_once, site.at_once)
                try:
                    with lock:
                        found = site.replies.get(self.path, Reply(b"not here", 404, "text/plain"))
                        several = found if isinstance(found, list) else [found]
                        reply = several.pop(0) if len(several) > 1 else several[0]
                    if (etag := site.conditional.get(self.path)) and self.headers.get("If-None-Match") == etag:
                        reply = Reply(b"", 304, headers={"ETag": etag})
                    if reply.after:
                        stopping.wait(reply.after)
                    self.send_response(reply.status)
                    self.send_header("Content-Type", reply.content_type)
                    self.send_header("Content-Length", str(len(reply.body)))
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(reply.body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True
                finally:
                    with lock:
                        site.at_once -= 1

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        port = server.server_address[1]
        site = Site(f"http://127.0.0.1:{port}", "127.0.0.1", port)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        return site

    yield start
    stopping.set()
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def site(new_site: Callable[[], Site]) -> Site:
    return new_site()


@dataclass
class Project:
    """A project in a folder of its own."""

    folder: Path

    @property
    def archive(self) -> Path:
        return self.folder / "data" / "archive"

    def configure(self, sources: str = "", fetch: str = "") -> None:
        (self.folder / "config.toml").write_text(
            f'[clipper]\n[fetch]\ndelay = 0.0\ntimeout = 5.0\nallow_hosts = ["127.0.0.1"]\n{fetch}\n{sources}',
            encoding="utf-8",
        )

    def keep_themes(self, *keys: str) -> None:
        """Leave only these themes in the starter codebook: its model is built in seconds."""
        path = self.folder / "data" / "codebook.toml"
        head, *themes = path.read_text("utf-8").split("\n[[theme]]\n")
        kept = [theme for theme in themes if theme.split('"')[1] in keys]
        assert len(kept) == len(keys)
        text = "\n[[theme]]\n".join([head, *kept])
        path.write_text(re.sub(r"(?m)^also = .*\n", "", text), encoding="utf-8")  # examples name other themes too

    def articles(self) -> list[dict[str, Any]]:
        """Return every line of every article file, in order."""
        files = sorted((self.archive / "articles").glob("*.jsonl"))
        return [json.loads(line) for f in files for line in f.read_text("utf-8").split("\n") if line]

    def lines(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.archive / name).read_text("utf-8").split("\n") if line]

    def everything(self) -> dict[str, bytes]:
        """Return what the archive holds apart from its cache and its locks: what a failure may not touch."""
        return {
            p.relative_to(self.archive).as_posix(): p.read_bytes()
            for p in sorted(self.archive.rglob("*"))
            if p.is_file() and "cache" not in p.relative_to(self.archive).parts and not p.name.endswith(".lock")
        }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A new project with the starter codebook, without sources, for which loopback is allowed."""
    from clipper.cli.init_cmd import init

    folder = tmp_path / "project"
    folder.mkdir()
    init(folder)
    made = Project(folder)
    made.configure()
    return made


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """An empty archive."""
    Archive.create(tmp_path / "archive")
    made = Archive(tmp_path / "archive")
    yield made
    made.catalogue.close()


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def _ready(project: Project, starter_model: Callable[[], None]) -> Callable[[tuple[str, ...]], None]:
    """Return a function that has the starter's model at hand for a command that would train it."""
    book = project.folder / "data" / "codebook.toml"
    starter = shipped("codebook.toml").read_bytes()

    def get(arguments: tuple[str, ...]) -> None:
        asked = {"tag", "review"} & set(arguments) and book.is_file() and book.read_bytes() == starter
        needed = asked and tuple(themecounts.PASSAGES) == STARTER_PASSAGES
        if (needed or "demo" in arguments) and "--help" not in arguments:
            starter_model()

    return get


@pytest.fixture
def clipper(project: Project, _ready: Callable[[tuple[str, ...]], None]) -> Callable[..., Ended]:
    """Return a function that runs the installed command as a process of its own, in the project."""

    def run(*arguments: str, stdin: bytes = b"", cwd: Path | None = None, **environment: str) -> Ended:
        _ready(arguments)
        done = subprocess.run(
            [sys.executable, "-m", "clipper", *arguments],
            input=stdin,
            capture_output=True,
            cwd=cwd or project.folder,
            env={**os.environ, **environment},
            timeout=120,
            check=False,
        )
        out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        assert "Traceback" not in err, err
        return Ended(done.returncode, out, err)

    return run


@pytest.fixture
def inline(
    project: Project,
    _ready: Callable[[tuple[str, ...]], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., Ended]:
    """Return a function that runs the command within this process: the same code, without a start of half a second."""
    from clipper.cli.main import run as main

    def run(*arguments: str, stdin: bytes = b"") -> Ended:
        _ready(arguments)
        monkeypatch.chdir(project.folder)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        capsys.readouterr()
        code = main(list(arguments))
        said = capsys.readouterr()
        assert "Traceback" not in said.err, said.err
        return Ended(code, said.out, said.err)

    return run


def wait_until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something is true; fail when it does not come true in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


ARTICLE = """<!doctype html><html lang="en"><head><title>{title} - The Fenwick Echo</title>
<meta property="og:title" content="{title}"><meta property="og:site_name" content="The Fenwick Echo">
{head}</head><body><header><nav><a href="/">Home</a> <a href="/news">News</a></nav></header>
<article><h1>{title}</h1>{paragraphs}</article><footer><p>All rights reserved.</p></footer></body></html>"""


def article_page(title: str, *paragraphs: str, head: str = "") -> str:
    """Return a news page of the invented Fenwick Echo."""
    text = paragraphs or (
        f"The board of the Fenwick hospital trust met on Tuesday to talk about {title.lower()}, and it met for long.",
        "Members of the public filled the hall and stood along the walls while the chair read out the figures.",
        "A decision will be taken when the trust has heard from the town, the council and its own staff.",
    )
    return ARTICLE.format(title=title, head=head, paragraphs="".join(f"<p>{p}</p>" for p in text))


def on_terminal(
    command: list[str],
    *,
    cwd: Path | None = None,
    rows: int = 24,
    columns: int = 80,
    environment: Mapping[str, str] | None = None,
    keys: bytes = b"",
    after: bytes = b"",
) -> tuple[int, str]:
    """Run a program on a terminal; return how it ends and what stands there. ``keys`` come once ``after`` was said."""
    own, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    base = {name: value for name, value in os.environ.items() if name not in ("PAGER", "LESS", "LV")}
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**base, "TERM": "xterm", **(environment or {})},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said = b""
    try:
        while block := os.read(own, 4096):
            said += block
            if keys and after in said:
                os.write(own, keys)
                keys = b""
    except OSError:  # what a terminal says whose other end is closed
        pass
    os.close(own)
    return process.wait(60), said.decode().replace("\r\n", "\n")
