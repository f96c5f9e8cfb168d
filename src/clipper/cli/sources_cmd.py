"""``clipper sources``: the configured sources, how they fare, and new ones."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from clipper.cli import completion
from clipper.cli.common import address_of, config_option, json_option, open_archive, project, selector_fault
from clipper.cli.output import data, json_line, lines, tell, width
from clipper.errors import ALL_FAILED, DONE, SOME_FAILED, CannotWork, FetchFailed, NothingFound, Refused, nearest
from clipper.text import printable, shorten, without_login
from clipper.wording import counted, human_date, shown_title

if TYPE_CHECKING:
    from clipper.collect.discover import Candidate
    from clipper.collect.schedule import State
    from clipper.collect.web import Web
    from clipper.config import Config, Source

_SHOWN = 5  # entries of a preview
_UNNAMED = "?"
_T = TypeVar("_T")


class _Group(click.Group):
    """The group; without a subcommand it lists."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise click.UsageError(f"no such command {args[0]!r}{nearest(args[0], self.commands)}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            if error.ctx is not None and error.ctx.parent is ctx:
                error.ctx = ctx  # so that the help that is pointed to is that of `clipper sources`
            raise


@click.group("sources", cls=_Group, invoke_without_command=True)
@json_option
@config_option
@click.pass_context
def command(ctx: click.Context, as_json: bool, config_path: Path | None) -> int:
    """List the configured sources; check, add, discover, import and export them.

    Without a subcommand: list.
    """
    return _list(project(config_path), as_json) if ctx.invoked_subcommand is None else DONE


# -- list -------------------------------------------------------------------------------------------------


@command.command("list", short_help="List the configured sources.")
@json_option
@config_option
def list_command(as_json: bool, config_path: Path | None) -> int:
    """List the configured sources: name, kind and address."""
    return _list(project(config_path), as_json)


def _list(config: Config, as_json: bool) -> int:
    if as_json:
        for source in config.sources:
            json_line(asdict(source))
        return DONE
    if not config.sources:
        tell(f"{config.path}: no [[source]] in it; add one with: clipper sources add URL")
    names = min(max((len(source.name) for source in config.sources), default=0), 28)
    for source in config.sources:
        row = f"{source.name:<{names}}  {source.kind:<7}  "
        # An address is never cut: one that is too long for the row has a line of its own.
        if len(row) + len(source.url) <= width():
            data(row + source.url)
        else:
            data(row.rstrip())
            data(f"  {source.url}")
    return DONE


# -- discover and add -------------------------------------------------------------------------------------


@command.command("discover", short_help="Look for a site's feeds, and list them.")
@click.argument("url", metavar="URL")
@json_option
@config_option
def discover_command(url: str, as_json: bool, config_path: Path | None) -> int:
    """Look for the feeds, sitemaps or headlines of a site, and list them, best first.

    Exit code 1 when there are none, 4 when the site cannot be read. Nothing is changed.
    """
    config = project(config_path)
    url = _whole(url)
    try:
        candidates = _discovered(config, url)
    except (FetchFailed, Refused) as error:
        tell(f"{url}: {error}")
        return ALL_FAILED
    if not candidates:
        raise _nothing(url)
    for one in candidates:
        if as_json:
            json_line(
                {
                    "kind": one.kind, "url": one.url, "title": one.title, "entries": len(one.entries),
                    "newest": one.newest, "per_week": _rounded(one.per_week), "sitemaps": one.sitemaps,
                    "comments": one.comments,
                }
            )  # fmt: skip
        else:
            data(f"{one.kind:<7}  {one.url}")
            data(f"         {_told(one)}")
    return DONE


def _whole(url: str) -> str:
    """Return a web address; ``https://`` may be left out."""
    from clipper.config import is_web_address

    found = address_of(url.strip() if "://" in url else f"https://{url.strip()}")
    if not is_web_address(found):
        raise click.UsageError(f"{without_login(found)[:80]!r} is no web address", click.get_current_context())
    return found


def _nothing(url: str) -> NothingFound:
    return NothingFound(
        f"{url}: no feed, sitemap or list of headlines found; for a page of short links: "
        "clipper sources add URL --links 'CSS SELECTOR'"
    )


def _online(config: Config, work: Callable[[Web], Coroutine[Any, Any, _T]]) -> _T:
    """Do some work on the network, as politely as a fetch."""
    import asyncio

    from clipper.collect.web import Web

    async def do() -> _T:
        async with Web(config.fetch) as web:
            return await work(web)

    return asyncio.run(do())


def _discovered(config: Config, url: str) -> list[Candidate]:
    from clipper.collect.discover import discover

    return _online(config, lambda web: discover(web, url, tell))


