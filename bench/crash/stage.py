"""Where crashes happen: projects made once and copied for each trial, and the command run in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from crash.faults import Met, Plan

HERE = Path(__file__).resolve().parent
MARK = "fenwick"  # a word that every article has
_TOWNS = ("Ashby", "Brill", "Corley", "Dunmow", "Elstow", "Farndon", "Gresham", "Hadlow", "Ilmer", "Jarrow")


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it met in the layer of faults."""

    code: int
    out: str
    err: str
    met: Met

    @property
    def acknowledged(self) -> list[dict[str, Any]]:
        """What was reported: the whole lines of stdout."""
        found = []
        for line in self.out.split("\n")[:-1]:
            with suppress(ValueError):
                found.append(json.loads(line))
        return found


def article_text(town: str, number: int, more: str = "") -> str:
    """Return paragraphs of an invented article."""
    return (
        f"The {MARK} trust said in {town} on Tuesday that ward {number} will close in spring and its beds go.{more}\n\n"
        f"Nurses of {town} asked the board {number} questions about the private firm that is to run the clinic there, "
        f"and were told that the contract is with the lawyers of {town}.\n"
    )


def _page(town: str, number: int) -> str:
    paragraphs = "".join(f"<p>{part}</p>" for part in article_text(town, number).split("\n\n"))
    return (
        f'<!doctype html><html lang="en"><head><title>Ward {number} in {town} to close</title>'
        f'<meta property="og:site_name" content="The {town} Echo">'
        f'<meta property="article:published_time" content="2026-10-{number + 1:02}T08:00:00Z"></head><body><article>'
        f"<h1>Ward {number} in {town} to close</h1>{paragraphs}</article></body></html>"
    )


