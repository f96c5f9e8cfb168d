"""What a review chooses from: the articles of an archive with the model's word on each."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipper.archive.catalogue import Entry
from clipper.archive.store import Archive
from clipper.coding import ordering, remaining
from clipper.coding.codebook import Codebook
from clipper.coding.features import as_text
from clipper.coding.modelcache import NamedModel
from clipper.coding.remaining import Remaining
from clipper.coding.verdicts import settle
from clipper.models import Sample

SHORTLIST = 500  # texts that are read to make the list; the order among the others does not matter yet
_BEFORE = 500  # labelled articles that new ones are compared with, at most
_BATCH = 200


@dataclass(frozen=True)
class Asked:
    """One article that a review would ask about: the proposed themes, best first, and why it is asked.

    ``score`` is None where chance made the order.
    """

    entry: Entry
    score: float | None
    themes: list[str]
    why: str


@dataclass(frozen=True)
class Pool:
    """Articles in the order of the catalogue, with their probabilities, shape (articles, the model's themes).

    ``part`` tells that they are only some of the archive's.
    """

    entries: list[Entry]
    probabilities: NDArray[np.float64]
    old: int = 0  # how many have their probabilities from tags of another model
    part: bool = False


def labelled(archive: Archive, codebook: Codebook, *, coder: str | None, theme: str | None) -> set[str]:
    """Return the articles that a coder, or anybody, has labelled; with a theme, those labelled on that theme."""
    return {
        label.article
        for label in archive.catalogue.judgements.everything()
        if (coder is None or label.coder == coder) and (theme is None or codebook.current(label.theme) == theme)
    }


def gather(
    archive: Archive,
    codebook: Codebook,
    named: NamedModel,
    tell: Callable[[str], None],
    matches: Callable[[str], bool] | None = None,
) -> Pool:
    """Return all articles, labelled or not; with ``matches`` those of whose id it says yes.

    Tags by the same codebook are taken as they stand, even of an older model; what has none is read and predicted now,
    and nothing is written. ``tell`` hears when that will take its time.
    """
    entries = [entry for entry in archive.catalogue.entries() if matches is None or matches(entry.id)]
    themes = named.model.themes
    found = np.zeros((len(entries), len(themes)))
    waiting, old = [], 0
    for row, entry in enumerate(entries):
        place = archive.catalogue.tagging(entry.id)
        tagging = archive.read_tagging(place) if place is not None else None
        if tagging and tagging.revision == entry.revision and tagging.codebook == codebook.mark:
            scores = [tagging.scores.get(theme) for theme in themes]
            if all(score is not None and 0 <= score <= 1 for score in scores):
                found[row] = scores
                old += tagging.model != named.name
                continue
        waiting.append(row)
    if len(waiting) > _BATCH:
        tell(f"{len(waiting)} articles are not tagged yet; reading them now (clipper tag keeps what it finds)")
    for start in range(0, len(waiting), _BATCH):
        rows = waiting[start : start + _BATCH]
        predictions = named.model.predict([_text(archive, entries[row]) for row in rows])
        for row, prediction in zip(rows, predictions, strict=True):
            found[row] = [prediction.scores[theme] for theme in themes]
    return Pool(entries, found, old, part=matches is not None)


def ask(
    archive: Archive, named: NamedModel, pool: Pool, k: int, *, theme: str | None, without: Collection[str] = ()
) -> list[Asked]:
    """Return the next ``k`` articles to ask about (see ``ordering``): none of those in ``without``, and unlike them.

    A theme that the model does not know yet is asked for in the order of all themes.
    """
    themes, thresholds = named.model.themes, named.model.thresholds
    column = themes.index(theme) if theme in themes else None
    free = [row for row, entry in enumerate(pool.entries) if entry.id not in without]
    listed = ordering.shortlist(pool.probabilities[free], thresholds, max(SHORTLIST, 2 * k), theme=column)
    rows = [free[row] for row in listed]
    known = [entry for entry in pool.entries if entry.id in without][:_BEFORE]
    texts = [_text(archive, pool.entries[row]) for row in rows] + [_text(archive, entry) for entry in known]
    places = ordering.vectors(texts)
    chances = pool.probabilities[rows]
    doubts = ordering.doubts(chances, thresholds)
    picks = ordering.order(
        chances, thresholds, places[: len(rows)], k, known=places[len(rows) :], theme=column
    )  # fmt: skip
    asked = []
    for pick in picks:
        entry, own = pool.entries[rows[pick.row]], chances[pick.row]
        over = [i for i in np.argsort(-own, kind="stable") if own[i] >= thresholds[i]]
        shown = column if column is not None else int(np.argmax(doubts[pick.row]))
        reason = "likely" if pick.likely else "in doubt about"
        why = f"{reason} {themes[shown]} ({own[shown]:.2f}; given from {thresholds[shown]:.2f})"
        asked.append(Asked(entry, round(pick.score, 4), [themes[i] for i in over], why))
    return asked


def still_to_find(archive: Archive, codebook: Codebook, named: NamedModel, pool: Pool) -> list[Remaining]:
    """Return for each theme how many bearers there are among the articles that nobody has labelled on it.

    A random sample of the whole archive that people judged blind is preferred, the one with most judgements; where
    none speaks of a theme, or the pool is a part of the archive, the model's probabilities do.
    """
    judgements = archive.catalogue.judgements
    present = {entry.id for entry in pool.entries}
    said: dict[str, dict[str, dict[str, bool]]] = {theme: {} for theme in codebook.keys}
    for label in judgements.everything():
        key = codebook.current(label.theme)
        if key in said and label.article in present:
            coders = said[key].setdefault(label.article, {})
            coders[label.coder] = label.value or coders.get(label.coder, False)
    found = [sum(settle(coders) is True for coders in said[theme].values()) for theme in codebook.keys]
    left = [len(present) - len(said[theme]) for theme in codebook.keys]
    from_sample: list[Remaining | None] = [None] * len(codebook.keys)
    if not pool.part:
        from_sample = _from_best_sample(archive, codebook, found, left, len(present))
    estimates = []
    for position, theme in enumerate(codebook.keys):
        estimate = from_sample[position]
        if estimate is None and theme in named.model.themes:
            column = pool.probabilities[:, named.model.themes.index(theme)]
            free = [row for row, entry in enumerate(pool.entries) if entry.id not in said[theme]]
            estimate = remaining.from_model(theme, column[free])
        if estimate is not None:
            estimates.append(estimate)
    return estimates


def _from_best_sample(
    archive: Archive, codebook: Codebook, found: list[int], left: list[int], articles: int
) -> list[Remaining | None]:
    judgements = archive.catalogue.judgements
    best, most = None, 0
    for sample in judgements.samples():
        if sample.round is None or sample.query:
            continue  # no round has taken it, or it was drawn from a part of the archive
        truth = remaining.judged(
            judgements.in_round(sample.round), sample.articles, codebook.keys, codebook.current
        )  # fmt: skip
        count = int((~np.isnan(truth)).any(axis=1).sum())
        if count > most:
            best, most = (truth, sample.population), count
    if best is None:
        return [None] * len(codebook.keys)
    # What came after the drawing is taken to be like what was there.
    population = max(articles, best[1], len(best[0]))
    return remaining.from_samples(codebook.keys, best[0], population=population, found=found, unlabelled=left)


def _text(archive: Archive, entry: Entry) -> str:
    article = archive.read(entry.place)
    return as_text(article.title, article.text)


def of_round(
    archive: Archive, codebook: Codebook, sample: Sample, round_name: str, coder: str
) -> tuple[list[Asked], int]:
    """Return what a coder has still to code of a round, in the coder's own order, and how many of it are coded.

    Coded is what the coder judged on every theme in this round. Articles that are in the archive no more are left out.
    """
    said: dict[str, set[str | None]] = {}
    for label in archive.catalogue.judgements.in_round(round_name):
        if label.coder == coder:
            said.setdefault(label.article, set()).add(codebook.current(label.theme))
    entries = [archive.catalogue.get(article) for article in ordering.by_lot(sample.articles, round_name, coder)]
    present = [entry for entry in entries if entry is not None]
    left = [entry for entry in present if not said.get(entry.id, set()).issuperset(codebook.keys)]
    why = f"in the sample of round {round_name}"
    return [Asked(entry, None, [], why) for entry in left], len(present) - len(left)
