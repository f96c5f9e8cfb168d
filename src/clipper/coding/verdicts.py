"""What an article's themes are, from what people said of it and what the model did.

A label by a person wins over the tag. Where coders disagree nothing wins: what the model says stands as it was, and
the disagreement is shown beside it, until somebody adjudicates: the label of the coder ``adjudicated`` settles it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clipper.models import Article, Label, Tagging

ADJUDICATOR = "adjudicated"


@dataclass(frozen=True)
class Verdict:
    """One theme of one article: whether it is carried, and on whose word.

    ``probability`` is the model's, None where it has said nothing of this revision. ``tag`` is the model's as it was
    written, None where it gave none. ``coders`` holds what each coder said. ``disputed`` tells that they differ and
    nobody has settled it; ``by_people`` that their word decided.
    """

    theme: str
    carried: bool
    probability: float | None
    tag: Mapping[str, Any] | None
    coders: dict[str, bool] = field(default_factory=dict)

    @property
    def settled(self) -> bool | None:
        """What people say, with one voice or by adjudication; None where they say nothing, or differ."""
        return settle(self.coders)

    @property
    def by_people(self) -> bool:
        """Whether people's word decided."""
        return self.settled is not None

    @property
    def disputed(self) -> bool:
        """Whether coders differ and nobody has settled it."""
        return bool(self.coders) and self.settled is None


def settle(coders: dict[str, bool]) -> bool | None:
    """Return what coders say together: the adjudicator's word, else theirs if they agree, else None."""
    if ADJUDICATOR in coders:
        return coders[ADJUDICATOR]
    values = set(coders.values())
    return values.pop() if len(values) == 1 else None


def verdicts(
    article: Article,
    tagging: Tagging | None,
    labels: Iterable[Label],
    current: Callable[[str], str | None] = lambda key: key,
) -> list[Verdict]:
    """Return every theme that was tagged or labelled, those carried first, the most probable first.

    Tags of an older revision are stale and do not count; labels hold for what comes after. ``current`` maps the key
    of a theme to the one that it has now, None for a theme that is no more.
    """
    tags: dict[str, dict[str, Any]] = {}
    scores: dict[str, float] = {}
    if tagging is not None and tagging.revision == article.revision:
        for tag in tagging.tags:
            if (key := current(str(tag["theme"]))) is not None:
                tags.setdefault(key, tag)
        for theme, score in tagging.scores.items():
            if (key := current(theme)) is not None:
                scores[key] = max(score, scores.get(key, 0.0))
    said: dict[str, dict[str, bool]] = defaultdict(dict)
    for label in labels:
        key = current(label.theme)
        if key is not None:
            # Of two themes that became one, a yes to either is a yes to both.
            said[key][label.coder] = label.value or said[key].get(label.coder, False)
    found = []
    for theme in {**tags, **said}:
        settled = settle(said.get(theme, {}))
        probability = tags[theme].get("probability") if theme in tags else scores.get(theme)
        carried = settled if settled is not None else theme in tags
        found.append(Verdict(theme, carried, probability, tags.get(theme), said.get(theme, {})))
    return sorted(found, key=lambda v: (not v.carried, not v.by_people, -(v.probability or 0.0), v.theme))


def carried(found: Sequence[Verdict]) -> list[str]:
    """Return the keys of the themes that an article carries."""
    return [verdict.theme for verdict in found if verdict.carried]


def as_tags(found: Sequence[Verdict], tagging: Tagging | None) -> list[dict[str, Any]]:
    """Return the themes carried as JSON has them: where each came from, and how sure it is.

    A tag of the model has ``model``, one that people gave ``coders``; ``disputed`` where they differ.
    """
    tags = []
    for verdict in found:
        if verdict.carried:
            tag: dict[str, Any] = {"theme": verdict.theme, "probability": verdict.probability}
            if tagging is not None and verdict.tag is not None:
                given = {**verdict.tag, "theme": verdict.theme}
                tag = {**given, "model": tagging.model, "codebook": tagging.codebook}
            tag["by"] = "people" if verdict.by_people else "model"
            if verdict.disputed:
                tag["disputed"] = True
            tags.append(tag)
    return tags


def as_labels(labels: Iterable[Label]) -> list[dict[str, Any]]:
    """Return labels as JSON has them beside an article."""
    return [
        {"theme": one.theme, "value": one.value, "coder": one.coder, "round": one.round, "at": one.at} for one in labels
    ]