def _read(config: Config, source: Source) -> Candidate:
    """Return what a source of a known kind lists now."""
    from clipper.collect.discover import as_candidate

    tell(f"asking {source.url}")
    return _online(config, lambda web: as_candidate(web, source))


def _told(one: Candidate) -> str:
    """Return in words what a candidate holds."""
    said = [f"“{one.title}”" if one.title else "no title"]
    if one.comments:
        said.append("readers' comments")
    if one.sitemaps:
        said.append(f"an index of {counted(one.sitemaps, 'sitemap')}")
    said.append(f"{len(one.entries)} {'entry' if len(one.entries) == 1 else 'entries'}")
    if one.newest:
        said.append(f"newest {human_date(one.newest)}")
    if one.per_week is not None:
        said.append(f"about {_rounded(one.per_week):g} a week")
    return ", ".join(said)


def _rounded(per_week: float | None) -> float | None:
    return None if per_week is None else round(per_week, 1 if per_week < 10 else None)


@command.command("add", short_help="Find a site's feed and add it to config.toml.")
@click.argument("url", metavar="URL")
@click.option("--name", metavar="NAME", help="A short name of your own (else one made from the site's).")
@click.option("--kind", type=click.Choice(["feed", "sitemap", "listing", "page"]), help="Take URL itself, as this.")
@click.option(
    "--outlet", metavar="OUTLET", help="The outlet's name, where you want it other than the source states it."
)
@click.option("--match", metavar="WORD", multiple=True, help="One of these words must be there; may be repeated.")
@click.option("--drop", metavar="WORD", multiple=True, help="None of these words may be there; may be repeated.")
@click.option("--since", metavar="YYYY-MM-DD", help="Nothing older.")
@click.option("--full-text", is_flag=True, help="Take the text from the feed where the feed has it whole.")
@click.option("--links", metavar="SELECTOR", help="CSS selector of a listing's links, or of what holds them.")
@click.option("--pattern", metavar="REGEX", help="What the addresses of a listing's articles have in them.")
@click.option("--next", "next_page", metavar="SELECTOR", help="CSS selector of the link to a listing's next page.")
@click.option("--pages", type=click.IntRange(1, 50), default=1, help="How many pages of a listing to read at most.")
@click.option("--dry-run", is_flag=True, help="Show what would be added; change nothing.")
@click.option("--yes", is_flag=True, help="Add without asking.")
@json_option
@config_option
def add_command(
    url: str, name: str | None, kind: str | None, outlet: str | None, match: tuple[str, ...], drop: tuple[str, ...],
    since: str | None, full_text: bool, links: str | None, pattern: str | None, next_page: str | None, pages: int,
    dry_run: bool, yes: bool, as_json: bool, config_path: Path | None,
) -> int:  # fmt: skip
    """Find a site's feed (or sitemap, or headlines), show what it would bring, and add it to config.toml.

    URL may be any page of the site. The file is only added to at its end. A source that is configured already is
    left as it is, with exit code 0. Exit code 1 when nothing is found, 4 when the site cannot be read.
    """
    from clipper.collect.discover import name_for
    from clipper.config import source_of
    from clipper.sourcetables import append_sources, as_toml

    config = project(config_path)
    url = _whole(url)
    if name and name.strip().casefold() in {source.name.casefold() for source in config.sources}:
        raise _usage(f"a source named {name.strip()!r} is configured already; choose another name")
    if kind is None and (links or pattern or next_page or pages > 1):
        kind = "listing"
    said = {
        "name": _UNNAMED if name is None else name, "url": url, "kind": kind, "outlet": outlet, "match": list(match),
        "drop": list(drop), "since": since, "full_text": full_text, "links": links, "pattern": pattern,
        "next": next_page, "pages": pages if pages > 1 else None,
    }  # fmt: skip
    wanted = source_of({key: value for key, value in said.items() if value not in (None, [], False)}, selector_fault)
    if _there(config, url, as_json):
        return DONE
    try:
        candidates = [_read(config, wanted)] if kind else _discovered(config, url)
    except (FetchFailed, Refused) as error:
        tell(f"{url}: {error}")
        return ALL_FAILED
    if not candidates:
        raise _nothing(url)
    best, *others = candidates
    if _there(config, best.url, as_json):
        return DONE
    source = replace(wanted, kind=best.kind, url=url if kind else best.url)
    if name is None:
        source = replace(source, name=name_for(best, [s.name for s in config.sources]))
    table = as_toml(source)
    if not as_json:
        _preview(config, source, best, others)
        data("")
        lines(table.rstrip("\n"))
    if dry_run:
        tell("nothing was added (--dry-run)")
    elif not yes and sys.stdin.isatty() and not _agreed(config):
        tell("nothing was added")
        return DONE
    else:
        append_sources(config, [table], selector_fault)
        tell(f"{config.path}: added {source.name!r}; collect from it with: clipper fetch {shlex.quote(source.name)}")
    if as_json:
        json_line({**asdict(source), "status": "not added" if dry_run else "added"})
    return DONE


