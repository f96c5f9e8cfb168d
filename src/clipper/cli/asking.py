"""What the commands share that take a query: its words, the options that are the same filters, the names it knows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from clipper.cli import completion
from clipper.cli.output import whole
from clipper.errors import ClipperError, UsageError

if TYPE_CHECKING:
    from clipper.archive.reader import Reader
    from clipper.config import Config
    from clipper.search.index import Index
    from clipper.search.query import Vocabulary
    from clipper.search.tree import Node

# Each option is a filter of the query language by another way.
_FILTERS = ("theme", "outlet", "author", "source", "kind", "coder", "since", "until", "date")


class Asked(NamedTuple):
    """What was asked: the tree, and the query that says all of it, the options' filters too."""

    node: Node | None
    text: str


class QueryCommand(click.Command):
    """A command that takes ``-word`` for what it means in a query, not for a heap of options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        own = {name for option in options for name in option.opts}
        takes_value = {name for option in options if not option.is_flag for name in option.opts}
        meant: list[str] = []
        for number, arg in enumerate(args):
            if arg == "--":
                meant += args[number:]
                break
            is_option = (
                (arg[:2] == "--" and arg[2:3].isalpha()) or arg in own or (arg[:2] in own and arg[2:].isdigit())  # -n5
            )
            is_word = arg[:1] == "-" and not is_option and (number == 0 or args[number - 1] not in takes_value)
            meant.append(f" {arg}" if is_word else arg)  # Click takes no word for an option that begins with a space
        return super().parse_args(ctx, meant)


def query_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the words of a query."""
    return click.argument("query", metavar="[QUERY]...", nargs=-1, shell_complete=completion.query_words)(command)


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that are the same as the query's filters; they arrive as one mapping, ``filters``."""

    def collected(*args: Any, **named: Any) -> Any:
        filters = {name: value for name in _FILTERS if (value := named.pop(f"filter_{name}", None)) not in (None, ())}
        if named.pop("filter_undated"):
            if "date" in filters:
                raise UsageError("--date and --undated exclude each other")
            filters["date"] = "none"
        return command(*args, filters=filters, **named)

    collected.__doc__ = command.__doc__
    collected.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]  # as Click's
    several = {"multiple": True, "metavar": "THEME", "shell_complete": completion.themes}
    options = [
        click.option("--theme", "filter_theme", help="Only this theme (several: all of them).", **several),  # type: ignore[arg-type]  # as Click's
        click.option("--outlet", "filter_outlet", metavar="NAME", shell_complete=completion.outlets,
                     help="Only this outlet; a part of its name will do."),
        click.option("--author", "filter_author", metavar="NAME", help="Only by this author."),
        click.option("--source", "filter_source", metavar="NAME", shell_complete=completion.sources,
                     help="Only from this source."),
        click.option("--kind", "filter_kind", type=click.Choice(["article", "clipping", "page"]),
                     help="Only of this kind."),
        click.option("--coder", "filter_coder", metavar="NAME", help="Only what this coder has labelled."),
        click.option("--since", "filter_since", metavar="DATE",
                     help="Published on or after 2014-11-07, 2014-11, 2014, or 7d, 4w, 6m, 1y ago."),
        click.option("--until", "filter_until", metavar="DATE", help="Published on or before it."),
        click.option("--date", "filter_date", metavar="DATE",
                     help="Published then, or from one to another: 2014..2016."),
        click.option("--undated", "filter_undated", is_flag=True, help="Only what states no date."),
    ]  # fmt: skip
    decorated: Callable[..., Any] = collected
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def filter_options_but(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command these options without some, since it has options of the same names that mean something else."""

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        made = filter_options(command)
        left_out = {f"filter_{name}" for name in names}
        made.__click_params__ = [one for one in made.__click_params__ if one.name not in left_out]  # type: ignore[attr-defined]  # as Click's
        return made

    return decorated


def asked(config: Config, reader: Reader, query: tuple[str, ...], filters: Mapping[str, Any] | None = None) -> Asked:
    """Return what a query and its options ask for. Raises QueryError, or UsageError for an option."""
    from clipper.search.query import QueryError, both, clash, parse

    words = vocabulary(config, reader)
    text = " ".join(whole(" ".join(query)).split())
    node = parse(text, words)
    said = []
    for name, value in (filters or {}).items():
        for one in [v for part in value for v in part.split(",")] if isinstance(value, tuple) else (value,):
            quoted = whole(one).replace('"', " ").strip()
            bare = name in ("since", "until", "date") and quoted.replace("-", "").replace(".", "").isalnum()
            option = f"{name}:{quoted}" if bare else f'{name}:"{quoted}"'
            try:
                node = both(node, parse(option, words))
            except QueryError as error:
                raise UsageError(f"--{name} {one}: {error.message}") from None
            said.append(option)
    if pair := clash(node):
        raise UsageError(f"no date is from {pair[0].since} on and up to {pair[1].until} too")
    if said:
        text = " ".join([f"({text})" if text else "", *said]).strip()
    return Asked(node, text)


def vocabulary(config: Config, reader: Reader) -> Vocabulary:
    """Return the names that a query may hold; each list is read when a query has such a name."""
    from clipper.search.query import Vocabulary as Base

    class Known(Base):
        @property
        def themes(self) -> Mapping[str, str] | None:
            from clipper.coding.codebook import load

            try:
                book = load(config.codebook)
            except ClipperError:
                return None  # the commands that need it tell what is wrong with it
            present = {theme.key: theme.key for theme in book.themes}
            return {old: theme.key for theme in book.themes for old in theme.merges} | present

        @property
        def sources(self) -> Collection[str] | None:
            reader.catalogue.glance()
            return {*reader.catalogue.sources(), *(source.name for source in config.sources)}

        @property
        def saved(self) -> Mapping[str, str]:
            from clipper.archive.searches import saved_searches

            return {name: one.query for name, one in saved_searches(reader.path).items()}

    return Known()


def follow(index: Index, *, anew: bool = False) -> None:
    """Bring the index up to date. What does so is imported when there is something new: most searches find nothing."""
    from clipper.search.indexing import follow as bring

    bring(index, anew=anew)


def renamed(config: Config) -> Mapping[str, str]:
    """Return what themes are called now that were called otherwise."""
    from clipper.coding.renamed import renamed as of

    return of(config.codebook)
