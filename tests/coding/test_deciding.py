"""The sentences that decided are those that an explanation names, found in the text where they stand."""

from __future__ import annotations

import pytest

from clipper.coding import classifier, evaluation
from clipper.coding.codebook import load
from clipper.coding.deciding import deciding
from clipper.coding.features import as_text
from clipper.coding.model import Model
from clipper.coding.spans import Asked
from clipper.places import shipped

_TITLE = "Ward sold to a private firm"
_TEXT = (
    "The board met on Tuesday, and it rained all day.\n\nA private firm will run the ward under a contract worth £12m, "
    "and its shareholders will take the profit. Nurses said that the rota leaves one of them for twenty beds.\n\n"
    "Patients on the waiting list for hips were told to wait for a year. Tea was served.\n\n"
)


@pytest.fixture
def model(few_passages: str) -> Model:
    book = load(shipped("codebook.toml"))
    return classifier.train(book.themes, evaluation.passages(book), None)[0]


def test_they_are_those_of_an_explanation(model: Model) -> None:
    long = (
        _TEXT * 5 + "Surgeons resigned from the rota, and the vacancies were not filled by the trust.\n\n" + _TEXT * 4
    )
    texts = [as_text(_TITLE, _TEXT), as_text(None, long), as_text("Hm", ""), as_text(_TITLE, "word " * 900)]
    for text, found in zip(texts, model.sentences_for([(text, model.themes) for text in texts]), strict=True):
        compared = 0
        for evidence in model.explain(text):
            expected = {sentence: share for sentence, share in evidence.sentences if share > 1e-6}
            told = {sentence: share for sentence, share in found[evidence.theme] if share > 1e-6}
            assert told == pytest.approx(expected, abs=1e-5), evidence.theme
            shares = [share for _, share in found[evidence.theme]]
            assert shares == sorted(shares, reverse=True)
            compared += len(expected)
        assert compared > 5 or len(text) < 10
    assert model.sentences_for([]) == [] and model.sentences_for([("a text", ["no-such-theme"])]) == [{}]


def test_they_are_places_in_the_text(model: Model) -> None:
    asked = [
        Asked(_TITLE, _TEXT, ["privatisation", "workforce"]),
        Asked(_TITLE, "", ["workforce"]),
        Asked(None, _TEXT, []),
    ]
    first, empty, none = deciding(model, asked)
    start, end = first["privatisation"]
    assert _TEXT[start:end].startswith("A private firm will run the ward") and _TEXT[start:end].endswith("the profit.")
    assert _TEXT[slice(*first["workforce"])].startswith("Nurses said")
    assert empty == none == {}
