"""``clipper show``: one article."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipper.cli.common import config_option, json_option, open_archive, project
from clipper.cli.output import colours, data, human_date, json_line, shown_title, styled, wrap
from clipper.errors import NothingFound

if TYPE_CHECKING:
    from clipper.models import Article, Label, Tagging


@click.command("show")
@click.argument("article_id", metavar="ID")
@click.option("--revision", type=click.IntRange(1), metavar="N", help="This revision, not the newest.")
@click.option("--diff", "as_diff", is_flag=True, help="What changed since the revision before.")
@json_option
@config_option
def command(article_id: str, revision: int | None, as_diff: bool, as_json: bool, config_path: Path | None) -> int:
    """Show one article: what is known of it, its themes, its text.

    ID is any beginning of an id that names one article alone. Exit code 1 when it names none, or several.
    """
    from clipper.coding.renamed import renamed

    config = project(config_path)
    archive = open_archive(config)
    archive.catalogue.glance()
    entry = archive.find(article_id)
    revisions = archive.catalogue.revisions(entry.id)
    number = revision or entry.revision
    if number not in revisions:
        known = ", ".join(map(str, revisions))
        raise NothingFound(f"{article_id}: no revision {number}; there {'are' if len(revisions) > 1 else 'is'} {known}")
    article = archive.read(revisions[number])
    if as_diff:
        before = max((n for n in revisions if n < number), default=None)
        if before is None:
            raise NothingFound(f"{article_id}: revision {number} is the first; there is none to compare it with")
        return _print_diff(archive.read(revisions[before]), article, as_json)
    place = archive.catalogue.tagging(entry.id)
    tagging = archive.read_tagging(place) if place else None
    labels = archive.catalogue.judgements.of(entry.id)
    if as_json:
        from clipper.coding.verdicts import as_labels, as_tags, verdicts

        old = renamed(config.codebook)
        themes = verdicts(article, tagging, labels, lambda key: old.get(key, key))
        json_line({**article.to_json(), "tags": as_tags(themes, tagging), "labels": as_labels(labels)})
    else:
        _print(article, tagging, labels, renamed(config.codebook))
    return 0


def _print_diff(before: Article, after: Article, as_json: bool) -> int:
    from clipper.collect.changes import changes

    found = changes(before, after)
    if as_json:
        json_line({"id": after.id, "from": before.revision, "to": after.revision, **found.to_json()})
        return 0
    for line in wrap(shown_title(after.title, after.text)):
        styled(click.style(line, bold=True) if colours() else line)
    data(f"revision {before.revision} ({before.fetched}) to revision {after.revision} ({after.fetched})")
    for name, old, new in found.fields:
        data("")
        _changed(f"- {name}: ", old or "none", "red")
        _changed(f"+ {name}: ", new or "none", "green")
    for mark, paragraph in found.paragraphs:
        data("")
        _changed(f"{mark} ", paragraph, {"-": "red", "+": "green"}.get(mark))
    if not found.fields and not any(mark in "+-" for mark, _ in found.paragraphs):
        data("nothing that is shown changed")
    return 0


def _changed(start: str, text: str, colour: str | None) -> None:
    for line in wrap(start + text, ""):
        styled(click.style(line, fg=colour) if colour and colours() else line)


def _print(article: Article, tagging: Tagging | None, labels: list[Label], renamed: Mapping[str, str]) -> None:
    from clipper.text import paragraphs

    for line in wrap(shown_title(article.title, article.text)):
        styled(click.style(line, bold=True) if colours() else line)
    _field("outlet", article.outlet)
    _field("published", human_date(article.published))
    _field("authors", ", ".join(article.authors))
    _field("link", article.url)
    _field("categories", ", ".join(article.categories))
    _themes(article, tagging, labels, renamed)
    _field("cut from", article.part_of)
    if article.duplicate_of:
        _field("copy of", article.duplicate_of)
    if article.partial:
        headline = article.text == article.title
        what = "its headline is all there is" if headline else "a stub: only its beginning or a summary"
        _field("partial", f"{what} (the full copy: clipper add FILE --as ID)")
    kind = f"{article.kind} " if article.kind != "article" else ""
    _field("id", f"{article.id} ({kind}revision {article.revision})")
    _field("came", f"{article.fetched} from {article.source}, text by {article.extractor}")
    for paragraph in paragraphs(article.text):
        data("")
        for own_line in paragraph.split("\n"):
            for line in wrap(own_line):
                data(line)


def _themes(article: Article, tagging: Tagging | None, labels: list[Label], renamed: Mapping[str, str]) -> None:
    """Print what people say of an article's themes, and what the model says."""
    from clipper.coding.verdicts import verdicts

    found = verdicts(article, tagging, labels, lambda key: renamed.get(key, key))
    people = [verdict for verdict in found if verdict.coders]
    for verdict in people:
        said = ", ".join(f"{coder} {'yes' if value else 'no'}" for coder, value in sorted(verdict.coders.items()))
        settle = f"clipper label {article.id[:7]} +{verdict.theme} --coder adjudicated, or -{verdict.theme}"
        state = f" (coders differ; settle it: {settle})" if verdict.disputed else ""
        sign = "?" if verdict.disputed else "+" if verdict.carried else "-"
        _field("labels" if verdict is people[0] else "", f"{sign}{verdict.theme}: {said}{state}")
    if tagging and tagging.revision == article.revision:
        given = [(renamed.get(tag["theme"], tag["theme"]), tag["probability"]) for tag in tagging.tags]
        tags = ", ".join(f"{theme} {probability:.2f}" for theme, probability in given) or "none"
        _field("tags", f"{tags}  (by {tagging.model}, codebook {tagging.codebook})")
    else:
        _field("tags", "not tagged yet")


def _field(name: str, value: str | None) -> None:
    if value:
        first, *rest = wrap(value, " " * 11)
        data(f"{name:<11}{first.lstrip()}")
        for line in rest:
            data(line)
