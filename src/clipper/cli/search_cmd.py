"""``clipper search``: find articles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from clipper.cli import completion
from clipper.cli.asking import Asked, QueryCommand, asked, filter_options, follow, query_argument, renamed
from clipper.cli.common import config_option, json_option, open_archive, open_reader, project
from clipper.cli.output import data, json_line, lines, tell
from clipper.cli.pager import paged
from clipper.errors import NOT_FOUND, UsageError
from clipper.text import shorten

if TYPE_CHECKING:
    from clipper.archive.reader import Reader
    from clipper.config import Config
    from clipper.search.results import Results, Search

SHOWN = 20
MOST = 1_000_000


class Options(NamedTuple):
    """How results are to be shown. ``limit`` is None where none was given."""

    sort: str | None
    limit: int | None
    offset: int
    as_json: bool
    form: str | None
    pager: bool


@click.command("search", cls=QueryCommand)
@query_argument
@filter_options
@click.option(
    "--sort", type=click.Choice(["relevance", "date", "oldest"]), help="Best first (the default), newest or oldest."
)
@click.option(
    "-n",
    "limit",
    type=click.IntRange(1, MOST),
    metavar="N",
    help=f"At most so many (without it {SHOWN}; of --ids and --facets all).",
)
@click.option("--offset", type=click.IntRange(0, MOST), default=0, metavar="N", help="Leave out the first so many.")
@click.option("--copies", is_flag=True, help="Show copies of one story as results of their own.")
@click.option("--count", "as_count", is_flag=True, help="Only how many there are.")
@click.option("--ids", "as_ids", is_flag=True, help="Only the ids, one a line.")
@click.option(
    "--format",
    "form",
    metavar="TEXT",
    help="Each as this says: '{date} {outlet} {title}' (--format help: the names).",
)
@click.option(
    "--facets",
    metavar="LIST",
    shell_complete=completion.facets,
    help="Counts by theme, outlet, year, month, source, kind, coder.",
)
@click.option("--save", metavar="NAME", help="Keep this search; from then on @NAME is the same.")
@click.option("--unsave", metavar="NAME", shell_complete=completion.saved, help="Forget a saved search.")
@click.option("--saved", "list_saved", is_flag=True, help="List the saved searches.")
@click.option("--new", "only_new", is_flag=True, help="Of a saved search (@NAME): what it has not shown before.")
@click.option("--no-pager", is_flag=True, help="Never through a pager.")
@json_option
@config_option
def command(
    query: tuple[str, ...],
    filters: Mapping[str, Any],
    sort: str | None,
    limit: int | None,
    offset: int,
    copies: bool,
    as_count: bool,
    as_ids: bool,
    form: str | None,
    facets: str | None,
    save: str | None,
    unsave: str | None,
    list_saved: bool,
    only_new: bool,
    no_pager: bool,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Find articles, best first; without a QUERY the newest.

    Words side by side must all be there; case, accents and endings do not matter. Put the whole query between single
    quotes where it holds quotes or brackets:

        clipper search '"cottage hospital" (nurses OR GPs) -private since:2014'

    \b
      "two words"      in a row            (a OR b) -c      brackets, not
      priv*            beginnings          "a b"~5          near each other
      privatistion~    spelled like it     £120m            as written
      title: outlet: author: theme: source: kind: coder: id: partial:
      since:2014 until:2014-11 date:2014-06..2014-09 date:none
      @NAME            a saved search

    Exit code 1 when nothing is found.
    """  # noqa: D301  # the sign by which Click leaves the lines of a paragraph as they are
    ways = {"--count": as_count, "--ids": as_ids, "--format": form is not None, "--facets": facets is not None}
    chosen = [name for name, given in ways.items() if given]
    if len(chosen) > 1:
        raise UsageError(f"{chosen[0]} and {chosen[1]} exclude each other")
    config = project(config_path, selectors=False)
    if unsave is not None or list_saved:
        return _saved(config, unsave, as_json)
    shape = _checked_form(form)
    if shape is not None and not shape:
        return 0
    reader = open_reader(config)
    wanted = asked(config, reader, query, filters)
    name = _name(query, filters, reader)
    if only_new and not name:
        raise UsageError("--new goes with one saved search alone: clipper search @NAME --new (--saved lists them)")
    search = _search(config, reader, wanted, fold=not copies)
    if only_new:
        search = _narrowed(config, reader, wanted, search, name, fold=not copies)
    if save is not None:
        _keep(config, save, wanted)
    if only_new and limit is None:
        limit = MOST  # what is not shown now would not be new the next time
    options = Options(sort, limit, offset, as_json, form, not no_pager)
    if as_count:
        return _print_count(search, as_json)
    if facets is not None:
        return _print_facets(search, facets, options)
    shown = _print_ids(search, options) if as_ids else _print_results(search, options, wanted)
    if shown is not None:
        for run in {name, save} - {None, ""}:  # what is shown while it is saved is not new the first time either
            # A run without --new has told how many there are; what it did not list is not new any more either.
            _remember(reader, str(run), shown if only_new else set(search.numbers()))
    return 0 if shown is not None else NOT_FOUND


