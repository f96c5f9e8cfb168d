from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clipper.search import terms
from clipper.search.terms import stems, surface, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" … — - ' ’ ‘ . , ! 🏥 \x00\x01\x02\n", []),
        ("The Ward, shut.", ["the", "ward", "shut"]),
        ("doctor's doctor’s doctors' don’t they’re we've I'll he'd I'm", [
            "doctors", "doctors", "doctors", "dont", "theyre", "weve", "ill", "hed", "im"]),
        ("O'Neill O’Neill 'tis rock'n'roll", ["o", "neill", "o", "neill", "tis", "rock", "n", "roll"]),
        ("the 'self' 's s'", ["the", "self", "s", "s"]),
        ("prime-contractor prime–contractor prime—contractor", ["prime", "contractor"] * 3),
        ("£120m $5 €3 ¥4 5$", ["£", "120m", "$", "5", "€", "3", "¥", "4", "5", "$"]),
        ("3.5bn £3.5bn 1.2.3 3. 5", ["3.5bn", "£", "3.5bn", "1.2.3", "3", "5"]),
        ("1,200 1,200,000 1,20 1,2000 12,345m x1,200", [
            "1200", "1200000", "1", "20", "1", "2000", "12345m", "x1200"]),
        ("U.S. e.g. a.b v1.2", ["u", "s", "e", "g", "a", "b", "v1.2"]),
        ("Café NAÏVE Zoë Ångström cafe\u0301s", ["cafe", "naive", "zoe", "angstrom", "cafe", "s"]),
        ("straße Æsop œuvre", ["strasse", "aesop", "oeuvre"]),
        ("privatisation privatization analyze analyse", ["privatisation", "privatisation", "analyse", "analyse"]),
        ("size prize Ruiz Ruíz", ["sise", "prise", "ruis", "ruis"]),
        ("under_score a_b", ["under", "score", "a", "b"]),
        ("co\xadoperate", ["cooperate"]),
        ("больница 病院 ½ x² ١٢", ["больница", "病院"]),
    ],
)  # fmt: skip
def test_words_are_cut_as_newspapers_mean_them(text: str, found: list[str]) -> None:
    assert words(text)[: len(found)] == found
    if "½" not in text:
        assert words(text) == found


SIGNS = st.text(st.sampled_from([*"aAzZiys019.,'’‘-–— \n£$€¥éÉñß½²_🏥ſK病\x01\x00\xad…“”\u0301\u200bİı"]), max_size=30)


@given(SIGNS | st.text(max_size=30))
@example("1,200.5bn")
@example("’s doctor’s's")
@example("co\xadoperate")
@example("İz")
def test_words_hold_nothing_but_letters_digits_and_money(text: str) -> None:
    for word in words(text):
        assert word in ("£", "$", "€", "¥") or all(sign.isalnum() or sign == "." for sign in word)
        assert " " not in word and word


@given(SIGNS | st.text(max_size=30))
@example("1,200.5bn")
@example("’s doctor’s's")
def test_a_word_is_the_same_by_itself_as_in_a_text(text: str) -> None:
    found = words(text)
    assert words(" ".join(found)) == found


@given(st.text(st.sampled_from([*"aAzZiys019.,'’‘-–— \n£$€¥éÉñß_🏥病\x01\x00…“”"]), max_size=30))
@example("1,200.5bn")
@example("doctor’s's")
@example("1.2,345")
@example("£120m")
@example("don't1 doctor‘s")
def test_what_is_highlighted_are_the_words_of_the_text(text: str) -> None:
    """A printed word is one word of the index, and none is left out."""
    assert ["".join(words(match[0])) for match in surface(text)] == words(text)


def test_a_long_text_is_cut_like_its_pieces() -> None:
    pieces = [
        "The trust’s £3.5bn deal, 1,200 beds",
        "prime-contractor café privatization",
        "a 'quoted' word… and 病院.",
    ]
    assert words(" ".join(pieces * 200)) == [word for piece in pieces for word in words(piece)] * 200


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hospitals’", "hospital"),
        ("CAFÉS", "cafe"),
        ("nursing", "nurses"),
        ("doctor's", "doctors"),
        ("its", "it's"),
        ("privatisation", "Privatization"),
        ("analysing", "analyzing"),
    ],
)
def test_stems_fold_case_accents_spelling_and_endings(one: str, other: str) -> None:
    assert stems(words(one)) == stems(words(other))


def test_privatisation_is_no_form_of_private() -> None:
    assert stems(words("privatization")) != stems(words("private"))


def test_stems_are_the_same_when_many_words_were_met(monkeypatch: pytest.MonkeyPatch) -> None:
    before = stems(["nurses", "hospitals"]), words("cafés Zoë")
    monkeypatch.setattr(terms, "_MOST_KNOWN", 1)
    for n in range(5):
        stems([f"word{n}", f"other{n}"])
        words(f"é{n} ü{n}")
    assert (stems(["nurses", "hospitals"]), words("cafés Zoë")) == before
