"""The terms beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from clipper.coding.terms import Cutter, Named, Parts, Table, Words, parts_of

TEXTS = [
    "The trust's ward-closure plan cost £3.5m; staff at A&E “were not told”.",
    "Ward closure: the trust says it has not told staff.",
    "L'hôpital ferme — été 2014. Été!",
    "a b c I\t\tno\n\nno NO",
    "",
    "人民医院 医院 İstanbul ﬁrm ﬁrm",
]
SETTINGS: list[tuple[Cutter, dict[str, Any]]] = [
    (Words(), {"ngram_range": (1, 3)}),
    (Parts(), {"analyzer": "char_wb", "ngram_range": (3, 5)}),
]


@pytest.mark.parametrize(("cutter", "settings"), SETTINGS, ids=["words", "parts"])
def test_terms_and_weights_are_those_of_scikit_learn(cutter: Cutter, settings: dict[str, Any]) -> None:
    theirs = TfidfVectorizer(sublinear_tf=True, min_df=2, **settings)
    matrix = theirs.fit_transform(TEXTS)
    ours = Table(cutter)
    ours.learn(TEXTS)
    assert list(ours.column) == list(theirs.get_feature_names_out())
    assert len(ours) > 5
    assert np.allclose(ours.matrix(TEXTS).toarray(), matrix.toarray(), atol=1e-12)


letters = st.text(st.sampled_from("abc ABC.,'é\n\t-İß"), max_size=40)


@pytest.mark.parametrize(("cutter", "settings"), SETTINGS, ids=["words", "parts"])
@given(texts=st.lists(letters, min_size=2, max_size=6), others=st.lists(letters, max_size=3))
def test_any_texts_have_the_numbers_of_scikit_learn(
    cutter: Cutter, settings: dict[str, Any], texts: list[str], others: list[str]
) -> None:
    ours = Table(cutter)
    ours.learn(texts)
    theirs = TfidfVectorizer(sublinear_tf=True, min_df=2, **settings)
    try:
        theirs.fit(texts)
    except ValueError:  # it refuses to learn nothing
        assert len(ours) == 0
        assert ours.matrix(others).shape == (len(others), 0)
        return
    assert list(ours.column) == list(theirs.get_feature_names_out())
    if others:
        assert np.allclose(ours.matrix(others).toarray(), theirs.transform(others).toarray(), atol=1e-12)


def test_a_short_word_is_one_part() -> None:
    assert parts_of("a") == [" a "]
    assert parts_of("of") == [" of", "of ", " of "]
    assert " war" in parts_of("ward")
    assert "ward " in parts_of("ward")


def test_named_features_are_counted_like_words() -> None:
    table = Table(Named(lambda text: text.split(",")))
    table.learn(["x,y,y", "x,z", "x"])
    assert list(table.column) == ["x"]
    assert table.matrix(["x,x,y", "y"]).toarray().tolist() == [[1.0], [0.0]]


def test_another_table_does_not_get_the_places_of_the_first() -> None:
    cutter = Parts()
    first, second = Table(cutter), Table(cutter)
    first.learn(["ward ward", "ward"])
    second.learn(["award", "award ward"])
    before = first.matrix(["ward"]).toarray()
    second.matrix(["ward"])
    assert (first.matrix(["ward"]).toarray() == before).all()
