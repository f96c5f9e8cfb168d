"""``clipper stats --plot``: the chart, or the page with it, and the numbers beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from clipper.cli.output import tell
from clipper.errors import CannotWork, UsageError

if TYPE_CHECKING:
    from clipper.archive.reader import Reader
    from clipper.config import Config
    from clipper.publish.stats.report import Report


def check(plot: Path, reader: Reader) -> None:
    """Raise an error for a file that cannot be drawn: it is told before anything is counted."""
    try:
        from clipper.publish import charts
    except ImportError:
        raise CannotWork(
            "a chart needs the package matplotlib; in the clone of clipper: pip install -c constraints.txt '.[plot]'"
        ) from None
    from clipper.publish.outfile import refuse_within

    charts.kind_of(plot)
    for path in (plot, plot.with_suffix(".csv")):
        refuse_within(path, reader.path)
        if path.is_dir():
            raise UsageError(f"{path}: a folder; name a file")
    if not plot.parent.is_dir():
        raise CannotWork(f"{plot.parent}: no such folder; make it first")
    table = plot.with_suffix(".csv")
    if table.is_file() and not _is_ours(table):
        raise UsageError(
            f"{table}: holds something else, and the numbers of the chart would go there; give the chart another name"
        )


def _is_ours(table: Path) -> bool:
    """Whether a file holds the numbers of an earlier chart, or nothing: no other is written over unasked."""
    from clipper.publish.stats.figures import Figure

    try:
        with table.open(encoding="utf-8-sig", errors="replace") as file:
            return file.readline(200).strip() in ("", ",".join(Figure._fields))
    except OSError as error:
        raise CannotWork(f"{table}: cannot be read ({error.strerror})") from None


def draw(config: Config, reader: Reader, found: Report, asked: str, newest: str, plot: Path) -> None:
    """Write the chart of a report, and its numbers as CSV beside it."""
    from clipper import __version__
    from clipper.publish import charts
    from clipper.publish.outfile import whole_file
    from clipper.publish.stats import figures
    from clipper.wording import human_date

    title = f"{config.publish.title}: {asked}" if asked else config.publish.title
    about = f"Up to {human_date(newest)}; counted by clipper {__version__}."
    table = plot.with_suffix(".csv")
    is_page = plot.suffix.lower() == ".html"
    drawn = charts.chart(found, charts.kind_of(plot), title=title, about=about, bare=is_page)
    if is_page:
        from clipper.publish.stats_page import page

        drawn = page(found, drawn, title=title, about=about, beside=table.name).encode()
    with whole_file(table, reader.path) as file:
        file.write(figures.as_csv(found).encode("utf-8-sig"))  # the mark tells spreadsheets that it is UTF-8
    with whole_file(plot, reader.path) as file:
        file.write(drawn)
    tell(f"wrote {plot}, and its numbers to {table}")
