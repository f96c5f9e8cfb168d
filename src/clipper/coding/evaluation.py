"""How good the tags are, and how far coders agree: what ``clipper evaluate`` tells, before it is printed.

What is judged is never what a model was taught: the passages that ship are cross-validated by event, people's labels by
article (copies of one story in one fold). This file knows no model; whoever asks passes the function that
cross-validates, so that a round of coding is looked at without one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from clipper.archive.notes import read_note, write_note
from clipper.archive.store import Archive
from clipper.coding import agreement, examples, metrics, themecounts
from clipper.coding.agreement import Disagreement, RoundAgreement
from clipper.coding.codebook import Codebook
from clipper.coding.examples import Example
from clipper.coding.metrics import Evaluation, Neighbour, Prevalence
from clipper.coding.verdicts import ADJUDICATOR, settle
from clipper.errors import CannotWork, NothingFound, nearest
from clipper.models import Label, Sample
from clipper.places import shipped
from clipper.text import shorten

FOLDS = 5
LEAST_STORIES = 2  # one alone would be judged by nothing but chance
SEED = 2011  # of all bootstraps here: the same labels give the same intervals

_FORMAT = 1  # of what is kept
_LISTED = 20  # rounds named in a message

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]
Said = dict[tuple[str, str], dict[str, bool]]


class HeldOut(Protocol):
    """What models said of passages that they were not taught; a row for each passage, a column for each theme.

    ``truth`` and ``given`` hold 1 and 0, ``truth`` nan where nobody judged.
    """

    @property
    def themes(self) -> list[str]:
        """The themes that could be taught, and so judged."""

    @property
    def probabilities(self) -> Any:
        """Shape (passages, themes)."""

    @property
    def truth(self) -> Any:
        """Shape (passages, themes)."""

    @property
    def given(self) -> Any:
        """Shape (passages, themes)."""


Validate = Callable[..., HeldOut]


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What was held out, out of the cache."""

    themes: list[str]
    probabilities: Floats
    truth: Floats
    given: Floats


@dataclass(frozen=True, kw_only=True)
class Report:
    """How good the tags are on one set of passages. ``untaught`` are the themes that no model could be taught."""

    evaluation: Evaluation
    neighbours: tuple[Neighbour, ...]
    untaught: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Coded:
    """What people's labels say of the articles as they are now.

    ``examples`` are the articles with a settled label, ``labels`` how many themes of articles are settled. Left out:
    themes that are ``disputed``, and labels on an older revision (``stale``). ``chosen`` counts the articles that were
    not drawn at random from the whole archive.
    """

    examples: tuple[Example, ...]
    labels: int
    disputed: int
    stale: int
    chosen: int


@dataclass(frozen=True, kw_only=True)
class RoundReport:
    """A round of coding: agreement, what is still to be settled, and how common each theme is in the archive.

    ``disagreements`` are those that nobody has adjudicated, ``settled`` counts the others. ``sample`` is what the
    round was drawn as, None where its articles were chosen; then there are no ``prevalences`` either. Else those are
    estimates from the articles of the sample, in the order of ``agreement.themes``, None where nobody judged;
    ``undecided`` counts the codes that are left out of them because coders differ.
    """

    name: str
    agreement: RoundAgreement
    disagreements: tuple[Disagreement, ...]
    settled: int
    sample: Sample | None
    coded: int
    undecided: int
    prevalences: tuple[Prevalence | None, ...]


# -- the model against what people judged -----------------------------------------------------------------


def passages(book: Codebook) -> list[Example]:
    """Return the starter set: the passages that ship and the codebook's worked examples. Raises CannotWork."""
    shipped_ones = examples.load([shipped(name) for name in themecounts.PASSAGES], book)
    return [*shipped_ones, *examples.from_codebook(book)]


def of_passages(
    book: Codebook, taught: Sequence[Example], validate: Validate, *, form: str, cache: Path, progress: Progress
) -> Report:
    """Return how good the tags are on the starter set, cross-validated by event.

    ``form`` names the kind of model. What was held out is kept in the folder ``cache`` under the checksum of all that
    it came from, and taken from there the next time. Raises CannotWork where no theme can be judged.
    """
    digest = hashlib.sha256(to_digest(book, taught, form).encode("utf-8", "replace")).hexdigest()
    path = cache / f"starter-{digest[:32]}.json"
    held = _read(path, book, len(taught))
    if held is None:
        held = _validated(book, lambda: validate(book.themes, taught, folds=FOLDS, progress=progress))
        _write(path, held)
    return _report(book, held, [one.event for one in taught])