class Site:
    """A web server on loopback with two feeds: ``/old.xml`` and ``/new.xml``, whose last page is slow to come."""

    def __init__(self) -> None:
        slow = threading.Event()  # never set: it is only waited for

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                kind, _, rest = self.path.strip("/").partition("-")
                base = f"http://{self.headers['Host']}"
                if self.path.endswith(".xml"):
                    numbers = range(3) if "old" in self.path else range(3, 7)
                    items = "".join(
                        f"<item><title>Ward {n} in {_TOWNS[n]} to close</title><link>{base}/page-{n}</link></item>"
                        for n in numbers
                    )
                    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{items}</channel></rss>'
                    self._send(200, "application/rss+xml", body, {"ETag": f'"{self.path}"'})
                elif kind == "page" and rest.isdigit():
                    number = int(rest)
                    if number == 6:
                        slow.wait(0.8)  # longer than a batch waits to be filled: it comes in a second one
                    self._send(200, "text/html; charset=utf-8", _page(_TOWNS[number], number), {})
                else:
                    self._send(404, "text/plain", "not here", {})

            def _send(self, status: int, kind: str, text: str, headers: dict[str, str]) -> None:
                body = text.encode()
                with suppress(OSError):
                    if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                        self.send_response(304)
                        body = b""
                    else:
                        self.send_response(status)
                    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, address: object) -> None:
                pass  # whoever asks is killed again and again

        self._server = Server(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class Stage:
    """A folder with the prepared projects, the server that they fetch from, and the process that runs commands.

    ``models`` is a user's cache in which the model of the starter codebook lies, or will be put by the first ``tag``.
    Stages that share a ``site`` have the same articles, with the same ids. A context manager.
    """

    def __init__(self, folder: Path, models: Path, library: Path | None, site: Site | None = None) -> None:
        self.folder = folder.resolve()
        self._models = models.resolve()
        self._number = 0
        self._library = library
        (self.folder / "trials").mkdir(parents=True, exist_ok=True)
        self._own_site = site is None
        self.site = site or Site()
        paths = [str(HERE.parent), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1"}
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "crash.zygote", str(library or "")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=self.folder,
            start_new_session=True,
        )  # fmt: skip
        self._ready = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zygote.kill()
        self._zygote.wait()
        for pipe in (self._zygote.stdin, self._zygote.stdout):
            with suppress(OSError):
                if pipe:
                    pipe.close()
        if self._own_site:
            self.site.close()

    def run(
        self,
        project: Path,
        *arguments: str,
        plan: Plan | None = None,
        after: float | None = None,
        cold: bool = False,
        terminal: bool = False,
    ) -> Ended:
        """Run a command in a project.

        It is killed ``after`` so many seconds; a ``cold`` one is started from nothing; on a ``terminal`` each line of
        its stdout is written at once.
        """
        assert self._zygote.stdin
        room = project.parent
        # Whoever forgets an article deletes the models, since one may have learned from it: not those of all trials.
        models = room / "models" if arguments[0] == "forget" else self._models
        asked = {
            "arguments": list(arguments),
            "cwd": str(project),
            "environment": {"CLIPPER_CACHE": str(models), "CLIPPER_CODER": "ann", "NO_COLOR": "1"},
            "out": str(room / "out"),
            "err": str(room / "err"),
            "plan": asdict(plan) if plan else None,
            "after": after,
            "cold": cold,
            "terminal": terminal,
        }
        if plan:
            Path(plan.report).unlink(missing_ok=True)
        if not self._ready:
            self._answer()
            self._ready = True
        self._zygote.stdin.write(json.dumps(asked) + "\n")
        self._zygote.stdin.flush()
        answer = self._answer()
        out = Path(asked["out"]).read_text("utf-8", "replace")
        err = Path(asked["err"]).read_text("utf-8", "replace") if Path(asked["err"]).exists() else ""
        self.seconds = float(answer["seconds"])
        return Ended(answer["code"], out, err, Met.read(plan.report) if plan else Met())

    def can_trace(self) -> bool:
        """Whether the layer of faults works here: in some containers no process may be traced."""
        room = self.folder / "trials" / "tracing"
        room.mkdir(parents=True)
        return self.run(room, "--version", plan=self.plan(room)).code == 0

    def _answer(self) -> Any:
        assert self._zygote.stdout
        line = self._zygote.stdout.readline()
        if not line:
            raise RuntimeError("the process that runs the commands has ended")
        return json.loads(line)

    def plan(self, project: Path, **more: Any) -> Plan:
        """Return a plan for the archive of a project."""
        under = str((project / "data" / "archive").resolve())
        return replace(Plan(under, str(project.parent / "met")), **more)

    def copy(self, prepared: Path) -> Path:
        """Return a fresh copy of a prepared project."""
        self._number += 1
        room = self.folder / "trials" / f"{self._number:05}"
        shutil.copytree(prepared, room / "project")
        return room / "project"

    def throw_away(self, project: Path) -> None:
        """Delete a copy."""
        shutil.rmtree(project.parent, ignore_errors=True)

    def done(self, project: Path, *arguments: str) -> Ended:
        """Run a command that has to succeed."""
        ended = self.run(project, *arguments)
        if ended.code:
            raise RuntimeError(f"clipper {' '.join(arguments)} ended with {ended.code}: {ended.err}")
        return ended

    def prepare(self) -> dict[str, Path]:
        """Make the projects: ``new``, ``grown``, and variations of that one."""
        made = {"new": self.folder / "made" / "new" / "project"}
        new = made["new"]
        new.mkdir(parents=True)
        self.done(new, "init")
        (new / "config.toml").write_text(
            '[clipper]\n[fetch]\ndelay = 0.0\ntimeout = 5.0\nallow_hosts = ["127.0.0.1"]\n'
            f'[[source]]\nname = "old"\nurl = "{self.site.base}/old.xml"\n'
            f'[[source]]\nname = "new"\nurl = "{self.site.base}/new.xml"\n',
            "utf-8",
        )
        for folder, numbers in (("before", range(2)), ("more", range(2, 5))):
            (new / folder).mkdir()
            for n in numbers:
                text = f"Title: Letters from {_TOWNS[n]}\nDate: 2026-09-{n + 1:02}\n\n{article_text(_TOWNS[n], n + 40)}"
                (new / folder / f"{n}.txt").write_text(text, "utf-8")
        changed = article_text(_TOWNS[0], 40, " So it was put right.")
        text = f"Title: Letters from {_TOWNS[0]}\nDate: 2026-09-01\n\n{changed}"
        (new / "more" / "changed.txt").write_text(text, "utf-8")

        grown = self._vary(made, "grown", new)
        self.done(grown, "fetch", "old")
        self.done(grown, "add", "before")
        self.done(grown, "tag")
        # Before anybody labels: what is labelled is learned from, and another model would have to be trained.
        untagged = self._vary(made, "untagged", grown)
        self.done(untagged, "add", "more")
        self.done(grown, "label", self.ids(grown)[0], "+workforce", "-access")
        self.done(grown, "search", MARK)

        bare = self._vary(made, "bare", grown)
        shutil.rmtree(bare / "data" / "archive" / "cache")

        broken = self._vary(made, "broken", grown)
        cache = broken / "data" / "archive" / "cache"
        for end in ("-wal", "-shm"):
            (cache / f"catalogue.sqlite{end}").unlink(missing_ok=True)
        raw = bytearray((cache / "catalogue.sqlite").read_bytes())
        raw[100:8000] = b"\x55" * 7900
        (cache / "catalogue.sqlite").write_bytes(raw)

        torn = self._vary(made, "torn", grown)
        for name in ("labels.jsonl", next((torn / "data" / "archive" / "articles").iterdir()).relative_to(
            torn / "data" / "archive").as_posix()):  # fmt: skip
            with (torn / "data" / "archive" / name).open("ab") as file:
                file.write(b'{"id": "half a line", "text": "of which the end')
        return made

    def _vary(self, made: dict[str, Path], name: str, of: Path) -> Path:
        made[name] = self.folder / "made" / name / "project"
        shutil.copytree(of, made[name])
        return made[name]

    @staticmethod
    def ids(project: Path) -> list[str]:
        """Return the ids of the articles, in the order in which they came."""
        files = sorted((project / "data" / "archive" / "articles").glob("*.jsonl"))
        lines = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
        return list(dict.fromkeys(line["id"] for line in lines))
