"""What may stand in a link: a web address, and nothing that runs or tells a password."""

from __future__ import annotations

import pytest

from clipper.models import Article
from clipper.publish.links import link_of, safe_link


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "data:text/html,x",
        "file:///etc/passwd",
        "http://", "https:///path", "//example.org/x", "example.org", "http://[::1", "https://example.org/a b",
        "https://example.org/\x1b[5m", "https://example.org/\u202e",
        "https://example.org/" + "a" * 2000, "mailto:a@example.org",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_no_link(url: str | None) -> None:
    assert safe_link(url) is None


@pytest.mark.parametrize(
    "url", ["https://example.org/news?a=1&b=2#c", "http://example.org", "https://bücher.example/ü"]
)
def test_a_web_address_stays_as_it_is(url: str) -> None:
    assert safe_link(url) == url


def test_a_password_is_not_given_out() -> None:
    assert safe_link("https://ann:secret@example.org/a") == "https://example.org/a"


def test_the_address_an_article_gives_itself_comes_first() -> None:
    assert link_of(Article(id="a", url="https://e.org/?utm=1", canonical="https://e.org/")) == "https://e.org/"
    assert link_of(Article(id="a", url="https://e.org/1", canonical="javascript:x")) == "https://e.org/1"
    assert link_of(Article(id="a")) is None
