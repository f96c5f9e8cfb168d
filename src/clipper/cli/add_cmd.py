"""``clipper add``: put in what people have: URLs, pages, texts, documents, lists, web archives, folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipper.cli import completion
from clipper.cli.common import address_of, config_option, json_option, open_archive, project
from clipper.cli.output import data, json_line, messages_on_terminal, on_screen, on_terminal, tell, told, width
from clipper.cli.stepping import bring_in_step
from clipper.errors import ALL_FAILED, DONE, SOME_FAILED, ClipperError
from clipper.text import printable, shorten
from clipper.wording import counted, human_date, shown_title

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from clipper.archive.store import Archive
    from clipper.models import Article, Outcome


@click.command("add")
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True, shell_complete=completion.files)
@click.option(
    "--split/--no-split",
    default=None,
    help="Cut pages and texts into the clippings on them, or take each as one article; found out without either.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be stored, in a table; store nothing.")
@click.option(
    "--as",
    "as_id",
    metavar="ID",
    help="Put it in as the next revision of this article (the full copy of a stub): its id and labels stay.",
)
@json_option
@config_option
def command(
    targets: tuple[str, ...],
    split: bool | None,
    dry_run: bool,
    as_id: str | None,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Put in what you have: URLs, saved pages, texts, documents, lists, web archives, folders of them, or - for stdin.

    A page of clippings is stored once, and each item on it as an article with its own title, outlet, date and link.
    Taken are HTML, MHTML, plain text and Markdown; PDF and DOCX, newspaper databases' exports of many articles among
    them; WARC and WACZ; lists of URLs as text or CSV, RIS, BibTeX and CSL-JSON, whose pages are asked for; and OPML,
    whose feeds become sources. What is there already adds nothing; a changed article becomes its next revision. Exit
    code 3 when some targets failed, 4 when all did.
    """
    from clipper.collect.workers import FILES, start_early

    config = project(config_path)
    targets = tuple(address_of(name) for name in targets)
    lists = [name for name in targets if name.lower().endswith(".opml") and "://" not in name]
    if as_id is not None and len(targets) > 1:
        raise click.UsageError("--as takes one target: the copy of that one article")
    if as_id is not None and lists:
        raise click.UsageError("--as takes the copy of one article, no list of feeds")
    code = DONE
    if lists:
        from clipper.cli.sources_cmd import import_sources

        for name in lists:
            try:
                code = max(code, import_sources(config, Path(name), dry_run=dry_run, as_json=as_json))
            except ClipperError as error:
                tell(str(error))
                code = SOME_FAILED
                if len(lists) == len(targets):
                    code = ALL_FAILED
    rest = [name for name in targets if name not in lists]
    if not rest:
        return code
    archive = open_archive(config)
    start_early(FILES)
    revision_of = None
    if as_id is not None:
        archive.catalogue.catch_up()
        revision_of = archive.find(as_id).id
        split = False
    from clipper.collect.add import Choices, add

    with _progress() as progress:
        table = _Table() if dry_run and not as_json else None
        listener = _Listener(archive, as_json, progress, table, dry_run)
        choices = Choices(split=split, revision_of=revision_of, dry_run=dry_run)
        stopped = add(archive, config.fetch, rest, listener, choices)
    if table:
        table.print()
    listener.close()
    if stopped is not None:
        tell("stopped; what came so far is in the archive")
        return 128 + stopped
    if not dry_run:
        bring_in_step(config, archive)
    counts = listener.counts
    lost = counts["failed"] + counts["refused"] - listener.taken_out
    if lost:
        return ALL_FAILED if lost == counts.total() and code == DONE else SOME_FAILED
    return code


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """Show on stderr how far reading is, when that is a terminal."""
    if not messages_on_terminal():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield progress


