"""``clipper add``: put in URLs, saved pages and text files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipper.cli.common import config_option, json_option, open_archive, project
from clipper.cli.output import data, human_date, json_line, shown_title, tell
from clipper.errors import ALL_FAILED, DONE, SOME_FAILED

if TYPE_CHECKING:
    from clipper.models import Article, Outcome


@click.command("add")
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option(
    "--as",
    "as_id",
    metavar="ID",
    help="Put it in as the next revision of this article (the full copy of a stub): its id and labels stay.",
)
@json_option
@config_option
def command(targets: tuple[str, ...], as_id: str | None, as_json: bool, config_path: Path | None) -> int:
    """Put in articles: URLs, saved HTML pages, text files, or - for stdin.

    Title, outlet, authors and date are taken where the page or the text states them. The same article again
    adds nothing; a changed one becomes its next revision. Exit code 3 when some targets failed, 4 when all did.
    """
    from clipper.collect.add import add

    config = project(config_path)
    archive = open_archive(config)
    counts: Counter[str] = Counter()

    def done(outcome: Outcome, article: Article | None) -> None:
        counts[outcome.status] += 1
        if as_json:
            _show(lambda: json_line(outcome.to_json()))
        if article is None:
            tell(f"{outcome.target}: {outcome.status}: {outcome.cause}")
        elif outcome.cause:
            tell(f"{outcome.target}: {outcome.cause}")
        if article is not None and not as_json:
            archive.catalogue.catch_up()
            line = f"{outcome.status:8}{archive.catalogue.unique_prefix(outcome.id or '')}  {_line(article)}"
            _show(lambda: data(line))

    revision_of = None
    if as_id is not None:
        if len(targets) > 1:
            raise click.UsageError("--as takes one target: the copy of that one article")
        archive.catalogue.catch_up()
        revision_of = archive.find(as_id).id
    add(archive, config.fetch, targets, done, tell, revision_of=revision_of)
    lost = counts["failed"] + counts["refused"]
    return DONE if not lost else ALL_FAILED if lost == counts.total() else SOME_FAILED


def _show(put: Callable[[], None]) -> None:
    """Put something on stdout. Whoever reads may have had enough (`add … | head`): the other targets go on."""
    with suppress(BrokenPipeError):
        put()


def _line(article: Article) -> str:
    """Return an article in one line: title, and in brackets what is known of outlet and date."""
    known = ": ".join(filter(None, [article.outlet, human_date(article.published) if article.published else None]))
    by = f", by {', '.join(article.authors)}" if article.authors else ""
    return shown_title(article.title, article.text) + (f" ({known})" if known else "") + by
