"""``clipper digest``: a clippings page."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clipper.cli.asking import Asked, QueryCommand, asked, filter_options, query_argument, renamed
from clipper.cli.common import config_option, open_reader, project
from clipper.cli.output import lines, messages_on_terminal, on_terminal, tell
from clipper.cli.terminated import ending_in_order
from clipper.errors import NOT_FOUND, UsageError
from clipper.text import printable
from clipper.wording import counted

if TYPE_CHECKING:
    from clipper.config import Config
    from clipper.publish.digest import Digest

_ENDINGS = {
    ".md": "md", ".markdown": "md", ".html": "html", ".htm": "html", ".txt": "text", ".text": "text", ".eml": "eml",
}  # fmt: skip
MOST = 1_000_000


@click.command("digest", cls=QueryCommand)
@query_argument
@filter_options
@click.option("--format", "form", type=click.Choice(["md", "html", "text", "eml"]),
              help="What to write (without it by FILE's ending, else Markdown).")  # fmt: skip
@click.option("-o", "--output", "path", type=click.Path(path_type=Path), metavar="FILE", help="Write it to FILE.")
@click.option("--group-by", type=click.Choice(["theme", "month", "outlet"]), help="With a heading for each.")
@click.option("--excerpt", "how", type=click.Choice(["none", "short", "clip"]),
              help="No text, two sentences, whole clippings (without it as config.toml says).")  # fmt: skip
@click.option("--weekly", is_flag=True, help="The round-up of the last seven days, by theme.")
@click.option("--title", metavar="TEXT", help="What it is called.")
@click.option("-n", "limit", type=click.IntRange(1, MOST), metavar="N", help="At most so many, the newest.")
@click.option("--copies", is_flag=True, help="Copies of one story as items of their own.")
@click.option("--to", metavar="ADDRESS", help="Of an e-mail: to whom; several with commas between them.")
@click.option("--from", "sender", metavar="ADDRESS", help="Of an e-mail: from whom.")
@click.option("--subject", metavar="TEXT", help="Of an e-mail: its subject (without it the title).")
@config_option
@ending_in_order
def command(
    query: tuple[str, ...],
    filters: Mapping[str, Any],
    form: str | None,
    path: Path | None,
    group_by: Any,
    how: Any,
    weekly: bool,
    title: str | None,
    limit: int | None,
    copies: bool,
    to: str | None,
    sender: str | None,
    subject: str | None,
    config_path: Path | None,
) -> int:
    """Make a clippings page: title, outlet, date, authors, an excerpt and the link of each article, newest first.

    The QUERY and its options are those of clipper search. Copies of one story stand in a line below it.

        clipper digest --theme privatisation --since 2014 -o privatisation.html

        clipper digest outlet:guardian --group-by month --format text

        clipper digest --weekly --format eml --to ann@example.org | sendmail -t

    Exit code 1 when nothing is found; nothing is written then.
    """
    from clipper.archive.store import now
    from clipper.publish.digest import Digest
    from clipper.publish.selection import Selection

    if path is not None and str(path) == "-":
        path = None
    ending = path.suffix.lower() if path else ""
    if form is None and ending and ending not in _ENDINGS:
        raise UsageError(
            f"-o {path}: no digest goes with this ending; it may be {', '.join(_ENDINGS)}, or give --format"
        )
    form = form or _ENDINGS.get(ending, "md")
    moment = now()
    if weekly and {"since", "until", "date"} & set(filters):
        raise UsageError("--weekly and --since, --until, --date or --undated exclude each other")
    envelope = _envelope(form, to, sender, subject)
    config = project(config_path, selectors=False)
    reader = open_reader(config)
    if path is not None:
        from clipper.publish.outfile import refuse_files, refuse_within

        refuse_within(path, config.archive)
        refuse_files(path, config.path, config.codebook)
    wanted = asked(config, reader, query, filters)
    chosen: Any = how or config.publish.excerpt
    week, node = None, wanted.node
    if weekly:
        from clipper.publish.week import week_up_to

        week, node = week_up_to(moment, reader, node)
    selection = Selection(reader, node, renamed=renamed(config), tell=tell, fold=not copies)
    with _progress() as progress:
        digest = Digest(
            selection,
            _about(config, wanted, title, week, moment.strftime("%Y-%m-%dT%H:%M:%SZ"), filters),
            how=chosen,
            group_by=group_by or ("theme" if weekly else None),
            limit=limit,
            week=week,
            progress=progress,
        )
    if not digest.total:
        when = f" of the week from {week}" if week else ""
        tell(f"nothing found{when}; no digest is written")
        return NOT_FOUND
    put = _to_stdout if path is None else _to_file(path, config.archive)
    if form == "eml":
        from clipper.publish.digestmail import as_mail

        put(iter([as_mail(digest, envelope, moment)]))
    else:
        from clipper.publish import digestpages

        put(piece.encode("utf-8", "replace") for piece in getattr(digestpages, f"as_{_WRITERS[form]}")(digest))
    _tell(digest, path)
    undated = 0 if weekly else selection.search.results(sort="date", limit=1).undated
    if undated:
        tell(f"{undated:,} more would match, but no date is stated for {'it' if undated == 1 else 'them'}")
    return 0


_WRITERS = {"md": "markdown", "html": "html", "text": "text"}


def _envelope(form: str, to: str | None, sender: str | None, subject: str | None) -> Any:
    given = {"--to": to, "--from": sender, "--subject": subject}
    if form != "eml":
        for option, value in given.items():
            if value is not None:
                raise UsageError(f"{option} goes with an e-mail: --format eml, or -o FILE.eml")
        return None
    from clipper.publish.digestmail import Envelope, addresses

    senders = addresses(sender, "--from") if sender is not None else []
    if len(senders) > 1:
        raise UsageError("--from: one address")
    return Envelope(addresses(to, "--to") if to is not None else [], senders[0] if senders else None, subject or "")


def _about(
    config: Config, wanted: Asked, title: str | None, week: object, moment: str, filters: Mapping[str, Any]
) -> Any:
    from clipper.coding.codebook import load
    from clipper.errors import ClipperError
    from clipper.publish.about import About
    from clipper.publish.rights import Rights

    try:
        themes = {theme.key: theme.name for theme in load(config.codebook).themes}
    except ClipperError as error:
        themes = {}
        tell(f"{error}; themes are called by their keys")
    if title is None:
        asked_for = [one.strip() for part in filters.get("theme", ()) for one in part.split(",")]
        title = config.publish.title
        if named := [themes[key] for key in asked_for if key in themes]:
            title += f": {', '.join(named)}"
        if week:
            title += f", {week}"
    return About(title=title, moment=moment, query=wanted.text, themes=themes,
                 rights=Rights(config.publish.full_text))  # fmt: skip


def _to_stdout(pieces: Iterator[bytes]) -> None:
    """Put a digest on standard output: in a pipe in UTF-8, as in a file, since HTML and e-mail say so of themselves."""
    terminal = on_terminal()
    sys.stdout.flush()
    for piece in pieces:
        text = piece.decode("utf-8").replace("\r\n", "\n")
        if terminal:
            lines(text.removesuffix("\n"))
        else:
            sys.stdout.buffer.write(printable(text).encode())
    if not terminal:
        sys.stdout.buffer.flush()


def _to_file(path: Path, archive: Path) -> Callable[[Iterator[bytes]], None]:
    def put(pieces: Iterator[bytes]) -> None:
        from clipper.publish.outfile import whole_file

        with whole_file(path, archive) as stream:
            for piece in pieces:
                stream.write(piece)

    return put


def _tell(digest: Digest, path: Path | None) -> None:
    if digest.cut:
        verb = "is" if digest.cut == 1 else "are"
        tell(
            f"{counted(digest.cut, 'article')} {verb} cut to two sentences, as the texts are others' (clippings stand "
            "whole); where the rights are yours, write full_text = true, or a list of outlets, under [publish] in "
            "config.toml"
        )
    if path is not None:
        tell(f"{path}: {counted(digest.total, 'article')}")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Give what shows on a terminal how far the reading is, once there is much to read."""
    if not messages_on_terminal():
        yield lambda done, of: None
        return
    shown = False

    def show(done: int, of: int) -> None:
        nonlocal shown
        if of >= 5000 and done % 500 == 0:
            shown = True
            sys.stderr.write(f"\rclipper: {done:,} of {of:,} read")
            sys.stderr.flush()

    try:
        yield show
    finally:
        if shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
