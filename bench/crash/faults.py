"""The door to the layer of faults in ``faults.c``: what may go wrong, and a process under which it does."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("faults.c")

# Kinds of calls; faults.c has the same numbers.
WRITE, SYNC, RENAME, CREATE, MKDIR, TRUNCATE, UNLINK, STDOUT, UNKNOWN, LINK = (1 << bit for bit in range(10))
NAMES = RENAME | LINK
CHANGES = WRITE | SYNC | NAMES | CREATE | MKDIR | TRUNCATE | UNLINK
ROOM = WRITE | CREATE | MKDIR | NAMES  # what a full disk refuses

NOTHING, KILL_BEFORE, KILL_AFTER, SHORT, SHORT_KILL, FAIL, LIE = range(7)


@dataclass(frozen=True)
class Plan:
    """What goes wrong below a folder: at the ``at``-th call of these kinds, and from then on where it is ``lasting``.

    ``report`` is the file in which the layer says what it met, ``log`` one in which it records all, if any.
    """

    under: str
    report: str
    kinds: int = CHANGES
    at: int = 0
    action: int = NOTHING
    error: int = 0
    lasting: bool = False
    log: str | None = None


@dataclass(frozen=True)
class Met:
    """How many calls of these kinds there were, whether something went wrong, and at which call."""

    calls: int = 0
    reached: bool = False
    where: str = ""

    @classmethod
    def read(cls, path: str | Path) -> Met:
        """Return what the layer said."""
        try:
            calls, reached, where = Path(path).read_text("utf-8", "replace").split("\n", 2)
        except (OSError, ValueError):
            return cls()
        return cls(int(calls), bool(int(reached)), where.strip())


class _Plan(ctypes.Structure):
    _fields_ = (
        ("under", ctypes.c_char_p),
        ("log", ctypes.c_char_p),
        ("report", ctypes.c_char_p),
        ("kinds", ctypes.c_int),
        ("at", ctypes.c_int),
        ("action", ctypes.c_int),
        ("error", ctypes.c_int),
        ("lasting", ctypes.c_int),
    )


def build(folder: Path) -> Path:
    """Compile the layer into a folder; return the library. Raises RuntimeError with the reason where it cannot be."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise RuntimeError(f"the layer of faults knows Linux on x86-64 only, and this is {platform.machine()}")
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise RuntimeError("no C compiler (cc) to build the layer of faults with")
    library = folder / "faults.so"
    command = [compiler, "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(library), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the layer of faults cannot be compiled: {done.stderr.strip()[:300]}")
    return library


class Layer:
    """The compiled layer, loaded."""

    def __init__(self, library: Path) -> None:
        self._library = ctypes.PyDLL(str(library))

    def begin(self, plan: Plan) -> None:
        """Fork; return in the child, whose calls the plan is about. The other process ends as the child does."""
        ready, go = os.pipe()
        child = os.fork()
        if child:
            os.close(ready)
            given = _Plan(
                os.fsencode(plan.under),
                os.fsencode(plan.log) if plan.log else None,
                os.fsencode(plan.report),
                plan.kinds,
                plan.at,
                plan.action,
                plan.error,
                plan.lasting,
            )
            os._exit(self._library.faults_supervise(child, ctypes.byref(given), go))
        os.close(go)
        if os.read(ready, 1) != b"x" or self._library.faults_guard():
            os._exit(253)
        os.close(ready)
