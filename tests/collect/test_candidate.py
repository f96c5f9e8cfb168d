"""From facts to a record, and what becomes of a record that the archive may know: new, revised or seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clipper.archive.store import Archive
from clipper.collect.candidate import Candidate, compare, from_page, is_another, make_article, own_identity
from clipper.collect.document import Page
from clipper.collect.facts import Facts
from clipper.collect.keep import NO_DATE, keep
from clipper.models import Article
from conftest import Project

URL = "https://echo.example/news/ward"
TEXT = "The board met on Tuesday and decided.\n\nNurses were not asked."


def article(text: str = TEXT, url: str | None = URL, **facts: object) -> Article:
    return make_article(
        Facts(**facts),  # type: ignore[arg-type]  # named by the test
        text=text, url=url, canonical=url, fetched="2020-01-01T00:00:00Z", source="echo", extractor="x",
    )  # fmt: skip


def page(canonical: str | None = None) -> Page:
    return Page(TEXT, Facts(url=canonical, title="Page"), Facts(), "x")


@pytest.mark.parametrize(
    ("stated", "canonical"),
    [
        ("https://www.echo.example/news/ward-closes", "https://www.echo.example/news/ward-closes"),
        ("https://echo.example/", URL),
        ("https://stranger.example/news/ward", URL),
        (None, URL),
    ],
)
def test_a_canonical_link_is_believed_on_its_own_site_and_not_for_a_front_page(
    stated: str | None, canonical: str
) -> None:
    found = from_page(page(stated), url=URL, fetched="2020-01-01T00:00:00Z", source="echo")
    assert (found.url, found.canonical) == (URL, canonical)


def test_an_id_comes_from_the_url_and_without_one_from_outlet_date_and_title() -> None:
    assert article().id == article(text="Other words.", title="Other").id
    assert article().id == article(url="http://www.echo.example/news/ward/?utm_source=x#top").id
    dated = {"outlet": "Echo", "title": "Ward", "published": "2014-11-07"}
    assert article(url=None, **dated).id == article(text="Other words.", url=None, **dated).id
    assert article(url=None, title="Ward").id != article(text="Other words.", url=None, title="Ward").id
    assert article(url=None, **dated).id != article(url=None, **{**dated, "published": "2014-11-08"}).id


def test_the_host_is_the_outlet_where_nobody_names_one() -> None:
    assert article().outlet == "echo.example"
    assert article(outlet="The Fenwick Echo").outlet == "The Fenwick Echo"
    assert article(url=None).outlet is None


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (TEXT, "seen"),
        (TEXT.replace("\n\n", "\n"), "seen"),
        ("The board met on Tuesday…", "seen"),
        ("The board met on Tuesday...", "seen"),
        (TEXT + "\n\nUpdate: it met again.", "revised"),
        ("The board met on Monday and decided.", "revised"),
    ],
)
def test_a_shortened_form_is_seen_and_another_text_is_a_revision(text: str, verdict: str) -> None:
    assert compare(article(), article(text)) == verdict


def test_two_stories_under_one_canonical_link_are_told_apart() -> None:
    first = article(title="Ward closes")
    second = replace(article("Quite another story about beds.", title="Beds promised"), url=URL + "-2")
    assert is_another(first, second)
    assert own_identity(second).id != first.id
    assert own_identity(second).canonical == URL + "-2"
    assert not is_another(first, replace(second, title="WARD closes"))
    assert not is_another(first, replace(second, text=TEXT, sha256=first.sha256))
    assert not is_another(first, replace(second, url=URL + "/"))


def statuses(project: Project, *articles: Article, revise: bool) -> list[tuple[str, str | None]]:
    outcomes = keep(Archive(project.archive), [Candidate(article=a, revise=revise) for a in articles], raw=False)
    return [(o.status, o.cause) for o in outcomes]


def test_a_batch_is_kept_once_however_often_it_comes(project: Project) -> None:
    one, two = article(published="2014-11-07"), article(url=URL + "-2")
    assert statuses(project, one, one, two, revise=True) == [("added", None), ("seen", None), ("added", NO_DATE)]
    before = project.everything()
    assert statuses(project, two, one, revise=True) == [("seen", None), ("seen", None)]
    assert project.everything() == before


def test_another_text_is_the_next_revision_only_where_revisions_are_wanted(project: Project) -> None:
    first, changed, third = (article(t, published="2014") for t in (TEXT, "It was all different.", "And again anew."))
    assert statuses(project, replace(first, guid="g1"), revise=False) == [("added", None)]
    assert statuses(project, changed, revise=False) == [("seen", None)]
    assert statuses(project, changed, third, revise=True) == [("revised", None), ("revised", None)]
    lines = project.articles()
    assert [(a["revision"], a["text"], a["guid"]) for a in lines] == [
        (1, TEXT, "g1"), (2, "It was all different.", "g1"), (3, "And again anew.", "g1"),
    ]  # fmt: skip
    assert len({a["id"] for a in lines}) == 1
