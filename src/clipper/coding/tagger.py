"""``tag``: every article that has no tags of the present model gets them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from clipper.archive.store import Archive, now, utc
from clipper.coding.classifier import as_text
from clipper.coding.codebook import Codebook
from clipper.coding.modelcache import NamedModel
from clipper.models import Tagging

BATCH = 200


@dataclass
class Tagged:
    """How many articles were read, how many carry a theme, and each theme's count."""

    articles: int = 0
    with_theme: int = 0
    themes: Counter[str] = field(default_factory=Counter)


def tag(
    archive: Archive, codebook: Codebook, named: NamedModel, *, everything: bool, progress: Callable[[int, int], None]
) -> Tagged:
    """Tag what is new, or ``everything``; ``progress`` is told how many of how many are done.

    Tags are written in batches, each on disk before the next is begun.
    """
    archive.catalogue.catch_up()
    waiting = archive.catalogue.untagged(named.name, everything=everything)
    done = Tagged()
    for start in range(0, len(waiting), BATCH):
        batch = [archive.read(entry.place) for entry in waiting[start : start + BATCH]]
        predictions = named.model.predict([as_text(article.title, article.text) for article in batch])
        moment = utc(now())
        taggings = []
        for article, found in zip(batch, predictions, strict=True):
            tags = [{"theme": theme, "probability": found.scores[theme]} for theme in found.over]
            taggings.append(
                Tagging(
                    article=article.id,
                    revision=article.revision,
                    tags=tags,
                    scores=found.scores,
                    model=named.name,
                    codebook=codebook.mark,
                    tagged=moment,
                )
            )
            done.themes.update(found.over)
            done.with_theme += bool(found.over)
        archive.add_taggings(taggings)
        done.articles += len(batch)
        progress(done.articles, len(waiting))
    return done
