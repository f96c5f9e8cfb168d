"""``clipper evaluate``: how good the tags are, and how far coders agree."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clipper import modes
from clipper.cli import evaluate_screen as screen
from clipper.cli.common import config_option, json_option, open_archive, project
from clipper.cli.output import data, json_line, messages_on_terminal, tell
from clipper.errors import CannotWork, NothingFound
from clipper.wording import counted

if TYPE_CHECKING:
    from clipper.archive.store import Archive
    from clipper.coding.classifier import HeldOut
    from clipper.coding.codebook import Codebook, Theme
    from clipper.coding.evaluation import Coded, Report
    from clipper.coding.examples import Example
    from clipper.config import Config

Drawing = Callable[["Report", str], bytes]


@click.command("evaluate")
@click.option("--starter", is_flag=True, help="Only the passages that ship with clipper.")
@click.option("--labels", is_flag=True, help="Only your labels: the tags against them, and agreement between coders.")
@click.option("--round", "round_name", metavar="NAME", help="Only one round of coding: agreement, and what is open.")
@click.option("--plot", metavar="FILE", type=click.Path(path_type=Path), help="Draw it too: .svg, .png or .pdf.")
@json_option
@config_option
def command(
    starter: bool, labels: bool, round_name: str | None, plot: Path | None, as_json: bool, config_path: Path | None
) -> int:
    """Say how good the tags are, theme by theme, and how far coders agree.

    Every passage is judged by models that were not taught it: the passages that ship, and the articles that people
    labelled. Precision is the share of the tags that is right, recall the share of what is there that was found, F1
    their mean; AP is the average precision of the ranking. The range is a 95 % interval.

    With --round no model is asked: the coders' agreement (Krippendorff's alpha), the disagreements to settle, and how
    common each theme is in the archive, if the round was drawn at random.
    """
    context = click.get_current_context()
    if round_name is not None and (starter or labels or plot is not None):
        raise click.UsageError("--round stands alone: it asks no model, and has no picture", context)
    config = project(config_path)
    from clipper.coding import codebook as codebooks

    codebook = codebooks.load(config.codebook)
    if round_name is not None:
        return _round(open_archive(config), codebook, round_name, as_json)
    draw = _drawing(plot) if plot is not None else None  # before any work is done for nothing
    reports = _reports(config, codebook, starter or not labels, labels or not starter, labels, as_json)
    if plot is not None and draw is not None:
        report, title = reports[-1]
        _write(plot, draw(report, title))
        tell(f"{plot}: drawn from {title[0].lower()}{title[1:]}")
    return 0


def _round(archive: Archive, codebook: Codebook, name: str, as_json: bool) -> int:
    from clipper.coding import evaluation

    archive.catalogue.catch_up()
    found = evaluation.of_round(archive, codebook, name)
    if as_json:
        for record in screen.round_records(found, archive.catalogue):
            json_line(record)
    else:
        screen.show_round(found, archive.catalogue)
    return 0


def _reports(
    config: Config, codebook: Codebook, starter: bool, labels: bool, only_labels: bool, as_json: bool
) -> list[tuple[Report, str]]:
    """Print what was asked for; return each report with its title. There is one at least.

    Raises NothingFound when labels alone were asked for and there are too few.
    """
    from clipper.coding import evaluation

    archive = open_archive(config) if labels and (only_labels or config.archive.exists()) else None
    coded = None
    if archive is not None:
        archive.catalogue.catch_up()
        coded = evaluation.coded(archive, codebook)
        if not (coded.examples or coded.disputed or coded.stale):
            if only_labels and not starter:
                raise NothingFound("no labels yet; give some with: clipper label, or: clipper review")
            coded = None
    taught = evaluation.passages(codebook)
    found = []
    if starter:
        report = _starter(codebook, taught)
        title = f"Starter set: {counted(len(taught), 'passage')} on {counted(report.evaluation.groups, 'event')}"
        _tell_of("starter", report, title, as_json)
        found.append((report, title))
    if archive is None or coded is None:
        if labels:
            tell("no labels yet, so nothing is said of your own articles; give some with: clipper review")
        return found
    try:
        report = _labels(codebook, taught, coded)
    except NothingFound as few:
        if not starter:
            raise
        tell(str(few))
    else:
        title = f"Your labels: {counted(coded.labels, 'label')} on {counted(len(coded.examples), 'article')}"
        if found and not as_json:
            data("")
        _tell_of("labels", report, title, as_json, coded)
        found.append((report, title))
    _agreement(archive, codebook, as_json, coded)
    return found


def _starter(codebook: Codebook, taught: list[Example]) -> Report:
    from clipper.checksums import checksum
    from clipper.coding import classifier, evaluation, meaning
    from clipper.coding.model import FORMAT
    from clipper.places import shipped, user_cache

    reader = meaning.installed()
    seen = [] if reader is None else [one for one in taught if one.id in reader.taught]
    unseen = [one for one in taught if reader is None or one.id not in reader.taught]

    def validate(themes: Sequence[Theme], tested: Sequence[Example], **settings: Any) -> HeldOut:
        return classifier.cross_validate(themes, seen, tested, reader=reader, **settings)

    cache = user_cache() / "evaluations"
    with suppress(OSError):  # a cache that cannot be made costs time, no more
        modes.private_folder(cache)
    with modes.private(), _progress("the starter set") as progress:
        return evaluation.of_passages(
            codebook,
            unseen,
            validate,
            form=f"{FORMAT} {len(seen)} {checksum(shipped('lexicon.toml').read_text('utf-8'))}",
            cache=cache,
            progress=progress,
        )


def _labels(codebook: Codebook, taught: list[Example], coded: Coded) -> Report:
    from clipper.coding import classifier, evaluation, meaning, modelcache

    validate = partial(classifier.cross_validate, reader=meaning.installed())
    with _progress("your labels") as progress:
        return evaluation.of_labels(codebook, taught, coded, validate, weight=modelcache.OWN_WEIGHT, progress=progress)


def _tell_of(part: str, report: Report, title: str, as_json: bool, coded: Coded | None = None) -> None:
    if as_json:
        for record in screen.report_records(part, report, coded):
            json_line(record)
    else:
        screen.show_report(report, title, screen.warnings(coded))


def _agreement(archive: Archive, codebook: Codebook, as_json: bool, coded: Coded) -> None:
    from clipper.coding import evaluation

    together = evaluation.between_coders(archive, codebook)
    if as_json:
        for record in screen.agreement_records(together):
            json_line(record)
    else:
        data("")
        screen.show_agreement(together, chosen=coded.chosen > 0)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on stderr how far cross-validation is, when that is a terminal."""
    if not messages_on_terminal():
        yield lambda done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"judging the tags on {what}", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


# -- the picture ------------------------------------------------------------------------------------------


def _drawing(path: Path) -> Drawing:
    """Return what draws the picture of a report. Raises UsageError and CannotWork for a file that cannot be."""
    try:
        from clipper.coding import pictures
    except ImportError:
        raise CannotWork(
            "a picture needs the package matplotlib; in the clone of clipper: pip install -c constraints.txt '.[plot]'"
        ) from None
    kind = pictures.kind_of(path)
    if not path.parent.is_dir():
        raise CannotWork(f"{path.parent}: no such folder; make it first")
    if path.is_dir():
        raise CannotWork(f"{path}: is a folder; name a file")
    return lambda report, title: pictures.picture(report.evaluation, kind, title=title)


def _write(path: Path, content: bytes) -> None:
    """Put a file in its place in one step; one that was there is replaced, and stays whole if that fails."""
    target = path.resolve()  # a link stays one
    try:
        descriptor, fresh = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            with modes.as_the_user_says():
                mask = modes.mask()
            Path(fresh).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~mask)
            Path(fresh).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(fresh).unlink()
            raise
    except OSError as error:
        raise CannotWork(f"{path}: cannot be written ({error.strerror})") from None
