"""Predictions for a stream of texts, on all processors: worker processes load the model from the user's cache."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from threadpoolctl import threadpool_limits

from clipper.coding import meaning
from clipper.coding.codebook import Theme
from clipper.coding.model import Model, Prediction, load
from clipper.offspring import deaf, end_with_parent

if TYPE_CHECKING:  # what trains models takes a second to import, which no worker process has use for
    from clipper.coding.modelcache import NamedModel

WORTH_WHILE = 1000  # texts; for fewer, starting processes takes longer than it saves
_AHEAD = 2  # batches that wait for each process

_Given = TypeVar("_Given")
_Found = TypeVar("_Found")

_model: Model | None = None  # of a worker process


def in_order(
    named: NamedModel, themes: Sequence[Theme], batches: Iterable[Sequence[str]], *, expected: int
) -> Iterator[list[Prediction]]:
    """Yield the predictions of each batch of texts, in order. Only a few batches are held at a time.

    ``expected`` is how many texts there are about: few are predicted in this process.
    """
    return work_in_order(named, themes, Model.predict, batches, expected=expected)


def work_in_order(
    named: NamedModel,
    themes: Sequence[Theme],
    work: Callable[[Model, Sequence[_Given]], _Found],
    batches: Iterable[Sequence[_Given]],
    *,
    expected: int,
) -> Iterator[_Found]:
    """Yield what a model makes of each batch, in order, in the manner of ``in_order``.

    ``work`` is a function that a process finds by its name.
    """
    processes = min(os.cpu_count() or 1, 8)
    if named.folder is None or expected < WORTH_WHILE or processes == 1:
        for batch in batches:
            yield work(named.model, batch)
        return
    # Not forked: libraries for linear algebra keep threads, which a forked copy of them would wait for.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, _load, (named.folder, tuple(themes), named.inputs))
    try:
        waiting: deque[Future[_Found]] = deque()
        for batch in batches:
            # A call may start a process, until all are there; in those that come after that no Ctrl-C is to be lost.
            with deaf() if len(multiprocessing.active_children()) < processes else nullcontext():
                waiting.append(pool.submit(_work, work, list(batch)))
            if len(waiting) >= processes * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _load(folder: Path, themes: Sequence[Theme], inputs: str) -> None:
    global _model
    end_with_parent()
    threadpool_limits(1)  # each process has a processor
    _model = load(folder, themes, meaning.installed(), inputs)


def _work(work: Callable[[Model, Sequence[_Given]], _Found], batch: Sequence[_Given]) -> _Found:
    assert _model is not None
    return work(_model, batch)
