"""``clipper forget``: take articles out of the archive on request. A tombstone stays, texts and raw pages go."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipper.cli.asking import renamed
from clipper.cli.common import config_option, json_option, open_archive, project
from clipper.cli.output import json_line, messages_on_terminal, tell
from clipper.errors import DAMAGED, DONE, NOT_FOUND, NothingFound, UsageError
from clipper.text import shorten
from clipper.wording import counted, human_date, shown_title

if TYPE_CHECKING:
    from clipper.archive.catalogue import Entry
    from clipper.archive.forgetting import Report, Request, Told
    from clipper.archive.holders import Holder
    from clipper.archive.store import Archive
    from clipper.config import Config

_LONGEST_REASON = 200
_SHOWN = 20  # lines on what may be left
_HOW = {
    "copy": "holds the same text",
    "page": "the page that it was cut from",
    "clipping": "cut from it",
    "same page": "from the same page; its raw page goes too, its text stays",
}


@click.command("forget")
@click.argument("article_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--reason", metavar="TEXT", help="Why, in a few words that may be read by all; kept for good.")
@click.option(
    "--all-copies", is_flag=True, help="With all that holds the same text: copies, the page that a clipping is from."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@config_option
def command(
    article_ids: tuple[str, ...],
    reason: str | None,
    all_copies: bool,
    yes: bool,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Take articles out of the archive for good, on request of their author or publisher.

    Each is shown first, with what else in the archive holds its text, and nothing happens before a yes. Then title,
    text, names and addresses of all its revisions are overwritten, its raw pages too, and the search index is rid of
    its words. What stays is a tombstone: its id, when it was taken out and the reason, and numbers made from its
    addresses by which it is refused when it comes again. People's labels of it stay as well.

    This cannot be undone. Backups and other copies of the archive are not touched. Exit code 5 when a damaged raw page
    may be left, since it does not tell whose it is.
    """
    if reason is not None:
        reason = " ".join(reason.split())
        if len(reason) > _LONGEST_REASON:
            raise UsageError(f"--reason is too long: {len(reason)} letters, where {_LONGEST_REASON} are kept")
    config = project(config_path, selectors=False)
    archive = open_archive(config)
    archive.catalogue.catch_up()
    from clipper.archive import locks
    from clipper.archive.forgetting import Request, left_of, under_way
    from clipper.archive.store import now, utc

    broken_off = None if locks.is_forgetting(archive.path) else under_way(archive.path)
    entries, unread, missing = _named(archive, article_ids)
    if missing:
        if len(article_ids) > missing:
            tell("nothing was taken out")
        return NOT_FOUND
    noted = set(broken_off.articles if broken_off else ())
    ids = [one for one in [*(entry.id for entry in entries if not entry.forgotten), *unread] if one not in noted]
    done = [entry for entry in entries if entry.forgotten and entry.id not in noted]
    for entry in done:
        _tell_done(archive, entry, as_json, reason)
    code = DONE
    if broken_off:
        tell(f"taking out {counted(len(broken_off.articles), 'article')} was broken off; it is finished now")
        code = _finish(config, archive, broken_off, as_json)
        archive.catalogue.catch_up()
    gone = tuple(entry.id for entry in done)
    if gone and left_of(archive, gone):
        tell("something of it was left, or came back; it is taken out now")
        code = max(code, _finish(config, archive, Request(gone, utc(now()), reason), None))
    if not ids:
        return code
    others = _looked_at(archive, ids, all_copies)
    if all_copies:
        ids, others = ids + [one.entry.id for one in others if one.how != "same page"], []
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("forget asks first; where nobody can answer: clipper forget --yes ID")
        _show(archive, ids, others)
        if not click.confirm(f"clipper: take {counted(len(ids), 'article')} out for good?", err=True):
            tell("nothing was taken out")
            return code
    code = max(code, _finish(config, archive, Request(tuple(ids), utc(now()), reason), as_json))
    if others:
        tell(f"the same text is still in: {_list(archive, [one for one in others if one.how != 'same page'])}")
    return code


def _named(archive: Archive, article_ids: Sequence[str]) -> tuple[list[Entry], list[str], int]:
    """Return the articles that are named, each once, the ids of those of which only remains are left, which no line
    of the archive tells, and how many names are none's.
    """
    from clipper.archive import leftovers

    entries: dict[str, Entry] = {}
    unread: dict[str, None] = {}
    missing = 0
    for one in article_ids:
        try:
            entry = archive.find(one, forgotten=True)
            entries[entry.id] = entry
        except NothingFound as error:
            several = archive.catalogue.named(one.strip().lower(), 1)
            left = [] if several else leftovers.named(archive.path, one)
            if len(left) == 1:
                unread[left[0]] = None
                continue
            if left:
                tell(f"{shorten(one, 40)!r} begins more than one id ({', '.join(left[:5])}); give more digits")
            else:
                tell(str(error))
            missing += 1
    return list(entries.values()), list(unread), missing


