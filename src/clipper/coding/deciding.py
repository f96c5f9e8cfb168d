"""The sentences by which a model decided for the themes of an article, as places in its text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from clipper.coding import predicting
from clipper.coding.codebook import Theme
from clipper.coding.features import as_text
from clipper.coding.model import Model
from clipper.coding.modelcache import NamedModel
from clipper.coding.spans import Asked, Spans

_SHORTEST = 25  # characters; less is a heading or a scrap, and says nothing by itself


def deciding(model: Model, asked: Sequence[Asked]) -> list[Spans]:
    """Return for each article and theme where the sentence stands in the text that speaks most for the theme.

    A theme for which no sentence of the text speaks is left out, such as one that the title alone decided.
    """
    texts = [(as_text(one.title, one.text), one.themes) for one in asked]
    return [_spans(one, said) for one, said in zip(asked, model.sentences_for(texts), strict=True)]


def in_order(
    named: NamedModel, themes: Sequence[Theme], batches: Iterable[Sequence[Asked]], expected: int
) -> Iterator[list[Spans]]:
    """Yield what ``deciding`` finds for each batch, in order, on all processors where ``expected`` are many."""
    return predicting.work_in_order(named, themes, deciding, batches, expected=expected)


def _spans(asked: Asked, said: Mapping[str, Sequence[tuple[str, float]]]) -> Spans:
    found: Spans = {}
    for theme, sentences in said.items():
        for sentence, _ in sentences:
            # A sentence that was put together from pieces of a long line does not stand there word for word.
            if len(sentence) >= _SHORTEST and sentence != asked.title and (at := asked.text.find(sentence)) >= 0:
                found[theme] = (at, at + len(sentence))
                break
    return found
