"""Bylines are taken apart as lists of references want them, and organisations are left whole."""

from __future__ import annotations

import pytest
from hypothesis import given

from clipper.publish.formats.names import Name, people
from publish.cited import texts


@pytest.mark.parametrize(
    ("byline", "expected"),
    [
        ("Ian Quinn", ["Quinn|Ian"]),
        ("Ian Quinn and Jo Bell", ["Quinn|Ian", "Bell|Jo"]),
        ("Ann Marsh, Jo Bell & Al Smith", ["Marsh|Ann", "Bell|Jo", "Smith|Al"]),
        ("Ann Marsh; Jo Bell", ["Marsh|Ann", "Bell|Jo"]),
        ("By Ann Marsh, health editor", ["Marsh|Ann"]),
        ("Ann Marsh, social affairs correspondent, and Jo Bell", ["Marsh|Ann", "Bell|Jo"]),
        ("Ann Marsh health policy editor", ["Marsh|Ann"]),
        ("Jo Bell in Wexbury", ["Bell|Jo"]),
        ("P. R. Marsh", ["Marsh|P. R."]),
        ("Marsh, P. R.", ["Marsh|P. R."]),
        ("Marsh P.R.", ["Marsh|P.R."]),
        ("Ann Lee.", ["Lee.|Ann"]),
        ("MD and PhD", ["=MD and PhD"]),
        ("van der Berg, Jan", ["van der Berg|Jan"]),
        ("Jan van der Berg", ["van der Berg|Jan"]),
        ("Vincent van 't Hoff", ["van 't Hoff|Vincent"]),
        ("Rosa De Souza", ["De Souza|Rosa"]),
        ("Ana María de la Cruz", ["de la Cruz|Ana María"]),
        ("José Ortega y Gasset", ["Ortega y Gasset|José"]),
        ("Sean Mac Giolla", ["Mac Giolla|Sean"]),
        ("Mary St John", ["St John|Mary"]),
        ("Mary O’Brien-Smith", ["O’Brien-Smith|Mary"]),
        ("John Smith Jr", ["Smith|John|Jr"]),
        ("John Smith, Jr.", ["Smith|John|Jr."]),
        ("Al Smith III", ["Smith|Al|III"]),
        ("Dr Jo Bell", ["Bell|Jo"]),
        ("Prof. Sir Ian Quinn PhD, FRCP", ["Quinn|Ian"]),
        ("Lord Quinn", ["Quinn|Lord"]),
        ("Eyal Press", ["Press|Eyal"]),
        ("IAN QUINN", ["QUINN|IAN"]),
        ("Юлия Иванова", ["Иванова|Юлия"]),
        ("王小明", ["=王小明"]),
        ("Press Association", ["=Press Association"]),
        ("Lantern staff", ["=Lantern staff"]),
        ("Staff reporter", ["=Staff reporter"]),
        ("The King's Fund", ["=The King's Fund"]),
        ("NHS England", ["=NHS England"]),
        ("UNISON Scotland", ["=UNISON Scotland"]),
        ("Unison", ["=Unison"]),
        ("Department of Health and Social Care", ["=Department of Health and Social Care"]),
        ("Department for Digital, Culture and Sport", ["=Department for Digital, Culture and Sport"]),
        ("Keep our wards public", ["=Keep our wards public"]),
        ("Wexbury Lantern", ["=Wexbury Lantern"]),
        ("", []),
        (" , ", []),
    ],
)
def test_a_byline(byline: str, expected: list[str]) -> None:
    found = [
        "=" + n.literal if n.literal else "|".join(p for p in n[:3] if p) for n in people([byline], "Wexbury Lantern")
    ]
    assert found == expected


def test_each_is_named_once_in_the_order_of_the_bylines() -> None:
    assert people(["Jo Bell and Ian Quinn", "Dr Jo Bell", "IAN QUINN"]) == (Name("Bell", "Jo"), Name("Quinn", "Ian"))


@pytest.mark.parametrize(
    ("family", "particle"),
    [("van der Berg", "van der"), ("Berg", ""), ("De Souza", ""), ("de", ""), ("van 't Hoff", "van 't"), ("d'Arc", "")],
)
def test_particles_are_the_small_words_at_the_head(family: str, particle: str) -> None:
    assert Name(family=family, given="Jo").particle == particle


@given(byline=texts, outlet=texts)
def test_any_byline_makes_names_that_are_whole_or_in_parts(byline: str, outlet: str) -> None:
    for name in people([byline], outlet):
        assert bool(name.literal) != bool(name.family and name.given), name
        assert name.spoken == " ".join(name.spoken.split()) != ""
