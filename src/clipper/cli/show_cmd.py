"""``clipper show``: one article."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clipper.cli.common import config_option, json_option, open_archive, project
from clipper.cli.output import colours, data, human_date, json_line, shown_title, styled, wrap

if TYPE_CHECKING:
    from clipper.models import Article, Tagging


@click.command("show")
@click.argument("article_id", metavar="ID")
@json_option
@config_option
def command(article_id: str, as_json: bool, config_path: Path | None) -> int:
    """Show one article: what is known of it, its themes, its text.

    ID is any beginning of an id that names one article alone. Exit code 1 when it names none, or several.
    """
    archive = open_archive(project(config_path))
    archive.catalogue.glance()
    entry = archive.find(article_id)
    article = archive.read(entry.place)
    place = archive.catalogue.tagging(entry.id)
    tagging = archive.read_tagging(place) if place else None
    if as_json:
        from clipper.search.results import current_tags

        json_line({**article.to_json(), "tags": current_tags(article, tagging), "labels": []})
    else:
        _print(article, tagging)
    return 0


def _print(article: Article, tagging: Tagging | None) -> None:
    from clipper.text import paragraphs

    for line in wrap(shown_title(article.title, article.text)):
        styled(click.style(line, bold=True) if colours() else line)
    _field("outlet", article.outlet)
    _field("published", human_date(article.published))
    _field("authors", ", ".join(article.authors))
    _field("link", article.url)
    _field("categories", ", ".join(article.categories))
    if tagging and tagging.revision == article.revision:
        themes = ", ".join(f"{tag['theme']} {tag['probability']:.2f}" for tag in tagging.tags) or "none"
        _field("themes", f"{themes}  (by {tagging.model}, codebook {tagging.codebook})")
    else:
        _field("themes", "not tagged yet")
    kind = f"{article.kind} " if article.kind != "article" else ""
    _field("id", f"{article.id} ({kind}revision {article.revision})")
    _field("came", f"{article.fetched} from {article.source}, text by {article.extractor}")
    for paragraph in paragraphs(article.text):
        data("")
        for own_line in paragraph.split("\n"):
            for line in wrap(own_line):
                data(line)


def _field(name: str, value: str | None) -> None:
    if value:
        first, *rest = wrap(value, " " * 11)
        data(f"{name:<11}{first.lstrip()}")
        for line in rest:
            data(line)