def _agreed(config: Config) -> bool:
    return click.confirm(printable(f"Add this to {config.path}?"), default=True, err=True)


def _usage(message: str) -> click.UsageError:
    return click.UsageError(message, click.get_current_context())


def _there(config: Config, url: str, as_json: bool) -> bool:
    """Whether a source of this address is configured; if so, say so."""
    from clipper.identity import url_key

    for source in config.sources:
        if url_key(source.url) == url_key(url):
            tell(f"{url}: configured already as {source.name!r}; nothing was added")
            if as_json:
                json_line({**asdict(source), "status": "there"})
            return True
    return False


def _preview(config: Config, source: Source, best: Candidate, others: Sequence[Candidate]) -> None:
    from clipper.collect.entries import wanted

    data(f"{best.kind}  {best.url}")
    data(f"  {_told(best)}")
    chosen = [e for e in best.entries if wanted(e, source.match, source.drop, source.since)]
    if len(chosen) != len(best.entries):
        data(f"  {len(chosen)} of them after --match, --drop and --since")
    archive = open_archive(config)
    archive.catalogue.glance()
    known = sum(1 for e in chosen if e.url and archive.catalogue.by_url(e.url))
    if known:
        data(f"  {known} in the archive already")
    newest = sorted(chosen, key=lambda e: e.day or "", reverse=True) if any(e.day for e in chosen) else chosen
    for entry in newest[:_SHOWN]:
        title = entry.facts.title or entry.said or entry.url or "?"
        data(f"    {entry.day or '':<10}  {shorten(shown_title(title, ''), width() - 16)}")
    for other in others:
        data(f"  also found: {other.kind}  {other.url}")


# -- check ------------------------------------------------------------------------------------------------


@command.command("check", short_help="Tell how each source fares.")
@click.argument("names", metavar="[NAME...]", nargs=-1, shell_complete=completion.sources)
@click.option("--live", is_flag=True, help="Ask each source now instead.")
@json_option
@config_option
def check_command(names: tuple[str, ...], live: bool, as_json: bool, config_path: Path | None) -> int:
    """Tell how each source fares: last success, articles a week, next check, and the last error with its cause.

    This is what the runs of `clipper fetch` recorded; nothing is asked for, and the exit code is 0 whatever they
    met. With --live each source is asked once; exit code 3 when some cannot be read, 4 when none can.
    """
    config = project(config_path)
    sources = config.chosen(names)
    return _check_live(config, sources, as_json) if live else _check(config, sources, as_json)


def _check(config: Config, sources: Sequence[Source], as_json: bool) -> int:
    from clipper.collect import schedule

    archive = open_archive(config)
    now = datetime.now(UTC)
    runs = list(schedule.read_runs(archive.path))
    states = schedule.States(archive.cache)
    names = min(max(len(source.name) for source in sources), 28)
    if not as_json:
        data(f"{'SOURCE':<{names}}  {'LAST SUCCESS':<16}  {'A WEEK':>6}  {'NEXT CHECK':<16}  (UTC)")
    for source in sources:
        state = schedule.newer(states.get(source.name), schedule.recorded(runs, source.name))
        weekly = schedule.per_week(runs, source.name, now)
        due = schedule.next_check(state, weekly, now)
        if as_json:
            json_line(
                {
                    "source": source.name, "url": source.url, "last_success": state.last_success,
                    "last_error": state.last_error, "cause": state.cause, "failures_in_row": state.failures_in_row,
                    "per_week": _rounded(weekly), "next_check": due.strftime("%Y-%m-%dT%H:%M:%SZ"),
                }
            )  # fmt: skip
            continue
        shown = "now" if due <= now else due.strftime("%Y-%m-%d %H:%M")
        often = "-" if weekly is None else f"{_rounded(weekly):g}"
        data(f"{source.name:<{names}}  {_when(state.last_success):<16}  {often:>6}  {shown:<16}".rstrip())
        if state.last_error:
            data(f"  {_trouble(state)}")
    return DONE


def _when(stamp: str | None) -> str:
    return stamp[:16].replace("T", " ") if stamp else "never"


