from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.coding import lexicon
from clipper.errors import CannotWork
from clipper.places import shipped

SHIPPED = lexicon.load(shipped("lexicon.toml"))


def _small(tmp_path: Path) -> lexicon.Lexicon:
    path = tmp_path / "lexicon.toml"
    path.write_text('[class]\nfirm = ["Acme", "compan*"]\nleave = ["hand* back"]\nstaff = ["nurses"]\n', "utf-8")
    return lexicon.load(path)


def test_classes_are_found_and_paired_within_a_sentence(tmp_path: Path) -> None:
    features = _small(tmp_path).features("Acme handed back the surgery. The nurses were told on Friday.")
    assert sorted(features) == ["firm", "firm|leave", "leave", "staff"]


def test_evidence_names_the_words(tmp_path: Path) -> None:
    found = dict(_small(tmp_path).evidence("The COMPANIES hand\nback nothing, companies say"))
    assert found["firm"] == ("companies",)
    assert "leave" not in found  # a line's end is a sentence's end


def test_names_that_hold_full_stops_do_not_end_a_sentence(tmp_path: Path) -> None:
    assert "firm|leave" in _small(tmp_path).features("Acme.com handed back the keys")


def test_every_shipped_class_finds_its_own_words() -> None:
    found = set(SHIPPED.features("Serco told Unison that the CCG and Monitor knew. The hospital trust shut its ward."))
    assert {"firm", "union", "commissioner", "regulator", "close", "place_of_care"} <= found
    assert "firm|union" in found


@given(st.text(max_size=300))
def test_any_text_has_features(text: str) -> None:
    for feature in SHIPPED.features(text):
        assert set(feature.split("|")) <= set(SHIPPED.names)


@given(
    st.lists(st.sampled_from(["Serco", "shut", "the", "ward", "nurses", ".", "! ", "\n", "A&E", "won"]), max_size=30)
)
def test_each_feature_has_its_evidence(words: list[str]) -> None:
    text = " ".join(words)
    assert [feature for feature, _ in SHIPPED.evidence(text)] == SHIPPED.features(text)


@pytest.mark.parametrize("source", ["", "[class", "class = 3", "[class]\nfirm = 3\n"])
def test_a_lexicon_that_is_none_is_told(tmp_path: Path, source: str) -> None:
    path = tmp_path / "lexicon.toml"
    path.write_text(source, "utf-8")
    with pytest.raises(CannotWork, match=r"lexicon\.toml"):
        lexicon.load(path)