def _search(config: Config, reader: Reader, wanted: Asked, *, fold: bool, only: list[int] | None = None) -> Search:
    from clipper.search.results import Search as Begun

    return Begun(reader, wanted.node, follow=follow, renamed=renamed(config), tell=tell, fold=fold, only=only)


# -- saved searches -----------------------------------------------------------------------------------------------


def _name(query: tuple[str, ...], filters: Mapping[str, Any], reader: Reader) -> str:
    """Return the name of the saved search that was asked for and nothing else, or an empty one."""
    text = " ".join(query).strip()
    if filters or not text.startswith("@") or " " in text:
        return ""
    from clipper.archive.searches import saved_searches

    return text[1:] if text[1:] in saved_searches(reader.path) else ""


def _keep(config: Config, name: str, wanted: Asked) -> None:
    from clipper.archive.searches import Saved, saved_searches
    from clipper.archive.store import now, utc
    from clipper.search.query import QueryError, Vocabulary, is_saved_name, parse
    from clipper.search.seen import forget
    from clipper.search.tokens import LONGEST_NAME

    if not is_saved_name(name):
        how = f"letters and digits, with hyphens and underscores among them, {LONGEST_NAME} at most"
        raise UsageError(f"--save {shorten(name, LONGEST_NAME)}: a name is {how}")
    if wanted.node is None:
        raise UsageError(f"--save {name}: there is no query to save")
    others = {one.name: one.query for one in saved_searches(config.archive).values()}
    try:
        parse(f"@{name}", Vocabulary(saved=others | {name: wanted.text}))
    except QueryError as error:  # it would stand inside itself, perhaps by way of others
        raise UsageError(f"--save {name}: {error.message}") from None
    archive = open_archive(config)
    archive.save_search(Saved(name, wanted.text, utc(now())))
    forget(archive.cache, name)
    tell(f"saved; from now on: clipper search @{name} (--new: what it has not shown before)")


def _saved(config: Config, unsave: str | None, as_json: bool) -> int:
    from clipper.archive.searches import saved_searches

    known = saved_searches(config.archive)
    if unsave is not None:
        from clipper.errors import NothingFound, nearest
        from clipper.search.seen import forget

        name = unsave.removeprefix("@")
        if name not in known:
            raise NothingFound(f"no saved search {name!r}{nearest(name, known)}; --saved lists them")
        archive = open_archive(config)
        archive.unsave_search(name)
        forget(archive.cache, name)
        tell(f"forgot @{name}")
        return 0
    for one in known.values():
        if as_json:
            json_line({"name": one.name, "query": one.query, "saved": one.at})
        else:
            data(f"@{one.name}\t{' '.join(one.query.split())}")
    if not known:
        tell("no saved searches; save one with: clipper search QUERY --save NAME")
    return 0 if known else NOT_FOUND


def _narrowed(config: Config, reader: Reader, wanted: Asked, search: Search, name: str, *, fold: bool) -> Search:
    """Return the search for those matches alone that a saved search has not shown."""
    from clipper.search.seen import seen

    before = seen(reader.cache, name)
    if before is None:
        tell(f"@{name} is not known to have run before; all that it finds is new")
        return search
    fresh = [number for number in search.numbers() if number not in before]
    return _search(config, reader, wanted, fold=fold, only=fresh)


def _remember(reader: Reader, name: str, shown: set[int]) -> None:
    from clipper.search.seen import remember, seen

    try:
        remember(reader.cache, name, shown | (seen(reader.cache, name) or set()))
    except OSError as error:
        tell(f"{error.filename or reader.cache}: what @{name} has shown cannot be noted ({error.strerror})")


# -- printing -----------------------------------------------------------------------------------------------------


def _checked_form(form: str | None) -> list[tuple[str, str, str]] | None:
    """Return the pieces of ``--format``, None without it; an empty list when only its names were asked for."""
    if form is None:
        return None
    from clipper.cli.formats import NAMES, pieces

    if form == "help":
        for name, meaning in NAMES.items():
            data(f"{{{name}}}\t{meaning}")
        return []
    return pieces(form)