def _trouble(state: State) -> str:
    row = state.failures_in_row
    said = f"failed {row} times in a row, last" if row > 1 else "failed" if row else "works; last failed"
    return f"{said} {_when(state.last_error)}: {state.cause}"


def _check_live(config: Config, sources: Sequence[Source], as_json: bool) -> int:
    failed = 0
    for source in sources:
        try:
            one = _read(config, source)
        except (FetchFailed, Refused) as error:
            failed += 1
            cause = str(error)
            if as_json:
                json_line({"source": source.name, "url": source.url, "entries": None, "cause": cause})
            else:
                data(f"{source.name}: failed: {source.url}: {cause}")
            continue
        if as_json:
            json_line({"source": source.name, "url": source.url, "entries": len(one.entries), "cause": None})
        else:
            data(f"{source.name}: {_told(one)}")
    return DONE if not failed else ALL_FAILED if failed == len(sources) else SOME_FAILED


# -- import and export ------------------------------------------------------------------------------------


@command.command("import", short_help="Add the feeds of an OPML file.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would be added; change nothing.")
@json_option
@config_option
def import_command(file: Path, dry_run: bool, as_json: bool, config_path: Path | None) -> int:
    """Add the feeds of an OPML file, as feed readers export them, to config.toml (- for stdin).

    All that are new are added at once, at the file's end; nothing is asked for. Exit code 3 when some have no web
    address.
    """
    return import_sources(project(config_path), file, dry_run=dry_run, as_json=as_json)


def import_sources(config: Config, file: Path, *, dry_run: bool, as_json: bool) -> int:
    """Add the feeds of an OPML file to config.toml, print what became of each, and return the exit code."""
    from clipper.collect.opml import read_opml, sort_out
    from clipper.sourcetables import append_sources, as_toml

    try:
        read = read_opml(_contents(file))
    except FetchFailed as error:
        raise CannotWork(f"{file}: {error}") from None
    fresh, there = sort_out(config.sources, read.subscriptions)
    if fresh and not dry_run:
        tables = [as_toml(one.source, f"from the folder {one.folder}" if one.folder else "") for one in fresh]
        append_sources(config, tables, selector_fault)
    for one in fresh:
        status = "not added" if dry_run else "added"
        json_line({**asdict(one.source), "status": status}) if as_json else data(f"{one.source.name}  {one.source.url}")
    for source, name in there:
        tell(f"{source.url}: configured already as {name!r}")
        if as_json:
            json_line({**asdict(source), "name": name, "status": "there"})
    for address in read.without_login:
        tell(f"{file}: {address}: taken without the name and password in it; clipper sends none")
    for address in read.left_out:
        tell(f"{file}: left out: no web address: {address}")
    if fresh and not dry_run:
        tell(f"{config.path}: added {counted(len(fresh), 'source')}; collect from them with: clipper fetch")
    else:
        why = " (--dry-run)" if fresh else "" if read.subscriptions else f": no feed in {file}"
        tell(f"nothing was added{why}")
    return SOME_FAILED if read.left_out else DONE


def _contents(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise CannotWork(f"{file}: cannot be read ({error.strerror})") from None


@command.command("export", short_help="Write the sources as an OPML file.")
@click.argument("file", metavar="[FILE]", default="-", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@config_option
def export_command(file: Path, force: bool, config_path: Path | None) -> int:
    """Write the sources as an OPML file that feed readers import (to stdout without FILE).

    Sitemaps, listings and pages are in it for another clipper; feed readers pass them over.
    """
    from clipper.collect.opml import write_opml

    config = project(config_path)
    body = write_opml(config.sources, datetime.now(UTC))
    if str(file) == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(_harmless(body))
    else:
        try:
            with file.open("wb" if force else "xb") as out:
                out.write(body)
        except FileExistsError:
            raise CannotWork(f"{file}: there already; nothing was written (--force writes over it)") from None
        except OSError as error:
            raise CannotWork(f"{file}: cannot be written ({error.strerror})") from None
    _tell_others(config)
    return DONE


def _harmless(body: bytes) -> bytes:
    """Return XML in which what is not safe for a terminal is written as a reference, so that nothing is lost."""
    text = body.decode("utf-8")
    pairs = zip(text, printable(text), strict=True)
    return "".join(one if one == other else f"&#x{ord(one):x};" for one, other in pairs).encode("utf-8")


def _tell_others(config: Config) -> None:
    others = [source.name for source in config.sources if source.kind != "feed"]
    if others:
        shown = ", ".join(others[:5]) + (" and more" if len(others) > 5 else "")
        tell(f"{counted(len(others), 'source')} that feed readers will pass over, being no feeds: {shown}")
