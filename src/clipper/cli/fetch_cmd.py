"""``clipper fetch``: collect what is new."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clipper.cli import completion
from clipper.cli.common import config_option, json_option, open_archive, project
from clipper.cli.output import json_line, messages_on_terminal, on_screen, tell, told
from clipper.cli.stepping import bring_in_step
from clipper.errors import ALL_FAILED, DONE, SOME_FAILED, Locked
from clipper.wording import counted

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from clipper.collect.fetch import Result
    from clipper.models import Outcome, SourceReport

_LONGEST = timedelta(days=36500)


@click.command("fetch")
@click.argument("sources", metavar="[SOURCE...]", nargs=-1, shell_complete=completion.sources)
@click.option("--due", is_flag=True, help="Only the sources whose time has come; for cron.")
@click.option("--revisit", metavar="AGE", help="Ask again for pages that were last asked for so long ago: 7d, 12h, 4w.")
@click.option("--watch", metavar="TIME", help="Go on: fetch what is due every so often (1h, 30m), until stopped.")
@click.option("--quiet", is_flag=True, help="Say nothing when all went well.")
@json_option
@config_option
def command(
    sources: tuple[str, ...],
    due: bool,
    revisit: str | None,
    watch: str | None,
    quiet: bool,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Collect what is new from the configured sources, or only from those named.

    An article is asked for once, however often this runs; when its source says that it changed, it is asked for again,
    and another text becomes its next revision. A source that fails is named with its cause, and the others go on.
    Exit code 3 when something failed, 4 when everything did, 75 when another fetch is running.
    """
    age = _age("--revisit", revisit) if revisit else None
    pause = _age("--watch", watch) if watch else None
    if pause is None:
        return _once(sources, due, age, quiet, as_json, config_path)
    return _watch(pause, lambda: _once(sources, True, age, quiet, as_json, config_path))


def _once(
    sources: tuple[str, ...], due: bool, revisit: timedelta | None, quiet: bool, as_json: bool, config_path: Path | None
) -> int:
    from clipper.collect.workers import start_early

    config = project(config_path)
    archive = open_archive(config)
    start_early()
    from clipper.collect.fetch import fetch

    with _progress(quiet) as progress:
        watcher = _Watcher(as_json, progress, quiet)
        result = fetch(config, archive, sources, watcher, due=due, revisit=revisit)
    code = exit_code(result)
    if quiet and code:
        watcher.say_all()
    if result.stopped_by is None:
        bring_in_step(config, archive, quiet=quiet)
    if result.not_due and not quiet:
        first = min(result.not_due.values()).astimezone().strftime("%H:%M")
        tell(f"{counted(len(result.not_due), 'source')} not due yet, the first at {first}")
    return code


def _watch(pause: timedelta, once: Callable[[], int]) -> int:
    """Fetch again and again, until a signal says to stop."""
    import signal
    import time

    from clipper.collect.workers import close_idle

    class _Stop(Exception):
        pass

    def stop(number: int, frame: object) -> None:
        raise _Stop(number)

    code = DONE
    try:
        while True:
            began = time.monotonic()
            try:
                code = once()
            except Locked as error:  # another fetch runs: the next round is soon enough
                tell(str(error))
                code = error.exit_code
            close_idle()
            if code > 128:
                return code
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, stop)
            time.sleep(max(pause.total_seconds() - (time.monotonic() - began), 1.0))
    except _Stop as stopped:
        return 128 + int(stopped.args[0])


def _age(option: str, text: str) -> timedelta:
    """Return a length of time such as 30m, 12h, 7d or 4w."""
    found = re.fullmatch(r"\s*(\d{1,6})\s*([mhdw])\s*", text, re.IGNORECASE)
    if not found or not int(found[1]):
        raise click.UsageError(f"{option} {text!r} is no length of time; write 30m, 12h, 7d or 4w")
    names = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    length = timedelta(**{names[found[2].lower()]: int(found[1])})
    if length > _LONGEST:  # beyond some thousand years there is no such date
        raise click.UsageError(f"{option} {text!r} is too long; 100 years ({_LONGEST.days}d) at most")
    return length


def exit_code(result: Result) -> int:
    """Return the exit code of a fetch."""
    if result.stopped_by is not None:
        tell("stopped; what came so far is in the archive")
        return 128 + result.stopped_by
    if result.reports and all(_nothing_came(report) for report in result.reports):
        if all(report.error and "was not found" in report.error for report in result.reports):
            tell("no host was found: is this machine offline?")
        return ALL_FAILED
    if result.problems or any(report.error for report in result.reports):
        return SOME_FAILED
    return DONE


def _nothing_came(report: SourceReport) -> bool:
    return bool(report.error) or (report.failed > 0 and not (report.added or report.revised or report.seen))


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress | None]:
    """Show a progress bar on stderr when that is a terminal."""
    if quiet or not messages_on_terminal():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield progress


class _Watcher:
    """Prints how a fetch goes: a bar on a terminal, a line for each source, a line for each failure.

    A quiet one keeps its lines until it is known that something went wrong.
    """

    def __init__(self, as_json: bool, progress: Progress | None, quiet: bool = False) -> None:
        self._as_json = as_json
        self._quiet = quiet
        self._unheard = False
        self._kept: list[str] = []
        self._progress = progress
        self._task: TaskID | None = progress.add_task("articles", total=0) if progress else None
        self._expected = 0

    def expect(self, more: int) -> None:
        self._expected += more
        if self._progress and self._task is not None:
            self._progress.update(self._task, total=self._expected)

    def outcome(self, source: str, outcome: Outcome) -> None:
        if self._progress and self._task is not None and outcome.status != "seen":
            self._progress.advance(self._task)
        self._print(outcome.to_json())
        if outcome.status in ("failed", "refused"):
            self._tell(f"{source}: {outcome.target}: {outcome.status}: {outcome.cause}")
        elif outcome.status in ("added", "revised") and outcome.cause:
            self._tell(f"{source}: {outcome.target}: {outcome.cause}")

    def source(self, report: SourceReport) -> None:
        if report.error:
            self._tell(f"{report.source}: failed: {report.error}")
            if not (report.failed or report.refused):  # those were told one by one
                target, _, cause = report.error.partition(": ")
                self._print({"target": target, "id": None, "status": "failed", "cause": cause})
            return
        counts = {
            "added": report.added, "revised": report.revised, "seen": report.seen, "refused": report.refused,
            "failed": report.failed, "put off": report.put_off, "left out: too many for one run": report.left_out,
        }  # fmt: skip
        said = [f"{number} {word}" for word, number in counts.items() if number or word == "added"]
        self._tell(f"{report.source}: {'not changed' if report.unchanged else ', '.join(said)}")

    def say_all(self) -> None:
        """Print the lines that were kept back."""
        for message in self._kept:
            tell(message)

    def _print(self, record: Mapping[str, Any]) -> None:
        # Whoever reads may have had enough (`fetch --json | head`): the run goes on, and is recorded.
        if self._as_json and not self._unheard:
            try:
                json_line(record)
            except BrokenPipeError:
                self._unheard = True

    def _tell(self, message: str) -> None:
        if self._quiet:
            self._kept.append(message)
        elif self._progress:
            from rich.text import Text  # which reads no markup of its own kind in it

            self._progress.console.print(Text(on_screen(f"clipper: {told(message)}")), soft_wrap=True)
        else:
            tell(message)