def _print_count(search: Search, as_json: bool) -> int:
    total, folded, exact = search.count()
    if as_json:
        json_line({"total": total, "folded": folded, "exact": exact})
    else:
        data(str(total - folded))
    if folded:
        tell(f"{_articles(total)} in all, {_folded(folded, exact)} (--copies counts them)")
    return 0 if total else NOT_FOUND


def _articles(total: int) -> str:
    return f"{total:,} article{'' if total == 1 else 's'}"


def _folded(folded: int, exact: bool) -> str:
    return f"{'' if exact else 'about '}{folded:,} cop{'y' if folded == 1 else 'ies'} of others folded into them"


def _print_ids(search: Search, options: Options) -> set[int] | None:
    """Print ids; return the numbers of what was shown, None for nothing."""
    found = search.matches(sort=options.sort, limit=options.limit, offset=options.offset)
    for match in found:
        if options.as_json:
            json_line({"id": match.id})
        else:
            data(match.id)
    if not found:
        tell("nothing found")
    return search.same_stories(found) if found else None


def _print_facets(search: Search, listed: str, options: Options) -> int:
    from clipper.errors import nearest
    from clipper.search.index import FACETS

    names = [name.strip() for name in listed.split(",") if name.strip()]
    for name in names:
        if name not in FACETS:
            known = nearest(name, FACETS) or f"; there are {', '.join(FACETS)}"
            raise UsageError(f"--facets: no facet {name!r}{known}")
    if not names:
        raise UsageError(f"--facets: name some of {', '.join(FACETS)}")
    total, _, _ = search.count()
    counts = search.facets(list(dict.fromkeys(names)))
    if options.as_json:
        for name, of in counts.items():
            json_line({"facet": name, "total": total, "counts": of})
    else:
        from clipper.cli.search_screen import put_facets

        with paged(options.pager):
            put_facets(counts, options.limit)
    tell(f"{_articles(total)}; copies are counted" if total else "nothing found")
    return 0 if total else NOT_FOUND


def _print_results(search: Search, options: Options, wanted: Asked) -> set[int] | None:
    """Print articles; return the numbers of what was shown, None for nothing."""
    limit = options.limit or SHOWN
    found = search.results(sort=options.sort, limit=limit, offset=options.offset)
    if not found.shown:
        listed = found.total - found.folded
        tell(f"no more than {listed:,} found" if found.total else f"nothing found{_hint(search, wanted)}")
        _tell_undated(found)
        return None
    with paged(options.pager and not options.as_json) as pager:
        put = _printer(options, found)
        for hit in found.hits:
            put(hit)
        if pager.long and options.form is None:
            data(_summary(found, options))  # where the reader is; what is told below is seen after leaving the pager
    if not options.as_json:
        tell(_summary(found, options))
        _tell_undated(found)
    return search.same_stories(found.matches)


def _summary(found: Results, options: Options) -> str:
    listed = found.total - found.folded
    last = options.offset + found.shown
    part = f"{options.offset + 1:,}{f'–{last:,}' if found.shown > 1 else ''} of {listed:,}"
    where = part if last < listed or options.offset else f"{listed:,} found"
    return where + (f" ({_folded(found.folded, found.exact)})" if found.folded else "")


def _printer(options: Options, found: Results) -> Callable[[Any], None]:
    if options.as_json:
        return lambda hit: json_line(hit.to_json())
    if options.form is not None:
        from clipper.cli.formats import filled, pieces

        shape = pieces(options.form)
        return lambda hit: lines(filled(shape, hit))
    from clipper.cli.search_screen import put_hit

    return lambda hit: put_hit(hit, found.marks)


def _hint(search: Search, wanted: Asked) -> str:
    """Return what may have been meant by a query that finds nothing."""
    from clipper.errors import nearest
    from clipper.search.tree import Words, positive

    small = [word for word in wanted.text.split() if word in ("and", "or", "not")]
    if small:
        return f" ({small[0].upper()} is written in capitals)"
    named = [leaf.text for field, leaf in positive(wanted.node) if field == "outlet" and isinstance(leaf, Words)]
    for name in named:
        if not search.has_outlet(name):
            return f" (no outlet {shorten(name, 60)!r}{nearest(name, search.outlets())})"
    return ""


def _tell_undated(found: Results) -> None:
    if found.undated:
        them = "it" if found.undated == 1 else "them"
        tell(f"{found.undated:,} more would match, but no date is stated for {them}")
