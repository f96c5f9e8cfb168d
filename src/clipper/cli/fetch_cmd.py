"""``clipper fetch``: collect what is new."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipper.cli.common import config_option, json_option, open_archive, project
from clipper.cli.output import json_line, messages_on_terminal, tell
from clipper.errors import ALL_FAILED, DONE, SOME_FAILED

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from clipper.collect.fetch import Result
    from clipper.models import Outcome, SourceReport


@click.command("fetch")
@click.argument("sources", metavar="[SOURCE...]", nargs=-1)
@json_option
@config_option
def command(sources: tuple[str, ...], as_json: bool, config_path: Path | None) -> int:
    """Collect what is new from the configured sources, or only from those named.

    An article is asked for once, however often this runs. A source that fails is named with its cause, and the
    others go on. Exit code 3 when something failed, 4 when everything did, 75 when another fetch is running.
    """
    from clipper.collect.fetch import fetch

    config = project(config_path)
    archive = open_archive(config)
    with _progress() as progress:
        result = fetch(config, archive, sources, _Watcher(as_json, progress))
    return exit_code(result)


def exit_code(result: Result) -> int:
    """Return the exit code of a fetch."""
    if result.stopped_by is not None:
        tell("stopped; what came so far is in the archive")
        return 128 + result.stopped_by
    if all(_nothing_came(report) for report in result.reports):
        if all(report.error and "was not found" in report.error for report in result.reports):
            tell("no host was found: is this machine offline?")
        return ALL_FAILED
    if result.problems or any(report.error for report in result.reports):
        return SOME_FAILED
    return DONE


def _nothing_came(report: SourceReport) -> bool:
    return bool(report.error) or (report.failed > 0 and not (report.added or report.revised or report.seen))


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """Show a progress bar on stderr when that is a terminal."""
    if not messages_on_terminal():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield progress


class _Watcher:
    """Prints how a fetch goes: a bar on a terminal, a line for each source, a line for each failure."""

    def __init__(self, as_json: bool, progress: Progress | None) -> None:
        self._as_json = as_json
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
        if self._as_json:
            json_line(outcome.to_json())
        if outcome.status in ("failed", "refused"):
            self._tell(f"{source}: {outcome.target}: {outcome.status}: {outcome.cause}")
        elif outcome.status == "added" and outcome.cause:
            self._tell(f"{source}: {outcome.target}: {outcome.cause}")

    def source(self, report: SourceReport) -> None:
        if report.error:
            self._tell(f"{report.source}: failed: {report.error}")
            if self._as_json:
                target, _, cause = report.error.partition(": ")
                json_line({"target": target, "id": None, "status": "failed", "cause": cause})
            return
        counts = {"added": report.added, "seen": report.seen, "refused": report.refused, "failed": report.failed}
        said = [f"{number} {word}" for word, number in counts.items() if number or word == "added"]
        self._tell(f"{report.source}: {'not changed' if report.unchanged else ', '.join(said)}")

    def _tell(self, message: str) -> None:
        if self._progress:
            from rich.text import Text

            from clipper.text import printable

            self._progress.console.print(Text(f"clipper: {printable(message)}"), soft_wrap=True)
        else:
            tell(message)
