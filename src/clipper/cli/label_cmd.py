"""``clipper label``: record your own judgement of an article's themes."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipper.cli import completion
from clipper.cli.common import config_option, json_option, open_archive, project
from clipper.cli.output import data, json_line, tell, whole
from clipper.errors import NOT_FOUND, NothingFound
from clipper.wording import counted, shown_title

if TYPE_CHECKING:
    from clipper.archive.store import Archive
    from clipper.coding.labelling import Recorded
    from clipper.config import Config
    from clipper.models import Label


class _Label(click.Command):
    """A command that takes ``-theme`` for a no, not for a heap of options, wherever its options stand."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        takes_value = {
            name for one in self.params if isinstance(one, click.Option) and not one.is_flag for name in one.opts
        }
        options: list[str] = []
        words: list[str] = []
        rest = iter(args)
        for arg in rest:
            if arg == "--":
                words += rest
            elif arg in takes_value:
                value = list(islice(rest, 1))
                options += [arg, *value]
                if not value:
                    return super().parse_args(ctx, options)  # which says what is missing
            elif arg.startswith("--") or arg in ctx.help_option_names:
                options.append(arg)
            else:
                words.append(arg)
        return super().parse_args(ctx, [*options, "--", *words])


@click.command("label", cls=_Label)
@click.argument("article_id", metavar="[ID", required=False)
@click.argument("words", metavar="THEME...]", nargs=-1, shell_complete=completion.signed_themes)
@click.option("--coder", metavar="NAME", help="Who judges (else CLIPPER_CODER).")
@click.option("--round", "round_given", metavar="NAME", help="The round of coding that it belongs to.")
@click.option("--list", "as_list", is_flag=True, help="Record nothing; show who said what of the article.")
@click.option("--export", "as_export", is_flag=True, help="Write all labels, or those of --round, as CSV.")
@click.option(
    "--import", "table", metavar="FILE", shell_complete=completion.files,
    help="Record the labels of a CSV file (- for stdin).",
)  # fmt: skip
@json_option
@config_option
def command(
    article_id: str | None,
    words: tuple[str, ...],
    coder: str | None,
    round_given: str | None,
    as_list: bool,
    as_export: bool,
    table: str | None,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Record your own judgement of an article's themes; it wins over the tag.

    +THEME says that the article carries it, -THEME that it does not; THEME alone is a +. ID is any beginning of an id
    that names one article alone.

        clipper label 28a59fa +workforce -access --coder ann

    Where coders differ nothing wins until somebody settles it, as the coder `adjudicated`. In a round, others' labels
    are not told, so that each coder judges alone. --export and --import exchange labels with a spreadsheet: a row a
    label (article, theme, value, coder), or a row an article with a column for each theme.
    """
    config = project(config_path)
    doing = [name for name, on in (("--list", as_list), ("--export", as_export), ("--import", table is not None)) if on]
    if len(doing) > 1:
        raise _usage(f"{' and '.join(doing)} exclude each other")
    if as_export or table is not None:
        if article_id is not None:
            raise _usage(f"{doing[0]} takes no ID and no themes")
        return (
            _export(config, round_given, as_json)
            if table is None
            else _import(config, table, coder, round_given, as_json)
        )
    if article_id is None:
        raise _usage("which article? give its ID and themes: clipper label ID +THEME -THEME")
    if as_list:
        if words:
            raise _usage("--list records nothing; leave the themes out")
        return _list(config, article_id, as_json)
    if not words:
        raise _usage("which themes? write +THEME or -THEME after the ID (who said what so far: --list)")
    return _record(config, article_id, words, coder, round_given, as_json)


def _usage(message: str) -> click.UsageError:
    return click.UsageError(message, click.get_current_context())


def _record(
    config: Config,
    article_id: str,
    words: tuple[str, ...],
    coder: str | None,
    round_given: str | None,
    as_json: bool,
) -> int:
    from clipper.archive.store import now
    from clipper.coding import codebook as codebooks
    from clipper.coding import labelling

    name = labelling.coder_name(coder, os.environ)
    round_name = labelling.round_name(round_given)
    book = codebooks.load(config.codebook)
    said = labelling.read_themes(map(whole, words), book)
    archive = open_archive(config)
    if other := labelling.alike(archive, name):
        tell(f"{name!r} and {other!r} are two coders: their names differ in case")
    done = labelling.record(archive, book, article_id, said, coder=name, round_name=round_name, moment=now())
    if as_json:
        for label in done.labels:
            json_line(label.to_json())
    _tell(archive, done, name, round_name)
    return 0


def _tell(archive: Archive, done: Recorded, coder: str, round_name: str | None) -> None:
    from clipper.coding.labelling import said_by, signed
    from clipper.coding.verdicts import ADJUDICATOR

    short = archive.catalogue.unique_prefix(done.entry.id)
    in_round = f" in round {round_name}" if round_name else ""
    new = [label for label in done.labels if label.theme in done.written]
    before = [label for label in done.labels if label.theme not in done.written]
    if new:
        title = shown_title(done.entry.title, "")
        tell(f"{short} {title.strip()}: {signed(new)} recorded for {coder}{in_round}")
    if before:
        tell(f"{short}: {signed(before)} as before")
    if round_name:
        return  # whoever is told what others said does not judge alone any more
    for verdict in done.disputed:
        tell(
            f"{verdict.theme}: coders differ ({said_by(verdict.coders)}); settle it: "
            f"clipper label {short} ±{verdict.theme} --coder {ADJUDICATOR}"
        )
    for verdict in done.overruled:
        tell(f"{verdict.theme}: {'yes' if verdict.settled else 'no'} was settled, and stands ({ADJUDICATOR})")


def _list(config: Config, article_id: str, as_json: bool) -> int:
    archive = open_archive(config)
    archive.catalogue.glance()
    entry = archive.find(article_id)
    labels = archive.catalogue.judgements.of(entry.id)
    for label in labels:
        if as_json:
            json_line(label.to_json())
    if not labels:
        tell(f"{archive.catalogue.unique_prefix(entry.id)}: nobody has judged it yet")
        return NOT_FOUND
    if not as_json:
        _print(labels)
    return 0


def _print(labels: list[Label]) -> None:
    themes = max(len(label.theme) for label in labels)
    coders = max(len(label.coder) for label in labels)
    for label in labels:
        in_round = f"  round {label.round}" if label.round else ""
        data(f"{'+' if label.value else '-'}{label.theme:<{themes}}  {label.coder:<{coders}}  {label.at}{in_round}")


def _export(config: Config, round_given: str | None, as_json: bool) -> int:
    from clipper.coding import labelling, labelsheet

    archive = open_archive(config)
    archive.catalogue.glance()
    round_name = labelling.round_name(round_given)
    if round_name is not None and round_name not in archive.catalogue.judgements.rounds():
        known = ", ".join(archive.catalogue.judgements.rounds()) or "none"
        raise NothingFound(f"no label belongs to round {round_name!r}; the rounds: {known}")
    if as_json:
        labels = labelsheet.all_labels(archive, round_name)
        for label in labels:
            json_line(label.to_json())
        tell(f"{counted(len(labels), 'label')} exported")
        return 0
    number = -1  # the header is none
    for row in labelsheet.rows(archive, round_name):
        data(labelsheet.as_csv([row]).removesuffix("\n"))
        number += 1
    tell(f"{counted(number, 'label')} exported")
    return 0


def _import(config: Config, table: str, coder: str | None, round_given: str | None, as_json: bool) -> int:
    from clipper.archive.store import now
    from clipper.coding import codebook as codebooks
    from clipper.coding import labelling, labelsheet

    environment = os.environ if os.environ.get(labelling.CODER_VARIABLE) else {}
    name = labelling.coder_name(coder, environment) if coder is not None or environment else None
    round_name = labelling.round_name(round_given)
    book = codebooks.load(config.codebook)
    called = "stdin" if table == "-" else table
    with nullcontext(sys.stdin.buffer) if table == "-" else Path(table).open("rb") as file:
        content = file.read(labelsheet.MAX_BYTES + 1)
    archive = open_archive(config)
    done = labelsheet.take_in(archive, book, content, called, coder=name, round_name=round_name, moment=now())
    if as_json:
        for label in done.written:
            json_line(label.to_json())
    if done.left_out:
        tell(f"{called}: columns that say nothing of labels: {', '.join(done.left_out)}")
    older = f", {done.older} older than what their coders said last and left out" if done.older else ""
    tell(f"{counted(len(done.written), 'label')} recorded, {done.as_before} as before{older}")
    return 0