def _tell_done(archive: Archive, entry: Entry, as_json: bool, reason: str | None) -> None:
    from clipper.archive.catalogue import taken_out_on

    said = taken_out_on(entry.forgotten or "")
    if as_json:
        json_line({"id": entry.id, "status": "seen", "forgotten": entry.forgotten})
    stays = "; what was said then as the reason stays as it is" if reason else ""
    tell(f"{archive.catalogue.unique_prefix(entry.id)}: {said} already{stays}")


def _looked_at(archive: Archive, ids: Sequence[str], all_copies: bool) -> list[Holder]:
    """Return what else holds the texts; with ``all_copies`` all that is to be taken along."""
    from clipper.archive.holders import holders, with_holders

    if not all_copies:
        return holders(archive, ids)
    whole = with_holders(archive, ids)
    found = holders(archive, ids)
    known = {one.entry.id for one in found}
    from clipper.archive.holders import Holder

    more = [entry for one in whole if one not in ids and one not in known and (entry := archive.catalogue.get(one))]
    return [one for one in found if one.entry.id in whole or one.how == "same page"] + [
        Holder(entry, "copy", ids[0]) for entry in more
    ]


def _show(archive: Archive, ids: Sequence[str], others: Sequence[Holder]) -> None:
    """Show on stderr what is to be taken out, and what stays though it holds the same text."""
    for ident in ids:
        entry = archive.catalogue.get(ident)
        if entry is not None:
            tell(f"{archive.catalogue.unique_prefix(ident)}  {_described(archive, entry)}")
        else:
            tell(f"{ident}  no line of it can be read; what is left of it is taken out")
    for one in others:
        short, of = archive.catalogue.unique_prefix(one.entry.id), archive.catalogue.unique_prefix(one.of)
        tell(f"  {of}: {short} {_HOW[one.how]}: {_described(archive, one.entry)}")
    if any(one.how != "same page" for one in others):
        tell("these stay, with the text in them; to take them out as well: --all-copies")


def _described(archive: Archive, entry: Entry) -> str:
    article = archive.read(entry.place)
    known = [article.outlet, human_date(article.published) if article.published else None]
    revisions = f"{entry.revision} revisions" if entry.revision > 1 else None
    said = ", ".join(filter(None, [*known, revisions]))
    return shorten(shown_title(article.title, article.text), 100) + (f" ({said})" if said else "")


def _list(archive: Archive, others: Sequence[Holder]) -> str:
    return ", ".join(archive.catalogue.unique_prefix(one.entry.id) for one in others)


def _finish(config: Config, archive: Archive, request: Request, as_json: bool | None) -> int:
    """Take articles out of the archive, and out of all that is derived from it; tell what was done.

    ``as_json`` is None where each of them has been told of before. Return the exit code.
    """
    from clipper.archive import locks

    with locks.forgetting(archive.path):
        return _carry_out(config, archive, request, as_json)


def _carry_out(config: Config, archive: Archive, request: Request, as_json: bool | None) -> int:
    from clipper.archive.forgetting import finished, forget, under_way
    from clipper.search.index import Index
    from clipper.search.purging import leaving_out

    index = Index(archive, tell, renamed(config))
    with _progress() as told:
        again = under_way(archive.path) is not None
        with leaving_out(index, request.articles, anew=again):
            report = forget(archive, request, told)
    if any(archive.catalogue.judgements.of(one) for one in request.articles):
        from clipper.coding.modelcache import forget_models

        if forget_models():
            tell("the models that were kept for you are deleted, since they may have learned from it")
    finished(archive.path)
    _tell_report(archive, request, report, as_json)
    return DAMAGED if report.doubts else DONE


def _tell_report(archive: Archive, request: Request, report: Report, as_json: bool | None) -> None:
    for one in request.articles if as_json is not None else ():
        if as_json:
            json_line({"id": one, "status": "forgotten", "forgotten": request.when, "reason": request.reason})
        else:
            tell(f"{archive.catalogue.unique_prefix(one)}: taken out of the archive")
    said = [counted(report.lines, "line"), counted(report.records, "record") + " of raw pages"]
    if report.set_aside:
        said.append(counted(report.set_aside, "line") + " set aside as damaged")
    tell(f"overwritten: {', '.join(said)}; backups and copies elsewhere are yours to clean")
    for line in report.doubts[:_SHOWN]:
        tell(line)
    if (more := len(report.doubts) - _SHOWN) > 0:
        tell(f"and {counted(more, 'such place')} more")


@contextmanager
def _progress() -> Iterator[Told]:
    """Show on stderr how far reading the raw pages is, when that is a terminal."""
    if not messages_on_terminal():
        yield lambda name, done, whole: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("looking through the raw pages", total=None)
        yield lambda name, done, whole: progress.update(task, completed=done, total=whole)
