from __future__ import annotations

import json
import math
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from clipper.coding import classifier, modelcache
from clipper.coding.codebook import Codebook, Theme, load
from clipper.coding.examples import Example
from clipper.coding.features import as_text
from clipper.coding.model import Model, UnusableModel
from clipper.coding.model import load as load_model
from clipper.places import shipped, user_cache

BINS = Theme(key="bins", name="Bins", definition="", phrases=("wheelie bin*",))
DOGS = Theme(key="dogs", name="Dogs", definition="")
CATS = Theme(key="cats", name="Cats", definition="")


def _examples() -> list[Example]:
    said = [
        ("The wheelie bins were emptied late on {} and the lids left open in the road.", {"bins"}),
        ("A spaniel and its owner walked the {} path while other dogs barked behind.", {"dogs"}),
        ("The dogs knocked over every wheelie bin in the {} lane before breakfast.", {"bins", "dogs"}),
        ("The choir sang in the {} chapel and the minister thanked them for it.", set()),
    ]
    places = ("north", "south", "east", "west", "upper", "lower", "old", "new")
    return [
        Example(f"{i}-{place}", f"{i}-{place}", "", text.format(place), frozenset(themes))
        for i, (text, themes) in enumerate(said)
        for place in places
    ]


@pytest.fixture(scope="module")
def small() -> Model:
    return classifier.train([BINS, DOGS, CATS], _examples())[0]


@pytest.fixture(scope="module")
def starter() -> Codebook:
    return load(shipped("codebook.toml"))


def test_themes_that_nothing_teaches_are_left_out_and_told() -> None:
    model, left_out = classifier.train([BINS, DOGS, CATS], _examples())
    assert model.themes == ["bins", "dogs"]
    assert left_out == ["cats"]


def test_nothing_to_teach_is_an_error() -> None:
    with pytest.raises(ValueError, match="no theme"):
        classifier.train([CATS], _examples())


def test_a_text_may_carry_none_one_or_several_themes(small: Model) -> None:
    texts = [
        "The wheelie bins stood with their lids open in the middle road.",
        "The dogs tipped a wheelie bin over on the hill lane.",
        "The choir and the minister sang in the hill chapel.",
    ]
    assert [set(p.over) for p in small.predict(texts)] == [{"bins"}, {"bins", "dogs"}, set()]
    assert all(0 <= s <= 1 for p in small.predict(texts) for s in p.scores.values())


def test_strange_texts_get_a_prediction(small: Model) -> None:
    for text in ("", " ", "…", "\x00", "人" * 500, "word " * 20_000):
        (prediction,) = small.predict([text])
        assert all(math.isfinite(score) for score in prediction.scores.values())
    assert small.predict([]) == []


def test_an_explanation_adds_up_to_the_probability(small: Model) -> None:
    text = "The dogs tipped a wheelie bin over, and the spaniel sat in it."
    (prediction,) = small.predict([text])
    for evidence in small.explain(text):
        log_odds = evidence.base + sum(share for _, share in evidence.words)
        assert 1 / (1 + math.exp(-log_odds)) == pytest.approx(prediction.scores[evidence.theme], abs=1e-4)
    bins = next(e for e in small.explain(text) if e.theme == "bins")
    assert {word for word, share in bins.words[:4] if share > 0} & {"bin", "wheelie", "wheelie bin"}


def test_a_stored_model_says_the_same(small: Model, tmp_path: Path) -> None:
    small.save(tmp_path)
    again = load_model(tmp_path, [BINS, DOGS, CATS])
    texts = [e.text for e in _examples()]
    assert again.predict(texts) == small.predict(texts)
    assert not list(tmp_path.glob("*.p*kl*"))


def _break_json(folder: Path) -> None:
    (folder / "model.json").write_text('{"format": ')


def _rewrite(folder: Path, **changes: object) -> None:
    """Change the description, its checksum and that of the arrays, as somebody who knows how would."""
    state = json.loads((folder / "model.json").read_text().splitlines()[1])
    state |= {"arrays": sha256((folder / "model.npz").read_bytes()).hexdigest(), **changes}
    text = json.dumps(state)
    (folder / "model.json").write_text(f"{sha256(text.encode()).hexdigest()}\n{text}\n")


def _other_version(folder: Path) -> None:
    _rewrite(folder, format="0")


def _other_threshold(folder: Path) -> None:
    whole = (folder / "model.json").read_text()
    (folder / "model.json").write_text(whole.replace('"thresholds": [0.', '"thresholds": [0.0', 1))


def _thresholds_gone(folder: Path) -> None:
    _rewrite(folder, thresholds=[0.5])


def _theme_twice(folder: Path) -> None:
    _rewrite(folder, themes=["bins", "bins", "dogs"])


def _unknown_theme(folder: Path) -> None:
    _rewrite(folder, themes=["bins", "horses"])


def _words_gone(folder: Path) -> None:
    _rewrite(folder, words=["bins"])