class _Listener:
    """Prints what became of each article, and how far reading is."""

    def __init__(
        self, archive: Archive, as_json: bool, progress: Progress | None, table: _Table | None, dry_run: bool
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.taken_out = 0  # refused since it was taken out on request, which is as it should be
        self._kinds: Counter[str] = Counter()
        self._lacking: Counter[tuple[str, str]] = Counter()  # what clippings and stubs lack, and which of them
        self._archive = archive
        self._as_json = as_json
        self._progress = progress
        self._task: TaskID | None = None
        self._table = table
        self._dry_run = dry_run

    def outcome(self, outcome: Outcome, article: Article | None) -> None:
        """Print one article's line."""
        self.counts[outcome.status] += 1
        from clipper.archive.catalogue import is_taken_out

        self.taken_out += outcome.status == "refused" and is_taken_out(outcome.cause)
        if article:
            self._kinds[article.kind] += 1
        if self._as_json:
            self._show(lambda: json_line(outcome.to_json()))
        if article is None and outcome.cause:
            self._tell(f"{outcome.target}: {outcome.status}: {outcome.cause}")
        elif outcome.cause and article and (article.kind == "clipping" or article.partial):
            what = "clipping" if article.kind == "clipping" else "stub"
            self._lacking[outcome.cause, what] += 1  # told together: a page or a list may have hundreds
        elif outcome.cause and not self._dry_run and not (article and article.kind == "page"):
            self._tell(f"{outcome.target}: {outcome.cause}")
        if article is None or self._as_json:
            return
        if self._table:
            self._table.add(outcome, article)
            return
        self._archive.catalogue.catch_up()
        indent = "  " if article.kind == "clipping" else ""
        prefix = self._archive.catalogue.unique_prefix(outcome.id or "")
        start = f"{outcome.status:8}{prefix}  {indent}"
        room = width() - len(start) if on_terminal() else None
        self._put(start + _line(article, room))

    def note(self, message: str) -> None:
        """Print a line on what the user should know."""
        self._tell(message)

    def progress(self, what: str, done: int, whole: int) -> None:
        """Show how far reading is."""
        if self._progress:
            if self._task is None:
                self._task = self._progress.add_task("", total=whole)
            self._progress.update(self._task, description=printable(Path(what).name)[-30:], completed=done, total=whole)

    def close(self) -> None:
        """Say how many there were, where there were several, and what the clippings among them lack."""
        for (cause, what), number in self._lacking.items():
            self._tell(f"{counted(number, what)}: {cause}")
        if self.counts.total() > 1 and not self._as_json:
            said = [f"{number} {status}" for status, number in self.counts.items()]
            cut = f"; {counted(self._kinds['clipping'], 'clipping')} cut from {counted(self._kinds['page'], 'page')}"
            self._tell(("would be: " if self._dry_run else "") + ", ".join(said) + (cut if self._kinds["page"] else ""))

    def _tell(self, message: str) -> None:
        if self._progress:
            from rich.text import Text

            self._progress.console.print(Text(on_screen(f"clipper: {told(message)}")), soft_wrap=True)
        else:
            tell(message)

    def _put(self, line: str) -> None:
        """Put a line on stdout; where the bar stands on the same terminal, over the bar."""
        if self._progress and on_terminal():
            from rich.text import Text

            self._progress.console.print(Text(printable(line)), soft_wrap=True)
        else:
            self._show(lambda: data(line))

    def _show(self, put: Callable[[], None]) -> None:
        """Put something on stdout. Whoever reads may have had enough (`add … | head`): the other targets go on."""
        with suppress(BrokenPipeError):
            put()


_NEWS = {"added": "new", "revised": "rev", "seen": "   "}  # in a table


class _Table:
    """What would be stored, a row an article."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, ...]] = []

    def add(self, outcome: Outcome, article: Article) -> None:
        """Add a row."""
        title = ("  " if article.kind == "clipping" else "") + (article.title or "[no title]")
        words = " ".join(article.text.split()[:12])
        self._rows.append((outcome.status, article.kind, title, article.outlet or "", article.published or "", words))

    def print(self) -> None:
        """Print the table in the width of the terminal, whole in a pipe."""
        from rich.console import Console
        from rich.table import Table

        from clipper.cli.output import colours

        if not on_terminal():
            for row in self._rows:
                with suppress(BrokenPipeError):
                    data("\t".join(" ".join(cell.split()) for cell in row))
            return
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name, ratio in (("", 0), ("Title", 5), ("Outlet", 2), ("Date", 0), ("First words", 3)):
            least = {"": 3, "Date": 10}.get(name)
            table.add_column(name, ratio=ratio or None, overflow="ellipsis", no_wrap=True, min_width=least)
        table.expand = True
        from rich.text import Text

        for status, _, *cells in self._rows:
            table.add_row(*(Text(printable(cell)) for cell in (_NEWS[status], *cells)))
        Console(width=width(), no_color=not colours(), highlight=False).print(table)


def _line(article: Article, room: int | None) -> str:
    """Return an article in one line: title, and in brackets what is known of outlet and date.

    What is too long for the ``room`` goes: first the authors, then the ends of title and outlet; without one, nothing.
    """
    title, outlet = shown_title(article.title, article.text), article.outlet
    by = f", by {', '.join(article.authors)}" if article.authors else ""
    if room is None:
        return title + _known(outlet, article.published) + by
    if len(title + _known(outlet, article.published) + by) > room:
        by = ""
    if outlet and len(_known(outlet, article.published)) > room // 2:
        outlet = shorten(outlet, max(room // 2 - len(_known("", article.published)), 8))
    known = _known(outlet, article.published)
    return shorten(title, max(room - len(known + by), 8)) + known + by


def _known(outlet: str | None, published: str | None) -> str:
    """Return what is known of outlet and date, in brackets."""
    known = ": ".join(filter(None, [outlet, human_date(published) if published else None]))
    return f" ({known})" if known else ""
