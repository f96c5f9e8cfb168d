"""``tag``: every article that has no tags of the present model gets them, where they differ from those that it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from clipper.archive.catalogue import Entry
from clipper.archive.store import Archive, now, utc
from clipper.coding import predicting
from clipper.coding.codebook import Codebook
from clipper.coding.features import as_text
from clipper.coding.model import Prediction
from clipper.coding.modelcache import NamedModel
from clipper.models import Article, Tagging

BATCH = 200
_SAME = 0.02  # by which probabilities may differ and still say the same


@dataclass
class Tagged:
    """How many articles were read, how many of them had new tags written, how many carry a theme, and each theme's
    count.
    """

    articles: int = 0
    written: int = 0
    with_theme: int = 0
    themes: Counter[str] = field(default_factory=Counter)


def tag(
    archive: Archive,
    codebook: Codebook,
    named: NamedModel,
    *,
    everything: bool,
    progress: Callable[[int, int], None],
    matches: Callable[[str], bool] | None = None,
) -> Tagged:
    """Tag what this model has not looked at, or ``everything``; ``progress`` is told how many of how many are done.

    With ``matches`` only those articles are tagged of whose id it says yes. Tags are written in batches, each on disk
    before the next is begun. Tags of an older model that say the same stay as they are, and keep the name of the
    model that gave them.
    """
    archive.catalogue.catch_up()
    waiting = archive.catalogue.untagged(named.name, everything=everything)
    if matches is not None:
        waiting = [entry for entry in waiting if matches(entry.id)]
    batches = [waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)]
    held: list[list[Article]] = []  # read and handed over, not predicted yet

    def texts() -> Iterator[list[str]]:
        for batch in batches:
            articles = [archive.read(entry.place) for entry in batch]
            held.append(articles)
            yield [as_text(article.title, article.text) for article in articles]

    done = Tagged()
    for batch, predictions in zip(
        batches, predicting.in_order(named, codebook.themes, texts(), expected=len(waiting)), strict=True
    ):
        articles = held.pop(0)
        _keep(archive, codebook, named, batch, articles, predictions, done, everything)
        done.articles += len(batch)
        progress(done.articles, len(waiting))
    return done


def _keep(
    archive: Archive,
    codebook: Codebook,
    named: NamedModel,
    batch: list[Entry],
    articles: list[Article],
    predictions: list[Prediction],
    done: Tagged,
    everything: bool,
) -> None:
    moment = utc(now())
    thresholds = dict(zip(named.model.themes, named.model.thresholds, strict=True))
    taggings, as_before = [], []
    for entry, article, found in zip(batch, articles, predictions, strict=True):
        done.themes.update(found.over)
        done.with_theme += bool(found.over)
        fresh = Tagging(
            article=article.id,
            revision=article.revision,
            tags=[
                {"theme": theme, "probability": found.scores[theme], "threshold": thresholds[theme]}
                for theme in found.over
            ],
            scores=found.scores,
            model=named.name,
            codebook=codebook.mark,
            tagged=moment,
        )
        place = None if everything else archive.catalogue.tagging(entry.id)
        if place is not None and _same(archive.read_tagging(place), fresh):
            as_before.append(entry)
        else:
            taggings.append(fresh)
    if taggings:
        archive.add_taggings(taggings)
    if as_before:
        archive.catalogue.looked_at(as_before, named.name)
    done.written += len(taggings)


def _same(old: Tagging, new: Tagging) -> bool:
    """Whether two taggings say the same of the same revision, by the same codebook."""
    return (
        old.revision == new.revision
        and old.codebook == new.codebook
        and old.scores.keys() == new.scores.keys()
        and {tag["theme"] for tag in old.tags} == {tag["theme"] for tag in new.tags}
        and all(tag.get("threshold") is not None for tag in old.tags)
        and all(abs(old.scores[theme] - score) < _SAME for theme, score in new.scores.items())
    )
