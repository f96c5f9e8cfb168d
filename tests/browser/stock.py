"""A small invented archive for the site that a browser looks at: two hundred articles, and some that would hurt."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from clipper.collect.candidate import make_article
from clipper.collect.facts import Facts
from clipper.models import Article, Label

TOWNS = ["Wexbury", "Marlstock", "Tarnbeck", "Skelby", "Orme Valley", "Hallowfield", "Pennerby", "Stourley"]
OUTLETS = ["The Wexbury Lantern", "Tarnbeck Courier", "Marlstock Post", "Health Week", "Café & Ärzte"]
STORIES = [
    (
        "{town} nurses vote on strike over rotas",
        "Nurses at {town} hospital will vote on a strike. They say that the rota leaves one nurse for twenty beds.",
    ),
    (
        "Private firm to run {town} clinic",
        "A private firm has won the contract for the walk-in clinic in {town}. The union calls it privatisation by the"
        " back door.",
    ),
    (
        "Waiting list in {town} grows to a year",
        "The waiting list for hips and knees in {town} has grown to a year. Patients wait longest where the list was"
        " closed.",
    ),
    (
        "Surgeons leave {town} after merger",
        "Two surgeons have left {town} since the merger of the trusts. The board hopes to recruit £1.2m worth of"
        " doctors abroad.",
    ),
    (
        "{town} trust sells its land to a developer",
        "The trust in {town} has sold the old laundry to a developer. Governors learned of the sale from the"
        " newspaper.",
    ),
]
LONG = "Donaudampfschifffahrtsgesellschaftskapitaenswitwenrentenversicherungsanstaltsgebaeude"
HURTS = [
    Facts(
        title='<img src=x onerror=alert(1)> & </script><b>bold</b> \u2028 "quoted"',
        outlet="</title><script>alert(2)</script>",
        authors=("<i>Ann</i>",),
        published="2019-03-01",
        language="en",
    ),
    Facts(title=LONG * 2, outlet="Café & Ärzte", published="2018-05", language="de"),
    Facts(title="When nobody knows when", outlet="Tarnbeck Courier"),
    Facts(published="2017"),
]
SPELT = [
    ("Labour promises a paediatric centre", "The programme for healthcare is a follow-up, the party says."),
    ("Labor unions ask for a pediatric center", "The program for health care needs a followup, they say."),
    ("Care for the old", "Nobody here spells anything otherwise."),
]


def articles() -> list[Article]:
    """Return them in the order in which they were fetched: not the order of their dates."""
    made = []
    for number, (year, (title, text), town) in enumerate(product(range(2014, 2019), STORIES, TOWNS)):
        facts = Facts(
            title=title.format(town=town),
            outlet=OUTLETS[number * 7 % 4],
            authors=("Odile Marsh",) if number % 3 else (),
            published=f"{year if number % 11 else 2010}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
            language="en",
        )
        body = f"{text.format(town=town)}\n\nIt was decision number {number} of the board’s."
        made.append(_article(facts, body, f"https://news.example/{year}/{number}"))
    made += [_article(Facts(title=title, published="2012-01-02", language="en"), text, None) for title, text in SPELT]
    made += [_article(facts, "A text that <u>says</u> javascript:alert(3) and no more.", None) for facts in HURTS]
    wire = Facts(title="Minister promises a zebra crossing for every hospital", published="2018-02-03")
    text = "A zebra crossing will be painted before each hospital, the minister said."
    copies = [
        _article(replace(wire, outlet=outlet), text, f"https://wire.example/{n}")
        for n, outlet in enumerate(OUTLETS[:3])
    ]
    return [*made, copies[0], *(replace(copy, duplicate_of=copies[0].id) for copy in copies[1:])]


def labels(made: list[Article]) -> list[Label]:
    """Return what a person said of them: every third of nurses is on the workforce, all of firms on privatisation."""
    said = []
    for number, article in enumerate(made):
        for word, theme in (("nurses", "workforce"), ("firm", "privatisation")):
            if word in (article.title or "") and (word != "nurses" or number % 3 == 0):
                said.append(
                    Label(
                        article=article.id, revision=1, theme=theme, value=True, coder="ann", at="2026-01-02T00:00:00Z"
                    )
                )
    return said


def _article(facts: Facts, text: str, address: str | None) -> Article:
    return make_article(
        facts,
        text=text,
        url=address,
        canonical=address,
        fetched="2019-04-01T00:00:00Z",
        source="added",
        extractor="test",
    )
