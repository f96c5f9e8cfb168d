"""The five example texts of the project: title, authors and date where they are stated, nothing where not."""

from __future__ import annotations

import pytest

from clipper.collect.facts import Facts
from clipper.collect.textfile import read_text
from conftest import SHARED

SEEDS = SHARED / "seeds"
pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the example texts are not beside this checkout")


@pytest.mark.parametrize(
    ("number", "title", "authors", "published"),
    [
        ("000", "Elderly care pathways hived off in first major pilot of new NHS market", ("Ian Quinn",), None),
        ("001", None, (), None),
        ("002", "The week in new care models", (), None),
        (
            "003",
            "Radical changes to the delivery and commissioning of patient care needed, say new reports",
            (),
            "2010-03-30",
        ),
        (
            "004",
            "Commissioning for integrated health and social care (or just because everyone agrees with you, "
            "doesn’t mean it’s going to happen)",
            ("Paul",),
            "2014-03-07",
        ),
    ],
)
def test_an_example_text_states_what_it_states(
    number: str, title: str | None, authors: tuple[str, ...], published: str | None
) -> None:
    (path,) = SEEDS.glob(f"{number}_*.txt")
    found = read_text(path.read_bytes())
    assert (found.facts.title, found.facts.authors, found.facts.published) == (title, authors, published)
    assert found.facts.outlet is None


def test_a_clippings_page_keeps_every_item_in_its_text() -> None:
    (path,) = SEEDS.glob("001_*.txt")
    found = read_text(path.read_bytes())
    assert found.facts == Facts()
    assert "(GP Online: 15 June 2015)" in found.text
    assert "(BMA: 30 April 2013)" in found.text
