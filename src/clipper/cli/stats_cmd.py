"""``clipper stats``: how much, from where, which themes, over time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clipper.cli.asking import Asked, QueryCommand, asked, filter_options, follow, query_argument, renamed
from clipper.cli.common import config_option, json_option, open_reader, project
from clipper.cli.output import json_line, lines, tell
from clipper.cli.pager import paged
from clipper.cli.terminated import ending_in_order
from clipper.errors import NOT_FOUND, ClipperError, UsageError

if TYPE_CHECKING:
    from clipper.archive.reader import Reader
    from clipper.config import Config
    from clipper.publish.stats.report import Report, Wanted

_TERMS = 25


@click.command("stats", cls=QueryCommand)
@query_argument
@filter_options
@click.option(
    "--by",
    "by",
    multiple=True,
    metavar="KIND[,KIND]",
    help="Counts by month, year, outlet, theme or source; of two, one against the other.",
)
@click.option("--coverage", is_flag=True, help="Which source was there in which month.")
@click.option("--terms", is_flag=True, help="Words, and rows of two, that rise.")
@click.option("--together", is_flag=True, help="Theme against theme: how often in one article.")
@click.option(
    "--last",
    "length",
    type=click.IntRange(1, 1200),
    metavar="N",
    help="Compare the last N complete months with the N before (else 12, 6, 3 or 1).",
)
@click.option("-n", "limit", type=click.IntRange(1, 1_000_000), metavar="N", help="At most so many rows of a table.")
@click.option("--copies", is_flag=True, help="Count each copy of a story, and not each story once.")
@click.option(
    "--plot",
    "plot",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw it too: .svg, .png, .pdf or .html; its numbers go beside it as .csv.",
)
@click.option("--csv", "as_csv", is_flag=True, help="All numbers as CSV, one a line.")
@click.option("--no-pager", is_flag=True, help="Never through a pager.")
@json_option
@config_option
@ending_in_order
def command(
    query: tuple[str, ...],
    filters: Mapping[str, Any],
    by: tuple[str, ...],
    coverage: bool,
    terms: bool,
    together: bool,
    length: int | None,
    limit: int | None,
    copies: bool,
    plot: Path | None,
    as_csv: bool,
    no_pager: bool,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Count what a query finds: how much, from where, which themes, and how that changed.

    Without --by, --coverage, --terms or --together: an overview. QUERY and filters are as in search. Changes are told
    for those sources only that were there before and after: a new source is not a trend. Undated articles stay apart.

    Exit code 1 when nothing is found.
    """
    if as_csv and as_json:
        raise UsageError("--csv and --json exclude each other")
    kinds = _kinds(by)
    if plot is not None and len(kinds) + coverage + terms + together > 1:
        raise UsageError("--plot draws one thing: an overview, one --by, --coverage, --terms or --together")
    config = project(config_path, selectors=False)
    reader = open_reader(config)
    if plot is not None:
        from clipper.cli.stats_plot import check

        check(plot, reader)
    found_for = asked(config, reader, query, filters)
    wanted = _wanted(config, reader, kinds, coverage, terms, together, copies, length, limit)
    found = _report(config, reader, found_for, wanted)
    if not found.records:
        tell("nothing found")
        return NOT_FOUND
    if plot is not None:
        from clipper.cli.stats_plot import draw

        draw(config, reader, found, found_for.text, wanted.newest, plot)
    _print(found, wanted, limit, as_csv=as_csv, as_json=as_json, pager=not no_pager)
    return 0


def _kinds(by: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return what ``--by`` asks for. Raises UsageError for a kind that is none, or more than two at once."""
    if not by:
        return ()
    from clipper.errors import nearest
    from clipper.publish.stats.tables import KINDS

    found = []
    for said in by:
        kinds = tuple(name.strip() for name in said.split(",") if name.strip())
        for kind in kinds:
            if kind not in KINDS:
                known = nearest(kind, KINDS) or f"; there are {', '.join(KINDS)}"
                raise UsageError(f"--by: no {kind!r} to count by{known}")
        if not 1 <= len(kinds) <= 2 or len(set(kinds)) < len(kinds):
            more = " (--together sets themes against each other)" if set(kinds) == {"theme"} else ""
            raise UsageError(f"--by {said}: name one kind, or two that differ{more}")
        if set(kinds) == {"month", "year"}:
            raise UsageError(f"--by {said}: each month has its year; name one of them")
        found.append(kinds)
    return tuple(dict.fromkeys(found))


def _wanted(
    config: Config,
    reader: Reader,
    by: tuple[tuple[str, ...], ...],
    coverage: bool,
    terms: bool,
    together: bool,
    copies: bool,
    length: int | None,
    limit: int | None,
) -> Wanted:
    from clipper.archive.store import now, utc
    from clipper.coding.codebook import load
    from clipper.publish.stats.coverage import fetches, last_run
    from clipper.publish.stats.report import Wanted as Made

    today = utc(now())[:10]
    try:
        themes = tuple(theme.key for theme in load(config.codebook).themes)
    except ClipperError:
        themes = ()  # the commands that need it tell what is wrong with it; its order is all that is lost
    return Made(
        newest=min(today, last_run(reader.path) or today),
        by=by,
        coverage=coverage,
        terms=terms,
        together=together,
        copies=copies,
        length=length,
        limit=limit or _TERMS,
        themes=themes,
        fetches=fetches(reader.path) if coverage else {},
    )


def _report(config: Config, reader: Reader, found_for: Asked, wanted: Wanted) -> Report:
    from clipper.publish.stats.report import report
    from clipper.search.results import Search

    search = Search(reader, found_for.node, follow=follow, renamed=renamed(config), tell=tell, fold=False)
    return search.ask(lambda index: report(index, found_for.node, wanted, tell))


def _print(found: Report, wanted: Wanted, limit: int | None, *, as_csv: bool, as_json: bool, pager: bool) -> None:
    from clipper.publish.stats import figures

    if as_json:
        for figure in figures.figures(found):
            json_line(figure._asdict())
    elif as_csv:
        lines(figures.as_csv(found).replace("\r\n", "\n").rstrip("\n"))
    else:
        from clipper.cli.stats_screen import Screen

        with paged(pager):
            Screen(limit).put(found, overview=wanted.overview)