def of_labels(
    book: Codebook,
    taught: Sequence[Example],
    coded: Coded,
    validate: Validate,
    *,
    weight: float = 1.0,
    progress: Progress,
) -> Report:
    """Return how good the tags are on labelled articles, each judged by models that learned from the others.

    The starter set is always in training; ``weight`` is how many of its passages a labelled article counts for. Raises
    NothingFound for fewer than two stories, CannotWork where no theme can be judged.
    """
    stories = {one.event for one in coded.examples}
    if len(stories) < LEAST_STORIES:
        raise NothingFound(
            "labels on fewer than two stories are too few to judge the tags by; give more with: clipper review"
        )
    own = [replace(one, weight=weight) for one in coded.examples]
    folds = min(FOLDS, len(stories))
    held = _validated(book, lambda: validate(book.themes, taught, own=own, folds=folds, progress=progress))
    return _report(book, held, [one.event for one in own])


def to_digest(book: Codebook, taught: Iterable[Example], form: str) -> str:
    """Return all that the judgement of a starter set depends on, as one text."""
    rows = [[sorted(v) if isinstance(v, frozenset) else v for v in astuple(one)] for one in taught]
    phrases = [[theme.key, theme.phrases] for theme in book.themes]
    return json.dumps([_FORMAT, FOLDS, form, book.mark, phrases, rows])


def _validated(book: Codebook, run: Callable[[], HeldOut]) -> HeldOut:
    try:
        held = run()
    except ValueError as error:
        raise CannotWork(f"{book.path}: the tags cannot be judged: {error}") from None
    if not held.themes:
        raise CannotWork(f"{book.path}: the tags cannot be judged: no theme has enough examples")
    return held


def _report(book: Codebook, held: HeldOut, events: Sequence[str]) -> Report:
    return Report(
        evaluation=metrics.evaluate(held.themes, held.truth, held.given, held.probabilities, groups=events, seed=SEED),
        neighbours=tuple(metrics.neighbours(held.themes, held.truth, held.given, most=2)),
        untaught=tuple(key for key in book.keys if key not in held.themes),
    )


def _read(path: Path, book: Codebook, rows: int) -> HeldOut | None:
    """Return what was kept, None for what is not whole: it is worked out anew."""
    note = read_note(path)
    if not isinstance(note, dict) or not isinstance(note.get("themes"), list):
        return None
    themes = note["themes"]
    if not themes or not all(isinstance(key, str) and key in book.keys for key in themes):
        return None
    try:
        arrays = {name: np.array(note[name], dtype=np.float64) for name in ("probabilities", "truth", "given")}
        if any(array.shape != (rows, len(themes)) for array in arrays.values()):
            return None
        held = _Kept(themes=themes, **arrays)
        metrics.neighbours(themes, held.truth, held.given)
        metrics.calibration(held.truth, held.probabilities)
    except (KeyError, TypeError, ValueError):
        return None
    return held


def _write(path: Path, held: HeldOut) -> None:
    truth = np.asarray(held.truth, dtype=np.float64)
    write_note(
        path,
        {
            "themes": list(held.themes),
            "probabilities": np.asarray(held.probabilities, dtype=np.float64).tolist(),
            "truth": [[None if np.isnan(cell) else cell for cell in row] for row in truth.tolist()],
            "given": np.asarray(held.given, dtype=np.float64).tolist(),
        },
    )


# -- what people said -------------------------------------------------------------------------------------


def coded(archive: Archive, book: Codebook) -> Coded:
    """Return what people's labels say. The catalogue is asked as it stands: catch up first.

    Labels count under the themes that the codebook has now. Raises CannotWork where an article cannot be read.
    """
    drawn = _drawn(archive)
    entries = {entry.id: entry for entry in archive.catalogue.entries()}
    fresh, stale = [], 0
    for label in archive.catalogue.judgements.everything():
        if label.article in entries and book.current(label.theme) is not None:
            if label.revision == entries[label.article].revision:
                fresh.append(label)
            else:
                stale += 1
    by_article: dict[str, dict[str, bool]] = {}
    disputed = 0
    for (article, theme), coders in said(fresh, book).items():
        value = settle(coders)
        if value is None:
            disputed += 1
        else:
            by_article.setdefault(article, {})[theme] = value
    found = []
    for name, values in by_article.items():
        text = archive.read(entries[name].place)
        found.append(
            Example(
                name,
                _story(archive, name, text.duplicate_of),
                text.title or "",
                text.text,
                frozenset(theme for theme, value in values.items() if value),
                frozenset(values),
            )
        )
    return Coded(
        examples=tuple(found),
        labels=sum(map(len, by_article.values())),
        disputed=disputed,
        stale=stale,
        chosen=sum(name not in drawn for name in by_article),
    )


