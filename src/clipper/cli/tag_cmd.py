"""``clipper tag``: label what is new with themes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clipper.cli.asking import QueryCommand, filter_options, query_argument
from clipper.cli.common import config_option, json_option, open_archive, project
from clipper.cli.narrowing import matching
from clipper.cli.output import data, json_line, messages_on_terminal, tell, width, wrap
from clipper.cli.stepping import bring_in_step
from clipper.wording import counted, shown_title

if TYPE_CHECKING:
    from clipper.archive.store import Archive
    from clipper.coding.codebook import Codebook
    from clipper.coding.model import Evidence
    from clipper.coding.modelcache import NamedModel
    from clipper.coding.tagger import Tagged

_SHOWN = 8  # words for and against
_SENTENCES = 6
_TELLING = 0.1  # log-odds; less is not worth a line


@click.command("tag", cls=QueryCommand)
@query_argument
@click.option("--all", "everything", is_flag=True, help="Tag all of them, and write all tags anew.")
@click.option("--explain", metavar="ID", help="Tag nothing; show the words that decided for one article.")
@filter_options
@json_option
@config_option
def command(
    query: tuple[str, ...],
    filters: Mapping[str, Any],
    everything: bool,
    explain: str | None,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Label what is new with the codebook's themes; with a QUERY only what matches (see clipper search --help).

    Each tag has a probability and names its model. The model is built by itself when the codebook or your own labels
    change.
    """
    if explain is not None and everything:
        raise click.UsageError("--explain and --all exclude each other", click.get_current_context())
    if explain is not None and (query or filters):
        raise click.UsageError("--explain names its article; leave out the query", click.get_current_context())
    from clipper.coding import codebook as codebooks
    from clipper.coding import modelcache, tagger

    config = project(config_path)
    codebook = codebooks.load(config.codebook)
    archive = open_archive(config)
    if explain is not None:
        archive.catalogue.catch_up()
        entry = archive.find(explain)  # before a model is built for nothing
        return _explain(archive, entry.id, codebook, modelcache.get(codebook, tell, archive), as_json)

    def progress(done: int, of: int) -> None:
        if messages_on_terminal() and of > tagger.BATCH:
            click.echo(f"\rclipper: tagged {done} of {of}", err=True, nl=done == of)

    archive.catalogue.catch_up()
    only = matching(config, archive, query, filters)
    model = modelcache.get(codebook, tell, archive)
    result = tagger.tag(
        archive, codebook, model, everything=everything, progress=progress, matches=only.holds if only else None
    )
    _report(result, codebook, model, as_json)
    bring_in_step(config, archive)
    return 0


def _report(result: Tagged, codebook: Codebook, model: NamedModel, as_json: bool) -> None:
    if as_json:
        json_line(
            {
                "articles": result.articles,
                "written": result.written,
                "with_theme": result.with_theme,
                "themes": {key: result.themes[key] for key in codebook.keys},
                "model": model.name,
                "codebook": codebook.mark,
            }
        )
    if not result.articles:
        tell("nothing new to tag")
        return
    same = result.articles - result.written
    kept = f"; {same} said the same as before, and stay as they are" if same else ""
    tell(f"{counted(result.articles, 'article')} tagged by {model.name}, {result.with_theme} with a theme{kept}")
    if not as_json:
        for key in codebook.keys:
            if result.themes[key]:
                data(f"{result.themes[key]:6}  {key}")


def _explain(archive: Archive, article_id: str, codebook: Codebook, named: NamedModel, as_json: bool) -> int:
    from clipper.coding.features import as_text

    entry = archive.find(article_id)
    article = archive.read(entry.place)
    found = named.model.explain(as_text(article.title, article.text))
    found.sort(key=lambda e: (e.probability < e.threshold, -e.probability))
    if as_json:
        for evidence in found:
            json_line(
                {
                    "article": article.id,
                    "theme": evidence.theme,
                    "probability": evidence.probability,
                    "threshold": evidence.threshold,
                    "given": evidence.probability >= evidence.threshold,
                    "for": [[w, round(s, 3)] for w, s in evidence.words if s > 0][:_SHOWN],
                    "against": [[w, round(s, 3)] for w, s in evidence.words if s < 0][:_SHOWN],
                    "meaning": round(evidence.meaning, 3),
                    "sentences": [[text, round(s, 3)] for text, s in evidence.sentences[:_SENTENCES]],
                    "codebook": codebook.mark,
                    "model": named.name,
                }
            )
        return 0
    data(shown_title(article.title, article.text))
    data(f"model {named.name}, codebook {codebook.mark}")
    data("the numbers are shares of the log-odds: 0 is even, +2 is seven to one")
    said = archive.catalogue.judgements.of(article.id)
    for label in said:
        data(
            f"{'+' if label.value else '-'} {label.theme}  by {label.coder}: a person's word counts before the model's"
        )
    for evidence in found:
        _print(evidence)
    return 0


def _print(evidence: Evidence) -> None:
    given = evidence.probability >= evidence.threshold
    sign = ">=" if given else "<"
    data("")
    data(f"{'+' if given else '-'} {evidence.theme}  {evidence.probability:.2f} {sign} {evidence.threshold:.2f}")
    if not given and evidence.probability < evidence.threshold / 2:
        return
    for name, chosen in (
        ("for", [(w, s) for w, s in evidence.words if s > 0]),
        ("against", [(w, s) for w, s in evidence.words if s < 0]),
    ):
        line = f"    {name + ':':9}"
        for word, share in chosen[:_SHOWN]:
            piece = f"{word} {share:+.2f}  "
            if len(line) + len(piece) > width() + 2:
                data(line.rstrip())
                line = " " * 13
            line += piece
        data(line.rstrip())
    if abs(evidence.meaning) >= _TELLING:
        data(f"    {evidence.meaning:+.2f} for what the passage says as a whole")
    for text, share in [pair for pair in evidence.sentences if abs(pair[1]) >= _TELLING][: 3 if given else 1]:
        head = f"    {share:+.2f}  "
        for number, line in enumerate(wrap(text, " " * len(head))):
            data(line if number else head + line[len(head) :])
