"""``clipper search``: find articles."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipper.cli.common import config_option, json_option, open_archive, project
from clipper.cli.output import (
    colours,
    data,
    highlight,
    human_date,
    json_line,
    shown_title,
    styled,
    tell,
    theme_mark,
    whole,
    wrap,
)
from clipper.errors import NOT_FOUND, UsageError

if TYPE_CHECKING:
    from clipper.search.results import Hit, Results


class _Search(click.Command):
    """A command that takes ``-word`` for what it means in a query, not for a heap of options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        meant: list[str] = []
        for arg in args:
            meant += ["NOT", arg[1:]] if _MINUS_WORD.match(arg) else [arg]
        return super().parse_args(ctx, meant)


_MINUS_WORD = re.compile(r"^-(?!n\d)[^\W\d_]\w+$")


@click.command("search", cls=_Search)
@click.argument("query", metavar="[QUERY...]", nargs=-1)
@click.option("--theme", "themes", metavar="THEME", multiple=True, help="Only this theme (several: all of them).")
@click.option("--outlet", metavar="NAME", help="Only this outlet; a part of its name will do.")
@click.option("--since", metavar="DATE", help="Published on or after 2014-11-07, 2014-11 or 2014.")
@click.option("--until", metavar="DATE", help="Published on or before it.")
@click.option("-n", "limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="At most so many.")
@click.option("--offset", type=click.IntRange(0, 1_000_000), default=0, help="Leave out the first so many.")
@json_option
@config_option
def command(
    query: tuple[str, ...],
    themes: tuple[str, ...],
    outlet: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    offset: int,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Find articles, best first; without a QUERY the newest.

    Words side by side must all be there. "A phrase" in quotes; word* for any ending; AND, OR, NOT in capitals;
    -word; brackets; partial:yes for stubs whose rest is for subscribers. Case, accents and English endings do not
    matter. Put the whole query between single quotes where it holds quotes or brackets of its own:

        clipper search '"cottage hospital" (nurses OR surgeons) -private'

    Titles, texts and authors are searched. Exit code 1 when nothing is found.
    """
    from clipper.coding.renamed import renamed
    from clipper.search.index import Filters
    from clipper.search.results import search

    config = project(config_path)
    outlet = whole(outlet) if outlet else None
    filters = Filters(
        themes=_theme_keys(config.codebook, themes),
        outlet=outlet,
        since=_date("--since", since),
        until=_date("--until", until),
    )
    if filters.since and filters.until and filters.since[: len(filters.until)] > filters.until:
        raise UsageError(f"--since {since} is later than --until {until}")
    found = search(
        open_archive(config), whole(" ".join(query)), filters, limit=limit, offset=offset,
        renamed=renamed(config.codebook), tell=tell,
    )  # fmt: skip
    if not found.hits:
        tell(f"nothing found{_hint(' '.join(query))}" if not found.total else f"no more than {found.total} found")
        _tell_undated(found)
        return NOT_FOUND
    for hit in found.hits:
        if as_json:
            json_line(hit.to_json())
        else:
            _print(hit, found)
    if not as_json:
        last = offset + len(found.hits)
        tell(f"{offset + 1}–{last} of {found.total}" if last < found.total or offset else f"{found.total} found")
        _tell_undated(found)
    return 0


def _hint(query: str) -> str:
    small = [word for word in query.split() if word in ("and", "or", "not")]
    return f" ({small[0].upper()} is written in capitals)" if small else ""


def _tell_undated(found: Results) -> None:
    if found.undated:
        tell(f"{found.undated} more would match, but no date is stated for {'it' if found.undated == 1 else 'them'}")


def _theme_keys(path: Path, themes: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    if not themes:
        return ()
    from clipper.coding import codebook

    book = codebook.load(path)
    chosen = [book.theme(one.strip()) for theme in themes for one in theme.split(",")]
    return tuple((theme.key, *theme.merges) for theme in chosen)


def _date(option: str, text: str | None) -> str | None:
    if text is None:
        return None
    from clipper.collect.dates import parse_date

    day = parse_date(text)
    if day is None:
        raise UsageError(f"{option} {text!r} is no date; write 2014-11-07, 2014-11 or 2014")
    return day


def _print(hit: Hit, found: Results) -> None:
    from clipper.search.results import matches
    from clipper.text import printable

    def lines(text: str, indent: str, bold: bool = False) -> None:
        for line in wrap(text, indent):
            spans = matches(line, found.stems) if colours() else ()
            shown = highlight(line, spans)
            styled(click.style(shown, bold=True) if bold and colours() and shown == line else shown)

    article = hit.article
    lines(shown_title(article.title, article.text), "", bold=True)
    themes = " ".join(theme_mark(verdict) for verdict in hit.themes if verdict.carried or verdict.disputed)
    meta = " · ".join(
        filter(
            None,
            [
                hit.short_id,
                printable(article.outlet or "no outlet"),
                human_date(article.published),
                "stub" if article.partial else "",
                themes,
            ],
        )
    )
    for line in wrap(meta, "    "):
        styled(click.style(line, dim=True) if colours() else line)
    if hit.snippet:
        lines(hit.snippet, "    ")
    data("")