def _pickled(folder: Path) -> None:
    arrays = dict(np.load(folder / "model.npz"))
    np.savez(folder / "model.npz", **{**arrays, "coefficients": np.array([{"evil": 1}], dtype=object)})
    _rewrite(folder)


def _other_shape(folder: Path) -> None:
    arrays = dict(np.load(folder / "model.npz"))
    np.savez(folder / "model.npz", **{**arrays, "coefficients": arrays["coefficients"][:, :-1]})
    _rewrite(folder)


def _not_finite(folder: Path) -> None:
    arrays = dict(np.load(folder / "model.npz"))
    np.savez(folder / "model.npz", **{**arrays, "intercepts": arrays["intercepts"] * np.nan})
    _rewrite(folder)


def _cut(folder: Path) -> None:
    raw = (folder / "model.npz").read_bytes()
    (folder / "model.npz").write_bytes(raw[: len(raw) // 2])


def _gone(folder: Path) -> None:
    (folder / "model.npz").unlink()


@pytest.mark.parametrize(
    "harm",
    [
        _break_json,
        _other_version,
        _other_threshold,
        _thresholds_gone,
        _theme_twice,
        _unknown_theme,
        _words_gone,
        _pickled,
        _other_shape,
        _not_finite,
        _cut,
        _gone,
    ],
)
def test_a_harmed_model_is_never_used(small: Model, tmp_path: Path, harm: object) -> None:
    small.save(tmp_path)
    harm(tmp_path)  # type: ignore[operator]  # a function out of a table
    with pytest.raises(UnusableModel):
        load_model(tmp_path, [BINS, DOGS, CATS])


@pytest.mark.usefixtures("few_passages")
def test_a_model_is_kept_and_a_harmed_one_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPPER_CACHE", str(tmp_path / "cache"))
    examples = "".join(f'[[theme.example]]\ntext = "The wheelie bins of {n} were full."\n' for n in range(10))
    (tmp_path / "codebook.toml").write_text(f'[[theme]]\nkey = "bins"\n{examples}', encoding="utf-8")
    book = load(tmp_path / "codebook.toml")
    told: list[str] = []
    first = modelcache.get(book, told.append)
    assert [line.split(" from ")[0] for line in told] == ["building the model"]
    told.clear()
    assert modelcache.get(book, told.append).name == first.name
    assert told == []  # from the cache, without a word
    (folder,) = (user_cache() / "models").glob(f"{first.name}*")
    (folder / "model.json").write_text("{}")
    modelcache.get(book, told.append)
    assert "unusable" in told[0]
    assert "building" in told[1]
    told.clear()
    modelcache.get(book, told.append)
    assert told == []


def test_the_starter_model_is_kept_and_knows_plain_cases(starter: Codebook, starter_model: Callable[[], None]) -> None:
    starter_model()
    told: list[str] = []
    model = modelcache.get(starter, told.append).model
    assert told == []  # from the cache, without a word
    plain = {
        "privatisation": "A private company backed by hedge funds will run the outsourced hospital for profit, and its "
        "shareholders will gain. Campaigners called it privatisation of the NHS.",
        "procurement": "Bidders have until June to answer the invitation to tender, and the procurement rules allow a "
        "challenge in the standstill period after the competitive tender.",
        "workforce": "Nurses will strike after a ballot over pay; vacancies and the loss of locum staff have left "
        "rotas unfilled, and recruitment has stalled.",
    }
    for theme, text in plain.items():
        (prediction,) = model.predict([as_text(None, text)])
        assert theme in prediction.over
    (nothing,) = model.predict([as_text("Bakers win a ribbon", "The village show gave its ribbon to a lemon cake.")])
    assert nothing.over == []


def test_a_theme_of_two_passages_is_not_given_to_what_shares_nothing_with_them() -> None:
    rare = [Example(f"rare-{i}", f"rare-{i}", "", text, frozenset({"cats"})) for i, text in enumerate(
        ["The cat slept in the library all day.", "A black cat and a white cat sat on the library wall."]
    )]  # fmt: skip
    model, _ = classifier.train([BINS, DOGS, CATS], [*_examples(), *rare])
    assert model.thresholds[model.themes.index("cats")] == 0.5
    assert "cats" not in model.predict(["The baker won a prize for rye bread in May."])[0].over


def test_a_word_of_a_million_letters_is_read_as_fast_as_any(small: Model) -> None:
    text = "The wheelie bins stood in the road. " + "x1y2" * 250_000
    (prediction,) = small.predict([text])  # would take hours, were it cut into all its parts
    assert prediction.over == ["bins"]
    assert small.explain("The wheelie bin. " + "q" * 5_000)


def test_a_model_made_from_something_else_is_not_used(small: Model, tmp_path: Path) -> None:
    small.save(tmp_path, "one")
    assert load_model(tmp_path, [BINS, DOGS, CATS], inputs="one").themes == ["bins", "dogs"]
    with pytest.raises(UnusableModel, match="something else"):
        load_model(tmp_path, [BINS, DOGS, CATS], inputs="other")
