"""``clipper show``: articles as they are read."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipper import modes
from clipper.cli.common import config_option, json_option, open_archive, open_reader, project
from clipper.cli.output import data, json_line, lines, on_terminal, tell
from clipper.cli.pager import paged
from clipper.errors import NOT_FOUND, CannotWork, NothingFound, UsageError
from clipper.text import shorten

if TYPE_CHECKING:
    from clipper.archive.catalogue import Place
    from clipper.archive.reader import Reader
    from clipper.cli.show_screen import SpansOf
    from clipper.config import Config
    from clipper.models import Article

SIMILAR = 10  # neighbours shown
_WEB = re.compile(r"https?://[^\s\x00-\x1f\x7f-\x9f]+\Z", re.IGNORECASE)


@click.command("show")
@click.argument("article_ids", nargs=-1, required=True, metavar="ID...")
@click.option("--revision", type=click.IntRange(1), metavar="N", help="This revision, not the newest.")
@click.option("--diff", "as_diff", is_flag=True, help="What changed since the revision before.")
@click.option("--query", metavar="QUERY", help="Highlight what a query asks for.")
@click.option("--text", "as_text", is_flag=True, help="Only the text.")
@click.option("--similar", "as_similar", is_flag=True, help="The articles that are most like it.")
@click.option("--raw", "as_raw", is_flag=True, help="The page as it was fetched, for a file or a pipe.")
@click.option("--open", "as_page", is_flag=True, help="Open its link in a browser, or in what BROWSER names.")
@json_option
@config_option
def command(
    article_ids: tuple[str, ...],
    revision: int | None,
    as_diff: bool,
    query: str | None,
    as_text: bool,
    as_similar: bool,
    as_raw: bool,
    as_page: bool,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Show articles: what is known of each, its themes, where it came from, its text.

    ID is any beginning of an id that names one article alone. Exit code 1 when one names none, or several.
    """
    ways = {"--diff": as_diff, "--text": as_text, "--similar": as_similar, "--raw": as_raw, "--open": as_page}
    given = [way for way, on in ways.items() if on]
    if len(given) > 1:
        raise UsageError(f"{given[0]} and {given[1]} are two different things to see; ask for one of them")
    if as_json and (as_text or as_raw or as_page):
        raise UsageError(f"{given[0]} gives no JSON; leave out --json")
    if as_raw and len(article_ids) > 1:
        raise UsageError("--raw gives one page; name one article")
    config = project(config_path, selectors=False)
    if as_raw:
        return print_raw(config, article_ids[0], revision)
    reader = open_reader(config)
    reader.catalogue.glance()
    spans_of = spans_of_query(query) if query else None

    def show(ident: str) -> None:
        article, places = chosen(reader, ident, revision)
        if as_page:
            open_page(article)
        elif as_similar:
            _print_similar(config, reader, article, as_json)
        elif as_diff:
            _print_diff(*_pair(reader, ident, article, places), as_json)
        elif as_text:
            from clipper.cli.show_screen import put_text

            put_text(article, spans_of)
        else:
            _print(reader, article, list(places), config, spans_of, as_json)

    with paged(not as_page):
        return _each(article_ids, show, apart=not (as_json or as_page))


def chosen(reader: Reader, article_id: str, revision: int | None) -> tuple[Article, Mapping[int, Place]]:
    """Return a revision of an article, by default the newest, and where all of them lie, the oldest first.

    Raises NothingFound when there is no such article or revision.
    """
    from clipper.archive.catalogue import taken_out_on

    entry = reader.find(article_id)
    places = reader.catalogue.revisions(entry.id)
    number = revision or entry.revision
    if number not in places:
        known = ", ".join(map(str, places))
        raise NothingFound(f"{article_id}: no revision {number}; there {'are' if len(places) > 1 else 'is'} {known}")
    article = reader.read(places[number])
    if article.forgotten:  # only this revision is: taking it out was broken off
        raise NothingFound(f"{article_id}: revision {number}: {taken_out_on(article.forgotten)}")
    return article, places


def spans_of_query(query: str) -> SpansOf:
    """Return a function that finds in a field what a query asks for there. Raises QueryError."""
    from clipper.search.marks import Marks
    from clipper.search.query import parse

    node = parse(query)
    marks = {field: Marks(node, (None, field)) for field in ("title", "author", "text")}
    return lambda field, text: marks[field].spans(text)


def open_page(article: Article) -> None:
    """Open an article's link in a browser, and print the link."""
    import webbrowser

    url = article.url or article.canonical
    if not url:
        raise NothingFound(f"{article.id}: it has no link to open")
    if not _WEB.match(url):
        raise CannotWork(f"{article.id}: only http and https links are opened, not {shorten(url, 80)!r}")
    data(url)
    sys.stdout.flush()
    try:
        with modes.as_the_user_says():
            opened = webbrowser.open(url)
    except webbrowser.Error:
        opened = False
    if not opened:
        raise CannotWork("no browser could be started; name one in BROWSER, or open the link above yourself")


