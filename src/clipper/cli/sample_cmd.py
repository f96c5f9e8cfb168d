"""``clipper sample``: draw articles at random for a round of coding."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from clipper.cli.asking import QueryCommand, filter_options, query_argument
from clipper.cli.common import config_option, json_option, open_archive, project
from clipper.cli.narrowing import matching
from clipper.cli.output import data, json_line, tell
from clipper.text import shorten
from clipper.wording import counted

_SEEDS = 10_000  # of those that nobody chose: short enough to be written down
_MAX_SEED = 2**53 - 1


@click.command("sample", cls=QueryCommand)
@query_argument
@click.option("-n", "number", type=click.IntRange(1, 1_000_000), default=150, show_default=True, help="How many.")
@click.option(
    "--seed", type=click.IntRange(0, _MAX_SEED), help="Where chance begins; without it one is made up, and told."
)
@click.option("--round", "round_given", metavar="NAME", help="The round of coding that it is for.")
@filter_options
@json_option
@config_option
def command(
    query: tuple[str, ...],
    filters: Mapping[str, Any],
    number: int,
    seed: int | None,
    round_given: str | None,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Draw articles at random for a round of coding, and keep the draw on record.

    Prints their ids. The same archive and the same seed give the same draw. Pages of clippings are left out, their
    clippings may be drawn. Without --round the first round that asks for a sample takes it.

    With a QUERY (see clipper search --help) what matches is drawn from, and the query is kept on record. What coders
    make of such a sample says nothing of the rest of the archive.
    """
    from clipper.archive.store import now
    from clipper.coding import sampling
    from clipper.coding.labelling import round_name

    name = round_name(round_given)
    config = project(config_path)
    archive = open_archive(config)
    archive.catalogue.catch_up()
    only = matching(config, archive, query, filters, complete=True)
    if seed is None:
        seed = secrets.randbelow(_SEEDS)
    drawn = sampling.draw(
        archive, number, seed, round_name=name, moment=now(),
        query=only.query if only else "", matches=only.holds if only else None,
    )  # fmt: skip
    sample = drawn.sample
    for ident in sample.articles:
        if not as_json:
            data(ident)
        elif entry := archive.catalogue.get(ident):
            article = archive.read(entry.place)
            json_line(
                {"id": ident, "title": article.title, "outlet": article.outlet, "published": article.published}
            )  # fmt: skip
    found = len(sample.articles)
    if number > found:
        which = " that match" if only else ""
        tell(f"{number} were asked for; there {'is' if found == 1 else 'are'} {found}{which}: all of them are taken")
    for_round = f" for round {sample.round}" if sample.round else ""
    part = f" that match {shorten(sample.query, 200)}" if sample.query else ""
    tell(
        f"{counted(found, 'article')} of {sample.population}{part} drawn by seed {sample.seed}{for_round}, "
        f"{'recorded as' if drawn.new else 'as before:'} {sample.name}"
    )
    return 0
