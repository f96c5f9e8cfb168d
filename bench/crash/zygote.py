"""A process that has clipper imported, and forks itself for each command that is to be run: real processes of the
real command, which start in a hundredth of a second and not in one.

It is asked in lines of JSON on stdin and answers in lines of JSON on stdout. A command's stdout is a terminal where
that is asked for: then each line is written when it is said, and counts as reported from that moment on.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from crash.faults import Layer, Plan

_LIMIT = 400.0  # seconds that a command may take: a model may have to be trained
_WORKERS = {"fetch": "clipper.collect.reading", "add": "clipper.collect.intake.reading"}
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def _import_all() -> None:
    import clipper

    for module in pkgutil.walk_packages(clipper.__path__, "clipper."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in ("sklearn.linear_model", "sklearn.svm", "scipy.sparse", "tantivy", "trafilatura", "httpx", "warcio"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _warm_up() -> None:
    """Have the readers make what they make at their first page, once for all workers that are forked from here."""
    from clipper.collect import reading
    from clipper.collect.intake import reading as files

    text = "\n\n".join(["The ward will close on Tuesday, said the board, and the nurses were told by letter."] * 4)
    page = f"<html lang='en'><title>A ward</title><body><article><h1>A ward</h1><p>{text}</p></article>"
    asked = {"url": "https://echo.example/a", "content_type": "text/html", "coding": ""}
    reading.answered(reading.read_one, page.encode(), asked)
    brought = f"Title: A ward\nDate: 2026-09-01\n\n{text}".encode()
    reading.answered(
        files.read_one, brought, {**asked, "url": None, "file": "a.txt", "split": None, "content_type": ""}
    )


class _Forked:
    """What ``subprocess.Popen`` is to a pool of workers, of a process that was forked."""

    def __init__(self, module: str) -> None:
        there, own_out = os.pipe()
        own_in, here = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            try:
                os.setpgid(0, 0)
                ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
                os.dup2(there, 0)
                os.dup2(here, 1)
                os.closerange(3, 256)
                sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
                held = sys.stdout  # as every program holds its first one: reading takes another
                from clipper.collect import reading
                from clipper.collect.intake import reading as files

                assert held
                reading.main(files.read_one if module.endswith("intake.reading") else None)
            finally:
                os._exit(0)
        os.close(there)
        os.close(here)
        self.stdin, self.stdout = os.fdopen(own_out, "wb"), os.fdopen(own_in, "rb")
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int | None:
        if self._code is None:
            with contextlib.suppress(ChildProcessError):
                self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._code


def _ready_workers(module: str) -> None:
    """Put forked worker processes where the pool keeps those that wait between two runs of one program."""
    from clipper.collect import workers

    for _ in range(2):
        one = workers._Process.__new__(workers._Process)
        one.module, one.pages, one._greeted, one._process = module, 0, False, _Forked(module)
        workers._idle[module].append(one)


def _command(asked: dict[str, Any], layer: Layer | None) -> NoReturn:
    """Be the command that is asked for."""
    os.chdir(asked["cwd"])
    os.environ.update(asked["environment"])
    arguments = asked["arguments"]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdin = os.fdopen(0, closefd=False)
    os.dup2(os.open(asked["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
    if not asked["terminal"]:
        os.dup2(os.open(asked["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
    os.closerange(3, 256)
    if asked["plan"]:
        assert layer
        layer.begin(Plan(**asked["plan"]))
    code = 99
    try:
        if asked["cold"]:
            os.execv(sys.executable, [sys.executable, "-m", "clipper", *arguments])
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", closefd=False)
        if arguments[0] in _WORKERS:
            _ready_workers(_WORKERS[arguments[0]])
        from clipper.cli.main import main

        sys.argv = ["clipper", *arguments]
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        from clipper.collect.workers import close_idle

        close_idle()
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


def _run(asked: dict[str, Any], layer: Layer | None) -> dict[str, Any]:
    own, theirs = os.openpty() if asked["terminal"] else (-1, -1)
    process = os.fork()
    if not process:
        try:
            os.setsid()
            if theirs >= 0:
                os.dup2(theirs, 1)
        except BaseException:
            os._exit(98)
        _command(asked, layer)
    if theirs >= 0:
        os.close(theirs)
    begun = time.monotonic()
    said = b""
    code: int | None = None
    killed = False
    while code is None:
        pid, status = os.waitpid(process, os.WNOHANG)
        if pid:
            code = os.waitstatus_to_exitcode(status)
        passed = time.monotonic() - begun
        if code is None and not killed and passed > (asked["after"] if asked["after"] is not None else _LIMIT):
            killed = True
            os.kill(process, signal.SIGKILL)
        said += _read(own, 0.003)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)
    while own >= 0 and (more := _read(own, 0.0)):
        said += more
    if own >= 0:
        os.close(own)
        Path(asked["out"]).write_bytes(said.replace(b"\r\n", b"\n"))
    return {"code": code if code >= 0 else 128 - code, "seconds": time.monotonic() - begun}


def _read(descriptor: int, wait: float) -> bytes:
    if descriptor < 0:
        time.sleep(wait)
        return b""
    try:
        return os.read(descriptor, 1 << 16) if select.select([descriptor], [], [], wait)[0] else b""
    except OSError:  # what a terminal says whose other end is closed
        time.sleep(wait)
        return b""


def main() -> None:
    """Serve until stdin ends."""
    layer = Layer(Path(sys.argv[1])) if len(sys.argv) > 1 and sys.argv[1] else None
    _import_all()
    _warm_up()
    gc.collect()
    gc.freeze()  # what is shared with the forked processes stays as it is, and is not copied
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    answers.write('"ready"\n')
    answers.flush()
    while line := sys.stdin.readline():
        answers.write(json.dumps(_run(json.loads(line), layer)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
