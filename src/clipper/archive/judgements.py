"""What the catalogue knows of people's labels, and of the random samples on which they were given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from clipper.models import Label, Sample

_LABEL = "article, theme, coder, round, value, revision, at"


class Judgements:
    """Questions about labels and samples. ``ask`` runs one query on the catalogue and returns its rows."""

    def __init__(self, ask: Callable[..., list[tuple[Any, ...]]]) -> None:
        self._ask = ask

    def of(self, article: str) -> list[Label]:
        """Return the labels that hold for an article: the last of each coder on each theme, in order of theme."""
        return self._holding("WHERE article = ?", article)

    def of_several(self, articles: Sequence[str]) -> dict[str, list[Label]]:
        """Return the labels that hold for articles, a few hundred, by id; those that nobody judged are not in it."""
        found: dict[str, list[Label]] = {}
        if articles:
            for label in self._holding(f"WHERE article IN ({', '.join('?' * len(articles))})", *articles):
                found.setdefault(label.article, []).append(label)
        return found

    def everything(self) -> list[Label]:
        """Return all labels that hold, article by article, in the order of ids, themes and coders."""
        return self._holding("")

    def in_round(self, name: str) -> list[Label]:
        """Return what was labelled in one round, whatever was said later in another."""
        rows = self._ask(f"SELECT {_LABEL} FROM labels WHERE round = ? ORDER BY article, theme, coder", name)
        return [_label(row) for row in rows]

    def _holding(self, where: str, *values: str) -> list[Label]:
        # Of what a coder said in several rounds the last holds; SQLite fills a row from the one that max() stands in.
        rows = self._ask(f"SELECT {_LABEL}, max(seq) FROM labels {where} GROUP BY article, theme, coder", *values)
        return [_label(row[:-1]) for row in rows]

    def rounds(self) -> dict[str, int]:
        """Return the rounds in which labels were given, and how many articles were labelled in each."""
        rows = self._ask("SELECT round, count(DISTINCT article) FROM labels WHERE round != '' GROUP BY round")
        return {str(row[0]): int(row[1]) for row in rows}

    def state(self) -> str:
        """Return what changes whenever a label is given: how many there are and the number of the last."""
        count, last = self._ask("SELECT count(*), max(seq) FROM labels")[0]
        return f"{count} {last}"

    def samples(self) -> Iterator[Sample]:
        """Yield the random samples that were drawn, the oldest first."""
        columns = "name, round, articles, population, seed, query, at"
        for row in self._ask(f"SELECT {columns} FROM samples ORDER BY seq"):
            values = dict(zip(columns.split(", "), row, strict=True))
            yield Sample(**{**values, "articles": json.loads(values["articles"])})


def _label(row: tuple[Any, ...]) -> Label:
    article, theme, coder, round_name, value, revision, at = row
    return Label(
        article=article,
        revision=revision,
        theme=theme,
        value=bool(value),
        coder=coder,
        round=round_name or None,
        at=at,
    )
