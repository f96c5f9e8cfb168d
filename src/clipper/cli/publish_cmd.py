"""``clipper publish``: a static site of the archive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clipper.cli.asking import QueryCommand, asked, filter_options, query_argument, renamed
from clipper.cli.common import config_option, json_option, open_reader, project
from clipper.cli.output import data, json_line, messages_on_terminal, tell
from clipper.errors import ClipperError, NothingFound, UsageError
from clipper.wording import counted

if TYPE_CHECKING:
    from clipper.coding.codebook import Codebook
    from clipper.config import Config
    from clipper.publish.site.build import Decide, Report

_PORT = 8000
_STEP = 500  # articles after which progress is told


@click.command("publish", cls=QueryCommand)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@query_argument
@click.option("--title", help="The site's title (else [publish] title in config.toml).")
@click.option("--full", is_flag=True, help="Make all pages anew, whatever is known of the site.")
@click.option("--serve", is_flag=True, help="Then show the site on this machine, until Ctrl-C.")
@click.option(
    "--port",
    metavar="N",
    type=click.IntRange(0, 65535),
    default=None,
    help=f"For --serve (else {_PORT}; 0: any free one).",
)
@filter_options
@json_option
@config_option
def command(
    folder: Path,
    query: tuple[str, ...],
    filters: Mapping[str, Any],
    title: str | None,
    full: bool,
    serve: bool,
    port: int | None,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Make a static site of the archive in DIR: of all articles, or of those that a QUERY matches.

    It needs no server: any web space will do, or a memory stick. Run it again and only pages that change are written.

    Exit code 1 when a QUERY matches nothing; the site stays as it was then, unless it shows what was taken out since.
    """
    from clipper.coding import codebook as codebooks
    from clipper.publish.rights import Rights
    from clipper.publish.selection import Selection
    from clipper.publish.site.build import Settings, publish, shows_any
    from clipper.publish.site.folder import Folder

    if port is not None and not serve:
        raise click.UsageError("--port is for --serve", click.get_current_context())
    if title is not None and not title.strip():
        raise UsageError("--title is empty")
    config = project(config_path, selectors=False)
    book = codebooks.load(config.codebook)
    reader = open_reader(config)
    wanted = asked(config, reader, query, filters)
    site = Folder(folder, config.archive)
    selection = Selection(reader, wanted.node, renamed=renamed(config), tell=tell)
    if not selection.total and wanted.node is not None:
        if not shows_any(site, reader.cache, reader.catalogue.all_forgotten()):
            raise NothingFound(f"no article matches: {wanted.text}; the site stays as it is")
        tell(f"no article matches: {wanted.text}; the site is emptied, since it shows what was taken out on request")
    said = config.publish
    settings = Settings(
        title=" ".join(title.split()) if title else said.title,
        url=said.url,
        excerpt=said.excerpt,
        rights=Rights(said.full_text),
        query=wanted.text,
        themes=book.themes,
    )
    report = publish(selection, site, settings, anew=full, decide=_decide(config, book), progress=_progress())
    _tell(folder, report, as_json)
    if serve:
        return _serve(site.path, _PORT if port is None else port)
    return 0


def _decide(config: Config, book: Codebook) -> Callable[[], Decide | None]:
    """Return what gets the model when it is needed. Without one the site has no deciding sentences, and says why."""

    def get() -> Decide | None:
        from functools import partial

        from clipper.archive.store import Archive
        from clipper.coding import deciding, modelcache

        try:
            named = modelcache.get(book, tell, Archive(config.archive, tell))
        except ClipperError as error:
            tell(f"{error}; pages are made without the sentences that decided")
            return None
        return partial(deciding.in_order, named, book.themes)

    return get


def _progress() -> Callable[[int, int], None]:
    if not messages_on_terminal():
        return lambda done, of: None

    def told(done: int, of: int) -> None:
        if of > _STEP and (done % _STEP == 0 or done == of):
            click.echo(f"\rclipper: {done} of {of} articles", err=True, nl=done == of)

    return told


def _tell(folder: Path, report: Report, as_json: bool) -> None:
    if as_json:
        json_line(
            {
                "folder": str(folder),
                "articles": report.articles,
                "made": report.made,
                "written": report.written,
                "removed": report.removed,
                "anew": report.anew,
            }
        )
        return
    gone = f", {report.removed} removed" if report.removed else ""
    what = f"{counted(report.written, 'file')} written{gone}" if report.written or gone else "nothing has changed"
    tell(f"{folder}: {counted(report.articles, 'article')}; {what}")


def _serve(folder: Path, port: int) -> int:
    from clipper.publish.site.serve import address, server

    with server(folder, port) as running:
        data(address(running))
        tell("Ctrl-C ends it")
        running.serve_forever()
    return 0
