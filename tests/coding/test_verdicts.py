"""What an article's themes are, from people's labels and the model's tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.coding.verdicts import ADJUDICATOR, Verdict, as_labels, as_tags, carried, settle, verdicts
from clipper.models import Article, Label, Tagging

ARTICLE = Article(id="a1", revision=2, text="text")
SCORES = {"access": 0.9, "funding": 0.6, "workforce": 0.2}


def tagging(*themes: str, revision: int = 2) -> Tagging:
    tags = [{"theme": theme, "probability": SCORES[theme]} for theme in themes]
    return Tagging(article="a1", revision=revision, tags=tags, scores=SCORES, model="m", codebook="c", tagged="t")


def label(theme: str, value: bool, coder: str = "ann", revision: int = 2) -> Label:
    return Label(article="a1", revision=revision, theme=theme, value=value, coder=coder, at="t")


def only(found: list[Verdict], theme: str) -> Verdict:
    (verdict,) = [one for one in found if one.theme == theme]
    return verdict


def test_without_labels_the_tags_are_the_themes_the_most_probable_first() -> None:
    found = verdicts(ARTICLE, tagging("funding", "access"), [])
    assert [(v.theme, v.carried, v.probability, v.by_people, v.disputed) for v in found] == [
        ("access", True, 0.9, False, False),
        ("funding", True, 0.6, False, False),
    ]


def test_a_persons_no_takes_a_tag_away_and_a_persons_yes_gives_a_theme_that_the_model_did_not_see() -> None:
    found = verdicts(ARTICLE, tagging("access"), [label("access", False), label("workforce", True)])
    assert carried(found) == ["workforce"]
    access, workforce = only(found, "access"), only(found, "workforce")
    assert (access.by_people, access.tag is not None, access.settled, access.probability) == (True, True, False, 0.9)
    assert workforce.tag is None
    assert (workforce.by_people, workforce.settled, workforce.probability) == (True, True, 0.2)


def test_what_people_gave_comes_first_and_what_is_not_carried_last() -> None:
    found = verdicts(ARTICLE, tagging("access", "funding"), [label("workforce", True), label("access", False)])
    assert [v.theme for v in found] == ["workforce", "funding", "access"]


@pytest.mark.parametrize("tags", [("access",), ()])
def test_where_coders_differ_the_tag_stands_as_it_was_and_both_are_shown(tags: tuple[str, ...]) -> None:
    verdict = only(verdicts(ARTICLE, tagging(*tags), [label("access", True), label("access", False, "ben")]), "access")
    assert verdict.carried == bool(tags)
    assert (verdict.disputed, verdict.by_people, verdict.settled) == (True, False, None)
    assert verdict.coders == {"ann": True, "ben": False}


@pytest.mark.parametrize("word", [True, False])
@pytest.mark.parametrize("tags", [("access",), ()])
def test_the_adjudicator_settles_it(word: bool, tags: tuple[str, ...]) -> None:
    labels = [label("access", True), label("access", False, "ben"), label("access", word, ADJUDICATOR)]
    verdict = only(verdicts(ARTICLE, tagging(*tags), labels), "access")
    assert (verdict.carried, verdict.disputed, verdict.by_people) == (word, False, True)


def test_tags_of_an_older_revision_do_not_count_and_labels_of_it_do() -> None:
    found = verdicts(ARTICLE, tagging("access", "funding", revision=1), [label("workforce", True, revision=1)])
    assert [(v.theme, v.carried, v.probability) for v in found] == [("workforce", True, None)]


def test_an_article_that_nobody_judged_has_no_themes() -> None:
    assert verdicts(ARTICLE, None, []) == verdicts(ARTICLE, tagging(), []) == []


MERGED = {"waits": "access", "access": "access", "workforce": "workforce"}.get


def test_labels_under_a_merged_key_count_for_the_theme_it_was_merged_into() -> None:
    found = verdicts(ARTICLE, None, [label("waits", True)], MERGED)
    assert [(v.theme, v.carried, v.coders) for v in found] == [("access", True, {"ann": True})]


@pytest.mark.parametrize(("first", "second", "both"), [(1, 1, 1), (1, 0, 1), (0, 1, 1), (0, 0, 0)])
def test_a_yes_to_either_of_two_merged_themes_is_a_yes_to_both(first: int, second: int, both: int) -> None:
    for labels in (
        [label("waits", bool(first)), label("access", bool(second))],
        [label("access", bool(second)), label("waits", bool(first))],
    ):
        assert only(verdicts(ARTICLE, None, labels, MERGED), "access").coders == {"ann": bool(both)}


def test_labels_of_a_theme_that_is_no_more_are_passed_over() -> None:
    assert verdicts(ARTICLE, None, [label("cakes", True)], MERGED) == []


coders = st.dictionaries(st.sampled_from(["ann", "ben", "cat", ADJUDICATOR]), st.booleans())


@given(coders)
def test_what_is_settled_is_the_adjudicators_word_or_everybodys(said: dict[str, bool]) -> None:
    settled = settle(said)
    if ADJUDICATOR in said:
        assert settled == said[ADJUDICATOR]
    else:
        assert (settled is None) == (len(set(said.values())) != 1)
        assert settled is None or all(value == settled for value in said.values())


@given(coders, st.booleans(), st.randoms())
def test_the_order_of_labels_changes_nothing(said: dict[str, bool], tagged: bool, chance: object) -> None:
    labels = [label("access", value, coder) for coder, value in said.items()]
    shuffled = list(labels)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a Random
    tags = tagging("access") if tagged else None
    found = verdicts(ARTICLE, tags, labels)
    assert found == verdicts(ARTICLE, tags, shuffled)
    if found:
        (verdict,) = found
        assert not (verdict.by_people and verdict.disputed)
        assert verdict.carried == (tagged if settle(said) is None else settle(said))


def test_as_json_a_tag_says_whose_word_it_is() -> None:
    labels = [label("workforce", True), label("funding", True), label("funding", False, "ben"), label("access", True)]
    made = tagging("access", "funding")
    tags = {tag["theme"]: tag for tag in as_tags(verdicts(ARTICLE, made, labels), made)}
    assert tags == {
        "access": {"theme": "access", "probability": 0.9, "model": "m", "codebook": "c", "by": "people"},
        "workforce": {"theme": "workforce", "probability": 0.2, "by": "people"},
        "funding": {
            "theme": "funding",
            "probability": 0.6,
            "model": "m",
            "codebook": "c",
            "by": "model",
            "disputed": True,
        },
    }


def test_as_json_a_theme_that_people_took_away_is_no_tag() -> None:
    made = tagging("access")
    assert as_tags(verdicts(ARTICLE, made, [label("access", False)]), made) == []


def test_a_label_by_people_without_any_tags_has_no_probability() -> None:
    assert as_tags(verdicts(ARTICLE, None, [label("access", True)]), None) == [
        {"theme": "access", "probability": None, "by": "people"}
    ]


def test_labels_as_json_stand_beside_an_article_and_do_not_repeat_its_id() -> None:
    assert as_labels([label("access", False)]) == [
        {"theme": "access", "value": False, "coder": "ann", "round": None, "at": "t"}
    ]


def test_a_tag_under_a_merged_key_is_one_with_the_labels_of_today() -> None:
    renamed = {"access": "reach"}
    found = verdicts(ARTICLE, tagging("access"), [label("reach", False)], lambda key: renamed.get(key, key))
    assert [(one.theme, one.carried, one.probability) for one in found] == [("reach", False, 0.9)]
    (tag,) = as_tags(verdicts(ARTICLE, tagging("access"), [], lambda key: renamed.get(key, key)), tagging("access"))
    assert (tag["theme"], tag["probability"], tag["model"]) == ("reach", 0.9, "m")
