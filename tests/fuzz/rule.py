"""The rule, as tests ask for it: *a record or a named refusal, never a traceback, never more than a stated time*.

Nothing is timed. Cases that once took too long are read in a process to which the system gives so many seconds of the
processor's time and so much memory, and no more.
"""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st

from fuzz.mutation import mutated
from fuzz.nasties import nasties
from fuzz.seeds import seeds
from fuzz.targets import TARGETS

BIG = 20_000  # bytes of a large input in the tests; the long fuzz goes to megabytes
# The same examples every time: what the long fuzz finds is added by name, and nobody's change fails by chance.
STEADY = settings(derandomize=True, database=None, phases=(Phase.explicit, Phase.generate, Phase.shrink))
LARGE = (" deep", " deep, open", "bomb")  # of such inputs the tests read those that once broke the rule, and no more
LIMIT = 4 << 30  # bytes of address space, as clipper's worker processes have


@dataclass(frozen=True)
class Case:
    """An input, known by how it was made."""

    made: str
    body: bytes = field(repr=False)


def strange(name: str) -> st.SearchStrategy[Case]:
    """Return inputs for a parser: such as were made to do harm, and known ones that were spoiled."""
    target = TARGETS[name]
    harmful = {called: make for called, make in nasties(target.seeds, BIG) if not called.endswith(LARGE)}

    def spoiled(number: int) -> Case:
        return Case(f"spoiled {number}", mutated(seeds(target.seeds), random.Random(number)))

    return st.one_of(
        st.sampled_from(sorted(harmful)).map(lambda called: Case(called, harmful[called]())),
        st.integers(0, 2**32 - 1).map(spoiled),
        st.binary(max_size=200).map(lambda body: Case(repr(body), body)),
    )


def keeps_the_rule(name: str, body: bytes) -> None:
    """Read an input; whatever is neither a record nor a refusal that is documented fails the test."""
    target = TARGETS[name]
    try:
        target.read(body)
    except target.refusals as error:
        said = str(error)
        assert said, f"{type(error).__name__} does not say why"
        assert "Errno" not in said
        assert "recursion" not in said


_RUN = """
import resource
from fuzz.found import FOUND
from fuzz.rule import LIMIT, keeps_the_rule
from fuzz.targets import TARGETS
_, most = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (LIMIT, most))
for name, called, make in FOUND:
    body = make()
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + TARGETS[name].seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    print(f"{name}: {called}", flush=True)
    keeps_the_rule(name, body)
print("all", flush=True)
"""


def read_within_limits() -> str:
    """Read every input that once broke the rule; return the last one that was begun, or ``all``."""
    run = subprocess.run(
        [sys.executable, "-c", _RUN],
        capture_output=True, text=True, check=False, cwd=Path(__file__).resolve().parents[1],
    )  # fmt: skip
    last = run.stdout.splitlines()[-1:] or ["nothing"]
    return (
        last[0] if run.returncode == 0 else f"{last[0]}\n{run.stderr[-2000:] or f'ended by signal {-run.returncode}'}"
    )