def print_raw(config: Config, article_id: str, revision: int | None) -> int:
    """Put the kept page of an article on stdout, byte for byte."""
    if on_terminal():
        ident = shorten(article_id, 16)
        raise UsageError(
            f"--raw gives the page's own bytes; send them to a file: clipper show {ident} --raw > page.html"
        )
    archive = open_archive(config)
    archive.catalogue.glance()
    article, _ = chosen(archive, article_id, revision)
    if not article.warc:
        raise NothingFound(
            f"{article.id}: no raw page is kept of revision {article.revision}; pages are kept when they are fetched"
        )
    answer = archive.read_raw(article.warc)
    kind = answer.headers.get("content-type", "of no stated type")
    tell(f"{answer.url} as it was on {answer.date}: {len(answer.body):,} bytes, {kind}")
    click.echo(answer.body, nl=False)
    return 0


def _each(article_ids: Sequence[str], show: Callable[[str], None], *, apart: bool) -> int:
    """Show one article after the other; one that cannot be found does not keep the others back."""
    if len(article_ids) == 1:
        show(article_ids[0])
        return 0
    missing = shown = 0
    for ident in dict.fromkeys(article_ids):
        if apart and shown:
            lines(f"\n{'-' * 60}\n")
        try:
            show(ident)
            shown += 1
        except NothingFound as error:
            tell(str(error))
            missing += 1
    return NOT_FOUND if missing else 0


def _print(
    reader: Reader, article: Article, revisions: list[int], config: Config, spans_of: SpansOf | None, as_json: bool
) -> None:
    from clipper.coding.renamed import renamed

    catalogue = reader.catalogue
    place = catalogue.tagging(article.id)
    tagging = reader.read_tagging(place) if place else None
    labels = catalogue.judgements.of(article.id)
    old = renamed(config.codebook)
    if as_json:
        from clipper.coding.verdicts import as_labels, as_tags, verdicts

        themes = verdicts(article, tagging, labels, lambda key: old.get(key, key))
        json_line({**article.to_json(), "tags": as_tags(themes, tagging), "labels": as_labels(labels)})
        return
    from clipper.cli.show_screen import Shown, put_article

    original = catalogue.get(article.duplicate_of) if article.duplicate_of else None
    title = original.title if original else None
    short = catalogue.unique_prefix(article.id)
    copies = [catalogue.unique_prefix(one) for one in catalogue.copies(article.id)]
    put_article(Shown(article, tagging, labels, old, revisions, short, title, copies), spans_of)


def _print_similar(config: Config, reader: Reader, article: Article, as_json: bool) -> None:
    from clipper.cli.asking import follow
    from clipper.cli.search_screen import put_hit
    from clipper.coding.renamed import renamed
    from clipper.search.marks import Marks
    from clipper.search.results import Search

    search = Search(reader, None, follow=follow, renamed=renamed(config.codebook), tell=tell)
    hits = search.similar(article, SIMILAR)
    if not hits:
        raise NothingFound(f"{article.id}: no other article is like it")
    for hit in hits:
        json_line(hit.to_json()) if as_json else put_hit(hit, Marks(None))


def _pair(reader: Reader, ident: str, article: Article, places: Mapping[int, Place]) -> tuple[Article, Article]:
    """Return the revision before an article's, and this one."""
    before = max((number for number in places if number < article.revision), default=None)
    if before is None:
        raise NothingFound(f"{ident}: revision {article.revision} is the first; there is none to compare it with")
    return reader.read(places[before]), article


def _print_diff(before: Article, after: Article, as_json: bool) -> None:
    from clipper.cli.show_screen import GONE, NEW, block, put, put_title
    from clipper.collect.changes import changes

    found = changes(before, after)
    if as_json:
        json_line({"id": after.id, "from": before.revision, "to": after.revision, **found.to_json()})
        return

    def changed(start: str, text: str, kind: str | None) -> None:
        line = start + text
        put(block(line, [(0, len(line), kind)] if kind else []))

    put_title(after)
    data(f"revision {before.revision} ({before.fetched}) to revision {after.revision} ({after.fetched})")
    for name, old, new in found.fields:
        data("")
        changed(f"- {name}: ", old or "none", GONE)
        changed(f"+ {name}: ", new or "none", NEW)
    for mark, paragraph in found.paragraphs:
        data("")
        changed(f"{mark} ", paragraph, {"-": GONE, "+": NEW}.get(mark))
    if not found.fields and not any(mark in "+-" for mark, _ in found.paragraphs):
        data("nothing that is shown changed")
