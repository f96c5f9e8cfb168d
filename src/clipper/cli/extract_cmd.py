"""``clipper extract``: the text of kept raw pages anew."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipper.cli.common import config_option, json_option, open_archive, project
from clipper.cli.output import json_line, messages_on_terminal, tell
from clipper.errors import ALL_FAILED, DONE, SOME_FAILED

if TYPE_CHECKING:
    from clipper.models import Outcome


@click.command("extract")
@click.argument("ids", metavar="[ID...]", nargs=-1)
@click.option("--again", is_flag=True, required=True, help="Read the kept raw pages anew.")
@json_option
@config_option
def command(ids: tuple[str, ...], again: bool, as_json: bool, config_path: Path | None) -> int:
    """Find text, title, authors and date anew in the raw pages that fetch and add kept, offline.

    After an update of clipper or trafilatura: an article whose page gives something else now gets its next revision,
    the others stay as they are. All articles, or only those named; pages that were kept although no article
    came of them are tried as well. Exit code 3 when some could not be read, 4 when none could.
    """
    from clipper.collect.again import extract_again

    config = project(config_path)
    archive = open_archive(config)
    counts: Counter[str] = Counter()
    all_of_them = 0

    def expect(number: int) -> None:
        nonlocal all_of_them
        all_of_them = number
        if not number:
            tell("no raw page is kept ('warc = false' in the configuration, or nothing fetched yet)")

    def done(outcome: Outcome) -> None:
        counts[outcome.status] += 1
        if as_json:
            json_line(outcome.to_json())
        if outcome.status == "failed":
            tell(f"{outcome.target}: {outcome.status}: {outcome.cause}")
        if messages_on_terminal() and counts.total() % 100 == 0:
            tell(f"{counts.total()} of {all_of_them}")

    extract_again(archive, config, ids, expect, done)
    if counts:
        names = {
            "revised": "revised",
            "added": "added",
            "seen": "as they were",
            "refused": "refused",
            "failed": "failed",
        }
        tell(", ".join(f"{counts[key]} {word}" for key, word in names.items() if counts[key] or key == "revised"))
    lost = counts["failed"]
    return DONE if not lost else ALL_FAILED if lost == counts.total() else SOME_FAILED
