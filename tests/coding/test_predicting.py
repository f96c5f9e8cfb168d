"""Worker processes of tagging: how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clipper.coding import classifier
from clipper.coding.codebook import Theme
from clipper.coding.examples import Example

PROGRAM = """
import multiprocessing, sys, time
from pathlib import Path
from types import SimpleNamespace
from clipper.coding import model, predicting
from clipper.coding.codebook import Theme

def main():
    themes = [Theme(key="bins", name="Bins", definition="")]
    folder = Path(sys.argv[1])
    predicting.WORTH_WHILE = 1
    def batches():
        for number in range(10_000):
            yield [f"The wheelie bin of day {number}."]
            if number == 1:  # the first is on its way
                print("submitted", flush=True)
            time.sleep(0.01)
    named = SimpleNamespace(name="m", model=model.load(folder, themes), folder=folder, inputs="")
    for number, _ in enumerate(predicting.in_order(named, themes, batches(), expected=10_000)):
        if number == 0:
            print("workers", *[p.pid for p in multiprocessing.active_children()], flush=True)

if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, which a program loads sooner than it trains one."""
    said: list[tuple[str, set[str]]] = [("wheelie bin", {"bins"}), ("choir", set())]
    examples = [
        Example(f"{n}{w}", f"{n}{w}", "", f"The {w} of day {n}.", frozenset(t)) for n in range(8) for w, t in said
    ]
    model, _ = classifier.train([Theme(key="bins", name="Bins", definition="")], examples)
    folder = tmp_path_factory.mktemp("model")
    model.save(folder)
    return folder


def _there(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


@pytest.fixture
def running(tmp_path: Path, trained: Path) -> Iterator[subprocess.Popen[str]]:
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py"), str(trained)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked for in /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_the_process_that_started_them(running: subprocess.Popen[str], number: int) -> None:
    assert running.stdout is not None
    said = running.stdout.readline()
    while not said.startswith("workers"):
        said = running.stdout.readline()
    workers = [int(pid) for pid in said.split()[1:]]
    assert len(workers) >= 1
    os.kill(running.pid, number)
    deadline = time.monotonic() + 30
    while any(map(_there, workers)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(_there, workers))


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="on one processor there are no workers")
@pytest.mark.parametrize("after", [0.0, 0.3, 1.0])
def test_an_interruption_ends_all_without_a_word(running: subprocess.Popen[str], after: float) -> None:
    assert running.stdout is not None
    assert running.stdout.readline() == "submitted\n"
    time.sleep(after)  # the workers are starting, loading, or at work
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert said == ""
