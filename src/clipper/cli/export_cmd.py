"""``clipper export``: give articles out as tables, references, feeds or raw pages."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

import click

from clipper import modes
from clipper.cli.asking import QueryCommand, asked, filter_options, query_argument, renamed
from clipper.cli.common import config_option, open_reader, project
from clipper.cli.output import messages_on_terminal, on_terminal, tell, unwritten
from clipper.cli.terminated import ending_in_order
from clipper.errors import SOME_FAILED, CannotWork, NothingFound, UsageError
from clipper.text import printable
from clipper.wording import counted

if TYPE_CHECKING:
    from clipper.archive.reader import Reader
    from clipper.config import Config
    from clipper.publish.about import About
    from clipper.publish.export import Write
    from clipper.publish.selection import Item, Selection

NAMES = ("jsonl", "csv", "parquet", "ris", "bibtex", "csl-json", "atom", "warc")
MOST = 1_000_000_000
FEED = 100  # entries of a feed where no number is given: who reads it has read the older ones
_TOLD = 100  # articles between two steps of the progress bar

Progress = Callable[[int, int], None]


class Options(NamedTuple):
    """What is to be given out of what was found, and how."""

    form: str
    output: Path | None
    sort: str
    limit: int | None
    offset: int
    copies: bool
    blank: bool
    excel: bool


class Wanted(NamedTuple):
    """What is asked for: a query and its filters, how it is to be written, and whether ``whole`` texts may go out."""

    config: Config
    reader: Reader
    query: tuple[str, ...]
    filters: Mapping[str, Any]
    options: Options
    whole: bool


@click.command("export", cls=QueryCommand)
@query_argument
@click.option("--format", "form", type=click.Choice(NAMES), help="Without it, as the file's ending says; else jsonl.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Where to; without it, standard output."
)
@filter_options
@click.option(
    "--sort",
    type=click.Choice(["date", "oldest", "relevance"]),
    default="date",
    help="Newest first (the default), oldest or best.",
)
@click.option(
    "-n",
    "limit",
    type=click.IntRange(1, MOST),
    metavar="N",
    help=f"At most so many (without it all; of a feed the first {FEED}).",
)
@click.option("--offset", type=click.IntRange(0, MOST), default=0, metavar="N", help="Leave out the first so many.")
@click.option("--copies", is_flag=True, help="Copies of one story as rows of their own.")
@click.option("--text", "whole", is_flag=True, help="Whole texts, for work within the house.")
@click.option("--blank", is_flag=True, help="Of csv: an empty column for each theme, to be coded and imported.")
@click.option("--excel", is_flag=True, help="Of csv: for opening in Excel, which else changes dates, ids and letters.")
@config_option
@ending_in_order
def command(
    query: tuple[str, ...],
    filters: Mapping[str, Any],
    form: str | None,
    output: Path | None,
    sort: str,
    limit: int | None,
    offset: int,
    copies: bool,
    whole: bool,
    blank: bool,
    excel: bool,
    config_path: Path | None,
) -> int:
    """Give out the articles that a QUERY finds (clipper search --help), or all of them.

    \b
      jsonl     every record with its tags and labels, an object a line
      csv       a row an article, for spreadsheets, R and pandas
      parquet   the same as a typed table (the extra 'parquet')
      ris bibtex csl-json   references, for Zotero, pandoc and others
      atom      a feed; -o FOLDER: one for each theme, and all.atom
      warc      the raw pages as they were fetched

    What may be shared is given out: two sentences of a text, the whole where full_text in [publish] says that the
    rights are there. --text takes all texts whole. Copies of one story are folded into one article.

    Exit code 1 when nothing is found; no file is made then.
    """  # noqa: D301  # the sign by which Click leaves the lines of a paragraph as they are
    from clipper.publish.export import format_of
    from clipper.publish.outfile import refuse_files

    if output is not None and str(output) == "-":
        output = None
    if form is None:
        form = "jsonl" if output is None else format_of(output)
    for name, given in (("--blank", blank), ("--excel", excel)):
        if given and form != "csv":
            raise UsageError(f"{name} goes with --format csv, not {form}")
    if form in ("parquet", "warc") and output is None and on_terminal():
        raise UsageError(f"--format {form} is not for a terminal; name a file: -o FILE")
    config = project(config_path, selectors=False)
    if output is not None:
        refuse_files(output, config.path, config.codebook)
    if form == "warc" and not whole and not config.publish.full_text:
        raise UsageError(
            "raw pages are whole texts, which are not given out by default: --text takes all of them, "
            "full_text in [publish] of config.toml names the outlets whose texts are yours to give"
        )
    reader = open_reader(config)
    options = Options(form, output, sort, limit, offset, copies, blank, excel)
    wanted = Wanted(config, reader, query, filters, options, whole)
    if form == "atom" and output is not None and (output.is_dir() or not output.suffix):
        return _feeds(wanted)
    return _export(config, *_selected(wanted), options)


def _selected(what: Wanted) -> tuple[Selection, About]:
    from clipper.archive.store import now, utc
    from clipper.coding.codebook import load
    from clipper.publish.about import About
    from clipper.publish.rights import Rights
    from clipper.publish.selection import Selection

    config = what.config
    book = load(config.codebook)
    wanted = asked(config, what.reader, what.query, what.filters)
    folded = not what.options.copies
    selection = Selection(what.reader, wanted.node, renamed=renamed(config), tell=tell, fold=folded)
    about = About(
        title=config.publish.title,
        moment=utc(now()),
        query=wanted.text,
        url=config.publish.url,
        themes={theme.key: theme.name for theme in book.themes},
        rights=Rights(config.publish.full_text),
        whole_texts=what.whole,
        article=selection.article,
        excerpts=config.publish.excerpt != "none",
    )
    return selection, about


def _export(config: Config, selection: Selection, about: About, options: Options) -> int:
    from clipper.publish.export import as_text, export, is_packed

    module = _module(options.form)
    notes: Callable[[], list[str]] = list
    packed = options.output is not None and is_packed(options.output)
    pages = None
    write: Write
    if options.form == "warc":
        name = options.output.name if options.output else "export.warc.gz"
        pages = module.Pages(config.archive, name, tell)
        write, notes = _with_a_page(pages), pages.notes
    elif options.form == "csv":
        sheet = module.Sheet(blank=options.blank, excel=options.excel)
        write, notes = as_text(sheet.lines, packed=packed), sheet.notes
    elif options.form == "parquet":
        write = module.write
    else:
        write = as_text(module.lines, packed=packed)
    with _progress(options) as progress:
        items = _items(selection, options, progress)
        given = export(items, about, write, lambda: _opened(config, options.output))
    if pages is not None:
        _tell_done(f"{_many(pages.written, 'raw page')} of {_many(given, 'article')}", selection, options)
    else:
        _tell_done(_many(given, "article"), selection, options)
    for note in notes():
        tell(note)
    if pages is not None and pages.damaged:
        tell(f"{counted(pages.damaged, 'raw page')} could not be read; look at them with: clipper check")
        return SOME_FAILED
    return 0


def _items(selection: Selection, options: Options, progress: Progress) -> Iterator[Item]:
    limit = FEED if options.form == "atom" and options.limit is None else options.limit

    def passed(done: int, of: int) -> None:
        progress(done, of if limit is None else min(of, options.offset + limit))

    return selection.items(sort=options.sort, limit=limit, offset=options.offset, progress=passed)


def _with_a_page(pages: Any) -> Write:
    """Return what writes raw pages; a file without any is none, since it would hold nothing that was asked for."""

    def write(items: Any, about: About, stream: BinaryIO) -> None:
        pages.write(items, about, stream)
        if pages.damaged and not pages.written:
            lost = f"{counted(pages.damaged, 'raw page')} could not be read (look at them with: clipper check)"
            raise CannotWork("; ".join([f"nothing exported: {lost}", *pages.notes()]))
        if not pages.written:
            raise NothingFound("; ".join(["no raw page", *pages.notes()]))

    return write


def _module(form: str) -> Any:
    """Return the module of a format, which is imported when it is asked for."""
    from clipper.publish.export import FORMATS

    try:
        return importlib.import_module(f"clipper.publish.formats.{FORMATS[form].module}")
    except ImportError:
        if form != "parquet":
            raise
        raise CannotWork(
            "Parquet needs the package pyarrow; in the clone of clipper: pip install -c constraints.txt '.[parquet]'"
        ) from None


def _feeds(what: Wanted) -> int:
    """Write a feed for each theme, and one of all articles."""
    from clipper.coding.codebook import load
    from clipper.publish.export import as_text, export, feed_files
    from clipper.publish.outfile import refuse_within

    config, options = what.config, what.options
    folder = options.output
    assert folder is not None
    refuse_within(folder, config.archive)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: no folder; name one, or a file that ends in .atom")
    try:
        with modes.as_the_user_says():
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWork(f"{folder}: cannot be made ({error.strerror})") from None
    done = 0
    write = as_text(_module("atom").lines)
    themes = {theme.key: theme.name for theme in load(config.codebook).themes}
    for theme, name in feed_files(themes).items():
        narrowed = {**what.filters, "theme": (*what.filters.get("theme", ()), theme)} if theme else what.filters
        selection, about = _selected(what._replace(filters=narrowed))
        if theme:
            about = about._replace(title=f"{about.title}: {themes[theme]}")
        opened = partial(_opened, config, folder / name)
        try:
            given = export(_items(selection, options, lambda done, of: None), about, write, opened)
        except NothingFound:
            if theme is None:
                with suppress(OSError):  # it may have held something before
                    folder.rmdir()
                raise
            if not (folder / name).exists():
                continue
            with opened() as stream:  # an older feed would go on telling of articles that are no more
                write((), about, stream)
        else:
            if theme is None:
                tell(f"{_many(given, 'article')} in {folder / name}")
        done += 1
    tell(f"{counted(done, 'feed')} in {folder}, each with the newest {options.limit or FEED:,} at most (-n: how many)")
    return 0


@contextmanager
def _opened(config: Config, output: Path | None) -> Iterator[BinaryIO]:
    """Give what is written to: a file that is whole or not there, or standard output, made safe on a terminal."""
    from clipper.publish.outfile import whole_file

    if output is not None:
        with whole_file(output, config.archive) as file:
            yield file
    elif on_terminal():
        yield cast(BinaryIO, _Screen())
    else:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()


class _Screen:
    """Standard output as a stream of bytes, where it is a terminal: nothing in it moves the cursor."""

    def write(self, piece: bytes) -> int:
        click.echo(printable(piece.decode("utf-8").replace("\r\n", "\n")), nl=False)
        return len(piece)

    def flush(self) -> None:
        sys.stdout.flush()


def _tell_done(what: str, selection: Selection, options: Options) -> None:
    if options.output is None and unwritten():
        return  # standard output was full: nobody can say how many arrived
    where = f" to {options.output}" if options.output else ""
    folded = selection.passed_over
    copies = f", {folded:,} cop{'y' if folded == 1 else 'ies'} folded (--copies takes them too)" if folded else ""
    tell(f"{what} exported{where}{copies}")
    if options.form == "atom" and options.limit is None and selection.total - selection.passed_over > FEED:
        tell(f"a feed has the newest {FEED} (-n: how many)")


def _many(number: int, noun: str) -> str:
    """Return a number with its noun, in groups of three digits."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@contextmanager
def _progress(options: Options) -> Iterator[Progress]:
    """Show on stderr how many articles were passed, when that is a terminal and the data goes elsewhere."""
    if not messages_on_terminal() or (options.output is None and on_terminal()):
        yield lambda done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("exporting", total=None)

        def told(done: int, of: int) -> None:
            if done % _TOLD == 0:
                shown.update(task, completed=done, total=of)

        yield told
