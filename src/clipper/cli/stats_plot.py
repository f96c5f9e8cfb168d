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
    except ImportError as error:
        raise CannotWork(
            f"a chart needs matplotlib ({error}); in the clone of clipper: pip install '.[plot]'"
        ) from None
    from clipper.publish.outfile import refuse_within

    charts.kind_of(plot)
    for path in (plot, plot.with_suffix(".csv")):
        refuse_within(path, reader.path)
        if path.is_dir():
            raise UsageError(f"{path}: a folder; name a file")
    if not plot.parent.is_dir():
        raise CannotWork(f"{plot.parent}: no such folder; make it first")


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
