"""``clipper themes``: the codebook, with counts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clipper.cli import completion
from clipper.cli.common import config_option, json_option, open_archive, project
from clipper.cli.output import data, json_line, on_terminal, tell, width, wrap
from clipper.text import shorten
from clipper.wording import counted

if TYPE_CHECKING:
    from clipper.coding.codebook import Codebook, Theme, WorkedExample
    from clipper.coding.themecounts import Counts
    from clipper.config import Config

_LONGEST_KEY = 28  # a longer one has a line of its own
_LEAST_NAME = 8
_COLUMNS = ("tagged", "yes", "no", "passages")


@click.command("themes")
@click.argument("key", metavar="[KEY]", required=False, shell_complete=completion.themes)
@json_option
@config_option
def command(key: str | None, as_json: bool, config_path: Path | None) -> int:
    """List the codebook's themes, or show one whole.

    For each theme: how many articles are tagged with it, how many labels by people say yes and no, and how many
    training passages carry it. KEY is a theme's key, its name, or a key that was merged into it.
    """
    from clipper.coding import codebook as codebooks

    config = project(config_path)
    book = codebooks.load(config.codebook)
    wanted = book.theme(key) if key is not None else None  # before anything is counted for nothing
    counts = _counts(config, book)
    if wanted:
        if as_json:
            json_line(_record(wanted, counts[wanted.key], whole=True))
        else:
            _show(wanted, counts[wanted.key])
        return 0
    if as_json:
        for theme in book.themes:
            json_line(_record(theme, counts[theme.key], whole=False))
        return 0
    _list(book, counts)
    tell(f"{counted(len(book.themes), 'theme')} of {book.mark}")
    return 0


def _counts(config: Config, book: Codebook) -> dict[str, Counts]:
    from clipper.coding import themecounts

    if not config.archive.exists():
        return themecounts.counts(None, book)
    archive = open_archive(config)
    archive.catalogue.glance()
    return themecounts.counts(archive, book)


def _record(theme: Theme, counts: Counts, *, whole: bool) -> dict[str, Any]:
    record: dict[str, Any] = {"theme": theme.key, "name": theme.name, **asdict(counts)}
    if whole:
        rest = asdict(theme)
        del rest["key"], rest["name"]
        record |= rest
    return record


# -- the list ---------------------------------------------------------------------------------------------


def _list(book: Codebook, counts: dict[str, Counts]) -> None:
    numbers = {key: [str(n) for n in asdict(one).values()] for key, one in counts.items()}
    widths = [max(len(row[i]) for row in [list(_COLUMNS), *numbers.values()]) for i in range(len(_COLUMNS))]
    keys = min(max(map(len, ["theme", *book.keys])), _LONGEST_KEY)
    names = max(len(theme.name) for theme in book.themes)
    if on_terminal():  # in a pipe a name is never cut
        names = min(names, max(width() - keys - sum(widths) - 2 * (1 + len(widths)), _LEAST_NAME))

    def row(key: str, name: str, cells: list[str]) -> None:
        if len(key) > keys:
            data(key)
            key = ""
        right = "  ".join(f"{cell:>{size}}" for cell, size in zip(cells, widths, strict=True))
        data(f"{key:<{keys}}  {shorten(name, names):<{names}}  {right}")

    row("theme", "name", list(_COLUMNS))
    for theme in book.themes:
        row(theme.key, theme.name, numbers[theme.key])


# -- one theme --------------------------------------------------------------------------------------------


def _show(theme: Theme, counts: Counts) -> None:
    data(f"{theme.name} ({theme.key})")
    _lines(
        f"{counted(counts.tagged, 'article')} tagged · labels: {counts.yes} yes, {counts.no} no · "
        f"{counted(counts.passages, 'training passage')}"
    )
    if theme.definition:
        data("")
        _lines(theme.definition)
    _section("Counts as well", theme.include)
    _section("Not enough by itself", theme.exclude)
    if theme.phrases:
        _head("Phrases")
        _lines(", ".join(theme.phrases), "  ")
    for title, carries in (("Passages that carry it", True), ("Passages that do not", False)):
        chosen = [example for example in theme.examples if example.carries is carries]
        if chosen:
            _head(title)
        for number, example in enumerate(chosen):
            if number:
                data("")
            _passage(example)
    _section("Takes in what was coded as", theme.merges)


def _head(title: str) -> None:
    data("")
    data(f"{title}:")


def _section(title: str, items: tuple[str, ...]) -> None:
    if items:
        _head(title)
        for item in items:
            _item(item)


def _passage(example: WorkedExample) -> None:
    first, *rest = ([example.title] if example.title else []) + example.text.split("\n\n")
    _item(first)
    for paragraph in rest:
        _lines(paragraph, "    ")
    if example.also:
        _lines(f"carries {'also' if example.carries else 'instead'}: {', '.join(example.also)}", "    ")
    if example.why:
        _lines(f"why: {example.why}", "    ")


def _item(text: str) -> None:
    """Print a text with a dash before its first line and the others below the first word."""
    first, *rest = wrap(text, "    ")
    data(f"  - {first[4:]}")
    for line in rest:
        data(line)


def _lines(text: str, indent: str = "") -> None:
    for line in wrap(text, indent):
        data(line)
