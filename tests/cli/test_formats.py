"""``--format``: templates, read and filled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.cli.formats import NAMES, filled, pieces
from clipper.errors import UsageError
from clipper.models import Article, Label
from clipper.search.results import Copy, Hit

ARTICLE = Article(
    id="ab12cd34ef56ab12",
    revision=2,
    kind="clipping",
    url="https://echo.example/1",
    title="Firm  hands\nback",
    outlet="Fenwick Echo",
    authors=["Ann Writer", "Ben Other"],
    published="2014-11",
    fetched="2014-11-08T09:30:00Z",
    language="en",
    text="The ward was closed.",
    source="echo",
)
LABELS = [
    Label(article=ARTICLE.id, revision=2, theme="privatisation", value=True, coder="ann"),
    Label(article=ARTICLE.id, revision=2, theme="funding", value=True, coder="ann"),
    Label(article=ARTICLE.id, revision=2, theme="access", value=False, coder="ann"),
]
COPY = Copy("ff" * 8, "Another", None, None)
HIT = Hit(ARTICLE, None, LABELS, 3.14159, "The ward was closed.", "ab1", [COPY], {})


def fill(form: str, hit: Hit = HIT) -> str:
    return filled(pieces(form), hit)


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("{id} {short}", "ab12cd34ef56ab12 ab1"),
        ("{title}", "Firm hands back"),
        ("{outlet}|{authors}", "Fenwick Echo|Ann Writer, Ben Other"),
        ("{date} {fetched}", "2014-11 2014-11-08T09:30:00Z"),
        ("{url} {source} {kind} {revision} {language}", "https://echo.example/1 echo clipping 2 en"),
        ("{score} {copies}", "3.14 1"),
        ("{snippet}", "The ward was closed."),
        ("{outlet:15}|", "Fenwick Echo   |"),
        ("{outlet:<15}|", "Fenwick Echo   |"),
        ("{outlet:>15}|", "   Fenwick Echo|"),
        ("{outlet:^14}|", " Fenwick Echo |"),
        ("{outlet:.7}|", "Fenwick|"),
        ("{outlet:10.7}|", "Fenwick   |"),
        ("{outlet:3}|", "Fenwick Echo|"),
        ("{{{id:.2}}}", "{ab}"),
        (r"{id:.2}\t{short}\n\\n", "ab\tab1\n\\n"),
        ("", ""),
        ("plain", "plain"),
    ],
)
def test_a_template_is_filled(form: str, line: str) -> None:
    assert fill(form) == line


def test_themes_are_those_that_it_carries() -> None:
    assert set(fill("{themes}").split(" ")) == {"privatisation", "funding"}


def test_what_is_not_known_is_empty() -> None:
    bare = Hit(Article(id="ab"), None, [], 0.0, "", "ab", [], {})
    assert fill("[{outlet}][{date}][{authors}][{themes}][{url}][{language}]", bare) == "[]" * 6
    assert fill("{title}", HIT._replace(article=Article(id="ab", text="Only a text"))) == "[no title] Only a text"


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("{titel}", "no field 'titel'; did you mean 'title'?"),
        ("{qqqq}", "no field 'qqqq'; --format help lists them"),
        ("{}", "no field ''"),
        ("{id.x}", "no field 'id.x'"),
        ("{id[0]}", "no field 'id[0]'"),
        ("{id!r}", "no field 'id!r'"),
        ("{title:wide}", "'wide' is no width; write {title:20}, {title:>20} or {title:.40}"),
        ("{title:{id}}", "a lone '{'"),
        ("{title:1000}", "'1000' is no width"),
        ("{title:x<9}", "'x<9' is no width"),
        ("{title:.}", "'.' is no width"),
        ("{title", "a lone '{'; write it twice"),
        ("title}", "a lone '}'; write it twice"),
    ],
)
def test_a_template_that_cannot_be_filled_is_told(form: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        pieces(form)
    assert f"--format: {told}" in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_that_is_listed_can_be_filled(name: str) -> None:
    assert fill(f"{{{name}}}")


PARTS = st.sampled_from([*"{}:<>^.019\\tn ", "title", "id", "score", "é"])


@given(st.lists(PARTS, max_size=20))
def test_any_template_is_filled_or_refused(parts: list[str]) -> None:
    try:
        shape = pieces("".join(parts))
    except UsageError:
        return
    assert isinstance(filled(shape, HIT), str)
