"""Articles drawn at random for a round of coding: every article as likely as the next, and the draw kept on record.

Agreement between coders, and how good the tags are, can be told of a whole archive only from a sample that chance
drew from it: what people pick by hand is easier, or odder, than the rest. The seed and the number of articles that
there were are recorded, so that anybody can draw the same again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from clipper.archive.store import Archive, utc
from clipper.errors import NothingFound, UsageError
from clipper.models import Sample
from clipper.text import shorten

MAX_SEED = 2**53 - 1  # as far as every reader of JSON counts exactly


@dataclass(frozen=True)
class Drawn:
    """A sample, and whether it was recorded just now (``new``) or stood there already, just the same."""

    sample: Sample
    new: bool


def choose(ids: list[str], number: int, seed: int) -> list[str]:
    """Return ``number`` of the ids at random, in random order; all of them where there are fewer.

    The same ids in whatever order, and the same seed, give the same choice.
    """
    return random.Random(seed).sample(sorted(ids), min(number, len(ids)))


def draw(
    archive: Archive,
    number: int,
    seed: int,
    *,
    round_name: str | None,
    moment: datetime,
    query: str = "",
    matches: Callable[[str], bool] | None = None,
) -> Drawn:
    """Draw a sample out of all articles but pages of clippings, and record it.

    With ``matches`` it is drawn from those articles of whose id this says yes; ``query`` tells in words which they
    are. A draw that is on record already, for the same round or for none yet, is not recorded a second time. Raises
    NothingFound where there is nothing to draw from, and UsageError where the round has another sample.
    """
    with archive.writing() as writer:
        ids = [entry.id for entry in archive.catalogue.entries()]
        if not ids:
            raise NothingFound("no articles to draw from yet; put some in: clipper add, or clipper fetch")
        if matches is not None:
            ids = [ident for ident in ids if matches(ident)]
        if not ids:
            raise NothingFound(f"no article to draw from matches {shorten(query, 200)}")
        chosen = choose(ids, number, seed)
        known = list(archive.catalogue.judgements.samples())
        name = round_name if round_name is not None else f"sample-{seed}-{number}"
        same = [
            one
            for one in known
            if (one.articles, one.population, one.seed, one.query) == (chosen, len(ids), seed, query)
        ]
        if round_name is None:
            for one in same:
                if one.round is None:
                    return Drawn(one, new=False)
            name = _unused(name, {one.name for one in known})
        else:
            for one in known:
                if round_name in (one.round, one.name):
                    if one not in same or one.round not in (None, round_name):
                        raise UsageError(_taken(round_name, one))
                    if one.round == round_name:
                        return Drawn(one, new=False)
        sample = Sample(
            name=name, articles=chosen, population=len(ids), seed=seed, round=round_name, query=query, at=utc(moment)
        )
        writer.sample(sample)
    return Drawn(sample, new=True)


def _unused(name: str, names: set[str]) -> str:
    number, free = 1, name
    while free in names:
        number += 1
        free = f"{name}-{number}"
    return free


def _taken(name: str, sample: Sample) -> str:
    return (
        f"round {name!r} has its sample already ({len(sample.articles)} of {sample.population} articles"
        f"{_from(sample)}, seed {sample.seed}), and this draw is another; give the round another name"
    )


def _from(sample: Sample) -> str:
    return f" that match {shorten(sample.query, 200)}" if sample.query else ""


def articles_of(archive: Archive, round_name: str, tell: Callable[[str], None] = lambda _: None) -> Sample:
    """Return the sample of a round. A round without one takes the newest that no round has, which is recorded and told.

    Raises UsageError when there is none to take.
    """
    archive.catalogue.catch_up()
    if found := _of_round(archive, round_name):
        return found
    with archive.writing() as writer:
        if found := _of_round(archive, round_name):
            return found  # another clipper was quicker
        free = [one for one in archive.catalogue.judgements.samples() if one.round is None]
        if not free:
            raise UsageError(
                f"round {round_name!r} has no sample; draw one first: clipper sample -n 150 --seed 1 "
                f"--round {round_name}"
            )
        bound = replace(free[-1], round=round_name)
        writer.sample(bound)
    tell(
        f"round {round_name!r} takes the sample {bound.name!r}: {len(bound.articles)} of {bound.population} articles"
        f"{_from(bound)}"
    )
    return bound


def _of_round(archive: Archive, name: str) -> Sample | None:
    found = [one for one in archive.catalogue.judgements.samples() if one.round == name]
    return found[-1] if found else None