def _drawn(archive: Archive) -> set[str]:
    """Return the articles that were coded because chance had drawn them from the whole archive.

    One that was drawn but coded outside its round may have been chosen all the same.
    """
    judgements = archive.catalogue.judgements
    return {
        label.article
        for sample in judgements.samples()
        if sample.round is not None and not sample.query
        for label in judgements.in_round(sample.round)
        if label.article in set(sample.articles)
    }


def said(labels: Iterable[Label], book: Codebook) -> Said:
    """Return what each coder said of each theme of each article, under the themes that the codebook has now.

    Of two themes that became one, a yes to either is a yes to both.
    """
    found: Said = {}
    for label in labels:
        theme = book.current(label.theme)
        if theme is not None:
            coders = found.setdefault((label.article, theme), {})
            coders[label.coder] = label.value or coders.get(label.coder, False)
    return found


def between_coders(archive: Archive, book: Codebook) -> RoundAgreement:
    """Return the agreement over all labels that hold, without the adjudicator's. Catch up first."""
    return _agreement(said(archive.catalogue.judgements.everything(), book), book)


def of_round(archive: Archive, book: Codebook, name: str) -> RoundReport:
    """Return what a round of coding says. The catalogue is asked as it stands: catch up first.

    Agreement is about what was said in the round itself; what the adjudicator said of its articles counts whenever it
    was said. Raises NothingFound for a round that is not there, or in which nothing is coded, with those that are.
    """
    judgements = archive.catalogue.judgements
    labels = judgements.in_round(name)
    samples = [sample for sample in judgements.samples() if sample.round == name]
    if not labels:
        raise NothingFound(_no_round(name, list(judgements.rounds()), drawn=bool(samples)))
    spoken = said(labels, book)
    last_word = said((one for one in judgements.everything() if one.coder == ADJUDICATOR), book)
    for key in spoken:
        spoken[key] |= last_word.get(key, {})
    together = _agreement(spoken, book)
    unsettled = tuple(d for d in together.disagreements if settle(spoken[d.unit, d.theme]) is None)
    sample = samples[-1] if samples else None
    in_sample = set(sample.articles) if sample else set()
    rows = {article: row for row, article in enumerate(dict.fromkeys(a for a, _ in spoken if a in in_sample))}
    truth = np.full((len(rows), len(book.keys)), np.nan)
    undecided = 0
    for (article, theme), coders in spoken.items():
        if article in rows:
            value = settle(coders)
            undecided += value is None
            truth[rows[article], book.keys.index(theme)] = np.nan if value is None else value
    # A sample that counts fewer than were coded in it was tampered with; what it says of itself is no ground then.
    sound = sample is not None and rows and sample.population >= len(in_sample)
    return RoundReport(
        name=name,
        agreement=together,
        disagreements=unsettled,
        settled=len(together.disagreements) - len(unsettled),
        sample=sample if sound else None,
        coded=len(rows),
        undecided=undecided,
        prevalences=tuple(metrics.prevalences(truth, sample.population)) if sample is not None and sound else (),
    )


def _agreement(spoken: Said, book: Codebook) -> RoundAgreement:
    judgements = {
        (article, theme, coder): value
        for (article, theme), coders in spoken.items()
        for coder, value in coders.items()
        if coder != ADJUDICATOR
    }
    return agreement.of_round(judgements, book.keys, seed=SEED)


def _no_round(name: str, known: list[str], *, drawn: bool) -> str:
    shown = repr(shorten(name, 40))
    if drawn:
        return f"nothing is coded yet in the round {shown}; code it with: clipper review --blind --round … --coder NAME"
    if not known:
        return f"there is no round {shown}: no label was given in a round yet"
    more = ", …" if len(known) > _LISTED else ""
    return f"there is no round {shown}{nearest(name, known)}; rounds: {', '.join(known[:_LISTED])}{more}"


def _story(archive: Archive, article: str, original: str | None) -> str:
    """Return the id of the article that all copies of a story lead to."""
    path = [article]
    while original is not None and original not in path:
        path.append(original)
        entry = archive.catalogue.get(original)
        original = archive.read(entry.place).duplicate_of if entry else None
    # Records that lead to one another in a circle have one name too.
    return path[-1] if original is None else min(path[path.index(original) :])
