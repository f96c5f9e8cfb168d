"""How fast the tags get better on an archive that the starter set does not know: labels in the order of
``clipper review`` beside labels in random order.

The passages that were written last stand for the archive; the starter set is all the others. For each split a part of
the archive's events is held out as the test; the rest is labelled batch by batch, the model built anew after each.
Prints a Markdown table of the mean of the splits.

    python bench/learning_curve.py [splits]
"""

from __future__ import annotations

import random
import sys
from dataclasses import replace

import numpy as np

from clipper.coding import classifier, codebook, evaluation, metrics, modelcache, ordering
from clipper.coding.examples import Example
from clipper.coding.features import as_text
from clipper.coding.model import Model
from clipper.places import shipped

STEPS = (0, 50, 100, 200)
ARCHIVE = ("ex-ra-", "ex-rb-", "ex-rc-", "ex-rd-", "ex-re-", "ex-rf-", "ex-rg-", "ex-rh-")  # how their ids begin
TESTED = 0.4  # of the archive's events


def split(archive: list[Example], seed: int) -> tuple[list[Example], list[Example]]:
    """Return what may be labelled and what is tested; no event stands in both."""
    events = sorted({one.event for one in archive})
    random.Random(seed).shuffle(events)
    tested = set(events[: int(len(events) * TESTED)])
    return [e for e in archive if e.event not in tested], [e for e in archive if e.event in tested]


def score(model: Model, test: list[Example], keys: list[str]) -> float:
    """Return the macro-F1 of a model on the test."""
    found = model.predict([as_text(e.title, e.text) for e in test])
    given = np.array([[key in p.over for key in keys] for p in found], dtype=int)
    chances = np.array([[p.scores.get(key, 0.0) for key in keys] for p in found])
    return float(
        metrics.evaluate(keys, classifier.truth_of(keys, test), given, chances, seed=1, draws=2).macro.f1.value or 0
    )


def curve(
    book: codebook.Codebook, starter: list[Example], pool: list[Example], test: list[Example], seed: int | None
) -> list[float]:
    """Return the scores after each step, labels chosen by the model's doubt, or by lot with a ``seed``."""
    keys, labelled, found = list(book.keys), [], []
    texts = [as_text(e.title, e.text) for e in pool]
    places = ordering.vectors(texts)
    lot = list(range(len(pool)))
    random.Random(seed).shuffle(lot)
    model, _ = classifier.train(book.themes, starter)
    for step in STEPS:
        if step:
            left = [i for i in range(len(pool)) if i not in labelled]
            if seed is None:
                chances = np.array(
                    [[p.scores[k] for k in model.themes] for p in model.predict([texts[i] for i in left])]
                )
                known = places[labelled] if labelled else None
                picks = ordering.order(chances, model.thresholds, places[left], step - len(labelled), known=known)
                labelled += [left[pick.row] for pick in picks]
            else:
                labelled = lot[:step]
            own = [replace(pool[i], weight=modelcache.OWN_WEIGHT) for i in labelled]
            model, _ = classifier.train(book.themes, [*starter, *own])
        found.append(score(model, test, keys))
    return found


def main() -> None:
    """Print the table."""
    book = codebook.load(shipped("codebook.toml"))
    everything = evaluation.passages(book)
    archive = [e for e in everything if e.id.startswith(ARCHIVE)]
    known = {e.event for e in archive}
    starter = [e for e in everything if not e.id.startswith(ARCHIVE) and e.event not in known]
    splits = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    by_doubt, by_lot = [], []
    for number in range(splits):
        pool, test = split(archive, number)
        by_doubt.append(curve(book, starter, pool, test, None))
        by_lot.append(curve(book, starter, pool, test, number))
        print(f"split {number + 1} of {splits}", file=sys.stderr)
    print(f"starter {len(starter)} passages, archive {len(archive)}, {splits} splits, weight {modelcache.OWN_WEIGHT}\n")
    print("| labels | in the order of review | in random order |\n| ---: | ---: | ---: |")
    for step, one, other in zip(STEPS, np.mean(by_doubt, axis=0), np.mean(by_lot, axis=0), strict=True):
        print(f"| {step} | {one:.3f} | {other:.3f} |")


if __name__ == "__main__":
    main()
