from __future__ import annotations

from clipper.coding.verdicts import as_tags
from clipper.collect.candidate import make_article
from clipper.collect.facts import SILENT
from clipper.models import Article, Label, Tagging
from clipper.search.index import stems
from clipper.search.results import SNIPPET, Hit, matches, snippet


def _article(text: str) -> Article:
    return make_article(SILENT, text=text, url=None, canonical=None, fetched="", source="added", extractor="test")


def _wanted(*words: str) -> frozenset[str]:
    return frozenset(stem for word in words for stem in stems(word))


def test_a_snippet_is_the_sentence_that_says_most_of_what_was_asked() -> None:
    text = "The board met. The surgeons spoke. The surgeons left the clinic in June. It rained."
    assert snippet(_article(text), _wanted("surgeon", "clinics")).startswith("The surgeons left the clinic in June.")


def test_without_a_word_the_snippet_is_how_the_text_begins() -> None:
    assert snippet(_article("First this. Then that."), frozenset()) == "First this. Then that."


def test_a_long_sentence_is_cut_around_its_match() -> None:
    text = "very " * 100 + "surgeon " + "very " * 100
    cut = snippet(_article(text), _wanted("surgeon"))
    assert "surgeon" in cut
    assert len(cut) <= SNIPPET + 1
    assert cut.startswith("…") and cut.endswith("…")


def test_an_empty_text_has_an_empty_snippet() -> None:
    assert snippet(_article(""), _wanted("x")) == ""


def test_matches_are_whole_words_of_the_same_stem() -> None:
    text = "Surgeons met a surgeon’s friend, the neurosurgeon."
    assert [text[a:b] for a, b in matches(text, _wanted("surgeon"))] == ["Surgeons", "surgeon"]


def _hit(article: Article, tagging: Tagging | None, *labels: Label) -> Hit:
    return Hit(article=article, tagging=tagging, score=1.0, snippet="", short_id="", labels=list(labels))


def test_tags_of_an_older_revision_are_not_shown() -> None:
    article = _article("text")
    tags = [{"theme": "access", "probability": 0.5}]
    tagging = Tagging(article=article.id, revision=1, tags=tags, scores={}, model="m", codebook="c", tagged="now")
    hit = _hit(article, tagging)
    assert [verdict.theme for verdict in hit.themes] == ["access"]
    assert hit.to_json()["tags"] == as_tags(hit.themes, tagging)
    assert hit.to_json()["tags"] == [
        {"theme": "access", "probability": 0.5, "model": "m", "codebook": "c", "by": "model"}
    ]
    old = Tagging(article=article.id, revision=7, tags=tags, scores={}, model="m", codebook="c", tagged="now")
    for nothing in (_hit(article, old), _hit(article, None)):
        assert nothing.themes == nothing.to_json()["tags"] == []


def test_a_persons_label_is_shown_beside_tags_of_an_older_revision() -> None:
    article = _article("text")
    label = Label(article=article.id, revision=1, theme="funding", value=True, coder="ann", at="now")
    record = _hit(article, None, label).to_json()
    assert record["tags"] == [{"theme": "funding", "probability": None, "by": "people"}]
    assert [one["coder"] for one in record["labels"]] == ["ann"]
